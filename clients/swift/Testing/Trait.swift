public import Testing

/// Gives each test an account of its own in a daemon that the tests of this process share:
/// ``World/current``. It is dropped when the test has ended.
///
///     @Suite(.imaged) struct BakeTests {
///         @Test func bakes() async throws {
///             let vm = try await World.current.addInstance(disks: [40, 100])
///             try await bake(World.current.client, vm.instanceID)
///             ...
///         }
///     }
public struct ImagedTrait: SuiteTrait, TestTrait, TestScoping {
    /// A suite's tests have it too, each for itself, and each of a test's arguments.
    public var isRecursive: Bool { true }

    public init() {}

    @concurrent public func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let world = try await World.create(in: ImagedDaemon.shared())
        do {
            try await World.$known.withValue(world) { try await function() }
        } catch {
            // What went wrong in the test says more than what goes wrong now.
            try? await world.drop()
            throw error
        }
        try await world.drop()
    }
}

extension Trait where Self == ImagedTrait {
    /// An account of its own for each test: ``World/current``.
    public static var imaged: Self { ImagedTrait() }
}
