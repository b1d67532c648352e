import ECS
import System

/// The short forms of lists: `--tag KEY=VALUE`, `--disk PATH[,key=value...]` and the like.
enum ShortForms {
    static let tag = Option(
        name: "tag", value: "KEY=VALUE",
        meaning: "A tag; may be repeated. Long form: --Tag.1.Key, --Tag.1.Value.", repeats: true)
    static let filter = Option(
        name: "filter", value: "KEY=TIME",
        meaning: "Only those made since CreationStartTime=..., or up to CreationEndTime=...",
        repeats: true)
    static let limit = Option(
        name: "limit", value: "NAME=NUMBER",
        meaning: "A limit, as the configuration file spells it: Images=5; may be repeated.",
        repeats: true)
    static let lock = Option(
        name: "lock", value: "REASON",
        meaning: "Lock it: financial, security, recycling ...; may be repeated.", repeats: true)
    static let policy = Option(
        name: "policy", value: "[GROUP=]FILE",
        meaning: """
            A policy document, JSON; may be repeated. After a resource group's ID, rg-...=FILE, it \
            counts for that group alone.
            """, repeats: true)
    static let disk = Option(
        name: "disk", value: "PATH[,KEY=VALUE...]",
        meaning: """
            A disk's file or block device; may be repeated. The first is the system disk, unless \
            one has type=system. Keys: format, type, category, device; without a PATH the disk is \
            simulated and needs size=GIB.
            """, repeats: true)
    static let dataDisk = Option(
        name: "data-disk", value: "KEY=VALUE,...",
        meaning: """
            A data disk; may be repeated. Keys: size (GiB), category, snapshot-id, disk-name, \
            device.
            """, repeats: true)

    static let path = Option(
        name: "path", value: "FILE",
        meaning: "The new file of the system disk. Long form: --DiskPath.1.Device, .Path.")
    static let diskPath = Option(
        name: "disk-path", value: "DEVICE=FILE",
        meaning: "The new file of the disk with this place; may be repeated.", repeats: true)

    private static let diskKeys = ["format", "type", "category", "device", "size"]
    private static let dataDiskKeys = ["size", "category", "snapshot-id", "disk-name", "device"]

    /// Puts what the short forms say where the long forms would.
    static func expand(
        _ invocation: Invocation, into given: inout [String: GivenValue]
    ) throws(UsageError) {
        try pairs("tag", "Tag.", "Key", "Value", isWhole: false, invocation, &given)
        try pairs("filter", "Filter.", "Key", "Value", invocation, &given)
        try pairs("limit", "Limit.", "Name", "Value", invocation, &given)
        for (index, lock) in try values("lock", "OperationLock.", invocation, given).enumerated() {
            given["OperationLock.\(index + 1).LockReason"] = lock
        }
        for (index, policy) in try values("policy", "Policy.", invocation, given).enumerated() {
            try read(policy, "Policy.\(index + 1).", into: &given)
        }
        for (index, disk) in try values("disk", "Disk.", invocation, given).enumerated() {
            let prefix = "Disk.\(index + 1)."
            try expand(disk, prefix, diskKeys, hasPath: true, into: &given)
        }
        for (index, disk) in try values("data-disk", "DataDisk.", invocation, given).enumerated() {
            let prefix = "DataDisk.\(index + 1)."
            try expand(disk, prefix, dataDiskKeys, hasPath: false, into: &given)
        }
        try diskPaths(invocation, &given)
        if let output = invocation.options["output"]?.first {
            if let path = given["Path"] { throw together(output, path) }
            given["Path"] = output
        }
    }

    private static func values(
        _ name: String, _ long: String, _ invocation: Invocation, _ given: [String: GivenValue]
    ) throws(UsageError) -> [GivenValue] {
        let values = invocation.options[name] ?? []
        if let short = values.first, let other = given.first(where: { $0.key.hasPrefix(long) }) {
            throw together(short, other.value)
        }
        return values
    }

    private static func together(_ one: GivenValue, _ other: GivenValue) -> UsageError {
        UsageError(
            message: "\(one.flag) and \(other.flag) together", hint: "Use one form or the other.")
    }

    // MARK: Forms

