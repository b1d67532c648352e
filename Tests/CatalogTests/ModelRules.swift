/// What the model is asked, and how it judges: `createimage.md` § 5 from V1 to V10, top to bottom.
struct ModelImageRequest: Equatable {
    struct Mapping: Equatable {
        var snapshot = ""
        var size: Int32?
        var device = ""
        var type = ""
    }

    var region = ""
    var instance = ""
    var snapshot = ""
    var mappings: [Mapping] = []
    var name = ""
    var family = ""
    var description = ""
    var tags: [String] = []
    var group = ""
    var token = ""
    var isDryRun = false

    /// What is compared of it when its token comes again: tags as a set.
    var compared: String {
        let disks = mappings.map { mapping in
            let size = mapping.size.map { "\($0)" } ?? "-"
            return "\(mapping.snapshot) \(size) \(mapping.device) \(mapping.type)"
        }
        return "\([instance, snapshot, name, family, description, group]) \(disks) \(tags.sorted())"
    }
}

enum ModelJudgement: Equatable {
    case refused(String)
    /// An earlier request with the token was given these IDs.
    case repeated([String])
    case admitted(ModelPlan)
}

/// What an admitted request makes.
struct ModelPlan: Equatable {
    /// The disks that get a snapshot each, in the order of the image's.
    var snapshotsOf: [String] = []
    /// An image's disks; those of `snapshotsOf` have no snapshot yet.
    var disks: [ModelAccount.ImageDisk] = []
}

/// Names and the like that are wrong by themselves (V1). Which are is tested elsewhere.
enum ModelWords {
    static let wrongNames = ["x", "1name", "aliyun-1", "acs:1", "a http://b", "名 字"]
    static let wrongFamilies = ["x", "a.b", "acs:1"]
    static let wrongDescriptions = ["x", "http://a", "https://a"]
    static let wrongTags = ["aliyun", "acs:k", "http://k"]
    static let wrongTokens = ["tökén", String(repeating: "t", count: 65)]
}

extension ModelAccount {
    private func isBetween(_ value: Int32, _ low: Int32, _ high: Int32) -> Bool {
        low <= value && value <= high
    }

    // MARK: CreateImage

    mutating func judge(_ request: ModelImageRequest, _ machine: Int64) -> ModelJudgement {
        if let code = syntax(request) { return .refused(code) }
        let key = "CreateImage \(request.region) \(request.token)"
        if !request.token.isEmpty && !request.isDryRun, let token = token(key, machine) {
            return token.parameters == request.compared
                ? .repeated(token.answer) : .refused("400 IdempotenceParamNotMatch")
        }
        if let code = fault("CreateImage") { return .refused(code) }
        if !hasSnapshotService {
            return .refused("403 InvalidAccountStatus.SnapshotServiceUnavailable")
        }
        if !Model.regions.contains(request.region) {
            return .refused("404 InvalidRegionId.NotFound")
        }
        if !request.group.isEmpty { return .refused("404 InvalidResourceGroup.NotFound") }
        var plan = ModelPlan()
        let code =
            if !request.instance.isEmpty {
                takeInstance(request, &plan)
            } else if !request.mappings.isEmpty {
                takeMappings(request, &plan)
            } else {
                takeSnapshot(request, &plan)
            }
        if let code { return .refused(code) }
        if let code = quota(request) { return .refused(code) }
        if let code = queue(plan.snapshotsOf, request.region) { return .refused(code) }
        return request.isDryRun ? .refused("400 DryRunOperation") : .admitted(plan)
    }

