"""What ``methods.py`` makes, for editors and type checkers."""

from typing import Any, Iterable, Mapping, TypedDict

from typing_extensions import Unpack

from . import messages as m

OPTIONS: tuple[str, ...]

class CallOptions(TypedDict, total=False):
    timeout: float | None
    give_up: float | None
    account: str | None
    explain: bool

_Fields = Mapping[str, Any]

class SyncMethods:
    def _invoke(self, request: Any, options: Any) -> Any: ...
    def create_image(
        self, *, region_id: str | None = ..., instance_id: str | None = ...,
        snapshot_id: str | None = ..., image_name: str | None = ..., image_family: str | None = ...,
        image_version: str | None = ..., description: str | None = ..., platform: str | None = ...,
        boot_mode: str | None = ..., architecture: str | None = ..., client_token: str | None = ...,
        resource_group_id: str | None = ...,
        disk_device_mapping: Iterable[m.DiskDeviceMapping | _Fields] | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., detection_strategy: str | None = ...,
        features: m.ImageRequestFeatures | _Fields | None = ..., dry_run: bool | None = ...,
        allow_live: bool | None = ..., **options: Unpack[CallOptions]) -> m.CreateImageResponse:
        """Begins an image of an instance, a snapshot or a list of disks."""
    def describe_images(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        image_name: str | None = ..., image_family: str | None = ..., snapshot_id: str | None = ...,
        status: str | None = ..., usable: bool | None = ..., image_owner_alias: str | None = ...,
        architecture: str | None = ..., os_type: str | None = ...,
        resource_group_id: str | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        page_number: int | None = ..., page_size: int | None = ..., usage: str | None = ...,
        action_type: str | None = ..., instance_type: str | None = ...,
        is_support_cloudinit: bool | None = ..., is_support_io_optimized: bool | None = ...,
        show_expired: bool | None = ..., filter: Iterable[m.Filter | _Fields] | None = ...,
        dry_run: bool | None = ..., **options: Unpack[CallOptions]) -> m.DescribeImagesResponse:
        """Lists images, newest first, page by page."""
    def describe_image_from_family(
        self, *, region_id: str | None = ..., image_family: str | None = ...,
        **options: Unpack[CallOptions]) -> m.DescribeImageFromFamilyResponse:
        """The newest usable image of a family."""
    def delete_image(
        self, *, region_id: str | None = ..., image_id: str | None = ..., force: bool | None = ...,
        dry_run: bool | None = ..., **options: Unpack[CallOptions]) -> m.DeleteImageResponse:
        """Deletes an image; its snapshots stay."""
    def modify_image_attribute(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        image_name: str | None = ..., image_family: str | None = ..., description: str | None = ...,
        status: str | None = ..., boot_mode: str | None = ...,
        features: m.ImageFeatures | _Fields | None = ..., license_type: str | None = ...,
        dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.ModifyImageAttributeResponse:
        """Changes an image; what is absent is kept."""
    def copy_image(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        destination_region_id: str | None = ..., destination_image_name: str | None = ...,
        destination_description: str | None = ..., encrypted: bool | None = ...,
        kms_key_id: str | None = ..., resource_group_id: str | None = ...,
        client_token: str | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        dry_run: bool | None = ..., **options: Unpack[CallOptions]) -> m.CopyImageResponse:
        """Begins a copy of an image in a region."""
    def cancel_copy_image(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.CancelCopyImageResponse:
        """Gives up a copy under way."""
    def modify_image_share_permission(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        add_account: Iterable[str] | None = ..., remove_account: Iterable[str] | None = ...,
        is_public: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.ModifyImageSharePermissionResponse:
        """Says which accounts may use an image."""
    def describe_image_share_permission(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        page_number: int | None = ..., page_size: int | None = ...,
        **options: Unpack[CallOptions]) -> m.DescribeImageSharePermissionResponse:
        """Lists the accounts that may use an image."""
    def export_image(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        oss_bucket: str | None = ..., oss_prefix: str | None = ..., device: str | None = ...,
        path: str | None = ..., **options: Unpack[CallOptions]) -> m.ExportImageResponse:
        """Writes a disk of an image to a bucket or to a new file."""
    def create_snapshot(
        self, *, disk_id: str | None = ..., snapshot_name: str | None = ...,
        description: str | None = ..., retention_days: int | None = ..., category: str | None = ...,
        instant_access: bool | None = ..., resource_group_id: str | None = ...,
        client_token: str | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        allow_live: bool | None = ..., **options: Unpack[CallOptions]) -> m.CreateSnapshotResponse:
        """Begins a snapshot of a disk."""
    def describe_snapshots(
        self, *, region_id: str | None = ..., snapshot_ids: Iterable[str] | None = ...,
        disk_id: str | None = ..., instance_id: str | None = ..., snapshot_name: str | None = ...,
        status: str | None = ..., snapshot_type: str | None = ...,
        source_disk_type: str | None = ..., usage: str | None = ..., category: str | None = ...,
        encrypted: bool | None = ..., resource_group_id: str | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., next_token: str | None = ...,
        max_results: int | None = ..., page_number: int | None = ..., page_size: int | None = ...,
        filter: Iterable[m.Filter | _Fields] | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.DescribeSnapshotsResponse:
        """Lists snapshots, newest first, page by page."""
    def delete_snapshot(
        self, *, snapshot_id: str | None = ..., force: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.DeleteSnapshotResponse:
        """Deletes a snapshot; one under way is given up."""
    def modify_snapshot_attribute(
        self, *, snapshot_id: str | None = ..., snapshot_name: str | None = ...,
        description: str | None = ..., retention_days: int | None = ...,
        **options: Unpack[CallOptions]) -> m.ModifySnapshotAttributeResponse:
        """Changes a snapshot; what is absent is kept."""
    def run_instances(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        image_family: str | None = ..., instance_type: str | None = ...,
        instance_name: str | None = ..., amount: int | None = ..., zone_id: str | None = ...,
        security_group_id: str | None = ..., v_switch_id: str | None = ...,
        system_disk: m.SystemDisk | _Fields | None = ...,
        data_disk: Iterable[m.DataDisk | _Fields] | None = ..., client_token: str | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., dry_run: bool | None = ...,
        http_tokens: str | None = ..., resource_group_id: str | None = ...,
        hibernation_options: m.HibernationOptions | _Fields | None = ...,
        disk_path: Iterable[m.DiskPath | _Fields] | None = ...,
        **options: Unpack[CallOptions]) -> m.RunInstancesResponse:
        """Makes 1 to 100 instances from an image."""
    def describe_instances(
        self, *, region_id: str | None = ..., instance_ids: Iterable[str] | None = ...,
        status: str | None = ..., image_id: str | None = ..., zone_id: str | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., next_token: str | None = ...,
        max_results: int | None = ..., page_number: int | None = ..., page_size: int | None = ...,
        instance_name: str | None = ..., resource_group_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.DescribeInstancesResponse:
        """Lists instances, newest first, page by page."""
    def describe_instance_status(
        self, *, region_id: str | None = ..., instance_id: Iterable[str] | None = ...,
        zone_id: str | None = ..., page_number: int | None = ..., page_size: int | None = ...,
        **options: Unpack[CallOptions]) -> m.DescribeInstanceStatusResponse:
        """Lists the statuses of instances."""
    def start_instance(
        self, *, instance_id: str | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.StartInstanceResponse:
        """Starts a Stopped instance."""
    def start_instances(
        self, *, region_id: str | None = ..., instance_id: Iterable[str] | None = ...,
        batch_optimization: str | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.StartInstancesResponse:
        """Starts Stopped instances."""
    def stop_instance(
        self, *, instance_id: str | None = ..., force_stop: bool | None = ...,
        stopped_mode: str | None = ..., hibernate: bool | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.StopInstanceResponse:
        """Stops a Running instance."""
    def stop_instances(
        self, *, region_id: str | None = ..., instance_id: Iterable[str] | None = ...,
        force_stop: bool | None = ..., stopped_mode: str | None = ...,
        batch_optimization: str | None = ..., hibernate: bool | None = ...,
        dry_run: bool | None = ..., **options: Unpack[CallOptions]) -> m.StopInstancesResponse:
        """Stops Running instances."""
    def delete_instance(
        self, *, instance_id: str | None = ..., force: bool | None = ...,
        client_token: str | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.DeleteInstanceResponse:
        """Deletes an instance; a Running one with force only."""
    def delete_instances(
        self, *, region_id: str | None = ..., instance_id: Iterable[str] | None = ...,
        force: bool | None = ..., client_token: str | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.DeleteInstancesResponse:
        """Deletes instances; Running ones with force only."""
    def replace_system_disk(
        self, *, instance_id: str | None = ..., image_id: str | None = ...,
        system_disk: m.SystemDisk | _Fields | None = ..., client_token: str | None = ...,
        encrypted: bool | None = ..., kms_key_id: str | None = ..., path: str | None = ...,
        **options: Unpack[CallOptions]) -> m.ReplaceSystemDiskResponse:
        """Gives a Stopped instance a new system disk of an image."""
    def create_disk(
        self, *, region_id: str | None = ..., zone_id: str | None = ...,
        instance_id: str | None = ..., size: int | None = ..., disk_category: str | None = ...,
        snapshot_id: str | None = ..., disk_name: str | None = ..., encrypted: bool | None = ...,
        kms_key_id: str | None = ..., client_token: str | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., description: str | None = ...,
        resource_group_id: str | None = ..., path: str | None = ...,
        **options: Unpack[CallOptions]) -> m.CreateDiskResponse:
        """Makes a disk, empty or from a snapshot."""
    def describe_disks(
        self, *, region_id: str | None = ..., instance_id: str | None = ...,
        disk_ids: Iterable[str] | None = ..., disk_type: str | None = ...,
        category: str | None = ..., status: str | None = ..., zone_id: str | None = ...,
        snapshot_id: str | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        next_token: str | None = ..., max_results: int | None = ..., page_number: int | None = ...,
        page_size: int | None = ..., **options: Unpack[CallOptions]) -> m.DescribeDisksResponse:
        """Lists disks, newest first, page by page."""
    def attach_disk(
        self, *, instance_id: str | None = ..., disk_id: str | None = ..., device: str | None = ...,
        delete_with_instance: bool | None = ..., bootable: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.AttachDiskResponse:
        """Attaches an Available disk to an instance."""
    def detach_disk(
        self, *, instance_id: str | None = ..., disk_id: str | None = ...,
        delete_with_instance: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.DetachDiskResponse:
        """Detaches a disk from its instance."""
    def delete_disk(
        self, *, disk_id: str | None = ..., **options: Unpack[CallOptions]) -> m.DeleteDiskResponse:
        """Deletes an Available disk."""
    def tag_resources(
        self, *, region_id: str | None = ..., resource_type: str | None = ...,
        resource_id: Iterable[str] | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        **options: Unpack[CallOptions]) -> m.TagResourcesResponse:
        """Puts 1 to 20 tags on 1 to 50 resources."""
    def untag_resources(
        self, *, region_id: str | None = ..., resource_type: str | None = ...,
        resource_id: Iterable[str] | None = ..., tag_key: Iterable[str] | None = ...,
        all: bool | None = ..., **options: Unpack[CallOptions]) -> m.UntagResourcesResponse:
        """Takes tags away from resources."""
    def list_tag_resources(
        self, *, region_id: str | None = ..., resource_type: str | None = ...,
        resource_id: Iterable[str] | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        tag_filter: Iterable[m.TagFilter | _Fields] | None = ..., next_token: str | None = ...,
        **options: Unpack[CallOptions]) -> m.ListTagResourcesResponse:
        """Lists tags by resources, or resources by tags."""
    def add_tags(
        self, *, region_id: str | None = ..., resource_id: str | None = ...,
        resource_type: str | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        **options: Unpack[CallOptions]) -> m.AddTagsResponse:
        """Puts tags on one resource: TagResources' old name."""
    def join_resource_group(
        self, *, resource_id: str | None = ..., resource_type: str | None = ...,
        resource_group_id: str | None = ..., region_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.JoinResourceGroupResponse:
        """Moves a resource to another resource group."""
    def describe_regions(self, **options: Unpack[CallOptions]) -> m.DescribeRegionsResponse:
        """Lists the regions."""
    def register_instance(
        self, *, region_id: str | None = ..., instance_name: str | None = ...,
        status: str | None = ..., platform: str | None = ..., architecture: str | None = ...,
        boot_mode: str | None = ..., disk: Iterable[m.RegisteredDisk | _Fields] | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., client_token: str | None = ...,
        **options: Unpack[CallOptions]) -> m.RegisterInstanceResponse:
        """Makes an existing virtual machine known, with its disks."""
    def wait_for_image(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.WaitForImageResponse:
        """Answers when the image is Available, CreateFailed or gone."""
    def read_events(
        self, *, after_sequence: int | None = ..., resource_id: Iterable[str] | None = ...,
        max_results: int | None = ..., **options: Unpack[CallOptions]) -> m.EventsResponse:
        """The next up to 1,000 events, within 30 s."""
    def cancel(
        self, *, stream_id: int | None = ..., **options: Unpack[CallOptions]) -> m.CancelResponse:
        """Ends another stream of the same connection."""
    def version(self, **options: Unpack[CallOptions]) -> m.VersionResponse:
        """The daemon's version, and the number of the protocol."""
    def health(self, **options: Unpack[CallOptions]) -> m.HealthResponse:
        """Whether the daemon is ready, its mode and its counts."""
    def export_snapshot(
        self, *, snapshot_id: str | None = ..., path: str | None = ...,
        **options: Unpack[CallOptions]) -> m.ExportSnapshotResponse:
        """Writes the disk of a snapshot to a new file."""
    def read_snapshot(
        self, *, snapshot_id: str | None = ..., offset: int | None = ..., length: int | None = ...,
        **options: Unpack[CallOptions]) -> m.ReadSnapshotResponse:
        """Reads up to 1 MiB, or a hole, of a snapshot's disk."""
    def verify_snapshot(
        self, *, snapshot_id: str | None = ..., next_token: str | None = ...,
        max_bytes: int | None = ..., **options: Unpack[CallOptions]) -> m.VerifySnapshotResponse:
        """One step of comparing what is stored with its checksums."""
    def describe_usage(
        self, *, resource_type: str | None = ..., next_token: str | None = ...,
        max_results: int | None = ..., **options: Unpack[CallOptions]) -> m.DescribeUsageResponse:
        """What disks, snapshots or images take, most first."""
    def metrics(self, **options: Unpack[CallOptions]) -> m.MetricsResponse:
        """What the daemon has counted, as text for Prometheus."""
    def create_account(
        self, *, account_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.CreateAccountResponse:
        """Makes an account, as every account is born."""
    def drop_account(
        self, *, account_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.DropAccountResponse:
        """Ends an account with all that it holds."""
    def describe_account(self, **options: Unpack[CallOptions]) -> m.DescribeAccountResponse:
        """The account's standing, limits, clock, keys and groups."""
    def set_account(
        self, *, order_allowed: bool | None = ..., enterprise_status: str | None = ...,
        balance: int | None = ..., minimum_balance: int | None = ...,
        snapshot_service_opened: bool | None = ..., data_disk_image_whitelist: bool | None = ...,
        kms_authorized: bool | None = ..., idempotent_processing: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.SetAccountResponse:
        """Sets the account's standing; what is absent is kept."""
    def set_limits(
        self, *, limit: Iterable[m.Limit | _Fields] | None = ...,
        **options: Unpack[CallOptions]) -> m.SetLimitsResponse:
        """Sets limits of the account; answers with all of them."""
    def set_clock(
        self, *, time: str | None = ..., is_frozen: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.ClockResponse:
        """Sets, freezes or lets go the account's clock."""
    def advance_clock(
        self, *, seconds: int | None = ..., milliseconds: int | None = ...,
        **options: Unpack[CallOptions]) -> m.ClockResponse:
        """Moves the account's clock on."""
    def set_instance(
        self, *, instance_id: str | None = ..., status: str | None = ...,
        operation_lock: Iterable[m.OperationLock | _Fields] | None = ...,
        is_locked: bool | None = ..., hibernation_configured: bool | None = ...,
        needs_restart: bool | None = ..., **options: Unpack[CallOptions]) -> m.SetInstanceResponse:
        """Sets an instance's status, locks and flags."""
    def set_disk(
        self, *, disk_id: str | None = ..., status: str | None = ..., category: str | None = ...,
        device_invalid: bool | None = ..., never_attached: bool | None = ...,
        encrypted: bool | None = ..., kms_key_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.SetDiskResponse:
        """Sets a disk's status, category and flags."""
    def set_snapshot(
        self, *, snapshot_id: str | None = ..., category: str | None = ...,
        storage_location: str | None = ..., default_free: bool | None = ...,
        creation_time: str | None = ..., encrypted: bool | None = ..., kms_key_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.SetSnapshotResponse:
        """Sets a snapshot's category, place, age and flags."""
    def set_image(
        self, *, region_id: str | None = ..., image_id: str | None = ..., status: str | None = ...,
        image_owner_alias: str | None = ..., image_version: str | None = ...,
        product_code: str | None = ..., **options: Unpack[CallOptions]) -> m.SetImageResponse:
        """Sets an image's status, owner, version and product."""
    def set_kms_key(
        self, *, kms_key_id: str | None = ..., enabled: bool | None = ...,
        ecs_tag: bool | None = ..., **options: Unpack[CallOptions]) -> m.SetKMSKeyResponse:
        """Sets a KMS key: enabled or not, with ECS's tag or not."""
    def create_resource_group(
        self, *, name: str | None = ...,
        **options: Unpack[CallOptions]) -> m.CreateResourceGroupResponse:
        """Makes a resource group."""
    def set_ram_user(
        self, *, ram_user: str | None = ..., policy: Iterable[m.RamPolicy | _Fields] | None = ...,
        is_deleted: bool | None = ..., **options: Unpack[CallOptions]) -> m.SetRamUserResponse:
        """Makes a RAM user and its policies, or takes it away."""
    def describe_jobs(self, **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Lists the jobs, oldest first."""
    def hold_jobs(
        self, *, resource_id: Iterable[str] | None = ..., count: int | None = ...,
        **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Holds jobs; unnamed and uncounted, those to come too."""
    def release_jobs(
        self, *, resource_id: Iterable[str] | None = ..., count: int | None = ...,
        **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Lets held jobs go on."""
    def step_jobs(
        self, *, resource_id: Iterable[str] | None = ..., count: int | None = ...,
        **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Lets jobs make one move and holds them again."""
    def finish_jobs(
        self, *, resource_id: Iterable[str] | None = ..., count: int | None = ...,
        **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Ends jobs well."""
    def fail_jobs(
        self, *, resource_id: Iterable[str] | None = ..., count: int | None = ...,
        reason: str | None = ..., **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Ends jobs badly, with a reason."""
    def add_fault_rule(
        self, *, operation: str | None = ..., action: str | None = ..., code: str | None = ...,
        times: int | None = ..., hold_milliseconds: int | None = ...,
        client_token: str | None = ..., **options: Unpack[CallOptions]) -> m.AddFaultRuleResponse:
        """Holds requests of one operation back, or fails them."""
    def remove_fault_rule(
        self, *, fault_rule_id: int | None = ...,
        **options: Unpack[CallOptions]) -> m.RemoveFaultRuleResponse:
        """Removes a fault rule; what it holds goes on."""
    def describe_fault_rules(self, **options: Unpack[CallOptions]) -> m.DescribeFaultRulesResponse:
        """Lists fault rules and the requests that they hold."""
    def release_requests(
        self, *, fault_rule_id: int | None = ..., count: int | None = ..., code: str | None = ...,
        **options: Unpack[CallOptions]) -> m.ReleaseRequestsResponse:
        """Lets held requests go on, or fail."""

class AsyncMethods:
    async def _invoke(self, request: Any, options: Any) -> Any: ...
    async def create_image(
        self, *, region_id: str | None = ..., instance_id: str | None = ...,
        snapshot_id: str | None = ..., image_name: str | None = ..., image_family: str | None = ...,
        image_version: str | None = ..., description: str | None = ..., platform: str | None = ...,
        boot_mode: str | None = ..., architecture: str | None = ..., client_token: str | None = ...,
        resource_group_id: str | None = ...,
        disk_device_mapping: Iterable[m.DiskDeviceMapping | _Fields] | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., detection_strategy: str | None = ...,
        features: m.ImageRequestFeatures | _Fields | None = ..., dry_run: bool | None = ...,
        allow_live: bool | None = ..., **options: Unpack[CallOptions]) -> m.CreateImageResponse:
        """Begins an image of an instance, a snapshot or a list of disks."""
    async def describe_images(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        image_name: str | None = ..., image_family: str | None = ..., snapshot_id: str | None = ...,
        status: str | None = ..., usable: bool | None = ..., image_owner_alias: str | None = ...,
        architecture: str | None = ..., os_type: str | None = ...,
        resource_group_id: str | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        page_number: int | None = ..., page_size: int | None = ..., usage: str | None = ...,
        action_type: str | None = ..., instance_type: str | None = ...,
        is_support_cloudinit: bool | None = ..., is_support_io_optimized: bool | None = ...,
        show_expired: bool | None = ..., filter: Iterable[m.Filter | _Fields] | None = ...,
        dry_run: bool | None = ..., **options: Unpack[CallOptions]) -> m.DescribeImagesResponse:
        """Lists images, newest first, page by page."""
    async def describe_image_from_family(
        self, *, region_id: str | None = ..., image_family: str | None = ...,
        **options: Unpack[CallOptions]) -> m.DescribeImageFromFamilyResponse:
        """The newest usable image of a family."""
    async def delete_image(
        self, *, region_id: str | None = ..., image_id: str | None = ..., force: bool | None = ...,
        dry_run: bool | None = ..., **options: Unpack[CallOptions]) -> m.DeleteImageResponse:
        """Deletes an image; its snapshots stay."""
    async def modify_image_attribute(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        image_name: str | None = ..., image_family: str | None = ..., description: str | None = ...,
        status: str | None = ..., boot_mode: str | None = ...,
        features: m.ImageFeatures | _Fields | None = ..., license_type: str | None = ...,
        dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.ModifyImageAttributeResponse:
        """Changes an image; what is absent is kept."""
    async def copy_image(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        destination_region_id: str | None = ..., destination_image_name: str | None = ...,
        destination_description: str | None = ..., encrypted: bool | None = ...,
        kms_key_id: str | None = ..., resource_group_id: str | None = ...,
        client_token: str | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        dry_run: bool | None = ..., **options: Unpack[CallOptions]) -> m.CopyImageResponse:
        """Begins a copy of an image in a region."""
    async def cancel_copy_image(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.CancelCopyImageResponse:
        """Gives up a copy under way."""
    async def modify_image_share_permission(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        add_account: Iterable[str] | None = ..., remove_account: Iterable[str] | None = ...,
        is_public: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.ModifyImageSharePermissionResponse:
        """Says which accounts may use an image."""
    async def describe_image_share_permission(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        page_number: int | None = ..., page_size: int | None = ...,
        **options: Unpack[CallOptions]) -> m.DescribeImageSharePermissionResponse:
        """Lists the accounts that may use an image."""
    async def export_image(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        oss_bucket: str | None = ..., oss_prefix: str | None = ..., device: str | None = ...,
        path: str | None = ..., **options: Unpack[CallOptions]) -> m.ExportImageResponse:
        """Writes a disk of an image to a bucket or to a new file."""
    async def create_snapshot(
        self, *, disk_id: str | None = ..., snapshot_name: str | None = ...,
        description: str | None = ..., retention_days: int | None = ..., category: str | None = ...,
        instant_access: bool | None = ..., resource_group_id: str | None = ...,
        client_token: str | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        allow_live: bool | None = ..., **options: Unpack[CallOptions]) -> m.CreateSnapshotResponse:
        """Begins a snapshot of a disk."""
    async def describe_snapshots(
        self, *, region_id: str | None = ..., snapshot_ids: Iterable[str] | None = ...,
        disk_id: str | None = ..., instance_id: str | None = ..., snapshot_name: str | None = ...,
        status: str | None = ..., snapshot_type: str | None = ...,
        source_disk_type: str | None = ..., usage: str | None = ..., category: str | None = ...,
        encrypted: bool | None = ..., resource_group_id: str | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., next_token: str | None = ...,
        max_results: int | None = ..., page_number: int | None = ..., page_size: int | None = ...,
        filter: Iterable[m.Filter | _Fields] | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.DescribeSnapshotsResponse:
        """Lists snapshots, newest first, page by page."""
    async def delete_snapshot(
        self, *, snapshot_id: str | None = ..., force: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.DeleteSnapshotResponse:
        """Deletes a snapshot; one under way is given up."""
    async def modify_snapshot_attribute(
        self, *, snapshot_id: str | None = ..., snapshot_name: str | None = ...,
        description: str | None = ..., retention_days: int | None = ...,
        **options: Unpack[CallOptions]) -> m.ModifySnapshotAttributeResponse:
        """Changes a snapshot; what is absent is kept."""
    async def run_instances(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        image_family: str | None = ..., instance_type: str | None = ...,
        instance_name: str | None = ..., amount: int | None = ..., zone_id: str | None = ...,
        security_group_id: str | None = ..., v_switch_id: str | None = ...,
        system_disk: m.SystemDisk | _Fields | None = ...,
        data_disk: Iterable[m.DataDisk | _Fields] | None = ..., client_token: str | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., dry_run: bool | None = ...,
        http_tokens: str | None = ..., resource_group_id: str | None = ...,
        hibernation_options: m.HibernationOptions | _Fields | None = ...,
        disk_path: Iterable[m.DiskPath | _Fields] | None = ...,
        **options: Unpack[CallOptions]) -> m.RunInstancesResponse:
        """Makes 1 to 100 instances from an image."""
    async def describe_instances(
        self, *, region_id: str | None = ..., instance_ids: Iterable[str] | None = ...,
        status: str | None = ..., image_id: str | None = ..., zone_id: str | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., next_token: str | None = ...,
        max_results: int | None = ..., page_number: int | None = ..., page_size: int | None = ...,
        instance_name: str | None = ..., resource_group_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.DescribeInstancesResponse:
        """Lists instances, newest first, page by page."""
    async def describe_instance_status(
        self, *, region_id: str | None = ..., instance_id: Iterable[str] | None = ...,
        zone_id: str | None = ..., page_number: int | None = ..., page_size: int | None = ...,
        **options: Unpack[CallOptions]) -> m.DescribeInstanceStatusResponse:
        """Lists the statuses of instances."""
    async def start_instance(
        self, *, instance_id: str | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.StartInstanceResponse:
        """Starts a Stopped instance."""
    async def start_instances(
        self, *, region_id: str | None = ..., instance_id: Iterable[str] | None = ...,
        batch_optimization: str | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.StartInstancesResponse:
        """Starts Stopped instances."""
    async def stop_instance(
        self, *, instance_id: str | None = ..., force_stop: bool | None = ...,
        stopped_mode: str | None = ..., hibernate: bool | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.StopInstanceResponse:
        """Stops a Running instance."""
    async def stop_instances(
        self, *, region_id: str | None = ..., instance_id: Iterable[str] | None = ...,
        force_stop: bool | None = ..., stopped_mode: str | None = ...,
        batch_optimization: str | None = ..., hibernate: bool | None = ...,
        dry_run: bool | None = ..., **options: Unpack[CallOptions]) -> m.StopInstancesResponse:
        """Stops Running instances."""
    async def delete_instance(
        self, *, instance_id: str | None = ..., force: bool | None = ...,
        client_token: str | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.DeleteInstanceResponse:
        """Deletes an instance; a Running one with force only."""
    async def delete_instances(
        self, *, region_id: str | None = ..., instance_id: Iterable[str] | None = ...,
        force: bool | None = ..., client_token: str | None = ..., dry_run: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.DeleteInstancesResponse:
        """Deletes instances; Running ones with force only."""
    async def replace_system_disk(
        self, *, instance_id: str | None = ..., image_id: str | None = ...,
        system_disk: m.SystemDisk | _Fields | None = ..., client_token: str | None = ...,
        encrypted: bool | None = ..., kms_key_id: str | None = ..., path: str | None = ...,
        **options: Unpack[CallOptions]) -> m.ReplaceSystemDiskResponse:
        """Gives a Stopped instance a new system disk of an image."""
    async def create_disk(
        self, *, region_id: str | None = ..., zone_id: str | None = ...,
        instance_id: str | None = ..., size: int | None = ..., disk_category: str | None = ...,
        snapshot_id: str | None = ..., disk_name: str | None = ..., encrypted: bool | None = ...,
        kms_key_id: str | None = ..., client_token: str | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., description: str | None = ...,
        resource_group_id: str | None = ..., path: str | None = ...,
        **options: Unpack[CallOptions]) -> m.CreateDiskResponse:
        """Makes a disk, empty or from a snapshot."""
    async def describe_disks(
        self, *, region_id: str | None = ..., instance_id: str | None = ...,
        disk_ids: Iterable[str] | None = ..., disk_type: str | None = ...,
        category: str | None = ..., status: str | None = ..., zone_id: str | None = ...,
        snapshot_id: str | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        next_token: str | None = ..., max_results: int | None = ..., page_number: int | None = ...,
        page_size: int | None = ..., **options: Unpack[CallOptions]) -> m.DescribeDisksResponse:
        """Lists disks, newest first, page by page."""
    async def attach_disk(
        self, *, instance_id: str | None = ..., disk_id: str | None = ..., device: str | None = ...,
        delete_with_instance: bool | None = ..., bootable: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.AttachDiskResponse:
        """Attaches an Available disk to an instance."""
    async def detach_disk(
        self, *, instance_id: str | None = ..., disk_id: str | None = ...,
        delete_with_instance: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.DetachDiskResponse:
        """Detaches a disk from its instance."""
    async def delete_disk(
        self, *, disk_id: str | None = ..., **options: Unpack[CallOptions]) -> m.DeleteDiskResponse:
        """Deletes an Available disk."""
    async def tag_resources(
        self, *, region_id: str | None = ..., resource_type: str | None = ...,
        resource_id: Iterable[str] | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        **options: Unpack[CallOptions]) -> m.TagResourcesResponse:
        """Puts 1 to 20 tags on 1 to 50 resources."""
    async def untag_resources(
        self, *, region_id: str | None = ..., resource_type: str | None = ...,
        resource_id: Iterable[str] | None = ..., tag_key: Iterable[str] | None = ...,
        all: bool | None = ..., **options: Unpack[CallOptions]) -> m.UntagResourcesResponse:
        """Takes tags away from resources."""
    async def list_tag_resources(
        self, *, region_id: str | None = ..., resource_type: str | None = ...,
        resource_id: Iterable[str] | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        tag_filter: Iterable[m.TagFilter | _Fields] | None = ..., next_token: str | None = ...,
        **options: Unpack[CallOptions]) -> m.ListTagResourcesResponse:
        """Lists tags by resources, or resources by tags."""
    async def add_tags(
        self, *, region_id: str | None = ..., resource_id: str | None = ...,
        resource_type: str | None = ..., tag: Iterable[m.RequestTag | _Fields] | None = ...,
        **options: Unpack[CallOptions]) -> m.AddTagsResponse:
        """Puts tags on one resource: TagResources' old name."""
    async def join_resource_group(
        self, *, resource_id: str | None = ..., resource_type: str | None = ...,
        resource_group_id: str | None = ..., region_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.JoinResourceGroupResponse:
        """Moves a resource to another resource group."""
    async def describe_regions(self, **options: Unpack[CallOptions]) -> m.DescribeRegionsResponse:
        """Lists the regions."""
    async def register_instance(
        self, *, region_id: str | None = ..., instance_name: str | None = ...,
        status: str | None = ..., platform: str | None = ..., architecture: str | None = ...,
        boot_mode: str | None = ..., disk: Iterable[m.RegisteredDisk | _Fields] | None = ...,
        tag: Iterable[m.RequestTag | _Fields] | None = ..., client_token: str | None = ...,
        **options: Unpack[CallOptions]) -> m.RegisterInstanceResponse:
        """Makes an existing virtual machine known, with its disks."""
    async def wait_for_image(
        self, *, region_id: str | None = ..., image_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.WaitForImageResponse:
        """Answers when the image is Available, CreateFailed or gone."""
    async def read_events(
        self, *, after_sequence: int | None = ..., resource_id: Iterable[str] | None = ...,
        max_results: int | None = ..., **options: Unpack[CallOptions]) -> m.EventsResponse:
        """The next up to 1,000 events, within 30 s."""
    async def cancel(
        self, *, stream_id: int | None = ..., **options: Unpack[CallOptions]) -> m.CancelResponse:
        """Ends another stream of the same connection."""
    async def version(self, **options: Unpack[CallOptions]) -> m.VersionResponse:
        """The daemon's version, and the number of the protocol."""
    async def health(self, **options: Unpack[CallOptions]) -> m.HealthResponse:
        """Whether the daemon is ready, its mode and its counts."""
    async def export_snapshot(
        self, *, snapshot_id: str | None = ..., path: str | None = ...,
        **options: Unpack[CallOptions]) -> m.ExportSnapshotResponse:
        """Writes the disk of a snapshot to a new file."""
    async def read_snapshot(
        self, *, snapshot_id: str | None = ..., offset: int | None = ..., length: int | None = ...,
        **options: Unpack[CallOptions]) -> m.ReadSnapshotResponse:
        """Reads up to 1 MiB, or a hole, of a snapshot's disk."""
    async def verify_snapshot(
        self, *, snapshot_id: str | None = ..., next_token: str | None = ...,
        max_bytes: int | None = ..., **options: Unpack[CallOptions]) -> m.VerifySnapshotResponse:
        """One step of comparing what is stored with its checksums."""
    async def describe_usage(
        self, *, resource_type: str | None = ..., next_token: str | None = ...,
        max_results: int | None = ..., **options: Unpack[CallOptions]) -> m.DescribeUsageResponse:
        """What disks, snapshots or images take, most first."""
    async def metrics(self, **options: Unpack[CallOptions]) -> m.MetricsResponse:
        """What the daemon has counted, as text for Prometheus."""
    async def create_account(
        self, *, account_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.CreateAccountResponse:
        """Makes an account, as every account is born."""
    async def drop_account(
        self, *, account_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.DropAccountResponse:
        """Ends an account with all that it holds."""
    async def describe_account(self, **options: Unpack[CallOptions]) -> m.DescribeAccountResponse:
        """The account's standing, limits, clock, keys and groups."""
    async def set_account(
        self, *, order_allowed: bool | None = ..., enterprise_status: str | None = ...,
        balance: int | None = ..., minimum_balance: int | None = ...,
        snapshot_service_opened: bool | None = ..., data_disk_image_whitelist: bool | None = ...,
        kms_authorized: bool | None = ..., idempotent_processing: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.SetAccountResponse:
        """Sets the account's standing; what is absent is kept."""
    async def set_limits(
        self, *, limit: Iterable[m.Limit | _Fields] | None = ...,
        **options: Unpack[CallOptions]) -> m.SetLimitsResponse:
        """Sets limits of the account; answers with all of them."""
    async def set_clock(
        self, *, time: str | None = ..., is_frozen: bool | None = ...,
        **options: Unpack[CallOptions]) -> m.ClockResponse:
        """Sets, freezes or lets go the account's clock."""
    async def advance_clock(
        self, *, seconds: int | None = ..., milliseconds: int | None = ...,
        **options: Unpack[CallOptions]) -> m.ClockResponse:
        """Moves the account's clock on."""
    async def set_instance(
        self, *, instance_id: str | None = ..., status: str | None = ...,
        operation_lock: Iterable[m.OperationLock | _Fields] | None = ...,
        is_locked: bool | None = ..., hibernation_configured: bool | None = ...,
        needs_restart: bool | None = ..., **options: Unpack[CallOptions]) -> m.SetInstanceResponse:
        """Sets an instance's status, locks and flags."""
    async def set_disk(
        self, *, disk_id: str | None = ..., status: str | None = ..., category: str | None = ...,
        device_invalid: bool | None = ..., never_attached: bool | None = ...,
        encrypted: bool | None = ..., kms_key_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.SetDiskResponse:
        """Sets a disk's status, category and flags."""
    async def set_snapshot(
        self, *, snapshot_id: str | None = ..., category: str | None = ...,
        storage_location: str | None = ..., default_free: bool | None = ...,
        creation_time: str | None = ..., encrypted: bool | None = ..., kms_key_id: str | None = ...,
        **options: Unpack[CallOptions]) -> m.SetSnapshotResponse:
        """Sets a snapshot's category, place, age and flags."""
    async def set_image(
        self, *, region_id: str | None = ..., image_id: str | None = ..., status: str | None = ...,
        image_owner_alias: str | None = ..., image_version: str | None = ...,
        product_code: str | None = ..., **options: Unpack[CallOptions]) -> m.SetImageResponse:
        """Sets an image's status, owner, version and product."""
    async def set_kms_key(
        self, *, kms_key_id: str | None = ..., enabled: bool | None = ...,
        ecs_tag: bool | None = ..., **options: Unpack[CallOptions]) -> m.SetKMSKeyResponse:
        """Sets a KMS key: enabled or not, with ECS's tag or not."""
    async def create_resource_group(
        self, *, name: str | None = ...,
        **options: Unpack[CallOptions]) -> m.CreateResourceGroupResponse:
        """Makes a resource group."""
    async def set_ram_user(
        self, *, ram_user: str | None = ..., policy: Iterable[m.RamPolicy | _Fields] | None = ...,
        is_deleted: bool | None = ..., **options: Unpack[CallOptions]) -> m.SetRamUserResponse:
        """Makes a RAM user and its policies, or takes it away."""
    async def describe_jobs(self, **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Lists the jobs, oldest first."""
    async def hold_jobs(
        self, *, resource_id: Iterable[str] | None = ..., count: int | None = ...,
        **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Holds jobs; unnamed and uncounted, those to come too."""
    async def release_jobs(
        self, *, resource_id: Iterable[str] | None = ..., count: int | None = ...,
        **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Lets held jobs go on."""
    async def step_jobs(
        self, *, resource_id: Iterable[str] | None = ..., count: int | None = ...,
        **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Lets jobs make one move and holds them again."""
    async def finish_jobs(
        self, *, resource_id: Iterable[str] | None = ..., count: int | None = ...,
        **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Ends jobs well."""
    async def fail_jobs(
        self, *, resource_id: Iterable[str] | None = ..., count: int | None = ...,
        reason: str | None = ..., **options: Unpack[CallOptions]) -> m.JobsResponse:
        """Ends jobs badly, with a reason."""
    async def add_fault_rule(
        self, *, operation: str | None = ..., action: str | None = ..., code: str | None = ...,
        times: int | None = ..., hold_milliseconds: int | None = ...,
        client_token: str | None = ..., **options: Unpack[CallOptions]) -> m.AddFaultRuleResponse:
        """Holds requests of one operation back, or fails them."""
    async def remove_fault_rule(
        self, *, fault_rule_id: int | None = ...,
        **options: Unpack[CallOptions]) -> m.RemoveFaultRuleResponse:
        """Removes a fault rule; what it holds goes on."""
    async def describe_fault_rules(
        self, **options: Unpack[CallOptions]) -> m.DescribeFaultRulesResponse:
        """Lists fault rules and the requests that they hold."""
    async def release_requests(
        self, *, fault_rule_id: int | None = ..., count: int | None = ..., code: str | None = ...,
        **options: Unpack[CallOptions]) -> m.ReleaseRequestsResponse:
        """Lets held requests go on, or fail."""
