import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// The completion scripts, sourced by the shells that they are for.
@Suite(.timeLimit(.minutes(60))) struct CompletionTests {
    private static let server = FakeServer.answering { request in
        switch request.method {
        case "DescribeImages":
            let wanted = try request.decoded(DescribeImagesRequest.self)
            if wanted.imageOwnerAlias == "system" { return .payload([]) }
            return .message(
                DescribeImagesResponse.with {
                    $0.images = [
                        .with {
                            $0.imageID = "m-1"
                            $0.imageName = "web:1"
                            $0.imageFamily = "web"
                            $0.status = "Available"
                        },
                        .with { $0.imageID = "m-2" },
                    ]
                    $0.totalCount = 2
                })
        case "DescribeInstances":
            return .message(
                DescribeInstancesResponse.with {
                    $0.instances = [
                        .with {
                            $0.instanceID = "i-1"
                            $0.instanceName = "a $(touch b)"
                        }
                    ]
                })
        default: return .payload([])
        }
    }

    private static var environment: [String: String] {
        let own = (Imagectl.path as NSString).deletingLastPathComponent
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        var environment = Imagectl.environment(server)
        environment["PATH"] = "\(own):\(path)"
        return environment
    }

    /// What the hidden command answers to the words behind the program's name.
    private func words(_ words: String...) throws -> [String] {
        let output = try Imagectl.run(["__complete", "words"] + words, Self.server)
        #expect(output.status == 0)
        #expect(output.err.isEmpty)
        return output.text.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
    }

    // MARK: What is proposed

    @Test func proposesCommands() throws {
        #expect(try words("creat") == ["create-image", "create-snapshot", "create-disk"])
        #expect(try words("fix") == ["fixture"])
        #expect(try words("fixture", "set-c") == ["set-clock"])
        #expect(try words("help", "fixture", "set-c") == ["set-clock"])
        #expect(try words("man", "usa") == ["usage"])
        #expect(try words("completion", "") == ["bash", "fish", "zsh"])
        // The hidden one stays hidden.
        #expect(try words("__") == [])
        #expect(try !Imagectl.run(["help"]).text.contains("__complete"))
    }

    /// In the order of the help: own flags, then those of the request, each once.
    @Test func proposesFlags() throws {
        let flags = try words("create-image", "--")
        for flag in ["--wait", "--tag", "--image-name", "--instance-id", "--json", "--socket"] {
            #expect(flags.count { $0 == flag } == 1, "\(flag)")
        }
        #expect(!flags.contains { $0.contains(".") })
        let rest = try words("create-image", "--image-name", "a", "--tag", "b", "--image-n")
        #expect(rest == [])
        #expect(try words("create-image", "--tag", "b", "--ta") == ["--tag"])
        let nested = try words("CreateImage", "--DiskDeviceMapping.1.Size", "1", "--DiskD")
        #expect(nested.contains("--DiskDeviceMapping.2.Size"))
        #expect(nested.contains("--DiskDeviceMapping.1.SnapshotId"))
        #expect(try words("--sock") == ["--socket"])
    }

    @Test func proposesValues() throws {
        #expect(try words("describe-images", "--status", "Av") == ["Available"])
        #expect(
            try words("describe-images", "--status", "Available,Cr")
                == ["Available,Creating", "Available,CreateFailed"])
        #expect(try words("describe-images", "--status=Av") == ["--status=Available"])
        #expect(try words("describe-images", "--output", "") == ["table", "json", "jsonl", "id"])
        #expect(try words("version", "--output", "") == ["table", "json", "jsonl"])
        #expect(try words("create-image", "--dry-run=") == ["--dry-run=true", "--dry-run=false"])
        #expect(try words("fixture", "add-fault-rule", "h") == ["hold"])
        #expect(try words("copy-image", "m-1", "--destination-region-id", "us") == ["us-west-1"])
        #expect(try words("register-instance", "--disk", "") == [":files"])
        #expect(try words("export-image", "m-1", "--output", "x") == [":files"])
    }

    /// Names where there are names; IDs to who began one.
    @Test func proposesWhatIsThere() throws {
        #expect(try words("export-image", "") == ["web:1", "m-2"])
        #expect(try words("export-image", "m-") == ["m-1", "m-2"])
        #expect(try words("run-instances", "--image-family", "") == ["web"])
        #expect(try words("start-instances", "i-1,i-") == ["i-1,i-1"])
        // Without a daemon nothing is proposed, and nothing is said.
        let output = try Imagectl.run(["__complete", "words", "export-image", ""])
        #expect(output.out.isEmpty && output.err.isEmpty && output.status == 0)
    }

    // MARK: Shells

    private static let bash = """
        source <(imagectl completion bash)
        try() {
            COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
            _imagectl imagectl
            printf '%s|' "${COMPREPLY[@]}"
            echo
        }
        """

    @Test(.enabled(if: Tool.available("bash"), "bash is not installed"))
    func bashCompletes() throws {
        let script = """
            \(Self.bash)
            try 'imagectl descr'
            try 'imagectl create-image --plat'
            try 'imagectl create-image --platform Rocky'
            try 'imagectl describe-images --status=Av'
            try 'imagectl export-image we'
            try 'imagectl export-image web:'
            try 'imagectl start-instance a'
            try 'imagectl describe-images --image-name "a b" --status Av'
            complete -p imagectl
            """
        let output = try Tool.run("bash", ["--norc", "-c", script], environment: Self.environment)
        let lines = output.text.split(separator: "\n").map(String.init)
        try #require(lines.count == 9, "\(output.text) \(output.err)")
        #expect(lines[0].hasPrefix("describe-images|describe-image-from-family|"))
        #expect(lines[1] == "--platform|")
        #expect(lines[2] == "Rocky\\ Linux|")
        // What stands before = and : is on the line already.
        #expect(lines[3] == "Available|")
        #expect(lines[4] == "web:1|")
        #expect(lines[5] == "1|")
        // A name is a word, whatever is in it.
        #expect(lines[6] == "a\\ \\$\\(touch\\ b\\)|")
        #expect(lines[7] == "Available|")
        #expect(lines[8] == "complete -F _imagectl imagectl")
        #expect(output.err.isEmpty, "\(output.err)")
    }

    @Test(.enabled(if: Tool.available("fish"), "fish is not installed"))
    func fishCompletes() throws {
        let home = TemporaryDirectory()
        let script = """
            imagectl completion fish | source
            complete -C'imagectl describe-image'
            complete -C'imagectl describe-images --status=Av'
            complete -C'imagectl export-image '
            """
        let output = try Tool.run(
            "fish", ["--no-config", "-c", script],
            environment: Self.environment.merging(["HOME": home.path]) { $1 })
        let lines = output.text.split(separator: "\n")
        #expect(lines.contains("describe-images\tlist images"), "\(output.text) \(output.err)")
        #expect(lines.contains { $0.hasPrefix("--status=Available") })
        #expect(lines.contains("web:1\tm-1 Available"))
        #expect(!lines.contains { $0.contains("completion fish") })
    }

    /// Typed into a shell on a terminal of its own, and taken from what the line became.
    @Test(.enabled(if: Tool.available("zsh"), "zsh is not installed"))
    func zshCompletes() throws {
        let home = TemporaryDirectory()
        // Each line is completed, then printed by the shell that completed it.
        let script = #"""
            zmodload zsh/zpty
            zpty shell "HOME=$HOME TERM=dumb zsh -f -i"
            zpty -w shell 'PS1=; unsetopt zle_bracketed_paste 2>/dev/null; autoload -U compinit'
            zpty -w shell 'compinit -u -D; source <(imagectl completion zsh)'
            zpty -w shell 'show() { print -r -- "<<$BUFFER>>" >> $HOME/out; zle kill-buffer }'
            zpty -w shell 'zle -N show; bindkey "^X" show; print ready > $HOME/ready'
            until [[ -s $HOME/ready ]]; do zpty -r -t shell junk; done
            for line in 'imagectl describe-snap' 'imagectl describe-images --status Av' \
                'imagectl export-image we' 'imagectl describe-images --status=Unav'; do
                : > $HOME/out
                zpty -w -n shell "$line"$'\t\x18'
                until [[ -s $HOME/out ]]; do zpty -r -t shell junk; done
                cat $HOME/out
            done
            zpty -d shell
            """#
        let output = try Tool.run(
            "timeout", ["60", "zsh", "-f", "-c", script],
            environment: Self.environment.merging(["HOME": home.path]) { $1 })
        #expect(
            output.text.split(separator: "\n") == [
                "<<imagectl describe-snapshots >>",
                "<<imagectl describe-images --status Available >>",
                "<<imagectl export-image web:1 >>",
                "<<imagectl describe-images --status=Unav>>",
            ], "\(output.text) \(output.err)")
    }
}
