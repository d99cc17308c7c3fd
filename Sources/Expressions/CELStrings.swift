/// The functions of strings (common/types/string.go, ext/strings.go of cel-go,
/// library/regex.go of k8s.io/apiserver).
extension CELEvaluation {
    mutating func string(_ name: String, _ text: String, _ arguments: [CELValue]) throws(CELStop) -> CELValue {
        try pay(for: text)
        switch (name, arguments.count) {
        case ("lowerAscii", 0): return .string(CELStrings.mapASCII(text) { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 })
        case ("upperAscii", 0): return .string(CELStrings.mapASCII(text) { $0 >= 0x61 && $0 <= 0x7A ? $0 - 32 : $0 })
        case ("trim", 0): return .string(CELStrings.trim(text))
        default: break
        }
        guard let first = arguments.first else { throw .noSuchOverload }
        switch (name, first, arguments.count) {
        case ("contains", .string(let other), 1):
            try pay(text.utf8.count / 16 * (1 + other.utf8.count / 16))
            return .bool(CELStrings.find(Array(other.utf8), in: Array(text.utf8), from: 0) != nil)
        case ("startsWith", .string(let other), 1): return .bool(text.utf8.starts(with: other.utf8))
        case ("endsWith", .string(let other), 1):
            return .bool(text.utf8.reversed().starts(with: other.utf8.reversed()))
        case ("matches", .string(let pattern), 1): return .bool(try expression(pattern, "", for: text).matches(text))
        case ("find", .string(let pattern), 1):
            return .string(try expression(pattern, "Illegal regex: ", for: text).firstMatch(in: text) ?? "")
        case ("findAll", .string(let pattern), _):
            var limit = -1
            if arguments.count == 2 {
                guard case .int(let number) = arguments[1] else { throw .noSuchOverload }
                limit = Int(number)
            }
            let found = try expression(pattern, "Illegal regex: ", for: text).allMatches(in: text, limit: limit)
            try pay(found.count)
            return .array(found.map { .string($0) })
        case ("charAt", .int(let index), 1):
            let scalars = Array(text.unicodeScalars)
            guard index >= 0, index <= scalars.count else { throw .error("index out of range: \(index)") }
            return .string(index == scalars.count ? "" : String(scalars[Int(index)]))
        case ("indexOf", .string(let other), _), ("lastIndexOf", .string(let other), _):
            return .int(try index(name, text, other, arguments))
        case ("substring", .int(let start), _): return .string(try substring(text, start, arguments))
        case ("replace", .string(let old), 2...3): return .string(try replace(text, old, arguments))
        case ("split", .string(let separator), 1...2): return try split(text, separator, arguments)
        case ("format", .list(let list), 1):
            var formatting = CELFormatting(CELItems(list))
            let result = try formatting.run(text)
            try pay(for: result)
            return .string(result)
        default: throw .noSuchOverload
        }
    }

    /// A pattern, paid for with what it costs to look for it in a text, as the API
    /// server estimates it: the one's size times the other's.
    private mutating func expression(_ pattern: String, _ prefix: String, for text: String) throws(CELStop) -> RegularExpression {
        try pay(for: pattern)
        let expression: RegularExpression
        do throws(RegularExpressionError) { expression = try patterns.expression(pattern) } catch {
            throw .error("\(prefix)error parsing regexp: \(error.message)")
        }
        try pay((1 + text.utf8.count / 16) * (1 + expression.size / 16))
        return expression
    }

    private mutating func index(
        _ name: String, _ text: String, _ other: String, _ arguments: [CELValue]
    ) throws(CELStop) -> Int64 {
        let scalars = Array(text.unicodeScalars)
        let wanted = Array(other.unicodeScalars)
        let isLast = name == "lastIndexOf"
        var offset: Int64? = nil
        if arguments.count == 2 {
            guard case .int(let number) = arguments[1] else { throw .noSuchOverload }
            offset = number
        } else if arguments.count > 2 {
            throw .noSuchOverload
        }
        if wanted.isEmpty { return offset ?? (isLast ? Int64(scalars.count) : 0) }
        if isLast, offset == nil, text.utf8.count < other.utf8.count { return -1 }
        let start = Int(offset ?? (isLast ? Int64(scalars.count - 1) : 0))
        if start < 0 { throw .error("index out of range: \(start)") }
        if start >= scalars.count { return -1 }
        try pay(scalars.count / 16 * (1 + wanted.count / 16))
        let last = scalars.count - wanted.count
        func matches(_ place: Int) -> Bool { scalars[place..<(place + wanted.count)].elementsEqual(wanted) }
        if isLast {
            var place = min(start, last)
            while place >= 0 {
                if matches(place) { return Int64(place) }
                place -= 1
            }
        } else {
            var place = start
            while place <= last {
                if matches(place) { return Int64(place) }
                place += 1
            }
        }
        return -1
    }

