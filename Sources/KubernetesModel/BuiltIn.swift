/// What is known of the types that every API server has, and of no others.
enum BuiltIn {
    /// Groups whose types are the server's own: it decodes them, so that quantities are rewritten and empty values
    /// dropped. What a CustomResourceDefinition defines is kept as it was sent.
    static let groups: Set<String> = [
        "", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "autoscaling", "batch",
        "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "extensions", "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
    ]

    /// Maps that are dropped where they are empty.
    static let stringMaps: Set<String> = [
        "annotations", "labels", "matchLabels", "nodeSelector", "data", "stringData", "binaryData", "limits", "requests",
    ]

    /// Maps that are owned field by field wherever a map of that name is.
    static let mapsOwnedByField: Set<String> = [
        "affinity", "annotations", "binaryData", "capabilities", "data", "emptyDir", "labels", "limits", "requests", "resources",
        "rollingUpdate", "securityContext", "strategy", "updateStrategy",
    ]

    /// Lists that are owned item by item wherever a list of that name is, and dropped where they are empty.
    static let listsOwnedByItem: Set<String> = [
        "env", "finalizers", "hostAliases", "imagePullSecrets", "initContainers", "ownerReferences", "topologySpreadConstraints",
        "volumeDevices", "volumeMounts", "volumes",
    ]

    /// Whether a map of this name is owned as a whole (`+structType=atomic`, `+mapType=atomic` of `k8s.io/api`):
    /// selectors and references. A map that is owned one by one looks the same in a set where it was empty.
    static func isAtomicMap(_ name: String) -> Bool {
        name.hasSuffix("elector") || name.hasSuffix("Ref") || name.hasSuffix("Reference")
            || name == "requiredDuringSchedulingIgnoredDuringExecution"
    }
}

/// Where in an object one is, as far as it tells whether a value is a quantity, which the server rewrites (`1000m`
/// to `1`). A string elsewhere, such as a label, is kept as it is.
struct QuantityPlace {
    /// The names that led here, the last first, without the places in lists.
    private var names: (String, String, String) = ("", "", "")
    private var isPossible: Bool
    private var isRoot = true

    /// - Parameter isBuiltIn: whether the object is of a type of the server's own.
    init(isBuiltIn: Bool) { isPossible = isBuiltIn }

    func below(_ name: String) -> QuantityPlace {
        guard isPossible else { return self }
        var next = self
        next.names = (name, names.0, names.1)
        // Nothing below metadata, and of a ConfigMap's data and the like, is one.
        if isRoot { next.isPossible = ["spec", "template", "overhead", "capacity", "maximumVolumeSize"].contains(name) }
        if name == "metadata" { next.isPossible = false }
        next.isRoot = false
        return next
    }

    var belowItem: QuantityPlace { self }

    /// Whether the server puts this value into a map here that is owned as a whole, where the manifest has none
    /// (`SetDefaults_ObjectFieldSelector` and the like; the protocol of a NetworkPolicy's ports).
    func isDefault(_ name: String, _ value: JSON) -> Bool {
        switch (names.0, name) {
        case ("fieldRef", "apiVersion"): value == "v1"
        case ("resourceFieldRef", "divisor"): value == "0"
        case ("ports", "protocol"): value == "TCP"
        default: false
        }
    }

    /// Whether what is here is a quantity (fields of type `resource.Quantity` in `k8s.io/api`).
    var isQuantity: Bool {
        guard isPossible else { return false }
        switch names {
        // ResourceRequirements
        case (_, "limits", "resources"), (_, "requests", "resources"),
            // ResourceQuota, PersistentVolume, pods, RuntimeClass
            (_, "hard", "spec"), (_, "capacity", "spec"), (_, "overhead", "spec"), (_, "podFixed", "overhead"),
            // LimitRange
            (_, "max", "limits"), (_, "min", "limits"), (_, "default", "limits"), (_, "defaultRequest", "limits"),
            (_, "maxLimitRequestRatio", "limits"),
            // EmptyDirVolumeSource, ResourceFieldSelector
            ("sizeLimit", "emptyDir", _), ("divisor", "resourceFieldRef", _),
            // HorizontalPodAutoscaler, CSIStorageCapacity
            ("value", "target", _), ("averageValue", "target", _), ("capacity", "", ""), ("maximumVolumeSize", "", ""):
            return true
        default: return false
        }
    }
}
