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

    /// Has all commits of the clone signed by a key that the agent trusts.
    private func trust(_ name: String, _ site: AgentSite) throws {
        let made = try run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", site.scratch(name)])
        #expect(made.succeeded, "\(made.all)")
        let key = try #require(site.scratch.text("\(name).pub"))
        try site.agent.git("config", "gpg.ssh.allowedSignersFile", site.scratch.write("\(name)@example.org \(key)", to: "signers"))
        for (key, value) in ["gpg.format": "ssh", "commit.gpgSign": "true", "user.signingKey": site.scratch(name)] {
            try site.clone.git("config", key, value)
        }
    }
}
