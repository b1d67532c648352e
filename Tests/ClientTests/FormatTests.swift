import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// `--output`: what each format makes of lists, of what was made, and of errors.
@Suite(.timeLimit(.minutes(60))) struct FormatTests {
    /// Lists `count` images, as many a page as asked for.
    private static func images(_ count: Int) -> FakeServer {
        FakeServer.answering { request in
            let wanted = try request.decoded(DescribeImagesRequest.self)
            let size = Int(wanted.pageSize ?? 10)
            let start = Int((wanted.pageNumber ?? 1) - 1) * size
            var response = DescribeImagesResponse()
            response.totalCount = Int32(count)
            response.images = (0..<count).dropFirst(start).prefix(size).map { place in
                .with {
                    $0.imageID = "m-\(place)"
                    $0.imageName = "web \(place)"
                    $0.status = "Available"
                }
            }
            return .message(response)
        }
    }

    private func json(_ text: some StringProtocol) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    // MARK: Lists

    /// 250 images are three pages of what the daemon gives at once.
    @Test func listsAreReadWhole() throws {
        let server = Self.images(250)
        let ids = (0..<250).map { "m-\($0)" }
        let id = try Imagectl.run(["describe-images", "--output", "id"], server)
        #expect(id.text.split(separator: "\n").map(String.init) == ids)
        #expect(id.err.isEmpty)
        let lines = try Imagectl.run(["describe-images", "--output=jsonl"], server).text
        let objects = try lines.split(separator: "\n").map { try json($0) }
        #expect(objects.map { $0["ImageId"] as? String } == ids)
        let document = try json(try Imagectl.run(["describe-images", "--json"], server).text)
        #expect((document["Images"] as? [Any])?.count == 250)
        let table = try Imagectl.run(["describe-images"], server)
        #expect(table.text.split(separator: "\n").count == 251)
        #expect(table.err.isEmpty)
    }

    @Test func whoAsksForAPageGetsOne() throws {
        let server = Self.images(250)
        let page = ["describe-images", "--page-number", "2", "--page-size", "20"]
        let output = try Imagectl.run(page + ["--output", "id"], server)
        #expect(output.text.split(separator: "\n").first == "m-20")
        #expect(output.text.split(separator: "\n").count == 20)
        let table = try Imagectl.run(page, server)
        #expect(table.err == "20 of 250 images; --page-number and --page-size show others\n")
    }

    @Test func tokensLeadOn() throws {
        let server = FakeServer.answering { request in
            let wanted = try request.decoded(DescribeDisksRequest.self)
            let number = Int(wanted.nextToken) ?? 0
            var response = DescribeDisksResponse()
            response.disks = [.with { $0.diskID = "d-\(number)" }]
            response.nextToken = number < 4 ? "\(number + 1)" : ""
            return .message(response)
        }
        let output = try Imagectl.run(["describe-disks", "--output", "id"], server)
        #expect(output.text == "d-0\nd-1\nd-2\nd-3\nd-4\n")
    }

    /// One whose tokens lead nowhere does not keep it busy for ever.
    @Test func aTokenThatLeadsBackEndsTheList() throws {
        let server = FakeServer.answering { _ in
            var response = DescribeDisksResponse()
            response.nextToken = "same"
            return .message(response)
        }
        #expect(try Imagectl.run(["describe-disks"], server).status == 0)
    }

    // MARK: Single answers

    private static func answering(_ message: some Message & Sendable) -> FakeServer {
        FakeServer.answering { _ in .message(message) }
    }

    @Test func whatWasMadeIsItsID() throws {
        let registered: RegisterInstanceResponse = .with {
            $0.instanceID = "i-1"
            $0.diskIDs = ["d-1", "d-2"]
        }
        let register = ["register-instance", "--disk", "size=20", "--output", "id"]
        #expect(try Imagectl.run(register, Self.answering(registered)).text == "i-1\n")
        let run: RunInstancesResponse = .with { $0.instanceIDSets = ["i-1", "i-2"] }
        #expect(
            try Imagectl.run(["run-instances", "m-1", "--output", "id"], Self.answering(run)).text
                == "i-1\ni-2\n")
        let jobs: JobsResponse = .with {
            $0.jobs = [.with { $0.imageID = "m-1" }, .with { $0.snapshotID = "s-1" }]
        }
        #expect(
            try Imagectl.run(
                ["fixture", "describe-jobs", "--output", "id"], Self.answering(jobs)
            ).text == "m-1\ns-1\n")
    }

    /// A change without an ID in its answer is about those that it was given.
    @Test func changesTellWhatTheyChanged() throws {
        let empty = FakeServer.answering { _ in .payload([]) }
        #expect(try Imagectl.run(["delete-image", "m-1", "--output", "id"], empty).text == "m-1\n")
        #expect(
            try Imagectl.run(["delete-instances", "i-1", "i-2", "--output", "id"], empty).text
                == "i-1\ni-2\n")
        #expect(
            try Imagectl.run(["stop-instance", "i-1", "--output", "id"], empty).text == "i-1\n")
    }

    @Test func aSingleAnswerIsOneLine() throws {
        let made: CreateSnapshotResponse = .with { $0.snapshotID = "s-1" }
        let output = try Imagectl.run(
            ["create-snapshot", "d-1", "--output", "jsonl"], Self.answering(made))
        #expect(output.text.split(separator: "\n").count == 1)
        #expect(try json(output.text)["SnapshotId"] as? String == "s-1")
        let health: HealthResponse = .with { $0.limits = [.with { $0.name = "Images" }] }
        let line = try Imagectl.run(["health", "--output", "jsonl"], Self.answering(health)).text
        #expect(try json(line)["Ready"] as? Bool == false)
    }

    // MARK: Wrong lines and errors

    private static let wrong: [(arguments: [String], says: String)] = [
        (["status", "--output", "xml"], "--output xml: table, json, jsonl or id is right"),
        (["status", "--output", "jsno"], "Did you mean json?"),
        (["describe-images", "--json", "--output", "id"], "--output id and json together"),
        (["describe-images", "--output=id", "--output=id"], "the format is given twice"),
        (["version", "--output", "id"], "table, json or jsonl is right"),
        (["help", "--output"], "--output needs a value"),
        (["demo", "--json"], "demo --output json: table is right"),
        (["completion"], "completion without a shell"),
        (["completion", "csh"], "completion csh: no such shell"),
        (["man", "creat-image"], "Did you mean create-image?"),
    ]

    @Test(arguments: wrong.indices) func refusesAWrongLine(_ index: Int) throws {
        let (arguments, says) = Self.wrong[index]
        let output = try Imagectl.run(arguments)
        #expect(output.status == 2, "\(arguments): \(output.err)")
        #expect(output.err.contains(says), "\(arguments): \(output.err)")
    }

    /// The formats' names are formats where a file may be named, too.
    @Test func aFileIsNoFormat() async throws {
        let server = FakeServer.answering { request in
            let export = try request.decoded(ExportImageRequest.self)
            return .message(ExportImageResponse.with { $0.taskID = export.path })
        }
        let bucket = ["export-image", "m-1", "--oss-bucket", "b"]
        let task = try Imagectl.run(bucket + ["--output", "json"], server)
        #expect(try json(task.text)["TaskId"] as? String == "")
        let file = try Imagectl.run(
            ["export-image", "m-1", "--output", "/srv/json", "--output", "json"], server)
        #expect(try json(file.text)["TaskId"] as? String == "/srv/json")
    }

    @Test(arguments: ["json", "jsonl"]) func errorsAreJSON(_ format: String) throws {
        let refusing = FakeServer.answering { _ in .error(ECSError(403, "Forbidden", "No.")) }
        let refused = try Imagectl.run(["describe-images", "--output", format], refusing)
        #expect(refused.status == 1)
        #expect(try json(refused.err)["code"] as? String == "Forbidden")
        let wrong = try Imagectl.run(["describe-images", "--output", format, "--frobnicate"])
        #expect(wrong.status == 2)
        #expect(try json(wrong.err)["code"] as? String == "Usage")
    }

    /// The daemon is the judge; what was probably meant is added to its hint.
    @Test func proposesTheValueThatWasMeant() throws {
        let server = FakeServer.answering { _ in
            .error(ECSError(400, "InvalidParameter", "No.").naming("Status", hint: "One of these."))
        }
        let output = try Imagectl.run(["describe-images", "--status", "Available,Creatig"], server)
        #expect(output.err.contains("hint: Did you mean Creating? One of these."), "\(output.err)")
        let far = try Imagectl.run(["describe-images", "--status", "frobnicated"], server)
        #expect(far.err.contains("hint: One of these."), "\(far.err)")
    }

    // MARK: Pipes

    /// Nobody reads the second line: no complaint, and the end that SIGPIPE has.
    @Test func aClosedPipeEndsItQuietly() throws {
        let server = Self.images(4000)
        defer { withExtendedLifetime(server) {} }
        var environment = Imagectl.environment(server)
        environment["imagectl"] = Imagectl.path
        let output = try Tool.run(
            "bash",
            [
                "-c", "$imagectl describe-images --output jsonl | head -1; echo ${PIPESTATUS[0]}",
            ], environment: environment)
        let lines = output.text.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("{\"ImageId\":\"m-0\""))
        #expect(lines.last == "141")
        #expect(output.err.isEmpty, "\(output.err)")
    }
}
