/// A value of a manifest as the Kubernetes API machinery reads it, and where it
/// stood. It is two pointers into the ``ManifestFile`` that it came from, and may
/// be used only as long as that file's ``ManifestFile/withDocuments(_:)`` runs.
///
/// The value of an alias is the very value that its anchor names, with the place
/// of the anchor; a mapping holds what merge keys brought into it.
public struct Value {
    /// What a value is in JSON; numbers without a fraction are integers, however
    /// they were written.
    public enum Kind: UInt8, Sendable {
        case null, boolean, integer, number, string, sequence, mapping

        /// The kind in a message, with its article.
        public var phrase: String {
            switch self {
            case .null: "nothing"
            case .boolean: "a boolean"
            case .integer: "an integer"
            case .number: "a number"
            case .string: "a string"
            case .sequence: "a list"
            case .mapping: "a mapping"
            }
        }
    }

    /// A key of a mapping and its value.
    public struct Field {
        /// The key, as a value of the kind string: numbers and booleans have
        /// become the strings that JSON has for them. Its range is that of the key.
        public let key: Value
        /// The value.
        public let value: Value

        /// The key's text.
        public var name: String { key.text }
    }

    let file: UnsafePointer<ValueStorage>
    let record: UnsafePointer<ValueRecord>

    /// What the value is.
    public var kind: Kind { record.pointee.kind }
    /// Where it stood; of a collection in block style, up to where the next token begins.
    public var range: SourceRange {
        SourceRange(start: position, end: SourcePosition(line: Int(record.pointee.endLine), column: Int(record.pointee.endColumn)))
    }
    /// Where it began.
    public var position: SourcePosition {
        SourcePosition(line: Int(record.pointee.startLine), column: Int(record.pointee.startColumn))
    }
    /// Whether it was a scalar without quotes.
    public var isPlain: Bool { record.pointee.style == .plain }
    /// How it was written, if it is a scalar.
    public var style: Node.Style { record.pointee.style }
    /// Whether nothing was there: `null`, `~` or an absent value.
    public var isNull: Bool { kind == .null }
    /// Whether another is the same value at the same place (one anchor, or one spot).
    public func isSame(as other: Value) -> Bool { record == other.record }

    /// The bytes of a string in UTF-8; of any other scalar as it was written; empty for a collection.
    public var bytes: UnsafeBufferPointer<UInt8> {
        switch kind {
        case .sequence, .mapping: UnsafeBufferPointer(start: nil, count: 0)
        default:
            UnsafeBufferPointer(start: file.pointee.text + Int(record.pointee.offset), count: Int(record.pointee.count))
        }
    }

    /// The text of a string; of any other scalar as it was written; empty for a collection.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The text if it is a string.
    public var string: String? { kind == .string ? text : nil }

    /// Whether it is a string of just this text.
    public func equals(_ other: StaticString) -> Bool {
        guard kind == .string else { return false }
        return bytes.elementsEqual(other)
    }

    /// Whether it is a string of just these bytes.
    public func equals(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
        kind == .string && bytes.elementsEqual(other)
    }

    /// Whether both are strings of the same text.
    public func equals(_ other: Value) -> Bool {
        other.kind == .string && equals(other.bytes)
    }

    /// A hash of the bytes (FNV-1a, 32 bits), which is what schemas look names up by.
    public var hash: UInt32 { ManifestHash.of(bytes) }

    /// The truth of a boolean.
    public var boolean: Bool? { kind == .boolean ? record.pointee.bits != 0 : nil }

    /// An integer, also one written `3.0` or `1e3`; nil where it is none or does not fit.
    public var integer: Int64? {
        guard kind == .integer, record.pointee.form == .signed else { return nil }
        return Int64(bitPattern: record.pointee.bits)
    }

    /// A number as the nearest double.
    public var number: Double? {
        guard kind == .integer || kind == .number else { return nil }
        return switch record.pointee.form {
        case .signed: Double(Int64(bitPattern: record.pointee.bits))
        case .unsigned: Double(record.pointee.bits)
        case .real: Double(bitPattern: record.pointee.bits)
        }
    }

    /// How many items or fields it has; 0 for a scalar.
    public var count: Int {
        switch kind {
        case .sequence, .mapping: Int(record.pointee.count)
        default: 0
        }
    }

    /// The items of a sequence; none for anything else.
    public var items: Items { Items(parent: self, count: kind == .sequence ? Int(record.pointee.count) : 0) }

    /// The fields of a mapping, each key once; none for anything else.
    public var fields: Fields { Fields(parent: self, count: kind == .mapping ? Int(record.pointee.count) : 0) }

    /// The value of a key of a mapping; nil where there is none, or where this is no mapping.
    public subscript(_ key: StaticString) -> Value? {
        for field in fields where field.key.bytes.elementsEqual(key) { return field.value }
        return nil
    }

