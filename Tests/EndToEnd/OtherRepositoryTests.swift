import Git
import Glibc
import Posix
import TestSupport
import Testing

/// Repositories of other kinds, and the variables by which git is told of them.
@Suite struct OtherRepositoryTests {
    @Test func sha256IsRefusedClearly() throws {
        let scratch = try Scratch("sha256")
        let repository = TestRepository(existing: scratch("server.git"))
        try run("git", ["init", "-q", "--bare", "-b", "main", "--object-format=sha256", repository.path])
        for verb in [["status"], ["diff"], ["apply"], ["doctor"], ["init"]] {
            let answer = try run("git", ["ops"] + verb, in: repository.path)
            #expect(answer.code == 128, "git ops \(verb)")
            #expect(answer.error.contains("uses the sha256 object format, which git-ops cannot read\nhint: "), "git ops \(verb): \(answer.all)")
        }
        #expect(access("\(repository.path)/hooks/pre-receive", F_OK) != 0)

        // Where a hook is there all the same, a push is refused rather than let through unread.
        let hook = "#!/bin/sh\nexec '\(programFolder)/git-ops' hook pre-receive\n"
        try repository.write(hook, to: "hooks/pre-receive", mode: 0o755)
        try run("git", ["init", "-q", "-b", "main", "--object-format=sha256", scratch("clone")])
        let clone = TestRepository(existing: scratch("clone"))
        try clone.write("1\n", to: "a")
        try clone.git("add", "a")
        try clone.git("commit", "-q", "-m", "First")
        let push = Push(try clone.attempt("push", repository.path, "HEAD:main"))
        #expect(!push.succeeded)
        #expect(push.says("uses the sha256 object format, which git-ops cannot read"), "\(push.all)")
    }

    @Test func branchThatIsNotTheDefaultOneIsNamedWhereThereIsNoDefault() throws {
        let site = try Site("no-head")
        try site.clone.commit("First", ["a": "1\n"])
        let push = try site.push("HEAD:refs/heads/trunk")
        #expect(push.succeeded)
        #expect(push.lines.contains("warning: the default branch 'main' does not exist yet"))
        #expect(push.lines.contains("hint: push it, or name another: git symbolic-ref HEAD refs/heads/<branch>"))
        #expect(push.lines.last == "hint: nothing was deployed")
        #expect(try site.ops("status").code == 128)
        #expect(try site.ops("doctor").code == 1)
        // A bad file is refused all the same.
        try site.clone.commit("Broken", ["a.yaml": "a: [\n"])
        #expect(try !site.push("HEAD:refs/heads/trunk").succeeded)
        try site.clone.git("reset", "-q", "--hard", "HEAD~1")

        try site.server.git("symbolic-ref", "HEAD", "refs/heads/trunk")
        #expect(try site.ops("apply").code == 0)
        #expect(site.live("a") == "1\n")
    }

    @Test func emptyRepositoryAnswersEveryVerb() throws {
        let site = try Site("empty")
        #expect(try site.ops("status").code == 128)
        #expect(try site.ops("diff").code == 128)
        #expect(try site.ops("apply").code == 128)
        #expect(try site.ops("log").output == "nothing was deployed here yet\n")
        #expect(try site.ops("verify").output == "nothing was deployed here yet\n")
        #expect(try site.ops("show").code == 128)
    }

    @Test func detachedHeadIsSaid() throws {
        let site = try Site("detached")
        try site.deploy("First", ["a": "1\n"])
        try site.server.git("update-ref", "--no-deref", "HEAD", "refs/heads/main")
        let status = try site.ops("status")
        #expect(status.code == 128)
        #expect(status.error.contains("HEAD is detached, so there is no default branch"))
        try site.clone.commit("Second", ["a": "2\n"])
        #expect(try site.push("HEAD:main").lines.last == "hint: nothing was deployed")
    }

    /// A repository with a working tree that deploys itself.
    private func local(_ name: String) throws -> (Scratch, TestRepository) {
        let scratch = try Scratch(name)
        let repository = try TestRepository(at: scratch("site"))
        try repository.commit("First", ["a": "1\n"])
        try repository.git("ops", "init", "-q", "--directory", scratch("live"))
        return (scratch, repository)
    }

    @Test func linkedWorktreeSharesRecordAndLock() throws {
        let (scratch, repository) = try local("worktree")
        try repository.git("switch", "-q", "-c", "elsewhere")
        try repository.git("worktree", "add", "-q", scratch("linked"), "main")
        let linked = TestRepository(existing: scratch("linked"))
        #expect(try linked.attempt("ops", "apply").code == 0)
        #expect(scratch.text("live/a") == "1\n")
        #expect(try linked.git("ops", "status").hasPrefix("default: in sync"))
        #expect(try repository.git("ops", "verify") == "default: 1 deployment, the record is whole")
        #expect(try repository.id("refs/ops/default") == linked.id("refs/ops/default"))
        #expect(access("\(repository.path)/.git/ops/default/lock", F_OK) == 0)
        #expect(try linked.attempt("ops", "doctor", "-q").code == 0)
    }

