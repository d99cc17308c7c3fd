import Environments
import Git
import Manifests

/// Finds the Kubernetes objects in an environment's files. Each becomes one resource, whatever file it is in, by
/// what it is: `<namespace>/<Kind>.<group>/<name>.yaml`, with `_` for a namespace that the manifest does not name.
///
/// Nothing is passed over that somebody could mean to be deployed: what has to be built or decrypted first is an
/// error.
/// - Parameters:
///   - folder: the environment's, from the root of the repository.
///   - entries: of that folder.
///   - key: gives the key of the digests that stand for the values of Secrets.
func renderObjects(
    environment: String, commit: ObjectID, repository: Repository, folder: RepositoryPath, entries: [TreeEntry],
    key: @escaping () throws -> [UInt8]
) throws -> DesiredState {
    var rendering = ObjectRendering(folder: folder, key: key)
    var files: [TreeFile] = []
    for entry in entries {
        let path = RepositoryPath(bytes: entry.name)
        if entry.mode == .tree {
            try repository.forEachFile(inTree: entry.id, prefix: path) { file throws(GitError) in files.append(file) }
        } else {
            files.append(TreeFile(path: path, mode: entry.mode, id: entry.id))
        }
    }
    for file in files where file.path.mayHoldObjects {
        guard file.mode == .file || file.mode == .executable else {
            rendering.report(file.path, nil, "a \(file.mode == .link ? "symbolic link" : "submodule") holds no manifest here", hint: "put the file itself there")
            continue
        }
        if try repository.header(of: file.id).size > ReadingLimits().bytes {
            rendering.report(file.path, nil, "is too large to be read", hint: "split it")
            continue
        }
        try repository.withContent(of: file.id, as: .blob) { bytes throws(GitError) in rendering.take(file.path, bytes) }
    }
    return try rendering.desiredState(environment: environment, commit: commit)
}

