import ECS
import ImagedClient

extension Command {
    static var daemonCommands: [Command] {
        [
            call(
                ReadEvents.self, Group.daemon, "changes in one answer; watch goes on",
                usage: "[FLAG ...]",
                details: """
                    Answers at once if there are changes after --after-sequence (0: all that are \
                    kept), else when there is one or after 30 seconds. Without it changes from \
                    now on count.
                    """,
                examples: ["imagectl read-events --after-sequence 0"],
                show: { response, _, _ in Views.events(response) },
                after: { response, _, output in
                    output.note("next: --after-sequence \(response.sequence)")
                }),
            call(
                Version.self, Group.daemon, "the daemon's version", usage: "",
                examples: ["imagectl version"]),
            call(
                Health.self, Group.daemon, "the daemon's own figures, a line each", usage: "",
                examples: ["imagectl health --json"]),
            call(
                Metrics.self, Group.daemon, "the daemon's figures for Prometheus", usage: "",
                details: """
                    Counts since the daemon's start, in Prometheus's text format 0.0.4: for a \
                    scraper, or for the node exporter's directory of text files.
                    """,
                examples: ["imagectl metrics"],
                // The text ends its last line itself, and so does the output.
                show: { response, _, _ in String(response.text.dropLast()) }),
        ]
    }

    /// What is about this program, and asks no daemon.
    static var programCommands: [Command] {
        [
            completion, manual, demo,
            Command(
                name: "help", group: Group.program, summary: "this list, or all about one command",
                usage: "[[fixture] COMMAND]",
                examples: ["imagectl help create-image", "imagectl help fixture set-clock"],
                formats: [.table],
                // The parser answers it.
                run: { _ in .done }),
        ]
    }

    static var status: Command {
        Command(
            name: "status", group: Group.tasks, summary: "is the daemon there, and how is it",
            usage: "",
            details: "Exit status 1 if it is there but not ready. --json prints Health's answer.",
            examples: ["imagectl status", "imagectl status --socket /run/imaged/imaged.sock"],
            formats: OutputFormat.withoutIDs
        ) { invocation in
            let client = try await invocation.connect()
            let version = try await make(Version.self, VersionRequest(), client, invocation)
            let health = try await make(Health.self, HealthRequest(), client, invocation)
            try invocation.output.result(health) { _ in
                Views.status(version, health, socket: client.socketPath)
            }
            return health.ready ? .done : .refused
        }
    }

    private static var demo: Command {
        Command(
            name: "demo", group: Group.program,
            summary: "try it all, with daemon and disks of its own",
            usage: "[--dir DIR] [--size MIB] [--keep]",
            details: """
                Makes a disk with a file system and files in it and a second one of scattered \
                data, starts a daemon for them alone, makes an image of both, exports it and \
                compares every byte. Nothing is left, unless --keep is given.
                """,
            examples: ["imagectl demo", "imagectl demo --size 2048 --dir /srv/try --keep"],
            options: [
                Option(
                    name: "dir", value: "DIR",
                    meaning: "A new directory to work in; without it one in $TMPDIR or /var/tmp."),
                Option(name: "keep", value: nil, meaning: "Leave the directory, and say where."),
                Option(
                    name: "size", value: "MIB",
                    meaning: "The first disk's size, 64 to 65536; without it 512."),
            ], formats: [.table],
            run: { try await Demo.run($0) })
    }
}
