import Testing

/// One fact about CreateImage that a client can see, and the IDs of the rules that it shows.
struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    /// IDs of `protocol/ecs.md`. An error's ID is cited by a case that was refused with it.
    let ids: [String]
    let run: @Sendable (Bench) throws -> Void

    init(
        _ name: String, _ ids: String..., run: @escaping @Sendable (Bench) throws -> Void
    ) {
        self.name = name
        self.ids = ids
        self.run = run
    }

    init(_ name: String, ids: [String], run: @escaping @Sendable (Bench) throws -> Void) {
        self.name = name
        self.ids = ids
        self.run = run
    }

    var testDescription: String { "\(name) [\(ids.joined(separator: " "))]" }

    static let all =
        parameters + behaviour + errors + authorisation + order + idempotency + limits + decisions
}
