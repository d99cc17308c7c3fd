import Glibc
import Notices
import Posix
import TestSupport
import Testing

@Suite struct NoticeTests {
    private let time = Moment(milliseconds: 1_795_000_000_123)

    private func notice(_ summary: String = "9a285ac30b: reload ended with exit code 1") throws -> Notice {
        var notice = try #require(Notice(.failed, of: "production", cause: "01JDABC", at: time, summary: summary))
        notice.reason = "reload"
        notice.commit = "9a285ac30b"
        notice.subject = "Say \"goodbye\""
        notice.actor = "alice (gitolite)"
        notice.deployment = "b1c05aa"
        notice.number = 12
        notice.reference = "refs/ops/production"
        notice.branch = "main"
        notice.previous = .deployed
        notice.host = "web-1"
        notice.repository = "https://bob:hunter2@git.example.org/site.git"
        notice.details = ["reload: nginx: [emerg]"]
        return notice
    }

    @Test func bothFormsHaveAllThatIsKnown() throws {
        let notice = try notice()
        #expect(
            notice.json == #"""
                {"version":1,"id":"01JDABC-failed","kind":"failed","environment":"production","time":"\#(time.timestamp)",\#
                "summary":"9a285ac30b: reload ended with exit code 1","reason":"reload","commit":"9a285ac30b",\#
                "subject":"Say \"goodbye\"","branch":"main","actor":"alice (gitolite)","deployment":"b1c05aa","number":12,\#
                "ref":"refs/ops/production","previous":"deployed","host":"web-1","repository":"https://…@git.example.org/site.git",\#
                "details":["reload: nginx: [emerg]"]}
                """#)
        #expect(
            notice.text == """
                production: failed: 9a285ac30b: reload ended with exit code 1
                  reload: nginx: [emerg]
                commit 9a285ac30b (Say "goodbye")
                branch main
                by alice (gitolite)
                deployment 12, b1c05aa in refs/ops/production
                before: deployed
                on web-1 in https://…@git.example.org/site.git
                at \(time.timestamp)

                """)
    }

    @Test func whatIsNotKnownIsNotThere() throws {
        let notice = try #require(Notice(.recovered, of: "a", cause: "1", at: time, summary: ""))
        #expect(notice.json == #"{"version":1,"id":"1-recovered","kind":"recovered","environment":"a","time":"\#(time.timestamp)","summary":""}"#)
        #expect(notice.text == "a: recovered\nat \(time.timestamp)\n")
    }

    @Test func aTrialIsOfNoEnvironment() throws {
        let notice = try #require(Notice(.test, of: "none", cause: "1", at: time, summary: "a trial"))
        #expect(notice.json == #"{"version":1,"id":"1-test","kind":"test","time":"\#(time.timestamp)","summary":"a trial"}"#)
        #expect(notice.headline == "test: a trial")
    }

    @Test(arguments: [
        ("a\nb\u{1b}[31m\u{202e}c", "a b [31m c"), ("cannot fetch https://bob:hunter2@host/x@y", "cannot fetch https://…@host/x@y"),
        ("https://t0k3n@host", "https://…@host"), ("see https://host/a and bob@host", "see https://host/a and bob@host"),
    ]) func nothingIsToldThatHarmsOrIsSecret(_ text: String, _ told: String) throws {
        #expect(try notice(text).summary == told)
    }

    @Test func detailsBeyondTheLimitAreCounted() throws {
        var notice = try notice()
        notice.details = (1...25).map(String.init)
        #expect(notice.details.count == 20)
        #expect(notice.details.last == "and 6 more")
    }

    @Test(arguments: ["", "../x", "a/b", "a b", String(repeating: "a", count: 65)])
    func aNameThatIsNoneMakesNoNotice(_ cause: String) {
        #expect(Notice(.failed, of: "production", cause: cause, at: time, summary: "") == nil)
    }

    @Test func anOutboxHoldsEachNoticeOnce() throws {
        let scratch = try Scratch("outbox")
        let outbox = Outbox(gitDirectory: scratch("git") + "/")
        let notice = try notice()
        try outbox.put(notice)
        try outbox.put(notice)
        #expect(outbox.path == scratch("git/ops/_outbox"))
        #expect(names(inFolder: outbox.new) == ["000000000001.01JDABC-failed"])
        #expect(scratch.text("git/ops/_outbox/new/000000000001.01JDABC-failed") == notice.json + "\n")
        var status = stat()
        #expect(stat(outbox.new + "/000000000001.01JDABC-failed", &status) == 0)
        #expect(status.st_mode & 0o077 == 0)
    }
}
