import Kubeconfig
import Posix
import TestSupport

/// Things that look like PEM from the outside, which is all that is looked at.
enum PEM {
    static let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    static let key = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n"
    static let certificateData = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUIKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
    static let keyData = "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCk1IY0MKLS0tLS1FTkQgRUMgUFJJVkFURSBLRVktLS0tLQo="
}

/// A file of one context `main`, cluster `c` and user `u`. The first line of the cluster's fields is line 12; with
/// one such line, the first of the user's is line 16.
func kubeconfig(
    cluster: String = "server: https://10.0.0.7:6443", user: String = "token: abc", context: String = "", more: String = ""
) -> String {
    func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
    }
    return """
        apiVersion: v1
        kind: Config
        current-context: main
        contexts:
        - name: main
          context:
            cluster: c
            user: u
        \(context.isEmpty ? "" : indented(context) + "\n")clusters:
        - name: c
          cluster:
        \(indented(cluster))
        users:
        - name: u
          user:
        \(indented(user))
        \(more)
        """
}

/// A folder with a kubeconfig `config`.
struct Site {
    let scratch: Scratch
    var variables = ["PATH": "/usr/bin:/bin"]

    init(_ text: String? = nil) throws {
        scratch = try Scratch("kubeconfig")
        if let text { try scratch.write(text, to: "config") }
    }

    var file: String { scratch("config") }

    func access(context: String? = nil, namespace: String? = nil) throws(KubeconfigError) -> ClusterAccess {
        try Kubeconfig.access(file: file, context: context, namespace: namespace, environment: variables)
    }

    /// The message of the error, with the folder as `~`, and its hint after `|`.
    func fault(context: String? = nil, namespace: String? = nil) -> String {
        described { () throws(KubeconfigError) in try access(context: context, namespace: namespace) }
    }

    func described(_ body: () throws(KubeconfigError) -> some Any) -> String {
        do throws(KubeconfigError) {
            _ = try body()
            return "no error"
        } catch {
            return described(error)
        }
    }

    func described(_ error: KubeconfigError) -> String {
        let text = error.message + (error.hint.map { " | \($0)" } ?? "")
        return text.split(separator: scratch.path, omittingEmptySubsequences: false).joined(separator: "~")
    }

    /// The fault of asking for the credentials.
    func credentialFault(_ source: any CredentialSource, insteadOf refused: Credentials? = nil) async -> String {
        do throws(KubeconfigError) {
            _ = try await source.credentials(insteadOf: refused)
            return "no error"
        } catch {
            return described(error)
        }
    }
}
