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
        self.init(what + ": " + error.message, hint: error.hint)
    }
}
