import ECS
import HTTP
import TestSupport
import Testing
import Wire

@testable import Server

/// What a request over HTTP is taken for, before anything is judged.
@Suite struct HTTPGatewayTests {
    private static let accessKeys = [
        "LTAIkey": AccessKey(accountID: "ci", secret: "testsecret")
    ]

    private func gateway(_ hasFixture: Bool = true) -> HTTPGateway {
        HTTPGateway(hasFixture: hasFixture, accessKeys: Self.accessKeys)
    }

    private func request(
        _ query: String, _ change: (inout HTTPRequest) -> Void = { _ in }
    ) -> HTTPRequest {
        var request = HTTPRequest()
        request.method = "GET"
        request.path = "/"
        request.query = query
        request.headers = [HTTPHeader("host", "h")]
        change(&request)
        return request
    }

    private func refusal(
        _ request: HTTPRequest, fixture: Bool = true
    ) throws -> ECSError {
        try #require(throws: HTTPRefusal.self) { try gateway(fixture).read(request) }.error
    }

    private static let common = "Action=DescribeImages&Version=2014-05-26&AccessKeyId=t"

    @Test func theTestsKnowAllOperations() {
        #expect(Set(Operations.ecs.map { $0.name }) == Set(OperationEntry.ecs.keys))
        #expect(Set(Operations.daemon.map { $0.name }) == Set(OperationEntry.daemon.keys))
        #expect(Set(Operations.fixture.map { $0.name }) == Set(OperationEntry.fixture.keys))
    }

    @Test func theOperationAndTheAccountAreFound() throws {
        let call = try gateway().read(request(Self.common))
        #expect(call.entry.name == "DescribeImages" && call.accountID == "t")
        #expect(call.ramUser.isEmpty && call.keyRule == .opens)
        #expect(try gateway(false).read(request(Self.common)).keyRule == .mustExist)
        let user = try gateway().read(request(Self.common + "/alice"))
        #expect(user.accountID == "t" && user.ramUser == "alice")
    }

    @Test func version3NamesThemInHeaders() throws {
        let version3 = request("RegionId=r") {
            $0.method = "POST"
            $0.headers += [
                HTTPHeader("x-acs-action", "DescribeImages"),
                HTTPHeader("x-acs-version", "2014-05-26"),
                HTTPHeader("authorization", "ACS3-HMAC-SHA256 Credential=t,Signature=x"),
            ]
        }
        let call = try gateway().read(version3)
        #expect(call.entry.name == "DescribeImages" && call.accountID == "t")
        guard case .image(.describeImages(let read)) = call.request else {
            Issue.record("\(call.request)")
            return
        }
        #expect(read.regionID == "r")
    }

    @Test func queryAndFormAreOne() throws {
        let both = request("Action=DescribeImages&RegionId=a&ImageName=n") {
            $0.method = "POST"
            $0.headers.append(
                HTTPHeader("content-type", "application/x-www-form-urlencoded; charset=UTF-8"))
            $0.body = Array("Version=2014-05-26&AccessKeyId=t&RegionId=b+c".utf8)
        }
        guard case .image(.describeImages(let read)) = try gateway().read(both).request else {
            Issue.record("another request")
            return
        }
        #expect(read.regionID == "b c" && read.imageName == "n")
    }

    @Test(arguments: [
        ("", "MissingParameter", "Action", 400),
        ("Version=2014-05-26", "MissingParameter", "Action", 400),
        ("Action=DescribeImages", "MissingParameter", "Version", 400),
        ("Action=DescribeImages&Version=", "MissingParameter", "Version", 400),
        ("Action=DescribeImages&Version=2016-01-01", "InvalidVersion", "Version", 400),
        ("Action=describeimages&Version=2014-05-26", "InvalidAction.NotFound", "Action", 404),
        ("Action=RegisterInstance&Version=2014-05-26", "InvalidAction.NotFound", "Action", 404),
        ("Action=SetClock&Version=2014-05-26", "InvalidAction.NotFound", "Action", 404),
        ("Action=DescribeImages&Version=2014-05-26", "MissingParameter", "AccessKeyId", 400),
        (common + "%20x", "InvalidAccessKeyId.NotFound", "AccessKeyId", 404),
        (common + "&AccessKeyId=ci", "InvalidAccessKeyId.NotFound", "AccessKeyId", 404),
        (common + "&PageSize=x", "InvalidParameter", "PageSize", 400),
        (common + "&Tag.1.Key=%zz", "InvalidParameter", "Tag.1.Key", 400),
        (common + "&ImageName=%ff", "InvalidParameter", "ImageName", 400),
    ])
    func whatIsMissingOrWrong(query: String, code: String, parameter: String, status: Int32) throws
    {
        let error = try refusal(request(query))
        #expect(error.code.rawValue == code && error.httpStatus == status)
        #expect(error.parameter == parameter)
    }

