/// What each flag means, in ECS's words: by the field's path, or by the operation and the path
/// where one operation means something of its own.
enum Meanings {
    static func of(_ path: String, in operation: String) -> String? {
        table["\(operation).\(path)"] ?? table[path]
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
        "DryRun": "Only check whether the request would be accepted.",
        "NextToken": "Where to go on: the NextToken of the page before.",
        "MaxResults": "How many at most in one answer.",
        "PageNumber": "Which page, from 1.",
        "PageSize": "How many on a page, at most 100.",
        "AllowLive": """
        Copy a disk even while it is written: what comes out may be damaged, as after a power \
        cut at no single moment.
        """,
        "Force": "Delete it even if it is in use.",
        "ZoneId": "Only those in this zone.",

        // MARK: CreateImage
        "InstanceId": "Only those of this instance.",
        "CreateImage.InstanceId": "Make the image of this instance's disks.",
        "CreateImage.SnapshotId": "Make the image of this system disk snapshot.",
        "ImageName": "Only images of this name; * stands for anything.",
        "CreateImage.ImageName": """
        2 to 128 characters; first a letter or Chinese character, then those, digits and \
        . : _ -. Not starting with aliyun or acs:. Without it the image has no name.
        """,
        "ImageFamily": "Only images of this family.",
        "CreateImage.ImageFamily": "The family that the image is the newest of.",
        "CreateImage.ImageVersion": "The image's version, up to 40 characters.",
        "Description": "2 to 256 characters, not starting with http:// or https://.",
        "Platform": "The operating system: Debian, Ubuntu, CentOS, Windows Server 2022 ...",
        "BootMode": "BIOS, UEFI or UEFI-Preferred.",
        "Architecture": "i386, x86_64 or arm64.",
        "DiskDeviceMapping.N.SnapshotId": "The snapshot that disk N of the image is made from.",
        "DiskDeviceMapping.N.Size": "Disk N's size in GiB, at least the snapshot's; 1 to 32768.",
        "DiskDeviceMapping.N.Device": "Disk N's place: /dev/xvda for the system disk, or b to z.",
        "DiskDeviceMapping.N.DiskType": "system or data.",
        "DetectionStrategy": "Standard: check the image once it is made.",
        "Features.ImdsSupport": "How instances read their metadata: v1, or v2 for tokens only.",

        // MARK: Other image operations
        "ImageId": "The image.",
        "DescribeImages.ImageId": "Only these images; several with commas between them.",
        "DescribeInstances.ImageId": "Only instances made from this image.",
        "SnapshotId": "The snapshot.",
        "DescribeImages.SnapshotId": "Only images made with this snapshot.",
        "DescribeDisks.SnapshotId": "Only disks made from this snapshot.",
        "DescribeImages.Status": """
        ALL, or some of Creating, Waiting, Available, UnAvailable, CreateFailed, Deprecated \
        with commas between them. Without it Available.
        """,
        "Usable": "Only images that can be used, or not; needs --status.",
        "ImageOwnerAlias": "Whose images: system, self, others or marketplace.",
        "DescribeImages.Architecture": "Only images for i386, x86_64 or arm64.",
        "OSType": "Only images of linux, or of windows.",
        "ExportImage.Device": "Which disk of the image; without it /dev/xvda, the system disk.",
        "Path": "The new file that the disk is written to.",
        "DeleteImage.Force": "Delete it even if instances use it.",

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
        "Encrypted": "Only encrypted snapshots, or only others.",
        "DeleteSnapshot.Force": "Delete it even if a disk was made from it.",

        // MARK: Instances and disks
        "InstanceName": "Only instances of this name; * stands for anything.",
        "RegisterInstance.InstanceName": "2 to 128 characters, as for images.",
        "RegisterInstance.Status": "Stopped (without it) or Running: what you say, it is your VM.",
        "DescribeInstances.Status": "Pending, Starting, Running, Stopping or Stopped.",
        "DescribeDisks.Status": "In_use, Available, Attaching, Detaching, Creating or All.",
        "Disk.N.Path": "Disk N's file or block device.",
        "Disk.N.Format": "What the file is: raw. Needed if it begins like another format.",
        "Disk.N.Type": "system or data; without it the first disk is the system disk.",
        "Disk.N.Category": "The category whose rules apply; without it cloud_essd.",
        "Disk.N.Device": "Disk N's place: /dev/xvda for the system disk, or b to z.",
        "Disk.N.Size": "The size in GiB of a simulated disk, which has no path.",
        "InstanceIds": "Only these instances; several with commas between them.",
        "DeleteInstance.InstanceId": "The instance.",
        "DeleteInstance.Force": "Forget it even if it is Running.",
        "DiskIds": "Only these disks; several with commas between them.",
        "DiskType": "system, data or all.",

        // MARK: Events
        "AfterSequence": "Only changes after this one; without it from now on.",
        "ResourceId": "Only changes of these; several with commas between them.",
        "ReadEvents.MaxResults": "How many at most, 1 to 1000.",
    ]
}
