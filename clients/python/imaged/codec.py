"""Messages, and proto3's wire format as ``protocol/README.md`` § Payloads has it.

A message is a dataclass whose fields say their number and kind beside the type hint::

    class DiskDeviceMapping(Message):
        snapshot_id: str = string(1)
        size: Optional[int] = int32(2, OPTIONAL)  # GiB

One encoder and one decoder are driven by these tables; nothing is generated.
"""

from __future__ import annotations

import dataclasses
import difflib
import sys
from typing import (
    TYPE_CHECKING, Any, ClassVar, Dict, Generic, List, Mapping, NamedTuple, Optional, Tuple, Type,
    TypeVar, Union)

if TYPE_CHECKING:  # every type checker knows it, whether it is installed or not
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Any:
        return lambda cls: cls


LEVELS_MAX = 32
FIELD_NUMBER_MAX = (1 << 29) - 1

# Wire types.
_VARINT, _EIGHT, _BYTES, _START, _END, _FOUR = range(6)

# Labels, as in a .proto file.
OPTIONAL = "optional"
REPEATED = "repeated"

# Words that ECS writes in capitals.
_CAPITALS = {"kms": "KMS", "os": "OS", "oss": "OSS", "sn": "SN"}

_M = TypeVar("_M", bound="Message")
_R = TypeVar("_R", bound="Message")


class CodecError(ValueError):
    """Bytes that are not the message they should be.

    :ivar rule: the rule that they break, as ``protocol/vectors/README.md`` names it:
        ``truncated``, ``wrong_wire_type`` ...
    :ivar field: the path of the field at fault, ``DiskDeviceMapping.2.Size``; empty: none.
    """

    def __init__(self, rule: str, field: str = "") -> None:
        super().__init__(rule, field)
        self.rule = rule
        self.field = field

    def __str__(self) -> str:
        what = self.rule.replace("_", " ")
        return f"{self.field}: {what}" if self.field else what

    def _inside(self, name: str) -> "CodecError":
        self.field = f"{name}.{self.field}" if self.field else name
        self.args = (self.rule, self.field)
        return self


class Field(NamedTuple):
    """A row of a message's table."""

    name: str
    number: int
    kind: str  # int32, int64, bool, string, bytes, message
    label: str  # "", OPTIONAL, REPEATED
    type: Optional[Type["Message"]]  # of a message
    path: str  # how an error names it

    @property
    def is_repeated(self) -> bool:
        return self.label == REPEATED


_DEFAULTS: Dict[str, Any] = {
    "int32": 0, "int64": 0, "bool": False, "string": "", "bytes": b"", "message": None}
_WIRE_TYPES = {
    "int32": _VARINT, "int64": _VARINT, "bool": _VARINT,
    "string": _BYTES, "bytes": _BYTES, "message": _BYTES}


def _field(kind: str, number: int, label: str, type: Any = None) -> Any:
    metadata = {"imaged": (kind, number, label, type)}
    if label == REPEATED:
        return dataclasses.field(default_factory=list, metadata=metadata)
    default = None if label == OPTIONAL else _DEFAULTS[kind]
    return dataclasses.field(default=default, metadata=metadata)


def string(number: int, label: str = "") -> Any:
    """A text: ``str``."""
    return _field("string", number, label)


def octets(number: int, label: str = "") -> Any:
    """Bytes: ``bytes``."""
    return _field("bytes", number, label)


def int32(number: int, label: str = "") -> Any:
    """An ``int`` of -2^31 to 2^31 - 1."""
    return _field("int32", number, label)


def int64(number: int, label: str = "") -> Any:
    """An ``int`` of -2^63 to 2^63 - 1."""
    return _field("int64", number, label)


def boolean(number: int, label: str = "") -> Any:
    """A ``bool``."""
    return _field("bool", number, label)


def nested(number: int, type: Any, label: str = "") -> Any:
    """A message of ``type``; the name of the class that is being defined means itself."""
    return _field("message", number, label, type)


