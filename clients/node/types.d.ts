// The messages and operations of imaged. Made by: npm run declarations.
import type { CallOptions } from './index.js';

export interface Tag {
  tagKey: string;
  tagValue: string;
}

export interface Image {
  imageId: string;
  imageName: string;
  imageFamily: string;
  imageVersion: string;
  description: string;
  /** Waiting, Creating, Available, UnAvailable, CreateFailed, Deprecated */
  status: string;
  usable: boolean;
  /** "0%" to "100%" */
  progress: string;
  creationTime: string;
  /** of the system disk, GiB */
  size: number;
  architecture: string;
  platform: string;
  bootMode: string;
  osType: string;
  osName: string;
  osNameEn: string;
  imageOwnerAlias: string;
  imageOwnerId: string;
  isCopied: boolean;
  isPublic: boolean;
  isSelfShared: string;
  isSubscribed: boolean;
  isSupportCloudinit: boolean;
  isSupportIoOptimized: boolean;
  loginAsNonRootSupported: boolean;
  productCode: string;
  resourceGroupId: string;
  licenseType: string;
  supplierName: string;
  usage: string;
  features?: ImageFeatures;
  detectionOptions?: DetectionOptions;
  diskDeviceMappings: ImageDisk[];
  tags: Tag[];
  secureBootOptions?: SecureBootOptions;
  /** Ours: why the status is CreateFailed. */
  failureReason: string;
}

export interface ImageFeatures {
  imdsSupport: string;
  nvmeSupport: string;
  cpuOnlineUpgrade: string;
  memoryOnlineUpgrade: string;
}

export interface ImageFeaturesInput {
  imdsSupport?: string | undefined;
  nvmeSupport?: string | undefined;
  cpuOnlineUpgrade?: string | undefined;
  memoryOnlineUpgrade?: string | undefined;
}

export interface SecureBootOptions {
  secureBootSupport: string;
}

export interface DetectionOptions {
  status: string;
  items: DetectionItem[];
}

export interface DetectionItem {
  name: string;
  value: string;
  riskCode: string;
  riskLevel: string;
}

export interface ImageDisk {
  snapshotId: string;
  /** GiB */
  size: string;
  device: string;
  type: string;
  format: string;
  progress: string;
  /** seconds */
  remainTime: number;
  encrypted: boolean;
  importOssBucket: string;
  importOssObject: string;
}

export interface Snapshot {
  snapshotId: string;
  snapshotName: string;
  description: string;
  /** progressing, accomplished, failed */
  status: string;
  progress: string;
  /** seconds */
  remainTime: number;
  creationTime: string;
  lastModifiedTime: string;
  sourceDiskId: string;
  /** GiB */
  sourceDiskSize: string;
  sourceDiskType: string;
  category: string;
  snapshotType: string;
  /** image, disk, image_disk, none */
  usage: string;
  encrypted: boolean;
  kmsKeyId: string;
  regionId: string;
  resourceGroupId: string;
  retentionDays: number;
  available: boolean;
  instantAccess: boolean;
  productCode: string;
  snapshotLinkId: string;
  snapshotSn: string;
  tags: Tag[];
  fullSnapshotSizeInBytes: bigint;
  /** Ours, for a snapshot of a real file. */
  sizeBytes: bigint;
  /** point-in-time, at-rest, live */
  consistency: string;
  failureReason: string;
  storedBytes: bigint;
  /** What of it is known to be unreadable; empty: nothing. */
  damage: string;
}

export interface Instance {
  instanceId: string;
  instanceName: string;
  /** Pending, Starting, Running, Stopping, Stopped */
  status: string;
  regionId: string;
  zoneId: string;
  imageId: string;
  instanceType: string;
  /** yyyy-MM-ddTHH:mmZ */
  creationTime: string;
  startTime: string;
  operationLocks: OperationLock[];
  hibernationOptions?: HibernationOptions;
  resourceGroupId: string;
  tags: Tag[];
}

export interface OperationLock {
  lockReason: string;
  lockMsg: string;
}

export interface OperationLockInput {
  lockReason?: string | undefined;
  lockMsg?: string | undefined;
}

export interface HibernationOptions {
  configured: boolean;
}

export interface HibernationOptionsInput {
  configured?: boolean | undefined;
}

export interface Disk {
  diskId: string;
  diskName: string;
  /** system, data */
  type: string;
  status: string;
  category: string;
  /** GiB */
  size: number;
  device: string;
  instanceId: string;
  imageId: string;
  sourceSnapshotId: string;
  attachedTime: string;
  detachedTime: string;
  deleteWithInstance: boolean;
  encrypted: boolean;
  kmsKeyId: string;
  portable: boolean;
  zoneId: string;
  regionId: string;
  creationTime: string;
  tags: Tag[];
  description: string;
  resourceGroupId: string;
  /** Ours, for a disk that is a real file. */
  path: string;
  sizeBytes: bigint;
}

export interface CreateImageRequest {
  regionId?: string | undefined;
  instanceId?: string | undefined;
  snapshotId?: string | undefined;
  imageName?: string | undefined;
  imageFamily?: string | undefined;
  imageVersion?: string | undefined;
  description?: string | undefined;
  platform?: string | undefined;
  bootMode?: string | undefined;
  architecture?: string | undefined;
  clientToken?: string | undefined;
  resourceGroupId?: string | undefined;
  diskDeviceMapping?: readonly DiskDeviceMapping[] | undefined;
  tag?: readonly RequestTag[] | undefined;
  detectionStrategy?: string | undefined;
  features?: ImageRequestFeatures | undefined;
  dryRun?: boolean | undefined;
  /** Ours: take a disk that is written while it is copied, with what that means for its content. */
  allowLive?: boolean | undefined;
}

export interface DiskDeviceMapping {
  snapshotId?: string | undefined;
  /** GiB */
  size?: number | undefined;
  device?: string | undefined;
  diskType?: string | undefined;
}

export interface RequestTag {
  key?: string | undefined;
  value?: string | undefined;
  /** ECS's lower-case aliases `key` and `value`; key and value win over them. */
  legacyKey?: string | undefined;
  legacyValue?: string | undefined;
}

export interface ImageRequestFeatures {
  imdsSupport?: string | undefined;
}

export interface CreateImageResponse {
  requestId: string;
  imageId: string;
}

export interface DescribeImagesRequest {
  regionId?: string | undefined;
  /** several, separated by commas */
  imageId?: string | undefined;
  imageName?: string | undefined;
  imageFamily?: string | undefined;
  snapshotId?: string | undefined;
  status?: string | undefined;
  usable?: boolean | undefined;
  imageOwnerAlias?: string | undefined;
  architecture?: string | undefined;
  osType?: string | undefined;
  resourceGroupId?: string | undefined;
  tag?: readonly RequestTag[] | undefined;
  pageNumber?: number | undefined;
  pageSize?: number | undefined;
  usage?: string | undefined;
  actionType?: string | undefined;
  instanceType?: string | undefined;
  isSupportCloudinit?: boolean | undefined;
  isSupportIoOptimized?: boolean | undefined;
  showExpired?: boolean | undefined;
  filter?: readonly Filter[] | undefined;
  dryRun?: boolean | undefined;
}

