"""Alibaba Cloud's own SDKs, unchanged, against the daemon: imaged.sdk and the plugin's imaged_sdk.

$IMAGED_SDK_PYTHON names a Python that has them, and pytest.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from unittest import mock

import imaged
from imaged import sdk

from .support import CLIENT, daemon_is_there
from .test_plugin import PYTEST

PYTHON = os.environ.get("IMAGED_SDK_PYTHON", "")
REQUIRED = bool(os.environ.get("IMAGED_REQUIRE_TOOLS"))
NEEDED = ("pytest", "alibabacloud_ecs20140526", "aliyunsdkecs")

NEW = '''
import asyncio
import os
import subprocess
import sys
import time

import pytest
from alibabacloud_credentials.client import Client as Credentials
from alibabacloud_credentials.models import Config as CredentialsConfig
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config

POLICY = """{"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "ecs:DescribeImages", "Resource": "*"}]}"""
KEYS = dict(access_key_id="LTAI5t", access_key_secret="s")
EARLY = Client(Config(endpoint="ecs.invalid", protocol="https", http_proxy="http://127.0.0.1:9",
                      **KEYS))


def client():
    return Client(Config(region_id="cn-hangzhou", **KEYS))


def bake(ecs, vm, name):
    made = ecs.create_image(models.CreateImageRequest(
        region_id="cn-hangzhou", instance_id=vm, image_name=name)).body
    while not ecs.describe_images(models.DescribeImagesRequest(
            region_id="cn-hangzhou", image_id=made.image_id)).body.images.image:
        time.sleep(30)
    return made.image_id


def own_images():
    return client().describe_images(models.DescribeImagesRequest(
        region_id="cn-hangzhou", image_owner_alias="self", status="ALL")).body.images.image


@pytest.mark.parametrize("number", range(3))
def test_bake_in_an_account_of_its_own(imaged, imaged_sdk, number):
    assert own_images() == []
    imaged.clock.take_sleep()
    assert bake(client(), imaged.add_instance(), "web") == imaged.image("web").image_id
    assert imaged.clock.elapsed == 30
    assert [each.image_name for each in own_images()] == ["web"]
    called = imaged.calls("CreateImage")
    assert [each.request["ImageName"] for each in called] == ["web"]
    assert called[0].outcome["response"]["ImageId"] == imaged.image("web").image_id


def test_a_client_from_before_is_reached_and_stays_what_it_was(imaged, imaged_sdk):
    imaged.clock.take_sleep()
    bake(EARLY, imaged.add_instance(), "early")
    assert len(imaged.images()) == 1
    assert (EARLY._endpoint, EARLY._protocol) == ("ecs.invalid", "https")
    assert EARLY._credential.get_credential().access_key_id == "LTAI5t"


def test_credentials_objects_and_keys_of_the_environment(imaged, imaged_sdk):
    token = Credentials(CredentialsConfig(
        type="sts", access_key_id="STS.x", access_key_secret="s", security_token="t"))
    for ecs in (
            Client(Config(credential=token, region_id="cn-hangzhou")),
            Client(Config(
                access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
                endpoint=imaged.endpoint, protocol="http"))):
        vm = imaged.add_instance()
        found = ecs.describe_instances(models.DescribeInstancesRequest(
            region_id="cn-hangzhou")).body.instances.instance
        assert vm in [each.instance_id for each in found]


def test_coroutines(imaged, imaged_sdk):
    async def create():
        return (await client().create_image_async(models.CreateImageRequest(
            region_id="cn-hangzhou", instance_id=vm, image_name="async"))).body.image_id

    vm = imaged.add_instance()
    assert asyncio.run(create()) == imaged.image("async").image_id
    assert len(imaged.calls("CreateImage")) == 1


def test_a_refusal_is_the_sdks_own(imaged, imaged_sdk):
    with pytest.raises(ClientException) as caught:
        bake(client(), "i-none", "web")
    assert caught.value.code == "InvalidInstanceId.NotFound"
    assert caught.value.status_code == 404
    told = imaged.calls("CreateImage")[0].outcome["error"]
    assert (told["code"], told["parameter"]) == ("InvalidInstanceId.NotFound", "InstanceId")
    imaged.fault("CreateImage", code="TooManySnapshot.Unfinished")
    with pytest.raises(ClientException) as caught:
        bake(client(), imaged.add_instance(), "web")
    assert caught.value.code == "TooManySnapshot.Unfinished"


def test_a_ram_user(imaged, imaged_sdk):
    imaged.client.set_ram_user(
        ram_user="dev", policy=[{"policy_document": POLICY}])
    vm = imaged.add_instance()
    imaged_sdk.access_key_id = imaged.access_key_id + "/dev"
    assert own_images() == []
    with pytest.raises(ClientException) as caught:
        bake(client(), vm, "web")
    assert caught.value.code == "Forbidden"


def test_another_process(imaged, imaged_sdk, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("""
import sys
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
ecs = Client(Config(region_id="cn-hangzhou", access_key_id="x", access_key_secret="y"))
print(ecs.create_image(models.CreateImageRequest(
    region_id="cn-hangzhou", instance_id=sys.argv[1], image_name="far")).body.image_id)
""")
    told = subprocess.run(
        [sys.executable, "-B", "-m", "imaged.sdk", str(program), imaged.add_instance()],
        stdout=subprocess.PIPE, universal_newlines=True, check=True)
    assert told.stdout.strip() == imaged.image("far").image_id


def test_all_is_undone():
    from alibabacloud_tea_openapi.client import Client as Base
    from aliyunsdkcore.client import AcsClient
    assert os.environ["HTTP_PROXY"] == os.environ["https_proxy"] == "http://127.0.0.1:9"
    assert "IMAGED_ENDPOINT" not in os.environ
    assert os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID") == "mine"
    for function in (Base.call_api, Base.call_api_async, AcsClient._implementation_of_do_action):
        assert not hasattr(function, "__wrapped__")
'''

OLD = '''
import json
import time

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from aliyunsdkecs.request.v20140526.CreateImageRequest import CreateImageRequest
from aliyunsdkecs.request.v20140526.DescribeImagesRequest import DescribeImagesRequest


def bake(client, vm, name):
    create = CreateImageRequest()
    create.set_InstanceId(vm)
    create.set_ImageName(name)
    create.set_protocol_type("https")
    image = json.loads(client.do_action_with_exception(create))["ImageId"]
    assert (create.endpoint, create.get_protocol_type()) == (None, "https")
    describe = DescribeImagesRequest()
    describe.set_ImageId(image)
    while not json.loads(client.do_action_with_exception(describe))["Images"]["Image"]:
        time.sleep(30)
    return image


@pytest.mark.parametrize("client", [
    AcsClient("LTAI", "secret", "cn-hangzhou"),
    AcsClient("LTAI", "secret", "cn-hangzhou", port=443, proxy={"http": "http://127.0.0.1:9"}),
    AcsClient(region_id="cn-hangzhou", credential=StsTokenCredential("STS.x", "s", "t"))])
def test_bake(imaged, imaged_sdk, client):
    imaged.clock.take_sleep()
    assert bake(client, imaged.add_instance(), "web") == imaged.image("web").image_id
    assert imaged.clock.elapsed == 30
    assert len(imaged.images()) == 1
    assert len(imaged.calls("DescribeImages")) == 2
    assert client.session is not None


def test_without_keys_and_by_a_common_request(imaged, imaged_sdk):
    request = CommonRequest(
        domain="ecs.aliyuncs.com", version="2014-05-26", action_name="DescribeInstances")
    request.set_method("POST")
    vm = imaged.add_instance()
    found = json.loads(AcsClient(region_id="cn-hangzhou").do_action_with_exception(request))
    assert [each["InstanceId"] for each in found["Instances"]["Instance"]] == [vm]


def test_a_refusal_is_the_sdks_own(imaged, imaged_sdk):
    with pytest.raises(ServerException) as caught:
        bake(AcsClient("LTAI", "secret", "cn-hangzhou"), "i-none", "web")
    assert caught.value.get_error_code() == "InvalidInstanceId.NotFound"
    assert caught.value.get_http_status() == 404
    told = imaged.calls("CreateImage")[0].outcome["error"]
    assert (told["http_status"], told["code"]) == (404, "InvalidInstanceId.NotFound")
'''

FAILING = '''
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config


def test_it_fails(imaged, imaged_sdk):
    ecs = Client(Config(region_id="cn-hangzhou", access_key_id="x", access_key_secret="y"))
    ecs.create_image(models.CreateImageRequest(
        region_id="cn-hangzhou", instance_id="i-none", image_name="web"))
'''

NO_SDK = '''
import sys

for name in ("alibabacloud_tea_openapi", "aliyunsdkcore"):
    sys.modules[name] = None


def test_it(imaged_sdk):
    pass
'''


def readme():
    """The test of "Code that calls the Alibaba SDK"."""
    text = (CLIENT / "README.md").read_text("utf-8")
    section = text.split("\n## Code that calls the Alibaba SDK\n", 1)[1].split("\n## ", 1)[0]
    (block,) = re.findall(r"^```python\n(.*?)^```$", section, re.M | re.S)
    return block


def missing():
    """Why the SDKs' tests cannot run; empty: they can."""
    if not PYTHON:
        return "IMAGED_SDK_PYTHON names no Python with " + ", ".join(NEEDED)
    look = "from importlib.util import find_spec as f; import sys; " \
           "print(*[n for n in sys.argv[1:] if not f(n)])"
    try:
        lacks = subprocess.run(
            [PYTHON, "-c", look, *NEEDED], stdout=subprocess.PIPE, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        return f"IMAGED_SDK_PYTHON: {error}"
    return f"IMAGED_SDK_PYTHON, {PYTHON}, has no {lacks.strip()}" if lacks.strip() else ""


class PytestRun(unittest.TestCase):
    def pytest(self, python, **files):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        for name, source in files.items():
            with open(os.path.join(directory, name + ".py"), "w", encoding="utf-8") as file:
                file.write(source)
        return subprocess.run(
            [python, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-p",
             "imaged.pytest_plugin", *(name + ".py" for name in files)],
            cwd=directory, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=dict(
                os.environ, PYTHONPATH=str(CLIENT), PYTHONDONTWRITEBYTECODE="1",
                PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", ALIBABA_CLOUD_ACCESS_KEY_ID="mine",
                # Where nobody answers: whoever asked it would fail.
                HTTP_PROXY="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9"))


@unittest.skipUnless(daemon_is_there(), "no daemon: set IMAGED to its program")
class SDKTests(PytestRun):
    @classmethod
    def setUpClass(cls):
        reason = missing()
        if reason and REQUIRED:
            raise AssertionError(reason)
        if reason:
            raise unittest.SkipTest(reason)

    def test_code_with_either_sdk_and_the_readmes(self):
        run = self.pytest(PYTHON, test_new=NEW, test_old=OLD, test_readme=readme())
        self.assertIn(" 16 passed", run.stdout)
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_a_failed_test_shows_the_sdks_calls(self):
        run = self.pytest(PYTHON, test_failing=FAILING)
        self.assertIn("1 failed", run.stdout)
        shown = run.stdout.split("calls of imaged", 1)[1]
        self.assertIn('CreateImage(', shown)
        self.assertIn('InstanceId="i-none"', shown)
        self.assertIn("refused: 404 InvalidInstanceId.NotFound", shown)


@unittest.skipUnless(daemon_is_there(), "no daemon: set IMAGED to its program")
class EndpointTests(PytestRun):
    def get(self, endpoint, query):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{endpoint}/?{query}", timeout=20) as answer:
            return json.load(answer)

    def test_the_account_is_reached_by_http(self):
        with imaged.start(http=True) as daemon, daemon.account() as world:
            self.assertRegex(daemon.endpoint, r"^127\.0\.0\.1:\d+$")
            self.assertEqual(
                (world.endpoint, world.access_key_id, world.region_id),
                (daemon.endpoint, world.account, "cn-hangzhou"))
            vm = world.add_instance()
            told = self.get(
                world.endpoint, "Action=DescribeInstances&Version=2014-05-26"
                f"&RegionId={world.region_id}&AccessKeyId={world.access_key_id}")
            self.assertEqual(
                [each["InstanceId"] for each in told["Instances"]["Instance"]], [vm])

    def test_it_stays_where_it_is_over_a_crash(self):
        with imaged.start(http="localhost:0") as daemon:
            before = daemon.endpoint
            daemon.kill()
            with self.assertRaises(urllib.error.URLError):
                self.get(before, "")
            daemon.restart()
            self.assertEqual(daemon.endpoint, before)
            self.get(before, "Action=DescribeRegions&Version=2014-05-26&AccessKeyId=a")

    def test_a_daemon_without_it_says_so(self):
        with imaged.start() as daemon, daemon.account() as world:
            self.assertIsNone(daemon.endpoint)
            with self.assertRaisesRegex(imaged.ImagedError, r"imaged\.start\(http=True\)"):
                world.sdk()
        with self.assertRaisesRegex(imaged.DaemonFailed, "--fixture"):
            imaged.start(fixture=False, http=True)

    @unittest.skipUnless(PYTEST, "pytest is not installed")
    def test_without_an_sdk_the_fixture_says_what_to_install(self):
        run = self.pytest(sys.executable, test_it=NO_SDK)
        self.assertIn("1 error", run.stdout)
        self.assertIn("the fixture imaged_sdk: no Alibaba Cloud SDK is installed", run.stdout)
        self.assertIn("pip install alibabacloud-ecs20140526, or aliyun-python-sdk-ecs", run.stdout)


class ProgramTests(unittest.TestCase):
    def refusal(self, *arguments):
        with self.assertRaises(SystemExit) as caught:
            sdk.main(list(arguments))
        return str(caught.exception)

    def test_what_is_missing_is_said(self):
        with mock.patch.dict(os.environ):
            os.environ.pop("IMAGED_ENDPOINT", None)
            for arguments in ([], ["-m"], ["-x"]):
                self.assertIn("Usage", self.refusal(*arguments))
            self.assertIn("IMAGED_ENDPOINT is not set", self.refusal("program.py"))
            os.environ["IMAGED_ENDPOINT"] = "127.0.0.1:1"
            with mock.patch.object(sdk, "found", lambda: []):
                self.assertIn("pip install", self.refusal("program.py"))
                with self.assertRaises(ModuleNotFoundError):
                    sdk.Redirection("127.0.0.1:1", "a").start()


if __name__ == "__main__":
    unittest.main()