class Table:
    """What encoder and decoder know of a message's class."""

    def __init__(self, cls: Type["Message"]) -> None:
        rows = []
        for each in dataclasses.fields(cls):  # type: ignore[arg-type]
            kind, number, label, type = each.metadata["imaged"]
            if type == cls.__name__:
                type = cls
            path = each.name if cls._is_envelope else _ecs_name(each.name)
            rows.append(Field(each.name, number, kind, label, type, path))
        self.fields: Tuple[Field, ...] = tuple(sorted(rows, key=lambda row: row.number))
        self.by_name = {row.name: row for row in self.fields}
        self.by_number = {row.number: row for row in self.fields}
        self.lists = tuple(row.name for row in self.fields if row.is_repeated)
        self.defaults = {
            row.name: None if row.label == OPTIONAL else _DEFAULTS[row.kind]
            for row in self.fields if not row.is_repeated}
        self.writers = tuple(
            (row, _varint(row.number << 3 | _WIRE_TYPES[row.kind]), self.defaults.get(row.name))
            for row in self.fields)


def _ecs_name(name: str) -> str:
    return "".join(
        _CAPITALS.get(word, word[:1].upper() + word[1:]) for word in name.split("_"))


@dataclass_transform(kw_only_default=True)
class Message:
    """The base of all messages: real dataclasses, made with keywords.

    What is not given is absent. ``None`` means absent too, and where a message is wanted a
    mapping with its fields will do. Equal messages have equal fields; the representation leaves
    out what is absent.
    """

    TABLE: ClassVar[Table]
    _is_envelope: ClassVar[bool] = False

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        # Without methods made by exec, nor a text made of a signature: both are slow to import.
        if cls.__doc__ is None:
            cls.__doc__ = f"{cls.__name__}({', '.join(cls.__annotations__)})"
        dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
        cls.TABLE = Table(cls)

    def __init__(self, **values: Any) -> None:
        table = self.TABLE
        state = self.__dict__
        state.update(table.defaults)
        for name in table.lists:
            state[name] = []
        for name, value in values.items():
            row = table.by_name.get(name)
            if row is None:
                raise TypeError(_unknown(type(self), name))
            if value is not None:
                state[name] = _given(row, value)

    def __repr__(self) -> str:
        table = self.TABLE
        given = [
            f"{row.name}={value!r}" for row, _, default in table.writers
            for value in [getattr(self, row.name)]
            if (value if row.is_repeated else value is not None and value != default)]
        return f"{type(self).__name__}({', '.join(given)})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def encode(self) -> bytes:
        """The message's bytes.

        :raises TypeError: a field has a value of another type than its own.
        :raises ValueError: a number does not fit its field, or a text is no Unicode.
        """
        out = bytearray()
        _encode(self, out, 1)
        return bytes(out)

    @classmethod
    def decode(cls: Type[_M], data: Union[bytes, bytearray, memoryview]) -> _M:
        """The message that ``data`` is.

        :raises CodecError: it is none.
        """
        made = cls()
        data = bytes(data)
        _decode(made, data, 0, len(data), 1)
        return made


class Envelope(Message):
    """The base of what stands around payloads: errors name its fields as the .proto file does."""

    _is_envelope = True


class RequestOf(Message, Generic[_R]):
    """The base of the requests of operations: ``RequestOf[X]`` is answered by an ``X``."""


def _unknown(cls: Type[Message], name: str) -> str:
    near = difflib.get_close_matches(name, cls.TABLE.by_name, 1)
    hint = f": did you mean {near[0]}?" if near else ""
    return f"{cls.__name__} has no field {name}{hint}"


def _given(row: Field, value: Any) -> Any:
    """What a caller gave for a field, with mappings made messages and iterables lists."""
    if row.label == REPEATED:
        if isinstance(value, (str, bytes, Mapping, Message)):
            raise TypeError(f"{row.name}: a list is wanted, not {_type_name(value)}")
        if row.kind == "message":
            return [_given_message(row, each) for each in value]
        return list(value)
    return _given_message(row, value) if row.kind == "message" else value


