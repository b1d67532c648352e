import Foundation
import TestSupport
import Testing

/// The calls that real programs make around CreateImage, in their order and as they travel: Packer's
/// builder, Terraform's `alicloud_image` and BOSH's CPI. Polling moves an account's own clock on
/// instead of waiting.
@Suite struct ReplayTests {
    /// A program: its account, and its way of writing requests.
    private final class Program {
        let http: TestHTTP
        let key: String
        private let daemon: TestDaemon
        /// Parameters that it sends with every call, set or not.
        let always: [(String, String)]
        let asForm: Bool

        init(_ key: String, always: [(String, String)] = [], asForm: Bool = false) throws {
            daemon = try TestDaemon(
                "", ["--ephemeral", "--http", "0"], fixture: true, dataPath: "")
            http = try daemon.http()
            self.key = key
            self.always = always
            self.asForm = asForm
            #expect(try http.own("SetClock", "{\"isFrozen\":true}", account: key).status == 200)
        }

        func call(
            _ action: String, _ parameters: KeyValuePairs<String, String> = [:]
        ) throws -> TestHTTP.Answer {
            let fields =
                [("RegionId", "cn-hangzhou"), ("Format", "JSON"), ("SignatureVersion", "1.0")]
                + always + parameters.map { ($0.key, $0.value) }
            let named = fields.map { (name: $0.0, value: $0.1) }
            try http.send(TestHTTP.request(action, named, key: key, asForm: asForm))
            return try http.answer()
        }

        func success(
            _ action: String, _ parameters: KeyValuePairs<String, String> = [:],
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws -> TestHTTP.Answer {
            let answer = try call(action, parameters)
            #expect(
                answer.status == 200, "\(action): \(answer)", sourceLocation: sourceLocation)
            #expect(answer.json["Code"] == nil, sourceLocation: sourceLocation)
            return answer
        }

        /// Asks again and again, `seconds` apart by the account's clock, until `found`.
        func poll(
            _ action: String, every seconds: Int, _ parameters: KeyValuePairs<String, String>,
            until found: (TestHTTP.Answer) -> Bool
        ) throws -> TestHTTP.Answer {
            for _ in 0..<20 {
                let answer = try success(action, parameters)
                if found(answer) { return answer }
                let moved = try http.own(
                    "AdvanceClock", "{\"seconds\":\(seconds)}", account: key)
                #expect(moved.status == 200, "\(moved)")
            }
            Issue.record("\(action) shows after 20 times not what is waited for")
            return try call(action, parameters)
        }
    }

    private func first(_ answer: TestHTTP.Answer, _ list: String, _ element: String)
        -> [String: Any]
    {
        answer.list(list, element).first ?? [:]
    }

    private func snapshots(_ image: [String: Any]) -> [String] {
        let list = image["DiskDeviceMappings"] as? [String: Any]
        let mappings = list?["DiskDeviceMapping"] as? [[String: Any]] ?? []
        // The Go SDK's model has a string here.
        #expect(mappings.allSatisfy { $0["Size"] is String })
        return mappings.compactMap { $0["SnapshotId"] as? String }
    }

    /// The Go SDK sends every field of a request model, empty ones too.
    private static let packersFields = [
        ("OwnerId", ""), ("OwnerAccount", ""), ("ResourceOwnerId", ""),
        ("ResourceOwnerAccount", ""), ("DryRun", ""), ("ClientToken", ""),
    ]

