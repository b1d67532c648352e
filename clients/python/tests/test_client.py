"""Calls of the client for threads, against a daemon that the test plays."""

import errno
import gc
import io
import json
import os
import signal
import threading
import unittest
from unittest import mock

import imaged
from imaged import frames, messages

from .fakes import FakeDaemon

VERSION = messages.VersionRequest()
VERSION_ANSWER = messages.VersionResponse(request_id="r", version="1.2", protocol=1)
NO_TOKEN = messages.DeleteImageRequest(image_id="m-1")
TOKEN = messages.CreateImageRequest(instance_id="i-1", client_token="t")
CREATED = messages.CreateImageResponse(request_id="r", image_id="m-1")


def details(*errors):
    return [
        messages.Any(type_url="type.googleapis.com/imaged.v1.Error", value=each.encode())
        for each in errors]


class Interrupted:
    """A socket whose user presses Ctrl-C as soon as the kernel has taken the bytes."""

    def __init__(self, made):
        self._made = made

    def sendmsg(self, *arguments):
        self._made.sendmsg(*arguments)
        raise KeyboardInterrupt

    def __getattr__(self, name):
        return getattr(self._made, name)


class ClientTestCase(unittest.TestCase):
    def setUp(self):
        self.fake = FakeDaemon()
        self.addCleanup(self.fake.close)

    def connect(self, **options):
        """A client, and the daemon's side of its connection."""
        client = imaged.connect(self.fake.path, **options)
        self.addCleanup(client.close)
        return client, self.fake.accept()


class CallTests(ClientTestCase):
    def test_a_call_is_one_request_and_its_answer(self):
        client, served = self.connect(account="ci", ram_user="reader", explain=True, timeout=5)
        call = client.begin(messages.DescribeImagesRequest(image_id="m-1"))
        stream_id, flags, request = served.request()
        self.assertEqual((stream_id, flags), (1, 0))
        self.assertEqual((request.service, request.method), ("imaged.v1.ECS", "DescribeImages"))
        self.assertEqual(
            messages.DescribeImagesRequest.decode(request.payload),
            messages.DescribeImagesRequest(image_id="m-1"))
        self.assertEqual(
            {each.key: each.value for each in request.metadata},
            {"account": "ci", "ram-user": "reader", "explain": "true"})
        self.assertTrue(0 < request.timeout_nano <= 5e9, request.timeout_nano)
        self.assertFalse(call.is_done)
        answer = messages.DescribeImagesResponse(total_count=7)
        served.respond(stream_id, answer.encode())
        self.assertEqual(call.result(), answer)
        self.assertTrue(call.is_done)

    def test_options_of_a_call_go_before_those_of_the_client(self):
        client, served = self.connect(account="ci", timeout=5)
        client.begin(VERSION, account="other", timeout=None)
        client.using(account=None, timeout=-1).begin(VERSION)
        _, _, first = served.request()
        self.assertEqual((first.metadata[0].value, first.timeout_nano), ("other", 0))
        _, _, second = served.request()
        self.assertEqual((second.metadata, second.timeout_nano), ([], -1))

    def test_a_deadline_of_zero_is_over_already(self):
        client, served = self.connect()
        client.begin(VERSION, timeout=0)
        self.assertEqual(served.request()[2].timeout_nano, -1)

    def test_many_threads_have_calls_under_way_at_once(self):
        client, served = self.connect()
        results = {}

        def ask(number):
            answer = client.describe_images(image_id=f"m-{number}")
            results[number] = answer.total_count

        threads = [threading.Thread(target=ask, args=(each,)) for each in range(50)]
        for thread in threads:
            thread.start()
        asked = [served.request() for _ in threads]
        for stream_id, _, request in reversed(asked):
            image_id = messages.DescribeImagesRequest.decode(request.payload).image_id
            served.respond(stream_id, messages.DescribeImagesResponse(
                total_count=int(image_id[2:]) + 1000).encode())
        for thread in threads:
            thread.join()
        self.assertEqual(results, {each: each + 1000 for each in range(50)})

    def test_a_call_wants_the_operations_own_request(self):
        client, _ = self.connect()
        with self.assertRaisesRegex(TypeError, "Tag is no operation's request"):
            client.call(messages.Tag())
        with self.assertRaisesRegex(TypeError, "Watch is a stream: use client.watch"):
            client.call(messages.WatchRequest())
        with self.assertRaisesRegex(TypeError, "there is no option tiemout"):
            client.call(VERSION, tiemout=1)
        with self.assertRaisesRegex(TypeError, "CreateImageRequest has no field instance"):
            client.create_image(instance="i-1")
        with self.assertRaisesRegex(TypeError, "size: int is wanted, not str"):
            client.create_image(disk_device_mapping=[{"size": "40"}])

    def test_a_request_of_more_than_4_mib_is_not_sent(self):
        client, served = self.connect()
        with self.assertRaisesRegex(imaged.NotSent, "4 MiB are the most"):
            client.create_image(description="x" * (4 << 20))
        client.begin(VERSION)
        self.assertEqual(served.request()[0], 1)


