/// Values as text.
enum CELText {
    /// As Go's `%v` writes a value in a message.
    static func plain(_ value: CELValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .uint(let value): String(value)
        case .double(let value): GoNumber.general(value)
        case .string(let value), .type(let value): value
        case .bytes(let value): "[" + value.map { String($0) }.joined(separator: " ") + "]"
        case .duration(let value): CELTime.text(ofDuration: value)
        case .timestamp(let value): CELTime.text(of: value)
        case .list: "a list"
        case .map: "a map"
        case .optional: "an optional"
        case .quantity: "a quantity"
        case .ip(let value): value.text
        case .cidr(let value): value.text
        case .url(let value): value.text
        case .semver: "a version"
        case .format(let value): value.name
        }
    }

    /// `strconv.Quote`, as far as texts need it.
    static func quoted(_ text: String) -> String {
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
            case 0..<0x20, 0x7F: result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
