public import Git
import Posix
import Rendering

// What somebody else recorded, before it is believed: the record says what is ours, and so what may be removed.
extension EnvironmentRepository {
    /// Why deployments that were fetched are not taken for the record; nil where they may be.
    ///
    /// Each has to follow the one before it, and what it claims to have left has to be what its source says: then it
    /// claims nothing that this repository would not have deployed itself.
    /// - Parameters:
    ///   - theirs: the newest of them.
    ///   - own: the newest that is here; nil where there is none, so that all are read.
    ///   - heads: what was fetched of the branches that sources may be of; nil where any will do.
    public func objection(toDeployments theirs: ObjectID, after own: ObjectID?, of environment: String, on heads: [ObjectID]?) throws -> String? {
        var new: [RecordedDeployment] = []
        var previous: RecordedDeployment?
        var next = theirs
        while next != own {
            let commit = try repository.readCommit(next)
            if own == nil, commit.parents.isEmpty, !new.isEmpty {
                guard commit.trailers.filter({ $0.key == "Environment" }).map(\.value) == [environment] else { return "\(next.short) begins another record" }
                break
            }
            guard let deployment = Deployment(commit) else { return "\(next.short) is not a deployment" }
            guard deployment.environment == environment else { return "\(next.short) is a deployment of '\(plainLine(deployment.environment, limit: 80))'" }
            guard commit.parents.count == 2, commit.parents[1] == deployment.source else { return "\(next.short) does not have its source as second parent" }
            if let later = new.last, later.deployment.number != deployment.number + 1 {
                return "\(later.id.short) has number \(later.deployment.number) and follows number \(deployment.number)"
            }
            new.append(RecordedDeployment(id: next, commit: commit, deployment: deployment))
            next = commit.parents[0]
        }
        if let own { previous = try deployment(own) }
        guard let oldest = new.last else { return nil }
        guard oldest.deployment.number == (previous?.deployment.number ?? 0) + 1 else {
            return "\(oldest.id.short) has number \(oldest.deployment.number) and follows number \(previous?.deployment.number ?? 0)"
        }
        var known: DesiredState?
        // What ran before may have been rewritten since.
        let newest = new.first { $0.deployment.result.isApplied }?.id
        for recorded in new.reversed() {
            if let reason = try objection(to: recorded, after: previous, on: heads, isNewest: recorded.id == newest, &known) { return "\(recorded.id.short) \(reason)" }
            previous = recorded
        }
        return nil
    }

    private func objection(to recorded: RecordedDeployment, after previous: RecordedDeployment?, on heads: [ObjectID]?, isNewest: Bool, _ known: inout DesiredState?) throws -> String? {
        let deployment = recorded.deployment
        let inventory: RecordInventory
        do { inventory = try recordInventory(recorded) } catch { return "has no inventory that can be read: \(error)" }
        let before = try recordInventory(previous)
        // Another's mark would make another's objects ours.
        if inventory.owner != before.owner {
            guard before.owner == nil, let owner = inventory.owner, EnvironmentRepository.isOwner(owner, of: deployment.environment) else {
                return "has the mark of another environment"
            }
        }
        // A commit is often deployed more than once in a row: where it failed, or something was put back.
        let holdsObjects = inventory.owner != nil
        if known?.commit != deployment.source || (known?.objects != nil) != holdsObjects {
            known = try? render(
                environment: deployment.environment, commit: deployment.source, repository: repository, as: readOnlyForm(holdingObjects: holdsObjects))
        }
        let desired = known
        guard deployment.result != .started else { return "never ended" }
        // What was applied before may have been rewritten since; what was only tried may be claimed all the same.
        if let heads, isNewest || !inventory.left.isSubset(of: before.left) {
            guard try heads.contains(where: { try repository.commit($0, contains: deployment.source) }) else {
                return "is of \(deployment.source.short), which is not on the branch"
            }
        }
        if deployment.result.isApplied {
            guard let desired else { return "is of \(deployment.source.short), from which nothing can be deployed" }
            guard try same(recorded, desired) else { return "does not hold what \(deployment.source.short) says" }
        } else if try resourceTree(recorded) != Repository.id(ofTree: resourceEntries(previous)) {
            return "did not succeed, and does not hold what the one before it holds"
        }
        guard !inventory.left.isEmpty else { return nil }
        // What is ours beside that, it can only have meant to write.
        let meant = Set(desired?.resources ?? []).union(before.left)
        let hidden = desired?.objects?.hidden ?? []
        guard inventory.left.allSatisfy({ meant.contains($0) || hidden.contains($0.path) }) else { return "claims what it cannot have written" }
        return nil
    }

    /// Whether a deployment left what is desired. Digests of Secrets are made with a key of each machine, and say nothing
    /// to another.
    private func same(_ recorded: RecordedDeployment, _ desired: DesiredState) throws -> Bool {
        if try resourceTree(recorded) == desired.tree { return true }
        guard let hidden = desired.objects?.hidden, !hidden.isEmpty else { return false }
        let left = try ownedResources(recorded)
        guard left.count == desired.resources.count else { return false }
        let wanted = Dictionary(desired.resources.map { ($0.path, $0) }) { first, _ in first }
        return left.allSatisfy { resource in wanted[resource.path].map { $0 == resource || hidden.contains($0.path) } ?? false }
    }

    /// Why suspensions that were fetched are none; nil where they may be taken.
    public func objection(toSuspensions theirs: ObjectID, after own: ObjectID?, of environment: String) throws -> String? {
        var next: ObjectID? = theirs
        var later: Suspension.State?
        var oldest = theirs
        while let id = next, id != own {
            let commit = try repository.readCommit(id)
            guard let suspension = Suspension(commit), suspension.environment == environment else {
                return "\(id.short) is not a suspension of '\(environment)'"
            }
            guard suspension.isInOrder(commit, before: later) else { return "\(id.short) does not follow the suspension before it" }
            (oldest, later) = (id, suspension.state)
            next = commit.parents.first
        }
        guard next == own else { return "\(theirs.short) does not follow from what is here" }
        // What is here already is not judged any more, but what is added has to follow it.
        guard let own, let later, Suspension(try repository.readCommit(own))?.state == later else { return nil }
        return "\(oldest.short) does not follow the suspension before it"
    }

    /// Whether a mark is one that `Engine` makes for the environment.
    static func isOwner(_ owner: String, of environment: String) -> Bool {
        let start = environment.prefix(48) + "-"
        guard owner.hasPrefix(start), owner.utf8.count == start.utf8.count + 13 else { return false }
        return owner.utf8.dropFirst(start.utf8.count).allSatisfy { (48...57).contains($0) || (97...122).contains($0) }
    }
}
