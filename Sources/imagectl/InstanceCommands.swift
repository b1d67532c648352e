import ECS
import ImagedClient
import System
import Wire

extension Command {
    static var instanceCommands: [Command] {
        [registerInstance, runInstances] + instanceLists + instanceMoves + instanceDeletions
    }

    private static var registerInstance: Command {
        call(
            RegisterInstance.self, Group.instances, "make a VM known by its disk files",
            usage: "--disk PATH [--disk PATH ...] [FLAG ...]",
            details: """
                For a VM on this host. The files stay yours: nothing here ever writes to them or \
                removes them. A disk without a path is simulated: the rules apply to it, and no \
                bytes are kept.
                """,
            examples: [
                "imagectl register-instance --instance-name web --disk web.raw --disk data.raw",
                "imagectl register-instance --disk /dev/vg0/web,category=cloud_essd",
                "imagectl register-instance --disk size=40 --disk size=100,category=cloud_ssd",
            ],
            options: [ShortForms.disk],
            show: { response, _, _ in
                ([response.instanceID] + response.diskIDs).joined(separator: "\n")
            })
    }

    private static var runInstances: Command {
        moving(
            RunInstances.self, until: "Running", "make instances from an image",
            usage: "(IMAGE | --image-family FAMILY) [FLAG ...]",
            details: """
                Prints the new instances' IDs. The files of their disks are in the daemon's data \
                directory, unless --path and --disk-path say where.
                """,
            examples: [
                "imagectl run-instances m-bp1g6zv0ce8o --instance-name web --wait",
                "imagectl run-instances m-bp1g6zv0ce8o --path a.raw --disk-path /dev/xvdb=b.raw",
                "imagectl run-instances --image-family web --amount 3 --data-disk size=100",
            ],
            options: [ShortForms.dataDisk, ShortForms.path, ShortForms.diskPath],
            positional: "ImageId",
            show: { response, _ in response.instanceIDSets.joined(separator: "\n") },
            moved: { response, request in (response.instanceIDSets, request.regionID) })
    }

    private static var instanceLists: [Command] {
        [
            call(
                DescribeInstances.self, Group.instances, "list instances", usage: "[FLAG ...]",
                examples: ["imagectl describe-instances --status Stopped"], paging: .instances,
                show: { response, _, width in Views.instances(response.instances, width) },
                after: { response, _, output in
                    tellCount(
                        response.instances.count, response.totalCount, "instances", "", output,
                        next: response.nextToken)
                }),
            call(
                DescribeInstanceStatus.self, Group.instances, "list instances' statuses alone",
                usage: "[INSTANCE ...] [FLAG ...]",
                examples: [
                    "imagectl describe-instance-status i-bp1g6zv0ce8o",
                    "imagectl describe-instance-status --page-size 50",
                ],
                positional: "InstanceId", paging: .statuses,
                show: { response, _, width in Views.statuses(response, width) },
                after: { response, _, output in
                    tellCount(
                        response.instanceStatuses.count, response.totalCount, "instances", "",
                        output)
                }),
        ]
    }

    // MARK: Starting and stopping

    private static var instanceMoves: [Command] {
        [
            moving(
                StartInstance.self, until: "Running", "start an instance",
                usage: "INSTANCE [FLAG ...]", details: "It must be Stopped.",
                examples: ["imagectl start-instance i-bp1g6zv0ce8o --wait"],
                positional: "InstanceId",
                moved: { _, request in ([request.instanceID], Invocation.defaultRegion) }),
            moving(
                StartInstances.self, until: "Running", "start several instances",
                usage: "INSTANCE ... [FLAG ...]",
                details: "Prints what became of each. Exit status 1 if one was not started.",
                examples: ["imagectl start-instances i-bp1g6zv0ce8o i-bp1h7aw1df9p --wait"],
                positional: "InstanceId",
                results: { response in response.instanceResponses },
                moved: { response, request in
                    (accepted(response.instanceResponses), request.regionID)
                }),
            moving(
                StopInstance.self, until: "Stopped", "stop an instance",
                usage: "INSTANCE [FLAG ...]", details: "It must be Running.",
                examples: ["imagectl stop-instance i-bp1g6zv0ce8o --wait"],
                positional: "InstanceId",
                moved: { _, request in ([request.instanceID], Invocation.defaultRegion) }),
            moving(
                StopInstances.self, until: "Stopped", "stop several instances",
                usage: "INSTANCE ... [FLAG ...]",
                details: "Prints what became of each. Exit status 1 if one was not stopped.",
                examples: [
                    "imagectl stop-instances i-bp1g6zv0ce8o,i-bp1h7aw1df9p --force-stop"
                ],
                positional: "InstanceId",
                results: { response in response.instanceResponses },
                moved: { response, request in
                    (accepted(response.instanceResponses), request.regionID)
                }),
        ]
    }

