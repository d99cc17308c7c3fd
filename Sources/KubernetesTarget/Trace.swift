import Kubernetes
import KubernetesModel

/// How an object looked from outside when it was found to be as desired: enough to tell later, from its metadata
/// alone, that it still is.
struct Trace: Sendable, Equatable {
    let uid: String
    let resourceVersion: String
    /// nil where the kind does not count its changes.
    let generation: Int64?
    /// Of everything in the metadata that can be desired, and of what says which fields are ours.
    let digest: UInt64

    /// - Parameter live: whole, or its metadata.
    init?(_ live: JSON, manager: String, key: TraceKey) {
        guard let uid = live.uid, let version = live.resourceVersion else { return nil }
        self.init(uid: uid, resourceVersion: version, generation: Trace.generation(of: live), digest: key.digest(of: live, manager))
    }

    /// How often what is desired of an object was changed, where the server certainly counts that. Of other kinds it
    /// keeps whatever number was sent when the object was made.
    private static func generation(of live: JSON) -> Int64? {
        guard let kind = live.groupVersionKind, counting[kind.group]?.contains(kind.kind) == true else { return nil }
        return live.at("metadata", "generation")?.int
    }

    /// Kinds whose strategy sets `metadata.generation` when their specification is created or changed (kubernetes,
    /// pkg/registry/*/strategy.go; apiextensions-apiserver, pkg/registry/customresourcedefinition/strategy.go).
    private static let counting: [String: Set<String>] = [
        "apps": ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
        "networking.k8s.io": ["Ingress", "NetworkPolicy"],
        "policy": ["PodDisruptionBudget"],
        "apiextensions.k8s.io": ["CustomResourceDefinition"],
        "admissionregistration.k8s.io": ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    ]

    init(uid: String, resourceVersion: String, generation: Int64?, digest: UInt64) {
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.generation = generation
        self.digest = digest
    }

    /// Whether nothing but the status, and fields of others, can have changed since.
    ///
    /// Where the version is another one, the server's count of changes has to be the same; a kind without one, such as
    /// a ConfigMap, is looked at anew.
    func stillHolds(for live: JSON, manager: String, key: TraceKey) -> Bool {
        guard live.uid == uid else { return false }
        if live.resourceVersion == resourceVersion { return true }
        guard let generation, Trace.generation(of: live) == generation else { return false }
        return key.digest(of: live, manager) == digest
    }

    /// Whether two looks at an object saw the same, but for its status and fields of others.
    func isSame(as other: Trace) -> Bool {
        guard uid == other.uid else { return false }
        return resourceVersion == other.resourceVersion || (generation != nil && generation == other.generation && digest == other.digest)
    }
}

/// The key of the digests of traces: who writes objects cannot aim at a digest.
struct TraceKey: Sendable, Equatable {
    var first = UInt64.random(in: 0...UInt64.max)
    var second = UInt64.random(in: 0...UInt64.max)

    /// That of this process.
    static let own = TraceKey()

    func digest(of live: JSON, _ manager: String) -> UInt64 {
        let metadata = live["metadata"] ?? .null
        var parts: [JSON] = ["labels", "annotations", "finalizers", "ownerReferences", "deletionTimestamp"].map { metadata[$0] ?? .null }
        parts += (metadata["managedFields"]?.array ?? []).filter { $0["manager"]?.string == manager }
        return SipHash(first, second).digest(JSON.array(parts).bytes)
    }
}

/// The traces of an environment's objects, kept from one plan to the next. It is a cache: without it, or with an old
/// one, whole objects are read.
struct Traces: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        /// The id of the content that it was found to be as.
        let id: String
        let trace: Trace
    }

    /// What has to be the same for a trace to mean the same: `owner manager cluster namespace`.
    let subject: String
    var key = TraceKey.own
    var entries: [ResourcePath: Entry] = [:]

    private static let header = "git-ops-traces 1"

    init(subject: String) { self.subject = subject }

    /// Reads the text of a file.
    /// - Returns: nil where it is of something else, or no such text.
    init?(text: String, subject: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard lines.popFirst() == Self.header[...], lines.popFirst() == subject[...], let keys = lines.popFirst()?.split(separator: " "),
            keys.count == 2, let first = UInt64(keys[0], radix: 16), let second = UInt64(keys[1], radix: 16), lines.popLast() == ""
        else { return nil }
        self.subject = subject
        key = TraceKey(first: first, second: second)
        entries.reserveCapacity(lines.count)
        for line in lines {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard parts.count == 6, let digest = UInt64(parts[5], radix: 16) else { return nil }
            let trace = Trace(uid: String(parts[2]), resourceVersion: String(parts[3]), generation: Int64(parts[4]), digest: digest)
            entries[ResourcePath(text: String(parts[0]))] = Entry(id: String(parts[1]), trace: trace)
        }
    }

    var text: String {
        var text = "\(Self.header)\n\(subject)\n\(String(key.first, radix: 16)) \(String(key.second, radix: 16))\n"
        for (path, entry) in entries.sorted(by: { $0.key < $1.key }) {
            let trace = entry.trace
            let parts = [
                path.description, entry.id, trace.uid, trace.resourceVersion, trace.generation.map(String.init) ?? "-", String(trace.digest, radix: 16),
            ]
            // A name of an object has neither; a server that says so is not believed.
            guard !parts.contains(where: { $0.utf8.contains { $0 < 0x20 } }) else { continue }
            text += parts.joined(separator: "\t") + "\n"
        }
        return text
    }
}

/// What is known of the objects that are desired, from earlier plans.
struct Recollection: Sendable {
    private(set) var traces: [ObjectKey: Trace] = [:]
    private let manager: String
    let key: TraceKey

    /// Nothing is known.
    init() {
        manager = ""
        key = .own
    }

    init(of objects: [DesiredObject], _ traces: Traces, manager: String) {
        self.manager = manager
        key = traces.key
        for object in objects where object.resource != nil {
            // What is desired now may be something else than what was found then.
            if let entry = traces.entries[object.path], entry.id == object.id { self.traces[object.key] = entry.trace }
        }
    }

    /// Whether the metadata of an object say that it is as it was found.
    func holds(for live: JSON, _ object: ObjectKey) -> Bool {
        traces[object]?.stillHolds(for: live, manager: manager, key: key) ?? false
    }

    func trace(of live: JSON) -> Trace? { Trace(live, manager: manager, key: key) }
}
