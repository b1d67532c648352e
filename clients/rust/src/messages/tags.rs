//! Requests and answers of the operations on tags, groups and regions.

use super::images::RequestTag;

crate::messages! {
    /// The request of [`TagResources`](crate::Client::tag_resources).
    TagResourcesRequest {
        region_id: String = 1,
        /// One of `image`, `snapshot`, `disk`, `instance`.
        resource_type: String = 2,
        /// 1 to 50.
        resource_id: Vec<String> = 3,
        /// 1 to 20.
        tag: Vec<RequestTag> = 4,
    }

    /// The answer of [`TagResources`](crate::Client::tag_resources).
    TagResourcesResponse {
        request_id: String = 1,
    }

    /// The request of [`UntagResources`](crate::Client::untag_resources).
    UntagResourcesRequest {
        region_id: String = 1,
        resource_type: String = 2,
        /// 1 to 50.
        resource_id: Vec<String> = 3,
        /// At most 20.
        tag_key: Vec<String> = 4,
        /// Counts when there is no key.
        all: Option<bool> = 5,
    }

    /// The answer of [`UntagResources`](crate::Client::untag_resources).
    UntagResourcesResponse {
        request_id: String = 1,
    }

    /// The request of [`ListTagResources`](crate::Client::list_tag_resources).
    ListTagResourcesRequest {
        region_id: String = 1,
        resource_type: String = 2,
        /// At most 50.
        resource_id: Vec<String> = 3,
        tag: Vec<RequestTag> = 4,
        tag_filter: Vec<TagFilter> = 5,
        next_token: String = 6,
    }

    /// A condition on the tags of resources.
    TagFilter {
        tag_key: String = 1,
        tag_values: Vec<String> = 2,
    }

    /// The answer of [`ListTagResources`](crate::Client::list_tag_resources).
    ListTagResourcesResponse {
        request_id: String = 1,
        tag_resources: Vec<TagResource> = 2,
        next_token: String = 3,
    }

    /// One tag of one resource.
    TagResource {
        resource_id: String = 1,
        resource_type: String = 2,
        tag_key: String = 3,
        tag_value: String = 4,
    }

    /// TagResources' old name, for one resource.
    ///
    /// The request of [`AddTags`](crate::Client::add_tags).
    AddTagsRequest {
        region_id: String = 1,
        resource_id: String = 2,
        resource_type: String = 3,
        tag: Vec<RequestTag> = 4,
    }

    /// The answer of [`AddTags`](crate::Client::add_tags).
    AddTagsResponse {
        request_id: String = 1,
    }

    /// The request of [`JoinResourceGroup`](crate::Client::join_resource_group).
    JoinResourceGroupRequest {
        resource_id: String = 1,
        /// One of `image`, `snapshot`, `disk`, `instance`.
        resource_type: String = 2,
        resource_group_id: String = 3,
        region_id: String = 4,
    }

    /// The answer of [`JoinResourceGroup`](crate::Client::join_resource_group).
    JoinResourceGroupResponse {
        request_id: String = 1,
    }

    /// The request of [`DescribeRegions`](crate::Client::describe_regions).
    DescribeRegionsRequest {}

    /// The answer of [`DescribeRegions`](crate::Client::describe_regions).
    DescribeRegionsResponse {
        request_id: String = 1,
        regions: Vec<RegionItem> = 2,
    }

    /// A region.
    RegionItem {
        region_id: String = 1,
        local_name: String = 2,
        region_endpoint: String = 3,
        status: String = 4,
    }
}
