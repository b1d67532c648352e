//! What the operations describe: images, snapshots, instances, disks.

crate::messages! {
    /// A tag that a resource has.
    Tag {
        tag_key: String = 1,
        tag_value: String = 2,
    }

    /// An image.
    Image {
        image_id: String = 1,
        image_name: String = 2,
        image_family: String = 3,
        image_version: String = 4,
        description: String = 5,
        /// One of `Waiting`, `Creating`, `Available`, `UnAvailable`, `CreateFailed`,
        /// `Deprecated`.
        status: String = 6,
        usable: bool = 7,
        /// "0%" to "100%".
        progress: String = 8,
        creation_time: String = 9,
        /// Of the system disk, GiB.
        size: i32 = 10,
        architecture: String = 11,
        platform: String = 12,
        boot_mode: String = 13,
        os_type: String = 14,
        os_name: String = 15,
        os_name_en: String = 16,
        image_owner_alias: String = 17,
        image_owner_id: String = 18,
        is_copied: bool = 19,
        is_public: bool = 20,
        is_self_shared: String = 21,
        is_subscribed: bool = 22,
        is_support_cloudinit: bool = 23,
        is_support_io_optimized: bool = 24,
        login_as_non_root_supported: bool = 25,
        product_code: String = 26,
        resource_group_id: String = 27,
        license_type: String = 28,
        supplier_name: String = 29,
        usage: String = 30,
        features: Option<ImageFeatures> = 31,
        detection_options: Option<DetectionOptions> = 32,
        disk_device_mappings: Vec<ImageDisk> = 33,
        tags: Vec<Tag> = 34,
        secure_boot_options: Option<SecureBootOptions> = 35,
        /// Ours: why the status is CreateFailed.
        failure_reason: String = 1000,
    }

    /// What an image supports.
    ImageFeatures {
        imds_support: String = 1,
        nvme_support: String = 2,
        cpu_online_upgrade: String = 3,
        memory_online_upgrade: String = 4,
    }

    /// Whether an image can be started with secure boot.
    SecureBootOptions {
        secure_boot_support: String = 1,
    }

    /// What the check of an image found.
    DetectionOptions {
        status: String = 1,
        items: Vec<DetectionItem> = 2,
    }

    /// One finding of the check of an image.
    DetectionItem {
        name: String = 1,
        value: String = 2,
        risk_code: String = 3,
        risk_level: String = 4,
    }

    /// A disk of an image.
    ImageDisk {
        snapshot_id: String = 1,
        /// In GiB.
        size: String = 2,
        device: String = 3,
        r#type: String = 4,
        format: String = 5,
        progress: String = 6,
        /// In seconds.
        remain_time: i32 = 7,
        encrypted: bool = 8,
        import_oss_bucket: String = 9,
        import_oss_object: String = 10,
    }

    /// A snapshot: the bytes of a disk at one moment.
    Snapshot {
        snapshot_id: String = 1,
        snapshot_name: String = 2,
        description: String = 3,
        /// One of `progressing`, `accomplished`, `failed`.
        status: String = 4,
        progress: String = 5,
        /// In seconds.
        remain_time: i32 = 6,
        creation_time: String = 7,
        last_modified_time: String = 8,
        source_disk_id: String = 9,
        /// In GiB.
        source_disk_size: String = 10,
        source_disk_type: String = 11,
        category: String = 12,
        snapshot_type: String = 13,
        /// One of `image`, `disk`, `image_disk`, `none`.
        usage: String = 14,
        encrypted: bool = 15,
        kms_key_id: String = 16,
        region_id: String = 17,
        resource_group_id: String = 18,
        retention_days: i32 = 19,
        available: bool = 20,
        instant_access: bool = 21,
        product_code: String = 22,
        snapshot_link_id: String = 23,
        snapshot_sn: String = 24,
        tags: Vec<Tag> = 25,
        full_snapshot_size_in_bytes: i64 = 26,
        /// Ours, for a snapshot of a real file.
        size_bytes: i64 = 1000,
        /// One of `point-in-time`, `at-rest`, `live`.
        consistency: String = 1001,
        failure_reason: String = 1002,
        stored_bytes: i64 = 1003,
        /// What of it is known to be unreadable; empty: nothing.
        damage: String = 1004,
    }

    /// A virtual machine, as far as the daemon knows it.
    Instance {
        instance_id: String = 1,
        instance_name: String = 2,
        /// One of `Pending`, `Starting`, `Running`, `Stopping`, `Stopped`.
        status: String = 3,
        region_id: String = 4,
        zone_id: String = 5,
        image_id: String = 6,
        instance_type: String = 7,
        /// `yyyy-MM-ddTHH:mmZ`.
        creation_time: String = 8,
        start_time: String = 9,
        operation_locks: Vec<OperationLock> = 10,
        hibernation_options: Option<HibernationOptions> = 11,
        resource_group_id: String = 12,
        tags: Vec<Tag> = 13,
    }

    /// Why an instance is locked.
    OperationLock {
        lock_reason: String = 1,
        lock_msg: String = 2,
    }

    /// Whether an instance can hibernate.
    HibernationOptions {
        configured: bool = 1,
    }

    /// A virtual disk.
    Disk {
        disk_id: String = 1,
        disk_name: String = 2,
        /// One of `system`, `data`.
        r#type: String = 3,
        status: String = 4,
        category: String = 5,
        /// In GiB.
        size: i32 = 6,
        device: String = 7,
        instance_id: String = 8,
        image_id: String = 9,
        source_snapshot_id: String = 10,
        attached_time: String = 11,
        detached_time: String = 12,
        delete_with_instance: bool = 13,
        encrypted: bool = 14,
        kms_key_id: String = 15,
        portable: bool = 16,
        zone_id: String = 17,
        region_id: String = 18,
        creation_time: String = 19,
        tags: Vec<Tag> = 20,
        description: String = 21,
        resource_group_id: String = 22,
        /// Ours, for a disk that is a real file.
        path: String = 1000,
        size_bytes: i64 = 1001,
    }
}
