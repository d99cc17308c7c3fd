import Kubernetes
import KubernetesModel

/// Where an environment is deployed: which cluster, and which namespace holds what names none.
struct Place: Sendable, Equatable {
    /// The uid of the namespace `kube-system`, which stands for the cluster (as cluster-api and OpenTelemetry have it);
    /// nil where it cannot be known.
    var cluster: String?
    var namespace: String?

    init(cluster: String?, namespace: String?) {
        self.cluster = cluster
        self.namespace = namespace
    }

    /// - Parameter text: as `text`; what is not understood in it is passed over.
    init(text: String) {
        for word in text.split(separator: " ") {
            if word.hasPrefix("cluster=") { cluster = String(word.dropFirst("cluster=".count)) }
            if word.hasPrefix("namespace=") { namespace = String(word.dropFirst("namespace=".count)) }
        }
    }

    /// `cluster=1bc6… namespace=shop`
    var text: String {
        [cluster.map { "cluster=" + $0 }, namespace.map { "namespace=" + $0 }].compactMap { $0 }.joined(separator: " ")
    }

    /// What tells a cluster from all others.
    /// - Returns: nil where whoever asks may not know.
    static func clusterID(_ cluster: any Cluster) async -> Result<String?, TargetFailure> {
        let namespaces = APIResource(
            kind: GroupVersionKind(group: "", version: "v1", kind: "Namespace"), name: "namespaces", isNamespaced: false, verbs: ["get"])
        do throws(ClusterError) {
            return .success(try await cluster.get(namespaces, namespace: nil, name: "kube-system")?.uid)
        } catch where error.reason == .forbidden {
            return .success(nil)
        } catch {
            return .failure(TargetFailure(error))
        }
    }

    /// Makes sure that the environment is where it was: another cluster has nothing of it.
    /// - Parameters:
    ///   - cluster: what stands for the cluster that is spoken to.
    ///   - namespace: where objects go whose manifests name none.
    /// - Returns: the place to record.
    static func verified(_ cluster: String?, _ namespace: String, _ request: PlanRequest) throws(TargetFailure) -> Place {
        let (last, name) = (request.place, request.environment)
        if request.settings.cluster == "*" { return Place(cluster: nil, namespace: namespace) }
        if let wanted = request.settings.cluster, wanted != cluster {
            guard let cluster else {
                throw TargetFailure(
                    "ops.\(name).cluster says which cluster is meant, and this one cannot be told", hint: "allow to get the namespace kube-system")
            }
            throw TargetFailure("this is the cluster \(cluster), and ops.\(name).cluster is \(wanted)", hint: "set ops.\(name).context to a context that leads there")
        }
        if let before = last?.cluster, let cluster, before != cluster {
            // Nothing of it is here, in whatever namespace.
            if request.settings.cluster == cluster { return Place(cluster: cluster, namespace: namespace) }
            throw TargetFailure(
                "'\(name)' was deployed to another cluster (\(before)), and this is \(cluster)",
                hint: "to deploy it anew to this one: git config ops.\(name).cluster \(cluster)")
        }
        if let before = last?.cluster, cluster == nil {
            throw TargetFailure(
                "cannot tell whether this is the cluster that '\(name)' was deployed to (\(before))",
                hint: "allow to get the namespace kube-system, or set ops.\(name).cluster to '*', and look yourself where you deploy to")
        }
        return Place(cluster: cluster, namespace: namespace)
    }

    /// Makes sure that nothing is left where nobody would look for it.
    func verifyNamespace(_ request: PlanRequest, _ resolution: Resolution) throws(TargetFailure) {
        guard let last = request.place, last.cluster == cluster, let before = last.namespace, let namespace, before != namespace else { return }
        for path in request.left.sorted() {
            guard let parts = path.parts, parts.namespace == nil,
                try resolution.resource(group: parts.group, kind: parts.kind)?.isNamespaced == true
            else { continue }
            throw TargetFailure(
                "'\(path)' was deployed to the namespace '\(before)', and what names no namespace would now go to '\(namespace)'",
                hint: "set ops.\(request.environment).namespace to '\(before)'; to move, give the new namespace an environment of its own")
        }
    }
}
