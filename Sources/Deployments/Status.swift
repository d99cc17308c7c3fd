public import Git
import Posix
import Rendering

/// How an environment stands, worst first where several hold.
public enum EnvironmentState: String, Sendable, CaseIterable {
    /// A deployment is being carried out.
    case running
    /// The live state or the record could not be read: never taken for in sync.
    case unknown
    /// The newest deployment failed, or died.
    case failed
    /// Live differs from what the last deployment left.
    case drifted
    /// What runs is as it was deployed, and some of it is not healthy.
    case unhealthy
    /// The branch has moved on, and what it says is not deployed.
    case behind
    /// Nothing was ever deployed.
    case never
    /// What runs is what the branch says.
    case inSync = "in-sync"
}

/// How an environment stands and why.
public struct EnvironmentStatus: Sendable {
    public let environment: Environment
    public let state: EnvironmentState
    /// The newest deployment of the chain.
    public let last: RecordedDeployment?
    /// The newest all of which was applied: what runs.
    public let running: RecordedDeployment?
    /// The newest commit of the branch.
    public let tip: ObjectID?
    public let tipSubject: String?
    /// Whether the branch says something else than what runs.
    public let isBehind: Bool
    /// What differs from what the last deployment left; nil where it was not looked at.
    public let drift: Plan?
    /// How well that is what runs; nil where it was not looked at, and where the target knows no health.
    public let health: HealthReport?
    /// How many requests wait.
    public let waiting: Int
    /// That nothing is deployed until it is resumed; whatever else holds.
    public let suspension: Suspension?
    /// Why it is unknown, or why it failed.
    public let reason: String?
}

extension EnvironmentStatus {
    /// One of which nothing could be found out.
    public init(unknown environment: Environment, reason: String) {
        self.init(
            environment: environment, state: .unknown, last: nil, running: nil, tip: nil, tipSubject: nil, isBehind: false,
            drift: nil, health: nil, waiting: 0, suspension: nil, reason: reason)
    }
}

extension EnvironmentRepository {
    /// Finds out how an environment stands.
    /// - Parameters:
    ///   - judgesHealth: whether it is asked how well that is what runs.
    ///   - adopting: whether what somebody else has made his own is compared as if it could be taken back; where not, it
    ///     is a conflict, as it is for a deployment that does not adopt.
    ///   - makeTarget: gives the environment's target; nil where this repository has none, so that
    ///     the live state cannot be seen from here.
    public func status(
        of environment: Environment, judgingHealth judgesHealth: Bool = true, adopting: Bool = true,
        makeTarget: ((Environment) throws -> any Target)?
    ) -> EnvironmentStatus {
        var problem: String?
        func attempt<Value>(_ body: () throws -> Value?) -> Value? {
            do { return try body() } catch {
                problem = problem ?? "\(error)"
                return nil
            }
        }
        let last = attempt { try lastDeployment(environment.name) }
        let running = attempt { try lastSuccess(environment.name) }
        let tip = attempt { try self.tip(of: environment) }
        let suspension = attempt { try self.suspension(of: environment.name) }
        let isRunning = FileLock.isHeld(lockPath(environment.name))
        let waiting = names(inFolder: statePath(environment.name) + "/queue").count

        var isBehind = false
        if let tip, let running, running.deployment.source != tip {
            isBehind = attempt {
                let form = form(holdingObjects: try recordInventory(running).owner != nil)
                let desired = try render(environment: environment.name, commit: tip, repository: repository, as: form)
                return try resourceTree(running) != desired.tree
            } ?? true
        }
        // The process that carried it out died, and nobody has come by since.
        let interrupted = isRunning ? nil : attempt { try interruptedDeployment(environment, after: last) }
        var drift: Plan?
        var health: HealthReport?
        if problem == nil, interrupted == nil, let last, let makeTarget, !isRunning {
            health = attempt {
                let target = try makeTarget(environment)
                drift = try self.drift(since: last, environment, target, adopting: adopting)
                return judgesHealth ? try target.health() : nil
            }
        }

        let state: EnvironmentState
        if isRunning {
            state = .running
        } else if let interrupted {
            state = .failed
            problem = "a deployment of \(interrupted.deployment.source.short) was interrupted; what is live may be some of it"
        } else if let last, !last.deployment.result.isApplied {
            state = .failed
        } else if problem != nil {
            state = .unknown
        } else if let last {
            let isUnproved = last.deployment.result == .superseded
            let ill = health?.unhealthy ?? []
            if isUnproved, health == nil { problem = last.deployment.reason }
            if let drift, !drift.isEmpty {
                state = .drifted
            } else if ill.contains(where: { $0.state != .unknown }) {
                state = .unhealthy
            } else if let first = ill.first {
                state = .unknown
                problem = "cannot tell whether '\(first.path)' is healthy: \(first.reason)"
            } else if isBehind {
                state = .behind
            } else if isUnproved, health == nil {
                // What was to take its place never came, and the branch went back.
                state = .unknown
            } else {
                // Without a look at the live state nobody can say that it is in sync.
                state = makeTarget == nil ? .unknown : .inSync
                if makeTarget == nil { problem = "no target in this repository, so live cannot be seen from here" }
            }
        } else {
            state = .never
        }
        return EnvironmentStatus(
            environment: environment, state: state, last: last, running: running, tip: tip,
            tipSubject: tip.flatMap { try? repository.readCommit($0).subject }, isBehind: isBehind, drift: drift, health: health,
            waiting: waiting, suspension: suspension, reason: state == .failed && interrupted == nil ? last?.deployment.reason ?? problem : problem)
    }

    /// What was being deployed when its process died: it stands on the pending reference and not in the chain.
    public func interruptedDeployment(
        _ environment: Environment, after last: RecordedDeployment?
    ) throws -> RecordedDeployment? {
        guard let id = try repository.target(of: environment.pendingReference) else { return nil }
        let pending = try deployment(id)
        return pending.deployment.identifier == last?.deployment.identifier ? nil : pending
    }

    /// What is live compared with what the newest deployment left.
    private func drift(
        since last: RecordedDeployment, _ environment: Environment, _ target: any Target, adopting: Bool
    ) throws -> Plan {
        let inventory = try inventory(last, try recordInventory(last))
        if inventory.owner != nil {
            // The record does not have what Secrets hold.
            let source = try lastSuccess(environment.name)?.deployment.source ?? last.deployment.source
            let left = try render(environment: environment.name, commit: source, repository: repository, as: form(holdingObjects: true))
            return try target.plan(left, inventory: inventory, adopting: adopting)
        }
        let entries = try resourceEntries(last)
        let left = DesiredState(
            environment: environment.name, commit: last.deployment.source, tree: try Repository.id(ofTree: entries),
            entries: entries, resources: inventory.owned)
        return try target.plan(left, inventory: inventory, adopting: adopting)
    }
}
