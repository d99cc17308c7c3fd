import Git
import Glibc
import Posix
import TestSupport
import Testing

/// Pushes of every shape: what each deploys, and what it leaves alone.
@Suite struct PushShapeTests {
    private static let twoBranches = """
        environments:
          staging:
            path: site
          production:
            path: site
            branch: release

        """

    @Test func newBranchThatNobodyFollowsDeploysNothing() throws {
        let site = try Site("branch")
        try site.deploy("First", ["a": "1\n"])
        try site.clone.commit("Feature", ["a": "2\n"])
        let push = try site.push("HEAD:refs/heads/feature")
        #expect(push.succeeded)
        #expect(push.lines == [])
        #expect(site.live("a") == "1\n")
        // It is checked all the same.
        try site.clone.commit("Broken", ["b.yaml": "a: [\n"])
        #expect(try !site.push("HEAD:refs/heads/feature").succeeded)
    }

    @Test func severalEnvironmentsFollowOneBranch() throws {
        let site = try Site("several", environments: ["production", "staging"])
        try site.clone.commit("First", ["ops.yaml": opsFile("production", "staging"), "production/a": "1\n", "staging/a": "2\n"])
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(
            push.plainLines.sorted() == [
                "production:   + a", "production: deployed <id> in <time> (1 created)", "staging:   + a",
                "staging: deployed <id> in <time> (1 created)",
            ])
        #expect(site.live("production/a") == "1\n")
        #expect(site.live("staging/a") == "2\n")
        #expect(try site.server.git("diff", "--name-only", "ops/staging", "ops/production") == "a")

        try site.clone.commit("Only one", ["staging/a": "3\n"])
        #expect(try site.push("HEAD:main").plainLines.contains("production: nothing to do; it is as deployed from <id>"))
        // Both are answered for the new commit.
        #expect(try site.ops("wait", "-q", "--timeout", "5s", "main").code == 0)
    }

    @Test func environmentsFollowDifferentBranches() throws {
        let site = try Site("branches", environments: ["production", "staging"])
        try site.clone.commit("First", ["ops.yaml": PushShapeTests.twoBranches, "site/a": "1\n"])
        #expect(try site.push("HEAD:main").plainLines == ["staging:   + a", "staging: deployed <id> in <time> (1 created)"])
        #expect(site.live("production/a") == nil)

        let release = try site.push("HEAD:refs/heads/release")
        #expect(release.plainLines == ["production:   + a", "production: deployed <id> in <time> (1 created)"])

        try site.clone.commit("Second", ["site/a": "2\n"])
        #expect(try site.push("HEAD:main").succeeded)
        #expect(site.live("staging/a") == "2\n")
        #expect(site.live("production/a") == "1\n")
        #expect(try site.ops("status", "--porcelain").output.split(separator: "\n").allSatisfy { $0.contains(" in-sync ") })
    }

    @Test func branchThatAPushToAnotherBranchDeclaresIsNotBelieved() throws {
        let site = try Site("redirect", environments: ["production", "staging"])
        try site.clone.commit("First", ["ops.yaml": PushShapeTests.twoBranches, "site/a": "1\n"])
        #expect(try site.push("HEAD:main", "HEAD:refs/heads/release").succeeded)
        try site.clone.commit(
            "Redirect", ["ops.yaml": PushShapeTests.twoBranches.replacing("release", with: "evil"), "site/a": "evil\n"])
        let push = try site.push("HEAD:refs/heads/evil")
        #expect(push.lines == [])
        #expect(site.live("production/a") == "1\n")
    }

    @Test func deletedBranchLeavesWhatIsDeployedAndSaysSo() throws {
        let site = try Site("delete", environments: ["production", "staging"])
        try site.clone.commit("First", ["ops.yaml": PushShapeTests.twoBranches, "site/a": "1\n"])
        #expect(try site.push("HEAD:main", "HEAD:refs/heads/release").succeeded)
        let push = try site.push(":refs/heads/release")
        #expect(push.succeeded)
        #expect(push.says("warning: production: its branch is deleted; what is deployed stays"))
        #expect(site.live("production/a") == "1\n")
        let status = try site.ops("status", "--json", "production")
        #expect(status.code == 0)
        #expect(try jq(".environments[0].state", status.output) != "in-sync")
        #expect(try site.ops("apply", "production").code == 128)
        #expect(site.live("production/a") == "1\n")
        // It comes back with the branch.
        #expect(try site.push("HEAD:refs/heads/release").succeeded)
        #expect(try site.ops("status", "--exit-code").code == 0)
    }

    @Test func forcePushDeploysWhatTheBranchSaysNow() throws {
        let site = try Site("force")
        try site.deploy("First", ["a": "1\n"])
        let lost = try site.deploy("Second", ["a": "2\n", "b": "2\n"])
        try site.clone.git("reset", "-q", "--hard", "HEAD~1")
        try site.clone.commit("Other second", ["a": "3\n"])
        #expect(try !site.push("HEAD:main").succeeded)
        #expect(site.live("a") == "2\n")
        let push = try site.push("+HEAD:main")
        #expect(push.plainLines == ["default:   ~ a", "default:   - b", "default: deployed <id> in <time> (1 changed, 1 pruned)"])
        #expect(site.live("b") == nil)
        // What was deployed survives gc.
        try site.server.git("reflog", "expire", "--all", "--expire=now")
        try site.server.git("gc", "-q", "--prune=now")
        #expect(try site.server.attempt("cat-file", "-e", lost.description).succeeded)
        #expect(try site.ops("verify").code == 0)
        let wait = try site.ops("wait", "--timeout", "5s", lost.description)
        #expect(wait.code == 1)
        #expect(normalised(wait.error) == "error: default: <id> was deployed, and then replaced by <id>, which does not contain it\n")
    }

