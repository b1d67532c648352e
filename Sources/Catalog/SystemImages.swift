import ECS
import Wire

/// The images that every account finds in every region (operations § 6). They are constants: the
/// state does not hold them, and nothing changes or deletes them.
enum SystemImages {
    /// In the order of lists: all are of one time, so by ID.
    static let all: [Boxed<ImageRecord>] = [
        make(
            "m-0000000000linuxarm64", "debian_12_arm64_20G", "acs:debian_12_arm64", "Debian",
            "arm64", "Debian 12 64位 for ARM", "Debian 12 64 bit for ARM", size: 20),
        make(
            "m-0000000000linuxx8664", "debian_12_x64_20G", "acs:debian_12_x64", "Debian", "x86_64",
            "Debian 12 64位", "Debian 12 64 bit", size: 20),
        make(
            "m-00000000windowsx8664", "windows_server_2022_x64_40G", "acs:windows_server_2022_x64",
            "Windows Server 2022", "x86_64",
            "Windows Server 2022 数据中心版 64位",
            "Windows Server 2022 Datacenter 64 bit", size: 40),
    ]

    /// As they travel while no instance of the account's uses them.
    static let encoded: [String: [UInt8]] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.value.id, $0.value.image.encoded()) })

    static subscript(id: String) -> Boxed<ImageRecord>? { all.first { $0.value.id == id } }

    private static func make(
        _ id: String, _ name: String, _ family: String, _ platform: String, _ architecture: String,
        _ osName: String, _ osNameEn: String, size: Int32
    ) -> Boxed<ImageRecord> {
        var image = Image()
        image.imageID = id
        image.imageName = name
        image.imageFamily = family
        image.status = "Available"
        image.usable = true
        image.progress = "100%"
        image.creationTime = "2024-01-01T00:00:00Z"
        image.size = size
        image.architecture = architecture
        image.platform = platform
        image.bootMode = Values.bootModes(of: architecture)[0]
        image.osType = Values.osType(of: platform)
        image.osName = osName
        image.osNameEn = osNameEn
        image.imageOwnerAlias = "system"
        image.isPublic = true
        image.isSelfShared = "False"
        image.isSupportCloudinit = true
        image.isSupportIoOptimized = true
        image.loginAsNonRootSupported = image.osType == "linux"
        image.usage = "none"
        var features = ImageFeatures()
        // Both versions occur, so that B-Imds can be seen.
        features.imdsSupport = image.osType == "linux" ? "v2" : "v1"
        features.nvmeSupport = "supported"
        image.features = features
        var disk = ImageDisk()
        disk.size = "\(size)"
        disk.device = Device.system
        disk.type = "system"
        disk.progress = "100%"
        image.diskDeviceMappings = [disk]
        var record = ImageRecord()
        record.image = image
        return Boxed(record)
    }
}