    /// The value of a key given as bytes.
    public subscript(bytes key: UnsafeBufferPointer<UInt8>) -> Value? {
        for field in fields where field.key.bytes.elementsEqual(key) { return field.value }
        return nil
    }

    /// The value of a key that is not null; the server takes null for absent.
    public func given(_ key: StaticString) -> Value? {
        guard let value = self[key], !value.isNull else { return nil }
        return value
    }

    /// The field of a key, with the place of the key.
    public func field(_ key: StaticString) -> Field? {
        for field in fields where field.key.bytes.elementsEqual(key) { return field }
        return nil
    }

    /// The value at the end of a path of keys.
    public func at(_ path: StaticString...) -> Value? {
        var value = self
        for key in path {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value
    }

    /// The value in JSON's form, as the API machinery would send it, without spaces; keys in the order of the file.
    public var json: String {
        switch kind {
        case .null: "null"
        case .boolean: boolean == true ? "true" : "false"
        case .integer, .number:
            switch record.pointee.form {
            case .signed: String(Int64(bitPattern: record.pointee.bits))
            case .unsigned: String(record.pointee.bits)
            case .real: GoNumber.json(Double(bitPattern: record.pointee.bits))
            }
        case .string: JSONString.quoted(bytes)
        case .sequence: "[" + items.map(\.json).joined(separator: ",") + "]"
        case .mapping:
            "{" + fields.map { JSONString.quoted($0.key.bytes) + ":" + $0.value.json }.joined(separator: ",") + "}"
        }
    }

    /// The items of a sequence.
    public struct Items: RandomAccessCollection {
        let parent: Value
        let count_: Int

        init(parent: Value, count: Int) {
            self.parent = parent
            count_ = count
        }

        public var startIndex: Int { 0 }
        public var endIndex: Int { count_ }
        public subscript(_ index: Int) -> Value {
            precondition(index >= 0 && index < count_)
            return parent.child(index)
        }
    }

    /// The fields of a mapping.
    public struct Fields: RandomAccessCollection {
        let parent: Value
        let count_: Int

        init(parent: Value, count: Int) {
            self.parent = parent
            count_ = count
        }

        public var startIndex: Int { 0 }
        public var endIndex: Int { count_ }
        public subscript(_ index: Int) -> Field {
            precondition(index >= 0 && index < count_)
            return Field(key: parent.child(2 * index), value: parent.child(2 * index + 1))
        }
    }

    private func child(_ index: Int) -> Value {
        let position = file.pointee.children[Int(record.pointee.offset) + index]
        return Value(file: file, record: file.pointee.records + Int(position))
    }
}

/// The hash by which schemas look up names: FNV-1a, 32 bits
/// (draft-eastlake-fnv-17, section 2).
public enum ManifestHash {
    public static func of(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var hash: UInt32 = 0x811c_9dc5
        for byte in bytes { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return hash
    }
}

/// One value in storage. Its children and its text lie in tables of the whole file.
struct ValueRecord {
    enum Form: UInt8 {
        case signed, unsigned, real
    }

    var kind: Value.Kind
    var style: Node.Style
    /// What the bits of a number are.
    var form = Form.signed
    /// Of a scalar the bytes' place in the text, of a collection the first child's in the table.
    var offset: UInt32 = 0
    /// The bytes, items or fields.
    var count: UInt32 = 0
    /// The values there would be if every alias were a copy; stops at the largest number.
    var expanded: UInt32 = 1
    var startLine: UInt32
    var startColumn: UInt32
    var endLine: UInt32
    var endColumn: UInt32
    /// Of a boolean and an integer the value, of a number its bits.
    var bits: UInt64 = 0
}

/// Where the tables of a file lie.
struct ValueStorage {
    let records: UnsafePointer<ValueRecord>
    let children: UnsafePointer<UInt32>
    let text: UnsafePointer<UInt8>
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether the bytes are those of a text.
    public func elementsEqual(_ other: StaticString) -> Bool {
        guard other.hasPointerRepresentation else { return false }
        let length = other.utf8CodeUnitCount
        guard count == length else { return false }
        let start = other.utf8Start
        for index in 0..<length where self[index] != start[index] { return false }
        return true
    }

    /// Whether the bytes begin with a text.
    public func hasPrefix(_ other: StaticString) -> Bool {
        let length = other.utf8CodeUnitCount
        guard other.hasPointerRepresentation, count >= length else { return false }
        let start = other.utf8Start
        for index in 0..<length where self[index] != start[index] { return false }
        return true
    }

    /// Whether the bytes end with a text.
    public func hasSuffix(_ other: StaticString) -> Bool {
        let length = other.utf8CodeUnitCount
        guard other.hasPointerRepresentation, count >= length else { return false }
        let start = other.utf8Start
        for index in 0..<length where self[count - length + index] != start[index] { return false }
        return true
    }
}
