import ECS
import ImagedClient
import System

/// Writes a snapshot's disk to standard output, a few reads ahead of what is written.
struct StreamedExport: Sendable {
    let client: ImagedClient
    let snapshotID: String
    /// For each read.
    let timeout: Duration

    /// What one read asks for: as much as the daemon gives.
    private static let pieceBytes: Int64 = 1 << 20
    private static let piecesMax = 4

    /// What comes next on the disk.
    enum Part {
        case data([UInt8])
        case hole(Int64)
    }

    /// A stretch of the disk, in order and without gaps.
    private struct Piece {
        var parts: [Part] = []
        var end: Int64
        /// Of the whole disk.
        var size: Int64 = 0
    }

    // MARK: Commands

    /// ExportImage or ExportSnapshot with `--output -`; nil: they are asked for something else.
    static func image(_ invocation: Invocation) async throws -> ExitCode? {
        guard try isWanted(invocation) else { return nil }
        let asked = try invocation.request(ExportImageRequest.self)
        if !asked.ossBucket.isEmpty || !asked.ossPrefix.isEmpty {
            throw UsageError(
                message: "--output - and a bucket together", hint: "Use one or the other.")
        }
        return try await run(invocation) { client in
            let request = try await invocation.request(ExportImageRequest.self, client)
            let image = try await client.image(request.imageID, region: request.regionID)
            let device = request.device.isEmpty ? Device.system : request.device
            guard let disk = image.diskDeviceMappings.first(where: { $0.device == device }) else {
                let devices = image.diskDeviceMappings.map(\.device)
                throw Failure(
                    .refused, "InvalidDevice.NotFound", "\(image.imageID) has no disk \(device)",
                    hint: "It has \(Help.list(devices, "and")).")
            }
            return disk.snapshotID
        }
    }

    static func snapshot(_ invocation: Invocation) async throws -> ExitCode? {
        guard try isWanted(invocation) else { return nil }
        _ = try invocation.request(ExportSnapshotRequest.self)
        return try await run(invocation) { client in
            try await invocation.request(ExportSnapshotRequest.self, client).snapshotID
        }
    }

    private static func isWanted(_ invocation: Invocation) throws(UsageError) -> Bool {
        guard invocation.value("output") == "-" else { return false }
        if let path = invocation.fields["Path"] {
            throw UsageError(
                message: "--output and \(path.flag) together", hint: "Use one form or the other.")
        }
        if let format = invocation.settings.format, format != .table {
            throw UsageError(
                message: "--output - and \(format.rawValue) together",
                hint: "Standard output is the disk's then.")
        }
        if StandardStream.output.isTerminal {
            throw UsageError(
                message: "--output -: standard output is a terminal",
                hint: "Send it to a file or a program: > FILE, or | PROGRAM.")
        }
        return true
    }

    private static func run(
        _ invocation: Invocation, _ find: (ImagedClient) async throws -> String
    ) async throws -> ExitCode {
        // A write to a pipe that nobody empties cannot be cancelled, and nothing has to be
        // cleaned up.
        try Interrupts.handle { _ in
            Output.complain(Failure(CancellationError()).text)
            CurrentProcess.exit(ExitCode.interrupted.rawValue)
        }
        let client = try await invocation.connect()
        let export = StreamedExport(
            client: client, snapshotID: try await find(client),
            timeout: invocation.settings.timeout ?? .seconds(60))
        let progress = ProgressLine(export.snapshotID, invocation.output)
        defer { progress.erase() }
        do {
            let output = SparseOutput(.output)
            let (size, data) = try await export.read(progress) { part in
                switch part {
                case .data(let bytes): try output.write(bytes)
                case .hole(let count): try output.hole(count)
                }
            }
            try output.finish()
            progress.erase()
            invocation.output.note("\(Views.bytes(size)), \(Views.bytes(data)) of data")
            return .done
        } catch let error as SystemError where error.errno == .brokenPipe {
            // Whoever reads has had enough.
            return .refused
        }
    }

    // MARK: Reading ahead

