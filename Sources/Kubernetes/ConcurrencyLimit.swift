import Posix

/// How many requests are sent at once: as many as the server takes well. It grows by one for each round that went
/// well, and is halved when the server says that it is too busy, or when its answers take twice as long as they did.
actor ConcurrencyLimit {
    /// How a request ended.
    enum End: Sendable {
        /// - Parameter took: seconds; nil where they say nothing of the server's load.
        case went(started: Double, took: Double?)
        case throttled(started: Double)
        /// For a reason that says nothing of the server's load.
        case failed
    }

    /// Seconds below which an answer is quick, whatever it was before.
    static let floor = 1.0

    private let most: Double
    private(set) var width: Double
    private var running = 0
    private var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    private var nextID = 0
    private var halved = -Double.infinity
    /// What answers take when the server is at ease, and what they took lately; seconds.
    private var usual: Double?
    private var recent: Double?

    init(most: Int) {
        self.most = Double(max(1, min(64, most)))
        width = min(16, self.most)
    }

    /// Waits for its turn.
    /// - Returns: false where the task was cancelled; then there is nothing to leave.
    func enter() async -> Bool {
        if Task.isCancelled { return false }
        if running < Int(width), waiting.isEmpty {
            running += 1
            return true
        }
        nextID += 1
        let id = nextID
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { continuation.resume(returning: false) } else { waiting.append((id, continuation)) }
            }
        } onCancel: {
            Task { await self.giveUp(id) }
        }
    }

    private func giveUp(_ id: Int) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        waiting.remove(at: index).continuation.resume(returning: false)
    }

    /// Must follow each `enter` that returned true.
    func leave(_ end: End) {
        switch end {
        case .failed: break
        case .throttled(let started): halve(started)
        case .went(let started, let took):
            if running >= Int(width) { width = min(most, width + 1 / width) }
            if let took { note(took, started) }
        }
        running -= 1
        while running < Int(width), !waiting.isEmpty {
            running += 1
            waiting.removeFirst().continuation.resume(returning: true)
        }
    }

    private func note(_ took: Double, _ started: Double) {
        let recent = self.recent.map { $0 * 0.8 + took * 0.2 } ?? took
        self.recent = recent
        // The usual rises slowly, so that it is not forever what one lucky answer took.
        let usual = min(took, (self.usual ?? took) * 1.02)
        self.usual = usual
        if recent > max(ConcurrencyLimit.floor, usual * 2) { halve(started) }
    }

    /// Requests that were sent before it was halved last say nothing of the width of now.
    private func halve(_ started: Double) {
        guard started >= halved else { return }
        halved = monotonicSeconds()
        width = max(1, (width / 2).rounded(.down))
        recent = nil
    }
}
