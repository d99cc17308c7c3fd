/// Names, labels and numbers as the text format of Prometheus has them.
enum MetricText {
    /// The name of a metric: letters, digits, `_` and `:`, with no digit in front.
    static func name(_ text: String) -> String { sanitized(text) { $0 == UInt8(ascii: ":") } }

    /// `a="1",b="2"`, by name; of two of one name, the last.
    static func labels(_ dimensions: [(String, String)]) -> String {
        var labels: [String: String] = [:]
        for (name, value) in dimensions { labels[labelName(name)] = value }
        return labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    /// What begins with `__` is Prometheus' own, and `le` is the bound of a bucket.
    private static func labelName(_ text: String) -> String {
        let name = sanitized(text) { _ in false }
        if name.hasPrefix("__") { return "exported" + name.dropFirst() }
        return name == "le" ? "exported_le" : name
    }

    private static func sanitized(_ text: String, _ isAllowed: (UInt8) -> Bool) -> String {
        var name = text.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            case _ where isAllowed(byte): byte
            default: UInt8(ascii: "_")
            }
        }
        if name.first.map({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) ?? true { name.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: name, as: UTF8.self)
    }

    private static func escaped(_ value: String) -> String {
        escapedHelp(value).replacing("\"", with: "\\\"")
    }

    /// A text for people behind `# HELP`.
    static func escapedHelp(_ text: String) -> String {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): escaped += [byte, byte]
            case UInt8(ascii: "\n"): escaped += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// `0.005`, `12`, `+Inf`.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if abs(value) < 1e15, let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }

    static func writeLine(_ name: String, _ labels: String, _ value: Double, to text: inout String) {
        text += labels.isEmpty ? "\(name) \(number(value))\n" : "\(name){\(labels)} \(number(value))\n"
    }
}
