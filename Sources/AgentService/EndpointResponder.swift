import CoreMetrics
import Digests
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Posix
import Synchronization

/// Answers requests to the endpoints.
struct EndpointResponder: Sendable {
    let secrets: [[UInt8]]
    let limits: EndpointLimits
    let metrics: PrometheusMetrics
    let measure: @Sendable () -> Void
    let unhealthy: @Sendable () -> [String]
    let unready: @Sendable () -> [String]
    let nudge: @Sendable (String) -> Void
    /// Where it answers.
    private var address: ListenAddress?
    private let refusals: RefusalLog
    private let accepted: Counter
    private let pings: Counter
    private let refused: Counter

    init(
        secrets: [[UInt8]], limits: EndpointLimits, metrics: PrometheusMetrics, measure: @escaping @Sendable () -> Void, logger: Logger, unhealthy: @escaping @Sendable () -> [String],
        unready: @escaping @Sendable () -> [String], nudge: @escaping @Sendable (String) -> Void
    ) {
        self.secrets = secrets
        self.limits = limits
        self.metrics = metrics
        self.measure = measure
        self.unhealthy = unhealthy
        self.unready = unready
        self.nudge = nudge
        refusals = RefusalLog(logger, every: limits.refusalLines)
        func counter(_ result: String) -> Counter {
            Counter(label: "git_ops_agent_hooks", dimensions: [("result", result)], factory: metrics)
        }
        accepted = counter("accepted")
        pings = counter("ping")
        refused = counter("refused")
    }

    func listening(on address: ListenAddress) -> EndpointResponder {
        var copy = self
        copy.address = address
        return copy
    }

    /// What is answered.
    private struct Answer {
        var status: HTTPResponse.Status
        var text: String
        var type = "text/plain; charset=utf-8"
        var allow: String?
    }

    /// Ends a connection on which nothing more can be said.
    private struct Unread: Error {}

    func respond(to request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let path = String((request.head.path ?? "").prefix { $0 != "?" })
        switch path {
        case "/healthz": try await refuseBody(reading(request, channel) { judgement(unhealthy()) }, request, writer, channel)
        case "/readyz": try await refuseBody(reading(request, channel) { judgement(unready()) }, request, writer, channel)
        case "/metrics":
            try await refuseBody(
                reading(request, channel) {
                    measure()
                    return Answer(status: .ok, text: metrics.render(), type: PrometheusMetrics.contentType)
                }, request, writer, channel)
        case "/hook": try await hook(request, writer, channel)
        default: try await refuseBody(Answer(status: .notFound, text: "there is nothing here\n"), request, writer, channel)
        }
    }

    private func reading(_ request: Request, _ channel: any Channel, _ answer: () -> Answer) -> Answer {
        guard request.method == .get || request.method == .head else {
            return Answer(status: .methodNotAllowed, text: "this is to be read only\n", allow: "GET, HEAD")
        }
        guard isForUs(request, channel) else {
            return Answer(status: .misdirectedRequest, text: "this is localhost, not the host that was asked for\n")
        }
        guard !hasBody(request) else { return Answer(status: .contentTooLarge, text: "this is to be read only, and takes no body\n") }
        return answer()
    }

    /// Whether what is asked for may be here. A page that a browser shows can have its own name lead to the loopback
    /// interface, and read there what is for this machine only; but it cannot say another `Host` than its own. A hook
    /// is signed, and a proxy before it may pass on any name.
    private func isForUs(_ request: Request, _ channel: any Channel) -> Bool {
        guard let address, !address.isWildcard, let local = channel.localAddress, local.isLoopback else { return true }
        // HTTP/1.0 may go without, and no browser does.
        guard let host = request.head.authority else { return true }
        let name = EndpointResponder.name(ofHost: host.lowercased())
        if name == "localhost" || name == address.host.lowercased() { return true }
        return (try? SocketAddress(ipAddress: name, port: 0))?.isLoopback ?? false
    }

