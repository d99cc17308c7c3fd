import AsyncHTTPClient
import Kubeconfig
import KubernetesModel
import NIOCore
import NIOHTTP1
import Posix

extension APIClient {
    /// Sends a request until it is answered with success, or trying again does not help, or the deadline is over.
    func send(_ request: APIRequest) async throws(ClusterError) -> APIAnswer {
        try await sendTelling(request).get(or: \.error)
    }

    /// As `send`, for those who decide by more than the error.
    func sendTelling(_ request: APIRequest) async -> Result<APIAnswer, TryFailure> {
        await retrying(request) { credentials, seconds in
            await self.attempt(request, credentials, seconds: seconds)
        }
    }

    /// Tries until it goes well, or trying again does not help, or the deadline is over.
    func retrying(
        _ request: APIRequest, _ attempt: (Credentials, Double) async -> Result<APIAnswer, TryFailure>
    ) async -> Result<APIAnswer, TryFailure> {
        var start = monotonicSeconds()
        let deadline = min(request.patience ?? options.deadline, options.deadline)
        var hasRefused = false
        var others: Credentials?
        var isRepeated = false
        var number = 0
        var answered: TryFailure?
        while true {
            let credentials: Credentials
            let asked = monotonicSeconds()
            do {
                // Those that were got in place of refused ones are not asked for twice.
                if let others { credentials = others } else { credentials = try await access.credentials.credentials(insteadOf: nil) }
                others = nil
            } catch {
                return .failure(TryFailure(error: ClusterError(.credentials, oneLine(error.message), hint: error.hint)))
            }
            // A person may have had to log in.
            start += monotonicSeconds() - asked
            if let wrong = credentials.wrongness { return .failure(TryFailure(error: wrong)) }
            var failure: TryFailure
            switch await attempt(credentials, max(0.05, start + deadline - monotonicSeconds())) {
            case .success(var answer):
                answer.isRepeated = isRepeated
                return .success(answer)
            case .failure(let found): failure = found
            }
            failure.isRepeated = isRepeated
            if Task.isCancelled { return .failure(TryFailure(error: .cancelled)) }
            // Waiting for other requests of this client is no fault of the server's.
            start += failure.queued
            let end = start + deadline
            // Asked for others once, and they are tried only where they are others.
            if failure.error.reason == .unauthorized, !hasRefused {
                hasRefused = true
                let asked = monotonicSeconds()
                others = try? await access.credentials.credentials(insteadOf: credentials)
                start += monotonicSeconds() - asked
                if others != nil, others != credentials { continue }
                return .failure(failure)
            }
            // What the server said last says more than that there was no time left for one more answer.
            if failure.isStalled, let answered, monotonicSeconds() >= end { return .failure(answered) }
            if failure.error.status != 0 { answered = failure }
            guard failure.mayBeRetried, failure.arrival == .nothingDone || request.repetition == .always else { return .failure(failure) }
            if failure.arrival == .unknown { isRepeated = true }
            number += 1
            let wait = max(failure.retryAfter ?? 0, Backoff.seconds(try: number, random: Double.random(in: 0..<1)))
            var last = end
            if failure.isUnconnected, await !transports.hasAnswered { last = min(end, start + options.firstContact) }
            guard monotonicSeconds() + wait < last else { return .failure(failure) }
            options.tellsWait(Backoff.notice(failure, seconds: wait))
            guard (try? await Task.sleep(for: .seconds(wait))) != nil else { return .failure(TryFailure(error: .cancelled)) }
        }
    }

    /// Sends a request once.
    private func attempt(_ request: APIRequest, _ credentials: Credentials, seconds: Double) async -> Result<APIAnswer, TryFailure> {
        let asked = monotonicSeconds()
        guard await limit.enter() else { return .failure(TryFailure(error: .cancelled)) }
        let started = monotonicSeconds()
        var result = await exchange(request, credentials, seconds: seconds)
        let took = monotonicSeconds() - started
        switch result {
        case .success: await limit.leave(.went(started: started, took: request.isMeasured ? took : nil))
        case .failure(var failure):
            await limit.leave(failure.isThrottled ? .throttled(started: started) : .failed)
            failure.queued = started - asked
            result = .failure(failure)
        }
        return result
    }

