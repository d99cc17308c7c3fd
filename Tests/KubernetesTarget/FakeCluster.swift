import Kubernetes
import KubernetesModel
import Synchronization

/// A cluster of a few objects, which refuses what it is told to refuse.
final class FakeCluster: Cluster {
    struct State {
        var objects: [String: JSON] = [:]
        /// Names of objects that cannot be applied.
        var refused: Set<String> = []
        /// Names of which somebody has made another object.
        var taken: Set<String> = []
        /// What is said of every creation that is tried.
        var rehearsal: ClusterError?
        /// How many deletions find that the object has changed.
        var conflicts = 0
        /// Whether it says what it serves only to who does not wait for it any more.
        var isSilent = false
        /// What was asked, in order.
        var asked: [String] = []
    }

    let state = Mutex(State())
    private let catalog: APICatalog

    init(_ objects: [JSON], refusing refused: Set<String> = [], catalog: APICatalog = APICatalog(resources: [])) {
        self.catalog = catalog
        state.withLock { state in
            for object in objects { state.objects[object.name ?? ""] = object }
            state.refused = refused
        }
    }

    var objects: [String: JSON] { state.withLock { $0.objects } }
    var asked: [String] { state.withLock { $0.asked } }

    func catalog(fresh: Bool) async throws(ClusterError) -> APICatalog {
        state.withLock { $0.asked.append("catalog") }
        if state.withLock({ $0.isSilent }) { try? await Task.sleep(for: .seconds(86400)) }
        return catalog
    }

    func version() async throws(ClusterError) -> String { "v1.0.0" }

    func list(_ query: ObjectQuery) async throws(ClusterError) -> ObjectList { ObjectList(items: Array(objects.values), resourceVersion: "1") }

    func get(_ resource: APIResource, namespace: String?, name: String) async throws(ClusterError) -> JSON? { objects[name] }

    func apply(
        _ object: JSON, _ resource: APIResource, namespace: String?, name: String, _ options: ApplyOptions
    ) async throws(ClusterError) -> JSON {
        let isRefused = state.withLock { state in
            state.asked.append("apply \(name)")
            if state.refused.contains(name) { return true }
            if !options.dryRun { state.objects[name] = object }
            return false
        }
        if isRefused { throw ClusterError(.forbidden, "admission webhook \"w\" denied the request: no \(name)", status: 403) }
        return object
    }

    func create(
        _ object: JSON, _ resource: APIResource, namespace: String?, fieldManager: String, dryRun: Bool
    ) async throws(ClusterError) -> JSON {
        if dryRun {
            if let error = state.withLock({ $0.rehearsal }) { throw error }
            return object
        }
        let isTaken = state.withLock { state in state.taken.contains(object.name ?? "") }
        if isTaken { throw ClusterError(.alreadyExists, "configmaps \"\(object.name ?? "")\" already exists", status: 409) }
        return state.withLock { state in
            state.asked.append("create \(object.name ?? "")")
            state.objects[object.name ?? ""] = object
            return object
        }
    }

    func patch(
        _ operations: [JSON], _ resource: APIResource, namespace: String?, name: String, fieldManager: String, dryRun: Bool
    ) async throws(ClusterError) -> JSON { objects[name] ?? .null }

    func delete(_ resource: APIResource, namespace: String?, name: String, _ options: DeleteOptions) async throws(ClusterError) -> Bool {
        let isChanged = state.withLock { state in
            state.conflicts -= 1
            return state.conflicts >= 0
        }
        if isChanged { throw ClusterError(.conflict, "the object has been modified", status: 409) }
        return state.withLock { state in
            state.asked.append("delete \(name)")
            return state.objects.removeValue(forKey: name) != nil
        }
    }

    func watch(
        _ query: ObjectQuery, from resourceVersion: String, timeout: Int, _ body: @Sendable (WatchEvent) async throws -> Void
    ) async throws {}
}
