//! Requests and answers of ECS's operations on snapshots.

use super::images::{Filter, RequestTag};
use super::resources::Snapshot;

crate::messages! {
    /// The request of [`CreateSnapshot`](crate::Client::create_snapshot).
    CreateSnapshotRequest {
        disk_id: String = 1,
        snapshot_name: String = 2,
        description: String = 3,
        retention_days: Option<i32> = 4,
        category: String = 5,
        instant_access: Option<bool> = 6,
        resource_group_id: String = 7,
        client_token: String = 8,
        tag: Vec<RequestTag> = 9,
        allow_live: Option<bool> = 1000,
    }

    /// The answer of [`CreateSnapshot`](crate::Client::create_snapshot).
    CreateSnapshotResponse {
        request_id: String = 1,
        snapshot_id: String = 2,
    }

    /// The request of [`DescribeSnapshots`](crate::Client::describe_snapshots).
    DescribeSnapshotsRequest {
        region_id: String = 1,
        snapshot_ids: Vec<String> = 2,
        disk_id: String = 3,
        instance_id: String = 4,
        snapshot_name: String = 5,
        status: String = 6,
        snapshot_type: String = 7,
        source_disk_type: String = 8,
        usage: String = 9,
        category: String = 10,
        encrypted: Option<bool> = 11,
        resource_group_id: String = 12,
        tag: Vec<RequestTag> = 13,
        next_token: String = 14,
        max_results: Option<i32> = 15,
        page_number: Option<i32> = 16,
        page_size: Option<i32> = 17,
        filter: Vec<Filter> = 18,
        dry_run: Option<bool> = 19,
    }

    /// The answer of [`DescribeSnapshots`](crate::Client::describe_snapshots).
    DescribeSnapshotsResponse {
        request_id: String = 1,
        snapshots: Vec<Snapshot> = 2,
        next_token: String = 3,
        total_count: i32 = 4,
        page_number: i32 = 5,
        page_size: i32 = 6,
    }

    /// The request of [`DeleteSnapshot`](crate::Client::delete_snapshot).
    DeleteSnapshotRequest {
        snapshot_id: String = 1,
        force: Option<bool> = 2,
    }

    /// The answer of [`DeleteSnapshot`](crate::Client::delete_snapshot).
    DeleteSnapshotResponse {
        request_id: String = 1,
    }

    /// What is absent is kept.
    ///
    /// The request of [`ModifySnapshotAttribute`](crate::Client::modify_snapshot_attribute).
    ModifySnapshotAttributeRequest {
        snapshot_id: String = 1,
        snapshot_name: String = 2,
        description: String = 3,
        retention_days: Option<i32> = 4,
    }

    /// The answer of [`ModifySnapshotAttribute`](crate::Client::modify_snapshot_attribute).
    ModifySnapshotAttributeResponse {
        request_id: String = 1,
    }
}
