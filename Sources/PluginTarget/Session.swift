import Deployments
import Posix

/// A conversation with a target: one request at a time, each with its answers.
///
/// A program that breaks the protocol, ends or falls silent is ended, and the session is over: what it
/// would say later could be taken for the answer to something else.
final class Session {
    /// Gives the lines of a request one by one, each when it is to be sent; nil after the last.
    typealias Lines = () throws(TargetError) -> [UInt8]?

    /// How long an answer is waited for, in seconds.
    enum Patience {
        /// Since anything was said or heard.
        case silence(Double)
        /// Since the request.
        case total(Double)
    }

    /// When a request is to be ended before its time.
    struct Cancellation {
        /// How often `isDue` is asked, in seconds.
        var interval: Double { waker == nil ? 0.5 : 5 }

        /// How long the program may take to end the request, in seconds.
        let grace: Double
        /// Readable when `isDue` is to be asked at once.
        var waker: Int32?
        /// Asked until it is true.
        let isDue: () -> Bool
    }

    /// The most bytes of a line.
    static let longestLine = 64 << 20
    /// How many bytes are made ready to be sent; a line that is longer goes alone.
    private static let ready = 1 << 16

    private let name: String
    private let peer: any TargetPeer
    private var answers = LineBuffer()
    /// Whether the program was ended.
    private(set) var isOver = false
    /// Whether all of the last request was sent.
    private(set) var wasAskedWhole = false

    /// - Parameter start: begins the other side.
    init(name: String, start: () throws(SystemError) -> any TargetPeer) throws(TargetError) {
        self.name = name
        do throws(SystemError) {
            peer = try start()
        } catch {
            throw TargetError("target '\(name)': \(error)")
        }
    }

    /// Sends a request and reads the answers to it.
    /// - Parameters:
    ///   - verb: for messages.
    ///   - say: given the program's progress.
    ///   - cancellation: when the program is told to end the request.
    ///   - take: given each answer; says whether it was the last.
    /// - Returns: the refusal, where the program answered with an error.
    func exchange(
        _ verb: Request.Verb, lines: Lines, within patience: Patience, saying say: (String) -> Void,
        cancelling cancellation: Cancellation? = nil, receiving take: (Answer) throws(ProtocolFault) -> Bool
    ) throws(TargetError) -> Refusal? {
        wasAskedWhole = false
        guard !isOver else {
            throw TargetError("target '\(name)' was ended before it could be asked to \(verb.rawValue)")
        }
        do throws(Failure) {
            let refusal = try converse(verb, lines, patience, say, cancellation, take)
            // What it did not read of a request it would take for requests.
            if !wasAskedWhole { end() }
            return refusal
        } catch {
            end()
            throw explain(error, verb)
        }
    }

    private func end() {
        isOver = true
        peer.end(politely: false)
    }

    // MARK: the conversation

    /// Why a conversation could not go on.
    private enum Failure: Error {
        case fault(ProtocolFault)
        case system(SystemError)
        case request(TargetError)
        case ended(inLine: Bool)
        case silent(Patience)
        /// It was told to end the request, and did not.
        case uncancelled
    }

    private func converse(
        _ verb: Request.Verb, _ lines: Lines, _ patience: Patience, _ say: (String) -> Void,
        _ cancellation: Cancellation?, _ take: (Answer) throws(ProtocolFault) -> Bool
    ) throws(Failure) -> Refusal? {
        // A greeting may come unasked.
        if verb != .hello { try hearNothing() }
        var queue = SendQueue()
        var active = monotonicSeconds()
        let begun = active
        var nextLook = begun
        var cancelled: Double?
        while true {
            try fill(&queue, lines)
            if let cancellation, cancelled == nil, wasAskedWhole, monotonicSeconds() >= nextLook {
                if cancellation.isDue() {
                    queue.add(try request { () throws(TargetError) in try Request(.cancel).encoded() })
                    cancelled = monotonicSeconds()
                }
                nextLook = monotonicSeconds() + cancellation.interval
            }
            var deadline =
                switch patience {
                case .silence(let seconds): active + seconds
                case .total(let seconds): begun + seconds
                }
            if let cancelled, let cancellation { deadline = min(deadline, cancelled + cancellation.grace) }
            guard monotonicSeconds() < deadline else { throw cancelled == nil ? .silent(patience) : .uncancelled }
            let isLooking = cancellation != nil && cancelled == nil
            let polled = try system { () throws(SystemError) in
                try peer.poll(writing: !queue.isEmpty, waking: isLooking ? cancellation?.waker : nil, until: isLooking ? min(deadline, nextLook) : deadline)
            }
            if polled.wasWoken { nextLook = 0 }
            if try send(&queue, lines) { active = monotonicSeconds() }
            switch try system({ () throws(SystemError) in try peer.receive() }) {
            case .bytes(let bytes): answers.append(bytes)
            case .nothing: if polled.hasEnded { throw .ended(inLine: answers.pending > 0) }
            case .end:
                // Its end comes a moment after that of its output, and says more.
                peer.attend(for: 1)
                throw .ended(inLine: answers.pending > 0)
            }
            try system { () throws(SystemError) in try peer.passMessages() }
            while let line = answers.next() {
                active = monotonicSeconds()
                let answer = try fault { () throws(ProtocolFault) in try Answer.read(line) }
                if let refusal = answer.refusal {
                    try hearNothing()
                    return refusal
                }
                if answer.type == "progress" {
                    say(plainLine(answer.text ?? ""))
                    continue
                }
                guard try fault({ () throws(ProtocolFault) in try take(answer) }) else { continue }
                guard wasAskedWhole else {
                    throw .fault(ProtocolFault("it was done with '\(verb.rawValue)' before it was asked all of it"))
                }
                try hearNothing()
                return nil
            }
            guard answers.pending <= Session.longestLine else {
                throw .fault(ProtocolFault("it answered a line of more than \(Session.longestLine >> 20) MiB"))
            }
        }
    }

