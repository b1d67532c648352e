/// Stage V1 of `createimage.md` § 5: what a request's text alone can tell. Pure; the errors come
/// in the order that decides which one wins.
public struct SyntaxErrors: Sendable {
    public private(set) var all: [ECSError] = []

    /// More are of no use to anybody, and a request can hold a million mistakes.
    public static let countMax = 100

    mutating func require(_ isRight: Bool, _ error: @autoclosure () -> ECSError) {
        if !isRight && all.count < Self.countMax { all.append(error()) }
    }

    /// A parameter with a closed set of values; absent is right.
    mutating func require(
        _ name: String, _ value: String, in values: [String], _ error: ECSError
    ) {
        // By its bytes: a String equals another that only looks the same (the Kelvin sign, a K).
        let isOne = values.contains { $0.utf8.elementsEqual(value.utf8) }
        if value.isEmpty || isOne { return }
        all.append(error.naming(name, hint: "One of \(Values.list(values)), in this spelling."))
    }

    mutating func requireRegion(_ regionID: String) {
        require(
            !regionID.isEmpty,
            .missingParameterRegionId.naming("RegionId", hint: "For example cn-hangzhou."))
    }

    mutating func requireToken(_ token: String, max: Int = 64) {
        require(
            Text.isASCII(token, max: max),
            .invalidClientToken.naming("ClientToken", hint: "At most \(max) ASCII characters."))
    }

    /// A key's ID is free text, but it is kept with every disk and snapshot.
    mutating func requireKeyID(_ name: String, _ keyID: String) {
        require(keyID.utf8.count <= 128, .invalidParameter(name, hint: "At most 128 bytes."))
    }

    mutating func requireDescription(_ description: String) {
        require(
            description.isEmpty || Text.isDescription(description),
            .invalidDescriptionMalformed.naming(
                "Description", hint: "2 to 256 characters, not starting with http:// or https://."))
    }

    /// P-Tag: keys and values in order, then repeats, then their number.
    mutating func requireTags(_ tags: [RequestTag], limit: Int) {
        for (index, tag) in tags.enumerated() {
            require(
                Text.isTagKey(tag.effectiveKey),
                .invalidTagKeyMalformed.naming(
                    "Tag.\(index + 1).Key",
                    hint: """
                        1 to 128 characters, not starting with aliyun or acs:, without http:// \
                        or https://.
                        """))
            require(
                Text.isTagValue(tag.effectiveValue),
                .invalidTagValueMalformed.naming(
                    "Tag.\(index + 1).Value",
                    hint: """
                        At most 128 characters, not starting with acs:, without http:// or \
                        https://.
                        """))
        }
        // By their bytes: a String equals another that only looks the same (U+00E9 and e U+0301).
        var seen: Set<[UInt8]> = []
        for (index, tag) in tags.enumerated()
        where !seen.insert(Array(tag.effectiveKey.utf8)).inserted {
            all.append(
                .duplicateTagKey.naming(
                    "Tag.\(index + 1).Key", hint: "\(tag.effectiveKey) is given twice."))
            break
        }
        require(tags.count <= limit, .quotaExceedTags(limit: limit).naming("Tag"))
    }
}

extension RequestTag {
    /// The key, from ECS's spelling or its lower-case alias.
    public var effectiveKey: String { key.isEmpty ? legacyKey : key }
    public var effectiveValue: String { value ?? legacyValue ?? "" }
}

extension CreateImageRequest {
    /// Which of the three sources counts (B-Priority); the others are ignored entirely.
    public enum SourceKind: Sendable { case instance, mapping, snapshot }

    public var sourceKind: SourceKind? {
        if !instanceID.isEmpty { return .instance }
        if !diskDeviceMapping.isEmpty { return .mapping }
        return snapshotID.isEmpty ? nil : .snapshot
    }

