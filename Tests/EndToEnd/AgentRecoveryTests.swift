import Git
import Glibc
import Posix
import TestSupport
import Testing

/// What an agent finds, and gets over: what it failed to do, what it left undone, what somebody did past it.
@Suite(.timeLimit(.minutes(10))) struct AgentRecoveryTests {
    private func site(_ name: String, _ settings: [String: String] = [:]) throws -> AgentSite {
        let site = try AgentSite("recovery-\(name)", settings: settings)
        try site.push("First", ["a": "one\n", "b": "one\n"])
        return site
    }

    @Test func aRepairThatFailedIsTriedAgain() throws {
        let site = try site("repair", ["ops.default.reload": "test ! -e ../fail"])
        try site.whileRunning { agent in
            try agent.await("msg=\"deployed ")
            try site.scratch.write("", to: "fail")
            try site.scratch.write("changed\n", to: "live/a")
            try agent.await("reload failed")
            unlink(site.scratch("fail"))
            try eventually("it is put back: \(agent.said)") { site.live("a") == "one\n" }
        }
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("default in-sync "))
    }

    @Test func aRepairThatWasKilledIsCarriedOn() throws {
        let site = try site("killed", ["ops.default.reload": "test ! -e ../slow || { touch ../reloading; sleep 30; }"])
        #expect(try site.once().code == 0)
        try site.scratch.write("", to: "slow")
        let agent = try site.start()
        try site.scratch.write("changed\n", to: "live/a")
        try eventually("it reloads: \(agent.said)") { site.scratch.text("reloading") != nil }
        kill(agent.process.pid, SIGKILL)
        _ = try agent.process.reap()
        unlink(site.scratch("slow"))
        try site.whileRunning { agent in
            try eventually("it is well again: \(agent.said)") { try site.ops("status", "--porcelain").output.hasPrefix("default in-sync ") }
        }
        #expect(site.live("a") == "one\n")
        #expect(try site.agent.attempt("rev-parse", "-q", "--verify", "refs/ops/_pending/default").code == 1)
        #expect(try site.ops("verify").code == 0)
        #expect(try site.once().code == 0)
    }

    @Test func whatRunsIsLookedAfterWhileTheBranchCannotBeDeployed() throws {
        let site = try site("veto", ["ops.default.preApply": "! grep -q bad a"])
        try site.whileRunning { agent in
            try agent.await("msg=\"deployed ")
            let bad = try site.push("Bad", ["a": "bad\n"])
            agent.nudge()
            try agent.await("\(bad.short) is not deployed")
            try site.scratch.write("changed\n", to: "live/b")
            try eventually("it is put back: \(agent.said)") { site.live("b") == "one\n" }
            #expect(site.live("a") == "one\n")
        }
        #expect(try site.agent.git("log", "-1", "--format=%(trailers:key=Message,valueonly)", "refs/ops/default", "--grep=repair: 1 resource was changed").hasPrefix("repair: "))
    }

    @Test func whatNobodyFightsOverIsPutBackAtOnce() throws {
        let site = try site("contest")
        try site.whileRunning { agent in
            try agent.await("msg=\"deployed ")
            for _ in 0..<3 {
                try site.scratch.write("changed\n", to: "live/a")
                try eventually("it is put back: \(agent.said)") { site.live("a") == "one\n" }
            }
            try site.scratch.write("changed\n", to: "live/a")
            try agent.await("'a' changed again and again")
            // And that puts back the other as well.
            try site.scratch.write("changed\n", to: "live/b")
            try eventually("both are put back: \(agent.said)") { site.live("b") == "one\n" && site.live("a") == "one\n" }
            #expect(agent.count("changed again and again") == 1)
        }
    }

    @Test func whatIsDeployedByHandDoesNotStay() throws {
        let site = try site("by-hand")
        let first = try site.clone.id("HEAD")
        try site.push("Second", ["a": "two\n"])
        try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said)") { site.live("a") == "two\n" }
            #expect(try site.ops("apply", "-q", "default", first.description).code == 0)
            try agent.await("\(first.short) was deployed by ")
            try eventually("the branch is deployed: \(agent.said)") { site.live("a") == "two\n" }
        }
    }

    @Test func anotherPlaceIsDeployedToWhateverDriftSays() throws {
        let site = try site("place", ["ops.default.drift": "warn"])
        #expect(try site.once().code == 0)
        try site.agent.git("config", "ops.default.directory", site.scratch("elsewhere"))
        let once = try site.once()
        #expect(once.code == 0, "\(once.all)")
        #expect(site.scratch.text("elsewhere/a") == "one\n")
    }

    @Test func anEnvironmentThatIsGoneIsNobodysMatter() throws {
        let site = try AgentSite("recovery-gone", environments: ["one", "two"])
        try site.push("First", ["one/a": "1\n", "two/a": "1\n"])
        try site.whileRunning { agent in
            for name in ["one", "two"] { try eventually("\(name) is deployed: \(agent.said)") { site.live("\(name)/a") == "1\n" } }
            try site.push("Without two", ["ops.yaml": "environments:\n  one: {path: one}\n", "one/a": "2\n"])
            agent.nudge()
            try eventually("one is deployed: \(agent.said)") { site.live("one/a") == "2\n" }
            try site.push("With two", ["ops.yaml": "environments:\n  one: {path: one}\n  two: {path: two}\n", "two/a": "2\n"])
            agent.nudge()
            try eventually("two is deployed again: \(agent.said)") { site.live("two/a") == "2\n" }
            try site.scratch.write("changed\n", to: "live/two/a")
            try eventually("and looked after: \(agent.said)") { site.live("two/a") == "2\n" }
            #expect(!agent.said.contains("level=error"), "\(agent.said)")
        }
    }

    @Test func aNudgeThatComesEarlyHarmsNobody() throws {
        let site = try site("early")
        let agent = try site.start()
        // Before that, nobody knows whom to nudge.
        try eventually("it says who it is") { site.scratch.text("agent.git/ops/_agent/lock").map { !$0.isEmpty } ?? false }
        for _ in 0..<200 {
            kill(agent.process.pid, SIGHUP)
            usleep(1000)
        }
        try agent.await("msg=\"deployed ")
        kill(agent.process.pid, SIGTERM)
        #expect(try agent.process.reap().succeeded, "\(agent.said)")
    }

    @Test func whoWaitsForAnotherDeploymentEndsWhereThatIsSaid() throws {
        let site = try site("locked")
        try makeFolders(site.agent.path + "/ops/default")
        let lock = try FileLock(waitingFor: site.agent.path + "/ops/default/lock")
        try site.whileRunning { agent in
            try eventually("it has the branch: \(agent.said)") { try site.agent.attempt("rev-parse", "-q", "--verify", "refs/ops/_agent/accepted/main").code == 0 }
            usleep(300_000)
        }
        lock.release()
        #expect(site.live("a") == nil)
    }

    @Test func whatCannotBeDoneCostsNoProcessor() throws {
        let site = try site("broken", ["ops.default.preApply": "false"])
        try site.whileRunning { agent in
            try agent.await("is not deployed")
            let file = try FileDescriptor(opening: site.agent.path + "/config", O_WRONLY | O_APPEND)
            try file.write(Array("[ops\n".utf8))
            try eventually("it says so: \(agent.said)") { agent.said.contains("level=error msg=\"cannot ") || agent.said.contains("config") }
            func ticks() throws -> Int {
                let stat = String(decoding: try #require(try contents(ofFile: "/proc/\(agent.process.pid)/stat")), as: UTF8.self)
                let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
                return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
            }
            let before = try ticks()
            sleep(20)
            // A loop without a pause would be 2,000 hundredths.
            #expect(try ticks() - before < 1000)
        }
    }

    /// A site with a channel whose program keeps each mail.
    private func addChannel(_ site: AgentSite, _ kinds: String) throws {
        let script = "#!/bin/sh\ncd '\(site.scratch.path)' || exit 1\ncat >taken.$$ && mv taken.$$ mail.$(date +%s%N)\n"
        for (key, value) in [
            ("kind", "sendmail"), ("command", try site.scratch.write(script, to: "sendmail", mode: 0o755)), ("from", "ops@example.org"),
            ("to", "ann@example.org"), ("on", kinds),
        ] { try site.agent.git("config", "opsChannel.mail.\(key)", value) }
    }

    private func subjects(_ site: AgentSite) -> [String] {
        names(inFolder: site.scratch.path).filter { $0.hasPrefix("mail.") }.sorted().compactMap { name in
            site.scratch.text(name)?.split(separator: "\n").first { $0.hasPrefix("Subject: ") }.map { String($0.dropFirst(9)) }
        }
    }

    @Test func whatNobodyWasToldOfBeforeADeathIsToldAfterIt() throws {
        let site = try site("untold")
        #expect(try site.once().code == 0)
        try addChannel(site, "deployed")
        // As if it had died between the record and the notice.
        try write(Array("01KDVWG000ABCDEFGHJKMNPQRS".utf8), toFile: site.agent.path + "/ops/default/agent-told")
        unlink(site.agent.path + "/ops/default/agent-place")
        try site.whileRunning { agent in
            try eventually("it is told: \(agent.said)") { subjects(site).contains { $0.hasPrefix("default: deployed: ") } }
        }
        #expect(subjects(site).count == 1)
    }

    @Test func whatWasToldAsARepairIsToldAsNothingElse() throws {
        let site = try site("repaired")
        #expect(try site.once().code == 0)
        try addChannel(site, "deployed repaired")
        let told = site.agent.path + "/ops/default/agent-told"
        try site.whileRunning { agent in
            try eventually("it watches: \(agent.said)") { site.live("a") == "one\n" }
            try site.scratch.write("changed\n", to: "live/a")
            try eventually("it is put back: \(agent.said)") { site.live("a") == "one\n" }
            try eventually("it is told: \(agent.said)") { subjects(site).contains { $0.hasPrefix("default: repaired: ") } }
        }
        // As if it had died between the notice and the mark.
        try write(Array("01KDVWG000ABCDEFGHJKMNPQRS".utf8), toFile: told)
        let last = try site.trailer("Deployment")
        #expect(try site.once().code == 0)
        unlink(site.agent.path + "/ops/default/agent-place")
        try site.whileRunning { agent in
            try eventually("it is marked: \(agent.said)") { (try contents(ofFile: told)).map { String(decoding: $0, as: UTF8.self) } == last }
            try eventually("nothing waits: \(agent.said)") { names(inFolder: site.agent.path + "/ops/_outbox/new").isEmpty }
        }
        #expect(subjects(site).count == 1, "\(subjects(site))")
    }

    @Test func theEndOfADriftIsToldByWhoeverComesNext() throws {
        let site = try site("recovered", ["ops.default.drift": "warn"])
        try addChannel(site, "drifted recovered")
        try site.whileRunning { agent in
            try agent.await("msg=\"deployed ")
            try site.scratch.write("changed\n", to: "live/a")
            try eventually("it is told: \(agent.said)") { subjects(site).contains { $0.hasPrefix("default: drifted: ") } }
        }
        try site.scratch.write("one\n", to: "live/a")
        try site.whileRunning { agent in
            try eventually("its end is told: \(agent.said)") { subjects(site).contains { $0.hasPrefix("default: recovered: ") } }
        }
        #expect(subjects(site).count == 2)
    }
}
