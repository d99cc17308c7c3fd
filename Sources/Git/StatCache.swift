import CLibgit2
import Glibc

/// What the file system said of a file when its content was last known.
public struct FileStamp: Hashable, Sendable {
    public var device: UInt64
    public var inode: UInt64
    public var size: Int64
    /// Nanoseconds since 1970.
    public var modified: Int64
    /// Nanoseconds since 1970.
    public var changed: Int64

    public init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }
}

/// Remembers which blob the files of a directory hold, so that a file nobody touched is not read again.
///
/// It is a cache and nothing else: kept in a file of git's index format, thrown away when it cannot be
/// read, and distrusted for files changed so shortly before it was written that their time could not
/// tell (git's "racy" rule, upstream `racy-git.txt`).
public final class StatCache {
    private let index: OpaquePointer
    private let written: Int64
    private var isChanged = false

    /// - Parameter path: the file; it need not exist.
    public init(path: String) throws(GitError) {
        git_libgit2_init()
        StatCache.removeStaleLock(path + ".lock")
        var handle: OpaquePointer?
        var code = git_index_open(&handle, path)
        if code != 0 {
            unlink(path)
            code = git_index_open(&handle, path)
        }
        try check(code, "cannot open '\(path)'")
        guard let handle else { throw GitError(.failed, "cannot open '\(path)'") }
        index = handle
        var status = stat()
        written = lstat(path, &status) == 0 ? FileStamp(status).modified : 0
    }

    deinit {
        git_index_free(index)
        git_libgit2_shutdown()
    }

    /// A process that was killed while it wrote leaves git's lock behind. Writing takes no minute.
    private static func removeStaleLock(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, abs(Glibc.time(nil) - status.st_mtim.tv_sec) > 60 else { return }
        unlink(path)
    }

    /// The blob that a file holds, if it was remembered and nothing suggests a change since.
    public func blob(at path: RepositoryPath, stamp: FileStamp) -> ObjectID? {
        let entry = (path.bytes + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { git_index_get_bypath(index, $0.baseAddress, 0) }
        }
        guard let entry = entry?.pointee else { return nil }
        guard entry.ino == UInt32(truncatingIfNeeded: stamp.inode),
            entry.dev == UInt32(truncatingIfNeeded: stamp.device),
            entry.file_size == UInt32(truncatingIfNeeded: stamp.size),
            StatCache.matches(entry.mtime, stamp.modified), StatCache.matches(entry.ctime, stamp.changed),
            stamp.modified < written, stamp.changed < written
        else { return nil }
        return ObjectID(entry.id)
    }

    /// Remembers what a file holds.
    public func remember(_ path: RepositoryPath, mode: FileMode, blob: ObjectID, stamp: FileStamp) throws(GitError) {
        var entry = git_index_entry()
        entry.ctime = StatCache.time(stamp.changed)
        entry.mtime = StatCache.time(stamp.modified)
        entry.dev = UInt32(truncatingIfNeeded: stamp.device)
        entry.ino = UInt32(truncatingIfNeeded: stamp.inode)
        entry.mode = mode.rawValue
        entry.file_size = UInt32(truncatingIfNeeded: stamp.size)
        entry.id = blob.raw
        let code = (path.bytes + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { name in
                entry.path = name.baseAddress
                return git_index_add(index, &entry)
            }
        }
        try check(code, "cannot remember '\(path)'")
        isChanged = true
    }

    /// Forgets a file.
    public func forget(_ path: RepositoryPath) {
        let code = (path.bytes + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { git_index_remove(index, $0.baseAddress, 0) }
        }
        if code == 0 { isChanged = true }
    }

    /// Writes the cache, if it changed; it replaces the old one in one step.
    public func save() throws(GitError) {
        guard isChanged else { return }
        try check(git_index_write(index), "cannot write the cache of file states")
        isChanged = false
    }

    private static func matches(_ time: git_index_time, _ nanoseconds: Int64) -> Bool {
        let other = StatCache.time(nanoseconds)
        return time.seconds == other.seconds && time.nanoseconds == other.nanoseconds
    }

    private static func time(_ nanoseconds: Int64) -> git_index_time {
        git_index_time(
            seconds: Int32(truncatingIfNeeded: nanoseconds / 1_000_000_000),
            nanoseconds: UInt32(truncatingIfNeeded: nanoseconds % 1_000_000_000))
    }
}
