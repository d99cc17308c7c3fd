import Deployments
import Git
import Glibc

/// What the file system says of a file or a link, so that a later look can tell whether it is still
/// what the plan saw.
struct Sighting: Equatable {
    let stamp: FileStamp
    let mode: mode_t
    let user: uid_t
    let group: gid_t

    init(_ status: stat) {
        stamp = FileStamp(status)
        mode = status.st_mode
        user = status.st_uid
        group = status.st_gid
    }

    var permissions: UInt32 { mode & 0o7777 }
    var isLink: Bool { mode & S_IFMT == S_IFLNK }

    /// Whether a later sighting, after a rename, shows the same file. Renaming sets the time of change,
    /// and on overlayfs it may give the file another inode.
    func isSame(asRenamed later: Sighting) -> Bool {
        stamp.size == later.stamp.size && stamp.modified == later.stamp.modified && mode == later.mode
            && user == later.user && group == later.group
    }

    /// Whether a later sighting shows the content that was written here; permissions may differ.
    func isSame(asWritten later: Sighting) -> Bool {
        stamp.inode == later.stamp.inode && stamp.size == later.stamp.size && stamp.modified == later.stamp.modified
    }
}

/// Reads live files: never through a link, and never one that changes meanwhile.
struct LiveFiles {
    /// Nil where it cannot be opened: then everything is read.
    let cache: StatCache?

    /// Files up to this size are read in one piece.
    private static let small = 1 << 20

    /// The blob that a file or a link holds.
    func blob(of path: RepositoryPath, in folder: Folder, _ seen: Sighting) throws(TargetError) -> ObjectID {
        if let known = cache?.blob(at: path, stamp: seen.stamp) { return known }
        let blob: ObjectID
        if !seen.isLink, seen.stamp.size > LiveFiles.small {
            blob = try read(path, in: folder, seen) { number throws(TargetError) in
                do throws(GitError) {
                    return try Repository.blobID(ofFile: "/proc/self/fd/\(number)")
                } catch {
                    throw TargetError("cannot read '\(path)': \(error.reason)")
                }
            }
        } else {
            let bytes = try content(of: path, in: folder, seen)
            blob = try LiveFiles.id(of: bytes)
        }
        let mode: FileMode = seen.isLink ? .link : seen.permissions & 0o100 != 0 ? .executable : .file
        // What could not be remembered is read again.
        try? cache?.remember(path, mode: mode, blob: blob, stamp: seen.stamp)
        return blob
    }

    private static func id(of bytes: [UInt8]) throws(TargetError) -> ObjectID {
        let answer = bytes.withUnsafeBytes { raw in
            Result { () throws(GitError) in try Repository.id(of: raw, as: .blob) }
        }
        return try answer.mapError { TargetError($0) }.get()
    }

    /// The content of a file, or the target of a link.
    func content(of path: RepositoryPath, in folder: Folder, _ seen: Sighting) throws(TargetError) -> [UInt8] {
        guard !seen.isLink else {
            let (target, error) = folder.linkTarget(path.name)
            guard let target else { throw TargetError(error, "cannot read '\(path)'") }
            var status = stat()
            guard folder.status(path.name, &status) == 0, Sighting(status) == seen else { throw changed(path) }
            return target
        }
        return try read(path, in: folder, seen) { number throws(TargetError) in
            let size = Int(seen.stamp.size)
            var error: Int32 = 0
            // One byte more than it should be: what grew is noticed.
            let bytes = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
                while count <= size {
                    let got = Glibc.read(number, buffer.baseAddress.map { $0 + count }, size + 1 - count)
                    if got < 0, errno == EINTR { continue }
                    if got < 0 { error = errno }
                    if got <= 0 { return }
                    count += got
                }
            }
            guard error == 0 else { throw TargetError(error, "cannot read '\(path)'") }
            guard bytes.count == size else { throw changed(path) }
            return bytes
        }
    }

    /// Opens a file, makes sure that it is the one seen, lends its descriptor, and makes sure that it
    /// has not changed since.
    private func read<Result>(
        _ path: RepositoryPath, in folder: Folder, _ seen: Sighting, _ body: (Int32) throws(TargetError) -> Result
    ) throws(TargetError) -> Result {
        // Not to be stopped by a fifo that took the name a moment ago.
        let (number, error) = withName(path.name) { name in
            let number = openat(folder.number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            return (number, errno)
        }
        guard number >= 0 else {
            throw error == ENOENT || error == ELOOP ? changed(path) : TargetError(error, "cannot read '\(path)'")
        }
        defer { close(number) }
        var status = stat()
        guard fstat(number, &status) == 0, Sighting(status) == seen else { throw changed(path) }
        let result = try body(number)
        guard fstat(number, &status) == 0, Sighting(status) == seen else { throw changed(path) }
        return result
    }

    private func changed(_ path: RepositoryPath) -> TargetError {
        TargetError("'\(path)' changed while it was read", hint: "try again when nothing writes to it")
    }
}
