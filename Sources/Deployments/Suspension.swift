public import Git
public import Posix

/// That nothing is deployed to an environment, or the end of that: a commit of the chain
/// `refs/ops/_suspended/<environment>`, whose newest one holds.
///
/// It says who and when and why in its trailers and has an empty tree. As nothing is ever taken off the chain, it
/// travels with any fetch of the record, and `git log` of it is the history.
public struct Suspension: Sendable, Hashable {
    public enum State: String, Sendable, CaseIterable {
        case suspended, resumed
    }

    public var environment: String
    public var state: State
    public var identifier: Identifier
    /// Who said so.
    public var actor: Actor
    public var time: Moment
    public var reason: String?
    /// The commit that ran then, which has the event in its note; nil where nothing was ever deployed.
    public var source: ObjectID?

    /// The commit message: readable above, trailers below.
    var message: String {
        var text = "\(state == .suspended ? "Suspend" : "Resume") \(environment)\n\n"
        text += "Environment: \(environment)\nSuspension: \(identifier)\nState: \(state.rawValue)\nActor: \(actor)\n"
        if let reason { text += "Reason: \(plainLine(reason))\n" }
        text += "Time: \(time.timestamp)\n"
        if let source { text += "Source-Commit: \(source)\n" }
        return text
    }

    init(
        environment: String, state: State, identifier: Identifier, actor: Actor, time: Moment, reason: String?, source: ObjectID?
    ) {
        self.environment = environment
        self.state = state
        self.identifier = identifier
        self.actor = actor
        self.time = time
        self.reason = reason
        self.source = source
    }

    /// Reads one out of its commit.
    /// - Returns: nil where a trailer that each has is missing or makes no sense.
    init?(_ commit: Commit) {
        var values: [String: String] = [:]
        for (key, value) in commit.trailers { values[key] = value }
        guard let environment = values["Environment"], let identifier = values["Suspension"].flatMap({ Identifier($0) }),
            let state = values["State"].flatMap({ State(rawValue: $0) }), let time = values["Time"].flatMap({ Moment(timestamp: $0) })
        else { return nil }
        self.init(
            environment: environment, state: state, identifier: identifier, actor: Actor(values["Actor"] ?? ""), time: time,
            reason: values["Reason"].map { plainLine($0) }, source: values["Source-Commit"].flatMap { ObjectID(hex: $0) })
    }

    /// Whether a commit may stand in the chain: each ends the one before it, and the first can only suspend.
    /// - Parameter later: the state of the one after it; nil where it is the newest.
    func isInOrder(_ commit: Commit, before later: State?) -> Bool {
        commit.parents.count <= 1 && state != later && (state == .suspended || !commit.parents.isEmpty)
    }

    /// The event for the note of the commit that ran; its time is that of the suspension, so that whoever writes it
    /// writes the same line.
    func event(recordedAs commit: ObjectID) -> Event? {
        guard let source, let kind = Event.Kind(rawValue: state.rawValue) else { return nil }
        var values = [Event.Pair("suspension", commit.description), Event.Pair("actor", actor.description)]
        if let reason { values.append(Event.Pair("reason", reason)) }
        return Event(time: time, identifier: identifier, environment: environment, kind: kind, commit: source, values: values)
    }
}

extension EnvironmentRepository {
    static func suspensionReference(_ environment: String) -> String { "refs/ops/_suspended/\(environment)" }

    /// The suspension that is in force; nil where there is none.
    /// - Throws: where it cannot be read: then nobody may deploy.
    public func suspension(of environment: String) throws -> Suspension? {
        guard let newest = try newestSuspension(environment)?.suspension, newest.state == .suspended else { return nil }
        return newest
    }

    private func newestSuspension(_ environment: String) throws -> (id: ObjectID, suspension: Suspension)? {
        let reference = EnvironmentRepository.suspensionReference(environment)
        guard let id = try repository.target(of: reference) else { return nil }
        guard let suspension = Suspension(try repository.readCommit(id)), suspension.environment == environment else {
            throw RecordError(
                "\(reference) does not say whether '\(environment)' is suspended",
                hint: "git log \(reference) shows how it came about, git update-ref puts it back")
        }
        return (id, suspension)
    }

    /// Has nothing deployed to an environment until it is resumed. A deployment that has begun goes on to its end.
    /// - Returns: the suspension that is in force now, and whether it is this one.
    public func suspend(
        _ environment: String, by actor: Actor, reason: String?, at moment: Moment
    ) throws -> (suspension: Suspension, isNew: Bool) {
        try holdingSuspension(environment) {
            let newest = try newestSuspension(environment)
            if let newest, newest.suspension.state == .suspended { return (newest.suspension, false) }
            return (try append(.suspended, environment, by: actor, reason: reason, after: newest?.id, at: moment), true)
        }
    }

