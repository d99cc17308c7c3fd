/// What a scalar is to the API machinery: `resolve` of go-yaml v2 (resolve.go),
/// which sigs.k8s.io/yaml carries on.
struct ScalarResolution {
    enum Resolved {
        case null
        case boolean(Bool)
        case integer(Int64)
        /// Above the largest `Int64`.
        case unsigned(UInt64)
        /// A number in the form of a fraction or an exponent; it may be whole.
        case number(Double)
        case string
        /// What base64 after `!!binary` stood for.
        case binary([UInt8])
        /// `.inf` or `.nan`.
        case infinite
        /// What it is, and the tag that says another thing.
        case contradictsTag(String, tag: String)
    }

    let value: Resolved
    /// Whether it merges where it is a key: a plain `<<`.
    let isKeyForMerging: Bool

    private static let prefix = "tag:yaml.org,2002:"

    /// - Parameters:
    ///   - bytes: the scalar's content.
    ///   - isPlain: whether it stood without quotes.
    ///   - tag: as libyaml resolved it.
    init(_ bytes: UnsafeBufferPointer<UInt8>, isPlain: Bool, tag: String?) {
        isKeyForMerging = bytes.count == 2 && bytes[0] == 0x3C && bytes[1] == 0x3C && (isPlain && tag == nil || tag == Self.prefix + "merge")
        guard let tag else {
            value = isPlain ? Self.plain(bytes) : .string
            return
        }
        guard tag.hasPrefix(Self.prefix) else {
            // "!" and tags of others are text.
            value = .string
            return
        }
        value = Self.tagged(bytes, String(tag.dropFirst(Self.prefix.count)))
    }

    private init(_ value: Resolved) {
        self.value = value
        isKeyForMerging = false
    }

    /// A word of JSON that the parser has found to be well-formed.
    static func ofJSON(_ bytes: UnsafeBufferPointer<UInt8>) -> ScalarResolution {
        switch bytes.first {
        case UInt8(ascii: "t"): return ScalarResolution(.boolean(true))
        case UInt8(ascii: "f"): return ScalarResolution(.boolean(false))
        case UInt8(ascii: "n"): return ScalarResolution(.null)
        default:
            if let integer = decimal(bytes) ?? integer(bytes) { return ScalarResolution(integer) }
            let text = String(decoding: bytes, as: UTF8.self)
            return ScalarResolution(Double(text).flatMap { $0.isFinite ? .number($0) : nil } ?? .infinite)
        }
    }

    private static func tagged(_ bytes: UnsafeBufferPointer<UInt8>, _ tag: String) -> Resolved {
        switch tag {
        case "str": return .string
        case "binary":
            // A decoder of base64 that skips line breaks, as Go's does.
            return Base64.decoded(bytes).map(Resolved.binary) ?? .contradictsTag("not base64", tag: "!!binary")
        case "null", "bool", "int", "float", "timestamp":
            let resolved = plain(bytes)
            switch (resolved, tag) {
            case (.null, "null"), (.boolean, "bool"), (.integer, "int"), (.unsigned, "int"), (.number, "float"), (.infinite, "float"),
                (.integer, "float"), (.unsigned, "float"):
                return resolved
            case (.string, "timestamp"):
                return Timestamp.isOne(bytes) ? .string : .contradictsTag(phrase(resolved), tag: "!!timestamp")
            default: return .contradictsTag(phrase(resolved), tag: "!!\(tag)")
            }
        default: return .string
        }
    }

    private static func phrase(_ resolved: Resolved) -> String {
        switch resolved {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .unsigned: "an integer"
        case .number, .infinite: "a number"
        case .string, .binary, .contradictsTag: "text"
        }
    }

    private static func plain(_ bytes: UnsafeBufferPointer<UInt8>) -> Resolved {
        guard let first = bytes.first else { return .null }
        switch first {
        case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"), UInt8(ascii: "T"),
            UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"), UInt8(ascii: "~"):
            return word(bytes)
        case UInt8(ascii: "."):
            return isInfinite(bytes[...]) ? .infinite : point(bytes)
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            return isInfinite(bytes.dropFirst()) && bytes[1...].count == 4 && !isNotANumber(bytes.dropFirst()) ? .infinite : number(bytes)
        case 0x30...0x39:
            return number(bytes)
        default:
            return .string
        }
    }

    private static func word(_ bytes: UnsafeBufferPointer<UInt8>) -> Resolved {
        guard bytes.count <= 5 else { return .string }
        switch String(decoding: bytes, as: UTF8.self) {
        case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE": return .boolean(true)
        case "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE": return .boolean(false)
        case "~", "null", "Null", "NULL": return .null
        default: return .string
        }
    }

