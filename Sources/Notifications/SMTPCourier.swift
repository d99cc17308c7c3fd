import FoundationEssentials
import NIOSSL
import Posix

/// A server that takes mail over SMTP (RFC 5321), with TLS (RFC 3207, 8314) and a name and password (RFC 4954).
struct SMTPCourier: Courier {
    enum Encryption: String, CaseIterable {
        /// It begins when the server has greeted, and has to.
        case starttls
        /// It begins before anything is said.
        case tls
        case none

        var standardPort: Int {
            switch self {
            case .starttls: 587
            case .tls: 465
            case .none: 25
            }
        }
    }

    let address: ServerAddress
    let encryption: Encryption
    let trust: TrustedAuthorities
    let user: (name: String, password: Secret)?
    let from: MailAddress
    let to: [MailAddress]
    let patience: Patience

    var groups: Bool { true }

    func deliver(_ message: Message) async -> Outcome {
        // Those who have it do not get it again.
        let recipients = to.filter { message.recipients?.contains($0.text) ?? true }
        return recipients.isEmpty ? .delivered : await deliver(Mail(message, from: from, to: to), to: recipients)
    }

    func deliver(_ mail: Mail, to recipients: [MailAddress]) async -> Outcome {
        do {
            let context = encryption == .none ? nil : try NIOSSLContext(configuration: trust.configuration)
            let connection = try await SMTPConnection.open(address, tls: encryption == .tls ? context : nil, patience)
            defer { connection.close() }
            let offered = try await greet(connection, context)
            if let user { try await authenticate(connection, user.name, user.password, offered) }
            return try await send(mail, to: recipients, connection)
        } catch let end as End {
            return end.outcome
        } catch {
            return .later(trouble(of: error))
        }
    }

    /// The dialogue ends before the mail is taken.
    private struct End: Error {
        var outcome: Outcome
    }

