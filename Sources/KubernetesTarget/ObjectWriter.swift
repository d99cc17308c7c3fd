import Kubernetes
import KubernetesModel
import Posix

/// Writes one object as it is desired.
struct ObjectWriter: Sendable {
    let cluster: any Cluster
    let plan: PreparedPlan
    let state: Applier.State
    let output: LineOutput
    let presence: Presence
    /// Seconds for what has to be waited for.
    let patience: Double

    private var manager: String { plan.settings.fieldManager }

    func write(_ change: PlannedChange) async throws(TargetFailure) {
        guard let desired = change.desired else { return }
        guard let resource = change.resource else {
            throw TargetFailure("\(desired.placed): the server does not serve \(desired.kind)", hint: "its definition does not define this version")
        }
        // A change that is begun with a deletion is ended, whether git-ops is there or not.
        let ending = Ending(
            cluster: cluster, output: output, presence: change.action == .recreate ? .certain : presence, patience: patience)
        let bound = BoundApply(
            cluster: cluster, plan: plan, ending: ending, change: change, desired: desired, resource: resource,
            seen: change.action == .change ? change.seen : nil)
        if change.action == .recreate {
            return try await Recreation(
                cluster: cluster, state: state, output: output, manager: manager, patience: patience, bound: bound
            ).run()
        }
        do throws(ClusterError) {
            if let ended = change.ending { try await ending.await(ended, desired.key, resource) }
            var base = bound.seen
            if change.takesOver, let result = change.result, let seen = base { base = try await takeOver(seen, result, bound) }
            try await patiently(desired) { [base] () async throws(ClusterError) in try await bound.run(from: base) }
        } catch {
            throw failure(desired, change.live, error)
        }
    }

    /// Makes what hand tools have set ours, so that it goes where the manifest does not have it.
    /// - Parameter result: what the plan says that the apply makes of the object.
    /// - Returns: the object as it is then.
    private func takeOver(_ seen: JSON, _ result: JSON, _ bound: BoundApply) async throws(ClusterError) -> JSON? {
        var live = seen
        for attempt in 1... {
            guard let takeOver = TakeOver(of: live, result: result, manager: manager) else { return live }
            do throws(ClusterError) {
                let taken = try await cluster.patch(
                    takeOver.patch, bound.resource, namespace: bound.desired.namespace, name: bound.desired.name, fieldManager: manager,
                    dryRun: false)
                state.markChanged()
                return taken
            } catch where error.reason == .conflict && attempt < 10 {
                guard let current = try await bound.current() else { return nil }
                live = current
            }
        }
        return live
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
        case .conflict:
            let error = Redaction.redacted(error, of: [desired.manifest, desired.object, live])
            return TargetFailure("somebody has changed \(desired.key) since the plan: \(error.message)", hint: "plan again")
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
