import Kubernetes
import KubernetesModel

/// Deletes an object and makes it anew, for what cannot be changed in place.
struct Recreation: Sendable {
    let cluster: any Cluster
    let state: Applier.State
    let manager: String
    /// Applies where nothing is.
    let bound: BoundApply

    private var desired: DesiredObject { bound.desired }
    private var resource: APIResource { bound.resource }

    func run() async throws(TargetFailure) {
        let original = try await delete()
        if let original { try await awaitEnd(of: original) }
        do throws(ClusterError) {
            try await bound.run(from: nil)
        } catch {
            throw await putBack(original, Refusal.failure(desired, nil, error))
        }
    }

    /// - Returns: the object as it was; nil where it was gone before.
    private func delete() async throws(TargetFailure) -> JSON? {
        let planned = bound.change.seen
        do throws(ClusterError) {
            for attempt in 1... {
                guard let live = try await cluster.get(resource, namespace: desired.namespace, name: desired.name) else { return nil }
                guard live.uid == planned?.uid, live.label(ownerLabel) == planned?.label(ownerLabel) else {
                    throw ClusterError(.conflict, "it is another one than that of the plan", hint: "plan again")
                }
                guard live.at("metadata", "deletionTimestamp") == nil else { return live }
                guard let planned, bound.isSame(live, planned) else {
                    throw ClusterError(.conflict, "somebody has changed what we own of it since the plan", hint: "plan again")
                }
                do throws(ClusterError) {
                    // What belongs to it goes after it: while it waits for that, it could be lost.
                    if try await cluster.delete(
                        resource, namespace: desired.namespace, name: desired.name,
                        DeleteOptions(uid: live.uid, resourceVersion: live.resourceVersion))
                    {
                        state.markChanged()
                    }
                    return live
                } catch where error.reason == .conflict && attempt < 5 {
                    continue
                }
            }
            return nil
        } catch {
            // The server may have done it, and only the answer is lost.
            if [.unreachable, .unavailable, .malformed, .other].contains(error.reason) { state.markChanged() }
            throw TargetFailure("cannot delete \(desired.key) to make it anew", error)
        }
    }

    private func awaitEnd(of original: JSON) async throws(TargetFailure) {
        do throws(ClusterError) {
            try await bound.ending.await(original, desired.key, resource)
        } catch {
            throw TargetFailure("\(desired.key) is deleted to make it anew", error)
        }
    }

    /// Makes the object again as it was.
    /// - Returns: the failure, with what has become of the object.
    private func putBack(_ original: JSON?, _ failure: TargetFailure) async -> TargetFailure {
        var failure = failure
        guard let original else { return failure }
        do throws(ClusterError) {
            let made = try await cluster.create(
                Manifest.normalized(original), resource, namespace: desired.namespace, fieldManager: manager, dryRun: false)
            failure.message += "; it had been deleted, and was put back as it was"
            // Who set which field is part of it: or all would be ours by another operation, with which we would be at odds.
            if let entries = original.at("metadata", "managedFields"), let version = made.resourceVersion {
                _ = try? await cluster.patch(
                    [
                        ["op": "replace", "path": "/metadata/managedFields", "value": entries],
                        ["op": "replace", "path": "/metadata/resourceVersion", "value": .string(version)],
                    ], resource, namespace: desired.namespace, name: desired.name, fieldManager: manager, dryRun: false)
            }
        } catch {
            failure.message += "; it had been deleted, and could not be put back: " + Redaction.redacted(error.message, of: [original])
        }
        return failure
    }
}
