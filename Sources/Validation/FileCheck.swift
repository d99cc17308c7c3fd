import Git
import CPosix
import Manifests
import Schemas

/// What is known of a file from where it stands.
struct FileContext {
    /// What it is, where its place says so.
    var role: FileRole?
    /// The kustomization that takes it in, if there is one.
    var scope = FactReading.Scope()
}

/// What one file is found to be.
struct FileVerdict: Sendable {
    /// Everything that is wrong, by its own levels and exceptions.
    var diagnostics: [Diagnostic] = []
    /// What other files depend on.
    var facts: [Fact] = []
    var role = FileRole.manifest
    /// The resources in it.
    var resources = 0
    /// How much was found in all.
    fileprivate var found = 0
    /// How much was found by each rule.
    fileprivate var told: [String: Int] = [:]
    /// What schemas may still cost.
    fileprivate let budget = SchemaCatalog.Budget()
    /// Whether a document of it has values that nobody may be shown.
    var holdsSecrets = false
    /// Whether anything in it is for the API server to read.
    var holdsManifests = false
    /// The comments that allow a line to break a rule, and whether anything was allowed by them.
    var exceptions: [(exception: RuleException, isUsed: Bool)] = []
}

/// Judges one file by itself. The verdict is a function of its bytes, of where it
/// stands, of the schemas and of the levels of rules; nothing else is looked at.
final class FileCheck: Sendable {
    let levels: RuleLevels
    let schemas: SchemaCatalog
    /// Rules whose exceptions the server's configuration does not take.
    let unexcepted: [String]

    init(levels: RuleLevels, schemas: SchemaCatalog, unexcepted: [String]) {
        self.levels = levels
        self.schemas = schemas
        self.unexcepted = unexcepted
    }

    /// Judges a file.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - path: where it stands in the repository.
    ///   - language: its notation.
    ///   - context: what it is by its place.
    ///   - describes: told of each fact in words, if given; for messages about several files.
    func verdict(
        on bytes: UnsafeRawBufferPointer, at path: RepositoryPath, _ language: ManifestFile.Language, _ context: FileContext,
        describes: ((Fact, () -> String) -> Void)? = nil
    ) -> FileVerdict {
        var verdict = FileVerdict()
        let name = path.description
        if let role = context.role, !role.isRead {
            verdict.role = role
            return verdict
        }
        let file = ManifestFile(bytes, language: language, file: name)
        verdict.diagnostics = file.diagnostics
        if let role = context.role { verdict.role = role }
        var others: [Value] = []
        var isAnythingKnown = context.role != nil || file.documentCount == 0 || file.diagnostics.contains { $0.severity == .error }
        file.withDocuments { documents in
            for document in documents {
                guard context.role == nil || context.role == .kustomization else { continue }
                if judge(document.root, name, path, context, &verdict, describes) {
                    isAnythingKnown = true
                } else {
                    others.append(document.root)
                }
            }
            // Beside manifests nothing else can stand: who applies the file stumbles over it.
            if verdict.holdsManifests {
                for other in others.prefix(20) { reportNoManifest(other, name, &verdict) }
            }
        }
        if !isAnythingKnown { verdict.role = isNamedValues(path) ? .values : .unclassified }
        // How another program reads its own files is not known here.
        if !verdict.holdsManifests, context.role != nil || file.documentCount > 0 {
            verdict.diagnostics.removeAll {
                Self.ofTheAPIMachinery.contains($0.rule) && (context.role != nil || $0.rule != "yaml/version")
            }
        }
        // Of what a configuration is generated from may be anything.
        if verdict.role == .kustomizeInput { verdict.diagnostics.removeAll { $0.rule == "yaml/template" } }
        finish(&verdict, bytes.bindMemory(to: UInt8.self), file, name)
        return verdict
    }

    private static let ofSchemas = Set(SchemaRule.allCases.map(\.rawValue)).subtracting(["k8s/unknown-kind", "k8s/removed-api", "k8s/deprecated-api"])

    /// Rules of how the API machinery reads YAML, where others may read it in another way.
    private static let ofTheAPIMachinery: Set<String> = [
        "yaml/truth-word", "yaml/octal", "yaml/merge-overlap", "yaml/key", "yaml/number", "yaml/version",
    ]

    /// `values.yaml`, `values-production.yaml`, `production.values.yaml`.
    private func isNamedValues(_ path: RepositoryPath) -> Bool {
        let name = path.name
        return name.starts(with: "values".utf8) || name.hasSuffix("values.yaml") || name.hasSuffix("values.yml")
    }

