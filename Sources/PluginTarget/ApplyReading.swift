import Deployments
import Git

/// Reads what a program says while it carries out a plan: each change once, and all of them at the end.
struct ApplyReading {
    /// The changes that were made, in the order of their making.
    private(set) var changes: [Change] = []
    /// Folders that were there before us.
    private(set) var found: Set<RepositoryPath> = []

    private var open: [RepositoryPath: Change]
    private let folders: Set<RepositoryPath>

    /// - Parameter folders: all that can have been there before us.
    init(_ plan: Plan, folders: Set<RepositoryPath>) {
        open = Dictionary(plan.changes.map { ($0.path, $0) }) { first, _ in first }
        self.folders = folders
    }

    /// - Returns: whether all is done.
    mutating func take(_ answer: Answer) throws(ProtocolFault) -> Bool {
        switch answer.type {
        case "applied":
            let path = try answer.pathBytes()
            guard let change = open.removeValue(forKey: path) else {
                throw ProtocolFault("it made a change to '\(path)' that it was not asked for, or made it twice")
            }
            changes.append(change)
            return false
        case "found":
            let path = try answer.pathBytes()
            guard folders.contains(path) else {
                throw ProtocolFault("it found '\(path)', which is no folder of a resource")
            }
            found.insert(path)
            return false
        case "done":
            guard open.isEmpty else {
                let first = open.keys.min().map { ", such as to '\($0)'" } ?? ""
                throw ProtocolFault("it was done before it had made \(open.count) of the changes\(first)")
            }
            return true
        default:
            throw answer.unexpected
        }
    }
}
