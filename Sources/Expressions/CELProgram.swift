/// What an evaluation came to.
public enum CELResult: Sendable {
    /// A value; whether it is the one wanted is for the caller to say.
    case value(CELValue)
    /// An error in the words of cel-go: `no such key: foo`.
    case error(String)
    /// No verdict: the program uses what is not implemented, or costs too much.
    case notEvaluated(reason: String)
}

/// A problem that the API server refuses a rule for when it is created.
public struct CELProblem: Sendable, Hashable {
    /// What is wrong, in the words of cel-go: `undeclared reference to 'foo'`.
    public let message: String
    /// Where, in bytes from the beginning of the source.
    public let offset: Int

    /// A problem at a place.
    public init(message: String, offset: Int) {
        self.message = message
        self.offset = offset
    }
}

/// An expression of CEL as the validation rules of Kubernetes use it
/// (`x-kubernetes-validations`), ready to be evaluated.
public struct CELProgram: Sendable {
    /// The text it was read from.
    public let source: String
    /// The functions it calls that are not implemented here, sorted, each once.
    /// A program that has any is never evaluated.
    public let unsupportedFunctions: [String]
    /// Whether it reads `oldSelf`: a transition rule, which is not evaluated
    /// when an object is created.
    public let usesOldSelf: Bool

    private let root: CELNode
    private let patterns: CELPatterns

    /// Reads an expression.
    ///
    /// - Parameter source: the text of the rule.
    /// - Throws: what is wrong with its syntax and where. Nothing deeper than 250
    ///   levels or longer than 100,000 characters is read (cel-go's limits).
    public init(_ source: String) throws(CELError) {
        self.source = source
        var parser = try CELParser(source)
        root = try parser.parse()
        var inspection = CELInspection(declared: [])
        inspection.visit(root, locals: [])
        unsupportedFunctions = inspection.unsupported.sorted()
        usesOldSelf = inspection.usesOldSelf
        patterns = CELPatterns(inspection.patterns)
    }

    /// What the API server would refuse the rule for, as far as it can be told
    /// without types: names and functions that are not declared, patterns,
    /// durations and timestamps that are none.
    ///
    /// - Parameter names: variables besides `self`, `oldSelf` and those of macros.
    public func problems(declaring names: Set<String> = []) -> [CELProblem] {
        var inspection = CELInspection(declared: names.union(["self", "oldSelf"]))
        inspection.visit(root, locals: [])
        return inspection.problems
    }

    /// Evaluates the expression.
    ///
    /// - Parameters:
    ///   - variables: values by name (`self`, `oldSelf`).
    ///   - costLimit: the most steps; long texts and lists count as many.
    public func evaluate(_ variables: [String: CELValue], costLimit: Int = 1_000_000) -> CELResult {
        var budget = costLimit
        return evaluate(variables, budget: &budget)
    }

    /// Evaluates the expression out of a budget that several share.
    ///
    /// - Parameters:
    ///   - variables: values by name (`self`, `oldSelf`).
    ///   - budget: the most steps; afterwards what is left of them.
    public func evaluate(_ variables: [String: CELValue], budget: inout Int) -> CELResult {
        let costLimit = budget
        guard unsupportedFunctions.isEmpty else {
            return .notEvaluated(reason: "not implemented: \(unsupportedFunctions.joined(separator: ", "))")
        }
        var evaluation = CELEvaluation(variables: variables, budget: costLimit, patterns: patterns)
        defer { budget = max(0, evaluation.budget) }
        do throws(CELStop) {
            return .value(try evaluation.value(of: root))
        } catch {
            switch error {
            case .error(let message): return .error(message)
            case .notImplemented(let what): return .notEvaluated(reason: "not implemented: \(what)")
            case .costExceeded: return .notEvaluated(reason: "the cost limit of \(costLimit) steps is exceeded")
            }
        }
    }
}

/// Patterns that stand literally in a program, compiled once.
struct CELPatterns: Sendable {
    private let compiled: [[UInt8]: RegularExpression]

    init(_ patterns: Set<String>) {
        var compiled: [[UInt8]: RegularExpression] = [:]
        for pattern in patterns { compiled[Array(pattern.utf8)] = try? RegularExpression(pattern) }
        self.compiled = compiled
    }

    func expression(_ pattern: String) throws(RegularExpressionError) -> RegularExpression {
        if let known = compiled[Array(pattern.utf8)] { return known }
        return try RegularExpression(pattern)
    }
}
