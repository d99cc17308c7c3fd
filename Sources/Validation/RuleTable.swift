import Manifests

/// All rules there are.
public enum RuleTable {
    /// Every rule, by its name.
    public static let all: [String: Rule] = Dictionary(
        uniqueKeysWithValues: tables.joined().map { ($0.id, $0) })

    /// The named sets of rules that are off by default.
    public static let sets = ["recommended"]

    static let tables: [[Rule]] = [MetadataRules.all, PodRules.all, ExpressionRules.all] + ObjectRules.tables + [FormRules.settable, PracticeRules.all]

    /// Every rule that a diagnostic can name, also those that always hold.
    public static let explained: [String: Rule] = all.merging(FormRules.fixed.map { ($0.id, $0) }) { known, _ in known }

    static let identity = FormRules.identity

    /// The names of a set's rules.
    static func rules(ofSet set: String) -> [String] {
        all.values.filter { $0.set == set }.map(\.id)
    }

    /// Whether a name is that of a rule which always holds: of the form of files, of
    /// `ops.yaml`, of what a target can hold.
    public static func isFixed(_ name: String) -> Bool {
        ["yaml/", "json/", "ops/", "path/", "manifest/"].contains { name.hasPrefix($0) }
    }
}
