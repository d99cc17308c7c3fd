// Validation: what may become history.
// It judges trees and manifests and says what is wrong and where; it knows no target, runs nothing of
// what it reads, writes nothing, and prints nothing.

import Environments
public import Git
import Glibc
public import Manifests

/// What was found in a tree.
public struct TreeVerdict: Sendable {
    /// What is wrong, ordered by file and place.
    public var diagnostics: [Diagnostic] = []
    /// Files of YAML or JSON that name no kind, so that only their form was checked.
    public var unclassified: [String] = []
    /// The exceptions that files make, and whether each lets anything pass.
    public var exceptions: [(file: String, exception: RuleException, isUsed: Bool)] = []
    /// How many files of YAML and JSON were judged or known.
    public var files = 0
    /// The resources in them.
    public var resources = 0

    /// Whether nothing is refused.
    public var isAccepted: Bool { !diagnostics.contains { $0.severity == .error } }
}

/// Judges what a tree changes against one that was accepted before, reading only what differs.
///
/// It remembers what it judged, so that several references that bring the same tree cost what one costs.
/// An index of an environment, where there is one, spares reading what it knows.
public final class TreeCheck {
    private let repository: Repository
    private let configuration: Configuration
    private let program: String
    private var judgedFolders: [JudgedFolder: TreeVerdict] = [:]
    private var readFiles: [ObjectID: (file: OpsFile?, diagnostics: [Diagnostic])] = [:]
    private var catalogs: [[String]: SchemaCatalog] = [:]
    private var imported: ImportedSchemas?

    private struct JudgedFolder: Hashable {
        let old: ObjectID?
        let new: ObjectID
        let path: RepositoryPath
        let settings: ValidationSettings
    }

    /// - Parameters:
    ///   - configuration: says which directories the environments are laid into here, and what may not be excepted.
    ///   - program: what this program is, so that an index made by another is not taken for its own.
    public init(_ repository: Repository, configuration: Configuration, program: String = "") {
        self.repository = repository
        self.configuration = configuration
        self.program = program
    }

    /// The largest manifest that is read, in bytes.
    public static let largestManifest = 16 << 20

    /// All that is wrong with a tree; see ``verdict(from:to:branch:defaultBranch:everything:)``.
    public func diagnostics(
        from old: ObjectID?, to new: ObjectID, branch: String? = nil, defaultBranch: String? = nil
    ) throws -> [Diagnostic] {
        try verdict(from: old, to: new, branch: branch, defaultBranch: defaultBranch).diagnostics
    }

    /// Judges a tree.
    /// - Parameters:
    ///   - old: a tree that was accepted; nil where there is none, so that all is read.
    ///   - new: the tree to judge.
    ///   - branch: where it is to go; only an environment that follows it must have its folder there.
    ///   - defaultBranch: which one follows where `ops.yaml` names none.
    /// - Throws: `GitError` where an object cannot be read; that is never a tree without defects.
    public func verdict(
        from old: ObjectID?, to new: ObjectID, branch: String? = nil, defaultBranch: String? = nil
    ) throws -> TreeVerdict {
        var whole = TreeVerdict()
        guard let opsFile = try opsFile(new, &whole.diagnostics) else { return whole }
        var ignored: [Diagnostic] = []
        let oldFile = try old.flatMap { old throws(GitError) in try self.opsFile(old, &ignored) }
        let oldPaths = Set(oldFile?.environments.map(\.path) ?? [])

        whole.diagnostics += placeClashes(opsFile)
        whole.diagnostics += try settingProblems(opsFile)
        guard whole.isAccepted else { return whole }
        var judged: Set<JudgedFolder> = []
        for declaration in opsFile.environments {
            let path = declaration.path == "." ? RepositoryPath.root : RepositoryPath(declaration.path)
            let folder = try repository.entry(at: path, inTree: new)
            let follows = (declaration.branch.map { "refs/heads/\($0)" } ?? defaultBranch) == branch
            guard let folder, folder.mode == .tree else {
                if follows || folder != nil { whole.diagnostics.append(missingFolder(declaration, path, isThere: folder != nil)) }
                continue
            }
            if follows, path == .root, try isEmpty(folder.id) {
                whole.diagnostics.append(
                    Diagnostic(
                        file: OpsFile.fileName, position: nil, rule: "ops/empty-environment",
                        message: "environment '\(declaration.name)' is empty in this commit",
                        hint: "what is deployed stays; an empty environment would remove all of it"))
            }
            var base: ObjectID?
            if let old, oldPaths.contains(declaration.path), let entry = try repository.entry(at: path, inTree: old),
                entry.mode == .tree
            {
                base = entry.id
            }
            let settings = opsFile.validation(of: declaration)
            let key = JudgedFolder(old: base, new: folder.id, path: path, settings: settings)
            guard judged.insert(key).inserted else { continue }
            whole.add(try judge(key, settingsBefore: oldFile?.validation(ofPath: declaration)))
        }
        whole.tidy()
        return whole
    }

