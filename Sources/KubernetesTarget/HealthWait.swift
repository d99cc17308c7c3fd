import Kubernetes
import KubernetesModel
import Posix

/// Waits until everything that should be there is healthy.
struct HealthWait: Sendable {
    let cluster: any Cluster
    let plan: PreparedPlan
    let output: LineOutput
    let presence: Presence
    /// Seconds.
    let timeout: Double

    /// An object that is not healthy yet.
    private struct Waiting {
        let object: DesiredObject
        let why: String
        let live: JSON?
    }

    /// - Throws: as soon as it is certain that something will not be healthy, or when the time is over: what and why.
    func run() async throws(TargetFailure) {
        let begun = monotonicSeconds()
        try await becomeHealthy(begun)
        try await DepartureWait(cluster: cluster, plan: plan, output: output, presence: presence, timeout: timeout).run(begun)
    }

    private func becomeHealthy(_ begun: Double) async throws(TargetFailure) {
        var open = try await resolved()
        var delay = 1.0
        while !open.isEmpty {
            guard !Task.isCancelled else { throw .cancelled }
            guard !presence.isGone else { throw TargetFailure("git-ops is gone") }
            let seconds = Int(monotonicSeconds() - begun)
            let waiting: [Waiting]
            let failed: [Waiting]
            do throws(ClusterError) {
                // The answer has to come in time, whatever the server does.
                let patience = max(timeout - (monotonicSeconds() - begun), 0) + 3
                guard let looked = await withDeadline(seconds: patience, { [open] in await Result { () async throws(ClusterError) in try await look(open) } })
                else { throw ClusterError(.unavailable, "the server has not answered in time") }
                (waiting, failed) = try looked.get()
            } catch {
                // A server that restarts is worth waiting for; one that refuses is not.
                guard !Task.isCancelled else { throw .cancelled }
                guard error.mayPass || error.reason == .unreachable, monotonicSeconds() - begun < timeout else {
                    throw TargetFailure("cannot tell what is healthy", error)
                }
                output.progress("waiting for the server: \(error.message) (\(seconds) s)")
                await pause(seconds: delay)
                continue
            }
            if let first = failed.first {
                let more = failed.count > 1 ? " (and \(failed.count - 1) more have failed)" : ""
                throw await told("\(first.object.key) has failed: \(first.why)", more, first)
            }
            // What has become healthy is not asked for again until the others are, too.
            open = waiting.map(\.object)
            guard let first = waiting.first else { return }
            let left = timeout - (monotonicSeconds() - begun)
            guard left > 0 else {
                let more = waiting.count > 1 ? " (and \(waiting.count - 1) more are not)" : ""
                throw await told("\(first.object.key) is not healthy after \(Int(timeout)) s: \(first.why)", more, first)
            }
            let more = waiting.count > 1 ? ", and for \(waiting.count - 1) more" : ""
            output.progress("waiting for \(first.object.key): \(first.why)\(more) (\(seconds) s)")
            await pause(seconds: min(delay, left))
            delay = min(delay * 1.3, 5)
        }
    }

    /// The objects of the plan with the resources in which they are looked for.
    private func resolved() async throws(TargetFailure) -> [DesiredObject] {
        guard plan.desired.contains(where: { $0.resource == nil }) else { return plan.desired }
        let catalog: APICatalog
        do throws(ClusterError) {
            catalog = try await cluster.catalog(fresh: true)
        } catch {
            throw TargetFailure(error)
        }
        let served = catalog.byKind
        var objects = plan.desired
        for index in objects.indices where objects[index].resource == nil {
            guard let resource = served[objects[index].kind] else {
                throw TargetFailure("\(objects[index].placed): the server does not serve \(objects[index].kind)")
            }
            objects[index].resource = resource
        }
        return objects
    }

    private func look(_ objects: [DesiredObject]) async throws(ClusterError) -> (waiting: [Waiting], failed: [Waiting]) {
        var groups: [APIResource: [DesiredObject]] = [:]
        for object in objects { groups[object.resource!, default: []].append(object) }
        var live: [ObjectKey: JSON] = [:]
        for outcome in await atOnce(Array(groups), { resource, objects in await read(resource, objects) }) {
            live.merge(try outcome.get()) { first, _ in first }
        }
        let now = Moment.now().seconds
        var waiting: [Waiting] = []
        var failed: [Waiting] = []
        for object in objects {
            guard let found = live[object.key] else {
                failed.append(Waiting(object: object, why: "it is gone", live: nil))
                continue
            }
            switch HealthRules.health(of: found, now: now, storageClass: await HealthRules.storageClass(of: found, in: cluster)) {
            case .current: break
            case .inProgress(let why): waiting.append(Waiting(object: object, why: why, live: found))
            case .failed(let why): failed.append(Waiting(object: object, why: why, live: found))
            case .terminating(let why): failed.append(Waiting(object: object, why: why, live: found))
            }
        }
        return (waiting, failed)
    }

    private func read(_ resource: APIResource, _ objects: [DesiredObject]) async -> Result<[ObjectKey: JSON], ClusterError> {
        await Result { () async throws(ClusterError) in
            var found: [ObjectKey: JSON] = [:]
            if objects.count == 1 || !resource.verbs.contains("list") {
                for object in objects {
                    found[object.key] = try await cluster.get(resource, namespace: object.namespace, name: object.name)
                }
                return found
            }
            let selector = "\(ownerLabel)=\(plan.owner)"
            for item in try await LiveObjects.items(resource, in: Set(objects.map(\.namespace)), labelSelector: selector, cluster) {
                if let key = LiveObjects.key(of: item, resource) { found[key] = item }
            }
            // What is not among those may have lost our label, and be there all the same.
            for object in objects where found[object.key] == nil {
                found[object.key] = try await cluster.get(resource, namespace: object.namespace, name: object.name)
            }
            return found
        }
    }

    /// The failure, with what the object's pods and its last warning say.
    private func told(_ what: String, _ more: String, _ waiting: Waiting) async -> TargetFailure {
        var text = what
        if let live = waiting.live {
            // What is only for people must not take the time that the answer has.
            let reasons = await withDeadline(seconds: 5) { [cluster] in await Diagnosis(cluster: cluster).reasons(of: live) } ?? []
            for reason in reasons where !text.contains(reason) { text += "; \(reason)" }
        }
        return TargetFailure(text + more)
    }
}

/// Does something that may take too long.
/// - Returns: nil where the time was over first.
func withDeadline<Outcome: Sendable>(seconds: Double, _ body: @escaping @Sendable () async -> Outcome) async -> Outcome? {
    await withTaskGroup(of: Outcome?.self) { group in
        group.addTask { await body() }
        group.addTask {
            await pause(seconds: seconds)
            return nil
        }
        let first = await group.next() ?? nil
        group.cancelAll()
        return first
    }
}
