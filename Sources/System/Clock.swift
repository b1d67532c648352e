import CLinux
import Glibc

/// The kernel's clocks and randomness.
public enum Clock {
    /// Nanoseconds since 1970, UTC: what records and answers show.
    public static func wallNanoseconds() -> Int64 { read(CLOCK_REALTIME) }

    /// Nanoseconds since some past moment; goes on while the machine sleeps, and no one sets it.
    public static func monotonicNanoseconds() -> Int64 { read(CLOCK_BOOTTIME) }

    /// Puts the calling thread to sleep; signals do not shorten it.
    public static func sleep(milliseconds: Int) {
        var wanted = timespec(
            tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        var rest = timespec()
        while nanosleep(&wanted, &rest) != 0 { wanted = rest }
    }

    private static func read(_ clock: CInt) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// The kernel's random numbers (`getrandom(2)`).
public struct KernelRandom: RandomNumberGenerator, Sendable {
    public init() {}
    public mutating func next() -> UInt64 {
        var value: UInt64 = 0
        withUnsafeMutableBytes(of: &value) { bytes in
            while CLinux.getrandom(bytes.baseAddress, bytes.count, 0) != bytes.count {}
        }
        return value
    }
}
