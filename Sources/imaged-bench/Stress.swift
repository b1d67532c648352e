import ECS
import System
import Wire

/// One process of a test that kills the daemon again and again: it calls, and writes down what it
/// asked and what it was told. Killed itself, it leaves an invocation without an end, which is an
/// unknown outcome as well.
///
/// All processes share the image names `key-0`, `key-1`, ... A request whose outcome is unknown is
/// repeated with the same token, or if it is repeatable; until there is an answer, it is one
/// operation.
final class Stress {
    private let options: StressOptions
    private let history: FileDescriptor
    private var random: SmallRandom
    private var client: BlockingClient?
    private var operationCount = 0
    /// The newest images this process saw under each name.
    private var seen: [String: String] = [:]

    init(_ options: StressOptions) throws {
        self.options = options
        history = try SystemCalls.live.openFile(options.historyPath, [.writeOnly, .create])
        random = SmallRandom(state: options.seed)
    }

    func run() throws -> Never {
        while true { try step() }
    }

    private func step() throws {
        operationCount += 1
        let key = "key-\(random.below(options.keys))"
        switch random.below(10) {
        case 0..<4: try create(key)
        case 4..<6: try delete(key)
        case 6..<8: try read(key)
        case 8: try snapshot()
        default: try countUnfinished()
        }
    }

    // MARK: Operations

    private func create(_ key: String) throws {
        let token = "\(options.process)-\(options.seed)-\(operationCount)"
        var request = CreateImageRequest()
        request.regionID = "cn-hangzhou"
        request.instanceID = options.instances[random.below(options.instances.count)]
        request.imageName = key
        request.description = "token \(token)"
        request.clientToken = token
        try invoke("create", key, token: token)
        do {
            let id = try repeated(CreateImage.self, request).imageID
            try end("ok", "create", key, id: id, token: token)
            seen[key] = id
            // Once more with the same token: the same image, although it may be gone by now.
            if random.below(4) == 0 {
                try invoke("again", key, token: token)
                let again = try repeated(CreateImage.self, request).imageID
                try end("ok", "again", key, id: again, token: token)
            }
        } catch CallFailure.refused(let code, _) {
            try end("fail", "create", key, token: token, code: code)
        }
    }

    private func delete(_ key: String) throws {
        guard let id = seen[key] else { return try read(key) }
        var request = DeleteImageRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = id
        try invoke("delete", key, id: id)
        do {
            _ = try repeated(DeleteImage.self, request)
            try end("ok", "delete", key, id: id)
        } catch CallFailure.refused(let code, _) {
            try end("fail", "delete", key, id: id, code: code)
        }
    }

    private func read(_ key: String) throws {
        var request = DescribeImagesRequest()
        request.regionID = "cn-hangzhou"
        request.imageName = key
        request.status = "ALL"
        try invoke("read", key)
        do {
            let images = try connected().call(DescribeImages.self, request).images
            let id = images.map(\.imageID).joined(separator: " ")
            try end("ok", "read", key, id: id)
            if images.count == 1 { seen[key] = id }
        } catch CallFailure.refused(let code, _) {
            try end("fail", "read", key, code: code)
        } catch CallFailure.unknown {
            client = nil
            try end("info", "read", key)
        }
    }

    private func snapshot() throws {
        let token = "\(options.process)-\(options.seed)-\(operationCount)"
        var request = CreateSnapshotRequest()
        request.diskID = options.disks[random.below(options.disks.count)]
        request.clientToken = token
        try invoke("snapshot", token: token)
        do {
            let id = try repeated(CreateSnapshot.self, request).snapshotID
            try end("ok", "snapshot", id: id, token: token)
        } catch CallFailure.refused(let code, _) {
            try end("fail", "snapshot", token: token, code: code)
        }
    }

    private func countUnfinished() throws {
        var request = DescribeSnapshotsRequest()
        request.regionID = "cn-hangzhou"
        request.status = "progressing"
        request.pageSize = 10
        try invoke("unfinished")
        do {
            let count = try connected().call(DescribeSnapshots.self, request).totalCount
            try end("ok", "unfinished", id: "\(count)")
        } catch CallFailure.refused(let code, _) {
            try end("fail", "unfinished", code: code)
        } catch CallFailure.unknown {
            client = nil
            try end("info", "unfinished")
        }
    }

    // MARK: Calls

    /// Calls until there is an answer. Only for requests with a token, or that may be repeated.
    private func repeated<O: Operation>(
        _ operation: O.Type, _ request: O.Request
    ) throws(CallFailure) -> O.Response {
        while true {
            do throws(CallFailure) {
                return try connected().call(O.self, request)
            } catch {
                guard case .unknown = error else { throw error }
                client = nil
            }
        }
    }

    /// A connection to the daemon, as soon as there is one.
    private func connected() -> BlockingClient {
        while client == nil {
            client = try? BlockingClient(options.socketPath)
            if client == nil { Clock.sleep(milliseconds: 1) }
        }
        return client!
    }

    // MARK: History

    private func invoke(
        _ operation: String, _ key: String = "", id: String = "", token: String = ""
    ) throws {
        try write("invoke", operation, key, id, token, "")
    }

    private func end(
        _ event: String, _ operation: String, _ key: String = "", id: String = "",
        token: String = "", code: String = ""
    ) throws {
        try write(event, operation, key, id, token, code)
    }

    /// One line, in one call: a kill leaves whole lines. None of the texts needs escapes.
    private func write(
        _ event: String, _ operation: String, _ key: String, _ id: String, _ token: String,
        _ code: String
    ) throws {
        let time = Clock.monotonicNanoseconds()
        let line = """
            {"process":\(options.process),"time":\(time),"event":"\(event)",\
            "operation":"\(operation)","key":"\(key)","id":"\(id)","token":"\(token)",\
            "code":"\(code)"}

            """
        CurrentProcess.write(line, to: history.rawValue)
    }
}

/// The same numbers for the same seed (SplitMix64).
struct SmallRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}
