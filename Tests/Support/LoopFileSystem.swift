import Foundation
import Testing

/// A file system of its own in a file, mounted; it goes with the value. Needs root.
public final class LoopFileSystem: Sendable {
    private let directory = TemporaryDirectory()
    public var path: String { "\(directory.path)/mounted" }

    /// Whether one of `kind` can be made here: "xfs", "ext4".
    public static func canMake(_ kind: String) -> Bool {
        geteuid() == 0 && Tool.available("mkfs.\(kind)", "mount")
    }

    /// - Parameter kind: XFS takes 300 MiB at least, and shares extents (FICLONE).
    public init(_ kind: String, mebibytes: Int) throws {
        let image = "\(directory.path)/image"
        try #require(FileManager.default.createFile(atPath: image, contents: nil))
        try #require(truncate(image, off_t(mebibytes) << 20) == 0)
        let made = try Tool.run("mkfs.\(kind)", ["-q", image])
        try #require(made.status == 0, "\(made.err)")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let mounted = try Tool.run("mount", ["-o", "loop", image, path])
        try #require(mounted.status == 0, "\(mounted.err)")
    }

    deinit { _ = try? Tool.run("umount", ["-l", path]) }
}
