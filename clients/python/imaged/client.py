"""The client for threads: ``imaged.connect()``."""

from __future__ import annotations

import copy
import functools
import math
import os
import threading
import time
import weakref
from types import TracebackType
from typing import Any, Callable, Generic, Iterator, Optional, Type, TypeVar, Union

from . import search
from .calls import CANCEL_SECONDS, GRACE_DEFAULT, TIMEOUT_DEFAULT, UNSET, Options, Plan
from .codec import Message, RequestOf
from .connection import Connection
from .errors import ConnectionLost, ImagedError, NoDaemon, NotSent, OutcomeUnknown
from .events import EventBuffer
from .history import History
from .messages import Event, WatchRequest
from .methods import SyncMethods
from .operations import BY_NAME, operation_of
from .streams import Receiver, Result, metadata_of

_R = TypeVar("_R", bound=Message)

# The real one: a test's clock may stand in for time.sleep.
_sleep = time.sleep
_WATCH = BY_NAME["Watch"]
_CLOSED = "the client is closed"


def connect(
    socket: Optional[str] = None, account: Optional[str] = None, *,
    ram_user: Optional[str] = None, explain: bool = False,
    timeout: Optional[float] = TIMEOUT_DEFAULT, grace: float = GRACE_DEFAULT,
    client: Optional[str] = None, record: Any = None,
) -> "Client":
    """Connects to the daemon; use the result with ``with``, or close it.

    :param socket: the path of its socket. Without it: $IMAGED_SOCKET alone if that is set; else
        the first of $XDG_RUNTIME_DIR/imaged, /run/imaged and the default data directory at which
        one listens.
    :param account: the account to act in; None: ``default``.
    :param ram_user: the RAM user that the account's owner acts as; only with ``--fixture``.
    :param explain: whether errors list what the request would have met next.
    :param timeout: seconds after which the daemon refuses what it has not begun; None: no limit.
    :param grace: seconds that the client waits for the answer beyond that.
    :param client: what this client is called in a history; None: by its process id.
    :param record: where to write the history of all calls: a path, or an object with ``write``.
    :raises NoDaemon: nobody listens there.
    """
    options = Options(account, ram_user, explain, timeout, grace)
    history = None if record is None else History(record, client)
    return Client(_Link(socket, history), options)


