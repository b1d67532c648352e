import ECS
import ImagedClient
import System
import Wire

/// Names in the places of IDs. A word that has an ID's shape is never looked up, and one that
/// nothing is called goes on as it is: what the daemon says of it is the answer.
struct Names {
    enum Kind: String, CaseIterable {
        case image, snapshot, disk, instance

        /// How its IDs begin.
        var prefix: String {
            switch self {
            case .image: "m-"
            case .snapshot: "s-"
            case .disk: "d-"
            case .instance: "i-"
            }
        }
    }

    /// What is called by a name.
    struct Candidate {
        let kind: Kind
        let id: String
        let name: String
        let status: String
        let creationTime: String
    }

    let client: ImagedClient
    let region: String
    let findings: Findings

    /// Two letters' prefix and small letters and digits: `m-bp1g6zv0ce8o`.
    static func isID(_ word: some StringProtocol) -> Bool {
        Kind.allCases.contains { kind in
            let rest = word.dropFirst(kind.prefix.count)
            return word.hasPrefix(kind.prefix) && !rest.isEmpty
                && rest.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
        }
    }

    /// What the value of a field names; empty: it names no resource.
    ///
    /// - Parameter path: may end in a place: `ResourceId.2`.
    static func kinds(of path: String, in command: Command) -> [Kind] {
        let parts = path.split(separator: ".").filter { $0.first?.isNumber == false && $0 != "N" }
        switch parts.last {
        case "ImageId": return [.image]
        case "InstanceId", "InstanceIds": return [.instance]
        case "SnapshotId", "SnapshotIds": return [.snapshot]
        case "DiskId", "DiskIds": return [.disk]
        case "ResourceId": return command.isFixture ? [.image, .snapshot] : Kind.allCases
        case "Id": return [.image, .snapshot]
        default: return []
        }
    }

    /// The fields with the IDs of what was named.
    func resolve(
        _ given: [String: GivenValue], _ command: Command
    ) async throws -> [String: GivenValue] {
        var given = given
        for (path, value) in given {
            var kinds = Self.kinds(of: path, in: command)
            if let type = given["ResourceType"], kinds.count == Kind.allCases.count {
                kinds = Kind(rawValue: type.value).map { [$0] } ?? []
            }
            if kinds.isEmpty { continue }
            given[path] = GivenValue(
                flag: value.flag, value: try await resolve(value.value, kinds))
        }
        return given
    }

    /// The same for one value, which may be a list as ECS writes it.
    func resolve(_ value: String, _ kinds: [Kind]) async throws -> String {
        let words = RequestFiller.elements(of: value)
        if words.allSatisfy({ !Self.isName($0) }) { return value }
        var ids: [String] = []
        for word in words { ids.append(try await id(of: word, kinds)) }
        return ids.joined(separator: ",")
    }

    private static func isName(_ word: String) -> Bool {
        !word.isEmpty && !isID(word) && !word.contains("*")
    }

    private func id(of word: String, _ kinds: [Kind]) async throws -> String {
        guard Self.isName(word) else { return word }
        var found: [Candidate] = []
        for kind in kinds {
            do {
                found += try await candidates(kind, named: word).filter { $0.name == word }
            } catch is ServiceError {
                // Who may not list them names them by their IDs: the refusal is the daemon's.
                continue
            }
        }
        if found.count == 1 { return found[0].id }
        let what = Help.list(kinds.map(\.rawValue), "or")
        if found.isEmpty {
            findings.note("No \(what) of yours is called \(word).")
            return word
        }
        let list = found.map { "\($0.id) (\($0.status), \(Views.minute($0.creationTime)))" }
        throw Failure(
            .refused, "AmbiguousName",
            "\(found.count) \(what)s are called \(word): \(Help.list(list, "and"))",
            hint: "Give the ID of the one that is meant.")
    }

    // MARK: Lists

    /// The resources of a kind in the region. Images that others share are left out: what is meant
    /// by a name must not depend on what they call theirs.
    ///
    /// - Parameter name: only those of this name, as far as the daemon can choose; nil: all.
    func candidates(_ kind: Kind, named name: String? = nil) async throws -> [Candidate] {
        switch kind {
        case .image: try await images(name)
        case .snapshot: try await snapshots(name)
        case .disk: try await disks()
        case .instance: try await instances(name)
        }
    }

