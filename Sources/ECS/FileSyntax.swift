// Stage V1 of what names files of the daemon's machine, and of what reads snapshots' bytes.

extension SyntaxErrors {
    /// The path of a file that is to be made; empty: none is named.
    mutating func requirePath(_ parameter: String, _ path: String) {
        require(
            path.isEmpty || path.hasPrefix("/"),
            .invalidParameter(parameter, hint: "An absolute path: it is the daemon's to open."))
        require(
            path.utf8.count < 4096 && !path.unicodeScalars.contains("\0"),
            .invalidParameter(parameter, hint: "At most 4095 bytes, none of them zero."))
    }
}

extension RunInstancesRequest {
    /// Where the files of disks are to be made.
    func requireDiskPaths(_ errors: inout SyntaxErrors) {
        errors.require(
            diskPath.isEmpty || (amount ?? 1) == 1,
            .invalidParameter(
                "DiskPath",
                hint: """
                    A path is one disk's, and Amount asks for several instances: leave DiskPath \
                    out, or run them one by one.
                    """))
        errors.require(diskPath.count <= 17, .invalidParameter("DiskPath", hint: "At most 17."))
        var devices: Set<String> = []
        var paths: Set<String> = []
        for (index, entry) in diskPath.enumerated() {
            let name = "DiskPath.\(index + 1)"
            errors.require(
                Device.isValid(entry.device),
                entry.device.isEmpty
                    ? .missingParameter("\(name).Device")
                    : .invalidParameter("\(name).Device", hint: "/dev/xvda to /dev/xvdz."))
            errors.require(
                entry.device.isEmpty || devices.insert(entry.device).inserted,
                .invalidParameter("\(name).Device", hint: "\(entry.device) is given twice."))
            errors.require(!entry.path.isEmpty, .missingParameter("\(name).Path"))
            errors.requirePath("\(name).Path", entry.path)
            errors.require(
                entry.path.isEmpty || paths.insert(entry.path).inserted,
                .invalidParameter("\(name).Path", hint: "\(entry.path) is given twice."))
        }
    }
}

extension ExportSnapshotRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.require(!snapshotID.isEmpty, .missingParameter("SnapshotId"))
        errors.require(!path.isEmpty, .missingParameter("Path"))
        errors.requirePath("Path", path)
        return errors.all
    }
}

extension ReadSnapshotRequest {
    /// How many bytes one request reads at most.
    public static let lengthMax: Int64 = 1 << 20

    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.require(!snapshotID.isEmpty, .missingParameter("SnapshotId"))
        errors.require(offset >= 0, .invalidParameter("Offset", hint: "0 or more."))
        errors.require(
            (1...Self.lengthMax).contains(length),
            .invalidParameter("Length", hint: "1 to \(Self.lengthMax) bytes."))
        return errors.all
    }
}
