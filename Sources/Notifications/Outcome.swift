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
    /// To send it again would change nothing.
    case refused(Trouble)
    /// It may be taken later; not before `after` seconds, where the other side says so.
    case later(Trouble, after: Double? = nil)

    var trouble: Trouble? {
        switch self {
        case .delivered: nil
        case .partly(let trouble), .refused(let trouble), .later(let trouble, _): trouble
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

    /// Puts together what may be told at once: neighbours of one kind, about one environment, within 30 seconds.
    /// - Parameter notices: in the order of time.
    static func grouped(_ notices: [Notice]) -> [Message] {
        var groups: [[Notice]] = []
        for notice in notices {
            if let first = groups.last?.first, first.kind == notice.kind, first.environment == notice.environment,
                notice.time.milliseconds - first.time.milliseconds <= 30_000, groups[groups.count - 1].count < 10
            {
                groups[groups.count - 1].append(notice)
            } else {
                groups.append([notice])
            }
        }
        return groups.map { Message($0[0], Array($0.dropFirst())) }
    }
}

/// Carries messages to one channel.
protocol Courier: Sendable {
    /// Whether it may be given several notices in one message.
    var groups: Bool { get }
    /// Whether a notice that waits is of no interest any more because of a newer one.
    func supersedes(_ newer: Notice, _ older: Notice) -> Bool
    /// Delivers a message, within a limited time.
    func deliver(_ message: Message) async -> Outcome
}

extension Courier {
    func supersedes(_ newer: Notice, _ older: Notice) -> Bool { false }
}
