import ECS
import HTTP

/// What a request over HTTP asks for.
struct HTTPCall: Sendable {
    let request: APIRequest
    let entry: OperationEntry
    let form: HTTPAnswerForm
    let accountID: String
    var ramUser = ""
    let keyRule: KeyRule
}

/// What an operation's answer becomes.
enum HTTPAnswerForm: Sendable {
    case json(JSONWriter.Style)
    /// The text in a MetricsResponse, for Prometheus.
    case metrics
}

/// Why a request over HTTP reaches no operation.
struct HTTPRefusal: Error {
    let error: ECSError
    var headers: [HTTPHeader] = []
}

/// Reads requests over HTTP (`protocol/http.md`): which operation, for which account, with which
/// parameters. It decides nothing that the operation itself does.
struct HTTPGateway: Sendable {
    static let version = "2014-05-26"
    static let ownPrefix = "/_imaged/"

    let hasFixture: Bool
    /// By their IDs.
    let accessKeys: [String: AccessKey]

    func read(_ request: HTTPRequest) throws(HTTPRefusal) -> HTTPCall {
        // A page of some website in the user's browser is no client (it needs no permission to send
        // forms to this machine), and browsers say where a request comes from.
        if request.header("origin") != nil || request.header("sec-fetch-site") != nil {
            throw HTTPRefusal(
                error: ECSError(403, "Forbidden", "Browsers are not answered here."))
        }
        if request.path == "/" {
            try check(request, ["GET", "POST"])
            return try readECS(request)
        }
        guard request.path.hasPrefix(Self.ownPrefix) else {
            throw HTTPRefusal(
                error: ECSError(404, "NotFound", "There is nothing at this path.")
                    .hinting("ECS is at /, the rest below \(Self.ownPrefix)."))
        }
        return try readOwn(request, String(request.path.dropFirst(Self.ownPrefix.count)))
    }

    private func check(_ request: HTTPRequest, _ methods: [String]) throws(HTTPRefusal) {
        if methods.contains(request.method) { return }
        let list = methods.joined(separator: ", ")
        throw HTTPRefusal(
            error: ECSError(405, "MethodNotAllowed", "\(list) is right."),
            headers: [HTTPHeader("Allow", list)])
    }

    private func refuse(_ error: ECSError) -> HTTPRefusal { HTTPRefusal(error: error) }

    // MARK: ECS

    private func readECS(_ request: HTTPRequest) throws(HTTPRefusal) -> HTTPCall {
        let (query, form) = try fields(request)
        let parameters = Parameters((query + form).lazy.map { ($0.name, $0.value) })
        guard let action = request.header("x-acs-action") ?? parameters["Action"] else {
            throw refuse(.missingParameter("Action"))
        }
        guard let version = request.header("x-acs-version") ?? parameters["Version"] else {
            throw refuse(.missingParameter("Version"))
        }
        guard version == Self.version else { throw refuse(.invalidVersion(right: Self.version)) }
        guard let entry = OperationEntry.ecs[action] else {
            throw refuse(.invalidActionNotFound(action))
        }
        // Unknown parameters are passed over, but whoever asks for this one wants nothing done.
        if parameters["DryRun"]?.lowercased() == "true" && !entry.hasDryRun {
            throw refuse(
                .invalidParameter("DryRun", hint: "\(action) has none here; nothing was done."))
        }
        let (accountID, ramUser) = try identify(request, query, form)
        do throws(ECSError) {
            return HTTPCall(
                request: try entry.fill(parameters), entry: entry, form: .json(.ecs),
                accountID: accountID, ramUser: ramUser, keyRule: hasFixture ? .opens : .mustExist)
        } catch {
            throw refuse(error)
        }
    }

