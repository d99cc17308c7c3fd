import Git
import Glibc
import Posix
import TestSupport
import Testing

/// The agent pulls: from a repository that knows nothing of git-ops.
@Suite(.timeLimit(.minutes(10))) struct AgentTests {
    @Test func whatIsPushedIsDeployedAndRecordedAtTheRemote() throws {
        let site = try AgentSite("story")
        let first = try site.push("First", ["index.html": "one\n"])
        let once = try site.once()
        #expect(once.code == 0 && once.output == "", "\(once.all)")
        #expect(site.live("index.html") == "one\n")
        #expect(try site.trailer("Trigger") == "agent")
        #expect(try site.trailer("Actor").hasPrefix("git-ops-agent ("))
        #expect(try site.trailer("Source-Commit", in: site.remote) == first.description)
        #expect(try site.remote.git("notes", "--ref=ops", "show", first.description).contains(" event=deployed "))
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("default in-sync "))

        try site.whileRunning { agent in
            let second = try site.push("Second", ["index.html": "two\n"])
            #expect(try site.ops("nudge").code == 0)
            try eventually("the second is deployed: \(agent.said)") { site.live("index.html") == "two\n" }
            try eventually("the remote has the record: \(agent.said)") { try site.trailer("Source-Commit", in: site.remote) == second.description }
            try site.push("Revert", ["index.html": "one\n"])
            agent.nudge()
            try eventually("the revert is deployed: \(agent.said)") { site.live("index.html") == "one\n" }
        }
        #expect(try site.ops("verify").code == 0)
        #expect(try site.agent.git("rev-list", "--first-parent", "--count", "refs/ops/default") == "4")
        // Nothing is left to be done, and nothing is recorded.
        #expect(try site.once().code == 0)
        #expect(try site.agent.git("rev-list", "--first-parent", "--count", "refs/ops/default") == "4")
    }

    @Test func itPullsByItself() throws {
        let site = try AgentSite("interval", settings: ["ops.agentInterval": "1s"])
        try site.whileRunning { agent in
            try site.push("First", ["index.html": "one\n"])
            try eventually("it is deployed: \(agent.said)") { site.live("index.html") == "one\n" }
        }
    }

    @Test func whatIsNotValidIsNotFollowed() throws {
        let site = try AgentSite("invalid", environments: ["production"])
        let good = try site.push("Good", ["production/a.yaml": "a: 1\n"])
        try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said)") { site.live("production/a.yaml") == "a: 1\n" }
            let bad = try site.push("Bad", ["production/a.yaml": "a: [\n"])
            agent.nudge()
            try agent.await("\(bad.short) is not valid: ")
            // Once more, and it is told once.
            agent.nudge()
            try site.push("Worse", ["production/b.yaml": "b: 1\n"])
            agent.nudge()
            try agent.await("msg=\"\(try site.clone.id("HEAD").short) is not valid: ")
            #expect(agent.count("\(bad.short) is not valid: ") == 1)
            #expect(try site.agent.id("refs/heads/main") == good)
            #expect(site.live("production/a.yaml") == "a: 1\n" && site.live("production/b.yaml") == nil)
            // What is deployed is looked after all the same.
            try site.scratch.write("changed\n", to: "live/production/a.yaml")
            try eventually("it is put back: \(agent.said)") { site.live("production/a.yaml") == "a: 1\n" }
            try site.push("Better", ["production/a.yaml": "a: 2\n"])
            agent.nudge()
            try eventually("what is valid is deployed: \(agent.said)") { site.live("production/a.yaml") == "a: 2\n" }
        }
        #expect(try site.once().code == 0)
        try site.push("Bad", ["production/a.yaml": "a: [\n"])
        #expect(try site.once().code == 1)
    }

    @Test func aRewrittenBranchIsNotFollowedUnlessThatIsSaid() throws {
        let site = try AgentSite("rewritten")
        let first = try site.push("First", ["index.html": "one\n"])
        try site.push("Second", ["index.html": "two\n"])
        #expect(try site.once().code == 0)
        try site.clone.git("reset", "-q", "--hard", first.description)
        let other = try site.push("Other", ["index.html": "three\n"], force: true)
        let refused = try site.once()
        #expect(refused.code == 1 && refused.error.contains("'main' of the remote was rewritten: \(other.short) does not contain "), "\(refused.all)")
        #expect(site.live("index.html") == "two\n")
        // What is live is still looked after.
        try site.scratch.write("changed\n", to: "live/index.html")
        #expect(try site.once().code == 1)
        try site.agent.git("config", "ops.default.nonFastForward", "follow")
        #expect(try site.once().code == 0)
        #expect(site.live("index.html") == "three\n")
        try site.agent.git("config", "ops.default.nonFastForward", "folow")
        let misspelt = try site.once()
        #expect(misspelt.code == 1 && misspelt.error.contains("ops.default.nonFastForward is 'folow'"), "\(misspelt.all)")
    }

    @Test func aBranchThatIsGoneStaysDeployed() throws {
        let site = try AgentSite("gone", environments: ["production", "staging"])
        try site.clone.write("environments:\n  production: {path: production, branch: release}\n  staging: {path: staging}\n", to: "ops.yaml")
        try site.push("First", ["production/a": "one\n", "staging/a": "one\n"])
        try site.clone.git("push", "-q", "origin", "HEAD:refs/heads/release")
        let first = try site.once()
        #expect(first.code == 0, "\(first.all)")
        #expect(site.live("production/a") == "one\n")
        try site.remote.git("update-ref", "-d", "refs/heads/release")
        try site.push("Second", ["production/a": "two\n", "staging/a": "two\n"])
        let gone = try site.once()
        #expect(gone.code == 1 && gone.error.contains("the remote has no branch 'release' any more"), "\(gone.all)")
        #expect(site.live("production/a") == "one\n" && site.live("staging/a") == "two\n")
    }

    @Test func aRemoteThatIsAwayIsSaidAndComesBack() throws {
        let site = try AgentSite("away", settings: ["ops.agentInterval": "1s"])
        try site.push("First", ["index.html": "one\n"])
        try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said)") { site.live("index.html") == "one\n" }
            rename(site.remote.path, site.remote.path + ".away")
            try agent.await("cannot fetch: ")
            // Without the remote, what runs is looked after.
            try site.scratch.write("changed\n", to: "live/index.html")
            try eventually("it is put back: \(agent.said)") { site.live("index.html") == "one\n" }
            rename(site.remote.path + ".away", site.remote.path)
            try site.push("Second", ["index.html": "two\n"])
            try agent.await("fetches again")
            try eventually("it is deployed: \(agent.said)") { site.live("index.html") == "two\n" }
            // As is what was recorded meanwhile.
            try eventually("the remote has the record: \(agent.said)") {
                // Where it went away before the first was recorded there, it has none yet.
                try (try? site.remote.git("rev-list", "--first-parent", "--count", "refs/ops/default"))
                    == site.agent.git("rev-list", "--first-parent", "--count", "refs/ops/default")
            }
            #expect(agent.count("cannot fetch: ") == 1)
        }
    }

    @Test func onlyWhatSomebodyTrustedHasSignedIsDeployed() throws {
        let site = try AgentSite("signed", settings: ["ops.default.verify": "head"])
        for name in ["ann", "eve"] {
            let made = try run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", site.scratch(name)])
            #expect(made.succeeded, "\(made.all)")
        }
        let key = try #require(site.scratch.text("ann.pub"))
        try site.agent.git("config", "gpg.ssh.allowedSignersFile", site.scratch.write("ann@example.org \(key)", to: "signers"))
        for (name, value) in ["gpg.format": "ssh", "commit.gpgSign": "true", "user.signingKey": site.scratch("ann")] {
            try site.clone.git("config", name, value)
        }
        let good = try site.push("Signed", ["index.html": "one\n"])
        let first = try site.once()
        #expect(first.code == 0, "\(first.all)")
        #expect(site.live("index.html") == "one\n")
        try site.clone.git("config", "user.signingKey", site.scratch("eve"))
        let bad = try site.push("Signed by somebody", ["index.html": "evil\n"])
        let second = try site.once()
        #expect(second.code == 1 && second.error.contains("commit \(bad.short) is not signed by anyone trusted"), "\(second.all)")
        try site.clone.git("config", "commit.gpgSign", "false")
        let unsigned = try site.push("Not signed", ["index.html": "evil\n"])
        #expect(try site.once().error.contains("commit \(unsigned.short) is not signed by anyone trusted: it has no signature"))
        // What was deployed is put back, and not what is not signed.
        try site.scratch.write("changed\n", to: "live/index.html")
        try site.whileRunning { agent in
            try eventually("it is put back: \(agent.said)") { site.live("index.html") == "one\n" }
        }
        #expect(try site.trailer("Source-Commit") == good.description)

        try site.agent.git("config", "ops.default.verify", "tag")
        #expect(try site.once().error.contains("no tag of \(unsigned.short) is signed by anyone trusted"))
        try site.clone.git("config", "user.signingKey", site.scratch("eve"))
        try site.clone.git("tag", "-s", "-m", "evil", "v1")
        try site.clone.git("push", "-q", "origin", "v1")
        #expect(try site.once().error.contains("no tag of \(unsigned.short) is signed by anyone trusted: 'v1': "))
        #expect(site.live("index.html") == "one\n")
        try site.clone.git("config", "user.signingKey", site.scratch("ann"))
        try site.clone.git("tag", "-s", "-m", "good", "v2")
        try site.clone.git("push", "-q", "origin", "v2")
        let tagged = try site.once()
        #expect(tagged.code == 0, "\(tagged.all)")
        #expect(site.live("index.html") == "evil\n")
    }

    @Test func aDeploymentThatRunsIsRecordedBeforeTheEnd() throws {
        let site = try AgentSite("term", settings: ["ops.default.reload": "touch ../reloading; sleep 2; touch ../reloaded"])
        try site.push("First", ["index.html": "one\n"])
        try site.whileRunning { agent in
            try eventually("it reloads: \(agent.said)") { site.scratch.text("reloading") != nil }
        }
        #expect(site.scratch.text("reloaded") != nil)
        #expect(try site.trailer("Result") == "deployed")
        #expect(try site.agent.attempt("rev-parse", "-q", "--verify", "refs/ops/_pending/default").code == 1)
    }

    @Test func whatFailedIsTriedAgain() throws {
        let site = try AgentSite("retry", settings: ["ops.default.reload": "test -e ../allowed"])
        try site.push("First", ["index.html": "one\n"])
        #expect(try site.once().code == 1)
        #expect(try site.trailer("Result") == "failed")
        try site.whileRunning { agent in
            try eventually("it fails again: \(agent.said)") { try site.trailer("Number") == "2" }
            try site.scratch.write("", to: "allowed")
            // After some seconds, without anything having been pushed.
            try eventually("it is deployed: \(agent.said)") { site.live("index.html") == "one\n" }
        }
        #expect(try site.trailer("Result") == "deployed")
    }

    @Test func oneKeepsARepository() throws {
        let site = try AgentSite("two")
        try site.whileRunning { agent in
            let other = try site.once()
            #expect(other.code == 128 && other.error == "fatal: an agent keeps this repository already (process \(agent.process.pid))\n", "\(other.all)")
        }
        let nudge = try site.ops("nudge")
        #expect(nudge.code == 1 && nudge.error == "fatal: no agent keeps this repository\nhint: git ops agent\n", "\(nudge.all)")
    }

    @Test func settingsThatMakeNoSenseAreSaid() throws {
        let site = try AgentSite("settings")
        for (key, value, words) in [
            ("ops.agentInterval", "soon", "ops.agentInterval is not a duration of 1s or more: 'soon'"),
            ("ops.agentRemote", "upstream", "ops.agentRemote names no remote: 'upstream'"),
            ("ops.agentRecords", "drop", "ops.agentRecords is 'drop'"), ("ops.agentLease", "agent", "ops.agentLease is not a namespace and a name: 'agent'"),
        ] {
            let before = try site.agent.attempt("config", key).output
            try site.agent.git("config", key, value)
            let end = try site.once()
            #expect(end.code == 128 && end.error.hasPrefix("fatal: \(words)\nhint: "), "\(end.all)")
            try site.agent.git("config", before.isEmpty ? "--unset" : "--replace-all", key, before.isEmpty ? "." : before.split(separator: "\n").joined())
        }
        let usage = try run("git", ["ops", "agent", "--twice"], in: site.agent.path)
        #expect(usage.code == 129 && usage.error.hasPrefix("error: unknown option '--twice'"), "\(usage.all)")
        try site.agent.git("config", "--unset", "ops.default.directory")
        let nothing = try site.once()
        #expect(nothing.code == 128, "\(nothing.all)")
        #expect(nothing.error.hasPrefix("fatal: no environment has a target in this repository\nhint: git config ops."), "\(nothing.all)")
        try site.agent.git("remote", "remove", "origin")
        #expect(try site.once().error == "fatal: there is no remote to pull from\nhint: git remote add origin <url>\n")
    }

    @Test func aDeclarationInForceThatIsNotValidIsAnAnswer() throws {
        let site = try AgentSite("invalid")
        try site.push("First", ["ops.yaml": "environments:\n  production:\n    pth: x\n"])
        // What was never checked here is in force all the same.
        try site.cloneForAgent()
        let once = try site.once()
        #expect(once.code == 1 && once.error.contains("ops.yaml:3:5: error: ") && !once.error.contains("fatal: "), "\(once.all)")
        #expect(once.error.contains("level=error msg=\"ops.yaml is not valid\""), "\(once.all)")
    }

    @Test func whatHasComeIsPackedOnceADay() throws {
        let site = try AgentSite("tidy")
        for (key, value) in [("fetch.unpackLimit", "1"), ("gc.autoPackLimit", "1"), ("gc.autoDetach", "false")] { try site.agent.git("config", key, value) }
        let stamp = site.agent.path + "/ops/_agent/tidied"
        func packs() throws -> Int { try site.agent.git("count-objects", "-v").split(separator: "\n").first { $0.hasPrefix("packs: ") }.flatMap { Int($0.dropFirst(7)) } ?? 0 }
        func tidied() -> Int { modificationTime(stamp) }
        try site.whileRunning { agent in
            try eventually("it has tidied up: \(agent.said)") { access(stamp, F_OK) == 0 }
            let first = tidied()
            for number in 1...3 {
                let commit = try site.push("Change \(number)", ["a": "\(number)\n"])
                agent.nudge()
                try eventually("it is deployed: \(agent.said)") { (try? site.trailer("Source-Commit", in: site.remote)) == commit.description }
            }
            #expect(try packs() >= 3 && tidied() == first, "\(agent.said)")
            // A day has passed; or the clock was wrong by two when it was tidied last.
            for shift in ["2 days ago", "2 days"] {
                let before = try packs()
                let end = try run("touch", ["-d", shift, stamp])
                #expect(end.succeeded, "\(end.all)")
                let old = tidied()
                try eventually("it tidies up again: \(agent.said)") {
                    agent.nudge()
                    return tidied() != old
                }
                try eventually("it is packed: \(agent.said)") { try packs() == 1 }
                #expect(before >= 1)
            }
        }
        #expect(try site.ops("verify").code == 0)
    }

    private func modificationTime(_ path: String) -> Int {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mtim.tv_sec : 0
    }

    @Test func aWorkingTreeIsNobodysToChange() throws {
        let site = try AgentSite("worktree")
        try site.clone.git("config", "ops.default.directory", site.scratch("live"))
        try site.clone.git("config", "ops.agentListen", "none")
        try site.push("First", ["index.html": "one\n"])
        // At what it has checked out there is nothing to move.
        let same = try run("git", ["ops", "agent", "--once"], in: site.clone.path)
        #expect(same.code == 0, "\(same.all)")
        let other = TestRepository(existing: site.scratch("other"))
        _ = try run("git", ["clone", "-q", site.remote.path, other.path])
        try other.commit("Second", ["index.html": "two\n"])
        try other.git("push", "-q", "origin", "HEAD:main")
        let moved = try run("git", ["ops", "agent", "--once"], in: site.clone.path)
        #expect(moved.code == 1 && moved.error.contains("'main' is checked out in "), "\(moved.all)")
        #expect(try site.clone.git("status", "--porcelain") == "")
        #expect(site.live("index.html") == "one\n")
    }
}
