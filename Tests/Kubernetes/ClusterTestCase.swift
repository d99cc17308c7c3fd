import Kubeconfig
import Kubernetes
import KubernetesModel
import TestSupport

let configMaps = APIResource(
    kind: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"), name: "configmaps", isNamespaced: true, verbs: [])
let namespaces = APIResource(
    kind: GroupVersionKind(group: "", version: "v1", kind: "Namespace"), name: "namespaces", isNamespaced: false, verbs: [])
let deployments = APIResource(
    kind: GroupVersionKind(group: "apps", version: "v1", kind: "Deployment"), name: "deployments", isNamespaced: true, verbs: [])
let clusterRoles = APIResource(
    kind: GroupVersionKind(group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole"), name: "clusterroles",
    isNamespaced: false,
    verbs: [])

extension APIClient.Options {
    /// Those of a test, which waits for the machine that it runs on as long as that takes; parameters as of `init`.
    static func patient(idleTimeout: Double = 600, pingInterval: Double = 30, firstContact: Double = 10) -> Self {
        .init(
            deadline: 3600, connectTimeout: 300, idleTimeout: idleTimeout, pingInterval: pingInterval, firstContact: firstContact,
            variables: [:])
    }
}

/// Lets a client work in a namespace of its own, and shuts it down.
/// - Parameter access: how the server is spoken to; as its administrator where nothing is given.
func withClient<T>(
    _ namespace: String? = nil, _ access: ClusterAccess? = nil, options: APIClient.Options = .patient(),
    _ body: (APIClient) async throws -> T
) async throws -> T {
    let server = try await APIServer.shared()
    let client = APIClient(try access ?? server.access(), options: options)
    do {
        if let namespace {
            _ = try await client.apply(
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]], namespaces, namespace: nil,
                name: namespace,
                ApplyOptions(fieldManager: "test"))
        }
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

func configMap(_ name: String, _ data: [String: JSON] = ["a": "1"]) -> JSON {
    ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)], "data": .object(data)]
}

/// The error that something throws.
func failure(_ body: () async throws -> Void) async throws -> ClusterError {
    do {
        try await body()
    } catch let error as ClusterError {
        return error
    }
    throw TestFailure("nothing was thrown")
}
