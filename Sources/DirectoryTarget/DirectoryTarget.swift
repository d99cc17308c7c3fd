// DirectoryTarget: a directory of this machine as a target. It lays an environment's files into it.
// It knows files, folders, links, and the blobs they are to hold; it knows nothing of records, hooks,
// manifests or commands, and touches nothing outside of its directory but its cache.

public import Deployments
public import Git
import Glibc
public import Posix
public import Rendering

/// Lays an environment's files into a directory, and removes them again when they leave it.
///
/// Everything goes by descriptors of folders and single names, following no link. Folders are made with
/// the permissions of the settings; folders that are there are taken as they are. Another file system
/// that is mounted inside of the directory can hold files that are as desired already, but a change
/// there is a conflict, because no rename reaches it.
public final class DirectoryTarget: Target {
    private let settings: Settings
    private let repository: Repository
    private let clock: () -> Moment
    private let onMessage: (String) -> Void
    /// For tests.
    var interruption: Interruption?

    private var blueprint: Blueprint?
    private var keptSuffix = ""
    private var cache: StatCache?
    private var running: Switch?
    /// Held while a deployment may still be undone: another repository, or another environment by another
    /// name of the same directory, would take what is kept for that for a left-over.
    private var lock: DirectoryLock?
    private var hasMadeRoot = false
    /// Goes on from one plan to the next.
    private var watch: DirectoryWatch?
    /// The most folders that are watched; for tests.
    var mostWatches = Int.max {
        didSet { watch?.limit = mostWatches }
    }
    var watchDescriptor: Int32? { watch?.descriptor }
    /// When the last plan was begun and ended, in nanoseconds since 1970.
    private var planned: (begin: Int64, end: Int64) = (0, 0)

    /// - Parameters:
    ///   - repository: holds the blobs.
    ///   - clock: tells the moment that names of kept files hold.
    ///   - onMessage: told where it cannot be watched as it should.
    public init(
        _ settings: Settings, repository: Repository, clock: @escaping () -> Moment = { .now() },
        onMessage: @escaping (String) -> Void = { _ in }
    ) {
        self.settings = settings
        self.repository = repository
        self.clock = clock
        self.onMessage = onMessage
    }

    public func plan(
        _ desired: DesiredState, inventory: Inventory, adopting: Bool
    ) throws(TargetError) -> Plan {
        blueprint = nil
        let begin = Moment.now().milliseconds * 1_000_000
        // Opened for each plan, since what it remembers may be younger than what was read before.
        cache = try? StatCache(path: settings.cachePath)
        keptSuffix = clock().compact
        let planner = try Planner(
            desired, inventory: inventory, adopting: adopting, settings: settings, repository: repository, cache: cache,
            keptSuffix: keptSuffix)
        let blueprint = try planner.run(root: try openRoot())
        self.blueprint = blueprint
        planned = (begin, (Moment.now().milliseconds + 1) * 1_000_000)
        // Without it the next plan reads more; it is no reason to fail.
        try? cache?.save()
        return blueprint.plan
    }

    public func liveContent(of change: Change) throws(TargetError) -> [UInt8]? {
        guard change.live != nil else { return nil }
        guard let blueprint, let root = blueprint.root, let seen = blueprint.step(at: change.path)?.seen else {
            throw TargetError("'\(change.path)' is not in the plan")
        }
        var walk = FolderWalk(root: .open(root))
        let folder = try walk.folder(holding: change.path)
        return try LiveFiles(cache: nil).content(of: change.path, in: folder, seen)
    }

    public func watches() throws(TargetError) -> Bool { true }

    public func awaitChange(unless isOver: @escaping () -> Bool, waking waker: Int32?) throws(TargetError) -> [RepositoryPath] {
        guard let blueprint else { throw TargetError("nothing was planned that could be watched") }
        let watch = watch ?? DirectoryWatch(settings.directory, limit: mostWatches, tell: onMessage)
        self.watch = watch
        watch.expect(blueprint.seen, from: planned)
        return try watch.awaitChange(unless: isOver, waking: waker)
    }

    public func apply(_ plan: Plan, progress: (Change) -> Void) throws(TargetError) {
        guard let blueprint, running == nil, blueprint.isWhat(plan) else {
            throw TargetError("the plan is not the one that was made last")
        }
        if let conflict = blueprint.conflicts.first {
            throw TargetError("'\(conflict.path)' \(conflict.reason)", hint: conflict.hint)
        }
        if blueprint.root == nil, blueprint.steps.isEmpty { return }
        let root: Folder
        if let found = blueprint.root { root = found } else { root = try makeRoot() }
        lock = try DirectoryLock(settings.directory)
        let running = Switch(
            blueprint, in: root, settings: settings, repository: repository, keptSuffix: keptSuffix,
            interruption: interruption)
        self.running = running
        do throws(TargetError) {
            try running.run(progress)
        } catch let cause {
            if !running.isDead { try undo(after: cause) }
            lock = nil
            throw cause
        }
    }

