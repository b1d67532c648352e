// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
/// The modules that read bytes from strangers say `unsafe` where they use it: nowhere.
let safe: [SwiftSetting] = strict + [.strictMemorySafety()]
/// Unoptimized, a checksum takes longer than all else that the tests do.
let optimized: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]
/// A release binary carries the Swift runtime: it starts in a third of the time and needs no toolchain.
/// Of glibc it needs 2.34: the runtime's hypot of two Floats, which nothing here calls, would need
/// 2.35 where it is built on a newer system, and is tied to a function that traps instead.
let standalone: [LinkerSetting] = [
    .unsafeFlags(
        ["-static-stdlib", "-Xlinker", "--defsym=hypotf=swift_deletedMethodError"],
        .when(configuration: .release))
]

let package = Package(
    name: "imaged",
    products: [
        .executable(name: "imaged", targets: ["imaged"]),
        .executable(name: "imagectl", targets: ["imagectl"]),
        .executable(name: "imaged-bench", targets: ["imaged-bench"]),
        .library(name: "ImagedClient", targets: ["ImagedClient"]),
        .library(name: "ImagedTesting", targets: ["ImagedTesting"]),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .target(name: "System", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "Wire", swiftSettings: safe),
        .target(name: "Checksum", swiftSettings: strict + optimized),
        .target(name: "HTTP", dependencies: ["Checksum", "Wire"], swiftSettings: safe),
        .target(name: "ECS", dependencies: ["Wire"], swiftSettings: safe),
        .target(name: "Catalog", dependencies: ["ECS", "Wire"], swiftSettings: strict),
        .target(name: "Journal", dependencies: ["System", "Checksum"], swiftSettings: strict),
        .target(name: "Snapshots", dependencies: ["System", "Checksum"], swiftSettings: strict),
        .target(
            name: "Server",
            dependencies: ["System", "Wire", "ECS", "HTTP", "Catalog", "Journal", "Snapshots"],
            swiftSettings: strict),
        .target(
            name: "ImagedClient", dependencies: ["System", "Wire", "ECS"], path: "clients/swift",
            exclude: ["README.md", "Conformance", "Testing"], swiftSettings: strict),
        .target(
            name: "ImagedTesting", dependencies: ["ImagedClient", "ECS", "Wire", "System"],
            path: "clients/swift/Testing", swiftSettings: strict),
        .executableTarget(
            name: "swift-conformance", dependencies: ["ImagedClient", "ECS", "Wire"],
            path: "clients/swift/Conformance", swiftSettings: strict),
        .executableTarget(
            name: "imaged", dependencies: ["Server", "ECS", "System"], swiftSettings: strict,
            linkerSettings: standalone),
        // Depends on the daemon so that `swift run imagectl` builds both; links nothing of it.
        .executableTarget(
            name: "imagectl",
            dependencies: ["ImagedClient", "ECS", "Wire", "System", "Checksum", "imaged"],
            swiftSettings: strict, linkerSettings: standalone),
        .executableTarget(
            name: "imaged-bench", dependencies: ["ImagedClient", "ECS", "Wire", "System"],
            swiftSettings: strict, linkerSettings: standalone),
        // MARK: Tests
        .target(
            name: "TestSupport", dependencies: ["Wire", "ECS"], path: "Tests/Support",
            swiftSettings: strict),
        .testTarget(name: "SystemTests", dependencies: ["System", "TestSupport"]),
        .testTarget(name: "WireTests", dependencies: ["Wire", "ECS", "TestSupport"]),
        .testTarget(name: "ChecksumTests", dependencies: ["Checksum", "TestSupport"]),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "TestSupport"]),
        .testTarget(name: "ECSTests", dependencies: ["ECS", "Wire", "TestSupport"]),
        .testTarget(
            name: "CatalogTests", dependencies: ["Catalog", "ECS", "Wire", "TestSupport"]),
        .testTarget(
            name: "JournalTests", dependencies: ["Journal", "System", "Checksum", "TestSupport"]),
        .testTarget(
            name: "SnapshotsTests",
            dependencies: ["Snapshots", "System", "Checksum", "TestSupport"]),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Server", "Catalog", "ECS", "HTTP", "Wire", "System", "TestSupport",
            ]),
        .testTarget(
            name: "ClientTests", dependencies: ["ImagedClient", "ECS", "Wire", "TestSupport"]),
        // Every client in its own language, each by its own program.
        .testTarget(
            name: "ClientConformanceTests",
            dependencies: ["ECS", "Wire", "TestSupport", "imaged", "swift-conformance"],
            exclude: ["Others"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "ImagedClient", "ImagedTesting", "ECS", "Wire", "TestSupport", "imaged", "imagectl",
                "imaged-bench",
            ],
            exclude: ["imagedtest"]),
        .testTarget(
            name: "ConformanceTests", dependencies: ["ECS", "Wire", "TestSupport", "imaged"],
            exclude: ["sdk"]),
        .testTarget(name: "TidyTests", dependencies: ["ECS", "TestSupport"]),
    ]
)
