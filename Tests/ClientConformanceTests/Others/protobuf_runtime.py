"""The program `conformance` (protocol/scenarios/README.md) with Google's protobuf runtime: the
messages are made of imaged.proto by protoc, the frames are the few lines below.

    protoc --descriptor_set_out=SET imaged.proto
    python3 protobuf_runtime.py --socket PATH --descriptors SET

It connects once, and sends nothing again: scenarios that lose answers are not for it.
"""

import argparse
import json
import queue
import socket
import struct
import sys
import threading

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "imaged.v1."
REQUEST, RESPONSE, DATA = 1, 2, 3
REMOTE_CLOSED, NO_DATA = 1, 4


class Schema:
    """The messages and operations of a descriptor set."""

    def __init__(self, path):
        files = descriptor_pb2.FileDescriptorSet()
        with open(path, "rb") as file:
            files.ParseFromString(file.read())
        self.pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            self.pool.AddSerializedFile(file.SerializeToString())
        self.operations = {}
        for service in files.file[0].service:
            for method in service.method:
                self.operations[method.name] = (
                    PACKAGE + service.name,
                    self.message(method.input_type[1:]),
                    self.message(method.output_type[1:]),
                )
        self.request = self.message(PACKAGE + "Request")
        self.response = self.message(PACKAGE + "Response")
        self.error = self.message(PACKAGE + "Error")

    def message(self, name):
        descriptor = self.pool.FindMessageTypeByName(name)
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(self.pool).GetPrototype(descriptor)


def is_repeated(field):
    if hasattr(type(field), "is_repeated"):
        return field.is_repeated
    return field.label == field.LABEL_REPEATED


def fill(message, members):
    """Puts the JSON of the scenarios into `message`."""

    def scalar(field, value):
        if field.type == field.TYPE_BYTES:
            return bytes.fromhex(value)
        return int(value) if field.type == field.TYPE_INT64 else value

    for name, value in members.items():
        field = message.DESCRIPTOR.fields_by_name[name]
        if field.message_type is None:
            if is_repeated(field):
                getattr(message, name).extend(scalar(field, each) for each in value)
            else:
                setattr(message, name, scalar(field, value))
        elif is_repeated(field):
            for each in value:
                fill(getattr(message, name).add(), each)
        else:
            getattr(message, name).SetInParent()
            fill(getattr(message, name), value)
    return message


def to_json(message):
    """The JSON of the scenarios: what is absent or default is left out."""

    def value(field, each):
        if field.message_type is not None:
            return to_json(each)
        if field.type == field.TYPE_BYTES:
            return each.hex()
        return str(each) if field.type == field.TYPE_INT64 else each

    members = {}
    for field, each in message.ListFields():
        if is_repeated(field):
            members[field.name] = [value(field, one) for one in each]
        else:
            members[field.name] = value(field, each)
    return members


class Connection:
    """A connection and the thread that reads it. Each stream has a queue of what comes on it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.lock = threading.Lock()
        self.streams = {}
        self.next_id = 1
        threading.Thread(target=self.read_frames, daemon=True).start()

    def begin(self, data, flags=0):
        with self.lock:
            stream = self.next_id
            self.next_id += 2
            self.streams[stream] = queue.Queue()
            self.socket.sendall(struct.pack(">IIBB", len(data), stream, REQUEST, flags) + data)
        return stream

    def read(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("closed before the answer")
            data += part
        return data

    def read_frames(self):
        try:
            while True:
                length, stream, kind, flags = struct.unpack(">IIBB", self.read(10))
                self.streams[stream].put((kind, flags, self.read(length)))
        except OSError:
            for waiting in list(self.streams.values()):
                waiting.put(None)


class Program:
    def __init__(self, schema, path):
        self.schema = schema
        self.connection = Connection(path)
        self.begun = {}

    def begin(self, command, flags=0):
        service, request, _ = self.schema.operations[command["call"]]
        envelope = self.schema.request(
            service=service,
            method=command["call"],
            payload=fill(request(), command.get("request", {})).SerializeToString(),
            timeout_nano=command.get("timeout_ms", 0) * 1_000_000,
        )
        if "account" in command:
            envelope.metadata.add(key="account", value=command["account"])
        if command.get("explain"):
            envelope.metadata.add(key="explain", value="true")
        return self.connection.begin(envelope.SerializeToString(), flags)

    def end(self, command, stream):
        seconds = command["give_up_ms"] / 1000 if "give_up_ms" in command else None
        try:
            frame = self.connection.streams[stream].get(timeout=seconds)
        except queue.Empty:
            return {"unknown": True}
        if frame is None:
            return {"unknown": True}
        response = self.schema.response.FromString(frame[2])
        if response.status.code:
            return {"error": self.error(response.status)}
        answer = self.schema.operations[command["call"]][2]
        return {"response": to_json(answer.FromString(response.payload))}

    def error(self, status):
        errors = []
        for detail in status.details:
            # What Any.Unpack does; this Any is the file's own, so that it needs no other.
            if detail.type_url.split("/")[-1] == self.schema.error.DESCRIPTOR.full_name:
                errors.append(to_json(self.schema.error.FromString(detail.value)))
        first = errors[0] if errors else {}
        answer = {"status": status.code, **first}
        answer.setdefault("message", status.message)
        if errors[1:]:
            answer["further"] = errors[1:]
        return answer

    def events(self, name, count):
        stream, found = self.begun[name]
        while len(found) < count:
            kind, flags, data = self.connection.streams[stream].get()
            if kind != DATA or flags & NO_DATA:
                return {"error": self.error(self.schema.response.FromString(data).status)}
            answer = self.schema.operations["Watch"][2].FromString(data)
            found += [to_json(event) for event in answer.events]
        events, found[:count] = found[:count], []
        return {"events": events}

    def answer(self, command):
        if "begin" in command:
            self.begun[command["begin"]] = (command, self.begin(command))
            return {"begun": command["begin"]}
        if "end" in command:
            return self.end(*self.begun.pop(command["end"]))
        if "cancel" in command:
            _, stream = self.begun[command["cancel"]]
            self.begin({"call": "Cancel", "request": {"stream_id": stream}})
            return {"asked": command["cancel"]}
        if "together" in command:
            begun = [(call, self.begin(call)) for call in command["together"]]
            return {"outcomes": [self.end(*each) for each in begun]}
        if "watch" in command:
            watch = {**command, "call": "Watch"}
            self.begun[command["watch"]] = (self.begin(watch, REMOTE_CLOSED), [])
            return {"begun": command["watch"]}
        if "next" in command:
            return self.events(command["next"], command["count"])
        if "leave" in command:
            stream, _ = self.begun.pop(command["leave"])
            self.begin({"call": "Cancel", "request": {"stream_id": stream}})
            return {"left": command["leave"]}
        return self.end(command, self.begin(command))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", required=True)
    parser.add_argument("--descriptors", required=True)
    arguments = parser.parse_args()
    program = Program(Schema(arguments.descriptors), arguments.socket)
    for line in sys.stdin:
        print(json.dumps(program.answer(json.loads(line))), flush=True)


main()
