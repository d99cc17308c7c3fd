import Glibc
import Posix
import Synchronization

/// The lines that git-ops says, read by a thread of their own: who waits for one keeps no other task waiting, and
/// what is quiet costs nothing.
final class LineInput: Sendable {
    /// The most bytes of a line (git-ops-target(7), MESSAGES).
    static let limit = 64 << 20
    /// With so many bytes that nobody has taken yet, no more are read.
    private static let ahead = 1 << 20

    private let number: Int32
    private let state = Mutex(State())

    private struct State {
        var buffer: [UInt8] = []
        /// Where the bytes that were not told yet begin.
        var start = 0
        /// Up to where there is no newline.
        var searched = 0
        /// Whether a thread reads.
        var isReading = false
        var isAtEnd = false
        var failure: TargetFailure?
        /// Counts what happens.
        var news = 0
        /// Who waits for something to happen.
        var waiter: CheckedContinuation<Void, Never>?

        var wantsMore: Bool { !isAtEnd && failure == nil && (buffer.count - start < LineInput.ahead || lineEnd == nil) }

        /// Where the first line ends.
        private(set) var lineEnd: Int? {
            get { searched < buffer.count && buffer[searched] == UInt8(ascii: "\n") ? searched : nil }
            set { searched = newValue ?? buffer.count }
        }

        mutating func add(_ bytes: [UInt8]) {
            if start > 0 {
                buffer.removeFirst(start)
                searched -= start
                start = 0
            }
            buffer += bytes
            seek()
        }

        /// The first line, without its newline.
        mutating func takeLine() -> [UInt8]? {
            guard let end = lineEnd else { return nil }
            let line = Array(buffer[start..<end])
            start = end + 1
            searched = start
            seek()
            // Who waits for weeks keeps no room for what was long.
            if start == buffer.count { (buffer, start, searched) = ([], 0, 0) }
            return line
        }

        private mutating func seek() {
            if lineEnd == nil { lineEnd = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) }
        }
    }

    init(_ number: Int32) { self.number = number }

    /// Whether git-ops is gone: it says nothing more, and nothing is left of what it said.
    var isOver: Bool { state.withLock { $0.isAtEnd && $0.lineEnd == nil } }

    /// The next line, without its newline; nil at the end, also where a line has none.
    /// - Throws: where a line is too long or cannot be read.
    func next() async throws(TargetFailure) -> [UInt8]? {
        while true {
            let (line, isAtEnd, failure, seen) = state.withLock { ($0.takeLine(), $0.isAtEnd, $0.failure, $0.news) }
            readOn()
            if let line { return line }
            if let failure { throw failure }
            if isAtEnd { return nil }
            await somethingHappens(after: seen)
            if Task.isCancelled { throw .cancelled }
        }
    }

    /// What is said while a request is answered.
    enum Interruption {
        case cancel
        /// git-ops is gone.
        case end
    }

    /// Waits until the request that is being answered is to end. Any other line stays for `next`.
    /// - Returns: nil where the task was cancelled before.
    func interruption() async throws(TargetFailure) -> Interruption? {
        while !Task.isCancelled {
            let (found, failure, seen) = state.withLock { state -> (Interruption?, TargetFailure?, Int) in
                guard let end = state.lineEnd else { return (state.isAtEnd ? .end : nil, state.failure, state.news) }
                guard let message = try? Message(Array(state.buffer[state.start..<end])), message.type == "cancel" else { return (nil, nil, state.news) }
                _ = state.takeLine()
                return (.cancel, nil, state.news)
            }
            readOn()
            if let found { return found }
            if let failure { throw failure }
            await somethingHappens(after: seen)
        }
        return nil
    }

    /// Waits; no longer where the task is cancelled.
    private func somethingHappens(after seen: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isPast = state.withLock { state in
                    guard state.news == seen, !Task.isCancelled else { return true }
                    state.waiter = continuation
                    return false
                }
                if isPast { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume()
        }
    }

    // MARK: the thread

    /// Has read what is wanted.
    func readOn() {
        let begins = state.withLock { state in
            guard !state.isReading, state.wantsMore else { return false }
            state.isReading = true
            return true
        }
        if begins { inThread { [self] in while readSome() {} } }
    }

    /// - Returns: whether more is wanted.
    private func readSome() -> Bool {
        var failure: TargetFailure?
        var bytes: [UInt8] = []
        do throws(SystemError) {
            bytes = try FileDescriptor.read(from: number, 1 << 16)
        } catch {
            // The other end of a socket has gone without reading everything.
            if error.number != ECONNRESET { failure = TargetFailure("cannot read what git-ops says: \(error.reason)") }
        }
        let (waiter, goesOn) = state.withLock { state in
            state.add(bytes)
            state.failure = failure
            state.isAtEnd = bytes.isEmpty && failure == nil
            if state.lineEnd == nil, state.buffer.count > LineInput.limit { state.failure = TargetFailure("a line of more than 64 MiB was sent") }
            state.news += 1
            state.isReading = state.wantsMore
            return (state.waiter.take(), state.isReading)
        }
        waiter?.resume()
        return goesOn
    }
}

/// Whether git-ops is gone.
struct Presence: Sendable {
    private let ask: @Sendable () -> Bool

    /// Does not ask.
    static let certain = Presence { false }

    /// - Parameter isGone: asked between two steps of what is being done.
    init(_ isGone: @escaping @Sendable () -> Bool) { ask = isGone }

    var isGone: Bool { ask() }
}
