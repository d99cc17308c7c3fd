import Environments
import Expressions
import Manifests
import Schemas
import Synchronization

/// The schemas that objects are checked against: of the chosen Kubernetes versions,
/// of what was imported, and of CustomResourceDefinitions in the tree.
final class SchemaCatalog: Sendable {
    /// What is known of an object's kind.
    struct Kind {
        fileprivate let schema: KindSchema?
        fileprivate let problems: [SchemaProblem]

        /// Whether its objects are in namespaces; nil where that is not known.
        var isNamespaced: Bool? {
            guard let schema, schema.isScopeKnown else { return nil }
            return !schema.isClusterScoped
        }

        /// Whether Kubernetes itself has it.
        var isBuiltIn: Bool { schema.map { !$0.isImported } ?? false }
    }

    private let schemas: SchemaSet
    private let libraries: [SchemaLibrary]
    private let versions: [String]
    private let expressions: ExpressionCache

    /// - Parameters:
    ///   - versions: of Kubernetes; empty for the newest.
    ///   - imported: what the repository keeps.
    /// - Throws: `SchemaSet.UnknownVersion`.
    convenience init(versions: [String], imported: ImportedSchemas) throws {
        try self.init(versions, imported.libraries, ExpressionCache())
    }

    private init(_ versions: [String], _ libraries: [SchemaLibrary], _ expressions: ExpressionCache) throws(SchemaSet.UnknownVersion) {
        self.versions = versions
        self.libraries = libraries
        self.expressions = expressions
        schemas = try SchemaSet(kubernetes: versions.isEmpty ? ["newest"] : versions, imported: libraries)
    }

    /// The same, and before them what documents define.
    func adding(_ library: SchemaLibrary) -> SchemaCatalog {
        // The versions were known before.
        (try? SchemaCatalog(versions, [library] + libraries, expressions)) ?? self
    }

    /// What is wrong with versions that `ops.yaml` names.
    static func problems(_ versions: [ValidationSettings.Version], file: String) -> [Diagnostic] {
        versions.compactMap { version in
            do throws(SchemaSet.UnknownVersion) {
                _ = try SchemaSet(kubernetes: [version.name])
                return nil
            } catch {
                return Diagnostic(
                    file: file, position: version.position, rule: "ops/kubernetes-version", message: error.message,
                    hint: "for a cluster of another version: git ops schema import")
            }
        }
    }

    /// Whether a CustomResourceDefinition is for a kind that Kubernetes has itself.
    static func definesBuiltIn(_ root: Value) -> Bool {
        guard let group = root.at("spec", "group")?.string, let kind = root.at("spec", "names", "kind")?.string, let schemas = try? SchemaSet(kubernetes: SchemaSet.kubernetesVersions)
        else { return false }
        return (root.at("spec", "versions") ?? root).items.contains { version in
            version["name"]?.string.map { schemas.schema(group: group, version: $0, kind: kind) != nil } ?? false
        }
    }

    /// Looks up an object's kind.
    func kind(of object: KubernetesObject, explains: Bool = true) -> Kind {
        let lookup = schemas.lookup(object.root, explains: explains)
        return Kind(schema: lookup.schema, problems: lookup.problems)
    }

    /// What the schemas that a repository brings may cost in one file: its objects
    /// may be many, and alias one another.
    final class Budget: @unchecked Sendable {
        // Only the thread that judges the file looks at it.

        /// Steps of schemas.
        var schema = 100_000_000
        /// Instructions of patterns.
        var patterns = 300_000_000
        /// Steps of rules in CEL.
        var rules = 20_000_000
    }

    /// Checks an object against the schema of its kind, and by the rules in it.
    func check(_ object: KubernetesObject, _ kind: Kind, _ budget: Budget, _ findings: inout Findings) {
        for problem in kind.problems { add(problem, nil, &findings) }
        guard let schema = kind.schema else { return }
        if let filled = schemas.filled(object.root, of: schema) {
            filled.withDocuments { documents in
                guard let root = documents.first?.root else { return }
                check(root, by: schema, insteadOf: object.root, budget, &findings)
            }
        } else {
            check(object.root, by: schema, insteadOf: nil, budget, &findings)
        }
        if object.group == "apiextensions.k8s.io", object.kind == "CustomResourceDefinition" { checkDefinition(object, budget, &findings) }
    }

