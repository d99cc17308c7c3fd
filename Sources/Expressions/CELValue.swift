/// A list that an expression may read, item by item: the caller's own tree, or
/// one in memory (``CELArray``).
public protocol CELList: Sendable {
    /// How many items it has.
    var count: Int { get }
    /// The item at an index below ``count``.
    func item(at index: Int) -> CELValue
}

/// A map or object with strings for keys that an expression may read: the
/// caller's own tree, or one in memory (``CELDictionary``). Keys are told apart
/// by their bytes, never by canonical equivalence.
public protocol CELObject: Sendable {
    /// How many fields it has.
    var count: Int { get }
    /// Its keys, in the order in which macros go through them.
    var keys: [CELValue] { get }
    /// The value of a field, as the caller names it in expressions (for a
    /// schema's properties: after ``CELNames/escape(_:)``).
    func value(forKey key: String) -> CELValue?
    /// The value at a key of any type; by default only strings are keys.
    func value(for key: CELValue) -> CELValue?
}

extension CELObject {
    /// Looks strings up by ``value(forKey:)``.
    public func value(for key: CELValue) -> CELValue? {
        if case .string(let name) = key { value(forKey: name) } else { nil }
    }
}

/// A value of CEL (https://github.com/google/cel-spec/blob/master/doc/langdef.md#values)
/// and the types that Kubernetes adds.
public indirect enum CELValue: Sendable {
    /// `null`.
    case null
    /// A truth value.
    case bool(Bool)
    /// A signed integer.
    case int(Int64)
    /// An unsigned integer.
    case uint(UInt64)
    /// A floating-point number.
    case double(Double)
    /// Text.
    case string(String)
    /// Bytes.
    case bytes([UInt8])
    /// A list, read lazily.
    case list(any CELList)
    /// A map or an object, read lazily.
    case map(any CELObject)
    /// A span of time in nanoseconds.
    case duration(Int64)
    /// A moment.
    case timestamp(CELTimestamp)
    /// A type, by name.
    case type(String)
    /// A value or none (`optional.of`, `optional.none`).
    case optional(CELValue?)
    /// A quantity of Kubernetes (`quantity("1Gi")`).
    case quantity(CELQuantity)
    /// An address of the Internet Protocol.
    case ip(CELAddress)
    /// A range of addresses.
    case cidr(CELAddressRange)
    /// An absolute URL or path.
    case url(CELURL)
    /// A semantic version.
    case semver(CELSemanticVersion)
    /// A named format (`format.dns1123Label()`).
    case format(CELFormat)

    /// A list in memory.
    public static func array(_ items: [CELValue]) -> CELValue { .list(CELArray(items)) }

    /// A map in memory, of strings to values.
    public static func dictionary(_ pairs: [(String, CELValue)]) -> CELValue {
        .map(CELDictionary(pairs.map { (.string($0.0), $0.1) }))
    }

    /// The name of the value's type, as `type()` gives it.
    public var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .list: "list"
        case .map: "map"
        case .duration: "google.protobuf.Duration"
        case .timestamp: "google.protobuf.Timestamp"
        case .type: "type"
        case .optional: "optional_type"
        case .quantity: "kubernetes.Quantity"
        case .ip: "net.IP"
        case .cidr: "net.CIDR"
        case .url: "kubernetes.URL"
        case .semver: "kubernetes.Semver"
        case .format: "kubernetes.NamedFormat"
        }
    }
}

/// A list in memory.
public struct CELArray: CELList {
    /// Its items.
    public let items: [CELValue]

    /// A list of these items.
    public init(_ items: [CELValue]) { self.items = items }

    /// How many items it has.
    public var count: Int { items.count }

    /// The item at an index.
    public func item(at index: Int) -> CELValue { items[index] }
}

/// A map in memory; its keys are strings, integers or truth values.
public struct CELDictionary: CELObject {
    /// Its keys in order.
    public let keys: [CELValue]
    private let values: [CELKey: CELValue]

    /// A map of these pairs; of equal keys the last one's value stays.
    public init(_ pairs: [(CELValue, CELValue)]) {
        var values: [CELKey: CELValue] = [:]
        var keys: [CELValue] = []
        for (key, value) in pairs {
            guard let hashed = CELKey(key) else { continue }
            if values.updateValue(value, forKey: hashed) == nil { keys.append(key) }
        }
        self.keys = keys
        self.values = values
    }

    /// How many pairs it has.
    public var count: Int { keys.count }

    /// The value at a string.
    public func value(forKey key: String) -> CELValue? { values[.string(Array(key.utf8))] }

    /// The value at a key; numbers of different types are the same key where
    /// they are equal.
    public func value(for key: CELValue) -> CELValue? { CELKey(key).flatMap { values[$0] } }
}

/// A key of a map in memory. Integers are one type here: `1` finds `1u`.
enum CELKey: Hashable {
    case bool(Bool)
    case int(Int64)
    case largeUint(UInt64)
    case string([UInt8])

    init?(_ value: CELValue) {
        switch value {
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .uint(let value): self = value <= UInt64(Int64.max) ? .int(Int64(value)) : .largeUint(value)
        case .double(let value):
            if let exact = Int64(exactly: value) { self = .int(exact) }
            else if let exact = UInt64(exactly: value) { self = .largeUint(exact) }
            else { return nil }
        case .string(let value): self = .string(Array(value.utf8))
        default: return nil
        }
    }
}

/// A moment: seconds since 1970 and nanoseconds above them.
public struct CELTimestamp: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: Int64
    /// Nanoseconds, from 0 to 999,999,999.
    public let nanoseconds: Int64

    /// A moment between the years 1 and 9999.
    public init(seconds: Int64, nanoseconds: Int64 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}
