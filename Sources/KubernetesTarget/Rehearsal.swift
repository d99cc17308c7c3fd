import Kubernetes
import KubernetesModel

/// Asks a server what an object would be whose name is still taken: about one of another name, which is not there.
struct Rehearsal: Sendable {
    let cluster: any Cluster
    let manager: String

    /// - Throws: what the server says, also of the other name and of one more than there may be.
    func result(of desired: DesiredObject, _ resource: APIResource) async throws(ClusterError) -> JSON {
        var twin = desired.object
        twin.set("metadata", "name", to: .string(String(desired.name.prefix(40)) + "-recreated"))
        var result = try await cluster.create(twin, resource, namespace: desired.namespace, fieldManager: manager, dryRun: true)
        result.set("metadata", "name", to: .string(desired.name))
        return result
    }
}

/// What a server says when a ResourceQuota has no room for an object (k8s.io/apiserver, plugin/resourcequota/controller.go:
/// `exceeded quota: q, requested: pods=1, used: pods=5, limited: pods=3`).
enum QuotaFault {
    static func isOne(_ error: ClusterError) -> Bool { error.reason == .forbidden && error.message.contains("exceeded quota: ") }

    /// Of what there is more than there may be even now, so that not even what is deleted could be made again.
    /// - Returns: the end of a sentence; nil where one that is deleted makes room for another.
    static func excess(_ error: ClusterError) -> String? {
        guard isOne(error), let quota = part(error.message, "exceeded quota: ", ", requested: "),
            let used = part(error.message, ", used: ", ", limited: "), let limited = part(error.message, ", limited: ", nil)
        else { return nil }
        let limits = Dictionary(amounts(limited)) { first, _ in first }
        let exceeded = amounts(used).filter { name, amount in
            guard let limit = limits[name], let most = Amount.value(limit), let now = Amount.value(amount) else { return false }
            return now > most
        }
        guard !exceeded.isEmpty else { return nil }
        let told = exceeded.map { "\($0) is \($1) of \(limits[$0] ?? "")" }.joined(separator: ", ")
        return "ResourceQuota \(quota) is exceeded already: \(told)"
    }

    private static func part(_ text: String, _ start: String, _ end: String?) -> Substring? {
        guard let begin = text.firstRange(of: start)?.upperBound else { return nil }
        guard let end else { return text[begin...] }
        return text[begin...].firstRange(of: end).map { text[begin..<$0.lowerBound] }
    }

    private static func amounts(_ text: Substring) -> [(String, String)] {
        text.split(separator: ",").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
    }
}
