public import Git
public import Posix
public import Rendering

/// What is asked of the engine.
public struct DeploymentRequest: Sendable {
    public var environment: Environment
    /// The commit to deploy.
    public var commit: ObjectID
    /// The reference that brought it.
    public var sourceReference: String?
    public var trigger: Trigger
    public var actor: Actor
    /// What the one who asks has to say; recorded.
    public var note: String?
    /// Whether files that are in the way and not ours are taken over, beside what the settings say.
    public var adopts: Bool

    public init(
        environment: Environment, commit: ObjectID, sourceReference: String? = nil, trigger: Trigger, actor: Actor,
        note: String? = nil, adopts: Bool = false
    ) {
        self.environment = environment
        self.commit = commit
        self.sourceReference = sourceReference
        self.trigger = trigger
        self.actor = actor
        self.note = note
        self.adopts = adopts
    }
}

/// What the engine tells while it works.
public enum Progress: Sendable {
    /// An earlier deployment was interrupted; it is recorded as that and carried on from.
    case resuming(Deployment)
    case planned(Plan)
    /// One change of the plan was made.
    case changed(Change)
    /// A line that a command wrote.
    case output(LifecycleStage, String)
    case waiting(String)
    case rollingBack(String)
    /// It is deployed and recorded, but something was left behind.
    case untidy(String)
}

/// How a deployment came out.
public enum Outcome: Sendable {
    /// What is live is as desired, and recorded so already.
    case unchanged(RecordedDeployment)
    case deployed(RecordedDeployment)
    /// All of it is applied and recorded; nobody waited until it was healthy, because a newer commit is next.
    case superseded(RecordedDeployment)
    /// What is live is as before, unless `Deployment.reason` says otherwise.
    case failed(RecordedDeployment, hint: String?)
    /// Nothing was looked at and nothing recorded: the environment is suspended, and the commit not deployed.
    case suspended(Suspension, ObjectID)

    public var succeeded: Bool {
        switch self {
        case .unchanged, .deployed: true
        case .superseded, .failed, .suspended: false
        }
    }
}

/// Carries out deployments: plan, apply, wait, record; the same for a push, a person and an agent.
///
/// It is level-based: always from what is live to what is desired, whatever happened before. Before the
/// first change the deployment is written to `refs/ops/_pending/<environment>`; after the last it is
/// appended to the chain, then noted on the source commit, then the pending reference goes. A process
/// that dies in between leaves what the next one needs to carry on.
public final class Engine {
    private let environments: EnvironmentRepository
    private let makeTarget: () throws -> any Target
    private let now: () -> Moment
    private let progress: (Progress) -> Void

    private var repository: Repository { environments.repository }

    /// - Parameters:
    ///   - makeTarget: gives what holds the live state of the environment. One that cannot be had is a
    ///     deployment that fails, and is recorded like any other.
    ///   - now: the wall clock.
    ///   - progress: told what happens as it happens.
    public init(
        _ environments: EnvironmentRepository, makeTarget: @escaping () throws -> any Target, now: @escaping () -> Moment = Moment.now,
        progress: @escaping (Progress) -> Void
    ) {
        self.environments = environments
        self.makeTarget = makeTarget
        self.now = now
        self.progress = progress
    }

    /// Compares live with desired; changes nothing and records nothing.
    public func plan(
        _ request: DeploymentRequest
    ) throws -> (desired: DesiredState, plan: Plan, last: RecordedDeployment?) {
        let last = try environments.lastDeployment(request.environment.name)
        let target = try makeTarget()
        let recordInventory = try environments.recordInventory(last)
        let desired = try self.desired(request, target, since: last, recordInventory)
        var inventory = try environments.inventory(last, recordInventory, where: desired)
        try addPending(to: &inventory, request.environment, last)
        // Nobody has it yet, so nothing that is live is taken for ours.
        if desired.objects != nil, inventory.owner == nil { inventory.owner = Engine.makeOwner(request.environment.name) }
        let adopting = try request.adopts || request.environment.settings.adopts()
        return (desired, try target.plan(desired, inventory: inventory, adopting: adopting), last)
    }

    /// What the commit says, in the form that the target holds.
    private func desired(
        _ request: DeploymentRequest, _ target: any Target, since last: RecordedDeployment?, _ recorded: RecordInventory
    ) throws -> DesiredState {
        let holdsObjects = try target.holdsObjects()
        if let last, holdsObjects != (recorded.owner != nil), try !environments.resourceEntries(last).isEmpty {
            throw SettingsError(
                "environment '\(request.environment.name)' was deployed to a target of \(holdsObjects ? "files" : "objects"), and its target now holds \(holdsObjects ? "objects" : "files")",
                hint: "give the new target an environment of its own, and remove the old one")
        }
        return try render(
            environment: request.environment.name, commit: request.commit, repository: repository,
            as: environments.form(holdingObjects: holdsObjects))
    }

