"""The package: its stub, its wheel, its public names, and its README's examples."""

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

import imaged
from imaged import aio, messages
from imaged.methods import OPTIONS, AsyncMethods, SyncMethods

from . import stubs
from .support import CLIENT, PROTOCOL, daemon_is_there

ENVIRONMENT = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")


class StubTests(unittest.TestCase):
    def test_it_is_what_the_tables_make_it(self):
        self.assertEqual(
            stubs.PATH.read_text("utf-8"), stubs.text(),
            "write it anew: python3 -m tests.stubs --write, in clients/python")

    def test_it_parses_and_has_every_method(self):
        tree = ast.parse(stubs.text())
        classes = {
            each.name: {method.name for method in each.body if hasattr(method, "name")}
            for each in tree.body if isinstance(each, ast.ClassDef)}
        for cls in (SyncMethods, AsyncMethods):
            self.assertEqual(
                {name for name in vars(cls) if not name.startswith("__")}, classes[cls.__name__])

    def test_methods_describe_themselves(self):
        parameters = list(inspect.signature(imaged.Client.delete_image).parameters)
        self.assertEqual(
            parameters, ["self", "region_id", "image_id", "force", "dry_run", *OPTIONS])
        self.assertEqual(
            imaged.Client.delete_image.__doc__,
            "DeleteImage: Deletes an image; its snapshots stay.")
        self.assertTrue(inspect.iscoroutinefunction(aio.Client.delete_image))

    def test_both_clients_have_a_method_for_each_operation(self):
        for operation in imaged.OPERATIONS:
            for cls in (imaged.Client, aio.Client):
                self.assertTrue(
                    callable(getattr(cls, operation.method, None)),
                    f"{cls} has no {operation.method}")


class PublicTests(unittest.TestCase):
    def test_every_public_name_is_there_and_documented(self):
        for name in imaged.__all__:
            value = getattr(imaged, name)
            if name not in ("OPERATIONS", "UNSET"):
                self.assertTrue(inspect.getdoc(value), name)
        for cls in (imaged.Client, imaged.Call, imaged.Watch, imaged.Daemon, imaged.World,
                    aio.Client, aio.Watch):
            for name, value in vars(cls).items():
                if not name.startswith("_") and (callable(value) or isinstance(value, property)):
                    # What is there by construction, like is_running, says it by its name.
                    documented = inspect.getdoc(value) or name.startswith("is_")
                    self.assertTrue(documented, f"{cls.__name__}.{name}")

    def test_the_version_is_one(self):
        text = (CLIENT / "pyproject.toml").read_text("utf-8")
        self.assertIn(f'version = "{imaged.__version__}"', text)

    def test_lines_and_files_have_their_limits(self):
        files = sorted(CLIENT.rglob("*.py")) + sorted(CLIENT.rglob("*.pyi"))
        self.assertGreater(len(files), 30)
        for path in files:
            lines = path.read_text("utf-8").split("\n")
            self.assertLessEqual(len(lines), 801, path)
            for number, line in enumerate(lines, 1):
                self.assertLessEqual(len(line), 100, f"{path}:{number}")
            tree = ast.parse("\n".join(lines))
            for each in ast.walk(tree):
                if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    self.assertLessEqual(
                        each.end_lineno - each.lineno, 70, f"{path}: {each.name}")

    @unittest.skipUnless(
        shutil.which("mypy") and os.environ.get("IMAGED_MYPY"),
        "mypy takes its time: it must be installed, and IMAGED_MYPY set")
    def test_types_are_strict(self):
        with tempfile.TemporaryDirectory() as directory:
            program = os.path.join(directory, "typed.py")
            with open(program, "w", encoding="utf-8") as file:
                file.write(
                    "import imaged\n"
                    "with imaged.connect() as client:\n"
                    "    reveal_type(client.create_image(dry_run=True, timeout=5).image_id)\n"
                    "    reveal_type(client.call(imaged.messages.VersionRequest()))\n"
                    "    client.create_image(image='x')\n")
            checked = subprocess.run(
                ["mypy", "--strict", "--cache-dir", directory, program, str(CLIENT / "imaged")],
                cwd=directory, env=dict(ENVIRONMENT, MYPYPATH=str(CLIENT)), text=True,
                stdout=subprocess.PIPE)
        self.assertIn('3: note: Revealed type is "str"', checked.stdout)
        self.assertRegex(checked.stdout, '4: note: Revealed type is ".*VersionResponse"')
        self.assertIn('5: error: Unexpected keyword argument "image"', checked.stdout)
        self.assertIn("Found 1 error in 1 file", checked.stdout)


