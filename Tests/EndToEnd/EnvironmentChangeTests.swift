import Git
import Glibc
import Posix
import TestSupport
import Testing

/// `ops.yaml` and what it names change over time; what runs follows, and nothing is lost on the way.
@Suite struct EnvironmentChangeTests {
    private static func file(path: String) -> String {
        "environments:\n  production:\n    path: \(path)\n"
    }

    @Test func environmentThatIsAddedIsDeployedByTheSamePush() throws {
        let site = try Site("added", environments: ["production", "staging"])
        try site.deploy("First", ["ops.yaml": opsFile("production"), "production/a": "1\n"])
        #expect(site.live("staging/a") == nil)
        try site.clone.commit("Staging", ["ops.yaml": opsFile("production", "staging"), "staging/a": "2\n"])
        #expect(try site.push("HEAD:main").says("staging: deployed "))
        #expect(site.live("staging/a") == "2\n")
        #expect(site.live("production/a") == "1\n")
    }

    @Test func environmentThatIsRemovedStaysAsItIs() throws {
        let site = try Site("removed", environments: ["production", "staging"])
        try site.deploy("First", ["ops.yaml": opsFile("production", "staging"), "production/a": "1\n", "staging/a": "2\n"])
        try site.clone.git("rm", "-rq", "staging")
        try site.deploy("Without staging", ["ops.yaml": opsFile("production"), "production/a": "3\n"])
        #expect(site.live("production/a") == "3\n")
        #expect(site.live("staging/a") == "2\n")
        #expect(try site.ops("log", "staging").output.split(separator: "\n").count == 1)
        #expect(try site.ops("verify").output.contains("staging: 1 deployment, the record is whole\n"))
        #expect(try site.ops("apply", "staging").code == 128)
        #expect(site.live("staging/a") == "2\n")
    }

