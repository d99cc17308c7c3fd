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

    @Test func notesAreMergedWithoutAnIdentity() throws {
        let site = try AgentSite("identity", settings: ["user.useConfigOnly": "true"])
        let first = try site.push("First", ["a": "one\n"])
        let variables = testVariables().filter { !$0.key.hasPrefix("GIT_AUTHOR_") && !$0.key.hasPrefix("GIT_COMMITTER_") }
        func once() throws -> Finished { try run("git", ["ops", "agent", "--once"], in: site.agent.path, variables: variables) }
        let line = "2026-01-01T00:00:00.000Z id=01KDVWG000ABCDEFGHJKMNPQRS env=other event=deployed commit=\(first)"
        try site.clone.git("notes", "--ref=ops", "add", "-m", line, first.description)
        try site.clone.git("push", "-q", "origin", "refs/notes/ops")
        #expect(try once().code == 0)
        let second = try once()
        #expect(second.code == 0 && !second.error.contains("cannot take the notes"), "\(second.all)")
        let note = try site.remote.git("notes", "--ref=ops", "show", first.description)
        #expect(note.contains(line) && note.contains("env=default event=deployed"), "\(note)")
    }
}
