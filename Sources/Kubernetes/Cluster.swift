// Kubernetes: speaks with an API server.
// It knows HTTP, TLS and the API's conventions; it knows no git, no target and no environment.

public import KubernetesModel

/// One resource that a server serves: `deployments` of `apps/v1`.
public struct APIResource: Hashable, Sendable {
    public var kind: GroupVersionKind
    /// The plural in URLs.
    public var name: String
    public var isNamespaced: Bool
    public var verbs: Set<String>

    public init(kind: GroupVersionKind, name: String, isNamespaced: Bool, verbs: Set<String>) {
        self.kind = kind
        self.name = name
        self.isNamespaced = isNamespaced
        self.verbs = verbs
    }
}

/// What a server serves, in the order that it prefers.
public struct APICatalog: Sendable {
    /// All resources in all versions, of each group the preferred version first; no subresources.
    public var resources: [APIResource]
    /// Groups (`apps`, or `apps/v1`) whose discovery failed, with why: what is of them is unknown, not absent.
    public var failures: [String: String]

    public init(resources: [APIResource], failures: [String: String] = [:]) {
        self.resources = resources
        self.failures = failures
    }

    /// The resource of each version of a kind.
    public var byKind: [GroupVersionKind: APIResource] { Dictionary(resources.map { ($0.kind, $0) }) { first, _ in first } }
}

/// Which objects of a resource are meant.
public struct ObjectQuery: Sendable {
    public var resource: APIResource
    /// nil for all namespaces, or for what is in none.
    public var namespace: String?
    /// As the API has it: `app=web,tier!=db`.
    public var labelSelector: String?
    /// Whether only `metadata` is wanted (`PartialObjectMetadataList`).
    public var metadataOnly = false
    /// As the API has it: `involvedObject.uid=…`.
    public var fieldSelector: String?
    /// The most objects that are wanted; nil for all.
    public var most: Int?
    /// Seconds for all tries of each request, where they are fewer than the client's.
    public var patience: Double?

    public init(_ resource: APIResource, namespace: String? = nil, labelSelector: String? = nil, metadataOnly: Bool = false) {
        self.resource = resource
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.metadataOnly = metadataOnly
    }
}

/// What a list found.
public struct ObjectList: Sendable {
    /// Each with its `apiVersion` and `kind`, which lists leave out.
    public var items: [JSON]
    /// Where a watch goes on.
    public var resourceVersion: String

    public init(items: [JSON], resourceVersion: String) {
        self.items = items
        self.resourceVersion = resourceVersion
    }
}

/// How an object is applied (server-side apply).
public struct ApplyOptions: Sendable {
    public var fieldManager: String
    /// Whether fields of other managers are taken over.
    public var force = false
    /// Whether nothing is to be stored.
    public var dryRun = false

    public init(fieldManager: String, force: Bool = false, dryRun: Bool = false) {
        self.fieldManager = fieldManager
        self.force = force
        self.dryRun = dryRun
    }
}

/// How an object is deleted.
public struct DeleteOptions: Sendable {
    public var uid: String?
    public var resourceVersion: String?
    /// `Background`, `Foreground` or `Orphan`.
    public var propagation = "Background"
    public var dryRun = false

    public init(uid: String? = nil, resourceVersion: String? = nil, propagation: String = "Background", dryRun: Bool = false) {
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.propagation = propagation
        self.dryRun = dryRun
    }
}

/// What a watch tells.
public enum WatchEvent: Sendable {
    case added(JSON)
    case modified(JSON)
    case deleted(JSON)
    /// Nothing happened up to this version.
    case bookmark(resourceVersion: String)
}

/// An API server that is spoken to. All requests are tried again where that can help (429, 503, `Retry-After`,
/// a lost connection where the request can be repeated, a restarting etcd), until `deadline` of the client.
public protocol Cluster: Sendable {
    /// What the server serves.
    /// - Parameter fresh: whether what is remembered must not be used: something was defined since.
    func catalog(fresh: Bool) async throws(ClusterError) -> APICatalog

