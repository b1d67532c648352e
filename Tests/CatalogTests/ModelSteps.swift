import ECS

@testable import Catalog

/// The steps of a run: what is asked at random, of the model and of the catalog.
extension ModelRun {
    mutating func step() throws {
        var account = one(Self.accounts)!
        if model.accounts[account] == nil && chance(80) { account = "default" }
        switch number(0...99) {
        case ..<7: try register(account)
        case ..<36: try createImage(account)
        case ..<49: try createSnapshot(account)
        case ..<55: try deleteImage(account)
        case ..<60: try deleteSnapshot(account)
        case ..<62: try deleteInstance(account)
        case ..<72: try pass(milliseconds: number(0...1_500))
        case ..<78: try changeClock(account)
        case ..<91: try selectJobs(account)
        case ..<94:
            let name = one(Self.smallLimits)!.0
            try setLimit(account, name, isEdge: chance(80))
        case ..<96: try changeStanding(account)
        case ..<97: try addFault(account)
        case ..<98: try changeAccounts()
        default: try restart()
        }
    }

    mutating func pass(milliseconds: Int) throws {
        model.machine += Int64(milliseconds) * 1_000_000
        world.levers.now.store(model.machine, ordering: .relaxed)
        try expect("OK", "OK", "\(milliseconds) ms pass")
        try settle()
    }

    private mutating func region() -> String {
        let dice = number(0...99)
        return dice < 83 ? Model.regions[0] : dice < 97 ? Model.regions[1] : dice < 98 ? "" : "none"
    }

    private mutating func token() -> String {
        let dice = number(0...99)
        return dice < 70 ? "" : dice < 98 ? "t\(dice % 4)" : one(ModelWords.wrongTokens)!
    }

    // MARK: Images

    mutating func createImage(_ account: String) throws {
        let request = imageRequest(account)
        if !request.token.isEmpty { sent = sent.suffix(7) + [request] }
        let expected = model.judge(request, of: account)
        let (code, response) = call(account, "CreateImage", request.message) {
            c, r, who throws(Refusal) in try c.createImage(r, who)
        }
        let id = response?.imageID ?? ""
        let step = "\(account) CreateImage \(request.compared) token \(request.token) \(id)"
        switch expected {
        case .refused(let refusal): try expect(refusal, code, step)
        case .repeated(let ids):
            try expect("OK", code, "\(step), again")
            try require(ids == [id], "\(ids) was the first answer")
        case .admitted(let plan):
            try expect("OK", code, step)
            let all = images(account, request.region)?.images ?? []
            let image = all.first { $0.imageID == id }
            try require(image?.diskDeviceMappings.count == plan.disks.count, "the image's disks")
            let ids = plan.snapshotsOf.isEmpty ? [] : image!.diskDeviceMappings.map(\.snapshotID)
            model.accounts[account]!.add(
                request, plan, id: id, newSnapshots: ids, model.machine)
            try requireLimits(account, request.region, request.family, plan.snapshotsOf)
        }
        try settle(account)
    }

    /// Whatever was just admitted is within every limit.
    private func requireLimits(
        _ name: String, _ region: String, _ family: String, _ disks: [String]
    ) throws {
        let account = model.accounts[name]!
        let images = account.images.filter { $0.region == region }
        try require(images.count <= account.limit("Images"), "Images")
        if !family.isEmpty {
            let ofFamily = images.filter { $0.family == family }
            try require(ofFamily.count <= account.limit("ImagesPerFamily"), "ImagesPerFamily")
            if ofFamily.count == 1 {
                let families = Set(images.map(\.family).filter { !$0.isEmpty })
                try require(families.count <= account.limit("Families"), "Families")
            }
        }
        try requireQueue(account, region, disks)
    }

    private func requireQueue(
        _ account: ModelAccount, _ region: String, _ disks: [String]
    ) throws {
        for disk in disks {
            let kept = account.snapshots.filter { $0.disk == disk }
            try require(kept.count <= account.limit("SnapshotsPerDisk"), "SnapshotsPerDisk")
            let isOld = account.disk(disk)!.isOld
            let most = account.limit(isOld ? "ConcurrentPerOldDisk" : "ConcurrentPerDisk")
            try require(account.progressing(of: disk) <= most, "concurrent of \(disk)")
        }
        let unfinished = account.snapshots.filter {
            $0.region == region && $0.status == "progressing"
        }
        let most = account.limit("UnfinishedSnapshots")
        try require(disks.isEmpty || unfinished.count <= most, "UnfinishedSnapshots")
    }

