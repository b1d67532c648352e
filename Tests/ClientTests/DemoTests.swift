import Foundation
import TestSupport
import Testing

/// `imagectl demo` with the real daemon: what it shows, and that it leaves nothing.
@Suite(.serialized, .timeLimit(.minutes(60))) struct DemoTests {
    private let scratch = TemporaryDirectory()
    private var directory: String { "\(scratch.path)/d" }
    private var arguments: [String] { ["demo", "--size", "64", "--dir", directory] }

    /// The daemons that work in the directory, by their command lines.
    private func daemons() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard Int(name) != nil,
                let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
            else { return false }
            let text = String(decoding: line, as: UTF8.self)
            return text.contains(directory) && text.contains("--ready-fd")
        }
    }

    @Test func provesTheBytesEqual() throws {
        let output = try Imagectl.run(arguments)
        #expect(output.status == 0, "\(output.err)")
        #expect(output.text.contains("all 67108864 bytes are equal"), "\(output.text)")
        #expect(output.text.contains("all 16789561 bytes are equal"), "\(output.text)")
        #expect(!FileManager.default.fileExists(atPath: directory))
        #expect(try daemons().isEmpty)
    }

    @Test func keepsTheDirectoryWhenAsked() throws {
        let output = try Imagectl.run(arguments + ["--keep"])
        #expect(output.status == 0, "\(output.err)")
        #expect(output.text.contains("kept              \(directory)\n"), "\(output.text)")
        #expect(
            FileManager.default.contentsEqual(
                atPath: "\(directory)/data.raw", andPath: "\(directory)/data-copy.raw"))
        #expect(try daemons().isEmpty)
    }

    @Test func refusesADirectoryThatIsThere() throws {
        let output = try Imagectl.run(["demo", "--dir", scratch.path])
        #expect(output.status == 1)
        #expect(FileManager.default.fileExists(atPath: scratch.path))
    }

    @Test func leavesNothingWhenInterrupted() async throws {
        let output = try await Imagectl.run(arguments, nil) { process, out in
            var text = ""
            while !text.contains("RegisterInstance") {
                let more = out.availableData
                if more.isEmpty { break }
                text += String(decoding: more, as: UTF8.self)
            }
            // SIGTERM goes Ctrl-C's way; SIGINT may be ignored where the tests run.
            process.terminate()
        }
        #expect(output.status == 130, "\(output.out) \(output.err)")
        #expect(!FileManager.default.fileExists(atPath: directory))
        #expect(try daemons().isEmpty)
    }

    /// Writing fails then, and everything is still tidied up.
    @Test func leavesNothingWhenNobodyReads() throws {
        let command = "'\(Imagectl.path)' demo --size 64 --dir '\(directory)' | head -1"
        let output = try Tool.run("sh", ["-c", command])
        #expect(output.text == "directory         \(directory)\n")
        #expect(!FileManager.default.fileExists(atPath: directory))
        #expect(try daemons().isEmpty)
    }

    @Test func tellsThatTheDaemonIsMissing() throws {
        let alone = "\(scratch.path)/imagectl"
        try FileManager.default.copyItem(atPath: Imagectl.path, toPath: alone)
        let output = try Tool.run(alone, arguments)
        #expect(output.status == 1)
        #expect(output.err.contains("imaged must stand beside imagectl"), "\(output.err)")
        #expect(!FileManager.default.fileExists(atPath: directory))
    }
}
