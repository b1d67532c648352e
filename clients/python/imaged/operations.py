"""The table of operations: ``protocol/README.md`` § Operations, in its order."""

from __future__ import annotations

import re
from typing import Any, Dict, NamedTuple, Optional, Tuple, Type

from . import messages
from .codec import Message

READS = "reads"
TOKEN = "token"
NEVER = ""


class Operation(NamedTuple):
    """What the client knows of an operation."""

    service: str
    name: str  # as the wire and ECS spell it: CreateImage
    since: int  # the number of the protocol that added it
    again: str  # when the client sends it a second time by itself: READS, TOKEN or NEVER
    streaming: bool
    request: Type[Message]
    response: Type[Message]
    summary: str

    @property
    def method(self) -> str:
        """The name of the client's method: create_image."""
        return _METHOD.sub("_", self.name).lower()

    def may_repeat(self, request: Any) -> bool:
        """Whether this request may be sent a second time after an unknown outcome."""
        return self.again == READS or self.again == TOKEN and bool(request.client_token)


_METHOD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _row(
    service: str, name: str, again: str, summary: str, answer: str = "", streaming: bool = False
) -> Operation:
    return Operation(
        "imaged.v1." + service, name, 1, again, streaming,
        getattr(messages, name + "Request"), getattr(messages, answer or name + "Response"),
        summary)


def _ecs(name: str, again: str, summary: str) -> Operation:
    return _row("ECS", name, again, summary)


def _daemon(
    name: str, again: str, summary: str, answer: str = "", streaming: bool = False
) -> Operation:
    return _row("Daemon", name, again, summary, answer, streaming)


def _fixture(name: str, again: str, summary: str, answer: str = "") -> Operation:
    return _row("Fixture", name, again, summary, answer)


