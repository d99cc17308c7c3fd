/// Text from outside made fit for one line of a record, a log or a terminal.
///
/// Control characters (with them terminal escapes), line breaks and bidirectional overrides become
/// spaces, so that nobody's name or message can pass for another line.
/// - Parameter limit: the most characters that are kept.
public func plainLine(_ text: some StringProtocol, limit: Int = 500) -> String {
    var line = ""
    var count = 0
    var pendingSpace = false
    for scalar in text.unicodeScalars {
        let isControl =
            switch scalar.value {
            case 0..<0x21, 0x7f..<0xa1, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
            default: false
            }
        if isControl {
            pendingSpace = !line.isEmpty
            continue
        }
        guard count < limit else { return line + "…" }
        if pendingSpace {
            line.append(" ")
            count += 1
        }
        pendingSpace = false
        line.unicodeScalars.append(scalar)
        count += 1
    }
    return line
}

/// A line of a command's output made fit for a terminal; unlike `plainLine`, spaces and tabs stay.
public func outputLine(_ bytes: some Sequence<UInt8>, limit: Int = 2000) -> String {
    var line = ""
    for scalar in String(decoding: Array(bytes.prefix(limit)), as: UTF8.self).unicodeScalars {
        switch scalar.value {
        case 9: line.append("\t")
        case 0..<0x20, 0x7f..<0xa0, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: line.append("\u{fffd}")
        default: line.unicodeScalars.append(scalar)
        }
    }
    return line
}

/// A length of time as configuration and command line take it: `90s`, `5m`, `1h`, `2d` or plain seconds.
/// - Returns: seconds; nil where the text is none of these, or not above zero.
public func seconds(duration text: some StringProtocol) -> Double? {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    var digits = text[...]
    var unit = 1.0
    if let last = digits.last, let known = units[last] {
        unit = known
        digits = digits.dropLast()
    }
    guard !digits.isEmpty, digits.utf8.count <= 12, digits.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || $0 == 46 }),
        let number = Double(digits), number > 0
    else { return nil }
    return number * unit
}

/// Seconds with three places: `1.203s`.
public func durationText(_ seconds: Double) -> String {
    let milliseconds = Int((max(0, seconds) * 1000).rounded())
    let rest = String(milliseconds % 1000)
    return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)s"
}
