import Git
import Glibc
import Posix
import TestSupport
import Testing

/// What the agent does with what somebody changes.
@Suite(.timeLimit(.minutes(10))) struct AgentDriftTests {
    /// A site with a channel whose program keeps each mail.
    private func site(_ name: String, _ settings: [String: String] = [:]) throws -> AgentSite {
        let site = try AgentSite(name, settings: settings)
        try site.push("First", ["a": "one\n", "b": "one\n"])
        let script = "#!/bin/sh\ncd '\(site.scratch.path)' || exit 1\ncat >taken.$$ && mv taken.$$ mail.$(date +%s%N)\n"
        for (key, value) in [
            ("kind", "sendmail"), ("command", try site.scratch.write(script, to: "sendmail", mode: 0o755)), ("from", "ops@example.org"),
            ("to", "ann@example.org"), ("on", "drifted repaired recovered failed"),
        ] { try site.agent.git("config", "opsChannel.mail.\(key)", value) }
        return site
    }

    private func subjects(_ site: AgentSite) -> [String] {
        names(inFolder: site.scratch.path).filter { $0.hasPrefix("mail.") }.sorted().compactMap { name in
            site.scratch.text(name)?.split(separator: "\n").first { $0.hasPrefix("Subject: ") }.map { String($0.dropFirst(9)) }
        }
    }

    private func mails(_ site: AgentSite) -> String {
        names(inFolder: site.scratch.path).filter { $0.hasPrefix("mail.") }.compactMap { site.scratch.text($0) }.joined(separator: "\n")
    }

    @Test func itIsPutBackAndRecorded() throws {
        let site = try site("repair")
        try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said)") { site.live("b") == "one\n" }
            try agent.await("msg=\"deployed ")
            try site.scratch.write("changed\n", to: "live/a")
            unlink(site.scratch("live/b"))
            try eventually("both are put back: \(agent.said)") { site.live("a") == "one\n" && site.live("b") == "one\n" }
            try eventually("it is told: \(agent.said)") { mails(site).contains("Subject: default: repaired: ") }
            #expect(mails(site).contains("a (was changed by hand)"))
        }
        #expect(try site.trailer("Trigger") == "agent")
        #expect(try site.agent.git("log", "--format=%(trailers:key=Message,valueonly,separator=%x2C)", "-1", "refs/ops/default").hasPrefix("repair: "))
        #expect(try site.ops("log", "default").output.contains(" Put \(site.clone.id("HEAD").short) back to default (git-ops-agent"))
        #expect(try site.agent.git("log", "-1", "--format=%b", "refs/ops/default").contains(" by hand)"))
        #expect(try site.ops("verify").code == 0)
        // What was drift while nobody looked is found as well.
        try site.scratch.write("changed\n", to: "live/a")
        #expect(try site.once().code == 0)
        #expect(site.live("a") == "one\n")
    }

    @Test func itIsToldAndLeftWhereThatIsSaid() throws {
        let site = try site("warn", ["ops.default.drift": "warn"])
        try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said)") { site.live("b") == "one\n" }
            try agent.await("msg=\"deployed ")
            try site.scratch.write("changed\n", to: "live/a")
            try eventually("it is told: \(agent.said)") { subjects(site).contains("default: drifted: 1 resource differs from what was deployed") }
            #expect(agent.said.contains("level=warning msg=\"~ a (was changed by hand)\" drift=warn environment=default"), "\(agent.said)")
            #expect(site.live("a") == "changed\n")
            try site.scratch.write("one\n", to: "live/a")
            try eventually("its end is told: \(agent.said)") { subjects(site).contains { $0.hasPrefix("default: recovered: ") } }
            // A push deploys what it says.
            try site.scratch.write("changed\n", to: "live/a")
            try eventually("it is seen: \(agent.said)") { agent.count("~ a (was changed by hand)") >= 2 }
            try site.push("Second", ["b": "two\n"])
            agent.nudge()
            try eventually("it is deployed: \(agent.said)") { site.live("b") == "two\n" }
            #expect(site.live("a") == "one\n")
        }
    }

    @Test func itIsKeptAsACommitThatCanBeMerged() throws {
        let site = try site("record", ["ops.default.drift": "record"])
        try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said)") { site.live("b") == "one\n" }
            try agent.await("msg=\"deployed ")
            try site.scratch.write("changed\n", to: "live/a")
            unlink(site.scratch("live/b"))
            try eventually("it is kept: \(agent.said)") {
                try site.agent.attempt("diff", "--name-status", "main", "refs/ops/_drift/default").output == "M\ta\nD\tb\n"
            }
            #expect(try site.agent.git("log", "-1", "--format=%s%n%b", "refs/ops/_drift/default").hasPrefix("Keep what was changed in default\n"))
            #expect(site.live("a") == "changed\n")
            // Who accepts it merges it.
            try site.clone.git("fetch", "-q", site.agent.path, "refs/ops/_drift/default")
            try site.clone.git("merge", "-q", "FETCH_HEAD")
            try site.clone.git("push", "-q", "origin", "HEAD:main")
            agent.nudge()
            try eventually("it is deployed: \(agent.said)") { try site.trailer("Source-Commit") == site.clone.id("HEAD").description }
            try eventually("it is forgotten: \(agent.said)") { try site.agent.attempt("rev-parse", "-q", "--verify", "refs/ops/_drift/default").code == 1 }
        }
        #expect(site.live("a") == "changed\n" && site.live("b") == nil)
    }

    @Test func whoFightsIsPutBackLessAndLessOften() throws {
        let site = try site("storm")
        try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said)") { site.live("b") == "one\n" }
            try agent.await("msg=\"deployed ")
            for _ in 0..<3 {
                try site.scratch.write("changed\n", to: "live/a")
                try eventually("it is put back: \(agent.said)") { site.live("a") == "one\n" }
            }
            try site.scratch.write("changed\n", to: "live/a")
            try agent.await("'a' changed again and again; put back less and less often")
            let begun = monotonicSeconds()
            try eventually("it is put back: \(agent.said)") { site.live("a") == "one\n" }
            #expect(monotonicSeconds() - begun > 2)
            try eventually("it is told: \(agent.said)") { subjects(site).contains { $0.contains("changed again and again") } }
        }
    }

    @Test func whatIsSuspendedIsLeftAlone() throws {
        let site = try site("suspended")
        #expect(try site.once().code == 0)
        #expect(try site.ops("suspend", "default", "--reason", "maintenance").code == 0)
        try site.whileRunning { agent in
            try site.scratch.write("changed\n", to: "live/a")
            try agent.await("~ a (was changed by hand)")
            try site.push("Second", ["b": "two\n"])
            agent.nudge()
            try eventually("it has it: \(agent.said)") { try site.agent.id("refs/heads/main") == site.clone.id("HEAD") }
            usleep(500_000)
            #expect(site.live("a") == "changed\n" && site.live("b") == "one\n")
            // The suspension is at the remote, and so is its end: said elsewhere, it holds here.
            try eventually("the remote has it: \(agent.said)") {
                try site.remote.attempt("rev-parse", "-q", "--verify", "refs/ops/_suspended/default").code == 0
            }
            #expect(try site.ops("resume", "-q", "default").code == 0)
            try eventually("it goes on: \(agent.said)") { site.live("a") == "one\n" && site.live("b") == "two\n" }
        }
    }
}
