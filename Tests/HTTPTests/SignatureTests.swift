import HTTP
import Testing

/// Signatures as the official Python library makes them, with the secret `testsecret`.
@Suite struct SignatureTests {
    private static let emptyDigest =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    private static func version3(
        _ change: (inout HTTPRequest) -> Void = { _ in }
    ) -> HTTPRequest {
        var request = HTTPRequest()
        request.method = "POST"
        request.path = "/"
        request.query =
            "DryRun=True&ImageName=%E6%B5%8B%E8%AF%95%20Image&InstanceId=i-bp1g6zv0ce8oghu70000"
            + "&RegionId=cn-hangzhou&Tag.1.Key=k1&Tag.1.Value="
        let names =
            "accept;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;"
            + "x-acs-version"
        request.headers = [
            HTTPHeader("host", "127.0.0.1:18080"), HTTPHeader("accept", "application/json"),
            HTTPHeader("x-acs-action", "CreateImage"),
            HTTPHeader("x-acs-content-sha256", emptyDigest),
            HTTPHeader("x-acs-date", "2026-01-01T00:00:00Z"),
            HTTPHeader("x-acs-signature-nonce", "00000000000000000000000000000001"),
            HTTPHeader("x-acs-version", "2014-05-26"), HTTPHeader("unsigned", "x"),
            HTTPHeader(
                "authorization",
                "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=\(names),Signature="
                    + "6d38c5cfc2e0dfc590cf85b14d028ad0cde08ab7b1a36cf8cfd944534b372e9d"),
        ]
        change(&request)
        return request
    }

    private static let fields1: [(String, String)] = [
        ("Action", "CreateImage"), ("Format", "json"), ("Version", "2014-05-26"),
        ("Timestamp", "2026-01-01T00:00:00Z"),
        ("SignatureNonce", "00000000000000000000000000000001"), ("RegionId", "cn-hangzhou"),
        ("ImageName", "测试 Image"), ("InstanceId", "i-bp1g6zv0ce8oghu70000"),
        ("Tag.1.Key", "k1"), ("Tag.1.Value", ""), ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"), ("AccessKeyId", "testid"),
        ("Signature", "PvVhuSlQOv3A9/iEpqnZgjAwz5s="),
    ]

    private func check3(
        _ request: HTTPRequest, secret: String = "testsecret"
    ) throws -> Signature.Verdict {
        let fields = try Form.fields(request.query.utf8)
        let signature = try #require(Signature.read(request, fields))
        #expect(signature.accessKeyID == "testid")
        return signature.check(secret: secret, request, queryFields: fields, formFields: [])
    }

    @Test func version3IsChecked() throws {
        #expect(try check3(Self.version3()) == .right)
        guard case .wrong(let text) = try check3(Self.version3(), secret: "other") else {
            Issue.record("another secret is right")
            return
        }
        #expect(
            text == "ACS3-HMAC-SHA256\n"
                + "24d081afdd27b21b51e3501f52d4257c3d3f3e5c4936a55f9ce376c412a659e4")
    }

    @Test func whatVersion3CoversCounts() throws {
        let changes: [(inout HTTPRequest) -> Void] = [
            { $0.method = "GET" }, { $0.path = "/x" }, { $0.query += "&a=b" },
            { $0.headers[0] = HTTPHeader("host", "127.0.0.1:1") },
            { $0.headers[1] = HTTPHeader("accept", "*/*") },
            { $0.headers[4] = HTTPHeader("x-acs-date", "2026-01-02T00:00:00Z") },
        ]
        for change in changes {
            guard case .wrong = try check3(Self.version3(change)) else {
                Issue.record("a change of the request is not seen")
                continue
            }
        }
        // What is not signed may change; the order of the query, too.
        #expect(try check3(Self.version3 { $0.headers[7] = HTTPHeader("unsigned", "y") }) == .right)
        let turned = Self.version3 {
            $0.query = $0.query.split(separator: "&").reversed().joined(separator: "&")
        }
        #expect(try check3(turned) == .right)
    }

    @Test func aBodyThatIsAnotherIsSeen() throws {
        guard case .incomplete = try check3(Self.version3 { $0.body = [0x61] }) else {
            Issue.record("a body that was not signed is right")
            return
        }
        let sm3 = Self.version3 {
            $0.headers[8] = HTTPHeader(
                "authorization", "ACS3-HMAC-SM3 Credential=testid,SignedHeaders=,Signature=a")
        }
        guard case .incomplete = try check3(sm3) else {
            Issue.record("an algorithm that is not known is right")
            return
        }
    }

    @Test func version1IsChecked() throws {
        var request = HTTPRequest()
        request.method = "POST"
        let fields = Self.fields1.map { FormField($0.0, $0.1) }
        let signature = try #require(Signature.read(request, fields))
        #expect(signature.accessKeyID == "testid")
        // Parameters may stand in either place, in any order.
        for split in 0...fields.count {
            let verdict = signature.check(
                secret: "testsecret", request, queryFields: Array(fields[split...]),
                formFields: Array(fields[..<split]))
            #expect(verdict == .right)
        }
        guard
            case .wrong(let text) = signature.check(
                secret: "testsecreT", request, queryFields: fields, formFields: [])
        else {
            Issue.record("another secret is right")
            return
        }
        #expect(text.hasPrefix("POST&%2F&AccessKeyId%3Dtestid%26Action%3DCreateImage%26Format%3D"))
        #expect(text.contains("ImageName%3D%25E6%25B5%258B%25E8%25AF%2595%2520Image%26"))
    }

    @Test func whatVersion1CoversCounts() throws {
        var request = HTTPRequest()
        request.method = "POST"
        let fields = Self.fields1.map { FormField($0.0, $0.1) }
        for place in fields.indices where fields[place].name != "Signature" {
            var changed = fields
            changed[place] = FormField(fields[place].name, fields[place].value + "x")
            let signature = try #require(Signature.read(request, changed))
            let verdict = signature.check(
                secret: "testsecret", request, queryFields: changed, formFields: [])
            #expect(verdict != .right, "\(fields[place].name) may be another")
        }
        request.method = "GET"
        let signature = try #require(Signature.read(request, fields))
        let verdict = signature.check(
            secret: "testsecret", request, queryFields: fields, formFields: [])
        #expect(verdict != .right)
    }

    @Test(arguments: [
        "", "Bearer x", "ACS3-HMAC-SHA256", "ACS3-HMAC-SHA256 ", "ACS3-HMAC-SHA256 Signature=a",
        "ACS3-HMAC-SHA256 Credential=,Signature=a",
    ])
    func whatIsNoSignatureNamesNobody(text: String) {
        var request = HTTPRequest()
        request.headers = [HTTPHeader("authorization", text)]
        #expect(Signature.read(request, [FormField("AccessKeyId", "")]) == nil)
    }
}
