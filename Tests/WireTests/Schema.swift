import Foundation
import Testing

/// What a .proto file of this project says, read from its text: the subset of the language that
/// these files use.
struct Schema {
    struct Field: Hashable, CustomStringConvertible {
        let label: String  // "", "optional", "repeated"
        let type: String
        let name: String
        let number: UInt32

        var description: String {
            (label.isEmpty ? "" : label + " ") + "\(type) \(name) = \(number)"
        }
    }

    struct Method: Hashable {
        let service: String
        let name: String
        let request: String
        let response: String
        let isStreaming: Bool
    }

    /// The names of the messages, in the file's order.
    private(set) var messageNames: [String] = []
    private(set) var fields: [String: [Field]] = [:]
    private(set) var methods: [Method] = []

    static let imaged = Schema(contentsOf: "imaged.proto")
    static let sample = Schema(contentsOf: "vectors/sample.proto")

    init(contentsOf path: String) {
        let text = ProtocolFolder.text(path)
        let package = text.firstMatch(of: /package ([\w.]+);/).map { "\($0.1)" } ?? ""
        var message: String?
        var service: String?
        for line in text.split(separator: "\n") {
            let code = line.split(separator: "//", omittingEmptySubsequences: false)[0]
            if let match = code.firstMatch(of: /^message (\w+) \{(\})?/) {
                messageNames.append("\(match.1)")
                fields["\(match.1)"] = []
                message = match.2 == nil ? "\(match.1)" : nil
            } else if let match = code.firstMatch(of: /^service (\w+) \{/) {
                service = "\(package).\(match.1)"
            } else if code.hasPrefix("}") {
                (message, service) = (nil, nil)
            } else if let service,
                let match = code.firstMatch(of: /rpc (\w+)\((\w+)\) returns \((stream )?(\w+)\);/)
            {
                methods.append(
                    Method(
                        service: service, name: "\(match.1)", request: "\(match.2)",
                        response: "\(match.4)", isStreaming: match.3 != nil))
            } else if let message,
                let match = code.firstMatch(of: /^  (?:(optional|repeated) )?(\w+) (\w+) = (\d+);/)
            {
                fields[message]?.append(
                    Field(
                        label: match.1.map { "\($0)" } ?? "", type: "\(match.2)",
                        name: "\(match.3)", number: UInt32(match.4) ?? 0))
            }
        }
    }

    /// The name that the .proto file gives to a field.
    func name(of number: UInt32, in message: String) -> String {
        fields[message]?.first { $0.number == number }?.name ?? "unknown_\(message)_\(number)"
    }

    /// The schema that has `message`.
    static func of(_ message: String) -> Schema {
        imaged.fields[message] != nil ? imaged : sample
    }
}

/// The folder `protocol` of this repository.
enum ProtocolFolder {
    static let path = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "protocol").path

    static func text(_ name: String) -> String {
        guard let text = try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) else {
            preconditionFailure("protocol/\(name) cannot be read")
        }
        return text
    }
}
