import Foundation
import Testing

/// Connections of another user: a process of that user accepts ours at a socket of its own and
/// hands the bytes on to the daemon's, which sees that user. It ends with the value.
public final class OtherUser {
    /// For `.enabled(if:)`, with `needs` as its text.
    public static var isPossible: Bool { geteuid() == 0 && Tool.available("setpriv", "perl") }
    public static let needs: Comment = "needs root, setpriv and perl, to become another user"

    private static let relay = """
        use Socket;
        use IO::Select;
        $SIG{PIPE} = $SIG{CHLD} = "IGNORE";
        socket(L, PF_UNIX, SOCK_STREAM, 0) or die;
        bind(L, sockaddr_un("$ARGV[0].new")) or die "bind: $!";
        listen(L, 100) or die;
        rename("$ARGV[0].new", $ARGV[0]) or die;
        while (accept(C, L)) {
            if (fork) { close(C); next; }
            close(L);
            socket(D, PF_UNIX, SOCK_STREAM, 0) or die;
            connect(D, sockaddr_un($ARGV[1])) or exit;
            my %other = (fileno(C) => \\*D, fileno(D) => \\*C);
            my $both = IO::Select->new(\\*C, \\*D);
            while (my @ready = $both->can_read) {
                for my $from (@ready) {
                    exit unless sysread($from, my $bytes, 65536);
                    while (length $bytes) {
                        my $count = syswrite($other{fileno $from}, $bytes) or exit;
                        substr($bytes, 0, $count) = "";
                    }
                }
            }
        }
        """

    private let directory = TemporaryDirectory()
    private let daemon: TestDaemon
    private let process: ChildProcess

    /// Lets `uid` reach the daemon's socket, whoever it is open to.
    public init(
        _ uid: UInt32, gid: UInt32? = nil, groups: [UInt32] = [], of daemon: TestDaemon
    ) throws {
        self.daemon = daemon
        let files = FileManager.default
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon.directory.path)
        try files.setAttributes([.posixPermissions: 0o666], ofItemAtPath: daemon.socketPath)
        try files.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
        let list = groups.map { "\($0)" }.joined(separator: ",")
        let perl = try #require(Tool.find("perl"))
        let null = open("/dev/null", O_WRONLY)
        defer { close(null) }
        process = try ChildProcess(
            [
                "setpriv", "--reuid=\(uid)", "--regid=\(gid ?? uid)",
                groups.isEmpty ? "--clear-groups" : "--groups=\(list)", perl, "-e", Self.relay,
                "\(directory.path)/s", daemon.socketPath,
            ], output: null, errors: "\(directory.path)/log")
        // Its socket is there when it can be connected to.
        while !files.fileExists(atPath: "\(directory.path)/s") {
            if process.hasEnded { throw ChildProcess.StillRunning() }
            usleep(1_000)
        }
    }

    /// A connection of this user, who lives at least as long.
    public func client(account: String = "") throws -> TestClient {
        let client = try TestClient("\(directory.path)/s", of: self)
        client.account = account
        return client
    }
}
