import Manifests

extension SchemaSet {
    /// Whether a text matches a pattern; nil where that cannot be said. A problem is
    /// reported where it is false; a pattern that was not evaluated refuses nothing.
    public typealias PatternMatch = (_ pattern: String, _ text: UnsafeBufferPointer<UInt8>) -> Bool?

    /// Looks up an object's kind and checks the object against it: everything that
    /// is wrong, to ``SchemaCheck/mostProblems``.
    ///
    /// - Parameters:
    ///   - root: the object.
    ///   - matches: how patterns are matched.
    public func check(_ root: Value, matches: PatternMatch? = nil) -> [SchemaProblem] {
        if let schema = schema(of: root), schema.mask == mask, !mayBeDeprecated(schema) {
            return check(root, against: schema, matches: matches)
        }
        let lookup = lookup(root)
        guard let schema = lookup.schema else { return lookup.problems }
        return lookup.problems + check(root, against: schema, matches: matches)
    }

    /// Checks an object, or a part that stands for one, against a kind.
    public func check(_ root: Value, against schema: KindSchema, matches: PatternMatch? = nil) -> [SchemaProblem] {
        var budget = SchemaCheck.mostSteps
        return check(root, against: schema, matches: matches, budget: &budget)
    }

    /// The same with what is left of a budget for several objects, from which its steps are taken.
    public func check(_ root: Value, against schema: KindSchema, matches: PatternMatch? = nil, budget: inout Int) -> [SchemaProblem] {
        var check = SchemaCheck(set: self, blob: schema.blob, root: schema.kind.node, matches: matches)
        defer { withExtendedLifetime(schema.library) {} }
        let steps = max(0, min(check.budget, budget))
        check.budget = steps
        defer { budget -= steps - max(check.budget, 0) }
        check.walk(root, schema.kind.node, schema.mask == 0 ? mask : schema.mask)
        check.concludeBudget(root)
        return check.problems
    }

    /// Whether the tables say something of how long a kind is served.
    private func mayBeDeprecated(_ schema: KindSchema) -> Bool {
        schema.isImported
            ? schema.kind.flags & SchemaBlob.Kind.deprecated != 0
            : !Self.builtIn.lifecycles(of: ManifestHash.of(schema.blob.string(schema.kind.name))).isEmpty
    }
}

/// The walk of a value along its schema. It allocates nothing where nothing is wrong.
struct SchemaCheck {
    /// The most problems that are reported of one object by one rule.
    static let mostProblems = 50

    /// A problem, and the versions that have it.
    struct Finding {
        let rule: SchemaRule
        let value: Value
        let pointer: String
        let message: String
        let hint: String?
        var mask: UInt16
    }

    let set: SchemaSet
    private(set) var blob: SchemaBlob
    /// The blob that the root is of.
    let rootBlob: SchemaBlob
    let rootNode: UInt32
    let matches: SchemaSet.PatternMatch?
    var findings: [Finding] = []
    /// How many more there were.
    var untold = 0
    /// The steps from the root to the value at hand.
    var path = Path()
    /// What the server reads and drops, such as `status`, is not judged further.
    var decodesOnly = false
    /// What a custom decoder reads is not read strictly.
    private var isLenient = false
    /// What may be looked at yet, so that hostile schemas end.
    var budget = mostSteps
    static let mostSteps = 20_000_000
    /// Whether the schema is not of Kubernetes itself: what is required must be there, empty or not.
    var isCustom = false
    /// How many combinations of schemas are being tried within one another.
    var nesting = 0
    /// Whether a branch of a combination is being tried: it only counts what is wrong.
    var isTrying = false
    var failures = 0

    init(set: SchemaSet, blob: SchemaBlob, root: UInt32, matches: SchemaSet.PatternMatch?) {
        self.set = set
        self.blob = blob
        rootBlob = blob
        rootNode = root
        isCustom = !blob.isSame(as: SchemaSet.builtIn)
        self.matches = matches
    }

    // MARK: the walk

    mutating func walk(_ value: Value, _ index: UInt32, _ mask: UInt16) {
        walk(value, blob.node(index), mask)
    }