    /// V1.
    func syntax(_ request: ModelImageRequest) -> String? {
        let takesMappings = request.instance.isEmpty && !request.mappings.isEmpty
        if request.region.isEmpty { return "400 MissingParameter" }
        if request.instance.isEmpty && request.mappings.isEmpty && request.snapshot.isEmpty {
            return "400 MissingParameter"
        }
        if takesMappings && request.mappings.contains(ModelImageRequest.Mapping()) {
            return "400 InvalidParameter.AllEmpty"
        }
        if ModelWords.wrongTokens.contains(request.token) {
            return "403 InvalidClientToken.Malformed"
        }
        if ModelWords.wrongNames.contains(request.name) { return "400 InvalidImageName.Malformed" }
        if ModelWords.wrongFamilies.contains(request.family) {
            return "400 InvalidImageFamily.Malformed"
        }
        if ModelWords.wrongDescriptions.contains(request.description) {
            return "400 InvalidDescription.Malformed"
        }
        if request.tags.contains(where: { ModelWords.wrongTags.contains($0) }) {
            return "400 InvalidTagKey.Malformed"
        }
        if Set(request.tags).count < request.tags.count { return "400 Duplicate.TagKey" }
        if request.tags.count > limit("Tags") { return "403 QuotaExceed.Tags" }
        return takesMappings ? syntax(request.mappings) : nil
    }

    private func syntax(_ mappings: [ModelImageRequest.Mapping]) -> String? {
        if mappings.count > 17 { return "400 InvalidParameter" }
        for mapping in mappings {
            if !["", "system", "data"].contains(mapping.type) {
                return "400 InvalidDiskType.ValueNotSupported"
            }
            let letters = "abcdefghijklmnopqrstuvwxyz"
            if !mapping.device.isEmpty
                && !letters.contains(where: { mapping.device == "/dev/xvd\($0)" })
            {
                return "400 InvalidDevice.Malformed"
            }
            if let size = mapping.size, !isBetween(size, 1, 32768) {
                return "400 InvalidSize.ValueNotSupported"
            }
        }
        let devices = mappings.map(\.device).filter { !$0.isEmpty }
        return Set(devices).count < devices.count ? "400 InvalidDevice.InUse" : nil
    }

    /// B-OneSnapshotPerDisk: the system disk, then data disks by device name; local ones have none.
    private func takeInstance(_ request: ModelImageRequest, _ plan: inout ModelPlan) -> String? {
        guard let instance = instance(request.instance), instance.region == request.region else {
            return "404 InvalidInstanceId.NotFound"
        }
        if !["Running", "Stopped"].contains(instance.status) {
            return "400 IncorrectInstanceStatus"
        }
        let all = disks.filter { $0.instance == instance.id }
        let system = all.filter { $0.type == "system" }
        let data = all.filter { $0.type == "data" && !$0.isLocal }
            .sorted { $0.device < $1.device }
        if system.isEmpty { return "400 InvalidInstance.NotFoundSystemDisk" }
        for disk in system + data {
            if disk.type == "system" && disk.isLocal {
                return "400 InvalidDiskCategory.CreateImage"
            }
            if disk.isElasticEphemeral { return "400 InvalidOperation.DiskCategoryUnsupported" }
        }
        for disk in system + data {
            plan.snapshotsOf.append(disk.id)
            plan.disks.append(
                ImageDisk(type: disk.type, device: disk.device, size: disk.size, snapshot: ""))
        }
        return nil
    }

    private func takeSnapshot(_ request: ModelImageRequest, _ plan: inout ModelPlan) -> String? {
        guard let snapshot = snapshot(request.snapshot), snapshot.region == request.region else {
            return "404 InvalidSnapshotId.NotFound"
        }
        if let code = notReady(snapshot) { return code }
        if snapshot.type != "system" { return "403 OperationDenied" }
        plan.disks = [
            ImageDisk(
                type: "system", device: "/dev/xvda", size: snapshot.size, snapshot: snapshot.id)
        ]
        return nil
    }

    /// SnapshotNotReady and InvalidSnapshotId.NotReady.
    private func notReady(_ snapshot: Snapshot) -> String? {
        if snapshot.status == "progressing" { return "403 SnapshotNotReady" }
        if snapshot.status == "failed" { return "403 InvalidSnapshotId.NotReady" }
        if let disk = disk(snapshot.disk), disk.isOld, progressing(of: disk.id) > 0 {
            return "403 InvalidSnapshotId.NotReady"
        }
        return nil
    }

