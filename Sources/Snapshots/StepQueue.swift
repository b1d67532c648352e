import System

/// Which steps of one copy are full, and which have been run, by their numbers.
///
/// A step belongs to the copy's own thread until `put`, to the thread that takes it until
/// `returnDone`, and then to the copy's own again. Each thread takes them in the disk's order.
final class StepQueue: Sendable {
    private struct State {
        var waiting: [Int] = []
        var done: Set<Int> = []
        var isClosed = false

        /// Nil: it has to be waited for.
        mutating func takeNext() -> Turn? {
            waiting.isEmpty ? nil : .run(waiting.removeFirst())
        }
    }
    private enum Turn {
        case run(Int)
        case end

        var step: Int? { if case .run(let step) = self { step } else { nil } }
    }
    private let state = Lock(State())

    func put(_ step: Int) {
        state.notify { $0.waiting.append(step) }
    }

    /// For a second thread: the next step, as soon as there is one; nil: there will be none.
    func take() -> Int? {
        let turn = state.wait { state -> Turn? in
            if state.isClosed { return .end }
            return state.takeNext()
        }
        return turn.step
    }

    /// For the copy's own thread: nil as soon as `first` is done, for that is to be noted; else
    /// the next step that no other thread has taken.
    func take(before first: Int) -> Int? {
        let turn = state.wait { state -> Turn? in
            if state.done.remove(first) != nil { return .end }
            return state.takeNext()
        }
        return turn.step
    }

    func returnDone(_ step: Int) {
        state.notify { _ = $0.done.insert(step) }
    }

    /// No step will be taken any more.
    func close() {
        state.notify { $0.isClosed = true }
    }
}
