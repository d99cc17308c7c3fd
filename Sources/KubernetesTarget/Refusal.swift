import Kubernetes
import KubernetesModel

/// What a server's refusal of an object is for people.
enum Refusal {
    /// How a server that cannot read what is applied begins (k8s.io/apiserver, endpoints/handlers/fieldmanager); it is
    /// told as a fault of the server, with the status 500.
    static let formFault = "failed to create typed patch object"

    /// Whether the object does not have the form of its kind.
    static func isOfForm(_ error: ClusterError) -> Bool { error.message.contains(formFault) }

    static func failure(_ desired: DesiredObject, _ live: JSON?, _ error: ClusterError) -> TargetFailure {
        let error = Redaction.redacted(error, of: [desired.manifest, desired.object, live])
        let what: String
        switch error.reason {
        case _ where isOfForm(error): what = " is invalid: " + form(error.message)
        case .invalid: what = " is invalid: " + (error.causes.isEmpty ? error.message : text(of: error.causes))
        case .unreachable, .untrusted, .credentials, .unauthorized, .unavailable, .malformed: what = ": " + error.message
        default: what = " is refused: " + error.message
        }
        return TargetFailure(desired.placed + what, hint: error.hint ?? TargetFailure.wayOut(of: error))
    }

    /// Fields and what is wrong with them; the first three.
    static func text(of causes: [ClusterError.Cause]) -> String {
        var told: [String] = []
        // One fault may be told of several versions of an object.
        var seen: Set<ClusterError.Cause> = []
        for cause in causes where seen.insert(ClusterError.Cause(reason: "", field: cause.field, message: cause.message)).inserted {
            if told.count < 3 { told.append((cause.field.isEmpty ? "" : cause.field + ": ") + shortened(cause.message)) }
        }
        let more = seen.count > 3 ? " (and \(seen.count - 3) more)" : ""
        return told.joined(separator: "; ") + more
    }

    /// `Invalid value: {a whole pod template}: field is immutable` without what nobody reads.
    private static func shortened(_ message: String) -> String {
        let prefix = "Invalid value: "
        guard message.utf8.count > 300, message.hasPrefix(prefix), let end = message.start(ofLast: ": ") else { return message }
        return prefix + "…" + message[end...]
    }

    /// `.spec.replicas: expected numeric (int or float), got string`, without what comes before.
    private static func form(_ message: String) -> String {
        guard let start = message.start(ofFirst: formFault) else { return message }
        let rest = message[start...].dropFirst(formFault.count)
        guard let end = rest.start(ofFirst: ": ") else { return message }
        return String(rest[end...].dropFirst(2))
    }
}

extension StringProtocol {
    /// Where a text begins for the first time.
    func start(ofFirst text: String) -> Index? { indices.first { self[$0...].hasPrefix(text) } }

    /// Where a text begins for the last time.
    func start(ofLast text: String) -> Index? { indices.last { self[$0...].hasPrefix(text) } }
}