    /// Judges an environment's folder: paths and names by what differs, files by the rules that held
    /// before, and by those that hold from now on, where these are others.
    private func judge(_ key: JudgedFolder, settingsBefore: ValidationSettings?) throws -> TreeVerdict {
        if let known = judgedFolders[key] { return known }
        var verdict = TreeVerdict()
        verdict.diagnostics = try pathProblems(from: key.old, to: key.new, at: key.path)
        let isChanged = settingsBefore.map { !$0.demandsTheSame(as: key.settings) } ?? false
        verdict.add(try check(key.path, key.new, key.settings, since: key.old, everything: isChanged || key.old == nil))
        if isChanged, let settingsBefore {
            // Whoever may push may change the rules; a push is judged by those it finds.
            var before = try check(key.path, key.new, settingsBefore, since: key.old, everything: key.old == nil)
            let known = Set(verdict.diagnostics)
            before.diagnostics = before.diagnostics.filter { $0.severity == .error && !known.contains($0) }.map { diagnostic in
                diagnostic.hinting("the rules of the ops.yaml before this push refuse it; push the change of ops.yaml first, by itself")
            }
            verdict.diagnostics += before.diagnostics
        }
        judgedFolders[key] = verdict
        return verdict
    }

    private func check(
        _ path: RepositoryPath, _ tree: ObjectID, _ settings: ValidationSettings, since base: ObjectID?, everything: Bool
    ) throws -> TreeVerdict {
        let check = try environmentCheck(path, tree, settings)
        try check.read(since: base, everything: everything)
        let found = try check.verdict()
        return TreeVerdict(
            diagnostics: found.diagnostics, unclassified: found.unclassified, exceptions: found.exceptions, files: found.files,
            resources: found.resources)
    }

    private func environmentCheck(
        _ path: RepositoryPath, _ tree: ObjectID, _ settings: ValidationSettings
    ) throws -> EnvironmentCheck {
        let fingerprint = try fingerprint(settings)
        var index = EnvironmentIndex(indexPath(path))
        // Of other rules or another program it says what is not asked for; of a tree that is gone, nothing.
        if let known = index, known.fingerprint != fingerprint || !repository.contains(known.tree) { index = nil }
        let file = FileCheck(
            levels: RuleLevels(settings), schemas: try catalog(settings), unexcepted: configuration.values("ops.forbidException"))
        return try EnvironmentCheck(repository, folder: path, tree: tree, check: file, index: index)
    }

    // MARK: the index

    /// Brings the indexes of a tree's environments up to date, where they are missing or far behind.
    ///
    /// - Parameters:
    ///   - tree: what an accepted branch names.
    ///   - lag: how many files may differ from an index before it is written anew.
    /// - Returns: how many were written.
    @discardableResult
    public func updateIndexes(of tree: ObjectID, lag: Int = 64) throws -> Int {
        var ignored: [Diagnostic] = []
        guard let opsFile = try opsFile(tree, &ignored) else { return 0 }
        var written = 0
        var done: Set<RepositoryPath> = []
        for declaration in opsFile.environments {
            let path = declaration.path == "." ? RepositoryPath.root : RepositoryPath(declaration.path)
            guard done.insert(path).inserted, let folder = try repository.entry(at: path, inTree: tree), folder.mode == .tree else { continue }
            let settings = opsFile.validation(of: declaration)
            let fingerprint = try fingerprint(settings)
            if try isNear(indexPath(path), folder.id, fingerprint, lag: lag) { continue }
            let check = try environmentCheck(path, folder.id, settings)
            try check.read()
            try EnvironmentIndex.write(
                to: indexPath(path), tree: folder.id, fingerprint: fingerprint, files: check.indexFiles())
            written += 1
        }
        return written
    }

    /// Whether ``updateIndexes(of:lag:)`` would write one.
    public func needsIndexes(of tree: ObjectID, lag: Int = 64) throws -> Bool {
        var ignored: [Diagnostic] = []
        guard let opsFile = try opsFile(tree, &ignored) else { return false }
        for declaration in opsFile.environments {
            let path = declaration.path == "." ? RepositoryPath.root : RepositoryPath(declaration.path)
            guard let folder = try repository.entry(at: path, inTree: tree), folder.mode == .tree else { continue }
            let fingerprint = try fingerprint(opsFile.validation(of: declaration))
            if try !isNear(indexPath(path), folder.id, fingerprint, lag: lag) { return true }
        }
        return false
    }

