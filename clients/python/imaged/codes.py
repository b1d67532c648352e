"""ECS's error codes, as ``protocol/ecs.md`` § Errors has them, with what brings each about."""

from __future__ import annotations

from typing import Dict, Tuple

_CODES: Dict[str, Tuple[str, ...]] = {
    "CreateImage": (
        "InvalidImageName.Malformed", "InvalidImageName.Duplicated", "InvalidDescription.Malformed",
        "InvalidImageVersion.Malformed", "IncorrectInstanceStatus", "InstanceLockedForSecurity",
        "InvalidDevice.Malformed", "MissingParameter", "InvalidSize.ValueNotSupported",
        "InvalidDevice.InUse", "OperationDenied", "InvalidDiskCategory.CreateImage",
        "InvalidArchitecture.Malformed", "InvalidPlatform.Malformed", "InvalidParameter.AllEmpty",
        "InvalidParameter.DiskType", "Duplicate.TagKey", "InvalidTagKey.Malformed",
        "InvalidTagValue.Malformed", "InvalidInstance.NotFoundSystemDisk",
        "InvalidImageFamily.Malformed", "ImageQuotaExceed.ImageFamily", "ImageFamilyQuotaExceed",
        "InvalidDiskType.ValueNotSupported", "IdempotenceParamNotMatch",
        "InvalidBootMode.NotSupport", "InvalidParameter.FeaturesImdsSupport",
        "InvalidOperation.DiskCategoryUnsupported", "AccountForbidden.CreateOrder",
        "InvalidBootMode.Malformed", "InvalidDetectionStrategy.Malformed", "InternalError",
        "IncorrectDiskStatus.NeverAttached", "InvalidSnapshotId.NotReady", "InvalidSnapshot.TooOld",
        "QuotaExceed.Image", "InvalidParamter.Conflict", "InvalidAccountStatus.NotEnoughBalance",
        "InvalidAccountStatus.SnapshotServiceUnavailable", "UserNotInTheWhiteList",
        "IncorrectDiskStatus.Invalid", "OperationDenied.InvalidSnapshotCategory",
        "QuotaExceed.Snapshot", "IncorrectDiskStatus.Transferring", "IncorrectDiskStatus",
        "InvalidSystemSnapshot.Missing", "IncorrectDiskStatus.CreatingSnapshot",
        "InvalidParameter.KMSKeyId.CMKUnauthorized", "InvalidParameter.KMSKeyId.CMKNotEnabled",
        "InvalidParameter.KMSKeyId.KMSUnauthorized", "QuotaExceed.Tags",
        "InvalidSnapshotCategory.NotSupportImageCreation", "TooManySnapshot.Unfinished",
        "HibernationConfigured.InstanceOperationForbidden", "SnapshotNotReady",
        "IncorrectInstanceStatus.NeedRestart", "QuotaExceed.ConcurrentSnapshotQuota",
        "InvalidOperation.SnapshotStorageLocationUnsupported", "AccountEnterpriseStatusInvalid",
        "InvalidOperation.DefaultFreeSnapshotNotSupport", "InvalidSnapshotId.NotFound",
        "InvalidInstanceId.NotFound", "InvalidResourceGroup.NotFound"),
}


def error_codes(operation: str) -> Tuple[str, ...]:
    """The codes that an operation's own page lists, in its order, each once: what a program that
    calls it should have an answer to. The daemon may answer with others too: ``Forbidden``,
    ``InvalidParameter``, ``ServiceUnavailable`` ...

    :raises KeyError: there is no table of this operation; there is one of ``CreateImage``.
    """
    return _CODES[operation]
