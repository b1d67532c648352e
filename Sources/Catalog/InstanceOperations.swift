import ECS
import Wire

// Starting, stopping and deleting instances (operations § 2 and § 3), one or several.

extension Catalog {
    public func startInstance(
        _ request: StartInstanceRequest, _ caller: Caller
    ) throws(Refusal) -> StartInstanceResponse {
        if request.instanceID.isEmpty { throw .error(.missingParameter("InstanceId")) }
        try move(request.instanceID, .start, isDryRun: request.dryRun ?? false, caller)
        return StartInstanceResponse()
    }

    public func stopInstance(
        _ request: StopInstanceRequest, _ caller: Caller
    ) throws(Refusal) -> StopInstanceResponse {
        try check(request.syntaxErrors(), caller)
        let stop = InstanceMove.stop(hibernates: request.hibernate ?? false)
        try move(request.instanceID, stop, isDryRun: request.dryRun ?? false, caller)
        return StopInstanceResponse()
    }

    public func startInstances(
        _ request: StartInstancesRequest, _ caller: Caller
    ) throws(Refusal) -> StartInstancesResponse {
        try check(request.syntaxErrors(), caller)
        var response = StartInstancesResponse()
        response.instanceResponses = try move(
            request.instanceID, in: request.regionID, .start,
            isEachAlone: request.batchOptimization == "SuccessFirst",
            isDryRun: request.dryRun ?? false, caller)
        return response
    }

    public func stopInstances(
        _ request: StopInstancesRequest, _ caller: Caller
    ) throws(Refusal) -> StopInstancesResponse {
        try check(request.syntaxErrors(), caller)
        var response = StopInstancesResponse()
        response.instanceResponses = try move(
            request.instanceID, in: request.regionID,
            .stop(hibernates: request.hibernate ?? false),
            isEachAlone: request.batchOptimization == "SuccessFirst",
            isDryRun: request.dryRun ?? false, caller)
        return response
    }

    private func move(
        _ instanceID: String, _ move: InstanceMove, isDryRun: Bool, _ caller: Caller
    ) throws(Refusal) {
        let place = state.accounts[caller.accountID]?.find(\.instances, instanceID)
        let account = try admitted(caller, .instance(instanceID, place))
        guard let (regionID, region, record) = place else {
            throw .error(.invalidInstanceIdNotFound(instanceID: instanceID).naming("InstanceId"))
        }
        if let error = move.error(record, region.value) {
            throw .error(error.parameter.isEmpty ? error.naming("InstanceId") : error)
        }
        if isDryRun { throw .error(.dryRunSuccess) }
        var draft = draft(caller, regionID)
        draft.move(record, move, limits(of: account), account, region)
        try commit(draft)
    }

    /// The plural forms: all of them or none, or, where each stands alone, those that can.
    private func move(
        _ instanceIDs: [String], in regionID: String, _ move: InstanceMove, isEachAlone: Bool,
        isDryRun: Bool, _ caller: Caller
    ) throws(Refusal) -> [InstanceResponse] {
        let (account, names) = try admitted(instanceIDs, in: regionID, caller)
        let region = try account.region(regionID)
        var draft = draft(caller, regionID)
        var responses: [InstanceResponse] = []
        for (id, name) in names {
            var response = InstanceResponse()
            response.instanceID = id
            do throws(ECSError) {
                let record = try region.value.instance(id, name)
                response.previousStatus = record.instance.status
                response.currentStatus = record.instance.status
                if let error = move.error(record, region.value) {
                    throw error.parameter.isEmpty ? error.naming(name, hint: error.hint) : error
                }
                draft.move(record, move, limits(of: account), account, region)
                response.currentStatus = move.status
                response.code = "200"
                response.message = "success"
            } catch {
                if !isEachAlone { throw .error(error) }
                response.code = error.code.rawValue
                response.message = error.message
            }
            responses.append(response)
        }
        // Where each stands alone there is always some success to answer (operations § 3).
        if isDryRun { throw .error(.dryRunSuccess) }
        if !draft.changes.isEmpty { try commit(draft) }
        return responses
    }

    /// V2 of several instances, each once, and how the request names them.
    private func admitted(
        _ instanceIDs: [String], in regionID: String, _ caller: Caller
    ) throws(Refusal) -> (Account, [(id: String, name: String)]) {
        let account = try authorised(caller, names(instanceIDs, in: regionID, caller))
        try passFaults(caller, token: "", account)
        return (account, instanceIDs.named)
    }

