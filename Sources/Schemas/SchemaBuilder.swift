import Manifests

/// Why schemas were not taken.
public struct SchemaRefusal: Error, Sendable, Equatable {
    /// What is wrong, on one line.
    public let message: String
    /// Where, if it is in one place.
    public let position: SourcePosition?
}

/// Puts schemas into the form that ``SchemaBlob`` reads; the counterpart of the
/// `Writer` in `Sources/CSchemas/generate`.
struct SchemaBuilder {
    struct NodeRow {
        var code: SchemaBlob.Code = .any
        var flags: UInt8 = 0
        var requiredCount = 0
        var first: UInt32 = 0
        var second: UInt32 = 0
        var constraints: UInt32 = 0
    }

    struct PropertyRow {
        let name: String
        let node: UInt32
        let flags: UInt16
    }

    /// What all schemas of one library may come to.
    static let mostBytes = 32 << 20
    static let mostNodes = 400_000

    private(set) var nodes: [NodeRow] = []
    private var properties: [UInt32] = []
    private var propertyCount: UInt32 = 0
    /// The first word is none, so that no constraints are at 0.
    private var words: [UInt32] = [0]
    private var strings: [UInt8] = []
    private var places: [String: UInt32] = [:]
    private var kinds: [[UInt32]] = []
    private var lifecycles: [[UInt32]] = []

    var isTooLarge: Bool {
        nodes.count > Self.mostNodes || 16 * nodes.count + 4 * properties.count + 4 * words.count + strings.count > Self.mostBytes
    }

    mutating func string(_ text: String) -> UInt32 {
        if let place = places[text] { return place }
        let place = UInt32(strings.count)
        let count = text.utf8.count
        if count < 255 {
            strings.append(UInt8(count))
        } else {
            strings.append(255)
            withUnsafeBytes(of: UInt32(count).littleEndian) { strings.append(contentsOf: $0) }
        }
        strings.append(contentsOf: text.utf8)
        places[text] = place
        return place
    }

    mutating func words(_ new: [UInt32]) -> UInt32 {
        words.append(contentsOf: new)
        return UInt32(words.count - new.count)
    }

    mutating func reserve() -> UInt32 {
        nodes.append(NodeRow())
        return UInt32(nodes.count - 1)
    }

    mutating func set(_ index: UInt32, _ row: NodeRow) { nodes[Int(index)] = row }

    mutating func node(_ row: NodeRow) -> UInt32 {
        nodes.append(row)
        return UInt32(nodes.count - 1)
    }

    /// Puts down the properties of an object, and says where they are.
    mutating func properties(_ rows: [PropertyRow]) -> (start: UInt32, count: UInt32) {
        let start = propertyCount
        let hashed = rows.map { (hash: SchemaBuilder.hash($0.name), row: $0) }
            .sorted { $0.hash != $1.hash ? $0.hash < $1.hash : $0.row.name < $1.row.name }
        for (hash, row) in hashed {
            properties += [hash, string(row.name), row.node, 0xFFFF | UInt32(row.flags) << 16]
        }
        propertyCount += UInt32(rows.count)
        return (start, UInt32(rows.count))
    }

    mutating func kind(group: String, version: String, kind: String, node: UInt32, flags: UInt16) {
        kinds.append([Self.hash(kind), string(kind), string(group), string(version), node, 0xFFFF | UInt32(flags) << 16])
    }

    mutating func deprecate(group: String, version: String, kind: String, warning: String) {
        lifecycles.append([Self.hash(kind), string(kind), string(group), string(version), 0, string(warning)])
    }

    static func hash(_ text: String) -> UInt32 {
        var text = text
        return text.withUTF8 { ManifestHash.of($0) }
    }

    /// The bytes of everything put down.
    func bytes() -> [UInt8] {
        let nodeWords = nodes.flatMap { row in
            [
                UInt32(row.code.rawValue) | UInt32(row.flags) << 8 | UInt32(min(row.requiredCount, 0xFFFF)) << 16, row.first, row.second,
                row.constraints,
            ]
        }
        let kindWords = kinds.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 }
        let lifecycleWords = lifecycles.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 }
        let sections: [(count: Int, words: [UInt32])] = [
            (0, []), (kinds.count, kindWords), (nodes.count, nodeWords), (Int(propertyCount), properties), (words.count, words), (0, []),
            (lifecycles.count, lifecycleWords),
        ]
        let padding = (4 - strings.count % 4) % 4
        let total = SchemaBlob.headerSize + sections.reduce(0) { $0 + 4 * $1.words.count } + strings.count + padding
        var head: [UInt32] = [SchemaBlob.magic, SchemaBlob.formatVersion, UInt32(total), 0]
        var offset = SchemaBlob.headerSize
        for section in sections {
            head += [UInt32(offset), UInt32(section.count)]
            offset += 4 * section.words.count
        }
        head += [UInt32(offset), UInt32(strings.count + padding)]
        var bytes: [UInt8] = []
        bytes.reserveCapacity(total)
        for word in head { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
        for section in sections {
            for word in section.words { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
        }
        bytes += strings
        bytes += [UInt8](repeating: 0, count: padding)
        return bytes
    }
}

/// What a schema asks of a value beyond its type: a sequence of entries, each a
/// tag and the number of its words, then the words.
enum ConstraintTag: UInt8 {
    case end, additional, minimum, maximum, multipleOf, minLength, maxLength, pattern, minItems, maxItems, minProperties, maxProperties
    case uniqueItems, enumeration, allOf, anyOf, oneOf, not, format, rules
    /// What the server puts where nothing is, in JSON.
    case filled
}
