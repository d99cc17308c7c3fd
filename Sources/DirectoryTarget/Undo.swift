import Deployments
import Git
import Glibc

/// Undoing is renaming back, from the journal of what was done.
extension Switch {
    /// Puts everything back, the last first. What fails does not keep the rest from being put back.
    func undo() throws(TargetError) {
        var first: TargetError?
        var walk = FolderWalk(root: .open(root))
        while let step = done.popLast() {
            do throws(TargetError) {
                try undo(step, &walk)
            } catch {
                if isDead { throw error }
                if first == nil { first = error }
            }
        }
        guard let first else {
            // Everything is as it was: what is not yet on disk, or stays of the staging directory, is no failure.
            if staging != nil { _ = root.sync() }
            do throws(TargetError) {
                try staging?.remove(before)
            } catch {
                if isDead { throw error }
            }
            staging = nil
            return
        }
        // What could not be put back is in the staging directory, which the next deployment would empty.
        let kept = staging?.keep(suffix: keptSuffix)
        staging = nil
        throw TargetError(
            first.message, hint: kept.map { "what could not be put back is in '\($0)'" } ?? first.hint, isPartial: true)
    }

    private func undo(_ step: Done, _ walk: inout FolderWalk) throws(TargetError) {
        guard let staging else { return }
        switch step {
        case .madeFolder(let path):
            let folder = try walk.folder(holding: path)
            try before("undo making a folder")
            let code = folder.removeFolder(path.name)
            // Somebody else has put something into it: then it stays.
            guard [0, ENOENT, ENOTEMPTY, EEXIST].contains(code) else {
                throw TargetError(code, "cannot remove folder '\(path)'")
            }
        case .removedFolder(let path, let mode, let owner):
            let folder = try walk.folder(holding: path)
            try before("undo removing a folder")
            let code = folder.makeFolder(path.name, mode: mode, owner: owner)
            guard code == 0 || code == EEXIST else { throw TargetError(code, "cannot make folder '\(path)' again") }
        case .pruned(let path, let slot):
            let folder = try walk.folder(holding: path)
            try before("undo removing a file")
            try putBack(slot, path, folder, staging)
        case .kept(let path, let name):
            let folder = try walk.folder(holding: path)
            try before("undo keeping a file")
            let code = folder.renameKeeping(name, to: folder, path.name)
            guard code == 0 else { throw TargetError(code, "cannot put back '\(path)'") }
        case .created(let path, let written):
            let folder = try walk.folder(holding: path)
            try before("undo creating a file")
            try takeAway(path, folder, written, staging)
        case .exchanged(let path, let slot, let written):
            let folder = try walk.folder(holding: path)
            try before("undo changing a file")
            try exchangeBack(path, folder, slot, written, staging)
        }
    }

    private func putBack(
        _ slot: Int, _ path: RepositoryPath, _ folder: Folder, _ staging: Staging
    ) throws(TargetError) {
        let code = staging.folder.renameKeeping(Staging.name(ofSlot: slot), to: folder, path.name)
        guard code == 0 else { throw TargetError(code, "cannot put back '\(path)'") }
    }

    /// Removes a file that was made, unless somebody has changed it since: then it is kept.
    private func takeAway(
        _ path: RepositoryPath, _ folder: Folder, _ written: Sighting, _ staging: Staging
    ) throws(TargetError) {
        var status = stat()
        var code = folder.status(path.name, &status)
        if code == ENOENT { return }
        if code == 0 {
            if written.isSame(asWritten: Sighting(status)) {
                code = folder.rename(path.name, to: staging.folder, Staging.name(ofSlot: staging.nextSlot()))
            } else {
                code = KeptName.move(path.name, in: folder, to: folder, keptFrom: path.name, suffix: keptSuffix).error
            }
        }
        guard code == 0 else { throw TargetError(code, "cannot take back '\(path)'") }
    }

    private func exchangeBack(
        _ path: RepositoryPath, _ folder: Folder, _ slot: Int, _ written: Sighting, _ staging: Staging
    ) throws(TargetError) {
        let name = Staging.name(ofSlot: slot)
        var status = stat()
        var code = folder.status(path.name, &status)
        if code == ENOENT { return try putBack(slot, path, folder, staging) }
        if code == 0, status.st_mode & S_IFMT == S_IFDIR { code = EISDIR }
        if code == 0 { code = exchange(path, in: folder, slot, staging) }
        guard code == 0 else { throw TargetError(code, "cannot put back '\(path)'") }
        // What somebody has changed since is not thrown away with what we had written.
        guard staging.folder.status(name, &status) == 0, !written.isSame(asWritten: Sighting(status)) else { return }
        code = KeptName.move(name, in: staging.folder, to: folder, keptFrom: path.name, suffix: keptSuffix).error
        guard code == 0 else { throw TargetError(code, "cannot keep what was changed of '\(path)'") }
    }
}
