import Glibc

extension SystemCalls {
    /// Makes a new directory of mode 0700 in `parent`, its name starting with `prefix`
    /// (`mkdtemp(3)`); returns its path.
    public static func makeTemporaryDirectory(
        in parent: String, prefix: String
    ) throws(SystemError) -> String {
        var template = Array("\(parent)/\(prefix)-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) != nil }
        if !made { throw SystemError("mkdtemp", path: parent, errno: Errno(rawValue: Glibc.errno)) }
        return template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// Makes the directory `path`, mode 0700; that it exists is an error.
    public func makeNewDirectory(_ path: String) throws(SystemError) {
        let returned = mkdirat(AT_FDCWD, path, 0o700)
        if returned < 0 {
            throw SystemError("mkdir", path: path, errno: Errno(rawValue: CInt(-returned)))
        }
    }

    /// Makes the directory `path` for a group to enter, mode 0750; that it exists is an error.
    public func makeDirectory(_ path: String, group: UInt32) throws(SystemError) {
        try makeNewDirectory(path)
        let directory = try openFile(path, [.readOnly, .directory, .noFollow])
        try give(directory, to: nil, group: group)
        if Glibc.fchmod(directory.rawValue, 0o750) != 0 {
            throw SystemError("chmod", path: path, errno: Errno(rawValue: Glibc.errno))
        }
    }

    /// Removes the directory `path` and everything below it, following no links. Goes on past
    /// what it cannot remove; the first such failure is thrown at the end.
    public func removeTree(_ path: String) throws(SystemError) {
        var failure: SystemError?
        removeTree(at: AT_FDCWD, path, path, &failure)
        if let failure { throw failure }
    }

    private func removeTree(
        at directory: CInt, _ name: String, _ path: String, _ failure: inout SystemError?
    ) {
        do throws(SystemError) {
            let flags = OpenFlags([.readOnly, .directory, .noFollow]).rawValue | O_CLOEXEC
            let number = openat(directory, name, flags, 0)
            if number < 0 { throw SystemError("open", path: path, errno: failed(number)) }
            let opened = FileDescriptor(owning: CInt(number))
            for entry in try names(in: opened) {
                let returned = unlinkat(opened.rawValue, entry, 0)
                if returned == 0 { continue }
                guard failed(returned) == .isDirectory || failed(returned) == .notPermitted else {
                    failure =
                        failure
                        ?? SystemError(
                            "unlink", path: "\(path)/\(entry)", errno: failed(returned))
                    continue
                }
                removeTree(at: opened.rawValue, entry, "\(path)/\(entry)", &failure)
            }
        } catch {
            failure = failure ?? error
            return
        }
        let returned = unlinkat(directory, name, CInt(AT_REMOVEDIR))
        if returned < 0 {
            failure = failure ?? SystemError("rmdir", path: path, errno: failed(returned))
        }
    }

    private func failed(_ returned: Int) -> Errno { Errno(rawValue: CInt(-returned)) }
}

extension [UInt8] {
    /// Whether the first `count` bytes of both are the same (`memcmp(3)`): as fast as memory,
    /// in a debug build too. Both must have as many.
    public func hasSameStart(_ count: Int, as other: [UInt8]) -> Bool {
        precondition(count <= self.count && count <= other.count)
        return withUnsafeBytes { left in
            other.withUnsafeBytes { right in
                count == 0 || memcmp(left.baseAddress!, right.baseAddress!, count) == 0
            }
        }
    }
}
