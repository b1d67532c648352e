import Server
import System

extension Arguments {
    /// `print-unit systemd [--system|--user] [--install] [--exec PATH] [OPTION ...]`
    static func printUnit(_ arguments: ArraySlice<String>) throws(UsageError) -> Action {
        guard arguments.first == "systemd" else {
            throw UsageError(text: "print-unit \(arguments.first ?? ""): systemd is right")
        }
        var isSystem: Bool?
        var installs = false
        var program: String?
        var daemon: [String] = []
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            switch argument {
            case "--system", "--user":
                guard isSystem == nil else {
                    throw UsageError(text: "--system and --user: give one of them, once")
                }
                isSystem = argument == "--system"
            case "--install": installs = true
            case "--exec":
                guard let value = rest.popFirst() else {
                    throw UsageError(text: "--exec needs a value")
                }
                program = value
            case let other where other.hasPrefix("--exec="):
                program = String(other.dropFirst("--exec=".count))
            default: daemon.append(argument)
            }
        }
        let options = try options(daemon[...])
        if options.readyDescriptor != nil {
            throw UsageError(text: "--ready-fd is not for units: systemd is told in its own way")
        }
        do throws(ServiceUnits.Problem) {
            let units = try ServiceUnits(
                options, isSystem: isSystem ?? (CurrentProcess.uid == 0),
                program: program ?? CurrentProcess.executablePath)
            return .printUnit(units, installs: installs)
        } catch {
            throw UsageError(text: "\(error)")
        }
    }
}