    private func substring(_ text: String, _ start: Int64, _ arguments: [CELValue]) throws(CELStop) -> String {
        let scalars = Array(text.unicodeScalars)
        var end = Int64(scalars.count)
        if arguments.count == 2 {
            guard case .int(let number) = arguments[1] else { throw .noSuchOverload }
            end = number
            if start > end { throw .error("invalid substring range. start: \(start), end: \(end)") }
        }
        guard start >= 0, start <= scalars.count else { throw .error("index out of range: \(start)") }
        guard end >= 0, end <= scalars.count else { throw .error("index out of range: \(end)") }
        var result = ""
        result.unicodeScalars.append(contentsOf: scalars[Int(start)..<Int(end)])
        return result
    }

    private mutating func replace(_ text: String, _ old: String, _ arguments: [CELValue]) throws(CELStop) -> String {
        guard case .string(let new) = arguments[1] else { throw .noSuchOverload }
        var limit = -1
        if arguments.count == 3 {
            guard case .int(let number) = arguments[2] else { throw .noSuchOverload }
            limit = Int(number)
        }
        let pieces = CELStrings.places(of: Array(old.utf8), in: Array(text.utf8), limit: limit)
        try pay(pieces.count * (1 + new.utf8.count / 16))
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        for place in pieces {
            result += bytes[position..<place]
            result += new.utf8
            position = place + old.utf8.count
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func split(
        _ text: String, _ separator: String, _ arguments: [CELValue]
    ) throws(CELStop) -> CELValue {
        var limit: Int64 = -1
        if arguments.count == 2 {
            guard case .int(let number) = arguments[1] else { throw .noSuchOverload }
            limit = number
        }
        if limit == 0 { return .array([]) }
        let bytes = Array(text.utf8)
        let wanted = Array(separator.utf8)
        var result: [CELValue] = []
        if wanted.isEmpty {
            let scalars = Array(text.unicodeScalars)
            let count = limit < 0 ? scalars.count : min(Int(limit), scalars.count)
            guard count > 0 else { return .array([]) }
            for scalar in scalars[..<(count - 1)] { result.append(.string(String(scalar))) }
            var rest = ""
            rest.unicodeScalars.append(contentsOf: scalars[(count - 1)...])
            result.append(.string(rest))
        } else {
            var position = 0
            for place in CELStrings.places(of: wanted, in: bytes, limit: limit < 0 ? -1 : Int(limit) - 1) {
                result.append(.string(String(decoding: bytes[position..<place], as: UTF8.self)))
                position = place + wanted.count
            }
            result.append(.string(String(decoding: bytes[position...], as: UTF8.self)))
        }
        try pay(result.count)
        return .array(result)
    }
}

enum CELStrings {
    static func mapASCII(_ text: String, _ change: (UInt8) -> UInt8) -> String {
        String(decoding: text.utf8.map { $0 < 0x80 ? change($0) : $0 }, as: UTF8.self)
    }

    /// `strings.TrimSpace`.
    static func trim(_ text: String) -> String {
        var scalars = Array(text.unicodeScalars)[...]
        func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
        while let first = scalars.first, isSpace(first) { scalars.removeFirst() }
        while let last = scalars.last, isSpace(last) { scalars.removeLast() }
        var result = ""
        result.unicodeScalars.append(contentsOf: scalars)
        return result
    }

    static func find(_ wanted: [UInt8], in text: [UInt8], from: Int) -> Int? {
        guard let first = wanted.first else { return from }
        var place = from
        while place + wanted.count <= text.count {
            if text[place] == first, text[place..<(place + wanted.count)].elementsEqual(wanted) { return place }
            place += 1
        }
        return nil
    }

    /// Where a text lies in another without overlap; an empty one before each
    /// scalar and at the end (`strings.Replace`).
    static func places(of wanted: [UInt8], in text: [UInt8], limit: Int) -> [Int] {
        var result: [Int] = []
        var position = 0
        while limit < 0 || result.count < limit {
            if wanted.isEmpty {
                guard position <= text.count else { break }
                result.append(position)
                position += position < text.count
                    ? text.withUnsafeBufferPointer { ScalarReading.scalar($0, at: position).1 } : 1
            } else {
                guard let place = find(wanted, in: text, from: position) else { break }
                result.append(place)
                position = place + wanted.count
            }
        }
        return result
    }

    /// `strings.quote` of ext/strings.go.
    static func quote(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 7: result += "\\a"
            case 8: result += "\\b"
            case 9: result += "\\t"
            case 10: result += "\\n"
            case 11: result += "\\v"
            case 12: result += "\\f"
            case 13: result += "\\r"
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
