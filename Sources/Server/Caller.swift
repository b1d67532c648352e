import Catalog
import System
import Wire

extension RequestEnvelope {
    /// On the monotonic clock; nil: none. Below zero: it is over already.
    func deadline(from now: Int64) -> Int64? {
        if timeoutNanoseconds == 0 { return nil }
        if timeoutNanoseconds < 0 { return 0 }
        let (deadline, overflow) = now.addingReportingOverflow(timeoutNanoseconds)
        return overflow ? nil : deadline
    }
}

extension Caller {
    /// The metadata keys of `protocol/README.md`; the last of a key counts.
    init(
        _ envelope: RequestEnvelope, _ bytes: [UInt8], _ connection: Connection, hasFixture: Bool
    ) {
        self.init(uid: connection.peer.uid, authority: connection.binding.authority)
        pid = connection.peer.pid
        grantedRoots = connection.binding.diskRoots
        operation = String(decoding: bytes[envelope.method], as: UTF8.self)
        for (key, value) in envelope.metadata {
            if bytes[key].elementsEqual("account".utf8) {
                accountID = String(decoding: bytes[value], as: UTF8.self)
            } else if bytes[key].elementsEqual("explain".utf8) {
                explains = bytes[value].elementsEqual("true".utf8)
            } else if hasFixture && bytes[key].elementsEqual("ram-user".utf8) {
                ramUser = String(decoding: bytes[value], as: UTF8.self)
            }
        }
        if accountID.isEmpty { accountID = "default" }
    }
}
