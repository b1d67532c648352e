import System
import Testing

@Suite struct LockTests {
    @Test func onlyOneAtATime() {
        let count = Lock(0)
        let running = Lock(4)
        for _ in 0..<4 {
            Thread.start("count") {
                for _ in 0..<10_000 { count.withLock { $0 += 1 } }
                running.notify { $0 -= 1 }
            }
        }
        _ = running.wait { $0 == 0 ? true : nil }
        #expect(count.withLock { $0 } == 40_000)
    }

    /// Two threads that answer each other: no notification is lost.
    @Test func waitAndNotify() {
        let turn = Lock(0)
        Thread.start("answer") {
            for number in 0..<1000 {
                _ = turn.wait { $0 == 2 * number + 1 ? true : nil }
                turn.notify { $0 += 1 }
            }
        }
        for number in 0..<1000 {
            turn.notify { $0 += 1 }
            _ = turn.wait { $0 == 2 * number + 2 ? true : nil }
        }
        #expect(turn.withLock { $0 } == 2000)
    }

    @Test func aWaitWithALimitEnds() {
        let never = Lock(0)
        #expect(never.wait(upTo: .milliseconds(1)) { $0 == 1 ? true : nil } == nil)
        #expect(never.wait(upTo: .zero) { $0 == 0 ? true : nil } == true)
        let later = Lock(0)
        Thread.start("notify") { later.notify { $0 = 7 } }
        #expect(later.wait(upTo: .seconds(600)) { $0 == 7 ? $0 : nil } == 7)
    }

    @Test func theLockIsFreeAfterAnError() {
        struct Refused: Error {}
        let value = Lock(1)
        #expect(throws: Refused.self) {
            try value.withLock { value throws(Refused) in
                value = 2
                throw Refused()
            }
        }
        #expect(value.withLock { $0 } == 2)
    }
}
