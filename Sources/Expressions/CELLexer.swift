/// A word of an expression.
struct CELToken {
    enum Kind: Equatable {
        case identifier(String)
        case quotedIdentifier(String)
        case int(String), uint(String), double(String)
        case string(String), bytes([UInt8])
        /// An operator, bracket or reserved word: `true`, `false`, `null`, `in`.
        case symbol(String)
        case end
    }

    let kind: Kind
    let offset: Int
}

/// The words of an expression (CEL.g4 of cel-go).
struct CELLexer {
    private let text: [UInt8]
    private var index = 0

    init(_ text: [UInt8]) { self.text = text }

    private func byte(_ offset: Int = 0) -> UInt8? { index + offset < text.count ? text[index + offset] : nil }

    mutating func tokens() throws(CELError) -> [CELToken] {
        var result: [CELToken] = []
        while true {
            let token = try next()
            result.append(token)
            if token.kind == .end { return result }
        }
    }

    private mutating func skipSpace() {
        while let byte = byte() {
            if byte == 9 || byte == 10 || byte == 12 || byte == 13 || byte == 32 {
                index += 1
            } else if byte == UInt8(ascii: "/"), self.byte(1) == UInt8(ascii: "/") {
                while let byte = self.byte(), byte != 10 { index += 1 }
            } else {
                return
            }
        }
    }

    private mutating func next() throws(CELError) -> CELToken {
        skipSpace()
        let start = index
        guard let first = byte() else { return CELToken(kind: .end, offset: start) }
        if let literal = try readString() { return CELToken(kind: literal, offset: start) }
        if ASCII.isLetter(first) || first == UInt8(ascii: "_") {
            while let byte = byte(), ASCII.isAlphanumeric(byte) || byte == UInt8(ascii: "_") { index += 1 }
            let word = String(decoding: text[start..<index], as: UTF8.self)
            let isSymbol = word == "true" || word == "false" || word == "null" || word == "in"
            return CELToken(kind: isSymbol ? .symbol(word) : .identifier(word), offset: start)
        }
        if ASCII.isDigit(first) || (first == UInt8(ascii: "."), byte(1).map(ASCII.isDigit) == true) == (true, true) {
            return CELToken(kind: readNumber(), offset: start)
        }
        if first == UInt8(ascii: "`") {
            index += 1
            while let byte = byte(), byte != UInt8(ascii: "`") {
                guard ASCII.isAlphanumeric(byte) || "_.-/ ".utf8.contains(byte) else { break }
                index += 1
            }
            guard byte() == UInt8(ascii: "`"), index > start + 1 else {
                throw CELError(message: "Syntax error: token recognition error at: '`'", offset: start)
            }
            index += 1
            return CELToken(
                kind: .quotedIdentifier(String(decoding: text[(start + 1)..<(index - 1)], as: UTF8.self)), offset: start)
        }
        if index + 1 < text.count {
            let pair = String(decoding: text[index..<(index + 2)], as: UTF8.self)
            if ["==", "!=", "<=", ">=", "&&", "||"].contains(pair) {
                index += 2
                return CELToken(kind: .symbol(pair), offset: start)
            }
        }
        guard "<>[]{}().,-!?:+*/%".utf8.contains(first) else {
            throw CELError(
                message: "Syntax error: token recognition error at: '\(excerpt(start))'", offset: start)
        }
        index += 1
        return CELToken(kind: .symbol(String(Unicode.Scalar(first))), offset: start)
    }

    private func excerpt(_ start: Int) -> String {
        String(String(decoding: text[start..<min(text.count, start + 8)], as: UTF8.self).prefix(1))
    }

    private mutating func readNumber() -> CELToken.Kind {
        let start = index
        func digits(_ accepts: (UInt8) -> Bool) { while let byte = byte(), accepts(byte) { index += 1 } }
        if byte() == UInt8(ascii: "0"), byte(1) == UInt8(ascii: "x"), byte(2).map(ASCII.isHexadecimal) == true {
            index += 2
            digits(ASCII.isHexadecimal)
            return integer(start)
        }
        digits(ASCII.isDigit)
        var isDouble = false
        if byte() == UInt8(ascii: "."), byte(1).map(ASCII.isDigit) == true {
            isDouble = true
            index += 1
            digits(ASCII.isDigit)
        }
        if let letter = byte(), letter | 0x20 == UInt8(ascii: "e") {
            let hasSign = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-")
            if byte(hasSign ? 2 : 1).map(ASCII.isDigit) == true {
                isDouble = true
                index += hasSign ? 2 : 1
                digits(ASCII.isDigit)
            }
        }
        if isDouble { return .double(String(decoding: text[start..<index], as: UTF8.self)) }
        return integer(start)
    }

