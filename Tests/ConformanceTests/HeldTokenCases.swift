import ECS
import TestSupport
import Testing
import Wire

/// V3 while the first request with a token is held.
extension Case {
    static let heldTokens: [Case] = [
        Case("an equal request waits and gets the same answer", "V3", "D-Idempotency") { bench in
            let request = try bench.tokenRequest()
            try bench.holdRequest()
            let streams = try (0..<3).map { _ in
                try bench.client.begin(CreateImage.self, request)
            }
            let held = try bench.heldRequests()
            let waiting = held.filter { $0.faultRuleID == 0 }
            #expect(held.count == 3 && waiting.count == 2)
            #expect(try bench.images().isEmpty)
            try bench.release()
            let answers = try streams.map { try bench.client.answer(CreateImage.self, $0) }
            #expect(Set(answers.map(\.imageID)).count == 1)
            #expect(Set(answers.map(\.requestID)).count == 3)
        },
        Case(
            "a different request conflicts; afterwards it mismatches", "V3",
            "E-InvalidParamter.Conflict", "E-IdempotenceParamNotMatch"
        ) { bench in
            let request = try bench.tokenRequest()
            try bench.holdRequest()
            let stream = try bench.client.begin(CreateImage.self, request)
            let other: Bench.Change = {
                $0 = request
                $0.description = "other"
            }
            try bench.refuse("E-InvalidParamter.Conflict", parameter: "ClientToken", other)
            try bench.release()
            _ = try bench.client.answer(CreateImage.self, stream)
            try bench.refuse("E-IdempotenceParamNotMatch", parameter: "ClientToken", other)
        },
        Case(
            "if the first fails, those that wait are judged afresh", "V3", "E-InternalError",
            "B-Atomic"
        ) { bench in
            let request = try bench.tokenRequest()
            try bench.holdRequest()
            let first = try bench.client.begin(CreateImage.self, request)
            let waiting = try (0..<2).map { _ in
                try bench.client.begin(CreateImage.self, request)
            }
            try bench.release(code: "InternalError")
            bench.expect(try bench.client.refusal(first), is: "E-InternalError")
            let ids = try waiting.map { try bench.client.answer(CreateImage.self, $0).imageID }
            #expect(Set(ids).count == 1)
        },
        Case("a deadline ends what is held and what waits", "V3", "B-Atomic") { bench in
            let request = try bench.tokenRequest()
            try bench.holdRequest()
            let first = try bench.client.begin(
                CreateImage.self, request, timeoutNanoseconds: 300_000_000)
            let second = try bench.client.begin(
                CreateImage.self, request, timeoutNanoseconds: 50_000_000)
            #expect(try bench.client.refusal(second).statusCode == .deadlineExceeded)
            #expect(try bench.client.refusal(first).statusCode == .deadlineExceeded)
            #expect(try bench.heldRequests().isEmpty)
            #expect(try bench.images().isEmpty)
            // The token is free again.
            try bench.create {
                $0 = request
                $0.description = "other"
            }
        },
        Case("Cancel ends what is held", "V3", "B-Atomic") { bench in
            let request = try bench.tokenRequest()
            try bench.holdRequest()
            let first = try bench.client.begin(CreateImage.self, request)
            let second = try bench.client.begin(CreateImage.self, request)
            _ = try bench.client.call(Cancel.self, .with { $0.streamID = Int64(first) })
            #expect(try bench.client.refusal(first).statusCode == .cancelled)
            // The one that waited is the first now, and no rule is left to hold it.
            let id = try bench.client.answer(CreateImage.self, second).imageID
            #expect(try bench.images().map(\.imageID) == [id])
        },
        Case("a lost connection is carried out when it is let go", "V3") { bench in
            let request = try bench.tokenRequest()
            try bench.holdRequest()
            do {
                let lost = try TestClient(try #require(ConformanceDaemon.socketPath))
                lost.account = bench.account
                _ = try lost.begin(CreateImage.self, request)
                // Its end of the connection goes when the daemon has read the request.
                for _ in 0..<1000 where try bench.heldRequests().isEmpty {}
                let held = try bench.heldRequests()
                #expect(held.count == 1)
            }
            try bench.release()
            let id = try bench.create(request)
            #expect(try bench.images().map(\.imageID) == [id])
        },
        Case(
            "IdempotentProcessing instead of waiting, if the account says so", "V3",
            "D-Idempotency", "X-IdempotentProcessing", "E-InvalidParamter.Conflict"
        ) { bench in
            let request = try bench.tokenRequest()
            try bench.setAccount { $0.idempotentProcessing = true }
            try bench.holdRequest()
            let stream = try bench.client.begin(CreateImage.self, request)
            try bench.refuse("X-IdempotentProcessing") { $0 = request }
            try bench.refuse("E-InvalidParamter.Conflict") {
                $0 = request
                $0.description = "other"
            }
            try bench.release()
            let id = try bench.client.answer(CreateImage.self, stream).imageID
            #expect(try bench.create(request) == id)
        },
        Case("a rule's hold ends by itself", "V3") { bench in
            let request = try bench.tokenRequest()
            _ = try bench.addRule {
                $0.action = "hold"
                $0.holdMilliseconds = 20
            }
            try bench.create(request)
            #expect(try bench.heldRequests().isEmpty)
        },
        Case("replays pass fault rules", "V3", "X-Throttling") { bench in
            let request = try bench.tokenRequest()
            let id = try bench.create(request)
            _ = try bench.addRule {
                $0.action = "fail"
                $0.code = "Throttling"
                $0.times = 0
            }
            #expect(try bench.create(request) == id)
            try bench.refuse("X-Throttling") {
                $0 = request
                $0.clientToken = "another"
            }
        },
    ]
}

extension Bench {
    /// A request that is right, with a token.
    func tokenRequest() throws -> CreateImageRequest {
        try request {
            $0.snapshotID = try plain()
            $0.clientToken = "token"
        }
    }
}