    private mutating func walk(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        budget -= 1
        guard budget > 0 else { return }
        let kind = value.kind
        // A decoder in Go takes null as the zero value of anything.
        if kind == .null {
            if node.flags & SchemaBlob.Node.notNull != 0 { refuseNull(value, node, mask) }
            return
        }
        switch node.code {
        case .any: break
        case .object:
            if kind == .mapping {
                walkObject(value, node, mask)
            } else if node.flags & SchemaBlob.Node.untyped == 0 {
                return refuseType(value, node, mask)
            }
        case .map:
            guard kind == .mapping else { return refuseType(value, node, mask) }
            walkMap(value, node, mask)
        case .list:
            guard kind == .sequence else {
                if node.flags & SchemaBlob.Node.untyped != 0 { return }
                return refuseType(value, node, mask)
            }
            walkList(value, node, mask)
        case .string:
            guard kind == .string else {
                // kube-openapi's validator lets a list pass where there is a format (type.go).
                if kind == .sequence, node.flags & SchemaBlob.Node.formatted != 0, value.items.allSatisfy({ $0.kind != .mapping || $0.count == 0 }) {
                    return
                }
                return refuseType(value, node, mask)
            }
        case .enumeration:
            guard kind == .string else { return refuseType(value, node, mask) }
            if !decodesOnly { checkEnumeration(value, node, mask) }
        case .boolean:
            guard kind == .boolean else { return refuseType(value, node, mask) }
        case .int32:
            guard kind == .integer else { return refuseType(value, node, mask) }
            if value.integer.map({ Int32(exactly: $0) == nil }) ?? true { refuseRange(value, 32, mask) }
        case .int64:
            guard kind == .integer else { return refuseType(value, node, mask) }
            if value.integer == nil { refuseRange(value, 64, mask) }
        case .number:
            guard kind == .integer || kind == .number else { return refuseType(value, node, mask) }
        case .bytes: checkBytes(value, node, mask)
        case .time:
            guard kind == .string else { return refuseType(value, node, mask) }
            if !ValueForm.isTime(value.bytes) { refuseTime(value, mask, example: "2006-01-02T15:04:05Z") }
        case .microTime:
            guard kind == .string else { return refuseType(value, node, mask) }
            if !ValueForm.isTime(value.bytes, fraction: 6) { refuseTime(value, mask, example: "2006-01-02T15:04:05.000000Z") }
        case .intOrString:
            guard kind == .string || kind == .integer else { return refuseType(value, node, mask) }
            if kind == .integer, value.integer.map({ Int32(exactly: $0) == nil }) ?? true { refuseRange(value, 32, mask) }
        case .customIntOrString:
            guard kind == .string || kind == .integer else { return refuseType(value, node, mask) }
            if kind == .integer, value.integer == nil { refuseRange(value, 64, mask) }
        case .quantity:
            if Quantity(value) == nil { refuseQuantity(value, node, mask) }
        case .lenient: walkLenient(value, node, mask)
        case .objectMeta: walkMetadata(value, mask)
        }
        if node.constraints != 0 { checkConstraints(value, node, mask) }
    }

    /// The fields of a mapping against those of an object.
    private mutating func walkObject(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        var requiredSeen = 0
        let count = value.count
        let fields = value.fields
        path.push(value)
        for index in 0..<count {
            let field = fields[index]
            let name = field.key.bytes
            let hash = ManifestHash.of(name)
            var place = blob.firstProperty(of: hash, from: node.first, count: node.second)
            let end = node.first &+ node.second
            var missing = mask
            path.set(index)
            while place < end {
                let property = blob.property(place)
                guard property.hash == hash else { break }
                place += 1
                let common = property.mask & mask
                guard common != 0, SchemaSet.same(blob.string(property.name), name) else { continue }
                if property.node == SchemaBlob.refused { break }
                missing &= ~common
                if property.flags & SchemaBlob.Property.required != 0, isGiven(field.value, property) { requiredSeen += 1 }
                if property.flags & SchemaBlob.Property.decodedOnly != 0, !decodesOnly {
                    decodesOnly = true
                    walk(field.value, property.node, common)
                    decodesOnly = false
                } else {
                    walk(field.value, property.node, common)
                }
                if missing == 0 { break }
            }
            if missing != 0 { walkUnknown(field, value, node, mask, missing) }
        }
        path.pop()
        if requiredSeen < node.requiredCount, !decodesOnly { checkRequired(value, node, mask) }
    }

    /// A field that an object has not by name.
    private mutating func walkUnknown(_ field: Value.Field, _ parent: Value, _ node: SchemaBlob.Node, _ mask: UInt16, _ missing: UInt16) {
        if node.constraints != 0, let additional = additionalNode(node, field.key.bytes) {
            walk(field.value, additional, mask)
            return
        }
        if node.flags & (SchemaBlob.Node.open | SchemaBlob.Node.untyped) != 0 || isLenient { return }
        refuseUnknown(field, parent, node, mask, missing)
    }

