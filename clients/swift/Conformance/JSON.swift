import Foundation

/// A JSON value as the scenarios use it: whole numbers only.
enum JSON: Codable, Sendable {
    case string(String)
    case number(Int64)
    case bool(Bool)
    case array([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }

    /// What is inside; nil: it is something else, or not there.
    var text: String? { if case .string(let value) = self { value } else { nil } }
    var integer: Int64? { if case .number(let value) = self { value } else { nil } }
    var isTrue: Bool { if case .bool(true) = self { true } else { false } }
    var elements: [JSON]? { if case .array(let values) = self { values } else { nil } }
    var members: [String: JSON]? { if case .object(let members) = self { members } else { nil } }

    subscript(name: String) -> JSON? { members?[name] }
}