class WheelTests(unittest.TestCase):
    def build(self, hook):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        built = subprocess.run(
            [sys.executable, "-B", "-c",
             f"import build_backend; print(build_backend.{hook}({directory!r}))"],
            cwd=CLIENT, stdout=subprocess.PIPE, text=True, check=True)
        return os.path.join(directory, built.stdout.strip())

    def test_a_wheel_has_the_whole_package_and_runs(self):
        wheel = self.build("build_wheel")
        with zipfile.ZipFile(wheel) as file:
            names = set(file.namelist())
            sources = {
                str(path.relative_to(CLIENT)) for path in (CLIENT / "imaged").rglob("*")
                if path.is_file() and path.suffix != ".pyc"}
            info = f"imaged-{imaged.__version__}.dist-info/"
            self.assertEqual(names, sources | {
                info + each for each in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")})
            self.assertIn("imaged/py.typed", names)
            self.assertIn("imaged/methods.pyi", names)
            self.assertIsNone(file.testzip())
            recorded = file.read(info + "RECORD").decode().splitlines()
            self.assertEqual({line.split(",")[0] for line in recorded}, names)
            self.assertIn(b"imaged = imaged.pytest_plugin", file.read(info + "entry_points.txt"))
        run = subprocess.run(
            [sys.executable, "-B", "-c", "import imaged; print(imaged.__file__)"], cwd="/",
            env=dict(ENVIRONMENT, PYTHONPATH=wheel), stdout=subprocess.PIPE, text=True)
        self.assertEqual(run.stdout.strip(), wheel + "/imaged/__init__.py")

    def test_an_editable_wheel_names_the_folder(self):
        with zipfile.ZipFile(self.build("build_editable")) as file:
            self.assertEqual(file.read("__editable__imaged.pth").decode().strip(), str(CLIENT))


class ReadmeTests(unittest.TestCase):
    TEXT = (CLIENT / "README.md").read_text("utf-8")

    def blocks(self, language):
        return re.findall(rf"^```{language}\n(.*?)^```$", self.TEXT, re.M | re.S)

    @unittest.skipUnless(daemon_is_there(), "no daemon: set IMAGED to its program")
    def test_its_programs_run(self):
        blocks = [
            each for each in self.blocks("python")
            if "def test_" not in each and "import pytest" not in each]
        self.assertGreater(len(blocks), 4)
        with imaged.start(fixture=False) as shared:
            for number, block in enumerate(blocks):
                # In their order on one daemon, and each alone on a new one.
                self.run_on(shared, number, block)
                with imaged.start(fixture=False) as fresh:
                    self.run_on(fresh, number, block)

    def run_on(self, daemon, number, program):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        run = subprocess.run(
            [sys.executable, "-B", "-W", "error", "-c", program], cwd=directory,
            env=dict(ENVIRONMENT, IMAGED_SOCKET=daemon.socket, PYTHONPATH=str(CLIENT)),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        with self.subTest(block=number):
            self.assertEqual(run.returncode, 0, program + run.stdout)
            self.assertNotIn("refused: Invalid", run.stdout)

    def test_it_names_what_is_there(self):
        for name in re.findall(r"`imaged\.(\w+)", self.TEXT):
            self.assertTrue(
                hasattr(imaged, name) or (CLIENT / "imaged" / (name + ".py")).exists(), name)
        for name in re.findall(r"`(\w+(?:Request|Response))`", self.TEXT):
            self.assertTrue(hasattr(messages, name), name)
        for path in re.findall(r"`(protocol/[\w./]+)`", self.TEXT):
            self.assertTrue((PROTOCOL.parent / path).exists(), path)


if __name__ == "__main__":
    unittest.main()
