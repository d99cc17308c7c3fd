public import Manifests

/// A rule that manifests are held to: what it is called, what it is for, and how
/// it is checked. Rules stand in tables (``RuleTable``); `git ops explain` prints
/// them, and tests hold each to its own examples and to a real API server.
public struct Rule: Sendable {
    /// How a rule is checked.
    enum Check: Sendable {
        /// By a function of one object.
        case object(@Sendable (KubernetesObject, inout Findings) -> Void)
        /// By a function of each pod specification, wherever it stands: in a Pod, in
        /// the template of a workload, in a CronJob's.
        case pod(@Sendable (PodSpecification, inout Findings) -> Void)
        /// Elsewhere: by the reader, the schemas, or the index of an environment.
        case elsewhere
    }

    /// The stable name, such as `k8s/port-name`.
    public let id: String
    /// How much breaking it matters where `ops.yaml` says nothing; nil is off.
    public let severity: Diagnostic.Severity?
    /// The kinds it reads, as `Pod` or `Deployment.apps`; empty for all.
    public let kinds: [String]
    /// The named set it belongs to, if it is off by default.
    public let set: String?
    /// The keys of a pod's specification or metadata without which it has nothing to read; empty if it always has.
    let keys: [StaticString]
    /// What it demands, in one line.
    public let summary: String
    /// Why, and where the rule comes from (upstream file and function).
    public let reason: String
    /// A whole file that breaks the rule and no other.
    public var bad: String { makeBad() }
    /// The same, mended.
    public var good: String { makeGood() }
    let check: Check
    // Some are long; a hook that explains nothing makes none.
    private let makeBad: @Sendable () -> String
    private let makeGood: @Sendable () -> String

    init(
        _ id: String, severity: Diagnostic.Severity? = .error, kinds: [String] = [], set: String? = nil, keys: [StaticString] = [],
        summary: String, reason: String, bad: @escaping @autoclosure @Sendable () -> String,
        good: @escaping @autoclosure @Sendable () -> String, check: Check = .elsewhere
    ) {
        self.id = id
        self.severity = severity
        self.kinds = kinds
        self.set = set
        self.keys = keys
        self.summary = summary
        self.reason = reason
        makeBad = bad
        makeGood = good
        self.check = check
    }
}
