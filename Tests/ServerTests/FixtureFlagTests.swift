import ECS
import TestSupport
import Testing
import Wire

/// The service Fixture and the metadata `ram-user` exist with `--fixture` alone.
@Suite struct FixtureFlagTests {
    @Test func withoutIt() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let client = try daemon.client()
        let refused = try #require(try client.refused(CreateAccount.self, CreateAccountRequest()))
        #expect(refused.statusCode == .unimplemented)
        #expect(refused.status.message.contains("--fixture"), "\(refused)")
        let clock = try #require(try client.refused(SetClock.self, SetClockRequest()))
        #expect(clock.statusCode == .unimplemented)
        // The user that nobody has made is no user at all.
        client.ramUser = "nobody"
        #expect(try client.images { $0.imageOwnerAlias = "self" }.isEmpty)
    }

    @Test func withIt() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], fixture: true, dataPath: "")
        let client = try daemon.client()
        let account = try client.call(CreateAccount.self, .with { $0.accountID = "t" })
        #expect(account.accountID == "t")
        client.account = "t"
        let statement = { (effect: String, action: String) in
            "{\"Effect\": \"\(effect)\", \"Action\": \"\(action)\", \"Resource\": \"*\"}"
        }
        let document =
            "{\"Version\": \"1\", \"Statement\": [\(statement("Allow", "ecs:*")),"
            + "\(statement("Deny", "ecs:DeleteImage"))]}"
        _ = try client.call(
            SetRamUser.self,
            .with {
                $0.ramUser = "alice"
                $0.policy = [.with { $0.policyDocument = document }]
            })
        client.ramUser = "alice"
        #expect(try client.images { $0.imageOwnerAlias = "self" }.isEmpty)
        let delete = DeleteImageRequest.with {
            $0.regionID = testRegion
            $0.imageID = "m-1"
        }
        #expect(try client.refused(DeleteImage.self, delete)?.code == "Forbidden")
        client.ramUser = "bob"
        #expect(try client.refused(DeleteImage.self, delete)?.code == "Forbidden")
        client.ramUser = ""
        #expect(try client.refused(DeleteImage.self, delete) == nil)
    }

    @Test func aPolicyThatCannotBeReadIsRefusedByItsMember() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], fixture: true, dataPath: "")
        let client = try daemon.client()
        let document =
            "{\"Version\": \"1\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\","
            + " \"Resource\": \"*\", \"Condition\": {}}]}"
        let request = SetRamUserRequest.with {
            $0.ramUser = "alice"
            $0.policy = [.with { $0.policyDocument = document }]
        }
        let refused = try #require(try client.refused(SetRamUser.self, request))
        #expect(refused.parameter == "Policy.1.PolicyDocument")
        #expect(refused.hint.hasPrefix("Statement.1.Condition: "), "\(refused)")
    }
}
