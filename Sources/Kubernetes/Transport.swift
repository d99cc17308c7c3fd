import AsyncHTTPClient
import Glibc
import Kubeconfig
import NIOCore
import NIOHTTPCompression
import NIOPosix
import NIOSSL

/// The connections to a server with one client certificate. They are closed when nobody holds it any more.
final class Transport: Sendable {
    let http: HTTPClient
    /// The server, as the access names it.
    let endpoint: Endpoint
    /// The proxy between.
    let proxy: Endpoint?
    /// What paths are appended to.
    let base: String
    let tls: TLSConfiguration?
    /// The name that the certificate is checked for.
    let certificateName: String

    /// - Throws: what is wrong with the access, or with the certificate.
    init(_ access: ClusterAccess, _ credentials: Credentials, _ options: APIClient.Options) throws(ClusterError) {
        guard let endpoint = Endpoint(access.server), ["http", "https"].contains(endpoint.scheme), endpoint.userinfo == nil else {
            throw ClusterError(
                .unreachable, "'\(oneLine(redacted(access.server), 200))' is no address of a server",
                hint: "it is like https://10.0.0.7:6443")
        }
        self.endpoint = endpoint
        let isSecure = endpoint.scheme == "https"
        guard isSecure || credentials == Credentials() else {
            throw ClusterError(
                .credentials, "the server \(endpoint) is spoken to without TLS, and credentials are sent over TLS only",
                hint: "give its address with https://")
        }
        proxy = try Transport.proxy(access, endpoint, options)

        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(
            connect: .milliseconds(Int64(options.connectTimeout * 1000)), read: .milliseconds(Int64(options.idleTimeout * 1000)))
        // Tries are counted here.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        // kube-apiserver closes connections without work after 3 minutes.
        configuration.connectionPool.idleTimeout = .seconds(90)
        configuration.decompression = .enabled(limit: .size(512 << 20))
        if let proxy { configuration.proxy = Transport.setting(proxy) }

        var urlHost = endpoint.host
        certificateName = access.tlsServerName.flatMap { $0.isEmpty ? nil : $0 } ?? endpoint.host
        let name = CertificateName(certificateName)
        if isSecure {
            var tls = try tlsConfiguration(access, credentials)
            if !access.skipsVerification, name.isAddress, proxy != nil || certificateName != endpoint.host {
                tls.certificateVerification = .noHostnameVerification
            } else if certificateName != endpoint.host, !name.isAddress {
                urlHost = certificateName.lowercased()
                configuration.dnsOverride = [urlHost: endpoint.host]
            }
            configuration.tlsConfiguration = tls
            self.tls = tls
        } else {
            tls = nil
        }
        let isChecked = isSecure && !access.skipsVerification
        // Called when TLS is there and nothing was sent yet; what fails here fails the connection.
        let prepare: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            keepAlive(channel)
            guard isChecked else { return channel.eventLoop.makeSucceededVoidFuture() }
            return channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
                guard let certificate, name.isOf(certificate) else { throw NIOSSLExtraError.failedToValidateHostname }
            }
        }
        configuration.http1_1ConnectionDebugInitializer = prepare
        let quiet = TimeAmount.milliseconds(Int64(options.pingInterval * 1000))
        configuration.http2ConnectionDebugInitializer = { channel in
            prepare(channel).flatMap { Pings.watch(channel, quiet: quiet) }
        }
        base = "\(endpoint.scheme)://\(bracketed(urlHost)):\(endpoint.port)\(endpoint.path)"
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        // It holds itself until it is done; a second time does nothing.
        http.shutdown { _ in }
    }

    private static func proxy(_ access: ClusterAccess, _ endpoint: Endpoint, _ options: APIClient.Options) throws(ClusterError) -> Endpoint?
    {
        guard let text = access.proxy ?? ProxyVariables(options.variables).proxy(for: endpoint), !text.isEmpty else { return nil }
        return try proxy(at: text)
    }

    /// - Parameter text: the address of a proxy, as it is written.
    static func proxy(at text: String) throws(ClusterError) -> Endpoint {
        guard let proxy = Endpoint(text) else {
            throw ClusterError(
                .unreachable, "'\(oneLine(redacted(text), 200))' is no address of a proxy", hint: "it is like http://proxy.example.org:3128"
            )
        }
        switch proxy.scheme {
        case "http": return proxy
        case "socks5", "socks5h":
            guard proxy.userinfo == nil else {
                throw ClusterError(.unreachable, "the proxy \(proxy) asks for a password, which is not supported for SOCKS")
            }
            return proxy
        default:
            throw ClusterError(
                .unreachable, "the proxy \(proxy) is spoken to by \(oneLine(proxy.scheme, 20))://, which is not supported",
                hint: "http:// and socks5:// are")
        }
    }

    static func setting(_ proxy: Endpoint) -> HTTPClient.Configuration.Proxy {
        guard proxy.scheme == "http" else { return .socksServer(host: proxy.host, port: proxy.port) }
        guard let userinfo = proxy.userinfo else { return .server(host: proxy.host, port: proxy.port) }
        let parts = userinfo.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return .server(
            host: proxy.host, port: proxy.port,
            authorization: .basic(username: percentDecoded(parts[0]), password: parts.count > 1 ? percentDecoded(parts[1]) : ""))
    }
}

/// An address without the name and password that may stand in it.
private func redacted(_ address: String) -> String {
    guard let at = address.lastIndex(of: "@") else { return address }
    let start = address.range(of: "://")?.upperBound ?? address.startIndex
    return start <= at ? address[..<start] + "…" + address[at...] : address
}

/// Lets the kernel notice that the other side is gone; `Pings` notice more, on HTTP/2.
private func keepAlive(_ channel: any Channel) {
    func set(_ level: NIOBSDSocket.OptionLevel, _ name: Int32, _ value: Int) {
        channel.setOption(ChannelOptions.Types.SocketOption(level: level, name: .init(rawValue: name)), value: value).whenComplete { _ in }
    }
    set(.socket, SO_KEEPALIVE, 1)
    set(.tcp, TCP_KEEPIDLE, 20)
    set(.tcp, TCP_KEEPINTVL, 5)
    set(.tcp, TCP_KEEPCNT, 4)
    // Milliseconds for what was sent and is not acknowledged.
    set(.tcp, TCP_USER_TIMEOUT, 40_000)
}
