import Deployments
import Git
import Glibc
import Posix
import Rendering

/// Writes resources as files of the staging directory: whole, with their permissions and owner.
struct Contents {
    let settings: DirectoryTarget.Settings
    let repository: Repository

    /// Blobs beyond this size are not held in memory: git writes them straight into the file.
    private static let large = 32 << 20

    /// Writes a resource under a name that is free.
    /// - Returns: what the file system says of it then.
    func write(
        _ resource: Resource, to folder: Folder, _ name: some Collection<UInt8>
    ) throws(TargetError) -> Sighting {
        resource.mode == .link ? try link(resource, in: folder, name) : try file(resource, in: folder, name)
    }

    private func link(
        _ resource: Resource, in folder: Folder, _ name: some Collection<UInt8>
    ) throws(TargetError) -> Sighting {
        let owner = settings.owner
        var code: Int32
        do throws(GitError) {
            code = try repository.withContent(of: resource.blob, as: .blob) { target in
                withName(target) { target in
                    withName(name) { name in
                        guard symlinkat(target, folder.number, name) == 0 else { return errno }
                        guard let owner else { return 0 }
                        return fchownat(folder.number, name, owner.user, owner.group, AT_SYMLINK_NOFOLLOW) == 0
                            ? 0 : errno
                    }
                }
            }
        } catch {
            throw TargetError(error)
        }
        var status = stat()
        if code == 0 { code = folder.status(name, &status) }
        guard code == 0 else { throw failure(code, resource) }
        return Sighting(status)
    }

    private func file(
        _ resource: Resource, in folder: Folder, _ name: some Collection<UInt8>
    ) throws(TargetError) -> Sighting {
        let permissions = settings.permissions(of: resource.mode)
        let (number, error) = withName(name) { name in
            let number = openat(folder.number, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, permissions)
            return (number, errno)
        }
        guard number >= 0 else { throw failure(error, resource) }
        defer { close(number) }

        let size: Int
        var code: Int32 = 0
        do throws(GitError) {
            size = try repository.header(of: resource.blob).size
            if size <= Contents.large {
                code = try repository.withContent(of: resource.blob, as: .blob) { Contents.write($0, to: number) }
            }
        } catch {
            throw TargetError(error)
        }
        guard code == 0 else { throw failure(code, resource) }
        if size > Contents.large { try stream(resource, size, to: number) }
        var status = stat()
        code = DirectoryTarget.set(mode: permissions, owner: settings.owner, of: number, &status)
        guard code == 0 else { throw failure(code, resource) }
        return Sighting(status)
    }

    /// - Returns: 0 or an error number.
    private static func write(_ bytes: UnsafeRawBufferPointer, to number: Int32) -> Int32 {
        var offset = 0
        while offset < bytes.count {
            let written = Glibc.write(number, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
            if written < 0, errno != EINTR { return errno }
            offset += max(0, written)
        }
        return 0
    }

    /// libgit2 reads a packed blob whole into memory; git streams it.
    private func stream(_ resource: Resource, _ size: Int, to number: Int32) throws(TargetError) {
        var git = Command(
            "git", ["cat-file", "blob", resource.blob.description],
            environment: [
                "GIT_DIR": repository.gitDirectory, "LC_ALL": "C",
                "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin",
            ])
        git.output = .descriptor(number)
        git.error = .none
        let termination: Termination
        do throws(SystemError) {
            termination = try git.run()
        } catch {
            throw TargetError("cannot write '\(resource.path)': \(error)")
        }
        var status = stat()
        guard fstat(number, &status) == 0 else { throw failure(errno, resource) }
        guard !termination.succeeded || Int(status.st_size) != size else { return }
        // git says why on a stream that nobody reads; the usual reason can be asked for.
        var space = statvfs()
        if fstatvfs(number, &space) == 0, space.f_bavail == 0 { throw failure(ENOSPC, resource) }
        throw TargetError("cannot write '\(resource.path)': git cat-file: \(termination)")
    }

    private func failure(_ code: Int32, _ resource: Resource) -> TargetError {
        // In a folder of ours, another of our names can only be the same to the file system.
        let hint = code == EEXIST ? "its file system does not tell upper from lower case" : nil
        return TargetError(code, "cannot write '\(resource.path)'", hint: hint)
    }
}
