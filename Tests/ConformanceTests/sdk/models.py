"""Reads answers with the models of the real SDK (alibabacloud-ecs20140526), and tells what of them
the SDK has read otherwise.

Input: {"DescribeImages": the answer, ...}. Output: a line for each difference; nothing is right.
"""

import json
import sys

from alibabacloud_ecs20140526 import models

# What this daemon adds: the SDK passes it over.
OURS = {
    "FailureReason", "SizeBytes", "StoredBytes", "Consistency", "Damage", "Path",
}
# Of an image from DescribeImageFromFamily the SDK reads less than of others.
LESS = {
    "Usable", "BootMode", "OSNameEn", "ImageOwnerId", "IsPublic", "LoginAsNonRootSupported",
    "ResourceGroupId", "LicenseType", "SupplierName", "Features", "DetectionOptions",
    "SecureBootOptions", "Progress", "RemainTime", "Encrypted",
}
# Annotations are text.
TYPES = {"str": str, "int": int, "bool": bool, "float": float}


def wrong_types(model, path):
    """Attributes whose value is not of the type that the model says."""
    if isinstance(model, list):
        for index, element in enumerate(model):
            yield from wrong_types(element, f"{path}[{index}]")
    if not hasattr(model, "to_map"):
        return
    hints = type(model).__init__.__annotations__
    for name, value in vars(model).items():
        hint = TYPES.get(hints.get(name))
        if value is not None and hint and type(value) is not hint:
            yield f"{path}.{name} is {value!r}, and not of {hint}"
        yield from wrong_types(value, f"{path}.{name}")


def differences(sent, read, path, ignored):
    if isinstance(sent, dict) and isinstance(read, dict):
        for name in sent.keys() | read.keys():
            if name in ignored and name not in read:
                continue
            yield from differences(sent.get(name), read.get(name), f"{path}.{name}", ignored)
    elif isinstance(sent, list) and isinstance(read, list) and len(sent) == len(read):
        for index, pair in enumerate(zip(sent, read)):
            yield from differences(*pair, f"{path}[{index}]", ignored)
    elif sent != read or type(sent) is not type(read):
        yield f"{path}: sent {sent!r}, read {read!r}"


def main():
    answers = json.load(sys.stdin)
    for action, answer in sorted(answers.items()):
        model = getattr(models, action + "ResponseBody")().from_map(answer)
        ignored = OURS | (LESS if action == "DescribeImageFromFamily" else set())
        for line in differences(answer, model.to_map(), action, ignored):
            print(line)
        for line in wrong_types(model, action):
            print(line)
    print(f"{len(answers)} answers", file=sys.stderr)


main()
