"""A world of its own for a test: an account, its clock, its jobs and its faults."""

from __future__ import annotations

import datetime
import functools
import json
import time
from typing import (
    TYPE_CHECKING, Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple,
    Union)

from .client import Client, connect
from .errors import ECSError, ImagedError
from .history import next_number
from .messages import (
    AccountClock, Disk, HeldRequest, Image, Instance, Job, RegisteredDisk, Snapshot)

if TYPE_CHECKING:
    from .sdk import Redirection

REGION = "cn-hangzhou"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_PAUSE = 0.005  # seconds between two looks

# The real one: a world's clock may stand in for it.
_sleep = time.sleep


class World:
    """An account that a test has for itself, and what only a test does to it.

    ``client`` acts in it; ``imaged.start().account()`` and the pytest fixture ``imaged`` make it.
    Closing it, or leaving its ``with``, drops the account if it was made here.

    :ivar socket: the path of the daemon's socket.
    :ivar account: the account's ID.
    :ivar client: an ``imaged.Client`` in the account.
    :ivar clock: the account's clock.
    :ivar jobs: the work on its snapshots and images.
    :ivar region: where resources are made and looked for; ``region_id`` is the same.
    """

    def __init__(
        self, socket: str, name: Optional[str] = None, *, region: str = REGION,
        endpoint: Optional[str] = None, **options: Any,
    ) -> None:
        self.socket = socket
        self._endpoint = endpoint
        self.region = region
        self._log = CallLog()
        self._options = options
        self._clients: List[Client] = []
        # The world's own, as the account's owner: no test closes it, or is any other user there.
        self._link = connect(socket)
        self._is_ours = False
        try:
            self.account, self._is_ours = _account(self._link, name)
            # For looks of the world's own, which are no calls of the test's.
            self._look = self._link.using(account=self.account)
            self.client = self.connect()
            # What only a test does is the owner's alone.
            self._owner = self.client.using(ram_user=None)
            self.clock = Clock(self._owner, self._look)
            self.jobs = Jobs(self._owner, self._look)
        except BaseException:
            self._drop()
            raise

    def connect(self, **options: Any) -> Client:
        """Another client in the account, with the options of ``imaged.connect``."""
        given: Dict[str, Any] = {"record": self._log}
        given.update(self._options)
        given.update(options)
        made = connect(self.socket, self.account, **given)
        self._clients.append(made)
        return made

    # -------------------------------------------------------------- the SDK

    @property
    def endpoint(self) -> str:
        """Where an Alibaba Cloud SDK finds the account, by http: ``"127.0.0.1:8377"``.

        :raises ImagedError: the daemon speaks no HTTP.
        """
        if self._endpoint is None:
            raise ImagedError("the daemon speaks no HTTP: start it with imaged.start(http=True)")
        return self._endpoint

    @property
    def access_key_id(self) -> str:
        """The AccessKeyId that means this account; any secret goes with it."""
        return self.account

    @property
    def region_id(self) -> str:
        """Where resources are made and looked for."""
        return self.region

    def sdk(self) -> "Redirection":
        """In a ``with``, every Alibaba Cloud SDK in this process finds ECS in this account."""
        from .sdk import Redirection  # what most tests do not need

        return Redirection(self.endpoint, self.access_key_id, self._log)

    # -------------------------------------------------------------- resources

    def add_instance(
        self, disks: Sequence[Union[str, Dict[str, Any], RegisteredDisk]] = ("cloud_essd:40",),
        status: str = "Stopped", **fields: Any,
    ) -> str:
        """Makes an instance; returns its ID.

        :param disks: the system disk, then the data disks: ``"cloud_essd:40"`` is a simulated one
            of that category and so many GiB, ``"/vms/web.raw"`` a raw file.
        :param status: Stopped, Running, or one that only a test sets: Pending, Starting, Stopping.
        :param fields: further fields of RegisterInstanceRequest.
        """
        settled = status in ("Stopped", "Running")
        fields.setdefault("region_id", self.region)
        made = self.client.register_instance(
            disk=[_disk(each) for each in disks], status=status if settled else "Stopped",
            **fields)
        if not settled:
            self._owner.set_instance(instance_id=made.instance_id, status=status)
        return made.instance_id

    def images(self, **fields: Any) -> List[Image]:
        """The account's own images of every status, newest first.

        :param fields: further conditions, fields of DescribeImagesRequest.
        """
        fields.setdefault("image_owner_alias", "self")
        fields.setdefault("status", "ALL")
        fields.setdefault("region_id", self.region)
        return _all_pages(lambda number: self._look.describe_images(
            page_number=number, page_size=100, **fields), "images")

    def image(self, name: str) -> Image:
        """The image with this name or ID.

        :raises LookupError: there is none.
        """
        for image in self.images():
            if name in (image.image_id, image.image_name):
                return image
        there = [each.image_name or each.image_id for each in self.images()]
        raise LookupError(f"no image {name}; there are {there}")

    def snapshots(self, **fields: Any) -> List[Snapshot]:
        """The account's snapshots of every status, newest first."""
        fields.setdefault("region_id", self.region)
        return _all_pages(lambda number: self._look.describe_snapshots(
            page_number=number, page_size=100, **fields), "snapshots")

    def instances(self, **fields: Any) -> List[Instance]:
        """The account's instances, newest first."""
        fields.setdefault("region_id", self.region)
        return _all_pages(lambda number: self._look.describe_instances(
            page_number=number, page_size=100, **fields), "instances")

    def disks(self, **fields: Any) -> List[Disk]:
        """The account's disks, newest first."""
        fields.setdefault("region_id", self.region)
        return _all_pages(lambda number: self._look.describe_disks(
            page_number=number, page_size=100, **fields), "disks")

    # -------------------------------------------------------------- rules

    def limits(self, **limits: int) -> Dict[str, int]:
        """Sets limits of the account, ``limits(UnfinishedSnapshots=8)``; returns all of them."""
        answer = self._owner.set_limits(
            limit=[{"name": name, "value": value} for name, value in limits.items()])
        return {each.name: each.value for each in answer.limits}

    def fault(
        self, operation: str = "CreateImage", *, code: Optional[str] = None,
        hold: Optional[float] = None, times: int = 1, client_token: Optional[str] = None,
    ) -> "Fault":
        """Lets requests fail with a code, or, without one, holds them back until they are
        released.

        :param operation: one of ECS's operations.
        :param code: what they fail with: InternalError, Throttling, QuotaExceed.Image ... The
            refusal of a code that the daemon cannot give so lists all that it can.
        :param hold: after how many real seconds a held request goes on by itself; None: 60.
        :param times: how many requests; 0: all until it is removed.
        :param client_token: only requests with this one.
        """
        answer = self._owner.add_fault_rule(
            operation=operation, action="fail" if code else "hold", code=code, times=times,
            hold_milliseconds=None if hold is None else int(hold * 1000),
            client_token=client_token)
        return Fault(self._owner, self._look, answer.fault_rule_id)

    def wait_idle(self, timeout: float = 30.0) -> None:
        """Waits until no job is waiting or running.

        :param timeout: real seconds.
        :raises TimeoutError: some still are: held, or on a frozen clock.
        """
        until = time.monotonic() + timeout
        while True:
            jobs = [each for each in self.jobs.list() if each.status in ("waiting", "running")]
            if not jobs:
                return
            if time.monotonic() >= until:
                raise TimeoutError(f"jobs are still under way: {jobs}")
            _sleep(_PAUSE)

    # -------------------------------------------------------------- what was asked

    def calls(self, operation: Optional[str] = None) -> "List[CallRecord]":
        """The calls that this world's clients made, in their order, and within ``sdk()`` those of
        the SDKs, with ECS's own names of parameters. What the world looks up by itself
        (``images()``, ``clock.elapsed``) is not among them."""
        return [
            each for each in self._log.calls if operation in (None, each.operation)]

    def close(self) -> None:
        """Drops the account, if it was made here, and closes its clients."""
        self.clock.let_go_of_sleep()
        self._drop()

    def _drop(self) -> None:
        try:
            if self._is_ours:
                self._link.drop_account(account_id=self.account)
        except ImagedError:
            pass  # with the daemon went the account
        for client in [*self._clients, self._link]:
            client.close()

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<imaged.World {self.account} at {self.socket}>"


