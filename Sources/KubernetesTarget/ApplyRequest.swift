import KubernetesModel

/// The changes that git-ops asks to be made: those of the plan, and nothing else.
struct ApplyRequest {
    private struct Line {
        let action: String
        let id: String?
    }

    private var lines: [ResourcePath: Line] = [:]

    mutating func take(_ message: Message) throws(TargetFailure) {
        guard message.type == "change" else { throw TargetFailure("a message of type '\(message.type)' was sent within an apply") }
        let path = try message.path()
        let line = Line(action: try message.required("action"), id: try message.text("id"))
        guard lines.updateValue(line, forKey: path) == nil else { throw TargetFailure("'\(path)' was sent twice") }
    }

    /// Makes sure that these are the changes of a plan.
    func verify(_ plan: PreparedPlan) throws(TargetFailure) {
        guard plan.conflicts.isEmpty else { throw TargetFailure("the plan has conflicts, and cannot be carried out", isPartial: false) }
        guard lines.count == plan.changes.count else {
            throw TargetFailure("\(lines.count) changes were sent, and the plan has \(plan.changes.count)", isPartial: false)
        }
        for (path, line) in lines.sorted(by: { $0.key < $1.key }) {
            guard let change = plan.changes[path], change.action.rawValue == line.action else {
                throw TargetFailure("the plan has no \(line.action) of '\(path)'", isPartial: false)
            }
            if let desired = change.desired, let id = line.id, id != desired.id {
                throw TargetFailure("'\(path)' was planned with another content", isPartial: false)
            }
        }
    }
}
