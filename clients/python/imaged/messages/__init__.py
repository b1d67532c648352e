"""All messages of ``protocol/imaged.proto``: dataclasses with the names of that file."""

from .daemon import (
    CancelRequest, CancelResponse, Damage, DescribeUsageRequest, DescribeUsageResponse,
    Event, EventsResponse, ExportSnapshotRequest, ExportSnapshotResponse, HealthRequest,
    HealthResponse, MetricsRequest, MetricsResponse, ReadEventsRequest, ReadSnapshotRequest,
    ReadSnapshotResponse, Usage,
    VerifySnapshotRequest, VerifySnapshotResponse, VersionRequest, VersionResponse,
    WaitForImageRequest, WaitForImageResponse, WatchRequest)
from .envelope import (
    Any, Error, KeyValue, Request, Response, Status)
from .fixture import (
    AccountClock, AccountStanding, AdvanceClockRequest, ClockResponse, CreateAccountRequest,
    CreateAccountResponse, CreateResourceGroupRequest, CreateResourceGroupResponse,
    DescribeAccountRequest, DescribeAccountResponse, DropAccountRequest,
    DropAccountResponse, KMSKey, Limit, RamPolicy, ResourceGroup, SetAccountRequest,
    SetAccountResponse, SetClockRequest, SetDiskRequest, SetDiskResponse, SetImageRequest,
    SetImageResponse, SetInstanceRequest, SetInstanceResponse, SetKMSKeyRequest,
    SetKMSKeyResponse, SetLimitsRequest, SetLimitsResponse, SetRamUserRequest,
    SetRamUserResponse, SetSnapshotRequest, SetSnapshotResponse)
from .images import (
    CancelCopyImageRequest, CancelCopyImageResponse, CopyImageRequest, CopyImageResponse,
    CreateImageRequest, CreateImageResponse, DeleteImageRequest, DeleteImageResponse,
    DescribeImageFromFamilyRequest, DescribeImageFromFamilyResponse,
    DescribeImageSharePermissionRequest, DescribeImageSharePermissionResponse,
    DescribeImagesRequest, DescribeImagesResponse, DiskDeviceMapping, ExportImageRequest,
    ExportImageResponse, Filter, ImageRequestFeatures, ModifyImageAttributeRequest,
    ModifyImageAttributeResponse, ModifyImageSharePermissionRequest,
    ModifyImageSharePermissionResponse, RequestTag, ShareAccount)
from .instances import (
    AttachDiskRequest, AttachDiskResponse, CreateDiskRequest, CreateDiskResponse, DataDisk,
    DeleteDiskRequest, DeleteDiskResponse, DeleteInstanceRequest, DeleteInstanceResponse,
    DeleteInstancesRequest, DeleteInstancesResponse, DescribeDisksRequest,
    DescribeDisksResponse, DescribeInstanceStatusRequest, DescribeInstanceStatusResponse,
    DescribeInstancesRequest, DescribeInstancesResponse, DetachDiskRequest,
    DetachDiskResponse, DiskPath, InstanceResponse, InstanceStatus, RegisterInstanceRequest,
    RegisterInstanceResponse, RegisteredDisk, ReplaceSystemDiskRequest,
    ReplaceSystemDiskResponse, RunInstancesRequest, RunInstancesResponse,
    StartInstanceRequest, StartInstanceResponse, StartInstancesRequest,
    StartInstancesResponse, StopInstanceRequest, StopInstanceResponse, StopInstancesRequest,
    StopInstancesResponse, SystemDisk)
from .jobs import (
    AddFaultRuleRequest, AddFaultRuleResponse, DescribeFaultRulesRequest,
    DescribeFaultRulesResponse, DescribeJobsRequest, FailJobsRequest, FaultRule,
    FinishJobsRequest, HeldRequest, HoldJobsRequest, Job, JobsResponse, ReleaseJobsRequest,
    ReleaseRequestsRequest, ReleaseRequestsResponse, RemoveFaultRuleRequest,
    RemoveFaultRuleResponse, StepJobsRequest)
from .resources import (
    DetectionItem, DetectionOptions, Disk, HibernationOptions, Image, ImageDisk,
    ImageFeatures, Instance, OperationLock, SecureBootOptions, Snapshot, Tag)
from .snapshots import (
    CreateSnapshotRequest, CreateSnapshotResponse, DeleteSnapshotRequest,
    DeleteSnapshotResponse, DescribeSnapshotsRequest, DescribeSnapshotsResponse,
    ModifySnapshotAttributeRequest, ModifySnapshotAttributeResponse)
from .tags import (
    AddTagsRequest, AddTagsResponse, DescribeRegionsRequest, DescribeRegionsResponse,
    JoinResourceGroupRequest, JoinResourceGroupResponse, ListTagResourcesRequest,
    ListTagResourcesResponse, RegionItem, TagFilter, TagResource, TagResourcesRequest,
    TagResourcesResponse, UntagResourcesRequest, UntagResourcesResponse)

