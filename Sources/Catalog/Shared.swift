/// A large value behind one reference: copying it is copying that. An array of one element does
/// the sharing, so a value that nobody shares is changed in place and it is Sendable without an
/// escape hatch. Members are reached through it.
@dynamicMemberLookup
public struct Shared<Value: Sendable>: Sendable {
    private var box: [Value]

    public init(_ value: Value) { box = [value] }

    public var value: Value {
        _read { yield box[0] }
        _modify { yield &box[0] }
    }

    public subscript<Member>(dynamicMember member: KeyPath<Value, Member>) -> Member {
        _read { yield box[0][keyPath: member] }
    }
}
