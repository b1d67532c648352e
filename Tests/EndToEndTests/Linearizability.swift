/// A register for one image name: absent, or present with an image's id.
struct NameOperation: Equatable {
    enum Kind: Equatable {
        /// Made `id` under the name; nil: the outcome is unknown, and so is the id.
        case created(id: String?)
        /// Refused, because the name was taken.
        case foundTaken
        /// The image with this id is gone; without effect if another one has the name.
        case deleted(id: String)
        /// Saw this image, or none.
        case read(id: String?)
    }

    let kind: Kind
    let invoked: Int64
    /// Nil: never known to have ended. It took effect any time after `invoked`, or never.
    let ended: Int64?
}

/// Whether a history of one register has an order that agrees with what was seen and with real
/// time (Wing and Gong, "Testing and verifying concurrent objects", 1993), remembering the
/// configurations that lead nowhere (Lowe, 2017).
struct LinearizabilityChecker {
    private let operations: [NameOperation]

    init(_ operations: [NameOperation]) {
        self.operations = operations.sorted { $0.invoked < $1.invoked }
    }

    enum Register: Hashable {
        case absent
        case present(String)
        /// Created by an operation that was never answered: the first who sees it tells its id.
        case presentUnknown
    }

    /// Operations that have taken effect: all before `prefix`, and some after it.
    private struct Configuration: Hashable {
        var prefix = 0
        var beyond: [Int] = []
        var register = Register.absent

        func contains(_ index: Int) -> Bool { index < prefix || beyond.contains(index) }

        func adding(_ index: Int, _ register: Register) -> Configuration {
            var next = self
            next.register = register
            let place = next.beyond.firstIndex { $0 > index } ?? next.beyond.count
            next.beyond.insert(index, at: place)
            while next.beyond.first == next.prefix {
                next.beyond.removeFirst()
                next.prefix += 1
            }
            return next
        }
    }

    /// The states that can follow `kind`; none: it cannot have happened in `register`.
    static func apply(_ kind: NameOperation.Kind, to register: Register) -> [Register] {
        switch (kind, register) {
        case (.created(let id), .absent): [id.map { .present($0) } ?? .presentUnknown]
        case (.created, _): []
        case (.foundTaken, .absent): []
        case (.foundTaken, _): [register]
        case (.deleted(let id), .present(let held)): [id == held ? .absent : register]
        case (.deleted, .presentUnknown): [.absent, register]
        case (.deleted, .absent): [.absent]
        case (.read(let id), .absent): id == nil ? [.absent] : []
        case (.read(let id), .present(let held)): id == held ? [register] : []
        case (.read(let id), .presentUnknown): id.map { [.present($0)] } ?? []
        }
    }

    /// Nil: there is such an order. Otherwise where the longest attempt came to an end.
    func violation() -> String? {
        var tried: Set<Configuration> = []
        var open = [Configuration()]
        var furthest = Configuration()
        while let configuration = open.popLast() {
            if hasAll(configuration) { return nil }
            guard tried.insert(configuration).inserted else { continue }
            if configuration.prefix > furthest.prefix { furthest = configuration }
            // The one that was invoked first is tried first.
            open += successors(configuration).reversed()
        }
        let next = operations[furthest.prefix...].prefix(12)
        return "after \(furthest.prefix) operations the name is \(furthest.register); then: "
            + next.map { "\($0)" }.joined(separator: "\n")
    }

    private func hasAll(_ configuration: Configuration) -> Bool {
        operations.indices[configuration.prefix...].allSatisfy {
            operations[$0].ended == nil || configuration.contains($0)
        }
    }

    /// What can have taken effect next: whatever began before any of the rest had ended.
    private func successors(_ configuration: Configuration) -> [Configuration] {
        var firstEnd = Int64.max
        var found: [Configuration] = []
        for index in operations.indices[configuration.prefix...] {
            let operation = operations[index]
            if operation.invoked > firstEnd { break }
            if configuration.contains(index) { continue }
            firstEnd = min(firstEnd, operation.ended ?? .max)
            for register in Self.apply(operation.kind, to: configuration.register) {
                found.append(configuration.adding(index, register))
            }
        }
        return found
    }
}
