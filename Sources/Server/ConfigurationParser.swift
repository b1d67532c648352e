import Catalog
import ECS
import System

/// Reads a configuration file line by line; the first problem ends it.
struct ConfigurationParser {
    private enum Section: Hashable, CustomStringConvertible {
        case limits
        case daemon
        case account(String)
        case peer(PeerSection.Who)
        case bucket(String)

        var description: String {
            switch self {
            case .limits: "[limits]"
            case .daemon: "[daemon]"
            case .account(let name): "[account \(name)]"
            case .peer(let who): "[peer \(who)]"
            case .bucket(let name): "[bucket \(name)]"
            }
        }

        /// What may be set in it.
        var names: [String] {
            switch self {
            case .limits: Limits.names
            case .daemon: ServerLimits.names
            case .account: ["ResourceGroup", "AccessKey"] + Limits.names
            case .peer: ["Account", "Policy", "DiskRoot"]
            case .bucket: ["Path"]
            }
        }

        /// What may stand in it several times.
        static let lists: Set<String> = [
            "ResourceGroup", "AccessKey", "Account", "Policy", "DiskRoot",
        ]
    }

    private struct Reason: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    private let file: String
    private let ownUID: UInt32
    private var line = 0
    private var configuration = Configuration()
    private var section: Section?
    private var sectionLines: [Section: Int] = [:]
    /// Where each name was set in the section at hand.
    private var settingLines: [String: Int] = [:]
    private var accountLimits: [(account: Int, name: String, value: Int)] = []
    /// The accounts that peers name, and where.
    private var accountUses: [(name: String, line: Int)] = []
    private var policyFiles: [(peer: Int, groupID: String, file: String, line: Int)] = []

    init(file: String, ownUID: UInt32 = CurrentProcess.uid) {
        self.file = file
        self.ownUID = ownUID
    }

    mutating func parse(
        _ text: String, _ readFile: (String) throws(SystemError) -> [UInt8]
    ) throws(Configuration.Problem) -> Configuration {
        // By scalars: "\r\n" is one Character, and would end no line.
        for content in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        {
            line += 1
            let content = trim(Substring(content).prefix { $0 != "#" })
            if content.isEmpty { continue }
            do throws(Reason) {
                if content.hasPrefix("[") {
                    try begin(content)
                } else {
                    try set(content)
                }
            } catch {
                throw problem(error.text)
            }
        }
        try finishSections()
        for index in configuration.accounts.indices {
            configuration.accounts[index].limits = configuration.limits
        }
        for (account, name, value) in accountLimits {
            _ = configuration.accounts[account].limits.set(name, value)
        }
        try readPolicies(readFile)
        return configuration
    }

    private func problem(_ reason: String, line: Int? = nil) -> Configuration.Problem {
        Configuration.Problem(file: file, line: line ?? self.line, reason: reason)
    }

    // MARK: Sections

    private mutating func begin(_ content: Substring) throws(Reason) {
        let section = try Self.section(content, ownUID)
        if let first = sectionLines[section] {
            throw Reason("\(section) stands on line \(first) already: put the lines together")
        }
        sectionLines[section] = line
        settingLines = [:]
        self.section = section
        switch section {
        case .limits, .daemon: break
        case .account(let name): configuration.accounts.append(ConfiguredAccount(name))
        case .peer(let who): configuration.peers.append(PeerSection(who))
        case .bucket(let name): configuration.buckets[name] = ""
        }
    }

