import Foundation
import TestSupport
import Testing

@testable import Checksum

@Suite struct XXH64Tests {
    func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        bytes.withUnsafeBytes { XXH64.hash($0, seed: seed) }
    }

    /// Published values of short texts, seed 0.
    @Test(
        arguments: [
            ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B),
            ("abc", 0x44BC_2CF5_AD77_0999),
            ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
        ] as [(String, UInt64)])
    func textsWithoutSeed(_ text: String, _ expected: UInt64) {
        #expect(hash(Array(text.utf8)) == expected)
    }

    /// The reference's own sanity buffer and values (xxHash, cli/xsum_sanity_check.c).
    @Test(
        arguments: [
            (0, 0, 0xEF46_DB37_51D8_E999), (0, 0x9E37_79B1, 0xAC75_FDA2_929B_17EF),
            (1, 0, 0xE934_A84A_DB05_2768), (1, 0x9E37_79B1, 0x5014_6076_43A9_B4C3),
            (4, 0, 0x9136_A0DC_A574_57EE), (14, 0, 0x8282_DCC4_994E_35C8),
            (14, 0x9E37_79B1, 0xC3BD_6BF6_3DEB_6DF0), (222, 0, 0xB641_AE8C_B691_C174),
            (222, 0x9E37_79B1, 0x20CB_8AB7_AE10_C14A),
        ] as [(Int, UInt64, UInt64)])
    func theReferencesVectors(_ count: Int, _ seed: UInt64, _ expected: UInt64) {
        var bytes: [UInt8] = []
        var generator: UInt64 = 0x9E37_79B1
        for _ in 0..<count {
            bytes.append(UInt8(generator >> 56))
            generator &*= 0x9E37_79B1_85EB_CA8D
        }
        #expect(hash(bytes, seed: seed) == expected)
    }

    @Test(.enabled(if: Tool.available("xxh64sum"), "xxh64sum is not installed"))
    func everyLengthAsTheToolHasIt() throws {
        let directory = TemporaryDirectory()
        var names: [String] = []
        var expected: [String] = []
        var random = SystemRandomNumberGenerator()
        for length in 0...200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let name = "\(directory.path)/\(length)"
            try Data(bytes).write(to: URL(fileURLWithPath: name))
            names.append(name)
            let digits = String(hash(bytes), radix: 16)
            expected.append(String(repeating: "0", count: 16 - digits.count) + digits)
        }
        let output = try Tool.run("xxh64sum", names)
        #expect(output.status == 0)
        let found = output.text.split(separator: "\n").map { String($0.prefix(16)) }
        #expect(found == expected)
    }

    @Test func anyAlignmentAndAnySeedMatter() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for start in 1...9 {
            let slice = bytes.withUnsafeBytes {
                XXH64.hash(UnsafeRawBufferPointer(rebasing: $0[start...]))
            }
            #expect(slice == hash(Array(bytes[start...])))
        }
        #expect(Set((0..<100).map { hash(bytes, seed: $0) }).count == 100)
    }
}
