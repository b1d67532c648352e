import ECS
import System

/// What is known of the data directory: by the daemon, and by looking at it where that can be done.
struct DoctorStorage {
    let checks: [DoctorCheck]

    private static let calls = SystemCalls.live

    init(_ health: HealthResponse) {
        guard !health.dataDirectory.isEmpty else {
            checks = [
                DoctorCheck(
                    "data directory", .ok,
                    "none: it keeps nothing, and refuses real files (--ephemeral)")
            ]
            return
        }
        var checks = [Self.directory(health.dataDirectory)]
        checks.append(Self.space(health))
        // Tried here where that can be, else as the daemon tells.
        let own = try? FileSystemFeatures(of: health.dataDirectory)
        let name = health.fileSystem.isEmpty ? own?.name : health.fileSystem
        guard let name else {
            checks.append(
                DoctorCheck(
                    "file system", .warning, "not known: the daemon is older than this program",
                    "Run doctor as the daemon's user, or update the daemon."))
            self.checks = checks
            return
        }
        checks.append(Self.kind(name))
        checks.append(Self.clone(name, own?.clones ?? health.clones, own?.hasNoCopyOnWrite))
        checks.append(Self.overwrite(name, health.overwritesInPlace ?? own?.overwritesInPlace))
        self.checks = checks
    }

    private static func directory(_ path: String) -> DoctorCheck {
        let status: FileStatus
        do throws(SystemError) {
            status = try calls.status(of: path)
        } catch {
            // Another root directory, as a container has, or no right to look.
            return DoctorCheck(
                "data directory", .ok,
                "\(path), which cannot be looked at from here: \(error.errno)")
        }
        let finding = "\(path) of uid \(status.uid), mode 0\(String(status.permissions, radix: 8))"
        if status.permissions & 0o077 == 0 { return DoctorCheck("data directory", .ok, finding) }
        return DoctorCheck(
            "data directory", .warning, "\(finding): others can look into it",
            "chmod 0700 \(path): disks' bytes are in it.")
    }

    private static func space(_ health: HealthResponse) -> DoctorCheck {
        let (free, total) = (health.freeBytes, health.totalBytes)
        let percent = total > 0 ? Double(free) * 100 / Double(total) : 100
        let share = total > 0 ? " of \(Views.bytes(total)) (\(Int(percent)) %)" : ""
        let finding = "\(Views.bytes(free))\(share) free"
        let advice =
            "imagectl usage tells what takes it, imagectl prune deletes by rule; or grow the file system."
        if free < 128 << 20 {
            return DoctorCheck("room", .problem, "\(finding): copies are refused", advice)
        }
        if free < 1 << 30 || percent < 5 {
            return DoctorCheck("room", .warning, finding, advice)
        }
        return DoctorCheck("room", .ok, finding)
    }

    private static func kind(_ name: String) -> DoctorCheck {
        switch name {
        case "tmpfs", "ramfs":
            DoctorCheck(
                "file system", .warning, "\(name): nothing of it survives a restart of the machine",
                "Put --data-dir on a disk.")
        case "overlay":
            DoctorCheck(
                "file system", .warning, "overlay: a container's own layer, which goes with it",
                "Mount a volume, and put --data-dir there.")
        case "nfs", "cifs", "smb3", "9p", "fuse", "ceph":
            DoctorCheck(
                "file system", .warning,
                "\(name): what is durable and who has the lock depends on another machine or program",
                "Put --data-dir on a local file system: ext4, XFS or btrfs.")
        case "ext4", "xfs", "btrfs": DoctorCheck("file system", .ok, name)
        default: DoctorCheck("file system", .ok, "\(name), on which imaged is not tested")
        }
    }

    private static func clone(
        _ name: String, _ clones: Bool?, _ hasNoCopyOnWrite: Bool?
    ) -> DoctorCheck {
        switch clones {
        case true where hasNoCopyOnWrite ?? false:
            DoctorCheck(
                "clone", .warning,
                "files share blocks (FICLONE), but the directory is nodatacow (chattr +C)",
                """
                Only disks' files that are nodatacow as well can be cloned into it: others are \
                copied, and refused while they are in use.
                """)
        case true:
            DoctorCheck(
                "clone", .ok,
                """
                files share blocks (FICLONE): a disk's file on this file system is captured in a \
                moment, in use or not
                """)
        case false:
            DoctorCheck(
                "clone", .ok, "files cannot share blocks (no FICLONE): disks are copied by reading",
                """
                A disk in use is refused here; stop its VM first. XFS and btrfs can clone, if \
                disks and data directory are on one file system\
                \(name == "xfs" ? " (mkfs.xfs -m reflink=1)" : "").
                """)
        case nil:
            DoctorCheck("clone", .ok, "not known whether files can share blocks (FICLONE)")
        }
    }

    /// What the journal's blocks, written once and then over and over, are good for.
    private static func overwrite(_ name: String, _ isInPlace: Bool?) -> DoctorCheck {
        switch isInPlace {
        case true:
            DoctorCheck(
                "journal", .ok,
                "what is written over stays in place: a sync writes the record and no new metadata")
        case false:
            DoctorCheck(
                "journal", .ok,
                """
                \(name) copies on write: each record gets new blocks, so a sync also writes \
                metadata, and preparing the journal's blocks ahead saves nothing
                """,
                name == "btrfs"
                    ? "It is as safe, only slower; ext4 or XFS sync faster." : "")
        case nil: DoctorCheck("journal", .ok, "not known whether \(name) overwrites in place")
        }
    }
}
