import Catalog

/// A RAM policy document: JSON with Version "1" and statements.
enum PolicyDocument {
    /// - Throws: what is wrong with it.
    static func read(_ text: String) throws(PolicyProblem) -> [StatementRecord] {
        throw PolicyProblem(reason: "not read yet")
    }
}

/// What is wrong with a policy document.
struct PolicyProblem: Error {
    let reason: String
}
