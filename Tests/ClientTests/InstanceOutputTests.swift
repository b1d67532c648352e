import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// What is printed of instances, tags, jobs and faults, and what `--wait` waits for.
@Suite(.timeLimit(.minutes(60))) struct InstanceOutputTests {
    private static func answering(_ message: some Message & Sendable) -> FakeServer {
        FakeServer.answering { _ in .message(message) }
    }

    private static func instance(_ id: String, _ status: String) -> Instance {
        var instance = Instance()
        instance.instanceID = id
        instance.status = status
        return instance
    }

    // MARK: Tables

    @Test func listsStatuses() throws {
        var response = DescribeInstanceStatusResponse()
        for (id, status) in [("i-1", "Running"), ("i-22", "Stopped")] {
            var one = InstanceStatus()
            (one.instanceID, one.status) = (id, status)
            response.instanceStatuses.append(one)
        }
        response.totalCount = 12
        let output = try Imagectl.run(["describe-instance-status"], Self.answering(response))
        #expect(output.text == "INSTANCE  STATUS\ni-1       Running\ni-22      Stopped\n")
        #expect(output.err == "2 of 12 instances; --page-number and --page-size show others\n")
    }

    @Test func listsTags() throws {
        var tag = TagResource()
        (tag.resourceID, tag.resourceType, tag.tagKey, tag.tagValue) = ("m-1", "image", "k", "v")
        var response = ListTagResourcesResponse()
        response.tagResources = [tag]
        response.nextToken = "t"
        let page = ["list-tag-resources", "m-1", "--next-token", "s"]
        let output = try Imagectl.run(page, Self.answering(response))
        #expect(output.text == "RESOURCE  TYPE   KEY  VALUE\nm-1       image  k    v\n")
        #expect(output.err == "more: --next-token t\n")
        let none = try Imagectl.run(
            ["list-tag-resources", "m-1"], Self.answering(ListTagResourcesResponse()))
        #expect(none.out.isEmpty)
        #expect(none.err == "no tags\n")
    }

    @Test func listsRegionsAndSharers() throws {
        var region = RegionItem()
        (region.regionID, region.localName) = ("cn-hangzhou", "杭州")
        (region.regionEndpoint, region.status) = ("e", "available")
        var regions = DescribeRegionsResponse()
        regions.regions = [region]
        #expect(
            try Imagectl.run(["describe-regions"], Self.answering(regions)).text
                == "REGION       NAME  STATUS     ENDPOINT\ncn-hangzhou  杭州  available  e\n")
        var account = ShareAccount()
        account.aliyunID = "team-b"
        var sharers = DescribeImageSharePermissionResponse()
        sharers.accounts = [account]
        let output = try Imagectl.run(
            ["describe-image-share-permission", "m-1"], Self.answering(sharers))
        #expect(output.text == "ACCOUNT\nteam-b\n")
    }

    @Test func saysThatAFamilyIsEmpty() throws {
        for image in [nil, Image()] {
            var response = DescribeImageFromFamilyResponse()
            response.image = image
            let output = try Imagectl.run(
                ["describe-image-from-family", "web"], Self.answering(response))
            #expect(output.status == 0)
            #expect(output.out.isEmpty)
            #expect(output.err == "no Available image of family web\n")
        }
    }

    @Test(arguments: ["describe", "hold", "release", "step", "finish", "fail"])
    func listsJobs(_ verb: String) throws {
        var waiting = Job()
        (waiting.snapshotID, waiting.imageID, waiting.diskID) = ("s-1", "m-1", "d-1")
        (waiting.regionID, waiting.status) = ("cn-hangzhou", "waiting")
        (waiting.isHeld, waiting.durationMilliseconds) = (true, 1400)
        var running = Job()
        (running.imageID, running.regionID) = ("m-2", "us-west-1")
        (running.status, running.progress) = ("running", "40%")
        var response = JobsResponse()
        response.jobs = [waiting, running]
        let output = try Imagectl.run(["fixture", "\(verb)-jobs"], Self.answering(response))
        #expect(
            output.text == """
                SNAPSHOT  IMAGE  STATUS       HELD    TAKES  REGION       DISK
                s-1       m-1    waiting      held  1400 ms  cn-hangzhou  d-1
                -         m-2    running 40%  -           -  us-west-1    -

                """)
        let none = try Imagectl.run(["fixture", "\(verb)-jobs"], Self.answering(JobsResponse()))
        #expect(none.out.isEmpty)
        #expect(none.err.hasPrefix("no jobs"))
    }

    @Test func listsFaults() throws {
        var rule = FaultRule()
        (rule.faultRuleID, rule.operation, rule.action) = (12, "CreateImage", "hold")
        (rule.timesLeft, rule.holdMilliseconds) = (0, 60_000)
        var held = HeldRequest()
        (held.faultRuleID, held.operation, held.clientToken) = (12, "CreateImage", "t")
        var response = DescribeFaultRulesResponse()
        response.faultRules = [rule]
        response.heldRequests = [held]
        let output = try Imagectl.run(
            ["fixture", "describe-fault-rules"], Self.answering(response))
        #expect(
            output.text == """
                RULE  OPERATION    ACTION  CODE    LEFT     HOLDS  TOKEN
                  12  CreateImage  hold    -     always  60000 ms  -

                HELD BY  OPERATION    TOKEN
                     12  CreateImage  t

                """)
        #expect(output.err.isEmpty)
    }

    @Test func showsAnAccount() throws {
        var response = DescribeAccountResponse()
        response.accountID = "team-a"
        response.standing = AccountStanding()
        response.standing?.orderAllowed = false
        response.clock = AccountClock()
        response.clock?.time = "2026-01-01T00:00:00Z"
        response.clock?.isFrozen = true
        var limit = Limit()
        (limit.name, limit.value) = ("Images", 5)
        response.limits = [limit]
        response.ramUsers = ["reader"]
        let lines = try Imagectl.run(["fixture", "describe-account"], Self.answering(response))
            .text.split(separator: "\n").map { $0.split(separator: "  ").map(String.init) }
        func value(_ name: String) -> String? {
            lines.first { $0.first == name }?.last?.trimmingCharacters(in: .whitespaces)
        }
        #expect(value("account") == "team-a")
        #expect(value("clock") == "2026-01-01T00:00:00Z, frozen")
        #expect(value("may order") == "no")
        #expect(value("RAM user") == "reader")
        #expect(value("Images") == "5")
    }

    // MARK: One line

    @Test func printsWhatIsMadeAndSaysWhatIsDone() throws {
        var account = CreateAccountResponse()
        account.accountID = "a-1"
        var clock = ClockResponse()
        clock.clock = AccountClock()
        clock.clock?.time = "2026-01-01T00:00:00Z"
        var rule = AddFaultRuleResponse()
        rule.faultRuleID = 7
        var run = RunInstancesResponse()
        run.instanceIDSets = ["i-1", "i-2"]
        var disk = CreateDiskResponse()
        disk.diskID = "d-1"
        let prints: [([String], [UInt8], String)] = [
            (["fixture", "create-account"], account.encoded(), "a-1\n"),
            (["fixture", "advance-clock", "60"], clock.encoded(), "2026-01-01T00:00:00Z\n"),
            (["fixture", "add-fault-rule", "hold"], rule.encoded(), "7\n"),
            (["run-instances", "m-1"], run.encoded(), "i-1\ni-2\n"),
            (["create-disk", "--size", "20"], disk.encoded(), "d-1\n"),
        ]
        for (arguments, payload, text) in prints {
            let output = try Imagectl.run(
                arguments, FakeServer.answering { _ in .payload(payload) })
            #expect(output.text == text)
            #expect(output.err.isEmpty, "\(arguments): \(output.err)")
        }
        let notes: [([String], String)] = [
            (["delete-disk", "d-1"], "d-1 is gone\n"),
            (["attach-disk", "d-1", "--instance-id", "i-1"], "d-1 goes to i-1\n"),
            (["start-instance", "i-1"], "i-1 is starting\n"),
            (["stop-instance", "i-1"], "i-1 is stopping\n"),
            (
                ["delete-instances", "i-1", "i-2"],
                "i-1 and i-2 are gone, with all disks; registered files are untouched\n"
            ),
            (["tag-resources", "m-1", "m-2", "--tag", "a=1"], "tagged: m-1 m-2\n"),
            (["fixture", "set-ram-user", "u", "--is-deleted"], "u is gone\n"),
            (["fixture", "drop-account", "a\u{1B}[31m"], "a\\u{1b}[31m is gone\n"),
            (["fixture", "hold-jobs"], "no jobs; new ones are held\n"),
        ]
        for (arguments, note) in notes {
            let output = try Imagectl.run(arguments, Self.answering(CancelResponse()))
            #expect(output.out.isEmpty)
            #expect(output.err == note, "\(arguments)")
        }
    }

    @Test func saysThatTheDaemonRunsWithoutFixtures() throws {
        let server = FakeServer.answering { _ in
            .status(Status(.unimplemented, "no service imaged.v1.Fixture"))
        }
        let output = try Imagectl.run(["fixture", "describe-jobs"], server)
        #expect(output.status == 1)
        #expect(output.err.contains("runs with --fixture"))
        let other = try Imagectl.run(["describe-regions"], server)
        #expect(!other.err.contains("--fixture"))
    }

    // MARK: Several instances

    @Test func tellsWhatBecameOfEach() throws {
        var good = InstanceResponse()
        (good.instanceID, good.code, good.message) = ("i-1", "200", "success")
        (good.previousStatus, good.currentStatus) = ("Stopped", "Starting")
        var bad = InstanceResponse()
        (bad.instanceID, bad.code, bad.message) = ("i-2", "IncorrectInstanceStatus", "No.")
        var response = StartInstancesResponse()
        response.instanceResponses = [good]
        #expect(
            try Imagectl.run(["start-instances", "i-1"], Self.answering(response)).status == 0)
        response.instanceResponses = [good, bad]
        let output = try Imagectl.run(["start-instances", "i-1", "i-2"], Self.answering(response))
        #expect(output.status == 1)
        #expect(
            output.text == """
                INSTANCE  BEFORE   NOW       RESULT
                i-1       Stopped  Starting  done
                i-2                          IncorrectInstanceStatus: No.

                """)
    }

    // MARK: Waiting

    /// Answers the first request with `payload`, then DescribeInstances with each of `looks` in
    /// turn, at last with the last one again and again.
    private static func moving(_ payload: [UInt8], _ looks: [[Instance]]) -> FakeServer {
        FakeServer { connection in
            var looked = 0
            while true {
                let request = try connection.request()
                guard request.method == "DescribeInstances" else {
                    connection.send(request.streamID, .payload(payload))
                    continue
                }
                var response = DescribeInstancesResponse()
                response.instances = looks[min(looked, looks.count - 1)]
                looked += 1
                connection.send(request.streamID, .message(response))
            }
        }
    }

    @Test func waitsForAnInstance() throws {
        let looks = ["Pending", "Starting", "Running"].map { [Self.instance("i-1", $0)] }
        let output = try Imagectl.run(
            ["start-instance", "i-1", "--wait"], Self.moving([], looks))
        #expect(output.status == 0)
        #expect(output.out.isEmpty)
        let lines = output.err.split(separator: "\n")
        // The end: progress is a terminal's alone.
        #expect(lines.count == 1, "\(output.err)")
        #expect(lines.last?.hasPrefix("i-1 Running after ") == true)
    }

    @Test func waitsForSeveral() throws {
        var response = RunInstancesResponse()
        response.instanceIDSets = ["i-1", "i-2"]
        let looks = [
            [Self.instance("i-2", "Running"), Self.instance("i-1", "Starting")],
            [Self.instance("i-2", "Running"), Self.instance("i-1", "Running")],
        ]
        let server = Self.moving(response.encoded(), looks)
        let output = try Imagectl.run(["run-instances", "m-1", "--wait"], server)
        #expect(output.status == 0)
        #expect(output.text == "i-1\ni-2\n")
        #expect(output.err.contains("2 instances Running after "), "\(output.err)")
        let json = try Imagectl.run(
            ["run-instances", "m-1", "--wait", "--json"],
            Self.moving(response.encoded(), looks))
        #expect(json.err.isEmpty)
        let lines = json.text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last?.contains(#""Instances":[{"InstanceId":"i-2""#) == true)
    }

    /// What has turned back, or is gone, is not waited for.
    @Test func seesThatItWillNotCome() throws {
        let turned = Self.moving([], [[Self.instance("i-1", "Stopped")]])
        let output = try Imagectl.run(["start-instance", "i-1", "--wait"], turned)
        #expect(output.status == 1)
        #expect(output.err.contains("i-1 is Stopped and will not be Running"), "\(output.err)")
        let gone = try Imagectl.run(["stop-instance", "i-1", "--wait"], Self.moving([], [[]]))
        #expect(gone.status == 1)
        #expect(gone.err.contains("InvalidInstanceId.NotFound\n  i-1 was deleted"))
    }

    @Test func waitingForAnInstanceHasALimit() throws {
        let server = Self.moving([], [[Self.instance("i-1", "Stopping")]])
        let output = try Imagectl.run(
            ["stop-instance", "i-1", "--wait", "--timeout", "0.3"], server)
        #expect(output.status == 1)
        #expect(output.err.contains("WaitTimeout\n  i-1 is not done after 0.3 seconds"))
        #expect(output.err.contains("imagectl describe-instances --instance-ids i-1 looks again"))
    }
}
