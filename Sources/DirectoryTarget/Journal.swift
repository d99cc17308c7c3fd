import Git

/// One thing that was done, with what is needed to undo it.
enum Done {
    case madeFolder(RepositoryPath)
    case removedFolder(RepositoryPath, mode: UInt32, owner: DirectoryTarget.Owner)
    /// Put where nothing was; `written` tells whether it is still what was put there.
    case created(RepositoryPath, written: Sighting)
    /// The old file is in the slot.
    case exchanged(RepositoryPath, slot: Int, written: Sighting)
    case pruned(RepositoryPath, slot: Int)
    case kept(RepositoryPath, name: [UInt8])
}

/// Lets tests fail or stop a deployment before any of its effects; in a deployment there is none.
struct Interruption {
    enum Verdict {
        case proceed
        case fail(String)
        /// As if the process were killed: nothing more is done, nothing is put back.
        case die
    }

    /// Asked before each effect, with what it is.
    var verdict: (String) -> Verdict
}