    /// `--name LEFT=RIGHT`
    ///
    /// - Parameter isWhole: whether the right side must be there.
    private static func pairs(
        _ name: String, _ list: String, _ left: String, _ right: String, isWhole: Bool = true,
        _ invocation: Invocation, _ given: inout [String: GivenValue]
    ) throws(UsageError) {
        for (index, pair) in try values(name, list, invocation, given).enumerated() {
            let parts = pair.value.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let prefix = "\(list)\(index + 1)."
            given[prefix + left] = GivenValue(flag: pair.flag, value: String(parts[0]))
            if parts.count == 2 {
                // What is wrong with it is told as it was typed.
                given[prefix + right] = GivenValue(
                    flag: "\(pair.flag) \(parts[0])=", value: String(parts[1]))
            } else if isWhole {
                let right = "\(left.lowercased())=\(right.lowercased())"
                throw UsageError(message: "\(pair.flag) \(pair.value): \(right) is right")
            }
        }
    }

    /// `--path FILE`, `--disk-path DEVICE=FILE`
    private static func diskPaths(
        _ invocation: Invocation, _ given: inout [String: GivenValue]
    ) throws(UsageError) {
        var paths: [(device: GivenValue, path: GivenValue)] = []
        for path in try values("path", "DiskPath.", invocation, given) {
            paths.append((GivenValue(flag: path.flag, value: Device.system), path))
        }
        for pair in try values("disk-path", "DiskPath.", invocation, given) {
            guard let equals = pair.value.firstIndex(of: "=") else {
                throw UsageError(
                    message: "\(pair.flag) \(pair.value): DEVICE=FILE is right",
                    hint: "\(pair.flag) /dev/xvdb=data.raw; --path FILE is the system disk's.")
            }
            let path = String(pair.value[equals...].dropFirst())
            paths.append(
                (
                    GivenValue(flag: pair.flag, value: String(pair.value[..<equals])),
                    GivenValue(flag: pair.flag, value: path)
                ))
        }
        for (index, (device, path)) in paths.enumerated() {
            given["DiskPath.\(index + 1).Device"] = device
            given["DiskPath.\(index + 1).Path"] = path
        }
    }

    /// `--disk PATH,key=value`, `--data-disk key=value`
    private static func expand(
        _ disk: GivenValue, _ prefix: String, _ keys: [String], hasPath: Bool,
        into given: inout [String: GivenValue]
    ) throws(UsageError) {
        var parts = disk.value.split(separator: ",", omittingEmptySubsequences: false)[...]
        if hasPath, let first = parts.first, !keys.contains(where: { first.hasPrefix("\($0)=") }) {
            parts.removeFirst()
            if !first.isEmpty {
                given["\(prefix)Path"] = GivenValue(flag: disk.flag, value: String(first))
            }
        }
        for part in parts {
            guard let equals = part.firstIndex(of: "="),
                let key = keys.first(where: { $0 == part[..<equals] })
            else {
                let path = " A path with a comma: --Disk.1.Path."
                throw UsageError(
                    message: "\(disk.flag) \(disk.value): nothing is known of \"\(part)\"",
                    hint: """
                        \(hasPath ? "PATH[,key=value...]" : "key=value[,key=value...]") with \
                        \(Help.list(keys, "and")).\(hasPath ? path : "")
                        """)
            }
            let name = key.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }
            let value = GivenValue(
                flag: "\(disk.flag) \(key)=", value: String(part[equals...].dropFirst()))
            if given.updateValue(value, forKey: prefix + name.joined()) != nil {
                throw UsageError(message: "\(disk.flag) \(disk.value): \(key) is given twice")
            }
        }
    }

    /// `--policy FILE`, `--policy rg-...=FILE`
    private static func read(
        _ policy: GivenValue, _ prefix: String, into given: inout [String: GivenValue]
    ) throws(UsageError) {
        var path = policy.value[...]
        if path.hasPrefix("rg-"), let equals = path.firstIndex(of: "=") {
            given["\(prefix)ResourceGroupId"] = GivenValue(
                flag: policy.flag, value: String(path[..<equals]))
            path = path[equals...].dropFirst()
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try SystemCalls.live.contents(of: String(path), max: 1 << 20)
        } catch {
            throw UsageError(message: "\(policy.flag) \(policy.value): \(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UsageError(message: "\(policy.flag) \(policy.value): not UTF-8")
        }
        given["\(prefix)PolicyDocument"] = GivenValue(flag: policy.flag, value: text)
    }
}
