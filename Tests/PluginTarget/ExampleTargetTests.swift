import Deployments
import Git
import Glibc
import PluginTarget
import Posix
import Rendering
import Testing

/// The example of git-ops-target(7), end to end.
@Suite(.timeLimit(.minutes(15))) struct ExampleTargetTests {
    @Test func appliesAnEnvironmentAndFindsItAsDesired() throws {
        let scratch = try TargetScratch()
        let target = try scratch.example()
        let resources = [
            try scratch.resource("etc/motd", "welcome\n"),
            try scratch.resource("bin/run", "#!/bin/sh\n", .executable),
            try scratch.resource("link", "etc/motd", .link),
            try scratch.resource("empty", ""),
        ]
        let plan = try target.plan(scratch.desired(resources), inventory: Inventory(), adopting: false)
        #expect(plan.lines == ["create bin/run", "create empty", "create etc/motd", "create link"])
        #expect(plan.unchanged == 0)
        #expect(names(inFolder: scratch.root).isEmpty, "a plan changes nothing")

        var made: [String] = []
        try target.apply(plan) { made.append("\($0.path)") }
        #expect(made.sorted() == ["bin/run", "empty", "etc/motd", "link"])
        try target.wait(timeout: 5) { _ in }
        try target.commit()
        #expect(try scratch.live("etc/motd") == "welcome\n")
        #expect(try scratch.live("link") == "welcome\n")
        #expect(try scratch.live("empty") == "")
        #expect(access("\(scratch.root)/bin/run", X_OK) == 0)
        #expect(access("\(scratch.root)/etc/motd", X_OK) != 0)

        // The same to a process that knows nothing of the first.
        let next = try scratch.example()
        let again = try next.plan(scratch.desired(resources), inventory: Inventory(owned: resources), adopting: false)
        #expect(again.isEmpty)
        #expect(again.unchanged == 4)
        #expect(scratch.messages.isEmpty)
    }

    @Test func keepsPathsAndContentOfAnyBytes() throws {
        let scratch = try TargetScratch()
        let target = try scratch.example()
        let path = RepositoryPath(bytes: Array("dir with space/caf".utf8) + [0xe9, 0x0a])
        let content: [UInt8] = Array(0...255) + Array("\u{1b}[31m".utf8)
        let resources = [
            try scratch.resource(path, content), try scratch.resource("quote\"s\\", "x\ty\r\n\u{2028}é"),
            try scratch.resource("no newline", "\n\nx"),
        ]
        let plan = try target.plan(scratch.desired(resources), inventory: Inventory(), adopting: false)
        try target.apply(plan) { _ in }
        try target.commit()
        let after = try target.plan(scratch.desired(resources), inventory: Inventory(owned: resources), adopting: false)
        #expect(after.isEmpty)
        #expect(after.unchanged == 3)

        // Reading it back gives every byte.
        let other = try scratch.resource(path, [1])
        let change = try #require(
            try target.plan(scratch.desired([other]), inventory: Inventory(owned: [other]), adopting: false).changes.first)
        #expect(change.path == path)
        #expect(try target.liveContent(of: change) == content)
    }

    @Test func tellsOfDriftAndShowsWhatIsLive() throws {
        let scratch = try TargetScratch()
        let target = try scratch.example()
        let resource = try scratch.resource("motd", "welcome\n")
        try scratch.change(byHand: "motd", "go away\n")
        let plan = try target.plan(scratch.desired([resource]), inventory: Inventory(owned: [resource]), adopting: false)
        #expect(plan.lines == ["change motd (drift)"])
        let change = try #require(plan.changes.first)
        #expect(try target.liveContent(of: change) == Array("go away\n".utf8))
        #expect(try scratch.repository.write(Array("go away\n".utf8), as: .blob) == change.live?.blob)
        #expect(change.live?.mode == .file)

        try target.apply(plan) { _ in }
        #expect(try scratch.live("motd") == "welcome\n")
        unlink("\(scratch.root)/motd")
        let gone = try target.plan(scratch.desired([resource]), inventory: Inventory(owned: [resource]), adopting: false)
        #expect(gone.lines == ["create motd (drift)"])
        #expect(try target.liveContent(of: try #require(gone.changes.first)) == nil)
    }

    @Test func showsNoContentThatIsNoLongerWhatWasPlannedWith() throws {
        let scratch = try TargetScratch()
        let target = try scratch.example()
        let resource = try scratch.resource("motd", "welcome\n")
        try scratch.change(byHand: "motd", "go away\n")
        let plan = try target.plan(scratch.desired([resource]), inventory: Inventory(owned: [resource]), adopting: false)
        try scratch.change(byHand: "motd", "come back\n")
        let change = try #require(plan.changes.first)
        let error = try #require(throws: TargetError.self) { try target.liveContent(of: change) }
        #expect(error.message == "target 'example' no longer holds what it planned with in 'motd'")
    }

    @Test func prunesWhatIsOursAndKeepsWhatSomebodyChanged() throws {
        let scratch = try TargetScratch()
        let target = try scratch.example()
        let owned = [
            try scratch.resource("gone", "x"), try scratch.resource("mine", "ours\n"),
            try scratch.resource("stays", "s"), try scratch.resource("vanished", "v"),
        ]
        try scratch.change(byHand: "gone", "x")
        try scratch.change(byHand: "mine", "edited\n")
        try scratch.change(byHand: "stays", "s")
        try scratch.change(byHand: "foreign", "f")
        let inventory = Inventory(owned: owned)
        let plan = try target.plan(scratch.desired([owned[2]]), inventory: inventory, adopting: false)
        #expect(plan.lines == ["prune gone", "keep mine (drift)"])
        #expect(plan.unchanged == 1)
        try target.apply(plan) { _ in }
        try target.commit()
        let left = names(inFolder: scratch.root)
        #expect(left.count == 3)
        let kept = try #require(left.first { $0.hasPrefix("mine.kept-") })
        #expect(try scratch.live(kept) == "edited\n")
        #expect(left.filter { $0 != kept } == ["foreign", "stays"])
    }

    @Test func removesWhatAnInterruptedDeploymentMayHaveWritten() throws {
        let scratch = try TargetScratch()
        let target = try scratch.example()
        let old = try scratch.resource("a", "old")
        let new = try scratch.resource("a", "new")
        let made = try scratch.resource("b", "made")
        try scratch.change(byHand: "a", "new")
        try scratch.change(byHand: "b", "made")
        let inventory = Inventory(owned: [old], mayHold: [new.path: [new], made.path: [made]])
        let plan = try target.plan(scratch.desired([old]), inventory: inventory, adopting: false)
        #expect(plan.lines == ["change a", "prune b"])
    }

    @Test func takesNothingOverThatIsNotOursUnlessTold() throws {
        let scratch = try TargetScratch()
        let target = try scratch.example()
        let resources = [
            try scratch.resource("a", "ours"), try scratch.resource("b", "same"), try scratch.resource("c/d", "x"),
        ]
        try scratch.change(byHand: "a", "theirs")
        try scratch.change(byHand: "b", "same")
        symlink("/tmp", "\(scratch.root)/c")
        let refused = try target.plan(scratch.desired(resources), inventory: Inventory(), adopting: false)
        #expect(refused.changes.isEmpty)
        #expect(refused.unchanged == 1)
        #expect(refused.conflicts.map { "\($0.path)" } == ["a", "c/d"])
        #expect(refused.conflicts.first?.reason == "exists and is not ours")
        #expect(refused.conflicts.first?.hint == "git ops apply --adopt takes it over")

        let adopted = try target.plan(scratch.desired(resources), inventory: Inventory(), adopting: true)
        #expect(adopted.lines == ["change a"])
        #expect(adopted.conflicts.map { "\($0.path)" } == ["c/d"])
    }

    @Test func putsBackWhatWasLiveWhenItDoesNotBecomeHealthy() throws {
        let scratch = try TargetScratch()
        let target = try scratch.example(["waitfor": "\(scratch.folder)/ready"])
        let owned = [
            try scratch.resource("changed", "old"), try scratch.resource("pruned", "p"), try scratch.resource("edited", "e"),
        ]
        try scratch.change(byHand: "changed", "old")
        try scratch.change(byHand: "pruned", "p")
        try scratch.change(byHand: "edited", "by hand")
        let resources = [try scratch.resource("changed", "new"), try scratch.resource("created", "c")]
        let plan = try target.plan(scratch.desired(resources), inventory: Inventory(owned: owned), adopting: false)
        #expect(plan.lines == ["change changed", "create created", "keep edited (drift)", "prune pruned"])
        try target.apply(plan) { _ in }
        #expect(try scratch.live("changed") == "new")
        var progress: [String] = []
        let error = try #require(throws: TargetError.self) { try target.wait(timeout: 1) { progress.append($0) } }
        #expect(error.message == "'\(scratch.folder)/ready' did not appear within 1s")
        #expect(progress == ["waiting for \(scratch.folder)/ready"])
        try target.rollBack()
        #expect(names(inFolder: scratch.root) == ["changed", "edited", "pruned"])
        #expect(try scratch.live("changed") == "old")
        #expect(try scratch.live("edited") == "by hand")
        #expect(try scratch.live("pruned") == "p")

        try write([], toFile: "\(scratch.folder)/ready")
        let again = try target.plan(scratch.desired(resources), inventory: Inventory(owned: owned), adopting: false)
        try target.apply(again) { _ in }
        try target.wait(timeout: 5) { _ in }
        try target.commit()
        #expect(try scratch.live("changed") == "new")
    }

    @Test func putsBackWhatWasMadeWhenAChangeCannotBeMade() throws {
        let scratch = try TargetScratch()
        let target = try scratch.example()
        let resources = [try scratch.resource("a", "a"), try scratch.resource("b", "b")]
        let plan = try target.plan(scratch.desired(resources), inventory: Inventory(), adopting: false)
        // Comes into being between plan and apply.
        try makeFolders("\(scratch.root)/b/c")
        var made: [String] = []
        let error = try #require(throws: TargetError.self) { try target.apply(plan) { made.append("\($0.path)") } }
        #expect(made == ["a"])
        #expect(error.message == "cannot change 'b'")
        #expect(try scratch.live("a") == nil)
        #expect(!error.isPartial)
    }

    @Test func refusesARootThatIsNotThere() throws {
        let scratch = try TargetScratch()
        try scratch.installExample()
        let target = try scratch.target("example", ["root": "\(scratch.folder)/unmounted"])
        let error = try #require(throws: TargetError.self) {
            try target.plan(scratch.desired([]), inventory: Inventory(), adopting: false)
        }
        #expect(error.message == "the root is not a directory")
        #expect(error.hint == "git config ops.production.root <directory>")
    }

    @Test func saysWhatItCan() throws {
        let scratch = try TargetScratch()
        #expect(try scratch.example().capabilities() == ["wait", "rollback"])
    }
}
