// Jobs and fault rules of the service Fixture.
import { bool, int32, int64, message, optional, repeated, string } from '../schema.js';

export default {
  DescribeJobsRequest: {},
  JobsResponse: {
    requestId: string(1),
    jobs: repeated(message(2, 'Job')),
  },
  Job: {
    snapshotId: string(1),
    imageId: string(2),
    diskId: string(3),
    regionId: string(4),
    status: string(5),
    isHeld: bool(6),
    progress: string(7),
    durationMilliseconds: int64(8),
  },
  HoldJobsRequest: {
    resourceId: repeated(string(1)),
    count: optional(int32(2)),
  },
  ReleaseJobsRequest: {
    resourceId: repeated(string(1)),
    count: optional(int32(2)),
  },
  StepJobsRequest: {
    resourceId: repeated(string(1)),
    count: optional(int32(2)),
  },
  FinishJobsRequest: {
    resourceId: repeated(string(1)),
    count: optional(int32(2)),
  },
  FailJobsRequest: {
    resourceId: repeated(string(1)),
    count: optional(int32(2)),
    reason: string(3),
  },
  AddFaultRuleRequest: {
    operation: string(1),
    action: string(2),
    code: string(3),
    times: optional(int32(4)),
    holdMilliseconds: optional(int64(5)),
    clientToken: string(6),
  },
  AddFaultRuleResponse: {
    requestId: string(1),
    faultRuleId: int64(2),
  },
  RemoveFaultRuleRequest: {
    faultRuleId: int64(1),
  },
  RemoveFaultRuleResponse: {
    requestId: string(1),
  },
  DescribeFaultRulesRequest: {},
  DescribeFaultRulesResponse: {
    requestId: string(1),
    faultRules: repeated(message(2, 'FaultRule')),
    heldRequests: repeated(message(3, 'HeldRequest')),
  },
  FaultRule: {
    faultRuleId: int64(1),
    operation: string(2),
    action: string(3),
    code: string(4),
    timesLeft: int32(5),
    holdMilliseconds: int64(6),
    clientToken: string(7),
  },
  HeldRequest: {
    faultRuleId: int64(1),
    operation: string(2),
    clientToken: string(3),
  },
  ReleaseRequestsRequest: {
    faultRuleId: optional(int64(1)),
    count: optional(int32(2)),
    code: string(3),
  },
  ReleaseRequestsResponse: {
    requestId: string(1),
    released: int32(2),
  },
};
