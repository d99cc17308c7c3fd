import Manifests

/// An address of IP as the API server takes it: strictly, as Go's `netip.ParseAddr`
/// does, without zones and without IPv4 inside IPv6
/// (k8s.io/apimachinery pkg/util/validation/ip.go, `parseIP`).
struct IPAddress: Equatable {
    /// The sixteen bytes; of IPv4 the last four, the others zero.
    let high: UInt64
    let low: UInt64
    let isIPv4: Bool

    /// Why a text is no address.
    enum Fault: Error {
        case form, leadingZero, mapped

        /// The end of a sentence that begins with the text.
        var words: String {
            switch self {
            case .form: "is no IP address"
            case .leadingZero: "has a number with a leading zero"
            case .mapped: "is an IPv4 address written as IPv6"
            }
        }
    }

    init(high: UInt64, low: UInt64, isIPv4: Bool) {
        self.high = high
        self.low = low
        self.isIPv4 = isIPv4
    }

    /// Reads an address.
    init(_ text: Names.Bytes) throws(Fault) {
        guard text.count <= 45, text.contains(UInt8(ascii: ":")) else {
            self.init(high: 0, low: UInt64(try Self.fourNumbers(text)), isIPv4: true)
            return
        }
        var groups: (high: UInt64, low: UInt64) = (0, 0)
        var count = 0
        var gap: Int?
        var index = 0
        func append(_ group: UInt64) {
            groups.high = groups.high << 16 | groups.low >> 48
            groups.low = groups.low << 16 | group
            count += 1
        }
        if text[0] == colon {
            guard text.count > 1, text[1] == colon else { throw .form }
            gap = 0
            index = 2
        }
        while index < text.count {
            guard count < 8 else { throw .form }
            var group: UInt64 = 0
            let start = index
            while index < text.count, let digit = hexadecimal(text[index]) {
                group = group << 4 | digit
                index += 1
                guard index - start <= 4 else { throw .form }
            }
            guard index > start else { throw .form }
            if index < text.count, text[index] == Names.dot {
                guard count <= 6 else { throw .form }
                let tail = UInt64(try Self.fourNumbers(Names.Bytes(rebasing: text[start...])))
                append(tail >> 16)
                append(tail & 0xFFFF)
                index = text.count
                break
            }
            append(group)
            guard index < text.count else { break }
            guard text[index] == colon, index + 1 < text.count else { throw .form }
            index += 1
            if text[index] == colon {
                guard gap == nil else { throw .form }
                gap = count
                index += 1
            }
        }
        if let gap {
            guard count < 8 else { throw .form }
            // The groups behind the gap stand at the end already; those before it move up.
            let behind = count - gap
            let whole = (high: groups.high, low: groups.low)
            let tail = Self.lowest(behind * 16, of: whole)
            let head = Self.shifted(whole, right: behind * 16)
            let moved = Self.shifted(head, left: (8 - gap) * 16)
            groups = (moved.high | tail.high, moved.low | tail.low)
        } else if count != 8 {
            throw .form
        }
        if groups.high == 0, groups.low >> 32 == 0xFFFF { throw .mapped }
        self.init(high: groups.high, low: groups.low, isIPv4: false)
    }

    /// What keeps a text from being an address, as the end of a sentence.
    static func fault(_ text: Names.Bytes) -> String? {
        do throws(Fault) {
            _ = try IPAddress(text)
            return nil
        } catch {
            return error.words
        }
    }

    /// Whether a text is an address in any of the forms that the server once took,
    /// with leading zeros too: what may not be a host name.
    static func isLoose(_ text: Names.Bytes) -> Bool {
        do throws(Fault) {
            _ = try IPAddress(text)
            return true
        } catch {
            return error != .form
        }
    }

    /// Whether no packet to it leaves the machine or the link: what may be no endpoint
    /// (`ValidateEndpointIP`).
    var reservation: String? {
        if isIPv4 {
            if low == 0 { return "is the unspecified address" }
            if low >> 24 == 127 { return "is a loopback address" }
            if low >> 16 == 0xA9FE { return "is a link-local address" }
            if low >> 8 == 0xE00000 { return "is a link-local multicast address" }
            return nil
        }
        if high == 0, low == 0 { return "is the unspecified address" }
        if high == 0, low == 1 { return "is a loopback address" }
        if high >> 54 == 0x3FA { return "is a link-local address" }
        if high >> 56 == 0xFF, (high >> 48) & 0xF == 2 { return "is a link-local multicast address" }
        return nil
    }

