import Notices

/// What each channel was told before, so that nothing is told twice.
struct Told: Codable, Equatable {
    /// What a channel knows of an environment.
    struct Place: Codable, Equatable {
        /// What each alarm that stands is about, by its kind.
        var alarms: [String: String] = [:]
        /// The last alarm that it was told, while it was not told yet that all is well.
        var alarm: String?
    }

    /// As many names of notices are kept.
    static let mostNames = 1000

    /// The names of notices that were taken, the latest last.
    private(set) var names: [String] = []
    /// By the channel's folder and the environment.
    private var places: [String: [String: Place]] = [:]
    /// The place in the order of arrival of the last notice that was taken.
    var sequence = 0
    /// How long the folders of channels that are not configured are known to be there.
    var strangers: [String: Wait] = [:]

    /// - Returns: whether a notice was not taken before.
    mutating func takes(_ notice: Notice) -> Bool {
        guard !names.contains(notice.id) else { return false }
        names.append(notice.id)
        if names.count > Told.mostNames { names.removeFirst(names.count - Told.mostNames) }
        return true
    }

    /// How a notice is told to a channel.
    /// - Returns: nil where it is not: not again while it holds for the same reason, and that all is well again only
    ///   to who was told that something was not. Where one event is both that and something else, it is told once.
    mutating func form(of notice: Notice, for channel: Channel) -> Notice? {
        guard notice.kind != .test else { return notice }
        guard channel.wanted.isOf(notice.environment) else { return nil }
        let takes = channel.wanted.kinds.contains(notice.kind)
        let takesRecovery = channel.wanted.kinds.contains(.recovered)
        // A status stands at its commit, and each commit gets its own.
        if channel.isState { return takes ? notice : notice.isWell && takesRecovery ? notice.recovery(after: nil) : nil }
        let folder = Spool.folder(channel.name)
        var place = places[folder]?[notice.environment] ?? Place()
        defer { places[folder, default: [:]][notice.environment] = place == Place() ? nil : place }
        switch notice.kind {
        case .failed, .degraded, .drifted, .held:
            guard takes else { return nil }
            place.alarm = notice.kind.rawValue
            let key = Told.key(notice)
            return place.alarms.updateValue(key, forKey: notice.kind.rawValue) == key ? nil : notice
        case .deployed, .repaired:
            // What was wrong before is wrong anew if it happens again.
            if notice.kind == .deployed { place.alarms = [:] } else { place.alarms[Notice.Kind.drifted.rawValue] = nil }
            guard notice.isWell else { return takes ? notice : nil }
            let alarm = place.alarm
            place = Place()
            if let alarm, takesRecovery { return notice.recovery(after: Notice.Kind(rawValue: alarm)) }
            return takes ? notice : nil
        case .recovered:
            let alarm = place.alarm
            place = Place()
            guard takes, let alarm else { return nil }
            var recovery = notice
            recovery.previous = Notice.Kind(rawValue: alarm)
            return recovery
        case .test: return notice
        }
    }

    /// By what an alarm is known again. The next commit that fails or is refused is news, whatever the reason.
    private static func key(_ notice: Notice) -> String {
        let reason = notice.reason ?? notice.summary
        guard notice.kind == .failed || notice.kind == .held, let commit = notice.commit else { return reason }
        return "\(commit): \(reason)"
    }

    /// - Parameter folder: that of a channel which is not there any more.
    mutating func forget(_ folder: String) {
        places[folder] = nil
        strangers[folder] = nil
    }
}
