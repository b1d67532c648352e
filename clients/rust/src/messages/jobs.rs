//! Requests and answers of the operations by which tests move jobs and set faults.

crate::messages! {
    /// The request of [`DescribeJobs`](crate::Client::describe_jobs).
    DescribeJobsRequest {}

    /// The answer of [`DescribeJobs`](crate::Client::describe_jobs),
    /// [`HoldJobs`](crate::Client::hold_jobs), [`ReleaseJobs`](crate::Client::release_jobs),
    /// [`StepJobs`](crate::Client::step_jobs), [`FinishJobs`](crate::Client::finish_jobs),
    /// [`FailJobs`](crate::Client::fail_jobs).
    JobsResponse {
        request_id: String = 1,
        /// Those it was about, oldest first, as they are now.
        jobs: Vec<Job> = 2,
    }

    /// Making one snapshot, or an image from finished snapshots, or copying an image.
    Job {
        snapshot_id: String = 1,
        image_id: String = 2,
        disk_id: String = 3,
        region_id: String = 4,
        /// One of `waiting`, `running`, `accomplished`, `failed`.
        status: String = 5,
        is_held: bool = 6,
        progress: String = 7,
        /// How long it takes in all, of the account's clock; 0 for a real file.
        duration_milliseconds: i64 = 8,
    }

    /// Which jobs: those of these images and snapshots; none: all, and those to come. The
    /// oldest `count` of them.
    ///
    /// The request of [`HoldJobs`](crate::Client::hold_jobs).
    HoldJobsRequest {
        resource_id: Vec<String> = 1,
        count: Option<i32> = 2,
    }

    /// Which jobs: those of these images and snapshots; none: all. The oldest `count` of them.
    ///
    /// The request of [`ReleaseJobs`](crate::Client::release_jobs).
    ReleaseJobsRequest {
        resource_id: Vec<String> = 1,
        count: Option<i32> = 2,
    }

    /// One move on, and held again: a waiting job starts, a running one ends.
    ///
    /// The request of [`StepJobs`](crate::Client::step_jobs).
    StepJobsRequest {
        resource_id: Vec<String> = 1,
        count: Option<i32> = 2,
    }

    /// Which jobs: those of these images and snapshots; none: all. The oldest `count` of them.
    ///
    /// The request of [`FinishJobs`](crate::Client::finish_jobs).
    FinishJobsRequest {
        resource_id: Vec<String> = 1,
        count: Option<i32> = 2,
    }

    /// Which jobs: those of these images and snapshots; none: all. The oldest `count` of them.
    ///
    /// The request of [`FailJobs`](crate::Client::fail_jobs).
    FailJobsRequest {
        resource_id: Vec<String> = 1,
        count: Option<i32> = 2,
        reason: String = 3,
    }

    /// Acts on requests to the account right after the token is looked at, before anything
    /// is judged by the state.
    ///
    /// The request of [`AddFaultRule`](crate::Client::add_fault_rule).
    AddFaultRuleRequest {
        /// Absent: CreateImage.
        operation: String = 1,
        /// One of `hold`, `fail`.
        action: String = 2,
        /// To fail with: InternalError, ServiceUnavailable, Throttling ...
        code: String = 3,
        /// Absent: once; 0: until it is removed.
        times: Option<i32> = 4,
        /// How long it holds, in real time, before the request goes on; absent: 60,000.
        hold_milliseconds: Option<i64> = 5,
        /// Only requests with this one.
        client_token: String = 6,
    }

    /// The answer of [`AddFaultRule`](crate::Client::add_fault_rule).
    AddFaultRuleResponse {
        request_id: String = 1,
        fault_rule_id: i64 = 2,
    }

    /// The requests that it holds go on.
    ///
    /// The request of [`RemoveFaultRule`](crate::Client::remove_fault_rule).
    RemoveFaultRuleRequest {
        fault_rule_id: i64 = 1,
    }

    /// The answer of [`RemoveFaultRule`](crate::Client::remove_fault_rule).
    RemoveFaultRuleResponse {
        request_id: String = 1,
    }

    /// The request of [`DescribeFaultRules`](crate::Client::describe_fault_rules).
    DescribeFaultRulesRequest {}

    /// The answer of [`DescribeFaultRules`](crate::Client::describe_fault_rules).
    DescribeFaultRulesResponse {
        request_id: String = 1,
        fault_rules: Vec<FaultRule> = 2,
        /// Oldest first.
        held_requests: Vec<HeldRequest> = 3,
    }

    /// A rule that holds requests back, or lets them fail.
    FaultRule {
        fault_rule_id: i64 = 1,
        operation: String = 2,
        action: String = 3,
        code: String = 4,
        /// 0: without end.
        times_left: i32 = 5,
        hold_milliseconds: i64 = 6,
        client_token: String = 7,
    }

    /// A request that a fault rule holds back.
    HeldRequest {
        /// 0: it waits for the first request with its token.
        fault_rule_id: i64 = 1,
        operation: String = 2,
        client_token: String = 3,
    }

    /// The oldest `count` of the requests that the rule holds; no rule: of all; no count: all
    /// of them.
    ///
    /// The request of [`ReleaseRequests`](crate::Client::release_requests).
    ReleaseRequestsRequest {
        fault_rule_id: Option<i64> = 1,
        count: Option<i32> = 2,
        /// Absent: they go on; else they fail with this.
        code: String = 3,
    }

    /// The answer of [`ReleaseRequests`](crate::Client::release_requests).
    ReleaseRequestsResponse {
        request_id: String = 1,
        released: i32 = 2,
    }
}
