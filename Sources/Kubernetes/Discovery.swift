import KubernetesModel

/// What answers of discovery say, whichever of its three forms they have.
enum Discovery {
    /// `apidiscovery.k8s.io` of Kubernetes 1.30, of 1.26, and the plain form of all, in the order wished for
    /// (client-go's discovery/discovery_client.go, `downloadAPIs`).
    static let accept = [
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList", "application/json",
    ].joined(separator: ",")

    /// Whether an answer is an `APIGroupDiscoveryList`: by its content type, as servers may choose.
    static func isAggregated(_ contentType: String) -> Bool {
        let parts = Set(contentType.split(separator: ";").map(\.trimmed))
        return parts.contains("g=apidiscovery.k8s.io") && parts.contains("as=APIGroupDiscoveryList")
            && (parts.contains("v=v2") || parts.contains("v=v2beta1"))
    }

    /// One version of a group, by what it is read with.
    struct Version: Sendable, Hashable {
        var group: String
        var version: String
        /// `apps/v1`, `v1`.
        var name: String { group.isEmpty ? version : group + "/" + version }
    }

    /// Adds what an `APIGroupDiscoveryList` says (client-go's discovery/aggregated_discovery.go,
    /// `SplitGroupsAndResources`).
    static func add(aggregated list: JSON, to catalog: inout APICatalog) throws(ClusterError) {
        guard let groups = list["items"], groups.array != nil || groups.isNull else {
            throw ClusterError(.malformed, "the discovery of the server has no items")
        }
        for group in groups.array ?? [] {
            let name = group.at("metadata", "name")?.string ?? ""
            for version in group["versions"]?.array ?? [] {
                guard let text = version["version"]?.string, !text.isEmpty else { continue }
                let version = (version, Version(group: name, version: text))
                // What it serves is from before the server behind it was lost.
                if version.0["freshness"]?.string == "Stale" {
                    catalog.failures[version.1.name] =
                        "the server that serves \(version.1.name) does not answer (stale group version discovery)"
                    continue
                }
                for resource in version.0["resources"]?.array ?? [] {
                    guard let plural = resource["resource"]?.string, let kind = resource.at("responseKind", "kind")?.string, !kind.isEmpty
                    else { continue }
                    catalog.resources.append(
                        APIResource(
                            kind: GroupVersionKind(group: name, version: text, kind: kind), name: plural,
                            isNamespaced: resource["scope"]?.string == "Namespaced", verbs: verbs(resource)))
                }
            }
        }
    }

    /// The versions that an `APIVersions` (of `/api`) or an `APIGroupList` (of `/apis`) names, the preferred first.
    static func versions(plain list: JSON) throws(ClusterError) -> [Version] {
        if let versions = list["versions"]?.array { return versions.compactMap(\.string).map { Version(group: "", version: $0) } }
        guard let groups = list["groups"], groups.array != nil || groups.isNull else {
            throw ClusterError(.malformed, "the discovery of the server has no groups")
        }
        return (groups.array ?? []).flatMap { group -> [Version] in
            let name = group["name"]?.string ?? ""
            let preferred = group.at("preferredVersion", "version")?.string
            let versions = (group["versions"]?.array ?? []).compactMap { $0["version"]?.string }
            return (versions.filter { $0 == preferred } + versions.filter { $0 != preferred }).map { Version(group: name, version: $0) }
        }
    }

    /// The resources of an `APIResourceList`.
    static func resources(_ list: JSON, of version: Version) throws(ClusterError) -> [APIResource] {
        guard let resources = list["resources"], resources.array != nil || resources.isNull else {
            throw ClusterError(.malformed, "the discovery of \(version.name) has no resources")
        }
        return (resources.array ?? []).compactMap { resource in
            guard let name = resource["name"]?.string, !name.contains("/"), let kind = resource["kind"]?.string, !kind.isEmpty else {
                return nil
            }
            return APIResource(
                kind: GroupVersionKind(group: version.group, version: version.version, kind: kind), name: name,
                isNamespaced: resource["namespaced"]?.bool == true, verbs: verbs(resource))
        }
    }

    private static func verbs(_ resource: JSON) -> Set<String> { Set((resource["verbs"]?.array ?? []).compactMap(\.string)) }
}

/// What was discovered, remembered.
actor DiscoveryMemory {
    private var catalog: APICatalog?
    /// The number of the reading that it is of, so that one that began earlier and ended later does not win.
    private var number = 0
    private var begun = 0
    private var reading: Task<Result<APICatalog, ClusterError>, Never>?

    /// - Parameter fresh: whether neither what is remembered will do, nor what somebody began to read before.
    func catalog(fresh: Bool, _ read: @escaping @Sendable () async -> Result<APICatalog, ClusterError>) async -> Result<
        APICatalog, ClusterError
    > {
        if !fresh, let catalog { return .success(catalog) }
        if !fresh, let reading { return await Self.outcome(of: reading) }
        begun += 1
        let number = begun
        let reading = Task { await read() }
        self.reading = reading
        let result = await Self.outcome(of: reading)
        if begun == number { self.reading = nil }
        if case .success(let catalog) = result, number > self.number {
            self.number = number
            self.catalog = catalog
        }
        return result
    }

    /// Waits for a reading. Where the caller is cancelled it waits no longer, and the reading, for which others may
    /// wait too, ends by itself.
    private static func outcome(of reading: Task<Result<APICatalog, ClusterError>, Never>) async -> Result<APICatalog, ClusterError> {
        let (outcomes, told) = AsyncStream<Result<APICatalog, ClusterError>>.makeStream()
        Task { told.yield(await reading.value) }
        for await outcome in outcomes { return outcome }
        return .failure(.cancelled)
    }
}
