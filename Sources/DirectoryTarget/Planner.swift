import Deployments
import Git
import Glibc
import Rendering

/// Compares what is desired and what is ours with what is there. It reads, and changes nothing.
final class Planner {
    private let settings: DirectoryTarget.Settings
    private let repository: Repository
    private let files: LiveFiles
    private let inventory: Inventory
    private let desired: DesiredState
    private let adopting: Bool
    /// What the names of kept files end in.
    private let keptSuffix: String

    private var candidates: Candidates
    private var blueprint = Blueprint()
    /// The last place that was said to be in the way, or elsewhere: everything below it follows.
    private var saidBlocked: RepositoryPath?
    private var blocked: (path: RepositoryPath, kind: String)?
    private var saidElsewhere: RepositoryPath?
    /// Folders in the place of files: judged when it is known what leaves them.
    private var foldersInTheWay: [Candidates.Candidate] = []
    private var ownerNames: [DirectoryTarget.Owner: String] = [:]

    init(
        _ desired: DesiredState, inventory: Inventory, adopting: Bool, settings: DirectoryTarget.Settings,
        repository: Repository, cache: StatCache?, keptSuffix: String
    ) throws(TargetError) {
        self.settings = settings
        self.repository = repository
        self.inventory = inventory
        self.desired = desired
        self.adopting = adopting
        self.keptSuffix = keptSuffix
        files = LiveFiles(cache: cache)
        candidates = try Candidates(desired, inventory)
    }

    /// Compares everything.
    func run(root: Folder?) throws(TargetError) -> Blueprint {
        blueprint.root = root
        if let root { try checkStaging(in: root) }
        var walk = FolderWalk(
            root: root.map(FolderWalk.Place.open) ?? .absent(FolderWalk.Absence(device: nil, outermost: nil)))
        while let candidate = candidates.advance() {
            if let resource = candidate.desired { try check(resource) }
            let place = try walk.place(holding: candidate.path) { path, place throws(TargetError) in
                try enter(path, from: place)
            }
            try compare(candidate, at: place)
        }
        try judgeFoldersInTheWay()
        return blueprint
    }

    /// Refuses what must never be written, whatever is live.
    private func check(_ resource: Resource) throws(TargetError) {
        try SafeNames.check(resource.path)
        switch resource.mode {
        case .file, .executable: break
        case .tree, .submodule:
            throw TargetError("refusing to write '\(resource.path)': it is neither a file nor a link")
        case .link:
            try SafeNames.check(target: try target(ofLink: resource), ofLink: resource.path)
        }
    }

    private func target(ofLink resource: Resource) throws(TargetError) -> [UInt8] {
        let target: [UInt8]?
        do throws(GitError) {
            // A link's target is a path; anything longer is hostile, and not read.
            let size = try repository.header(of: resource.blob).size
            target = size < PATH_MAX ? try repository.blob(resource.blob) : nil
        } catch {
            throw TargetError(error)
        }
        guard let target else {
            throw TargetError("refusing to write link '\(resource.path)': its target is too long")
        }
        return target
    }

    /// What has the staging directory's name must be ours: it will be removed.
    private func checkStaging(in root: Folder) throws(TargetError) {
        if let reason = try Staging.obstacle(in: root) {
            blueprint.conflicts.append(
                Plan.Conflict(RepositoryPath(Staging.name), reason, hint: "git-ops needs that name: move it away"))
        }
    }

    // MARK: Folders

    private func enter(_ path: RepositoryPath, from place: FolderWalk.Place) throws(TargetError) -> FolderWalk.Place {
        guard !candidates.isDesired(path) || !candidates.isDesired(below: path) else {
            throw TargetError("refusing to write '\(path)': it is desired both as a file and as a folder")
        }
        let folder: Folder
        switch place {
        case .open(let opened): folder = opened
        case .blocked: return .blocked
        case .absent(let absence):
            return .absent(
                FolderWalk.Absence(device: absence.device, outermost: absence.outermost ?? path, isOccupied: absence.isOccupied))
        }
        let absent = FolderWalk.Place.absent(FolderWalk.Absence(device: folder.device, outermost: path))
        switch folder.open(path.name) {
        case .opened(let inner):
            if candidates.isDesired(below: path), inventory.found.contains(path) || !candidates.isOurs(below: path) {
                blueprint.found.append(path)
            }
            return .open(inner)
        case .absent:
            return absent
        case .occupied:
            var status = stat()
            let code = folder.status(path.name, &status)
            if code == ENOENT { return absent }
            guard code == 0 else { throw TargetError(code, "cannot read '\(path)'") }
            // What is ours and has the name of a folder leaves: that was planned by its own path, which
            // comes before those of all that is in the folder.
            if blueprint.step(at: path) != nil {
                return .absent(FolderWalk.Absence(device: folder.device, outermost: path, isOccupied: true))
            }
            blocked = (path, Planner.kind(of: status.st_mode))
            return .blocked
        case .failed(let error):
            throw TargetError(error, "cannot open folder '\(path)'")
        }
    }

