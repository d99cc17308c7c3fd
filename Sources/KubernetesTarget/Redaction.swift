import FoundationEssentials
import KubernetesModel

/// Keeps the values of a Secret out of what a server says about it.
enum Redaction {
    /// - Parameters:
    ///   - text: what a server said.
    ///   - objects: what it may have quoted from.
    static func redacted(_ text: String, of objects: [JSON?]) -> String {
        var values: Set<String> = []
        for case let object? in objects where isSecret(object) {
            for name in ["data", "stringData"] { collect(object[name], into: &values) }
        }
        var text = text
        for value in values.sorted(by: { ($0.utf8.count, $0) > ($1.utf8.count, $1) }) { text = replacing(value, in: text) }
        return text
    }

    static func isSecret(_ object: JSON) -> Bool { object["kind"]?.string == "Secret" && object["apiVersion"]?.string == "v1" }

    private static func collect(_ value: JSON?, into values: inout Set<String>) {
        switch value {
        case .object(let fields): for below in fields.values { collect(below, into: &values) }
        case .array(let items): for item in items { collect(item, into: &values) }
        case .string(let text):
            values.insert(text)
            if let data = Data(base64Encoded: text), let plain = String(validating: data, as: UTF8.self) { values.insert(plain) }
        case .int, .double: values.insert(value!.text)
        case .bool, .null, nil: break
        }
        values.remove("")
    }

    /// A short value is replaced only where it stands for itself, or nothing would be left of the message.
    private static func replacing(_ value: String, in text: String) -> String {
        let (value, bytes) = (Array(value.utf8), Array(text.utf8))
        func isWord(_ index: Int) -> Bool {
            guard bytes.indices.contains(index) else { return false }
            switch bytes[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): return true
            default: return bytes[index] >= 0x80
            }
        }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index...].starts(with: value), value.count >= 4 || !isWord(index - 1) && !isWord(index + value.count) {
                result += "(hidden)".utf8
                index += value.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
