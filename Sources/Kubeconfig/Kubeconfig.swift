import Manifests

/// The rules by which kubectl finds a cluster (client-go, `tools/clientcmd`).
public enum Kubeconfig {
    /// Where a pod's service account is mounted.
    public static let serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// A context that can be chosen.
    public struct Context: Sendable, Hashable {
        public var name: String
        /// As an URL without a slash at its end; nil where the cluster is not there or has no usable one.
        public var server: String?
        /// The one that the context sets; nil for none.
        public var namespace: String?

        public init(name: String, server: String? = nil, namespace: String? = nil) {
            self.name = name
            self.server = server
            self.namespace = namespace
        }
    }

    /// The contexts that can be chosen.
    public struct Contexts: Sendable, Hashable {
        /// By name.
        public var all: [Context]
        /// The name that is used where nobody chooses; it may be of no context.
        public var current: String?

        public init(all: [Context], current: String?) {
            self.all = all
            self.current = current
        }
    }

    /// How a cluster is reached.
    ///
    /// The files are an explicit one alone; else those of `KUBECONFIG`; else `$HOME/.kube/config`. Where they say
    /// nothing, nothing was chosen, and this runs in a pod, it is the pod's cluster.
    /// - Parameters:
    ///   - file: an explicit kubeconfig, which must be there; nil or empty for none.
    ///   - context: nil or empty for the current one.
    ///   - namespace: what a namespaced object without a namespace is in; nil or empty for what the context says.
    ///   - environment: variables of the process, which credential plugins are run with, too.
    ///   - serviceAccountFolder: what a pod has there; another one is for tests.
    /// - Throws: `KubeconfigError`, where it stands that something is missing or wrong.
    public static func access(
        file: String?, context: String?, namespace: String?, environment: [String: String],
        serviceAccountFolder: String = Kubeconfig.serviceAccountFolder
    ) throws(KubeconfigError) -> ClusterAccess {
        let context = given(context)
        let namespace = given(namespace)
        if let namespace, !isNamespace(namespace) { throw .plain("\(TerminalText.quoted(namespace)) is no name of a namespace") }
        let merged = try MergedFiles(file: file, variables: environment)
        if merged.isEmpty, context == nil {
            if given(file) == nil, let pod = InCluster(folder: serviceAccountFolder, variables: environment) {
                return try pod.access(namespace: namespace)
            }
            throw nothing(merged)
        }
        return try access(merged, context, namespace, environment)
    }

    /// The contexts that can be chosen, none where there are no files.
    /// - Parameters: as of `access`.
    /// - Throws: `KubeconfigError`, where a file cannot be read, or an explicit one is missing.
    public static func contexts(file: String?, environment: [String: String]) throws(KubeconfigError) -> Contexts {
        let merged = try MergedFiles(file: file, variables: environment)
        let all = merged.contexts.values.sorted { $0.name < $1.name }.map { context in
            let server = context.cluster.flatMap { merged.clusters[$0.value]?.server }.flatMap { try? ServerAddress($0.value) }
            return Context(
                name: context.name, server: server.flatMap { $0.userInformation == nil ? $0.text : nil },
                namespace: context.namespace?.value)
        }
        return Contexts(all: all, current: merged.currentContext?.value)
    }

    private static func access(
        _ merged: MergedFiles, _ name: String?, _ namespace: String?, _ variables: [String: String]
    ) throws(KubeconfigError) -> ClusterAccess {
        let context = try merged.context(named: name)
        let cluster = try merged.cluster(of: context)
        let user = try merged.user(of: context)
        if let own = context.namespace, namespace == nil, !isNamespace(own.value) {
            throw own.place.fault("\(TerminalText.quoted(own.value)) is no name of a namespace")
        }
        var (access, server) = try cluster.access()
        access.context = context.name
        access.namespace = namespace ?? context.namespace?.value ?? "default"
        if let user {
            let told = PluginCluster(access, settings: cluster.pluginSettings)
            access.credentials = try user.credentials(for: told, server: server, variables: variables)
            access.impersonation = try user.impersonation()
        }
        access.origin = Origin(
            files: merged.files, contents: merged.contents, context: context.name, variables: variables,
            certificateAuthority: access.certificateAuthority)
        return access
    }

    private static func nothing(_ merged: MergedFiles) -> KubeconfigError {
        if let file = merged.files.first {
            return .plain("kubeconfig '\(file)' names no cluster", hint: "kubectl config set-cluster, set-context, use-context")
        }
        let looked = merged.candidates.isEmpty ? "" : ": there is no " + merged.candidates.map { "'\($0)'" }.joined(separator: ", no ")
        return .plain("no kubeconfig is found\(looked)", hint: "set KUBECONFIG, or ops.<environment>.kubeconfig")
    }

    private static func given(_ text: String?) -> String? { text?.isEmpty == true ? nil : text }

    /// A label of DNS (apimachinery, util/validation IsDNS1123Label).
    private static func isNamespace(_ name: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) }
        guard let first = name.utf8.first, let last = name.utf8.last else { return false }
        return name.utf8.count <= 63 && isAlphanumeric(first) && isAlphanumeric(last)
            && name.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
}
