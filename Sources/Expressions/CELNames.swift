/// Names of fields as expressions must write them
/// (k8s.io/apiserver/pkg/cel/escaping.go).
public enum CELNames {
    private static let reserved: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ]

    /// The identifier for a field: `__` becomes `__underscores__`, `.`, `-` and
    /// `/` become `__dot__`, `__dash__` and `__slash__`, a reserved word stands
    /// between `__`. Nil where no expression can name the field.
    public static func escape(_ name: String) -> String? {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, !ASCII.isDigit(first) else { return nil }
        if reserved.contains(name) { return "__\(name)__" }
        var result = ""
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "."): result += "__dot__"
            case UInt8(ascii: "-"): result += "__dash__"
            case UInt8(ascii: "/"): result += "__slash__"
            case UInt8(ascii: "_"):
                if index + 1 < bytes.count, bytes[index + 1] == byte {
                    result += "__underscores__"
                    index += 1
                } else {
                    result += "_"
                }
            default:
                guard ASCII.isAlphanumeric(byte) else { return nil }
                result.unicodeScalars.append(Unicode.Scalar(byte))
            }
            index += 1
        }
        return result
    }

    /// The field that an identifier names; nil where it holds an escape that is
    /// none.
    public static func unescape(_ identifier: String) -> String? {
        let bytes = Array(identifier.utf8)
        let underscore = UInt8(ascii: "_")
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            // `_{2}[^_]+_{2}`, leftmost.
            guard bytes[index] == underscore, index + 1 < bytes.count, bytes[index + 1] == underscore else {
                result.append(bytes[index])
                index += 1
                continue
            }
            var end = index + 2
            while end < bytes.count, bytes[end] != underscore { end += 1 }
            guard end > index + 2, end + 1 < bytes.count, bytes[end + 1] == underscore else {
                result.append(bytes[index])
                index += 1
                continue
            }
            let content = String(decoding: bytes[(index + 2)..<end], as: UTF8.self)
            switch content {
            case "underscores": result += "__".utf8
            case "dot": result.append(UInt8(ascii: "."))
            case "dash": result.append(UInt8(ascii: "-"))
            case "slash": result.append(UInt8(ascii: "/"))
            default:
                guard reserved.contains(content), index == 0, end + 2 == bytes.count else { return nil }
                return content
            }
            index = end + 2
        }
        return String(decoding: result, as: UTF8.self)
    }
}
