public import Git
public import Rendering

/// What is ours in a target, as the record and an interrupted deployment say.
public struct Inventory: Sendable {
    /// The resources as we left them, in the order of their paths.
    public var owned: [Resource]
    /// Resources that an interrupted deployment may have written instead, by path: ours in either state.
    public var mayHold: [RepositoryPath: [Resource]]
    /// Folders that were there before us and are never removed.
    public var found: Set<RepositoryPath>
    /// What marks objects in a target as this environment's; nil where nothing was deployed yet, or resources are files.
    public var owner: String?
    /// Where it was deployed, in the words of the target: `cluster=… namespace=shop`; nil where it said nothing.
    public var place: String?

    public init(
        owned: [Resource] = [], mayHold: [RepositoryPath: [Resource]] = [:], found: Set<RepositoryPath> = [], owner: String? = nil,
        place: String? = nil
    ) {
        self.owner = owner
        self.place = place
        self.owned = owned
        self.mayHold = mayHold
        self.found = found
    }
}