    /// What is ours by the record and, where a deployment died, by what it meant to do.
    private func addPending(
        to inventory: inout Inventory, _ environment: Environment, _ last: RecordedDeployment?
    ) throws {
        guard let pending = try pendingDeployment(environment), pending.deployment.identifier != last?.deployment.identifier
        else { return }
        let meant = try environments.recordInventory(pending)
        inventory.owner = inventory.owner ?? meant.owner
        // What died went there, and may have left something.
        inventory.place = meant.place ?? inventory.place
        for resource in try leftBy(pending, after: last) { inventory.mayHold[resource.path, default: []].append(resource) }
    }

    /// Deploys a commit.
    /// - Parameters:
    ///   - lock: that of the request's environment.
    ///   - newer: asked about twice a second while the target is waited for: the commit that is to be deployed next,
    ///     if one is; the commit itself where nobody can wait any longer. It ends that wait, and nothing else.
    /// - Throws: where the deployment could not even be recorded: the repository cannot be read or written.
    public func deploy(
        _ request: DeploymentRequest, holding lock: borrowing EnvironmentLock, unless newer: @escaping () -> ObjectID? = { nil }
    ) throws -> Outcome {
        precondition(lock.environment == request.environment.name)
        // Read under the lock: whoever suspends looks at the lock after it is written, and is told of what goes on.
        if let suspension = try environments.suspension(of: request.environment.name) {
            try environments.noteSuspension(request.environment.name)
            return .suspended(suspension, request.commit)
        }
        let last = try resume(request.environment)
        var deployment = Deployment(
            environment: request.environment.name, identifier: Identifier(at: now()),
            number: (last?.deployment.number ?? 0) + 1, source: request.commit,
            sourceReference: request.sourceReference, sourceSubject: try repository.readCommit(request.commit).subject,
            result: .started, trigger: request.trigger, actor: request.actor, started: now(), note: request.note)
        let begun = monotonicSeconds()
        var output: [String] = []
        let state = try environments.stateFolder(request.environment.name)

        var recordInventory = RecordInventory()
        func fail(
            _ reason: String, hint: String? = nil, left: Set<Resource>? = nil, pending: ObjectID? = nil
        ) throws -> Outcome {
            deployment.result = .failed
            deployment.reason = reason
            deployment.duration = monotonicSeconds() - begun
            deployment.details = Array(output.suffix(20))
            var inventory = recordInventory
            if let left { inventory.left.formUnion(left) }
            let tree = try environments.writeRecordTree(try environments.resourceEntries(last), inventory)
            let recorded = try record(deployment, tree: tree, after: last?.id, pending: pending, request.environment)
            return .failed(recorded, hint: hint)
        }

        let desired: DesiredState
        let plan: Plan
        let timeout: Double
        let inventory: Inventory
        let target: any Target
        recordInventory = try environments.recordInventory(last)
        do {
            target = try makeTarget()
            timeout = try request.environment.settings.timeout()
            desired = try self.desired(request, target, since: last, recordInventory)
            if desired.objects != nil, recordInventory.owner == nil { recordInventory.owner = Engine.makeOwner(request.environment.name) }
            inventory = try environments.inventory(last, recordInventory, where: desired)
            let adopting = try request.adopts || request.environment.settings.adopts()
            plan = try target.plan(desired, inventory: inventory, adopting: adopting)
        } catch {
            return try fail("\(error)", hint: hint(of: error))
        }
        if let last, plan.isEmpty, inventory.mayHold.isEmpty, last.deployment.result == .deployed,
            try environments.resourceTree(last) == desired.tree
        {
            tidyUp(target)
            return .unchanged(last)
        }
        // Also for whoever comes after a crash: a folder that was there before us stays one.
        recordInventory.found.formUnion(target.foundFolders)
        progress(.planned(plan))
        guard plan.conflicts.isEmpty else {
            let first = plan.conflicts[0]
            let more = plan.conflicts.count > 1 ? " (and \(plan.conflicts.count - 1) more)" : ""
            return try fail("'\(first.path)' \(first.reason)\(more)", hint: first.hint)
        }

        recordInventory.place = plan.place ?? recordInventory.place
        deployment.created = plan.count(.create)
        deployment.changed = plan.count(.change, .recreate)
        deployment.pruned = desired.objects == nil ? plan.count(.prune, .keep) : plan.count(.prune)
        let changed = Set(plan.changes.map(\.path)).union(inventory.mayHold.keys).sorted()
        let commands = LifecycleCommand(
            environment: request.environment, commit: request.commit,
            directory: request.environment.settings.values["directory"], timeout: timeout, stateFolder: state)
        func run(_ stage: LifecycleStage, staged: String? = nil) -> String? {
            commands.run(stage, staged: staged, paths: changed) { line in
                // Only the last lines are recorded.
                if output.count >= 40 { output.removeFirst(20) }
                output.append("\(stage.rawValue): \(line)")
                progress(.output(stage, line))
            }
        }

        if request.environment.settings.command(.preApply) != nil {
            // Whatever keeps it from being judged is a veto, and recorded as one.
            let veto: String?
            do {
                try desired.write(to: repository)
                let copy = try StagedCopy(of: desired, from: repository, in: state + "/staged")
                veto = run(.preApply, staged: copy.folder)
            } catch {
                veto = "\(error)"
            }
            if let veto { return try fail(veto) }
        }

        // From here on what is ours is the record and this deployment together.
        try desired.write(to: repository)
        let tree = try environments.writeRecordTree(desired.entries, recordInventory)
        let pending = try environments.writeDeployment(deployment, tree: tree, after: last?.id, at: now())
        try setPending(pending, request.environment)
        do throws(TargetError) {
            try target.apply(plan) { progress(.changed($0)) }
        } catch {
            let left = error.isPartial ? try difference(from: last, to: desired) : nil
            return try fail(error.message, hint: error.hint, left: left, pending: pending)
        }

        let settlement = settle(target, changed.isEmpty, timeout, newer, run)
        if case .failed(let reason) = settlement {
            guard target.rollsBack else {
                return try fail(
                    reason, hint: "what was applied stays; deploy a commit that works, as with git revert",
                    left: try difference(from: last, to: desired), pending: pending)
            }
            progress(.rollingBack(reason))
            do throws(TargetError) {
                try target.rollBack()
            } catch {
                return try fail(
                    "\(reason); and what was there before could not be put back: \(error.message)", hint: error.hint,
                    left: try difference(from: last, to: desired), pending: pending)
            }
            if !changed.isEmpty, let again = run(.reload) {
                return try fail("\(reason); put back, but then \(again)", pending: pending)
            }
            return try fail(reason, pending: pending)
        }

        deployment.result = .deployed
        if case .superseded(let commit) = settlement {
            deployment.result = .superseded
            // Itself, where whoever waits has to go.
            deployment.supersededBy = commit == request.commit ? nil : commit
            deployment.reason =
                commit == request.commit
                ? "nobody waited until it was healthy: git-ops was stopped" : "superseded by \(commit.short) before it was healthy"
        }
        deployment.duration = monotonicSeconds() - begun
        deployment.details = Engine.lines(of: plan)
        let kept = Set(target.foundFolders)
        let recordTree = try environments.writeRecordTree(desired.entries, RecordInventory(found: kept, owner: recordInventory.owner, place: recordInventory.place))
        let recorded = try record(deployment, tree: recordTree, after: last?.id, pending: pending, request.environment)
        do throws(TargetError) {
            try target.commit()
        } catch {
            // Recorded, so no longer to be undone; the next deployment cleans up.
            progress(.untidy(error.message))
        }
        tidyUp(target)
        return deployment.result == .superseded ? .superseded(recorded) : .deployed(recorded)
    }

