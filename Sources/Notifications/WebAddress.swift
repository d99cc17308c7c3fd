/// An address of HTTP. Its path may be a secret, as that of a webhook of Slack is, so it is not shown.
struct WebAddress: Sendable, Equatable {
    /// All of it, to be connected to only.
    let text: String
    let isSecure: Bool
    /// A name or an address, without brackets.
    let host: String
    let port: Int

    /// - Parameter text: an address with its scheme and without name and password; nil is made of anything else.
    init?(_ text: String) {
        let rest: Substring
        if text.lowercased().hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst(8)
        } else if text.lowercased().hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst(7)
        } else {
            return nil
        }
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }) else { return nil }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let place = ServerAddress(String(authority), standardPort: isSecure ? 443 : 80) else { return nil }
        host = place.host
        port = place.port
        self.text = text
    }

    /// What people are shown: `https://hooks.slack.com/…`.
    var shown: String { "\(isSecure ? "https" : "http")://\(server)/…" }

    /// `hooks.slack.com`, with the port where it is another than usual.
    var server: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    var isLoopback: Bool { Notifications.isLoopback(host) }

    /// What of it nobody may see where a server repeats it: all but the server, and each part of the path and the query,
    /// the longest first.
    var secrets: [Secret] {
        let rest = text.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" && $0 != "?" }
        let path = rest.prefix { $0 != "?" }
        let parts = [text[...], rest, path, rest.dropFirst(path.count)] + rest.split { "/?&=;".contains($0) }
        var all: Set<String> = []
        for part in parts {
            all.insert(String(part))
            all.insert(unescaped(part))
            // As forms have it.
            all.insert(unescaped(part.replacing("+", with: " ")[...]))
        }
        return all.filter { !$0.isEmpty }.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }.map { Secret($0) }
    }
}

/// A text without the escapes of an address (RFC 3986, 2.1).
private func unescaped(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// Whether what is sent there does not leave this machine.
private func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1"
        || (host.hasPrefix("127.") && host.split(separator: ".").count == 4 && host.utf8.allSatisfy { $0 == 46 || (48...57).contains($0) })
}

/// `host:port`.
struct ServerAddress: Sendable, Equatable, CustomStringConvertible {
    /// A name or an address, without brackets.
    let host: String
    let port: Int

    init?(_ text: String, standardPort: Int) {
        let name: Substring
        let after: Substring
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            name = text[text.index(after: text.startIndex)..<end]
            after = text[text.index(after: end)...]
        } else {
            let end = text.firstIndex(of: ":") ?? text.endIndex
            name = text[..<end]
            after = text[end...]
        }
        host = name.lowercased()
        let isHost = { (byte: UInt8) in
            (48...57).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 46 || byte == 58 || byte == 95
        }
        guard !host.isEmpty, host.utf8.allSatisfy(isHost) else { return nil }
        if after.isEmpty {
            port = standardPort
        } else {
            guard after.hasPrefix(":"), let number = Int(after.dropFirst()), (1...65535).contains(number) else { return nil }
            port = number
        }
    }

    var isLoopback: Bool { Notifications.isLoopback(host) }

    var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