/** A condition on time: CreationStartTime or CreationEndTime, yyyy-MM-ddTHH:mmZ. */
export interface Filter {
  key?: string | undefined;
  value?: string | undefined;
}

export interface DescribeImagesResponse {
  requestId: string;
  images: Image[];
  totalCount: number;
  pageNumber: number;
  pageSize: number;
  regionId: string;
}

export interface DescribeImageFromFamilyRequest {
  regionId?: string | undefined;
  imageFamily?: string | undefined;
}

export interface DescribeImageFromFamilyResponse {
  requestId: string;
  image?: Image;
}

export interface DeleteImageRequest {
  regionId?: string | undefined;
  imageId?: string | undefined;
  force?: boolean | undefined;
  dryRun?: boolean | undefined;
}

export interface DeleteImageResponse {
  requestId: string;
}

/** What is absent is kept. */
export interface ModifyImageAttributeRequest {
  regionId?: string | undefined;
  imageId?: string | undefined;
  imageName?: string | undefined;
  imageFamily?: string | undefined;
  description?: string | undefined;
  /** Available, Deprecated */
  status?: string | undefined;
  bootMode?: string | undefined;
  features?: ImageFeaturesInput | undefined;
  licenseType?: string | undefined;
  dryRun?: boolean | undefined;
}

export interface ModifyImageAttributeResponse {
  requestId: string;
}

export interface CopyImageRequest {
  regionId?: string | undefined;
  imageId?: string | undefined;
  destinationRegionId?: string | undefined;
  destinationImageName?: string | undefined;
  destinationDescription?: string | undefined;
  encrypted?: boolean | undefined;
  kmsKeyId?: string | undefined;
  resourceGroupId?: string | undefined;
  clientToken?: string | undefined;
  tag?: readonly RequestTag[] | undefined;
  dryRun?: boolean | undefined;
}

export interface CopyImageResponse {
  requestId: string;
  imageId: string;
}

export interface CancelCopyImageRequest {
  regionId?: string | undefined;
  imageId?: string | undefined;
}

export interface CancelCopyImageResponse {
  requestId: string;
}

export interface ModifyImageSharePermissionRequest {
  regionId?: string | undefined;
  imageId?: string | undefined;
  addAccount?: readonly string[] | undefined;
  removeAccount?: readonly string[] | undefined;
  isPublic?: boolean | undefined;
}

export interface ModifyImageSharePermissionResponse {
  requestId: string;
}

export interface DescribeImageSharePermissionRequest {
  regionId?: string | undefined;
  imageId?: string | undefined;
  pageNumber?: number | undefined;
  pageSize?: number | undefined;
}

export interface DescribeImageSharePermissionResponse {
  requestId: string;
  accounts: ShareAccount[];
  totalCount: number;
  pageNumber: number;
  pageSize: number;
  regionId: string;
  imageId: string;
}

export interface ShareAccount {
  aliyunId: string;
}

/** To a bucket or to a path (ours), exactly one of them. */
export interface ExportImageRequest {
  regionId?: string | undefined;
  imageId?: string | undefined;
  /** A directory that the configuration file names. */
  ossBucket?: string | undefined;
  ossPrefix?: string | undefined;
  /** Ours: which disk of the image (default /dev/xvda), and the new file it is written to. */
  device?: string | undefined;
  path?: string | undefined;
}

export interface ExportImageResponse {
  requestId: string;
  taskId: string;
  /** Ours: bytes of the disk, and how many of them are data rather than holes. */
  sizeBytes: bigint;
  storedBytes: bigint;
}

export interface CreateSnapshotRequest {
  diskId?: string | undefined;
  snapshotName?: string | undefined;
  description?: string | undefined;
  retentionDays?: number | undefined;
  category?: string | undefined;
  instantAccess?: boolean | undefined;
  resourceGroupId?: string | undefined;
  clientToken?: string | undefined;
  tag?: readonly RequestTag[] | undefined;
  allowLive?: boolean | undefined;
}

export interface CreateSnapshotResponse {
  requestId: string;
  snapshotId: string;
}

export interface DescribeSnapshotsRequest {
  regionId?: string | undefined;
  snapshotIds?: readonly string[] | undefined;
  diskId?: string | undefined;
  instanceId?: string | undefined;
  snapshotName?: string | undefined;
  status?: string | undefined;
  snapshotType?: string | undefined;
  sourceDiskType?: string | undefined;
  usage?: string | undefined;
  category?: string | undefined;
  encrypted?: boolean | undefined;
  resourceGroupId?: string | undefined;
  tag?: readonly RequestTag[] | undefined;
  nextToken?: string | undefined;
  maxResults?: number | undefined;
  pageNumber?: number | undefined;
  pageSize?: number | undefined;
  filter?: readonly Filter[] | undefined;
  dryRun?: boolean | undefined;
}

export interface DescribeSnapshotsResponse {
  requestId: string;
  snapshots: Snapshot[];
  nextToken: string;
  totalCount: number;
  pageNumber: number;
  pageSize: number;
}

export interface DeleteSnapshotRequest {
  snapshotId?: string | undefined;
  force?: boolean | undefined;
}

export interface DeleteSnapshotResponse {
  requestId: string;
}

/** What is absent is kept. */
export interface ModifySnapshotAttributeRequest {
  snapshotId?: string | undefined;
  snapshotName?: string | undefined;
  description?: string | undefined;
  retentionDays?: number | undefined;
}

export interface ModifySnapshotAttributeResponse {
  requestId: string;
}

export interface RegisterInstanceRequest {
  regionId?: string | undefined;
  instanceName?: string | undefined;
  status?: string | undefined;
  platform?: string | undefined;
  architecture?: string | undefined;
  bootMode?: string | undefined;
  disk?: readonly RegisteredDisk[] | undefined;
  tag?: readonly RequestTag[] | undefined;
  clientToken?: string | undefined;
}

export interface RegisteredDisk {
  path?: string | undefined;
  format?: string | undefined;
  type?: string | undefined;
  category?: string | undefined;
  device?: string | undefined;
  /** GiB; only of a disk without a path */
  size?: number | undefined;
}

export interface RegisterInstanceResponse {
  requestId: string;
  instanceId: string;
  diskIds: string[];
}

export interface RunInstancesRequest {
  regionId?: string | undefined;
  imageId?: string | undefined;
  imageFamily?: string | undefined;
  instanceType?: string | undefined;
  instanceName?: string | undefined;
  /** 1 to 100 */
  amount?: number | undefined;
  zoneId?: string | undefined;
  securityGroupId?: string | undefined;
  vSwitchId?: string | undefined;
  systemDisk?: SystemDisk | undefined;
  /** at most 16 */
  dataDisk?: readonly DataDisk[] | undefined;
  clientToken?: string | undefined;
  tag?: readonly RequestTag[] | undefined;
  dryRun?: boolean | undefined;
  httpTokens?: string | undefined;
  resourceGroupId?: string | undefined;
  hibernationOptions?: HibernationOptionsInput | undefined;
  /** Ours: where the files of disks are made; default: in the data directory. */
  diskPath?: readonly DiskPath[] | undefined;
}

