// Snapshots.
import { bool, int32, message, optional, repeated, string } from '../schema.js';

export default {
  CreateSnapshotRequest: {
    diskId: string(1),
    snapshotName: string(2),
    description: string(3),
    retentionDays: optional(int32(4)),
    category: string(5),
    instantAccess: optional(bool(6)),
    resourceGroupId: string(7),
    clientToken: string(8),
    tag: repeated(message(9, 'RequestTag')),
    allowLive: optional(bool(1000)),
  },
  CreateSnapshotResponse: {
    requestId: string(1),
    snapshotId: string(2),
  },
  DescribeSnapshotsRequest: {
    regionId: string(1),
    snapshotIds: repeated(string(2)),
    diskId: string(3),
    instanceId: string(4),
    snapshotName: string(5),
    status: string(6),
    snapshotType: string(7),
    sourceDiskType: string(8),
    usage: string(9),
    category: string(10),
    encrypted: optional(bool(11)),
    resourceGroupId: string(12),
    tag: repeated(message(13, 'RequestTag')),
    nextToken: string(14),
    maxResults: optional(int32(15)),
    pageNumber: optional(int32(16)),
    pageSize: optional(int32(17)),
    filter: repeated(message(18, 'Filter')),
    dryRun: optional(bool(19)),
  },
  DescribeSnapshotsResponse: {
    requestId: string(1),
    snapshots: repeated(message(2, 'Snapshot')),
    nextToken: string(3),
    totalCount: int32(4),
    pageNumber: int32(5),
    pageSize: int32(6),
  },
  DeleteSnapshotRequest: {
    snapshotId: string(1),
    force: optional(bool(2)),
  },
  DeleteSnapshotResponse: {
    requestId: string(1),
  },
  ModifySnapshotAttributeRequest: {
    snapshotId: string(1),
    snapshotName: string(2),
    description: string(3),
    retentionDays: optional(int32(4)),
  },
  ModifySnapshotAttributeResponse: {
    requestId: string(1),
  },
};
