import Glibc

/// Which calls of a `SystemCalls` fail, counted over all of them (`reliability.md` T3).
///
/// For tests, kept here because only this module names the calls' numbers.
public final class Faults: Sendable {
    public enum Kind: Sendable {
        /// The call does nothing and returns this error.
        case errno(Errno)
        /// A read or write moves at most one byte; other calls are done whole.
        case short
    }

    private struct Count {
        var calls = 0
        var injected = 0
    }
    private let count = Lock(Count())
    private let first: Int
    private let last: Int
    private let kind: Kind

    /// Calls number `first` (from 1) and on fail; just that one, unless `forEver`.
    public init(call first: Int, _ kind: Kind, forEver: Bool = false) {
        self.first = first
        self.last = forEver ? Int.max : first
        self.kind = kind
    }

    /// How many calls were made, and how many of them failed by this.
    public var callCount: Int { count.withLock { $0.calls } }
    public var injectedCount: Int { count.withLock { $0.injected } }

    func next() -> Kind? {
        count.withLock { count in
            count.calls += 1
            guard first...last ~= count.calls else { return nil }
            count.injected += 1
            return kind
        }
    }
}

extension SystemCalls {
    /// The same calls, but those that `faults` picks fail.
    public func failing(_ faults: Faults) -> SystemCalls {
        let real = self
        @Sendable func fault() -> Int? {
            if case .errno(let errno) = faults.next() { return -Int(errno.rawValue) }
            return nil
        }
        @Sendable func transfer(_ count: Int, _ call: (Int) -> Int) -> Int {
            switch faults.next() {
            case .errno(let errno): -Int(errno.rawValue)
            case .short: call(min(count, 1))
            case nil: call(count)
            }
        }
        return SystemCalls(
            openat: { fault() ?? real.openat($0, $1, $2, $3) },
            read: { file, buffer in
                transfer(buffer.count) { real.read(file, .init(rebasing: buffer[..<$0])) }
            },
            pread: { file, buffer, offset in
                transfer(buffer.count) { real.pread(file, .init(rebasing: buffer[..<$0]), offset) }
            },
            write: { file, buffer in
                transfer(buffer.count) { real.write(file, .init(rebasing: buffer[..<$0])) }
            },
            pwrite: { file, buffer, offset in
                transfer(buffer.count) { real.pwrite(file, .init(rebasing: buffer[..<$0]), offset) }
            },
            fdatasync: { fault() ?? real.fdatasync($0) },
            fsync: { fault() ?? real.fsync($0) },
            ftruncate: { fault() ?? real.ftruncate($0, $1) },
            fallocate: { fault() ?? real.fallocate($0, $1, $2, $3) },
            lseek: { fault() ?? real.lseek($0, $1, $2) },
            fstatat: { directory, path, flags, into in
                fault() ?? real.fstatat(directory, path, flags, &into)
            },
            renameat: { fault() ?? real.renameat($0, $1, $2, $3) },
            linkat: { fault() ?? real.linkat($0, $1, $2, $3) },
            unlinkat: { fault() ?? real.unlinkat($0, $1, $2) },
            mkdirat: { fault() ?? real.mkdirat($0, $1, $2) },
            fchown: { fault() ?? real.fchown($0, $1, $2) },
            flock: { fault() ?? real.flock($0, $1) },
            fstatfs: { file, into in fault() ?? real.fstatfs(file, &into) },
            mapExtents: { file, offset, length, into in
                fault() ?? real.mapExtents(file, offset, length, &into)
            },
            probeWriteLock: { fault() ?? real.probeWriteLock($0, $1) },
            cloneRange: { fault() ?? real.cloneRange($0, $1, $2, $3, $4) }
        )
    }
}
