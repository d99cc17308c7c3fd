import Manifests

/// A line of source with a mark below the part that a diagnostic is about, cut to a width.
struct SourceExcerpt {
    /// The line, and below it the caret.
    let source: String
    let mark: String

    /// - Parameter width: the places that a terminal has for it.
    /// - Returns: nil where no line is known, or the place is not on it.
    init?(_ diagnostic: Diagnostic, width: Int) {
        guard let line = diagnostic.sourceLine, let range = diagnostic.range else { return nil }
        let scalars = Array(line.unicodeScalars)
        let start = range.start.column - 1
        // An end that is missing, such as of a quote, is behind the last character.
        guard start >= 0, start <= scalars.count, scalars.contains(where: { $0 != " " }) else { return nil }
        var end = range.end.line == range.start.line ? min(range.end.column - 1, scalars.count) : scalars.count
        while end > start + 1, range.end.line != range.start.line, scalars[end - 1] == " " { end -= 1 }
        end = max(end, start + 1)

        // What is shown: from the start of the line, or from some places before what it is about.
        let room = max(width, 20)
        var first = 0
        if SourceExcerpt.width(scalars[..<min(end, scalars.count)]) > room {
            first = max(0, start - room / 3)
        }
        var last = first
        var used = first > 0 ? 1 : 0
        while last < scalars.count {
            let next = SourceExcerpt.width(scalars[last])
            if used + next > (last + 1 < scalars.count ? room - 1 : room) { break }
            used += next
            last += 1
        }
        var source = first > 0 ? "…" : ""
        source.unicodeScalars.append(contentsOf: scalars[first..<last])
        if last < scalars.count { source += "…" }
        while source.last == " " { source.removeLast() }
        self.source = source

        let before = (first > 0 ? 1 : 0) + SourceExcerpt.width(scalars[first..<max(first, min(start, last))])
        let marked = start < last ? SourceExcerpt.width(scalars[start..<min(end, last)]) : 1
        mark = String(repeating: " ", count: before) + "^" + String(repeating: "~", count: max(0, marked - 1))
    }

    private static func width(_ scalars: some Sequence<Unicode.Scalar>) -> Int {
        scalars.reduce(0) { $0 + width($1) }
    }

    /// The places that a character takes on a terminal: Unicode's East Asian Width (UAX 11), by blocks.
    static func width(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
