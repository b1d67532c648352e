import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// What a response looks like in a kind of JSON, said once more: by Foundation's objects.
private struct Expectation: FieldVisitor {
    let style: JSONWriter.Style
    var members: [String: Any] = [:]

    /// As the models of the SDK name them.
    static let elements = [
        "Images": "Image", "Items": "Item", "DiskDeviceMappings": "DiskDeviceMapping",
        "Tags": "Tag", "Accounts": "Account", "Snapshots": "Snapshot",
        "InstanceIdSets": "InstanceIdSet", "Instances": "Instance",
        "OperationLocks": "LockReason", "InstanceStatuses": "InstanceStatus",
        "InstanceResponses": "InstanceResponse", "Disks": "Disk", "TagResources": "TagResource",
        "Regions": "Region",
    ]

    static func object<M: Message>(_ message: M, _ style: JSONWriter.Style) -> [String: Any] {
        var expectation = Expectation(style: style)
        var message = message
        try? message.visit(&expectation)
        return expectation.members
    }

    private mutating func put(_ name: StaticString, _ value: Any) {
        let name = "\(name)"
        members[style == .proto ? camel(name) : name] = value
    }

    private mutating func putList(_ name: StaticString, _ values: [Any]) {
        guard style == .ecs else {
            if style == .fields || !values.isEmpty { put(name, values) }
            return
        }
        guard let element = Self.elements["\(name)"] else {
            Issue.record("no list \(name) in ECS")
            return
        }
        put(name, [element: values])
    }

    /// The .proto file's name, in lowerCamelCase.
    private func camel(_ name: String) -> String {
        var text = name
        for (from, to) in [
            ("OSS", "Oss"), ("OS", "Os"), ("KMS", "Kms"), ("SN", "Sn"), ("URL", "Url"),
        ] { text = text.replacing(from, with: to) }
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    private func isLeftOut(_ number: UInt32, _ name: StaticString, _ isZero: Bool) -> Bool {
        switch style {
        case .fields: false
        case .proto: isZero
        case .ecs: isZero && (number >= 1000 || "\(name)" == "NextToken")
        }
    }

    private func long(_ value: Int64) -> Any { style == .ecs ? value : "\(value)" }

    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) {
        // An integer to the SDKs.
        if style == .ecs && "\(name)" == "ImageOwnerId" {
            if let id = Int64(value) { put(name, id) }
        } else if !isLeftOut(number, name, value.isEmpty) {
            put(name, value)
        }
    }
    mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) { if let value { put(name, value) } }
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { putList(name, value) }
    mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) {
        if !isLeftOut(number, name, value.isEmpty) {
            put(name, Data(value).base64EncodedString())
        }
    }
    mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { if !isLeftOut(number, name, !value) { put(name, value) } }
    mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) { if let value { put(name, value) } }
    mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) { if !isLeftOut(number, name, value == 0) { put(name, value) } }
    mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { if let value { put(name, value) } }
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) { if !isLeftOut(number, name, value == 0) { put(name, long(value)) } }
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { if let value { put(name, long(value)) } }
    mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { putList(name, value.map(long)) }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) { if let value { put(name, Self.object(value, style)) } }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) { putList(name, value.map { Self.object($0, style) }) }
}

@Suite struct JSONTests {
    private static let ecs = Operations.ecs.map(OperationCase.init)
    private static let own = (Operations.daemon + Operations.fixture).map(OperationCase.init)

    private func sorted(_ object: Any) throws -> String {
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }

