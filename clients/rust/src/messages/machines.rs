//! Requests and answers of the operations on instances and disks.

use super::images::RequestTag;
use super::resources::{Disk, HibernationOptions, Instance};

crate::messages! {
    /// The request of [`RegisterInstance`](crate::Client::register_instance).
    RegisterInstanceRequest {
        region_id: String = 1,
        instance_name: String = 2,
        status: String = 3,
        platform: String = 4,
        architecture: String = 5,
        boot_mode: String = 6,
        disk: Vec<RegisteredDisk> = 7,
        tag: Vec<RequestTag> = 8,
        client_token: String = 9,
    }

    /// A disk of the virtual machine that is made known: a real file or device, or simulated.
    RegisteredDisk {
        path: String = 1,
        format: String = 2,
        r#type: String = 3,
        category: String = 4,
        device: String = 5,
        /// In GiB; only of a disk without a path.
        size: Option<i32> = 6,
    }

    /// The answer of [`RegisterInstance`](crate::Client::register_instance).
    RegisterInstanceResponse {
        request_id: String = 1,
        instance_id: String = 2,
        disk_ids: Vec<String> = 3,
    }

    /// The request of [`RunInstances`](crate::Client::run_instances).
    RunInstancesRequest {
        region_id: String = 1,
        image_id: String = 2,
        image_family: String = 3,
        instance_type: String = 4,
        instance_name: String = 5,
        /// 1 to 100.
        amount: Option<i32> = 6,
        zone_id: String = 7,
        security_group_id: String = 8,
        v_switch_id: String = 9,
        system_disk: Option<SystemDisk> = 10,
        /// At most 16.
        data_disk: Vec<DataDisk> = 11,
        client_token: String = 12,
        tag: Vec<RequestTag> = 13,
        dry_run: Option<bool> = 14,
        http_tokens: String = 15,
        resource_group_id: String = 16,
        hibernation_options: Option<HibernationOptions> = 17,
        /// Ours: where the files of disks are made; default: in the data directory.
        disk_path: Vec<DiskPath> = 1000,
    }

    /// Where the file of the disk with this device is made.
    DiskPath {
        device: String = 1,
        path: String = 2,
    }

    /// What a new system disk is to be like.
    SystemDisk {
        category: String = 1,
        /// In GiB.
        size: Option<i32> = 2,
        disk_name: String = 3,
        description: String = 4,
        encrypted: Option<bool> = 5,
        kms_key_id: String = 6,
    }

    /// What a new data disk is to be like.
    DataDisk {
        category: String = 1,
        /// In GiB.
        size: Option<i32> = 2,
        snapshot_id: String = 3,
        disk_name: String = 4,
        device: String = 5,
        delete_with_instance: Option<bool> = 6,
        encrypted: Option<bool> = 7,
        kms_key_id: String = 8,
        description: String = 9,
    }

    /// The answer of [`RunInstances`](crate::Client::run_instances).
    RunInstancesResponse {
        request_id: String = 1,
        instance_id_sets: Vec<String> = 2,
    }

    /// The request of [`DescribeInstances`](crate::Client::describe_instances).
    DescribeInstancesRequest {
        region_id: String = 1,
        instance_ids: Vec<String> = 2,
        status: String = 3,
        image_id: String = 4,
        zone_id: String = 5,
        tag: Vec<RequestTag> = 6,
        next_token: String = 7,
        max_results: Option<i32> = 8,
        page_number: Option<i32> = 9,
        page_size: Option<i32> = 10,
        instance_name: String = 11,
        resource_group_id: String = 12,
    }

    /// The answer of [`DescribeInstances`](crate::Client::describe_instances).
    DescribeInstancesResponse {
        request_id: String = 1,
        instances: Vec<Instance> = 2,
        next_token: String = 3,
        total_count: i32 = 4,
        page_number: i32 = 5,
        page_size: i32 = 6,
    }

    /// The request of [`DescribeInstanceStatus`](crate::Client::describe_instance_status).
    DescribeInstanceStatusRequest {
        region_id: String = 1,
        instance_id: Vec<String> = 2,
        zone_id: String = 3,
        page_number: Option<i32> = 4,
        page_size: Option<i32> = 5,
    }

    /// The answer of [`DescribeInstanceStatus`](crate::Client::describe_instance_status).
    DescribeInstanceStatusResponse {
        request_id: String = 1,
        instance_statuses: Vec<InstanceStatus> = 2,
        total_count: i32 = 3,
        page_number: i32 = 4,
        page_size: i32 = 5,
    }

    /// The status of one instance.
    InstanceStatus {
        instance_id: String = 1,
        status: String = 2,
    }

    /// The request of [`StartInstance`](crate::Client::start_instance).
    StartInstanceRequest {
        instance_id: String = 1,
        dry_run: Option<bool> = 2,
    }

    /// The answer of [`StartInstance`](crate::Client::start_instance).
    StartInstanceResponse {
        request_id: String = 1,
    }

    /// The request of [`StartInstances`](crate::Client::start_instances).
    StartInstancesRequest {
        region_id: String = 1,
        /// At most 100.
        instance_id: Vec<String> = 2,
        /// One of `AllTogether`, `SuccessFirst`.
        batch_optimization: String = 3,
        dry_run: Option<bool> = 4,
    }

    /// The answer of [`StartInstances`](crate::Client::start_instances).
    StartInstancesResponse {
        request_id: String = 1,
        instance_responses: Vec<InstanceResponse> = 2,
    }

    /// What became of one instance of several.
    InstanceResponse {
        instance_id: String = 1,
        code: String = 2,
        message: String = 3,
        previous_status: String = 4,
        current_status: String = 5,
    }

    /// The request of [`StopInstance`](crate::Client::stop_instance).
    StopInstanceRequest {
        instance_id: String = 1,
        force_stop: Option<bool> = 2,
        /// One of `KeepCharging`, `StopCharging`.
        stopped_mode: String = 3,
        hibernate: Option<bool> = 4,
        dry_run: Option<bool> = 5,
    }

    /// The answer of [`StopInstance`](crate::Client::stop_instance).
    StopInstanceResponse {
        request_id: String = 1,
    }

    /// The request of [`StopInstances`](crate::Client::stop_instances).
    StopInstancesRequest {
        region_id: String = 1,
        /// At most 100.
        instance_id: Vec<String> = 2,
        force_stop: Option<bool> = 3,
        stopped_mode: String = 4,
        batch_optimization: String = 5,
        hibernate: Option<bool> = 6,
        dry_run: Option<bool> = 7,
    }

    /// The answer of [`StopInstances`](crate::Client::stop_instances).
    StopInstancesResponse {
        request_id: String = 1,
        instance_responses: Vec<InstanceResponse> = 2,
    }

    /// The request of [`DeleteInstance`](crate::Client::delete_instance).
    DeleteInstanceRequest {
        instance_id: String = 1,
        force: Option<bool> = 2,
        client_token: String = 3,
        dry_run: Option<bool> = 4,
    }

    /// The answer of [`DeleteInstance`](crate::Client::delete_instance).
    DeleteInstanceResponse {
        request_id: String = 1,
    }

    /// The request of [`DeleteInstances`](crate::Client::delete_instances).
    DeleteInstancesRequest {
        region_id: String = 1,
        /// At most 100.
        instance_id: Vec<String> = 2,
        force: Option<bool> = 3,
        client_token: String = 4,
        dry_run: Option<bool> = 5,
    }

    /// The answer of [`DeleteInstances`](crate::Client::delete_instances).
    DeleteInstancesResponse {
        request_id: String = 1,
    }

    /// The request of [`ReplaceSystemDisk`](crate::Client::replace_system_disk).
    ReplaceSystemDiskRequest {
        instance_id: String = 1,
        image_id: String = 2,
        /// Only its size counts.
        system_disk: Option<SystemDisk> = 3,
        client_token: String = 4,
        encrypted: Option<bool> = 5,
        kms_key_id: String = 6,
        /// Ours: where the new disk's file is made; default: in the data directory.
        path: String = 1000,
    }

    /// The answer of [`ReplaceSystemDisk`](crate::Client::replace_system_disk).
    ReplaceSystemDiskResponse {
        request_id: String = 1,
        disk_id: String = 2,
    }

    /// The request of [`CreateDisk`](crate::Client::create_disk).
    CreateDiskRequest {
        region_id: String = 1,
        zone_id: String = 2,
        instance_id: String = 3,
        /// In GiB.
        size: Option<i32> = 4,
        disk_category: String = 5,
        snapshot_id: String = 6,
        disk_name: String = 7,
        encrypted: Option<bool> = 8,
        kms_key_id: String = 9,
        client_token: String = 10,
        tag: Vec<RequestTag> = 11,
        description: String = 12,
        resource_group_id: String = 13,
        /// Ours: where the disk's file is made; default: in the data directory.
        path: String = 1000,
    }

    /// The answer of [`CreateDisk`](crate::Client::create_disk).
    CreateDiskResponse {
        request_id: String = 1,
        disk_id: String = 2,
    }

    /// The request of [`AttachDisk`](crate::Client::attach_disk).
    AttachDiskRequest {
        instance_id: String = 1,
        disk_id: String = 2,
        device: String = 3,
        delete_with_instance: Option<bool> = 4,
        /// As the system disk.
        bootable: Option<bool> = 5,
    }

    /// The answer of [`AttachDisk`](crate::Client::attach_disk).
    AttachDiskResponse {
        request_id: String = 1,
    }

    /// The request of [`DetachDisk`](crate::Client::detach_disk).
    DetachDiskRequest {
        instance_id: String = 1,
        disk_id: String = 2,
        delete_with_instance: Option<bool> = 3,
    }

    /// The answer of [`DetachDisk`](crate::Client::detach_disk).
    DetachDiskResponse {
        request_id: String = 1,
    }

    /// The request of [`DeleteDisk`](crate::Client::delete_disk).
    DeleteDiskRequest {
        disk_id: String = 1,
    }

    /// The answer of [`DeleteDisk`](crate::Client::delete_disk).
    DeleteDiskResponse {
        request_id: String = 1,
    }

    /// The request of [`DescribeDisks`](crate::Client::describe_disks).
    DescribeDisksRequest {
        region_id: String = 1,
        instance_id: String = 2,
        disk_ids: Vec<String> = 3,
        disk_type: String = 4,
        category: String = 5,
        status: String = 6,
        zone_id: String = 7,
        snapshot_id: String = 8,
        tag: Vec<RequestTag> = 9,
        next_token: String = 10,
        max_results: Option<i32> = 11,
        page_number: Option<i32> = 12,
        page_size: Option<i32> = 13,
    }

    /// The answer of [`DescribeDisks`](crate::Client::describe_disks).
    DescribeDisksResponse {
        request_id: String = 1,
        disks: Vec<Disk> = 2,
        next_token: String = 3,
        total_count: i32 = 4,
        page_number: i32 = 5,
        page_size: i32 = 6,
    }
}
