import Foundation
import TestSupport
import Testing

/// What every file looks like.
struct StyleTests {
    private static let files = Tree.swiftFiles("Sources", "Tests", "clients")

    @Test(.enabled(if: Tool.available("swift"), "swift is not installed"))
    func formatIsClean() throws {
        let root = Tree.root.path
        let result = try Tool.run(
            "swift",
            ["format", "lint", "--strict", "--configuration", "\(root)/.swift-format", "-r"]
                + ["Sources", "Tests", "clients", "Package.swift"].map { "\(root)/\($0)" })
        #expect(result.status == 0, "\(result.err.prefix(4000))")
    }

    @Test(arguments: files)
    func filesAndFunctionsFitTheirLimits(file: Tree.File) {
        #expect(file.lines.count <= 800, "\(file.path) has \(file.lines.count) lines")
        for function in Self.functions(file.lines) {
            #expect(
                function.length <= 70,
                "\(file.path):\(function.line): \(function.length) lines")
        }
    }

    /// Where each function begins and how many lines it has. The formatter's indentation tells:
    /// a body ends at the first line that is its head's indentation and a brace.
    private static func functions(_ lines: [String]) -> [(line: Int, length: Int)] {
        let heads = ["func ", "init(", "init<", "init?(", "deinit ", "subscript(", "subscript<"]
        return lines.indices.compactMap { start in
            let indent = lines[start].prefix { $0 == " " }
            var rest = lines[start].dropFirst(indent.count)
            while let space = rest.firstIndex(of: " "), !heads.contains(where: rest.hasPrefix),
                rest[..<space].allSatisfy({ $0.isLetter || "@()_".contains($0) })
            {
                rest = rest[rest.index(after: space)...]
            }
            guard heads.contains(where: rest.hasPrefix) else { return nil }
            let end = lines[start...].firstIndex { $0 == indent + "}" }
            // A requirement or a body on one line has no such end before the next declaration.
            let next = lines[(start + 1)...].firstIndex { line in
                !line.isEmpty && line.prefix { $0 == " " }.count <= indent.count
                    && !line.hasPrefix(indent + "{") && !line.hasPrefix(indent + ")")
                    && line != indent + "}" && !line.hasPrefix(indent + "where ")
            }
            guard let end, end < next ?? .max else { return nil }
            return (start + 1, end - start + 1)
        }
    }

    @Test func functionsAreMeasured() {
        let body = Array(repeating: "        work()", count: 5)
        let lines =
            ["struct A {", "    private func short() { work() }", "    public static func long("]
            + ["        _ x: Int", "    ) -> Int {"] + body + ["    }", "    init?(y: Int) {"]
            + body + ["    }", "}"]
        #expect(Self.functions(lines).map(\.length) == [9, 7])
        #expect(Self.functions(lines).map(\.line) == [3, 12])
        let all = Self.files.reduce(0) { $0 + Self.functions($1.lines).count }
        #expect(all > 500, "functions are not found: \(all)")
    }

    @Test(arguments: files)
    func nothingIsLeftForLater(file: Tree.File) {
        for (index, line) in file.lines.enumerated() {
            for mark in ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"] {
                let words = line.split { !$0.isLetter }
                #expect(!words.contains { $0 == mark }, "\(file.path):\(index + 1): \(line)")
            }
        }
    }
}
