import System

/// The steps of one copy that are full or being run.
///
/// A step belongs to the copy's own thread until `put`, to the thread that takes it until
/// `returnDone`, and then to the copy's own again. Each thread takes them in the disk's order.
final class StepQueue: Sendable {
    private struct State {
        var waiting: [CopyStep] = []
        var done: [CopyStep] = []
        var isClosed = false

        /// Nil: it has to be waited for.
        mutating func takeNext() -> Turn? {
            waiting.isEmpty ? nil : .run(waiting.removeFirst())
        }
    }
    private enum Turn {
        case run(CopyStep)
        case end

        var step: CopyStep? { if case .run(let step) = self { step } else { nil } }
    }
    private let state = Lock(State())

    func put(_ step: CopyStep) {
        state.notify { $0.waiting.append(step) }
    }

    /// For a second thread: the next step, as soon as there is one; nil: there will be none.
    func take() -> CopyStep? {
        let turn = state.wait { state -> Turn? in
            if state.isClosed { return .end }
            return state.takeNext()
        }
        return turn.step
    }

    /// For the copy's own thread: nil as soon as `first` is done, for that is to be noted; else
    /// the next step that no other thread has taken.
    func take(before first: CopyStep) -> CopyStep? {
        let turn = state.wait { state -> Turn? in
            if let index = state.done.firstIndex(where: { $0 === first }) {
                state.done.remove(at: index)
                return .end
            }
            return state.takeNext()
        }
        return turn.step
    }

    func returnDone(_ step: CopyStep) {
        state.notify { $0.done.append(step) }
    }

    /// No step will be taken any more.
    func close() {
        state.notify { $0.isClosed = true }
    }
}
