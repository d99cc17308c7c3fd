import Git
import Notices
import Posix
import TestSupport
import Testing

@testable import Notifications

/// A notice for a test.
func sample(
    _ kind: Notice.Kind = .failed, of environment: String = "production", cause: String = "01JD0000", seconds: Int64 = 0,
    _ summary: String = "reload ended with exit code 1"
) throws -> Notice {
    let start = Moment(milliseconds: Moment.now().milliseconds - 60_000 + seconds * 1000)
    return try #require(Notice(kind, of: environment, cause: cause, at: start, summary: summary))
}

/// The channels of a configuration.
func channels(_ settings: [(String, String)], patience: Patience = Patience()) -> [Channel] {
    Channel.all(
        Configuration(
            entries: settings.map { key, value in
                // As git gives it: all but the name in lower case.
                let parts = key.split(separator: ".")
                return ("opschannel." + parts.dropLast().map { $0 + "." }.joined() + (parts.last ?? "").lowercased(), value)
            }), patience)
}

/// An outbox in a folder of its own.
struct Post {
    let scratch: Scratch
    let outbox: Outbox

    init() throws {
        scratch = try Scratch("post")
        outbox = Outbox(gitDirectory: scratch.path)
    }

    func put(_ notices: Notice...) throws {
        for notice in notices { try outbox.put(notice) }
    }

    /// - Parameters:
    ///   - seconds: how much later it is than it is.
    ///   - jump: how much later the wall clock has it besides.
    func sender(_ channels: [Channel], after seconds: Int64 = 0, jump: Int64 = 0) -> Sender {
        Sender(
            outbox: outbox, channels: channels,
            clock: {
                var now = Instant.now()
                now.uptime += Double(seconds)
                now.wall += (seconds + jump) * 1000
                return now
            }, random: { 1 })
    }

    /// What waits for a channel.
    func waiting(_ channel: String) -> [String] { Spool(outbox, channel: channel).waiting().map(\.notice.id) }

    var log: String { scratch.text("ops/_outbox/log") ?? "" }
}
