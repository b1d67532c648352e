// What only a test sets: the service Fixture.
import { bool, int64, message, optional, repeated, string } from '../schema.js';

export default {
  CreateAccountRequest: {
    accountId: string(1),
  },
  CreateAccountResponse: {
    requestId: string(1),
    accountId: string(2),
    defaultResourceGroupId: string(3),
  },
  DropAccountRequest: {
    accountId: string(1),
  },
  DropAccountResponse: {
    requestId: string(1),
  },
  DescribeAccountRequest: {},
  DescribeAccountResponse: {
    requestId: string(1),
    accountId: string(2),
    defaultResourceGroupId: string(3),
    standing: message(4, 'AccountStanding'),
    limits: repeated(message(5, 'Limit')),
    clock: message(6, 'AccountClock'),
    resourceGroups: repeated(message(7, 'ResourceGroup')),
    kmsKeys: repeated(message(8, 'KMSKey')),
    ramUsers: repeated(string(9)),
    holdsJobs: bool(10),
  },
  AccountStanding: {
    orderAllowed: optional(bool(1)),
    enterpriseStatus: string(2),
    balance: optional(int64(3)),
    minimumBalance: optional(int64(4)),
    snapshotServiceOpened: optional(bool(5)),
    dataDiskImageWhitelist: optional(bool(6)),
    kmsAuthorized: optional(bool(7)),
    idempotentProcessing: optional(bool(8)),
  },
  Limit: {
    name: string(1),
    value: int64(2),
  },
  AccountClock: {
    time: string(1),
    isFrozen: bool(2),
  },
  ResourceGroup: {
    resourceGroupId: string(1),
    name: string(2),
  },
  KMSKey: {
    kmsKeyId: string(1),
    enabled: bool(2),
    ecsTag: bool(3),
  },
  SetAccountRequest: {
    orderAllowed: optional(bool(1)),
    enterpriseStatus: string(2),
    balance: optional(int64(3)),
    minimumBalance: optional(int64(4)),
    snapshotServiceOpened: optional(bool(5)),
    dataDiskImageWhitelist: optional(bool(6)),
    kmsAuthorized: optional(bool(7)),
    idempotentProcessing: optional(bool(8)),
  },
  SetAccountResponse: {
    requestId: string(1),
  },
  SetLimitsRequest: {
    limit: repeated(message(1, 'Limit')),
  },
  SetLimitsResponse: {
    requestId: string(1),
    limits: repeated(message(2, 'Limit')),
  },
  SetClockRequest: {
    time: string(1),
    isFrozen: optional(bool(2)),
  },
  AdvanceClockRequest: {
    seconds: optional(int64(1)),
    milliseconds: optional(int64(2)),
  },
  ClockResponse: {
    requestId: string(1),
    clock: message(2, 'AccountClock'),
  },
  SetInstanceRequest: {
    instanceId: string(1),
    status: string(2),
    operationLock: repeated(message(3, 'OperationLock')),
    isLocked: optional(bool(4)),
    hibernationConfigured: optional(bool(5)),
    needsRestart: optional(bool(6)),
  },
  SetInstanceResponse: {
    requestId: string(1),
  },
  SetDiskRequest: {
    diskId: string(1),
    status: string(2),
    category: string(3),
    deviceInvalid: optional(bool(4)),
    neverAttached: optional(bool(5)),
    encrypted: optional(bool(6)),
    kmsKeyId: string(7),
  },
  SetDiskResponse: {
    requestId: string(1),
  },
  SetSnapshotRequest: {
    snapshotId: string(1),
    category: string(2),
    storageLocation: string(3),
    defaultFree: optional(bool(4)),
    creationTime: string(5),
    encrypted: optional(bool(6)),
    kmsKeyId: string(7),
  },
  SetSnapshotResponse: {
    requestId: string(1),
  },
  SetImageRequest: {
    regionId: string(1),
    imageId: string(2),
    status: string(3),
    imageOwnerAlias: string(4),
    imageVersion: string(5),
    productCode: string(6),
  },
  SetImageResponse: {
    requestId: string(1),
  },
  SetKMSKeyRequest: {
    kmsKeyId: string(1),
    enabled: optional(bool(2)),
    ecsTag: optional(bool(3)),
  },
  SetKMSKeyResponse: {
    requestId: string(1),
  },
  CreateResourceGroupRequest: {
    name: string(1),
  },
  CreateResourceGroupResponse: {
    requestId: string(1),
    resourceGroupId: string(2),
  },
  SetRamUserRequest: {
    ramUser: string(1),
    policy: repeated(message(2, 'RamPolicy')),
    isDeleted: optional(bool(3)),
  },
  RamPolicy: {
    policyDocument: string(1),
    resourceGroupId: string(2),
  },
  SetRamUserResponse: {
    requestId: string(1),
  },
};