def _account(client: Client, name: Optional[str]) -> Tuple[str, bool]:
    """An account of this name, and whether it was made now."""
    try:
        return client.create_account(account_id=name).account_id, True
    except ECSError as error:
        if name is None or error.parameter != "AccountId":
            raise
        # It is there already, or its name is none, which this says once more.
        client.describe_account(account=name)
        return name, False


def _disk(given: Union[str, Dict[str, Any], RegisteredDisk]) -> Any:
    if not isinstance(given, str):
        return given
    if given.startswith("/"):
        return RegisteredDisk(path=given)
    category, _, size = given.partition(":")
    if not size.isdigit():
        raise ValueError(
            f"a disk is an absolute path or CATEGORY:GIB, cloud_essd:40, not {given!r}")
    return RegisteredDisk(category=category, size=int(size))


def _all_pages(page: Callable[[int], Any], name: str) -> List[Any]:
    found: List[Any] = []
    number = 1
    while True:
        answer = page(number)
        found += getattr(answer, name)
        if len(found) >= answer.total_count or not getattr(answer, name):
            return found
        number += 1


class Clock:
    """An account's clock: it tells all of the account's times, and simulated work takes its time
    by it."""

    def __init__(self, client: Client, look: Client) -> None:
        self._client = client
        self._look = look
        self._began = self.time

    def _shown(self) -> AccountClock:
        return self._look.describe_account().clock or AccountClock()

    @property
    def time(self) -> datetime.datetime:
        """What it shows: UTC, whole seconds."""
        shown = datetime.datetime.strptime(self._shown().time, _TIME)
        return shown.replace(tzinfo=datetime.timezone.utc)

    @property
    def is_frozen(self) -> bool:
        return self._shown().is_frozen

    @property
    def elapsed(self) -> int:
        """Whole seconds that have passed on it since this world began or took sleep."""
        return int((self.time - self._began).total_seconds())

    def freeze(self) -> None:
        """It stands still, until it is set, advanced or let go."""
        self._client.set_clock(is_frozen=True)

    def thaw(self) -> None:
        """It runs again."""
        self._client.set_clock(is_frozen=False)

    def set(self, time: Union[str, datetime.datetime]) -> None:
        """Sets it: ``yyyy-MM-ddTHH:mm:ssZ``, or a time with a zone.

        :raises ValueError: the time has no zone.
        """
        if isinstance(time, datetime.datetime):
            if time.utcoffset() is None:
                raise ValueError(
                    f"{time!r} has no zone: give it tzinfo=datetime.timezone.utc, or say "
                    f"{time.strftime(_TIME)!r}")
            time = time.astimezone(datetime.timezone.utc).strftime(_TIME)
        self._client.set_clock(time=time)

    def advance(self, seconds: float) -> None:
        """Moves it on, frozen or not; what would have ended by then has ended."""
        self._client.advance_clock(milliseconds=round(seconds * 1000))

    def take_sleep(self) -> "Clock":
        """Freezes it, and lets ``time.sleep`` of this process move it on at once instead of
        waiting, until the world is closed or a ``with`` around this is left. Code that did
        ``from time import sleep`` before still sleeps."""
        self.freeze()
        self._began = self.time
        _takers.take(self)
        return self

    def let_go_of_sleep(self) -> None:
        """Gives ``time.sleep`` back."""
        _takers.let_go(self)

    def __enter__(self) -> "Clock":
        return self

    def __exit__(self, *_: Any) -> None:
        self.let_go_of_sleep()


