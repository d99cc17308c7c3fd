// Notifications: tells notices over channels: who is told what, how often it is tried, and how each kind of
// channel is spoken to. It knows messages and channels; it knows no target, no cluster and no deployment, and
// nothing that deploys waits for it.

import Notices
import Posix

/// How the delivery of a message ended.
enum Outcome: Sendable, Equatable {
    case delivered
    /// It was taken for some who are to get it, and never will be for others.
    case partly(Trouble)
    /// It was taken for some, and may be taken later for these; what is lost never will be, for others.
    case inPart(later: Trouble, recipients: [String], lost: Trouble? = nil)
    /// To send it again would change nothing.
    case refused(Trouble)
    /// It may be taken later; not before `after` seconds, where the other side says so.
    case later(Trouble, after: Double? = nil)

    var trouble: Trouble? {
        switch self {
        case .delivered: nil
        case .partly(let trouble), .refused(let trouble), .later(let trouble, _), .inPart(let trouble, _, _): trouble
        }
    }
}

/// What is wrong, and the way out, for people.
struct Trouble: Error, Sendable, Equatable {
    var message: String
    var hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}

/// Notices that are told at once: one, or several of one kind about one environment.
struct Message: Sendable {
    let first: Notice
    let others: [Notice]
    /// Those who are still to get it; nil where that is all.
    var recipients: [String]?

    init(_ first: Notice, _ others: [Notice] = []) {
        self.first = first
        self.others = others
    }

    var notices: [Notice] { [first] + others }

    /// By this a receiver knows a message that it got before.
    var id: String { first.id }

    /// The headline for people.
    var headline: String { others.isEmpty ? first.headline : "\(first.headline) (and \(others.count) more)" }

    /// The text for people.
    var text: String { notices.map(\.text).joined(separator: "\n") }

    /// Puts together what may be told at once: neighbours of one kind, about one environment, within 30 seconds, to the
    /// same recipients.
    /// - Parameters:
    ///   - notices: in the order of arrival.
    ///   - recipients: those who are still to get each, by its name.
    static func grouped(_ notices: [Notice], recipients: [String: [String]] = [:]) -> [Message] {
        var groups: [[Notice]] = []
        for notice in notices {
            if let first = groups.last?.first, first.kind == notice.kind, first.environment == notice.environment,
                abs(notice.time.milliseconds - first.time.milliseconds) <= 30_000, groups[groups.count - 1].count < 10,
                recipients[first.id] == recipients[notice.id]
            {
                groups[groups.count - 1].append(notice)
            } else {
                groups.append([notice])
            }
        }
        return groups.map { group in
            var message = Message(group[0], Array(group.dropFirst()))
            message.recipients = recipients[group[0].id]
            return message
        }
    }
}

/// Carries messages to one channel.
protocol Courier: Sendable {
    /// Whether it may be given several notices in one message.
    var groups: Bool { get }
    /// Whether a notice that waits is of no interest any more because of a newer one.
    func supersedes(_ newer: Notice, _ older: Notice) -> Bool
    /// Whether what is newer about an environment has to wait for what is older.
    var keepsOrder: Bool { get }
    /// Delivers a message, within a limited time.
    func deliver(_ message: Message) async -> Outcome
}

extension Courier {
    func supersedes(_ newer: Notice, _ older: Notice) -> Bool { false }
    var keepsOrder: Bool { true }
}
