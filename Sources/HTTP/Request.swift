/// A header line: its name in lower case, its value without the white space around it.
public struct HTTPHeader: Equatable, Sendable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One whole request, its body without the transfer's coding.
public struct HTTPRequest: Equatable, Sendable {
    public var method = ""
    /// Of the target, as it was sent: from the first `/` to the first `?`.
    public var path = ""
    /// Behind the `?`, as it was sent; empty: none.
    public var query = ""
    public var headers: [HTTPHeader] = []
    public var body: [UInt8] = []
    /// Whether the client wants the connection closed behind the answer: it says so, or speaks
    /// HTTP/1.0.
    public var closes = false

    public init() {}

    /// The value of a header; nil: there is none. Of several, the first.
    ///
    /// - Parameter name: in lower case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// The elements of a header that is a list, all its lines together, in lower case.
    func elements(_ name: String) -> [String] {
        headers.filter { $0.name == name }.flatMap { header in
            header.value.lowercased().split(separator: ",").map { HTTPText.trimmed($0) }
        }
    }
}

/// Why a request is not one that is answered: the status of the answer, after which the
/// connection closes, because nobody knows where the next request begins.
public struct HTTPFault: Error, Equatable, Sendable {
    public let status: Int
    /// What is wrong and what would be right, as a sentence.
    public let reason: String

    public init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    static func bad(_ reason: String) -> HTTPFault { HTTPFault(400, reason) }
}

/// What one client may send.
public struct HTTPLimits: Equatable, Sendable {
    /// Of the request line and the headers together. The SDKs put all parameters into the request
    /// line, RunInstances' UserData (32 KiB, encoded) among them.
    public var headBytes = 64 << 10
    public var headers = 100
    public var bodyBytes = 1 << 20

    public init() {}
}

/// The text of heads: which bytes may stand where (RFC 9110 § 5.6).
enum HTTPText {
    static func isToken(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9": true
        case "!", "#", "$", "%", "&", "'", "*", "+", "-", ".", "^", "_", "`", "|", "~": true
        default: false
        }
    }

    /// Visible characters, spaces and tabs, and bytes above ASCII.
    static func isFieldValue(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7f || byte == 0x09
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }

    static func trimmed(_ text: Substring) -> String {
        String(decoding: trimmed(Array(text.utf8)[...]), as: UTF8.self)
    }
}
