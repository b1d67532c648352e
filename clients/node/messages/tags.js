// Tags, resource groups and regions.
import { bool, message, optional, repeated, string } from '../schema.js';

export default {
  TagResourcesRequest: {
    regionId: string(1),
    resourceType: string(2),
    resourceId: repeated(string(3)),
    tag: repeated(message(4, 'RequestTag')),
  },
  TagResourcesResponse: {
    requestId: string(1),
  },
  UntagResourcesRequest: {
    regionId: string(1),
    resourceType: string(2),
    resourceId: repeated(string(3)),
    tagKey: repeated(string(4)),
    all: optional(bool(5)),
  },
  UntagResourcesResponse: {
    requestId: string(1),
  },
  ListTagResourcesRequest: {
    regionId: string(1),
    resourceType: string(2),
    resourceId: repeated(string(3)),
    tag: repeated(message(4, 'RequestTag')),
    tagFilter: repeated(message(5, 'TagFilter')),
    nextToken: string(6),
  },
  TagFilter: {
    tagKey: string(1),
    tagValues: repeated(string(2)),
  },
  ListTagResourcesResponse: {
    requestId: string(1),
    tagResources: repeated(message(2, 'TagResource')),
    nextToken: string(3),
  },
  TagResource: {
    resourceId: string(1),
    resourceType: string(2),
    tagKey: string(3),
    tagValue: string(4),
  },
  AddTagsRequest: {
    regionId: string(1),
    resourceId: string(2),
    resourceType: string(3),
    tag: repeated(message(4, 'RequestTag')),
  },
  AddTagsResponse: {
    requestId: string(1),
  },
  JoinResourceGroupRequest: {
    resourceId: string(1),
    resourceType: string(2),
    resourceGroupId: string(3),
    regionId: string(4),
  },
  JoinResourceGroupResponse: {
    requestId: string(1),
  },
  DescribeRegionsRequest: {},
  DescribeRegionsResponse: {
    requestId: string(1),
    regions: repeated(message(2, 'RegionItem')),
  },
  RegionItem: {
    regionId: string(1),
    localName: string(2),
    regionEndpoint: string(3),
    status: string(4),
  },
};
