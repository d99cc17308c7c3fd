import Git

/// Keeps repairs from becoming a fight with somebody who changes the same thing back each time.
struct RepairPace {
    /// How often a resource is repaired at once; further repairs come after longer and longer pauses, in seconds. What was
    /// left alone for `memory` is forgotten.
    private static let limits = (free: 3, first: 10.0, most: 600.0, memory: 3600.0)

    private var history: [RepositoryPath: (count: Int, last: Double)] = [:]

    /// Seconds to wait before these are repaired, and which of them are fought over. What nobody fights over is repaired
    /// at once, and the others with it.
    /// - Parameter now: monotonic.
    mutating func pause(before paths: [RepositoryPath], at now: Double) -> (seconds: Double, contested: [RepositoryPath]) {
        history = history.filter { now - $0.value.last < RepairPace.limits.memory }
        var seconds = 0.0
        var contested: [RepositoryPath] = []
        for path in paths {
            guard let (count, last) = history[path], count >= RepairPace.limits.free else { continue }
            contested.append(path)
            let pause = min(RepairPace.limits.first * Double(1 << min(count - RepairPace.limits.free, 10)), RepairPace.limits.most)
            seconds = max(seconds, last + pause - now)
        }
        return (contested.count < paths.count ? 0 : seconds, contested)
    }

    /// That they were repaired, or that it was tried.
    mutating func note(_ paths: [RepositoryPath], at now: Double) {
        for path in paths { history[path] = ((history[path]?.count ?? 0) + 1, now) }
    }
}