    /// Reads the whole disk, in order.
    ///
    /// - Returns: the disk's size, and how many bytes of it were data.
    func read(
        _ progress: ProgressLine, _ take: (Part) throws -> Void
    ) async throws -> (size: Int64, data: Int64) {
        // Only the first answer tells the size, and so what may be asked for.
        var piece = try await piece(at: 0)
        var ahead: [(start: Int64, task: Task<Piece, any Error>)] = []
        defer { for read in ahead { read.task.cancel() } }
        var data: Int64 = 0
        while true {
            // What a long hole has passed over is not needed.
            while let first = ahead.first, first.start < piece.end {
                ahead.removeFirst().task.cancel()
            }
            var next = ahead.last.map { $0.start + Self.pieceBytes } ?? piece.end
            while ahead.count < Self.piecesMax && next < piece.size {
                let start = next
                ahead.append((start, Task { try await self.piece(at: start) }))
                next += Self.pieceBytes
            }
            for part in piece.parts {
                if case .data(let bytes) = part { data += Int64(bytes.count) }
                try take(part)
            }
            progress.show("reading", done: piece.end, of: piece.size)
            guard let read = ahead.first else { break }
            let size = piece.size
            piece = try await read.task.value
            ahead.removeFirst()
            guard piece.size == size else { throw Self.nonsense("another size than before") }
        }
        return (piece.size, data)
    }

    /// Reads on from `start` until the piece is full, or beyond it where a hole leads there, or
    /// the disk ends.
    private func piece(at start: Int64) async throws -> Piece {
        var piece = Piece(end: start)
        var request = ReadSnapshotRequest()
        request.snapshotID = snapshotID
        while piece.end - start < Self.pieceBytes {
            request.offset = piece.end
            request.length = Self.pieceBytes - (piece.end - start)
            let answer = try await client.call(ReadSnapshot.self, request, timeout: timeout)
            piece.size = answer.sizeBytes
            let count = Int64(answer.data.count)
            // Sizes near the largest number would have no room for what is read ahead.
            guard (piece.end...Int64.max - 64 * Self.pieceBytes).contains(piece.size) else {
                throw Self.nonsense("a size of \(piece.size) bytes")
            }
            let rest = piece.size - piece.end
            if count > 0 && answer.holeBytes == 0 && count <= min(rest, request.length) {
                piece.parts.append(.data(answer.data))
                piece.end += count
            } else if count == 0 && answer.holeBytes > 0 && answer.holeBytes <= rest {
                let count = Self.whole(answer.holeBytes, piece.end - start, of: rest)
                piece.parts.append(.hole(count))
                piece.end += count
            } else if count == 0 && answer.holeBytes == 0 && rest == 0 {
                break
            } else {
                throw Self.nonsense(
                    "\(count) bytes and a hole of \(answer.holeBytes) at \(piece.end)")
            }
            if piece.end == piece.size { break }
        }
        return piece
    }

    /// How much of a hole a piece takes that is filled up to `place`: where it leads beyond the
    /// piece, whole pieces more, so that the reads ahead begin where this one ends.
    ///
    /// - Parameter rest: how much of the disk follows.
    private static func whole(_ hole: Int64, _ place: Int64, of rest: Int64) -> Int64 {
        let end = place + hole
        if hole == rest || end < pieceBytes { return hole }
        return end / pieceBytes * pieceBytes - place
    }

    private static func nonsense(_ what: String) -> Failure {
        Failure(
            .connection, "ProtocolViolation", "ReadSnapshot answered with \(what)",
            hint: "What was written so far is no whole disk.")
    }
}

extension ImagedClient {
    /// The image of that ID, whatever its status.
    func image(_ id: String, region: String) async throws -> Image {
        var request = DescribeImagesRequest()
        request.regionID = region
        request.imageID = id
        request.status = "ALL"
        if let image = try await call(DescribeImages.self, request).images.first { return image }
        throw Failure(
            .refused, "InvalidImageId.NotFound", "there is no image \(id) in \(region)",
            hint: "imagectl describe-images --status ALL lists those that there are.")
    }
}
