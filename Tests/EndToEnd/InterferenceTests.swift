import Git
import Glibc
import Posix
import TestSupport
import Testing

/// What could go wrong when several things happen at once, or one of them dies.
@Suite struct InterferenceTests {
    @Test func twoThatDeployIntoOneDirectoryDoNotTakeFromEachOther() throws {
        let site = try Site("one-directory")
        try site.deploy("First", ["a": "one\n"])
        // Another repository with the same directory, of which this one cannot know.
        try site.server.git("clone", "-q", "--bare", ".", site.scratch("other.git"))
        let other = TestRepository(existing: site.scratch("other.git"), variables: site.variables)
        try other.git("config", "ops.default.directory", site.scratch("live"))
        try other.git("config", "ops.default.adopt", "true")

        // While the first deploys, the second tries; then the first fails and puts everything back.
        let gate = try Gate(in: site.scratch)
        try site.server.git("config", "ops.default.healthCheck", gate.command + "; exit 1")
        try site.clone.commit("Second", ["a": "two\n", "b": "two\n"])
        _ = try site.push("-o", "ops.nowait", "HEAD:main")
        try gate.awaitArrival()
        try other.git("fetch", "-q", site.clone.path, "+HEAD:refs/heads/main")
        let apply = try other.attempt("ops", "apply")
        #expect(apply.code == 1)
        #expect(apply.error.contains("another deployment into"), "\(apply.all)")
        try gate.open()
        try eventually("it is put back") { try site.trailer("Result") == "failed" && site.live("a") == "one\n" && site.live("b") == nil }
        #expect(try site.trailer("Reason") == "healthCheck failed: exit code 1")
    }

    @Test func aFolderThatWasThereBeforeStaysAfterAKill() throws {
        let site = try Site("found-folder")
        try site.deploy("First", ["a": "one\n"])
        try makeFolders(site.scratch("live/was-there"))
        let gate = try Gate(in: site.scratch)
        try site.server.git("config", "ops.default.healthCheck", gate.command)
        try site.clone.commit("Second", ["was-there/f": "two\n"])
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:main")
        try killApply(site, gate)
        try site.server.git("config", "--unset", "ops.default.healthCheck")
        #expect(try site.ops("apply").code == 0)
        try site.clone.git("rm", "-rq", "was-there")
        try site.deploy("Third", ["a": "three\n"])
        #expect(site.live("was-there/f") == nil)
        #expect(names(inFolder: site.scratch("live")).contains("was-there"))
    }

