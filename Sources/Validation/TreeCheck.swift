// Validation: what may become history.
// It judges trees and manifests and says what is wrong and where; it knows no target, runs nothing of
// what it reads, writes nothing, and prints nothing.

import Environments
public import Git
import Glibc
public import Manifests

/// Judges what a tree changes against one that was accepted before, reading only what differs.
///
/// It remembers what it judged, so that several references that bring the same tree cost what one costs.
public final class TreeCheck {
    private let repository: Repository
    private let configuration: Configuration
    private var judgedFolders: [JudgedFolder: [Diagnostic]] = [:]
    private var readFiles: [ObjectID: (file: OpsFile?, diagnostics: [Diagnostic])] = [:]

    private struct JudgedFolder: Hashable {
        let old: ObjectID?
        let new: ObjectID
        let path: RepositoryPath
        let root: ObjectID
    }

    /// - Parameter configuration: says which directories the environments are laid into here.
    public init(_ repository: Repository, configuration: Configuration) {
        self.repository = repository
        self.configuration = configuration
    }

    /// The largest manifest that is read, in bytes.
    public static let largestManifest = 16 << 20

    /// All that is wrong with a tree.
    /// - Parameters:
    ///   - old: a tree that was accepted; nil where there is none, so that all is read.
    ///   - new: the tree to judge.
    ///   - branch: where it is to go; only an environment that follows it must have its folder there.
    ///   - defaultBranch: which one follows where `ops.yaml` names none.
    /// - Throws: `GitError` where an object cannot be read; that is never a tree without defects.
    public func diagnostics(
        from old: ObjectID?, to new: ObjectID, branch: String? = nil, defaultBranch: String? = nil
    ) throws(GitError) -> [Diagnostic] {
        var found: [Diagnostic] = []
        guard let opsFile = try opsFile(new, &found) else { return found }
        var ignored: [Diagnostic] = []
        let oldPaths = Set(try old.flatMap { old throws(GitError) in try self.opsFile(old, &ignored) }?.environments.map(\.path) ?? [])

        found += placeClashes(opsFile)
        var judged: Set<String> = []
        for declaration in opsFile.environments {
            let path = declaration.path == "." ? RepositoryPath.root : RepositoryPath(declaration.path)
            let folder = try repository.entry(at: path, inTree: new)
            let follows = (declaration.branch.map { "refs/heads/\($0)" } ?? defaultBranch) == branch
            guard let folder, folder.mode == .tree else {
                if follows || folder != nil { found.append(missingFolder(declaration, path, isThere: folder != nil)) }
                continue
            }
            if follows, path == .root, try isEmpty(folder.id) {
                found.append(
                    Diagnostic(
                        file: OpsFile.fileName, position: nil, rule: "ops/empty-environment",
                        message: "environment '\(declaration.name)' is empty in this commit",
                        hint: "what is deployed stays; an empty environment would remove all of it"))
            }
            guard judged.insert(declaration.path).inserted else { continue }
            var base: ObjectID?
            if let old, oldPaths.contains(declaration.path), let entry = try repository.entry(at: path, inTree: old),
                entry.mode == .tree
            {
                base = entry.id
            }
            found += try changes(from: base, to: folder.id, at: path, root: new)
        }
        // Environments may overlap; a defect is told once.
        var seen: Set<Diagnostic> = []
        return found.filter { seen.insert($0).inserted }.sorted(by: TreeCheck.order)
    }

    /// Environments that the default branch declares to follow a branch, and that the branch's own
    /// `ops.yaml` does not declare, so that nothing of it could be deployed.
    /// - Parameter headTree: of the default branch.
    public func undeclared(
        in tree: ObjectID, followedBy headTree: ObjectID, branch: String
    ) throws(GitError) -> [Diagnostic] {
        var ignored: [Diagnostic] = []
        guard let declared = try opsFile(headTree, &ignored), let own = try opsFile(tree, &ignored) else { return [] }
        let names = Set(own.environments.map(\.name))
        return declared.environments.filter { declaration in
            declaration.branch.map { "refs/heads/\($0)" } == branch && !names.contains(declaration.name)
        }.map { declaration in
            Diagnostic(
                file: OpsFile.fileName, position: nil, rule: "ops/undeclared",
                message: "environment '\(declaration.name)' follows this branch, but is not declared on it",
                hint: "declare it here too, or first remove it on the default branch")
        }
    }

