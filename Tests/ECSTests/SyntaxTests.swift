import Testing

@testable import ECS

/// V1 of the operations: the errors in their order, at the edges of numbers.
struct SyntaxTests {
    private func codes(_ errors: [ECSError]) -> [String] {
        errors.map { $0.parameter.isEmpty ? $0.code.rawValue : "\($0.code) \($0.parameter)" }
    }

    private func image(_ change: (inout CreateImageRequest) -> Void) -> [String] {
        var request = CreateImageRequest()
        request.regionID = "cn-hangzhou"
        request.instanceID = "i-1"
        change(&request)
        return codes(request.syntaxErrors(tagsMax: 20))
    }

    @Test func aPlainRequestHasNone() { #expect(image { _ in } == []) }

    @Test func absentAndEmptyAreTheSame() {
        #expect(
            image {
                $0.features = ImageRequestFeatures()
                $0.diskDeviceMapping = []
                $0.snapshotID = ""
            } == [])
        #expect(image { $0.instanceID = "" } == ["MissingParameter"])
    }

    @Test func everythingWrongComesInTheOrderOfTheStages() {
        let errors = image {
            $0.regionID = ""
            $0.clientToken = "é"
            $0.imageName = "1"
            $0.imageFamily = "1"
            $0.imageVersion = "é"
            $0.description = "1"
            $0.platform = "1"
            $0.bootMode = "1"
            $0.architecture = "1"
            $0.detectionStrategy = "1"
            $0.features = ImageRequestFeatures()
            $0.features?.imdsSupport = "1"
            var tag = RequestTag()
            tag.value = "acs:"
            $0.tag = [tag, tag]
        }
        #expect(
            errors == [
                "MissingParameter RegionId", "InvalidClientToken.Malformed ClientToken",
                "InvalidImageName.Malformed ImageName", "InvalidImageFamily.Malformed ImageFamily",
                "InvalidImageVersion.Malformed ImageVersion",
                "InvalidDescription.Malformed Description", "InvalidPlatform.Malformed Platform",
                "InvalidBootMode.Malformed BootMode", "InvalidArchitecture.Malformed Architecture",
                "InvalidDetectionStrategy.Malformed DetectionStrategy",
                "InvalidParameter.FeaturesImdsSupport Features.ImdsSupport",
                "InvalidTagKey.Malformed Tag.1.Key", "InvalidTagValue.Malformed Tag.1.Value",
                "InvalidTagKey.Malformed Tag.2.Key", "InvalidTagValue.Malformed Tag.2.Value",
                "Duplicate.TagKey Tag.2.Key",
            ])
    }

    @Test func mappingsCountOnlyWhereTheyAreTheSource() {
        let bad = DiskDeviceMapping()
        #expect(image { $0.diskDeviceMapping = [bad] } == [])
        let mapped = image {
            $0.instanceID = ""
            $0.diskDeviceMapping = [bad]
        }
        #expect(mapped == ["InvalidParameter.AllEmpty DiskDeviceMapping.1"])
    }

    @Test(arguments: [(Int32.min, false), (0, false), (1, true), (32768, true), (32769, false)])
    func sizesOfMappings(size: Int32, isRight: Bool) {
        let errors = image {
            $0.instanceID = ""
            var entry = DiskDeviceMapping()
            entry.size = size
            $0.diskDeviceMapping = [entry]
        }
        let wrong = ["InvalidSize.ValueNotSupported DiskDeviceMapping.1.Size"]
        #expect(errors == (isRight ? [] : wrong))
    }

    @Test func everyValueOfEveryEnumerationIsRightAsItIsWritten() {
        #expect(Values.platforms.count == 26)
        for platform in Values.platforms {
            #expect(image { $0.platform = platform } == [])
            let other =
                platform.uppercased() == platform
                ? platform.lowercased() : platform.uppercased()
            #expect(image { $0.platform = other } == ["InvalidPlatform.Malformed Platform"])
            #expect(image { $0.platform = " " + platform }.count == 1)
        }
        for mode in ["BIOS", "UEFI", "UEFI-Preferred"] {
            #expect(image { $0.bootMode = mode } == [])
        }
        for name in ["i386", "x86_64", "arm64"] { #expect(image { $0.architecture = name } == []) }
        #expect(image { $0.detectionStrategy = "Standard" } == [])
        // Equal as Strings, but not as written: the Kelvin sign is no K.
        #expect("\u{212A}ylin" == "Kylin")
        #expect(image { $0.platform = "\u{212A}ylin" } == ["InvalidPlatform.Malformed Platform"])
    }

    @Test func imageVersions() {
        #expect(image { $0.imageVersion = String(repeating: "v", count: 40) } == [])
        #expect(image { $0.imageVersion = String(repeating: "v", count: 41) }.count == 1)
        #expect(image { $0.imageVersion = "v1 ~!" } == [])
    }

    @Test func tagsAtTheirLimit() {
        func tags(_ count: Int) -> [RequestTag] {
            (0..<count).map { index in
                var tag = RequestTag()
                tag.legacyKey = "k\(index)"
                return tag
            }
        }
        #expect(image { $0.tag = tags(20) } == [])
        #expect(image { $0.tag = tags(21) } == ["QuotaExceed.Tags Tag"])
        // Only the first repeat is told; both spellings are one key.
        let repeated = image {
            $0.tag = tags(2) + tags(2)
            $0.tag[2].key = "k1"
        }
        #expect(repeated == ["Duplicate.TagKey Tag.3.Key"])
    }

    // MARK: CreateSnapshot

    private func snapshot(_ change: (inout CreateSnapshotRequest) -> Void) -> [String] {
        var request = CreateSnapshotRequest()
        request.diskID = "d-1"
        change(&request)
        return codes(request.syntaxErrors(tagsMax: 20))
    }

    @Test func snapshots() {
        #expect(snapshot { _ in } == [])
        #expect(snapshot { $0.diskID = "" } == ["MissingParameter DiskId"])
        for (days, isRight) in [(0, false), (1, true), (65536, true), (65537, false)] {
            let errors = snapshot { $0.retentionDays = Int32(days) }
            #expect(errors == (isRight ? [] : ["InvalidParameter RetentionDays"]))
        }
        for (category, count) in [("", 0), ("standard", 0), ("flash", 0), ("archive", 1)] {
            #expect(snapshot { $0.category = category }.count == count)
        }
        #expect(
            snapshot { $0.snapshotName = "auto1" } == ["InvalidSnapshotName.Malformed SnapshotName"]
        )
    }

    // MARK: RegisterInstance

    private func instance(_ disks: [RegisteredDisk]) -> [String] {
        var request = RegisterInstanceRequest()
        request.regionID = "cn-hangzhou"
        request.disk = disks
        return codes(request.syntaxErrors(tagsMax: 20))
    }

    private func disk(_ change: (inout RegisteredDisk) -> Void = { _ in }) -> RegisteredDisk {
        var disk = RegisteredDisk()
        disk.size = 40
        change(&disk)
        return disk
    }

    @Test func registeredDisks() {
        #expect(instance([disk()]) == [])
        #expect(instance([]) == ["MissingParameter Disk.1.Path"])
        #expect(instance(Array(repeating: disk(), count: 17)) == [])
        #expect(instance(Array(repeating: disk(), count: 18)) == ["InvalidParameter Disk"])
        let system = disk { $0.type = "system" }
        let data = disk { $0.type = "data" }
        #expect(instance([data, system]) == [] && instance([data, disk()]) == [])
        #expect(instance([system, system]) == ["InvalidParameter Disk"])
        #expect(instance([data]) == ["InvalidParameter Disk"])
        // Which one is the system disk decides which device is right.
        let first = disk { $0.device = "/dev/xvda" }
        #expect(instance([first]) == [])
        #expect(instance([first, system]) == ["InvalidParameter Disk.1.Device"])
        let second = disk { $0.device = "/dev/xvdb" }
        #expect(instance([second]) == ["InvalidParameter Disk.1.Device"])
        #expect(instance([system, second, second]) == ["InvalidParameter Disk.3.Device"])
    }

    @Test func pathsAndSizes() {
        func path(_ path: String, size: Int32? = nil) -> [String] {
            instance([
                disk {
                    $0.path = path
                    $0.size = size
                }
            ])
        }
        #expect(path("/disk") == [])
        #expect(path("disk") == ["InvalidParameter Disk.1.Path"])
        #expect(path("/disk", size: 40) == ["InvalidParameter Disk.1.Size"])
        #expect(path("/\u{0}") == ["InvalidParameter Disk.1.Path"])
        #expect(path("/" + String(repeating: "x", count: 4094)) == [])
        #expect(path("/" + String(repeating: "x", count: 4095)) == ["InvalidParameter Disk.1.Path"])
        let one = disk {
            $0.path = "/same"
            $0.size = nil
        }
        #expect(instance([one, one]) == ["InvalidParameter Disk.2.Path"])
        for (category, size, isRight) in [
            ("", 19, false), ("", 20, true), ("", 32768, true), ("", 32769, false),
            ("cloud", 4, false), ("cloud", 5, true), ("cloud", 2000, true), ("cloud", 2001, false),
        ] {
            let errors = instance([
                disk {
                    $0.category = category
                    $0.size = Int32(size)
                }
            ])
            #expect(errors == (isRight ? [] : ["InvalidParameter Disk.1.Size"]))
        }
        #expect(path("", size: nil) == ["InvalidParameter Disk.1.Size"])
    }

    /// A frame holds a million disks: their number is all that is looked at.
    @Test func aListThatIsTooLongIsNotGoneThrough() {
        var request = RegisterInstanceRequest()
        request.regionID = "cn-hangzhou"
        request.disk = Array(repeating: RegisteredDisk(), count: 200_000)
        let errors = request.syntaxErrors(tagsMax: 20)
        #expect(errors.map(\.parameter) == ["Disk"])
    }

    @Test func freeTextsThatAreKeptHaveALength() {
        var request = CreateDiskRequest()
        request.regionID = "cn-hangzhou"
        request.zoneID = "cn-hangzhou-a"
        request.size = 20
        request.encrypted = true
        request.kmsKeyID = String(repeating: "k", count: 128)
        #expect(request.syntaxErrors(tagsMax: 20).isEmpty)
        request.kmsKeyID += "k"
        #expect(request.syntaxErrors(tagsMax: 20).map(\.parameter) == ["KMSKeyId"])
    }
}
