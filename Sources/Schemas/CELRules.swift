import Manifests

/// A rule in CEL that a schema states (`x-kubernetes-validations`), for whoever evaluates it.
public struct SchemaCELRule: Sendable, Hashable {
    /// The expression.
    public let rule: String
    /// What to say where it is false; empty if nothing was written.
    public let message: String
    /// An expression for what to say; empty if none was written.
    public let messageExpression: String
    /// The reason in the API server's word; empty if none was written.
    public let reason: String
    /// The field at fault, as a path from the value; empty if none was written.
    public let fieldPath: String
    /// Whether the old value may be absent.
    public let optionalOldSelf: Bool
}

extension SchemaSet {
    /// Finds the rules in CEL that hold of a value and of what is in it.
    ///
    /// - Parameters:
    ///   - root: the object.
    ///   - schema: its kind.
    ///   - body: takes a value (CEL's `self`), a rule of it, and the value's JSON pointer.
    public func forEachCELRule(in root: Value, of schema: KindSchema, _ body: (Value, SchemaCELRule, String) -> Void) {
        guard schema.isImported else { return }
        defer { withExtendedLifetime(schema.library) {} }
        withoutActuallyEscaping(body) { body in
            var walk = CELRuleWalk(blob: schema.blob, body: body)
            walk.visit(root, schema.kind.node)
        }
    }
}

private struct CELRuleWalk {
    let blob: SchemaBlob
    let body: (Value, SchemaCELRule, String) -> Void
    var path = Path()
    var budget = 4_000_000

    init(blob: SchemaBlob, body: @escaping (Value, SchemaCELRule, String) -> Void) {
        self.blob = blob
        self.body = body
    }

    mutating func visit(_ value: Value, _ index: UInt32) {
        budget -= 1
        guard budget > 0, !value.isNull else { return }
        let node = blob.node(index)
        var additional: UInt32?
        if node.constraints != 0 {
            var entries = ConstraintEntries(blob, node.constraints)
            while let entry = entries.next() {
                budget -= 1
                if budget <= 0 { return }
                if entry.tag == .additional { additional = blob.word(entry.start) }
                guard entry.tag == .rules else { continue }
                budget -= 4 * Int(entry.count)
                var place = entry.start
                while place + 6 <= entry.start + entry.count {
                    body(value, rule(at: place), path.pointer())
                    place += 6
                }
            }
        }
        switch (node.code, value.kind) {
        case (.object, .mapping):
            path.push(value)
            for (place, field) in value.fields.enumerated() {
                path.set(place)
                if let property = property(field.key, of: node) {
                    visit(field.value, property)
                } else if let additional {
                    visit(field.value, additional)
                }
            }
            path.pop()
        case (.map, .mapping):
            path.push(value)
            for (place, field) in value.fields.enumerated() {
                path.set(place)
                visit(field.value, node.first)
            }
            path.pop()
        case (.list, .sequence):
            path.push(value)
            for (place, item) in value.items.enumerated() {
                path.set(place)
                visit(item, node.first)
            }
            path.pop()
        default: break
        }
    }

    private func property(_ key: Value, of node: SchemaBlob.Node) -> UInt32? {
        let hash = key.hash
        var place = blob.firstProperty(of: hash, from: node.first, count: node.second)
        while place < node.first &+ node.second {
            let property = blob.property(place)
            guard property.hash == hash else { return nil }
            if SchemaSet.same(blob.string(property.name), key.bytes) { return property.node }
            place += 1
        }
        return nil
    }

    private func rule(at place: UInt32) -> SchemaCELRule {
        SchemaCELRule(
            rule: blob.text(blob.word(place)), message: blob.text(blob.word(place &+ 1)), messageExpression: blob.text(blob.word(place &+ 2)),
            reason: blob.text(blob.word(place &+ 3)), fieldPath: blob.text(blob.word(place &+ 4)), optionalOldSelf: blob.word(place &+ 5) != 0)
    }
}
