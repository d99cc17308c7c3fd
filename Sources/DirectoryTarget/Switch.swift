import Deployments
import Git
import Glibc
import Rendering

/// Carries out a blueprint, and can undo it.
///
/// First everything new is written beside and synced; then the names are switched, each in one step.
/// Old files are moved into the staging directory, so that undoing is renaming back. Nobody sees half
/// a file, whenever this is killed.
final class Switch {
    let root: Folder
    private let blueprint: Blueprint
    private let settings: DirectoryTarget.Settings
    private let contents: Contents
    let keptSuffix: String
    private let interruption: Interruption?
    var staging: Staging?
    var done: [Done] = []
    private(set) var isDead = false
    /// What was written for each step, by its place in the blueprint.
    private var written: [Sighting?]
    /// The slots where it was written: of each step alone, and of each folder that is made whole.
    private var slots: [Int?]
    private var newFolders: [RepositoryPath: NewFolder] = [:]

    /// A folder that is written whole in the staging directory and put in place in one step.
    private struct NewFolder {
        let slot: Int
        /// What that step does, in order.
        var contents: [Done]
    }

    init(
        _ blueprint: Blueprint, in root: Folder, settings: DirectoryTarget.Settings, repository: Repository,
        keptSuffix: String, interruption: Interruption?
    ) {
        self.blueprint = blueprint
        self.root = root
        self.settings = settings
        self.keptSuffix = keptSuffix
        self.interruption = interruption
        contents = Contents(settings: settings, repository: repository)
        written = Array(repeating: nil, count: blueprint.steps.count)
        slots = Array(repeating: nil, count: blueprint.steps.count)
    }

    /// Does it all. Where it throws, `undo` is to be called, unless it `isDead`.
    func run(_ progress: (Change) -> Void) throws(TargetError) {
        guard !blueprint.steps.isEmpty || !blueprint.emptied.isEmpty else {
            // Only what a deployment that was killed may have left.
            try Staging.removeLeftover(from: root, before)
            return
        }
        let staging = try Staging(in: root, before: before)
        self.staging = staging
        try stage(in: staging)
        try sync("sync what was written")
        try removeFiles(to: staging, progress)
        try removeFolders()
        try putInPlace(from: staging, progress)
        try sync("sync the names")
    }

    func before(_ effect: String) throws(TargetError) {
        guard let interruption else { return }
        guard !isDead else { throw TargetError("killed") }
        switch interruption.verdict(effect) {
        case .proceed: return
        case .fail(let reason): throw TargetError("cannot \(effect): \(reason)")
        case .die:
            isDead = true
            throw TargetError("killed")
        }
    }

    private func sync(_ what: String) throws(TargetError) {
        try before(what)
        let code = root.sync()
        guard code == 0 else { throw TargetError(code, "cannot sync '\(settings.directory)'") }
    }

    // MARK: Forward

    private func stage(in staging: Staging) throws(TargetError) {
        var walk = FolderWalk(root: .open(staging.folder))
        for (index, step) in blueprint.steps.enumerated() {
            guard let resource = step.change.desired else { continue }
            if let outermost = step.newFolder {
                let place = try walk.place(holding: resource.path) { path, place throws(TargetError) in
                    // The folders above it are there; what is below them is made here in their stead.
                    guard path.isWithin(outermost) else { return place }
                    return try makeStaged(path, in: place, outermost, staging)
                }
                guard case .open(let folder) = place else { throw changed(resource.path) }
                try before("write a file")
                let sighting = try contents.write(resource, to: folder, resource.path.name)
                written[index] = sighting
                newFolders[outermost]?.contents.append(.created(resource.path, written: sighting))
            } else {
                try before("write a file")
                let slot = staging.nextSlot()
                slots[index] = slot
                written[index] = try contents.write(resource, to: staging.folder, Staging.name(ofSlot: slot))
            }
        }
    }

