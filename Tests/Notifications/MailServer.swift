import FoundationEssentials
import Glibc
import Posix
import TestSupport
import Testing

/// A real server of mail on loopback.
final class MailServer: Sendable {
    static let isThere = access("/usr/bin/python3", X_OK) == 0
        && access("/usr/lib/python3/dist-packages/aiosmtpd/__init__.py", F_OK) == 0 && find("openssl", testVariables()["PATH"] ?? "") != nil

    struct Mail: Decodable {
        var sender: String
        var recipients: [String]
        var headers: [String: String]
        var body: String
        var isEncrypted: Bool
        var isAuthenticated: Bool
        var raw: String
        var defects: [String]
    }

    let port: Int
    /// The certificate, which is its own authority, for `localhost` and 127.0.0.1.
    let certificate: String
    private let scratch: Scratch
    private let input: Int32
    private let pid: pid_t

    /// - Parameter mechanisms: those of AUTH; where there are none, nobody is asked who he is.
    init(_ encryption: String, _ mechanisms: String = "") throws {
        scratch = try Scratch("mail")
        certificate = scratch("ca.pem")
        let made = try run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", scratch("key.pem"), "-out",
                certificate, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            ])
        guard made.succeeded else { throw TestFailure(made.all) }
        try scratch.write((scratch.text("key.pem") ?? "") + (scratch.text("ca.pem") ?? ""), to: "server.pem")
        let script = String(#filePath.prefix(upTo: try #require(#filePath.lastIndex(of: "/")))) + "/smtp-server"
        var command = Command(script, [scratch.path, encryption, mechanisms], environment: testVariables())
        let pipe = try Pipe()
        command.input = .descriptor(pipe.readEnd)
        pid = try command.start()
        input = dup(pipe.writeEnd)
        _ = fcntl(input, F_SETFD, FD_CLOEXEC)
        var text: String?
        while text == nil {
            guard waitpid(pid, nil, WNOHANG) == 0 else { throw TestFailure("the mail server does not start") }
            usleep(10_000)
            text = scratch.text("port")
        }
        port = try #require(Int(text ?? ""))
    }

    deinit {
        close(input)
        waitpid(pid, nil, 0)
    }

    var mails: [Mail] {
        names(inFolder: scratch.path).filter { $0.hasPrefix("mail-") && $0.hasSuffix(".json") }.compactMap { name in
            try? JSONDecoder().decode(Mail.self, from: Data(Array((scratch.text(name) ?? "").utf8)))
        }
    }
}

/// A server that is no good one: it greets, and answers each line as a test wants.
final class BadMailServer: Sendable {
    let port: Int
    private let listener: Int32

    /// - Parameters:
    ///   - trickles: whether it says nothing but a byte now and then.
    ///   - answer: to a line; nil to say nothing, empty to close the connection.
    init(greeting: String, trickles: Bool = false, _ answer: @escaping @Sendable (String) -> String?) throws {
        (listener, port) = try listening()
        inThread { [listener] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                inThread {
                    defer { Glibc.close(connection) }
                    if trickles { return trickle(to: connection) }
                    try? FileDescriptor.write(Array(greeting.utf8), to: connection)
                    var rest: [UInt8] = []
                    while let some = try? FileDescriptor.read(from: connection), !some.isEmpty {
                        rest += some
                        while let newline = rest.firstIndex(of: 10) {
                            let said = answer(String(decoding: rest[..<newline].filter { $0 != 13 }, as: UTF8.self))
                            rest.removeFirst(newline + 1)
                            if said == "" { return }
                            if let said { try? FileDescriptor.write(Array(said.utf8), to: connection) }
                        }
                    }
                }
            }
        }
    }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
    }
}
