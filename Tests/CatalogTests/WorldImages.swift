import ECS
import Wire

@testable import Catalog

extension World {
    /// What an operation answers: "OK" or the first error.
    func answer<Request: Sendable, Response: Sendable>(
        _ operation: @Sendable (isolated Catalog, Request, Caller) throws(Refusal) -> Response,
        account: String = "default", ramUser: String = "", as name: String = "",
        _ request: Request
    ) -> String {
        do throws(Refusal) {
            try perform(operation, account: account, ramUser: ramUser, as: name, request)
            return "OK"
        } catch {
            return error.text
        }
    }

    // MARK: Images

    func images(
        account: String = "default", _ change: (inout DescribeImagesRequest) -> Void = { _ in }
    ) throws(Refusal) -> DescribeImagesResponse {
        var request = DescribeImagesRequest()
        request.regionID = "cn-hangzhou"
        change(&request)
        return try perform(
            { c, r, who throws(Refusal) in try c.describeImages(r, who) }, account: account,
            request)
    }

    /// The IDs of `images`.
    func imageIDs(
        account: String = "default", _ change: (inout DescribeImagesRequest) -> Void = { _ in }
    ) throws(Refusal) -> [String] {
        try images(account: account, change).images.map(\.imageID)
    }

    /// The same as the server sends it: read back from its bytes.
    func imagesSent(
        account: String = "default", _ change: (inout DescribeImagesRequest) -> Void = { _ in }
    ) throws -> DescribeImagesResponse {
        var request = DescribeImagesRequest()
        request.regionID = "cn-hangzhou"
        change(&request)
        let bytes = try perform(
            { c, r, who throws(Refusal) in
                let (rest, addImages) = try c.describeImagesEncoded(r, who)
                var encoder = FieldEncoder(appendingTo: rest.encoded())
                addImages(&encoder)
                return encoder.bytes
            }, account: account, request)
        return try DescribeImagesResponse(decoding: bytes)
    }

    func describing(_ change: (inout DescribeImagesRequest) -> Void) -> String {
        do throws(Refusal) {
            _ = try images(change)
            return "OK"
        } catch {
            return error.text
        }
    }

    /// An Available image of a simulated instance.
    func availableImage(
        _ disks: [RegisteredDisk] = [disk()], account: String = "default",
        _ change: (inout CreateImageRequest) -> Void = { _ in }
    ) throws(Refusal) -> String {
        let instance = instance(disks, account: account).id
        let id = try create(account: account) {
            $0.instanceID = instance
            change(&$0)
        }
        finishSimulated()
        return id
    }

    /// An Available image of one disk that is a file, and the manifest of its snapshot.
    func realImage(
        _ disks: [RegisteredDisk] = [disk(path: "/disk")], sizeBytes: Int64 = 5 << 30
    ) throws(Refusal) -> (id: String, manifest: Int64) {
        let account = caller.accountID
        let instance = instance(disks).id
        let id = try create { $0.instanceID = instance }
        let job = jobs(account: account).first { $0.isReal && $0.imageID == id }!.number
        turn()
        capture(job, account: account)
        turn()
        let outcome = JobOutcome.copied(job, sizeBytes: sizeBytes)
        report(job, outcome, account: account)
        finishSimulated()
        return (id, job)
    }

    func setImage(_ id: String, status: String) throws(Refusal) {
        var request = SetImageRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = id
        request.status = status
        try perform({ c, r, who throws(Refusal) in try c.setImage(r, who) }, request)
    }

    func deletingImage(
        _ id: String, region: String = "cn-hangzhou",
        _ change: (inout DeleteImageRequest) -> Void = { _ in }
    ) -> String {
        var request = DeleteImageRequest()
        request.regionID = region
        request.imageID = id
        change(&request)
        return answer({ c, r, who throws(Refusal) in try c.deleteImage(r, who) }, request)
    }

    func modifying(
        _ id: String, _ change: (inout ModifyImageAttributeRequest) -> Void
    ) -> String {
        var request = ModifyImageAttributeRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = id
        change(&request)
        return answer({ c, r, who throws(Refusal) in try c.modifyImageAttribute(r, who) }, request)
    }

    /// An instance that was made from an image, as RunInstances leaves it.
    func runs(_ imageID: String) -> Change.Kind {
        var record = InstanceRecord()
        record.number = state.nextNumber
        record.instance.instanceID = "i-runs\(record.number)"
        record.instance.imageID = imageID
        record.instance.status = "Running"
        return .instance(Boxed(record))
    }

    // MARK: Copies and sharing

    func copy(
        _ id: String, to region: String = "cn-shanghai",
        _ change: (inout CopyImageRequest) -> Void = { _ in }
    ) throws(Refusal) -> String {
        var request = CopyImageRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = id
        request.destinationRegionID = region
        change(&request)
        return try perform({ c, r, who throws(Refusal) in try c.copyImage(r, who) }, request)
            .imageID
    }

    func copying(
        _ id: String, to region: String = "cn-shanghai",
        _ change: (inout CopyImageRequest) -> Void = { _ in }
    ) -> String {
        do throws(Refusal) {
            _ = try copy(id, to: region, change)
            return "OK"
        } catch {
            return error.text
        }
    }

    func cancellingCopy(_ id: String, in region: String = "cn-shanghai") -> String {
        var request = CancelCopyImageRequest()
        request.regionID = region
        request.imageID = id
        return answer({ c, r, who throws(Refusal) in try c.cancelCopyImage(r, who) }, request)
    }

    @discardableResult
    func sharing(
        _ id: String, with added: [String] = [], without removed: [String] = [],
        isPublic: Bool? = nil, account: String = "default"
    ) -> String {
        var request = ModifyImageSharePermissionRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = id
        request.addAccount = added
        request.removeAccount = removed
        request.isPublic = isPublic
        return answer(
            { c, r, who throws(Refusal) in try c.modifyImageSharePermission(r, who) },
            account: account, request)
    }
}

/// The three system images, in the order of lists.
let systemImageIDs = ["m-0000000000linuxarm64", "m-0000000000linuxx8664", "m-00000000windowsx8664"]
