"""The client for asyncio, against a daemon that the test plays."""

import asyncio
import gc
import os
import unittest

import imaged
from imaged import aio, messages

from .fakes import FakeDaemon
from .test_client import CREATED, NO_TOKEN, TOKEN, VERSION, VERSION_ANSWER
from .test_watch import events


class AioTestCase(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.fake = FakeDaemon()
        self.addCleanup(self.fake.close)

    async def asyncSetUp(self):
        # Slow steps of a busy machine are nobody's business here.
        asyncio.get_running_loop().slow_callback_duration = 60

    async def connect(self, **options):
        client = await aio.connect(self.fake.path, **options)
        self.addAsyncCleanup(client.close)
        return client, await self.there(self.fake.accept)

    async def there(self, function, *arguments):
        """Lets the daemon's side wait without keeping the loop."""
        return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)

    async def begin(self, client, request, **options):
        """A task with a call, once it is on its way."""
        task = asyncio.ensure_future(client.call(request, **options))
        await asyncio.sleep(0)
        return task


class AioTests(AioTestCase):
    async def test_a_call_is_one_request_and_its_answer(self):
        async with aio.connect(self.fake.path, "ci", timeout=5) as client:
            served = await self.there(self.fake.accept)
            task = asyncio.ensure_future(client.describe_images(image_id="m-1"))
            stream_id, _, request = await self.there(served.request)
            self.assertEqual((request.method, request.metadata[0].value), ("DescribeImages", "ci"))
            self.assertTrue(0 < request.timeout_nano <= 5e9)
            answer = messages.DescribeImagesResponse(total_count=7)
            served.respond(stream_id, answer.encode())
            self.assertEqual(await task, answer)
        with self.assertRaisesRegex(imaged.NotSent, "the client is closed"):
            await client.version()

    async def test_many_calls_are_under_way_at_once(self):
        client, served = await self.connect()
        tasks = [await self.begin(client, VERSION) for _ in range(200)]
        asked = [await self.there(served.request) for _ in tasks]
        for stream_id, _, _ in reversed(asked):
            await self.there(
                served.respond, stream_id,
                messages.VersionResponse(version=str(stream_id)).encode())
        answers = await asyncio.gather(*tasks)
        self.assertEqual([each.version for each in answers], [str(2 * n + 1) for n in range(200)])

    async def test_errors(self):
        client, served = await self.connect()
        task = await self.begin(client, VERSION)
        served.respond((await self.there(served.request))[0], code=12, message="unknown")
        with self.assertRaises(imaged.StatusError):
            await task
        with self.assertRaises(TypeError):
            await client.version(nothing=1)
        with self.assertRaisesRegex(imaged.NoDaemon, "nothing is there"):
            await aio.connect(self.fake.directory + "/none")

    async def test_a_cancelled_task_ends_at_once_and_the_daemon_is_asked(self):
        client, served = await self.connect()
        task = await self.begin(client, messages.WaitForImageRequest())
        stream_id = (await self.there(served.request))[0]
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        cancel_id, _, request = await self.there(served.request)
        self.assertEqual(request.method, "Cancel")
        self.assertEqual(messages.CancelRequest.decode(request.payload).stream_id, stream_id)
        served.respond(cancel_id)
        served.respond(stream_id, code=1)
        task = await self.begin(client, VERSION)
        served.respond((await self.there(served.request))[0], VERSION_ANSWER.encode())
        self.assertEqual(await task, VERSION_ANSWER)

    async def test_wait_for_ends_a_call_in_its_own_way(self):
        client, served = await self.connect()
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(client.version(), 0.01)
        await self.there(served.request)
        self.assertEqual((await self.there(served.request))[2].method, "Cancel")

    async def test_the_clients_own_clock(self):
        client, served = await self.connect(grace=0.01)
        for options in ({"timeout": 0.01}, {"give_up": 0.01}):
            with self.assertRaises(imaged.NoAnswer):
                await client.call(TOKEN, **options)
            served.respond((await self.there(served.request))[0], CREATED.encode())

    async def test_lost_answers(self):
        for request, repeats in ((VERSION, True), (TOKEN, True), (NO_TOKEN, False)):
            client, served = await self.connect()
            task = await self.begin(client, request)
            await self.there(served.request)
            served.close()
            with self.subTest(request=request):
                if not repeats:
                    with self.assertRaises(imaged.ConnectionLost):
                        await task
                    continue
                served = await self.there(self.fake.accept)
                served.respond((await self.there(served.request))[0])
                self.assertIsInstance(await task, imaged.Message)

    async def test_after_a_connection_that_ended_idle_everything_goes_over_a_new_one(self):
        client, served = await self.connect()
        served.close()
        task = await self.begin(client, NO_TOKEN)
        served = await self.there(self.fake.accept)
        served.respond((await self.there(served.request))[0])
        self.assertEqual(await task, messages.DeleteImageResponse())

    async def test_tasks_that_find_the_connection_gone_share_the_new_one(self):
        client, served = await self.connect()
        served.close()
        tasks = [await self.begin(client, NO_TOKEN) for _ in range(20)]
        served = await self.there(self.fake.accept)
        for _ in tasks:
            served.respond((await self.there(served.request))[0])
        await asyncio.gather(*tasks)

    async def test_the_reader_never_waits_for_the_writer(self):
        client, served = await self.connect()
        large = messages.CreateImageRequest(description="x" * (3 << 20))
        first = await self.begin(client, large)
        stream_id = (await self.there(served.request))[0]
        others = [await self.begin(client, large) for _ in range(3)]
        answer = messages.CreateImageResponse(image_id="y" * (3 << 20))
        await self.there(served.respond, stream_id, answer.encode())
        self.assertEqual(await first, answer)
        for task in others:
            stream_id = (await self.there(served.request))[0]
            served.respond(stream_id, CREATED.encode())
            self.assertEqual(await task, CREATED)

    async def test_a_new_connection_before_stream_ids_run_out(self):
        client, served = await self.connect()
        (await client._link.connection()).skip_to(4294967293)
        old = await self.begin(client, NO_TOKEN)
        self.assertEqual((await self.there(served.request))[0], 4294967293)
        new = await self.begin(client, NO_TOKEN)
        second = await self.there(self.fake.accept)
        self.assertEqual((await self.there(second.request))[0], 1)
        second.respond(1)
        served.respond(4294967293)
        await asyncio.gather(old, new)
        self.assertIsNone(await self.there(served.request))

    async def test_a_history(self):
        class Lines(list):
            write = list.append

        lines = Lines()
        client, served = await self.connect(record=lines)
        task = await self.begin(client, VERSION)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertIn('"type": "invoke"', lines[0])
        self.assertIn('"type": "info"', lines[1])

    async def test_an_end_that_cannot_be_written_does_not_end_the_call_otherwise(self):
        class Full:
            def write(self, text):
                if '"type": "invoke"' not in text:
                    raise OSError("No space left on device")

        client, served = await self.connect(record=Full())
        task = await self.begin(client, VERSION)
        served.respond((await self.there(served.request))[0], VERSION_ANSWER.encode())
        with self.assertLogs("imaged", "WARNING"):
            self.assertEqual(await task, VERSION_ANSWER)