    private func images(_ name: String?) async throws -> [Candidate] {
        var images: [Image] = []
        for owner in ["self", "system"] {
            var request = DescribeImagesRequest()
            request.regionID = region
            request.status = "ALL"
            request.imageOwnerAlias = owner
            request.imageName = name ?? ""
            images += try await Paging<DescribeImages>.images.all(request) {
                try await client.call(DescribeImages.self, $0)
            }.images
        }
        return images.map {
            Candidate(
                kind: .image, id: $0.imageID, name: $0.imageName, status: $0.status,
                creationTime: $0.creationTime)
        }
    }

    private func snapshots(_ name: String?) async throws -> [Candidate] {
        var request = DescribeSnapshotsRequest()
        request.regionID = region
        request.snapshotName = name ?? ""
        let found = try await Paging<DescribeSnapshots>.snapshots.all(request) {
            try await client.call(DescribeSnapshots.self, $0)
        }
        return found.snapshots.map {
            Candidate(
                kind: .snapshot, id: $0.snapshotID, name: $0.snapshotName, status: $0.status,
                creationTime: $0.creationTime)
        }
    }

    private func disks() async throws -> [Candidate] {
        var request = DescribeDisksRequest()
        request.regionID = region
        let found = try await Paging<DescribeDisks>.disks.all(request) {
            try await client.call(DescribeDisks.self, $0)
        }
        return found.disks.map {
            Candidate(
                kind: .disk, id: $0.diskID, name: $0.diskName, status: $0.status,
                creationTime: $0.creationTime)
        }
    }

    private func instances(_ name: String?) async throws -> [Candidate] {
        var request = DescribeInstancesRequest()
        request.regionID = region
        request.instanceName = name ?? ""
        let found = try await Paging<DescribeInstances>.instances.all(request) {
            try await client.call(DescribeInstances.self, $0)
        }
        return found.instances.map {
            Candidate(
                kind: .instance, id: $0.instanceID, name: $0.instanceName, status: $0.status,
                creationTime: $0.creationTime)
        }
    }
}

/// What was found out about a command's values before its request was made.
final class Findings: Sendable {
    private struct State {
        var unknownNames: [String] = []
        var given: [String: GivenValue] = [:]
    }
    private let state = Lock(State())

    /// Says that a name was not found.
    func note(_ unknownName: String) { state.withLock { $0.unknownNames.append(unknownName) } }

    /// Keeps what the request was made of.
    func note(_ given: [String: GivenValue]) { state.withLock { $0.given = given } }

    var unknownNames: [String] { state.withLock { $0.unknownNames } }

    /// What can be added to the daemon's hint.
    func hint(for error: ServiceError, _ command: Command) -> String {
        let (names, given) = state.withLock { ($0.unknownNames, $0.given) }
        var parts: [String] = []
        if let value = given[error.parameter]?.value {
            let choices = Choices.of(error.parameter, in: command.operation ?? "")
            let wrong = RequestFiller.elements(of: value).first { !choices.contains($0) }
            if let best = wrong.flatMap({ Suggestion.nearest($0, choices) }) {
                parts.append("Did you mean \(best)?")
            }
        }
        if error.httpStatus == 404 || error.code.rawValue.contains("NotFound") { parts += names }
        parts.append(error.hint)
        return (parts + Self.spelling(error.hint, command)).filter { !$0.isEmpty }
            .joined(separator: " ")
    }

    /// Hints call parameters as ECS does; whoever types flags looks for those.
    private static func spelling(_ hint: String, _ command: Command) -> [String] {
        let words = hint.split { !$0.isLetter }
        return ["Force", "AllowLive", "OSSBucket", "Path"].filter { name in
            words.contains(name[...]) && command.fields.contains { $0.path == name }
        }.map { name in
            let isOutput = name == "Path" && command.hasOutputFile
            return "\(name) is --\(isOutput ? "output" : FieldNames.kebabCase(name)) here."
        }
    }
}
