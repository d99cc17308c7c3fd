/// Amounts for telling which is more.
public enum Amount {
    /// About how much a text such as `1.5Gi` says; nil where it is no amount.
    public static func value(_ text: String) -> Double? { Quantity(text)?.approximate }
}

/// An amount of a resource, such as `100m` or `1.5Gi`, for telling whether two spellings are the same
/// (`resource.Quantity.Cmp`): exact, and nil for what is beyond exactness (over 2^63 - 1) or no amount.
struct Quantity: Hashable, Sendable {
    private let isNegative: Bool
    /// Without zeros at its end.
    private let digits: UInt128
    /// The power of ten that the digits are multiplied by.
    private let exponent: Int

    fileprivate var approximate: Double {
        let power = (0..<abs(exponent)).reduce(1.0) { value, _ in value * 10 }
        return (isNegative ? -1 : 1) * (exponent < 0 ? Double(digits) / power : Double(digits) * power)
    }

    /// Reads an amount from a string or a number.
    init?(_ json: JSON) {
        switch json {
        case .string(let text): self.init(text)
        case .int(let number): self.init(String(number))
        // As JSON writes it: upstream reads the text, too.
        case .double: self.init(json.text)
        default: return nil
        }
    }

    /// Reads an amount (`ParseQuantity` of `api/resource/quantity.go`).
    init?(_ text: String) {
        var rest = text[...]
        var isNegative = false
        if let sign = rest.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            rest = rest.dropFirst()
        }
        var (digits, exponent, count, hasPoint) = (UInt128(0), 0, 0, false)
        while let character = rest.utf8.first {
            if character == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else if character >= UInt8(ascii: "0"), character <= UInt8(ascii: "9") {
                // 27 digits leave room for the suffix's power of two.
                guard count < 27 else { return nil }
                digits = digits * 10 + UInt128(character - UInt8(ascii: "0"))
                if digits > 0 { count += 1 }
                if hasPoint { exponent -= 1 }
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard text.utf8.contains(where: { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let suffix = Self.suffix(rest)
        else { return nil }
        exponent += suffix.ten
        for _ in 0..<suffix.two {
            let (product, overflow) = digits.multipliedReportingOverflow(by: 2)
            if overflow { return nil }
            digits = product
        }
        // Rounded up to nanos.
        while exponent < -9 {
            let (quotient, remainder) = digits.quotientAndRemainder(dividingBy: 10)
            digits = remainder == 0 ? quotient : quotient + 1
            exponent += 1
            if digits <= 1, exponent < -9 { exponent = -9 }
        }
        while digits != 0, digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        if digits == 0 { exponent = 0 }
        guard exponent <= 18 else { return nil }
        var whole = digits
        for _ in 0..<max(exponent, 0) {
            whole *= 10
            guard whole < UInt128(Int64.max) else { return nil }
        }
        for _ in 0..<max(-exponent, 0) { whole /= 10 }
        guard whole < UInt128(Int64.max) else { return nil }
        self.isNegative = isNegative && digits != 0
        self.digits = digits
        self.exponent = exponent
    }

    /// Powers of ten and of two of a suffix (`suffixHandler.interpret` of `suffix.go`).
    private static func suffix(_ text: Substring) -> (ten: Int, two: Int)? {
        switch text {
        case "": return (0, 0)
        case "n": return (-9, 0)
        case "u": return (-6, 0)
        case "m": return (-3, 0)
        case "k": return (3, 0)
        case "M": return (6, 0)
        case "G": return (9, 0)
        case "T": return (12, 0)
        case "P": return (15, 0)
        case "E": return (18, 0)
        case "Ki": return (0, 10)
        case "Mi": return (0, 20)
        case "Gi": return (0, 30)
        case "Ti": return (0, 40)
        case "Pi": return (0, 50)
        case "Ei": return (0, 60)
        default:
            guard text.first == "e" || text.first == "E", let exponent = Int(text.dropFirst()), abs(exponent) < 1000 else { return nil }
            return (exponent, 0)
        }
    }
}
