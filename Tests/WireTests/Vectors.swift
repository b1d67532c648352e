import Foundation
import TestSupport
import Testing
import Wire

/// One vector of any file but `frames.json` (`protocol/vectors/README.md`).
struct MessageVector: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let message: String
    let hex: String
    let fields: [String: VectorJSON]?
    let canonical: String?
    let refused: String?
    let field: String?
    let stricter: Bool?

    var testDescription: String { name }
    var bytes: [UInt8] { [UInt8](hex: hex) }

    static func all(_ file: String) -> [MessageVector] { VectorFile<MessageVector>.read(file) }

    static let everywhere = ["messages.json", "proto.json", "request.json", "response.json"]
        .flatMap { all($0) }
}

/// One vector of `frames.json`.
struct FrameVector: Decodable, Sendable, CustomTestStringConvertible {
    struct Part: Decodable, Sendable {
        let hex: String
        let times: Int?
    }
    struct Frame: Decodable, Sendable, Equatable {
        let found: String
        let dataLength: Int
        let streamId: UInt32
        let type: UInt8
        let flags: UInt8
        let data: String?
    }
    struct Answer: Decodable, Sendable {
        let streamId: UInt32
        let code: Int32
    }

    let name: String
    let from: String
    let parts: [Part]
    let frames: [Frame]
    let left: Int
    let answers: [Answer]?
    let closes: Bool?

    var testDescription: String { name }
    var bytes: [UInt8] { parts.flatMap(\.bytes) }

    static let all = VectorFile<FrameVector>.read("frames.json")
}

extension FrameVector.Part {
    var bytes: [UInt8] {
        let once = [UInt8](hex: hex)
        guard let times else { return once }
        return once.count == 1
            ? [UInt8](repeating: once[0], count: times)
            : [[UInt8]](repeating: once, count: times).flatMap { $0 }
    }
}

struct VectorFile<Vector: Decodable>: Decodable {
    let vectors: [Vector]

    static func read(_ file: String) -> [Vector] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCaseOutsideOfFields
        do {
            return try decoder.decode(
                VectorFile.self, from: Data(ProtocolFolder.text("vectors/\(file)").utf8)
            ).vectors
        } catch {
            preconditionFailure("protocol/vectors/\(file): \(error)")
        }
    }
}

extension JSONDecoder.KeyDecodingStrategy {
    /// `stream_id` is `streamId`, but what is inside `fields` keeps the .proto file's names.
    static var convertFromSnakeCaseOutsideOfFields: Self {
        .custom { path in
            let name = path[path.count - 1].stringValue
            if path.contains(where: { $0.stringValue == "fields" }) {
                return Key(stringValue: name)
            }
            let words = name.split(separator: "_")
            let rest = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
            return Key(stringValue: "\(words.first ?? "")" + rest.joined())
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

extension [UInt8] {
    init(hex: String) {
        let digits = Array<UInt8>(hex.utf8)
        precondition(digits.count % 2 == 0, "an odd number of hexadecimal digits")
        self = stride(from: 0, to: digits.count, by: 2).map { place in
            guard
                let byte = UInt8(
                    String(decoding: digits[place...place + 1], as: UTF8.self), radix: 16)
            else { preconditionFailure("not hexadecimal: \(hex)") }
            return byte
        }
    }

    var hex: String {
        let digits = Array<UInt8>("0123456789abcdef".utf8)
        return String(
            decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension ProtoError.Reason {
    /// The vectors' words for this reason.
    var rules: Set<String> {
        switch self {
        case .truncated: ["truncated"]
        case .varintTooLong: ["varint_too_long"]
        case .wrongWireType: ["wrong_wire_type"]
        case .invalidWireType: ["invalid_wire_type", "group_mismatch"]
        case .invalidFieldNumber: ["invalid_field_number"]
        case .invalidUTF8: ["invalid_utf8"]
        case .tooDeep: ["too_deep"]
        }
    }
}

/// A repeatable source of randomness (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
