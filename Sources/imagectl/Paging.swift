import ECS
import Wire

/// How a list that comes in pages is read whole.
struct Paging<O: Operation>: Sendable {
    /// The fields by which a user asks for one page himself.
    let fields: [String]
    /// Asks for pages as large as the daemon gives.
    fileprivate let begin: @Sendable (inout O.Request) -> Void
    /// Asks for the page behind the one that was answered; false: that was the last one.
    fileprivate let goOn: @Sendable (inout O.Request, O.Response) -> Bool
    /// Puts a page behind those before it.
    fileprivate let join: @Sendable (inout O.Response, O.Response) -> Void

    /// All pages as one answer.
    func all(
        _ request: O.Request, _ call: (O.Request) async throws -> O.Response
    ) async throws -> O.Response {
        var request = request
        begin(&request)
        var page = try await call(request)
        var whole = page
        while goOn(&request, page) {
            page = try await call(request)
            join(&whole, page)
        }
        return whole
    }

    // MARK: Ways

    /// By tokens, which lead on whatever changes meanwhile.
    static func byToken<Element>(
        _ list: any WritableKeyPath<O.Response, [Element]> & Sendable,
        _ token: any WritableKeyPath<O.Request, String> & Sendable,
        _ next: any WritableKeyPath<O.Response, String> & Sendable,
        _ fields: [String], _ begin: @escaping @Sendable (inout O.Request) -> Void
    ) -> Self {
        Paging(
            fields: fields, begin: begin,
            goOn: { request, page in
                let isNew = page[keyPath: next] != request[keyPath: token]
                request[keyPath: token] = page[keyPath: next]
                return isNew && !page[keyPath: next].isEmpty
            },
            join: { whole, page in
                whole[keyPath: list] += page[keyPath: list]
                whole[keyPath: next] = page[keyPath: next]
            })
    }

    /// By numbers. What is made meanwhile moves the rest to later places: nothing is listed twice.
    static func byNumber<Element>(
        _ list: any WritableKeyPath<O.Response, [Element]> & Sendable,
        _ id: any KeyPath<Element, String> & Sendable,
        _ number: any WritableKeyPath<O.Request, Int32?> & Sendable,
        _ size: any WritableKeyPath<O.Request, Int32?> & Sendable,
        _ total: any KeyPath<O.Response, Int32> & Sendable, max: Int32
    ) -> Self {
        Paging(
            fields: ["PageNumber", "PageSize"], begin: { $0[keyPath: size] = max },
            goOn: { request, page in
                let current = request[keyPath: number] ?? 1
                let isLast =
                    page[keyPath: list].isEmpty || current > .max / max
                    || current * max >= page[keyPath: total]
                request[keyPath: number] = current &+ 1
                return !isLast
            },
            join: { whole, page in
                let known = Set(whole[keyPath: list].map { $0[keyPath: id] })
                whole[keyPath: list] += page[keyPath: list].filter {
                    !known.contains($0[keyPath: id])
                }
            })
    }

    fileprivate static var tokenFields: [String] {
        ["NextToken", "MaxResults", "PageNumber", "PageSize"]
    }
}

extension Paging<DescribeImages> {
    static var images: Self {
        byNumber(\.images, \.imageID, \.pageNumber, \.pageSize, \.totalCount, max: 100)
    }
}

extension Paging<DescribeImageSharePermission> {
    static var accounts: Self {
        byNumber(\.accounts, \.aliyunID, \.pageNumber, \.pageSize, \.totalCount, max: 100)
    }
}

extension Paging<DescribeInstanceStatus> {
    static var statuses: Self {
        byNumber(\.instanceStatuses, \.instanceID, \.pageNumber, \.pageSize, \.totalCount, max: 50)
    }
}

extension Paging<DescribeSnapshots> {
    static var snapshots: Self {
        byToken(\.snapshots, \.nextToken, \.nextToken, tokenFields) { $0.maxResults = 100 }
    }
}

extension Paging<DescribeDisks> {
    static var disks: Self {
        byToken(\.disks, \.nextToken, \.nextToken, tokenFields) { $0.maxResults = 100 }
    }
}

extension Paging<DescribeInstances> {
    static var instances: Self {
        byToken(\.instances, \.nextToken, \.nextToken, tokenFields) { $0.maxResults = 100 }
    }
}

extension Paging<ListTagResources> {
    static var tags: Self {
        byToken(\.tagResources, \.nextToken, \.nextToken, tokenFields) { _ in }
    }
}

extension Paging<DescribeUsage> {
    static var usage: Self {
        byToken(\.usage, \.nextToken, \.nextToken, tokenFields) { $0.maxResults = 1000 }
    }
}
