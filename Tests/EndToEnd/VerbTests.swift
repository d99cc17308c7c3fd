import Git
import Glibc
import Posix
import TestSupport
import Testing

/// The verbs on a repository with a history: what they print, and how they end.
@Suite struct VerbTests {
    private func deployed() throws -> Site {
        let site = try Site("verbs")
        try site.deploy("First page", ["index.html": "one\n"])
        try site.deploy("Second page", ["index.html": "two\n"])
        return site
    }

    @Test func logListsDeploymentsNewestFirst() throws {
        let site = try deployed()
        let log = try site.ops("log")
        #expect(log.code == 0)
        let lines = log.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(try lines.allSatisfy { try /^[0-9a-f]+ \d{4}-\d\d-\d\d deployed +default +Deploy [0-9a-f]{10} to default \(.+\)$/.wholeMatch(in: $0) != nil })
        #expect(try site.ops("log", "default", "-1", "--format=%s").output.split(separator: "\n").count == 1)
        let unknown = try site.ops("log", "nowhere")
        #expect(unknown.code == 128)
        #expect(unknown.error == "fatal: environment 'nowhere' has no record here\nhint: recorded are: default\n")
    }

    @Test func showTellsOfOneDeployment() throws {
        let site = try deployed()
        let show = try site.ops("show")
        #expect(show.code == 0)
        #expect(normalised(show.output).hasPrefix("deployment <id>\n  environment:  default, number 2\n"))
        #expect(show.output.contains("  result:       deployed\n"))
        #expect(show.output.contains("\n    ~ index.html\n"))
        let json = try site.ops("show", "default~1", "--json").output
        #expect(try jq("[.version, .number, .subject, .result, .trigger, .created] | join(\" \")", json) == "1 1 First page deployed push 1")
        let byIdentifier = try site.ops("show", "--json", jq(".id", json)).output
        #expect(byIdentifier == json)
        #expect(try site.ops("show", "main").code == 128)
    }

    @Test func verifyProvesTheRecord() throws {
        let site = try deployed()
        #expect(try site.ops("verify").output == "default: 2 deployments, the record is whole\n")
        try site.server.git("update-ref", "-d", "refs/notes/ops")
        let broken = try site.ops("verify")
        #expect(broken.code == 1)
        #expect(normalised(broken.error).contains("error: default: <id> is not in the notes of <id>\n"))
        #expect(try site.ops("verify", "nowhere").code == 128)
    }

    @Test func verifyHoldsInACloneThatFetchedTheRecord() throws {
        let site = try deployed()
        try site.clone.git("ops", "init", "-q")
        try site.clone.git("fetch", "-q")
        let verify = try site.clone.attempt("ops", "verify")
        #expect(verify.code == 0)
        #expect(verify.output == "default: 2 deployments, the record is whole\n")
    }

    @Test func waitAnswersOnTheServerAndInAClone() throws {
        let site = try deployed()
        let tip = try site.clone.id("HEAD")
        let here = try site.ops("wait", "main")
        #expect(here.code == 0)
        #expect(normalised(here.error) == "default: <id> is deployed (<id>)\n")
        // An earlier commit is in what runs.
        #expect(try site.ops("wait", "-q", "main~1").code == 0)
        #expect(try site.clone.attempt("ops", "wait", "--timeout", "30s", tip.description).code == 0)

        let unpushed = try site.clone.commit("Not pushed", ["index.html": "three\n"])
        let late = try site.clone.attempt("ops", "wait", "--timeout", "1", unpushed.description)
        #expect(late.code == 128)
        #expect(late.error.contains("is not deployed to default after 1"))
        #expect(try site.ops("wait", "--timeout", "soon", "main").code == 129)
        #expect(try site.ops("wait", "no-such-commit").error == "fatal: bad revision 'no-such-commit'\n")
        // Other verbs take an environment there.
        let wrong = try site.ops("wait", "default")
        #expect(wrong.code == 128)
        #expect(wrong.error == "fatal: bad revision 'default'\nhint: 'default' is an environment: git ops wait -e default <commit>\n")
        #expect(try site.ops("wait", "-e", "default", "default").error == "fatal: bad revision 'default'\n")
    }

