// PluginTarget: a target that is a program of its own, `git-ops-target-<name>`, or a part of this process that is
// given to it, spoken to over the line protocol of git-ops-target(7).
// It knows the protocol Target, blobs and processes; it knows no other target, and nothing of what the
// program does. It believes nothing unchecked that the program says: what cannot be understood is an
// error, never a plan.

public import Deployments
public import Git
import Posix
public import Rendering

/// A target that the program `git-ops-target-<name>` holds, or a part of this process.
///
/// The program is started by the first request and ended with this object: its input is closed; if that
/// does not end it, it gets SIGTERM, then SIGKILL. It leads a process group, all of which is ended. A part of this
/// process sees the end of the conversation, and ends by itself.
public final class PluginTarget: Target {
    private let name: String
    private let start: () throws(SystemError) -> any TargetPeer
    private let configuration: [String: String]
    private var content: ResourceContent
    private let secretKey: () throws -> [UInt8]
    private let timeout: Double
    private let patience: Double?
    private let grace: Double
    private let cachePath: String?
    private let onMessage: (String) -> Void

    private var session: Session?
    private var features: Set<String> = []
    /// What the last plan would do; nil where there is none.
    private var planned: [RepositoryPath: Change.Action]?
    /// The paths of all that was desired in the last plan.
    private var desiredPaths: Set<RepositoryPath> = []
    private var ownPaths: Set<RepositoryPath> = []
    /// The folders of all resources of the last plan.
    private var folders: Set<RepositoryPath> = []

    /// Folders that were there before us: as the inventory of the last plan has them, and after `apply` as
    /// the program says.
    public private(set) var foundFolders: [RepositoryPath] = []

    /// - Parameters:
    ///   - name: the program is `git-ops-target-<name>`, looked for in the `PATH` of `environment`.
    ///   - host: where the target is.
    ///   - configuration: `ops.<environment>.*`, by the last part of the key in lower case: `root`.
    ///   - repository: where the content of resources is read, one at a time.
    ///   - secretKey: the key of the digests that stand for the values of Secrets.
    ///   - environment: all variables of the target. No secret belongs there; secrets are configuration,
    ///     which goes through a pipe.
    ///   - timeout: seconds that the program may be silent while it is asked something.
    ///   - patience: seconds after which the program is to give up what it has never heard of; nil where it may be
    ///     worth waiting for.
    ///   - grace: seconds, beyond the time for `wait`, in which the program must say that the time is over.
    ///   - lock: a descriptor that the program inherits as number 3: the environment's lock, which then is
    ///     held until the target has ended too.
    ///   - cachePath: a file that the program may keep what it has learned in; its folder need not be there.
    ///   - onMessage: given what the program says to people, line by line, safe for a terminal.
    /// - Throws: where there is no such program.
    public init(
        named name: String, at host: TargetHost = .program, configuration: [String: String], repository: Repository,
        secretKey: @escaping () throws -> [UInt8] = { [] }, environment: [String: String],
        timeout: Double, patience: Double? = nil, grace: Double = 10, lock: Int32? = nil, cachePath: String? = nil,
        onMessage: @escaping (String) -> Void
    ) throws(TargetError) {
        switch host {
        case .program:
            let program = try PluginTarget.program(named: name, path: environment["PATH"] ?? "")
            start = { () throws(SystemError) in
                try TargetProcess(program: program, environment: environment, lock: lock, onMessage: onMessage)
            }
        case .here(let serve):
            start = { () throws(SystemError) in try HostedPeer(environment: environment, lock: lock, serve: serve, onMessage: onMessage) }
        }
        self.name = name
        self.configuration = configuration
        self.secretKey = secretKey
        content = ResourceContent(repository: repository, target: name)
        self.timeout = timeout
        self.patience = patience
        self.grace = grace
        self.cachePath = cachePath
        self.onMessage = onMessage
    }

    /// What the program says it can do, in the words of git-ops-target(7). Starts it where it does not run.
    public func capabilities() throws(TargetError) -> Set<String> {
        _ = try running()
        return features
    }

    public var rollsBack: Bool { features.contains("rollback") }

    public func holdsObjects() throws(TargetError) -> Bool { try capabilities().contains("objects") }

