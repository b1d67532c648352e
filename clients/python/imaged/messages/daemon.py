"""What a local daemon needs beside ECS's operations."""

from __future__ import annotations

from typing import List, Optional

from ..codec import (
    OPTIONAL, REPEATED, Message, RequestOf, boolean, int32, int64, nested, octets,
    string)
from .fixture import Limit
from .resources import Disk, Image, Instance, Snapshot


class WaitForImageRequest(RequestOf["WaitForImageResponse"]):
    """Answers when the image is Available, CreateFailed or deleted (InvalidImageId.NotFound)."""

    region_id: str = string(1)
    image_id: str = string(2)


class WaitForImageResponse(Message):
    request_id: str = string(1)
    image: Optional[Image] = nested(2, Image)


class WatchRequest(RequestOf["EventsResponse"]):
    # Events with a greater sequence than this; absent: from now on.
    after_sequence: Optional[int] = int64(1, OPTIONAL)
    # Only events of these resources; none: all of the account.
    resource_id: List[str] = string(2, REPEATED)


class ReadEventsRequest(RequestOf["EventsResponse"]):
    after_sequence: Optional[int] = int64(1, OPTIONAL)
    resource_id: List[str] = string(2, REPEATED)
    max_results: Optional[int] = int32(3, OPTIONAL)  # 1 to 1000, default 1000


class Event(Message):
    sequence: int = int64(1)
    time: str = string(2)
    # ImageChanged, ImageDeleted, and likewise Snapshot, Disk, Instance. A resource's first
    # change is its creation.
    kind: str = string(3)
    # The resource after the change; of a deleted one only its id.
    image: Optional[Image] = nested(4, Image)
    snapshot: Optional[Snapshot] = nested(5, Snapshot)
    disk: Optional[Disk] = nested(6, Disk)
    instance: Optional[Instance] = nested(7, Instance)


class EventsResponse(Message):
    request_id: str = string(1)
    events: List[Event] = nested(2, Event, REPEATED)
    # The newest sequence looked at: where the next read goes on, events or none.
    sequence: int = int64(3)


class CancelRequest(RequestOf["CancelResponse"]):
    stream_id: int = int64(1)


class CancelResponse(Message):
    request_id: str = string(1)


class VersionRequest(RequestOf["VersionResponse"]):
    """No parameters."""


class VersionResponse(Message):
    request_id: str = string(1)
    version: str = string(2)
    protocol: int = int32(3)


class HealthRequest(RequestOf["HealthResponse"]):
    """No parameters."""


class HealthResponse(Message):
    request_id: str = string(1)
    ready: bool = boolean(2)
    mode: str = string(3)  # always, ephemeral
    sequence: int = int64(4)  # of the newest change
    free_bytes: int = int64(5)  # of the file system with the data directory
    jobs_queued: int = int32(6)
    jobs_running: int = int32(7)
    connections: int = int32(8)
    process_id: int = int64(9)
    uptime_seconds: int = int64(10)
    data_directory: str = string(11)
    # Of the file system with the data directory: ext4, xfs, btrfs, tmpfs ...; empty: no directory.
    file_system: str = string(12)
    total_bytes: int = int64(13)
    # Whether files on it can share blocks (FICLONE); absent: not known.
    clones: Optional[bool] = boolean(14, OPTIONAL)
    # Whether what is written over stays in its blocks, as the journal wants it; absent: not known.
    overwrites_in_place: Optional[bool] = boolean(15, OPTIONAL)
    connections_max: int = int32(16)
    limits: List[Limit] = nested(17, Limit, REPEATED)  # of the account that asks


class ExportSnapshotRequest(RequestOf["ExportSnapshotResponse"]):
    """Writes the disk's bytes to a new file, as ExportImage does."""

    snapshot_id: str = string(1)
    path: str = string(2)


class ExportSnapshotResponse(Message):
    request_id: str = string(1)
    size_bytes: int = int64(2)  # of the disk
    stored_bytes: int = int64(3)  # of these what is data rather than holes


class ReadSnapshotRequest(RequestOf["ReadSnapshotResponse"]):
    snapshot_id: str = string(1)
    offset: int = int64(2)  # in the disk
    length: int = int64(3)  # at most so much is wanted; 1 MiB at most


class ReadSnapshotResponse(Message):
    """What is at the offset: data or a hole. Neither: the offset is the disk's end."""

    request_id: str = string(1)
    data: bytes = octets(2)
    hole_bytes: int = int64(3)  # how far the hole goes on; may be more than was asked for
    size_bytes: int = int64(4)  # of the disk


class VerifySnapshotRequest(RequestOf["VerifySnapshotResponse"]):
    """Reads what is stored of a snapshot, or of all, and compares the checksums: a step a call."""

    snapshot_id: str = string(1)  # absent: all of the account
    next_token: str = string(2)  # of the step before; absent: the first
    max_bytes: int = int64(3)  # how many stored bytes the step reads; 0: the daemon chooses


class Damage(Message):
    snapshot_id: str = string(1)
    disk_id: str = string(2)
    # Bytes of the disk; both 0: the whole snapshot, for example its manifest.
    offset: int = int64(3)
    length: int = int64(4)
    image_id: List[str] = string(5, REPEATED)  # that have the snapshot
    reason: str = string(6)


class VerifySnapshotResponse(Message):
    request_id: str = string(1)
    damage: List[Damage] = nested(2, Damage, REPEATED)  # found by this step
    next_token: str = string(3)  # for the next step; empty: that was the last
    verified_bytes: int = int64(4)  # stored bytes that this step read
    done_bytes: int = int64(5)  # by all steps so far
    total_bytes: int = int64(6)  # of all steps


class DescribeUsageRequest(RequestOf["DescribeUsageResponse"]):
    resource_type: str = string(1)  # disk, snapshot, image
    next_token: str = string(2)
    max_results: Optional[int] = int32(3, OPTIONAL)  # 1 to 1000, default 100


class Usage(Message):
    """What one disk's snapshots, one snapshot or one image's snapshots take."""

    resource_id: str = string(1)
    name: str = string(2)
    logical_bytes: int = int64(3)
    stored_bytes: int = int64(4)
    reclaimable_bytes: int = int64(5)  # what would come back if these snapshots alone went


class DescribeUsageResponse(Message):
    """The totals are those of the whole account, whatever the type."""

    request_id: str = string(1)
    usage: List[Usage] = nested(2, Usage, REPEATED)
    next_token: str = string(3)
    logical_bytes: int = int64(4)  # the sum of the disks' sizes over all snapshots
    stored_bytes: int = int64(5)  # each stored cluster once
    reclaimable_bytes: int = int64(6)  # of these, what only one snapshot uses
    pending_bytes: int = int64(7)  # what no snapshot uses any more and is being given back


class MetricsRequest(RequestOf["MetricsResponse"]):
    """Figures of the daemon and of nobody's account."""


class MetricsResponse(Message):
    request_id: str = string(1)
    text: str = string(2)  # Prometheus's text format, version 0.0.4
