import Manifests

/// The schedule of a CronJob: five fields or a descriptor, as github.com/robfig/cron/v3
/// reads it (`ParseStandard`), its oddities included: empty parts of a list pass,
/// Sunday is 0 and never 7.
enum CronSchedule {
    /// What keeps a text from being a schedule, as the end of a sentence.
    static func fault(_ text: Names.Bytes) -> String? {
        if text.isEmpty { return "is empty" }
        if text[0] == UInt8(ascii: "@") { return descriptorFault(text) }
        var count = 0
        var fault: String?
        eachField(of: text) { field in
            if count < limits.count, fault == nil { fault = fieldFault(field, limits[count]) }
            count += 1
        }
        guard count == 5 else { return "has \(count) field\(count == 1 ? "" : "s"), five are required" }
        return fault
    }

    /// What one field may hold.
    private struct Limits {
        let name: String
        let bounds: ClosedRange<Int>
        let names: [StaticString]
        /// The number of the first name.
        let first: Int
    }

    private static let limits = [
        Limits(name: "minute", bounds: 0...59, names: [], first: 0),
        Limits(name: "hour", bounds: 0...23, names: [], first: 0),
        Limits(name: "day of month", bounds: 1...31, names: [], first: 0),
        Limits(
            name: "month", bounds: 1...12,
            names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], first: 1),
        Limits(name: "day of week", bounds: 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"], first: 0),
    ]

    private static func eachField(of text: Names.Bytes, _ body: (Names.Bytes) -> Void) {
        var start = 0
        for index in 0...text.count where index == text.count || isSpace(text[index]) {
            if index > start { body(Names.Bytes(rebasing: text[start..<index])) }
            start = index + 1
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

    private static func fieldFault(_ field: Names.Bytes, _ limits: Limits) -> String? {
        var fault: String?
        _ = Names.eachPart(of: field, between: UInt8(ascii: ",")) { part in
            fault = part.isEmpty ? nil : rangeFault(part, limits)
            return fault == nil
        }
        return fault
    }

    private static func rangeFault(_ text: Names.Bytes, _ limits: Limits) -> String? {
        func quoted() -> String { "\"\(String(decoding: text.prefix(40), as: UTF8.self))\" in its \(limits.name)" }
        let slash = text.firstIndex(of: Names.slash)
        let range = slash.map { Names.Bytes(rebasing: text[..<$0]) } ?? text
        let dash = range.firstIndex(of: Names.dash)
        let low = dash.map { Names.Bytes(rebasing: range[..<$0]) } ?? range
        let start: Int
        var end: Int
        if low.elementsEqual("*") || low.elementsEqual("?") {
            start = limits.bounds.lowerBound
            end = limits.bounds.upperBound
        } else {
            guard let number = number(low, limits) else { return "has \(quoted()), which is no number" }
            start = number
            end = number
            if let dash {
                let high = Names.Bytes(rebasing: range[(dash + 1)...])
                guard !high.contains(Names.dash) else { return "has \(quoted()), with too many \"-\"" }
                guard let number = Self.number(high, limits) else { return "has \(quoted()), which is no range of numbers" }
                end = number
            }
        }
        var step = 1
        if let slash {
            let tail = Names.Bytes(rebasing: text[(slash + 1)...])
            guard !tail.contains(Names.slash) else { return "has \(quoted()), with too many \"/\"" }
            guard let number = integer(tail) else { return "has \(quoted()), with a step that is no number" }
            step = number
            if dash == nil { end = limits.bounds.upperBound }
        }
        if start < limits.bounds.lowerBound || end > limits.bounds.upperBound {
            return "has \(quoted()), which must lie between \(limits.bounds.lowerBound) and \(limits.bounds.upperBound)"
        }
        if start > end { return "has \(quoted()), a range that ends before it begins" }
        return step == 0 ? "has \(quoted()), with a step of 0" : nil
    }

    private static func number(_ text: Names.Bytes, _ limits: Limits) -> Int? {
        if text.count == 3, !limits.names.isEmpty {
            for (index, name) in limits.names.enumerated() {
                let letters = name.utf8Start
                if text[0] | 0x20 == letters[0], text[1] | 0x20 == letters[1], text[2] | 0x20 == letters[2] {
                    return limits.first + index
                }
            }
        }
        return integer(text)
    }

    /// An integer as `strconv.Atoi` takes it, if it is not negative.
    private static func integer(_ text: Names.Bytes) -> Int? {
        let digits = text.first == UInt8(ascii: "+") ? text[1...] : text[...]
        guard !digits.isEmpty else { return nil }
        var value = 0
        for byte in digits {
            guard Names.isDigit(byte) else { return nil }
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isAbove) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            if isTooLarge || isAbove { return nil }
            value = sum
        }
        return value
    }

    private static let descriptors: [StaticString] = [
        "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly",
    ]

    private static func descriptorFault(_ text: Names.Bytes) -> String? {
        for descriptor in descriptors where text.elementsEqual(descriptor) { return nil }
        if text.hasPrefix("@every ") {
            return isDuration(Names.Bytes(rebasing: text[7...])) ? nil : "has no duration such as \"1h30m\" after \"@every\""
        }
        return "is none of @yearly, @monthly, @weekly, @daily, @hourly and @every <duration>"
    }

    /// Whether a text is a duration to Go's `time.ParseDuration`.
    static func isDuration(_ text: Names.Bytes) -> Bool {
        var rest = text[...]
        if let sign = rest.first, sign == Names.dash || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
        if rest.count == 1, rest.first == UInt8(ascii: "0") { return true }
        guard !rest.isEmpty else { return false }
        var total = 0.0
        while !rest.isEmpty {
            var value = 0.0
            var digits = 0
            while let byte = rest.first, Names.isDigit(byte) {
                value = value * 10 + Double(byte - UInt8(ascii: "0"))
                digits += 1
                rest = rest.dropFirst()
            }
            if rest.first == Names.dot {
                rest = rest.dropFirst()
                while let byte = rest.first, Names.isDigit(byte) {
                    digits += 1
                    rest = rest.dropFirst()
                }
            }
            guard digits > 0 else { return false }
            let unitEnd = rest.firstIndex { $0 == Names.dot || Names.isDigit($0) } ?? rest.endIndex
            let unit = Names.Bytes(rebasing: rest[rest.startIndex..<unitEnd])
            guard let (_, nanoseconds) = units.first(where: { unit.elementsEqual($0.0) }) else { return false }
            total += value * nanoseconds
            guard total < 0x1p63 else { return false }
            rest = rest[unitEnd...]
        }
        return true
    }

    private static let units: [(StaticString, Double)] = [
        ("ns", 1), ("us", 1e3), ("\u{B5}s", 1e3), ("\u{3BC}s", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]
}
