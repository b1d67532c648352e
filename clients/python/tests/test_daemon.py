"""The client with the real daemon ($IMAGED), and the daemon that ``imaged.start`` makes."""

import asyncio
import datetime
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

import imaged
from imaged import aio, frames, messages
from imaged.messages import Response

from .support import CLIENT, daemon_is_there, vectors

REGION = "cn-hangzhou"


@unittest.skipUnless(daemon_is_there(), "no daemon: set IMAGED to its program")
class DaemonTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = imaged.start()
        cls.addClassCleanup(cls.daemon.stop)

    def world(self):
        world = self.daemon.account()
        self.addCleanup(world.close)
        return world


class CallTests(DaemonTestCase):
    def test_the_frames_of_the_vectors_are_answered_as_they_say(self):
        for vector in vectors("frames.json"):
            if vector["from"] != "client":
                continue
            with self.subTest(vector["name"]):
                made = socket.socket(socket.AF_UNIX)
                made.settimeout(20)
                made.connect(self.daemon.socket)
                data = b"".join(
                    bytes.fromhex(each["hex"]) * each.get("times", 1) for each in vector["parts"])
                made.sendall(data)
                decoder, found = frames.FrameDecoder(), []
                while len(found) < len(vector["answers"]):
                    frame = decoder.next()
                    if frame is None:
                        decoder.feed(made.recv(65536))
                        continue
                    status = Response.decode(frame.data).status
                    found.append((frame.stream_id, status.code if status else 0))
                self.assertEqual(
                    sorted(found),
                    sorted((each["stream_id"], each["code"]) for each in vector["answers"]))
                if vector["closes"]:
                    self.assertEqual(made.recv(1), b"")
                made.close()

    def test_an_image_from_its_request_to_its_end(self):
        world = self.world()
        client = world.client
        with client.watch() as events:
            vm = world.add_instance(["cloud_essd:40", "cloud_essd:100"])
            made = client.create_image(
                region_id=REGION, instance_id=vm, image_name="web", client_token="t1",
                tag=[{"key": "stage", "value": "test"}])
            again = client.create_image(
                region_id=REGION, instance_id=vm, image_name="web", client_token="t1",
                tag=[messages.RequestTag(key="stage", value="test")])
            self.assertEqual(again.image_id, made.image_id)
            self.assertNotEqual(again.request_id, made.request_id)
            done = client.wait_for_image(region_id=REGION, image_id=made.image_id).image
            self.assertEqual((done.status, len(done.disk_device_mappings)), ("Available", 2))
            seen = next(
                each for each in events if each.image and each.image.status == "Available")
            self.assertEqual((seen.kind, seen.image.image_id), ("ImageChanged", made.image_id))
        self.assertEqual(world.image("web"), world.image(made.image_id))
        client.delete_image(region_id=REGION, image_id=made.image_id)
        with self.assertRaises(imaged.ECSError) as caught:
            client.wait_for_image(region_id=REGION, image_id=made.image_id)
        self.assertEqual(
            (caught.exception.code, caught.exception.status),
            ("InvalidImageId.NotFound", imaged.StatusCode.NOT_FOUND))

    def test_a_refusal_says_what_would_be_right(self):
        client = self.world().client
        with self.assertRaises(imaged.ECSError) as caught:
            client.create_image(
                region_id=REGION, disk_device_mapping=[{"snapshot_id": "s-1"}, {"size": 0}])
        error = caught.exception
        self.assertEqual(
            (error.code, error.http_status, error.parameter),
            ("InvalidSize.ValueNotSupported", 400, "DiskDeviceMapping.2.Size"))
        self.assertTrue(error.request_id)
        with self.assertRaises(imaged.ECSError) as caught:
            client.create_image(
                region_id=REGION, image_name="1a", boot_mode="bios", snapshot_id="s-1",
                explain=True)
        codes = [each.code for each in caught.exception.further]
        self.assertIn("InvalidBootMode.Malformed", codes)

    def test_every_operation_is_known_to_the_daemon_and_reads_its_request(self):
        client = self.world().client
        for operation in imaged.OPERATIONS:
            if operation.streaming or operation.name in ("ReadEvents", "DropAccount"):
                continue
            with self.subTest(operation.name):
                try:
                    getattr(client, operation.method)()
                except imaged.ECSError:
                    pass  # it wants parameters

    def test_deadlines_and_the_clients_own_clock(self):
        client = self.world().client
        with self.assertRaises(imaged.DeadlineExceeded):
            client.version(timeout=-1)
        with self.assertRaises(imaged.DeadlineExceeded):
            client.read_events(timeout=0.02)
        with self.assertRaises(imaged.NoAnswer):
            client.read_events(give_up=0.02)
        self.assertEqual(client.version().protocol, 1)

    def test_cancelling_ends_a_wait(self):
        world = self.world()
        call = world.client.begin(messages.ReadEventsRequest())
        call.cancel()
        with self.assertRaises(imaged.StatusError) as caught:
            call.result()
        self.assertEqual(caught.exception.status, imaged.StatusCode.CANCELLED)

    def test_a_held_request_is_cancelled_and_nothing_has_happened(self):
        world = self.world()
        vm = world.add_instance()
        rule = world.fault("CreateImage")
        call = world.client.begin(messages.CreateImageRequest(
            region_id=REGION, instance_id=vm, client_token="t"))
        rule.wait_until_held()
        call.cancel()
        self.assertRaises(imaged.StatusError, call.result)
        self.assertEqual(world.images(), [])

    def test_a_thousand_calls_of_many_threads(self):
        world = self.world()
        failures = []

        def ask(client):
            try:
                calls = [client.begin(messages.VersionRequest()) for _ in range(100)]
                for call in calls:
                    if call.result().protocol != 1:
                        failures.append(call)
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=ask, args=(world.client,)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_stream_ids_run_out_and_the_client_goes_on(self):
        world = self.world()
        with world.client.watch() as events:
            world.client._link.connection().skip_to(4294967291)
            for _ in range(5):
                world.client.version()
            vm = world.add_instance()
            self.assertTrue(any(
                each.instance and each.instance.instance_id == vm
                for each in (events.next(10) for _ in range(2))))

    def test_forked_children_make_images_of_one_token(self):
        world = self.world()
        vm = world.add_instance()
        ends = []
        for _ in range(4):
            read_end, write_end = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    made = world.client.create_image(
                        region_id=REGION, instance_id=vm, client_token="one")
                    os.write(write_end, made.image_id.encode())
                finally:
                    os._exit(0)
            os.close(write_end)
            ends.append((child, read_end))
        made = set()
        for child, read_end in ends:
            made.add(os.read(read_end, 100))
            os.close(read_end)
            os.waitpid(child, 0)
        self.assertEqual({each.image_id.encode() for each in world.images()}, made)
        self.assertEqual(len(made), 1)

    def test_asyncio(self):
        world = self.world()

        async def main():
            async with aio.connect(world.socket, world.account) as client:
                vm = (await client.register_instance(
                    region_id=REGION, disk=[{"size": 40}])).instance_id
                async with client.watch() as events:
                    made = await asyncio.gather(*(
                        client.create_image(
                            region_id=REGION, instance_id=vm, client_token=f"t{each % 2}")
                        for each in range(8)))
                    self.assertEqual(len({each.image_id for each in made}), 2)
                    async for event in events:
                        if event.image and event.image.status == "Available":
                            break
                task = asyncio.ensure_future(client.read_events(resource_id=["none"]))
                await asyncio.sleep(0)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                with self.assertRaises(imaged.DeadlineExceeded):
                    await client.read_events(resource_id=["none"], timeout=0.01)
                with self.assertRaises(imaged.ECSError):
                    await client.create_image(region_id=REGION, instance_id="i-none")

        asyncio.run(main())


