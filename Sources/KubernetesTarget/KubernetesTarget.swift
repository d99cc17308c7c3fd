// KubernetesTarget: a Kubernetes cluster as the target of environments: plan, apply, prune, wait.
// It knows the protocol of git-ops-target(7) and what the API server says; it knows no git.

import Glibc
import Kubeconfig
import Kubernetes
import Posix

/// The program `git-ops-target-kubernetes`.
public enum KubernetesTarget {
    private static let usage = "git-ops-target-kubernetes is started by git-ops for ops.<environment>.target = kubernetes, see git-ops-target(7)"

    /// Does what the command line says: speaks the protocol on the standard streams where it says nothing.
    /// - Returns: the exit code.
    public static func run() async -> Int32 {
        switch CommandLine.arguments.dropFirst().first {
        case nil: break
        case "--version": return say("git-ops-target-kubernetes, protocol version 1", to: STDOUT_FILENO, 0)
        case "--help", "-h": return say(usage, to: STDOUT_FILENO, 0)
        default: return say("error: git-ops-target-kubernetes takes no arguments; " + usage, to: STDERR_FILENO, 2)
        }
        let environment = processVariables()
        let output = LineOutput(STDOUT_FILENO)
        let session = Session(input: LineInput(STDIN_FILENO), output: output) { settings throws(TargetFailure) in
            try Connection.open(settings, environment: environment)
        }
        return await session.run()
    }

    private static func say(_ text: String, to number: Int32, _ code: Int32) -> Int32 {
        try? FileDescriptor.write(Array((text + "\n").utf8), to: number)
        return code
    }
}

/// A cluster that is spoken to.
struct Connection: Sendable {
    let cluster: any Cluster
    /// What a namespaced object without a namespace is in.
    let namespace: String
    /// Its address.
    let server: String
    /// Ends it; nothing can be asked then.
    var close: @Sendable () async -> Void = {}

    /// - Parameter clients: where others may have a connection already; nil where there are no others.
    static func open(_ settings: Settings, environment: [String: String], _ clients: SharedClients? = nil) throws(TargetFailure) -> Connection {
        do throws(KubeconfigError) {
            let access = try Kubeconfig.access(
                file: settings.kubeconfig, context: settings.context, namespace: settings.namespace, environment: environment)
            // Who asked is told, also where several share the client.
            let options = APIClient.Options(variables: environment, tellsWait: { LineOutput.current?.progress($0) })
            if let clients, let origin = access.origin {
                let (client, release) = clients.take(origin) { APIClient(access, options: options) }
                return Connection(cluster: client, namespace: access.namespace, server: access.server, close: release)
            }
            let client = APIClient(access, options: options)
            return Connection(cluster: client, namespace: access.namespace, server: access.server, close: { await client.shutdown() })
        } catch {
            throw TargetFailure(error.message, hint: error.hint)
        }
    }
}
