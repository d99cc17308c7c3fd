import FoundationEssentials
import Notices
import Posix

/// An address of mail that can stand in a header and in an envelope as it is.
struct MailAddress: Sendable, Equatable {
    let text: String
    let domain: String

    /// nil is made of what is none, and of what would have to be quoted.
    init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let local = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+-/=?^_`{|}~".unicodeScalars)
        let host = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-".unicodeScalars)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), (1...253).contains(parts[1].utf8.count),
            parts[0].unicodeScalars.allSatisfy(local.contains), parts[1].unicodeScalars.allSatisfy(host.contains),
            !text.hasPrefix("-"), !text.hasPrefix("."), !parts[1].hasPrefix("."), !parts[1].hasPrefix("-")
        else { return nil }
        self.text = text
        domain = String(parts[1])
    }
}

/// A message as mail (RFC 5322), by lines without their ends. No line has a control character in it, and what is
/// not ASCII is encoded, so that any server takes it.
struct Mail: Sendable {
    let lines: [String]

    init(lines: [String]) {
        self.lines = lines
    }

    init(_ message: Message, from: MailAddress, to: [MailAddress]) {
        var lines = [
            "Date: \(Mail.date(message.first.time))", "From: git-ops <\(from.text)>",
            // A line may have 998 bytes, and an address 320.
            "To: " + to.map(\.text).joined(separator: ",\n ").replacing("\n", with: "\r\n"),
            "Subject: \(Mail.encoded(message.headline))", "Message-ID: <\(message.id).git-ops@\(from.domain)>",
            // RFC 3834: nobody's absence is answered to this.
            "Auto-Submitted: auto-generated", "X-Git-Ops-Event: \(message.first.kind.rawValue)",
            "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
        ]
        if message.first.kind != .test { lines.append("X-Git-Ops-Environment: \(message.first.environment)") }
        let body = message.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        if body.allSatisfy({ $0.utf8.count <= 900 && $0.utf8.allSatisfy { $0 < 0x7f } }) {
            lines += ["Content-Transfer-Encoding: 7bit", ""] + body.map(String.init)
        } else {
            let encoded = Data(Array(body.joined(separator: "\r\n").utf8) + [13, 10]).base64EncodedString()
            lines += ["Content-Transfer-Encoding: base64", ""] + Mail.pieces(encoded, of: 76)
        }
        self.lines = lines.flatMap { $0.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init) }
    }

    private static func pieces(_ text: String, of count: Int) -> [String] {
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: count).map {
            String(decoding: bytes[$0..<min($0 + count, bytes.count)], as: UTF8.self)
        }
    }

    /// A text for a header. What is not ASCII, or could be taken for encoded, is in encoded words of at most 75
    /// characters (RFC 2047, 2).
    static func encoded(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }), !text.contains("=?") { return text }
        var words: [String] = []
        var word: [UInt8] = []
        func end() {
            words.append("=?UTF-8?B?\(Data(word).base64EncodedString())?=")
            word = []
        }
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if word.count + bytes.count > 45 { end() }
            word += bytes
        }
        end()
        return words.joined(separator: "\r\n ")
    }

    /// RFC 5322, 3.3, in UTC: `Mon, 23 Nov 2026 04:40:12 +0000`.
    static func date(_ moment: Moment) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let text = Array(moment.timestamp.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        // 1970 began on a Thursday.
        let day = days[Int((moment.seconds / 86_400 % 7 + 7) % 7)]
        return "\(day), \(part(8..<10)) \(months[(Int(part(5..<7)) ?? 1) - 1]) \(part(0..<4)) \(part(11..<19)) +0000"
    }
}
