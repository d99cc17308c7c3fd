@testable import DirectoryTarget
import Deployments
import Git
import Glibc
import Posix
import Rendering
import Testing

@Suite("carrying out a plan, and undoing it")
struct SwitchTests {
    /// A deployment with every kind of step in it, and what is somebody else's around it.
    private static let old: [String: Content] = [
        "change": .file("old"), "same": .file("same"), "mode": .file("m"), "link": .link("same"),
        "a/b/leaves": .file("old"),
        "a/b/edited": .file("old"), "file": .file("old"), "folder/x": .file("old"), "folder/y/z": .file("old"),
        "d/stays": .file("old"),
        "p/q/r/s": .file("old"),
    ]
    private static let new: [String: Content] = [
        "change": .file("new"), "same": .file("same"), "mode": .executable("m"), "link": .link("change"),
        "file/x/y": .file("new"),
        "file/x/z": .link("y"), "folder": .file("new"), "d/stays": .file("new"), "d/more": .file("new"),
        "n/e/w": .file("new"),
    ]

    private func prepared() throws -> Site {
        let site = try Site(inMemory: true)
        try site.put("theirs", "t")
        try site.makeFolder("d")
        try site.put("d/theirs", "t", mode: 0o600)
        try site.deploy(SwitchTests.old)
        try site.put("a/b/edited", "by hand")
        return site
    }

    /// What is there when all went well.
    private let done = new.merging([
        "theirs": .file("t"), "d/theirs": .file("t"), "a/b/edited.git-ops-kept-20261123T044012Z": .file("by hand"),
    ]) { $1 }

    @Test func everyKindOfStep() throws {
        let site = try prepared()
        let target = site.target()
        let plan = try target.plan(try site.state(SwitchTests.new), inventory: site.inventory, adopting: false)
        var told: [String] = []
        try target.apply(plan) { told.append($0.brief) }
        #expect(Set(told) == Set(plan.brief) && told.count == plan.changes.count)
        #expect(site.exists(Staging.name))
        try target.commit()
        #expect(!site.exists(Staging.name))
        #expect(try site.liveFiles() == done)
        #expect(target.foundFolders == ["d"])
    }

    @Test func rollingBackRestoresBytesModesAndTimes() throws {
        let site = try prepared()
        let before = try site.live()
        let target = site.target()
        let plan = try target.plan(try site.state(SwitchTests.new), inventory: site.inventory, adopting: false)
        try target.apply(plan) { _ in }
        #expect(try site.live() != before)
        try target.rollBack()
        #expect(try site.live() == before)
        // It can be tried again.
        try site.deploy(SwitchTests.new)
        #expect(try site.liveFiles() == done)
    }

