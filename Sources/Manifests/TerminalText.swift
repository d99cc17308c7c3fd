/// Text from files that others wrote, made fit for a terminal.
public enum TerminalText {
    /// The text with every character that could steer a terminal or reorder
    /// what is read written as `\x1b` or `\u202e`.
    ///
    /// - Parameter text: any text.
    /// - Returns: the text on one line.
    public static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar) {
                result += escape(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The text with every such character replaced by one that takes a single place, so that columns still
    /// hold: a tab by a space, any other by U+FFFD.
    public static func aligned(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(isUnsafe(scalar) ? (scalar == "\t" ? " " : "\u{fffd}") : scalar)
        }
        return String(result)
    }

    /// The text in double quotes, cut where it is long, to be put into a message.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - limit: the most characters that are shown.
    /// - Returns: the quoted beginning of the text.
    public static func quoted(_ text: String, limit: Int = 60) -> String {
        let scalars = text.unicodeScalars
        guard let cut = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
            cut < scalars.endIndex
        else { return "\"\(text)\"" }
        return "\"\(String(scalars[..<cut]))…\""
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        // Printable ASCII first: nearly all text is nothing else.
        if scalar.value >= 0x20 && scalar.value < 0x7F { return false }
        return switch scalar.properties.generalCategory {
        // Control covers C0, DEL and C1; format covers the bidirectional
        // overrides and the invisible tags (Trojan Source, CVE-2021-42574).
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        if scalar.value < 0x100 {
            return "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
        }
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
