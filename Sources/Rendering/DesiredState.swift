// Rendering: from a tree to the desired state of an environment.
// It knows trees and what ops.yaml declares; it knows no target and changes nothing that is live.

public import Git
public import Manifests

/// One resource of a desired state, by its canonical content in the object database.
public struct Resource: Hashable, Sendable {
    /// Where it is in the record and, for a directory, in the target: relative to the environment.
    public let path: RepositoryPath
    /// `file`, `executable` or `link`; never a folder or a submodule.
    public let mode: FileMode
    /// The blob with its content; of a link, its target.
    public let blob: ObjectID

    public init(path: RepositoryPath, mode: FileMode, blob: ObjectID) {
        self.path = path
        self.mode = mode
        self.blob = blob
    }
}

/// What should run in an environment, as a commit says it.
public struct DesiredState: Sendable {
    /// The environment's name.
    public let environment: String
    /// The commit that was rendered.
    public let commit: ObjectID
    /// The tree that holds exactly the resources; two equal trees are the same desired state.
    /// It need not be in the object database.
    public let tree: ObjectID
    /// The entries of that tree.
    public let entries: [TreeEntry]
    /// All resources, in the order of their paths.
    public let resources: [Resource]
    /// What was made of the files, where the resources are not the files themselves.
    public let objects: RenderedObjects?

    public init(
        environment: String, commit: ObjectID, tree: ObjectID, entries: [TreeEntry] = [], resources: [Resource],
        objects: RenderedObjects? = nil
    ) {
        self.objects = objects
        self.environment = environment
        self.commit = commit
        self.tree = tree
        self.entries = entries
        self.resources = resources
    }
}

/// Why a commit gives no desired state for an environment.
public struct RenderingError: Error, Sendable, CustomStringConvertible {
    public let message: String
    public let hint: String?
    /// What is wrong in the repository's files, with positions.
    public let diagnostics: [Diagnostic]

    public init(_ message: String, hint: String? = nil, diagnostics: [Diagnostic] = []) {
        self.message = message
        self.hint = hint
        self.diagnostics = diagnostics
    }

    public var description: String { message }
}
