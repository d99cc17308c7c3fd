import Kubernetes
import KubernetesModel
import Posix

/// Waits until an object that is being deleted is gone. Its finalizers are others' to remove, and never ours.
struct Ending: Sendable {
    let cluster: any Cluster
    let output: LineOutput
    let presence: Presence
    /// Seconds.
    let patience: Double

    /// - Parameter object: which one; another of its name is none of it.
    func await(_ object: JSON, _ key: ObjectKey, _ resource: APIResource) async throws(ClusterError) {
        let begun = monotonicSeconds()
        for attempt in 1... {
            guard let live = try await cluster.get(resource, namespace: key.namespace, name: key.name), live.uid == object.uid else { return }
            let seconds = Int(monotonicSeconds() - begun)
            let what = Ending.holders(of: live).map { ": it waits for \($0)" } ?? ""
            guard Double(seconds) < patience else {
                throw ClusterError(.other, "it is not gone after \(seconds) s" + what, hint: "apply again when it is gone")
            }
            guard !presence.isGone else { throw ClusterError(.other, "git-ops is gone") }
            output.progress("waiting for \(key) to be deleted\(what) (\(seconds) s)")
            await pause(seconds: min(0.1 * Double(attempt), 2))
        }
    }

    /// What keeps an object that is being deleted: its finalizers; of a namespace, what is left in it too.
    /// - Returns: the end of a sentence; nil where nothing does.
    static func holders(of live: JSON) -> String? {
        var holders = (live.at("metadata", "finalizers")?.array ?? []).compactMap(\.string)
        if live["kind"]?.string == "Namespace", live["apiVersion"]?.string == "v1" {
            holders += (live.at("spec", "finalizers")?.array ?? []).compactMap(\.string)
            // NamespaceContentRemaining, NamespaceFinalizersRemaining and others; true is what hinders.
            let conditions = (live.at("status", "conditions")?.array ?? []).filter { $0["status"]?.string == "True" }
            holders += conditions.compactMap { $0["message"]?.string }.filter { !$0.isEmpty }
        }
        return holders.isEmpty ? nil : holders.joined(separator: ", ")
    }
}
