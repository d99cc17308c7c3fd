public import Git
import Posix
import Rendering

/// A deployment as it stands in the record.
public struct RecordedDeployment: Sendable {
    /// Its commit.
    public let id: ObjectID
    public let commit: Commit
    public let deployment: Deployment
}

/// The record of an environment could not be read.
public struct RecordError: Error, Sendable, CustomStringConvertible {
    public let message: String
    public let hint: String?

    public init(_ message: String, hint: String? = "git ops verify tells more") {
        self.message = message
        self.hint = hint
    }

    public var description: String { message }
}

extension EnvironmentRepository {
    /// Reads a deployment.
    /// - Throws: `RecordError` where the commit is none.
    public func deployment(_ id: ObjectID) throws -> RecordedDeployment {
        let commit = try repository.readCommit(id)
        guard let deployment = Deployment(commit) else { throw RecordError("commit \(id.short) is not a deployment") }
        return RecordedDeployment(id: id, commit: commit, deployment: deployment)
    }

    /// The newest deployment of an environment; nil where there was none.
    public func lastDeployment(_ environment: String) throws -> RecordedDeployment? {
        guard let tip = try repository.target(of: "refs/ops/\(environment)") else { return nil }
        return try deployment(tip)
    }

    /// The deployment before one: its first parent, unless it is the first.
    public func deployment(before recorded: RecordedDeployment) throws -> RecordedDeployment? {
        guard recorded.deployment.number > 1, let parent = recorded.commit.parents.first else { return nil }
        return try deployment(parent)
    }

    /// The newest deployment all of which was applied, which is what runs unless something failed badly.
    public func lastSuccess(_ environment: String) throws -> RecordedDeployment? {
        var current = try lastDeployment(environment)
        while let candidate = current {
            if candidate.deployment.result.isApplied { return candidate }
            current = try deployment(before: candidate)
        }
        return nil
    }

    /// The tree of the resources that a deployment left, which is its tree without `.git-ops`.
    public func resourceTree(_ recorded: RecordedDeployment) throws -> ObjectID {
        try Repository.id(ofTree: resourceEntries(recorded))
    }

    func resourceEntries(_ recorded: RecordedDeployment?) throws -> [TreeEntry] {
        guard let recorded else { return [] }
        return try repository.entries(ofTree: recorded.commit.tree)
            .filter { !$0.name.elementsEqual(RecordInventory.folder.utf8) }
    }

    /// The exceptions that the record of a deployment names.
    public func recordInventory(_ recorded: RecordedDeployment?) throws -> RecordInventory {
        guard let recorded else { return RecordInventory() }
        guard let entry = try repository.entry(at: RecordInventory.path, inTree: recorded.commit.tree) else {
            throw RecordError("deployment \(recorded.id.short) has no inventory")
        }
        return try RecordInventory(text: String(decoding: try repository.blob(entry.id), as: UTF8.self))
    }

    /// The resources that a deployment left, in the order of their paths.
    public func ownedResources(_ recorded: RecordedDeployment?) throws -> [Resource] {
        var owned: [Resource] = []
        guard let recorded else { return owned }
        let own = RepositoryPath(RecordInventory.folder)
        try repository.forEachFile(inTree: recorded.commit.tree) { file throws(GitError) in
            guard !file.path.isWithin(own) else { return }
            owned.append(Resource(path: file.path, mode: file.mode, blob: file.id))
        }
        return owned
    }

    /// What the record says is ours.
    /// - Parameter desired: a desired state; where it is what the deployment left, its resources serve and
    ///   the tree is not walked again.
    public func inventory(
        _ recorded: RecordedDeployment?, _ exceptions: RecordInventory, where desired: DesiredState? = nil
    ) throws -> Inventory {
        let isSame = try recorded.map { recorded in try desired?.tree == resourceTree(recorded) } ?? false
        var inventory = Inventory(
            owned: try isSame ? desired?.resources ?? [] : ownedResources(recorded), found: exceptions.found,
            owner: exceptions.owner, place: exceptions.place)
        for resource in exceptions.left { inventory.mayHold[resource.path, default: []].append(resource) }
        return inventory
    }

    /// Writes the tree of a deployment: its resources and its inventory.
    func writeRecordTree(_ entries: [TreeEntry], _ inventory: RecordInventory) throws -> ObjectID {
        let blob = try repository.write(Array(inventory.text.utf8), as: .blob)
        let folder = try repository.writeTree([TreeEntry(name: Array("inventory".utf8), mode: .file, id: blob)])
        return try repository.writeTree(
            entries + [TreeEntry(name: Array(RecordInventory.folder.utf8), mode: .tree, id: folder)])
    }

    /// Writes the commit of a deployment, with the one before and the source as parents.
    func writeDeployment(
        _ deployment: Deployment, tree: ObjectID, after previous: ObjectID?, at moment: Moment
    ) throws -> ObjectID {
        let first = try previous ?? writeRoot(deployment.environment, at: moment)
        return try writeRecord(
            tree: tree, parents: [first, deployment.source],
            author: deployment.actor.signature(at: moment, host: hostName()), committer: committer(moment),
            message: deployment.message)
    }

    /// Writes the commit that every chain begins with. Without it the first parent of the first deployment
    /// would be its source, and `git log --first-parent` would run on into the history of the source.
    private func writeRoot(_ environment: String, at moment: Moment) throws -> ObjectID {
        let signature = committer(moment)
        return try writeRecord(
            tree: try repository.writeTree([]), parents: [], author: signature, committer: signature,
            message: "Begin the record of \(environment)\n\nEnvironment: \(environment)\nNumber: 0\n")
    }

    /// Appends a deployment to the chain of its environment, by compare and swap.
    func append(_ deployment: Deployment, tree: ObjectID, after previous: ObjectID?, at moment: Moment) throws -> ObjectID {
        let id = try writeDeployment(deployment, tree: tree, after: previous, at: moment)
        let signature = committer(moment)
        let reference = "refs/ops/\(deployment.environment)"
        // Only a lock is waited for: where the chain moved on, what is to be recorded no longer follows it.
        try repository.retrying(reference) { () throws(GitError) in
            do throws(GitError) {
                try repository.update(
                    reference, to: id, expecting: previous, by: signature,
                    message: "\(deployment.result.rawValue) \(deployment.source.short)")
            } catch where error.kind == .changedUnderneath {
                throw GitError(
                    .failed, "the record of '\(deployment.environment)' was changed by someone else meanwhile")
            }
        }
        return id
    }
}
