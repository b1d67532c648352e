import ECS
import Wire

extension Catalog {
    public func describeImages(
        _ request: DescribeImagesRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeImagesResponse {
        let found = try findImages(request, caller)
        var response = found.response
        response.images = found.page.map { described($0, found) }
        return response
    }

    /// DescribeImages, straight to its encoded form: of an image at rest only bytes are copied.
    ///
    /// - Returns: the response but for its images, and what adds those to it.
    public func describeImagesEncoded(
        _ request: DescribeImagesRequest, _ caller: Caller
    ) throws(Refusal) -> (DescribeImagesResponse, (inout FieldEncoder) -> Void) {
        let found = try findImages(request, caller)
        let addImages = { (encoder: inout FieldEncoder) in
            for seen in found.page {
                if let bytes = seen.encoded(found.region) {
                    encoder.bytes(DescribeImagesResponse.imagesNumber, bytes)
                } else {
                    let image = self.described(seen, found)
                    encoder.delimited(DescribeImagesResponse.imagesNumber) { $0.write(image) }
                }
            }
        }
        return (found.response, addImages)
    }

    private struct FoundImages {
        var response: DescribeImagesResponse
        var page: [SeenImage]
        var account: Account
        var region: Shared<Region>
    }

    private func findImages(
        _ request: DescribeImagesRequest, _ caller: Caller
    ) throws(Refusal) -> FoundImages {
        try check(request.syntaxErrors(), caller)
        let page = try Page(number: request.pageNumber, size: request.pageSize)
        let ids = try request.imageIDs().checked("ImageId")
        try require("Architecture", request.architecture, in: Values.architectures)
        try require("OSType", request.osType, in: ["linux", "windows"])
        let account = try admitted(caller, ResourceName("image", in: request.regionID))
        let region = try account.region(request.regionID)
        if request.dryRun ?? false { throw .error(.dryRunOperation) }
        let filter = ImageFilter(request, region)
        var taking = page.taking(SeenImage.self)
        if ids.isEmpty {
            // What anybody has made public would change everybody's list.
            let others = state.imagesOfOthers(
                caller.accountID, request.regionID,
                includingPublic: request.imageOwnerAlias == "others")
            show(
                region.images.records.reversed().lazy.map(\.value), others,
                SystemImages.all, filter, &taking)
        } else {
            show(ids, request.regionID, region, caller.accountID, filter, &taking)
        }
        var response = DescribeImagesResponse()
        response.totalCount = taking.totalCount
        response.pageNumber = page.number
        response.pageSize = page.pageSize
        response.regionID = request.regionID
        return FoundImages(
            response: response, page: taking.items, account: account, region: region)
    }

    /// Shows images named by ID: no table is walked.
    private func show(
        _ ids: [String], _ regionID: String, _ region: Shared<Region>, _ accountID: String,
        _ filter: ImageFilter, _ taking: inout Page.Taking<SeenImage>
    ) {
        let wanted = Set(ids)
        let own = wanted.compactMap { region.images.boxed($0) }
            .sorted { $0.value.number > $1.value.number }
        if own.count == wanted.count {
            return show(own, [], [], filter, &taking)
        }
        let others = state.imagesOfOthers(accountID, regionID, wanted)
        let system = SystemImages.all.filter { wanted.contains($0.value.id) }
        show(own, others, system, filter, &taking)
    }

    /// Shows a page what passes the filter, newest first: the account's own images in the order
    /// of their creation, those of others between them by their time, then system images.
    private func show(
        _ own: some Sequence<Boxed<ImageRecord>>, _ others: [FoundImage],
        _ system: [Boxed<ImageRecord>], _ filter: ImageFilter,
        _ taking: inout Page.Taking<SeenImage>
    ) {
        var rest = others[...]
        func showOthers(newerThan time: String, _ taking: inout Page.Taking<SeenImage>) {
            while let next = rest.first, next.record.image.creationTime > time {
                rest.removeFirst()
                if filter.matches(next.record.image) {
                    taking.show(SeenImage(record: Boxed(next.record), origin: .others))
                }
            }
        }
        for record in own {
            if !rest.isEmpty { showOthers(newerThan: record.value.image.creationTime, &taking) }
            if filter.matches(record.value.image) {
                taking.show(SeenImage(record: record, origin: .own))
            }
        }
        showOthers(newerThan: "", &taking)
        for record in system where filter.matches(record.value.image) {
            taking.show(SeenImage(record: record, origin: .system))
        }
    }

    private func described(_ seen: SeenImage, _ found: FoundImages) -> Image {
        described(seen.record.value, found.account, found.region)
    }

    /// The image as clients see it: with what is derived, and while it is made with its progress.
    ///
    /// - Parameter region: the account's own.
    func described(_ record: ImageRecord, _ account: Account, _ region: Shared<Region>) -> Image {
        var image = record.image
        image.usage = region.value.usage(ofImage: image.imageID)
        if image.isFinal { return image }
        let own = account.jobs(ofImage: image, in: region).first { $0.snapshotID.isEmpty }
        let ownPercent = own.map { percent($0, account) }
        var total = 0
        for index in image.diskDeviceMappings.indices {
            let id = image.diskDeviceMappings[index].snapshotID
            let ofSnapshot = region.snapshots[id].map { self.percent($0, account, region) }
            let percent = ofSnapshot ?? ownPercent ?? 0
            image.diskDeviceMappings[index].progress = "\(percent)%"
            total += percent
        }
        image.progress = "\(ownPercent ?? total / max(1, image.diskDeviceMappings.count))%"
        return image
    }

    // MARK: Families

    /// DescribeImageFromFamily: the newest Available image; none: an empty one.
    public func describeImageFromFamily(
        _ request: DescribeImageFromFamilyRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeImageFromFamilyResponse {
        if request.regionID.isEmpty { throw .error(.missingParameter("RegionId")) }
        if request.imageFamily.isEmpty { throw .error(.missingParameter("ImageFamily")) }
        let account = try admitted(caller, ResourceName("image", in: request.regionID))
        let region = try account.region(request.regionID)
        var response = DescribeImageFromFamilyResponse()
        response.image =
            newestImage(ofFamily: request.imageFamily, in: region)
            .map { described($0, account, region) } ?? Image()
        return response
    }
}

extension DescribeImagesResponse {
    /// The number of the field `images` (`protocol/imaged.proto`).
    fileprivate static let imagesNumber: UInt32 = 2
}

/// An image in somebody's list.
private struct SeenImage: Sendable {
    enum Origin { case own, others, system }

    let record: Boxed<ImageRecord>
    let origin: Origin

    /// The bytes that were kept of it, if what they say is still so.
    func encoded(_ region: Shared<Region>) -> [UInt8]? {
        if region.value.isUsed(record.value.id) { return nil }
        return switch origin {
        case .own: region.encodedImages[record.value.number]
        case .others: nil
        case .system: SystemImages.encoded[record.value.id]
        }
    }
}

// MARK: - Filters: all that are given must match

private struct ImageFilter {
    private let request: DescribeImagesRequest
    private let statuses: [String]?
    private let created: CreationRange
    private let region: Shared<Region>

    init(_ request: DescribeImagesRequest, _ region: Shared<Region>) {
        self.request = request
        statuses = request.statuses
        created = CreationRange(request.filter)
        self.region = region
    }

    func matches(_ image: Image) -> Bool {
        guard statuses?.contains(image.status) ?? true,
            request.imageOwnerAlias.isEmpty || request.imageOwnerAlias == image.imageOwnerAlias,
            textMatches(request.imageName, image.imageName),
            request.imageFamily.isEmpty || request.imageFamily == image.imageFamily
        else { return false }
        return isRightKind(image) && isRightPlace(image)
    }

    private func isRightKind(_ image: Image) -> Bool {
        (request.architecture.isEmpty || request.architecture == image.architecture)
            && (request.osType.isEmpty || request.osType == image.osType)
            && (request.usable.map { $0 == image.usable } ?? true)
            && (request.isSupportCloudinit.map { $0 == image.isSupportCloudinit } ?? true)
            && (request.isSupportIoOptimized.map { $0 == image.isSupportIoOptimized } ?? true)
            && (request.usage.isEmpty
                || request.usage == region.value.usage(ofImage: image.imageID))
    }

    private func isRightPlace(_ image: Image) -> Bool {
        let isFrom =
            request.snapshotID.isEmpty
            || image.diskDeviceMappings.contains { $0.snapshotID == request.snapshotID }
        let isInGroup =
            request.resourceGroupID.isEmpty || request.resourceGroupID == image.resourceGroupID
        return isFrom && isInGroup && created.contains(image.creationTime)
            && request.tag.allIn(image.tags)
    }
}

extension DescribeImagesRequest {
    /// The IDs, which commas separate.
    fileprivate func imageIDs() -> [String] {
        if imageID.isEmpty { return [] }
        if !imageID.utf8.contains(UInt8(ascii: ",")) { return [imageID] }
        return imageID.split(separator: ",").map(String.init)
    }
}
