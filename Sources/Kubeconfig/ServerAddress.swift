/// URLs as kubeconfigs have them: a scheme, a host, perhaps a port, perhaps a path (RFC 3986).
struct ServerAddress: Sendable, Hashable {
    /// In lower case.
    var scheme: String
    /// What stands before `@`: it may be secret.
    var userInformation: String?
    /// A name, an address of IPv4, or one of IPv6 in brackets.
    var host: String
    var port: Int?
    /// With its slash at the start and without one at its end; empty for none.
    var path: String

    /// Why a text is no address; it quotes nothing.
    struct Fault: Error {
        let message: String
        var hint: String?
    }

    init(_ text: String) throws(Fault) {
        guard let mark = text.firstRange(of: "://") else {
            throw Fault(message: "has no scheme", hint: "begin it with \"https://\"")
        }
        scheme = text[..<mark.lowerBound].lowercased()
        let rest = text[mark.upperBound...]
        if rest.utf8.contains(UInt8(ascii: "?")) || rest.utf8.contains(UInt8(ascii: "#")) {
            throw Fault(message: "has a query or a fragment", hint: "end it before \"?\" and \"#\"")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var path = rest[slash...]
        while path.last == "/" { path.removeLast() }
        self.path = String(path)
        try ServerAddress.check(path: path)
        var authority = rest[..<slash]
        if let at = authority.lastIndex(of: "@") {
            userInformation = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        let portText: Substring?
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else { throw Fault(message: "has a \"[\" that is not closed") }
            host = String(authority[...close])
            try ServerAddress.check(literal: authority[..<close].dropFirst())
            let after = authority[authority.index(after: close)...]
            guard after.isEmpty || after.first == ":" else { throw Fault(message: "has something between \"]\" and the port") }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else {
            let colon = authority.firstIndex(of: ":")
            host = String(authority[..<(colon ?? authority.endIndex)])
            portText = colon.map { authority[authority.index(after: $0)...] }
            if portText?.contains(":") == true {
                throw Fault(message: "has more than one \":\"", hint: "an address of IPv6 stands in brackets")
            }
            try ServerAddress.check(name: host)
        }
        // Go takes an empty port for none (net/url, validOptionalPort).
        if let portText, !portText.isEmpty {
            guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(portText), (1...65535).contains(number)
            else { throw Fault(message: "has a port that is no number from 1 to 65535") }
            port = number
        }
    }

    /// Without a slash at the end.
    var text: String {
        scheme + "://" + (userInformation.map { $0 + "@" } ?? "") + host + (port.map { ":\($0)" } ?? "") + path
    }

    private static func check(name: String) throws(Fault) {
        guard !name.isEmpty else { throw Fault(message: "has no host") }
        guard name.utf8.count <= 255, name.utf8.allSatisfy({ isLetterOrDigit($0) || "-._".utf8.contains($0) }) else {
            throw Fault(message: "has a host that is no name and no address")
        }
    }

    private static func check(literal: Substring) throws(Fault) {
        let parts = literal.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        let isHexadecimal = parts.first?.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20) || byte == UInt8(ascii: ":")
                || byte == UInt8(ascii: ".")
        }
        guard isHexadecimal == true, literal.contains(":"),
            parts.count == 1 || parts[1].utf8.allSatisfy({ isLetterOrDigit($0) || "-._".utf8.contains($0) })
        else { throw Fault(message: "has no address of IPv6 in its brackets") }
    }

    private static func check(path: Substring) throws(Fault) {
        let bytes = Array(path.utf8)
        for (index, byte) in bytes.enumerated() {
            let isPlain = isLetterOrDigit(byte) || "/-._~!$&'()*+,;=:@".utf8.contains(byte)
            let isEscape = byte == UInt8(ascii: "%") && index + 2 < bytes.count && isHexadecimal(bytes[index + 1]) && isHexadecimal(bytes[index + 2])
            guard isPlain || isEscape else { throw Fault(message: "has a path with a character that no URL holds") }
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }
}

extension StringProtocol {
    /// Where a text first occurs.
    fileprivate func firstRange(of other: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
            start = index(after: start)
        }
        return nil
    }
}
