import System

struct DataOptions {
    var directory = "/var/tmp"
    var repetitions = 5
    var sizeMebibytes = 4096
    var dataMebibytes = 1024
    /// A C program with the bare loops; nil: only those in Swift are measured.
    var sparseProgram: String?
    /// A directory whose file system shares extents; nil: that is not measured.
    var cloningDirectory: String?

    init(_ arguments: ArraySlice<String>) throws(UsageError) {
        var rest = arguments
        while let argument = rest.popFirst() {
            let (name, value) = try Arguments.option(argument, &rest)
            switch name {
            case "--directory": directory = Self.absolute(value)
            case "--repetitions": repetitions = try Arguments.number(name, value, 1...100)
            case "--size-mib": sizeMebibytes = try Arguments.number(name, value, 16...16_384)
            case "--data-mib": dataMebibytes = try Arguments.number(name, value, 4...8192)
            case "--sparse": sparseProgram = Self.absolute(value)
            case "--xfs": cloningDirectory = Self.absolute(value)
            default: throw UsageError(text: "no option \(name)")
            }
        }
        if dataMebibytes > sizeMebibytes / 2 {
            throw UsageError(
                text: "--data-mib=\(dataMebibytes): at most half of --size-mib is right")
        }
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(CurrentProcess.workingDirectory)/\(path)"
    }
}