    /// V1 in its order.
    public func syntaxErrors(
        tagsMax: Int, mappingsMax: Int = 17, tokenMax: Int = 64
    ) -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.require(
            sourceKind != nil,
            .missingParameter.hinting("Name an InstanceId, a SnapshotId or a DiskDeviceMapping."))
        if sourceKind == .mapping { requireMappingsNotEmpty(&errors) }
        errors.requireToken(clientToken, max: tokenMax)
        requireNames(&errors)
        errors.requireDescription(description)
        requireValues(&errors)
        errors.requireTags(tag, limit: tagsMax)
        if sourceKind == .mapping { requireMappings(&errors, mappingsMax) }
        return errors.all
    }

    private func requireMappingsNotEmpty(_ errors: inout SyntaxErrors) {
        for (index, entry) in diskDeviceMapping.enumerated() where entry == DiskDeviceMapping() {
            errors.require(
                false,
                .invalidParameterAllEmpty.naming(
                    "DiskDeviceMapping.\(index + 1)",
                    hint: "Give SnapshotId, Size, Device or DiskType, or leave the entry out."))
        }
    }

    private func requireNames(_ errors: inout SyntaxErrors) {
        errors.require(
            imageName.isEmpty || Text.isImageName(imageName),
            .invalidImageNameMalformed.naming(
                "ImageName",
                hint: """
                    2 to 128 characters; first a letter or Chinese character; then letters, \
                    Chinese, digits, . : _ or -; not starting with aliyun or acs:.
                    """))
        errors.require(
            imageFamily.isEmpty || Text.isImageFamily(imageFamily),
            .invalidImageFamilyMalformed.naming(
                "ImageFamily",
                hint: """
                    2 to 128 characters; first a letter or Chinese character; then letters, \
                    Chinese, digits, : _ or -; not starting with aliyun or acs:.
                    """))
        errors.require(
            Text.isASCII(imageVersion, max: 40),
            .invalidImageVersionMalformed.naming(
                "ImageVersion", hint: "1 to 40 ASCII characters."))
    }

    private func requireValues(_ errors: inout SyntaxErrors) {
        errors.require("Platform", platform, in: Values.platforms, .invalidPlatformMalformed)
        errors.require("BootMode", bootMode, in: Values.bootModes, .invalidBootModeMalformed)
        errors.require(
            "Architecture", architecture, in: Values.architectures, .invalidArchitectureMalformed)
        errors.require(
            "DetectionStrategy", detectionStrategy, in: ["Standard"],
            .invalidDetectionStrategyMalformed)
        errors.require(
            "Features.ImdsSupport", features?.imdsSupport ?? "", in: Values.imdsSupport,
            .invalidParameterFeaturesImdsSupport)
    }

    private func requireMappings(_ errors: inout SyntaxErrors, _ max: Int) {
        errors.require(
            diskDeviceMapping.count <= max,
            .invalidParameter(
                "DiskDeviceMapping",
                hint: "At most \(max): one system disk and \(max - 1) data disks."))
        for (index, entry) in diskDeviceMapping.enumerated() {
            let name = "DiskDeviceMapping.\(index + 1)"
            errors.require(
                "\(name).DiskType", entry.diskType, in: ["system", "data"],
                .invalidDiskTypeValueNotSupported)
            errors.require(
                entry.device.isEmpty || Device.isValid(entry.device),
                .invalidDeviceMalformed.naming(
                    "\(name).Device", hint: "/dev/xvda for the system disk, else /dev/xvdb to z."))
            errors.require(
                entry.size.map { (1...32768).contains($0) } ?? true,
                .invalidSizeValueNotSupported.naming("\(name).Size", hint: "1 to 32768 GiB."))
        }
        var seen: Set<String> = []
        for (index, entry) in diskDeviceMapping.enumerated() where !entry.device.isEmpty {
            errors.require(
                seen.insert(entry.device).inserted,
                .invalidDeviceInUse.naming(
                    "DiskDeviceMapping.\(index + 1).Device",
                    hint: "\(entry.device) is given twice."))
        }
    }
}

extension CreateSnapshotRequest {
    public func syntaxErrors(tagsMax: Int) -> [ECSError] {
        var errors = SyntaxErrors()
        errors.require(!diskID.isEmpty, .missingParameter("DiskId"))
        errors.requireToken(clientToken)
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
        errors.require(
            "Category", category, in: ["standard", "flash"], .invalidParameter(name: "Category"))
        errors.requireTags(tag, limit: tagsMax)
        return errors.all
    }
}