    /// `localhost` of `localhost:9419`, `::1` of `[::1]:9419`
    private static func name(ofHost host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[host.index(after: host.startIndex)..<end]) }
        return String(host.prefix { $0 != ":" })
    }

    /// Whether something follows the headers (RFC 9112, 6.3).
    private func hasBody(_ request: Request) -> Bool {
        request.headers[.transferEncoding] != nil || request.headers[.contentLength].map { $0 != "0" } ?? false
    }

    /// Answers where no body is of interest: one that comes all the same is not read to its end.
    private func refuseBody(_ answer: Answer, _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let hasBody = hasBody(request)
        try await write(answer, request, writer, isLast: hasBody)
        if hasBody { try await end(channel, request.body.makeAsyncIterator()) }
    }

    private func judgement(_ reasons: [String]) -> Answer {
        reasons.isEmpty
            ? Answer(status: .ok, text: "ok\n")
            : Answer(status: .serviceUnavailable, text: reasons.map { oneLine($0, 1000) + "\n" }.joined())
    }

    // MARK: hooks

    private func hook(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let from = channel.remoteAddress?.ipAddress ?? "somewhere"
        let claim: HookClaim
        switch admission(of: request, from) {
        case .success(let admitted): claim = admitted
        case .failure(let refusal):
            return try await refuseBody(refusal.answer, request, writer, channel)
        }
        if request.headers[.expect]?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        // The body is of no interest, only its code; what was read is forgotten.
        var codes = claim.isSigned ? secrets.map { MessageCode(key: $0) } : []
        var body = request.body.makeAsyncIterator()
        var count = 0
        while let part = try await body.next() {
            count += part.readableBytes
            guard count <= limits.body else {
                try await write(tooLarge, request, writer, isLast: true)
                return try await end(channel, body)
            }
            for index in codes.indices { part.withUnsafeReadableBytes { codes[index].update($0) } }
        }
        guard claim.hasToken(of: secrets) || claim.isSigned(by: codes) else {
            return try await write(unsigned("its signature is of none of the secrets", claim.sender, from), request, writer)
        }
        if claim.isPing {
            pings.increment()
            return try await write(Answer(status: .ok, text: "hello\n"), request, writer)
        }
        accepted.increment()
        nudge("\(claim.sender) from \(from)")
        try await write(Answer(status: .accepted, text: "the agent will look\n"), request, writer)
    }

    private struct Refusal: Error {
        var answer: Answer
    }

    /// What can be said of a hook before its body is read.
    private func admission(of request: Request, _ from: String) -> Result<HookClaim, Refusal> {
        func refusal(_ answer: Answer) -> Result<HookClaim, Refusal> { .failure(Refusal(answer: answer)) }
        guard !secrets.isEmpty else { return refusal(Answer(status: .notFound, text: "no hook is configured\n")) }
        guard request.method == .post else {
            return refusal(Answer(status: .methodNotAllowed, text: "a hook is posted\n", allow: "POST"))
        }
        do throws(HookClaim.Nonsense) {
            guard let claim = try HookClaim(request.headers) else { return refusal(unsigned(HookClaim.lack(request.headers), "a hook", from)) }
            if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.body { return refusal(tooLarge) }
            guard claim.isSigned || claim.hasToken(of: secrets) else {
                return refusal(unsigned("its token is none of the secrets", claim.sender, from))
            }
            return .success(claim)
        } catch {
            refused.increment()
            return refusal(Answer(status: .badRequest, text: error.message + "\n"))
        }
    }

    private var tooLarge: Answer {
        Answer(status: .contentTooLarge, text: "a hook has at most \(limits.body) bytes\n")
    }

    private func unsigned(_ why: String, _ sender: String, _ from: String) -> Answer {
        refused.increment()
        refusals.tell(sender: sender, from: from, why: why)
        return Answer(status: .unauthorized, text: why + "\n")
    }

    // MARK: writing

    /// - Parameter isLast: whether nothing can be said on the connection after it.
    private func write(_ answer: Answer, _ request: Request, _ writer: consuming ResponseWriter, isLast: Bool = false) async throws {
        let body = ByteBuffer(string: answer.text)
        var head = HTTPResponse(status: answer.status)
        head.headerFields[.contentType] = answer.type
        head.headerFields[.contentLength] = String(body.readableBytes)
        head.headerFields[.cacheControl] = "no-store"
        head.headerFields[.allow] = answer.allow
        if isLast { head.headerFields[.connection] = "close" }
        try await writer.write(response: head, body: request.method == .head ? ResponseBody() : ResponseBody(byteBuffer: body))
    }

    /// Ends a connection whose body is not of interest. What comes within a second is thrown away, if it is not far
    /// too much: a connection that is closed on what was not read may take the answer from the client (RFC 9112, 9.6).
    private func end(_ channel: any Channel, _ body: consuming RequestBody.AsyncIterator) async throws {
        channel.close(mode: .output, promise: nil)
        let limit = channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        var left = 16 * limits.body
        while left > 0, let part = try? await body.next() { left -= part.readableBytes }
        limit.cancel()
        throw Unread()
    }
}

/// Tells of hooks that are refused, one line in a while: who is not let in must not fill the disk. How many there were
/// is told when the while is over.
private final class RefusalLog: Sendable {
    private let logger: Logger
    private let seconds: Double
    private let state = Mutex(State())

    private struct State {
        /// When there may be a line again.
        var next = 0.0
        /// How many had none, and what the last of them was.
        var silent = 0
        var last: Logger.Metadata = [:]
    }

    init(_ logger: Logger, every seconds: Double) {
        self.logger = logger
        self.seconds = seconds
    }

    func tell(sender: String, from: String, why: String) {
        let metadata: Logger.Metadata = ["sender": "\(sender)", "from": "\(from)", "reason": "\(why)"]
        let (isTold, wait): (Bool, Double?) = state.withLock { state in
            let now = monotonicSeconds()
            // Where some are untold, a line of their own is about to come.
            guard now < state.next || state.silent > 0 else {
                state.next = now + seconds
                return (true, nil)
            }
            state.silent += 1
            state.last = metadata
            return (false, state.silent == 1 ? max(0, state.next - now) : nil)
        }
        if isTold { logger.warning("a hook is refused", metadata: metadata) }
        guard let wait else { return }
        Task {
            try? await Task.sleep(for: .seconds(wait))
            tellOfRest()
        }
    }

    private func tellOfRest() {
        let (count, last) = state.withLock { state in
            defer { state = State(next: monotonicSeconds() + seconds) }
            return (state.silent, state.last)
        }
        let time = seconds == 60 ? "minute" : "\(Int(seconds.rounded())) seconds"
        logger.warning("a hook is refused, the last of \(count) more in the last \(time)", metadata: last)
    }
}
