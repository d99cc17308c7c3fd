import Glibc
import Synchronization

/// Until when somebody leads.
final class LeaderTerm: Sendable {
    private let state = Mutex(State())
    private let changes: AsyncStream<Bool>
    private let telling: AsyncStream<Bool>.Continuation
    private let changed: @Sendable (Bool) -> Void

    private struct State {
        var end = -Double.infinity
        /// It does not begin before.
        var beginning = -Double.infinity
        /// What was told last.
        var isTold = false
    }

    init(_ changed: @escaping @Sendable (Bool) -> Void) {
        self.changed = changed
        (changes, telling) = AsyncStream.makeStream(of: Bool.self)
    }

    /// Seconds on a clock that goes on while the machine sleeps: the others do not sleep.
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }

    var isOn: Bool { state.withLock { $0.end > LeaderTerm.now() } }

    /// Whether it could begin now.
    var mayBegin: Bool { state.withLock { $0.beginning <= LeaderTerm.now() } }

    /// Has it begin not before then.
    func delay(until beginning: Double) {
        state.withLock { $0.beginning = max($0.beginning, beginning) }
    }

    /// Makes it last until then at least.
    /// - Returns: whether it begins.
    func extend(until end: Double) -> Bool {
        state.withLock { state in
            guard state.beginning <= LeaderTerm.now() else { return false }
            state.end = max(state.end, end)
            guard !state.isTold, state.end > LeaderTerm.now() else { return false }
            state.isTold = true
            telling.yield(true)
            return true
        }
    }

    /// Ends it now.
    func end() {
        state.withLock { state in
            state.end = -.infinity
            notice(&state)
        }
    }

    /// Waits until it is over.
    func wait() async {
        while true {
            let left = state.withLock { state in
                notice(&state)
                return state.isTold ? state.end - LeaderTerm.now() : -1
            }
            guard left > 0 else { return }
            guard (try? await Task.sleep(for: .seconds(max(0.001, left)), clock: .continuous)) != nil else { return }
        }
    }

    private func notice(_ state: inout State) {
        guard state.isTold, state.end <= LeaderTerm.now() else { return }
        state.isTold = false
        telling.yield(false)
    }

    /// Tells of changes, one after the other, until `finish`.
    func tell() async {
        for await isOn in changes { changed(isOn) }
    }

    /// Nothing changes any more.
    func finish() { telling.finish() }
}
