import ECS
import Testing

@testable import Catalog
@testable import Server

@Suite struct PolicyDocumentTests {
    @Test func everyForm() throws {
        let one = try PolicyDocument.read(
            """
            {"Statement": {"Resource": "acs:ecs:*:*:image/*", "Effect": "Deny",
                           "Action": ["ecs:Create*", "ecs:DeleteImage"]},
             "Version": "1"}
            """)
        #expect(one.count == 1)
        #expect(one[0].isDeny)
        #expect(one[0].actions == ["ecs:Create*", "ecs:DeleteImage"])
        #expect(one[0].resources == ["acs:ecs:*:*:image/*"])
        let two = try PolicyDocument.read(
            """
            {"Version": "1", "Statement": [
              {"Effect": "Allow", "Action": "*", "Resource": ["a", "\\u00e4\\ud83d\\ude00\\/"]},
              {"Effect": "Deny", "Action": "ecs:DeleteImage", "Resource": "*"}]}
            """)
        #expect(two.map(\.isDeny) == [false, true])
        #expect(two[0].resources == ["a", "ä😀/"])
    }

    private static func statement(_ members: String) -> String {
        "{\"Version\": \"1\",\n\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\","
            + " \"Resource\": \"*\"},\n{\(members)}]}"
    }

    private static let wrong: [(text: String, line: Int, reason: String)] = [
        ("", 1, "line 1: the text ends"),
        ("[]", 1, "line 1: "),
        ("{}", 1, "Version: it is missing"),
        ("{\"Version\": \"1\"}", 1, "Statement: it is missing"),
        ("{\"Version\": 1, \"Statement\": []}", 1, "Version: the string \"1\""),
        ("{\"Version\": \"2\", \"Statement\": []}", 1, "Version: the string \"1\""),
        ("{\"Version\": \"1\",\n\"Statement\": []}", 2, "Statement: it is empty"),
        ("{\"Version\": \"1\",\n\"Statement\": \"*\"}", 2, "Statement: an array"),
        ("{\"Version\": \"1\", \"Statement\": [\n7]}", 2, "Statement.1: it is a number"),
        ("{\"Version\": \"1\", \"Statement\": {}, \"Id\": \"x\"}", 1, "Id: it is not known"),
        ("{\"Version\": \"1\", \"version\": \"1\"}", 1, "version: it is not known"),
        (statement(""), 3, "Statement.2.Effect: it is missing"),
        (statement("\"Effect\": \"allow\""), 3, "Statement.2.Effect: \"Allow\" or \"Deny\""),
        (statement("\"Effect\": true"), 3, "Statement.2.Effect: \"Allow\" or \"Deny\""),
        (statement("\"Effect\": \"Deny\""), 3, "Statement.2.Action: it is missing"),
        (
            statement("\"Effect\": \"Deny\", \"Action\": []"), 3, "Statement.2.Action: it is empty"
        ),
        (
            statement("\"Effect\": \"Deny\", \"Action\": {}"), 3,
            "Statement.2.Action: it is an object"
        ),
        (
            statement("\"Effect\": \"Deny\", \"Action\": [\"a\",\nnull]"), 4,
            "Statement.2.Action.2: it is null"
        ),
        (
            statement("\"Effect\": \"Deny\", \"Action\": \"\""), 3,
            "Statement.2.Action: it is empty"
        ),
        (
            statement("\"Effect\": \"Deny\", \"Action\": \"a\""), 3,
            "Statement.2.Resource: it is missing"
        ),
        (statement("\n\"Condition\": {}"), 4, "Statement.2.Condition: it is not known"),
        (statement("\"NotAction\": \"a\""), 3, "Statement.2.NotAction: it is not known"),
        (statement("\"Effect\": \"Deny\", \"Effect\": \"Allow\""), 3, "line 3: \"Effect\""),
    ]

    @Test(arguments: wrong.indices) func refused(_ index: Int) {
        let (text, line, reason) = Self.wrong[index]
        let problem = #expect(throws: PolicyProblem.self) { try PolicyDocument.read(text) }
        #expect(problem?.line == line)
        if text != "[]" {
            #expect(problem?.reason.hasPrefix(reason) == true, "\(problem?.reason ?? "")")
        }
    }
}

@Suite struct JSONReaderTests {
    private func shown(_ value: JSONValue) -> String {
        switch value.kind {
        case .object(let members):
            "{\(members.map { "\($0.name)=\(shown($0.value))" }.joined(separator: " "))}"
        case .array(let values): "[\(values.map(shown).joined(separator: " "))]"
        case .string(let text): "'\(text)'"
        case .number(let text): text
        case .bool(let value): "\(value)"
        case .null: "null"
        }
    }

    @Test(arguments: [
        ("{}", "{}"), (" [ ] ", "[]"), ("\t\r\n\"\"\n", "''"), ("-0.5e+10", "-0.5e+10"),
        ("0", "0"), ("[1,[2],{\"a\":null}]", "[1 [2] {a=null}]"), ("[true,false]", "[true false]"),
        ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "'\"\\/\u{8}\u{c}\n\r\t'"),
        ("\"\\u0041\\u00DF\\ud834\\udd1e\"", "'Aß𝄞'"), ("\"Grüße 图\"", "'Grüße 图'"),
    ])
    func accepts(_ text: String, _ value: String) throws {
        #expect(shown(try JSONReader.read(text)) == value)
    }

    @Test(arguments: [
        "", "nul", "truefalse", "{", "[", "[1", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{a:1}", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":2}", "{'a':1}", "01", "-", "1.",
        ".5", "1e", "+1", "0x1", "NaN", "1 1", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"",
        "\"\\u12g4\"", "\"\\ud834\"", "\"\\ud834\\u0041\"", "\"\\udd1e\"", "\"a\nb\"", "\"\u{1}\"",
        "// a\n1", "[1]]", "\u{feff}1",
    ])
    func refuses(_ text: String) {
        #expect(throws: JSONProblem.self) { try JSONReader.read(text) }
    }

    @Test func depthAndLines() throws {
        let deep = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
        _ = try JSONReader.read(deep(33))
        #expect(throws: JSONProblem.self) { try JSONReader.read(deep(34)) }
        #expect(throws: JSONProblem.self) { try JSONReader.read(deep(100_000)) }
        let problem = #expect(throws: JSONProblem.self) { try JSONReader.read("[1,\n\n2,\n!]") }
        #expect(problem?.line == 4)
    }
}
