/// The closed sets of values that ECS names (spec § 1, operations § 2).
public enum Values {
    public static let platforms = [
        "Aliyun", "Anolis", "CentOS", "Ubuntu", "CoreOS", "SUSE", "Debian", "OpenSUSE", "FreeBSD",
        "RedHat", "Kylin", "UOS", "Fedora", "Fedora CoreOS", "CentOS Stream", "AlmaLinux",
        "Rocky Linux", "Gentoo", "Customized Linux", "Others Linux", "Windows Server 2022",
        "Windows Server 2019", "Windows Server 2016", "Windows Server 2012", "Windows Server 2008",
        "Windows Server 2003",
    ]
    public static let defaultPlatform = "Others Linux"
    public static let bootModes = ["BIOS", "UEFI", "UEFI-Preferred"]
    public static let architectures = ["i386", "x86_64", "arm64"]
    public static let imdsSupport = ["v1", "v2"]
    public static let imageStatuses = [
        "Creating", "Waiting", "Available", "UnAvailable", "CreateFailed", "Deprecated",
    ]
    public static let instanceStatuses = ["Pending", "Starting", "Running", "Stopping", "Stopped"]
    public static let diskStatuses = [
        "In_use", "Available", "Attaching", "Detaching", "Creating", "ReIniting", "Transferring",
    ]
    public static let regions = [
        "cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-shenzhen", "ap-southeast-1", "us-west-1",
        "eu-central-1",
    ]

    /// Categories that allow one snapshot at a time (Q-ConcurrentPerOldDisk).
    public static let previousGenerationCategories = ["cloud", "cloud_efficiency", "cloud_ssd"]
    /// Categories that allow several (Q-ConcurrentPerDisk).
    public static let essdCategories = [
        "cloud_essd", "cloud_essd_entry", "cloud_auto", "cloud_regional_disk_auto",
    ]
    public static let localCategories = ["local_ssd_pro", "local_hdd_pro", "ephemeral_ssd"]
    public static let elasticEphemeralCategories = [
        "elastic_ephemeral_disk_standard", "elastic_ephemeral_disk_premium",
    ]
    public static let categories =
        previousGenerationCategories + essdCategories + localCategories
        + elasticEphemeralCategories

    /// The boot modes an image of `architecture` may have; its default stands first (D-BootMode).
    public static func bootModes(of architecture: String) -> [String] {
        switch architecture {
        case "arm64": ["UEFI"]
        case "i386": ["BIOS"]
        default: ["UEFI-Preferred", "UEFI", "BIOS"]
        }
    }

    public static func osType(of platform: String) -> String {
        platform.hasPrefix("Windows") ? "windows" : "linux"
    }

    /// "a, b or c", for hints.
    public static func list(_ values: [String]) -> String {
        values.count < 2
            ? values.joined() : values.dropLast().joined(separator: ", ") + " or " + values.last!
    }

    /// Sizes of a disk without a snapshot, GiB (P-DiskDeviceMapping.Size, D-Size).
    public static func sizes(isBasic: Bool) -> ClosedRange<Int32> {
        isBasic ? 5...2000 : 20...32768
    }
}
