@testable import DirectoryTarget
import Deployments
import Git
import Glibc
import Posix
import Rendering
import Testing

@Suite("a plan for a directory")
struct PlanTests {
    @Test func everythingIsCreatedInAnEmptyDirectory() throws {
        let site = try Site()
        let plan = try site.deploy([
            "motd": .file("hello\n"), "bin/run": .executable("#!/bin/sh\n"), "etc/a/b": .link("../../motd"),
            "empty": .file(""),
        ])
        #expect(plan.brief == ["create bin/run", "create empty", "create etc/a/b", "create motd"])
        #expect(
            try site.liveFiles() == [
                "motd": .file("hello\n"), "bin/run": .executable("#!/bin/sh\n"), "etc/a/b": .link("../../motd"),
                "empty": .file(""),
            ])
        #expect(site.permissions("motd") == 0o644)
        #expect(site.permissions("bin/run") == 0o755)
        #expect(site.permissions("etc/a") == 0o755)
        #expect(!site.exists(Staging.name))
    }

    @Test func planningChangesNothing() throws {
        let site = try Site()
        try site.put("theirs", "1")
        let before = try site.live()
        _ = try site.plan(try site.state(["a/b": .file("x"), "theirs": .file("2")]))
        #expect(try site.live() == before)
    }

    @Test func whatIsAsDesiredIsNotTouched() throws {
        let site = try Site()
        let files: [String: Content] = ["a": .file("1"), "b/c": .executable("2"), "d": .link("a")]
        try site.deploy(files)
        let before = try site.live()
        let plan = try site.deploy(files)
        #expect(plan.isEmpty)
        #expect(plan.unchanged == 3)
        #expect(try site.live() == before)
    }

    @Test func onlyWhatDiffersIsChanged() throws {
        let site = try Site()
        try site.deploy(["a": .file("1"), "b": .file("2"), "c": .file("3"), "d": .file("4"), "e": .link("a")])
        let untouched = try site.live()["a"]
        let plan = try site.deploy([
            "a": .file("1"), "b": .file("two"), "c": .executable("3"), "d": .link("a"), "e": .file("5"),
        ])
        #expect(plan.brief == ["change b", "change c", "change d", "change e"])
        #expect(plan.changes.allSatisfy { !$0.isDrift && $0.permissions == nil && $0.remark == nil })
        #expect(plan.unchanged == 1)
        #expect(try site.live()["a"] == untouched)
        #expect(
            try site.liveFiles() == [
                "a": .file("1"), "b": .file("two"), "c": .executable("3"), "d": .link("a"), "e": .file("5"),
            ])
    }

    @Test func aChangeTellsWhatIsLive() throws {
        let site = try Site()
        try site.deploy(["a": .file("1"), "l": .link("a")])
        let target = site.target()
        let plan = try target.plan(
            try site.state(["a": .executable("2"), "l": .file("x"), "n": .file("")]), inventory: site.inventory,
            adopting: false)
        #expect(plan.changes.map(\.live?.mode) == [.file, .link, nil])
        let blob = try site.repository.write(Array("1".utf8), as: .blob)
        #expect(plan.changes[0].live?.blob == blob)
        #expect(try plan.changes.map { try target.liveContent(of: $0) } == [Array("1".utf8), Array("a".utf8), nil])
        try site.put("a", "something else")
        #expect(throws: TargetError.self) { try target.liveContent(of: plan.changes[0]) }
    }

    // MARK: Other people's files

    @Test func aFileThatWasThereWithTheSameContentIsTakenOver() throws {
        let site = try Site()
        try site.put("a", "1")
        try site.put("theirs", "t")
        let plan = try site.deploy(["a": .file("1")])
        #expect(plan.isEmpty && plan.unchanged == 1)
        #expect(try site.deploy([:]).brief == ["prune a"])
        #expect(try site.liveFiles() == ["theirs": .file("t")])
    }

    @Test(arguments: [("1", 0o644 as mode_t), ("2", 0o600)])
    func aFileThatIsNotOursIsInTheWay(_ content: String, _ mode: mode_t) throws {
        let site = try Site()
        try site.put("a", content, mode: mode)
        let before = try site.live()
        let state = try site.state(["a": .file("2"), "b": .file("3")])
        let plan = try site.plan(state)
        #expect(plan.conflicts.map(\.path) == ["a"])
        #expect(plan.conflicts.first?.hint?.contains("--adopt test") == true)
        #expect(throws: TargetError.self) { try site.deploy(state) }
        #expect(try site.live() == before)
        let adopted = try site.deploy(state, adopting: true)
        #expect(adopted.brief == ["change a", "create b"])
        #expect(adopted.changes.first?.isDrift == false)
        #expect(try site.liveFiles() == ["a": .file("2"), "b": .file("3")])
        #expect(site.permissions("a") == 0o644)
    }

    @Test func aLinkThatIsNotOursIsInTheWay() throws {
        let site = try Site()
        try site.put("b", "kept")
        symlink("b", site.path("a"))
        let state = try site.state(["a": .file("kept")])
        #expect(try site.plan(state).obstacles == ["'a' exists and is not ours"])
        try site.deploy(state, adopting: true)
        #expect(try site.liveFiles() == ["a": .file("kept"), "b": .file("kept")])
    }

    @Test(arguments: [false, true])
    func whatIsNeitherFileNorLinkIsNeverTouched(adopting: Bool) throws {
        let site = try Site()
        try #require(mkfifo(site.path("fifo"), 0o644) == 0)
        try site.makeFolder("x")
        try #require(
            mknod(site.path("x/device"), S_IFCHR | 0o600, 259) == 0 || mkfifo(site.path("x/device"), 0o600) == 0)
        site.inventory.owned = try site.state(["fifo": .file("1")]).resources
        let plan = try site.plan(try site.state(["fifo": .file("1"), "x/device/y": .file("2")]), adopting: adopting)
        #expect(plan.conflicts.map(\.path) == ["fifo", "x/device"])
        #expect(plan.obstacles.first == "'fifo' is a fifo, which git-ops never touches")
        // Where nothing is desired it is nobody's business.
        #expect(try site.plan(try site.state([:])).isEmpty)
    }

    // MARK: Permissions

    @Test func permissionsFollowTheSettings() throws {
        let site = try Site()
        let state = try site.state(["a": .file("1"), "d/b": .executable("2")])
        try site.deploy(state, with: site.target(mode: 0o640))
        #expect(site.permissions("a") == 0o640)
        #expect(site.permissions("d/b") == 0o750)
        #expect(site.permissions("d") == 0o750)
        let plan = try site.target().plan(state, inventory: site.inventory, adopting: false)
        #expect(plan.brief == ["change a", "change d/b"])
        #expect(plan.changes[0].permissions?.live == 0o640)
        #expect(plan.changes[0].permissions?.desired == 0o644)
        #expect(plan.changes[0].live?.blob == plan.changes[0].desired?.blob)
    }

    @Test(arguments: [(0o600, 0o600, true), (0o4644, 0o4644, true), (0o755, 0, false)] as [(mode_t, UInt32, Bool)])
    func changedPermissionsAreDrift(_ mode: mode_t, _ told: UInt32, _ isTold: Bool) throws {
        let site = try Site()
        try site.deploy(["a": .file("1")])
        chmod(site.path("a"), mode)
        let plan = try site.plan(try site.state(["a": .file("1")]))
        #expect(plan.brief == ["change a"])
        #expect(plan.changes[0].isDrift)
        #expect(plan.changes[0].permissions?.live == (isTold ? told : nil))
        try site.deploy(["a": .file("1")])
        #expect(site.permissions("a") == 0o644)
    }

    @Test func underAModeWithXPlainFilesStayPlain() throws {
        let site = try Site()
        let state = try site.state(["a": .file("1"), "b": .executable("2")])
        try site.deploy(state, with: site.target(mode: 0o755))
        let again = try site.target(mode: 0o755).plan(state, inventory: site.inventory, adopting: false)
        #expect(again.isEmpty && again.unchanged == 2)
    }

    @Test(.enabled(if: geteuid() == 0, "only root may give files away"))
    func ownersFollowTheSettings() throws {
        let site = try Site()
        let owner = DirectoryTarget.Owner(user: 54321, group: 54322)
        let state = try site.state(["a": .file("1"), "d/l": .link("../a")])
        try site.deploy(["a": .file("1")])
        let target = site.target(owner: owner)
        let plan = try target.plan(state, inventory: site.inventory, adopting: false)
        #expect(plan.changes.first?.remark == "owner root:root is not 54321:54322")
        try site.deploy(state, with: site.target(owner: owner))
        for name in ["a", "d", "d/l"] {
            var status = stat()
            try #require(lstat(site.path(name), &status) == 0)
            #expect(status.st_uid == 54321 && status.st_gid == 54322, "\(name)")
        }
        #expect(try site.target(owner: owner).plan(state, inventory: site.inventory, adopting: false).isEmpty)
    }

    // MARK: Drift

    @Test func whatSomebodyChangedIsDrift() throws {
        let site = try Site()
        let files: [String: Content] = ["a": .file("1"), "b": .file("2"), "c": .file("3"), "d": .link("a")]
        try site.deploy(files)
        try site.put("a", "mine!")
        unlink(site.path("b"))
        unlink(site.path("d"))
        symlink("c", site.path("d"))
        let plan = try site.plan(try site.state(files))
        #expect(plan.brief == ["change a", "create b", "change d"])
        #expect(plan.changes.allSatisfy { $0.isDrift })
        try site.deploy(files)
        #expect(try site.liveFiles() == files)
    }

    @Test func whatAnInterruptedDeploymentLeftIsNoDriftAndOurs() throws {
        let site = try Site()
        try site.deploy(["a": .file("1"), "b": .file("1"), "c": .file("1")])
        let next = try site.state(["a": .file("2"), "b": .file("2"), "n": .file("2")])
        let inventory = site.interrupted(by: next)
        try site.put("a", "2")
        unlink(site.path("c"))
        try site.put("n", "2")
        let third = try site.state(["a": .file("3"), "b": .file("3"), "c": .file("3")])
        let plan = try site.target().plan(third, inventory: inventory, adopting: false)
        #expect(plan.brief == ["change a", "change b", "create c", "prune n"])
        #expect(plan.changes.allSatisfy { !$0.isDrift })
        #expect(plan.conflicts.isEmpty)
    }

    @Test func whatAnInterruptedDeploymentNeverMadeIsNotOurs() throws {
        let site = try Site()
        let meant = try site.state(["n": .file("2"), "f": .file("2"), "gone": .file("2")])
        let inventory = site.interrupted(by: meant)
        try site.put("n", "theirs")
        try site.put("f", "theirs")
        let next = try site.state(["n": .file("3"), "f/x": .file("3")])
        let plan = try site.target().plan(next, inventory: inventory, adopting: false)
        #expect(
            plan.obstacles == ["'f' is a file in the place of a folder, and is not ours", "'n' exists and is not ours"])
        #expect(try site.target().plan(try site.state([:]), inventory: inventory, adopting: false).isEmpty)
    }

    @Test func contentThatChangesBehindTheCacheIsNoticed() throws {
        let site = try Site()
        let files: [String: Content] = ["a": .file("11111")]
        try site.deploy(files)
        #expect(try site.plan(try site.state(files)).isEmpty)
        try site.put("a", "22222")
        #expect(try site.plan(try site.state(files)).brief == ["change a"])
        // Neither a damaged cache nor one that cannot be made stops anything.
        try write(Array("nonsense".utf8), toFile: site.base + "/cache")
        #expect(try site.plan(try site.state(files)).brief == ["change a"])
        unlink(site.base + "/cache")
        mkdir(site.base + "/cache", 0o755)
        #expect(try site.plan(try site.state(files)).brief == ["change a"])
    }

    // MARK: What leaves

    @Test func whatLeavesIsPrunedOrKept() throws {
        let site = try Site()
        try site.deploy([
            "a/x": .file("1"), "a/y": .file("2"), "b": .file("3"), "gone": .file("4"), "l": .link("b"), "m": .link("b"),
        ])
        try site.put("a/y", "by hand")
        unlink(site.path("gone"))
        unlink(site.path("m"))
        symlink("a", site.path("m"))
        let plan = try site.deploy([:])
        #expect(plan.brief == ["prune a/x", "keep a/y", "prune b", "prune l", "keep m"])
        #expect(plan.changes[1].remark == "kept as y.git-ops-kept-20261123T044012Z")
        #expect(plan.changes[1].isDrift)
        #expect(
            try site.liveFiles() == [
                "a/y.git-ops-kept-20261123T044012Z": .file("by hand"), "m.git-ops-kept-20261123T044012Z": .link("a"),
            ])
    }

    @Test func aKeptFileReplacesNothing() throws {
        let site = try Site()
        let long = String(repeating: "n", count: 250)
        try site.deploy(["a": .file("1"), long: .file("1")])
        try site.put("a", "by hand")
        try site.put(long, "by hand")
        try site.put("a.git-ops-kept-20261123T044012Z", "first")
        try site.put("a.git-ops-kept-20261123T044012Z-2", "second")
        try site.deploy([:])
        #expect(try site.text("a.git-ops-kept-20261123T044012Z") == "first")
        #expect(try site.text("a.git-ops-kept-20261123T044012Z-2") == "second")
        #expect(try site.text("a.git-ops-kept-20261123T044012Z-3") == "by hand")
        #expect(try site.text(long.prefix(225) + ".git-ops-kept-20261123T044012Z") == "by hand")
    }

    @Test func whatSomebodyPutInThePlaceOfWhatLeavesStays() throws {
        let site = try Site()
        try site.deploy(["a": .file("1"), "b/c": .file("2")])
        unlink(site.path("a"))
        try site.makeFolder("a")
        try site.put("a/theirs", "t")
        unlink(site.path("b/c"))
        try #require(rmdir(site.path("b")) == 0)
        mkdir(site.base + "/outside", 0o755)
        try write(Array("2".utf8), toFile: site.base + "/outside/c")
        symlink("../outside", site.path("b"))
        #expect(try site.deploy([:]).isEmpty)
        #expect(try site.text("a/theirs") == "t")
        #expect(try site.text("b/c") == "2")
    }
}

extension RepositoryPath: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self.init(text) }
}