    /// Whether an index is of a tree, or of one that differs little.
    private func isNear(_ path: String, _ tree: ObjectID, _ fingerprint: UInt64, lag: Int) throws -> Bool {
        guard let known = EnvironmentIndex(path), known.fingerprint == fingerprint else { return false }
        if known.tree == tree { return true }
        guard repository.contains(known.tree) else { return false }
        var changes = 0
        try repository.forEachChange(from: known.tree, to: tree) { _ throws(GitError) in changes += 1 }
        return changes <= lag
    }

    /// Where the index of an environment's folder is kept: with what this machine alone needs.
    private func indexPath(_ path: RepositoryPath) -> String {
        let name = path.bytes.withUnsafeBufferPointer { String(FactKey("folder", $0).value, radix: 16) }
        return repository.commonDirectory + "ops/_index/" + name
    }

    private func fingerprint(_ settings: ValidationSettings) throws -> UInt64 {
        var text = program + "\n" + settings.kubernetes.map(\.name).joined(separator: ",")
        for rule in settings.rules { text += "\n\(rule.name)=\(rule.level.rawValue)" }
        for rule in configuration.values("ops.forbidException") { text += "\nforbidden=\(rule)" }
        text += "\n" + (try importedSchemas().identity)
        return text.withUTF8 { FactKey("fingerprint", $0).value }
    }

    // MARK: schemas and settings

    private func importedSchemas() throws -> ImportedSchemas {
        if let imported { return imported }
        let read = try ImportedSchemas(repository)
        imported = read
        return read
    }

    private func catalog(_ settings: ValidationSettings) throws -> SchemaCatalog {
        let versions = settings.kubernetes.map(\.name)
        if let known = catalogs[versions] { return known }
        let made = try SchemaCatalog(versions: versions, imported: try importedSchemas())
        catalogs[versions] = made
        return made
    }

    private func settingProblems(_ file: OpsFile) throws -> [Diagnostic] {
        var problems: [Diagnostic] = []
        for settings in [file.validation] + file.environments.compactMap(\.validation) {
            problems += RuleLevels.problems(settings, file: OpsFile.fileName)
            problems += SchemaCatalog.problems(settings.kubernetes, file: OpsFile.fileName)
        }
        return problems
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

    fileprivate static func order(_ a: Diagnostic, _ b: Diagnostic) -> Bool {
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

    /// What is wrong with names and links, whatever the files hold.
    private func pathProblems(
        from old: ObjectID?, to new: ObjectID, at folder: RepositoryPath
    ) throws(GitError) -> [Diagnostic] {
        var found: [Diagnostic] = []
        var names = NewNames()
        try repository.forEachChange(from: old, to: new) { change throws(GitError) in
            guard let now = change.new else { return }
            // The root's ops.yaml is not deployed, and was judged already.
            if folder == .root, change.path.bytes.elementsEqual(OpsFile.fileName.utf8) { return }
            if let problem = try pathProblem(change.path, now) {
                found.append(
                    Diagnostic(
                        file: folder.appending(change.path.bytes).description, position: nil, rule: problem.rule,
                        message: problem.message, hint: problem.hint))
                return
            }
            if change.old == nil { names.add(change.path) }
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

extension TreeVerdict {
    fileprivate mutating func add(_ other: TreeVerdict) {
        diagnostics += other.diagnostics
        unclassified += other.unclassified
        exceptions += other.exceptions
        files += other.files
        resources += other.resources
    }

    /// Environments may overlap; a defect is told once.
    fileprivate mutating func tidy() {
        var seen: Set<Diagnostic> = []
        diagnostics = diagnostics.filter { seen.insert($0).inserted }.sorted(by: TreeCheck.order)
        unclassified = Set(unclassified).sorted()
    }
}

extension OpsFile {
    /// What holds for the environment of the same name, or of the same folder.
    fileprivate func validation(ofPath declaration: Declaration) -> ValidationSettings {
        let same = self[declaration.name] ?? environments.first { $0.path == declaration.path }
        return same.map(validation(of:)) ?? validation
    }
}

extension ValidationSettings {
    /// Whether two settings demand the same, wherever they stand.
    fileprivate func demandsTheSame(as other: ValidationSettings) -> Bool {
        kubernetes.map(\.name) == other.kubernetes.map(\.name)
            && rules.map(\.name) == other.rules.map(\.name) && rules.map(\.level) == other.rules.map(\.level)
    }
}

extension Diagnostic {
    /// The same with another hint.
    fileprivate func hinting(_ hint: String) -> Diagnostic {
        var other = Diagnostic(file: file, range: range, severity: severity, rule: rule, message: message, hint: hint)
        other.resource = resource
        other.pointer = pointer
        other.sourceLine = sourceLine
        return other
    }
}
