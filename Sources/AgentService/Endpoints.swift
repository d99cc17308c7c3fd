import CoreMetrics
import Glibc
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
import Posix
public import ServiceLifecycle

/// What the agent answers over HTTP/1.1:
///
/// - `GET /healthz` and `GET /readyz`: 200 and `ok`, or 503 and the reasons why not, one a line;
/// - `GET /metrics`: for Prometheus;
/// - `POST /hook`: 202, and the agent is nudged, where the body is signed with one of the secrets as GitHub, Gitea,
///   Forgejo, GitLab or git-ops itself sign; 200 for a ping.
///
/// A client has 10 s to say what it wants, 30 s for all of it, 5 s to ask again, and is one of 64 at most: where another
/// comes, the one that has said nothing for longest has to go. On the loopback interface, `Host` has to be of it.
public final class Endpoints: Service, CustomStringConvertible {
    private let settings: EndpointSettings
    private let limits: EndpointLimits
    private let responder: EndpointResponder
    private let logger: Logger
    private let listening: @Sendable (String) -> Void

    public let description = "endpoints"

    /// - Parameters:
    ///   - settings: where they are, and who may knock.
    ///   - metrics: what is shown; it also counts hooks, as `git_ops_agent_hooks_total`.
    ///   - measure: sets what is measured only when somebody looks; called before metrics are shown.
    ///   - unhealthy: the reasons why the agent should be started anew; none where it is healthy.
    ///   - unready: the reasons why it does not do its work; none where it does.
    ///   - nudge: is told who sent a hook: `GitHub (push) from 192.0.2.1`. It is called often, and should return at once.
    ///   - listening: is told the address with its port as soon as there is an answer to be had.
    public convenience init(
        _ settings: EndpointSettings, metrics: PrometheusMetrics, measure: @escaping @Sendable () -> Void = {}, logger: Logger, unhealthy: @escaping @Sendable () -> [String],
        unready: @escaping @Sendable () -> [String], nudge: @escaping @Sendable (String) -> Void,
        listening: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.init(
            settings, EndpointLimits(), metrics: metrics, measure: measure, logger: logger, unhealthy: unhealthy, unready: unready,
            nudge: nudge, listening: listening)
    }

    init(
        _ settings: EndpointSettings, _ limits: EndpointLimits, metrics: PrometheusMetrics, measure: @escaping @Sendable () -> Void = {},
        logger: Logger, unhealthy: @escaping @Sendable () -> [String], unready: @escaping @Sendable () -> [String],
        nudge: @escaping @Sendable (String) -> Void, listening: @escaping @Sendable (String) -> Void
    ) {
        self.settings = settings
        self.limits = limits
        self.logger = logger
        self.listening = listening
        responder = EndpointResponder(
            secrets: settings.hookSecrets.filter { !$0.isEmpty }.map { Array($0.utf8) }, limits: limits, metrics: metrics, measure: measure, logger: logger,
            unhealthy: unhealthy, unready: unready, nudge: nudge)
    }

    /// Answers until it is told to stop; then nobody is let in, and requests under way have 5 s.
    /// - Throws: `ServiceFailure`, where it cannot listen.
    public func run() async throws {
        let address = try ListenAddress(settings.listen)
        let (limits, logger, listening) = (limits, logger, listening)
        let responder = responder.listening(on: address)
        let visitors = Visitors(most: limits.connections)
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        let server = Server(
            childChannelSetup: HTTP1Channel(
                responder: { request, writer, channel in try await responder.respond(to: request, writer, channel) },
                configuration: HTTP1Channel.Configuration(
                    additionalChannelHandlers: [ConnectionTimes(limits, visitors)], idleTimeout: nil,
                    httpDecoderConfiguration: .init(maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))),
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port), serverName: nil, backlog: 64,
                // One more than may stay, for which another has to go.
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections + 1, logger: quiet)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                let text = address.host.contains(":") ? "[\(address.host)]:\(port)" : "\(address.host):\(port)"
                logger.info("listening", metadata: ["address": "\(text)"])
                listening(text)
            }, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet)
        do {
            try await server.run()
        } catch {
            throw Endpoints.failure(of: error, address)
        }
    }

    /// Why an address cannot be listened on.
    private static func failure(of error: any Error, _ address: ListenAddress) -> any Error {
        let setting = "ops.agentListen names another address or port"
        func failure(_ why: String, _ hint: String) -> ServiceFailure {
            ServiceFailure("cannot listen on \(address.text): \(why)", hint: hint)
        }
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE:
            return failure("address in use", "another program listens there, maybe another agent; \(setting)")
        case let error as IOError where error.errnoCode == EACCES || error.errnoCode == EPERM:
            return failure("permission denied", "ports below 1024 are the system's; \(setting)")
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
            return failure("this machine does not have the address", setting)
        case let error as IOError: return failure(SystemError(error.errnoCode, "").reason, setting)
        case is SocketAddressError, is SocketAddressError.UnknownHost: return failure("the address of the name cannot be found", setting)
        default: return error
        }
    }
}
