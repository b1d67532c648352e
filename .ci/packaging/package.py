"""Makes what a release consists of from built programs: a tarball, a wheel, a container image.

Python's standard library alone. Equal inputs make equal bytes: names are sorted, times are
SOURCE_DATE_EPOCH, owners are root.
"""

import argparse
import base64
import gzip
import hashlib
import io
import json
import lzma
import os
import re
import stat
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from datetime import datetime, timezone

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAMS = ("imaged", "imagectl")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


# What the programs need.


def glibc_needed(path):
    """The newest version of glibc's symbols that a program asks for: (2, 34)."""
    found = re.findall(r"\(GLIBC_([0-9.]+)\)", output("objdump", "-T", path))
    return max(tuple(map(int, version.split("."))) for version in found)


def libraries(path):
    """The shared libraries that a program loads, and its loader: path by path."""
    paths = set()
    for line in output("ldd", path).splitlines():
        words = line.split()
        file = next((word for word in words if word.startswith("/")), None)
        if file:
            paths.add(file)
        elif "linux-vdso" not in line:
            sys.exit(f"{path} needs {words[0]}, which is not there")
    return paths


# Archives.


class Tree:
    """Files of an archive by their names; folders come by themselves."""

    def __init__(self, epoch):
        self.epoch = epoch
        self.files = {}
        self.folders = {}

    def add(self, name, data, mode=0o644):
        self.files[name] = (data, mode)

    def folder(self, name, mode=0o755, owner=0):
        self.folders[name] = (mode, owner)

    def link(self, name, target):
        self.files[name] = (target, None)

    def tar(self):
        for name in self.files:
            parts = name.split("/")[:-1]
            for end in range(1, len(parts) + 1):
                self.folders.setdefault("/".join(parts[:end]), (0o755, 0))
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name in sorted([*self.folders, *self.files]):
                entry = tarfile.TarInfo(name)
                entry.mtime = self.epoch
                entry.uname = entry.gname = ""
                if name in self.folders:
                    entry.type = tarfile.DIRTYPE
                    entry.mode, owner = self.folders[name]
                    entry.uid = entry.gid = owner
                    tar.addfile(entry)
                    continue
                data, mode = self.files[name]
                if mode is None:
                    entry.type, entry.linkname = tarfile.SYMTYPE, data
                    tar.addfile(entry)
                    continue
                entry.mode, entry.size = mode, len(data)
                tar.addfile(entry, io.BytesIO(data))
        return raw.getvalue()


def tarball(release):
    """imaged-VERSION-linux-ARCH.tar.xz: programs, manual pages, completions, an install script."""
    folder = f"imaged-{release.version}-linux-{release.arch}"
    tree = Tree(release.epoch)
    for name in PROGRAMS:
        tree.add(f"{folder}/bin/{name}", release.programs[name], 0o755)
    for name, data in release.shared.items():
        tree.add(f"{folder}/share/{name}", data)
    install = read(os.path.join(HERE, "install")).decode()
    install = install.replace("@ARCH@", release.arch).replace("@GLIBC@", release.glibc_text)
    tree.add(f"{folder}/install", install.encode(), 0o755)
    tree.add(f"{folder}/README.md", read(os.path.join(ROOT, "README.md")))
    license = os.path.join(ROOT, "LICENSE")
    if os.path.exists(license):
        tree.add(f"{folder}/LICENSE", read(license))
    release.write(f"{folder}.tar.xz", lzma.compress(tree.tar(), preset=9))


LAUNCHER = '''"""Runs the programs that are in this package."""

import os
import sys


def _run(name: str) -> None:
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", name)
    os.execv(path, [path] + sys.argv[1:])


def imaged() -> None:
    _run("imaged")


def imagectl() -> None:
    _run("imagectl")
'''


