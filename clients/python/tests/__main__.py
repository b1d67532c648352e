"""Runs all tests, and names those that were skipped: ``python3 -B clients/python/tests``."""

import pathlib
import sys
import unittest

CLIENT = pathlib.Path(__file__).resolve().parent.parent


def main() -> int:
    sys.path.insert(0, str(CLIENT))
    suite = unittest.defaultTestLoader.discover(
        str(CLIENT / "tests"), top_level_dir=str(CLIENT))
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
