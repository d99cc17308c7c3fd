import AsyncHTTPClient
import Kubernetes
public import Logging
import NIOCore
import NIOHTTP1
import Posix
import Synchronization

/// Tells a dead man's switch that all is well: when it hears nothing for a while, it raises the alarm.
///
/// It asks for an address (GET), through the proxy that `HTTPS_PROXY` and its like name, and follows no redirection.
/// The path of the address is a secret, as those of healthchecks.io are, and never shown.
public final class DeadManPing: Sendable {
    private let url: String
    /// `https://hc-ping.com/…`
    private let shown: String
    private let http: HTTPClient
    private let logger: Logger
    private let seconds: Double
    private let state = Mutex(State())

    private struct State {
        var isUnderWay = false
        /// Whether the last one went wrong; nil before the first.
        var isFailing: Bool?
        var isShut = false
    }

    /// - Parameters:
    ///   - url: what is asked for, with its scheme.
    ///   - logger: is told once that it goes wrong, and once that it goes well again.
    ///   - seconds: for all of one request.
    ///   - variables: those that name a proxy.
    /// - Throws: where it is no address of HTTP. The address is not repeated.
    public init(
        url: String, logger: Logger, seconds: Double = 10, variables: [String: String] = processVariables()
    ) throws(ServiceFailure) {
        guard let shown = DeadManPing.shown(url) else {
            throw ServiceFailure("the address to ping is none of HTTP", hint: "ops.agentPing is like https://hc-ping.com/…")
        }
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .milliseconds(Int64(seconds * 1000)), read: .milliseconds(Int64(seconds * 1000)))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        do throws(ClusterError) {
            configuration.proxy = try webProxy(for: url, variables: variables)
        } catch {
            throw ServiceFailure(error.message, hint: error.hint)
        }
        self.url = url
        self.shown = shown
        self.logger = logger
        self.seconds = seconds
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        // It holds itself until it is done; a second time does nothing.
        http.shutdown { _ in }
    }

    /// Tells that all is well, and returns at once. While the one before is under way, nothing is sent.
    public func ping() {
        let isOurs = state.withLock { state in
            guard !state.isUnderWay, !state.isShut else { return false }
            state.isUnderWay = true
            return true
        }
        guard isOurs else { return }
        Task { await self.send() }
    }

    /// Sends nothing more, and gives up what is under way.
    public func shutdown() async {
        state.withLock { $0.isShut = true }
        try? await http.shutdown()
    }

    var isUnderWay: Bool { state.withLock { $0.isUnderWay } }

    private func send() async {
        let trouble = await attempt()
        let (before, isShut) = state.withLock { state in
            defer { state.isFailing = trouble != nil }
            state.isUnderWay = false
            return (state.isFailing, state.isShut)
        }
        guard !isShut else { return }
        if let trouble, before != true {
            logger.warning("the dead man's switch does not hear of us", metadata: ["address": "\(shown)", "reason": "\(trouble)"])
        } else if trouble == nil, before == true {
            logger.info("the dead man's switch hears of us again", metadata: ["address": "\(shown)"])
        }
    }

    /// - Returns: what went wrong.
    private func attempt() async -> String? {
        var request = HTTPClientRequest(url: url)
        request.headers = HTTPHeaders([("user-agent", "git-ops-agent")])
        do {
            let response = try await http.execute(request, deadline: .now() + .milliseconds(Int64(seconds * 1000)))
            switch response.status.code {
            case 200..<300: return nil
            case 300..<400: return "it answers \(response.status.code), a redirection, which is not followed"
            default: return "it answers \(response.status.code)"
            }
        } catch let error as HTTPClientError {
            // The short one: the long one may have the address in it.
            return oneLine(error.shortDescription)
        } catch {
            return oneLine("\(error)").replacing(url, with: shown)
        }
    }

    /// An address without what may be a secret in it; nil where it is none of HTTP.
    static func shown(_ url: String) -> String? {
        for scheme in ["https://", "http://"] where url.lowercased().hasPrefix(scheme) {
            let authority = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            // A name and password would be a header that nobody asked for.
            let isPlain = authority.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: "\\") }
            guard !authority.isEmpty, isPlain, url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
            return "\(scheme)\(authority)/…"
        }
        return nil
    }
}
