import Git
import Glibc
import Posix
import TestSupport
import Testing

@Suite struct ReferenceTests {
    private let someone = Signature(name: "Ann", email: "ann@example.org", seconds: 1_700_000_000)

    @Test func isOnlySetWhereItStillIsWhatWasRead() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let one = try repository.commit("one")
        let two = try repository.commit("two")
        let opened = try repository.open()
        try opened.update("refs/ops/x", to: one, expecting: nil, by: someone, message: "make")
        var error = #expect(throws: GitError.self) {
            try opened.update("refs/ops/x", to: two, expecting: nil, by: someone, message: "make again")
        }
        #expect(error?.kind == .changedUnderneath)
        try opened.update("refs/ops/x", to: two, expecting: one, by: someone, message: "move")
        error = #expect(throws: GitError.self) { try opened.delete("refs/ops/x", expecting: one) }
        #expect(error?.kind == .changedUnderneath)
        #expect(try opened.target(of: "refs/ops/x") == two)
        try opened.delete("refs/ops/x", expecting: two)
        #expect(try opened.target(of: "refs/ops/x") == nil)
        try opened.delete("refs/ops/x", expecting: two)
    }

    @Test func aLockOfAnotherIsTold() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let one = try repository.commit("one")
        try scratch.write("", to: "repository/.git/refs/ops/x.lock")
        let error = #expect(throws: GitError.self) {
            try repository.open().update("refs/ops/x", to: one, expecting: nil, by: someone, message: "")
        }
        #expect(error?.kind == .locked)
    }

    @Test func aLockThatAKilledProcessLeftIsRemoved() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let one = try repository.commit("one")
        try scratch.write("", to: "repository/.git/refs/ops/x.lock")
        let opened = try repository.open()
        let error = #expect(throws: GitError.self) {
            try opened.retrying("refs/ops/x", attempts: 5, patience: 3600) { () throws(GitError) in
                try opened.update("refs/ops/x", to: one, expecting: nil, by: someone, message: "")
            }
        }
        #expect(error?.kind == .locked)
        try opened.retrying("refs/ops/x", patience: 0.05) { () throws(GitError) in
            try opened.update("refs/ops/x", to: one, expecting: nil, by: someone, message: "")
        }
        #expect(try opened.target(of: "refs/ops/x") == one)
    }

    @Test func nothingIsWrittenInQuarantine() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let one = try repository.commit("one")
        let opened = try Repository(
            environment: [
                "GIT_DIR": scratch("repository/.git"), "GIT_QUARANTINE_PATH": scratch("repository/.git/objects"),
            ])
        #expect(opened.isQuarantined)
        var error = #expect(throws: GitError.self) {
            try opened.update("refs/ops/x", to: one, expecting: nil, by: someone, message: "")
        }
        #expect(error?.kind == .quarantined)
        error = #expect(throws: GitError.self) { try opened.write([1, 2, 3], as: .blob) }
        #expect(error?.kind == .quarantined)
        error = #expect(throws: GitError.self) { try opened.delete("refs/heads/main", expecting: one) }
        #expect(error?.kind == .quarantined)
        #expect(try repository.git("for-each-ref", "--format=%(refname)") == "refs/heads/main")
    }

    @Test func retriesUntilTheOtherIsDone() throws {
        let scratch = try Scratch()
        let opened = try TestRepository(at: scratch("repository")).open()
        var tries = 0
        let answer = try opened.retrying("refs/ops/x") { () throws(GitError) -> Int in
            tries += 1
            if tries < 4 { throw GitError(tries == 1 ? .locked : .changedUnderneath, "busy") }
            return tries
        }
        #expect(answer == 4)
        let error = #expect(throws: GitError.self) {
            try opened.retrying("refs/ops/x", attempts: 3) { () throws(GitError) -> Int in throw GitError(.locked, "held") }
        }
        #expect(error?.kind == .locked)
        tries = 0
        #expect(throws: GitError.self) {
            try opened.retrying("refs/ops/x") { () throws(GitError) -> Int in
                tries += 1
                throw GitError(.failed, "disk full")
            }
        }
        #expect(tries == 1)
    }
}

@Suite struct NoteTests {
    private let someone = Signature(name: "Ann", email: "ann@example.org", seconds: 1_700_000_000)

    @Test func isReadByGitItself() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let one = try repository.commit("one")
        let opened = try repository.open()
        #expect(try opened.note(of: one, reference: "refs/notes/ops") == nil)
        for line in ["first", "second", "first"] {
            try opened.appendNote(line, to: one, reference: "refs/notes/ops", by: someone, message: "note")
        }
        #expect(try opened.note(of: one, reference: "refs/notes/ops") == "first\nsecond\n")
        #expect(try repository.git("notes", "--ref=ops", "show", one.description) == "first\nsecond")
        #expect(try repository.git("rev-list", "--count", "refs/notes/ops") == "2")
    }

    @Test func whatGitWroteElsewhereInTheTreeIsKept() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let one = try repository.commit("one")
        try repository.git("notes", "--ref=ops", "add", "-m", "by git", one.description)
        let opened = try repository.open()
        try opened.appendNote("by us", to: one, reference: "refs/notes/ops", by: someone, message: "note")
        #expect(try repository.git("notes", "--ref=ops", "show", one.description) == "by git\nby us")
        #expect(try repository.git("ls-tree", "-r", "--name-only", "refs/notes/ops").split(separator: "\n").count == 1)
        #expect(try repository.git("notes", "--ref=ops", "list").split(separator: "\n").count == 1)
    }

    @Test func noLineOfWritersAtOnceIsLost() async throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let commits = try (0..<4).map { try repository.commit("\($0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let opened = try repository.open()
                    let name = Signature(name: "W", email: "w@example.org", seconds: 1_700_000_000)
                    for line in 0..<10 {
                        try opened.appendNote(
                            "\(writer)-\(line)", to: commits[line % 4], reference: "refs/notes/ops", by: name, message: "note")
                    }
                }
            }
            try await group.waitForAll()
        }
        let opened = try repository.open()
        let lines = try commits.flatMap { try opened.note(of: $0, reference: "refs/notes/ops")?.split(separator: "\n").map(String.init) ?? [] }
        #expect(Set(lines).count == 40)
        #expect(try repository.git("fsck", "--strict", "--no-dangling") == "")
    }
}
