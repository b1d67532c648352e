/// An ordered copy-on-write tree (a B-tree of up to 63 keys a node). Copying it is copying one
/// reference; a write to a shared tree copies only the nodes on its path, so a checkpoint's copy
/// never stops the loop. A tree that nobody shares is changed in place.
public struct Table<Key: Comparable & Sendable, Value: Sendable>: Sendable {
    private var root = TableNode<Key, Value>()
    public private(set) var count = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }

    public subscript(key: Key) -> Value? {
        var node = root
        while true {
            let (place, isHere) = node.place(of: key)
            if isHere { return node.values[place] }
            if node.isLeaf { return nil }
            node = node.children[place]
        }
    }

    /// Adds `value`, or replaces the one that `key` has; returns that one.
    @discardableResult
    public mutating func put(_ key: Key, _ value: Value) -> Value? {
        let old = root.put(key, value)
        if old == nil { count += 1 }
        if root.isOverfull {
            var top = TableNode<Key, Value>()
            top.children = [root]
            top.splitChild(0)
            root = top
        }
        return old
    }

    /// Takes `key` out; returns its value.
    @discardableResult
    public mutating func remove(_ key: Key) -> Value? {
        guard let old = root.remove(key) else { return nil }
        count -= 1
        if root.keys.isEmpty && !root.isLeaf { root = root.children[0] }
        return old
    }

    /// Changes the value of `key` in place; nil: there is none.
    @discardableResult
    public mutating func update<Result>(
        _ key: Key, _ body: (inout Value) -> Result
    ) -> Result? {
        root.update(key, body)
    }

    public var first: (key: Key, value: Value)? {
        var entries = ascending()
        return entries.next()
    }
    public var last: (key: Key, value: Value)? {
        var entries = reversed()
        return entries.next()
    }

    /// From the first key on, or from the first that is not below `start`.
    public func ascending(from start: Key? = nil) -> TableIterator<Key, Value> {
        TableIterator(root, .up, from: start)
    }

    /// From the last key down, or from the last that is below `end`.
    public func reversed(below end: Key? = nil) -> TableIterator<Key, Value> {
        TableIterator(root, .down, from: end)
    }
}

extension Table: Sequence {
    public func makeIterator() -> TableIterator<Key, Value> { ascending() }
}

/// Walks a table's entries in order, from a copy of it.
public struct TableIterator<Key: Comparable & Sendable, Value: Sendable>: IteratorProtocol,
    Sequence,
    Sendable
{
    enum Direction { case up, down }

    /// The nodes from the root to where we are; `place` is the next key to give, or the child
    /// that was given whole.
    private var path: [(node: TableNode<Key, Value>, place: Int)] = []
    private let direction: Direction

    init(_ root: TableNode<Key, Value>, _ direction: Direction, from start: Key?) {
        self.direction = direction
        var node = root
        while true {
            let bound = start.map { node.place(of: $0).place }
            let place = bound ?? (direction == .up ? 0 : node.keys.count)
            path.append((node, place))
            if node.isLeaf { break }
            node = node.children[place]
        }
    }

    public mutating func next() -> (key: Key, value: Value)? {
        direction == .up ? up() : down()
    }

    private mutating func up() -> (key: Key, value: Value)? {
        while let (node, place) = path.last {
            if place >= node.keys.count {
                path.removeLast()
                continue
            }
            path[path.count - 1].place = place + 1
            if !node.isLeaf { descend(node.children[place + 1]) }
            return (node.keys[place], node.values[place])
        }
        return nil
    }

    private mutating func down() -> (key: Key, value: Value)? {
        while let (node, place) = path.last {
            if place == 0 {
                path.removeLast()
                continue
            }
            path[path.count - 1].place = place - 1
            if !node.isLeaf { descend(node.children[place - 1]) }
            return (node.keys[place - 1], node.values[place - 1])
        }
        return nil
    }

    private mutating func descend(_ start: TableNode<Key, Value>) {
        var node = start
        while true {
            path.append((node, direction == .up ? 0 : node.keys.count))
            if node.isLeaf { return }
            node = direction == .up ? node.children[0] : node.children[node.keys.count]
        }
    }
}

