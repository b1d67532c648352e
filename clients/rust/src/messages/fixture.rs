//! Requests and answers of the operations by which tests set state.

use super::resources::OperationLock;

crate::messages! {
    /// An account of its own for a test, as every account is born. It belongs to the caller's
    /// uid.
    ///
    /// The request of [`CreateAccount`](crate::Client::create_account).
    CreateAccountRequest {
        /// Absent: a new one is made up.
        account_id: String = 1,
    }

    /// The answer of [`CreateAccount`](crate::Client::create_account).
    CreateAccountResponse {
        request_id: String = 1,
        account_id: String = 2,
        default_resource_group_id: String = 3,
    }

    /// Everything that the account has goes. Unknown: ignored.
    ///
    /// The request of [`DropAccount`](crate::Client::drop_account).
    DropAccountRequest {
        account_id: String = 1,
    }

    /// The answer of [`DropAccount`](crate::Client::drop_account).
    DropAccountResponse {
        request_id: String = 1,
    }

    /// The request of [`DescribeAccount`](crate::Client::describe_account).
    DescribeAccountRequest {}

    /// The answer of [`DescribeAccount`](crate::Client::describe_account).
    DescribeAccountResponse {
        request_id: String = 1,
        account_id: String = 2,
        default_resource_group_id: String = 3,
        standing: Option<AccountStanding> = 4,
        limits: Vec<Limit> = 5,
        clock: Option<AccountClock> = 6,
        resource_groups: Vec<ResourceGroup> = 7,
        kms_keys: Vec<KMSKey> = 8,
        ram_users: Vec<String> = 9,
        /// Whether new jobs are held.
        holds_jobs: bool = 10,
    }

    /// What an account may do, and whether it has paid.
    AccountStanding {
        order_allowed: Option<bool> = 1,
        /// One of `normal`, `revoked`, `deregistered`.
        enterprise_status: String = 2,
        balance: Option<i64> = 3,
        minimum_balance: Option<i64> = 4,
        snapshot_service_opened: Option<bool> = 5,
        data_disk_image_whitelist: Option<bool> = 6,
        kms_authorized: Option<bool> = 7,
        /// An identical request that meets one in flight is refused (IdempotentProcessing), not
        /// kept waiting.
        idempotent_processing: Option<bool> = 8,
    }

    /// One of an account's limits.
    Limit {
        /// As the configuration file spells it: UnfinishedSnapshots.
        name: String = 1,
        value: i64 = 2,
    }

    /// An account's time, which all of its resources go by.
    AccountClock {
        time: String = 1,
        is_frozen: bool = 2,
    }

    /// A resource group of an account.
    ResourceGroup {
        resource_group_id: String = 1,
        name: String = 2,
    }

    /// A key that disks, snapshots and images may be encrypted with.
    KMSKey {
        kms_key_id: String = 1,
        enabled: bool = 2,
        ecs_tag: bool = 3,
    }

    /// What is absent is kept.
    ///
    /// The request of [`SetAccount`](crate::Client::set_account).
    SetAccountRequest {
        order_allowed: Option<bool> = 1,
        enterprise_status: String = 2,
        balance: Option<i64> = 3,
        minimum_balance: Option<i64> = 4,
        snapshot_service_opened: Option<bool> = 5,
        data_disk_image_whitelist: Option<bool> = 6,
        kms_authorized: Option<bool> = 7,
        idempotent_processing: Option<bool> = 8,
    }

    /// The answer of [`SetAccount`](crate::Client::set_account).
    SetAccountResponse {
        request_id: String = 1,
    }

    /// The request of [`SetLimits`](crate::Client::set_limits).
    SetLimitsRequest {
        limit: Vec<Limit> = 1,
    }

    /// The answer of [`SetLimits`](crate::Client::set_limits).
    SetLimitsResponse {
        request_id: String = 1,
        /// All, as they are now.
        limits: Vec<Limit> = 2,
    }

    /// The request of [`SetClock`](crate::Client::set_clock).
    SetClockRequest {
        /// `yyyy-MM-ddTHH:mm:ssZ`; absent: as it is.
        time: String = 1,
        is_frozen: Option<bool> = 2,
    }

    /// The request of [`AdvanceClock`](crate::Client::advance_clock).
    AdvanceClockRequest {
        seconds: Option<i64> = 1,
        milliseconds: Option<i64> = 2,
    }

    /// The answer of [`SetClock`](crate::Client::set_clock),
    /// [`AdvanceClock`](crate::Client::advance_clock).
    ClockResponse {
        request_id: String = 1,
        clock: Option<AccountClock> = 2,
    }

    /// The request of [`SetInstance`](crate::Client::set_instance).
    SetInstanceRequest {
        instance_id: String = 1,
        status: String = 2,
        /// Instead of those it has.
        operation_lock: Vec<OperationLock> = 3,
        /// `Some(false)` takes its locks away.
        is_locked: Option<bool> = 4,
        hibernation_configured: Option<bool> = 5,
        needs_restart: Option<bool> = 6,
    }

    /// The answer of [`SetInstance`](crate::Client::set_instance).
    SetInstanceResponse {
        request_id: String = 1,
    }

    /// The request of [`SetDisk`](crate::Client::set_disk).
    SetDiskRequest {
        disk_id: String = 1,
        status: String = 2,
        category: String = 3,
        device_invalid: Option<bool> = 4,
        never_attached: Option<bool> = 5,
        encrypted: Option<bool> = 6,
        kms_key_id: String = 7,
    }

    /// The answer of [`SetDisk`](crate::Client::set_disk).
    SetDiskResponse {
        request_id: String = 1,
    }

    /// The request of [`SetSnapshot`](crate::Client::set_snapshot).
    SetSnapshotRequest {
        snapshot_id: String = 1,
        /// One of `standard`, `flash`, `archive`.
        category: String = 2,
        /// One of `Region`, `CloudBox`.
        storage_location: String = 3,
        default_free: Option<bool> = 4,
        creation_time: String = 5,
        encrypted: Option<bool> = 6,
        kms_key_id: String = 7,
    }

    /// The answer of [`SetSnapshot`](crate::Client::set_snapshot).
    SetSnapshotResponse {
        request_id: String = 1,
    }

    /// The request of [`SetImage`](crate::Client::set_image).
    SetImageRequest {
        region_id: String = 1,
        image_id: String = 2,
        /// One of `Available`, `UnAvailable`, `Deprecated`, `CreateFailed`.
        status: String = 3,
        /// One of `self`, `marketplace`.
        image_owner_alias: String = 4,
        image_version: String = 5,
        product_code: String = 6,
    }

    /// The answer of [`SetImage`](crate::Client::set_image).
    SetImageResponse {
        request_id: String = 1,
    }

    /// A key that nobody has set is enabled and has the tag.
    ///
    /// The request of [`SetKMSKey`](crate::Client::set_kms_key).
    SetKMSKeyRequest {
        kms_key_id: String = 1,
        enabled: Option<bool> = 2,
        ecs_tag: Option<bool> = 3,
    }

    /// The answer of [`SetKMSKey`](crate::Client::set_kms_key).
    SetKMSKeyResponse {
        request_id: String = 1,
    }

    /// The request of [`CreateResourceGroup`](crate::Client::create_resource_group).
    CreateResourceGroupRequest {
        name: String = 1,
    }

    /// The answer of [`CreateResourceGroup`](crate::Client::create_resource_group).
    CreateResourceGroupResponse {
        request_id: String = 1,
        resource_group_id: String = 2,
    }

    /// A RAM user and what it may do: who owns the account acts as one by the metadata `ram-
    /// user`. No policy: it may do nothing.
    ///
    /// The request of [`SetRamUser`](crate::Client::set_ram_user).
    SetRamUserRequest {
        ram_user: String = 1,
        policy: Vec<RamPolicy> = 2,
        is_deleted: Option<bool> = 3,
    }

    /// A policy of a RAM user.
    RamPolicy {
        /// JSON: Version "1", Statement, Effect, Action, Resource.
        policy_document: String = 1,
        /// Counts only for this group; absent: for all.
        resource_group_id: String = 2,
    }

    /// The answer of [`SetRamUser`](crate::Client::set_ram_user).
    SetRamUserResponse {
        request_id: String = 1,
    }
}
