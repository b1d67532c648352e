import ECS

/// Collects what is wrong with a request. Usually the first error ends it; a request that wants
/// an explanation is judged to the end, as far as that makes sense without what is missing.
struct Verdict {
    let isExplaining: Bool
    private(set) var errors: [ECSError] = []

    init(_ caller: Caller) { isExplaining = caller.explains }

    /// - Throws: the error itself, unless all are wanted.
    mutating func add(_ error: ECSError) throws(Refusal) {
        if !isExplaining { throw .error(error) }
        if errors.count < SyntaxErrors.countMax { errors.append(error) }
    }

    mutating func require(
        _ isRight: Bool, _ error: @autoclosure () -> ECSError
    ) throws(Refusal) {
        if !isRight { try add(error()) }
    }

    /// Runs a check that throws; nil: it has thrown, and that is noted.
    mutating func attempt<Value>(
        _ body: () throws(Refusal) -> Value
    ) throws(Refusal) -> Value? {
        do throws(Refusal) {
            return try body()
        } catch .errors(let errors) {
            for error in errors { try add(error) }
            return nil
        }
    }

    /// - Throws: everything that was found.
    func close() throws(Refusal) {
        if !errors.isEmpty { throw .errors(errors) }
    }
}
