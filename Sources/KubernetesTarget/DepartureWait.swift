import Kubernetes
import KubernetesModel
import Posix

/// Waits until everything that was deleted is gone: until then it may do what it did, and nothing of its name can be made.
struct DepartureWait: Sendable {
    let cluster: any Cluster
    let plan: PreparedPlan
    let output: LineOutput
    let presence: Presence
    /// Seconds.
    let timeout: Double

    /// - Parameter begun: when the time began that `timeout` is of.
    /// - Throws: when the time is over: what is still there, and what holds it.
    func run(_ begun: Double) async throws(TargetFailure) {
        var open = plan.deleted
        var delay = 0.1
        while true {
            guard !Task.isCancelled else { throw .cancelled }
            let seconds = Int(monotonicSeconds() - begun)
            let left = timeout - (monotonicSeconds() - begun)
            var staying: [(change: PlannedChange, live: JSON)] = []
            do throws(ClusterError) {
                let looked = await withDeadline(seconds: max(left, 1)) { [open] in
                    await Result { () async throws(ClusterError) in try await look(open) }
                }
                guard let looked else { throw ClusterError(.unavailable, "it has not answered in time", mayPass: true) }
                staying = try looked.get()
            } catch {
                guard !Task.isCancelled else { throw .cancelled }
                guard error.mayPass || error.reason == .unreachable, left > 0 else {
                    throw TargetFailure("cannot tell whether what was deleted is gone", error)
                }
                output.progress("waiting for the server: \(error.message) (\(seconds) s)")
                await pause(seconds: 1)
                continue
            }
            guard let first = staying.first else { return }
            open = staying.map(\.change)
            let what = Ending.holders(of: first.live).map { ": it waits for \($0)" } ?? ""
            guard left > 0 else {
                let more = staying.count > 1 ? " (and \(staying.count - 1) more are not)" : ""
                throw TargetFailure("\(first.change.key) was deleted and is not gone after \(Int(timeout)) s\(what)\(more)")
            }
            guard !presence.isGone else { throw TargetFailure("git-ops is gone") }
            let more = staying.count > 1 ? ", and for \(staying.count - 1) more" : ""
            output.progress("waiting for \(first.change.key) to be gone\(what)\(more) (\(seconds) s)")
            await pause(seconds: min(delay, left))
            delay = min(delay * 1.5, 5)
        }
    }

    /// Which of what was deleted is still there.
    private func look(_ changes: [PlannedChange]) async throws(ClusterError) -> [(change: PlannedChange, live: JSON)] {
        var staying: [(change: PlannedChange, live: JSON)] = []
        for (resource, same) in Dictionary(grouping: changes, by: \.resource).sorted(by: { ($0.value[0].key) < ($1.value[0].key) }) {
            guard let resource else { continue }
            let live = try await objects(resource, same)
            for change in same {
                if let object = live[change.live?.uid ?? ""] { staying.append((change, object)) }
            }
        }
        return staying
    }

    /// By their UIDs.
    private func objects(_ resource: APIResource, _ changes: [PlannedChange]) async throws(ClusterError) -> [String: JSON] {
        var all: [JSON] = []
        do throws(ClusterError) {
            if changes.count > 3, resource.verbs.contains("list") {
                all = try await LiveObjects.items(
                    resource, in: Set(changes.map(\.key.namespace)), labelSelector: "\(ownerLabel)=\(plan.owner)", cluster)
            }
            // What is not among those may have lost our label, and be there all the same.
            let found = Set(all.compactMap(\.uid))
            do {
                for change in changes where !found.contains(change.live?.uid ?? "") {
                    if let live = try await cluster.get(resource, namespace: change.key.namespace, name: change.key.name) { all.append(live) }
                }
            }
        } catch where error.reason == .notFound {
            // Its definition was deleted too, and no object outlives that.
        }
        return Dictionary(all.map { ($0.uid ?? "-", $0) }) { first, _ in first }
    }
}