    // MARK: documents

    /// Judges a document; false where it is nothing that is known.
    private func judge(
        _ root: Value, _ file: String, _ path: RepositoryPath, _ context: FileContext, _ verdict: inout FileVerdict,
        _ describes: ((Fact, () -> String) -> Void)?
    ) -> Bool {
        if root.isNull { return true }
        if root["stringData"] != nil || root["sops"] != nil || root["secretGenerator"] != nil || root["kind"]?.equals("Secret") == true {
            verdict.holdsSecrets = true
        }
        if isKustomization(root, context) {
            verdict.role = .kustomization
            read(kustomization: root, path, context, &verdict, describes)
            return true
        }
        if CredentialRules.isEncrypted(root) {
            verdict.role = .encrypted
            verdict.holdsManifests = true
            guard let object = KubernetesObject(root) else { return true }
            verdict.resources += 1
            readFacts(of: object, schemas.kind(of: object), context, &verdict, describes)
            return true
        }
        guard let object = KubernetesObject(root) else {
            return reportIdentity(of: root, file, &verdict)
        }
        if object.kind.isEmpty || object.apiVersion.isEmpty { return reportIdentity(of: root, file, &verdict) }
        if isList(object), let items = root["items"], items.kind == .sequence {
            verdict.holdsManifests = true
            for item in items.items where item.isNull || !judge(item, file, path, context, &verdict, describes) {
                reportNoManifest(item, file, &verdict)
            }
            return true
        }
        judge(object, file, context, &verdict, describes)
        return true
    }

    private func isKustomization(_ root: Value, _ context: FileContext) -> Bool {
        if context.role == .kustomization {
            // Something else under that name is what it says that it is.
            guard let kind = root["kind"], !kind.isNull else { return true }
            return kind.equals("Kustomization") || kind.equals("Component")
        }
        return root["apiVersion"]?.bytes.hasPrefix("kustomize.config.k8s.io/") == true
    }

    private static let fieldsOfManifests: Set<String> = ["apiVersion", "kind", "metadata", "spec", "data", "stringData", "status"]

    /// `List` of v1, and what `kubectl get` prints of a kind.
    private func isList(_ object: KubernetesObject) -> Bool {
        object.group.isEmpty && object.version == "v1" && object.root["kind"]?.bytes.hasSuffix("List") == true
    }

    /// Says what keeps a mapping from being a manifest, where it was meant to be one.
    private func reportIdentity(of root: Value, _ file: String, _ verdict: inout FileVerdict) -> Bool {
        guard root.kind == .mapping else { return false }
        let (apiVersion, kind, metadata) = (root["apiVersion"], root["kind"], root["metadata"])
        let marks = (apiVersion == nil ? 0 : 1) + (kind == nil ? 0 : 1) + (metadata?.kind == .mapping ? 1 : 0)
        let looksLikeOne =
            marks >= 2 || (metadata?["name"] != nil && (root["spec"] != nil || root["data"] != nil))
            || (apiVersion != nil && (root["spec"] != nil || root["data"] != nil))
            || (metadata?["name"] != nil && root.fields.allSatisfy { Self.fieldsOfManifests.contains($0.name) })
        guard looksLikeOne || kind?.kind == .string && apiVersion?.kind == .string else { return false }
        verdict.resources += 1
        verdict.holdsManifests = true
        var findings = Findings(file: file, rule: RuleTable.identity)
        for (key, value, example) in [("apiVersion", apiVersion, "apps/v1"), ("kind", kind, "Deployment")] {
            switch value?.kind {
            case .string where !(value!.bytes.isEmpty): continue
            case nil, .null:
                let near = root.fields.first {
                    $0.name.lowercased() == key.lowercased() || Suggestion.nearest(to: $0.name, among: [key]) != nil
                }
                if let near, near.name != key {
                    findings.add(at: near.key, "unknown key \(TerminalText.quoted(near.name)): a manifest has \"\(key)\"", hint: "did you mean \"\(key)\"?")
                } else {
                    findings.add(at: value ?? root, "the manifest has no \(key)", hint: "add one, such as \(key): \(example)")
                }
            case .string: findings.add(at: value!, "\(key) is empty")
            default: findings.add(at: value!, "\(key) must be a string, not \(value!.kind.phrase)", hint: "put it in quotes")
            }
        }
        add(findings, of: root, resource: nil, to: &verdict)
        return true
    }

