@testable import DirectoryTarget
import Deployments
import Git
import Glibc
import Posix
import Testing

/// Every test waits until something is told of, or until it is over; whoever takes long only waits longer.
@Suite("watching a directory") struct WatchTests {
    private static let files: [String: Content] = ["a": .file("1"), "sub/b": .file("2"), "sub/deep/c": .executable("3"), "l": .link("a")]

    /// Something deployed, planned again, and what is found changed after a body was run while it is waited.
    private struct Watched {
        let site: Site
        let target: DirectoryTarget
        var said: [String] { lines.all }
        private let lines: Lines

        final class Lines { var all: [String] = [] }

        init(_ files: [String: Content] = WatchTests.files) throws {
            site = try Site()
            try site.deploy(files)
            let lines = Lines()
            self.lines = lines
            target = DirectoryTarget(
                DirectoryTarget.Settings(directory: site.directory, cachePath: site.base + "/cache"), repository: site.repository,
                onMessage: { lines.all.append($0) })
            try plan(files)
        }

        func plan(_ files: [String: Content] = WatchTests.files) throws {
            _ = try target.plan(try site.state(files), inventory: site.inventory, adopting: true)
        }

        /// - Parameter patience: how often it is asked whether it is over before it is, where nothing is told.
        func changes(patience: Int = 600, after body: () throws -> Void) throws -> [String] {
            var asked = 0
            return try withoutActuallyEscaping(body) { body in
                var failure: (any Error)?
                let changes = try target.awaitChange {
                    do { if asked == 0 { try body() } } catch { failure = error }
                    asked += 1
                    return failure != nil || asked > patience
                }
                if let failure { throw failure }
                return changes.map(\.description)
            }
        }
    }

    @Test func whoWakesItIsAskedAtOnce() throws {
        let watched = try Watched()
        let pipe = try Pipe()
        var asked: [Double] = []
        let changes = try watched.target.awaitChange(
            unless: {
                asked.append(monotonicSeconds())
                // Read by whoever asks for it; what is not read wakes at once again.
                if asked.count == 2 { _ = try? FileDescriptor.read(from: pipe.readEnd) }
                if asked.count == 1 { try? FileDescriptor.write([0], to: pipe.writeEnd) }
                return asked.count > 2
            }, waking: pipe.readEnd)
        #expect(changes == [])
        try #require(asked.count == 3)
        #expect(asked[1] - asked[0] < asked[2] - asked[1], "at once, and otherwise now and then: \(asked)")
    }

    @Test func theDirectoryIsWatched() throws {
        #expect(try Watched().target.watches())
    }

    @Test func tellsOfEachWayToChangeAFile() throws {
        let watched = try Watched()
        let site = watched.site
        let ways: [(String, String, () throws -> Void)] = [
            ("written to", "a", { try site.put("a", "x") }),
            ("permissions", "sub/b", { chmod(site.path("sub/b"), 0o600) }),
            ("removed", "sub/deep/c", { unlink(site.path("sub/deep/c")) }),
            ("made again", "sub/deep/c", { try site.put("sub/deep/c", "3", mode: 0o755) }),
            ("replaced", "l", { try site.put("new", "y"); rename(site.path("new"), site.path("l")) }),
            ("moved away", "a", { rename(site.path("a"), site.path("elsewhere")) }),
        ]
        for (way, path, change) in ways {
            #expect(try watched.changes(after: change) == [path], "\(way)")
            try watched.plan()
        }
        #expect(watched.said == [])
    }