    private func takeMappings(_ request: ModelImageRequest, _ plan: inout ModelPlan) -> String? {
        var found: [Snapshot?] = []
        for mapping in request.mappings {
            let snapshot = snapshot(mapping.snapshot)
            if !mapping.snapshot.isEmpty && snapshot?.region != request.region {
                return "404 InvalidSnapshotId.NotFound"
            }
            found.append(snapshot)
        }
        for case let snapshot? in found {
            if let code = notReady(snapshot) { return code }
        }
        var disks: [ImageDisk] = []
        for (mapping, snapshot) in zip(request.mappings, found) {
            let type = mapping.type.isEmpty ? snapshot?.type ?? "data" : mapping.type
            disks.append(
                ImageDisk(
                    type: type, device: mapping.device, size: mapping.size ?? 0,
                    snapshot: mapping.snapshot))
        }
        // The set: one system disk, which has a snapshot; at most 16 data disks.
        let systems = disks.filter { $0.type == "system" }
        guard systems.count == 1, let system = snapshot(systems[0].snapshot) else {
            return "400 OperationDenied"
        }
        if disks.count - 1 > 16 { return "400 InvalidParameter" }
        for disk in disks where !disk.device.isEmpty {
            if (disk.type == "system") != (disk.device == "/dev/xvda") {
                return "400 InvalidDevice.Malformed"
            }
        }
        if system.type != "system" && !isInWhiteList { return "403 UserNotInTheWhiteList" }
        if let code = setSizes(request, system, &disks) { return code }
        setDevices(&disks)
        plan.disks = disks.filter { $0.type == "system" } + disks.filter { $0.type == "data" }
        return nil
    }

    /// P-DiskDeviceMapping.Size and D-Size.
    private func setSizes(
        _ request: ModelImageRequest, _ system: Snapshot, _ disks: inout [ImageDisk]
    ) -> String? {
        for index in disks.indices {
            let snapshot = snapshot(disks[index].snapshot)
            let isBasic = disk((snapshot ?? system).disk)?.category == "cloud"
            let least = snapshot?.size ?? (isBasic ? 5 : 20)
            let size = request.mappings[index].size ?? least
            if !isBetween(size, least, isBasic ? 2000 : 32768) {
                return "400 InvalidSize.ValueNotSupported"
            }
            disks[index].size = size
        }
        return nil
    }

    /// P-DiskDeviceMapping.Device: the next free letter, in the order of the request.
    private func setDevices(_ disks: inout [ImageDisk]) {
        for index in disks.indices where disks[index].device.isEmpty {
            if disks[index].type == "system" {
                disks[index].device = "/dev/xvda"
                continue
            }
            for letter in "bcdefghijklmnopqrstuvwxyz" {
                let device = "/dev/xvd\(letter)"
                if disks.contains(where: { $0.device == device }) { continue }
                disks[index].device = device
                break
            }
        }
    }

    /// The end of V6, and V7 but for the snapshots.
    private func quota(_ request: ModelImageRequest) -> String? {
        let images = images.filter { $0.region == request.region }
        if !request.name.isEmpty && images.contains(where: { $0.name == request.name }) {
            return "400 InvalidImageName.Duplicated"
        }
        if images.count >= limit("Images") { return "403 QuotaExceed.Image" }
        if request.family.isEmpty { return nil }
        let families = Set(images.map(\.family).filter { !$0.isEmpty })
        if !families.contains(request.family) && families.count >= limit("Families") {
            return "400 ImageFamilyQuotaExceed"
        }
        if images.filter({ $0.family == request.family }).count >= limit("ImagesPerFamily") {
            return "400 ImageQuotaExceed.ImageFamily"
        }
        return nil
    }