    @Test func aCommandThatOutlivedItsDeploymentIsEndedBeforeTheNext() throws {
        let site = try Site("left-over")
        let gate = try Gate(in: site.scratch)
        try site.server.git("config", "ops.default.reload", "echo $$ > '\(site.scratch("pid"))'; " + gate.command)
        try site.clone.commit("First", ["a": "one\n"])
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:main")
        try killApply(site, gate)
        let pid = try #require(site.scratch.text("pid").flatMap { pid_t($0.dropLast()) })
        let watch = try ProcessWatch(pid)
        try site.server.git("config", "--unset", "ops.default.reload")
        #expect(try site.ops("apply").code == 0)
        var polls = [pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)]
        #expect(poll(&polls, 1, 20_000) == 1, "the command still runs")
    }

    @Test func statusAndWaitKnowOfADeploymentThatDied() throws {
        let site = try Site("died")
        let first = try site.deploy("First", ["a": "one\n"])
        let gate = try Gate(in: site.scratch)
        try site.server.git("config", "ops.default.healthCheck", gate.command)
        try site.clone.commit("Second", ["new": "two\n"])
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:other")
        try killApply(site, gate, "other")
        #expect(site.live("new") == "two\n")
        let status = try site.ops("status", "--exit-code")
        #expect(status.code == 1)
        #expect(status.output.hasPrefix("default: the last deployment was interrupted\n"), "\(status.all)")
        #expect(try site.ops("wait", "--timeout", "5s", first.description).code == 1)
        try site.server.git("config", "--unset", "ops.default.healthCheck")
        #expect(try site.ops("apply").code == 0)
        #expect(site.live("new") == nil)
        #expect(try site.ops("status", "--exit-code").code == 0)
        #expect(try site.ops("wait", "--timeout", "5s", first.description).code == 0)
    }

    @Test func aWorkerAnswersByWhatIsDeclaredWhenItsTurnComes() throws {
        let site = try Site("redeclared", environments: ["prod"])
        func declared(_ branch: String) -> String { "environments:\n  prod:\n    path: app\n    branch: \(branch)\n" }
        try site.clone.commit("First", ["ops.yaml": declared("rel-a"), "app/a": "one\n"])
        let gate = try Gate(in: site.scratch)
        try site.server.git("config", "ops.prod.healthCheck", gate.command)
        #expect(try site.push("-o", "ops.nowait", "HEAD:main", "HEAD:refs/heads/rel-a").succeeded)
        try gate.awaitArrival()
        try site.clone.commit("Second", ["ops.yaml": declared("rel-b"), "app/a": "two\n"])
        #expect(try site.push("-o", "ops.nowait", "HEAD:main").succeeded)
        try site.server.git("config", "--unset", "ops.prod.healthCheck")
        #expect(try site.push("-o", "ops.nowait", "HEAD:refs/heads/rel-b").succeeded)
        try gate.open()
        #expect(try site.ops("wait", "-e", "prod", "--timeout", "60s", "rel-b").code == 0)
        #expect(site.live("prod/a") == "two\n")
    }

    @Test func waitDoesNotGiveUpOnWhatIsBeingDeployed() throws {
        let site = try Site("again")
        try site.server.git("config", "ops.default.healthCheck", "exit 1")
        let commit = try site.clone.commit("First", ["a": "one\n"])
        _ = try site.push("HEAD:main")
        #expect(try site.ops("wait", "--timeout", "5s", commit.description).code == 1)
        let gate = try Gate(in: site.scratch)
        try site.server.git("config", "ops.default.healthCheck", gate.command)
        let apply = try start(site, "apply", "-q")
        try gate.awaitArrival()
        let wait = try start(site, "wait", "-q", "--timeout", "60s", commit.description)
        // It looks at what failed before, and waits all the same.
        var polls = [pollfd(fd: wait.descriptor, events: Int16(POLLIN), revents: 0)]
        #expect(poll(&polls, 1, 700) == 0, "it gave up")
        try gate.open()
        #expect(try apply.reap() == .exited(0))
        #expect(try wait.reap() == .exited(0))
    }

    @Test func aFirstDeploymentThatFailsSaysWhyAndNothingElse() throws {
        let site = try Site("first", settings: ["ops.default.reload": "true", "ops.default.healthCheck": "false"])
        rmdir(site.scratch("live"))
        try site.clone.commit("First", ["a": "one\n"])
        #expect(try site.push("HEAD:main").says("healthCheck failed: exit code 1"))
        #expect(try site.trailer("Reason") == "healthCheck failed: exit code 1")
    }

    @Test func theOutputOfACommandIsBounded() throws {
        let site = try Site("talkative", settings: ["ops.default.reload": "yes 0123456789abcdef | head -c 20000000"])
        try site.clone.commit("First", ["a": "one\n"])
        let push = try site.push("HEAD:main")
        #expect(push.says("it writes more, which is left out"))
        #expect(push.error.utf8.count < 4 << 20)
        #expect(push.says("default: deployed "))
    }

    @Test func whatACommandLeavesRunningIsNotWaitedFor() throws {
        let site = try Site("background", settings: ["ops.default.timeout": "400s", "ops.default.reload": "setsid timeout 500 yes & exit 0"])
        try site.clone.commit("First", ["a": "one\n"])
        let begun = monotonicSeconds()
        #expect(try site.push("HEAD:main").says("default: deployed "))
        #expect(monotonicSeconds() - begun < 300)
        _ = try? run("pkill", ["-f", "timeout 500 yes"])
    }

    private func start(_ site: Site, _ arguments: String...) throws -> ProcessWatch {
        var command = Command("\(programFolder)/git-ops", arguments, environment: site.variables)
        command.directory = site.server.path
        command.output = .none
        command.error = .none
        return try ProcessWatch(try command.start())
    }

    /// Starts `git ops apply`, and kills it when one of its commands has come to the gate.
    private func killApply(_ site: Site, _ gate: Gate, _ revision: String? = nil) throws {
        var command = Command("\(programFolder)/git-ops", ["apply", "-q"] + (revision.map { ["default", $0] } ?? []), environment: site.variables)
        command.directory = site.server.path
        command.output = .none
        command.error = .none
        let watch = try ProcessWatch(try command.start())
        try gate.awaitArrival()
        kill(watch.pid, SIGKILL)
        _ = try watch.reap()
    }
}

