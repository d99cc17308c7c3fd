import Git
import Glibc
import Posix
import TestSupport
import Testing

/// `git ops validate` and `explain`, and what hooks say of manifests.
@Suite struct ValidateTests {
    private static let ops = "environments:\n  production:\n    path: production\n"

    private func account(_ name: String, _ value: String = "false") -> String {
        "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: \(name)\nautomountServiceAccountToken: \(value)\n"
    }

    private func pod(using configMap: String) -> String {
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: a\n    image: web:1\n    envFrom:\n    - configMapRef: {name: \(configMap)}\n"
    }

    private func configMap(_ name: String) -> String { "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {}\n" }

    private func repository(_ scratch: borrowing Scratch, _ files: [String: String] = [:]) throws -> TestRepository {
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("First", ["ops.yaml": Self.ops, "production/a.yaml": account("a")].merging(files) { $1 })
        return repository
    }

    @Test func theWorkingTreeIsJudgedAsItIs() throws {
        let scratch = try Scratch("validate")
        let repository = try repository(scratch)
        let sound = try repository.attempt("ops", "validate")
        #expect(sound.code == 0)
        #expect(sound.output == "")
        #expect(sound.error == "1 file, 1 resource: no errors\n")

        // Neither added nor ignored; what is ignored is not judged, nor what no environment has.
        try repository.write("ignored.yaml\n", to: ".gitignore")
        try repository.write("a: [1\n", to: "production/ignored.yaml")
        try repository.write("a: [1\n", to: "other/x.yaml")
        try repository.write("a: {b: 1\n", to: "production/new.yaml")
        try repository.write(account("a", "yes"), to: "production/a.yaml")
        let status = try repository.git("status", "--porcelain", "-uall")
        let objects = try repository.git("count-objects", "-v")
        let found = try repository.attempt("ops", "validate")
        #expect(found.code == 1)
        #expect(found.error == "1 error, 1 warning in 2 of 2 files (1 resource)\n")
        #expect(
            found.output.hasPrefix(
                """
                production/a.yaml:5:31: warning: yes is a boolean here, not text [yaml/truth-word]
                    5 | automountServiceAccountToken: yes
                      |                               ^~~
                  hint: write true or false, or put it in quotes
                production/new.yaml:1:4: error: 
                """))
        #expect(try repository.attempt("ops", "validate", "--worktree").output == found.output)
        // Nothing of the repository has changed, and nothing is left behind.
        #expect(try repository.git("status", "--porcelain", "-uall") == status)
        #expect(try repository.git("count-objects", "-v") == objects)
        #expect(try repository.attempt("ops", "validate", "HEAD").code == 0)
        let quiet = try repository.attempt("ops", "validate", "-q")
        #expect(quiet.error == "" && quiet.output.hasPrefix("production/new.yaml:1:4: error: "))
    }

    @Test func pathsChooseWhatIsTold() throws {
        let scratch = try Scratch("validate-paths")
        let repository = try repository(
            scratch, ["production/b/bad.yaml": "a: [1\n", "production/pod.yaml": pod(using: "web"), "other/x.yaml": "a: [1\n", "production/page.html": "x"])
        func validate(_ arguments: String..., in folder: String = "") throws -> Finished {
            try run("git", ["ops", "validate"] + arguments, in: "\(repository.path)/\(folder)", variables: repository.variables)
        }
        let folder = try validate("production/b")
        #expect(folder.code == 1)
        #expect(folder.error == "1 error in 1 of 1 file (0 resources)\n")
        #expect(try validate("production/a.yaml").error == "1 file, 1 resource: no errors\n")
        #expect(try validate("a.yaml", "../other/x.yaml", in: "production").error.hasPrefix("warning: 'other/x.yaml' is in no environment, so it is not judged\n"))
        #expect(try validate("production/page.html").error.hasPrefix("warning: 'production/page.html' is no YAML or JSON by its name"))
        // What other files define counts, and what is on disk does.
        #expect(try validate("production/pod.yaml").output.contains("[env/missing-reference]"))
        try repository.write(configMap("web"), to: "production/web.yaml")
        #expect(try validate("production/pod.yaml", "production/web.yaml").output == "")
        #expect(try validate("HEAD", "--", "production/pod.yaml").output.contains("[env/missing-reference]"))
        #expect(try validate("HEAD", "production/a.yaml").code == 0)
        // The same, of a file that an index knows already.
        #expect(try validate("production/b/bad.yaml").code == 1)
        #expect(try validate("HEAD", "production/b/bad.yaml").code == 1)

        let unknown = try validate("nowhere")
        #expect(unknown.code == 128)
        #expect(unknown.error.hasPrefix("fatal: 'nowhere' is neither a revision nor a path in the working tree\nhint: "))
        #expect(try validate("--", "nowhere.yaml").code == 128)
        #expect(try validate("/etc/passwd").error.hasPrefix("fatal: '/etc/passwd' is outside the repository at "))
        try repository.git("branch", "production")
        #expect(try validate("production").error.hasPrefix("fatal: 'production' is a revision and a path\nhint: put -- before paths"))
        #expect(try validate("production", "--", "production/a.yaml").code == 0)
        #expect(try validate("--staged", "--worktree").code == 129)
        #expect(try validate("--format", "html").code == 129)
    }

    @Test func anEnvironmentThatIsNotCommittedYetHasItsFolder() throws {
        let scratch = try Scratch("validate")
        let repository = try repository(scratch)
        try repository.write(Self.ops + "  staging:\n    path: staging\n", to: "ops.yaml")
        #expect(try repository.attempt("ops", "validate", "ops.yaml").code == 1)
        try repository.write(account("a"), to: "staging/a.yaml")
        #expect(try repository.attempt("ops", "validate", "ops.yaml").code == 0)
    }

    @Test func aFewFilesNeedNoGit() throws {
        let scratch = try Scratch("validate-no-git")
        let repository = try repository(scratch)
        var variables = repository.variables
        try scratch.write("#!/bin/sh\necho git was started >&2\nexit 1\n", to: "bin/git", mode: 0o755)
        variables["PATH"] = scratch("bin") + ":" + (variables["PATH"] ?? "")
        // Without this, git is asked for the configuration.
        variables["GIT_CONFIG_NOSYSTEM"] = nil
        try repository.write(account("a", "on"), to: "production/a.yaml")
        let end = try run("\(programFolder)/git-ops", ["validate", "production/a.yaml"], in: repository.path, variables: variables)
        #expect(end.code == 0)
        #expect(end.output.contains("[yaml/truth-word]"), "\(end.all)")
        #expect(!end.error.contains("git was started"))
    }

    @Test func anUnbornBranchAndABareRepository() throws {
        let scratch = try Scratch("validate-bare")
        let repository = try TestRepository(at: scratch("new"))
        try repository.write("a: [1\n", to: "a.yaml")
        #expect(try repository.attempt("ops", "validate").code == 1)
        #expect(try repository.attempt("ops", "validate", "a.yaml").code == 1)
        try repository.git("add", ".")
        #expect(try repository.attempt("ops", "validate", "--staged").code == 1)
        #expect(try repository.attempt("ops", "validate", "HEAD").code == 128)
        try repository.commit("First", ["b.yaml": account("b")])
        _ = try run("git", ["clone", "-q", "--bare", repository.path, scratch("bare.git")])
        let bare = TestRepository(existing: scratch("bare.git"))
        #expect(try bare.attempt("ops", "validate").code == 1)
        #expect(try bare.attempt("ops", "validate", "HEAD", "b.yaml").code == 0)
        #expect(try bare.attempt("ops", "validate", "main", "--", "a.yaml").code == 1)
        #expect(try bare.attempt("ops", "validate", "--worktree").code == 128)
    }

    @Test func outsideARepositoryFilesAreJudgedAlone() throws {
        let scratch = try Scratch("validate-alone")
        try scratch.write(pod(using: "web"), to: "pod.yaml")
        try scratch.write("a: [1\n", to: "bad.yaml")
        let fine = try run("git", ["ops", "validate", "pod.yaml"], in: scratch.path)
        #expect(fine.code == 0)
        #expect(fine.error == "1 file, 1 resource: no errors\n")
        #expect(try run("git", ["ops", "validate", "pod.yaml", "bad.yaml"], in: scratch.path).code == 1)
        #expect(try run("git", ["ops", "validate"], in: scratch.path).code == 128)
        #expect(try run("git", ["ops", "validate", "nowhere.yaml"], in: scratch.path).code == 128)
    }

    @Test func whatIsStagedIsJudgedAgainstHEAD() throws {
        let scratch = try Scratch("validate-staged")
        let repository = try repository(scratch, ["production/old.yaml": "a: [1\n", "production/web.yaml": configMap("web"), "production/pod.yaml": pod(using: "web")])
        #expect(try repository.attempt("ops", "validate", "--staged").code == 0)
        // What depends on a change is told; what was bad before is not.
        try repository.git("rm", "-q", "production/web.yaml")
        try repository.write("a: {1\n", to: "production/unstaged.yaml")
        let removed = try repository.attempt("ops", "validate", "--staged")
        #expect(removed.code == 0)
        #expect(removed.output.hasPrefix("production/pod.yaml:9:28: warning: ConfigMap \"web\" is not defined"), "\(removed.all)")
        try repository.git("add", "production/unstaged.yaml")
        #expect(try repository.attempt("ops", "validate", "--staged").code == 1)
        #expect(try repository.attempt("ops", "validate", "--staged", "production/pod.yaml").code == 0)
        #expect(try repository.attempt("ops", "validate", "--staged", "production/unstaged.yaml").code == 1)
        let none = try repository.attempt("ops", "validate", "--staged", "production/none.yaml")
        #expect(none.code == 128)
        #expect(none.error.contains("path 'production/none.yaml' is not in the index"))
    }

    /// The one command for a clone's user.
    @Test func initInstallsTheHookThatChecksWhatIsStaged() throws {
        let site = try Site("validate-hook", environments: ["production"])
        try site.deploy("First", ["ops.yaml": Self.ops, "production/a.yaml": account("a")])
        try site.clone.git("ops", "init", "-q")
        try site.clone.write("a: [1\n", to: "production/b.yaml")
        try site.clone.git("add", ".")
        let commit = try site.clone.attempt("commit", "-m", "Bad")
        #expect(commit.code == 1)
        let staged = try site.clone.attempt("ops", "validate", "--staged")
        #expect(commit.error == staged.output + "error: commit refused: 1 error in what is staged\n")
        try site.clone.git("commit", "-q", "--no-verify", "-m", "Bad")
        // The server says the same.
        let push = try site.push("HEAD:main")
        #expect(push.lines.joined(separator: "\n") + "\n" == staged.output + "error: refs/heads/main: push refused: 1 error in 1 file\n")
    }

    @Test func anIndexOfABadCommitHidesNothing() throws {
        let site = try Site("validate-index", environments: ["production"])
        try site.deploy("First", ["ops.yaml": Self.ops, "production/a.yaml": account("a")])
        try site.clone.commit("Bad", ["production/b.yaml": "a: [1\n"])
        // The bad commit is on the server, on its only branch, and is known to its index.
        try site.server.git("fetch", "-q", site.clone.path, "HEAD")
        let bad = try site.clone.git("rev-parse", "HEAD")
        try site.server.git("update-ref", "refs/heads/main", bad)
        #expect(try site.ops("validate", "HEAD").code == 1)
        try site.server.git("update-ref", "refs/heads/main", "\(bad)^")
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(push.says("production/b.yaml:1:4: error:"))
    }

    @Test func aPushIsToldOfInSixtyLines() throws {
        let site = try Site("validate-many", environments: ["production"])
        try site.deploy("First", ["ops.yaml": Self.ops, "production/a.yaml": account("a")])
        for number in 100..<190 { try site.clone.write("a: [\n", to: "production/f\(number).yaml") }
        for number in 100..<103 { try site.clone.write(account("w\(number)", "yes"), to: "production/w\(number).yaml") }
        try site.clone.commit("Broken")
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(push.lines.count == 60)
        #expect(push.lines.first?.hasPrefix("production/f100.yaml:") == true)
        #expect(push.lines.last == "error: refs/heads/main: push refused: 90 errors in 90 files")
        let told = push.lines.count { $0.contains(": error: ") }
        #expect(
            push.lines[58].hasPrefix("and \(90 - told) more errors and 3 warnings in \(93 - told) files; to see all: git ops validate"),
            "\(push.lines[58])")
    }

    @Test func exceptionsAreListedAndCanBeForbidden() throws {
        let site = try Site("validate-exceptions", environments: ["production"])
        let allowed = account("a", "yes # git-ops: allow yaml/truth-word the chart has it so")
        let unused = account("b") + "# git-ops: allow yaml/octal nothing\n"
        try site.deploy("First", ["ops.yaml": Self.ops, "production/a.yaml": allowed, "production/b.yaml": unused])
        let list = try site.clone.attempt("ops", "validate", "--exceptions")
        #expect(list.code == 0)
        #expect(list.output == "production/a.yaml:5: yaml/truth-word the chart has it so\nproduction/b.yaml:7: yaml/octal nothing (lets nothing pass)\n")
        let json = try site.clone.attempt("ops", "validate", "--format", "json", "--exceptions").output
        #expect(try jq(".exceptions | map([.line, .used] | join(\" \")) | join(\",\")", json) == "5 true,7 false")
        #expect(try jq("[.version, .counts.files, .counts.warnings, .diagnostics[0].rule] | join(\" \")", json) == "1 2 1 manifest/unused-exception")
        #expect(try site.clone.attempt("ops", "validate", "--exceptions", "--format", "junit").code == 129)

        try site.server.git("config", "ops.forbidException", "yaml/*")
        try site.clone.commit("Another", ["production/a.yaml": allowed + "\n"])
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(push.says("exceptions from yaml/truth-word are forbidden here [manifest/exception]"))
    }

    @Test func filesThatNameNoKindAreSaid() throws {
        let site = try Site("validate-unclassified", environments: ["production"])
        try site.clone.commit("First", ["ops.yaml": Self.ops, "production/compose.yaml": "services: {}\n"])
        let said = "1 file of YAML names no kind, so only its form was checked: production/compose.yaml"
        #expect(try site.push("HEAD:main").lines.first == said)
        #expect(try site.clone.attempt("ops", "validate").error == said + "\n1 file, 0 resources: no errors\n")
    }

    @Test(arguments: ["human", "json", "sarif", "junit", "github", "gitlab"])
    func everyFormatEndsWithTheSameCode(format: String) throws {
        let scratch = try Scratch("validate-format")
        let repository = try repository(scratch)
        #expect(try repository.attempt("ops", "validate", "--format", format).code == 0)
        try repository.write("a: [1\n", to: "production/bad \u{1b}<&>.yaml")
        let bad = try repository.attempt("ops", "validate", "--format", format)
        #expect(bad.code == 1)
        #expect(!bad.output.contains("\u{1b}"))
        if ["json", "sarif", "gitlab"].contains(format) { _ = try jq(".", bad.output) }
    }

    @Test func rulesAreExplained() throws {
        let scratch = try Scratch("explain")
        func explain(_ arguments: String...) throws -> Finished { try run("git", ["ops", "explain"] + arguments, in: scratch.path) }
        let rule = try explain("env/plain-secret")
        #expect(rule.code == 0)
        #expect(rule.output.hasPrefix("env/plain-secret: a Secret in the repository is encrypted\n"))
        #expect(rule.output.contains("    # git-ops: allow env/plain-secret <reason>\n"))
        #expect(try explain("[yaml/syntax]").output.contains("It always holds"))
        let list = try explain("--list").output.split(separator: "\n")
        #expect(list.contains { $0.hasPrefix("practice/image-tag ") && $0.contains(" off ") })
        let json = try explain("--list", "--format", "json").output
        #expect(try jq("[.version, (.rules | length)] | join(\" \")", json) == "1 \(list.count)")
        let unknown = try explain("plain-secret")
        #expect(unknown.code == 128)
        #expect(unknown.error == "fatal: there is no rule \"plain-secret\"\nhint: did you mean \"env/plain-secret\"?\n")
        #expect(try explain().code == 129)
        #expect(try explain("recommended").output.split(separator: "\n").count == 8)
    }
}