    @Test func tellsOfFoldersThatGoAndCome() throws {
        let watched = try Watched()
        let site = watched.site
        #expect(try watched.changes { rename(site.path("sub"), site.path("away")) } == ["sub/b", "sub/deep/c"])
        try watched.plan()
        // In a folder that was not there when it was planned.
        #expect(
            try watched.changes {
                try site.makeFolder("sub")
                try site.put("sub/b", "2")
            } == ["sub/b"])
        try watched.plan()
        #expect(
            try watched.changes {
                rmdir(site.path("sub/deep"))
                rename(site.path("away/deep"), site.path("sub/deep"))
            } == ["sub/deep/c"])
        try watched.plan()
        #expect(try watched.changes { try site.put("sub/deep/c", "x") } == ["sub/deep/c"])
    }

    @Test func whatWasInTheWayAndGoesIsTold() throws {
        let watched = try Watched()
        let site = watched.site
        removeAll(site.path("sub"))
        try site.put("sub", "in the way")
        try watched.plan()
        #expect(try watched.changes(patience: 2) {} == [])
        #expect(try watched.changes { unlink(site.path("sub")) } == ["sub/b", "sub/deep/c"])
    }

    /// A file of ours that leaves is no other thing for the plan and for the look at it.
    @Test func aPlanThatIsYetToBeCarriedOutIsNoChange() throws {
        let watched = try Watched(["sub": .file("1")])
        try watched.plan(["sub/deep/b": .file("2"), "sub/c": .file("3")])
        #expect(try watched.changes(patience: 2) {} == [])
        #expect(try watched.changes { try watched.site.put("sub", "x") } == ["sub"])
        try watched.plan(["sub/deep/b": .file("2"), "sub/c": .file("3")])
        #expect(try watched.changes { unlink(watched.site.path("sub")) } == ["sub", "sub/c", "sub/deep/b"])
    }

    @Test func whatIsNotOursIsNotTold() throws {
        let watched = try Watched()
        let site = watched.site
        #expect(
            try watched.changes(patience: 3) {
                try site.put("theirs", "x")
                try site.put("sub/theirs", "x")
                try site.makeFolder("folder")
                try site.put("folder/theirs", "x")
                unlink(site.path("sub/theirs"))
            } == [])
        // What was undone before anybody looked is as it was, but for its time.
        #expect(try watched.changes { try site.put("a", "1") } == ["a"])
    }

    @Test func whatChangedBetweenThePlanAndTheWatchIsTold() throws {
        let watched = try Watched()
        try watched.site.put("a", "x")
        rename(watched.site.path("sub/deep"), watched.site.path("away"))
        #expect(try watched.changes {} == ["a", "sub/deep/c"])
    }

    /// The clock that the times of files are taken from ticks a few hundred times a second: a file that was written
    /// to right after it was read looks the same, and does not hold the same.
    @Test func whatChangedInTheSameTickIsTold() throws {
        let site = try Site()
        try site.put("a", "x")
        var status = stat()
        try #require(lstat(site.path("a"), &status) == 0)
        let seen = [Seen(path: "a", look: Seen.Look(status), blob: try site.repository.write(Array("1".utf8), as: .blob))]
        let time = FileStamp(status).changed
        let watch = DirectoryWatch(site.directory) { _ in }
        watch.expect(seen, from: (time, time))
        func changes(patience: Int) throws -> [RepositoryPath] {
            var asked = 0
            return try watch.awaitChange {
                asked += 1
                return asked > patience
            }
        }
        #expect(try changes(patience: 10) == ["a"])
        // A plan that was made later has seen what it holds.
        watch.expect(seen, from: (time + 1_000_000_000, time + 2_000_000_000))
        #expect(try changes(patience: 1) == [])
    }

    @Test func aDirectoryThatIsSwitchedIsTold() throws {
        let watched = try Watched()
        let site = watched.site
        let first = site.base + "/first", second = site.base + "/second"
        rename(site.directory, first)
        symlink("first", site.directory)
        try watched.plan()
        #expect(try watched.changes(patience: 2) {} == [])
        #expect(
            try watched.changes {
                try copy(first, second)
                symlink("second", site.base + "/new")
                rename(site.base + "/new", site.directory)
            } == ["a", "l", "sub/b", "sub/deep/c"])
        try watched.plan()
        // It is the new one that is watched.
        #expect(try watched.changes(patience: 2) { chmod(first + "/a", 0o600) } == [])
        #expect(try watched.changes { chmod(second + "/a", 0o600) } == ["a"])
        try watched.plan()
        #expect(try watched.changes { rename(second, site.base + "/gone") } == ["a", "l", "sub/b", "sub/deep/c"])
    }

    @Test func aDirectoryThatIsYetToBeMadeIsTold() throws {
        let site = try Site(isMade: false)
        let target = site.target()
        _ = try target.plan(try site.state(["a": .file("1")]), inventory: Inventory(), adopting: false)
        var asked = 0
        let changes = try target.awaitChange {
            asked += 1
            if asked == 1 {
                mkdir(site.directory, 0o755)
                try? site.put("a", "1")
            }
            return asked > 600
        }
        #expect(changes == ["a"])
    }

    /// What the kernel lost is looked for.
    @Test func anOverflowMeansThatAnythingMayHaveChanged() throws {
        let watched = try Watched()
        let site = watched.site
        let setting = try contents(ofFile: "/proc/sys/fs/inotify/max_queued_events") ?? []
        let most = Int(String(decoding: setting, as: UTF8.self).filter(\.isNumber)) ?? 0
        try #require(most > 0 && most < 1_000_000)
        #expect(
            try watched.changes {
                for _ in 0...(most / 2) {
                    rename(site.path("sub/theirs"), site.path("sub/other"))
                    let number = open(site.path("sub/theirs"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
                    close(number)
                }
                try site.put("a", "x")
            } == ["a"])
    }

    /// Where there are no watches left it looks instead, and says so once.
    @Test func withoutWatchesItLooks() throws {
        let watched = try Watched()
        watched.target.mostWatches = 2
        #expect(try watched.changes { try watched.site.put("sub/deep/c", "x") } == ["sub/deep/c"])
        try watched.plan()
        #expect(try watched.changes { try watched.site.put("a", "x") } == ["a"])
        #expect(watched.said == ["cannot watch '\(watched.site.directory)', looking every few seconds: the limit fs.inotify.max_user_watches is reached"])
    }

    @Test func whereThereAreWatchesAgainItWatches() throws {
        let watched = try Watched()
        watched.target.mostWatches = 2
        #expect(try watched.changes(patience: 0) {} == [])
        #expect(watched.target.watchDescriptor == nil)
        // Without anything else happening.
        var asked = 0
        let changes = try watched.target.awaitChange {
            watched.target.mostWatches = .max
            asked += 1
            return asked > 600 || watched.target.watchDescriptor != nil
        }
        #expect(changes == [])
        #expect(watched.said.last == "'\(watched.site.directory)' can be watched again")
        #expect(watched.said.count == 2)
        #expect(try watched.changes { try watched.site.put("sub/deep/c", "x") } == ["sub/deep/c"])
    }

    /// Nothing happens in the folder that is watched when a file is written by another name of it.
    @Test func whatIsWrittenByAnotherNameIsTold() throws {
        let watched = try Watched()
        let site = watched.site
        let other = site.base + "/other"
        #expect(
            try watched.changes(patience: 120) {
                link(site.path("sub/b"), other)
                let file = open(other, O_WRONLY | O_APPEND | O_CLOEXEC)
                write(file, "evil", 4)
                close(file)
            } == ["sub/b"])
    }

    /// The descriptors of one test do not show among those of others that run beside it; its own watches do.
    @Test func watchesAreNotHeapedUp() throws {
        let watched = try Watched()
        let site = watched.site
        _ = try watched.changes(patience: 1) {}
        let descriptor = try #require(watched.target.watchDescriptor)
        func watches() throws -> Int {
            String(decoding: try contents(ofFile: "/proc/self/fdinfo/\(descriptor)") ?? [], as: UTF8.self)
                .split(separator: "\n").count { $0.hasPrefix("inotify ") }
        }
        #expect(try watches() == 3)
        for round in 0..<3 {
            rename(site.path("sub"), site.path("sub\(round)"))
            try site.makeFolder("sub")
            try site.makeFolder("sub/deep")
            try watched.plan()
            _ = try watched.changes(patience: 1) {}
            #expect(watched.target.watchDescriptor == descriptor)
            #expect(try watches() == 3)
        }
        // What is no longer planned is no longer watched.
        site.inventory = Inventory()
        try watched.plan(["a": .file("1")])
        _ = try watched.changes(patience: 1) {}
        #expect(try watches() == 1)
    }

    @Test func whatWeDidOurselvesIsNotTold() throws {
        let watched = try Watched()
        #expect(try watched.changes(patience: 0) { try watched.site.put("a", "deployed") } == [])
    }

    private func copy(_ folder: String, _ copy: String) throws {
        try #require(try Command("cp", ["-a", folder, copy], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"]).run().succeeded)
    }
}
