/// A quantity of Kubernetes: `1.5Gi`, `100m`
/// (k8s.io/apimachinery/pkg/api/resource).
public struct CELQuantity: Sendable {
    /// The value in units of 10^-9, as decimal digits, the lowest first.
    private let digits: [UInt8]
    private let isNegative: Bool
    /// The value where Go keeps it as an integer and a power of ten: only then
    /// can it be asked for an integer.
    private let small: (value: Int64, scale: Int)?

    private init(digits: [UInt8], isNegative: Bool, small: (value: Int64, scale: Int)?) {
        var digits = digits
        while digits.last == 0 { digits.removeLast() }
        self.digits = digits
        self.isNegative = isNegative && !digits.isEmpty
        self.small = small
    }

    /// -1, 0 or 1.
    var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }

    init(_ number: Int64) {
        let digits = String(number.magnitude).utf8.reversed().map { $0 - 0x30 }
        self.init(
            digits: [UInt8](repeating: 0, count: 9) + digits, isNegative: number < 0, small: (number, 0))
    }

    /// `resource.ParseQuantity`.
    init(_ text: String) throws(CELStop) {
        let wrong = CELStop.error(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { throw wrong }
        guard bytes.count <= 1000 else { throw .notImplemented("a quantity of \(bytes.count) characters") }
        var index = 0
        let isNegative = bytes[0] == 0x2D
        if bytes[0] == 0x2D || bytes[0] == 0x2B { index = 1 }
        func digits() -> [UInt8] {
            let start = index
            while index < bytes.count, ASCII.isDigit(bytes[index]) { index += 1 }
            return bytes[start..<index].map { $0 - 0x30 }
        }
        var whole = digits()
        if index == bytes.count, whole.allSatisfy({ $0 == 0 }) {
            // parseQuantityString takes a sign alone for zero, too.
            self.init(digits: [], isNegative: false, small: (0, 0))
            return
        }
        var fraction: [UInt8] = []
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            fraction = digits()
        }
        let suffixStart = index
        while index < bytes.count, "eEinumkKMGTP".utf8.contains(bytes[index]) { index += 1 }
        if index < bytes.count, bytes[index] == 0x2D || bytes[index] == 0x2B { index += 1 }
        while index < bytes.count, ASCII.isDigit(bytes[index]) { index += 1 }
        guard index == bytes.count else { throw wrong }
        let suffix = String(decoding: bytes[suffixStart...], as: UTF8.self)
        guard let (base, exponent) = Self.suffix(suffix) else { throw .error("unable to parse quantity's suffix") }
        guard exponent.magnitude <= 1000 else { throw .notImplemented("a quantity with the exponent \(exponent)") }
        while whole.first == 0 { whole.removeFirst() }
        if whole.isEmpty { whole = [0] }
        self = try Self.make(whole, fraction, base, exponent, isNegative)
    }

    private static func make(
        _ whole: [UInt8], _ fraction: [UInt8], _ base: Int, _ exponent: Int, _ isNegative: Bool
    ) throws(CELStop) -> CELQuantity {
        // The fast path of ParseQuantity.
        var small: (value: Int64, scale: Int)? = nil
        var scale = base == 2 ? 0 : exponent
        let precision: Int
        if base == 2 {
            precision = fraction.isEmpty ? 15 - whole.count - Int(Float(exponent) * 3 / 10) - 1 : -1
        } else {
            precision = 18 - whole.count - fraction.count
        }
        scale -= fraction.count
        if precision >= 0, scale >= -9, let value = Int64((whole + fraction).map { String($0) }.joined()) {
            let (product, overflow) = value.multipliedReportingOverflow(by: base == 2 ? 1 << exponent : 1)
            if !overflow { small = (isNegative ? -product : product, scale) }
        }
        var digits = Array((whole + fraction).reversed())
        if base == 2 { for _ in 0..<exponent { digits = doubled(digits) } }
        // To units of 10^-9, a rest rounded up.
        let shift = 9 - fraction.count + (base == 10 ? exponent : 0)
        if shift >= 0 {
            digits = [UInt8](repeating: 0, count: shift) + digits
        } else {
            let lost = digits.prefix(-shift).contains { $0 != 0 }
            digits = Array(digits.dropFirst(-shift))
            if lost { digits = sum(digits, [1]) }
        }
        if base == 2, small == nil {
            // Capped at 2^63-1.
            let most = [UInt8](repeating: 0, count: 9) + String(Int64.max).utf8.reversed().map { $0 - 0x30 }
            if order(trimmed(digits), most) > 0 { digits = most }
        }
        return CELQuantity(digits: digits, isNegative: isNegative, small: small)
    }

    private static func suffix(_ text: String) -> (base: Int, exponent: Int)? {
        switch text {
        case "": return (10, 0)
        case "n": return (10, -9)
        case "u": return (10, -6)
        case "m": return (10, -3)
        case "k": return (10, 3)
        case "M": return (10, 6)
        case "G": return (10, 9)
        case "T": return (10, 12)
        case "P": return (10, 15)
        case "E": return (10, 18)
        case "Ki": return (2, 10)
        case "Mi": return (2, 20)
        case "Gi": return (2, 30)
        case "Ti": return (2, 40)
        case "Pi": return (2, 50)
        case "Ei": return (2, 60)
        default:
            guard text.utf8.count > 1, text.hasPrefix("e") || text.hasPrefix("E"), let exponent = Int64(text.dropFirst())
            else { return nil }
            return (10, Int(exponent))
        }
    }

    // MARK: digits

    private static func doubled(_ digits: [UInt8]) -> [UInt8] { sum(digits, digits) }

    private static func trimmed(_ digits: [UInt8]) -> [UInt8] {
        var digits = digits
        while digits.last == 0 { digits.removeLast() }
        return digits
    }

    private static func sum(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var carry: UInt8 = 0
        for index in 0..<max(first.count, second.count) {
            let value = (index < first.count ? first[index] : 0) + (index < second.count ? second[index] : 0) + carry
            result.append(value % 10)
            carry = value / 10
        }
        if carry > 0 { result.append(carry) }
        return result
    }

    /// `first` must not be below `second`.
    private static func difference(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var borrow: Int8 = 0
        for index in first.indices {
            var value = Int8(first[index]) - (index < second.count ? Int8(second[index]) : 0) - borrow
            borrow = value < 0 ? 1 : 0
            if value < 0 { value += 10 }
            result.append(UInt8(value))
        }
        return result
    }

    private static func order(_ first: [UInt8], _ second: [UInt8]) -> Int {
        if first.count != second.count { return first.count < second.count ? -1 : 1 }
        for (one, other) in zip(first.reversed(), second.reversed()) where one != other { return one < other ? -1 : 1 }
        return 0
    }

    // MARK: functions

    func compare(_ other: CELQuantity) -> Int {
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        return Self.order(digits, other.digits) * (isNegative ? -1 : 1)
    }

    private var negated: CELQuantity {
        CELQuantity(digits: digits, isNegative: !isNegative, small: small.map { ($0.value == .min ? .min : -$0.value, $0.scale) })
    }

    private func adding(_ other: CELQuantity) -> CELQuantity {
        var joined: (value: Int64, scale: Int)? = nil
        if let small, let more = other.small { joined = Self.add(small, more) }
        if isNegative == other.isNegative {
            return CELQuantity(digits: Self.sum(digits, other.digits), isNegative: isNegative, small: joined)
        }
        if Self.order(digits, other.digits) >= 0 {
            return CELQuantity(digits: Self.difference(digits, other.digits), isNegative: isNegative, small: joined)
        }
        return CELQuantity(digits: Self.difference(other.digits, digits), isNegative: other.isNegative, small: joined)
    }

    /// int64Amount.Add.
    private static func add(
        _ first: (value: Int64, scale: Int), _ second: (value: Int64, scale: Int)
    ) -> (value: Int64, scale: Int)? {
        if second.value == 0 { return first }
        if first.value == 0 { return second }
        var (high, low) = (first, second)
        if high.scale < low.scale { swap(&high, &low) }
        while high.scale > low.scale {
            let (product, overflow) = high.value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            high = (product, high.scale - 1)
        }
        let (sum, overflow) = high.value.addingReportingOverflow(low.value)
        return overflow ? nil : (sum, low.scale)
    }

    private var integer: Int64? {
        guard let small, small.scale >= 0 else { return nil }
        var value = small.value
        for _ in 0..<small.scale {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = product
        }
        return value
    }

    private var approximate: Double {
        if let small {
            var text = String(small.value)
            text += "e\(small.scale)"
            return Double(text) ?? 0
        }
        let text = String(decoding: digits.reversed().map { $0 + 0x30 }, as: UTF8.self)
        return Double((isNegative ? "-" : "") + (text.isEmpty ? "0" : text) + "e-9") ?? 0
    }

    func call(_ name: String, _ arguments: [CELValue]) throws(CELStop) -> CELValue {
        switch (name, arguments.count) {
        case ("isInteger", 0): return .bool(integer != nil)
        case ("asInteger", 0):
            guard let integer else { throw .error("cannot convert value to integer") }
            return .int(integer)
        case ("asApproximateFloat", 0): return .double(approximate)
        case (_, 1): break
        default: throw .noSuchOverload
        }
        switch (name, arguments[0]) {
        case ("compareTo", .quantity(let other)): return .int(Int64(compare(other)))
        case ("isLessThan", .quantity(let other)): return .bool(compare(other) < 0)
        case ("isGreaterThan", .quantity(let other)): return .bool(compare(other) > 0)
        case ("add", .quantity(let other)): return .quantity(adding(other))
        case ("sub", .quantity(let other)): return .quantity(adding(other.negated))
        case ("add", .int(let number)): return .quantity(adding(CELQuantity(number)))
        case ("sub", .int(let number)): return .quantity(adding(CELQuantity(number).negated))
        default: throw .noSuchOverload
        }
    }
}