class _Attempt:
    """To connect anew, of one thread while others wait for what comes of it."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.ended = threading.Event()
        self.failure: Optional[NoDaemon] = None  # holds for all; None: the next one may try


class _Link:
    """The connection that a client and its views share, and its renewal."""

    def __init__(self, socket: Optional[str], history: Optional[History]) -> None:
        self.history = history
        # Reentrant for signals' handlers, and never held while anything is waited for.
        self._lock = threading.RLock()
        self._attempt: Optional[_Attempt] = None
        self._is_closed = False
        self.path: str
        self.path, made = _connected(socket)
        self._connection = Connection(made)
        _links.add(self)

    def connection(self, seconds: float = math.inf) -> Connection:
        """The connection, or a new one if that cannot be used any more.

        :param seconds: how long it may take.
        :raises NoDaemon: there is no daemon any more.
        :raises NotSent: the client is closed, or the time is over.
        """
        until = time.monotonic() + seconds
        while True:
            connection = self._connection
            if self._is_closed:
                raise NotSent(_CLOSED)
            if connection.is_usable:
                return connection
            with self._lock:
                attempt = self._attempt
                # An attempt that this call has interrupted cannot be waited for.
                is_new = attempt is None or attempt.thread == threading.get_ident()
                if attempt is None or is_new:
                    attempt = self._attempt = _Attempt()
            if is_new:
                return self._renew(attempt, until)
            # One thread tries for all that find the connection gone.
            if not attempt.ended.wait(_limited(until - time.monotonic())):
                raise NotSent(search.BUSY)
            if attempt.failure is not None:
                raise copy.copy(attempt.failure)

    def _renew(self, attempt: "_Attempt", until: float) -> Connection:
        try:
            _, made = _connected(self.path, until, self._check_open)
            with self._lock:
                old = self._connection
                if self._is_closed or old.is_usable:
                    made.close()
                    self._check_open()
                    return old  # a call that interrupted this one was faster
                self._connection = Connection(made)
            old.close_when_idle() if old.is_ours else old.forget()
            return self._connection
        except NoDaemon as error:
            attempt.failure = error
            raise
        finally:
            with self._lock:
                if self._attempt is attempt:
                    self._attempt = None
            attempt.ended.set()

    def _check_open(self) -> None:
        if self._is_closed:
            raise NotSent(_CLOSED)

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            connection = self._connection
        connection.close()
        if self.history is not None:
            self.history.close()

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close_soon()

    def after_fork(self) -> None:
        self._lock = threading.RLock()
        self._attempt = None
        if self.history is not None:
            self.history.after_fork()


_links: "weakref.WeakSet[_Link]" = weakref.WeakSet()


def _after_fork() -> None:
    for link in list(_links):
        link.after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _connected(
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
        _sleep(min(seconds, left))


def _limited(seconds: float) -> float:
    """A time that a lock can wait for."""
    return max(0.0, min(seconds, threading.TIMEOUT_MAX))


class Client(SyncMethods):
    """A client of the daemon: one connection, any number of calls under way at once, from any
    thread. ``connect`` makes it.

    It has a method for each operation (``create_image``), which takes the fields of the request
    by their names, and these options:

    ``timeout``
        seconds for the daemon, else the client's own; None: no limit. The client's clock gives
        it ``grace`` seconds more.
    ``give_up``
        seconds of the client's own clock alone, after which the outcome is unknown. Such a call
        is never sent a second time.
    ``account``, ``explain``
        as in ``connect``.

    Every call raises ``ECSError`` or ``StatusError`` if it is refused, ``OutcomeUnknown`` if it may
    have been carried out, ``NoDaemon`` or ``NotSent`` if it was not sent. After a lost connection
    it connects anew, and sends once more what changes nothing or has a ``client_token``.
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

    def call(self, request: RequestOf[_R], **options: Any) -> _R:
        """Makes the call that a request stands for: ``client.call(CreateImageRequest(...))``.

        The options are those of the methods.
        """
        call = Call(self._link, request, self._options.with_those(options))
        try:
            call._begin()
            return call.result()
        except ImagedError:
            raise
        except BaseException:
            call.cancel()  # interrupted: what waits at the daemon shall not go on
            raise

    def begin(self, request: RequestOf[_R], **options: Any) -> "Call[_R]":
        """Sends a request, and does not wait for its answer."""
        call = Call(self._link, request, self._options.with_those(options))
        call._begin()
        return call

    def watch(
        self, request: Optional[WatchRequest] = None, *, buffered_max: int = 65536,
        account: Optional[str] = UNSET, **fields: Any,
    ) -> "Watch":
        """The account's changes as they become durable, from now on or behind
        ``after_sequence``, of all resources or of those in ``resource_id``::

            with client.watch() as events:
                for event in events:
                    print(event.kind, event.sequence)

        :param buffered_max: how many events may wait for the reader; past it ``EventsLost``.
        """
        if request is None:
            request = WatchRequest(**fields)
        elif fields:
            raise TypeError("either a request or its fields")
        options = self._options.with_those({"account": account})
        return Watch(self._link, request, options._replace(timeout=None), buffered_max)

    def close(self) -> None:
        """Ends the connection, and with it the calls under way."""
        self._link.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<imaged.Client of {self.socket} in account {self.account}>"

    def _invoke(self, request: Any, options: Any) -> Any:
        return self.call(request, **options)


class _Answer(Receiver):
    """Waits for the answer of one sending."""

    def __init__(self) -> None:
        self._result: Optional[Result] = None
        self._gate = threading.Lock()
        self._gate.acquire()

    def end(self, result: Result) -> None:
        self._result = result
        self._gate.release()

    def wait(self, seconds: float) -> Optional[Result]:
        """What came; None: nothing within that time."""
        if self._gate.acquire(timeout=seconds):
            self._gate.release()
        return self._result