    @Test func forcePushOverAHistoryThatIsGoneIsChecked() throws {
        let site = try Site("unrelated")
        try site.deploy("First", ["a": "1\n"])
        try site.clone.git("checkout", "-q", "--orphan", "other")
        try site.clone.commit("Unrelated", ["a": "2\n", "b.yaml": "a: [\n"])
        #expect(try !site.push("+HEAD:main").succeeded)
        try site.clone.commit("Unrelated, mended", ["b.yaml": "a: []\n"])
        #expect(try site.push("+HEAD:main").succeeded)
        #expect(site.live("a") == "2\n")
    }

    @Test func twoHundredReferencesAreOneDeployment() throws {
        let site = try Site("refs")
        try site.clone.commit("First", ["a": "1\n"])
        try site.clone.shell("for n in $(seq 1 199); do echo \"create refs/heads/b$n HEAD\"; done | git update-ref --stdin")
        let push = try site.push("--all")
        #expect(push.succeeded)
        #expect(push.plainLines == ["default:   + a", "default: deployed <id> in <time> (1 created)"])
        #expect(try site.server.git("for-each-ref", "refs/heads").split(separator: "\n").count == 200)
        #expect(try site.trailer("Number") == "1")

        // One bad tree in two hundred is told once.
        try site.clone.commit("Broken", ["b.yaml": "a: [\n"])
        try site.clone.shell("for n in $(seq 1 199); do echo \"update refs/heads/b$n HEAD\"; done | git update-ref --stdin")
        let broken = try site.push("--all")
        #expect(!broken.succeeded)
        #expect(broken.lines.count { $0.contains("b.yaml") } == 1)
        #expect(broken.lines.last?.hasSuffix(" and 195 more: push refused: 1 error in 1 file") ?? false, "\(broken.lines)")
    }

    @Test func refThatGitRefusesHoldsUpNoOther() throws {
        let site = try Site("partial")
        try site.deploy("First", ["a": "1\n"])
        try site.clone.git("push", "-q", "origin", "HEAD:refs/heads/side")
        try site.server.git("config", "receive.denyDeletes", "true")
        try site.clone.commit("Second", ["a": "2\n"])
        let push = try site.push("HEAD:main", ":refs/heads/side")
        #expect(push.code == 1)
        #expect(push.all.contains("! [remote rejected] side (deletion prohibited)"))
        #expect(push.says("default: deployed "))
        #expect(site.live("a") == "2\n")

        // The other way round: what did not become history is not deployed.
        try site.server.git("config", "receive.denyNonFastForwards", "true")
        try site.clone.git("commit", "-q", "--amend", "-m", "Second again")
        try site.clone.commit("Third", ["a": "3\n"])
        let other = try site.push("+HEAD:main", "HEAD:refs/heads/new")
        #expect(other.code == 1)
        #expect(site.live("a") == "2\n")
        #expect(try site.server.attempt("rev-parse", "refs/heads/new").succeeded)
        let atomic = try site.push("--atomic", "+HEAD:main", "HEAD:refs/heads/newer")
        #expect(atomic.code == 1)
        #expect(try !site.server.attempt("rev-parse", "--verify", "-q", "refs/heads/newer").succeeded)
        #expect(site.live("a") == "2\n")
    }

    @Test func tagsDeployNothing() throws {
        let site = try Site("tags")
        try site.deploy("First", ["a": "1\n"])
        try site.clone.git("tag", "v1")
        try site.clone.git("tag", "-a", "v2", "-m", "Second")
        let blob = try site.clone.shell("echo content | git hash-object -w --stdin")
        try site.clone.git("tag", "of-a-blob", blob)
        try site.clone.git("tag", "of-a-tree", "HEAD^{tree}")
        let push = try site.push("--tags")
        #expect(push.succeeded, "\(push.all)")
        #expect(push.lines == [])
        #expect(try site.push(":v1").succeeded)
        #expect(try site.ops("apply", "v2").code == 0)
        #expect(try site.ops("diff", "v2", "--exit-code").code == 0)
    }

    @Test func environmentWithoutATargetHereIsHinted() throws {
        let site = try Site("no-target")
        try site.server.git("config", "--remove-section", "ops.default")
        try site.clone.commit("First", ["a": "1\n"])
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(
            push.lines == [
                "hint: no target here for default, so nothing is deployed",
                "hint: on the server: git config ops.default.directory /path/to/directory",
            ])
        // Who has set up another one has forgotten to declare it.
        try site.server.git("config", "ops.production.directory", site.scratch("live"))
        try site.clone.commit("Second", ["a": "2\n"])
        let other = try site.push("HEAD:main")
        #expect(
            other.lines == [
                "hint: no target here for default, so nothing is deployed",
                "hint: 'production' has one, and is not declared; in ops.yaml: 'environments: {production: {path: production}}'",
            ])
    }

    @Test func reasonOfAPushIsKept() throws {
        let site = try Site("reason")
        try site.clone.commit("First", ["a": "1\n"])
        #expect(try site.push("-o", "ops.reason=the old page is wrong", "HEAD:main").succeeded)
        #expect(try site.trailer("Message") == "the old page is wrong")
        #expect(try site.trailer("Source-Ref") == "refs/heads/main")
        #expect(try site.ops("show").output.contains("  message:      the old page is wrong\n"))
        #expect(try jq(".message", site.ops("show", "--json").output) == "the old page is wrong")
    }
}
