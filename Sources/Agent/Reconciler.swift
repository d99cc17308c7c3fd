import Deployments
import Git
import Logging
import Operations
internal import PluginTarget
import Posix

/// Makes an environment what the repository says: the same engine as `git ops apply`, the same record.
struct Reconciler {
    /// Seconds until a deployment that failed is tried again, at first and at most.
    private static let retry = (first: 15.0, most: 1800.0)

    let variables: [String: String]
    /// Where targets are that are no programs of their own, by their names.
    let hosts: [String: TargetHost]
    let board: Board
    let log: Logger
    /// Whether this agent is the one that acts, where there are several.
    let isLeader: @Sendable () -> Bool
    let telemetry: Telemetry
    /// Told where the one who pulls has something to do before its time: a record to give away, a deployment to try again.
    let somethingIsDue: @Sendable () -> Void
    /// Which commits were found to be signed as a policy asks for.
    let signed: SharedSet
    /// Whether there may be several that take turns.
    let takesTurns: Bool

    /// Why it is looked at.
    enum Cause {
        /// The branch has moved, or a deployment that failed is tried again, or the agent has just started.
        case tip
        /// Somebody changed what runs.
        case drift([Change])
    }

    /// Sees to an environment.
    /// - Returns: whether what is live is known to be as it should be.
    @discardableResult func reconcile(_ name: String, _ cause: Cause) -> Bool {
        do {
            return try attempt(name, cause)
        } catch {
            let failure = Failure(error)
            // Not even recorded: the repository cannot be read or written, or what it declares is not valid.
            if board.place(name).hold != failure.message {
                log.error("\(plainLine(failure.message))", metadata: ["environment": "\(name)"])
            }
            hold(name, failure.message)
            retryLater(name)
            return false
        }
    }

    private func hold(_ name: String, _ reason: String?, refusing commit: ObjectID? = nil, isRecorded: Bool = false) {
        board.change(name) { ($0.hold, $0.refused, $0.isHoldRecorded) = (reason, commit, isRecorded) }
    }

    private func retryLater(_ name: String) {
        board.change(name) {
            // What is live may be anything now.
            $0.settled = nil
            let pause = min(Reconciler.retry.first * Double(1 << min($0.failures, 10)), Reconciler.retry.most)
            $0.failures += 1
            $0.retryAt = monotonicSeconds() + pause * Double.random(in: 0.9...1.1)
        }
    }

    private func attempt(_ name: String, _ cause: Cause) throws -> Bool {
        // Where another acts, this one looks on.
        guard isLeader(), !board.isStopping else { return false }
        guard try isWorthALook(name, cause) else { return board.place(name).hold == nil }
        guard let lock = try Session(variables: variables, deploys: true).environments.patientLock(name, unless: { board.isStopping }) else { return false }
        // Read under the lock: all of it may have changed while it was waited for.
        let session = try Session(variables: variables, deploys: true)
        let environment = try session.environments.environment(name)
        guard environment.settings.target != nil, isLeader(), !board.isStopping else { return false }
        try announceWhatWasNot(environment, session)
        let wanted = try wanted(environment, session, cause)
        switch cause {
        case .tip: hold(name, wanted.hold, refusing: wanted.refused)
        // What keeps the tip from being deployed holds as before.
        case .drift: if let refused = wanted.refused { hold(name, wanted.hold, refusing: refused) }
        }
        guard let commit = wanted.commit else { return false }
        if case .tip = cause, let time = try timeOfDeployment(of: commit, environment, session) { return settled(name, commit, time, wanted.hold) }

        let narration = Narration(environment: name)
        let descriptor = lock.descriptor
        let engine = Engine(session.environments) {
            try session.target(of: environment, at: hosts, holding: descriptor) { log.info("\(plainLine($0))", metadata: ["environment": "\(name)"]) }
        } progress: { progress in
            for line in narration.lines(progress) { log.debug("\(Reconciler.bare(line, name))", metadata: ["environment": "\(name)"]) }
        }
        let begun = monotonicSeconds()
        board.change { $0.deploying += 1 }
        defer { board.change { $0.deploying -= 1 } }
        // Asked after it is known that something is under way: whoever loses the lead looks at that.
        guard isLeader() else { return false }
        let outcome = try engine.deploy(
            DeploymentRequest(
                environment: environment, commit: commit, sourceReference: environment.branch, trigger: .agent,
                actor: Actor(name: "git-ops-agent", source: hostName()), note: Reconciler.note(cause)),
            holding: lock, unless: { board.isStopping ? commit : newer(environment, than: commit, session) })
        telemetry.deployed(name, outcome, seconds: monotonicSeconds() - begun)
        tell(outcome, name, cause, session)
        Marks(session.environments, environment).note(outcome)
        somethingIsDue()
        return conclude(outcome, name, commit, wanted.hold, cause)
    }

