import Digests
import Glibc
import Posix
import TestSupport
import Testing

@testable import AgentService

@Suite(.timeLimit(.minutes(5))) struct HookTests {
    private static let body = #"{"ref":"refs/heads/main"}"#

    private static func code(_ secret: String, _ body: String = HookTests.body) -> String {
        SHA256.hmac(Array(body.utf8), key: Array(secret.utf8))
    }

    @Test(arguments: [
        (["X-Hub-Signature-256: sha256=\(code("two"))", "X-GitHub-Event: push"], "GitHub (push)"),
        (["X-Hub-Signature-256: sha256=\(code("one").uppercased())"], "GitHub"),
        (["X-Gitea-Signature: \(code("one"))", "X-Hub-Signature-256: sha256=\(code("one"))", "X-Gitea-Event: push", "X-GitHub-Event: push"], "Gitea (push)"),
        (["X-Forgejo-Signature: \(code("one"))", "X-Forgejo-Event: create", "X-Gitea-Event: create"], "Forgejo (create)"),
        (["X-Gitlab-Token: two", "X-Gitlab-Event: Push Hook"], "GitLab (Push Hook)"),
        (["X-Hub-Signature: sha256=\(code("two"))", "X-Event-Key: repo:push"], "Bitbucket (repo:push)"),
        (["X-Hub-Signature: sha1=0123", "X-Hub-Signature-256: sha256=\(code("two"))", "X-GitHub-Event: push"], "GitHub (push)"),
        (["X-Git-Ops-Signature-256: sha256=\(code("one"))", "X-Git-Ops-Event: deployed"], "git-ops (deployed)"),
        (["X-Gitlab-Token: one", "X-Gitlab-Event: <b>"], "GitLab"),
    ]) func whoHasASecretNudges(_ headers: [String], _ sender: String) async throws {
        try await EndpointSite.with(secrets: ["one", "two", ""]) { (site, _) async throws in
            let scratch = try Scratch("headers")
            let file = try scratch.write(headers.joined(separator: "\n") + "\n", to: "headers")
            let answer = try await site.ask("/hook", "-H", "@" + file, input: HookTests.body)
            #expect(answer.status == 202)
            #expect(answer.body == "the agent will look\n")
            #expect(site.nudges.lines == ["\(sender) from 127.0.0.1"])
            #expect(site.metrics.render().contains("git_ops_agent_hooks_total{result=\"accepted\"} 1\n"))
        }
    }

    @Test(arguments: [
        ([], 401), (["X-Hub-Signature-256: sha256=\(code("three"))"], 401), (["X-Hub-Signature-256: sha256=\(code("one", "another"))"], 401),
        (["X-Hub-Signature-256: sha256=\(code(""))"], 401), (["X-Gitlab-Token: three"], 401), (["X-Gitlab-Token;"], 401),
        (["X-Gitea-Signature;"], 401), (["X-Hub-Signature: sha1=\(code("one"))"], 401), (["X-Hub-Signature-256: \(code("one"))"], 400),
        (["X-Hub-Signature-256: sha256=\(code("one").dropLast())"], 400), (["X-Gitea-Signature: sha256=\(code("one"))"], 400),
        (["X-Gitea-Signature: \(code("one").dropLast())g"], 400), (["X-Hub-Signature-256: sha512=\(code("one"))"], 400),
    ] as [([String], Int)]) func whoHasNoneDoesNot(_ headers: [String], _ status: Int) async throws {
        try await EndpointSite.with(secrets: ["one", ""]) { (site, _) async throws in
            let scratch = try Scratch("headers")
            let file = try scratch.write(headers.joined(separator: "\n") + "\n", to: "headers")
            #expect(try await site.ask("/hook", "-H", "@" + file, input: HookTests.body).status == status)
            #expect(site.nudges.lines.isEmpty)
            #expect(site.metrics.render().contains("git_ops_agent_hooks_total{result=\"refused\"} 1\n"))
        }
    }

    @Test func aPingOnlyAsksWhetherAnybodyIsThere() async throws {
        try await EndpointSite.with(secrets: ["one"]) { (site, _) async throws in
            let signature = "X-Hub-Signature-256: sha256=\(HookTests.code("one"))"
            #expect(try await site.ask("/hook", "-H", signature, "-H", "X-GitHub-Event: ping", input: HookTests.body).status == 200)
            #expect(try await site.ask("/hook", "-H", "X-GitHub-Event: ping", input: HookTests.body).status == 401)
            #expect(try await site.ask("/hook", "-H", signature).status == 405)
            #expect(site.nudges.lines.isEmpty)
        }
    }

    @Test func whatIsSignedWithTheWrongDigestIsNotCalledUnsigned() async throws {
        try await EndpointSite.with(secrets: ["one"]) { (site, _) async throws in
            let weak = try await site.ask("/hook", "-H", "X-Hub-Signature: sha1=0123", input: HookTests.body)
            #expect(weak.status == 401 && weak.body == "it is signed with SHA-1 alone, and SHA-256 is asked for\n")
            let other = try await site.ask("/hook", "-H", "X-Hub-Signature: sha256=\(HookTests.code("two"))", input: HookTests.body)
            #expect(other.status == 401 && other.body == "its signature is of none of the secrets\n")
            let ping = try await site.ask(
                "/hook", "-H", "X-Hub-Signature: sha256=\(HookTests.code("one"))", "-H", "X-Event-Key: diagnostics:ping", input: HookTests.body)
            #expect(ping.status == 200)
        }
    }

    @Test func anEmptyBodyMayBeSigned() async throws {
        try await EndpointSite.with(secrets: ["one"]) { (site, _) async throws in
            #expect(try await site.ask("/hook", "-X", "POST", "-H", "X-Gitea-Signature: \(HookTests.code("one", ""))").status == 202)
        }
    }

    @Test func aLargeHookIsTakenAndALargerOneIsNot() async throws {
        try await EndpointSite.with(secrets: ["one"]) { (site, _) async throws in
            let large = String(repeating: "x", count: 4 << 20)
            func post(_ body: String, _ more: String) async throws -> Int {
                try await site.ask("/hook", "-H", "X-Gitea-Signature: \(HookTests.code("one", body))", "-H", more, input: body).status
            }
            #expect(try await post(large, "X-A: b") == 202)
            #expect(try await post(large + "x", "X-A: b") == 413)
            #expect(try await post(large + "x", "Expect:") == 413)
            #expect(try await post(large + "x", "Transfer-Encoding: chunked") == 413)
            #expect(site.nudges.lines.count == 1)
            // Nobody reads what does not end.
            let endless = try site.connection()
            endless.say("POST /hook HTTP/1.1\r\nHost: x\r\nX-Gitlab-Token: one\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: "y", count: 0x10000) + "\r\n"
            try await aside { while endless.say(chunk) {} }
            let answer = try await endless.rest()
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test func manyRefusalsAreFewLines() async throws {
        try await EndpointSite.with(secrets: ["one"], limits: EndpointLimits(refusalLines: 2)) { (site, _) async throws in
            for _ in 0..<20 { _ = try await site.ask("/hook", input: "x") }
            func refusals() -> [String] { site.log.lines.filter { $0.contains("a hook is refused") } }
            #expect(refusals().first == "warning a hook is refused from=127.0.0.1 reason=it is not signed sender=a hook")
            #expect(refusals().count < 20)
            for _ in 0..<5 { _ = try await site.ask("/hook", "-H", "X-Gitlab-Token: hunter2", input: "x") }
            // Nobody has to come again for it to be told.
            func isTold() -> Bool {
                refusals().contains { $0.hasPrefix("warning a hook is refused, the last of ") && $0.contains(" more in the last 2 seconds from=127.0.0.1") }
            }
            while !isTold() { try await Task.sleep(for: .milliseconds(50)) }
            #expect(!site.log.lines.contains { $0.contains("hunter2") })
        }
    }
}
