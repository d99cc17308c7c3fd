import Deployments
import Git
import Posix
import Rendering
import Testing

private let source = ObjectID(hex: String(repeating: "1a", count: 20)) ?? .zero

@Suite struct DeploymentTextTests {
    private func deployment() -> Deployment {
        Deployment(
            environment: "production", identifier: Identifier(at: Moment(milliseconds: 1_795_408_812_123)), number: 7,
            source: source, sourceReference: "refs/heads/main", sourceSubject: "Serve: the page", result: .failed,
            trigger: .push, actor: Actor(name: "alice", source: "gitolite"), started: Moment(milliseconds: 1_795_408_812_123),
            duration: 1.2034, created: 1, changed: 2, pruned: 3, reason: "reload failed: exit code 1", note: "because")
    }

    private func read(_ message: String) -> Deployment? {
        let someone = Signature(name: "x", email: "x", seconds: 0)
        return Deployment(Commit(id: .zero, tree: .zero, parents: [], author: someone, committer: someone, message: message))
    }

    @Test func isReadAsItWasWritten() throws {
        let deployment = deployment()
        let again = try #require(read(deployment.message))
        #expect(again.identifier == deployment.identifier)
        #expect(again.number == 7)
        #expect(again.source == source)
        #expect(again.sourceSubject == "Serve: the page")
        #expect(again.result == .failed)
        #expect(again.actor == deployment.actor)
        #expect(again.started == deployment.started)
        #expect(again.duration == 1.203)
        #expect([again.created, again.changed, again.pruned] == [1, 2, 3])
        #expect(again.reason == deployment.reason)
        #expect(again.note == "because")
    }

    /// Nothing that comes from outside may add a trailer of its own or reach a terminal raw.
    @Test func nothingFromOutsideCanForgeATrailer() throws {
        var deployment = deployment()
        let hostile = "x\n\nResult: deployed\nNumber: 99\u{1b}[2J\r\u{202e}"
        deployment.sourceSubject = hostile
        deployment.reason = hostile
        deployment.note = hostile
        deployment.sourceReference = hostile
        deployment.actor = Actor(name: hostile, source: hostile)
        deployment.details = [hostile, "Result: deployed"]
        let again = try #require(read(deployment.message))
        #expect(again.result == .failed)
        #expect(again.number == 7)
        #expect(deployment.message.split(separator: "\n").count { $0.hasPrefix("Result: ") } == 1)
        #expect(!deployment.message.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }

    @Test(arguments: ["Environment", "Deployment", "Number", "Source-Commit", "Result", "Trigger", "Started"])
    func aMessageThatLacksATrailerIsNoDeployment(key: String) {
        let lines = deployment().message.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(read(lines.filter { !$0.hasPrefix(key + ":") }.joined(separator: "\n")) == nil)
    }
}

@Suite struct EventTests {
    private func event(_ values: [Event.Pair] = []) -> Event {
        Event(
            time: Moment(milliseconds: 1_795_408_812_123), identifier: Identifier(at: Moment(milliseconds: 5)),
            environment: "production", kind: .deployed, commit: source, values: values)
    }

    @Test(arguments: ["plain", "two words", "quo\"te", "back\\slash", "a=b", "", "ünïcode", "trailing\\"])
    func isReadAsItWasWritten(value: String) throws {
        let event = event([.init("actor", value), .init("duration", "1.2s")])
        #expect(Event(line: event.line) == event)
    }

    @Test func isOneLineThatBeginsWithItsTime() {
        let line = event([.init("reason", "a\nb\u{1b}[31mc")]).line
        #expect(line.hasPrefix("2026-11-23T04:40:12.123Z id="))
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test(arguments: ["", "hello", "2026-11-23T04:40:12.123Z", "2026-11-23T04:40:12.123Z id=x env=a event=deployed commit=1"])
    func whatIsNotOursIsLeftAlone(line: String) {
        #expect(Event(line: line) == nil)
    }
}

@Suite struct RecordInventoryTests {
    @Test func isReadAsItWasWritten() throws {
        let inventory = RecordInventory(
            found: [RepositoryPath("etc"), RepositoryPath("with space\n")],
            left: [Resource(path: RepositoryPath(bytes: [0x61, 0xff]), mode: .executable, blob: source)],
            owner: "production-1", place: "cluster=1-2 namespace=shop")
        #expect(try RecordInventory(text: inventory.text) == inventory)
        #expect(try RecordInventory(text: RecordInventory().text) == RecordInventory())
    }

    @Test(arguments: ["", "nonsense", "git-ops-inventory 2\n", "git-ops-inventory 1\nfoo\n", "git-ops-inventory 1\nleft x\n"])
    func whatCannotBeReadIsNeverEmpty(text: String) {
        #expect(throws: GitError.self) { try RecordInventory(text: text) }
    }
}

@Suite struct ActorTests {
    private func actor(_ variables: [String: String]) -> String {
        Actor.identified(by: variables, localUser: "git") { _ in ("ann@laptop", "SHA256:abc") }.description
    }

    @Test(arguments: [
        (["GL_USER": "ann", "REMOTE_USER": "x"], "ann (gitolite)"), (["GL_USERNAME": "ann"], "ann (gitlab)"),
        (["GITEA_PUSHER_NAME": "ann"], "ann (gitea)"), (["REMOTE_USER": "ann"], "ann (http)"),
        (["SSH_CONNECTION": "203.0.113.7 1 2 3"], "git@203.0.113.7 (ssh)"), ([:], "git"), (["GL_USER": ""], "git"),
        (["REMOTE_USER": "a\nResult: deployed (x)"], "a Result: deployed x (http)"),
    ])
    func isWhoTheTransportNames(variables: [String: String], description: String) {
        #expect(actor(variables) == description)
        #expect(Actor(description).description == description)
    }
}

@Suite struct PlainTextTests {
    @Test(arguments: [
        ("90s", 90.0), ("5m", 300), ("1h", 3600), ("2d", 172_800), ("15", 15), ("0.5s", 0.5), ("", nil), ("0", nil), ("-1s", nil),
        ("5x", nil), ("1e9", nil), ("s", nil), ("nan", nil), ("1 m", nil),
    ])
    func durations(text: String, expected: Double?) {
        #expect(seconds(duration: text) == expected)
    }

    @Test(arguments: [
        ("plain", "plain"), ("a\nb\r\nc", "a b c"), ("\u{1b}[31mred", "[31mred"), ("  x  ", "x"), ("a\u{202e}b", "a b"), ("", ""),
    ])
    func linesArePlain(text: String, expected: String) {
        #expect(plainLine(text) == expected)
    }

    @Test func longLinesAreCut() {
        #expect(plainLine(String(repeating: "x", count: 600)).count == 501)
    }

    @Test func streamsAreCutIntoLines() {
        var lines = LineSplitter(longest: 4)
        #expect(lines.take(Array("ab\ncd".utf8)).map { String(decoding: $0, as: UTF8.self) } == ["ab"])
        #expect(lines.take(Array("ef\n".utf8)).map { String(decoding: $0, as: UTF8.self) } == ["cdef"])
        #expect(lines.take(Array("123456".utf8)).map { String(decoding: $0, as: UTF8.self) } == ["1234"])
        #expect(lines.rest().map { String(decoding: $0, as: UTF8.self) } == ["56"])
        #expect(lines.rest().isEmpty)
    }
}
