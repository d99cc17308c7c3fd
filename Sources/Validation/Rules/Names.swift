import Manifests

/// The forms of names that the API server knows (k8s.io/apimachinery
/// pkg/api/validate/content and pkg/util/validation).
///
/// Each function says what keeps a text from having the form, as the end of a
/// sentence that begins with the text (`"Web" contains "W"; …`), and nil where it
/// has the form. Nothing is allocated for a text that has it.
enum Names {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    // MARK: Forms

    /// A label of DNS: `IsDNS1123Label`.
    static func labelFault(_ text: Bytes) -> String? {
        isLabel(text) ? nil : explained(text, limit: 63, isAllowed: isLowerWord, words: "lower-case letters, digits and \"-\"")
    }

    /// A label of DNS that begins with a letter: `IsDNS1035Label`.
    static func letterLabelFault(_ text: Bytes) -> String? {
        if let fault = labelFault(text) { return fault }
        return isDigit(text[0]) ? "begins with a digit; it must begin with a letter" : nil
    }

    /// Labels of DNS with dots between: `IsDNS1123Subdomain`.
    static func subdomainFault(_ text: Bytes) -> String? {
        if isSubdomain(text) { return nil }
        if let fault = explanation(text, limit: 253, isAllowed: isLowerWordOrDot, words: "lower-case letters, digits, \"-\" and \".\"") {
            return fault
        }
        return "has a part between dots that does not begin and end with a letter or digit"
    }

    /// As ``subdomainFault(_:)``, with `_` as well: `IsDNS1123SubdomainWithUnderscore`.
    static func searchDomainFault(_ text: Bytes) -> String? {
        let words = "lower-case letters, digits, \"-\", \"_\" and \".\""
        if text.count > 253 { return tooLong(text, 253) }
        if let fault = stranger(text, isAllowed: { isLowerWordOrDot($0) || $0 == underscore }, words: words) { return fault }
        // _?[a-z0-9]([-_a-z0-9]*[a-z0-9])?
        let isFormed = eachPart(of: text, between: dot) { part in
            let part = part.first == underscore ? Bytes(rebasing: part[1...]) : part
            return !part.isEmpty && isLowerAlphanumeric(part[0]) && isLowerAlphanumeric(part[part.count - 1])
        }
        return isFormed ? nil : "has a part between dots that does not begin and end with a letter or digit"
    }

    /// `*.` and a subdomain: `IsWildcardDNS1123Subdomain`.
    static func wildcardSubdomainFault(_ text: Bytes) -> String? {
        if text.count > 253 { return tooLong(text, 253) }
        guard text.count > 2, text[0] == UInt8(ascii: "*"), text[1] == dot else { return "does not begin with \"*.\"" }
        return subdomainFault(Bytes(rebasing: text[2...]))
    }

    /// The key of a label, and much else: `IsLabelKey`, once `IsQualifiedName`.
    ///
    /// - Parameter ignoresCase: whether the prefix may have capitals, as that of an
    ///   annotation's key may.
    static func qualifiedNameFault(_ text: Bytes, ignoresCase: Bool = false) -> String? {
        var name = text
        if let slash = text.firstIndex(of: slash) {
            name = Bytes(rebasing: text[(slash + 1)...])
            let prefix = Bytes(rebasing: text[..<slash])
            if prefix.isEmpty { return "has nothing before its \"/\"" }
            if name.contains(Names.slash) { return "has more than one \"/\"" }
            if !isSubdomain(prefix, ignoresCase: ignoresCase) {
                if prefix.count > 253 { return "has a prefix of \(prefix.count) characters, at most 253 are allowed" }
                return
                    "has a prefix that is no DNS name of \(ignoresCase ? "letters" : "lower-case letters"), digits, \"-\" and \".\""
            }
        }
        if isLabelWord(name) { return nil }
        let suffix = name.count == text.count ? "" : " after its \"/\""
        if name.isEmpty { return text.isEmpty ? "is empty" : "has nothing after its \"/\"" }
        if name.count > 63 { return "has \(name.count) characters\(suffix), at most 63 are allowed" }
        return explained(name, limit: 63, isAllowed: isLabelCharacter, words: "letters, digits, \"-\", \"_\" and \".\"")
    }

