import Kubernetes
import KubernetesModel

/// A change that a plan has told of.
struct PlannedChange: Sendable {
    enum Action: String, Sendable {
        case create, change, recreate, prune, keep
    }

    var action: Action
    let path: ResourcePath
    let key: ObjectKey
    /// nil for what is removed.
    var desired: DesiredObject?
    /// nil where the server does not serve the kind yet.
    var resource: APIResource?
    /// As it is shown: after what is done to it before the apply.
    var live: JSON?
    /// As the server has it; what is applied is applied to nothing else.
    var seen: JSON?
    /// What is being deleted, and has to be gone before.
    var ending: JSON?
    /// What the server says it would be; nil for what is removed, and where it could not be asked.
    var result: JSON?
    /// Whether fields are taken from other managers, as the plan has said.
    var isForced = false
    /// Whether the object is taken over from hand tools before it is applied.
    var takesOver = false
    var isDrift = false
    var remark: String?
    /// Who has made it differ, where that is known.
    var culprit: Culprit?

    /// The line of the plan.
    var message: JSON {
        var members: [String: JSON] = ["action": .string(action.rawValue), "drift": .bool(isDrift)]
        if action != .create { members["live"] = ["mode": "100644"] }
        if let remark { members["remark"] = .string(remark) }
        if let culprit {
            members["by"] = .string(culprit.manager)
            if let time = culprit.time { members["time"] = .string(time) }
        }
        return .message("change", path, members)
    }
}

/// What was found of one resource.
enum Verdict: Sendable {
    case unchanged
    case change(PlannedChange)
    case conflict(reason: String, hint: String?)
    /// What cannot be told: there is no plan.
    case failure(TargetFailure)
}

/// A plan that was made, as far as it is needed to carry it out.
struct PreparedPlan: Sendable {
    let owner: String
    let settings: Settings
    /// Whether what is others' may be taken over.
    let isAdopting: Bool
    /// Everything that should be there, changed or not, without its content.
    var desired: [DesiredObject] = []
    var changes: [ResourcePath: PlannedChange] = [:]
    var conflicts: [ResourcePath: (reason: String, hint: String?)] = [:]
    var unchanged = 0
    /// Where all of it is.
    var place: Place?
    /// What was seen of all that was looked at.
    var view = PlanView()
    /// What was deleted when it was carried out.
    var deleted: [PlannedChange] = []
    /// How many are desired, changed or not.
    var count = 0
    /// What of them was not healthy, by what was live.
    var ailments: [Ailment] = []
    /// Those whose health was not seen: only their metadata were read.
    var unjudged: Set<ObjectKey> = []
}

/// What a plan has seen, as far as it is needed to tell later whether it is still so.
struct PlanView: Sendable {
    var key = TraceKey.own
    /// nil for what was not there.
    var states: [ObjectKey: Trace?] = [:]
    /// What git-ops calls each.
    var paths: [ObjectKey: ResourcePath] = [:]
    /// Where they are, by their resource; none where it is in no namespace.
    var namespaces: [APIResource: Set<String?>] = [:]
    /// Whether something in it cannot be watched: what lacks our label, what is not served, what is in conflict.
    var isBlind = false
}
