import KubernetesModel

extension APIClient {
    /// Objects of one chunk, as client-go's pager has it.
    private static let chunk = 500
    /// How often a list is begun anew when its version is too old, before it is read at once.
    private static let beginnings = 3

    public func list(_ query: ObjectQuery) async throws(ClusterError) -> ObjectList {
        var old: ClusterError?
        for _ in 0..<APIClient.beginnings {
            do throws(ClusterError) {
                return try await list(query, limit: min(APIClient.chunk, query.most ?? .max))
            } catch {
                guard error.reason == .gone else { throw error }
                old = error
            }
        }
        do throws(ClusterError) {
            return try await list(query, limit: nil)
        } catch {
            throw error.reason == .gone ? old ?? error : error
        }
    }

    private func list(_ query: ObjectQuery, limit: Int?) async throws(ClusterError) -> ObjectList {
        let path = try APIPath.collection(query.resource, namespace: query.namespace)
        var items: [JSON] = []
        var version: String?
        var next: String?
        repeat {
            var parameters: [(String, String)] = []
            if let selector = query.labelSelector { parameters.append(("labelSelector", selector)) }
            if let selector = query.fieldSelector { parameters.append(("fieldSelector", selector)) }
            if let limit { parameters.append(("limit", String(limit))) }
            if let next { parameters.append(("continue", next)) }
            var request = APIRequest(path: path + APIPath.query(parameters))
            if query.metadataOnly { request.accept = accepting("PartialObjectMetadataList") }
            request.isMeasured = false
            request.patience = query.patience
            let chunk = try read(try await send(request))
            guard let found = chunk["items"], found.array != nil || found.isNull, let metadata = chunk["metadata"] else {
                throw ClusterError(.malformed, "the list of \(query.resource.name) has no items")
            }
            items += (found.array ?? []).map { identified($0, query) }
            // That of the first: what follows is of the same version, and where it is not, a watch tells the rest.
            version = version ?? metadata["resourceVersion"]?.string
            next = metadata["continue"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        } while next != nil && items.count < query.most ?? .max
        return ObjectList(items: items, resourceVersion: version ?? "")
    }

    /// What asks for metadata alone; who does not know it answers with all.
    func accepting(_ kind: String) -> String { "application/json;as=\(kind);g=meta.k8s.io;v=v1,application/json" }

    /// An object of a list or of a watch, with what it is.
    func identified(_ object: JSON, _ query: ObjectQuery) -> JSON {
        let kind = query.resource.kind
        if query.metadataOnly {
            // `PartialObjectMetadata` names itself; or it is a whole object after all.
            return .object([
                "apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind), "metadata": object["metadata"] ?? .object([:]),
            ])
        }
        var object = object
        if (object["apiVersion"]?.string ?? "").isEmpty { object["apiVersion"] = .string(kind.apiVersion) }
        if (object["kind"]?.string ?? "").isEmpty { object["kind"] = .string(kind.kind) }
        return object
    }
}
