"""All that a connection knows: its open streams and what is still to be sent.

It takes events and says what is to be told to whom; it makes no system call, and knows neither
threads nor event loops.
"""

from __future__ import annotations

import collections
from typing import Any, Deque, Dict, List, Optional, Tuple, Union

from . import frames
from .codec import CodecError
from .errors import ConnectionLost, ImagedError, NotSent, StatusCode, StatusError, error_of
from .messages import CancelRequest, KeyValue, Request, Response

# How many bytes may wait for a daemon that does not read.
UNSENT_BYTES_MAX = 16 << 20
# How many frames are shown to the kernel with one call; it takes at most 1,024 pieces.
_PIECES_MAX = 64


class Receiver:
    """Whoever waits for what comes on a stream."""

    # Whether the stream takes data frames.
    streaming = False
    # The stream's id, once there is one; set before anything can be sent.
    stream_id = 0

    def data(self, payload: bytes) -> bool:
        """Takes a data frame's message; False: no more are wanted."""
        return False

    def end(self, result: Result) -> None:
        """Takes the end: a response's payload, or why there is none."""
        raise NotImplementedError


Result = Union[bytes, ImagedError]
# A receiver and what it is to be told, once no lock is held.
Ending = Tuple[Receiver, Result]
# What came in a data frame: its stream, who takes it, and the message.
Message = Tuple[int, Receiver, bytes]


class Ignored(Receiver):
    """Wants no answer."""

    def end(self, result: Result) -> None:
        pass


class _Open:
    __slots__ = ("receiver", "cancelled")

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.cancelled = False