    /// The parameters of the query, and those of a body that is a form.
    private func fields(
        _ request: HTTPRequest
    ) throws(HTTPRefusal) -> (query: [FormField], form: [FormField]) {
        do throws(FormProblem) {
            let query = try Form.fields(request.query.utf8)
            let type = (request.header("content-type") ?? "").prefix { $0 != ";" }.lowercased()
            let isForm = type.hasPrefix("application/x-www-form-urlencoded")
            return (query, isForm ? try Form.fields(request.body) : [])
        } catch {
            throw refuse(.invalidParameter(error.name, hint: error.reason))
        }
    }

    /// The account that the request's access key stands for: the one that the configuration says,
    /// whose secret the signature is checked with; else the one of that name. With `--fixture`,
    /// `NAME/USER` is the account's RAM user.
    private func identify(
        _ request: HTTPRequest, _ query: [FormField], _ form: [FormField]
    ) throws(HTTPRefusal) -> (accountID: String, ramUser: String) {
        guard let signature = Signature.read(request, query + form) else {
            throw refuse(.missingParameter("AccessKeyId"))
        }
        let parts = signature.accessKeyID.split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false
        ).map(String.init)
        let ramUser = parts.count == 2 ? parts[1] : ""
        guard hasFixture || parts.count == 1 else { throw refuse(.invalidAccessKeyIDNotFound) }
        guard let key = accessKeys[parts[0]] else {
            // An account that has keys is not reached past them.
            let isOpen = !accessKeys.values.contains { $0.accountID == parts[0] }
            guard isOpen, Text.isAccountID(parts[0]) else {
                throw refuse(.invalidAccessKeyIDNotFound)
            }
            return (parts[0], ramUser)
        }
        switch signature.check(
            secret: key.secret, request, queryFields: query, formFields: form)
        {
        case .right: return (key.accountID, ramUser)
        case .wrong(let text): throw refuse(.signatureDoesNotMatch(stringToSign: text))
        case .incomplete(let hint): throw refuse(.incompleteSignature(hint))
        }
    }

    // MARK: Our own

    /// `GET /_imaged/health` and `/_imaged/metrics`, and `POST /_imaged/OPERATION?AccountId=NAME`
    /// with JSON.
    private func readOwn(
        _ request: HTTPRequest, _ name: String
    ) throws(HTTPRefusal) -> HTTPCall {
        if name == "health" {
            try check(request, ["GET"])
            return try call(OperationEntry.daemon["Health"]!, [], "default", .none)
        }
        if name == "metrics" {
            try check(request, ["GET"])
            return try call(
                OperationEntry.daemon["Metrics"]!, [], "default", .none, form: .metrics)
        }
        // A stream's number means nothing here, and its frames cannot be told.
        let daemon = ["Watch", "Cancel"].contains(name) ? nil : OperationEntry.daemon[name]
        guard let entry = OperationEntry.fixture[name] ?? daemon else {
            throw refuse(
                ECSError(404, "NotFound", "There is no operation \(name.prefix(64)) here."))
        }
        guard hasFixture || entry.service != .fixture else {
            throw refuse(
                ECSError(404, "NotFound", "\(name) is for tests.")
                    .hinting("Start the daemon with --fixture."))
        }
        try check(request, ["POST"])
        let (query, _) = try fields(request)
        let accountID = query.last { $0.name == "AccountId" }?.value ?? "default"
        guard Text.isAccountID(accountID) else {
            throw refuse(
                .invalidParameter(
                    "AccountId", hint: "1 to 64 letters, digits, -, _ or ., first no - or ."))
        }
        return try call(entry, request.body, accountID, hasFixture ? .opens : .none)
    }

    private func call(
        _ entry: OperationEntry, _ body: [UInt8], _ accountID: String, _ keyRule: KeyRule,
        form: HTTPAnswerForm = .json(.proto)
    ) throws(HTTPRefusal) -> HTTPCall {
        do throws(ECSError) {
            return HTTPCall(
                request: try entry.read(body), entry: entry, form: form, accountID: accountID,
                keyRule: keyRule)
        } catch {
            throw refuse(error)
        }
    }
}
