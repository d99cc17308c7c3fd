import AsyncHTTPClient
import Kubeconfig
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TestSupport

/// A server of plain HTTP in front of the API server, to whom it speaks as the administrator. It answers some
/// requests itself, and cuts others off.
actor Front {
    enum Fault: Sendable {
        /// Answers in place of the server.
        case answer(Int, [(String, String)] = [], String = "")
        /// Lets the server do it, and closes the connection without saying so.
        case forwardAndCut
        /// Closes the connection, and the server hears nothing of it.
        case cut
        /// Waits before the server is asked; seconds.
        case delay(Double)
        /// Never answers.
        case silence
        /// Lets the server answer to another header `Accept`, as an older one would.
        case accepting(String)
    }

    struct Seen: Sendable {
        var method: String
        var path: String
        var headers: HTTPHeaders
        var body: String
    }

    nonisolated let port: Int
    private(set) var seen: [Seen] = []
    private var fault: @Sendable (Seen, Int) -> Fault?
    private let channel: any Channel
    private let http: HTTPClient
    private let target: String?

    /// - Parameter fault: what to do with a request, by its number from 0; nil where the server is to answer.
    init(_ fault: @escaping @Sendable (Seen, Int) -> Fault? = { _, _ in nil }) async throws {
        self.fault = fault
        let server = APIServer.isThere ? try await APIServer.shared() : nil
        target = server.map { "https://127.0.0.1:\($0.port)" }
        var configuration = HTTPClient.Configuration()
        var tls = TLSConfiguration.makeClientConfiguration()
        if let server { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(server.pem("ca.crt"))) }
        configuration.tlsConfiguration = tls
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let link = Link()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(link))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress!.port!
        await link.set(self)
    }

    deinit {
        channel.close(promise: nil)
        http.shutdown { _ in }
    }

    /// How it is spoken to: without credentials.
    nonisolated func access() -> ClusterAccess {
        ClusterAccess(server: "http://127.0.0.1:\(port)", credentials: Fixed(Credentials()))
    }

    func setFault(_ fault: @escaping @Sendable (Seen, Int) -> Fault?) {
        self.fault = fault
        seen = []
    }

    /// Answers a request on a connection.
    fileprivate func take(_ request: Seen, _ channel: any Channel) async {
        let number = seen.count
        seen.append(request)
        let fault = fault(request, number)
        switch fault {
        case .answer(let status, let headers, let body):
            await write(
                HTTPResponseHead(
                    version: .http1_1, status: .init(statusCode: status),
                    headers: HTTPHeaders(headers + [("content-length", "\(body.utf8.count)")])), channel)
            try? await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: body))))
            try? await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
        case .cut: try? await channel.close()
        case .silence: break
        case .accepting(let types):
            var request = request
            request.headers.replaceOrAdd(name: "accept", value: types)
            await pass(request, channel)
        case .forwardAndCut:
            _ = try? await forward(request).body.collect(upTo: 1 << 30)
            try? await channel.close()
        case .delay(let seconds):
            try? await Task.sleep(for: .seconds(seconds))
            await pass(request, channel)
        case nil: await pass(request, channel)
        }
    }

    private func forward(_ request: Seen) async throws -> HTTPClientResponse {
        guard let target else { throw TestFailure("there is no server behind") }
        var made = HTTPClientRequest(url: target + request.path)
        made.method = HTTPMethod(rawValue: request.method)
        made.headers = request.headers
        for name in ["host", "content-length", "accept-encoding", "connection", "transfer-encoding"] { made.headers.remove(name: name) }
        made.headers.add(name: "authorization", value: "Bearer secret")
        if !request.body.isEmpty { made.body = .bytes(ByteBuffer(string: request.body)) }
        return try await http.execute(made, deadline: .now() + .seconds(60))
    }

    private func pass(_ request: Seen, _ channel: any Channel) async {
        do {
            let response = try await forward(request)
            var headers = response.headers
            headers.remove(name: "content-length")
            headers.replaceOrAdd(name: "transfer-encoding", value: "chunked")
            await write(HTTPResponseHead(version: .http1_1, status: response.status, headers: headers), channel)
            for try await buffer in response.body {
                try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(buffer)))
            }
            try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
        } catch {
            try? await channel.close()
        }
    }

    private func write(_ head: HTTPResponseHead, _ channel: any Channel) async {
        try? await channel.writeAndFlush(HTTPServerResponsePart.head(head))
    }

    /// Leads from connections to the front, which is made after them.
    fileprivate actor Link {
        private weak var front: Front?

        func set(_ front: Front) {
            self.front = front
        }

        func take(_ request: Seen, _ channel: any Channel) async {
            await front?.take(request, channel)
        }
    }

    /// Puts a request together.
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        private let link: Link
        private var request: Seen?

        init(_ link: Link) {
            self.link = link
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): request = Seen(method: head.method.rawValue, path: head.uri, headers: head.headers, body: "")
            case .body(let buffer): request?.body += String(buffer: buffer)
            case .end:
                guard let request else { return }
                let channel = context.channel
                Task { [link] in await link.take(request, channel) }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
