import Deployments
import Git
import Logging
import Notices
import Operations
import Posix
import Synchronization

/// Looks at one environment, in a thread of its own, and does with what somebody changed as the settings say.
///
/// It sees to what runs; what is to run next is the matter of the one who pulls.
final class Keeper: Sendable {
    /// Seconds: between two looks at what cannot be watched, and at what cannot be seen; between two questions after
    /// health, at first and at most; between two looks at whether somebody else has deployed.
    private static let pace = (
        unwatched: 5.0, unseen: (first: 1.0, most: 60.0), health: (first: 60.0, most: 300.0), record: 5.0, unconfigured: 60.0
    )
    /// Of a pace, so that what a hundred environments have to ask after is not asked all at once.
    private static let jitter = 0.6...1.4
    /// Seconds after which a target that can reach nothing says so.
    private static let patience = 20.0

    let name: String
    private let reconciler: Reconciler
    private let bell: Bell
    private let isDue = Mutex(false)

    private var board: Board { reconciler.board }
    private var log: Logger { reconciler.log }

    init(_ name: String, _ reconciler: Reconciler) throws(SystemError) {
        self.name = name
        self.reconciler = reconciler
        bell = try Bell()
    }

    /// Has it look now.
    func nudge() {
        isDue.withLock { $0 = true }
        bell.ring()
    }

    /// What is known of the environment between two looks.
    private final class Memory {
        var target: (any Target)?
        var settings: [String: String] = [:]
        /// What was told as drift, by path; nil where it could not be seen.
        var told: [RepositoryPath: String]?
        var unseenBecause: String?
        var illBecause: String?
        /// What was told as illness.
        var toldIllness: String?
        var pace = RepairPace()
        var contested: [RepositoryPath] = []
        var unseen = Backoff(Keeper.pace.unseen)
        /// When health was asked after last, when it is to be asked after again, and after how many seconds more or less.
        var health = (at: -1e9, next: Double.infinity, pace: Keeper.pace.health.first)
        /// When a repair that has to wait is due.
        var repairAt: Double?
    }

    func run() {
        let memory = Memory()
        while !board.isStopping, board.now.places[name] != nil {
            isDue.withLock { $0 = false }
            do {
                try look(memory)
            } catch {
                unseen(Failure(error).message, memory)
            }
        }
    }

    /// One look, and the wait for the next.
    private func look(_ memory: Memory) throws {
        let session = try Session(variables: reconciler.variables)
        let environment = try session.environments.environment(name)
        guard environment.settings.target != nil else {
            memory.target = nil
            memory.told = nil
            bell.wait(Keeper.pace.unconfigured)
            return
        }
        if memory.settings != environment.settings.values { memory.target = nil }
        let policy = try environment.settings.driftPolicy()
        let record = try session.environments.lastDeployment(name)?.id
        let asksHealth = monotonicSeconds() - memory.health.at >= Keeper.pace.health.first / 2
        // What is put back is put back by a deployment: what that may not take from others is nothing to be put back.
        let adopting = try policy != .repair || environment.settings.adopts()
        let status = session.environments.status(of: environment, judgingHealth: asksHealth, adopting: adopting) { environment in
            if let held = memory.target { return held }
            let made = try session.target(of: environment, at: self.reconciler.hosts, patience: Keeper.patience) { [self] in
                log.info("\(plainLine($0))", metadata: ["environment": "\(name)"])
            }
            memory.target = made
            memory.settings = environment.settings.values
            return made
        }
        // What was compared with the record before a deployment, and seen after it, is no drift.
        guard try session.environments.lastDeployment(name)?.id == record, status.drift == nil || !FileLock.isHeld(session.environments.lockPath(name))
        else {
            wait(0.1)
            return
        }
        board.change(name) { $0.isSuspended = status.suspension != nil }
        guard let drift = status.drift, let running = status.running else {
            memory.told = nil
            if status.state == .running || status.state == .never {
                wait(status.state == .running ? 0.5 : 5)
            } else {
                memory.target = nil
                // What a deployment failed for was said by it; one that died is carried on from.
                if status.state == .failed { seeToIt() }
                unseen(status.reason ?? "it cannot be seen", memory, isKnown: status.state == .failed)
            }
            return
        }
        if memory.unseenBecause != nil {
            memory.unseenBecause = nil
            log.notice("it can be seen again", metadata: ["environment": "\(name)"])
        }
        memory.unseen.reset()
        board.change(name) { $0.unseen = nil }
        if asksHealth {
            let before = memory.illBecause
            judge(status, running, session, memory)
            planNextQuestion(after: status.health, hasChanged: memory.illBecause != before, memory, isWatched: try memory.target?.watchesHealth() == true)
        }
        // What a deployment that failed has left lying about is the matter of the next deployment.
        let isWell = try status.last.map { try $0.deployment.result.isApplied || session.environments.recordInventory($0).left.isEmpty } ?? false
        try noticeOtherDeployment(running, session)
        board.change(name) { $0.drifted = isWell ? drift.changes.count + drift.conflicts.count : 0 }
        if isWell { try attend(to: drift, policy, status, session, environment, running, memory) }
        pauseUntilStirred(record, session, memory)
    }

