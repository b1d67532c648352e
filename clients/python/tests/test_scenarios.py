"""``conformance.py``: that it answers, and, where IMAGED_SCENARIOS names a folder of them
(``protocol/scenarios``), every scenario in it.

The project's own driver runs the scenarios with the programs of all clients; this runner is for
work on this one.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

import imaged

from .fakes import Proxy
from .support import CLIENT, daemon_is_there

FOLDER = os.environ.get("IMAGED_SCENARIOS")
SCENARIOS = sorted(pathlib.Path(FOLDER).glob("*.jsonl")) if FOLDER else []
UUID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")


class Program:
    """A running conformance program."""

    def __init__(self, socket):
        self._process = subprocess.Popen(
            [sys.executable, "-B", str(CLIENT / "conformance.py"), "--socket", socket],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def ask(self, command):
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the program ended at {command}")
        return json.loads(line)

    def end(self):
        self._process.stdin.close()
        status = self._process.wait(10)
        self._process.stdout.close()
        return status


def _filled(form, kept):
    """``form`` with ``${name}`` replaced inside its texts."""
    if isinstance(form, str):
        return re.sub(r"\$\{([^}]+)\}", lambda found: kept[found[1]], form)
    if isinstance(form, list):
        return [_filled(each, kept) for each in form]
    if isinstance(form, dict):
        return {name: _filled(value, kept) for name, value in form.items()}
    return form


def _without_ids(form):
    if isinstance(form, list):
        return [_without_ids(each) for each in form]
    if isinstance(form, dict):
        return {name: _without_ids(value) for name, value in form.items() if not (
            name == "request_id" and UUID.fullmatch(value))}
    return form


def _agrees(found, expected):
    if expected == "*":
        return True
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(_agrees, found, expected))
    if isinstance(expected, dict) and isinstance(found, dict):
        return found.keys() == expected.keys() and all(
            _agrees(found[name], value) for name, value in expected.items())
    return found == expected and type(found) is type(expected)


class Run:
    """One scenario from its first line to its last."""

    def __init__(self, directory):
        self.daemon = self.proxy = self.program = None
        self.kept = {"directory": directory}

    def begin(self, keep_data):
        self.daemon = imaged.start(ephemeral=not keep_data)
        self.proxy = Proxy(self.daemon.socket)
        self.program = Program(self.proxy.path)

    def line(self, line):
        """Why a line is not as expected; None: it is."""
        if "driver" in line:
            self.drive(line["driver"])
            return None
        until = time.monotonic() + 10
        while True:
            answer = self.program.ask(_filled(line["send"], self.kept))
            expected = _filled(line["expect"], self.kept)
            if _agrees(_without_ids(answer), expected):
                break
            if not line.get("eventually") or time.monotonic() > until:
                return f"{line['send']}\n  answered {answer}\n  expected {expected}"
        for name, path in line.get("keep", {}).items():
            value = answer
            for step in path:
                value = value[step]
            self.kept[name] = value
        return None

    def drive(self, action):
        if action == "lose_answer":
            self.proxy.lose_answer()
        elif action == "stop_daemon":
            self.daemon.kill()
            self.proxy.stop()
        elif action == "start_daemon":
            self.daemon.restart()
            self.proxy.start()
        elif action != "keep_data":
            raise ValueError(action)

    def end(self):
        status = self.program.end() if self.program else None
        for each in (self.proxy.close if self.proxy else None,
                     self.daemon.stop if self.daemon else None):
            if each:
                each()
        return status


@unittest.skipUnless(daemon_is_there(), "no daemon: set IMAGED to its program")
class ScenarioTests(unittest.TestCase):
    @unittest.skipUnless(SCENARIOS, "IMAGED_SCENARIOS names no folder of scenarios")
    def test_every_scenario(self):
        for path in SCENARIOS:
            with self.subTest(path.stem), tempfile.TemporaryDirectory() as directory:
                self.run_scenario(path, directory)

    def run_scenario(self, path, directory):
        with open(os.path.join(directory, "disk.raw"), "wb") as disk:
            disk.truncate(1 << 20)
            disk.seek(65536)
            disk.write(b"imaged\n")
        lines = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
        run = Run(directory)
        try:
            run.begin(lines[0].get("driver") == "keep_data")
            for number, line in enumerate(lines, 1):
                failure = run.line(line)
                if failure:
                    self.fail(f"line {number}: {failure}")
        finally:
            status = run.end()
        self.assertEqual(status, 0)

    def test_the_program_tells_its_operations_and_calls(self):
        with imaged.start() as daemon:
            program = Program(daemon.socket)
            told = program.ask({"operations": True})["operations"]
            self.assertEqual(
                told[0],
                {"service": "imaged.v1.ECS", "name": "CreateImage", "again": "token",
                 "streaming": False})
            self.assertEqual(len(told), len(imaged.OPERATIONS))
            answer = program.ask({"call": "Version"})
            self.assertEqual(answer["response"]["protocol"], 1)
            answer = program.ask({"call": "DeleteImage", "request": {"region_id": "x"}})
            self.assertEqual(answer["error"]["code"], "MissingParameter")
            self.assertEqual(program.end(), 0)


if __name__ == "__main__":
    unittest.main()
