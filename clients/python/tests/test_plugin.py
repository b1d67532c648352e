"""The pytest plugin, in runs of pytest of its own."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from .support import CLIENT, daemon_is_there

PYTEST = importlib.util.find_spec("pytest") is not None
XDIST = importlib.util.find_spec("xdist") is not None

BAKE = '''
import threading
import time

import pytest
from imaged import ECSError


def bake(client, instance_id, name):
    while True:
        try:
            made = client.create_image(
                region_id="cn-hangzhou", instance_id=instance_id, image_name=name)
            break
        except ECSError as error:
            if error.code != "Throttling":
                raise
            time.sleep(1)
    while not client.describe_images(
            region_id="cn-hangzhou", image_id=made.image_id, status="ALL").images[0].usable:
        time.sleep(30)


def racing(client, instance_id, name):
    told = []

    def race():
        try:
            client.create_image(
                region_id="cn-hangzhou", instance_id=instance_id, image_name=name)
            told.append("ok")
        except ECSError as error:
            told.append(error.code)

    thread = threading.Thread(target=race)
    thread.start()
    return lambda: thread.join() or told[0]
'''

PASSING = BAKE + '''

@pytest.mark.parametrize("number", range(8))
def test_each_has_a_world_of_its_own(imaged, number):
    assert imaged.images() == [] and imaged.instances() == []
    imaged.add_instance()


def test_sleep_is_taken(imaged):
    imaged.clock.take_sleep()
    time.sleep(30)
    assert imaged.clock.elapsed == 30


def test_and_given_back():
    assert time.sleep.__name__ == "sleep"


def test_a_daemon_that_was_killed_is_there_again(imaged_daemon):
    imaged_daemon.kill()


def test_afterwards(imaged):
    imaged.add_instance()


def test_a_daemon_that_was_stopped_is_there_again(imaged_daemon):
    imaged_daemon.stop()


def test_after_that(imaged):
    imaged.add_instance()
'''

FAILING = '''
def test_it_fails(imaged):
    vm = imaged.add_instance()
    imaged.fault("CreateImage", code="TooManySnapshot.Unfinished")
    imaged.client.create_image(region_id="cn-hangzhou", instance_id=vm, image_name="web")


def test_it_fails_by_an_assertion(imaged):
    imaged.client.version()
    assert False
'''

WORKERS = '''
import os

import pytest


@pytest.mark.parametrize("number", range(12))
def test_where(imaged, imaged_daemon, number, request):
    folder = os.environ["FOLDER"]
    worker = os.environ["PYTEST_XDIST_WORKER"]
    with open(os.path.join(folder, "{}-{}".format(worker, imaged_daemon.pid)), "a") as file:
        file.write(imaged.account + "\\n")
'''


@unittest.skipUnless(PYTEST, "pytest is not installed")
@unittest.skipUnless(daemon_is_there(), "no daemon: set IMAGED to its program")
class PluginTests(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)

    def pytest(self, source, *arguments, **environment):
        with open(os.path.join(self.directory, "test_it.py"), "w", encoding="utf-8") as file:
            file.write(source)
        return subprocess.run(
            [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-p",
             "imaged.pytest_plugin", *arguments, "test_it.py"],
            # Whatever else is installed here has no part in it.
            cwd=self.directory, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=dict(
                os.environ, PYTHONPATH=str(CLIENT), PYTHONDONTWRITEBYTECODE="1",
                PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", **environment))

    def test_each_test_has_its_world(self):
        run = self.pytest(PASSING, "-W", "error")
        self.assertIn("14 passed", run.stdout)
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_the_readmes_tests_pass(self):
        text = (CLIENT / "README.md").read_text("utf-8")
        (block,) = re.findall(r"^```python\n(def test_.*?)^```$", text, re.M | re.S)
        run = self.pytest(BAKE + block, "-W", "error")
        self.assertIn("3 passed", run.stdout)

    def test_a_failed_test_shows_its_calls(self):
        run = self.pytest(FAILING)
        self.assertIn("2 failed", run.stdout)
        self.assertEqual(run.stdout.count("calls of imaged"), 2, run.stdout)
        self.assertIn("RegisterInstance(", run.stdout)
        self.assertIn("refused: 403 TooManySnapshot.Unfinished", run.stdout)

    def test_without_a_program_it_says_what_to_do(self):
        run = self.pytest(FAILING, "--imaged", "/no/such/imaged")
        self.assertIn("/no/such/imaged: No such file or directory", run.stdout)
        self.assertIn("2 errors", run.stdout)

    @unittest.skipUnless(XDIST, "pytest-xdist is not installed")
    def test_each_worker_of_xdist_has_its_daemon(self):
        folder = os.path.join(self.directory, "workers")
        os.mkdir(folder)
        run = self.pytest(WORKERS, "-p", "xdist", "-n", "2", FOLDER=folder)
        self.assertIn("12 passed", run.stdout)
        workers, accounts = set(), []
        for name in os.listdir(folder):
            workers.add(name.split("-")[0])
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                accounts += file.read().split()
        self.assertEqual(len(os.listdir(folder)), len(workers))  # one daemon each
        self.assertEqual(len(accounts), 12)
        for pid in (name.split("-")[1] for name in os.listdir(folder)):
            self.assertFalse(os.path.exists("/proc/" + pid), "a daemon is left behind")


if __name__ == "__main__":
    unittest.main()