    private static func kind(of mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFREG: "a file"
        case S_IFLNK: "a symbolic link"
        case S_IFDIR: "a folder"
        case S_IFIFO: "a fifo"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }

    // MARK: Files

    private func compare(_ candidate: Candidates.Candidate, at place: FolderWalk.Place) throws(TargetError) {
        switch place {
        case .blocked:
            blueprint.seen.append(Seen(path: candidate.path, look: .blocked))
            if candidate.desired != nil { sayBlocked() }
        case .absent(let absence):
            blueprint.seen.append(Seen(path: candidate.path, look: absence.isOccupied ? .blocked : .nothing))
            missing(candidate, in: absence)
        case .open(let folder):
            var status = stat()
            switch folder.status(candidate.path.name, &status) {
            case 0: break
            case ENOENT:
                blueprint.seen.append(Seen(path: candidate.path, look: .nothing))
                missing(candidate, in: FolderWalk.Absence(device: folder.device, outermost: nil))
                return
            case let error: throw TargetError(error, "cannot read '\(candidate.path)'")
            }
            blueprint.seen.append(Seen(path: candidate.path, look: Seen.Look(status)))
            switch status.st_mode & S_IFMT {
            case S_IFREG, S_IFLNK:
                try compare(candidate, with: Sighting(status), in: folder)
            case S_IFDIR where candidate.desired != nil:
                foldersInTheWay.append(candidate)
            default:
                // Where nothing is desired, what we left there is gone, and this is somebody else's.
                guard candidate.desired != nil else { return }
                conflict(
                    candidate.path, "is \(Planner.kind(of: status.st_mode)), which git-ops never touches",
                    hint: "move it away")
            }
        }
    }

    private func missing(_ candidate: Candidates.Candidate, in absence: FolderWalk.Absence) {
        guard let resource = candidate.desired else {
            blueprint.gone.append(candidate.path)
            // A deployment that was killed may have left folders that it emptied.
            noteLeaving(absence.outermost ?? candidate.path)
            return
        }
        let change = Change(
            .create, candidate.path, desired: resource, isDrift: candidate.owned != nil && candidate.mayHold == nil)
        add(Blueprint.Step(change, newFolder: absence.outermost), on: absence.device)
    }

    private func compare(
        _ candidate: Candidates.Candidate, with seen: Sighting, in folder: Folder
    ) throws(TargetError) {
        let path = candidate.path
        let blob = try files.blob(of: path, in: folder, seen)
        blueprint.seen[blueprint.seen.count - 1].blob = blob
        let isAsLeft =
            candidate.owned.map { holds(seen, blob, as: $0) } ?? false
            || candidate.mayHold?.contains { holds(seen, blob, as: $0) } ?? false
        // What an interrupted deployment meant to make is ours only where it is what it made.
        let isOurs = candidate.owned != nil || isAsLeft

        guard let resource = candidate.desired else {
            guard isOurs else { return }
            let live = (mode: mode(of: seen, like: candidate.owned?.mode), blob: blob)
            if isAsLeft {
                add(Blueprint.Step(Change(.prune, path, live: live), seen: seen), on: folder.device)
                noteLeaving(path)
            } else {
                let name = KeptName.make(path.name, suffix: keptSuffix)
                let change = Change(
                    .keep, path, live: live, isDrift: true, remark: "kept as \(RepositoryPath.quoted(name))")
                add(Blueprint.Step(change, seen: seen, keptName: name), on: folder.device)
            }
            return
        }

        let hasContent = holds(seen, blob, as: resource)
        let wanted = settings.permissions(of: resource.mode)
        let hasPermissions = seen.isLink || seen.permissions == wanted
        let hasOwner = settings.owner.map { $0.user == seen.user && $0.group == seen.group } ?? true
        if hasContent, hasPermissions, hasOwner {
            blueprint.unchanged += 1
            return
        }
        guard isOurs || adopting else {
            conflict(
                path, hasContent ? "exists with other permissions and is not ours" : "exists and is not ours",
                hint: "to take it over: git ops apply --adopt \(desired.environment)")
            return
        }
        let live = (mode: mode(of: seen, like: resource.mode), blob: blob)
        // A mode that git can hold speaks for itself.
        let isTold =
            seen.isLink || resource.mode == .link || hasPermissions
            || live.mode != resource.mode && seen.permissions == settings.permissions(of: live.mode)
        add(
            Blueprint.Step(
                Change(
                    .change, path, live: live, desired: resource,
                    isDrift: isOurs && (hasContent || !isAsLeft),
                    permissions: isTold ? nil : (live: seen.permissions, desired: wanted),
                    remark: hasOwner ? nil : ownerRemark(seen)),
                seen: seen),
            on: folder.device)
    }

    /// Whether a live file is what a resource says, apart from permissions that git cannot hold.
    private func holds(_ seen: Sighting, _ blob: ObjectID, as resource: Resource) -> Bool {
        blob == resource.blob && mode(of: seen, like: resource.mode) == resource.mode
    }

