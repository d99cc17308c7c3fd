import Notices
import Posix
import Testing

@testable import Notifications

@Suite struct RuleTests {
    /// What of a story is told to a channel, by its words: a kind, and where it has them, the reason and the commit. With
    /// an exclamation mark all is well.
    private func tell(_ story: String, _ settings: [(String, String)]) throws -> String {
        let channel = try #require(channels([("a.kind", "webhook")] + settings).first)
        var told = Told()
        var result: [String] = []
        for (index, event) in story.split(separator: " ").enumerated() {
            let parts = event.drop { $0 == "!" }.split(separator: ":").map(String.init)
            var notice = try sample(try #require(Notice.Kind(rawValue: parts[0])), cause: "n\(index)", "took \(index) s")
            notice.reason = parts.count > 1 ? parts[1] : nil
            notice.commit = parts.count > 2 ? parts[2] : nil
            notice.isWell = event.hasPrefix("!")
            guard told.takes(notice), let form = told.form(of: notice, for: channel) else { continue }
            #expect(form.id == "n\(index)-\(form.kind.rawValue)")
            result.append(
                ([form.kind.rawValue] + parts.dropFirst()).joined(separator: ":") + (form.through.map { "(\($0))" } ?? "")
                    + (form.previous.map { "<\($0)" } ?? ""))
        }
        return result.joined(separator: " ")
    }

    @Test(arguments: [
        ("deployed deployed", "deployed deployed"), ("failed:a failed:a failed:b", "failed:a failed:b"),
        ("failed:a:1 failed:a:1 failed:a:2", "failed:a:1 failed:a:2"), ("degraded:a:1 degraded:a:2", "degraded:a:1"),
        ("failed:a deployed failed:a", "failed:a deployed failed:a"), ("recovered", ""),
        ("degraded:a recovered recovered", "degraded:a recovered<degraded"),
        ("drifted:a drifted:a repaired drifted:a", "drifted:a repaired drifted:a"),
        ("failed:a degraded:a recovered failed:a", "failed:a degraded:a recovered<degraded failed:a"),
        ("held:a:1 held:a:1 held:a:2 held:b:2 recovered", "held:a:1 held:a:2 held:b:2 recovered<held"),
        ("failed:a deployed recovered", "failed:a deployed recovered<failed"), ("failed:a failed:b failed:a", "failed:a failed:b failed:a"),
        // One event is told once, and only what is well again is told to be.
        ("!deployed failed:a !deployed !deployed", "deployed failed:a recovered(deployed)<failed deployed"),
        ("degraded:a deployed recovered", "degraded:a deployed recovered<degraded"),
        ("drifted:a !repaired !repaired", "drifted:a recovered(repaired)<drifted repaired"),
        ("failed:a !deployed failed:a", "failed:a recovered(deployed)<failed failed:a"),
    ]) func onlyWhatIsNewIsTold(_ story: String, _ expected: String) throws {
        #expect(try tell(story, []) == expected)
    }

    @Test(arguments: [
        ("failed recovered", "degraded:a recovered failed:a !deployed", "failed:a recovered(deployed)<failed"),
        ("failed recovered", "failed:a deployed recovered", "failed:a recovered<failed"),
        ("failed deployed", "failed:a !deployed recovered", "failed:a deployed"),
        ("recovered", "failed:a !deployed", ""),
    ]) func whoWasNotToldOfAnAlarmIsToldOfNoEnd(_ wanted: String, _ story: String, _ expected: String) throws {
        #expect(try tell(story, [("a.on", wanted)]) == expected)
    }

    /// What is shown at a commit is no message.
    @Test(arguments: [
        ("deployed failed recovered", "failed:a:1 failed:a:1 failed:a:2 !deployed recovered", "failed:a:1 failed:a:1 failed:a:2 deployed recovered"),
        ("failed recovered", "!deployed failed:a:1", "recovered(deployed) failed:a:1"),
    ]) func eachCommitGetsItsStatus(_ wanted: String, _ story: String, _ expected: String) throws {
        #expect(try tell(story, [("a.kind", "gitea"), ("a.on", wanted)]) == expected)
    }

    @Test func environmentsAreToldApartAndNamesAreRemembered() throws {
        var told = Told()
        let channel = try #require(channels([("a.kind", "webhook"), ("a.url", "https://x/y")]).first)
        let deployed = try sample(.deployed, cause: "c")
        let notices = [try sample(.failed, of: "staging", cause: "a"), try sample(.failed, cause: "b"), deployed, deployed]
        #expect(notices.map { told.takes($0) && told.form(of: $0, for: channel) != nil } == [true, true, true, false])
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
        notice.isWell = true
        notice.host = "web-1"
        notice.repository = "/srv/git/site.git"
        #expect(Notice.read(Array(notice.json.utf8)) == notice)
        let recovery = notice.recovery(after: .degraded)
        #expect(recovery.id == "01JD0000-recovered")
        #expect(Notice.read(Array(recovery.json.utf8)) == recovery)
        let trial = try sample(.test)
        #expect(!trial.json.contains("environment"))
        #expect(Notice.read(Array(trial.json.utf8))?.id == trial.id)
        #expect(Notice.read(Array("{}".utf8)) == nil)
        #expect(Notice.read([]) == nil)
        #expect(Notice.read(Array(notice.json.replacing("\"version\":1", with: "\"version\":2").utf8)) == nil)
    }
}