    /// Makes a folder in the staging directory.
    private func makeStaged(
        _ path: RepositoryPath, in place: FolderWalk.Place, _ outermost: RepositoryPath, _ staging: Staging
    ) throws(TargetError) -> FolderWalk.Place {
        guard case .open(let parent) = place else { return place }
        try before("write a folder")
        if path == outermost {
            let slot = staging.nextSlot()
            newFolders[outermost] = NewFolder(slot: slot, contents: [.madeFolder(path)])
            return .open(try make(path, as: Staging.name(ofSlot: slot), in: parent))
        }
        let folder = try make(path, as: path.name, in: parent)
        newFolders[outermost]?.contents.append(.madeFolder(path))
        return .open(folder)
    }

    private func make(
        _ path: RepositoryPath, as name: some Collection<UInt8>, in parent: Folder
    ) throws(TargetError) -> Folder {
        let code = parent.makeFolder(name, mode: settings.folderMode, owner: settings.owner)
        guard code == 0 else { throw failure(code, "cannot make folder '\(path)'") }
        switch parent.open(name) {
        case .opened(let folder): return folder
        case .failed(let error): throw TargetError(error, "cannot open folder '\(path)'")
        case .absent, .occupied: throw changed(path)
        }
    }

    private func removeFiles(to staging: Staging, _ progress: (Change) -> Void) throws(TargetError) {
        var walk = FolderWalk(root: .open(root))
        for step in blueprint.steps where step.change.desired == nil {
            guard let seen = step.seen else { continue }
            let path = step.change.path
            let folder = try walk.folder(holding: path)
            try check(path, in: folder, isStill: seen)
            try before("\(step.change.action.rawValue) a file")
            if let name = step.keptName {
                let (kept, error) = KeptName.move(
                    path.name, in: folder, to: folder, keptFrom: path.name, suffix: keptSuffix)
                guard error == 0 else {
                    throw TargetError(error, "cannot move '\(path)' to '\(RepositoryPath.quoted(name))'")
                }
                done.append(.kept(path, name: kept))
            } else {
                let slot = staging.nextSlot()
                let code = folder.rename(path.name, to: staging.folder, Staging.name(ofSlot: slot))
                guard code == 0 else { throw failure(code, "cannot remove '\(path)'") }
                done.append(.pruned(path, slot: slot))
                try check(slot, in: staging, was: seen, path)
            }
            progress(step.change)
        }
    }

    /// The innermost first: they sort last.
    private func removeFolders() throws(TargetError) {
        var walk = FolderWalk(root: .open(root))
        for path in blueprint.emptied.union(blueprint.replaced).sorted(by: >) {
            try before("remove a folder")
            do throws(TargetError) {
                try removeFolder(path, &walk)
            } catch {
                // Somebody uses it still, or it cannot be removed: that is no reason to fail, unless a
                // file takes its place.
                if blueprint.replaced.contains(path) { throw error }
            }
        }
    }

    private func removeFolder(_ path: RepositoryPath, _ walk: inout FolderWalk) throws(TargetError) {
        let folder = try walk.folder(holding: path)
        var status = stat()
        var code = folder.status(path.name, &status)
        if code == 0 { code = folder.removeFolder(path.name) }
        guard code == 0 else { throw TargetError(code, "cannot remove folder '\(path)'") }
        done.append(
            .removedFolder(
                path, mode: status.st_mode & 0o7777,
                owner: DirectoryTarget.Owner(user: status.st_uid, group: status.st_gid)))
    }

    private func putInPlace(from staging: Staging, _ progress: (Change) -> Void) throws(TargetError) {
        var walk = FolderWalk(root: .open(root))
        var whole: RepositoryPath?
        for (index, step) in blueprint.steps.enumerated() {
            guard let sighting = written[index] else { continue }
            if let outermost = step.newFolder {
                // The first of its files brings all of them.
                if outermost != whole { try create(outermost, in: try walk.folder(holding: outermost), from: staging) }
                whole = outermost
            } else if let slot = slots[index] {
                let path = step.change.path
                let folder = try walk.folder(holding: path)
                if let seen = step.seen {
                    try change(path, in: folder, seen, slot, sighting, staging)
                } else {
                    try before("create a file")
                    try create(path, from: slot, of: staging, in: folder)
                    done.append(.created(path, written: sighting))
                }
            }
            progress(step.change)
        }
    }

