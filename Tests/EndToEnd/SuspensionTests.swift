import Git
import Glibc
import Posix
import TestSupport
import Testing

/// While an environment is suspended nothing is deployed to it, whoever asks; and everybody is told.
@Suite struct SuspensionTests {
    private let reference = "refs/ops/_suspended/default"

    private func deployed(_ name: String) throws -> (Site, ObjectID) {
        let site = try Site(name)
        return (site, try site.deploy("First", ["index.html": "one\n"]))
    }

    @Test func aPushIsHistoryAndNotDeployedUntilItIsResumed() throws {
        let (site, first) = try deployed("suspend-push")
        let suspend = try site.ops("suspend", "default", "--reason", "the disk is being changed")
        #expect(suspend.code == 0)
        #expect(suspend.error == "default: suspended; nothing is deployed until git ops resume default\n")

        let second = try site.clone.commit("Second", ["index.html": "two\n"])
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(push.lines.count == 1)
        let line = try #require(push.lines.first)
        #expect(line.hasPrefix("warning: default: suspended by "))
        #expect(line.contains(" since 20"))
        #expect(line.hasSuffix(" (the disk is being changed); \(second.short) is not deployed until git ops resume default"))
        #expect(try site.server.id("refs/heads/main") == second)
        #expect(site.live("index.html") == "one\n")
        let impatient = try site.push("-o", "ops.nowait", "HEAD:main", "HEAD:refs/heads/other")
        #expect(impatient.succeeded && !impatient.says("queued"), "\(impatient.all)")

        let waiting = try site.ops("wait", "--timeout", "1", "main")
        #expect(waiting.code == 128)
        #expect(waiting.error.contains("warning: default: suspended by "))

        let resume = try site.ops("resume", "default")
        #expect(resume.code == 0)
        #expect(resume.error.hasPrefix("default: resumed; it was suspended by "))
        #expect(site.live("index.html") == "two\n")
        #expect(try site.events(of: first) == ["deployed", "suspended", "resumed"])
        #expect(try site.events(of: second) == ["deployed"])
        #expect(try site.server.git("log", "--format=%s %(trailers:key=State,valueonly,separator=%x2C)", reference) == "Resume default resumed\nSuspend default suspended")
        #expect(try site.server.git("ls-tree", reference) == "")
        #expect(try site.ops("verify").output == "default: 2 deployments, the record is whole\n")

        try site.deploy("Third", ["index.html": "three\n"])
        #expect(site.live("index.html") == "three\n")
    }

    @Test func applyIsRefusedAndSaysTheWayOut() throws {
        let (site, _) = try deployed("suspend-apply")
        try site.ops("suspend", "default")
        try site.scratch.write("by hand\n", to: "live/index.html")
        let head = try site.server.id("refs/ops/default")
        let apply = try site.ops("apply")
        #expect(apply.code == 1)
        let lines = apply.error.split(separator: "\n")
        #expect(lines.first?.hasPrefix("error: default: suspended by ") == true)
        #expect(lines.last == "hint: git ops resume default")
        #expect(try site.ops("apply", "-q", "default", "main").code == 1)
        #expect(site.live("index.html") == "by hand\n")
        #expect(try site.server.id("refs/ops/default") == head)
        // What would be done can be seen.
        let plan = try site.ops("apply", "-n")
        #expect(plan.output.contains("~ index.html"))
        #expect(plan.error.contains("is not deployed until git ops resume default"))

        #expect(try site.ops("resume", "-q", "default").all == "")
        #expect(site.live("index.html") == "one\n")
    }

    /// A worker that waits for the one before it heeds what was said meanwhile.
    @Test func whatHasBegunGoesOnAndWhatWaitsIsNotDeployed() throws {
        let (site, _) = try deployed("suspend-worker")
        let gate = try Gate(in: site.scratch)
        try site.server.git("config", "ops.default.preApply", gate.command)
        let second = try site.clone.commit("Second", ["index.html": "two\n"])
        #expect(try site.push("-o", "ops.nowait", "HEAD:main").succeeded)
        try gate.awaitArrival()
        try site.clone.commit("Third", ["index.html": "three\n"])
        let push = try Background("git", ["push", "origin", "HEAD:main"], in: site.clone.path, variables: site.variables)
        try eventually("the push waits") { names(inFolder: site.server.path + "/ops/default/queue").count == 2 }
        let suspend = try site.ops("suspend", "default")
        #expect(suspend.error.hasSuffix("default: a deployment that is being carried out goes on to its end\n"))
        try gate.open()
        let said = try push.finished()
        #expect(said.code == 0)
        #expect(said.says("is not deployed until git ops resume default"), "\(said.all)")
        #expect(site.live("index.html") == "two\n")
        #expect(try site.server.git("rev-parse", "refs/ops/default^2") == second.description)
        #expect(names(inFolder: site.server.path + "/ops/default/queue") == [])
        try gate.open()
        #expect(try site.ops("resume", "default").code == 0)
        #expect(site.live("index.html") == "three\n")
    }

