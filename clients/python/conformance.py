#!/usr/bin/env python3
"""The conformance program of the Python client: ``protocol/scenarios/README.md``.

Reads a command a line, carries it out through the client's public interface, and writes an answer
a line.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, Dict, List

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import imaged  # noqa: E402
from imaged.history import outcome  # noqa: E402
from imaged.json_form import from_json, to_json  # noqa: E402
from imaged.operations import BY_NAME  # noqa: E402


class Conformance:
    def __init__(self, socket: str) -> None:
        self.client = imaged.connect(socket)
        self.calls: Dict[str, Any] = {}
        self.watches: Dict[str, Any] = {}

    def answer(self, command: Dict[str, Any]) -> Dict[str, Any]:
        if "together" in command:
            begun = [self.begin(each) for each in command["together"]]
            return {"outcomes": [self.outcome(each) for each in begun]}
        if "begin" in command:
            self.calls[command["begin"]] = self.begin(command)
            return {"begun": command["begin"]}
        if "call" in command:
            return self.outcome(self.begin(command))
        if "cancel" in command:
            self.calls[command["cancel"]].cancel()
            return {"asked": command["cancel"]}
        if "end" in command:
            return self.outcome(self.calls.pop(command["end"]))
        if "operations" in command:
            return {"operations": [
                {"service": each.service, "name": each.name, "again": each.again,
                 "streaming": each.streaming}
                for each in imaged.OPERATIONS]}
        if "stream_ids_from" in command:
            self.client._link.connection().skip_to(command["stream_ids_from"])
            return {}
        return self.watching(command)

    def watching(self, command: Dict[str, Any]) -> Dict[str, Any]:
        if "watch" in command:
            request = from_json(imaged.messages.WatchRequest, command.get("request", {}))
            options = {"account": command["account"]} if "account" in command else {}
            self.watches[command["watch"]] = self.client.watch(request, **options)
            return {"begun": command["watch"]}
        if "next" in command:
            events: List[Any] = []
            try:
                for _ in range(command.get("count", 1)):
                    events.append(to_json(self.watches[command["next"]].next()))
            except imaged.ImagedError as error:
                return outcome(error)
            return {"events": events}
        if "leave" in command:
            self.watches.pop(command["leave"]).close()
            return {"left": command["leave"]}
        raise ValueError(f"no such command: {command}")

    def begin(self, command: Dict[str, Any]) -> Any:
        """The call that a command is about, under way."""
        options: Dict[str, Any] = {
            name: command[name] for name in ("account", "explain") if name in command}
        if "timeout_ms" in command:
            options["timeout"] = command["timeout_ms"] / 1000
        if "give_up_ms" in command:
            options["give_up"] = command["give_up_ms"] / 1000
            options.setdefault("timeout", None)
        operation = BY_NAME[command["call"]]
        request: Any = from_json(operation.request, command.get("request", {}))
        return self.client.begin(request, **options)

    def outcome(self, call: Any) -> Dict[str, Any]:
        try:
            return outcome(call.result())
        except imaged.ImagedError as error:
            return outcome(error)


def main() -> None:
    parser = argparse.ArgumentParser(description="carries out scenarios' commands")
    parser.add_argument("--socket", required=True, help="the daemon's socket")
    conformance = Conformance(parser.parse_args().socket)
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(conformance.answer(json.loads(line))), flush=True)
    conformance.client.close()


if __name__ == "__main__":
    main()
