import Git
import Glibc
import Posix
import Rendering

/// A complete copy of a desired state in a folder of its own, for `preApply` to judge.
final class StagedCopy {
    let folder: String

    /// - Parameter folder: where it is put; what is there is removed first.
    init(of desired: DesiredState, from repository: Repository, in folder: String) throws {
        self.folder = folder
        removeAll(folder)
        try makeFolders(folder, mode: 0o700)
        var made: Set<RepositoryPath> = [.root]
        for resource in desired.resources {
            try StagedCopy.makeParents(of: resource.path, in: folder, &made)
            let path = Array(folder.utf8) + [UInt8(ascii: "/")] + resource.path.bytes
            let name = path.map(CChar.init(bitPattern:)) + [0]
            if resource.mode == .link {
                let target = try repository.blob(resource.blob).map(CChar.init(bitPattern:)) + [0]
                guard symlink(target, name) == 0 else {
                    throw SystemError(errno, "cannot stage '\(resource.path)'")
                }
                continue
            }
            let number = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, resource.mode == .executable ? 0o755 : 0o644)
            guard number >= 0 else { throw SystemError(errno, "cannot stage '\(resource.path)'") }
            let file = FileDescriptor(owning: number)
            if try repository.header(of: resource.blob).size > StagedCopy.largestInMemory {
                try stream(resource, from: repository, to: file.number)
                continue
            }
            try repository.withContent(of: resource.blob, as: .blob) { bytes throws(GitError) in
                var offset = 0
                while offset < bytes.count {
                    let written = Glibc.write(file.number, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
                    guard written > 0 else {
                        throw GitError(.failed, "cannot stage '\(resource.path)'", reason: SystemError(errno, "").reason)
                    }
                    offset += written
                }
            }
        }
    }

    /// libgit2 holds a whole object in memory; git does not.
    private static let largestInMemory = 32 << 20

    private func stream(_ resource: Resource, from repository: Repository, to file: Int32) throws {
        var variables = ["GIT_DIR": repository.gitDirectory]
        if let path = processVariables()["PATH"] { variables["PATH"] = path }
        var command = Command("git", ["cat-file", "blob", resource.blob.description], environment: variables)
        command.output = .descriptor(file)
        let end = try command.run()
        guard end.succeeded else {
            throw GitError(.failed, "cannot stage '\(resource.path)'", reason: "git cat-file: \(end)")
        }
    }

    private static func makeParents(
        of path: RepositoryPath, in folder: String, _ made: inout Set<RepositoryPath>
    ) throws {
        guard let parent = path.parent, !made.contains(parent) else { return }
        try makeParents(of: parent, in: folder, &made)
        let name = (Array(folder.utf8) + [UInt8(ascii: "/")] + parent.bytes).map(CChar.init(bitPattern:)) + [0]
        guard mkdir(name, 0o755) == 0 || errno == EEXIST else { throw SystemError(errno, "cannot stage '\(parent)'") }
        made.insert(parent)
    }

    deinit {
        removeAll(folder)
    }
}