OPERATIONS: Tuple[Operation, ...] = (
    _ecs("CreateImage", TOKEN, "Begins an image of an instance, a snapshot or a list of disks."),
    _ecs("DescribeImages", READS, "Lists images, newest first, page by page."),
    _ecs("DescribeImageFromFamily", READS, "The newest usable image of a family."),
    _ecs("DeleteImage", NEVER, "Deletes an image; its snapshots stay."),
    _ecs("ModifyImageAttribute", NEVER, "Changes an image; what is absent is kept."),
    _ecs("CopyImage", TOKEN, "Begins a copy of an image in a region."),
    _ecs("CancelCopyImage", NEVER, "Gives up a copy under way."),
    _ecs("ModifyImageSharePermission", NEVER, "Says which accounts may use an image."),
    _ecs("DescribeImageSharePermission", READS, "Lists the accounts that may use an image."),
    _ecs("ExportImage", NEVER, "Writes a disk of an image to a bucket or to a new file."),
    _ecs("CreateSnapshot", TOKEN, "Begins a snapshot of a disk."),
    _ecs("DescribeSnapshots", READS, "Lists snapshots, newest first, page by page."),
    _ecs("DeleteSnapshot", NEVER, "Deletes a snapshot; one under way is given up."),
    _ecs("ModifySnapshotAttribute", NEVER, "Changes a snapshot; what is absent is kept."),
    _ecs("RunInstances", TOKEN, "Makes 1 to 100 instances from an image."),
    _ecs("DescribeInstances", READS, "Lists instances, newest first, page by page."),
    _ecs("DescribeInstanceStatus", READS, "Lists the statuses of instances."),
    _ecs("StartInstance", NEVER, "Starts a Stopped instance."),
    _ecs("StartInstances", NEVER, "Starts Stopped instances."),
    _ecs("StopInstance", NEVER, "Stops a Running instance."),
    _ecs("StopInstances", NEVER, "Stops Running instances."),
    _ecs("DeleteInstance", TOKEN, "Deletes an instance; a Running one with force only."),
    _ecs("DeleteInstances", TOKEN, "Deletes instances; Running ones with force only."),
    _ecs("ReplaceSystemDisk", TOKEN, "Gives a Stopped instance a new system disk of an image."),
    _ecs("CreateDisk", TOKEN, "Makes a disk, empty or from a snapshot."),
    _ecs("DescribeDisks", READS, "Lists disks, newest first, page by page."),
    _ecs("AttachDisk", NEVER, "Attaches an Available disk to an instance."),
    _ecs("DetachDisk", NEVER, "Detaches a disk from its instance."),
    _ecs("DeleteDisk", NEVER, "Deletes an Available disk."),
    _ecs("TagResources", NEVER, "Puts 1 to 20 tags on 1 to 50 resources."),
    _ecs("UntagResources", NEVER, "Takes tags away from resources."),
    _ecs("ListTagResources", READS, "Lists tags by resources, or resources by tags."),
    _ecs("AddTags", NEVER, "Puts tags on one resource: TagResources' old name."),
    _ecs("JoinResourceGroup", NEVER, "Moves a resource to another resource group."),
    _ecs("DescribeRegions", READS, "Lists the regions."),
    _daemon("RegisterInstance", TOKEN, "Makes an existing virtual machine known, with its disks."),
    _daemon("WaitForImage", READS, "Answers when the image is Available, CreateFailed or gone."),
    _daemon(
        "Watch", NEVER, "The account's changes as they become durable.", "EventsResponse", True),
    _daemon("ReadEvents", READS, "The next up to 1,000 events, within 30 s.", "EventsResponse"),
    _daemon("Cancel", NEVER, "Ends another stream of the same connection."),
    _daemon("Version", READS, "The daemon's version, and the number of the protocol."),
    _daemon("Health", READS, "Whether the daemon is ready, its mode and its counts."),
    _daemon("ExportSnapshot", NEVER, "Writes the disk of a snapshot to a new file."),
    _daemon("ReadSnapshot", READS, "Reads up to 1 MiB, or a hole, of a snapshot's disk."),
    _daemon("VerifySnapshot", READS, "One step of comparing what is stored with its checksums."),
    _daemon("DescribeUsage", READS, "What disks, snapshots or images take, most first."),
    _daemon("Metrics", READS, "What the daemon has counted, as text for Prometheus."),
    _fixture("CreateAccount", NEVER, "Makes an account, as every account is born."),
    _fixture("DropAccount", NEVER, "Ends an account with all that it holds."),
    _fixture("DescribeAccount", READS, "The account's standing, limits, clock, keys and groups."),
    _fixture("SetAccount", NEVER, "Sets the account's standing; what is absent is kept."),
    _fixture("SetLimits", NEVER, "Sets limits of the account; answers with all of them."),
    _fixture("SetClock", NEVER, "Sets, freezes or lets go the account's clock.", "ClockResponse"),
    _fixture("AdvanceClock", NEVER, "Moves the account's clock on.", "ClockResponse"),
    _fixture("SetInstance", NEVER, "Sets an instance's status, locks and flags."),
    _fixture("SetDisk", NEVER, "Sets a disk's status, category and flags."),
    _fixture("SetSnapshot", NEVER, "Sets a snapshot's category, place, age and flags."),
    _fixture("SetImage", NEVER, "Sets an image's status, owner, version and product."),
    _fixture("SetKMSKey", NEVER, "Sets a KMS key: enabled or not, with ECS's tag or not."),
    _fixture("CreateResourceGroup", NEVER, "Makes a resource group."),
    _fixture("SetRamUser", NEVER, "Makes a RAM user and its policies, or takes it away."),
    _fixture("DescribeJobs", READS, "Lists the jobs, oldest first.", "JobsResponse"),
    _fixture("HoldJobs", NEVER, "Holds jobs; unnamed and uncounted, those to come too.",
             "JobsResponse"),
    _fixture("ReleaseJobs", NEVER, "Lets held jobs go on.", "JobsResponse"),
    _fixture("StepJobs", NEVER, "Lets jobs make one move and holds them again.", "JobsResponse"),
    _fixture("FinishJobs", NEVER, "Ends jobs well.", "JobsResponse"),
    _fixture("FailJobs", NEVER, "Ends jobs badly, with a reason.", "JobsResponse"),
    _fixture("AddFaultRule", NEVER, "Holds requests of one operation back, or fails them."),
    _fixture("RemoveFaultRule", NEVER, "Removes a fault rule; what it holds goes on."),
    _fixture("DescribeFaultRules", READS, "Lists fault rules and the requests that they hold."),
    _fixture("ReleaseRequests", NEVER, "Lets held requests go on, or fail."),
)

BY_NAME: Dict[str, Operation] = {each.name: each for each in OPERATIONS}
_BY_REQUEST: Dict[Type[Message], Operation] = {each.request: each for each in OPERATIONS}


def operation_of(request: Message) -> Operation:
    """The operation that a request belongs to.

    :raises TypeError: it is no operation's request.
    """
    found: Optional[Operation] = _BY_REQUEST.get(type(request))
    if found is None:
        raise TypeError(f"{type(request).__name__} is no operation's request")
    return found