    private static func order(_ a: Diagnostic, _ b: Diagnostic) -> Bool {
        if a.file != b.file { return a.file < b.file }
        let (x, y) = (a.position?.line ?? 0, b.position?.line ?? 0)
        return x != y ? x < y : (a.position?.column ?? 0) < (b.position?.column ?? 0)
    }

    private func opsFile(_ tree: ObjectID, _ found: inout [Diagnostic]) throws(GitError) -> OpsFile? {
        let name = RepositoryPath(OpsFile.fileName)
        guard let entry = try repository.entry(at: name, inTree: tree) else { return .implicit }
        guard entry.mode == .file || entry.mode == .executable, try repository.header(of: entry.id).size <= 1 << 20 else {
            found.append(
                Diagnostic(
                    file: OpsFile.fileName, position: nil, rule: "ops/file",
                    message: "must be a file of at most 1 MiB"))
            return nil
        }
        if let known = readFiles[entry.id] {
            found += known.diagnostics
            return known.file
        }
        let (file, diagnostics) = OpsFile.parse(try repository.blob(entry.id), file: OpsFile.fileName)
        readFiles[entry.id] = (file, diagnostics)
        found += diagnostics
        return file
    }

    private func isEmpty(_ root: ObjectID) throws(GitError) -> Bool {
        try repository.entries(ofTree: root).allSatisfy { $0.name.elementsEqual(OpsFile.fileName.utf8) }
    }

    private func missingFolder(_ declaration: Declaration, _ path: RepositoryPath, isThere: Bool) -> Diagnostic {
        Diagnostic(
            file: OpsFile.fileName, position: declaration.position, rule: "ops/no-folder",
            message: isThere
                ? "the path of environment '\(declaration.name)' is not a folder: '\(path)'"
                : "environment '\(declaration.name)' has no folder '\(path)' in this commit",
            hint: isThere ? nil : "add the folder, or remove the environment; what is deployed stays either way")
    }

    /// Two environments that are laid into one directory here, or one into a folder of the other's.
    private func placeClashes(_ file: OpsFile) -> [Diagnostic] {
        let places = file.environments.compactMap { declaration in
            configuration["ops.\(declaration.name).directory"].map {
                (declaration, RepositoryPath($0.resolved.drop { $0 == "/" }).withoutTrailingSlash)
            }
        }
        var found: [Diagnostic] = []
        for (index, (declaration, place)) in places.enumerated() {
            for (other, otherPlace) in places[..<index] where place.isWithin(otherPlace) || otherPlace.isWithin(place) {
                found.append(
                    Diagnostic(
                        file: OpsFile.fileName, position: declaration.position, rule: "ops/one-place",
                        message: "environments '\(other.name)' and '\(declaration.name)' are laid into the same directory here",
                        hint: "set ops.\(declaration.name).directory in the server's git configuration to another"))
            }
        }
        return found
    }

    private func changes(
        from old: ObjectID?, to new: ObjectID, at folder: RepositoryPath, root: ObjectID
    ) throws(GitError) -> [Diagnostic] {
        let key = JudgedFolder(old: old, new: new, path: folder, root: root)
        if let known = judgedFolders[key] { return known }
        let found = try judge(from: old, to: new, at: folder, root: root)
        judgedFolders[key] = found
        return found
    }

    private func judge(
        from old: ObjectID?, to new: ObjectID, at folder: RepositoryPath, root: ObjectID
    ) throws(GitError) -> [Diagnostic] {
        var found: [Diagnostic] = []
        var templates = ChartTemplates(repository: repository, root: root)
        var names = NewNames()
        try repository.forEachChange(from: old, to: new) { change throws(GitError) in
            guard let now = change.new else { return }
            // The root's ops.yaml is not deployed, and was judged already.
            if folder == .root, change.path.bytes.elementsEqual(OpsFile.fileName.utf8) { return }
            let file = folder.appending(change.path.bytes)
            if let problem = try pathProblem(change.path, now) {
                found.append(
                    Diagnostic(
                        file: file.description, position: nil, rule: problem.rule, message: problem.message,
                        hint: problem.hint))
                return
            }
            if change.old == nil { names.add(change.path) }
            guard now.mode != .link, now.id != change.old?.id, let language = Language(of: file),
                try !templates.contains(file)
            else { return }
            found += try manifest(file, now.id, language)
        }
        found += try names.clashes(in: new, at: folder, repository)
        return found
    }

