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
    }
}
