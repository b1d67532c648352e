/// Stage V1 of the operations on instances and disks.
extension SyntaxErrors {
    /// A name of an instance or a disk.
    fileprivate mutating func requireName(_ parameter: String, _ name: String) {
        require(
            name.isEmpty || Text.isImageName(name),
            .invalidParameter(
                parameter,
                hint: """
                    2 to 128 characters; first a letter or Chinese character; then letters, \
                    Chinese, digits, . : _ or -.
                    """))
    }

    fileprivate mutating func requireID(_ parameter: String, _ id: String) {
        require(!id.isEmpty, .missingParameter(parameter))
    }

    /// Nothing can be said of a zone whose region is not known.
    fileprivate mutating func requireZone(_ zoneID: String, in regionID: String) {
        require(
            zoneID.isEmpty || regionID.isEmpty || Values.isZone(zoneID, in: regionID),
            .invalidParameter("ZoneId", hint: "\(regionID)-a to \(regionID)-z."))
    }

    fileprivate mutating func requireEncryption(
        _ prefix: String, _ encrypted: Bool?, _ keyID: String
    ) {
        require(
            keyID.isEmpty || encrypted ?? false,
            .invalidParameterEncryptedIllegal.naming("\(prefix)Encrypted", hint: "Set it to true."))
        requireKeyID("\(prefix)KMSKeyId", keyID)
    }

    fileprivate mutating func requireDiskDescription(_ parameter: String, _ text: String) {
        require(
            text.isEmpty || Text.isDescription(text),
            .invalidDescriptionMalformed.naming(
                parameter, hint: "2 to 256 characters, not starting with http:// or https://."))
    }

    fileprivate mutating func requireCategory(_ parameter: String, _ category: String) {
        require(parameter, category, in: Values.categories, .invalidParameter(name: parameter))
    }

    /// A size that does not depend on a snapshot or an image.
    fileprivate mutating func requireSize(_ parameter: String, _ size: Int32?, _ category: String) {
        let sizes = Values.sizes(isBasic: category == "cloud")
        require(
            size.map(sizes.contains) ?? true,
            .invalidParameter(parameter, hint: "\(sizes.lowerBound) to \(sizes.upperBound) GiB."))
    }

    /// The instances of a plural operation.
    fileprivate mutating func requireInstances(_ ids: [String]) {
        requireID("InstanceId", ids.first ?? "")
        require(
            ids.count <= 100, .invalidParameter("InstanceId", hint: "At most 100 at a time."))
        for (index, id) in ids.enumerated().dropFirst() where id.isEmpty {
            requireID("InstanceId.\(index + 1)", id)
        }
    }

    fileprivate mutating func requireBatch(_ value: String) {
        let name = "BatchOptimization"
        require(name, value, in: ["AllTogether", "SuccessFirst"], .invalidParameter(name: name))
    }

    fileprivate mutating func requireStoppedMode(_ value: String) {
        let name = "StoppedMode"
        require(name, value, in: ["KeepCharging", "StopCharging"], .invalidParameter(name: name))
    }
}

extension Values {
    /// Whether `zoneID` is one of a region's zones: its name, a hyphen and a letter.
    public static func isZone(_ zoneID: String, in regionID: String) -> Bool {
        let rest = zoneID.utf8.dropFirst(regionID.utf8.count)
        return zoneID.utf8.starts(with: regionID.utf8) && rest.count == 2
            && rest.first == UInt8(ascii: "-")
            && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(rest.last!)
    }
}

// MARK: - Instances

extension RunInstancesRequest {
    /// How many instances are wanted.
    public var count: Int { Int(amount ?? 1) }

    public func syntaxErrors(tagsMax: Int) -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.require(!imageID.isEmpty || !imageFamily.isEmpty, .missingParameter("ImageId"))
        errors.require(
            imageID.isEmpty || imageFamily.isEmpty,
            .invalidParameter("ImageFamily", hint: "Leave it out: ImageId names the image."))
        errors.requireToken(clientToken)
        errors.requireName("InstanceName", instanceName)
        errors.require(
            (1...100).contains(amount ?? 1), .invalidParameter("Amount", hint: "1 to 100."))
        errors.require(
            Text.length(instanceType, isIn: 0...64),
            .invalidParameter("InstanceType", hint: "At most 64 characters."))
        errors.requireZone(zoneID, in: regionID)
        errors.require(
            "HttpTokens", httpTokens, in: ["optional", "required"],
            .invalidParameter(name: "HttpTokens"))
        if let systemDisk { systemDisk.requireSyntax(&errors) }
        errors.requireTags(tag, limit: tagsMax)
        requireDataDisks(&errors)
        requireDiskPaths(&errors)
        return errors.all
    }

    private func requireDataDisks(_ errors: inout SyntaxErrors) {
        errors.require(dataDisk.count <= 16, .invalidParameter("DataDisk", hint: "At most 16."))
        for (index, disk) in dataDisk.enumerated() {
            disk.requireSyntax("DataDisk.\(index + 1).", &errors)
        }
        var devices: Set<String> = []
        for (index, disk) in dataDisk.enumerated() where !disk.device.isEmpty {
            errors.require(
                devices.insert(disk.device).inserted,
                .invalidParameter(
                    "DataDisk.\(index + 1).Device", hint: "\(disk.device) is given twice."))
        }
    }
}

