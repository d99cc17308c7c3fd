import Deployments
import Environments
import Git
import Operations
import Posix
import Rendering

/// What somebody has changed, as a commit on what was deployed: to merge it is to accept it.
struct DriftCommit {
    let session: Session
    let environment: Environment
    /// What runs.
    let running: RecordedDeployment

    var reference: String { "refs/ops/_drift/\(environment.name)" }

    /// Writes it, where it is another than what is there.
    /// - Parameters:
    ///   - drift: what differs; its target still answers.
    /// - Returns: the commit; nil where there is nothing that a file could say.
    func write(_ drift: Plan, _ target: any Target) throws -> ObjectID? {
        guard try !target.holdsObjects() else {
            throw SettingsError("drift in objects cannot be kept as a commit yet", hint: "git config ops.\(environment.name).drift warn")
        }
        let repository = session.repository
        let source = running.deployment.source
        let sourceTree = try repository.tree(ofCommit: source)
        let declared = try repository.opsFile(inTree: sourceTree).environments.first { $0.name == environment.name }
        // Declared elsewhere: the default branch says which folder it is.
        let declaration = try declared ?? repository.opsFile(inTree: repository.tree(ofCommit: session.environments.tip(of: environment))).environments.first { $0.name == environment.name }
        let folder = declaration.map { $0.path == "." ? RepositoryPath.root : RepositoryPath($0.path) } ?? .root
        var edits: [RepositoryPath: (mode: FileMode, id: ObjectID)?] = [:]
        for change in drift.changes {
            let path = folder == .root ? change.path : RepositoryPath(bytes: folder.bytes + [UInt8(ascii: "/")] + change.path.bytes)
            guard let live = change.live else {
                edits[path] = .some(nil)
                continue
            }
            guard let content = try target.liveContent(of: change) else { continue }
            edits[path] = .some((live.mode, try repository.write(content, as: .blob)))
        }
        let tree = try repository.tree(sourceTree, edited: edits)
        guard tree != sourceTree else { return nil }
        let old = try repository.target(of: reference)
        if let old, let known = try? repository.readCommit(old), known.tree == tree, known.parents == [source] { return old }
        let now = Moment.now()
        let signature = session.environments.committer(now)
        let lines = drift.changes.prefix(50).map { "    \(Narration.line($0))\n" }.joined()
        let more = drift.changes.count > 50 ? "    and \(drift.changes.count - 50) more\n" : ""
        let commit = try repository.writeCommit(
            tree: tree, parents: [source], author: signature, committer: signature,
            message: "Keep what was changed in \(environment.name)\n\n\(lines)\(more)\nEnvironment: \(environment.name)\nDeployment: \(running.deployment.identifier)\n")
        try repository.update(reference, to: commit, expecting: old, by: signature, message: "agent: drift")
        return commit
    }

    /// Forgets it, where live is as it was deployed.
    func forget() throws {
        guard let old = try session.repository.target(of: reference) else { return }
        try session.repository.delete(reference, expecting: old)
    }
}
