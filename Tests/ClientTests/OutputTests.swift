import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// What the program prints, and how it ends.
@Suite(.timeLimit(.minutes(60))) struct OutputTests {
    private static func image(_ name: String, _ status: String, _ progress: String) -> Image {
        var image = Image()
        image.imageID = "m-01234567890123456789"
        image.imageName = name
        image.status = status
        image.progress = progress
        image.size = 40
        image.creationTime = "2026-04-04T05:06:07Z"
        return image
    }

    private static func listing(_ images: [Image]) -> FakeServer {
        FakeServer.answering { _ in
            var response = DescribeImagesResponse()
            response.images = images
            response.totalCount = Int32(images.count)
            return .message(response)
        }
    }

    private func json(_ text: String) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    // MARK: Tables

    @Test func listsImages() throws {
        let server = Self.listing([
            Self.image("web", "Available", "100%"), Self.image("数据库", "Creating", "40%"),
        ])
        let output = try Imagectl.run(["describe-images"], server)
        #expect(output.status == 0)
        #expect(
            output.text == """
                IMAGE                   NAME    STATUS          SIZE  CREATED           FAMILY
                m-01234567890123456789  web     Available     40 GiB  2026-04-04 05:06
                m-01234567890123456789  数据库  Creating 40%  40 GiB  2026-04-04 05:06

                """)
    }

    @Test func anEmptyListIsSaidOnStandardError() throws {
        let output = try Imagectl.run(["describe-images"], Self.listing([]))
        #expect(output.status == 0)
        #expect(output.out.isEmpty)
        #expect(output.err == "no images; --status ALL looks at all\n")
    }

    @Test func namesCannotCommandTheTerminal() throws {
        let name = "a\u{1B}[31mb\nc"
        let server = Self.listing([Self.image(name, "Available", "")])
        let output = try Imagectl.run(["describe-images"], server).text
        #expect(output.contains(#"a\u{1b}[31mb\u{a}c"#))
        #expect(!output.contains("\u{1B}"))
    }

    @Test(
        .enabled(if: Tool.available("script"), "script is not installed"),
        arguments: [40, 60, 80, 120])
    func fitsTheTerminal(_ columns: Int) throws {
        let server = Self.listing([
            Self.image(String(repeating: "long-name-", count: 12), "Available", "100%")
        ])
        let command = "stty cols \(columns); exec '\(Imagectl.path)' describe-images"
        let output = try Tool.run(
            "script", ["-qec", command, "/dev/null"],
            environment: Imagectl.environment(server))
        let lines = output.text.split(whereSeparator: \.isNewline)
        // What there was no room for is named in a line of its own.
        let isAll = columns > 60
        #expect(lines.count == (isAll ? 2 : 3), "\(output.text)")
        #expect(isAll || lines.last?.hasPrefix("no room for ") == true, "\(output.text)")
        #expect(lines.allSatisfy { $0.count <= columns }, "\(output.text)")
        #expect(lines[1].hasPrefix("m-01234567890123456789"))
        #expect(lines[1].contains("Available") == (columns > 40))
    }

    // MARK: JSON

    @Test func printsJSONWithECSNames() throws {
        let server = FakeServer.answering { _ in
            var snapshot = Snapshot()
            snapshot.snapshotID = "s-1"
            snapshot.snapshotName = "q\"\\\n\u{1}é"
            snapshot.sizeBytes = Int64.max
            snapshot.retentionDays = 7
            snapshot.available = true
            var tag = Tag()
            tag.tagKey = "k"
            snapshot.tags = [tag]
            var response = DescribeSnapshotsResponse()
            response.requestID = "R"
            response.snapshots = [snapshot]
            response.totalCount = 1
            return .message(response)
        }
        let output = try Imagectl.run(["describe-snapshots", "--json"], server)
        #expect(output.status == 0)
        #expect(output.err.isEmpty)
        #expect(output.text.split(separator: "\n").count == 1)
        let response = try json(output.text)
        #expect(response["RequestId"] as? String == "R")
        #expect(response["TotalCount"] as? Int == 1)
        let snapshots = try #require(response["Snapshots"] as? [[String: Any]])
        let snapshot = try #require(snapshots.first)
        #expect(snapshot["SnapshotId"] as? String == "s-1")
        #expect(snapshot["SnapshotName"] as? String == "q\"\\\n\u{1}é")
        #expect(snapshot["SizeBytes"] as? String == "9223372036854775807")
        #expect(snapshot["RetentionDays"] as? Int == 7)
        #expect(snapshot["Available"] as? Bool == true)
        #expect(snapshot["Description"] as? String == "")
        let tags = try #require(snapshot["Tags"] as? [[String: String]])
        #expect(tags == [["TagKey": "k", "TagValue": ""]])
    }

    @Test func watchPrintsALineAnEvent() throws {
        let server = FakeServer { connection in
            // Where to go on, should the connection end before the first change.
            let health = try connection.request()
            connection.send(health.streamID, .message(HealthResponse()))
            let request = try connection.request()
            var response = EventsResponse()
            for sequence in 1...2 as ClosedRange<Int64> {
                var event = ECS.Event()
                event.sequence = sequence
                event.time = "2026-04-04T05:06:07Z"
                event.kind = "ImageChanged"
                event.image = Self.image("web", "Creating", "\(sequence)%")
                response.events.append(event)
            }
            connection.sendData(request.streamID, response, last: true)
            connection.waitForClose()
        }
        let text = try Imagectl.run(["watch"], server).text.split(separator: "\n")
        #expect(
            text == [
                "1  2026-04-04 05:06:07  image changed     m-01234567890123456789  Creating 1%  web",
                "2  2026-04-04 05:06:07  image changed     m-01234567890123456789  Creating 2%  web",
            ])
        let lines = try Imagectl.run(["watch", "--json"], server).text.split(separator: "\n")
        #expect(try lines.map { try json(String($0))["Sequence"] as? String } == ["1", "2"])
    }

    // MARK: Errors

    private static let refusing = FakeServer.answering { _ in
        .error(
            ECSError(403, "QuotaExceed.Image", "The Image Quota exceeds.")
                .naming("ImageName", hint: "Delete one."))
    }

    @Test func tellsARefusalToPeople() throws {
        let output = try Imagectl.run(["create-image", "--instance-id", "i-1"], Self.refusing)
        #expect(output.status == 1)
        #expect(output.out.isEmpty)
        #expect(
            output.err == """
                QuotaExceed.Image
                  The Image Quota exceeds.
                  parameter: ImageName
                  hint: Delete one.

                """)
    }

    @Test func tellsARefusalToPrograms() throws {
        let output = try Imagectl.run(["create-image", "--json"], Self.refusing)
        #expect(output.status == 1)
        #expect(output.out.isEmpty)
        let error = try json(output.err)
        #expect(error["http_status"] as? Int == 403)
        #expect(error["code"] as? String == "QuotaExceed.Image")
        #expect(error["message"] as? String == "The Image Quota exceeds.")
        #expect(error["parameter"] as? String == "ImageName")
        #expect(error["hint"] as? String == "Delete one.")
        #expect(error["request_id"] as? String == "R-1")
    }

    @Test func tellsThatNoDaemonIsThere() throws {
        let output = try Imagectl.run(["status"])
        #expect(output.status == 3)
        #expect(output.err.hasPrefix("NoDaemon\n  no daemon at /nonexistent/imaged.sock:"))
    }

    /// The token in the hint is the one that was sent.
    @Test func tellsThatTheOutcomeIsUnknown() async throws {
        let (tokens, arrival) = AsyncStream<String>.makeStream()
        let server = FakeServer { connection in
            let request = try connection.request().decoded(CreateImageRequest.self)
            arrival.yield(request.clientToken)
        }
        let output = try Imagectl.run(["create-image", "--instance-id", "i-1"], server)
        #expect(output.status == 3)
        #expect(output.err.contains("outcome unknown: "), "\(output.err)")
        for await token in tokens {
            #expect(output.err.contains("--client-token=\(token) "), "\(output.err)")
            break
        }
    }

    // MARK: Waiting

    /// Answers CreateImage, then each DescribeImages with 40 %; WaitForImage once two of those
    /// were answered.
    private static func creating(_ end: Image) -> FakeServer {
        FakeServer { connection in
            var waiting: FakeRequest?
            var described = 0
            while true {
                let request = try connection.request()
                switch request.method {
                case "CreateImage":
                    var response = CreateImageResponse()
                    response.imageID = end.imageID
                    connection.send(request.streamID, .message(response))
                case "DescribeImages":
                    described += 1
                    var response = DescribeImagesResponse()
                    response.images = [image("web", "Creating", "\(described * 40)%")]
                    connection.send(request.streamID, .message(response))
                case "WaitForImage": waiting = request
                default: break
                }
                if let ended = waiting, described == 2 {
                    var response = WaitForImageResponse()
                    response.image = end
                    connection.send(ended.streamID, .message(response))
                }
            }
        }
    }

    @Test func waitsForAnImage() throws {
        let server = Self.creating(Self.image("web", "Available", "100%"))
        let output = try Imagectl.run(["create-image", "--instance-id", "i-1", "--wait"], server)
        #expect(output.status == 0, "\(output.err)")
        #expect(output.text == "m-01234567890123456789\n")
        let lines = output.err.split(separator: "\n")
        // Progress is a terminal's alone, and what Ctrl-C means is told of long waits only.
        #expect(!output.err.contains("40%"), "\(output.err)")
        #expect(lines.count == 1)
        #expect(lines.last?.hasPrefix("m-01234567890123456789 Available 100% after") == true)
    }

    /// After two seconds of waiting.
    @Test func aLongWaitSaysWhatCtrlCMeans() throws {
        let server = FakeServer { connection in
            let start = ContinuousClock.now
            var waiting: UInt32?
            while true {
                let request = try connection.request()
                switch request.method {
                case "CreateImage":
                    var response = CreateImageResponse()
                    response.imageID = "m-01234567890123456789"
                    connection.send(request.streamID, .message(response))
                case "DescribeImages":
                    var response = DescribeImagesResponse()
                    response.images = [Self.image("web", "Creating", "40%")]
                    connection.send(request.streamID, .message(response))
                    // It has been described once more after the time.
                    guard let waiting, .now - start > .milliseconds(2500) else { continue }
                    var end = WaitForImageResponse()
                    end.image = Self.image("web", "Available", "100%")
                    connection.send(waiting, .message(end))
                case "WaitForImage": waiting = request.streamID
                default: break
                }
            }
        }
        let output = try Imagectl.run(["create-image", "--instance-id", "i-1", "--wait"], server)
        #expect(output.status == 0, "\(output.err)")
        let lines = output.err.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].contains("without a time limit"), "\(output.err)")
        #expect(lines[0].contains("Ctrl-C ends the waiting, not the job"))
    }

    /// Hints speak of parameters; whoever types flags is told theirs.
    @Test func hintsNameTheFlag() throws {
        let refusing = FakeServer.answering { _ in
            .error(ECSError(403, "Refused", "No.").hinting("Give Force, AllowLive or a Path."))
        }
        let deleted = try Imagectl.run(["delete-image", "m-1"], refusing)
        #expect(deleted.err.contains("a Path. Force is --force here.\n"), "\(deleted.err)")
        let exported = try Imagectl.run(["export-image", "m-1", "--output", "/x"], refusing)
        #expect(exported.err.contains("a Path. Path is --output here.\n"), "\(exported.err)")
    }

    @Test func waitForImageFailsWithTheImage() throws {
        var failed = Self.image("web", "CreateFailed", "40%")
        failed.failureReason = "disk on fire"
        let server = Self.creating(failed)
        let output = try Imagectl.run(["wait-for-image", "m-01234567890123456789"], server)
        #expect(output.status == 1)
        #expect(output.text.contains("CreateFailed"), "\(output.text)")
        #expect(output.err.contains("disk on fire"), "\(output.err)")
    }

    @Test func waitsInJSON() throws {
        let server = Self.creating(Self.image("web", "Available", "100%"))
        let output = try Imagectl.run(["create-image", "--wait", "--json"], server)
        #expect(output.status == 0)
        #expect(output.err.isEmpty)
        let lines = output.text.split(separator: "\n").map(String.init)
        #expect(lines.count == 2)
        #expect(try json(lines[0])["ImageId"] as? String == "m-01234567890123456789")
        let image = try #require(try json(lines[1])["Image"] as? [String: Any])
        #expect(image["Status"] as? String == "Available")
    }

    @Test func failsWithTheImage() throws {
        var failed = Self.image("web", "CreateFailed", "")
        failed.failureReason = "the disk changed"
        let output = try Imagectl.run(["create-image", "--wait"], Self.creating(failed))
        #expect(output.status == 1)
        #expect(output.text == "m-01234567890123456789\n")
        #expect(output.err.contains("CreateFailed\n  the disk changed\n"), "\(output.err)")
    }

    @Test func interruptingEndsTheWaitingOnly() async throws {
        let (waits, arrival) = AsyncStream<Void>.makeStream()
        let server = FakeServer { connection in
            while true {
                let request = try connection.request()
                switch request.method {
                case "CreateImage":
                    var response = CreateImageResponse()
                    response.imageID = "m-1"
                    connection.send(request.streamID, .message(response))
                case "WaitForImage": arrival.yield()
                case "Cancel":
                    let id = try request.decoded(CancelRequest.self).streamID
                    connection.send(UInt32(id), .status(Status(.cancelled, "cancelled")))
                    connection.send(request.streamID, .message(CancelResponse()))
                default: connection.send(request.streamID, .payload([]))
                }
            }
        }
        let output = try await Imagectl.run(["create-image", "--wait"], server) { process, _ in
            for await _ in waits { break }
            // SIGTERM goes Ctrl-C's way; SIGINT may be ignored where the tests run.
            process.terminate()
        }
        #expect(output.status == 130)
        #expect(output.out == "m-1\n")
        #expect(output.err.contains("stopped waiting; m-1 goes on"), "\(output.err)")
        #expect(output.err.contains("imagectl wait-for-image m-1 looks again."), "\(output.err)")
    }

    @Test func waitingHasALimit() throws {
        let server = FakeServer.answering { request in
            var response = CreateSnapshotResponse()
            response.snapshotID = "s-1"
            if request.method == "CreateSnapshot" { return .message(response) }
            var snapshot = Snapshot()
            snapshot.status = "progressing"
            var snapshots = DescribeSnapshotsResponse()
            snapshots.snapshots = [snapshot]
            return .message(snapshots)
        }
        let output = try Imagectl.run(
            ["create-snapshot", "d-1", "--wait", "--timeout", "0.3"], server)
        #expect(output.status == 1)
        #expect(output.text == "s-1\n")
        #expect(output.err.contains("WaitTimeout\n  s-1 is not done after 0.3 seconds"))
    }

    @Test func waitsForASnapshot() throws {
        let server = FakeServer.answering { request in
            var response = CreateSnapshotResponse()
            response.snapshotID = "s-1"
            if request.method == "CreateSnapshot" { return .message(response) }
            var snapshot = Snapshot()
            snapshot.status = "failed"
            snapshot.failureReason = "no room"
            var snapshots = DescribeSnapshotsResponse()
            snapshots.snapshots = [snapshot]
            return .message(snapshots)
        }
        let output = try Imagectl.run(["create-snapshot", "d-1", "--wait"], server)
        #expect(output.status == 1)
        #expect(output.err.contains("failed\n  no room"), "\(output.err)")
    }
}