    @Test func waitTellsSomebodyAtATerminalWhatItWaitsFor() throws {
        let site = try deployed()
        let unpushed = try site.clone.commit("Not pushed", ["index.html": "three\n"])
        func wait(_ option: String) throws -> String {
            let line = "git ops wait \(option) --timeout 5s \(unpushed)"
            return try run("script", ["-qec", line, "/dev/null"], in: site.clone.path, variables: site.variables).output
        }
        let words = "waiting for \(unpushed.short) to be deployed to default"
        #expect(try wait("").contains(words))
        #expect(try !wait("-q").contains(words))
        #expect(try !site.clone.attempt("ops", "wait", "--timeout", "5s", unpushed.description).error.contains(words))
    }

    @Test func waitSaysThatADeploymentFailed() throws {
        let site = try Site("fails", settings: ["ops.default.healthCheck": "exit 3"])
        try site.clone.commit("Ill", ["index.html": "one\n"])
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(push.says("putting back what was there before"))
        #expect(site.live("index.html") == nil)
        let wait = try site.ops("wait", "main")
        #expect(wait.code == 1)
        #expect(wait.error.contains("failed"))
        #expect(try site.ops("status").output.hasPrefix("default: the last deployment failed\n"))
        #expect(try site.trailer("Result") == "failed")
        #expect(try site.events(of: site.clone.id("HEAD")) == ["failed"])
        #expect(try site.ops("apply").code == 1)
    }

    @Test func doctorSaysWhatIsMissingAndHowToMendIt() throws {
        let site = try deployed()
        let well = try site.ops("doctor")
        #expect(well.code == 0)
        #expect(well.output.split(separator: "\n").allSatisfy { $0.hasPrefix("ok: ") })
        #expect(try site.ops("doctor", "-q").output == "")

        unlink("\(site.server.path)/hooks/post-receive")
        try site.server.git("config", "--unset", "receive.advertisePushOptions")
        try site.server.git("config", "ops.default.preaply", "true")
        let ill = try site.ops("doctor", "-q")
        #expect(ill.code == 1)
        #expect(ill.output.contains("error: hook post-receive is not installed\n  hint: git ops init\n"))
        #expect(ill.output.contains("error: receive.advertisePushOptions is not true"))
        #expect(ill.output.contains("warning: ops.default.preaply is no setting of git-ops\n"))
        #expect(try site.ops("init").code == 0)
        #expect(try site.ops("doctor", "-q").code == 0)
    }

