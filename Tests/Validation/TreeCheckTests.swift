import Git
import Glibc
import Manifests
import Posix
import TestSupport
import Testing
import Validation

@Suite struct TreeCheckTests {
    /// Judges the newest commit against the one before it.
    private func lines(_ repository: TestRepository, base: String? = nil) throws -> [String] {
        let opened = try repository.open()
        let new = try opened.tree(ofCommit: try repository.id("HEAD"))
        let old = try base.map { try opened.tree(ofCommit: try repository.id($0)) }
        return try TreeCheck(opened, configuration: try opened.configuration())
            .diagnostics(from: old, to: new, branch: "refs/heads/main", defaultBranch: "refs/heads/main")
            .map(\.rendered)
    }

    private let ops = "environments:\n  one:\n    path: one\n  two:\n    path: two\n"

    @Test func aSoundTreeHasNothingWrong() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("sound", ["ops.yaml": ops, "one/a.yaml": "a: 1\n", "one/b.json": "{\"a\": 1}", "two/x": ": not yaml: ["])
        #expect(try lines(repository) == [])
    }

    @Test func everyDefectIsToldWithItsPlace() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit(
            "broken",
            ["ops.yaml": ops, "one/a.yaml": "a: 1\nb: [1, 2\n", "one/b.json": "{\"a\": 1,}", "two/c.yml": "a: b: c\n"])
        let lines = try lines(repository)
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("one/a.yaml:"))
        #expect(lines[0].contains("[yaml/syntax]"))
        #expect(lines[1].hasPrefix("one/b.json:1:"))
        #expect(lines[2].hasPrefix("two/c.yml:1:5: error:"))
    }

    @Test func whatNoEnvironmentHasIsNotJudged() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("other", ["ops.yaml": ops, "one/a": "", "two/b": "", "elsewhere/broken.yaml": "a: b: c\n"])
        #expect(try lines(repository) == [])
    }

    @Test func onlyWhatChangedIsRead() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("broken before", ["one/broken.yaml": "a: b: c\n", "ops.yaml": ops, "two/b": ""])
        try repository.commit("sound", ["one/new.yaml": "a: 1\n"])
        #expect(try lines(repository, base: "HEAD^") == [])
        #expect(try lines(repository).count == 1)
    }

    @Test func aFolderThatBecomesAnEnvironmentIsReadWhole() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("before", ["ops.yaml": "environments:\n  one:\n    path: one\n", "one/a": "", "two/broken.yaml": "a: b: c\n"])
        try repository.commit("after", ["ops.yaml": ops])
        #expect(try lines(repository, base: "HEAD^").map { $0.prefix(15) } == ["two/broken.yaml"])
    }

    @Test func templatesOfAChartAreNotYAML() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let template = "{{- if .Values.x }}\na: {{ .Values.y }}\n{{- end }}\n"
        try repository.commit(
            "chart",
            [
                "chart/Chart.yaml": "name: x\n", "chart/templates/a.yaml": template, "chart/templates/deep/b.yaml": template,
                "templates/c.yaml": template,
            ])
        let lines = try lines(repository)
        #expect(lines.count == 1)
        #expect(lines[0].hasPrefix("templates/c.yaml:1:"))
    }

    @Test(arguments: [
        ("/etc/passwd", "path/absolute-link"), ("../../outside", "path/escaping-link"), ("a/../../b", "path/escaping-link"),
        ("../ok", nil), ("./sibling", nil), ("..", nil),
    ])
    func linksStayInside(target: String, rule: String?) throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try makeFolders(scratch("repository/sub"))
        symlink(target, scratch("repository/sub/link"))
        try repository.commit("link")
        let lines = try lines(repository)
        if let rule {
            #expect(lines.count == 1)
            #expect(lines.first?.hasPrefix("sub/link: error:") == true)
            #expect(lines.first?.contains("[\(rule)]") == true)
        } else {
            #expect(lines == [])
        }
    }

    /// Names that git itself would never write, as a hostile pusher can.
    @Test(arguments: ["..", ".", ".git", ".GIT", ".git-ops", ".git-ops-staging"])
    func hostileNamesAreRefused(name: String) throws {
        let scratch = try Scratch()
        let opened = try TestRepository(at: scratch("repository")).open()
        let blob = try opened.write(Array("x".utf8), as: .blob)
        let tree = try opened.writeTree([TreeEntry(name: Array(name.utf8), mode: .file, id: blob)])
        let found = try TreeCheck(opened, configuration: Configuration(entries: [])).diagnostics(from: nil, to: tree)
        #expect(found.count == 1)
        #expect(found.first?.severity == .error)
    }

    @Test func aSubmoduleIsRefused() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let commit = try repository.commit("one", ["a": "1"])
        try repository.git("update-index", "--add", "--cacheinfo", "160000,\(commit),sub")
        try repository.git("commit", "-qm", "submodule")
        #expect(try lines(repository).first?.contains("[path/submodule]") == true)
    }

    @Test func namesThatDifferInCaseAreWarnedOf() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("one", ["a/File": "1"])
        try repository.commit("two", ["a/file": "2", "b/other": "3"])
        let lines = try lines(repository, base: "HEAD^")
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("a/file: warning: differs from 'File' only in case") == true)
    }

    @Test func anEnvironmentWithoutItsFolderIsRefusedOnItsOwnBranchAlone() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("one", ["ops.yaml": ops, "one/a": "1"])
        #expect(try lines(repository).first?.hasPrefix("ops.yaml:4:3: error: environment 'two' has no folder 'two'") == true)
        let opened = try repository.open()
        let tree = try opened.tree(ofCommit: try repository.id("HEAD"))
        #expect(
            try TreeCheck(opened, configuration: Configuration(entries: []))
                .diagnostics(from: nil, to: tree, branch: "refs/heads/other", defaultBranch: "refs/heads/main").isEmpty)
    }

    @Test(arguments: [("/srv/www", "/srv/www"), ("/srv/www/", "/srv/www/two"), ("/srv/www/one", "/srv/www")])
    func twoEnvironmentsInOnePlaceAreRefused(first: String, second: String) throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("one", ["ops.yaml": ops, "one/a": "1", "two/b": "1"])
        try repository.git("config", "ops.one.directory", first)
        try repository.git("config", "ops.two.directory", second)
        #expect(try lines(repository).first?.contains("[ops/one-place]") == true)
        try repository.git("config", "ops.two.directory", "/srv/www2")
        try repository.git("config", "ops.one.directory", "/srv/www")
        #expect(try lines(repository) == [])
    }

    @Test func aManifestThatIsTooLargeIsRefusedUnread() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("large", ["big.yaml": String(repeating: "# padding\n", count: 1_700_000), "big.bin": ""])
        #expect(try lines(repository).first?.contains("[manifest/too-large]") == true)
    }

    @Test func aMissingObjectIsAnErrorAndNoSoundTree() throws {
        let scratch = try Scratch()
        let opened = try TestRepository(at: scratch("repository")).open()
        let nowhere = try #require(ObjectID(hex: String(repeating: "ab", count: 20)))
        let tree = try opened.writeTree([TreeEntry(name: Array("a.yaml".utf8), mode: .file, id: nowhere)])
        #expect(throws: GitError.self) {
            try TreeCheck(opened, configuration: Configuration(entries: [])).diagnostics(from: nil, to: tree)
        }
    }
}

