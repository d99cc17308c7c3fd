@testable import DirectoryTarget
import Deployments
import Git
import Glibc
import Posix
import Rendering
import Synchronization
import Testing

/// What an environment holds at a path.
enum Content: Hashable {
    case file(String)
    case executable(String)
    case link(String)

    var mode: FileMode {
        switch self {
        case .file: .file
        case .executable: .executable
        case .link: .link
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .file(let text), .executable(let text), .link(let text): Array(text.utf8)
        }
    }
}

/// What is live at a path.
struct Live: Hashable {
    var kind: String
    var permissions: UInt32
    var content: [UInt8]
    var modified: Int64
}

/// A directory to deploy into and a repository to deploy from, in a temporary folder of their own.
final class Site {
    let base: String
    let directory: String
    let repository: Repository
    var interruption: Interruption?
    var inventory = Inventory()

    /// - Parameters:
    ///   - isMade: whether the directory is there before the first deployment.
    ///   - inMemory: whether syncing may be skipped, for tests that deploy many times.
    init(isMade: Bool = true, inMemory: Bool = false) throws {
        let parent = inMemory && access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array((parent + "/directory-target.XXXXXX").utf8CString)
        try #require(mkdtemp(&template) != nil)
        base = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        directory = base + "/site"
        if isMade { try #require(mkdir(directory, 0o755) == 0) }
        let git = Command(
            "git", ["init", "-q", "--bare", base + "/repository"],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": base])
        try #require(try git.run().succeeded)
        // Opening sets options of the library that are the whole process's, and tests run in parallel.
        let place = base + "/repository"
        repository = try Site.opening.withLock { _ in try Opened(Repository(environment: ["GIT_DIR": place])) }
            .repository
    }

    deinit {
        removeAll(base)
    }

    private static let opening = Mutex(())

    /// Hands a repository out of the lock that it is opened under; nobody else has it.
    private struct Opened: @unchecked Sendable {
        let repository: Repository

        init(_ repository: Repository) { self.repository = repository }
    }

    func path(_ name: String) -> String { directory + "/" + name }

    func resource(_ path: RepositoryPath, _ content: Content) throws -> Resource {
        Resource(path: path, mode: content.mode, blob: try repository.write(content.bytes, as: .blob))
    }

    func state(_ resources: [Resource]) -> DesiredState {
        DesiredState(
            environment: "test", commit: .zero, tree: .zero, resources: resources.sorted { $0.path < $1.path })
    }

    func state(_ files: [String: Content]) throws -> DesiredState {
        state(try files.map { try resource(RepositoryPath($0.key), $0.value) })
    }

    func target(mode: UInt32 = 0o644, owner: DirectoryTarget.Owner? = nil) -> DirectoryTarget {
        let target = DirectoryTarget(
            DirectoryTarget.Settings(directory: directory, mode: mode, owner: owner, cachePath: base + "/cache"),
            repository: repository, clock: { Moment(milliseconds: 1_795_408_812_000) })
        target.interruption = interruption
        return target
    }

    func plan(_ state: DesiredState, adopting: Bool = false) throws -> Plan {
        try target().plan(state, inventory: inventory, adopting: adopting)
    }

    /// Plans, applies and commits as the engine does, and remembers what is ours then.
    @discardableResult
    func deploy(
        _ state: DesiredState, adopting: Bool = false, with target: DirectoryTarget? = nil
    ) throws -> Plan {
        let target = target ?? self.target()
        let plan = try target.plan(state, inventory: inventory, adopting: adopting)
        try target.apply(plan) { _ in }
        try target.wait(timeout: 1) { _ in }
        try target.commit()
        inventory = Inventory(owned: state.resources, found: Set(target.foundFolders))
        return plan
    }

    @discardableResult
    func deploy(_ files: [String: Content], adopting: Bool = false) throws -> Plan {
        try deploy(try state(files), adopting: adopting)
    }

    /// What an interrupted deployment of `state` leaves the next one to know.
    func interrupted(by state: DesiredState) -> Inventory {
        var mayHold: [RepositoryPath: [Resource]] = [:]
        for resource in state.resources where !inventory.owned.contains(resource) {
            mayHold[resource.path, default: []] = [resource]
        }
        for resource in inventory.owned where !state.resources.contains(resource) {
            mayHold[resource.path, default: []] += []
        }
        return Inventory(owned: inventory.owned, mayHold: mayHold, found: inventory.found)
    }

    // MARK: What is live

    func put(_ name: String, _ text: String, mode: mode_t = 0o644) throws {
        let number = open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        try #require(number >= 0, "\(name): \(errno)")
        defer { close(number) }
        try FileDescriptor.write(Array(text.utf8), to: number)
        fchmod(number, mode)
    }

    func makeFolder(_ name: String) throws { try #require(mkdir(path(name), 0o755) == 0) }

    func text(_ name: String) throws -> String? {
        try contents(ofFile: path(name)).map { String(decoding: $0, as: UTF8.self) }
    }

    func permissions(_ name: String) -> UInt32? {
        var status = stat()
        return lstat(path(name), &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    func exists(_ name: String) -> Bool {
        var status = stat()
        return lstat(path(name), &status) == 0
    }

    /// Everything in the directory, by path; folders with a kind alone.
    func live() throws -> [RepositoryPath: Live] {
        guard case .opened(let root) = Folder.open(root: directory) else { return [:] }
        var all: [RepositoryPath: Live] = [:]
        try look(root, .root, &all)
        return all
    }

    private func look(_ folder: Folder, _ path: RepositoryPath, _ all: inout [RepositoryPath: Live]) throws {
        for name in try #require(folder.names().names) {
            let inner = path.appending(name)
            var status = stat()
            try #require(folder.status(name, &status) == 0)
            let permissions = status.st_mode & 0o7777
            let modified = FileStamp(status).modified
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                all[inner] = Live(kind: "folder", permissions: permissions, content: [], modified: 0)
                guard case .opened(let opened) = folder.open(name) else { continue }
                try look(opened, inner, &all)
            case S_IFLNK:
                all[inner] = Live(
                    kind: "link", permissions: permissions, content: folder.linkTarget(name).target ?? [],
                    modified: modified)
            case S_IFREG:
                let number = withName(name) { openat(folder.number, $0, O_RDONLY | O_CLOEXEC) }
                try #require(number >= 0)
                defer { close(number) }
                all[inner] = Live(
                    kind: "file", permissions: permissions, content: try FileDescriptor.readAll(from: number),
                    modified: modified)
            default:
                all[inner] = Live(kind: "special", permissions: permissions, content: [], modified: 0)
            }
        }
    }

    /// The files and links of the directory, without folders.
    func liveFiles() throws -> [String: Content] {
        var files: [String: Content] = [:]
        for (path, live) in try live() {
            let text = String(decoding: live.content, as: UTF8.self)
            switch live.kind {
            case "file": files[path.description] = live.permissions & 0o100 != 0 ? .executable(text) : .file(text)
            case "link": files[path.description] = .link(text)
            default: break
            }
        }
        return files
    }
}

/// A file system in memory, mounted for one test.
struct Mount: ~Copyable {
    let path: String

    init(_ path: String, options: String) throws {
        self.path = path
        try #require(mount("tmpfs", path, "tmpfs", 0, options) == 0)
    }

    func makeReadOnly() throws {
        try #require(mount("tmpfs", path, "tmpfs", UInt(32 /* MS_REMOUNT */ | 1 /* MS_RDONLY */), nil) == 0)
    }

    deinit {
        umount2(path, 2 /* MNT_DETACH */)
    }

    /// Whether this process may mount at all.
    static let isPermitted: Bool = {
        var template = Array("/tmp/directory-target.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return false }
        defer { rmdir(template) }
        guard mount("tmpfs", template, "tmpfs", 0, "size=16k") == 0 else { return false }
        umount2(template, 2)
        return true
    }()
}

extension Change {
    /// `create etc/motd`.
    var brief: String { "\(action.rawValue) \(path)" }
}

extension Plan {
    var brief: [String] { changes.map(\.brief) }
    var obstacles: [String] { conflicts.map { "'\($0.path)' \($0.reason)" } }
}

/// The error that a body throws.
func failure(_ body: () throws -> Void) throws -> TargetError {
    do {
        try body()
    } catch let error as TargetError {
        return error
    }
    throw SystemError(0, "nothing was thrown")
}
