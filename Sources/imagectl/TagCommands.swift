import ECS

extension Command {
    static var tagCommands: [Command] {
        [
            change(
                TagResources.self, Group.tags, "put tags on resources",
                usage: "RESOURCE ... --tag KEY=VALUE [FLAG ...]",
                details: "Resources are images, snapshots, disks or instances, all of one type.",
                examples: [
                    "imagectl tag-resources m-bp1g6zv0ce8o --tag stage=test --tag team=web",
                    "imagectl tag-resources s-bp1g6zv0ce8o s-bp1h7aw1df9p --tag nightly",
                ], positional: "ResourceId",
                note: { "tagged: \($0.resourceID.joined(separator: " "))" }),
            change(
                AddTags.self, Group.tags, "put tags on one resource (the old name)",
                usage: "RESOURCE --tag KEY=VALUE [FLAG ...]",
                details: "What TagResources does, as older programs call it.",
                examples: ["imagectl add-tags s-bp1g6zv0ce8o --tag stage=test"],
                positional: "ResourceId", note: { "tagged: \($0.resourceID)" }),
            change(
                UntagResources.self, Group.tags, "take tags off resources",
                usage: "RESOURCE ... (--tag-key KEY,KEY | --all) [FLAG ...]",
                examples: [
                    "imagectl untag-resources m-bp1g6zv0ce8o --tag-key stage,team",
                    "imagectl untag-resources m-bp1g6zv0ce8o --all",
                ], positional: "ResourceId",
                note: { "untagged: \($0.resourceID.joined(separator: " "))" }),
            call(
                ListTagResources.self, Group.tags, "list tags and what has them",
                usage: "[RESOURCE ...] [FLAG ...]",
                details: "Without a resource --resource-type must be given.",
                examples: [
                    "imagectl list-tag-resources m-bp1g6zv0ce8o",
                    "imagectl list-tag-resources --resource-type image --tag stage=test",
                    "imagectl list-tag-resources i-bp1g6zv0ce8o --TagFilter.1.TagKey stage",
                ], positional: "ResourceId", paging: .tags,
                show: { response, _, width in Views.tags(response, width) },
                after: { response, _, output in
                    tellCount(
                        response.tagResources.count, 0, "tags", "", output,
                        next: response.nextToken)
                }),
            change(
                JoinResourceGroup.self, Group.tags, "move a resource to a resource group",
                usage: "RESOURCE --resource-group-id GROUP [FLAG ...]",
                examples: [
                    "imagectl join-resource-group m-bp1g6zv0ce8o --resource-group-id rg-bp1g6zv0ce"
                ], positional: "ResourceId",
                note: { "\($0.resourceID) is in \($0.resourceGroupID)" }),
            call(
                DescribeRegions.self, Group.tags, "list the regions", usage: "",
                examples: ["imagectl describe-regions"],
                show: { response, _, width in Views.regions(response, width) }),
        ]
    }
}
