import CLibgit2

/// One entry of a tree.
public struct TreeEntry: Hashable, Sendable {
    public var name: [UInt8]
    public var mode: FileMode
    public var id: ObjectID

    public init(name: [UInt8], mode: FileMode, id: ObjectID) {
        self.name = name
        self.mode = mode
        self.id = id
    }
}

/// A file, link or submodule of a tree, with its whole path.
public struct TreeFile: Hashable, Sendable {
    public var path: RepositoryPath
    public var mode: FileMode
    public var id: ObjectID

    public init(path: RepositoryPath, mode: FileMode, id: ObjectID) {
        self.path = path
        self.mode = mode
        self.id = id
    }
}

/// Reads the entries of a tree one by one out of its bytes (gitformat-tree: mode in octal, space, name, NUL, id).
struct TreeCursor {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    /// The current entry; `name` points into the tree's bytes.
    private(set) var rawMode: UInt32 = 0
    private(set) var name = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var idOffset = 0
    private let tree: ObjectID

    init(_ bytes: UnsafeRawBufferPointer, tree: ObjectID) {
        self.bytes = bytes
        self.tree = tree
    }

    /// Goes on to the next entry; false at the end.
    mutating func advance() throws(GitError) -> Bool {
        guard offset < bytes.count else { return false }
        rawMode = 0
        while offset < bytes.count, bytes[offset] != UInt8(ascii: " ") {
            guard bytes[offset] >= UInt8(ascii: "0"), bytes[offset] <= UInt8(ascii: "7"), rawMode < 0o1_000_000 else {
                throw damaged
            }
            rawMode = rawMode << 3 | UInt32(bytes[offset] - UInt8(ascii: "0"))
            offset += 1
        }
        let start = offset + 1
        var end = start
        while end < bytes.count, bytes[end] != 0 {
            // A slash in a name would let one entry pass for a path of several.
            if bytes[end] == UInt8(ascii: "/") { throw damaged }
            end += 1
        }
        guard end > start, end + 21 <= bytes.count else { throw damaged }
        name = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        idOffset = end + 1
        offset = end + 21
        return true
    }

    var id: ObjectID {
        // idOffset + 20 <= count was checked by advance.
        bytes.baseAddress.map { ObjectID(bytes: $0 + idOffset) } ?? .zero
    }

    func mode() throws(GitError) -> FileMode {
        guard let mode = FileMode(treeMode: rawMode) else { throw damaged }
        return mode
    }

    var isTree: Bool { rawMode & 0o170000 == 0o040000 }

    private var damaged: GitError { GitError(.damaged, "tree \(tree) is damaged") }

    /// Orders two entries as git orders a tree: byte by byte, a folder as if its name ended in a slash.
    static func order(_ a: TreeCursor, _ b: TreeCursor) -> Int {
        compare(a.name, a.isTree, b.name, b.isTree)
    }

    static func compare(
        _ a: some RandomAccessCollection<UInt8>, _ aIsTree: Bool, _ b: some RandomAccessCollection<UInt8>, _ bIsTree: Bool
    ) -> Int {
        var i = a.startIndex
        var j = b.startIndex
        while i != a.endIndex, j != b.endIndex {
            if a[i] != b[j] { return Int(a[i]) - Int(b[j]) }
            i = a.index(after: i)
            j = b.index(after: j)
        }
        let x = i != a.endIndex ? a[i] : (aIsTree ? UInt8(ascii: "/") : 0)
        let y = j != b.endIndex ? b[j] : (bIsTree ? UInt8(ascii: "/") : 0)
        return Int(x) - Int(y)
    }
}

/// A difference between two trees, found by going down both in step and skipping what is equal.
public struct TreeChange: Sendable {
    public let path: RepositoryPath
    /// What was there: nil where the path is new.
    public let old: (mode: FileMode, id: ObjectID)?
    /// What is there now: nil where the path is gone.
    public let new: (mode: FileMode, id: ObjectID)?
}

extension Repository {
    /// The tree of a commit.
    public func tree(ofCommit id: ObjectID) throws(GitError) -> ObjectID {
        try withContent(of: id, as: .commit) { bytes throws(GitError) in
            // gitformat-commit: the first line is "tree <forty digits>".
            guard bytes.count > 46, bytes.starts(with: "tree ".utf8), let tree = ObjectID(hexBytes: bytes[5..<45]) else {
                throw GitError(.damaged, "commit \(id) is damaged")
            }
            return tree
        }
    }

    /// The entries of one tree, in its order.
    public func entries(ofTree id: ObjectID) throws(GitError) -> [TreeEntry] {
        try withContent(of: id, as: .tree) { bytes throws(GitError) in
            var cursor = TreeCursor(bytes, tree: id)
            var entries: [TreeEntry] = []
            while try cursor.advance() {
                entries.append(TreeEntry(name: Array(cursor.name), mode: try cursor.mode(), id: cursor.id))
            }
            return entries
        }
    }

