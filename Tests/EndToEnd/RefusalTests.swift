import Git
import Glibc
import Posix
import TestSupport
import Testing

/// What may never become history: paths that lead out of the directory, and records that others write.
@Suite struct RefusalTests {
    /// Commits a tree that git's own commands would not write, made of raw entries.
    /// - Parameter entries: mode, name and object of each, in the order that they are to stand in.
    private func commit(_ entries: [(mode: String, name: String, id: String)], in clone: TestRepository) throws -> String {
        var script = ""
        for entry in entries {
            script += "printf '\(entry.mode) \(entry.name)\\000\(RefusalTests.octal(entry.id))'\n"
        }
        let tree = try clone.shell("{\n\(script)} | git hash-object -t tree -w --stdin --literally")
        return try clone.git("commit-tree", "-m", "Crafted", tree)
    }

    private static func octal(_ id: String) -> String {
        var text = ""
        var rest = id[...]
        while let byte = UInt8(rest.prefix(2), radix: 16), !rest.isEmpty {
            let digits = String(byte, radix: 8)
            text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            rest = rest.dropFirst(2)
        }
        return text
    }

    @Test(arguments: ["..", ".", ".git", ".GIT", ".gIt"])
    func treeEntryThatLeadsOutIsRefused(name: String) throws {
        let site = try Site("entries")
        let blob = try site.clone.shell("echo evil | git hash-object -w --stdin")
        for inner in [false, true] {
            var crafted = try site.clone.shell("printf '100644 blob \(blob)\\tevil\\n' | git mktree")
            if inner {
                // One level further down, where the root looks harmless.
                crafted = try commit([("40000", name, crafted)], in: site.clone)
                crafted = try commit([("40000", "app", try site.clone.git("rev-parse", crafted + "^{tree}"))], in: site.clone)
            } else {
                crafted = try commit([("40000", name, crafted)], in: site.clone)
            }
            let push = try site.push("\(crafted):refs/heads/main")
            #expect(!push.succeeded)
            #expect(push.says("a path may not have the component '\(name)' [path/component]"), "\(push.all)")
            #expect(try !site.server.attempt("cat-file", "-e", crafted).succeeded)
        }
        #expect(access(site.scratch("evil"), F_OK) != 0)
        #expect(access(site.scratch("live/evil"), F_OK) != 0)
    }

    @Test func fileNamedAsAPathIsRefused() throws {
        let site = try Site("slash")
        let blob = try site.clone.shell("echo evil | git hash-object -w --stdin")
        for name in ["../evil", "/evil", "a/../../evil"] {
            let crafted = try commit([("100644", name, blob)], in: site.clone)
            let push = try site.push("\(crafted):refs/heads/main")
            #expect(!push.succeeded, "\(name)")
            #expect(try !site.server.attempt("cat-file", "-e", crafted).succeeded)
        }
        #expect(access(site.scratch("evil"), F_OK) != 0)
    }

    @Test(arguments: [
        ("link", "/etc/passwd", "the symbolic link points to the absolute path '/etc/passwd'"),
        ("link", "../outside", "the symbolic link points outside the environment: '../outside'"),
        ("a/link", "../../outside", "the symbolic link points outside the environment: '../../outside'"),
        ("a/link", "x/../../../outside", "the symbolic link points outside the environment: 'x/../../../outside'"),
        ("link", "..", "the symbolic link points outside the environment: '..'"),
    ])
    func linkThatLeadsOutIsRefused(name: String, target: String, message: String) throws {
        let site = try Site("links")
        try makeFolders("\(site.clone.path)/a")
        #expect(symlink(target, "\(site.clone.path)/\(name)") == 0)
        try site.clone.commit("A link")
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(push.lines.first?.hasPrefix("\(name): error: \(message)") ?? false, "\(push.all)")
    }

    @Test func linkThatStaysInsideIsDeployed() throws {
        let site = try Site("inner-links")
        try makeFolders("\(site.clone.path)/a/b")
        #expect(symlink("../../index.html", "\(site.clone.path)/a/b/link") == 0)
        try site.deploy("A link", ["index.html": "one\n"])
        #expect(site.live("a/b/link") == "one\n")
        #expect(try run("readlink", [site.scratch("live/a/b/link")]).output == "../../index.html\n")
    }

    @Test func submoduleIsRefusedWithAClearMessage() throws {
        let site = try Site("submodule")
        try site.clone.commit("First", ["a": "1\n"])
        let head = try site.clone.id("HEAD")
        try site.clone.git("update-index", "--add", "--cacheinfo", "160000,\(head),vendor/lib")
        try site.clone.git("commit", "-q", "-m", "A submodule")
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(
            push.lines.prefix(2) == [
                "vendor/lib: error: a submodule cannot be deployed: its files are in another repository [path/submodule]",
                "  hint: commit the files themselves, for example with git subtree",
            ])
    }

