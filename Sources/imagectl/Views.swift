import ECS
import System

/// What people see of the answers.
enum Views {
    static func images(_ images: [Image], _ width: Int?) -> String {
        table(
            images, width,
            [
                .init(title: "IMAGE"), .init(title: "NAME", isFlexible: true),
                .init(title: "STATUS", isStatus: true), .init(title: "SIZE", isNumber: true),
                .init(title: "CREATED"), .init(title: "FAMILY"),
            ]
        ) { image in
            [
                image.imageID, image.imageName, state(image.status, image.progress),
                "\(image.size) GiB", minute(image.creationTime), image.imageFamily,
            ]
        }
    }

    /// One image, with what was found when it was checked.
    static func image(_ image: Image, _ width: Int?) -> String {
        let items = image.detectionOptions?.items ?? []
        if items.isEmpty { return images([image], width) }
        let checks = table(
            items, width,
            [
                .init(title: "CHECK"), .init(title: "RISK"), .init(title: "RESULT"),
                .init(title: "CODE", isFlexible: true),
            ]
        ) { [$0.name, $0.riskLevel, $0.value, $0.riskCode] }
        return "\(images([image], width))\n\n\(checks)"
    }

    static func snapshots(_ response: DescribeSnapshotsResponse, _ width: Int?) -> String {
        table(
            response.snapshots, width,
            [
                .init(title: "SNAPSHOT"), .init(title: "NAME", isFlexible: true),
                .init(title: "STATUS", isStatus: true), .init(title: "SIZE", isNumber: true),
                .init(title: "STORED", isNumber: true), .init(title: "CREATED"),
                .init(title: "DISK"), .init(title: "CONSISTENCY"),
            ]
        ) { snapshot in
            let isReal = snapshot.sizeBytes > 0
            return [
                snapshot.snapshotID, snapshot.snapshotName,
                state(snapshot.status, snapshot.progress)
                    + (snapshot.damage.isEmpty ? "" : ", damaged"),
                isReal ? bytes(snapshot.sizeBytes) : "\(snapshot.sourceDiskSize) GiB",
                isReal ? bytes(snapshot.storedBytes) : "-", minute(snapshot.creationTime),
                snapshot.sourceDiskID, snapshot.consistency,
            ]
        }
    }

    static func instances(_ instances: [Instance], _ width: Int?) -> String {
        table(
            instances, width,
            [
                .init(title: "INSTANCE"), .init(title: "NAME", isFlexible: true),
                .init(title: "STATUS", isStatus: true), .init(title: "CREATED"),
                .init(title: "ZONE"),
            ]
        ) { instance in
            [
                instance.instanceID, instance.instanceName, instance.status,
                minute(instance.creationTime), instance.zoneID,
            ]
        }
    }

    static func statuses(_ response: DescribeInstanceStatusResponse, _ width: Int?) -> String {
        table(
            response.instanceStatuses, width,
            [.init(title: "INSTANCE"), .init(title: "STATUS", isStatus: true)]
        ) { [$0.instanceID, $0.status] }
    }

    /// What became of each of several instances.
    static func responses(_ responses: [InstanceResponse], _ width: Int?) -> String {
        table(
            responses, width,
            [
                .init(title: "INSTANCE"), .init(title: "BEFORE", isStatus: true),
                .init(title: "NOW", isStatus: true),
                .init(title: "RESULT", isFlexible: true),
            ]
        ) { response in
            [
                response.instanceID, response.previousStatus, response.currentStatus,
                response.isSuccess ? "done" : "\(response.code): \(response.message)",
            ]
        }
    }

    static func disks(_ response: DescribeDisksResponse, _ width: Int?) -> String {
        table(
            response.disks, width,
            [
                .init(title: "DISK"), .init(title: "INSTANCE"), .init(title: "DEVICE"),
                .init(title: "SIZE", isNumber: true), .init(title: "STATUS", isStatus: true),
                .init(title: "NAME", isFlexible: true), .init(title: "CATEGORY"),
                .init(title: "PATH"),
            ]
        ) { disk in
            [
                disk.diskID, disk.instanceID, disk.device,
                disk.sizeBytes > 0 ? bytes(disk.sizeBytes) : "\(disk.size) GiB",
                disk.status, disk.diskName, disk.category, disk.path,
            ]
        }
    }

    static func shareAccounts(
        _ response: DescribeImageSharePermissionResponse, _ width: Int?
    ) -> String {
        table(response.accounts, width, [.init(title: "ACCOUNT")]) { [$0.aliyunID] }
    }

    static func tags(_ response: ListTagResourcesResponse, _ width: Int?) -> String {
        table(
            response.tagResources, width,
            [
                .init(title: "RESOURCE"), .init(title: "TYPE"), .init(title: "KEY"),
                .init(title: "VALUE", isFlexible: true),
            ]
        ) { [$0.resourceID, $0.resourceType, $0.tagKey, $0.tagValue] }
    }

