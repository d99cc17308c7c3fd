public import Manifests

/// What `validate` in `ops.yaml` says: which Kubernetes versions manifests must
/// be right for, and how much breaking a rule matters.
public struct ValidationSettings: Sendable, Hashable {
    /// How much breaking a rule matters.
    public enum Level: String, Sendable, Hashable, CaseIterable {
        case error, warn, off
    }

    /// A rule, or a named set of rules, and its level.
    public struct RuleLevel: Sendable, Hashable {
        /// As it is written: `k8s/unknown-kind`, `recommended`.
        public let name: String
        /// How much breaking it matters.
        public let level: Level
        /// Where the name stands.
        public let position: SourcePosition
    }

    /// A version of Kubernetes.
    public struct Version: Sendable, Hashable {
        /// `1.34`.
        public let name: String
        /// Where it stands.
        public let position: SourcePosition
    }

    /// All of which manifests must pass; empty for the newest that is known.
    public var kubernetes: [Version] = []
    /// In the order of the file; a later one counts.
    public var rules: [RuleLevel] = []

    /// Nothing said: the newest version, every rule as it comes.
    public init() {}

    /// These settings with those of an environment over them.
    public func overridden(by own: ValidationSettings?) -> ValidationSettings {
        guard let own else { return self }
        var merged = self
        if !own.kubernetes.isEmpty { merged.kubernetes = own.kubernetes }
        merged.rules += own.rules
        return merged
    }
}

extension OpsFileReading {
    static let validationKeys = ["kubernetes", "rules"]

    /// Reads the mapping under `validate`.
    mutating func readValidation(_ node: Node) -> ValidationSettings? {
        guard let pairs = mapping(node, "\"validate\"") else { return nil }
        var settings = ValidationSettings()
        readKeys(pairs, known: Self.validationKeys, of: "\"validate\"") { reading, key, value in
            switch key.text {
            case "kubernetes": settings.kubernetes = reading.readVersions(value)
            default: settings.rules = reading.readRules(value)
            }
        }
        return settings
    }

    private mutating func readVersions(_ node: Node) -> [ValidationSettings.Version] {
        if let items = node.items {
            if items.isEmpty { report("type", node.position, "\"kubernetes\" names no version", hint: "leave the key out for the newest") }
            return items.compactMap { readVersion($0) }
        }
        return readVersion(node).map { [$0] } ?? []
    }

    private mutating func readVersion(_ node: Node) -> ValidationSettings.Version? {
        guard let version = text(node, "kubernetes") else { return nil }
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.count <= 3 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
            report(
                "kubernetes-version", node.position, "\(TerminalText.quoted(version)) is no version of Kubernetes",
                hint: "write major and minor version in quotes, such as \"1.34\"")
            return nil
        }
        return ValidationSettings.Version(name: version, position: node.position)
    }

    private mutating func readRules(_ node: Node) -> [ValidationSettings.RuleLevel] {
        guard !node.isNull, let pairs = mapping(node, "\"rules\"") else { return [] }
        var rules: [ValidationSettings.RuleLevel] = []
        readKeys(pairs, known: nil, of: "\"rules\"") { reading, key, value in
            let written = value.text ?? ""
            // `off` is a boolean to the API machinery, and the word that people write here.
            guard let level = ValidationSettings.Level(rawValue: written), value.items == nil, value.pairs == nil else {
                reading.report(
                    "rule-level", value.position, "rule \(TerminalText.quoted(key.text ?? "")) cannot be \(TerminalText.quoted(written))",
                    hint: "use error, warn or off")
                return
            }
            rules.append(.init(name: key.text ?? "", level: level, position: key.position))
        }
        return rules
    }
}
