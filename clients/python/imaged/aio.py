"""The client for asyncio: ``imaged.aio.connect()``.

::

    async with imaged.aio.connect() as client:
        made = await client.create_image(region_id="cn-hangzhou", instance_id="i-...")

It uses no thread: the event loop reads and writes the socket.
"""

from __future__ import annotations

import asyncio
import math
import os
import socket as sockets
import time
import weakref
from typing import Any, AsyncIterator, Callable, Generator, List, Optional, Set, TypeVar, Union

from . import search
from .calls import GRACE_DEFAULT, TIMEOUT_DEFAULT, UNSET, Options, Plan
from .codec import Message, RequestOf
from .errors import ConnectionLost, ImagedError, NotSent
from .events import EventBuffer
from .history import History
from .messages import Event, KeyValue, Request, WatchRequest
from .methods import AsyncMethods
from .operations import BY_NAME, operation_of
from .streams import Ending, Receiver, Result, Streams, metadata_of

_R = TypeVar("_R", bound=Message)

_WATCH = BY_NAME["Watch"]
_READ_BYTES = 256 << 10


def connect(
    socket: Optional[str] = None, account: Optional[str] = None, *,
    ram_user: Optional[str] = None, explain: bool = False,
    timeout: Optional[float] = TIMEOUT_DEFAULT, grace: float = GRACE_DEFAULT,
    client: Optional[str] = None, record: Any = None,
) -> "Connecting":
    """Connects to the daemon: ``async with connect() as client``, or ``await connect()``.

    The parameters are those of ``imaged.connect``.

    :raises NoDaemon: nobody listens there (when it is awaited).
    """
    options = Options(account, ram_user, explain, timeout, grace)
    return Connecting(socket, options, client, record)


class Connecting:
    """What ``connect`` returns: awaited, or entered with ``async with``, a ``Client``."""

    def __init__(
        self, socket: Optional[str], options: Options, name: Optional[str], record: Any,
    ) -> None:
        self._socket = socket
        self._options = options
        self._name = name
        self._record = record
        self._client: Optional[Client] = None

    def __await__(self) -> Generator[Any, None, "Client"]:
        return self._connect().__await__()

    async def __aenter__(self) -> "Client":
        self._client = await self._connect()
        return self._client

    async def __aexit__(self, *_: Any) -> None:
        if self._client is not None:
            await self._client.close()

    async def _connect(self) -> "Client":
        path, made = await _connected(self._socket)
        history = None if self._record is None else History(self._record, self._name)
        return Client(_Link(path, made, history), self._options)


async def _connected(
    socket: Optional[str], until: float = math.inf, check: Optional[Callable[[], None]] = None,
) -> Any:
    """The path of the daemon's socket and a connection to it.

    :param until: by the monotonic clock, when to give up with NotSent.
    :param check: asked between two tries; what it raises ends them.
    """
    connecting = search.connecting(socket)
    while True:
        try:
            seconds = next(connecting)
        except StopIteration as done:
            return done.value
        if check is not None:
            check()
        left = until - time.monotonic()
        if left <= 0:
            raise NotSent(search.BUSY)
        await asyncio.sleep(min(seconds, left))


