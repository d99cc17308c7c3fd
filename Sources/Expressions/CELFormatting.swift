/// `"…".format([…])` (ext/formatting.go of cel-go, the locale en_US).
struct CELFormatting {
    private let arguments: [CELValue]

    init(_ arguments: [CELValue]) { self.arguments = arguments }

    mutating func run(_ format: String) throws(CELStop) -> String {
        let bytes = Array(format.utf8)
        var result: [UInt8] = []
        var index = 0
        var next = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "%") {
                result.append(bytes[index])
                index += 2
                continue
            }
            guard next < arguments.count else { throw .error("index \(next) out of range") }
            guard index + 1 < bytes.count else { throw .error("unexpected end of string") }
            index += 1
            var precision: Int? = nil
            if bytes[index] == UInt8(ascii: ".") {
                let start = index + 1
                index = start
                while index < bytes.count, ASCII.isDigit(bytes[index]) { index += 1 }
                guard index < bytes.count else {
                    throw .error("could not parse formatting clause: error while parsing precision: could not find end of precision specifier")
                }
                guard let number = Int(String(decoding: bytes[start..<index], as: UTF8.self)) else {
                    throw .error("could not parse formatting clause: error while parsing precision: error while converting precision to integer")
                }
                guard number <= 300 else { throw .notImplemented("a precision of \(number)") }
                precision = number
            }
            result += try clause(bytes[index], precision, arguments[next]).utf8
            index += 1
            next += 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func clause(_ verb: UInt8, _ precision: Int?, _ value: CELValue) throws(CELStop) -> String {
        func refuse(_ what: String) -> CELStop {
            .error("error during formatting: \(what), was given \(value.typeName)")
        }
        switch (verb, value) {
        case (UInt8(ascii: "s"), _): return try string(value)
        case (UInt8(ascii: "d"), .int(let number)): return String(number)
        case (UInt8(ascii: "d"), .uint(let number)): return String(number)
        case (UInt8(ascii: "d"), _): throw refuse("decimal clause can only be used on integers")
        case (UInt8(ascii: "f"), .double(let number)): return fixed(number, precision ?? 6)
        case (UInt8(ascii: "f"), .string("NaN")): return "NaN"
        case (UInt8(ascii: "f"), .string("Infinity")): return "∞"
        case (UInt8(ascii: "f"), .string("-Infinity")): return "-∞"
        case (UInt8(ascii: "f"), _): throw refuse("fixed-point clause can only be used on doubles")
        case (UInt8(ascii: "e"), .double(let number)): return scientific(number, precision ?? 6)
        case (UInt8(ascii: "e"), .string("NaN")): return "NaN"
        case (UInt8(ascii: "e"), .string("Infinity")): return "∞"
        case (UInt8(ascii: "e"), .string("-Infinity")): return "-∞"
        case (UInt8(ascii: "e"), _): throw refuse("scientific clause can only be used on doubles")
        case (UInt8(ascii: "b"), .int(let number)): return String(number, radix: 2)
        case (UInt8(ascii: "b"), .uint(let number)): return String(number, radix: 2)
        case (UInt8(ascii: "b"), .bool(let value)): return value ? "1" : "0"
        case (UInt8(ascii: "b"), _): throw refuse("only integers and bools can be formatted as binary")
        case (UInt8(ascii: "o"), .int(let number)): return String(number, radix: 8)
        case (UInt8(ascii: "o"), .uint(let number)): return String(number, radix: 8)
        case (UInt8(ascii: "o"), _): throw refuse("octal clause can only be used on integers")
        case (UInt8(ascii: "x"), _), (UInt8(ascii: "X"), _):
            let isUpper = verb == UInt8(ascii: "X")
            switch value {
            case .int(let number): return String(number, radix: 16, uppercase: isUpper)
            case .uint(let number): return String(number, radix: 16, uppercase: isUpper)
            case .string(let text): return hexadecimal(Array(text.utf8), isUpper)
            case .bytes(let bytes): return hexadecimal(bytes, isUpper)
            default: throw refuse("only integers, byte buffers, and strings can be formatted as hex")
            }
        default:
            throw .error(
                "could not parse formatting clause: unrecognized formatting clause \"\(String(Unicode.Scalar(verb)))\"")
        }
    }

    private func hexadecimal(_ bytes: [UInt8], _ isUpper: Bool) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: isUpper) }.joined()
    }

    private func fixed(_ number: Double, _ precision: Int) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-∞" : "∞" }
        let text = GoNumber.fixed(number.magnitude, precision: precision, verb: "f")
        let parts = text.split(separator: ".", maxSplits: 1)
        var grouped: [Character] = []
        for (index, digit) in parts[0].reversed().enumerated() {
            if index > 0, index % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return (number.sign == .minus ? "-" : "") + String(grouped.reversed()) + (parts.count > 1 ? "." + parts[1] : "")
    }

    private func scientific(_ number: Double, _ precision: Int) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-∞" : "∞" }
        let parts = GoNumber.fixed(number, precision: precision, verb: "e").split(separator: "e", maxSplits: 1)
        let superscripts = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
        var exponent = ""
        for scalar in parts[1].unicodeScalars {
            switch scalar {
            case "-": exponent += "⁻"
            case "+": break
            default: exponent.append(superscripts[Int(scalar.value - 0x30)])
            }
        }
        return parts[0] + "×10" + exponent
    }

    private func string(_ value: CELValue) throws(CELStop) -> String {
        switch value {
        case .list, .map: return try literal(value)
        case .null: return "null"
        case .int, .uint, .double, .bool, .string, .timestamp, .duration, .type: return CELText.plain(value)
        case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
        default:
            throw .error(
                "error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given \(value.typeName)")
        }
    }

    /// A value as part of a list or map.
    private func literal(_ value: CELValue) throws(CELStop) -> String {
        switch value {
        case .string(let text): return CELText.quoted(text)
        case .bytes(let bytes): return "b" + CELText.quoted(String(decoding: bytes, as: UTF8.self))
        case .timestamp: return "timestamp(\(CELText.quoted(CELText.plain(value))))"
        case .duration: return "duration(\(CELText.quoted(CELText.plain(value))))"
        case .double(let number):
            if number.isNaN { return "\"NaN\"" }
            if number.isInfinite { return number < 0 ? "\"-Inf\"" : "\"+Inf\"" }
            return GoNumber.fixed(number, precision: 6, verb: "f")
        case .list(let list):
            var parts: [String] = []
            for item in CELItems(list) { parts.append(try literal(item)) }
            return "[" + parts.joined(separator: ", ") + "]"
        case .map(let map):
            var parts: [(String, String)] = []
            for key in map.keys { parts.append((try literal(key), try literal(map.value(for: key) ?? .null))) }
            parts.sort { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
            return "{" + parts.map { $0.0 + ":" + $0.1 }.joined(separator: ", ") + "}"
        case .int, .uint, .bool, .null, .type: return CELText.plain(value)
        default: throw .error("error during formatting: no formatting function for \(value.typeName)")
        }
    }
}
