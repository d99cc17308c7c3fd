// The room Manifests: YAML and JSON into nodes that know where they stood, and
// the words for what is wrong with them. It knows nothing of git, of
// environments or of what a node means, it reads no file and writes to no
// terminal. It is the only importer of CLibYAML, and takes nothing from
// Foundation: every hook runs through it.

/// What a file may cost: input beyond it is refused with a diagnostic, never
/// read in part in silence.
public struct ReadingLimits: Sendable, Hashable {
    /// The most bytes a file may have. An API server takes 3 MiB at most
    /// (`MaxRequestBodyBytes` of k8s.io/apiserver); the default leaves room for
    /// streams of many documents.
    public var bytes: Int
    /// The most collections that may stand within one another, counted through
    /// aliases. It bounds the recursion of everything that walks the nodes.
    public var depth: Int
    /// The most diagnostics for one file, so that the report on a hostile file
    /// stays small; one more says that the rest was not read.
    public var diagnostics: Int

    /// 16 MiB, 512 levels, 20 diagnostics, where the caller says nothing else.
    public init(bytes: Int = 16 << 20, depth: Int = 512, diagnostics: Int = 20) {
        self.bytes = bytes
        self.depth = depth
        self.diagnostics = diagnostics
    }
}
