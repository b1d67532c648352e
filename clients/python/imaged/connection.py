"""One socket and the thread that reads it.

Requests are sent by whoever makes them, as far as the kernel takes them at once; the thread sends
the rest, and reads. It never waits for a writer: both directions move whenever they can.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
import weakref
from typing import Dict, List, Optional

from .errors import ConnectionLost, NotSent
from .messages import KeyValue, Request
from .streams import Ending, Receiver, Streams

_READ_BYTES = 256 << 10


class Connection:
    """A connection of one process, used by any number of its threads.

    :param made: a connected socket that does not block.
    :param first_id: the first stream's id.
    """

    def __init__(self, made: socket.socket, first_id: int = 1) -> None:
        self._process_id = os.getpid()
        self._socket = made
        # Reentrant: a client may be closed by the garbage collector, wherever its thread is.
        self._lock = threading.RLock()
        self._streams = Streams(first_id)
        self._is_closed = False
        self._send_error: Optional[OSError] = None
        self._closes_when_idle = False
        self._wake_read, self._wake_write = os.pipe()
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        self._has_ended = False
        _connections.add(self)
        self._thread = threading.Thread(target=self._run, name="imaged", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            self._end()
            raise

    @property
    def is_usable(self) -> bool:
        """Whether another call can be begun here."""
        streams = self._streams
        return self.is_ours and not self._is_closed and self._send_error is None and (
            streams.failure is None and not streams.is_exhausted)

    @property
    def is_ours(self) -> bool:
        """Whether this is the process that connected."""
        return os.getpid() == self._process_id

    # -------------------------------------------------------------- calls

    def begin(self, request: Request, receiver: Receiver) -> int:
        """Begins a call; the receiver is told its end, from another thread. Returns the id of
        its stream.

        :raises NotSent: it cannot be sent here.
        """
        if not self.is_ours:
            raise NotSent("a connection is not shared over fork", connection_failed=True)
        with self._lock:
            was_blocked = self._streams.has_unsent
            stream_id = self._streams.begin(request, receiver)
            if not was_blocked:
                self._flush()
            if self._send_error is not None and self._streams.abandon(stream_id):
                raise NotSent(_text(self._send_error), connection_failed=True)
            must_wake = self._streams.has_unsent and not was_blocked
        if must_wake:
            self._wake()
        return stream_id

    def cancel(self, stream_id: int, metadata: List[KeyValue]) -> None:
        """Asks the daemon to end a call; its receiver is told when that is done."""
        if not self.is_ours:
            return
        with self._lock:
            ending = self._streams.cancel(stream_id, metadata)
            self._flush()
        if ending:
            _tell([ending])
        self._wake()

    def leave(self, stream_id: int, metadata: List[KeyValue]) -> None:
        """Ends a stream that nobody reads any more."""
        if not self.is_ours:
            return
        self.cancel(stream_id, metadata)
        if self._streams.is_exhausted:
            # Perhaps there was no id left for a Cancel; the connection shall end without it.
            self.abandon(stream_id)

    def skip_to(self, stream_id: int) -> None:
        """Lets the next stream have this id: for tests of where ids end."""
        with self._lock:
            self._streams.skip_to(stream_id)

    def abandon(self, stream_id: int) -> bool:
        """Forgets a call. True: not one byte of its request was sent, and none will be."""
        if not self.is_ours:
            return False
        with self._lock:
            was_withdrawn = self._streams.abandon(stream_id)
            if self._closes_when_idle and self._streams.is_idle:
                self._wake()
            return was_withdrawn

    # -------------------------------------------------------------- closing

    def close(self, wait: bool = False) -> None:
        """Ends the connection and what is open on it."""
        if not self.is_ours:
            self.forget()
            return
        self._is_closed = True
        self._wake()
        if wait and threading.current_thread() is not self._thread:
            self._thread.join()

    def close_when_idle(self) -> None:
        """Closes as soon as the calls under way have ended."""
        with self._lock:
            self._closes_when_idle = True
        self._wake()

    def forget(self) -> None:
        """In a process forked off the owner's: gives up the copies of the descriptors. The
        parent's connection stays as it is. There are no other threads then."""
        if self._has_ended:
            return
        self._lock = threading.RLock()  # whoever held the old one is not in this process
        self._end()

    # -------------------------------------------------------------- sending

    def _flush(self) -> None:
        """Sends what the kernel takes now. A failure is left to the thread, which first reads
        what the daemon may have said before it went."""
        if self._send_error is not None or self._is_closed:
            return
        try:
            while self._streams.has_unsent:
                count = self._socket.sendmsg(
                    self._streams.pieces(), [], socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT)
                self._streams.sent(count)
        except BlockingIOError:
            pass
        except OSError as error:
            self._send_error = error
            self._wake()
        except BaseException:
            # Ctrl-C, between the kernel's taking bytes and their being counted.
            self._streams.lose_count()
            self._send_error = InterruptedError(errno.EINTR, "interrupted while sending")
            self._wake()
            raise

    def _wake(self) -> None:
        # Under the lock: the number must not be another file's by the time it is written to.
        with self._lock:
            if not self._has_ended:
                try:
                    os.write(self._wake_write, b"w")
                except BlockingIOError:
                    pass  # it has enough to wake up for

    def _end(self) -> None:
        with self._lock:
            self._is_closed = self._has_ended = True
            self._socket.close()
            os.close(self._wake_read)
            os.close(self._wake_write)

    # -------------------------------------------------------------- the thread

    def _run(self) -> None:
        poller = select.poll()
        poller.register(self._wake_read, select.POLLIN)
        poller.register(self._socket, select.POLLIN)
        lost: Optional[ConnectionLost] = None
        try:
            while lost is None:
                with self._lock:
                    idle = self._closes_when_idle and self._streams.is_idle
                    wants = select.POLLIN
                    if self._streams.has_unsent and self._send_error is None:
                        wants |= select.POLLOUT
                if self._is_closed or idle:
                    lost = ConnectionLost("the client was closed")
                    break
                poller.modify(self._socket, wants)
                lost = self._turn(dict(poller.poll()))
        except Exception as error:
            # Out of memory, say: whoever waits must not wait for ever.
            lost = ConnectionLost(f"the client cannot go on: {error!r}")
        with self._lock:
            # Those who come from now on are refused by the streams themselves.
            endings = self._streams.fail(lost)
            self._end()
        _tell(endings)

    def _turn(self, events: Dict[int, int]) -> Optional[ConnectionLost]:
        """Handles what poll found; returns why the connection has ended, if it has."""
        if self._wake_read in events:
            try:
                os.read(self._wake_read, 4096)
            except BlockingIOError:
                pass
        found = events.get(self._socket.fileno(), 0)
        if found & select.POLLOUT:
            with self._lock:
                self._flush()
        if found & ~select.POLLOUT or self._send_error is not None:
            return self._receive()
        return None

    def _receive(self) -> Optional[ConnectionLost]:
        """Reads once; after a failure to send, to the end."""
        while True:
            try:
                data = self._socket.recv(_READ_BYTES)
            except BlockingIOError:
                if self._send_error is None:
                    return None
                return ConnectionLost(_text(self._send_error))
            except OSError as error:
                return ConnectionLost(_text(error))
            if not data:
                return ConnectionLost("the daemon closed the connection")
            with self._lock:
                messages, endings = self._streams.received(data)
                failure = self._streams.failure
            for stream_id, receiver, payload in messages:
                if not receiver.data(payload):
                    self.leave(stream_id, [])
            _tell(endings)
            if failure is not None or self._send_error is None:
                return failure


_connections: "weakref.WeakSet[Connection]" = weakref.WeakSet()


def _after_fork() -> None:
    for connection in list(_connections):
        connection.forget()


os.register_at_fork(after_in_child=_after_fork)


def _text(error: OSError) -> str:
    return error.strerror or str(error)


def _tell(endings: List[Ending]) -> None:
    for receiver, result in endings:
        receiver.end(result)
