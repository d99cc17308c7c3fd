import Deployments
import CPosix
import Git
import Glibc

/// Lends a name with the NUL that the system calls want, without a heap allocation.
func withName<Name: Collection<UInt8>, Result>(_ name: Name, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: name.count + 1) { buffer in
        UnsafeMutableRawBufferPointer(buffer).copyBytes(from: name)
        buffer[name.count] = 0
        guard let start = buffer.baseAddress else { return body("") }
        return body(start)
    }
}

/// What a system call answered: 0, or its error number.
private func code(_ answer: Int32) -> Int32 { answer < 0 ? errno : 0 }

/// An open folder. All work on what is in it goes by its descriptor and a single name, so that no link
/// that somebody puts in the way of a path can redirect it.
final class Folder {
    let number: Int32
    /// Renaming goes within one file system only.
    let device: dev_t

    /// Takes over an open descriptor.
    private init(owning number: Int32) {
        self.number = number
        var status = stat()
        device = fstat(number, &status) == 0 ? status.st_dev : 0
    }

    deinit {
        close(number)
    }

    enum Opening {
        case opened(Folder)
        case absent
        /// Something else has the name: a file, a link, even one to a folder.
        case occupied
        case failed(Int32)
    }

    /// Opens the root of a target. This one path may lead through links.
    static func open(root path: String) -> Opening {
        let number = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        return opening(number, errno)
    }

