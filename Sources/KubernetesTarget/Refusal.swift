import Kubernetes
import KubernetesModel

/// What a server's refusal of an object is for people.
enum Refusal {
    /// How a server that cannot read what is applied begins (k8s.io/apiserver, endpoints/handlers/fieldmanager); it is
    /// told as a fault of the server, with the status 500.
    private static let formFault = "failed to create typed patch object"

    /// Whether the object does not have the form of its kind.
    static func isOfForm(_ error: ClusterError) -> Bool { error.message.contains(formFault) }

    static func failure(_ desired: DesiredObject, _ live: JSON?, _ error: ClusterError) -> TargetFailure {
        func plain(_ text: String) -> String { Redaction.redacted(text, of: [desired.manifest, desired.object, live]) }
        switch error.reason {
        case _ where isOfForm(error): return TargetFailure("\(desired.placed) is invalid: \(plain(form(error.message)))", hint: error.hint ?? TargetFailure.wayOut(of: error))
        case .invalid where !error.causes.isEmpty:
            return TargetFailure("\(desired.placed) is invalid: \(plain(text(of: error.causes)))", hint: error.hint ?? TargetFailure.wayOut(of: error))
        case .invalid: return TargetFailure("\(desired.placed) is invalid: \(plain(error.message))", hint: error.hint ?? TargetFailure.wayOut(of: error))
        case .unreachable, .untrusted, .credentials, .unauthorized, .unavailable, .malformed:
            return TargetFailure("\(desired.placed): \(plain(error.message))", hint: error.hint ?? TargetFailure.wayOut(of: error))
        default: return TargetFailure("\(desired.placed) is refused: \(plain(error.message))", hint: error.hint ?? TargetFailure.wayOut(of: error))
        }
    }

    /// Fields and what is wrong with them; the first three.
    static func text(of causes: [ClusterError.Cause]) -> String {
        var told: [String] = []
        for cause in causes {
            let text = (cause.field.isEmpty ? "" : cause.field + ": ") + shortened(cause.message)
            // One fault may be told of several versions of an object.
            if !told.contains(text) { told.append(text) }
        }
        let more = told.count > 3 ? " (and \(told.count - 3) more)" : ""
        return told.prefix(3).joined(separator: "; ") + more
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
