import ECS
import ImagedClient
import ImagedTesting
import Testing

@Suite(.imaged) struct BakeTests {  // a world of its own for each test
    @Test func bakesAnImage() async throws {
        let world = World.current
        let vm = try await world.addInstance(disks: [40, 100])
        let image = try await world.client.call(
            CreateImage.self,
            .with {
                $0.regionID = World.region
                $0.instanceID = vm.instanceID
                $0.imageName = "web"
            })
        let made = try await world.client.call(
            WaitForImage.self,
            .with {
                $0.regionID = World.region
                $0.imageID = image.imageID
            })
        #expect(made.image?.status == "Available")
    }
}
