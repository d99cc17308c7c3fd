import Logging
import Posix

/// One message of a log.
struct LogLine {
    let time: Moment
    let level: Logger.Level
    let message: String
    let metadata: Logger.Metadata

    /// The keys that a line begins with.
    private static let own: Set<String> = ["time", "level", "msg"]

    /// The line with its newline.
    func bytes(_ format: StructuredLog.Format) -> [UInt8] {
        let named = metadata.map { (key: LogLine.own.contains($0.key) ? $0.key + "_" : $0.key, value: $0.value) }.sorted { $0.key < $1.key }
        var text = ""
        switch format {
        case .logfmt:
            text = "time=\(time.timestamp) level=\(level.rawValue) msg=\(LogLine.quoted(message))"
            for (key, value) in named { text += " \(LogLine.key(key))=\(LogLine.value(value))" }
        case .json:
            text = "{\"time\":\"\(time.timestamp)\",\"level\":\"\(level.rawValue)\",\"msg\":\(LogLine.quoted(message))"
            for (key, value) in named { text += ",\(LogLine.quoted(key)):\(LogLine.json(value))" }
            text += "}"
        }
        return Array((text + "\n").utf8)
    }

    /// A value as JSON: what is nested stays so.
    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .stringConvertible(let value as any BinaryInteger): "\(value)"
        case .stringConvertible(let value as Bool): "\(value)"
        case .stringConvertible(let value as Double) where value.isFinite: "\(value)"
        case .stringConvertible(let value): quoted(value.description)
        case .array(let values): "[" + values.map(json).joined(separator: ",") + "]"
        case .dictionary(let values):
            "{" + values.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(json($0.value))" }.joined(separator: ",") + "}"
        }
    }

    private static func value(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): word(text)
        case .stringConvertible(let value): word(value.description)
        case .array, .dictionary: word(json(value))
        }
    }

    /// A value of logfmt: as it is where that can be read back, else in quotes.
    private static func word(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy {
            (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "\\")
        }
        return isPlain ? text : quoted(text)
    }

    /// A key of logfmt, which cannot be quoted.
    private static func key(_ text: String) -> String {
        let key = text.unicodeScalars.map { scalar -> Character in
            scalar.value <= 0x20 || scalar == "=" || scalar == "\"" || isHidden(scalar) ? "_" : Character(scalar)
        }
        return key.isEmpty ? "_" : String(key)
    }

    /// A string of JSON, in which nothing is left that a terminal would do instead of show.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where isHidden(scalar):
                // Above the first plane it takes two (RFC 8259, 7).
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Whether a character shows nothing of itself: controls, marks of direction and what else has no width.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
