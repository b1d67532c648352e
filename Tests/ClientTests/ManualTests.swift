import ECS
import Foundation
import TestSupport
import Testing

/// The manual pages, judged by the programs that show them.
@Suite(.timeLimit(.minutes(60))) struct ManualTests {
    private static let hasTools = Tool.available("mandoc", "groff")

    @Test(.enabled(if: hasTools, "mandoc or groff is not installed"))
    func allPagesAreRight() throws {
        let directory = TemporaryDirectory()
        let pages = "\(directory.path)/man1"
        #expect(try Imagectl.run(["man", "--all", pages]).status == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: pages)
        #expect(names.contains("imagectl.1"))
        #expect(names.contains("imagectl-create-image.1"))
        #expect(names.contains("imagectl-fixture-set-clock.1"))
        // One for each operation but Cancel, the two overviews, and the verbs.
        #expect(names.count > allOperations.count + 2)
        let files = names.map { "\(pages)/\($0)" }
        let lint = try Tool.run("mandoc", ["-Tlint", "-W", "warning"] + files)
        #expect(lint.status == 0, "\(lint.text.prefix(2000))")
        #expect(lint.out.isEmpty)
        let groff = try Tool.run("groff", ["-man", "-Tutf8", "-ww", "-z"] + files)
        #expect(groff.status == 0)
        #expect(groff.err.isEmpty, "\(groff.err.prefix(2000))")
        // A second time over those that are there.
        #expect(try Imagectl.run(["man", "--all", pages]).status == 0)
    }

    @Test(.enabled(if: hasTools, "mandoc or groff is not installed"))
    func theDaemonHasOne() throws {
        let page = try Tool.run(Imagectl.daemonPath, ["--man"])
        #expect(page.status == 0)
        let lint = try Tool.run("mandoc", ["-Tlint", "-W", "warning"], input: page.out)
        #expect(lint.out.isEmpty, "\(lint.text)")
        let groff = try Tool.run("groff", ["-man", "-Tutf8", "-ww", "-z"], input: page.out)
        #expect(groff.err.isEmpty, "\(groff.err)")
        let shown = try Tool.run("mandoc", ["-Tascii"], input: page.out).text
            .replacing(/.\u{8}/, with: "")
        let help = try Tool.run(Imagectl.daemonPath, ["--help"]).text
        // Nothing of the help is lost.
        let words = Set(shown.split(whereSeparator: \.isWhitespace).map { $0.lowercased() })
        for word in help.split(whereSeparator: \.isWhitespace) where word.allSatisfy(\.isLetter) {
            #expect(words.contains { $0.contains(word.lowercased()) }, "\(word)")
        }
    }

    /// What the help tells of a command, its page tells as well.
    @Test(
        .enabled(if: hasTools, "mandoc or groff is not installed"),
        arguments: [["create-image"], ["fixture", "add-fault-rule"], ["prune"]])
    func aPageHasEveryFlag(_ words: [String]) throws {
        let page = try Imagectl.run(["man"] + words)
        let shown = try Tool.run("mandoc", ["-Tascii"], input: page.out).text
            .replacing(/.\u{8}/, with: "")
        let help = try Imagectl.run(["help"] + words).text
        let flags = help.split(separator: "\n").filter { $0.hasPrefix("  --") }
            .compactMap { $0.split { " [".contains($0) }.first }
        #expect(flags.count > 5)
        for flag in flags { #expect(shown.contains(flag), "\(flag)") }
        #expect(shown.contains("EXAMPLES"))
        #expect(shown.contains("EXIT STATUS"))
    }
}
