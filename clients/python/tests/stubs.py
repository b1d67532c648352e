"""The text of ``imaged/methods.pyi``, made of the table of operations.

    python3 -m tests.stubs --write      in clients/python, after a change of the tables
"""

from __future__ import annotations

import sys
import textwrap
from typing import List

from imaged.operations import OPERATIONS, Operation

from .support import CLIENT

PATH = CLIENT / "imaged" / "methods.pyi"

_HEAD = '''"""What ``methods.py`` makes, for editors and type checkers."""

from typing import Any, Iterable, Mapping, TypedDict

from typing_extensions import Unpack

from . import messages as m

OPTIONS: tuple[str, ...]

class CallOptions(TypedDict, total=False):
    timeout: float | None
    give_up: float | None
    account: str | None
    explain: bool

_Fields = Mapping[str, Any]
'''
_TYPES = {"int32": "int", "int64": "int", "bool": "bool", "string": "str", "bytes": "bytes"}


def text() -> str:
    """The whole stub."""
    parts = [_HEAD]
    for cls, keyword in (("SyncMethods", "def"), ("AsyncMethods", "async def")):
        parts.append(f"\nclass {cls}:\n")
        parts.append(
            f"    {keyword} _invoke(self, request: Any, options: Any) -> Any: ...\n")
        for operation in OPERATIONS:
            if not operation.streaming:
                parts.append(_method(operation, keyword))
    return "".join(parts)


def _method(operation: Operation, keyword: str) -> str:
    parameters: List[str] = ["self"]
    for row in operation.request.TABLE.fields:
        if row.type:
            hint = f"m.{row.type.__name__} | _Fields"
        else:
            hint = _TYPES[row.kind]
        if row.is_repeated:
            hint = f"Iterable[{hint}]"
        star = "*, " if len(parameters) == 1 else ""
        parameters.append(f"{star}{row.name}: {hint} | None = ...")
    parameters.append("**options: Unpack[CallOptions]")
    # Lines are broken between parameters only: a blank inside one is held together.
    head = f"    {keyword} {operation.method}("
    held = ", ".join(each.replace(" ", "\0") for each in parameters)
    held += f")\x00->\x00m.{operation.response.__name__}:"
    if len(head) + len(held) > 100:
        head += "\n" + textwrap.fill(
            held, 100, initial_indent=8 * " ", subsequent_indent=8 * " ",
            break_long_words=False)
    else:
        head += held
    return '{}\n        """{}"""\n'.format(head.replace("\0", " "), operation.summary)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PATH.write_text(text(), "utf-8")
    else:
        print(text(), end="")