class RefusalTests(ClientTestCase):
    def refused(self, **status):
        client, served = self.connect()
        call = client.begin(VERSION)
        served.respond(served.request()[0], **status)
        with self.assertRaises(imaged.ImagedError) as caught:
            call.result()
        return caught.exception

    def test_an_error_of_ecs(self):
        error = self.refused(code=9, message="x", details=[
            {"type_url": "type.googleapis.com/other", "value": b"\xff"},
            *details(
                messages.Error(
                    http_status=403, code="QuotaExceed.Image", message="The Image Quota exceeds.",
                    request_id="R", parameter="ImageName", hint="Delete some."),
                messages.Error(http_status=400, code="A.Second"))])
        self.assertIsInstance(error, imaged.ECSError)
        self.assertEqual(
            (error.code, error.http_status, error.message, error.parameter, error.hint,
             error.request_id, error.status),
            ("QuotaExceed.Image", 403, "The Image Quota exceeds.", "ImageName", "Delete some.",
             "R", imaged.StatusCode.FAILED_PRECONDITION))
        self.assertEqual([each.code for each in error.further], ["A.Second"])
        self.assertEqual(
            str(error),
            "QuotaExceed.Image: The Image Quota exceeds. (ImageName; Delete some.)")

    def test_a_code_that_nobody_knows_is_kept(self):
        error = self.refused(code=99, message="new", details=details(messages.Error(code="New")))
        self.assertEqual((error.code, error.status), ("New", 99))
        error = self.refused(code=98, message="newer")
        self.assertEqual((error.status, str(error)), (98, "status 98: newer"))

    def test_an_error_of_the_wire(self):
        error = self.refused(code=12, message="unknown method", details=details(
            messages.Error(message="unknown method", request_id="R")))
        self.assertIs(type(error), imaged.StatusError)
        self.assertEqual(
            (error.status, error.message, error.request_id),
            (imaged.StatusCode.UNIMPLEMENTED, "unknown method", "R"))

    def test_a_deadline_is_a_timeout_and_definite(self):
        error = self.refused(code=4, message="late")
        self.assertIsInstance(error, imaged.DeadlineExceeded)
        self.assertIsInstance(error, TimeoutError)
        self.assertNotIsInstance(error, imaged.OutcomeUnknown)

    def test_details_that_cannot_be_read_leave_the_outcome_unknown(self):
        error = self.refused(code=3, message="x", details=[
            {"type_url": "type.googleapis.com/imaged.v1.Error", "value": b"\xff"}])
        self.assertIsInstance(error, imaged.OutcomeUnknown)


