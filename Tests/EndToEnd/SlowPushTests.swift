import Git
import Glibc
import Posix
import TestSupport
import Testing

/// Deployments that take their time: pushers who do not wait, go away, or come at once.
@Suite struct SlowPushTests {
    /// A site whose deployments wait in `preApply` until the gate is opened.
    private func gated(_ name: String) throws -> (Site, Gate) {
        let site = try Site(name)
        let gate = try Gate(in: site.scratch)
        try site.server.git("config", "ops.default.timeout", "120s")
        try site.server.git("config", "ops.default.preApply", gate.command)
        return (site, gate)
    }

    private func waiting(_ site: Site) throws -> Int {
        Int(try jq(".environments[0].waiting", site.ops("status", "--json").output)) ?? -1
    }

    private func push(_ clone: TestRepository, _ arguments: String...) throws -> Background {
        try Background("git", ["push", "origin"] + arguments, in: clone.path, variables: clone.variables)
    }

    @Test func pusherWhoDoesNotWaitIsTold() throws {
        let (site, gate) = try gated("nowait")
        let commit = try site.clone.commit("First", ["a": "1\n"])
        // It ends while the deployment is still at the gate.
        let push = try site.push("-o", "ops.nowait", "HEAD:main")
        #expect(push.succeeded)
        #expect(push.lines == ["default: queued"])
        try gate.awaitArrival()
        #expect(try site.ops("status").output.hasPrefix("default: a deployment is running\n"))
        #expect(site.live("a") == nil)
        try gate.open()
        try site.awaitDeployment(of: commit)
        #expect(site.live("a") == "1\n")
    }

    /// - Parameter isAlone: whether the hooks live on and find out, or all that the push started dies with
    ///   it, as at a terminal that hangs up.
    @Test(arguments: [true, false])
    func pusherWhoIsKilledChangesNothing(isAlone: Bool) throws {
        let (site, gate) = try gated("killed")
        let commit = try site.clone.commit("First", ["a": "1\n"])
        let pusher = try push(site.clone, "HEAD:main")
        try gate.awaitArrival()
        if isAlone { try pusher.kill() } else { try pusher.killGroup() }
        try gate.open()
        try site.awaitDeployment(of: commit)
        #expect(site.live("a") == "1\n")
        #expect(try site.events(of: commit) == ["deployed"])
        #expect(try site.trailer("Result") == "deployed")
        #expect(try site.ops("verify").code == 0)
    }

