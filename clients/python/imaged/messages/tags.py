"""Requests and answers about tags, resource groups and regions."""

from __future__ import annotations

from typing import List, Optional

from ..codec import OPTIONAL, REPEATED, Message, RequestOf, boolean, nested, string
from .images import RequestTag


class TagResourcesRequest(RequestOf["TagResourcesResponse"]):
    region_id: str = string(1)
    resource_type: str = string(2)  # image, snapshot, disk, instance
    resource_id: List[str] = string(3, REPEATED)  # 1 to 50
    tag: List[RequestTag] = nested(4, RequestTag, REPEATED)  # 1 to 20


class TagResourcesResponse(Message):
    request_id: str = string(1)


class UntagResourcesRequest(RequestOf["UntagResourcesResponse"]):
    region_id: str = string(1)
    resource_type: str = string(2)
    resource_id: List[str] = string(3, REPEATED)  # 1 to 50
    tag_key: List[str] = string(4, REPEATED)  # at most 20
    all: Optional[bool] = boolean(5, OPTIONAL)  # counts when there is no key


class UntagResourcesResponse(Message):
    request_id: str = string(1)


class TagFilter(Message):
    tag_key: str = string(1)
    tag_values: List[str] = string(2, REPEATED)


class ListTagResourcesRequest(RequestOf["ListTagResourcesResponse"]):
    region_id: str = string(1)
    resource_type: str = string(2)
    resource_id: List[str] = string(3, REPEATED)  # at most 50
    tag: List[RequestTag] = nested(4, RequestTag, REPEATED)
    tag_filter: List[TagFilter] = nested(5, TagFilter, REPEATED)
    next_token: str = string(6)


class TagResource(Message):
    resource_id: str = string(1)
    resource_type: str = string(2)
    tag_key: str = string(3)
    tag_value: str = string(4)


class ListTagResourcesResponse(Message):
    request_id: str = string(1)
    tag_resources: List[TagResource] = nested(2, TagResource, REPEATED)
    next_token: str = string(3)


class AddTagsRequest(RequestOf["AddTagsResponse"]):
    """TagResources' old name, for one resource."""

    region_id: str = string(1)
    resource_id: str = string(2)
    resource_type: str = string(3)
    tag: List[RequestTag] = nested(4, RequestTag, REPEATED)


class AddTagsResponse(Message):
    request_id: str = string(1)


class JoinResourceGroupRequest(RequestOf["JoinResourceGroupResponse"]):
    resource_id: str = string(1)
    resource_type: str = string(2)  # image, snapshot, disk, instance
    resource_group_id: str = string(3)
    region_id: str = string(4)


class JoinResourceGroupResponse(Message):
    request_id: str = string(1)


class DescribeRegionsRequest(RequestOf["DescribeRegionsResponse"]):
    """No parameters."""


class RegionItem(Message):
    region_id: str = string(1)
    local_name: str = string(2)
    region_endpoint: str = string(3)
    status: str = string(4)


class DescribeRegionsResponse(Message):
    request_id: str = string(1)
    regions: List[RegionItem] = nested(2, RegionItem, REPEATED)
