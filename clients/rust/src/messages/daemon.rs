//! Requests and answers of the daemon's own operations, and its events.

use super::fixture::Limit;
use super::resources::{Disk, Image, Instance, Snapshot};

crate::messages! {
    /// Answers when the image is Available, CreateFailed or deleted (InvalidImageId.NotFound).
    ///
    /// The request of [`WaitForImage`](crate::Client::wait_for_image).
    WaitForImageRequest {
        region_id: String = 1,
        image_id: String = 2,
    }

    /// The answer of [`WaitForImage`](crate::Client::wait_for_image).
    WaitForImageResponse {
        request_id: String = 1,
        image: Option<Image> = 2,
    }

    /// The request of [`Watch`](crate::Client::watch).
    WatchRequest {
        /// Events with a greater sequence than this; absent: from now on.
        after_sequence: Option<i64> = 1,
        /// Only events of these resources; none: all of the account.
        resource_id: Vec<String> = 2,
    }

    /// The request of [`ReadEvents`](crate::Client::read_events).
    ReadEventsRequest {
        after_sequence: Option<i64> = 1,
        resource_id: Vec<String> = 2,
        /// 1 to 1000, default 1000.
        max_results: Option<i32> = 3,
    }

    /// The answer of [`Watch`](crate::Client::watch),
    /// [`ReadEvents`](crate::Client::read_events).
    EventsResponse {
        request_id: String = 1,
        events: Vec<Event> = 2,
        /// The newest sequence looked at: where the next read goes on, events or none.
        sequence: i64 = 3,
    }

    /// One durable change of a resource, as Watch and ReadEvents tell it.
    Event {
        sequence: i64 = 1,
        time: String = 2,
        /// ImageChanged, ImageDeleted, and likewise Snapshot, Disk, Instance. A resource's
        /// first change is its creation.
        kind: String = 3,
        /// The resource after the change; of a deleted one only its id.
        image: Option<Image> = 4,
        snapshot: Option<Snapshot> = 5,
        disk: Option<Disk> = 6,
        instance: Option<Instance> = 7,
    }

    /// The request of [`Cancel`](crate::Client::cancel).
    CancelRequest {
        stream_id: i64 = 1,
    }

    /// The answer of [`Cancel`](crate::Client::cancel).
    CancelResponse {
        request_id: String = 1,
    }

    /// The request of [`Version`](crate::Client::version).
    VersionRequest {}

    /// The answer of [`Version`](crate::Client::version).
    VersionResponse {
        request_id: String = 1,
        version: String = 2,
        protocol: i32 = 3,
    }

    /// The request of [`Health`](crate::Client::health).
    HealthRequest {}

    /// The answer of [`Health`](crate::Client::health).
    HealthResponse {
        request_id: String = 1,
        ready: bool = 2,
        /// One of `always`, `ephemeral`.
        mode: String = 3,
        /// Of the newest change.
        sequence: i64 = 4,
        /// Of the file system with the data directory.
        free_bytes: i64 = 5,
        jobs_queued: i32 = 6,
        jobs_running: i32 = 7,
        connections: i32 = 8,
        process_id: i64 = 9,
        uptime_seconds: i64 = 10,
        data_directory: String = 11,
        /// Of the file system with the data directory: ext4, xfs, btrfs, tmpfs ...; empty: no
        /// directory.
        file_system: String = 12,
        total_bytes: i64 = 13,
        /// Whether files on it can share blocks (FICLONE); absent: not known.
        clones: Option<bool> = 14,
        /// Whether what is written over stays in its blocks, as the journal wants it; absent: not
        /// known.
        overwrites_in_place: Option<bool> = 15,
        connections_max: i32 = 16,
        /// Of the account that asks.
        limits: Vec<Limit> = 17,
    }

    /// Writes the disk's bytes to a new file, as ExportImage does.
    ///
    /// The request of [`ExportSnapshot`](crate::Client::export_snapshot).
    ExportSnapshotRequest {
        snapshot_id: String = 1,
        path: String = 2,
    }

    /// The answer of [`ExportSnapshot`](crate::Client::export_snapshot).
    ExportSnapshotResponse {
        request_id: String = 1,
        /// Of the disk.
        size_bytes: i64 = 2,
        /// Of these what is data rather than holes.
        stored_bytes: i64 = 3,
    }

    /// The request of [`ReadSnapshot`](crate::Client::read_snapshot).
    ReadSnapshotRequest {
        snapshot_id: String = 1,
        /// In the disk.
        offset: i64 = 2,
        /// At most so much is wanted; 1 MiB at most.
        length: i64 = 3,
    }

    /// What is at the offset: data or a hole. Neither: the offset is the disk's end.
    ///
    /// The answer of [`ReadSnapshot`](crate::Client::read_snapshot).
    ReadSnapshotResponse {
        request_id: String = 1,
        data: Vec<u8> = 2,
        /// How far the hole goes on; may be more than was asked for.
        hole_bytes: i64 = 3,
        /// Of the disk.
        size_bytes: i64 = 4,
    }

    /// Reads what is stored of a snapshot, or of all, and compares the checksums: a step a
    /// call.
    ///
    /// The request of [`VerifySnapshot`](crate::Client::verify_snapshot).
    VerifySnapshotRequest {
        /// Absent: all of the account.
        snapshot_id: String = 1,
        /// Of the step before; absent: the first.
        next_token: String = 2,
        /// How many stored bytes the step reads; 0: the daemon chooses.
        max_bytes: i64 = 3,
    }

    /// The answer of [`VerifySnapshot`](crate::Client::verify_snapshot).
    VerifySnapshotResponse {
        request_id: String = 1,
        /// Found by this step.
        damage: Vec<Damage> = 2,
        /// For the next step; empty: that was the last.
        next_token: String = 3,
        /// Stored bytes that this step read.
        verified_bytes: i64 = 4,
        /// By all steps so far.
        done_bytes: i64 = 5,
        /// Of all steps.
        total_bytes: i64 = 6,
    }

    /// A part of a snapshot that cannot be read, found by VerifySnapshot.
    Damage {
        snapshot_id: String = 1,
        disk_id: String = 2,
        /// Bytes of the disk; both 0: the whole snapshot, for example its manifest.
        offset: i64 = 3,
        length: i64 = 4,
        /// Images that have the snapshot.
        image_id: Vec<String> = 5,
        reason: String = 6,
    }

    /// The request of [`DescribeUsage`](crate::Client::describe_usage).
    DescribeUsageRequest {
        /// One of `disk`, `snapshot`, `image`.
        resource_type: String = 1,
        next_token: String = 2,
        /// 1 to 1000, default 100.
        max_results: Option<i32> = 3,
    }

    /// The totals are those of the whole account, whatever the type.
    ///
    /// The answer of [`DescribeUsage`](crate::Client::describe_usage).
    DescribeUsageResponse {
        request_id: String = 1,
        usage: Vec<Usage> = 2,
        next_token: String = 3,
        /// The sum of the disks' sizes over all snapshots.
        logical_bytes: i64 = 4,
        /// Each stored cluster once.
        stored_bytes: i64 = 5,
        /// Of these, what only one snapshot uses.
        reclaimable_bytes: i64 = 6,
        /// What no snapshot uses any more and is being given back.
        pending_bytes: i64 = 7,
    }

    /// What one disk's snapshots, one snapshot or one image's snapshots take.
    Usage {
        resource_id: String = 1,
        name: String = 2,
        logical_bytes: i64 = 3,
        stored_bytes: i64 = 4,
        /// What would come back if these snapshots alone went.
        reclaimable_bytes: i64 = 5,
    }

    /// Figures of the daemon and of nobody's account.
    ///
    /// The request of [`Metrics`](crate::Client::metrics).
    MetricsRequest {}

    /// The answer of [`Metrics`](crate::Client::metrics).
    MetricsResponse {
        request_id: String = 1,
        /// Prometheus's text format, version 0.0.4.
        text: String = 2,
    }
}
