import CLibgit2

/// What went wrong in a repository, by kind, so that callers can decide without reading the text.
public struct GitError: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// No such repository, object or reference.
        case notFound
        /// A reference was not where the caller read it: read again and retry.
        case changedUnderneath
        /// Another process holds the lock on a reference: retry.
        case locked
        /// The repository belongs to somebody else and is not in `safe.directory`.
        case owner
        /// A repository of a kind that is not supported: sha256, reftable.
        case unsupported
        /// A reference update was tried while a push is still in quarantine.
        case quarantined
        /// An object is damaged, or not of the kind it should be.
        case damaged
        /// Anything else: input and output, permissions, full disk.
        case failed
    }

    public let kind: Kind
    /// What was being done, on what: `cannot read object 1234…`.
    public let operation: String
    /// Why, in libgit2's or the system's words; may be empty.
    public let reason: String
    /// What the user can do, if that is known.
    public let hint: String?

    public init(_ kind: Kind, _ operation: String, reason: String = "", hint: String? = nil) {
        self.kind = kind
        self.operation = operation
        self.reason = reason
        self.hint = hint
    }

    public var description: String {
        reason.isEmpty ? operation : "\(operation): \(reason)"
    }

    /// Takes the error that libgit2 left for this thread; call it before anything else can run.
    static func last(_ code: Int32, _ operation: @autoclosure () -> String) -> GitError {
        let reason = git_error_last().flatMap { $0.pointee.message }.map { String(cString: $0) } ?? ""
        let kind: Kind =
            switch code {
            case GIT_ENOTFOUND.rawValue: .notFound
            case GIT_EMODIFIED.rawValue, GIT_EEXISTS.rawValue: .changedUnderneath
            case GIT_ELOCKED.rawValue: .locked
            case GIT_EOWNER.rawValue: .owner
            default: .failed
            }
        return GitError(kind, operation(), reason: reason)
    }
}

/// Throws where a libgit2 call answered with an error.
func check(_ code: Int32, _ operation: @autoclosure () -> String) throws(GitError) {
    guard code < 0 else { return }
    throw GitError.last(code, operation())
}
