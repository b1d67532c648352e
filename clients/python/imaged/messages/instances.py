"""Requests and answers about instances and disks."""

from __future__ import annotations

from typing import List, Optional

from ..codec import OPTIONAL, REPEATED, Message, RequestOf, boolean, int32, nested, string
from .images import RequestTag
from .resources import Disk, HibernationOptions, Instance


class RegisteredDisk(Message):
    path: str = string(1)
    format: str = string(2)
    type: str = string(3)
    category: str = string(4)
    device: str = string(5)
    size: Optional[int] = int32(6, OPTIONAL)  # GiB; only of a disk without a path


class RegisterInstanceRequest(RequestOf["RegisterInstanceResponse"]):
    region_id: str = string(1)
    instance_name: str = string(2)
    status: str = string(3)
    platform: str = string(4)
    architecture: str = string(5)
    boot_mode: str = string(6)
    disk: List[RegisteredDisk] = nested(7, RegisteredDisk, REPEATED)
    tag: List[RequestTag] = nested(8, RequestTag, REPEATED)
    client_token: str = string(9)


class RegisterInstanceResponse(Message):
    request_id: str = string(1)
    instance_id: str = string(2)
    disk_ids: List[str] = string(3, REPEATED)


class SystemDisk(Message):
    category: str = string(1)
    size: Optional[int] = int32(2, OPTIONAL)  # GiB
    disk_name: str = string(3)
    description: str = string(4)
    encrypted: Optional[bool] = boolean(5, OPTIONAL)
    kms_key_id: str = string(6)


class DataDisk(Message):
    category: str = string(1)
    size: Optional[int] = int32(2, OPTIONAL)  # GiB
    snapshot_id: str = string(3)
    disk_name: str = string(4)
    device: str = string(5)
    delete_with_instance: Optional[bool] = boolean(6, OPTIONAL)
    encrypted: Optional[bool] = boolean(7, OPTIONAL)
    kms_key_id: str = string(8)
    description: str = string(9)


class DiskPath(Message):
    """Where the file of the disk with this device is made."""

    device: str = string(1)
    path: str = string(2)


class RunInstancesRequest(RequestOf["RunInstancesResponse"]):
    region_id: str = string(1)
    image_id: str = string(2)
    image_family: str = string(3)
    instance_type: str = string(4)
    instance_name: str = string(5)
    amount: Optional[int] = int32(6, OPTIONAL)  # 1 to 100
    zone_id: str = string(7)
    security_group_id: str = string(8)
    v_switch_id: str = string(9)
    system_disk: Optional[SystemDisk] = nested(10, SystemDisk)
    data_disk: List[DataDisk] = nested(11, DataDisk, REPEATED)  # at most 16
    client_token: str = string(12)
    tag: List[RequestTag] = nested(13, RequestTag, REPEATED)
    dry_run: Optional[bool] = boolean(14, OPTIONAL)
    http_tokens: str = string(15)
    resource_group_id: str = string(16)
    hibernation_options: Optional[HibernationOptions] = nested(17, HibernationOptions)
    # Ours: where the files of disks are made; default: in the data directory.
    disk_path: List[DiskPath] = nested(1000, DiskPath, REPEATED)


class RunInstancesResponse(Message):
    request_id: str = string(1)
    instance_id_sets: List[str] = string(2, REPEATED)


class DescribeInstancesRequest(RequestOf["DescribeInstancesResponse"]):
    region_id: str = string(1)
    instance_ids: List[str] = string(2, REPEATED)
    status: str = string(3)
    image_id: str = string(4)
    zone_id: str = string(5)
    tag: List[RequestTag] = nested(6, RequestTag, REPEATED)
    next_token: str = string(7)
    max_results: Optional[int] = int32(8, OPTIONAL)
    page_number: Optional[int] = int32(9, OPTIONAL)
    page_size: Optional[int] = int32(10, OPTIONAL)
    instance_name: str = string(11)
    resource_group_id: str = string(12)


class DescribeInstancesResponse(Message):
    request_id: str = string(1)
    instances: List[Instance] = nested(2, Instance, REPEATED)
    next_token: str = string(3)
    total_count: int = int32(4)
    page_number: int = int32(5)
    page_size: int = int32(6)


class DescribeInstanceStatusRequest(RequestOf["DescribeInstanceStatusResponse"]):
    region_id: str = string(1)
    instance_id: List[str] = string(2, REPEATED)
    zone_id: str = string(3)
    page_number: Optional[int] = int32(4, OPTIONAL)
    page_size: Optional[int] = int32(5, OPTIONAL)


class InstanceStatus(Message):
    instance_id: str = string(1)
    status: str = string(2)


class DescribeInstanceStatusResponse(Message):
    request_id: str = string(1)
    instance_statuses: List[InstanceStatus] = nested(2, InstanceStatus, REPEATED)
    total_count: int = int32(3)
    page_number: int = int32(4)
    page_size: int = int32(5)


class StartInstanceRequest(RequestOf["StartInstanceResponse"]):
    instance_id: str = string(1)
    dry_run: Optional[bool] = boolean(2, OPTIONAL)


class StartInstanceResponse(Message):
    request_id: str = string(1)


class StartInstancesRequest(RequestOf["StartInstancesResponse"]):
    region_id: str = string(1)
    instance_id: List[str] = string(2, REPEATED)  # at most 100
    batch_optimization: str = string(3)  # AllTogether, SuccessFirst
    dry_run: Optional[bool] = boolean(4, OPTIONAL)


