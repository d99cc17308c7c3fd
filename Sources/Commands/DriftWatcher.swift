import Deployments
import Git
import Glibc
import Operations
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

    /// Seconds between two looks: at what cannot be watched; at what cannot be seen, or stirs for nothing, at first and
    /// at most.
    private static let interval = (quiet: 5.0, unknown: (first: 1.0, most: 30.0), stirring: (first: 0.25, most: 10.0))

    let variables: [String: String]
    let environment: String
    private let terminal = Terminal()

    init(_ environment: String, variables: [String: String]) {
        self.environment = environment
        self.variables = variables
    }

    /// - Parameter tell: given what is new; first of all how it is.
    /// - Throws: where there is no such environment any more, or its repository cannot be read.
    func run(tell: (News) -> Void) throws -> Never {
        var held: (target: any Target, settings: [String: String])?
        var known: [RepositoryPath: String]?
        var unseenBecause: (state: EnvironmentState, reason: String?)?
        var unseen = Backoff(DriftWatcher.interval.unknown)
        var unwatched = Backoff(DriftWatcher.interval.unknown)
        var stirring = Backoff(DriftWatcher.interval.stirring)
        while true {
            // What the configuration says may have changed.
            let session = try Session(variables: variables)
            let environment = try session.environments.environment(environment)
            if let last = held, last.settings != environment.settings.values { held = nil }
            let record = try? session.environments.lastDeployment(environment.name)?.id
            let status = session.environments.status(of: environment, judgingHealth: false) { environment in
                if let held { return held.target }
                let made = try session.target(of: environment, patience: Survey.patience) {
                    terminal.message("\(environment.name): \(plainLine($0))")
                }
                held = (made, environment.settings.values)
                return made
            }
            func isOver() -> Bool {
                (try? session.environments.lastDeployment(environment.name)?.id) != record
                    || FileLock.isHeld(session.environments.lockPath(environment.name))
            }
            guard let drift = status.drift else {
                // A deployment that runs is told of by its end.
                guard status.state != .running else {
                    DriftWatcher.pause(0.5)
                    continue
                }
                let now = (state: status.state, reason: status.reason)
                if unseenBecause.map({ $0 != now }) ?? true { tell(news(status, [], [], [])) }
                unseenBecause = now
                known = nil
                held = nil
                // The first deployment is to be seen soon.
                DriftWatcher.pause(unseen.next(), unless: { status.state == .never && isOver() })
                continue
            }
            // What was compared with the record before a deployment, and seen after it, is no drift.
            guard !isOver() else {
                DriftWatcher.pause(0.1)
                continue
            }
            unseenBecause = nil
            unseen.reset()
            let now = drift.states
            if known != now {
                let before = known ?? [:]
                tell(
                    news(
                        status, drift.changes.filter { before[$0.path] != now[$0.path] },
                        drift.conflicts.filter { before[$0.path] != now[$0.path] }, before.keys.filter { now[$0] == nil }.sorted()))
                stirring.reset()
            } else {
                // What is written all the time, and is no drift, must not keep this busy.
                DriftWatcher.pause(stirring.next(), unless: isOver)
            }
            known = now
            do {
                guard let target = held?.target, try target.watches() else {
                    held = nil
                    DriftWatcher.pause(DriftWatcher.interval.quiet, unless: isOver)
                    continue
                }
                let stirred = try target.awaitChange(unless: isOver)
                unwatched.reset()
                if stirred.isEmpty { stirring.reset() }
            } catch {
                // Where it cannot be seen either, the next look says so.
                if unwatched.isFresh {
                    terminal.message("\(environment.name): \(plainLine(Failure(error).message)); it is looked at again and again in its place")
                }
                DriftWatcher.pause(unwatched.next(), unless: isOver)
            }
        }
    }

    private func news(_ status: EnvironmentStatus, _ drifted: [Change], _ conflicts: [Plan.Conflict], _ restored: [RepositoryPath]) -> News {
        News(environment: environment, moment: .now(), status: status, drifted: drifted, conflicts: conflicts, restored: restored)
    }

    private static func pause(_ seconds: Double, unless isOver: () -> Bool = { false }) {
        let end = monotonicSeconds() + seconds
        while monotonicSeconds() < end, !isOver() { usleep(UInt32(min(0.5, max(0.01, end - monotonicSeconds())) * 1e6)) }
    }
}
