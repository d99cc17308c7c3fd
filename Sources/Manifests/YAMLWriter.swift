/// Writes a value as YAML in one certain way, so that equal values have equal texts, line by line: fields in
/// the order of their names, of an object `apiVersion`, `kind` and `metadata` first; text of several lines as a
/// literal block. What is read again is the same value.
public struct YAMLWriter {
    /// Says what stands in the place of a value, as text; nil where the value itself does.
    public typealias Replacement = (_ parent: Value?, _ value: Value) -> String?

    private var text: [UInt8] = []
    private let replacement: Replacement?

    /// The text of a document.
    /// - Parameter replacement: asked of each scalar, with the collection that it is in.
    public static func text(of root: Value, replacing replacement: Replacement? = nil) -> String {
        var writer = YAMLWriter(replacement: replacement)
        writer.write(root, in: nil, indent: 0, isAfterKey: false)
        return String(decoding: writer.text, as: UTF8.self)
    }

    private init(replacement: Replacement?) {
        self.replacement = replacement
    }

    // MARK: values

    /// Writes a value up to the end of its last line.
    private mutating func write(_ value: Value, in parent: Value?, indent: Int, isAfterKey: Bool) {
        switch value.kind {
        case .mapping where value.count > 0:
            if isAfterKey { end() }
            writeFields(of: value, indent: indent, isRoot: parent == nil, startsOnLine: isAfterKey || parent == nil)
        case .sequence where value.count > 0:
            if isAfterKey { end() }
            writeItems(of: value, indent: indent, startsOnLine: isAfterKey || parent == nil)
        case .mapping, .sequence:
            if isAfterKey { text.append(UInt8(ascii: " ")) }
            text += value.kind == .mapping ? "{}".utf8 : "[]".utf8
            end()
        default:
            if isAfterKey { text.append(UInt8(ascii: " ")) }
            writeScalar(value, in: parent, indent: indent)
        }
    }

    private mutating func writeFields(of mapping: Value, indent: Int, isRoot: Bool, startsOnLine: Bool) {
        let fields = mapping.fields.sorted { one, other in
            if isRoot {
                let (a, b) = (YAMLWriter.rank(one.key), YAMLWriter.rank(other.key))
                if a != b { return a < b }
            }
            return one.key.bytes.lexicographicallyPrecedes(other.key.bytes)
        }
        for (index, field) in fields.enumerated() {
            // The first field after a dash goes on where that stands.
            if index > 0 || startsOnLine { pad(indent) }
            writeKey(field.key)
            text.append(UInt8(ascii: ":"))
            // kubectl puts the dashes of a list below its key.
            write(field.value, in: mapping, indent: field.value.kind == .sequence ? indent : indent + 2, isAfterKey: true)
        }
    }

    private mutating func writeItems(of sequence: Value, indent: Int, startsOnLine: Bool) {
        for (index, item) in sequence.items.enumerated() {
            if index > 0 || startsOnLine { pad(indent) }
            text += "- ".utf8
            write(item, in: sequence, indent: indent + 2, isAfterKey: false)
        }
    }

    private static func rank(_ key: Value) -> Int {
        if key.equals("apiVersion") { return 0 }
        if key.equals("kind") { return 1 }
        return key.equals("metadata") ? 2 : 3
    }

    // MARK: scalars

    private mutating func writeKey(_ key: Value) {
        text += YAMLWriter.isPlain(key.bytes) ? Array(key.bytes) : Array(YAMLWriter.quoted(key.bytes).utf8)
    }

    private mutating func writeScalar(_ value: Value, in parent: Value?, indent: Int) {
        if let other = replacement?(parent, value) {
            var other = other
            other.withUTF8 { text += YAMLWriter.isPlain($0) ? Array($0) : Array(YAMLWriter.quoted($0).utf8) }
        } else if value.kind != .string {
            text += value.json.utf8
        } else if YAMLWriter.isPlain(value.bytes) {
            text += value.bytes
        } else if YAMLWriter.isBlock(value.bytes) {
            writeBlock(value.bytes, indent: indent)
            return
        } else {
            text += YAMLWriter.quoted(value.bytes).utf8
        }
        end()
    }

    private mutating func writeBlock(_ bytes: UnsafeBufferPointer<UInt8>, indent: Int) {
        let ends = bytes.reversed().prefix { $0 == 0x0A }.count
        text += (ends == 0 ? "|-" : ends == 1 ? "|" : "|+").utf8
        end()
        var start = 0
        while start < bytes.count {
            let stop = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            // An empty line has no indentation.
            if stop > start { pad(max(indent, 2)) }
            text += bytes[start..<stop]
            end()
            start = stop + 1
        }
    }

    /// Whether a text can stand without quotes: nobody could take it for anything else.
    private static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = bytes.first, bytes.count <= 1000, isWordByte(first) || first == UInt8(ascii: "/") || first == UInt8(ascii: "("), bytes.last != UInt8(ascii: " ") else { return false }
        var before: UInt8 = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "+"), UInt8(ascii: "("), UInt8(ascii: ")"): break
            case UInt8(ascii: " "): break
            // A colon with a space begins a value, and a number with colons is of base 60.
            case UInt8(ascii: ":"): break
            default: guard isWordByte(byte) else { return false }
            }
            if before == UInt8(ascii: ":"), byte == UInt8(ascii: " ") { return false }
            before = byte
        }
        guard before != UInt8(ascii: ":") else { return false }
        // What other readers of YAML take for numbers, times or booleans.
        if bytes.count == 1, first | 0x20 == UInt8(ascii: "y") || first | 0x20 == UInt8(ascii: "n") { return false }
        if (0x30...0x39).contains(first) || first == UInt8(ascii: "."), bytes.allSatisfy(isNumberByte) { return false }
        guard case .string = ScalarResolution(bytes, isPlain: true, tag: nil).value else { return false }
        return true
    }

    /// As JSON, and what YAML takes for the end of a line, or does not print, by its number.
    private static func quoted(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var text = "\""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0x22: text += "\\\""
            case 0x5C: text += "\\\\"
            case 0x0A: text += "\\n"
            case 0x0D: text += "\\r"
            case 0x09: text += "\\t"
            case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ".")
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || ".:_+-".utf8.contains(byte) || [UInt8(ascii: "e"), UInt8(ascii: "x"), UInt8(ascii: "o"), UInt8(ascii: "t"), UInt8(ascii: "z")].contains(byte | 0x20)
    }

    /// Whether a text has lines and can be shown as they are.
    private static func isBlock(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.contains(0x0A), let first = bytes.first, first != 0x20, first != 0x0A, first != 0x09 else { return false }
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 && byte != 0x0A && byte != 0x09 || byte == 0x7F { return false }
            // Other breaks of lines, and what YAML does not print: C2 80..9F, E2 80 A8/A9, EF BB BF, EF BF BE/BF.
            if byte == 0xC2, index + 1 < bytes.count, bytes[index + 1] < 0xA0 { return false }
            if byte == 0xE2, index + 2 < bytes.count, bytes[index + 1] == 0x80, bytes[index + 2] == 0xA8 || bytes[index + 2] == 0xA9 { return false }
            if byte == 0xEF { return false }
            index += 1
        }
        return true
    }

    private mutating func pad(_ indent: Int) {
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
    }

    private mutating func end() {
        text.append(UInt8(ascii: "\n"))
    }
}