class LostAnswerTests(ClientTestCase):
    def lose(self, request, **options):
        """A call whose first answer is lost, and the connection that comes after."""
        client, served = self.connect(**options)
        call = client.begin(request)
        first = served.request()[2]
        served.close()
        return call, first

    def test_what_may_not_be_repeated_is_unknown(self):
        call, _ = self.lose(NO_TOKEN)
        with self.assertRaises(imaged.ConnectionLost) as caught:
            call.result()
        self.assertIsInstance(caught.exception, ConnectionError)
        self.assertIsInstance(caught.exception, imaged.OutcomeUnknown)

    def test_without_a_token_nothing_is_repeated(self):
        call, _ = self.lose(messages.CreateImageRequest(instance_id="i-1"))
        self.assertRaises(imaged.OutcomeUnknown, call.result)

    def test_what_only_reads_is_sent_once_more(self):
        call, first = self.lose(VERSION, timeout=5)

        def play(fake):
            served = fake.accept()
            stream_id, _, again = served.request()
            self.assertEqual((again.method, stream_id), ("Version", 1))
            self.assertLess(again.timeout_nano, first.timeout_nano)
            served.respond(stream_id, VERSION_ANSWER.encode())

        with self.fake.serve(play):
            self.assertEqual(call.result(), VERSION_ANSWER)

    def test_what_has_a_token_is_sent_once_more_and_only_once(self):
        for is_lost_again in (False, True):
            call, first = self.lose(TOKEN)

            def play(fake):
                served = fake.accept()
                stream_id, _, again = served.request()
                self.assertEqual(again.payload, first.payload)
                if is_lost_again:
                    served.close()
                else:
                    served.respond(stream_id, CREATED.encode())

            with self.subTest(is_lost_again), self.fake.serve(play):
                if is_lost_again:
                    self.assertRaises(imaged.ConnectionLost, call.result)
                else:
                    self.assertEqual(call.result(), CREATED)

    def test_a_refusal_of_the_second_sending_counts_if_it_tells_of_the_first(self):
        def ecs(code, http_status, name):
            return {"code": code, "details": details(
                messages.Error(http_status=http_status, code=name))}

        unknown = imaged.OutcomeUnknown
        for status, kind in (
                (ecs(9, 403, "QuotaExceed.Image"), imaged.ECSError),
                (ecs(3, 400, "IdempotenceParamNotMatch"), imaged.ECSError),
                (ecs(9, 403, "InvalidParamter.Conflict"), imaged.ECSError),
                (ecs(9, 403, "IdempotentProcessing"), unknown),
                (ecs(9, 403, "LastTokenProcessing"), unknown),
                (ecs(14, 503, "ServiceUnavailable"), unknown),
                (ecs(13, 500, "InternalError"), unknown),
                (ecs(8, 400, "Throttling"), unknown),
                (ecs(8, 403, "QuotaExceed.Image"), imaged.ECSError),
                ({"code": 3}, imaged.StatusError),
                ({"code": 12}, imaged.StatusError),
                ({"code": 1}, unknown),
                ({"code": 4}, unknown),
                ({"code": 8}, unknown),
                ({"code": 14}, unknown)):
            call, _ = self.lose(TOKEN)

            def play(fake):
                served = fake.accept()
                served.respond(served.request()[0], **status)

            with self.subTest(status=status), self.fake.serve(play):
                self.assertRaises(kind, call.result)

    def test_without_a_daemon_to_repeat_it_to_the_outcome_is_unknown(self):
        client, served = self.connect()
        call = client.begin(TOKEN)
        served.request()
        self.fake.stop_listening()
        served.close()
        self.assertRaises(imaged.ConnectionLost, call.result)
        with self.assertRaisesRegex(imaged.NoDaemon, "nothing is there"):
            client.version()
        self.fake.listen()
        call = client.begin(VERSION)
        served = self.fake.accept()
        served.respond(served.request()[0], VERSION_ANSWER.encode())
        self.assertEqual(call.result(), VERSION_ANSWER)

    def test_after_a_connection_that_ended_idle_everything_goes_over_a_new_one(self):
        client, served = self.connect()
        served.close()
        # Whether the client has seen the end by now or not, the request has not gone anywhere.
        call = client.begin(NO_TOKEN)
        served = self.fake.accept()
        served.respond(served.request()[0], messages.DeleteImageResponse().encode())
        self.assertEqual(call.result(), messages.DeleteImageResponse())

    def test_a_request_that_did_not_leave_whole_is_sent_again_whatever_it_is(self):
        client, served = self.connect()
        large = messages.ModifyImageAttributeRequest(description="x" * (3 << 20))
        call = client.begin(large)
        served.close()

        def play(fake):
            again = fake.accept()
            stream_id, _, request = again.request()
            self.assertEqual(request.payload, large.encode())
            again.respond(stream_id)

        with self.fake.serve(play):
            self.assertEqual(call.result(), messages.ModifyImageAttributeResponse())

    def test_a_client_of_its_own_clock_never_sends_again(self):
        client, served = self.connect()
        call = client.begin(TOKEN, give_up=30)
        served.request()
        served.close()
        self.assertRaises(imaged.OutcomeUnknown, call.result)

    def test_closing_ends_what_is_under_way(self):
        client, served = self.connect()
        call = client.begin(VERSION)
        served.request()
        client.close()
        self.assertRaises(imaged.OutcomeUnknown, call.result)
        with self.assertRaisesRegex(imaged.NotSent, "the client is closed"):
            client.version()


