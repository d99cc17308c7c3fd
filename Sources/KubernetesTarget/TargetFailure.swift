import Kubernetes
import KubernetesModel

/// The one that can be changed; `Manifests` has another of that name.
typealias JSON = KubernetesModel.JSON

/// Why a request could not be done: what an answer `error` says. No secret is in it.
struct TargetFailure: Error, Sendable {
    var message: String
    var hint: String?
    /// Whether what is live is neither as it was nor as it should be; nil where the request is no `apply`.
    var isPartial: Bool?
    /// Whether git-ops has ended the request.
    var isCancelled = false

    static var cancelled: TargetFailure {
        var failure = TargetFailure("cancelled")
        failure.isCancelled = true
        return failure
    }

    init(_ message: String, hint: String? = nil, isPartial: Bool? = nil) {
        self.message = message
        self.hint = hint
        self.isPartial = isPartial
    }

    /// - Parameter what: what could not be done, as the beginning of a sentence: `cannot read Pods`.
    init(_ what: String, _ error: ClusterError) {
        self.init(error)
        message = what + ": " + error.message
    }

    init(_ error: ClusterError) {
        self.init(error.message, hint: error.hint ?? TargetFailure.wayOut(of: error))
    }

    /// What to do about an error that the server says nothing of the sort to.
    static func wayOut(of error: ClusterError) -> String? {
        switch error.reason {
        case .forbidden where error.message.contains("\"system:anonymous\""):
            "the server does not know these credentials; check the user of the context in the kubeconfig"
        case .forbidden: "git-ops-kubernetes(7), RIGHTS, says what whoever applies has to be allowed"
        case .unauthorized: "the server does not know these credentials, or they have expired; check the user of the context in the kubeconfig"
        case _ where error.message.contains("failed calling webhook") || error.message.contains("failed to call webhook"):
            "what the webhook calls has to run; its ValidatingWebhookConfiguration or MutatingWebhookConfiguration says where"
        case .invalid where error.causes.contains(where: { $0.field == "status.storedVersions" }):
            "objects are still stored in the version that the definition drops: migrate them first"
        default: nil
        }
    }
}
