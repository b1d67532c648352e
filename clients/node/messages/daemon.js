// The daemon's own operations.
import { bool, bytes, int32, int64, message, optional, repeated, string } from '../schema.js';

export default {
  WaitForImageRequest: {
    regionId: string(1),
    imageId: string(2),
  },
  WaitForImageResponse: {
    requestId: string(1),
    image: message(2, 'Image'),
  },
  WatchRequest: {
    afterSequence: optional(int64(1)),
    resourceId: repeated(string(2)),
  },
  ReadEventsRequest: {
    afterSequence: optional(int64(1)),
    resourceId: repeated(string(2)),
    maxResults: optional(int32(3)),
  },
  EventsResponse: {
    requestId: string(1),
    events: repeated(message(2, 'Event')),
    sequence: int64(3),
  },
  Event: {
    sequence: int64(1),
    time: string(2),
    kind: string(3),
    image: message(4, 'Image'),
    snapshot: message(5, 'Snapshot'),
    disk: message(6, 'Disk'),
    instance: message(7, 'Instance'),
  },
  CancelRequest: {
    streamId: int64(1),
  },
  CancelResponse: {
    requestId: string(1),
  },
  VersionRequest: {},
  VersionResponse: {
    requestId: string(1),
    version: string(2),
    protocol: int32(3),
  },
  HealthRequest: {},
  HealthResponse: {
    requestId: string(1),
    ready: bool(2),
    mode: string(3),
    sequence: int64(4),
    freeBytes: int64(5),
    jobsQueued: int32(6),
    jobsRunning: int32(7),
    connections: int32(8),
    processId: int64(9),
    uptimeSeconds: int64(10),
    dataDirectory: string(11),
  },
  ExportSnapshotRequest: {
    snapshotId: string(1),
    path: string(2),
  },
  ExportSnapshotResponse: {
    requestId: string(1),
    sizeBytes: int64(2),
    storedBytes: int64(3),
  },
  ReadSnapshotRequest: {
    snapshotId: string(1),
    offset: int64(2),
    length: int64(3),
  },
  ReadSnapshotResponse: {
    requestId: string(1),
    data: bytes(2),
    holeBytes: int64(3),
    sizeBytes: int64(4),
  },
  VerifySnapshotRequest: {
    snapshotId: string(1),
    nextToken: string(2),
    maxBytes: int64(3),
  },
  VerifySnapshotResponse: {
    requestId: string(1),
    damage: repeated(message(2, 'Damage')),
    nextToken: string(3),
    verifiedBytes: int64(4),
    doneBytes: int64(5),
    totalBytes: int64(6),
  },
  Damage: {
    snapshotId: string(1),
    diskId: string(2),
    offset: int64(3),
    length: int64(4),
    imageId: repeated(string(5)),
    reason: string(6),
  },
  DescribeUsageRequest: {
    resourceType: string(1),
    nextToken: string(2),
    maxResults: optional(int32(3)),
  },
  DescribeUsageResponse: {
    requestId: string(1),
    usage: repeated(message(2, 'Usage')),
    nextToken: string(3),
    logicalBytes: int64(4),
    storedBytes: int64(5),
    reclaimableBytes: int64(6),
    pendingBytes: int64(7),
  },
  Usage: {
    resourceId: string(1),
    name: string(2),
    logicalBytes: int64(3),
    storedBytes: int64(4),
    reclaimableBytes: int64(5),
  },
};
