/// One reading of a JSON text (RFC 8259). It keeps its own stack, so that no
/// depth of the input can exhaust the thread's.
///
/// What other notations allow and JSON doesn't (comments, trailing commas,
/// single quotes, `NaN`) is reported and read over; any other error ends the
/// reading.
struct JSONReading<Receiver: NodeReceiver> {
    private enum Expected {
        case value
        /// After `[`.
        case firstItem
        /// After `{`, and after a comma of an object.
        case firstKey, key
        case commaOrEnd
        case endOfText
    }

    private struct OpenCollection {
        let isObject: Bool
        let offset: Int
    }

    /// Ends the reading; what is wrong has been reported.
    private struct Stopped: Error {}

    let source: SourceText
    let file: String
    let limits: ReadingLimits
    var receiver: Receiver
    private(set) var diagnostics: [Diagnostic] = []

    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0
    private var open: [OpenCollection] = []
    /// The last comma or opening bracket, for errors about what follows it.
    private var lastComma = 0
    private var places: PlaceCounter
    private var unescaped: [UInt8] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, file: String, limits: ReadingLimits, receiver: Receiver) {
        source = SourceText(bytes)
        self.bytes = source.bytes
        self.file = file
        self.limits = limits
        self.receiver = receiver
        places = PlaceCounter(source.bytes)
    }

    mutating func run() {
        if let reason = Unreadable.reason(in: source, limits: limits) {
            diagnostics = [reason.diagnostic(language: "json", file: file, source: source, limits: limits)]
            return
        }
        do throws(Stopped) {
            try readText()
        } catch {
            receiver.abandon()
        }
    }

    private mutating func readText() throws(Stopped) {
        var expected = Expected.value
        while true {
            try skipSpace()
            guard index < bytes.count else {
                if case .endOfText = expected { return }
                throw endsTooEarly()
            }
            let byte = bytes[index]
            switch expected {
            case .firstItem where byte == Byte.closingBracket: expected = try close(isObject: false)
            case .firstKey where byte == Byte.closingBrace: expected = try close(isObject: true)
            case .value, .firstItem: expected = try readValue()
            case .firstKey, .key: expected = try readKey()
            case .commaOrEnd: expected = try readCommaOrEnd()
            case .endOfText:
                throw stop("text follows the end of the value", hint: "a JSON file holds one value", at: index)
            }
        }
    }

    // MARK: structure

    private mutating func readValue() throws(Stopped) -> Expected {
        switch bytes[index] {
        case Byte.openingBracket, Byte.openingBrace:
            guard open.count < limits.depth else {
                throw stop(
                    rule: "json/depth", "more than \(limits.depth) levels of arrays and objects within one another",
                    at: index)
            }
            let isObject = bytes[index] == Byte.openingBrace
            open.append(OpenCollection(isObject: isObject, offset: index))
            receiver.begin(isMapping: isObject, tag: nil, at: place(index))
            index += 1
            return isObject ? .firstKey : .firstItem
        case Byte.quote, Byte.apostrophe:
            return place(try readString())
        case Byte.minus, Byte.zero...Byte.nine, Byte.plus, Byte.point:
            return place(try readNumber())
        case Byte.closingBracket, Byte.closingBrace, Byte.comma:
            if let last = open.last, !last.isObject, bytes[index] == Byte.closingBracket {
                try reportTrailingComma()
                return try close(isObject: false)
            }
            throw stop("expected a value", at: index)
        default:
            return place(try readWord())
        }
    }

    private mutating func readKey() throws(Stopped) -> Expected {
        switch bytes[index] {
        case Byte.quote, Byte.apostrophe:
            receiver.add(try readString())
        case Byte.closingBrace:
            try reportTrailingComma()
            return try close(isObject: true)
        case Byte.comma:
            throw stop("expected a key", at: index)
        default:
            throw stop("expected a key in double quotes", at: index)
        }
        try skipSpace()
        guard index < bytes.count else { throw endsTooEarly() }
        guard bytes[index] == Byte.colon else {
            throw stop("expected \":\" after the key", at: index)
        }
        index += 1
        return .value
    }

    private mutating func readCommaOrEnd() throws(Stopped) -> Expected {
        guard let last = open.last else { return .endOfText }
        switch bytes[index] {
        case Byte.comma:
            lastComma = index
            index += 1
            return last.isObject ? .key : .value
        case Byte.closingBracket, Byte.closingBrace:
            return try close(isObject: bytes[index] == Byte.closingBrace)
        case Byte.quote, Byte.openingBrace, Byte.openingBracket:
            throw stop("expected \",\" before this value", at: index)
        default:
            throw stop("expected \",\" or \"\(last.isObject ? "}" : "]")\"", at: index)
        }
    }

    private mutating func close(isObject: Bool) throws(Stopped) -> Expected {
        guard let last = open.last, last.isObject == isObject else {
            let opening = open.last.map { position($0.offset) }
            throw stop(
                isObject
                    ? "\"}\" closes the \"[\" at line \(opening?.line ?? 1), column \(opening?.column ?? 1)"
                    : "\"]\" closes the \"{\" at line \(opening?.line ?? 1), column \(opening?.column ?? 1)",
                at: index)
        }
        open.removeLast()
        index += 1
        return place(receiver.end(at: place(index)))
    }

    /// Puts a finished value where it belongs.
    private mutating func place(_ value: Receiver.Value) -> Expected {
        guard !open.isEmpty else {
            receiver.document(value, at: .start)
            return .endOfText
        }
        receiver.add(value)
        return .commaOrEnd
    }

    // MARK: scalars

    private mutating func readString() throws(Stopped) -> Receiver.Value {
        let start = index
        let startPlace = place(start)
        let quote = bytes[start]
        if quote == Byte.apostrophe {
            try report("JSON strings stand in double quotes", at: start)
        }
        index += 1
        var chunk = index
        var hasEscapes = false
        unescaped.removeAll(keepingCapacity: true)
        while true {
            guard index < bytes.count else {
                throw stop("the string that opens here is never closed", at: start)
            }
            let byte = bytes[index]
            if byte == quote { break }
            if byte < 0x20 { throw controlCharacter(in: start) }
            if byte == Byte.backslash {
                hasEscapes = true
                if Receiver.keepsNodes { unescaped.append(contentsOf: bytes[chunk..<index]) }
                try readEscape(quote: quote)
                chunk = index
            } else {
                index += 1
            }
        }
        let end = index
        index += 1
        let range = SourceRange(start: startPlace, end: place(index))
        guard hasEscapes, Receiver.keepsNodes else {
            return receiver.scalar(
                UnsafeBufferPointer(rebasing: bytes[chunk..<end]), style: .doubleQuoted, tag: nil, range: range)
        }
        unescaped.append(contentsOf: bytes[chunk..<end])
        // The receiver can't be used while its own parser's buffer is borrowed.
        let text = unescaped
        return text.withUnsafeBufferPointer {
            receiver.scalar($0, style: .doubleQuoted, tag: nil, range: range)
        }
    }

    private mutating func controlCharacter(in start: Int) -> Stopped {
        if bytes[index] == 0x0A || bytes[index] == 0x0D {
            return stop(
                "the string that opens here is not closed on its line",
                hint: "add the closing quote, or write a line break as \\n", at: start)
        }
        let code = String(bytes[index], radix: 16)
        return stop(
            "a control character stands in a string",
            hint: "write it as \\u\(String(repeating: "0", count: 4 - code.count))\(code)", at: index)
    }

    /// Reads from the backslash (RFC 8259, section 7).
    private mutating func readEscape(quote: UInt8) throws(Stopped) {
        let start = index
        index += 1
        guard index < bytes.count else { throw endsTooEarly() }
        let byte = bytes[index]
        index += 1
        let meaning: UInt8
        switch byte {
        case Byte.quote, Byte.backslash, Byte.slash: meaning = byte
        case UInt8(ascii: "b"): meaning = 0x08
        case UInt8(ascii: "f"): meaning = 0x0C
        case UInt8(ascii: "n"): meaning = 0x0A
        case UInt8(ascii: "r"): meaning = 0x0D
        case UInt8(ascii: "t"): meaning = 0x09
        case UInt8(ascii: "u"):
            let scalar = try readUnicodeEscape(from: start)
            if Receiver.keepsNodes { unescaped.append(contentsOf: String(Character(scalar)).utf8) }
            return
        case Byte.apostrophe where quote == Byte.apostrophe: meaning = byte
        default:
            throw stop("unknown escape in a string", hint: "write a backslash as \\\\", at: start)
        }
        if Receiver.keepsNodes { unescaped.append(meaning) }
    }

    private mutating func readUnicodeEscape(from start: Int) throws(Stopped) -> Unicode.Scalar {
        let first = try readHexadecimal(from: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xDC00, index + 1 < bytes.count, bytes[index] == Byte.backslash,
            bytes[index + 1] == UInt8(ascii: "u")
        {
            index += 2
            let second = try readHexadecimal(from: start)
            if (0xDC00...0xDFFF).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            {
                return scalar
            }
        }
        throw stop("the escape is one half of a surrogate pair and stands for no character", at: start)
    }

    private mutating func readHexadecimal(from start: Int) throws(Stopped) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard index < bytes.count, let digit = hexadecimalValue(bytes[index]) else {
                throw stop("\\u needs four hexadecimal digits", at: start)
            }
            value = value << 4 | digit
            index += 1
        }
        return value
    }

    private func hexadecimalValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte) - 0x30
        case 0x41...0x46: UInt32(byte) - 0x41 + 10
        case 0x61...0x66: UInt32(byte) - 0x61 + 10
        default: nil
        }
    }

    /// Reads a number (RFC 8259, section 6).
    private mutating func readNumber() throws(Stopped) -> Receiver.Value {
        let start = index
        let startPlace = place(start)
        if bytes[index] == Byte.plus { throw stop("a number cannot start with \"+\"", at: start) }
        if bytes[index] == Byte.minus { index += 1 }
        if index + 7 < bytes.count, bytes[index] == UInt8(ascii: "I") { return try readWord(from: start) }
        let digits = index
        guard skipDigits() else {
            throw stop(
                index < bytes.count && bytes[index] == Byte.point
                    ? "a number needs a digit before the point" : "expected a digit after \"-\"", at: start)
        }
        if bytes[digits] == Byte.zero, index - digits > 1 {
            try report("a number cannot start with 0", hint: "put it in quotes if the zeros matter", at: start)
        }
        if index < bytes.count, bytes[index] == Byte.point {
            index += 1
            guard skipDigits() else { throw stop("a number needs a digit after the point", at: start) }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == Byte.plus || bytes[index] == Byte.minus { index += 1 }
            guard skipDigits() else { throw stop("a number needs a digit in its exponent", at: start) }
        }
        if index < bytes.count, isWordByte(bytes[index]) {
            throw stop("a number cannot go on with \(excerpt(from: index))", at: index)
        }
        return plain(from: start, startPlace)
    }

    private mutating func skipDigits() -> Bool {
        let start = index
        while index < bytes.count, (Byte.zero...Byte.nine).contains(bytes[index]) { index += 1 }
        return index > start
    }

    /// Reads `true`, `false` or `null`, or says what else it is.
    private mutating func readWord() throws(Stopped) -> Receiver.Value {
        try readWord(from: index)
    }

    private mutating func readWord(from start: Int) throws(Stopped) -> Receiver.Value {
        let startPlace = place(start)
        index = start
        while index < bytes.count, isWordByte(bytes[index]) || bytes[index] == Byte.minus { index += 1 }
        let length = index - start
        guard length > 0 else {
            throw stop("expected a value, not \(TerminalText.quoted(firstCharacter(at: start)))", at: start)
        }
        let word = String(decoding: bytes[start..<min(index, start + 16)], as: UTF8.self)
        switch word {
        case "true", "false", "null": break
        case "NaN", "Infinity", "-Infinity":
            try report("JSON has no \(word)", at: start)
        case "True", "False", "TRUE", "FALSE":
            try report("expected a value, not \"\(word)\"", hint: "JSON writes it in lower case", at: start)
        case "None", "undefined", "nil", "Null", "NULL":
            try report("expected a value, not \"\(word)\"", hint: "JSON writes it as null", at: start)
        default:
            throw stop(
                "expected a value, not \(excerpt(from: start))", hint: "put text in double quotes", at: start)
        }
        return plain(from: start, startPlace)
    }

    private mutating func plain(from start: Int, _ startPlace: SourcePosition) -> Receiver.Value {
        receiver.scalar(
            UnsafeBufferPointer(rebasing: bytes[start..<index]), style: .plain, tag: nil,
            range: SourceRange(start: startPlace, end: place(index)))
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "."), 0x80...: true
        default: false
        }
    }

    private func excerpt(from start: Int) -> String {
        var end = start
        while end < bytes.count, end - start < 256, isWordByte(bytes[end]) || bytes[end] == Byte.minus { end += 1 }
        return TerminalText.quoted(String(decoding: bytes[start..<end], as: UTF8.self), limit: 24)
    }

    private func firstCharacter(at start: Int) -> String {
        String(String(decoding: bytes[start..<min(start + 32, bytes.count)], as: UTF8.self).prefix(1))
    }

    // MARK: between values

    private mutating func skipSpace() throws(Stopped) {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            case Byte.slash, Byte.hash: try skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() throws(Stopped) {
        let start = index
        let second = index + 1 < bytes.count ? bytes[index + 1] : 0
        guard bytes[start] == Byte.hash || second == Byte.slash || second == Byte.star else {
            throw stop("expected a value, not \"/\"", at: start)
        }
        try report("JSON has no comments", at: start)
        if second == Byte.star, bytes[start] == Byte.slash {
            index += 2
            while index + 1 < bytes.count, !(bytes[index] == Byte.star && bytes[index + 1] == Byte.slash) {
                index += 1
            }
            index = min(index + 2, bytes.count)
        } else {
            while index < bytes.count, bytes[index] != 0x0A, bytes[index] != 0x0D { index += 1 }
        }
    }

    // MARK: diagnostics

    private mutating func endsTooEarly() -> Stopped {
        guard let last = open.last else {
            return stop(bytes.isEmpty ? "the file is empty" : "the file has no value", at: 0)
        }
        let opening = position(last.offset)
        let place = "line \(opening.line), column \(opening.column)"
        return stop(
            "the file ends before the \"\(last.isObject ? "{" : "[")\" at \(place) is closed", at: bytes.count)
    }

    private mutating func reportTrailingComma() throws(Stopped) {
        try report("a comma follows the last element", hint: "remove the comma", at: lastComma)
    }

    /// Reports what can be read over.
    private mutating func report(_ message: String, hint: String? = nil, at offset: Int) throws(Stopped) {
        append(rule: "json/syntax", message, hint: hint, at: offset)
        guard diagnostics.count < limits.diagnostics else {
            append(
                rule: "json/too-many-errors", "too many errors, the rest of the file was not read", hint: nil,
                at: offset)
            throw Stopped()
        }
    }

    /// Reports what can't be read over.
    private mutating func stop(
        rule: String = "json/syntax", _ message: String, hint: String? = nil, at offset: Int
    ) -> Stopped {
        append(rule: rule, message, hint: hint, at: offset)
        return Stopped()
    }

    private mutating func append(rule: String, _ message: String, hint: String?, at offset: Int) {
        diagnostics.append(
            Diagnostic(
                file: file, position: position(offset), rule: rule, message: message, hint: hint))
    }

    /// The place of any byte, counted from the start.
    private func position(_ offset: Int) -> SourcePosition {
        var counter = PlaceCounter(bytes)
        return counter.place(of: offset)
    }

    /// The place of a byte at or after those asked before, if anyone keeps it.
    private mutating func place(_ offset: Int) -> SourcePosition {
        Receiver.keepsNodes ? places.place(of: offset) : .start
    }
}

/// Counts places forward through the bytes, each byte once.
struct PlaceCounter {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var offset = 0
    private var position = SourcePosition.start

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// The place of a byte that is not before the last one asked for.
    mutating func place(of target: Int) -> SourcePosition {
        while offset < target {
            let byte = bytes[offset]
            offset += 1
            if byte == 0x0A || byte == 0x0D && !(offset < bytes.count && bytes[offset] == 0x0A) {
                position.line += 1
                position.column = 1
            } else if byte & 0xC0 != 0x80, byte != 0x0D {
                position.column += 1
            }
        }
        return position
    }
}

/// The characters that JSON is made of.
private enum Byte {
    static let quote = UInt8(ascii: "\"")
    static let apostrophe = UInt8(ascii: "'")
    static let backslash = UInt8(ascii: "\\")
    static let slash = UInt8(ascii: "/")
    static let star = UInt8(ascii: "*")
    static let hash = UInt8(ascii: "#")
    static let colon = UInt8(ascii: ":")
    static let comma = UInt8(ascii: ",")
    static let openingBracket = UInt8(ascii: "[")
    static let closingBracket = UInt8(ascii: "]")
    static let openingBrace = UInt8(ascii: "{")
    static let closingBrace = UInt8(ascii: "}")
    static let minus = UInt8(ascii: "-")
    static let plus = UInt8(ascii: "+")
    static let point = UInt8(ascii: ".")
    static let zero = UInt8(ascii: "0")
    static let nine = UInt8(ascii: "9")
}
