import KubernetesModel

/// What `ops.<environment>.*` says of the cluster. Keys that are not known are others' own.
struct Settings: Sendable, Equatable {
    /// What is removed of what is ours and no longer desired.
    enum Prune: String, Sendable {
        /// All but namespaces, definitions and volume claims.
        case careful
        case all
        case none
    }

    var kubeconfig: String?
    var context: String?
    var namespace: String?
    /// The uid of the namespace `kube-system` of the cluster that is meant; `*` for whatever it is.
    var cluster: String?
    var fieldManager = "git-ops"
    var adopts = false
    var prune = Prune.careful
    /// Whether a deployment waits until what was applied is healthy.
    var waits = true

    init() {}

    /// - Parameter environment: its name, for messages.
    init(_ configuration: JSON?, environment: String) throws(TargetFailure) {
        guard let configuration, !configuration.isNull else { return }
        guard let values = configuration.object else { throw TargetFailure("a plan was sent whose configuration is no object") }
        func value(_ name: String) -> String? {
            values[name]?.string.flatMap { $0.isEmpty ? nil : $0 }
        }
        kubeconfig = value("kubeconfig")
        context = value("context")
        namespace = value("namespace")
        cluster = value("cluster")
        if let manager = value("fieldmanager") {
            // apimachinery, meta/v1/validation ValidateFieldManager.
            guard manager.utf8.count <= 128, manager.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }) else {
                throw TargetFailure("ops.\(environment).fieldManager is no name of a field manager", hint: "it has up to 128 printable characters")
            }
            fieldManager = manager
        }
        func boolean(_ name: String, default other: Bool) throws(TargetFailure) -> Bool {
            guard let text = value(name) else { return other }
            // As git reads booleans.
            switch text.lowercased() {
            case "true", "yes", "on", "1": return true
            case "false", "no", "off", "0": return false
            default: throw TargetFailure("ops.\(environment).\(name) is '\(text)', which is no boolean")
            }
        }
        adopts = try boolean("adopt", default: false)
        waits = try boolean("wait", default: true)
        if let text = value("prune") {
            guard let prune = Prune(rawValue: text) else {
                throw TargetFailure("ops.\(environment).prune is '\(text)', which is none of careful, all and none")
            }
            self.prune = prune
        }
        if let kubeconfig, !kubeconfig.hasPrefix("/") {
            throw TargetFailure("ops.\(environment).kubeconfig is '\(kubeconfig)', which is no absolute path")
        }
    }

    /// Whether both lead to the same cluster in the same way.
    func isOfOneCluster(as other: Settings) -> Bool {
        kubeconfig == other.kubeconfig && context == other.context && namespace == other.namespace
    }
}
