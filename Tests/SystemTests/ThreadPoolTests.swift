import Foundation
import System
import Testing

struct ThreadPoolTests {
    /// As many threads as a pool may have are busy, on every processor: another pool's work begins
    /// all the same, and only then do they end.
    @Test(.timeLimit(.minutes(60))) func busyPoolsHoldUpNoOther() {
        let isReleased = Lock(false)
        let busy = ThreadPool("busy", threadsMax: 2 * ProcessInfo.processInfo.activeProcessorCount)
        let ended = Lock(0)
        let count = 2 * ProcessInfo.processInfo.activeProcessorCount + 3
        for _ in 0..<count {
            busy.run {
                while !isReleased.withLock({ $0 }) {}
                ended.notify { $0 += 1 }
            }
        }
        ThreadPool("other", threadsMax: 1).run { isReleased.withLock { $0 = true } }
        ended.wait { $0 == count ? () : nil }
    }

    /// Never more at once than the pool may have; all of it is done, in order by one thread.
    @Test(.timeLimit(.minutes(60)), arguments: [1, 3])
    func runsAllWithinItsNumber(_ threadsMax: Int) {
        struct Seen {
            var now = 0
            var most = 0
            var order: [Int] = []
        }
        let seen = Lock(Seen())
        let pool = ThreadPool("numbers", threadsMax: threadsMax, niceness: 3)
        for number in 0..<200 {
            pool.run {
                seen.withLock {
                    $0.now += 1
                    $0.most = max($0.most, $0.now)
                }
                sched_yield()
                seen.notify {
                    $0.now -= 1
                    $0.order.append(number)
                }
            }
        }
        seen.wait { $0.order.count == 200 ? () : nil }
        let result = seen.withLock { $0 }
        #expect(result.most <= threadsMax && result.order.sorted() == Array(0..<200))
        if threadsMax == 1 { #expect(result.order == Array(0..<200)) }
    }
}
