import Catalog
import ECS
import System
import Wire

/// What the server says of itself: to the log, and to the service manager.
extension Server {
    /// A watchdog that hears nothing takes the loop for dead, so it is told by the loop, twice in
    /// its time.
    func tellWatchdog(_ now: Int64) {
        guard let due = watchdogDue, due <= now, let time = manager.watchdogNanoseconds else {
            return
        }
        watchdogDue = now + time / 2
        manager.tell("WATCHDOG=1", waits: false)
    }

    /// A connection that is not taken.
    func refuse(_ kind: String, _ reason: String, _ peer: PeerCredentials) {
        counters.refusedConnections[kind, default: 0] += 1
        log.limited(
            kind, "refused a connection",
            ["reason": reason, "uid": "\(peer.uid)", "pid": "\(peer.pid)"])
    }

    func noteForbidden(_ key: StreamKey) {
        guard let peer = connections[key.connection]?.peer else { return }
        log.limited(
            "forbidden", "refused a request: Forbidden",
            ["uid": "\(peer.uid)", "pid": "\(peer.pid)"])
    }

    /// Every request has a line where all is wanted.
    func note(
        _ answer: Answers.Answer, _ origin: Origin, _ answers: Answers, _ peer: PeerCredentials?,
        _ now: Int64
    ) {
        let taken = origin.arrival > 0 ? max(0, now - origin.arrival) / 1_000 : 0
        log.debug(
            "request",
            [
                "operation": OperationNumbers.names[Int(origin.operation)],
                "code": answers.code(of: answer) ?? "OK", "microseconds": "\(taken)",
                "uid": peer.map { "\($0.uid)" } ?? "", "pid": peer.map { "\($0.pid)" } ?? "",
            ])
    }
}
