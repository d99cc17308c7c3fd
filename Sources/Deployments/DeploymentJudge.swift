public import Git
import Posix
import Rendering

/// Tells from the record what became of a commit.
public struct DeploymentJudge {
    public enum Verdict: Equatable, Sendable {
        /// Nothing is known of it yet, or something is still to come that could bring it.
        case waiting
        /// By which deployment.
        case deployed(ObjectID)
        /// Why it is not deployed, and will not be by itself.
        case failed(String)
    }

    private let environments: EnvironmentRepository
    private let remote: String?

    /// - Parameter remote: whose record was fetched; nil for this repository's own.
    public init(_ environments: EnvironmentRepository, remote: String?) {
        self.environments = environments
        self.remote = remote
    }

    /// The environments that are waited for where none is named: all that are declared and recorded or
    /// deployed here.
    public func awaited() throws -> [String] {
        let declared = try environments.environments()
        let mine = declared.filter { $0.settings.target != nil }
        return (mine.isEmpty ? declared : mine).map(\.name)
    }

    /// What became of a commit. While something is still to come that could bring it, nothing is final but
    /// that it is deployed.
    public func verdict(on commit: ObjectID, environment: String) throws -> Verdict {
        // Looked at first: what ends meanwhile is in the record then.
        let isPending = try isPending(commit, environment)
        let verdict = try recordedVerdict(on: commit, environment: environment)
        if case .deployed = verdict { return verdict }
        if let refusal = try refusal(of: commit, environment) { return .failed(refusal) }
        if case .failed = verdict, isPending { return .waiting }
        return verdict
    }

    /// Why an agent does not deploy a commit, or the tip that has it.
    private func refusal(of commit: ObjectID, _ environment: String) throws -> String? {
        let repository = environments.repository
        var asked = commit
        if let remote, let branch = try? environments.environment(environment).branch.dropFirst("refs/heads/".count),
            let tip = try repository.target(of: "refs/remotes/\(remote)/\(branch)"), repository.contains(commit), try repository.commit(tip, contains: commit)
        {
            // What follows it may be what mends it.
            asked = tip
        }
        guard let last = try events(of: asked, environment).last, last.kind == .refused else { return nil }
        if let running = try environments.lastSuccess(environment), repository.contains(running.deployment.source), repository.contains(commit),
            try repository.commit(running.deployment.source, contains: commit)
        {
            return nil
        }
        return "is not deployed: \(last["reason"] ?? "no reason was noted")"
    }

    /// Whether a deployment is under way or waits that could bring the commit.
    private func isPending(_ commit: ObjectID, _ environment: String) throws -> Bool {
        guard let remote else {
            let folder = environments.statePath(environment)
            return FileLock.isHeld(environments.lockPath(environment)) || !names(inFolder: folder + "/queue").isEmpty
        }
        // Elsewhere only the branch can be seen: its tip has the commit, and nothing of it was tried yet.
        let repository = environments.repository
        let branch = try environments.environment(environment).branch.dropFirst("refs/heads/".count)
        guard let tip = try repository.target(of: "refs/remotes/\(remote)/\(branch)"), repository.contains(commit),
            try repository.commit(tip, contains: commit), let last = try environments.lastDeployment(environment)
        else { return false }
        return try !repository.contains(last.deployment.source)
            || !repository.commit(last.deployment.source, contains: commit)
    }

    private func recordedVerdict(on commit: ObjectID, environment: String) throws -> Verdict {
        let repository = environments.repository
        // From the newest back to the first that says something about the commit.
        var current = try environments.lastDeployment(environment)
        var newestFailure: String?
        var isPartial =
            try remote == nil && environments.interruptedDeployment(try environments.environment(environment), after: current) != nil
        while let recorded = current {
            let deployment = recorded.deployment
            // Most of what fails is put back. What could not be, the record says.
            if !deployment.result.isApplied, try !environments.recordInventory(recorded).left.isEmpty { isPartial = true }
            let isAbout = repository.contains(deployment.source) && repository.contains(commit)
                ? try repository.commit(deployment.source, contains: commit) : false
            if isAbout {
                if deployment.result == .deployed, isPartial {
                    return .failed("was deployed, but a later deployment broke off: what is live is neither")
                }
                if deployment.result == .deployed { return try isNoted(recorded) ? .deployed(recorded.id) : .waiting }
                if newestFailure == nil, deployment.result == .failed {
                    newestFailure = "failed: \(deployment.reason ?? "no reason was recorded")"
                }
            } else if deployment.result.isApplied {
                break
            }
            current = try environments.deployment(before: recorded)
        }
        if let newestFailure { return .failed(newestFailure) }
        if let superseded = try superseded(commit, environment) { return superseded }
        // What runs may be the same, though it came by another commit.
        if let running = try environments.lastSuccess(environment), running.deployment.result == .deployed,
            running.id == (try environments.lastDeployment(environment))?.id,
            let form = try? environments.form(holdingObjects: environments.recordInventory(running).owner != nil),
            let desired = try? render(environment: environment, commit: commit, repository: repository, as: form),
            try environments.resourceTree(running) == desired.tree
        {
            return .deployed(running.id)
        }
        // A forced push or a rollback replaced it: nothing that is still to come brings it back.
        if let running = try environments.lastSuccess(environment),
            try events(of: commit, environment).contains(where: { $0.kind == .deployed })
        {
            return .failed("was deployed, and then replaced by \(running.deployment.source.short), which does not contain it")
        }
        return .waiting
    }

    private func events(of commit: ObjectID, _ environment: String) throws -> [Event] {
        let reference = remote.map { "refs/notes/\($0)/ops" } ?? EnvironmentRepository.notesReference
        return try environments.events(of: commit, reference: reference).filter { $0.environment == environment }
    }

    /// The note comes a moment after the chain; who waits may want to read it.
    private func isNoted(_ recorded: RecordedDeployment) throws -> Bool {
        let reference: String
        if let remote {
            reference = "refs/notes/\(remote)/ops"
            // A remote that shows no notes is not waited for.
            guard try environments.repository.target(of: reference) != nil else { return true }
        } else {
            reference = EnvironmentRepository.notesReference
            guard FileLock.isHeld(environments.lockPath(recorded.deployment.environment)) else { return true }
        }
        return try environments.events(of: recorded.deployment.source, reference: reference).contains {
            $0.identifier == recorded.deployment.identifier
        }
    }

    /// A commit that was overtaken is answered by what overtook it, if that has it among its ancestors.
    private func superseded(_ commit: ObjectID, _ environment: String) throws -> Verdict? {
        let repository = environments.repository
        var seen: Set<ObjectID> = [commit]
        var current = commit
        // What overtook it may itself have been overtaken, by what does not have it.
        while let by = try events(of: current, environment).last(where: { $0.kind == .superseded })?["by"].flatMap({ ObjectID(hex: $0) }),
            seen.insert(by).inserted
        {
            guard repository.contains(by), try repository.commit(by, contains: commit) else {
                return .failed("was superseded by \(by.short), which does not contain it")
            }
            current = by
        }
        return nil
    }
}
