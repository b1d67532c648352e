/// A second thread that does one part of its owner's work while the owner does the other: for work
/// that is cut in two again and again, each part short.
///
/// Unchecked: `work` is the owner's while the phase is not `given`, and the thread's while it is;
/// and the owner does not go on, nor let go of what the work refers to, before the thread is done.
public final class Companion: @unchecked Sendable {
    private final class Desk: @unchecked Sendable {
        enum Phase: Sendable { case idle, given, ended }
        let phase = Lock(Phase.idle)
        var work: (() -> Void)?

        func serve() {
            while true {
                let isEnded = phase.wait { phase -> Bool? in
                    switch phase {
                    case .idle: nil
                    case .given: false
                    case .ended: true
                    }
                }
                if isEnded { return }
                work?()
                phase.notify { if $0 == .given { $0 = .idle } }
            }
        }
    }
    private let desk = Desk()

    /// Starts the thread, named `name` (15 bytes at most); it ends with this value.
    public init(_ name: String) {
        Thread.start(name) { [desk] in desk.serve() }
    }

    deinit { desk.phase.notify { $0 = .ended } }

    /// Runs both, and returns when both are done. One call at a time.
    public func run(_ theirs: () -> Void, beside ours: () -> Void) {
        withoutActuallyEscaping(theirs) { theirs in
            desk.work = theirs
            desk.phase.notify { $0 = .given }
            ours()
            desk.phase.wait { $0 == .given ? nil : () }
            desk.work = nil
        }
    }
}
