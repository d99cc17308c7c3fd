import NIOCore
import NIOHTTP1

/// A request to an API server, however often it is sent.
struct APIRequest: Sendable {
    /// When a request may be sent again although the server may have got it before.
    enum Repetition: Sendable {
        /// It changes nothing, or once more leads to the same.
        case always
        /// It must not happen twice.
        case never
    }

    var method: HTTPMethod = .GET
    /// Escaped, with its query.
    var path: String
    var accept = "application/json"
    var contentType: String?
    var body: ByteBuffer?
    var repetition = Repetition.always
    /// Seconds for all tries, where they are fewer than the client's.
    var patience: Double?
    /// The most bytes of the answer that are read.
    var answerLimit = 512 << 20
    /// Whether how long it takes says how busy the server is: not so for what reads much.
    var isMeasured = true
}

/// What a server answered with a status from 200 to 299.
struct APIAnswer: Sendable {
    var status: Int
    var contentType: String
    var body: ByteBuffer
    /// Whether an earlier try may have arrived and done its work without its answer being heard.
    var isRepeated = false
}

/// Why one try failed, and what follows of it.
struct TryFailure: Error, Sendable {
    /// What the server may have done.
    enum Arrival: Sendable {
        /// It got nothing, or said that it did nothing.
        case nothingDone
        /// It may have done all of it.
        case unknown
    }

    var error: ClusterError
    var arrival = Arrival.nothingDone
    /// Whether trying again may help.
    var mayBeRetried = false
    /// Seconds that the server asks to wait.
    var retryAfter: Double?
    /// Whether there was no connection at all.
    var isUnconnected = false
    /// Whether the server says that it is too busy.
    var isThrottled = false
    /// Whether the connection is no longer to be trusted.
    var isStalled = false
    /// A 404 that the API itself said, in a `Status`.
    var isAbsence = false
    /// Whether an earlier try may have arrived and done its work without its answer being heard.
    var isRepeated = false
    /// Seconds that the try waited for others of the same client.
    var queued = 0.0
}
