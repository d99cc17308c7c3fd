import Kubernetes
import KubernetesModel
import Testing

@Suite(.enabled(if: APIServer.isThere)) struct DiscoveryTests {
    @Test func theCatalogNamesWhatIsServed() async throws {
        try await withClient { client in
            let catalog = try await client.catalog(fresh: false)
            #expect(catalog.failures.isEmpty)
            let found = catalog.resources.first { $0.kind == deployments.kind }
            #expect(found?.name == "deployments")
            #expect(found?.isNamespaced == true)
            #expect(found?.verbs.isSuperset(of: ["get", "list", "patch", "watch", "delete"]) == true)
            #expect(catalog.resources.first { $0.kind == namespaces.kind }?.isNamespaced == false)
            #expect(catalog.resources.allSatisfy { !$0.name.contains("/") })
        }
    }

    @Test func bothFormsOfDiscoverySayTheSame() async throws {
        let front = try await Front { _, _ in .accepting("application/json") }
        let plain = try await withClient(nil, front.access()) { client in try await client.catalog(fresh: false) }
        #expect(await front.seen.count > 10)
        let any = try await withClient { client in try await client.catalog(fresh: false) }
        #expect(plain.failures.isEmpty)
        #expect(Set(plain.resources) == Set(any.resources))
        #expect(plain.resources.count == any.resources.count)
        // The order of versions within a group is the server's.
        for group in Set(any.resources.map(\.kind.group)) {
            let orders = [plain, any].map { catalog in
                catalog.resources.filter { $0.kind.group == group }.reduce(into: [String]()) {
                    if !$0.contains($1.kind.version) { $0.append($1.kind.version) }
                }
            }
            #expect(orders[0] == orders[1])
        }
    }

    @Test func theCatalogIsRemembered() async throws {
        let front = try await Front()
        try await withClient(nil, front.access()) { client in
            async let one = client.catalog(fresh: false)
            async let two = client.catalog(fresh: false)
            _ = try await (one, two)
            let before = await front.seen.count
            _ = try await client.catalog(fresh: false)
            #expect(await front.seen.count == before)
            _ = try await client.catalog(fresh: true)
            #expect(await front.seen.count > before)
        }
    }

    @Test func aGroupThatFailsIsUnknownAndNotAbsent() async throws {
        let front = try await Front { request, _ in
            request.path == "/apis/apps/v1" ? .answer(403, [("content-type", "text/plain")], "no") : .accepting("application/json")
        }
        try await withClient(nil, front.access()) { client in
            let catalog = try await client.catalog(fresh: false)
            #expect(Array(catalog.failures.keys) == ["apps/v1"])
            #expect(!catalog.resources.contains { $0.kind.group == "apps" })
            #expect(catalog.resources.contains { $0.kind.kind == "ConfigMap" })
        }
    }

    @Test func aStaleGroupIsUnknown() async throws {
        let type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        let empty = #"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[]}"#
        let groups = #"""
            {"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[
            {"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale","resources":[
            {"resource":"pods","responseKind":{"group":"","version":"","kind":"PodMetrics"},"scope":"Namespaced","verbs":["get"]}]}]},
            {"metadata":{"name":"example.org"},"versions":[{"version":"v2","freshness":"Current","resources":[
            {"resource":"toys","responseKind":{"group":"","version":"","kind":"Toy"},"scope":"Cluster","verbs":["get"],
            "subresources":[{"subresource":"status","responseKind":null,"verbs":["get"]}]},
            {"resource":"nothings","responseKind":null,"scope":"Cluster","verbs":[]}]}]}]}
            """#
        let front = try await Front { request, _ in .answer(200, [("content-type", type)], request.path == "/api" ? empty : groups) }
        try await withClient(nil, front.access()) { client in
            let catalog = try await client.catalog(fresh: false)
            #expect(Array(catalog.failures.keys) == ["metrics.k8s.io/v1beta1"])
            #expect(
                catalog.resources == [
                    APIResource(
                        kind: GroupVersionKind(group: "example.org", version: "v2", kind: "Toy"), name: "toys", isNamespaced: false,
                        verbs: ["get"])
                ])
        }
        #expect(await front.seen.count == 2)
    }

    @Test func whatServesNoAPIHasNoCatalog() async throws {
        let front = try await Front { _, _ in .answer(404, [], "404 page not found") }
        try await withClient(nil, front.access()) { client in
            let error = try await failure { _ = try await client.catalog(fresh: false) }
            #expect(error.reason == .notFound)
        }
    }
}
