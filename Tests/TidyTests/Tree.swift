import Foundation
import Testing

/// The repository as these tests read it: files and their lines.
enum Tree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct File: Sendable, CustomTestStringConvertible {
        /// From the root: `Sources/Wire/Frame.swift`.
        let path: String
        let lines: [String]
        var testDescription: String { path }
        var text: String { lines.joined(separator: "\n") }
        /// `Sources/Wire`, `clients/swift`, `clients/swift/Testing`.
        var module: String {
            let folders = path.split(separator: "/").dropLast()
            return folders.prefix(folders.first == "clients" ? 3 : 2).joined(separator: "/")
        }
    }

    /// A file's text; nil: there is none.
    static func text(_ path: String) -> String? {
        try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The Swift files under these folders.
    static func swiftFiles(_ folders: String...) -> [File] {
        folders.flatMap { folder in
            let start = root.appendingPathComponent(folder)
            let found = FileManager.default.enumerator(atPath: start.path)?.allObjects ?? []
            return found.compactMap { $0 as? String }
                .filter { $0.hasSuffix(".swift") && !$0.contains(".build/") }.sorted()
                .map { name in
                    let path = "\(folder)/\(name)"
                    let lines = (text(path) ?? "").split(
                        separator: "\n", omittingEmptySubsequences: false)
                    return File(path: path, lines: lines.map(String.init))
                }
        }
    }
}