    private func names(
        _ instanceIDs: [String], in regionID: String, _ caller: Caller
    ) -> [ResourceName] {
        let region = state.accounts[caller.accountID]?.regions[regionID]
        return instanceIDs.map { id in
            ResourceName(
                "instance", id, in: regionID,
                group: region?.instances[id]?.instance.resourceGroupID ?? "")
        }
    }

    // MARK: Deleting

    /// DeleteInstance. A registered VM's files are their owner's and stay; those that were made for
    /// its disks go with them. Images and snapshots
    /// stay too; what is still being made of it fails (B-NoInstanceChange).
    public func deleteInstance(
        _ request: DeleteInstanceRequest, _ caller: Caller
    ) throws(Refusal) -> DeleteInstanceResponse {
        try check(request.syntaxErrors(), caller)
        let id = request.instanceID
        let place = state.accounts[caller.accountID]?.find(\.instances, id)
        let account = try authorised(caller, [.instance(id, place)])
        let isDryRun = request.dryRun ?? false
        var comparable = request
        comparable.clientToken = ""
        comparable.dryRun = nil
        let token = Token(
            isDryRun ? "" : request.clientToken, "", DeleteInstance.name, comparable)
        let mismatch = ECSError.idempotentParameterMismatch
        if try passed(token, account, caller, mismatch: mismatch) != nil {
            return DeleteInstanceResponse()
        }
        guard let (regionID, region, record) = place else {
            throw .error(.invalidInstanceIdNotFound(instanceID: id).naming("InstanceId"))
        }
        if let error = record.deletionError("InstanceId", force: request.force ?? false) {
            throw .error(error)
        }
        if isDryRun { throw .error(.dryRunSuccess) }
        var draft = draft(caller, regionID)
        draft.delete(record, account, region)
        token.bind(id, [], &draft)
        try commit(draft, isRelease: true)
        return DeleteInstanceResponse()
    }

    /// DeleteInstances: all of them or none.
    public func deleteInstances(
        _ request: DeleteInstancesRequest, _ caller: Caller
    ) throws(Refusal) -> DeleteInstancesResponse {
        try check(request.syntaxErrors(), caller)
        let account = try authorised(
            caller, names(request.instanceID, in: request.regionID, caller))
        let isDryRun = request.dryRun ?? false
        var comparable = request
        comparable.clientToken = ""
        comparable.dryRun = nil
        let token = Token(
            isDryRun ? "" : request.clientToken, request.regionID, DeleteInstances.name,
            comparable)
        let mismatch = ECSError.idempotentParameterMismatch
        if try passed(token, account, caller, mismatch: mismatch) != nil {
            return DeleteInstancesResponse()
        }
        let region = try account.region(request.regionID)
        var draft = draft(caller, request.regionID)
        for (id, name) in request.instanceID.named {
            let record: InstanceRecord
            do throws(ECSError) {
                record = try region.value.instance(id, name)
            } catch {
                throw .error(error)
            }
            if let error = record.deletionError(name, force: request.force ?? false) {
                throw .error(error)
            }
            draft.delete(record, account, region)
        }
        if isDryRun { throw .error(.dryRunSuccess) }
        token.bind(request.instanceID[0], Array(request.instanceID.dropFirst()), &draft)
        try commit(draft, isRelease: true)
        return DeleteInstancesResponse()
    }

    // MARK: Describing

    public func describeInstanceStatus(
        _ request: DescribeInstanceStatusRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeInstanceStatusResponse {
        if request.regionID.isEmpty { throw .error(.missingParameterRegionId.naming("RegionId")) }
        let page = try Page(number: request.pageNumber, size: request.pageSize, max: 50)
        let ids = try request.instanceID.checked("InstanceId")
        let account = try admitted(caller, ResourceName("instance", in: request.regionID))
        let region = try account.region(request.regionID)
        let isMatch = { (record: InstanceRecord) in
            request.zoneID.isEmpty || request.zoneID == record.instance.zoneID
        }
        let result =
            ids.isEmpty
            ? page.take(region.instances, where: isMatch)
            : page.take(region.instances, ids: ids, where: isMatch)
        var response = DescribeInstanceStatusResponse()
        response.instanceStatuses = result.records.map { record in
            var status = InstanceStatus()
            status.instanceID = record.value.id
            status.status = record.value.instance.status
            return status
        }
        response.totalCount = result.totalCount
        response.pageNumber = page.number
        response.pageSize = page.pageSize
        return response
    }
}

/// A status that an operation takes an instance to.
struct InstanceMove {
    let status: String
    /// From which it starts.
    let origin: String
    var hibernates = false

