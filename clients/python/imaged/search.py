"""Where the daemon's socket is (``protocol/README.md`` § Finding the daemon), and connecting."""

from __future__ import annotations

import errno
import os
import socket
from typing import Generator, List, NamedTuple, Optional, Tuple

from .errors import NoDaemon

PATH_BYTES_MAX = 107
_NAME = "imaged.sock"
# How often, and after how many seconds each, a connect is tried again while the daemon's queue
# of callers is full.
_BUSY_TRIES = 250
_BUSY_SECONDS = 0.02
# Why nothing was sent if the time is over before that.
BUSY = "the daemon took no connection in time"


class Place(NamedTuple):
    """A socket to try."""

    path: str
    is_own: bool  # in a directory of this user: being refused there is the answer


def places(explicit: Optional[str] = None) -> List[Place]:
    """The sockets to try, in order: the explicit one alone; else $IMAGED_SOCKET alone; else
    those of the runtime directory, of the system and of the default data directory."""
    alone = explicit or os.environ.get("IMAGED_SOCKET")
    if alone:
        return [Place(os.fspath(alone), True)]
    found = []
    runtime = _directory("XDG_RUNTIME_DIR")
    if runtime:
        found.append(Place(f"{runtime}/imaged/{_NAME}", True))
    found.append(Place("/run/imaged/" + _NAME, False))
    if os.getuid() == 0:
        found.append(Place("/var/lib/imaged/" + _NAME, True))
        return found
    state = _directory("XDG_STATE_HOME")
    home = _directory("HOME")
    if state:
        found.append(Place(f"{state}/imaged/{_NAME}", True))
    elif home:
        found.append(Place(f"{home}/.local/state/imaged/{_NAME}", True))
    return found


def _directory(name: str) -> Optional[str]:
    """A variable that must be an absolute path, as the XDG specification says."""
    value = os.environ.get(name, "")
    return value if value.startswith("/") else None


# Connecting may have to wait: the functions below are generators that yield how many seconds to
# sleep before they go on. Threads and event loops sleep in their own ways.
Connecting = Generator[float, None, Tuple[str, socket.socket]]


def connecting(explicit: Optional[str]) -> Connecting:
    """Connects to the first socket at which a daemon listens; returns its path and a connection.

    :raises NoDaemon: there is none.
    """
    tried = []
    failure: Optional[OSError] = None
    for place in places(explicit):
        tried.append(place.path)
        try:
            return (yield from _connecting_to(place.path))
        except OSError as error:
            # The first that is there but does not let us in says most.
            if failure is None or failure.errno == errno.ENOENT:
                failure = error
            if not _is_passed_over(place, error):
                break
    raise NoDaemon(tried, reason(failure)) from failure


def _is_passed_over(place: Place, error: OSError) -> bool:
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ECONNREFUSED):
        return True
    return error.errno == errno.EACCES and not place.is_own


def _connecting_to(path: str) -> Connecting:
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
    for _ in range(_BUSY_TRIES):
        try:
            return path, connect_once(path)
        except BlockingIOError:
            # Many connect at once: the daemon's queue of callers is full for a moment.
            yield _BUSY_SECONDS
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), path)


def connect_once(path: str) -> socket.socket:
    """A connection to the socket at ``path``, if that takes no waiting: not blocking itself, and
    closed on exec.

    :raises OSError: there is none to be had; a BlockingIOError: none at the moment.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        made.setblocking(False)
        made.connect(path)
    except BaseException:
        made.close()
        raise
    return made


def reason(error: Optional[OSError]) -> str:
    """What a failed connect means, for people."""
    texts = {
        errno.ENOENT: "nothing is there",
        errno.ENOTDIR: "nothing is there",
        errno.ECONNREFUSED: "the socket is there, but no daemon listens on it",
        errno.EAGAIN: "the daemon is there, but takes no new connections",
        errno.ENAMETOOLONG: f"a socket's path may have at most {PATH_BYTES_MAX} bytes",
    }
    if error is None:
        return "there is no place to look"
    return texts.get(error.errno or 0) or error.strerror or str(error)
