import Deployments
import Git
import Glibc
import Operations
import Posix
import Validation

/// Keeps the indexes of environments at hand, so that a push costs what it changes: started in a session of
/// its own by post-receive, when the history has the tree. Where it fails a push costs more, and nothing else.
enum IndexUpdate {
    /// The verb `index`, which no person calls.
    static func run(_ arguments: [String], variables: [String: String]) -> Int32 {
        guard arguments.isEmpty else { return 129 }
        do {
            let session = try Session(variables: variables)
            try update(session)
            return 0
        } catch {
            return Terminal().report(error)
        }
    }

    /// Writes the indexes that are missing or far behind, of all branches that an environment follows.
    static func update(_ session: Session) throws {
        let folder = session.repository.commonDirectory + "ops/_index"
        try makeFolders(folder, mode: 0o700)
        // One at a time; who comes second finds the work done, or does it with the next push.
        guard let lock = try FileLock(taking: folder + "/lock") else { return }
        do {
            let check = TreeCheck(session.repository, configuration: session.configuration, program: Program.identity)
            for tree in try trees(session) { try check.updateIndexes(of: tree) }
        } catch {
            lock.release()
            throw error
        }
        lock.release()
    }

    /// Whether an index is missing or far behind.
    static func isNeeded(_ session: Session) throws -> Bool {
        let check = TreeCheck(session.repository, configuration: session.configuration, program: Program.identity)
        return try trees(session).contains { try check.needsIndexes(of: $0) }
    }

    private static func trees(_ session: Session) throws -> [ObjectID] {
        guard let head = try session.repository.headBranch() else { return [] }
        let followed = (try? session.environments.environments().map(\.branch)) ?? []
        let branches = Set([head] + followed)
        return try branches.sorted().compactMap { branch in
            try session.repository.target(of: branch).map { try session.repository.tree(ofCommit: $0) }
        }
    }
}
