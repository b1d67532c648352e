import System

/// What the service may reach (`systemd.exec(5)`): no more than the daemon needs.
extension ServiceUnits {
    /// Those that work without a mount namespace: a user's manager would make a user namespace for
    /// one, and there every other user is nobody in particular.
    static let userHardening = [
        "NoNewPrivileges=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes",
        "RestrictAddressFamilies=AF_UNIX", "RestrictNamespaces=yes", "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes", "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service", "SystemCallErrorNumber=EPERM",
    ]

    var systemHardening: [String] {
        places + Self.userHardening + [
            "# To read any disk that root or a peer names, and to make files for peers.",
            "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER",
            "SystemCallFilter=~@privileged", "SystemCallFilter=@chown", "PrivateNetwork=yes",
            "IPAddressDeny=any",
            "# Block devices can be disks: they are read, and never written.",
            "DevicePolicy=closed", "DeviceAllow=block-* r", "ProtectClock=yes",
            "ProtectControlGroups=yes", "ProtectHostname=yes", "ProtectKernelLogs=yes",
            "ProtectKernelModules=yes", "ProtectKernelTunables=yes", "ProtectProc=invisible",
            "ProcSubset=pid", "KeyringMode=private",
        ]
    }

    /// What of the file system it sees, and what it may write to.
    private var places: [String] {
        var lines: [String] = []
        var writable = writtenPaths
        if options.durability == .always {
            if let name = stateDirectory {
                lines += ["StateDirectory=\(Self.word(name))", "StateDirectoryMode=0700"]
            } else if let dataDirectory {
                writable.insert(dataDirectory, at: 0)
            }
        }
        lines.append("ProtectSystem=strict")
        if !writable.isEmpty {
            lines += [
                "# The data, and where new disks and exports are made. Linux before 5.18 clones no",
                "# file from one of these into another: ProtectSystem=full is faster there.",
                "ReadWritePaths=\(Self.list(writable))",
            ]
        }
        if uses(["/home", "/root", "/run/user"]) {
            lines += ["# A path of the daemon's is there.", "ProtectHome=no"]
        } else {
            lines += [
                "# Disks in /home, /root and /run/user cannot be registered: \"no\" would show them.",
                "ProtectHome=yes",
            ]
        }
        lines.append("PrivateTmp=\(uses(["/tmp", "/var/tmp"]) ? "no" : "yes")")
        return lines
    }

    /// The data directory as systemd makes it itself; nil: it lies elsewhere.
    private var stateDirectory: String? {
        guard let dataDirectory else { return "imaged" }
        let name = dataDirectory.dropFirst("/var/lib/".count)
        let isThere = dataDirectory.hasPrefix("/var/lib/") && !name.isEmpty
        return isThere && !name.contains(":") && !name.split(separator: "/").contains("..")
            ? String(name) : nil
    }

    private func uses(_ directories: [String]) -> Bool {
        let paths =
            writtenPaths
            + [dataDirectory, configurationFile, socketPath, program].compactMap { $0 }
        return paths.contains { path in
            directories.contains { path == $0 || path.hasPrefix("\($0)/") }
        }
    }

    // MARK: Writing them

    /// Writes both units, and the data directory where systemd does not make it.
    ///
    /// - Returns: what was written, and what to do next.
    /// - Throws: ``DaemonFailure``: a file cannot be written, or one is there that is not ours.
    public func install() throws(DaemonFailure) -> String {
        let calls = SystemCalls.live
        var said = ""
        do throws(SystemError) {
            let root = try calls.openFile("/", [.readOnly, .directory])
            for file in files {
                if let old = try? calls.contents(of: file.path, max: 1 << 16),
                    !old.starts(with: Self.mark.utf8)
                {
                    throw SystemError("write", path: file.path, errno: .exists)
                }
            }
            if isSystem && options.durability == .always && stateDirectory == nil,
                let dataDirectory, (try? calls.status(of: dataDirectory)) == nil
            {
                try calls.makeDirectory(dataDirectory, in: root)
                said += "made \(dataDirectory)\n"
            }
            try makeDirectories(root, calls)
            for file in files {
                let bytes = Array(file.text.utf8)
                let new = "\(file.path).new"
                let target = try calls.openFile(new, [.writeOnly, .create, .truncate], mode: 0o644)
                try bytes.withUnsafeBytes { bytes in
                    Result { () throws(SystemError) in try calls.writeAll(target, at: 0, bytes) }
                }.get()
                try calls.rename(new, in: root, to: file.path, in: root)
                said += "wrote \(file.path)\n"
            }
        } catch {
            let isOthers = error.errno == .exists
            throw DaemonFailure(
                DaemonFailure.unusable,
                isOthers
                    ? "\(error.path ?? "") is there and not of print-unit: move it away first"
                    : "\(error)")
        }
        return said + next
    }

    private func makeDirectories(
        _ root: borrowing FileDescriptor, _ calls: SystemCalls
    ) throws(SystemError) {
        var made = ""
        for part in directory.split(separator: "/") {
            made += "/\(part)"
            if (try? calls.status(of: made)) == nil { try calls.makeDirectory(made, in: root) }
        }
    }

    private var next: String {
        let systemctl = isSystem ? "systemctl" : "systemctl --user"
        var lines: [String] = []
        if let group = options.socketGroup, CurrentProcess.group(named: group) == nil,
            UInt32(group) == nil
        {
            lines.append("  groupadd --system \(group)")
        }
        lines += [
            "  \(systemctl) daemon-reload",
            "  \(systemctl) enable --now imaged.socket imaged.service",
            "  imagectl status",
        ]
        if !isSystem {
            lines.append("  loginctl enable-linger    # to run while you are not logged in")
        }
        return "Next:\n\(lines.joined(separator: "\n"))\n"
    }
}