class InstanceResponse(Message):
    """What became of one instance of several."""

    instance_id: str = string(1)
    code: str = string(2)
    message: str = string(3)
    previous_status: str = string(4)
    current_status: str = string(5)


class StartInstancesResponse(Message):
    request_id: str = string(1)
    instance_responses: List[InstanceResponse] = nested(2, InstanceResponse, REPEATED)


class StopInstanceRequest(RequestOf["StopInstanceResponse"]):
    instance_id: str = string(1)
    force_stop: Optional[bool] = boolean(2, OPTIONAL)
    stopped_mode: str = string(3)  # KeepCharging, StopCharging
    hibernate: Optional[bool] = boolean(4, OPTIONAL)
    dry_run: Optional[bool] = boolean(5, OPTIONAL)


class StopInstanceResponse(Message):
    request_id: str = string(1)


class StopInstancesRequest(RequestOf["StopInstancesResponse"]):
    region_id: str = string(1)
    instance_id: List[str] = string(2, REPEATED)  # at most 100
    force_stop: Optional[bool] = boolean(3, OPTIONAL)
    stopped_mode: str = string(4)
    batch_optimization: str = string(5)
    hibernate: Optional[bool] = boolean(6, OPTIONAL)
    dry_run: Optional[bool] = boolean(7, OPTIONAL)


class StopInstancesResponse(Message):
    request_id: str = string(1)
    instance_responses: List[InstanceResponse] = nested(2, InstanceResponse, REPEATED)


class DeleteInstanceRequest(RequestOf["DeleteInstanceResponse"]):
    instance_id: str = string(1)
    force: Optional[bool] = boolean(2, OPTIONAL)
    client_token: str = string(3)
    dry_run: Optional[bool] = boolean(4, OPTIONAL)


class DeleteInstanceResponse(Message):
    request_id: str = string(1)


class DeleteInstancesRequest(RequestOf["DeleteInstancesResponse"]):
    region_id: str = string(1)
    instance_id: List[str] = string(2, REPEATED)  # at most 100
    force: Optional[bool] = boolean(3, OPTIONAL)
    client_token: str = string(4)
    dry_run: Optional[bool] = boolean(5, OPTIONAL)


class DeleteInstancesResponse(Message):
    request_id: str = string(1)


class ReplaceSystemDiskRequest(RequestOf["ReplaceSystemDiskResponse"]):
    instance_id: str = string(1)
    image_id: str = string(2)
    system_disk: Optional[SystemDisk] = nested(3, SystemDisk)  # only its size counts
    client_token: str = string(4)
    encrypted: Optional[bool] = boolean(5, OPTIONAL)
    kms_key_id: str = string(6)
    # Ours: where the new disk's file is made; default: in the data directory.
    path: str = string(1000)


class ReplaceSystemDiskResponse(Message):
    request_id: str = string(1)
    disk_id: str = string(2)


class CreateDiskRequest(RequestOf["CreateDiskResponse"]):
    region_id: str = string(1)
    zone_id: str = string(2)
    instance_id: str = string(3)
    size: Optional[int] = int32(4, OPTIONAL)  # GiB
    disk_category: str = string(5)
    snapshot_id: str = string(6)
    disk_name: str = string(7)
    encrypted: Optional[bool] = boolean(8, OPTIONAL)
    kms_key_id: str = string(9)
    client_token: str = string(10)
    tag: List[RequestTag] = nested(11, RequestTag, REPEATED)
    description: str = string(12)
    resource_group_id: str = string(13)
    # Ours: where the disk's file is made; default: in the data directory.
    path: str = string(1000)


class CreateDiskResponse(Message):
    request_id: str = string(1)
    disk_id: str = string(2)


class AttachDiskRequest(RequestOf["AttachDiskResponse"]):
    instance_id: str = string(1)
    disk_id: str = string(2)
    device: str = string(3)
    delete_with_instance: Optional[bool] = boolean(4, OPTIONAL)
    bootable: Optional[bool] = boolean(5, OPTIONAL)  # as the system disk


class AttachDiskResponse(Message):
    request_id: str = string(1)


class DetachDiskRequest(RequestOf["DetachDiskResponse"]):
    instance_id: str = string(1)
    disk_id: str = string(2)
    delete_with_instance: Optional[bool] = boolean(3, OPTIONAL)


class DetachDiskResponse(Message):
    request_id: str = string(1)


class DeleteDiskRequest(RequestOf["DeleteDiskResponse"]):
    disk_id: str = string(1)


class DeleteDiskResponse(Message):
    request_id: str = string(1)


class DescribeDisksRequest(RequestOf["DescribeDisksResponse"]):
    region_id: str = string(1)
    instance_id: str = string(2)
    disk_ids: List[str] = string(3, REPEATED)
    disk_type: str = string(4)
    category: str = string(5)
    status: str = string(6)
    zone_id: str = string(7)
    snapshot_id: str = string(8)
    tag: List[RequestTag] = nested(9, RequestTag, REPEATED)
    next_token: str = string(10)
    max_results: Optional[int] = int32(11, OPTIONAL)
    page_number: Optional[int] = int32(12, OPTIONAL)
    page_size: Optional[int] = int32(13, OPTIONAL)


class DescribeDisksResponse(Message):
    request_id: str = string(1)
    disks: List[Disk] = nested(2, Disk, REPEATED)
    next_token: str = string(3)
    total_count: int = int32(4)
    page_number: int = int32(5)
    page_size: int = int32(6)