    private mutating func walkMap(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        let item = blob.node(node.first)
        let fields = value.fields
        path.push(value)
        for index in 0..<value.count {
            path.set(index)
            walk(fields[index].value, item, mask)
        }
        path.pop()
    }

    private mutating func walkList(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        let item = blob.node(node.first)
        let items = value.items
        let count = value.count
        path.push(value)
        for index in 0..<count {
            path.set(index)
            let value = items[index]
            if value.kind == .null, item.requiredCount > 0, !isCustom, !decodesOnly { refuseNullItem(value, mask) }
            walk(value, item, mask)
        }
        path.pop()
        if node.flags & (SchemaBlob.Node.listMap | SchemaBlob.Node.listSet) != 0, count > 1, !decodesOnly {
            checkDuplicates(value, node, mask)
        }
    }

    /// The metadata of a custom resource, which the built-in schemas have.
    private mutating func walkMetadata(_ value: Value, _ mask: UInt16) {
        guard let node = Self.objectMetaNode else { return }
        let (outer, wasCustom) = (blob, isCustom)
        blob = SchemaSet.builtIn
        isCustom = false
        walk(value, node, mask)
        blob = outer
        isCustom = wasCustom
    }

    static let objectMetaNode: UInt32? = {
        let name: StaticString = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
        let bytes = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return SchemaSet.builtIn.type(named: bytes, hash: ManifestHash.of(bytes))
    }()

    /// `JSONSchemaPropsOrArray` and its like, whose decoder knows no strictness.
    private mutating func walkLenient(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        let wasLenient = isLenient
        isLenient = true
        defer { isLenient = wasLenient }
        switch (value.kind, node.second) {
        case (.mapping, _): walk(value, node.first, mask)
        case (.sequence, 1):
            path.push(value)
            for (index, item) in value.items.enumerated() where item.kind != .string {
                path.set(index)
                walk(item, node.first, mask)
            }
            path.pop()
        case (.boolean, 2): break
        default:
            if isTrying {
                failures += 1
                return
            }
            report(.type, value, mask, "\(subject) must be \(node.second == 1 ? "a schema or a list" : "a schema or a boolean"), not \(value.kind.phrase)")
        }
    }

    // MARK: forms

    private mutating func checkBytes(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        switch value.kind {
        case .string:
            if !ValueForm.isBase64(value.bytes) {
                if isTrying {
                    failures += 1
                    return
                }
                let isSecret = path.names(0) == "data"
                report(
                    .format, value, mask, "\(subject) must be base64",
                    hint: isSecret ? "write plain text under stringData instead, or encode it: base64 -w0" : "encode it: base64 -w0")
            }
        case .sequence:
            // encoding/json reads a list of numbers as bytes, too.
            for item in value.items where !item.isNull {
                guard let number = item.integer, (0...255).contains(number) else { return refuseType(value, node, mask) }
            }
        default: refuseType(value, node, mask)
        }
    }

    private mutating func checkEnumeration(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        let bytes = value.bytes
        // Most fields have a default for nothing.
        if bytes.isEmpty, node.second == 0 { return }
        let count = blob.word(node.first)
        let hash = ManifestHash.of(bytes)
        var (low, high) = (UInt32(0), count)
        while low < high {
            let middle = low + (high - low) / 2
            if blob.word(node.first &+ 1 &+ 2 &* middle) < hash { low = middle + 1 } else { high = middle }
        }
        while low < count, blob.word(node.first &+ 1 &+ 2 &* low) == hash {
            if SchemaSet.same(blob.string(blob.word(node.first &+ 2 &+ 2 &* low)), bytes) { return }
            low += 1
        }
        refuseEnumeration(value, (0..<min(count, 100)).map { blob.text(blob.word(node.first &+ 2 &+ 2 &* $0)) }, mask)
    }

    /// Whether a required value counts as absent.
    private static func isEmpty(_ value: Value) -> Bool {
        switch value.kind {
        case .null: true
        case .string: value.bytes.isEmpty
        case .sequence: value.count == 0
        default: false
        }
    }

    /// Whether a required value is there: of a type in Go something but its zero value.
    private func isGiven(_ value: Value, _ property: SchemaBlob.Property) -> Bool {
        isCustom ? !value.isNull || property.flags & SchemaBlob.Property.nullable != 0 : !Self.isEmpty(value)
    }

