import Posix

/// A program as sendmail(8): it reads a mail, and finds whom it is for in its headers.
struct SendmailCourier: Courier {
    /// The program and its arguments; no shell sees them.
    let command: [String]
    let from: MailAddress
    let to: [MailAddress]
    let seconds: Double

    var groups: Bool { true }

    func deliver(_ message: Message) async -> Outcome {
        let mail = Mail(message, from: from, to: to).lines.joined(separator: "\n") + "\n"
        return await withCheckedContinuation { continuation in
            // It holds a thread while the program runs, which the pool of tasks has none of to spare.
            inThread { continuation.resume(returning: run(mail)) }
        }
    }

    private func run(_ mail: String) -> Outcome {
        let own = processVariables()
        var variables = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]
        for name in ["HOME", "USER", "LOGNAME"] { variables[name] = own[name] }
        let program = Command(command[0], Array(command.dropFirst()), environment: variables)
        var said: [UInt8] = []
        do throws(SystemError) {
            let end = try program.run(standardInput: Array(mail.utf8), timeout: seconds) { some in
                if said.count < 4096 { said += some.prefix(4096 - said.count) }
            }
            let words = oneLine(String(decoding: said, as: UTF8.self))
            let trouble = Trouble("'\(oneLine(command[0]))' ended with \(end)" + (words.isEmpty ? "" : ": \(words)"))
            switch end {
            case .exited(0): return .delivered
            // sysexits.h: usage, data, no user, no host, not permitted, configuration.
            case .exited(64), .exited(65), .exited(67), .exited(68), .exited(77), .exited(78): return .refused(trouble)
            case .timedOut: return .later(Trouble("'\(oneLine(command[0]))' did not end within \(Int(seconds.rounded(.up))) s"))
            default: return .later(trouble)
            }
        } catch {
            return .later(Trouble("\(error)", hint: "is a mail server installed? the kind smtp needs none"))
        }
    }
}
