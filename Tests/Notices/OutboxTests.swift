import Glibc
import Posix
import TestSupport
import Testing

@testable import Notices

@Suite struct OutboxTests {
    @Test func whatWaitsIsSeen() throws {
        let scratch = try Scratch("outbox")
        let outbox = Outbox(gitDirectory: scratch.path)
        #expect(!outbox.isWaiting)
        try outbox.put(try #require(Notice(.test, of: "none", cause: "A", at: .now(), summary: "a trial")))
        #expect(outbox.isWaiting)
        // For a channel, where it was put by who sends.
        try makeFolders(outbox.path + "/to/team/waiting")
        try scratch.write("", to: "ops/_outbox/to/team/lock")
        for name in names(inFolder: outbox.new) { try #require(rename("\(outbox.new)/\(name)", "\(outbox.path)/to/team/waiting/\(name)") == 0) }
        #expect(outbox.isWaiting)
        for name in names(inFolder: outbox.path + "/to/team/waiting") { try #require(remove("\(outbox.path)/to/team/waiting/\(name)") == 0) }
        #expect(!outbox.isWaiting)
    }
}
