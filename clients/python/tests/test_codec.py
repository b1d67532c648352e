"""The codec against every vector of ``protocol/vectors``, and what it says of wrong values."""

import dataclasses
import pickle
import unittest
from random import Random

from imaged import messages
from imaged.codec import CodecError
from imaged.json_form import from_json, to_json

from .support import Sample, message_named, vectors

FILES = ("messages.json", "proto.json", "request.json", "response.json")


class VectorTests(unittest.TestCase):
    def each(self, refused):
        """The vectors that are refused, or those that are not."""
        count = 0
        for file in FILES:
            for vector in vectors(file):
                if ("refused" in vector) == refused:
                    count += 1
                    with self.subTest(file=file, vector=vector["name"]):
                        yield vector, message_named(vector["message"])
        self.assertGreater(count, 100)

    def test_valid_ones_are_read(self):
        for vector, cls in self.each(refused=False):
            made = cls.decode(bytes.fromhex(vector["hex"]))
            self.assertEqual(made, from_json(cls, vector["fields"]))
            self.assertEqual(to_json(made), vector["fields"])

    def test_valid_ones_are_written(self):
        for vector, cls in self.each(refused=False):
            made = from_json(cls, vector["fields"])
            self.assertEqual(made.encode().hex(), vector.get("canonical", vector["hex"]))

    def test_refused_ones_are_refused_by_name(self):
        for vector, cls in self.each(refused=True):
            with self.assertRaises(CodecError) as caught:
                cls.decode(bytes.fromhex(vector["hex"]))
            found = (caught.exception.rule, caught.exception.field)
            self.assertEqual(found, (vector["refused"], vector["field"]))

    def test_every_prefix_of_a_message_is_a_message_or_refused(self):
        for vector, cls in self.each(refused=False):
            data = bytes.fromhex(vector["hex"])[:400]
            for end in range(len(data)):
                try:
                    cls.decode(data[:end]).encode()
                except CodecError as error:
                    self.assertIn(error.rule, ("truncated", "invalid_utf8"))


    def test_whatever_the_bytes_are_they_are_a_message_or_refused(self):
        random = Random(7)
        valid = [
            (vector["message"], bytes.fromhex(vector["hex"]))
            for vector in vectors("messages.json") if vector.get("hex") and (
                "refused" not in vector)]
        for _ in range(5000):
            name, data = random.choice(valid)
            changed = bytearray(data[:300])
            for _ in range(random.randint(1, 4)):
                changed[random.randrange(len(changed))] = random.choice(
                    (0, 0x7F, 0x80, 0xFF, random.randrange(256)))
            cls = message_named(name)
            try:
                made = cls.decode(changed)
            except CodecError:
                continue
            self.assertEqual(cls.decode(made.encode()), made, (name, changed.hex()))


class MessageTests(unittest.TestCase):
    def test_nested_messages_may_be_given_as_mappings(self):
        given = messages.CreateImageRequest(
            disk_device_mapping=[{"size": 0}, messages.DiskDeviceMapping(device="/dev/xvda")],
            features={"imds_support": "v2"})
        self.assertEqual(given, messages.CreateImageRequest(
            disk_device_mapping=[
                messages.DiskDeviceMapping(size=0),
                messages.DiskDeviceMapping(device="/dev/xvda")],
            features=messages.ImageRequestFeatures(imds_support="v2")))

    def test_none_is_absent(self):
        self.assertEqual(
            messages.CreateImageRequest(image_name=None, tag=None, dry_run=None),
            messages.CreateImageRequest())

    def test_messages_are_dataclasses(self):
        tag = messages.RequestTag(key="a")
        self.assertEqual(dataclasses.replace(tag, value=""), messages.RequestTag(key="a", value=""))
        self.assertEqual(
            dataclasses.asdict(tag),
            {"key": "a", "value": None, "legacy_key": "", "legacy_value": None})
        self.assertEqual(
            repr(messages.RequestTag(key="a", value="")), "RequestTag(key='a', value='')")
        self.assertEqual(pickle.loads(pickle.dumps(tag)), tag)

    def test_an_unknown_field_is_named_with_what_it_may_have_been(self):
        with self.assertRaisesRegex(
                TypeError, "CreateImageRequest has no field instanceid: did you mean instance_id"):
            messages.CreateImageRequest(instanceid="i-1")
        with self.assertRaisesRegex(TypeError, "tag: RequestTag has no field nmae"):
            messages.CreateImageRequest(tag=[{"nmae": "x"}])

    def test_values_of_a_wrong_type_are_named(self):
        for fields, said in (
                ({"int32_value": "1"}, "int32_value: int is wanted, not str"),
                ({"int32_value": True}, "int32_value: int is wanted, not bool"),
                ({"bool_value": 1}, "bool_value: bool is wanted, not int"),
                ({"string_value": b"x"}, "string_value: str is wanted, not bytes"),
                ({"bytes_value": "x"}, "bytes_value: bytes is wanted, not str"),
                ({"message_value": 1}, "message_value: Sample is wanted, not int")):
            with self.subTest(said), self.assertRaisesRegex(TypeError, said):
                Sample(**fields).encode()
        with self.assertRaisesRegex(TypeError, "string_list: a list is wanted, not str"):
            Sample(string_list="abc")

    def test_values_that_do_not_fit_are_named(self):
        for fields, said in (
                ({"int32_value": 1 << 31}, "int32_value: 2147483648 does not fit int32"),
                ({"int64_value": -(1 << 63) - 1}, "int64_value: -9223372036854775809"),
                ({"string_value": "\ud800"}, "string_value: the text is no Unicode")):
            with self.subTest(said), self.assertRaisesRegex(ValueError, said):
                Sample(**fields).encode()

    def test_levels_are_bounded_in_writing_too(self):
        made = Sample()
        for _ in range(31):
            made = Sample(message_value=made)
        self.assertEqual(Sample.decode(made.encode()), made)
        with self.assertRaises(ValueError):
            Sample(message_value=made).encode()


if __name__ == "__main__":
    unittest.main()
