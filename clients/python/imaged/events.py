"""What came on a watch's stream and was not read yet."""

from __future__ import annotations

import collections
from typing import Callable, Deque, Optional

from .codec import CodecError
from .errors import ConnectionLost, EventsLost, ImagedError, StatusCode, StatusError
from .messages import Event, EventsResponse
from .streams import Receiver, Result


class EventBuffer(Receiver):
    """Takes events from the connection, for a reader elsewhere.

    :param buffered_max: how many events may wait for the reader.
    :param notify: called when there is something new to read.
    """

    streaming = True

    def __init__(self, buffered_max: int, notify: Callable[[], None]) -> None:
        self.events: Deque[Event] = collections.deque()
        self.error: Optional[ImagedError] = None
        self._buffered_max = buffered_max
        self._notify = notify

    @property
    def is_ready(self) -> bool:
        return bool(self.events) or self.error is not None

    def data(self, payload: bytes) -> bool:
        if self.error is not None:
            return False
        try:
            events = EventsResponse.decode(payload).events
        except CodecError as refused:
            self._lose(ConnectionLost(f"not the protocol: Watch's events: {refused}"))
            return False
        if len(self.events) + len(events) > self._buffered_max:
            self._lose(EventsLost(
                StatusCode.OUT_OF_RANGE, "events came faster than they were read"))
            return False
        self.events.extend(events)
        self._notify()
        return True

    def end(self, result: Result) -> None:
        self._lose(result if isinstance(result, ImagedError) else StatusError(
            StatusCode.CANCELLED, "the daemon ended the stream"))

    def _lose(self, error: ImagedError) -> None:
        if self.error is None:
            self.error = error
            self._notify()

    def take(self) -> Event:
        """The next event. Something must be ready.

        :raises ImagedError: the stream has ended, and all its events were read.
        """
        if self.events:
            return self.events.popleft()
        assert self.error is not None
        raise self.error
