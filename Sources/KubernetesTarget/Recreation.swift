import Kubernetes
import KubernetesModel
import Posix

/// Deletes an object and makes it anew, for what cannot be changed in place.
struct Recreation: Sendable {
    let cluster: any Cluster
    let state: Applier.State
    let output: LineOutput
    let manager: String
    /// Seconds for what has to be waited for.
    let patience: Double
    /// Applies where nothing is.
    let bound: BoundApply

    private var desired: DesiredObject { bound.desired }
    private var resource: APIResource { bound.resource }

    /// Once it is begun it is ended, whether git-ops is there or not: in its midst the object is lost.
    func run() async throws(TargetFailure) {
        output.hold()
        defer { output.release() }
        try await requireRoom()
        let original = try await delete()
        if let original { try await awaitEnd(of: original) }
        do throws(ClusterError) {
            try await awaitingQuota { () async throws(ClusterError) in try await bound.run(from: nil) }
        } catch {
            throw await putBack(original, Refusal.failure(desired, original, error))
        }
    }

    /// Where a quota has no room for either, neither the new nor the old one could be made after the deletion.
    private func requireRoom() async throws(TargetFailure) {
        do throws(ClusterError) {
            _ = try await Rehearsal(cluster: cluster, manager: manager).result(of: desired, resource)
        } catch {
            guard let excess = QuotaFault.excess(error) else { return }
            throw TargetFailure("\(desired.placed) is not deleted to make it anew: \(excess)", hint: "let the quota allow what is there")
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
                } catch where error.reason == .conflict && attempt < 10 {
                    // What changes all the time may rest for a moment.
                    await pause(seconds: 0.05 * Double(attempt))
                }
            }
            return nil
        } catch {
            // The server may have done it, and only the answer is lost.
            if [.unreachable, .unavailable, .malformed, .other].contains(error.reason) { state.markChanged() }
            throw TargetFailure("cannot delete \(desired.key) to make it anew", redacted(error))
        }
    }

    private func awaitEnd(of original: JSON) async throws(TargetFailure) {
        do throws(ClusterError) {
            try await bound.ending.await(original, desired.key, resource)
        } catch {
            throw TargetFailure("\(desired.key) is deleted to make it anew", redacted(error))
        }
    }

    private func redacted(_ error: ClusterError) -> ClusterError {
        Redaction.redacted(error, of: [desired.manifest, desired.object, bound.change.seen])
    }

    /// Does what a quota may refuse only because its controller has not yet noticed what was deleted.
    private func awaitingQuota(_ body: () async throws(ClusterError) -> Void) async throws(ClusterError) {
        let begun = monotonicSeconds()
        for attempt in 1... {
            do throws(ClusterError) {
                return try await body()
            } catch where QuotaFault.isOne(error) && monotonicSeconds() - begun < min(patience, 30) {
                output.progress("waiting for the quota to count the deleted \(desired.key) no more")
                await pause(seconds: min(0.1 * Double(attempt), 2))
            }
        }
    }

    // MARK: putting back

    /// Makes the object again as it was.
    /// - Returns: the failure, with what has become of the object.
    private func putBack(_ original: JSON?, _ failure: TargetFailure) async -> TargetFailure {
        var failure = failure
        guard let original else { return failure }
        if let end = Recreation.end(of: original) {
            failure.message += "; it had been deleted, and is not put back: it had \(end), and would run again"
            return failure
        }
        do throws(ClusterError) {
            try await awaitingQuota { () async throws(ClusterError) in
                let made = try await cluster.create(
                    Recreation.unfilled(Manifest.normalized(original)), resource, namespace: desired.namespace, fieldManager: manager,
                    dryRun: false)
                // Who set which field is part of it: or all would be ours by another operation, with which we would be at odds.
                guard let entries = original.at("metadata", "managedFields"), let version = made.resourceVersion else { return }
                _ = try? await cluster.patch(
                    managedFieldsPatch(entries, version), resource, namespace: desired.namespace, name: desired.name, fieldManager: manager,
                    dryRun: false)
            }
            failure.message += "; it had been deleted, and was put back as it was"
        } catch where error.reason == .alreadyExists {
            failure.message += "; it had been deleted, and is not put back: another one of its name has been made meanwhile"
        } catch {
            failure.message += "; it had been deleted, and could not be put back: " + Redaction.redacted(error, of: [original]).message
        }
        return failure
    }

    /// How an object that runs once has ended; nil where it has not, or is no such object.
    private static func end(of object: JSON) -> String? {
        switch (object.groupVersionKind?.group, object["kind"]?.string) {
        case ("batch", "Job"):
            let conditions = (object.at("status", "conditions")?.array ?? []).filter { $0["status"]?.string == "True" }
            if conditions.contains(where: { $0["type"]?.string == "Complete" }) { return "completed" }
            return conditions.contains { $0["type"]?.string == "Failed" } ? "failed" : nil
        case ("", "Pod"):
            switch object.at("status", "phase")?.string {
            case "Succeeded": return "completed"
            case "Failed": return "failed"
            default: return nil
            }
        default: return nil
        }
    }

    /// A Job without the selector and the labels by which the server tells its pods from those of another one of its
    /// name: they hold its UID, and no other Job may have them (kubernetes, pkg/registry/batch/job/strategy.go).
    private static func unfilled(_ object: JSON) -> JSON {
        guard object.groupVersionKind?.group == "batch", object["kind"]?.string == "Job", object.at("spec", "manualSelector")?.bool != true
        else { return object }
        var object = object
        for label in ["controller-uid", "batch.kubernetes.io/controller-uid"] {
            for path in [["metadata", "labels"], ["spec", "selector", "matchLabels"], ["spec", "template", "metadata", "labels"]]
            where object.at(path[...]) != nil {
                object.set((path + [label])[...], to: nil)
            }
        }
        if object.at("spec", "selector", "matchLabels") == [:] { object.set("spec", "selector", to: nil) }
        return object
    }
}
