public import Git

/// What an environment's files are to a target.
public enum ResourceForm {
    /// Each file is a resource.
    case files
    /// Each Kubernetes object in the files is a resource.
    ///
    /// - Parameter key: gives the key of the digests that stand for the values of Secrets; asked where there is one.
    case objects(key: () throws -> [UInt8])
}

/// The objects that were found in an environment's files. None of it is in the object database yet.
public struct RenderedObjects: Sendable {
    /// Where the repository has an object.
    public struct Origin: Sendable, Hashable {
        /// Relative to the root of the repository.
        public let file: RepositoryPath
        /// From 1.
        public let line: Int
    }

    /// Where each object is from.
    public internal(set) var origins: [RepositoryPath: Origin] = [:]
    /// The text of each object, as the record has it: the values of Secrets are hidden.
    var texts: [RepositoryPath: [UInt8]] = [:]
    /// The text of those that hold what is hidden in the record.
    var secrets: [RepositoryPath: [UInt8]] = [:]
    /// The trees of the desired state, the deepest first; its own is not among them.
    var trees: [[TreeEntry]] = []

    /// Those of which the record hides something.
    public var hidden: Set<RepositoryPath> { Set(secrets.keys) }

    /// What a target is given.
    public func content(of path: RepositoryPath) -> [UInt8]? { secrets[path] ?? texts[path] }

    /// How much there is to be given, in bytes.
    public func size(of path: RepositoryPath) -> Int? { content(of: path)?.count }
}

extension DesiredState {
    /// Puts what was rendered where other objects can refer to it.
    /// - Throws: `GitError`.
    public func write(to repository: Repository) throws(GitError) {
        guard let objects else { return }
        for resource in resources {
            if let text = objects.texts[resource.path] { _ = try repository.write(text, as: .blob) }
        }
        for tree in objects.trees { _ = try repository.writeTree(tree) }
    }
}
