import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// `imagectl verify` and `imagectl usage`, and damage wherever it is shown.
@Suite(.timeLimit(.minutes(60))) struct DataOutputTests {
    private func json(_ text: String) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    private static func damage(_ offset: Int64, _ length: Int64, _ images: [String]) -> Damage {
        var damage = Damage()
        damage.snapshotID = "s-2"
        damage.diskID = "d-1"
        damage.offset = offset
        damage.length = length
        damage.imageID = images
        damage.reason = "checksum"
        return damage
    }

    private static func step(
        _ token: String, _ done: Int64, _ total: Int64, _ damage: [Damage] = []
    ) -> VerifySnapshotResponse {
        var step = VerifySnapshotResponse()
        step.nextToken = token
        step.verifiedBytes = 1 << 30
        step.doneBytes = done
        step.totalBytes = total
        step.damage = damage
        return step
    }

    private static func usages(_ count: Int, next: String) -> DescribeUsageResponse {
        var response = DescribeUsageResponse()
        response.nextToken = next
        response.usage = (0..<count).map { number in
            var usage = Usage()
            usage.resourceID = "s-\(number)"
            return usage
        }
        return response
    }

    /// Answers the step with the token "n" with the `n`th of `steps`, and counts 12 snapshots.
    private static func verifying(_ steps: [VerifySnapshotResponse]) -> FakeServer {
        FakeServer.answering { request in
            if request.method == "DescribeUsage" {
                let wanted = try request.decoded(DescribeUsageRequest.self)
                guard wanted.resourceType == "snapshot" else { throw FakeConnection.Closed() }
                return .message(
                    wanted.nextToken.isEmpty
                        ? Self.usages(8, next: "p") : Self.usages(4, next: ""))
            }
            let wanted = try request.decoded(VerifySnapshotRequest.self)
            guard wanted.maxBytes == 256 << 20, wanted.snapshotID == "" else {
                throw FakeConnection.Closed()
            }
            return .message(steps[Int(wanted.nextToken) ?? 0])
        }
    }

    // MARK: verify

    @Test func verifiesAllStepByStep() throws {
        let server = Self.verifying([
            Self.step("1", 1 << 30, 3 << 30), Self.step("2", 2 << 30, 3 << 30),
            Self.step("", 3 << 30, 3 << 30),
        ])
        let output = try Imagectl.run(["verify"], server)
        #expect(output.status == 0)
        #expect(output.text == "verified 3 GiB in 12 snapshots: no damage\n")
        #expect(output.err.isEmpty, "\(output.err)")
        let report = try json(try Imagectl.run(["verify", "--json"], server).text)
        #expect(report["VerifiedBytes"] as? String == "\(3 << 30)")
        #expect(report["TotalBytes"] as? String == "\(3 << 30)")
        #expect(report["Snapshots"] as? Int == 12)
        #expect(report["IsComplete"] as? Bool == true)
        #expect((report["Damage"] as? [Any])?.isEmpty == true)
    }

    @Test func damageIsATableAndAStatus() throws {
        let server = Self.verifying([
            Self.step("1", 1 << 30, 2 << 30, [Self.damage(65_536, 131_072, ["m-1", "m-2"])]),
            Self.step("", 2 << 30, 2 << 30, [Self.damage(0, 0, [])]),
        ])
        let output = try Imagectl.run(["verify"], server)
        #expect(output.status == 1)
        #expect(
            output.text == """
                SNAPSHOT  BYTES         IMAGES   REASON    DISK
                s-2       65536-196607  m-1,m-2  checksum  d-1
                s-2       all           -        checksum  d-1

                """)
        #expect(output.err == "verified 2 GiB in 12 snapshots: damage in 1 snapshot\n")
        let programs = try Imagectl.run(["verify", "--json"], server)
        #expect(programs.status == 1)
        #expect(programs.err.isEmpty)
        let list = try #require(try json(programs.text)["Damage"] as? [[String: Any]])
        #expect(list.map { $0["Length"] as? String } == ["131072", "0"])
        #expect(list[0]["ImageId"] as? [String] == ["m-1", "m-2"])
    }

    /// What a daemon says need not make sense: sums and ranges past the largest number do not trap.
    @Test func numbersWithoutSenseAreShown() throws {
        var step = Self.step(
            "1", .max, 1,
            [Self.damage(.max, 5, []), Self.damage(0, .min, []), Self.damage(-1, 1, [])])
        step.verifiedBytes = .max
        var last = step
        last.nextToken = ""
        last.totalBytes = .min
        let output = try Imagectl.run(["verify"], Self.verifying([step, last]))
        #expect(output.status == 1)
        #expect(output.text.split(separator: "\n").count == 7, "\(output.text)")
    }

    /// An image is verified snapshot by snapshot, each once.
    @Test func anImagesSnapshotsAreVerified() throws {
        let server = FakeServer.answering { request in
            if request.method == "DescribeImages" {
                var image = Image()
                image.diskDeviceMappings = ["s-1", "s-2", "s-1", ""].map {
                    var disk = ImageDisk()
                    disk.snapshotID = $0
                    return disk
                }
                var response = DescribeImagesResponse()
                response.images = [image]
                return .message(response)
            }
            let wanted = try request.decoded(VerifySnapshotRequest.self)
            if wanted.snapshotID == "s-1" { return .message(Self.step("", 1, 1)) }
            let isLast = !wanted.nextToken.isEmpty
            return .message(
                Self.step(isLast ? "" : "1", 1, 2, isLast ? [Self.damage(0, 0, ["m-1"])] : []))
        }
        let report = try json(try Imagectl.run(["verify", "m-1", "--json"], server).text)
        #expect(report["Snapshots"] as? Int == 2)
        #expect(report["VerifiedBytes"] as? String == "\(3 << 30)")
        #expect(report["TotalBytes"] as? String == "3")
        #expect((report["Damage"] as? [Any])?.count == 1)
        let one = try Imagectl.run(["verify", "s-1"], server)
        #expect(one.text == "verified 1 GiB in 1 snapshot: no damage\n")
        let wrong = try Imagectl.run(["verify", "i-1"], server)
        #expect(wrong.status == 2)
        #expect(wrong.err.contains("neither a snapshot nor an image"))
    }

    /// The second step never ends: what the first found is told all the same.
    @Test func canBeInterrupted() async throws {
        let (arrived, arrival) = AsyncStream<Void>.makeStream()
        let server = FakeServer { connection in
            let first = try connection.request()
            connection.send(
                first.streamID, .message(Self.step("1", 1, 2, [Self.damage(0, 5, [])])))
            let second = try connection.request()
            arrival.finish()
            while true {
                let request = try connection.request()
                guard request.method == "Cancel" else { continue }
                connection.send(request.streamID, .message(CancelResponse()))
                connection.send(second.streamID, .status(Status(.cancelled, "cancelled")))
            }
        }
        let output = try await Imagectl.run(["verify", "s-2"], server) { process, _ in
            for await _ in arrived {}
            // SIGTERM goes Ctrl-C's way; SIGINT may be ignored where the tests run.
            kill(process.processIdentifier, SIGTERM)
        }
        #expect(output.status == 130)
        #expect(output.out.contains("0-4"), "\(output.out)")
        #expect(output.err.contains("stopped after 1 GiB"), "\(output.err)")
    }

    @Test(.enabled(if: Tool.available("script"), "script is not installed"))
    func aTerminalShowsHowFarItIs() throws {
        let server = Self.verifying([
            Self.step("1", 1 << 30, 4 << 30), Self.step("", 4 << 30, 4 << 30),
        ])
        let output = try Tool.run(
            "script", ["-qec", "stty cols 80; exec '\(Imagectl.path)' verify", "/dev/null"],
            environment: Imagectl.environment(server)
        ).text
        #expect(output.contains("all verifying ["))
        #expect(output.contains(" 25%"), "\(output)")
        #expect(output.hasSuffix("\u{1B}[Kverified 2 GiB in 12 snapshots: no damage\r\n"))
    }

    // MARK: usage

    private static let using = FakeServer.answering { request in
        let wanted = try request.decoded(DescribeUsageRequest.self)
        var usage = Usage()
        usage.resourceID = "\(wanted.resourceType.prefix(1))-\(wanted.nextToken)"
        usage.name = "name"
        usage.logicalBytes = 40 << 30
        usage.storedBytes = 3 << 30
        usage.reclaimableBytes = 1 << 20
        var response = DescribeUsageResponse()
        response.usage = wanted.resourceType == "image" ? [] : [usage]
        response.nextToken = wanted.nextToken.isEmpty ? "2" : ""
        response.logicalBytes = 80 << 30
        response.storedBytes = 5 << 30
        response.pendingBytes = 512
        guard wanted.maxResults == 1000 else { throw FakeConnection.Closed() }
        return .message(response)
    }

    @Test func usageShowsTablesAndTotals() throws {
        let output = try Imagectl.run(["usage"], Self.using)
        #expect(output.status == 0, "\(output.err)")
        #expect(
            output.text == """
                SNAPSHOT  LOGICAL  STORED  RECLAIMABLE  NAME
                s-         40 GiB   3 GiB        1 MiB  name
                s-2        40 GiB   3 GiB        1 MiB  name

                DISK  LOGICAL  STORED  RECLAIMABLE  NAME
                d-     40 GiB   3 GiB        1 MiB  name
                d-2    40 GiB   3 GiB        1 MiB  name

                logical           80 GiB
                stored            5 GiB
                reclaimable       0 B
                being given back  512 B

                """)
        let disks = try Imagectl.run(["usage", "--disks"], Self.using).text
        #expect(disks.hasPrefix("DISK ") && !disks.contains("SNAPSHOT"), "\(disks)")
    }

    @Test func usageAsJSONHasTheListsThatWereAskedFor() throws {
        let all = try json(try Imagectl.run(["usage", "--json"], Self.using).text)
        #expect((all["Images"] as? [Any])?.isEmpty == true)
        #expect((all["Disks"] as? [Any])?.count == 2)
        #expect(all["StoredBytes"] as? String == "\(5 << 30)")
        let some = try json(try Imagectl.run(["usage", "--images", "--json"], Self.using).text)
        #expect(some["Disks"] == nil && some["Snapshots"] == nil)
        #expect(some["Images"] != nil)
    }

    // MARK: Views

    @Test func damagedSnapshotsAreMarked() throws {
        let server = FakeServer.answering { _ in
            var snapshot = Snapshot()
            snapshot.snapshotID = "s-1"
            snapshot.status = "accomplished"
            snapshot.damage = "bytes 0-65535: checksum"
            var response = DescribeSnapshotsResponse()
            response.snapshots = [snapshot]
            return .message(response)
        }
        let output = try Imagectl.run(["describe-snapshots"], server)
        #expect(output.text.contains("s-1             accomplished, damaged"), "\(output.text)")
        #expect(output.err == "s-1: bytes 0-65535: checksum\n")
    }

    @Test func anImagesChecksAreShownWhenItAloneIsAskedFor() throws {
        let server = FakeServer.answering { _ in
            var item = DetectionItem()
            (item.name, item.value, item.riskLevel) = ("Cloudinit", "NotInstalled", "high")
            item.riskCode = "CLOUDINIT_MISSING"
            var image = Image()
            image.imageID = "m-1"
            image.detectionOptions = DetectionOptions()
            image.detectionOptions?.items = [item]
            var response = DescribeImagesResponse()
            response.images = [image]
            return .message(response)
        }
        let output = try Imagectl.run(["describe-images", "--image-id", "m-1"], server).text
        #expect(
            output.hasSuffix(
                """

                CHECK      RISK  RESULT        CODE
                Cloudinit  high  NotInstalled  CLOUDINIT_MISSING

                """), "\(output)")
        #expect(!(try Imagectl.run(["describe-images"], server).text.contains("CHECK")))
    }
}
