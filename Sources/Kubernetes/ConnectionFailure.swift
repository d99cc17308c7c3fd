import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP2
import NIOHTTPCompression
import NIOPosix
import NIOSSL

extension Transport {
    /// What an error of the connection means.
    /// - Parameter seconds: how long was waited for an answer.
    func failure(of error: any Error, seconds: Double) async -> TryFailure {
        switch error {
        case let failure as TryFailure: failure
        case let error as ClusterError: TryFailure(error: error)
        case is CancellationError: TryFailure(error: .cancelled)
        case is TimeIsOver: late(seconds)
        case let error as HTTPClientError: client(error, seconds)
        case let error as NIOConnectionError: unconnected(error)
        case let error as IOError: system(error.errnoCode)
        case ChannelError.connectTimeout: tooSlow
        case is ChannelError: closed
        case is NIOTooManyBytesError, is NIOHTTPDecompression.DecompressionError:
            final(.malformed, "the answer of \(endpoint) is too large, or cannot be unpacked")
        case let error as NIOHTTP2Errors.StreamClosed where error.errorCode == .refusedStream: refused
        case is any NIOHTTP2Error: closed
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: await tlsFailure(error)
        default: lost("speaking with \(endpoint) failed: \(oneLine(String(describing: error), 200))")
        }
    }

    private func client(_ error: HTTPClientError, _ seconds: Double) -> TryFailure {
        switch error {
        case .deadlineExceeded: late(seconds)
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout: tooSlow
        case .httpProxyHandshakeTimeout, .socksHandshakeTimeout: unconnected("the proxy \(place) did not answer in time")
        case .proxyAuthenticationRequired:
            final(.unreachable, "the proxy \(place) wants a name and password", hint: "give them in its address")
        case .invalidProxyResponse: unconnected("the proxy \(place) does not connect to \(endpoint)")
        case .readTimeout: lost("nothing was heard from \(endpoint) for too long", isStalled: true)
        // Also where a connection goes before a stream is made on it (`executeRequest0` of HTTP2Connection.swift), or the
        // client is shut down, after which nothing is sent again.
        case .cancelled: Task.isCancelled ? TryFailure(error: .cancelled) : refused
        case .requestStreamCancelled: Task.isCancelled ? TryFailure(error: .cancelled) : closed
        case .alreadyShutdown: TryFailure(error: .shutDown)
        case .remoteConnectionClosed, .uncleanShutdown: closed
        // The short one: the long one has the headers in it.
        default: lost("speaking with \(endpoint) failed: \(oneLine(error.shortDescription, 200))")
        }
    }

    private func late(_ seconds: Double) -> TryFailure {
        lost("\(endpoint) did not answer within \(Int(seconds.rounded(.up))) s", isStalled: true)
    }

    private var tooSlow: TryFailure {
        unconnected("\(place) did not answer in time", hint: "is it the right address, and is there a firewall between?")
    }

    private var closed: TryFailure { lost("\(endpoint) closed the connection before it had answered") }

    /// RFC 9113, 8.7: a refused stream was not worked on.
    private var refused: TryFailure {
        var failure = closed
        failure.arrival = .nothingDone
        return failure
    }

    /// What is connected to.
    private var place: String { (proxy ?? endpoint).description }

    private func final(_ reason: ClusterError.Reason, _ message: String, hint: String? = nil) -> TryFailure {
        TryFailure(error: ClusterError(reason, message, hint: hint))
    }

    private func unconnected(_ message: String, hint: String? = nil) -> TryFailure {
        var failure = TryFailure(error: ClusterError(.unreachable, message, hint: hint, mayPass: true))
        failure.mayBeRetried = true
        failure.isUnconnected = true
        return failure
    }

    /// There was a connection, and what was sent may have arrived.
    func lost(_ message: String, isStalled: Bool = false) -> TryFailure {
        var failure = TryFailure(error: ClusterError(.unreachable, message, mayPass: true))
        failure.arrival = .unknown
        failure.mayBeRetried = true
        failure.isStalled = isStalled
        return failure
    }

    private func unconnected(_ error: NIOConnectionError) -> TryFailure {
        guard !error.connectionErrors.isEmpty else {
            return unconnected(
                "the address of \(error.host) cannot be found (for \(place))", hint: "is the name right, and is there a name server?")
        }
        let last = error.connectionErrors.last!.error
        if let last = last as? IOError {
            var failure = system(last.errnoCode)
            failure.arrival = .nothingDone
            return failure
        }
        if case ChannelError.connectTimeout = last { return tooSlow }
        return unconnected("cannot connect to \(place): \(oneLine(String(describing: last), 200))")
    }

    private func system(_ number: CInt) -> TryFailure {
        switch number {
        case ECONNREFUSED: unconnected("\(place) refuses connections", hint: "is the server running, and is it the right port?")
        case EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EADDRNOTAVAIL, ENETDOWN, EHOSTDOWN:
            unconnected("cannot connect to \(place): \(String(cString: strerror(number)))")
        case ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN: lost("the connection to \(endpoint) was lost")
        default: lost("the connection to \(endpoint) was lost: \(String(cString: strerror(number)))")
        }
    }

    /// A handshake that the other side cut, which a restarting server does.
    func cutHandshake() -> TryFailure {
        unconnected("\(place) closed the connection while TLS was begun")
    }
}
