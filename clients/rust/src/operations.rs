//! The operations: one table, of which the client's methods are made.

use crate::client::Client;
use crate::codec::Message;
use crate::errors::Error;
use crate::messages::{
    daemon::*, fixture::*, images::*, jobs::*, machines::*, snapshots::*, tags::*,
};

/// What is to be known of an operation (`protocol/README.md` § Operations).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationInfo {
    /// `imaged.v1.ECS`, `imaged.v1.Daemon` or `imaged.v1.Fixture`.
    pub service: &'static str,
    /// As ECS spells it: `CreateImage`.
    pub name: &'static str,
    /// Whether the client sends a request once more by itself when its answer was lost.
    pub again: Again,
    /// Whether it is answered by a stream of messages.
    pub streaming: bool,
}

/// When a request may be sent once more after an unknown outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Always: nothing changes.
    Reads,
    /// If it has a `client_token`.
    Token,
    /// Never.
    Never,
}

/// A request of a unary operation: it says what the operation is and what answers it.
pub trait Operation: Message {
    /// The answer.
    type Answer: Message;
    /// The operation.
    const INFO: &'static OperationInfo;

    /// The request's token; empty: none.
    fn client_token(&self) -> &str {
        ""
    }
}

/// Does something with an operation whose name is known only when the program runs.
pub trait OperationVisitor {
    /// What comes of it.
    type Output;
    /// Is told the operation, by its request.
    fn visit<O: Operation>(self) -> Self::Output;
}

