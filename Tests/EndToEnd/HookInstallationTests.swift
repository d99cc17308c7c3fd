import Git
import Glibc
import Posix
import TestSupport
import Testing

/// Hooks beside the hooks of others, and where hosts want them.
@Suite struct HookInstallationTests {
    /// A repository with hooks of somebody else, not set up yet.
    private func site(_ name: String, hooks: [String: String]) throws -> (Site, Finished) {
        let site = try Site(name)
        for hook in ["pre-receive", "post-receive"] { unlink("\(site.server.path)/hooks/\(hook)") }
        for (hook, text) in hooks { try site.server.write(text, to: "hooks/\(hook)", mode: 0o755) }
        return (site, try site.ops("init"))
    }

    @Test func foreignHookStaysAndRunsFirst() throws {
        let (site, made) = try site(
            "foreign",
            hooks: [
                "pre-receive": "#!/bin/sh\necho \"theirs before: $(cat)\"\n",
                "post-receive": "#!/bin/sh\necho \"theirs after: $(cat)\"; exit 5\n",
            ])
        #expect(made.code == 0)
        #expect(made.output.contains("installed hook pre-receive; the one that was there is now '\(site.server.path)/hooks/pre-receive.local' and runs first\n"))
        let commit = try site.clone.commit("First", ["a": "1\n"])
        let push = try site.push("HEAD:main")
        let zeros = String(repeating: "0", count: 40)
        #expect(push.lines.first == "theirs before: \(zeros) \(commit) refs/heads/main")
        #expect(push.lines.dropFirst().first == "theirs after: \(zeros) \(commit) refs/heads/main")
        #expect(push.plainLines.last == "default: deployed <id> in <time> (1 created)")
        #expect(try site.ops("init").output == "git-ops is set up in '\(site.server.path)/'\n")
        #expect(try site.ops("doctor", "-q").code == 0)
    }

    @Test func refusalOfAForeignHookHolds() throws {
        let (site, _) = try site("holds", hooks: ["pre-receive": "#!/bin/sh\necho 'not on a Friday'\nexit 3\n"])
        try site.clone.commit("First", ["a": "1\n", "b.yaml": "a: [\n"])
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(push.lines == ["not on a Friday"])
        #expect(site.live("a") == nil)
        #expect(try !site.server.attempt("rev-parse", "--verify", "-q", "main").succeeded)
    }

    @Test func consentOfAForeignHookDoesNotReplaceOurs() throws {
        let (site, _) = try site("consent", hooks: ["pre-receive": "#!/bin/sh\nexit 0\n"])
        try site.clone.commit("First", ["b.yaml": "a: [\n"])
        // It did not even read what git told it.
        #expect(try site.push("HEAD:main").lines.last == "error: refs/heads/main: push refused: 1 error in 1 file")
    }

    @Test func foreignHookMissesNothingOfALargePush() throws {
        let (site, _) = try site("large", hooks: ["pre-receive": "#!/bin/sh\nwc -l\n", "post-receive": "#!/bin/sh\nwc -l\n"])
        try site.clone.commit("First", ["a": "1\n"])
        try site.clone.shell("for n in $(seq 1 1999); do echo \"create refs/heads/b$n HEAD\"; done | git update-ref --stdin")
        let push = try site.push("--all")
        #expect(push.succeeded)
        #expect(push.lines.prefix(2) == ["2000", "2000"])
        #expect(site.live("a") == "1\n")
    }

