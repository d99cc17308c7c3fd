import KubernetesModel

/// Who has changed what of a live object, as its managed fields tell.
struct Culprit: Sendable, Equatable {
    /// `kubectl-edit`
    let manager: String
    /// RFC 3339.
    let time: String?

    /// The last one who has set something that is to be changed back; nil where that cannot be told: who has removed a
    /// field leaves no trace.
    /// - Parameter manager: ours.
    init?(of live: JSON, _ changes: [FieldChange], manager: String) {
        let paths = changes.filter { $0.live != nil && $0.reason == .yours }.map(\.path)
        let entries = live.managedFields.filter { entry in
            !(entry.manager == manager && entry.operation == "Apply") && entry.subresource != "status"
                && paths.contains { entry.fields.contains($0) }
        }
        guard let last = entries.max(by: { ($0.time ?? "") < ($1.time ?? "") }) else { return nil }
        self.manager = last.manager
        time = last.time
    }
}
