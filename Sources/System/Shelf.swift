/// A few values that threads use in turn, one thread each at a time: whoever takes one has it
/// alone until it puts it back. The longest unused go when there are too many.
///
/// Unchecked: a value is either on the shelf, behind the lock, or with the one thread that took it.
public final class Shelf<Key: Hashable & Sendable, Value>: @unchecked Sendable {
    private let lock = Lock(())
    private let countMax: Int
    /// The longest unused first.
    private var values: [(key: Key, value: Value)] = []

    public init(countMax: Int) { self.countMax = countMax }

    /// Takes a value away; nil: there is none, or another thread has it.
    public func take(_ key: Key) -> sending Value? {
        nonisolated(unsafe) var taken: Value?
        lock.withLock { _ in
            if let index = values.firstIndex(where: { $0.key == key }) {
                taken = values.remove(at: index).value
            }
        }
        return taken
    }

    public func put(_ key: Key, _ value: sending Value) {
        nonisolated(unsafe) let value = value
        lock.withLock { _ in
            if values.count == countMax { values.removeFirst() }
            values.append((key, value))
        }
    }

    /// Drops all values of a key.
    public func remove(_ key: Key) {
        lock.withLock { _ in values.removeAll { $0.key == key } }
    }
}
