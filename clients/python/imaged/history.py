"""What a client asked and what it was told, as JSON lines that a checker can judge.

Each call is two lines: ``invoke`` when it begins, and ``ok``, ``fail`` (refused: nothing has
happened) or ``info`` (nobody knows) when it ends. A call without a second line was still under
way::

    {"process": "p3", "call": 7, "type": "invoke", "time": 81234567890, "op": "CreateImage",
     "account": "race", "args": {"instance_id": "i-1", "client_token": "t3"}}
    {"process": "p3", "call": 7, "type": "fail", "time": 81236543210, "op": "CreateImage",
     "account": "race", "result": {"error": {"status": 9, "code": ...}}}

``time`` is CLOCK_MONOTONIC in nanoseconds, which all processes of a machine share. ``process`` and
``call`` tell which lines belong together: a client has any number of calls under way. A process
that is forked off one writes as ``p3-PID``. Messages
are in the JSON form of ``protocol/vectors/README.md``, results as outcomes in
``protocol/scenarios/README.md``.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import threading
import time
from typing import Any, Dict, Optional, Union

from .codec import Message
from .errors import ECSError, ImagedError, NoDaemon, NotSent, OutcomeUnknown, StatusError
from .json_form import to_json
from .operations import Operation

_log = logging.getLogger("imaged")

# Calls are numbered within the process, so that several clients of one name may share a file.
_numbers = itertools.count(1)


def next_number() -> int:
    """A number for a call that nobody else in this process has."""
    return next(_numbers)


def outcome(result: Union[Message, BaseException]) -> Dict[str, Any]:
    """How a call ended, as ``protocol/scenarios/README.md`` writes it."""
    if isinstance(result, Message):
        return {"response": to_json(result)}
    if isinstance(result, ECSError):
        return {"error": _ecs_error(result)}
    if isinstance(result, StatusError):
        error = {
            "status": int(result.status), "message": result.message,
            "request_id": result.request_id}
        return {"error": {name: value for name, value in error.items() if value}}
    if isinstance(result, (NoDaemon, NotSent)):
        return {"error": {"message": str(result)}}
    return {"unknown": True}


def _ecs_error(error: ECSError) -> Dict[str, Any]:
    form = {
        "status": int(error.status), "http_status": error.http_status, "code": error.code,
        "message": error.message, "parameter": error.parameter, "hint": error.hint,
        "request_id": error.request_id, "further": [_ecs_error(each) for each in error.further]}
    return {name: value for name, value in form.items() if value}


class History:
    """Writes the lines of one client.

    :param target: a path, to whose file lines are appended, or an object with ``write``.
    :param process: what the client is called; None: by its process id.
    """

    def __init__(self, target: Any, process: Optional[str] = None) -> None:
        self._process = process
        self._suffix = ""  # of the name, in a process that was forked off
        # Reentrant: a signal's handler may call while its thread is writing here.
        self._lock = threading.RLock()
        self._file: Any = None
        self._descriptor = -1
        if hasattr(target, "write"):
            self._file = target
        else:
            self._descriptor = os.open(
                target, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)

    def invoke(self, operation: Operation, account: Optional[str], request: Message) -> int:
        """Writes that a call begins; returns its number."""
        number = next_number()
        self._write(number, "invoke", operation, account, {"args": to_json(request)})
        return number

    def complete(
        self, number: int, operation: Operation, account: Optional[str],
        result: Union[Message, BaseException],
    ) -> None:
        """Writes how a call ended. If it cannot be written (a full disk), that is a warning: the
        call has ended as it has, and its caller must hear of that."""
        if isinstance(result, Message):
            kind = "ok"
        elif isinstance(result, ImagedError) and not isinstance(result, OutcomeUnknown):
            kind = "fail"
        else:
            kind = "info"
        form = outcome(result)
        if kind == "info":
            form["reason"] = str(result) or type(result).__name__
        try:
            self._write(number, kind, operation, account, {"result": form})
        except Exception as error:
            _log.warning(
                "the end of call %d, %s, is missing in its history: %s", number, operation.name,
                error)

    def close(self) -> None:
        """Closes what was opened here."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def __del__(self) -> None:
        if getattr(self, "_descriptor", -1) >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def after_fork(self) -> None:
        """In a forked child: whoever held the lock is not there, and the numbers of calls are
        its parent's too, so that it needs a name of its own."""
        self._lock = threading.RLock()
        self._suffix = f"-{os.getpid()}"

    @property
    def _name(self) -> str:
        return str(os.getpid()) if self._process is None else self._process + self._suffix

    def _write(
        self, number: int, kind: str, operation: Operation, account: Optional[str],
        more: Dict[str, Any],
    ) -> None:
        line: Dict[str, Any] = {
            "process": self._name, "call": number, "type": kind,
            "time": time.monotonic_ns(), "op": operation.name, "account": account or "default"}
        line.update(more)
        text = json.dumps(line, ensure_ascii=False) + "\n"
        with self._lock:
            if self._file is not None:
                self._file.write(text)
            elif self._descriptor >= 0:
                # One write: lines of several processes do not mix.
                os.write(self._descriptor, text.encode("utf-8", "replace"))
