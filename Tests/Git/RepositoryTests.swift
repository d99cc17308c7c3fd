import Git
import Glibc
import Posix
import TestSupport
import Testing

@Suite struct RepositoryTests {
    @Test func isFoundFromBelow() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.write("x", to: "a/b/c")
        let opened = try Repository(from: scratch("repository/a/b"), environment: [:])
        #expect(opened.gitDirectory == scratch("repository/.git/"))
        #expect(opened.workTree == scratch("repository/"))
    }

    @Test func noneIsSaidAsGitSaysIt() throws {
        let scratch = try Scratch()
        let error = #expect(throws: GitError.self) { try Repository(from: scratch.path, environment: ["GIT_CEILING_DIRECTORIES": "/tmp"]) }
        #expect(error?.kind == .notFound)
        #expect(error?.description.hasPrefix("not a git repository") == true)
    }

    @Test func sha256IsRefusedWithAWayOut() throws {
        let scratch = try Scratch()
        try run("git", ["init", "-q", "--object-format=sha256", scratch("repository")])
        let error = #expect(throws: GitError.self) { try Repository(from: scratch("repository"), environment: [:]) }
        #expect(error?.kind == .unsupported)
        #expect(error?.description.contains("sha256") == true)
        #expect(error?.hint?.contains("--object-format=sha1") == true)
    }

    @Test func aLinkedWorkTreeSharesTheRecord() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("one")
        try repository.git("worktree", "add", "-q", scratch("linked"))
        let opened = try Repository(from: scratch("linked"), environment: [:])
        #expect(opened.commonDirectory == scratch("repository/.git/"))
        #expect(opened.gitDirectory == scratch("repository/.git/worktrees/linked/"))
    }

    /// A hook sees the objects of a push where git put them, and the others through alternates, whose
    /// names git quotes where they hold a colon.
    @Test(arguments: ["plain", "with:colon", "with \"quote\" and \\ :colon"])
    func objectsInQuarantineAreSeen(name: String) throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch(name + "/repository"))
        let old = try repository.commit("old")
        let quarantine = scratch("quarantine")
        try makeFolders(quarantine)
        let objects = scratch(name + "/repository/.git/objects")
        let quoted = objects.contains(":")
            ? "\"" + objects.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" : objects
        let written = try run(
            "git", ["hash-object", "-w", "--stdin"], in: scratch(name + "/repository"),
            variables: testVariables(["GIT_OBJECT_DIRECTORY": quarantine, "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects]),
            input: "pushed")
        let pushed = try #require(ObjectID(hex: written.output.dropLast()))
        let opened = try Repository(
            environment: [
                "GIT_DIR": scratch(name + "/repository/.git"), "GIT_OBJECT_DIRECTORY": quarantine,
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted, "GIT_QUARANTINE_PATH": quarantine,
            ])
        #expect(opened.contains(old))
        #expect(try opened.blob(pushed) == Array("pushed".utf8))
    }

    @Test func readsCommitsAndTrailers() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let first = try repository.commit("first")
        let id = try repository.commit("Subject: of it\n\nBody\nNot: trailer\n\nResult: deployed\nActor: ann: the first\n")
        let commit = try repository.open().readCommit(id)
        #expect(commit.subject == "Subject: of it")
        #expect(commit.parents == [first])
        #expect(commit.author.name == "Ann Author")
        #expect(commit.committer.email == "cam@example.org")
        #expect(commit.trailers.map(\.key) == ["Result", "Actor"])
        #expect(commit.trailers.last?.value == "ann: the first")
    }

    @Test func writesCommitsThatGitAccepts() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let first = try repository.commit("first")
        let opened = try repository.open()
        let hostile = Signature(name: " <evil>\nauthor x ", email: "a@b\u{0}> 1", seconds: 5, offset: -90)
        let id = try opened.writeCommit(
            tree: try opened.tree(ofCommit: first), parents: [first], author: hostile, committer: hostile, message: "m\n")
        try repository.git("update-ref", "refs/heads/made", id.description)
        #expect(try repository.git("fsck", "--strict") == "")
        #expect(try opened.readCommit(id).author.name == "evilauthor x")
        #expect(try opened.readCommit(id).author.offset == -90)
    }

    @Test func ancestryIsAsGitHasIt() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let one = try repository.commit("one")
        let two = try repository.commit("two")
        let opened = try repository.open()
        #expect(try opened.commit(two, contains: one))
        #expect(try opened.commit(one, contains: one))
        #expect(try !opened.commit(one, contains: two))
    }
}

@Suite struct ConfigurationTests {
    @Test func readsAsGitDoes() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        for (key, value) in [("ops.Production.preApply", "nginx -t\nsecond line"), ("ops.a.b.directory", "/x"), ("core.x", "")] {
            try repository.git("config", "--add", key, value)
        }
        try repository.git("config", "--add", "receive.hideRefs", "one")
        try repository.git("config", "--add", "receive.hideRefs", "two")
        let opened = try repository.open().configuration()
        let listed = Configuration(
            listing: Array(try run("git", ["config", "-z", "--list"], in: scratch("repository")).output.utf8))
        for configuration in [opened, listed] {
            #expect(configuration["OPS.Production.PREAPPLY"] == "nginx -t\nsecond line")
            #expect(configuration["ops.production.preApply"] == nil)
            #expect(configuration.values("receive.hiderefs") == ["one", "two"])
            #expect(configuration.subsections(of: "ops") == ["Production", "a.b"])
            #expect(configuration.boolean("core.bare") == false)
        }
    }
}

@Suite struct RepositoryPathTests {
    @Test(arguments: [
        ("plain/path.txt", "plain/path.txt"), ("with space", "with space"), ("ümlaut", "ümlaut"), ("a\nb", "\"a\\nb\""),
        ("tab\t", "\"tab\\t\""), ("quo\"te", "\"quo\\\"te\""), ("back\\slash", "\"back\\\\slash\""), ("esc\u{1b}[31m", "\"esc\\033[31m\""),
        ("bidi\u{202e}", "\"bidi\\342\\200\\256\""),
    ])
    func isQuotedForPeopleAndReadAgain(text: String, shown: String) {
        let path = RepositoryPath(text)
        #expect(path.description == shown)
        #expect(RepositoryPath(quoted: shown) == path)
    }

    @Test func bytesThatAreNoTextSurvive() {
        let path = RepositoryPath(bytes: [0x61, 0xff, 0xfe, 0x0a])
        #expect(path.description == "\"a\\377\\376\\n\"")
        #expect(RepositoryPath(quoted: path.description) == path)
    }

    @Test(arguments: ["\"", "\"a", "\"\\\"", "\"\\9\"", "\"\\x\""])
    func whatIsNoQuotationIsRefused(text: String) {
        #expect(RepositoryPath(quoted: text) == nil)
    }

    @Test func knowsWhatLiesBelow() {
        let folder = RepositoryPath("a/b")
        #expect(RepositoryPath("a/b/c").isWithin(folder))
        #expect(folder.isWithin(folder))
        #expect(!RepositoryPath("a/bc").isWithin(folder))
        #expect(RepositoryPath("a/b/c").relative(to: folder) == RepositoryPath("c"))
        #expect(RepositoryPath("x").isWithin(.root))
        #expect(RepositoryPath("a").parent == .root)
        #expect(RepositoryPath.root.parent == nil)
    }
}
