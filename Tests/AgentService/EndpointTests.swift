import Glibc
import Logging
import Posix
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import AgentService

@Suite(.timeLimit(.minutes(5))) struct EndpointTests {
    @Test func theyTellHowTheAgentIs() async throws {
        try await EndpointSite.with { (site, _) async throws in
            #expect(try await site.ask("/healthz").body == "ok\n")
            #expect(try await site.ask("/readyz?verbose").status == 200)
            site.unready.withLock { $0 = ["production: not fetched for 600 s", "two\nlines\u{1b}[31m"] }
            let unready = try await site.ask("/readyz")
            #expect(unready.status == 503)
            #expect(unready.body == "production: not fetched for 600 s\ntwo lines [31m\n")
            #expect(try await site.ask("/healthz").status == 200)
            site.unhealthy.withLock { $0 = ["stuck"] }
            #expect(try await site.ask("/healthz").status == 503)
            let head = try await site.ask("/healthz", "-I")
            #expect(head.status == 503)
            #expect(head.headers["content-length"] == "6")
            let metrics = try await site.ask("/metrics")
            #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(metrics.body == site.metrics.render())
            #expect(metrics.body.contains("git_ops_agent_hooks_total{result=\"accepted\"} 0\n"))
        }
    }

    @Test(arguments: [
        ("POST", "/healthz", 405), ("PUT", "/metrics", 405), ("GET", "/hook", 404), ("POST", "/hook", 404), ("GET", "/", 404),
        ("GET", "/healthz/", 404), ("GET", "/../healthz", 404), ("DELETE", "/x", 404),
    ]) func nothingElseIsThere(_ method: String, _ path: String, _ status: Int) async throws {
        try await EndpointSite.with { (site, _) async throws in
            let answer = try await site.ask(path, "-X", method, "--path-as-is")
            #expect(answer.status == status)
            #expect(answer.headers["allow"] == (status == 405 ? "GET, HEAD" : nil))
        }
    }

    @Test func theyListenOnTheOtherLoopback() async throws {
        func ask() async throws {
            try await EndpointSite.with(listen: "[::1]:0") { (site, _) async throws in
                #expect(site.url.hasPrefix("http://[::1]:"))
                #expect(try await site.ask("/healthz", "-g").status == 200)
            }
        }
        // Where there is no IPv6, that is said.
        do {
            try await ask()
        } catch let failure as ServiceFailure {
            #expect(failure.message.hasPrefix("cannot listen on [::1]:0: "))
        }
    }

    @Test func whatCannotBeListenedOnIsSaid() async throws {
        try await EndpointSite.with { (site, _) async throws in
            let failure = await #expect(throws: ServiceFailure.self) { try await EndpointSite.with(listen: "127.0.0.1:\(site.port)") { _, _ in } }
            #expect(failure?.message == "cannot listen on 127.0.0.1:\(site.port): address in use")
            #expect(failure?.hint?.contains("ops.agentListen") ?? false)
        }
        let absent = await #expect(throws: ServiceFailure.self) { try await EndpointSite.with(listen: "192.0.2.1:0") { _, _ in } }
        #expect(absent?.message == "cannot listen on 192.0.2.1:0: this machine does not have the address")
        let unknown = await #expect(throws: ServiceFailure.self) { try await EndpointSite.with(listen: "no-such-name.invalid:0") { _, _ in } }
        #expect(unknown?.message == "cannot listen on no-such-name.invalid:0: the address of the name cannot be found")
    }

    @Test(arguments: ["", "9419", ":9419", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:-1", "::1:9419", "[::1]", "[127.0.0.1]:1", "a b:1", "unix:/x", "[x]:1"])
    func whatIsNoAddressIsSaid(_ text: String) {
        do throws(ServiceFailure) {
            Issue.record("it is \(try ListenAddress(text))")
        } catch {
            #expect(error.message == "'\(text)' is no address to listen on")
        }
    }

    @Test func secretsAreNotPrinted() {
        let settings = EndpointSettings(listen: "x", hookSecrets: ["hunter2"])
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!"\(settings) \(String(reflecting: settings)) \(dumped)".contains("hunter2"))
    }

    // MARK: clients that misbehave

    @Test func whoSaysNothingIsLeft() async throws {
        try await EndpointSite.with(limits: EndpointLimits(head: 0.3)) { (site, _) async throws in
            let silent = try site.connection()
            let slow = try site.connection()
            slow.say("GET /healthz HTTP/1.1\r\n")
            #expect(try await silent.rest().isEmpty)
            #expect(try await slow.rest().isEmpty)
        }
    }

    @Test func whoSendsALittleAtATimeIsLeft() async throws {
        try await EndpointSite.with(secrets: ["s"], limits: EndpointLimits(request: 0.5)) { (site, _) async throws in
            let slow = try site.connection()
            slow.say("POST /hook HTTP/1.1\r\nHost: x\r\nX-Gitlab-Token: s\r\nContent-Length: 100000\r\n\r\n")
            // It would take for ever.
            while slow.say("x") { try await Task.sleep(for: .milliseconds(10)) }
            #expect(try await slow.rest().isEmpty)
            #expect(site.nudges.lines.isEmpty)
        }
    }

    @Test func whoStaysWithoutAskingIsLeft() async throws {
        try await EndpointSite.with(limits: EndpointLimits(idle: 0.3)) { (site, _) async throws in
            let idle = try site.connection()
            idle.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await idle.rest().split(separator: "HTTP/1.1 200").count == 2)
        }
    }

    /// Nobody waits for those who say nothing, nor for those who are slow.
    @Test func whoIsWaitedForLongestGoesWhereThereAreTooMany() async throws {
        try await EndpointSite.with(secrets: ["s"], limits: EndpointLimits(head: 600, request: 600, idle: 600, connections: 3)) { (site, _) async throws in
            func slow() async throws -> EndpointSite.Connection {
                let slow = try site.connection()
                slow.say("POST /hook HTTP/1.1\r\nHost: x\r\nX-Gitlab-Token: s\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
                #expect(try await slow.first().contains("100"))
                return slow
            }
            let busy = try await slow()
            let silent = try site.connection()
            let answered = try site.connection()
            answered.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await answered.first().contains("200"))
            // Each needs the place of another; what has been served goes first, then what says nothing.
            #expect(try await site.ask("/healthz").status == 200)
            #expect(try await answered.rest().isEmpty)
            let second = try await slow()
            let third = try await slow()
            #expect(try await silent.rest().isEmpty)
            // And if all are busy, who began first.
            #expect(try await site.ask("/healthz").status == 200)
            #expect(try await busy.rest().isEmpty)
            for other in [second, third] {
                other.say("body")
                #expect(try await other.first().contains("202"))
            }
        }
    }

    @Test func whatIsOnlyReadTakesNoBody() async throws {
        try await EndpointSite.with(limits: EndpointLimits(head: 600, request: 600, idle: 600)) { (site, _) async throws in
            for (method, path, status) in [("GET", "/healthz", 413), ("HEAD", "/metrics", 413), ("GET", "/hook", 404), ("PUT", "/readyz", 405), ("POST", "/x", 404)] {
                for length in ["Content-Length: 1000000000000", "Transfer-Encoding: chunked"] {
                    let endless = try site.connection()
                    endless.say("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(length)\r\n\r\n")
                    let first = try await endless.first()
                    #expect(first.hasPrefix("HTTP/1.1 \(status) ") && first.lowercased().contains("connection: close"), "\(method) \(path): \(first)")
                    // It would take for ever.
                    let chunk = "10000\r\n" + String(repeating: "y", count: 0x10000) + "\r\n"
                    try await aside { while endless.say(chunk) {} }
                }
            }
            #expect(try await site.ask("/healthz", "-H", "Content-Length: 0").status == 200)
        }
    }

    /// DNS rebinding: a page of somebody else's that has its name lead here.
    @Test func onlyWhoMeansThisMachineReadsFromTheLoopbackInterface() async throws {
        try await EndpointSite.with(secrets: ["s"]) { (site, _) async throws in
            for host in ["localhost", "LOCALHOST:\(site.port)", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:9419"] {
                for path in ["/healthz", "/readyz", "/metrics"] { #expect(try await site.ask(path, "-H", "Host: \(host)").status == 200, "\(host)") }
            }
            for host in ["evil.example", "evil.example:\(site.port)", "localhost.evil.example", "127.0.0.1.evil.example", "128.0.0.1", "[::2]", "0x7f.1"] {
                for path in ["/healthz", "/readyz", "/metrics"] { #expect(try await site.ask(path, "-H", "Host: \(host)").status == 421, "\(host)") }
            }
            // It is signed, and what is before it may pass on its own name.
            #expect(try await site.ask("/hook", "-H", "Host: git.example", "-H", "X-Gitlab-Token: s", input: "x").status == 202)
            let old = try site.connection()
            old.say("GET /healthz HTTP/1.0\r\n\r\n")
            #expect(try await old.first().contains(" 200 "))
        }
        // Who listens elsewhere is asked by other names.
        try await EndpointSite.with(listen: "0.0.0.0:0") { (site, _) async throws in
            #expect(try await site.ask("/metrics", "-H", "Host: agent.git-ops.svc").status == 200)
        }
    }

    @Test(arguments: ["hello\r\n\r\n", "GET / HTTP/1.1\r\nbroken header\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n"])
    func whoSpeaksNoHTTPIsToldSo(_ text: String) async throws {
        try await EndpointSite.with { (site, _) async throws in
            let wrong = try site.connection()
            wrong.say(text)
            let answer = try await wrong.rest()
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
            #expect(try await site.ask("/healthz").status == 200)
        }
    }

    // MARK: closing

    @Test func whatIsUnderWayIsFinishedWhenTheyClose() async throws {
        try await EndpointSite.with(secrets: ["s"], limits: EndpointLimits(closing: 60)) { (site, group) async throws in
            let idle = try site.connection()
            idle.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await idle.first().contains("200"))
            let late = try site.connection()
            late.say("POST /hook HTTP/1.1\r\nHost: x\r\nX-Gitlab-Token: s\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await late.first().contains("100"))
            await group.triggerGracefulShutdown()
            // Those that ask nothing are let go of, and nobody else is let in.
            #expect(try await idle.rest().isEmpty)
            while (try? site.connection()) != nil { try await Task.sleep(for: .milliseconds(20)) }
            late.say("body")
            #expect(try await late.rest().contains("202"))
            #expect(site.nudges.lines == ["GitLab from 127.0.0.1"])
        }
    }

    @Test func nobodyHoldsThemUpWhenTheyClose() async throws {
        try await EndpointSite.with(secrets: ["s"], limits: EndpointLimits(request: 600, closing: 0.3)) { (site, group) async throws in
            let late = try site.connection()
            late.say("POST /hook HTTP/1.1\r\nHost: x\r\nX-Gitlab-Token: s\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await late.first().contains("100"))
            await group.triggerGracefulShutdown()
            #expect(try await late.rest().isEmpty)
        }
    }

    @Test func theyEndWhenTheyAreCancelled() async throws {
        let (opened, opening) = AsyncStream.makeStream(of: UInt16.self)
        let endpoints = Endpoints(
            EndpointSettings(listen: "127.0.0.1:0"), metrics: PrometheusMetrics(), logger: keptLogger(Heard()), unhealthy: { [] }, unready: { [] },
            nudge: { _ in }, listening: { opening.yield(UInt16($0.split(separator: ":").last ?? "") ?? 0) })
        let running = Task { try await endpoints.run() }
        let port = try #require(await opened.first { _ in true })
        let idle = try EndpointSite.Connection(port)
        idle.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try await idle.first().contains("200"))
        running.cancel()
        _ = await running.result
        #expect(try await idle.rest().isEmpty)
    }
}