    static let start = InstanceMove(status: "Starting", origin: "Stopped")

    static func stop(hibernates: Bool) -> InstanceMove {
        InstanceMove(status: "Stopping", origin: "Running", hibernates: hibernates)
    }

    /// Why the instance cannot take it.
    func error(_ record: InstanceRecord, _ region: Region) -> ECSError? {
        if record.instance.isLockedForSecurity { return .instanceLockedForSecurity403 }
        if record.instance.status != origin {
            return .incorrectInstanceStatus403.hinting(
                "\(record.id) is \(record.instance.status); \(origin) is right.")
        }
        let isConfigured = record.instance.hibernationOptions?.configured ?? false
        if hibernates && !isConfigured {
            return .invalidParameter(
                "Hibernate",
                hint: "\(record.id) was made without HibernationOptions.Configured.")
        }
        let hasSystemDisk = region.disks(of: record.id).contains { $0.disk.type == "system" }
        if status == "Starting" && !hasSystemDisk {
            return .invalidInstanceNotFoundSystemDisk403.hinting("Attach one, Bootable.")
        }
        return nil
    }
}

extension Draft {
    /// Takes an instance on its way. Images that are being made of it fail (B-NoInstanceChange);
    /// snapshots that nobody wanted for an image go on.
    fileprivate mutating func move(
        _ old: InstanceRecord, _ move: InstanceMove, _ limits: Limits, _ account: Account,
        _ region: Shared<Region>
    ) {
        var record = old
        record.move(to: move.status, now, limits.instanceMove)
        // Nothing asks for it before the instance is Stopped; Starting keeps it until it runs.
        if move.status == "Stopping" { record.isHibernated = move.hibernates }
        add(.instance(Boxed(record)))
        let verb = move.status == "Starting" ? "started" : "stopped"
        failWork(
            on: region.value.disks(of: record.id), "Instance \(record.id) was \(verb).", account,
            region, endsSnapshot: { _ in false })
    }

    /// Deletes an instance and its disks, but for those that are to outlive it. A security lock
    /// takes them all, as ECS says of DeleteWithInstance.
    fileprivate mutating func delete(
        _ instance: InstanceRecord, _ account: Account, _ region: Shared<Region>
    ) {
        let disks = region.value.disks(of: instance.id)
        let isKept = { (record: DiskRecord) in
            !record.disk.deleteWithInstance && !instance.instance.isLockedForSecurity
                && !Values.localCategories.contains(record.disk.category)
        }
        failWork(
            on: disks, "Instance \(instance.id) was deleted.", account, region,
            endsSnapshot: { !isKept($0) })
        for disk in disks {
            if isKept(disk) {
                var kept = disk
                kept.detach(time)
                // B-ReleasedSystemDisk.
                if kept.disk.type == "system" {
                    kept.disk.type = "data"
                    kept.isReleasedSystemDisk = true
                }
                add(.disk(Boxed(kept)))
            } else {
                delete([disk])
            }
        }
        add(.instanceDeleted(instance.id))
    }
}

extension InstanceRecord {
    /// - Parameter name: the parameter that names the instance.
    fileprivate func deletionError(_ name: String, force: Bool) -> ECSError? {
        let status = instance.status
        if ["Pending", "Starting"].contains(status) {
            return .incorrectInstanceStatusInitializing.naming(
                name, hint: "\(id) is \(status): try again when it is Running.")
        }
        if status == "Stopped" || force { return nil }
        return .incorrectInstanceStatus403.naming(
            name, hint: "\(id) is \(status): stop it first, or set Force.")
    }
}

extension Region {
    /// - Parameter name: the parameter that names it.
    func instance(_ id: String, _ name: String) throws(ECSError) -> InstanceRecord {
        if let record = instances[id] { return record }
        throw .invalidInstanceIdNotFound(instanceID: id).naming(name)
    }
}

extension [String] {
    /// Each of the instances once, with the parameter that names it first.
    fileprivate var named: [(id: String, name: String)] {
        var seen: Set<String> = []
        return enumerated().compactMap { index, id in
            seen.insert(id).inserted ? (id, "InstanceId.\(index + 1)") : nil
        }
    }
}

extension ResourceName {
    typealias InstancePlace = (regionID: String, region: Shared<Region>, record: InstanceRecord)

    static func instance(_ id: String, _ place: InstancePlace?) -> ResourceName {
        ResourceName(
            "instance", id, in: place?.regionID ?? "",
            group: place?.record.instance.resourceGroupID ?? "")
    }
}
