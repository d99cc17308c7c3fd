import Kubernetes
import KubernetesModel
import Posix

/// Looks for what a person would look for when an object is not healthy. What cannot be read is left out.
struct Diagnosis: Sendable {
    let cluster: any Cluster

    /// So many pods, or events, of one object say enough.
    private static let most = 100

    private static let pods = APIResource(
        kind: GroupVersionKind(group: "", version: "v1", kind: "Pod"), name: "pods", isNamespaced: true, verbs: ["list"])
    private static let events = APIResource(
        kind: GroupVersionKind(group: "", version: "v1", kind: "Event"), name: "events", isNamespaced: true, verbs: ["list"])

    /// What its pods and the last warning about it say.
    func reasons(of object: JSON) async -> [String] {
        var reasons: [String] = []
        if let reason = await podReason(object) { reasons.append(reason) }
        if let warning = await lastWarning(object) { reasons.append(warning) }
        return reasons
    }

    private func podReason(_ object: JSON) async -> String? {
        guard let namespace = object.namespace, let selector = object.at("spec", "selector").flatMap(Diagnosis.selector) else { return nil }
        var query = ObjectQuery(Diagnosis.pods, namespace: namespace, labelSelector: selector)
        query.most = Diagnosis.most
        guard let pods = try? await cluster.list(query).items else { return nil }
        let now = Moment.now().seconds
        for pod in pods.sorted(by: { ($0.name ?? "") < ($1.name ?? "") }) {
            if let reason = HealthRules.reason(ofPod: pod, now: now) { return "pod \(pod.name ?? ""): \(reason)" }
        }
        return nil
    }

    /// A selector as the API's queries have it; nil where it selects nothing or everything.
    static func selector(_ selector: JSON) -> String? {
        var terms: [String] = []
        for (name, value) in (selector["matchLabels"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let value = value.string else { return nil }
            terms.append("\(name)=\(value)")
        }
        for expression in selector["matchExpressions"]?.array ?? [] {
            guard let name = expression["key"]?.string else { return nil }
            let values = (expression["values"]?.array ?? []).compactMap(\.string).joined(separator: ",")
            switch expression["operator"]?.string {
            case "In": terms.append("\(name) in (\(values))")
            case "NotIn": terms.append("\(name) notin (\(values))")
            case "Exists": terms.append(name)
            case "DoesNotExist": terms.append("!\(name)")
            default: return nil
            }
        }
        return terms.isEmpty ? nil : terms.joined(separator: ",")
    }

    private func lastWarning(_ object: JSON) async -> String? {
        // Events about what is in no namespace are in `default`.
        var query = ObjectQuery(Diagnosis.events, namespace: object.namespace ?? "default")
        guard let uid = object.uid else { return nil }
        // Anybody may have written any number of others.
        query.fieldSelector = "involvedObject.uid=\(uid),type=Warning"
        query.most = Diagnosis.most
        guard let events = try? await cluster.list(query).items else { return nil }
        func time(_ event: JSON) -> String {
            [event.at("series", "lastObservedTime"), event["lastTimestamp"], event["eventTime"], event.at("metadata", "creationTimestamp")]
                .compactMap { $0?.string }.first ?? ""
        }
        let warnings = events.filter { $0["type"]?.string == "Warning" && $0.at("involvedObject", "uid")?.string == uid }
        guard let last = warnings.max(by: { time($0) < time($1) }) else { return nil }
        return "\(last["reason"]?.string ?? "warning"): \(last["message"]?.string ?? "")"
    }
}
