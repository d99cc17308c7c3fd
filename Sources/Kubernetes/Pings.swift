import NIOCore
import NIOHTTP2

/// Asks a server for a sign of life when nothing was heard on a connection of HTTP/2, and closes the connection when
/// none comes; the HTTP client does neither. Go's client does it after 30 and 15 seconds (`ReadIdleTimeout` and
/// `PingTimeout`, `configureHTTP2Transport` of apimachinery's pkg/util/net/http.go).
final class Pings: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let quiet: TimeAmount
    private let patience: TimeAmount
    private var heard = NIODeadline.now()
    private var asked: NIODeadline?
    private var timer: Scheduled<Void>?

    /// - Parameter quiet: after how long it asks; half of that is waited for the answer.
    init(quiet: TimeAmount) {
        self.quiet = quiet
        patience = .nanoseconds(quiet.nanoseconds / 2)
    }

    /// Puts itself, and `RefusedStreams`, right behind what makes frames of bytes.
    static func watch(_ channel: any Channel, quiet: TimeAmount) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let sync = channel.pipeline.syncOperations
            try sync.addHandlers([Pings(quiet: quiet), RefusedStreams()], position: .after(sync.handler(type: NIOHTTP2Handler.self)))
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        heard = .now()
        look(again: quiet, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard = .now()
        asked = nil
        // The answer is for nobody else.
        if case .ping(_, ack: true) = unwrapInboundIn(data).payload { return }
        context.fireChannelRead(data)
    }

    private func look(again wait: TimeAmount, _ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: wait) {
            self.timer = nil
            guard context.channel.isActive else { return }
            let now = NIODeadline.now()
            if let asked = self.asked {
                guard now - asked < self.patience else { return context.close(promise: nil) }
                self.look(again: asked + self.patience - now, context)
            } else if now - self.heard >= self.quiet {
                self.asked = now
                let ping = HTTP2Frame(streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: 0), ack: false))
                context.writeAndFlush(self.wrapOutboundOut(ping), promise: nil)
                self.look(again: self.patience, context)
            } else {
                self.look(again: self.heard + self.quiet - now, context)
            }
        }
    }
}
