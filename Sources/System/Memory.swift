import Glibc

/// Whether two ranges of memory hold the same bytes (`memcmp(3)`); of different lengths: false.
public func hasSameBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let first = left.baseAddress, let second = right.baseAddress else { return true }
    return memcmp(first, second, left.count) == 0
}

/// Fills memory with zeros (`memset(3)`).
public func setZeros(_ bytes: UnsafeMutableRawBufferPointer) {
    if let start = bytes.baseAddress { memset(start, 0, bytes.count) }
}
