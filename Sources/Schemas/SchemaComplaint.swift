import Manifests

// What is said of what is wrong; none of it runs where nothing is.
extension SchemaCheck {
    /// What people call the value at hand: its key, with the indices after it.
    var subject: String { subject(at: path.all.count) }

    /// What people call the value after so many steps.
    func subject(at depth: Int) -> String {
        let steps = path.all.prefix(depth)
        guard !steps.isEmpty else { return "the manifest" }
        var text = ""
        for (place, step) in steps.enumerated().reversed() {
            if step.parent.kind == .sequence {
                text = "[\(step.index)]" + text
                continue
            }
            text = step.parent.fields[step.index].name + text
            // The keys of a map say nothing without its name: labels.app.
            guard place > 0, isMap(at: place) else { break }
            text = "." + text
        }
        return TerminalText.quotedIfOdd(text)
    }

    private func isMap(at depth: Int) -> Bool {
        let (blob, node) = nodes(to: depth)
        return blob.node(node).code == .map
    }

    /// The node of the value after so many steps, as far as that can be said.
    func nodes(to depth: Int) -> (blob: SchemaBlob, node: UInt32) {
        var (blob, index) = (rootBlob, rootNode)
        for step in path.all.prefix(depth) {
            if blob.node(index).code == .objectMeta { (blob, index) = (SchemaSet.builtIn, Self.objectMetaNode ?? SchemaBlob.noNode) }
            let node = blob.node(index)
            switch node.code {
            case .map, .list: index = node.first
            case .object:
                let key = step.parent.fields[step.index].key
                if let property = Self.property(key.text, of: node, set.mask, in: blob) ?? Self.property(key.text, of: node, .max, in: blob) {
                    index = property.node
                } else {
                    index = blob.isSame(as: self.blob) ? additionalNode(node, key.bytes) ?? SchemaBlob.noNode : SchemaBlob.noNode
                }
            default: return (blob, SchemaBlob.noNode)
            }
        }
        return (blob, index)
    }

    @inline(never)
    mutating func report(
        _ rule: SchemaRule, _ value: Value, _ mask: UInt16, _ message: String, hint: String? = nil, pointer: String? = nil
    ) {
        // Of what a custom resource's server drops, it still minds fields it does not know.
        if decodesOnly, isCustom, rule != .unknownField { return }
        let (message, hint) = (TerminalText.escaped(message), hint.map(TerminalText.escaped))
        let pointer = pointer ?? path.pointer()
        // The versions differ in their schemas of a value, not in what is wrong with it.
        if let place = findings.firstIndex(where: { $0.value.isSame(as: value) && $0.rule == rule && $0.message == message && $0.pointer == pointer }) {
            findings[place].mask |= mask
            return
        }
        guard !isFull(of: rule) else { return }
        findings.append(Finding(rule: rule, value: value, pointer: pointer, message: message, hint: hint, mask: mask))
    }

    /// Whether enough was said by a rule; what comes is counted only.
    private mutating func isFull(of rule: SchemaRule) -> Bool {
        guard findings.count >= Self.mostProblems, findings.count(where: { $0.rule == rule }) >= Self.mostProblems else { return false }
        untold += 1
        if untold > 1000 { budget = 0 }
        return true
    }

    /// Says so where a schema was too costly to be followed to its end.
    mutating func concludeBudget(_ root: Value) {
        guard budget <= 0 else { return }
        path = Path()
        guard untold == 0 else { return report(.schema, root, .max, "more is wrong with it than is told") }
        report(.schema, root, .max, "the schema of this kind takes too long to check", hint: "make its combinations (anyOf, oneOf, allOf, not) fewer")
    }

    /// Everything that was found.
    var problems: [SchemaProblem] {
        findings.map { finding in
            let versions = finding.mask & set.mask == set.mask ? [] : set.names(of: finding.mask & set.mask)
            let span = versions.isEmpty ? "" : " (Kubernetes \(set.phrase(of: finding.mask & set.mask)))"
            return SchemaProblem(
                rule: finding.rule, value: finding.value, pointer: finding.pointer, message: finding.message + span, hint: finding.hint,
                versions: versions)
        }
    }

    @inline(never)
    mutating func refuseType(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        if isTrying {
            failures += 1
            return
        }
        let wanted: String
        switch node.code {
        case .any, .lenient: wanted = "something else"
        case .boolean: wanted = "a boolean"
        case .int32, .int64: wanted = "an integer"
        case .number: wanted = "a number"
        case .string, .enumeration: wanted = "a string"
        case .bytes: wanted = "a string in base64"
        case .time, .microTime: wanted = "a time as a string"
        case .intOrString, .customIntOrString: wanted = "an integer or a string"
        case .quantity: wanted = "an amount"
        case .object, .map, .objectMeta: wanted = "a mapping"
        case .list: wanted = "a list"
        }
        report(.type, value, mask, "\(subject) must be \(wanted), not \(value.kind.phrase)", hint: typeHint(value, node))
    }