    @Test func pathThatChangesMovesWhatIsDeployed() throws {
        let site = try Site("path", environments: ["production"])
        try site.deploy("First", ["ops.yaml": EnvironmentChangeTests.file(path: "blue"), "blue/a": "blue\n", "blue/b": "b\n", "green/a": "green\n"])
        try site.clone.commit("Switch", ["ops.yaml": EnvironmentChangeTests.file(path: "green")])
        #expect(
            try site.push("HEAD:main").plainLines == [
                "production:   ~ a", "production:   - b", "production: deployed <id> in <time> (1 changed, 1 pruned)",
            ])
        #expect(site.live("production/a") == "green\n")
        #expect(site.live("production/b") == nil)
    }

    @Test func emptyEnvironmentRemovesNothing() throws {
        let site = try Site("emptied")
        try site.deploy("First", ["a": "1\n", "folder/b": "2\n"])
        try site.clone.git("rm", "-rq", "a", "folder")
        try site.clone.commit("Only ops.yaml", ["ops.yaml": "environments:\n  default: {}\n"])
        let push = try site.push("HEAD:main")
        #expect(
            push.plainLines == [
                "ops.yaml: error: environment 'default' is empty in this commit [ops/empty-environment]",
                "  hint: what is deployed stays; an empty environment would remove all of it",
                "error: refs/heads/main: push refused: 1 error in 1 file",
            ])
        // Where it comes past the hook, the engine refuses it too.
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:main")
        let apply = try site.ops("apply")
        #expect(apply.code == 1)
        #expect(apply.error.contains("environment 'default' is empty in commit"))
        #expect(site.live("a") == "1\n")
        #expect(site.live("folder/b") == "2\n")
        #expect(try site.ops("status", "--exit-code").code == 1)
    }

    @Test func commitThatDoesNotDeclareItsEnvironmentIsNotDeployed() throws {
        let site = try Site("undeclared", environments: ["production", "staging"])
        let declared = "environments:\n  staging:\n    path: site\n  production:\n    path: site\n    branch: release\n"
        try site.clone.commit("First", ["ops.yaml": declared, "site/a": "1\n"])
        #expect(try site.push("HEAD:main", "HEAD:refs/heads/release").succeeded)
        try site.clone.commit("Undeclared", ["ops.yaml": "environments:\n  staging:\n    path: site\n", "site/a": "2\n"])
        let push = try site.push("HEAD:refs/heads/release")
        #expect(
            push.plainLines == [
                "ops.yaml: error: environment 'production' follows this branch, but is not declared on it [ops/undeclared]",
                "  hint: declare it here too, or first remove it on the default branch",
                "error: refs/heads/release: push refused: 1 error in 1 file",
            ])
        // Where it comes past the hook, the engine refuses it too.
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:release")
        let apply = try site.ops("apply", "production")
        #expect(apply.code == 1)
        #expect(apply.error.contains("declares no environment 'production'"))
        #expect(site.live("production/a") == "1\n")
        #expect(try site.ops("wait", "-e", "production", "--timeout", "5s", "release").code == 1)
    }

    @Test func branchThatFollowsIsJudgedWithTheEnvironmentsOfTheDefaultBranch() throws {
        let site = try Site("no-file", environments: ["production"])
        let declared = "environments:\n  production:\n    path: site\n    branch: release\n"
        try site.clone.commit("First", ["ops.yaml": declared, "site/a": "1\n"])
        #expect(try site.push("HEAD:main", "HEAD:refs/heads/release").succeeded)
        try site.clone.git("rm", "-q", "ops.yaml")
        try site.clone.commit("No ops.yaml", ["site/a": "2\n"])
        let push = try site.push("HEAD:refs/heads/release")
        #expect(!push.says("production: deployed"))
        #expect(site.live("production/a") == "1\n")
    }

    @Test func filesBecomeFoldersAndLinksAndBack() throws {
        let site = try Site("kinds")
        try site.deploy("Files", ["x": "file\n", "y/z": "in a folder\n", "target": "t\n"])
        try site.clone.git("rm", "-rq", "x", "y")
        #expect(symlink("target", "\(site.clone.path)/y") == 0)
        try site.deploy("Others", ["x/deep/er": "in a folder\n"])
        #expect(site.live("x/deep/er") == "in a folder\n")
        #expect(try run("readlink", [site.scratch("live/y")]).output == "target\n")
        try site.clone.git("rm", "-rq", "x", "y")
        try site.deploy("Back", ["x": "file\n", "y/z": "in a folder\n"])
        #expect(site.live("x") == "file\n")
        #expect(site.live("y/z") == "in a folder\n")
        #expect(try site.ops("status", "--exit-code").code == 0)
        #expect(try site.ops("verify").code == 0)
    }

    @Test func fileOfOursThatWasChangedAndLeavesIsKept() throws {
        let site = try Site("kept")
        try site.deploy("First", ["a": "1\n", "b": "1\n"])
        try site.scratch.write("edited on the server\n", to: "live/a")
        try site.clone.git("rm", "-q", "a")
        try site.clone.commit("Without a")
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(site.live("a") == nil)
        let kept = names(inFolder: site.scratch("live")).filter { $0.hasPrefix("a.git-ops-kept-") }
        #expect(kept.count == 1)
        #expect(kept.first.flatMap { site.live($0) } == "edited on the server\n")
        #expect(push.says("- a ("), "\(push.all)")
        #expect(try site.ops("status", "--exit-code").code == 0)
    }

    @Test func shallowCloneCanPush() throws {
        let site = try Site("shallow")
        for number in 1...4 { try site.clone.commit("Commit \(number)", ["a": "\(number)\n"]) }
        #expect(try site.push("HEAD:main").succeeded)
        #expect(try run("git", ["clone", "-q", "--depth=1", "file://\(site.server.path)", site.scratch("shallow")], variables: site.variables).succeeded)
        let shallow = TestRepository(existing: site.scratch("shallow"), variables: site.variables)
        try shallow.commit("Five", ["a": "5\n"])
        let push = Push(try shallow.attempt("push", "origin", "HEAD:main"))
        #expect(push.plainLines == ["default:   ~ a", "default: deployed <id> in <time> (1 changed)"])
        #expect(site.live("a") == "5\n")
    }

    @Test func initWithSeveralEnvironmentsIsAllThatAFirstPushNeeds() throws {
        let scratch = try Scratch("parents")
        let made = try run(
            "git", ["ops", "init", "-q", "--bare", "--branch", "main", "-e", "production", "-e", "staging", "--directory", scratch("srv/live"), scratch("server.git")])
        #expect(made.code == 0)
        let clone = try TestRepository(at: scratch("clone"))
        try clone.commit("First", ["ops.yaml": opsFile("production", "staging"), "production/a": "1\n", "staging/a": "2\n"])
        let push = Push(try clone.attempt("push", scratch("server.git"), "HEAD:main"))
        #expect(push.says("production: deployed "))
        #expect(scratch.text("srv/live/production/a") == "1\n")
    }
}
