import ECS
import Foundation
import TestSupport
import Testing

/// Disk files for real snapshots.
struct Disks {
    let directory = TemporaryDirectory()

    func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    /// A file of random bytes with holes between them.
    @discardableResult
    func make(_ name: String, bytes: Int, seed: UInt64 = 1, hasHoles: Bool = true) throws -> String
    {
        var random = SeededRandom(seed: seed)
        try Data().write(to: URL(fileURLWithPath: path(name)))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path(name)))
        defer { try? file.close() }
        try file.truncate(atOffset: UInt64(bytes))
        var offset = 0
        while offset < bytes {
            let count = min(1 << 20, bytes - offset)
            if !hasHoles || Bool.random(using: &random) {
                let words = (0..<(count / 8 + 1)).map { _ in random.next() }
                let data = words.withUnsafeBytes { Data($0.prefix(count)) }
                try file.seek(toOffset: UInt64(offset))
                try file.write(contentsOf: data)
            }
            offset += count
        }
        return path(name)
    }

    /// Overwrites some bytes in place.
    func write(_ text: String, to name: String, at offset: Int = 0) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path(name)))
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    func isEqual(_ left: String, _ right: String) throws -> Bool {
        try Tool.run("cmp", [left, right]).status == 0
    }
}

extension TestClient {
    /// An image of the instance, when it has come to rest.
    func imageAtRest(
        of instanceID: String, name: String = "", allowLive: Bool? = nil
    ) throws -> Image {
        let id = try createImage(of: instanceID, name: name, allowLive: allowLive)
        return try #require(try wait(for: id))
    }
}