    /// The entry of a tree at a path; nil where there is none.
    /// - Parameter path: with no empty components; the root gives the tree itself.
    public func entry(at path: RepositoryPath, inTree tree: ObjectID) throws(GitError) -> (mode: FileMode, id: ObjectID)? {
        guard !path.bytes.isEmpty else { return (.tree, tree) }
        var current: (mode: FileMode, id: ObjectID) = (.tree, tree)
        for component in path.components {
            guard current.mode == .tree else { return nil }
            let folder = current.id
            let found = try withContent(of: folder, as: .tree) {
                bytes throws(GitError) -> (mode: FileMode, id: ObjectID)? in
                var cursor = TreeCursor(bytes, tree: folder)
                while try cursor.advance() {
                    if cursor.name.elementsEqual(component) { return (try cursor.mode(), cursor.id) }
                }
                return nil
            }
            guard let found else { return nil }
            current = found
        }
        return current
    }

    /// The deepest nesting of folders that is followed; git itself has no limit, the stack has.
    public static let deepestTree = 512

    /// The most entries of trees that are looked at in one go. A tree can name the same tree often, so a
    /// few objects can stand for more files than there is room for.
    public static let mostEntries = 4_000_000

    /// Visits every file, link and submodule of a tree in index order.
    /// - Parameter prefix: put before each path.
    public func forEachFile(
        inTree id: ObjectID, prefix: RepositoryPath = .root, _ body: (TreeFile) throws(GitError) -> Void
    ) throws(GitError) {
        var budget = Repository.mostEntries
        try visit(id, prefix, 0, &budget, body)
    }

    private func visit(
        _ id: ObjectID, _ prefix: RepositoryPath, _ depth: Int, _ budget: inout Int,
        _ body: (TreeFile) throws(GitError) -> Void
    ) throws(GitError) {
        guard depth < Repository.deepestTree else { throw tooDeep(prefix) }
        try withContent(of: id, as: .tree) { bytes throws(GitError) in
            var cursor = TreeCursor(bytes, tree: id)
            while try cursor.advance() {
                try spend(&budget)
                let path = prefix.appending(cursor.name)
                if cursor.isTree {
                    try visit(cursor.id, path, depth + 1, &budget, body)
                } else {
                    try body(TreeFile(path: path, mode: try cursor.mode(), id: cursor.id))
                }
            }
        }
    }

    /// Every file, link and submodule of a tree, in index order.
    public func files(inTree id: ObjectID) throws(GitError) -> [TreeFile] {
        var files: [TreeFile] = []
        try forEachFile(inTree: id) { file in files.append(file) }
        return files
    }

    private func spend(_ budget: inout Int) throws(GitError) {
        budget -= 1
        guard budget >= 0 else {
            throw GitError(.unsupported, "a tree stands for more than \(Repository.mostEntries) files and folders")
        }
    }

    private func tooDeep(_ path: RepositoryPath) -> GitError {
        GitError(
            .unsupported, "folders are nested deeper than \(Repository.deepestTree) at '\(path.description.prefix(60))…'")
    }

    /// Visits what differs between two trees: files, links and submodules, never folders.
    ///
    /// Equal subtrees are skipped unread, so the cost is that of the change and of the folders on the way.
    /// - Parameters:
    ///   - old: nil for an empty tree.
    ///   - new: nil for an empty tree.
    public func forEachChange(
        from old: ObjectID?, to new: ObjectID?, prefix: RepositoryPath = .root,
        _ body: (TreeChange) throws(GitError) -> Void
    ) throws(GitError) {
        guard old != new else { return }
        var budget = Repository.mostEntries
        try diff(old, new, prefix, 0, &budget, body)
    }

    private func withTree<Result>(
        _ id: ObjectID?, _ body: (UnsafeRawBufferPointer) throws(GitError) -> Result
    ) throws(GitError) -> Result {
        guard let id else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return try withContent(of: id, as: .tree, body)
    }

    private func diff(
        _ old: ObjectID?, _ new: ObjectID?, _ prefix: RepositoryPath, _ depth: Int, _ budget: inout Int,
        _ body: (TreeChange) throws(GitError) -> Void
    ) throws(GitError) {
        guard depth < Repository.deepestTree else { throw tooDeep(prefix) }
        try withTree(old) { oldBytes throws(GitError) in
            try withTree(new) { newBytes throws(GitError) in
                var a = TreeCursor(oldBytes, tree: old ?? .zero)
                var b = TreeCursor(newBytes, tree: new ?? .zero)
                var hasA = try a.advance()
                var hasB = try b.advance()
                while hasA || hasB {
                    let order = !hasA ? 1 : !hasB ? -1 : TreeCursor.order(a, b)
                    if order < 0 {
                        try diffEntry(a, nil, prefix, depth, &budget, body)
                        hasA = try a.advance()
                    } else if order > 0 {
                        try diffEntry(nil, b, prefix, depth, &budget, body)
                        hasB = try b.advance()
                    } else {
                        if a.rawMode != b.rawMode || a.id != b.id { try diffEntry(a, b, prefix, depth, &budget, body) }
                        hasA = try a.advance()
                        hasB = try b.advance()
                    }
                }
            }
        }
    }

