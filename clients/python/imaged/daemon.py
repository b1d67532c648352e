"""A daemon of one's own, for tests and tools: ``imaged.start()``."""

from __future__ import annotations

import atexit
import os
import queue
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, Callable, List, Mapping, Optional, Sequence, Union

from .client import Client, connect
from .errors import DaemonFailed, ImagedError
from .world import World

Config = Union[None, str, "os.PathLike[str]", Mapping[str, Mapping[str, Any]]]

# Becomes the daemon, once it is sure to die with the process that wanted it: from then on the
# kernel sends SIGKILL (9) when that ends, however it ends. 1 is PR_SET_PDEATHSIG.
_HELPER = """
import ctypes, os, sys
if ctypes.CDLL(None, use_errno=True).prctl(1, 9, 0, 0, 0) != 0:
    sys.exit("prctl: " + os.strerror(ctypes.get_errno()))
if os.getppid() != int(sys.argv[1]):
    sys.exit("the process that wanted a daemon is gone")
try:
    os.execv(sys.argv[2], sys.argv[2:])
except OSError as error:
    sys.exit("%s: %s" % (sys.argv[2], error.strerror))
"""

# Removes a directory when the process that started it has ended, however that ended: the other end
# of its standard input closes then. Signals of the terminal are for that process.
_WATCHDOG = 'trap "" HUP INT QUIT TERM; cd /; read -r _; exec rm -rf -- "$1"'


def start(
    *, fixture: bool = True, ephemeral: bool = True, config: Config = None,
    state_dir: Union[None, str, "os.PathLike[str]"] = None, binary: Optional[str] = None,
    socket: Optional[str] = None, http: Union[bool, str] = False, arguments: Sequence[str] = (),
    timeout: float = 30.0,
) -> "Daemon":
    """Starts a daemon, and returns when it answers requests; use the result with ``with``, or
    stop it. It never outlives this process, however that ends.

    :param fixture: whether the service Fixture is there.
    :param ephemeral: whether it keeps nothing; with a ``state_dir`` it keeps everything there.
    :param config: the path of a configuration file, or its sections:
        ``{"limits": {"UnfinishedSnapshots": 8}}``.
    :param state_dir: the data directory.
    :param binary: the program. Without it: $IMAGED, ``imaged/bin/imaged`` in this package, and
        the first ``imaged`` of $PATH.
    :param socket: where it listens, at most 103 bytes; None: in a temporary directory.
    :param http: whether it speaks ECS's HTTP too, for code that uses an Alibaba Cloud SDK, at a
        free port of 127.0.0.1; or where: ``"127.0.0.1:8377"``. A port needs ``fixture``, and
        everybody on this machine reaches it.
    :param arguments: further arguments of the program.
    :param timeout: seconds until it must be ready.
    :raises DaemonFailed: there is no program, or it ended instead of becoming ready.
    """
    daemon = Daemon(
        binary or find_binary(), fixture, ephemeral and state_dir is None, config, state_dir,
        socket, http, arguments, timeout)
    try:
        daemon.restart()
    except BaseException:
        daemon.stop()
        raise
    return daemon


def find_binary() -> str:
    """The daemon's program.

    :raises DaemonFailed: there is none.
    """
    named = os.environ.get("IMAGED")
    if named:
        return named
    packaged = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "imaged")
    found = packaged if os.access(packaged, os.X_OK) else shutil.which("imaged")
    if not found:
        raise DaemonFailed(
            "no program imaged: set $IMAGED to its path, or put it on $PATH")
    return found


