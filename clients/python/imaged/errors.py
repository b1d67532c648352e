"""What can come of a call beside its answer.

::

    ImagedError
    ├── NoDaemon            nobody listens at the socket (also a ConnectionError)
    ├── NotSent             the request never left this process: nothing has happened
    ├── OutcomeUnknown      the request may have been carried out, whole, or not at all
    │   ├── ConnectionLost  the connection ended before the answer (also a ConnectionError)
    │   └── NoAnswer        the client's own clock ran out (also a TimeoutError)
    ├── ECSError            refused, in ECS's terms: nothing has happened
    ├── StatusError         refused without a code of ECS: nothing has happened
    │   ├── DeadlineExceeded (also a TimeoutError)
    │   └── EventsLost      events are no longer kept, or came faster than they were read
    └── DaemonFailed        a daemon that ``imaged.start`` wanted did not come up

Everything but ``OutcomeUnknown`` is definite. All of them can be pickled.
"""

from __future__ import annotations

import enum
from typing import Any, Dict, List, Optional, Sequence, Tuple, Type

from .codec import CodecError
from .messages import Error, Status

ERROR_TYPE_URL = "type.googleapis.com/imaged.v1.Error"


class StatusCode(enum.IntEnum):
    """The codes of google.rpc.Status that the daemon uses."""

    OK = 0
    CANCELLED = 1
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14


class ImagedError(Exception):
    """The base of all errors of this package but those of wrong arguments."""

    def __reduce__(self) -> Any:
        return _restore, (type(self), self.args, self.__dict__)


def _restore(cls: Any, args: Tuple[Any, ...], state: Dict[str, Any]) -> ImagedError:
    error: ImagedError = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class NoDaemon(ImagedError, ConnectionError):
    """Nobody listens there. Nothing was sent.

    :ivar paths: the sockets that were tried.
    :ivar reason: what was wrong with the one that says most.
    """

    def __init__(self, paths: Sequence[str], reason: str) -> None:
        super().__init__(f"no daemon at {', '.join(paths)}: {reason}")
        self.paths = tuple(paths)
        self.reason = reason


class NotSent(ImagedError):
    """The daemon cannot have read the request, so nothing has happened.

    :ivar reason: why it was not sent.
    :ivar connection_failed: whether the connection is to blame, and another one may do. The
        client has tried that itself.
    """

    def __init__(self, reason: str, connection_failed: bool = False) -> None:
        super().__init__("nothing was sent: " + reason)
        self.reason = reason
        self.connection_failed = connection_failed


class OutcomeUnknown(ImagedError):
    """The request may have been carried out, whole, or not at all.

    The same request with the same ``client_token`` tells: it gives the same result, or does it
    now. Without a token, look (``describe_images``) before you send it again.

    :ivar reason: why there is no answer.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("outcome unknown: " + reason)
        self.reason = reason


class ConnectionLost(OutcomeUnknown, ConnectionError):
    """The connection ended before the answer."""


class NoAnswer(OutcomeUnknown, TimeoutError):
    """No answer came by the client's own clock."""


class ECSError(ImagedError):
    """The daemon refused the request, in ECS's terms. Definite: nothing has happened.

    :ivar code: ECS's code, ``InvalidImageName.Duplicated``. Decide by it, never by a text.
    :ivar http_status: as ECS documents it: 400, 403, 404, 500, 503.
    :ivar message: ECS's message.
    :ivar parameter: the parameter at fault as ECS spells it, ``DiskDeviceMapping.2.Size``; may
        be empty.
    :ivar hint: what would be right, or how to go on; for people, and it may change.
    :ivar request_id: of the refused request; the daemon's log names it.
    :ivar status: the code of google.rpc.Status, a ``StatusCode`` if it is known.
    :ivar further: with ``explain``, the errors that the request would have met next.
    """

    def __init__(
        self, code: str, message: str = "", *, http_status: int = 0, parameter: str = "",
        hint: str = "", request_id: str = "", status: int = 0, further: Sequence[ECSError] = (),
    ) -> None:
        text = f"{code}: {message}"
        beside = "; ".join(each for each in (parameter, hint) if each)
        super().__init__(f"{text} ({beside})" if beside else text)
        self.code = code
        self.http_status = http_status
        self.message = message
        self.parameter = parameter
        self.hint = hint
        self.request_id = request_id
        self.status = status_code(status)
        self.further = tuple(further)


class StatusError(ImagedError):
    """The daemon refused the request without a code of ECS: an error of the wire, an unknown
    operation, a deadline, a Cancel. Definite: nothing has happened.

    :ivar status: the code, a ``StatusCode`` if it is known. Decide by it.
    :ivar message: for people.
    :ivar request_id: of the refused request; empty if it could not be read.
    """

    def __init__(self, status: int, message: str, request_id: str = "") -> None:
        status = status_code(status)
        name = status.name if isinstance(status, StatusCode) else f"status {status}"
        super().__init__(f"{name}: {message}")
        self.status = status
        self.message = message
        self.request_id = request_id


class DeadlineExceeded(StatusError, TimeoutError):
    """The deadline passed before the request was applied. Definite: nothing has happened."""


class EventsLost(StatusError):
    """Events that are no longer kept, or that came faster than they were read: describe afresh,
    then watch again."""


class DaemonFailed(ImagedError):
    """A daemon could not be started.

    :ivar log: what it said.
    """

    def __init__(self, reason: str, log: str = "") -> None:
        super().__init__(f"{reason}: {log.strip()}" if log.strip() else reason)
        self.log = log


def status_code(code: int) -> int:
    """A ``StatusCode``, or the number itself if it is none that this client knows."""
    try:
        return StatusCode(code)
    except ValueError:
        return code


def error_of(status: Status) -> ImagedError:
    """The error that a response's status stands for."""
    details: List[Error] = []
    for detail in status.details:
        if detail.type_url != ERROR_TYPE_URL:
            continue
        try:
            details.append(Error.decode(detail.value))
        except CodecError as error:
            return OutcomeUnknown(f"not the protocol: an error's detail: {error}")
    first: Optional[Error] = details[0] if details else None
    if first is not None and first.code:
        return _ecs_error(first, status.code, [_ecs_error(each) for each in details[1:]])
    cls = _STATUS_ERRORS.get(status.code, StatusError)
    return cls(status.code, status.message, first.request_id if first else "")


_STATUS_ERRORS: Dict[int, Type[StatusError]] = {
    StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded, StatusCode.OUT_OF_RANGE: EventsLost}


def _ecs_error(error: Error, status: int = 0, further: Sequence[ECSError] = ()) -> ECSError:
    return ECSError(
        error.code, error.message, http_status=error.http_status, parameter=error.parameter,
        hint=error.hint, request_id=error.request_id, status=status, further=further)
