import Manifests

/// Reads out of an object what the rest of its environment depends on: what it
/// defines, and what it refers to.
///
/// A file under a kustomization may get another namespace and another name when it
/// is built; what could be meant is taken for what is meant, so that nothing that
/// builds is warned of.
struct FactReading {
    /// Where a file stands, as far as it matters to what its names mean.
    struct Scope {
        /// The folder of the kustomization that takes the file in; nil where there is none.
        var kustomization: [UInt8]?
        /// The namespace that this kustomization gives.
        var namespace: [UInt8]?
        /// Whether a component takes the file in, whose namespace others give.
        var isComponent = false

        /// Whether a Namespace gets its name from a kustomization.
        var namesNamespaces: Bool { namespace != nil || isComponent }
    }

    let scope: Scope
    /// Takes a fact, and what it is about in words, which are worked out only if asked for.
    let take: (Fact, () -> String) -> Void

    /// Reads an object.
    /// - Parameter isNamespaced: whether its kind lives in namespaces; nil where that is not known.
    func read(_ object: KubernetesObject, isNamespaced: Bool?) {
        guard let name = object.nameValue else { return }
        let namespace = self.namespace(of: object)
        let kind = object.root["kind"]?.bytes ?? UnsafeBufferPointer(start: nil, count: 0)
        let isClusterWide = isNamespaced == false
        let isNamed = Placeholder.form(in: name.bytes) == nil && Placeholder.form(in: namespace.bytes) == nil
        let isRenamed = object.isKind("Namespace") && scope.namesNamespaces
        withBytes(object.group, scope.kustomization ?? []) { group, folder in
            guard isNamed, !isRenamed else { return }
            withBytes(isClusterWide ? [] : namespace.bytes) { space in
                add(
                    .definition, .duplicate, FactKey("definition", folder, group, kind, space, name.bytes), at: name,
                    about: "\(object.kind) \(TerminalText.quoted(name.text))")
            }
        }
        provide(object, name, namespace)
        if !isClusterWide, let space = object.metadata?["namespace"], space.kind == .string, !space.bytes.isEmpty,
            !Self.alwaysThere.contains(where: { space.equals($0) }), !isOfTheDistribution(space.bytes)
        {
            refer(.namespace, "Namespace", space, in: Namespace(bytes: []), optional: false)
        }
        refer(from: object, namespace)
    }

    // MARK: namespaces

    /// A namespace as far as it is known from the file.
    private struct Namespace {
        /// Empty for none or `default`.
        var bytes: [UInt8]
        /// Whether a kustomization may put another one there.
        var isOpen = false
    }

    /// What every cluster has.
    private static let alwaysThere: [StaticString] = ["default", "kube-system", "kube-public", "kube-node-lease"]

    /// What OpenShift brings.
    private func isOfTheDistribution(_ namespace: UnsafeBufferPointer<UInt8>) -> Bool {
        namespace.elementsEqual("openshift") || namespace.hasPrefix("openshift-")
    }

    private func namespace(of object: KubernetesObject) -> Namespace {
        if let given = scope.namespace { return Namespace(bytes: normal(given)) }
        let written = object.metadata?["namespace"].flatMap { $0.kind == .string ? Array($0.bytes) : nil } ?? []
        return Namespace(bytes: normal(written), isOpen: scope.kustomization != nil && written.isEmpty)
    }

    private func normal(_ namespace: [UInt8]) -> [UInt8] {
        namespace.elementsEqual("default".utf8) ? [] : namespace
    }

    // MARK: what is there

