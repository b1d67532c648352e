import Foundation
import Testing

/// The README's two commands are the ones that are run by machine.
struct ReadmeTests {
    private static let readme = Tree.text("README.md")
    private static let run = Tree.text(".ci/run")

    /// The commands of the first `sh` block below a heading; comments are none.
    private static func commands(under heading: String, in text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "## \(heading)") else { return [] }
        let section = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
        guard let open = section.firstIndex(where: { $0 == "```sh" }) else { return [] }
        return section[(open + 1)...].prefix { !$0.hasPrefix("```") }
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
    }

    @Test func blocksAreRead() {
        let text = """
            # A
            ## Other
            ```sh
            no
            ```
            ## Quick start
            Words.
            ```sh
            # a comment
            swift run a
            ```
            ```sh
            later
            ```
            ## Tests
            none
            """
        #expect(Self.commands(under: "Quick start", in: text) == ["swift run a"])
        #expect(Self.commands(under: "Tests", in: text) == [])
        #expect(Self.commands(under: "Missing", in: text) == [])
    }

    @Test(
        .enabled(if: readme != nil && run != nil, "README.md or .ci/run is not written yet"),
        arguments: ["Quick start", "Tests"])
    func oneCommandAndTheSameInBothPlaces(heading: String) throws {
        let commands = Self.commands(under: heading, in: try #require(Self.readme))
        #expect(commands.count == 1, "\(heading): \(commands)")
        let lines = try #require(Self.run).split(separator: "\n").map(String.init)
        for command in commands {
            #expect(lines.contains(command), ".ci/run does not run: \(command)")
        }
    }
}
