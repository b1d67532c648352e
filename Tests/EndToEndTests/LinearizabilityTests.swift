import TestSupport
import Testing

/// The judge is judged: it accepts what is right and rejects what is not.
@Suite struct LinearizabilityTests {
    private typealias Kind = NameOperation.Kind

    private func violation(_ operations: [(Kind, Int64, Int64?)]) -> String? {
        LinearizabilityChecker(
            operations.map { NameOperation(kind: $0.0, invoked: $0.1, ended: $0.2) }
        ).violation()
    }

    @Test func oneAfterTheOther() {
        #expect(
            violation([
                (.read(id: nil), 0, 1), (.created(id: "a"), 2, 3), (.read(id: "a"), 4, 5),
                (.foundTaken, 6, 7), (.deleted(id: "a"), 8, 9), (.read(id: nil), 10, 11),
                (.created(id: "b"), 12, 13), (.deleted(id: "a"), 14, 15), (.read(id: "b"), 16, 17),
            ]) == nil)
    }

    @Test func overlappingOperationsTakeAnyOrder() {
        #expect(
            violation([
                (.created(id: "a"), 0, 10), (.read(id: nil), 1, 9), (.read(id: "a"), 2, 8),
            ]) == nil)
        let all: [(Kind, Int64, Int64?)] = [
            (.created(id: "b"), 0, 10), (.deleted(id: "a"), 0, 10), (.created(id: "a"), 0, 10),
        ]
        #expect(violation(all + [(.read(id: "b"), 11, 12)]) == nil)
        #expect(violation(all + [(.read(id: "a"), 11, 12)]) != nil)
    }

    @Test func unknownOutcomesMayHappenAnyTimeOrNever() {
        let unknown: (Kind, Int64, Int64?) = (.created(id: nil), 0, nil)
        #expect(violation([unknown, (.read(id: nil), 1, 2), (.read(id: "a"), 3, 4)]) == nil)
        #expect(violation([unknown, (.read(id: nil), 1, 2), (.created(id: "b"), 3, 4)]) == nil)
        #expect(violation([unknown, (.foundTaken, 1, 2)]) == nil)
        // But once only, and not before it began.
        #expect(
            violation([
                unknown, (.read(id: "a"), 1, 2), (.deleted(id: "a"), 3, 4), (.read(id: "b"), 5, 6),
            ]) != nil)
        #expect(violation([(.read(id: "a"), -3, -2), unknown]) != nil)
    }

    @Test func lostWriteIsRejected() {
        #expect(violation([(.created(id: "a"), 0, 1), (.read(id: nil), 2, 3)]) != nil)
        #expect(
            violation([
                (.created(id: "a"), 0, 1), (.deleted(id: "a"), 2, 3), (.read(id: "a"), 4, 5),
            ]) != nil)
    }

    @Test func staleReadIsRejected() {
        // Two readers, one after the other: the second sees the older state.
        #expect(
            violation([
                (.created(id: "a"), 0, 10), (.read(id: "a"), 1, 2), (.read(id: nil), 3, 4),
            ]) != nil)
    }

    @Test func twoImagesOfOneNameAreRejected() {
        #expect(violation([(.created(id: "a"), 0, 9), (.created(id: "b"), 0, 9)]) != nil)
        #expect(violation([(.created(id: "a"), 0, 1), (.read(id: "b"), 2, 3)]) != nil)
        #expect(violation([(.foundTaken, 0, 1)]) != nil)
    }

    /// A long random run of a real register passes; the same with one answer changed does not.
    @Test(arguments: 0..<20) func randomHistories(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var held: String?
        var operations: [NameOperation] = []
        for step in 0..<2_000 {
            let time = Int64(step) * 10
            // It takes effect at `time`, within an interval that overlaps its neighbours'.
            let invoked = time - Int64.random(in: 0...40, using: &random)
            let ended = time + Int64.random(in: 0...40, using: &random)
            var kind = Kind.read(id: held)
            switch Int.random(in: 0..<3, using: &random) {
            case 0 where held == nil:
                held = "image-\(step)"
                kind = .created(id: held)
            case 0: kind = .foundTaken
            case 1:
                if let id = held { kind = .deleted(id: id) }
                held = nil
            default: break
            }
            operations.append(NameOperation(kind: kind, invoked: invoked, ended: ended))
        }
        #expect(LinearizabilityChecker(operations).violation() == nil)
        let last = operations.last?.ended ?? 0
        let wrong = NameOperation(
            kind: .read(id: held == nil ? "image-0" : nil), invoked: last + 100, ended: last + 101)
        #expect(LinearizabilityChecker(operations + [wrong]).violation() != nil)
    }
}
