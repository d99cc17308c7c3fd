@testable import DirectoryTarget
import Deployments
import Git
import Glibc
import Posix
import Rendering
import Testing

@Suite("folders of a directory")
struct FolderTests {
    @Test func aFolderThatWasThereIsNeverRemoved() throws {
        let site = try Site()
        try site.makeFolder("theirs")
        try site.makeFolder("theirs/deep")
        try site.deploy(["theirs/deep/ours/x": .file("1"), "made/a/b": .file("2")])
        #expect(site.inventory.found == ["theirs", "theirs/deep"])
        try site.deploy(["theirs/deep/ours/x": .file("1"), "made/a/b": .file("3")])
        #expect(site.inventory.found == ["theirs", "theirs/deep"])
        try site.deploy([:])
        #expect(try Set(site.live().keys) == ["theirs", "theirs/deep"])
        #expect(site.inventory.found == [])
    }

    @Test func emptiedFoldersGoAndOthersStay() throws {
        let site = try Site()
        try site.deploy(["a/b/c/x": .file("1"), "a/y": .file("2"), "d/z": .file("3"), "e/w": .file("4")])
        try site.put("d/theirs", "t")
        try site.deploy(["a/y": .file("2"), "n": .file("5")])
        #expect(try Set(site.live().keys) == ["a", "a/y", "d", "d/theirs", "n"])
    }

    @Test func aFolderThatStaysInUseIsNotMadeAnew() throws {
        let site = try Site()
        try site.deploy(["a/x": .file("1")])
        chmod(site.path("a"), 0o700)
        var before = stat()
        try #require(lstat(site.path("a"), &before) == 0)
        try site.deploy(["a/y": .file("1")])
        var after = stat()
        try #require(lstat(site.path("a"), &after) == 0)
        #expect(after.st_ino == before.st_ino)
        #expect(after.st_mode & 0o7777 == 0o700)
    }

    @Test func whatAKilledDeploymentEmptiedGoesWithTheNext() throws {
        let site = try Site()
        try site.deploy(["a/b/x": .file("1"), "c": .file("2")])
        unlink(site.path("a/b/x"))
        try site.deploy(["c": .file("2")])
        #expect(try Set(site.live().keys) == ["c"])
        try site.deploy(["a/b/x": .file("1"), "c": .file("2")])
        unlink(site.path("a/b/x"))
        rmdir(site.path("a/b"))
        try site.deploy(["c": .file("2")])
        #expect(try Set(site.live().keys) == ["c"])
    }

    @Test func aFileBecomesAFolderAndBack() throws {
        let site = try Site()
        try site.deploy(["a": .file("1"), "b/c/d": .file("2")])
        let plan = try site.deploy(["a/x/y": .file("3"), "b": .file("4")])
        #expect(plan.brief == ["prune a", "create a/x/y", "create b", "prune b/c/d"])
        #expect(try site.liveFiles() == ["a/x/y": .file("3"), "b": .file("4")])
        try site.deploy(["a": .link("b/c/d"), "b/c/d": .file("2")])
        #expect(try site.liveFiles() == ["a": .link("b/c/d"), "b/c/d": .file("2")])
    }

    @Test func aFileThatSomebodyChangedGivesWayToAFolder() throws {
        let site = try Site()
        try site.deploy(["a": .file("1")])
        try site.put("a", "by hand")
        try site.deploy(["a/b": .file("2")])
        #expect(try site.liveFiles() == ["a/b": .file("2"), "a.git-ops-kept-20261123T044012Z": .file("by hand")])
    }

    @Test func aFolderGivesWayToAFileOnlyWhereNothingStaysInIt() throws {
        let site = try Site()
        let folder = try site.state(["a/b": .file("1"), "a/c/d": .file("1")])
        let file = try site.state(["a": .file("2")])
        try site.deploy(folder)
        try site.put("a/b", "by hand")
        #expect(try site.plan(file).obstacles == ["'a' is a folder in the place of a file, and holds what is not ours"])
        try site.put("a/b", "1")
        try site.put("a/c/theirs", "t")
        #expect(try site.plan(file).conflicts.map(\.path) == ["a"])
        unlink(site.path("a/c/theirs"))
        try site.makeFolder("a/c/theirs")
        #expect(try site.plan(file, adopting: true).conflicts.map(\.path) == ["a"])
        rmdir(site.path("a/c/theirs"))
        try site.deploy(file)
        #expect(try site.liveFiles() == ["a": .file("2")])
    }

