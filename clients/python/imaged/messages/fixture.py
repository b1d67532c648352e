"""What only a test sets: accounts, their standing, limits and clock, states of resources."""

from __future__ import annotations

from typing import List, Optional

from ..codec import OPTIONAL, REPEATED, Message, RequestOf, boolean, int64, nested, string
from .resources import OperationLock


class CreateAccountRequest(RequestOf["CreateAccountResponse"]):
    """An account of its own for a test, as every account is born. It is the caller's."""

    account_id: str = string(1)  # absent: a new one is made up


class CreateAccountResponse(Message):
    request_id: str = string(1)
    account_id: str = string(2)
    default_resource_group_id: str = string(3)


class DropAccountRequest(RequestOf["DropAccountResponse"]):
    """Everything that the account has goes. Unknown: ignored."""

    account_id: str = string(1)


class DropAccountResponse(Message):
    request_id: str = string(1)


class DescribeAccountRequest(RequestOf["DescribeAccountResponse"]):
    """No parameters."""


class AccountStanding(Message):
    order_allowed: Optional[bool] = boolean(1, OPTIONAL)
    enterprise_status: str = string(2)  # normal, revoked, deregistered
    balance: Optional[int] = int64(3, OPTIONAL)
    minimum_balance: Optional[int] = int64(4, OPTIONAL)
    snapshot_service_opened: Optional[bool] = boolean(5, OPTIONAL)
    data_disk_image_whitelist: Optional[bool] = boolean(6, OPTIONAL)
    kms_authorized: Optional[bool] = boolean(7, OPTIONAL)
    # An identical request that meets one in flight is refused (IdempotentProcessing), not kept
    # waiting.
    idempotent_processing: Optional[bool] = boolean(8, OPTIONAL)


class Limit(Message):
    name: str = string(1)  # as the configuration file spells it: UnfinishedSnapshots
    value: int = int64(2)


class AccountClock(Message):
    time: str = string(1)
    is_frozen: bool = boolean(2)


class ResourceGroup(Message):
    resource_group_id: str = string(1)
    name: str = string(2)


class KMSKey(Message):
    kms_key_id: str = string(1)
    enabled: bool = boolean(2)
    ecs_tag: bool = boolean(3)


class DescribeAccountResponse(Message):
    request_id: str = string(1)
    account_id: str = string(2)
    default_resource_group_id: str = string(3)
    standing: Optional[AccountStanding] = nested(4, AccountStanding)
    limits: List[Limit] = nested(5, Limit, REPEATED)
    clock: Optional[AccountClock] = nested(6, AccountClock)
    resource_groups: List[ResourceGroup] = nested(7, ResourceGroup, REPEATED)
    kms_keys: List[KMSKey] = nested(8, KMSKey, REPEATED)
    ram_users: List[str] = string(9, REPEATED)
    holds_jobs: bool = boolean(10)  # whether new jobs are held


class SetAccountRequest(RequestOf["SetAccountResponse"]):
    """What is absent is kept."""

    order_allowed: Optional[bool] = boolean(1, OPTIONAL)
    enterprise_status: str = string(2)
    balance: Optional[int] = int64(3, OPTIONAL)
    minimum_balance: Optional[int] = int64(4, OPTIONAL)
    snapshot_service_opened: Optional[bool] = boolean(5, OPTIONAL)
    data_disk_image_whitelist: Optional[bool] = boolean(6, OPTIONAL)
    kms_authorized: Optional[bool] = boolean(7, OPTIONAL)
    idempotent_processing: Optional[bool] = boolean(8, OPTIONAL)


class SetAccountResponse(Message):
    request_id: str = string(1)


class SetLimitsRequest(RequestOf["SetLimitsResponse"]):
    limit: List[Limit] = nested(1, Limit, REPEATED)


class SetLimitsResponse(Message):
    request_id: str = string(1)
    limits: List[Limit] = nested(2, Limit, REPEATED)  # all, as they are now