    @Test func ramUsersAreForTests() throws {
        let error = try refusal(request(Self.common + "/alice"), fixture: false)
        #expect(error.code.rawValue == "InvalidAccessKeyId.NotFound")
    }

    // MARK: Signatures

    private func signed(_ signature: String) -> HTTPRequest {
        request(
            "Action=CreateImage&Format=json&Version=2014-05-26&Timestamp=2026-01-01T00%3A00%3A00Z"
                + "&SignatureNonce=00000000000000000000000000000001&RegionId=cn-hangzhou"
                + "&ImageName=%E6%B5%8B%E8%AF%95%20Image&InstanceId=i-bp1g6zv0ce8oghu70000"
                + "&Tag.1.Key=k1&Tag.1.Value=&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0"
                + "&AccessKeyId=testid&Signature=\(signature)"
        ) { $0.method = "POST" }
    }

    @Test func aKeyOfTheConfigurationIsChecked() throws {
        let gateway = HTTPGateway(
            hasFixture: true,
            accessKeys: ["testid": AccessKey(accountID: "ci", secret: "testsecret")])
        let call = try gateway.read(signed("PvVhuSlQOv3A9%2FiEpqnZgjAwz5s%3D"))
        #expect(call.accountID == "ci")
        for wrong in ["", "PvVhuSlQOv3A9%2FiEpqnZgjAwz5t%3D", "x"] {
            let error = try #require(throws: HTTPRefusal.self) {
                try gateway.read(signed(wrong))
            }.error
            #expect(error.code.rawValue == "SignatureDoesNotMatch" && error.httpStatus == 400)
            #expect(error.message.contains("server string to sign is:POST&%2F&AccessKeyId%3D"))
        }
        let unsigned = try #require(throws: HTTPRefusal.self) {
            try gateway.read(request(Self.common + "&AccessKeyId=testid"))
        }.error
        #expect(unsigned.code.rawValue == "IncompleteSignature")
    }

    // MARK: Paths and methods

    @Test(
        arguments: [
            ("GET", "/x", 404), ("GET", "//", 404), ("GET", "/_imaged", 404),
            ("GET", "/_imaged/", 404),
            ("GET", "/_imaged/x", 404), ("GET", "/_imaged/Watch", 404),
            ("POST", "/_imaged/Cancel", 404),
            ("POST", "/_imaged/CreateImage", 404), ("GET", "/_imaged/Health", 405),
            ("POST", "/_imaged/metrics", 405), ("GET", "/_imaged/Metrics", 405),
            ("POST", "/_imaged/health", 405), ("GET", "/_imaged/SetClock", 405), ("HEAD", "/", 405),
            ("PUT", "/", 405), ("OPTIONS", "/", 405), ("TRACE", "/", 405), ("get", "/", 405),
        ] as [(String, String, Int32)])
    func whatIsNotThere(method: String, path: String, status: Int32) throws {
        let refusal = try #require(throws: HTTPRefusal.self) {
            try gateway().read(
                request(Self.common) {
                    $0.method = method
                    $0.path = path
                })
        }
        #expect(refusal.error.httpStatus == status)
        #expect(refusal.headers.contains { $0.name == "Allow" } == (status == 405))
    }

    @Test func ourOwnOperations() throws {
        func own(_ path: String, _ body: String = "", _ query: String = "") -> HTTPRequest {
            request(query) {
                $0.method = path == "health" ? "GET" : "POST"
                $0.path = "/_imaged/" + path
                $0.body = Array(body.utf8)
            }
        }
        let health = try gateway(false).read(own("health"))
        #expect(health.entry.name == "Health" && health.accountID == "default")
        let limits = try gateway().read(
            own("SetLimits", "{\"limit\":[{\"name\":\"Images\",\"value\":\"3\"}]}", "AccountId=t"))
        #expect(limits.accountID == "t" && limits.keyRule == .opens)
        guard case .fixture(.setLimits(let read)) = limits.request else {
            Issue.record("\(limits.request)")
            return
        }
        #expect(read.limit.map(\.value) == [3])
        // The service Daemon is always there; Fixture is not.
        let wait = own("WaitForImage", "{\"imageId\":\"m-1\"}")
        #expect(try gateway(false).read(wait).keyRule == .none)
        let missing = try refusal(own("SetLimits"), fixture: false)
        #expect(missing.httpStatus == 404 && missing.hint.contains("--fixture"))
        #expect(try refusal(own("SetLimits", "{")).parameter == "Body")
        #expect(try refusal(own("SetLimits", "", "AccountId=-x")).parameter == "AccountId")
    }

    @Test func browsersAreNoClients() throws {
        for name in ["origin", "sec-fetch-site"] {
            let error = try refusal(
                request(Self.common) { $0.headers.append(HTTPHeader(name, "http://evil")) })
            #expect(error.httpStatus == 403)
        }
    }
}