class Streams:
    """The streams of one connection.

    :param first_id: odd; for tests of where ids end.
    """

    def __init__(self, first_id: int = 1) -> None:
        self.next_id = first_id
        self.failure: Optional[ConnectionLost] = None
        self._open: Dict[int, _Open] = {}
        self._decoder = frames.FrameDecoder()
        # Frames in the order of their ids; of the first, _sent bytes are gone already.
        self._unsent: Deque[Tuple[int, bytes]] = collections.deque()
        self._sent = 0
        self._unsent_bytes = 0

    @property
    def is_exhausted(self) -> bool:
        """Whether the ids have run out: a new connection is needed. The last one is kept for a
        Cancel."""
        return self.next_id > frames.STREAM_ID_MAX - 2

    @property
    def is_idle(self) -> bool:
        return not self._open

    @property
    def has_unsent(self) -> bool:
        return bool(self._unsent)

    # -------------------------------------------------------------- requests

    def begin(self, data: bytes, receiver: Receiver) -> int:
        """Opens a stream, and puts the frame of a request, which is these bytes, behind the
        others; returns its id.

        :raises NotSent: it cannot be sent here.
        """
        if self.failure is not None:
            raise NotSent(self.failure.reason, connection_failed=True)
        if self.is_exhausted:
            raise NotSent("the connection has no stream ids left", connection_failed=True)
        return self._append(data, receiver)

    def _append(self, data: bytes, receiver: Receiver) -> int:
        if len(data) > frames.DATA_BYTES_MAX:
            raise NotSent(f"a request of {len(data)} bytes, and 4 MiB are the most")
        if self._unsent_bytes + len(data) > UNSENT_BYTES_MAX:
            raise NotSent("the daemon reads nothing, and 16 MiB wait for it")
        receiver.stream_id = stream_id = self.next_id
        self.next_id += 2
        flags = frames.REMOTE_CLOSED if receiver.streaming else 0
        frame = frames.encode_frame(stream_id, frames.REQUEST, flags, data)
        self._unsent.append((stream_id, frame))
        self._unsent_bytes += len(frame)
        self._open[stream_id] = _Open(receiver)
        return stream_id

    def cancel(self, stream_id: int, metadata: List[KeyValue]) -> Optional[Ending]:
        """Ends a stream at its caller's wish: at once if the daemon cannot have seen it, else by
        a Cancel and the daemon's answer to the stream."""
        stream = self._open.get(stream_id)
        if stream is None or stream.cancelled:
            return None
        if self._withdraw(stream_id):
            del self._open[stream_id]
            return stream.receiver, StatusError(
                StatusCode.CANCELLED, "cancelled before it was sent")
        stream.cancelled = True
        if self.next_id <= frames.STREAM_ID_MAX:
            request = Request(
                service="imaged.v1.Daemon", method="Cancel", metadata=metadata,
                payload=CancelRequest(stream_id=stream_id).encode())
            try:
                self._append(request.encode(), Ignored())
            except NotSent:
                pass  # the caller's own clock ends the stream
        return None

    def skip_to(self, stream_id: int) -> None:
        """Lets the next stream have this id, or the next possible one."""
        self.next_id = max(self.next_id, stream_id | 1)

    def abandon(self, stream_id: int) -> bool:
        """Forgets a stream; what still comes for it is passed over. True: not one byte of its
        request was sent, and none will be."""
        if self._open.pop(stream_id, None) is None:
            return False
        return self._withdraw(stream_id)

    def _withdraw(self, stream_id: int) -> bool:
        """Takes a stream's frame back if not one byte of it was sent."""
        for place, (each, frame) in enumerate(self._unsent):
            if each == stream_id:
                if place == 0 and self._sent:
                    return False
                del self._unsent[place]
                self._unsent_bytes -= len(frame)
                return True
        return False

    # -------------------------------------------------------------- sending

    def pieces(self) -> List[memoryview]:
        """The bytes to send next, for one sendmsg."""
        shown: List[memoryview] = []
        for _, frame in self._unsent:
            shown.append(memoryview(frame)[self._sent:] if not shown else memoryview(frame))
            if len(shown) == _PIECES_MAX:
                break
        return shown

    def sent(self, count: int) -> None:
        """The kernel took ``count`` bytes of the pieces."""
        self._sent += count
        while self._unsent and self._sent >= len(self._unsent[0][1]):
            length = len(self._unsent.popleft()[1])
            self._sent -= length
            self._unsent_bytes -= length

    def lose_count(self) -> None:
        """Nobody knows how many bytes the kernel took last: none counts as unsent any more, and
        nothing must be sent."""
        self._unsent.clear()
        self._sent = self._unsent_bytes = 0

    # -------------------------------------------------------------- answers

    def received(self, data: bytes) -> Tuple[List[Message], List[Ending]]:
        """Takes bytes of the daemon: the messages of data frames, and the ends of streams. What
        is not the protocol fails all streams."""
        messages: List[Message] = []
        endings: List[Ending] = []
        self._decoder.feed(data)
        while self.failure is None:
            found = self._decoder.next()
            if found is None:
                break
            try:
                self._found(found, messages, endings)
            except _Violation as error:
                endings += self.fail(ConnectionLost(f"not the protocol: {error}"))
        return messages, endings

    def _found(
        self, frame: frames.Found, messages: List[Message], endings: List[Ending],
    ) -> None:
        if isinstance(frame, frames.TooLong):
            raise _Violation("a frame of more than 4 MiB")
        if isinstance(frame, frames.Reserved):
            raise _Violation("a frame whose first byte is not zero")
        if frame.stream_id % 2 == 0 or frame.stream_id >= self.next_id:
            raise _Violation(f"a frame on stream {frame.stream_id}, never opened")
        stream = self._open.get(frame.stream_id)
        if frame.type == frames.RESPONSE:
            if stream is not None:
                result = _result(frame)
                del self._open[frame.stream_id]
                endings.append((stream.receiver, result))
        elif frame.type == frames.DATA:
            if stream is None:
                return
            if not stream.receiver.streaming:
                raise _Violation(f"data on stream {frame.stream_id}, which is unary")
            if not frame.flags & frames.NO_DATA and not stream.cancelled:
                messages.append((frame.stream_id, stream.receiver, frame.data))
            if frame.flags & frames.REMOTE_CLOSED:
                del self._open[frame.stream_id]
                endings.append((stream.receiver, b""))
        else:
            raise _Violation(f"a frame of type {frame.type}")

    def fail(self, error: ConnectionLost) -> List[Ending]:
        """Ends every stream and refuses new ones. A request that did not leave whole cannot have
        been read: of such a one it is known that nothing has happened."""
        if self.failure is None:
            self.failure = error
        unsent = {stream_id for stream_id, _ in self._unsent}
        endings: List[Ending] = []
        for stream_id, stream in self._open.items():
            outcome: ImagedError = error
            if stream_id in unsent:
                outcome = NotSent(error.reason, connection_failed=True)
            endings.append((stream.receiver, outcome))
        self._open = {}
        self._unsent.clear()
        self._sent = self._unsent_bytes = 0
        return endings


class _Violation(Exception):
    """What came is not the protocol."""


def _result(frame: frames.Frame) -> Result:
    try:
        response = Response.decode(frame.data)
    except CodecError as error:
        raise _Violation(f"a response: {error}") from None
    if response.status is None or response.status.code == 0:
        return response.payload
    return error_of(response.status)


def metadata_of(account: Optional[str], ram_user: Optional[str], explain: bool) -> List[KeyValue]:
    """What goes with a request."""
    pairs: List[Tuple[str, Any]] = [
        ("account", account), ("ram-user", ram_user), ("explain", "true" if explain else None)]
    return [KeyValue(key=key, value=value) for key, value in pairs if value]
