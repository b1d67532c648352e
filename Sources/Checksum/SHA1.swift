/// SHA-1 (FIPS 180-4): a digest of 20 bytes. Broken as a fingerprint of content; here only inside
/// the HMAC of the older kind of signature, as Alibaba Cloud defines it.
public enum SHA1: HashFunction {
    public static let blockBytes = 64

    public static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [
            0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0,
        ]
        var words = [UInt32](repeating: 0, count: 80)
        let padded = merkleDamgardPadded(bytes)
        for start in stride(from: 0, to: padded.count, by: blockBytes) {
            loadBlock(padded, at: start, into: &words)
            for place in 16..<80 {
                let word =
                    words[place - 3] ^ words[place - 8] ^ words[place - 14] ^ words[place - 16]
                words[place] = word.rotated(right: 31)
            }
            mix(&state, words)
        }
        return bigEndianBytes(state)
    }

    private static func mix(_ state: inout [UInt32], _ words: [UInt32]) {
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for place in 0..<80 {
            let (function, constant): (UInt32, UInt32) =
                switch place {
                case ..<20: (b & c | ~b & d, 0x5a82_7999)
                case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
                case ..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
                default: (b ^ c ^ d, 0xca62_c1d6)
                }
            let next = a.rotated(right: 27) &+ function &+ e &+ constant &+ words[place]
            (e, d, c, b, a) = (d, c, b.rotated(right: 2), a, next)
        }
        for (place, value) in [a, b, c, d, e].enumerated() { state[place] &+= value }
    }
}