/** Where the file of the disk with this device is made. */
export interface DiskPath {
  device?: string | undefined;
  path?: string | undefined;
}

export interface SystemDisk {
  category?: string | undefined;
  /** GiB */
  size?: number | undefined;
  diskName?: string | undefined;
  description?: string | undefined;
  encrypted?: boolean | undefined;
  kmsKeyId?: string | undefined;
}

export interface DataDisk {
  category?: string | undefined;
  /** GiB */
  size?: number | undefined;
  snapshotId?: string | undefined;
  diskName?: string | undefined;
  device?: string | undefined;
  deleteWithInstance?: boolean | undefined;
  encrypted?: boolean | undefined;
  kmsKeyId?: string | undefined;
  description?: string | undefined;
}

export interface RunInstancesResponse {
  requestId: string;
  instanceIdSets: string[];
}

export interface DescribeInstancesRequest {
  regionId?: string | undefined;
  instanceIds?: readonly string[] | undefined;
  status?: string | undefined;
  imageId?: string | undefined;
  zoneId?: string | undefined;
  tag?: readonly RequestTag[] | undefined;
  nextToken?: string | undefined;
  maxResults?: number | undefined;
  pageNumber?: number | undefined;
  pageSize?: number | undefined;
  instanceName?: string | undefined;
  resourceGroupId?: string | undefined;
}

export interface DescribeInstancesResponse {
  requestId: string;
  instances: Instance[];
  nextToken: string;
  totalCount: number;
  pageNumber: number;
  pageSize: number;
}

export interface DescribeInstanceStatusRequest {
  regionId?: string | undefined;
  instanceId?: readonly string[] | undefined;
  zoneId?: string | undefined;
  pageNumber?: number | undefined;
  pageSize?: number | undefined;
}

export interface DescribeInstanceStatusResponse {
  requestId: string;
  instanceStatuses: InstanceStatus[];
  totalCount: number;
  pageNumber: number;
  pageSize: number;
}

export interface InstanceStatus {
  instanceId: string;
  status: string;
}

export interface StartInstanceRequest {
  instanceId?: string | undefined;
  dryRun?: boolean | undefined;
}

export interface StartInstanceResponse {
  requestId: string;
}

export interface StartInstancesRequest {
  regionId?: string | undefined;
  /** at most 100 */
  instanceId?: readonly string[] | undefined;
  /** AllTogether, SuccessFirst */
  batchOptimization?: string | undefined;
  dryRun?: boolean | undefined;
}

export interface StartInstancesResponse {
  requestId: string;
  instanceResponses: InstanceResponse[];
}

/** What became of one instance of several. */
export interface InstanceResponse {
  instanceId: string;
  code: string;
  message: string;
  previousStatus: string;
  currentStatus: string;
}

export interface StopInstanceRequest {
  instanceId?: string | undefined;
  forceStop?: boolean | undefined;
  /** KeepCharging, StopCharging */
  stoppedMode?: string | undefined;
  hibernate?: boolean | undefined;
  dryRun?: boolean | undefined;
}

export interface StopInstanceResponse {
  requestId: string;
}

export interface StopInstancesRequest {
  regionId?: string | undefined;
  /** at most 100 */
  instanceId?: readonly string[] | undefined;
  forceStop?: boolean | undefined;
  stoppedMode?: string | undefined;
  batchOptimization?: string | undefined;
  hibernate?: boolean | undefined;
  dryRun?: boolean | undefined;
}

export interface StopInstancesResponse {
  requestId: string;
  instanceResponses: InstanceResponse[];
}

export interface DeleteInstanceRequest {
  instanceId?: string | undefined;
  force?: boolean | undefined;
  clientToken?: string | undefined;
  dryRun?: boolean | undefined;
}

export interface DeleteInstanceResponse {
  requestId: string;
}

export interface DeleteInstancesRequest {
  regionId?: string | undefined;
  /** at most 100 */
  instanceId?: readonly string[] | undefined;
  force?: boolean | undefined;
  clientToken?: string | undefined;
  dryRun?: boolean | undefined;
}

export interface DeleteInstancesResponse {
  requestId: string;
}

export interface ReplaceSystemDiskRequest {
  instanceId?: string | undefined;
  imageId?: string | undefined;
  /** only its size counts */
  systemDisk?: SystemDisk | undefined;
  clientToken?: string | undefined;
  encrypted?: boolean | undefined;
  kmsKeyId?: string | undefined;
  /** Ours: where the new disk's file is made; default: in the data directory. */
  path?: string | undefined;
}

export interface ReplaceSystemDiskResponse {
  requestId: string;
  diskId: string;
}

export interface CreateDiskRequest {
  regionId?: string | undefined;
  zoneId?: string | undefined;
  instanceId?: string | undefined;
  /** GiB */
  size?: number | undefined;
  diskCategory?: string | undefined;
  snapshotId?: string | undefined;
  diskName?: string | undefined;
  encrypted?: boolean | undefined;
  kmsKeyId?: string | undefined;
  clientToken?: string | undefined;
  tag?: readonly RequestTag[] | undefined;
  description?: string | undefined;
  resourceGroupId?: string | undefined;
  /** Ours: where the disk's file is made; default: in the data directory. */
  path?: string | undefined;
}

export interface CreateDiskResponse {
  requestId: string;
  diskId: string;
}

export interface AttachDiskRequest {
  instanceId?: string | undefined;
  diskId?: string | undefined;
  device?: string | undefined;
  deleteWithInstance?: boolean | undefined;
  /** as the system disk */
  bootable?: boolean | undefined;
}

export interface AttachDiskResponse {
  requestId: string;
}

export interface DetachDiskRequest {
  instanceId?: string | undefined;
  diskId?: string | undefined;
  deleteWithInstance?: boolean | undefined;
}

export interface DetachDiskResponse {
  requestId: string;
}

export interface DeleteDiskRequest {
  diskId?: string | undefined;
}

export interface DeleteDiskResponse {
  requestId: string;
}

export interface DescribeDisksRequest {
  regionId?: string | undefined;
  instanceId?: string | undefined;
  diskIds?: readonly string[] | undefined;
  diskType?: string | undefined;
  category?: string | undefined;
  status?: string | undefined;
  zoneId?: string | undefined;
  snapshotId?: string | undefined;
  tag?: readonly RequestTag[] | undefined;
  nextToken?: string | undefined;
  maxResults?: number | undefined;
  pageNumber?: number | undefined;
  pageSize?: number | undefined;
}

export interface DescribeDisksResponse {
  requestId: string;
  disks: Disk[];
  nextToken: string;
  totalCount: number;
  pageNumber: number;
  pageSize: number;
}

export interface TagResourcesRequest {
  regionId?: string | undefined;
  /** image, snapshot, disk, instance */
  resourceType?: string | undefined;
  /** 1 to 50 */
  resourceId?: readonly string[] | undefined;
  /** 1 to 20 */
  tag?: readonly RequestTag[] | undefined;
}

export interface TagResourcesResponse {
  requestId: string;
}

export interface UntagResourcesRequest {
  regionId?: string | undefined;
  resourceType?: string | undefined;
  /** 1 to 50 */
  resourceId?: readonly string[] | undefined;
  /** at most 20 */
  tagKey?: readonly string[] | undefined;
  /** counts when there is no key */
  all?: boolean | undefined;
}

