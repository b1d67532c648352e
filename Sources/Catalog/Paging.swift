import ECS

/// One page of a list (operations § 4): newest first.
struct Page {
    private let skip: Int
    private let size: Int
    /// Only what was created before this number.
    private let below: Int64?
    let number: Int32
    var pageSize: Int32 { Int32(size) }

    init(
        number: Int32?, size: Int32?, maxResults: Int32? = nil, nextToken: String = "",
        max: Int32 = 100
    ) throws(Refusal) {
        self.number = number ?? 1
        if self.number < 1 {
            throw .error(.invalidParameter("PageNumber", hint: "1 or more."))
        }
        let name = maxResults == nil ? "PageSize" : "MaxResults"
        let wanted = maxResults ?? size ?? 10
        if !(1...max).contains(wanted) {
            throw .error(.invalidParameter(name, hint: "1 to \(max)."))
        }
        self.size = Int(wanted)
        if nextToken.isEmpty {
            below = nil
            skip = (Int(self.number) - 1) * Int(wanted)
        } else {
            guard let parsed = Int64(nextToken, radix: 36), parsed > 0 else {
                throw .error(
                    .invalidParameter("NextToken", hint: "The NextToken of an earlier answer."))
            }
            below = parsed
            skip = 0
        }
    }

    /// What the page takes of things that are shown to it one after the other.
    struct Taking<Item> {
        fileprivate let skip: Int
        fileprivate let size: Int
        private(set) var items: [Item] = []
        private var shownCount = 0
        var totalCount: Int32 { Int32(clamping: shownCount) }

        fileprivate init(_ skip: Int, _ size: Int) {
            self.skip = skip
            self.size = size
        }

        mutating func show(_ item: @autoclosure () -> Item) {
            if shownCount >= skip && items.count < size { items.append(item()) }
            shownCount += 1
        }
    }

    func taking<Item>(_: Item.Type) -> Taking<Item> { Taking(skip, size) }

    struct Result<Record: Resource> {
        var records: [Boxed<Record>] = []
        var totalCount: Int32 = 0
        var nextToken = ""
    }

    /// The page's records and how many match in all.
    func take<Record: Resource>(
        _ table: ResourceTable<Record>, where matches: (Record) -> Bool
    ) -> Result<Record> {
        var result = Result<Record>()
        var place = 0
        var last: Int64 = 0
        for (number, record) in table.records.reversed(below: below) where matches(record.value) {
            if place >= skip && result.records.count < size {
                result.records.append(record)
                last = number
            } else if place >= skip + size && result.nextToken.isEmpty {
                result.nextToken = String(last, radix: 36)
            }
            place += 1
        }
        result.totalCount = Int32(clamping: place)
        return result
    }

    /// The same for records named by ID: no table is walked.
    func take<Record: Resource>(
        _ table: ResourceTable<Record>, ids: [String], where matches: (Record) -> Bool
    ) -> Result<Record> {
        var seen: Set<String> = []
        var found: [Boxed<Record>] = []
        for id in ids where ids.count == 1 || seen.insert(id).inserted {
            guard let record = table.boxed(id), matches(record.value) else { continue }
            if let below, record.value.number >= below { continue }
            found.append(record)
        }
        found.sort { $0.value.number > $1.value.number }
        var result = Result<Record>()
        result.records = Array(found.dropFirst(skip).prefix(size))
        result.totalCount = Int32(clamping: found.count)
        if found.count > skip + size, let last = result.records.last {
            result.nextToken = String(last.value.number, radix: 36)
        }
        return result
    }
}

extension Array where Element == String {
    /// ECS takes at most 100 IDs in one list.
    func checked(_ name: String) throws(Refusal) -> [String] {
        if count <= 100 { return self }
        throw .error(.invalidParameter(name, hint: "At most 100."))
    }
}

/// A filter on a text: absent matches all; `*` stands for any run of characters.
func textMatches(_ pattern: String, _ text: String) -> Bool {
    if pattern.isEmpty { return true }
    // Longer than any name can be, even in stars: it is not worth working through.
    if pattern.utf8.count > 1024 { return false }
    if !pattern.contains("*") { return pattern == text }
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    var rest = Substring(text)
    guard rest.hasPrefix(parts[0]) else { return false }
    rest = rest.dropFirst(parts[0].count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
        guard let range = rest.firstRange(of: part) else { return false }
        rest = rest[range.upperBound...]
    }
    return parts.last!.count <= rest.count && rest.hasSuffix(parts.last!)
}
