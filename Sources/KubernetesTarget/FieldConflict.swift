import Kubernetes
import KubernetesModel

/// A field that another manager owns and that is desired otherwise.
struct FieldConflict: Sendable {
    /// `.spec.replicas`, as the server writes it.
    let field: String
    let manager: String
    /// When that manager last wrote, as RFC 3339; nil where it is not told.
    let since: String?

    /// So many are told one by one.
    private static let told = 3

    /// Reads the causes of a conflict (k8s.io/apiserver, managedfields/internal/conflict.go:
    /// `conflict with "kubectl-edit" using apps/v1 at 2026-01-01T00:00:00Z`).
    /// - Parameter live: what is asked for the time that newer servers do not tell.
    static func all(of error: ClusterError, live: JSON?) -> [FieldConflict] {
        let entries = live?.managedFields ?? []
        // The time that is looked for is told of the first ones only.
        return error.causes.filter { $0.reason == "FieldManagerConflict" }.enumerated().map { number, cause in
            let parts = cause.message.split(separator: "\"", omittingEmptySubsequences: false)
            let manager = parts.count >= 3 ? String(parts[1]) : cause.message
            var since = parts.last.flatMap { end in end.contains(" at ") ? end.split(separator: " ").last.map(String.init) : nil }
            if since == nil, number < told, let live, let path = FieldPath(cause.field, in: live) {
                since = entries.first { $0.manager == manager && $0.fields.contains(path) }?.time
            }
            return FieldConflict(field: cause.field, manager: manager, since: since)
        }
    }

    /// Tools by which people change objects by hand: what they set is taken over, as the environment says what should be.
    var isOfHandTool: Bool { FieldConflict.isHandTool(manager) }

    static func isHandTool(_ manager: String) -> Bool {
        manager.hasPrefix("kubectl") || manager.hasPrefix("oc-") || ["k9s", "before-first-apply", "Lens", "oc"].contains(manager)
    }

    /// Whether all may be taken without being told to: from hand tools, from git-ops of another name, and from what we
    /// made otherwise than by an apply.
    /// - Parameter manager: in whose name.
    static func mayBeTaken(_ conflicts: [FieldConflict], _ live: JSON?, manager: String) -> Bool {
        let predecessors = TakeOver.predecessors(in: live?.managedFields ?? [], manager: manager).map(\.manager)
        return !conflicts.isEmpty && conflicts.allSatisfy { $0.isOfHandTool || $0.manager == manager || predecessors.contains($0.manager) }
    }

    /// Field, owner, since when, and both values.
    static func reason(_ conflicts: [FieldConflict], live: JSON?, desired: JSON) -> String {
        let first = conflicts.prefix(told).map { conflict in
            var text = "\(conflict.field) by \(conflict.manager)"
            if let since = conflict.since { text += " since \(since)" }
            return text + " (live \(value(conflict.field, live, desired)), desired \(value(conflict.field, desired, desired)))"
        }
        let more = conflicts.count > told ? " and \(conflicts.count - told) more" : ""
        return "has fields that are set by others: " + first.joined(separator: ", ") + more
    }

    private static func value(_ field: String, _ object: JSON?, _ desired: JSON) -> String {
        guard let object, let path = FieldPath(field, in: object), let value = object.value(at: path) else { return "nothing" }
        if desired.isSecret, let first = path.elements.first,
            [.field("data"), .field("stringData")].contains(first) || path.elements.last == .field(Manifest.lastApplied)
        {
            return "hidden"
        }
        let text = value.text
        return text.unicodeScalars.count <= 60 ? text : String(text.unicodeScalars.prefix(60)) + "…"
    }

    /// `replaces kubectl-edit as owner of .spec.replicas`.
    static func remark(_ conflicts: [FieldConflict]) -> String? {
        guard let first = conflicts.first else { return nil }
        let managers = Set(conflicts.map(\.manager)).sorted().joined(separator: ", ")
        let fields = Set(conflicts.map(\.field)).count
        return "replaces \(managers) as owner of " + (fields == 1 ? first.field : "\(fields) fields")
    }
}