    private mutating func imageRequest(_ account: String) -> ModelImageRequest {
        if chance(12), var again = one(sent) {
            again.tags.shuffle(using: &random)
            if chance(25) && !ModelWords.wrongDescriptions.contains(again.description) {
                again.description += " and more"
            }
            return again
        }
        var request = ModelImageRequest()
        request.region = region()
        let own = model.accounts[account] ?? ModelAccount()
        let source = number(0...99)
        if source < 50 { request.instance = one(own.instances.map(\.id)) ?? "i-none" }
        // Sources of lower priority stand there and count for nothing.
        if source >= 50 && source < 75 || chance(5) { request.mappings = mappings(own) }
        if source >= 75 && source < 99 || chance(5) {
            request.snapshot = one(own.snapshots.map(\.id)) ?? "s-none"
        }
        if chance(45) { request.name = "name\(number(0...5))" }
        if chance(35) { request.family = "family\(number(0...3))" }
        if chance(15) { request.tags = (0..<number(1...3)).map { _ in "k\(number(0...9))" } }
        if chance(4) { request.isDryRun = true }
        request.token = token()
        switch number(0...199) {
        case 0, 1: request.name = one(ModelWords.wrongNames)!
        case 2: request.family = one(ModelWords.wrongFamilies)!
        case 3: request.description = one(ModelWords.wrongDescriptions)!
        case 4: request.tags.append(one(ModelWords.wrongTags)!)
        case 5: request.group = "rg-none"
        case 6: request.instance = "i-none"
        case 7..<30: request.description = "words"
        default: break
        }
        return request
    }

    private mutating func mappings(_ own: ModelAccount) -> [ModelImageRequest.Mapping] {
        let done = own.snapshots.filter { $0.status == "accomplished" }
        let systems = done.filter { $0.type == "system" }
        let count = chance(3) ? number(16...18) : number(1...4)
        return (0..<count).map { index in
            var mapping = ModelImageRequest.Mapping()
            let wanted = index == 0 && chance(80) ? systems : chance(90) ? done : own.snapshots
            if index == 0 || chance(50) { mapping.snapshot = one(wanted.map(\.id)) ?? "" }
            if chance(40) || mapping.snapshot.isEmpty && chance(80) {
                mapping.size = one([5, 20, 40, 41, 2000, 2001, 32768])
            }
            if chance(15) { mapping.device = "/dev/xvd\(one(Array("abcdz"))!)" }
            if chance(12) || mapping == .init() { mapping.type = index == 0 ? "system" : "data" }
            switch number(0...199) {
            case 0: mapping.type = "System"
            case 1: mapping.device = "/dev/vdb"
            case 2: mapping.size = one([0, -1, 32769, .max])
            case 3: mapping = .init()
            case 4: mapping.snapshot = "s-none"
            case 5: mapping.type = "system"
            default: break
            }
            return mapping
        }
    }

    mutating func deleteImage(_ account: String) throws {
        var request = DeleteImageRequest()
        request.regionID = region()
        let own = model.accounts[account]?.images ?? []
        request.imageID = chance(95) ? one(own)?.id ?? "m-none" : "m-none"
        let expected =
            model.accounts[account]?.deleteImage(request.imageID, request.regionID)
            ?? (request.regionID.isEmpty ? "400 MissingParameter" : "403 Forbidden")
        let code = call(account, "DeleteImage", request) { c, r, who throws(Refusal) in
            try c.deleteImage(r, who)
        }.code
        try expect(expected, code, "\(account) DeleteImage \(request.regionID) \(request.imageID)")
        try settle(account)
    }

    // MARK: Snapshots and instances

    mutating func createSnapshot(_ account: String) throws {
        var request = CreateSnapshotRequest()
        let own = model.accounts[account]?.disks ?? []
        request.diskID = chance(97) ? one(own)?.id ?? "d-none" : ""
        request.clientToken = token()
        if chance(20) { request.snapshotName = "name\(number(0...1))" }
        let (disk, token, name) = (request.diskID, request.clientToken, request.snapshotName)
        let expected = model.judgeSnapshot(disk, token: token, name: name, of: account)
        let (code, response) = call(account, "CreateSnapshot", request) {
            c, r, who throws(Refusal) in try c.createSnapshot(r, who)
        }
        let id = response?.snapshotID ?? ""
        let step = "\(account) CreateSnapshot \(disk) \(name) token \(token) \(id)"
        switch expected {
        case .refused(let refusal): try expect(refusal, code, step)
        case .repeated(let ids):
            try expect("OK", code, "\(step), again")
            try require(ids == [id], "\(ids) was the first answer")
        case .admitted:
            try expect("OK", code, step)
            model.accounts[account]!.addSnapshot(
                disk, token: token, name: name, id: id, model.machine)
            let account = model.accounts[account]!
            try requireQueue(account, account.disk(disk)!.region, [disk])
        }
        try settle(account)
    }

    mutating func deleteSnapshot(_ account: String) throws {
        var request = DeleteSnapshotRequest()
        let own = model.accounts[account]?.snapshots ?? []
        request.snapshotID = chance(95) ? one(own)?.id ?? "s-none" : ""
        let expected =
            model.accounts[account]?.deleteSnapshot(request.snapshotID)
            ?? (request.snapshotID.isEmpty ? "400 MissingParameter" : "403 Forbidden")
        let code = call(account, "DeleteSnapshot", request) { c, r, who throws(Refusal) in
            try c.deleteSnapshot(r, who)
        }.code
        try expect(expected, code, "\(account) DeleteSnapshot \(request.snapshotID)")
        try settle(account)
    }

