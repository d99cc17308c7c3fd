import Git
import Glibc
import Posix
import TestSupport
import Testing

@Suite struct StatCacheTests {
    private func stamp(_ path: String) -> FileStamp {
        var status = stat()
        lstat(path, &status)
        return FileStamp(status)
    }

    private func old(_ path: String) {
        var times = [timespec(tv_sec: 1_600_000_000, tv_nsec: 5), timespec(tv_sec: 1_600_000_000, tv_nsec: 5)]
        utimensat(AT_FDCWD, path, &times, 0)
    }

    @Test func anUntouchedFileIsKnownAgain() throws {
        let scratch = try Scratch()
        let file = try scratch.write("content", to: "file")
        old(file)
        let blob = try Repository.blobID(ofFile: file)
        let cache = try StatCache(path: scratch("index"))
        try cache.remember(RepositoryPath("a/file"), mode: .file, blob: blob, stamp: stamp(file))
        try cache.save()
        // Its change time is that of a moment ago, so it is not believed until the cache is newer.
        var later = [timespec(tv_sec: 4_000_000_000, tv_nsec: 0), timespec(tv_sec: 4_000_000_000, tv_nsec: 0)]
        utimensat(AT_FDCWD, scratch("index"), &later, 0)
        #expect(try StatCache(path: scratch("index")).blob(at: RepositoryPath("a/file"), stamp: stamp(file)) == blob)
        try scratch.write("CONTENT", to: "file")
        #expect(try StatCache(path: scratch("index")).blob(at: RepositoryPath("a/file"), stamp: stamp(file)) == nil)
    }

    @Test func aFileChangedWhenTheCacheWasWrittenIsNotBelieved() throws {
        let scratch = try Scratch()
        let file = try scratch.write("content", to: "file")
        let cache = try StatCache(path: scratch("index"))
        try cache.remember(RepositoryPath("file"), mode: .file, blob: try Repository.blobID(ofFile: file), stamp: stamp(file))
        try cache.save()
        var times = [timespec(tv_sec: 1_600_000_000, tv_nsec: 0), timespec(tv_sec: 1_600_000_000, tv_nsec: 0)]
        utimensat(AT_FDCWD, scratch("index"), &times, 0)
        #expect(try StatCache(path: scratch("index")).blob(at: RepositoryPath("file"), stamp: stamp(file)) == nil)
    }

    @Test func aDamagedCacheIsThrownAway() throws {
        let scratch = try Scratch()
        try scratch.write("this is no index", to: "index")
        let cache = try StatCache(path: scratch("index"))
        let file = try scratch.write("x", to: "file")
        #expect(cache.blob(at: RepositoryPath("file"), stamp: stamp(file)) == nil)
        try cache.remember(RepositoryPath("file"), mode: .file, blob: try Repository.blobID(ofFile: file), stamp: stamp(file))
        try cache.save()
    }
}
