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
            secrets: [Secret(address.text), Secret(String(address.text.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" }))])
    }

    /// What is posted. Slack shows the blocks, the others show the text.
    static func payload(_ message: Message) -> String {
        let title = "*\(escaped(message.headline))*"
        var body = escaped(message.notices.map(\.text).joined(separator: "\n"))
        // The title has the first line already.
        if let end = body.firstIndex(of: "\n") { body = String(body[body.index(after: end)...]) }
        // A section of Slack holds 3000 characters.
        if body.count > 2800 { body = body.prefix(2800) + "…\n" }
        let block = "```\n\(body)```"
        let payload = Payload(text: "\(title)\n\(block)", blocks: [title, block].map { Payload.Block(text: .init(text: $0)) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(payload)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// Text that nobody is called by, and in which nothing is markup.
    private static func escaped(_ text: String) -> String {
        var text = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("`", with: "'")
        for name in ["channel", "all", "here", "everyone"] { text = text.replacing("@\(name)", with: "@\u{200b}\(name)") }
        return text
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
