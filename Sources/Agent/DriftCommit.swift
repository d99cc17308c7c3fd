import Deployments
import Environments
import Git
import Manifests
import Operations
import Posix
import Rendering

/// What somebody has changed, as a commit on what was deployed: to merge it is to accept it.
struct DriftCommit {
    let session: Session
    let environment: Environment
    /// What runs.
    let running: RecordedDeployment

    var reference: String { DriftCommit.reference(of: environment.name) }

    static func reference(of environment: String) -> String { "refs/ops/_drift/\(environment)" }

    /// Writes it, where it is another than what is there.
    /// - Parameters:
    ///   - drift: what differs; its target still answers.
    /// - Returns: the commit, nil where there is nothing that a file could say; and what is not in it, with the reason.
    func write(_ drift: Plan, _ target: any Target) throws -> (commit: ObjectID?, left: [String]) {
        let repository = session.repository
        let source = running.deployment.source
        let sourceTree = try repository.tree(ofCommit: source)
        let edits = try target.holdsObjects() ? objectEdits(drift, target, sourceTree) : fileEdits(drift, target, sourceTree)
        let tree = try repository.tree(sourceTree, edited: edits.files)
        let left = edits.left + drift.conflicts.map { "\($0.path): \($0.reason)" }
        guard tree != sourceTree else {
            // What was kept before is no longer so.
            try forget()
            return (nil, left)
        }
        let lines = listed(drift.changes.map { Narration.line($0) }) + (left.isEmpty ? "" : "\nnot kept:\n\n" + listed(left.map { plainLine($0, limit: 300) }))
        let message =
            "Keep what was changed in \(environment.name)\n\n\(lines)\nEnvironment: \(environment.name)\nDeployment: \(running.deployment.identifier)\n"
        let old = try repository.target(of: reference)
        if let old, let known = try? repository.readCommit(old), known.tree == tree, known.parents == [source], known.message == message { return (old, left) }
        let signature = session.environments.committer(.now())
        let commit = try repository.writeCommit(tree: tree, parents: [source], author: signature, committer: signature, message: message)
        try repository.update(reference, to: commit, expecting: old, by: signature, message: "agent: drift")
        return (commit, left)
    }

    private func listed(_ lines: [String]) -> String {
        lines.prefix(50).map { "    \($0)\n" }.joined() + (lines.count > 50 ? "    and \(lines.count - 50) more\n" : "")
    }

    /// What is written into a tree, and what is not, with the reason.
    private typealias Edits = (files: [RepositoryPath: (mode: FileMode, id: ObjectID)?], left: [String])

    private func fileEdits(_ drift: Plan, _ target: any Target, _ sourceTree: ObjectID) throws -> Edits {
        let repository = session.repository
        let declared = try repository.opsFile(inTree: sourceTree).environments.first { $0.name == environment.name }
        // Declared elsewhere: the default branch says which folder it is.
        let declaration = try declared ?? repository.opsFile(inTree: repository.tree(ofCommit: session.environments.tip(of: environment))).environments.first { $0.name == environment.name }
        let folder = declaration.map { $0.path == "." ? RepositoryPath.root : RepositoryPath($0.path) } ?? .root
        var edits: Edits = ([:], [])
        for change in drift.changes {
            let path = folder == .root ? change.path : RepositoryPath(bytes: folder.bytes + [UInt8(ascii: "/")] + change.path.bytes)
            guard let live = change.live else {
                edits.files[path] = .some(nil)
                continue
            }
            guard let content = try target.liveContent(of: change) else {
                edits.left.append("\(change.path): what is live of it cannot be written into a file")
                continue
            }
            edits.files[path] = .some((live.mode, try repository.write(content, as: .blob)))
        }
        return edits
    }

    /// Objects stand in files as somebody wrote them: only what differs in them is written.
    private func objectEdits(_ drift: Plan, _ target: any Target, _ sourceTree: ObjectID) throws -> Edits {
        let repository = session.repository
        let desired = try render(
            environment: environment.name, commit: running.deployment.source, repository: repository,
            as: .objects(key: { try session.environments.secretKey() }))
        var files: [RepositoryPath: (mode: FileMode, edit: ManifestEdit)] = [:]
        var left: [String] = []
        for change in drift.changes {
            guard change.action != .prune, change.action != .keep, let objects = desired.objects, let origin = objects.origins[change.path],
                let text = objects.text(of: change.path), let entry = try repository.entry(at: origin.file, inTree: sourceTree)
            else {
                left.append("\(change.path): it is in no file of the environment")
                continue
            }
            let isJSON = origin.file.name.suffix(5).elementsEqual(".json".utf8)
            var edit = try files[origin.file]?.edit ?? ManifestEdit(repository.blob(entry.id), language: isJSON ? .json : .yaml)
            if change.live == nil {
                if !edit.remove(text) { left.append("\(change.path): it cannot be taken out of \(origin.file)") }
            } else if let live = try target.liveContent(of: change), let wanted = objects.manifest(of: change.path, live: live) {
                if wanted.leavesOut { left.append("\(change.path): what a Secret holds is written into no file") }
                if wanted.text != text, !edit.replace(text, with: wanted.text) { left.append("\(change.path): it cannot be written into \(origin.file)") }
            } else {
                left.append("\(change.path): what is live of it cannot be written into a file")
            }
            files[origin.file] = (entry.mode, edit)
        }
        let edits = try files.mapValues { file in
            file.edit.isEmpty ? nil : (mode: file.mode, id: try repository.write(file.edit.bytes, as: .blob))
        }
        return (edits, left)
    }

    /// Forgets it, where live is as it was deployed.
    func forget() throws {
        guard let old = try session.repository.target(of: reference) else { return }
        try session.repository.delete(reference, expecting: old)
    }
}
