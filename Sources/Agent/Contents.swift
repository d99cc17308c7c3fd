import Environments
import Git
import Rendering

/// What a commit holds for each environment.
struct Contents {
    private let tree: ObjectID
    private let folders: [String: String]

    init(_ commit: ObjectID, _ repository: Repository) throws {
        tree = try repository.tree(ofCommit: commit)
        folders = Dictionary(try repository.opsFile(inTree: tree).environments.map { ($0.name, $0.path) }) { first, _ in first }
    }

    /// The tree of an environment's folder; nil where there is none, or the commit does not declare it.
    func folder(of environment: String, _ repository: Repository) throws -> ObjectID? {
        guard let path = folders[environment] else { return nil }
        if path == "." { return tree }
        return try repository.entry(at: RepositoryPath(path), inTree: tree)?.id
    }
}
