"""What stands around every payload, and what an error is made of."""

from __future__ import annotations

from typing import List, Optional

from ..codec import REPEATED, Envelope, Message, int32, int64, nested, octets, string


class KeyValue(Envelope):
    key: str = string(1)
    value: str = string(2)


class Request(Envelope):
    """The data of a request frame (type 1), as ttrpc's request.proto has it."""

    service: str = string(1)
    method: str = string(2)
    payload: bytes = octets(3)
    timeout_nano: int = int64(4)
    metadata: List[KeyValue] = nested(5, KeyValue, REPEATED)


class Any(Envelope):
    """google.protobuf.Any, likewise."""

    type_url: str = string(1)
    value: bytes = octets(2)


class Status(Envelope):
    """google.rpc.Status, repeated here so that this file needs no other."""

    code: int = int32(1)
    message: str = string(2)
    details: List[Any] = nested(3, Any, REPEATED)


class Response(Envelope):
    """The data of a response frame (type 2), as ttrpc's request.proto has it."""

    status: Optional[Status] = nested(1, Status)
    payload: bytes = octets(2)


class Error(Message):
    """What went wrong, in ECS's terms: the detail of a Status, under the type_url
    "type.googleapis.com/imaged.v1.Error"."""

    http_status: int = int32(1)
    code: str = string(2)
    message: str = string(3)
    request_id: str = string(4)
    # The parameter at fault as ECS spells it (DiskDeviceMapping.2.Size); empty if none is.
    parameter: str = string(5)
    # What would be right, or how to go on. For people; it may change.
    hint: str = string(6)
