import Glibc
import KubernetesModel
import Posix
import Synchronization

/// Says lines to git-ops, each whole and at once; who says them does not matter.
final class LineOutput: Sendable {
    /// Whose other end git-ops is at.
    private enum Channel {
        /// Of a program of its own, which ends with its conversation.
        case pipe(Int32)
        /// Of a part of git-ops itself, where others go on: nobody may wait for who does not read.
        case socket(Socket, note: @Sendable (String) -> Void)
    }

    /// Whose request a task works for.
    @TaskLocal static var current: LineOutput?

    private let channel: Channel
    private let lastProgress = Mutex<(text: String, seconds: Double)>(("", 0))
    private let turn = Mutex(())
    private let state = Mutex(State())

    private struct State {
        /// What is to be ended even where nobody is told of it.
        var held = 0
        var isDeaf = false
    }

    /// Whether nobody reads any more.
    var isDeaf: Bool {
        switch channel {
        case .pipe: state.withLock { $0.isDeaf }
        case .socket(let socket, _): socket.isDeaf
        }
    }

    /// Writes to a pipe. Where nobody reads it, the process ends.
    init(_ number: Int32) { channel = .pipe(number) }

    /// Writes to a socket. Where nobody reads it, nothing more is said.
    /// - Parameter note: given what is said to people beside the protocol.
    init(socket number: Int32, note: @escaping @Sendable (String) -> Void) { channel = .socket(Socket(number), note: note) }

    func say(_ message: JSON) {
        let line = message.bytes + [UInt8(ascii: "\n")]
        switch channel {
        case .socket(let socket, _): socket.send(line)
        case .pipe(let number):
            turn.withLock { _ in
                guard !isDeaf else { return }
                do {
                    try FileDescriptor.write(line, to: number)
                } catch {
                    state.withLock { state in
                        state.isDeaf = true
                        if state.held == 0 { LineOutput.end() }
                    }
                }
            }
        }
    }

    /// Nobody reads: git-ops is gone. The network library has made the process deaf to SIGPIPE, so it ends as that
    /// would have ended it, and changes nothing more.
    private static func end() -> Never { _exit(128 + SIGPIPE) }

    /// Begins what has to be ended before the process ends, though nobody reads, and though it is told to terminate.
    /// A process that does more than this has to wait for the end of the conversation.
    func hold() {
        guard case .pipe = channel else { return }
        state.withLock { state in
            state.held += 1
            if state.held == 1 { signal(SIGTERM, SIG_IGN) }
        }
    }

    /// Ends what was begun with `hold`.
    func release() {
        guard case .pipe = channel else { return }
        state.withLock { state in
            state.held -= 1
            guard state.held == 0 else { return }
            if state.isDeaf { LineOutput.end() }
            signal(SIGTERM, SIG_DFL)
        }
    }

    /// Says nothing more.
    /// - Parameter body: called when what was said is sent, or nobody reads it.
    func close(_ body: @escaping @Sendable () -> Void) {
        guard case .socket(let socket, _) = channel else { return body() }
        socket.close(body)
    }

    /// A request begins: what takes less than a second needs no progress.
    func begin() {
        lastProgress.withLock { $0 = ("", monotonicSeconds()) }
    }

    /// Tells the user how far it is, at most once a second and only what is new.
    func progress(_ text: String) {
        let isNew = lastProgress.withLock { last in
            let now = monotonicSeconds()
            guard text != last.text, now - last.seconds >= 1 else { return false }
            last = (text, now)
            return true
        }
        if isNew { say(["type": "progress", "text": .string(text)]) }
    }

    func fail(_ failure: TargetFailure) {
        var answer: JSON = ["error": .string(plain(failure.message))]
        if let hint = failure.hint { answer["hint"] = .string(plain(hint)) }
        if let isPartial = failure.isPartial { answer["partial"] = .bool(isPartial) }
        if failure.isCancelled { answer["cancelled"] = true }
        say(answer)
    }

    /// Says something to people beside the protocol.
    func note(_ text: String) {
        switch channel {
        case .pipe: try? FileDescriptor.write(Array((plain(text) + "\n").utf8), to: STDERR_FILENO)
        case .socket(_, let note): note(plain(text))
        }
    }

    /// One line of no more than people read.
    private func plain(_ text: String) -> String {
        let line = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
        return line.utf8.count <= 2000 ? line : String(line.unicodeScalars.prefix(1500)) + "…"
    }
}

/// A socket that is written to without waiting: what it does not take at once is sent by a thread.
private final class Socket: Sendable {
    private let number: Int32
    private let state = Mutex(State())

    private struct State {
        var waiting: [UInt8] = []
        /// Whether a thread sends what waits.
        var isSending = false
        var isDeaf = false
        var isClosed = false
        var afterwards: (@Sendable () -> Void)?
    }

    init(_ number: Int32) { self.number = number }

    var isDeaf: Bool { state.withLock { $0.isDeaf } }

    func send(_ line: [UInt8]) {
        let begins = state.withLock { state in
            guard !state.isDeaf, !state.isClosed else { return false }
            guard !state.isSending else {
                state.waiting += line
                return false
            }
            let sent = attempt(line, waits: false)
            guard sent >= 0 else {
                state.isDeaf = true
                return false
            }
            guard sent < line.count else { return false }
            state.waiting = Array(line[sent...])
            state.isSending = true
            return true
        }
        if begins { inThread { [self] in while sendWaiting() {} } }
    }

    func close(_ body: @escaping @Sendable () -> Void) {
        let isDone = state.withLock { state in
            state.isClosed = true
            if state.isSending { state.afterwards = body }
            return !state.isSending
        }
        if isDone { body() }
    }

    /// - Returns: whether more waits.
    private func sendWaiting() -> Bool {
        let bytes = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        var sent = 0
        while sent < bytes.count {
            let more = attempt(bytes[sent...], waits: true)
            if more < 0 { break }
            sent += more
        }
        let (goesOn, afterwards) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            if sent < bytes.count { (state.isDeaf, state.waiting) = (true, []) }
            state.isSending = !state.waiting.isEmpty
            return (state.isSending, state.isSending ? nil : state.afterwards.take())
        }
        afterwards?()
        return goesOn
    }

    /// - Returns: how many bytes were sent; -1 where nobody reads.
    private func attempt(_ bytes: some Collection<UInt8>, waits: Bool) -> Int {
        let flags = Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT))
        let sent = bytes.withContiguousStorageIfAvailable { Glibc.send(number, $0.baseAddress, $0.count, flags) } ?? 0
        if sent >= 0 { return sent }
        return errno == EAGAIN || errno == EINTR ? 0 : -1
    }
}
