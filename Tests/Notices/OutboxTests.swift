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

    /// Without a sender it would grow for ever.
    @Test func theOldestAreDroppedWhereTooManyWait() throws {
        let scratch = try Scratch("outbox")
        let outbox = Outbox(gitDirectory: scratch.path)
        for number in 1...Outbox.mostNew { try scratch.write("", to: "ops/_outbox/new/\(QueueName(number: number, id: "n\(number)-failed").text)") }
        #expect(try outbox.put(try #require(Notice(.failed, of: "a", cause: "last", at: Moment(milliseconds: 0), summary: ""))) == 1)
        let waiting = names(inFolder: outbox.new).compactMap { QueueName($0) }
        #expect(waiting.count == Outbox.mostNew)
        #expect(waiting.first?.id == "n2-failed")
        #expect(waiting.last?.id == "last-failed")
    }

    @Test func namesHaveAPlaceAndAnId() {
        #expect(QueueName("000000000012.01JD-failed")?.number == 12)
        #expect(QueueName("000000000012.01JD-failed")?.id == "01JD-failed")
        #expect(QueueName("01JD-failed")?.number == 0)
        #expect(QueueName("99999999999999999999.a")?.id == "99999999999999999999.a")
        #expect(QueueName(".01JD-failed.12") == nil)
    }
}
