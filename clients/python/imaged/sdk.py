"""Code that calls ECS with an Alibaba Cloud SDK, unchanged, against imaged.

The Python SDKs know no variable for an endpoint. So while a ``Redirection`` is in force, their
calls of ECS go to imaged, whatever endpoint and keys a client was made with, before or since.
Calls of other products are not touched. A program of its own process is started by::

    IMAGED_ENDPOINT=127.0.0.1:8377 python3 -m imaged.sdk PROGRAM.py [ARGUMENT ...]
    IMAGED_ENDPOINT=127.0.0.1:8377 python3 -m imaged.sdk -m MODULE [ARGUMENT ...]

in the account that $ALIBABA_CLOUD_ACCESS_KEY_ID names (without it: ``default``).
"""

from __future__ import annotations

import copy
import functools
import importlib
import importlib.util
import json
import os
import runpy
import sys
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Tuple

if TYPE_CHECKING:
    from .world import CallLog

MISSING = (
    "no Alibaba Cloud SDK is installed: pip install alibabacloud-ecs20140526, "
    "or aliyun-python-sdk-ecs for the older one")

_VERSION = "2014-05-26"  # of ECS's interface: no other product has it with these operations
_SECRET = "secret"  # any will do

# What a request says beside its operation's parameters.
_COMMON = frozenset((
    "Action", "Version", "Format", "AccessKeyId", "Timestamp", "SecurityToken", "SignatureMethod",
    "SignatureNonce", "SignatureType", "SignatureVersion", "Signature"))


def found() -> List[str]:
    """The SDKs that are installed: the modules that all their products share."""
    return [
        name for name in ("alibabacloud_tea_openapi", "aliyunsdkcore")
        if importlib.util.find_spec(name) is not None]


