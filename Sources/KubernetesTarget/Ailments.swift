import Kubernetes
import KubernetesModel
import Posix

/// A desired object that is not healthy, as a plan has found it. Small: the plan's objects are not kept for it.
struct Ailment: Sendable {
    enum State: String, Sendable {
        case failed, missing, terminating, progressing, unknown
    }

    let path: ResourcePath
    let key: ObjectKey?
    /// nil where it cannot be looked for.
    let resource: APIResource?
    let state: State
    var reason: String

    /// - Returns: nil where the object is healthy.
    init?(_ desired: DesiredObject, live: JSON?, now: Int64) {
        path = desired.path
        key = desired.key
        resource = desired.resource
        guard let live else {
            (state, reason) = (.missing, "it is not there")
            return
        }
        switch HealthRules.health(of: live, now: now) {
        case .current: return nil
        case .inProgress(let why): (state, reason) = (.progressing, why)
        case .failed(let why): (state, reason) = (.failed, why)
        case .terminating(let why): (state, reason) = (.terminating, why)
        }
    }

    /// Reads objects of a plan, and judges them.
    static func all(of keys: Set<ObjectKey>, in plan: PreparedPlan, _ cluster: any Cluster) async throws(TargetFailure) -> [Ailment] {
        let objects = plan.desired.filter { keys.contains($0.key) }
        var wanted: [APIResource: Set<ObjectKey>] = [:]
        for object in objects { if let resource = object.resource { wanted[resource, default: []].insert(object.key) } }
        let live = try await LiveObjects.read(wanted, owner: plan.owner, from: cluster)
        let now = Moment.now().seconds
        return objects.compactMap { Ailment($0, live: live.objects[$0.key], now: now) }
    }

    /// What cannot be judged.
    init(_ path: ResourcePath, unknown reason: String) {
        self.path = path
        key = nil
        resource = nil
        state = .unknown
        self.reason = reason
    }

    var message: JSON {
        .message("unhealthy", path, ["state": .string(state.rawValue), "reason": .string(reason)])
    }

    /// Whether it is a claim that may be as it should be: one that binds when somebody uses it.
    private var isOpenClaim: Bool { key.map { $0.group.isEmpty && $0.kind == "PersistentVolumeClaim" } ?? false && state == .progressing }

    /// Looks at what the plan has left open, and finds reasons.
    /// - Parameter most: of so many objects it is asked what their pods and events say, the worst first.
    static func examined(_ ailments: [Ailment], _ cluster: any Cluster, most: Int = 10) async -> [Ailment] {
        let claims = ailments.filter(\.isOpenClaim)
        let healthy = await atOnce(claims, width: 4) { claim in await claim.isWellClaim(cluster) }
        let well = Set(zip(claims, healthy).filter(\.1).map(\.0.path))
        let rank: [State] = [.failed, .progressing, .terminating]
        let ill = ailments.filter { !well.contains($0.path) }
        let worst = rank.flatMap { state in ill.filter { $0.state == state } }.prefix(most)
        let reasons = await atOnce(Array(worst), width: 4) { ailment in await ailment.diagnosed(cluster) }
        let found = Dictionary(zip(worst, reasons).map { ($0.path, $1) }) { first, _ in first }
        return ill.map { ailment in
            var told = ailment
            for reason in found[ailment.path] ?? [] where !told.reason.contains(reason) { told.reason += "; \(reason)" }
            return told
        }
    }

    private func isWellClaim(_ cluster: any Cluster) async -> Bool {
        guard let live = await live(cluster) else { return false }
        let storageClass = await HealthRules.storageClass(of: live, in: cluster)
        return HealthRules.health(of: live, now: Moment.now().seconds, storageClass: storageClass) == .current
    }

    private func diagnosed(_ cluster: any Cluster) async -> [String] {
        // What is only for people must not hold up the answer.
        await withDeadline(seconds: 5) {
            guard let live = await live(cluster) else { return [] }
            return await Diagnosis(cluster: cluster).reasons(of: live)
        } ?? []
    }

    private func live(_ cluster: any Cluster) async -> JSON? {
        guard let key, let resource else { return nil }
        return try? await cluster.get(resource, namespace: key.namespace, name: key.name)
    }
}

extension HealthRules {
    /// The class of a claim that waits: one that binds only what is used is no reason to wait.
    static func storageClass(of claim: JSON, in cluster: any Cluster) async -> JSON? {
        guard claim["kind"]?.string == "PersistentVolumeClaim", claim.at("status", "phase")?.string != "Bound",
            let name = claim.at("spec", "storageClassName")?.string, !name.isEmpty
        else { return nil }
        let classes = APIResource(
            kind: GroupVersionKind(group: "storage.k8s.io", version: "v1", kind: "StorageClass"), name: "storageclasses", isNamespaced: false,
            verbs: ["get"])
        return try? await cluster.get(classes, namespace: nil, name: name)
    }
}