    private func diffEntry(
        _ a: TreeCursor?, _ b: TreeCursor?, _ prefix: RepositoryPath, _ depth: Int, _ budget: inout Int,
        _ body: (TreeChange) throws(GitError) -> Void
    ) throws(GitError) {
        try spend(&budget)
        guard let name = (b ?? a)?.name else { return }
        let path = prefix.appending(name)
        // Entries that compare equal are both folders or both not: a folder sorts as "name/".
        if a?.isTree ?? false || b?.isTree ?? false {
            try diff(a?.id, b?.id, path, depth + 1, &budget, body)
        } else {
            var old: (mode: FileMode, id: ObjectID)?
            var new: (mode: FileMode, id: ObjectID)?
            if let a { old = (try a.mode(), a.id) }
            if let b { new = (try b.mode(), b.id) }
            try body(TreeChange(path: path, old: old, new: new))
        }
    }

    /// Writes a tree from its entries, in any order.
    /// - Precondition: names are unique and are neither empty nor hold a slash or a NUL.
    public func writeTree(_ entries: [TreeEntry]) throws(GitError) -> ObjectID {
        try write(Repository.content(ofTree: entries), as: .tree)
    }

    /// The id that a tree of these entries has, without writing it.
    public static func id(ofTree entries: [TreeEntry]) throws(GitError) -> ObjectID {
        let content = content(ofTree: entries)
        var raw = git_oid()
        try check(git_odb_hash(&raw, content, content.count, GIT_OBJECT_TREE), "cannot hash a tree")
        return ObjectID(raw)
    }

    /// gitformat-tree: mode, space, name, NUL, id; sorted as if the name of a folder ended in a slash.
    private static func content(ofTree entries: [TreeEntry]) -> [UInt8] {
        let sorted = entries.sorted {
            TreeCursor.compare($0.name, $0.mode == .tree, $1.name, $1.mode == .tree) < 0
        }
        var content: [UInt8] = []
        content.reserveCapacity(sorted.count * 40)
        for entry in sorted {
            content.append(contentsOf: entry.mode.treeText.utf8)
            content.append(UInt8(ascii: " "))
            content.append(contentsOf: entry.name)
            content.append(0)
            content.append(contentsOf: entry.id.bytes)
        }
        return content
    }

    /// Writes a tree that is `base` with some paths set or removed; folders that become empty go.
    /// - Parameters:
    ///   - base: nil for an empty tree.
    ///   - edits: by path; nil removes. A path may replace a folder, and a folder a path.
    /// - Returns: the new tree's id, which is the empty tree's where nothing is left.
    public func tree(
        _ base: ObjectID?, edited edits: [RepositoryPath: (mode: FileMode, id: ObjectID)?]
    ) throws(GitError) -> ObjectID {
        let list = edits.map { (path: $0.key.components.map(Array.init), entry: $0.value) }
        if let tree = try edit(base, list) { return tree }
        return try writeTree([])
    }

    private typealias Edit = (path: [[UInt8]], entry: (mode: FileMode, id: ObjectID)?)

    private func edit(_ base: ObjectID?, _ edits: [Edit]) throws(GitError) -> ObjectID? {
        var entries: [[UInt8]: TreeEntry] = [:]
        if let base { for entry in try self.entries(ofTree: base) { entries[entry.name] = entry } }
        var below: [[UInt8]: [Edit]] = [:]
        for edit in edits {
            guard let name = edit.path.first else { continue }
            if edit.path.count > 1 {
                below[name, default: []].append((Array(edit.path.dropFirst()), edit.entry))
            } else if let new = edit.entry {
                entries[name] = TreeEntry(name: name, mode: new.mode, id: new.id)
            } else if below[name] == nil, entries[name]?.mode != .tree {
                entries[name] = nil
            }
        }
        for (name, edits) in below {
            // A folder replaces a file of its name only where something is put into it.
            let present = entries[name]
            if let present, present.mode != .tree, edits.allSatisfy({ $0.entry == nil }) { continue }
            let folder = present?.mode == .tree ? present?.id : nil
            let edited = try edit(folder, edits)
            entries[name] = edited.map { TreeEntry(name: name, mode: .tree, id: $0) }
        }
        return entries.isEmpty ? nil : try writeTree(Array(entries.values))
    }
}

extension Repository {
    /// The entries of a tree whose names are among some, looking at no more than the names.
    public func entries(ofTree id: ObjectID, named names: [StaticString]) throws(GitError) -> [TreeEntry] {
        try withContent(of: id, as: .tree) { bytes throws(GitError) in
            var cursor = TreeCursor(bytes, tree: id)
            var found: [TreeEntry] = []
            while try cursor.advance() {
                for name in names where cursor.name.count == name.utf8CodeUnitCount
                    && cursor.name.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
                {
                    found.append(TreeEntry(name: Array(cursor.name), mode: try cursor.mode(), id: cursor.id))
                }
            }
            return found
        }
    }
}
