/// A hash function of the SHA family that works in blocks of bytes.
public protocol HashFunction {
    static var blockBytes: Int { get }
    static func digest(_ bytes: [UInt8]) -> [UInt8]
}

extension HashFunction {
    /// The keyed digest of `message` (HMAC, RFC 2104).
    public static func authenticationCode(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var key = key.count > blockBytes ? digest(key) : key
        key += [UInt8](repeating: 0, count: blockBytes - key.count)
        let inner = digest(key.map { $0 ^ 0x36 } + message)
        return digest(key.map { $0 ^ 0x5c } + inner)
    }

    /// The message, a one bit, zeros, and its length in bits: whole blocks of 64 bytes.
    static func merkleDamgardPadded(_ bytes: [UInt8]) -> [UInt8] {
        var padded = bytes + [0x80]
        let rest = (padded.count + 8) % 64
        if rest > 0 { padded += [UInt8](repeating: 0, count: 64 - rest) }
        let bits = UInt64(bytes.count) &* 8
        for shift in stride(from: 56, through: 0, by: -8) {
            padded.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
        return padded
    }

    /// The sixteen big-endian words of the block at `start`.
    static func loadBlock(_ bytes: [UInt8], at start: Int, into words: inout [UInt32]) {
        for place in 0..<16 {
            var word: UInt32 = 0
            for byte in bytes[(start + 4 * place)..<(start + 4 * place + 4)] {
                word = word << 8 | UInt32(byte)
            }
            words[place] = word
        }
    }

    static func bigEndianBytes(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
    }
}

extension UInt32 {
    func rotated(right count: UInt32) -> UInt32 { self >> count | self << (32 - count) }
}

/// Lower-case hexadecimal digits.
public func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
}

/// Whether two texts are equal, in a time that does not tell where they differ.
public func areEqualInConstantTime(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    if left.count != right.count { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
