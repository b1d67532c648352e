import Checksum
import ECS
import System
import Wire

/// What stands at the beginning of a saved image (`protocol/image-stream.md`).
struct SavedImage: Message {
    var imageName = ""
    var imageFamily = ""
    var imageVersion = ""
    var description = ""
    var platform = ""
    var architecture = ""
    var bootMode = ""
    var imdsSupport = ""
    var tags: [Tag] = []
    var disks: [SavedDisk] = []
    // Where it comes from: for people.
    var imageID = ""
    var creationTime = ""
    init() {}

    mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "ImageName", &imageName)
        try visitor.string(2, "ImageFamily", &imageFamily)
        try visitor.string(3, "ImageVersion", &imageVersion)
        try visitor.string(4, "Description", &description)
        try visitor.string(5, "Platform", &platform)
        try visitor.string(6, "Architecture", &architecture)
        try visitor.string(7, "BootMode", &bootMode)
        try visitor.string(8, "ImdsSupport", &imdsSupport)
        try visitor.messages(9, "Tags", &tags)
        try visitor.messages(10, "Disks", &disks)
        try visitor.string(11, "ImageId", &imageID)
        try visitor.string(12, "CreationTime", &creationTime)
    }
}

struct SavedDisk: Message {
    var device = ""
    var type = ""  // system, data
    var sizeBytes: Int64 = 0
    var size: Int32 = 0  // GiB, as the image says
    init() {}

    mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Device", &device)
        try visitor.string(2, "Type", &type)
        try visitor.int64(3, "SizeBytes", &sizeBytes)
        try visitor.int32(4, "Size", &size)
    }
}

/// The records that a saved image is made of, and the checksum that runs through their heads.
struct ImageStream {
    enum Kind: UInt64 {
        case image = 1
        case data, diskEnd, end
    }

    /// What stands before a record's bytes: four numbers of 64 bits, the lowest byte first.
    struct Head: Equatable {
        var kind: UInt64
        /// Of data: where on the disk; of a disk's end: its size; of the end: how many disks.
        var place: UInt64
        var length: UInt64 = 0
        /// Of the record's bytes; of both ends: of all heads before.
        var checksum: UInt64 = 0

        static let byteCount = 32

        init(_ kind: Kind, place: UInt64, length: UInt64 = 0, checksum: UInt64 = 0) {
            self.kind = kind.rawValue
            self.place = place
            self.length = length
            self.checksum = checksum
        }

        init(_ bytes: [UInt8]) {
            let words = (0..<4).map { word in
                bytes[(8 * word)..<(8 * word + 8)].reversed().reduce(UInt64(0)) {
                    $0 << 8 | UInt64($1)
                }
            }
            (kind, place, length, checksum) = (words[0], words[1], words[2], words[3])
        }

        var bytes: [UInt8] { [kind, place, length, checksum].flatMap(ImageStream.bytes) }
    }

    static let magic = Array("imaged-image 1\n".utf8)
    /// Of one record.
    static let imageBytesMax = 1 << 20
    static let dataBytesMax = 1 << 20

    /// The checksum of all heads so far.
    private(set) var chain: UInt64 = 0

    mutating func pass(_ head: Head) {
        chain = Self.checksum(Self.bytes(of: chain) + head.bytes)
    }

    static func checksum(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { XXH64.hash($0) }
    }

    private static func bytes(of word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
    }
}

/// Writes a saved image to standard output.
struct ImageStreamWriter {
    private var stream = ImageStream()

    init(_ image: SavedImage) throws(SystemError) {
        try StandardStream.output.write(ImageStream.magic)
        let bytes = image.encoded()
        try put(.image, place: 0, bytes)
    }

    mutating func data(_ bytes: [UInt8], at offset: Int64) throws(SystemError) {
        try put(.data, place: UInt64(bitPattern: offset), bytes)
    }

    mutating func endDisk(sizeBytes: Int64) throws(SystemError) {
        try put(.diskEnd, place: UInt64(bitPattern: sizeBytes))
    }

    mutating func end(diskCount: Int) throws(SystemError) {
        try put(.end, place: UInt64(diskCount))
    }

    private mutating func put(
        _ kind: ImageStream.Kind, place: UInt64, _ bytes: [UInt8] = []
    ) throws(SystemError) {
        let isEnd = kind == .diskEnd || kind == .end
        let head = ImageStream.Head(
            kind, place: place, length: UInt64(bytes.count),
            checksum: isEnd ? stream.chain : ImageStream.checksum(bytes))
        stream.pass(head)
        try StandardStream.output.write(head.bytes + bytes)
    }
}

/// Reads a saved image from standard input. What is wrong with it is told as a `Failure`.
struct ImageStreamReader {
    enum Record {
        case data([UInt8], offset: Int64)
        case diskEnd
        case end
    }

