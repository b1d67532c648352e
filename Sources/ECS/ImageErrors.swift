/// Errors of the operations on images, snapshots and tags, as the pages of those operations have
/// them (`AlibabaCloudDocs/ecs`).
extension ECSError {
    // MARK: Describing

    public static let invalidImageOwnerAliasValueNotSupported = ECSError(
        400, "InvalidImageOwnerAlias.ValueNotSupported",
        "The specified ImageOwnerAlias value is not supported.")
    public static let invalidParamter = ECSError(400, "InvalidParamter", "Invalid Parameter")
    public static let invalidFilterKeyNotFound = ECSError(
        404, "InvalidFilterKey.NotFound", "The specified Filterkey is not supported.")
    public static let invalidFilterValue = ECSError(
        404, "InvalidFilterValue", "The specified FilterValue is not supported.")
    public static let invalidUsage = ECSError(
        404, "InvalidUsage", "The specifed Usage is not valid")
    public static let invalidTagCount = ECSError(
        400, "InvalidTagCount", "The specified tags are beyond the permitted range.")
    public static let invalidStatusNotFound = ECSError(
        404, "InvalidStatus.NotFound", "The specified Status is not found")
    public static let invalidSnapshotTypeNotFound = ECSError(
        404, "InvalidSnapshotType.NotFound", "The specified SnapshotType is not found")
    public static let invalidSourceDiskType = ECSError(
        404, "InvalidSourceDiskType", "The specifed SourceDiskType is not valid")

    // MARK: Changing and deleting

    public static let imageUsingByInstance = ECSError(
        403, "ImageUsingByInstance", "The specified image has been used to create instances.")
    public static let imageUseShared = ECSError(
        403, "ImageUseShared", "The specified image has been shared to others.")
    public static let operationDeniedImageCopying = ECSError(
        403, "OperationDenied.ImageCopying", "The Image is coping.")

    // MARK: Tags

    public static let invalidResourceIDNotFound = ECSError(
        404, "InvalidResourceId.NotFound",
        "The specified ResourceIds are not found in our records.")
    public static let invalidResourceTypeNotFound = ECSError(
        404, "InvalidResourceType.NotFound",
        "The ResourceType provided does not exist in our records.")
}