    @Test(arguments: [".git-ops/inventory", ".git-ops-staging/x"])
    func reservedNameIsRefused(name: String) throws {
        let site = try Site("reserved")
        try site.clone.commit("Reserved", [name: "x\n"])
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(push.says("is reserved for git-ops [path/reserved]"))
        // Further down it is a name like any other.
        try site.clone.git("rm", "-rq", ".")
        try site.clone.commit("Below", ["app/" + name: "x\n"])
        #expect(try site.push("HEAD:main").succeeded)
        #expect(site.live("app/" + name) == "x\n")
    }

    @Test(arguments: ["refs/ops/default", "refs/ops/other", "refs/ops/_pending/default", "refs/ops/_suspended/default", "refs/notes/ops"])
    func recordsAreNotForPushers(reference: String) throws {
        let site = try Site("records")
        try site.deploy("First", ["a": "1\n"])
        let references = try site.server.git("for-each-ref")
        try site.clone.commit("Forged", ["a": "2\n"])

        let forced = try site.push("+HEAD:\(reference)")
        #expect(!forced.succeeded)
        #expect(forced.says("error: \(reference): the record of deployments is written by git-ops alone"))
        #expect(try site.server.git("for-each-ref") == references)

        let deleted = try site.push(":\(reference)")
        #expect(!deleted.succeeded)
        #expect(try site.server.git("for-each-ref") == references)

        // The other reference of the push must not get through either, atomic or not.
        for option in ["--atomic", "--no-atomic"] {
            let both = try site.push(option, "HEAD:main", "+HEAD:\(reference)")
            #expect(!both.succeeded)
            #expect(try site.server.git("for-each-ref") == references, "\(option): \(both.all)")
        }

        // Nor where nothing is hidden.
        try site.server.git("config", "--unset-all", "receive.hideRefs")
        try site.server.git("config", "--unset-all", "transfer.hideRefs")
        let plain = try site.push("HEAD:main", "+HEAD:\(reference)")
        #expect(!plain.succeeded)
        #expect(plain.all.contains("pre-receive hook declined"))
        #expect(try site.server.git("for-each-ref") == references)
    }

    @Test func otherNotesMayBePushed() throws {
        let site = try Site("notes")
        try site.deploy("First", ["a": "1\n"])
        try site.clone.git("notes", "--ref=review", "add", "-m", "looks good")
        #expect(try site.push("refs/notes/review").succeeded)
    }

    @Test func twoEnvironmentsInOnePlaceAreRefused() throws {
        let site = try Site("one-place", environments: ["production", "staging"])
        try site.server.git("config", "ops.staging.directory", site.scratch("live/production/inner"))
        try site.clone.commit("Both", ["ops.yaml": opsFile("production", "staging"), "production/a": "1\n", "staging/a": "2\n"])
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(
            push.lines.first
                == "ops.yaml:4:3: error: environments 'production' and 'staging' are laid into the same directory here [ops/one-place]")
    }

    @Test func environmentWithoutAFolderIsRefused() throws {
        let site = try Site("no-folder", environments: ["production"])
        try site.clone.commit("None", ["ops.yaml": opsFile("production"), "other/a": "1\n"])
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(push.says("ops.yaml:2:3: error: environment 'production' has no folder 'production' in this commit"))
    }

    @Test func hugeManifestIsRefusedAndAHugeFileIsNot() throws {
        let site = try Site("huge")
        try site.clone.shell("head -c 17000000 /dev/zero | tr '\\000' 'a' >big.yaml && git add big.yaml && git commit -qm Big")
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(push.says("big.yaml: error: a manifest may have at most 16 MiB [manifest/too-large]"))
        try site.clone.git("mv", "big.yaml", "big.bin")
        try site.clone.git("commit", "-q", "--amend", "-m", "Big")
        #expect(try site.push("HEAD:main").succeeded)
        #expect(try run("stat", ["-c", "%s", site.scratch("live/big.bin")]).output == "17000000\n")
    }

    @Test func manyErrorsAreCountedNotPrinted() throws {
        let site = try Site("many")
        for number in 100..<200 { try site.clone.write("a: [\n", to: "f\(number).yaml") }
        try site.clone.commit("Broken")
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        #expect(push.lines.last == "error: refs/heads/main: push refused: 100 errors in 100 files")
        #expect(push.lines.count < 120)
    }
}
