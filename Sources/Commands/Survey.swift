import Deployments
import Git
import Glibc
import Operations
import Posix
import Synchronization

/// Looks at environments for verbs that change nothing. Several are looked at at once, so that a cluster that does
/// not answer holds up no other; each in a thread with a repository of its own, since the engine runs in one thread.
struct Survey {
    /// Seconds after which a server that has never answered is given up. A deployment is more patient.
    static let patience = 10.0
    /// The most environments that are looked at at once.
    private static let most = 8

    let session: Session
    /// Whether the health of what runs is looked at as well.
    let judgesHealth: Bool

    /// What the threads have found, and a pipe that says when.
    private final class Findings: Sendable {
        struct State {
            var next = 0
            var found: [Int: EnvironmentStatus] = [:]
        }

        let state = Mutex(State())
        let pipe: Mutex<Pipe>
        let readEnd: Int32

        init() throws(SystemError) {
            let made = try Pipe()
            readEnd = made.readEnd
            pipe = Mutex(made)
        }

        func add(_ status: EnvironmentStatus, _ index: Int) {
            state.withLock { $0.found[index] = status }
            pipe.withLock { pipe in _ = Glibc.write(pipe.writeEnd, [0], 1) }
        }
    }

    /// Looks at environments.
    /// - Parameter tell: given each in their order, but where one takes longer than a second those after it go first.
    /// - Returns: all in their order.
    func statuses(of environments: [Environment], tell: (EnvironmentStatus) -> Void = { _ in }) throws -> [EnvironmentStatus] {
        guard environments.count > 1 else {
            let statuses = environments.map { look(at: $0) }
            statuses.forEach(tell)
            return statuses
        }
        let findings = try Findings()
        let variables = session.variables
        let judgesHealth = judgesHealth
        for _ in 0..<min(environments.count, Survey.most) {
            inThread {
                while let index = findings.state.withLock({ Survey.take(&$0, of: environments.count) }) {
                    findings.add(Survey.look(at: environments[index], variables, judgesHealth), index)
                }
            }
        }
        let begun = monotonicSeconds()
        var told: Set<Int> = []
        while told.count < environments.count {
            let found = findings.state.withLock { $0.found }
            let isLate = monotonicSeconds() - begun >= 1
            for index in environments.indices where !told.contains(index) {
                if let status = found[index] {
                    tell(status)
                    told.insert(index)
                } else if !isLate {
                    break
                }
            }
            guard told.count < environments.count else { break }
            var polls = [pollfd(fd: findings.readEnd, events: Int16(POLLIN), revents: 0)]
            if poll(&polls, 1, isLate ? -1 : 1000) == 1 { _ = try FileDescriptor.read(from: findings.readEnd) }
        }
        return findings.state.withLock { state in environments.indices.compactMap { state.found[$0] } }
    }

    private static func take(_ state: inout Findings.State, of count: Int) -> Int? {
        guard state.next < count else { return nil }
        state.next += 1
        return state.next - 1
    }

    private static func look(at environment: Environment, _ variables: [String: String], _ judgesHealth: Bool) -> EnvironmentStatus {
        do {
            return Survey(session: try Session(variables: variables), judgesHealth: judgesHealth).look(at: environment)
        } catch {
            return EnvironmentStatus(unknown: environment, reason: Failure(error).message)
        }
    }

    private func look(at environment: Environment) -> EnvironmentStatus {
        let hasTarget = environment.settings.target != nil
        return session.environments.status(of: environment, judgingHealth: judgesHealth, makeTarget: hasTarget ? target : nil)
    }

    private func target(of environment: Environment) throws -> any Target {
        try session.target(of: environment, patience: Survey.patience) {
            session.terminal.message("\(environment.name): \(plainLine($0))")
        }
    }
}
