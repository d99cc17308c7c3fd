import Glibc
import KubernetesModel
import Manifests
import Posix

extension PluginEntry {
    /// The extension of a cluster that holds settings for plugins (`tools/clientcmd/client_config.go`).
    static let settingsExtension = "client.authentication.k8s.io/exec"

    /// A plugin that can be run (`tools/clientcmd/validation.go`, validateAuthInfo).
    /// - Parameters:
    ///   - user: `user "ann"`, for messages.
    ///   - folder: what a relative command with a slash is in.
    ///   - variables: of this process.
    func resolve(
        user: String, folder: String, cluster: PluginCluster, variables: [String: String]
    ) throws(KubeconfigError) -> ExecPlugin {
        guard let apiVersion else { throw place.fault("\"exec\" has no \"apiVersion\"") }
        let group = "client.authentication.k8s.io/"
        guard [group + "v1", group + "v1beta1"].contains(apiVersion.value) else {
            throw apiVersion.place.fault(
                "\"apiVersion\" of a credential plugin is \(group)v1 or \(group)v1beta1",
                hint: apiVersion.value == group + "v1alpha1" ? "Kubernetes 1.24 removed v1alpha1: update the plugin" : nil)
        }
        guard let command else { throw place.fault("\"exec\" has no \"command\"") }
        switch interactiveMode?.value {
        case "Never", "IfAvailable": break
        case "Always":
            throw interactiveMode!.place.fault(
                "the credential plugin of \(user) always asks somebody, and there is no terminal in a deployment",
                hint: "use a service account's token, or a plugin that can do without")
        // Only v1 asks for it (`tools/clientcmd/api/v1/defaults.go`).
        case nil where apiVersion.value == group + "v1": throw place.fault("\"exec\" has no \"interactiveMode\"", hint: "set it to Never")
        case nil: break
        default: throw interactiveMode!.place.fault("\"interactiveMode\" is Never, IfAvailable or Always")
        }
        var all = variables
        for (name, value) in self.variables { all[name.value] = value }
        all["KUBERNETES_EXEC_INFO"] = PluginEntry.info(apiVersion.value, wantsClusterInfo ? cluster : nil)
        return ExecPlugin(
            user: user, place: command.place, apiVersion: apiVersion.value, command: command.value, folder: folder,
            searchPath: variables["PATH"] ?? "", arguments: arguments.map(\.value), variables: all, installHint: installHint)
    }

    /// The ExecCredential that a plugin is given (`pkg/apis/clientauthentication/v1/types.go`).
    private static func info(_ apiVersion: String, _ cluster: PluginCluster?) -> String {
        var spec: KubernetesModel.JSON = ["interactive": false]
        if let cluster { spec["cluster"] = cluster.json }
        let info: KubernetesModel.JSON = ["apiVersion": .string(apiVersion), "kind": "ExecCredential", "spec": spec]
        return info.text
    }
}

/// What a plugin is told of a cluster (client-go, rest.ConfigToExecCluster).
struct PluginCluster: Sendable {
    let json: KubernetesModel.JSON

    /// - Parameter settings: those of the cluster for plugins.
    init(_ access: ClusterAccess, settings: KubernetesModel.JSON?) {
        var json: KubernetesModel.JSON = ["server": .string(access.server)]
        if let name = access.tlsServerName { json["tls-server-name"] = .string(name) }
        if access.skipsVerification { json["insecure-skip-tls-verify"] = true }
        if let authority = access.certificateAuthority { json["certificate-authority-data"] = .string(Base64.encoded(authority)) }
        if let proxy = access.proxy { json["proxy-url"] = .string(proxy) }
        if let settings { json["config"] = settings }
        self.json = json
    }
}

/// A program that gives credentials.
struct ExecPlugin: Sendable {
    /// `user "ann"`.
    var user: String
    /// Of the command.
    var place: Place
    var apiVersion: String
    /// As it was given.
    var command: String
    var folder: String
    /// As `PATH` is.
    var searchPath: String
    var arguments: [String]
    var variables: [String: String]
    var installHint: String?
    /// Seconds that it may take.
    var timeLimit = 60.0

    private static let outputLimit = 1 << 20

    /// Runs it to its end; it blocks.
    func run() throws(KubeconfigError) -> ExecAnswer {
        var command = Command(try program(), arguments, environment: variables)
        // Without a terminal: what asks for a password fails instead of waiting for one.
        command.startsSession = true
        let end: PluginRun.End
        do throws(SystemError) {
            end = try PluginRun.run(command, timeLimit: timeLimit, outputLimit: ExecPlugin.outputLimit)
        } catch {
            throw fault("cannot be run: \(error.reason)")
        }
        switch end {
        case .answered(let bytes):
            do throws(ExecAnswer.Fault) {
                return try ExecAnswer(bytes, apiVersion: apiVersion)
            } catch {
                throw fault(error.message, hint: error.hint)
            }
        case .failed(let termination, let lastLine):
            throw fault("failed (\(termination))" + (lastLine.isEmpty ? "" : ": \(lastLine)"))
        case .tookTooLong(let lastLine):
            throw fault("did not end within \(Int(timeLimit.rounded(.up))) seconds" + (lastLine.isEmpty ? "" : ": \(lastLine)"))
        case .saidTooMuch: throw fault("wrote more than \(ExecPlugin.outputLimit >> 20) MiB")
        }
    }

    /// Where the program is. A name without a slash is looked for in the absolute folders of PATH, as Go does
    /// (os/exec, ErrDot).
    private func program() throws(KubeconfigError) -> String {
        let isPath = command.contains("/")
        let candidates = isPath
            ? [Paths.join(folder, command)]
            : searchPath.split(separator: ":").filter { $0.hasPrefix("/") }.map { Paths.join(String($0), command) }
        var blocked: String?
        for candidate in candidates {
            var status = stat()
            guard stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            if access(candidate, X_OK) == 0 { return candidate }
            blocked = blocked ?? candidate
        }
        if let blocked { throw fault("is not executable", hint: "chmod +x '\(blocked)'") }
        let hint = installHint.map { $0.split(whereSeparator: \.isNewline).joined(separator: " ") }
        throw fault(isPath ? "is not there" : "is not on PATH", hint: hint ?? Paths.hint(for: command))
    }

    private func fault(_ message: String, hint: String? = nil) -> KubeconfigError {
        place.fault("credential plugin \(TerminalText.quoted(command)) of \(user) \(message)", hint: hint)
    }
}
