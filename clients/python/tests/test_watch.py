"""Watches of the client for threads, against a daemon that the test plays."""

import threading
import unittest

import imaged
from imaged import messages

from .test_client import VERSION, VERSION_ANSWER, ClientTestCase


def events(*sequences):
    return messages.EventsResponse(
        events=[messages.Event(sequence=each, kind="ImageChanged") for each in sequences],
        sequence=max(sequences, default=0)).encode()


class WatchTests(ClientTestCase):
    def watch(self, **fields):
        self.client, served = self.connect()
        watch = self.client.watch(**fields)
        self.addCleanup(watch.close)
        self.stream_id, self.flags, self.request = served.request()
        return watch, served

    def assertCancelled(self, served):
        stream_id, _, request = served.request()
        self.assertEqual(request.method, "Cancel")
        self.assertEqual(
            messages.CancelRequest.decode(request.payload).stream_id, self.stream_id)
        served.respond(stream_id)
        served.respond(self.stream_id, code=1, message="cancelled")

    def test_events_come_one_by_one(self):
        watch, served = self.watch(after_sequence=0, resource_id=["m-1"])
        self.assertEqual((self.flags, self.request.timeout_nano), (1, 0))
        self.assertEqual(
            messages.WatchRequest.decode(self.request.payload),
            messages.WatchRequest(after_sequence=0, resource_id=["m-1"]))
        served.data(self.stream_id, events(1, 2))
        served.data(self.stream_id, b"")
        served.data(self.stream_id, events(5))
        self.assertEqual([next(watch).sequence for _ in range(3)], [1, 2, 5])
        self.assertEqual(watch.sequence, 5)

    def test_it_is_begun_before_the_calls_behind_it(self):
        client, served = self.connect()
        with client.watch():
            client.begin(VERSION)
            self.assertEqual(served.request()[2].method, "Watch")
            self.assertEqual(served.request()[2].method, "Version")

    def test_leaving_ends_it_at_the_daemon_and_the_client_goes_on(self):
        watch, served = self.watch()
        with watch:
            pass
        self.assertCancelled(served)
        self.assertIsNone(watch.next())
        self.assertEqual(list(watch), [])
        call = self.client.begin(VERSION)
        served.respond(served.request()[0], VERSION_ANSWER.encode())
        self.assertEqual(call.result(), VERSION_ANSWER)

    def test_one_that_is_forgotten_is_left(self):
        watch, served = self.watch()
        self._cleanups.pop()  # its close would remember it
        del watch
        self.assertCancelled(served)

    def test_waiting_may_have_a_limit(self):
        watch, served = self.watch()
        with self.assertRaises(TimeoutError):
            watch.next(timeout=0.01)
        served.data(self.stream_id, events(1))
        self.assertEqual(watch.next(timeout=10).sequence, 1)

    def test_closing_wakes_the_reader(self):
        watch, served = self.watch()
        found = []
        reader = threading.Thread(target=lambda: found.extend(watch))
        reader.start()
        watch.close()
        reader.join(10)
        self.assertFalse(reader.is_alive())
        self.assertEqual(found, [])

    def test_an_error_comes_behind_the_events(self):
        watch, served = self.watch()
        served.data(self.stream_id, events(1))
        served.respond(self.stream_id, code=11, message="no longer kept")
        self.assertEqual(next(watch).sequence, 1)
        with self.assertRaises(imaged.EventsLost) as caught:
            next(watch)
        self.assertEqual(caught.exception.status, imaged.StatusCode.OUT_OF_RANGE)

    def test_the_last_frame_ends_it_with_or_without_a_message(self):
        for payload, flags, count in ((events(1), 1, 1), (b"", 5, 0)):
            watch, served = self.watch()
            served.data(self.stream_id, payload, flags)
            self.assertEqual([next(watch).sequence for _ in range(count)], [1] * count)
            with self.assertRaises(imaged.StatusError):
                next(watch)

    def test_a_reader_that_is_too_slow_loses_events_and_is_told(self):
        watch, served = self.watch(buffered_max=3)
        served.data(self.stream_id, events(1, 2))
        served.data(self.stream_id, events(3, 4))
        self.assertCancelled(served)
        self.assertEqual([next(watch).sequence for _ in range(2)], [1, 2])
        self.assertRaises(imaged.EventsLost, next, watch)

    def test_a_lost_connection_ends_it_and_one_goes_on_behind_what_was_read(self):
        watch, served = self.watch()
        served.data(self.stream_id, events(7))
        next(watch)
        served.close()
        self.assertRaises(imaged.ConnectionLost, next, watch)
        again = self.client.watch(after_sequence=watch.sequence)
        served = self.fake.accept()
        request = messages.WatchRequest.decode(served.request()[2].payload)
        self.assertEqual(request.after_sequence, 7)
        again.close()

    def test_events_that_cannot_be_read_end_it(self):
        watch, served = self.watch()
        served.data(self.stream_id, b"\xff")
        with self.assertRaisesRegex(imaged.ConnectionLost, "not the protocol"):
            next(watch)


if __name__ == "__main__":
    unittest.main()
