"""Requests and answers about images."""

from __future__ import annotations

from typing import List, Optional

from ..codec import OPTIONAL, REPEATED, Message, RequestOf, boolean, int32, int64, nested, string
from .resources import Image, ImageFeatures


class DiskDeviceMapping(Message):
    snapshot_id: str = string(1)
    size: Optional[int] = int32(2, OPTIONAL)  # GiB
    device: str = string(3)
    disk_type: str = string(4)


class RequestTag(Message):
    key: str = string(1)
    value: Optional[str] = string(2, OPTIONAL)
    # ECS's lower-case aliases `key` and `value`; key and value win over them.
    legacy_key: str = string(3)
    legacy_value: Optional[str] = string(4, OPTIONAL)


class ImageRequestFeatures(Message):
    imds_support: str = string(1)


class CreateImageRequest(RequestOf["CreateImageResponse"]):
    region_id: str = string(1)
    instance_id: str = string(2)
    snapshot_id: str = string(3)
    image_name: str = string(4)
    image_family: str = string(5)
    image_version: str = string(6)
    description: str = string(7)
    platform: str = string(8)
    boot_mode: str = string(9)
    architecture: str = string(10)
    client_token: str = string(11)
    resource_group_id: str = string(12)
    disk_device_mapping: List[DiskDeviceMapping] = nested(13, DiskDeviceMapping, REPEATED)
    tag: List[RequestTag] = nested(14, RequestTag, REPEATED)
    detection_strategy: str = string(15)
    features: Optional[ImageRequestFeatures] = nested(16, ImageRequestFeatures)
    dry_run: Optional[bool] = boolean(17, OPTIONAL)
    # Ours: take a disk that is written while it is copied, with what that means for its content.
    allow_live: Optional[bool] = boolean(1000, OPTIONAL)


class CreateImageResponse(Message):
    request_id: str = string(1)
    image_id: str = string(2)


class Filter(Message):
    """A condition on time: CreationStartTime or CreationEndTime, yyyy-MM-ddTHH:mmZ."""

    key: str = string(1)
    value: str = string(2)


class DescribeImagesRequest(RequestOf["DescribeImagesResponse"]):
    region_id: str = string(1)
    image_id: str = string(2)  # several, separated by commas
    image_name: str = string(3)
    image_family: str = string(4)
    snapshot_id: str = string(5)
    status: str = string(6)
    usable: Optional[bool] = boolean(7, OPTIONAL)
    image_owner_alias: str = string(8)
    architecture: str = string(9)
    os_type: str = string(10)
    resource_group_id: str = string(11)
    tag: List[RequestTag] = nested(12, RequestTag, REPEATED)
    page_number: Optional[int] = int32(13, OPTIONAL)
    page_size: Optional[int] = int32(14, OPTIONAL)
    usage: str = string(15)
    action_type: str = string(16)
    instance_type: str = string(17)
    is_support_cloudinit: Optional[bool] = boolean(18, OPTIONAL)
    is_support_io_optimized: Optional[bool] = boolean(19, OPTIONAL)
    show_expired: Optional[bool] = boolean(20, OPTIONAL)
    filter: List[Filter] = nested(21, Filter, REPEATED)
    dry_run: Optional[bool] = boolean(22, OPTIONAL)


class DescribeImagesResponse(Message):
    request_id: str = string(1)
    images: List[Image] = nested(2, Image, REPEATED)
    total_count: int = int32(3)
    page_number: int = int32(4)
    page_size: int = int32(5)
    region_id: str = string(6)


class DescribeImageFromFamilyRequest(RequestOf["DescribeImageFromFamilyResponse"]):
    region_id: str = string(1)
    image_family: str = string(2)


class DescribeImageFromFamilyResponse(Message):
    request_id: str = string(1)
    image: Optional[Image] = nested(2, Image)


class DeleteImageRequest(RequestOf["DeleteImageResponse"]):
    region_id: str = string(1)
    image_id: str = string(2)
    force: Optional[bool] = boolean(3, OPTIONAL)
    dry_run: Optional[bool] = boolean(4, OPTIONAL)


class DeleteImageResponse(Message):
    request_id: str = string(1)


class ModifyImageAttributeRequest(RequestOf["ModifyImageAttributeResponse"]):
    """What is absent is kept."""

    region_id: str = string(1)
    image_id: str = string(2)
    image_name: str = string(3)
    image_family: str = string(4)
    description: str = string(5)
    status: str = string(6)  # Available, Deprecated
    boot_mode: str = string(7)
    features: Optional[ImageFeatures] = nested(8, ImageFeatures)
    license_type: str = string(9)
    dry_run: Optional[bool] = boolean(10, OPTIONAL)


class ModifyImageAttributeResponse(Message):
    request_id: str = string(1)


class CopyImageRequest(RequestOf["CopyImageResponse"]):
    region_id: str = string(1)
    image_id: str = string(2)
    destination_region_id: str = string(3)
    destination_image_name: str = string(4)
    destination_description: str = string(5)
    encrypted: Optional[bool] = boolean(6, OPTIONAL)
    kms_key_id: str = string(7)
    resource_group_id: str = string(8)
    client_token: str = string(9)
    tag: List[RequestTag] = nested(10, RequestTag, REPEATED)
    dry_run: Optional[bool] = boolean(11, OPTIONAL)


class CopyImageResponse(Message):
    request_id: str = string(1)
    image_id: str = string(2)


class CancelCopyImageRequest(RequestOf["CancelCopyImageResponse"]):
    region_id: str = string(1)
    image_id: str = string(2)


class CancelCopyImageResponse(Message):
    request_id: str = string(1)


class ModifyImageSharePermissionRequest(RequestOf["ModifyImageSharePermissionResponse"]):
    region_id: str = string(1)
    image_id: str = string(2)
    add_account: List[str] = string(3, REPEATED)
    remove_account: List[str] = string(4, REPEATED)
    is_public: Optional[bool] = boolean(5, OPTIONAL)


class ModifyImageSharePermissionResponse(Message):
    request_id: str = string(1)


class DescribeImageSharePermissionRequest(RequestOf["DescribeImageSharePermissionResponse"]):
    region_id: str = string(1)
    image_id: str = string(2)
    page_number: Optional[int] = int32(3, OPTIONAL)
    page_size: Optional[int] = int32(4, OPTIONAL)


class ShareAccount(Message):
    aliyun_id: str = string(1)


class DescribeImageSharePermissionResponse(Message):
    request_id: str = string(1)
    accounts: List[ShareAccount] = nested(2, ShareAccount, REPEATED)
    total_count: int = int32(3)
    page_number: int = int32(4)
    page_size: int = int32(5)
    region_id: str = string(6)
    image_id: str = string(7)


class ExportImageRequest(RequestOf["ExportImageResponse"]):
    """To a bucket or to a path (ours), exactly one of them."""

    region_id: str = string(1)
    image_id: str = string(2)
    # A directory that the configuration file names.
    oss_bucket: str = string(3)
    oss_prefix: str = string(4)
    # Ours: which disk of the image (default /dev/xvda), and the new file it is written to.
    device: str = string(1000)
    path: str = string(1001)


class ExportImageResponse(Message):
    request_id: str = string(1)
    task_id: str = string(2)
    # Ours: bytes of the disk, and how many of them are data rather than holes.
    size_bytes: int = int64(1000)
    stored_bytes: int = int64(1001)
