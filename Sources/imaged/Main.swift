import Server
import System

/// The daemon's entry: synchronous, because the loop owns this thread.
@main
struct Main {
    static func main() {
        // Swift reads them in /proc; a daemon with none of its options is another one.
        guard CommandLine.argc > 0 else {
            CurrentProcess.printError("imaged: /proc/self/cmdline cannot be read: mount /proc")
            CurrentProcess.exit(DaemonFailure.usage)
        }
        do {
            switch try Arguments(CommandLine.arguments.dropFirst()).action {
            case .help: CurrentProcess.write(Arguments.help, to: 1)
            case .manual: CurrentProcess.write(Arguments.manual, to: 1)
            case .version: CurrentProcess.write("imaged \(Daemon.version)\n", to: 1)
            case .run(let options): try Daemon.run(options)
            case .check(let directory): try Maintenance.check(directory)
            case .repair(let directory): try Maintenance.repair(directory)
            case .printUnit(let units, let installs):
                let text = installs ? try units.install() : units.text
                CurrentProcess.write(text, to: 1)
            }
        } catch let error as UsageError {
            CurrentProcess.printError("imaged: \(error.text)\nTry: imaged --help")
            CurrentProcess.exit(DaemonFailure.usage)
        } catch let error as DaemonFailure {
            Daemon.complain("\(error)")
            CurrentProcess.exit(error.status)
        } catch {
            Daemon.complain("\(error)")
            CurrentProcess.exit(DaemonFailure.inputOutput)
        }
    }
}
