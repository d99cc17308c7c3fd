/// Schemas in the form that `Sources/CSchemas/generate` and ``SchemaCompiler``
/// write: tables of 32-bit words, read where they lie. Whatever the bytes are,
/// nothing outside of them is read: a place that is not there is an empty one.
struct SchemaBlob: @unchecked Sendable {
    // The bytes never change, and whoever holds the blob holds them.
    private let base: UnsafeRawPointer
    private let versionTable, kindTable, nodeTable, propertyTable, wordTable, typeTable, lifecycleTable, stringTable: Table

    private struct Table {
        let offset: Int
        let count: UInt32
    }

    static let magic: UInt32 = 0x3153_4F47  // "GOS1"
    static let formatVersion: UInt32 = 1
    static let sections = 8
    static let headerSize = 16 + 8 * sections

    /// Wants the bytes at a multiple of 4; nil where they are no schemas of this format.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, Int(bitPattern: base) % 4 == 0, bytes.count >= Self.headerSize,
            UInt32(littleEndian: base.load(as: UInt32.self)) == Self.magic,
            UInt32(littleEndian: base.load(fromByteOffset: 4, as: UInt32.self)) == Self.formatVersion,
            Int(UInt32(littleEndian: base.load(fromByteOffset: 8, as: UInt32.self))) == bytes.count
        else { return nil }
        self.base = base
        let sizes = [4, 24, 16, 16, 4, 8, 24, 1]
        var tables: [Table] = []
        for (index, size) in sizes.enumerated() {
            let offset = Int(UInt32(littleEndian: base.load(fromByteOffset: 16 + 8 * index, as: UInt32.self)))
            let count = UInt32(littleEndian: base.load(fromByteOffset: 20 + 8 * index, as: UInt32.self))
            guard offset % 4 == 0, offset + Int(count) * size <= bytes.count else { return nil }
            tables.append(Table(offset: offset, count: count))
        }
        (versionTable, kindTable, nodeTable, propertyTable) = (tables[0], tables[1], tables[2], tables[3])
        (wordTable, typeTable, lifecycleTable, stringTable) = (tables[4], tables[5], tables[6], tables[7])
    }

    @inline(__always)
    private func load(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: base.load(fromByteOffset: offset, as: UInt32.self))
    }

    // MARK: strings and words

    /// The text at a place of the table of strings.
    @inline(__always)
    func string(_ place: UInt32) -> UnsafeBufferPointer<UInt8> {
        let size = Int(stringTable.count)
        let place = Int(place)
        guard place < size else { return UnsafeBufferPointer(start: nil, count: 0) }
        let start = base.assumingMemoryBound(to: UInt8.self) + stringTable.offset
        var length = Int(start[place])
        var text = place + 1
        if length == 255 {
            guard text + 4 <= size else { return UnsafeBufferPointer(start: nil, count: 0) }
            length = Int(UInt32(littleEndian: UnsafeRawPointer(start + text).loadUnaligned(as: UInt32.self)))
            text += 4
        }
        guard length <= size - text else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: start + text, count: length)
    }

    func text(_ place: UInt32) -> String { String(decoding: string(place), as: UTF8.self) }

    @inline(__always)
    func word(_ index: UInt32) -> UInt32 {
        index < wordTable.count ? load(wordTable.offset + 4 * Int(index)) : 0
    }

    var wordCount: UInt32 { wordTable.count }
    var propertyCount: UInt32 { propertyTable.count }

    /// Whether both are the same bytes at the same place.
    func isSame(as other: SchemaBlob) -> Bool { base == other.base }

    func double(_ index: UInt32) -> Double {
        Double(bitPattern: UInt64(word(index)) | UInt64(word(index + 1)) << 32)
    }

    // MARK: versions

    var versionCount: Int { min(Int(versionTable.count), 16) }

    func versionName(_ index: Int) -> String {
        index < versionCount ? text(load(versionTable.offset + 4 * index)) : ""
    }

    // MARK: nodes

    /// What a node says a value is. The numbers stand in the bytes.
    enum Code: UInt8 {
        case any, boolean, int32, int64, number, string, bytes, time, microTime
        case intOrString, quantity, enumeration, object, map, list, lenient
        /// As a custom resource has it: bounded by 64 bits only.
        case customIntOrString
        /// The metadata of an object, which is built in.
        case objectMeta
    }

    struct Node {
        let header, first, second, constraints: UInt32

        @inline(__always) var code: Code { Code(rawValue: UInt8(truncatingIfNeeded: header)) ?? .any }
        @inline(__always) var flags: UInt8 { UInt8(truncatingIfNeeded: header >> 8) }
        /// How many of an object's fields are required.
        @inline(__always) var requiredCount: Int { Int(header >> 16) }

        /// A list whose items differ by their keys, or as such.
        static let listMap: UInt8 = 1
        static let listSet: UInt8 = 2
        /// An object that may have fields beyond those named.
        static let open: UInt8 = 4
        /// A value that may not be null.
        static let notNull: UInt8 = 8
        /// An object whose fields are those of an object of its own kind.
        static let embedded: UInt8 = 16
        /// A node that does not require the type; it is part of a combination.
        static let untyped: UInt8 = 32
        /// A string of a format that is checked.
        static let formatted: UInt8 = 64
    }

    static let noNode: UInt32 = .max
    /// Of a property that is only named as required: it may not be given.
    static let refused: UInt32 = .max - 1
    static let anyNode = Node(header: 0, first: 0, second: 0, constraints: 0)

    @inline(__always)
    func node(_ index: UInt32) -> Node {
        guard index < nodeTable.count else { return Self.anyNode }
        let place = nodeTable.offset + 16 * Int(index)
        return Node(header: load(place), first: load(place + 4), second: load(place + 8), constraints: load(place + 12))
    }

    // MARK: properties

    struct Property {
        let hash, name, node: UInt32
        /// The versions that have it.
        let mask: UInt16
        let flags: UInt16

        static let required: UInt16 = 1
        /// The server reads it and drops it: only what cannot be read is wrong.
        static let decodedOnly: UInt16 = 2
        /// Null is a value of it, not its absence.
        static let nullable: UInt16 = 4
    }

    @inline(__always)
    func property(_ index: UInt32) -> Property {
        guard index < propertyTable.count else { return Property(hash: 0, name: .max, node: Self.noNode, mask: 0, flags: 0) }
        let place = propertyTable.offset + 16 * Int(index)
        let last = load(place + 12)
        return Property(
            hash: load(place), name: load(place + 4), node: load(place + 8), mask: UInt16(truncatingIfNeeded: last),
            flags: UInt16(truncatingIfNeeded: last >> 16))
    }

    @inline(__always)
    private func propertyHash(_ index: UInt32) -> UInt32 {
        index < propertyTable.count ? load(propertyTable.offset + 16 * Int(index)) : .max
    }

    /// The first property of a hash among `count` from `start`, which are in order of it.
    @inline(__always)
    func firstProperty(of hash: UInt32, from start: UInt32, count: UInt32) -> UInt32 {
        var (low, high) = (start, start &+ min(count, propertyTable.count))
        while low < high {
            let middle = low &+ (high &- low) / 2
            if propertyHash(middle) < hash { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    // MARK: kinds

    struct Kind {
        let name, group, version, node: UInt32
        let mask: UInt16
        let flags: UInt16

        static let clusterScoped: UInt16 = 1
        static let list: UInt16 = 2
        static let deprecated: UInt16 = 4
        /// The source did not say whether its objects are in a namespace.
        static let scopeUnknown: UInt16 = 8
        /// Some of its fields have defaults.
        static let hasDefaults: UInt16 = 16
    }

    var kindCount: UInt32 { kindTable.count }

    func kind(_ index: UInt32) -> Kind {
        let place = kindTable.offset + 24 * Int(index)
        let last = load(place + 20)
        return Kind(
            name: load(place + 4), group: load(place + 8), version: load(place + 12), node: load(place + 16),
            mask: UInt16(truncatingIfNeeded: last), flags: UInt16(truncatingIfNeeded: last >> 16))
    }

    /// The kinds of a hash of the name, which stand together.
    func kinds(of hash: UInt32) -> Range<UInt32> {
        range(of: hash, in: kindTable, rowSize: 24)
    }

    private func range(of hash: UInt32, in table: Table, rowSize: Int) -> Range<UInt32> {
        var (low, high) = (UInt32(0), table.count)
        while low < high {
            let middle = low + (high - low) / 2
            if load(table.offset + rowSize * Int(middle)) < hash { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < table.count, load(table.offset + rowSize * Int(end)) == hash { end += 1 }
        return low..<end
    }

    // MARK: types and the life of versions

    /// The node of a type by its name in OpenAPI.
    func type(named name: UnsafeBufferPointer<UInt8>, hash: UInt32) -> UInt32? {
        let rows = range(of: hash, in: typeTable, rowSize: 8)
        return rows.isEmpty ? nil : load(typeTable.offset + 8 * Int(rows.lowerBound) + 4)
    }

    struct Lifecycle {
        let name, group, version, replacement: UInt32
        /// The minor release of Kubernetes 1; 0 where there is none.
        let deprecated, removed: Int
    }

    func lifecycles(of hash: UInt32) -> Range<UInt32> {
        range(of: hash, in: lifecycleTable, rowSize: 24)
    }

    func lifecycle(_ index: UInt32) -> Lifecycle {
        let place = lifecycleTable.offset + 24 * Int(index)
        let numbers = load(place + 16)
        return Lifecycle(
            name: load(place + 4), group: load(place + 8), version: load(place + 12), replacement: load(place + 20),
            deprecated: Int(numbers & 0xFFFF), removed: Int(numbers >> 16))
    }
}
