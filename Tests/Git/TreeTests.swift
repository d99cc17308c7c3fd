import Git
import TestSupport
import Testing

@Suite struct TreeTests {
    private func repository(_ scratch: Scratch) throws -> TestRepository {
        try TestRepository(at: scratch("repository"))
    }

    @Test func walksInTheOrderOfTheIndex() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch)
        let commit = try repository.commit(
            "files", ["a.txt": "1", "a/b": "2", "a0": "3", "z/y/x": "4", "a-b": "5"])
        let opened = try repository.open()
        let files = try opened.files(inTree: try opened.tree(ofCommit: commit))
        #expect(files.map(\.path.description) == (try repository.git("ls-files")).split(separator: "\n").map(String.init))
        #expect(files.map(\.path) == files.map(\.path).sorted())
    }

    @Test func findsWhatDiffersAsGitDoes() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch)
        let first = try repository.commit(
            "one", ["same/deep/file": "x", "changed": "1", "removed/a": "1", "removed/b": "1", "file": "1", "folder/in": "1"])
        try repository.git("rm", "-rq", "removed", "file", "folder")
        try repository.write("#!/bin/sh\n", to: "changed", mode: 0o755)
        let second = try repository.commit("two", ["added/a/b": "2", "file/now/folder": "3", "folder": "4"])
        let opened = try repository.open()
        var lines: [String] = []
        try opened.forEachChange(from: try opened.tree(ofCommit: first), to: try opened.tree(ofCommit: second)) { change in
            lines.append("\(change.old == nil ? "A" : change.new == nil ? "D" : "M")\t\(change.path)")
        }
        let expected = try repository.git("diff", "--no-renames", "--name-status", first.description, second.description)
        #expect(lines.sorted() == expected.split(separator: "\n").map(String.init).sorted())
    }

    @Test func aTreeAgainstNothingIsAllNew() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch)
        let commit = try repository.commit("one", ["a": "1", "b/c": "2"])
        let opened = try repository.open()
        var paths: [String] = []
        try opened.forEachChange(from: nil, to: try opened.tree(ofCommit: commit)) { paths.append($0.path.description) }
        #expect(paths == ["a", "b/c"])
    }

    /// Each edit of a tree must give what git makes of the same files.
    @Test(arguments: [
        (["a": "new"], []), (["x/y/z": "new"], []), ([:], ["b/c"]), ([:], ["b/c", "b/d"]), (["b": "file now"], ["b/c", "b/d"]),
        (["a/in": "folder now"], ["a"]), (["b/c/deeper": "1"], ["b/c"]), ([:], ["a", "b/c", "b/d", "e/f/g"]), ([:], ["not/there"]),
    ] as [([String: String], [String])])
    func editsAsGitWould(set: [String: String], removed: [String]) throws {
        let scratch = try Scratch()
        let repository = try repository(scratch)
        let base = try repository.commit("base", ["a": "1", "b/c": "2", "b/d": "3", "e/f/g": "4"])
        let opened = try repository.open()
        var edits: [RepositoryPath: (mode: FileMode, id: ObjectID)?] = [:]
        for path in removed { edits[RepositoryPath(path)] = .some(nil) }
        for (path, text) in set { edits[RepositoryPath(path)] = (.file, try opened.write(Array(text.utf8), as: .blob)) }
        let tree = try opened.tree(try opened.tree(ofCommit: base), edited: edits)

        for path in removed where path != "not/there" { try repository.git("rm", "-q", path) }
        try repository.commit("edited", set)
        #expect(tree == (try repository.id("HEAD^{tree}")))
    }

    @Test func aTreeHasTheSameIdWithoutBeingWritten() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch)
        let commit = try repository.commit("one", ["a": "1", "a.b": "1", "a/c": "2".replacing("2", with: "3")].filter { $0.key != "a" })
        let opened = try repository.open()
        let tree = try opened.tree(ofCommit: commit)
        #expect(try Repository.id(ofTree: try opened.entries(ofTree: tree)) == tree)
    }

    @Test func aNameWithASlashIsDamage() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch)
        let opened = try repository.open()
        let blob = try opened.write([1], as: .blob)
        let bad = try opened.writeTree([TreeEntry(name: Array("a/b".utf8), mode: .file, id: blob)])
        #expect(throws: GitError.self) { try opened.files(inTree: bad) }
    }

    @Test(arguments: ["", "100644 a", "100644 a\0short", "10x644 a\0aaaaaaaaaaaaaaaaaaaa", "100644 \0aaaaaaaaaaaaaaaaaaaa"])
    func aDamagedTreeIsAnErrorAndNoCrash(content: String) throws {
        let scratch = try Scratch()
        let opened = try repository(scratch).open()
        let tree = try opened.write(Array(content.utf8), as: .tree)
        if content.isEmpty {
            #expect(try opened.files(inTree: tree).isEmpty)
        } else {
            #expect(throws: GitError.self) { try opened.files(inTree: tree) }
        }
    }

    @Test func foldersWithoutEndAreRefused() throws {
        let scratch = try Scratch()
        let opened = try repository(scratch).open()
        var tree = try opened.writeTree([])
        for _ in 0..<Repository.deepestTree + 1 {
            tree = try opened.writeTree([TreeEntry(name: [UInt8(ascii: "d")], mode: .tree, id: tree)])
        }
        let error = #expect(throws: GitError.self) { try opened.files(inTree: tree) }
        #expect(error?.kind == .unsupported)
    }
}
