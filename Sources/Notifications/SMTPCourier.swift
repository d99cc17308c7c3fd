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
        await deliver(Mail(message, from: from, to: to))
    }

    func deliver(_ mail: Mail) async -> Outcome {
        do {
            let context = encryption == .none ? nil : try NIOSSLContext(configuration: trust.configuration)
            let connection = try await SMTPConnection.open(address, tls: encryption == .tls ? context : nil, patience)
            defer { connection.close() }
            let offered = try await greet(connection, context)
            if let user { try await authenticate(connection, user.name, user.password, offered) }
            return try await send(mail, connection)
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
        func base64(_ text: String) -> String { Data(Array(text.utf8)).base64EncodedString() }
        var reply: SMTPConnection.Reply
        if mechanisms.contains("PLAIN") {
            reply = try await connection.say("AUTH PLAIN \(base64("\0\(name)\0\(password.text)"))")
        } else if mechanisms.contains("LOGIN") {
            try expect(try await connection.say("AUTH LOGIN"), "AUTH", 334)
            try expect(try await connection.say(base64(name)), "AUTH", 334)
            reply = try await connection.say(base64(password.text))
        } else {
            throw End(outcome: .later(Trouble("\(address) takes no name and password by PLAIN or LOGIN", hint: "does it ask for TLS first?")))
        }
        try expect(reply, "the name and password", 235)
    }

    private func send(_ mail: Mail, _ connection: SMTPConnection) async throws -> Outcome {
        try expect(try await connection.say("MAIL FROM:<\(from.text)>"), "the sender \(from.text)", 250)
        var unwilling: [Outcome] = []
        for recipient in to {
            let reply = try await connection.say("RCPT TO:<\(recipient.text)>")
            if reply.code != 250, reply.code != 251 { unwilling.append(outcome(of: reply, "the recipient \(recipient.text)")) }
        }
        if let first = unwilling.first, unwilling.count == to.count {
            // One that may be taken later is worth a try.
            return unwilling.first { if case .later = $0 { true } else { false } } ?? first
        }
        try expect(try await connection.say("DATA"), "DATA", 354)
        // RFC 5321, 4.5.2: a line that begins with a dot gets another.
        try await connection.send(mail.lines.map { $0.hasPrefix(".") ? "." + $0 : $0 } + ["."])
        try expect(try await connection.reply(), "the mail", 250)
        try? await connection.send(["QUIT"])
        return unwilling.first?.trouble.map { .partly($0) } ?? .delivered
    }

    private func expect(_ reply: SMTPConnection.Reply, _ what: String, _ code: Int) throws {
        guard reply.code != code else { return }
        throw End(outcome: outcome(of: reply, what))
    }

    /// What a reply that is none of success means.
    private func outcome(of reply: SMTPConnection.Reply, _ what: String) -> Outcome {
        // An answer to AUTH can repeat what it was given.
        let secrets = user.map { [$0.password, Secret(Data(Array($0.password.text.utf8)).base64EncodedString())] } ?? []
        let said = oneLine(reply.lines.joined(separator: " "), without: secrets)
        let trouble = Trouble(
            "\(address) does not take \(what): \(reply.code) \(said)",
            hint: reply.code == 535 ? "are user and password right?" : reply.code == 530 ? "it asks for user and password, or for TLS" : nil)
        return (500..<600).contains(reply.code) ? .refused(trouble) : .later(trouble)
    }

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