    /// V7 of the snapshots, and V8.
    private func queue(_ diskIDs: [String], _ region: String) -> String? {
        let disks = diskIDs.map { disk($0)! }
        for disk in disks {
            let kept = snapshots.filter { $0.disk == disk.id }.count
            if kept >= limit("SnapshotsPerDisk") { return "403 QuotaExceed.Snapshot" }
        }
        for disk in disks where disk.isOld {
            if progressing(of: disk.id) >= limit("ConcurrentPerOldDisk") {
                return "403 IncorrectDiskStatus.CreatingSnapshot"
            }
        }
        for disk in disks where !disk.isOld {
            if progressing(of: disk.id) >= limit("ConcurrentPerDisk") {
                return "403 QuotaExceed.ConcurrentSnapshotQuota"
            }
        }
        let unfinished = snapshots.filter { $0.region == region && $0.status == "progressing" }
        if !disks.isEmpty && unfinished.count + disks.count > limit("UnfinishedSnapshots") {
            return "403 TooManySnapshot.Unfinished"
        }
        return nil
    }

    /// V10.
    ///
    /// - Parameter newSnapshots: the IDs of the snapshots of `plan.snapshotsOf`.
    mutating func add(
        _ request: ModelImageRequest, _ plan: ModelPlan, id: String, newSnapshots: [String],
        _ machine: Int64
    ) {
        var image = Image(
            id: id, region: request.region, name: request.name, family: request.family,
            disks: plan.disks)
        for (index, snapshot) in newSnapshots.enumerated() {
            image.disks[index].snapshot = snapshot
        }
        images.append(image)
        addSnapshots(newSnapshots, of: plan.snapshotsOf, image: id)
        if newSnapshots.isEmpty {
            jobs.append(
                Job(
                    resource: id, image: id, disk: "", region: request.region,
                    nanoseconds: limits["ImageFromSnapshotsMilliseconds"]! * 1_000_000,
                    isHeld: holdsJobs))
        }
        if !request.token.isEmpty {
            tokens["CreateImage \(request.region) \(request.token)"] = Token(
                parameters: request.compared, answer: [id], time: clock.now(machine))
        }
    }

    private mutating func addSnapshots(_ ids: [String], of diskIDs: [String], image: String) {
        for (id, diskID) in zip(ids, diskIDs) {
            let disk = disk(diskID)!
            snapshots.append(
                Snapshot(
                    id: id, region: disk.region, disk: diskID, type: disk.type, size: disk.size))
            jobs.append(
                Job(
                    resource: id, image: image, disk: diskID, region: disk.region,
                    nanoseconds: duration(sizeGiB: disk.size), isHeld: holdsJobs))
        }
    }

    // MARK: CreateSnapshot

    mutating func judgeSnapshot(
        _ diskID: String, token text: String, name: String, _ machine: Int64
    ) -> ModelJudgement {
        if diskID.isEmpty { return .refused("400 MissingParameter") }
        if ModelWords.wrongTokens.contains(text) {
            return .refused("403 InvalidClientToken.Malformed")
        }
        if !text.isEmpty, let token = token("CreateSnapshot \(text)", machine) {
            return token.parameters == "\(diskID) \(name)"
                ? .repeated(token.answer) : .refused("403 IdempotentParameterMismatch")
        }
        if let code = fault("CreateSnapshot") { return .refused(code) }
        guard let disk = disk(diskID) else { return .refused("404 InvalidDiskId.NotFound") }
        if disk.isLocal || disk.isElasticEphemeral {
            return .refused("400 InvalidOperation.DiskCategoryUnsupported")
        }
        if let code = queue([diskID], disk.region) { return .refused(code) }
        return .admitted(ModelPlan(snapshotsOf: [diskID]))
    }

    mutating func addSnapshot(
        _ diskID: String, token: String, name: String, id: String, _ machine: Int64
    ) {
        addSnapshots([id], of: [diskID], image: "")
        if token.isEmpty { return }
        tokens["CreateSnapshot \(token)"] = Token(
            parameters: "\(diskID) \(name)", answer: [id], time: clock.now(machine))
    }

    // MARK: Deleting

    /// An image in the making is cancelled: its unfinished snapshots fail.
    mutating func deleteImage(_ id: String, _ region: String) -> String {
        if region.isEmpty || id.isEmpty { return "400 MissingParameter" }
        if let code = fault("DeleteImage") { return code }
        if !Model.regions.contains(region) { return "404 InvalidRegionId.NotFound" }
        guard image(id)?.region == region else { return "OK" }
        for job in jobs where job.image == id { fail(job.resource) }
        images.removeAll { $0.id == id }
        return "OK"
    }