export interface UntagResourcesResponse {
  requestId: string;
}

export interface ListTagResourcesRequest {
  regionId?: string | undefined;
  resourceType?: string | undefined;
  /** at most 50 */
  resourceId?: readonly string[] | undefined;
  tag?: readonly RequestTag[] | undefined;
  tagFilter?: readonly TagFilter[] | undefined;
  nextToken?: string | undefined;
}

export interface TagFilter {
  tagKey?: string | undefined;
  tagValues?: readonly string[] | undefined;
}

export interface ListTagResourcesResponse {
  requestId: string;
  tagResources: TagResource[];
  nextToken: string;
}

export interface TagResource {
  resourceId: string;
  resourceType: string;
  tagKey: string;
  tagValue: string;
}

/** TagResources' old name, for one resource. */
export interface AddTagsRequest {
  regionId?: string | undefined;
  resourceId?: string | undefined;
  resourceType?: string | undefined;
  tag?: readonly RequestTag[] | undefined;
}

export interface AddTagsResponse {
  requestId: string;
}

export interface JoinResourceGroupRequest {
  resourceId?: string | undefined;
  /** image, snapshot, disk, instance */
  resourceType?: string | undefined;
  resourceGroupId?: string | undefined;
  regionId?: string | undefined;
}

export interface JoinResourceGroupResponse {
  requestId: string;
}

export interface DescribeRegionsRequest {}

export interface DescribeRegionsResponse {
  requestId: string;
  regions: RegionItem[];
}

export interface RegionItem {
  regionId: string;
  localName: string;
  regionEndpoint: string;
  status: string;
}

/** Answers when the image is Available, CreateFailed or deleted (InvalidImageId.NotFound). */
export interface WaitForImageRequest {
  regionId?: string | undefined;
  imageId?: string | undefined;
}

export interface WaitForImageResponse {
  requestId: string;
  image?: Image;
}

export interface WatchRequest {
  /** Events with a greater sequence than this; absent: from now on. */
  afterSequence?: number | bigint | undefined;
  /** Only events of these resources; none: all of the account. */
  resourceId?: readonly string[] | undefined;
}

export interface ReadEventsRequest {
  afterSequence?: number | bigint | undefined;
  resourceId?: readonly string[] | undefined;
  /** 1 to 1000, default 1000 */
  maxResults?: number | undefined;
}

export interface EventsResponse {
  requestId: string;
  events: Event[];
  /** The newest sequence looked at: where the next read goes on, events or none. */
  sequence: bigint;
}

export interface Event {
  sequence: bigint;
  time: string;
  /**
   * ImageChanged, ImageDeleted, and likewise Snapshot, Disk, Instance. A resource's first change is
   * its creation.
   */
  kind: string;
  /** The resource after the change; of a deleted one only its id. */
  image?: Image;
  snapshot?: Snapshot;
  disk?: Disk;
  instance?: Instance;
}

export interface CancelRequest {
  streamId?: number | bigint | undefined;
}

export interface CancelResponse {
  requestId: string;
}

export interface VersionRequest {}

export interface VersionResponse {
  requestId: string;
  version: string;
  protocol: number;
}

export interface HealthRequest {}

export interface HealthResponse {
  requestId: string;
  ready: boolean;
  /** always, ephemeral */
  mode: string;
  /** of the newest change */
  sequence: bigint;
  /** of the file system with the data directory */
  freeBytes: bigint;
  jobsQueued: number;
  jobsRunning: number;
  connections: number;
  processId: bigint;
  uptimeSeconds: bigint;
  dataDirectory: string;
  /**
   * Of the file system with the data directory: ext4, xfs, btrfs, tmpfs ...; empty: no directory.
   */
  fileSystem: string;
  totalBytes: bigint;
  /** Whether files on it can share blocks (FICLONE); absent: not known. */
  clones?: boolean;
  /**
   * Whether what is written over stays in its blocks, as the journal wants it; absent: not known.
   */
  overwritesInPlace?: boolean;
  connectionsMax: number;
  /** of the account that asks */
  limits: Limit[];
}

/** Writes the disk's bytes to a new file, as ExportImage does. */
export interface ExportSnapshotRequest {
  snapshotId?: string | undefined;
  path?: string | undefined;
}

export interface ExportSnapshotResponse {
  requestId: string;
  /** of the disk */
  sizeBytes: bigint;
  /** of these what is data rather than holes */
  storedBytes: bigint;
}

export interface ReadSnapshotRequest {
  snapshotId?: string | undefined;
  /** in the disk */
  offset?: number | bigint | undefined;
  /** at most so much is wanted; 1 MiB at most */
  length?: number | bigint | undefined;
}

/** What is at the offset: data or a hole. Neither: the offset is the disk's end. */
export interface ReadSnapshotResponse {
  requestId: string;
  data: Uint8Array;
  /** how far the hole goes on; may be more than was asked for */
  holeBytes: bigint;
  /** of the disk */
  sizeBytes: bigint;
}

/** Reads what is stored of a snapshot, or of all, and compares the checksums: a step a call. */
export interface VerifySnapshotRequest {
  /** absent: all of the account */
  snapshotId?: string | undefined;
  /** of the step before; absent: the first */
  nextToken?: string | undefined;
  /** how many stored bytes the step reads; 0: the daemon chooses */
  maxBytes?: number | bigint | undefined;
}

export interface VerifySnapshotResponse {
  requestId: string;
  /** found by this step */
  damage: Damage[];
  /** for the next step; empty: that was the last */
  nextToken: string;
  /** stored bytes that this step read */
  verifiedBytes: bigint;
  /** by all steps so far */
  doneBytes: bigint;
  /** of all steps */
  totalBytes: bigint;
}

export interface Damage {
  snapshotId: string;
  diskId: string;
  /** Bytes of the disk; both 0: the whole snapshot, for example its manifest. */
  offset: bigint;
  length: bigint;
  /** that have the snapshot */
  imageId: string[];
  reason: string;
}

export interface DescribeUsageRequest {
  /** disk, snapshot, image */
  resourceType?: string | undefined;
  nextToken?: string | undefined;
  /** 1 to 1000, default 100 */
  maxResults?: number | undefined;
}

/** The totals are those of the whole account, whatever the type. */
export interface DescribeUsageResponse {
  requestId: string;
  usage: Usage[];
  nextToken: string;
  /** the sum of the disks' sizes over all snapshots */
  logicalBytes: bigint;
  /** each stored cluster once */
  storedBytes: bigint;
  /** of these, what only one snapshot uses */
  reclaimableBytes: bigint;
  /** what no snapshot uses any more and is being given back */
  pendingBytes: bigint;
}

/** What one disk's snapshots, one snapshot or one image's snapshots take. */
export interface Usage {
  resourceId: string;
  name: string;
  logicalBytes: bigint;
  storedBytes: bigint;
  /** what would come back if these snapshots alone went */
  reclaimableBytes: bigint;
}

/** Figures of the daemon and of nobody's account. */
export interface MetricsRequest {}

export interface MetricsResponse {
  requestId: string;
  /** Prometheus's text format, version 0.0.4 */
  text: string;
}

