// KubernetesModel: what Kubernetes objects say of themselves: identity, fields and who owns them, health,
// and the order in which they are to be made.
// It knows JSON; it knows no network, no git and no target.

public import Manifests

/// A value of JSON that can be changed, as the API machinery has it: integers are kept apart from fractions.
public enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// The value of a manifest.
    public init(_ value: Manifests.Value) {
        switch value.kind {
        case .null: self = .null
        case .boolean: self = .bool(value.boolean == true)
        case .integer: self = value.integer.map(JSON.int) ?? .double(value.number ?? 0)
        case .number: self = .double(value.number ?? 0)
        case .string: self = .string(value.text)
        case .sequence: self = .array(value.items.map(JSON.init))
        case .mapping:
            var fields: [String: JSON] = [:]
            fields.reserveCapacity(value.count)
            for field in value.fields { fields[field.name] = JSON(field.value) }
            self = .object(fields)
        }
    }

    /// Reads a text of JSON.
    /// - Parameter limit: the most bytes that are read.
    /// - Throws: `JSONError`, where it is none.
    public init(parsing bytes: UnsafeRawBufferPointer, limit: Int = 1 << 30) throws(JSONError) {
        let file = ManifestFile(bytes, language: .json, file: "", limits: ReadingLimits(bytes: limit, depth: 512))
        if let problem = file.diagnostics.first(where: { $0.severity == .error }) {
            throw JSONError(message: problem.message, line: problem.position?.line, column: problem.position?.column)
        }
        self = file.withDocuments { documents in documents.first.map { JSON($0.root) } ?? .null }
    }

    public init(parsing bytes: [UInt8], limit: Int = 1 << 30) throws(JSONError) {
        let read = bytes.withUnsafeBytes { bytes in Result { () throws(JSONError) in try JSON(parsing: bytes, limit: limit) } }
        self = try read.get()
    }

    // MARK: looking

    public subscript(_ key: String) -> JSON? {
        get {
            if case .object(let fields) = self { fields[key] } else { nil }
        }
        set {
            guard case .object(var fields) = self else {
                if let newValue { self = .object([key: newValue]) }
                return
            }
            self = .null
            fields[key] = newValue
            self = .object(fields)
        }
    }

    /// What is found by following keys.
    public func at(_ keys: String...) -> JSON? { at(keys[...]) }

    public func at(_ keys: ArraySlice<String>) -> JSON? {
        guard let first = keys.first else { return self }
        return self[first]?.at(keys.dropFirst())
    }

    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    public var bool: Bool? {
        if case .bool(let truth) = self { truth } else { nil }
    }

    public var int: Int64? {
        switch self {
        case .int(let number): number
        case .double(let number): Int64(exactly: number)
        default: nil
        }
    }

    public var array: [JSON]? {
        if case .array(let items) = self { items } else { nil }
    }

    public var object: [String: JSON]? {
        if case .object(let fields) = self { fields } else { nil }
    }

    public var isNull: Bool { self == .null }

    /// Sets what following keys leads to; objects are made on the way, and nil removes.
    public mutating func set(_ keys: String..., to value: JSON?) { set(keys[...], to: value) }

    public mutating func set(_ keys: ArraySlice<String>, to value: JSON?) {
        guard let first = keys.first else {
            if let value { self = value }
            return
        }
        guard keys.count > 1 else {
            self[first] = value
            return
        }
        var next = self[first] ?? .object([:])
        if value == nil, self[first] == nil { return }
        // Held once, or each level would be copied.
        self[first] = .null
        next.set(keys.dropFirst(), to: value)
        self[first] = next
    }

    // MARK: writing

    /// The value as JSON on one line, the keys sorted: equal values have equal texts.
    public var text: String {
        var text: [UInt8] = []
        write(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    public var bytes: [UInt8] {
        var text: [UInt8] = []
        write(to: &text)
        return text
    }

    private func write(to text: inout [UInt8]) {
        switch self {
        case .null: text += "null".utf8
        case .bool(let truth): text += (truth ? "true" : "false").utf8
        case .int(let number): text += String(number).utf8
        case .double(let number): text += JSON.text(of: number).utf8
        case .string(let string): JSON.write(string, to: &text)
        case .array(let items):
            text.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                item.write(to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let fields):
            text.append(UInt8(ascii: "{"))
            for (index, key) in fields.keys.sorted().enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                JSON.write(key, to: &text)
                text.append(UInt8(ascii: ":"))
                fields[key]!.write(to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    private static func text(of number: Double) -> String {
        // JSON has neither infinities nor NaN, and no value that was read is one.
        if let whole = Int64(exactly: number), abs(number) < 1e15 { return String(whole) }
        return number.description
    }

    private static func write(_ string: String, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): text += "\\\"".utf8
            case UInt8(ascii: "\\"): text += "\\\\".utf8
            case 0x0A: text += "\\n".utf8
            case 0x0D: text += "\\r".utf8
            case 0x09: text += "\\t".utf8
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                text += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}

/// Why a text is no JSON.
public struct JSONError: Error, Sendable, CustomStringConvertible {
    public let message: String
    public let line: Int?
    public let column: Int?

    public var description: String {
        "not JSON: " + message + (line.map { " (line \($0), column \(column ?? 1))" } ?? "")
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}