def wheel(release, source):
    """A wheel of the Python client that carries the programs."""
    project = tomllib.loads(read(os.path.join(source, "pyproject.toml")).decode())["project"]
    tag = f"py3-none-manylinux_{release.glibc[0]}_{release.glibc[1]}_{release.arch}"
    files = {}
    for folder, folders, names in os.walk(os.path.join(source, "imaged")):
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", "bin"))
        for name in names:
            if not name.endswith((".pyc", ".pyo")):
                path = os.path.join(folder, name)
                files[os.path.relpath(path, source)] = read(path)
    for name in PROGRAMS:
        files[f"imaged/bin/{name}"] = release.programs[name]
    files["imaged/_programs.py"] = LAUNCHER.encode()
    info = f"imaged-{release.version}.dist-info"
    readme = read(os.path.join(source, project.get("readme", "README.md"))).decode()
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: imaged\nVersion: {release.version}\n"
        f"Summary: {project['description']}\nRequires-Python: {project['requires-python']}\n"
        f"Description-Content-Type: text/markdown\n\n{readme}"
    ).encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: imaged\nRoot-Is-Purelib: false\nTag: {tag}\n"
    ).encode()
    groups = dict(project.get("entry-points", {}))
    groups["console_scripts"] = {
        **project.get("scripts", {}),
        **{name: f"imaged._programs:{name}" for name in PROGRAMS},
    }
    files[f"{info}/entry_points.txt"] = "\n".join(
        f"[{group}]\n" + "".join(f"{name} = {what}\n" for name, what in sorted(entries.items()))
        for group, entries in sorted(groups.items())
    ).encode()
    record = "".join(
        f"{name},sha256={digest},{len(data)}\n"
        for name, data in sorted(files.items())
        for digest in [base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()]
    )
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    date = datetime.fromtimestamp(max(release.epoch, 315_532_800), timezone.utc)
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        # The metadata comes last, as the wheel's format recommends.
        for name in sorted(files, key=lambda name: (name.startswith(info), name)):
            entry = zipfile.ZipInfo(name, date.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            mode = 0o755 if name.startswith("imaged/bin/") else 0o644
            entry.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(entry, files[name], compresslevel=6)
    release.write(f"imaged-{release.version}-{tag}.whl", raw.getvalue())


USER = 10001


def image(release):
    """A container image as an archive in the OCI layout, which docker load takes as well."""
    tree = Tree(release.epoch)
    needed = set()
    for name in PROGRAMS:
        tree.add(f"usr/bin/{name}", release.programs[name], 0o755)
        needed |= libraries(release.paths[name])
    for path in sorted(needed):
        tree.add(path.lstrip("/"), read(os.path.realpath(path)), 0o755)
    passwd = f"root:x:0:0::/root:/\nimaged:x:{USER}:{USER}::/var/lib/imaged:/\n"
    tree.add("etc/passwd", passwd.encode())
    tree.add("etc/group", f"root:x:0:\nimaged:x:{USER}:\n".encode())
    tree.folder("run/imaged", 0o755, USER)
    tree.folder("var/lib/imaged", 0o700, USER)
    # Where engines mount what every container has.
    for name in ("dev", "proc", "sys"):
        tree.folder(name)
    tree.folder("tmp", 0o1777)
    tree.folder("var/tmp", 0o1777)
    tar = tree.tar()
    blobs = {}

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        blobs[digest] = data
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}

    layer = blob(
        gzip.compress(tar, 6, mtime=0), "application/vnd.oci.image.layer.v1.tar+gzip")
    arch = {"x86_64": "amd64", "aarch64": "arm64"}[release.arch]
    created = datetime.fromtimestamp(release.epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    config = blob(
        encode({
            "created": created, "architecture": arch, "os": "linux",
            "config": {
                "User": f"{USER}:{USER}",
                "Entrypoint": [
                    "/usr/bin/imaged", "--fixture", "--ephemeral", "--socket",
                    "/run/imaged/imaged.sock", "--http", "0.0.0.0:8377",
                ],
                "ExposedPorts": {"8377/tcp": {}},
                "Env": ["PATH=/usr/bin", "IMAGED_SOCKET=/run/imaged/imaged.sock"],
                "Volumes": {"/run/imaged": {}},
                "WorkingDir": "/var/lib/imaged", "StopSignal": "SIGTERM",
                "Labels": {"org.opencontainers.image.version": release.version},
            },
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}"]},
            "history": [{"created": created, "created_by": "imaged's .ci/release"}],
        }), "application/vnd.oci.image.config.v1+json")
    manifest = blob(
        encode({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config, "layers": [layer],
        }), "application/vnd.oci.image.manifest.v1+json")
    manifest["platform"] = {"architecture": arch, "os": "linux"}
    manifest["annotations"] = {"org.opencontainers.image.ref.name": release.version}
    layout = Tree(release.epoch)
    layout.add("oci-layout", encode({"imageLayoutVersion": "1.0.0"}))
    layout.add("index.json", encode({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [manifest],
    }))

    def place(descriptor):
        return "blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")

    layout.add("manifest.json", encode([{
        "Config": place(config), "RepoTags": [f"imaged:{release.version}"],
        "Layers": [place(layer)],
    }]))
    for digest, data in blobs.items():
        layout.add(f"blobs/sha256/{digest}", data)
    release.write(f"imaged-{release.version}-linux-{release.arch}.oci.tar", layout.tar())


def encode(value):
    return json.dumps(value, indent=1, sort_keys=True).encode() + b"\n"


class Release:
    def __init__(self, options):
        self.directory = options.output
        self.version = options.version
        self.arch = os.uname().machine
        self.epoch = options.epoch
        self.paths = {name: os.path.join(options.programs, name) for name in PROGRAMS}
        self.programs = {name: read(path) for name, path in self.paths.items()}
        self.glibc = max(glibc_needed(path) for path in self.paths.values())
        self.glibc_text = ".".join(map(str, self.glibc))
        self.shared = {}
        for folder, _, names in os.walk(options.shared):
            for name in names:
                path = os.path.join(folder, name)
                self.shared[os.path.relpath(path, options.shared)] = read(path)
        self.written = []

    def write(self, name, data):
        with open(os.path.join(self.directory, name), "wb") as file:
            file.write(data)
        self.written.append((name, len(data), hashlib.sha256(data).hexdigest()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", required=True, help="the folder with the programs")
    parser.add_argument("--shared", required=True, help="the folder that becomes share/")
    parser.add_argument("--version", required=True)
    parser.add_argument("--epoch", required=True, type=int)
    parser.add_argument("output", help="the folder to write to")
    release = Release(parser.parse_args())
    tarball(release)
    source = os.path.join(ROOT, "clients", "python")
    if os.path.exists(os.path.join(source, "pyproject.toml")):
        wheel(release, source)
    image(release)
    sums = "".join(f"{digest}  {name}\n" for name, _, digest in sorted(release.written))
    release.write("SHA256SUMS", sums.encode())
    for name in PROGRAMS:
        needed = ".".join(map(str, glibc_needed(release.paths[name])))
        loads = ", ".join(sorted(os.path.basename(path) for path in libraries(release.paths[name])))
        size = len(release.programs[name]) / 1e6
        print(f"{name}: {size:.1f} MB stripped, needs glibc {needed}; loads {loads}")
    for name, size, _ in release.written:
        print(f"{size:>10}  {name}")


if __name__ == "__main__":
    main()
