import FoundationEssentials
import Notices

/// An incoming webhook as Slack has it, and Mattermost, Rocket.Chat and Discord (with `/slack` appended).
struct SlackCourier: Courier {
    let web: Web
    let address: WebAddress

    var groups: Bool { true }

    func deliver(_ message: Message) async -> Outcome {
        await web.send(
            SlackCourier.payload(message), to: address, headers: [("x-git-ops-delivery", message.id)],
            secrets: address.secrets)
    }

    /// What is posted. Slack shows the blocks, the others show the text.
    static func payload(_ message: Message) -> String {
        let title = "*\(shortened(escaped(message.headline)))*"
        var body = escaped(message.notices.map(\.text).joined(separator: "\n"))
        // The title has the first line already.
        if let end = body.firstIndex(of: "\n") { body = String(body[body.index(after: end)...]) }
        let short = shortened(body)
        let block = "```\n\(short)\(short.hasSuffix("\n") ? "" : "\n")```"
        let payload = Payload(text: "\(title)\n\(block)", blocks: [title, block].map { Payload.Block(text: .init(text: $0)) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(payload)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// A section of Slack holds 3000 characters, which it counts in units of UTF-16.
    private static func shortened(_ text: String) -> String {
        guard text.utf16.count > 2800 else { return text }
        var short = ""
        var count = 0
        for character in text {
            count += character.utf16.count
            guard count < 2800 else { break }
            short.append(character)
        }
        // No half of what stands for a character, as `&lt;` does.
        if let start = short.lastIndex(of: "&"), !short[start...].contains(";") { short.removeSubrange(start...) }
        return short + "…"
    }

    /// Text that nobody is called by, and in which nothing is markup.
    private static func escaped(_ text: String) -> String {
        let text = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("`", with: "'")
        // In whatever case somebody is called.
        var result = ""
        for part in text.split(separator: "@", omittingEmptySubsequences: false) {
            if part.startIndex != text.startIndex { result += "@" }
            let word = part.prefix { $0.isLetter }.lowercased()
            if !result.isEmpty, ["channel", "all", "here", "everyone"].contains(where: word.hasPrefix) { result += "\u{200b}" }
            result += part
        }
        return result
    }

    private struct Payload: Encodable {
        struct Block: Encodable {
            struct Text: Encodable {
                var type = "mrkdwn"
                var text: String
            }

            var type = "section"
            var text: Text
        }

        var text: String
        var blocks: [Block]
    }
}