    /// Opens a folder in this one, following no link.
    func open(_ name: some Collection<UInt8>) -> Opening {
        withName(name) { name in
            let number = openat(self.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            return Folder.opening(number, errno)
        }
    }

    private static func opening(_ number: Int32, _ error: Int32) -> Opening {
        if number >= 0 { return .opened(Folder(owning: number)) }
        switch error {
        case ENOENT: return .absent
        case ENOTDIR, ELOOP: return .occupied
        default: return .failed(error)
        }
    }

    /// lstat(2) of a name in this folder.
    /// - Returns: 0 or an error number.
    func status(_ name: some Collection<UInt8>, _ status: inout stat) -> Int32 {
        withName(name) { code(fstatat(number, $0, &status, AT_SYMLINK_NOFOLLOW)) }
    }

    /// Makes a folder with exactly the permissions, whatever the umask.
    /// - Returns: 0 or an error number.
    func makeFolder(_ name: some Collection<UInt8>, mode: UInt32, owner: DirectoryTarget.Owner?) -> Int32 {
        let made = withName(name) { code(mkdirat(number, $0, mode)) }
        guard made == 0 else { return made }
        let answer: Int32
        switch open(name) {
        case .opened(let folder): answer = folder.set(mode: mode, owner: owner)
        case .absent: answer = ENOENT
        case .occupied: answer = ENOTDIR
        case .failed(let error): answer = error
        }
        if answer != 0 { _ = removeFolder(name) }
        return answer
    }

    /// Gives this folder permissions and an owner, where they differ.
    /// - Returns: 0 or an error number.
    func set(mode: UInt32, owner: DirectoryTarget.Owner?) -> Int32 {
        var status = stat()
        return DirectoryTarget.set(mode: mode, owner: owner, of: number, &status)
    }

    /// - Returns: 0 or an error number.
    func removeFolder(_ name: some Collection<UInt8>) -> Int32 {
        withName(name) { code(unlinkat(number, $0, AT_REMOVEDIR)) }
    }

    /// - Returns: 0 or an error number.
    func removeFile(_ name: some Collection<UInt8>) -> Int32 {
        withName(name) { code(unlinkat(number, $0, 0)) }
    }

    /// Renames, and replaces what has the new name.
    /// - Returns: 0 or an error number.
    func rename(_ name: some Collection<UInt8>, to folder: Folder, _ newName: some Collection<UInt8>) -> Int32 {
        withName(name) { from in withName(newName) { to in code(renameat(number, from, folder.number, to)) } }
    }

    /// Renames, unless something has the new name: then EEXIST.
    /// - Returns: 0 or an error number.
    func renameKeeping(_ name: some Collection<UInt8>, to folder: Folder, _ newName: some Collection<UInt8>) -> Int32 {
        withName(name) { from in
            withName(newName) { to in
                let answer = code(ops_renameat2(number, from, folder.number, to, ops_rename_noreplace))
                guard answer == EINVAL || answer == ENOSYS else { return answer }
                // Some file systems (NFS, FUSE) know no flags; a hard link does not replace either.
                let linked = code(linkat(number, from, folder.number, to, 0))
                // Nor does renaming a folder replace anything but an empty one, which folders have no links for.
                if linked == EPERM, isFolder(from) { return code(renameat(number, from, folder.number, to)) }
                guard linked == 0 else { return linked }
                return code(unlinkat(number, from, 0))
            }
        }
    }

    private func isFolder(_ name: UnsafePointer<CChar>) -> Bool {
        var status = stat()
        return fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Exchanges what two names hold, in one step.
    /// - Returns: 0 or an error number; EINVAL or ENOSYS where the file system cannot.
    func exchange(_ name: some Collection<UInt8>, with folder: Folder, _ other: some Collection<UInt8>) -> Int32 {
        withName(name) { a in
            withName(other) { b in code(ops_renameat2(number, a, folder.number, b, ops_rename_exchange)) }
        }
    }

    /// The same in several steps, for file systems that cannot: the other name is never without a
    /// file where there are hard links, and else for a moment.
    /// - Parameter spare: a free name in this folder.
    /// - Returns: 0 or an error number; then everything is as it was.
    func exchangeBySteps(
        _ name: some Collection<UInt8>, with folder: Folder, _ other: some Collection<UInt8>,
        spare: some Collection<UInt8>
    ) -> Int32 {
        let linked = withName(other) { from in
            withName(spare) { to in code(linkat(folder.number, from, number, to, 0)) }
        }
        if linked == 0 {
            let replaced = rename(name, to: folder, other)
            guard replaced == 0 else {
                _ = removeFile(spare)
                return replaced
            }
        } else {
            let taken = folder.rename(other, to: self, spare)
            guard taken == 0 else { return taken }
            let put = renameKeeping(name, to: folder, other)
            guard put == 0 else {
                _ = renameKeeping(spare, to: folder, other)
                return put
            }
        }
        return rename(spare, to: self, name)
    }

    /// The target of a link.
    /// - Returns: nil, with an error number, where it cannot be read.
    func linkTarget(_ name: some Collection<UInt8>) -> (target: [UInt8]?, error: Int32) {
        var error: Int32 = 0
        let target = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            let got = withName(name) { name in
                buffer.withMemoryRebound(to: CChar.self) { text in
                    text.baseAddress.map { readlinkat(number, name, $0, text.count) } ?? -1
                }
            }
            error = got < 0 ? errno : 0
            count = max(0, got)
        }
        return error == 0 ? (target, 0) : (nil, error)
    }

    /// The names in this folder, without `.` and `..`.
    /// - Returns: nil, with an error number, where it cannot be read whole.
    func names() -> (names: [[UInt8]]?, error: Int32) {
        // A descriptor of its own: readdir moves the position that descriptors share.
        let copy = openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { return (nil, errno) }
        guard let stream = fdopendir(copy) else {
            let error = errno
            close(copy)
            return (nil, error)
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in Array(bytes.prefix { $0 != 0 }) }
            if name != [UInt8(ascii: ".")], name != [UInt8(ascii: "."), UInt8(ascii: ".")] { names.append(name) }
        }
        return errno == 0 ? (names, 0) : (nil, errno)
    }

    /// Writes all of the folder's file system through to disk.
    func sync() -> Int32 {
        code(ops_syncfs(number))
    }
}

extension DirectoryTarget {
    /// Gives an open file or folder permissions and an owner, where they differ: usually they do not,
    /// and then nothing is written.
    /// - Parameter status: set to what the file system says of it, but for what was changed here.
    /// - Returns: 0 or an error number.
    static func set(mode: UInt32, owner: Owner?, of number: Int32, _ status: inout stat) -> Int32 {
        guard fstat(number, &status) == 0 else { return errno }
        // First the owner: changing it may clear bits of the mode.
        if let owner, owner.user != status.st_uid || owner.group != status.st_gid {
            guard fchown(number, owner.user, owner.group) == 0 else { return errno }
        }
        // A folder inherits this bit from the one it is in, and hands its group down.
        let inherited = status.st_mode & S_IFMT == S_IFDIR ? status.st_mode & S_ISGID : 0
        if status.st_mode & 0o7777 != mode | inherited {
            guard fchmod(number, mode | inherited) == 0 else { return errno }
        }
        return 0
    }
}
