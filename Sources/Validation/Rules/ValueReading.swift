import Manifests

// What the API server sees: null for absent. A value of the wrong type is the
// schema's to report, and absent to every rule.
extension Value {
    /// The mapping under a key.
    func mapping(_ key: StaticString) -> Value? {
        guard let value = self[key], value.kind == .mapping else { return nil }
        return value
    }

    /// The items of the list under a key; none where there is no list.
    func list(_ key: StaticString) -> Items {
        // A mapping, which this is where it has keys, has no items.
        (self[key] ?? self).items
    }

    /// The fields of the mapping under a key; none where there is no mapping.
    func entries(_ key: StaticString) -> Fields {
        // A key is a text, which has no fields.
        guard let field = field(key) else { return (fields.first?.key ?? self).fields }
        return field.value.fields
    }

    /// The text under a key.
    func text(_ key: StaticString) -> Value? {
        guard let value = self[key], value.kind == .string else { return nil }
        return value
    }

    /// The text under a key, unless it is empty.
    func filled(_ key: StaticString) -> Value? {
        guard let value = self[key], value.kind == .string, !value.bytes.isEmpty else { return nil }
        return value
    }

    /// Whether nothing or an empty text is under a key.
    func lacks(_ key: StaticString) -> Bool {
        guard let value = self[key] else { return true }
        return value.isNull || (value.kind == .string && value.bytes.isEmpty)
    }

    /// The empty text under a key; nothing where the key is not there, which is the schema's to report.
    func emptied(_ key: StaticString) -> Value? {
        guard let value = self[key], value.kind == .string, value.bytes.isEmpty else { return nil }
        return value
    }

    /// Whether `true` is under a key.
    func isTrue(_ key: StaticString) -> Bool { self[key]?.boolean == true }

    /// The place of a key, or of this value where the key is not there.
    func place(_ key: StaticString) -> Value { field(key)?.key ?? self }

    /// The value of a key, or this value where the key is not there.
    func nearest(_ key: StaticString) -> Value { self[key] ?? self }

    /// The text in quotes, for a message.
    var quoted: String { TerminalText.quoted(text) }
}

/// Bytes to be looked up in a set, which must not outlive the file. The hash is
/// seeded, so that no file can make a set slow.
struct BytesKey: Hashable {
    let bytes: UnsafeBufferPointer<UInt8>

    static func == (left: BytesKey, right: BytesKey) -> Bool { left.bytes.elementsEqual(right.bytes) }

    func hash(into hasher: inout Hasher) {
        hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
    }
}

/// Finds what occurs twice, without allocating for short lists.
enum Duplicates {
    /// Gives each place whose text stood at an earlier place; places without a text, or with an empty one, are passed over.
    static func each(
        _ count: Int, _ text: (Int) -> UnsafeBufferPointer<UInt8>?, found: (_ index: Int, _ first: Int) -> Void
    ) {
        guard count > 1 else { return }
        if count > 12 {
            var seen: [BytesKey: Int] = [:]
            for index in 0..<count {
                guard let bytes = text(index), !bytes.isEmpty else { continue }
                if let first = seen[BytesKey(bytes: bytes)] {
                    found(index, first)
                } else {
                    seen[BytesKey(bytes: bytes)] = index
                }
            }
            return
        }
        for index in 1..<count {
            guard let bytes = text(index), !bytes.isEmpty else { continue }
            for earlier in 0..<index {
                if let other = text(earlier), other.elementsEqual(bytes) {
                    found(index, earlier)
                    break
                }
            }
        }
    }

    /// Gives each text of a list of mappings that stood in an earlier one under the same key.
    static func each(_ items: Value.Items, _ key: StaticString, found: (_ again: Value, _ first: Value) -> Void) {
        each(items.count, { items[$0].text(key)?.bytes }) { index, first in
            if let again = items[index].text(key), let first = items[first].text(key) { found(again, first) }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    func elementsEqual(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }

    func contains(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard count >= length else { return false }
        for start in 0...(count - length) where UnsafeBufferPointer(rebasing: self[start..<(start + length)]).elementsEqual(text) {
            return true
        }
        return false
    }
}

/// A container of a pod specification, and what it is called in messages.
struct PodContainer {
    enum Role {
        case regular, initial
    }

    let value: Value
    let index: Int
    let role: Role

    /// `container "web"`
    var phrase: String {
        let word = role == .regular ? "container" : "init container"
        if let name = value.filled("name") { return "\(word) \(name.quoted)" }
        return "\(word) \(index + 1)"
    }

    /// Whether it is an init container that keeps running beside the others.
    var isSidecar: Bool { role == .initial && value["restartPolicy"]?.equals("Always") == true }
}

extension PodSpecification {
    /// Gives the regular containers, then the init containers.
    @inline(__always)
    func eachContainer(_ body: (PodContainer) -> Void) {
        for (index, value) in containers.enumerated() where value.kind == .mapping {
            body(PodContainer(value: value, index: index, role: .regular))
        }
        for (index, value) in initContainers.enumerated() where value.kind == .mapping {
            body(PodContainer(value: value, index: index, role: .initial))
        }
    }

    /// Whether the pod uses the node's network.
    var hasHostNetwork: Bool { spec.isTrue("hostNetwork") }

    /// Whether it is the template of a StatefulSet.
    var isOfStatefulSet: Bool { object.kind == "StatefulSet" }
}

/// Looks up fields of a mapping by their keys; a table is made only where there are many.
struct FieldLookup {
    private let mapping: Value
    private let table: [BytesKey: Value]?

    private static let mostWithoutTable = 16

    init(_ mapping: Value) {
        self.mapping = mapping
        guard mapping.count > FieldLookup.mostWithoutTable else {
            table = nil
            return
        }
        var table: [BytesKey: Value] = [:]
        for field in mapping.fields { table[BytesKey(bytes: field.key.bytes)] = field.value }
        self.table = table
    }

    subscript(_ key: UnsafeBufferPointer<UInt8>) -> Value? {
        guard let table else { return mapping[bytes: key] }
        return table[BytesKey(bytes: key)]
    }
}

/// Looks up containers of a pod by their names.
struct ContainerLookup {
    private let table: [BytesKey: Value]

    init(_ pod: PodSpecification) {
        var table: [BytesKey: Value] = [:]
        pod.eachContainer { container in
            if let name = container.value.text("name") { table[BytesKey(bytes: name.bytes)] = container.value }
        }
        self.table = table
    }

    subscript(_ name: UnsafeBufferPointer<UInt8>) -> Value? { table[BytesKey(bytes: name)] }
}
