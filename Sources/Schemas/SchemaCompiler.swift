import Manifests

/// Makes a ``SchemaLibrary`` of the schemas that others write: OpenAPI documents
/// of an API server, versions 2 and 3, and CustomResourceDefinitions.
///
/// Whatever they hold, it ends in a time that follows their size; what is too
/// deep or too large is refused.
public struct SchemaCompiler {
    private var builder = SchemaBuilder()
    /// The schemas of the OpenAPI document at hand, by name.
    private var components: [String: Value] = [:]
    private var compiled: [String: UInt32] = [:]
    private var pending: [(name: String, node: UInt32, mode: Mode)] = []
    private var seen: Set<[String]> = []
    private var shared: [SchemaBuilder.NodeRowKey: UInt32] = [:]

    /// How a schema is meant.
    private enum Mode {
        /// A custom resource's, which the server checks by the schema itself.
        case custom
        /// That of a type in Go, which decodes first: null is nothing, and what is
        /// required only the type's own validation knows.
        case native
    }

    /// The deepest that schemas may stand in one another.
    private static let mostDepth = 128

    /// Whether a default is to be checked, of which nothing is dropped and to which nothing is added.
    private var isForDefaults = false
    /// How many defaults there were so far.
    private var defaults = 0

    /// Nothing yet.
    public init() {}

    /// Adds what a document defines.
    ///
    /// - Parameter root: a CustomResourceDefinition, a list of them, or an OpenAPI document.
    /// - Returns: how many versions of kinds it added; 0 where it is neither.
    @discardableResult
    public mutating func add(_ root: Value) throws(SchemaRefusal) -> Int {
        if root["kind"]?.equals("CustomResourceDefinition") == true { return try addDefinition(root) }
        if let schemas = root.at("components", "schemas"), schemas.kind == .mapping { return try addComponents(schemas) }
        if let schemas = root["definitions"], schemas.kind == .mapping { return try addComponents(schemas) }
        if let items = root["items"], items.kind == .sequence {
            var count = 0
            for item in items.items where item["kind"]?.equals("CustomResourceDefinition") == true { count += try addDefinition(item) }
            return count
        }
        return 0
    }

    /// Everything added, ready to be checked against and to be kept.
    public func library() -> SchemaLibrary {
        guard let library = SchemaLibrary(builder.bytes()) else { preconditionFailure("SchemaBuilder and SchemaBlob differ in their format") }
        return library
    }

    // MARK: CustomResourceDefinitions

    private mutating func addDefinition(_ root: Value) throws(SchemaRefusal) -> Int {
        guard root["apiVersion"]?.equals("apiextensions.k8s.io/v1") == true else {
            throw SchemaRefusal(
                message: "the CustomResourceDefinition is of \(root["apiVersion"]?.text ?? "no version"), not of apiextensions.k8s.io/v1",
                position: root["apiVersion"]?.position ?? root.position)
        }
        guard let group = root.at("spec", "group")?.string, let kind = root.at("spec", "names", "kind")?.string,
            let versions = root.at("spec", "versions"), versions.kind == .sequence
        else { throw SchemaRefusal(message: "the CustomResourceDefinition lacks its group, kind or versions", position: root.position) }
        let isCluster = root.at("spec", "scope")?.equals("Cluster") == true
        let preserves = root.at("spec", "preserveUnknownFields")?.boolean == true
        var count = 0
        for version in versions.items {
            guard let name = version["name"]?.string, version["served"]?.boolean != false, seen.insert([group, name, kind]).inserted else { continue }
            var flags: UInt16 = isCluster ? SchemaBlob.Kind.clusterScoped : 0
            let node: UInt32
            let defaultsBefore = defaults
            if let schema = version.at("schema", "openAPIV3Schema"), schema.kind == .mapping, !preserves {
                node = try compileRoot(schema, statusIsDropped: version.at("subresources", "status")?.kind == .mapping)
            } else {
                node = try compileOpaqueRoot()
            }
            if defaults > defaultsBefore { flags |= SchemaBlob.Kind.hasDefaults }
            if version["deprecated"]?.boolean == true {
                flags |= SchemaBlob.Kind.deprecated
                builder.deprecate(group: group, version: name, kind: kind, warning: version["deprecationWarning"]?.string ?? "")
            }
            builder.kind(group: group, version: name, kind: kind, node: node, flags: flags)
            count += 1
        }
        return count
    }