    /// Has it deployed as if nothing were known of it.
    private func seeToIt() {
        board.change(name) {
            $0.settled = nil
            $0.retryAt = $0.retryAt ?? monotonicSeconds()
        }
        reconciler.somethingIsDue()
    }

    /// What somebody has deployed by hand, and is not what the branch says, does not stay: to suspend is the way.
    private func noticeOtherDeployment(_ running: RecordedDeployment, _ session: Session) throws {
        let place = board.place(name)
        guard let settled = place.settled, settled != running.deployment.source, place.wanted == settled,
            try Contents(settled, session.repository).folder(of: name, session.repository)
                != Contents(running.deployment.source, session.repository).folder(of: name, session.repository)
        else { return }
        log.warning("\(running.deployment.source.short) was deployed by \(running.deployment.actor), which is not what the branch says", metadata: ["environment": "\(name)"])
        seeToIt()
    }

    // MARK: drift

    private func attend(
        to drift: Plan, _ policy: DriftPolicy, _ status: EnvironmentStatus, _ session: Session, _ environment: Environment,
        _ running: RecordedDeployment, _ memory: Memory
    ) throws {
        memory.repairAt = nil
        if policy != .record || drift.isEmpty { try forgetWhatIsKept(session, environment, running) }
        let states = drift.states
        let isFirst = memory.told == nil
        let before = memory.told ?? [:]
        let news = drift.changes.filter { before[$0.path] != states[$0.path] }
        if !news.isEmpty { reconciler.telemetry.drifted(name, news.count) }
        let mayRepair = policy == .repair && status.suspension == nil
        if drift.isEmpty {
            if !before.isEmpty { log.notice("as it was deployed again", metadata: ["environment": "\(name)"]) }
            // One that begins does not know what was told before it; who was told of nothing is told of no end.
            if !before.isEmpty || isFirst {
                if reconciler.isLeader(), reconciler.isWell(name) {
                    Announcement(session: session).announce(
                        .recovered, of: name, "as it was deployed again", reason: nil, details: [], running: running)
                }
            }
            memory.told = [:]
            return
        }
        for change in news.prefix(20) {
            log.warning("\(Narration.line(change))", metadata: ["environment": "\(name)", "drift": "\(policy.rawValue)"])
        }
        for conflict in drift.conflicts.prefix(20) where before[conflict.path] != states[conflict.path] {
            log.warning("! \(conflict.path): \(plainLine(conflict.reason))", metadata: ["environment": "\(name)", "drift": "\(policy.rawValue)"])
        }
        guard reconciler.isLeader() else { return }
        // Beside what is somebody else's nothing can be deployed, nor put back.
        if mayRepair, drift.conflicts.isEmpty {
            repair(drift, states, session, running, memory)
            return
        }
        if memory.told != states {
            tell(drift, states, session, running)
            memory.told = states
        }
        if policy == .record, let target = memory.target {
            do {
                let keeping = try Session(variables: reconciler.variables, deploys: true)
                let commit = DriftCommit(session: keeping, environment: environment, running: running)
                let old = try keeping.repository.target(of: commit.reference)
                let kept = try commit.write(drift, target)
                noteKept(isNew: kept.commit != old)
                if !news.isEmpty {
                    if let id = kept.commit { log.info("kept as \(id.short)", metadata: ["environment": "\(name)", "reference": "\(commit.reference)"]) }
                    for line in kept.left.prefix(20) { log.warning("not kept: \(plainLine(line))", metadata: ["environment": "\(name)"]) }
                }
            } catch {
                if !news.isEmpty { log.error("\(plainLine(Failure(error).message))", metadata: ["environment": "\(name)"]) }
            }
        }
    }