class AioWatchTests(AioTestCase):
    async def test_events_come_one_by_one_and_leaving_ends_it(self):
        client, served = await self.connect()
        async with client.watch(after_sequence=4) as watch:
            stream_id, flags, request = await self.there(served.request)
            self.assertEqual((request.method, flags), ("Watch", 1))
            served.data(stream_id, events(5, 6))
            found = []
            async for event in watch:
                found.append(event.sequence)
                if len(found) == 2:
                    served.data(stream_id, events(9))
                if len(found) == 3:
                    break
        self.assertEqual((found, watch.sequence), ([5, 6, 9], 9))
        self.assertEqual((await self.there(served.request))[2].method, "Cancel")
        with self.assertRaises(StopAsyncIteration):
            await watch.__anext__()

    async def test_one_that_is_forgotten_is_left(self):
        client, served = await self.connect()
        watch = client.watch()
        await self.there(served.request)
        del watch
        gc.collect()
        self.assertEqual((await self.there(served.request))[2].method, "Cancel")

    async def test_errors_and_a_reader_that_is_too_slow(self):
        client, served = await self.connect()
        watch = client.watch(buffered_max=1)
        stream_id = (await self.there(served.request))[0]
        served.data(stream_id, events(1, 2))
        with self.assertRaises(imaged.EventsLost):
            await watch.__anext__()
        self.assertEqual((await self.there(served.request))[2].method, "Cancel")
        watch = client.watch()
        await self.there(served.request)
        served.close()
        with self.assertRaises(imaged.ConnectionLost):
            await watch.__anext__()

    async def test_it_connects_anew_where_it_must(self):
        client, served = await self.connect()
        served.close()
        while client._link._connection.is_usable:
            await asyncio.sleep(0.001)
        watch = client.watch()
        task = asyncio.ensure_future(watch.__anext__())
        served = await self.there(self.fake.accept)
        served.data((await self.there(served.request))[0], events(3))
        self.assertEqual((await task).sequence, 3)


    async def test_one_begun_after_the_connection_has_ended_goes_over_a_new_one(self):
        for enters in (False, True):
            client, served = await self.connect()
            served.close()  # the loop has not seen it yet
            watch = client.watch(after_sequence=2)
            if enters:
                task = asyncio.ensure_future(watch.__aenter__())
            else:
                task = asyncio.ensure_future(watch.__anext__())
            served = await self.there(self.fake.accept)
            stream_id, _, request = await self.there(served.request)
            self.assertEqual(
                messages.WatchRequest.decode(request.payload).after_sequence, 2)
            with self.subTest(enters=enters):
                if enters:
                    self.assertIs(await task, watch)
                    task = asyncio.ensure_future(watch.__anext__())
                served.data(stream_id, events(3))
                self.assertEqual((await asyncio.wait_for(task, 10)).sequence, 3)
            watch.close()

    async def test_two_first_readers_begin_one_stream(self):
        client, served = await self.connect()
        served.close()
        while client._link._connection.is_usable:
            await asyncio.sleep(0.001)
        watch = client.watch()
        readers = [asyncio.ensure_future(watch.__anext__()) for _ in range(2)]
        served = await self.there(self.fake.accept)
        stream_id = (await self.there(served.request))[0]
        served.data(stream_id, events(1, 2))
        found = await asyncio.wait_for(asyncio.gather(*readers), 10)
        self.assertEqual(sorted(each.sequence for each in found), [1, 2])
        watch.close()
        self.assertEqual((await self.there(served.request))[2].method, "Cancel")

    async def test_a_first_reader_that_is_cancelled_leaves_the_beginning_to_the_next(self):
        client, served = await self.connect()
        drain = self.fake.fill_queue()
        served.close()
        while client._link._connection.is_usable:
            await asyncio.sleep(0.001)
        watch = client.watch()
        readers = [asyncio.ensure_future(watch.__anext__()) for _ in range(2)]
        await asyncio.sleep(0)
        readers[0].cancel()
        drain()
        served = await self.there(self.fake.accept)
        served.data((await self.there(served.request))[0], events(1))
        self.assertEqual((await asyncio.wait_for(readers[1], 10)).sequence, 1)

    async def test_several_tasks_may_read_one(self):
        client, served = await self.connect()
        watch = client.watch()
        stream_id = (await self.there(served.request))[0]
        readers = [asyncio.ensure_future(watch.__anext__()) for _ in range(3)]
        await asyncio.sleep(0)
        served.data(stream_id, events(1))
        served.data(stream_id, events(2))
        done, left = await asyncio.wait(
            readers, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        while len(done) < 2:
            more, left = await asyncio.wait(
                left, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            self.assertTrue(more)
            done |= more
        self.assertEqual(sorted(each.result().sequence for each in done), [1, 2])
        watch.close()
        for each in left:
            with self.assertRaises(StopAsyncIteration):
                await asyncio.wait_for(each, 10)


class LoopTests(unittest.TestCase):
    def test_a_client_serves_another_loop_when_its_own_is_closed(self):
        with FakeDaemon() as fake:
            async def connect():
                return await aio.connect(fake.path)

            async def call(client):
                task = asyncio.ensure_future(client.version())
                loop = asyncio.get_running_loop()
                served = await loop.run_in_executor(None, fake.accept)
                request = await loop.run_in_executor(None, served.request)
                served.respond(request[0], VERSION_ANSWER.encode())
                await task
                await client.close()

            client = asyncio.run(connect())
            fake.accept()
            asyncio.run(call(client))

    def test_a_client_that_nobody_has_any_more_closes_its_connection(self):
        with FakeDaemon() as fake:
            async def forget():
                client = await aio.connect(fake.path)
                served = fake.accept()
                del client
                gc.collect()
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(None, served.request)

            self.assertIsNone(asyncio.run(forget()))

    def test_a_forked_child_connects_anew_in_a_loop_of_its_own(self):
        with FakeDaemon() as fake:
            async def parent():
                client = await aio.connect(fake.path)
                first = fake.accept()
                child = os.fork()
                if child == 0:
                    os._exit(in_child(client))
                loop = asyncio.get_running_loop()
                second = await loop.run_in_executor(None, fake.accept)
                second.respond(
                    (await loop.run_in_executor(None, second.request))[0],
                    VERSION_ANSWER.encode())
                _, status = await loop.run_in_executor(None, os.waitpid, child, 0)
                self.assertEqual(status, 0)
                task = asyncio.ensure_future(client.version())
                first.respond(
                    (await loop.run_in_executor(None, first.request))[0],
                    VERSION_ANSWER.encode())
                self.assertEqual(await task, VERSION_ANSWER)
                await client.close()

            def in_child(client):
                asyncio.events._set_running_loop(None)
                try:
                    return 0 if asyncio.run(client.version()) == VERSION_ANSWER else 2
                except BaseException:
                    return 1

            asyncio.run(parent())


if __name__ == "__main__":
    unittest.main()
