//! Requests and answers of ECS's operations on images.

use super::resources::{Image, ImageFeatures};

crate::messages! {
    /// The request of [`CreateImage`](crate::Client::create_image).
    CreateImageRequest {
        region_id: String = 1,
        instance_id: String = 2,
        snapshot_id: String = 3,
        image_name: String = 4,
        image_family: String = 5,
        image_version: String = 6,
        description: String = 7,
        platform: String = 8,
        boot_mode: String = 9,
        architecture: String = 10,
        client_token: String = 11,
        resource_group_id: String = 12,
        disk_device_mapping: Vec<DiskDeviceMapping> = 13,
        tag: Vec<RequestTag> = 14,
        detection_strategy: String = 15,
        features: Option<ImageRequestFeatures> = 16,
        dry_run: Option<bool> = 17,
        /// Ours: take a disk that is written while it is copied, with what that means for its
        /// content.
        allow_live: Option<bool> = 1000,
    }

    /// A disk of the image to be made: a snapshot, or an empty data disk.
    DiskDeviceMapping {
        snapshot_id: String = 1,
        /// In GiB.
        size: Option<i32> = 2,
        device: String = 3,
        disk_type: String = 4,
    }

    /// A tag that a request gives, or asks for.
    RequestTag {
        key: String = 1,
        value: Option<String> = 2,
        /// ECS's lower-case aliases `key` and `value`; key and value win over them.
        legacy_key: String = 3,
        legacy_value: Option<String> = 4,
    }

    /// What the image to be made supports.
    ImageRequestFeatures {
        imds_support: String = 1,
    }

    /// The answer of [`CreateImage`](crate::Client::create_image).
    CreateImageResponse {
        request_id: String = 1,
        image_id: String = 2,
    }

    /// The request of [`DescribeImages`](crate::Client::describe_images).
    DescribeImagesRequest {
        region_id: String = 1,
        /// Several, separated by commas.
        image_id: String = 2,
        image_name: String = 3,
        image_family: String = 4,
        snapshot_id: String = 5,
        status: String = 6,
        usable: Option<bool> = 7,
        image_owner_alias: String = 8,
        architecture: String = 9,
        os_type: String = 10,
        resource_group_id: String = 11,
        tag: Vec<RequestTag> = 12,
        page_number: Option<i32> = 13,
        page_size: Option<i32> = 14,
        usage: String = 15,
        action_type: String = 16,
        instance_type: String = 17,
        is_support_cloudinit: Option<bool> = 18,
        is_support_io_optimized: Option<bool> = 19,
        show_expired: Option<bool> = 20,
        filter: Vec<Filter> = 21,
        dry_run: Option<bool> = 22,
    }

    /// A condition on time: CreationStartTime or CreationEndTime, `yyyy-MM-ddTHH:mmZ`.
    Filter {
        key: String = 1,
        value: String = 2,
    }

    /// The answer of [`DescribeImages`](crate::Client::describe_images).
    DescribeImagesResponse {
        request_id: String = 1,
        images: Vec<Image> = 2,
        total_count: i32 = 3,
        page_number: i32 = 4,
        page_size: i32 = 5,
        region_id: String = 6,
    }

    /// The request of [`DescribeImageFromFamily`](crate::Client::describe_image_from_family).
    DescribeImageFromFamilyRequest {
        region_id: String = 1,
        image_family: String = 2,
    }

    /// The answer of [`DescribeImageFromFamily`](crate::Client::describe_image_from_family).
    DescribeImageFromFamilyResponse {
        request_id: String = 1,
        image: Option<Image> = 2,
    }

    /// The request of [`DeleteImage`](crate::Client::delete_image).
    DeleteImageRequest {
        region_id: String = 1,
        image_id: String = 2,
        force: Option<bool> = 3,
        dry_run: Option<bool> = 4,
    }

    /// The answer of [`DeleteImage`](crate::Client::delete_image).
    DeleteImageResponse {
        request_id: String = 1,
    }

    /// What is absent is kept.
    ///
    /// The request of [`ModifyImageAttribute`](crate::Client::modify_image_attribute).
    ModifyImageAttributeRequest {
        region_id: String = 1,
        image_id: String = 2,
        image_name: String = 3,
        image_family: String = 4,
        description: String = 5,
        /// One of `Available`, `Deprecated`.
        status: String = 6,
        boot_mode: String = 7,
        features: Option<ImageFeatures> = 8,
        license_type: String = 9,
        dry_run: Option<bool> = 10,
    }

    /// The answer of [`ModifyImageAttribute`](crate::Client::modify_image_attribute).
    ModifyImageAttributeResponse {
        request_id: String = 1,
    }

    /// The request of [`CopyImage`](crate::Client::copy_image).
    CopyImageRequest {
        region_id: String = 1,
        image_id: String = 2,
        destination_region_id: String = 3,
        destination_image_name: String = 4,
        destination_description: String = 5,
        encrypted: Option<bool> = 6,
        kms_key_id: String = 7,
        resource_group_id: String = 8,
        client_token: String = 9,
        tag: Vec<RequestTag> = 10,
        dry_run: Option<bool> = 11,
    }

    /// The answer of [`CopyImage`](crate::Client::copy_image).
    CopyImageResponse {
        request_id: String = 1,
        image_id: String = 2,
    }

    /// The request of [`CancelCopyImage`](crate::Client::cancel_copy_image).
    CancelCopyImageRequest {
        region_id: String = 1,
        image_id: String = 2,
    }

    /// The answer of [`CancelCopyImage`](crate::Client::cancel_copy_image).
    CancelCopyImageResponse {
        request_id: String = 1,
    }

    /// The request of
    /// [`ModifyImageSharePermission`](crate::Client::modify_image_share_permission).
    ModifyImageSharePermissionRequest {
        region_id: String = 1,
        image_id: String = 2,
        add_account: Vec<String> = 3,
        remove_account: Vec<String> = 4,
        is_public: Option<bool> = 5,
    }

    /// The answer of
    /// [`ModifyImageSharePermission`](crate::Client::modify_image_share_permission).
    ModifyImageSharePermissionResponse {
        request_id: String = 1,
    }

    /// The request of
    /// [`DescribeImageSharePermission`](crate::Client::describe_image_share_permission).
    DescribeImageSharePermissionRequest {
        region_id: String = 1,
        image_id: String = 2,
        page_number: Option<i32> = 3,
        page_size: Option<i32> = 4,
    }

    /// The answer of
    /// [`DescribeImageSharePermission`](crate::Client::describe_image_share_permission).
    DescribeImageSharePermissionResponse {
        request_id: String = 1,
        accounts: Vec<ShareAccount> = 2,
        total_count: i32 = 3,
        page_number: i32 = 4,
        page_size: i32 = 5,
        region_id: String = 6,
        image_id: String = 7,
    }

    /// An account that an image is shared with.
    ShareAccount {
        aliyun_id: String = 1,
    }

    /// To a bucket or to a path (ours), exactly one of them.
    ///
    /// The request of [`ExportImage`](crate::Client::export_image).
    ExportImageRequest {
        region_id: String = 1,
        image_id: String = 2,
        /// A directory that the configuration file names.
        oss_bucket: String = 3,
        oss_prefix: String = 4,
        /// Ours: which disk of the image (default /dev/xvda), and the new file it is written
        /// to.
        device: String = 1000,
        path: String = 1001,
    }

    /// The answer of [`ExportImage`](crate::Client::export_image).
    ExportImageResponse {
        request_id: String = 1,
        task_id: String = 2,
        /// Ours: bytes of the disk, and how many of them are data rather than holes.
        size_bytes: i64 = 1000,
        stored_bytes: i64 = 1001,
    }
}
