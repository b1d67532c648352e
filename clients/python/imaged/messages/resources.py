"""Images, snapshots, instances and disks, as answers describe them."""

from __future__ import annotations

from typing import List, Optional

from ..codec import REPEATED, Message, boolean, int32, int64, nested, string


class Tag(Message):
    tag_key: str = string(1)
    tag_value: str = string(2)


class ImageFeatures(Message):
    imds_support: str = string(1)
    nvme_support: str = string(2)
    cpu_online_upgrade: str = string(3)
    memory_online_upgrade: str = string(4)


class DetectionItem(Message):
    name: str = string(1)
    value: str = string(2)
    risk_code: str = string(3)
    risk_level: str = string(4)


class DetectionOptions(Message):
    status: str = string(1)
    items: List[DetectionItem] = nested(2, DetectionItem, REPEATED)


class ImageDisk(Message):
    snapshot_id: str = string(1)
    size: str = string(2)  # GiB
    device: str = string(3)
    type: str = string(4)
    format: str = string(5)
    progress: str = string(6)
    remain_time: int = int32(7)  # seconds
    encrypted: bool = boolean(8)
    import_oss_bucket: str = string(9)
    import_oss_object: str = string(10)


class SecureBootOptions(Message):
    secure_boot_support: str = string(1)


class Image(Message):
    image_id: str = string(1)
    image_name: str = string(2)
    image_family: str = string(3)
    image_version: str = string(4)
    description: str = string(5)
    status: str = string(6)  # Waiting, Creating, Available, UnAvailable, CreateFailed, Deprecated
    usable: bool = boolean(7)
    progress: str = string(8)  # "0%" to "100%"
    creation_time: str = string(9)
    size: int = int32(10)  # of the system disk, GiB
    architecture: str = string(11)
    platform: str = string(12)
    boot_mode: str = string(13)
    os_type: str = string(14)
    os_name: str = string(15)
    os_name_en: str = string(16)
    image_owner_alias: str = string(17)
    image_owner_id: str = string(18)
    is_copied: bool = boolean(19)
    is_public: bool = boolean(20)
    is_self_shared: str = string(21)
    is_subscribed: bool = boolean(22)
    is_support_cloudinit: bool = boolean(23)
    is_support_io_optimized: bool = boolean(24)
    login_as_non_root_supported: bool = boolean(25)
    product_code: str = string(26)
    resource_group_id: str = string(27)
    license_type: str = string(28)
    supplier_name: str = string(29)
    usage: str = string(30)
    features: Optional[ImageFeatures] = nested(31, ImageFeatures)
    detection_options: Optional[DetectionOptions] = nested(32, DetectionOptions)
    disk_device_mappings: List[ImageDisk] = nested(33, ImageDisk, REPEATED)
    tags: List[Tag] = nested(34, Tag, REPEATED)
    secure_boot_options: Optional[SecureBootOptions] = nested(35, SecureBootOptions)
    # Ours: why the status is CreateFailed.
    failure_reason: str = string(1000)


class Snapshot(Message):
    snapshot_id: str = string(1)
    snapshot_name: str = string(2)
    description: str = string(3)
    status: str = string(4)  # progressing, accomplished, failed
    progress: str = string(5)
    remain_time: int = int32(6)  # seconds
    creation_time: str = string(7)
    last_modified_time: str = string(8)
    source_disk_id: str = string(9)
    source_disk_size: str = string(10)  # GiB
    source_disk_type: str = string(11)
    category: str = string(12)
    snapshot_type: str = string(13)
    usage: str = string(14)  # image, disk, image_disk, none
    encrypted: bool = boolean(15)
    kms_key_id: str = string(16)
    region_id: str = string(17)
    resource_group_id: str = string(18)
    retention_days: int = int32(19)
    available: bool = boolean(20)
    instant_access: bool = boolean(21)
    product_code: str = string(22)
    snapshot_link_id: str = string(23)
    snapshot_sn: str = string(24)
    tags: List[Tag] = nested(25, Tag, REPEATED)
    full_snapshot_size_in_bytes: int = int64(26)
    # Ours, for a snapshot of a real file.
    size_bytes: int = int64(1000)
    consistency: str = string(1001)  # point-in-time, at-rest, live
    failure_reason: str = string(1002)
    stored_bytes: int = int64(1003)
    # What of it is known to be unreadable; empty: nothing.
    damage: str = string(1004)


class OperationLock(Message):
    lock_reason: str = string(1)
    lock_msg: str = string(2)


class HibernationOptions(Message):
    configured: bool = boolean(1)


class Instance(Message):
    instance_id: str = string(1)
    instance_name: str = string(2)
    status: str = string(3)  # Pending, Starting, Running, Stopping, Stopped
    region_id: str = string(4)
    zone_id: str = string(5)
    image_id: str = string(6)
    instance_type: str = string(7)
    creation_time: str = string(8)  # yyyy-MM-ddTHH:mmZ
    start_time: str = string(9)
    operation_locks: List[OperationLock] = nested(10, OperationLock, REPEATED)
    hibernation_options: Optional[HibernationOptions] = nested(11, HibernationOptions)
    resource_group_id: str = string(12)
    tags: List[Tag] = nested(13, Tag, REPEATED)


class Disk(Message):
    disk_id: str = string(1)
    disk_name: str = string(2)
    type: str = string(3)  # system, data
    status: str = string(4)
    category: str = string(5)
    size: int = int32(6)  # GiB
    device: str = string(7)
    instance_id: str = string(8)
    image_id: str = string(9)
    source_snapshot_id: str = string(10)
    attached_time: str = string(11)
    detached_time: str = string(12)
    delete_with_instance: bool = boolean(13)
    encrypted: bool = boolean(14)
    kms_key_id: str = string(15)
    portable: bool = boolean(16)
    zone_id: str = string(17)
    region_id: str = string(18)
    creation_time: str = string(19)
    tags: List[Tag] = nested(20, Tag, REPEATED)
    description: str = string(21)
    resource_group_id: str = string(22)
    # Ours, for a disk that is a real file.
    path: str = string(1000)
    size_bytes: int = int64(1001)
