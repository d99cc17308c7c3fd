import Manifests

/// An amount of a resource, such as `500m` or `2Gi`, exactly as the API machinery
/// reads one (k8s.io/apimachinery/pkg/api/resource/quantity.go): amounts below a
/// nano are rounded up to it, binary ones stop at 2^63 - 1.
///
/// It is exact to 38 significant digits; a decimal amount that has more is cut
/// to as many, which is 20 digits beyond what upstream adds up exactly.
public struct Quantity: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The notation an amount was written in, which is the one it is shown in.
    public enum Format: UInt8, Sendable, Hashable {
        /// `12e6`
        case decimalExponent
        /// `12Mi`
        case binarySI
        /// `12M`
        case decimalSI
    }

    /// The digits, without zeros at the end; 0 for nothing.
    private let digits: UInt128
    /// The power of ten that the digits are multiplied by.
    private let exponent: Int32
    /// Whether the amount is below zero.
    public let isNegative: Bool
    /// The notation it was written in.
    public let format: Format

    /// Reads an amount; nil where it is none. Spaces around it do not count.
    public init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.init(Self.trimmed(bytes), count: ())
    }

    /// Reads an amount from a string or a number; nil where it is none.
    public init?(_ value: Value) {
        switch value.kind {
        case .string:
            self.init(value.bytes)
        case .integer, .number:
            if let integer = value.integer {
                self.init(isNegative: integer < 0, digits: UInt128(integer.magnitude), exponent: 0, isCut: false, format: .decimalSI)
            } else {
                self.init(value.json)
            }
        default:
            return nil
        }
    }

    /// Reads an amount from text; nil where it is none.
    public init?(_ text: String) {
        var text = text
        guard let read = text.withUTF8({ Quantity($0) }) else { return nil }
        self = read
    }

    /// A whole amount.
    public init(_ value: Int64) {
        self.init(isNegative: value < 0, digits: UInt128(value.magnitude), exponent: 0, isCut: false, format: .decimalSI)
    }

    /// Whether there is none of it.
    public var isZero: Bool { digits == 0 }

    /// Whether it has no fraction.
    public var isInteger: Bool { exponent >= 0 }

    /// The whole amount, a fraction rounded away from zero; stops at the largest and smallest number.
    public var value: Int64 { scaled(by: 0) }

    /// The amount in thousandths; otherwise as ``value``.
    public var milliValue: Int64 { scaled(by: 3) }

    public static func < (left: Quantity, right: Quantity) -> Bool {
        left.compare(right) < 0
    }

    public static func == (left: Quantity, right: Quantity) -> Bool {
        left.digits == right.digits && left.exponent == right.exponent && left.isNegative == right.isNegative
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(digits)
        hasher.combine(exponent)
        hasher.combine(isNegative)
    }

    /// The canonical form (`Quantity.CanonicalizeBytes`), such as `1500m` for `1.5`.
    public var description: String {
        guard !isZero else { return "0" }
        if format == .binarySI, exponent >= 0, magnitudeIsAtLeast1024, let whole = Self.multiplied(digits, byTenTo: exponent) {
            var whole = whole
            var power = 0
            while power < 6, whole % 1024 == 0 {
                whole /= 1024
                power += 1
            }
            return sign + String(whole) + ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power]
        }
        var exponent = Int(exponent)
        var zeros = 0
        while exponent % 3 != 0 {
            exponent -= 1
            zeros += 1
        }
        let number = sign + String(digits) + String(repeating: "0", count: zeros)
        if exponent == 0 { return number }
        let suffixes = [-9: "n", -6: "u", -3: "m", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"]
        if format != .decimalExponent, let suffix = suffixes[exponent] { return number + suffix }
        // Upstream leaves the suffix out where there is none, which changes the amount.
        return number + "e\(exponent)"
    }

    private var sign: String { isNegative ? "-" : "" }

    private var magnitudeIsAtLeast1024: Bool {
        exponent > 3 || (Self.multiplied(digits, byTenTo: max(exponent, 0)) ?? .max) >= 1024
    }

    // MARK: arithmetic

    private init(isNegative: Bool, digits: UInt128, exponent: Int, isCut: Bool, format: Format) {
        var (digits, exponent) = (digits, exponent)
        // Rounds up to nanos, "under the theory that if you want some resources,
        // you should get some resources".
        if digits != 0, exponent < -9 {
            let places = -9 - exponent
            var (rest, remainder) = (UInt128(0), digits)
            if places <= 38 { (rest, remainder) = digits.quotientAndRemainder(dividingBy: Self.power(places)) }
            digits = remainder != 0 || isCut ? rest + 1 : rest
            exponent = -9
        }
        if digits == 0 {
            exponent = 0
        } else {
            while digits % 10 == 0 {
                digits /= 10
                exponent += 1
            }
        }
        self.digits = digits
        self.exponent = Int32(clamping: exponent)
        self.isNegative = isNegative && digits != 0
        self.format = format
    }

    private static let powers: [UInt128] = (0...38).reduce(into: []) { powers, _ in powers.append((powers.last ?? 0) == 0 ? 1 : powers.last! * 10) }

    private static func power(_ places: Int) -> UInt128 { powers[places] }

    private static func multiplied(_ digits: UInt128, byTenTo exponent: Int32) -> UInt128? {
        guard exponent <= 38 else { return nil }
        let (product, overflow) = digits.multipliedReportingOverflow(by: power(Int(exponent)))
        return overflow ? nil : product
    }

    private func compare(_ other: Quantity) -> Int {
        let (sign, otherSign) = (signum, other.signum)
        if sign != otherSign { return sign < otherSign ? -1 : 1 }
        return sign * compareMagnitude(other)
    }

    private var signum: Int { isZero ? 0 : isNegative ? -1 : 1 }

    private func compareMagnitude(_ other: Quantity) -> Int {
        let (length, otherLength) = (Self.length(digits), Self.length(other.digits))
        let (order, otherOrder) = (length + Int(exponent), otherLength + Int(other.exponent))
        if order != otherOrder { return order < otherOrder ? -1 : 1 }
        let longest = max(length, otherLength)
        let (left, right) = (digits * Self.power(longest - length), other.digits * Self.power(longest - otherLength))
        return left == right ? 0 : left < right ? -1 : 1
    }

    private static func length(_ digits: UInt128) -> Int {
        var length = 1
        while length <= 38, digits >= power(length) { length += 1 }
        return length
    }

    private func scaled(by places: Int) -> Int64 {
        let exponent = Int(exponent) + places
        var magnitude: UInt128
        if exponent >= 0 {
            magnitude = exponent > 38 ? (digits == 0 ? 0 : .max) : Self.multiplied(digits, byTenTo: Int32(exponent)) ?? .max
        } else {
            let (quotient, remainder) = digits.quotientAndRemainder(dividingBy: Self.power(-exponent))
            magnitude = remainder == 0 ? quotient : quotient + 1
        }
        magnitude = min(magnitude, UInt128(Int64.max))
        return isNegative ? -Int64(magnitude) : Int64(magnitude)
    }

    // MARK: reading

    /// Reads what has no spaces around it (`parseQuantityString` and `ParseQuantity`).
    private init?(_ bytes: UnsafeBufferPointer<UInt8>, count _: Void) {
        guard !bytes.isEmpty else { return nil }
        var position = 0
        var isNegative = false
        switch bytes[0] {
        case UInt8(ascii: "-"):
            isNegative = true
            position = 1
        case UInt8(ascii: "+"): position = 1
        default: break
        }
        var mantissa = Mantissa()
        while position < bytes.count, let digit = Self.digit(bytes[position]) {
            mantissa.append(digit)
            position += 1
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            while position < bytes.count, let digit = Self.digit(bytes[position]) {
                mantissa.appendFraction(digit)
                position += 1
            }
        }
        guard let suffix = Suffix(UnsafeBufferPointer(rebasing: bytes[position...])),
            mantissa.hasDigits || suffix.standsAlone
        else { return nil }
        switch suffix {
        case .decimal(let exponent, let format):
            self.init(
                isNegative: isNegative, digits: mantissa.digits, exponent: Int(exponent) + mantissa.exponent, isCut: mantissa.isCut,
                format: format)
        case .binary(let power):
            self.init(isNegative: isNegative, mantissa, shiftedBy: power)
        }
    }

    private init(isNegative: Bool, _ mantissa: Mantissa, shiftedBy power: Int) {
        let largest = UInt128(Int64.max)
        guard mantissa.digits != 0, mantissa.exponent <= 0 else {
            // More digits than there is room for: far above the largest.
            let digits = mantissa.digits == 0 ? 0 : largest
            self.init(isNegative: isNegative, digits: digits, exponent: 0, isCut: false, format: .binarySI)
            return
        }
        var (digits, exponent) = (UInt128(0), mantissa.exponent)
        var isCut = mantissa.isCut
        let product = mantissa.digits.multipliedFullWidth(by: 1 << UInt128(power))
        if exponent < -9 {
            let places = min(-9 - exponent, 38)
            let divisor = Self.power(places)
            if product.high >= divisor {
                digits = .max
            } else {
                let (quotient, remainder) = divisor.dividingFullWidth(product)
                digits = quotient
                isCut = isCut || remainder != 0
            }
            exponent = min(exponent + places, -9)
            if isCut { digits += digits == .max ? 0 : 1 }
        } else {
            digits = product.high == 0 ? product.low : .max
        }
        // Cap at the largest: 2^63 - 1.
        if digits / Self.power(-exponent) >= largest {
            (digits, exponent) = (largest, 0)
        }
        let isBelowOne = digits < Self.power(-exponent)
        self.init(isNegative: isNegative, digits: digits, exponent: exponent, isCut: false, format: isBelowOne ? .decimalSI : .binarySI)
    }

    /// The number before the suffix: digits times ten to the exponent.
    private struct Mantissa {
        var digits: UInt128 = 0
        var exponent = 0
        /// Whether a digit other than zero was left out for want of room.
        var isCut = false
        var hasDigits = false

        /// 10^37, below which one more digit fits in 38.
        private static let room = power(37)

        mutating func append(_ digit: UInt8) {
            hasDigits = true
            guard digits < Self.room else {
                exponent += 1
                isCut = isCut || digit != 0
                return
            }
            digits = digits * 10 + UInt128(digit)
        }

        mutating func appendFraction(_ digit: UInt8) {
            hasDigits = true
            guard digits < Self.room, exponent > -38 else {
                isCut = isCut || digit != 0
                return
            }
            digits = digits * 10 + UInt128(digit)
            exponent -= 1
        }
    }

    private enum Suffix {
        case decimal(Int32, Format)
        case binary(Int)

        /// Whether upstream takes it without a single digit before it, as nothing;
        /// only its fast path does.
        var standsAlone: Bool {
            switch self {
            case .decimal(let exponent, _): exponent >= -9
            case .binary(let power): power < 50
            }
        }

        /// Interprets a suffix (`suffixHandler.interpret` of suffix.go).
        init?(_ bytes: UnsafeBufferPointer<UInt8>) {
            switch bytes.count {
            case 0:
                self = .decimal(0, .decimalSI)
                return
            case 1:
                switch bytes[0] {
                case UInt8(ascii: "n"): self = .decimal(-9, .decimalSI)
                case UInt8(ascii: "u"): self = .decimal(-6, .decimalSI)
                case UInt8(ascii: "m"): self = .decimal(-3, .decimalSI)
                case UInt8(ascii: "k"): self = .decimal(3, .decimalSI)
                case UInt8(ascii: "M"): self = .decimal(6, .decimalSI)
                case UInt8(ascii: "G"): self = .decimal(9, .decimalSI)
                case UInt8(ascii: "T"): self = .decimal(12, .decimalSI)
                case UInt8(ascii: "P"): self = .decimal(15, .decimalSI)
                case UInt8(ascii: "E"): self = .decimal(18, .decimalSI)
                default: return nil
                }
                return
            case 2 where bytes[1] == UInt8(ascii: "i"):
                switch bytes[0] {
                case UInt8(ascii: "K"): self = .binary(10)
                case UInt8(ascii: "M"): self = .binary(20)
                case UInt8(ascii: "G"): self = .binary(30)
                case UInt8(ascii: "T"): self = .binary(40)
                case UInt8(ascii: "P"): self = .binary(50)
                case UInt8(ascii: "E"): self = .binary(60)
                default: return nil
                }
                return
            default: break
            }
            guard bytes[0] | 0x20 == UInt8(ascii: "e") else { return nil }
            var position = 1
            let isNegative = bytes[1] == UInt8(ascii: "-")
            if isNegative || bytes[1] == UInt8(ascii: "+") { position = 2 }
            guard position < bytes.count else { return nil }
            var exponent: Int64 = 0
            while position < bytes.count {
                guard let digit = digit(bytes[position]) else { return nil }
                let (product, overflow) = exponent.multipliedReportingOverflow(by: 10)
                let (sum, overflows) = isNegative
                    ? product.subtractingReportingOverflow(Int64(digit)) : product.addingReportingOverflow(Int64(digit))
                guard !overflow, !overflows else { return nil }
                exponent = sum
                position += 1
            }
            // Upstream cuts the exponent to 32 bits, too.
            self = .decimal(Int32(truncatingIfNeeded: exponent), .decimalExponent)
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        let digit = byte &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }

    /// Without the spaces around (`strings.TrimSpace` on what is still JSON, where
    /// tabs and line breaks are escapes and no spaces).
    private static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var (start, end) = (0, bytes.count)
        while start < end, bytes[start] == 0x20 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 { end -= 1 }
        return UnsafeBufferPointer(rebasing: bytes[start..<end])
    }
}