    private func typeHint(_ value: Value, _ node: SchemaBlob.Node) -> String? {
        switch (node.code, value.kind) {
        case (.int32, .string), (.int64, .string), (.number, .string):
            guard ValueForm.isInteger(value.bytes) else { return nil }
            return value.isPlain ? nil : "write it without quotes"
        case (.boolean, .string):
            switch value.text.lowercased() {
            case "true", "false", "yes", "no", "on", "off":
                return value.isPlain ? "write true or false" : "write it without quotes"
            default: return "write true or false"
            }
        case (.string, .integer), (.string, .number), (.string, .boolean), (.enumeration, .integer), (.enumeration, .number),
            (.enumeration, .boolean):
            return "put it in quotes"
        case (.bytes, .integer), (.bytes, .number), (.bytes, .boolean):
            return path.names(0) == "data" ? "put text in quotes under stringData" : "put it in quotes"
        case (.list, .mapping): return "begin each item with \"- \""
        case (.list, .string), (.list, .integer), (.list, .boolean), (.list, .number): return "write it as an item of a list: [\(short(value))]"
        case (.object, .sequence), (.map, .sequence): return value.count == 1 ? "remove the \"- \"" : nil
        default: return nil
        }
    }

    private func short(_ value: Value) -> String {
        let text = value.bytes.count > 40 ? "…" : value.kind == .string ? value.json : value.text
        return text
    }

    @inline(never)
    mutating func refuseNullItem(_ value: Value, _ mask: UInt16) {
        if isTrying {
            failures += 1
            return
        }
        report(.required, value, mask, "\(subject) is empty", hint: "give it its fields, or remove it")
    }

    @inline(never)
    mutating func refuseNull(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        if isTrying {
            failures += 1
            return
        }
        report(.type, value, mask, "\(subject) may not be null", hint: "leave it out, or give it a value")
    }

    @inline(never)
    mutating func refuseRange(_ value: Value, _ bits: Int, _ mask: UInt16) {
        if isTrying {
            failures += 1
            return
        }
        // A number may have come by way of a double and still be written as an integer that fits.
        if bits == 64, Int64(value.text) != nil { return }
        report(.format, value, mask, "\(subject) does not fit in \(bits) bits: \(short(value))")
    }

    @inline(never)
    mutating func refuseTime(_ value: Value, _ mask: UInt16, example: String) {
        if isTrying {
            failures += 1
            return
        }
        report(.format, value, mask, "\(subject) must be a time in RFC 3339", hint: "write it as \(example)")
    }

    @inline(never)
    mutating func refuseQuantity(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        if isTrying {
            failures += 1
            return
        }
        guard value.kind == .string || value.kind == .integer || value.kind == .number else { return refuseType(value, node, mask) }
        report(.quantity, value, mask, "\(subject) is no amount: \(TerminalText.quoted(value.text))", hint: quantityHint(value))
    }

