import Deployments
import Git
import Rendering

/// Reads a program's plan and holds it against what it was asked: whatever it leaves open, contradicts or
/// would do to what is not ours is a fault.
struct PlanReading {
    /// A change whose live content may still have to be asked for.
    struct Draft {
        let action: Change.Action
        let path: RepositoryPath
        let desired: Resource?
        let liveMode: FileMode?
        let liveBlob: ObjectID?
        let isDrift: Bool
        let permissions: (live: UInt32, desired: UInt32)?
        let remark: String?
        let culprit: (name: String, time: String?)?

        func change(live: (mode: FileMode, blob: ObjectID)?) -> Change {
            Change(
                action, path, live: live, desired: desired, isDrift: isDrift, permissions: permissions, remark: remark,
                culprit: culprit)
        }
    }

    private(set) var drafts: [Draft] = []
    private(set) var conflicts: [Plan.Conflict] = []
    private(set) var unchanged = 0
    private(set) var place: String?

    private let desired: [RepositoryPath: Resource]
    private let ours: Set<RepositoryPath>
    private var told: Set<RepositoryPath> = []
    /// Desired resources that are not as desired.
    private var unlike = 0

    init(desired: DesiredState, inventory: Inventory) {
        self.desired = Dictionary(desired.resources.map { ($0.path, $0) }) { first, _ in first }
        ours = Set(inventory.owned.map(\.path)).union(inventory.mayHold.keys)
    }

    /// - Returns: whether the plan is whole.
    mutating func take(_ answer: Answer) throws(ProtocolFault) -> Bool {
        switch answer.type {
        case "change":
            drafts.append(try draft(answer))
        case "conflict":
            let path = try newPath(answer)
            guard let reason = answer.reason, !reason.isEmpty else {
                throw ProtocolFault("it named no reason for the conflict in '\(path)'")
            }
            guard desired[path] != nil || ours.contains(path) else { throw unknown(path) }
            if desired[path] != nil { unlike += 1 }
            conflicts.append(
                Plan.Conflict(path, plainLine(reason), hint: answer.hint.map { plainLine($0) }))
        case "done":
            try finish(answer)
            return true
        default:
            throw answer.unexpected
        }
        return false
    }

    private mutating func draft(_ answer: Answer) throws(ProtocolFault) -> Draft {
        let path = try newPath(answer)
        guard let name = answer.action, let action = Change.Action(rawValue: name) else {
            let said = plainLine(answer.action ?? "(none)", limit: 60)
            throw ProtocolFault("it planned an action for '\(path)' that is not known: \(said)")
        }
        let resource = desired[path]
        switch action {
        case .create, .change, .recreate:
            guard resource != nil else { throw unknown(path) }
            unlike += 1
        case .prune, .keep:
            guard resource == nil else { throw ProtocolFault("it planned to remove '\(path)', which is desired") }
            guard ours.contains(path) else { throw ProtocolFault("it planned to remove '\(path)', which is not ours") }
        }
        guard (action == .create) == (answer.live == nil) else {
            let live = answer.live == nil ? "without" : "with"
            throw ProtocolFault("it planned to \(action.rawValue) '\(path)' \(live) 'live'")
        }
        return Draft(
            action: action, path: path, desired: resource, liveMode: try mode(answer.live, path),
            liveBlob: try blob(answer.live, path), isDrift: answer.drift ?? false,
            permissions: try permissions(answer.permissions, path), remark: answer.remark.map { plainLine($0) },
            culprit: answer.by.map { (plainLine($0, limit: 200), answer.time.map { plainLine($0, limit: 40) }) })
    }

    /// A program that passes over what it does not understand must not make it look as desired.
    private mutating func finish(_ answer: Answer) throws(ProtocolFault) {
        guard let count = answer.unchanged else {
            throw ProtocolFault("it did not say how many resources are unchanged")
        }
        guard count == desired.count - unlike else {
            throw ProtocolFault(
                "it told of \(unlike) resources that differ and \(count) that do not, where \(desired.count) are desired")
        }
        unchanged = count
        if let said = answer.place {
            guard !said.isEmpty, said.utf8.count <= 512, plainLine(said) == said else {
                throw ProtocolFault("it said a place that is no line of at most 512 bytes")
            }
            place = said
        }
    }

    private mutating func newPath(_ answer: Answer) throws(ProtocolFault) -> RepositoryPath {
        let path = try answer.pathBytes()
        guard told.insert(path).inserted else { throw ProtocolFault("it told of '\(path)' twice") }
        return path
    }

    private func unknown(_ path: RepositoryPath) -> ProtocolFault {
        ProtocolFault("it told of '\(path)', which it was not asked about")
    }

    private func mode(_ live: Answer.Live?, _ path: RepositoryPath) throws(ProtocolFault) -> FileMode? {
        guard let live else { return nil }
        switch FileMode(octal: live.mode) {
        case let mode? where mode == .file || mode == .executable || mode == .link: return mode
        default: throw ProtocolFault("it told of a mode of '\(path)' that is none of 100644, 100755 and 120000")
        }
    }

    private func blob(_ live: Answer.Live?, _ path: RepositoryPath) throws(ProtocolFault) -> ObjectID? {
        guard let text = live?.id else { return nil }
        guard let id = ObjectID(hex: text) else { throw ProtocolFault("it told of an id of '\(path)' that is none") }
        return id
    }

    private func permissions(
        _ permissions: Answer.Permissions?, _ path: RepositoryPath
    ) throws(ProtocolFault) -> (live: UInt32, desired: UInt32)? {
        guard let permissions else { return nil }
        guard let live = UInt32(permissions.live, radix: 8), let desired = UInt32(permissions.desired, radix: 8),
            live <= 0o7777, desired <= 0o7777
        else { throw ProtocolFault("it told of permissions of '\(path)' that are none") }
        return (live, desired)
    }
}
