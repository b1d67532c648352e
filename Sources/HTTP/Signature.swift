import Checksum
import Wire

/// How a request is signed (operations of Alibaba Cloud: signature versions 1.0 and ACS3).
public enum Signature: Equatable, Sendable {
    /// Over the sorted parameters, with HMAC-SHA1.
    case version1(accessKeyID: String, method: String, signature: String)
    /// Over the request as it travels, with HMAC-SHA256.
    case version3(
        accessKeyID: String, algorithm: String, signedHeaders: [String], signature: String)

    public static let version3Algorithm = "ACS3-HMAC-SHA256"
    public static let version1Method = "HMAC-SHA1"

    /// What a request says of its signature; nil: it has neither kind.
    ///
    /// - Parameter fields: the parameters of query and form together.
    public static func read(_ request: HTTPRequest, _ fields: [FormField]) -> Signature? {
        if let text = request.header("authorization"), text.hasPrefix("ACS3-") {
            return version3(text)
        }
        guard let key = last("AccessKeyId", fields) else { return nil }
        return .version1(
            accessKeyID: key, method: last("SignatureMethod", fields) ?? "",
            signature: last("Signature", fields) ?? "")
    }

    private static func last(_ name: String, _ fields: [FormField]) -> String? {
        fields.last { $0.name == name }.map(\.value).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `ACS3-HMAC-SHA256 Credential=AK,SignedHeaders=a;b,Signature=hex`
    private static func version3(_ text: String) -> Signature? {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { return nil }
        var values: [Substring: String] = [:]
        for part in words[1].split(separator: ",") {
            let name = part.prefix { $0 != "=" }
            let value = HTTPText.trimmed(part.dropFirst(name.count + 1))
            values[name.drop { $0 == " " }] = value
        }
        guard let key = values["Credential"], !key.isEmpty else { return nil }
        let headers = (values["SignedHeaders"] ?? "").split(separator: ";").map(String.init)
        return .version3(
            accessKeyID: key, algorithm: String(words[0]), signedHeaders: headers,
            signature: values["Signature"] ?? "")
    }

    public var accessKeyID: String {
        switch self {
        case .version1(let key, _, _), .version3(let key, _, _, _): key
        }
    }

    /// What came of a check.
    public enum Verdict: Equatable, Sendable {
        case right
        /// It was made over another text, or with another secret.
        ///
        /// - Parameter stringToSign: what it should have been made over.
        case wrong(stringToSign: String)
        /// It is of no kind that is known, or a part is missing.
        case incomplete(String)
    }

    /// Checks the signature.
    ///
    /// - Parameters:
    ///   - queryFields: the parameters of the query.
    ///   - formFields: those of the form.
    public func check(
        secret: String, _ request: HTTPRequest, queryFields: [FormField], formFields: [FormField]
    ) -> Verdict {
        switch self {
        case .version1(_, let method, let signature):
            guard method == Self.version1Method else {
                return .incomplete("SignatureMethod \(method): HMAC-SHA1 is right.")
            }
            let text = Self.stringToSign1(request.method, queryFields + formFields)
            let code = SHA1.authenticationCode(Array(text.utf8), key: Array("\(secret)&".utf8))
            let isRight = areEqualInConstantTime(Base64.encode(code), signature)
            return isRight ? .right : .wrong(stringToSign: text)
        case .version3(_, let algorithm, let names, let signature):
            guard algorithm == Self.version3Algorithm else {
                return .incomplete("\(algorithm): ACS3-HMAC-SHA256 is right.")
            }
            let digest = hexadecimal(SHA256.digest(request.body))
            guard request.header("x-acs-content-sha256") == digest else {
                return .incomplete("x-acs-content-sha256 is the SHA-256 of the body.")
            }
            let canonical = Self.canonicalRequest(request, queryFields, names, digest)
            let text = algorithm + "\n" + hexadecimal(SHA256.digest(Array(canonical.utf8)))
            let code = SHA256.authenticationCode(Array(text.utf8), key: Array(secret.utf8))
            let isRight = areEqualInConstantTime(hexadecimal(code), signature)
            return isRight ? .right : .wrong(stringToSign: text)
        }
    }

    static func stringToSign1(_ method: String, _ fields: [FormField]) -> String {
        let signed = fields.filter { $0.name != "Signature" }
        return "\(method)&%2F&\(Form.percentEncoded(Form.canonical(signed)))"
    }

    static func canonicalRequest(
        _ request: HTTPRequest, _ fields: [FormField], _ names: [String], _ digest: String
    ) -> String {
        let names = names.map { $0.lowercased() }.sorted()
        let lines = names.map { name in
            let values = request.headers.filter { $0.name == name }.map(\.value)
            return "\(name):\(values.joined(separator: ","))\n"
        }
        return [
            request.method, request.path, Form.canonical(fields), lines.joined(),
            names.joined(separator: ";"), digest,
        ].joined(separator: "\n")
    }
}