    private func reportNoManifest(_ value: Value, _ file: String, _ verdict: inout FileVerdict) {
        var findings = Findings(file: file, rule: RuleTable.identity)
        findings.add(
            at: value, value.kind == .mapping ? "this names no apiVersion and kind, among manifests" : "this is \(value.kind.phrase), among manifests",
            hint: "put what is no manifest into a file of its own")
        add(findings, of: value, resource: nil, to: &verdict)
    }

    // MARK: objects

    private func judge(
        _ object: KubernetesObject, _ file: String, _ context: FileContext, _ verdict: inout FileVerdict,
        _ describes: ((Fact, () -> String) -> Void)?
    ) {
        verdict.resources += 1
        verdict.holdsManifests = true
        guard verdict.found <= Self.mostFound else { return }
        var findings = Findings(file: file, rule: RuleTable.identity)
        // What was meant is searched for only where it is told.
        let kind = schemas.kind(of: object, explains: verdict.diagnostics.count < Self.most)
        schemas.check(object, kind, verdict.budget, &findings)
        RuleRun.check(object, levels, &findings)
        if object.isKind("Namespace"), context.scope.namesNamespaces { findings.removeAll { $0.rule == "k8s/name" } }
        if object.isKind("Secret") {
            if let value = CredentialRules.plainValue(of: object) {
                findings.add(
                    "env/plain-secret", at: value,
                    "the Secret\(object.name.map { " " + TerminalText.quoted($0) } ?? "") holds its values in plain text",
                    hint: "encrypt it with SOPS or seal it, or have an operator fetch it")
            }
        } else if object.group != "external-secrets.io", levels.severity(of: "env/credential", default: .warning) != nil {
            CredentialRules.find(in: object.root) { value, what in
                findings.add("env/credential", .warning, at: value, "this looks like \(what)", hint: "keep it in an encrypted Secret")
            }
        }
        add(findings, of: object.root, resource: object, to: &verdict)
        verdict.found += findings.diagnostics.count
        if verdict.found > Self.mostFound {
            verdict.diagnostics.append(
                Diagnostic(file: file, position: nil, rule: "manifest/too-many", message: "more is wrong with this file than is told; the rest was not judged"))
        }
        readFacts(of: object, kind, context, &verdict, describes)
    }

    private func readFacts(
        of object: KubernetesObject, _ kind: SchemaCatalog.Kind, _ context: FileContext, _ verdict: inout FileVerdict, _ describes: ((Fact, () -> String) -> Void)?
    ) {
        var facts: [Fact] = []
        let reading = FactReading(scope: context.scope) { fact, words in
            facts.append(fact)
            describes?(fact, words)
        }
        reading.read(object, isNamespaced: kind.isNamespaced)
        if !kind.isBuiltIn, let name = object.root["kind"], let apiVersion = object.root["apiVersion"]?.bytes {
            let group = UnsafeBufferPointer(rebasing: apiVersion[..<(apiVersion.firstIndex(of: UInt8(ascii: "/")) ?? 0)])
            facts.append(Fact(.dependence, .schema, FactKey("schema", group, name.bytes), at: name))
        }
        if Placeholder.isFilled(by: object) { facts.append(Fact(.provision, .input, Placeholder.Form.flux.key, at: object.root)) }
        if object.kind == "CustomResourceDefinition", let group = object.spec?["group"], let name = object.spec?.at("names", "kind") {
            facts.append(Fact(.provision, .schema, FactKey("schema", group.bytes, name.bytes), at: name))
        }
        verdict.facts += facts
    }

    private func read(
        kustomization root: Value, _ path: RepositoryPath, _ context: FileContext, _ verdict: inout FileVerdict,
        _ describes: ((Fact, () -> String) -> Void)?
    ) {
        var scope = context.scope
        let kustomization = Kustomization(root, folder: path.parent ?? .root)
        if let namespace = kustomization.namespace { scope.namespace = namespace }
        var facts: [Fact] = []
        let reading = FactReading(scope: scope) { fact, words in
            facts.append(fact)
            describes?(fact, words)
        }
        if let namespace = kustomization.namespace, kustomization.takesInFromOutside { reading.provide(namespace: namespace, at: root) }
        if root["vars"]?.kind == .sequence { facts.append(Fact(.provision, .input, Placeholder.Form.kustomize.key, at: root)) }
        for (kind, name) in Kustomization.generated(root) { reading.provide(generated: kind, name) }
        var findings = Findings(file: path.description, rule: RuleTable.identity)
        for generator in (root["secretGenerator"] ?? root).items {
            if let literal = generator["literals"]?.items.first {
                findings.add("env/plain-secret", at: literal, "the generated Secret holds its values in plain text", hint: "keep them in an encrypted file")
            }
        }
        add(findings, of: root, resource: nil, to: &verdict)
        for input in kustomization.inputs {
            input.bytes.withUnsafeBufferPointer {
                facts.append(Fact(kind: .dependence, rule: .input, key: FactKey("input", $0), line: 1, column: 1))
            }
        }
        verdict.facts += facts
    }