    private func provide(_ object: KubernetesObject, _ name: Value, _ namespace: Namespace) {
        switch (object.group, object.kind) {
        case ("", "ConfigMap"), ("", "Secret"), ("", "ServiceAccount"), ("", "PersistentVolumeClaim"):
            provide(object.kind, name, in: namespace)
        case ("", "Service"):
            provide("Service", name, in: namespace)
            provide(portsOf: object, name, namespace)
            if namespace.isOpen { provide(portlessService: name.bytes, at: name) }
        case ("", "Namespace"), ("project.openshift.io", "Project"), ("project.openshift.io", "ProjectRequest"):
            provide("Namespace", name, in: Namespace(bytes: []))
            if let given = scope.namespace, object.group.isEmpty { provide(namespace: given, at: name) }
        case ("rbac.authorization.k8s.io", "Role"): provide("Role", name, in: namespace)
        case ("rbac.authorization.k8s.io", "ClusterRole"): provide("ClusterRole", name, in: Namespace(bytes: []))
        case ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "ReplicaSet"), ("", "ReplicationController"):
            provide(object.kind, name, in: namespace)
        // Controllers that make a Secret of the name.
        case ("bitnami.com", "SealedSecret"): provide("Secret", name, in: namespace)
        case ("external-secrets.io", "ExternalSecret"):
            provide("Secret", text(object.root.at("spec", "target", "name")) ?? name, in: namespace)
        case ("cert-manager.io", "Certificate"):
            if let secret = text(object.spec?["secretName"]) { provide("Secret", secret, in: namespace) }
        case ("onepassword.com", "OnePasswordItem"), ("secrets.infisical.com", "InfisicalSecret"): provide("Secret", name, in: namespace)
        case ("trust.cert-manager.io", "Bundle"): provide("ConfigMap", name, in: Namespace(bytes: [], isOpen: true))
        case ("objectbucket.io", "ObjectBucketClaim"):
            provide("Secret", name, in: namespace)
            provide("ConfigMap", name, in: namespace)
        case ("postgresql.cnpg.io", "Cluster"):
            for suffix in ["-app", "-superuser", "-ca", "-server", "-replication"] { provide("Secret", made: name.text + suffix, of: name, in: namespace) }
            for suffix in ["-rw", "-ro", "-r"] { provide("Service", made: name.text + suffix, of: name, in: namespace) }
        case ("notification.toolkit.fluxcd.io", "Receiver"): provide("Service", made: "webhook-receiver", of: name, in: namespace)
        case ("helm.toolkit.fluxcd.io", "HelmRelease"), ("helm.cattle.io", "HelmChart"), ("argoproj.io", "Application"):
            provide(release: object, name, namespace)
        default: break
        }
        provide(homeOf: object)
    }

    /// What a release of a chart may make. What it is nobody knows who hasn't the chart; most charts call
    /// what they make as the release is called.
    private func provide(release: KubernetesObject, _ name: Value, _ namespace: Namespace) {
        let spec = release.spec
        let isApplication = release.kind == "Application"
        let target = text(isApplication ? spec?.at("destination", "namespace") : spec?["targetNamespace"])
        let space = target.map { Namespace(bytes: normal(Array($0.bytes))) } ?? namespace
        let name = text(spec?["releaseName"]) ?? text(spec?.at("source", "helm", "releaseName")) ?? name
        for kind in ["ServiceAccount", "Service", "Secret", "ConfigMap", "PersistentVolumeClaim", "Role", "Deployment", "StatefulSet"] {
            provide(kind, name, in: space)
        }
        provide("ClusterRole", name, in: Namespace(bytes: []))
        provide(portlessService: name.bytes, at: name)
        let makesNamespace =
            isApplication
            ? items(spec?.at("syncPolicy", "syncOptions")).contains { $0.equals("CreateNamespace=true") }
            : spec?.at("install", "createNamespace")?.boolean == true || spec?["createNamespace"]?.boolean == true
        if makesNamespace {
            let made = target.map { Array($0.bytes) } ?? release.metadata?["namespace"].map { Array($0.bytes) } ?? []
            if !made.isEmpty { provide(namespace: made, at: name) }
        }
    }

    /// The namespace in which a controller looks for its own resources is there before them.
    private func provide(homeOf object: KubernetesObject) {
        guard let space = text(object.metadata?["namespace"]) else { return }
        let isFlux = object.group.hasSuffix(".toolkit.fluxcd.io") || object.group == "fluxcd.controlplane.io"
        let isArgo = object.group == "argoproj.io" && ["Application", "ApplicationSet", "AppProject"].contains(object.kind)
        if isFlux && space.equals("flux-system") || isArgo { provide(namespace: Array(space.bytes), at: space) }
    }

    /// A namespace that something makes.
    func provide(namespace: [UInt8], at value: Value) {
        withBytes("Namespace", namespace) { kind, name in
            let empty = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
            add(.provision, .reference, FactKey("there", kind, empty, name, empty), at: value, about: "Namespace")
        }
    }

    /// What a controller makes of an object, under a name of its own.
    private func provide(_ kind: String, made: String, of owner: Value, in namespace: Namespace) {
        withBytes(made, []) { made, empty in
            withBytes(kind, namespace.bytes) { kind, space in
                add(.provision, .reference, FactKey("there", kind, space, made, empty), at: owner, about: "what is made of it")
                add(.provision, .reference, FactKey("anywhere", kind, made, empty), at: owner, about: "what is made of it")
                if namespace.isOpen { add(.provision, .reference, FactKey("open", kind, made, empty), at: owner, about: "what is made of it") }
            }
            if kind == "Service" { provide(portlessService: made, at: owner) }
        }
    }

    /// A Service whose ports are not known, or not where it is.
    private func provide(portlessService name: UnsafeBufferPointer<UInt8>, at value: Value) {
        add(.provision, .port, FactKey("portless", name), at: value, about: "Service")
    }

    private func provide(portsOf service: KubernetesObject, _ name: Value, _ namespace: Namespace) {
        for port in (service.spec?["ports"] ?? service.root).items {
            for value in [port["port"], port["name"]] {
                guard let value, value.kind == .integer || value.kind == .string else { continue }
                provide("Service", name, in: namespace, port: value)
            }
        }
    }

    /// What a kustomization generates.
    func provide(generated kind: String, _ name: Value) {
        provide(kind, name, in: Namespace(bytes: scope.namespace.map(normal) ?? [], isOpen: scope.namespace == nil))
    }

    private func provide(_ kind: String, _ name: Value, in namespace: Namespace, port: Value? = nil) {
        let number = port?.bytes ?? UnsafeBufferPointer(start: nil, count: 0)
        withBytes(kind, namespace.bytes) { kind, space in
            func about() -> String {
                "\(String(decoding: kind, as: UTF8.self)) \(TerminalText.quoted(name.text))" + (port.map { " port \($0.text)" } ?? "")
            }
            let rule: FactRule = port == nil ? .reference : .port
            add(.provision, rule, FactKey("there", kind, space, name.bytes, number), at: name, about: about())
            add(.provision, rule, FactKey("anywhere", kind, name.bytes, number), at: name, about: about())
            if namespace.isOpen { add(.provision, rule, FactKey("open", kind, name.bytes, number), at: name, about: about()) }
        }
    }

    // MARK: what must be there

    private func refer(from object: KubernetesObject, _ namespace: Namespace) {
        if let pod = PodSpecification(object) { refer(fromPod: pod, namespace) }
        switch (object.group, object.kind) {
        case ("networking.k8s.io", "Ingress"): refer(fromIngress: object, namespace)
        case ("autoscaling", "HorizontalPodAutoscaler"):
            guard let target = object.spec?["scaleTargetRef"], let kind = target["kind"]?.string, let name = text(target["name"]),
                ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"].contains(kind)
            else { return }
            refer(.reference, kind, name, in: namespace, optional: false)
        case ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"):
            refer(fromBinding: object, namespace)
        case ("apps", "StatefulSet"):
            if let service = text(object.spec?["serviceName"]) { refer(.reference, "Service", service, in: namespace, optional: false) }
        case ("", "ServiceAccount"):
            for secret in items(object.root["imagePullSecrets"]) {
                if let name = text(secret["name"]) { refer(.reference, "Secret", name, in: namespace, optional: false) }
            }
        default: break
        }
    }

    private func refer(fromPod pod: PodSpecification, _ namespace: Namespace) {
        if let account = text(pod.spec["serviceAccountName"]), !account.equals("default") {
            refer(.reference, "ServiceAccount", account, in: namespace, optional: false)
        }
        for secret in items(pod.spec["imagePullSecrets"]) {
            if let name = text(secret["name"]) { refer(.reference, "Secret", name, in: namespace, optional: false) }
        }
        for list in [pod.containers, pod.initContainers] {
            for container in list { refer(fromContainer: container, namespace) }
        }
        for volume in pod.volumes { refer(fromVolume: volume, namespace) }
    }

    private func refer(fromContainer container: Value, _ namespace: Namespace) {
        for variable in items(container["env"]) {
            guard let source = variable["valueFrom"] else { continue }
            refer("ConfigMap", source["configMapKeyRef"], "name", namespace)
            refer("Secret", source["secretKeyRef"], "name", namespace)
        }
        for source in items(container["envFrom"]) {
            refer("ConfigMap", source["configMapRef"], "name", namespace)
            refer("Secret", source["secretRef"], "name", namespace)
        }
    }

    private func refer(fromVolume volume: Value, _ namespace: Namespace) {
        refer("ConfigMap", volume["configMap"], "name", namespace)
        refer("Secret", volume["secret"], "secretName", namespace)
        refer("PersistentVolumeClaim", volume["persistentVolumeClaim"], "claimName", namespace)
        for source in items(volume.at("projected", "sources")) {
            refer("ConfigMap", source["configMap"], "name", namespace)
            refer("Secret", source["secret"], "name", namespace)
        }
    }

    private func refer(fromIngress ingress: KubernetesObject, _ namespace: Namespace) {
        guard let spec = ingress.spec else { return }
        refer(fromBackend: spec["defaultBackend"], namespace)
        for rule in items(spec["rules"]) {
            for path in items(rule.at("http", "paths")) { refer(fromBackend: path["backend"], namespace) }
        }
        for entry in items(spec["tls"]) {
            if let secret = text(entry["secretName"]) {
                // Annotations have a controller make it.
                let isMade = ingress.metadata?["annotations"]?.fields.contains {
                    $0.key.bytes.hasPrefix("cert-manager.io/") || $0.key.bytes.hasPrefix("kubernetes.io/tls-acme")
                }
                refer(.reference, "Secret", secret, in: namespace, optional: isMade == true)
            }
        }
    }

    private func refer(fromBackend backend: Value?, _ namespace: Namespace) {
        guard let service = backend?["service"], let name = text(service["name"]) else { return }
        refer(.reference, "Service", name, in: namespace, optional: false)
        for port in [service.at("port", "number"), service.at("port", "name")] {
            guard let port, port.kind == .integer || port.kind == .string else { continue }
            refer(.port, "Service", name, in: namespace, optional: false, port: port)
        }
    }

    private func refer(fromBinding binding: KubernetesObject, _ namespace: Namespace) {
        if let role = binding.root["roleRef"], let name = text(role["name"]), let kind = role["kind"] {
            if kind.equals("Role") { refer(.reference, "Role", name, in: namespace, optional: false) }
            if kind.equals("ClusterRole"), !Self.isOfTheCluster(name.bytes) {
                refer(.reference, "ClusterRole", name, in: Namespace(bytes: []), optional: false)
            }
        }
        for subject in items(binding.root["subjects"]) {
            guard subject["kind"]?.equals("ServiceAccount") == true, let name = text(subject["name"]), !name.equals("default") else { continue }
            var space = namespace
            if let written = text(subject["namespace"]) {
                // Accounts of namespaces that the cluster itself brings are its own.
                if Self.alwaysThere.contains(where: { written.equals($0) }) && !written.equals("default") || isOfTheDistribution(written.bytes) { continue }
                space = Namespace(bytes: normal(Array(written.bytes)))
            }
            refer(.reference, "ServiceAccount", name, in: space, optional: false)
        }
    }

    /// Roles that an API server makes by itself (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go).
    private static func isOfTheCluster(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        name.hasPrefix("system:") || name.elementsEqual("cluster-admin") || name.elementsEqual("admin")
            || name.elementsEqual("edit") || name.elementsEqual("view")
    }

    private func refer(_ kind: String, _ source: Value?, _ key: StaticString, _ namespace: Namespace) {
        guard let source, let name = text(source[key]) else { return }
        refer(.reference, kind, name, in: namespace, optional: source["optional"]?.boolean == true)
    }

    private func refer(
        _ rule: FactRule, _ kind: String, _ name: Value, in namespace: Namespace, optional: Bool, port: Value? = nil
    ) {
        // What is filled in later may be there by then.
        guard !optional, Placeholder.form(in: name.bytes) == nil, Placeholder.form(in: namespace.bytes) == nil else { return }
        let number = port?.bytes ?? UnsafeBufferPointer(start: nil, count: 0)
        withBytes(kind, namespace.bytes) { kind, space in
            var fact = Fact(
                kind: .reference, rule: rule,
                key: namespace.isOpen
                    ? FactKey("anywhere", kind, name.bytes, number) : FactKey("there", kind, space, name.bytes, number),
                line: UInt32(clamping: (port ?? name).position.line), column: UInt32(clamping: (port ?? name).position.column))
            if rule == .port {
                fact.other = FactKey("portless", name.bytes)
            } else if !namespace.isOpen {
                fact.other = FactKey("open", kind, name.bytes, number)
            }
            take(fact) {
                let what = String(decoding: kind, as: UTF8.self)
                let place = space.isEmpty || rule == .namespace ? "" : " in namespace \(TerminalText.quoted(String(decoding: space, as: UTF8.self)))"
                if let port { return "\(what) \(TerminalText.quoted(name.text))\(place) has no port \(port.text)" }
                return "\(what) \(TerminalText.quoted(name.text))\(place)"
            }
        }
    }

    // MARK: shapes

    private func text(_ value: Value?) -> Value? {
        guard let value, value.kind == .string, !value.bytes.isEmpty else { return nil }
        return value
    }

    private func items(_ value: Value?) -> [Value] {
        value.map { Array($0.items) } ?? []
    }

    private func add(_ kind: Fact.Kind, _ rule: FactRule, _ key: FactKey, at value: Value, about: @autoclosure () -> String) {
        let position = value.position
        take(
            Fact(kind: kind, rule: rule, key: key, line: UInt32(clamping: position.line), column: UInt32(clamping: position.column)),
            about)
    }

    private func withBytes(_ text: String, _ bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Void) {
        var text = text
        text.withUTF8 { text in bytes.withUnsafeBufferPointer { body(text, $0) } }
    }

    private func withBytes(_ bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        bytes.withUnsafeBufferPointer { body($0) }
    }
}
