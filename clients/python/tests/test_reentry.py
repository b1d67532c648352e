"""Calls that interrupt their own thread: of a signal's handler, and of the garbage collector."""

import gc
import signal
import threading
import unittest
from unittest import mock

import imaged
from imaged import messages

from .test_client import CREATED, NO_TOKEN, TOKEN, VERSION, VERSION_ANSWER, ClientTestCase


class Interrupting:
    """A socket that lets something happen once, behind the kernel's taking bytes and before
    anybody can have counted them, or before either."""

    def __init__(self, made, action, is_before):
        self._made = made
        self._action = action
        self._is_before = is_before

    def sendmsg(self, *arguments):
        action, self._action = self._action, None
        if action and self._is_before:
            action()
        count = self._made.sendmsg(*arguments)
        if action and not self._is_before:
            action()
        return count

    def __getattr__(self, name):
        return getattr(self._made, name)


class ReentryTests(ClientTestCase):
    def interrupted(self, client, action, request=NO_TOKEN, is_before=False):
        """Begins a call that is interrupted while it is sent."""
        connection = client._link.connection()
        interrupting = Interrupting(connection._socket, action, is_before)
        with mock.patch.object(connection, "_socket", interrupting):
            return client.begin(request)

    def assertGoesOn(self, client, served):
        """The connection still works, and nothing but the next request has been sent there."""
        call = client.begin(VERSION, timeout=10)
        stream_id, _, request = served.request()
        self.assertEqual(request.method, "Version")
        served.respond(stream_id, VERSION_ANSWER.encode())
        self.assertEqual(call.result(), VERSION_ANSWER)

    def test_a_call_within_a_call_is_answered_before_that_goes_on(self):
        for is_before in (False, True):
            client, served = self.connect()
            found = []

            def play(fake):
                inner = fake.accept()
                inner.respond(inner.request()[0], CREATED.encode())
                self.inner = inner

            with self.subTest(is_before=is_before), self.fake.serve(play):
                outer = self.interrupted(
                    client, lambda: found.append(client.call(TOKEN, timeout=5)), NO_TOKEN,
                    is_before)
                self.assertEqual(found, [CREATED])
                stream_id, _, request = served.request()
                self.assertEqual((stream_id, request.method), (1, "DeleteImage"))
                served.respond(stream_id, messages.DeleteImageResponse().encode())
                self.assertEqual(outer.result(), messages.DeleteImageResponse())
            # What comes now is sent over the newer one, and the older one has ended.
            self.assertGoesOn(client, self.inner)
            self.assertIsNone(served.request())

    def test_a_cancel_within_a_call_waits_for_its_end(self):
        for is_before in (False, True):
            client, served = self.connect()
            waiting = client.begin(messages.WaitForImageRequest())
            served.request()
            with self.subTest(is_before=is_before):
                self.interrupted(client, waiting.cancel, NO_TOKEN, is_before)
                self.assertEqual(served.request()[2].method, "DeleteImage")
                cancel_id, _, request = served.request()
                self.assertEqual(request.method, "Cancel")
                served.respond(cancel_id)
                served.respond(1, code=1, message="cancelled")
                self.assertRaises(imaged.StatusError, waiting.result)
                self.assertGoesOn(client, served)

    def test_a_watch_that_is_collected_within_a_call_is_left(self):
        for is_before in (False, True):
            client, served = self.connect()
            watches = [client.watch()]
            served.request()

            def collect():
                watches.clear()
                gc.collect()

            with self.subTest(is_before=is_before):
                self.interrupted(client, collect, NO_TOKEN, is_before)
                self.assertEqual(served.request()[2].method, "DeleteImage")
                _, _, request = served.request()
                self.assertEqual(request.method, "Cancel")
                self.assertEqual(messages.CancelRequest.decode(request.payload).stream_id, 1)
                self.assertGoesOn(client, served)

    def test_the_collector_waits_for_nobody(self):
        client, served = self.connect()
        watches = [client.watch()]
        served.request()
        done = threading.Event()

        def collect():
            watches.clear()
            done.set()

        # Whoever has the lock may be waiting for the thread in which the collector is.
        connection = client._link.connection()
        with connection._lock:
            thread = threading.Thread(target=collect)
            thread.start()
            self.assertTrue(done.wait(10))
        connection.skip_to(0)  # who has had the lock lets the thread know
        self.assertEqual(served.request()[2].method, "Cancel")
        thread.join(10)

    def test_a_client_closed_within_a_call_is_closed(self):
        client, served = self.connect()
        call = self.interrupted(client, client.close, TOKEN)
        self.assertRaises(imaged.OutcomeUnknown, call.result)
        served.request()
        self.assertIsNone(served.request())

    def test_a_handler_that_raises_a_timeout_is_heard(self):
        client, served = self.connect()

        def late():
            raise TimeoutError

        with self.assertRaises(TimeoutError) as caught:
            self.interrupted(client, late)
        self.assertNotIsInstance(caught.exception, imaged.ImagedError)
        call = client.begin(VERSION)
        served = self.fake.accept()
        served.respond(served.request()[0], VERSION_ANSWER.encode())
        self.assertEqual(call.result(), VERSION_ANSWER)

    def test_a_real_signal_may_call_at_any_time(self):
        client, served = self.connect()
        counts = {"handled": 0, "failed": 0}

        def serve(served):
            for asked in iter(served.request, None):
                served.respond(asked[0], VERSION_ANSWER.encode())

        def accept(fake):
            while not stop.is_set():
                try:
                    made = fake.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(made,), daemon=True).start()

        def handle(*_):
            if client.call(VERSION, timeout=10) != VERSION_ANSWER:
                counts["failed"] += 1
            counts["handled"] += 1
            again()

        def again():
            signal.setitimer(signal.ITIMER_REAL, 0.001)

        stop = threading.Event()
        threading.Thread(target=serve, args=(served,), daemon=True).start()
        threading.Thread(target=accept, args=(self.fake,), daemon=True).start()
        before = signal.signal(signal.SIGALRM, handle)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        try:
            again()
            while counts["handled"] < 100:
                self.assertEqual(client.call(VERSION, timeout=10), VERSION_ANSWER)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            stop.set()
        self.assertEqual(counts["failed"], 0)


if __name__ == "__main__":
    unittest.main()
