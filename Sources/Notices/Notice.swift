// Notices: what happened to an environment, as a message to people and programs elsewhere, and the folder
// where such messages wait to be sent. It knows no channel and no network, so that who has something to
// tell needs neither; it knows no git, no target and no cluster.

public import Posix

/// One thing that happened to an environment and is worth telling.
public struct Notice: Sendable, Hashable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable {
        /// What the repository says runs.
        case deployed
        /// A deployment failed.
        case failed
        /// What runs is not healthy any more.
        case degraded
        /// Somebody changed what runs.
        case drifted
        /// What a branch says is not followed: it is not valid, not signed, not a continuation, or cannot be fetched.
        case held
        /// What somebody had changed was put back.
        case repaired
        /// It is well again after it had failed, degraded, drifted or was held.
        case recovered
        /// Nothing; somebody tries out a channel.
        case test

        /// Whether something is wrong until another notice says otherwise.
        public var isAlarm: Bool {
            switch self {
            case .failed, .degraded, .drifted, .held: true
            case .deployed, .repaired, .recovered, .test: false
            }
        }
    }

    /// The most lines of detail; what is beyond is counted.
    public static let mostDetails = 20

    public private(set) var kind: Kind
    public let environment: String
    public let time: Moment
    /// A name of its own, by which it is told once: `01JD…-failed`.
    public private(set) var id: String
    /// What happened, in one line.
    public let summary: String
    /// Why, without what differs each time, such as a duration; by it a repetition is known.
    public var reason: String? { didSet { reason = reason.map { told($0) } } }
    /// The commit of the source, and the first line of its message.
    public var commit: String? { didSet { commit = commit.map { told($0, 64) } } }
    public var subject: String? { didSet { subject = subject.map { told($0, 200) } } }
    /// The branch that is not followed.
    public var branch: String? { didSet { branch = branch.map { told($0, 200) } } }
    /// Who asked for it.
    public var actor: String? { didSet { actor = actor.map { told($0, 200) } } }
    /// The commit that records the deployment, its number and the reference that leads to it.
    public var deployment: String? { didSet { deployment = deployment.map { told($0, 64) } } }
    public var number: Int?
    public var reference: String? { didSet { reference = reference.map { told($0, 200) } } }
    /// What was before.
    public var previous: Kind?
    /// Whether nothing is wrong with it any more: who was told that something was is told that it recovered.
    public var isWell = false
    /// What brought it about that it recovered, where that is known.
    public private(set) var through: Kind?
    /// The machine that tells, and the repository there: its remote or its path.
    public var host: String? { didSet { host = host.map { told($0, 200) } } }
    public var repository: String? { didSet { repository = repository.map { told($0, 300) } } }
    /// Further lines.
    public var details: [String] = [] { didSet { details = Notice.shortened(details) } }

    /// - Parameters:
    ///   - cause: what tells it from all others of its kind, such as the id of the deployment: letters, digits
    ///     and hyphens, at most 64; nil is made of anything else.
    public init?(_ kind: Kind, of environment: String, cause: String, at time: Moment, summary: String) {
        let isName = { (text: String) in
            (1...64).contains(text.utf8.count)
                && text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 }
        }
        guard isName(cause), isName(environment) else { return nil }
        self.kind = kind
        self.environment = environment
        self.time = time
        id = "\(cause)-\(kind.rawValue)"
        self.summary = told(summary)
    }

    /// The same event as it is told to who knows that something was wrong: that it recovered.
    /// - Parameter alarm: what was told.
    public func recovery(after alarm: Kind?) -> Notice {
        var recovery = self
        recovery.kind = .recovered
        recovery.id = String(id.dropLast(kind.rawValue.utf8.count)) + Kind.recovered.rawValue
        recovery.previous = alarm
        recovery.through = kind
        recovery.isWell = false
        return recovery
    }

    /// Reads what brought a recovery about; for who reads a notice again.
    public mutating func restore(through kind: Kind?) {
        through = kind
    }

    /// Lines beyond the limit are counted in place of the last.
    private static func shortened(_ lines: [String]) -> [String] {
        let told = lines.map { Notices.told($0) }
        guard told.count > mostDetails else { return told }
        return told.prefix(mostDetails - 1) + ["and \(told.count - mostDetails + 1) more"]
    }
}
