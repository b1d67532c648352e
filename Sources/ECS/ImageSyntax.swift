// What the text of a request on images, snapshots and tags alone can tell (V1).

// MARK: - Filters

/// When something was made, as Filter.N narrows it down. Times are compared as text: ECS's have
/// one length and sort as they pass.
public struct CreationRange: Sendable {
    private var start = ""
    private var end = ""

    static let keys = ["CreationStartTime", "CreationEndTime", "NetworkType"]

    /// - Parameter filters: have passed their syntax rules. A minute that ends a range is in it.
    public init(_ filters: [Filter]) {
        for filter in filters where filter.key != "NetworkType" {
            guard let time = Time.parse(filter.value) else { continue }
            if filter.key == "CreationStartTime" {
                start = max(start, Time.seconds(time))
            } else {
                let last = Time.seconds(time + 59_000_000_000)
                end = end.isEmpty ? last : min(end, last)
            }
        }
    }

    public func contains(_ creationTime: String) -> Bool {
        creationTime >= start && (end.isEmpty || creationTime <= end)
    }
}

extension SyntaxErrors {
    mutating func requireFilters(_ filters: [Filter]) {
        for (index, filter) in filters.enumerated() {
            require(
                CreationRange.keys.contains(filter.key),
                .invalidFilterKeyNotFound.naming(
                    "Filter.\(index + 1).Key", hint: "One of \(Values.list(CreationRange.keys)).")
            )
            let isTime =
                filter.key == "NetworkType" || !CreationRange.keys.contains(filter.key)
                || filter.value.utf8.count == 17 && Time.parse(filter.value) != nil
            require(
                isTime,
                .invalidFilterValue.naming(
                    "Filter.\(index + 1).Value", hint: "A time: yyyy-MM-ddTHH:mmZ."))
        }
    }

    mutating func requireTagCount(_ tags: [RequestTag]) {
        require(tags.count <= 20, .invalidTagCount.naming("Tag", hint: "At most 20."))
    }

    mutating func require(_ name: String, _ value: String) {
        require(!value.isEmpty, .missingParameter(name))
    }

    fileprivate mutating func requireImage(_ regionID: String, _ imageID: String) {
        require("RegionId", regionID)
        require("ImageId", imageID)
    }
}

extension DescribeImagesRequest {
    public static let ownerAliases = ["system", "self", "others", "marketplace"]

    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.require(
            !status.isEmpty || usable == nil,
            .missingParameter("Status").naming("Status", hint: "With Usable: ALL, or some."))
        errors.require(
            statuses.map { !$0.isEmpty && $0.allSatisfy(Values.imageStatuses.contains) } ?? true,
            .invalidParamter.naming(
                "Status",
                hint: "ALL, or some of \(Values.list(Values.imageStatuses)), with commas."))
        errors.require(
            "ImageOwnerAlias", imageOwnerAlias, in: Self.ownerAliases,
            .invalidImageOwnerAliasValueNotSupported)
        errors.require("Usage", usage, in: ["instance", "none"], .invalidUsage)
        errors.requireTagCount(tag)
        errors.requireFilters(filter)
        return errors.all
    }

    /// The statuses wanted; nil: all.
    public var statuses: [String]? {
        if status.isEmpty { return ["Available"] }
        if status == "ALL" { return nil }
        return status.split(separator: ",").map(String.init)
    }
}

extension DescribeSnapshotsRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.require(
            "Status", status, in: ["progressing", "accomplished", "failed", "all"],
            .invalidStatusNotFound)
        errors.require(
            "SnapshotType", snapshotType, in: ["auto", "user", "all"],
            .invalidSnapshotTypeNotFound)
        errors.require(
            "SourceDiskType", sourceDiskType.lowercased(), in: ["system", "data"],
            .invalidSourceDiskType)
        errors.require("Usage", usage, in: ["image", "disk", "image_disk", "none"], .invalidUsage)
        errors.require(
            "Category", category.lowercased(), in: ["standard", "flash", "archive"],
            .invalidParameter(name: "Category"))
        errors.requireTagCount(tag)
        errors.requireFilters(filter)
        return errors.all
    }
}

// MARK: - Changing

extension ModifyImageAttributeRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireImage(regionID, imageID)
        errors.requireImageName("ImageName", imageName)
        // D-ImageFamily: here a family may have a dot, as a name may.
        errors.require(
            imageFamily.isEmpty || Text.isImageName(imageFamily),
            .invalidImageFamilyMalformed.naming("ImageFamily", hint: SyntaxErrors.nameHint))
        errors.requireDescription(description)
        errors.require(
            "Status", status, in: ["Available", "Deprecated"], .invalidParameter(name: "Status"))
        errors.require("BootMode", bootMode, in: Values.bootModes, .invalidBootModeMalformed)
        errors.require(
            "Features.NvmeSupport", features?.nvmeSupport ?? "", in: ["supported", "unsupported"],
            .invalidParameter(name: "Features.NvmeSupport"))
        errors.require(
            "Features.ImdsSupport", features?.imdsSupport ?? "", in: Values.imdsSupport,
            .invalidParameterFeaturesImdsSupport)
        errors.require(
            "LicenseType", licenseType, in: ["Auto", "Aliyun", "BYOL"],
            .invalidParameter(name: "LicenseType"))
        return errors.all
    }
}

