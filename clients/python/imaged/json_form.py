"""Messages as JSON, in the form of ``protocol/vectors/README.md``.

Names are those of the .proto file, 64-bit numbers are strings, bytes are lower-case hexadecimal,
absent and default fields are left out.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Type, TypeVar

from .codec import REPEATED, Field, Message

_M = TypeVar("_M", bound=Message)


def to_json(made: Message) -> Dict[str, Any]:
    """What ``json.dumps`` takes for a message."""
    form: Dict[str, Any] = {}
    for row, _, default in made.TABLE.writers:
        value = getattr(made, row.name)
        if row.label == REPEATED:
            if value:
                form[row.name] = [_value_to_json(row, each) for each in value]
        elif value is not None and (row.label or value != default):
            form[row.name] = _value_to_json(row, value)
    return form


def from_json(cls: Type[_M], form: Mapping[str, Any]) -> _M:
    """The message of such a form.

    :raises TypeError: it has a field that the message has not.
    :raises ValueError: a number or hexadecimal text that is none.
    """
    values = {}
    for name, value in form.items():
        row = cls.TABLE.by_name.get(name)
        if row is None:
            raise TypeError(f"{cls.__name__} has no field {name}")
        if row.label == REPEATED:
            values[name] = [_value_from_json(row, each) for each in value]
        else:
            values[name] = _value_from_json(row, value)
    return cls(**values)


def _value_to_json(row: Field, value: Any) -> Any:
    if row.kind == "int64":
        return str(value)
    if row.kind == "bytes":
        return bytes(value).hex()
    return to_json(value) if row.kind == "message" else value


def _value_from_json(row: Field, value: Any) -> Any:
    if row.kind == "int64":
        return int(value)
    if row.kind == "bytes":
        return bytes.fromhex(value)
    if row.kind == "message":
        assert row.type is not None
        return from_json(row.type, value)
    return value