    private func pathProblem(
        _ path: RepositoryPath, _ entry: (mode: FileMode, id: ObjectID)
    ) throws(GitError) -> PathProblem? {
        if let problem = PathRules.problem(path: path, mode: entry.mode) { return problem }
        guard entry.mode == .link else { return nil }
        guard try repository.header(of: entry.id).size <= PathRules.longestLink else { return .badLink }
        return PathRules.problem(link: path, target: try repository.blob(entry.id))
    }

    private enum Language {
        case yaml, json

        init?(of path: RepositoryPath) {
            let name = path.name
            if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
                self = .yaml
            } else if name.hasSuffix(".json") {
                self = .json
            } else {
                return nil
            }
        }
    }

    private func manifest(_ path: RepositoryPath, _ blob: ObjectID, _ language: Language) throws(GitError) -> [Diagnostic] {
        let file = path.description
        guard try repository.header(of: blob).size <= TreeCheck.largestManifest else {
            return [
                Diagnostic(
                    file: file, position: nil, rule: "manifest/too-large",
                    message: "a manifest may have at most \(TreeCheck.largestManifest >> 20) MiB",
                    hint: "give a file that is no manifest a name that does not end in .yaml, .yml or .json")
            ]
        }
        return try repository.withContent(of: blob, as: .blob) { bytes throws(GitError) in
            switch language {
            case .yaml: YAML.check(bytes, file: file)
            case .json: JSON.check(bytes, file: file)
            }
        }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func hasSuffix(_ suffix: StaticString) -> Bool {
        suffix.withUTF8Buffer { bytes in count > bytes.count && self.suffix(bytes.count).elementsEqual(bytes) }
    }
}

extension String {
    /// The path without links, `.` and `..`, where it exists; else as it is.
    fileprivate var resolved: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        guard realpath(self, &buffer) != nil else { return self }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension RepositoryPath {
    fileprivate var withoutTrailingSlash: RepositoryPath {
        guard let last = bytes.lastIndex(where: { $0 != UInt8(ascii: "/") }) else { return .root }
        return RepositoryPath(bytes: Array(bytes[...last]))
    }
}

/// Knows which files are templates of a Helm chart: YAML only after rendering, so not judged as YAML.
private struct ChartTemplates {
    let repository: Repository
    let root: ObjectID
    private var charts: [RepositoryPath: Bool] = [:]

    init(repository: Repository, root: ObjectID) {
        self.repository = repository
        self.root = root
    }

    mutating func contains(_ file: RepositoryPath) throws(GitError) -> Bool {
        var folder = file.parent
        while let current = folder, current != .root {
            if current.name.elementsEqual("templates".utf8), let chart = current.parent, try isChart(chart) { return true }
            folder = current.parent
        }
        return false
    }

    private mutating func isChart(_ folder: RepositoryPath) throws(GitError) -> Bool {
        if let known = charts[folder] { return known }
        let answer = try repository.entry(at: folder.appending("Chart.yaml"), inTree: root) != nil
        charts[folder] = answer
        return answer
    }
}

/// Collects new names, to find those that differ from another only in case.
private struct NewNames {
    private var byFolder: [RepositoryPath: [[UInt8]]] = [:]

    mutating func add(_ path: RepositoryPath) {
        guard let parent = path.parent else { return }
        byFolder[parent, default: []].append(Array(path.name))
    }

    func clashes(in tree: ObjectID, at place: RepositoryPath, _ repository: Repository) throws(GitError) -> [Diagnostic] {
        var found: [Diagnostic] = []
        for (folder, names) in byFolder {
            guard let entry = try repository.entry(at: folder, inTree: tree), entry.mode == .tree else { continue }
            var byFoldedName: [[UInt8]: [[UInt8]]] = [:]
            for entry in try repository.entries(ofTree: entry.id) {
                byFoldedName[entry.name.map(NewNames.folded), default: []].append(entry.name)
            }
            for name in names {
                guard let others = byFoldedName[name.map(NewNames.folded)], others.count > 1,
                    let other = others.first(where: { $0 != name })
                else { continue }
                found.append(
                    Diagnostic(
                        file: place.appending(folder.appending(name).bytes).description, position: nil,
                        severity: .warning, rule: "path/case-clash",
                        message: "differs from '\(RepositoryPath.quoted(other))' only in case",
                        hint: "a target that ignores case cannot hold both"))
            }
        }
        return found
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
