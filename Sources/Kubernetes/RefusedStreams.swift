import NIOCore
import NIOHTTP2

/// Tells streams that a `GOAWAY` left out from those that were cancelled: the former were not worked on (RFC 9113, 6.8),
/// so that anything may be sent again. NIOHTTP2 means to say `refusedStream` of them (`StreamClosedEvent`) and says
/// `cancel`, which a server may say too (`processStateChange` of its HTTP2ChannelHandler.swift).
final class RefusedStreams: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame

    private var last: HTTP2StreamID?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .goAway(let last, _, _) = unwrapInboundIn(data).payload { self.last = last }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let closed = event as? StreamClosedEvent, closed.reason == .cancel, let last, closed.streamID > last {
            context.fireUserInboundEventTriggered(StreamClosedEvent(streamID: closed.streamID, reason: .refusedStream))
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
