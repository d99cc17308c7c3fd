import Kubernetes
import KubernetesModel

/// What is live of the objects that are asked for, read with few requests.
struct LiveObjects: Sendable {
    /// Listing so many namespaces one by one needs fewer rights than listing all of them at once.
    private static let fewNamespaces = 8
    /// So many objects are read one by one rather than with all others of their kind.
    private static let fewObjects = 20

    private(set) var objects: [ObjectKey: JSON] = [:]
    /// Those that certainly are what their traces tell; only the metadata of these was read.
    private(set) var proven: Set<ObjectKey> = []

    /// Reads objects.
    /// - Parameters:
    ///   - wanted: the keys of each resource; each resource in one version.
    ///   - owner: whose objects are looked for first.
    ///   - recollection: what is known of them; where most are known, their metadata are read first.
    /// - Throws: where any of it cannot be read: what is unknown is never taken for absent.
    static func read(
        _ wanted: [APIResource: Set<ObjectKey>], owner: String, from cluster: any Cluster,
        recollection: Recollection = Recollection()
    ) async throws(TargetFailure) -> LiveObjects {
        let kinds = wanted.sorted { $0.key.kind.description < $1.key.kind.description }
        let outcomes = await atOnce(kinds) { resource, keys in
            await Result { () async throws(TargetFailure) in
                try await read(keys, resource, owner: owner, from: cluster, recollection: recollection)
            }
        }
        var live = LiveObjects()
        for outcome in outcomes {
            let part = try outcome.get()
            live.objects.merge(part.objects) { first, _ in first }
            live.proven.formUnion(part.proven)
        }
        return live
    }

    private static func read(
        _ keys: Set<ObjectKey>, _ resource: APIResource, owner: String, from cluster: any Cluster,
        recollection: Recollection
    ) async throws(TargetFailure) -> LiveObjects {
        var live = LiveObjects()
        let known = keys.filter { recollection.traces[$0] != nil }
        // Where most have to be read whole all the same, they are read once.
        if resource.verbs.contains("list"), known.count * 2 > keys.count {
            let namespaces = resource.isNamespaced ? Set(known.map(\.namespace)) : [nil]
            let selector = "\(ownerLabel)=\(owner)"
            for item in try await list(resource, in: namespaces, labelSelector: selector, metadataOnly: true, cluster) {
                guard let key = key(of: item, resource), recollection.holds(for: item, key) else { continue }
                var item = item
                item.set("metadata", "managedFields", to: nil)
                live.objects[key] = item
                live.proven.insert(key)
            }
        }
        let rest = keys.subtracting(live.proven)
        live.objects.merge(try await read(rest, resource, owner: owner, isRest: !live.proven.isEmpty, from: cluster)) { first, _ in first }
        return live
    }

    static func key(of item: JSON, _ resource: APIResource) -> ObjectKey? {
        item.name.map { name in
            ObjectKey(
                group: resource.kind.group, kind: resource.kind.kind, namespace: resource.isNamespaced ? item.namespace : nil, name: name)
        }
    }

    /// - Parameter isRest: whether these are some of many; a few of them are not worth a list.
    private static func read(
        _ keys: Set<ObjectKey>, _ resource: APIResource, owner: String, isRest: Bool, from cluster: any Cluster
    ) async throws(TargetFailure) -> [ObjectKey: JSON] {
        let canList = resource.verbs.contains("list")
        let namespaces = resource.isNamespaced ? Set(keys.map(\.namespace)) : [nil]
        var found: [ObjectKey: JSON] = [:]
        func take(_ items: [JSON]) {
            for item in items {
                if let key = key(of: item, resource), keys.contains(key) { found[key] = item }
            }
        }
        if canList, !isRest || keys.count > fewObjects {
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
        _ resource: APIResource, in namespaces: Set<String?>, labelSelector: String?, metadataOnly: Bool = false, _ cluster: any Cluster
    ) async throws(TargetFailure) -> [JSON] {
        do throws(ClusterError) {
            return try await items(resource, in: namespaces, labelSelector: labelSelector, metadataOnly: metadataOnly, cluster)
        } catch {
            let place = namespaces.count == 1 ? namespaces.first.flatMap { $0 }.map { " in namespace '\($0)'" } ?? "" : ""
            throw TargetFailure("cannot list \(resource.name)\(place)", error)
        }
    }

    static func items(
        _ resource: APIResource, in namespaces: Set<String?>, labelSelector: String?, metadataOnly: Bool = false, _ cluster: any Cluster
    ) async throws(ClusterError) -> [JSON] {
        func query(_ namespace: String?) -> ObjectQuery {
            ObjectQuery(resource, namespace: namespace, labelSelector: labelSelector, metadataOnly: metadataOnly)
        }
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
