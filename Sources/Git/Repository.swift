// Git: the room that reads and writes a repository, and the only importer of CLibgit2.
// It knows objects, references, notes and configuration; it knows nothing of manifests or deployments,
// runs no process, and has no network.

import CLibgit2
import Glibc

/// An open repository. Not sendable: one handle per thread of execution.
public final class Repository {
    let handle: OpaquePointer
    let odb: OpaquePointer

    /// The git directory, absolute, with a trailing slash. In a linked worktree, the worktree's own.
    public let gitDirectory: String
    /// The git directory that all worktrees share; elsewhere the same as `gitDirectory`.
    public let commonDirectory: String
    /// The root of the working tree; nil in a bare repository.
    public let workTree: String?
    /// Whether objects of a push are still in quarantine, so that nothing may be written.
    public let isQuarantined: Bool
    /// What another handle on the same repository must be opened with.
    private let variables: [String: String]
    private var looseDirectory: String?

    /// Opens the repository that git would use.
    ///
    /// The rules are those of git(1): `GIT_DIR` names it, else it is looked for from `start` upward.
    /// In a hook, `GIT_OBJECT_DIRECTORY`, `GIT_ALTERNATE_OBJECT_DIRECTORIES` and `GIT_QUARANTINE_PATH`
    /// say where the objects of the push are. libgit2 can take these from the process itself, but it
    /// then refuses GIT_WORK_TREE and does not unquote the alternates, so they are read here.
    /// - Parameters:
    ///   - start: where the search begins; the working directory by default.
    ///   - environment: the variables, by name.
    ///   - syncsWrites: whether objects and references are on disk before they are named, as records must
    ///     be. libgit2 takes it for the whole process, and looks at it when it opens a repository.
    /// - Throws: `notFound`, `owner` or `unsupported`, each with a way out.
    public init(
        from start: String = ".", environment: [String: String], syncsWrites: Bool = false
    ) throws(GitError) {
        git_libgit2_init()
        Repository.configureLibrary(environment: environment)
        if syncsWrites { _ = git_ops_set_fsync(1) }

        let named = environment["GIT_DIR"]
        let place = named ?? start
        var repository: OpaquePointer?
        // GIT_DIR names the git directory itself; without it git searches upward.
        let flags = named == nil ? 0 : GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue | GIT_REPOSITORY_OPEN_NO_DOTGIT.rawValue
        let code = git_repository_open_ext(
            &repository, place, UInt32(flags), environment["GIT_CEILING_DIRECTORIES"])
        guard code == 0, let repository else { throw Repository.openError(code, place) }

        var database: OpaquePointer?
        let odbCode: Int32
        if let objects = environment["GIT_OBJECT_DIRECTORY"] {
            odbCode = git_odb_open(&database, objects)
            if odbCode == 0, let database {
                for alternate in Repository.alternates(environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] ?? "") {
                    git_odb_add_disk_alternate(database, alternate)
                }
                git_repository_set_odb(repository, database)
            }
        } else {
            odbCode = git_repository_odb(&database, repository)
        }
        guard odbCode == 0, let database else {
            let error = GitError.last(odbCode, "cannot open the object database of '\(place)'")
            git_repository_free(repository)
            throw error
        }

