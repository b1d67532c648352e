"""Sends requests with the real Alibaba Cloud SDKs, one for each line of its input.

A line in:  {"sdk": 7 or 1, "endpoint": "127.0.0.1:PORT", "key": ..., "action": "CreateImage",
             "request": ECS's parameters as one JSON object,
             "parameters": [[name, value], ...], the same as they travel}
A line out: {"ok": the response} or {"error": {"type", "code", "status", "message", "request_id"}}

SDK 7 (alibabacloud-ecs20140526) gets its own request model and signs with version 3; SDK 1
(aliyun-python-sdk-ecs) signs with version 1.
"""

import importlib
import json
import os
import re
import sys

for name in [n for n in os.environ if n.lower().endswith("_proxy")]:
    del os.environ[name]

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient

SECRET = "secret"


def snake_case(action):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()


def call7(line):
    config = Config(
        endpoint=line["endpoint"], protocol="http", access_key_id=line["key"],
        access_key_secret=SECRET)
    parameters = dict(line["request"])
    # Lists that are a JSON array in one text.
    for name in ("InstanceIds", "DiskIds", "SnapshotIds"):
        if name in parameters:
            parameters[name] = json.dumps(parameters[name]) if parameters[name] else None
    request = getattr(models, line["action"] + "Request")().from_map(parameters)
    try:
        response = getattr(Client(config), snake_case(line["action"]))(request)
    except AlibabaCloudException as error:
        # The SDK puts the status before the message and the request's ID behind it.
        text = re.fullmatch(
            r"code: \d+, (.*) request id: \S*", error.message, re.DOTALL).group(1)
        return {"error": {
            "type": type(error).__name__, "code": error.code, "status": error.status_code,
            "message": text, "request_id": error.data["RequestId"]}}
    assert response.status_code == 200, response.status_code
    return {"ok": response.body.to_map()}


def call1(line):
    action = line["action"]
    module = importlib.import_module(f"aliyunsdkecs.request.v20140526.{action}Request")
    request = getattr(module, f"{action}Request")()
    request.set_endpoint(line["endpoint"])
    request.set_protocol_type("http")
    request.set_accept_format("json")
    for name, value in line["parameters"]:
        request.add_query_param(name, value)
    region = line["request"].get("RegionId") or ""
    try:
        # Without tries of its own after a 503, which would only take time.
        client = AcsClient(line["key"], SECRET, region, auto_retry=False)
        return {"ok": json.loads(client.do_action_with_exception(request))}
    except ServerException as error:
        return {"error": {
            "type": type(error).__name__, "code": error.get_error_code(),
            "status": error.get_http_status(), "message": error.get_error_msg(),
            "request_id": error.get_request_id()}}


def main():
    for text in sys.stdin:
        line = json.loads(text)
        answer = call7(line) if line["sdk"] == 7 else call1(line)
        print(json.dumps(answer), flush=True)


main()
