"""Where the socket is looked for, and what is said when nobody listens."""

import os
import socket
import tempfile
import unittest
from unittest import mock

import imaged
from imaged import search

from .fakes import FakeDaemon


class SearchTests(unittest.TestCase):
    def places(self, explicit=None, uid=1000, **environment):
        with mock.patch.dict(os.environ, environment, clear=True), mock.patch(
                "os.getuid", return_value=uid):
            return [each.path for each in search.places(explicit)]

    def test_the_one_that_is_named_counts_alone(self):
        self.assertEqual(self.places("/a/b", IMAGED_SOCKET="/c"), ["/a/b"])
        self.assertEqual(self.places(IMAGED_SOCKET="/c", XDG_RUNTIME_DIR="/r"), ["/c"])

    def test_the_order_of_the_others(self):
        self.assertEqual(
            self.places(IMAGED_SOCKET="", XDG_RUNTIME_DIR="/r", HOME="/h"),
            ["/r/imaged/imaged.sock", "/run/imaged/imaged.sock",
             "/h/.local/state/imaged/imaged.sock"])
        self.assertEqual(
            self.places(XDG_STATE_HOME="/s", HOME="/h"),
            ["/run/imaged/imaged.sock", "/s/imaged/imaged.sock"])
        self.assertEqual(
            self.places(uid=0, HOME="/root"),
            ["/run/imaged/imaged.sock", "/var/lib/imaged/imaged.sock"])

    def test_paths_that_are_not_absolute_are_as_if_not_set(self):
        self.assertEqual(
            self.places(XDG_RUNTIME_DIR="r", XDG_STATE_HOME="s", HOME=""),
            ["/run/imaged/imaged.sock"])

    def connect_to(self, *places):
        with mock.patch("imaged.search.places", return_value=[
                search.Place(*each) for each in places]):
            return imaged.connect()

    def test_the_first_at_which_a_daemon_listens_is_taken(self):
        with FakeDaemon() as fake, tempfile.TemporaryDirectory() as directory:
            dead = os.path.join(directory, "dead")
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(dead)
            client = self.connect_to(
                (directory + "/none", True), (directory + "/no/such/directory", False),
                (dead + "/file", False), (dead, True), (fake.path, False))
            self.assertEqual(client.socket, fake.path)
            client.close()

    def test_being_refused_in_ones_own_directory_is_the_answer(self):
        with FakeDaemon() as fake:
            refused = PermissionError(13, "Permission denied")
            real = search.connect_once

            def connect_once(path):
                if path == "/locked":
                    raise refused
                return real(path)

            with mock.patch("imaged.search.connect_once", connect_once):
                self.connect_to(("/locked", False), (fake.path, True)).close()
                with self.assertRaisesRegex(imaged.NoDaemon, "/locked: Permission denied"):
                    self.connect_to(("/locked", True), (fake.path, True))

    def test_what_is_said_when_nobody_listens(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "s")
            with self.assertRaisesRegex(
                    imaged.NoDaemon, f"no daemon at {path}: nothing is there") as caught:
                imaged.connect(path)
            self.assertIsInstance(caught.exception, ConnectionError)
            self.assertEqual(caught.exception.paths, (path,))
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(path)
            with self.assertRaisesRegex(imaged.NoDaemon, "no daemon listens on it"):
                imaged.connect(path)
            with self.assertRaisesRegex(imaged.NoDaemon, "at most 107 bytes"):
                imaged.connect("/" + 107 * "x")

    def test_a_queue_that_is_full_for_a_moment_is_waited_for(self):
        with FakeDaemon() as fake:
            real, tries = search.connect_once, []

            def connect_once(path):
                tries.append(path)
                if len(tries) < 3:
                    raise BlockingIOError
                return real(path)

            with mock.patch("imaged.search.connect_once", connect_once):
                imaged.connect(fake.path).close()
            self.assertEqual(len(tries), 3)


if __name__ == "__main__":
    unittest.main()