    /// Makes sure that nothing is said that was not asked for.
    private func hearNothing() throws(Failure) {
        if case .bytes(let bytes) = try system({ () throws(SystemError) in try peer.receive() }) {
            answers.append(bytes)
        }
        try system { () throws(SystemError) in try peer.passMessages() }
        guard answers.pending == 0 else { throw .fault(ProtocolFault("it said something that it was not asked")) }
    }

    private func fill(_ queue: inout SendQueue, _ lines: Lines) throws(Failure) {
        guard !wasAskedWhole, !queue.isClosed else { return }
        while queue.count < Session.ready {
            let line: [UInt8]?
            do throws(TargetError) { line = try lines() } catch { throw .request(error) }
            guard let line else {
                wasAskedWhole = queue.isEmpty
                return
            }
            queue.add(line)
        }
    }

    /// - Returns: whether something could be sent.
    private func send(_ queue: inout SendQueue, _ lines: Lines) throws(Failure) -> Bool {
        guard !queue.isEmpty else { return false }
        let sent = try system { () throws(SystemError) in try peer.send(queue.waiting) }
        guard let sent else {
            // It reads no more: what it says to that decides.
            queue.close()
            return false
        }
        queue.drop(sent)
        // Before its answer is read, so that it is known whether it was asked all.
        if queue.isEmpty { try fill(&queue, lines) }
        return sent > 0
    }

    private func system<Result>(_ body: () throws(SystemError) -> Result) throws(Failure) -> Result {
        do throws(SystemError) { return try body() } catch { throw .system(error) }
    }

    private func request<Result>(_ body: () throws(TargetError) -> Result) throws(Failure) -> Result {
        do throws(TargetError) { return try body() } catch { throw .request(error) }
    }

    private func fault<Result>(_ body: () throws(ProtocolFault) -> Result) throws(Failure) -> Result {
        do throws(ProtocolFault) { return try body() } catch { throw .fault(error) }
    }

    // MARK: explaining

    /// Called when the other side was ended.
    private func explain(_ failure: Failure, _ verb: Request.Verb) -> TargetError {
        let hint = "the fault is in 'git-ops-target-\(name)'; git-ops-target(7) says what it has to answer"
        switch failure {
        case .fault(let fault):
            return TargetError("target '\(name)' broke the protocol at '\(verb.rawValue)': \(fault.what)", hint: hint)
        case .system(let error):
            return TargetError("target '\(name)' cannot be spoken to: \(error)")
        case .request(let error):
            return error
        case .ended(let inLine):
            let how = peer.termination.map { " (\($0))" } ?? ""
            let place = inLine ? "in the middle of its answer" : "before it had answered"
            return TargetError("target '\(name)' ended\(how) \(place) to '\(verb.rawValue)'")
        case .silent(.silence(let seconds)):
            let time = Session.duration(seconds)
            return TargetError(
                "target '\(name)' said nothing for \(time) while it was asked to \(verb.rawValue), and was ended",
                hint: "ops.<environment>.timeout sets the time")
        case .uncancelled:
            return TargetError("target '\(name)' did not end '\(verb.rawValue)' when it was cancelled, and was ended", hint: hint)
        case .silent(.total(let seconds)):
            return TargetError(
                "target '\(name)' did not answer '\(verb.rawValue)' within \(Session.duration(seconds)), and was ended",
                hint: hint)
        }
    }

    private static func duration(_ seconds: Double) -> String {
        let tenths = (seconds * 10).rounded() / 10
        return tenths == tenths.rounded() ? "\(Int(tenths))s" : "\(tenths)s"
    }
}

/// Bytes that wait to be sent.
private struct SendQueue {
    private var bytes: [UInt8] = []
    private var start = 0
    /// Whether nobody reads any more.
    private(set) var isClosed = false

    var count: Int { bytes.count - start }
    var isEmpty: Bool { count == 0 }
    var waiting: ArraySlice<UInt8> { bytes[start...] }

    mutating func add(_ line: [UInt8]) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes += line
    }

    mutating func drop(_ count: Int) {
        start += count
        guard isEmpty else { return }
        bytes = []
        start = 0
    }

    mutating func close() {
        self = SendQueue()
        isClosed = true
    }
}
