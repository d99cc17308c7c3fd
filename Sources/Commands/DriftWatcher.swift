import Deployments
import Git
import Glibc
import Posix

/// Looks at one environment until the process ends: whenever its target says that something has changed, and after
/// each deployment.
struct DriftWatcher {
    /// What has become of an environment since it was last told of.
    struct News {
        let environment: String
        let moment: Moment
        let status: EnvironmentStatus
        /// Resources that differ now, and did not or otherwise.
        let drifted: [Change]
        let conflicts: [Plan.Conflict]
        /// Those that are as they were deployed again, or no longer deployed.
        let restored: [RepositoryPath]
    }

    /// Seconds between two looks at what cannot be watched, or not be seen.
    private static let interval = (quiet: 5.0, unknown: (first: 1.0, most: 30.0))

    let session: Session
    let environment: Environment

    /// - Parameter tell: given what is new; first of all how it is.
    func run(tell: (News) -> Void) throws -> Never {
        var target: (any Target)?
        var known: [RepositoryPath: String]?
        var reason: String?
        var delay = DriftWatcher.interval.unknown.first
        while true {
            let record = try? session.environments.lastDeployment(environment.name)?.id
            let status = session.environments.status(of: environment, judgingHealth: false) { environment in
                if let target { return target }
                let made = try session.target(of: environment, patience: Survey.patience) {
                    session.terminal.message("\(environment.name): \(plainLine($0))")
                }
                target = made
                return made
            }
            func isOver() -> Bool {
                (try? session.environments.lastDeployment(environment.name)?.id) != record || FileLock.isHeld(session.environments.lockPath(environment.name))
            }
            guard let drift = status.drift else {
                // A deployment that runs is told of by its end.
                guard status.state != .running, status.last != nil else {
                    DriftWatcher.pause(0.5)
                    continue
                }
                if status.reason != reason { tell(news(status, [], [], [])) }
                reason = status.reason
                known = nil
                target = nil
                DriftWatcher.pause(delay)
                delay = min(delay * 2, DriftWatcher.interval.unknown.most)
                continue
            }
            reason = nil
            delay = DriftWatcher.interval.unknown.first
            let now = DriftWatcher.states(of: drift)
            if known != now {
                let before = known ?? [:]
                tell(
                    news(
                        status, drift.changes.filter { before[$0.path] != now[$0.path] },
                        drift.conflicts.filter { before[$0.path] != now[$0.path] }, before.keys.filter { now[$0] == nil }.sorted()))
            }
            known = now
            do {
                guard let held = target, try held.watches() else {
                    target = nil
                    DriftWatcher.pause(DriftWatcher.interval.quiet, unless: isOver)
                    continue
                }
                _ = try held.awaitChange(unless: isOver)
            } catch {
                // The next look says why.
                target = nil
                DriftWatcher.pause(DriftWatcher.interval.unknown.first)
            }
        }
    }

    private func news(_ status: EnvironmentStatus, _ drifted: [Change], _ conflicts: [Plan.Conflict], _ restored: [RepositoryPath]) -> News {
        News(environment: environment.name, moment: .now(), status: status, drifted: drifted, conflicts: conflicts, restored: restored)
    }

    /// What tells one drift of a resource from another.
    private static func states(of drift: Plan) -> [RepositoryPath: String] {
        var states: [RepositoryPath: String] = [:]
        for change in drift.changes { states[change.path] = "\(change.action.rawValue) \(change.live?.blob.description ?? "")\(change.agent)" }
        for conflict in drift.conflicts { states[conflict.path] = "conflict \(conflict.reason)" }
        return states
    }

    private static func pause(_ seconds: Double, unless isOver: () -> Bool = { false }) {
        let end = monotonicSeconds() + seconds
        while monotonicSeconds() < end, !isOver() { usleep(UInt32(min(0.5, max(0.01, end - monotonicSeconds())) * 1e6)) }
    }
}
