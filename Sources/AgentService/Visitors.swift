import NIOCore
import Synchronization

/// Who is connected. Where there are too many, the one that has been waited for longest is sent away: those that say
/// nothing lock nobody out, least of all those who ask whether the agent lives.
final class Visitors: Sendable {
    /// What is going on on a connection; who is sent away first comes first.
    private enum Step: Int, Comparable {
        /// It was answered, and has not asked again.
        case answered
        /// It has not yet said what it wants.
        case silent
        case asking

        static func < (one: Step, other: Step) -> Bool { one.rawValue < other.rawValue }
    }

    private struct Visitor {
        let channel: any Channel
        var step = Step.silent
        /// Counts up with each step of anybody.
        var since: UInt64
    }

    private struct State {
        var visitors: [ObjectIdentifier: Visitor] = [:]
        var now: UInt64 = 0
    }

    private let most: Int
    private let state = Mutex(State())

    init(most: Int) {
        self.most = most
    }

    func enter(_ channel: any Channel) {
        let last: (any Channel)? = state.withLock { state in
            state.now += 1
            let isFull = state.visitors.count >= most
            let last = state.visitors.min { ($0.value.step, $0.value.since) < ($1.value.step, $1.value.since) }
            state.visitors[ObjectIdentifier(channel)] = Visitor(channel: channel, since: state.now)
            guard isFull, let last else { return nil }
            // It has left for all that matters: nobody else is sent away for it.
            state.visitors[last.key] = nil
            return last.value.channel
        }
        last?.close(promise: nil)
    }

    func leave(_ channel: any Channel) { state.withLock { $0.visitors[ObjectIdentifier(channel)] = nil } }

    /// It said what it wants.
    func ask(_ channel: any Channel) { step(channel, .asking) }

    /// It was told.
    func answered(_ channel: any Channel) { step(channel, .answered) }

    private func step(_ channel: any Channel, _ step: Step) {
        state.withLock { state in
            state.now += 1
            state.visitors[ObjectIdentifier(channel)]?.step = step
            state.visitors[ObjectIdentifier(channel)]?.since = state.now
        }
    }
}
