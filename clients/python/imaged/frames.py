"""Frames: a header of ten bytes and up to 4 MiB of data (``protocol/README.md`` § Frame)."""

from __future__ import annotations

import struct
from typing import NamedTuple, Optional, Union

HEADER_BYTES = 10
DATA_BYTES_MAX = 4 << 20
STREAM_ID_MAX = 0xFFFF_FFFF

# Types of frames.
REQUEST = 1
RESPONSE = 2
DATA = 3

# Flags of requests and data frames.
REMOTE_CLOSED = 1
REMOTE_OPEN = 2
NO_DATA = 4

_HEADER = struct.Struct(">IIBB")


class Frame(NamedTuple):
    """A whole frame."""

    stream_id: int
    type: int
    flags: int
    data: bytes


class TooLong(NamedTuple):
    """The header of a frame with more than 4 MiB of data, which are dropped as they come."""

    data_length: int
    stream_id: int
    type: int
    flags: int


class Reserved(NamedTuple):
    """A header whose first byte is not zero: nothing can be read behind it."""

    data_length: int
    stream_id: int
    type: int
    flags: int


Found = Union[Frame, TooLong, Reserved]


def encode_frame(stream_id: int, type: int, flags: int, data: bytes) -> bytes:
    """The bytes of a frame."""
    return _HEADER.pack(len(data), stream_id, type, flags) + data


class FrameDecoder:
    """Finds frames in bytes, however these were cut."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._at = 0
        self._dropping = 0

    @property
    def left(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._bytes) - self._at

    def feed(self, data: bytes) -> None:
        """Takes bytes as they came."""
        if self._at:
            del self._bytes[:self._at]
            self._at = 0
        self._bytes += data

    def next(self) -> Optional[Found]:
        """The next frame; None: more bytes are needed."""
        if self._dropping:
            dropped = min(self._dropping, self.left)
            self._at += dropped
            self._dropping -= dropped
        if self._dropping or self.left < HEADER_BYTES:
            return None
        length, stream_id, type, flags = _HEADER.unpack_from(self._bytes, self._at)
        if length > 0xFF_FFFF:
            return Reserved(length, stream_id, type, flags)
        if length > DATA_BYTES_MAX:
            self._at += HEADER_BYTES
            self._dropping = length
            return TooLong(length, stream_id, type, flags)
        start = self._at + HEADER_BYTES
        if len(self._bytes) < start + length:
            return None
        self._at = start + length
        return Frame(stream_id, type, flags, bytes(self._bytes[start:self._at]))
