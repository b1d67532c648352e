import System

/// Where a client looks for the daemon's socket.
public enum SocketSearch {
    /// The name of the socket in its directory.
    private static let name = "imaged.sock"

    /// The paths to try, in order: `explicit` alone; else IMAGED_SOCKET alone; else
    /// `$XDG_RUNTIME_DIR/imaged`, `/run/imaged`, and the daemon's default data directory.
    public static func places(explicit: String?) -> [String] {
        if let explicit { return [explicit] }
        if let path = CurrentProcess.environment("IMAGED_SOCKET"), !path.isEmpty { return [path] }
        var places: [String] = []
        if let directory = CurrentProcess.environment("XDG_RUNTIME_DIR"), directory.hasPrefix("/") {
            places.append("\(directory)/imaged/\(name)")
        }
        places.append("/run/imaged/\(name)")
        if let directory = DefaultPlaces.dataDirectory { places.append("\(directory)/\(name)") }
        return places
    }

    /// Whether the next place is tried when there is no connection at one: nothing is there, nobody
    /// listens, or it is the system's and not for this user.
    static func goesOn(after errno: Errno, at place: String) -> Bool {
        switch errno {
        case .notFound, .connectionRefused: true
        case .accessDenied: place.hasPrefix("/run/imaged/")
        default: false
        }
    }

    public static let mayNotConnect = "this user may not connect"

    /// What a failed connect means, for people.
    static func reason(_ error: SystemError?) -> String {
        switch error?.errno {
        case .notFound?: "nothing is there"
        case .connectionRefused?: "something is there, but no daemon listens on it"
        case .accessDenied?: mayNotConnect
        case .wouldBlock?: "the daemon is there, but takes no new connections"
        case .nameTooLong?: "a socket's path may have at most \(UnixSocket.pathBytesMax) bytes"
        case let errno?: "\(errno)"
        case nil: "no place to look"
        }
    }
}