    private static func isInfinite(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard bytes.count == 4 else { return false }
        return [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(String(decoding: bytes, as: UTF8.self))
    }

    private static func isNotANumber(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        bytes.count == 4 && bytes[bytes.startIndex + 1] | 0x20 == UInt8(ascii: "n")
    }

    /// What begins with a point goes to Go's `ParseFloat` as it is.
    private static func point(_ bytes: UnsafeBufferPointer<UInt8>) -> Resolved {
        isFloat(bytes[...]) ? double(bytes[...]) : .string
    }

    private static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> Resolved {
        if let integer = decimal(bytes) { return integer }
        // No number is longer, but for zeros; and the rest is not looked at twice.
        guard bytes.count <= 1024 else { return .string }
        let plain = bytes.filter { $0 != UInt8(ascii: "_") }
        return plain.withUnsafeBufferPointer { plain in
            integer(plain) ?? (isFloat(plain[...]) ? double(plain[...]) : .string)
        }
    }

    /// A plain decimal number, which most are.
    private static func decimal(_ bytes: UnsafeBufferPointer<UInt8>) -> Resolved? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        let digits = isNegative ? bytes.dropFirst() : bytes[...]
        guard let first = digits.first, digits.count <= 18, first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return .integer(isNegative ? -value : value)
    }

    /// `strconv.ParseInt` and `ParseUint` with base 0.
    private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Resolved? {
        var digits = bytes[...]
        var isNegative = false
        var hasSign = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            hasSign = true
            digits = digits.dropFirst()
        }
        var radix: UInt64 = 10
        if digits.count > 1, digits.first == UInt8(ascii: "0") {
            switch digits[digits.startIndex + 1] | 0x20 {
            case UInt8(ascii: "x"): (radix, digits) = (16, digits.dropFirst(2))
            case UInt8(ascii: "b"): (radix, digits) = (2, digits.dropFirst(2))
            case UInt8(ascii: "o"): (radix, digits) = (8, digits.dropFirst(2))
            default: (radix, digits) = (8, digits.dropFirst())
            }
        }
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard let digit = digitValue(byte), digit < radix else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, carry) = product.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        if isNegative { return value <= 1 << 63 ? .integer(Int64(truncatingIfNeeded: 0 &- value)) : nil }
        if value <= UInt64(Int64.max) { return .integer(Int64(value)) }
        return hasSign ? nil : .unsigned(value)
    }

    private static func digitValue(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 0x30...0x39: UInt64(byte - 0x30)
        case 0x61...0x66: UInt64(byte - 0x57)
        case 0x41...0x46: UInt64(byte - 0x37)
        default: nil
        }
    }

    /// `yamlStyleFloat`: `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`.
    private static func isFloat(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var rest = bytes
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let whole = rest.prefix(while: isDigit).count
        rest = rest.dropFirst(whole)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let fraction = rest.prefix(while: isDigit).count
            guard whole + fraction > 0 else { return false }
            rest = rest.dropFirst(fraction)
        } else if whole == 0 {
            return false
        }
        guard let letter = rest.first else { return true }
        guard letter | 0x20 == UInt8(ascii: "e") else { return false }
        rest = rest.dropFirst()
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }

    /// What is out of range stays text.
    private static func double(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Resolved {
        guard let number = Double(String(decoding: bytes, as: UTF8.self)), number.isFinite else { return .string }
        return .number(number)
    }
}

/// `parseTimestamp` of go-yaml v2 (resolve.go): `2006-1-2` alone, or with a `T`, `t` or
/// space and `15:4:5.999`, after `T` and `t` with `Z` or `+07:00`.
enum Timestamp {
    static func isOne(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var rest = bytes[...]
        func number(_ digits: ClosedRange<Int>) -> Int? {
            let count = rest.prefix(digits.upperBound).prefix { (0x30...0x39).contains($0) }.count
            guard digits.contains(count) else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        func skip(_ character: UInt8) -> Bool {
            guard rest.first == character else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4...4), skip(0x2D), let month = number(1...2), skip(0x2D), let day = number(1...2), (1...12).contains(month) else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        guard (1...days).contains(day) else { return false }
        guard let separator = rest.first else { return true }
        let hasZone = separator | 0x20 == UInt8(ascii: "t")
        guard hasZone || separator == 0x20 else { return false }
        rest = rest.dropFirst()
        guard let hour = number(1...2), skip(0x3A), let minute = number(1...2), skip(0x3A), let second = number(1...2), hour < 24, minute < 60, second < 60
        else { return false }
        if rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") {
            rest = rest.dropFirst()
            let fraction = rest.prefix { (0x30...0x39).contains($0) }.count
            guard fraction > 0 else { return false }
            rest = rest.dropFirst(fraction)
        }
        if !hasZone { return rest.isEmpty }
        if skip(UInt8(ascii: "Z")) { return rest.isEmpty }
        guard skip(0x2B) || skip(0x2D), let hours = number(2...2), skip(0x3A), let minutes = number(2...2) else { return false }
        return rest.isEmpty && hours <= 24 && minutes < 60
    }
}

