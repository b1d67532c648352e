"""One socket and the thread that reads it.

Requests are sent by whoever makes them, as far as the kernel takes them at once; the thread sends
the rest, and reads. It never waits for a writer: both directions move whenever they can.
"""

from __future__ import annotations

import collections
import errno
import os
import select
import socket
import threading
import weakref
from typing import Any, Callable, Deque, Dict, List, Optional, Set, Tuple, TypeVar

from .errors import ConnectionLost, ImagedError, NotSent
from .messages import KeyValue, Request
from .streams import Ending, Receiver, Streams

_T = TypeVar("_T")

_READ_BYTES = 256 << 10
# How long closing waits for the thread.
_CLOSE_SECONDS = 10.0


class Connection:
    """A connection of one process, used by any number of its threads.

    What changes the streams is an action (``_do``): they follow each other whole, those of one
    thread too. A signal's handler may call while its thread is in the middle of one: its action
    then waits for the end of that, and its request goes over another connection, for it may want
    the answer before that thread can go on. The garbage collector waits for nobody: it leaves
    word (``forget_stream``, ``close_soon``), and the thread does the rest.

    :param made: a connected socket that does not block.
    :param first_id: the first stream's id.
    """

    def __init__(self, made: socket.socket, first_id: int = 1) -> None:
        self._process_id = os.getpid()
        self._socket = made
        self._lock = threading.Lock()
        # The threads that have the lock, or are about to take it.
        self._inside: Set[int] = set()
        self._deferred: Deque[Tuple[Callable[..., Any], Tuple[Any, ...]]] = collections.deque()
        self._endings: Deque[Ending] = collections.deque()  # to be told without the lock
        self._forgotten: Deque[Tuple[int, List[KeyValue]]] = collections.deque()
        self._must_wake = False
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
        """Whether another call can be begun here, now and by this thread."""
        streams = self._streams
        return self.is_ours and not self._is_closed and self._send_error is None and (
            streams.failure is None and not streams.is_exhausted and not self._is_busy_here)

    @property
    def is_ours(self) -> bool:
        """Whether this is the process that connected."""
        return os.getpid() == self._process_id

    @property
    def _is_busy_here(self) -> bool:
        """Whether this thread is within an action, and was interrupted there."""
        return threading.get_ident() in self._inside

    # -------------------------------------------------------------- calls

    def begin(self, request: Request, receiver: Receiver) -> int:
        """Begins a call; the receiver is told its end, from another thread. Returns the id of
        its stream.

        :raises NotSent: it cannot be sent here.
        """
        if not self.is_ours:
            raise NotSent("a connection is not shared over fork", connection_failed=True)
        if self._is_busy_here:
            raise NotSent("interrupted while it was sending", connection_failed=True)
        self._do(self._begin, request.encode(), receiver)
        return receiver.stream_id

    def _begin(self, data: bytes, receiver: Receiver) -> None:
        was_blocked = self._streams.has_unsent
        stream_id = self._streams.begin(data, receiver)
        if not was_blocked:
            self._flush()
            if self._streams.has_unsent:
                self._must_wake = True
        if self._send_error is not None and self._streams.abandon(stream_id):
            raise NotSent(_text(self._send_error), connection_failed=True)

    def cancel(self, stream_id: int, metadata: List[KeyValue]) -> None:
        """Asks the daemon to end a call; its receiver is told when that is done."""
        if self.is_ours:
            self._do(self._cancel, stream_id, metadata)

    def _cancel(self, stream_id: int, metadata: List[KeyValue]) -> None:
        ending = self._streams.cancel(stream_id, metadata)
        if ending:
            self._endings.append(ending)
        self._flush()
        self._must_wake = True

    def leave(self, stream_id: int, metadata: List[KeyValue]) -> None:
        """Ends a stream that nobody reads any more."""
        if not self.is_ours:
            return
        self.cancel(stream_id, metadata)
        if self._streams.is_exhausted:
            # Perhaps there was no id left for a Cancel; the connection shall end without it.
            self.abandon(stream_id)

    def forget_stream(self, stream_id: int, metadata: List[KeyValue]) -> None:
        """``leave`` for the garbage collector, which may be in any thread and wherever that is:
        it is done by this connection's thread, soon."""
        if self.is_ours:
            self._forgotten.append((stream_id, metadata))
            self._wake_soon()

    def skip_to(self, stream_id: int) -> None:
        """Lets the next stream have this id: for tests of where ids end."""
        self._do(self._streams.skip_to, stream_id)

    def abandon(self, stream_id: int) -> bool:
        """Forgets a call. True: not one byte of its request was sent, and none will be."""
        return self.is_ours and bool(self._do(self._abandon, stream_id))

    def _abandon(self, stream_id: int) -> bool:
        was_withdrawn = self._streams.abandon(stream_id)
        if self._closes_when_idle and self._streams.is_idle:
            self._must_wake = True
        return was_withdrawn

    # -------------------------------------------------------------- closing

    def close(self) -> None:
        """Ends the connection and what is open on it, and waits until that is done."""
        if not self.is_ours:
            self.forget()
            return
        self._is_closed = True
        self._wake()
        if threading.current_thread() is not self._thread and not self._is_busy_here:
            # Limited: the thread waits for whom a signal's handler has interrupted.
            self._thread.join(_CLOSE_SECONDS)

    def close_soon(self) -> None:
        """``close`` for the garbage collector: waits for nobody."""
        if not self.is_ours:
            self.forget()
            return
        self._is_closed = True
        self._wake_soon()

    def close_when_idle(self) -> None:
        """Closes as soon as the calls under way have ended."""
        self._do(self._close_when_idle)

    def _close_when_idle(self) -> None:
        self._closes_when_idle = self._must_wake = True

    def forget(self) -> None:
        """In a process forked off the owner's: gives up the copies of the descriptors. The
        parent's connection stays as it is. There are no other threads then."""
        if self._has_ended:
            return
        self._lock = threading.Lock()  # whoever held the old one is not in this process
        self._end()

    # -------------------------------------------------------------- actions

    def _do(self, action: Callable[..., _T], *arguments: Any) -> Optional[_T]:
        """Carries out an action, and returns what it does; None: it interrupts another one of
        this very thread, and is done behind that."""
        thread = threading.get_ident()
        if thread in self._inside:
            self._deferred.append((action, arguments))
            return None
        try:
            self._inside.add(thread)
            with self._lock:
                try:
                    return self._alone(action, arguments)
                finally:
                    self._catch_up()
        finally:
            self._inside.discard(thread)
            # A receiver may take locks of its own, and the collector may have found ours taken.
            self._settle()

    def _alone(self, action: Callable[..., _T], arguments: Tuple[Any, ...]) -> _T:
        try:
            return action(*arguments)
        except ImagedError:
            raise
        except BaseException:
            # Ctrl-C, perhaps between the kernel's taking bytes and their being counted.
            self._streams.lose_count()
            self._send_error = InterruptedError(errno.EINTR, "interrupted while sending")
            self._must_wake = True
            raise

    def _catch_up(self) -> None:
        while self._deferred:
            self._alone(*self._deferred.popleft())

    def _settle(self) -> None:
        while self._endings:
            try:
                receiver, result = self._endings.popleft()
            except IndexError:
                break  # another thread was faster
            receiver.end(result)
        if self._must_wake:
            self._wake()
        elif self._deferred:
            self._do(self._catch_up)  # it came when the lock had just been given back

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
            if error.errno is None:
                raise  # no system call's: a signal's handler has raised a TimeoutError, say
            self._send_error = error
            self._must_wake = True

    def _wake(self) -> None:
        self._do(self._write_wake)

    def _write_wake(self) -> None:
        # Under the lock: the number must not be another file's by the time it is written to.
        self._must_wake = False
        if not self._has_ended:
            try:
                os.write(self._wake_write, b"w")
            except BlockingIOError:
                pass  # it has enough to wake up for

    def _wake_soon(self) -> None:
        """Wakes the thread; if somebody has the lock, he does it when he is done."""
        self._must_wake = True
        thread = threading.get_ident()
        if thread in self._inside:
            return
        try:
            self._inside.add(thread)
            if self._lock.acquire(blocking=False):
                try:
                    self._write_wake()
                finally:
                    self._lock.release()
        finally:
            self._inside.discard(thread)

    def _end(self) -> None:
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
                while self._forgotten:
                    self.leave(*self._forgotten.popleft())
                wants = self._do(self._wanted)
                if self._is_closed or not wants:
                    lost = ConnectionLost("the client was closed")
                    break
                poller.modify(self._socket, wants)
                lost = self._turn(dict(poller.poll()))
        except Exception as error:
            # Out of memory, say: whoever waits must not wait for ever.
            lost = ConnectionLost(f"the client cannot go on: {error!r}")
        # Those who come from now on are refused by the streams themselves.
        self._do(self._fail, lost)

    def _wanted(self) -> int:
        """What to wait for; 0: nothing more, it shall close."""
        if self._closes_when_idle and self._streams.is_idle:
            return 0
        if self._streams.has_unsent and self._send_error is None:
            return select.POLLIN | select.POLLOUT
        return select.POLLIN

    def _fail(self, lost: ConnectionLost) -> None:
        self._endings.extend(self._streams.fail(lost))
        self._end()

    def _turn(self, events: Dict[int, int]) -> Optional[ConnectionLost]:
        """Handles what poll found; returns why the connection has ended, if it has."""
        if self._wake_read in events:
            try:
                os.read(self._wake_read, 4096)
            except BlockingIOError:
                pass
        found = events.get(self._socket.fileno(), 0)
        if found & select.POLLOUT:
            self._do(self._flush)
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
            messages, endings = self._do(self._streams.received, data) or ([], [])
            for stream_id, receiver, payload in messages:
                if not receiver.data(payload):
                    self.leave(stream_id, [])
            for receiver, result in endings:
                receiver.end(result)
            failure = self._streams.failure
            if failure is not None or self._send_error is None:
                return failure


_connections: "weakref.WeakSet[Connection]" = weakref.WeakSet()


def _after_fork() -> None:
    for connection in list(_connections):
        connection.forget()


os.register_at_fork(after_in_child=_after_fork)


def _text(error: OSError) -> str:
    return error.strerror or str(error)
