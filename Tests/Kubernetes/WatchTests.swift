import Kubernetes
import KubernetesModel
import NIOConcurrencyHelpers
import Posix
import TestSupport
import Testing

@Suite(.enabled(if: APIServer.isThere)) struct WatchTests {
    private struct Enough: Error {}

    /// Watches until it was told of as many events.
    private func events(_ count: Int, _ client: APIClient, _ query: ObjectQuery, from version: String) async throws -> [String] {
        let found = NIOLockedValueBox<[String]>([])
        do {
            try await client.watch(query, from: version, timeout: 60) { event in
                let text =
                    switch event {
                    case .added(let object): "added \(object.kind) \(object.name ?? "")"
                    case .modified(let object): "modified \(object.kind) \(object.name ?? "")"
                    case .deleted(let object): "deleted \(object.kind) \(object.name ?? "")"
                    case .bookmark: "bookmark"
                    }
                let all = found.withLockedValue { found in
                    if text != "bookmark" { found.append(text) }
                    return found.count
                }
                if all == count { throw Enough() }
            }
        } catch is Enough {}
        return found.withLockedValue { $0 }
    }

    @Test(arguments: [false, true]) func whatHappensIsTold(_ metadataOnly: Bool) async throws {
        let name = metadataOnly ? "watch-metadata" : "watch"
        try await withClient(name) { client in
            let query = ObjectQuery(configMaps, namespace: name, labelSelector: "watched=yes", metadataOnly: metadataOnly)
            let list = try await client.list(query)
            async let told = events(3, client, query, from: list.resourceVersion)
            var object = configMap("one")
            object.set("metadata", "labels", to: ["watched": "yes"])
            _ = try await client.apply(object, configMaps, namespace: name, name: "one", ApplyOptions(fieldManager: "test"))
            object.set("data", "a", to: .string(String(repeating: "x", count: 300_000)))
            _ = try await client.apply(object, configMaps, namespace: name, name: "one", ApplyOptions(fieldManager: "test"))
            _ = try await client.delete(configMaps, namespace: name, name: "one", DeleteOptions())
            #expect(try await told == ["added ConfigMap one", "modified ConfigMap one", "deleted ConfigMap one"])
        }
    }

    @Test func theServerEndsAWatchAfterABookmark() async throws {
        try await withClient("bookmarks") { client in
            @Sendable func make(_ name: String) async throws {
                _ = try await client.apply(configMap(name), configMaps, namespace: "bookmarks", name: name, ApplyOptions(fieldManager: "test"))
            }
            let list = try await client.list(ObjectQuery(configMaps, namespace: "bookmarks"))
            try await make("one")
            let bookmarks = NIOLockedValueBox(0)
            // A bookmark comes two seconds before the end, where something of the kind was changed since the watch began
            // (`cacheWatcher` of k8s.io/apiserver/pkg/storage/cacher).
            try await client.watch(ObjectQuery(configMaps, namespace: "bookmarks"), from: list.resourceVersion, timeout: 15) { event in
                switch event {
                case .added(let object) where object.name == "one": try await make("two")
                case .bookmark(let version) where Int(version) != nil: bookmarks.withLockedValue { $0 += 1 }
                default: break
                }
            }
            #expect(bookmarks.withLockedValue { $0 } > 0)
        }
    }

    @Test(arguments: [true, false]) func aVersionThatIsTooOldIsGone(_ isEvent: Bool) async throws {
        let status =
            #"{"kind":"Status","apiVersion":"v1","status":"Failure","code":410,"reason":"Expired","message":"too old resource version: 1 (7)"}"#
        let types = [("content-type", "application/json")]
        let front = try await Front { _, _ in
            isEvent ? .answer(200, types, #"{"type":"ERROR","object":\#(status)}"# + "\n") : .answer(410, types, status)
        }
        try await withClient(nil, front.access()) { client in
            let error = try await failure { try await client.watch(ObjectQuery(configMaps), from: "1", timeout: 10) { _ in } }
            #expect(error.reason == .gone)
            #expect(error.status == 410)
            #expect(error.message == "too old resource version: 1 (7)")
        }
        let path = await front.seen.first?.path
        #expect(path == "/api/v1/configmaps?watch=true&allowWatchBookmarks=true&timeoutSeconds=10&resourceVersion=1")
    }

    @Test func anEventThatIsCutOffIsNoEnd() async throws {
        let front = try await Front { _, _ in .answer(200, [("content-type", "application/json")], #"{"type":"ADDED","obj"#) }
        try await withClient(nil, front.access()) { client in
            let error = try await failure { try await client.watch(ObjectQuery(configMaps), from: "1", timeout: 10) { _ in } }
            #expect(error.reason == .unreachable)
            #expect(error.mayPass)
        }
    }

    @Test func aLostConnectionIsThrown() async throws {
        let server = try await APIServer.shared()
        let wire = try await Wire(to: server.port)
        try await withClient("watch-cut", server.access(port: UInt16(wire.port))) { client in
            let list = try await client.list(ObjectQuery(configMaps, namespace: "watch-cut"))
            _ = try await client.create(configMap("one"), configMaps, namespace: "watch-cut", fieldManager: "test", dryRun: false)
            let begun = monotonicSeconds()
            let error = try await failure {
                try await client.watch(ObjectQuery(configMaps, namespace: "watch-cut"), from: list.resourceVersion, timeout: 60) { _ in
                    wire.cut()
                }
            }
            #expect(error.reason == .unreachable)
            #expect(error.mayPass)
            #expect(monotonicSeconds() - begun < 600)
            // And the next one has a connection again.
            _ = try await client.version()
        }
    }

    @Test func aSilentConnectionIsALostOne() async throws {
        let server = try await APIServer.shared()
        let wire = try await Wire(to: server.port)
        try await withClient("watch-idle", server.access(port: UInt16(wire.port)), options: .patient(idleTimeout: 2)) {
            client in
            let list = try await client.list(ObjectQuery(configMaps, namespace: "watch-idle"))
            _ = try await client.create(configMap("one"), configMaps, namespace: "watch-idle", fieldManager: "test", dryRun: false)
            let begun = monotonicSeconds()
            let error = try await failure {
                try await client.watch(ObjectQuery(configMaps, namespace: "watch-idle"), from: list.resourceVersion, timeout: 60) { _ in
                    wire.freeze()
                }
            }
            #expect(error.reason == .unreachable)
            #expect(monotonicSeconds() - begun < 600)
        }
    }

    @Test func aCancelledWatchEndsAtOnce() async throws {
        try await withClient("watch-cancel") { client in
            let list = try await client.list(ObjectQuery(configMaps, namespace: "watch-cancel"))
            let task = Task {
                try await client.watch(ObjectQuery(configMaps, namespace: "watch-cancel"), from: list.resourceVersion, timeout: 60) { _ in }
            }
            try await Task.sleep(for: .milliseconds(500))
            let begun = monotonicSeconds()
            task.cancel()
            _ = await task.result
            #expect(monotonicSeconds() - begun < 600)
        }
    }

    @Test func manyWatchesLeaveRoomForRequests() async throws {
        try await withClient("watch-many") { client in
            let list = try await client.list(ObjectQuery(configMaps, namespace: "watch-many"))
            await withThrowingTaskGroup(of: Void.self) { group in
                let begun = NIOLockedValueBox(0)
                for _ in 0..<130 {
                    group.addTask {
                        try await client.watch(ObjectQuery(configMaps, namespace: "watch-many"), from: list.resourceVersion, timeout: 60) {
                            event in
                            if case .added = event { begun.withLockedValue { $0 += 1 } }
                        }
                    }
                }
                do {
                    _ = try await client.create(configMap("one"), configMaps, namespace: "watch-many", fieldManager: "test", dryRun: false)
                    let end = monotonicSeconds() + 30
                    while begun.withLockedValue({ $0 }) < 130, monotonicSeconds() < end { try await Task.sleep(for: .milliseconds(20)) }
                    _ = try await client.version()
                } catch {
                    Issue.record(error)
                }
                #expect(begun.withLockedValue { $0 } == 130)
                group.cancelAll()
            }
        }
    }
}

extension JSON {
    fileprivate var kind: String { self["kind"]?.string ?? "" }
}
