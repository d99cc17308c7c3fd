public import Git
public import Posix

/// How a deployment ended.
public enum DeploymentResult: String, Sendable, CaseIterable {
    case deployed
    /// All of it was applied, and stays; before it was known to be healthy, a newer commit took its place.
    case superseded
    case failed
    /// Its process died; what it left was found by the next one.
    case interrupted
    /// It is being carried out, or was when its process died. Only ever on the pending reference.
    case started

    /// Whether all changes were made and stay: what runs is the newest such deployment.
    public var isApplied: Bool { self == .deployed || self == .superseded }
}

/// What set a deployment off.
public enum Trigger: String, Sendable, CaseIterable {
    case push
    case manual
    case agent
}

/// One carrying out of a plan, as its commit on `refs/ops/<environment>` holds it.
public struct Deployment: Sendable {
    public var environment: String
    public var identifier: Identifier
    /// Its place in the chain, from 1.
    public var number: Int
    /// The commit that was deployed.
    public var source: ObjectID
    /// The reference that brought it, if one did.
    public var sourceReference: String?
    /// The first line of the source commit's message.
    public var sourceSubject: String
    public var result: DeploymentResult
    public var trigger: Trigger
    /// Who asked for it.
    public var actor: Actor
    public var started: Moment
    /// Seconds.
    public var duration: Double
    public var created: Int
    public var changed: Int
    public var pruned: Int
    /// Why it failed, or was not waited for, in one line.
    public var reason: String?
    /// The commit that took its place before it was known to be healthy.
    public var supersededBy: ObjectID?
    /// What the one who asked for it had to say.
    public var note: String?
    /// Further lines for the body: changes, and the last output of what failed.
    public var details: [String] = []

    /// Whether the agent put back what somebody had changed.
    public var isRepair: Bool { trigger == .agent && note?.hasPrefix("repair: ") ?? false }

    /// The commit message: readable above, trailers below.
    public var message: String {
        let verb =
            switch result {
            case .deployed: "\(isRepair ? "Put \(source.short) back" : "Deploy \(source.short)") to \(environment)"
            case .superseded: "Apply \(source.short) to \(environment), superseded"
            case .failed: "Fail to deploy \(source.short) to \(environment)"
            case .interrupted: "Interrupt the deployment of \(source.short) to \(environment)"
            case .started: "Start to deploy \(source.short) to \(environment)"
            }
        var text = verb + "\n\n"
        if !sourceSubject.isEmpty { text += "    \(plainLine(sourceSubject, limit: 200))\n\n" }
        if let reason { text += "\(plainLine(reason))\n\n" }
        // Indented, so that no line of it can be taken for a trailer.
        if !details.isEmpty { text += details.map { "    \(plainDetail($0))\n" }.joined() + "\n" }
        for (key, value) in trailers { text += "\(key): \(value)\n" }
        return text
    }

    private func plainDetail(_ line: String) -> String {
        outputLine(line.utf8)
    }

    private var trailers: [(String, String)] {
        var trailers = [
            ("Environment", environment), ("Deployment", identifier.description), ("Number", String(number)),
            ("Source-Commit", source.description),
        ]
        if let sourceReference { trailers.append(("Source-Ref", plainLine(sourceReference))) }
        trailers += [("Result", result.rawValue), ("Trigger", trigger.rawValue), ("Actor", actor.description)]
        if let note { trailers.append(("Message", plainLine(note))) }
        if let reason { trailers.append(("Reason", plainLine(reason))) }
        if let supersededBy { trailers.append(("Superseded-By", supersededBy.description)) }
        trailers += [
            ("Started", started.timestamp), ("Duration", durationText(duration)), ("Created", String(created)),
            ("Changed", String(changed)), ("Pruned", String(pruned)),
        ]
        return trailers
    }

    public init(
        environment: String, identifier: Identifier, number: Int, source: ObjectID, sourceReference: String? = nil,
        sourceSubject: String, result: DeploymentResult, trigger: Trigger, actor: Actor, started: Moment,
        duration: Double = 0, created: Int = 0, changed: Int = 0, pruned: Int = 0, reason: String? = nil,
        note: String? = nil
    ) {
        self.environment = environment
        self.identifier = identifier
        self.number = number
        self.source = source
        self.sourceReference = sourceReference
        self.sourceSubject = sourceSubject
        self.result = result
        self.trigger = trigger
        self.actor = actor
        self.started = started
        self.duration = duration
        self.created = created
        self.changed = changed
        self.pruned = pruned
        self.reason = reason
        self.note = note
    }

    /// Reads a deployment out of its commit.
    /// - Returns: nil where a trailer that every deployment has is missing or makes no sense.
    public init?(_ commit: Commit) {
        var values: [String: String] = [:]
        for (key, value) in commit.trailers { values[key] = value }
        guard let environment = values["Environment"], let identifier = values["Deployment"].flatMap({ Identifier($0) }),
            let number = values["Number"].flatMap({ Int($0) }), number > 0, number < 1 << 31,
            let source = values["Source-Commit"].flatMap({ ObjectID(hex: $0) }),
            let result = values["Result"].flatMap({ DeploymentResult(rawValue: $0) }),
            let trigger = values["Trigger"].flatMap({ Trigger(rawValue: $0) }),
            let started = values["Started"].flatMap({ Moment(timestamp: $0) })
        else { return nil }
        // Nothing counts on from a number that nobody can have reached.
        let duration = values["Duration"].flatMap { Double($0.dropLast()) } ?? 0
        let counts = ["Created", "Changed", "Pruned"].map { values[$0].flatMap { Int($0) } ?? 0 }
        guard duration.isFinite, abs(duration) < 1e9, counts.allSatisfy({ (0..<1 << 31).contains($0) }) else { return nil }
        self.init(
            environment: environment, identifier: identifier, number: number, source: source,
            sourceReference: values["Source-Ref"],
            sourceSubject: commit.message.split(separator: "\n").first { $0.hasPrefix("    ") }
                .map { String($0.dropFirst(4)) } ?? "",
            result: result, trigger: trigger, actor: Actor(values["Actor"] ?? ""), started: started,
            duration: duration, created: counts[0], changed: counts[1], pruned: counts[2], reason: values["Reason"], note: values["Message"])
        supersededBy = values["Superseded-By"].flatMap { ObjectID(hex: $0) }
    }

    /// `2 created, 1 changed`; `nothing changed` where it is so.
    public var summary: String {
        let parts = [(created, "created"), (changed, "changed"), (pruned, "pruned")].filter { $0.0 > 0 }
        return parts.isEmpty ? "nothing changed" : parts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
}
