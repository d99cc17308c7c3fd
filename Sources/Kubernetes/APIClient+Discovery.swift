import KubernetesModel

extension APIClient {
    public func catalog(fresh: Bool) async throws(ClusterError) -> APICatalog {
        try await discovered.catalog(fresh: fresh) {
            do throws(ClusterError) { return .success(try await self.readCatalog()) } catch { return .failure(error) }
        }.get()
    }

    /// Seconds that one group may take: what an aggregated server that is down answers passes in no minute.
    private static let patience = 10.0

    private func readCatalog() async throws(ClusterError) -> APICatalog {
        async let core = root("/api")
        async let groups = root("/apis")
        let roots = [try await core.get(), try await groups.get()]
        guard roots.contains(where: { $0 != nil }) else {
            throw ClusterError(
                .notFound, "the server serves neither /api nor /apis",
                hint: "is it a Kubernetes API server, and does its address have the right path?", status: 404)
        }
        var catalog = APICatalog(resources: [])
        if let missing = zip(["/api", "/apis"], roots).first(where: { $0.1 == nil }) {
            // Something between may have said so: what is not known is not absent.
            catalog.failures[""] = "there is no \(missing.0)"
        }
        for case let answer? in roots {
            let list = try read(answer)
            if Discovery.isAggregated(answer.contentType) {
                try Discovery.add(aggregated: list, to: &catalog)
            } else {
                try await add(try Discovery.versions(plain: list), to: &catalog)
            }
        }
        return catalog
    }

    /// One of the two roots; nil where the server has none of it.
    private func root(_ path: String) async -> Result<APIAnswer?, ClusterError> {
        var request = APIRequest(path: path)
        request.accept = Discovery.accept
        request.isMeasured = false
        switch await sendTelling(request) {
        case .success(let answer): return .success(answer)
        // `/api` of a server that serves custom resources only.
        case .failure(let failure) where failure.error.reason == .notFound: return .success(nil)
        case .failure(let failure): return .failure(failure.error)
        }
    }

    /// Reads versions one by one, many at once. One that fails is told of in the catalog; what concerns all is thrown.
    private func add(_ versions: [Discovery.Version], to catalog: inout APICatalog) async throws(ClusterError) {
        let found = await withTaskGroup(of: (Int, Result<[APIResource], ClusterError>).self) { group in
            for (index, version) in versions.enumerated() {
                group.addTask { (index, await self.resources(of: version)) }
            }
            return await group.reduce(into: [Int: Result<[APIResource], ClusterError>]()) { $0[$1.0] = $1.1 }
        }
        for (index, version) in versions.enumerated() {
            switch found[index] {
            case .success(let resources): catalog.resources += resources
            case .failure(let error) where [.unreachable, .untrusted, .unauthorized, .credentials].contains(error.reason):
                throw error
            case .failure(let error): catalog.failures[version.name] = error.message
            case nil: catalog.failures[version.name] = "it was not read"
            }
        }
    }

    private func resources(of version: Discovery.Version) async -> Result<[APIResource], ClusterError> {
        var request = APIRequest(path: APIPath.root(GroupVersionKind(group: version.group, version: version.version, kind: "")))
        request.patience = APIClient.patience
        request.isMeasured = false
        do throws(ClusterError) {
            return .success(try Discovery.resources(try read(try await send(request)), of: version))
        } catch {
            return .failure(error)
        }
    }
}