class _Connection:
    """A socket that an event loop reads and writes."""

    def __init__(self, made: sockets.socket, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._process_id = os.getpid()
        self._socket = made
        self._streams = Streams()
        self._is_blocked = False
        self._cannot_send = False
        self._closes_when_idle = False
        loop.add_reader(made.fileno(), self._readable)

    @property
    def is_usable(self) -> bool:
        return self.is_ours and not self._cannot_send and self._streams.failure is None and (
            not self._streams.is_exhausted)

    @property
    def is_ours(self) -> bool:
        return os.getpid() == self._process_id

    def begin(self, request: Request, receiver: Receiver) -> int:
        """Begins a call; the receiver is told its end. Returns the id of its stream.

        :raises NotSent: it cannot be sent here.
        """
        stream_id = self._streams.begin(request.encode(), receiver)
        failure = self._flush()
        if failure and self._streams.abandon(stream_id):
            raise NotSent(failure, connection_failed=True)
        return stream_id

    def cancel(self, stream_id: int, metadata: List[KeyValue]) -> None:
        """Asks the daemon to end a call; its receiver is told when that is done."""
        if not self.is_ours or self._streams.failure is not None:
            return
        ending = self._streams.cancel(stream_id, metadata)
        self._flush()
        if ending:
            self._tell([ending])

    def leave(self, stream_id: int, metadata: List[KeyValue]) -> None:
        """Ends a stream that nobody reads any more."""
        self.cancel(stream_id, metadata)
        if self._streams.is_exhausted:
            # Perhaps there was no id left for a Cancel; the connection shall end without it.
            self.abandon(stream_id)

    def abandon(self, stream_id: int) -> bool:
        """Forgets a call. True: not one byte of its request was sent, and none will be."""
        was_withdrawn = self._streams.abandon(stream_id)
        self._tell([])
        return was_withdrawn

    def skip_to(self, stream_id: int) -> None:
        """Lets the next stream have this id: for tests of where ids end."""
        self._streams.skip_to(stream_id)

    def close_when_idle(self) -> None:
        """Closes as soon as the calls under way have ended."""
        self._closes_when_idle = True
        self._tell([])

    def close(self, reason: str = "the client was closed") -> None:
        """Ends the connection and what is open on it."""
        if self._streams.failure is None:
            if self.is_ours and not self.loop.is_closed():
                self.loop.remove_reader(self._socket.fileno())
                self.loop.remove_writer(self._socket.fileno())
            endings = self._streams.fail(ConnectionLost(reason))
            self._socket.close()
            if self.is_ours and not self.loop.is_closed():
                self._tell(endings)

    def soon(self, action: Callable[..., None], *arguments: Any) -> None:
        """Does something in the loop's thread: the garbage collector may be in any."""
        if self.is_ours and self._streams.failure is None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(action, *arguments)

    def _tell(self, endings: List[Ending]) -> None:
        for receiver, result in endings:
            receiver.end(result)
        if self._closes_when_idle and self._streams.is_idle:
            self.close()

    def _flush(self) -> str:
        """Sends what the kernel takes now; the loop sends the rest. Returns why it cannot."""
        try:
            while self._streams.has_unsent:
                count = self._socket.sendmsg(
                    self._streams.pieces(), [], sockets.MSG_NOSIGNAL | sockets.MSG_DONTWAIT)
                self._streams.sent(count)
        except BlockingIOError:
            pass
        except OSError as error:
            # First what the daemon may have said before it went, then the end.
            reason = error.strerror or str(error)
            self._cannot_send = True
            self.loop.call_soon(self._drain, reason)
            return reason
        if self._streams.has_unsent != self._is_blocked:
            self._is_blocked = not self._is_blocked
            if self._is_blocked:
                self.loop.add_writer(self._socket.fileno(), self._flush)
            else:
                self.loop.remove_writer(self._socket.fileno())
        return ""

    def _readable(self) -> None:
        """Reads as much as there is, up to a buffer full, so that others have their turn."""
        if self._streams.failure is not None:
            return
        try:
            data = self._socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self.close(error.strerror or str(error))
            return
        if not data:
            self.close("the daemon closed the connection")
            return
        messages, endings = self._streams.received(data)
        for stream_id, receiver, payload in messages:
            if not receiver.data(payload):
                self.leave(stream_id, [])
        if self._streams.failure is not None:
            self.loop.remove_reader(self._socket.fileno())
            self.loop.remove_writer(self._socket.fileno())
            self._socket.close()
        self._tell(endings)

    def _drain(self, reason: str) -> None:
        while self._streams.failure is None:
            try:
                data = self._socket.recv(_READ_BYTES)
            except OSError:
                data = b""
            if not data:
                self.close(reason)
                return
            messages, endings = self._streams.received(data)
            for _, receiver, payload in messages:
                receiver.data(payload)
            self._tell(endings)


class _Link:
    """The connection that a client and its views share, and its renewal."""

    def __init__(self, path: str, made: sockets.socket, history: Optional[History]) -> None:
        self.path = path
        self.history = history
        self._is_closed = False
        self._connection = _Connection(made, asyncio.get_running_loop())
        _links.add(self)

    def check_open(self) -> None:
        """:raises NotSent: the client is closed."""
        if self._is_closed:
            raise NotSent("the client is closed")

    @property
    def ready(self) -> Optional[_Connection]:
        """The connection, if a call can be begun there now."""
        self.check_open()
        connection = self._connection
        if connection.is_usable and connection.loop is asyncio.get_running_loop():
            return connection
        return None

    async def connection(self, seconds: float = math.inf) -> _Connection:
        """The connection, or a new one if that cannot be used any more.

        :param seconds: how long it may take.
        :raises NoDaemon: there is no daemon any more.
        :raises NotSent: the client is closed, or the time is over.
        """
        until = time.monotonic() + seconds
        loop = asyncio.get_running_loop()
        while True:
            ready = self.ready
            if ready is not None:
                return ready
            old = self._connection
            if old.loop is not loop and old.is_usable and not old.loop.is_closed():
                raise RuntimeError("the client belongs to another event loop")
            _, made = await _connected(self.path, until, self.check_open)
            if self._connection is old and not self._is_closed:
                break
            made.close()  # another task was faster, or has closed the client
        if old.is_ours and old.loop is loop:
            old.close_when_idle()
        else:
            old.close()
        self._connection = _Connection(made, loop)
        return self._connection

    def close(self) -> None:
        self._is_closed = True
        self._connection.close()
        if self.history is not None:
            self.history.close()

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.soon(connection.close)

    def after_fork(self) -> None:
        if self.history is not None:
            self.history.after_fork()
        # Only the copy of the descriptor goes: the loop's registrations are the parent's too.
        self._connection.close()


_links: "weakref.WeakSet[_Link]" = weakref.WeakSet()


def _after_fork() -> None:
    for link in list(_links):
        link.after_fork()


os.register_at_fork(after_in_child=_after_fork)


class Client(AsyncMethods):
    """A client of the daemon for the tasks of one event loop: one connection, any number of calls
    under way at once. ``connect`` makes it.

    It is ``imaged.Client`` with coroutines for methods. Cancelling a task asks the daemon to end
    its call, and the task ends at once: what had been applied by then stays.
    """

    def __init__(self, link: _Link, options: Options) -> None:
        self._link = link
        self._options = options

    @property
    def socket(self) -> str:
        """The path of the daemon's socket."""
        return self._link.path

    @property
    def account(self) -> str:
        """The account that calls act in."""
        return self._options.account or "default"

    def using(
        self, *, account: Optional[str] = UNSET, ram_user: Optional[str] = UNSET,
        explain: bool = UNSET, timeout: Optional[float] = UNSET, grace: float = UNSET,
    ) -> "Client":
        """A client with other options on the same connection. Closing one closes both."""
        given = {
            "account": account, "ram_user": ram_user, "explain": explain, "timeout": timeout,
            "grace": grace}
        return Client(self._link, self._options.with_those(given))

    async def call(self, request: RequestOf[_R], **options: Any) -> _R:
        """Makes the call that a request stands for. The options are those of the methods."""
        operation = operation_of(request)
        if operation.streaming:
            raise TypeError(f"{operation.name} is a stream: use client.{operation.method}()")
        plan = Plan(operation, request, self._options.with_those(options))
        history, account = self._link.history, plan.options.account
        if history is None:
            outcome = await self._run(plan)
        else:
            number = history.invoke(operation, account, request)
            try:
                outcome = await self._run(plan)
            except BaseException as error:
                history.complete(number, operation, account, error)
                raise
            history.complete(number, operation, account, outcome)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome  # type: ignore[return-value]

    async def _run(self, plan: Plan) -> Union[Message, ImagedError]:
        while True:
            try:
                result = await self._send(plan)
                if isinstance(result, bytes):
                    return plan.answer(result)
            except ImagedError as error:
                result = error
            if not plan.begins_again(result):
                return plan.judged(result)

    async def _send(self, plan: Plan) -> Result:
        """Sends the request and waits for what comes of it."""
        connection = await self._link.connection(plan.seconds_left)
        loop = connection.loop
        answer = _Answer(loop)
        stream_id = connection.begin(plan.envelope(), answer)
        timer = None
        if plan.seconds_left != float("inf"):
            timer = loop.call_later(plan.seconds_left, answer.end, None)
        try:
            result = await answer.future
        except asyncio.CancelledError:
            options = plan.options
            connection.cancel(stream_id, metadata_of(options.account, options.ram_user, False))
            raise
        finally:
            if timer is not None:
                timer.cancel()
        if result is None:
            raise plan.ran_out(connection.abandon(stream_id))
        return result

    def watch(
        self, request: Optional[WatchRequest] = None, *, buffered_max: int = 65536,
        account: Optional[str] = UNSET, **fields: Any,
    ) -> "Watch":
        """The account's changes as they become durable, from now on or behind
        ``after_sequence``, of all resources or of those in ``resource_id``::

            async with client.watch() as events:
                async for event in events:
                    print(event.kind, event.sequence)

        "Now" is this call if the client is connected, else when the ``async with`` is entered or
        the first event waited for.

        :param buffered_max: how many events may wait for the reader; past it ``EventsLost``.
        """
        if request is None:
            request = WatchRequest(**fields)
        elif fields:
            raise TypeError("either a request or its fields")
        options = self._options.with_those({"account": account})
        return Watch(self._link, request, options._replace(timeout=None), buffered_max)

    async def close(self) -> None:
        """Ends the connection, and with it the calls under way."""
        self._link.close()

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<imaged.aio.Client of {self.socket} in account {self.account}>"

    async def _invoke(self, request: Any, options: Any) -> Any:
        return await self.call(request, **options)


class _Answer(Receiver):
    """Waits for the answer of one sending; None: the client's own clock ran out."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.future: "asyncio.Future[Optional[Result]]" = loop.create_future()

    def end(self, result: Optional[Result]) -> None:
        if not self.future.done():
            self.future.set_result(result)


class _Wakeup:
    """Lets readers wait until they are notified. It does not know the readers, so that a watch
    that was forgotten can end."""

    def __init__(self) -> None:
        self._waiters: "Set[asyncio.Future[None]]" = set()

    def notify(self) -> None:
        """Wakes all: the first takes what there is, the others look once more."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self) -> None:
        waiter: "asyncio.Future[None]" = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)


