/// The classes with names of their own (perl_groups.go of Go's regexp/syntax).
enum NamedClass {
    /// `\d` and its like by letter: the set, and whether it is negated.
    static func perl(_ letter: UInt8) -> (ScalarSet, Bool)? {
        switch letter {
        case UInt8(ascii: "d"): (digit, false)
        case UInt8(ascii: "D"): (digit, true)
        case UInt8(ascii: "s"): (space, false)
        case UInt8(ascii: "S"): (space, true)
        case UInt8(ascii: "w"): (word, false)
        case UInt8(ascii: "W"): (word, true)
        default: nil
        }
    }

    static let digit = ScalarSet(0x30, 0x39)
    static let space = ScalarSet([(9, 10), (12, 13), (32, 32)])
    static let word = ScalarSet([(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])

    /// `[:alpha:]` and its like, also `[:^alpha:]`.
    static func posix(_ text: String) -> (ScalarSet, Bool)? {
        var name = text.dropFirst(2).dropLast(2)
        let isNegative = name.hasPrefix("^")
        if isNegative { name = name.dropFirst() }
        let pairs: [(UInt32, UInt32)]
        switch name {
        case "alnum": pairs = [(0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)]
        case "alpha": pairs = [(0x41, 0x5A), (0x61, 0x7A)]
        case "ascii": pairs = [(0, 0x7F)]
        case "blank": pairs = [(9, 9), (32, 32)]
        case "cntrl": pairs = [(0, 0x1F), (0x7F, 0x7F)]
        case "digit": pairs = [(0x30, 0x39)]
        case "graph": pairs = [(0x21, 0x7E)]
        case "lower": pairs = [(0x61, 0x7A)]
        case "print": pairs = [(0x20, 0x7E)]
        case "punct": pairs = [(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)]
        case "space": pairs = [(9, 13), (32, 32)]
        case "upper": pairs = [(0x41, 0x5A)]
        case "word": return (word, isNegative)
        case "xdigit": pairs = [(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)]
        default: return nil
        }
        return (ScalarSet(pairs), isNegative)
    }
}

/// What bytes of ASCII are.
enum ASCII {
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isOctal(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x37 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
    static func isHexadecimal(_ byte: UInt8) -> Bool { hexValue(UInt32(byte)) != nil }

    static func hexValue(_ scalar: UInt32) -> UInt32? {
        switch scalar {
        case 0x30...0x39: scalar - 0x30
        case 0x41...0x46: scalar - 0x41 + 10
        case 0x61...0x66: scalar - 0x61 + 10
        default: nil
        }
    }
}

/// UTF-8 as Go decodes it: a byte that begins no scalar is U+FFFD, one byte long.
enum ScalarReading {
    @inline(__always)
    static func scalar(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> (UInt32, Int) {
        let first = text[index]
        if first < 0x80 { return (UInt32(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, first <= 0xF4, index + length <= text.count else { return (0xFFFD, 1) }
        var scalar = UInt32(first) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
        for offset in 1..<length {
            let byte = text[index + offset]
            guard byte & 0xC0 == 0x80 else { return (0xFFFD, 1) }
            scalar = scalar << 6 | UInt32(byte & 0x3F)
        }
        if length == 3, scalar < 0x800 || (scalar >= 0xD800 && scalar <= 0xDFFF) { return (0xFFFD, 1) }
        if length == 4, scalar < 0x10000 || scalar > 0x10FFFF { return (0xFFFD, 1) }
        return (scalar, length)
    }
}