    private static func section(
        _ content: Substring, _ ownUID: UInt32
    ) throws(Reason) -> Section {
        let words = content.dropFirst().dropLast().split { $0 == " " || $0 == "\t" }
        switch (words.first, words.count) {
        case _ where !content.hasSuffix("]"): break
        case ("limits", 1): return .limits
        case ("daemon", 1): return .daemon
        case ("account", 2):
            guard Text.isAccountID(String(words[1])) else {
                throw Reason(
                    "account \(words[1]): 1 to 64 letters, digits, -, _ or ., first no - or .")
            }
            return .account(String(words[1]))
        case ("peer", 2): return .peer(try who(words[1], ownUID))
        case ("bucket", 2):
            guard isBucketName(words[1]) else {
                throw Reason(
                    "bucket \(words[1]): 1 to 63 lower-case letters, digits or -, no - at an end")
            }
            return .bucket(String(words[1]))
        default: break
        }
        throw Reason(
            """
            no section \(content): there are [limits], [daemon], [account NAME], \
            [peer uid=NUMBER], [peer gid=NUMBER] and [bucket NAME]
            """)
    }

    private static func who(
        _ word: Substring, _ ownUID: UInt32
    ) throws(Reason) -> PeerSection.Who {
        let isUser = word.hasPrefix("uid=")
        guard isUser || word.hasPrefix("gid="),
            word.dropFirst(4).utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt32(word.dropFirst(4)), number < UInt32.max
        else { throw Reason("peer \(word): uid=NUMBER or gid=NUMBER is right") }
        if number == Access.overflowID {
            throw Reason(
                """
                peer \(word): \(number) stands for everybody of other user namespaces, who never \
                may connect
                """)
        }
        if isUser && (number == 0 || number == ownUID) {
            throw Reason(
                """
                peer \(word): root and the daemon's own user always may connect, as the owners of \
                every account: leave the section out
                """)
        }
        return isUser ? .uid(number) : .gid(number)
    }

    private static func isBucketName(_ name: Substring) -> Bool {
        (1...63).contains(name.utf8.count) && !name.hasPrefix("-") && !name.hasSuffix("-")
            && name.utf8.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }

    // MARK: Settings

    private mutating func set(_ content: Substring) throws(Reason) {
        guard let equals = content.firstIndex(of: "=") else {
            throw Reason("\"\(content)\" is not of the form Name = value")
        }
        let name = String(trim(content[..<equals]))
        let value = trim(content[content.index(after: equals)...])
        guard let section else { throw Reason("\(name) stands before the first [section]") }
        guard section.names.contains(name) else {
            throw Reason("no \(name) in \(section): there are \(Values.list(section.names))")
        }
        if let first = settingLines[name], !Section.lists.contains(name) {
            throw Reason("\(name) is set on line \(first) already")
        }
        settingLines[name] = settingLines[name] ?? line
        switch section {
        case .limits: _ = configuration.limits.set(name, try Self.number(name, value, from: 0))
        // None of a client's limits leaves anything to serve when it is 0.
        case .daemon: _ = configuration.server.set(name, try Self.number(name, value, from: 1))
        case .account: try setAccount(name, value)
        case .peer: try setPeer(name, value)
        case .bucket(let bucket): configuration.buckets[bucket] = try Self.directory(name, value)
        }
    }

    private mutating func setAccount(_ name: String, _ value: Substring) throws(Reason) {
        let last = configuration.accounts.count - 1
        if name == "AccessKey" { return try addAccessKey(value, configuration.accounts[last].name) }
        guard name == "ResourceGroup" else {
            let number = try Self.number(name, value, from: 0)
            return accountLimits.append((last, name, number))
        }
        guard Self.isGroup(value) else {
            throw Reason("\(name) = \(value): rg- and 1 to 20 lower-case letters or digits")
        }
        if configuration.accounts[last].resourceGroups.contains(String(value)) {
            throw Reason("\(name) = \(value) stands in this section already")
        }
        configuration.accounts[last].resourceGroups.append(String(value))
    }

    private mutating func addAccessKey(_ value: Substring, _ account: String) throws(Reason) {
        let words = value.split { $0 == " " || $0 == "\t" }
        guard words.count == 2 else {
            throw Reason("AccessKey: ID SECRET is right, without spaces in either")
        }
        let id = String(words[0])
        if configuration.accessKeys[id] != nil {
            throw Reason("AccessKey \(id) stands in this file already")
        }
        configuration.accessKeys[id] = AccessKey(accountID: account, secret: String(words[1]))
    }

