/// When a message that was not taken is tried again.
enum Retry {
    /// After this, in seconds, nobody wants to know any more.
    static let giveUp = 86_400.0

    /// Doubles from half a minute to an hour; half of it is left to chance, so that not all come back at once.
    /// - Parameters:
    ///   - number: how often it was tried.
    ///   - random: from 0 to 1.
    static func seconds(after number: Int, random: Double) -> Double {
        var most = 30.0
        for _ in 1..<max(2, min(number, 10)) where number > 1 { most = min(3600, most * 2) }
        return most * (0.5 + random / 2)
    }
}
