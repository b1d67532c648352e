import System

/// Makes the demo's disks, changes one, and compares files.
struct DemoDisks {
    private static let mebibyte = 1 << 20
    private static let pageBytes = 4096

    let directory: String

    /// An ext4 file system with files in it, or, without mkfs.ext4, scattered data.
    func makeSystemDisk(at path: String, mebibytes: Int) throws -> String {
        let places = ["/usr/sbin", "/sbin", "/usr/local/sbin"]
        guard let mkfs = ChildProcess.find("mkfs.ext4", orIn: places) else {
            _ = try makeDataDisk(at: path, mebibytes: mebibytes)
            return
                "scattered data in a sparse file of \(mebibytes) MiB (mkfs.ext4 is not installed)"
        }
        let tree = "\(directory)/files"
        let dataMebibytes = mebibytes * 3 / 5
        let count = try makeFiles(in: tree, mebibytes: dataMebibytes)
        let log = try SystemCalls.live.openFile(
            "\(directory)/mkfs.log", [.writeOnly, .create, .exclusive])
        let child = try ChildProcess(
            mkfs, ["-q", "-F", "-L", "demo", "-d", tree, path, "\(mebibytes)M"], output: log)
        let end = try Self.end(of: child)
        guard end == .exited(0) else {
            let text = (try? Self.text(of: "\(directory)/mkfs.log")) ?? ""
            throw Failure(.refused, "DemoFailed", "\(mkfs) failed: \(text)")
        }
        try SystemCalls.live.removeTree(tree)
        return "ext4 of \(mebibytes) MiB with \(count) files, \(dataMebibytes) MiB"
    }

    /// Waits for `child`; kills it if the task is cancelled.
    private static func end(of child: ChildProcess) throws -> ChildProcess.End {
        while true {
            if let end = child.poll() { return end }
            if Task.isCancelled {
                child.kill()
                _ = child.wait()
                throw CancellationError()
            }
            Clock.sleep(milliseconds: 5)
        }
    }

    private func makeFiles(in tree: String, mebibytes: Int) throws -> Int {
        try SystemCalls.live.makeNewDirectory(tree)
        var bytes = DemoBytes()
        var count = 0
        for group in 0..<(mebibytes + 31) / 32 {
            let directory = "\(tree)/group-\(group)"
            try SystemCalls.live.makeNewDirectory(directory)
            for file in 0..<min(32, mebibytes - group * 32) {
                let opened = try SystemCalls.live.openFile(
                    "\(directory)/file-\(file)", [.writeOnly, .create, .exclusive])
                try bytes.write(Self.mebibyte, to: opened, at: 0)
                count += 1
            }
            try Task.checkCancellation()
        }
        return count
    }

    /// A sparse file of an odd size with data in about half of it, in pieces of odd lengths.
    /// Returns its size in bytes.
    func makeDataDisk(at path: String, mebibytes: Int) throws -> Int64 {
        let size = Int64(mebibytes * Self.mebibyte + 12_345)
        let file = try SystemCalls.live.openFile(path, [.writeOnly, .create, .exclusive])
        try SystemCalls.live.setSize(file, size)
        var random = SplitMix64(state: 42)
        var bytes = DemoBytes()
        var offset: Int64 = 0
        while offset < size {
            let length = Int(random.next() % 200_000) + 1
            let rest = Int(clamping: size - offset)
            try bytes.write(min(length, rest), to: file, at: offset)
            offset += Int64(length) + Int64(random.next() % 200_000)
            try Task.checkCancellation()
        }
        return size
    }

    /// Reads both files to their ends; returns how many bytes each has.
    static func compare(_ one: String, _ other: String) throws -> Int64 {
        let first = try SystemCalls.live.openFile(one, [.readOnly])
        let second = try SystemCalls.live.openFile(other, [.readOnly])
        return try compare(first, second, other)
    }

    private static func compare(
        _ first: borrowing FileDescriptor, _ second: borrowing FileDescriptor, _ name: String
    ) throws -> Int64 {
        var (left, right) = (
            [UInt8](repeating: 0, count: mebibyte), [UInt8](repeating: 0, count: mebibyte)
        )
        var offset: Int64 = 0
        while true {
            let count = try left.withUnsafeMutableBytes {
                try SystemCalls.live.readFully(first, at: offset, into: $0)
            }
            let other = try right.withUnsafeMutableBytes {
                try SystemCalls.live.readFully(second, at: offset, into: $0)
            }
            guard count == other, left.hasSameStart(count, as: right) else {
                throw Failure(
                    .refused, "NotEqual", "\(name) differs in the MiB at byte \(offset)")
            }
            if count == 0 { return offset }
            offset += Int64(count)
            try Task.checkCancellation()
        }
    }

    /// A small file's text.
    static func text(of path: String) throws -> String {
        let file = try SystemCalls.live.openFile(path, [.readOnly])
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = try buffer.withUnsafeMutableBytes {
            try SystemCalls.live.readFully(file, at: 0, into: $0)
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}

/// Bytes that no two pages share: one random MiB, whose every page gets a number of its own.
private struct DemoBytes {
    private var block: [UInt64]
    private var random: SplitMix64
    private static let wordsPerPage = 512

    init() {
        var random = SplitMix64(state: 1)
        block = (0..<(1 << 20) / 8).map { _ in random.next() }
        self.random = random
    }

    /// Writes up to one MiB.
    mutating func write(
        _ count: Int, to file: borrowing FileDescriptor, at offset: Int64
    ) throws {
        for page in stride(from: 0, to: block.count, by: Self.wordsPerPage) {
            block[page] = random.next()
        }
        try block.withUnsafeBytes {
            try SystemCalls.live.writeAll(
                file, at: offset, UnsafeRawBufferPointer(rebasing: $0[..<count]))
        }
    }
}

/// Vigna's SplitMix64: the same numbers on every run.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
