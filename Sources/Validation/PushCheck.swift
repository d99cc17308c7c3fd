public import Git
public import Manifests

/// One update that a push asks for, as a line of a hook's standard input (githooks(5)).
public struct RefUpdate: Hashable, Sendable {
    /// What the reference names; nil where it is to be created.
    public let old: ObjectID?
    /// What it is to name; nil where it is to be deleted.
    public let new: ObjectID?
    /// The whole name of the reference.
    public let name: String

    /// - Parameter line: `<old> <new> <name>`; nil where it has not that form.
    public init?(line: some Collection<UInt8>) {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard parts.count == 3, let old = ObjectID(hexBytes: parts[0]), let new = ObjectID(hexBytes: parts[1]),
            let name = String(validating: Array(parts[2]), as: UTF8.self), !name.isEmpty
        else { return nil }
        self.old = old.isZero ? nil : old
        self.new = new.isZero ? nil : new
        self.name = name
    }

    /// The name as people are to read it; a hostile one is quoted.
    public var shownName: String { RepositoryPath.quoted(Array(name.utf8)) }

    /// Reads all of a hook's standard input.
    /// - Returns: nil where a line has not the form.
    public static func all(in bytes: [UInt8]) -> [RefUpdate]? {
        var updates: [RefUpdate] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let update = RefUpdate(line: line) else { return nil }
            updates.append(update)
        }
        return updates
    }
}

/// What the check of a push has to say of one reference.
public struct RefVerdict: Sendable {
    public let update: RefUpdate
    /// Why the reference itself may not be written.
    public let refusal: String?
    /// What is wrong in the files, or worth a warning.
    public let diagnostics: [Diagnostic]
    /// Files that were pushed and are no manifests, so that only their form was checked.
    public var unclassified: [String] = []
    public var isRefused: Bool {
        refusal != nil || diagnostics.contains { $0.severity == .error }
    }
}

/// Judges a push before it becomes history. It changes nothing and executes nothing.
public struct PushCheck {
    private let repository: Repository
    private let configuration: Configuration
    private let program: String
    private let trustsDefaultBranch: Bool
    private let recordRefusal: (RefUpdate) throws -> String?

    /// - Parameters:
    ///   - program: see ``TreeCheck/init(_:configuration:program:)``.
    ///   - recordRefusal: why a reference of the record may not be moved; nil where it may.
    ///   - trustsDefaultBranch: whether what the default branch has was accepted, so that of a new branch only what differs
    ///     from it is read. In a clone nothing was.
    public init(
        _ repository: Repository, configuration: Configuration, program: String = "", trustsDefaultBranch: Bool = true,
        recordRefusal: @escaping (RefUpdate) throws -> String? = { _ in "the record of deployments is written by git-ops alone" }
    ) {
        self.trustsDefaultBranch = trustsDefaultBranch
        self.recordRefusal = recordRefusal
        self.repository = repository
        self.configuration = configuration
        self.program = program
    }

    /// Judges all updates of a push.
    /// - Throws: `GitError` where something cannot be read; the push is refused then.
    public func verdicts(_ updates: [RefUpdate]) throws -> [RefVerdict] {
        let head = try repository.headBranch()
        let headTree = try head.flatMap { name throws(GitError) in try tree(of: try repository.target(of: name)) }
        let check = TreeCheck(repository, configuration: configuration, program: program)
        var verdicts: [RefVerdict] = []
        for update in updates {
            if PushCheck.isRecord(update.name) {
                verdicts.append(RefVerdict(update: update, refusal: try recordRefusal(update), diagnostics: []))
                continue
            }
            guard update.name.hasPrefix("refs/heads/") else { continue }
            // What is deployed from a branch that is deleted stays; post-receive says of what.
            guard let new = update.new else { continue }
            // What a forced push replaces may be gone; then all is read.
            var base = trustsDefaultBranch ? headTree : nil
            if let old = update.old { base = repository.contains(old) ? try tree(of: old) : nil }
            let tree = try repository.tree(ofCommit: try repository.commit(peeling: new))
            let verdict = try check.verdict(from: base, to: tree, branch: update.name, defaultBranch: head)
            var diagnostics = verdict.diagnostics
            if update.name != head, let headTree {
                diagnostics += try check.undeclared(in: tree, followedBy: headTree, branch: update.name)
            }
            verdicts.append(RefVerdict(update: update, refusal: nil, diagnostics: diagnostics, unclassified: verdict.unclassified))
        }
        return verdicts
    }

    private func tree(of commit: ObjectID?) throws(GitError) -> ObjectID? {
        guard let commit else { return nil }
        return try repository.tree(ofCommit: commit)
    }

    private static func isRecord(_ name: String) -> Bool {
        name.hasPrefix("refs/ops/") || name == "refs/ops" || name == "refs/notes/ops" || name.hasPrefix("refs/notes/ops/")
    }
}
