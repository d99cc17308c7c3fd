import Git
import Glibc
import Posix
import TestSupport
import Testing

/// How the agent fetches and pushes.
@Suite(.timeLimit(.minutes(10))) struct AgentTransportTests {
    @Test func onlyWhatIsAskedForIsWritten() throws {
        let site = try AgentSite("refmap", settings: ["remote.origin.fetch": "+refs/heads/main:refs/tags/here", "fetch.prune": "true", "fetch.pruneTags": "true"])
        let own = try site.agent.id("HEAD")
        try site.agent.git("tag", "mine", own.description)
        try site.push("First", ["a": "one\n"])
        let once = try site.once()
        #expect(once.code == 0 && site.live("a") == "one\n", "\(once.all)")
        #expect(try site.agent.git("for-each-ref", "--format=%(refname)", "refs/tags") == "refs/tags/mine")
    }

    @Test func aMirrorIsRefused() throws {
        let site = try AgentSite("mirror")
        let first = try site.push("First", ["a": "one\n"])
        try site.agent.git("config", "remote.origin.mirror", "true")
        let mirror = try site.once()
        #expect(mirror.code == 128 && mirror.error.hasPrefix("fatal: this clone is a mirror of 'origin': "), "\(mirror.all)")
        try site.agent.git("config", "--unset", "remote.origin.mirror")
        for specification in ["+refs/*:refs/*", "refs/heads/*:refs/heads/*", "+refs/ops/*:refs/ops/*", "main:refs/heads/main"] {
            try site.agent.git("config", "remote.origin.fetch", specification)
            let end = try site.once()
            #expect(end.code == 128 && end.error.hasPrefix("fatal: remote.origin.fetch writes branches or records of this repository: '\(specification)'\nhint: "), "\(end.all)")
        }
        #expect(try site.remote.id("refs/heads/main") == first)
        for specification in ["refs/ops/*:refs/ops/*", "+refs/heads/*:refs/remotes/origin/*"] {
            try site.agent.git("config", "remote.origin.fetch", specification)
            let end = try site.once()
            #expect(end.code == 0, "\(end.all)")
        }
    }

    @Test func whatSshSaysFirstHidesNothing() throws {
        let site = try AgentSite("ssh", environments: ["production", "staging"])
        try site.clone.write("environments:\n  production: {path: production, branch: release}\n  staging: {path: staging}\n", to: "ops.yaml")
        try site.push("First", ["production/a": "one\n", "staging/a": "one\n"])
        let ssh = try site.scratch.write("#!/bin/sh\nprintf 'Warning: a key was added.\\r\\nWelcome.\\r\\n' >&2\neval \"$2\"\n", to: "ssh", mode: 0o755)
        for (key, value) in ["core.sshCommand": ssh, "ssh.variant": "simple", "remote.origin.url": "ssh://there\(site.remote.path)"] {
            try site.agent.git("config", key, value)
        }
        let once = try site.once()
        #expect(once.error.contains("the remote has no branch 'release' any more") && !once.error.contains("cannot fetch"), "\(once.all)")
        #expect(site.live("staging/a") == "one\n")
    }

    @Test func whatAnAddressHoldsIsNotLogged() throws {
        let site = try AgentSite("masked", settings: ["remote.origin.url": "http://ann:hunter2@127.0.0.1:1/site.git?token=hunter3"])
        let once = try site.once()
        #expect(once.code == 1 && once.error.contains("cannot fetch: ") && once.error.contains("127.0.0.1"), "\(once.all)")
        #expect(!once.all.contains("hunter"), "\(once.all)")
    }

    @Test func aBranchMayBecomeAFolderOfBranches() throws {
        let site = try AgentSite("folder", environments: ["production"])
        func follow(_ branch: String, _ text: String) throws {
            try site.clone.write("environments:\n  production: {path: production, branch: \(branch)}\n", to: "ops.yaml")
            try site.push("Follow \(branch)", ["production/a": text])
            try site.clone.git("push", "-q", "origin", "HEAD:refs/heads/\(branch)")
        }
        try follow("release", "one\n")
        let first = try site.once()
        #expect(first.code == 0 && site.live("production/a") == "one\n", "\(first.all)")
        try site.remote.git("update-ref", "-d", "refs/heads/release")
        try follow("release/2", "two\n")
        let second = try site.once()
        #expect(second.code == 0 && site.live("production/a") == "two\n", "\(second.all)")
        try site.remote.git("update-ref", "-d", "refs/heads/release/2")
        try follow("release", "three\n")
        let third = try site.once()
        #expect(third.code == 0 && site.live("production/a") == "three\n", "\(third.all)")
    }

    @Test func whatTheRemoteHasNoMoreIsForgotten() throws {
        let site = try AgentSite("prune", settings: ["ops.default.verify": "tag"])
        let first = try site.push("First", ["a": "one\n"])
        for name in ["refs/tags/v1", "refs/tags/v2", "refs/ops/default", "refs/ops/other"] { try site.remote.git("update-ref", name, first.description) }
        _ = try site.once()
        func kept() throws -> String { try site.agent.git("for-each-ref", "--format=%(refname:lstrip=3)", "refs/ops/_agent/tags", "refs/ops/_agent/ops") }
        #expect(try kept() == "ops/default\ntags/v1\ntags/v2")
        for name in ["refs/tags/v1", "refs/ops/default"] { try site.remote.git("update-ref", "-d", name) }
        _ = try site.once()
        #expect(try kept() == "tags/v2")
    }

    @Test func whatAKilledGitLockedIsUnlocked() throws {
        let site = try AgentSite("locks")
        try site.push("First", ["a": "one\n"])
        #expect(try site.once().code == 0)
        for name in ["ops/_agent/heads/main", "ops/_agent/accepted/main", "ops/_agent/ops/default", "heads/main", "notes/origin/ops"] {
            let path = "\(site.agent.path)/refs/\(name).lock"
            try makeFolders(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
            #expect(try run("touch", ["-d", "1 hour ago", path]).succeeded)
        }
        try site.push("Second", ["a": "two\n"])
        let once = try site.once()
        #expect(once.code == 0 && site.live("a") == "two\n", "\(once.all)")
    }

    @Test func whatIsNotValidInForceCanBeMended() throws {
        let site = try AgentSite("mend")
        let first = try site.push("Bad", ["ops.yaml": "environments: [\n", "a": "one\n"])
        try site.cloneForAgent()
        let bad = try site.once()
        #expect(bad.code != 0 && bad.error.contains("ops.yaml"), "\(bad.all)")
        #expect(try site.agent.id("refs/heads/main") == first)
        try site.clone.git("rm", "-q", "-f", "ops.yaml")
        try site.push("Mended")
        let mended = try site.once()
        #expect(mended.code == 0 && site.live("a") == "one\n", "\(mended.all)")
    }

    @Test func aFetchThatHangsIsLeftAtTheEnd() throws {
        let site = try AgentSite("hang")
        let ssh = try site.scratch.write("#!/bin/sh\necho $$ > \(site.scratch("pid.new"))\nmv \(site.scratch("pid.new")) \(site.scratch("pid"))\nexec sleep 1000\n", to: "ssh", mode: 0o755)
        for (key, value) in ["core.sshCommand": ssh, "ssh.variant": "simple", "remote.origin.url": "ssh://there\(site.remote.path)"] {
            try site.agent.git("config", key, value)
        }
        let begun = monotonicSeconds()
        try site.whileRunning { agent in
            try eventually("it asks: \(agent.said)") { site.scratch.text("pid") != nil }
        }
        // Less than it would wait for the remote.
        #expect(monotonicSeconds() - begun < 200)
        let pid = try #require(site.scratch.text("pid").flatMap { pid_t($0.filter(\.isNumber)) })
        try eventually("ssh is gone") { kill(pid, 0) != 0 }
    }

    @Test func aDefaultBranchThatNobodyFollowsMayBeRewritten() throws {
        let site = try AgentSite("rewritten-default", environments: ["production"], settings: ["ops.production.nonFastForward": "follow"])
        try site.clone.write("environments:\n  production: {path: production, branch: release}\n", to: "ops.yaml")
        let first = try site.push("First", ["production/a": "one\n"])
        try site.clone.git("push", "-q", "origin", "HEAD:refs/heads/release")
        try site.push("Second")
        #expect(try site.once().code == 0)
        try site.clone.git("reset", "-q", "--hard", first.description)
        let other = try site.push("Other", ["other": "one\n"], force: true)
        let once = try site.once()
        #expect(once.code == 0, "\(once.all)")
        #expect(try site.agent.id("refs/heads/main") == other)
    }

    @Test func notesAreMergedWithoutAnIdentity() throws {
        let site = try AgentSite("identity", settings: ["user.useConfigOnly": "true", "ops.agentRecords": "keep"])
        let first = try site.push("First", ["a": "one\n"])
        let variables = testVariables().filter { !$0.key.hasPrefix("GIT_AUTHOR_") && !$0.key.hasPrefix("GIT_COMMITTER_") }
        func once() throws -> Finished { try run("git", ["ops", "agent", "--once"], in: site.agent.path, variables: variables) }
        // Noted on both sides, by two that know nothing of each other.
        #expect(try once().code == 0)
        let line = "2026-01-01T00:00:00.000Z id=01KDVWG000ABCDEFGHJKMNPQRS env=other event=deployed commit=\(first)"
        try site.clone.git("notes", "--ref=ops", "add", "-m", line, first.description)
        try site.clone.git("push", "-q", "origin", "refs/notes/ops")
        try site.agent.git("config", "ops.agentRecords", "push")
        let second = try once()
        #expect(second.code == 0 && !second.error.contains("cannot take the notes"), "\(second.all)")
        let note = try site.remote.git("notes", "--ref=ops", "show", first.description)
        #expect(note.contains(line) && note.contains("env=default event=deployed"), "\(note)")
    }
}