    /// - Parameter written: what the file has, where the root is that with its defaults.
    private func check(_ root: Value, by schema: KindSchema, insteadOf written: Value?, _ budget: Budget, _ findings: inout Findings) {
        let problems = schemas.check(root, against: schema, matches: expressions.matches(budget), budget: &budget.schema)
        for problem in problems { add(problem, written, &findings) }
        if budget.patterns < 0 {
            findings.add("k8s/schema", at: written ?? root, "the patterns of this file's kinds take too long to check", hint: "make them shorter, or split the file")
        }
        if schema.isImported { checkRules(root, schema, written, budget, &findings) }
    }

    /// The value of the file that one with defaults was made from, or the nearest around it.
    private static func place(of value: Value, at pointer: String, in written: Value?) -> Value {
        guard var place = written else { return value }
        for step in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let name = step.replacing("~1", with: "/").replacing("~0", with: "~")
            if place.kind == .sequence {
                guard let index = Int(name), place.items.indices.contains(index) else { return place }
                place = place.items[index]
            } else {
                guard let field = place.fields.first(where: { $0.name == name }) else { return place }
                if field.key.position == value.position, field.value.position != value.position { return field.key }
                place = field.value
            }
        }
        return place
    }

    private func add(_ problem: SchemaProblem, _ written: Value?, _ findings: inout Findings) {
        var message = problem.message
        if !problem.versions.isEmpty, problem.versions.count < schemas.versions.count, !message.contains("Kubernetes") {
            message += " in Kubernetes " + problem.versions.joined(separator: ", ")
        }
        findings.add(problem.rule.rawValue, problem.isWarning ? .warning : .error, at: Self.place(of: problem.value, at: problem.pointer, in: written), message,
            hint: problem.hint)
    }

    // MARK: rules in CEL

    private func checkRules(_ root: Value, _ schema: KindSchema, _ written: Value?, _ budget: Budget, _ findings: inout Findings) {
        var told: Set<String> = []
        schemas.forEachCELRule(in: root, of: schema) { value, rule, pointer in
            var place: Value { Self.place(of: value, at: pointer, in: written) }
            // A rule that is not evaluated costs to be looked at as well.
            budget.rules -= 100
            guard budget.rules > 0 else {
                if told.insert("").inserted { notEvaluated(rule, "the rules of this file cost too much", at: place, &findings) }
                return
            }
            guard let program = expressions.program(rule.rule) else {
                if told.insert(rule.rule).inserted { notEvaluated(rule, "it does not compile", at: place, &findings) }
                return
            }
            // A rule about a change holds of what is new, unless it says otherwise.
            if program.usesOldSelf, !rule.optionalOldSelf { return }
            var variables = ["self": CELManifest.value(value)]
            if rule.optionalOldSelf { variables["oldSelf"] = .optional(nil) }
            let before = min(1_000_000, budget.rules)
            var left = before
            let result = program.evaluate(variables, budget: &left)
            budget.rules -= before - left
            switch result {
            case .value(.bool(true)): break
            case .value(.bool(false)):
                let message = self.message(of: rule, variables)
                findings.add("k8s/cel", at: place, message, hint: rule.message.isEmpty && rule.messageExpression.isEmpty ? nil : "the rule is: \(oneLine(rule.rule))")
            case .value: notEvaluated(rule, "it yields no boolean", at: place, &findings)
            case .error(let message):
                // Which numbers the schema takes for doubles.
                guard message.hasPrefix("no such key") || message.hasPrefix("no such overload") || message.hasPrefix("found no matching overload") else {
                    findings.add("k8s/cel", at: place, "a rule of its schema fails: \(message)", hint: "the rule is: \(oneLine(rule.rule))")
                    return
                }
                if told.insert(rule.rule).inserted { notEvaluated(rule, message, at: place, &findings) }
            case .notEvaluated(let reason):
                if told.insert(rule.rule).inserted { notEvaluated(rule, reason, at: place, &findings) }
            }
        }
    }

    private func notEvaluated(_ rule: SchemaCELRule, _ reason: String, at value: Value, _ findings: inout Findings) {
        findings.add(
            "k8s/cel-not-evaluated", .warning, at: value, "a rule of its schema was not evaluated: \(reason)",
            hint: "the rule is: \(oneLine(rule.rule))")
    }

    private func message(of rule: SchemaCELRule, _ variables: [String: CELValue]) -> String {
        if !rule.messageExpression.isEmpty, let program = expressions.program(rule.messageExpression),
            case .value(.string(let text)) = program.evaluate(variables), !text.isEmpty
        {
            return oneLine(text)
        }
        return rule.message.isEmpty ? "the rule of its schema does not hold: \(oneLine(rule.rule))" : oneLine(rule.message)
    }

    private func oneLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 200 ? line.prefix(197) + "..." : line
    }

    // MARK: CustomResourceDefinitions

    private func checkDefinition(_ object: KubernetesObject, _ budget: Budget, _ findings: inout Findings) {
        for problem in DefinitionCheck.problems(of: object.root, compiles: expressions.compiles, matches: expressions.matches(budget)) {
            findings.add(problem.rule, at: problem.value, problem.message, hint: problem.hint)
        }
        for version in (object.spec?["versions"] ?? object.root).items {
            if let schema = version.at("schema", "openAPIV3Schema") { checkExpressions(schema, 0, &findings) }
        }
    }

    private func checkExpressions(_ schema: Value, _ depth: Int, _ findings: inout Findings) {
        guard depth < 128 else { return }
        if let rules = schema["x-kubernetes-validations"] {
            for rule in rules.items {
                if let message = rule["message"], message.kind == .string, message.bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
                    findings.add("crd/cel", at: message, "the message of a rule is one line")
                }
                guard let text = rule["rule"], text.kind == .string else { continue }
                do throws(CELError) {
                    let program = try CELProgram(text.text)
                    for problem in program.problems() where !problem.message.contains("cel.bind") {
                        findings.add("crd/cel", at: text, "the rule does not compile: \(problem.message)")
                    }
                } catch {
                    findings.add("crd/cel", at: text, "the rule does not compile: \(oneLine(error.message))")
                }
            }
        }
        for field in schema.fields {
            switch field.value.kind {
            case .mapping: checkExpressions(field.value, depth + 1, &findings)
            case .sequence: for item in field.value.items { checkExpressions(item, depth + 1, &findings) }
            default: break
            }
        }
    }
}