@Suite struct BombTests {
    /// A few objects that stand for a thousand million files.
    @Test func aTreeThatStandsForTooMuchIsRefused() throws {
        let site = try Site("bomb")
        let repository = try site.clone.open()
        let blob = try repository.write(Array("x".utf8), as: .blob)
        func digits(_ mode: FileMode, _ id: ObjectID) -> [TreeEntry] {
            (0..<10).map { TreeEntry(name: Array("\($0)".utf8), mode: mode, id: id) }
        }
        var tree = try repository.writeTree(digits(.file, blob))
        for _ in 0..<8 { tree = try repository.writeTree(digits(.tree, tree)) }
        let someone = Signature(name: "A", email: "a@example.org", seconds: 1_700_000_000)
        let commit = try repository.writeCommit(tree: tree, parents: [], author: someone, committer: someone, message: "bomb\n")
        let push = try site.push("\(commit):refs/heads/main")
        #expect(!push.succeeded)
        #expect(push.says("stands for more than"), "\(push.all)")
    }

    @Test func manyReferencesToALargeOpsFileCostWhatOneCosts() throws {
        let site = try Site("many")
        var text = "environments:\n"
        for number in 0..<3000 { text += "  e\(number):\n    path: site\n" }
        try site.clone.commit("Many", ["ops.yaml": text, "site/a": "1\n"])
        var arguments = ["-o", "ops.nowait"]
        for number in 0..<200 { arguments.append("HEAD:refs/heads/b\(number)") }
        let push = Push(try run("git", ["push", "-q", "origin"] + arguments, in: site.clone.path, variables: site.variables, timeout: 60))
        #expect(push.succeeded, "\(push.all.prefix(2000))")
    }

    @Test func hostileBranchNamesAreRefusedInOpsYaml() throws {
        let site = try Site("branch-name")
        try site.clone.commit("Hostile", ["ops.yaml": "environments:\n  a:\n    path: site\n    branch: \"rel\\x9b31m\"\n", "site/a": "1\n"])
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(push.says("ops.yaml:4:13: error:"), "\(push.all)")
    }

    @Test func aRecordIsProvedByOurOwnNotesAlone() throws {
        let site = try Site("notes")
        try site.deploy("First", ["a": "one\n"])
        let note = try site.server.git("rev-parse", "refs/notes/ops")
        try site.server.git("update-ref", "refs/notes/evil/ops", note)
        let broken = try site.server.git("commit-tree", "-m", "empty", "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
        try site.server.git("update-ref", "refs/notes/ops", broken)
        #expect(try site.ops("verify").code == 1)
    }

    @Test func anUnknownEnvironmentIsNotWaitedFor() throws {
        let site = try Site("unknown")
        try site.deploy("First", ["a": "one\n"])
        let wait = try site.ops("wait", "-e", "nope", "main")
        #expect(wait.code == 128)
        #expect(wait.error.contains("there is no environment 'nope'"))
    }
}
