import KubernetesModel
import NIOCore

/// What an answer without success says: a `Status` of the API (k8s.io/apimachinery's meta/v1 types.go), or the words
/// of something between.
enum StatusFailure {
    /// - Parameters:
    ///   - retryAfter: the header of that name.
    ///   - server: `host:port`, for people.
    static func read(status: Int, contentType: String, body: ByteBuffer, retryAfter: String?, server: String) -> TryFailure {
        let json = contentType.contains("json") ? body.withUnsafeReadableBytes({ try? JSON(parsing: $0) }) : nil
        guard let json, json["kind"]?.string == "Status" else {
            return foreign(status: status, body: body, retryAfter: seconds(retryAfter), server: server)
        }
        return failure(of: json, status: status, retryAfter: seconds(retryAfter), server: server)
    }

    /// What a `Status` says; also that of an `ERROR` in a watch.
    static func failure(of object: JSON, status: Int, retryAfter: Double? = nil, server: String = "") -> TryFailure {
        let code = object["code"]?.int.flatMap { Int(exactly: $0) } ?? status
        let word = object["reason"]?.string ?? ""
        let whole = object["message"]?.string ?? ""
        let message = oneLine(whole)
        let causes = (object.at("details", "causes")?.array ?? []).map { cause in
            ClusterError.Cause(
                reason: cause["reason"]?.string ?? "", field: oneLine(cause["field"]?.string ?? ""),
                message: oneLine(cause["message"]?.string ?? ""), said: cause["message"]?.string)
        }
        let reason = reason(code, word, causes, message)
        let said = code == 401 && !server.isEmpty ? "\(server) answers 401: \(message)" : message
        let asked = retryAfter ?? object.at("details", "retryAfterSeconds")?.int.map(Double.init)
        var failure = TryFailure(
            error: ClusterError(
                reason, said.isEmpty ? "the server answers \(code)\(word.isEmpty ? "" : " (\(oneLine(word, 100)))")" : said,
                said: whole.isEmpty || said != message ? nil : whole, status: code, causes: causes))
        failure.retryAfter = asked
        judge(&failure, code: code, word: word, message: message)
        // `details` of an object that is not there has its name; that of an unknown resource has none.
        failure.isAbsence = reason == .notFound
        return failure
    }

    private static func reason(_ code: Int, _ word: String, _ causes: [ClusterError.Cause], _ message: String) -> ClusterError.Reason {
        switch (word, code) {
        case ("AlreadyExists", _): .alreadyExists
        case ("Conflict", _), (_, 409): causes.contains { $0.reason == "FieldManagerConflict" } ? .fieldConflict : .conflict
        case ("Expired", _), ("Gone", _), (_, 410): .gone
        case (_, 401): .unauthorized
        case (_, 403): .forbidden
        case (_, 404): .notFound
        case (_, 400), (_, 422): .invalid
        case (_, 429), (_, 502), (_, 503), (_, 504): .unavailable
        // What servers before 1.21 say of an apply with a field that the schema has not.
        case (_, 500) where message.contains("failed to create typed patch object"): .invalid
        case (_, 500) where passes(message) || word == "ServerTimeout": .unavailable
        default: .other
        }
    }

    /// Whether an error of a server (500) is one of those that go away.
    static func passes(_ message: String) -> Bool {
        guard !message.contains("failed calling webhook"), !message.contains("failed to call webhook") else { return true }
        return [
            "etcdserver: leader changed", "etcdserver: request timed out", "etcdserver: no leader", "etcdserver: too many requests",
            "etcdserver: server stopped", "request timed out", "timed out", "timeout", "raft proposal dropped",
        ].contains { message.contains($0) }
    }

    /// Whether a webhook that could not be asked may be there at once: it was slow or its connection was cut. One
    /// that has no endpoints or refuses connections is not running yet, which is for the caller to wait for.
    private static func webhookMayAnswer(_ message: String) -> Bool {
        // The address that was called ends with the time that it was given, whatever went wrong.
        let message = message.replacing("?timeout=", with: "?")
        return ["deadline exceeded", "timeout", "timed out", "EOF", "connection reset", "connection lost"].contains { message.contains($0) }
    }

    private static func judge(_ failure: inout TryFailure, code: Int, word: String, message: String) {
        let isWebhook = message.contains("failed calling webhook") || message.contains("failed to call webhook")
        switch code {
        case 429:
            failure.isThrottled = true
            failure.mayBeRetried = true
        case 503:
            // With a time to wait, the server says that it did not begin (WithPriorityAndFairness and its like).
            failure.arrival = failure.retryAfter == nil ? .unknown : .nothingDone
            failure.mayBeRetried = true
        case 502, 504:
            failure.arrival = .unknown
            failure.mayBeRetried = true
        case 500 where isWebhook:
            // Admission comes before anything is stored.
            failure.mayBeRetried = webhookMayAnswer(message)
        case 500 where passes(message) || word == "ServerTimeout":
            failure.arrival = .unknown
            failure.mayBeRetried = true
        case 409 where message.contains("Operation cannot be fulfilled on resourcequotas"):
            // Two requests counted at once; the second counts anew.
            failure.mayBeRetried = true
            failure.error.reason = .unavailable
        default: break
        }
        failure.error.mayPass = failure.error.reason == .unavailable
    }

    /// What is no answer of the API.
    private static func foreign(status: Int, body: ByteBuffer, retryAfter: Double?, server: String) -> TryFailure {
        let words = oneLine(plain(body), 200)
        let said = words.isEmpty ? "without a word" : "'\(words)'"
        var reason = ClusterError.Reason.malformed
        var hint: String? = "something between here and the API server answered; check the address and the proxy"
        switch status {
        case 300..<400: hint = "a redirect is not followed; give the address that it leads to"
        case 401: reason = .unauthorized
        case 403: reason = .forbidden
        case 404: reason = .notFound
        case 410: reason = .gone
        case 429, 502, 503, 504: reason = .unavailable
        case 500 where passes(words): reason = .unavailable
        default: break
        }
        if reason == .unavailable { hint = nil }
        var failure = TryFailure(
            error: ClusterError(reason, "\(server) answers \(status) and no Status: \(said)", hint: hint, status: status))
        failure.retryAfter = retryAfter
        judge(&failure, code: status, word: "", message: words)
        return failure
    }

    /// The words of a body, without the tags of HTML and with single spaces.
    private static func plain(_ body: ByteBuffer) -> String {
        var text = ""
        var isTag = false
        for character in String(decoding: body.readableBytesView.prefix(4096), as: UTF8.self) {
            switch character {
            case "<": isTag = true
            case ">" where isTag:
                isTag = false
                text += " "
            case _ where isTag: break
            default: text.append(character)
            }
        }
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// `Retry-After` in seconds; servers of the API send no dates.
    private static func seconds(_ header: String?) -> Double? {
        guard let header, let seconds = Double(header), seconds >= 0, seconds.isFinite else { return nil }
        return seconds
    }
}
