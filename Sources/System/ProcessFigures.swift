import CLinux
import Glibc

/// What the kernel counts for this process.
public struct ProcessFigures: Sendable {
    public let cpuSeconds: Double
    public let residentBytes: Int64
    public let virtualBytes: Int64
    public let threadCount: Int
    public let openDescriptors: Int
    /// How many descriptors the process may have.
    public let descriptorsMax: Int64

    /// The figures as they are now; what cannot be read is 0.
    public init() {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let times = [usage.ru_utime, usage.ru_stime]
        cpuSeconds = times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1_000_000 }
        // proc(5): what follows the name's bracket begins with the third field.
        let stat = (try? SystemCalls.live.contents(of: "/proc/self/stat", max: 4096)) ?? []
        let rest = stat.lastIndex(of: UInt8(ascii: ")")).map { stat[($0 + 1)...] } ?? []
        let fields = rest.split(separator: UInt8(ascii: " ")).map {
            Int64(String(decoding: $0, as: UTF8.self)) ?? 0
        }
        func field(_ number: Int) -> Int64 { fields.count > number - 3 ? fields[number - 3] : 0 }
        threadCount = Int(field(20))
        virtualBytes = field(23)
        residentBytes = field(24) * Int64(sysconf(CInt(_SC_PAGESIZE)))
        openDescriptors = Self.countDescriptors()
        var files = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        descriptorsMax = Int64(clamping: files.rlim_cur)
    }

    private static func countDescriptors() -> Int {
        // Since Linux 6.2 the directory's size says it, however many there are.
        if let status = try? SystemCalls.live.status(of: "/proc/self/fd"), status.sizeBytes > 0 {
            return Int(status.sizeBytes)
        }
        let calls = SystemCalls.live
        guard let directory = try? calls.openFile("/proc/self/fd", [.readOnly, .directory]),
            let names = try? calls.names(in: directory)
        else { return 0 }
        // Two are those that the looking takes.
        return max(0, names.count - 2)
    }
}