    @Test func repositoryIsFoundAsGitFindsIt() throws {
        let (scratch, repository) = try local("found")
        try repository.git("ops", "apply", "-q")
        try scratch.write("2\n", to: "live/a")
        try makeFolders(scratch("site/deep/er"))
        let expected = "default change a\n"
        let git = "\(repository.path)/.git"
        #expect(try run("git", ["ops", "diff", "--porcelain"], in: scratch("site/deep/er")).output == expected)
        #expect(try run("git", ["-C", repository.path, "ops", "diff", "--porcelain"], in: "/").output == expected)
        #expect(try run("git", ["--git-dir", git, "ops", "diff", "--porcelain"], in: "/").output == expected)
        for more in [["GIT_DIR": git], ["GIT_DIR": git, "GIT_WORK_TREE": repository.path], ["GIT_DIR": git, "GIT_COMMON_DIR": git]] {
            let answer = try run("git", ["ops", "diff", "--porcelain"], in: "/", variables: testVariables(more))
            #expect(answer.output == expected, "\(more): \(answer.all)")
        }
        let relative = try run("git", ["ops", "diff"], in: repository.path, variables: testVariables(["GIT_DIR": ".git"]))
        #expect(relative.output.contains("-2\n+1\n"), "\(relative.all)")
    }

    @Test func configurationOfTheCommandLineIsSeen() throws {
        let site = try Site("command-line")
        try site.deploy("First", ["a": "1\n"])
        try site.scratch.write("other\n", to: "elsewhere/a")
        try site.server.git("config", "--remove-section", "ops.default")
        #expect(try site.ops("diff").code == 128)
        let diff = try site.server.attempt("-c", "ops.default.directory=\(site.scratch("elsewhere"))", "ops", "diff", "--exit-code")
        #expect(diff.code == 1)
        #expect(diff.output.contains("-other\n+1\n"))
        let counted = try run(
            "git", ["ops", "diff", "--exit-code"], in: site.server.path,
            variables: testVariables([
                "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "ops.default.directory", "GIT_CONFIG_VALUE_0": site.scratch("elsewhere"),
            ]))
        #expect(counted.output == diff.output)
    }

    @Test func readOnlyCloneCanBeRead() throws {
        let site = try Site("read-only")
        try site.deploy("First", ["a": "1\n"])
        try site.clone.git("ops", "init", "-q")
        try site.clone.git("fetch", "-q")
        #expect(try run("chmod", ["-R", "a-w", site.clone.path]).succeeded)
        defer { _ = try? run("chmod", ["-R", "u+w", site.clone.path]) }
        for (arguments, code) in [(["status"], Int32(0)), (["log"], 0), (["show"], 0), (["doctor", "-q"], 0), (["status", "--json"], 0), (["diff"], 128)] {
            let answer = try withoutPrivileges(["git", "ops"] + arguments, in: site.clone.path)
            #expect(answer.code == code, "git ops \(arguments): \(answer.all)")
            #expect(!answer.error.contains("ermission denied"), "git ops \(arguments): \(answer.all)")
        }
    }

    @Test func readOnlyServerSaysWhatItCannotWrite() throws {
        let site = try Site("read-only-server")
        try site.deploy("First", ["a": "1\n"])
        let references = try site.server.git("for-each-ref")
        try site.scratch.write("2\n", to: "live/a")
        #expect(try run("chmod", ["-R", "a-w", site.server.path]).succeeded)
        defer { _ = try? run("chmod", ["-R", "u+w", site.server.path]) }
        let status = try withoutPrivileges(["git", "ops", "status"], in: site.server.path)
        #expect(status.code == 0)
        #expect(!status.output.contains("in sync"))
        let apply = try withoutPrivileges(["git", "ops", "apply"], in: site.server.path)
        #expect(apply.code == 128, "\(apply.all)")
        #expect(apply.error.contains("ermission denied"))
        #expect(site.live("a") == "2\n")
        #expect(try site.server.git("for-each-ref") == references)
    }

    /// Runs a program that file modes hold for; root is above them, but not without its capabilities.
    private func withoutPrivileges(_ command: [String], in directory: String) throws -> Finished {
        geteuid() == 0
            ? try run("setpriv", ["--bounding-set=-all"] + command, in: directory)
            : try run(command[0], Array(command.dropFirst()), in: directory)
    }
}
