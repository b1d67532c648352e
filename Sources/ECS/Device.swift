/// A disk's place in its instance: `/dev/xvda` for the system disk, `/dev/xvdb` to `/dev/xvdz`
/// for data disks (P-DiskDeviceMapping.Device).
public enum Device {
    public static let system = "/dev/xvda"

    public static func isValid(_ device: String) -> Bool {
        let letters = device.utf8.dropFirst(prefix.utf8.count)
        return device.hasPrefix(prefix) && letters.count == 1
            && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letters.first!)
    }

    /// The first data device that `taken` does not hold; nil: all 25 are taken.
    public static func nextFree(_ taken: Set<String>) -> String? {
        (UInt8(ascii: "b")...UInt8(ascii: "z")).lazy
            .map { prefix + String(UnicodeScalar($0)) }
            .first { !taken.contains($0) }
    }

    private static let prefix = "/dev/xvd"
}
