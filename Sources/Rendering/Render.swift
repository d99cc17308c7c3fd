public import Environments
public import Git
import Manifests

/// The largest `ops.yaml` that is read, in bytes.
public let largestOpsFile = 1 << 20

extension Repository {
    /// What the `ops.yaml` at the root of a tree declares; what is implied where there is none.
    /// - Throws: `RenderingError` with diagnostics where the file is not valid; `GitError`.
    public func opsFile(inTree tree: ObjectID) throws -> OpsFile {
        guard let entry = try entry(at: RepositoryPath(OpsFile.fileName), inTree: tree) else { return .implicit }
        guard entry.mode == .file || entry.mode == .executable else {
            throw RenderingError("\(OpsFile.fileName) is not a file")
        }
        guard try header(of: entry.id).size <= largestOpsFile else {
            throw RenderingError("\(OpsFile.fileName) is larger than \(largestOpsFile) bytes")
        }
        let (file, diagnostics) = OpsFile.parse(try blob(entry.id), file: OpsFile.fileName)
        guard let file else {
            throw RenderingError("\(OpsFile.fileName) is not valid", diagnostics: diagnostics)
        }
        return file
    }
}

/// Renders an environment: the resources that a commit says should be there.
///
/// Which folder that is, the commit's own `ops.yaml` says. An error is never an empty desired state,
/// and an empty folder is an error: it would remove all that is deployed.
/// - Parameters:
///   - environment: the environment's name.
///   - form: what is to be had for resources.
/// - Throws: `RenderingError`, with a way out; `GitError`.
public func render(
    environment: String, commit: ObjectID, repository: Repository, as form: ResourceForm = .files
) throws -> DesiredState {
    let root = try repository.tree(ofCommit: commit)
    let file = try repository.opsFile(inTree: root)
    guard let declaration = file.environments.first(where: { $0.name == environment }) else {
        throw RenderingError(
            "commit \(commit.short) declares no environment '\(environment)'",
            hint: "declare it in \(OpsFile.fileName), on the branch that it follows")
    }
    let path = declaration.path == "." ? RepositoryPath.root : RepositoryPath(declaration.path)
    guard let folder = try repository.entry(at: path, inTree: root), folder.mode == .tree else {
        throw RenderingError(
            "environment '\(environment)' has no folder '\(path)' in commit \(commit.short)",
            hint: "what is deployed stays; see 'path' in \(OpsFile.fileName)")
    }

    var entries = try repository.entries(ofTree: folder.id)
    var tree = folder.id
    if path == .root, let own = entries.firstIndex(where: { $0.name.elementsEqual(OpsFile.fileName.utf8) }) {
        // What says how to deploy is not deployed.
        entries.remove(at: own)
        tree = try Repository.id(ofTree: entries)
    }
    if case .objects(let key) = form {
        return try renderObjects(
            environment: environment, commit: commit, repository: repository, folder: path, entries: entries, key: key)
    }
    let resources = try repository.resources(entries)
    guard !resources.isEmpty else {
        throw RenderingError(
            "environment '\(environment)' is empty in commit \(commit.short)",
            hint: "what is deployed stays: an empty environment would remove all of it")
    }
    return DesiredState(environment: environment, commit: commit, tree: tree, entries: entries, resources: resources)
}

extension Repository {
    /// The resources below the entries of a tree, each checked to stay inside a target.
    fileprivate func resources(_ entries: [TreeEntry]) throws -> [Resource] {
        var resources: [Resource] = []
        func add(_ file: TreeFile) throws(GitError) {
            var problem = PathRules.problem(path: file.path, mode: file.mode)
            if problem == nil, file.mode == .link {
                let size = try header(of: file.id).size
                problem =
                    size > PathRules.longestLink
                    ? .badLink : PathRules.problem(link: file.path, target: try blob(file.id))
            }
            if let problem {
                throw GitError(.unsupported, "\(file.path)", reason: problem.message, hint: problem.hint)
            }
            resources.append(Resource(path: file.path, mode: file.mode, blob: file.id))
        }
        for entry in entries {
            let path = RepositoryPath(bytes: entry.name)
            if entry.mode == .tree {
                try forEachFile(inTree: entry.id, prefix: path) { file throws(GitError) in try add(file) }
            } else {
                try add(TreeFile(path: path, mode: entry.mode, id: entry.id))
            }
        }
        return resources
    }
}