    /// The text that RFC 5952 makes of it, and Go.
    var canonical: String {
        if isIPv4 { return "\(low >> 24).\(low >> 16 & 0xFF).\(low >> 8 & 0xFF).\(low & 0xFF)" }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - 16 * ($0 % 4))) }
        var longest = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, groups[end] == 0 { end += 1 }
            if end - index > max(longest.count, 1) { longest = index..<end }
            index = end + 1
        }
        func text(_ range: Range<Int>) -> String { groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
        if longest.isEmpty { return text(0..<8) }
        return text(0..<longest.lowerBound) + "::" + text(longest.upperBound..<8)
    }

    /// Whether all bits behind a prefix are zero.
    func isMasked(to length: Int) -> Bool {
        let rest = Self.lowest((isIPv4 ? 32 : 128) - length, of: (high, low))
        return rest.high == 0 && rest.low == 0
    }

    /// Four numbers up to 255 with dots between.
    private static func fourNumbers(_ text: Names.Bytes) throws(Fault) -> UInt32 {
        var value: UInt32 = 0
        var number: UInt32 = 0
        var digits = 0
        var parts = 0
        var hasLeadingZero = false
        for byte in text {
            if Names.isDigit(byte) {
                if digits > 0, number == 0 { hasLeadingZero = true }
                number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                guard number <= 255, digits <= 16 else { throw .form }
            } else {
                guard byte == Names.dot, digits > 0, parts < 3 else { throw .form }
                value = value << 8 | number
                parts += 1
                number = 0
                digits = 0
            }
        }
        guard parts == 3, digits > 0 else { throw .form }
        if hasLeadingZero { throw .leadingZero }
        return value << 8 | number
    }

    private static func lowest(_ bits: Int, of value: (high: UInt64, low: UInt64)) -> (high: UInt64, low: UInt64) {
        if bits >= 128 { return value }
        if bits >= 64 { return (value.high & ((1 << UInt64(bits - 64)) &- 1), value.low) }
        return (0, value.low & ((1 << UInt64(bits)) &- 1))
    }

    private static func shifted(_ value: (high: UInt64, low: UInt64), right bits: Int) -> (high: UInt64, low: UInt64) {
        if bits == 0 { return value }
        if bits >= 64 { return (0, value.high >> UInt64(bits - 64)) }
        return (value.high >> UInt64(bits), value.low >> UInt64(bits) | value.high << UInt64(64 - bits))
    }

    private static func shifted(_ value: (high: UInt64, low: UInt64), left bits: Int) -> (high: UInt64, low: UInt64) {
        if bits == 0 { return value }
        if bits >= 64 { return (value.low << UInt64(bits - 64), 0) }
        return (value.high << UInt64(bits) | value.low >> UInt64(64 - bits), value.low << UInt64(bits))
    }
}

/// A block of addresses, `10.0.0.0/8`, as the API server takes it
/// (k8s.io/apimachinery pkg/util/validation/ip.go, `parseCIDR`).
struct AddressBlock {
    let address: IPAddress
    let length: Int

    /// Why a text is no block.
    enum Fault: Error {
        case form, leadingZero, mapped
        case bitsBehind(String)

        /// The end of a sentence that begins with the text.
        var words: String {
            switch self {
            case .form: "is no block of addresses such as \"10.9.8.0/24\""
            case .leadingZero: IPAddress.Fault.leadingZero.words
            case .mapped: IPAddress.Fault.mapped.words
            case .bitsBehind: "has bits set behind its prefix"
            }
        }
    }

    /// Reads a block.
    init(_ text: Names.Bytes) throws(Fault) {
        guard let slash = text.lastIndex(of: Names.slash) else { throw .form }
        do throws(IPAddress.Fault) {
            address = try IPAddress(Names.Bytes(rebasing: text[..<slash]))
        } catch {
            switch error {
            case .form: throw .form
            case .leadingZero: throw .leadingZero
            case .mapped: throw .mapped
            }
        }
        let digits = text[(slash + 1)...]
        guard !digits.isEmpty, digits.count <= 3, digits.allSatisfy(Names.isDigit) else { throw .form }
        length = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard length <= (address.isIPv4 ? 32 : 128) else { throw .form }
        guard digits.count == 1 || digits.first != UInt8(ascii: "0") else { throw .leadingZero }
        guard address.isMasked(to: length) else { throw .bitsBehind(masked) }
    }

    /// What keeps a text from being a block, as the end of a sentence.
    static func fault(_ text: Names.Bytes) -> String? {
        do throws(Fault) {
            _ = try AddressBlock(text)
            return nil
        } catch {
            if case .bitsBehind(let masked) = error { return "\(error.words), it could be \"\(masked)\"" }
            return error.words
        }
    }

    /// The block in which the address lies.
    private var masked: String {
        let size = address.isIPv4 ? 32 : 128
        let rest = UInt64(size - length)
        let whole: IPAddress
        if rest >= 64 {
            let bits = rest - 64
            whole = IPAddress(high: bits >= 64 ? 0 : (address.high >> bits) << bits, low: 0, isIPv4: address.isIPv4)
        } else {
            whole = IPAddress(high: address.high, low: (address.low >> rest) << rest, isIPv4: address.isIPv4)
        }
        return "\(whole.canonical)/\(length)"
    }

    /// Whether another block lies in this one and is smaller.
    func strictlyContains(_ other: AddressBlock) -> Bool {
        guard address.isIPv4 == other.address.isIPv4, length < other.length else { return false }
        let difference = IPAddress(
            high: address.high ^ other.address.high, low: address.low ^ other.address.low, isIPv4: address.isIPv4)
        let rest = UInt64((address.isIPv4 ? 32 : 128) - length)
        if rest >= 128 { return true }
        if rest >= 64 { return difference.high >> (rest - 64) == 0 }
        return difference.high == 0 && difference.low >> rest == 0
    }
}

private let colon = UInt8(ascii: ":")

private func hexadecimal(_ byte: UInt8) -> UInt64? {
    if Names.isDigit(byte) { return UInt64(byte - UInt8(ascii: "0")) }
    let lower = byte | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "f") ? UInt64(lower - UInt8(ascii: "a") + 10) : nil
}
