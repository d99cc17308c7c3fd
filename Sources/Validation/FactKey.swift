import Manifests

/// What an environment's index knows things by: a hash of what they are. 64 bits
/// are enough to take two things for one less than once in a million
/// environments of a million things each; what is told is read from the files.
struct FactKey: Hashable, Comparable {
    let value: UInt64

    init(value: UInt64) {
        self.value = value
    }

    /// - Parameter parts: what it is made of, kept apart by a byte that no text has.
    init(_ domain: StaticString, _ parts: UnsafeBufferPointer<UInt8>...) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        domain.withUTF8Buffer { for byte in $0 { add(byte) } }
        for part in parts {
            add(0xFF)
            for byte in part { add(byte) }
        }
        // FNV alone leaves the upper bits of short inputs too much alike.
        hash ^= hash >> 32
        hash = hash &* 0xd6e8_feb8_6659_fd93
        value = hash ^ hash >> 32
    }

    static func < (a: FactKey, b: FactKey) -> Bool { a.value < b.value }
}

/// What a file says that other files of its environment depend on.
struct Fact {
    enum Kind: UInt8 {
        /// One resource, which no other file may define.
        case definition
        /// Something that can be referred to is here.
        case provision
        /// Something must be here: under this key or the other one.
        case reference
        /// The second key of a reference.
        case alternative
        /// Something is looked at here when what the key names changes: resources of a
        /// CustomResourceDefinition, files that a kustomization takes in.
        case dependence
    }

    var kind: Kind
    /// Which rule a broken one breaks.
    var rule: FactRule
    var key: FactKey
    /// Of a reference the key that will do as well; zero for none.
    var other = FactKey(value: 0)
    var line: UInt32
    var column: UInt32

    init(kind: Kind, rule: FactRule, key: FactKey, other: FactKey = FactKey(value: 0), line: UInt32, column: UInt32) {
        self.kind = kind
        self.rule = rule
        self.key = key
        self.other = other
        self.line = line
        self.column = column
    }

    /// A fact that stands where a value does.
    init(_ kind: Kind, _ rule: FactRule, _ key: FactKey, at value: Value) {
        let position = value.position
        self.init(kind: kind, rule: rule, key: key, line: UInt32(clamping: position.line), column: UInt32(clamping: position.column))
    }

    var position: SourcePosition { SourcePosition(line: Int(line), column: Int(column)) }
}

/// The rules that hold between files.
enum FactRule: UInt8 {
    case duplicate, reference, namespace, port, schema, input

    var id: String {
        switch self {
        case .duplicate: "env/duplicate-resource"
        case .reference: "env/missing-reference"
        case .namespace: "env/missing-namespace"
        case .port: "env/missing-port"
        case .schema: "k8s/unknown-kind"
        case .input: "manifest/role"
        }
    }
}
