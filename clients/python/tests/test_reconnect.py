"""Connecting anew: deadlines are kept, and a client that is closed meanwhile stays closed."""

import asyncio
import threading
import unittest
from unittest import mock

import imaged
from imaged import aio, search

from .test_aio import AioTestCase
from .test_client import VERSION, VERSION_ANSWER, ClientTestCase

# Of a daemon that is busy for as long as a test may take: only a deadline ends the tries.
PATIENT = mock.patch("imaged.search._BUSY_TRIES", 10_000)


class ReconnectTests(ClientTestCase):
    def setUp(self):
        super().setUp()
        PATIENT.start()
        self.addCleanup(PATIENT.stop)

    def connect_and_lose(self):
        """A client whose connection has ended, of a daemon that takes no new ones."""
        client, served = self.connect()
        drain = self.fake.fill_queue()
        served.close()
        while client._link._connection.is_usable:
            client._link._connection._thread.join(0.01)
        return client, drain

    def test_a_deadline_ends_the_attempt_of_each_thread(self):
        client, _ = self.connect_and_lose()
        short, told = client.using(grace=0.1), []

        def ask():
            try:
                short.version(timeout=0.2)
            except imaged.ImagedError as error:
                told.append(error)

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual([type(each) for each in told], [imaged.NotSent] * 3)
        self.assertEqual({each.reason for each in told}, {search.BUSY})

    def test_after_a_short_deadline_the_others_go_on_trying(self):
        client, drain = self.connect_and_lose()
        told = []
        threads = [
            threading.Thread(
                target=lambda: told.append(client.version(timeout=60)), daemon=True)
            for _ in range(2)]
        with self.assertRaises(imaged.NotSent):
            # In the middle of it, while the others wait for it.
            real = search.connect_once

            def connect_once(path):
                for thread in threads:
                    if not thread.is_alive():
                        thread.start()
                return real(path)

            with mock.patch("imaged.search.connect_once", connect_once):
                client.using(grace=0).version(timeout=0.05)
        drain()
        served = self.fake.accept()
        for _ in threads:
            served.respond(served.request()[0], VERSION_ANSWER.encode())
        for thread in threads:
            thread.join(30)
        self.assertEqual(told, [VERSION_ANSWER] * 2)

    def test_those_who_wait_share_the_failure(self):
        client, _ = self.connect_and_lose()
        trying, going, tries, told = threading.Event(), threading.Event(), [], []

        def connect_once(path):
            tries.append(path)
            trying.set()
            going.wait(30)
            raise ConnectionRefusedError(111, "Connection refused")

        def ask():
            try:
                client.version()
            except imaged.ImagedError as error:
                told.append(error)

        with mock.patch("imaged.search.connect_once", connect_once):
            threads = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
            threads[0].start()
            self.assertTrue(trying.wait(30))
            ended = client._link._attempt.ended
            with mock.patch.object(ended, "wait", side_effect=ended.wait) as waits:
                for thread in threads[1:]:
                    thread.start()
                while waits.call_count < 2:
                    threads[1].join(0.005)
                going.set()
                for thread in threads:
                    thread.join(30)
        self.assertEqual([type(each) for each in told], [imaged.NoDaemon] * 3)
        self.assertEqual(len(tries), 1)
        self.assertEqual(len({id(each) for each in told}), 3)

    def test_a_client_closed_while_it_connects_is_closed(self):
        for is_late in (False, True):
            client, served = self.connect()
            served.close()
            while client._link._connection.is_usable:
                client._link._connection._thread.join(0.01)
            made, real = [], search.connect_once

            def connect_once(path):
                if is_late:
                    made.append(real(path))
                client.close()
                if is_late:
                    return made[0]
                raise BlockingIOError

            with self.subTest(is_late=is_late):
                with mock.patch("imaged.search.connect_once", connect_once):
                    with self.assertRaisesRegex(imaged.NotSent, "the client is closed"):
                        client.version()
                if is_late:
                    self.assertEqual(made[0].fileno(), -1)
                    self.assertIsNone(self.fake.accept().request())

    def test_a_call_that_interrupts_an_attempt_connects_by_itself(self):
        client, served = self.connect()
        served.close()
        while client._link._connection.is_usable:
            client._link._connection._thread.join(0.01)
        real, inner = search.connect_once, []

        def connect_once(path):
            if not inner:
                inner.append(None)
                inner[0] = client.begin(VERSION, timeout=10)
            return real(path)

        with mock.patch("imaged.search.connect_once", connect_once):
            outer = client.begin(VERSION, timeout=10)
        served = self.fake.accept()
        for call in (inner[0], outer):
            served.respond(served.request()[0], VERSION_ANSWER.encode())
            self.assertEqual(call.result(), VERSION_ANSWER)


class AioReconnectTests(AioTestCase):
    def setUp(self):
        super().setUp()
        PATIENT.start()
        self.addCleanup(PATIENT.stop)

    async def connect_and_lose(self):
        client, served = await self.connect()
        self.drain = self.fake.fill_queue()
        served.close()
        while client._link._connection.is_usable:
            await asyncio.sleep(0.001)
        return client

    async def test_a_deadline_ends_the_attempt_of_each_task(self):
        client = await self.connect_and_lose()
        short = client.using(grace=0.1)
        told = await asyncio.wait_for(asyncio.gather(
            *(short.version(timeout=0.2) for _ in range(3)), return_exceptions=True), 30)
        self.assertEqual([type(each) for each in told], [imaged.NotSent] * 3)
        self.assertEqual({each.reason for each in told}, {search.BUSY})

    async def test_a_client_closed_while_it_connects_is_closed(self):
        client = await self.connect_and_lose()
        task = await self.begin(client, VERSION)
        await client.close()
        with self.assertRaisesRegex(imaged.NotSent, "the client is closed"):
            await asyncio.wait_for(task, 30)


if __name__ == "__main__":
    unittest.main()