    /// The kind of a live file in git's terms.
    /// - Parameter expected: the kind it is taken for where its permissions allow: under a `mode` with
    ///   `x`, plain files have it too.
    private func mode(of seen: Sighting, like expected: FileMode?) -> FileMode {
        if seen.isLink { return .link }
        if let expected, expected != .link, seen.permissions == settings.permissions(of: expected) { return expected }
        return seen.permissions & 0o100 != 0 ? .executable : .file
    }

    private func ownerRemark(_ seen: Sighting) -> String? {
        guard let owner = settings.owner else { return nil }
        let live = DirectoryTarget.Owner(user: seen.user, group: seen.group)
        return "owner \(names(of: live)) is not \(names(of: owner))"
    }

    private func names(of owner: DirectoryTarget.Owner) -> String {
        if let known = ownerNames[owner] { return known }
        let names = owner.names
        ownerNames[owner] = names
        return names
    }

    // MARK: What follows

    private func add(_ step: Blueprint.Step, on device: dev_t?) {
        // Files are written in the root's staging directory and renamed from there, which no rename
        // across a mount point can.
        if let device, let root = blueprint.root?.device, device != root {
            sayElsewhere(step.change.path)
        }
        blueprint.steps.append(step)
    }

    private func conflict(_ path: RepositoryPath, _ reason: String, hint: String) {
        blueprint.conflicts.append(Plan.Conflict(path, reason, hint: hint))
    }

    private func sayBlocked() {
        guard let blocked, saidBlocked != blocked.path else { return }
        saidBlocked = blocked.path
        conflict(blocked.path, "is \(blocked.kind) in the place of a folder, and is not ours", hint: "move it away")
    }

    private func sayElsewhere(_ path: RepositoryPath) {
        guard let folder = path.parent, saidElsewhere.map({ !folder.isWithin($0) }) ?? true else { return }
        saidElsewhere = folder
        conflict(
            folder, "is on another file system than '\(settings.directory)'",
            hint: "make it an environment with a directory of its own")
    }

    /// Notes which folders may go, now that something of ours is no longer in them.
    private func noteLeaving(_ path: RepositoryPath) {
        var folder = path.parent
        while let current = folder, !current.bytes.isEmpty, !blueprint.emptied.contains(current),
            !inventory.found.contains(current), !candidates.isDesired(below: current)
        {
            blueprint.emptied.insert(current)
            folder = current.parent
        }
    }

    // MARK: Folders in the way of files

    private func judgeFoldersInTheWay() throws(TargetError) {
        guard !foldersInTheWay.isEmpty, let root = blueprint.root else { return }
        var walk = FolderWalk(root: .open(root))
        var replacing: [(step: Blueprint.Step, device: dev_t)] = []
        for candidate in foldersInTheWay {
            let path = candidate.path
            let folder = try walk.folder(holding: path)
            let inner: Folder
            switch folder.open(path.name) {
            case .opened(let opened): inner = opened
            case .failed(let error): throw TargetError(error, "cannot open folder '\(path)'")
            case .absent, .occupied: throw TargetError("'\(path)' changed while it was read")
            }
            var folders: Set<RepositoryPath> = [path]
            guard try leaves(everythingIn: inner, path, &folders) else {
                conflict(path, "is a folder in the place of a file, and holds what is not ours", hint: "move it away")
                continue
            }
            blueprint.replaced.formUnion(folders)
            let change = Change(
                .create, path, desired: candidate.desired, isDrift: candidate.owned != nil && candidate.mayHold == nil,
                remark: "replaces a folder")
            replacing.append((Blueprint.Step(change), folder.device))
        }
        for (step, device) in replacing { add(step, on: device) }
        blueprint.emptied.subtract(blueprint.replaced)
        blueprint.steps.sort { Candidates.order($0.change.path, $1.change.path) < 0 }
    }

    /// Whether all that is in a folder will be pruned. An empty folder within is somebody's, unless
    /// something of ours leaves it.
    private func leaves(
        everythingIn folder: Folder, _ path: RepositoryPath, _ folders: inout Set<RepositoryPath>
    ) throws(TargetError) -> Bool {
        let (names, error) = folder.names()
        guard let names else { throw TargetError(error, "cannot read folder '\(path)'") }
        for name in names {
            let inner = path.appending(name)
            switch folder.open(name) {
            case .opened(let inside):
                guard isLeft(inner), try leaves(everythingIn: inside, inner, &folders) else { return false }
                folders.insert(inner)
            case .occupied:
                guard isPruned(inner) else { return false }
            case .absent:
                continue
            case .failed(let error):
                throw TargetError(error, "cannot open '\(inner)'")
            }
        }
        return true
    }

    /// Whether something of ours leaves a folder.
    private func isLeft(_ folder: RepositoryPath) -> Bool {
        blueprint.emptied.contains(folder) || inventory.found.contains(folder) && candidates.isOurs(below: folder)
    }

    private func isPruned(_ path: RepositoryPath) -> Bool {
        blueprint.step(at: path)?.change.action == .prune
    }
}
