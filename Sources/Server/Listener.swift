import System

/// A socket that clients connect to.
final class Listener: Sendable {
    enum Kind: Sendable {
        /// Clients speak the binary protocol.
        case frames
        /// They speak HTTP, over a Unix socket.
        case http
        /// They speak HTTP, and nobody knows who they are.
        case httpPort
    }

    let socket: FileDescriptor
    let kind: Kind

    init(_ socket: consuming FileDescriptor, _ kind: Kind) {
        self.socket = socket
        self.kind = kind
    }
}
