import Kubernetes
import KubernetesModel
import Posix

/// Watches the metadata of what a plan has looked at, and tells when it is no longer as the plan saw it.
///
/// What is compared is states, not events: a change that came between the plan and the watch, or while the
/// connection was lost, is seen as well, and one that was undone before anybody looked is none.
actor DriftWatch {
    /// Seconds in which changes that come together are told together.
    private static let settling = 0.1
    /// Seconds after which everything is to be looked at anew, as a watch does not see all; sooner where it is known
    /// not to. Jittered, so that many do not look together.
    private static let sweeps = (blind: 25.0...35.0, seeing: 300.0...600.0)
    /// Seconds for which a status that changes again and again is not told anew.
    private static let rest = 30.0
    /// Seconds for a request of a watch to be answered: whether the server is there is to be known soon.
    private static let patience = 10.0

    private let cluster: any Cluster
    private let owner: String
    private let manager: String
    private let key: TraceKey

    private var states = WatchedStates()
    private var namespaces: [APIResource: Set<String?>] = [:]
    private var tasks: [APIResource: Task<Void, Never>] = [:]
    /// Where each watch goes on.
    private var versions: [WatchScope: String] = [:]
    /// How often each has failed since it last went well, and why.
    private var failures: [WatchScope: (count: Int, error: ClusterError)] = [:]
    private var signal: AsyncStream<Void>.Continuation?
    /// Scopes whose watch has said something since it was begun.
    private var heard: Set<WatchScope> = []
    private var isBlind = false

    /// - Parameters:
    ///   - owner: the value of the label of what is watched.
    ///   - manager: whose entry of the managed fields says what is ours.
    ///   - key: of the traces that will be expected.
    init(_ cluster: any Cluster, owner: String, manager: String, key: TraceKey) {
        self.cluster = cluster
        self.owner = owner
        self.manager = manager
        self.key = key
    }

    deinit {
        for task in tasks.values { task.cancel() }
    }

    /// From now on, what a plan has seen is what is to be compared with.
    /// - Returns: whether that can be: what marks objects, and the key, have to be those of this watch.
    func expect(_ view: PlanView, of plan: PreparedPlan) -> Bool {
        guard owner == plan.owner, manager == plan.settings.fieldManager, key == view.key else { return false }
        states.expect(view.states)
        isBlind = view.isBlind
        let wanted = view.namespaces.filter { $0.key.verbs.contains("watch") }
        for resource in Set(namespaces.keys).union(wanted.keys) where namespaces[resource] != wanted[resource] {
            tasks.removeValue(forKey: resource)?.cancel()
            for scope in Array(versions.keys) where scope.resource == resource { forget(scope) }
            namespaces[resource] = wanted[resource]
            guard let places = wanted[resource] else { continue }
            tasks[resource] = Task { [weak self] in
                // It goes on when nobody asks.
                await LineOutput.$current.withValue(nil) { await WatchLoop.follow(resource, places) { [weak self] in self } }
            }
        }
        return true
    }

    /// Ends it; the connection is free then.
    func stop() async {
        let ending = Array(tasks.values)
        tasks = [:]
        namespaces = [:]
        for task in ending { task.cancel() }
        for task in ending { await task.value }
    }

    /// Waits until something is not as it is expected, or may be of another health.
    /// - Returns: what, in the order of keys; nothing where it is time to look at everything.
    /// - Throws: where it cannot be watched, and `.cancelled` where the task is.
    func stirred() async throws(TargetFailure) -> [ObjectKey] {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        signal = continuation
        continuation.yield()
        let begun = monotonicSeconds()
        let end = begun + .random(in: isBlind ? DriftWatch.sweeps.blind : DriftWatch.sweeps.seeing)
        let timer = Task {
            await pause(seconds: end - monotonicSeconds())
            continuation.yield()
        }
        var alarm: Task<Void, Never>?
        defer {
            timer.cancel()
            alarm?.cancel()
        }
        for await _ in stream {
            if monotonicSeconds() >= end { return [] }
            if !states.differing.isEmpty {
                await pause(seconds: DriftWatch.settling)
                if Task.isCancelled { break }
                if !states.differing.isEmpty { return states.differing.sorted() }
            }
            if !states.moved.isEmpty {
                if monotonicSeconds() >= begun + DriftWatch.rest { return states.takeMoved().sorted() }
                if alarm == nil {
                    alarm = Task {
                        await pause(seconds: begun + DriftWatch.rest - monotonicSeconds())
                        continuation.yield()
                    }
                }
            }
            // A watch that is cut off goes on where it was, and nobody needs to know.
            let failed = failures.filter { $0.value.count > (versions[$0.key] == nil ? 0 : 1) }
            if let (scope, failure) = failed.min(by: { $0.key.resource.name < $1.key.resource.name }) {
                for scope in failed.keys { failures[scope] = nil }
                throw TargetFailure("cannot watch \(scope.resource.name)", failure.error)
            }
        }
        throw .cancelled
    }

    // MARK: what the loops tell

    /// Follows a scope until the server ends the watch.
    /// - Parameter isNew: whether nothing is known of it, or what is known is too old.
    /// - Returns: whether the server has said anything.
    func follow(_ scope: WatchScope, isNew: Bool) async throws -> Bool {
        var query = ObjectQuery(scope.resource, namespace: scope.namespace, labelSelector: "\(ownerLabel)=\(owner)", metadataOnly: true)
        query.patience = DriftWatch.patience
        if isNew || versions[scope] == nil {
            let list = try await cluster.list(query)
            try Task.checkCancellation()
            begin(scope, list)
        }
        heard.remove(scope)
        // Jittered, so that many watches do not end together (client-go, tools/cache/reflector.go).
        try await cluster.watch(query, from: versions[scope] ?? "", timeout: .random(in: 300...600)) { [weak self] event in
            await self?.take(event, scope)
        }
        return heard.contains(scope)
    }

    func fail(_ scope: WatchScope, _ error: ClusterError) {
        failures[scope] = ((failures[scope]?.count ?? 0) + 1, error)
        signal?.yield()
    }

    private func begin(_ scope: WatchScope, _ list: ObjectList) {
        var traces: [ObjectKey: Trace] = [:]
        for item in list.items {
            if let object = LiveObjects.key(of: item, scope.resource) { traces[object] = Trace(item, manager: manager, key: key) }
        }
        states.begin(scope, traces)
        versions[scope] = list.resourceVersion
        failures[scope] = nil
        if states.hasNews { signal?.yield() }
    }

    private func take(_ event: WatchEvent, _ scope: WatchScope) {
        // A task that was cancelled may say one thing more.
        guard namespaces[scope.resource] != nil else { return }
        failures[scope] = nil
        heard.insert(scope)
        let (item, isGone): (JSON, Bool)
        switch event {
        case .bookmark(let version):
            versions[scope] = version
            return
        case .added(let object), .modified(let object): (item, isGone) = (object, false)
        case .deleted(let object): (item, isGone) = (object, true)
        }
        if let version = item.resourceVersion { versions[scope] = version }
        guard let object = LiveObjects.key(of: item, scope.resource) else { return }
        states.take(object, isGone ? nil : Trace(item, manager: manager, key: key))
        if states.hasNews { signal?.yield() }
    }

    private func forget(_ scope: WatchScope) {
        states.forget(scope)
        versions[scope] = nil
        failures[scope] = nil
    }
}