    /// What is kept of drift goes with it.
    private func forgetWhatIsKept(_ session: Session, _ environment: Environment, _ running: RecordedDeployment) throws {
        guard reconciler.isLeader() else { return }
        let isThere = try session.repository.target(of: DriftCommit.reference(of: name)) != nil
        if isThere {
            try DriftCommit(session: Session(variables: reconciler.variables, deploys: true), environment: environment, running: running).forget()
        }
        noteKept(isNew: isThere)
    }

    /// The remote is to have what is kept, and nothing where nothing is.
    private func noteKept(isNew: Bool) {
        let isFirst = !board.place(name).knowsDrift
        board.change(name) { $0.knowsDrift = true }
        if isNew || isFirst { reconciler.somethingIsDue() }
    }

    private func repair(
        _ drift: Plan, _ states: [RepositoryPath: String], _ session: Session, _ running: RecordedDeployment, _ memory: Memory
    ) {
        let paths = drift.changes.map(\.path)
        let (pause, contested) = memory.pace.pause(before: paths, at: monotonicSeconds())
        if contested.isEmpty { memory.contested = [] }
        guard pause <= 0 else {
            if memory.contested != contested {
                let who = Set(drift.changes.filter { contested.contains($0.path) }.compactMap(\.culprit?.name)).sorted()
                let words = "'\(contested[0])'" + (contested.count > 1 ? " and \(contested.count - 1) more" : "") + " changed again and again"
                    + (who.isEmpty ? "" : " by \(who.prefix(3).joined(separator: ", "))") + "; put back less and less often"
                log.error("\(plainLine(words))", metadata: ["environment": "\(name)"])
                Announcement(session: session).announce(
                    .drifted, of: name, words, reason: "changed again and again", details: drift.changes.map { Narration.line($0) }, running: running)
                memory.contested = contested
            }
            memory.told = states
            memory.repairAt = monotonicSeconds() + pause
            return
        }
        memory.pace.note(paths, at: monotonicSeconds())
        if reconciler.reconcile(name, .drift(drift.changes)) {
            reconciler.telemetry.repaired(name)
            board.change(name) { $0.drifted = 0 }
            // It is told as repaired, and as recovered to whom it was told before.
            memory.told = [:]
        } else {
            // Not at once again, whatever it is.
            memory.repairAt = monotonicSeconds() + 5
        }
    }

    private func tell(_ drift: Plan, _ states: [RepositoryPath: String], _ session: Session, _ running: RecordedDeployment) {
        let lines = drift.changes.map { Narration.line($0) } + drift.conflicts.map { "! \($0.path): \($0.reason)" }
        let count = lines.count
        Announcement(session: session).announce(
            .drifted, of: name, "\(count) \(count == 1 ? "resource differs" : "resources differ") from what was deployed",
            reason: states.keys.sorted().prefix(20).map(\.description).joined(separator: ", "), details: lines, running: running)
    }

    // MARK: health

