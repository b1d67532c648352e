import ECS
import ImagedClient
import System

/// `imagectl`: the command line of the image service.
@main
struct Main {
    /// As the daemon of the same build says it.
    static let version = imagedVersion

    static func main() async {
        if CommandLine.arguments.dropFirst().first == Completion.hiddenName {
            let exit = await CompletionScripts.answer(CommandLine.arguments.dropFirst(2))
            CurrentProcess.exit(exit.rawValue)
        }
        var parser = Parser(CommandLine.arguments.dropFirst(), Command.all)
        let exit: ExitCode
        do {
            switch try parser.parse() {
            case .help(let topic):
                let text = Help.text(topic, parser.commands)
                try StandardStream.output.write(text + "\n")
                exit = .done
            case .manual(let topic):
                try StandardStream.output.write(Manual.text(topic, parser.commands) + "\n")
                exit = .done
            case .version:
                try StandardStream.output.write("imagectl \(version)\n")
                exit = .done
            case .run(let invocation):
                exit = try await invocation.command.run(invocation)
            }
        } catch let error as SystemError where error.isClosedOutput {
            // Whoever reads has had enough, and needs no telling: `| head -1`.
            exit = .pipeClosed
        } catch {
            let failure = Failure(error)
            if parser.settings.isJSON {
                Output.complain(failure.json)
            } else {
                let isUsage = failure.exit == .usage
                let hint = failure.hint.isEmpty ? "" : "\n\(failure.hint)"
                Output.complain(
                    isUsage ? "imagectl: \(printable(failure.message))\(hint)" : failure.text)
            }
            exit = failure.exit
        }
        CurrentProcess.exit(exit.rawValue)
    }
}