    // MARK: diagnostics

    /// What may be found in one file before the rest is no longer judged.
    private static let mostFound = 20_000
    /// The most that are told of one file by one rule; more than exceptions can allow.
    private static let most = 2 * RuleException.most
    /// The most that are given a pointer, for which the document is searched.
    private static let mostPointers = 200
    private static let longestPointer = 4096

    private func add(_ findings: Findings, of root: Value, resource object: KubernetesObject?, to verdict: inout FileVerdict) {
        guard !findings.diagnostics.isEmpty else { return }
        let resource = object.map { Diagnostic.cut("\($0.apiVersion) \($0.kind)" + ($0.name.map { " \($0)" } ?? "")) }
        var told: [Value] = []
        let byRules = zip(findings.diagnostics, findings.values).prefix(1000)
            .filter { !Self.ofSchemas.contains($0.0.rule) && $0.0.rule.hasPrefix("k8s/") && Self.sayingThatIsMissing[$0.0.rule] == nil }.map(\.1)
        let missing = Set(findings.diagnostics.lazy.filter { $0.rule == "k8s/required" }.compactMap { $0.message.split(separator: " ").first })
        for (diagnostic, value) in zip(findings.diagnostics, findings.values) {
            var diagnostic = diagnostic
            // What a rule says, the schema need not say again, and the other way round.
            if Self.ofSchemas.contains(diagnostic.rule) {
                if Self.alsoOfRules.contains(diagnostic.rule), byRules.contains(where: { $0.isSame(as: value) }) { continue }
                told.append(value)
            } else if told.prefix(1000).contains(where: { $0.isSame(as: value) }) || Self.sayingThatIsMissing[diagnostic.rule].map(missing.contains) == true {
                continue
            }
            if object != nil, diagnostic.severity == .error, let placeholder = self.placeholder(of: diagnostic, value) { diagnostic = placeholder }
            diagnostic.resource = resource
            if verdict.diagnostics.count < Self.mostPointers {
                diagnostic.pointer = JSONPointer.path(from: root, to: value).flatMap { $0.utf8.count <= Self.longestPointer ? $0 : nil }
            }
            let key = diagnostic.rule + diagnostic.severity.rawValue
            guard verdict.told[key, default: 0] < Self.most else { continue }
            verdict.told[key, default: 0] += 1
            verdict.diagnostics.append(diagnostic)
        }
    }

    /// What schemas refuse in words that are less to the point than those of a rule for it.
    private static let alsoOfRules: Set<String> = ["k8s/required", "k8s/duplicate-item", "k8s/enum"]

    /// Rules that say of a field what the schema says too, of another place: that it is missing.
    private static let sayingThatIsMissing: [String: Substring] = [
        "k8s/container-image": "image", "k8s/access-modes-required": "accessModes", "k8s/spec-missing": "spec", "k8s/missing-pod-spec": "spec",
    ]

    /// The same about what is not there yet: a value with a placeholder.
    private func placeholder(of diagnostic: Diagnostic, _ value: Value) -> Diagnostic? {
        guard diagnostic.rule.hasPrefix("k8s/"), (diagnostic.rule == "k8s/cel" ? Placeholder.form(within: value) : Placeholder.form(in: value.bytes)) != nil
        else { return nil }
        return Diagnostic(
            file: diagnostic.file, range: diagnostic.range, severity: .error, rule: "k8s/placeholder", message: diagnostic.message,
            hint: "nothing in this environment fills it in; a Flux Kustomization with postBuild would")
    }

