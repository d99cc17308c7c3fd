import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Posix

extension Transport {
    /// What an error of TLS means. BoringSSL says of a certificate only that it was not accepted, so why is found
    /// out by a second connection, on which nothing is sent.
    func tlsFailure(_ error: any Error) async -> TryFailure {
        if error as? NIOSSLError == .uncleanShutdown { return lost("\(endpoint) closed the connection before it had answered") }
        let text = String(describing: error)
        if error as? NIOSSLExtraError == .failedToValidateHostname || error as? NIOSSLError == .unableToValidateCertificate {
            return await wrongName()
        }
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return await notVerified() }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return untrusted("\(endpoint) does not speak TLS", hint: "is it the right port, or is the address to begin with http://?")
        }
        if text.contains("PROTOCOL_VERSION") || text.contains("UNSUPPORTED_PROTOCOL") {
            return untrusted("\(endpoint) speaks no TLS 1.2 or later")
        }
        for alert in [
            "BAD_CERTIFICATE", "CERTIFICATE_REQUIRED", "CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED", "UNKNOWN_CA", "CERTIFICATE_UNKNOWN",
            "UNSUPPORTED_CERTIFICATE",
        ]
        where text.contains("ALERT_" + alert) {
            return TryFailure(
                error: ClusterError(
                    .unauthorized,
                    "\(endpoint) does not accept the client certificate (\(alert.lowercased().split(separator: "_").joined(separator: " ")))",
                    hint: "is it expired, or of another cluster?"))
        }
        let isCut = text.contains("EOF during") || text.contains("syscallError") || text.contains("zeroReturn")
        if isCut { return cutHandshake() }
        return untrusted("TLS with \(endpoint) failed: \(oneLine(text, 200))")
    }

    private func untrusted(_ message: String, hint: String? = nil) -> TryFailure {
        TryFailure(error: ClusterError(.untrusted, message, hint: hint))
    }

    private func wrongName() async -> TryFailure {
        let names = await presentedCertificates().first.map(CertificateName.all) ?? []
        let shown = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
        return untrusted(
            "the certificate of \(endpoint) is not for \(oneLine(certificateName, 260))"
                + (names.isEmpty ? "" : ", but for \(oneLine(shown, 400))"),
            hint: "use one of the names of the certificate, or tls-server-name")
    }

    private func notVerified() async -> TryFailure {
        let now = time(nil)
        let chain = await presentedCertificates()
        for (index, certificate) in chain.enumerated() {
            let what = index == 0 ? "the certificate of \(endpoint)" : "an authority of the certificate of \(endpoint)"
            if certificate.notValidAfter < now {
                return untrusted(
                    "\(what) is expired since \(timestamp(certificate.notValidAfter))", hint: "renew it, or set the clock of this machine")
            }
            if certificate.notValidBefore > now {
                return untrusted(
                    "\(what) is not valid before \(timestamp(certificate.notValidBefore))", hint: "set the clock of this machine")
            }
        }
        if case .certificates(let roots) = tls?.trustRoots, let last = roots.map(\.notValidAfter).max(), last < now {
            return untrusted(
                "the certificate-authority of the cluster is expired since \(timestamp(last))", hint: "get a new one from the cluster")
        }
        let isGiven = if case .certificates = tls?.trustRoots { true } else { false }
        return untrusted(
            "the certificate of \(endpoint) is of an authority that is not trusted",
            hint: isGiven
                ? "is the certificate-authority that of this cluster?" : "give the cluster's certificate-authority in the kubeconfig")
    }

    private func timestamp(_ time: time_t) -> String { Moment(milliseconds: Int64(time) * 1000).timestamp }

    /// The certificates that the server shows, its own first; none where there is a proxy between, or no answer.
    private func presentedCertificates() async -> [NIOSSLCertificate] {
        guard proxy == nil, tls != nil else { return [] }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["h2", "http/1.1"]
        guard let context = try? NIOSSLContext(configuration: configuration) else { return [] }
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let shown = loop.makePromise(of: [NIOSSLCertificate].self)
        let name = addressBytes(certificateName) == nil ? certificateName : nil
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(.seconds(5)).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                // It is asked for the chain in place of any verification, and always refuses.
                let refuse: NIOSSLCustomVerificationCallback = { chain, verified in
                    shown.succeed(chain)
                    verified.succeed(NIOSSLVerificationResult.failed)
                }
                let handler = try NIOSSLClientHandler(context: context, serverHostname: name, customVerificationCallback: refuse)
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
        let over = loop.scheduleTask(in: .seconds(5)) { shown.succeed([]) }
        defer { over.cancel() }
        do {
            let channel = try await bootstrap.connect(host: endpoint.host, port: endpoint.port).get()
            channel.closeFuture.whenComplete { _ in shown.succeed([]) }
            let chain = try await shown.futureResult.get()
            try? await channel.close()
            return chain
        } catch {
            shown.succeed([])
            return []
        }
    }
}