extension SystemDisk {
    fileprivate func requireSyntax(_ errors: inout SyntaxErrors) {
        errors.requireCategory("SystemDisk.Category", category)
        errors.requireName("SystemDisk.DiskName", diskName)
        errors.requireDiskDescription("SystemDisk.Description", description)
        errors.requireEncryption("SystemDisk.", encrypted, kmsKeyID)
    }
}

extension DataDisk {
    fileprivate func requireSyntax(_ prefix: String, _ errors: inout SyntaxErrors) {
        errors.requireCategory("\(prefix)Category", category)
        errors.requireName("\(prefix)DiskName", diskName)
        errors.requireDiskDescription("\(prefix)Description", description)
        errors.require(
            device.isEmpty || Device.isValid(device) && device != Device.system,
            .invalidParameter("\(prefix)Device", hint: "/dev/xvdb to /dev/xvdz."))
        errors.requireEncryption(prefix, encrypted, kmsKeyID)
        if snapshotID.isEmpty { errors.requireSize("\(prefix)Size", size, category) }
    }
}

extension StartInstancesRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.requireInstances(instanceID)
        errors.requireBatch(batchOptimization)
        return errors.all
    }
}

extension StopInstanceRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireID("InstanceId", instanceID)
        errors.requireStoppedMode(stoppedMode)
        return errors.all
    }
}

extension StopInstancesRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.requireInstances(instanceID)
        errors.requireStoppedMode(stoppedMode)
        errors.requireBatch(batchOptimization)
        return errors.all
    }
}

extension DeleteInstanceRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireID("InstanceId", instanceID)
        errors.requireToken(clientToken)
        return errors.all
    }
}

extension DeleteInstancesRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.requireInstances(instanceID)
        errors.requireToken(clientToken)
        return errors.all
    }
}

// MARK: - Disks

extension ReplaceSystemDiskRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireID("InstanceId", instanceID)
        errors.requireID("ImageId", imageID)
        errors.requireToken(clientToken)
        errors.requireEncryption("", encrypted, kmsKeyID)
        errors.requirePath("Path", path)
        return errors.all
    }
}

extension CreateDiskRequest {
    public func syntaxErrors(tagsMax: Int) -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.require(
            !zoneID.isEmpty || !instanceID.isEmpty,
            .missingParameter("ZoneId").hinting("Or name an InstanceId to attach it to."))
        errors.require(
            zoneID.isEmpty || instanceID.isEmpty,
            .invalidParameter("ZoneId", hint: "Leave it out: InstanceId says where the disk is."))
        errors.requireZone(zoneID, in: regionID)
        errors.require(
            size != nil || !snapshotID.isEmpty,
            .missingDiskSize.naming("Size", hint: "Give a Size, a SnapshotId or both."))
        errors.requireToken(clientToken)
        errors.requireName("DiskName", diskName)
        errors.requireDiskDescription("Description", description)
        errors.requireCategory("DiskCategory", diskCategory)
        if snapshotID.isEmpty { errors.requireSize("Size", size, diskCategory) }
        errors.requireEncryption("", encrypted, kmsKeyID)
        errors.requireTags(tag, limit: tagsMax)
        errors.requirePath("Path", path)
        return errors.all
    }
}

extension AttachDiskRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireID("InstanceId", instanceID)
        errors.requireID("DiskId", diskID)
        let isSystem = bootable ?? false
        let isRight = Device.isValid(device) && (device == Device.system) == isSystem
        errors.require(
            device.isEmpty || isRight,
            .invalidDeviceMalformedAttach.naming(
                "Device",
                hint: isSystem ? "/dev/xvda, as it is Bootable." : "/dev/xvdb to /dev/xvdz."))
        return errors.all
    }
}

extension DetachDiskRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireID("InstanceId", instanceID)
        errors.requireID("DiskId", diskID)
        return errors.all
    }
}