/// One node: keys in order, their values, and, but in a leaf, one child more than keys. Arrays'
/// own copy-on-write does the sharing.
struct TableNode<Key: Comparable & Sendable, Value: Sendable>: Sendable {
    static var keysMax: Int { 63 }
    static var keysMin: Int { 31 }

    var keys: [Key] = []
    var values: [Value] = []
    var children: [TableNode] = []

    var isLeaf: Bool { children.isEmpty }
    var isOverfull: Bool { keys.count > Self.keysMax }

    /// The first place whose key is not below `key`, and whether it is that key.
    func place(of key: Key) -> (place: Int, isHere: Bool) {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return (low, low < keys.count && keys[low] == key)
    }

    mutating func put(_ key: Key, _ value: Value) -> Value? {
        let (place, isHere) = place(of: key)
        if isHere {
            let old = values[place]
            values[place] = value
            return old
        }
        if isLeaf {
            keys.insert(key, at: place)
            values.insert(value, at: place)
            return nil
        }
        let old = children[place].put(key, value)
        if children[place].isOverfull { splitChild(place) }
        return old
    }

    /// Moves the middle key of an overfull child up and its right half into a new child.
    mutating func splitChild(_ place: Int) {
        let middle = children[place].keys.count / 2
        var right = TableNode()
        right.keys = Array(children[place].keys[(middle + 1)...])
        right.values = Array(children[place].values[(middle + 1)...])
        if !children[place].isLeaf {
            right.children = Array(children[place].children[(middle + 1)...])
            children[place].children.removeSubrange((middle + 1)...)
        }
        keys.insert(children[place].keys[middle], at: place)
        values.insert(children[place].values[middle], at: place)
        children[place].keys.removeSubrange(middle...)
        children[place].values.removeSubrange(middle...)
        children.insert(right, at: place + 1)
    }

    mutating func update<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
        let (place, isHere) = place(of: key)
        if isHere { return body(&values[place]) }
        return isLeaf ? nil : children[place].update(key, body)
    }

    mutating func remove(_ key: Key) -> Value? {
        let (place, isHere) = place(of: key)
        if isLeaf {
            guard isHere else { return nil }
            keys.remove(at: place)
            return values.remove(at: place)
        }
        guard isHere else {
            let old = children[place].remove(key)
            if old != nil { refillChild(place) }
            return old
        }
        let old = values[place]
        (keys[place], values[place]) = children[place].removeLast()
        refillChild(place)
        return old
    }

    private mutating func removeLast() -> (Key, Value) {
        if isLeaf { return (keys.removeLast(), values.removeLast()) }
        let last = children.count - 1
        let entry = children[last].removeLast()
        refillChild(last)
        return entry
    }

    /// Gives a child that fell below `keysMin` a key of a neighbour, or joins the two.
    private mutating func refillChild(_ place: Int) {
        guard children[place].keys.count < Self.keysMin else { return }
        if place > 0 && children[place - 1].keys.count > Self.keysMin {
            borrowFromLeft(place)
        } else if place < keys.count && children[place + 1].keys.count > Self.keysMin {
            borrowFromRight(place)
        } else {
            joinChildren(place > 0 ? place - 1 : place)
        }
    }

    private mutating func borrowFromLeft(_ place: Int) {
        children[place].keys.insert(keys[place - 1], at: 0)
        children[place].values.insert(values[place - 1], at: 0)
        keys[place - 1] = children[place - 1].keys.removeLast()
        values[place - 1] = children[place - 1].values.removeLast()
        if !children[place].isLeaf {
            let moved = children[place - 1].children.removeLast()
            children[place].children.insert(moved, at: 0)
        }
    }

    private mutating func borrowFromRight(_ place: Int) {
        children[place].keys.append(keys[place])
        children[place].values.append(values[place])
        keys[place] = children[place + 1].keys.removeFirst()
        values[place] = children[place + 1].values.removeFirst()
        if !children[place].isLeaf {
            let moved = children[place + 1].children.removeFirst()
            children[place].children.append(moved)
        }
    }

    private mutating func joinChildren(_ place: Int) {
        let right = children.remove(at: place + 1)
        children[place].keys.append(keys.remove(at: place))
        children[place].values.append(values.remove(at: place))
        children[place].keys.append(contentsOf: right.keys)
        children[place].values.append(contentsOf: right.values)
        children[place].children.append(contentsOf: right.children)
    }
}
