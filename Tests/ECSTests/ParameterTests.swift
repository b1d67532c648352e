import ECS
import TestSupport
import Testing
import Wire

/// The mapping from HTTP's parameters to the wire's requests.
@Suite struct ParameterTests {
    private static let cases = Operations.ecs.map(OperationCase.init)

    /// Each field of each request, at any depth, can be given and arrives as the wire has it.
    @Test(arguments: cases) func everyFieldArrives(_ one: OperationCase) throws {
        try one.run { operation in try self.everyFieldArrives(operation) }
    }

    private func everyFieldArrives<O: ECS.Operation>(_ operation: O.Type) throws {
        let full = SampleFiller.full(O.Request.self)
        for request in [full, O.Request()] + SampleFiller.singles(O.Request.self) {
            // The same in any order.
            for fields in [
                ParameterWriter.fields(of: request), ParameterWriter.fields(of: request).reversed(),
            ] {
                #expect(try ParameterFiller.fill(O.Request.self, Parameters(fields)) == request)
            }
        }
        let names = ParameterWriter.fields(of: full).map(\.name)
        #expect(Set(names).count == names.count)
    }

    private func create(_ fields: KeyValuePairs<String, String>) throws -> CreateImageRequest {
        try ParameterFiller.fill(
            CreateImageRequest.self,
            Parameters(fields.map { (name: $0.key, value: $0.value) }))
    }

    @Test func whatClientsSendForNothing() throws {
        let nothing: KeyValuePairs = [
            "RegionId": "", "DryRun": "", "Features.ImdsSupport": "", "OwnerId": "1",
            "ResourceOwnerAccount": "x", "SecurityToken": "t", "regionid": "cn", "Nobody": "",
            "Tag": "", "Tag.": "", "Tag.x.Key": "k", "Tag.0.Key": "k", "Tag.01.Key": "k",
            "Tag.-1.Key": "k", "a.b.c.d.e.f.g.h.i.j.k": "deep", "": "", ".": "",
        ]
        #expect(try create(nothing) == CreateImageRequest())
        let mapping = try create([
            "DiskDeviceMapping.1.Size": "0", "DiskDeviceMapping.1.SnapshotId": "s-1",
            "DiskDeviceMapping.1.Device": "",
        ]).diskDeviceMapping
        #expect(mapping == [.with { $0.snapshotID = "s-1" }])
    }

    @Test func listsMayHaveGaps() throws {
        let tags = try create([
            "Tag.9.Key": "c", "Tag.2.Value": "", "Tag.10.Key": "d", "Tag.2.Key": "a",
        ]).tag
        #expect(
            tags == [
                .with {
                    $0.key = "a"
                    $0.value = ""
                }, .with { $0.key = "c" }, .with { $0.key = "d" },
            ])
        let stop = try ParameterFiller.fill(
            StopInstancesRequest.self,
            Parameters([
                (name: "InstanceId.3", value: "b"), (name: "InstanceId.1", value: "a"),
                (name: "InstanceId.2", value: ""),
            ]))
        #expect(stop.instanceID == ["a", "b"])
    }

    @Test func theLastOfANameCounts() throws {
        #expect(try create(["RegionId": "a", "RegionId": "b"]).regionID == "b")
    }

    @Test func anEmptyArrayMatchesNothing() throws {
        func ids(_ value: String) throws -> [String] {
            try ParameterFiller.fill(
                DescribeDisksRequest.self, Parameters([("DiskIds", value)])
            ).diskIDs
        }
        #expect(try ids("[]") == [""])
        #expect(try ids(" [ \"a\" , \"b\" ] ") == ["a", "b"])
        #expect(try ids("") == [])
        for wrong in ["d-1", "[1]", "{}", "[\"a\"", "\"a\""] {
            #expect { try ids(wrong) } throws: { ($0 as? ECSError)?.parameter == "DiskIds" }
        }
    }

    @Test(arguments: [
        ("DiskDeviceMapping.1.Size", "abc"), ("DiskDeviceMapping.1.Size", "1.5"),
        ("DiskDeviceMapping.1.Size", "+1"), ("DiskDeviceMapping.1.Size", "-"),
        ("DiskDeviceMapping.1.Size", "0x10"), ("DryRun", "yes"), ("DryRun", "1"),
    ])
    func aWrongTypeIsNamed(name: String, value: String) throws {
        let error = #expect(throws: ECSError.self) {
            _ = try ParameterFiller.fill(CreateImageRequest.self, Parameters([(name, value)]))
        }
        #expect(error?.code.rawValue == "InvalidParameter" && error?.httpStatus == 400)
        #expect(error?.parameter == name)
        #expect(error?.hint.hasSuffix("is right.") ?? false)
    }

    /// Then the rules of the operation judge it.
    @Test func aNumberThatDoesNotFitIsTheLargestOrSmallest() throws {
        func size(_ text: String) throws -> Int32? {
            try create(["DiskDeviceMapping.1.Size": text]).diskDeviceMapping.first?.size
        }
        #expect(try size("99999999999999999999") == .max)
        #expect(try size("-2147483649") == .min)
        #expect(try size("0000000000000000040") == 40)
        #expect(try size("-5") == -5)
    }

    @Test func aHostOfParametersIsLookedUpAtOnce() throws {
        let many: [(name: String, value: String)] =
            (1...2000).map { ("Tag.\($0).Key", "k") } + (1...2000).map { ("x\($0).y", "z") }
        let request = try ParameterFiller.fill(CreateImageRequest.self, Parameters(many))
        #expect(request.tag.count == 2000)
    }
}

/// An operation as a test's argument.
struct OperationCase: CustomTestStringConvertible, Sendable {
    let operation: any ECS.Operation.Type
    init(_ operation: any ECS.Operation.Type) { self.operation = operation }
    var testDescription: String { operation.name }

    func run(_ body: (any ECS.Operation.Type) throws -> Void) rethrows { try body(operation) }
}
