import System

/// The load generator's entry.
@main
struct Main {
    static func main() {
        do {
            switch try Arguments(CommandLine.arguments.dropFirst()).action {
            case .help: CurrentProcess.write(Arguments.help, to: 1)
            case .load(let options): try Load(options).run()
            case .stress(let options): try Stress(options).run()
            case .data(let options): try DataBench(options).run()
            case .race(let socketPath): try Race(socketPath: socketPath).run()
            }
        } catch let error as UsageError {
            CurrentProcess.printError("imaged-bench: \(error.text)\nTry: imaged-bench --help")
            CurrentProcess.exit(2)
        } catch {
            CurrentProcess.printError("imaged-bench: \(error)")
            CurrentProcess.exit(1)
        }
    }
}
