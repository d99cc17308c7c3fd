import Manifests

/// What a value is to the API machinery, as far as `ops.yaml` needs to tell text
/// from what only looks like it. The rules are those of go-yaml v2
/// (`resolve.go`), which takes `on`, `0o17` and `1_000` for what they look like.
enum ValueKind {
    case text, null, boolean, number, list, mapping, unknownTag

    init(_ node: Node) {
        switch node.content {
        case .sequence: self = .list
        case .mapping: self = .mapping
        case .scalar(let text, let style): self = Self.scalar(text, style: style, tag: node.tag)
        }
    }

    /// The kind in a message, with its article.
    var phrase: String {
        switch self {
        case .text: "text"
        case .null: "nothing"
        case .boolean: "a boolean"
        case .number: "a number"
        case .list: "a list"
        case .mapping: "a mapping"
        case .unknownTag: "a value with a tag of its own"
        }
    }

    /// Whether it was written as text, whatever it is taken for.
    var isScalar: Bool {
        switch self {
        case .text, .boolean, .number, .unknownTag: true
        case .null, .list, .mapping: false
        }
    }

    private static func scalar(_ text: String, style: Node.Style, tag: String?) -> ValueKind {
        switch tag {
        case "!", "tag:yaml.org,2002:str": return .text
        case "tag:yaml.org,2002:null": return .null
        case "tag:yaml.org,2002:bool": return .boolean
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float": return .number
        case .some: return .unknownTag
        case nil: break
        }
        guard !style.isText else { return .text }
        switch text {
        case "", "~", "null", "Null", "NULL":
            return .null
        case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE",
            "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE":
            return .boolean
        default:
            return isNumber(text) ? .number : .text
        }
    }

    private static func isNumber(_ text: String) -> Bool {
        let plain = text.filter { $0 != "_" }
        let unsigned = plain.hasPrefix("-") || plain.hasPrefix("+") ? plain.dropFirst() : plain[...]
        let lower = unsigned.lowercased()
        if lower == ".inf" || lower == ".nan" { return true }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where lower.hasPrefix(prefix) {
            let digits = lower.dropFirst(2)
            return !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.hexDigitValue.map { $0 < radix } ?? false }
        }
        guard let first = lower.utf8.first, first == UInt8(ascii: ".") || (0x30...0x39).contains(first),
            lower.utf8.allSatisfy({ (0x30...0x39).contains($0) || Array("e.+-".utf8).contains($0) })
        else { return false }
        return Double(lower) != nil
    }
}