macro_rules! operations {
    ($(
        $about:literal
        $(#[$service_about:meta])*
        $service:literal {
            $( $(#[$operation_about:meta])*
            $kind:ident $method:ident:
                $name:ident($request:ident) -> $answer:ident, $again:ident; )*
        }
    )*) => {
        /// All operations, in the order of `protocol/README.md`.
        pub static OPERATIONS: &[OperationInfo] = &[$($(
            operations!(@info $service, $name, $kind, $again),
        )*)*];

        $(
            #[doc = $about]
            $(#[$service_about])*
            impl Client {
                $( operations!(@method $kind, $method, $request, $answer,
                    $(#[$operation_about])*); )*
            }

            $( operations!(@operation $kind, $service, $name, $request, $answer, $again); )*
        )*

        /// Shows `visitor` the unary operation of that name; `None`: there is none.
        pub fn visit_operation<V: OperationVisitor>(name: &str, visitor: V) -> Option<V::Output> {
            $($( operations!(@visit $kind, name, visitor, $name, $request); )*)*
            let _ = visitor;
            None
        }
    };

    (@again reads) => { Again::Reads };
    (@again token) => { Again::Token };
    (@again never) => { Again::Never };

    (@streaming unary) => { false };
    (@streaming stream) => { true };

    (@info $service:literal, $name:ident, $kind:ident, $again:ident) => {
        OperationInfo {
            service: $service,
            name: stringify!($name),
            again: operations!(@again $again),
            streaming: operations!(@streaming $kind),
        }
    };

    (@method stream, $($rest:tt)*) => {};
    (@method unary, $method:ident, $request:ident, $answer:ident, $(#[$about:meta])*) => {
        $(#[$about])*
        ///
        /// # Errors
        /// Any [`Error`].
        pub fn $method(&self, request: &$request) -> Result<$answer, Error> {
            self.call(request)
        }
    };

    (@operation stream, $service:literal, $name:ident, $request:ident, $answer:ident,
        $again:ident) => {
        pub(crate) const WATCH: &OperationInfo =
            &operations!(@info $service, $name, stream, $again);
    };
    (@operation unary, $service:literal, $name:ident, $request:ident, $answer:ident,
        $again:ident) => {
        impl Operation for $request {
            type Answer = $answer;
            const INFO: &'static OperationInfo =
                &operations!(@info $service, $name, unary, $again);
            operations!(@token $again);
        }
    };

    (@token token) => {
        fn client_token(&self) -> &str {
            &self.client_token
        }
    };
    (@token $other:ident) => {};

    (@visit stream, $($rest:tt)*) => {};
    (@visit unary, $wanted:ident, $visitor:ident, $name:ident, $request:ident) => {
        if $wanted == stringify!($name) {
            return Some($visitor.visit::<$request>());
        }
    };
}

operations! {
    "ECS's operations."
    "imaged.v1.ECS" {
        /// `CreateImage`: makes an image from an instance, a snapshot, or a list of disks.
        unary create_image: CreateImage(CreateImageRequest) -> CreateImageResponse, token;
        /// `DescribeImages`: the images that fit, a page at a time.
        unary describe_images: DescribeImages(DescribeImagesRequest)
            -> DescribeImagesResponse, reads;
        /// `DescribeImageFromFamily`: the newest available image of a family.
        unary describe_image_from_family: DescribeImageFromFamily(DescribeImageFromFamilyRequest)
            -> DescribeImageFromFamilyResponse, reads;
        /// `DeleteImage`: deletes an image; its snapshots stay.
        unary delete_image: DeleteImage(DeleteImageRequest) -> DeleteImageResponse, never;
        /// `ModifyImageAttribute`: changes an image's name, description, status and the like.
        unary modify_image_attribute: ModifyImageAttribute(ModifyImageAttributeRequest)
            -> ModifyImageAttributeResponse, never;
        /// `CopyImage`: copies an image to another region.
        unary copy_image: CopyImage(CopyImageRequest) -> CopyImageResponse, token;
        /// `CancelCopyImage`: gives up a copy that is not yet finished.
        unary cancel_copy_image: CancelCopyImage(CancelCopyImageRequest)
            -> CancelCopyImageResponse, never;
        /// `ModifyImageSharePermission`: shares an image with accounts, or no longer.
        unary modify_image_share_permission:
            ModifyImageSharePermission(ModifyImageSharePermissionRequest)
            -> ModifyImageSharePermissionResponse, never;
        /// `DescribeImageSharePermission`: the accounts that an image is shared with.
        unary describe_image_share_permission:
            DescribeImageSharePermission(DescribeImageSharePermissionRequest)
            -> DescribeImageSharePermissionResponse, reads;
        /// `ExportImage`: writes a disk of an image to a file, durable when this returns.
        unary export_image: ExportImage(ExportImageRequest) -> ExportImageResponse, never;
        /// `CreateSnapshot`: takes a snapshot of a disk.
        unary create_snapshot: CreateSnapshot(CreateSnapshotRequest)
            -> CreateSnapshotResponse, token;
        /// `DescribeSnapshots`: the snapshots that fit, a page at a time.
        unary describe_snapshots: DescribeSnapshots(DescribeSnapshotsRequest)
            -> DescribeSnapshotsResponse, reads;
        /// `DeleteSnapshot`: deletes a snapshot.
        unary delete_snapshot: DeleteSnapshot(DeleteSnapshotRequest)
            -> DeleteSnapshotResponse, never;
        /// `ModifySnapshotAttribute`: changes a snapshot's name, description or retention.
        unary modify_snapshot_attribute: ModifySnapshotAttribute(ModifySnapshotAttributeRequest)
            -> ModifySnapshotAttributeResponse, never;
        /// `RunInstances`: makes instances from an image, and starts them.
        unary run_instances: RunInstances(RunInstancesRequest) -> RunInstancesResponse, token;
        /// `DescribeInstances`: the instances that fit, a page at a time.
        unary describe_instances: DescribeInstances(DescribeInstancesRequest)
            -> DescribeInstancesResponse, reads;
        /// `DescribeInstanceStatus`: the instances' status.
        unary describe_instance_status: DescribeInstanceStatus(DescribeInstanceStatusRequest)
            -> DescribeInstanceStatusResponse, reads;
        /// `StartInstance`: starts an instance.
        unary start_instance: StartInstance(StartInstanceRequest) -> StartInstanceResponse, never;
        /// `StartInstances`: starts several instances.
        unary start_instances: StartInstances(StartInstancesRequest)
            -> StartInstancesResponse, never;
        /// `StopInstance`: stops an instance.
        unary stop_instance: StopInstance(StopInstanceRequest) -> StopInstanceResponse, never;
        /// `StopInstances`: stops several instances.
        unary stop_instances: StopInstances(StopInstancesRequest) -> StopInstancesResponse, never;
        /// `DeleteInstance`: deletes an instance.
        unary delete_instance: DeleteInstance(DeleteInstanceRequest)
            -> DeleteInstanceResponse, token;
        /// `DeleteInstances`: deletes several instances.
        unary delete_instances: DeleteInstances(DeleteInstancesRequest)
            -> DeleteInstancesResponse, token;
        /// `ReplaceSystemDisk`: gives an instance a new system disk, made of an image.
        unary replace_system_disk: ReplaceSystemDisk(ReplaceSystemDiskRequest)
            -> ReplaceSystemDiskResponse, token;
        /// `CreateDisk`: makes a disk, empty or of a snapshot.
        unary create_disk: CreateDisk(CreateDiskRequest) -> CreateDiskResponse, token;
        /// `DescribeDisks`: the disks that fit, a page at a time.
        unary describe_disks: DescribeDisks(DescribeDisksRequest) -> DescribeDisksResponse, reads;
        /// `AttachDisk`: attaches a disk to an instance.
        unary attach_disk: AttachDisk(AttachDiskRequest) -> AttachDiskResponse, never;
        /// `DetachDisk`: detaches a disk from its instance.
        unary detach_disk: DetachDisk(DetachDiskRequest) -> DetachDiskResponse, never;
        /// `DeleteDisk`: deletes a disk.
        unary delete_disk: DeleteDisk(DeleteDiskRequest) -> DeleteDiskResponse, never;
        /// `TagResources`: gives tags to resources.
        unary tag_resources: TagResources(TagResourcesRequest) -> TagResourcesResponse, never;
        /// `UntagResources`: takes tags from resources.
        unary untag_resources: UntagResources(UntagResourcesRequest)
            -> UntagResourcesResponse, never;
        /// `ListTagResources`: the tags of resources, a page at a time.
        unary list_tag_resources: ListTagResources(ListTagResourcesRequest)
            -> ListTagResourcesResponse, reads;
        /// `AddTags`: gives tags to one resource; the old name of `TagResources`.
        unary add_tags: AddTags(AddTagsRequest) -> AddTagsResponse, never;
        /// `JoinResourceGroup`: moves a resource to a resource group.
        unary join_resource_group: JoinResourceGroup(JoinResourceGroupRequest)
            -> JoinResourceGroupResponse, never;
        /// `DescribeRegions`: the regions.
        unary describe_regions: DescribeRegions(DescribeRegionsRequest)
            -> DescribeRegionsResponse, reads;
    }

    "The daemon's own operations."
    "imaged.v1.Daemon" {
        /// `RegisterInstance`: makes an existing virtual machine known, with its disks.
        unary register_instance: RegisterInstance(RegisterInstanceRequest)
            -> RegisterInstanceResponse, token;
        /// `WaitForImage`: waits until an image is finished. Without a deadline it answers after 60
        /// seconds with the image as it is then.
        unary wait_for_image: WaitForImage(WaitForImageRequest) -> WaitForImageResponse, reads;
        stream watch: Watch(WatchRequest) -> EventsResponse, never;
        /// `ReadEvents`: the changes after a sequence, waiting up to 30 seconds for the first.
        unary read_events: ReadEvents(ReadEventsRequest) -> EventsResponse, reads;
        /// `Cancel`: ends another call of the same connection, by its stream id. Rather use
        /// [`Pending::cancel`](crate::Pending::cancel), which knows it.
        unary cancel: Cancel(CancelRequest) -> CancelResponse, never;
        /// `Version`: the daemon's version, and that of the protocol.
        unary version: Version(VersionRequest) -> VersionResponse, reads;
        /// `Health`: how the daemon is.
        unary health: Health(HealthRequest) -> HealthResponse, reads;
        /// `ExportSnapshot`: writes a snapshot's disk to a file, durable when this returns.
        unary export_snapshot: ExportSnapshot(ExportSnapshotRequest)
            -> ExportSnapshotResponse, never;
        /// `ReadSnapshot`: a part of a snapshot's disk.
        unary read_snapshot: ReadSnapshot(ReadSnapshotRequest) -> ReadSnapshotResponse, reads;
        /// `VerifySnapshot`: reads what is stored, and compares the checksums: a step a call.
        unary verify_snapshot: VerifySnapshot(VerifySnapshotRequest)
            -> VerifySnapshotResponse, reads;
        /// `DescribeUsage`: what disks, snapshots or images take.
        unary describe_usage: DescribeUsage(DescribeUsageRequest) -> DescribeUsageResponse, reads;
        /// `Metrics`: what the daemon has counted, as text for Prometheus.
        unary metrics: Metrics(MetricsRequest) -> MetricsResponse, reads;
    }

    "Operations for tests: only in a daemon with `--fixture`."
    "imaged.v1.Fixture" {
        /// `CreateAccount`: an account of its own for a test.
        unary create_account: CreateAccount(CreateAccountRequest) -> CreateAccountResponse, never;
        /// `DropAccount`: the account goes, and all that it has.
        unary drop_account: DropAccount(DropAccountRequest) -> DropAccountResponse, never;
        /// `DescribeAccount`: the account's standing, limits, clock, groups, keys and users.
        unary describe_account: DescribeAccount(DescribeAccountRequest)
            -> DescribeAccountResponse, reads;
        /// `SetAccount`: sets the account's standing.
        unary set_account: SetAccount(SetAccountRequest) -> SetAccountResponse, never;
        /// `SetLimits`: sets limits of the account.
        unary set_limits: SetLimits(SetLimitsRequest) -> SetLimitsResponse, never;
        /// `SetClock`: sets the account's clock, stops it or lets it go.
        unary set_clock: SetClock(SetClockRequest) -> ClockResponse, never;
        /// `AdvanceClock`: moves the account's clock on.
        unary advance_clock: AdvanceClock(AdvanceClockRequest) -> ClockResponse, never;
        /// `SetInstance`: sets states of an instance.
        unary set_instance: SetInstance(SetInstanceRequest) -> SetInstanceResponse, never;
        /// `SetDisk`: sets states of a disk.
        unary set_disk: SetDisk(SetDiskRequest) -> SetDiskResponse, never;
        /// `SetSnapshot`: sets states of a snapshot.
        unary set_snapshot: SetSnapshot(SetSnapshotRequest) -> SetSnapshotResponse, never;
        /// `SetImage`: sets states of an image.
        unary set_image: SetImage(SetImageRequest) -> SetImageResponse, never;
        /// `SetKMSKey`: makes a key, or changes it.
        unary set_kms_key: SetKMSKey(SetKMSKeyRequest) -> SetKMSKeyResponse, never;
        /// `CreateResourceGroup`: makes a resource group.
        unary create_resource_group: CreateResourceGroup(CreateResourceGroupRequest)
            -> CreateResourceGroupResponse, never;
        /// `SetRamUser`: makes a RAM user, or changes what it may do.
        unary set_ram_user: SetRamUser(SetRamUserRequest) -> SetRamUserResponse, never;
        /// `DescribeJobs`: the work on snapshots and images.
        unary describe_jobs: DescribeJobs(DescribeJobsRequest) -> JobsResponse, reads;
        /// `HoldJobs`: keeps jobs from going on.
        unary hold_jobs: HoldJobs(HoldJobsRequest) -> JobsResponse, never;
        /// `ReleaseJobs`: lets held jobs go on.
        unary release_jobs: ReleaseJobs(ReleaseJobsRequest) -> JobsResponse, never;
        /// `StepJobs`: moves held jobs on by one step.
        unary step_jobs: StepJobs(StepJobsRequest) -> JobsResponse, never;
        /// `FinishJobs`: ends jobs with success.
        unary finish_jobs: FinishJobs(FinishJobsRequest) -> JobsResponse, never;
        /// `FailJobs`: ends jobs with failure.
        unary fail_jobs: FailJobs(FailJobsRequest) -> JobsResponse, never;
        /// `AddFaultRule`: lets requests be held back, or fail.
        unary add_fault_rule: AddFaultRule(AddFaultRuleRequest) -> AddFaultRuleResponse, never;
        /// `RemoveFaultRule`: takes a rule away.
        unary remove_fault_rule: RemoveFaultRule(RemoveFaultRuleRequest)
            -> RemoveFaultRuleResponse, never;
        /// `DescribeFaultRules`: the rules, and the requests that they hold.
        unary describe_fault_rules: DescribeFaultRules(DescribeFaultRulesRequest)
            -> DescribeFaultRulesResponse, reads;
        /// `ReleaseRequests`: lets requests that rules hold go on, or fail.
        unary release_requests: ReleaseRequests(ReleaseRequestsRequest)
            -> ReleaseRequestsResponse, never;
    }
}