@unittest.skipUnless(daemon_is_there(), "no daemon: set IMAGED to its program")
class StartTests(unittest.TestCase):
    def test_it_is_gone_afterwards_with_all_that_it_made(self):
        with imaged.start() as daemon:
            directory, pid = os.path.dirname(daemon.socket), daemon.pid
            self.assertEqual(daemon.connect().health().process_id, pid)
        self.assertFalse(os.path.exists(directory))
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)

    def test_what_was_answered_survives_a_kill(self):
        with tempfile.TemporaryDirectory() as directory:
            with imaged.start(state_dir=directory) as daemon:
                world = daemon.account("race")
                vm = world.add_instance()
                before = world.client.create_image(
                    region_id=REGION, instance_id=vm, client_token="t")
                daemon.kill()
                self.assertIsNone(daemon.pid)
                self.assertRaises(imaged.NoDaemon, world.client.version)
                daemon.restart()
                again = world.client.create_image(
                    region_id=REGION, instance_id=vm, client_token="t")
                self.assertEqual(again.image_id, before.image_id)
                self.assertEqual(daemon.account("race").account, "race")
                self.assertRegex(daemon.log, "operation=CreateImage .* account=race ")
                world.close()

    def test_a_configuration_of_sections(self):
        with imaged.start(config={"limits": {"UnfinishedSnapshots": 8}}) as daemon:
            with daemon.account() as world:
                self.assertEqual(world.limits()["UnfinishedSnapshots"], 8)

    def test_a_daemon_that_does_not_start_says_why(self):
        with self.assertRaisesRegex(imaged.DaemonFailed, "Nonsense"):
            imaged.start(config={"limits": {"Nonsense": 8}})
        with self.assertRaisesRegex(imaged.DaemonFailed, "No such file or directory"):
            imaged.start(binary="/no/such/imaged")
        with mock.patch.dict(os.environ, {"PATH": "/none"}):
            del os.environ["IMAGED"]
            with self.assertRaisesRegex(imaged.DaemonFailed, "set \\$IMAGED"):
                imaged.start()

    def test_a_daemon_without_fixtures_has_no_accounts_to_give(self):
        with imaged.start(fixture=False) as daemon:
            with self.assertRaises(imaged.StatusError) as caught:
                daemon.account()
            self.assertEqual(caught.exception.status, imaged.StatusCode.UNIMPLEMENTED)

    def test_it_dies_with_the_process_that_started_it(self):
        program = (
            "import imaged, os, sys, threading\n"
            # The thread that asks for it may end long before.
            "made = []\n"
            "thread = threading.Thread(target=lambda: made.append(imaged.start()))\n"
            "thread.start(); thread.join()\n"
            "print(made[0].pid, os.path.dirname(made[0].socket), flush=True)\n"
            "assert made[0].connect().version().protocol == 1\n"
            "print('lives', flush=True)\n"
            "sys.stdin.read()\n")
        process = subprocess.Popen(
            [sys.executable, "-B", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=dict(os.environ, PYTHONPATH=str(CLIENT)))
        pid, directory = process.stdout.readline().split()
        self.assertEqual(process.stdout.readline(), "lives\n")
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()
        until = time.monotonic() + 10
        while os.path.exists("/proc/" + pid) and time.monotonic() < until:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    break  # dead, and not yet fetched by whoever inherited it
            time.sleep(0.01)
        else:
            self.assertFalse(os.path.exists("/proc/" + pid))

    def test_its_directory_goes_with_the_process_that_started_it(self):
        program = (
            "import imaged, os, sys, time\n"
            "daemon = imaged.start()\n"
            # A child that lives on keeps nothing.
            "child = os.fork()\n"
            "if child == 0:\n"
            "    os.closerange(0, 3); time.sleep(60); os._exit(0)\n"
            "print(os.path.dirname(daemon.socket), child, flush=True)\n"
            "sys.stdin.read()\n")
        for number in (signal.SIGTERM, signal.SIGKILL):
            process = subprocess.Popen(
                [sys.executable, "-B", "-c", program], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True,
                env=dict(os.environ, PYTHONPATH=str(CLIENT)))
            directory, child = process.stdout.readline().split()
            self.addCleanup(os.kill, int(child), signal.SIGKILL)
            self.assertTrue(os.path.exists(directory))
            process.send_signal(number)
            process.wait()
            # Nobody else has the ends of the process's pipes.
            self.assertEqual(process.stdout.read(), "")
            process.stdin.close()
            process.stdout.close()
            until = time.monotonic() + 20
            while os.path.exists(directory) and time.monotonic() < until:
                time.sleep(0.01)
            with self.subTest(number):
                self.assertFalse(os.path.exists(directory))

    def test_its_watchdog_goes_with_it(self):
        with imaged.start() as daemon:
            pid = daemon._watchdog.pid
            os.kill(pid, 0)
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)

    def test_one_that_was_stopped_may_be_started_again(self):
        with imaged.start(config={"limits": {"UnfinishedSnapshots": 8}}) as daemon:
            directory = os.path.dirname(daemon.socket)
            daemon.stop()
            self.assertFalse(os.path.exists(directory))
            daemon.restart()
            with daemon.account() as world:
                self.assertEqual(world.limits()["UnfinishedSnapshots"], 8)
        self.assertFalse(os.path.exists(directory))

    def test_a_forked_child_does_not_stop_it(self):
        with imaged.start() as daemon:
            child = os.fork()
            if child == 0:
                daemon.kill()
                daemon.stop()
                os._exit(0)
            os.waitpid(child, 0)
            with daemon.connect() as client:
                self.assertEqual(client.health().process_id, daemon.pid)