/** An account of its own for a test, as every account is born. It belongs to the caller's uid. */
export interface CreateAccountRequest {
  /** absent: a new one is made up */
  accountId?: string | undefined;
}

export interface CreateAccountResponse {
  requestId: string;
  accountId: string;
  defaultResourceGroupId: string;
}

/** Everything that the account has goes. Unknown: ignored. */
export interface DropAccountRequest {
  accountId?: string | undefined;
}

export interface DropAccountResponse {
  requestId: string;
}

export interface DescribeAccountRequest {}

export interface DescribeAccountResponse {
  requestId: string;
  accountId: string;
  defaultResourceGroupId: string;
  standing?: AccountStanding;
  limits: Limit[];
  clock?: AccountClock;
  resourceGroups: ResourceGroup[];
  kmsKeys: KMSKey[];
  ramUsers: string[];
  /** whether new jobs are held */
  holdsJobs: boolean;
}

export interface AccountStanding {
  orderAllowed?: boolean;
  /** normal, revoked, deregistered */
  enterpriseStatus: string;
  balance?: bigint;
  minimumBalance?: bigint;
  snapshotServiceOpened?: boolean;
  dataDiskImageWhitelist?: boolean;
  kmsAuthorized?: boolean;
  /**
   * An identical request that meets one in flight is refused (IdempotentProcessing), not kept
   * waiting.
   */
  idempotentProcessing?: boolean;
}

export interface Limit {
  /** as the configuration file spells it: UnfinishedSnapshots */
  name: string;
  value: bigint;
}

export interface LimitInput {
  /** as the configuration file spells it: UnfinishedSnapshots */
  name?: string | undefined;
  value?: number | bigint | undefined;
}

export interface AccountClock {
  time: string;
  isFrozen: boolean;
}

export interface ResourceGroup {
  resourceGroupId: string;
  name: string;
}

export interface KMSKey {
  kmsKeyId: string;
  enabled: boolean;
  ecsTag: boolean;
}

/** What is absent is kept. */
export interface SetAccountRequest {
  orderAllowed?: boolean | undefined;
  enterpriseStatus?: string | undefined;
  balance?: number | bigint | undefined;
  minimumBalance?: number | bigint | undefined;
  snapshotServiceOpened?: boolean | undefined;
  dataDiskImageWhitelist?: boolean | undefined;
  kmsAuthorized?: boolean | undefined;
  idempotentProcessing?: boolean | undefined;
}

export interface SetAccountResponse {
  requestId: string;
}

export interface SetLimitsRequest {
  limit?: readonly LimitInput[] | undefined;
}

export interface SetLimitsResponse {
  requestId: string;
  /** all, as they are now */
  limits: Limit[];
}

export interface SetClockRequest {
  /** yyyy-MM-ddTHH:mm:ssZ; absent: as it is */
  time?: string | undefined;
  isFrozen?: boolean | undefined;
}

export interface AdvanceClockRequest {
  seconds?: number | bigint | undefined;
  milliseconds?: number | bigint | undefined;
}

export interface ClockResponse {
  requestId: string;
  clock?: AccountClock;
}

export interface SetInstanceRequest {
  instanceId?: string | undefined;
  status?: string | undefined;
  /** instead of those it has */
  operationLock?: readonly OperationLockInput[] | undefined;
  /** false: takes its locks away */
  isLocked?: boolean | undefined;
  hibernationConfigured?: boolean | undefined;
  needsRestart?: boolean | undefined;
}

export interface SetInstanceResponse {
  requestId: string;
}

export interface SetDiskRequest {
  diskId?: string | undefined;
  status?: string | undefined;
  category?: string | undefined;
  deviceInvalid?: boolean | undefined;
  neverAttached?: boolean | undefined;
  encrypted?: boolean | undefined;
  kmsKeyId?: string | undefined;
}

export interface SetDiskResponse {
  requestId: string;
}

export interface SetSnapshotRequest {
  snapshotId?: string | undefined;
  /** standard, flash, archive */
  category?: string | undefined;
  /** Region, CloudBox */
  storageLocation?: string | undefined;
  defaultFree?: boolean | undefined;
  creationTime?: string | undefined;
  encrypted?: boolean | undefined;
  kmsKeyId?: string | undefined;
}

export interface SetSnapshotResponse {
  requestId: string;
}

export interface SetImageRequest {
  regionId?: string | undefined;
  imageId?: string | undefined;
  /** Available, UnAvailable, Deprecated, CreateFailed */
  status?: string | undefined;
  /** self, marketplace */
  imageOwnerAlias?: string | undefined;
  imageVersion?: string | undefined;
  productCode?: string | undefined;
}

export interface SetImageResponse {
  requestId: string;
}

/** A key that nobody has set is enabled and has the tag. */
export interface SetKMSKeyRequest {
  kmsKeyId?: string | undefined;
  enabled?: boolean | undefined;
  ecsTag?: boolean | undefined;
}

export interface SetKMSKeyResponse {
  requestId: string;
}

export interface CreateResourceGroupRequest {
  name?: string | undefined;
}

export interface CreateResourceGroupResponse {
  requestId: string;
  resourceGroupId: string;
}

/**
 * A RAM user and what it may do: who owns the account acts as one by the metadata `ram-user`. No
 * policy: it may do nothing.
 */
export interface SetRamUserRequest {
  ramUser?: string | undefined;
  policy?: readonly RamPolicy[] | undefined;
  isDeleted?: boolean | undefined;
}

export interface RamPolicy {
  /** JSON: Version "1", Statement, Effect, Action, Resource */
  policyDocument?: string | undefined;
  /** counts only for this group; absent: for all */
  resourceGroupId?: string | undefined;
}

export interface SetRamUserResponse {
  requestId: string;
}

export interface DescribeJobsRequest {}

export interface JobsResponse {
  requestId: string;
  /** those it was about, oldest first, as they are now */
  jobs: Job[];
}

/** Making one snapshot, or an image from finished snapshots, or copying an image. */
export interface Job {
  snapshotId: string;
  imageId: string;
  diskId: string;
  regionId: string;
  /** waiting, running, accomplished, failed */
  status: string;
  isHeld: boolean;
  progress: string;
  /** How long it takes in all, of the account's clock; 0 for a real file. */
  durationMilliseconds: bigint;
}

/**
 * Which jobs: those of these images and snapshots; none: all, and those to come. The oldest `count`
 * of them.
 */
export interface HoldJobsRequest {
  resourceId?: readonly string[] | undefined;
  count?: number | undefined;
}

export interface ReleaseJobsRequest {
  resourceId?: readonly string[] | undefined;
  count?: number | undefined;
}

/** One move on, and held again: a waiting job starts, a running one ends. */
export interface StepJobsRequest {
  resourceId?: readonly string[] | undefined;
  count?: number | undefined;
}

export interface FinishJobsRequest {
  resourceId?: readonly string[] | undefined;
  count?: number | undefined;
}

export interface FailJobsRequest {
  resourceId?: readonly string[] | undefined;
  count?: number | undefined;
  reason?: string | undefined;
}

/**
 * Acts on requests to the account right after the token is looked at (V3), before anything is
 * judged by the state.
 */
