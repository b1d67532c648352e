import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// A later snapshot stores what differs from its parent, and reads back without it.
@Suite struct IncrementalTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test func storesOnlyWhatDiffers() throws {
        let chain = try Chain(fixture, seed: 1, bytes: 200 * cluster + 77)
        try chain.write(chain.data(150 * cluster), at: 10 * cluster)
        #expect(try chain.snapshot(parent: nil).storedBytes == Int64(150 * cluster))
        // One byte of one cluster, the disk's partial last one, and one that becomes zeros.
        try chain.write(Data([1]), at: 20 * cluster + 5)
        try chain.write(Data([2]), at: 200 * cluster + 76)
        try chain.write(Data(count: cluster), at: 30 * cluster)
        let second = try chain.snapshot(parent: 1)
        #expect(second.storedBytes == Int64(2 * cluster))
        #expect(second.segments == [1, 2])
        // Nothing changed: nothing is stored, and there is no segment.
        let third = try chain.snapshot(parent: 2)
        #expect(third.storedBytes == 0)
        #expect(third.segments == [1, 2])
        #expect(try fixture.files().filter { $0.hasPrefix("segments/3") } == [])
        try chain.expectAllReadBack()
        try chain.expectExactSpace()
    }

    /// Written again with the same bytes, or moved: only bytes in their place count.
    @Test func equalBytesAreNotStoredAgain() throws {
        let chain = try Chain(fixture, seed: 2, bytes: 64 * cluster)
        let bytes = chain.data(64 * cluster)
        try chain.write(bytes, at: 0)
        try chain.snapshot(parent: nil)
        try chain.write(bytes, at: 0)
        #expect(try chain.snapshot(parent: 1).storedBytes == 0)
        try chain.write(bytes.prefix(cluster), at: 3 * cluster)
        #expect(try chain.snapshot(parent: 2).storedBytes == Int64(cluster))
    }

    @Test func disksThatGrowAndShrink() throws {
        let chain = try Chain(fixture, seed: 3, bytes: 5 * cluster + 100)
        try chain.write(chain.data(5 * cluster + 100), at: 0)
        try chain.snapshot(parent: nil)
        // The partial cluster is filled up with zeros: it is the parent's still.
        try chain.resize(9 * cluster)
        #expect(try chain.snapshot(parent: 1).storedBytes == 0)
        try chain.resize(2 * cluster + 1)
        #expect(try chain.snapshot(parent: 2).storedBytes == Int64(cluster))
        try chain.resize(300)
        #expect(try chain.snapshot(parent: 3).storedBytes == Int64(cluster))
        try chain.expectAllReadBack()
        for number in [2, 1, 4, 3] as [UInt64] {
            try chain.delete(number)
            try chain.expectAllReadBack("without \(number)")
            try chain.expectExactSpace("without \(number)")
        }
    }

    /// 100 snapshots, each of the one before: every one reads back, the last one alone too.
    @Test func chainOfAHundred() throws {
        let chain = try Chain(fixture, seed: 4, bytes: 40 * cluster + 1)
        try chain.write(chain.data(25 * cluster), at: 10 * cluster)
        for _ in 0..<100 {
            for _ in 0..<2 {
                try chain.write(chain.data(cluster), at: chain.number(below: 40) * cluster)
            }
            try chain.snapshot(parent: chain.newest)
        }
        try chain.expectAllReadBack()
        try chain.expectExactSpace()
        for number in chain.numbers.dropLast() { try chain.delete(number) }
        try chain.expectAllReadBack()
        try chain.expectExactSpace()
        try chain.delete(100)
        #expect(try fixture.files() == [])
    }

    /// T5: random writes, snapshots of random parents, deletes in random order.
    @Test(arguments: [11, 12, 13] as [UInt64])
    func randomChains(_ seed: UInt64) throws {
        try runRandomChain(fixture, seed, steps: isLong ? 2_000 : 50)
    }

    private var isLong: Bool { ProcessInfo.processInfo.environment["IMAGED_LONG"] != nil }

    /// Of the newest snapshot nothing is left but its manifest: all is stored again, and told.
    @Test func parentThatCannotBeRead() throws {
        let chain = try Chain(fixture, seed: 5, bytes: 40 * cluster)
        try chain.write(chain.data(40 * cluster), at: 0)
        try chain.snapshot(parent: nil)
        unlink("\(fixture.data)/segments/1")
        let stored = try fixture.copy(7, parent: 1)
        #expect(stored.storedBytes == Int64(40 * cluster) && stored.segments == [7])
        #expect(stored.parentFailures.contains { $0.isDamage && $0.segment == 1 })
        unlink("\(fixture.data)/manifests/1")
        let again = try fixture.copy(8, parent: 1)
        #expect(again.segments == [8] && again.parentFailures.map(\.manifest) == [1])
        #expect(try fixture.exported(8) == chain.disk)
    }

    /// A damaged cluster is not handed on as good, whether its bytes or its checksum are wrong.
    @Test(arguments: [true, false]) func damageDoesNotSpread(_ isOfData: Bool) throws {
        let chain = try Chain(fixture, seed: 6, bytes: 600 * cluster)
        try chain.write(chain.data(600 * cluster), at: 0)
        try chain.snapshot(parent: nil)
        if isOfData {
            try overwrite("\(fixture.data)/segments/1", at: 6 * cluster + 9, [1, 2, 3])
        } else {
            // The block that has the checksums of slots 511 and on.
            try overwrite("\(fixture.data)/segments/1.index", at: 2 * 4096 + 8, [1, 2, 3])
        }
        let stored = try fixture.copy(2, parent: 1)
        #expect(stored.storedBytes == Int64(isOfData ? cluster : 89 * cluster))
        #expect(stored.parentFailures.allSatisfy { $0.isDamage && $0.manifest == 1 })
        if isOfData {
            let range = Int64(5 * cluster)..<Int64(6 * cluster)
            #expect(stored.parentFailures.map(\.byteRange) == [range])
        }
        #expect(try fixture.exported(2) == chain.disk)
        #expect(throws: ExportFailure.self) { try fixture.exported(1) }
    }
}

/// Steps of a random life, checked against the model.
func runRandomChain(_ fixture: Fixture, _ seed: UInt64, steps: Int) throws {
    let chain = try Chain(fixture, seed: seed, bytes: 30 * cluster + 4321)
    for step in 0..<steps {
        try chain.scribble()
        let parents = chain.numbers
        let parent =
            chain.number(below: 4) == 0 ? parents.randomElement(using: &chain.random) : parents.last
        try chain.snapshot(parent: parent)
        while chain.numbers.count > 1 && chain.number(below: 3) > 0 {
            let victim = chain.numbers[chain.number(below: chain.numbers.count)]
            // Small passes: a segment's slots are looked at in parts.
            try chain.delete(victim, slotsMax: UInt64(1 + chain.number(below: 200)))
        }
        if step % 10 == 9 || step == steps - 1 {
            try chain.expectAllReadBack("seed \(seed), step \(step)")
            try chain.expectExactSpace("seed \(seed), step \(step)")
        }
    }
}

func overwrite(_ path: String, at offset: Int, _ bytes: [UInt8]) throws {
    let file = open(path, O_WRONLY)
    try #require(file >= 0)
    defer { close(file) }
    try #require(pwrite(file, bytes, bytes.count, off_t(offset)) == bytes.count)
}