class ClockTests(ClientTestCase):
    def test_the_clients_clock_is_a_little_longer_than_the_deadline(self):
        client, served = self.connect(grace=0.05)
        call = client.begin(TOKEN, timeout=0.05)
        with self.assertRaises(imaged.NoAnswer) as caught:
            call.result()
        self.assertIsInstance(caught.exception, TimeoutError)
        self.assertEqual(caught.exception.reason, "no answer within 0.1 s")
        # The late answer is passed over.
        served.respond(served.request()[0], CREATED.encode())
        call = client.begin(VERSION)
        served.respond(served.request()[0], VERSION_ANSWER.encode())
        self.assertEqual(call.result(), VERSION_ANSWER)

    def test_give_up_is_the_clients_clock_alone(self):
        client, served = self.connect()
        with self.assertRaises(imaged.NoAnswer):
            client.call(VERSION, give_up=0.05, timeout=None)
        self.assertEqual(served.request()[2].timeout_nano, 0)

    def test_an_answer_that_is_there_counts_however_late_it_is_looked_at(self):
        client, served = self.connect()
        call = client.begin(VERSION, give_up=0)
        served.respond(served.request()[0], VERSION_ANSWER.encode())
        other = client.begin(VERSION)
        served.respond(served.request()[0], VERSION_ANSWER.encode())
        other.result()
        self.assertEqual(call.result(), VERSION_ANSWER)

    def test_a_request_that_never_left_is_definite(self):
        client, served = self.connect()
        blocking = client.begin(messages.CreateImageRequest(description="x" * (3 << 20)))
        behind = client.begin(VERSION, give_up=0.05)
        with self.assertRaisesRegex(imaged.NotSent, "took no request in time"):
            behind.result()
        self.assertEqual(len(served.request()[2].payload), (3 << 20) + 5)
        next = client.begin(VERSION)
        stream_id, _, request = served.request()
        self.assertEqual((stream_id, request.method), (5, "Version"))
        self.assertFalse(blocking.is_done or next.is_done)


