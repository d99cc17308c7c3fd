import Synchronization

/// Tells how far a long comparison is.
final class Counter: Sendable {
    private let output: LineOutput
    private let total: Int
    private let done = Mutex(0)

    init(_ output: LineOutput, of total: Int) {
        self.output = output
        self.total = total
    }

    func count() {
        let count = done.withLock { done in
            done += 1
            return done
        }
        if count < total { output.progress("compared \(count) of \(total) objects") }
    }
}
