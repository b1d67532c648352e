import ECS

extension Catalog {
    /// An image that the account may run, and the region whose snapshots it names.
    func findImage(
        _ imageID: String, _ account: Account, regionID: String
    ) -> (record: ImageRecord, region: Shared<Region>)? {
        guard let region = account.regions[regionID], let record = region.images[imageID] else {
            return nil
        }
        return (record, region)
    }
}
