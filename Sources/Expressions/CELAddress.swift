/// An address of IPv4 or IPv6, without zone (library/ip.go of k8s.io/apiserver).
public struct CELAddress: Sendable, Hashable {
    /// 4 or 16 bytes.
    let bytes: [UInt8]

    /// Go's `netip.ParseAddr`, less zones and IPv4 in IPv6.
    static func parse(_ text: String) -> CELAddress? {
        if !text.utf8.contains(UInt8(ascii: ":")) { return parseIPv4(Array(text.utf8)).map { CELAddress(bytes: $0) } }
        guard let bytes = parseIPv6(Array(text.utf8)) else { return nil }
        if bytes[0..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF { return nil }
        return CELAddress(bytes: bytes)
    }

    private static func parseIPv4(_ text: [UInt8]) -> [UInt8]? {
        let fields = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard fields.count == 4 else { return nil }
        var result: [UInt8] = []
        for field in fields {
            guard (1...3).contains(field.count), field.allSatisfy(ASCII.isDigit), field.count == 1 || field.first != 0x30,
                let number = UInt8(String(decoding: field, as: UTF8.self))
            else { return nil }
            result.append(number)
        }
        return result
    }

    private static func parseIPv6(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var gap: Int? = nil
        var index = 0
        if text.count >= 2, text[0] == 0x3A, text[1] == 0x3A {
            gap = 0
            index = 2
            if index == text.count { return [UInt8](repeating: 0, count: 16) }
        }
        while bytes.count < 16 {
            let start = index
            var value = 0
            while index < text.count, let digit = ASCII.hexValue(UInt32(text[index])) {
                guard index - start < 4 else { return nil }
                value = value * 16 + Int(digit)
                index += 1
            }
            guard index > start else { return nil }
            if index < text.count, text[index] == UInt8(ascii: ".") {
                guard gap != nil || bytes.count == 12, bytes.count <= 12, let last = parseIPv4(Array(text[start...]))
                else { return nil }
                bytes += last
                index = text.count
                break
            }
            bytes.append(UInt8(value >> 8))
            bytes.append(UInt8(value & 0xFF))
            if index == text.count { break }
            guard text[index] == 0x3A, index + 1 < text.count else { return nil }
            index += 1
            if text[index] == 0x3A {
                guard gap == nil else { return nil }
                gap = bytes.count
                index += 1
                if index == text.count { break }
            }
        }
        guard index == text.count else { return nil }
        if bytes.count < 16 {
            guard let gap else { return nil }
            bytes.insert(contentsOf: [UInt8](repeating: 0, count: 16 - bytes.count), at: gap)
        } else if gap != nil {
            return nil
        }
        return bytes
    }

    /// The address in its canonical form (RFC 5952).
    var text: String {
        if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        var best = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, groups[end] == 0 { end += 1 }
            if end - index >= 2, end - index > best.count { best = index..<end }
            index = max(end, index + 1)
        }
        func joined(_ groups: some Collection<Int>) -> String {
            groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if best.isEmpty { return joined(groups) }
        return joined(groups[..<best.lowerBound]) + "::" + joined(groups[best.upperBound...])
    }

    func call(_ name: String, _ arguments: [CELValue]) throws(CELStop) -> CELValue {
        guard arguments.isEmpty else { throw .noSuchOverload }
        let isIPv4 = bytes.count == 4
        let isUnspecified = bytes.allSatisfy { $0 == 0 }
        let isLoopback = isIPv4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
        let isMulticast = isIPv4 ? bytes[0] & 0xF0 == 0xE0 : bytes[0] == 0xFF
        let isLinkLocalUnicast = isIPv4 ? bytes[0] == 169 && bytes[1] == 254 : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
        switch name {
        case "family": return .int(isIPv4 ? 4 : 6)
        case "isUnspecified": return .bool(isUnspecified)
        case "isLoopback": return .bool(isLoopback)
        case "isLinkLocalMulticast":
            return .bool(
                isIPv4 ? bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0 : bytes[0] == 0xFF && bytes[1] & 0x0F == 2)
        case "isLinkLocalUnicast": return .bool(isLinkLocalUnicast)
        case "isGlobalUnicast":
            let isBroadcast = isIPv4 && bytes.allSatisfy { $0 == 255 }
            return .bool(!isUnspecified && !isLoopback && !isMulticast && !isLinkLocalUnicast && !isBroadcast)
        default: throw .noSuchOverload
        }
    }
}

/// A range of addresses in CIDR notation (library/cidr.go of k8s.io/apiserver).
public struct CELAddressRange: Sendable, Hashable {
    let address: CELAddress
    let length: Int

    /// Go's `netip.ParsePrefix`, less IPv4 in IPv6.
    static func parse(_ text: String) -> CELAddressRange? {
        let bytes = Array(text.utf8)
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        let digits = bytes[(slash + 1)...]
        guard let address = CELAddress.parse(String(decoding: bytes[..<slash], as: UTF8.self)), !digits.isEmpty,
            digits.count <= 3, digits.allSatisfy(ASCII.isDigit), digits.count == 1 || digits.first != 0x30,
            let length = Int(String(decoding: digits, as: UTF8.self)), length <= address.bytes.count * 8
        else { return nil }
        return CELAddressRange(address: address, length: length)
    }

    var text: String { "\(address.text)/\(length)" }

    private func contains(_ other: CELAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        return Self.masked(other, length) == Self.masked(address, length)
    }

    private static func masked(_ address: CELAddress, _ length: Int) -> CELAddress {
        CELAddress(
            bytes: address.bytes.enumerated().map { index, byte in
                let kept = min(8, max(0, length - index * 8))
                return byte & UInt8(truncatingIfNeeded: 0xFF00 >> kept)
            })
    }

    func call(_ name: String, _ arguments: [CELValue]) throws(CELStop) -> CELValue {
        switch (name, arguments.first) {
        case ("ip", nil): return .ip(address)
        case ("prefixLength", nil): return .int(Int64(length))
        case ("masked", nil): return .cidr(CELAddressRange(address: Self.masked(address, length), length: length))
        case ("containsIP", .ip(let other)): return .bool(contains(other))
        case ("containsIP", .string(let text)):
            // The API server's implementation drops the parse's error.
            guard let other = CELAddress.parse(text) else { throw .noSuchOverload }
            return .bool(contains(other))
        case ("containsCIDR", .cidr(let other)): return .bool(contains(other.address) && length <= other.length)
        case ("containsCIDR", .string(let text)):
            guard let other = CELAddressRange.parse(text) else {
                throw .error("network address parse error during conversion from string: \(text)")
            }
            return .bool(contains(other.address) && length <= other.length)
        default: throw .noSuchOverload
        }
    }
}
