public import Manifests

/// A manifest that names an API version and a kind.
public struct KubernetesObject {
    /// The whole object.
    public let root: Value
    /// `apps` of `apps/v1`; empty for the core group.
    public let group: String
    /// `v1` of `apps/v1`.
    public let version: String
    /// `Deployment`.
    public let kind: String
    /// The mapping under `metadata`, if there is one.
    public let metadata: Value?

    /// The object of a value; nil where it has no `apiVersion` and `kind` that are text.
    public init?(_ root: Value) {
        guard let apiVersion = root["apiVersion"], apiVersion.kind == .string, let kind = root["kind"], kind.kind == .string
        else { return nil }
        self.root = root
        let bytes = apiVersion.bytes
        if let slash = bytes.firstIndex(of: UInt8(ascii: "/")) {
            group = String(decoding: bytes[..<slash], as: UTF8.self)
            version = String(decoding: bytes[(slash + 1)...], as: UTF8.self)
        } else {
            group = ""
            version = apiVersion.text
        }
        self.kind = kind.text
        let metadata = root["metadata"]
        self.metadata = metadata?.kind == .mapping ? metadata : nil
    }

    /// `apps/v1`.
    public var apiVersion: String { group.isEmpty ? version : group + "/" + version }

    /// The mapping under `spec`, if there is one.
    public var spec: Value? {
        guard let spec = root["spec"], spec.kind == .mapping else { return nil }
        return spec
    }

    /// The value of `metadata.name`, where it is text.
    public var nameValue: Value? {
        guard let name = metadata?["name"], name.kind == .string else { return nil }
        return name
    }

    /// The object's name.
    public var name: String? { nameValue?.text }

    /// The namespace it names, where it names one.
    public var namespace: String? { metadata?["namespace"]?.string }

    /// Whether it is of a kind, whatever the version.
    public func isKind(_ kind: StaticString, group: StaticString = "") -> Bool {
        root["kind"]?.equals(kind) == true && self.group == "\(group)"
    }
}

/// A pod as a Pod has it, or a template of pods.
public struct PodSpecification {
    /// The object that it stands in.
    public let object: KubernetesObject
    /// The mapping under `spec`.
    public let spec: Value
    /// The mapping under `metadata` of the template; of a Pod its own.
    public let metadata: Value?
    /// Whether it is a template of a workload, and not a Pod itself.
    public let isTemplate: Bool

    /// Regular containers.
    public var containers: Value.Items { list("containers") }
    /// Containers that run before the others; with `restartPolicy: Always`, beside them.
    public var initContainers: Value.Items { list("initContainers") }
    /// Containers for debugging, which only a running pod may have.
    public var ephemeralContainers: Value.Items { list("ephemeralContainers") }
    /// The pod's volumes.
    public var volumes: Value.Items { list("volumes") }

    private func list(_ key: StaticString) -> Value.Items {
        // Of anything but a list there are no items.
        (spec[key] ?? spec).items
    }

    /// Where the built-in kinds keep their pod specification: in `spec` itself, or
    /// in a template at a path.
    public init?(_ object: KubernetesObject) {
        let template: Value?
        switch (object.group, object.kind) {
        case ("", "Pod"):
            guard let spec = object.spec else { return nil }
            self.object = object
            self.spec = spec
            metadata = object.metadata
            isTemplate = false
            return
        case ("", "PodTemplate"): template = object.root["template"]
        case ("", "ReplicationController"), ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"),
            ("apps", "ReplicaSet"), ("batch", "Job"):
            template = object.spec?["template"]
        case ("batch", "CronJob"): template = object.spec?.at("jobTemplate", "spec", "template")
        default: return nil
        }
        guard let template, let spec = template["spec"], spec.kind == .mapping else { return nil }
        self.object = object
        self.spec = spec
        let metadata = template["metadata"]
        self.metadata = metadata?.kind == .mapping ? metadata : nil
        isTemplate = true
    }
}
