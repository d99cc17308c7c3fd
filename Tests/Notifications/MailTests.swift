import FoundationEssentials
import Glibc
import Notices
import Posix
import TestSupport
import Testing

@testable import Notifications

@Suite struct MailTests {
    private func settings(_ server: String, _ more: [(String, String)] = []) -> [(String, String)] {
        [("mail.kind", "smtp"), ("mail.server", server), ("mail.from", "ops@example.org"), ("mail.to", "ann@example.org team@example.net")]
            + more
    }

    private func deliver(_ settings: [(String, String)], _ message: Message, patience: Patience = Patience()) async throws -> Outcome {
        switch try #require(channels(settings, patience: patience).first).courier {
        case .success(let courier): return await courier.deliver(message)
        case .failure(let trouble): throw trouble
        }
    }

    @Test(
        .enabled(if: MailServer.isThere),
        arguments: [("starttls", "PLAIN,LOGIN"), ("starttls", "LOGIN"), ("starttls", ""), ("tls", "PLAIN"), ("none", "")])
    func aServerTakesMail(_ encryption: String, _ mechanisms: String) async throws {
        let server = try MailServer(encryption, mechanisms)
        var first = try sample(.failed, cause: "a", "der Lauf schlug fehl: größer als erlaubt " + String(repeating: "ö", count: 60))
        first.details = [".", ".hidden", "nginx: [emerg] naïve"]
        let message = Message(first, [try sample(.failed, cause: "b", seconds: 1)])
        var more = [("mail.tls", encryption)]
        if encryption != "none" { more.append(("mail.caFile", server.certificate)) }
        if !mechanisms.isEmpty { more += [("mail.user", "bob"), ("mail.password", "hunter2")] }
        #expect(try await deliver(settings("localhost:\(server.port)", more), message) == .delivered)
        let mail = try #require(server.mails.first)
        #expect(mail.sender == "ops@example.org")
        #expect(mail.recipients == ["ann@example.org", "team@example.net"])
        #expect(mail.isEncrypted == (encryption != "none"))
        #expect(mail.isAuthenticated == !mechanisms.isEmpty)
        #expect(mail.headers["subject"] == message.headline)
        #expect(mail.headers["to"] == "ann@example.org, team@example.net")
        #expect(mail.headers["from"] == "git-ops <ops@example.org>")
        #expect(mail.headers["message-id"] == "<a-failed.git-ops@example.org>")
        #expect(mail.headers["auto-submitted"] == "auto-generated")
        #expect(mail.headers["date"] == Mail.date(first.time))
        #expect(mail.body.replacing("\r\n", with: "\n") == message.text)
        #expect(mail.defects.isEmpty)
        #expect(mail.raw.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 998 })
    }

    @Test(.enabled(if: MailServer.isThere)) func dotsAtTheBeginningStay() async throws {
        let server = try MailServer("none")
        // What is told never begins with one; it might, some day.
        let courier = try #require(
            try channels(settings("127.0.0.1:\(server.port)", [("mail.tls", "none")])).first?.courier.get() as? SMTPCourier)
        #expect(await courier.deliver(Mail(lines: ["Subject: dots", "", ".", "..", ".a", "b"]), to: courier.to) == .delivered)
        #expect(try #require(server.mails.first).raw == "Subject: dots\r\n\r\n.\r\n..\r\n.a\r\nb\r\n")
    }

    @Test(.enabled(if: MailServer.isThere)) func whoIsNotBelievedGetsNothing() async throws {
        let server = try MailServer("starttls", "PLAIN")
        let message = Message(try sample())
        let credentials = [("mail.user", "bob"), ("mail.password", "hunter3")]
        // The certificate is of no authority that is trusted.
        guard case .later(let trouble, _) = try await deliver(settings("localhost:\(server.port)", credentials), message) else {
            Issue.record("it is taken")
            return
        }
        #expect(trouble.message.contains("of an authority that is not trusted"))
        // It is for another name.
        let trusting = credentials + [("mail.caFile", server.certificate)]
        guard case .later(let other, _) = try await deliver(settings("127.0.0.2:\(server.port)", trusting), message) else {
            Issue.record("it is taken")
            return
        }
        #expect(!other.message.contains("hunter3"))
        // The password is wrong.
        guard case .refused(let refusal) = try await deliver(settings("localhost:\(server.port)", trusting), message) else {
            Issue.record("it is taken")
            return
        }
        #expect(refusal.message == "localhost:\(server.port) does not take the name and password: 535 5.7.8")
        #expect(refusal.hint == "are user and password right?")
        #expect(server.mails.isEmpty)
    }

    @Test(.enabled(if: MailServer.isThere)) func theOthersGetItAndItIsSaid() async throws {
        let server = try MailServer("none")
        let plain = [("mail.tls", "none"), ("mail.to", "nobody@example.org ann@example.org")]
        let words = "127.0.0.1:\(server.port) does not take the recipient nobody@example.org: 550 5.1.1 no such user"
        #expect(
            try await deliver(settings("127.0.0.1:\(server.port)", plain), Message(try sample())) == .partly(Trouble(words)))
        #expect(server.mails.map(\.recipients) == [["ann@example.org"]])
        let none = [("mail.tls", "none"), ("mail.to", "nobody@example.org")]
        #expect(try await deliver(settings("127.0.0.1:\(server.port)", none), Message(try sample())) == .refused(Trouble(words)))
    }

    @Test(arguments: [
        ("silence", "did not take the mail within 1 s"), ("trickle", "did not take the mail within 1 s"), ("cut", "closed the connection"), ("http", "is not SMTP"),
        ("endless", "is not SMTP"), ("plain", "offers no STARTTLS"), ("early", "127.0.0.1"), ("busy", "421 come back later"),
    ]) func aBadServerIsTriedAgainAndHearsNoPassword(_ conduct: String, _ words: String) async throws {
        let heard = Receiver.Heard()
        let greeting = conduct == "http" ? "HTTP/1.1 400 Bad Request\r\n\r\n" : conduct == "busy" ? "421 come back later\r\n" : "220 hello\r\n"
        let server = try BadMailServer(greeting: greeting, trickles: conduct == "trickle") { line in
            heard.add(line)
            return switch conduct {
            case "silence": nil
            case "cut": ""
            case "endless": String(repeating: "250-more and more\r\n", count: 10_000)
            case "early" where line == "STARTTLS": "220 go\r\n250 AUTH PLAIN\r\n"
            case "early": "250-hello\r\n250 STARTTLS\r\n"
            default: "250-hello\r\n250 AUTH PLAIN\r\n"
            }
        }
        defer { server.close() }
        let outcome = try await deliver(
            settings("127.0.0.1:\(server.port)", [("mail.user", "bob"), ("mail.password", "hunter2")]), Message(try sample()),
            patience: ["silence", "trickle"].contains(conduct) ? Patience(connect: 1, total: 1) : Patience())
        guard case .later(let trouble, _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(trouble.message.contains(words), "\(trouble)")
        #expect(!heard.lines.contains { $0.hasPrefix("AUTH") })
    }

    /// A server that says back all it hears, as one that is being looked into does.
    @Test(arguments: ["PLAIN", "LOGIN"]) func whatAServerRepeatsOfAPasswordIsHidden(_ mechanism: String) async throws {
        let server = try BadMailServer(greeting: "220 hello\r\n") { line in
            if line.hasPrefix("EHLO") { return "250-hello\r\n250 AUTH \(mechanism)\r\n" }
            if line == "AUTH LOGIN" || line == Data(Array("bob".utf8)).base64EncodedString() { return "334 go on\r\n" }
            return "535 5.7.8 I do not take '\(line)' nor \(line.dropFirst(2))\r\n"
        }
        defer { server.close() }
        let outcome = try await deliver(
            settings("127.0.0.1:\(server.port)", [("mail.tls", "none"), ("mail.user", "bob"), ("mail.password", "hunter2")]),
            Message(try sample()))
        #expect(outcome == .refused(Trouble(
            "127.0.0.1:\(server.port) does not take the name and password: 535 5.7.8", hint: "are user and password right?")))
    }

    /// Grey lists and full mailboxes are over some day.
    @Test func whoIsRefusedForNowGetsItLaterAndNobodyTwice() async throws {
        let heard = Receiver.Heard()
        let server = try BadMailServer(greeting: "220 hello\r\n") { line in
            heard.add(line)
            let isKnown = heard.lines.count { $0 == line } > 1
            return switch line.prefix(4) {
            case "RCPT" where line.contains("nobody"): "550 5.1.1 no such user\r\n"
            case "RCPT" where line.contains("late") && !isKnown: "450 4.2.0 come back later\r\n"
            case "EHLO", "MAIL", "RCPT", ".": "250 OK\r\n"
            case "DATA": "354 go on\r\n"
            default: nil
            }
        }
        defer { server.close() }
        let post = try Post()
        let all = channels(
            settings("127.0.0.1:\(server.port)", [("mail.tls", "none")]).filter { $0.0 != "mail.to" }
                + [("mail.to", "ann@example.org late@example.org nobody@example.org")])
        try post.put(try sample(.failed, cause: "a"))
        let first = try #require(try await post.sender(all).flush().first)
        #expect(first.sent == 1)
        #expect(first.lost.map(\.message) == ["127.0.0.1:\(server.port) does not take the recipient nobody@example.org: 550 5.1.1 no such user"])
        #expect(first.later.count == 1)
        // Those who have the first are not kept waiting for the second.
        try post.put(try sample(.deployed, cause: "b"))
        _ = try await post.sender(all, after: 5).flush()
        #expect(post.waiting("mail") == ["a-failed"])
        _ = try await post.sender(all, after: 31).flush()
        #expect(post.waiting("mail").isEmpty)
        let told = { (name: String) in heard.lines.count { $0 == "RCPT TO:<\(name)@example.org>" } }
        #expect((told("ann"), told("late"), told("nobody")) == (2, 3, 2))
        #expect(heard.lines.count { $0.hasPrefix("Message-ID: <a-failed") } == 2)
    }

    @Test(arguments: [
        ([("mail.tls", "none"), ("mail.user", "bob"), ("mail.password", "x")], "a password is sent over TLS only"),
        ([("mail.user", "bob")], "opsChannel.mail.user is set, and opsChannel.mail.password is not"),
        ([("mail.to", "ann@example.org\r\nBcc: eve@example.org")], "no address of mail"), ([("mail.from", "a b@example.org")], "no address of mail"),
        ([("mail.to", "<ann@example.org>")], "no address of mail"), ([("mail.to", "-oQ@x")], "no address of mail"), ([("mail.tls", "maybe")], "is 'maybe'"),
    ] as [([(String, String)], String)])
    func whatWouldHarmIsNoSetting(_ more: [(String, String)], _ words: String) async throws {
        let trouble = await #expect(throws: Trouble.self) { try await deliver(settings("mail.example.org", more), Message(try sample())) }
        #expect(trouble?.message.contains(words) ?? false, "\(trouble as Any)")
    }

    @Test func nothingFromOutsideMakesAHeader() throws {
        let evil = try sample(.failed, cause: "a", "x\r\nBcc: eve@example.org\r\n\r\nhello =?utf-8?q?hi?=")
        let address = try #require(MailAddress("ops@example.org"))
        let lines = Mail(Message(evil), from: address, to: [address]).lines
        #expect(!lines.contains { $0.hasPrefix("Bcc") })
        #expect(lines.allSatisfy { !$0.contains("\r") && !$0.contains("\n") })
        #expect(lines.first { $0.hasPrefix("Subject") }?.contains("=?UTF-8?B?") ?? false)
    }

    @Test func datesAreThoseOfMail() throws {
        #expect(Mail.date(try #require(Moment(timestamp: "2026-11-23T04:40:12.123Z"))) == "Mon, 23 Nov 2026 04:40:12 +0000")
        #expect(Mail.date(try #require(Moment(timestamp: "2024-02-29T00:00:00Z"))) == "Thu, 29 Feb 2024 00:00:00 +0000")
    }

    @Test(arguments: [("exit 0", nil), ("echo no such user >&2; exit 67", "refused"), ("exit 75", "later"), ("sleep 60", "later")] as [(String, String?)])
    func aProgramTakesMail(_ ending: String, _ expected: String?) async throws {
        let scratch = try Scratch("sendmail")
        // The shell reads it: to execute what was just written fails where another test starts a program meanwhile.
        try scratch.write("printf '%s ' \"$@\" >\(scratch("arguments"))\ncat >\(scratch("mail"))\n\(ending)\n", to: "sendmail")
        let outcome = try await deliver(
            [
                ("mail.kind", "sendmail"), ("mail.command", "/bin/sh \(scratch("sendmail")) -t  -i $(x)"), ("mail.from", "ops@example.org"),
                ("mail.to", "ann@example.org"),
            ], Message(try sample()), patience: ending == "sleep 60" ? Patience(connect: 1, total: 1) : Patience())
        switch outcome {
        case .delivered: #expect(expected == nil)
        case .refused(let trouble):
            #expect(expected == "refused")
            #expect(trouble.message.hasSuffix("ended with exit code 67: no such user"))
        default: #expect(expected == "later")
        }
        #expect(scratch.text("arguments") == "-t -i $(x) ")
        let mail = try #require(scratch.text("mail"))
        #expect(mail.contains("To: ann@example.org\nSubject: production: failed: reload ended with exit code 1\nMessage-ID: <01JD0000-failed"))
        #expect(mail.contains("\n\nproduction: failed: reload ended with exit code 1\nat "))
        #expect(!mail.contains("\r"))
    }

    @Test func aProgramThatIsNotThereIsSaid() async throws {
        let outcome = try await deliver(
            [
                ("mail.kind", "sendmail"), ("mail.command", "/nonexistent/sendmail"), ("mail.from", "ops@example.org"),
                ("mail.to", "ann@example.org"),
            ], Message(try sample()))
        #expect(outcome.trouble?.message == "cannot run '/nonexistent/sendmail': No such file or directory")
    }
}
