import Kubernetes
import KubernetesModel
import Posix
import Synchronization

/// Carries out a plan.
struct Applier: Sendable {
    let cluster: any Cluster
    let plan: PreparedPlan
    let output: LineOutput
    let presence: Presence
    /// Seconds for what has to be waited for on the way, each time.
    let patience: Double

    /// What has happened so far.
    final class State: Sendable {
        private let state = Mutex<(failure: TargetFailure?, isChanged: Bool)>((nil, false))

        var failure: TargetFailure? { state.withLock { $0.failure } }
        var isChanged: Bool { state.withLock { $0.isChanged } }

        func markChanged() { state.withLock { $0.isChanged = true } }

        /// Keeps the first failure.
        func fail(_ failure: TargetFailure) {
            state.withLock { if $0.failure == nil { $0.failure = failure } }
        }
    }

    /// Makes all changes, and says each.
    /// - Throws: the first failure, after everything that was under way has ended.
    func run() async throws(TargetFailure) {
        let state = State()
        do throws(TargetFailure) {
            try await applyAll(state)
            try await removeAll(state)
        } catch {
            var failure = error
            failure.isPartial = state.isChanged
            throw failure
        }
    }

    private func applyAll(_ state: State) async throws(TargetFailure) {
        var changes = plan.changes.values.filter { $0.desired != nil }.sorted { $0.key < $1.key }
        let layers: [[Int]]
        do throws(OrderError) {
            layers = try ApplyOrder.layers(of: changes.map { OrderedObject(key: $0.key, object: $0.desired?.object ?? [:]) })
        } catch {
            throw TargetFailure("\(error)")
        }
        for layer in layers {
            let writer = ObjectWriter(cluster: cluster, plan: plan, state: state, output: output, presence: presence, patience: patience)
            await each(layer.map { changes[$0] }, state) { change async throws(TargetFailure) in try await writer.write(change) }
            if let failure = state.failure { throw failure }
            let definitions = layer.map { changes[$0] }.filter { !($0.desired?.definedResources.isEmpty ?? true) }
            guard !definitions.isEmpty else { continue }
            let served = try await Definitions(cluster: cluster, output: output, presence: presence, patience: patience).await(definitions)
            for index in changes.indices where changes[index].resource == nil {
                changes[index].resource = served[changes[index].desired!.kind]
            }
        }
    }

    /// What was made last goes first, as others may need what was made before them.
    private func removeAll(_ state: State) async throws(TargetFailure) {
        let changes = plan.changes.values.filter { $0.desired == nil }.sorted { $0.key < $1.key }
        // What is live may name things that are long gone: where there is no order, there is nothing to keep to.
        let layers = (try? ApplyOrder.layers(of: changes.map { OrderedObject(key: $0.key, object: $0.live ?? [:]) })) ?? [Array(changes.indices)]
        let remover = ObjectRemover(cluster: cluster, plan: plan, state: state)
        for layer in layers.reversed() {
            await each(layer.map { changes[$0] }, state) { change async throws(TargetFailure) in try await remover.remove(change) }
            if let failure = state.failure { throw failure }
        }
    }

    /// Makes changes at once. When one fails, those under way are finished and told of, and no other is begun.
    private func each(
        _ changes: [PlannedChange], _ state: State, _ body: @escaping @Sendable (PlannedChange) async throws(TargetFailure) -> Void
    ) async {
        let (output, presence) = (output, presence)
        _ = await atOnce(changes) { change in
            guard state.failure == nil else { return }
            guard !presence.isGone, !output.isDeaf else { return state.fail(TargetFailure("git-ops is gone")) }
            do throws(TargetFailure) {
                try await body(change)
                state.markChanged()
                output.say(.message("applied", change.path))
            } catch {
                state.fail(error)
            }
        }
    }
}
