import Git
import Posix
import TestSupport
import Testing

/// A server with git-ops' own hooks that takes the record from those whom its settings name.
@Suite(.timeLimit(.minutes(10))) struct RecordPushTests {
    /// A remote with hooks, from which an agent deploys `default`; `other` is nobody's to record.
    private func hooked(_ name: String) throws -> AgentSite {
        let site = try AgentSite(name)
        try site.push("Environments", ["ops.yaml": "environments:\n  default:\n    path: default\n  other:\n    path: other\n", "default/a": "zero\n", "other/b": "zero\n"])
        #expect(try run("git", ["ops", "init"], in: site.remote.path).code == 0)
        return site
    }

    private func references(_ site: AgentSite) throws -> String { try site.remote.git("for-each-ref") }

    @Test func whoIsNamedGivesTheRecord() throws {
        let site = try hooked("recorder")
        let bare = try references(site)
        let refused = try site.once()
        #expect(refused.code == 0 && refused.error.contains("the remote does not take the record: "), "\(refused.all)")
        #expect(site.live("a") == "zero\n")
        #expect(try references(site) == bare)

        try site.remote.git("config", "ops.default.recorder", localUser().name)
        let doctor = try run("git", ["ops", "doctor"], in: site.remote.path)
        #expect(doctor.code == 1 && doctor.output.contains("receive.hideRefs keeps those whom ops.default.recorder names from pushing its record"), "\(doctor.all)")
        let setUp = try run("git", ["ops", "init"], in: site.remote.path)
        #expect(setUp.output.contains("set receive.hideRefs = !refs/ops/default\n"), "\(setUp.all)")
        #expect(try run("git", ["ops", "doctor"], in: site.remote.path).output.contains("ok: records are protected and shown"))

        let taken = try site.once()
        #expect(taken.code == 0 && !taken.error.contains("does not take"), "\(taken.all)")
        for reference in ["refs/ops/default", "refs/notes/ops"] {
            #expect(try site.remote.id(reference) == site.agent.id(reference), "\(reference)")
        }
        // It goes on: what follows, what fails, what is suspended.
        try site.push("Second", ["default/a": "one\n"])
        try site.agent.git("config", "ops.default.reload", "false")
        #expect(try site.once().code == 1)
        try site.agent.git("config", "--unset", "ops.default.reload")
        #expect(try site.once().code == 0)
        #expect(try site.ops("suspend", "default", "--reason", "a test").code == 0)
        let last = try site.once()
        #expect(!last.error.contains("does not take"), "\(last.all)")
        for reference in ["refs/ops/default", "refs/ops/_suspended/default", "refs/notes/ops"] {
            #expect(try site.remote.id(reference) == site.agent.id(reference), "\(reference)")
        }
        #expect(try run("git", ["ops", "verify"], in: site.remote.path).code == 0)
        #expect(try run("git", ["ops", "log", "default"], in: site.remote.path).output.contains("git-ops-agent"))
        // The hook has changed nothing itself, not even made a key.
        #expect(contents(of: site.remote.path + "/ops").allSatisfy { !$0.contains("_key") })

        // Somebody else is nobody.
        try site.remote.git("config", "ops.default.recorder", "mallory")
        #expect(try site.ops("resume", "default").code == 0)
        let stranger = try site.once()
        #expect(stranger.error.contains("\(localUser().name) is not who records"), "\(stranger.all)")
    }

    @Test func whatIsNotTakenHoldsUpNothingElse() throws {
        let site = try hooked("recorder-two")
        try site.agent.git("config", "ops.other.directory", site.scratch("live-other"))
        try site.remote.git("config", "ops.default.recorder", localUser().name)
        try site.remote.git("config", "ops.other.recorder", "mallory")
        #expect(try run("git", ["ops", "init"], in: site.remote.path).code == 0)
        let once = try site.once()
        #expect(once.code == 0 && once.error.contains("\(localUser().name) is not who records the deployments of 'other'"), "\(once.all)")
        #expect(try site.remote.id("refs/ops/default") == site.agent.id("refs/ops/default"))
        #expect(try site.remote.attempt("rev-parse", "-q", "--verify", "refs/ops/other").code == 1)
    }

    private func contents(of folder: String) -> [String] { names(inFolder: folder) }

    @Test func onlyWhatIsOneIsARecord() throws {
        let site = try hooked("forged-push")
        try site.remote.git("config", "ops.default.recorder", localUser().name)
        #expect(try run("git", ["ops", "init"], in: site.remote.path).code == 0)
        #expect(try site.once().code == 0)
        try site.push("Second", ["default/a": "one\n"])
        #expect(try site.once().code == 0)
        let kept = try references(site)
        let last = try site.agent.id("refs/ops/default")
        let source = try site.clone.id("HEAD")
        let message = try site.agent.git("log", "-1", "--format=%B", last.description)
        func commit(_ message: String, _ tree: String, _ parents: ObjectID...) throws -> String {
            try run("git", ["commit-tree"] + parents.flatMap { ["-p", $0.description] } + [tree], in: site.agent.path, input: message).output.filter { $0 != "\n" }
        }
        func blob(_ text: String) throws -> String { try site.agent.attempt("hash-object", "-w", "--stdin", input: text).output.filter { $0 != "\n" } }
        func tree(_ entries: String) throws -> String { try site.agent.attempt("mktree", input: entries).output.filter { $0 != "\n" } }
        let third = message.replacing("Number: 2", with: "Number: 3")
        let claimed = try tree(try site.agent.git("ls-tree", last.description) + "\n100644 blob \(try blob("mine\n"))\tmine\n")

        let notes = try site.agent.id("refs/notes/ops")
        let path = source.description.prefix(2) + "/" + source.description.dropFirst(2).prefix(2) + "/" + source.description.dropFirst(4)
        let note = try site.agent.git("notes", "--ref=ops", "show", source.description)
        /// The notes with one of them changed.
        func altered(_ text: String?, at path: String) throws -> String {
            _ = try site.agent.git("read-tree", "\(notes)^{tree}")
            let entry = try text.map { "100644 \(try blob($0))" } ?? "0 \(String(repeating: "0", count: 40))"
            _ = try site.agent.attempt("update-index", "--index-info", input: "\(entry)\t\(path)\n")
            return try commit("Notes\n", try site.agent.git("write-tree"), notes)
        }
        let line = "2026-01-01T00:00:00.000Z id=01KDVWG000ABCDEFGHJKMNPQRS env=%e event=deployed commit=\(source)"
        // A commit that was never on a branch, and a deployment of it that failed and claims a file.
        let mine = try blob("mine\n")
        _ = try site.agent.git("read-tree", "\(source)^{tree}")
        _ = try site.agent.attempt("update-index", "--index-info", input: "100644 \(mine)\tdefault/mine\n")
        let stray = try #require(ObjectID(hex: try commit("Stray\n", try site.agent.git("write-tree"), source)))
        let claim = try tree("100644 blob \(try blob("git-ops-inventory 1\nleft 100644 \(mine) mine\n"))\tinventory\n")
        let kept2 = try site.agent.git("ls-tree", last.description).split(separator: "\n").filter { !$0.hasSuffix("\t.git-ops") }.joined(separator: "\n")
        let failed = third.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("Result: ") ? "Result: failed" : line.hasPrefix("Source-Commit: ") ? "Source-Commit: \(stray)" : String(line)
        }.joined(separator: "\n")
        let claiming = try commit(failed, try tree(kept2 + "\n040000 tree \(claim)\t.git-ops\n"), last, stray)
        let forgeries: [(String, String, String)] = [
            ("refs/ops/default", claiming, "which is not on the branch"),
            ("refs/ops/default", try commit(third, claimed, last, source), "does not hold what \(source.short) says"),
            ("refs/ops/default", try commit(message, "\(last)^{tree}", last, source), "has number 2 and follows number 2"),
            ("refs/ops/default", try commit("Anew\n", "\(last)^{tree}"), "only grows"),
            ("refs/ops/default", "", "only grows"),
            ("refs/ops/default", try blob("no commit"), "cannot be read"),
            ("refs/ops/other", last.description, "written by git-ops alone"),
            ("refs/ops/third", last.description, "written by git-ops alone"),
            ("refs/ops/_pending/default", last.description, "written by git-ops alone"),
            ("refs/ops/_schemas", source.description, "written by git-ops alone"),
            ("refs/ops/_drift/other", source.description, "written by git-ops alone"),
            ("refs/notes/ops/default", notes.description, "written by git-ops alone"),
            ("refs/ops/_suspended/default", source.description, "is not a suspension of 'default'"),
            ("refs/notes/ops", "", "only grows"),
            ("refs/notes/ops", try commit("Notes\n", "\(notes)^{tree}"), "only grows"),
            ("refs/notes/ops", try altered(nil, at: String(path)), "loses a line"),
            ("refs/notes/ops", try altered(line.replacing("%e", with: "default") + "\n", at: String(path)), "loses a line"),
            ("refs/notes/ops", try altered(note + "\n" + line.replacing("%e", with: "other") + "\n", at: String(path)), "tells of 'other'"),
            ("refs/notes/ops", try altered(note + "\nlooks good\n", at: String(path)), "is no event of it"),
            ("refs/notes/ops", try altered(note + "\n" + line.replacing("%e", with: "default") + " reason=\u{1b}[2J\n", at: String(path)), "is no event of it"),
            ("refs/notes/ops", try altered(line.replacing("%e", with: "default") + "\n", at: String(repeating: "0", count: 40)), "is no event of it"),
            ("refs/notes/ops", try altered("text\n", at: "readme"), "'readme' is no note"),
        ]
        for (reference, new, words) in forgeries {
            let push = try site.agent.attempt("push", "--force", "origin", "\(new):\(reference)")
            #expect(push.code == 1 && push.error.contains("error: \(reference): ") && push.error.contains(words), "\(reference) \(words): \(push.all)")
            #expect(try references(site) == kept, "\(words)")
        }

        // Nor beside a branch that is refused after the hook.
        try site.remote.git("config", "receive.denyNonFastForwards", "true")
        let beside = try commit("Stray\n", "\(stray)^{tree}")
        let both = try site.agent.attempt("push", "--force", "origin", "\(beside):refs/heads/main", "\(claiming):refs/ops/default")
        #expect(both.code == 1, "\(both.all)")
        #expect(try references(site) == kept)

        // What is as it should be is taken, whoever made it, with notes that are further away.
        let good = try commit(third, "\(last)^{tree}", last, source)
        let added = try altered(note + "\n" + line.replacing("%e", with: "default") + "\n", at: String(path))
        let push = try site.agent.attempt("push", "--atomic", "origin", "\(good):refs/ops/default", "\(added):refs/notes/ops", "\(source):refs/ops/_drift/default")
        #expect(push.code == 0, "\(push.all)")
        #expect(try site.agent.attempt("push", "origin", ":refs/ops/_drift/default").code == 0)

        // Where it is deployed from here, nobody else records anything.
        try site.remote.git("config", "ops.default.directory", site.scratch("elsewhere"))
        let next = try commit(third.replacing("Number: 3", with: "Number: 4"), "\(last)^{tree}", try #require(ObjectID(hex: good)), source)
        let here = try site.agent.attempt("push", "origin", "\(next):refs/ops/default")
        #expect(here.code == 1 && here.error.contains("'default' is deployed from here, and so is its record"), "\(here.all)")
    }

    /// What is taken stays for ever, so it has to be what `git ops verify` finds in order.
    @Test func suspensionsFollowEachOther() throws {
        let site = try hooked("recorder-order")
        try site.remote.git("config", "ops.default.recorder", localUser().name)
        #expect(try run("git", ["ops", "init"], in: site.remote.path).code == 0)
        #expect(try site.once().code == 0)
        let reference = "refs/ops/_suspended/default"
        for verb in ["suspend", "resume"] { #expect(try site.ops(verb, "default").code == 0) }
        let (resumed, suspended) = (try site.agent.id(reference), try site.agent.id("\(reference)~1"))
        func copy(_ id: ObjectID, _ parents: String...) throws -> String {
            let message = try site.agent.git("log", "-1", "--format=%B", id.description)
            let parents = parents.flatMap { ["-p", $0] }
            return try run("git", ["commit-tree"] + parents + ["\(id)^{tree}"], in: site.agent.path, input: message).output.filter { $0 != "\n" }
        }
        func push(_ commit: String) throws -> Finished { try site.agent.attempt("push", "origin", "\(commit):\(reference)") }
        let words = "does not follow the suspension before it"
        for wrong in [try copy(resumed), try copy(suspended, suspended.description), try copy(resumed, try copy(resumed))] {
            let refused = try push(wrong)
            #expect(refused.code == 1 && refused.error.contains(words), "\(refused.all)")
        }
        #expect(try push(suspended.description).code == 0)
        // Nor after what is there already.
        let twice = try push(try copy(suspended, suspended.description))
        #expect(twice.code == 1 && twice.error.contains(words), "\(twice.all)")
        #expect(try push(resumed.description).code == 0)
    }

    @Test(.enabled(if: SSHServer.letsMeIn, "sshd lets this account in only when root runs it"))
    func overSSHTheKeySaysWhoRecords() throws {
        let site = try hooked("recorder-ssh")
        let server = try SSHServer(settings: ["ExposeAuthInfo yes"])
        let (alice, agent) = (try server.admit("alice"), try server.admit("agent"))
        try site.remote.git("config", "ops.default.recorder", agent.fingerprint)
        #expect(try run("git", ["ops", "init"], in: site.remote.path).code == 0)
        try site.agent.git("remote", "set-url", "origin", server.url(site.remote.path))
        try site.agent.git("config", "core.sshCommand", alice.command)
        let refused = try site.once()
        #expect(refused.error.contains("alice (ssh key \(alice.fingerprint)) is not who records"), "\(refused.all) \(server.log)")
        try site.agent.git("config", "core.sshCommand", agent.command)
        let taken = try site.once()
        #expect(taken.code == 0 && !taken.error.contains("does not take"), "\(taken.all)")
        #expect(try site.remote.id("refs/ops/default") == site.agent.id("refs/ops/default"))
    }
}