extension SyntaxErrors {
    fileprivate static let nameHint = """
        2 to 128 characters; first a letter or Chinese character; then letters, Chinese, digits, \
        . : _ or -; not starting with aliyun or acs:.
        """

    fileprivate mutating func requireImageName(_ name: String, _ value: String) {
        require(
            value.isEmpty || Text.isImageName(value),
            .invalidImageNameMalformed.naming(name, hint: Self.nameHint))
    }
}

extension ModifySnapshotAttributeRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.require("SnapshotId", snapshotID)
        errors.require(
            snapshotName.isEmpty || Text.isSnapshotName(snapshotName),
            .invalidSnapshotNameMalformed.naming(
                "SnapshotName",
                hint: """
                    2 to 128 characters; first a letter or Chinese character; then letters, \
                    Chinese, digits, . : _ or -; not starting with auto.
                    """))
        errors.requireDescription(description)
        errors.require(
            retentionDays.map { (1...65536).contains($0) } ?? true,
            .invalidParameter("RetentionDays", hint: "1 to 65536."))
        return errors.all
    }
}

extension CopyImageRequest {
    /// Where the copy is to be; RegionId's own region if the request names none.
    public var targetRegionID: String {
        destinationRegionID.isEmpty ? regionID : destinationRegionID
    }

    public func syntaxErrors(tagsMax: Int) -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireImage(regionID, imageID)
        errors.require(
            targetRegionID != regionID || encrypted ?? false || regionID.isEmpty,
            .invalidParameter(
                "DestinationRegionId",
                hint: "Another region than \(regionID), unless the copy is Encrypted."))
        errors.requireToken(clientToken)
        errors.requireImageName("DestinationImageName", destinationImageName)
        errors.require(
            destinationDescription.isEmpty || Text.isDescription(destinationDescription),
            .invalidDescriptionMalformed.naming(
                "DestinationDescription",
                hint: "2 to 256 characters, not starting with http:// or https://."))
        errors.require(
            kmsKeyID.isEmpty || encrypted ?? false,
            .invalidParameter("KMSKeyId", hint: "It goes with Encrypted true."))
        errors.requireKeyID("KMSKeyId", kmsKeyID)
        errors.requireTags(tag, limit: tagsMax)
        return errors.all
    }
}

// MARK: - Sharing

extension CancelCopyImageRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireImage(regionID, imageID)
        return errors.all
    }
}

extension ModifyImageSharePermissionRequest {
    /// A call takes this many accounts of each list; further ones are ignored.
    private static let accountsMax = 10

    public var accountsToAdd: [String] { Self.counted(addAccount) }
    public var accountsToRemove: [String] { Self.counted(removeAccount) }

    private static func counted(_ accounts: [String]) -> [String] {
        accounts.lazy.filter { !$0.isEmpty }.prefix(accountsMax).map { $0 }
    }

    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireImage(regionID, imageID)
        for (name, accounts) in [
            ("AddAccount", accountsToAdd), ("RemoveAccount", accountsToRemove),
        ] {
            for account in accounts {
                errors.require(
                    Text.isAccountID(account),
                    .invalidParameter(
                        name,
                        hint: "Account IDs: 1 to 64 letters, digits, -, _ or ., first no - or ."))
            }
        }
        return errors.all
    }
}

extension DescribeImageSharePermissionRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireImage(regionID, imageID)
        return errors.all
    }
}

// MARK: - Export

extension ExportImageRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireImage(regionID, imageID)
        errors.require(
            !path.isEmpty || !ossBucket.isEmpty,
            .missingParameter("OSSBucket").naming("OSSBucket", hint: "Or give a Path."))
        errors.require(
            path.isEmpty || ossBucket.isEmpty,
            .invalidParameter("Path", hint: "Either OSSBucket or Path."))
        errors.require(
            path.isEmpty || path.hasPrefix("/"),
            .invalidParameter("Path", hint: "An absolute path: it is the daemon's to open."))
        errors.require(
            path.utf8.count < 4096 && !path.unicodeScalars.contains("\0"),
            .invalidParameter("Path", hint: "At most 4095 bytes, none of them zero."))
        let isPrefix = ossPrefix.utf8.allSatisfy { byte in
            switch UnicodeScalar(byte) {
            case "a"..."z", "A"..."Z", "0"..."9": true
            default: false
            }
        }
        errors.require(
            isPrefix && ossPrefix.utf8.count <= 30,
            .invalidParameter("OSSPrefix", hint: "1 to 30 letters and digits."))
        return errors.all
    }
}
