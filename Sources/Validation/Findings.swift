import Manifests

/// What rules find in one object.
public struct Findings {
    /// The rules that are being checked, and which of them is; a copy of each in
    /// turn would cost more than most checks.
    private var rules: [Rule]
    private var current = 0
    /// The file's name for diagnostics.
    let file: String
    private(set) var diagnostics: [Diagnostic] = []
    /// What each is about.
    private(set) var values: [Value] = []

    /// The most that are kept of one object by one rule: a hostile one could have
    /// millions, and what exceptions allow must not hide what they do not.
    private static let most = RuleException.most + 1
    private var told: [String: Int] = [:]

    init(file: String, rule: Rule) {
        self.file = file
        rules = [rule]
    }

    /// The rule that is being checked.
    var rule: Rule { rules[current] }

    /// Names the rules that are checked from now on.
    mutating func begin(_ rules: [Rule]) {
        self.rules = rules
        current = 0
    }

    /// Says which of the rules is checked from now on.
    mutating func turn(to index: Int) { current = index }

    /// Notes that the rule is broken.
    ///
    /// - Parameters:
    ///   - value: where: the value at fault, or the nearest that is there. For a field
    ///     that should not be there, its key.
    ///   - message: what is wrong, lower case, without a full stop. Text from the file
    ///     is quoted by `TerminalText.quoted` (`"…"`).
    ///   - hint: what to do.
    mutating func add(at value: Value, _ message: String, hint: String? = nil) {
        add(rule.id, rule.severity ?? .warning, at: value, message, hint: hint)
    }

    /// Takes back what does not hold here after all.
    mutating func removeAll(where isWrong: (Diagnostic) -> Bool) {
        let kept = diagnostics.indices.filter { !isWrong(diagnostics[$0]) }
        guard kept.count < diagnostics.count else { return }
        values = kept.map { values[$0] }
        diagnostics = kept.map { diagnostics[$0] }
    }

    /// Notes what is wrong under the name of a rule that is checked elsewhere.
    mutating func add(_ rule: String, _ severity: Diagnostic.Severity = .error, at value: Value, _ message: String, hint: String? = nil) {
        let count = told[rule + severity.rawValue, default: 0]
        guard count < Self.most else { return }
        told[rule + severity.rawValue] = count + 1
        diagnostics.append(
            Diagnostic(file: file, range: value.range, severity: severity, rule: rule, message: message, hint: hint))
        values.append(value)
    }
}
