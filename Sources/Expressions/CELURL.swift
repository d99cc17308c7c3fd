/// An absolute URL or path (Go's net/url, library/urls.go of k8s.io/apiserver).
public struct CELURL: Sendable {
    let text: String
    private let scheme: String
    private let host: String
    private let path: [UInt8]
    private let query: [UInt8]

    /// `url.ParseRequestURI`.
    static func isRequestURI(_ text: String) -> Bool { CELURL(text) != nil }

    init?(_ text: String) {
        self.text = text
        var rest = Array(text.utf8)[...]
        guard !rest.isEmpty, rest.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        if rest.elementsEqual("*".utf8) { return nil }
        guard let (scheme, afterScheme) = Self.scheme(rest) else { return nil }
        self.scheme = scheme
        rest = afterScheme
        // isRequestURI takes a fragment for a part of the path; the parse that
        // gives the values does not.
        guard scheme.isEmpty ? rest.first == UInt8(ascii: "/") : rest.first == UInt8(ascii: "/") else { return nil }
        if let mark = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<mark] }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            query = Array(rest[(mark + 1)...])
            rest = rest[..<mark]
        } else {
            query = []
        }
        var host = ""
        let isNetwork = rest.starts(with: "//".utf8)
        if isNetwork, !scheme.isEmpty || !rest.starts(with: "///".utf8) {
            var authority = rest.dropFirst(2)
            if let slash = authority.firstIndex(of: UInt8(ascii: "/")) {
                rest = rest[slash...]
                authority = authority[..<slash]
            } else {
                rest = []
            }
            if scheme.isEmpty {
                // ParseRequestURI takes `//host` for a path.
                guard Self.decoded(Array(rest), plus: false) != nil else { return nil }
            }
            guard let parsed = Self.host(authority) else { return nil }
            host = parsed
        }
        self.host = host
        path = Array(rest)
        guard Self.decoded(path, plus: false) != nil else { return nil }
    }

    private static func scheme(_ text: ArraySlice<UInt8>) -> (String, ArraySlice<UInt8>)? {
        for (offset, byte) in text.enumerated() {
            if ASCII.isLetter(byte) { continue }
            if ASCII.isDigit(byte) || "+-.".utf8.contains(byte) {
                if offset == 0 { return ("", text) }
                continue
            }
            guard byte == UInt8(ascii: ":") else { return ("", text) }
            guard offset > 0 else { return nil }
            return (
                CELStrings.mapASCII(String(decoding: text.prefix(offset), as: UTF8.self)) {
                    $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0
                }, text.dropFirst(offset + 1)
            )
        }
        return ("", text)
    }

    private static func host(_ authority: ArraySlice<UInt8>) -> String? {
        var host = authority
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            let user = authority[..<at]
            guard user.allSatisfy({ ASCII.isAlphanumeric($0) || "-._:~!$&'()*+,;=%@".utf8.contains($0) }),
                decoded(Array(user), plus: false) != nil
            else { return nil }
            host = authority[(at + 1)...]
        }
        var colonSearch = host
        if host.first == UInt8(ascii: "[") {
            guard let end = host.lastIndex(of: UInt8(ascii: "]")) else { return nil }
            let inner = host[(host.startIndex + 1)..<end].prefix { $0 != UInt8(ascii: "%") }
            guard let address = CELAddress.parse(String(decoding: inner, as: UTF8.self)), address.bytes.count == 16
            else { return nil }
            colonSearch = host[(end + 1)...]
            guard colonSearch.isEmpty || colonSearch.first == UInt8(ascii: ":") else { return nil }
        } else if host.contains(UInt8(ascii: "[")) || host.contains(UInt8(ascii: "]")) {
            return nil
        } else if host.filter({ $0 == UInt8(ascii: ":") }).count > 1 {
            return nil
        }
        if let colon = colonSearch.lastIndex(of: UInt8(ascii: ":")) {
            guard colonSearch[(colon + 1)...].allSatisfy(ASCII.isDigit) else { return nil }
        }
        for byte in host where byte < 0x80 {
            guard ASCII.isAlphanumeric(byte) || "-._~!$&'()*+,;=:[]<>\"%".utf8.contains(byte) else { return nil }
        }
        var result: [UInt8] = []
        var index = host.startIndex
        while index < host.endIndex {
            if host[index] == UInt8(ascii: "%") {
                guard index + 2 < host.endIndex, let high = ASCII.hexValue(UInt32(host[index + 1])),
                    let low = ASCII.hexValue(UInt32(host[index + 2]))
                else { return nil }
                // Only bytes beyond ASCII may be escaped in a host, and `%25`.
                guard high >= 8 || (high == 2 && low == 5) else { return nil }
                result.append(UInt8(high * 16 + low))
                index += 3
            } else {
                result.append(host[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func decoded(_ text: [UInt8], plus: Bool) -> String? {
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "%") {
                guard index + 2 < text.count, let high = ASCII.hexValue(UInt32(text[index + 1])),
                    let low = ASCII.hexValue(UInt32(text[index + 2]))
                else { return nil }
                result.append(UInt8(high * 16 + low))
                index += 3
            } else {
                result.append(plus && text[index] == UInt8(ascii: "+") ? 32 : text[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// `URL.EscapedPath`.
    private var escapedPath: String {
        let isValid = path.allSatisfy { byte in
            ASCII.isAlphanumeric(byte) || "!$&'()*+,;=:@[]-_.~/%".utf8.contains(byte)
        }
        if isValid { return String(decoding: path, as: UTF8.self) }
        guard let decoded = Self.decoded(path, plus: false) else { return "" }
        var result = ""
        for byte in decoded.utf8 {
            if ASCII.isAlphanumeric(byte) || "-_.~$&+,/:;=@".utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    private var queryValues: CELValue {
        var keys: [String] = []
        var values: [[UInt8]: [CELValue]] = [:]
        for part in query.split(separator: UInt8(ascii: "&")) where !part.contains(UInt8(ascii: ";")) {
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = Self.decoded(Array(pair[0]), plus: true),
                let value = Self.decoded(pair.count > 1 ? Array(pair[1]) : [], plus: true)
            else { continue }
            if values[Array(key.utf8)] == nil { keys.append(key) }
            values[Array(key.utf8), default: []].append(.string(value))
        }
        return .dictionary(keys.map { ($0, .array(values[Array($0.utf8)] ?? [])) })
    }

    func call(_ name: String, _ arguments: [CELValue]) throws(CELStop) -> CELValue {
        guard arguments.isEmpty else { throw .noSuchOverload }
        let bytes = Array(host.utf8)
        let end = bytes.lastIndex(of: UInt8(ascii: "]")) ?? -1
        let colon = bytes.lastIndex(of: UInt8(ascii: ":")).flatMap { $0 > end ? $0 : nil }
        switch name {
        case "getScheme": return .string(scheme)
        case "getHost": return .string(host)
        case "getHostname":
            var name = bytes[..<(colon ?? bytes.count)]
            if name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") { name = name.dropFirst().dropLast() }
            return .string(String(decoding: name, as: UTF8.self))
        case "getPort": return .string(colon.map { String(decoding: bytes[($0 + 1)...], as: UTF8.self) } ?? "")
        case "getEscapedPath": return .string(escapedPath)
        case "getQuery": return queryValues
        default: throw .noSuchOverload
        }
    }
}
