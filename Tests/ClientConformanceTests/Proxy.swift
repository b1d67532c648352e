import Foundation
import TestSupport

/// Stands between a client and the daemon, and loses answers where a scenario asks for it. It
/// passes on whole frames.
final class Proxy: @unchecked Sendable {
    // Unchecked: what changes is behind `changed`.
    private let path: String
    private let daemonPath: String
    private let changed = NSCondition()
    private var listener: Int32 = -1
    private var lossCount = 0
    private var relays: [Int: Relay] = [:]
    private var nextRelay = 0

    /// Two sockets that belong together. Each direction has a thread; the last one closes both.
    private struct Relay {
        let client: Int32
        let daemon: Int32
        var threadCount = 2
        /// The stream whose answer is lost.
        var lostStream: UInt32?
    }

    /// Listens at `path`, and connects to `daemonPath` for each connection it takes.
    init(_ path: String, to daemonPath: String) throws {
        self.path = path
        self.daemonPath = daemonPath
        try start()
    }

    deinit { stop() }

    /// One more request's answer is lost.
    func loseAnswer() {
        changed.withLock { lossCount += 1 }
    }

    /// Listens again.
    func start() throws {
        let socket = try Self.socket(path) { bind($0, $1, $2) }
        guard listen(socket, 64) == 0 else {
            close(socket)
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL)
        }
        listener = socket
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(socket, nil, nil)
                guard client >= 0, let self else { break }
                // A program that another test starts would keep the connection open.
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                self.take(client)
            }
            close(socket)
        }
    }

    /// Closes all: nobody is at `path` any more, and every connection has ended.
    func stop() {
        changed.lock()
        defer { changed.unlock() }
        if listener >= 0 { shutdown(listener, Int32(SHUT_RDWR)) }
        listener = -1
        unlink(path)
        for relay in relays.values { Self.end(relay) }
        while !relays.isEmpty { changed.wait() }
    }

    private static func end(_ relay: Relay) {
        shutdown(relay.client, Int32(SHUT_RDWR))
        shutdown(relay.daemon, Int32(SHUT_RDWR))
    }

    private static func socket(
        _ path: String, _ attach: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        let socket = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let failed = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                attach(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if failed == 0 { return socket }
        let error = POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL)
        close(socket)
        throw error
    }

    // MARK: One connection

    private func take(_ client: Int32) {
        guard let daemon = try? Self.socket(daemonPath, { connect($0, $1, $2) }) else {
            close(client)
            return
        }
        let number = changed.withLock { () -> Int in
            nextRelay += 1
            relays[nextRelay] = Relay(client: client, daemon: daemon)
            return nextRelay
        }
        Thread.detachNewThread {
            self.pass(from: client, to: daemon, number) { self.request($0, number) }
        }
        Thread.detachNewThread {
            self.pass(from: daemon, to: client, number) { self.answer($0, number) }
        }
    }

    /// Passes frames on while `isWanted` says so of their streams' ids.
    private func pass(
        from source: Int32, to target: Int32, _ number: Int, _ isWanted: (UInt32) -> Bool
    ) {
        while let header = Self.read(source, 10) {
            let length = header[0..<4].reduce(0) { $0 << 8 | Int($1) }
            let stream = header[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            guard let data = Self.read(source, length), isWanted(stream),
                Self.write(header + data, to: target)
            else { break }
        }
        changed.withLock {
            guard var relay = relays[number] else { return }
            Self.end(relay)
            relay.threadCount -= 1
            relays[number] = relay.threadCount > 0 ? relay : nil
            if relay.threadCount > 0 { return }
            close(relay.client)
            close(relay.daemon)
            changed.broadcast()
        }
    }

    private func request(_ stream: UInt32, _ number: Int) -> Bool {
        changed.withLock {
            if lossCount > 0, relays[number]?.lostStream == nil {
                lossCount -= 1
                relays[number]?.lostStream = stream
            }
        }
        return true
    }

    private func answer(_ stream: UInt32, _ number: Int) -> Bool {
        changed.withLock { relays[number]?.lostStream != stream }
    }

    private static func read(_ socket: Int32, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var place = 0
        while place < count {
            let part = bytes.withUnsafeMutableBytes {
                recv(socket, $0.baseAddress! + place, count - place, 0)
            }
            if part < 0 && errno == EINTR { continue }
            if part <= 0 { return nil }
            place += part
        }
        return bytes
    }

    private static func write(_ bytes: [UInt8], to socket: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