        handle = repository
        odb = database
        gitDirectory = String(cString: git_repository_path(repository))
        commonDirectory = String(cString: git_repository_commondir(repository))
        workTree = git_repository_workdir(repository).map { String(cString: $0) }
        isQuarantined = environment["GIT_QUARANTINE_PATH"] != nil
        variables = environment.filter { Repository.objectVariables.contains($0.key) }
    }

    /// Another handle on the same repository, for another thread: a handle serves one at a time.
    public func another() throws(GitError) -> Repository {
        var environment = variables
        environment["GIT_DIR"] = gitDirectory
        let other = try Repository(environment: environment)
        if let looseDirectory { try other.writeObjects(to: looseDirectory) }
        return other
    }

    private static let objectVariables: Set<String> = [
        "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH",
    ]

    deinit {
        git_odb_free(odb)
        git_repository_free(handle)
        git_libgit2_shutdown()
    }

    /// The settings of libgit2 are the whole process's, and setting them is not safe while others open
    /// repositories: once is enough.
    private static let library: Bool = {
        _ = git_ops_set_hash_verification(0)
        let extensions = ["worktreeconfig", "partialclone", "preciousobjects"]
        var names: [UnsafePointer<CChar>?] = extensions.map { UnsafePointer(strdup($0)) }
        defer { for name in names { free(UnsafeMutableRawPointer(mutating: name)) } }
        return git_ops_set_extensions(&names, names.count) == 0
    }()

    private static func configureLibrary(environment: [String: String]) {
        _ = library
        // git does not ask who owns the repository where GIT_DIR is set (a hook); libgit2 would.
        if environment["GIT_DIR"] != nil { _ = git_ops_set_owner_validation(0) }
    }

    private static func openError(_ code: Int32, _ place: String) -> GitError {
        let error = GitError.last(code, "cannot open the repository '\(place)'")
        if error.reason.contains("objectformat") || error.reason.contains("object format") {
            return GitError(
                .unsupported, "repository '\(place)' uses the sha256 object format, which git-ops cannot read",
                hint: "use a repository with sha1 objects: git init --object-format=sha1")
        }
        if error.reason.contains("refstorage") {
            return GitError(
                .unsupported, "repository '\(place)' keeps its references in a format that git-ops cannot read",
                reason: error.reason, hint: "use a repository made with: git init --ref-format=files")
        }
        if error.reason.contains("unsupported extension") || error.reason.contains("unsupported repository version") {
            return GitError(.unsupported, error.operation, reason: error.reason)
        }
        if error.kind == .owner {
            return GitError(
                .owner, "repository '\(place)' is owned by someone else",
                hint: "to trust it: git config --global --add safe.directory <directory>")
        }
        if error.kind == .notFound, isOfAnother(place) {
            // libgit2 1.5 does not tell the two apart for a bare repository.
            return GitError(
                .owner, "repository '\(place)' is owned by someone else",
                hint: "to trust it: git config --global --add safe.directory <directory>")
        }
        if error.kind == .notFound {
            return GitError(.notFound, "not a git repository (or any of the parent directories): '\(place)'")
        }
        return error
    }

    /// Whether a repository is there, at a place or above it, and belongs to another user.
    private static func isOfAnother(_ place: String) -> Bool {
        var path = place
        for _ in 0..<Repository.deepestTree {
            for candidate in [path, path + "/.git"] where access(candidate + "/objects", F_OK) == 0 {
                var status = stat()
                if access(candidate + "/HEAD", F_OK) == 0, stat(candidate, &status) == 0 { return status.st_uid != geteuid() }
            }
            var buffer = [CChar](repeating: 0, count: 4096)
            guard realpath(path, &buffer) != nil else { return false }
            if buffer[0] == CChar(bitPattern: UInt8(ascii: "/")), buffer[1] == 0 { return false }
            path += "/.."
        }
        return false
    }

    /// Splits GIT_ALTERNATE_OBJECT_DIRECTORIES, whose entries git quotes in C style where they hold a
    /// colon or begin with a quote (upstream `object-file.c`, `parse_alt_odb_entry`).
    static func alternates(_ list: String) -> [String] {
        var entries: [String] = []
        var rest = list.utf8[...]
        while !rest.isEmpty {
            if rest.first == UInt8(ascii: "\"") {
                var end = rest.index(after: rest.startIndex)
                while end < rest.endIndex, rest[end] != UInt8(ascii: "\"") {
                    end = rest.index(end, offsetBy: rest[end] == UInt8(ascii: "\\") ? 2 : 1, limitedBy: rest.endIndex)
                        ?? rest.endIndex
                }
                guard end < rest.endIndex else { break }
                let quoted = String(decoding: rest[...end], as: UTF8.self)
                if let path = RepositoryPath(quoted: quoted) { entries.append(String(decoding: path.bytes, as: UTF8.self)) }
                rest = rest[rest.index(after: end)...]
                if rest.first == UInt8(ascii: ":") { rest = rest.dropFirst() }
            } else {
                let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
                if end > rest.startIndex { entries.append(String(decoding: rest[..<end], as: UTF8.self)) }
                rest = end < rest.endIndex ? rest[rest.index(after: end)...] : rest[rest.endIndex...]
            }
        }
        return entries
    }

    /// Adds a directory of loose objects that is written to instead of the repository's own.
    ///
    /// What a person changed by hand in a live file is shown by `diff`, but does not belong in the
    /// repository.
    /// - Parameter directory: an existing directory.
    public func writeObjects(to directory: String) throws(GitError) {
        var backend: UnsafeMutablePointer<git_odb_backend>?
        try check(
            git_odb_backend_loose(&backend, directory, -1, 0, 0o700, 0o600), "cannot use '\(directory)' for objects")
        try check(git_odb_add_backend(odb, backend, 1000), "cannot use '\(directory)' for objects")
        looseDirectory = directory
    }
}