    static func regions(_ response: DescribeRegionsResponse, _ width: Int?) -> String {
        table(
            response.regions, width,
            [
                .init(title: "REGION"), .init(title: "NAME"),
                .init(title: "STATUS", isStatus: true),
                .init(title: "ENDPOINT"),
            ]
        ) { [$0.regionID, $0.localName, $0.status, $0.regionEndpoint] }
    }

    static func events(_ response: EventsResponse) -> String {
        response.events.map(event).joined(separator: "\n")
    }

    /// "1042  2026-04-04 05:06:07  image changed     m-...  Creating 40%  web"
    static func event(_ event: ECS.Event) -> String {
        var (id, status, name) = ("", "", "")
        if let image = event.image {
            (id, name) = (image.imageID, image.imageName)
            status = state(image.status, image.progress)
        } else if let snapshot = event.snapshot {
            (id, name) = (snapshot.snapshotID, snapshot.snapshotName)
            status = state(snapshot.status, snapshot.progress)
        } else if let disk = event.disk {
            (id, status, name) = (disk.diskID, disk.status, disk.diskName)
        } else if let instance = event.instance {
            (id, name) = (instance.instanceID, instance.instanceName)
            status = instance.status
        }
        let time = event.time.split { $0 == "T" || $0 == "Z" }.joined(separator: " ")
        // "SnapshotChanged", as two words.
        var kind = FieldNames.kebabCase(event.kind).split(separator: "-").joined(separator: " ")
        kind += String(repeating: " ", count: max(0, 16 - kind.count))
        let head = ["\(event.sequence)", time, kind, id].map(printable)
        var words = head + [printable(status), printable(name)]
        if let color = Style.color(ofStatus: status) {
            words[head.count] = Style.text(words[head.count], color, on: .output)
        }
        return words.filter { !$0.isEmpty }.joined(separator: "  ")
    }

    static func status(
        _ version: VersionResponse, _ health: HealthResponse, socket: String
    ) -> String {
        let state = health.ready ? "ready" : "not ready"
        let place = health.dataDirectory.isEmpty ? "none" : health.dataDirectory
        let rows = [
            ("socket", socket),
            ("process", "\(health.processID), up \(time(health.uptimeSeconds))"),
            ("durability", health.mode), ("data directory", place),
            ("free space", health.freeBytes > 0 ? bytes(health.freeBytes) : "-"),
            ("newest change", "\(health.sequence)"),
            ("jobs", "\(health.jobsRunning) running, \(health.jobsQueued) queued"),
            ("connections", "\(health.connections)"),
        ]
        let head = "imaged \(version.version), protocol \(version.protocolVersion), \(state)"
        return "\(printable(head))\n\(list(rows))"
    }

    // MARK: Parts

    /// Names and values beside each other, a line each.
    static func list(_ rows: [(name: String, value: String)]) -> String {
        let column = 2 + (rows.map(\.name.count).max() ?? 0)
        return rows.map { name, value in
            printable(name) + String(repeating: " ", count: column - name.count)
                + printable(value)
        }.joined(separator: "\n")
    }

    static func table<Resource>(
        _ resources: [Resource], _ width: Int?, _ columns: [Table.Column],
        _ row: (Resource) -> [String]
    ) -> String {
        if resources.isEmpty { return "" }
        return Table(columns: columns, rows: resources.map(row)).text(width: width)
    }

    /// "Creating 40%"; the percentage only where it says something.
    static func state(_ status: String, _ progress: String) -> String {
        let isUnderWay = ["Creating", "Waiting", "progressing"].contains(status)
        return isUnderWay && !progress.isEmpty ? "\(status) \(progress)" : status
    }

    /// "2026-04-04T05:06:07Z" as "2026-04-04 05:06".
    static func minute(_ time: String) -> String {
        let text = time.prefix(16)
        return text.split(separator: "T").joined(separator: " ")
    }

    /// "1.5 GiB"; below ten with one digit behind the point.
    static func bytes(_ count: Int64) -> String {
        if count < 1024 { return "\(count) B" }
        var tenths = count > Int64.max / 10 ? count / 1024 * 10 : count * 10 / 1024
        var unit = 0
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        while tenths >= 10240 && unit < units.count - 1 {
            tenths /= 1024
            unit += 1
        }
        let isWhole = tenths >= 100 || tenths % 10 == 0
        return isWhole
            ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// "3 h 12 min"
    static func time(_ seconds: Int64) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }

    /// "1.3 s"
    static func seconds(_ nanoseconds: Int64) -> String {
        let hundredths = nanoseconds / 10_000_000
        if hundredths >= 1000 { return "\(hundredths / 100) s" }
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) s"
    }
}