    private mutating func compileOpaqueRoot() throws(SchemaRefusal) -> UInt32 {
        var row = SchemaBuilder.NodeRow(code: .object, flags: SchemaBlob.Node.open)
        let text = builder.node(SchemaBuilder.NodeRow(code: .string))
        let meta = builder.node(SchemaBuilder.NodeRow(code: .objectMeta))
        (row.first, row.second) = builder.properties([
            .init(name: "apiVersion", node: text, flags: 0), .init(name: "kind", node: text, flags: 0),
            .init(name: "metadata", node: meta, flags: 0),
        ])
        return builder.node(row)
    }

    private mutating func compileRoot(_ schema: Value, statusIsDropped: Bool) throws(SchemaRefusal) -> UInt32 {
        try compile(schema, .custom, depth: 0, place: .root(statusIsDropped: statusIsDropped))
    }

    /// What is wrong with a value by one schema of a CustomResourceDefinition.
    static func problems(of value: Value, by schema: Value, matches: SchemaSet.PatternMatch?) throws(SchemaRefusal) -> [SchemaProblem] {
        var compiler = SchemaCompiler()
        compiler.isForDefaults = true
        let node = try compiler.compile(schema, .custom, depth: 0, place: .field)
        let library = compiler.library()
        guard let set = try? SchemaSet(imported: [library]) else { return [] }
        var check = SchemaCheck(set: set, blob: library.blob, root: node, matches: matches)
        defer { withExtendedLifetime(library) {} }
        check.walk(value, node, set.mask)
        return check.problems
    }

    // MARK: OpenAPI

    private mutating func addComponents(_ schemas: Value) throws(SchemaRefusal) -> Int {
        components = [:]
        compiled = [:]
        for field in schemas.fields { components[field.name] = field.value }
        defer { components = [:] }
        var count = 0
        for field in schemas.fields {
            guard let kinds = field.value["x-kubernetes-group-version-kind"], kinds.kind == .sequence, let properties = field.value["properties"],
                let metadata = properties["metadata"]
            else { continue }
            let isList = Self.reference(metadata)?.hasSuffix(".ListMeta") == true
            let mode = Self.isNative(field.name) || Self.refersToOthers(properties) ? Mode.native : .custom
            var node: UInt32?
            let defaultsBefore = defaults
            for kind in kinds.items {
                guard let group = kind["group"]?.string, let version = kind["version"]?.string, let name = kind["kind"]?.string,
                    name != "DeleteOptions", name != "WatchEvent", name != "Status"
                else { continue }
                if node == nil {
                    node = mode == .native ? try component(field.name) : try compileRoot(field.value, statusIsDropped: false)
                }
                guard let node, seen.insert([group, version, name]).inserted else { continue }
                var flags: UInt16 = isList ? SchemaBlob.Kind.list : 0
                if let known = try? SchemaSet(kubernetes: SchemaSet.kubernetesVersions).schema(group: group, version: version, kind: name), known.isClusterScoped {
                    flags |= SchemaBlob.Kind.clusterScoped
                } else if SchemaSet.builtIn.kinds(of: SchemaBuilder.hash(name)).isEmpty {
                    flags |= SchemaBlob.Kind.scopeUnknown
                }
                if defaults > defaultsBefore { flags |= SchemaBlob.Kind.hasDefaults }
                builder.kind(group: group, version: version, kind: name, node: node, flags: flags)
                count += 1
            }
            while let next = pending.popLast() {
                guard let schema = components[next.name] else { continue }
                let node = try compile(schema, next.mode, depth: 0, place: .named(next.name))
                builder.set(next.node, builder.nodes[Int(node)])
            }
        }
        return count
    }

    private static func isNative(_ name: String) -> Bool {
        ["io.k8s.api.", "io.k8s.apimachinery.", "io.k8s.apiextensions-apiserver.", "io.k8s.kube-aggregator.", "io.k8s.metrics."]
            .contains { name.hasPrefix($0) }
    }

    /// Whether an object's schema names types of its own, which those of custom resources never do.
    private static func refersToOthers(_ properties: Value) -> Bool {
        properties.fields.contains { field in
            guard let name = reference(field.value) else { return false }
            return !name.hasSuffix(".ObjectMeta") && !name.hasSuffix(".ListMeta")
        }
    }