    mutating func deleteInstance(_ account: String) throws {
        var request = DeleteInstanceRequest()
        let own = model.accounts[account]?.instances ?? []
        request.instanceID = chance(95) ? one(own)?.id ?? "i-none" : "i-none"
        if chance(50) { request.force = chance(70) }
        let expected =
            model.accounts[account]?.deleteInstance(
                request.instanceID, force: request.force ?? false) ?? "403 Forbidden"
        let code = call(account, "DeleteInstance", request) { c, r, who throws(Refusal) in
            try c.deleteInstance(r, who)
        }.code
        try expect(expected, code, "\(account) DeleteInstance \(request.instanceID)")
        try settle(account)
    }

    mutating func register(_ account: String) throws {
        if model.accounts[account]?.instances.count ?? 0 >= 5 { return }
        let disks = newDisks()
        var request = RegisterInstanceRequest()
        request.regionID = region()
        request.status = one(["", "Stopped", "Running"])!
        request.clientToken = chance(30) ? token() : ""
        request.disk = disks.map { disk in
            var registered = RegisteredDisk()
            registered.type = disk.type
            registered.category = disk.category
            registered.size = disk.size
            registered.device = disk.device
            return registered
        }
        let (region, status, token) = (request.regionID, request.status, request.clientToken)
        let expected =
            model.accounts[account]?.judgeRegistration(
                region, status, disks, token: token, model.machine) ?? .refused("403 Forbidden")
        let (code, response) = call(account, "RegisterInstance", request) {
            c, r, who throws(Refusal) in
            _ = try c.pathsToInspect(r, who)
            return try c.registerInstance(r, files: [], who)
        }
        let ids = [response?.instanceID ?? ""] + (response?.diskIDs ?? [])
        let step = "\(account) RegisterInstance \(region) \(status) \(disks) token \(token) \(ids)"
        switch expected {
        case .refused(let refusal): try expect(refusal, code, step)
        case .repeated(let first):
            try expect("OK", code, "\(step), again")
            try require(first == ids, "\(first) was the first answer")
        case .admitted:
            try expect("OK", code, step)
            model.accounts[account]!.addInstance(
                ids, region, status, disks, token: token, model.machine)
        }
        try settle(account)
    }

    private mutating func newDisks() -> [ModelAccount.NewDisk] {
        let count = chance(3) ? one([0, 17, 18])! : number(1...3)
        let system = chance(96) ? number(0...max(0, count - 1)) : -1
        let categories = ["", "", "cloud", "cloud_ssd", "cloud_essd", "cloud_auto"]
        let odd = ["local_ssd_pro", "elastic_ephemeral_disk_standard"]
        return (0..<count).map { index in
            ModelAccount.NewDisk(
                type: index == system ? "system" : "data",
                category: one(chance(8) ? odd : categories)!,
                size: chance(3) ? 19 : one([20, 40, 100])!,
                device: chance(10) ? "/dev/xvd\(one(Array("abcz"))!)" : "")
        }
    }
}

extension Model {
    /// V1 comes before V2: a wrong request to an account that is not there is wrong first.
    mutating func judge(_ request: ModelImageRequest, of account: String) -> ModelJudgement {
        let code = ModelAccount().syntax(request) ?? "403 Forbidden"
        return accounts[account]?.judge(request, machine) ?? .refused(code)
    }

    mutating func judgeSnapshot(
        _ disk: String, token: String, name: String, of account: String
    ) -> ModelJudgement {
        if let own = accounts[account]?.judgeSnapshot(disk, token: token, name: name, machine) {
            return own
        }
        var none = ModelAccount()
        let judgement = none.judgeSnapshot(disk, token: token, name: name, machine)
        return judgement == .refused("404 InvalidDiskId.NotFound")
            ? .refused("403 Forbidden") : judgement
    }
}

extension ModelImageRequest {
    /// As it is sent.
    var message: CreateImageRequest {
        var message = CreateImageRequest()
        message.regionID = region
        message.instanceID = instance
        message.snapshotID = snapshot
        message.diskDeviceMapping = mappings.map { mapping in
            var entry = DiskDeviceMapping()
            entry.snapshotID = mapping.snapshot
            entry.size = mapping.size
            entry.device = mapping.device
            entry.diskType = mapping.type
            return entry
        }
        message.imageName = name
        message.imageFamily = family
        message.description = description
        message.tag = tags.map { key in
            var tag = RequestTag()
            tag.key = key
            return tag
        }
        message.resourceGroupID = group
        message.clientToken = token
        if isDryRun { message.dryRun = true }
        return message
    }
}
