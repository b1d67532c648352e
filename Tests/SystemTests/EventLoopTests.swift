import System
import Testing

@Suite struct EventLoopTests {
    /// Nothing that another thread posts is lost or waits for an unrelated event: the loop sleeps
    /// without limit between turns, so a lost wake-up would never end.
    @Test func everyMessageWakesTheLoop() throws {
        let received = Lock<[Int]?>(nil)
        let ready = Lock<Mailbox<Int>?>(nil)
        Thread.start("loop") {
            guard let loop = try? EventLoop() else { return received.notify { $0 = [] } }
            let mailbox = Mailbox<Int>(loop)
            ready.notify { $0 = mailbox }
            var all: [Int] = []
            loop.run { _ in
                all += mailbox.take()
                return all.count == 2000 ? nil : -1
            }
            let result = all
            received.notify { $0 = result }
        }
        let mailbox = ready.wait { $0 }
        for sender in 0..<2 {
            Thread.start("send") {
                for number in 0..<1000 { mailbox.post(sender * 1000 + number) }
            }
        }
        let all = received.wait { $0 }
        #expect(all.sorted() == Array(0..<2000))
        // What one sender says keeps its order.
        #expect(all.filter { $0 < 1000 } == Array(0..<1000))
        #expect(all.filter { $0 >= 1000 } == Array(1000..<2000))
    }

    @Test func aTurnThatReturnsNilEndsTheLoop() throws {
        let turns = Lock<Int?>(nil)
        Thread.start("loop") {
            guard let loop = try? EventLoop() else { return turns.notify { $0 = 0 } }
            var count = 0
            loop.run { _ in
                count += 1
                return count == 3 ? nil : 0
            }
            let result = count
            turns.notify { $0 = result }
        }
        #expect(turns.wait { $0 } == 3)
    }
}