    public func wait(
        timeout: Double, unless isOvertaken: @escaping () -> Bool, progress: (String) -> Void
    ) throws(TargetError) -> WaitOutcome { .healthy }

    public func commit() throws(TargetError) {
        guard let running, let blueprint else { return }
        defer { lock = nil }
        self.running = nil
        hasMadeRoot = false
        // The deployment is done. What stays of the staging directory goes with the next one, and what
        // is not remembered is read again: neither makes it a failure.
        try? running.finish()
        if running.isDead { throw TargetError("killed") }
        remember(running, blueprint)
    }

    public func tidy() throws(TargetError) {
        guard running == nil, let root = blueprint?.root else { return }
        // Somebody who deploys into the same directory needs what is there.
        guard let lock = try? DirectoryLock(settings.directory) else { return }
        defer { withExtendedLifetime(lock) {} }
        try Staging.removeLeftover(from: root) { _ throws(TargetError) in }
    }

    public func rollBack() throws(TargetError) {
        guard running != nil else { return }
        defer { lock = nil }
        try undo(after: nil)
    }

    public var foundFolders: [RepositoryPath] { blueprint?.found ?? [] }

    // MARK: The root

    private func openRoot() throws(TargetError) -> Folder? {
        guard settings.directory.utf8.first == UInt8(ascii: "/"), !settings.directory.utf8.contains(0) else {
            throw TargetError("directory '\(settings.directory)' is not an absolute path")
        }
        switch Folder.open(root: settings.directory) {
        case .opened(let folder): return folder
        case .occupied: throw TargetError("'\(settings.directory)' is not a directory")
        case .failed(let error): throw TargetError(error, "cannot open directory '\(settings.directory)'")
        case .absent: break
        }
        var status = stat()
        guard lstat(settings.directory, &status) != 0 else {
            throw TargetError("directory '\(settings.directory)' is a link that leads nowhere")
        }
        // Only the last component is made: more would hide a mistyped path or a disk that is not mounted.
        guard stat(parentOfRoot, &status) == 0 else {
            throw TargetError(
                "cannot make directory '\(settings.directory)': there is no '\(parentOfRoot)'",
                hint: "make it, or set ops.<environment>.directory to another")
        }
        return nil
    }

    private var parentOfRoot: String {
        var components = settings.directory.split(separator: "/")
        _ = components.popLast()
        return "/" + components.joined(separator: "/")
    }

    private func makeRoot() throws(TargetError) -> Folder {
        guard mkdir(settings.directory, settings.folderMode) == 0 else {
            throw TargetError(errno, "cannot make directory '\(settings.directory)'")
        }
        hasMadeRoot = true
        guard case .opened(let root) = Folder.open(root: settings.directory) else {
            throw TargetError(errno, "cannot open directory '\(settings.directory)'")
        }
        let code = root.set(mode: settings.folderMode, owner: settings.owner)
        guard code == 0 else {
            removeRoot()
            throw TargetError(code, "cannot make directory '\(settings.directory)'")
        }
        return root
    }

    private func removeRoot() {
        guard hasMadeRoot else { return }
        hasMadeRoot = false
        // Where somebody has put something into it meanwhile, it stays.
        rmdir(settings.directory)
    }

    // MARK: The end

    /// - Parameter cause: why; nil where it was asked for.
    private func undo(after cause: TargetError?) throws(TargetError) {
        guard let running else { return }
        self.running = nil
        do throws(TargetError) {
            try running.undo()
        } catch {
            guard let cause, error.isPartial else { throw error }
            throw TargetError("\(cause.message); then: \(error.message)", hint: error.hint, isPartial: true)
        }
        removeRoot()
    }

    private func remember(_ running: Switch, _ blueprint: Blueprint) {
        guard let cache else { return }
        for step in blueprint.steps where step.change.desired == nil { cache.forget(step.change.path) }
        for path in blueprint.gone { cache.forget(path) }
        try? running.forEachInPlace { resource, sighting in
            try? cache.remember(resource.path, mode: resource.mode, blob: resource.blob, stamp: sighting.stamp)
        }
        try? cache.save()
    }
}