class CancelTests(ClientTestCase):
    def test_the_daemon_is_asked_and_has_the_last_word(self):
        client, served = self.connect(account="ci")
        for is_done_all_the_same in (False, True):
            call = client.begin(messages.WaitForImageRequest(image_id="m-1"))
            stream_id = served.request()[0]
            call.cancel()
            cancel_id, _, request = served.request()
            self.assertEqual(
                (request.service, request.method), ("imaged.v1.Daemon", "Cancel"))
            self.assertEqual(
                messages.CancelRequest.decode(request.payload).stream_id, stream_id)
            call.cancel()  # once is enough
            served.respond(cancel_id)
            if is_done_all_the_same:
                served.respond(stream_id, messages.WaitForImageResponse(request_id="r").encode())
                self.assertEqual(call.result().request_id, "r")
            else:
                served.respond(stream_id, code=1, message="cancelled")
                with self.assertRaises(imaged.StatusError) as caught:
                    call.result()
                self.assertEqual(caught.exception.status, imaged.StatusCode.CANCELLED)

    def test_what_was_not_sent_yet_is_taken_back(self):
        client, served = self.connect()
        client.begin(messages.CreateImageRequest(description="x" * (3 << 20)))
        call = client.begin(VERSION)
        call.cancel()
        with self.assertRaises(imaged.StatusError) as caught:
            call.result()
        self.assertEqual(caught.exception.status, imaged.StatusCode.CANCELLED)
        served.request()
        client.begin(NO_TOKEN)
        self.assertEqual(served.request()[2].method, "DeleteImage")

    def test_a_cancelled_call_is_not_sent_again(self):
        client, served = self.connect()
        call = client.begin(VERSION)
        served.request()
        call.cancel()
        served.request()
        served.close()
        self.assertRaises(imaged.ConnectionLost, call.result)

    def test_an_interrupted_call_is_cancelled(self):
        client, served = self.connect()

        def interrupt(*_):
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        asked = []

        def play(fake):
            asked.append(served.request()[2].method)
            os.kill(os.getpid(), signal.SIGALRM)
            # Where nobody knows what was sent, the end of the connection ends the call.
            request = served.request()
            asked.append(request[2].method if request else "Cancel")

        with self.fake.serve(play), self.assertRaises(KeyboardInterrupt):
            client.wait_for_image(image_id="m-1")
        self.assertEqual(asked, ["WaitForImage", "Cancel"])

    def test_an_interruption_while_sending_ends_the_connection(self):
        client, served = self.connect()
        other = client.begin(NO_TOKEN)
        served.request()
        connection = client._link.connection()
        with mock.patch.object(connection, "_socket", Interrupted(connection._socket)):
            with self.assertRaises(KeyboardInterrupt):
                client.call(NO_TOKEN)
            # It may have been sent: nobody counted.
            self.assertRaises(imaged.ConnectionLost, other.result)
        call = client.begin(VERSION)
        served = self.fake.accept()
        served.respond(served.request()[0], VERSION_ANSWER.encode())
        self.assertEqual(call.result(), VERSION_ANSWER)


class FlowTests(ClientTestCase):
    def test_the_reader_never_waits_for_the_writer(self):
        client, served = self.connect()
        large = messages.CreateImageRequest(description="x" * (3 << 20))
        first = client.begin(large)
        stream_id = served.request()[0]
        # The daemon writes and does not read, while requests wait for it to read.
        others = [client.begin(large) for _ in range(3)]
        answer = messages.CreateImageResponse(image_id="y" * (3 << 20))
        served.respond(stream_id, answer.encode())
        self.assertEqual(first.result(), answer)
        for call in others:
            stream_id = served.request()[0]
            served.respond(stream_id, CREATED.encode())
            self.assertEqual(call.result(), CREATED)

    def test_no_more_than_16_mib_wait_for_a_daemon_that_does_not_read(self):
        client, _ = self.connect()
        large = messages.CreateImageRequest(description="x" * 4_000_000)
        calls = [client.begin(large) for _ in range(6)]
        with self.assertRaisesRegex(imaged.NotSent, "16 MiB wait for it"):
            calls[-1].result()

    def test_frames_that_are_not_the_protocol_end_the_connection(self):
        answer = VERSION_ANSWER.encode()
        for name, data in (
                ("even stream", frames.encode_frame(2, 2, 0, answer)),
                ("stream never opened", frames.encode_frame(3, 2, 0, answer)),
                ("data on a unary stream", frames.encode_frame(1, 3, 1, answer)),
                ("a request", frames.encode_frame(1, 1, 0, answer)),
                ("reserved", b"HTTP/1.1 400 Bad Request\r\n"),
                ("too long", b"\0\x40\0\1\0\0\0\1\2\0"),
                ("no response", frames.encode_frame(1, 2, 0, b"\xff"))):
            client, served = self.connect()
            call = client.begin(NO_TOKEN)
            served.request()
            served.send(data)
            with self.subTest(name), self.assertRaisesRegex(
                    imaged.ConnectionLost, "not the protocol"):
                call.result()

    def test_an_answer_that_is_another_message_leaves_the_outcome_unknown(self):
        client, served = self.connect()
        call = client.begin(NO_TOKEN)
        served.respond(served.request()[0], b"\x08\x01")
        with self.assertRaisesRegex(imaged.OutcomeUnknown, "RequestId: wrong wire type"):
            call.result()

    def test_a_new_connection_before_stream_ids_run_out(self):
        client, served = self.connect()
        client._link.connection().skip_to(4294967291)
        calls = [client.begin(VERSION) for _ in range(4)]
        self.assertEqual([served.request()[0] for _ in range(2)], [4294967291, 4294967293])
        second = self.fake.accept()
        self.assertEqual([second.request()[0] for _ in range(2)], [1, 3])
        # What is under way on the old connection is answered there, then it closes.
        for stream_id in (4294967291, 4294967293):
            served.respond(stream_id, VERSION_ANSWER.encode())
        self.assertEqual([each.result() for each in calls[:2]], [VERSION_ANSWER] * 2)
        self.assertIsNone(served.request())

    def test_the_last_stream_id_is_kept_for_a_cancel(self):
        client, served = self.connect()
        client._link.connection().skip_to(4294967293)
        call = client.begin(messages.WaitForImageRequest())
        self.assertEqual(served.request()[0], 4294967293)
        call.cancel()
        stream_id, _, request = served.request()
        self.assertEqual((stream_id, request.method), (4294967295, "Cancel"))


