import Notices
import Posix
import TestSupport
import Testing

@testable import Notifications

@Suite struct StatusTests {
    private let commit = "9a285ac30b9a285ac30b9a285ac30b9a285ac30b"

    private func settings(_ forge: String, _ receiver: Receiver, _ repository: String = "team/site") -> [(String, String)] {
        [("web.kind", forge), ("web.url", receiver.url + "/base/"), ("web.repository", repository), ("web.token", "t0k3n")]
    }

    private func notice(
        _ kind: Notice.Kind, _ cause: String = "a", seconds: Int64 = 0, _ summary: String = "9a285ac30b in 0.016s"
    ) throws -> Notice {
        var notice = try sample(kind, cause: cause, seconds: seconds, summary)
        notice.commit = commit
        return notice
    }

    @Test(arguments: [
        ("github", "team/site", "/base/repos/team/site", "authorization", "Bearer t0k3n", "failure"),
        ("gitlab", "a/b/site", "/base/api/v4/projects/a%2Fb%2Fsite", "private-token", "t0k3n", "failed"),
        ("gitea", "team/site", "/base/api/v1/repos/team/site", "authorization", "token t0k3n", "failure"),
    ]) func theCommitGetsAStatus(
        _ forge: String, _ repository: String, _ path: String, _ header: String, _ value: String, _ failure: String
    ) async throws {
        let receiver = try Receiver { _, _ in .answer(201, [], "{}") }
        defer { receiver.close() }
        let post = try Post()
        let other = try sample(.recovered, of: "staging", cause: "c", seconds: 2)
        try post.put(try notice(.failed), other)
        let all = channels(settings(forge, receiver, repository))
        #expect(all.map(\.place) == ["127.0.0.1:\(receiver.port) \(repository)"])
        _ = try await post.sender(all).flush()
        try post.put(try notice(.deployed, "b", seconds: 1, String(repeating: "ö", count: 200)))
        _ = try await post.sender(all).flush()
        let requests = receiver.requests
        #expect(requests.map { "\($0.method) \($0.path)" } == Array(repeating: "POST \(path)/statuses/\(commit)", count: 2))
        #expect(requests.allSatisfy { $0.headers[header] == value })
        #expect(requests.first?.body == #"{"context":"git-ops/production","description":"failed: 9a285ac30b in 0.016s","state":"\#(failure)"}"#)
        let long = "deployed: " + String(repeating: "ö", count: 129) + "…"
        #expect(requests.last?.body == #"{"context":"git-ops/production","description":"\#(long)","state":"success"}"#)
    }

    @Test(arguments: [("github", "failure"), ("gitlab", "failed"), ("gitea", "failure")])
    func aCommitThatIsNotFollowedGetsTheReason(_ forge: String, _ state: String) async throws {
        let receiver = try Receiver { _, _ in .answer(201, [], "{}") }
        defer { receiver.close() }
        let post = try Post()
        var refused = try notice(.held, "a", "9a285ac30b of main is not followed: it is not signed")
        refused.reason = "it is not signed"
        refused.branch = "main"
        // Nothing can be fetched: there is no commit to say it of.
        try post.put(refused, try sample(.held, cause: "b", seconds: 1, "main is not followed: it cannot be fetched"))
        #expect(try await post.sender(channels(settings(forge, receiver))).flush().map(\.lost.count) == [0])
        #expect(receiver.requests.map(\.body) == [#"{"context":"git-ops/production","description":"held: it is not signed","state":"\#(state)"}"#])
    }

    @Test func aTrialAsksForTheRepository() async throws {
        let receiver = try Receiver { request, _ in request.path == "/base/repos/team/site" ? .answer(200) : .answer(401, [], "bad t0k3n") }
        defer { receiver.close() }
        let message = Message(try sample(.test))
        let good = try channels(settings("github", receiver))[0].courier.get()
        #expect(await good.deliver(message) == .delivered)
        #expect(receiver.requests.map(\.method) == ["GET"])
        let bad = try channels(settings("gitea", receiver))[0].courier.get()
        let outcome = await bad.deliver(message)
        #expect(outcome.trouble?.message == "127.0.0.1:\(receiver.port) answered 401: bad …")
    }

    /// A failure that is sent again late must not hide that it is deployed by now.
    @Test func theLatestWordCounts() async throws {
        let receiver = try Receiver { _, number in number == 0 ? .answer(502) : .answer(201) }
        defer { receiver.close() }
        let post = try Post()
        let all = channels(settings("github", receiver))
        try post.put(try notice(.failed))
        _ = try await post.sender(all).flush()
        try post.put(try notice(.deployed, "b", seconds: 1))
        _ = try await post.sender(all).flush()
        _ = try await post.sender(all, after: 3600).flush()
        #expect(receiver.requests.map { $0.body.contains("success") } == [false, true])
        #expect(post.waiting("web").isEmpty)
    }

    @Test(arguments: [
        ([("web.repository", "site")], "is no name of a repository"), ([("web.repository", "a/../b")], "is no name of a repository"),
        ([("web.repository", "a/b?c")], "is no name of a repository"), ([("web.repository", "a/b/c")], "is no name of a repository"),
        ([("web.token", "a b")], "web.token is no token"), ([("web.url", "http://git.example.org")], "is not encrypted"),
        ([("web.tokenFile", "/nonexistent")], "both opsChannel.web.token and"), ([("web.secret", "x")], "is no setting"),
    ] as [([(String, String)], String)])
    func whatIsWrongIsSaid(_ more: [(String, String)], _ words: String) throws {
        let all = channels([("web.kind", "github"), ("web.repository", "a/b"), ("web.token", "t0k3n")] + more)
        guard case .failure(let trouble) = try #require(all.first).courier else {
            Issue.record("it is taken")
            return
        }
        #expect(trouble.message.contains(words), "\(trouble)")
    }
}
