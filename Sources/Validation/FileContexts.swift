import Git
import Manifests

/// Works out what files are by where they stand, reading each folder once.
final class FileContexts {
    private struct Folder {
        /// The tree; nil where there is no such folder.
        var tree: ObjectID?
        /// The folder of the chart that this belongs to, from its `Chart.yaml` down.
        var chart: RepositoryPath?
        /// Kustomizations here and above, the nearest last.
        var kustomizations: [(folder: RepositoryPath, value: KustomizationSummary)] = []
    }

    private struct KustomizationSummary {
        var namespace: [UInt8]?
        var inputs: Set<RepositoryPath>
        var isComponent: Bool
    }

    private let repository: Repository
    private let root: RepositoryPath
    private var folders: [RepositoryPath: Folder] = [:]
    /// Files that some kustomization takes in, wherever it stands.
    var inputs: Set<RepositoryPath> = []

    /// - Parameters:
    ///   - root: the environment's folder in the repository; above it nothing is looked at.
    ///   - tree: the tree of that folder.
    init(_ repository: Repository, root: RepositoryPath, tree: ObjectID) throws(GitError) {
        self.repository = repository
        self.root = root
        folders[root] = try read(root, tree, above: Folder())
    }

    /// What a file is by its place.
    func context(of path: RepositoryPath) throws(GitError) -> FileContext {
        let parent = path.parent ?? .root
        let folder = try self.folder(parent)
        var context = FileContext()
        if let nearest = folder.kustomizations.last {
            context.scope.kustomization = nearest.folder.bytes
            // The outermost namespace wins, as kustomize applies it last.
            context.scope.namespace = folder.kustomizations.first { $0.value.namespace != nil }?.value.namespace
        }
        context.scope.isComponent = folder.kustomizations.contains { $0.value.isComponent }
        let name = path.name
        if isKustomization(name) {
            context.role = .kustomization
        } else if let chart = folder.chart, path.isWithin(chart) {
            context.role = role(inChart: path, chart)
        } else if inputs.contains(path) || folder.kustomizations.contains(where: { $0.value.inputs.contains(path) }) {
            context.role = .kustomizeInput
        } else if isHidden(path) {
            context.role = .settings
        }
        return context
    }

    /// Whether this is the name of a kustomization.
    static func isKustomizationName(_ name: ArraySlice<UInt8>) -> Bool {
        Kustomization.fileNames.contains { known in
            name.count == known.utf8CodeUnitCount
                && name.elementsEqual(UnsafeBufferPointer(start: known.utf8Start, count: known.utf8CodeUnitCount))
        }
    }

    private func isKustomization(_ name: ArraySlice<UInt8>) -> Bool { Self.isKustomizationName(name) }

    private func role(inChart path: RepositoryPath, _ chart: RepositoryPath) -> FileRole? {
        let inside = path.relative(to: chart)?.bytes ?? path.bytes
        let parts = inside.split(separator: UInt8(ascii: "/"))
        if parts.count > 1, parts[0].elementsEqual("templates".utf8) { return .chartTemplate }
        if parts.count > 1, parts[0].elementsEqual("crds".utf8) { return nil }
        if parts.count == 1, parts[0].starts(with: "Chart.".utf8) { return .chart }
        return .values
    }

    /// Files and folders of tools: `.github`, `.sops.yaml`.
    private func isHidden(_ path: RepositoryPath) -> Bool {
        let bytes = path.relative(to: root)?.bytes ?? path.bytes
        return bytes.split(separator: UInt8(ascii: "/")).contains { $0.first == UInt8(ascii: ".") }
    }

    private func folder(_ path: RepositoryPath) throws(GitError) -> Folder {
        if let known = folders[path] { return known }
        guard let parentPath = path.parent, path != root else { return Folder() }
        let parent = try folder(parentPath)
        var made = Folder()
        if let tree = parent.tree, let entry = try repository.entry(at: RepositoryPath(bytes: Array(path.name)), inTree: tree),
            entry.mode == .tree
        {
            made = try read(path, entry.id, above: parent)
        } else {
            made.chart = parent.chart
            made.kustomizations = parent.kustomizations
        }
        folders[path] = made
        return made
    }

    private func read(_ path: RepositoryPath, _ tree: ObjectID, above: Folder) throws(GitError) -> Folder {
        var folder = Folder(tree: tree, chart: above.chart, kustomizations: above.kustomizations)
        for entry in try repository.entries(ofTree: tree, named: Kustomization.fileNames + ["Chart.yaml"]) {
            guard entry.mode == .file || entry.mode == .executable else { continue }
            if entry.name.elementsEqual("Chart.yaml".utf8) {
                folder.chart = path
            } else if let kustomization = try self.kustomization(entry.id, path) {
                folder.kustomizations.append((path, kustomization))
            }
        }
        return folder
    }

    private func kustomization(_ blob: ObjectID, _ folder: RepositoryPath) throws(GitError) -> KustomizationSummary? {
        guard try repository.header(of: blob).size <= 1 << 20 else { return nil }
        return try repository.withContent(of: blob, as: .blob) { bytes throws(GitError) in
            ManifestFile(bytes, language: .yaml, file: "").withDocuments { documents in
                guard let root = documents.first?.root, root.kind == .mapping else { return nil }
                let kustomization = Kustomization(root, folder: folder)
                return KustomizationSummary(namespace: kustomization.namespace, inputs: kustomization.inputs, isComponent: kustomization.isComponent)
            }
        }
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes end with a text, and are more than that.
    func hasSuffix(_ suffix: StaticString) -> Bool {
        let end = UnsafeBufferPointer(start: suffix.utf8Start, count: suffix.utf8CodeUnitCount)
        return count > end.count && self.suffix(end.count).elementsEqual(end)
    }
}