    private mutating func checkRequired(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        for index in 0..<min(node.second, blob.propertyCount) {
            let property = blob.property(node.first &+ index)
            guard property.flags & SchemaBlob.Property.required != 0, property.mask & mask != 0 else { continue }
            budget -= value.count / 16
            guard budget > 0 else { return }
            let given = value[bytes: blob.string(property.name)]
            if let given, isGiven(given, property) || property.node == SchemaBlob.refused { continue }
            if isTrying {
                failures += 1
                return
            }
            let name = blob.text(property.name)
            let pointer = path.pointer() + "/" + Path.escaped(name)
            let holder = path.isAtRoot ? "" : " in \(subject)"
            report(
                .required, given ?? value, property.mask & mask,
                given == nil || isCustom ? "\(name) is missing\(holder)" : "\(name) is empty\(holder)", pointer: pointer)
        }
    }

    // MARK: duplicates

    mutating func checkDuplicates(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        let count = value.count
        let items = value.items
        let keyCount = node.flags & SchemaBlob.Node.listMap != 0 ? min(blob.word(node.second), 16) : 0
        if count <= 64 {
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { hashes in
                for index in 0..<count {
                    hashes[index] = identity(of: items[index], node, keyCount)
                    for earlier in 0..<index where hashes[earlier] == hashes[index] {
                        if isDuplicate(items[earlier], items[index], node, keyCount) {
                            refuseDuplicate(value, items[index], index, earlier, node, keyCount, mask)
                            break
                        }
                    }
                }
            }
        } else {
            var places: [UInt64: Int] = [:]
            for index in 0..<count {
                let hash = identity(of: items[index], node, keyCount)
                if let earlier = places[hash] {
                    if isDuplicate(items[earlier], items[index], node, keyCount) {
                        refuseDuplicate(value, items[index], index, earlier, node, keyCount, mask)
                    }
                } else {
                    places[hash] = index
                }
            }
        }
    }

    private func identity(of item: Value, _ node: SchemaBlob.Node, _ keyCount: UInt32) -> UInt64 {
        guard node.flags & SchemaBlob.Node.listMap != 0 else { return ValueEquality.hash(of: item) }
        var hash: UInt64 = 0
        for key in 0..<keyCount {
            let name = blob.string(blob.word(node.second &+ 1 &+ key))
            hash = hash &* 31 &+ (item[bytes: name].map(ValueEquality.hash(of:)) ?? 0)
        }
        return hash
    }

    private func isDuplicate(_ left: Value, _ right: Value, _ node: SchemaBlob.Node, _ keyCount: UInt32) -> Bool {
        guard node.flags & SchemaBlob.Node.listMap != 0 else { return ValueEquality.areEqual(left, right) }
        guard left.kind == .mapping, right.kind == .mapping else { return false }
        for key in 0..<keyCount {
            let name = blob.string(blob.word(node.second &+ 1 &+ key))
            switch (left[bytes: name], right[bytes: name]) {
            case (nil, nil): continue
            case (let first?, let second?) where ValueEquality.areEqual(first, second): continue
            default: return false
            }
        }
        // Without any key at all another problem is reported.
        return (0..<keyCount).contains { left[bytes: blob.string(blob.word(node.second &+ 1 &+ $0))] != nil }
    }
}

/// Equality of values as JSON has it.
enum ValueEquality {
    static func areEqual(_ left: Value, _ right: Value) -> Bool {
        if left.isSame(as: right) { return true }
        switch (left.kind, right.kind) {
        case (.null, .null): return true
        case (.boolean, .boolean): return left.boolean == right.boolean
        case (.string, .string): return left.equals(right)
        case (.integer, .integer), (.integer, .number), (.number, .integer), (.number, .number):
            if let first = left.integer, let second = right.integer { return first == second }
            return left.number == right.number
        case (.sequence, .sequence):
            return left.count == right.count && zip(left.items, right.items).allSatisfy { areEqual($0, $1) }
        case (.mapping, .mapping):
            return left.count == right.count
                && left.fields.allSatisfy { field in right[bytes: field.key.bytes].map { areEqual(field.value, $0) } ?? false }
        default: return false
        }
    }

    static func hash(of value: Value) -> UInt64 {
        switch value.kind {
        case .null: return 1
        case .boolean: return value.boolean == true ? 2 : 3
        case .string: return UInt64(value.hash) &+ 4
        case .integer, .number: return (value.number ?? 0).bitPattern &* 0x9E37_79B9_7F4A_7C15
        case .sequence: return value.items.reduce(5) { ($0 ^ hash(of: $1)) &* 0x100_0000_01B3 }
        case .mapping: return value.fields.reduce(6) { $0 &+ UInt64($1.key.hash) &* 0x9E37_79B9 ^ hash(of: $1.value) }
        }
    }
}
