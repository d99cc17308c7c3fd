import Git
import Glibc
import Posix
import TestSupport
import Testing

/// What the agent keeps at the remote, and takes from there.
@Suite(.timeLimit(.minutes(10))) struct AgentRecordTests {
    @Test func aNewCloneGoesOnWithTheRecord() throws {
        let site = try AgentSite("new-clone")
        try site.push("First", ["a": "one\n", "b": "one\n"])
        #expect(try site.once().code == 0)
        try site.cloneForAgent()
        try site.push("Second", ["a": "two\n"])
        try site.clone.git("rm", "-q", "b")
        try site.push("Third")
        let once = try site.once()
        #expect(once.code == 0, "\(once.all)")
        // Without the record, what is there would be somebody else's.
        #expect(site.live("a") == "two\n" && site.live("b") == nil)
        #expect(try site.trailer("Number") == "2")
        #expect(try site.ops("verify").code == 0)
        #expect(try site.agent.git("notes", "--ref=ops", "list").split(separator: "\n").count == 2)
    }

    @Test func aRemoteThatTakesNoRecordIsNoReasonNotToDeploy() throws {
        let site = try AgentSite("refused")
        try site.remote.git("config", "receive.hideRefs", "refs/ops")
        try site.remote.git("config", "--add", "receive.hideRefs", "refs/notes")
        try site.push("First", ["a": "one\n"])
        let once = try site.once()
        #expect(once.code == 0, "\(once.all)")
        #expect(once.error.contains("the remote does not take the record: "), "\(once.all)")
        #expect(site.live("a") == "one\n")
        #expect(try site.remote.attempt("rev-parse", "-q", "--verify", "refs/ops/default").code == 1)
        try site.remote.git("config", "--unset-all", "receive.hideRefs")
        #expect(try site.once().code == 0)
        #expect(try site.remote.id("refs/ops/default") == site.agent.id("refs/ops/default"))
        #expect(try site.remote.id("refs/notes/ops") == site.agent.id("refs/notes/ops"))
    }

    @Test func recordsAreKeptWhereThatIsSaid() throws {
        let site = try AgentSite("keep", settings: ["ops.agentRecords": "keep"])
        try site.push("First", ["a": "one\n"])
        #expect(try site.once().code == 0)
        #expect(try site.remote.git("for-each-ref", "--format=%(refname)") == "refs/heads/main")
    }

    @Test func whatIsKeptOfDriftIsAtTheRemote() throws {
        let site = try AgentSite("drift-record", settings: ["ops.default.drift": "record"])
        try site.push("First", ["a": "one\n", "b": "one\n"])
        let reference = "refs/ops/_drift/default"
        func has(_ repository: TestRepository) throws -> String { try repository.attempt("rev-parse", "-q", "--verify", reference).output }
        func awaitKept(_ text: String, _ agent: AgentSite.Running) throws {
            try eventually("'\(text)' is kept: \(agent.said)") { try site.agent.attempt("show", "\(reference):a").output == text }
            try eventually("the remote has it: \(agent.said)") { try has(site.remote) == has(site.agent) }
        }
        try site.whileRunning { agent in
            try agent.await("msg=\"deployed ")
            try site.scratch.write("changed\n", to: "live/a")
            try awaitKept("changed\n", agent)
            try site.scratch.write("again\n", to: "live/a")
            try awaitKept("again\n", agent)

            // Somebody else's is not overwritten unseen.
            try site.remote.git("update-ref", reference, "refs/heads/main")
            try site.scratch.write("a third time\n", to: "live/a")
            try agent.await("the remote does not take the record: [rejected] (stale info)")
            #expect(try has(site.remote) == site.remote.git("rev-parse", "main") + "\n")
            agent.nudge()
            try awaitKept("a third time\n", agent)
            #expect(agent.count("the remote does not take the record: ") == 1, "\(agent.said)")

            try site.scratch.write("one\n", to: "live/a")
            try eventually("both forget it: \(agent.said)") { try has(site.remote).isEmpty && has(site.agent).isEmpty }
            // What stands there is no truth.
            try site.remote.git("update-ref", reference, "refs/heads/main")
            agent.nudge()
            try eventually("it is taken away again: \(agent.said)") { try has(site.remote).isEmpty }
            #expect(try has(site.agent).isEmpty)
            try site.scratch.write("changed\n", to: "live/a")
            try awaitKept("changed\n", agent)
        }
        // A new clone looks for itself.
        try site.cloneForAgent([], ["ops.default.drift": "record"])
        try site.scratch.write("one\n", to: "live/a")
        try site.whileRunning { agent in
            try eventually("the remote forgets it: \(agent.said)") { try has(site.remote).isEmpty }
        }
        #expect(try site.ops("verify").code == 0)
    }

    @Test func notesOfBothSidesAreMerged() throws {
        let site = try AgentSite("notes")
        let first = try site.push("First", ["a": "one\n"])
        // Somebody else has noted something on the same commit.
        let line = "2026-01-01T00:00:00.000Z id=01KDVWG000ABCDEFGHJKMNPQRS env=other event=deployed commit=\(first)"
        try site.clone.git("notes", "--ref=ops", "add", "-m", line, first.description)
        try site.clone.git("push", "-q", "origin", "refs/notes/ops")
        let once = try site.once()
        #expect(once.code == 0, "\(once.all)")
        // What was noted here before the remote's was known is merged with it, and given back.
        #expect(try site.once().code == 0)
        let note = try site.remote.git("notes", "--ref=ops", "show", first.description)
        #expect(note.contains(line) && note.contains("env=default event=deployed"), "\(note)")
        #expect(try site.agent.attempt("rev-parse", "-q", "--verify", "refs/notes/_agent").code == 1)
    }

    @Test func notesThatLoseALineAreNotTaken() throws {
        let site = try AgentSite("lost-notes")
        let first = try site.push("First", ["a": "one\n"])
        #expect(try site.once().code == 0)
        let own = try site.agent.git("notes", "--ref=ops", "show", first.description)
        try site.remote.git("notes", "--ref=ops", "add", "-f", "-m", own.replacing("event=deployed", with: "event=refused"), first.description)
        let once = try site.once()
        #expect(once.error.contains("the notes of the remote lack some that were made here, and are not taken"), "\(once.all)")
        #expect(try site.agent.git("notes", "--ref=ops", "show", first.description) == own)
    }

    @Test func aRecordThatGoesAnotherWayIsSaid() throws {
        let site = try AgentSite("diverged")
        try site.push("First", ["a": "one\n"])
        #expect(try site.once().code == 0)
        let other = try site.agent.git("commit-tree", "-m", "Another record", "refs/ops/default^{tree}")
        try site.agent.git("push", "-q", "--force", "origin", "\(other):refs/ops/default")
        try site.push("Second", ["a": "two\n"])
        let once = try site.once()
        #expect(once.error.contains("the remote has a record of 'default' that goes another way: somebody else deploys it"), "\(once.all)")
        #expect(site.live("a") == "two\n")
        #expect(try site.remote.git("rev-parse", "refs/ops/default") == other)
        // One that begins with nothing begins no second record beside that.
        try site.cloneForAgent()
        try site.push("Third", ["a": "three\n"])
        let anew = try site.once()
        #expect(anew.code == 1, "\(anew.all)")
        #expect(site.live("a") == "two\n")
        #expect(try site.agent.attempt("rev-parse", "-q", "--verify", "refs/ops/default").code == 1)
    }

    @Test func whatWasNotSignedDoesNotSayWhatWasDeployed() throws {
        let site = try AgentSite("unsigned-record")
        try site.push("First", ["a": "one\n"])
        #expect(try site.once().code == 0)
        try site.cloneForAgent([], ["ops.default.verify": "head"])
        let once = try site.once()
        #expect(once.error.contains("the record of 'default' at the remote is not taken: ops.default.verify is set"), "\(once.all)")
        #expect(once.error.contains("git fetch origin refs/ops/default:refs/ops/default"), "\(once.all)")
        #expect(try site.agent.attempt("rev-parse", "-q", "--verify", "refs/ops/default").code == 1)
    }

    @Test func onlyWhatFollowsIsTakenForTheRecord() throws {
        let site = try AgentSite("forged")
        try site.push("First", ["a": "one\n"])
        #expect(try site.once().code == 0)
        let last = try site.agent.id("refs/ops/default")
        let source = try site.clone.id("HEAD")
        try site.scratch.write("of somebody else\n", to: "live/mine")
        let message = try site.agent.git("log", "-1", "--format=%B", last.description)
        func forge(_ changes: [(String, String)], parents: [String]? = nil, tree: String? = nil) throws -> String {
            var text = message
            for (old, new) in [("Number: 1", "Number: 2")] + changes {
                text = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.hasPrefix(old) ? new : String($0) }.joined(separator: "\n")
            }
            let arguments = (parents ?? [last.description, source.description]).flatMap { ["-p", $0] }
            return try run("git", ["commit-tree"] + arguments + [tree ?? "\(last)^{tree}"], in: site.agent.path, input: text).output.filter { $0 != "\n" }
        }
        // A tree that claims a file which is somebody else's.
        let blob = try site.agent.attempt("hash-object", "-w", "--stdin", input: "of somebody else\n").output.filter { $0 != "\n" }
        let entries = try site.agent.git("ls-tree", last.description)
        let claimed = try site.agent.attempt("mktree", input: entries + "\n100644 blob \(blob)\tmine\n").output.filter { $0 != "\n" }
        let inventory = try site.agent.attempt("hash-object", "-w", "--stdin", input: "git-ops-inventory 1\nleft 100644 \(blob) mine\n").output.filter { $0 != "\n" }
        let folder = try site.agent.attempt("mktree", input: "100644 blob \(inventory)\tinventory\n").output.filter { $0 != "\n" }
        let own = entries.split(separator: "\n").filter { !$0.hasSuffix("\t.git-ops") }.joined(separator: "\n")
        let left = try site.agent.attempt("mktree", input: own + "\n040000 tree \(folder)\t.git-ops\n").output.filter { $0 != "\n" }
        let elsewhere = try site.agent.git("commit-tree", "-m", "Elsewhere", "\(source)^{tree}")
        let forgeries: [(String, String)] = [
            (try forge([], tree: claimed), "does not hold what \(source.short) says"),
            (try forge([("Result: ", "Result: failed")], tree: claimed), "does not hold what the one before it holds"),
            (try forge([("Result: ", "Result: failed")], tree: left), "claims what it cannot have written"),
            (try forge([], tree: try site.agent.git("rev-parse", "\(source)^{tree}")), "has no inventory that can be read"),
            (try forge([("Number: ", "Number: 3")]), "has number 3 and follows number 1"),
            (try forge([("Number: ", "Number: 9223372036854775807")]), "is not a deployment"),
            (try forge([("Duration: ", "Duration: infs")]), "is not a deployment"),
            (try forge([("Duration: ", "Duration: nans")]), "is not a deployment"),
            (try forge([("Environment: ", "Environment: other")]), "is a deployment of 'other'"),
            (try forge([], parents: [last.description, last.description]), "does not have its source as second parent"),
            (try forge([("Result: ", "Result: started")]), "never ended"),
            (try forge([("Source-Commit: ", "Source-Commit: \(elsewhere)")], parents: [last.description, elsewhere]), "which is not on the branch"),
        ]
        for (forged, words) in forgeries {
            try site.agent.git("push", "-q", "--force", "origin", "\(forged):refs/ops/default")
            let once = try site.once()
            #expect(once.error.contains("the record of 'default' at the remote is not taken: ") && once.error.contains(words), "\(words): \(once.all)")
            #expect(try site.agent.id("refs/ops/default") == last)
        }
        // One more that is as it should be.
        let good = try forge([])
        try site.agent.git("push", "-q", "--force", "origin", "\(good):refs/ops/default")
        let once = try site.once()
        #expect(once.code == 0, "\(once.all)")
        #expect(try site.agent.git("rev-parse", "refs/ops/default") == good)
        #expect(site.live("mine") == "of somebody else\n")
    }

    @Test func whatFailedIsPartOfTheRecord() throws {
        let site = try AgentSite("failed-record", settings: ["ops.default.reload": "false"])
        try site.push("First", ["a": "one\n"])
        #expect(try site.once().code == 1)
        try site.agent.git("config", "--unset", "ops.default.reload")
        #expect(try site.once().code == 0)
        try site.agent.git("config", "ops.default.preApply", "false")
        try site.push("Second", ["a": "two\n"])
        #expect(try site.once().code == 1)
        try site.cloneForAgent()
        let once = try site.once()
        #expect(once.code == 0 && site.live("a") == "two\n", "\(once.all)")
        #expect(try site.trailer("Number") == "4")
    }

    @Test(.enabled(if: APIServer.isThere, "Tests/api-server finds or builds one"))
    func theRecordOfAClusterIsTakenWithoutTheKeyOfItsSecrets() throws {
        let cluster = try APIServer.shared()
        try cluster.makeNamespace("agent-record")
        let settings = ["ops.production.target": "kubernetes", "ops.production.kubeconfig": cluster.kubeconfig]
        let site = try AgentSite("cluster-record", environments: ["production"])
        func cloneForAgent() throws {
            try site.cloneForAgent(["production"], settings)
            try site.agent.git("config", "--unset", "ops.production.directory")
        }
        try cloneForAgent()
        try site.clone.write("environments:\n  production:\n    path: production\nvalidate:\n  rules:\n    env/plain-secret: warn\n", to: "ops.yaml")
        func object(_ kind: String, _ name: String, _ field: String, _ value: String) -> String {
            "apiVersion: v1\nkind: \(kind)\nmetadata: {name: \(name), namespace: agent-record}\n\(field):\n  value: '\(value)' # git-ops: allow env/plain-secret a test\n"
        }
        try site.push(
            "First", ["production/s.yaml": object("Secret", "s", "stringData", "one"), "production/c.yaml": object("ConfigMap", "c", "data", "one")])
        let first = try site.once()
        #expect(first.code == 0, "\(first.all)")
        try cloneForAgent()
        try site.push("Second", ["production/c.yaml": object("ConfigMap", "c", "data", "two")])
        let second = try site.once()
        #expect(second.code == 0 && second.error.contains("took the record of the remote"), "\(second.all)")
        #expect(try site.trailer("Number", of: "production") == "2")
    }

    @Test func onlyASuspensionSuspends() throws {
        let site = try AgentSite("suspensions")
        try site.push("First", ["a": "one\n"])
        #expect(try site.once().code == 0)
        // What says nothing about it would keep all from deploying.
        try site.remote.git("update-ref", "refs/ops/_suspended/default", "refs/heads/main")
        try site.push("Second", ["a": "two\n"])
        let forged = try site.once()
        #expect(forged.code == 0 && forged.error.contains("is not a suspension of 'default'"), "\(forged.all)")
        #expect(site.live("a") == "two\n")
        try site.remote.git("update-ref", "-d", "refs/ops/_suspended/default")
        #expect(try site.ops("suspend", "default").code == 0)
        #expect(try site.once().code == 0)
        try site.cloneForAgent()
        try site.push("Third", ["a": "three\n"])
        let suspended = try site.once()
        #expect(suspended.code == 0 && site.live("a") == "two\n", "\(suspended.all)")
    }

    @Test func whoDeploysHoldsUpNoFetch() throws {
        let site = try AgentSite("busy")
        try site.push("First", ["a": "one\n"])
        #expect(try site.once().code == 0)
        let other = TestRepository(existing: site.scratch("other.git"))
        #expect(try run("cp", ["-a", site.agent.path, other.path]).succeeded)
        try makeFolders(site.scratch("live2"))
        try site.scratch.write("one\n", to: "live2/a")
        try other.git("config", "ops.default.directory", site.scratch("live2"))
        try site.whileRunning { agent in
            let lock = try FileLock(waitingFor: site.agent.path + "/ops/default/lock")
            let second = try site.push("Second", ["a": "two\n"])
            let deployed = try run("git", ["ops", "agent", "--once"], in: other.path)
            #expect(deployed.code == 0, "\(deployed.all)")
            agent.nudge()
            try agent.await("\(second)")
            let third = try site.push("Third", ["a": "three\n"])
            agent.nudge()
            try agent.await("\(third)")
            lock.release()
            try eventually("it is deployed: \(agent.said)") { site.live("a") == "three\n" }
        }
    }
}