class Daemon:
    """A running daemon. ``start`` makes it.

    :ivar socket: the path of its socket.
    :ivar endpoint: where it speaks HTTP, ``"127.0.0.1:8377"``: the same over restarts. None:
        nowhere.
    """

    def __init__(
        self, binary: str, fixture: bool, ephemeral: bool, config: Config,
        state_dir: Union[None, str, "os.PathLike[str]"], socket: Optional[str],
        http: Union[bool, str], arguments: Sequence[str], timeout: float,
    ) -> None:
        self._owner = os.getpid()
        self._timeout = timeout
        self._process: Optional[subprocess.Popen[bytes]] = None
        # A socket's path is short: where TMPDIR is long, /tmp will do.
        short = tempfile.gettempdir() if len(os.fsencode(tempfile.gettempdir())) < 70 else "/tmp"
        self._directory = tempfile.mkdtemp(prefix="imaged-", dir=short)
        self._watchdog = _watchdog(self._directory)
        self.socket = socket or os.path.join(self._directory, "s")
        self.endpoint: Optional[str] = None
        self._http = "127.0.0.1:0" if http is True else http
        self._log = os.path.join(self._directory, "log")
        self._command = [binary, "--socket", self.socket]
        if fixture:
            self._command.append("--fixture")
        if ephemeral:
            self._command.append("--ephemeral")
        else:
            directory = state_dir or os.path.join(self._directory, "state")
            self._command += ["--data-dir", os.path.abspath(os.fspath(directory))]
        self._config = config if isinstance(config, Mapping) else None
        if config is not None:
            path = os.path.join(self._directory, "config")
            self._command += ["--config", path if isinstance(
                config, Mapping) else os.path.abspath(os.fspath(config))]
        self._command += arguments
        _daemons.append(self)
        self._prepare()

    def _prepare(self) -> None:
        """Makes its directory again if it was stopped, and writes its configuration."""
        if not os.path.isdir(self._directory):
            try:
                os.mkdir(self._directory, 0o700)
            except OSError as error:
                raise DaemonFailed(f"{self._directory}: {error.strerror}") from error
        if self._watchdog is None:
            self._watchdog = _watchdog(self._directory)
        if self not in _daemons:
            _daemons.append(self)
        if self._config is None:
            return
        with open(os.path.join(self._directory, "config"), "w", encoding="utf-8") as file:
            for section, settings in self._config.items():
                file.write(f"[{section}]\n")
                for name, value in settings.items():
                    file.write(f"{name} = {value}\n")

    @property
    def pid(self) -> Optional[int]:
        """Its process id; None: it does not run."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What it has said: a line for each change, with who asked for it."""
        try:
            with open(self._log, encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def connect(self, account: Optional[str] = None, **options: Any) -> Client:
        """A client of it, with the options of ``imaged.connect``."""
        return connect(self.socket, account, **options)

    def account(self, name: Optional[str] = None, **options: Any) -> World:
        """An account of one's own, made now if it is not there; the daemon needs ``fixture``.

        :param name: what it is called; None: a new name is made up.
        """
        return World(self.socket, name, endpoint=self.endpoint, **options)

    def kill(self) -> None:
        """Ends it as a crash would: SIGKILL. ``restart`` goes on from what is durable."""
        self._end(signal.SIGKILL, 0)

    def restart(self) -> None:
        """Starts it again, on the same socket and data directory; one that runs is stopped first.
        After ``stop`` too, but what was in its temporary directory is gone then.

        :raises DaemonFailed: it ended instead of becoming ready.
        """
        self._end(signal.SIGTERM, 10)
        self._prepare()
        said = len(self.log)
        command = list(self._command)
        if self._http:
            # Whoever knows its port shall find it there again.
            command += ["--http", self.endpoint or self._http]
        read_end, write_end = os.pipe()
        try:
            with open(self._log, "ab") as log:
                self._process = _spawned(
                    command + ["--ready-fd", str(write_end)], write_end, log)
            os.close(write_end)
            write_end = -1
            reason = self._wait_until_ready(read_end)
        finally:
            os.close(read_end)
            if write_end >= 0:
                os.close(write_end)
        if reason:
            self._end(signal.SIGKILL, 0)
            raise DaemonFailed(reason, self.log[said:])

    def _wait_until_ready(self, read_end: int) -> str:
        """Why it is not ready; empty: it is."""
        until = time.monotonic() + self._timeout
        ready = b""
        while b"ready" not in ready:
            left = until - time.monotonic()
            if left <= 0 or not select.select([read_end], [], [], left)[0]:
                return f"{self._command[0]} was not ready within {self._timeout:g} s"
            part = os.read(read_end, 64)
            if not part:
                # It is about to end, and to say why.
                assert self._process is not None
                try:
                    status = self._process.wait(10)
                except subprocess.TimeoutExpired:
                    return f"{self._command[0]} is not getting ready"
                return f"{self._command[0]} ended with {status}"
            ready += part
        for line in ready.decode("utf-8", "replace").splitlines():
            word, _, address = line.partition(" ")
            if word == "http":
                self.endpoint = self.endpoint or address
        return ""

    def stop(self) -> None:
        """Ends it in good order, and removes its temporary directory."""
        self._end(signal.SIGTERM, 10)
        if os.getpid() == self._owner:
            shutil.rmtree(self._directory, ignore_errors=True)
            watchdog, self._watchdog = self._watchdog, None
            if watchdog is not None:
                watchdog.kill()
                watchdog.communicate()
        if self in _daemons:
            _daemons.remove(self)

    def _end(self, number: int, seconds: float) -> None:
        process = self._process
        # A process forked off the owner's has no say.
        if process is None or os.getpid() != self._owner:
            return
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(seconds or None)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._process = None

    def __enter__(self) -> "Daemon":
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<imaged.Daemon at {self.socket}, process {self.pid}>"


def _watchdog(directory: str) -> "Optional[subprocess.Popen[bytes]]":
    """A process that removes a directory if this one cannot; None: there is none to be had."""
    try:
        # It keeps nothing open that is this process's: no terminal, no pipe of a test's runner.
        return subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, "imaged-watchdog", directory], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    except OSError:
        return None