/// Patterns and rules that were compiled, for all threads.
private final class ExpressionCache: Sendable {
    private let patterns = Mutex<[String: RegularExpression?]>([:])
    private let programs = Mutex<[String: CELProgram?]>([:])

    func pattern(_ text: String) -> RegularExpression? {
        if let known = patterns.withLock({ $0[text] }) { return known }
        let made = try? RegularExpression(text)
        patterns.withLock { $0[text] = .some(made) }
        return made
    }

    func program(_ text: String) -> CELProgram? {
        if let known = programs.withLock({ $0[text] }) { return known }
        let made = try? CELProgram(text)
        programs.withLock { $0[text] = .some(made) }
        return made
    }

    func matches(_ budget: SchemaCatalog.Budget) -> SchemaSet.PatternMatch {
        { [self] pattern, text in self.pattern(pattern).flatMap { $0.matches(text, budget: &budget.patterns) } }
    }

    var compiles: (String) -> Bool? {
        { [self] text in self.pattern(text) != nil }
    }
}

/// Values of a manifest as CEL sees them, looked at as they are asked for. They
/// may be used no longer than the manifest's own.
private enum CELManifest {
    static func value(_ value: Value) -> CELValue {
        switch value.kind {
        case .null: .null
        case .boolean: .bool(value.boolean == true)
        case .integer: value.integer.map(CELValue.int) ?? .double(value.number ?? 0)
        case .number: .double(value.number ?? 0)
        case .string: .string(value.text)
        case .sequence: .list(List(value: value))
        case .mapping: .map(Object(value: value))
        }
    }

    private struct List: CELList, @unchecked Sendable {
        let value: Value

        var count: Int { value.count }
        func item(at index: Int) -> CELValue { CELManifest.value(value.items[index]) }
    }

    private struct Object: CELObject, @unchecked Sendable {
        let value: Value

        var count: Int { value.count }
        var keys: [CELValue] { value.fields.map { .string($0.name) } }
        func value(forKey key: String) -> CELValue? {
            if let found = find(key) { return CELManifest.value(found) }
            // A property whose name is no identifier is escaped in a rule.
            guard let name = CELNames.unescape(key), name != key else { return nil }
            return find(name).map(CELManifest.value)
        }

        private func find(_ key: String) -> Value? {
            var key = key
            return key.withUTF8 { value[bytes: $0] }
        }
    }
}
