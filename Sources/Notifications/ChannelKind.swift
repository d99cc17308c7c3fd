/// The kinds of channels, and how each is made of its settings.
enum ChannelKind: String, CaseIterable {
    case webhook, slack, smtp, sendmail, github, gitlab, gitea

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// Whether it sets the status of a commit.
    var isState: Bool {
        switch self {
        case .github, .gitlab, .gitea: true
        case .webhook, .slack, .smtp, .sendmail: false
        }
    }

    /// The settings that it has besides those of all.
    var keys: [String] {
        switch self {
        case .webhook: ["url", "urlFile", "secret", "secretFile", "caFile"]
        case .slack: ["url", "urlFile", "caFile"]
        case .smtp: ["server", "tls", "user", "password", "passwordFile", "from", "to", "caFile"]
        case .sendmail: ["command", "from", "to"]
        case .github, .gitlab, .gitea: ["url", "repository", "token", "tokenFile", "caFile"]
        }
    }

    func courier(_ settings: ChannelSettings, _ patience: Patience) throws(Trouble) -> (any Courier, place: String) {
        switch self {
        case .webhook:
            let address = try url(settings, carriesSecret: false)
            let web = Web(try settings.trust(), patience)
            return (WebhookCourier(web: web, address: address, secret: try settings.secret("secret")), address.shown)
        case .slack:
            let address = try url(settings, carriesSecret: true)
            return (SlackCourier(web: Web(try settings.trust(), patience), address: address), address.shown)
        case .smtp:
            let courier = try smtp(settings, patience)
            return (courier, "\(courier.address) to \(courier.to.map(\.text).joined(separator: ", "))")
        case .sendmail:
            let command = (settings["command"] ?? "/usr/sbin/sendmail -t -i").split(separator: " ").map(String.init)
            guard let program = command.first, program.hasPrefix("/") else {
                throw Trouble("\(settings.key("command")) does not begin with an absolute path", hint: "it is like /usr/sbin/sendmail -t -i")
            }
            let to = try settings.recipients()
            let courier = SendmailCourier(command: command, from: try settings.sender(), to: to, seconds: patience.total)
            return (courier, "\(oneLine(program)) to \(to.map(\.text).joined(separator: ", "))")
        case .github: return try status(.github, settings, patience)
        case .gitlab: return try status(.gitlab, settings, patience)
        case .gitea: return try status(.gitea, settings, patience)
        }
    }

    private func status(
        _ forge: StatusCourier.Forge, _ settings: ChannelSettings, _ patience: Patience
    ) throws(Trouble) -> (any Courier, place: String) {
        guard let base = settings["url"] ?? forge.publicAddress else {
            throw Trouble("\(settings.key("url")) is not set", hint: "it is like https://gitea.example.org")
        }
        _ = try settings.address("url", base, carriesSecret: true)
        let repository = try settings.required("repository", like: "owner/name")
        guard let address = StatusCourier.address(forge, base, repository) else {
            throw Trouble("\(settings.key("repository")) is no name of a repository", hint: "it is like owner/name")
        }
        guard let token = try settings.secret("token") else {
            throw Trouble("\(settings.key("token")) is not set", hint: "\(settings.key("tokenFile")) can name a file that holds it")
        }
        guard token.text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw Trouble("\(settings.key("token")) is no token") }
        let web = Web(try settings.trust(), patience)
        return (StatusCourier(web: web, forge: forge, base: address, token: token), "\(address.server) \(repository)")
    }

    private func url(_ settings: ChannelSettings, carriesSecret: Bool) throws(Trouble) -> WebAddress {
        guard let url = try settings.secret("url") else {
            throw Trouble("\(settings.key("url")) is not set", hint: "it is like https://example.org/hook")
        }
        return try settings.address("url", url.text, carriesSecret: carriesSecret)
    }

    private func smtp(_ settings: ChannelSettings, _ patience: Patience) throws(Trouble) -> SMTPCourier {
        let word = settings["tls"] ?? SMTPCourier.Encryption.starttls.rawValue
        guard let encryption = SMTPCourier.Encryption(rawValue: word) else {
            throw Trouble("\(settings.key("tls")) is '\(oneLine(word, 40))'", hint: "it is starttls, tls or none")
        }
        let server = try settings.required("server", like: "mail.example.org:587")
        guard let address = ServerAddress(server, standardPort: encryption.standardPort) else {
            throw Trouble("\(settings.key("server")) is no name or address of a server", hint: "it is like mail.example.org:587")
        }
        let password = try settings.secret("password")
        var user: (name: String, password: Secret)?
        if let name = settings["user"] {
            guard let password else { throw Trouble("\(settings.key("user")) is set, and \(settings.key("password")) is not") }
            guard !(name + password.text).utf8.contains(0) else { throw Trouble("\(settings.key("user")) or its password has a NUL in it") }
            user = (name, password)
        } else if password != nil {
            throw Trouble("\(settings.key("password")) is set, and \(settings.key("user")) is not")
        }
        guard user == nil || encryption != .none || address.isLoopback else {
            throw Trouble("\(settings.key("tls")) is none, and a password is sent over TLS only", hint: "starttls is what most servers have")
        }
        return SMTPCourier(
            address: address, encryption: encryption, trust: try settings.trust(), user: user, from: try settings.sender(),
            to: try settings.recipients(), patience: patience)
    }
}
