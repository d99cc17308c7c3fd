import Kubeconfig
import Kubernetes
import KubernetesModel
import NIOConcurrencyHelpers
import Posix
import TestSupport
import Testing

@Suite(.enabled(if: APIServer.isThere)) struct FaultTests {
    /// What a client was told of its waits.
    private final class Waits: Sendable {
        let told = NIOLockedValueBox<[String]>([])
        var options: APIClient.Options { .init(variables: [:], tellsWait: { [told] text in told.withLockedValue { $0.append(text) } }) }
        var all: [String] { told.withLockedValue { $0 } }
    }

    private static func status(_ code: Int, _ reason: String, _ message: String, details: String = "{}") -> String {
        #"{"kind":"Status","apiVersion":"v1","status":"Failure","code":\#(code),"reason":"\#(reason)","message":"\#(message)","details":\#(details)}"#
    }

    private static let json = [("content-type", "application/json")]

    @Test func aServerThatAsksToWaitIsWaitedFor() async throws {
        let front = try await Front { _, number in
            switch number {
            case 0: .answer(429, [("retry-after", "1"), ("content-type", "text/plain")], "Too many requests, please try again later.")
            case 1:
                .answer(503, FaultTests.json, FaultTests.status(503, "ServiceUnavailable", "not yet", details: #"{"retryAfterSeconds":1}"#))
            default: nil
            }
        }
        let waits = Waits()
        let begun = monotonicSeconds()
        try await withClient(nil, front.access(), options: waits.options) { client in
            // What the server did not begin may be sent again, whatever it is.
            _ = try await client.create(configMap("waited-for"), configMaps, namespace: "default", fieldManager: "test", dryRun: true)
        }
        #expect(monotonicSeconds() - begun >= 2)
        #expect(waits.all == ["the server asks to wait 1 s", "the server asks to wait 1 s"])
        #expect(await front.seen.count == 3)
    }

    @Test(arguments: [
        "etcdserver: leader changed", "etcdserver: request timed out",
        "Internal error occurred: failed calling webhook \\\"a.b\\\": Post \\\"https://a.b\\\": context deadline exceeded",
    ]) func faultsThatPassAreTriedAgain(_ message: String) async throws {
        let front = try await Front { _, number in
            number < 2 ? .answer(500, FaultTests.json, FaultTests.status(500, "InternalError", message)) : nil
        }
        try await withClient(nil, front.access()) { client in
            let found = try await client.get(configMaps, namespace: "default", name: "absent")
            #expect(found == nil)
        }
        #expect(await front.seen.count == 3)
    }

    @Test func otherFaultsAreNot() async throws {
        let front = try await Front { _, _ in .answer(500, FaultTests.json, FaultTests.status(500, "InternalError", "a bug")) }
        try await withClient(nil, front.access()) { client in
            let error = try await failure { _ = try await client.version() }
            #expect(error.reason == .other)
            #expect(error.message == "a bug")
            #expect(!error.mayPass)
        }
        #expect(await front.seen.count == 1)
    }

    @Test func afterTheDeadlineTheLastErrorIsTold() async throws {
        let front = try await Front { _, _ in .answer(503, [], "<html><body><h1>503</h1>\n no  backend</body></html>") }
        let begun = monotonicSeconds()
        try await withClient(nil, front.access(), options: .init(deadline: 8, variables: [:])) { client in
            let error = try await failure { _ = try await client.version() }
            #expect(error.reason == .unavailable)
            #expect(error.mayPass)
            #expect(error.message == "127.0.0.1:\(front.port) answers 503 and no Status: '503 no backend'")
        }
        #expect(monotonicSeconds() - begun < 600)
        #expect(await front.seen.count > 1)
    }

    @Test func whatMayBeRepeatedIsRepeatedWhenItsAnswerIsLost() async throws {
        try await withClient("lost") { _ in }
        let front = try await Front { _, number in number == 0 ? .forwardAndCut : nil }
        try await withClient(nil, front.access()) { client in
            let made = try await client.apply(
                configMap("one"), configMaps, namespace: "lost", name: "one", ApplyOptions(fieldManager: "test"))
            #expect(await front.seen.count == 2)

            await front.setFault { _, number in number == 0 ? .forwardAndCut : nil }
            // The first deleted it, and the second finds nothing: there was one.
            #expect(try await client.delete(configMaps, namespace: "lost", name: "one", DeleteOptions(uid: made.uid)))
            #expect(await front.seen.count == 2)
        }
    }

    @Test func whatMustNotHappenTwiceIsNotRepeated() async throws {
        try await withClient("twice") { _ in }
        let front = try await Front { _, _ in .forwardAndCut }
        try await withClient(nil, front.access()) { client in
            let error = try await failure {
                _ = try await client.create(configMap("one"), configMaps, namespace: "twice", fieldManager: "test", dryRun: false)
            }
            #expect(error.reason == .unreachable)
            #expect(error.mayPass)
            #expect(await front.seen.count == 1)

            let other = try await failure { _ = try await client.delete(configMaps, namespace: "twice", name: "one", DeleteOptions()) }
            #expect(other.reason == .unreachable)
            #expect(await front.seen.count == 2)

            await front.setFault { _, _ in .answer(503, [], "") }
            let third = try await failure {
                _ = try await client.patch(
                    [["op": "add", "path": "/data/a", "value": "2"]], configMaps, namespace: "twice", name: "one", fieldManager: "test",
                    dryRun: false)
            }
            #expect(third.reason == .unavailable)
            #expect(await front.seen.count == 1)
        }
    }

    @Test func aSilentServerIsGivenUp() async throws {
        let front = try await Front { _, _ in .silence }
        try await withClient(nil, front.access(), options: .init(deadline: 1, variables: [:])) { client in
            let error = try await failure { _ = try await client.version() }
            #expect(error.reason == .unreachable)
            #expect(error.message == "127.0.0.1:\(front.port) did not answer within 1 s")
        }
    }

    @Test func aCancelledRequestEndsAtOnce() async throws {
        let front = try await Front { _, _ in .silence }
        try await withClient(nil, front.access()) { client in
            let begun = monotonicSeconds()
            let task = Task { try await client.version() }
            try await Task.sleep(for: .milliseconds(200))
            task.cancel()
            let error = await task.result
            #expect(throws: ClusterError.self) { _ = try error.get() }
            #expect(monotonicSeconds() - begun < 600)
        }
    }

    @Test func thatNobodyListensIsSaidSoon() async throws {
        let port = try freePort()
        let access = ClusterAccess(server: "https://127.0.0.1:\(port)", credentials: Fixed(Credentials()))
        let begun = monotonicSeconds()
        try await withClient(nil, access, options: .patient(firstContact: 1)) { client in
            let error = try await failure { _ = try await client.version() }
            #expect(error.reason == .unreachable)
            #expect(error.message == "127.0.0.1:\(port) refuses connections")
            #expect(error.mayPass)
        }
        #expect(monotonicSeconds() - begun < 600)
    }

    @Test func aNameWithoutAddressIsSaid() async throws {
        let access = ClusterAccess(server: "https://nowhere.invalid:6443", credentials: Fixed(Credentials()))
        try await withClient(nil, access, options: .patient(firstContact: 0)) { client in
            let error = try await failure { _ = try await client.version() }
            #expect(error.reason == .unreachable)
            #expect(error.message.contains("nowhere.invalid:6443"))
        }
    }

    @Test func whatIsNoAnswerOfTheAPIIsSaidToBeNone() async throws {
        let front = try await Front { request, _ in
            .answer(request.path == "/version" ? 200 : 404, [("content-type", "text/html")], "<html>Welcome</html>")
        }
        try await withClient(nil, front.access()) { client in
            let error = try await failure { _ = try await client.version() }
            #expect(error.reason == .malformed)
            // Nobody of the API said that it is not there.
            let other = try await failure { _ = try await client.get(configMaps, namespace: "default", name: "one") }
            #expect(other.reason == .notFound)
            #expect(other.message == "127.0.0.1:\(front.port) answers 404 and no Status: 'Welcome'")
            await front.setFault { _, _ in .answer(302, [("location", "https://login.example.org")], "") }
            let third = try await failure { _ = try await client.version() }
            #expect(third.reason == .malformed)
            #expect(await front.seen.count == 1)
        }
    }

    @Test func workGoesOnThroughLostConnections() async throws {
        let server = try await APIServer.shared()
        let wire = try await Wire(to: server.port)
        try await withClient("cuts", server.access(port: UInt16(wire.port))) { client in
            let cutting = Task {
                for _ in 0..<10 {
                    try await Task.sleep(for: .milliseconds(100))
                    wire.cut()
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let name = "map-\(number)"
                        _ = try await client.apply(
                            configMap(name), configMaps, namespace: "cuts", name: name, ApplyOptions(fieldManager: "test"))
                        try await Task.sleep(for: .milliseconds(number * 5))
                        let read = try await client.get(configMaps, namespace: "cuts", name: name)
                        #expect(read != nil)
                    }
                }
                try await group.waitForAll()
            }
            try await cutting.value
            let list = try await client.list(ObjectQuery(configMaps, namespace: "cuts"))
            #expect(list.items.count { $0.name?.hasPrefix("map-") == true } == 200)
            #expect(wire.connections > 1)
        }
    }

    @Test func aDeadConnectionIsNoticed() async throws {
        let server = try await APIServer.shared()
        let wire = try await Wire(to: server.port)
        try await withClient(nil, server.access(port: UInt16(wire.port)), options: .patient(pingInterval: 1)) { client in
            _ = try await client.version()
            // It answers to pings as long as it lives; once in a while the server gives it up by itself.
            try await Task.sleep(for: .seconds(3))
            _ = try await client.version()
            #expect(wire.connections <= 2)
            wire.freeze()
            let begun = monotonicSeconds()
            _ = try await client.version()
            #expect(monotonicSeconds() - begun < 600)
        }
    }

    @Test func aProxyIsGoneThrough() async throws {
        let server = try await APIServer.shared()
        let wire = try await Wire(to: server.port, isProxy: true)
        var access = try server.access()
        access.proxy = "http://127.0.0.1:\(wire.port)"
        try await withClient(nil, access) { client in _ = try await client.version() }
        #expect(wire.connections > 0)
        let before = wire.connections
        // The certificate is that of the server's address, not that of the proxy's.
        access.server = "https://10.1.2.3:6443"
        try await withClient(nil, access) { client in
            let error = try await failure { _ = try await client.version() }
            #expect(error.reason == .untrusted)
            #expect(error.message.contains("is not for 10.1.2.3"))
        }
        access.proxy = nil
        access.tlsServerName = APIServer.otherName
        let variables = ["HTTPS_PROXY": "http://127.0.0.1:\(wire.port)"]
        access.server = "https://cluster.example.test:6443"
        try await withClient(nil, access, options: .init(variables: variables)) { client in _ = try await client.version() }
        #expect(wire.connections > before)
    }
}
