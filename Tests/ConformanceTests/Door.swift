import ECS
import Foundation
import TestSupport
import Wire

/// Another way to ask for CreateImage than the binary protocol.
protocol Door {
    /// - Parameter key: the AccessKeyId.
    func createImage(
        _ request: CreateImageRequest, key: String
    ) throws -> Result<CreateImageResponse, TestClient.Refused>
}

/// HTTP as it travels, with every parameter where the SDKs put it.
struct HTTPDoor: Door {
    let http: TestHTTP

    init(port: UInt16) throws { http = try TestHTTP(port: port) }

    func createImage(
        _ request: CreateImageRequest, key: String
    ) throws -> Result<CreateImageResponse, TestClient.Refused> {
        var request = request
        for index in request.diskDeviceMapping.indices
        where request.diskDeviceMapping[index].size == 0 {
            // Over HTTP a Size of 0 is none; the next smaller is as wrong.
            request.diskDeviceMapping[index].size = -1
        }
        let fields = ParameterWriter.fields(of: request)
        // Half of them as Terraform does: its own parameters in a form.
        let asForm = fields.count % 2 == 0
        try http.send(TestHTTP.request("CreateImage", fields, key: key, asForm: asForm))
        let answer = try http.answer()
        guard answer.status != 200 else {
            return .success(
                .with {
                    $0.requestID = answer.string("RequestId")
                    $0.imageID = answer.string("ImageId")
                })
        }
        let error = ECSError(Int32(answer.status), answer.code, answer.string("Message"))
            .naming(answer.string("Parameter"), hint: answer.string("Hint"))
        return .failure(TestClient.Refused(error, requestID: answer.string("RequestId")))
    }
}

/// The real SDKs, which a Python program calls for each line that it reads.
final class SDKDoor: Door {
    /// The Python that has them; `.ci/run` makes it.
    static let python = ProcessInfo.processInfo.environment["IMAGED_SDK_PYTHON"]

    /// For `.enabled(if:)`, as `Tool.available` is.
    static var isAvailable: Bool {
        python != nil || ProcessInfo.processInfo.environment["IMAGED_REQUIRE_TOOLS"] != nil
    }

    struct NoPython: Error, CustomStringConvertible {
        let description = "IMAGED_SDK_PYTHON names no Python with the SDKs: see .ci/run"
    }

    /// What the SDK raised; with the name of its class.
    struct Raised: Error, CustomStringConvertible {
        let type: String
        let description: String
    }

    static func script(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().path + "/sdk/\(name)"
    }

    private let version: Int
    private let endpoint: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var received = Data()

    /// - Parameter version: 7, or 1 for the older one.
    init(version: Int, port: UInt16) throws {
        self.version = version
        endpoint = "127.0.0.1:\(port)"
        guard let python = Self.python else { throw NoPython() }
        process.executableURL = URL(filePath: python)
        process.arguments = ["-B", Self.script("drive.py")]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// The members of the SDK's answer.
    func call<M: Message>(
        _ action: String, _ request: M, key: String
    ) throws -> (ok: [String: Any]?, error: [String: Any]) {
        let json = JSONWriter.bytes(of: request, .fields)
        let line: [String: Any] = [
            "sdk": version, "endpoint": endpoint, "key": key, "action": action,
            "request": try JSONSerialization.jsonObject(with: Data(json)),
            "parameters": ParameterWriter.fields(of: request).map { [$0.name, $0.value] },
        ]
        let data = try JSONSerialization.data(withJSONObject: line)
        try input.fileHandleForWriting.write(contentsOf: data + [0x0a])
        while !received.contains(0x0a) {
            let part = output.fileHandleForReading.availableData
            if part.isEmpty { throw Raised(type: "", description: "the SDK's process ended") }
            received.append(part)
        }
        let end = received.firstIndex(of: 0x0a)!
        let answer = try JSONSerialization.jsonObject(with: received[..<end]) as? [String: Any]
        received = Data(received[(end + 1)...])
        return (
            answer?["ok"] as? [String: Any], answer?["error"] as? [String: Any] ?? [:]
        )
    }

    func createImage(
        _ request: CreateImageRequest, key: String
    ) throws -> Result<CreateImageResponse, TestClient.Refused> {
        var request = request
        for index in request.tag.indices where request.tag[index].key.isEmpty {
            // The SDKs' models have no older names of a tag's parts.
            request.tag[index].key = request.tag[index].legacyKey
            request.tag[index].value = request.tag[index].value ?? request.tag[index].legacyValue
        }
        let (ok, error) = try call("CreateImage", request, key: key)
        if let ok {
            return .success(
                .with {
                    $0.requestID = ok["RequestId"] as? String ?? ""
                    $0.imageID = ok["ImageId"] as? String ?? ""
                })
        }
        let status = Int32(error["status"] as? Int ?? 0)
        // The newer SDK has a class for each kind of status, the older one for all.
        let type = error["type"] as? String ?? ""
        let right = version == 7 && status < 500 ? "ClientException" : "ServerException"
        guard type == right else {
            throw Raised(type: type, description: "\(type) instead of \(right): \(error)")
        }
        let raised = ECSError(
            status, error["code"] as? String ?? "", error["message"] as? String ?? "")
        return .failure(
            TestClient.Refused(raised, requestID: error["request_id"] as? String ?? ""))
    }
}