    /// Lets an environment be deployed again; deploys nothing.
    /// - Returns: the suspension that this has ended; nil where there was none.
    public func resume(_ environment: String, by actor: Actor, at moment: Moment) throws -> Suspension? {
        try holdingSuspension(environment) {
            guard let newest = try newestSuspension(environment), newest.suspension.state == .suspended else { return nil }
            _ = try append(.resumed, environment, by: actor, reason: nil, after: newest.id, at: moment)
            return newest.suspension
        }
    }

    /// Notes the newest suspension or resumption where the process that recorded it died before it had.
    func noteSuspension(_ environment: String) throws {
        try holdingSuspension(environment) {}
    }

    /// Does something while nobody else suspends or resumes the environment, and after what they began is complete.
    private func holdingSuspension<Result>(_ environment: String, _ body: () throws -> Result) throws -> Result {
        let lock = try FileLock(waitingFor: try stateFolder(environment) + "/suspension.lock")
        defer { withExtendedLifetime(lock) {} }
        if let newest = try newestSuspension(environment) { try note(newest.suspension, newest.id) }
        return try body()
    }

    private func append(
        _ state: Suspension.State, _ environment: String, by actor: Actor, reason: String?, after previous: ObjectID?, at moment: Moment
    ) throws -> Suspension {
        let suspension = Suspension(
            environment: environment, state: state, identifier: Identifier(at: moment), actor: actor, time: moment, reason: reason,
            source: try lastSuccess(environment)?.deployment.source)
        let signature = committer(moment)
        let id = try writeRecord(
            tree: try repository.writeTree([]), parents: previous.map { [$0] } ?? [],
            author: actor.signature(at: moment, host: hostName()), committer: signature, message: suspension.message)
        let reference = EnvironmentRepository.suspensionReference(environment)
        // Only a lock is waited for: where somebody without our lock came first, what they said is not overwritten.
        try repository.retrying(reference) { () throws(GitError) in
            do throws(GitError) {
                try repository.update(reference, to: id, expecting: previous, by: signature, message: state.rawValue)
            } catch where error.kind == .changedUnderneath {
                throw GitError(.failed, "'\(environment)' was suspended or resumed by someone else meanwhile")
            }
        }
        try note(suspension, id)
        return suspension
    }

    private func note(_ suspension: Suspension, _ id: ObjectID) throws {
        // A copy of the record may lack the commit that ran.
        guard let event = suspension.event(recordedAs: id), repository.contains(event.commit),
            try !events(of: event.commit).contains(where: { $0.identifier == event.identifier })
        else { return }
        try record(event, at: suspension.time)
    }

    private func events(noted commit: ObjectID) throws -> [Identifier: Event] {
        let all = try noteReferences().flatMap { try events(of: commit, reference: $0) }
        return Dictionary(all.map { ($0.identifier, $0) }) { first, _ in first }
    }

    /// Goes through all suspensions of an environment, newest first.
    /// - Parameter events: those in the notes of what was deployed, as they were before this is called: what is noted is
    ///   in the chain first.
    /// - Returns: what is wrong.
    func verifySuspensions(_ environment: String, noted events: [Event]) throws -> [RecordDefect] {
        var defects: [RecordDefect] = []
        // Whoever takes a suspension away had better not be able to do it unseen.
        var missing: [ObjectID: Event] = [:]
        for event in events where event.environment == environment && Suspension.State(rawValue: event.kind.rawValue) != nil {
            if let id = event["suspension"].flatMap({ ObjectID(hex: $0) }) { missing[id] = event }
        }
        var next = try repository.target(of: EnvironmentRepository.suspensionReference(environment))
        var later: Suspension.State?
        // A commit that runs for long may have one long note.
        var noted: [ObjectID: [Identifier: Event]] = [:]
        while let id = next {
            let commit: Commit
            do {
                commit = try repository.readCommit(id)
            } catch {
                return defects + [RecordDefect(commit: id, message: "cannot be read: \(error)")]
            }
            guard let suspension = Suspension(commit), suspension.environment == environment else {
                return defects + [RecordDefect(commit: id, message: "is not a suspension of '\(environment)'")]
            }
            if !suspension.isInOrder(commit, before: later) {
                defects.append(RecordDefect(commit: id, message: "does not follow the suspension before it"))
            }
            if let event = suspension.event(recordedAs: id) {
                let known = try noted[event.commit] ?? self.events(noted: event.commit)
                noted[event.commit] = known
                if known[event.identifier] != event {
                    defects.append(RecordDefect(commit: id, message: "is not in the notes of \(event.commit.short)"))
                }
            }
            missing[id] = nil
            later = suspension.state
            next = commit.parents.first
        }
        let lost = missing.sorted { ($0.value.time, $0.value.identifier) > ($1.value.time, $1.value.identifier) }
        return defects + lost.map { id, event in
            let reference = EnvironmentRepository.suspensionReference(environment)
            return RecordDefect(commit: id, message: "is \(event.kind.rawValue) in the notes of \(event.commit.short), and not in \(reference)")
        }
    }
}
