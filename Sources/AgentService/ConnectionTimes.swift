import NIOCore
import NIOHTTPTypes

/// Closes a connection that takes too long, however busily it sends a little at a time.
final class ConnectionTimes: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: EndpointLimits
    private let visitors: Visitors
    private var timer: Scheduled<Void>?
    private var end: Scheduled<Void>?
    private var hasBegun = false

    init(_ limits: EndpointLimits, _ visitors: Visitors) {
        self.limits = limits
        self.visitors = visitors
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard !hasBegun else { return }
        hasBegun = true
        visitors.enter(context.channel)
        allow(limits.head, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        visitors.leave(context.channel)
        forget()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { forget() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) {
            visitors.ask(context.channel)
            allow(limits.request, context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // What informs only (RFC 9110, 15.2) has no end.
        if case .end = unwrapOutboundIn(data) {
            visitors.answered(context.channel)
            allow(limits.idle, context)
        }
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, end == nil { end = closing(in: limits.closing, context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func allow(_ seconds: Double, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = closing(in: seconds, context)
    }

    private func closing(in seconds: Double, _ context: ChannelHandlerContext) -> Scheduled<Void> {
        let channel = context.channel
        return context.eventLoop.scheduleTask(in: .milliseconds(Int64(seconds * 1000))) { channel.close(promise: nil) }
    }

    private func forget() {
        timer?.cancel()
        end?.cancel()
    }
}
