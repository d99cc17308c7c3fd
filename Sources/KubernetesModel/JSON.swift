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
        var twin: Manifests.Value?
        self.init(value, &twin)
    }

    /// The value of a manifest, where nothing of it is lost.
    /// - Throws: `JSONError`, where two keys of one object are told apart by nothing but the form of Unicode: a
    ///   dictionary cannot hold both.
    public init(reading value: Manifests.Value) throws(JSONError) {
        var twin: Manifests.Value?
        self.init(value, &twin)
        if let twin { throw JSONError(twinKey: twin.text, line: twin.position.line, column: twin.position.column) }
    }

    /// - Parameter twin: set to a key that another one of its object is taken for.
    private init(_ value: Manifests.Value, _ twin: inout Manifests.Value?) {
        switch value.kind {
        case .null: self = .null
        case .boolean: self = .bool(value.boolean == true)
        case .integer: self = value.integer.map(JSON.int) ?? .double(value.number ?? 0)
        case .number: self = .double(value.number ?? 0)
        case .string: self = .string(value.text)
        case .sequence:
            var items: [JSON] = []
            items.reserveCapacity(value.count)
            for item in value.items { items.append(JSON(item, &twin)) }
            self = .array(items)
        case .mapping:
            var fields: [String: JSON] = [:]
            fields.reserveCapacity(value.count)
            for field in value.fields where fields.updateValue(JSON(field.value, &twin), forKey: field.name) != nil { twin = field.key }
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
        self = try file.withDocuments { documents throws(JSONError) in
            guard let first = documents.first else { return .null }
            return try JSON(reading: first.root)
        }
    }

    public init(parsing bytes: [UInt8], limit: Int = 1 << 30) throws(JSONError) {
        let read = bytes.withUnsafeBytes { bytes in Result { () throws(JSONError) in try JSON(parsing: bytes, limit: limit) } }
        self = try read.get()
    }

    // MARK: looking

    public subscript(_ key: String) -> JSON? {
        get {
            if case .object(let fields) = self { fields[exactly: key] } else { nil }
        }
        set {
            guard case .object(var fields) = self else {
                if let newValue { self = .object([key: newValue]) }
                return
            }
            self = .null
            fields[exactly: key] = newValue
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

extension JSON {
    /// Texts, and keys, are equal where their bytes are, as for a server: another form of Unicode is another value.
    /// Equal values have equal hashes all the same, and some others too.
    public static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        case (.string(let a), .string(let b)): a.isExactly(b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a.count == b.count && a.allSatisfy { name, value in b[exactly: name] == value }
        default: false
        }
    }
}

/// Why a text is no JSON.
public struct JSONError: Error, Sendable, CustomStringConvertible {
    public let message: String
    public let line: Int?
    public let column: Int?
    /// The key that another one of its object differs from in the form of Unicode alone, where that is what is wrong.
    public let twinKey: String?

    init(message: String, line: Int?, column: Int?) {
        (self.message, self.line, self.column, twinKey) = (message, line, column, nil)
    }

    init(twinKey: String, line: Int?, column: Int?) {
        message = "an object has the key '\(twinKey)' twice, in two forms of Unicode"
        (self.line, self.column, self.twinKey) = (line, column, twinKey)
    }

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
