/// The operations of the service `Fixture`.

public enum CreateAccount: Operation {
    public typealias Request = CreateAccountRequest
    public typealias Response = CreateAccountResponse
    public static let service = ServiceName.fixture
}

public enum DropAccount: Operation {
    public typealias Request = DropAccountRequest
    public typealias Response = DropAccountResponse
    public static let service = ServiceName.fixture
}

public enum DescribeAccount: Operation {
    public typealias Request = DescribeAccountRequest
    public typealias Response = DescribeAccountResponse
    public static let service = ServiceName.fixture
    public static let again = Again.reads
}

public enum SetAccount: Operation {
    public typealias Request = SetAccountRequest
    public typealias Response = SetAccountResponse
    public static let service = ServiceName.fixture
}

public enum SetLimits: Operation {
    public typealias Request = SetLimitsRequest
    public typealias Response = SetLimitsResponse
    public static let service = ServiceName.fixture
}

public enum SetClock: Operation {
    public typealias Request = SetClockRequest
    public typealias Response = ClockResponse
    public static let service = ServiceName.fixture
}

public enum AdvanceClock: Operation {
    public typealias Request = AdvanceClockRequest
    public typealias Response = ClockResponse
    public static let service = ServiceName.fixture
}

public enum SetInstance: Operation {
    public typealias Request = SetInstanceRequest
    public typealias Response = SetInstanceResponse
    public static let service = ServiceName.fixture
}

public enum SetDisk: Operation {
    public typealias Request = SetDiskRequest
    public typealias Response = SetDiskResponse
    public static let service = ServiceName.fixture
}

public enum SetSnapshot: Operation {
    public typealias Request = SetSnapshotRequest
    public typealias Response = SetSnapshotResponse
    public static let service = ServiceName.fixture
}

public enum SetImage: Operation {
    public typealias Request = SetImageRequest
    public typealias Response = SetImageResponse
    public static let service = ServiceName.fixture
}

public enum SetKMSKey: Operation {
    public typealias Request = SetKMSKeyRequest
    public typealias Response = SetKMSKeyResponse
    public static let service = ServiceName.fixture
}

public enum CreateResourceGroup: Operation {
    public typealias Request = CreateResourceGroupRequest
    public typealias Response = CreateResourceGroupResponse
    public static let service = ServiceName.fixture
}

public enum SetRamUser: Operation {
    public typealias Request = SetRamUserRequest
    public typealias Response = SetRamUserResponse
    public static let service = ServiceName.fixture
}

public enum DescribeJobs: Operation {
    public typealias Request = DescribeJobsRequest
    public typealias Response = JobsResponse
    public static let service = ServiceName.fixture
    public static let again = Again.reads
}

public enum HoldJobs: Operation {
    public typealias Request = HoldJobsRequest
    public typealias Response = JobsResponse
    public static let service = ServiceName.fixture
}

public enum ReleaseJobs: Operation {
    public typealias Request = ReleaseJobsRequest
    public typealias Response = JobsResponse
    public static let service = ServiceName.fixture
}

public enum StepJobs: Operation {
    public typealias Request = StepJobsRequest
    public typealias Response = JobsResponse
    public static let service = ServiceName.fixture
}

public enum FinishJobs: Operation {
    public typealias Request = FinishJobsRequest
    public typealias Response = JobsResponse
    public static let service = ServiceName.fixture
}

public enum FailJobs: Operation {
    public typealias Request = FailJobsRequest
    public typealias Response = JobsResponse
    public static let service = ServiceName.fixture
}

public enum AddFaultRule: Operation {
    public typealias Request = AddFaultRuleRequest
    public typealias Response = AddFaultRuleResponse
    public static let service = ServiceName.fixture
}

public enum RemoveFaultRule: Operation {
    public typealias Request = RemoveFaultRuleRequest
    public typealias Response = RemoveFaultRuleResponse
    public static let service = ServiceName.fixture
}

public enum DescribeFaultRules: Operation {
    public typealias Request = DescribeFaultRulesRequest
    public typealias Response = DescribeFaultRulesResponse
    public static let service = ServiceName.fixture
    public static let again = Again.reads
}

public enum ReleaseRequests: Operation {
    public typealias Request = ReleaseRequestsRequest
    public typealias Response = ReleaseRequestsResponse
    public static let service = ServiceName.fixture
}
