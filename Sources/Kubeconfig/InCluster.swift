import Glibc
import Posix

/// The cluster of the pod that this runs in (client-go, rest.InClusterConfig; clientcmd, inClusterClientConfig).
struct InCluster {
    let host: String
    let port: String
    /// Where the service account is mounted.
    let folder: String
    let variables: [String: String]

    /// - Returns: nil outside of a pod: without the variables of the service, or without a token.
    init?(folder: String, variables: [String: String]) {
        guard let host = variables["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = variables["KUBERNETES_SERVICE_PORT"], !port.isEmpty
        else { return nil }
        var status = stat()
        guard stat(folder + "/token", &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return nil }
        self.host = host
        self.port = port
        self.folder = folder
        self.variables = variables
    }

    func access(namespace: String?) throws(KubeconfigError) -> ClusterAccess {
        // As net.JoinHostPort of Go brackets.
        let text = "https://" + (host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host) + ":" + port
        let address: ServerAddress
        do throws(ServerAddress.Fault) {
            address = try ServerAddress(text)
        } catch {
            throw .plain("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT give no address: '\(text)' \(error.message)")
        }
        let files = CredentialFiles(tokenFile: CredentialFiles.File(path: folder + "/token"))
        let own = try ownNamespace()
        var access = ClusterAccess(
            server: address.text, credentials: FileCredentialSource(files), namespace: namespace ?? own ?? "default")
        access.origin = Origin(files: [folder], contents: [Array(address.text.utf8)], variables: variables)
        let authority = CredentialFiles.File(path: folder + "/ca.crt")
        // Without the file the authorities of the system have to do, as in client-go.
        if Glibc.access(authority.path, F_OK) == 0 {
            access.certificateAuthority = try Material.authority.read(authority, "certificate-authority")
        }
        return access
    }

    /// POD_NAMESPACE, or that of the service account.
    private func ownNamespace() throws(KubeconfigError) -> String? {
        if let name = variables["POD_NAMESPACE"], !name.isEmpty { return name }
        let file = CredentialFiles.File(path: folder + "/namespace")
        guard Glibc.access(file.path, F_OK) == 0 else { return nil }
        let name = String(decoding: trimmed(try file.contents("namespace", limit: 4096)), as: UTF8.self)
        return name.isEmpty ? nil : name
    }
}