class ProcessTests(ClientTestCase):
    def test_descriptors_are_closed_on_exec(self):
        before = set(os.listdir("/proc/self/fd"))
        client, served = self.connect()
        found = 0
        for each in set(os.listdir("/proc/self/fd")) - before:
            try:
                inheritable = os.get_inheritable(int(each))
            except OSError:
                continue  # the listing's own
            found += 1
            self.assertFalse(inheritable, each)
        self.assertGreaterEqual(found, 3)

    def test_a_forked_child_connects_anew_and_leaves_the_parent_alone(self):
        client, served = self.connect(account="ci")
        under_way = client.begin(VERSION)
        served.request()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self.assertRaises(imaged.OutcomeUnknown, under_way.result)
                answer = client.version()
                status = 0 if answer == VERSION_ANSWER else 2
            finally:
                os._exit(status)
        second = self.fake.accept()
        stream_id, _, request = second.request()
        self.assertEqual((stream_id, request.metadata[0].value), (1, "ci"))
        second.respond(stream_id, VERSION_ANSWER.encode())
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        served.respond(1, VERSION_ANSWER.encode())
        self.assertEqual(under_way.result(), VERSION_ANSWER)

    def test_a_child_does_not_wait_for_a_call_that_a_thread_of_its_parent_waits_for(self):
        client, served = self.connect()
        under_way, ended = client.begin(VERSION), client.begin(VERSION)
        first, second = served.request()[0], served.request()[0]
        served.respond(second, VERSION_ANSWER.encode())
        ended.result()
        waiter = threading.Thread(target=under_way.result)
        waiter.start()
        while not under_way._lock.locked():
            waiter.join(0.001)
        child = os.fork()
        if child == 0:
            signal.alarm(20)  # a child that hangs is a failure
            status = 1
            try:
                self.assertRaises(imaged.OutcomeUnknown, under_way.result)
                status = 0 if ended.result() == VERSION_ANSWER else 2
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        served.respond(first, VERSION_ANSWER.encode())
        waiter.join(10)

    def test_a_fork_while_other_threads_call_does_not_block_the_child(self):
        client, served = self.connect()
        stop = threading.Event()

        def play(fake):
            for requests in iter(served.request, None):
                served.respond(requests[0], VERSION_ANSWER.encode())

        def ask():
            while not stop.is_set():
                client.version()

        with self.fake.serve(play):
            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            children = []
            for _ in range(10):
                child = os.fork()
                if child == 0:
                    client.begin(VERSION)
                    os._exit(0)
                children.append(child)
            for child in children:
                self.assertEqual(os.waitpid(child, 0)[1], 0)
            stop.set()
            for thread in threads:
                thread.join()
            client.close()

    def test_a_client_that_nobody_has_any_more_closes_its_connection(self):
        client = imaged.connect(self.fake.path)
        served = self.fake.accept()
        watch = client.watch()
        served.request()
        del client, watch
        gc.collect()
        asked = served.request()
        while asked is not None:  # perhaps a Cancel
            asked = served.request()
        for thread in threading.enumerate():
            if thread.name == "imaged":
                thread.join(5)
                self.assertFalse(thread.is_alive())

    def test_sigpipe_stays_as_it_is_and_is_not_raised(self):
        client, served = self.connect()
        before = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        self.addCleanup(signal.signal, signal.SIGPIPE, before)
        self.fake.stop_listening()
        served.close()
        self.assertRaises(imaged.ImagedError, client.call, NO_TOKEN)
        self.assertIs(signal.getsignal(signal.SIGPIPE), signal.SIG_DFL)