export interface AddFaultRuleRequest {
  /** absent: CreateImage */
  operation?: string | undefined;
  /** hold, fail */
  action?: string | undefined;
  /** to fail with: InternalError, ServiceUnavailable, Throttling ... */
  code?: string | undefined;
  /** absent: once; 0: until it is removed */
  times?: number | undefined;
  /** How long it holds, in real time, before the request goes on; absent: 60,000. */
  holdMilliseconds?: number | bigint | undefined;
  /** only requests with this one */
  clientToken?: string | undefined;
}

export interface AddFaultRuleResponse {
  requestId: string;
  faultRuleId: bigint;
}

/** The requests that it holds go on. */
export interface RemoveFaultRuleRequest {
  faultRuleId?: number | bigint | undefined;
}

export interface RemoveFaultRuleResponse {
  requestId: string;
}

export interface DescribeFaultRulesRequest {}

export interface DescribeFaultRulesResponse {
  requestId: string;
  faultRules: FaultRule[];
  /** oldest first */
  heldRequests: HeldRequest[];
}

export interface FaultRule {
  faultRuleId: bigint;
  operation: string;
  action: string;
  code: string;
  /** 0: without end */
  timesLeft: number;
  holdMilliseconds: bigint;
  clientToken: string;
}

export interface HeldRequest {
  /** 0: it waits for the first request with its token */
  faultRuleId: bigint;
  operation: string;
  clientToken: string;
}

/**
 * The oldest `count` of the requests that the rule holds; no rule: of all; no count: all of them.
 */
export interface ReleaseRequestsRequest {
  faultRuleId?: number | bigint | undefined;
  count?: number | undefined;
  /** absent: they go on; else they fail with this */
  code?: string | undefined;
}

export interface ReleaseRequestsResponse {
  requestId: string;
  released: number;
}