    private var stream = ImageStream()
    private var diskCount = 0
    private var buffer = [UInt8]()
    private var position = 0

    private static let bufferBytes = 1 << 20
    private static let disksMax = 17
    private static let diskBytesMax: Int64 = 32_768 << 30
    /// How soon a cancelled task is noticed.
    private static let pollMilliseconds: Int32 = 100

    // MARK: Records

    /// The first record.
    mutating func image() throws -> SavedImage {
        guard try take(ImageStream.magic.count) == ImageStream.magic else {
            throw Self.wrong("it does not begin as a saved image of version 1 does")
        }
        let head = try head()
        guard head.kind == ImageStream.Kind.image.rawValue, head.place == 0,
            (1...UInt64(ImageStream.imageBytesMax)).contains(head.length)
        else { throw Self.damaged("its first record is no image") }
        let bytes = try self.bytes(of: head)
        stream.pass(head)
        let image: SavedImage
        do {
            image = try SavedImage(decoding: bytes)
        } catch {
            throw Self.wrong("its first record cannot be read: \(error)")
        }
        let devices = Set(image.disks.map(\.device))
        guard (1...Self.disksMax).contains(image.disks.count),
            devices.count == image.disks.count,
            image.disks.count(where: { $0.type == "system" }) == 1,
            image.disks.allSatisfy({ (1...Self.diskBytesMax).contains($0.sizeBytes) })
        else { throw Self.wrong("its disks make no image") }
        return image
    }

    /// The next record of a disk of which all before `place` was read.
    ///
    /// - Parameter size: the disk's, in bytes; nil: all disks were read.
    mutating func next(from place: Int64, of size: Int64?) throws -> Record {
        let head = try head()
        switch (ImageStream.Kind(rawValue: head.kind), size) {
        case (.data, let size?):
            let room = UInt64(size - place)
            guard head.place >= UInt64(place), head.place - UInt64(place) <= room,
                (1...UInt64(ImageStream.dataBytesMax)).contains(head.length),
                head.length <= UInt64(size) - head.place
            else { throw Self.damaged("data for a place that the disk does not have") }
            let bytes = try self.bytes(of: head)
            stream.pass(head)
            return .data(bytes, offset: Int64(head.place))
        case (.diskEnd, let size?):
            guard head.place == UInt64(size), head.length == 0, head.checksum == stream.chain
            else { throw Self.damaged("the checksum at a disk's end") }
            stream.pass(head)
            diskCount += 1
            return .diskEnd
        case (.end, nil):
            guard head.place == UInt64(diskCount), head.length == 0,
                head.checksum == stream.chain
            else { throw Self.damaged("the checksum at the end") }
            guard try isAtEnd() else { throw Self.wrong("something follows its end") }
            return .end
        default: throw Self.damaged("a record of kind \(head.kind) where none belongs")
        }
    }

    private mutating func head() throws -> ImageStream.Head {
        ImageStream.Head(try take(ImageStream.Head.byteCount))
    }

    private mutating func bytes(of head: ImageStream.Head) throws -> [UInt8] {
        let bytes = try take(Int(head.length))
        if ImageStream.checksum(bytes) == head.checksum { return bytes }
        throw Self.damaged("the checksum of data")
    }

    // MARK: Bytes

    private mutating func take(_ count: Int) throws -> [UInt8] {
        while buffer.count - position < count {
            guard try fill() else { throw Self.truncated }
        }
        defer { position += count }
        return Array(buffer[position..<(position + count)])
    }

    private mutating func isAtEnd() throws -> Bool {
        if position < buffer.count { return false }
        return try !fill()
    }

    /// - Returns: false: there is no more.
    private mutating func fill() throws -> Bool {
        if position > 0 {
            buffer.removeSubrange(..<position)
            position = 0
        }
        var part = [UInt8](repeating: 0, count: Self.bufferBytes)
        while true {
            try Task.checkCancellation()
            let result = part.withUnsafeMutableBytes { bytes in
                Result { () throws(SystemError) in
                    try StandardInput.read(
                        into: bytes, withinMilliseconds: Self.pollMilliseconds)
                }
            }
            guard let count = try result.get() else { continue }
            buffer += part[..<count]
            return count > 0
        }
    }

    // MARK: Failures

    private static let truncated = Failure(
        .refused, "TruncatedStream", "the stream ends before the image does",
        hint: "Whatever sent it has failed, or the file is cut. Nothing was made of it.")

    private static func damaged(_ what: String) -> Failure {
        Failure(
            .refused, "DamagedStream", "the stream is damaged: \(what)",
            hint: "Save and send the image again. Nothing was made of this.")
    }

    private static func wrong(_ what: String) -> Failure {
        Failure(
            .refused, "WrongStream", "this is no image that imagectl save has written: \(what)",
            hint: "imagectl save IMAGE > FILE makes one.")
    }
}
