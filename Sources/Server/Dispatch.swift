import Catalog
import ECS
import System
import Wire

/// What the answers to Health and Version tell of the process.
struct ServerFacts: Sendable {
    var mode = ""
    var dataDirectory = ""
    var freeBytes: Int64 = 0
    var connections: Int32 = 0
    var processID: Int64 = 0
    var uptimeSeconds: Int64 = 0
    var connectionsMax: Int32 = 0
    var totalBytes: Int64 = 0
    /// Nil: there is no data directory.
    var fileSystem: FileSystemFeatures?
    /// Made only for a turn with a request for them.
    var metrics = Exposition()
}

/// What becomes of a request that is not answered at once.
enum Pending: Sendable {
    case waitForImage(WaitForImageRequest)
    case readEvents(after: Int64, resources: [String], max: Int)
    case watch(after: Int64, resources: [String])
    case export(ExportPlan)
    /// Its disks' files are made.
    case make(FileMaking)
    case read(ReadPlan)
    case inspect(RegisterInstanceRequest, paths: [(path: String, format: String)])
    case verify(VerifyPlan)
    case usage(UsagePlan)
    /// Ends another stream of the connection.
    case cancel(stream: UInt32)
    /// The journal is growing: the same call again when it has.
    case again
    /// A fault rule holds it for so long; nil: it waits for another request with its token.
    case held(HoldID, milliseconds: Int64?)
}

extension Catalog {
    /// The one switch over all requests, a branch for each group of them. Answers go into
    /// `answers`; what is returned waits.
    func answer(_ call: Call, _ facts: ServerFacts, _ answers: inout Answers) -> Pending? {
        answers.origin = call.origin
        beginAudit()
        do throws(Refusal) {
            try findAccount(of: call)
            switch call.request {
            case .image(let request): return try answer(request, call, &answers)
            case .machine(let request): try answer(request, call, &answers)
            case .tag(let request): try answer(request, call, &answers)
            case .daemon(let request): return try answer(request, call, facts, &answers)
            case .fixture(let request): try answer(request, call, &answers)
            }
            return nil
        } catch {
            return refuse(call, error, &answers)
        }
    }

    private func answer(
        _ request: ImageRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) -> Pending? {
        switch request {
        case .createImage(let request):
            reply(call, try createImage(request, call.caller), &answers)
        case .describeImages(let request):
            let (response, addImages) = try describeImagesEncoded(request, call.caller)
            reply(call, response, &answers, adding: addImages)
        case .describeImageFromFamily(let request):
            reply(call, try describeImageFromFamily(request, call.caller), &answers)
        case .deleteImage(let request):
            reply(call, try deleteImage(request, call.caller), &answers)
        case .modifyImageAttribute(let request):
            reply(call, try modifyImageAttribute(request, call.caller), &answers)
        case .copyImage(let request):
            reply(call, try copyImage(request, call.caller), &answers)
        case .cancelCopyImage(let request):
            reply(call, try cancelCopyImage(request, call.caller), &answers)
        case .modifyImageSharePermission(let request):
            reply(call, try modifyImageSharePermission(request, call.caller), &answers)
        case .describeImageSharePermission(let request):
            reply(call, try describeImageSharePermission(request, call.caller), &answers)
        case .exportImage(let request):
            return try export(planExport(request, call.caller), call)
        case .createSnapshot(let request):
            reply(call, try createSnapshot(request, call.caller), &answers)
        case .describeSnapshots(let request):
            reply(call, try describeSnapshots(request, call.caller), &answers)
        case .deleteSnapshot(let request):
            reply(call, try deleteSnapshot(request, call.caller), &answers)
        case .modifySnapshotAttribute(let request):
            reply(call, try modifySnapshotAttribute(request, call.caller), &answers)
        }
        return nil
    }

    private func answer(
        _ request: MachineRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) {
        switch request {
        case .runInstances(let request):
            reply(call, try runInstances(request, call.caller), &answers)
        case .describeInstances(let request):
            reply(call, try describeInstances(request, call.caller), &answers)
        case .describeInstanceStatus(let request):
            reply(call, try describeInstanceStatus(request, call.caller), &answers)
        case .startInstance(let request):
            reply(call, try startInstance(request, call.caller), &answers)
        case .startInstances(let request):
            reply(call, try startInstances(request, call.caller), &answers)
        case .stopInstance(let request):
            reply(call, try stopInstance(request, call.caller), &answers)
        case .stopInstances(let request):
            reply(call, try stopInstances(request, call.caller), &answers)
        case .deleteInstance(let request):
            reply(call, try deleteInstance(request, call.caller), &answers)
        case .deleteInstances(let request):
            reply(call, try deleteInstances(request, call.caller), &answers)
        case .replaceSystemDisk(let request):
            reply(call, try replaceSystemDisk(request, call.caller), &answers)
        case .createDisk(let request):
            reply(call, try createDisk(request, call.caller), &answers)
        case .describeDisks(let request):
            reply(call, try describeDisks(request, call.caller), &answers)
        case .attachDisk(let request):
            reply(call, try attachDisk(request, call.caller), &answers)
        case .detachDisk(let request):
            reply(call, try detachDisk(request, call.caller), &answers)
        case .deleteDisk(let request):
            reply(call, try deleteDisk(request, call.caller), &answers)
        }
    }