    /// Applies levels and exceptions, and gives each diagnostic its line of source.
    private func finish(_ verdict: inout FileVerdict, _ bytes: UnsafeBufferPointer<UInt8>, _ read: ManifestFile, _ file: String) {
        let (exceptions, problems) = RuleException.find(in: bytes, read, file: file)
        verdict.exceptions = exceptions.map { ($0, false) }
        verdict.diagnostics += problems
        for exception in exceptions {
            if let problem = self.problem(of: exception, file) { verdict.diagnostics.append(problem) }
        }
        guard !verdict.diagnostics.isEmpty else { return }
        let isSecret = verdict.holdsSecrets || (read.diagnostics.contains { $0.severity == .error } && SourceLines.mayHoldSecret(bytes))
        // Neither what is allowed nor what is off makes a credential one that may be shown.
        let hidden = Set(verdict.diagnostics.lazy.filter { $0.rule == "env/credential" || $0.rule == "env/plain-secret" }.compactMap(\.position?.line))
        verdict.diagnostics = levelled(verdict.diagnostics, &verdict.exceptions)
        if isSecret {
            verdict.diagnostics = verdict.diagnostics.map { $0.withoutValues }
        } else if !verdict.diagnostics.isEmpty {
            SourceLines.fill(&verdict.diagnostics, from: bytes, hidden: hidden)
        }
    }

    /// Diagnostics of one file by the levels of `ops.yaml` and the file's own exceptions.
    func levelled(
        _ diagnostics: [Diagnostic], _ exceptions: inout [(exception: RuleException, isUsed: Bool)]
    ) -> [Diagnostic] {
        diagnostics.compactMap { diagnostic in
            var diagnostic = diagnostic
            if !RuleTable.isFixed(diagnostic.rule) || RuleTable.all[diagnostic.rule] != nil {
                guard let severity = levels.severity(of: diagnostic.rule, default: diagnostic.severity) else { return nil }
                diagnostic.severity = severity
                if let line = diagnostic.position?.line,
                    let index = exceptions.firstIndex(where: { $0.exception.line == line && $0.exception.rule == diagnostic.rule }),
                    !isForbidden(diagnostic.rule)
                {
                    exceptions[index].isUsed = true
                    return nil
                }
            }
            return diagnostic
        }
    }

    func isForbidden(_ rule: String) -> Bool {
        unexcepted.contains { $0 == rule || ($0.hasSuffix("/*") && rule.hasPrefix($0.dropLast())) || $0 == "*" }
    }

    private func problem(of exception: RuleException, _ file: String) -> Diagnostic? {
        if RuleTable.all[exception.rule] == nil {
            return Diagnostic(
                file: file, position: exception.position, rule: "manifest/exception",
                message: RuleTable.isFixed(exception.rule)
                    ? "no exception from \(TerminalText.quoted(exception.rule)) can be made"
                    : "there is no rule \(TerminalText.quoted(exception.rule))",
                hint: Suggestion.hint(for: exception.rule, among: RuleTable.all.keys.sorted()) ?? "see: git ops explain --list")
        }
        guard isForbidden(exception.rule) else { return nil }
        return Diagnostic(
            file: file, position: exception.position, rule: "manifest/exception",
            message: "exceptions from \(exception.rule) are forbidden here",
            hint: "the server's git configuration says so: ops.forbidException")
    }
}

/// JSON pointers (RFC 6901) of values within their document.
enum JSONPointer {
    /// The pointer of a value; nil where it is not found. Of a key, that of its field.
    static func path(from root: Value, to value: Value) -> String? {
        var budget = 100_000
        var path: [String] = []
        return find(value, in: root, &path, &budget) ? path.map { "/" + $0 }.joined() : nil
    }

    private static func find(_ value: Value, in root: Value, _ path: inout [String], _ budget: inout Int) -> Bool {
        if root.isSame(as: value) { return true }
        budget -= 1
        guard budget > 0 else { return false }
        for field in root.fields {
            path.append(escaped(field.name))
            if field.key.isSame(as: value) || find(value, in: field.value, &path, &budget) { return true }
            path.removeLast()
        }
        for (index, item) in root.items.enumerated() {
            path.append(String(index))
            if find(value, in: item, &path, &budget) { return true }
            path.removeLast()
        }
        return false
    }

    private static func escaped(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        return name.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
            .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }
}

/// Line breaks as diagnostics count them: those of YAML 1.1 (section 4.2).
enum LineBreak {
    /// The length of a line break; 0 where there is none.
    static func length(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        switch bytes[index] {
        case 0x0A: 1
        case 0x0D: index + 1 < bytes.count && bytes[index + 1] == 0x0A ? 2 : 1
        case 0xC2: index + 1 < bytes.count && bytes[index + 1] == 0x85 ? 2 : 0
        case 0xE2:
            index + 2 < bytes.count && bytes[index + 1] == 0x80 && (bytes[index + 2] == 0xA8 || bytes[index + 2] == 0xA9) ? 3 : 0
        default: 0
        }
    }
}