    @Test func aFoundFolderGivesWayToo() throws {
        let site = try Site()
        try site.makeFolder("a")
        try site.deploy(["a/b": .file("1")])
        #expect(site.inventory.found == ["a"])
        try site.deploy(["a": .file("2")])
        #expect(try site.liveFiles() == ["a": .file("2")])
    }

    @Test func anEmptyFolderInTheWayIsRemoved() throws {
        let site = try Site()
        try site.makeFolder("a")
        let plan = try site.deploy(["a": .file("1"), "b": .file("2")])
        #expect(plan.brief == ["create a", "create b"])
        #expect(plan.changes[0].remark == "replaces a folder")
        #expect(try site.liveFiles() == ["a": .file("1"), "b": .file("2")])
    }

    @Test(arguments: [false, true])
    func aFileInThePlaceOfAFolderIsInTheWay(adopting: Bool) throws {
        let site = try Site()
        try site.put("a", "theirs")
        let plan = try site.plan(try site.state(["a/b": .file("1"), "a/c": .file("2")]), adopting: adopting)
        #expect(plan.obstacles == ["'a' is a file in the place of a folder, and is not ours"])
        #expect(plan.conflicts[0].hint == "move it away")
    }

    // MARK: Links in the place of folders

    /// Moves a site's folder `a` away and puts a link to a folder outside in its place, where files have
    /// the same names and the same content.
    private func redirect(_ site: Site) throws {
        try #require(rename(site.path("a"), site.base + "/moved") == 0)
        try #require(mkdir(site.base + "/outside", 0o755) == 0)
        for name in ["b", "gone", "z"] { try write(Array("1".utf8), toFile: site.base + "/outside/" + name) }
        try #require(symlink("../outside", site.path("a")) == 0)
    }

    private func isUntouched(_ site: Site) throws -> Bool {
        try names(inFolder: site.base + "/outside") == ["b", "gone", "z"]
            && ["b", "gone", "z"].allSatisfy { try contents(ofFile: site.base + "/outside/" + $0) == Array("1".utf8) }
    }

    @Test(arguments: [false, true])
    func aLinkInThePlaceOfAFolderIsRefused(adopting: Bool) throws {
        let site = try Site()
        try site.deploy(["a/b": .file("1"), "a/gone": .file("1")])
        try redirect(site)
        let plan = try site.plan(try site.state(["a/b": .file("2"), "a/n/m": .file("3")]), adopting: adopting)
        #expect(plan.obstacles == ["'a' is a symbolic link in the place of a folder, and is not ours"])
        #expect(plan.changes.isEmpty)
        #expect(throws: TargetError.self) { try site.deploy(["a/b": .file("2")], adopting: adopting) }
        try site.deploy([:])
        #expect(try isUntouched(site))
    }

    @Test(arguments: [
        "sync what was written", "prune a file", "look at what was taken out", "remove a folder", "change a file",
        "create a file", "create a folder", "sync the names",
    ])
    func aLinkThatTakesThePlaceOfAFolderMeanwhileRedirectsNothing(at effect: String) throws {
        for isRolledBack in [false, true] {
            let site = try Site(inMemory: true)
            try site.deploy(["a/b": .file("1"), "a/gone": .file("1"), "a/s/gone": .file("1"), "a/z": .file("1")])
            var isDone = false
            site.interruption = Interruption { [unowned site] step in
                if step == effect, !isDone {
                    isDone = true
                    try? redirect(site)
                }
                return .proceed
            }
            let target = site.target()
            let state = try site.state(["a/b": .file("2"), "a/n": .file("2"), "a/f/n": .file("2"), "a/z": .file("1")])
            let plan = try target.plan(state, inventory: site.inventory, adopting: false)
            // What is done by a descriptor after the folder was moved is done in the moved folder.
            _ = try? target.apply(plan) { _ in }
            if isRolledBack { try? target.rollBack() } else { try? target.commit() }
            #expect(isDone)
            #expect(try isUntouched(site))
        }
    }

    @Test func theWalkOpensEachFolderOnce() throws {
        let paths: [RepositoryPath] = ["a", "a-b/c", "a/b", "a/b-c/d", "a/b/c/d", "a/b/c/e", "a/f", "ab", "b/c"]
        var opened: [RepositoryPath] = []
        guard case .opened(let root) = Folder.open(root: "/") else { return }
        var walk = FolderWalk(root: .open(root))
        for path in paths {
            _ = try walk.place(holding: path) { folder, place throws(TargetError) in
                opened.append(folder)
                return place
            }
        }
        #expect(opened == ["a-b", "a", "a/b-c", "a/b", "a/b/c", "b"])
    }
}