    private func answer(
        _ request: TagRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) {
        switch request {
        case .tagResources(let request):
            reply(call, try tagResources(request, call.caller), &answers)
        case .untagResources(let request):
            reply(call, try untagResources(request, call.caller), &answers)
        case .listTagResources(let request):
            reply(call, try listTagResources(request, call.caller), &answers)
        case .addTags(let request):
            reply(call, try addTags(request, call.caller), &answers)
        case .joinResourceGroup(let request):
            reply(call, try joinResourceGroup(request, call.caller), &answers)
        case .describeRegions(let request):
            reply(call, try describeRegions(request, call.caller), &answers)
        }
    }

    private func answer(
        _ request: DaemonRequest, _ call: Call, _ facts: ServerFacts, _ answers: inout Answers
    ) throws(Refusal) -> Pending? {
        switch request {
        case .registerInstance(let request):
            return try register(request, call, &answers)
        case .waitForImage(let request):
            return try wait(request, call, &answers)
        case .watch(let request):
            let start = try startOfEvents(request.afterSequence, call.caller)
            return .watch(after: start, resources: try checkedResources(request.resourceID))
        case .readEvents(let request):
            return try readEvents(request, call, &answers)
        case .cancel(let request):
            reply(call, CancelResponse(), &answers)
            return UInt32(exactly: request.streamID).map { .cancel(stream: $0) }
        case .version:
            var response = VersionResponse()
            response.version = imagedVersion
            response.protocolVersion = protocolVersion
            reply(call, response, &answers)
        case .health:
            var response = health(facts, call.caller)
            response.requestID = requestID()
            answers.add(call.key, response, turn: newestTurn)
        case .exportSnapshot(let request):
            return try exportSnapshot(request, call, &answers)
        case .readSnapshot(let request):
            return try readSnapshot(request, call, &answers)
        case .verifySnapshot(let request):
            return try verifySnapshot(request, call, &answers)
        case .describeUsage(let request):
            return try describeUsage(request, call, &answers)
        case .metrics:
            // At once: a disk that hangs is when they matter.
            answers.add(call.key, metrics(facts.metrics), turn: 0)
        }
        return nil
    }

    private func answer(
        _ request: FixtureRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) {
        switch request {
        case .createAccount(let request):
            reply(call, try createAccount(request, call.caller), &answers)
        case .dropAccount(let request):
            reply(call, try dropAccount(request, call.caller), &answers)
        case .describeAccount(let request):
            reply(call, try describeAccount(request, call.caller), &answers)
        case .setAccount(let request):
            reply(call, try setAccount(request, call.caller), &answers)
        case .setLimits(let request):
            reply(call, try setLimits(request, call.caller), &answers)
        case .setClock(let request):
            reply(call, try setClock(request, call.caller), &answers)
        case .advanceClock(let request):
            reply(call, try advanceClock(request, call.caller), &answers)
        case .setInstance(let request):
            reply(call, try setInstance(request, call.caller), &answers)
        case .setDisk(let request):
            reply(call, try setDisk(request, call.caller), &answers)
        case .setSnapshot(let request):
            reply(call, try setSnapshot(request, call.caller), &answers)
        case .setImage(let request):
            reply(call, try setImage(request, call.caller), &answers)
        case .setKMSKey(let request):
            reply(call, try setKMSKey(request, call.caller), &answers)
        case .createResourceGroup(let request):
            reply(call, try createResourceGroup(request, call.caller), &answers)
        case .setRamUser(let request):
            let policies = try read(request.policy)
            reply(call, try setRamUser(request, policies: policies, call.caller), &answers)
        case .describeJobs(let request):
            reply(call, try describeJobs(request, call.caller), &answers)
        case .holdJobs(let request):
            reply(call, try holdJobs(request, call.caller), &answers)
        case .releaseJobs(let request):
            reply(call, try releaseJobs(request, call.caller), &answers)
        case .stepJobs(let request):
            reply(call, try stepJobs(request, call.caller), &answers)
        case .finishJobs(let request):
            reply(call, try finishJobs(request, call.caller), &answers)
        case .failJobs(let request):
            reply(call, try failJobs(request, call.caller), &answers)
        case .addFaultRule(let request):
            reply(call, try addFaultRule(request, call.caller), &answers)
        case .removeFaultRule(let request):
            reply(call, try removeFaultRule(request, call.caller), &answers)
        case .describeFaultRules(let request):
            reply(call, try describeFaultRules(request, call.caller), &answers)
        case .releaseRequests(let request):
            reply(call, try releaseRequests(request, call.caller), &answers)
        }
    }

