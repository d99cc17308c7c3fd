import Git
import Glibc
import Posix
import TestSupport
import Testing

/// How an agent is asked and told over HTTP. What it answers to whom in particular is tested with the endpoints.
@Suite(.timeLimit(.minutes(10))) struct AgentEndpointTests {
    private let secret = "0123456789abcdef"

    private func site(_ name: String, environments: [String] = [], _ settings: [String: String] = [:]) throws -> (site: AgentSite, address: String) {
        let site = try AgentSite(name, environments: environments, settings: settings)
        let address = "127.0.0.1:\(try freePort())"
        try site.agent.git("config", "ops.agentListen", address)
        try site.agent.git("config", "ops.agentHookSecretFile", site.scratch.write(secret + "\n", to: "secret"))
        return (site, address)
    }

    private func get(_ url: String, _ arguments: String...) throws -> (status: String, body: String) {
        let end = try run("curl", ["-s", "-w", "\n%{http_code}"] + arguments + ["http://" + url])
        let lines = end.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
    }

    private func signature(of body: String) throws -> String {
        let end = try run("openssl", ["dgst", "-sha256", "-hmac", secret, "-r"], input: body)
        return "sha256=" + end.output.prefix { $0 != " " }
    }

    @Test func aHookHasItPull() throws {
        let (site, address) = try site("hook")
        let said = try site.whileRunning { agent in
            try agent.await("msg=\"listening\"")
            try eventually("it is ready: \(agent.said)") { try get(address + "/readyz").status == "200" }
            #expect(try get(address + "/healthz") == ("200", "ok\n"))
            let commit = try site.push("First", ["index.html": "one\n"])
            let body = #"{"ref":"refs/heads/main","after":"\#(commit)"}"#
            #expect(try get(address + "/hook", "-H", "X-GitHub-Event: push", "-H", "X-Hub-Signature-256: sha256=\(String(repeating: "0", count: 64))", "-d", body).status == "401")
            #expect(try get(address + "/hook", "-H", "X-GitHub-Event: push", "-H", "X-Hub-Signature-256: \(signature(of: body))", "-d", body).status == "202")
            try eventually("it is deployed: \(agent.said)") { site.live("index.html") == "one\n" }
            try eventually("it is counted: \(agent.said)") {
                let metrics = try get(address + "/metrics").body
                return metrics.contains(#"git_ops_agent_deployments_total{environment="default",result="deployed"} 2"#)
                    && metrics.contains(#"git_ops_agent_lag_seconds{environment="default"} 0"#)
            }
            let metrics = try get(address + "/metrics").body
            #expect(metrics.contains("# HELP git_ops_agent_fetches_total Fetches.\n# TYPE git_ops_agent_fetches_total counter\n"))
            #expect(metrics.contains(#"git_ops_agent_fetches_total{result="success"} 2"#), "\(metrics)")
        }
        #expect(!said.contains(secret))
    }

    @Test func whatHoldsItUpIsSaid() throws {
        let (site, address) = try site("unready", environments: ["production"])
        try site.push("Good", ["production/a.yaml": "a: 1\n"])
        try site.whileRunning { agent in
            try eventually("it is ready: \(agent.said)") { try get(address + "/readyz").status == "200" }
            let bad = try site.push("Bad", ["production/a.yaml": "a: [\n"])
            agent.nudge()
            try agent.await("\(bad.short) is not valid: ")
            let unready = try get(address + "/readyz")
            #expect(unready.status == "503" && unready.body.hasPrefix("main: \(bad.short) is not valid: "), "\(unready)")
            #expect(try get(address + "/healthz").status == "200")
            #expect(try get(address + "/metrics").body.contains("git_ops_agent_held_branches 1\n"))
        }
    }

    @Test func whatCannotBeSeenIsNotReady() throws {
        let (site, address) = try site("unseen")
        try site.push("First", ["index.html": "one\n"])
        try site.whileRunning { agent in
            try eventually("it is ready: \(agent.said)") { try get(address + "/readyz").status == "200" }
            // It is ready no sooner than it is deployed.
            #expect(site.live("index.html") == "one\n")
            try site.agent.git("config", "ops.default.target", "nowhere")
            agent.nudge()
            try eventually("that is said: \(agent.said)") {
                let (status, body) = try get(address + "/readyz")
                return status == "503" && body.hasPrefix("default: ") && body.contains("nowhere")
            }
            #expect(try get(address + "/healthz").status == "200")
            try site.agent.git("config", "ops.default.target", "directory")
            agent.nudge()
            try eventually("it is ready again: \(agent.said)") { try get(address + "/readyz").status == "200" }
        }
    }

    @Test func aPortThatIsTakenIsSaid() throws {
        let (site, address) = try site("taken")
        let running = try site.start()
        defer {
            kill(-running.process.pid, SIGKILL)
            _ = try? running.process.reap()
        }
        try running.await("msg=\"listening\"")
        let other = TestRepository(existing: site.scratch("other.git"))
        _ = try run("git", ["clone", "-q", "--bare", site.remote.path, other.path])
        try other.git("config", "ops.agentListen", address)
        let end = try run("git", ["ops", "agent"], in: other.path)
        #expect(end.code == 128, "\(end.all)")
        #expect(end.error.contains("fatal: cannot listen on \(address): ") && end.error.contains("ops.agentListen"), "\(end.all)")
    }

    @Test func aSecretThatIsNotThereIsSaid() throws {
        let (site, _) = try site("secret")
        try site.scratch.write("short\n", to: "secret")
        let end = try run("git", ["ops", "agent"], in: site.agent.path)
        #expect(end.code == 128 && end.error.hasSuffix("holds no secret of 8 characters or more in its first line\nhint: openssl rand -hex 32\n"), "\(end.all)")
        unlink(site.scratch("secret"))
        #expect(try run("git", ["ops", "agent"], in: site.agent.path).error.contains("fatal: ops.agentHookSecretFile: there is no '"))
    }

    /// A change of one environment among several is the matter of that one.
    @Test func othersAreNotDeployedAnew() throws {
        let (site, address) = try site("others", environments: ["one", "two", "three"])
        try site.push("First", ["one/a": "1\n", "two/a": "1\n", "three/a": "1\n"])
        try site.whileRunning { agent in
            for name in ["one", "two", "three"] { try eventually("\(name) is deployed: \(agent.said)") { site.live("\(name)/a") == "1\n" } }
            let second = try site.push("Second", ["two/a": "2\n"])
            let body = "{}"
            #expect(try get(address + "/hook", "-H", "X-Hub-Signature-256: \(signature(of: body))", "-H", "X-GitHub-Event: push", "-d", body).status == "202")
            try eventually("two is deployed: \(agent.said)") { site.live("two/a") == "2\n" }
            try eventually("none lags: \(agent.said)") {
                let metrics = try get(address + "/metrics").body
                return ["one", "two", "three"].allSatisfy { metrics.contains("git_ops_agent_lag_seconds{environment=\"\($0)\"} 0\n") }
            }
            let metrics = try get(address + "/metrics").body
            #expect(!metrics.split(separator: "\n").contains { $0.contains(#"result="unchanged""#) && !$0.hasSuffix(" 0") }, "\(metrics)")
            #expect(try site.trailer("Source-Commit", of: "two") == second.description)
            try eventually("it is ready: \(agent.said)") { try get(address + "/readyz").status == "200" }
        }
        for name in ["one", "three"] { #expect(try site.ops("status", "--porcelain", name).output.hasPrefix("\(name) in-sync ")) }
    }
}
