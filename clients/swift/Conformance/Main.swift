import Foundation

/// The client's program for the scenarios of `protocol/scenarios`: commands in, answers out, a
/// line each.
@main struct Main {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, arguments[1] == "--socket" else {
            FileHandle.standardError.write(Data("usage: \(arguments[0]) --socket PATH\n".utf8))
            exit(2)
        }
        let session = try await Session(socket: arguments[2])
        while let line = readLine() {
            let command = try JSONDecoder().decode(JSON.self, from: Data(line.utf8))
            let answer = try await session.answer(command)
            FileHandle.standardOutput.write(try JSONEncoder().encode(answer) + Data("\n".utf8))
        }
    }
}
