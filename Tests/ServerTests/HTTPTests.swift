import ECS
import Foundation
import TestSupport
import Testing
import Wire

private func fixture(_ configuration: String = "") throws -> TestDaemon {
    try TestDaemon(
        configuration, ["--ephemeral", "--http", "0"], fixture: true, dataPath: "")
}

extension TestHTTP {
    /// The ID of a simulated instance with one disk.
    fileprivate func instance(
        _ account: String = "default", category: String = "cloud_essd"
    ) throws -> String {
        let answer = try own(
            "RegisterInstance",
            "{\"regionId\":\"cn-hangzhou\",\"disk\":[{\"type\":\"system\",\"size\":40,"
                + "\"category\":\"\(category)\"}]}",
            account: account)
        #expect(answer.status == 200, "\(answer)")
        return answer.string("instanceId")
    }
}

/// ECS over HTTP, from a socket to a daemon and back.
@Suite struct HTTPTests {
    @Test func anImageIsMade() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        let instance = try http.instance("t")
        // Both places of parameters, on one connection.
        for (name, asForm) in [("first", false), ("second+ü", true)] {
            let made = try http.call(
                "CreateImage",
                [
                    "RegionId": "cn-hangzhou", "InstanceId": instance, "ImageName": name,
                    "Tag.1.Key": "k", "Tag.1.Value": "", "DryRun": "False",
                ], key: "t", asForm: asForm)
            if name.contains("+") {
                #expect(made.status == 400 && made.code == "InvalidImageName.Malformed")
                continue
            }
            #expect(made.status == 200, "\(made)")
            #expect(made.headers["content-type"] == "application/json;charset=utf-8")
            #expect(Set(made.json.keys) == ["RequestId", "ImageId"])
            let waited = try http.own(
                "WaitForImage",
                "{\"regionId\":\"cn-hangzhou\",\"imageId\":\"\(made.string("ImageId"))\"}",
                account: "t")
            #expect((waited.json["image"] as? [String: Any])?["status"] as? String == "Available")
        }
        let described = try http.call(
            "DescribeImages", ["RegionId": "cn-hangzhou", "ImageOwnerAlias": "self"], key: "t")
        let image = try #require(described.list("Images", "Image").first)
        #expect(image["ImageName"] as? String == "first" && image["Usable"] as? Bool == true)
        let tags = (image["Tags"] as? [String: Any])?["Tag"] as? [[String: String]]
        #expect(tags == [["TagKey": "k", "TagValue": ""]])
        #expect(described.json["TotalCount"] as? Int == 1)
    }

    @Test func errorsAreECSs() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        let refused = try http.call(
            "CreateImage", ["RegionId": "cn-hangzhou", "InstanceId": "i-nobody"])
        #expect(refused.status == 404 && refused.code == "InvalidInstanceId.NotFound")
        #expect(refused.string("Message") == "The specified instance i-nobody does not exist.")
        #expect(refused.string("HostId") == "ecs.test")
        #expect(refused.string("RequestId").wholeMatch(of: /[0-9A-F-]{36}/) != nil)
        #expect(refused.string("Recommend").hasPrefix("https://"))
        #expect(refused.headers["retry-after"] == nil)
        let type = try http.call(
            "CreateImage", ["RegionId": "cn-hangzhou", "DiskDeviceMapping.1.Size": "abc"])
        #expect(type.status == 400 && type.code == "InvalidParameter")
        #expect(type.string("Parameter") == "DiskDeviceMapping.1.Size")
        // The connection goes on behind each of them.
        #expect(try http.call("Nothing").code == "InvalidAction.NotFound")
        #expect(try http.call("DescribeRegions").status == 200)
    }

    @Test func aPassingRefusalHasAHint() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        let instance = try http.instance(category: "cloud_efficiency")
        _ = try http.own("HoldJobs")
        let create: KeyValuePairs = ["RegionId": "cn-hangzhou", "InstanceId": instance]
        #expect(try http.call("CreateImage", create).status == 200)
        let refused = try http.call("CreateImage", create)
        #expect(refused.status == 403 && refused.code == "IncorrectDiskStatus.CreatingSnapshot")
        #expect(refused.headers["retry-after"] == "1")
        #expect(refused.headers["x-acs-retry-after"] == nil)
    }

    @Test func anUnknownKeyIsAFreshAccount() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        let instance = try http.instance("one")
        let create: KeyValuePairs = ["RegionId": "cn-hangzhou", "InstanceId": instance]
        #expect(try http.call("CreateImage", create, key: "two").status == 404)
        #expect(try http.call("CreateImage", create, key: "one").status == 200)
        let images = try http.call("DescribeImages", ["RegionId": "cn-hangzhou"], key: "three")
        #expect(images.list("Images", "Image").count == 3)
        // It is as CreateAccount makes one: it can be dropped, and is born again.
        #expect(try http.own("DropAccount", "{\"accountId\":\"one\"}").status == 200)
        #expect(try http.call("CreateImage", create, key: "one").status == 404)
        let lines = daemon.log.split(separator: "\n").filter { $0.contains("three") }
        #expect(lines.contains { $0.contains("CreateAccount") }, "\(daemon.log)")
    }

    @Test func aRAMUserActsByItsPolicies() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        let policy =
            "{\\\"Version\\\":\\\"1\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\","
            + "\\\"Action\\\":\\\"ecs:DescribeImages\\\",\\\"Resource\\\":\\\"*\\\"}]}"
        let set = try http.own(
            "SetRamUser", "{\"ramUser\":\"alice\",\"policy\":[{\"policyDocument\":\"\(policy)\"}]}",
            account: "t")
        #expect(set.status == 200, "\(set)")
        let region: KeyValuePairs = ["RegionId": "cn-hangzhou"]
        #expect(try http.call("DescribeImages", region, key: "t/alice").status == 200)
        let refused = try http.call(
            "CreateImage", ["RegionId": "cn-hangzhou", "InstanceId": "i-1"], key: "t/alice")
        #expect(refused.status == 403 && refused.code == "Forbidden")
    }

    @Test func signaturesAreCheckedWhereTheConfigurationHasKeys() throws {
        let daemon = try fixture("[account ci]\nAccessKey = LTAIkey secret\n")
        let http = try daemon.http()
        #expect(try http.call("DescribeRegions", key: "ci").code == "InvalidAccessKeyId.NotFound")
        #expect(try http.call("DescribeRegions", key: "LTAIkey").code == "IncompleteSignature")
        let wrong = try http.call(
            "DescribeRegions", ["SignatureMethod": "HMAC-SHA1", "Signature": "x"], key: "LTAIkey")
        #expect(wrong.status == 400 && wrong.code == "SignatureDoesNotMatch")
        #expect(try http.call("DescribeRegions", key: "other").status == 200)
    }

    // MARK: The connection

    private static let regions = TestHTTP.request("DescribeRegions", [])

    @Test func pipelinedAnswersKeepTheOrderOfTheirRequests() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        let instance = try http.instance()
        let rule = try http.own(
            "AddFaultRule", "{\"action\":\"hold\",\"operation\":\"CreateImage\"}")
        #expect(rule.status == 200, "\(rule)")
        let create = TestHTTP.request(
            "CreateImage", [("RegionId", "cn-hangzhou"), ("InstanceId", instance)])
        try http.send(
            create + Self.regions + "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"
                + TestHTTP.request("Nothing", []))
        // The first is held: another connection shows it, then lets it go.
        let other = try daemon.http()
        var held: [Any] = []
        while held.isEmpty {
            held = try other.own("DescribeFaultRules").json["heldRequests"] as? [Any] ?? []
        }
        #expect(try other.own("ReleaseRequests").status == 200)
        #expect(try http.answer().string("ImageId").hasPrefix("m-"))
        #expect(try http.answer().list("Regions", "Region").count >= 7)
        #expect(try http.answer().status == 404)
        #expect(try http.answer().code == "InvalidAction.NotFound")
    }

    @Test func hundredsInOneWriteAreAllAnswered() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        // More than may be under way at once.
        let names = (0..<500).map { "x\($0)" }
        try http.send(names.map { TestHTTP.request($0, []) }.joined())
        for name in names {
            #expect(try http.answer().string("Hint").contains(" \(name) "))
        }
        try http.send(String(repeating: Self.regions, count: 300))
        for _ in 0..<300 { #expect(try http.answer().status == 200) }
    }

    @Test func bytesComeAsTheyLike() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        let chunked =
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n1\r\nA\r\n19\r\nction=DescribeRegions&Ver\r\n"
            + "25\r\nsion=2014-05-26&AccessKeyId=default&x\r\n0\r\n\r\n"
        for byte in Array((Self.regions + chunked).utf8) { try http.send([byte]) }
        #expect(try http.answer().status == 200)
        #expect(try http.answer().status == 200)
    }

    @Test func aBodyIsAskedFor() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        let body = "Action=DescribeRegions&Version=2014-05-26&AccessKeyId=t"
        try http.send(
            Self.regions + "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n")
        #expect(try http.answer().status == 200)
        #expect(try http.answer().status == 100)
        try http.send(body)
        #expect(try http.answer().status == 200)
    }

    @Test func theConnectionClosesWhenTheClientWants() throws {
        let daemon = try fixture()
        for (text, isHead) in [
            (TestHTTP.request("DescribeRegions", [], headers: "Connection: close\r\n"), false),
            ("GET /?Action=x HTTP/1.0\r\n\r\n", false),
            ("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", true),
        ] {
            let http = try daemon.http()
            try http.send(text)
            let answer = try http.answer(isHead: isHead)
            #expect(answer.headers["connection"] == "close")
            #expect(try http.bytesUntilClosed() == 0)
        }
        // Whoever closes one direction gets the answers to what was asked before.
        let http = try daemon.http()
        try http.send(Self.regions)
        http.closeSending()
        let answer = try http.answer()
        #expect(answer.status == 200 && answer.headers["connection"] == nil)
        #expect(try http.bytesUntilClosed() == 0)
    }

    @Test func aWaitEndsWithItsConnection() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        let instance = try http.instance()
        _ = try http.own("HoldJobs")
        let made = try http.call(
            "CreateImage", ["RegionId": "cn-hangzhou", "InstanceId": instance])
        let body =
            "{\"regionId\":\"cn-hangzhou\",\"imageId\":\"\(made.string("ImageId"))\"}"
        let wait =
            "POST /_imaged/WaitForImage HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let waiting = try daemon.http()
        try waiting.send(wait)
        do {
            let gone = try daemon.http()
            try gone.send(wait)
        }
        _ = try http.own("FinishJobs")
        let waited = try waiting.answer()
        #expect((waited.json["image"] as? [String: Any])?["status"] as? String == "Available")
        #expect(try waiting.bytesUntilClosed() == 0)
    }

    // MARK: Where

    /// Who asks for a dry run wants nothing done, also where there is none.
    @Test func aDryRunNeverChangesAnything() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        let made = try http.call(
            "CreateImage",
            ["RegionId": "cn-hangzhou", "InstanceId": try http.instance("t"), "ImageName": "one"],
            key: "t")
        let image = made.string("ImageId")
        let share = try http.call(
            "ModifyImageSharePermission",
            [
                "RegionId": "cn-hangzhou", "ImageId": image, "AddAccount.1": "other",
                "DryRun": "True",
            ], key: "t")
        #expect(share.status == 400 && share.code == "InvalidParameter", "\(share)")
        #expect(share.string("Parameter") == "DryRun")
        let shares = try http.call(
            "DescribeImageSharePermission", ["RegionId": "cn-hangzhou", "ImageId": image],
            key: "t")
        #expect(shares.json["TotalCount"] as? Int == 0)
        let known = try http.call(
            "DeleteImage",
            ["RegionId": "cn-hangzhou", "ImageId": image, "DryRun": "true"], key: "t")
        #expect(known.code == "DryRunOperation")
    }

    /// What programs have written down of ECS, and its documentation allows.
    @Test func whatProgramsSendAndRead() throws {
        let daemon = try fixture()
        let http = try daemon.http()
        // The access key of a role, and JSON as many languages write numbers.
        let key = "STS.NUgYrLnoC37mZZCNnAbez3xxx"
        let registered = try http.own(
            "RegisterInstance",
            "{\"regionId\":\"cn-hangzhou\",\"disk\":[{\"type\":\"system\",\"size\":40.0},"
                + "{\"size\":5e1}]}", account: key)
        #expect(registered.status == 200, "\(registered)")
        for size in ["40.5", "\"0x28\"", "1e99", "\"nan\""] {
            let refused = try http.own(
                "RegisterInstance", "{\"disk\":[{\"size\":\(size)}]}", account: key)
            #expect(refused.string("Parameter") == "Disk.1.Size", "\(size): \(refused)")
        }
        let instances = try http.call(
            "DescribeInstances", ["RegionId": "cn-hangzhou"], key: key)
        let instance = try #require(instances.list("Instances", "Instance").first)
        let options = instance["HibernationOptions"] as? [String: Any]
        #expect(options?["Configured"] as? Bool == false)
        let disks = try http.call(
            "DescribeDisks", ["RegionId": "cn-hangzhou", "MaxResults": "1000"], key: key)
        #expect(
            disks.list("Disks", "Disk").compactMap { $0["Size"] as? Int }.sorted() == [40, 50])
        let snapshots = try http.call(
            "DescribeSnapshots",
            ["RegionId": "cn-hangzhou", "SourceDiskType": "Data", "Category": "Standard"],
            key: key)
        #expect(snapshots.status == 200, "\(snapshots)")
        for code in ["InternalError", "Throttling.User", "Rejected.Throttling"] {
            let rule =
                "{\"action\":\"fail\",\"operation\":\"DescribeRegions\","
                + "\"code\":\"\(code)\"}"
            #expect(try http.own("AddFaultRule", rule, account: key).status == 200)
            let failed = try http.call("DescribeRegions", key: key)
            #expect(failed.code == code && !failed.string("Message").contains("snapshot"))
        }
    }

    @Test func aFileInTheSocketsPlaceStays() throws {
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/file"
        #expect(FileManager.default.createFile(atPath: path, contents: Data("mine".utf8)))
        let ended = try Tool.run(
            TestDaemon.product("imaged"), ["--ephemeral", "--socket", path])
        #expect(ended.status == 73)
        #expect(ended.err.contains("\(path) is there and is no socket: move it away"), "\(ended)")
        #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
    }

    @Test func aUnixSocketKnowsItsPeers() throws {
        let directory = TemporaryDirectory()
        let daemon = try TestDaemon("", ["--http", "unix:\(directory.path)/h"], in: directory)
        let http = try daemon.http()
        #expect(try http.call("DescribeRegions").status == 200)
        #expect(
            try http.call("DescribeRegions", key: "nobody").code == "InvalidAccessKeyId.NotFound")
        let clock = try http.own("SetClock")
        #expect(clock.status == 404 && clock.string("Hint").contains("--fixture"))
        try http.send("GET /_imaged/health HTTP/1.1\r\nHost: h\r\n\r\n")
        let health = try http.answer()
        #expect(health.status == 200 && health.json["ready"] as? Bool == true)
        #expect(health.string("mode") == "always")
        let date = DateFormatter()
        date.locale = Locale(identifier: "en_US_POSIX")
        date.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        date.timeZone = TimeZone(identifier: "GMT")
        let made = try #require(date.date(from: health.headers["date"] ?? ""))
        #expect(abs(made.timeIntervalSinceNow) < 3600)
        try http.send("GET /_imaged/metrics HTTP/1.1\r\nHost: h\r\n\r\n")
        let metrics = try http.answer()
        #expect(metrics.status == 200)
        #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            metrics.text.contains("imaged_requests_total{operation=\"Health\",code=\"OK\"} 1\n"))
        let mode = try FileManager.default.attributesOfItem(atPath: daemon.httpPath)
        #expect(mode[.posixPermissions] as? Int == 0o600)
        #expect(try daemon.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: daemon.httpPath))
    }

    /// What was answered is there after SIGKILL.
    @Test func answersAreDurable() throws {
        let directory = TemporaryDirectory()
        let daemon = try TestDaemon("", ["--http", "unix:\(directory.path)/h"], in: directory)
        let http = try daemon.http()
        let instance = try http.instance()
        let made = try http.call(
            "CreateImage", ["RegionId": "cn-hangzhou", "InstanceId": instance])
        #expect(made.status == 200)
        try daemon.restart()
        let described = try daemon.http().call(
            "DescribeImages",
            ["RegionId": "cn-hangzhou", "Status": "ALL", "ImageId": made.string("ImageId")])
        #expect(described.list("Images", "Image").count == 1)
    }

    @Test(arguments: [
        ["--http", "0"], ["--http", "127.0.0.1:0"], ["--http", "nowhere:1", "--fixture"],
        ["--http", "unix:", "--fixture"], ["--http", "1.2.3.4:99999", "--fixture"],
        ["--http", "x", "--fixture"], ["--http", "::1:0", "--fixture"],
    ])
    func whatCannotBeListenedAtIsRefused(arguments: [String]) throws {
        let daemon = try TestDaemon("", ["--ephemeral"] + arguments, dataPath: "", start: false)
        let exited = try daemon.failedStart()
        #expect(exited.status == 64 && exited.log.contains("--http"), "\(exited)")
    }

    @Test func aPortThatIsTakenIsTold() throws {
        let daemon = try fixture()
        let port = try #require(daemon.httpPorts.first)
        let second = try TestDaemon(
            "", ["--ephemeral", "--http", "127.0.0.1:\(port)"], fixture: true, dataPath: "",
            start: false)
        let exited = try second.failedStart()
        #expect(exited.status == 73 && exited.log.contains("127.0.0.1:\(port)"), "\(exited)")
    }

    /// Nobody knows who connects to a port: the daemon's own files are not open to it.
    @Test func aPortReachesNoFiles() throws {
        let daemon = try TestDaemon("", ["--http", "0"], fixture: true)
        try Data(count: 1 << 20).write(to: URL(filePath: daemon.directory.path + "/disk"))
        let answer = try daemon.http().own(
            "RegisterInstance",
            "{\"regionId\":\"cn-hangzhou\",\"disk\":[{\"type\":\"system\",\"path\":"
                + "\"\(daemon.directory.path)/disk\"}]}")
        #expect(answer.status == 400 && answer.string("Parameter") == "Disk.1.Path", "\(answer)")
    }
}
