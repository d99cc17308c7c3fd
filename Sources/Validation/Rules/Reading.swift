import Manifests

/// What rules ask of values; of a value of another kind than is asked for, nothing.
extension Value {
    /// The items of the list under a key; none where there is no list.
    func items(_ key: StaticString) -> Slice<Value.Items> {
        guard let value = self[key] else { return items.prefix(0) }
        return value.items[...]
    }

    /// The integer under a key.
    func integer(_ key: StaticString) -> Int64? { self[key]?.integer }

    /// Whether the value under a key is a text of these.
    func has(_ key: StaticString, _ text: StaticString) -> Bool { self[key]?.equals(text) ?? false }

    /// Whether nothing is under a key, or null, or an empty text, list or mapping.
    func hasNothing(_ key: StaticString) -> Bool {
        guard let value = self[key] else { return true }
        return switch value.kind {
        case .null: true
        case .string: value.bytes.isEmpty
        case .sequence, .mapping: value.count == 0
        case .boolean, .integer, .number: false
        }
    }

    /// Where to point for a key that should not be there.
    func place(of key: StaticString) -> Value { field(key)?.key ?? self }

    /// Where to point for the value of a key; for the whole where there is none.
    func spot(_ key: StaticString) -> Value { given(key) ?? self }

    /// Whether the text is one of some.
    func isOne(of texts: [StaticString]) -> Bool {
        for text in texts where equals(text) { return true }
        return false
    }
}

/// Finds values that come twice.
enum Repetition {
    /// Gives every value that equals an earlier one to a function, and that earlier one.
    /// Small lists cost no memory, long ones no more than their length.
    static func find<List: Collection<Value>>(in list: List, by key: (Value) -> Value?, _ found: (_ first: Value, _ again: Value) -> Void) {
        guard list.count > 1 else { return }
        if list.count <= 12 {
            for (index, item) in list.enumerated() {
                guard let value = key(item) else { continue }
                for earlier in list.prefix(index) {
                    guard let first = key(earlier), first.equals(value) else { continue }
                    found(first, value)
                    break
                }
            }
            return
        }
        var seen: [BytesKey: Value] = [:]
        for item in list {
            guard let value = key(item), value.kind == .string else { continue }
            if let first = seen[BytesKey(bytes: value.bytes)] {
                found(first, value)
            } else {
                seen[BytesKey(bytes: value.bytes)] = value
            }
        }
    }

    /// The same for numbers; items without one are passed over.
    static func find<List: Collection<Value>>(
        in list: List, byNumber key: (Value) -> Int64?, _ found: (_ first: Value, _ again: Value) -> Void
    ) {
        guard list.count > 1 else { return }
        if list.count <= 12 {
            for (index, item) in list.enumerated() {
                guard let value = key(item) else { continue }
                for earlier in list.prefix(index) where key(earlier) == value {
                    found(earlier, item)
                    break
                }
            }
            return
        }
        var seen: [Int64: Value] = [:]
        for item in list {
            guard let value = key(item) else { continue }
            if let first = seen[value] {
                found(first, item)
            } else {
                seen[value] = item
            }
        }
    }
}

extension Findings {
    /// Notes that a text has not the form that it must have, if it has not.
    mutating func check(_ value: Value?, _ form: (Names.Bytes) -> String?, as words: StaticString) {
        guard let value, value.kind == .string, let fault = form(value.bytes) else { return }
        add(at: value, "\(words) \(value.quoted) \(fault)")
    }

    /// Notes that a number lies out of bounds, if it does.
    mutating func check(_ value: Value?, _ bounds: ClosedRange<Int64>, as words: StaticString) {
        guard let value, let number = value.integer, !bounds.contains(number) else { return }
        if number < bounds.lowerBound, bounds.upperBound == .max {
            add(at: value, "\(words) is \(number), at least \(bounds.lowerBound) is required")
        } else {
            add(at: value, "\(words) is \(number), it must lie between \(bounds.lowerBound) and \(bounds.upperBound)")
        }
    }

    /// Notes that a list or text that must hold something doesn't.
    mutating func require(_ key: StaticString, in owner: Value, _ words: String? = nil, hint: String? = nil) {
        guard owner.hasNothing(key) else { return }
        add(at: owner.spot(key), words ?? "\(key) is missing", hint: hint)
    }
}

extension KubernetesObject {
    /// Where to point for something that `spec` lacks: its key.
    var specPlace: Value { root.field("spec")?.key ?? kindPlace }

    /// Where to point for something that the object itself lacks.
    var kindPlace: Value { root["kind"] ?? root }
}

extension StaticString {
    /// Whether the two are the same text.
    func equals(_ other: StaticString) -> Bool {
        guard utf8CodeUnitCount == other.utf8CodeUnitCount else { return false }
        for index in 0..<utf8CodeUnitCount where utf8Start[index] != other.utf8Start[index] { return false }
        return true
    }
}
