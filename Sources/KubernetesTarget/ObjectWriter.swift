import Kubernetes
import KubernetesModel
import Posix

/// Writes one object as it is desired.
struct ObjectWriter: Sendable {
    let cluster: any Cluster
    let plan: PreparedPlan
    let state: Applier.State
    let output: LineOutput
    /// Seconds for what has to be waited for.
    let patience: Double

    private var manager: String { plan.settings.fieldManager }

    func write(_ change: PlannedChange) async throws(TargetFailure) {
        guard let desired = change.desired else { return }
        guard let resource = change.resource else {
            throw TargetFailure("\(desired.placed): the server does not serve \(desired.kind)", hint: "its definition does not define this version")
        }
        if change.action == .recreate {
            let recreation = Recreation(cluster: cluster, state: state, output: output, manager: manager, patience: patience)
            return try await recreation.run(change, desired, resource)
        }
        do throws(ClusterError) {
            if change.takesOver, let result = change.result { try await takeOver(result, desired, resource) }
            if change.isForced {
                try await force(desired, resource)
            } else {
                try await patiently(desired) { () async throws(ClusterError) in
                    _ = try await cluster.apply(
                        desired.object, resource, namespace: desired.namespace, name: desired.name, ApplyOptions(fieldManager: manager))
                }
            }
        } catch {
            throw failure(desired, change.live, error)
        }
    }

    /// Makes what hand tools have set ours, so that it goes where the manifest does not have it.
    /// - Parameter result: what the plan says that the apply makes of the object.
    private func takeOver(_ result: JSON, _ desired: DesiredObject, _ resource: APIResource) async throws(ClusterError) {
        for attempt in 1... {
            guard let live = try await cluster.get(resource, namespace: desired.namespace, name: desired.name),
                let takeOver = TakeOver(of: live, result: result, manager: manager)
            else { return }
            do throws(ClusterError) {
                _ = try await cluster.patch(
                    takeOver.patch, resource, namespace: desired.namespace, name: desired.name, fieldManager: manager, dryRun: false)
                state.markChanged()
                return
            } catch where error.reason == .conflict && attempt < 5 {
                continue
            }
        }
    }

    /// Takes fields from others, but only from those that the plan allows, at the very version that was looked at.
    private func force(_ desired: DesiredObject, _ resource: APIResource) async throws(ClusterError) {
        for attempt in 1... {
            guard let live = try await cluster.get(resource, namespace: desired.namespace, name: desired.name) else {
                throw ClusterError(.notFound, "it is gone")
            }
            var object = desired.object
            object.set("metadata", "resourceVersion", to: live.at("metadata", "resourceVersion"))
            var options = ApplyOptions(fieldManager: manager, dryRun: true)
            do throws(ClusterError) {
                do throws(ClusterError) {
                    _ = try await cluster.apply(object, resource, namespace: desired.namespace, name: desired.name, options)
                } catch where error.reason == .fieldConflict {
                    let conflicts = FieldConflict.all(of: error, live: live)
                    guard plan.isAdopting || !conflicts.isEmpty && conflicts.allSatisfy(\.isOfHandTool) else { throw error }
                    options.force = true
                }
                options.dryRun = false
                _ = try await cluster.apply(object, resource, namespace: desired.namespace, name: desired.name, options)
                return
            } catch where error.reason == .conflict && attempt < 5 {
                continue
            }
        }
    }

    /// Does what may fail only because what it needs was made a moment ago: a definition, a namespace, a webhook.
    private func patiently(_ desired: DesiredObject, _ body: () async throws(ClusterError) -> Void) async throws(ClusterError) {
        let begun = monotonicSeconds()
        for attempt in 1... {
            do throws(ClusterError) {
                return try await body()
            } catch {
                let isNew = error.reason == .notFound && isMadeByPlan(desired)
                let isWebhook = error.message.contains("failed calling webhook") || error.message.contains("failed to call webhook")
                guard isNew || isWebhook, monotonicSeconds() - begun < min(patience, 30) else { throw error }
                output.progress("waiting for what \(desired.key) needs: \(isWebhook ? "a webhook" : "its kind or namespace")")
                await pause(seconds: min(0.1 * Double(attempt), 2))
            }
        }
    }

    private func isMadeByPlan(_ desired: DesiredObject) -> Bool {
        plan.changes.values.contains { change in
            guard let made = change.desired else { return false }
            return made.key.kind == "Namespace" && made.key.group.isEmpty && made.name == desired.namespace
                || made.definedResources.contains { $0.kind == desired.kind }
        }
    }

    private func failure(_ desired: DesiredObject, _ live: JSON?, _ error: ClusterError) -> TargetFailure {
        switch error.reason {
        case .fieldConflict:
            let conflicts = FieldConflict.all(of: error, live: live)
            return TargetFailure(
                "somebody has changed \(desired.key) since the plan: it \(FieldConflict.reason(conflicts, live: nil, desired: desired.object))",
                hint: "plan again")
        case .conflict: return TargetFailure("somebody has changed \(desired.key) since the plan", hint: "plan again")
        case _ where error.causes.contains { $0.reason == "NamespaceTerminating" }:
            return TargetFailure(
                "\(desired.placed) cannot be made: its namespace is being deleted", hint: "wait until '\(desired.namespace ?? "")' is gone, and apply again")
        case .unreachable, .unavailable, .malformed, .other:
            // It may have been done all the same.
            state.markChanged()
        default: break
        }
        return Refusal.failure(desired, live, error)
    }
}
