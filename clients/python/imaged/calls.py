"""What calls of both kinds of client have in common: options, clocks, and what to do when an
answer is lost."""

from __future__ import annotations

import math
import time
from typing import Any, Dict, NamedTuple, Optional, Union

from .codec import CodecError, Message
from .errors import (
    ConnectionLost, ECSError, ImagedError, NoAnswer, NotSent, OutcomeUnknown, StatusCode,
    StatusError)
from .messages import Request
from .operations import READS, Operation
from .streams import Result, metadata_of

TIMEOUT_DEFAULT = 60.0
GRACE_DEFAULT = 2.0
# How long a cancelled call still waits for the daemon's word, in seconds.
CANCEL_SECONDS = 5.0
# How often a request is begun on new connections if it never left.
_BEGINNINGS_MAX = 3
_INT64_MAX = (1 << 63) - 1

# An error with one of these, or ECS's with a status of 500 and more, says nothing about an earlier
# sending of the same request: that may have been carried out, or be under way still.
_STATUSES_SAYING_NOTHING = (
    StatusCode.CANCELLED, StatusCode.DEADLINE_EXCEEDED, StatusCode.UNAVAILABLE,
    StatusCode.RESOURCE_EXHAUSTED)
_CODES_SAYING_NOTHING = (
    "IdempotentProcessing", "LastTokenProcessing", "Throttling", "Throttling.User",
    "Rejected.Throttling")


class Unset:
    """Stands for "as the client has it" where None has a meaning of its own."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = Unset()


class Options(NamedTuple):
    """What holds for a call, or for all calls of a client."""

    account: Optional[str] = None
    ram_user: Optional[str] = None
    explain: bool = False
    timeout: Optional[float] = TIMEOUT_DEFAULT  # seconds, for the daemon; None: no limit
    grace: float = GRACE_DEFAULT  # seconds that the client waits beyond that
    give_up: Optional[float] = None  # seconds of the client's own clock alone

    def with_those(self, given: Dict[str, Any]) -> "Options":
        """These, but for those given that are not UNSET."""
        if not given:
            return self
        for name in given:
            if name not in self._fields:
                raise TypeError(f"there is no option {name}")
        return self._replace(
            **{name: value for name, value in given.items() if value is not UNSET})


class Plan:
    """One call from its beginning to its end, over as many connections as it takes: what to send
    and when to stop waiting. It keeps no time but what it is asked about.

    :raises TypeError: the request is not the operation's, or has a value of a wrong type.
    :raises ValueError: a value of the request does not fit its field.
    """

    def __init__(self, operation: Operation, request: Message, options: Options) -> None:
        if not isinstance(request, operation.request):
            wanted, given = operation.request.__name__, type(request).__name__
            raise TypeError(f"{operation.name} wants a {wanted}, not a {given}")
        self.operation = operation
        self.options = options
        self.is_cancelled = False
        self._payload = request.encode()
        self._may_repeat = operation.may_repeat(request) and options.give_up is None
        self._beginnings = 0
        self._lost: Optional[ConnectionLost] = None
        began = time.monotonic()
        self._own_seconds = options.give_up
        if options.give_up is None and options.timeout is not None:
            self._own_seconds = max(0.0, options.timeout) + options.grace
        self._deadline = _later(began, options.timeout)
        self._own_deadline = _later(began, self._own_seconds)

    def envelope(self) -> Request:
        """The request to send now."""
        self._beginnings += 1
        options = self.options
        return Request(
            service=self.operation.service, method=self.operation.name, payload=self._payload,
            timeout_nano=self._timeout_nano(),
            metadata=metadata_of(options.account, options.ram_user, options.explain))

    def _timeout_nano(self) -> int:
        if self._deadline == math.inf:
            return 0
        # Zero would mean no deadline; below zero it is over already.
        left = int((self._deadline - time.monotonic()) * 1e9)
        return min(left, _INT64_MAX) if left > 0 else -1

    @property
    def seconds_left(self) -> float:
        """How long the client still waits."""
        return max(0.0, self._own_deadline - time.monotonic())

    def cancel(self) -> None:
        """The caller wants no more of it: it is not sent again, and the daemon's word is waited
        for a little only."""
        self.is_cancelled = True
        self._own_deadline = min(self._own_deadline, time.monotonic() + CANCEL_SECONDS)

    def begins_again(self, result: Result) -> bool:
        """Whether the request is to be sent once more, on a new connection."""
        if self.is_cancelled or self.seconds_left == 0.0:
            return False
        if isinstance(result, NotSent) and result.connection_failed:
            return self._beginnings < _BEGINNINGS_MAX
        if isinstance(result, ConnectionLost) and self._may_repeat and self._lost is None:
            self._lost = result
            return True
        return False

    def ran_out(self, was_withdrawn: bool) -> ImagedError:
        """The error when the client's own clock has run out."""
        if was_withdrawn:
            return self.judged(NotSent("the daemon took no request in time"))
        if self.is_cancelled:
            return NoAnswer(f"cancelled, and no word of it within {CANCEL_SECONDS:g} s")
        return NoAnswer(f"no answer within {self._own_seconds or 0.0:g} s")

    def judged(self, error: ImagedError) -> ImagedError:
        """What ``error`` means for the call as a whole. If an answer was lost before, not every
        error of the second sending says what became of the first."""
        lost = self._lost
        if lost is None or isinstance(error, OutcomeUnknown):
            return error
        if isinstance(error, (ECSError, StatusError)) and (
                self.operation.again == READS or _tells_of_all(error)):
            return error
        unknown = ConnectionLost(f"{lost.reason}; sent again: {error}")
        unknown.__cause__ = error
        return unknown

    def answer(self, payload: bytes) -> Message:
        """The operation's answer.

        :raises OutcomeUnknown: it cannot be read.
        """
        try:
            return self.operation.response.decode(payload)
        except CodecError as error:
            raise OutcomeUnknown(
                f"not the protocol: {self.operation.name}'s answer: {error}") from None


def _tells_of_all(error: Union[ECSError, StatusError]) -> bool:
    """Whether the refusal of a request's second sending holds for the first one too."""
    if isinstance(error, StatusError):
        return error.status not in _STATUSES_SAYING_NOTHING
    return error.http_status < 500 and error.code not in _CODES_SAYING_NOTHING


def _later(began: float, seconds: Optional[float]) -> float:
    if seconds is None:
        return math.inf
    if math.isnan(seconds):
        raise ValueError("a timeout is a number of seconds")
    return began + seconds
