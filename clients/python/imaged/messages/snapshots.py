"""Requests and answers about snapshots."""

from __future__ import annotations

from typing import List, Optional

from ..codec import OPTIONAL, REPEATED, Message, RequestOf, boolean, int32, nested, string
from .images import Filter, RequestTag
from .resources import Snapshot


class CreateSnapshotRequest(RequestOf["CreateSnapshotResponse"]):
    disk_id: str = string(1)
    snapshot_name: str = string(2)
    description: str = string(3)
    retention_days: Optional[int] = int32(4, OPTIONAL)
    category: str = string(5)
    instant_access: Optional[bool] = boolean(6, OPTIONAL)
    resource_group_id: str = string(7)
    client_token: str = string(8)
    tag: List[RequestTag] = nested(9, RequestTag, REPEATED)
    allow_live: Optional[bool] = boolean(1000, OPTIONAL)


class CreateSnapshotResponse(Message):
    request_id: str = string(1)
    snapshot_id: str = string(2)


class DescribeSnapshotsRequest(RequestOf["DescribeSnapshotsResponse"]):
    region_id: str = string(1)
    snapshot_ids: List[str] = string(2, REPEATED)
    disk_id: str = string(3)
    instance_id: str = string(4)
    snapshot_name: str = string(5)
    status: str = string(6)
    snapshot_type: str = string(7)
    source_disk_type: str = string(8)
    usage: str = string(9)
    category: str = string(10)
    encrypted: Optional[bool] = boolean(11, OPTIONAL)
    resource_group_id: str = string(12)
    tag: List[RequestTag] = nested(13, RequestTag, REPEATED)
    next_token: str = string(14)
    max_results: Optional[int] = int32(15, OPTIONAL)
    page_number: Optional[int] = int32(16, OPTIONAL)
    page_size: Optional[int] = int32(17, OPTIONAL)
    filter: List[Filter] = nested(18, Filter, REPEATED)
    dry_run: Optional[bool] = boolean(19, OPTIONAL)


class DescribeSnapshotsResponse(Message):
    request_id: str = string(1)
    snapshots: List[Snapshot] = nested(2, Snapshot, REPEATED)
    next_token: str = string(3)
    total_count: int = int32(4)
    page_number: int = int32(5)
    page_size: int = int32(6)


class DeleteSnapshotRequest(RequestOf["DeleteSnapshotResponse"]):
    snapshot_id: str = string(1)
    force: Optional[bool] = boolean(2, OPTIONAL)


class DeleteSnapshotResponse(Message):
    request_id: str = string(1)


class ModifySnapshotAttributeRequest(RequestOf["ModifySnapshotAttributeResponse"]):
    """What is absent is kept."""

    snapshot_id: str = string(1)
    snapshot_name: str = string(2)
    description: str = string(3)
    retention_days: Optional[int] = int32(4, OPTIONAL)


class ModifySnapshotAttributeResponse(Message):
    request_id: str = string(1)
