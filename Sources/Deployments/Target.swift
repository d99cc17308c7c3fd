// Deployments: how what runs is made to be what the repository says, and how that is recorded.
// It knows environments, plans, records, locks and the protocol Target; it knows no target, prints
// nothing and parses no arguments.

public import Git
public import Rendering

/// What holds the live state of an environment: a directory, a cluster, or a plugin.
///
/// The engine calls it in this order, in one thread: `plan`; then, where the plan is carried out,
/// `apply`, `wait`, and at the end either `commit` or `rollBack`. A target that was only asked for its
/// plan has changed nothing. It may be killed at any point: the next `plan`, by a new process, starts
/// from what is live.
public protocol Target: AnyObject {
    /// Whether what it holds are Kubernetes objects, and not files: then each object in the environment's files is
    /// a resource of its own.
    func holdsObjects() throws(TargetError) -> Bool

    /// Compares live with desired and changes nothing.
    /// - Parameters:
    ///   - desired: all that should be there.
    ///   - inventory: all that is ours, though it may have been changed or removed by others.
    ///   - adopting: whether what is there, not ours and different may be taken over.
    /// - Throws: `TargetError`, where the live state cannot be read whole: an unknown is never a plan.
    func plan(_ desired: DesiredState, inventory: Inventory, adopting: Bool) throws(TargetError) -> Plan

    /// How well everything is that was desired in the plan that was made last, changed or not; nil where the target
    /// knows no health.
    /// - Throws: where it cannot be told.
    func health() throws(TargetError) -> HealthReport?

    /// The live content of a resource of the plan that was made last, for a diff; nil where there is none.
    func liveContent(of change: Change) throws(TargetError) -> [UInt8]?

    /// Carries out the plan that was made last.
    ///
    /// Where it throws, it has put back what it had changed, or says in the error that it could not.
    /// - Parameter progress: told after each change that was made.
    func apply(_ plan: Plan, progress: (Change) -> Void) throws(TargetError)

    /// Whether it can tell when something changes.
    func watches() throws(TargetError) -> Bool

    /// Whether the watch tells of what may be of another health, too.
    func watchesHealth() throws(TargetError) -> Bool

    /// Waits until something that the last plan has looked at is another than it was then; asked only where `watches`.
    /// - Parameters:
    ///   - isOver: asked about twice a second; once it is true, it is not asked again and the wait ends.
    ///   - waker: a descriptor that becomes readable when `isOver` is to be asked at once; then it is asked every few
    ///     seconds only beside that. It is `isOver` that reads from it.
    /// - Returns: what; none where `isOver` has ended it.
    /// - Throws: where it can no longer be seen.
    func awaitChange(unless isOver: @escaping () -> Bool, waking waker: Int32?) throws(TargetError) -> [RepositoryPath]

    /// Waits until what was applied is healthy. A target without health returns at once.
    /// - Parameters:
    ///   - timeout: in seconds.
    ///   - isOvertaken: asked about twice a second by a target whose wait can be ended early; once it is true, it
    ///     is not asked again and the wait ends.
    ///   - progress: told in one line what is waited for.
    func wait(timeout: Double, unless isOvertaken: @escaping () -> Bool, progress: (String) -> Void) throws(TargetError) -> WaitOutcome

    /// Ends a deployment that went well; what was kept for `rollBack` goes.
    func commit() throws(TargetError)

    /// Whether it can put back what was live before `apply`. What a deployment that fails has changed stays otherwise.
    var rollsBack: Bool { get }

    /// Puts back what was live before `apply`.
    func rollBack() throws(TargetError)

    /// Removes what a deployment that was killed left lying about, where nothing is to be done otherwise.
    func tidy() throws(TargetError)

    /// What must be said in the record's inventory beside the desired resources: folders that were
    /// there before us. Asked after `apply`.
    var foundFolders: [RepositoryPath] { get }
}

extension Target {
    public var rollsBack: Bool { true }

    /// Most targets hold files.
    public func holdsObjects() throws(TargetError) -> Bool { false }

    /// Most targets have to be looked at again and again.
    public func watches() throws(TargetError) -> Bool { false }

    public func watchesHealth() throws(TargetError) -> Bool { false }

    public func awaitChange(unless isOver: @escaping () -> Bool, waking waker: Int32?) throws(TargetError) -> [RepositoryPath] { [] }

    /// Waits as of `awaitChange(unless:waking:)`, and asks twice a second.
    public func awaitChange(unless isOver: @escaping () -> Bool) throws(TargetError) -> [RepositoryPath] {
        try awaitChange(unless: isOver, waking: nil)
    }

    /// Files have no health.
    public func health() throws(TargetError) -> HealthReport? { nil }

    /// Most targets leave nothing.
    public func tidy() throws(TargetError) {}

    /// Waits to the end, whatever comes meanwhile.
    public func wait(timeout: Double, progress: (String) -> Void) throws(TargetError) {
        _ = try wait(timeout: timeout, unless: { false }, progress: progress)
    }
}

/// How a wait ended that did not fail.
public enum WaitOutcome: Sendable {
    /// What was applied is healthy, or the target knows no health.
    case healthy
    /// It was ended before that was known.
    case cancelled
}

/// Why a target could not do what it was asked.
public struct TargetError: Error, Sendable, CustomStringConvertible {
    /// What and why, in one line: `cannot write 'etc/motd': No space left on device`.
    public let message: String
    /// What the user can do, if that is known.
    public let hint: String?
    /// Whether the live state is neither the old nor the new one: putting back failed too.
    public let isPartial: Bool

    public init(_ message: String, hint: String? = nil, isPartial: Bool = false) {
        self.message = message
        self.hint = hint
        self.isPartial = isPartial
    }

    public var description: String { message }
}
