/// An immutable record on the heap: a table's nodes hold one reference each, however large the
/// record is. A change replaces the record.
public final class Boxed<Value: Sendable>: Sendable {
    public let value: Value
    public init(_ value: Value) { self.value = value }
}

/// Something with ECS's ID and a place in the order of creation.
public protocol Resource: Sendable {
    var number: Int64 { get }
    var id: String { get }
}

/// The resources of one kind in one region, in the order of their creation, found by ID.
public struct ResourceTable<Record: Resource>: Sendable {
    public private(set) var records = Table<Int64, Boxed<Record>>()
    private var numbers = Table<String, Int64>()

    public var count: Int { records.count }

    public subscript(id: String) -> Record? { boxed(id)?.value }

    public func boxed(_ id: String) -> Boxed<Record>? {
        numbers[id].flatMap { records[$0] }
    }

    mutating func put(_ record: Boxed<Record>) {
        records.put(record.value.number, record)
        numbers.put(record.value.id, record.value.number)
    }

    mutating func remove(_ id: String) {
        if let number = numbers.remove(id) { records.remove(number) }
    }
}

/// Which numbers belong to a text: the snapshots of a disk, the images that use a snapshot.
public struct Index: Sendable {
    private var numbers = Table<String, Table<Int64, Bool>>()

    public init() {}

    public func count(_ key: String) -> Int { numbers[Self.exact(key)]?.count ?? 0 }
    public var keyCount: Int { numbers.count }

    public func numbers(of key: String) -> [Int64] {
        numbers[Self.exact(key)]?.map(\.key) ?? []
    }

    /// Texts are the same if their bytes are. Strings are also equal where Unicode calls them
    /// equivalent (U+F900 and U+8C48), so one that is not ASCII is kept as its bytes in
    /// hexadecimal.
    private static func exact(_ key: String) -> String {
        if key.utf8.allSatisfy({ $0 < 0x80 }) { return key }
        return key.utf8.reduce(into: "\u{1}") { text, byte in
            text += String(UInt16(byte) + 0x100, radix: 16)
        }
    }

    mutating func insert(_ key: String, _ number: Int64) {
        let key = Self.exact(key)
        if numbers.update(key, { _ = $0.put(number, true) }) == nil {
            var first = Table<Int64, Bool>()
            first.put(number, true)
            numbers.put(key, first)
        }
    }

    mutating func remove(_ key: String, _ number: Int64) {
        let key = Self.exact(key)
        let left = numbers.update(key) { table in
            table.remove(number)
            return table.count
        }
        if left == 0 { numbers.remove(key) }
    }
}
