import CLibgit2
import Glibc

/// A reference and what it names.
public struct Reference: Hashable, Sendable {
    public let name: String
    public let target: ObjectID
}

extension Repository {
    /// What a reference names, through symbolic ones; nil where there is none.
    public func target(of name: String) throws(GitError) -> ObjectID? {
        var raw = git_oid()
        let code = git_reference_name_to_id(&raw, handle, name)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try check(code, "cannot read reference '\(name)'")
        return ObjectID(raw)
    }

    /// The full name of the branch that HEAD names, whether or not it exists; nil where HEAD is detached.
    public func headBranch() throws(GitError) -> String? {
        var reference: OpaquePointer?
        try check(git_reference_lookup(&reference, handle, "HEAD"), "cannot read HEAD")
        defer { git_reference_free(reference) }
        return git_reference_symbolic_target(reference).map { String(cString: $0) }
    }

    /// All references whose name matches a glob, sorted by name.
    public func references(matching glob: String) throws(GitError) -> [Reference] {
        var iterator: OpaquePointer?
        try check(git_reference_iterator_glob_new(&iterator, handle, glob), "cannot list references")
        defer { git_reference_iterator_free(iterator) }
        var names: [String] = []
        var name: UnsafePointer<CChar>?
        while true {
            let code = git_reference_next_name(&name, iterator)
            if code == GIT_ITEROVER.rawValue { break }
            try check(code, "cannot list references")
            if let name { names.append(String(cString: name)) }
        }
        var references: [Reference] = []
        for name in names.sorted() {
            // One may have gone since it was listed.
            if let target = try target(of: name) { references.append(Reference(name: name, target: target)) }
        }
        return references
    }

    /// Sets a reference, if it still is what the caller read: compare and swap.
    /// - Parameters:
    ///   - expected: what it names now; nil where it must not exist.
    ///   - message: for the reference's log, where it has one.
    /// - Throws: `changedUnderneath` or `locked`, after which the caller reads again and retries;
    ///   `quarantined` while a push is being judged.
    public func update(
        _ name: String, to new: ObjectID, expecting expected: ObjectID?, by signature: Signature, message: String
    ) throws(GitError) {
        guard !isQuarantined else {
            throw GitError(.quarantined, "refusing to update '\(name)' while a push is in quarantine")
        }
        var who: UnsafeMutablePointer<git_signature>?
        try check(
            git_signature_new(&who, signature.name, signature.email, signature.seconds, Int32(signature.offset)),
            "bad identity '\(signature.name)'")
        defer { git_signature_free(who) }
        var transaction: OpaquePointer?
        try check(git_transaction_new(&transaction, handle), "cannot update '\(name)'")
        defer { git_transaction_free(transaction) }
        // The lock is taken before the value is compared, so nothing fits in between.
        try check(git_transaction_lock_ref(transaction, name), "cannot lock '\(name)'")
        guard try target(of: name) == expected else {
            throw GitError(.changedUnderneath, "'\(name)' changed while it was being updated")
        }
        var raw = new.raw
        try check(git_transaction_set_target(transaction, name, &raw, who, message), "cannot update '\(name)'")
        try check(git_transaction_commit(transaction), "cannot update '\(name)'")
    }

    /// Removes a reference, if it still is what the caller read. A reference that is gone is fine.
    public func delete(_ name: String, expecting expected: ObjectID) throws(GitError) {
        guard !isQuarantined else {
            throw GitError(.quarantined, "refusing to delete '\(name)' while a push is in quarantine")
        }
        var transaction: OpaquePointer?
        try check(git_transaction_new(&transaction, handle), "cannot delete '\(name)'")
        defer { git_transaction_free(transaction) }
        try check(git_transaction_lock_ref(transaction, name), "cannot lock '\(name)'")
        guard let present = try target(of: name) else { return }
        guard present == expected else {
            throw GitError(.changedUnderneath, "'\(name)' changed while it was being deleted")
        }
        try check(git_transaction_remove(transaction, name), "cannot delete '\(name)'")
        try check(git_transaction_commit(transaction), "cannot delete '\(name)'")
    }
}

extension Repository {
    /// Runs an update of a reference again while others get in between.
    ///
    /// Waits between tries grow and are random, so that writers do not stay in step. git's lock on a
    /// reference is a file, which a process that is killed leaves behind. The caller holds a lock of its
    /// own that dies with its holder, so no other process of ours is at work: a file that stays as it is
    /// for longer than `patience` is such a left-over, and is removed.
    /// - Parameters:
    ///   - name: the reference.
    ///   - attempts: how often it is tried before the last error is thrown.
    ///   - patience: in seconds; far longer than git itself holds such a lock.
    public func retrying<Result>(
        _ name: String, attempts: Int = 500, patience: Double = 1, _ body: () throws(GitError) -> Result
    ) throws(GitError) -> Result {
        var watched: (stamp: FileStamp, since: Double)?
        var attempt = 1
        while true {
            do throws(GitError) {
                return try body()
            } catch {
                guard error.kind == .changedUnderneath || error.kind == .locked, attempt < attempts else { throw error }
                if error.kind == .locked { removeStaleLock(commonDirectory + name + ".lock", &watched, patience) }
                usleep(UInt32.random(in: 500...(2000 * UInt32(min(attempt, 20)))))
                attempt += 1
            }
        }
    }

    private func removeStaleLock(_ path: String, _ watched: inout (stamp: FileStamp, since: Double)?, _ patience: Double) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            watched = nil
            return
        }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
        let stamp = FileStamp(status)
        guard let known = watched, known.stamp == stamp else {
            watched = (stamp, now)
            return
        }
        if now - known.since >= patience { unlink(path) }
    }
}
