import ECS
import Wire

/// All operations, for tests that go through them.
public enum Operations {
    public static let ecs: [any ECS.Operation.Type] = [
        CreateImage.self, DescribeImages.self, DescribeImageFromFamily.self, DeleteImage.self,
        ModifyImageAttribute.self, CopyImage.self, CancelCopyImage.self,
        ModifyImageSharePermission.self, DescribeImageSharePermission.self, ExportImage.self,
        CreateSnapshot.self, DescribeSnapshots.self, DeleteSnapshot.self,
        ModifySnapshotAttribute.self, RunInstances.self, DescribeInstances.self,
        DescribeInstanceStatus.self, StartInstance.self, StartInstances.self, StopInstance.self,
        StopInstances.self, DeleteInstance.self, DeleteInstances.self, ReplaceSystemDisk.self,
        CreateDisk.self, DescribeDisks.self, AttachDisk.self, DetachDisk.self, DeleteDisk.self,
        TagResources.self, UntagResources.self, ListTagResources.self, AddTags.self,
        JoinResourceGroup.self, DescribeRegions.self,
    ]
    public static let daemon: [any ECS.Operation.Type] = [
        RegisterInstance.self, WaitForImage.self, Watch.self, ReadEvents.self, Cancel.self,
        Version.self, Health.self, Metrics.self, ExportSnapshot.self, ReadSnapshot.self,
        VerifySnapshot.self,
        DescribeUsage.self,
    ]
    public static let fixture: [any ECS.Operation.Type] = [
        CreateAccount.self, DropAccount.self, DescribeAccount.self, SetAccount.self,
        SetLimits.self, SetClock.self, AdvanceClock.self, SetInstance.self, SetDisk.self,
        SetSnapshot.self, SetImage.self, SetKMSKey.self, CreateResourceGroup.self, SetRamUser.self,
        DescribeJobs.self, HoldJobs.self, ReleaseJobs.self, StepJobs.self, FinishJobs.self,
        FailJobs.self, AddFaultRule.self, RemoveFaultRule.self, DescribeFaultRules.self,
        ReleaseRequests.self,
    ]
}

/// Sets fields to values that tell them apart: all of them, or one alone.
public struct SampleFiller: FieldVisitor {
    private let only: Int?
    private var count = 0
    private var path = ""

    /// A message in which every field says something; lists have two elements.
    public static func full<M: Message>(_ type: M.Type) -> M { sample(type, only: nil).0 }

    /// A message for each field, at any depth, in which that one alone says something.
    public static func singles<M: Message>(_ type: M.Type) -> [M] {
        (0..<sample(type, only: -1).1).map { sample(type, only: $0).0 }
    }

    private static func sample<M: Message>(_ type: M.Type, only: Int?) -> (M, Int) {
        var filler = SampleFiller(only: only)
        var message = M()
        try? message.visit(&filler)
        return (message, filler.count)
    }

    private init(only: Int?) { self.only = only }

    private mutating func set(_ body: () -> Void) {
        if only == nil || only == count { body() }
        count += 1
    }

    private func text(_ name: StaticString) -> String { "\(path)\(name) ü&=+%\"\\" }

    private mutating func nested<M: Message>(_ part: String, _ type: M.Type) -> M {
        let outer = path
        path += part
        defer { path = outer }
        var message = M()
        try? message.visit(&self)
        return message
    }

    public mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) {
        let text = text(name)
        set { value = text }
    }
    public mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) {
        let text = text(name)
        set { value = text }
    }
    public mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) {
        let text = text(name)
        set { value = [text, "2"] }
    }
    public mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) { set { value = [0, 255, UInt8(truncatingIfNeeded: number)] } }
    public mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { set { value = true } }
    public mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) { set { value = number % 2 == 0 } }
    public mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) { set { value = Int32(number) + 100 } }
    public mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { set { value = Int32(number) + 100 } }
    public mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) { set { value = 1 << 60 + Int64(number) } }
    public mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { set { value = 1 << 60 + Int64(number) } }
    public mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { set { value = [1 << 60, -1] } }
    public mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) {
        let inner = nested("\(name).", M.self)
        if inner != M() { value = inner }
    }
    public mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) {
        let first = nested("\(name).1.", M.self)
        if first == M() { return }
        value = only == nil ? [first, nested("\(name).2.", M.self)] : [first]
    }
}