    @Test func statusSaysBehindNeverAndUnknown() throws {
        let site = try Site("states")
        try site.clone.commit("First", ["a": "1\n"])
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:main")
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("default never - "))
        try site.ops("apply", "-q")
        #expect(try site.ops("status").output.hasPrefix("default: in sync\n"))
        try site.clone.commit("Second", ["a": "2\n"])
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:main")
        #expect(try site.ops("status").output.hasPrefix("default: behind main\n"))
        try site.server.git("config", "--remove-section", "ops.default")
        let unknown = try site.ops("status", "--exit-code")
        #expect(unknown.code == 1)
        #expect(try jq(".environments[0].state", site.ops("status", "--json").output) != "in-sync")
    }

    @Test func usageIsWrittenAndEndsWith129() throws {
        let scratch = try Scratch("usage")
        for arguments in [["-h"], ["diff", "-h"], ["status", "-h"], []] {
            let help = try run("git-ops", arguments, in: scratch.path)
            #expect(help.code == 129, "git ops \(arguments)")
            #expect(help.output.contains("git ops"), "git ops \(arguments)")
        }
        let unknown = try run("git", ["ops", "frobnicate"], in: scratch.path)
        #expect(unknown.code == 129)
        #expect(
            unknown.error == "error: 'frobnicate' is not a verb of git ops, and there is no git-ops-frobnicate beside it or on PATH\nhint: git ops -h lists the verbs\n")
        let option = try run("git", ["ops", "status", "--frobnicate"], in: scratch.path)
        #expect(option.code == 129)
        #expect(option.error.hasPrefix("error: "))
        #expect(try run("git", ["ops", "wait"], in: scratch.path).code == 129)
        #expect(try run("git", ["ops", "init", "-e", "Not_A_Name", scratch("x")]).code == 129)
        #expect(try run("git", ["ops", "version"]).output.hasPrefix("git-ops version "))
        #expect(try run("git-ops", ["--version"]).output.hasPrefix("git-ops version "))
        let outside = try run("git", ["ops", "status"], in: scratch.path)
        #expect(outside.code == 128)
        #expect(outside.error.hasPrefix("fatal: not a git repository"))
    }

    @Test func helpIsTheManualOrWhereThereIsNoneTheUsage() throws {
        let scratch = try Scratch("help")
        // No pages to be found, as where only the program was copied.
        var variables = testVariables(["MANPATH": scratch.path])
        for arguments in [["help", "diff"], ["diff", "--help"]] {
            let usage = try run("git-ops", arguments, in: scratch.path, variables: variables)
            #expect(usage.code == 0)
            #expect(usage.output.contains("git ops diff [<options>]"), "git ops \(arguments): \(usage.all)")
        }
        // With a page, man shows it.
        try scratch.write(".TH GIT-OPS-DIFF 1\n.SH NAME\ngit-ops-diff \\- a page of the test\n", to: "man1/git-ops-diff.1")
        variables["MANPAGER"] = "cat"
        let page = try run("git-ops", ["diff", "--help"], in: scratch.path, variables: variables)
        #expect(page.code == 0)
        #expect(page.output.contains("a page of the test"), "\(page.all)")
    }

    @Test func pluginsOnPathAreVerbs() throws {
        let site = try deployed()
        let plugin = try site.scratch.write("#!/bin/sh\necho \"hello $*\"\nexit 7\n", to: "bin/git-ops-hello", mode: 0o755)
        var variables = site.variables
        variables["PATH"] = String(plugin.dropLast("/git-ops-hello".count)) + ":" + (variables["PATH"] ?? "")
        let answer = try run("git", ["ops", "hello", "-h", "a b"], in: site.server.path, variables: variables)
        #expect(answer.output == "hello -h a b\n")
        #expect(answer.code == 7)
    }

    @Test func linksDispatchOnTheNameTheyAreCalledBy() throws {
        let site = try deployed()
        let program = "\(programFolder)/git-ops"
        try makeFolders(site.scratch("links"))
        #expect(symlink(program, site.scratch("links/git-ops-status")) == 0)
        let status = try run(site.scratch("links/git-ops-status"), ["--porcelain"], in: site.server.path, variables: site.variables)
        #expect(status.output.hasPrefix("default in-sync "))

        // A hook may be the program itself.
        for hook in ["pre-receive", "post-receive"] {
            let path = "\(site.server.path)/hooks/\(hook)"
            unlink(path)
            #expect(symlink(program, path) == 0)
        }
        try site.clone.commit("Broken", ["a.yaml": "a: [\n"])
        #expect(try !site.push("HEAD:main").succeeded)
        try site.clone.commit("Mended", ["a.yaml": "a: []\n"])
        #expect(try site.push("HEAD:main").plainLines.last == "default: deployed <id> in <time> (1 created)")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionIsPrinted(shell: String) throws {
        let script = try run("git", ["ops", "completion", shell])
        #expect(script.code == 0)
        #expect(script.output.contains("verify"))
        #expect(try run("git", ["ops", "completion", "powershell"]).code == 129)
    }

    @Test func logTakesPathsAsGitLogDoes() throws {
        let site = try Site("log-paths")
        try site.deploy("First", ["a": "1\n", "b": "1\n"])
        try site.deploy("Second", ["b": "2\n"])
        let log = try site.ops("log", "default", "--format=%s", "--", "a")
        #expect(log.output.split(separator: "\n").count == 1, "\(log.all)")
        #expect(try site.ops("log", "default", "-1", "--format=%s").output.split(separator: "\n").count == 1)
        #expect(try site.ops("log").output.split(separator: "\n").count == 2)
    }
}
