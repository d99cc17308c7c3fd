import Manifests

/// Selectors of labels: where they stand, and what they match.
enum LabelSelectors {
    /// Gives every label selector of an object that is not inside a pod specification to a function.
    static func each(in object: KubernetesObject, _ body: (Value) -> Void) {
        func give(_ value: Value?) {
            if let value, value.kind == .mapping { body(value) }
        }
        let root = object.root
        switch object.kind {
        case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "PodDisruptionBudget", "PersistentVolumeClaim":
            give(object.spec?["selector"])
            for claim in object.spec?.items("volumeClaimTemplates") ?? root.items.prefix(0) { give(claim.at("spec", "selector")) }
        case "NetworkPolicy":
            guard let spec = object.spec else { return }
            give(spec["podSelector"])
            NetworkRules.eachPeer(of: spec) { peer in
                give(peer["podSelector"])
                give(peer["namespaceSelector"])
            }
        case "ClusterRole":
            for selector in root.mapping("aggregationRule")?.items("clusterRoleSelectors") ?? root.items.prefix(0) { give(selector) }
        case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
            for hook in root.items("webhooks") {
                give(hook["namespaceSelector"])
                give(hook["objectSelector"])
            }
        case "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy":
            give(object.spec?.at("matchConstraints", "namespaceSelector"))
            give(object.spec?.at("matchConstraints", "objectSelector"))
        case "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding":
            give(object.spec?.at("matchResources", "namespaceSelector"))
            give(object.spec?.at("matchResources", "objectSelector"))
            give(object.spec?.at("paramRef", "selector"))
        case "CSIStorageCapacity": give(root["nodeTopology"])
        default: return
        }
    }

    /// The kinds that ``each(in:_:)`` knows.
    static let kinds = [
        "Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps", "Job.batch", "PodDisruptionBudget.policy",
        "PersistentVolumeClaim", "NetworkPolicy.networking.k8s.io", "ClusterRole.rbac.authorization.k8s.io",
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
        "MutatingWebhookConfiguration.admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy.admissionregistration.k8s.io", "MutatingAdmissionPolicy.admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
        "MutatingAdmissionPolicyBinding.admissionregistration.k8s.io", "CSIStorageCapacity.storage.k8s.io",
    ]

    /// Labels, ready to be looked up, however many there are.
    struct Labels {
        private let labels: Value?
        private let table: [BytesKey: Value]

        init(_ labels: Value?) {
            let labels = labels?.kind == .mapping ? labels : nil
            self.labels = labels
            var table: [BytesKey: Value] = [:]
            if let labels, labels.count > 16 {
                for field in labels.fields { table[BytesKey(bytes: field.key.bytes)] = field.value }
            }
            self.table = table
        }

        subscript(_ key: Names.Bytes) -> Value? {
            table.isEmpty ? labels?[bytes: key] : table[BytesKey(bytes: key)]
        }
    }

    /// A requirement of a selector that labels don't meet.
    struct Miss {
        /// `app: web`
        let words: String
    }

    /// The first requirement that labels don't meet; nil where they meet all, and where
    /// selector or labels have faults of their own.
    static func miss(_ selector: Value, _ labels: Labels) -> Miss? {
        if let plain = selector.mapping("matchLabels"), let miss = miss(plain: plain, labels) { return miss }
        for expression in selector.items("matchExpressions") {
            guard let key = expression.filled("key"), let operation = expression.text("operator") else { return nil }
            let label = labels[key.bytes]
            if let label, !isText(label) { return nil }
            let isListed = label.map { label in expression.items("values").contains { isSame($0, label) } } ?? false
            let isMet: Bool
            if operation.equals("In") {
                isMet = isListed
            } else if operation.equals("NotIn") {
                isMet = !isListed
            } else if operation.equals("Exists") {
                isMet = label != nil
            } else if operation.equals("DoesNotExist") {
                isMet = label == nil
            } else {
                return nil
            }
            if !isMet { return Miss(words: "\(key.text) \(operation.text)") }
        }
        return nil
    }

    /// The same for a selector that is a mapping of labels.
    static func miss(plain: Value, _ labels: Labels) -> Miss? {
        for field in plain.fields {
            guard isText(field.value) else { return nil }
            let label = labels[field.key.bytes]
            if let label, !isText(label) { return nil }
            if label.map({ isSame($0, field.value) }) != true { return Miss(words: "\(field.name): \(field.value.string ?? "")") }
        }
        return nil
    }

    /// Whether a value is a text to the server, to which null is an empty one.
    private static func isText(_ value: Value) -> Bool { value.kind == .string || value.isNull }

    private static func isSame(_ one: Value, _ other: Value) -> Bool {
        one.isNull
            ? other.isNull || other.kind == .string && other.bytes.isEmpty
            : other.isNull ? one.kind == .string && one.bytes.isEmpty : one.equals(other)
    }

    /// Whether a selector selects everything.
    static func isEmpty(_ selector: Value) -> Bool { selector.hasNothing("matchLabels") && selector.hasNothing("matchExpressions") }
}
