import Glibc
public import Kubeconfig
import Kubernetes
import KubernetesModel
public import Logging
import Posix
public import ServiceLifecycle
import Synchronization

/// Lets one of several agents lead, by a Lease of Kubernetes (`k8s.io/client-go/tools/leaderelection`).
///
/// Who holds the Lease renews it every 2 s, and counts as leader for 10 s from when its last successful renewal began.
/// Others take over when the Lease has not changed for 15 s on their own clocks; so no two lead at once, however wrong
/// the clocks of the machines are and whatever becomes of requests. The times that stand in the Lease decide nothing.
///
/// Where there is no Lease, somebody may have deleted it while another counts as leader still. So who makes one leads only
/// 15 s later, in which the other finds out and ends, unless it is the other itself; client-go lets it lead at once.
///
/// What is done only by a leader asks `isLeader` before each step. A graceful stop gives the Lease away at once, so it
/// must come after what the leader does has ended: in a `ServiceGroup`, the election stands before that.
public final class LeaderElection: Service, CustomStringConvertible {
    /// How long everything lasts, in seconds.
    struct Rules: Sendable {
        /// After this, others take over.
        var lease = 15.0
        /// After this, who could not renew does not lead.
        var renewal = 10.0
        /// Between two tries.
        var retry = 2.0
        /// For one request, its own tries included.
        var request = 4.0
    }

    private let cluster: any Cluster
    private let namespace: String
    private let name: String
    /// Who this is in the Lease: the name that was given, and what tells it from a process that had the same before.
    let identity: String
    private let rules: Rules
    private let term: LeaderTerm
    private let logger: Logger
    private let close: @Sendable () async -> Void
    private let nudged: @Sendable () -> Void
    private let nudges: AsyncStream<Void>
    private let nudging: AsyncStream<Void>.Continuation

    public let description = "leader election"

    /// - Parameters:
    ///   - access: how the cluster is spoken to.
    ///   - namespace: that of the Lease; nil for that of `access`.
    ///   - name: that of the Lease, one for all who are candidates of each other.
    ///   - identity: that of this candidate, for people: the name of the pod.
    ///   - changed: is told, one after the other, that this one leads from now on, or does not any more.
    ///   - nudged: is called where this one leads, and another was nudged.
    public convenience init(
        access: ClusterAccess, namespace: String? = nil, name: String, identity: String, logger: Logger,
        changed: @escaping @Sendable (Bool) -> Void = { _ in }, nudged: @escaping @Sendable () -> Void = {}
    ) {
        self.init(access: access, namespace: namespace, name: name, identity: identity, Rules(), logger: logger, changed: changed, nudged: nudged)
    }

    convenience init(
        access: ClusterAccess, namespace: String?, name: String, identity: String, _ rules: Rules, logger: Logger,
        changed: @escaping @Sendable (Bool) -> Void, nudged: @escaping @Sendable () -> Void = {}
    ) {
        // A request that waits for longer would take the time of one that may go well.
        let client = APIClient(
            access,
            options: APIClient.Options(
                deadline: rules.request, concurrency: 2, userAgent: "git-ops-agent", connectTimeout: rules.request / 2,
                firstContact: rules.request))
        self.init(
            client, namespace: namespace ?? access.namespace, name: name, identity: identity, rules, logger: logger, changed: changed,
            nudged: nudged, close: { await client.shutdown() })
    }

    init(
        _ cluster: any Cluster, namespace: String, name: String, identity: String, _ rules: Rules, logger: Logger,
        changed: @escaping @Sendable (Bool) -> Void, nudged: @escaping @Sendable () -> Void = {}, close: @escaping @Sendable () async -> Void = {}
    ) {
        self.cluster = cluster
        self.namespace = namespace
        self.name = name
        self.identity = identity + "_" + String(UInt64.random(in: .min ... .max), radix: 16)
        self.rules = rules
        self.logger = logger
        self.close = close
        self.nudged = nudged
        (nudges, nudging) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        term = LeaderTerm(changed)
    }

    /// Whether this one surely leads, now.
    public var isLeader: @Sendable () -> Bool {
        { [term] in term.isOn }
    }

    /// Has who leads look at once, where that is another. It returns at once; the other hears of it when it renews the
    /// Lease. What comes within a second is passed on once.
    public func nudge() {
        if !term.isOn { nudging.yield() }
    }

