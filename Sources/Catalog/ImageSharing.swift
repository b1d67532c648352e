import ECS

/// Who else may use an image.
extension Catalog {
    public func modifyImageSharePermission(
        _ request: ModifyImageSharePermissionRequest, _ caller: Caller
    ) throws(Refusal) -> ModifyImageSharePermissionResponse {
        try check(request.syntaxErrors(), caller)
        let account = try admitted(
            caller, resourceName(ofImage: request.imageID, request.regionID, caller))
        let region = try account.region(request.regionID)
        let found = try ownImage(request.imageID, region)
        var record = found
        for added in request.accountsToAdd where !record.sharedWith.contains(added) {
            if added == caller.accountID {
                throw .error(
                    .invalidParameter("AddAccount", hint: "\(added) is the image's own account."))
            }
            record.sharedWith.append(added)
        }
        record.sharedWith.removeAll(where: request.accountsToRemove.contains)
        record.image.isPublic = request.isPublic ?? record.image.isPublic
        record.image.isSelfShared = record.sharedWith.isEmpty ? "False" : "True"
        // Asked for nothing new (Packer always asks, often for nothing): nothing happens.
        if record == found { return ModifyImageSharePermissionResponse() }
        let isWidened =
            record.image.isPublic && !found.image.isPublic
            || !record.sharedWith.allSatisfy(found.sharedWith.contains)
        if isWidened && found.image.status != "Available" {
            throw .error(
                .incorrectImageStatus.naming(
                    "ImageId", hint: "It is \(found.image.status); Available is right."))
        }
        if record.sharedWith.count > Limits.sharedWith {
            throw .error(
                .invalidParameter(
                    "AddAccount",
                    hint: "An image is shared with at most \(Limits.sharedWith) accounts."))
        }
        var draft = draft(caller, request.regionID)
        draft.add(.image(Boxed(record)))
        try commit(draft, isRelease: !isWidened)
        return ModifyImageSharePermissionResponse()
    }

    public func describeImageSharePermission(
        _ request: DescribeImageSharePermissionRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeImageSharePermissionResponse {
        try check(request.syntaxErrors(), caller)
        let page = try Page(number: request.pageNumber, size: request.pageSize)
        let account = try admitted(
            caller, resourceName(ofImage: request.imageID, request.regionID, caller))
        let region = try account.region(request.regionID)
        let record = try ownImage(request.imageID, region)
        var taking = page.taking(ShareAccount.self)
        for accountID in record.sharedWith {
            var share = ShareAccount()
            share.aliyunID = accountID
            taking.show(share)
        }
        var response = DescribeImageSharePermissionResponse()
        response.accounts = taking.items
        response.totalCount = taking.totalCount
        response.pageNumber = page.number
        response.pageSize = page.pageSize
        response.regionID = request.regionID
        response.imageID = request.imageID
        return response
    }
}