/// The lines of source that diagnostics are about.
enum SourceLines {
    /// How much of a line is kept, in bytes: this much, or up to this much after the place in question.
    private static let usual = 200
    /// Lines whose place is farther from their start than this are not kept.
    private static let longest = 4096

    /// - Parameter hidden: lines that are never shown.
    static func fill(_ diagnostics: inout [Diagnostic], from bytes: UnsafeBufferPointer<UInt8>, hidden: Set<Int> = []) {
        var order = diagnostics.indices.sorted { (diagnostics[$0].position ?? .start) < (diagnostics[$1].position ?? .start) }
        if order.count > 200 { order.removeSubrange(200...) }
        // A byte order mark has no column.
        let first = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0
        var (line, start) = (1, first)
        for index in order {
            guard let position = diagnostics[index].position, !hidden.contains(position.line) else { continue }
            while line < position.line, start < bytes.count {
                while start < bytes.count, LineBreak.length(in: bytes, at: start) == 0 { start += 1 }
                if start < bytes.count { start += LineBreak.length(in: bytes, at: start) }
                line += 1
            }
            guard line == position.line, start < bytes.count else { continue }
            diagnostics[index].sourceLine = shown(bytes, from: start, column: position.column)
        }
    }

    private static func shown(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, column: Int) -> String? {
        var end = start
        var scalars = 0
        var most = start + usual
        while end < bytes.count, LineBreak.length(in: bytes, at: end) == 0 {
            // A scalar is kept whole.
            if bytes[end] & 0xC0 != 0x80 {
                if end >= most { break }
                scalars += 1
                if scalars == column { most = max(most, end + usual / 2) }
                if scalars <= column { most = max(most, end + 2) }
                if end - start >= longest { return nil }
            }
            end += 1
        }
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        return isSecretLine(text) ? nil : TerminalText.aligned(text)
    }

    /// Whether a file that cannot be read may hold a Secret: it has the word.
    static func mayHoldSecret(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for mark in ["Secret", "stringData", "secretGenerator", "sops:"] as [StaticString] {
            if ops_memmem(bytes.baseAddress ?? UnsafePointer(bitPattern: 1)!, bytes.count, mark.utf8Start, mark.utf8CodeUnitCount) != nil { return true }
        }
        return false
    }

    /// Whether a line gives a value to something that is named as secrets are.
    private static func isSecretLine(_ line: String) -> Bool {
        guard let sign = line.firstIndex(where: { $0 == ":" || $0 == "=" }) else { return false }
        let name = line[..<sign].lowercased().filter { $0.isLetter }
        // A switch has no secret: automountServiceAccountToken is one.
        let words = line[line.index(after: sign)...].lowercased().split(whereSeparator: { $0.isWhitespace || $0 == "\"" || $0 == "'" })
        if words.count <= 1 || words[1].hasPrefix("#"), ["", "true", "false", "yes", "no", "on", "off", "null"].contains(words.first ?? "") { return false }
        return ["password", "passwd", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey"].contains { name.hasSuffix($0) }
    }
}

extension Diagnostic {
    /// The same without anything that could be a value of the file, for files that hold secrets: what is quoted
    /// is left out, and what begins with the value is said in other words.
    fileprivate var withoutValues: Diagnostic {
        let isValueFirst = rule == "yaml/octal" || rule == "yaml/truth-word" || rule == "yaml/number" || rule == "yaml/tag"
        let quotes = !rule.hasPrefix("env/") && rule != "k8s/unknown-field" && rule != "manifest/exception" && rule != "yaml/duplicate-key"
        func masked(_ text: String) -> String {
            guard quotes else { return text }
            let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
            return parts.enumerated().map { $0.offset % 2 == 0 ? String($0.element) : "\"...\"" }.joined()
        }
        var other = Diagnostic(
            file: file, range: range, severity: severity, rule: rule,
            message: isValueFirst ? "this value is not what it seems: see git ops explain \(rule)" : masked(message),
            hint: isValueFirst ? "put it in quotes if it is text" : hint.map(masked))
        other.resource = resource
        other.pointer = pointer
        return other
    }
}
