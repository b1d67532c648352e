"""Errors: their kinds, their texts, and that they travel between processes."""

import pickle
import unittest

import imaged
from imaged.codes import error_codes
from imaged.history import outcome

from .support import table


class ErrorTests(unittest.TestCase):
    ALL = (
        imaged.NoDaemon(["/a", "/b"], "nothing is there"),
        imaged.NotSent("the client is closed"),
        imaged.OutcomeUnknown("x"),
        imaged.ConnectionLost("the daemon closed the connection"),
        imaged.NoAnswer("no answer within 7 s"),
        imaged.ECSError(
            "A.B", "text", http_status=403, parameter="P", hint="h", request_id="R", status=9,
            further=[imaged.ECSError("C", status=3)]),
        imaged.StatusError(12, "unknown", "R"),
        imaged.DeadlineExceeded(4, "late"),
        imaged.EventsLost(11, "slow"),
        imaged.DaemonFailed("it ended", "log"))

    def test_they_can_be_pickled(self):
        for error in self.ALL:
            with self.subTest(type(error).__name__):
                again = pickle.loads(pickle.dumps(error))
                self.assertIs(type(again), type(error))
                self.assertEqual(str(again), str(error))
                self.assertEqual(
                    {name: str(value) for name, value in vars(again).items()},
                    {name: str(value) for name, value in vars(error).items()})

    def test_they_are_what_a_caller_would_catch(self):
        for error in self.ALL:
            self.assertIsInstance(error, imaged.ImagedError)
        kinds = {
            type(error).__name__: (
                isinstance(error, ConnectionError), isinstance(error, TimeoutError),
                isinstance(error, imaged.OutcomeUnknown))
            for error in self.ALL}
        self.assertEqual(kinds, {
            "NoDaemon": (True, False, False), "NotSent": (False, False, False),
            "OutcomeUnknown": (False, False, True), "ConnectionLost": (True, False, True),
            "NoAnswer": (False, True, True), "ECSError": (False, False, False),
            "StatusError": (False, False, False), "DeadlineExceeded": (False, True, False),
            "EventsLost": (False, False, False), "DaemonFailed": (False, False, False)})

    def test_their_texts(self):
        self.assertEqual([str(error) for error in self.ALL], [
            "no daemon at /a, /b: nothing is there", "nothing was sent: the client is closed",
            "outcome unknown: x", "outcome unknown: the daemon closed the connection",
            "outcome unknown: no answer within 7 s", "A.B: text (P; h)",
            "UNIMPLEMENTED: unknown", "DEADLINE_EXCEEDED: late", "OUT_OF_RANGE: slow",
            "it ended: log"])

    def test_their_outcomes(self):
        self.assertEqual(outcome(self.ALL[5]), {"error": {
            "status": 9, "http_status": 403, "code": "A.B", "message": "text", "parameter": "P",
            "hint": "h", "request_id": "R", "further": [{"status": 3, "code": "C"}]}})
        self.assertEqual(outcome(self.ALL[7]), {"error": {"status": 4, "message": "late"}})
        self.assertEqual(outcome(self.ALL[3]), {"unknown": True})


class CodeTests(unittest.TestCase):
    def test_the_codes_are_those_of_ecs_md(self):
        found = []
        for row in table("ecs.md", "## Errors"):
            code = row[2].strip("`")
            if code not in found:
                found.append(code)
        self.assertGreater(len(found), 60)
        self.assertEqual(list(error_codes("CreateImage")), found)


if __name__ == "__main__":
    unittest.main()
