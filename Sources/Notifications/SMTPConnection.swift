import NIOCore
import NIOPosix
import NIOSSL

/// A connection to a server of mail: commands, and the replies to them (RFC 5321, 4.2).
struct SMTPConnection {
    struct Reply: Sendable {
        var code: Int
        var lines: [String]
    }

    enum Fault: Error {
        case timeIsOver, closed, nonsense
        /// Something was said before TLS that would be taken for said within (RFC 3207, 5).
        case saidBeforeTLS
    }

    /// The most that a reply may have, in bytes.
    static let mostOfReply = 64 << 10

    private let channel: any NIOCore.Channel
    private let replies: NIOLoopBound<Replies>

    /// - Parameters:
    ///   - tls: where TLS begins before anything is said.
    ///   - patience: the time for all of it; when it is over, whoever waits is told so.
    static func open(
        _ address: ServerAddress, tls: NIOSSLContext?, _ patience: Patience
    ) async throws -> SMTPConnection {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let channel = try await ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(Int64(patience.connect * 1000)))
            // What is said before somebody listens could end the connection, and take the listener with it.
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(handler(tls, address)) }
                    try channel.pipeline.syncOperations.addHandler(Replies())
                }
            }
            .connect(host: address.host, port: address.port).get()
        let replies = try await loop.submit {
            NIOLoopBound(try channel.pipeline.syncOperations.handler(type: Replies.self), eventLoop: loop)
        }.get()
        loop.scheduleTask(in: .milliseconds(Int64(patience.total * 1000))) {
            replies.value.fail(Fault.timeIsOver)
            channel.close(promise: nil)
        }
        try await channel.setOption(.autoRead, value: true).get()
        return SMTPConnection(channel: channel, replies: replies)
    }

    private static func handler(_ context: NIOSSLContext, _ address: ServerAddress) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: address.host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : address.host)
    }

    func reply() async throws -> Reply {
        try await channel.eventLoop.flatSubmit { [replies, channel] in replies.value.next(channel.eventLoop) }.get()
    }

    /// Sends lines, and waits for the reply to them.
    func say(_ lines: String...) async throws -> Reply {
        try await send(lines)
        return try await reply()
    }

    func send(_ lines: [String]) async throws {
        let bytes = ByteBuffer(string: lines.map { $0 + "\r\n" }.joined())
        do {
            try await channel.writeAndFlush(bytes)
        } catch {
            // Why it could not be written, where that is known.
            throw try await channel.eventLoop.submit { [replies] in replies.value.fault ?? error }.get()
        }
    }

    func startTLS(_ context: NIOSSLContext, _ address: ServerAddress) async throws {
        try await channel.eventLoop.submit { [replies, channel] in
            guard replies.value.isEmpty else { throw Fault.saidBeforeTLS }
            try channel.pipeline.syncOperations.addHandler(SMTPConnection.handler(context, address), position: .first)
        }.get()
    }

    func close() {
        channel.close(promise: nil)
    }

    /// Puts replies together. It lives on the channel's loop.
    private final class Replies: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var bytes: [UInt8] = []
        /// Bytes since the last reply that was complete.
        private var size = 0
        private var lines: [String] = []
        private var complete: [Reply] = []
        private var waiting: EventLoopPromise<Reply>?
        private(set) var fault: (any Error)?

        var isEmpty: Bool { bytes.isEmpty && lines.isEmpty && complete.isEmpty }

        func next(_ loop: any EventLoop) -> EventLoopFuture<Reply> {
            if !complete.isEmpty { return loop.makeSucceededFuture(complete.removeFirst()) }
            if let fault { return loop.makeFailedFuture(fault) }
            let promise = loop.makePromise(of: Reply.self)
            waiting = promise
            return promise.futureResult
        }

        /// What went wrong first counts.
        func fail(_ error: any Error) {
            guard fault == nil else { return }
            fault = error
            waiting?.fail(error)
            waiting = nil
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let more = unwrapInboundIn(data).readableBytesView
            size += more.count
            guard size <= SMTPConnection.mostOfReply else {
                fail(Fault.nonsense)
                return context.close(promise: nil)
            }
            bytes += Array(more)
            while fault == nil, let newline = bytes.firstIndex(of: 10) {
                let line = String(decoding: bytes[..<newline].filter { $0 != 13 }, as: UTF8.self)
                bytes.removeFirst(newline + 1)
                take(line)
            }
            if fault != nil { context.close(promise: nil) }
        }

        private func take(_ line: String) {
            let code = line.prefix(3)
            let mark = line.dropFirst(3).first
            guard let number = Int(code), (200..<600).contains(number), mark == nil || mark == " " || mark == "-" else {
                return fail(Fault.nonsense)
            }
            lines.append(String(line.dropFirst(4)))
            guard mark != "-" else { return }
            let reply = Reply(code: number, lines: lines)
            lines = []
            size = bytes.count
            if let waiting {
                self.waiting = nil
                waiting.succeed(reply)
            } else if complete.count < 8 {
                complete.append(reply)
            } else {
                fail(Fault.nonsense)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            fail(error)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            fail(Fault.closed)
        }
    }
}
