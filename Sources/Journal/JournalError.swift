/// Why a data directory was refused. Nothing in it was changed.
public struct JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// Bytes that were once durable are no longer what was written.
        case damaged
        /// A file that must be there is not.
        case missing
        /// Not a file of this program, or under another one's name.
        case foreign
        /// Written by a later version of this program.
        case newer
    }

    public let kind: Kind
    /// The data directory.
    public var directory: String
    /// The file's name in the directory.
    public let file: String
    /// Where in the file, in bytes from its start.
    public let offset: Int
    public let reason: String

    /// What the operator can do now.
    public var help: String {
        switch kind {
        case .damaged, .missing:
            "`imaged check \(directory)` tells what can be read; `imaged repair \(directory)` goes "
                + "back to the last good state and keeps a copy of what it changes."
        case .foreign:
            "Move the file elsewhere if it is not imaged's, or put the right one back; "
                + "`imaged check \(directory)` reads all of them."
        case .newer:
            "Start the version of imaged that wrote it, or a later one; "
                + "`imaged check \(directory)` reads all files."
        }
    }

    /// What is wrong, and where.
    public var finding: String {
        let what =
            switch kind {
            case .damaged: "damaged at byte \(offset)"
            case .missing: "missing"
            case .foreign: "not a file of this data directory"
            case .newer: "of a newer format"
            }
        return "\(directory)/\(file): \(what): \(reason)"
    }

    public var description: String { "\(finding). Nothing was changed. \(help)" }
}
