import Manifests

/// One reading of `ops.yaml`: the rules of its content.
struct OpsFileReading {
    /// A settings file is small; what isn't was never meant to be one.
    static let limits = ReadingLimits(bytes: 1 << 20, depth: 64)

    private static let topLevelKeys = ["environments", "validate"]
    private static let environmentKeys = ["path", "branch", "validate"]

    private(set) var environments: [Declaration] = []
    private(set) var validation = ValidationSettings()

    private let file: String
    private var diagnostics: [Diagnostic] = []

    init(file: String) {
        self.file = file
    }

    /// What is wrong, as it stands in the file.
    var diagnosticsInOrder: [Diagnostic] {
        // Positions alone would leave errors at one place in any order.
        diagnostics.enumerated().sorted {
            ($0.element.position ?? .start, $0.offset) < ($1.element.position ?? .start, $1.offset)
        }.map(\.element)
    }

    mutating func read(_ documents: [Document]) {
        guard let document = documents.first else { return reportEmpty(at: .start) }
        if documents.count > 1 {
            report("document", documents[1].position, "ops.yaml is one document, and another one starts here")
        }
        readTopLevel(document.root)
    }

    private mutating func readTopLevel(_ root: Node) {
        if root.isNull { return reportEmpty(at: root.position) }
        guard let pairs = mapping(root, "ops.yaml") else { return }
        var declarations: Node?
        readKeys(pairs, known: Self.topLevelKeys, of: "ops.yaml") { reading, key, value in
            switch key.text {
            case "environments": declarations = value
            default: reading.validation = reading.readValidation(value) ?? reading.validation
            }
        }
        guard let declarations else {
            if pairs.contains(where: { $0.key.text == "validate" }) {
                environments = OpsFile.implicit.environments
                return
            }
            if !pairs.contains(where: { $0.key.text == "environments" }) {
                report(
                    "no-environments", root.position, "ops.yaml declares no environments",
                    hint: "add the key \"environments\"")
            }
            return
        }
        readEnvironments(declarations)
    }

    private mutating func readEnvironments(_ node: Node) {
        guard !node.isNull else { return reportNoEnvironments(at: node) }
        guard let pairs = mapping(node, "\"environments\"") else { return }
        if pairs.isEmpty { reportNoEnvironments(at: node) }
        readKeys(pairs, known: nil, of: "\"environments\"") { reading, key, value in
            reading.readEnvironment(key, value)
        }
    }

    private mutating func readEnvironment(_ key: Node, _ value: Node) {
        let name = key.text ?? ""
        let isNameValid = EnvironmentName.isValid(name)
        if !isNameValid {
            report(
                "environment-name", key.position, "\(TerminalText.quoted(name)) is no name of an environment",
                hint: "use \(EnvironmentName.rule)")
        }
        let subject = "environment \(TerminalText.quoted(name))"
        var path = "."
        var branch: String?
        var validation: ValidationSettings?
        // `production:` alone takes every default.
        if !value.isNull {
            guard let pairs = mapping(value, subject) else { return }
            readKeys(pairs, known: Self.environmentKeys, of: subject) { reading, key, value in
                switch key.text {
                case "path": path = reading.readPath(value) ?? path
                case "validate": validation = reading.readValidation(value)
                default: branch = reading.readBranch(value)
                }
            }
        }
        if isNameValid {
            environments.append(
                Declaration(name: name, path: path, branch: branch, validation: validation, position: key.position))
        }
    }

    private mutating func readPath(_ node: Node) -> String? {
        guard let path = text(node, "path") else { return nil }
        if let fault = EnvironmentPath.fault(in: path) {
            report("path", node.position, "path \(TerminalText.quoted(path)) \(fault.message)", hint: fault.hint)
            return nil
        }
        return path
    }

    private mutating func readBranch(_ node: Node) -> String? {
        guard let branch = text(node, "branch") else { return nil }
        if let fault = BranchName.fault(in: branch) {
            report(
                "branch", node.position, "branch \(TerminalText.quoted(branch)) \(fault.message)", hint: fault.hint)
            return nil
        }
        return branch
    }

    // MARK: shapes

    /// The pairs of what must be a mapping.
    mutating func mapping(_ node: Node, _ subject: String) -> [Node.Pair]? {
        guard let pairs = node.pairs, isTagKnown(node, "map") else {
            report("type", node.position, "\(subject) must be a mapping, not \(ValueKind(node).phrase)")
            return nil
        }
        return pairs
    }

    /// The text of what must be text.
    mutating func text(_ node: Node, _ key: String) -> String? {
        let kind = ValueKind(node)
        guard kind == .text, let text = node.text else {
            let written = node.text ?? ""
            report(
                "type", node.position, "\"\(key)\" must be text, not \(kind.phrase)",
                hint: kind == .null
                    ? "leave the key out for the default"
                    : kind.isScalar ? "put it in quotes: \(TerminalText.quoted(written))" : nil)
            return nil
        }
        return text
    }

    private func isTagKnown(_ node: Node, _ name: String) -> Bool {
        node.tag == nil || node.tag == "!" || node.tag == "tag:yaml.org,2002:\(name)"
    }

    /// Hands each key that is known (any text, if `known` is nil) to `body`, the
    /// first time that it appears.
    mutating func readKeys(
        _ pairs: [Node.Pair], known: [String]?, of subject: String,
        _ body: (inout OpsFileReading, Node, Node) -> Void
    ) {
        var seen: [String: SourcePosition] = [:]
        for pair in pairs {
            // Aliases could repeat the same errors without end.
            if diagnostics.count >= Self.limits.diagnostics {
                if diagnostics.last?.rule != Self.tooManyErrors {
                    report("too-many-errors", pair.key.position, "too many errors, the rest was not read")
                }
                return
            }
            guard let key = pair.key.text, isTagKnown(pair.key, "str") else {
                report(
                    "type", pair.key.position,
                    "a key of \(subject) must be text, not \(ValueKind(pair.key).phrase)")
                continue
            }
            if let first = seen[key] {
                report(
                    "duplicate-key", pair.key.position,
                    "key \(TerminalText.quoted(key)) was already given at line \(first.line), column \(first.column)")
                continue
            }
            seen[key] = pair.key.position
            if let known, !known.contains(key) {
                reportUnknown(pair.key, key, known: known, of: subject)
                continue
            }
            body(&self, pair.key, pair.value)
        }
    }

    // MARK: diagnostics

    private static let tooManyErrors = "ops/too-many-errors"

    private mutating func reportUnknown(_ node: Node, _ key: String, known: [String], of subject: String) {
        let quoted = known.map { "\"\($0)\"" }
        let list = quoted.dropLast().joined(separator: ", ") + (quoted.count > 1 ? " and " : "") + (quoted.last ?? "")
        report(
            "unknown-key", node.position, "unknown key \(TerminalText.quoted(key)) in \(subject)",
            hint: Suggestion.hint(for: key, among: known) ?? "this version of git-ops knows \(list) here")
    }

    private mutating func reportEmpty(at position: SourcePosition) {
        report(
            "empty", position, "ops.yaml is empty",
            hint: "declare environments, or remove the file to deploy the whole tree as \"default\"")
    }

    private mutating func reportNoEnvironments(at node: Node) {
        report(
            "no-environments", node.position, "\"environments\" declares no environment",
            hint: "add one, or remove the file to deploy the whole tree as \"default\"")
    }

    mutating func report(
        _ rule: String, _ position: SourcePosition, _ message: String, hint: String? = nil
    ) {
        diagnostics.append(
            Diagnostic(file: file, position: position, rule: "ops/\(rule)", message: message, hint: hint))
    }
}
