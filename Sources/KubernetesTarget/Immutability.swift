import Kubernetes
import KubernetesModel

/// Fields that a server does not let be changed.
enum Immutability {
    /// The annotation by which a manifest agrees that its object is deleted and made anew.
    static let consent = "git-ops/recreate"

    /// The words of validation: k8s.io/apimachinery, api/validation/objectmeta.go ("field is immutable"), and
    /// pkg/apis/*/validation ("updates to statefulset spec for fields other than … are forbidden", "may not change
    /// once set", "cannot change roleRef", "pod updates may not change fields other than …").
    private static let words = ["immutable", "updates to ", "may not change", "may not be changed", "cannot change", "cannot be changed"]

    /// The causes that say so; not any refusal is one. None where there is another cause too.
    static func causes(of error: ClusterError) -> [ClusterError.Cause] {
        func saysSo(_ text: String) -> Bool { words.contains { text.contains($0) } }
        guard error.reason == .invalid else { return [] }
        if error.causes.isEmpty {
            return saysSo(error.message) ? [ClusterError.Cause(reason: "", field: "", message: error.message)] : []
        }
        return error.causes.allSatisfy { saysSo($0.message) } ? error.causes : []
    }

    /// Whether deleting an object of the kind takes others' or their data with it, so that it is never done on the way.
    static func holdsMore(_ key: ObjectKey) -> Bool {
        switch (key.group, key.kind) {
        case ("", "Namespace"), ("", "PersistentVolumeClaim"), ("apiextensions.k8s.io", "CustomResourceDefinition"): true
        default: false
        }
    }
}
