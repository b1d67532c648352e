import ECS

/// What stands under `imagectl fixture`: jobs and faults.
extension Command {
    static var jobCommands: [Command] {
        [
            job(
                DescribeJobs.self, "list the account's unfinished jobs", usage: "",
                examples: ["imagectl fixture describe-jobs"], jobs: { _ in "" }),
            job(
                HoldJobs.self, "hold jobs where they are",
                details: """
                    Without RESOURCE and --count those to come are held as well, until \
                    release-jobs.
                    """,
                examples: [
                    "imagectl fixture hold-jobs", "imagectl fixture hold-jobs m-bp1g6zv0ce8o",
                ], jobs: { $0.resourceID.isEmpty && $0.count == nil ? "; new ones are held" : "" }),
            job(
                ReleaseJobs.self, "let held jobs go on",
                examples: ["imagectl fixture release-jobs --count 1"],
                jobs: { $0.resourceID.isEmpty && $0.count == nil ? "; new ones run" : "" }),
            job(
                StepJobs.self, "let jobs make one move, and hold them",
                details: "A waiting job starts, a running one ends.",
                examples: ["imagectl fixture step-jobs s-bp1g6zv0ce8o"], jobs: { _ in "" }),
            job(
                FinishJobs.self, "end jobs well, at once",
                details: "One on a real file ends when its bytes are copied.",
                examples: ["imagectl fixture finish-jobs m-bp1g6zv0ce8o"], jobs: { _ in "" }),
            job(
                FailJobs.self, "end jobs with a failure",
                examples: [
                    "imagectl fixture fail-jobs m-bp1g6zv0ce8o --reason no-space",
                    "imagectl fixture fail-jobs --count 1",
                ], jobs: { _ in "" }),
            addFaultRule,
            call(
                DescribeFaultRules.self, Group.faults, "list the rules and what they hold",
                usage: "", examples: ["imagectl fixture describe-fault-rules"],
                show: { response, _, width in Views.faults(response, width) },
                after: { response, _, output in
                    if response.faultRules.isEmpty { output.note("no fault rules") }
                }),
            change(
                RemoveFaultRule.self, Group.faults, "remove a rule; what it holds goes on",
                usage: "RULE", examples: ["imagectl fixture remove-fault-rule 1042"],
                positional: "FaultRuleId", note: { "rule \($0.faultRuleID) is gone" }),
            call(
                ReleaseRequests.self, Group.faults, "let held requests go on, or fail",
                usage: "[RULE] [FLAG ...]",
                details: "Prints how many. Without RULE those of all rules.",
                examples: [
                    "imagectl fixture release-requests",
                    "imagectl fixture release-requests 1042 --count 1 --code InternalError",
                ], positional: "FaultRuleId",
                show: { response, _, _ in "\(response.released)" }),
        ]
    }

    /// A command that answers with the jobs it was about.
    ///
    /// - Parameter jobs: what else it did, where none is listed.
    private static func job<O: Operation>(
        _ operation: O.Type, _ summary: String, usage: String = "[RESOURCE ...] [FLAG ...]",
        details: String = "", examples: [String],
        jobs note: @escaping @Sendable (O.Request) -> String
    ) -> Command where O.Response == JobsResponse {
        let isSelecting = !usage.isEmpty
        let which = "RESOURCE is an image or a snapshot; without one all jobs are meant."
        return call(
            operation, Group.jobs, summary, usage: usage,
            details: [details, isSelecting ? which : ""].filter { !$0.isEmpty }
                .joined(separator: " "),
            examples: examples, positional: isSelecting ? "ResourceId" : nil,
            show: { response, _, width in Views.jobs(response, width) },
            after: { response, request, output in
                if response.jobs.isEmpty { output.note("no jobs\(note(request))") }
            })
    }

    private static var addFaultRule: Command {
        call(
            AddFaultRule.self, Group.faults, "hold requests back, or let them fail",
            usage: "(hold | fail --code CODE) [FLAG ...]",
            details: """
                Prints the rule's number. A rule acts on requests to the account after their \
                token is looked at and before anything is judged by the state.
                """,
            examples: [
                "imagectl fixture add-fault-rule fail --code InternalError",
                "imagectl fixture add-fault-rule hold --client-token t1 --times 2",
                "imagectl fixture add-fault-rule fail --code Throttling --times 0",
            ], positional: "Action",
            show: { response, _, _ in "\(response.faultRuleID)" })
    }
}