    // MARK: Answers

    /// - Parameter adding: appends further fields to the response.
    func reply<M: ResponseMessage>(
        _ call: Call, _ response: M, _ answers: inout Answers,
        adding fields: (inout FieldEncoder) -> Void = { _ in }
    ) {
        var response = response
        response.requestID = requestID()
        nameAudit(response.requestID)
        let turn = turnSeen(by: call.caller.accountID)
        answers.add(call.key, response, turn: turn, adding: fields)
    }

    /// A refusal waits like an answer: what it saw must be durable too.
    func refuse(_ call: Call, _ refusal: Refusal, _ answers: inout Answers) -> Pending? {
        switch refusal {
        case .noRoomYet: return .again
        case .held(let id): return .held(id, milliseconds: holdMilliseconds(id))
        case .needsFiles(let orders): return make(orders, call, &answers)
        case .errors(let errors):
            answers.add(
                call.key, Status(errors, requestID: requestID()),
                turn: turnSeen(by: call.caller.accountID))
            return nil
        }
    }

    /// The policy documents of SetRamUser.
    private func read(_ policies: [RamPolicy]) throws(Refusal) -> [PolicyRecord] {
        var records: [PolicyRecord] = []
        for (index, policy) in policies.enumerated() {
            var record = PolicyRecord()
            record.resourceGroupID = policy.resourceGroupID
            do throws(PolicyProblem) {
                record.statements = try PolicyDocument.read(policy.policyDocument)
            } catch {
                throw .errors([
                    .invalidParameter(
                        "Policy.\(index + 1).PolicyDocument", hint: error.reason)
                ])
            }
            records.append(record)
        }
        return records
    }

    // MARK: Operations that may wait

    private func register(
        _ request: RegisterInstanceRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) -> Pending? {
        let paths = try pathsToInspect(request, call.caller)
        if !paths.isEmpty { return .inspect(request, paths: paths) }
        reply(call, try registerInstance(request, files: [], call.caller), &answers)
        return nil
    }

    private func wait(
        _ request: WaitForImageRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) -> Pending? {
        let (image, isFinal) = try imageToWaitFor(request, call.caller)
        if !isFinal { return .waitForImage(request) }
        replyWaited(call, image, &answers)
        return nil
    }

    func replyWaited(_ call: Call, _ image: Image, _ answers: inout Answers) {
        var response = WaitForImageResponse()
        response.image = image
        reply(call, response, &answers)
    }

    private func startOfEvents(_ after: Int64?, _ caller: Caller) throws(Refusal) -> Int64 {
        try mayWatch(caller)
        return after ?? newestSequence
    }

    private func readEvents(
        _ request: ReadEventsRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) -> Pending? {
        let max = request.maxResults ?? 1000
        guard (1...1000).contains(max) else {
            throw .errors([.invalidParameter("MaxResults", hint: "1 to 1000.")])
        }
        let after = try startOfEvents(request.afterSequence, call.caller)
        let resources = try checkedResources(request.resourceID)
        return .readEvents(after: after, resources: resources, max: Int(max))
    }

    private func checkedResources(_ ids: [String]) throws(Refusal) -> [String] {
        if ids.count <= 100 { return ids }
        throw .errors([.invalidParameter("ResourceId", hint: "At most 100.")])
    }

    private func health(_ facts: ServerFacts, _ caller: Caller) -> HealthResponse {
        let (queued, running) = jobCounts()
        var response = HealthResponse()
        response.ready = true
        response.mode = facts.mode
        response.sequence = newestSequence
        response.freeBytes = facts.freeBytes
        response.jobsQueued = Int32(clamping: queued)
        response.jobsRunning = Int32(clamping: running)
        response.connections = facts.connections
        response.processID = facts.processID
        response.uptimeSeconds = facts.uptimeSeconds
        response.dataDirectory = facts.dataDirectory
        response.totalBytes = facts.totalBytes
        response.fileSystem = facts.fileSystem?.name ?? ""
        response.clones = facts.fileSystem?.clones
        response.overwritesInPlace = facts.fileSystem?.overwritesInPlace
        response.connectionsMax = facts.connectionsMax
        response.limits = limitsTold(to: caller)
        return response
    }
}