def _given_message(row: Field, value: Any) -> Any:
    assert row.type is not None
    if not isinstance(value, Mapping):
        return value
    try:
        return row.type(**value)
    except TypeError as error:
        raise TypeError(f"{row.name}: {error}") from None


def _type_name(value: object) -> str:
    return type(value).__name__


# ------------------------------------------------------------------ writing


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _encode(made: Message, out: bytearray, level: int) -> None:
    if level > LEVELS_MAX:
        raise ValueError(f"a message of more than {LEVELS_MAX} levels")
    state = made.__dict__
    for row, tag, default in made.TABLE.writers:
        value = state[row.name]
        if row.label == REPEATED:
            _encode_list(row, tag, value, out, level)
        elif value is not None and (row.label == OPTIONAL or value != default):
            out += tag
            _encode_value(row, value, out, level)


def _encode_list(row: Field, tag: bytes, values: Any, out: bytearray, level: int) -> None:
    if not values:
        return
    if _WIRE_TYPES[row.kind] == _VARINT:
        packed = bytearray()
        for value in values:
            _encode_value(row, value, packed, level)
        out += _varint(row.number << 3 | _BYTES) + _varint(len(packed)) + packed
        return
    for value in values:
        out += tag
        _encode_value(row, value, out, level)


def _encode_value(row: Field, value: Any, out: bytearray, level: int) -> None:
    kind = row.kind
    if kind == "string":
        if not isinstance(value, str):
            raise TypeError(_wanted(row, "str", value))
        try:
            encoded = value.encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError(f"{row.name}: the text is no Unicode: {value!r}") from None
        out += _varint(len(encoded)) + encoded
    elif kind == "bool":
        if not isinstance(value, bool):
            raise TypeError(_wanted(row, "bool", value))
        out.append(value)
    elif kind == "message":
        assert row.type is not None
        if not isinstance(value, row.type):
            raise TypeError(_wanted(row, row.type.__name__, value))
        inner = bytearray()
        _encode(value, inner, level + 1)
        out += _varint(len(inner)) + inner
    elif kind == "bytes":
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise TypeError(_wanted(row, "bytes", value))
        out += _varint(len(value)) + value
    else:
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(_wanted(row, "int", value))
        limit = 1 << (31 if kind == "int32" else 63)
        if not -limit <= value < limit:
            raise ValueError(f"{row.name}: {value} does not fit {kind}")
        out += _varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def _wanted(row: Field, wanted: str, value: object) -> str:
    return f"{row.name}: {wanted} is wanted, not {_type_name(value)}"


# ------------------------------------------------------------------ reading


def _read_varint(data: bytes, at: int, end: int) -> Tuple[int, int]:
    """The number at ``at``, and where it ends."""
    number = shift = 0
    while True:
        if at >= end:
            raise CodecError("truncated")
        byte = data[at]
        at += 1
        if shift == 63 and byte > 1:
            raise CodecError("varint_too_long")
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7


def _read_length(data: bytes, at: int, end: int) -> Tuple[int, int]:
    """Where the bytes begin whose length is at ``at``, and where they end."""
    length, at = _read_varint(data, at, end)
    if length > end - at:
        raise CodecError("truncated")
    return at, at + length


def _read_tag(data: bytes, at: int, end: int) -> Tuple[int, int, int]:
    """A field's number, its wire type, and where its value begins."""
    tag, at = _read_varint(data, at, end)
    number, wire_type = tag >> 3, tag & 7
    if not 1 <= number <= FIELD_NUMBER_MAX:
        raise CodecError("invalid_field_number")
    if wire_type > _FOUR:
        raise CodecError("invalid_wire_type")
    return number, wire_type, at


