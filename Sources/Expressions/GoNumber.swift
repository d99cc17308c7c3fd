import Glibc

/// Numbers as Go's strconv and fmt read and write them.
enum GoNumber {
    /// `strconv.ParseFloat(text, 64)`.
    static func double(_ text: String) -> Double? {
        guard let first = text.utf8.first, first != 32, let value = Double(text) else { return nil }
        // What overflows is an error; the words for infinity are not.
        if value.isInfinite, text.utf8.contains(where: ASCII.isDigit) { return nil }
        return value
    }

    /// `strconv.ParseInt(text, 10, 64)`.
    static func int(_ text: String) -> Int64? { Int64(text) }

    /// The shortest decimal digits that give the number back, and the place of
    /// the point: 0.`digits` × 10^`point`.
    static func shortest(_ value: Double) -> (digits: [UInt8], point: Int) {
        var digits: [UInt8] = []
        var point = 0
        var exponent = 0
        var seenPoint = false
        let text = Array(value.magnitude.description.utf8)
        for (index, byte) in text.enumerated() {
            if byte == UInt8(ascii: ".") {
                seenPoint = true
            } else if byte == UInt8(ascii: "e") {
                exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
                break
            } else {
                digits.append(byte)
                if !seenPoint { point += 1 }
            }
        }
        while digits.count > 1, digits.last == 0x30 { digits.removeLast() }
        var leading = 0
        while leading < digits.count - 1, digits[leading] == 0x30 { leading += 1 }
        digits.removeFirst(leading)
        point += exponent - leading
        if digits == [0x30] { return ([0x30], 1) }
        return (digits, point)
    }

    /// The exponent from which strconv's shortest `%g` is scientific, 21 where
    /// fmt's `%v` writes it.
    private static let exponentLimit = 6

    /// `fmt.Sprintf("%g", value)`.
    static func general(_ value: Double) -> String {
        if let special = special(value) { return special }
        let (digits, point) = shortest(value)
        let sign = value.sign == .minus ? "-" : ""
        let exponent = point - 1
        if exponent < -4 || exponent >= Self.exponentLimit { return sign + scientific(digits, exponent) }
        return sign + positional(digits, point)
    }

    private static func scientific(_ digits: [UInt8], _ exponent: Int) -> String {
        var result = String(decoding: digits[..<1], as: UTF8.self)
        if digits.count > 1 { result += "." + String(decoding: digits[1...], as: UTF8.self) }
        let power = String(abs(exponent))
        return result + (exponent < 0 ? "e-" : "e+") + (power.utf8.count < 2 ? "0" : "") + power
    }

    private static func positional(_ digits: [UInt8], _ point: Int) -> String {
        let text = String(decoding: digits, as: UTF8.self)
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + text }
        if point >= digits.count { return text + String(repeating: "0", count: point - digits.count) }
        return String(decoding: digits[..<point], as: UTF8.self) + "."
            + String(decoding: digits[point...], as: UTF8.self)
    }

    /// `strconv.FormatFloat(value, 'f', -1, 64)`.
    static func decimal(_ value: Double) -> String {
        if let special = special(value) { return special }
        let (digits, point) = shortest(value)
        return (value.sign == .minus ? "-" : "") + positional(digits, digits == [0x30] ? 1 : point)
    }

    private static func special(_ value: Double) -> String? {
        value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : nil
    }

    /// `%.nf` or `%.ne` of C.
    static func fixed(_ value: Double, precision: Int, verb: String) -> String {
        var buffer = [CChar](repeating: 0, count: 400 + precision)
        let count = withVaList([Int32(precision), value]) { vsnprintf(&buffer, buffer.count, "%.*" + verb, $0) }
        return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