    @Test func hookOfAPusherWhoIsGoneEndsAndFreesTheRepository() throws {
        let site = try Site("gone")
        let gate = try Gate(in: site.scratch)
        // More than a pipe holds, so that a hook that insists on being read would hang.
        try site.server.git("config", "ops.default.timeout", "120s")
        try site.server.git("config", "ops.default.preApply", gate.command + "; seq 1 60000")
        let commit = try site.clone.commit("First", ["a": "1\n"])

        // Everything that the push starts holds this pipe, unless it detaches itself.
        let pipe = try Pipe()
        var command = Command("git", ["push", "origin", "HEAD:main"], environment: site.variables)
        command.directory = site.clone.path
        command.output = .descriptor(pipe.writeEnd)
        command.error = .descriptor(pipe.writeEnd)
        let watch = try ProcessWatch(try command.start(ownGroup: true))
        pipe.closeWriteEnd()
        try gate.awaitArrival()
        kill(watch.pid, SIGKILL)
        _ = try watch.reap()
        try gate.open()
        try site.awaitDeployment(of: commit)

        var polls = [pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0)]
        var isOver = false
        let deadline = monotonicSeconds() + 120
        while !isOver, monotonicSeconds() < deadline, poll(&polls, 1, 120_000) == 1 {
            isOver = try FileDescriptor.read(from: pipe.readEnd).isEmpty
        }
        #expect(isOver, "something of the push still runs")
        #expect(site.live("a") == "1\n")
        try gate.open()
        try site.deploy("Second", ["a": "2\n"])
        #expect(site.live("a") == "2\n")
    }

    @Test func twoPushersAtOnceAreBothAnsweredAndTheNewestIsDeployed() throws {
        let (site, gate) = try gated("two")
        let first = try site.clone.commit("First", ["a": "1\n"])
        let one = try push(site.clone, "HEAD:main")
        try gate.awaitArrival()

        // While the first is deployed, two more come; the second is never deployed itself.
        let second = try site.clone.commit("Second", ["a": "2\n"])
        let two = try push(site.clone, "HEAD:main")
        try eventually("the second push waits") { try waiting(site) == 2 }
        let other = try site.anotherClone("other")
        let third = try other.commit("Third", ["a": "3\n"])
        let three = try push(other, "HEAD:main")
        try eventually("the third push waits") { try waiting(site) == 3 }
        try gate.open(times: 2)

        let answers = try [one, two, three].map { try $0.finished() }
        #expect(answers.map(\.code) == [0, 0, 0])
        #expect(answers[0].plainLines.last == "default: deployed <id> in <time> (1 created)")
        #expect(answers[1].says("is superseded by \(third.short)"))
        #expect(answers[1].says("default: deployed \(third.short)"))
        #expect(answers[2].says("default: deployed \(third.short)"))
        #expect(!answers[2].says("superseded"))
        #expect(site.live("a") == "3\n")
        #expect(try site.events(of: first) == ["deployed"])
        #expect(try site.events(of: second) == ["superseded"])
        #expect(try site.events(of: third) == ["deployed"])
        #expect(try site.trailer("Number") == "2")
        // The second is in what runs.
        #expect(try site.ops("wait", "-q", "--timeout", "5s", second.description).code == 0)
        #expect(try site.ops("status", "--exit-code").code == 0)
    }

    @Test func commitThatWasOvertakenByOneWithoutItIsNeverCalledDeployed() throws {
        let (site, gate) = try gated("without")
        try site.clone.commit("First", ["a": "1\n"])
        let one = try push(site.clone, "HEAD:main")
        try gate.awaitArrival()
        let second = try site.clone.commit("Second", ["a": "2\n"])
        let two = try push(site.clone, "HEAD:main")
        try eventually("the second push waits") { try waiting(site) == 2 }
        try site.clone.git("reset", "-q", "--hard", "HEAD~1")
        let third = try site.clone.commit("Instead", ["a": "3\n"])
        let three = try push(site.clone, "+HEAD:main")
        try eventually("the third push waits") { try waiting(site) == 3 }
        try gate.open(times: 2)
        for pusher in [one, two, three] { try pusher.finished() }
        #expect(site.live("a") == "3\n")
        let wait = try site.ops("wait", "--timeout", "5s", second.description)
        #expect(wait.code == 1)
        #expect(wait.error.contains("was superseded by \(third.short), which does not contain it"))
    }

    @Test func applyWaitsForADeploymentThatRuns() throws {
        let (site, gate) = try gated("apply")
        try site.clone.commit("First", ["a": "1\n"])
        let pusher = try push(site.clone, "HEAD:main")
        try gate.awaitArrival()
        let apply = try Background("git", ["ops", "apply"], in: site.server.path, variables: site.variables)
        try eventually("apply says that it waits") { apply.error.contains("default: waiting for another deployment to end\n") }
        try gate.open()
        #expect(try apply.finished().code == 0)
        #expect(try pusher.finished().succeeded)
        #expect(try site.trailer("Number") == "1")
    }

    @Test func preApplySeesTheWholeNewStateAndCanVeto() throws {
        let site = try Site("veto")
        try site.server.git(
            "config", "ops.default.preApply", "test \"$PWD\" = \"$GIT_OPS_STAGED\"; cat kept a; env | cut -d= -f1 | sort; ! grep -q bad a")
        try site.clone.commit("First", ["a": "good\n", "kept": "kept\n"])
        let good = try site.push("-o", "ops.reason=x", "HEAD:main")
        #expect(good.says("default: preApply: kept"))
        #expect(good.says("default: preApply: GIT_OPS_COMMIT"))
        // Nothing of the push reaches a command.
        #expect(!good.says("GIT_PUSH_OPTION"))
        #expect(!good.says("GIT_DIR"))
        #expect(!good.says("QUARANTINE"))

        try site.clone.commit("Bad", ["a": "bad\n"])
        let bad = try site.push("HEAD:main")
        #expect(bad.succeeded)
        #expect(bad.says("error: default: "))
        #expect(site.live("a") == "good\n")
        #expect(try site.trailer("Result") == "failed")
    }

    @Test func commandThatHangsIsEndedAndTheOldStateComesBack() throws {
        let site = try Site("hangs")
        try site.deploy("First", ["a": "1\n"])
        try site.server.git("config", "ops.default.timeout", "1s")
        try site.server.git("config", "ops.default.healthCheck", "echo trying; exec cat '\(site.scratch("never"))'")
        #expect(mkfifo(site.scratch("never"), 0o600) == 0)
        try site.clone.commit("Second", ["a": "2\n", "b": "2\n"])
        let push = try site.push("HEAD:main")
        #expect(push.says("default: healthCheck: trying"))
        #expect(push.says("error: default: "))
        #expect(site.live("a") == "1\n")
        #expect(site.live("b") == nil)
        #expect(try site.trailer("Result") == "failed")
    }
}
