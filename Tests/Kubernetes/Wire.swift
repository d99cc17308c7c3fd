import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A wire between a client and the API server: what passes is not looked at, and it can be cut.
actor Wire {
    nonisolated let port: Int
    private let listener: any Channel
    private let ends: Ends

    /// - Parameters:
    ///   - target: the port that it leads to.
    ///   - isProxy: whether it is to be asked first by `CONNECT`.
    init(to target: UInt16, isProxy: Bool = false) async throws {
        let ends = Ends()
        self.ends = ends
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { near in
                // On the same loop, so that each may be written to from the other. Nothing is read before this is done.
                ClientBootstrap(group: near.eventLoop)
                    .channelInitializer { far in
                        far.eventLoop.makeCompletedFuture { try far.pipeline.syncOperations.addHandler(Copy(to: near)) }
                    }
                    .connect(host: "127.0.0.1", port: Int(target))
                    .flatMapThrowing { far in
                        try near.pipeline.syncOperations.addHandler(Copy(to: far, isProxy: isProxy))
                        ends.add(near, far)
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = listener.localAddress!.port!
    }

    deinit {
        listener.close(promise: nil)
        ends.cut()
    }

    /// How many connections were made.
    nonisolated var connections: Int { ends.count }

    /// Resets all connections that there are.
    nonisolated func cut() { ends.cut() }

    /// Lets nothing through any more on the connections that there are, without closing them.
    nonisolated func freeze() { ends.freeze() }

    private final class Ends: Sendable {
        private let channels = NIOLockedValueBox<[any Channel]>([])
        private let made = NIOLockedValueBox(0)

        var count: Int { made.withLockedValue { $0 } }

        func add(_ near: any Channel, _ far: any Channel) {
            made.withLockedValue { $0 += 1 }
            channels.withLockedValue { $0 += [near, far] }
        }

        func cut() {
            let all = channels.withLockedValue { channels in
                defer { channels = [] }
                return channels
            }
            for channel in all {
                // Without lingering, closing is a reset.
                (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
                    channel.close(promise: nil)
                }
            }
        }

        func freeze() {
            for channel in channels.withLockedValue({ $0 }) { channel.setOption(.autoRead, value: false).whenComplete { _ in } }
        }
    }

    private final class Copy: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        private var isAsked: Bool

        init(to other: any Channel, isProxy: Bool = false) {
            self.other = other
            isAsked = isProxy
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if isAsked {
                let head = String(buffer: unwrapInboundIn(data))
                guard head.hasPrefix("CONNECT "), head.hasSuffix("\r\n\r\n") else { return context.close(promise: nil) }
                isAsked = false
                return context.channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n"), promise: nil)
            }
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            other.close(promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            other.close(promise: nil)
            context.close(promise: nil)
        }
    }
}
