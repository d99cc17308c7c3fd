/// The kinds of channels, and how each is made of its settings.
enum ChannelKind: String, CaseIterable {
    case webhook, slack

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// The settings that it has besides those of all.
    var keys: [String] {
        switch self {
        case .webhook: ["url", "urlFile", "secret", "secretFile", "caFile"]
        case .slack: ["url", "urlFile", "caFile"]
        }
    }

    func courier(_ settings: ChannelSettings, _ patience: Patience) throws(Trouble) -> (any Courier, place: String) {
        let web = Web(try settings.trust(), patience)
        guard let url = try settings.secret("url") else {
            throw Trouble("\(settings.key("url")) is not set", hint: "it is like https://example.org/hook")
        }
        switch self {
        case .webhook:
            let address = try settings.address("url", url.text, carriesSecret: false)
            return (WebhookCourier(web: web, address: address, secret: try settings.secret("secret")), address.shown)
        case .slack:
            let address = try settings.address("url", url.text, carriesSecret: true)
            return (SlackCourier(web: web, address: address), address.shown)
        }
    }
}
