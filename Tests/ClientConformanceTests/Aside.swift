import Foundation

/// Runs blocking work on a thread of its own, so that the few threads of the pool are left to
/// tests that await; at most four at a time. What goes wrong is to be thrown or returned: an issue
/// that is recorded there belongs to no test.
func aside<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            // The pool's threads block signals, and a program would take that over.
            var none = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, nil)
            places.wait()
            defer { places.signal() }
            continuation.resume(with: Result { try work() })
        }
    }
}

private let places = DispatchSemaphore(value: 4)
