import Kubernetes
import KubernetesModel
import Posix

/// Deletes an object and makes it anew, for what cannot be changed in place.
struct Recreation: Sendable {
    let cluster: any Cluster
    let state: Applier.State
    let output: LineOutput
    let manager: String
    /// Seconds for the object to go.
    let patience: Double

    func run(_ change: PlannedChange, _ desired: DesiredObject, _ resource: APIResource) async throws(TargetFailure) {
        let original = try await delete(change, desired, resource)
        try await awaitEnd(of: original?.uid ?? change.live?.uid, desired, resource)
        do throws(ClusterError) {
            _ = try await cluster.apply(
                desired.object, resource, namespace: desired.namespace, name: desired.name, ApplyOptions(fieldManager: manager))
        } catch {
            throw await putBack(original, desired, resource, Refusal.failure(desired, nil, error))
        }
    }

    /// - Returns: the object as it was; nil where it was gone before.
    private func delete(_ change: PlannedChange, _ desired: DesiredObject, _ resource: APIResource) async throws(TargetFailure) -> JSON? {
        do throws(ClusterError) {
            guard let live = try await cluster.get(resource, namespace: desired.namespace, name: desired.name) else { return nil }
            guard live.uid == change.live?.uid, live.label(ownerLabel) == change.live?.label(ownerLabel) else {
                throw ClusterError(.conflict, "it is another one than that of the plan")
            }
            if try await cluster.delete(
                resource, namespace: desired.namespace, name: desired.name, DeleteOptions(uid: live.uid, propagation: "Foreground"))
            {
                state.markChanged()
            }
            return live
        } catch {
            // The server may have done it, and only the answer is lost.
            if [.unreachable, .unavailable, .malformed, .other].contains(error.reason) { state.markChanged() }
            throw TargetFailure("cannot delete \(desired.key) to make it anew", error)
        }
    }

    private func awaitEnd(of uid: String?, _ desired: DesiredObject, _ resource: APIResource) async throws(TargetFailure) {
        let begun = monotonicSeconds()
        for attempt in 1... {
            let live: JSON?
            do throws(ClusterError) {
                live = try await cluster.get(resource, namespace: desired.namespace, name: desired.name)
            } catch {
                throw TargetFailure("cannot tell whether \(desired.key) is deleted", error)
            }
            guard let live, live.uid == uid else { return }
            let seconds = Int(monotonicSeconds() - begun)
            guard Double(seconds) < patience else {
                let finalizers = (live.at("metadata", "finalizers")?.array ?? []).compactMap(\.string).joined(separator: ", ")
                throw TargetFailure(
                    "\(desired.key) is not deleted after \(seconds) s" + (finalizers.isEmpty ? "" : ": it waits for \(finalizers)"),
                    hint: "apply again when it is gone")
            }
            output.progress("waiting for \(desired.key) to be deleted (\(seconds) s)")
            await pause(seconds: min(0.1 * Double(attempt), 2))
        }
    }

    /// Makes the object again as it was.
    /// - Returns: the failure, with what has become of the object.
    private func putBack(_ original: JSON?, _ desired: DesiredObject, _ resource: APIResource, _ failure: TargetFailure) async -> TargetFailure {
        var failure = failure
        guard let original else { return failure }
        do throws(ClusterError) {
            _ = try await cluster.create(
                Manifest.normalized(original), resource, namespace: desired.namespace, fieldManager: manager, dryRun: false)
            failure.message += "; it had been deleted, and was put back as it was"
        } catch {
            failure.message += "; it had been deleted, and could not be put back: " + Redaction.redacted(error.message, of: [original])
        }
        return failure
    }
}