class WorldTests(DaemonTestCase):
    def test_worlds_do_not_see_each_other(self):
        first, second = self.world(), self.world()
        first.add_instance()
        self.assertEqual((len(first.instances()), second.instances()), (1, []))
        self.assertEqual(len(first.disks()), 1)
        self.assertNotEqual(first.account, second.account)

    def test_a_world_is_dropped_with_all_that_it_has(self):
        with self.daemon.account("gone") as world:
            world.add_instance()
        with self.assertRaises(imaged.ECSError) as caught:
            self.daemon.connect("gone").describe_account()
        self.assertEqual(caught.exception.code, "Forbidden")

    def test_an_account_that_is_there_is_joined_and_kept(self):
        with self.daemon.account("joined") as world:
            vm = world.add_instance()
            with self.daemon.account("joined") as other:
                self.assertEqual([each.instance_id for each in other.instances()], [vm])
            self.assertEqual(len(world.instances()), 1)
        with self.assertRaises(imaged.ECSError):
            self.daemon.account("no name")

    def test_disks_and_statuses(self):
        world = self.world()
        vm = world.add_instance(["cloud_ssd:60", {"size": 20}], status="Starting")
        (instance,) = world.instances()
        self.assertEqual((instance.instance_id, instance.status), (vm, "Starting"))
        self.assertEqual(
            {(each.type, each.category, each.size) for each in world.disks()},
            {("system", "cloud_ssd", 60), ("data", "cloud_essd", 20)})
        with self.assertRaisesRegex(ValueError, "CATEGORY:GIB"):
            world.add_instance(["cloud_essd"])

    def test_the_clock(self):
        world = self.world()
        world.clock.freeze()
        self.assertTrue(world.clock.is_frozen)
        before = world.clock.elapsed
        world.clock.advance(90.0)
        self.assertEqual(world.clock.elapsed, before + 90)
        world.clock.set("2030-01-01T00:00:00Z")
        self.assertEqual(world.clock.time.isoformat(), "2030-01-01T00:00:00+00:00")
        world.clock.thaw()
        self.assertFalse(world.clock.is_frozen)

    def test_sleeping_moves_the_worlds_clock_instead(self):
        world = self.world()
        real = time.sleep
        with world.clock.take_sleep():
            began = world.clock.elapsed
            vm = world.add_instance()
            world.client.create_image(region_id=REGION, instance_id=vm, image_name="web")
            self.assertNotEqual(world.image("web").status, "Available")
            time.sleep(30)
            self.assertEqual(world.image("web").status, "Available")
            self.assertEqual(world.clock.elapsed, began + 30)
        self.assertIs(time.sleep, real)

    def test_a_test_that_patches_sleep_too_gets_it_back(self):
        # As monkeypatch does, whose end comes behind that of the world.
        real, world = time.sleep, self.world()
        world.clock.take_sleep()
        patched = mock.patch("time.sleep")
        with patched as fake:
            time.sleep(1)
            world.close()
            self.assertIs(time.sleep, fake)
        time.sleep(0)  # no clock moves it any more
        # The next one who takes it gives the real one back.
        with self.world().clock.take_sleep() as clock:
            time.sleep(30)
            self.assertEqual(clock.elapsed, 30)
        self.assertIs(time.sleep, real)

    def test_two_worlds_may_take_sleep(self):
        real, first, second = time.sleep, self.world(), self.world()
        first.clock.take_sleep()
        second.clock.take_sleep()
        time.sleep(30)
        self.assertEqual((first.clock.elapsed, second.clock.elapsed), (0, 30))
        first.close()
        time.sleep(30)
        self.assertEqual(second.clock.elapsed, 60)
        second.close()
        self.assertIs(time.sleep, real)

    def test_a_time_without_a_zone_is_refused(self):
        clock = self.world().clock
        clock.freeze()
        with self.assertRaisesRegex(ValueError, "tzinfo=datetime.timezone.utc, or say "
                                    "'2030-01-01T00:00:00Z'"):
            clock.set(datetime.datetime(2030, 1, 1))
        east = datetime.timezone(datetime.timedelta(hours=8))
        clock.set(datetime.datetime(2030, 1, 1, 8, tzinfo=east))
        self.assertEqual(clock.time.isoformat(), "2030-01-01T00:00:00+00:00")

    def assertDropped(self, account):
        with self.daemon.connect(account) as client:
            with self.assertRaises(imaged.ECSError) as caught:
                client.describe_account()
        self.assertEqual(caught.exception.code, "Forbidden")

    def test_it_is_dropped_whatever_became_of_its_client(self):
        with self.daemon.account() as world:
            world.client.close()
        self.assertDropped(world.account)
        with self.daemon.account(ram_user="dev") as world:
            world.client.using(ram_user=None).set_ram_user(ram_user="dev")
            # What only a test does is done as the owner.
            world.clock.freeze()
            self.assertTrue(world.clock.is_frozen)
            world.limits(UnfinishedSnapshots=8)
            with self.assertRaises(imaged.ImagedError):
                world.client.set_limits(limit=[])
        self.assertDropped(world.account)

    def test_one_that_cannot_connect_leaves_nothing(self):
        threads = threading.active_count()
        with self.assertRaises(TypeError):
            self.daemon.account("half", nonsense=1)
        self.assertDropped("half")
        self.assertEqual(threading.active_count(), threads)

    def test_jobs(self):
        world = self.world()
        vm = world.add_instance(["cloud_essd:40"] * 2)
        world.jobs.hold()
        world.client.create_image(region_id=REGION, instance_id=vm, image_name="web")
        self.assertEqual([each.is_held for each in world.jobs.list()], [True, True])
        with self.assertRaises(TimeoutError):
            world.wait_idle(timeout=0)
        self.assertEqual(len(world.jobs.finish(1)), 1)
        world.jobs.fail(reason="disk on fire")
        self.assertEqual(
            (world.image("web").status, world.image("web").failure_reason),
            ("CreateFailed", "disk on fire"))
        world.jobs.release()
        world.client.create_image(region_id=REGION, instance_id=vm, image_name="web-2")
        world.jobs.finish_all()
        world.wait_idle()
        self.assertEqual(world.image("web-2").status, "Available")
        self.assertEqual(
            sorted(each.status for each in world.snapshots()),
            ["accomplished", "accomplished", "accomplished", "failed"])

    def test_faults(self):
        world = self.world()
        vm = world.add_instance()
        request = messages.CreateImageRequest(region_id=REGION, instance_id=vm)
        world.fault("CreateImage", code="Throttling", times=2)
        for _ in range(2):
            with self.assertRaises(imaged.ECSError) as caught:
                world.client.call(request)
            self.assertEqual(caught.exception.code, "Throttling")
        with world.fault("CreateImage", times=0) as rule:
            racers = [world.client.begin(request) for _ in range(3)]
            self.assertEqual(len(rule.wait_until_held(3)), 3)
            self.assertEqual(rule.release(1), 1)
            self.assertTrue(racers[0].result().image_id)
            rule.release(1, code="InternalError")
            with self.assertRaises(imaged.ECSError):
                racers[1].result()
        self.assertTrue(racers[2].result().image_id)

    def test_it_remembers_the_calls(self):
        world = self.world()
        before = len(world.calls())
        with self.assertRaises(imaged.ECSError):
            world.client.create_image(region_id=REGION, instance_id="i-none")
        world.connect().version()
        self.assertEqual(
            [each.operation for each in world.calls()[before:]], ["CreateImage", "Version"])
        (call,) = world.calls("CreateImage")
        self.assertEqual(call.request, {"region_id": REGION, "instance_id": "i-none"})
        self.assertIn("refused: 404 InvalidInstanceId.NotFound", str(call))


class HistoryTests(DaemonTestCase):
    def test_racing_processes_leave_one_history(self):
        world = self.world()
        world.limits(UnfinishedSnapshots=8)
        world.jobs.hold()
        vms = [world.add_instance(["cloud_essd:40"] * 3) for _ in range(4)]
        path = os.path.join(os.path.dirname(self.daemon.socket), "history.jsonl")
        children = []
        for number, vm in enumerate(vms):
            child = os.fork()
            if child == 0:
                name = f"p{number}"
                with imaged.connect(
                        world.socket, world.account, client=name, record=path) as client:
                    try:
                        client.create_image(
                            region_id=REGION, instance_id=vm, client_token=name)
                    except imaged.ECSError:
                        pass
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        ends = [each for each in lines if each["type"] != "invoke"]
        self.assertEqual(sorted(each["type"] for each in ends), ["fail", "fail", "ok", "ok"])
        self.assertEqual(
            {each["result"]["error"]["code"] for each in ends if each["type"] == "fail"},
            {"TooManySnapshot.Unfinished"})
        self.assertEqual({each["process"] for each in lines}, {"p0", "p1", "p2", "p3"})


if __name__ == "__main__":
    unittest.main()
