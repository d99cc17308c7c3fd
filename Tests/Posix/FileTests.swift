import Glibc
import Posix
import TestSupport
import Testing

@Suite struct FileTests {
    @Test func aFileIsReplacedWholeOrNotAtAll() throws {
        let scratch = try Scratch()
        try write(Array("one".utf8), toFile: scratch("file"))
        try write(Array("two".utf8), toFile: scratch("file"))
        #expect(scratch.text("file") == "two")
        #expect(names(inFolder: scratch.path) == ["file"])
    }

    @Test func aFileThatIsNotThereHasNoContent() throws {
        let scratch = try Scratch()
        #expect(try contents(ofFile: scratch("nothing")) == nil)
    }

    @Test func aFileThatIsTooLongIsAnError() throws {
        let scratch = try Scratch()
        try scratch.write("12345", to: "file")
        #expect(throws: SystemError.self) { try contents(ofFile: scratch("file"), limit: 4) }
        #expect(try contents(ofFile: scratch("file"), limit: 5)?.count == 5)
    }

    @Test func removingAFolderFollowsNoLink() throws {
        let scratch = try Scratch()
        try scratch.write("keep", to: "outside/file")
        try makeFolders(scratch("folder/inner"))
        symlink(scratch("outside"), scratch("folder/inner/link"))
        removeAll(scratch("folder"))
        #expect(scratch.text("outside/file") == "keep")
        #expect(names(inFolder: scratch.path) == ["outside"])
    }

    @Test func anErrorSaysWhatAndWhy() throws {
        let error = #expect(throws: SystemError.self) { _ = try FileDescriptor(opening: "/nonexistent/file", O_RDONLY) }
        #expect(error?.description == "cannot open '/nonexistent/file': No such file or directory")
    }
}

@Suite struct FileLockTests {
    @Test func oneHoldsItAndItIsSeen() throws {
        let scratch = try Scratch()
        #expect(!FileLock.isHeld(scratch("lock")))
        guard let lock = try FileLock(taking: scratch("lock")) else {
            Issue.record("nobody holds the lock, and it cannot be taken")
            return
        }
        #expect(FileLock.isHeld(scratch("lock")))
        if let second = try FileLock(taking: scratch("lock")) {
            second.release()
            Issue.record("two hold the lock")
        }
        lock.release()
        #expect(!FileLock.isHeld(scratch("lock")))
    }

    @Test func itDiesWithTheProcessThatHoldsIt() throws {
        let scratch = try Scratch()
        let path = scratch("lock")
        try scratch.write("", to: "lock")
        // flock(1) holds the lock while the shell says so and then waits to be killed.
        let pipe = try Pipe()
        var command = Command(
            "flock", [path, "sh", "-c", "echo held; exec sleep 600"], environment: ["PATH": "/usr/bin:/bin"])
        command.output = .descriptor(pipe.writeEnd)
        let pid = try command.start(ownGroup: true)
        pipe.closeWriteEnd()
        #expect(try FileDescriptor.read(from: pipe.readEnd) == Array("held\n".utf8))
        #expect(FileLock.isHeld(path))
        kill(-pid, SIGKILL)
        _ = try ProcessWatch(pid).reap()
        // Waits, should the shell's child take a moment longer to go.
        let lock = try FileLock(waitingFor: path)
        lock.release()
    }
}

@Suite struct MomentTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (1_795_408_812_123, "2026-11-23T04:40:12.123Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    ])
    func isWrittenAndReadAsRFC3339(milliseconds: Int64, text: String) {
        #expect(Moment(milliseconds: milliseconds).timestamp == text)
        #expect(Moment(timestamp: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: ["", "yesterday", "2026-11-23", "2026-11-23T04:40:12+01:00", "xxxx-11-23T04:40:12Z"])
    func whatIsNoTimeIsRefused(text: String) {
        #expect(Moment(timestamp: text) == nil)
    }

    @Test func isCompactForNamesOfFiles() {
        #expect(Moment(milliseconds: 1_795_408_812_123).compact == "20261123T044012Z")
    }
}