    private func create(
        _ newFolder: RepositoryPath, in parent: Folder, from staging: Staging
    ) throws(TargetError) {
        guard let new = newFolders[newFolder] else { return }
        try before("create a folder")
        try create(newFolder, from: new.slot, of: staging, in: parent)
        done += new.contents
    }

    private func create(
        _ path: RepositoryPath, from slot: Int, of staging: Staging, in folder: Folder
    ) throws(TargetError) {
        let code = staging.folder.renameKeeping(Staging.name(ofSlot: slot), to: folder, path.name)
        guard code != EEXIST else {
            throw TargetError(
                "cannot create '\(path)': it appeared meanwhile",
                hint: "somebody else writes there, or its file system does not tell upper from lower case")
        }
        guard code == 0 else { throw failure(code, "cannot create '\(path)'") }
    }

    private func change(
        _ path: RepositoryPath, in folder: Folder, _ seen: Sighting, _ slot: Int, _ sighting: Sighting,
        _ staging: Staging
    ) throws(TargetError) {
        try check(path, in: folder, isStill: seen)
        try before("change a file")
        let code = exchange(path, in: folder, slot, staging)
        guard code == 0 else { throw failure(code, "cannot change '\(path)'") }
        done.append(.exchanged(path, slot: slot, written: sighting))
        try check(slot, in: staging, was: seen, path)
    }

    /// Puts the file of a slot in place, and what was there into the slot.
    /// - Returns: 0 or an error number; then everything is as it was.
    func exchange(_ path: RepositoryPath, in folder: Folder, _ slot: Int, _ staging: Staging) -> Int32 {
        let name = Staging.name(ofSlot: slot)
        let code = staging.folder.exchange(name, with: folder, path.name)
        guard code == EINVAL || code == ENOSYS || code == EOPNOTSUPP else { return code }
        return staging.folder.exchangeBySteps(name, with: folder, path.name, spare: "\(slot)-old".utf8)
    }

    // MARK: Others

    private func check(_ path: RepositoryPath, in folder: Folder, isStill seen: Sighting) throws(TargetError) {
        var status = stat()
        guard folder.status(path.name, &status) == 0, Sighting(status) == seen else { throw changed(path) }
    }

    /// Between the look before and the step itself somebody may have written: what came out tells.
    private func check(
        _ slot: Int, in staging: Staging, was seen: Sighting, _ path: RepositoryPath
    ) throws(TargetError) {
        try before("look at what was taken out")
        var status = stat()
        guard staging.folder.status(Staging.name(ofSlot: slot), &status) == 0, seen.isSame(asRenamed: Sighting(status))
        else { throw changed(path) }
    }

    private func changed(_ path: RepositoryPath) -> TargetError {
        TargetError("'\(path)' changed meanwhile", hint: "somebody else writes there; try again")
    }

    private func failure(_ code: Int32, _ operation: String) -> TargetError {
        switch code {
        case EXDEV:
            TargetError(
                code, operation, hint: "another file system is mounted there; give it an environment of its own")
        case EINVAL, EPERM, EOPNOTSUPP:
            TargetError(code, operation, hint: "its file system may lack hard links and exchanging renames")
        default: TargetError(code, operation)
        }
    }

    // MARK: The end

    /// Forgets how to undo it; what was kept for that goes.
    func finish() throws(TargetError) {
        done = []
        try staging?.remove(before)
        staging = nil
    }

    /// Tells what now is in place of what was changed.
    func forEachInPlace(_ body: (Resource, Sighting) -> Void) throws(TargetError) {
        var walk = FolderWalk(root: .open(root))
        for (index, step) in blueprint.steps.enumerated() {
            guard let sighting = written[index], let resource = step.change.desired else { continue }
            let folder = try walk.folder(holding: step.change.path)
            var status = stat()
            guard folder.status(step.change.path.name, &status) == 0 else { continue }
            let now = Sighting(status)
            if sighting.isSame(asWritten: now) { body(resource, now) }
        }
    }
}
