import Kubernetes
import KubernetesModel
import Posix

/// Waits until definitions that were just applied are served.
struct Definitions: Sendable {
    let cluster: any Cluster
    let output: LineOutput
    let presence: Presence
    /// Seconds.
    let patience: Double

    /// - Returns: what the server serves then.
    func await(_ definitions: [PlannedChange]) async throws(TargetFailure) -> [GroupVersionKind: APIResource] {
        let begun = monotonicSeconds()
        let limit = min(patience, 120)
        var open = definitions
        for attempt in 1... {
            var left: [PlannedChange] = []
            for change in open where try await !isEstablished(change) { left.append(change) }
            open = left
            if open.isEmpty {
                let catalog: APICatalog
                do throws(ClusterError) {
                    catalog = try await cluster.catalog(fresh: true)
                } catch {
                    throw TargetFailure(error)
                }
                let served = catalog.byKind
                let wanted = definitions.flatMap { $0.desired?.definedResources ?? [] }
                if wanted.allSatisfy({ served[$0.kind] != nil }) { return served }
            }
            guard !presence.isGone else { throw TargetFailure("git-ops is gone") }
            let seconds = Int(monotonicSeconds() - begun)
            let name = (open.first ?? definitions[0]).key
            guard Double(seconds) < limit else {
                throw TargetFailure("\(name) is not served after \(seconds) s", hint: "apply again when it is established")
            }
            output.progress("waiting for \(name) to be served (\(seconds) s)")
            await pause(seconds: min(0.1 * Double(attempt), 1))
        }
        return [:]
    }

    private func isEstablished(_ change: PlannedChange) async throws(TargetFailure) -> Bool {
        guard let resource = change.resource else { return false }
        let live: JSON?
        do throws(ClusterError) {
            live = try await cluster.get(resource, namespace: nil, name: change.key.name)
        } catch {
            throw TargetFailure("cannot read \(change.key)", error)
        }
        guard let live else { throw TargetFailure("\(change.key) is gone") }
        for condition in live.at("status", "conditions")?.array ?? [] {
            switch (condition["type"]?.string, condition["status"]?.string) {
            case ("NamesAccepted", "False"):
                throw TargetFailure("\(change.key) is refused: \(condition["message"]?.string ?? "its names are taken")")
            case ("Established", "True"): return true
            default: break
            }
        }
        return false
    }
}
