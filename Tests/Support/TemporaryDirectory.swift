import Foundation

/// A directory that goes with the value that made it.
public final class TemporaryDirectory: Sendable {
    public let path: String

    /// Short, because a Unix socket's path may have 107 bytes only.
    public init() {
        var template = Array("/tmp/imaged-test-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            precondition(mkdtemp(buffer.baseAddress!) != nil, "mkdtemp failed")
            return String(cString: buffer.baseAddress!)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
