import System

/// Damage of a stored snapshot, or a disk error under it: where, and what of the disk is lost.
public struct ReadFailure: Error, Equatable, Sendable {
    /// The snapshot's manifest.
    public let manifest: UInt64
    /// The segment that was read; nil: the manifest itself.
    public let segment: UInt64?
    /// Which bytes of the disk cannot be read; nil: the failure is not of single clusters.
    public let byteRange: Range<Int64>?
    /// What is wrong, with the file's name.
    public let reason: String
    /// The system's error; nil: the bytes could be read and are not what was written.
    public let errno: Errno?
    /// Where in the segment the damage is, if it is of a single slot; and the reason's parts.
    let slot: UInt64?
    let file: String
    let what: String

    /// Whether the stored bytes are wrong, and not only out of reach at the moment.
    public var isDamage: Bool { errno == nil }

    init(
        _ error: ReadError, manifest: UInt64, segment: UInt64? = nil,
        clusters: Range<UInt64>? = nil, diskBytes: Int64 = .max
    ) {
        self.manifest = manifest
        self.segment = segment
        byteRange = clusters.map {
            let size = Int64(Layout.clusterBytes)
            return Int64($0.lowerBound) * size..<min(Int64($0.upperBound) * size, diskBytes)
        }
        var text: String
        switch error {
        case .damaged(let file, let what, let slot):
            errno = nil
            (self.file, self.what, self.slot) = (file, what, slot)
            text = "\(file) is damaged: \(what)"
        case .system(let error):
            errno = error.errno
            (file, what, slot) = (error.path ?? "the store", "\(error.errno)", nil)
            text = "\(error.path ?? "the store") cannot be read: \(error.errno)"
        }
        if let clusters, let byteRange {
            let count = clusters.upperBound - clusters.lowerBound
            let name =
                count == 1
                ? "cluster \(clusters.lowerBound)"
                : "clusters \(clusters.lowerBound) to \(clusters.upperBound - 1)"
            text +=
                " (manifest \(manifest), \(name):"
                + " bytes \(byteRange.lowerBound) to \(byteRange.upperBound - 1) of the disk)"
        }
        reason = text
    }
}

/// Why a file cannot be a disk's source.
public struct SourceProblem: Error, Hashable, Sendable {
    public enum Kind: Sendable {
        /// It cannot be opened or read, or is nothing that has a disk's bytes.
        case unusable
        /// The peer may not name it.
        case notAllowed
        /// Its bytes are a container format, or the format asked for is not raw.
        case format
        /// Someone is writing to it.
        case inUse
    }
    public let kind: Kind
    /// What is wrong, in a sentence that names the file.
    public let reason: String
    /// What to do about it.
    public let hint: String
    public let errno: Errno?

    init(_ kind: Kind, _ reason: String, hint: String, errno: Errno? = nil) {
        self.kind = kind
        self.reason = reason
        self.hint = hint
        self.errno = errno
    }
}

/// Why a copy failed. Nothing of it is left.
public struct CopyFailure: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// The source cannot be opened.
        case source(SourceProblem.Kind)
        /// The source is not, or is no longer, what was captured.
        case sourceChanged
        /// The source cannot be read.
        case sourceUnreadable
        /// The file system of the data directory is full, or would be.
        case noSpace
        /// The data directory cannot be written.
        case store
        case cancelled
    }
    public let kind: Kind
    /// What is wrong, in a sentence that names the file.
    public let reason: String
    /// What to do about it.
    public let hint: String
    public let errno: Errno?

    init(_ kind: Kind, _ reason: String, hint: String, errno: Errno? = nil) {
        self.kind = kind
        self.reason = reason
        self.hint = hint
        self.errno = errno
    }

    init(_ problem: SourceProblem) {
        self.init(
            .source(problem.kind), problem.reason, hint: problem.hint, errno: problem.errno)
    }

    /// A call on the store's own files failed.
    init(store error: SystemError, path: String) {
        if error.errno.meansNoSpace {
            self.init(
                .noSpace, "\(quoted(path)) has no room for the snapshot: \(error.errno)",
                hint: "free space there, or delete snapshots, and create the image again",
                errno: error.errno)
        } else {
            self.init(
                .store,
                "the snapshot cannot be written to \(quoted(path)): \(error.call): \(error.errno)",
                hint: "look at the disk below the data directory (dmesg), then try again",
                errno: error.errno)
        }
    }

    static func cancelled(_ path: String) -> CopyFailure {
        CopyFailure(
            .cancelled, "the copy of \(quoted(path)) was cancelled",
            hint: "create the image again if it is still wanted")
    }
}

/// Why an export failed. Nothing of it is left.
public struct ExportFailure: Error, Equatable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// The path cannot be used: there is something already, or no directory to put it into.
        case destination
        /// The peer may not name it.
        case notAllowed
        /// The destination's file system is full.
        case noSpace
        /// The destination cannot be written.
        case write
        /// The snapshot cannot be read: `read` tells what.
        case snapshot
        case cancelled
    }
    public let kind: Kind
    /// What is wrong, in a sentence that names the file.
    public let reason: String
    /// What to do about it.
    public let hint: String
    public let errno: Errno?
    /// For `snapshot`: where the damage or the disk error is.
    public let read: ReadFailure?

    init(
        _ kind: Kind, _ reason: String, hint: String, errno: Errno? = nil,
        read: ReadFailure? = nil
    ) {
        self.kind = kind
        self.reason = reason
        self.hint = hint
        self.errno = errno
        self.read = read
    }

    init(_ failure: ReadFailure) {
        self.init(
            .snapshot, failure.reason,
            hint: failure.isDamage
                ? "verify the data directory; other snapshots may be whole"
                : "look at the disk below the data directory (dmesg), then try again",
            errno: failure.errno, read: failure)
    }

    /// A call on the file being made failed.
    init(writing error: SystemError, path: String) {
        if error.errno.meansNoSpace {
            self.init(
                .noSpace, "there is no room for \(quoted(path)): \(error.errno)",
                hint: "free space there, or use another file system", errno: error.errno)
        } else {
            self.init(
                .write, "\(quoted(path)) cannot be written: \(error.call): \(error.errno)",
                hint: "look at the disk below that path (dmesg), then try again",
                errno: error.errno)
        }
    }
}

/// A path as messages show it: control characters are escaped, so that it can neither break a
/// line nor drive a terminal.
func quoted(_ path: String) -> String {
    var text = ""
    for scalar in path.unicodeScalars {
        if scalar.value < 0x20 || 0x7f...0x9f ~= scalar.value {
            text += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            text.unicodeScalars.append(scalar)
        }
    }
    return text
}