_daemons: List[Daemon] = []


@atexit.register
def _stop_all() -> None:
    for daemon in list(_daemons):
        try:
            daemon._end(signal.SIGKILL, 0)
            daemon.stop()
        except (ImagedError, OSError):
            pass


# ------------------------------------------------------------------ spawning

# PR_SET_PDEATHSIG means the thread that forked, not the process. So one thread, which lives as
# long as the process, starts all daemons.
_wanted: "queue.SimpleQueue[Callable[[], None]]" = queue.SimpleQueue()
_spawner: Optional[threading.Thread] = None
_spawner_lock = threading.Lock()


def _spawned(command: List[str], ready: int, log: Any) -> "subprocess.Popen[bytes]":
    """The process of a daemon, which may not be ready yet."""
    results: "queue.SimpleQueue[Any]" = queue.SimpleQueue()
    helper = [
        sys.executable or "python3", "-I", "-S", "-c", _HELPER, str(os.getpid()),
        os.path.abspath(shutil.which(command[0]) or command[0])]

    def spawn() -> None:
        try:
            results.put(subprocess.Popen(
                helper + command[1:], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=[ready], start_new_session=True))
        except Exception as error:
            results.put(error)

    _spawn_in_thread(spawn)
    result = results.get()
    if isinstance(result, Exception):
        raise DaemonFailed(f"{helper[0]}: {result}")
    return result  # type: ignore[no-any-return]


def _spawn_in_thread(spawn: Callable[[], None]) -> None:
    global _spawner
    with _spawner_lock:
        if _spawner is None:
            _spawner = threading.Thread(target=_serve, name="imaged-spawner", daemon=True)
            _spawner.start()
    _wanted.put(spawn)


def _serve() -> None:
    while True:
        _wanted.get()()


def _after_fork() -> None:
    for daemon in _daemons:
        # The watchdog shall see the owner's end, whatever has been forked off it.
        if daemon._watchdog is not None and daemon._watchdog.stdin is not None:
            daemon._watchdog.stdin.close()
    global _spawner, _spawner_lock, _wanted
    _spawner = None
    _spawner_lock = threading.Lock()
    _wanted = queue.SimpleQueue()


os.register_at_fork(after_in_child=_after_fork)
