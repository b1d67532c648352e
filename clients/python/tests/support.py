"""What several tests need: the folder ``protocol``, its vectors and what its texts say."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from imaged import DaemonFailed, messages
from imaged.codec import OPTIONAL, REPEATED, Message, boolean, int32, int64, nested, octets, string
from imaged.daemon import find_binary

CLIENT = pathlib.Path(__file__).resolve().parent.parent
PROTOCOL = CLIENT.parent.parent / "protocol"


class Sample(Message):
    """The message of ``vectors/sample.proto``."""

    int32_value: int = int32(1)
    int64_value: int = int64(2)
    bool_value: bool = boolean(3)
    string_value: str = string(4)
    bytes_value: bytes = octets(5)
    message_value: Any = nested(6, "Sample")
    string_list: List[str] = string(7, REPEATED)
    message_list: List[Any] = nested(8, "Sample", REPEATED)
    optional_int32: Any = int32(9, OPTIONAL)
    optional_int64: Any = int64(10, OPTIONAL)
    optional_bool: Any = boolean(11, OPTIONAL)
    optional_string: Any = string(12, OPTIONAL)
    number_list: List[int] = int64(13, REPEATED)
    two_byte_tag: int = int32(16)
    last_number: int = int32(536870911)


def vectors(file: str) -> List[Dict[str, Any]]:
    """The vectors of one file."""
    return json.loads((PROTOCOL / "vectors" / file).read_text("utf-8"))["vectors"]


def message_named(name: str) -> Any:
    return Sample if name == "Sample" else getattr(messages, name)


class SchemaField(NamedTuple):
    label: str
    type: str
    name: str
    number: int


class Method(NamedTuple):
    service: str
    name: str
    request: str
    response: str
    streaming: bool


class Schema:
    """What a .proto file of this project says, read from its text."""

    def __init__(self, path: str) -> None:
        self.messages: Dict[str, List[SchemaField]] = {}
        self.methods: List[Method] = []
        message = service = ""
        for line in (PROTOCOL / path).read_text("utf-8").splitlines():
            code = line.split("//")[0]
            opened = re.match(r"(message|service) (\w+) \{", code)
            if opened:
                message = service = ""
                if opened[1] == "message":
                    message = opened[2]
                    self.messages[message] = []
                else:
                    service = opened[2]
            rpc = re.match(r"  rpc (\w+)\((\w+)\) returns \((stream )?(\w+)\);", code)
            if rpc:
                self.methods.append(
                    Method("imaged.v1." + service, rpc[1], rpc[2], rpc[4], bool(rpc[3])))
            field = re.match(r"  (?:(optional|repeated) )?(\w+) (\w+) = (\d+);", code)
            if field:
                self.messages[message].append(
                    SchemaField(field[1] or "", field[2], field[3], int(field[4])))


def table(path: str, heading: str) -> Iterator[Tuple[str, ...]]:
    """The rows of the first table below a heading of a text in ``protocol``, without its head."""
    text = (PROTOCOL / path).read_text("utf-8").split(f"\n{heading}\n", 1)[1]
    rows = []
    for line in text.splitlines():
        if line.startswith("|"):
            rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
        elif rows:
            break
    return iter(rows[2:])


def daemon_is_there() -> bool:
    """Whether there is a daemon to try the client against."""
    try:
        find_binary()
    except DaemonFailed:
        return False
    return True
