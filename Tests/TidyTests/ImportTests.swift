import Foundation
import Testing

/// The arrows between the folders of Sources: they point one way.
struct ImportTests {
    /// What each module may import. `Dispatch` and `Synchronization` come with the toolchain.
    private static let arrows: [String: Set<String>] = [
        "Sources/System": ["Glibc", "CLinux"],
        "Sources/Wire": [],
        "Sources/Checksum": [],
        "Sources/HTTP": ["Checksum", "Wire"],
        "Sources/ECS": ["Wire"],
        "Sources/Catalog": ["ECS", "Wire"],
        "Sources/Journal": ["System", "Checksum", "Synchronization"],
        "Sources/Snapshots": ["System", "Checksum", "Synchronization"],
        "Sources/Server": [
            "System", "Wire", "ECS", "HTTP", "Catalog", "Journal", "Snapshots", "Checksum",
            "Synchronization",
        ],
        "Sources/imaged": ["Server", "ECS", "System"],
        "Sources/imagectl": [
            "ImagedClient", "ECS", "Wire", "System", "Checksum", "Dispatch", "Synchronization",
        ],
        "Sources/imaged-bench": [
            "ImagedClient", "ECS", "Wire", "System", "Dispatch", "Synchronization",
        ],
        "clients/swift": ["System", "Wire", "ECS", "Dispatch", "Synchronization"],
        "clients/swift/Testing": ["ImagedClient", "System", "Wire", "ECS", "Testing"],
        "clients/swift/Conformance": ["ImagedClient", "Wire", "ECS", "Foundation"],
    ]

    /// The module that a line imports; nil: it imports none.
    private static func imported(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(of: "import") else { return nil }
        let isPlain = words[..<place].allSatisfy {
            $0.hasPrefix("@") || ["public", "package", "internal", "private"].contains($0)
        }
        // `import struct Module.Name`
        guard isPlain, let name = words[(place + 1)...].last else { return nil }
        return String(name.prefix { $0 != "." })
    }

    @Test func importLinesAreRead() {
        #expect(Self.imported("import Wire") == "Wire")
        #expect(Self.imported("@testable public import ECS") == "ECS")
        #expect(Self.imported("import struct Foundation.URL") == "Foundation")
        #expect(Self.imported("// to import Wire") == nil)
        #expect(Self.imported("let x = 1") == nil)
    }

    @Test(arguments: Tree.swiftFiles("Sources", "clients"))
    func followsTheArrows(file: Tree.File) throws {
        let allowed = try #require(
            Self.arrows[file.module], "\(file.module) has no arrows: is it in the layout?")
        for line in file.lines {
            guard let module = Self.imported(line) else { continue }
            #expect(allowed.contains(module), "\(file.path): \(line)")
        }
    }

    @Test func everyModuleIsThere() {
        let modules = Set(Tree.swiftFiles("Sources", "clients").map(\.module))
        #expect(modules == Set(Self.arrows.keys))
        #expect(Tree.text("Sources/CLinux/module.modulemap") != nil)
    }

    /// What the compiler cannot check stands in one module.
    @Test(arguments: Tree.swiftFiles("Sources", "clients"))
    func uncheckedPromisesAreSystems(file: Tree.File) {
        if file.module == "Sources/System" { return }
        for (index, line) in file.lines.enumerated() {
            let code = line.prefix(upTo: line.range(of: "//")?.lowerBound ?? line.endIndex)
            let words = code.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "@") }
            let isUnsafe =
                words.contains("@unchecked") || words.contains("unsafe")
                || words.contains("@_cdecl") || words.contains("@_silgen_name")
            #expect(!isUnsafe, "\(file.path):\(index + 1): \(line)")
        }
    }
}
