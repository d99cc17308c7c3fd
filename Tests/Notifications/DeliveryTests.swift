import Digests
import FoundationEssentials
import Glibc
import Notices
import Posix
import TestSupport
import Testing

@testable import Notifications

@Suite(.timeLimit(.minutes(5))) struct DeliveryTests {
    private func webhook(_ receiver: Receiver, _ more: [(String, String)] = [], patience: Patience = Patience()) -> [Channel] {
        channels([("team.kind", "webhook"), ("team.url", receiver.url + "/hook?t0k3n-of-it")] + more, patience: patience)
    }

    @Test func aWebhookGetsTheFormForProgramsSigned() async throws {
        let receiver = try Receiver()
        defer { receiver.close() }
        let post = try Post()
        let notice = try sample()
        try post.put(notice)
        let reports = try await post.sender(webhook(receiver, [("team.secret", "hunter2")])).flush()
        #expect(reports.map(\.sent) == [1])
        let request = try #require(receiver.requests.first)
        #expect(request.method == "POST")
        #expect(request.path == "/hook?t0k3n-of-it")
        #expect(request.body == notice.json)
        #expect(request.headers["content-type"] == "application/json; charset=utf-8")
        #expect(request.headers["x-git-ops-delivery"] == notice.id)
        #expect(request.headers["x-git-ops-event"] == "failed")
        #expect(
            request.headers["x-git-ops-signature-256"] == "sha256=" + SHA256.hmac(Array(notice.json.utf8), key: Array("hunter2".utf8)))
        // It is told once.
        try post.put(notice)
        #expect(try await post.sender(webhook(receiver)).flush().map(\.sent) == [0])
        #expect(receiver.requests.count == 1)
        #expect(names(inFolder: post.outbox.new).isEmpty)
    }

    @Test func slackGetsTextInWhichNobodyIsCalled() async throws {
        let receiver = try Receiver()
        defer { receiver.close() }
        let post = try Post()
        var first = try sample(.failed, cause: "a", "<!channel> & @here `x`")
        first.details = ["one", "two"]
        try post.put(first, try sample(.failed, cause: "b", seconds: 1, "again"))
        let reports = try await post.sender(channels([("team.kind", "slack"), ("team.url", receiver.url + "/services/x")])).flush()
        #expect(reports.map(\.sent) == [2])
        #expect(receiver.requests.count == 1)
        struct Payload: Decodable {
            var text: String
            var blocks: [Block]
            struct Block: Decodable {
                var type: String
                var text: [String: String]
            }
        }
        let payload = try JSONDecoder().decode(Payload.self, from: Data(Array(try #require(receiver.requests.first).body.utf8)))
        #expect(payload.text.hasPrefix("*production: failed: &lt;!channel&gt; &amp; @\u{200b}here 'x' (and 1 more)*\n```\n  one\n  two\nat "))
        #expect(payload.text.contains("production: failed: again\n"))
        #expect(payload.blocks.map(\.type) == ["section", "section"])
        #expect(payload.blocks.map { $0.text["text"] ?? "" }.joined(separator: "\n") == payload.text)
    }

    @Test(.timeLimit(.minutes(5)), arguments: [
        ("silence", "did not answer within 1 s"), ("cut", "closed the connection"), ("garbage", "is not HTTP"), ("redirect", "a redirection"),
        ("broken", "answered 500: out of … order"), ("stuck", "answered 502"), ("trickle", "answered 502"),
    ]) func whoDoesNotTakeItIsAskedAgain(_ conduct: String, _ words: String) async throws {
        let elsewhere = try Receiver()
        defer { elsewhere.close() }
        let receiver = try Receiver { request, number in
            guard number == 0 else { return .answer(204) }
            return switch conduct {
            case "silence": .silence
            case "cut": .cut
            case "garbage": .raw("SSH-2.0-OpenSSH_9.2p1\r\n")
            case "redirect": .answer(307, [("location", elsewhere.url)])
            case "trickle": .trickle("HTTP/1.1 502 Bad\r\ncontent-length: 100000\r\n\r\nsome")
            case "stuck": .unfinished("HTTP/1.1 502 Bad\r\ncontent-length: 100\r\n\r\nsome")
            default: .answer(500, [], "out of hunter2\u{1b} order")
            }
        }
        defer { receiver.close() }
        let post = try Post()
        try post.put(try sample())
        let waits = ["silence", "stuck", "trickle"].contains(conduct)
        let channels = webhook(receiver, [("team.secret", "hunter2")], patience: waits ? Patience(connect: 1, total: 1) : Patience())
        let report = try #require(try await post.sender(channels).flush().first)
        #expect(report.sent == 0)
        #expect(report.later.first?.message.contains(words) ?? false, "\(report)")
        #expect(!"\(report)".contains("t0k3n"))
        #expect(elsewhere.requests.isEmpty)
        // Not at once, but half a minute later.
        _ = try await post.sender(channels).flush()
        #expect(receiver.requests.count == 1)
        #expect(try await post.sender(channels, after: 31).flush().map(\.sent) == [1])
        #expect(post.waiting("team").isEmpty)
    }

    @Test func aSuccessWithoutEndIsASuccess() async throws {
        let receiver = try Receiver { _, _ in .unfinished("HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\nsome") }
        defer { receiver.close() }
        let post = try Post()
        try post.put(try sample())
        #expect(try await post.sender(webhook(receiver)).flush().map(\.sent) == [1])
    }

    @Test func whoRefusesIsNotAskedAgainAndItIsWrittenDown() async throws {
        let receiver = try Receiver { _, number in number == 0 ? .answer(404, [], "no_service") : .answer(200) }
        defer { receiver.close() }
        let post = try Post()
        try post.put(try sample(.failed, cause: "a"), try sample(.deployed, cause: "b", seconds: 1))
        let report = try #require(try await post.sender(webhook(receiver)).flush().first)
        #expect(report.sent == 1)
        #expect(report.lost.map(\.message) == ["127.0.0.1:\(receiver.port) answered 404: no_service"])
        #expect(post.log.contains("team: a-failed is not sent: 127.0.0.1:\(receiver.port) answered 404: no_service\n"))
        #expect(post.waiting("team").isEmpty)
    }

    /// The path of a webhook is often all that is needed to use it.
    @Test func whatAServerRepeatsOfItsAddressIsHidden() async throws {
        let receiver = try Receiver { request, _ in
            .answer(404, [], "Cannot \(request.method) \(request.path.prefix { $0 != "?" }), token t0k3n/of it, in T0PS3CRET")
        }
        defer { receiver.close() }
        let post = try Post()
        try post.put(try sample())
        let address = receiver.url + "/hooks/T0PS3CRET?token=t0k3n%2Fof+it&x"
        for kind in ["webhook", "slack"] {
            let reports = try await post.sender(channels([("team.kind", kind), ("team.url", address)])).flush()
            let said = "\(reports)\(post.log)"
            #expect(said.contains("Cannot POST …"))
            #expect(!said.contains("T0PS3CRET") && !said.contains("t0k3n"), "\(said)")
            try post.put(try sample(.failed, cause: "b", "another"))
        }
    }

    @Test(arguments: ["@channel", "@Channel", "@ALL", "@Here", "@everyone", "x@HEREabouts"]) func slackCallsNobodyInAnyCase(_ name: String) throws {
        let payload = SlackCourier.payload(Message(try sample(.failed, cause: "a", "by \(name) and ann@example.org")))
        #expect(!payload.contains(name))
        #expect(payload.contains(name.replacing("@", with: "@\u{200b}")))
        #expect(payload.contains("ann@example.org"))
    }

    @Test(arguments: ["😀", "<", "e\u{301}"]) func slackGetsNoMoreThanItTakes(_ character: String) throws {
        struct Payload: Decodable {
            var blocks: [Block]
            struct Block: Decodable { var text: [String: String] }
        }
        var notice = try sample(.failed, cause: "a", String(repeating: character, count: 500))
        notice.details = (1...20).map { "\($0)" + String(repeating: character, count: 490) }
        let payload = try JSONDecoder().decode(Payload.self, from: Data(Array(SlackCourier.payload(Message(notice)).utf8)))
        let texts = payload.blocks.compactMap { $0.text["text"] }
        #expect(texts.count == 2)
        #expect(texts.allSatisfy { $0.utf16.count <= 3000 }, "\(texts.map(\.utf16.count))")
        #expect(texts[1].utf16.count > 2500)
        #expect(texts[1].hasSuffix("…\n```"))
        #expect(!texts[1].contains("&l…") && !texts[1].contains("&…") && !texts[1].contains("&lt…"))
    }

    @Test func whoSaysWhenIsAskedThen() async throws {
        let receiver = try Receiver { _, number in number == 0 ? .answer(429, [("retry-after", "600")]) : .answer(200) }
        defer { receiver.close() }
        let post = try Post()
        try post.put(try sample())
        for (seconds, sent) in [(Int64(0), 0), (500, 0), (601, 1)] {
            #expect(try await post.sender(webhook(receiver), after: seconds).flush().map(\.sent) == [sent])
        }
        #expect(receiver.requests.count == 2)
    }

    @Test func afterADayItIsGivenUp() async throws {
        let receiver = try Receiver { _, _ in .answer(503) }
        defer { receiver.close() }
        let post = try Post()
        try post.put(try sample())
        _ = try await post.sender(webhook(receiver)).flush()
        #expect(post.waiting("team") == ["01JD0000-failed"])
        let report = try #require(try await post.sender(webhook(receiver), after: 86_400).flush().first)
        #expect(report.lost.count == 1)
        #expect(post.waiting("team").isEmpty)
        #expect(post.log.contains("team: 01JD0000-failed is given up after 2 tries: 127.0.0.1:\(receiver.port) answered 503\n"))
    }

    @Test func aChannelThatHangsHoldsUpNoOther() async throws {
        let hung = try Receiver { _, _ in .silence }
        let receiver = try Receiver()
        defer {
            hung.close()
            receiver.close()
        }
        let post = try Post()
        try post.put(try sample())
        let all = channels(
            [
                ("hung.kind", "webhook"), ("hung.url", hung.url), ("wrong.kind", "pigeon"), ("team.kind", "webhook"), ("team.url", receiver.url),
            ], patience: Patience(connect: 60, total: 60))
        let sending = Task { try await post.sender(all).flush() }
        while receiver.requests.isEmpty || hung.requests.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        // Another process comes while the first is stuck, and tells the others what is new.
        try post.put(try sample(.deployed, cause: "b"))
        let next = Task { try await post.sender(all).flush() }
        while receiver.requests.count < 2 { try await Task.sleep(for: .milliseconds(10)) }
        // A third leaves the stuck one to the second, which waits for it.
        while !FileLock.isHeld(Spool(post.outbox, channel: "hung").queue) { try await Task.sleep(for: .milliseconds(10)) }
        let third = try await post.sender(all).flush()
        #expect(third.map(\.isLeftToAnother) == [true, false, false])
        hung.close()
        #expect(try await sending.value.map(\.sent) == [0, 0, 1])
        #expect(try await next.value.map(\.sent) == [0, 0, 1])
        #expect(post.waiting("wrong") == ["01JD0000-failed", "b-deployed"])
    }

    @Test func whatWasGivenButNotSentIsSentAfterACrash() async throws {
        let receiver = try Receiver()
        defer { receiver.close() }
        let post = try Post()
        let notice = try sample()
        try post.put(notice)
        // It was given to the channel, and then all was over.
        try Spool(post.outbox, channel: "team").put(notice, number: 1)
        #expect(try await post.sender(webhook(receiver)).flush().map(\.sent) == [1])
        #expect(receiver.requests.count == 1)
    }

    @Test func whatIsNoNoticeIsDroppedAndWrittenDown() async throws {
        let receiver = try Receiver()
        defer { receiver.close() }
        let post = try Post()
        try post.scratch.write("", to: "ops/_outbox/new/01JD-failed")
        try post.scratch.write("half", to: "ops/_outbox/new/.01JD-failed.12")
        #expect(try await post.sender(webhook(receiver)).flush().map(\.sent) == [0])
        #expect(names(inFolder: post.outbox.new) == [".01JD-failed.12"])
        #expect(post.log.contains("'01JD-failed' is no notice, and was dropped\n"))
    }

    /// Another user may have the channel in his configuration.
    @Test func whatWaitsForAChannelThatIsGoneIsDroppedAfterADay() async throws {
        let receiver = try Receiver()
        defer { receiver.close() }
        let post = try Post()
        try post.put(try sample())
        let before = channels([("gone/away.kind", "pigeon")])
        _ = try await post.sender(before).flush()
        for seconds in [Int64(0), 86_000] { #expect(try await post.sender(webhook(receiver), after: seconds).flush().map(\.lost.count) == [0]) }
        #expect(post.waiting("gone/away").count == 1)
        // Somebody knows it meanwhile.
        _ = try await post.sender(before + webhook(receiver), after: 86_100).flush()
        for seconds in [Int64(86_500), 172_000] { _ = try await post.sender(webhook(receiver), after: seconds, jump: 999_999).flush() }
        #expect(post.waiting("gone/away").count == 1)
        let reports = try await post.sender(webhook(receiver), after: 173_000).flush()
        #expect(reports.map(\.channel) == ["team", "gone%2faway"])
        #expect(reports.last?.lost.map(\.message) == ["there is no such channel any more, for which 1 waited"])
        #expect(post.log.contains("there is no channel 'gone%2faway' any more; 1 that waited for it was dropped\n"))
        #expect(post.waiting("gone/away").isEmpty)
    }

    @Test func withoutChannelsNothingIsTouched() async throws {
        let post = try Post()
        try post.put(try sample())
        #expect(try await post.sender([], after: 999_999).flush().isEmpty)
        #expect(names(inFolder: post.outbox.new).count == 1)
    }

    /// The last word is the last.
    @Test func whatIsNewerWaitsForWhatIsOlder() async throws {
        let receiver = try Receiver { _, number in number == 0 ? .answer(503) : .answer(200) }
        defer { receiver.close() }
        let post = try Post()
        try post.put(try sample(.failed, cause: "a"), try sample(.deployed, of: "staging", cause: "b"))
        _ = try await post.sender(webhook(receiver)).flush()
        // By the clock, which was set back, it is older.
        var recovered = try sample(.deployed, cause: "c", seconds: -9999)
        recovered.isWell = true
        try post.put(recovered)
        _ = try await post.sender(webhook(receiver)).flush()
        #expect(post.waiting("team") == ["a-failed", "c-recovered"])
        _ = try await post.sender(webhook(receiver), after: 31).flush()
        #expect(receiver.requests.map { $0.headers["x-git-ops-delivery"] } == ["a-failed", "b-deployed", "a-failed", "c-recovered"])
    }

    /// A machine that begins in 1970 has its day as well, and one whose clock is set back does not wait for years.
    @Test(arguments: [Int64(1_700_000_000), -1_700_000_000]) func clocksMayJump(_ jump: Int64) async throws {
        let receiver = try Receiver { _, number in number < 3 ? .answer(503) : .answer(200) }
        defer { receiver.close() }
        let post = try Post()
        try post.put(try sample())
        _ = try await post.sender(webhook(receiver)).flush()
        for (seconds, requests) in [(Int64(20), 1), (31, 2), (80, 2), (92, 3), (400, 4)] {
            _ = try await post.sender(webhook(receiver), after: seconds, jump: jump).flush()
            #expect(receiver.requests.count == requests)
        }
        #expect(post.waiting("team").isEmpty && post.log == "")
    }

    @Test func whatHadToWaitForOthersIsGivenUpWithThem() async throws {
        let receiver = try Receiver { _, _ in .answer(503) }
        defer { receiver.close() }
        let post = try Post()
        try post.put(try sample(.failed, cause: "a"), try sample(.deployed, cause: "b"))
        _ = try await post.sender(webhook(receiver)).flush()
        let report = try #require(try await post.sender(webhook(receiver), after: 86_400).flush().first)
        #expect(report.lost.count == 2)
        #expect(post.waiting("team").isEmpty)
        #expect(receiver.requests.count == 2)
        #expect(post.log.contains("team: b-deployed is given up after 0 tries: what was to be sent before it was not taken\n"))
    }

    @Test func aWaitAcrossAStartOfTheMachineIsBelievedInPart() {
        var wait = Wait(from: Instant(boot: "a", uptime: 100, wall: 0))
        wait.goOn(to: Instant(boot: "a", uptime: 200, wall: 1_800_000_000_000))
        #expect(wait.seconds == 100)
        wait.goOn(to: Instant(boot: "b", uptime: 1, wall: 0))
        #expect(wait.seconds == 100)
        wait.goOn(to: Instant(boot: "c", uptime: 500, wall: 1_800_000_000_000))
        #expect(wait.seconds == 100 + 6 * 3600)
    }

    @Test func nobodyListensOnThatPort() async throws {
        let receiver = try Receiver()
        receiver.close()
        let post = try Post()
        try post.put(try sample())
        let report = try #require(try await post.sender(webhook(receiver)).flush().first)
        #expect(report.later.count == 1)
    }
}