__all__ = [
    "AccountClock", "AccountStanding", "AddFaultRuleRequest", "AddFaultRuleResponse",
    "AddTagsRequest", "AddTagsResponse", "AdvanceClockRequest", "Any", "AttachDiskRequest",
    "AttachDiskResponse", "CancelCopyImageRequest", "CancelCopyImageResponse",
    "CancelRequest", "CancelResponse", "ClockResponse", "CopyImageRequest",
    "CopyImageResponse", "CreateAccountRequest", "CreateAccountResponse",
    "CreateDiskRequest", "CreateDiskResponse", "CreateImageRequest", "CreateImageResponse",
    "CreateResourceGroupRequest", "CreateResourceGroupResponse", "CreateSnapshotRequest",
    "CreateSnapshotResponse", "Damage", "DataDisk", "DeleteDiskRequest",
    "DeleteDiskResponse", "DeleteImageRequest", "DeleteImageResponse",
    "DeleteInstanceRequest", "DeleteInstanceResponse", "DeleteInstancesRequest",
    "DeleteInstancesResponse", "DeleteSnapshotRequest", "DeleteSnapshotResponse",
    "DescribeAccountRequest", "DescribeAccountResponse", "DescribeDisksRequest",
    "DescribeDisksResponse", "DescribeFaultRulesRequest", "DescribeFaultRulesResponse",
    "DescribeImageFromFamilyRequest", "DescribeImageFromFamilyResponse",
    "DescribeImageSharePermissionRequest", "DescribeImageSharePermissionResponse",
    "DescribeImagesRequest", "DescribeImagesResponse", "DescribeInstanceStatusRequest",
    "DescribeInstanceStatusResponse", "DescribeInstancesRequest",
    "DescribeInstancesResponse", "DescribeJobsRequest", "DescribeRegionsRequest",
    "DescribeRegionsResponse", "DescribeSnapshotsRequest", "DescribeSnapshotsResponse",
    "DescribeUsageRequest", "DescribeUsageResponse", "DetachDiskRequest",
    "DetachDiskResponse", "DetectionItem", "DetectionOptions", "Disk", "DiskDeviceMapping",
    "DiskPath", "DropAccountRequest", "DropAccountResponse", "Error", "Event",
    "EventsResponse", "ExportImageRequest", "ExportImageResponse", "ExportSnapshotRequest",
    "ExportSnapshotResponse", "FailJobsRequest", "FaultRule", "Filter", "FinishJobsRequest",
    "HealthRequest", "HealthResponse", "HeldRequest", "HibernationOptions",
    "HoldJobsRequest", "Image", "ImageDisk", "ImageFeatures", "ImageRequestFeatures",
    "Instance", "InstanceResponse", "InstanceStatus", "Job", "JobsResponse",
    "JoinResourceGroupRequest", "JoinResourceGroupResponse", "KMSKey", "KeyValue", "Limit",
    "ListTagResourcesRequest", "ListTagResourcesResponse", "MetricsRequest",
    "MetricsResponse", "ModifyImageAttributeRequest",
    "ModifyImageAttributeResponse", "ModifyImageSharePermissionRequest",
    "ModifyImageSharePermissionResponse", "ModifySnapshotAttributeRequest",
    "ModifySnapshotAttributeResponse", "OperationLock", "RamPolicy", "ReadEventsRequest",
    "ReadSnapshotRequest", "ReadSnapshotResponse", "RegionItem", "RegisterInstanceRequest",
    "RegisterInstanceResponse", "RegisteredDisk", "ReleaseJobsRequest",
    "ReleaseRequestsRequest", "ReleaseRequestsResponse", "RemoveFaultRuleRequest",
    "RemoveFaultRuleResponse", "ReplaceSystemDiskRequest", "ReplaceSystemDiskResponse",
    "Request", "RequestTag", "ResourceGroup", "Response", "RunInstancesRequest",
    "RunInstancesResponse", "SecureBootOptions", "SetAccountRequest", "SetAccountResponse",
    "SetClockRequest", "SetDiskRequest", "SetDiskResponse", "SetImageRequest",
    "SetImageResponse", "SetInstanceRequest", "SetInstanceResponse", "SetKMSKeyRequest",
    "SetKMSKeyResponse", "SetLimitsRequest", "SetLimitsResponse", "SetRamUserRequest",
    "SetRamUserResponse", "SetSnapshotRequest", "SetSnapshotResponse", "ShareAccount",
    "Snapshot", "StartInstanceRequest", "StartInstanceResponse", "StartInstancesRequest",
    "StartInstancesResponse", "Status", "StepJobsRequest", "StopInstanceRequest",
    "StopInstanceResponse", "StopInstancesRequest", "StopInstancesResponse", "SystemDisk",
    "Tag", "TagFilter", "TagResource", "TagResourcesRequest", "TagResourcesResponse",
    "UntagResourcesRequest", "UntagResourcesResponse", "Usage", "VerifySnapshotRequest",
    "VerifySnapshotResponse", "VersionRequest", "VersionResponse", "WaitForImageRequest",
    "WaitForImageResponse", "WatchRequest",
]