    /// Whether there is something to do, as far as can be said without holding up anybody.
    private func isWorthALook(_ name: String, _ cause: Cause) throws -> Bool {
        guard case .tip = cause else { return true }
        let session = try Session(variables: variables)
        let environment = try session.environments.environment(name)
        guard environment.settings.target != nil else { return false }
        // What makes no sense is said before it is needed.
        _ = (try environment.settings.driftPolicy(), try environment.settings.rewritePolicy())
        let wanted = try wanted(environment, session, cause)
        guard let commit = wanted.commit, board.place(name).settled != commit else {
            hold(name, wanted.hold, refusing: wanted.refused)
            return false
        }
        if let time = try timeOfDeployment(of: commit, environment, session) {
            _ = settled(name, commit, time, wanted.hold)
            return false
        }
        return true
    }

    /// When a commit was deployed, where that is the last that happened, and to where it would go now.
    private func timeOfDeployment(of commit: ObjectID, _ environment: Environment, _ session: Session) throws -> Moment? {
        guard let last = try session.environments.lastDeployment(environment.name), last.deployment.source == commit,
            last.deployment.result == .deployed, try session.environments.interruptedDeployment(environment, after: last) == nil,
            Marks(session.environments, environment).isPlaceOfLast
        else { return nil }
        return last.deployment.started
    }

    /// The commit that is to be live, why it is not the newest, and the commit that may not be.
    private func wanted(_ environment: Environment, _ session: Session, _ cause: Cause) throws -> (commit: ObjectID?, hold: String?, refused: ObjectID?) {
        let running = try session.environments.lastSuccess(environment.name)?.deployment.source
        if case .drift = cause {
            // What is deployed is put back; what is new is deployed by itself.
            let hold = board.place(environment.name).hold
            guard let running else { return (nil, hold, nil) }
            if let refusal = try refusal(of: running, environment, session) { return (nil, refusal, running) }
            return (running, hold, nil)
        }
        // A second record beside the one that the remote has, and that was not believed, would never become one with it.
        if try session.environments.lastDeployment(environment.name) == nil, let reason = board.now.diverged[environment.reference] { return (nil, reason, nil) }
        guard let branch = board.now.branches[environment.branch], let accepted = branch.accepted else {
            return (nil, board.now.branches[environment.branch]?.hold ?? "branch '\(environment.shortBranch)' is not accepted yet", nil)
        }
        let tip = try session.environments.tip(of: environment)
        // Somebody moved it; the puller says so.
        guard tip == accepted else { return (nil, branch.hold ?? "'\(environment.shortBranch)' is at \(tip.short), which is not accepted", nil) }
        board.change(environment.name) {
            if $0.wanted != tip {
                $0.wanted = tip
                $0.wantedSince = monotonicSeconds()
                $0.failures = 0
                $0.retryAt = nil
            }
        }
        if let running, tip != running, try environment.settings.rewritePolicy() == .refuse, session.repository.contains(running),
            try !session.repository.commit(tip, contains: running)
        {
            return (nil, "\(tip.short) of '\(environment.shortBranch)' does not contain \(running.short), which runs (ops.\(environment.name).nonFastForward = follow deploys it)", tip)
        }
        if let refusal = try refusal(of: tip, environment, session) { return (nil, refusal, tip) }
        // The branch goes no further, and what it has is deployed all the same.
        return (tip, branch.hold, nil)
    }

    /// Why a commit may not be deployed; what was found to be signed once is not asked about again.
    private func refusal(of commit: ObjectID, _ environment: Environment, _ session: Session) throws -> String? {
        let policy = try environment.settings.signaturePolicy()
        guard policy != .none else { return nil }
        let question = "\(policy) \(commit)"
        if signed.contains(question) { return nil }
        // Set since the agent began, which refuses it.
        let shared = takesTurns && session.configuration.boolean("ops.sign") != true ? AgentSettings.unsharedReason(of: environment.name) : nil
        guard let refusal = try shared ?? Signatures(session: session).refusal(of: commit, policy) else {
            signed.insert(question)
            return nil
        }
        if board.place(environment.name).hold != refusal {
            log.error("\(plainLine(refusal))", metadata: ["environment": "\(environment.name)", "commit": "\(commit)"])
        }
        return refusal
    }