extension RepositoryPath {
    /// Whether this is a file of YAML or JSON, and none of a tool's own, such as `.github/workflows/x.yaml`.
    fileprivate var mayHoldObjects: Bool {
        let isManifest = name.hasSuffix(".yaml") || name.hasSuffix(".yml") || name.hasSuffix(".json")
        return isManifest && !components.contains { $0.first == UInt8(ascii: ".") }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func hasSuffix(_ suffix: String) -> Bool { self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
}

/// Collects objects, file by file.
private struct ObjectRendering {
    private var objects = RenderedObjects()
    private var problems: [Diagnostic] = []
    private let folder: RepositoryPath
    private let key: () throws -> [UInt8]

    init(folder: RepositoryPath, key: @escaping () throws -> [UInt8]) {
        self.folder = folder
        self.key = key
    }

    // MARK: reading

    mutating func take(_ path: RepositoryPath, _ bytes: UnsafeRawBufferPointer) {
        if let tool = ObjectRendering.builder(path.name) {
            report(path, nil, "has to be built by \(tool), which git-ops does not run", hint: "commit what \(tool) makes of it, in a folder of an environment, and keep its sources elsewhere")
            return
        }
        let language: ManifestFile.Language = path.name.hasSuffix(".json") ? .json : .yaml
        let file = ManifestFile(bytes, language: language, file: full(path).description)
        if let problem = file.diagnostics.first(where: { $0.severity == .error }) {
            problems.append(problem)
            return
        }
        file.withDocuments { documents in
            for document in documents { take(document.root, path) }
        }
    }

    /// The tool whose sources a file is.
    private static func builder(_ name: ArraySlice<UInt8>) -> String? {
        for known in ["kustomization.yaml", "kustomization.yml"] where name.elementsEqual(known.utf8) { return "kustomize" }
        return name.elementsEqual("Chart.yaml".utf8) ? "helm" : nil
    }

    private mutating func take(_ root: Value, _ path: RepositoryPath) {
        guard root.kind == .mapping else { return }
        let (apiVersion, kind) = (root["apiVersion"]?.string ?? "", root["kind"]?.string ?? "")
        // Values and the like; validation says what names no kind.
        if apiVersion.isEmpty, kind.isEmpty { return }
        guard !apiVersion.isEmpty, !kind.isEmpty else {
            return report(path, root, "the manifest has no \(kind.isEmpty ? "kind" : "apiVersion")")
        }
        if apiVersion.hasPrefix("kustomize.config.k8s.io/") {
            return report(path, root, "has to be built by kustomize, which git-ops does not run", hint: "commit what kustomize makes of it")
        }
        // As kubectl unfolds them, `RoleList` as well as `List` (apimachinery, unstructured.IsList).
        if kind.hasSuffix("List"), let items = root["items"], items.kind == .sequence, root.at("metadata", "name") == nil {
            for item in items.items {
                guard item.kind == .mapping, item["kind"]?.string != nil, item["apiVersion"]?.string != nil else {
                    report(path, item, "an item of the \(kind) has no apiVersion or no kind")
                    continue
                }
                take(item, path)
            }
            return
        }
        if let sops = root["sops"], sops.kind == .mapping, sops["mac"] != nil || sops["lastmodified"] != nil {
            return report(path, sops, "is encrypted by SOPS, which git-ops cannot decrypt yet", hint: "seal it, or have an operator fetch it")
        }
        guard let name = root.at("metadata", "name"), name.kind == .string, !name.bytes.isEmpty else {
            return report(path, root, "the \(kind) has no name", hint: "set metadata.name; a generated name would be another one each time")
        }
        let group = apiVersion.firstIndex(of: "/").map { "." + apiVersion[..<$0] } ?? ""
        let namespace = root.at("metadata", "namespace")?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "_"
        let parts = [namespace, kind + group, name.text + ".yaml"]
        let resource = RepositoryPath(parts.joined(separator: "/"))
        guard parts.allSatisfy({ !$0.contains("/") && !$0.contains("\0") }), PathRules.problem(path: resource, mode: .file) == nil else {
            return report(path, name, "the name of this \(kind), its kind or its namespace is none")
        }
        let origin = RenderedObjects.Origin(file: full(path), line: root.position.line)
        if let other = objects.origins.updateValue(origin, forKey: resource) {
            return report(path, root, "the \(kind) \(name.text) is at \(other.file):\(other.line) too", hint: "keep one of them")
        }
        let text = Array(YAMLWriter.text(of: root).utf8)
        if kind == "Secret", group.isEmpty {
            objects.secrets[resource] = text
        } else {
            objects.texts[resource] = text
        }
    }

    mutating func report(_ path: RepositoryPath, _ value: Value?, _ message: String, hint: String? = nil) {
        guard problems.count < 100 else { return }
        problems.append(
            Diagnostic(file: full(path).description, range: value?.range, rule: "render/manifest", message: message, hint: hint))
    }

    private func full(_ path: RepositoryPath) -> RepositoryPath {
        path.components.reduce(folder) { $0.appending($1) }
    }

    // MARK: the desired state

    mutating func desiredState(environment: String, commit: ObjectID) throws -> DesiredState {
        if let first = problems.first {
            let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
            let place = first.file + (first.position.map { ":\($0.line):\($0.column)" } ?? "")
            throw RenderingError("\(place): \(first.message)\(more)", hint: first.hint, diagnostics: problems)
        }
        if !objects.secrets.isEmpty {
            let digest = SecretDigest(key: try key())
            for (path, text) in objects.secrets { objects.texts[path] = try objectText(text, hidingBy: digest) }
        }
        guard !objects.texts.isEmpty else {
            throw RenderingError(
                "environment '\(environment)' has no manifests in commit \(commit.short)",
                hint: "what is deployed stays: an empty environment would remove all of it")
        }
        var resources: [Resource] = []
        resources.reserveCapacity(objects.texts.count)
        for (path, text) in objects.texts {
            let id = try text.withUnsafeBytes { bytes throws(GitError) in try Repository.id(of: bytes, as: .blob) }
            resources.append(Resource(path: path, mode: .file, blob: id))
        }
        resources.sort { $0.path < $1.path }
        let entries = try makeTrees(of: resources)
        return DesiredState(
            environment: environment, commit: commit, tree: try Repository.id(ofTree: entries), entries: entries, resources: resources,
            objects: objects)
    }

    /// The trees of namespaces and kinds; the entries of the uppermost.
    private mutating func makeTrees(of resources: [Resource]) throws(GitError) -> [TreeEntry] {
        var kinds: [RepositoryPath: [TreeEntry]] = [:]
        for resource in resources {
            kinds[resource.path.parent ?? .root, default: []].append(TreeEntry(name: Array(resource.path.name), mode: .file, id: resource.blob))
        }
        var namespaces: [RepositoryPath: [TreeEntry]] = [:]
        for (path, entries) in kinds {
            objects.trees.append(entries)
            namespaces[path.parent ?? .root, default: []].append(
                TreeEntry(name: Array(path.name), mode: .tree, id: try Repository.id(ofTree: entries)))
        }
        var entries: [TreeEntry] = []
        for (path, kinds) in namespaces.sorted(by: { $0.key < $1.key }) {
            objects.trees.append(kinds)
            entries.append(TreeEntry(name: Array(path.name), mode: .tree, id: try Repository.id(ofTree: kinds)))
        }
        return entries
    }
}
