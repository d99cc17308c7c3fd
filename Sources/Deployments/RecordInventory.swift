public import Git
public import Rendering

/// What the tree of a deployment cannot say of itself: `.git-ops/inventory`.
///
/// Everything in the tree is ours, so the inventory holds only exceptions. It is text, one exception a
/// line, sorted:
/// `found <folder>`: a folder that was there before us, and is never removed;
/// `left <mode> <blob> <path>`: what a deployment that was interrupted, or could not be put back, may
/// have written instead; ours as well;
/// `owner <word>`: the resources are Kubernetes objects, and this marks them in a cluster as this environment's;
/// `place <text>`: where it was deployed, in the words of the target.
public struct RecordInventory: Sendable, Hashable {
    public static let path = RepositoryPath(".git-ops/inventory")
    static let folder = ".git-ops"
    private static let header = "git-ops-inventory 1"

    public var found: Set<RepositoryPath>
    public var left: Set<Resource>
    /// What marks the objects of this environment; nil where resources are files.
    public var owner: String?
    /// Where it was deployed, in the words of the target: one line of at most 512 bytes.
    public var place: String?

    public init(found: Set<RepositoryPath> = [], left: Set<Resource> = [], owner: String? = nil, place: String? = nil) {
        self.owner = owner
        self.place = place
        self.found = found
        self.left = left
    }

    public var text: String {
        var lines = found.map { "found \($0)" }
        lines += left.map { "left \($0.mode.octal) \($0.blob) \($0.path)" }
        if let owner { lines.append("owner \(owner)") }
        if let place { lines.append("place \(place)") }
        return ([RecordInventory.header] + lines.sorted()).joined(separator: "\n") + "\n"
    }

    /// - Throws: `GitError` `damaged`; what cannot be read is never an empty inventory.
    public init(text: String) throws(GitError) {
        let damaged = GitError(.damaged, "the inventory of a deployment is damaged")
        var lines = text.split(separator: "\n")[...]
        guard lines.popFirst() == RecordInventory.header[...] else {
            throw GitError(.unsupported, "the inventory of a deployment was written by a newer git-ops")
        }
        var found: Set<RepositoryPath> = []
        var left: Set<Resource> = []
        var owner: String?
        var place: String?
        for line in lines {
            if line.hasPrefix("found ") {
                guard let path = RepositoryPath(quoted: String(line.dropFirst(6))) else { throw damaged }
                found.insert(path)
            } else if line.hasPrefix("left ") {
                let parts = line.split(separator: " ", maxSplits: 3)
                guard parts.count == 4, let mode = FileMode(octal: parts[1]), let blob = ObjectID(hex: parts[2]),
                    let path = RepositoryPath(quoted: String(parts[3]))
                else { throw damaged }
                left.insert(Resource(path: path, mode: mode, blob: blob))
            } else if line.hasPrefix("owner "), owner == nil, line.utf8.count > 6, line.utf8.count <= 6 + 63 {
                owner = String(line.dropFirst(6))
            } else if line.hasPrefix("place "), place == nil, line.utf8.count > 6, line.utf8.count <= 6 + 512 {
                place = String(line.dropFirst(6))
            } else {
                throw damaged
            }
        }
        self.init(found: found, left: left, owner: owner, place: place)
    }
}
