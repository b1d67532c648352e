import Foundation
import TestSupport
import Testing

/// Somebody else's client: containerd's ttrpc in Go, as Debian packages it, with messages that
/// gogo's generator made of `protocol/imaged.proto`. It speaks ttrpc 1.0: unary calls only.
@Suite(
    .enabled(
        if: Tool.available("go", "protoc", "protoc-gen-gogottrpc"),
        "go, protoc or protoc-gen-gogottrpc is not installed"))
struct GoClientTests {
    @Test func callsAndUnderstandsTheAnswers() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let client = try Self.build()
        let run = try Tool.run("\(client.path)/client", [daemon.socketPath])
        #expect(run.status == 0, "\(run.err)")
        #expect(
            run.text == """
                Version <nil> 36
                RegisterInstance <nil> 2
                CreateImage <nil>
                WaitForImage <nil> Available 2
                DescribeImages <nil> 1
                CreateImage NotFound InvalidInstanceId.NotFound: \
                The specified instance i-none does not exist.
                Nope Unimplemented there is no operation Nope in service imaged.v1.ECS

                """)
    }

    /// Builds the program in a directory of its own.
    private static func build() throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        let package = "\(directory.path)/src/imaged/v1"
        try FileManager.default.createDirectory(
            atPath: package, withIntermediateDirectories: true)
        // gogo's generator is older than proto3's `optional` and ttrpc's streams; neither changes
        // a byte of what is sent here.
        let schema = try String(contentsOfFile: Self.schemaPath, encoding: .utf8)
            .replacingOccurrences(of: "optional ", with: "")
            .replacingOccurrences(of: "returns (stream ", with: "returns (")
        try schema.write(
            toFile: "\(directory.path)/imaged.proto", atomically: false, encoding: .utf8)
        let generated = try Tool.run(
            "protoc",
            ["-I", directory.path, "--gogottrpc_out=\(directory.path)/src", "imaged.proto"])
        try #require(generated.status == 0, "\(generated.err)")
        try program.write(
            toFile: "\(directory.path)/main.go", atomically: false, encoding: .utf8)
        let built = try Tool.run(
            "go", ["build", "-o", "\(directory.path)/client", "\(directory.path)/main.go"],
            environment: [
                "GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": "\(directory.path)/cache",
                "GOPATH": "\(directory.path):/usr/share/gocode",
            ])
        try #require(built.status == 0, "\(built.err)")
        return directory
    }

    private static let schemaPath =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../protocol/imaged.proto").path

    private static let program = """
        package main

        import (
            "context"
            "fmt"
            "net"
            "os"

            "github.com/containerd/ttrpc"
            "google.golang.org/grpc/status"
            pb "imaged/v1"
        )

        func main() {
            conn, err := net.Dial("unix", os.Args[1])
            if err != nil {
                panic(err)
            }
            client := ttrpc.NewClient(conn)
            defer client.Close()
            ctx := context.Background()
            ecs, daemon := "imaged.v1.ECS", "imaged.v1.Daemon"

            var version pb.VersionResponse
            err = client.Call(ctx, daemon, "Version", &pb.VersionRequest{}, &version)
            fmt.Println("Version", err, len(version.RequestId))

            var vm pb.RegisterInstanceResponse
            err = client.Call(ctx, daemon, "RegisterInstance", &pb.RegisterInstanceRequest{
                RegionId: "cn-hangzhou",
                Disk:     []*pb.RegisteredDisk{{Size_: 40}, {Size_: 20}},
            }, &vm)
            fmt.Println("RegisterInstance", err, len(vm.DiskIds))

            var image pb.CreateImageResponse
            err = client.Call(ctx, ecs, "CreateImage", &pb.CreateImageRequest{
                RegionId: "cn-hangzhou", InstanceId: vm.InstanceId, ImageName: "from-go",
            }, &image)
            fmt.Println("CreateImage", err)

            var waited pb.WaitForImageResponse
            err = client.Call(ctx, daemon, "WaitForImage", &pb.WaitForImageRequest{
                RegionId: "cn-hangzhou", ImageId: image.ImageId,
            }, &waited)
            fmt.Println("WaitForImage", err, waited.Image.Status, len(waited.Image.DiskDeviceMappings))

            var images pb.DescribeImagesResponse
            err = client.Call(ctx, ecs, "DescribeImages", &pb.DescribeImagesRequest{
                RegionId: "cn-hangzhou", ImageName: "from-*",
            }, &images)
            fmt.Println("DescribeImages", err, images.TotalCount)

            err = client.Call(ctx, ecs, "CreateImage", &pb.CreateImageRequest{
                RegionId: "cn-hangzhou", InstanceId: "i-none",
            }, &image)
            fmt.Println("CreateImage", status.Code(err), status.Convert(err).Message())

            err = client.Call(ctx, ecs, "Nope", &pb.CreateImageRequest{}, &image)
            fmt.Println("Nope", status.Code(err), status.Convert(err).Message())
        }

        """
}