    /// The version that the server says it is: `v1.30.2`.
    func version() async throws(ClusterError) -> String

    /// All objects of a query, read in chunks, at one version where the server can.
    func list(_ query: ObjectQuery) async throws(ClusterError) -> ObjectList

    /// One object; nil where there is none (404).
    func get(_ resource: APIResource, namespace: String?, name: String) async throws(ClusterError) -> JSON?

    /// Applies an object (`PATCH` with `application/apply-patch+yaml`, `fieldValidation=Strict`).
    /// - Returns: the object as it is then, or would be.
    func apply(_ object: JSON, _ resource: APIResource, namespace: String?, name: String, _ options: ApplyOptions) async throws(ClusterError) -> JSON

    /// Creates an object (`POST`).
    func create(_ object: JSON, _ resource: APIResource, namespace: String?, fieldManager: String, dryRun: Bool) async throws(ClusterError) -> JSON

    /// Changes an object by a JSON patch (RFC 6902).
    func patch(_ operations: [JSON], _ resource: APIResource, namespace: String?, name: String, fieldManager: String, dryRun: Bool) async throws(ClusterError) -> JSON

    /// Deletes an object.
    /// - Returns: whether there was one; a 404 is no error.
    func delete(_ resource: APIResource, namespace: String?, name: String, _ options: DeleteOptions) async throws(ClusterError) -> Bool

    /// Tells what happens to the objects of a query from a version on, with bookmarks. It ends when the server
    /// ends it (then it is to be begun anew from the last version told), throws `.gone` where the version is too
    /// old, and connection errors as they are.
    func watch(_ query: ObjectQuery, from resourceVersion: String, timeout: Int, _ body: @Sendable (WatchEvent) async throws -> Void) async throws
}

/// Why a server could not do what it was asked.
public struct ClusterError: Error, Sendable, CustomStringConvertible {
    public enum Reason: Sendable, Hashable {
        /// 401: it does not know who calls.
        case unauthorized
        /// 403: who calls may not.
        case forbidden
        case notFound
        case alreadyExists
        /// 409: another manager owns fields; see `causes`.
        case fieldConflict
        /// 409: the object has changed meanwhile.
        case conflict
        /// 422, 400: the object is not as it must be; see `causes`.
        case invalid
        /// 410: a version that is too old.
        case gone
        /// 429, 503, 504 and others that may pass, after all tries.
        case unavailable
        /// There is no connection: nothing was answered.
        case unreachable
        /// TLS: the certificate is not trusted, is expired, is for another name.
        case untrusted
        /// No credentials could be had.
        case credentials
        /// What was answered is no answer.
        case malformed
        case other
    }

    /// A cause that `Status` names.
    public struct Cause: Sendable, Hashable {
        /// `FieldManagerConflict`, `FieldValueInvalid`.
        public var reason: String
        /// `.spec.replicas`, as the server writes it.
        public var field: String
        public var message: String
        /// The message as the server said it, whole: values that it quotes are found in it as they are.
        public let said: String

        public init(reason: String, field: String, message: String, said: String? = nil) {
            self.reason = reason
            self.field = field
            self.message = message
            self.said = said ?? message
        }
    }

    public var reason: Reason
    /// What and why, in one line.
    public var message: String
    /// The message as the server said it, whole: values that it quotes are found in it as they are.
    public let said: String
    public var hint: String?
    /// The status of HTTP; 0 where there was none.
    public var status: Int
    public var causes: [Cause]
    /// Whether the same request may go well later.
    public var mayPass: Bool

    public init(
        _ reason: Reason, _ message: String, said: String? = nil, hint: String? = nil, status: Int = 0, causes: [Cause] = [],
        mayPass: Bool = false
    ) {
        self.reason = reason
        self.message = message
        self.said = said ?? message
        self.hint = hint
        self.status = status
        self.causes = causes
        self.mayPass = mayPass
    }

    public var description: String { message }
}
