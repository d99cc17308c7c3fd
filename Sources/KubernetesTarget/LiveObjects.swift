import Kubernetes
import KubernetesModel

/// What is live of the objects that are asked for, read with few requests.
struct LiveObjects: Sendable {
    /// Listing so many namespaces one by one needs fewer rights than listing all of them at once.
    private static let fewNamespaces = 8
    /// So many objects are read one by one rather than with all others of their kind.
    private static let fewObjects = 20

    private(set) var objects: [ObjectKey: JSON] = [:]

    /// Reads objects.
    /// - Parameters:
    ///   - wanted: the keys of each resource; each resource in one version.
    ///   - owner: whose objects are looked for first.
    /// - Throws: where any of it cannot be read: what is unknown is never taken for absent.
    static func read(
        _ wanted: [APIResource: Set<ObjectKey>], owner: String, from cluster: any Cluster
    ) async throws(TargetFailure) -> LiveObjects {
        let kinds = wanted.sorted { $0.key.kind.description < $1.key.kind.description }
        let outcomes = await atOnce(kinds) { resource, keys in
            await Result { () async throws(TargetFailure) in
                try await read(keys, resource, owner: owner, from: cluster)
            }
        }
        var live = LiveObjects()
        for outcome in outcomes { live.objects.merge(try outcome.get()) { first, _ in first } }
        return live
    }

    private static func read(
        _ keys: Set<ObjectKey>, _ resource: APIResource, owner: String, from cluster: any Cluster
    ) async throws(TargetFailure) -> [ObjectKey: JSON] {
        let kind = resource.kind
        let canList = resource.verbs.contains("list")
        let namespaces = resource.isNamespaced ? Set(keys.map(\.namespace)) : [nil]
        var found: [ObjectKey: JSON] = [:]
        func take(_ items: [JSON]) {
            for item in items {
                guard let name = item.name else { continue }
                let key = ObjectKey(group: kind.group, kind: kind.kind, namespace: resource.isNamespaced ? item.namespace : nil, name: name)
                if keys.contains(key) { found[key] = item }
            }
        }
        if canList {
            take(try await list(resource, in: namespaces, labelSelector: "\(ownerLabel)=\(owner)", cluster))
        }
        for namespace in namespaces {
            let missing = keys.filter { (resource.isNamespaced ? $0.namespace == namespace : true) && found[$0] == nil }.sorted()
            if canList, missing.count > fewObjects {
                take(try await list(resource, in: [namespace], labelSelector: nil, cluster))
            } else {
                for (key, object) in zip(missing, try await objects(missing, resource, cluster)) { found[key] = object }
            }
        }
        return found
    }

    /// All objects of a resource in some namespaces, and maybe in others: where these are many, all are listed at once
    /// by who may do that.
    static func list(
        _ resource: APIResource, in namespaces: Set<String?>, labelSelector: String?, _ cluster: any Cluster
    ) async throws(TargetFailure) -> [JSON] {
        do throws(ClusterError) {
            return try await items(resource, in: namespaces, labelSelector: labelSelector, cluster)
        } catch {
            let place = namespaces.count == 1 ? namespaces.first.flatMap { $0 }.map { " in namespace '\($0)'" } ?? "" : ""
            throw TargetFailure("cannot list \(resource.name)\(place)", error)
        }
    }

    static func items(
        _ resource: APIResource, in namespaces: Set<String?>, labelSelector: String?, _ cluster: any Cluster
    ) async throws(ClusterError) -> [JSON] {
        func query(_ namespace: String?) -> ObjectQuery { ObjectQuery(resource, namespace: namespace, labelSelector: labelSelector) }
        if namespaces.count > fewNamespaces {
            do throws(ClusterError) {
                return try await cluster.list(query(nil)).items
            } catch where error.reason == .forbidden {
                // Who may not look into all namespaces may look into those that matter.
            }
        }
        let outcomes = await atOnce(namespaces.map(query), width: 4) { query in
            await Result { () async throws(ClusterError) in try await cluster.list(query).items }
        }
        var all: [JSON] = []
        for outcome in outcomes { all += try outcome.get() }
        return all
    }

    private static func objects(_ keys: [ObjectKey], _ resource: APIResource, _ cluster: any Cluster) async throws(TargetFailure) -> [JSON?] {
        let outcomes = await atOnce(keys, width: 4) { key in
            await Result { () async throws(TargetFailure) in
                do throws(ClusterError) {
                    return try await cluster.get(resource, namespace: key.namespace, name: key.name)
                } catch {
                    throw TargetFailure("cannot read \(key)", error)
                }
            }
        }
        var all: [JSON?] = []
        for outcome in outcomes { all.append(try outcome.get()) }
        return all
    }
}

extension Result {
    /// The outcome of something that takes its time.
    init(_ body: () async throws(Failure) -> Success) async {
        do throws(Failure) {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
