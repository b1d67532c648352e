"""What only a test sets: jobs that are held, and faults."""

from __future__ import annotations

from typing import List, Optional

from ..codec import OPTIONAL, REPEATED, Message, RequestOf, boolean, int32, int64, nested, string


class DescribeJobsRequest(RequestOf["JobsResponse"]):
    """No parameters."""


class Job(Message):
    """Making one snapshot, or an image from finished snapshots, or copying an image."""

    snapshot_id: str = string(1)
    image_id: str = string(2)
    disk_id: str = string(3)
    region_id: str = string(4)
    status: str = string(5)  # waiting, running, accomplished, failed
    is_held: bool = boolean(6)
    progress: str = string(7)
    # How long it takes in all, of the account's clock; 0 for a real file.
    duration_milliseconds: int = int64(8)


class JobsResponse(Message):
    request_id: str = string(1)
    jobs: List[Job] = nested(2, Job, REPEATED)  # those it was about, oldest first, as they are now


class HoldJobsRequest(RequestOf["JobsResponse"]):
    """Which jobs: those of these images and snapshots; none: all, and those to come. The oldest
    `count` of them."""

    resource_id: List[str] = string(1, REPEATED)
    count: Optional[int] = int32(2, OPTIONAL)


class ReleaseJobsRequest(RequestOf["JobsResponse"]):
    resource_id: List[str] = string(1, REPEATED)
    count: Optional[int] = int32(2, OPTIONAL)


class StepJobsRequest(RequestOf["JobsResponse"]):
    """One move on, and held again: a waiting job starts, a running one ends."""

    resource_id: List[str] = string(1, REPEATED)
    count: Optional[int] = int32(2, OPTIONAL)


class FinishJobsRequest(RequestOf["JobsResponse"]):
    resource_id: List[str] = string(1, REPEATED)
    count: Optional[int] = int32(2, OPTIONAL)


class FailJobsRequest(RequestOf["JobsResponse"]):
    resource_id: List[str] = string(1, REPEATED)
    count: Optional[int] = int32(2, OPTIONAL)
    reason: str = string(3)


class AddFaultRuleRequest(RequestOf["AddFaultRuleResponse"]):
    """Acts on requests to the account right after the token is looked at (V3), before anything is
    judged by the state."""

    operation: str = string(1)  # absent: CreateImage
    action: str = string(2)  # hold, fail
    code: str = string(3)  # to fail with: InternalError, ServiceUnavailable, Throttling ...
    times: Optional[int] = int32(4, OPTIONAL)  # absent: once; 0: until it is removed
    # How long it holds, in real time, before the request goes on; absent: 60,000.
    hold_milliseconds: Optional[int] = int64(5, OPTIONAL)
    client_token: str = string(6)  # only requests with this one


class AddFaultRuleResponse(Message):
    request_id: str = string(1)
    fault_rule_id: int = int64(2)


class RemoveFaultRuleRequest(RequestOf["RemoveFaultRuleResponse"]):
    """The requests that it holds go on."""

    fault_rule_id: int = int64(1)


class RemoveFaultRuleResponse(Message):
    request_id: str = string(1)


class DescribeFaultRulesRequest(RequestOf["DescribeFaultRulesResponse"]):
    """No parameters."""


class FaultRule(Message):
    fault_rule_id: int = int64(1)
    operation: str = string(2)
    action: str = string(3)
    code: str = string(4)
    times_left: int = int32(5)  # 0: without end
    hold_milliseconds: int = int64(6)
    client_token: str = string(7)


class HeldRequest(Message):
    fault_rule_id: int = int64(1)  # 0: it waits for the first request with its token
    operation: str = string(2)
    client_token: str = string(3)


class DescribeFaultRulesResponse(Message):
    request_id: str = string(1)
    fault_rules: List[FaultRule] = nested(2, FaultRule, REPEATED)
    held_requests: List[HeldRequest] = nested(3, HeldRequest, REPEATED)  # oldest first


class ReleaseRequestsRequest(RequestOf["ReleaseRequestsResponse"]):
    """The oldest `count` of the requests that the rule holds; no rule: of all; no count: all of
    them."""

    fault_rule_id: Optional[int] = int64(1, OPTIONAL)
    count: Optional[int] = int32(2, OPTIONAL)
    code: str = string(3)  # absent: they go on; else they fail with this


class ReleaseRequestsResponse(Message):
    request_id: str = string(1)
    released: int = int32(2)
