import Catalog
import ECS
import HTTP
import System

extension Server {
    /// Takes what the parser of an HTTP connection has found.
    func take(_ event: HTTPParser.Event, _ connection: Connection) {
        switch event {
        case .expectsContinue: connection.http?.goOn()
        case .fault(let fault):
            let code = HTTPResponse.reason(fault.status).filter { $0 != " " }
            refuse(
                HTTPRefusal(error: ECSError(Int32(fault.status), code, fault.reason)),
                HTTPExchange.closing, connection)
            connection.isClosing = true
            connection.lingers = true
        case .request(let request):
            if request.closes { connection.isClosing = true }
            take(request, connection)
        }
        connection.sendReady()
    }

    private func take(_ request: HTTPRequest, _ connection: Connection) {
        var exchange = HTTPExchange(request)
        let gateway = HTTPGateway(hasFixture: access.hasFixture, accessKeys: access.accessKeys)
        do throws(HTTPRefusal) {
            let call = try gateway.read(request)
            exchange.entry = call.entry
            exchange.form = call.form
            guard let stream = connection.http?.begin(exchange) else { return }
            var caller = Caller(
                accountID: call.accountID, uid: connection.peer.uid,
                authority: connection.binding.authority)
            caller.pid = connection.peer.pid
            caller.grantedRoots = connection.binding.diskRoots
            caller.operation = call.entry.name
            caller.ramUser = call.ramUser
            enqueue(
                Call(
                    key: StreamKey(connection: connection.token, stream: stream),
                    request: call.request, caller: caller, keyRule: call.keyRule, deadline: nil,
                    origin: Origin(
                        operation: OperationNumbers.number(of: caller.operation),
                        arrival: Clock.monotonicNanoseconds())))
        } catch {
            refuse(error, exchange, connection)
        }
    }

    /// Answers a request that no operation sees.
    private func refuse(
        _ refusal: HTTPRefusal, _ exchange: HTTPExchange, _ connection: Connection
    ) {
        let requestID = catalog.assumeIsolated { $0.requestID() }
        counters.count(OperationNumbers.unknown, refusal.error.code.rawValue)
        _ = connection.http?.begin(exchange)
        connection.http?.finishLast(
            exchange.refusal(refusal.error, requestID: requestID, headers: refusal.headers))
    }

    /// The answer has left, and what the client still sends is not read as requests: it is thrown
    /// away until the client has read the answer and closes, or its time is over. A close at once
    /// would reset the connection, and the answer might be lost on the way.
    func beginDraining(_ connection: Connection, _ now: Int64) {
        UnixSocket.endSending(connection.socket)
        connection.lingers = false
        connection.isDraining = true
        connection.frameDeadline = now + Int64(limits.frameSeconds) * 1_000_000_000
    }
}

extension HTTPExchange {
    /// Of something that is no request.
    fileprivate static let closing: HTTPExchange = {
        var exchange = HTTPExchange()
        exchange.closes = true
        return exchange
    }()
}

extension Catalog {
    /// Finds the account of a call that came with an access key.
    func findAccount(of call: Call) throws(Refusal) {
        if call.keyRule == .none { return }
        try findAccount(ofKey: call.caller, opens: call.keyRule == .opens)
    }
}