/** A method for each operation. */
export interface Operations {
  /** CreateImage. With a `clientToken` sent again if its answer was lost. */
  createImage(request?: CreateImageRequest, options?: CallOptions): Promise<CreateImageResponse>;
  /** DescribeImages. Changes nothing: sent again if its answer was lost. */
  describeImages(
    request?: DescribeImagesRequest, options?: CallOptions,
  ): Promise<DescribeImagesResponse>;
  /** DescribeImageFromFamily. Changes nothing: sent again if its answer was lost. */
  describeImageFromFamily(
    request?: DescribeImageFromFamilyRequest, options?: CallOptions,
  ): Promise<DescribeImageFromFamilyResponse>;
  /** DeleteImage. Never sent again by itself. */
  deleteImage(request?: DeleteImageRequest, options?: CallOptions): Promise<DeleteImageResponse>;
  /** ModifyImageAttribute. Never sent again by itself. */
  modifyImageAttribute(
    request?: ModifyImageAttributeRequest, options?: CallOptions,
  ): Promise<ModifyImageAttributeResponse>;
  /** CopyImage. With a `clientToken` sent again if its answer was lost. */
  copyImage(request?: CopyImageRequest, options?: CallOptions): Promise<CopyImageResponse>;
  /** CancelCopyImage. Never sent again by itself. */
  cancelCopyImage(
    request?: CancelCopyImageRequest, options?: CallOptions,
  ): Promise<CancelCopyImageResponse>;
  /** ModifyImageSharePermission. Never sent again by itself. */
  modifyImageSharePermission(
    request?: ModifyImageSharePermissionRequest, options?: CallOptions,
  ): Promise<ModifyImageSharePermissionResponse>;
  /** DescribeImageSharePermission. Changes nothing: sent again if its answer was lost. */
  describeImageSharePermission(
    request?: DescribeImageSharePermissionRequest, options?: CallOptions,
  ): Promise<DescribeImageSharePermissionResponse>;
  /** ExportImage. Never sent again by itself. */
  exportImage(request?: ExportImageRequest, options?: CallOptions): Promise<ExportImageResponse>;
  /** CreateSnapshot. With a `clientToken` sent again if its answer was lost. */
  createSnapshot(
    request?: CreateSnapshotRequest, options?: CallOptions,
  ): Promise<CreateSnapshotResponse>;
  /** DescribeSnapshots. Changes nothing: sent again if its answer was lost. */
  describeSnapshots(
    request?: DescribeSnapshotsRequest, options?: CallOptions,
  ): Promise<DescribeSnapshotsResponse>;
  /** DeleteSnapshot. Never sent again by itself. */
  deleteSnapshot(
    request?: DeleteSnapshotRequest, options?: CallOptions,
  ): Promise<DeleteSnapshotResponse>;
  /** ModifySnapshotAttribute. Never sent again by itself. */
  modifySnapshotAttribute(
    request?: ModifySnapshotAttributeRequest, options?: CallOptions,
  ): Promise<ModifySnapshotAttributeResponse>;
  /** RunInstances. With a `clientToken` sent again if its answer was lost. */
  runInstances(request?: RunInstancesRequest, options?: CallOptions): Promise<RunInstancesResponse>;
  /** DescribeInstances. Changes nothing: sent again if its answer was lost. */
  describeInstances(
    request?: DescribeInstancesRequest, options?: CallOptions,
  ): Promise<DescribeInstancesResponse>;
  /** DescribeInstanceStatus. Changes nothing: sent again if its answer was lost. */
  describeInstanceStatus(
    request?: DescribeInstanceStatusRequest, options?: CallOptions,
  ): Promise<DescribeInstanceStatusResponse>;
  /** StartInstance. Never sent again by itself. */
  startInstance(
    request?: StartInstanceRequest, options?: CallOptions,
  ): Promise<StartInstanceResponse>;
  /** StartInstances. Never sent again by itself. */
  startInstances(
    request?: StartInstancesRequest, options?: CallOptions,
  ): Promise<StartInstancesResponse>;
  /** StopInstance. Never sent again by itself. */
  stopInstance(request?: StopInstanceRequest, options?: CallOptions): Promise<StopInstanceResponse>;
  /** StopInstances. Never sent again by itself. */
  stopInstances(
    request?: StopInstancesRequest, options?: CallOptions,
  ): Promise<StopInstancesResponse>;
  /** DeleteInstance. With a `clientToken` sent again if its answer was lost. */
  deleteInstance(
    request?: DeleteInstanceRequest, options?: CallOptions,
  ): Promise<DeleteInstanceResponse>;
  /** DeleteInstances. With a `clientToken` sent again if its answer was lost. */
  deleteInstances(
    request?: DeleteInstancesRequest, options?: CallOptions,
  ): Promise<DeleteInstancesResponse>;
  /** ReplaceSystemDisk. With a `clientToken` sent again if its answer was lost. */
  replaceSystemDisk(
    request?: ReplaceSystemDiskRequest, options?: CallOptions,
  ): Promise<ReplaceSystemDiskResponse>;
  /** CreateDisk. With a `clientToken` sent again if its answer was lost. */
  createDisk(request?: CreateDiskRequest, options?: CallOptions): Promise<CreateDiskResponse>;
  /** DescribeDisks. Changes nothing: sent again if its answer was lost. */
  describeDisks(
    request?: DescribeDisksRequest, options?: CallOptions,
  ): Promise<DescribeDisksResponse>;
  /** AttachDisk. Never sent again by itself. */
  attachDisk(request?: AttachDiskRequest, options?: CallOptions): Promise<AttachDiskResponse>;
  /** DetachDisk. Never sent again by itself. */
  detachDisk(request?: DetachDiskRequest, options?: CallOptions): Promise<DetachDiskResponse>;
  /** DeleteDisk. Never sent again by itself. */
  deleteDisk(request?: DeleteDiskRequest, options?: CallOptions): Promise<DeleteDiskResponse>;
  /** TagResources. Never sent again by itself. */
  tagResources(request?: TagResourcesRequest, options?: CallOptions): Promise<TagResourcesResponse>;
  /** UntagResources. Never sent again by itself. */
  untagResources(
    request?: UntagResourcesRequest, options?: CallOptions,
  ): Promise<UntagResourcesResponse>;
  /** ListTagResources. Changes nothing: sent again if its answer was lost. */
  listTagResources(
    request?: ListTagResourcesRequest, options?: CallOptions,
  ): Promise<ListTagResourcesResponse>;
  /** AddTags. Never sent again by itself. */
  addTags(request?: AddTagsRequest, options?: CallOptions): Promise<AddTagsResponse>;
  /** JoinResourceGroup. Never sent again by itself. */
  joinResourceGroup(
    request?: JoinResourceGroupRequest, options?: CallOptions,
  ): Promise<JoinResourceGroupResponse>;
  /** DescribeRegions. Changes nothing: sent again if its answer was lost. */
  describeRegions(
    request?: DescribeRegionsRequest, options?: CallOptions,
  ): Promise<DescribeRegionsResponse>;
  /** RegisterInstance. With a `clientToken` sent again if its answer was lost. */
  registerInstance(
    request?: RegisterInstanceRequest, options?: CallOptions,
  ): Promise<RegisterInstanceResponse>;
  /** WaitForImage. Changes nothing: sent again if its answer was lost. */
  waitForImage(request?: WaitForImageRequest, options?: CallOptions): Promise<WaitForImageResponse>;
  /** ReadEvents. Changes nothing: sent again if its answer was lost. */
  readEvents(request?: ReadEventsRequest, options?: CallOptions): Promise<EventsResponse>;
  /** Cancel. Never sent again by itself. */
  cancel(request?: CancelRequest, options?: CallOptions): Promise<CancelResponse>;
  /** Version. Changes nothing: sent again if its answer was lost. */
  version(request?: VersionRequest, options?: CallOptions): Promise<VersionResponse>;
  /** Health. Changes nothing: sent again if its answer was lost. */
  health(request?: HealthRequest, options?: CallOptions): Promise<HealthResponse>;
  /** ExportSnapshot. Never sent again by itself. */
  exportSnapshot(
    request?: ExportSnapshotRequest, options?: CallOptions,
  ): Promise<ExportSnapshotResponse>;
  /** ReadSnapshot. Changes nothing: sent again if its answer was lost. */
  readSnapshot(request?: ReadSnapshotRequest, options?: CallOptions): Promise<ReadSnapshotResponse>;
  /** VerifySnapshot. Changes nothing: sent again if its answer was lost. */
  verifySnapshot(
    request?: VerifySnapshotRequest, options?: CallOptions,
  ): Promise<VerifySnapshotResponse>;
  /** DescribeUsage. Changes nothing: sent again if its answer was lost. */
  describeUsage(
    request?: DescribeUsageRequest, options?: CallOptions,
  ): Promise<DescribeUsageResponse>;
  /** Metrics. Changes nothing: sent again if its answer was lost. */
  metrics(request?: MetricsRequest, options?: CallOptions): Promise<MetricsResponse>;
  /** CreateAccount. Never sent again by itself. */
  createAccount(
    request?: CreateAccountRequest, options?: CallOptions,
  ): Promise<CreateAccountResponse>;
  /** DropAccount. Never sent again by itself. */
  dropAccount(request?: DropAccountRequest, options?: CallOptions): Promise<DropAccountResponse>;
  /** DescribeAccount. Changes nothing: sent again if its answer was lost. */
  describeAccount(
    request?: DescribeAccountRequest, options?: CallOptions,
  ): Promise<DescribeAccountResponse>;
  /** SetAccount. Never sent again by itself. */
  setAccount(request?: SetAccountRequest, options?: CallOptions): Promise<SetAccountResponse>;
  /** SetLimits. Never sent again by itself. */
  setLimits(request?: SetLimitsRequest, options?: CallOptions): Promise<SetLimitsResponse>;
  /** SetClock. Never sent again by itself. */
  setClock(request?: SetClockRequest, options?: CallOptions): Promise<ClockResponse>;
  /** AdvanceClock. Never sent again by itself. */
  advanceClock(request?: AdvanceClockRequest, options?: CallOptions): Promise<ClockResponse>;
  /** SetInstance. Never sent again by itself. */
  setInstance(request?: SetInstanceRequest, options?: CallOptions): Promise<SetInstanceResponse>;
  /** SetDisk. Never sent again by itself. */
  setDisk(request?: SetDiskRequest, options?: CallOptions): Promise<SetDiskResponse>;
  /** SetSnapshot. Never sent again by itself. */
  setSnapshot(request?: SetSnapshotRequest, options?: CallOptions): Promise<SetSnapshotResponse>;
  /** SetImage. Never sent again by itself. */
  setImage(request?: SetImageRequest, options?: CallOptions): Promise<SetImageResponse>;
  /** SetKMSKey. Never sent again by itself. */
  setKMSKey(request?: SetKMSKeyRequest, options?: CallOptions): Promise<SetKMSKeyResponse>;
  /** CreateResourceGroup. Never sent again by itself. */
  createResourceGroup(
    request?: CreateResourceGroupRequest, options?: CallOptions,
  ): Promise<CreateResourceGroupResponse>;
  /** SetRamUser. Never sent again by itself. */
  setRamUser(request?: SetRamUserRequest, options?: CallOptions): Promise<SetRamUserResponse>;
  /** DescribeJobs. Changes nothing: sent again if its answer was lost. */
  describeJobs(request?: DescribeJobsRequest, options?: CallOptions): Promise<JobsResponse>;
  /** HoldJobs. Never sent again by itself. */
  holdJobs(request?: HoldJobsRequest, options?: CallOptions): Promise<JobsResponse>;
  /** ReleaseJobs. Never sent again by itself. */
  releaseJobs(request?: ReleaseJobsRequest, options?: CallOptions): Promise<JobsResponse>;
  /** StepJobs. Never sent again by itself. */
  stepJobs(request?: StepJobsRequest, options?: CallOptions): Promise<JobsResponse>;
  /** FinishJobs. Never sent again by itself. */
  finishJobs(request?: FinishJobsRequest, options?: CallOptions): Promise<JobsResponse>;
  /** FailJobs. Never sent again by itself. */
  failJobs(request?: FailJobsRequest, options?: CallOptions): Promise<JobsResponse>;
  /** AddFaultRule. Never sent again by itself. */
  addFaultRule(request?: AddFaultRuleRequest, options?: CallOptions): Promise<AddFaultRuleResponse>;
  /** RemoveFaultRule. Never sent again by itself. */
  removeFaultRule(
    request?: RemoveFaultRuleRequest, options?: CallOptions,
  ): Promise<RemoveFaultRuleResponse>;
  /** DescribeFaultRules. Changes nothing: sent again if its answer was lost. */
  describeFaultRules(
    request?: DescribeFaultRulesRequest, options?: CallOptions,
  ): Promise<DescribeFaultRulesResponse>;
  /** ReleaseRequests. Never sent again by itself. */
  releaseRequests(
    request?: ReleaseRequestsRequest, options?: CallOptions,
  ): Promise<ReleaseRequestsResponse>;
}

