/// A set of fields of an object, as `managedFields` has it (`FieldsV1` of structured-merge-diff,
/// `fieldpath/serialize.go`): `f:name`, `k:{"name":"x"}`, `v:"x"`, `i:0`, and `.` for a place that is itself in
/// the set although something below it is.
public struct FieldSet: Hashable, Sendable {
    /// Whether this place itself is in the set.
    public var isMember: Bool
    /// What is in the set below this place.
    public var children: [PathElement: FieldSet]

    public init(isMember: Bool = false, children: [PathElement: FieldSet] = [:]) {
        self.isMember = isMember
        self.children = children
    }

    /// Reads the form of the API. What is not understood in it is left out (as upstream does with unknown elements).
    public init(fieldsV1: JSON) {
        self.init(fieldsV1, isRoot: true)
    }

    private init(_ json: JSON, isRoot: Bool) {
        let fields = json.object ?? [:]
        self.init(isMember: fields.isEmpty && !isRoot)
        children.reserveCapacity(fields.count)
        for (name, below) in fields {
            if name == "." {
                isMember = true
            } else if let element = PathElement(fieldsV1: name) {
                children[element] = FieldSet(below, isRoot: false)
            }
        }
    }

    /// The form of the API; equal sets have equal forms.
    public var fieldsV1: JSON {
        var fields: [String: JSON] = [:]
        for (element, below) in children where !below.isEmpty { fields[element.fieldsV1] = below.belowRoot }
        if isMember { fields["."] = [:] }
        return .object(fields)
    }

    private var belowRoot: JSON { isMember && children.isEmpty ? [:] : fieldsV1 }

    /// Whether nothing is in the set.
    public var isEmpty: Bool { !isMember && children.values.allSatisfy(\.isEmpty) }

    /// What is in either.
    public func union(_ other: FieldSet) -> FieldSet {
        FieldSet(isMember: isMember || other.isMember, children: children.merging(other.children) { $0.union($1) })
    }

    /// What is in this and not in the other.
    public func difference(_ other: FieldSet) -> FieldSet {
        var left = FieldSet(isMember: isMember && !other.isMember)
        for (element, below) in children {
            let rest = other.children[element].map(below.difference) ?? below
            if !rest.isEmpty { left.children[element] = rest }
        }
        return left
    }

    /// What is in the set below a place; nil where there is nothing.
    public subscript(_ element: PathElement) -> FieldSet? { children[element] }

    /// Whether a path is in the set, itself or with something below it.
    public func contains(_ path: FieldPath) -> Bool {
        var place = self
        for element in path.elements {
            guard let next = place.children[element] else { return false }
            place = next
        }
        return !place.isEmpty
    }

    /// Whether two objects have the same in every place of the set. Of a place with others below it only those are
    /// looked at, and what others have put into a map that was empty is theirs.
    public func isSame(in one: JSON?, and other: JSON?) -> Bool {
        guard !children.isEmpty else {
            let areMaps = [one, other].allSatisfy { $0 == nil || $0?.object != nil }
            return !isMember || one == other || areMaps && (one ?? [:] == [:] || other ?? [:] == [:])
        }
        return children.allSatisfy { element, below in
            let path = FieldPath([element])
            return below.isSame(in: one?.value(at: path), and: other?.value(at: path))
        }
    }

    /// All paths of the set, in upstream's order.
    public var paths: [FieldPath] {
        var paths: [FieldPath] = []
        collect([], into: &paths)
        return paths
    }

    private func collect(_ elements: [PathElement], into paths: inout [FieldPath]) {
        if isMember { paths.append(FieldPath(elements)) }
        for (element, below) in children.sorted(by: { $0.key < $1.key }) { below.collect(elements + [element], into: &paths) }
    }
}

extension PathElement {
    /// Reads `f:name` and the like; nil where it is none (`DeserializePathElement`).
    init?(fieldsV1 text: String) {
        let bytes = text.utf8
        guard bytes.count >= 2, bytes[bytes.index(after: bytes.startIndex)] == UInt8(ascii: ":") else { return nil }
        let rest = text[text.utf8.index(text.startIndex, offsetBy: 2)...]
        switch bytes.first {
        case UInt8(ascii: "f"): self = .field(String(rest))
        case UInt8(ascii: "k"):
            guard let fields = (try? JSON(parsing: Array(rest.utf8)))?.object else { return nil }
            self = .key(fields.mapValues(\.canonicalNumber))
        case UInt8(ascii: "v"):
            guard let value = try? JSON(parsing: Array(rest.utf8)) else { return nil }
            self = .value(value.canonicalNumber)
        case UInt8(ascii: "i"):
            guard let index = Int(rest), index >= 0 else { return nil }
            self = .index(index)
        default: return nil
        }
    }

    /// `f:name` and the like (`SerializePathElement`).
    var fieldsV1: String {
        switch self {
        case .field(let name): "f:" + name
        case .key(let fields): "k:" + JSON.object(fields).text
        case .value(let value): "v:" + value.text
        case .index(let index): "i:" + String(index)
        }
    }
}