class Redirection:
    """While in force, in a ``with`` or from ``start`` to ``stop``: every SDK's calls of ECS go to
    one account of imaged; variables that name a proxy are gone; and those that name keys name
    that account, $IMAGED_ENDPOINT the endpoint, for programs that the code starts.

    :ivar endpoint: where ECS is: ``"127.0.0.1:8377"``.
    :ivar access_key_id: who calls. It may be changed at any time: ``ACCOUNT/USER`` is the
        account's RAM user.
    """

    def __init__(
        self, endpoint: str, access_key_id: str, log: "Optional[CallLog]" = None,
    ) -> None:
        """:param log: takes the calls."""
        self.endpoint = endpoint.partition("://")[2] or endpoint
        self.access_key_id = access_key_id
        self._log = log
        self._undo: List[Callable[[], None]] = []

    def start(self) -> "Redirection":
        """Begins.

        :raises ModuleNotFoundError: there is no SDK.
        """
        sdks = found()
        if not sdks:
            raise ModuleNotFoundError(MISSING)
        try:
            if "alibabacloud_tea_openapi" in sdks:
                self._patch_new()
            if "aliyunsdkcore" in sdks:
                self._patch_old()
            self._change_environment()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Everything is as it was."""
        while self._undo:
            self._undo.pop()()

    def __enter__(self) -> "Redirection":
        return self.start()

    def __exit__(self, *_: Any) -> None:
        self.stop()

    # -------------------------------------------------------------- the environment

    def _change_environment(self) -> None:
        changes: Dict[str, Optional[str]] = {
            # The newest SDK uses a proxy for 127.0.0.1 too, and minds no NO_PROXY.
            name: None for name in os.environ if name.lower().endswith("_proxy")}
        changes["ALIBABA_CLOUD_SECURITY_TOKEN"] = None
        changes["IMAGED_ENDPOINT"] = self.endpoint
        for prefix in ("ALIBABA_CLOUD", "ALIYUN"):
            changes[prefix + "_ACCESS_KEY_ID"] = self.access_key_id
            changes[prefix + "_ACCESS_KEY_SECRET"] = _SECRET
        before = {name: os.environ.get(name) for name in changes}
        self._undo.append(lambda: _set_environment(before))
        _set_environment(changes)

    # -------------------------------------------------------------- the SDKs

    def _replace(self, owner: Any, name: str, value: Any) -> None:
        before = getattr(owner, name)
        self._undo.append(lambda: setattr(owner, name, before))
        setattr(owner, name, functools.wraps(before)(value))

    def _patch_new(self) -> None:
        """alibabacloud-ecs20140526 and the others on alibabacloud-tea-openapi."""
        cls = importlib.import_module("alibabacloud_tea_openapi.client").Client
        call, call_async = cls.call_api, cls.call_api_async

        def call_api(client: Any, params: Any, request: Any, runtime: Any) -> Any:
            if getattr(params, "version", None) != _VERSION:
                return call(client, params, request, runtime)
            note = self._begin(params.action, _sent_new(request))
            try:
                answer = call(self._redirected_new(client), params, request, runtime)
            except BaseException as error:
                note(_outcome_of(error))
                raise
            note(_response(answer.get("body")))
            return answer

        async def call_api_async(client: Any, params: Any, request: Any, runtime: Any) -> Any:
            if getattr(params, "version", None) != _VERSION:
                return await call_async(client, params, request, runtime)
            note = self._begin(params.action, _sent_new(request))
            try:
                answer = await call_async(self._redirected_new(client), params, request, runtime)
            except BaseException as error:
                note(_outcome_of(error))
                raise
            note(_response(answer.get("body")))
            return answer

        self._replace(cls, "call_api", call_api)
        self._replace(cls, "call_api_async", call_api_async)

    def _redirected_new(self, client: Any) -> Any:
        """A client for one call: the given one stays as it is, for calls after the test."""
        models = importlib.import_module("alibabacloud_credentials.models")
        credentials = importlib.import_module("alibabacloud_credentials.client")
        redirected = copy.copy(client)
        redirected._endpoint = self.endpoint
        redirected._protocol = "http"
        redirected._credential = credentials.Client(models.Config(
            type="access_key", access_key_id=self.access_key_id, access_key_secret=_SECRET))
        redirected._http_proxy = redirected._https_proxy = redirected._socks_5proxy = None
        return redirected

    def _patch_old(self) -> None:
        """aliyun-python-sdk-ecs and the others on aliyun-python-sdk-core."""
        cls = importlib.import_module("aliyunsdkcore.client").AcsClient
        act = cls._implementation_of_do_action
        keys = importlib.import_module("aliyunsdkcore.auth.credentials").AccessKeyCredential
        signers = importlib.import_module("aliyunsdkcore.auth.signers.access_key_signer")

        def implementation(client: Any, request: Any, signer: Any = None) -> Any:
            version = getattr(request, "get_version", lambda: None)()
            if version != _VERSION:
                return act(client, request, signer)
            note = self._begin(request.get_action_name(), _sent_old(request))
            redirected = copy.copy(client)
            redirected._port = 80  # means: as the endpoint has it
            redirected.proxy = None
            sent = copy.copy(request)
            sent.set_endpoint(self.endpoint)
            sent.set_protocol_type("http")
            signer = signers.AccessKeySigner(keys(self.access_key_id, _SECRET))
            try:
                answer = act(redirected, sent, signer)
            except BaseException as error:
                note(_outcome_of(error))
                raise
            finally:
                redirected.session = None  # else it closes the session that both have
            note(_outcome_old(answer))
            return answer

        self._replace(cls, "_implementation_of_do_action", implementation)

    # -------------------------------------------------------------- what was called

    def _begin(
        self, operation: str, request: Dict[str, Any],
    ) -> Callable[[Dict[str, Any]], None]:
        log = self._log
        if log is None:
            return lambda outcome: None
        number = log.begin(operation, request)
        return lambda outcome: log.end(number, outcome)


def _set_environment(changes: Mapping[str, Optional[str]]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _parameters(*given: Any) -> Dict[str, Any]:
    return {
        name: value for each in given if isinstance(each, Mapping)
        for name, value in each.items() if value is not None and name not in _COMMON}


def _sent_new(request: Any) -> Dict[str, Any]:
    return _parameters(request.query, request.body)


def _sent_old(request: Any) -> Dict[str, Any]:
    return _parameters(request.get_query_params(), request.get_body_params())


def _response(body: Any) -> Dict[str, Any]:
    return {"response": dict(body) if isinstance(body, Mapping) else {}}


def _outcome_old(answer: Tuple[Any, Any, Any, Any]) -> Dict[str, Any]:
    """Of the status, the headers, the body and the error of an answer."""
    if answer[3] is not None:
        return _outcome_of(answer[3])
    try:
        return _response(json.loads(answer[2]))
    except ValueError:
        return _response(None)


def _outcome_of(error: BaseException) -> Dict[str, Any]:
    """How a call ended that raised this: with ECS's code and status, or nobody knows how."""
    data = getattr(error, "data", None)
    told: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    form = {
        "http_status":
            getattr(error, "status_code", None) or getattr(error, "http_status", None),
        "code": getattr(error, "code", None) or getattr(error, "error_code", None),
        "message":
            told.get("Message") or getattr(error, "message", None) or str(error),
        "parameter": told.get("Parameter"), "hint": told.get("Hint")}
    if not form["http_status"]:
        return {"unknown": True, "reason": f"{type(error).__name__}: {error}"}
    return {"error": {name: value for name, value in form.items() if value}}


def main(arguments: List[str]) -> None:
    """Runs a program with its SDKs redirected to $IMAGED_ENDPOINT."""
    is_module = arguments[:1] == ["-m"]
    rest = arguments[1:] if is_module else arguments
    if not rest or rest[0].startswith("-"):
        sys.exit("Usage: python3 -m imaged.sdk PROGRAM.py|-m MODULE [ARGUMENT ...]")
    endpoint = os.environ.get("IMAGED_ENDPOINT")
    if not endpoint:
        sys.exit("IMAGED_ENDPOINT is not set: the daemon's ADDR:PORT, 127.0.0.1:8377")
    if not found():
        sys.exit(MISSING)
    Redirection(endpoint, os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID") or "default").start()
    sys.argv = list(rest)
    if is_module:
        sys.path.insert(0, os.getcwd())
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(rest[0])))
        runpy.run_path(rest[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
