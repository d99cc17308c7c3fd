extension Repository {
    /// Appends a line to the note of an object, by compare and swap, so that no writer's line is lost.
    ///
    /// `git notes add` and libgit2's git_note_create read and write the notes without a lock and lose
    /// lines under concurrent writers. Notes are kept two folders deep (`ab/cd/…`), which git reads
    /// and writes as it finds it (upstream `notes.c`), so that an append costs the same at 100,000
    /// notes as at ten. A note that another tool keeps elsewhere in the tree is moved here.
    /// - Parameters:
    ///   - line: without a newline.
    ///   - reference: the notes reference.
    ///   - signature: who commits.
    /// - Returns: whether the line was added; a line that is there already is left alone.
    @discardableResult
    public func appendNote(
        _ line: String, to object: ObjectID, reference: String, by signature: Signature, message: String
    ) throws(GitError) -> Bool {
        try retrying(reference) { () throws(GitError) -> Bool in
            let tip = try target(of: reference)
            let root = if let tip { try tree(ofCommit: tip) as ObjectID? } else { nil as ObjectID? }
            let paths = Repository.notePaths(object)
            var edits: [RepositoryPath: (mode: FileMode, id: ObjectID)?] = [:]
            var content: [UInt8] = []
            for path in paths {
                guard let root, let found = try entry(at: path, inTree: root), found.mode != .tree else { continue }
                content += try blob(found.id)
                if content.last != UInt8(ascii: "\n") { content.append(UInt8(ascii: "\n")) }
                edits[path] = .some(nil)
            }
            if content.split(separator: UInt8(ascii: "\n")).contains(where: { $0.elementsEqual(line.utf8) }) {
                return false
            }
            content += Array(line.utf8) + [UInt8(ascii: "\n")]
            edits[paths[0]] = (.file, try write(content, as: .blob))
            let tree = try tree(root, edited: edits)
            let commit = try writeCommit(
                tree: tree, parents: tip.map { [$0] } ?? [], author: signature, committer: signature,
                message: message + "\n")
            try update(reference, to: commit, expecting: tip, by: signature, message: message)
            return true
        }
    }

    /// The note of an object; nil where it has none.
    public func note(of object: ObjectID, reference: String) throws(GitError) -> String? {
        guard let tip = try target(of: reference) else { return nil }
        let root = try tree(ofCommit: tip)
        var content: [UInt8] = []
        for path in Repository.notePaths(object) {
            guard let found = try entry(at: path, inTree: root), found.mode != .tree else { continue }
            content += try blob(found.id)
        }
        return content.isEmpty ? nil : String(decoding: content, as: UTF8.self)
    }

    /// Where the note of an object may be, ours first.
    private static func notePaths(_ object: ObjectID) -> [RepositoryPath] {
        let hex = Array(object.description.utf8)
        let slash = [UInt8(ascii: "/")]
        return [
            RepositoryPath(bytes: hex[0..<2] + slash + hex[2..<4] + slash + hex[4...]),
            RepositoryPath(bytes: hex[0..<2] + slash + hex[2...]),
            RepositoryPath(bytes: hex),
        ]
    }
}
