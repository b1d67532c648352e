import Catalog
import ECS
import Wire

/// What the answers to Health and Version tell of the process.
struct ServerFacts: Sendable {
    var mode = ""
    var dataDirectory = ""
    var freeBytes: Int64 = 0
    var connections: Int32 = 0
    var processID: Int64 = 0
    var uptimeSeconds: Int64 = 0
}

/// What becomes of a request that is not answered at once.
enum Pending: Sendable {
    case waitForImage(WaitForImageRequest)
    case readEvents(after: Int64, resources: [String], max: Int)
    case watch(after: Int64, resources: [String])
    case export(ExportPlan)
    case inspect(RegisterInstanceRequest, paths: [(path: String, format: String)])
    /// Ends another stream of the connection.
    case cancel(stream: UInt32)
    /// The journal is growing: the same call again when it has.
    case again
}

extension Catalog {
    /// The one switch over all requests. Answers go into `answers`; what is returned waits.
    func answer(_ call: Call, _ facts: ServerFacts, _ answers: inout Answers) -> Pending? {
        do throws(Refusal) {
            switch call.request {
            case .createImage(let request):
                reply(call, try createImage(request, call.caller), &answers)
            case .describeImages(let request):
                let (response, addImages) = try describeImagesEncoded(request, call.caller)
                reply(call, response, &answers, adding: addImages)
            case .deleteImage(let request):
                reply(call, try deleteImage(request, call.caller), &answers)
            case .exportImage(let request):
                let plan = try planExport(request, call.caller)
                pin(plan.manifest)
                return .export(plan)
            case .createSnapshot(let request):
                reply(call, try createSnapshot(request, call.caller), &answers)
            case .describeSnapshots(let request):
                reply(call, try describeSnapshots(request, call.caller), &answers)
            case .deleteSnapshot(let request):
                reply(call, try deleteSnapshot(request, call.caller), &answers)
            case .describeInstances(let request):
                reply(call, try describeInstances(request, call.caller), &answers)
            case .deleteInstance(let request):
                reply(call, try deleteInstance(request, call.caller), &answers)
            case .describeDisks(let request):
                reply(call, try describeDisks(request, call.caller), &answers)
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
                var response = health(facts)
                response.requestID = requestID()
                answers.add(call.key, response, turn: newestTurn)
            }
            return nil
        } catch {
            return refuse(call, error, &answers)
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
        let turn = turnSeen(by: call.caller.accountID)
        answers.add(call.key, response, turn: turn, adding: fields)
    }

    /// A refusal waits like an answer: what it saw must be durable too.
    func refuse(_ call: Call, _ refusal: Refusal, _ answers: inout Answers) -> Pending? {
        guard case .errors(let errors) = refusal else { return .again }
        answers.add(
            call.key, Status(errors, requestID: requestID()),
            turn: turnSeen(by: call.caller.accountID))
        return nil
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
        _ = try account(of: caller)
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

    private func health(_ facts: ServerFacts) -> HealthResponse {
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
        return response
    }
}