class _Takers:
    """The clocks that have taken ``time.sleep``. The newest moves on; without any, whoever still
    has got hold of the function sleeps: a test's monkeypatch may give it back to the module
    after the clock has let go."""

    def __init__(self) -> None:
        self._clocks: List[Clock] = []
        self._before: Callable[[float], None] = _sleep

        @functools.wraps(_sleep)
        def sleep(seconds: float) -> None:
            if self._clocks:
                self._clocks[-1].advance(float(seconds))
            else:
                _sleep(seconds)

        self._sleep = sleep

    def take(self, clock: Clock) -> None:
        if clock not in self._clocks:
            self._clocks.append(clock)
        if time.sleep is not self._sleep:
            self._before = time.sleep
            setattr(time, "sleep", self._sleep)

    def let_go(self, clock: Clock) -> None:
        if clock not in self._clocks:
            return
        self._clocks.remove(clock)
        if not self._clocks:
            if time.sleep is self._sleep:
                setattr(time, "sleep", self._before)
            self._before = _sleep


_takers = _Takers()


class Jobs:
    """The work on an account's snapshots and images, job by job.

    Everywhere ``of`` names images and snapshots (none: all), and of these it is about the oldest
    ``count`` (None: all). What comes back are those it was about, as they are then.
    """

    def __init__(self, client: Client, look: Client) -> None:
        self._client = client
        self._look = look

    def list(self) -> List[Job]:
        """All jobs, oldest first."""
        return self._look.describe_jobs().jobs

    def hold(self, count: Optional[int] = None, *, of: Iterable[str] = ()) -> List[Job]:
        """Holds jobs; without names and a count those to come too, until ``release``."""
        return self._client.hold_jobs(resource_id=of, count=count).jobs

    def release(self, count: Optional[int] = None, *, of: Iterable[str] = ()) -> List[Job]:
        """Lets held jobs go on."""
        return self._client.release_jobs(resource_id=of, count=count).jobs

    def step(self, count: Optional[int] = None, *, of: Iterable[str] = ()) -> List[Job]:
        """One move on, and held again: a waiting job starts, a running one ends."""
        return self._client.step_jobs(resource_id=of, count=count).jobs

    def finish(self, count: Optional[int] = None, *, of: Iterable[str] = ()) -> List[Job]:
        """Ends jobs well, held or not."""
        return self._client.finish_jobs(resource_id=of, count=count).jobs

    def finish_all(self) -> List[Job]:
        """Ends all jobs well."""
        return self.finish()

    def fail(
        self, count: Optional[int] = None, *, of: Iterable[str] = (), reason: Optional[str] = None,
    ) -> List[Job]:
        """Ends jobs badly: their snapshots are failed, their images CreateFailed."""
        return self._client.fail_jobs(resource_id=of, count=count, reason=reason).jobs