    @Test func rollingBackKeepsWhatSomebodyWroteMeanwhile() throws {
        let site = try Site()
        try site.deploy(["changed": .file("1"), "deleted": .file("1")])
        let target = site.target()
        let state = try site.state([
            "changed": .file("2"), "deleted": .file("2"), "made": .file("2"), "n/made": .file("2"),
        ])
        try target.apply(try target.plan(state, inventory: site.inventory, adopting: false)) { _ in }
        try site.put("changed", "by a reload")
        unlink(site.path("deleted"))
        try site.put("made", "by a reload")
        try site.put("n/theirs", "t")
        try target.rollBack()
        #expect(
            try site.liveFiles() == [
                "changed": .file("1"), "deleted": .file("1"), "n/theirs": .file("t"),
                "changed.git-ops-kept-20261123T044012Z": .file("by a reload"),
                "made.git-ops-kept-20261123T044012Z": .file("by a reload"),
            ])
    }

    @Test func aPlanIsCarriedOutOnceAndAsItWasMade() throws {
        let site = try Site()
        let target = site.target()
        var plan = try target.plan(try site.state(["a": .file("1")]), inventory: site.inventory, adopting: false)
        #expect(throws: TargetError.self) { try target.apply(Plan()) { _ in } }
        plan.unchanged = 7
        try target.apply(plan) { _ in }
        #expect(throws: TargetError.self) { try target.apply(plan) { _ in } }
        try target.rollBack()
        try target.rollBack()
        try target.commit()
        #expect(try site.live().isEmpty)
    }

    // MARK: Failing and dying anywhere

    /// How many effects the deployment has.
    private func effects(_ end: (DirectoryTarget) throws -> Void) throws -> [String] {
        let site = try prepared()
        var effects: [String] = []
        site.interruption = Interruption { step in
            effects.append(step)
            return .proceed
        }
        let target = site.target()
        try target.apply(try target.plan(try site.state(SwitchTests.new), inventory: site.inventory, adopting: false)) {
            _ in
        }
        try end(target)
        return effects
    }

    @Test func failingAtAnyStepPutsEverythingBack() throws {
        let all = try effects { _ in }
        #expect(all.count > 30)
        for number in all.indices {
            let site = try prepared()
            let before = try site.live()
            var count = 0
            site.interruption = Interruption { _ in
                count += 1
                return count == number + 1 ? .fail("no") : .proceed
            }
            // Removing a folder that nothing replaces may fail.
            let error = try? failure { try site.deploy(SwitchTests.new) }
            #expect(error != nil, "\(number) \(all[number])")
            #expect(error?.isPartial == false)
            #expect(try site.live() == before, "\(number) \(all[number])")
        }
    }

    @Test(arguments: [false, true])
    func dyingAtAnyStepConverges(rollingBack: Bool) throws {
        let all = try effects { rollingBack ? try $0.rollBack() : try $0.commit() }
        for number in all.indices {
            let site = try prepared()
            var count = 0
            site.interruption = Interruption { _ in
                count += 1
                return count == number + 1 ? .die : .proceed
            }
            let new = try site.state(SwitchTests.new)
            let target = site.target()
            let isKilled =
                (try? failure {
                    try target.apply(try target.plan(new, inventory: site.inventory, adopting: false)) { _ in }
                    if rollingBack { try target.rollBack() } else { try target.commit() }
                }) != nil
            #expect(isKilled, "\(number) \(all[number])")

            // Nothing is half, nothing of others is touched.
            for (path, content) in try site.liveFiles() where !path.hasPrefix(Staging.name) {
                let allowed = [
                    SwitchTests.old[path], SwitchTests.new[path], done[path],
                    path == "a/b/edited" ? .file("by hand") : nil,
                ]
                #expect(allowed.contains(content), "\(number) \(all[number]): \(path)")
            }
            #expect(try site.text("theirs") == "t")
            #expect(site.permissions("d/theirs") == 0o600)

            // A new process, which knows what was under way, goes on or goes back.
            site.interruption = nil
            let inventory = site.interrupted(by: new)
            for files in number % 2 == 0 ? [SwitchTests.new] : [SwitchTests.old, SwitchTests.new] {
                site.inventory = files == SwitchTests.old || site.inventory.owned != [] ? inventory : site.inventory
                let plan = try site.plan(try site.state(files))
                #expect(plan.conflicts.isEmpty, "\(number) \(all[number]): \(plan.obstacles)")
                try site.deploy(files)
                let live = try site.liveFiles()
                for (path, content) in files { #expect(live[path] == content, "\(number) \(all[number]): \(path)") }
                #expect(try site.plan(try site.state(files)).isEmpty)
            }
            #expect(!site.exists(Staging.name))
            #expect(try site.text("theirs") == "t")
            let paths = try site.live()
            for (folder, live) in paths where live.kind == "folder" {
                #expect(
                    paths.keys.contains { $0 != folder && $0.isWithin(folder) },
                    "\(number) \(all[number]): \(folder) is empty")
            }
            #expect(
                try site.liveFiles().filter { !$0.key.contains(KeptName.infix) }
                    == done.filter { !$0.key.contains(KeptName.infix) }, "\(number) \(all[number])")
        }
    }

    @Test func whatCannotBePutBackIsSaidAndKept() throws {
        let site = try Site()
        try site.put("adopted", "theirs")
        site.interruption = Interruption { step in
            ["undo changing a file", "create a file"].contains(step) ? .fail("no") : .proceed
        }
        let error = try failure { try site.deploy(["adopted": .file("ours"), "b": .file("1")], adopting: true) }
        #expect(error.isPartial)
        #expect(error.message == "cannot create a file: no; then: cannot undo changing a file: no")
        #expect(error.hint == "what could not be put back is in '.git-ops-kept-20261123T044012Z'")
        #expect(try site.liveFiles().values.contains(.file("theirs")))
        site.interruption = nil
        try site.deploy(["adopted": .file("ours")])
        #expect(try site.liveFiles().values.contains(.file("theirs")))
    }

    // MARK: Others at work

    @Test(arguments: [
        ("change a file", "a"), ("prune a file", "b"), ("look at what was taken out", "a"), ("keep a file", "k"),
    ])
    func whatSomebodyWritesBetweenPlanAndSwitchIsNotLost(_ effect: String, _ name: String) throws {
        let site = try Site()
        try site.deploy(["a": .file("1"), "b": .file("1"), "k": .file("1")])
        try site.put("k", "by hand")
        var isDone = false
        site.interruption = Interruption { [unowned site] step in
            guard step == effect, !isDone else { return .proceed }
            isDone = true
            // Where it was exchanged already, what is written to is the new file.
            try? site.put(name, "by somebody else")
            return .proceed
        }
        let error = try? failure { try site.deploy(["a": .file("2"), "c": .file("2")]) }
        #expect(isDone)
        let live = try site.liveFiles()
        #expect(live.values.contains(.file("by somebody else")))
        if effect != "look at what was taken out", effect != "keep a file" {
            #expect(error?.message == "'\(name)' changed meanwhile")
            #expect(error?.isPartial == false)
            #expect(
                live
                    == ["a": .file("1"), "b": .file("1"), "k": .file("by hand")].merging([
                        name: .file("by somebody else")
                    ]) { $1 })
        }
    }

    @Test func whatChangedBeforeTheSwitchIsSeen() throws {
        let site = try Site()
        try site.deploy(["a": .file("1")])
        let target = site.target()
        let plan = try target.plan(try site.state(["a": .file("2")]), inventory: site.inventory, adopting: false)
        try site.put("a", "x")
        #expect(try failure { try target.apply(plan) { _ in } }.message == "'a' changed meanwhile")
        #expect(try site.liveFiles() == ["a": .file("x")])
    }

    @Test func aChangeThatHidesItselfIsSeen() throws {
        let site = try Site()
        try site.deploy(["a": .file("1"), "k": .file("1")])
        try site.put("k", "2")
        let target = site.target()
        let plan = try target.plan(try site.state(["a": .file("2")]), inventory: site.inventory, adopting: false)
        for name in ["a", "k"] {
            var status = stat()
            try #require(lstat(site.path(name), &status) == 0)
            try site.put(name, "x")
            let times = [status.st_atim, status.st_mtim]
            try #require(utimensat(AT_FDCWD, site.path(name), times, 0) == 0)
        }
        #expect(throws: TargetError.self) { try target.apply(plan) { _ in } }
        #expect(try site.liveFiles() == ["a": .file("x"), "k": .file("x")])
    }

    @Test(arguments: ["n", "f/n", "e/n"])
    func whatAppearsIsNotReplaced(_ path: String) throws {
        let site = try Site()
        try site.makeFolder("e")
        let target = site.target()
        let plan = try target.plan(
            try site.state(["a": .file("1"), path: .file("1")]), inventory: site.inventory, adopting: false)
        if path == "f/n" { try site.makeFolder("f") }
        try site.put(path, "theirs")
        let error = try failure { try target.apply(plan) { _ in } }
        #expect(error.message.hasSuffix("it appeared meanwhile"))
        #expect(error.hint?.contains("upper from lower case") == true)
        #expect(try site.liveFiles() == [path: .file("theirs")])
    }

    @Test func aFolderThatFillsMeanwhileIsNotRemoved() throws {
        let site = try Site()
        try site.makeFolder("a")
        try site.deploy(["b/c": .file("1")])
        let target = site.target()
        let plan = try target.plan(try site.state(["a": .file("1")]), inventory: site.inventory, adopting: false)
        try site.put("a/theirs", "t")
        try site.put("b/theirs", "t")
        let before = try site.live()
        #expect(throws: TargetError.self) { try target.apply(plan) { _ in } }
        #expect(try site.live() == before)
    }

    // MARK: File systems that can less

    @Test func exchangingBySteps() throws {
        let site = try Site()
        try site.makeFolder("s")
        try site.put("a", "old", mode: 0o600)
        try site.put("s/1", "new")
        guard case .opened(let root) = Folder.open(root: site.directory), case .opened(let inner) = root.open("s".utf8)
        else { return }
        #expect(inner.exchangeBySteps("1".utf8, with: root, "a".utf8, spare: "spare".utf8) == 0)
        #expect(try site.liveFiles() == ["a": .file("new"), "s/1": .file("old")])
        #expect(site.permissions("s/1") == 0o600)
        #expect(inner.exchangeBySteps("missing".utf8, with: root, "a".utf8, spare: "spare".utf8) == ENOENT)
        #expect(inner.exchangeBySteps("1".utf8, with: root, "missing".utf8, spare: "spare".utf8) == ENOENT)
        #expect(try site.liveFiles() == ["a": .file("new"), "s/1": .file("old")])
    }

    @Test func largeFilesGoThroughGit() throws {
        let site = try Site()
        let large = String(repeating: "0123456789abcdef", count: (33 << 20) / 16)
        let state = try site.state(["large": .executable(large), "n/large": .file(large)])
        try site.deploy(state)
        #expect(try contents(ofFile: site.path("large")) == Array(large.utf8))
        #expect(site.permissions("large") == 0o755)
        unlink(site.base + "/cache")
        #expect(try site.plan(state).isEmpty)
        let number = open(site.path("large"), O_WRONLY | O_CLOEXEC)
        try #require(pwrite(number, "x", 1, 20 << 20) == 1)
        close(number)
        #expect(try site.plan(state).brief == ["change large"])
    }

    @Test func aDeploymentWithoutChangesOnlyCleansUp() throws {
        let site = try Site()
        let files: [String: Content] = ["a": .file("1")]
        try site.deploy(files)
        mkdir(site.path(Staging.name), 0o700)
        try site.put(Staging.name + "/1", "old")
        try site.deploy(files)
        #expect(!site.exists(Staging.name))
        let missing = try Site(isMade: false)
        try missing.deploy([:])
        #expect(!missing.exists("."))
    }

    @Test func tidyingRemovesWhatAKilledDeploymentLeftAndNothingElse() throws {
        let site = try Site()
        try site.deploy(["a": .file("1")])
        mkdir(site.path(Staging.name), 0o700)
        try site.put(Staging.name + "/1", "old")
        let later = site.target()
        _ = try later.plan(try site.state(["a": .file("1")]), inventory: site.inventory, adopting: false)
        try later.tidy()
        #expect(try site.liveFiles() == ["a": .file("1")])
        #expect(!site.exists(Staging.name))
        // What a deployment under way needs for its way back stays.
        let before = try site.live()
        let target = site.target()
        try target.apply(try target.plan(try site.state(["a": .file("2")]), inventory: site.inventory, adopting: false))
        { _ in }
        try target.tidy()
        try target.rollBack()
        #expect(try site.live() == before)
    }

    @Test func foldersHandTheirGroupDown() throws {
        let site = try Site()
        try #require(chmod(site.directory, 0o2755) == 0)
        try site.deploy(["a/b": .file("1")])
        #expect(site.permissions("a") == 0o2755)
        #expect(site.permissions("a/b") == 0o644)
    }

    @Test func theUmaskDoesNotMatter() throws {
        // The process's umask is everybody's, so modes that any umask would cut are asked for.
        let site = try Site()
        try site.deploy(try site.state(["a": .file("1"), "d/e": .file("1")]), with: site.target(mode: 0o666))
        #expect(site.permissions("a") == 0o666)
        #expect(site.permissions("d") == 0o777)
        #expect(site.permissions("d/e") == 0o666)
    }
}
