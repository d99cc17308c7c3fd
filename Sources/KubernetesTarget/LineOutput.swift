import Glibc
import KubernetesModel
import Posix
import Synchronization

/// Says lines to git-ops, each whole and at once; who says them does not matter.
final class LineOutput: Sendable {
    private let number: Int32
    private let lastProgress = Mutex<(text: String, seconds: Double)>(("", 0))
    private let turn = Mutex(())
    private let state = Mutex(State())

    private struct State {
        /// What is to be ended even where nobody is told of it.
        var held = 0
        var isDeaf = false
    }

    /// Whether nobody reads any more.
    var isDeaf: Bool { state.withLock { $0.isDeaf } }

    init(_ number: Int32) { self.number = number }

    func say(_ message: JSON) {
        let line = message.bytes + [UInt8(ascii: "\n")]
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

    /// Nobody reads: git-ops is gone. The network library has made the process deaf to SIGPIPE, so it ends as that
    /// would have ended it, and changes nothing more.
    private static func end() -> Never { _exit(128 + SIGPIPE) }

    /// Begins what has to be ended before the process ends, though nobody reads, and though it is told to terminate.
    func hold() {
        state.withLock { state in
            state.held += 1
            if state.held == 1 { signal(SIGTERM, SIG_IGN) }
        }
    }

    /// Ends what was begun with `hold`.
    func release() {
        state.withLock { state in
            state.held -= 1
            guard state.held == 0 else { return }
            if state.isDeaf { LineOutput.end() }
            signal(SIGTERM, SIG_DFL)
        }
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
        try? FileDescriptor.write(Array((plain(text) + "\n").utf8), to: STDERR_FILENO)
    }

    /// One line of no more than people read.
    private func plain(_ text: String) -> String {
        let line = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
        return line.utf8.count <= 2000 ? line : String(line.unicodeScalars.prefix(1500)) + "…"
    }
}