    @Test func statusShowsIt() throws {
        let (site, tip) = try deployed("suspend-status")
        try site.ops("suspend", "default", "--reason", "moving the\ndatabase")
        let status = try site.ops("status", "--exit-code")
        #expect(status.code == 0)
        let lines = status.output.split(separator: "\n")
        #expect(lines[0] == "default: in sync, suspended")
        #expect(lines[1].hasPrefix("  suspended: "))
        #expect(lines[2...3] == ["             moving the database", "             (nothing is deployed until git ops resume default)"])
        #expect(try site.ops("status", "--porcelain").output == "default in-sync \(tip) \(tip) 0 - suspended\n")
        #expect(try jq(".environments[0].suspended.reason, .environments[0].state", site.ops("status", "--json").output) == "moving the database\nin-sync")
        try site.deploy("Second", ["index.html": "two\n"])
        #expect(try site.ops("status").output.hasPrefix("default: behind main, suspended\n"))
        try site.ops("resume", "default")
        #expect(try site.ops("status").output.hasPrefix("default: in sync\n"))
        #expect(try jq(".environments[0].suspended", site.ops("status", "--json").output) == "null")
    }

    @Test func saidAgainItIsSaidByWhomAlready() throws {
        let (site, first) = try deployed("suspend-twice")
        let runs = try (0..<4).map { number in
            try Background("git", ["ops", "suspend", "default", "--reason", "number \(number)"], in: site.server.path, variables: site.variables)
        }
        let said = try runs.map { try $0.finished() }
        #expect(said.allSatisfy { $0.code == 0 })
        #expect(said.count { $0.error.hasPrefix("default: suspended; ") } == 1)
        #expect(said.count { $0.error.hasPrefix("default: already suspended by ") && $0.error.contains(" (number ") } == 3)
        #expect(try site.events(of: first) == ["deployed", "suspended"])
        #expect(try site.ops("resume", "default").code == 0)
        let again = try site.ops("resume", "default")
        #expect(again.code == 0)
        #expect(again.error.hasPrefix("default: is not suspended\n"))
        #expect(try site.server.git("rev-list", "--count", reference) == "2")
        #expect(try site.ops("suspend").code == 129)
        #expect(try site.ops("suspend", "nowhere").code == 128)
    }

    /// Others are not held up, and what was never deployed can be suspended too.
    @Test func eachEnvironmentIsSuspendedByItself() throws {
        let site = try Site("suspend-one", environments: ["staging", "production"])
        try site.clone.commit("First", ["ops.yaml": opsFile("staging", "production"), "staging/a": "1\n", "production/a": "1\n"])
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:main")
        #expect(try site.ops("suspend", "production").code == 0)
        try site.deploy("Second", ["staging/a": "2\n"])
        #expect(site.live("staging/a") == "2\n")
        #expect(site.live("production/a") == nil)
        #expect(try site.ops("verify").output == "production: 0 deployments, the record is whole\nstaging: 1 deployment, the record is whole\n")
        let apply = try site.ops("apply")
        #expect(apply.code == 1)
        #expect(apply.error.contains("staging: nothing to do"))
        #expect(try site.ops("resume", "production").code == 0)
        #expect(site.live("production/a") == "1\n")
    }

    @Test func aCloneSeesItAndCannotSayIt() throws {
        let (site, _) = try deployed("suspend-clone")
        try site.clone.git("ops", "init", "-q")
        for expected in ["suspended", "-"] {
            try site.ops(expected == "-" ? "resume" : "suspend", "default")
            try site.clone.git("fetch", "-q")
            #expect(try site.clone.git("ops", "status", "--porcelain").hasSuffix(" \(expected)"))
            #expect(try site.clone.attempt("ops", "verify").code == 0)
        }
        let suspend = try site.clone.attempt("ops", "suspend", "default")
        #expect(suspend.code == 128)
        #expect(suspend.error.contains("is not deployed by this repository"))
        try site.clone.commit("Forged", ["a": "2\n"])
        #expect(try !site.push("+HEAD:\(reference)").succeeded)
    }