/// The loops that keep watches going.
enum WatchLoop {
    /// So many namespaces are watched one by one, which needs fewer rights.
    private static let fewNamespaces = 8
    /// Seconds before a lost watch is begun again, at first and at most.
    private static let delays = (first: 0.2, most: 30.0)

    /// Watches a resource until the task is cancelled: in some namespaces, or where these are many in all at once.
    static func follow(_ resource: APIResource, _ namespaces: Set<String?>, _ watch: @escaping @Sendable () -> DriftWatch?) async {
        if namespaces.count > fewNamespaces {
            // Who may not look into all namespaces may look into those that matter.
            guard await !follow(WatchScope(resource: resource, namespace: nil), watch, endingWhereForbidden: true) else { return }
        }
        await withTaskGroup(of: Void.self) { group in
            for namespace in namespaces {
                group.addTask { _ = await follow(WatchScope(resource: resource, namespace: namespace), watch, endingWhereForbidden: false) }
            }
        }
    }

    /// - Returns: false where it is forbidden.
    private static func follow(
        _ scope: WatchScope, _ watch: @escaping @Sendable () -> DriftWatch?, endingWhereForbidden: Bool
    ) async -> Bool {
        var delay = delays.first
        var isNew = true
        while !Task.isCancelled {
            let begun = ContinuousClock.now
            guard let now = watch() else { return true }
            do {
                let hasSpoken = try await now.follow(scope, isNew: isNew)
                isNew = false
                // One that ends before it has begun is none (client-go, tools/cache/reflector.go, `errVeryShortWatch`).
                guard !hasSpoken, ContinuousClock.now - begun < .seconds(1) else {
                    delay = delays.first
                    continue
                }
                isNew = true
                throw ClusterError(.malformed, "the server ends watches as soon as they begin", mayPass: true)
            } catch {
                if Task.isCancelled { return true }
                let failure = error as? ClusterError ?? ClusterError(.other, "\(error)")
                if endingWhereForbidden, failure.reason == .forbidden { return false }
                isNew = isNew && failure.reason == .malformed || failure.reason == .gone
                if failure.reason != .gone { await now.fail(scope, failure) }
                if ContinuousClock.now - begun > .seconds(60) { delay = delays.first }
                await pause(seconds: delay * Double.random(in: 0.5...1))
                delay = min(delay * 2, delays.most)
            }
        }
        return true
    }
}
