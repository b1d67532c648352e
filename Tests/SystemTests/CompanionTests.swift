import Foundation
import System
import Testing

struct CompanionTests {
    /// Both parts are done before `run` returns, by two threads that are at work at once: each
    /// waits for the other in every round.
    @Test(.timeLimit(.minutes(60))) func bothPartsRunSideBySide() {
        let companion = Companion("companion")
        let meeting = Lock(0)
        var ours: [Int] = []
        var theirs: [Int] = []
        for round in 1...500 {
            companion.run {
                meeting.notify { $0 += 1 }
                meeting.wait { $0 >= 2 * round ? () : nil }
                theirs.append(round)
            } beside: {
                meeting.notify { $0 += 1 }
                meeting.wait { $0 >= 2 * round ? () : nil }
                ours.append(round)
            }
            #expect(theirs.count == round && ours.count == round)
        }
        #expect(ours == Array(1...500) && theirs == ours)
    }

    /// The thread ends with its owner.
    @Test(.timeLimit(.minutes(60))) func endsWithItsOwner() throws {
        func count() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
                let name = FileManager.default.contents(atPath: "/proc/self/task/\(task)/comm")
                return name.map { String(decoding: $0, as: UTF8.self) } == "ends-with-it\n"
            }
        }
        for _ in 0..<20 {
            Companion("ends-with-it").run {
            } beside: {
            }
        }
        while try count() > 0 { sched_yield() }
    }
}
