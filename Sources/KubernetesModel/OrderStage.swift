/// When an object is made, where nothing else decides.
enum OrderStage: Int, Comparable {
    /// Namespaces and definitions of kinds.
    case first
    /// What others read, are limited by or are bound to.
    case settings
    case rest
    /// Webhook configurations: they could refuse all others, which their service is one of.
    case last

    init(_ key: ObjectKey) {
        switch (key.group, key.kind) {
        case ("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition"): self = .first
        case ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"):
            self = .last
        case ("", "ResourceQuota"), ("", "LimitRange"), ("", "ServiceAccount"), ("", "ConfigMap"), ("", "Secret"), ("", "Service"),
            ("", "PersistentVolume"), ("", "PersistentVolumeClaim"), ("networking.k8s.io", "NetworkPolicy"),
            ("rbac.authorization.k8s.io", _), ("networking.k8s.io", "IngressClass"), ("scheduling.k8s.io", "PriorityClass"),
            ("storage.k8s.io", "StorageClass"), ("node.k8s.io", "RuntimeClass"):
            self = .settings
        default: self = .rest
        }
    }

    static func < (a: OrderStage, b: OrderStage) -> Bool { a.rawValue < b.rawValue }

    /// The place of a kind in Flux's order (fluxcd/pkg, `ssa/sort.go`); it decides within a layer alone.
    static func rank(_ key: ObjectKey) -> Int {
        if key.kind.hasSuffix("Class") { return 3 }
        return ranks[key.kind] ?? 18
    }

    private static let ranks: [String: Int] = [
        "CustomResourceDefinition": 0, "Namespace": 1, "ClusterRole": 2, "ClusterRoleBinding": 4, "ResourceQuota": 5, "ServiceAccount": 6,
        "Role": 7, "RoleBinding": 8, "ConfigMap": 9, "Secret": 10, "Service": 11, "LimitRange": 12, "Deployment": 13, "StatefulSet": 14,
        "CronJob": 15, "PodDisruptionBudget": 16, "MutatingWebhookConfiguration": 19, "ValidatingWebhookConfiguration": 20,
    ]
}