    @Test func forceReplacesAndSaysWhereTheOldOneIs() throws {
        let (site, _) = try site("forced", hooks: [:])
        try site.server.write("#!/bin/sh\necho theirs\nexit 1\n", to: "hooks/pre-receive", mode: 0o755)
        let made = try site.ops("init", "--force")
        #expect(
            made.output.contains(
                "replaced hook pre-receive; the one that was there is kept as '\(site.server.path)/hooks/pre-receive.replaced' and no longer runs\n"))
        try site.clone.commit("First", ["a": "1\n"])
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(!push.says("theirs"))
        #expect(access("\(site.server.path)/hooks/pre-receive.replaced", F_OK) == 0)
    }

    @Test func secondForeignHookIsNotWrittenOver() throws {
        let (site, _) = try site("second", hooks: ["pre-receive": "#!/bin/sh\necho one\n"])
        try site.server.write("#!/bin/sh\necho two\n", to: "hooks/pre-receive", mode: 0o755)
        let made = try site.ops("init")
        #expect(made.code == 128)
        #expect(made.error.contains("hint: "))
        #expect(site.scratch.text("server.git/hooks/pre-receive") == "#!/bin/sh\necho two\n")
        #expect(site.scratch.text("server.git/hooks/pre-receive.local") == "#!/bin/sh\necho one\n")
    }

    @Test func olderTextOfOursIsUpgraded() throws {
        let site = try Site("older")
        let current = site.scratch.text("server.git/hooks/pre-receive")
        try site.server.write("#!/bin/sh\n# git-ops hook pre-receive 0\nexec git-ops hook pre-receive\n", to: "hooks/pre-receive", mode: 0o755)
        #expect(try site.ops("doctor", "-q").output.contains("warning: hook pre-receive is of another version of git-ops\n"))
        let made = try site.ops("init")
        #expect(made.output == "upgraded hook pre-receive\ngit-ops is set up in '\(site.server.path)/'\n")
        #expect(site.scratch.text("server.git/hooks/pre-receive") == current)
        #expect(access("\(site.server.path)/hooks/pre-receive.local", F_OK) != 0)
    }

    @Test func dispatcherGetsOneMoreHook() throws {
        let dispatcher = """
            #!/bin/sh
            updates=$(cat)
            for hook in "$0.d"/*; do
            \tprintf '%s\\n' "$updates" | "$hook" || exit $?
            done

            """
        let site = try Site("dispatcher")
        for hook in ["pre-receive", "post-receive"] {
            try site.server.write(dispatcher, to: "hooks/\(hook)", mode: 0o755)
            try site.server.write("#!/bin/sh\necho \"first of \(hook): $(wc -l)\"\n", to: "hooks/\(hook).d/10-first", mode: 0o755)
        }
        let made = try site.ops("init")
        #expect(made.output.contains("installed hook pre-receive\ninstalled hook post-receive\n"))
        #expect(site.scratch.text("server.git/hooks/pre-receive") == dispatcher)
        #expect(access("\(site.server.path)/hooks/pre-receive.d/git-ops", X_OK) == 0)
        try site.clone.commit("First", ["a": "1\n"])
        #expect(
            try site.push("HEAD:main").plainLines == [
                "first of pre-receive: 1", "first of post-receive: 1", "default:   + a", "default: deployed <id> in <time> (1 created)",
            ])
        try site.clone.commit("Broken", ["b.yaml": "a: [\n"])
        #expect(try !site.push("HEAD:main").succeeded)
        #expect(try site.ops("doctor", "-q").code == 0)
    }

    @Test func hooksPathOfTheConfigurationIsUsed() throws {
        let site = try Site("hooks-path")
        for hook in ["pre-receive", "post-receive"] { unlink("\(site.server.path)/hooks/\(hook)") }
        try site.server.git("config", "core.hooksPath", site.scratch("shared hooks"))
        #expect(try site.ops("init").code == 0)
        #expect(access(site.scratch("shared hooks/pre-receive"), X_OK) == 0)
        try site.clone.commit("First", ["a": "1\n"])
        #expect(try site.push("HEAD:main").says("default: deployed "))
    }

    @Test func preCommitOfOthersRunsFirst() throws {
        let site = try Site("pre-commit")
        try site.clone.write("#!/bin/sh\necho theirs >&2\ntest ! -e stop\n", to: ".git/hooks/pre-commit", mode: 0o755)
        try site.clone.git("ops", "init", "-q")
        try site.clone.write("a: []\n", to: "a.yaml")
        try site.clone.git("add", "a.yaml")
        let fine = try site.clone.attempt("commit", "-m", "Fine")
        #expect(fine.code == 0)
        #expect(fine.error.contains("theirs\n"))
        try site.clone.write("", to: "stop")
        #expect(try site.clone.attempt("commit", "--allow-empty", "-m", "Stopped").code == 1)
    }

    @Test func repositoryWhosePathHoldsAColonIsRead() throws {
        let site = try Site("colon", repository: "a: colon \"and\" quotes/server.git")
        try site.deploy("First", ["a": "1\n", "kept.yaml": "a: 1\n", "folder/x": "x\n"])
        // The second push needs old objects, which git names to the hook by a quoted path.
        try site.deploy("Second", ["a": "2\n", "folder/y": "y\n"])
        #expect(site.live("a") == "2\n")
        #expect(site.live("folder/x") == "x\n")
        try site.clone.commit("Broken", ["kept.yaml": "a: [\n"])
        #expect(try site.push("HEAD:main").lines.last == "error: refs/heads/main: push refused: 1 error in 1 file")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can make somebody else the owner"))
    func repositoryOfAnotherUserWorksInAHook() throws {
        let scratch = try Scratch("trust")
        let trust = try scratch.write("[safe]\n\tdirectory = *\n", to: "gitconfig")
        let site = try Site("owner", variables: ["GIT_CONFIG_GLOBAL": trust])
        #expect(try run("chown", ["-R", "65534:65534", site.server.path]).succeeded)
        try site.clone.commit("First", ["a": "1\n"])
        let push = try site.push("HEAD:main")
        #expect(push.plainLines == ["default:   + a", "default: deployed <id> in <time> (1 created)"], "\(push.all)")
        try site.clone.commit("Broken", ["a.yaml": "a: [\n"])
        #expect(try !site.push("HEAD:main").succeeded)

        // git's own rule holds for people: without trust it is refused, with the way out.
        let status = try run("git", ["ops", "status"], in: site.server.path)
        #expect(status.code == 128)
        #expect(status.error.contains("safe.directory"))
    }
}