    /// The name that a schema is but a reference to.
    private static func reference(_ schema: Value) -> String? {
        if let reference = schema["$ref"]?.string { return reference.split(separator: "/").last.map(String.init) }
        // As OpenAPI 3.0 puts a default beside it.
        guard let all = schema["allOf"], all.count == 1, schema["properties"] == nil, schema["type"] == nil else { return nil }
        return all.items[0]["$ref"]?.string.flatMap { $0.split(separator: "/").last.map(String.init) }
    }

    private mutating func component(_ name: String) throws(SchemaRefusal) -> UInt32 {
        if let node = compiled[name] { return node }
        let special: SchemaBlob.Code? =
            switch name {
            case "io.k8s.apimachinery.pkg.api.resource.Quantity": .quantity
            case "io.k8s.apimachinery.pkg.util.intstr.IntOrString": .intOrString
            case "io.k8s.apimachinery.pkg.apis.meta.v1.Time": .time
            case "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": .microTime
            case "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": .objectMeta
            case "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
                "io.k8s.apimachinery.pkg.runtime.RawExtension":
                .any
            default: name.hasPrefix("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON") && !name.hasSuffix("JSONSchemaProps") ? .any : nil
            }
        if let special {
            let node = builder.node(SchemaBuilder.NodeRow(code: special))
            compiled[name] = node
            return node
        }
        let node = builder.reserve()
        compiled[name] = node
        pending.append((name, node, .native))
        return node
    }

    // MARK: one schema

    private enum Place: Equatable {
        case root(statusIsDropped: Bool)
        case field
        case item
        /// Within a combination: nothing of it decides what fields there are.
        case nested
        case named(String)

        var name: String? {
            if case .named(let name) = self { return name }
            return nil
        }
    }

    private mutating func compile(_ schema: Value, _ mode: Mode, depth: Int, place: Place) throws(SchemaRefusal) -> UInt32 {
        guard depth < Self.mostDepth else {
            throw SchemaRefusal(message: "the schema is more than \(Self.mostDepth) levels deep", position: schema.position)
        }
        guard !builder.isTooLarge else {
            throw SchemaRefusal(message: "the schemas come to more than \(SchemaBuilder.mostBytes >> 20) MiB or \(SchemaBuilder.mostNodes) values", position: schema.position)
        }
        guard schema.kind == .mapping else { return builder.node(SchemaBuilder.NodeRow()) }
        if let name = Self.reference(schema) {
            guard components[name] != nil else { return builder.node(SchemaBuilder.NodeRow()) }
            return try component(name)
        }
        var row = SchemaBuilder.NodeRow()
        var constraints: [UInt32] = []
        let type = Self.type(of: schema)
        let isIntOrString = schema["x-kubernetes-int-or-string"]?.boolean == true || (type == nil && schema["format"]?.equals("int-or-string") == true)
        let preserves = schema["x-kubernetes-preserve-unknown-fields"]?.boolean == true
        let hasFields = schema["properties"]?.kind == .mapping || schema["required"]?.kind == .sequence

        switch type {
        case _ where isIntOrString: row.code = mode == .native ? .intOrString : .customIntOrString
        case "string": row.code = .string
        case "boolean": row.code = .boolean
        case "integer": row.code = schema["format"]?.equals("int32") == true ? .int32 : .int64
        case "number": row.code = .number
        case "array":
            row.code = .list
            row.first = try compile(schema["items"] ?? schema, mode, depth: depth + 1, place: .item, orAny: schema["items"] == nil)
            try addListType(schema, &row, mode)
        case "object": row.code = .object
        default:
            if hasFields {
                row.code = .object
                row.flags |= SchemaBlob.Node.untyped
            }
            if let items = schema["items"], items.kind == .mapping, place == .nested {
                constraints += Self.entry(.allOf, [try nestedItems(items, mode, depth)])
            }
        }
        if row.code == .object {
            try addFields(schema, &row, &constraints, mode, depth, place, preserves: preserves)
        }
        if place == .item || isForDefaults && place == .field, mode == .custom, type != nil || isIntOrString, schema["nullable"]?.boolean != true, !Self.allowsNull(schema) {
            row.flags |= SchemaBlob.Node.notNull
        }
        try addConstraints(schema, &row, &constraints, mode, depth, type)
        if mode == .custom, place == .field, !isForDefaults, let value = schema["default"], !value.isNull {
            constraints += Self.entry(.filled, [builder.string(value.json)])
            defaults += 1
        }
        if !constraints.isEmpty { row.constraints = builder.words(constraints + [0]) }
        let isPlain = row.constraints == 0 && row.code != .object && row.code != .enumeration
        if isPlain {
            let key = SchemaBuilder.NodeRowKey(row)
            if let node = shared[key] { return node }
            let node = builder.node(row)
            shared[key] = node
            return node
        }
        return builder.node(row)
    }

