import Kubernetes
import KubernetesModel

/// Removes what is ours and no longer desired, or lets go of it.
struct ObjectRemover: Sendable {
    let cluster: any Cluster
    let plan: PreparedPlan
    let state: Applier.State

    func remove(_ change: PlannedChange) async throws(TargetFailure) {
        guard let resource = change.resource else { return }
        do throws(ClusterError) {
            for attempt in 1... {
                // What is decided on is read just before, and nothing else than that is deleted.
                guard let live = try await cluster.get(resource, namespace: change.key.namespace, name: change.key.name) else { return }
                guard live.uid == change.live?.uid, live.label(ownerLabel) == plan.owner else {
                    if change.action == .keep, live.label(ownerLabel) != plan.owner { return }
                    throw ClusterError(.conflict, "somebody has changed whose it is since the plan", hint: "plan again")
                }
                if change.action == .prune, live.at("metadata", "deletionTimestamp") != nil { return }
                if change.action == .prune, let annotation = PrunePlanner.optOut(live) {
                    throw ClusterError(.conflict, "somebody has annotated it \(annotation) since the plan", hint: "plan again")
                }
                do throws(ClusterError) {
                    switch change.action {
                    case .keep: try await letGo(live, change, resource)
                    default:
                        _ = try await cluster.delete(
                            resource, namespace: change.key.namespace, name: change.key.name,
                            DeleteOptions(uid: live.uid, resourceVersion: live.resourceVersion))
                    }
                    return
                } catch where attempt < 10 && (error.reason == .conflict || error.reason == .invalid && change.action == .keep) {
                    // A patch whose answer was lost, and that was sent again, finds nothing to take away; and what changes
                    // all the time may rest for a moment.
                    await pause(seconds: 0.05 * Double(attempt))
                }
            }
        } catch {
            if [.unreachable, .unavailable, .malformed, .other].contains(error.reason) { state.markChanged() }
            throw TargetFailure(
                "cannot \(change.action == .keep ? "let go of" : "delete") \(change.key)", Redaction.redacted(error, of: [change.live]))
        }
    }

    /// Takes our label and our name from an object, and leaves every value as it is: an apply without the fields
    /// would remove them.
    private func letGo(_ live: JSON, _ change: PlannedChange, _ resource: APIResource) async throws(ClusterError) {
        let manager = plan.settings.fieldManager
        var operations: [JSON] = [["op": "replace", "path": "/metadata/resourceVersion", "value": .string(live.resourceVersion ?? "")]]
        operations.append(["op": "remove", "path": "/metadata/labels/git-ops~1owner"])
        if live.annotation(adoptedAnnotation) != nil {
            operations.append(["op": "remove", "path": "/metadata/annotations/git-ops~1adopted"])
        }
        let entries = live.at("metadata", "managedFields")?.array ?? []
        let others = entries.filter { $0["manager"]?.string != manager || $0["operation"]?.string != "Apply" }
        if others.count < entries.count {
            // One empty entry is how a server is told that there are none (k8s.io/apiserver, managedfields).
            operations.append(["op": "replace", "path": "/metadata/managedFields", "value": others.isEmpty ? [[:]] : .array(others)])
        }
        _ = try await cluster.patch(
            operations, resource, namespace: change.key.namespace, name: change.key.name, fieldManager: manager, dryRun: false)
    }
}