    mutating func deleteSnapshot(_ id: String) -> String {
        if id.isEmpty { return "400 MissingParameter" }
        if let code = fault("DeleteSnapshot") { return code }
        let isUsed = images.contains { $0.disks.contains { $0.snapshot == id } }
        if isUsed { return "403 SnapshotCreatedImage" }
        jobs.removeAll { $0.resource == id }
        snapshots.removeAll { $0.id == id }
        return "OK"
    }

    /// B-NoInstanceChange: what is still being made of its disks fails.
    mutating func deleteInstance(_ id: String, force: Bool) -> String {
        if id.isEmpty { return "400 MissingParameter" }
        if let code = fault("DeleteInstance") { return code }
        guard let instance = instance(id) else { return "404 InvalidInstanceId.NotFound" }
        if instance.status == "Running" && !force { return "403 IncorrectInstanceStatus" }
        let diskIDs = disks.filter { $0.instance == id }.map(\.id)
        for job in jobs where diskIDs.contains(job.disk) { fail(job.resource) }
        disks.removeAll { $0.instance == id }
        instances.removeAll { $0.id == id }
        return "OK"
    }

    // MARK: RegisterInstance

    struct NewDisk: Equatable {
        var type: String
        var category: String
        var size: Int32
        var device: String
    }

    mutating func judgeRegistration(
        _ region: String, _ status: String, _ disks: [NewDisk], token text: String,
        _ machine: Int64
    ) -> ModelJudgement {
        if region.isEmpty { return .refused("400 MissingParameter") }
        if ModelWords.wrongTokens.contains(text) {
            return .refused("403 InvalidClientToken.Malformed")
        }
        if disks.isEmpty { return .refused("400 MissingParameter") }
        if disks.count > 17 { return .refused("400 InvalidParameter") }
        if disks.filter({ $0.type == "system" }).count != 1 {
            return .refused("400 InvalidParameter")
        }
        for disk in disks {
            let isDeviceRight =
                disk.device.isEmpty || (disk.type == "system") == (disk.device == "/dev/xvda")
            let least: Int32 = disk.category == "cloud" ? 5 : 20
            let most: Int32 = disk.category == "cloud" ? 2000 : 32768
            if !isDeviceRight || !isBetween(disk.size, least, most) {
                return .refused("400 InvalidParameter")
            }
        }
        let devices = disks.map(\.device).filter { !$0.isEmpty }
        if Set(devices).count < devices.count { return .refused("400 InvalidParameter") }
        let key = "RegisterInstance \(region) \(text)"
        if !text.isEmpty, let token = token(key, machine) {
            return token.parameters == "\(status) \(disks)"
                ? .repeated(token.answer) : .refused("403 IdempotentParameterMismatch")
        }
        if !Model.regions.contains(region) { return .refused("404 InvalidRegionId.NotFound") }
        return .admitted(ModelPlan())
    }

    /// - Parameter ids: the instance's, then its disks'.
    mutating func addInstance(
        _ ids: [String], _ region: String, _ status: String, _ new: [NewDisk], token: String,
        _ machine: Int64
    ) {
        instances.append(
            Instance(id: ids[0], region: region, status: status.isEmpty ? "Stopped" : status))
        var placed = new.map {
            ImageDisk(type: $0.type, device: $0.device, size: $0.size, snapshot: "")
        }
        setDevices(&placed)
        for (index, disk) in new.enumerated() {
            disks.append(
                Disk(
                    id: ids[index + 1], region: region, instance: ids[0], type: disk.type,
                    category: disk.category.isEmpty ? "cloud_essd" : disk.category,
                    size: disk.size, device: placed[index].device))
        }
        if token.isEmpty { return }
        tokens["RegisterInstance \(region) \(token)"] = Token(
            parameters: "\(status) \(new)", answer: ids, time: clock.now(machine))
    }
}