class Call(Generic[_R]):
    """A call under way."""

    def __init__(self, link: _Link, request: RequestOf[_R], options: Options) -> None:
        operation = operation_of(request)
        if operation.streaming:
            raise TypeError(f"{operation.name} is a stream: use client.{operation.method}()")
        self._plan = Plan(operation, request, options)
        self._link = link
        self._process_id = os.getpid()
        self._lock = threading.Lock()
        self._outcome: Union[None, Message, BaseException] = None
        self._number = 0
        self._connection: Optional[Connection] = None
        self._answer = _Answer()
        if link.history is not None:
            self._number = link.history.invoke(operation, options.account, request)

    def _begin(self) -> None:
        try:
            self._send()
        except ImagedError as error:
            # Told by result(), as everything else.
            self._complete(error)

    @property
    def is_done(self) -> bool:
        """Whether ``result`` would not wait. (It may still send the request once more.)"""
        return self._outcome is not None or self._answer.wait(0) is not None

    def cancel(self) -> None:
        """Asks the daemon to end the call. ``result`` then raises a StatusError with CANCELLED;
        a call that was done all the same has its answer."""
        self._plan.cancel()
        options = self._plan.options
        if self._outcome is None and self._connection is not None:
            self._connection.cancel(self._answer.stream_id, metadata_of(
                options.account, options.ram_user, False))

    def result(self) -> _R:
        """Waits for the answer.

        :raises ImagedError: there is none.
        """
        outcome: Any = self._outcome
        if outcome is None and os.getpid() != self._process_id:
            # Another thread may have had the lock when this process was forked off.
            raise OutcomeUnknown("the call was begun in another process")
        if outcome is None:
            with self._lock:
                if self._outcome is None:
                    self._complete(self._wait())
                outcome = self._outcome
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome  # type: ignore[no-any-return]

    def _send(self) -> None:
        """Begins the call, on a new connection if this one turns out to be gone.

        :raises NoDaemon, NotSent: it could not be sent.
        """
        while True:
            connection = self._link.connection(self._plan.seconds_left)
            self._answer = _Answer()
            self._connection = connection
            try:
                connection.begin(self._plan.envelope(), self._answer)
                return
            except NotSent as error:
                if not self._plan.begins_again(error):
                    raise

    def _wait(self) -> Union[Message, ImagedError]:
        plan = self._plan
        while True:
            # Not longer at once than a cancelled call has left: the plan may have changed.
            result = self._answer.wait(min(plan.seconds_left, CANCEL_SECONDS))
            if result is None and plan.seconds_left > 0:
                continue
            if result is None:
                # It may come at this very moment: then it counts.
                assert self._connection is not None
                was_withdrawn = self._connection.abandon(self._answer.stream_id)
                result = self._answer.wait(0)
                if result is None:
                    return plan.ran_out(was_withdrawn)
            try:
                if isinstance(result, bytes):
                    return plan.answer(result)
                if not plan.begins_again(result):
                    return plan.judged(result)
                self._send()
            except ImagedError as error:
                return plan.judged(error)

    def _complete(self, outcome: Union[Message, ImagedError]) -> None:
        self._outcome = outcome
        if self._link.history is not None:
            self._link.history.complete(
                self._number, self._plan.operation, self._plan.options.account, outcome)


def _notify(changed: threading.Condition) -> None:
    with changed:
        changed.notify_all()


class Watch(Iterator[Event]):
    """The events of an account, one after another. It ends only by ``close`` (or the end of its
    ``with``) or with an error; a reader that is too slow gets ``EventsLost``.

    After a ``ConnectionLost``, ``client.watch(after_sequence=watch.sequence)`` goes on.

    :ivar sequence: of the newest event that was read; before that ``after_sequence``.
    """

    def __init__(
        self, link: _Link, request: WatchRequest, options: Options, buffered_max: int,
    ) -> None:
        self.sequence: Optional[int] = request.after_sequence
        self._metadata = metadata_of(options.account, options.ram_user, False)
        self._is_closed = False
        self._changed = threading.Condition()
        self._received = EventBuffer(buffered_max, functools.partial(_notify, self._changed))
        self._link = link  # keeps the connection as long as somebody reads
        plan = Plan(_WATCH, request, options)
        while True:
            self._connection = link.connection()
            try:
                self._connection.begin(plan.envelope(), self._received)
                return
            except NotSent as error:
                if not plan.begins_again(error):
                    raise

    def __iter__(self) -> "Watch":
        return self

    def __next__(self) -> Event:
        event = self.next()
        if event is None:
            raise StopIteration
        return event

    def next(self, timeout: Optional[float] = None) -> Optional[Event]:
        """The next event; None: the watch was closed.

        :param timeout: how many seconds to wait; None: without a limit.
        :raises TimeoutError: none came within that time. The watch goes on.
        """
        if not self._connection.is_ours:
            raise ConnectionLost("the watch was begun in another process")
        with self._changed:
            if not self._changed.wait_for(
                    lambda: self._received.is_ready or self._is_closed, timeout):
                raise TimeoutError(f"no event within {timeout or 0:g} s")
            if self._is_closed:
                return None
            event = self._received.take()
            self.sequence = event.sequence
            return event

    def close(self) -> None:
        """Leaves the stream; it ends at the daemon too."""
        with self._changed:
            is_new = not self._is_closed
            self._is_closed = True
            self._changed.notify_all()
        if is_new:
            self._connection.leave(self._received.stream_id, self._metadata)

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_connection") and not self._is_closed:
            self._connection.forget_stream(self._received.stream_id, self._metadata)
