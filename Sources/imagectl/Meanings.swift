/// What each flag means, in ECS's words: by the field's path, or by the operation and the path
/// where one operation means something of its own.
enum Meanings {
    static func of(_ path: String, in operation: String) -> String? {
        let own = "\(operation).\(path)"
        return table[own] ?? fixtures[own] ?? table[path]
    }

    private static let table: [String: String] = [
        // MARK: Everywhere
        "RegionId": "The region; without it $IMAGED_REGION, else cn-hangzhou.",
        "ResourceGroupId": "The resource group; without it the default one.",
        "ClientToken": """
        Up to 64 ASCII characters that make the request one of a kind: sent again with the \
        same token it gives the same result. Without it a new one is made.
        """,
        "Tag.N.Key": "A tag's key: up to 128 characters. At most 20 tags.",
        "Tag.N.Value": "That tag's value: up to 128 characters.",
        "Description": "2 to 256 characters, not starting with http:// or https://.",
        "KMSKeyId": "The key that it is encrypted with.",
        "Encrypted": "Encrypt it.",
        "Filter.N.Key": "CreationStartTime or CreationEndTime.",
        "Filter.N.Value": "That time: yyyy-MM-ddTHH:mmZ.",
        "DryRun": "Only check whether the request would be accepted.",
        "NextToken": "Where to go on: the NextToken of the page before.",
        "MaxResults": "How many at most in one answer.",
        "PageNumber": "Which page, from 1.",
        "PageSize": "How many on a page, at most 100.",
        "AllowLive": """
        Copy a disk even while it is written: what comes out may be damaged, as after a power \
        cut at no single moment.
        """,
        "ZoneId": "Only those in this zone.",

        // MARK: CreateImage
        "InstanceId": "Only those of this instance.",
        "CreateImage.InstanceId": "Make the image of this instance's disks.",
        "CreateImage.SnapshotId": "Make the image of this system disk snapshot.",
        "ImageName": "Only images of this name; * stands for anything.",
        "load.ImageName": "The new image's name; without it the saved one's.",
        "load.ImageFamily": "The new image's family; without it the saved one's.",
        "load.ResourceGroupId": "The new image's resource group; without it the default one.",
        "CreateImage.ImageName": """
        2 to 128 characters; first a letter or Chinese character, then those, digits and \
        . : _ -. Not starting with aliyun or acs:. Without it the image has no name.
        """,
        "ImageFamily": "Only images of this family.",
        "CreateImage.ImageFamily": "The family that the image is the newest of.",
        "CreateImage.ImageVersion": "The image's version, up to 40 characters.",
        "Platform": "The operating system: Debian, Ubuntu, CentOS, Windows Server 2022 ...",
        "BootMode": "BIOS, UEFI or UEFI-Preferred.",
        "Architecture": "i386, x86_64 or arm64.",
        "DiskDeviceMapping.N.SnapshotId": "The snapshot that disk N of the image is made from.",
        "DiskDeviceMapping.N.Size": "Disk N's size in GiB, at least the snapshot's; 1 to 32768.",
        "DiskDeviceMapping.N.Device": "Disk N's place: /dev/xvda for the system disk, or b to z.",
        "DiskDeviceMapping.N.DiskType": "system or data.",
        "DetectionStrategy": "Standard: check the image once it is made.",
        "Features.ImdsSupport": "How instances read their metadata: v1, or v2 for tokens only.",

        // MARK: Lists of images
        "ImageId": "The image.",
        "DescribeImages.ImageId": "Only these images; several with commas between them.",
        "SnapshotId": "The snapshot.",
        "DescribeImages.SnapshotId": "Only images made with this snapshot.",
        "DescribeImages.Status": """
        ALL, or some of Creating, Waiting, Available, UnAvailable, CreateFailed, Deprecated \
        with commas between them. Without it Available.
        """,
        "Usable": "Only images that can be used, or not; needs --status.",
        "ImageOwnerAlias": "Whose images: system, self, others or marketplace.",
        "DescribeImages.Architecture": "Only images for i386, x86_64 or arm64.",
        "DescribeImages.ResourceGroupId": "Only images of this resource group.",
        "OSType": "Only images of linux, or of windows.",
        "DescribeImages.Usage": "instance: only images that instances use; none: only others.",
        "ActionType": "What they are wanted for: CreateEcs or ChangeOS.",
        "DescribeImages.InstanceType": "Only images that instances of this type can use.",
        "IsSupportCloudinit": "Only images with cloud-init, or without.",
        "IsSupportIoOptimized": "Only images for I/O optimized instances, or others.",
        "ShowExpired": "List expired images, too.",
        "DescribeImageFromFamily.ImageFamily": "The family.",

        // MARK: Changes of images
        "ModifyImageAttribute.ImageName": "The new name, by the rules of create-image.",
        "ModifyImageAttribute.ImageFamily": "The new family.",
        "ModifyImageAttribute.Status": "Available or Deprecated.",
        "Features.NvmeSupport": "supported or unsupported.",
        "Features.CpuOnlineUpgrade": "supported or unsupported.",
        "Features.MemoryOnlineUpgrade": "supported or unsupported.",
        "ModifyImageAttribute.Features.ImdsSupport":
            "v2 for tokens only; from v2 no way leads back.",
        "LicenseType": "Auto, Aliyun or BYOL: whose licence its system runs under.",
        "CopyImage.ImageId": "The image to copy; it must be Available.",
        "DestinationRegionId": "The region that the copy is made in.",
        "DestinationImageName": "The copy's name, by the rules of create-image.",
        "DestinationDescription": "The copy's description: 2 to 256 characters.",
        "CancelCopyImage.ImageId": "The copy that is being made.",
        "AddAccount": "Share it with these accounts: 1 to 10, with commas between them.",
        "RemoveAccount": "No longer with these: 1 to 10, with commas between them.",
        "IsPublic": "Whether everybody may use it.",
        "DeleteImage.Force": "Delete it even if instances use it.",
        "ExportImage.Device": "Which disk of the image; without it /dev/xvda, the system disk.",
        "Path": "The new file that the disk is written to.",
        "OSSBucket": "The directory to write to, by its name in the configuration file.",
        "OSSPrefix": "What the file's name there begins with.",

        // MARK: Snapshots
        "DiskId": "The disk.",
        "DescribeSnapshots.DiskId": "Only snapshots of this disk.",
        "SnapshotName": "Only snapshots of this name.",
        "CreateSnapshot.SnapshotName": """
        2 to 128 characters; first a letter or Chinese character, then those, digits and \
        . : _ -. Not starting with auto.
        """,
        "RetentionDays": "After how many days it is deleted, 1 to 65536; without it never.",
        "Category": "Only disks of this category: cloud_essd, cloud_ssd ...",
        "CreateSnapshot.Category": "standard or flash.",
        "DescribeSnapshots.Category": "Only snapshots of this category: standard or flash.",
        "InstantAccess": "Accepted as ECS does; every snapshot here can be used at once.",
        "SnapshotIds": "Only these snapshots; several with commas between them.",
        "DescribeSnapshots.Status": "progressing, accomplished, failed or all.",
        "SnapshotType": "auto, user or all.",
        "SourceDiskType": "Only snapshots of system disks, or of data disks.",
        "Usage": "What uses it: image, disk, image_disk or none.",
        "DescribeSnapshots.Encrypted": "Only encrypted snapshots, or only others.",
        "DescribeSnapshots.ResourceGroupId": "Only snapshots of this resource group.",
        "ModifySnapshotAttribute.SnapshotName": "The new name, by the rules of create-snapshot.",
        "DeleteSnapshot.Force": "Delete it even if a disk was made from it.",
        "Offset": "Where in the disk, in bytes; without it 0.",
        "Length": "How many bytes at most: 1 to 1048576.",
        "VerifySnapshot.SnapshotId": "Only this snapshot; without it all of them.",
        "VerifySnapshot.NextToken": "Where to go on: the NextToken of the step before.",
        "MaxBytes": "How many stored bytes to read in this step; without it the daemon chooses.",
        "DescribeUsage.ResourceType": "disk, snapshot or image.",
        "DescribeUsage.MaxResults": "How many at most in one answer, 1 to 1000; without it 100.",

        // MARK: Instances
        "InstanceName": "Only instances of this name; * stands for anything.",
        "RegisterInstance.InstanceName": "2 to 128 characters, as for images.",
        "RegisterInstance.Status": "Stopped (without it) or Running: what you say, it is your VM.",
        "DescribeInstances.Status": "Pending, Starting, Running, Stopping or Stopped.",
        "DescribeInstances.ImageId": "Only instances made from this image.",
        "DescribeInstances.ResourceGroupId": "Only instances of this resource group.",
        "Disk.N.Path": "Disk N's file or block device.",
        "Disk.N.Format": "What the file is: raw. Needed if it begins like another format.",
        "Disk.N.Type": "system or data; without it the first disk is the system disk.",
        "Disk.N.Category": "The category whose rules apply; without it cloud_essd.",
        "Disk.N.Device": "Disk N's place: /dev/xvda for the system disk, or b to z.",
        "Disk.N.Size": "The size in GiB of a simulated disk, which has no path.",
        "InstanceIds": "Only these instances; several with commas between them.",
        "DescribeInstanceStatus.InstanceId": """
        Only these instances; several with commas between them.
        """,
        "DescribeInstanceStatus.PageSize": "How many on a page, at most 50.",
        "RunInstances.ImageId": "The image to make them from: Available or Deprecated.",
        "RunInstances.ImageFamily": "Or the newest image of this family.",
        "InstanceType": "ecs.g7.large or the like.",
        "RunInstances.InstanceName": "Their name: 2 to 128 characters, as for images.",
        "Amount": "How many, 1 to 100; without it 1.",
        "RunInstances.ZoneId": "The zone that they are in.",
        "SecurityGroupId": "Accepted as ECS does; nothing here has a network.",
        "VSwitchId": "Accepted as ECS does; nothing here has a network.",
        "SystemDisk.Category": "The system disk's category: cloud_essd, cloud_ssd ...",
        "SystemDisk.Size": "The system disk's size in GiB, at least the image's.",
        "SystemDisk.DiskName": "The system disk's name: 2 to 128 characters.",
        "SystemDisk.Description": "The system disk's description: 2 to 256 characters.",
        "SystemDisk.Encrypted": "Encrypt the system disk.",
        "SystemDisk.KMSKeyId": "The key that the system disk is encrypted with.",
        "DataDisk.N.Category": "Data disk N's category: cloud_essd, cloud_ssd ...",
        "DataDisk.N.Size": "Data disk N's size in GiB, at least its snapshot's.",
        "DataDisk.N.SnapshotId": "The snapshot that data disk N is made from.",
        "DataDisk.N.DiskName": "Data disk N's name: 2 to 128 characters.",
        "DataDisk.N.Device": "Data disk N's place: /dev/xvdb to z.",
        "DataDisk.N.DeleteWithInstance": "Whether data disk N is deleted with its instance.",
        "DataDisk.N.Encrypted": "Encrypt data disk N.",
        "DataDisk.N.KMSKeyId": "The key that data disk N is encrypted with.",
        "DataDisk.N.Description": "Data disk N's description: 2 to 256 characters.",
        "DiskPath.N.Device": "Path N is for the disk with this place, /dev/xvda to z.",
        "DiskPath.N.Path": "The new file of that disk; without it in the data directory.",
        "HttpTokens": "How they read their metadata: optional, or required for tokens only.",
        "HibernationOptions.Configured": "Whether they can be hibernated.",
        "StartInstance.InstanceId": "The instance.",
        "StopInstance.InstanceId": "The instance.",
        "DeleteInstance.InstanceId": "The instance.",
        "StartInstances.InstanceId": "The instances: 1 to 100, with commas between them.",
        "StopInstances.InstanceId": "The instances: 1 to 100, with commas between them.",
        "DeleteInstances.InstanceId": "The instances: 1 to 100, with commas between them.",
        "BatchOptimization": "AllTogether: all or none. SuccessFirst: those that can be.",
        "ForceStop": "Switch it off at once.",
        "StoppedMode": "KeepCharging or StopCharging.",
        "Hibernate": "Keep its memory; it must have been made so that it can.",
        "DeleteInstance.Force": "Delete it even if it is Running.",
        "DeleteInstances.Force": "Delete them even if some are Running.",

        // MARK: Disks
        "DiskIds": "Only these disks; several with commas between them.",
        "DiskType": "system, data or all.",
        "DescribeDisks.Status": "In_use, Available, Attaching, Detaching, Creating or All.",
        "DescribeDisks.SnapshotId": "Only disks made from this snapshot.",
        "CreateDisk.ZoneId": "The zone that it is in.",
        "CreateDisk.InstanceId": "The instance that it is attached to, in that one's zone.",
        "CreateDisk.Size": "Its size in GiB, at least the snapshot's; without it that.",
        "DiskCategory": "Its category: cloud_essd, cloud_ssd ...",
        "CreateDisk.SnapshotId": "The snapshot that it is made from; without one it is empty.",
        "DiskName": "Its name: 2 to 128 characters.",
        "CreateDisk.Path": "The new file of the disk; without it in the data directory.",
        "ReplaceSystemDisk.Path": "The new disk's file; without it in the data directory.",
        "AttachDisk.InstanceId": "The instance, in the disk's zone: Running or Stopped.",
        "AttachDisk.Device": "Its place: /dev/xvdb to z; without it one that is free.",
        "DeleteWithInstance": "Whether the disk is deleted with its instance.",
        "Bootable": "Attach it as the system disk.",
        "DetachDisk.InstanceId": "The instance that the disk is attached to.",
        "ReplaceSystemDisk.InstanceId": "The instance; it must be Stopped.",
        "ReplaceSystemDisk.ImageId": "The image that the new system disk is made from.",
        "ReplaceSystemDisk.SystemDisk.Category": "Not looked at: only the size counts here.",
        "ReplaceSystemDisk.SystemDisk.Size": "The new disk's size in GiB, at least the image's.",
        "ReplaceSystemDisk.SystemDisk.DiskName": "Not looked at: only the size counts here.",
        "ReplaceSystemDisk.SystemDisk.Description": "Not looked at: only the size counts here.",
        "ReplaceSystemDisk.SystemDisk.Encrypted": "Not looked at; --encrypted is.",
        "ReplaceSystemDisk.SystemDisk.KMSKeyId": "Not looked at; --kms-key-id is.",

        // MARK: Tags, groups and regions
        "ResourceType": """
        image, snapshot, disk or instance; without it what the first ID's beginning says.
        """,
        "TagResources.ResourceId": "The resources: 1 to 50, with commas between them.",
        "UntagResources.ResourceId": "The resources: 1 to 50, with commas between them.",
        "UntagResources.TagKey": "The keys of the tags to take off, at most 20.",
        "UntagResources.All": "Take off all tags; counts where no key is given.",
        "ListTagResources.ResourceId": "Only these: at most 50, with commas between them.",
        "ListTagResources.Tag.N.Key": "Only what has a tag with this key.",
        "ListTagResources.Tag.N.Value": "And this value of it.",
        "TagFilter.N.TagKey": "Only what has a tag with this key.",
        "TagFilter.N.TagValues": "And one of these values of it; with commas between them.",
        "AddTags.ResourceId": "The resource.",
        "JoinResourceGroup.ResourceId": "The resource.",
        "JoinResourceGroup.ResourceGroupId": "The resource group that it goes to.",

        // MARK: Events
        "AfterSequence": "Only changes after this one; without it from now on.",
        "ResourceId": "Only changes of these; several with commas between them.",
        "ReadEvents.MaxResults": "How many at most, 1 to 1000.",
    ]
}