    /// What marks an environment's objects in a cluster: nobody else has it, and it fits a label's value.
    private static func makeOwner(_ environment: String) -> String {
        let number = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        return environment.prefix(48) + "-" + String(repeating: "0", count: 13 - number.count) + number
    }

    /// A deployment that was killed at its very end was recorded, so that nothing else brings anybody here.
    private func tidyUp(_ target: any Target) {
        do throws(TargetError) {
            try target.tidy()
        } catch {
            progress(.untidy(error.message))
        }
    }

    /// What comes of a change once it is made.
    private enum Settlement {
        case healthy
        case superseded(by: ObjectID)
        /// Why.
        case failed(String)
    }

    /// Everything after the change that decides whether it stays.
    private func settle(
        _ target: any Target, _ isUnchanged: Bool, _ timeout: Double, _ newer: @escaping () -> ObjectID?,
        _ run: (LifecycleStage, String?) -> String?
    ) -> Settlement {
        if !isUnchanged, let reason = run(.reload, nil) { return .failed(reason) }
        var next: ObjectID?
        do throws(TargetError) {
            let outcome = try target.wait(timeout: timeout) {
                next = newer()
                return next != nil
            } progress: {
                progress(.waiting($0))
            }
            if case .cancelled = outcome, let next { return .superseded(by: next) }
        } catch {
            return .failed(error.message)
        }
        return run(.healthCheck, nil).map(Settlement.failed) ?? .healthy
    }

    private func hint(of error: any Error) -> String? {
        switch error {
        case let error as TargetError: error.hint
        case let error as RenderingError: error.hint
        case let error as GitError: error.hint
        case let error as SettingsError: error.hint
        default: nil
        }
    }

