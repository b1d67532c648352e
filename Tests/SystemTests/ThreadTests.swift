import System
import Testing

struct ThreadTests {
    private struct Stop: Error {}

    /// Both parts are done before `run` returns, and they are at work at once: each waits for the
    /// other in every round.
    @Test(.timeLimit(.minutes(60))) func bothPartsRunSideBySide() {
        let meeting = Lock(0)
        let theirs = Lock(0)
        for round in 1...200 {
            Thread.run("second") {
                meeting.notify { $0 += 1 }
                meeting.wait { $0 >= 2 * round ? () : nil }
                theirs.withLock { $0 += 1 }
            } beside: {
                meeting.notify { $0 += 1 }
                meeting.wait { $0 >= 2 * round ? () : nil }
            }
            #expect(theirs.withLock { $0 } == round)
        }
    }

    /// An error of this thread's part waits for the other one, too.
    @Test(.timeLimit(.minutes(60))) func anErrorWaitsForTheOther() {
        let isStopped = Lock(false)
        let isDone = Lock(false)
        #expect(throws: Stop.self) {
            try Thread.run("second") {
                isStopped.wait { $0 ? () : nil }
                isDone.withLock { $0 = true }
            } beside: { () throws(Stop) in
                isStopped.notify { $0 = true }
                throw Stop()
            }
        }
        #expect(isDone.withLock { $0 })
    }
}
