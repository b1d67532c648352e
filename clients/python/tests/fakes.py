"""A daemon that a test plays itself, and a proxy that loses answers."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from typing import Any, Callable, List, Optional

from imaged import frames
from imaged.messages import Request, Response


class Served:
    """One connection of a client, as the daemon's side sees it."""

    def __init__(self, made: socket.socket) -> None:
        made.settimeout(10)
        self._socket = made
        self._decoder = frames.FrameDecoder()

    def request(self) -> Any:
        """The next request: its stream's id, flags and envelope. None: the client has closed."""
        while True:
            found = self._decoder.next()
            if found is not None:
                assert isinstance(found, frames.Frame), found
                return found.stream_id, found.flags, Request.decode(found.data)
            data = self._socket.recv(65536)
            if not data:
                return None
            self._decoder.feed(data)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def respond(self, stream_id: int, payload: bytes = b"", **status: Any) -> None:
        response = Response(payload=payload, status=status or None)
        self.send(frames.encode_frame(stream_id, frames.RESPONSE, 0, response.encode()))

    def data(self, stream_id: int, payload: bytes, flags: int = 0) -> None:
        self.send(frames.encode_frame(stream_id, frames.DATA, flags, payload))

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()


class FakeDaemon:
    """Listens on a socket, and lets the test accept connections."""

    def __init__(self) -> None:
        self.directory = tempfile.mkdtemp(prefix="imaged-test-", dir="/tmp")
        self.path = os.path.join(self.directory, "s")
        self._listener: Optional[socket.socket] = None
        self._served: List[Served] = []
        self._callers: List[socket.socket] = []  # that wait to be accepted
        self.listen()

    def listen(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(16)
        self._listener.settimeout(10)

    def accept(self) -> Served:
        assert self._listener is not None
        served = Served(self._listener.accept()[0])
        self._served.append(served)
        return served

    def stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            os.unlink(self.path)
            self._listener = None

    def fill_queue(self) -> Callable[[], None]:
        """Lets nobody connect any more: the queue of callers is full. What it returns makes room
        again."""
        assert self._listener is not None
        self._listener.listen(0)
        callers = self._callers
        while True:
            caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            caller.setblocking(False)
            try:
                caller.connect(self.path)
            except BlockingIOError:
                caller.close()
                break
            callers.append(caller)

        def drain() -> None:
            assert self._listener is not None
            self._listener.listen(16)
            while callers:
                callers.pop().close()
                self._listener.accept()[0].close()

        return drain

    def serve(self, play: Callable[[FakeDaemon], None]) -> "Played":
        """Lets another thread play the daemon."""
        return Played(self, play)

    def close(self) -> None:
        self.stop_listening()
        for served in self._served:
            served.close()
        for caller in self._callers:
            caller.close()
        shutil.rmtree(self.directory)

    def __enter__(self) -> "FakeDaemon":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class Played:
    """A thread of the test's; leaving its ``with`` waits for it and raises what it raised."""

    def __init__(self, daemon: FakeDaemon, play: Callable[[FakeDaemon], None]) -> None:
        self._error: Optional[BaseException] = None

        def run() -> None:
            try:
                play(daemon)
            except BaseException as error:
                self._error = error

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Played":
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        self._thread.join(20)
        if self._error is not None and kind is None:
            raise self._error


class Proxy:
    """Stands between a client and a daemon, and passes on whole frames. ``lose_answer`` lets it
    swallow what answers the next request, and close the connection."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.directory = tempfile.mkdtemp(prefix="imaged-test-", dir="/tmp")
        self.path = os.path.join(self.directory, "s")
        self._losses = 0
        self._lock = threading.Lock()
        self._sockets: List[socket.socket] = []
        self.start()

    def start(self) -> None:
        """Listens again."""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def lose_answer(self) -> None:
        with self._lock:
            self._losses += 1

    def stop(self) -> None:
        """Nobody is at the path any more, and every connection has ended."""
        os.unlink(self.path)
        _shut(self._listener)
        self._listener.close()
        with self._lock:
            for each in self._sockets:
                _shut(each)
            self._sockets = []

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.directory)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                daemon.connect(self._target)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._sockets += [client, daemon]
            threading.Thread(target=self._relay_both, args=(client, daemon), daemon=True).start()

    def _relay_both(self, client: socket.socket, daemon: socket.socket) -> None:
        lost: List[int] = []
        back = threading.Thread(
            target=self._relay, args=(daemon, client, False, lost), daemon=True)
        back.start()
        self._relay(client, daemon, True, lost)
        back.join()
        with self._lock:
            for each in (client, daemon):
                if each in self._sockets:
                    self._sockets.remove(each)
                each.close()

    def _relay(
        self, source: socket.socket, target: socket.socket, is_request: bool, lost: List[int],
    ) -> None:
        decoder = frames.FrameDecoder()
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                decoder.feed(data)
                while True:
                    frame = decoder.next()
                    if frame is None:
                        break
                    assert isinstance(frame, frames.Frame)
                    if is_request:
                        with self._lock:
                            if self._losses and not lost:
                                self._losses -= 1
                                lost.append(frame.stream_id)
                    elif frame.stream_id in lost:
                        return
                    target.sendall(frames.encode_frame(*frame))
        except OSError:
            pass
        finally:
            _shut(source)
            _shut(target)


def _shut(made: socket.socket) -> None:
    try:
        made.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
