import Git
import Notices
import Posix

/// The settings of one channel. What is set without a name holds for all that do not say otherwise.
struct ChannelSettings {
    let name: String
    let configuration: Configuration

    subscript(_ key: String) -> String? {
        (configuration["opsChannel.\(name).\(key)"] ?? configuration["opsChannel.\(key)"]).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The keys that every kind has.
    private static let common = ["kind", "on", "environments"]

    /// What carries messages, and where to, as people may see it.
    func courier(_ patience: Patience) throws(Trouble) -> (any Courier, place: String) {
        guard let kind = self["kind"] else {
            throw Trouble("\(key("kind")) is not set", hint: "it is one of \(ChannelKind.names)")
        }
        guard let known = ChannelKind(rawValue: kind) else {
            throw Trouble("\(key("kind")) is '\(oneLine(kind, 40))', which is no kind of channel", hint: "it is one of \(ChannelKind.names)")
        }
        try checkKeys(known)
        return try known.courier(self, patience)
    }

    /// A typing error would otherwise go unseen until nobody is told of something.
    private func checkKeys(_ kind: ChannelKind) throws(Trouble) {
        let known = (ChannelSettings.common + kind.keys)
        let prefix = "opschannel.\(name)."
        for (entry, _) in configuration.entries where entry.hasPrefix(prefix) {
            let given = String(entry.dropFirst(prefix.count))
            guard !given.contains("."), !known.contains(where: { $0.lowercased() == given }) else { continue }
            throw Trouble(
                "\(key(oneLine(given, 40))) is no setting of a channel of the kind \(kind.rawValue)",
                hint: "there are \(known.joined(separator: ", "))")
        }
    }

    func selection() throws(Trouble) -> Channel.Selection {
        var selection = Channel.Selection()
        if let text = self["on"] {
            selection.kinds = []
            for word in words(text) {
                guard let kind = Notice.Kind(rawValue: word), kind != .test else {
                    let names = Notice.Kind.allCases.filter { $0 != .test }.map(\.rawValue).joined(separator: ", ")
                    throw Trouble("\(key("on")) has '\(oneLine(word, 40))', which is nothing that is told", hint: "there are \(names)")
                }
                selection.kinds.insert(kind)
            }
        }
        if let text = self["environments"] { selection.environments = Set(words(text)) }
        return selection
    }

    private func words(_ text: String) -> [String] {
        text.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\t" }).map(String.init)
    }

    /// How a setting is called in a message.
    func key(_ key: String) -> String { "opsChannel.\(oneLine(name, 80)).\(key)" }

    func required(_ name: String, like example: String) throws(Trouble) -> String {
        guard let value = self[name] else { throw Trouble("\(key(name)) is not set", hint: "it is like \(example)") }
        return value
    }

    /// An address of HTTP. It is not repeated in a message: it may be a secret.
    /// - Parameter carriesSecret: whether what is sent there, or the address itself, is nobody else's business.
    func address(_ name: String, _ text: String, carriesSecret: Bool) throws(Trouble) -> WebAddress {
        guard let address = WebAddress(text) else {
            throw Trouble("\(key(name)) is no address, or has a name and password in it", hint: "it is like https://example.org/hook")
        }
        guard address.isSecure || address.isLoopback || !carriesSecret else {
            throw Trouble("\(key(name)) is to be kept secret and is not encrypted", hint: "give the address with https://")
        }
        return address
    }

    /// A secret, given itself or by the name of a file that holds it.
    func secret(_ name: String) throws(Trouble) -> Secret? {
        let value = self[name]
        guard let file = self[name + "File"] else { return value.map { Secret($0) } }
        guard value == nil else { throw Trouble("both \(key(name)) and \(key(name + "File")) are set", hint: "keep one of them") }
        guard file.hasPrefix("/") else { throw Trouble("\(key(name + "File")) is not an absolute path: '\(oneLine(file))'") }
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try contents(ofFile: file, limit: 64 << 10)
        } catch {
            throw Trouble("\(key(name + "File")): \(error)")
        }
        guard let bytes else { throw Trouble("\(key(name + "File")) names '\(oneLine(file))', which is not there") }
        var text = String(decoding: bytes, as: UTF8.self)[...]
        while text.last?.isNewline ?? false { text = text.dropLast() }
        guard !text.isEmpty else { throw Trouble("\(key(name + "File")) names '\(oneLine(file))', which is empty") }
        return Secret(String(text))
    }

    func sender() throws(Trouble) -> MailAddress {
        let text = try required("from", like: "git-ops@example.org")
        guard let address = MailAddress(text) else { throw noMailAddress("from", text) }
        return address
    }

    func recipients() throws(Trouble) -> [MailAddress] {
        var addresses: [MailAddress] = []
        for word in words(try required("to", like: "team@example.org")) {
            guard let address = MailAddress(word) else { throw noMailAddress("to", word) }
            addresses.append(address)
        }
        guard (1...100).contains(addresses.count) else { throw Trouble("\(key("to")) is to have 1 to 100 addresses") }
        return addresses
    }

    private func noMailAddress(_ name: String, _ text: String) -> Trouble {
        Trouble("\(key(name)) has '\(oneLine(text, 80))', which is no address of mail", hint: "it is like team@example.org")
    }

    func trust() throws(Trouble) -> TrustedAuthorities {
        guard let file = self["caFile"] else { return TrustedAuthorities() }
        guard file.hasPrefix("/") else { throw Trouble("\(key("caFile")) is not an absolute path: '\(oneLine(file))'") }
        return try TrustedAuthorities(file: file)
    }
}
