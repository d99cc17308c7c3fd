import KubernetesModel
import Manifests
import Posix

/// Reads one file into its entries, with where everything stands. Its form is that of client-go's
/// `tools/clientcmd/api/v1/types.go`; keys that nobody knows are passed over, as there.
struct KubeconfigReading {
    /// More than any file that people keep: a thousand clusters with their certificates have some MiB.
    static let limits = ReadingLimits(bytes: 16 << 20, depth: 64, diagnostics: 1)

    let file: String
    let folder: String

    /// - Parameter file: as it was given; relative ones are in the working directory.
    init(file: String) {
        self.file = file
        folder = Paths.folder(of: file)
    }

    /// - Returns: nil where there is no such file.
    static func read(_ file: String) throws(KubeconfigError) -> KubeconfigFile? {
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try contents(ofFile: file, limit: limits.bytes)
        } catch {
            throw .plain("cannot read kubeconfig '\(file)': \(error.reason)")
        }
        guard let bytes else { return nil }
        var read = try KubeconfigReading(file: file).read(bytes)
        read.content = bytes
        return read
    }

    func read(_ bytes: [UInt8]) throws(KubeconfigError) -> KubeconfigFile {
        // What begins with a brace is JSON (apimachinery, util/yaml GuessJSONStream).
        let isJSON = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
        let manifest = ManifestFile(bytes, language: isJSON ? .json : .yaml, file: file, limits: KubeconfigReading.limits)
        if let problem = manifest.diagnostics.first(where: { $0.severity == .error }) { throw fault(problem) }
        return try manifest.withDocuments { documents throws(KubeconfigError) in
            let given = documents.filter { !$0.root.isNull }
            if given.count > 1 {
                throw place(given[1].position).fault("a kubeconfig is one document, and another one starts here")
            }
            guard let root = given.first?.root else { return KubeconfigFile(file: file) }
            return try read(root)
        }
    }

    private func read(_ root: Value) throws(KubeconfigError) -> KubeconfigFile {
        guard root.kind == .mapping else { throw at(root).fault("a kubeconfig is a mapping, not \(root.kind.phrase)") }
        for (key, wanted) in [("apiVersion" as StaticString, "v1"), ("kind", "Config")] {
            if let said = try text(root, key), said.value != wanted {
                throw said.place.fault("\"\(key)\" of a kubeconfig is \(wanted), not \(TerminalText.quoted(said.value))")
            }
        }
        var result = KubeconfigFile(file: file)
        result.currentContext = try text(root, "current-context")
        try entries(root, "clusters", "cluster") { name, place, value throws(KubeconfigError) in
            result.clusters.append(try cluster(name, place, value))
        }
        try entries(root, "users", "user") { name, place, value throws(KubeconfigError) in
            result.users.append(try user(name, place, value))
        }
        try entries(root, "contexts", "context") { name, place, value throws(KubeconfigError) in
            var entry = ContextEntry(name: name, place: place)
            if let value {
                entry.cluster = try text(value, "cluster")
                entry.user = try text(value, "user")
                entry.namespace = try text(value, "namespace")
            }
            result.contexts.append(entry)
        }
        return result
    }

    /// The items of a list of named things. One name twice is an error
    /// (`api/v1/conversion.go`, Convert_Slice_v1_NamedCluster_To_Map).
    private func entries(
        _ root: Value, _ list: StaticString, _ key: StaticString,
        _ body: (String, Place, Value?) throws(KubeconfigError) -> Void
    ) throws(KubeconfigError) {
        var seen: [String: Place] = [:]
        for item in try items(root, list) {
            guard item.kind == .mapping else {
                throw at(item).fault("an item of \"\(list)\" is a mapping, not \(item.kind.phrase)")
            }
            let name = try text(item, "name")
            let place = name?.place ?? at(item)
            if let before = seen[name?.value ?? ""] {
                throw place.fault(
                    "\(key) \(TerminalText.quoted(name?.value ?? "")) is there already, on line \(before.position.line)")
            }
            seen[name?.value ?? ""] = place
            try body(name?.value ?? "", place, try mapping(item, key))
        }
    }

    private func cluster(_ name: String, _ place: Place, _ value: Value?) throws(KubeconfigError) -> ClusterEntry {
        var entry = ClusterEntry(name: name, place: place, folder: folder)
        guard let value else { return entry }
        entry.server = try text(value, "server")
        entry.tlsServerName = try text(value, "tls-server-name")
        entry.skipsVerification = try flag(value, "insecure-skip-tls-verify")
        entry.certificateAuthority = try text(value, "certificate-authority")
        entry.certificateAuthorityData = try text(value, "certificate-authority-data")
        entry.proxy = try text(value, "proxy-url")
        for extra in try items(value, "extensions") where try text(extra, "name")?.value == PluginEntry.settingsExtension {
            entry.pluginSettings = extra.given("extension").map { KubernetesModel.JSON($0) }
        }
        return entry
    }

    // MARK: values

    /// What stands after a key, if it is a mapping; nil for nothing.
    func mapping(_ parent: Value, _ key: StaticString) throws(KubeconfigError) -> Value? {
        guard let value = parent.given(key) else { return nil }
        guard value.kind == .mapping else { throw wrong(value, key, "a mapping") }
        return value
    }

    /// The items of the list after a key; none for nothing.
    func items(_ parent: Value, _ key: StaticString) throws(KubeconfigError) -> [Value] {
        guard let value = parent.given(key) else { return [] }
        guard value.kind == .sequence else { throw wrong(value, key, "a list") }
        return Array(value.items)
    }

    /// The text after a key; nil for nothing and for an empty text, which are the same in Go.
    func text(_ parent: Value, _ key: StaticString) throws(KubeconfigError) -> Located<String>? {
        guard let value = parent.given(key) else { return nil }
        let text = try text(value, named: "\(key)")
        return text.value.isEmpty ? nil : text
    }

    func text(_ value: Value, named name: String) throws(KubeconfigError) -> Located<String> {
        // No value is ever quoted in a message here: it may be a secret.
        guard let text = value.string else {
            let isScalar = value.kind != .sequence && value.kind != .mapping
            throw at(value).fault(
                "\"\(name)\" must be text, not \(value.kind.phrase)", hint: isScalar ? "put the value in quotes" : nil)
        }
        if text.utf8.contains(0) { throw at(value).fault("\"\(name)\" holds a NUL character") }
        return Located(value: text, place: at(value))
    }

    func texts(_ parent: Value, _ key: StaticString) throws(KubeconfigError) -> [Located<String>] {
        var texts: [Located<String>] = []
        for item in try items(parent, key) {
            texts.append(item.isNull ? Located(value: "", place: at(item)) : try text(item, named: "\(key)"))
        }
        return texts
    }

    func flag(_ parent: Value, _ key: StaticString) throws(KubeconfigError) -> Located<Bool>? {
        guard let value = parent.given(key) else { return nil }
        guard let truth = value.boolean else { throw wrong(value, key, "true or false") }
        return Located(value: truth, place: at(value))
    }

    func at(_ value: Value) -> Place { place(value.position) }

    private func place(_ position: SourcePosition) -> Place { Place(file: file, position: position) }

    private func wrong(_ value: Value, _ key: StaticString, _ wanted: String) -> KubeconfigError {
        at(value).fault("\"\(key)\" must be \(wanted), not \(value.kind.phrase)")
    }

    /// What is wrong with the form of the file. Only messages that quote nothing of a value are passed on, for
    /// that may be a secret.
    private func fault(_ problem: Diagnostic) -> KubeconfigError {
        let rules = [
            "yaml/syntax", "yaml/depth", "yaml/size", "yaml/encoding", "yaml/control-character", "yaml/duplicate-key",
            "yaml/aliases", "yaml/template", "yaml/merge-conflict", "yaml/version",
            "json/depth", "json/size", "json/encoding",
        ]
        let isPlain = rules.contains(problem.rule)
        let message = isPlain ? problem.message : "this cannot be read (\(problem.rule))"
        guard let position = problem.position else { return .plain("kubeconfig '\(file)': \(message)") }
        return place(position).fault(message, hint: isPlain ? problem.hint : nil)
    }
}
