/// How long is waited before a further try.
enum Backoff {
    /// Doubles from 0.25 s to 10 s, with full jitter: any time up to that.
    /// - Parameters:
    ///   - number: 1 for the first wait.
    ///   - random: from 0 to 1.
    static func seconds(try number: Int, random: Double) -> Double {
        var most = 0.25
        for _ in 1..<max(2, min(number, 10)) where number > 1 { most = min(10, most * 2) }
        return most * random
    }

    /// What people are told.
    static func notice(_ failure: TryFailure, seconds: Double) -> String {
        if let asked = failure.retryAfter, asked >= seconds { return "the server asks to wait \(text(asked)) s" }
        return "trying again in \(text(seconds)) s: \(failure.error.message)"
    }

    /// `5`, `0.3`.
    private static func text(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded(.up))
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }
}