    private mutating func integer(_ start: Int) -> CELToken.Kind {
        let digits = String(decoding: text[start..<index], as: UTF8.self)
        guard let letter = byte(), letter | 0x20 == UInt8(ascii: "u") else { return .int(digits) }
        index += 1
        return .uint(digits)
    }

    // MARK: strings

    /// A string or bytes, with their prefixes, where one begins here.
    private mutating func readString() throws(CELError) -> CELToken.Kind? {
        let start = index
        var position = index
        var isBytes = false
        var isRaw = false
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "b") {
            isBytes = true
            position += 1
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "r") {
            isRaw = true
            position += 1
        }
        guard position < text.count, text[position] == UInt8(ascii: "'") || text[position] == UInt8(ascii: "\"") else {
            return nil
        }
        let quote = text[position]
        let isTriple = position + 2 < text.count && text[position + 1] == quote && text[position + 2] == quote
        index = position + (isTriple ? 3 : 1)
        var content: [UInt8] = []
        while true {
            guard let byte = byte() else {
                throw CELError(message: "Syntax error: the string is never closed", offset: start)
            }
            if byte == quote {
                if !isTriple {
                    index += 1
                    break
                }
                if self.byte(1) == quote, self.byte(2) == quote {
                    index += 3
                    break
                }
            }
            if !isTriple, byte == 10 || byte == 13 {
                throw CELError(message: "Syntax error: the string is not closed on its line", offset: start)
            }
            if byte == UInt8(ascii: "\\"), !isRaw {
                try readEscape(into: &content, isBytes: isBytes)
            } else if byte == 13 {
                // Line breaks are normalized (newlineNormalizer of unescape.go).
                content.append(10)
                index += self.byte(1) == 10 ? 2 : 1
            } else {
                content.append(byte)
                index += 1
            }
        }
        return isBytes ? .bytes(content) : .string(String(decoding: content, as: UTF8.self))
    }

    private mutating func readEscape(into content: inout [UInt8], isBytes: Bool) throws(CELError) {
        let start = index
        let bad = CELError(message: "Syntax error: unable to unescape string", offset: start)
        index += 1
        guard let letter = byte() else { throw bad }
        index += 1
        var value: UInt32 = 0
        func digits(_ count: Int, _ radix: UInt32) -> Bool {
            for _ in 0..<count {
                guard let byte = byte(), let digit = ASCII.hexValue(UInt32(byte)), digit < radix else { return false }
                value = value &* radix &+ digit
                index += 1
            }
            return true
        }
        switch letter {
        case UInt8(ascii: "a"): return content.append(7)
        case UInt8(ascii: "b"): return content.append(8)
        case UInt8(ascii: "f"): return content.append(12)
        case UInt8(ascii: "n"): return content.append(10)
        case UInt8(ascii: "r"): return content.append(13)
        case UInt8(ascii: "t"): return content.append(9)
        case UInt8(ascii: "v"): return content.append(11)
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "?"):
            return content.append(letter)
        case UInt8(ascii: "x"), UInt8(ascii: "X"): guard digits(2, 16) else { throw bad }
        case UInt8(ascii: "u"): guard !isBytes, digits(4, 16) else { throw bad }
        case UInt8(ascii: "U"): guard !isBytes, digits(8, 16) else { throw bad }
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            index -= 1
            guard digits(3, 8) else { throw bad }
        default: throw bad
        }
        if isBytes { return content.append(UInt8(truncatingIfNeeded: value)) }
        guard let scalar = Unicode.Scalar(value) else {
            throw CELError(message: "Syntax error: invalid unicode code point", offset: start)
        }
        content.append(contentsOf: String(scalar).utf8)
    }
}
