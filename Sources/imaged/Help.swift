extension Arguments {
    /// What `imaged --help` prints.
    static let help = """
        imaged - a local image service for Alibaba Cloud ECS

        Usage
          imaged [OPTION ...]       serve until SIGTERM or SIGINT
          imaged check DIR          read all of a stopped daemon's data; change nothing
          imaged repair DIR         take it back to its last good state; keeps copies
          imaged print-unit systemd [--system|--user] [--install] [--exec PATH] [OPTION ...]
                                    a socket unit and a service unit for systemd, which runs the
                                    daemon with these options; --install writes them. Default:
                                    --system for root, else --user

        Options (--name=value or --name value)
          --socket PATH             the socket to listen on, at most 103 bytes. Default, for root:
                                    /run/imaged/imaged.sock; else in $XDG_RUNTIME_DIR/imaged, or
                                    without that in the data directory
          --socket-group GROUP      a group (name or number) that may reach the socket: it is 0660
                                    of that group in a directory that is 0750. Who of it may
                                    connect says the configuration file. Default: 0600 in 0700
          --data-dir DIR            images, snapshots and the journal; made if missing, 0700.
                                    Default: $XDG_STATE_HOME/imaged (~/.local/state/imaged), for
                                    root /var/lib/imaged
          --durability MODE         always: what was answered survives a power cut (default);
                                    ephemeral: nothing is written, real files are refused
          --ephemeral               the same as --durability=ephemeral
          --config FILE             limits, accounts, peers and buckets: see below
          --workers N               snapshots of files copied at once (default 4)
          --disk-root DIR           where other users may name disk files and exports of their own;
                                    may be given several times
          --fixture                 for tests: the service Fixture (clocks, held jobs, faults,
                                    accounts on demand) and the metadata ram-user
          --http unix:PATH          speak ECS's HTTP at this socket too, for programs that use an
                                    Alibaba Cloud SDK; who may connect is as on the other one
          --http ADDR:PORT          the same at a port, with --fixture alone: nobody knows who
                                    connects. ADDR is 127.0.0.1 where it is left out; port 0 is
                                    any free one, told on --ready-fd. May be given several times
          --ready-fd N              write "ready" to this descriptor and close it once requests
                                    are answered; before that a line "http ADDR:PORT" a port
          --log-level LEVEL         error, warning, info (default) or debug: a line a request
          --man                     this text as a manual page: imaged --man | man -l -
          --help, --version

        Who may connect
          This user and root: they own every account, and their paths are opened as the daemon
          can. Anyone else only by a [peer] section of the configuration file, which says what
          they may do. A section for a user counts alone; without one, those for all of the
          user's groups count together, each for its own accounts. Uid 65534 never connects.

        Configuration file: sections of lines Name = value; # begins a comment
          [limits]                  of every account: Images, UnfinishedSnapshots, Workers ...
                                    (a wrong name is answered with all of them)
          [daemon]                  of every client: Connections, ForeignConnections,
                                    ParkedStreams, FrameSeconds ...
          [account NAME]            an account beside "default", opened at start. Limits as in
                                    [limits], for it alone; ResourceGroup = rg-ID (several);
                                    AccessKey = ID SECRET (several): over HTTP it is reached with
                                    these keys alone, and signatures are checked. Without any,
                                    its name is its AccessKeyId
          [peer uid=N] [peer gid=N] Account = NAME (several, at least one)
                                    Policy = FILE or Policy = rg-ID FILE, which counts for that
                                    resource group alone (several): RAM policies, JSON, beside
                                    the configuration file. None: the peer owns its accounts
                                    DiskRoot = DIR (several): it may use any file below
          [bucket NAME]             Path = DIR: where ExportImage to this OSSBucket puts files

          For example:
            [limits]
            UnfinishedSnapshots = 64

            [account ci]
            Images = 200
            ResourceGroup = rg-web

            [peer gid=1001]         # with ci.json: {"Version": "1", "Statement": [{
            Account = ci            #   "Effect": "Allow", "Action": "ecs:*",
            Policy = ci.json        #   "Resource": "acs:ecs:*:ci:*"}]}
            DiskRoot = /srv/images

            [bucket ci]
            Path = /srv/ci

        Log (standard error): a line for each change, with who asked for it:
          2026-11-26T09:00:00.000Z info change operation=CreateImage code=OK uid=1000 pid=4242
            account=default request_id=... resources=m-...,s-...
          To systemd's journal it goes with priorities (<6>) and without times.

        Service managers
          A socket that systemd listens at (LISTEN_FDS) is served instead of one of its own, and
          NOTIFY_SOCKET and WATCHDOG_USEC are used.

        Signals
          SIGTERM, SIGINT           no new work; answers under way leave, at most 5 s; jobs go on
                                    at the next start. A second one: at once

        Exit status
          0 stopped   64 usage   65 damaged data   73 socket or directory unusable
          74 I/O error   75 already running   78 configuration

        """
}
