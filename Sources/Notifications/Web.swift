import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Posix

/// How long a channel may take.
struct Patience: Sendable {
    var connect = 10.0
    var total = 20.0
}

/// Sends single requests of HTTP, and says of each how it ended. It follows no redirection, which would take
/// a secret to where nobody meant it to go.
final class Web: Sendable {
    /// The most of an answer that is read.
    static let mostOfAnswer = 64 << 10

    private let http: HTTPClient
    private let patience: Patience

    init(_ trust: TrustedAuthorities, _ patience: Patience = Patience()) {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.tlsConfiguration = trust.configuration
        configuration.timeout = .init(
            connect: .milliseconds(Int64(patience.connect * 1000)), read: .milliseconds(Int64(patience.total * 1000)))
        // Tries are counted elsewhere.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.patience = patience
    }

    deinit {
        // It holds itself until it is done.
        http.shutdown { _ in }
    }

    /// - Parameters:
    ///   - body: JSON that is posted; where there is none, it is asked what is there.
    ///   - secrets: what the answer may repeat and nobody is to see.
    func send(
        _ body: String?, to address: WebAddress, headers: [(String, String)] = [], secrets: [Secret] = []
    ) async -> Outcome {
        var request = HTTPClientRequest(url: address.text)
        request.headers = HTTPHeaders([("user-agent", "git-ops")] + headers)
        if let body {
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/json; charset=utf-8")
            request.body = .bytes(ByteBuffer(string: body))
        }
        do {
            let deadline = NIODeadline.now() + .milliseconds(Int64(patience.total * 1000))
            let response = try await http.execute(request, deadline: deadline)
            // What a success says beyond its status is of no interest, and so it is not waited for.
            if (200..<300).contains(response.status.code) { return .delivered }
            let said = await Web.text(of: response.body, until: deadline)
            return Web.outcome(
                Int(response.status.code), retryAfter: response.headers.first(name: "retry-after"),
                said: oneLine(said, without: secrets), server: address.server, now: .now())
        } catch {
            return .later(trouble(of: error, address))
        }
    }

    /// What a body says; nothing where it does not come in time, by a byte now and then.
    private static func text(of body: HTTPClientResponse.Body, until deadline: NIODeadline) async -> String {
        await withTaskGroup(of: String.self) { group in
            group.addTask { (try? await body.collect(upTo: mostOfAnswer)).map { String(buffer: $0) } ?? "" }
            group.addTask {
                try? await Task.sleep(for: .nanoseconds(max(0, (deadline - .now()).nanoseconds)))
                return ""
            }
            let first = await group.next() ?? ""
            group.cancelAll()
            return first
        }
    }

    /// What an answer that is no success means.
    static func outcome(_ status: Int, retryAfter: String?, said: String, server: String, now: Moment) -> Outcome {
        let words = "\(server) answered \(status)" + (said.isEmpty ? "" : ": \(said)")
        switch status {
        case 300..<400:
            return .later(
                Trouble("\(server) answered \(status), a redirection, which is not followed", hint: "give the address that it leads to"))
        case 408, 425, 429: return .later(Trouble(words), after: retryAfter.flatMap { seconds(retryAfter: $0, now) })
        case 401, 403: return .refused(Trouble(words, hint: "is the address or the token right, and does it have the rights?"))
        case 404, 410: return .refused(Trouble(words, hint: "is the address right?"))
        case 400..<500: return .refused(Trouble(words))
        default: return .later(Trouble(words), after: retryAfter.flatMap { seconds(retryAfter: $0, now) })
        }
    }

    /// RFC 9110, 10.2.3: seconds, or a date. More than a day is a day.
    static func seconds(retryAfter text: String, _ now: Moment) -> Double? {
        let day = 86_400.0
        if let seconds = Int(text), seconds >= 0 { return min(Double(seconds), day) }
        // Sun, 06 Nov 1994 08:49:37 GMT
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", words[1].utf8.count == 2, let month = months.firstIndex(of: String(words[2])),
            let moment = Moment(timestamp: "\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])T\(words[4])Z")
        else { return nil }
        return min(max(0, Double(moment.milliseconds - now.milliseconds) / 1000), day)
    }

    private func trouble(of error: any Error, _ address: WebAddress) -> Trouble {
        let server = address.server
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            return Trouble("\(server) did not answer within \(Int(patience.total.rounded(.up))) s")
        case let error as HTTPClientError where [.connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout].contains(error):
            return Connecting.tooSlow(server)
        case let error as HTTPClientError where error == .remoteConnectionClosed || error == .uncleanShutdown:
            return Trouble("\(server) closed the connection before it had answered")
        // The short one: the long one has the headers in it.
        case let error as HTTPClientError: return Trouble("speaking with \(server) failed: \(oneLine(error.shortDescription))")
        case is HTTPParserError: return Trouble("what \(server) answers is not HTTP", hint: "is it the right address?")
        default: return Connecting.trouble(of: error, server)
        }
    }
}
