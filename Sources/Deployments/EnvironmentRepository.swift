import Environments
public import Git
import Glibc
import Rendering
import Posix

/// An environment: what `ops.yaml` declares, the branch it follows, and where it goes from here.
public struct Environment: Sendable {
    public let name: String
    /// The branch that is deployed, as a full reference: `refs/heads/main`.
    public let branch: String
    public let settings: EnvironmentSettings

    /// The chain of deployments.
    public var reference: String { "refs/ops/\(name)" }
    /// The deployment that is being carried out, or that was when its process died.
    public var pendingReference: String { "refs/ops/_pending/\(name)" }

    /// The branch without `refs/heads/`, fit to be printed.
    public var shortBranch: String {
        plainLine(branch.hasPrefix("refs/heads/") ? branch.dropFirst(11) : branch[...], limit: 200)
    }
}

/// Writes a commit: its tree, its parents, its author, its committer, its message.
public typealias RecordWriter = (ObjectID, [ObjectID], Signature, Signature, String) throws -> ObjectID

/// The environment repository: the desired state of all environments, and the record of what was done.
public final class EnvironmentRepository {
    public static let notesReference = "refs/notes/ops"

    public let repository: Repository
    public let configuration: Configuration
    /// Who commits records here.
    public let committer: @Sendable (Moment) -> Signature
    private let signer: RecordWriter?

    /// - Parameter signer: what writes the commits of the record where they are to be signed.
    public init(
        _ repository: Repository, configuration: Configuration, committer: @escaping @Sendable (Moment) -> Signature, signer: RecordWriter? = nil
    ) {
        self.signer = signer
        self.repository = repository
        self.configuration = configuration
        self.committer = committer
    }

    /// The environments in force: those that `ops.yaml` on the default branch declares.
    ///
    /// The default branch decides which environments there are and which branch each follows, so that
    /// nobody can redirect an environment by a push to another branch.
    /// - Throws: `RenderingError` where `ops.yaml` is not valid, or the default branch does not exist.
    public func environments() throws -> [Environment] {
        let head = try defaultBranch()
        guard let tip = try repository.target(of: head) else {
            throw RenderingError(
                "the default branch '\(head.dropFirst(11))' does not exist yet",
                hint: "push it, or name another: git symbolic-ref HEAD refs/heads/<branch>")
        }
        let file = try repository.opsFile(inTree: try repository.tree(ofCommit: tip))
        return file.environments.map { declaration in
            Environment(
                name: declaration.name, branch: declaration.branch.map { "refs/heads/\($0)" } ?? head,
                settings: EnvironmentSettings(environment: declaration.name, configuration: configuration))
        }
    }

    /// The branch that HEAD names.
    public func defaultBranch() throws -> String {
        guard let head = try repository.headBranch() else {
            throw RenderingError(
                "HEAD is detached, so there is no default branch", hint: "check out a branch: git switch <branch>")
        }
        return head
    }

    /// The environment of that name.
    /// - Throws: `RenderingError` where there is none.
    public func environment(_ name: String) throws -> Environment {
        let all = try environments()
        guard let found = all.first(where: { $0.name == name }) else {
            throw RenderingError(
                "there is no environment '\(plainLine(name, limit: 80))'",
                hint: "declared are: \(all.map(\.name).joined(separator: ", "))")
        }
        return found
    }

    /// The newest commit of the environment's branch.
    public func tip(of environment: Environment) throws -> ObjectID {
        guard let tip = try repository.target(of: environment.branch) else {
            throw RenderingError("branch '\(environment.shortBranch)' of environment '\(environment.name)' does not exist")
        }
        return tip
    }

    /// Writes a commit of the record, signed where it is to be.
    func writeRecord(tree: ObjectID, parents: [ObjectID], author: Signature, committer: Signature, message: String) throws -> ObjectID {
        guard let signer else {
            return try repository.writeCommit(tree: tree, parents: parents, author: author, committer: committer, message: message)
        }
        return try signer(tree, parents, author.clean, committer.clean, message)
    }

    /// Where `stateFolder` is; it need not be there.
    public func statePath(_ environment: String) -> String {
        repository.commonDirectory + "ops/" + environment
    }

    /// The folder for what this machine alone needs to know of an environment: its lock, its queue, logs.
    public func stateFolder(_ environment: String) throws -> String {
        let folder = statePath(environment)
        try makeFolders(folder, mode: 0o700)
        return folder
    }

    /// What an environment's files are to its target.
    func form(holdingObjects: Bool) -> ResourceForm {
        holdingObjects ? .objects(key: { [self] in try secretKey() }) : .files
    }

    /// As `form`, where nothing may be changed: digests are of no use to whom has no key.
    func readOnlyForm(holdingObjects: Bool) -> ResourceForm {
        holdingObjects ? .objects(key: { [self] in try knownSecretKey() ?? [UInt8](repeating: 0, count: 32) }) : .files
    }

    /// The key of the digests that stand for the values of Secrets: 32 random bytes, made once, which never leave
    /// this machine.
    public func secretKey() throws -> [UInt8] {
        if let key = try knownSecretKey() { return key }
        let path = secretKeyPath
        try makeFolders(repository.commonDirectory + "ops", mode: 0o755)
        var generator = SystemRandomNumberGenerator()
        let key = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        try write(key, toFile: path)
        // Where two made one at once, one of them stays.
        return try contents(ofFile: path, limit: 64) ?? key
    }

    private var secretKeyPath: String { repository.commonDirectory + "ops/_key" }

    private func knownSecretKey() throws -> [UInt8]? {
        guard let key = try contents(ofFile: secretKeyPath, limit: 64), key.count == 32 else { return nil }
        return key
    }

    /// The file whose lock the one who deploys an environment holds.
    public func lockPath(_ environment: String) -> String {
        statePath(environment) + "/lock"
    }

    /// Waits until nobody else deploys the environment, and keeps others waiting.
    /// - Parameter onWait: called once, if it has to wait.
    public func lock(_ environment: String, onWait: () -> Void = {}) throws -> EnvironmentLock {
        if let lock = try lockIfFree(environment) { return lock }
        onWait()
        return EnvironmentLock(environment, try FileLock(waitingFor: lockPath(environment)))
    }

    /// Keeps others from deploying the environment, if nobody does; nil where somebody does.
    public func lockIfFree(_ environment: String) throws -> EnvironmentLock? {
        _ = try stateFolder(environment)
        guard let lock = try FileLock(taking: lockPath(environment)) else { return nil }
        return EnvironmentLock(environment, lock)
    }

    /// Waits as `lock` does, for as long as somebody wants it.
    /// - Parameter isOver: asked some twenty times a second; once it is true, nobody waits any longer.
    /// - Returns: nil where `isOver` has ended the wait.
    public func patientLock(_ environment: String, unless isOver: () -> Bool) throws -> EnvironmentLock? {
        while true {
            if let lock = try lockIfFree(environment) { return lock }
            guard !isOver() else { return nil }
            usleep(50_000)
        }
    }
}

/// Proof that its holder alone deploys an environment. It goes with the process.
public struct EnvironmentLock: ~Copyable {
    public let environment: String
    private let lock: FileLock

    /// For a process that must not outlive the lock: one that inherits it holds the lock as well.
    public var descriptor: Int32 { lock.descriptor }

    init(_ environment: String, _ lock: consuming FileLock) {
        self.environment = environment
        self.lock = lock
    }
}