class Watch(AsyncIterator[Event]):
    """The events of an account, one after another. It ends only by ``close`` (or the end of its
    ``async with``) or with an error; a reader that is too slow gets ``EventsLost``. Several
    tasks may read it: each event is for one of them.

    :ivar sequence: of the newest event that was read; before that ``after_sequence``.
    """

    def __init__(
        self, link: _Link, request: WatchRequest, options: Options, buffered_max: int,
    ) -> None:
        self.sequence: Optional[int] = request.after_sequence
        self._metadata = metadata_of(options.account, options.ram_user, False)
        self._link = link
        self._plan = Plan(_WATCH, request, options)
        self._wakeup = _Wakeup()
        self._received = EventBuffer(buffered_max, self._wakeup.notify)
        self._is_closed = False
        self._connection: Optional[_Connection] = None
        self._stream_id = 0
        self._is_beginning = False
        ready = link.ready
        if ready is not None:
            self._begin(ready)

    def _begin(self, connection: _Connection) -> None:
        """Begins it there, if that connection still is one."""
        try:
            self._stream_id = connection.begin(self._plan.envelope(), self._received)
            self._connection = connection
        except NotSent as error:
            if not self._plan.begins_again(error):
                raise

    async def _begun(self) -> None:
        """Begins it, on a new connection if it must be, once for all readers."""
        while self._connection is None and not self._is_closed:
            if self._is_beginning:
                await self._wakeup.wait()
                continue
            self._is_beginning = True
            try:
                connection = await self._link.connection(self._plan.seconds_left)
                if not self._is_closed:
                    self._begin(connection)
            finally:
                self._is_beginning = False
                self._wakeup.notify()

    def __aiter__(self) -> "Watch":
        return self

    async def __anext__(self) -> Event:
        await self._begun()
        while not self._received.is_ready and not self._is_closed:
            await self._wakeup.wait()
        if self._is_closed:
            raise StopAsyncIteration
        event = self._received.take()
        self.sequence = event.sequence
        return event

    def close(self) -> None:
        """Leaves the stream; it ends at the daemon too."""
        if not self._is_closed:
            self._is_closed = True
            self._wakeup.notify()
            if self._connection is not None:
                self._connection.leave(self._stream_id, self._metadata)

    async def __aenter__(self) -> "Watch":
        await self._begun()
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None and not self._is_closed:
            connection.soon(connection.leave, self._stream_id, self._metadata)