    /// The value of a label: `IsLabelValue`.
    static func labelValueFault(_ text: Bytes) -> String? {
        text.isEmpty || isLabelWord(text)
            ? nil : explained(text, limit: 63, isAllowed: isLabelCharacter, words: "letters, digits, \"-\", \"_\" and \".\"")
    }

    /// The name of a port: `IsValidPortName`.
    static func portNameFault(_ text: Bytes) -> String? {
        if text.isEmpty { return "is empty" }
        if text.count > 15 { return tooLong(text, 15) }
        var hasLetter = false
        for index in text.indices {
            let byte = text[index]
            guard isLowerWord(byte) else {
                return stranger(text, isAllowed: isLowerWord, words: "lower-case letters, digits and \"-\"")
            }
            if isLower(byte) { hasLetter = true }
            if byte == dash, index > 0, text[index - 1] == dash { return "has two \"-\" in a row" }
        }
        if text[0] == dash || text[text.count - 1] == dash { return "begins or ends with \"-\"" }
        return hasLetter ? nil : "has no letter"
    }

    /// The name of an environment variable: `IsRelaxedEnvVarName`; before
    /// Kubernetes 1.34 it was stricter.
    static func environmentNameFault(_ text: Bytes) -> String? {
        if text.isEmpty { return "is empty" }
        for byte in text where byte < 0x20 || byte > 0x7E || byte == UInt8(ascii: "=") {
            return stranger(
                text, isAllowed: { $0 >= 0x20 && $0 <= 0x7E && $0 != UInt8(ascii: "=") },
                words: "printable ASCII characters other than \"=\"")
        }
        return nil
    }

    /// A key of a ConfigMap or Secret: `IsConfigMapKey`.
    static func configKeyFault(_ text: Bytes) -> String? {
        if text.isEmpty { return "is empty" }
        if text.count > 253 { return tooLong(text, 253) }
        for byte in text where !isLabelCharacter(byte) {
            return stranger(text, isAllowed: isLabelCharacter, words: "letters, digits, \"-\", \"_\" and \".\"")
        }
        if text[0] == dot {
            if text.count == 1 { return "is \".\"" }
            if text[1] == dot { return "begins with \"..\"" }
        }
        return nil
    }

    /// A name that can stand in a URL's path: `IsPathSegmentName`.
    static func pathSegmentFault(_ text: Bytes) -> String? {
        if text.elementsEqual(".") || text.elementsEqual("..") { return "may not be \".\" or \"..\"" }
        for byte in text {
            if byte == slash { return "contains \"/\"" }
            if byte == UInt8(ascii: "%") { return "contains \"%\"" }
        }
        return nil
    }

    /// The name of a header: `IsHTTPHeaderName`.
    static func headerNameFault(_ text: Bytes) -> String? {
        if text.isEmpty { return "is empty" }
        return stranger(text, isAllowed: { isAlphanumeric($0) || $0 == dash }, words: "letters, digits and \"-\"")
    }

    /// A name in C: `IsCIdentifier`.
    static func identifierFault(_ text: Bytes) -> String? {
        if text.isEmpty { return "is empty" }
        if isDigit(text[0]) { return "begins with a digit" }
        return stranger(text, isAllowed: { isAlphanumeric($0) || $0 == underscore }, words: "letters, digits and \"_\"")
    }

    /// A prefix that ends in a domain of DNS, and a path: `IsDomainPrefixedPath`.
    static func domainPrefixedPathFault(_ text: Bytes) -> String? {
        guard let slash = text.firstIndex(of: slash), slash > 0, slash + 1 < text.count else {
            return "has not the form \"example.com/path\""
        }
        if subdomainFault(Bytes(rebasing: text[..<slash])) != nil { return "does not begin with a DNS name of lower-case letters" }
        return stranger(Bytes(rebasing: text[(slash + 1)...]), isAllowed: isPathCharacter, words: "the characters of a URL's path")
    }

    /// What a name for `generateName` is held to before five characters are appended
    /// (`maskTrailingDash`): the form, with the last two characters as one letter if it ends in `-`.
    static func prefixFault(_ text: Bytes, form: (Bytes) -> String?) -> String? {
        guard text.count > 1, text[text.count - 1] == dash else { return form(text) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count - 1) { copy in
            _ = copy.initialize(from: text[..<(text.count - 1)])
            copy[text.count - 2] = UInt8(ascii: "a")
            return form(Bytes(copy))
        }
    }

