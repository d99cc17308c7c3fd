import Kubernetes
import KubernetesModel
import NIOConcurrencyHelpers
import Testing

@Suite(.enabled(if: APIServer.isThere)) struct ListTests {
    @Test func listsAreReadInChunks() async throws {
        try await withClient("chunks") { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<507 {
                    group.addTask {
                        var object = configMap("map-\(number)", ["text": .string(String(repeating: "x", count: 400))])
                        object.set("metadata", "labels", to: ["parity": .string(number % 2 == 0 ? "even" : "odd")])
                        _ = try await client.create(object, configMaps, namespace: "chunks", fieldManager: "test", dryRun: false)
                    }
                }
                try await group.waitForAll()
            }
            let list = try await client.list(ObjectQuery(configMaps, namespace: "chunks", labelSelector: "parity"))
            #expect(list.items.count == 507)
            #expect(Set(list.items.map(\.name)).count == 507)
            #expect(list.items.allSatisfy { $0.groupVersionKind == configMaps.kind })
            #expect(Int(list.resourceVersion) != nil)

            let odd = try await client.list(ObjectQuery(configMaps, namespace: "chunks", labelSelector: "parity in (odd),parity!=even"))
            #expect(odd.items.count == 253)

            let partial = try await client.list(
                ObjectQuery(configMaps, namespace: "chunks", labelSelector: "parity=odd", metadataOnly: true))
            #expect(partial.items.count == 253)
            #expect(partial.items.allSatisfy { $0.groupVersionKind == configMaps.kind && $0["data"] == nil && $0.uid != nil })

            let everywhere = try await client.list(ObjectQuery(configMaps, labelSelector: "parity=odd"))
            #expect(everywhere.items.count == 253)
        }
    }

    @Test(arguments: [2, 1000]) func aListWhoseVersionIsGoneBeginsAnew(_ times: Int) async throws {
        try await withClient("anew-\(times)") { client in
            _ = try await client.create(configMap("one"), configMaps, namespace: "anew-\(times)", fieldManager: "test", dryRun: false)
        }
        let gone = #"{"kind":"Status","apiVersion":"v1","status":"Failure","code":410,"reason":"Expired","message":"too old"}"#
        let first =
            #"{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1","continue":"abc=&d"},"items":[{"metadata":{"name":"stale"}}]}"#
        let refused = NIOLockedValueBox(0)
        // Its first chunk is of a version that is gone when the second is asked for.
        let front = try await Front { request, _ in
            if request.path.contains("continue=abc%3D%26d") {
                refused.withLockedValue { $0 += 1 }
                return .answer(410, [("content-type", "application/json")], gone)
            }
            if request.path.contains("limit="), refused.withLockedValue({ $0 }) < times {
                return .answer(200, [("content-type", "application/json")], first)
            }
            return nil
        }
        try await withClient(nil, front.access()) { client in
            let list = try await client.list(ObjectQuery(configMaps, namespace: "anew-\(times)"))
            #expect(list.items.contains { $0.name == "one" })
            #expect(!list.items.contains { $0.name == "stale" })
        }
        #expect(refused.withLockedValue { $0 } == min(times, 3))
        #expect(await front.seen.last?.path.contains("limit=") == (times < 3))
    }

    @Test func metadataIsTakenFromWholeObjectsOfAServerThatKnowsNoLess() async throws {
        try await withClient("whole") { client in
            _ = try await client.create(configMap("one"), configMaps, namespace: "whole", fieldManager: "test", dryRun: false)
        }
        let front = try await Front { _, _ in .accepting("application/json") }
        try await withClient(nil, front.access()) { client in
            let list = try await client.list(ObjectQuery(configMaps, namespace: "whole", metadataOnly: true))
            let one = list.items.first { $0.name == "one" }
            #expect(one?.groupVersionKind == configMaps.kind)
            #expect(one?["data"] == nil)
        }
    }
}
