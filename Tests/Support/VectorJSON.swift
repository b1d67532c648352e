import Foundation

/// A value of the JSON in `protocol/vectors` and `protocol/scenarios`: whole numbers only.
public enum VectorJSON: Hashable, Codable, Sendable, CustomStringConvertible {
    case string(String)
    case number(Int64)
    case bool(Bool)
    case array([VectorJSON])
    case object([String: VectorJSON])

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([VectorJSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: VectorJSON].self))
        }
    }

    /// Reads one JSON text.
    public init(parsing text: some StringProtocol) throws {
        self = try JSONDecoder().decode(VectorJSON.self, from: Data(text.utf8))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }

    /// The JSON text, in one line.
    public func text() throws -> String {
        String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
    }

    public var description: String {
        switch self {
        case .string(let value): "\"\(value)\""
        case .number(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .array(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
                .joined(separator: ", ") + "}"
        }
    }

    /// What is inside; nil: it is something else.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var members: [String: VectorJSON]? {
        if case .object(let members) = self { members } else { nil }
    }
    public var elements: [VectorJSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    public subscript(name: String) -> VectorJSON? { members?[name] }
}
