import Foundation
import TestSupport

/// Clients that are not ours, as programs for the scenarios: other people's ttrpc and protobuf,
/// which know nothing of imaged but `protocol/imaged.proto`.
enum OtherClients {
    private static let programs = "\(Repository.root)/Tests/ClientConformanceTests/Others"
    private static let folder = TemporaryDirectory()

    // MARK: containerd's ttrpc in Go

    static let go = ClientProgram(name: "go") { [try goBuilt.get()] }

    /// It cancels nothing, streams nothing, and connects once.
    static let goScenarios = scenarios(with: [
        "call", "request", "account", "explain", "begin", "end", "together", "keep_data",
    ])

    private static let goBuilt = Result<String, any Error> {
        let place = "\(folder.path)/go"
        try FileManager.default.createDirectory(
            atPath: "\(place)/src/imaged/v1", withIntermediateDirectories: true)
        // gogo's generator is older than proto3's `optional`, which is a `oneof` of one field, and
        // than ttrpc's streams. Neither changes a byte of what is sent here.
        let schema = try Repository.text("protocol/imaged.proto")
            .replacing(/\n  optional (\w+) (\w+) = (\d+);/) { field in
                "\n  oneof has_\(field.2) { \(field.1) \(field.2) = \(field.3); }"
            }
            .replacingOccurrences(of: "returns (stream ", with: "returns (")
        try schema.write(toFile: "\(place)/imaged.proto", atomically: false, encoding: .utf8)
        try run(
            "protoc", "-I", place, "--gogottrpc_out=plugins=ttrpc:\(place)/src", "imaged.proto")
        let built = try Tool.run(
            "go", ["build", "-o", "\(place)/client", "\(programs)/gogo_ttrpc.go"],
            environment: [
                "GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": "\(place)/cache",
                "GOPATH": "\(place):/usr/share/gocode",
            ])
        if built.status != 0 { throw ClientProgram.BuildFailure(description: built.err) }
        return "\(place)/client"
    }

    // MARK: Google's protobuf runtime for Python

    static let protobuf = ClientProgram(name: "protobuf") {
        [python ?? "python3"] + ["-B", "\(programs)/protobuf_runtime.py"]
            + ["--descriptors", try descriptors.get()]
    }

    /// It connects once, and its stream ids begin at 1.
    static let protobufScenarios = scenarios(with: [
        "call", "request", "account", "explain", "timeout_ms", "give_up_ms", "begin", "end",
        "cancel", "together", "watch", "next", "count", "leave", "keep_data",
    ])

    /// A Python that has the runtime: Debian's package is there for Debian's own Python only.
    static let python: String? = ["python3", "/usr/bin/python3"].first { name in
        guard name.hasPrefix("/") || Tool.find(name) != nil else { return false }
        return (try? Tool.run(name, ["-c", "import google.protobuf.message_factory"]))?.status == 0
    }

    private static let descriptors = Result<String, any Error> {
        let set = "\(folder.path)/imaged.descriptors"
        try run(
            "protoc", "-I", "\(Repository.root)/protocol", "--descriptor_set_out=\(set)",
            "imaged.proto")
        return set
    }

    // MARK: Both

    private static func scenarios(with features: Set<String>) -> [Scenario] {
        Scenario.all.filter { features.isSuperset(of: $0.features) }
    }

    private static func run(_ tool: String, _ arguments: String...) throws {
        let ended = try Tool.run(tool, arguments)
        if ended.status != 0 { throw ClientProgram.BuildFailure(description: ended.err) }
    }
}