    private func judge(_ status: EnvironmentStatus, _ running: RecordedDeployment, _ session: Session, _ memory: Memory) {
        let ill = (status.health?.unhealthy ?? []).filter { $0.state != .unknown }
        let reason = ill.first.map { "'\($0.path)': \($0.reason)" + (ill.count > 1 ? " (and \(ill.count - 1) more)" : "") }
        if reason != memory.illBecause {
            if let reason { log.error("\(plainLine(reason))", metadata: ["environment": "\(name)", "health": "degraded"]) }
            else { log.notice("healthy again", metadata: ["environment": "\(name)"]) }
        }
        memory.illBecause = reason
        board.change(name) { $0.isIll = !ill.isEmpty }
        // Who begins to lead tells what the one before may not have told.
        guard reconciler.isLeader(), memory.toldIllness != reason else { return }
        let before = memory.toldIllness
        memory.toldIllness = reason
        if let reason {
            Announcement(session: session).announce(
                .degraded, of: name, "\(ill.count) \(ill.count == 1 ? "resource is" : "resources are") not healthy: \(plainLine(reason))",
                reason: ill.map(\.path.description).prefix(20).joined(separator: ", "),
                details: ill.map { "\($0.path): \($0.reason)" }, running: running)
        } else if before != nil, reconciler.isWell(name), board.place(name).drifted == 0 {
            Announcement(session: session).announce(.recovered, of: name, "healthy again", reason: nil, details: [], running: running)
        }
    }

    /// What is well, and is watched, needs no asking; of what stays as ill as it was a watch tells most, too, but for
    /// what its pods and events say.
    private func planNextQuestion(after health: HealthReport?, hasChanged: Bool, _ memory: Memory, isWatched: Bool) {
        let now = monotonicSeconds()
        memory.health.at = now
        guard let health, !isWatched || !health.unhealthy.isEmpty else {
            memory.health.next = .infinity
            return
        }
        let pace = hasChanged || !isWatched ? Keeper.pace.health.first : min(memory.health.pace * 2, Keeper.pace.health.most)
        memory.health.pace = pace
        memory.health.next = now + pace * .random(in: Keeper.jitter)
    }

    // MARK: waiting

    /// - Parameter isKnown: whether it was said already.
    private func unseen(_ reason: String, _ memory: Memory, isKnown: Bool = false) {
        if memory.unseenBecause != reason, !isKnown { log.error("\(plainLine(reason))", metadata: ["environment": "\(name)"]) }
        memory.unseenBecause = reason
        memory.told = nil
        board.change(name) { $0.unseen = reason }
        wait(memory.unseen.next())
    }

    private func wait(_ seconds: Double) {
        bell.wait(seconds)
    }

    /// Waits until there is something to look at.
    private func pauseUntilStirred(_ record: ObjectID?, _ session: Session, _ memory: Memory) {
        let start = monotonicSeconds()
        var nextRecord = start + Keeper.pace.record
        let healthAt = memory.health.next
        let repairAt = memory.repairAt ?? .infinity
        let isOver: () -> Bool = { [self] in
            bell.wait(0)
            let now = monotonicSeconds()
            if board.isStopping || isDue.withLock({ $0 }) || now >= healthAt || now >= repairAt { return true }
            guard now >= nextRecord else { return false }
            nextRecord = now + Keeper.pace.record
            let newest = try? session.repository.target(of: "refs/ops/\(name)")
            let suspension = try? session.environments.suspension(of: name)
            return newest != record || (suspension != nil) != board.place(name).isSuspended || FileLock.isHeld(session.environments.lockPath(name))
        }
        do {
            guard let target = memory.target, try target.watches() else {
                memory.target = nil
                let end = start + Keeper.pace.unwatched
                while monotonicSeconds() < end, !isOver() { bell.wait(min(0.5, max(0, end - monotonicSeconds()))) }
                return
            }
            _ = try target.awaitChange(unless: isOver, waking: bell.readEnd)
        } catch {
            memory.target = nil
            log.notice("\(plainLine(Failure(error).message)); it is looked at again and again", metadata: ["environment": "\(name)"])
            wait(memory.unseen.next())
        }
    }
}
