import Environments
import Manifests

/// How much breaking each rule matters in an environment: what `ops.yaml` says over
/// what the rules say of themselves.
struct RuleLevels: Sendable {
    private var levels: [String: ValidationSettings.Level] = [:]
    private var sets: [String: ValidationSettings.Level] = [:]

    init(_ settings: ValidationSettings) {
        for rule in settings.rules {
            if RuleTable.sets.contains(rule.name) {
                sets[rule.name] = rule.level
                // What was said of one of its rules before is overruled.
                for id in RuleTable.rules(ofSet: rule.name) { levels[id] = nil }
            } else {
                levels[rule.name] = rule.level
            }
        }
    }

    /// Whether a rule that is off by default is wanted.
    func isOn(_ rule: Rule) -> Bool { severity(of: rule.id, default: rule.severity) != nil }

    /// The severity of a rule; nil where it is off.
    func severity(of id: String, default severity: Diagnostic.Severity?) -> Diagnostic.Severity? {
        let level = levels[id] ?? (sets.isEmpty ? nil : RuleTable.all[id]?.set.flatMap { sets[$0] })
        return switch level {
        case .error: .error
        case .warn: .warning
        case .off: nil
        case nil: severity
        }
    }

    /// What is wrong with the names of rules in `ops.yaml`.
    static func problems(_ settings: ValidationSettings, file: String) -> [Diagnostic] {
        settings.rules.compactMap { rule in
            if RuleTable.all[rule.name] != nil || RuleTable.sets.contains(rule.name) { return nil }
            return Diagnostic(
                file: file, position: rule.position, rule: "ops/unknown-rule",
                message: RuleTable.isFixed(rule.name)
                    ? "the level of rule \(TerminalText.quoted(rule.name)) cannot be set"
                    : "there is no rule \(TerminalText.quoted(rule.name))",
                hint: Suggestion.hint(for: rule.name, among: RuleTable.all.keys.sorted() + RuleTable.sets)
                    ?? "see: git ops explain --list")
        }
    }
}