class Fault:
    """A fault rule. Leaving its ``with`` removes it."""

    def __init__(self, client: Client, look: Client, rule_id: int) -> None:
        self.rule_id = rule_id
        self._client = client
        self._look = look

    @property
    def held(self) -> List[HeldRequest]:
        """The requests that it holds now, oldest first."""
        return [
            each for each in self._look.describe_fault_rules().held_requests
            if each.fault_rule_id == self.rule_id]

    def wait_until_held(self, count: int = 1, timeout: float = 30.0) -> List[HeldRequest]:
        """Waits until it holds so many requests: racers are all at the line.

        :param timeout: real seconds.
        :raises TimeoutError: it holds fewer.
        """
        until = time.monotonic() + timeout
        while True:
            held = self.held
            if len(held) >= count:
                return held
            if time.monotonic() >= until:
                raise TimeoutError(f"{len(held)} requests are held, not {count}")
            _sleep(_PAUSE)

    def release(self, count: Optional[int] = None, *, code: Optional[str] = None) -> int:
        """Lets the oldest ``count`` requests (None: all) go on, or fail with a code; returns how
        many there were."""
        return self._client.release_requests(
            fault_rule_id=self.rule_id, count=count, code=code).released

    def remove(self) -> None:
        """Removes the rule; what it holds goes on."""
        self._client.remove_fault_rule(fault_rule_id=self.rule_id)

    def __enter__(self) -> "Fault":
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()


class CallRecord(NamedTuple):
    """A call that was made, in the JSON form of ``protocol/vectors/README.md``."""

    operation: str
    request: Dict[str, Any]
    outcome: Optional[Dict[str, Any]]  # as protocol/scenarios/README.md; None: under way
    seconds: float

    def __str__(self) -> str:
        parts = [f"{name}={json.dumps(value, ensure_ascii=False)}"
                 for name, value in self.request.items()]
        asked = f"{self.operation}({', '.join(parts)})"
        return f"{self.seconds:8.3f} s  {asked}\n            {self._told()}"

    def _told(self) -> str:
        if self.outcome is None:
            return "no answer yet"
        error = self.outcome.get("error")
        if error is not None:
            said = f"{error.get('http_status', '')} {error.get('code', '')}".strip()
            return f"refused: {said} {error.get('message', '')}".rstrip()
        if "response" not in self.outcome:
            return f"outcome unknown: {self.outcome.get('reason', '')}"
        told = dict(self.outcome["response"])
        told.pop("request_id", None)
        told.pop("RequestId", None)
        text = json.dumps(told, ensure_ascii=False)
        return text if len(text) <= 400 else text[:400] + "…"


class CallLog:
    """Takes the lines of histories, and gives the calls in them."""

    def __init__(self) -> None:
        self._lines: Dict[int, Dict[str, Any]] = {}
        self._ends: Dict[int, Dict[str, Any]] = {}

    def write(self, text: str) -> None:
        line = json.loads(text)
        (self._lines if line["type"] == "invoke" else self._ends)[line["call"]] = line

    def begin(self, operation: str, request: Dict[str, Any]) -> int:
        """A call that no client of this package makes begins; returns its number."""
        number = next_number()
        self._lines[number] = {"op": operation, "args": request, "time": time.monotonic_ns()}
        return number

    def end(self, number: int, outcome: Dict[str, Any]) -> None:
        """How it ended, as ``protocol/scenarios/README.md`` writes it."""
        self._ends[number] = {"result": outcome, "time": time.monotonic_ns()}

    @property
    def calls(self) -> List[CallRecord]:
        """All calls, in the order in which they began."""
        found = []
        for number, line in sorted(self._lines.items()):
            end = self._ends.get(number)
            nanoseconds = end["time"] - line["time"] if end else 0
            found.append(CallRecord(
                line["op"], line["args"], end["result"] if end else None, nanoseconds / 1e9))
        return found
