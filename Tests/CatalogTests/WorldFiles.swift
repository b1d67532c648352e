import ECS

@testable import Catalog

/// Requests that need files: asked for, made and judged again, as the server does.
extension World {
    typealias Body<Value> =
        @Sendable (isolated Catalog, Caller) throws(Refusal) -> Value

    /// The files that a request asks for; nil: it does not.
    func orders<Value: Sendable>(_ body: Body<Value>) -> [FileOrder]? {
        do throws(Refusal) {
            _ = try judge(nil, body)
        } catch {
            if case .needsFiles(let orders) = error { return orders }
        }
        return nil
    }

    /// Begins to make them.
    func begin<Value: Sendable>(
        root: String = "", _ body: Body<Value>
    ) throws(Refusal) -> FileMaking {
        guard let orders = orders(body) else { throw .error(.internalError) }
        var making = try run { [caller] catalog throws(Refusal) in
            try catalog.beginMaking(orders, caller) { _ in root }
        }
        for index in making.files.indices {
            making.files[index].device = 1
            making.files[index].inode = making.intent * 100 + Int64(index)
        }
        return making
    }

    func judge<Value: Sendable>(
        _ making: FileMaking?, _ body: Body<Value>
    ) throws(Refusal) -> Value {
        var caller = caller
        caller.making = making
        caller.operation = caller.operation.isEmpty ? "RunInstances" : caller.operation
        return try run { [caller] catalog throws(Refusal) in try body(catalog, caller) }
    }

    func end(_ making: FileMaking) { catalog.assumeIsolated { $0.endMaking(making) } }

    func made<Value: Sendable>(
        root: String = "", _ body: Body<Value>
    ) throws(Refusal) -> Value {
        let making = try begin(root: root, body)
        let value = try judge(making, body)
        end(making)
        return value
    }

    /// "OK", or the first error's status, code and parameter.
    func told<Value: Sendable>(_ making: FileMaking?, _ body: Body<Value>) -> String {
        var caller = caller
        caller.making = making
        caller.operation = "RunInstances"
        return told { [caller] catalog throws(Refusal) in try body(catalog, caller) }
    }

    /// The records of an instance's disks, in the order of their devices.
    func diskRecords(of instance: String) -> [DiskRecord] {
        region(of: caller.accountID).disks(of: instance)
            .sorted { $0.disk.device < $1.disk.device }
    }

    var pins: Set<Int64> { catalog.assumeIsolated { Set($0.jobs.pins.keys) } }

    /// The entries of the reclaims among these that are about files.
    func reclaimedFiles(_ launches: [Launch]) -> [ReclaimFile] {
        launches.flatMap { launch in
            if case .reclaim(let record, _) = launch { record.files } else { [ReclaimFile]() }
        }
    }

    /// Lets every reclaim of files be done.
    func takeReclaims() {
        turn()
        for (number, record) in state.reclaims where !record.value.files.isEmpty {
            catalog.assumeIsolated { $0.reclaimed(number) }
        }
        turn()
    }
}
