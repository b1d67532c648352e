import ECS
import Wire

/// A region that every account has.
public let testRegion = "cn-hangzhou"

extension Message {
    /// The message with some fields set: `CreateImageRequest.with { $0.imageName = "a" }`.
    public static func with(_ body: (inout Self) -> Void) -> Self {
        var message = Self()
        body(&message)
        return message
    }
}

extension TestClient {
    /// Registers a Stopped instance with one disk for each path, the first being the system disk.
    @discardableResult
    public func register(paths: [String]) throws -> RegisterInstanceResponse {
        try call(
            RegisterInstance.self,
            .with {
                $0.regionID = testRegion
                $0.status = "Stopped"
                $0.disk = paths.map { path in .with { $0.path = path } }
            })
    }

    /// Registers an instance with `count` simulated disks.
    @discardableResult
    public func registerSimulated(disks count: Int = 1) throws -> RegisterInstanceResponse {
        try call(
            RegisterInstance.self,
            .with {
                $0.regionID = testRegion
                $0.disk = (0..<count).map { index in
                    .with {
                        $0.size = 20
                        $0.type = index == 0 ? "system" : "data"
                    }
                }
            })
    }

    public static func createImageRequest(
        of instanceID: String, name: String = "", allowLive: Bool? = nil, token: String = ""
    ) -> CreateImageRequest {
        .with {
            $0.regionID = testRegion
            $0.instanceID = instanceID
            $0.imageName = name
            $0.allowLive = allowLive
            $0.clientToken = token
        }
    }

    /// The image's id; it may still be in the making.
    public func createImage(
        of instanceID: String, name: String = "", allowLive: Bool? = nil, token: String = ""
    ) throws -> String {
        try call(
            CreateImage.self,
            Self.createImageRequest(
                of: instanceID, name: name, allowLive: allowLive, token: token)
        ).imageID
    }

    public func wait(for imageID: String, timeoutNanoseconds: Int64 = 0) throws -> Image? {
        try call(
            WaitForImage.self, waitRequest(imageID), timeoutNanoseconds: timeoutNanoseconds
        ).image
    }

    public func waitRequest(_ imageID: String) -> WaitForImageRequest {
        .with {
            $0.regionID = testRegion
            $0.imageID = imageID
        }
    }

    public func exportRequest(
        _ imageID: String, to path: String, device: String = ""
    ) -> ExportImageRequest {
        .with {
            $0.regionID = testRegion
            $0.imageID = imageID
            $0.path = path
            $0.device = device
        }
    }

    @discardableResult
    public func export(
        _ imageID: String, to path: String, device: String = ""
    ) throws -> ExportImageResponse {
        try call(ExportImage.self, exportRequest(imageID, to: path, device: device))
    }

    public func deleteImage(_ imageID: String) throws {
        _ = try call(
            DeleteImage.self,
            .with {
                $0.regionID = testRegion
                $0.imageID = imageID
            })
    }

    /// All images of the account's own, or those that `body` narrows it down to.
    public func images(_ body: (inout DescribeImagesRequest) -> Void = { _ in }) throws -> [Image] {
        var images: [Image] = []
        for page in 1... {
            let answer = try call(
                DescribeImages.self,
                .with {
                    $0.regionID = testRegion
                    $0.status = "ALL"
                    $0.imageOwnerAlias = "self"
                    $0.pageSize = 100
                    $0.pageNumber = Int32(page)
                    body(&$0)
                })
            images += answer.images
            if answer.images.isEmpty || images.count >= Int(answer.totalCount) { break }
        }
        return images
    }

    /// All snapshots of the account, or those that `body` narrows it down to.
    public func snapshots(
        _ body: (inout DescribeSnapshotsRequest) -> Void = { _ in }
    ) throws -> [Snapshot] {
        var snapshots: [Snapshot] = []
        for page in 1... {
            let answer = try call(
                DescribeSnapshots.self,
                .with {
                    $0.regionID = testRegion
                    $0.pageSize = 100
                    $0.pageNumber = Int32(page)
                    body(&$0)
                })
            snapshots += answer.snapshots
            if answer.snapshots.isEmpty || snapshots.count >= Int(answer.totalCount) { break }
        }
        return snapshots
    }
}