    // MARK: Bare questions

    /// Whether a text is a label of DNS: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63.
    static func isLabel(_ text: Bytes) -> Bool {
        guard !text.isEmpty, text.count <= 63, text[0] != dash, text[text.count - 1] != dash else { return false }
        for byte in text where !isLowerWord(byte) { return false }
        return true
    }

    /// Whether a text is a subdomain of DNS: such labels, of any length, with dots between; at most 253.
    static func isSubdomain(_ text: Bytes, ignoresCase: Bool = false) -> Bool {
        guard !text.isEmpty, text.count <= 253 else { return false }
        var before = dot
        for byte in text {
            if byte == dot {
                guard before != dot, before != dash else { return false }
            } else if byte == dash {
                guard before != dot else { return false }
            } else {
                guard isLowerAlphanumeric(byte) || (ignoresCase && isUpper(byte)) else { return false }
            }
            before = byte
        }
        return before != dot && before != dash
    }

    /// Whether a text is `[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?`, at most 63.
    static func isLabelWord(_ text: Bytes) -> Bool {
        guard !text.isEmpty, text.count <= 63, isAlphanumeric(text[0]), isAlphanumeric(text[text.count - 1]) else { return false }
        for byte in text where !isLabelCharacter(byte) { return false }
        return true
    }

    static func isLower(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "a") < 26 }
    static func isUpper(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "A") < 26 }
    static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
    static func isLowerAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte | 0x20) || isDigit(byte) }

    static func isLowerWord(_ byte: UInt8) -> Bool { isLowerAlphanumeric(byte) || byte == dash }
    static func isLowerWordOrDot(_ byte: UInt8) -> Bool { isLowerWord(byte) || byte == dot }
    static func isLabelCharacter(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == dash || byte == dot || byte == underscore
    }

    private static func isPathCharacter(_ byte: UInt8) -> Bool {
        if isAlphanumeric(byte) { return true }
        return switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"),
            UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: ":"):
            true
        default: false
        }
    }

    static let dash = UInt8(ascii: "-")
    static let dot = UInt8(ascii: ".")
    static let slash = UInt8(ascii: "/")
    static let underscore = UInt8(ascii: "_")

    /// Whether a question is answered with yes for every part of a text between separators.
    static func eachPart(of text: Bytes, between separator: UInt8, _ holds: (Bytes) -> Bool) -> Bool {
        var start = 0
        for index in 0...text.count where index == text.count || text[index] == separator {
            guard holds(Bytes(rebasing: text[start..<index])) else { return false }
            start = index + 1
        }
        return true
    }

    // MARK: Explanations

    private static func explained(_ text: Bytes, limit: Int, isAllowed: (UInt8) -> Bool, words: String) -> String {
        explanation(text, limit: limit, isAllowed: isAllowed, words: words) ?? "has not the form of a name"
    }

    private static func explanation(_ text: Bytes, limit: Int, isAllowed: (UInt8) -> Bool, words: String) -> String? {
        if text.isEmpty { return "is empty" }
        if text.count > limit { return tooLong(text, limit) }
        if let fault = stranger(text, isAllowed: isAllowed, words: words) { return fault }
        if !isAlphanumeric(text[0]) { return "begins with \"\(character(text, at: 0))\"; it must begin with a letter or digit" }
        if !isAlphanumeric(text[text.count - 1]) {
            return "ends with \"\(character(text, at: text.count - 1))\"; it must end with a letter or digit"
        }
        return nil
    }

    static func tooLong(_ text: Bytes, _ limit: Int) -> String {
        "has \(text.count) \(text.contains { $0 >= 0x80 } ? "bytes" : "characters"), at most \(limit) are allowed"
    }

    private static func stranger(_ text: Bytes, isAllowed: (UInt8) -> Bool, words: String) -> String? {
        guard let index = text.firstIndex(where: { !isAllowed($0) }) else { return nil }
        return "contains \"\(character(text, at: index))\"; only \(words) are allowed"
    }

    /// The whole character that begins at a byte.
    private static func character(_ text: Bytes, at index: Int) -> String {
        String(String(decoding: text[index..<min(index + 4, text.count)], as: UTF8.self).unicodeScalars.prefix(1))
    }
}