    private mutating func setPeer(_ name: String, _ value: Substring) throws(Reason) {
        let last = configuration.peers.count - 1
        switch name {
        case "Account":
            guard Text.isAccountID(String(value)) else {
                throw Reason("\(name) = \(value): the name of an account is right")
            }
            configuration.peers[last].accounts.insert(String(value))
            accountUses.append((String(value), line))
        case "Policy":
            let scope = value.prefix { $0 != " " && $0 != "\t" }
            let isScoped = scope.hasPrefix("rg-") && scope.count < value.count
            let policyFile = isScoped ? trim(value[scope.endIndex...]) : value
            guard !policyFile.isEmpty, !isScoped || Self.isGroup(scope) else {
                throw Reason(
                    """
                    \(name) = \(value): FILE or GROUP FILE is right; a GROUP is rg- and 1 to 20 \
                    lower-case letters or digits
                    """)
            }
            policyFiles.append((last, isScoped ? String(scope) : "", String(policyFile), line))
        default:
            configuration.peers[last].diskRoots.append(try Self.directory(name, value))
        }
    }

    private static func isGroup(_ text: Substring) -> Bool {
        let id = text.dropFirst(3)
        return text.hasPrefix("rg-") && (1...20).contains(id.utf8.count)
            && id.utf8.allSatisfy(isLowerOrDigit)
    }

    private static func number(
        _ name: String, _ text: Substring, from least: Int
    ) throws(Reason) -> Int {
        guard let value = Int(text), (least...(1 << 31)).contains(value) else {
            throw Reason(
                "\(name) = \(text): a whole number from \(least) to 2147483648 is right")
        }
        return value
    }

    private static func directory(_ name: String, _ text: Substring) throws(Reason) -> String {
        if let path = Access.root(String(text)) { return path }
        throw Reason("\(name) = \(text): the absolute path of a directory, without .., is right")
    }

    // MARK: The end

    private func finishSections() throws(Configuration.Problem) {
        for peer in configuration.peers where peer.accounts.isEmpty {
            throw problem(
                "[peer \(peer.who)] names no account: Account = NAME is needed",
                line: sectionLines[.peer(peer.who)])
        }
        for name in configuration.buckets.keys.sorted() where configuration.buckets[name] == "" {
            throw problem(
                "[bucket \(name)] has no place: Path = DIRECTORY is needed",
                line: sectionLines[.bucket(name)])
        }
        let names = ["default"] + configuration.accounts.map(\.name)
        for use in accountUses where !names.contains(use.name) {
            throw problem(
                """
                Account = \(use.name): there is no [account \(use.name)]; there are \
                \(Values.list(names))
                """, line: use.line)
        }
    }

    private mutating func readPolicies(
        _ readFile: (String) throws(SystemError) -> [UInt8]
    ) throws(Configuration.Problem) {
        let slash = file.lastIndex(of: "/")
        let directory = slash.map { String(file[...$0]) } ?? ""
        for policy in policyFiles {
            let path = policy.file.hasPrefix("/") ? policy.file : directory + policy.file
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try readFile(path)
            } catch {
                throw problem("Policy: \(error)", line: policy.line)
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw problem("Policy: \(path): not UTF-8", line: policy.line)
            }
            var record = PolicyRecord()
            record.resourceGroupID = policy.groupID
            do throws(PolicyProblem) {
                record.statements = try PolicyDocument.read(text)
            } catch {
                throw Configuration.Problem(
                    file: path, line: error.line,
                    reason: "\(error.reasonInFile) (the Policy of \(file):\(policy.line))")
            }
            configuration.peers[policy.peer].policies.append(record)
        }
    }
}

private func trim(_ text: Substring) -> Substring {
    let isSpace = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" || scalar == "\r" }
    var scalars = text.unicodeScalars.drop(while: isSpace)
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    return Substring(scalars)
}
