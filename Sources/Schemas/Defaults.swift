import Manifests

extension SchemaSet {
    /// An object as the server has it when it judges: with the defaults of its schema
    /// where nothing is given (apiextensions-apiserver, pkg/apiserver/schema/defaulting/algorithm.go).
    /// Rules in CEL and combinations of schemas see these.
    ///
    /// - Returns: a file of one document; nil where nothing is to be filled in.
    public func filled(_ root: Value, of schema: KindSchema) -> ManifestFile? {
        guard schema.isImported, schema.kind.flags & SchemaBlob.Kind.hasDefaults != 0 else { return nil }
        defer { withExtendedLifetime(schema.library) {} }
        var filling = Filling(blob: schema.blob)
        guard filling.isIncomplete(root, schema.kind.node) else { return nil }
        filling.write(root, schema.kind.node)
        return filling.budget > 0 ? filling.writer.file() : nil
    }
}

private struct Filling {
    let blob: SchemaBlob
    var writer = ValueWriter()
    /// What may be looked at yet, as aliases may multiply what is written.
    var budget = 2_000_000
    /// The defaults that were read, by their places in the schema.
    private var values: [UInt32: ManifestFile] = [:]

    init(blob: SchemaBlob) { self.blob = blob }

    /// Whether a default is missing somewhere.
    mutating func isIncomplete(_ value: Value, _ index: UInt32) -> Bool {
        budget -= 1
        guard budget > 0 else { return false }
        let node = blob.node(index)
        switch (node.code, value.kind) {
        case (.object, .mapping):
            if !missing(from: value, node).isEmpty { return true }
            let additional = additional(node)
            for field in value.fields {
                if let next = property(field.key, of: node)?.node ?? additional, isIncomplete(field.value, next) { return true }
            }
        case (.map, .mapping):
            for field in value.fields where isIncomplete(field.value, node.first) { return true }
        case (.list, .sequence):
            for item in value.items where isIncomplete(item, node.first) { return true }
        default: break
        }
        return false
    }

    /// Writes a value, and what is missing from it.
    /// - Parameter place: what it stands at, if it is a default.
    mutating func write(_ value: Value, _ index: UInt32?, at place: Value? = nil) {
        budget -= 1
        guard budget > 0 else { return }
        let node = blob.node(index ?? SchemaBlob.noNode)
        switch (node.code, value.kind) {
        case (.object, .mapping):
            writer.begin(like: value, at: place)
            let missing = missing(from: value, node)
            let additional = additional(node)
            for field in value.fields where !missing.contains(where: { SchemaSet.same(blob.string($0.name), field.key.bytes) }) {
                writer.copy(field.key, at: place)
                write(field.value, property(field.key, of: node)?.node ?? additional, at: place)
            }
            for (name, text, next) in missing {
                let file = values[text] ?? ManifestFile(Array(blob.string(text)), language: .json, file: "")
                values[text] = file
                file.withDocuments { documents in
                    guard let root = documents.first?.root else { return }
                    writer.key(blob.string(name), at: place ?? value)
                    write(root, next, at: place ?? value)
                }
            }
            writer.end(like: value, at: place)
        case (_, .mapping):
            writer.begin(like: value, at: place)
            for field in value.fields {
                writer.copy(field.key, at: place)
                write(field.value, node.code == .map ? node.first : nil, at: place)
            }
            writer.end(like: value, at: place)
        case (_, .sequence):
            writer.begin(like: value, at: place)
            for item in value.items { write(item, node.code == .list ? node.first : nil, at: place) }
            writer.end(like: value, at: place)
        default: writer.copy(value, at: place)
        }
    }

    /// The fields that have a default and no value: their names, the defaults, and their schemas.
    private func missing(from value: Value, _ node: SchemaBlob.Node) -> [(name: UInt32, text: UInt32, node: UInt32)] {
        var missing: [(UInt32, UInt32, UInt32)] = []
        for place in 0..<node.second {
            let property = blob.property(node.first &+ place)
            guard property.node != SchemaBlob.refused, let text = filled(blob.node(property.node)) else { continue }
            if let given = value[bytes: blob.string(property.name)],
                !given.isNull || property.flags & SchemaBlob.Property.nullable != 0
            {
                continue
            }
            missing.append((property.name, text, property.node))
        }
        return missing
    }

    private func filled(_ node: SchemaBlob.Node) -> UInt32? { word(of: .filled, node) }
    private func additional(_ node: SchemaBlob.Node) -> UInt32? { word(of: .additional, node) }

    private func word(of tag: ConstraintTag, _ node: SchemaBlob.Node) -> UInt32? {
        guard node.constraints != 0 else { return nil }
        var entries = ConstraintEntries(blob, node.constraints)
        while let entry = entries.next() {
            if entry.tag == tag { return blob.word(entry.start) }
        }
        return nil
    }

    private func property(_ key: Value, of node: SchemaBlob.Node) -> SchemaBlob.Property? {
        let hash = key.hash
        var place = blob.firstProperty(of: hash, from: node.first, count: node.second)
        while place < node.first &+ node.second {
            let property = blob.property(place)
            guard property.hash == hash else { return nil }
            if SchemaSet.same(blob.string(property.name), key.bytes) { return property.node == SchemaBlob.refused ? nil : property }
            place += 1
        }
        return nil
    }
}
