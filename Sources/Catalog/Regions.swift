import ECS

extension Catalog {
    /// DescribeRegions: every account has all of them.
    public func describeRegions(
        _ request: DescribeRegionsRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeRegionsResponse {
        _ = try admitted(caller, ResourceName("*", in: "*"))
        var response = DescribeRegionsResponse()
        response.regions = Values.regions.map { id in
            var region = RegionItem()
            region.regionID = id
            region.localName = Values.localName(ofRegion: id)
            region.regionEndpoint = "ecs.\(id).aliyuncs.com"
            region.status = "available"
            return region
        }
        return response
    }
}

extension Values {
    /// As ECS calls a region in Chinese.
    fileprivate static func localName(ofRegion id: String) -> String {
        switch id {
        case "cn-hangzhou": "华东1（杭州）"
        case "cn-shanghai": "华东2（上海）"
        case "cn-beijing": "华北2（北京）"
        case "cn-shenzhen": "华南1（深圳）"
        case "ap-southeast-1": "新加坡"
        case "us-west-1": "美国（硅谷）"
        case "eu-central-1": "德国（法兰克福）"
        default: id
        }
    }
}