/// Numbers as Go writes them.
enum GoNumber {
    /// As encoding/json does (`floatEncoder`): no exponent from 1e-6 up to 1e21.
    static func json(_ number: Double) -> String {
        let magnitude = abs(number)
        let (digits, exponent) = shortest(magnitude)
        let sign = number.sign == .minus ? "-" : ""
        if magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e21) { return sign + plain(digits, exponent) }
        return sign + scientific(digits, exponent, twoDigits: false)
    }

    /// As `FormatFloat(…, 'g', -1, 32)` does, which makes keys of numbers.
    static func general(_ number: Double) -> String {
        let (digits, exponent) = shortest(Float(number))
        let sign = number.sign == .minus ? "-" : ""
        if exponent < -4 || exponent >= 6 { return sign + scientific(digits, exponent, twoDigits: true) }
        return sign + plain(digits, exponent)
    }

    /// The shortest digits that are this number, and the exponent of the first.
    private static func shortest(_ number: some CustomStringConvertible & BinaryFloatingPoint) -> (digits: [Character], exponent: Int) {
        var text = number.magnitude.description[...]
        var exponent = 0
        if let letter = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: letter)...]) ?? 0
            text = text[..<letter]
        }
        let point = text.firstIndex(of: ".") ?? text.endIndex
        exponent += text.distance(from: text.startIndex, to: point) - 1
        var digits = text.filter { $0 != "." }.map { $0 }
        while digits.count > 1, digits.first == "0" {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        if digits == ["0"] { exponent = 0 }
        return (digits, exponent)
    }

    private static func plain(_ digits: [Character], _ exponent: Int) -> String {
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + String(digits) }
        let whole = digits.prefix(exponent + 1)
        let zeros = String(repeating: "0", count: max(0, exponent + 1 - digits.count))
        let fraction = digits.dropFirst(exponent + 1)
        return String(whole) + zeros + (fraction.isEmpty ? "" : "." + String(fraction))
    }

    private static func scientific(_ digits: [Character], _ exponent: Int, twoDigits: Bool) -> String {
        let fraction = digits.dropFirst()
        let power = String(abs(exponent))
        return String(digits[0]) + (fraction.isEmpty ? "" : "." + String(fraction)) + "e" + (exponent < 0 ? "-" : "+")
            + (power.count < 2 && (twoDigits || exponent > 0) ? "0" : "") + power
    }
}

/// Strings as Go's encoding/json writes them.
enum JSONString {
    static func quoted(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var text = "\""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}

/// Base64 with padding (RFC 4648, section 4), as Go's `StdEncoding` reads it:
/// line breaks are skipped, nothing else is.
public enum Base64 {
    /// The bytes; nil where the text is no base64.
    public static func decoded(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count / 4 * 3)
        guard walk(text, { decoded.append($0) }) else { return nil }
        return decoded
    }

    /// The bytes; nil where the text is no base64.
    /// - Parameter isExact: whether bits that are left over have to be zero (section 3.5).
    public static func decoded(_ text: String, isExact: Bool = false) -> [UInt8]? {
        var text = text
        guard let bytes = text.withUTF8({ decoded($0) }) else { return nil }
        guard isExact else { return bytes }
        return text.utf8.filter { $0 != 0x0A && $0 != 0x0D }.elementsEqual(encoded(bytes).utf8) ? bytes : nil
    }

    /// Bytes as base64, on one line.
    public static func encoded(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var (bits, count) = (UInt32(0), 0)
        func append(_ characters: Int) {
            for place in 0..<4 {
                text.append(place < characters ? alphabet[Int(bits >> UInt32(18 - 6 * place)) & 63] : UInt8(ascii: "="))
            }
        }
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 1
            if count == 3 {
                append(4)
                (bits, count) = (0, 0)
            }
        }
        if count > 0 {
            bits <<= UInt32(8 * (3 - count))
            append(count + 1)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Whether a text is base64.
    public static func isValid(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        walk(text) { _ in }
    }

    private static func walk(_ text: UnsafeBufferPointer<UInt8>, _ take: (UInt8) -> Void) -> Bool {
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text {
            if byte == 0x0A || byte == 0x0D { continue }
            if byte == UInt8(ascii: "=") {
                padding += 1
                guard count + padding <= 4, count >= 2 else { return false }
                continue
            }
            guard padding == 0, let value = value(byte) else { return false }
            bits = bits << 6 | UInt32(value)
            count += 1
            if count == 4 {
                take(UInt8(truncatingIfNeeded: bits >> 16))
                take(UInt8(truncatingIfNeeded: bits >> 8))
                take(UInt8(truncatingIfNeeded: bits))
                (bits, count) = (0, 0)
            }
        }
        switch (count, padding) {
        case (0, 0): return true
        case (2, 2): take(UInt8(truncatingIfNeeded: bits >> 4))
        case (3, 1):
            take(UInt8(truncatingIfNeeded: bits >> 10))
            take(UInt8(truncatingIfNeeded: bits >> 2))
        default: return false
        }
        return true
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5A: byte - 0x41
        case 0x61...0x7A: byte - 0x47
        case 0x30...0x39: byte + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
