/// Longer and longer pauses.
package struct Backoff {
    private let limits: (first: Double, most: Double)
    private var seconds: Double

    package init(_ limits: (first: Double, most: Double)) {
        self.limits = limits
        seconds = limits.first
    }

    package var isFresh: Bool { seconds == limits.first }

    package mutating func reset() { seconds = limits.first }

    package mutating func next() -> Double {
        defer { seconds = min(seconds * 2, limits.most) }
        return seconds
    }
}
