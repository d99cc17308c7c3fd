import Manifests

/// The formats of text that custom resources are checked for
/// (apiextensions-apiserver/pkg/apiserver/validation/formats.go, with strfmt of
/// k8s.io/kube-openapi). Others say nothing, as at the server.
enum ValueFormat: UInt8 {
    case bsonobjectid = 1, uri, email, hostname, ipv4, ipv6, cidr, mac, uuid, uuid3, uuid4, uuid5, creditcard, ssn, hexcolor, rgbcolor
    case byte, date, duration, datetime, shortName, longName

    /// The format of a name, dashes or not.
    init?(name: String) {
        switch name.filter({ $0 != "-" }) {
        case "bsonobjectid": self = .bsonobjectid
        case "uri": self = .uri
        case "email": self = .email
        case "hostname": self = .hostname
        case "ipv4": self = .ipv4
        case "ipv6": self = .ipv6
        case "cidr": self = .cidr
        case "mac": self = .mac
        case "uuid": self = .uuid
        case "uuid3": self = .uuid3
        case "uuid4": self = .uuid4
        case "uuid5": self = .uuid5
        case "creditcard": self = .creditcard
        case "ssn": self = .ssn
        case "hexcolor": self = .hexcolor
        case "rgbcolor": self = .rgbcolor
        case "byte": self = .byte
        case "date": self = .date
        case "duration": self = .duration
        case "datetime": self = .datetime
        default: return nil
        }
    }

    var phrase: String {
        switch self {
        case .bsonobjectid: "24 hexadecimal digits"
        case .uri: "a URI"
        case .email: "an e-mail address"
        case .hostname: "a host name"
        case .ipv4: "an IPv4 address"
        case .ipv6: "an IPv6 address"
        case .cidr: "a range of addresses (CIDR)"
        case .mac: "a MAC address"
        case .uuid, .uuid3, .uuid4, .uuid5: "a UUID"
        case .creditcard: "a credit card number"
        case .ssn: "a social security number"
        case .hexcolor, .rgbcolor: "a colour"
        case .byte: "base64"
        case .date: "a date"
        case .duration: "a duration"
        case .datetime: "a time in RFC 3339"
        case .shortName, .longName: "a name"
        }
    }

    var example: String? {
        switch self {
        case .uri: "https://example.com/path"
        case .ipv4: "192.0.2.1"
        case .ipv6: "2001:db8::1"
        case .cidr: "192.0.2.0/24"
        case .mac: "00:00:5e:00:53:01"
        case .uuid, .uuid4: "7d444840-9dc0-41d5-b245-5ffdce74fad2"
        case .date: "2006-01-02"
        case .duration: "1h30m"
        case .datetime: "2006-01-02T15:04:05Z"
        default: nil
        }
    }

