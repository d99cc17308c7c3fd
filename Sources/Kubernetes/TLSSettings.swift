import Kubeconfig
import NIOSSL

/// How TLS is spoken with a server (`TLSConfigFor` of client-go's transport/transport.go).
func tlsConfiguration(_ access: ClusterAccess, _ credentials: Credentials) throws(ClusterError) -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if access.skipsVerification { tls.certificateVerification = .none }
    if let authority = access.certificateAuthority {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(authority), !certificates.isEmpty else {
            throw ClusterError(.untrusted, "the certificate-authority of the cluster holds no certificate in PEM")
        }
        // These alone: nobody whom the system trusts may be this cluster.
        tls.trustRoots = .certificates(certificates)
    }
    guard credentials.certificate != nil || credentials.key != nil else { return tls }
    guard let certificate = credentials.certificate, let key = credentials.key else {
        throw ClusterError(
            .credentials, credentials.key == nil ? "the client certificate has no key" : "the client key has no certificate")
    }
    guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificate), !chain.isEmpty else {
        throw ClusterError(.credentials, "the client certificate is no certificate in PEM")
    }
    guard let privateKey = try? NIOSSLPrivateKey(bytes: key, format: .pem) else {
        throw ClusterError(.credentials, "the client key is no key in PEM, or has a passphrase")
    }
    tls.certificateChain = chain.map { .certificate($0) }
    tls.privateKey = .privateKey(privateKey)
    // The context is made here once, or that the two do not fit would look like a fault of the server.
    do {
        _ = try NIOSSLContext(configuration: tls)
    } catch {
        throw ClusterError(.credentials, "the client certificate and the client key do not belong together")
    }
    return tls
}
