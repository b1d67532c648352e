"""Frames as ``protocol/vectors/frames.json`` has them: whole, byte by byte, joined."""

import unittest

from imaged.frames import Frame, FrameDecoder, Reserved, TooLong, encode_frame

from .support import vectors


def _bytes(vector):
    return b"".join(
        bytes.fromhex(part["hex"]) * part.get("times", 1) for part in vector["parts"])


def _all(decoder, *pieces):
    """What is found in the pieces, one after another; nothing more is asked behind Reserved."""
    found = []
    for piece in pieces:
        decoder.feed(piece)
        while not (found and isinstance(found[-1], Reserved)):
            next = decoder.next()
            if next is None:
                break
            found.append(next)
    return found


class FrameTests(unittest.TestCase):
    def check(self, vector, found, left):
        wanted = []
        for frame in vector["frames"]:
            rest = (frame["stream_id"], frame["type"], frame["flags"])
            if frame["found"] == "frame":
                index = len(wanted)
                data = frame.get("data")
                data = bytes.fromhex(data) if data is not None else found[index].data
                self.assertEqual(len(data), frame["data_length"])
                wanted.append(Frame(*rest, data))
            else:
                cls = {"too_long": TooLong, "reserved": Reserved}[frame["found"]]
                wanted.append(cls(frame["data_length"], *rest))
        self.assertEqual(found, wanted)
        self.assertEqual(left, vector["left"])

    def test_whole(self):
        for vector in vectors("frames.json"):
            with self.subTest(vector["name"]):
                decoder = FrameDecoder()
                self.check(vector, _all(decoder, _bytes(vector)), decoder.left)

    def test_byte_by_byte(self):
        for vector in vectors("frames.json"):
            data = _bytes(vector)
            # Of the very large ones the ends come byte by byte, the middle in one piece.
            edge = len(data) if len(data) < 100_000 else 1_000
            pieces = [data[at:at + 1] for at in range(edge)]
            if edge < len(data):
                pieces.append(data[edge:-edge])
                pieces += [data[at:at + 1] for at in range(len(data) - edge, len(data))]
            with self.subTest(vector["name"]):
                decoder = FrameDecoder()
                self.check(vector, _all(decoder, *pieces), decoder.left)

    def test_joined_behind_others(self):
        before = encode_frame(1, 2, 0, b"before")
        for vector in vectors("frames.json"):
            with self.subTest(vector["name"]):
                decoder = FrameDecoder()
                found = _all(decoder, before * 3 + _bytes(vector))
                self.assertEqual(found[:3], [Frame(1, 2, 0, b"before")] * 3)
                self.check(vector, found[3:], decoder.left)

    def test_what_is_written_is_read(self):
        decoder = FrameDecoder()
        frame = Frame(0xFFFF_FFFF, 3, 5, b"\0" * 70_000)
        self.assertEqual(_all(decoder, encode_frame(*frame)), [frame])


if __name__ == "__main__":
    unittest.main()
