import Checksum
import TestSupport
import Testing

/// The published vectors: FIPS 180-4 (NIST's examples), RFC 2202 and RFC 4231.
@Suite struct SHATests {
    private static let alphabet = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (alphabet, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    ])
    func sha256(text: String, digest: String) {
        #expect(hexadecimal(SHA256.digest(Array(text.utf8))) == digest)
    }

    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (alphabet, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    ])
    func sha1(text: String, digest: String) {
        #expect(hexadecimal(SHA1.digest(Array(text.utf8))) == digest)
    }

    @Test func aMillionLetters() {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(
            hexadecimal(SHA256.digest(bytes))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        #expect(hexadecimal(SHA1.digest(bytes)) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }

    /// Every length around the places where the padding needs one more block.
    @Test(.enabled(if: Tool.available("sha256sum", "sha1sum")))
    func asTheSystemsOwnProgramsHaveIt() throws {
        for count in [1, 54, 55, 56, 57, 63, 64, 65, 118, 119, 120, 127, 128, 129, 1000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + count) }
            for (tool, digest) in [
                ("sha256sum", SHA256.digest(bytes)), ("sha1sum", SHA1.digest(bytes)),
            ] {
                let output = try Tool.run(tool, ["-"], input: .init(bytes))
                #expect(output.text.hasPrefix(hexadecimal(digest)), "\(tool) of \(count) bytes")
            }
        }
    }

    private static let longKey = [UInt8](repeating: 0xaa, count: 131)
    private static let longText = "Test Using Larger Than Block-Size Key - Hash Key First"

    @Test func hmacSHA256() {
        let cases: [([UInt8], String, String)] = [
            (
                [UInt8](repeating: 0x0b, count: 20), "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                Self.longKey, Self.longText,
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ]
        for (key, text, code) in cases {
            #expect(
                hexadecimal(SHA256.authenticationCode(Array(text.utf8), key: key)) == code)
        }
    }

    @Test func hmacSHA1() {
        let cases: [([UInt8], String, String)] = [
            (
                [UInt8](repeating: 0x0b, count: 20), "Hi There",
                "b617318655057264e28bc0b6fb378c8ef146be00"
            ),
            (
                Array("Jefe".utf8), "what do ya want for nothing?",
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
            ),
            (
                [UInt8](repeating: 0xaa, count: 80), Self.longText,
                "aa4ae5e15272d00e95705637ce8a3b55ed402112"
            ),
        ]
        for (key, text, code) in cases {
            #expect(hexadecimal(SHA1.authenticationCode(Array(text.utf8), key: key)) == code)
        }
    }

    /// Each place of a text counts, whatever the others are.
    @Test func everyDifferenceIsSeen() {
        #expect(areEqualInConstantTime("", ""))
        #expect(areEqualInConstantTime("abcabc", "abcabc"))
        #expect(!areEqualInConstantTime("abc", "abcd"))
        for place in 0..<6 {
            for other in ["a", "b", "c", "z", "\u{0}", "\u{7f}"] {
                var letters = Array("abcabc").map(String.init)
                if letters[place] == other { continue }
                letters[place] = other
                #expect(!areEqualInConstantTime(letters.joined(), "abcabc"))
                #expect(!areEqualInConstantTime("abcabc", letters.joined()))
            }
        }
        #expect(!areEqualInConstantTime("xyxyxy", "abcabc"))
    }
}