    private mutating func compile(_ schema: Value, _ mode: Mode, depth: Int, place: Place, orAny: Bool) throws(SchemaRefusal) -> UInt32 {
        orAny ? builder.node(SchemaBuilder.NodeRow()) : try compile(schema, mode, depth: depth, place: place)
    }

    /// The items that a combination speaks of, where the type stands outside of it.
    private mutating func nestedItems(_ items: Value, _ mode: Mode, _ depth: Int) throws(SchemaRefusal) -> UInt32 {
        let item = try compile(items, mode, depth: depth + 1, place: .nested)
        return builder.node(SchemaBuilder.NodeRow(code: .list, flags: SchemaBlob.Node.untyped, first: item))
    }

    private static func type(of schema: Value) -> String? {
        guard let type = schema["type"] else { return nil }
        if type.kind == .string { return type.bytes.isEmpty ? nil : type.text }
        // OpenAPI 3.1 has lists: null and one other.
        let names = type.items.compactMap(\.string).filter { $0 != "null" }
        return names.count == 1 ? names[0] : nil
    }

    private static func allowsNull(_ schema: Value) -> Bool {
        schema["type"]?.items.contains { $0.equals("null") } == true
    }

    private mutating func addListType(_ schema: Value, _ row: inout SchemaBuilder.NodeRow, _ mode: Mode) throws(SchemaRefusal) {
        guard mode == .custom, let listType = schema["x-kubernetes-list-type"] else { return }
        if listType.equals("set") { row.flags |= SchemaBlob.Node.listSet }
        if listType.equals("map"), let keys = schema["x-kubernetes-list-map-keys"], keys.count > 0 {
            row.flags |= SchemaBlob.Node.listMap
            let names = keys.items.compactMap(\.string).prefix(16)
            let places = names.map { builder.string($0) }
            row.second = builder.words([UInt32(places.count)] + places)
        }
    }

    private mutating func addFields(
        _ schema: Value, _ row: inout SchemaBuilder.NodeRow, _ constraints: inout [UInt32], _ mode: Mode, _ depth: Int, _ place: Place,
        preserves: Bool
    ) throws(SchemaRefusal) {
        var rows: [SchemaBuilder.PropertyRow] = []
        var required: Set<String> = []
        if let names = schema["required"] {
            for name in names.items where name.kind == .string { required.insert(name.text) }
        }
        var isRoot = false
        var dropsStatus = false
        if case .root(let statusIsDropped) = place { (isRoot, dropsStatus) = (true, statusIsDropped) }
        let isEmbedded = mode == .custom && schema["x-kubernetes-embedded-resource"]?.boolean == true
        let given = schema["properties"]
        let native = place.name.flatMap { Self.knownType($0) }
        if let given {
            rows.reserveCapacity(given.count)
            for field in given.fields {
                let name = field.name
                if isRoot || isEmbedded, name == "metadata" { continue }
                let node = try compile(field.value, mode, depth: depth + 1, place: place == .nested ? .nested : .field)
                var flags: UInt16 = 0
                if mode == .custom {
                    let isFilled = !isForDefaults && field.value["default"].map { !$0.isNull } ?? false
                    if required.contains(name), !isFilled || place == .nested { flags |= SchemaBlob.Property.required }
                    if field.value["nullable"]?.boolean == true || Self.allowsNull(field.value) { flags |= SchemaBlob.Property.nullable }
                    if isRoot, dropsStatus, name == "status" { flags |= SchemaBlob.Property.decodedOnly }
                } else if let native, Self.isRequired(name, of: native) {
                    flags |= SchemaBlob.Property.required
                }
                if mode == .native, name == "status", schema["x-kubernetes-group-version-kind"] != nil { flags |= SchemaBlob.Property.decodedOnly }
                rows.append(.init(name: name, node: node, flags: flags))
            }
        }
        if mode == .custom {
            let named = Set(rows.map(\.name))
            let missing = required.filter { name in !named.contains(name) && !((isRoot || isEmbedded) && name == "metadata") }
            if !missing.isEmpty {
                let any = builder.node(SchemaBuilder.NodeRow())
                // What is required may be no field that there is.
                for name in missing.sorted() {
                    rows.append(.init(name: name, node: place == .nested || preserves || schema["additionalProperties"] != nil ? any : SchemaBlob.refused, flags: SchemaBlob.Property.required))
                }
            }
        }
        if isRoot || isEmbedded {
            let text = builder.node(SchemaBuilder.NodeRow(code: .string))
            let filled = builder.node(SchemaBuilder.NodeRow(code: .string, constraints: builder.words(Self.entry(.minLength, [1]) + [0])))
            for name in ["apiVersion", "kind"] where !rows.contains(where: { $0.name == name }) {
                rows.append(.init(name: name, node: isEmbedded ? filled : text, flags: isEmbedded ? SchemaBlob.Property.required : 0))
            }
            var meta = SchemaBuilder.NodeRow(code: .objectMeta)
            if let restricted = given?["metadata"], restricted["properties"]?.kind == .mapping {
                let node = try compile(restricted, mode, depth: depth + 1, place: .nested)
                builder.open(node)
                meta.constraints = builder.words(Self.entry(.allOf, [node]) + [0])
            }
            let node = builder.node(meta)
            rows.append(.init(name: "metadata", node: node, flags: required.contains("metadata") ? SchemaBlob.Property.required : 0))
        }
        row.requiredCount = rows.count { $0.flags & SchemaBlob.Property.required != 0 }
        (row.first, row.second) = builder.properties(rows)
        if place == .nested { row.flags |= SchemaBlob.Node.untyped | SchemaBlob.Node.open }
        if preserves { row.flags |= SchemaBlob.Node.open }
        switch schema["additionalProperties"] {
        case let additional? where additional.kind == .mapping:
            let node = try compile(additional, mode, depth: depth + 1, place: place == .nested ? .nested : .field)
            if rows.isEmpty, constraints.isEmpty, !preserves {
                row.code = .map
                row.first = node
                row.second = 0
            } else {
                constraints += Self.entry(.additional, [node])
            }
        case let additional? where additional.boolean == true: row.flags |= SchemaBlob.Node.open
        case nil where mode == .native && rows.isEmpty: row.flags |= SchemaBlob.Node.open
        default: break
        }
    }