    @Test func whatCannotBeReadIsNotTakenForNotSuspended() throws {
        let (site, first) = try deployed("suspend-broken")
        try site.server.git("update-ref", reference, first.description)
        let second = try site.clone.commit("Second", ["index.html": "two\n"])
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(push.says("error: default: \(reference) does not say whether 'default' is suspended"), "\(push.all)")
        #expect(try site.ops("apply").code == 128)
        #expect(site.live("index.html") == "one\n")
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("default unknown \(first) \(second) "))
        #expect(try site.ops("verify").code == 1)
        #expect(try site.ops("doctor", "-q").code == 1)
        try site.server.git("update-ref", "-d", reference)
        #expect(try site.ops("apply").code == 0)
        #expect(site.live("index.html") == "two\n")
    }

    @Test func whatWasTakenAwayIsMissed() throws {
        let (site, first) = try deployed("suspend-lost")
        for verb in ["suspend", "resume", "suspend"] { #expect(try site.ops(verb, "default").code == 0) }
        #expect(try site.ops("verify").code == 0)
        let tip = try site.server.id(reference)
        try site.server.git("update-ref", reference, "\(tip)~1")
        let shortened = try site.ops("verify")
        #expect(shortened.code == 1)
        #expect(shortened.error == "error: default: \(tip.short) is suspended in the notes of \(first.short), and not in \(reference)\n")
        try site.server.git("update-ref", "-d", reference)
        let deleted = try site.ops("verify")
        #expect(deleted.code == 1)
        #expect(deleted.error.split(separator: "\n").count == 3, "\(deleted.all)")
        try site.server.git("update-ref", reference, tip.description)
        #expect(try site.ops("verify").code == 0)
    }

    @Test func doctorReminds() throws {
        let (site, _) = try deployed("suspend-doctor")
        let notes = try site.server.id("refs/notes/ops")
        try site.ops("suspend", "default")
        #expect(try site.ops("doctor", "-q").output == "")
        let message = try site.server.git("log", "-1", "--format=%B", reference)
            .replacing(/Time: .*/, with: "Time: 2020-02-02T02:02:02.000Z").replacing(/Source-Commit: .*/, with: "")
        let tree = try site.server.shell("git mktree </dev/null")
        let old = try site.server.git("commit-tree", tree, "-m", message)
        try site.server.git("update-ref", reference, old)
        try site.server.git("update-ref", "refs/notes/ops", notes.description)
        let doctor = try site.ops("doctor", "-q")
        #expect(doctor.code == 0)
        #expect(doctor.output.hasPrefix("warning: 'default' is still suspended by "))
        #expect(doctor.output.hasSuffix("\n  hint: git ops resume default\n"))
    }

    /// Killed between any two effects, it is suspended or not, and the next one completes the record.
    @Test(.timeLimit(.minutes(10)), arguments: ["rename", "write"])
    func killedAtEveryStepTheNextOneCompletesTheRecord(effect: String) throws {
        let (site, first) = try deployed("suspend-kill")
        let variables = site.variables.filter { $0.key != "GIT_CONFIG_NOSYSTEM" }
        var step = 1
        var isThrough = false
        while !isThrough {
            isThrough = true
            for verb in ["suspend", "resume"] {
                let killed = try run(
                    "strace",
                    [
                        "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(effect)", "-e", "inject=\(effect):signal=SIGKILL:when=\(step)",
                        "\(programFolder)/git-ops", verb, "default",
                    ], in: site.server.path, variables: variables)
                isThrough = isThrough && killed.succeeded
                let context = "\(verb) killed at \(effect) \(step)"
                let again = try site.ops(verb, "default")
                #expect(again.code == 0, "\(context): \(again.all)")
                #expect(try site.ops("verify").code == 0, "\(context)")
                #expect(try site.ops("status", "--porcelain").output.hasSuffix(verb == "suspend" ? " suspended\n" : " -\n"), "\(context)")
                let noted = try site.events(of: first).filter { $0 != "deployed" }
                #expect(try site.server.git("rev-list", "--count", reference) == String(noted.count), "\(context)")
                #expect(noted.last == verb + (verb == "suspend" ? "ed" : "d"), "\(context)")
            }
            step += 1
            try #require(step < 1000, "it never gets through")
        }
        #expect(step > 2, "\(effect) is never called")
    }
}