    private func exchange(_ request: APIRequest, _ credentials: Credentials, seconds: Double) async -> Result<APIAnswer, TryFailure> {
        let transport: Transport
        do {
            transport = try await transports.transport(for: credentials, .requests)
        } catch {
            return .failure(TryFailure(error: error))
        }
        do {
            let made = headed(request, credentials, transport)
            let answer = try await within(seconds) {
                let response = try await transport.http.execute(made, deadline: .now() + .milliseconds(Int64(seconds * 1000) + 1000))
                return try await Self.answer(response, request, transport)
            }
            await transports.noteAnswer()
            return answer
        } catch {
            let failure = await transport.failure(of: error, seconds: seconds)
            if failure.isStalled { await transports.retire(transport) }
            return .failure(failure)
        }
    }

    /// The answer, read to its end.
    static func answer(_ response: HTTPClientResponse, _ request: APIRequest, _ transport: Transport) async throws -> Result<
        APIAnswer, TryFailure
    > {
        let status = Int(response.status.code)
        let contentType = response.headers.first(name: "content-type") ?? ""
        guard 200..<300 ~= status else {
            // What went wrong is told in a few lines; a Status may list thousands of causes.
            let body = try await response.body.collect(upTo: 16 << 20)
            return .failure(
                StatusFailure.read(
                    status: status, contentType: contentType, body: body, retryAfter: response.headers.first(name: "retry-after"),
                    server: transport.endpoint.description))
        }
        let body = try await response.body.collect(upTo: request.answerLimit)
        return .success(APIAnswer(status: status, contentType: contentType, body: body))
    }

    /// The request with all its headers, for one transport.
    func headed(_ request: APIRequest, _ credentials: Credentials, _ transport: Transport, compressed: Bool = true) -> HTTPClientRequest {
        var made = HTTPClientRequest(url: transport.base + request.path)
        made.method = request.method
        made.headers.add(name: "host", value: transport.endpoint.authority)
        made.headers.add(name: "user-agent", value: options.userAgent)
        made.headers.add(name: "accept", value: request.accept)
        if compressed { made.headers.add(name: "accept-encoding", value: "gzip") }
        if let authorization = credentials.authorization { made.headers.add(name: "authorization", value: authorization) }
        for (name, value) in access.impersonation.map(impersonationHeaders) ?? [] { made.headers.add(name: name, value: value) }
        if let contentType = request.contentType { made.headers.add(name: "content-type", value: contentType) }
        if let body = request.body { made.body = .bytes(body) }
        return made
    }
}

/// The headers that ask to be taken for another (`impersonate` of client-go's transport/round_trippers.go).
func impersonationHeaders(_ impersonation: Impersonation) -> [(String, String)] {
    var headers = [("impersonate-user", impersonation.user)]
    if let uid = impersonation.uid { headers.append(("impersonate-uid", uid)) }
    headers += impersonation.groups.map { ("impersonate-group", $0) }
    for (key, values) in impersonation.extra.sorted(by: { $0.key < $1.key }) {
        // As `headerKeyEscape`: what may stand in the name of a header is left, but for the percent sign.
        let name = APIPath.percentEncoded(key) { "!#$&'*+^`|".utf8.contains($0) }
        headers += values.map { ("impersonate-extra-" + name, $0) }
    }
    return headers
}

extension Credentials {
    /// Why they cannot be sent; said here, since the HTTP client would name them.
    fileprivate var wrongness: ClusterError? {
        guard let authorization, !authorization.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else { return nil }
        return ClusterError(
            .credentials, "the token or password has characters that a header cannot have", hint: "is there a line break in it?")
    }
}

extension ClusterError {
    /// Who asked does not want to know any more.
    static let cancelled = ClusterError(.other, "the request was cancelled", mayPass: true)
    static let shutDown = ClusterError(.other, "the client was shut down")
}

extension Result where Failure: Sendable {
    func get<E: Error>(or error: (Failure) -> E) throws(E) -> Success {
        switch self {
        case .success(let success): return success
        case .failure(let failure): throw error(failure)
        }
    }
}

/// The time for something is over.
struct TimeIsOver: Error {}

/// Does something, and gives it up after some seconds.
/// - Throws: `TimeIsOver`, and what it throws.
func within<T: Sendable>(_ seconds: Double, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await withThrowingTaskGroup(of: T.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: .seconds(seconds))
            throw TimeIsOver()
        }
        defer { group.cancelAll() }
        return try await group.next()!
    }
}
