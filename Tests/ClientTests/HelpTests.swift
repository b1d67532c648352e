import ECS
import Foundation
import TestSupport
import Testing

/// `imagectl help`, judged by the operations' own tables.
@Suite(.timeLimit(.minutes(60))) struct HelpTests {
    /// Cancel names a stream of its own connection, which a command cannot know.
    private static let paths: [String: [String]] = {
        var paths: [String: [String]] = [:]
        for operation in allOperations where operation.name != Cancel.name {
            paths[operation.name] = Self.paths(of: operation)
        }
        return paths
    }()

    private static let fixtures = Set(
        allOperations.filter { $0.service == .fixture }.map { $0.name })

    /// What stands before the operation's name.
    private func words(_ name: String) -> [String] {
        Self.fixtures.contains(name) ? ["fixture"] : []
    }

    private static func paths<O: ECS.Operation>(of operation: O.Type) -> [String] {
        FieldPaths.of(O.Request.self)
    }

    @Test func listsEveryCommand() throws {
        let help = try Imagectl.run(["help"])
        #expect(help.status == 0)
        #expect(help.err.isEmpty)
        for name in ["create-image", "export-image", "register-instance", "status", "demo"] {
            #expect(help.text.contains("\n  \(name) "), "\(name)")
        }
        #expect(try Imagectl.run(["--help"]).text == help.text)
        #expect(help.text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    /// A field without a flag or a flag without a meaning fails here, by its name.
    @Test(arguments: paths.keys.sorted()) func explainsEveryFlag(_ name: String) throws {
        let words = words(name)
        let help = try Imagectl.run(["help"] + words + [name])
        #expect(help.status == 0, "\(help.err)")
        let meanings = Self.meanings(help.text)
        for path in Self.paths[name] ?? [] where !path.contains("Legacy") {
            let flag = path.contains(".") ? path : Self.short(path)
            let meaning = meanings["--\(flag)"]
            #expect(meaning?.isEmpty == false, "--\(flag) of \(name) has no meaning")
        }
        let command = (words + [Self.short(name)]).joined(separator: " ")
        #expect(help.text.contains("Usage\n  imagectl \(command)"))
        #expect(help.text.contains("Examples\n  imagectl "))
        #expect(try Imagectl.run(words + [Self.short(name), "--help"]).text == help.text)
        let long = help.text.split(separator: "\n").filter { $0.count > 80 }
        #expect(long.isEmpty, "\(long)")
    }

    /// "InstanceId" as "instance-id".
    private static func short(_ name: String) -> String {
        let special = [
            "OSType": "os-type", "OSSBucket": "oss-bucket", "OSSPrefix": "oss-prefix",
            "KMSKeyId": "kms-key-id", "KMSAuthorized": "kms-authorized", "SetKMSKey": "set-kms-key",
            "VSwitchId": "v-switch-id",
        ]
        if let found = special[name] { return found }
        return name.reduce(into: "") { result, letter in
            if letter.isUppercase && !result.isEmpty { result += "-" }
            result += letter.lowercased()
        }
    }

    /// What stands beside or below each flag.
    private static func meanings(_ help: String) -> [String: String] {
        var meanings: [String: String] = [:]
        var flag = ""
        for line in help.split(separator: "\n") {
            if line.hasPrefix("  --") {
                let head = line.dropFirst(2)
                flag = String(head.prefix { $0 != " " && $0 != "[" })
                let rest = line.count > 30 && !head.dropFirst(28).hasPrefix(" ")
                let isBeside = rest && line.dropFirst(29).hasPrefix(" ")
                meanings[flag] = isBeside ? String(line.dropFirst(30)) : ""
            } else if line.hasPrefix(String(repeating: " ", count: 30)) {
                meanings[flag, default: ""] += line.dropFirst(30)
            }
        }
        return meanings
    }

    /// Each operation stands in one of the two overviews, under its own name.
    @Test(arguments: paths.keys.sorted()) func theOverviewsHaveEveryOperation(_ name: String) throws
    {
        let overview = try Imagectl.run(words(name) + ["--help"]).text
        #expect(overview.contains("\n  \(Self.short(name)) "), "\(name)")
    }

    @Test func fixturesHaveAnOverviewOfTheirOwn() throws {
        let help = try Imagectl.run(["help", "fixture"])
        #expect(help.status == 0)
        #expect(help.text.contains("--fixture"))
        #expect(help.text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        for arguments in [["fixture"], ["fixture", "--help"], ["--help", "fixture"]] {
            #expect(try Imagectl.run(arguments).text == help.text, "\(arguments)")
        }
        let overview = try Imagectl.run(["help"]).text
        #expect(overview.contains("\n  fixture "))
        #expect(!overview.contains("set-clock"))
        #expect(!help.text.contains("create-image"))
    }

    /// Commands that stand for no operation alone.
    @Test(
        arguments: [
            "verify", "usage", "prune", "status", "doctor", "watch", "save", "load", "man", "demo",
        ])
    func explainsWhatIsNoOperation(_ name: String) throws {
        let help = try Imagectl.run(["help", name])
        #expect(help.status == 0)
        #expect(help.text.contains("Usage\n  imagectl \(name)"))
        #expect(help.text.contains("Examples\n  imagectl \(name)"))
        let long = help.text.split(separator: "\n").filter { $0.count > 80 }
        #expect(long.isEmpty, "\(long)")
        #expect(try Imagectl.run(["help"]).text.contains("\n  \(name) "))
    }

    /// A daemon that refuses everything: what was understood ends with its refusal.
    @Test(arguments: paths.keys.sorted()) func everyExampleIsUnderstood(_ name: String) throws {
        let server = FakeServer.answering { _ in .error(ECSError(403, "Forbidden", "No.")) }
        let files = TemporaryDirectory()
        for file in ["read.json", "write.json"] {
            try "{}".write(toFile: "\(files.path)/\(file)", atomically: true, encoding: .utf8)
        }
        let help = try Imagectl.run(["help"] + words(name) + [name]).text
        let lines = help.split(separator: "\n").drop { $0 != "Examples" }.dropFirst()
            .prefix { $0.hasPrefix("  ") }
        #expect((1...3).contains(lines.count))
        for line in lines {
            // The examples' policies are files of this test.
            let arguments = line.split(separator: " ").dropFirst().map { word in
                String(word).replacing(/(^|=)(\w+\.json)$/) { "\($0.1)\(files.path)/\($0.2)" }
            }
            let output = try Imagectl.run(arguments, server)
            #expect(output.status == 1, "\(line): \(output.err)")
            #expect(output.err.contains("Forbidden"), "\(line): \(output.err)")
            #expect(line.hasPrefix("  imagectl \((words(name) + [""]).joined(separator: " "))"))
        }
    }

    @Test func versionIsTheDaemons() throws {
        let own = try Imagectl.run(["--version"]).text
        let daemon = try Tool.run(Imagectl.daemonPath, ["--version"]).text
        #expect(own.split(separator: " ").first == "imagectl")
        #expect(own.split(separator: " ").last == daemon.split(separator: " ").last)
    }

    /// Foundation triples the time the program takes to start.
    @Test(.enabled(if: Tool.available("ldd"), "ldd is not installed"))
    func linksNoFoundation() throws {
        let libraries = try Tool.run("ldd", [Imagectl.path]).text
        #expect(!libraries.contains("Foundation"))
    }
}