def _decode(made: Message, data: bytes, at: int, end: int, level: int) -> None:
    """Reads ``data[at:end]`` into ``made``, which may have fields already."""
    if level > LEVELS_MAX:
        raise CodecError("too_deep")
    rows = made.TABLE.by_number
    state = made.__dict__
    while at < end:
        number, wire_type, at = _read_tag(data, at, end)
        row = rows.get(number)
        if row is None:
            if wire_type == _END:
                raise CodecError("group_mismatch")
            at = _skip(data, at, end, number, wire_type, level)
            continue
        try:
            if row.label == REPEATED:
                at = _decode_element(row, state[row.name], wire_type, data, at, end, level)
            elif row.kind == "message":
                if wire_type != _BYTES:
                    raise CodecError("wrong_wire_type")
                start, at = _read_length(data, at, end)
                inner = state[row.name]
                if inner is None:
                    inner = state[row.name] = row.type()  # type: ignore[misc]
                _decode(inner, data, start, at, level + 1)
            else:
                state[row.name], at = _decode_value(row.kind, wire_type, data, at, end)
        except CodecError as error:
            raise error._inside(row.path)


def _decode_element(
    row: Field, list: List[Any], wire_type: int, data: bytes, at: int, end: int, level: int
) -> int:
    """Reads one element of a list, or a pack of numbers; returns where it ends."""
    try:
        if row.kind == "message":
            if wire_type != _BYTES:
                raise CodecError("wrong_wire_type")
            start, at = _read_length(data, at, end)
            inner = row.type()  # type: ignore[misc]
            _decode(inner, data, start, at, level + 1)
            list.append(inner)
        elif wire_type == _BYTES and _WIRE_TYPES[row.kind] == _VARINT:
            at, pack_end = _read_length(data, at, end)
            while at < pack_end:
                value, at = _decode_value(row.kind, _VARINT, data, at, pack_end)
                list.append(value)
        else:
            value, at = _decode_value(row.kind, wire_type, data, at, end)
            list.append(value)
        return at
    except CodecError as error:
        raise error._inside(str(len(list) + 1))


def _decode_value(kind: str, wire_type: int, data: bytes, at: int, end: int) -> Tuple[Any, int]:
    """A value that is no message, and where it ends."""
    if wire_type != _WIRE_TYPES[kind]:
        raise CodecError("wrong_wire_type")
    if wire_type == _BYTES:
        start, at = _read_length(data, at, end)
        if kind == "bytes":
            return data[start:at], at
        try:
            # Such texts come again and again: kinds, states, IDs of a list's owner.
            return sys.intern(data[start:at].decode("utf-8")), at
        except UnicodeDecodeError:
            raise CodecError("invalid_utf8") from None
    number, at = _read_varint(data, at, end)
    if kind == "bool":
        return number != 0, at
    bits = 32 if kind == "int32" else 64
    number &= (1 << bits) - 1
    return (number - (1 << bits) if number >> (bits - 1) else number), at


def _skip(data: bytes, at: int, end: int, number: int, wire_type: int, level: int) -> int:
    """Passes over an unknown field's value; returns where it ends."""
    if wire_type == _VARINT:
        return _read_varint(data, at, end)[1]
    if wire_type == _BYTES:
        return _read_length(data, at, end)[1]
    if wire_type in (_EIGHT, _FOUR):
        at += 8 if wire_type == _EIGHT else 4
        if at > end:
            raise CodecError("truncated")
        return at
    # A group: groups inside it are kept on a list, so that no depth ends in a RecursionError.
    open_groups = [number]
    if level + 1 > LEVELS_MAX:
        raise CodecError("too_deep")
    while open_groups:
        number, wire_type, at = _read_tag(data, at, end)
        if wire_type == _START:
            open_groups.append(number)
            if level + len(open_groups) > LEVELS_MAX:
                raise CodecError("too_deep")
        elif wire_type == _END:
            if open_groups.pop() != number:
                raise CodecError("group_mismatch")
        else:
            at = _skip(data, at, end, number, wire_type, level)
    return at