/** The operations' messages, by the names of the wire. */
export interface OperationTypes {
  CreateImage: { request: CreateImageRequest; response: CreateImageResponse };
  DescribeImages: { request: DescribeImagesRequest; response: DescribeImagesResponse };
  DescribeImageFromFamily: {
    request: DescribeImageFromFamilyRequest; response: DescribeImageFromFamilyResponse;
  };
  DeleteImage: { request: DeleteImageRequest; response: DeleteImageResponse };
  ModifyImageAttribute: {
    request: ModifyImageAttributeRequest; response: ModifyImageAttributeResponse;
  };
  CopyImage: { request: CopyImageRequest; response: CopyImageResponse };
  CancelCopyImage: { request: CancelCopyImageRequest; response: CancelCopyImageResponse };
  ModifyImageSharePermission: {
    request: ModifyImageSharePermissionRequest; response: ModifyImageSharePermissionResponse;
  };
  DescribeImageSharePermission: {
    request: DescribeImageSharePermissionRequest; response: DescribeImageSharePermissionResponse;
  };
  ExportImage: { request: ExportImageRequest; response: ExportImageResponse };
  CreateSnapshot: { request: CreateSnapshotRequest; response: CreateSnapshotResponse };
  DescribeSnapshots: { request: DescribeSnapshotsRequest; response: DescribeSnapshotsResponse };
  DeleteSnapshot: { request: DeleteSnapshotRequest; response: DeleteSnapshotResponse };
  ModifySnapshotAttribute: {
    request: ModifySnapshotAttributeRequest; response: ModifySnapshotAttributeResponse;
  };
  RunInstances: { request: RunInstancesRequest; response: RunInstancesResponse };
  DescribeInstances: { request: DescribeInstancesRequest; response: DescribeInstancesResponse };
  DescribeInstanceStatus: {
    request: DescribeInstanceStatusRequest; response: DescribeInstanceStatusResponse;
  };
  StartInstance: { request: StartInstanceRequest; response: StartInstanceResponse };
  StartInstances: { request: StartInstancesRequest; response: StartInstancesResponse };
  StopInstance: { request: StopInstanceRequest; response: StopInstanceResponse };
  StopInstances: { request: StopInstancesRequest; response: StopInstancesResponse };
  DeleteInstance: { request: DeleteInstanceRequest; response: DeleteInstanceResponse };
  DeleteInstances: { request: DeleteInstancesRequest; response: DeleteInstancesResponse };
  ReplaceSystemDisk: { request: ReplaceSystemDiskRequest; response: ReplaceSystemDiskResponse };
  CreateDisk: { request: CreateDiskRequest; response: CreateDiskResponse };
  DescribeDisks: { request: DescribeDisksRequest; response: DescribeDisksResponse };
  AttachDisk: { request: AttachDiskRequest; response: AttachDiskResponse };
  DetachDisk: { request: DetachDiskRequest; response: DetachDiskResponse };
  DeleteDisk: { request: DeleteDiskRequest; response: DeleteDiskResponse };
  TagResources: { request: TagResourcesRequest; response: TagResourcesResponse };
  UntagResources: { request: UntagResourcesRequest; response: UntagResourcesResponse };
  ListTagResources: { request: ListTagResourcesRequest; response: ListTagResourcesResponse };
  AddTags: { request: AddTagsRequest; response: AddTagsResponse };
  JoinResourceGroup: { request: JoinResourceGroupRequest; response: JoinResourceGroupResponse };
  DescribeRegions: { request: DescribeRegionsRequest; response: DescribeRegionsResponse };
  RegisterInstance: { request: RegisterInstanceRequest; response: RegisterInstanceResponse };
  WaitForImage: { request: WaitForImageRequest; response: WaitForImageResponse };
  Watch: { request: WatchRequest; response: EventsResponse };
  ReadEvents: { request: ReadEventsRequest; response: EventsResponse };
  Cancel: { request: CancelRequest; response: CancelResponse };
  Version: { request: VersionRequest; response: VersionResponse };
  Health: { request: HealthRequest; response: HealthResponse };
  ExportSnapshot: { request: ExportSnapshotRequest; response: ExportSnapshotResponse };
  ReadSnapshot: { request: ReadSnapshotRequest; response: ReadSnapshotResponse };
  VerifySnapshot: { request: VerifySnapshotRequest; response: VerifySnapshotResponse };
  DescribeUsage: { request: DescribeUsageRequest; response: DescribeUsageResponse };
  Metrics: { request: MetricsRequest; response: MetricsResponse };
  CreateAccount: { request: CreateAccountRequest; response: CreateAccountResponse };
  DropAccount: { request: DropAccountRequest; response: DropAccountResponse };
  DescribeAccount: { request: DescribeAccountRequest; response: DescribeAccountResponse };
  SetAccount: { request: SetAccountRequest; response: SetAccountResponse };
  SetLimits: { request: SetLimitsRequest; response: SetLimitsResponse };
  SetClock: { request: SetClockRequest; response: ClockResponse };
  AdvanceClock: { request: AdvanceClockRequest; response: ClockResponse };
  SetInstance: { request: SetInstanceRequest; response: SetInstanceResponse };
  SetDisk: { request: SetDiskRequest; response: SetDiskResponse };
  SetSnapshot: { request: SetSnapshotRequest; response: SetSnapshotResponse };
  SetImage: { request: SetImageRequest; response: SetImageResponse };
  SetKMSKey: { request: SetKMSKeyRequest; response: SetKMSKeyResponse };
  CreateResourceGroup: {
    request: CreateResourceGroupRequest; response: CreateResourceGroupResponse;
  };
  SetRamUser: { request: SetRamUserRequest; response: SetRamUserResponse };
  DescribeJobs: { request: DescribeJobsRequest; response: JobsResponse };
  HoldJobs: { request: HoldJobsRequest; response: JobsResponse };
  ReleaseJobs: { request: ReleaseJobsRequest; response: JobsResponse };
  StepJobs: { request: StepJobsRequest; response: JobsResponse };
  FinishJobs: { request: FinishJobsRequest; response: JobsResponse };
  FailJobs: { request: FailJobsRequest; response: JobsResponse };
  AddFaultRule: { request: AddFaultRuleRequest; response: AddFaultRuleResponse };
  RemoveFaultRule: { request: RemoveFaultRuleRequest; response: RemoveFaultRuleResponse };
  DescribeFaultRules: { request: DescribeFaultRulesRequest; response: DescribeFaultRulesResponse };
  ReleaseRequests: { request: ReleaseRequestsRequest; response: ReleaseRequestsResponse };
}