    /// What the built-in schemas say of a type of the same name.
    private static func knownType(_ name: String) -> UInt32? {
        var text = name
        return text.withUTF8 { SchemaSet.builtIn.type(named: $0, hash: ManifestHash.of($0)) }
    }

    private static func isRequired(_ name: String, of type: UInt32) -> Bool {
        let blob = SchemaSet.builtIn
        let node = blob.node(type)
        let hash = SchemaBuilder.hash(name)
        var place = blob.firstProperty(of: hash, from: node.first, count: node.second)
        while place < node.first + node.second, blob.property(place).hash == hash {
            if blob.text(blob.property(place).name) == name { return blob.property(place).flags & SchemaBlob.Property.required != 0 }
            place += 1
        }
        return false
    }

    // MARK: constraints

    private static func entry(_ tag: ConstraintTag, _ words: [UInt32]) -> [UInt32] {
        [UInt32(tag.rawValue) | UInt32(words.count) << 8] + words
    }

    private static func entry(_ tag: ConstraintTag, _ number: Double, _ more: [UInt32] = []) -> [UInt32] {
        entry(tag, [UInt32(truncatingIfNeeded: number.bitPattern), UInt32(truncatingIfNeeded: number.bitPattern >> 32)] + more)
    }

    private mutating func addConstraints(
        _ schema: Value, _ row: inout SchemaBuilder.NodeRow, _ constraints: inout [UInt32], _ mode: Mode, _ depth: Int, _ type: String?
    ) throws(SchemaRefusal) {
        if let values = schema["enum"], values.kind == .sequence, values.count > 0 {
            // Null must be among them, nullable or not; elsewhere it is dropped before.
            if mode == .custom, schema["nullable"]?.boolean == true, !values.items.contains(where: \.isNull) { row.flags |= SchemaBlob.Node.notNull }
            if row.code == .string, values.items.allSatisfy({ $0.kind == .string }) {
                row.code = .enumeration
                row.second = mode == .custom ? 1 : 0
                let texts = Set(values.items.map(\.text)).sorted().map { (SchemaBuilder.hash($0), $0) }.sorted { $0.0 < $1.0 }
                let words = texts.flatMap { [$0.0, builder.string($0.1)] }
                row.first = builder.words([UInt32(texts.count)] + words)
            } else {
                let places = values.items.map { builder.string($0.canonicalJSON) }
                constraints += Self.entry(.enumeration, places)
            }
        }
        if let format = schema["format"]?.string, type == nil || type == "string" {
            if format == "byte", mode == .native {
                row.code = .bytes
            } else if let known = ValueFormat(name: format), mode == .custom {
                constraints += Self.entry(.format, [UInt32(known.rawValue)])
                if row.code == .string { row.flags |= SchemaBlob.Node.formatted }
            } else if format == "date-time", row.code == .string, mode == .native {
                row.code = .time
            }
        }
        guard mode == .custom else { return }
        if let number = schema["minimum"]?.number {
            constraints += Self.entry(.minimum, number, [schema["exclusiveMinimum"]?.boolean == true ? 1 : 0])
        }
        if let number = schema["maximum"]?.number {
            constraints += Self.entry(.maximum, number, [schema["exclusiveMaximum"]?.boolean == true ? 1 : 0])
        }
        if let number = schema["multipleOf"]?.number, number > 0 { constraints += Self.entry(.multipleOf, number) }
        let counts: [(StaticString, ConstraintTag)] = [
            ("minLength", .minLength), ("maxLength", .maxLength), ("minItems", .minItems), ("maxItems", .maxItems),
            ("minProperties", .minProperties), ("maxProperties", .maxProperties),
        ]
        for (name, tag) in counts {
            if let count = schema[name]?.integer, count >= 0 { constraints += Self.entry(tag, [UInt32(clamping: count)]) }
        }
        if schema["uniqueItems"]?.boolean == true { constraints += Self.entry(.uniqueItems, []) }
        if let pattern = schema["pattern"]?.string, !pattern.isEmpty { constraints += Self.entry(.pattern, [builder.string(pattern)]) }
        let isIntOrString = row.code == .customIntOrString
        for (name, tag) in [("allOf", .allOf), ("anyOf", .anyOf), ("oneOf", .oneOf)] as [(StaticString, ConstraintTag)] {
            guard let branches = schema[name], branches.kind == .sequence, branches.count > 0 else { continue }
            // The two forms by which a schema says int-or-string say nothing more.
            if isIntOrString, tag == .anyOf { continue }
            var nodes: [UInt32] = []
            for branch in branches.items {
                if isIntOrString, tag == .allOf, branch["anyOf"] != nil, branch.count == 1 { continue }
                nodes.append(try compile(branch, mode, depth: depth + 1, place: .nested))
            }
            if !nodes.isEmpty { constraints += Self.entry(tag, nodes) }
        }
        if let negated = schema["not"], negated.kind == .mapping {
            constraints += Self.entry(.not, [try compile(negated, mode, depth: depth + 1, place: .nested)])
        }
        if let rules = schema["x-kubernetes-validations"], rules.kind == .sequence, rules.count > 0 {
            var words: [UInt32] = []
            for rule in rules.items where rule.kind == .mapping {
                for key in ["rule", "message", "messageExpression", "reason", "fieldPath"] as [StaticString] {
                    words.append(builder.string(rule[key]?.string ?? ""))
                }
                words.append(rule["optionalOldSelf"]?.boolean == true ? 1 : 0)
            }
            constraints += Self.entry(.rules, words)
        }
    }
}

extension SchemaBuilder {
    /// A node's row as a key.
    struct NodeRowKey: Hashable {
        let code: SchemaBlob.Code
        let flags: UInt8
        let first, second: UInt32

        init(_ row: NodeRow) { (code, flags, first, second) = (row.code, row.flags, row.first, row.second) }
    }

    /// Lets an object have any fields.
    mutating func open(_ node: UInt32) {
        var row = nodes[Int(node)]
        row.flags |= SchemaBlob.Node.open | SchemaBlob.Node.untyped
        set(node, row)
    }
}

extension Value {
    /// JSON with the keys in order, and numbers as one writes them, to be compared.
    var canonicalJSON: String {
        switch kind {
        case .sequence: "[" + items.map(\.canonicalJSON).joined(separator: ",") + "]"
        case .mapping:
            "{" + fields.map { ($0.name, $0.value.canonicalJSON) }.sorted { $0.0 < $1.0 }.map { "\($0.0.debugDescription):\($0.1)" }.joined(separator: ",") + "}"
        default: json
        }
    }
}