    /// The changes of a plan for the body of a deployment's message; the rest is counted.
    static func lines(of plan: Plan, limit: Int = 50) -> [String] {
        let lines = plan.changes.prefix(limit).map { change in
            let sign =
                switch change.action {
                case .create: "+"
                case .change, .recreate: "~"
                case .prune, .keep: "-"
                }
            let remarks = [
                change.isDrift ? (change.live == nil ? "had been removed by hand" : "had been changed" + (change.culprit == nil ? " by hand" : change.agent)) : nil,
                change.remark,
            ].compactMap { $0 }
            return "\(sign) \(change.path)" + (remarks.isEmpty ? "" : " (\(remarks.joined(separator: "; ")))")
        }
        return plan.changes.count > limit ? lines + ["and \(plan.changes.count - limit) more"] : lines
    }
}

// Recording, and finding what a process that died left to be recorded.
extension Engine {
    /// Appends to the chain, notes it on the source commit, and forgets what was pending: in this order,
    /// so that nothing is lost between.
    private func record(
        _ deployment: Deployment, tree: ObjectID, after previous: ObjectID?, pending: ObjectID?,
        _ environment: Environment
    ) throws -> RecordedDeployment {
        let moment = now()
        let id = try environments.append(deployment, tree: tree, after: previous, at: moment)
        if let event = Event(of: deployment, recordedAs: id, at: moment) { try environments.record(event, at: moment) }
        if let pending { try forget(pending, environment) }
        return try environments.deployment(id)
    }

    private func setPending(_ id: ObjectID, _ environment: Environment) throws {
        let signature = environments.committer(now())
        try repository.retrying(environment.pendingReference) { () throws(GitError) in
            let present = try repository.target(of: environment.pendingReference)
            try repository.update(
                environment.pendingReference, to: id, expecting: present, by: signature, message: "started")
        }
    }

    private func forget(_ pending: ObjectID, _ environment: Environment) throws {
        try repository.retrying(environment.pendingReference) { () throws(GitError) in
            try repository.delete(environment.pendingReference, expecting: pending)
        }
    }

    private func pendingDeployment(_ environment: Environment) throws -> RecordedDeployment? {
        guard let id = try repository.target(of: environment.pendingReference) else { return nil }
        return try environments.deployment(id)
    }

    /// Finishes the record of a deployment whose process died; the lock is held, so it did.
    /// - Returns: the newest deployment of the chain.
    private func resume(_ environment: Environment) throws -> RecordedDeployment? {
        LifecycleCommand.endLeftOver(stateFolder: try environments.stateFolder(environment.name))
        let last = try environments.lastDeployment(environment.name)
        // The process may have died between the chain and the note.
        if let last, let event = Event(of: last.deployment, recordedAs: last.id, at: now()) {
            let known = try environments.events(of: last.deployment.source)
            if !known.contains(where: { $0.identifier == event.identifier && $0.kind == event.kind }) {
                try environments.record(event, at: now())
            }
        }
        guard let pending = try pendingDeployment(environment) else { return last }
        if pending.deployment.identifier == last?.deployment.identifier {
            try forget(pending.id, environment)
            return last
        }
        var deployment = pending.deployment
        deployment.result = .interrupted
        deployment.number = (last?.deployment.number ?? 0) + 1
        deployment.reason = "the process that carried it out died"
        deployment.duration = Double(now().milliseconds - deployment.started.milliseconds) / 1000
        progress(.resuming(deployment))
        var inventory = try environments.recordInventory(last)
        inventory.left.formUnion(try leftBy(pending, after: last))
        let meant = try environments.recordInventory(pending)
        inventory.found.formUnion(meant.found)
        inventory.owner = inventory.owner ?? meant.owner
        // What died went there, and may have left something.
        inventory.place = meant.place ?? inventory.place
        let tree = try environments.writeRecordTree(try environments.resourceEntries(last), inventory)
        return try record(deployment, tree: tree, after: last?.id, pending: pending.id, environment)
    }

    /// What a deployment may have written that the one before it does not have.
    private func leftBy(_ pending: RecordedDeployment, after last: RecordedDeployment?) throws -> Set<Resource> {
        try difference(from: last?.commit.tree, to: pending.commit.tree)
    }

    private func difference(from last: RecordedDeployment?, to desired: DesiredState) throws -> Set<Resource> {
        let old = try environments.ownedResources(last)
        return Set(desired.resources).subtracting(old)
    }

    private func difference(from old: ObjectID?, to new: ObjectID) throws -> Set<Resource> {
        var left: Set<Resource> = []
        let own = RepositoryPath(RecordInventory.folder)
        try repository.forEachChange(from: old, to: new) { change in
            guard let new = change.new, !change.path.isWithin(own) else { return }
            left.insert(Resource(path: change.path, mode: new.mode, blob: new.id))
        }
        return left
    }
}