    /// A command that brings instances on their way to a status, and can wait until they are there.
    ///
    /// - Parameters:
    ///   - results: what became of each instance, where the answer tells that.
    ///   - moved: which instances are on their way, and where.
    private static func moving<O: Operation>(
        _ operation: O.Type, until status: String, _ summary: String, usage: String,
        details: String, examples: [String], options: [Option] = [], positional: String,
        show: @escaping @Sendable (O.Response, O.Request) -> String = { _, _ in "" },
        results: @escaping @Sendable (O.Response) -> [InstanceResponse] = { _ in [] },
        moved: @escaping @Sendable (O.Response, O.Request) -> (ids: [String], region: String)
    ) -> Command {
        let wait = Option(
            name: "wait", value: nil,
            meaning: "Wait until \(status). With --json a second line is printed: the instances.")
        return command(
            operation, Group.instances, summary, usage: usage, details: details,
            examples: examples, options: [wait] + options, positional: positional
        ) { invocation in
            _ = try invocation.request(O.Request.self)
            let client = try await invocation.connect()
            let request = try await invocation.request(O.Request.self, client)
            let output = invocation.output
            let waiting = Waiting(client, invocation)
            let response = try await make(O.self, request, client, invocation)
            let results = results(response)
            let (ids, region) = moved(response, request)
            let isWaiting = invocation.has("wait") && !ids.isEmpty
            if output.format == .id && !IDLister.hasIDs(O.Response.self) {
                try output.print(ids.joined(separator: "\n"))
            } else {
                try output.line(response) {
                    results.isEmpty
                        ? show(response, request) : Views.responses(results, output.columns)
                }
            }
            if isWaiting {
                let end = try await interruptible {
                    try await waiting.instances(ids, region: region, until: status)
                }
                if output.isJSON { try output.line(end) { "" } }
            } else if results.isEmpty {
                let verb = status == "Running" ? "starting" : "stopping"
                for id in ids where show(response, request).isEmpty {
                    output.note(printable("\(id) is \(verb)"))
                }
            }
            return results.allSatisfy(\.isSuccess) ? .done : .refused
        }
    }

    private static func accepted(_ responses: [InstanceResponse]) -> [String] {
        responses.filter(\.isSuccess).map(\.instanceID)
    }

    // MARK: Deleting

    private static var instanceDeletions: [Command] {
        [
            change(
                DeleteInstance.self, Group.instances, "delete an instance and its disks",
                usage: "INSTANCE [FLAG ...]",
                details: """
                    Disks that go with their instance are deleted with it, and so are their files \
                    that run-instances or create-disk has made, wherever they are. Registered \
                    files are forgotten, never removed.
                    """,
                examples: ["imagectl delete-instance i-bp1g6zv0ce8o --force"],
                positional: "InstanceId",
                note: { "\($0.instanceID) is gone, with its disks; registered files are untouched" }
            ),
            change(
                DeleteInstances.self, Group.instances, "delete several instances",
                usage: "INSTANCE ... [FLAG ...]", details: "All of them, or none.",
                examples: ["imagectl delete-instances i-bp1g6zv0ce8o i-bp1h7aw1df9p --force"],
                positional: "InstanceId",
                note: {
                    let ids = Help.list($0.instanceID, "and")
                    return
                        "\(ids) \($0.instanceID.count == 1 ? "is" : "are") gone, with all disks; "
                        + "registered files are untouched"
                }),
        ]
    }
}

extension InstanceResponse {
    /// ECS says 200 for what went well.
    var isSuccess: Bool { code.isEmpty || code == "200" }
}