@Suite struct PushCheckTests {
    @Test func linesOfAHookAreRead() throws {
        let one = String(repeating: "1", count: 40)
        let zero = String(repeating: "0", count: 40)
        let updates = try #require(RefUpdate.all(in: Array("\(zero) \(one) refs/heads/with space\n\(one) \(zero) refs/heads/x\n".utf8)))
        #expect(updates.map(\.name) == ["refs/heads/with space", "refs/heads/x"])
        #expect(updates[0].old == nil)
        #expect(updates[1].new == nil)
        #expect(RefUpdate.all(in: []) == [])
    }

    @Test(arguments: ["garbage", "0 1 refs/heads/x", String(repeating: "0", count: 40) + " refs/heads/x"])
    func whatIsNoUpdateIsRefused(line: String) {
        #expect(RefUpdate.all(in: Array(line.utf8)) == nil)
    }

    @Test(arguments: [
        ("refs/ops/production", true), ("refs/ops/_pending/x", true), ("refs/notes/ops", true), ("refs/notes/ops/x", true),
        ("refs/heads/ops", false), ("refs/notes/opsx", false), ("refs/tags/v1", false),
    ])
    func recordsAreNotWrittenByPushers(name: String, isRefused: Bool) throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let commit = try repository.commit("one", ["a": "1"])
        let opened = try repository.open()
        let line = "\(ObjectID.zero) \(commit) \(name)"
        let updates = try #require(RefUpdate.all(in: Array(line.utf8)))
        let verdicts = try PushCheck(opened, configuration: Configuration(entries: [])).verdicts(updates)
        #expect(verdicts.contains(where: \.isRefused) == isRefused)
    }

    @Test func whatAForcedPushReplacedMayBeGone() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let commit = try repository.commit("one", ["a.yaml": "a: b: c\n"])
        let opened = try repository.open()
        let gone = String(repeating: "ab", count: 20)
        let updates = try #require(RefUpdate.all(in: Array("\(gone) \(commit) refs/heads/main\n".utf8)))
        let verdicts = try PushCheck(opened, configuration: Configuration(entries: [])).verdicts(updates)
        #expect(verdicts.map(\.isRefused) == [true])
    }
}