    private func quantityHint(_ value: Value) -> String? {
        let text = value.text
        guard !text.isEmpty, text.utf8.count < 40 else { return "write an amount such as 500m, 2 or 1Gi" }
        let digits = text.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "+" }
        let suffix = text.dropFirst(digits.count).filter { $0 != " " }
        let meant = ["gb": "Gi", "g": "Gi", "mb": "Mi", "kb": "Ki", "ki": "Ki", "mi": "Mi", "gi": "Gi", "tb": "Ti", "ti": "Ti", "gib": "Gi", "mib": "Mi", "kib": "Ki", "k": "k", "t": "T", "p": "P", "b": "", "cpu": ""]
        guard !digits.isEmpty, let suffix = meant[suffix.lowercased()], Quantity(String(digits) + suffix) != nil else {
            return "write an amount such as 500m, 2 or 1Gi"
        }
        return "did you mean \(digits)\(suffix)?"
    }

    @inline(never)
    mutating func refuseEnumeration(_ value: Value, _ allowed: [String], _ mask: UInt16) {
        if isTrying {
            failures += 1
            return
        }
        let near = Suggestion.nearest(to: value.text, among: allowed)
        let list = allowed.sorted()
        let shown = list.count > 12 ? list.prefix(12).joined(separator: ", ") + "…" : SchemaSet.alternatives(list)
        report(
            .enumeration, value, mask, "\(subject) may not be \(TerminalText.quoted(value.text))",
            hint: near.map { "did you mean \"\($0)\"?" + (list.count > 2 ? " It is one of \(shown)" : "") } ?? "it must be \(shown)")
    }

    @inline(never)
    mutating func refuseUnknown(_ field: Value.Field, _ parent: Value, _ node: SchemaBlob.Node, _ mask: UInt16, _ missing: UInt16) {
        if isTrying {
            failures += 1
            return
        }
        guard !isFull(of: .unknownField) else { return }
        let name = field.name
        // The path ends with the field itself.
        let depth = path.all.count - 1
        let place = depth == 0 ? "" : " in \(subject(at: depth))"
        let message = "unknown field \(TerminalText.quoted(name))\(place)"
        report(.unknownField, field.key, missing, message, hint: hint(forUnknown: field, in: parent, node, mask))
    }

    private func hint(forUnknown field: Value.Field, in parent: Value, _ node: SchemaBlob.Node, _ mask: UInt16) -> String? {
        let name = field.name
        let known = propertyNames(of: node, mask)
        // To look for each known name costs the size of the parent.
        guard parent.count <= 1000 else { return nil }
        if let near = Suggestion.nearest(to: name, among: known.filter { parent[bytes: field.key.bytes] != nil && !isGiven($0, in: parent) }) {
            return "did you mean \"\(near)\"?"
        }
        // Where else it is known: a child's field, as of template.spec.
        for child in known {
            guard let property = property(child, of: node, mask) else { continue }
            let below = blob.node(property.node)
            guard below.code == .object else { continue }
            if self.property(name, of: below, mask) != nil { return "it belongs in \(child)" }
            // As of template.spec.
            if let inner = self.property("spec", of: below, mask), self.property(name, of: blob.node(inner.node), mask) != nil {
                return "it belongs in \(child).spec"
            }
        }
        for depth in (0..<max(path.all.count - 1, 0)).reversed() {
            let (blob, node) = nodes(to: depth)
            guard Self.property(name, of: blob.node(node), mask, in: blob) != nil else { continue }
            return "it belongs in \(depth == 0 ? "the manifest itself" : subject(at: depth))"
        }
        return Suggestion.hint(for: name, among: known)
    }

    private func isGiven(_ name: String, in parent: Value) -> Bool {
        var name = name
        return name.withUTF8 { parent[bytes: $0] != nil }
    }

    func propertyNames(of node: SchemaBlob.Node, _ mask: UInt16) -> [String] {
        (0..<min(node.second, 500)).compactMap { index in
            let property = blob.property(node.first &+ index)
            return property.mask & mask != 0 ? blob.text(property.name) : nil
        }.sorted()
    }

    private func property(_ name: String, of node: SchemaBlob.Node, _ mask: UInt16) -> SchemaBlob.Property? {
        Self.property(name, of: node, mask, in: blob)
    }

    private static func property(_ name: String, of node: SchemaBlob.Node, _ mask: UInt16, in blob: SchemaBlob) -> SchemaBlob.Property? {
        guard node.code == .object else { return nil }
        var name = name
        return name.withUTF8 { bytes in
            let hash = ManifestHash.of(bytes)
            var place = blob.firstProperty(of: hash, from: node.first, count: node.second)
            while place < node.first &+ node.second {
                let property = blob.property(place)
                guard property.hash == hash else { return nil }
                if property.mask & mask != 0, SchemaSet.same(blob.string(property.name), bytes) { return property }
                place += 1
            }
            return nil
        }
    }

    @inline(never)
    mutating func refuseDuplicate(
        _ list: Value, _ item: Value, _ index: Int, _ earlier: Int, _ node: SchemaBlob.Node, _ keyCount: UInt32, _ mask: UInt16
    ) {
        if isTrying {
            failures += 1
            return
        }
        path.push(list)
        path.set(index)
        defer { path.pop() }
        let keys = (0..<keyCount).map { blob.text(blob.word(node.second &+ 1 &+ $0)) }
        var fault = item
        if let key = keys.first, keys.count == 1 {
            var key = key
            fault = key.withUTF8 { item[bytes: $0] } ?? item
        }
        let what = keys.isEmpty ? "is" : "has the \(keys.joined(separator: " and ")) of"
        let other = keys.isEmpty ? "the same as item \(earlier)" : "item \(earlier)"
        report(.duplicateItem, fault, mask, "\(subject) \(what) \(other) (line \(list.items[earlier].position.line))", hint: "remove one of the two")
    }
}

extension TerminalText {
    /// A name as it is, or in quotes where it is not only letters, digits and the like.
    static func quotedIfOdd(_ name: String) -> String {
        let isPlain = name.utf8.count <= 120 && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isPlain ? name : quoted(name, limit: 100)
    }
}
