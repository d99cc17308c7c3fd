/// One step of a path into an object (structured-merge-diff, `fieldpath/element.go`).
public enum PathElement: Hashable, Sendable {
    /// A field of a map.
    case field(String)
    /// The item of an associative list whose fields have these values.
    case key([String: JSON])
    /// The item of a set.
    case value(JSON)
    /// The item at a place of a list, from 0.
    case index(Int)
}

extension PathElement {
    /// As with `JSON`, names are the same where their bytes are.
    public static func == (a: PathElement, b: PathElement) -> Bool {
        switch (a, b) {
        case (.field(let a), .field(let b)): a.isExactly(b)
        case (.key(let a), .key(let b)): JSON.object(a) == JSON.object(b)
        case (.value(let a), .value(let b)): a == b
        case (.index(let a), .index(let b)): a == b
        default: false
        }
    }
}

extension PathElement: Comparable {
    /// Fields before keys before values before indices (`PathElement.Compare`).
    public static func < (a: PathElement, b: PathElement) -> Bool {
        switch (a, b) {
        case (.field(let a), .field(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.key(let a), .key(let b)): JSON.object(a).text < JSON.object(b).text
        case (.value(let a), .value(let b)): a.text < b.text
        case (.index(let a), .index(let b)): a < b
        default: a.rank < b.rank
        }
    }

    private var rank: Int {
        switch self {
        case .field: 0
        case .key: 1
        case .value: 2
        case .index: 3
        }
    }
}

/// A path into an object, printed as the API server prints it in conflicts.
public struct FieldPath: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var elements: [PathElement]

    public init(_ elements: [PathElement] = []) { self.elements = elements }

    /// The path one step further.
    public func appending(_ element: PathElement) -> FieldPath { FieldPath(elements + [element]) }

    public static func < (a: FieldPath, b: FieldPath) -> Bool { a.elements.lexicographicallyPrecedes(b.elements) }

