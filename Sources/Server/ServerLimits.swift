import HTTP

/// What one client may take (`reliability.md` § 6). Each can be set in the configuration file.
public struct ServerLimits: Equatable, Sendable {
    public var connections = 12_000
    /// Of one user other than our own and root.
    public var foreignConnections = 1_024
    /// Connections beyond that which our own uid and root may still open.
    public var reservedConnections = 16
    /// Streams of a connection that wait for more than a sync.
    public var parkedStreams = 128
    /// Requests of a connection that await the next sync.
    public var requestsInFlight = 1_024
    public var frameSeconds = 10
    /// How long a wait without a deadline lasts: WaitForImage, and a request that waits for
    /// another with its token (V3).
    public var waitSeconds = 60
    /// Answers of a connection that its client has not read.
    public var unsentBytes = 8 << 20
    public var unsentSeconds = 30
    /// All connections' buffers together.
    public var bufferBytes = 256 << 20
    /// Descriptors kept back for data files and the journal.
    public var reservedDescriptors = 64
    /// Of one HTTP request.
    var http = HTTPLimits()

    public init() {}

    mutating func set(_ name: String, _ value: Int) -> Bool {
        switch name {
        case "Connections": connections = value
        case "ForeignConnections": foreignConnections = value
        case "ParkedStreams": parkedStreams = value
        case "RequestsInFlight": requestsInFlight = value
        case "FrameSeconds": frameSeconds = value
        case "WaitSeconds": waitSeconds = value
        case "UnsentBytes": unsentBytes = value
        case "UnsentSeconds": unsentSeconds = value
        case "BufferBytes": bufferBytes = value
        case "HTTPHeadBytes": http.headBytes = value
        case "HTTPBodyBytes": http.bodyBytes = value
        default: return false
        }
        return true
    }

    static let names = [
        "Connections", "ForeignConnections", "ParkedStreams", "RequestsInFlight", "FrameSeconds",
        "WaitSeconds", "UnsentBytes", "UnsentSeconds", "BufferBytes", "HTTPHeadBytes",
        "HTTPBodyBytes",
    ]
}
