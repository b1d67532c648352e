import Checksum

/// What one file holds. Made by `recover`, which is pure and answers for any bytes whatever.
struct Recovery: Equatable, Sendable {
    struct Record: Equatable, Sendable {
        let sequence: UInt64
        /// Where its payload lies in the file.
        let payload: Range<Int>
    }

    /// How the file goes on after its last good record.
    enum Tail: Equatable, Sendable {
        /// Only zeros, or nothing; in a checkpoint, the end mark and nothing else.
        case clean
        /// A record whose write was cut short, never known to be durable; `bytes` up to the last
        /// one that is not zero.
        case torn(bytes: Int)
        /// Bytes that were once whole, or were never written by this program.
        case damaged(offset: Int, reason: String)
    }

    var header: FileHeader.Reading
    var records: [Record] = []
    /// Up to the end of the last good record.
    var validByteCount = 0
    var tail = Tail.clean

    /// The sequence of the last good record, or the one before the file's first.
    func lastSequence(first: UInt64) -> UInt64 { records.last?.sequence ?? first - 1 }
}

/// Reads one whole file, called `name`, as far as it is good, and judges what follows
/// (`reliability.md` § 3). A journal's end may be torn; a checkpoint's may not, for it was synced
/// before it got its name.
func recover(_ file: Span<UInt8>, named name: FileName) -> Recovery {
    file.withUnsafeBytes { bytes in
        var recovery = Recovery(header: FileHeader.read(bytes, named: name))
        guard case .valid(let header) = recovery.header else { return recovery }
        recovery.validByteCount = FileHeader.byteCount
        let reader = RecordReader(bytes: bytes, id: header.id)
        switch header.kind {
        case .journal: reader.readJournal(first: header.sequence, into: &recovery)
        case .checkpoint: reader.readCheckpoint(into: &recovery)
        }
        return recovery
    }
}

/// The records of one file whose header is good.
private struct RecordReader {
    let bytes: UnsafeRawBufferPointer
    let id: UInt64
    /// Past the last byte that is not zero.
    let dataEnd: Int

    init(bytes: UnsafeRawBufferPointer, id: UInt64) {
        self.bytes = bytes
        self.id = id
        var end = bytes.count
        while end & 7 != 0, bytes[end - 1] == 0 { end -= 1 }
        if end & 7 == 0 {
            while end >= 8, bytes.integer(at: end - 8, as: UInt64.self) == 0 { end -= 8 }
            while end > 0, bytes[end - 1] == 0 { end -= 1 }
        }
        dataEnd = end
    }

    func readJournal(first: UInt64, into recovery: inout Recovery) {
        var expected = first
        while recovery.validByteCount < dataEnd {
            let offset = recovery.validByteCount
            guard let header = wholeRecord(at: offset), header.sequence == expected,
                header.kind == .payload
            else {
                recovery.tail = judgeTail(at: offset, expected: expected)
                return
            }
            let start = offset + RecordHeader.byteCount
            recovery.records.append(
                .init(sequence: expected, payload: start..<start + header.payloadBytes))
            recovery.validByteCount += header.recordBytes
            expected += 1
        }
    }

    func readCheckpoint(into recovery: inout Recovery) {
        while true {
            let offset = recovery.validByteCount
            let expected = UInt64(recovery.records.count) + 1
            func damaged(_ reason: String) {
                recovery.tail = .damaged(offset: offset, reason: reason)
            }
            guard let header = wholeRecord(at: offset) else {
                return damaged("record \(expected) is incomplete or its checksum does not match")
            }
            guard header.sequence == expected else {
                return damaged("record \(header.sequence) where \(expected) belongs")
            }
            let start = offset + RecordHeader.byteCount
            if header.kind == .end {
                guard header.payloadBytes == 8,
                    bytes.integer(at: start, as: UInt64.self) == expected - 1
                else { return damaged("its end mark has another number of records") }
                guard offset + header.recordBytes == bytes.count else {
                    return damaged("something follows its end mark")
                }
                recovery.validByteCount = bytes.count
                return
            }
            recovery.records.append(
                .init(sequence: expected, payload: start..<start + header.payloadBytes))
            recovery.validByteCount += header.recordBytes
        }
    }

    /// The header of a record that is whole and whose checksums match.
    private func wholeRecord(at offset: Int) -> RecordHeader? {
        guard let header = RecordHeader(bytes, at: offset, fileID: id),
            bytes.count - offset >= header.recordBytes
        else { return nil }
        let end = offset + header.recordBytes - 8
        let covered = UnsafeRawBufferPointer(
            rebasing: bytes[offset + RecordHeader.byteCount..<end])
        let sum = XXH64.hash(covered, seed: id ^ header.sequence)
        return sum == bytes.integer(at: end, as: UInt64.self) ? header : nil
    }

    /// Tells damage from a torn write, for the bad record at `offset`, where `expected` belongs.
    private func judgeTail(at offset: Int, expected: UInt64) -> Recovery.Tail {
        let header = RecordHeader(bytes, at: offset, fileID: id)
        if let header, header.sequence != expected || header.kind != .payload {
            return .damaged(
                offset: offset, reason: "record \(header.sequence) where \(expected) belongs")
        }
        let followers = later(from: offset + (header?.recordBytes ?? 8), expected: expected)
        if let proof = followers.proof {
            return .damaged(
                offset: offset,
                reason: "record \(expected) is bad, and record \(proof) after it shows that it "
                    + "was durable")
        }
        if followers.exist || isIncomplete(at: offset, header) {
            return .torn(bytes: dataEnd - offset)
        }
        return .damaged(
            offset: offset, reason: "record \(expected) is complete, but its checksum is wrong")
    }

    /// Whether later records follow, and the first that could not be there if the bad one had not
    /// been durable. A good header suffices: whoever wrote it knew what it says.
    private func later(from start: Int, expected: UInt64) -> (exist: Bool, proof: UInt64?) {
        var offset = start
        var exist = false
        while offset < dataEnd {
            if let header = RecordHeader(bytes, at: offset, fileID: id) {
                if header.sequence <= expected || header.durable >= expected {
                    return (true, header.sequence)
                }
                exist = true
            }
            offset += 8
        }
        return (exist, nil)
    }

    /// Whether the write of the bad record at `offset` ended early: the file ends inside it, only
    /// zeros are where a checksum belongs and after it, or a sector's share of it is all zero.
    /// Without a good header it is taken to reach to the last byte that is not zero.
    private func isIncomplete(at offset: Int, _ header: RecordHeader?) -> Bool {
        let end: Int
        if let header {
            end = offset + header.recordBytes
            if end > bytes.count || dataEnd <= end - 8 { return true }
        } else {
            let headerEnd = offset + RecordHeader.byteCount
            if headerEnd > bytes.count || dataEnd <= headerEnd - 8 { return true }
            end = max(headerEnd, dataEnd)
        }
        var share = offset
        while share < end {
            let shareEnd = min(end, (share / Format.sectorBytes + 1) * Format.sectorBytes)
            if bytes[share..<shareEnd].allSatisfy({ $0 == 0 }) { return true }
            share = shareEnd
        }
        return false
    }
}
