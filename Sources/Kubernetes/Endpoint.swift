/// Where an address of HTTP leads: of a server, or of a proxy.
struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// `https`, `http`, `socks5`.
    var scheme: String
    /// A name or an address, without brackets.
    var host: String
    var port: Int
    /// `/prefix`, or empty.
    var path: String
    /// `user:password`, decoded by whoever needs it.
    var userinfo: String?

    /// - Parameter text: an address with a scheme; nil is made where it is none.
    init?(_ text: String) {
        guard let colon = text.range(of: "://") else { return nil }
        scheme = text[..<colon.lowerBound].lowercased()
        var rest = text[colon.upperBound...]
        if let end = rest.firstIndex(where: { $0 == "?" || $0 == "#" }) { rest = rest[..<end] }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var path = rest[slash...]
        while path.hasSuffix("/") { path = path.dropLast() }
        self.path = String(path)
        rest = rest[..<slash]
        if let at = rest.lastIndex(of: "@") {
            userinfo = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        let standard = ["https": 443, "http": 80, "socks5": 1080, "socks5h": 1080]
        let name: Substring
        let after: Substring
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
            name = rest[rest.index(after: rest.startIndex)..<end]
            after = rest[rest.index(after: end)...]
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            name = rest[..<end]
            after = rest[end...]
        }
        host = name.lowercased()
        guard !host.isEmpty, host.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: "%") }) else {
            return nil
        }
        if after.isEmpty || after == ":" {
            guard let port = standard[scheme] else { return nil }
            self.port = port
        } else {
            guard after.hasPrefix(":"), let port = Int(after.dropFirst()), 1...65535 ~= port else { return nil }
            self.port = port
        }
    }

    /// `host:port`, for people.
    var description: String { "\(bracketed(host)):\(port)" }

    /// What the header `Host` says.
    var authority: String {
        (scheme == "https" && port == 443) || (scheme == "http" && port == 80) ? bracketed(host) : description
    }
}

/// A host as it stands in an address.
func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

extension StringProtocol {
    /// Where a text occurs first.
    func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}

/// A text with its `%41` decoded; as it is where one of them is none.
func percentDecoded(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return String(text) }
        bytes.append(value)
        rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
}
