import Manifests

/// What all files say together (`tools/clientcmd/loader.go`, ClientConfigLoadingRules.Load): of entries of one name
/// that of the first file whole, of a scalar the first that is not empty.
struct MergedFiles {
    /// The files that were looked for.
    private(set) var candidates: [String] = []
    /// The files that were there.
    private(set) var files: [String] = []
    /// The content of each.
    private(set) var contents: [[UInt8]] = []
    private(set) var currentContext: Located<String>?
    private(set) var clusters: [String: ClusterEntry] = [:]
    private(set) var users: [String: UserEntry] = [:]
    private(set) var contexts: [String: ContextEntry] = [:]

    /// Whether nothing is said at all.
    var isEmpty: Bool { currentContext == nil && clusters.isEmpty && users.isEmpty && contexts.isEmpty }

    /// - Parameters:
    ///   - file: the only file that counts, and that must be there; nil for those that the variables name.
    ///   - variables: `KUBECONFIG`, `HOME`.
    init(file: String?, variables: [String: String]) throws(KubeconfigError) {
        if let file, !file.isEmpty {
            candidates = [file]
            guard let read = try KubeconfigReading.read(file) else {
                throw .plain("cannot read kubeconfig '\(file)': there is no such file", hint: Paths.hint(for: file))
            }
            merge(read)
            return
        }
        candidates = MergedFiles.candidates(variables)
        for file in candidates {
            if let read = try KubeconfigReading.read(file) { merge(read) }
        }
    }

    /// The files that the variables name, each once (NewDefaultClientConfigLoadingRules).
    private static func candidates(_ variables: [String: String]) -> [String] {
        if let list = variables["KUBECONFIG"], !list.isEmpty {
            var seen: Set<String> = []
            return list.split(separator: ":").map(String.init).filter { seen.insert($0).inserted }
        }
        guard let home = variables["HOME"], !home.isEmpty else { return [] }
        return [Paths.join(home, ".kube/config")]
    }

    private mutating func merge(_ file: KubeconfigFile) {
        files.append(file.file)
        contents.append(file.content)
        currentContext = currentContext ?? file.currentContext
        for entry in file.clusters where clusters[entry.name] == nil { clusters[entry.name] = entry }
        for entry in file.users where users[entry.name] == nil { users[entry.name] = entry }
        for entry in file.contexts where contexts[entry.name] == nil { contexts[entry.name] = entry }
    }

    /// The context that is asked for, or else the current one.
    func context(named name: String?) throws(KubeconfigError) -> ContextEntry {
        let list = listing("contexts", Array(contexts.keys))
        if let name {
            if let entry = contexts[name] { return entry }
            throw .plain(
                "there is no context \(TerminalText.quoted(name)) in \(fileList)", hint: unknownHint(name, contexts.keys, list))
        }
        guard let currentContext else {
            throw .plain("no context is chosen: \(fileList) has no \"current-context\"", hint: "choose one: \(list)")
        }
        guard let entry = contexts[currentContext.value] else {
            throw currentContext.place.fault(
                "\"current-context\" is \(TerminalText.quoted(currentContext.value)), and there is no such context",
                hint: unknownHint(currentContext.value, contexts.keys, list))
        }
        return entry
    }

    func cluster(of context: ContextEntry) throws(KubeconfigError) -> ClusterEntry {
        guard let name = context.cluster else {
            throw context.place.fault("context \(TerminalText.quoted(context.name)) names no \"cluster\"")
        }
        if let entry = clusters[name.value] { return entry }
        let list = listing("clusters", Array(clusters.keys))
        throw name.place.fault(
            "context \(TerminalText.quoted(context.name)) names cluster \(TerminalText.quoted(name.value)), which is not there",
            hint: unknownHint(name.value, clusters.keys, list))
    }

    /// - Returns: nil where the context names none: nobody in particular calls.
    func user(of context: ContextEntry) throws(KubeconfigError) -> UserEntry? {
        guard let name = context.user else { return nil }
        if let entry = users[name.value] { return entry }
        let list = listing("users", Array(users.keys))
        throw name.place.fault(
            "context \(TerminalText.quoted(context.name)) names user \(TerminalText.quoted(name.value)), which is not there",
            hint: unknownHint(name.value, users.keys, list))
    }

    private var fileList: String { files.isEmpty ? "any kubeconfig" : files.map { "'\($0)'" }.joined(separator: ", ") }

    private func unknownHint(_ name: String, _ known: some Collection<String>, _ list: String) -> String {
        // In a fixed order, so that the hint is the same every time.
        Suggestion.hint(for: name, among: known.sorted()).map { "\($0) \(list)" } ?? list
    }
}