extension RegisterInstanceRequest {
    /// Which entry is the system disk: the one that says so; if none does, the first without a
    /// Type.
    public var systemDiskIndex: Int? {
        disk.firstIndex { $0.type == "system" } ?? disk.firstIndex { $0.type.isEmpty }
    }

    public func syntaxErrors(tagsMax: Int) -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.requireToken(clientToken)
        errors.require(
            instanceName.isEmpty || Text.isImageName(instanceName),
            .invalidParameter(
                "InstanceName", hint: "2 to 128 characters; first a letter or Chinese character."))
        errors.require(
            "Status", status, in: ["Stopped", "Running"], .invalidParameter(name: "Status"))
        errors.require("Platform", platform, in: Values.platforms, .invalidPlatformMalformed)
        errors.require(
            "Architecture", architecture, in: Values.architectures, .invalidArchitectureMalformed)
        errors.require("BootMode", bootMode, in: Values.bootModes, .invalidBootModeMalformed)
        errors.requireTags(tag, limit: tagsMax)
        requireDisks(&errors)
        return errors.all
    }

    private func requireDisks(_ errors: inout SyntaxErrors) {
        errors.require(!disk.isEmpty, .missingParameter("Disk.1.Path"))
        errors.require(
            disk.count <= 17,
            .invalidParameter("Disk", hint: "At most 17: one system disk and 16 data disks."))
        let systemCount = disk.count { $0.type == "system" }
        errors.require(
            disk.isEmpty || systemCount <= 1 && systemDiskIndex != nil,
            .invalidParameter("Disk", hint: "Exactly one disk has the Type system."))
        // Nothing more is said of a list that is too long as it is.
        if disk.count > 17 { return }
        let systemIndex = systemDiskIndex
        for (index, entry) in disk.enumerated() {
            entry.requireSyntax("Disk.\(index + 1)", isSystem: index == systemIndex, &errors)
        }
        var devices: Set<String> = []
        var paths: Set<String> = []
        for (index, entry) in disk.enumerated() {
            errors.require(
                entry.device.isEmpty || devices.insert(entry.device).inserted,
                .invalidParameter(
                    "Disk.\(index + 1).Device", hint: "\(entry.device) is given twice."))
            errors.require(
                entry.path.isEmpty || paths.insert(entry.path).inserted,
                .invalidParameter("Disk.\(index + 1).Path", hint: "\(entry.path) is given twice."))
        }
    }
}

extension RegisteredDisk {
    fileprivate func requireSyntax(
        _ name: String, isSystem: Bool, _ errors: inout SyntaxErrors
    ) {
        errors.require(
            path.isEmpty || path.hasPrefix("/"),
            .invalidParameter("\(name).Path", hint: "An absolute path: it is the daemon's to open.")
        )
        errors.require(
            path.utf8.count < 4096 && !path.unicodeScalars.contains("\0"),
            .invalidParameter("\(name).Path", hint: "At most 4095 bytes, none of them zero."))
        errors.require(
            "\(name).Type", type, in: ["system", "data"], .invalidParameter(name: "\(name).Type"))
        errors.require(
            "\(name).Category", category, in: Values.categories,
            .invalidParameter(name: "\(name).Category"))
        let isDeviceRight =
            device.isEmpty || Device.isValid(device) && isSystem == (device == Device.system)
        errors.require(
            isDeviceRight,
            .invalidParameter(
                "\(name).Device", hint: "/dev/xvda for the system disk, else /dev/xvdb to z."))
        requireSize(name, &errors)
    }

    private func requireSize(_ name: String, _ errors: inout SyntaxErrors) {
        if !path.isEmpty {
            errors.require(
                size == nil,
                .invalidParameter("\(name).Size", hint: "Leave it out: the file has its own size."))
            return
        }
        let sizes = Values.sizes(isBasic: category == "cloud")
        errors.require(
            size.map(sizes.contains) ?? false,
            .invalidParameter(
                "\(name).Size",
                hint: """
                    A disk without a Path is simulated and needs a size of \(sizes.lowerBound) to \
                    \(sizes.upperBound) GiB.
                    """))
    }
}
