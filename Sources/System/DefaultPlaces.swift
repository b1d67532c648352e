/// Where the daemon keeps its things and clients look for it, if nobody says otherwise
/// (design.md, "Names fixed from the start").
public enum DefaultPlaces {
    /// Root: `/var/lib/imaged`; else `$XDG_STATE_HOME/imaged`, `~/.local/state/imaged`. Nil: there
    /// is no HOME.
    public static var dataDirectory: String? {
        if CurrentProcess.uid == 0 { return "/var/lib/imaged" }
        if let state = directory("XDG_STATE_HOME") { return "\(state)/imaged" }
        return directory("HOME").map { "\($0)/.local/state/imaged" }
    }

    /// Root: `/run/imaged/imaged.sock`; else in `$XDG_RUNTIME_DIR`, and without that in the data
    /// directory.
    public static func socket(dataDirectory: String?) -> String? {
        if CurrentProcess.uid == 0 { return "/run/imaged/imaged.sock" }
        if let runtime = directory("XDG_RUNTIME_DIR") { return "\(runtime)/imaged/imaged.sock" }
        return dataDirectory.map { "\($0)/imaged.sock" }
    }

    /// A variable that must be an absolute path, as the XDG specification says.
    private static func directory(_ name: String) -> String? {
        CurrentProcess.environment(name).flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
}
