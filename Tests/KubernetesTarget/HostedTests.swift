import Glibc
import Kubeconfig
import Kubernetes
import KubernetesModel
import Manifests
import Posix
import Synchronization
import Testing
import TestSupport

@testable import KubernetesTarget

/// Conversations that are served by this process.
@Suite(.enabled(if: APIServer.isThere)) struct HostedTests {
    /// What git-ops holds of such a conversation.
    private final class Conversation {
        private var socket: FileDescriptor
        private var buffer: [UInt8] = []
        private let end: End

        private final class End: Sendable {
            let isOver = Mutex(false)
        }

        var isOver: Bool { end.isOver.withLock { $0 } }

        init(_ service: TargetService) throws {
            var ends: [Int32] = [-1, -1]
            guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { throw TestFailure("no sockets") }
            socket = FileDescriptor(owning: ends[0])
            let (descriptor, end) = (ends[1], End())
            self.end = end
            service.serve(descriptor, environment: testVariables(), note: { _ in }) {
                close(descriptor)
                end.isOver.withLock { $0 = true }
            }
            _ = try ask([["type": "hello", "protocol": "git-ops-target", "versions": [1]]])
        }

        func say(_ lines: [JSON]) throws { try socket.write(lines.flatMap { $0.bytes + [UInt8(ascii: "\n")] }) }

        func ask(_ lines: [JSON]) throws -> [JSON] {
            try say(lines)
            var answers: [JSON] = []
            while true {
                while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = try JSON(parsing: Array(buffer[..<end]))
                    buffer.removeSubrange(...end)
                    answers.append(line)
                    if line["error"] != nil || ["done", "content", "hello"].contains(line["type"]?.string ?? "") { return answers }
                }
                var polls = [pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)]
                guard poll(&polls, 1, 120_000) == 1 else { throw TestFailure("nothing is said") }
                let bytes = try socket.read()
                if bytes.isEmpty { throw TestFailure("it has ended") }
                buffer += bytes
            }
        }

        func hangUp() { socket = FileDescriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC)) }
    }

    /// A deployment of an environment that nothing is known of.
    private func plan(_ site: Site, _ manifests: [String], owned: [String: String] = [:]) throws -> [JSON] {
        var lines: [JSON] = [[
            "type": "plan", "environment": "production", "commit": "0", "tree": "0", "adopting": false, "timeout": 60,
            "owner": .string(site.owner), "configuration": .object(site.configuration.mapValues(JSON.string)),
        ]]
        for (path, id) in owned { lines.append(["type": "owned", "path": .string(path), "mode": "100644", "id": .string(id)]) }
        for text in manifests {
            lines.append([
                "type": "desired", "path": .string(try Site.path(text)), "mode": "100644", "id": .string(ManifestHash.id(text)),
                "text": .string(text), "file": "all.yaml", "line": 1,
            ])
        }
        return lines + [["type": "end"]]
    }

    private func apply(_ planned: [JSON], _ manifests: [String]) throws -> [JSON] {
        let texts = Dictionary(uniqueKeysWithValues: try manifests.map { (try Site.path($0), $0) })
        let changes = planned.filter { $0["type"] == "change" }.map { change -> JSON in
            var line: JSON = ["type": "change", "action": change["action"] ?? .null, "path": change["path"] ?? .null]
            if let text = texts[change["path"]?.string ?? ""] {
                line["mode"] = "100644"
                line["id"] = .string(ManifestHash.id(text))
                line["text"] = .string(text)
            }
            return line
        }
        return [["type": "apply"]] + changes + [["type": "end"]]
    }

    /// Does what blocks in a thread: those of the pool are for who is tested.
    private func inThread(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Posix.inThread { continuation.resume(with: Result { try body() }) }
        }
    }

    private let job = "{apiVersion: batch/v1, kind: Job, metadata: {name: j, annotations: {git-ops/recreate: 'true'}}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: a}]}}}}"

    @Test func whatWasBegunIsEndedWhenNobodyAsksAnyMore() async throws {
        let service = TargetService()
        try await inThread { try endAnyway(service) }
        #expect(await service.isIdle(within: 60))
    }

    private func endAnyway(_ service: TargetService) throws {
        let site = try Site("hosted")
        let conversation = try Conversation(service)
        let manifests = [job, configMap("a", "{}")]
        let planned = try conversation.ask(try plan(site, manifests))
        #expect(planned.count { $0["type"] == "change" } == 2 && planned.last?["type"] == "done", "\(planned)")
        #expect(try conversation.ask(try apply(planned, manifests)).last == ["type": "done"])
        // It has to be deleted and made anew, and that is held up.
        try site.kubectl("patch", "job/j", "-p", #"{"metadata":{"finalizers":["example.org/hold"]}}"#)
        let changed = [job.replacingFirst("image: a", "image: b")] + (0..<40).map { configMap("later\($0)", "{}") }
        let owned = Dictionary(uniqueKeysWithValues: try manifests.map { (try Site.path($0), ManifestHash.id($0)) })
        let again = try conversation.ask(try plan(site, changed, owned: owned))
        try #require(again.last?["type"] == "done", "\(again)")
        try conversation.say(try apply(again, changed))
        try eventually("it is being deleted") { try !site.field("job/j", ".metadata.deletionTimestamp").isEmpty }
        conversation.hangUp()
        // This process is still there, and is told when it may end.
        usleep(500_000)
        #expect(!conversation.isOver)
        try site.kubectl("patch", "job/j", "--type=json", "-p", #"[{"op":"remove","path":"/metadata/finalizers"}]"#)
        try eventually("it is over") { conversation.isOver }
        #expect(try site.field("job/j", ".spec.template.spec.containers[0].image") == "b")
    }

    @Test func oneThatNobodyListensToBeginsNothingNew() async throws {
        let service = TargetService()
        try await inThread { try beginNothing(service) }
    }

    private func beginNothing(_ service: TargetService) throws {
        let site = try Site("deaf")
        let conversation = try Conversation(service)
        let manifests = (0..<200).map { configMap("m\($0)", "{}") }
        let planned = try conversation.ask(try plan(site, manifests))
        try conversation.say(try apply(planned, manifests))
        conversation.hangUp()
        try eventually("it is over") { conversation.isOver }
        let made = try site.kubectl("get", "configmaps", "-l", "git-ops/owner=\(site.owner)", "-o", "name").split(separator: "\n").count
        #expect(made < 200, "\(made)")
    }

    @Test(.timeLimit(.minutes(10))) func aPlanThatNobodyWaitsForIsGivenUp() async throws {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { throw TestFailure("no sockets") }
        let (socket, served) = (ends[0], ends[1])
        defer { for end in [socket, served] { close(end) } }
        let cluster = FakeCluster([])
        cluster.state.withLock { $0.isSilent = true }
        let session = Session(input: LineInput(served), output: LineOutput(socket: served, note: { _ in })) { _ in
            Connection(cluster: cluster, namespace: "ns", server: "server")
        }
        let lines: [JSON] = [
            ["type": "plan", "environment": "production", "commit": "0", "tree": "0", "adopting": false, "timeout": 60, "owner": "me"], ["type": "end"],
        ]
        try FileDescriptor.write(lines.flatMap { $0.bytes + [UInt8(ascii: "\n")] }, to: socket)
        let gate = Task.detached {
            while !cluster.asked.contains("catalog") { await pause(seconds: 0.02) }
            shutdown(socket, Int32(SHUT_RDWR))
        }
        #expect(await session.run() == 0)
        await session.close()
        await gate.value
    }

    @Test func manyWatchAtOnceAndEndWhenToldTo() async throws {
        let service = TargetService()
        try await inThread { try watchTogether(service) }
        #expect(await service.isIdle(within: 60))
    }

    private func watchTogether(_ service: TargetService) throws {
        let site = try Site("many")
        let manifests = [configMap("a", "{}")]
        let first = try Conversation(service)
        let planned = try first.ask(try plan(site, manifests))
        #expect(try first.ask(try apply(planned, manifests)).last == ["type": "done"])
        let owned = Dictionary(uniqueKeysWithValues: try manifests.map { (try Site.path($0), ManifestHash.id($0)) })
        // More than there are processors: one that waits keeps no other waiting.
        let conversations = try (0..<40).map { _ in try Conversation(service) }
        for conversation in conversations {
            #expect(try conversation.ask(try plan(site, manifests, owned: owned)).last?["unchanged"] == 1)
            try conversation.say([["type": "watch"]])
        }
        for conversation in conversations.dropFirst() {
            #expect(try conversation.ask([["type": "cancel"]]).last?["cancelled"] == true)
        }
        try site.kubectl("patch", "configmap", "a", "-p", #"{"data":{"x":"y"}}"#)
        let stirred = try conversations[0].ask([])
        #expect(stirred.first?["path"]?.string?.hasSuffix("/ConfigMap/a.yaml") == true, "\(stirred)")
        for conversation in conversations { conversation.hangUp() }
        first.hangUp()
    }

    @Test func oneClientIsSharedByThoseThatHaveTheSameRights() async throws {
        let scratch = try Scratch("shared")
        func settings(_ name: String, _ text: String) throws -> Settings {
            var settings = Settings()
            settings.kubeconfig = try scratch.write(text, to: name)
            return settings
        }
        let clients = SharedClients()
        func open(_ settings: Settings, _ variables: [String: String] = [:]) throws -> Connection {
            try Connection.open(settings, environment: variables, clients)
        }
        let one = try settings("one", kubeconfig(port: 1))
        let (a, b) = (try open(one), try open(one))
        #expect(a.cluster as? APIClient === b.cluster as? APIClient)
        #expect(try open(one, ["HOME": "/elsewhere"]).cluster as? APIClient !== a.cluster as? APIClient)
        // The same file, with something else in it.
        let other = try open(try settings("one", kubeconfig(port: 2)))
        #expect(other.cluster as? APIClient !== a.cluster as? APIClient && other.server == "http://127.0.0.1:2")
        _ = try settings("one", kubeconfig(port: 1))
        await a.close()
        #expect(try open(one).cluster as? APIClient === b.cluster as? APIClient)
    }
}
