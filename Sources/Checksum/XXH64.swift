/// XXH64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md): the checksum of the journal, the
/// checkpoint, the segments and the manifests. Not cryptographic: it finds damage, not malice.
public enum XXH64 {
    static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    /// The hash of `bytes` with `seed`.
    public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        guard let start = bytes.baseAddress else { return tail(start(seed), nil, 0, 0) }
        let count = bytes.count
        var offset = 0
        var hash: UInt64
        if count >= 32 {
            var a = seed &+ prime1 &+ prime2
            var b = seed &+ prime2
            var c = seed
            var d = seed &- prime1
            while offset <= count &- 32 {
                a = round(a, word(start, offset))
                b = round(b, word(start, offset &+ 8))
                c = round(c, word(start, offset &+ 16))
                d = round(d, word(start, offset &+ 24))
                offset &+= 32
            }
            hash = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
            hash = merge(merge(merge(merge(hash, a), b), c), d)
        } else {
            hash = seed &+ prime5
        }
        return tail(hash &+ UInt64(count), start, offset, count)
    }

    private static func start(_ seed: UInt64) -> UInt64 { seed &+ prime5 }

    /// What is left after the 32-byte stripes, then the final mixing.
    private static func tail(
        _ initial: UInt64, _ start: UnsafeRawPointer?, _ from: Int, _ count: Int
    ) -> UInt64 {
        var hash = initial
        var offset = from
        if let start {
            while offset &+ 8 <= count {
                hash ^= round(0, word(start, offset))
                hash = rotate(hash, 27) &* prime1 &+ prime4
                offset &+= 8
            }
            if offset &+ 4 <= count {
                let half = UInt32(
                    littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                hash ^= UInt64(half) &* prime1
                hash = rotate(hash, 23) &* prime2 &+ prime3
                offset &+= 4
            }
            while offset < count {
                hash ^= UInt64(start.load(fromByteOffset: offset, as: UInt8.self)) &* prime5
                hash = rotate(hash, 11) &* prime1
                offset &+= 1
            }
        }
        hash ^= hash >> 33
        hash = hash &* prime2
        hash ^= hash >> 29
        hash = hash &* prime3
        hash ^= hash >> 32
        return hash
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        value &<< bits | value &>> (64 &- bits)
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotate(lane &+ input &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
        (hash ^ round(0, lane)) &* prime1 &+ prime4
    }

    @inline(__always)
    private static func word(_ start: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