    public func plan(_ desired: DesiredState, inventory: Inventory, adopting: Bool) throws(TargetError) -> Plan {
        planned = nil
        foundFolders = inventory.found.sorted()
        content.objects = desired.objects
        let session = try running()
        var head = Request(.plan)
        head.environment = desired.environment
        head.commit = desired.commit.description
        head.tree = desired.tree.description
        head.adopting = adopting
        head.owner = inventory.owner
        head.place = inventory.place
        head.cache = cachePath
        head.timeout = wholeSeconds(timeout)
        head.patience = patience.map(wholeSeconds)
        head.configuration = configuration
        var reading = PlanReading(desired: desired, inventory: inventory)
        try ask(
            session, .plan, lines: RequestBody(desired, inventory, features: features).lines(after: head, content),
            receiving: { answer throws(ProtocolFault) in try reading.take(answer) })

        var plan = Plan(unchanged: reading.unchanged, conflicts: reading.conflicts.sorted { $0.path < $1.path }, place: reading.place)
        for draft in reading.drafts.sorted(by: { $0.path < $1.path }) {
            if let resource = draft.desired { try content.check(resource) }
            var live: (mode: FileMode, blob: ObjectID)?
            if let mode = draft.liveMode {
                live = (mode, try liveBlob(of: draft, session))
            }
            plan.changes.append(draft.change(live: live))
        }
        planned = Dictionary(plan.changes.map { ($0.path, $0.action) }) { first, _ in first }
        desiredPaths = Set(desired.resources.map(\.path))
        ownPaths = Set(inventory.owned.map(\.path)).union(inventory.mayHold.keys)
        folders = PluginTarget.folders(of: desired, inventory)
        return plan
    }

    public func health() throws(TargetError) -> HealthReport? {
        guard let session, planned != nil else { throw notPlanned() }
        guard features.contains("health") else { return nil }
        var reading = HealthReading(desired: desiredPaths)
        try ask(
            session, .health, lines: lines(Request(.health)),
            receiving: { answer throws(ProtocolFault) in try reading.take(answer) })
        return reading.report
    }

    public func liveContent(of change: Change) throws(TargetError) -> [UInt8]? {
        guard let live = change.live else { return nil }
        guard let session, planned?[change.path] != nil else { throw notPlanned() }
        let bytes = try askLiveContent(of: change.path, session)
        guard try content.id(of: bytes) == live.blob else {
            throw TargetError(
                "target '\(name)' no longer holds what it planned with in '\(change.path)'",
                hint: "somebody is changing it: try again")
        }
        return bytes
    }

    public func apply(_ plan: Plan, progress: (Change) -> Void) throws(TargetError) {
        guard let session, let planned, plan.changes.allSatisfy({ planned[$0.path] == $0.action }) else {
            throw notPlanned()
        }
        var reading = ApplyReading(plan, folders: folders)
        let refusal: Refusal?
        do throws(TargetError) {
            refusal = try session.exchange(
                .apply, lines: RequestBody(plan).lines(after: Request(.apply), content), within: .silence(timeout),
                saying: onMessage,
                receiving: { answer throws(ProtocolFault) in
                    let made = reading.changes.count
                    let isOver = try reading.take(answer)
                    for change in reading.changes[made...] { progress(change) }
                    return isOver
                })
        } catch {
            // Nothing is changed before the request is whole; after that nobody knows.
            throw error.with(isPartial: session.wasAskedWhole || !reading.changes.isEmpty)
        }
        guard let refusal else {
            foundFolders = reading.found.sorted()
            return
        }
        throw undone(refusal, hasChanged: !reading.changes.isEmpty)
    }

    public func wait(
        timeout: Double, unless isOvertaken: @escaping () -> Bool, progress: (String) -> Void
    ) throws(TargetError) -> WaitOutcome {
        guard let session else { throw notPlanned() }
        guard features.contains("wait") else { return .healthy }
        var head = Request(.wait)
        head.timeout = wholeSeconds(timeout)
        var isCancelled = false
        let cancellation = Session.Cancellation(grace: grace) {
            isCancelled = isOvertaken()
            return isCancelled
        }
        let refusal = try session.exchange(
            .wait, lines: lines(head), within: .total(timeout + grace), saying: progress,
            cancelling: features.contains("cancel") ? cancellation : nil, receiving: isDone)
        guard let refusal else { return .healthy }
        // A failure that crossed the cancel is one.
        guard isCancelled, refusal.isCancelled else { throw refusal.error() }
        return .cancelled
    }

    /// A watch that could not be ended would never end.
    public func watches() throws(TargetError) -> Bool { try capabilities().isSuperset(of: ["watch", "cancel"]) }

    public func watchesHealth() throws(TargetError) -> Bool { try capabilities().isSuperset(of: ["watch", "cancel", "watch-health"]) }

    public func awaitChange(unless isOver: @escaping () -> Bool, waking waker: Int32?) throws(TargetError) -> [RepositoryPath] {
        // A target that was not asked for a plan has seen nothing.
        guard let session, planned != nil else { throw notPlanned() }
        var isCancelled = false
        let cancellation = Session.Cancellation(grace: grace, waker: waker) {
            isCancelled = isOver()
            return isCancelled
        }
        var stirred: [RepositoryPath] = []
        let known = desiredPaths.union(ownPaths)
        // What is quiet for a month is in order.
        let refusal = try session.exchange(
            .watch, lines: lines(Request(.watch)), within: .total(.infinity), saying: { _ in }, cancelling: cancellation,
            receiving: { answer throws(ProtocolFault) in
                guard answer.type == "stirred" else {
                    try answer.expect("done")
                    return true
                }
                let path = try answer.pathBytes()
                guard known.contains(path) else { throw ProtocolFault("it told of '\(path)', which it was not asked about") }
                stirred.append(path)
                return false
            })
        guard let refusal else { return stirred }
        guard isCancelled, refusal.isCancelled else { throw refusal.error() }
        return []
    }