    /// - Returns: what the server can do, in upper case: `AUTH PLAIN LOGIN`.
    private func greet(_ connection: SMTPConnection, _ context: NIOSSLContext?) async throws -> [String] {
        try expect(try await connection.reply(), "the connection", 220)
        // RFC 5321, 4.1.3: who has no name of use gives an address.
        let own = hostName()
        let isName = own.contains(".") && own.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0 | 32) || $0 == 45 || $0 == 46 }
        let hello = "EHLO " + (isName ? own : "[127.0.0.1]")
        let first = try await connection.say(hello)
        try expect(first, "EHLO", 250)
        guard encryption == .starttls, let context else { return first.lines.dropFirst().map { $0.uppercased() } }
        // Without it, whoever stands between could read all.
        guard first.lines.dropFirst().contains(where: { $0.uppercased() == "STARTTLS" }) else {
            throw End(outcome: .later(Trouble("\(address) offers no STARTTLS", hint: "is it a port for tls = tls, such as 465?")))
        }
        try expect(try await connection.say("STARTTLS"), "STARTTLS", 220)
        try await connection.startTLS(context, address)
        let second = try await connection.say(hello)
        try expect(second, "EHLO", 250)
        return second.lines.dropFirst().map { $0.uppercased() }
    }

    private func authenticate(_ connection: SMTPConnection, _ name: String, _ password: Secret, _ offered: [String]) async throws {
        let mechanisms = offered.filter { $0.hasPrefix("AUTH ") || $0.hasPrefix("AUTH=") }.flatMap { $0.dropFirst(5).split(separator: " ") }
        var reply: SMTPConnection.Reply
        if mechanisms.contains("PLAIN") {
            reply = try await connection.say("AUTH PLAIN \(SMTPCourier.base64("\0\(name)\0\(password.text)"))")
        } else if mechanisms.contains("LOGIN") {
            try expect(try await connection.say("AUTH LOGIN"), "AUTH", 334, isAuthentication: true)
            try expect(try await connection.say(SMTPCourier.base64(name)), "AUTH", 334, isAuthentication: true)
            reply = try await connection.say(SMTPCourier.base64(password.text))
        } else {
            throw End(outcome: .later(Trouble("\(address) takes no name and password by PLAIN or LOGIN", hint: "does it ask for TLS first?")))
        }
        try expect(reply, "the name and password", 235, isAuthentication: true)
    }

    private func send(_ mail: Mail, to recipients: [MailAddress], _ connection: SMTPConnection) async throws -> Outcome {
        try expect(try await connection.say("MAIL FROM:<\(from.text)>"), "the sender \(from.text)", 250)
        var lost: Outcome?
        var later: [(recipient: MailAddress, outcome: Outcome)] = []
        var isTaken = false
        for recipient in recipients {
            let reply = try await connection.say("RCPT TO:<\(recipient.text)>")
            guard reply.code != 250, reply.code != 251 else {
                isTaken = true
                continue
            }
            let outcome = outcome(of: reply, "the recipient \(recipient.text)")
            if case .later = outcome { later.append((recipient, outcome)) } else { lost = lost ?? outcome }
        }
        // One that may be taken later is worth a try.
        guard isTaken else { return later.first?.outcome ?? lost ?? .delivered }
        try expect(try await connection.say("DATA"), "DATA", 354)
        // RFC 5321, 4.5.2: a line that begins with a dot gets another.
        try await connection.send(mail.lines.map { $0.hasPrefix(".") ? "." + $0 : $0 } + ["."])
        try expect(try await connection.reply(), "the mail", 250)
        try? await connection.send(["QUIT"])
        if let trouble = later.first?.outcome.trouble {
            return .inPart(later: trouble, recipients: later.map(\.recipient.text), lost: lost?.trouble)
        }
        return lost?.trouble.map { .partly($0) } ?? .delivered
    }

    private func expect(_ reply: SMTPConnection.Reply, _ what: String, _ code: Int, isAuthentication: Bool = false) throws {
        guard reply.code != code else { return }
        throw End(outcome: outcome(of: reply, what, isAuthentication: isAuthentication))
    }

    /// What a reply that is none of success means.
    private func outcome(of reply: SMTPConnection.Reply, _ what: String, isAuthentication: Bool = false) -> Outcome {
        var said = oneLine(reply.lines.joined(separator: " "), without: secrets)
        if isAuthentication {
            // It may repeat what it was given, in whatever form; RFC 2034's code is all that is needed of it.
            let code = said.prefix { $0 != " " }
            said = code.split(separator: ".").count == 3 && code.allSatisfy({ $0 == "." || ("0"..."9").contains($0) }) ? String(code) : ""
        }
        let trouble = Trouble(
            "\(address) does not take \(what): \(reply.code)\(said.isEmpty ? "" : " \(said)")",
            hint: reply.code == 535 ? "are user and password right?" : reply.code == 530 ? "it asks for user and password, or for TLS" : nil)
        return (500..<600).contains(reply.code) ? .refused(trouble) : .later(trouble)
    }

    /// The password, and all in which it was sent.
    private var secrets: [Secret] {
        guard let user else { return [] }
        return [SMTPCourier.base64("\0\(user.name)\0\(user.password.text)"), SMTPCourier.base64(user.password.text)].map { Secret($0) } + [user.password]
    }

    private static func base64(_ text: String) -> String { Data(Array(text.utf8)).base64EncodedString() }

    private func trouble(of error: any Error) -> Trouble {
        switch error {
        case SMTPConnection.Fault.timeIsOver: Trouble("\(address) did not take the mail within \(Int(patience.total.rounded(.up))) s")
        case SMTPConnection.Fault.closed: Trouble("\(address) closed the connection before it had taken the mail")
        case SMTPConnection.Fault.nonsense: Trouble("what \(address) answers is not SMTP", hint: "is it the right port?")
        case SMTPConnection.Fault.saidBeforeTLS: Trouble("\(address), or somebody between, spoke when TLS was to begin")
        default: Connecting.trouble(of: error, address.description)
        }
    }
}
