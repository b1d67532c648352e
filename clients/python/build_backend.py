"""Makes a wheel of the package: what PEP 517 asks of a backend, and nothing else.

A daemon's program in ``imaged/bin/imaged`` goes into the wheel, which is then one for this machine.
"""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import re
import zipfile
from typing import Any, Dict, List, Optional

_HERE = os.path.dirname(os.path.abspath(__file__))
_NAME = "imaged"
_DATE = (1980, 1, 1, 0, 0, 0)  # so that equal sources make equal wheels


def get_requires_for_build_wheel(config_settings: Optional[Dict[str, Any]] = None) -> List[str]:
    return []


get_requires_for_build_editable = get_requires_for_build_wheel


def build_wheel(
    wheel_directory: str, config_settings: Optional[Dict[str, Any]] = None,
    metadata_directory: Optional[str] = None,
) -> str:
    """Makes a wheel; returns its name."""
    files: Dict[str, bytes] = {}
    for folder, folders, names in os.walk(os.path.join(_HERE, _NAME)):
        folders[:] = sorted(each for each in folders if each != "__pycache__")
        for name in sorted(names):
            if not name.endswith((".pyc", ".pyo")):
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    files[os.path.relpath(path, _HERE)] = file.read()
    return _wheel(wheel_directory, files)


def build_editable(
    wheel_directory: str, config_settings: Optional[Dict[str, Any]] = None,
    metadata_directory: Optional[str] = None,
) -> str:
    """Makes a wheel that only names this folder; returns its name."""
    return _wheel(wheel_directory, {f"__editable__{_NAME}.pth": (_HERE + "\n").encode()})


def build_sdist(
    sdist_directory: str, config_settings: Optional[Dict[str, Any]] = None,
) -> str:
    raise NotImplementedError("there are no source distributions: install from this folder")


def _project(name: str) -> str:
    """A text of pyproject.toml's project."""
    with open(os.path.join(_HERE, "pyproject.toml"), encoding="utf-8") as file:
        found = re.search(rf'^{name} = "(.*)"$', file.read(), re.MULTILINE)
    assert found is not None, name
    return found[1]


def _wheel(directory: str, files: Dict[str, bytes]) -> str:
    program = f"{_NAME}/bin/{_NAME}"
    tag = "py3-none-any"
    if program in files:
        tag = "py3-none-linux_" + platform.machine()
    version = _project("version")
    info = f"{_NAME}-{version}.dist-info"
    with open(os.path.join(_HERE, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    files = dict(files)
    files[info + "/METADATA"] = (
        "Metadata-Version: 2.1\nName: {}\nVersion: {}\nSummary: {}\nRequires-Python: {}\n"
        "Description-Content-Type: text/markdown\n\n{}".format(
            _NAME, version, _project("description"), _project("requires-python"), readme)
    ).encode("utf-8")
    files[info + "/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: imaged\nRoot-Is-Purelib: {}\nTag: {}\n".format(
            "false" if program in files else "true", tag)).encode()
    files[info + "/entry_points.txt"] = b"[pytest11]\nimaged = imaged.pytest_plugin\n"
    rows = [f"{name},sha256={_hash(data)},{len(data)}" for name, data in files.items()]
    files[info + "/RECORD"] = "\n".join(rows + [info + "/RECORD,,"]).encode() + b"\n"
    name = f"{_NAME}-{version}-{tag}.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if path == program else 0o100644) << 16
            wheel.writestr(entry, data)
    return name


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
