import Git
import Glibc
import Posix
import TestSupport
import Testing

/// Whom and what the agent believes.
@Suite(.timeLimit(.minutes(10))) struct AgentTrustTests {
    @Test func whatAFreshCloneBroughtIsValidated() throws {
        let site = try AgentSite("unaccepted")
        let bad = try site.push("Bad", ["a.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: many}\n"])
        try site.cloneForAgent()
        let once = try site.once()
        #expect(once.code == 1 && once.error.contains("\(bad.short) is not valid: "), "\(once.all)")
        #expect(site.live("a.yaml") == nil)
        try site.clone.git("rm", "-q", "a.yaml")
        try site.push("Better", ["b": "one\n"])
        let better = try site.once()
        #expect(better.code == 0 && site.live("b") == "one\n", "\(better.all)")
    }

    @Test func whoMayWriteTheDefaultBranchRedirectsNothing() throws {
        let site = try AgentSite("redirect", environments: ["production", "staging"], settings: ["ops.production.verify": "head"])
        try trust("ann", site)
        func declare(_ branch: String) throws {
            try site.clone.write("environments:\n  production: {path: production, branch: \(branch)}\n  staging: {path: staging}\n", to: "ops.yaml")
        }
        try declare("release")
        let good = try site.push("Signed", ["production/a": "one\n", "staging/a": "one\n"])
        try site.clone.git("push", "-q", "origin", "HEAD:refs/heads/release", "HEAD:refs/heads/old")
        let first = try site.once()
        #expect(first.code == 0 && site.live("production/a") == "one\n", "\(first.all)")
        try site.clone.git("config", "commit.gpgSign", "false")
        try declare("old")
        let bad = try site.push("Not signed", ["staging/a": "two\n"])
        let held = try site.once()
        #expect(held.code == 1 && held.error.contains("commit \(bad.short) is not signed by anyone trusted: it has no signature"), "\(held.all)")
        #expect(try site.agent.id("refs/heads/main") == good)
        // That nobody declares the environment any more is no way around it.
        try site.clone.write("environments:\n  staging: {path: staging}\n", to: "ops.yaml")
        #expect(try site.push("Not declared") != good)
        #expect(try site.once().code == 1)
        #expect(try site.agent.id("refs/heads/main") == good)
        // Nor is a clone that has it from the start.
        try site.cloneForAgent(["production", "staging"], ["ops.production.verify": "head", "gpg.ssh.allowedSignersFile": site.scratch("signers")])
        let fresh = try site.once()
        #expect(fresh.code == 1 && fresh.error.contains("is not signed by anyone trusted"), "\(fresh.all)")
        #expect(site.live("staging/a") == "one\n")
    }

    @Test func whatStandsInForACommitSignsNothing() throws {
        let site = try AgentSite("replace", settings: ["ops.default.verify": "head"])
        try trust("ann", site)
        let good = try site.push("Signed", ["a": "one\n"])
        #expect(try site.once().code == 0)
        try site.clone.git("config", "commit.gpgSign", "false")
        let bad = try site.push("Not signed", ["a": "evil\n"])
        try site.agent.git("fetch", "-q", "origin", "main")
        try site.agent.git("replace", bad.description, good.description)
        let held = try site.once()
        #expect(held.code == 1 && held.error.contains("commit \(bad.short) is not signed by anyone trusted"), "\(held.all)")
        #expect(site.live("a") == "one\n")
    }

    @Test func aTagOfAFileIsSkipped() throws {
        let site = try AgentSite("blobtag", settings: ["ops.default.verify": "tag"])
        try trust("ann", site)
        try site.push("First", ["a": "one\n"])
        try site.clone.git("tag", "-s", "-m", "good", "a-release")
        let blob = try site.clone.git("rev-parse", "HEAD:a")
        try site.clone.git("tag", "-s", "-m", "of a file", "b-file", blob)
        try site.clone.git("tag", "c-file", blob)
        try site.clone.git("push", "-q", "--tags", "origin")
        let once = try site.once()
        #expect(once.code == 0 && site.live("a") == "one\n", "\(once.all)")
    }

    @Test func aRecordThatIsSignedIsTaken() throws {
        let site = try AgentSite("signed-record", settings: ["ops.default.verify": "head"])
        try trust("ann", site)
        let signers = try #require(site.scratch.text("signers"))
        let key = try makeKey("agent", site)
        let signing = [
            "ops.default.verify": "head", "gpg.ssh.allowedSignersFile": site.scratch("signers"), "gpg.format": "ssh", "user.signingKey": site.scratch("agent"), "ops.sign": "true",
        ]
        for (key, value) in signing { try site.agent.git("config", key, value) }
        try site.push("First", ["a": "one\n", "b": "one\n"])
        #expect(try site.once().code == 0)
        #expect(try site.ops("suspend", "default", "--reason", "a test").code == 0)
        #expect(try site.once().code == 0)
        #expect(try site.ops("verify").code == 0)
        // It is in no way another record than one that nobody signed.
        #expect(try site.agent.git("log", "-1", "--format=%s%n%(trailers:key=Environment)", "refs/ops/default").hasPrefix("Deploy "))
        try site.scratch.write(signers + "agent@example.org \(key)", to: "signers")
        for reference in ["refs/ops/default", "refs/ops/_suspended/default"] {
            let seen = try site.agent.attempt("verify-commit", reference)
            #expect(seen.code == 0 && seen.error.contains("Good \"git\" signature for agent@example.org"), "\(seen.all)")
        }
        #expect(try site.ops("resume", "default").code == 0)
        #expect(try site.once().code == 0)

        // A new clone does not take it from one whom it does not trust.
        try site.scratch.write(signers, to: "signers")
        try site.cloneForAgent([], signing)
        let stranger = try site.once()
        #expect(stranger.code == 1 && stranger.error.contains("ops.default.verify is set, and commit "), "\(stranger.all)")
        #expect(try site.agent.attempt("rev-parse", "-q", "--verify", "refs/ops/default").code == 1)
        // From one whom it trusts it does, and goes on with it.
        try site.scratch.write(signers + "agent@example.org \(key)", to: "signers")
        try site.clone.git("rm", "-q", "b")
        try site.push("Second", ["a": "two\n"])
        let taken = try site.once()
        #expect(taken.code == 0 && taken.error.contains("took the record of the remote"), "\(taken.all)")
        #expect(site.live("a") == "two\n" && site.live("b") == nil)
        #expect(try site.trailer("Number") == "2")

        // Where it cannot be signed, nothing is deployed that could not be recorded.
        try site.agent.git("config", "user.signingKey", site.scratch("nobody"))
        try site.push("Third", ["a": "three\n"])
        let unsigned = try site.once()
        #expect(unsigned.code == 1 && unsigned.error.contains("the record cannot be signed: "), "\(unsigned.all)")
        #expect(site.live("a") == "two\n")
        let word = try run("git", ["-c", "ops.sign=perhaps", "ops", "status"], in: site.agent.path)
        #expect(word.code == 128 && word.error.contains("ops.sign is not a boolean: 'perhaps'"), "\(word.all)")
    }

    private func makeKey(_ name: String, _ site: AgentSite) throws -> String {
        let made = try run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", site.scratch(name)])
        #expect(made.succeeded, "\(made.all)")
        return try #require(site.scratch.text("\(name).pub"))
    }

    /// Has all commits of the clone signed by a key that the agent trusts.
    private func trust(_ name: String, _ site: AgentSite) throws {
        let key = try makeKey(name, site)
        try site.agent.git("config", "gpg.ssh.allowedSignersFile", site.scratch.write("\(name)@example.org \(key)", to: "signers"))
        for (key, value) in ["gpg.format": "ssh", "commit.gpgSign": "true", "user.signingKey": site.scratch(name)] {
            try site.clone.git("config", key, value)
        }
    }
}
