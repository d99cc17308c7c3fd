import Deployments
import Git
import Glibc
import Rendering

/// The directory in the target's root where new files are written before they are put in place, and
/// where old ones wait until it is certain that they are not wanted back. Only its owner may enter it.
final class Staging {
    static let name = ".git-ops-staging"

    let folder: Folder
    private let root: Folder
    private var slots = 0

    /// Makes it anew. What a deployment that was killed left there goes: it is recorded in the repository.
    init(in root: Folder, before: (String) throws(TargetError) -> Void) throws(TargetError) {
        try Staging.removeLeftover(from: root, before)
        try before("make the staging directory")
        let code = root.makeFolder(Staging.name.utf8, mode: 0o700, owner: nil)
        guard code == 0 else { throw TargetError(code, "cannot make '\(Staging.name)'") }
        switch root.open(Staging.name.utf8) {
        case .opened(let opened):
            // In a root that others may write to, another folder may have got the name by now.
            var status = stat()
            guard fstat(opened.number, &status) == 0, status.st_uid == geteuid() else {
                throw TargetError("'\(Staging.name)' changed while it was made")
            }
            folder = opened
        case .failed(let error): throw TargetError(error, "cannot open '\(Staging.name)'")
        case .absent, .occupied: throw TargetError("'\(Staging.name)' changed while it was made")
        }
        self.root = root
    }

    /// A name that is not yet used.
    func nextSlot() -> Int {
        slots += 1
        return slots
    }

    static func name(ofSlot slot: Int) -> String.UTF8View { "\(slot)".utf8 }

    /// Why what has its name is not ours to remove; nil where it is, or where nothing has it.
    static func obstacle(in root: Folder) throws(TargetError) -> String? {
        var status = stat()
        let code = root.status(name.utf8, &status)
        if code == ENOENT { return nil }
        guard code == 0 else { throw TargetError(code, "cannot read '\(name)'") }
        guard status.st_mode & S_IFMT == S_IFDIR else { return "is not a folder" }
        return status.st_uid == geteuid() ? nil : "belongs to somebody else"
    }

    /// Removes it and all that is in it, following no link.
    func remove(_ before: (String) throws(TargetError) -> Void) throws(TargetError) {
        try Staging.remove(folder, from: root, before)
    }

    /// Removes what a deployment that was killed left, if it is there.
    static func removeLeftover(
        from root: Folder, _ before: (String) throws(TargetError) -> Void
    ) throws(TargetError) {
        if let reason = try obstacle(in: root) {
            throw TargetError("'\(name)' \(reason)", hint: "git-ops needs that name: move it away")
        }
        switch root.open(name.utf8) {
        case .absent: return
        case .opened(let folder): try remove(folder, from: root, before)
        case .occupied: throw TargetError("'\(name)' is not a folder")
        case .failed(let error): throw TargetError(error, "cannot open '\(name)'")
        }
    }

    private static func remove(
        _ folder: Folder, from root: Folder, _ before: (String) throws(TargetError) -> Void
    ) throws(TargetError) {
        try empty(folder, before)
        try before("remove the staging directory")
        let code = root.removeFolder(name.utf8)
        guard code == 0 || code == ENOENT else { throw TargetError(code, "cannot remove '\(name)'") }
    }

    private static func empty(_ folder: Folder, _ before: (String) throws(TargetError) -> Void) throws(TargetError) {
        let (names, error) = folder.names()
        guard let names else { throw TargetError(error, "cannot read '\(name)'") }
        for entry in names {
            try before("remove from the staging directory")
            var code = folder.removeFile(entry)
            if code == EISDIR || code == EPERM, case .opened(let inner) = folder.open(entry) {
                try empty(inner, before)
                code = folder.removeFolder(entry)
            }
            guard code == 0 || code == ENOENT else {
                throw TargetError(code, "cannot remove '\(RepositoryPath(name).appending(entry))'")
            }
        }
    }

    /// Gives it another name, so that what is in it is not lost; it is where a failed putting back
    /// left what it could not put back.
    /// - Returns: the new name, or nil.
    func keep(suffix: String) -> String? {
        let (kept, error) = KeptName.move(
            Staging.name.utf8, in: root, to: root, keptFrom: "".utf8, suffix: suffix)
        return error == 0 ? String(decoding: kept, as: UTF8.self) : nil
    }
}