class HistoryTests(ClientTestCase):
    def test_each_call_is_an_invocation_and_its_end(self):
        out = io.StringIO()
        client, served = self.connect(account="race", client="p1", record=out)
        ended = client.begin(TOKEN)
        served.respond(served.request()[0], CREATED.encode())
        ended.result()
        refused = client.begin(TOKEN)
        served.respond(served.request()[0], code=9, details=details(
            messages.Error(http_status=403, code="QuotaExceed.Image")))
        self.assertRaises(imaged.ECSError, refused.result)
        lost = client.begin(NO_TOKEN)
        served.request()
        served.close()
        self.assertRaises(imaged.OutcomeUnknown, lost.result)
        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        self.assertEqual(
            [(each["type"], each["op"]) for each in lines],
            [("invoke", "CreateImage"), ("ok", "CreateImage"), ("invoke", "CreateImage"),
             ("fail", "CreateImage"), ("invoke", "DeleteImage"), ("info", "DeleteImage")])
        self.assertEqual({(each["process"], each["account"]) for each in lines}, {("p1", "race")})
        self.assertEqual([each["call"] for each in lines[::2]], [
            each["call"] for each in lines[1::2]])
        self.assertEqual(lines[0]["args"], {"instance_id": "i-1", "client_token": "t"})
        self.assertEqual(
            lines[1]["result"], {"response": {"request_id": "r", "image_id": "m-1"}})
        self.assertEqual(lines[3]["result"]["error"]["code"], "QuotaExceed.Image")
        self.assertTrue(lines[5]["result"]["unknown"])
        times = [each["time"] for each in lines]
        self.assertEqual(times, sorted(times))

    def test_clients_append_to_one_file(self):
        path = os.path.join(self.fake.directory, "history.jsonl")
        for name in ("p1", "p2"):
            client, served = self.connect(client=name, record=path)
            call = client.begin(VERSION)
            served.respond(served.request()[0], VERSION_ANSWER.encode())
            call.result()
            client.close()
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual(
            [(each["process"], each["type"]) for each in lines],
            [("p1", "invoke"), ("p1", "ok"), ("p2", "invoke"), ("p2", "ok")])

    def test_a_forked_child_writes_under_a_name_of_its_own(self):
        path = os.path.join(self.fake.directory, "history.jsonl")
        client, served = self.connect(client="p1", record=path)
        child = os.fork()
        if child == 0:
            try:
                client.version()
            finally:
                os._exit(0)
        second = self.fake.accept()
        second.respond(second.request()[0], VERSION_ANSWER.encode())
        os.waitpid(child, 0)
        call = client.begin(VERSION)
        served.respond(served.request()[0], VERSION_ANSWER.encode())
        call.result()
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual(
            [(each["process"], each["type"]) for each in lines],
            [(f"p1-{child}", "invoke"), (f"p1-{child}", "ok"), ("p1", "invoke"), ("p1", "ok")])
        self.assertEqual(len({(each["process"], each["call"]) for each in lines}), 2)

    def test_an_end_that_cannot_be_written_does_not_end_the_call_otherwise(self):
        class Full:
            def write(self, text):
                if json.loads(text)["type"] != "invoke":
                    raise OSError(errno.ENOSPC, "No space left on device")

        client, served = self.connect(record=Full())
        for status, kind in (({}, None), ({"code": 12}, imaged.StatusError)):
            call = client.begin(VERSION)
            served.respond(
                served.request()[0], b"" if kind else VERSION_ANSWER.encode(), **status)
            with self.subTest(kind=kind), self.assertLogs("imaged", "WARNING") as logged:
                if kind:
                    self.assertRaises(kind, call.result)
                else:
                    self.assertEqual(call.result(), VERSION_ANSWER)
            self.assertIn("No space left on device", logged.output[0])


if __name__ == "__main__":
    unittest.main()
