import Notices
import Posix
import Testing

@testable import Notifications

@Suite struct RuleTests {
    /// What of a story is told, by its letters: kind and reason.
    @Test(arguments: [
        ("deployed deployed", "deployed deployed"), ("failed:a failed:a failed:b", "failed:a failed:b"),
        ("failed:a deployed failed:a", "failed:a deployed failed:a"), ("recovered", ""),
        ("degraded:a recovered recovered", "degraded:a recovered"), ("drifted:a drifted:a repaired drifted:a", "drifted:a repaired drifted:a"),
        ("failed:a degraded:a recovered failed:a", "failed:a degraded:a recovered failed:a"),
        ("held:a held:a held:b recovered", "held:a held:b recovered"), ("failed:a deployed recovered", "failed:a deployed recovered"), ("failed:a failed:b failed:a", "failed:a failed:b failed:a"),
    ]) func onlyWhatIsNewIsTold(_ story: String, _ expected: String) throws {
        var told = Told()
        var result: [Substring] = []
        for (index, event) in story.split(separator: " ").enumerated() {
            let parts = event.split(separator: ":").map(String.init)
            var notice = try sample(try #require(Notice.Kind(rawValue: parts[0])), cause: "n\(index)", "took \(index) s")
            notice.reason = parts.count > 1 ? parts[1] : nil
            if told.takes(notice) { result.append(event) }
        }
        #expect(result.joined(separator: " ") == expected)
    }

    @Test func environmentsAreToldApartAndNamesAreRemembered() throws {
        var told = Told()
        let deployed = try sample(.deployed, cause: "c")
        let notices = [try sample(.failed, of: "staging", cause: "a"), try sample(.failed, cause: "b"), deployed, deployed]
        #expect(notices.map { told.takes($0) } == [true, true, true, false])
    }

    @Test func neighboursOfOneKindAreOneMessage() throws {
        let notices = [
            try sample(.failed, cause: "a", seconds: 0), try sample(.failed, cause: "b", seconds: 29),
            try sample(.failed, cause: "c", seconds: 45), try sample(.failed, of: "staging", cause: "d", seconds: 46),
            try sample(.deployed, of: "staging", cause: "e", seconds: 47),
        ]
        let messages = Message.grouped(notices)
        #expect(messages.map { $0.notices.map(\.id) } == [["a-failed", "b-failed"], ["c-failed"], ["d-failed"], ["e-deployed"]])
        #expect(messages[0].headline == "production: failed: reload ended with exit code 1 (and 1 more)")
    }

    @Test func waitsDoubleUpToAnHour() {
        #expect([1, 2, 3, 8, 9, 100].map { Retry.seconds(after: $0, random: 1) } == [30, 60, 120, 3600, 3600, 3600])
        #expect(Retry.seconds(after: 1, random: 0) == 15)
    }

    @Test(arguments: [
        (200, "later"), (301, "later"), (400, "refused"), (404, "refused"), (408, "later"), (429, "later"), (500, "later"), (503, "later"),
    ]) func statusesMean(_ status: Int, _ meaning: String) {
        let outcome = Web.outcome(status, retryAfter: nil, said: "", server: "a", now: .now())
        if case .refused = outcome { #expect(meaning == "refused") } else { #expect(meaning == "later") }
    }

    @Test(arguments: [
        ("120", 120.0), ("999999999", 86_400), ("Mon, 23 Nov 2026 00:01:00 GMT", 60), ("Mon, 23 Nov 2020 00:01:00 GMT", 0), ("soon", nil),
        ("-1", nil), ("", nil),
    ] as [(String, Double?)]) func whenToComeAgain(_ text: String, _ seconds: Double?) throws {
        #expect(Web.seconds(retryAfter: text, try #require(Moment(timestamp: "2026-11-23T00:00:00Z"))) == seconds)
    }

    @Test func noticesAreReadAsTheyWereWritten() throws {
        var notice = try sample()
        notice.reason = "reload"
        notice.commit = "9a285ac30b"
        notice.subject = "Grüße \"\\\u{1F600}"
        notice.branch = "main"
        notice.number = 3
        notice.details = ["a", "b"]
        notice.previous = .deployed
        #expect(Notice.read(Array(notice.json.utf8)) == notice)
        #expect(Notice.read(Array("{}".utf8)) == nil)
        #expect(Notice.read([]) == nil)
        #expect(Notice.read(Array(notice.json.replacing("\"version\":1", with: "\"version\":2").utf8)) == nil)
    }
}
