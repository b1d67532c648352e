import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// T3 from the capture to the end of the copy, where the capture is a clone.
@Suite(.enabled(if: LoopFileSystem.canMake("xfs"), "needs root, mkfs.xfs and mount"))
struct CloneFaultTests {
    private let volume: LoopFileSystem
    let fixture: Fixture

    init() throws {
        volume = try LoopFileSystem("xfs", mebibytes: 320)
        fixture = try Fixture(in: volume.path)
    }

    @Test(arguments: [
        Injection(kind: .errno(.io)), Injection(kind: .errno(.noSpace), forEver: true),
        Injection(kind: .errno(.interrupted)),
    ])
    func captureAndCopy(_ injection: Injection) throws {
        let chain = try Chain(fixture, seed: 61, bytes: 6 * cluster + 10)
        try chain.write(chain.data(3 * cluster), at: 2 * cluster)
        try chain.snapshot(parent: nil)
        let first = try fixture.files()
        let original = chain.disk
        try chain.write(chain.data(100), at: 4 * cluster)
        var stored: StoredSnapshot?
        var moments: Set<Consistency> = []
        try injection.everyCall(atLeast: 60, survives: true) { calls in
            stored = nil
            do {
                let store = try fixture.store(calls)
                let capture = try store.capture(fixture.disk, for: 2, peer: fixture.peer)
                stored = try store.copy(try fixture.job(2, capture: capture, parent: 1))
            } catch is SystemError {
            } catch let failure as SourceProblem {
                #expect(!failure.reason.isEmpty && failure.errno != nil)
            } catch let failure as CopyFailure {
                #expect(!failure.reason.isEmpty && failure.errno != nil)
            }
            return stored != nil
        } after: { call, _ in
            let store = try fixture.store()
            if let stored {
                moments.insert(stored.consistency)
                #expect(try fixture.exported(2) == chain.disk, "call \(call)")
                #expect(stored.parentFailures.allSatisfy { !$0.isDamage }, "call \(call)")
                try store.deleteManifest(2)
                try store.deleteSegment(2)
            } else if !injection.forEver {
                // A capture that is not copied is discarded; of the copy nothing is left.
                try store.discardCapture(of: 2)
                #expect(try fixture.files() == first, "call \(call)")
            }
            _ = try store.removeOrphans(keepingManifests: [1], segments: [1])
            #expect(try fixture.files() == first, "call \(call)")
            #expect(try fixture.exported(1) == original, "call \(call)")
        }
        switch injection.isInvisible {
        case true: #expect(moments == [.pointInTime])
        // A clone that fails is no failure: the disk is copied.
        case false: #expect(moments == (injection.forEver ? [] : [.pointInTime, .atRest]))
        }
    }
}
