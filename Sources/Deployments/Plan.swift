public import Git
public import Rendering

/// One change that leads from live to desired.
public struct Change: Sendable {
    public enum Action: String, Sendable, Hashable, CaseIterable {
        /// Not there: will be made.
        case create
        /// There, ours (or adopted), different: will be made as desired.
        case change
        /// There, and can only become as desired by being removed and made anew.
        case recreate
        /// Ours and no longer desired: will be removed.
        case prune
        /// Ours, no longer desired, and changed by someone else: moved aside, never deleted.
        case keep
    }

    public let action: Action
    /// The resource's path relative to the environment.
    public let path: RepositoryPath
    /// What is live: its kind, and the blob that its content would be; nil where nothing is.
    public let live: (mode: FileMode, blob: ObjectID)?
    /// What is desired; nil for `prune` and `keep`.
    public let desired: Resource?
    /// Whether live differs from what the last deployment left: somebody changed it.
    public let isDrift: Bool
    /// Permissions that git's modes cannot hold, where they differ: live and desired, `0600` and `0644`.
    public let permissions: (live: UInt32, desired: UInt32)?
    /// What a person should know, in a few words: `owner root is not www-data`, `kept as motd.git-ops-kept-…`.
    public let remark: String?
    /// Who has made live differ, where the target knows: `kubectl-edit`, and when, as RFC 3339.
    public let culprit: (name: String, time: String?)?

    public init(
        _ action: Action, _ path: RepositoryPath, live: (mode: FileMode, blob: ObjectID)? = nil,
        desired: Resource? = nil, isDrift: Bool = false, permissions: (live: UInt32, desired: UInt32)? = nil,
        remark: String? = nil, culprit: (name: String, time: String?)? = nil
    ) {
        self.culprit = culprit
        self.action = action
        self.path = path
        self.live = live
        self.desired = desired
        self.isDrift = isDrift
        self.permissions = permissions
        self.remark = remark
    }
}

extension Change {
    /// ` by kubectl-edit at 2026-01-01T00:00:00Z`; empty where nobody knows.
    public var agent: String {
        culprit.map { " by \($0.name)" + ($0.time.map { " at \($0)" } ?? "") } ?? ""
    }
}

/// The ordered changes that lead from live to desired; none where live is as desired.
public struct Plan: Sendable {
    /// In the order of their paths; a target orders the carrying out itself.
    public var changes: [Change]
    /// How many resources are as desired.
    public var unchanged: Int
    /// What forbids carrying it out: something in the way that is not ours. Each with what to do.
    public var conflicts: [Conflict]
    /// Where the live state is, in the words of the target, to be recorded; nil where there is nothing to say.
    public var place: String?

    /// Something in the way of a change.
    public struct Conflict: Sendable {
        public let path: RepositoryPath
        /// `exists and is not ours`.
        public let reason: String
        public let hint: String?

        public init(_ path: RepositoryPath, _ reason: String, hint: String? = nil) {
            self.path = path
            self.reason = reason
            self.hint = hint
        }
    }

    public init(changes: [Change] = [], unchanged: Int = 0, conflicts: [Conflict] = [], place: String? = nil) {
        self.place = place
        self.changes = changes
        self.unchanged = unchanged
        self.conflicts = conflicts
    }

    /// Whether there is nothing to do and nothing in the way.
    public var isEmpty: Bool { changes.isEmpty && conflicts.isEmpty }

    /// How many changes have one of the actions.
    public func count(_ actions: Change.Action...) -> Int {
        changes.count { actions.contains($0.action) }
    }
}

extension Plan {
    /// What tells one drift of a resource from another, by its path.
    public var states: [RepositoryPath: String] {
        var states: [RepositoryPath: String] = [:]
        for change in changes { states[change.path] = "\(change.action.rawValue) \(change.live?.blob.description ?? "")\(change.agent)" }
        for conflict in conflicts { states[conflict.path] = "conflict \(conflict.reason)" }
        return states
    }
}
