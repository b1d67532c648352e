"""The client's tables against ``protocol/imaged.proto`` and ``protocol/README.md``, both ways."""

import unittest

from imaged import messages
from imaged.codec import Envelope, Message, RequestOf
from imaged.errors import StatusCode
from imaged.operations import OPERATIONS

from .support import Method, Sample, Schema, SchemaField, table


def _rows(cls):
    return [
        SchemaField(
            row.label, row.type.__name__ if row.type else row.kind, row.name, row.number)
        for row in cls.TABLE.fields]


class MessageTableTests(unittest.TestCase):
    def setUp(self):
        self.schema = Schema("imaged.proto")

    def test_every_message_has_its_fields(self):
        self.assertGreater(len(self.schema.messages), 150)
        for name, fields in self.schema.messages.items():
            with self.subTest(name):
                self.assertTrue(hasattr(messages, name), f"the message {name} is missing")
                self.assertEqual(
                    _rows(getattr(messages, name)), sorted(fields, key=lambda each: each.number))

    def test_no_message_is_there_beside_them(self):
        ours = {
            name for name, value in vars(messages).items()
            if isinstance(value, type) and issubclass(value, Message)}
        self.assertEqual(ours - {"Message", "RequestOf"}, set(self.schema.messages))
        self.assertEqual(set(messages.__all__), set(self.schema.messages))

    def test_the_sample_of_the_vectors_has_its_fields(self):
        self.assertEqual(
            _rows(Sample), Schema("vectors/sample.proto").messages["Sample"])

    def test_type_hints_agree_with_the_kinds(self):
        types = {"int32": "int", "int64": "int", "bool": "bool", "string": "str", "bytes": "bytes"}
        for name in messages.__all__:
            cls = getattr(messages, name)
            for row in cls.TABLE.fields:
                hint = row.type.__name__ if row.type else types[row.kind]
                if row.label == "repeated":
                    hint = f"List[{hint}]"
                elif row.label == "optional" or row.type:
                    hint = f"Optional[{hint}]"
                with self.subTest(message=name, field=row.name):
                    self.assertEqual(cls.__annotations__[row.name], hint)

    def test_envelopes_are_those_of_the_readme(self):
        self.assertEqual(
            {each.__name__ for each in Envelope.__subclasses__()},
            {"Request", "Response", "KeyValue", "Status", "Any"})


class OperationTableTests(unittest.TestCase):
    def test_every_operation_of_the_readme_is_there(self):
        ours = {(each.service, each.name): each for each in OPERATIONS}
        rows = list(table("README.md", "## Operations"))
        self.assertGreater(len(rows), 60)
        for service, name, since, again, streaming in rows:
            key = (service.strip("`"), name.strip("`"))
            with self.subTest(key[1]):
                self.assertIn(key, ours, f"the operation {key[1]} is missing")
                operation = ours[key]
                self.assertEqual(
                    (str(operation.since), operation.again, operation.streaming),
                    (since, again, streaming.startswith("yes")))

    def test_there_are_no_others_and_their_order_is_the_readmes(self):
        self.assertEqual(
            [(each.service, each.name) for each in OPERATIONS],
            [(row[0].strip("`"), row[1].strip("`"))
             for row in table("README.md", "## Operations")])

    def test_requests_and_answers_are_those_of_the_proto(self):
        self.assertEqual(
            [Method(
                each.service, each.name, each.request.__name__, each.response.__name__,
                each.streaming) for each in OPERATIONS],
            Schema("imaged.proto").methods)

    def test_a_token_is_a_field_of_every_request_that_may_be_repeated_by_one(self):
        for operation in OPERATIONS:
            has_token = "client_token" in operation.request.TABLE.by_name
            if operation.name != "AddFaultRule":
                self.assertEqual(operation.again == "token", has_token, operation.name)

    def test_requests_say_their_answers_to_type_checkers(self):
        for operation in OPERATIONS:
            base = operation.request.__orig_bases__[0]
            self.assertIs(base.__origin__, RequestOf)
            self.assertEqual(
                base.__args__[0].__forward_arg__, operation.response.__name__, operation.name)

    def test_methods_have_distinct_names_in_snake_case(self):
        names = {each.name: each.method for each in OPERATIONS}
        self.assertEqual(len(set(names.values())), len(OPERATIONS))
        self.assertEqual(names["CreateImage"], "create_image")
        self.assertEqual(names["SetKMSKey"], "set_kms_key")
        self.assertEqual(names["DescribeImageFromFamily"], "describe_image_from_family")

    def test_no_field_of_a_request_is_named_as_an_option_of_a_call(self):
        options = {"timeout", "give_up", "account", "explain"}
        for operation in OPERATIONS:
            self.assertFalse(options & set(operation.request.TABLE.by_name), operation.name)


class StatusTableTests(unittest.TestCase):
    def test_every_code_of_the_readme_is_there(self):
        text = list(table("README.md", "## Errors"))
        self.assertTrue(text)
        from .support import PROTOCOL
        import re
        errors = (PROTOCOL / "README.md").read_text("utf-8").split("\n## Errors\n")[1]
        errors = errors.split("\n## ")[0]
        found = {
            (int(number), name)
            for name, number in re.findall(r"\| ([A-Z_]+) \| (\d+) \|", errors)}
        self.assertGreater(len(found), 10)
        self.assertEqual(
            found, {(each.value, each.name) for each in StatusCode if each.value})


if __name__ == "__main__":
    unittest.main()