    private func check<M: Message>(_ message: M, _ style: JSONWriter.Style) throws {
        for isIndented in [false, true] {
            let bytes = JSONWriter.bytes(of: message, style, isIndented: isIndented)
            let read = try JSONSerialization.jsonObject(with: Data(bytes))
            #expect(try sorted(read) == sorted(Expectation.object(message, style)))
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("\n") == (isIndented && text != "{}"))
            _ = try JSONReader.read(text)
        }
    }

    private func checkAll<M: Message>(_ type: M.Type, _ styles: [JSONWriter.Style]) throws {
        for style in styles {
            for message in [M(), SampleFiller.full(type)] + SampleFiller.singles(type) {
                try check(message, style)
            }
        }
    }

    /// Each field of each response, at any depth.
    @Test(arguments: ecs) func answersOfECS(_ one: OperationCase) throws {
        func check<O: ECS.Operation>(_ operation: O.Type) throws {
            try checkAll(O.Response.self, [.ecs, .fields])
        }
        try one.run { try check($0) }
    }

    @Test(arguments: own) func ownOperations(_ one: OperationCase) throws {
        func check<O: ECS.Operation>(_ operation: O.Type) throws {
            try checkAll(O.Response.self, [.proto, .fields])
            try checkAll(O.Request.self, [.proto, .fields])
            // And back again.
            let full = SampleFiller.full(O.Request.self)
            for request in [full, O.Request()] + SampleFiller.singles(O.Request.self) {
                for style in [JSONWriter.Style.proto, .fields] {
                    let bytes = JSONWriter.bytes(of: request, style)
                    #expect(try JSONFiller.fill(O.Request.self, bytes) == request)
                }
            }
        }
        try one.run { try check($0) }
    }

    /// The Terraform provider takes an answer with a `Code` at its top for an error.
    @Test(arguments: ecs) func noSuccessHasACode(_ one: OperationCase) throws {
        func check<O: ECS.Operation>(_ operation: O.Type) throws {
            let response = SampleFiller.full(O.Response.self)
            let members = Expectation.object(response, .ecs)
            #expect(members["Code"] == nil && members["Success"] == nil)
            #expect(members["RequestId"] is String)
        }
        try one.run { try check($0) }
    }

    @Test func anOwnerThatIsANumberIsOne() throws {
        func owner(_ id: String) throws -> String? {
            let image = Image.with { $0.imageOwnerID = id }
            let text = String(decoding: JSONWriter.bytes(of: image, .ecs), as: UTF8.self)
            return text.firstMatch(of: /"ImageOwnerId":([^,]*)/).map { String($0.1) }
        }
        #expect(try owner("123456789012345678") == "123456789012345678")
        #expect(try owner("ci") == nil)
        #expect(try owner("-1") == nil)
    }

    // MARK: Reading

    private func limits(_ text: String) throws -> SetLimitsRequest {
        try JSONFiller.fill(SetLimitsRequest.self, Array(text.utf8))
    }

    @Test func allSpellingsAreOne() throws {
        let expected = AddFaultRuleRequest.with { $0.holdMilliseconds = 5 }
        for text in [
            "{\"holdMilliseconds\":5}", "{\"hold_milliseconds\":\"5\",\"code\":null}",
            "{\"HoldMilliseconds\" : 5 , \"Times\" : null}",
        ] {
            let read = try JSONFiller.fill(AddFaultRuleRequest.self, Array(text.utf8))
            #expect(read == expected, "\(text)")
        }
        #expect(try limits("") == SetLimitsRequest())
        #expect(try limits(" {} ") == SetLimitsRequest())
    }

    @Test(arguments: [
        ("{\"nobody\":1}", "nobody"), ("{\"limit\":{}}", "Limit"), ("{\"limit\":[1]}", "Limit.1"),
        ("{\"limit\":[{},{\"name\":1}]}", "Limit.2.Name"),
        ("{\"limit\":[{\"value\":\"x\"}]}", "Limit.1.Value"),
        ("{\"limit\":[{\"value\":1.5}]}", "Limit.1.Value"),
        ("{\"limit\":[{\"value\":true}]}", "Limit.1.Value"),
        ("{\"limit\":[{\"other\":1}]}", "Limit.1.other"),
        ("{\"limit\":[],\"Limit\":[]}", "Limit"), ("[]", "Body"), ("{", "Body"), ("\u{ff}", "Body"),
    ])
    func whatIsWrongIsNamed(text: String, parameter: String) throws {
        let error = #expect(throws: ECSError.self) { try limits(text) }
        #expect(error?.code.rawValue == "InvalidParameter" && error?.parameter == parameter)
        #expect(!(error?.hint.isEmpty ?? true))
    }
}
