// Agent: the loop that pulls, compares, repairs and tells. It knows nothing of what it is asked and watched through:
// endpoints, leases, signals are given to it as closures; nor of verbs and terminals.

import Deployments
import Git
import Logging
import Manifests
import Metrics
import Notices
import Operations
package import PluginTarget
import Posix
import Rendering
import Synchronization

/// Keeps the environments that the configuration of a repository names as the repository says.
///
/// Its parts are threads, as the engine works in one: one pulls, some deploy, and one looks at each environment.
package final class Agent: Sendable {
    /// The most environments that are deployed at once.
    private static let mostDeployers = 8
    /// Seconds between two fetches where they fail, at first.
    private static let firstRetry = 5.0
    private static let nothingToKeep = "no environment has a target in this repository"
    private static let wayToKeep = "git config ops.<env>.directory /path/to/directory"

    private let variables: [String: String]
    private let settings: AgentSettings
    private let log: Logger
    private let board = Board()
    /// Wakes the one who pulls, and nobody else.
    private let bell: Bell
    /// Rings as a thread ends.
    private let ending: Bell
    private let reconciler: Reconciler
    private let telemetry = Telemetry()
    private let obstacles = Obstacles()
    private let roundWentWell: @Sendable () -> Void
    private let keepers = Mutex<[String: Keeper]>([:])
    /// What is due beside the next fetch, and the threads that are at work.
    private let work = Mutex((isFetchDue: true, threads: 0))
    /// Whether there is something to give to the remote.
    private let giving = Flag()

    /// - Parameters:
    ///   - variables: those of the process.
    ///   - hosts: where targets are that are no programs of their own, by their names.
    ///   - isLeader: whether this agent is the one that acts, where there are several.
    ///   - roundWentWell: called after each fetch after which nothing is held or failing.
    package init(
        variables: [String: String], settings: AgentSettings, hosts: [String: TargetHost] = [:], log: Logger, isLeader: @escaping @Sendable () -> Bool = { true },
        roundWentWell: @escaping @Sendable () -> Void = {}
    ) throws {
        self.variables = variables
        self.settings = settings
        self.log = log
        self.roundWentWell = roundWentWell
        bell = try Bell()
        ending = try Bell()
        let (bell, giving) = (bell, giving)
        reconciler = Reconciler(variables: variables, hosts: hosts, board: board, log: log, isLeader: isLeader, telemetry: telemetry, somethingIsDue: {
            giving.set()
            bell.ring()
        }, signed: SharedSet(), takesTurns: settings.lease != nil)
    }

    // MARK: the face

    /// Begins, in threads of its own.
    package func start() {
        thread { $0.pullUntilStopped() }
    }

    /// Has it fetch now.
    package func nudge() {
        work.withLock { $0.isFetchDue = true }
        bell.ring()
    }

    /// Has it see to everything again: its settings may be others.
    /// - Parameter forgetting: whether what it knows to be deployed is doubted too: others may have led meanwhile.
    package func lookAtEverything(forgetting: Bool = false) {
        board.change { state in
            for name in state.places.keys {
                if forgetting { state.places[name]?.settled = nil }
                state.places[name]?.attempted = nil
                state.places[name]?.retryAt = nil
            }
        }
        for keeper in keepers.withLock({ Array($0.values) }) { keeper.nudge() }
        nudge()
    }

    /// Ends it: what is being applied is applied and recorded; nothing more is waited for.
    package func stop() {
        board.change { $0.isStopping = true }
        bell.ring()
        for keeper in keepers.withLock({ Array($0.values) }) { keeper.nudge() }
    }

    /// Waits until all has ended after `stop`.
    /// - Returns: whether it has.
    package func waitUntilStopped(_ seconds: Double) -> Bool {
        let end = monotonicSeconds() + seconds
        while work.withLock({ $0.threads }) > 0 {
            guard monotonicSeconds() < end else { return false }
            ending.wait(1)
        }
        return true
    }

    /// Why it does not work any more; empty where it does.
    package func ailments() -> [String] {
        let state = board.now
        let silence = monotonicSeconds() - state.pull.beat
        // A fetch may take five minutes, a push too.
        return silence > settings.interval * 2 + 900 ? ["nothing was pulled for \(durationText(silence)): the thread that does it hangs"] : []
    }

    /// Why what runs is perhaps not what the repository says; empty where it is.
    package func shortcomings() -> [String] {
        let state = board.now
        var reasons: [String] = []
        if !state.pull.isFirstRoundOver { reasons.append("the first round is not over") }
        if let problem = state.pull.problem {
            let since = state.pull.succeeded.map { "; last fetched \(durationText(monotonicSeconds() - $0)) ago" } ?? ""
            reasons.append("cannot fetch: \(problem)\(since)")
        }
        for (branch, place) in state.branches.sorted(by: { $0.key < $1.key }) {
            if let hold = place.hold { reasons.append("\(plainLine(branch.dropFirst(11), limit: 100)): \(hold)") }
        }
        for (name, place) in state.places.sorted(by: { $0.key < $1.key }) {
            if place.isIll { reasons.append("\(name): what runs is not healthy") }
            if place.drifted > 0 { reasons.append("\(name): \(place.drifted) \(place.drifted == 1 ? "resource differs" : "resources differ") from what was deployed") }
            if let hold = place.hold {
                if !place.isSuspended, hold != state.branches[place.branch]?.hold { reasons.append("\(name): \(hold)") }
            } else if let unseen = place.unseen {
                reasons.append("\(name): \(unseen)")
            } else if place.settled == nil, !place.isSuspended, reconciler.isLeader() {
                reasons.append("\(name): it is not known to be as the branch says")
            }
        }
        return reasons.map { plainLine($0) }
    }

    /// Whether it is just making changes.
    package var isDeploying: Bool { board.now.deploying > 0 }

    package var isStopping: Bool { board.isStopping }

    /// What its metrics mean, by their labels.
    package static var meaningsOfMetrics: [String: String] {
        Dictionary(uniqueKeysWithValues: Telemetry.meanings.map { (Telemetry.prefix + $0.key, $0.value) })
    }

    /// Sets the gauges, right before somebody reads them.
    package func publish() {
        let git = try? Session(variables: variables).repository.commonDirectory
        let waiting = git.map { names(inFolder: Outbox(gitDirectory: $0).new).count } ?? 0
        board.change { state in
            // What is watched is as it was seen last, and the branch as it was fetched last.
            for (name, place) in state.places where state.isInSync(place) { state.places[name]?.time = state.pull.time ?? place.time }
        }
        telemetry.publish(board.now, waitingNotices: waiting)
    }

    // MARK: once

    /// Goes round once: fetches, deploys, looks for drift, gives the record back.
    /// - Returns: whether everything is as the repository says.
    package func runOnce() throws -> Bool {
        let session = try Session(variables: variables, deploys: true)
        pull(session)
        let pulled = board.now
        _ = try session.environments.defaultBranch()
        let environments: [Environment]
        do {
            environments = try session.keptEnvironments()
        } catch let error as RenderingError {
            // It is in force, and says nothing: an answer, and not what keeps this from beginning.
            log.error("\(plainLine(error.message))")
            for diagnostic in error.diagnostics.prefix(20) { log.error("\(plainLine(diagnostic.rendered))") }
            return false
        }
        guard !environments.isEmpty || pulled.pull.problem != nil || pulled.branches.values.contains(where: { $0.hold != nil }) else {
            throw SettingsError(Agent.nothingToKeep, hint: Agent.wayToKeep)
        }
        board.change { state in
            for environment in environments { state.places[environment.name] = Board.Place(branch: environment.branch) }
        }
        for environment in environments {
            reconciler.reconcile(environment.name, .tip)
            lookOnce(at: environment, try Session(variables: variables))
        }
        obstacles.see(board, session, acts: true, log: log)
        records(session).give()
        for (reference, reason) in board.now.unpushed.sorted(by: { $0.key < $1.key }) {
            log.warning("kept here: \(reason)", metadata: ["reference": "\(reference)"])
        }
        let state = board.now
        return pulled.pull.problem == nil && state.branches.values.allSatisfy { $0.hold == nil }
            && state.places.values.allSatisfy { ($0.hold == nil || $0.isSuspended) && $0.drifted == 0 }
    }

    private func lookOnce(at environment: Environment, _ session: Session) {
        let status = session.environments.status(of: environment, judgingHealth: false) {
            try session.target(of: $0, at: self.reconciler.hosts) { [self] in log.info("\(plainLine($0))", metadata: ["environment": "\(environment.name)"]) }
        }
        // Nothing runs that could be looked after, or what a deployment left lying about is the matter of the next.
        guard status.running != nil, let last = status.last,
            last.deployment.result.isApplied || (try? session.environments.recordInventory(last).left.isEmpty) ?? false
        else { return }
        guard let drift = status.drift else {
            board.change(environment.name) { $0.hold = status.reason ?? "it cannot be seen" }
            log.error("\(plainLine(status.reason ?? "it cannot be seen"))", metadata: ["environment": "\(environment.name)"])
            return
        }
        guard !drift.isEmpty else { return }
        let policy = (try? environment.settings.driftPolicy()) ?? .warn
        for change in drift.changes.prefix(50) {
            log.warning("\(Narration.line(change))", metadata: ["environment": "\(environment.name)", "drift": "\(policy.rawValue)"])
        }
        for conflict in drift.conflicts.prefix(50) {
            log.warning("! \(conflict.path): \(plainLine(conflict.reason))", metadata: ["environment": "\(environment.name)", "drift": "\(policy.rawValue)"])
        }
        if policy == .repair, status.suspension == nil, reconciler.reconcile(environment.name, .drift(drift.changes)) { return }
        board.change(environment.name) { $0.drifted = drift.changes.count + drift.conflicts.count }
    }

    // MARK: the one who pulls

    private func pullUntilStopped() {
        var backoff = Backoff((Agent.firstRetry, max(settings.interval, 300)))
        var nextFetch = monotonicSeconds()
        while !board.isStopping {
            board.change { $0.pull.beat = monotonicSeconds() }
            let due = work.withLock { work in
                defer { work.isFetchDue = false }
                return work.isFetchDue
            }
            let isGiveDue = giving.take()
            let isFetchDue = due || monotonicSeconds() >= nextFetch
            do {
                let session = try Session(variables: variables, deploys: true)
                if isFetchDue {
                    let went = pull(session)
                    nextFetch = monotonicSeconds() + (went ? settings.interval * Double.random(in: 0.9...1.1) : backoff.next() * Double.random(in: 0.8...1.2))
                    if went { backoff.reset() }
                    try keep(session)
                    Announcement(session: session).flush()
                }
                enqueue(isRound: isFetchDue)
                obstacles.see(board, session, acts: reconciler.isLeader(), log: log)
                if isFetchDue || isGiveDue { records(session).give() }
                if isFetchDue {
                    board.change { $0.pull.isFirstRoundOver = true }
                    Puller(session: session, remote: settings.remote, board: board, log: log).tidy()
                    if shortcomings().isEmpty { roundWentWell() }
                }
            } catch {
                let words = Failure(error).message
                if board.now.pull.problem != words { log.error("\(plainLine(words))") }
                board.change { state in
                    state.pull.problem = words
                    state.pull.failing = state.pull.failing ?? monotonicSeconds()
                }
                if let session = try? Session(variables: variables) { obstacles.see(board, session, acts: reconciler.isLeader(), log: log) }
                nextFetch = monotonicSeconds() + backoff.next()
            }
            // Never without a pause, whatever is due and cannot be done now.
            bell.wait(max(0.2, min(nextFetch, nextRetry()) - monotonicSeconds()))
        }
    }

    /// When the first deployment that failed and that nobody sees to is tried again.
    private func nextRetry() -> Double {
        guard reconciler.isLeader() else { return .infinity }
        let state = board.now
        let idle = state.places.filter { !state.queued.contains($0.key) && !state.running.contains($0.key) }
        return idle.values.compactMap(\.retryAt).min() ?? .infinity
    }

    /// Fetches and takes what there is.
    /// - Returns: whether the fetch went well.
    @discardableResult private func pull(_ session: Session) -> Bool {
        let begun = monotonicSeconds()
        var problem: String?
        do {
            if case .failed(let words) = try Puller(session: session, remote: settings.remote, board: board, log: log).pull() { problem = words }
        } catch {
            problem = Failure(error).message
        }
        telemetry.fetched(problem == nil, seconds: monotonicSeconds() - begun)
        let before = board.now.pull.problem
        if let problem, problem != before, !board.isStopping { log.error("cannot fetch: \(plainLine(problem))", metadata: ["remote": "\(settings.remote)"]) }
        if problem == nil, before != nil { log.notice("fetches again", metadata: ["remote": "\(settings.remote)"]) }
        board.change { state in
            state.pull.problem = problem
            state.pull.failing = problem == nil ? nil : state.pull.failing ?? monotonicSeconds()
            if problem == nil {
                state.pull.succeeded = monotonicSeconds()
                state.pull.time = .now()
            }
        }
        if problem == nil { records(session).take() }
        return problem == nil
    }

    private func records(_ session: Session) -> Records {
        Records(session: session, remote: settings.remote, pushes: settings.pushesRecords, deploys: reconciler.isLeader(), board: board, log: log)
    }

    /// Sees to it that each environment has a place, and somebody who looks at it.
    private func keep(_ session: Session) throws {
        let environments = try session.keptEnvironments()
        if environments.isEmpty, !board.now.pull.isFirstRoundOver {
            log.warning("\(Agent.nothingToKeep) (\(Agent.wayToKeep))")
        }
        let branches = Dictionary(uniqueKeysWithValues: environments.map { ($0.name, $0.branch) })
        board.change { state in
            // One that is no longer declared stays as it is, and is nobody's matter.
            state.places = state.places.filter { branches[$0.key] != nil }
            for (name, branch) in branches { state.places[name, default: .init()].branch = branch }
        }
        try settleUnchanged(environments, session)
        for environment in environments {
            let keeper: Keeper? = try keepers.withLock { keepers in
                guard keepers[environment.name] == nil else { return nil }
                telemetry.begin(environment.name)
                let keeper = try Keeper(environment.name, reconciler)
                keepers[environment.name] = keeper
                return keeper
            }
            guard let keeper else { continue }
            thread { agent in
                keeper.run()
                agent.keepers.withLock { $0[environment.name] = nil }
            }
        }
        // One whose environment is gone ends.
        for (name, keeper) in keepers.withLock({ $0 }) where branches[name] == nil { keeper.nudge() }
    }

    /// What a commit says nothing new about needs no deployment: one that changes one of a hundred environments costs what
    /// one costs.
    private func settleUnchanged(_ environments: [Environment], _ session: Session) throws {
        let state = board.now
        var contents: [ObjectID: Contents] = [:]
        func content(of name: String, at commit: ObjectID) throws -> ObjectID? {
            if contents[commit] == nil { contents[commit] = try Contents(commit, session.repository) }
            return try contents[commit]?.folder(of: name, session.repository)
        }
        for environment in environments {
            guard let place = state.places[environment.name], let settled = place.settled, let accepted = state.branches[environment.branch]?.accepted,
                settled != accepted, let old = try? content(of: environment.name, at: settled), let new = try? content(of: environment.name, at: accepted),
                old == new
            else { continue }
            board.change(environment.name) {
                guard $0.settled == settled else { return }
                ($0.settled, $0.wanted, $0.attempted, $0.time) = (accepted, accepted, accepted, .now())
            }
        }
    }

    /// Has deployed what is not as it should be.
    /// - Parameter isRound: whether what nothing could be done about before is tried again.
    private func enqueue(isRound: Bool) {
        guard reconciler.isLeader() else { return }
        let now = monotonicSeconds()
        let started: Int = board.change { state in
            for (name, place) in state.places where !state.queued.contains(name) && !state.running.contains(name) {
                let accepted = state.branches[place.branch]?.accepted
                // A commit that came meanwhile is not made to wait for the failure of another.
                let isNew = accepted != nil && place.attempted != accepted
                let isDue = place.retryAt.map { now >= $0 } ?? (isRound && (place.settled == nil || place.settled != accepted))
                guard isNew || isDue else { continue }
                state.places[name]?.attempted = accepted
                state.places[name]?.retryAt = nil
                state.queued.append(name)
            }
            return min(max(0, Agent.mostDeployers - state.running.count), state.queued.count)
        }
        for _ in 0..<started { thread { $0.deployWhatIsQueued() } }
    }

    private func deployWhatIsQueued() {
        while let name = take() {
            reconciler.reconcile(name, .tip)
            board.change { state in _ = state.running.remove(name) }
            keepers.withLock { $0[name] }?.nudge()
        }
        bell.ring()
    }

    private func take() -> String? {
        board.change { state in
            guard !state.isStopping, !state.queued.isEmpty else { return nil }
            let name = state.queued.removeFirst()
            state.running.insert(name)
            return name
        }
    }

    private func thread(_ body: @escaping @Sendable (Agent) -> Void) {
        work.withLock { $0.threads += 1 }
        inThread { [self] in
            body(self)
            work.withLock { $0.threads -= 1 }
            ending.ring()
        }
    }
}