    /// Tells of the last deployment where its process died before it could.
    private func announceWhatWasNot(_ environment: Environment, _ session: Session) throws {
        let marks = Marks(session.environments, environment)
        guard let last = try session.environments.lastDeployment(environment.name), last.deployment.trigger == .agent, marks.isNew(last) else { return }
        switch last.deployment.result {
        // As the same that it would have been told as: it may have been, a moment before the end.
        case .deployed where last.deployment.isRepair:
            Announcement(session: session).announce(repair: last, of: last.deployment.details, isWell: isWell(environment.name))
        case .deployed: Announcement(session: session).announce(.deployed(last), isWell: isWell(environment.name))
        case .failed: Announcement(session: session).announce(.failed(last, hint: nil))
        default: break
        }
        marks.noteTold(last)
    }

    /// A commit that takes the place of the one that is waited for.
    private func newer(_ environment: Environment, than commit: ObjectID, _ session: Session) -> ObjectID? {
        guard let accepted = board.now.branches[environment.branch]?.accepted, accepted != commit else { return nil }
        do {
            guard try session.environments.suspension(of: environment.name) == nil else { return nil }
            if try refusal(of: accepted, environment, session) != nil { return nil }
        } catch {
            return nil
        }
        return accepted
    }

    /// What is recorded as the reason for a repair.
    private static func note(_ cause: Cause) -> String? {
        guard case .drift(let changes) = cause else { return nil }
        let culprits = Set(changes.compactMap(\.culprit?.name)).sorted()
        let who = culprits.isEmpty ? "" : " by \(culprits.prefix(3).joined(separator: ", "))" + (culprits.count > 3 ? " and others" : "")
        return plainLine("repair: \(changes.count) \(changes.count == 1 ? "resource was" : "resources were") changed\(who)", limit: 200)
    }

    private func tell(_ outcome: Outcome, _ name: String, _ cause: Cause, _ session: Session) {
        let level: Logger.Level
        switch outcome {
        case .failed: level = .error
        case .suspended, .unchanged: level = .debug
        case .deployed, .superseded: level = .info
        }
        var metadata: Logger.Metadata = ["environment": "\(name)"]
        if case .drift = cause { metadata["cause"] = "drift" }
        if case .failed(_, let hint?) = outcome { metadata["hint"] = "\(plainLine(hint))" }
        for line in Narration(environment: name).lines(outcome) where !line.hasPrefix("hint: ") {
            log.log(level: level, "\(Reconciler.bare(line, name))", metadata: metadata)
        }
        if case .drift(let changes) = cause, case .deployed(let recorded) = outcome {
            Announcement(session: session).announce(repair: recorded, of: changes.map { Narration.line($0) }, isWell: isWell(name))
        } else {
            Announcement(session: session).announce(outcome, isWell: isWell(name))
        }
    }

    /// Whether nothing but what is just seen to is wrong with an environment.
    func isWell(_ name: String) -> Bool { board.now.isWell(name) }

    /// A line without what the log has beside it.
    private static func bare(_ line: String, _ environment: String) -> String {
        var line = line[...]
        for prefix in ["error: ", "warning: ", "\(environment): "] where line.hasPrefix(prefix) { line = line.dropFirst(prefix.count) }
        return String(line.drop { $0 == " " })
    }

    private func settled(_ name: String, _ commit: ObjectID, _ time: Moment, _ hold: String?) -> Bool {
        board.change(name) {
            $0.settled = commit
            $0.time = time
            $0.failures = 0
            $0.retryAt = nil
            $0.hold = hold
            $0.isSuspended = false
        }
        return true
    }

    private func conclude(_ outcome: Outcome, _ name: String, _ commit: ObjectID, _ hold: String?, _ cause: Cause) -> Bool {
        switch outcome {
        case .unchanged, .deployed:
            guard case .tip = cause else { return true }
            return settled(name, commit, .now(), hold)
        case .superseded:
            // What takes its place is next.
            board.change(name) {
                $0.settled = nil
                $0.hold = nil
            }
            return false
        case .suspended(let suspension, _):
            board.change(name) {
                $0.isSuspended = true
                $0.hold = Narration.words(suspension)
            }
            return false
        case .failed(let recorded, _):
            self.hold(name, recorded.deployment.reason ?? "the deployment failed", isRecorded: true)
            retryLater(name)
            return false
        }
    }
}