    @Test func packersBuilder() throws {
        let packer = try Program("packer", always: Self.packersFields)
        let regions = try packer.success("DescribeRegions").list("Regions", "Region")
        #expect(regions.contains { $0["RegionId"] as? String == "cn-hangzhou" })
        let name: KeyValuePairs = ["ImageName": "packer-image"]
        #expect(try packer.success("DescribeImages", name).list("Images", "Image").isEmpty)
        let family = try packer.success(
            "DescribeImageFromFamily", ["ImageFamily": "acs:debian_12_x64"])
        let families = try packer.success("DescribeImages", ["ImageOwnerAlias": "system"])
        let source = try #require(
            families.list("Images", "Image").first { $0["Architecture"] as? String == "x86_64" })
        _ = family
        let run = try packer.success(
            "RunInstances",
            [
                "ImageId": source["ImageId"] as? String ?? "", "InstanceType": "ecs.g7.large",
                "InstanceName": "packer", "SecurityGroupId": "sg-1", "SystemDisk.Size": "40",
                "SystemDisk.Category": "cloud_essd", "DataDisk.1.Size": "50",
                "DataDisk.1.Category": "cloud_essd", "DataDisk.1.DeleteWithInstance": "true",
                "InternetMaxBandwidthOut": "5", "UserData": "",
            ])
        let sets = run.json["InstanceIdSets"] as? [String: [String]]
        let instance = try #require(sets?["InstanceIdSet"]?.first)
        func wait(for status: String) throws {
            _ = try packer.poll(
                "DescribeInstances", every: 5, ["InstanceIds": "[\"\(instance)\"]"]
            ) { first($0, "Instances", "Instance")["Status"] as? String == status }
        }
        try wait(for: "Running")
        for (action, status) in [
            ("StopInstance", "Stopped"), ("StartInstance", "Running"), ("StopInstance", "Stopped"),
        ] {
            _ = try packer.success(
                action, ["InstanceId": instance, "ForceStop": "false", "StoppedMode": ""])
            try wait(for: status)
        }
        let made = try packer.success(
            "CreateImage",
            [
                "InstanceId": instance, "ImageName": "packer-image", "ImageVersion": "1",
                "Description": "", "ResourceGroupId": "", "ImageFamily": "web", "BootMode": "",
                "ClientToken": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            ])
        let id = made.string("ImageId")
        let done = try packer.poll(
            "DescribeImages", every: 5,
            ["ImageId": id, "Status": "Waiting,Creating,CreateFailed,Available"]
        ) { first($0, "Images", "Image")["Status"] as? String == "Available" }
        let taken = snapshots(first(done, "Images", "Image"))
        #expect(taken.count == 2)
        for (type, resource) in [("image", id)] + taken.map({ ("snapshot", $0) }) {
            _ = try packer.success(
                "AddTags",
                [
                    "ResourceType": type, "ResourceId": resource, "Tag.1.Key": "by",
                    "Tag.1.Value": "packer",
                ])
        }
        // It shares always, even with nobody.
        _ = try packer.success("ModifyImageSharePermission", ["ImageId": id])
        _ = try packer.success("DeleteInstance", ["InstanceId": instance, "Force": "true"])
        let left = try packer.success("DescribeImages", ["ImageId": id])
        #expect(first(left, "Images", "Image")["IsCopied"] as? Bool == false)
    }

    /// From a snapshot, and over an image of the same name that is there already.
    @Test func packersBuilderOfASnapshot() throws {
        let packer = try Program("packer", always: Self.packersFields)
        let run = try packer.success(
            "RunInstances",
            ["ImageId": "m-0000000000linuxx8664", "InstanceType": "ecs.g7.large"])
        let sets = run.json["InstanceIdSets"] as? [String: [String]]
        let instance = try #require(sets?["InstanceIdSet"]?.first)
        let disks = try packer.poll(
            "DescribeDisks", every: 5, ["InstanceId": instance, "DiskType": "system"]
        ) { first($0, "Disks", "Disk")["Status"] as? String == "In_use" }
        let disk = first(disks, "Disks", "Disk")["DiskId"] as? String ?? ""
        _ = try packer.poll(
            "DescribeInstances", every: 5, ["InstanceIds": "[\"\(instance)\"]"]
        ) { first($0, "Instances", "Instance")["Status"] as? String == "Running" }
        for round in 1...2 {
            if round == 2 {
                let name: KeyValuePairs = ["ImageName": "again"]
                let old = first(try packer.success("DescribeImages", name), "Images", "Image")
                let oldID = old["ImageId"] as? String ?? ""
                _ = try packer.success("DeleteImage", ["ImageId": oldID, "Force": "true"])
                // It deletes them right behind the image.
                for snapshot in snapshots(old) {
                    _ = try packer.success("DeleteSnapshot", ["SnapshotId": snapshot])
                }
            }
            let taken = try packer.success("CreateSnapshot", ["DiskId": disk, "SnapshotName": ""])
                .string("SnapshotId")
            _ = try packer.poll(
                "DescribeSnapshots", every: 5, ["SnapshotIds": "[\"\(taken)\"]"]
            ) { first($0, "Snapshots", "Snapshot")["Status"] as? String == "accomplished" }
            let id = try packer.success("CreateImage", ["SnapshotId": taken, "ImageName": "again"])
                .string("ImageId")
            _ = try packer.poll(
                "DescribeImages", every: 5,
                ["ImageId": id, "Status": "Waiting,Creating,CreateFailed,Available"]
            ) { first($0, "Images", "Image")["Status"] as? String == "Available" }
        }
    }

    /// CreateFailed does not end Packer's wait, and ends Terraform's.
    @Test func aFailedImageIsSeen() throws {
        let program = try Program("failed")
        let id = try imageOfNewInstance(program)
        #expect(try program.http.own("FailJobs", account: "failed").status == 200)
        let failed = try program.success("DescribeImages", ["ImageId": id, "Status": "ALL"])
        let image = first(failed, "Images", "Image")
        #expect(image["Status"] as? String == "CreateFailed" && image["Usable"] as? Bool == false)
    }

    private func imageOfNewInstance(_ program: Program) throws -> String {
        let registered = try program.http.own(
            "RegisterInstance",
            "{\"regionId\":\"cn-hangzhou\",\"disk\":[{\"type\":\"system\",\"size\":40}]}",
            account: program.key)
        let instance = registered.string("instanceId")
        let create = try program.call(
            "CreateImage",
            [
                "InstanceId": instance, "ImageName": "tf", "Architecture": "x86_64",
                "Platform": "", "Description": "", "SnapshotId": "", "ResourceGroupId": "",
                "Tag.1.Key": "a", "Tag.1.Value": "b",
            ])
        #expect(create.status == 200, "\(create)")
        return create.string("ImageId")
    }

    @Test func terraformsImage() throws {
        let terraform = try Program("terraform", asForm: true)
        // A refusal that it tries again: any status of 500 and more.
        let rule =
            "{\"action\":\"fail\",\"operation\":\"CreateImage\",\"code\":\"ServiceUnavailable\"}"
        #expect(
            try terraform.http.own("AddFaultRule", rule, account: "terraform").status == 200)
        let refused = try terraform.call("CreateImage", ["SnapshotId": "s-1"])
        #expect(refused.status == 503 && refused.code == "ServiceUnavailable", "\(refused)")
        let id = try imageOfNewInstance(terraform)
        let done = try terraform.poll(
            "DescribeImages", every: 10, ["ImageId": id, "Status": "ALL"]
        ) { first($0, "Images", "Image")["Usable"] as? Bool == true }
        let image = first(done, "Images", "Image")
        #expect(image["Status"] as? String == "Available")
        // Update.
        _ = try terraform.success(
            "ModifyImageAttribute",
            ["ImageId": id, "ImageName": "tf2", "Description": "new", "ImageFamily": ""])
        let groupID = try terraform.http.own("CreateResourceGroup", account: "terraform")
            .string("resourceGroupId")
        #expect(groupID.hasPrefix("rg-"))
        _ = try terraform.success(
            "JoinResourceGroup",
            ["ResourceId": id, "ResourceType": "image", "ResourceGroupId": groupID])
        _ = try terraform.success(
            "TagResources",
            ["ResourceType": "image", "ResourceId.1": id, "Tag.1.Key": "c", "Tag.1.Value": ""])
        _ = try terraform.success(
            "UntagResources", ["ResourceType": "image", "ResourceId.1": id, "TagKey.1": "a"])
        let read = try terraform.poll(
            "DescribeImages", every: 5, ["ImageId": id, "Status": "ALL"]
        ) { first($0, "Images", "Image")["Description"] as? String == "new" }
        #expect(first(read, "Images", "Image")["ResourceGroupId"] as? String == groupID)
        // It reads pages for as long as there is a NextToken.
        let tags = try terraform.success(
            "ListTagResources", ["ResourceType": "image", "ResourceId.1": id, "NextToken": ""])
        #expect(tags.json["NextToken"] == nil)
        let keys = tags.list("TagResources", "TagResource").map { $0["TagKey"] as? String }
        #expect(keys == ["c"])
        // Delete.
        let taken = snapshots(first(read, "Images", "Image"))
        _ = try terraform.success("DeleteImage", ["ImageId": id, "Force": "false"])
        _ = try terraform.poll("DescribeImages", every: 5, ["ImageId": id, "Status": "ALL"]) {
            $0.list("Images", "Image").isEmpty
        }
        for snapshot in taken {
            _ = try terraform.success(
                "DeleteSnapshot", ["SnapshotId": snapshot, "Force": "true"])
        }
        let left = try terraform.success("DescribeSnapshots")
        #expect(left.list("Snapshots", "Snapshot").isEmpty)
    }

    @Test func boshsStemcell() throws {
        let bosh = try Program("bosh", always: [("OwnerId", ""), ("DryRun", "")])
        let source = try imageOfNewInstance(bosh)
        let available = { [self] (answer: TestHTTP.Answer) in
            first(answer, "Images", "Image")["Status"] as? String == "Available"
        }
        _ = try bosh.poll("DescribeImages", every: 10, ["ImageId": source], until: available)
        let copy = try bosh.success(
            "CopyImage",
            [
                "ImageId": source, "DestinationRegionId": "cn-beijing",
                "DestinationImageName": "stemcell", "Encrypted": "False",
            ]
        ).string("ImageId")
        let there: KeyValuePairs = ["RegionId": "cn-beijing", "ImageId": copy]
        let done = try bosh.poll("DescribeImages", every: 10, there, until: available)
        #expect(first(done, "Images", "Image")["IsCopied"] as? Bool == true)
        let taken = snapshots(first(done, "Images", "Image"))
        _ = try bosh.success("DeleteImage", there)
        _ = try bosh.poll("DescribeImages", every: 10, there) { $0.list("Images", "Image").isEmpty }
        for snapshot in taken {
            _ = try bosh.success(
                "DeleteSnapshot", ["RegionId": "cn-beijing", "SnapshotId": snapshot])
        }
    }

    /// Disks and snapshots; it tries again by a word in the error's text.
    @Test func boshsDisks() throws {
        let bosh = try Program("bosh")
        let rule =
            "{\"action\":\"fail\",\"operation\":\"CreateSnapshot\",\"code\":\"InternalError\"}"
        #expect(try bosh.http.own("AddFaultRule", rule, account: "bosh").status == 200)
        let registered = try bosh.http.own(
            "RegisterInstance",
            "{\"regionId\":\"cn-hangzhou\",\"disk\":[{\"type\":\"system\",\"size\":40}]}",
            account: "bosh")
        let instance = registered.string("instanceId")
        let disk = try bosh.success(
            "CreateDisk",
            [
                "ZoneId": "cn-hangzhou-a", "Size": "20", "DiskCategory": "cloud_essd",
                "DiskName": "data", "Encrypted": "false", "SnapshotId": "",
            ]
        ).string("DiskId")
        func wait(for status: String) throws {
            _ = try bosh.poll("DescribeDisks", every: 5, ["DiskIds": "[\"\(disk)\"]"]) {
                first($0, "Disks", "Disk")["Status"] as? String == status
            }
        }
        try wait(for: "Available")
        _ = try bosh.success("AttachDisk", ["InstanceId": instance, "DiskId": disk])
        try wait(for: "In_use")
        let refused = try bosh.call("CreateSnapshot", ["DiskId": disk])
        #expect(refused.status == 500 && refused.text.contains("InternalError"))
        let taken = try bosh.success("CreateSnapshot", ["DiskId": disk]).string("SnapshotId")
        _ = try bosh.poll("DescribeSnapshots", every: 5, ["SnapshotIds": "[\"\(taken)\"]"]) {
            first($0, "Snapshots", "Snapshot")["Status"] as? String == "accomplished"
        }
        _ = try bosh.success("DeleteSnapshot", ["SnapshotId": taken])
        _ = try bosh.success("DetachDisk", ["InstanceId": instance, "DiskId": disk])
        try wait(for: "Available")
        _ = try bosh.success("DeleteDisk", ["DiskId": disk])
        let left = try bosh.success("DescribeDisks", ["DiskIds": "[\"\(disk)\"]"])
        #expect(left.json["TotalCount"] as? Int == 0)
    }
}
