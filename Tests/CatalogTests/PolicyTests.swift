import ECS
import Testing

@testable import Catalog

/// RAM policies: what they allow, what Deny takes away, and for which resource group.
struct PolicyTests {
    private static func policy(
        _ actions: [String], _ resources: [String], isDeny: Bool = false, group: String = ""
    ) -> PolicyRecord {
        var statement = StatementRecord()
        statement.isDeny = isDeny
        statement.actions = actions
        statement.resources = resources
        var policy = PolicyRecord()
        policy.resourceGroupID = group
        policy.statements = [statement]
        return policy
    }

    @Test(
        arguments: [
            ("*", "anything", true), ("*", "", true), ("", "", true), ("", "a", false),
            ("ecs:*", "ecs:CreateImage", true), ("ecs:Create*", "ecs:CreateImage", true),
            ("ecs:Create*", "ecs:DeleteImage", false), ("ecs:*Image", "ecs:CreateImage", true),
            ("ecs:*Image", "ecs:CreateImages", false), ("a?c", "abc", true), ("a?c", "ac", false),
            ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false), ("a**b", "ab", true),
            ("acs:ecs:*:*:image/*", "acs:ecs:cn-hangzhou:1:image/m-1", true),
            ("acs:ecs:cn-*:*:image/*", "acs:ecs:us-west-1:1:image/m-1", false),
            ("ECS:*", "ecs:CreateImage", false), ("aaab*", "aaaab", false),
            ("*aaab", "aaaab", true),
        ] as [(String, String, Bool)])
    func wildcards(pattern: String, text: String, isMatch: Bool) {
        #expect(wildcard(pattern, matches: text) == isMatch)
    }

    /// What backtracks naively takes for ever here.
    @Test func manyStarsAreNoTrouble() {
        let pattern = String(repeating: "a*", count: 200) + "b"
        #expect(!wildcard(pattern, matches: String(repeating: "a", count: 5000)))
    }

    @Test func denyWinsWhereverItStands() {
        let allow = Self.policy(["ecs:*"], ["*"])
        let deny = Self.policy(["ecs:CreateImage"], ["acs:ecs:*:*:image/*"], isDeny: true)
        let name = "acs:ecs:cn-hangzhou:default:image/*"
        #expect([allow].allow("ecs:CreateImage", on: name, group: ""))
        #expect(![allow, deny].allow("ecs:CreateImage", on: name, group: ""))
        #expect(![deny, allow].allow("ecs:CreateImage", on: name, group: ""))
        #expect([deny, allow].allow("ecs:DeleteImage", on: name, group: ""))
        #expect(![PolicyRecord]().allow("ecs:DeleteImage", on: name, group: ""))
    }

    @Test func aScopedPolicyCountsForItsGroupAlone() {
        let scoped = Self.policy(["ecs:*"], ["*"], group: "rg-a")
        #expect([scoped].allow("ecs:CreateImage", on: "x", group: "rg-a"))
        #expect(![scoped].allow("ecs:CreateImage", on: "x", group: "rg-b"))
        #expect(![scoped].allow("ecs:CreateImage", on: "x", group: ""))
        let denied = Self.policy(["ecs:*"], ["*"], isDeny: true, group: "rg-b")
        let all = Self.policy(["ecs:*"], ["*"])
        #expect([all, denied].allow("ecs:CreateImage", on: "x", group: "rg-a"))
        #expect(![all, denied].allow("ecs:CreateImage", on: "x", group: "rg-b"))
    }

    /// A request that explains itself is told nothing of what lies behind Forbidden.
    @Test func nothingIsExplainedBehindForbidden() throws {
        let world = World(explains: true)
        var request = SetRamUserRequest()
        request.ramUser = "u"
        _ = try world.run { [request, caller = world.caller] catalog throws(Refusal) in
            try catalog.setRamUser(request, policies: [], caller)
        }
        var create = CreateImageRequest()
        create.regionID = "nowhere"
        create.instanceID = "i-none"
        create.imageName = "!"
        var caller = world.caller
        caller.ramUser = "u"
        caller.operation = "CreateImage"
        let errors = world.errors { [create, caller] catalog throws(Refusal) in
            try catalog.createImage(create, caller)
        }
        #expect(errors.map(\.code.rawValue) == ["InvalidImageName.Malformed", "Forbidden"])
        let owner = world.creationErrors { $0 = create }
        #expect(
            owner.map(\.code.rawValue) == [
                "InvalidImageName.Malformed", "InvalidRegionId.NotFound",
            ])
    }
}