class SetClockRequest(RequestOf["ClockResponse"]):
    time: str = string(1)  # yyyy-MM-ddTHH:mm:ssZ; absent: as it is
    is_frozen: Optional[bool] = boolean(2, OPTIONAL)


class AdvanceClockRequest(RequestOf["ClockResponse"]):
    seconds: Optional[int] = int64(1, OPTIONAL)
    milliseconds: Optional[int] = int64(2, OPTIONAL)


class ClockResponse(Message):
    request_id: str = string(1)
    clock: Optional[AccountClock] = nested(2, AccountClock)


class SetInstanceRequest(RequestOf["SetInstanceResponse"]):
    instance_id: str = string(1)
    status: str = string(2)
    # Instead of those it has.
    operation_lock: List[OperationLock] = nested(3, OperationLock, REPEATED)
    is_locked: Optional[bool] = boolean(4, OPTIONAL)  # false: takes its locks away
    hibernation_configured: Optional[bool] = boolean(5, OPTIONAL)
    needs_restart: Optional[bool] = boolean(6, OPTIONAL)


class SetInstanceResponse(Message):
    request_id: str = string(1)


class SetDiskRequest(RequestOf["SetDiskResponse"]):
    disk_id: str = string(1)
    status: str = string(2)
    category: str = string(3)
    device_invalid: Optional[bool] = boolean(4, OPTIONAL)
    never_attached: Optional[bool] = boolean(5, OPTIONAL)
    encrypted: Optional[bool] = boolean(6, OPTIONAL)
    kms_key_id: str = string(7)


class SetDiskResponse(Message):
    request_id: str = string(1)


class SetSnapshotRequest(RequestOf["SetSnapshotResponse"]):
    snapshot_id: str = string(1)
    category: str = string(2)  # standard, flash, archive
    storage_location: str = string(3)  # Region, CloudBox
    default_free: Optional[bool] = boolean(4, OPTIONAL)
    creation_time: str = string(5)
    encrypted: Optional[bool] = boolean(6, OPTIONAL)
    kms_key_id: str = string(7)


class SetSnapshotResponse(Message):
    request_id: str = string(1)


class SetImageRequest(RequestOf["SetImageResponse"]):
    region_id: str = string(1)
    image_id: str = string(2)
    status: str = string(3)  # Available, UnAvailable, Deprecated, CreateFailed
    image_owner_alias: str = string(4)  # self, marketplace
    image_version: str = string(5)
    product_code: str = string(6)


class SetImageResponse(Message):
    request_id: str = string(1)


class SetKMSKeyRequest(RequestOf["SetKMSKeyResponse"]):
    """A key that nobody has set is enabled and has the tag."""

    kms_key_id: str = string(1)
    enabled: Optional[bool] = boolean(2, OPTIONAL)
    ecs_tag: Optional[bool] = boolean(3, OPTIONAL)


class SetKMSKeyResponse(Message):
    request_id: str = string(1)


class CreateResourceGroupRequest(RequestOf["CreateResourceGroupResponse"]):
    name: str = string(1)


class CreateResourceGroupResponse(Message):
    request_id: str = string(1)
    resource_group_id: str = string(2)


class RamPolicy(Message):
    policy_document: str = string(1)  # JSON: Version "1", Statement, Effect, Action, Resource
    resource_group_id: str = string(2)  # counts only for this group; absent: for all


class SetRamUserRequest(RequestOf["SetRamUserResponse"]):
    """A RAM user and what it may do: who owns the account acts as one by the metadata `ram-user`.
    No policy: it may do nothing."""

    ram_user: str = string(1)
    policy: List[RamPolicy] = nested(2, RamPolicy, REPEATED)
    is_deleted: Optional[bool] = boolean(3, OPTIONAL)


class SetRamUserResponse(Message):
    request_id: str = string(1)