    func matches(_ bytes: UnsafeBufferPointer<UInt8>, using matches: SchemaSet.PatternMatch?) -> Bool {
        switch self {
        case .bsonobjectid: bytes.count == 24 && bytes.allSatisfy(Self.isHexadecimal)
        case .uri: Self.isRequestURI(bytes)
        case .email: Self.mayBeEmail(bytes)
        case .hostname: Self.mayBeHostname(bytes)
        case .ipv4: Self.isIPv4(bytes)
        case .ipv6: Self.isIPv6(bytes)
        case .cidr: Self.isCIDR(bytes)
        case .mac: Self.isMAC(bytes)
        case .uuid: Self.isUUID(bytes)
        case .uuid3: Self.isUUID(bytes, version: UInt8(ascii: "3"))
        case .uuid4: Self.isUUID(bytes, version: UInt8(ascii: "4"))
        case .uuid5: Self.isUUID(bytes, version: UInt8(ascii: "5"))
        case .creditcard: true
        case .ssn: matches?("^\\d{3}[- ]?\\d{2}[- ]?\\d{4}$", bytes) ?? true
        case .hexcolor: matches?("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$", bytes) ?? true
        case .rgbcolor: true
        case .byte: Self.isStrictBase64(bytes)
        case .date: Self.isDate(bytes)
        case .duration: Self.isDuration(bytes)
        case .datetime: Self.isDateTime(bytes)
        case .shortName, .longName: true
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// `url.ParseRequestURI`, as far as it refuses: no control characters, either a
    /// path from the root or a scheme.
    static func isRequestURI(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = bytes.first, !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return false }
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), bytes.count - index < 3 || !isHexadecimal(bytes[index + 1]) || !isHexadecimal(bytes[index + 2]) {
                return bytes[..<index].contains(UInt8(ascii: "?"))
            }
            index += 1
        }
        if first == UInt8(ascii: "/") || bytes.elementsEqual("*") { return true }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0, (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first) else {
            return false
        }
        return bytes[..<colon].allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E }
    }

    /// What `mail.ParseAddress` certainly refuses is refused.
    static func mayBeEmail(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { return false }
        return at > 0 && at < bytes.count - 1
    }

    /// The pattern of strfmt (`HostnamePattern`) for ASCII; anything else may be one.
    static func mayBeHostname(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !bytes.isEmpty, bytes.count <= 255 else { return false }
        if bytes.contains(where: { $0 >= 0x80 }) { return true }
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy({ $0.count <= 63 }), let last = labels.last else { return false }
        if labels.count == 1 {
            // One dash at most, in the second place.
            guard isSymbol(bytes[0]) else { return false }
            let rest = bytes[(bytes.count > 1 && bytes[1] == UInt8(ascii: "-") ? 2 : 1)...]
            return rest.allSatisfy(isSymbol)
        }
        guard last.count >= 2, last.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }) else { return false }
        return labels.dropLast().allSatisfy { label in
            guard let first = label.first, let last = label.last, isSymbol(first), isSymbol(last) else { return false }
            return label.allSatisfy { isSymbol($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// A letter, a digit or one of Unicode's symbols in ASCII.
    private static func isSymbol(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || "$+<=>^`|~".utf8.contains(byte)
    }

    /// `ParseIPSloppy` of k8s.io/utils: zeros at the front are allowed.
    static func isIPv4(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if isDotted(bytes[...]) { return true }
        // An IPv6 address that ends like one has a dot, too.
        return bytes.contains(UInt8(ascii: ".")) && isIPv6(bytes)
    }

    private static func isDotted(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard !part.isEmpty, part.count < 20, part.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
                return part.reduce(0) { min($0 * 10 + Int($1 - 0x30), 1000) } <= 255
            }
    }

    static func isIPv6(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count < 64, bytes.contains(UInt8(ascii: ":")) else { return false }
        var groups = 0
        var hasGap = false
        var index = 0
        if bytes.count >= 2, bytes[0] == 0x3A {
            guard bytes[1] == 0x3A else { return false }
            hasGap = true
            index = 2
            if index == bytes.count { return true }
        }
        while index < bytes.count {
            let start = index
            while index < bytes.count, isHexadecimal(bytes[index]) { index += 1 }
            if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
                guard isDotted(bytes[start...]) else { return false }
                groups += 2
                index = bytes.count
                break
            }
            guard index > start, index - start <= 4 else { return false }
            groups += 1
            if index == bytes.count { break }
            guard bytes[index] == 0x3A else { return false }
            index += 1
            guard index < bytes.count else { return false }
            if bytes[index] == 0x3A {
                guard !hasGap else { return false }
                hasGap = true
                index += 1
                if index == bytes.count { break }
            }
        }
        return hasGap ? groups < 8 : groups == 8
    }

    static func isCIDR(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return false }
        let address = UnsafeBufferPointer(rebasing: bytes[..<slash])
        let length = bytes[(slash + 1)...]
        guard !length.isEmpty, length.count <= 3, length.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        let bits = length.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return isDotted(address[...]) ? bits <= 32 : isIPv6(address) && bits <= 128
    }

    /// `net.ParseMAC`: 6, 8 or 20 bytes.
    static func isMAC(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count >= 14 else { return false }
        if bytes[2] == 0x3A || bytes[2] == 0x2D {
            guard (bytes.count + 1) % 3 == 0, [6, 8, 20].contains((bytes.count + 1) / 3) else { return false }
            return bytes.enumerated().allSatisfy { $0.offset % 3 == 2 ? $0.element == bytes[2] : isHexadecimal($0.element) }
        }
        guard bytes[4] == 0x2E, (bytes.count + 1) % 5 == 0, [6, 8, 20].contains(2 * (bytes.count + 1) / 5) else { return false }
        return bytes.enumerated().allSatisfy { $0.offset % 5 == 4 ? $0.element == 0x2E : isHexadecimal($0.element) }
    }

    static func isUUID(_ bytes: UnsafeBufferPointer<UInt8>, version: UInt8? = nil) -> Bool {
        var index = 0
        for (place, count) in [8, 4, 4, 4, 12].enumerated() {
            guard bytes.count - index >= count, bytes[index..<index + count].allSatisfy(isHexadecimal) else { return false }
            if place == 2, let version, bytes[index] != version { return false }
            if place == 3, let version, version != UInt8(ascii: "3"), !"89abAB".utf8.contains(bytes[index]) { return false }
            index += count
            if place < 4, index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        }
        return index == bytes.count
    }

    /// The pattern of govalidator, which takes no line ends and not nothing.
    static func isStrictBase64(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.count % 4 == 0 && !bytes.contains { $0 == 0x0A || $0 == 0x0D } && ValueForm.isBase64(bytes)
    }

    static func isDate(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var scan = ValueForm.Scan(bytes)
        guard let year = scan.digits(4), scan.take("-"), let month = scan.digits(2), scan.take("-"), let day = scan.digits(2), scan.isAtEnd else {
            return false
        }
        return ValueForm.isDate(year: year, month: month, day: day)
    }

    /// `strfmt.IsDateTime`: at least a day, hour, minute and second, as Go's time.Parse or with a laxer zone.
    static func isDateTime(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count >= 4 else { return false }
        guard let letter = bytes.firstIndex(where: { $0 == UInt8(ascii: "T") || $0 == UInt8(ascii: "t") }), letter < bytes.count - 1 else {
            return false
        }
        guard isDate(UnsafeBufferPointer(rebasing: bytes[..<letter])) else { return false }
        var scan = ValueForm.Scan(UnsafeBufferPointer(rebasing: bytes[(letter + 1)...]))
        guard let hour = scan.digits(2), hour <= 23, scan.take(":"), let minute = scan.digits(2), minute <= 59, scan.take(":"),
            let second = scan.digits(2), second <= 59
        else { return false }
        if scan.take(".") { guard scan.skipDigits() > 0 else { return false } }
        if scan.take("Z") || scan.take("z") { return scan.isAtEnd }
        guard scan.take("+") || scan.take("-"), let hours = scan.digits(2), hours <= 23, scan.take(":"), let minutes = scan.digits(2), minutes <= 59
        else { return false }
        return scan.isAtEnd
    }

    /// `strfmt.ParseDuration`: Go's, or numbers with words for units.
    static func isDuration(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        isGoDuration(bytes) || isWordyDuration(bytes)
    }

    static func isGoDuration(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var scan = ValueForm.Scan(bytes)
        if !scan.take("-") { _ = scan.take("+") }
        if scan.position == bytes.count - 1, bytes[scan.position] == UInt8(ascii: "0") { return true }
        guard !scan.isAtEnd else { return false }
        while !scan.isAtEnd {
            var digits = scan.skipDigits()
            if scan.take(".") { digits += scan.skipDigits() }
            guard digits > 0 else { return false }
            if scan.take("h") { continue }
            if scan.take("m") {
                _ = scan.take("s")
                continue
            }
            if scan.take("s") { continue }
            if scan.take("n") || scan.take("u") {
                guard scan.take("s") else { return false }
                continue
            }
            // µ and μ
            let rest = bytes[scan.position...]
            guard rest.count >= 3, (rest[scan.position] == 0xC2 && rest[scan.position + 1] == 0xB5) || (rest[scan.position] == 0xCE && rest[scan.position + 1] == 0xBC),
                rest[scan.position + 2] == UInt8(ascii: "s")
            else { return false }
            scan.position += 3
        }
        return true
    }

    /// The server's pattern is not anchored: one number with a unit anywhere suffices.
    private static func isWordyDuration(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var hasNumber = false
        for byte in bytes {
            switch byte {
            case 0x30...0x39: hasNumber = true
            case 0x20, 0x09, 0x0A, 0x0D: continue
            default:
                if hasNumber, "numshdwNUMSHDW".utf8.contains(byte) || byte >= 0xC2 { return true }
                hasNumber = false
            }
        }
        return false
    }
}
