import Testing

@testable import ECS

/// V1 of the operations on instances and disks, where the catalog's tests do not come.
struct MachineSyntaxTests {
    private func texts(_ errors: [ECSError]) -> [String] {
        errors.map { "\($0.code) \($0.parameter)" }
    }

    @Test(
        arguments: [
            ("cn-hangzhou-a", true), ("cn-hangzhou-z", true), ("cn-hangzhou", false),
            ("cn-hangzhou-", false), ("cn-hangzhou-A", false), ("cn-hangzhou-aa", false),
            ("cn-hangzhoua", false), ("cn-hangzhou_a", false), ("us-west-1-a", false), ("", false),
            // Looks like the region's name, and is another.
            ("cn-hangzhou-a\u{301}", false),
        ] as [(String, Bool)])
    func zones(zoneID: String, isOne: Bool) {
        #expect(Values.isZone(zoneID, in: "cn-hangzhou") == isOne)
    }

    @Test func everythingWrongWithRunInstancesComesInItsOrder() {
        var request = RunInstancesRequest()
        request.clientToken = "é"
        request.instanceName = "1"
        request.amount = 0
        request.instanceType = String(repeating: "é", count: 65)
        request.zoneID = "anything"
        request.httpTokens = "1"
        var system = SystemDisk()
        system.category = "1"
        system.diskName = "1"
        system.description = "1"
        system.kmsKeyID = "k"
        request.systemDisk = system
        var tag = RequestTag()
        tag.value = "acs:"
        request.tag = [tag]
        var data = DataDisk()
        data.category = "cloud"
        data.size = 4
        data.device = "/dev/xvda"
        request.dataDisk = [data]
        #expect(
            texts(request.syntaxErrors(tagsMax: 0)) == [
                // Without its region nothing is said of the zone.
                "MissingParameter RegionId", "MissingParameter ImageId",
                "InvalidClientToken.Malformed ClientToken", "InvalidParameter InstanceName",
                "InvalidParameter Amount", "InvalidParameter InstanceType",
                "InvalidParameter HttpTokens", "InvalidParameter SystemDisk.Category",
                "InvalidParameter SystemDisk.DiskName",
                "InvalidDescription.Malformed SystemDisk.Description",
                "InvalidParameter.EncryptedIllegal SystemDisk.Encrypted",
                "InvalidTagKey.Malformed Tag.1.Key", "InvalidTagValue.Malformed Tag.1.Value",
                "QuotaExceed.Tags Tag", "InvalidParameter DataDisk.1.Device",
                "InvalidParameter DataDisk.1.Size",
            ])
    }

    @Test func aPathOfADiskNeedsADeviceOfItsOwn() {
        var request = RunInstancesRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = "m-1"
        request.diskPath = [
            ("/dev/xvda", "/a"), ("/dev/xvdb", "/b"), ("/dev/xvda", "/c"), ("/dev/sda", "/d"),
            ("", "/e"), ("/dev/xvdc", ""),
        ].map { device, path in
            var disk = DiskPath()
            disk.device = device
            disk.path = path
            return disk
        }
        #expect(
            texts(request.syntaxErrors(tagsMax: 20)) == [
                "InvalidParameter DiskPath.3.Device", "InvalidParameter DiskPath.4.Device",
                "MissingParameter DiskPath.5.Device", "MissingParameter DiskPath.6.Path",
            ])
    }

    @Test func aSizeOfASnapshotIsNotJudgedByItsText() {
        var request = RunInstancesRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = "m-1"
        var data = DataDisk()
        data.size = 1
        data.snapshotID = "s-1"
        request.dataDisk = [data]
        #expect(request.syntaxErrors(tagsMax: 20).isEmpty)
    }

    @Test func aFaultRuleCanAnswerTheirErrors() {
        #expect(ECSError.ofCode["DiskStillAttached"] == .diskStillAttached)
        // A code that CreateImage has keeps its meaning there.
        #expect(ECSError.ofCode["IncorrectInstanceStatus"] == .incorrectInstanceStatus)
    }
}
