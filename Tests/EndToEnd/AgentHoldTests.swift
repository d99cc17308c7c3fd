import Git
import Glibc
import Posix
import TestSupport
import Testing

/// What keeps an agent from following the repository, and who hears of it.
@Suite(.timeLimit(.minutes(10))) struct AgentHoldTests {
    @Test func whatIsHeldIsSaidToAll() throws {
        let port = try freePort()
        let site = try AgentSite("held", environments: ["production", "staging"], settings: ["ops.agentListen": "127.0.0.1:\(port)"])
        // A sendmail that keeps what it is given.
        try site.scratch.write("#!/bin/sh\ncat >>'\(site.scratch("mail"))'\n", to: "sendmail", mode: 0o755)
        for (key, value) in ["kind": "sendmail", "command": site.scratch("sendmail"), "from": "ops@example.org", "to": "team@example.org", "environments": "production"] {
            try site.agent.git("config", "opsChannel.mail.\(key)", value)
        }
        func metric(_ name: String, _ environment: String = "production") throws -> Double? {
            let text = try run("curl", ["-s", "http://127.0.0.1:\(port)/metrics"]).output
            let line = text.split(separator: "\n").first { $0.hasPrefix("git_ops_agent_\(name){environment=\"\(environment)\"} ") }
            return line.flatMap { Double($0.split(separator: " ")[1]) }
        }
        let first = try site.push("First", ["production/a": "1\n", "staging/a": "1\n"])
        try site.clone.git("config", "--add", "remote.origin.fetch", "refs/ops/*:refs/ops/*")
        try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said)") { site.live("production/a") == "1\n" && site.live("staging/a") == "1\n" }
            let status = try site.ops("status")
            #expect(status.code == 0 && !status.output.contains("held") && status.output.contains("\nagent: fetched "), "\(status.all)")
            try eventually("nothing is behind") { try metric("held") == 0 && metric("lag_seconds") == 0 }

            let other = try site.push("Of staging alone", ["staging/a": "2\n"])
            agent.nudge()
            try eventually("it is deployed: \(agent.said)") { site.live("staging/a") == "2\n" }

            let bad = try site.push("Bad", ["production/a.yaml": "a: [\n"])
            agent.nudge()
            try agent.await("\(bad.short) is not valid: ")
            let before = try run("git", ["ops", "wait", "-e", "production", "--timeout", "60s", other.description], in: site.clone.path)
            #expect(before.code == 0, "\(before.all)")
            let reason = "\(bad.short) is not valid: 1 error, first production/a.yaml:"
            try eventually("the status has it") { try site.ops("status", "production").output.contains("  held:      \(reason)") }
            let held = try site.ops("status", "--exit-code", "--porcelain")
            #expect(held.code == 1 && held.output.hasPrefix("production in-sync \(first) \(other) 0 - held\nstaging in-sync "), "\(held.all)")
            #expect(try site.ops("status", "--json").output.replacing("\": \"", with: "\":\"").contains("\"held\":\"\(bad.short) is not valid"))
            try eventually("the mail has it: \(site.scratch.text("mail") ?? "")") {
                site.scratch.text("mail")?.replacing("\r", with: "").contains("held") ?? false
            }
            // The commit says it, wherever it is looked at.
            try eventually("the remote has it") {
                try site.remote.attempt("notes", "--ref=ops", "show", bad.description).output.contains("env=production event=refused commit=\(bad) reason=\"\(bad.short) is not valid")
            }
            let wait = try run("git", ["ops", "wait", "-e", "production", "--timeout", "60s", bad.description], in: site.clone.path)
            #expect(wait.code == 1 && wait.error.contains("error: production: \(bad.short) is not deployed: \(reason)"), "\(wait.all)")
            #expect(try metric("held") == 1 && metric("held", "staging") == 1)
            try eventually("it lags") { try metric("lag_seconds").map { $0 > 0 } ?? false }
            let seen = try #require(try metric("last_success_timestamp_seconds"))
            agent.nudge()
            usleep(1_500_000)
            #expect(try metric("last_success_timestamp_seconds") == seen)

            // Told once, also where it is fetched again, and by another agent after this one.
            let notes = try site.remote.git("notes", "--ref=ops", "show", bad.description)
            #expect(notes.split(separator: "\n").count { $0.contains("env=production") } == 1, "\(notes)")

            let good = try site.push("Good", ["production/a.yaml": "a: 1\n"])
            agent.nudge()
            try eventually("it is deployed: \(agent.said)") { site.live("production/a.yaml") == "a: 1\n" }
            try eventually("nothing is held") { try site.ops("status", "--porcelain", "production").output == "production in-sync \(good) \(good) 0 - -\n" }
            try eventually("the mail has that: \(site.scratch.text("mail") ?? "")") { site.scratch.text("mail")?.contains("recovered") ?? false }
            let through = try run("git", ["ops", "wait", "-e", "production", "--timeout", "60s", bad.description], in: site.clone.path)
            #expect(through.code == 0, "\(through.all)")
            try eventually("nothing is behind") { try metric("held") == 0 && metric("lag_seconds") == 0 }
            agent.nudge()
            try eventually("what is well is known to be") { try metric("last_success_timestamp_seconds").map { $0 > seen } ?? false }
        }
        #expect(try site.ops("verify").code == 0)
        #expect(try site.ops("status").output.contains(", does not run now\n"))
    }

    @Test func aHoldOutlivesTheAgentAndNoHiccupIsOne() throws {
        let site = try AgentSite("hiccup")
        let script = "#!/bin/sh\ncat >>'\(site.scratch("mail"))'\n"
        for (key, value) in ["kind": "sendmail", "command": try site.scratch.write(script, to: "sendmail", mode: 0o755), "from": "ops@example.org", "to": "team@example.org"] {
            try site.agent.git("config", "opsChannel.mail.\(key)", value)
        }
        func mail() -> String { site.scratch.text("mail") ?? "" }
        func hide() { _ = rename(site.remote.path, site.remote.path + ".away") }
        func show() { _ = rename(site.remote.path + ".away", site.remote.path) }
        try site.push("First", ["a": "one\n"])
        #expect(try site.once().code == 0)
        try eventually("it is told: \(mail())") { mail().contains("default: deployed") }
        hide()
        let gone = try site.once()
        #expect(gone.code == 1 && gone.error.contains("cannot fetch: "), "\(gone.all)")
        #expect(try !site.ops("status").output.contains("held"))
        show()
        #expect(try site.once().code == 0)
        let bad = try site.push("Bad", ["a.yaml": "a: [\n"])
        #expect(try site.once().code == 1)
        try eventually("it is told: \(mail())") { mail().contains("default: held") }
        hide()
        #expect(try site.once().code == 1)
        let status = try site.ops("status")
        #expect(status.output.contains("  held:      \(bad.short) is not valid") && status.output.contains("agent: fetched "), "\(status.all)")
        show()
        try site.whileRunning { agent in
            try agent.await("\(bad.short) is not valid: ")
            try site.scratch.write("changed\n", to: "live/a")
            try eventually("it is put back: \(agent.said)") { site.live("a") == "one\n" }
            try eventually("it is told: \(mail())") { mail().contains("default: repaired") }
        }
        // What mends it is followed, and cannot be deployed: that is no recovery either.
        try site.agent.git("config", "ops.default.reload", "false")
        try site.push("Better", ["a.yaml": "a: 1\n"])
        #expect(try site.once().code == 1)
        try eventually("it is told: \(mail())") { mail().contains("default: failed") }
        #expect(try site.ops("notify", "--flush").code == 0)
        #expect(!mail().contains("recovered"), "\(mail())")
        #expect(mail().split(separator: "\n").count { $0.hasPrefix("Subject: default: held") } == 1, "\(mail())")
    }

    @Test func aNewCloneGoesOnAfterARewrite() throws {
        let site = try AgentSite("rewritten", settings: ["ops.default.nonFastForward": "follow"])
        try site.push("First", ["a": "one\n", "b": "one\n"])
        #expect(try site.once().code == 0)
        try site.clone.git("rm", "-q", "b")
        try site.clone.write("two\n", to: "a")
        try site.clone.git("commit", "-qa", "--amend", "-m", "Rewritten")
        try site.clone.git("push", "-q", "--force", "origin", "HEAD:main")
        #expect(try site.once().code == 0)
        try site.push("Third", ["a": "three\n"])
        try site.cloneForAgent()
        let once = try site.once()
        #expect(once.code == 0 && once.error.contains("took the record of the remote"), "\(once.all)")
        #expect(site.live("a") == "three\n" && site.live("b") == nil)
    }

    @Test func whatIsSuspendedIsSoAtOnce() throws {
        let port = try freePort()
        let site = try AgentSite("suspended", settings: ["ops.agentListen": "127.0.0.1:\(port)"])
        try site.push("First", ["a": "one\n"])
        try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said)") { site.live("a") == "one\n" }
            #expect(try site.ops("suspend", "default", "--reason", "a test").code == 0)
            // The interval is an hour.
            try eventually("the remote has it: \(agent.said)") {
                try site.remote.attempt("log", "-1", "--format=%s", "refs/ops/_suspended/default").output == "Suspend default\n"
            }
            try eventually("it is counted") {
                try run("curl", ["-s", "http://127.0.0.1:\(port)/metrics"]).output.contains("git_ops_agent_suspended{environment=\"default\"} 1\n")
            }
            try site.push("Second", ["a": "two\n"])
            let resume = try site.ops("resume", "default")
            #expect(resume.code == 0 && resume.error.contains("the agent of this repository deploys what was pushed meanwhile"), "\(resume.all)")
            try eventually("it is deployed: \(agent.said)") { site.live("a") == "two\n" }
        }
        #expect(try site.trailer("Actor").hasPrefix("git-ops-agent"))
    }

    @Test func besideWhatIsForeignNothingIsTriedAgainAndAgain() throws {
        let site = try AgentSite("foreign")
        try site.push("First", ["a/b": "one\n", "c": "one\n"])
        try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said)") { site.live("c") == "one\n" }
            unlink(site.scratch("live/a/b"))
            rmdir(site.scratch("live/a"))
            symlink("/nowhere", site.scratch("live/a"))
            try site.scratch.write("two\n", to: "live/c")
            try agent.await("! a")
            usleep(8_000_000)
            unlink(site.scratch("live/a"))
            try eventually("it is put back: \(agent.said)") { site.live("c") == "one\n" && site.live("a/b") == "one\n" }
        }
        // Once at most: where it is looked at before the link is there.
        let failures = try site.agent.git("log", "--first-parent", "--format=%s", "refs/ops/default").split(separator: "\n").count { $0.hasPrefix("Fail") }
        #expect(failures <= 1)
    }
}
