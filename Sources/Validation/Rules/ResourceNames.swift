import Manifests

/// Names of resources that amounts are of (kubernetes pkg/apis/core/helper/helpers.go).
enum ResourceNames {
    private static let container: [StaticString] = ["cpu", "memory", "ephemeral-storage"]

    private static let quota: [StaticString] = [
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage", "limits.cpu",
        "limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets",
        "persistentvolumeclaims", "configmaps", "services.nodeports", "services.loadbalancers",
    ]

    private static let integers: [StaticString] = [
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims", "services.nodeports",
        "services.loadbalancers",
    ]

    private static func isHugePage(_ name: Value) -> Bool { name.bytes.hasPrefix("hugepages-") }

    /// What keeps a name from being that of a resource, as the end of a sentence (`validateResourceName`).
    static func fault(_ name: Value) -> String? {
        if let fault = Names.qualifiedNameFault(name.bytes) { return fault }
        guard !name.bytes.contains(Names.slash) else { return nil }
        if name.isOne(of: quota) || name.equals("storage") || isHugePage(name) || name.bytes.hasPrefix("requests.hugepages-") { return nil }
        return "is no resource that Kubernetes has; others need a domain, as \"example.com/gpu\""
    }

    /// The same for a resource of a container (`validateContainerResourceName`).
    static func containerFault(_ name: Value) -> String? {
        if let fault = fault(name) { return fault }
        guard name.bytes.contains(Names.slash) else {
            return name.isOne(of: container) || isHugePage(name) ? nil : "is no resource of a container"
        }
        if name.bytes.contains("kubernetes.io/") { return nil }
        return isExtended(name) ? nil : "is no name of an extended resource"
    }

    /// The same for a resource of a quota (`ValidateResourceQuotaResourceName`).
    static func quotaFault(_ name: Value) -> String? {
        if let fault = fault(name) { return fault }
        if name.bytes.contains(Names.slash) || isStandardQuota(name) { return nil }
        return "is no resource of a quota"
    }

    static func isStandardQuota(_ name: Value) -> Bool {
        name.isOne(of: quota) || isHugePage(name) || name.bytes.hasPrefix("requests.hugepages-")
    }

    /// Whether a resource is one that a device plugin brought (`IsExtendedResourceName`).
    static func isExtended(_ name: Value) -> Bool {
        guard name.bytes.contains(Names.slash), !name.bytes.contains("kubernetes.io/"), !name.bytes.hasPrefix("requests.") else { return false }
        // The quota's name, "requests." and this, must be one too.
        let prefix = name.bytes.firstIndex(of: Names.slash) ?? 0
        return Names.qualifiedNameFault(name.bytes) == nil && prefix + 9 <= 253
    }

    /// Whether amounts of a resource are whole (`IsIntegerResourceName`).
    static func isWhole(_ name: Value) -> Bool { name.isOne(of: integers) || isExtended(name) }

    /// Whether more of a resource may be promised than there is (`IsOvercommitAllowed`).
    static func isOvercommitted(_ name: Value) -> Bool {
        (!name.bytes.contains(Names.slash) || name.bytes.contains("kubernetes.io/")) && !isHugePage(name)
    }
}