    private static let leases = APIResource(
        kind: GroupVersionKind(group: "coordination.k8s.io", version: "v1", kind: "Lease"), name: "leases", isNamespaced: true,
        verbs: ["get", "create", "patch"])

    // MARK: the campaign

    /// Is a candidate until it is told to stop. What goes wrong on the way is logged, and tried again.
    /// - Throws: `ServiceFailure`, where it could not even begin because it has not the rights, or there is no such
    ///   namespace or cluster.
    public func run() async throws {
        do {
            try await stand()
        } catch {
            await close()
            throw error
        }
        await close()
    }

    private func stand() async throws {
        let term = term
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await term.tell() }
            group.addTask {
                defer {
                    term.finish()
                    self.nudging.finish()
                }
                do {
                    try await cancelWhenGracefulShutdown { try await self.campaign() }
                } catch is CancellationError {
                    // Told to stop.
                }
                term.end()
                if !Task.isCancelled { await self.release() }
            }
            group.addTask { try? await cancelWhenGracefulShutdown { try await self.passOnNudges() } }
            defer { term.end() }
            try await group.waitForAll()
        }
    }

    /// What a candidate remembers.
    private struct Memory {
        /// The Lease as it was seen last, and when its change was seen.
        var lease: Lease?
        var seen = 0.0
        /// Whether the Lease was not there any more then.
        var isGone = false
        /// Seconds for which it does not lead, where it is about to make the Lease; nil where it leads anyway.
        var making: Double?
        /// Whether the server ever answered with what was asked for.
        var hasBegun = false
        /// Who else holds the Lease.
        var other: String?
        /// The last nudge that was seen in the Lease.
        var nudge: String?
        /// What went wrong last, which is not said twice.
        var trouble: String?
    }

    private func campaign() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            var memory = Memory()
            while true {
                let began = LeaderTerm.now()
                do throws(ClusterError) {
                    let isHeld = try await hold(&memory)
                    memory.hasBegun = true
                    if memory.trouble != nil { logger.info("the Lease can be reached again", metadata: place) }
                    memory.trouble = nil
                    if isHeld {
                        if term.extend(until: began + rules.renewal) {
                            logger.info("leading", metadata: place)
                            let (term, logger, place) = (term, logger, place)
                            group.addTask {
                                await term.wait()
                                if !Task.isCancelled { logger.warning("not leading any more", metadata: place) }
                            }
                        }
                    } else {
                        term.end()
                    }
                } catch {
                    try Task.checkCancellation()
                    if !memory.hasBegun, let failure = failure(of: error) { throw failure }
                    // Whether it arrived is not known, so it is looked at anew.
                    if error.reason != .conflict, error.reason != .alreadyExists, memory.trouble != error.message {
                        memory.trouble = error.message
                        logger.warning("the Lease cannot be had", metadata: place.merging(["reason": "\(error.message)"]) { $1 })
                    }
                }
                // Candidates that were started at once are not to ask at once for ever.
                let jitter = term.isOn ? 1 : Double.random(in: 1...2.2)
                try await Task.sleep(for: .seconds(rules.retry * jitter))
            }
        }
    }

    private var place: Logger.Metadata { ["lease": "\(namespace)/\(name)", "identity": "\(identity)"] }

    /// Renews the Lease where it is ours, and takes it where it is free.
    /// - Returns: whether it is ours.
    private func hold(_ memory: inout Memory) async throws(ClusterError) -> Bool {
        // Who holds it knows how it is; a conflict would show that it is otherwise.
        if term.isOn, let lease = memory.lease, lease.holder == identity {
            do throws(ClusterError) {
                try await take(lease, &memory)
                return true
            } catch {
                memory.lease = nil
                guard error.reason == .conflict || error.reason == .notFound else { throw error }
            }
        }
        guard let object = try await cluster.get(LeaderElection.leases, namespace: namespace, name: name) else {
            if !term.isOn, memory.lease != nil {
                // Who held it may be there, and makes it anew.
                if !memory.isGone { memory.seen = LeaderTerm.now() }
                memory.isGone = true
                guard memory.seen + rules.lease - rules.renewal <= LeaderTerm.now() else { return false }
            }
            // Who held it before may not know yet that somebody deleted it, and count by other rules.
            memory.making = term.isOn ? nil : max(rules.lease, memory.lease?.duration ?? 0)
            let made = try await cluster.create(
                Lease.new(name, namespace: namespace, identity, seconds: rules.lease, now: .now()), LeaderElection.leases, namespace: namespace,
                fieldManager: "git-ops-agent", dryRun: false)
            memory.lease = Lease(object: made)
            memory.isGone = false
            delay(&memory)
            return true
        }
        let lease = Lease(object: object)
        // One that was made although nobody heard so is as new.
        if lease.holder == identity { delay(&memory) }
        memory.making = nil
        if memory.nudge != lease.nudge {
            memory.nudge = lease.nudge
            // Who begins to lead looks anyway.
            if term.isOn { nudged() }
        }
        if memory.isGone || memory.lease?.version != lease.version {
            memory.isGone = false
            memory.lease = lease
            memory.seen = LeaderTerm.now()
        }
        // Who holds it may count by other rules.
        let isOver = memory.seen + max(rules.lease, lease.duration) <= LeaderTerm.now()
        guard lease.holder.isEmpty || lease.holder == identity || isOver else {
            if memory.other != lease.holder { logger.info("another leads", metadata: place.merging(["holder": "\(oneLine(lease.holder))"]) { $1 }) }
            memory.other = lease.holder
            return false
        }
        memory.other = nil
        try await take(lease, &memory)
        return true
    }

    /// Does not lead yet where it has just made the Lease.
    private func delay(_ memory: inout Memory) {
        guard let seconds = memory.making else { return }
        memory.making = nil
        term.delay(until: LeaderTerm.now() + seconds)
        logger.info("there was no Lease; leading in \(Int(seconds.rounded(.up))) s", metadata: place)
    }

    private func take(_ lease: Lease, _ memory: inout Memory) async throws(ClusterError) {
        let taken = try await cluster.patch(
            lease.taking(identity, seconds: rules.lease, now: .now()), LeaderElection.leases, namespace: namespace, name: name,
            fieldManager: "git-ops-agent", dryRun: false)
        memory.lease = Lease(object: taken)
    }

    /// Gives the Lease away, so that nobody has to wait until it is over. Who had to wait leaves that to who comes next.
    private func release() async {
        guard term.mayBegin else { return }
        for _ in 0..<3 {
            do throws(ClusterError) {
                guard let object = try await cluster.get(LeaderElection.leases, namespace: namespace, name: name) else { return }
                let lease = Lease(object: object)
                guard lease.holder == identity else { return }
                _ = try await cluster.patch(
                    lease.releasing(now: .now()), LeaderElection.leases, namespace: namespace, name: name, fieldManager: "git-ops-agent",
                    dryRun: false)
                return
            } catch {
                // What was under way when it was told to stop may have arrived in between.
                if error.reason == .conflict { continue }
                logger.warning("the Lease cannot be given away", metadata: place.merging(["reason": "\(error.message)"]) { $1 })
                return
            }
        }
    }

    /// Writes into the Lease that who holds it is to look at once: its next renewal is refused for that, and it reads why.
    private func passOnNudges() async throws {
        for await _ in nudges {
            for attempt in 1...3 {
                do throws(ClusterError) {
                    guard let object = try await cluster.get(LeaderElection.leases, namespace: namespace, name: name) else { break }
                    let lease = Lease(object: object)
                    // Nobody's is about to be taken by one who looks then.
                    guard !lease.holder.isEmpty, lease.holder != identity else { break }
                    _ = try await cluster.patch(
                        lease.nudging(now: .now()), LeaderElection.leases, namespace: namespace, name: name, fieldManager: "git-ops-agent",
                        dryRun: false)
                    break
                } catch {
                    // It was renewed in between.
                    if error.reason == .conflict, attempt < 3 { continue }
                    try Task.checkCancellation()
                    logger.info("who leads is not told of the nudge", metadata: place.merging(["reason": "\(error.message)"]) { $1 })
                    break
                }
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// What no patience helps against.
    private func failure(of error: ClusterError) -> ServiceFailure? {
        let what = "cannot hold the Lease '\(name)' in the namespace '\(namespace)': \(error.message)"
        return switch error.reason {
        case .forbidden:
            ServiceFailure(what, hint: "a Role has to allow get, create and patch of leases of coordination.k8s.io in that namespace")
        case .notFound: ServiceFailure(what, hint: "is there such a namespace?")
        case .unauthorized, .credentials, .untrusted, .invalid: ServiceFailure(what, hint: error.hint)
        default: nil
        }
    }
}