    public func commit() throws(TargetError) {
        guard let session else { throw notPlanned() }
        try ask(session, .commit, lines: lines(Request(.commit)), receiving: isDone)
    }

    public func rollBack() throws(TargetError) {
        guard let session else { throw notPlanned() }
        guard features.contains("rollback") else {
            throw TargetError(
                "target '\(name)' cannot put back what it has changed",
                hint: "deploy a commit that is known to work, as with git revert", isPartial: true)
        }
        do throws(TargetError) {
            try ask(session, .rollback, lines: lines(Request(.rollback)), receiving: isDone)
        } catch {
            throw error.with(isPartial: true)
        }
    }
}

extension PluginTarget {
    /// The session, begun and with its version agreed on where it is not yet.
    private func running() throws(TargetError) -> Session {
        if let session, !session.isOver { return session }
        let session = try Session(name: name, start: start)
        var hello = Request(.hello)
        hello.protocolName = "git-ops-target"
        hello.versions = [1]
        var said: (version: Int, features: [String])?
        try ask(
            session, .hello, lines: lines(hello),
            receiving: { answer throws(ProtocolFault) in
                try answer.expect("hello")
                guard let version = answer.version else { throw ProtocolFault("it did not say its version") }
                said = (version, answer.capabilities ?? [])
                return true
            })
        guard let said, said.version == 1 else {
            throw TargetError(
                "target '\(name)' speaks version \(said?.version ?? 0) of the target protocol, and git-ops version 1",
                hint: "install versions of git-ops and 'git-ops-target-\(name)' that fit each other")
        }
        features = Set(said.features)
        self.session = session
        return session
    }

    /// Asks, and throws what the program refuses with.
    private func ask(
        _ session: Session, _ verb: Request.Verb, lines: Session.Lines,
        receiving take: (Answer) throws(ProtocolFault) -> Bool
    ) throws(TargetError) {
        let refusal = try session.exchange(
            verb, lines: lines, within: .silence(timeout), saying: onMessage, receiving: take)
        if let refusal { throw refusal.error() }
    }

    private func askLiveContent(of path: RepositoryPath, _ session: Session) throws(TargetError) -> [UInt8] {
        var bytes: [UInt8] = []
        try ask(
            session, .live, lines: lines(Request(.live, path)),
            receiving: { answer throws(ProtocolFault) in
                try answer.expect("content")
                bytes = try answer.content()
                return true
            })
        guard content.objects != nil else { return bytes }
        do {
            return try objectText(bytes, hidingBy: SecretDigest(key: try secretKey()))
        } catch {
            throw TargetError("target '\(name)' told of a live '\(path)' that is no object: \(error)")
        }
    }

    /// The blob that is live, as the program said it, or else as its content says.
    private func liveBlob(of draft: PlanReading.Draft, _ session: Session) throws(TargetError) -> ObjectID {
        if let blob = draft.liveBlob { return blob }
        return try content.id(of: askLiveContent(of: draft.path, session))
    }

    /// What a refusal of `apply` means, after what was changed has been put back where that can be had.
    private func undone(_ refusal: Refusal, hasChanged: Bool) -> TargetError {
        guard refusal.isPartial != false else { return refusal.error() }
        guard features.contains("rollback") else {
            return refusal.error(isPartial: refusal.isPartial ?? hasChanged)
        }
        do throws(TargetError) {
            try rollBack()
            return refusal.error()
        } catch {
            return TargetError(
                "\(refusal.message); and what it had changed could not be put back: \(error.message)",
                hint: error.hint ?? refusal.hint, isPartial: true)
        }
    }

    private static func folders(of desired: DesiredState, _ inventory: Inventory) -> Set<RepositoryPath> {
        var folders = inventory.found
        for path in desired.resources.map(\.path) + inventory.owned.map(\.path) + inventory.mayHold.keys {
            var folder = path.parent
            while let next = folder, folders.insert(next).inserted { folder = next.parent }
        }
        return folders
    }

    private func notPlanned() -> TargetError {
        TargetError("target '\(name)' was not asked for this plan")
    }

    private func isDone(_ answer: Answer) throws(ProtocolFault) -> Bool {
        try answer.expect("done")
        return true
    }
}

extension PluginTarget {
    /// A request of one line.
    private func lines(_ request: Request) -> Session.Lines {
        var isSent = false
        return { () throws(TargetError) in
            defer { isSent = true }
            return isSent ? nil : try request.encoded()
        }
    }
}

/// Seconds for a program that may know no fractions.
private func wholeSeconds(_ seconds: Double) -> Int {
    Int(min(max(seconds, 0), 1e9).rounded(.up))
}
