import Notices

/// What was told before, so that nothing is told twice.
struct Told: Codable, Equatable {
    /// What is known of an environment.
    struct Place: Codable, Equatable {
        /// The reason of each alarm that stands, by its kind.
        var alarms: [String: String] = [:]
        /// Whether it was told that something is wrong, and not yet that all is well.
        var isAlarmed = false
    }

    /// As many names of notices are kept.
    static let mostNames = 1000

    /// The names of notices that were taken, the latest last.
    private(set) var names: [String] = []
    private(set) var places: [String: Place] = [:]

    /// Takes a notice into account.
    /// - Returns: whether it is to be told: not twice, not again while it holds for the same reason, and that
    ///   all is well again only after something was not.
    mutating func takes(_ notice: Notice) -> Bool {
        guard !names.contains(notice.id) else { return false }
        names.append(notice.id)
        if names.count > Told.mostNames { names.removeFirst(names.count - Told.mostNames) }
        var place = places[notice.environment] ?? Place()
        defer { places[notice.environment] = place }
        switch notice.kind {
        case .failed, .degraded, .drifted, .held:
            var reason = notice.reason ?? notice.summary
            // The next commit that is not followed is news, whatever the reason.
            if notice.kind == .held, let commit = notice.commit { reason = "\(commit): \(reason)" }
            place.isAlarmed = true
            return place.alarms.updateValue(reason, forKey: notice.kind.rawValue) != reason
        case .deployed:
            // What was wrong before is wrong anew if it happens again.
            place.alarms = [:]
            return true
        case .repaired:
            place.alarms[Notice.Kind.drifted.rawValue] = nil
            return true
        case .recovered:
            defer { place = Place() }
            return place.isAlarmed
        case .test: return true
        }
    }
}