    /// `.spec.template.spec.containers[name="app"].image` (`PathElement.String`, `value.ToString`).
    public var description: String {
        var text = ""
        for element in elements {
            switch element {
            case .field(let name): text += "." + name
            case .key(let fields):
                text += "[" + fields.sorted { $0.key < $1.key }.map { $0.key + "=" + Self.text(of: $0.value) }.joined(separator: ",") + "]"
            case .value(let value): text += "[=" + Self.text(of: value) + "]"
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }

    private static func text(of value: JSON) -> String {
        guard case .string(let string) = value else { return value.text }
        return "\"" + string.quotedAsInGo + "\""
    }

    /// Reads a path as the API server prints it; nil where the text is none.
    ///
    /// The server prints names as they are, so `.metadata.annotations.example.com/a` may be read in two ways.
    /// - Parameter object: what the path leads into: its names are followed, the longest first. Where it does not
    ///   help, the rest below maps whose names are known to hold dots (annotations, labels, data) is one name.
    public init?(_ text: String, in object: JSON? = nil) {
        var reader = PathReader(text)
        guard let elements = reader.elements(in: object) else { return nil }
        self.elements = elements
    }
}

/// Reads what `FieldPath.description` writes.
private struct PathReader {
    private let bytes: [UInt8]
    private var position = 0

    /// Maps whose keys are chosen by people.
    private static let namedByPeople: Set<String> = [
        "annotations", "labels", "matchLabels", "nodeSelector", "data", "stringData", "binaryData", "limits", "requests", "hard", "capacity",
    ]

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func elements(in object: JSON?) -> [PathElement]? {
        var elements: [PathElement] = []
        var place = object
        while position < bytes.count {
            let element: PathElement
            switch bytes[position] {
            case UInt8(ascii: "."):
                position += 1
                var isNamedByPeople = false
                if case .field(let parent)? = elements.last { isNamedByPeople = Self.namedByPeople.contains(parent) }
                element = .field(name(in: place, isNamedByPeople: isNamedByPeople))
            case UInt8(ascii: "["):
                position += 1
                guard let read = bracketed() else { return nil }
                element = read
            default: return nil
            }
            elements.append(element)
            place = place?.step(element)
        }
        return elements
    }

    private mutating func name(in place: JSON?, isNamedByPeople: Bool) -> String {
        var best: Int?
        for key in place?.object?.keys ?? [:].keys {
            let length = key.utf8.count
            let end = position + length
            guard end <= bytes.count, end == bytes.count || bytes[end] == UInt8(ascii: ".") || bytes[end] == UInt8(ascii: "["),
                length > best ?? -1, bytes[position..<end].elementsEqual(key.utf8)
            else { continue }
            best = length
        }
        var end = position + (best ?? 0)
        if best == nil {
            while end < bytes.count, bytes[end] != UInt8(ascii: "["), isNamedByPeople || bytes[end] != UInt8(ascii: ".") { end += 1 }
        }
        defer { position = end }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    /// What stands between brackets; the closing one is read.
    private mutating func bracketed() -> PathElement? {
        guard position < bytes.count else { return nil }
        if bytes[position] == UInt8(ascii: "=") {
            position += 1
            guard let value = value(), take("]") else { return nil }
            return .value(value)
        }
        guard let end = bytes[position...].firstIndex(where: { $0 == UInt8(ascii: "]") || $0 == UInt8(ascii: "=") }) else { return nil }
        if bytes[end] == UInt8(ascii: "]") {
            defer { position = end + 1 }
            guard let index = Int(String(decoding: bytes[position..<end], as: UTF8.self)), index >= 0 else { return nil }
            return .index(index)
        }
        var fields: [String: JSON] = [:]
        while true {
            guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = String(decoding: bytes[position..<end], as: UTF8.self)
            position = end + 1
            guard let value = value() else { return nil }
            fields[name] = value
            if take("]") { return .key(fields) }
            guard take(",") else { return nil }
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value() -> JSON? {
        guard take("\"") else {
            let end = bytes[position...].firstIndex { $0 == UInt8(ascii: "]") || $0 == UInt8(ascii: ",") } ?? bytes.count
            defer { position = end }
            return (try? JSON(parsing: Array(bytes[position..<end])))?.canonicalNumber
        }
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return .string(String(decoding: text, as: UTF8.self))
            case UInt8(ascii: "\\"):
                guard let escaped = escaped() else { return nil }
                text += escaped
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escaped() -> [UInt8]? {
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        position += 1
        let digits: Int
        switch byte {
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "a"): return [0x07]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "v"): return [0x0B]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "x"): digits = 2
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        default: return [byte]
        }
        guard position + digits <= bytes.count,
            let code = UInt32(String(decoding: bytes[position..<position + digits], as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(code)
        else { return nil }
        position += digits
        return digits == 2 ? [UInt8(truncatingIfNeeded: code)] : Array(String(Character(scalar)).utf8)
    }
}

extension JSON {
    /// What a path leads to; nil where there is nothing.
    public func value(at path: FieldPath) -> JSON? {
        var place: JSON? = self
        for element in path.elements { place = place?.step(element) }
        return place
    }

    fileprivate func step(_ element: PathElement) -> JSON? {
        switch element {
        case .field(let name): self[name]
        case .key(let fields): array?.first { item in fields.allSatisfy { item[$0.key]?.canonicalNumber == $0.value } }
        case .value(let value): array?.first { $0.canonicalNumber == value }
        case .index(let index): array.flatMap { $0.dropFirst(index).first }
        }
    }

    /// A fraction that is whole as the integer that it is, so that `1` and `1.0` are equal.
    var canonicalNumber: JSON {
        if case .double(let number) = self, let whole = Int64(exactly: number) { .int(whole) } else { self }
    }
}

extension String {
    /// What stands between the quotes of Go's `%q`.
    public var quotedAsInGo: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{7}": text += "\\a"
            case "\u{8}": text += "\\b"
            case "\u{B}": text += "\\v"
            case "\u{C}": text += "\\f"
            case "\0"..<" ", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\x" + (digits.count < 2 ? "0" : "") + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
