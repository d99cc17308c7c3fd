import CLibgit2

/// The kinds of git object.
public enum ObjectKind: Sendable, Hashable {
    case commit, tree, blob, tag

    init?(_ raw: git_object_t) {
        switch raw {
        case GIT_OBJECT_COMMIT: self = .commit
        case GIT_OBJECT_TREE: self = .tree
        case GIT_OBJECT_BLOB: self = .blob
        case GIT_OBJECT_TAG: self = .tag
        default: return nil
        }
    }

    var raw: git_object_t {
        switch self {
        case .commit: GIT_OBJECT_COMMIT
        case .tree: GIT_OBJECT_TREE
        case .blob: GIT_OBJECT_BLOB
        case .tag: GIT_OBJECT_TAG
        }
    }
}

extension Repository {
    /// Whether an object is there, in any of the object directories.
    public func contains(_ id: ObjectID) -> Bool {
        var raw = id.raw
        return git_odb_exists(odb, &raw) == 1
    }

    /// The kind and the size in bytes of an object, without reading it whole.
    public func header(of id: ObjectID) throws(GitError) -> (kind: ObjectKind, size: Int) {
        var raw = id.raw
        var size = 0
        var type = GIT_OBJECT_INVALID
        try check(git_odb_read_header(&size, &type, odb, &raw), "cannot read object \(id)")
        guard let kind = ObjectKind(type) else { throw GitError(.damaged, "object \(id) is of no known kind") }
        return (kind, size)
    }

    /// Lends the raw content of an object.
    /// - Parameter kind: what it must be.
    /// - Throws: `notFound`, or `damaged` where it is of another kind; and what `body` throws.
    public func withContent<Result>(
        of id: ObjectID, as kind: ObjectKind, _ body: (UnsafeRawBufferPointer) throws(GitError) -> Result
    ) throws(GitError) -> Result {
        var raw = id.raw
        var object: OpaquePointer?
        try check(git_odb_read(&object, odb, &raw), "cannot read object \(id)")
        defer { git_odb_object_free(object) }
        guard git_odb_object_type(object) == kind.raw else {
            throw GitError(.damaged, "object \(id) is not a \(kind)")
        }
        return try body(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }

    /// The whole content of a blob. Ask for its `header` first where it may be large.
    public func blob(_ id: ObjectID) throws(GitError) -> [UInt8] {
        try withContent(of: id, as: .blob) { bytes throws(GitError) in Array(bytes) }
    }

    /// Writes an object; writing one that exists costs a look-up.
    /// - Throws: `quarantined` while a push is being judged.
    public func write(_ content: [UInt8], as kind: ObjectKind) throws(GitError) -> ObjectID {
        guard !isQuarantined else {
            throw GitError(.quarantined, "refusing to write an object while a push is in quarantine")
        }
        var raw = git_oid()
        try check(git_odb_write(&raw, odb, content, content.count, kind.raw), "cannot write a \(kind)")
        return ObjectID(raw)
    }

    /// The id that content would have, without writing it.
    public static func id(of content: UnsafeRawBufferPointer, as kind: ObjectKind) throws(GitError) -> ObjectID {
        var raw = git_oid()
        try check(git_odb_hash(&raw, content.baseAddress, content.count, kind.raw), "cannot hash")
        return ObjectID(raw)
    }

    /// The id of the blob that a file would become, read in pieces.
    /// - Parameter path: the file; `/proc/self/fd/N` for an open one.
    public static func blobID(ofFile path: String) throws(GitError) -> ObjectID {
        var raw = git_oid()
        try check(git_odb_hashfile(&raw, path, GIT_OBJECT_BLOB), "cannot read '\(path)'")
        return ObjectID(raw)
    }

    /// The commit that an object is or, through tags, names.
    /// - Throws: `notFound`, or `damaged` where it is no commit.
    public func commit(peeling id: ObjectID) throws(GitError) -> ObjectID {
        var raw = id.raw
        var object: OpaquePointer?
        try check(git_object_lookup(&object, handle, &raw, GIT_OBJECT_ANY), "cannot read object \(id)")
        defer { git_object_free(object) }
        var peeled: OpaquePointer?
        guard git_object_peel(&peeled, object, GIT_OBJECT_COMMIT) == 0 else {
            throw GitError(.damaged, "object \(id) is not a commit")
        }
        defer { git_object_free(peeled) }
        return ObjectID(git_object_id(peeled).pointee)
    }

    /// The commit that a revision names, in the syntax of gitrevisions(7).
    /// - Throws: `notFound` where it names nothing.
    public func commit(revision: String) throws(GitError) -> ObjectID {
        var object: OpaquePointer?
        let code = git_revparse_single(&object, handle, revision)
        guard code == 0 else {
            let error = GitError.last(code, "bad revision '\(revision)'")
            throw GitError(.notFound, error.operation)
        }
        defer { git_object_free(object) }
        return try commit(peeling: ObjectID(git_object_id(object).pointee))
    }

    /// Whether `commit` is `ancestor` or has it among its ancestors.
    public func commit(_ commit: ObjectID, contains ancestor: ObjectID) throws(GitError) -> Bool {
        if commit == ancestor { return true }
        var a = commit.raw
        var b = ancestor.raw
        let answer = git_graph_descendant_of(handle, &a, &b)
        try check(answer, "cannot compare \(commit) with \(ancestor)")
        return answer == 1
    }
}
