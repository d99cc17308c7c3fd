import Manifests

/// One thing that is wrong with a CustomResourceDefinition.
public struct DefinitionProblem {
    /// The stable name of the rule, such as `crd/structural`.
    public let rule: String
    /// The value at fault.
    public let value: Value
    /// Its JSON pointer, or that of what is missing.
    public let pointer: String
    /// What is wrong, on one line, lower case and without a full stop.
    public let message: String
    /// What to do about it, where that can be said.
    public let hint: String?
}

/// The check of a CustomResourceDefinition by the rules that an API server has when
/// it is created (apiextensions-apiserver/pkg/apis/apiextensions/validation and
/// pkg/apiserver/schema). CEL rules are not compiled here.
public struct DefinitionCheck {
    /// The rules of which problems speak.
    public static let rules = [
        "crd/name", "crd/names", "crd/group", "crd/scope", "crd/versions", "crd/structural", "crd/schema", "crd/default", "crd/list-type", "crd/pattern",
        "crd/approval", "crd/conversion", "crd/columns", "crd/subresources", "crd/preserve-unknown-fields",
    ]

    private static let mostProblems = 50
    private static let mostDepth = 128

    private let compiles: (String) -> Bool?
    private let matches: SchemaSet.PatternMatch?
    private var problems: [DefinitionProblem] = []
    private var budget = 2_000_000

    /// Checks a definition of `apiextensions.k8s.io/v1`.
    ///
    /// - Parameters:
    ///   - root: the definition.
    ///   - compiles: whether a pattern is one; nil where that cannot be said.
    ///   - matches: how patterns are matched, for defaults.
    public static func problems(
        of root: Value, compiles: @escaping (String) -> Bool? = { _ in nil }, matches: SchemaSet.PatternMatch? = nil
    ) -> [DefinitionProblem] {
        guard root.kind == .mapping, root["apiVersion"]?.equals("apiextensions.k8s.io/v1") == true, let spec = root.given("spec"), spec.kind == .mapping else { return [] }
        var check = DefinitionCheck(compiles: compiles, matches: matches)
        check.checkSpec(spec, root)
        return check.problems
    }

    private init(compiles: @escaping (String) -> Bool?, matches: SchemaSet.PatternMatch?) {
        self.compiles = compiles
        self.matches = matches
    }

    private mutating func report(_ rule: String, _ value: Value, _ pointer: String, _ message: String, hint: String? = nil) {
        guard problems.count < Self.mostProblems else { return }
        problems.append(
            DefinitionProblem(
                rule: rule, value: value, pointer: pointer, message: TerminalText.escaped(message), hint: hint.map(TerminalText.escaped)))
    }

    // MARK: the whole

    private mutating func checkSpec(_ spec: Value, _ root: Value) {
        let group = spec["group"]?.string ?? ""
        let plural = spec.at("names", "plural")?.string ?? ""
        if let value = spec["group"], !group.isEmpty {
            if !Self.isSubdomain(group) {
                report("crd/group", value, "/spec/group", "group must be a domain name in lower case, not \(TerminalText.quoted(group))")
            } else if !group.contains(".") {
                report("crd/group", value, "/spec/group", "group must have a dot in it", hint: "use a domain that is yours, such as \(group).example.com")
            }
        }
        if let name = root.at("metadata", "name"), let text = name.string, !plural.isEmpty, !group.isEmpty, text != "\(plural).\(group)" {
            report("crd/name", name, "/metadata/name", "the name must be \(plural).\(group), its plural and group", hint: "write name: \(plural).\(group)")
        }
        if let scope = spec["scope"], scope.kind == .string, !scope.equals("Cluster"), !scope.equals("Namespaced") {
            report(
                "crd/scope", scope, "/spec/scope", "scope may not be \(TerminalText.quoted(scope.text))",
                hint: Suggestion.hint(for: scope.text, among: ["Namespaced", "Cluster"]) ?? "it must be Namespaced or Cluster")
        }
        if let preserves = spec["preserveUnknownFields"], preserves.boolean == true {
            report(
                "crd/preserve-unknown-fields", preserves, "/spec/preserveUnknownFields", "preserveUnknownFields may not be true",
                hint: "set x-kubernetes-preserve-unknown-fields where the schema should be open")
        }
        if let names = spec["names"], names.kind == .mapping { checkNames(names) }
        checkApproval(group, root)
        if let conversion = spec.given("conversion"), conversion.kind == .mapping { checkConversion(conversion) }
        if let versions = spec["versions"], versions.kind == .sequence { checkVersions(versions) }
    }

    private mutating func checkNames(_ names: Value) {
        func isLabel(_ value: Value, mixed: Bool) -> Bool {
            Self.isLabel(mixed ? value.text.lowercased() : value.text)
        }
        for (key, mixed) in [("plural", false), ("singular", false), ("kind", true), ("listKind", true)] as [(StaticString, Bool)] {
            guard let value = names[key], value.kind == .string, !value.bytes.isEmpty, !isLabel(value, mixed: mixed) else { continue }
            report(
                "crd/names", value, "/spec/names/\(key)",
                "\(key) must be \(mixed ? "" : "lower-case ")letters, digits and dashes, beginning with a letter, 63 at most", hint: mixed ? nil : Suggestion.hint(for: value.text, among: [value.text.lowercased()]))
        }
        for key in ["shortNames", "categories"] as [StaticString] {
            guard let list = names[key] else { continue }
            for (index, value) in list.items.enumerated() where value.kind == .string && !isLabel(value, mixed: false) {
                report("crd/names", value, "/spec/names/\(key)/\(index)", "\(key)[\(index)] must be lower-case letters, digits and dashes, beginning with a letter")
            }
        }
        if let kind = names["kind"], let list = names["listKind"], kind.equals(list), !kind.bytes.isEmpty {
            report("crd/names", list, "/spec/names/listKind", "listKind may not be the same as kind", hint: "write listKind: \(kind.text)List")
        }
    }

    private mutating func checkApproval(_ group: String, _ root: Value) {
        guard group == "k8s.io" || group == "kubernetes.io" || group.hasSuffix(".k8s.io") || group.hasSuffix(".kubernetes.io") else { return }
        let annotation = root.at("metadata", "annotations", "api-approved.kubernetes.io")
        let text = annotation?.string ?? ""
        if text.hasPrefix("unapproved") || Self.isURL(text) { return }
        report(
            "crd/approval", annotation ?? root.at("spec", "group") ?? root, "/metadata/annotations/api-approved.kubernetes.io",
            "a group of k8s.io needs the annotation api-approved.kubernetes.io", hint: "use a domain that is yours, or annotate it with the pull request that approved it")
    }

    private static func isURL(_ text: String) -> Bool {
        guard let scheme = text.firstRange(of: "://"), scheme.lowerBound > text.startIndex else { return false }
        return scheme.upperBound < text.endIndex
    }

    private mutating func checkConversion(_ conversion: Value) {
        guard let strategy = conversion["strategy"], strategy.kind == .string, !strategy.bytes.isEmpty else { return }
        guard strategy.equals("None") || strategy.equals("Webhook") else {
            report("crd/conversion", strategy, "/spec/conversion/strategy", "strategy may not be \(TerminalText.quoted(strategy.text))", hint: "it must be None or Webhook")
            return
        }
        let webhook = conversion.given("webhook")
        if strategy.equals("None") {
            if let webhook { report("crd/conversion", webhook, "/spec/conversion/webhook", "webhook is only for the strategy Webhook") }
            return
        }
        let config = webhook?.given("clientConfig")
        guard let config else {
            report("crd/conversion", webhook ?? conversion, "/spec/conversion/webhook/clientConfig", "the strategy Webhook needs webhook.clientConfig")
            return
        }
        if (config.given("url") == nil) == (config.given("service") == nil) {
            report("crd/conversion", config, "/spec/conversion/webhook/clientConfig", "clientConfig needs either url or service")
        }
        let versions = webhook?.given("conversionReviewVersions")
        if versions == nil || versions!.count == 0 {
            report("crd/conversion", webhook ?? conversion, "/spec/conversion/webhook/conversionReviewVersions", "conversionReviewVersions is missing", hint: "write conversionReviewVersions: [v1]")
        } else if let versions, !versions.items.contains(where: { $0.equals("v1") || $0.equals("v1beta1") }) {
            report("crd/conversion", versions, "/spec/conversion/webhook/conversionReviewVersions", "conversionReviewVersions must include v1 or v1beta1")
        }
    }

    private mutating func checkVersions(_ versions: Value) {
        var stored = 0
        var names: Set<String> = []
        for (index, version) in versions.items.enumerated() {
            let pointer = "/spec/versions/\(index)"
            guard version.kind == .mapping else { continue }
            if version["storage"]?.boolean == true { stored += 1 }
            if let name = version["name"], name.kind == .string {
                if !Self.isLabel(name.text) {
                    report("crd/versions", name, pointer + "/name", "the version's name must be lower-case letters, digits and dashes, beginning with a letter")
                }
                if !names.insert(name.text).inserted {
                    report("crd/versions", name, pointer + "/name", "the version \(TerminalText.quoted(name.text)) is there twice")
                }
            }
            if let warning = version.given("deprecationWarning"), warning.kind == .string {
                if version["deprecated"]?.boolean != true {
                    report("crd/versions", warning, pointer + "/deprecationWarning", "deprecationWarning is only for a deprecated version", hint: "write deprecated: true")
                } else if warning.bytes.isEmpty || warning.bytes.count > 256 {
                    report("crd/versions", warning, pointer + "/deprecationWarning", "deprecationWarning must have 1 to 256 characters")
                }
            }
            checkColumns(version, pointer)
            checkSubresources(version, pointer)
            if let schema = version.at("schema", "openAPIV3Schema"), schema.kind == .mapping {
                checkRoot(schema, pointer + "/schema/openAPIV3Schema", hasStatus: version.at("subresources", "status")?.kind == .mapping)
            } else {
                report(
                    "crd/schema", version.given("schema") ?? version, pointer + "/schema/openAPIV3Schema", "the version has no schema (schema.openAPIV3Schema)",
                    hint: "to allow any field write type: object with x-kubernetes-preserve-unknown-fields: true")
            }
        }
        if stored != 1 {
            report(
                "crd/versions", versions, "/spec/versions", "\(stored == 0 ? "no version" : "more than one version") is marked as the storage version",
                hint: "set storage: true on exactly one")
        }
    }

    private mutating func checkColumns(_ version: Value, _ pointer: String) {
        guard let columns = version.given("additionalPrinterColumns") else { return }
        for (index, column) in columns.items.enumerated() where column.kind == .mapping {
            let place = "\(pointer)/additionalPrinterColumns/\(index)"
            if let type = column["type"], type.kind == .string, !type.bytes.isEmpty, !["integer", "number", "string", "boolean", "date"].contains(type.text) {
                report("crd/columns", type, place + "/type", "type of a column may not be \(TerminalText.quoted(type.text))", hint: "it must be integer, number, string, boolean or date")
            }
            if let format = column["format"], format.kind == .string, !format.bytes.isEmpty,
                !["int32", "int64", "float", "double", "byte", "date", "date-time", "password"].contains(format.text)
            {
                report("crd/columns", format, place + "/format", "format of a column may not be \(TerminalText.quoted(format.text))")
            }
            if let path = column["jsonPath"], path.kind == .string, !path.bytes.isEmpty, path.bytes[0] != UInt8(ascii: ".") {
                report("crd/columns", path, place + "/jsonPath", "jsonPath must begin with a dot", hint: "write \(TerminalText.quoted("." + path.text))")
            }
        }
    }

    private mutating func checkSubresources(_ version: Value, _ pointer: String) {
        guard let scale = version.at("subresources", "scale"), scale.kind == .mapping else { return }
        for (key, prefixes) in [
            ("specReplicasPath", [".spec."]), ("statusReplicasPath", [".status."]), ("labelSelectorPath", [".spec.", ".status."]),
        ] as [(StaticString, [String])] {
            guard let path = scale[key], path.kind == .string, !path.bytes.isEmpty, !prefixes.contains(where: path.text.hasPrefix) else { continue }
            report("crd/subresources", path, "\(pointer)/subresources/scale/\(key)", "\(key) must be a path under \(prefixes.joined(separator: " or "))")
        }
    }

    // MARK: schemas

    private enum Level {
        case root, item, field
    }

    private static let atRootWithStatus: Set<String> = [
        "description", "type", "format", "title", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems",
        "minItems", "uniqueItems", "multipleOf", "required", "items", "properties", "externalDocs", "example", "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
    ]

    private mutating func checkRoot(_ schema: Value, _ pointer: String, hasStatus: Bool) {
        if hasStatus {
            for field in schema.fields where !Self.atRootWithStatus.contains(field.name) && !Self.isZero(field.value) && Self.keywords.contains(field.name) {
                report("crd/schema", field.key, pointer + "/" + Path.escaped(field.name), "\(field.name) may not stand at the root where the status subresource is on", hint: "move it into properties.spec")
            }
        }
        if schema["nullable"]?.boolean == true { report("crd/schema", schema["nullable"]!, pointer + "/nullable", "nullable may not be true at the root") }
        check(schema, pointer, .root, depth: 0, mayHaveDefault: true, inMeta: false)
    }

    private static let keywords: Set<String> = [
        "default", "enum", "allOf", "anyOf", "oneOf", "not", "additionalProperties", "maxProperties", "minProperties", "nullable", "x-kubernetes-int-or-string",
        "x-kubernetes-embedded-resource", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type", "id", "$schema", "$ref", "definitions",
        "dependencies", "patternProperties", "additionalItems",
    ]

    private static func isZero(_ value: Value) -> Bool {
        switch value.kind {
        case .null: true
        case .boolean: value.boolean == false
        case .string: value.bytes.isEmpty
        case .integer, .number: value.number == 0
        case .sequence, .mapping: value.count == 0
        }
    }

    private mutating func check(_ schema: Value, _ pointer: String, _ level: Level, depth: Int, mayHaveDefault: Bool, inMeta: Bool) {
        budget -= 1
        // Null is a schema that says nothing.
        guard depth < Self.mostDepth, budget > 0, schema.kind == .mapping || schema.isNull else { return }
        let type = schema["type"]?.string ?? ""
        let preserves = schema["x-kubernetes-preserve-unknown-fields"]?.boolean
        let isIntOrString = schema["x-kubernetes-int-or-string"]?.boolean == true
        let isEmbedded = schema["x-kubernetes-embedded-resource"]?.boolean == true
        let properties = schema.given("properties")
        let additional = schema.given("additionalProperties")

        checkKeywords(schema, pointer, type, preserves: preserves)
        if type.isEmpty, !isIntOrString, preserves != true {
            let what = switch level {
            case .root: "the root of the schema"
            case .item: "items"
            case .field: "the schema"
            }
            report("crd/structural", schema, pointer + "/type", "\(what) has no type", hint: "write type: object, or the type that it is")
        }
        if level == .root, !type.isEmpty, type != "object" { report("crd/structural", schema["type"]!, pointer + "/type", "the type of the root must be object, not \(type)") }
        if isIntOrString, preserves == true { report("crd/structural", schema, pointer, "x-kubernetes-int-or-string and x-kubernetes-preserve-unknown-fields may not both be true") }
        if isIntOrString, isEmbedded { report("crd/structural", schema, pointer, "x-kubernetes-int-or-string and x-kubernetes-embedded-resource may not both be true") }
        if isEmbedded, type != "object" { report("crd/structural", schema, pointer + "/type", "type must be object where x-kubernetes-embedded-resource is true") }
        if isEmbedded, preserves != true, properties?.count ?? 0 == 0 {
            report("crd/structural", schema, pointer + "/properties", "an embedded resource needs properties, or x-kubernetes-preserve-unknown-fields: true")
        }
        if type == "array", schema.given("items") == nil { report("crd/structural", schema, pointer + "/items", "a list needs items") }
        if let additional {
            if level == .root { report("crd/structural", additional, pointer + "/additionalProperties", "additionalProperties may not stand at the root") }
            if isEmbedded { report("crd/structural", additional, pointer + "/additionalProperties", "additionalProperties may not stand with x-kubernetes-embedded-resource") }
            if let properties, properties.count > 0, additional.kind == .mapping || additional.boolean == false {
                report("crd/structural", additional, pointer + "/additionalProperties", "properties and additionalProperties may not stand together")
            }
            check(additional, pointer + "/additionalProperties", .field, depth: depth + 1, mayHaveDefault: mayHaveDefault && !inMeta, inMeta: inMeta)
        }
        if let properties {
            for field in properties.fields {
                let name = field.name
                let place = pointer + "/properties/" + Path.escaped(name)
                let isMeta = (level == .root || isEmbedded) && ["metadata", "kind", "apiVersion"].contains(name)
                if isMeta { checkMeta(name, field.value, place, isRoot: level == .root) }
                check(field.value, place, .field, depth: depth + 1, mayHaveDefault: mayHaveDefault && !(isMeta && level == .root), inMeta: inMeta || isMeta)
            }
        }
        if let items = schema.given("items") {
            if items.kind == .sequence {
                report("crd/structural", items, pointer + "/items", "items must be one schema, not a list")
            } else {
                check(items, pointer + "/items", .item, depth: depth + 1, mayHaveDefault: mayHaveDefault, inMeta: inMeta)
            }
        }
        checkListType(schema, pointer, type)
        checkCombinations(schema, schema, pointer, isNested: false, depth, isComplete: level != .root)
        if let value = schema["default"], !value.isNull { checkDefault(value, schema, pointer + "/default", isAllowed: mayHaveDefault && level != .root) }
    }

    private mutating func checkMeta(_ name: String, _ schema: Value, _ pointer: String, isRoot: Bool) {
        let type = schema["type"]?.string ?? ""
        let wanted = name == "metadata" ? "object" : "string"
        if type != wanted { report("crd/structural", schema["type"] ?? schema, pointer + "/type", "the type of \(name) must be \(wanted)") }
        guard isRoot, name == "metadata" else { return }
        let isOnlyNames = schema.given("properties").map { $0.fields.allSatisfy { ["name", "generateName"].contains($0.name) } } ?? true
        let extra = schema.fields.first { !["type", "properties", "default"].contains($0.name) && !Self.isZero($0.value) }
        if !isOnlyNames || extra != nil {
            report("crd/structural", schema, pointer, "the schema of metadata may only restrict name and generateName", hint: "write metadata: {type: object}")
        }
    }

    /// What stands in a schema that may never, wherever it is.
    private mutating func checkKeywords(_ schema: Value, _ pointer: String, _ type: String, preserves: Bool?) {
        for key in ["$ref", "definitions", "dependencies", "patternProperties", "additionalItems", "id"] as [StaticString] {
            guard let value = schema[key], !Self.isZero(value) else { continue }
            report(
                "crd/structural", value, "\(pointer)/\(key)", "\(key) may not stand in the schema of a custom resource",
                hint: key.description == "$ref" ? "write out what it refers to" : nil)
        }
        if !type.isEmpty, !["array", "boolean", "integer", "number", "object", "string"].contains(type), let value = schema["type"] {
            report(
                "crd/structural", value, pointer + "/type", "type may not be \(TerminalText.quoted(type))",
                hint: type == "null" ? "write nullable: true" : Suggestion.hint(for: type, among: ["array", "boolean", "integer", "number", "object", "string"]))
        }
        if schema["uniqueItems"]?.boolean == true {
            report("crd/structural", schema["uniqueItems"]!, pointer + "/uniqueItems", "uniqueItems may not be true", hint: "write x-kubernetes-list-type: set")
        }
        if preserves == false { report("crd/structural", schema["x-kubernetes-preserve-unknown-fields"]!, pointer + "/x-kubernetes-preserve-unknown-fields", "x-kubernetes-preserve-unknown-fields must be true or not be there") }
        if let pattern = schema["pattern"], let text = pattern.string, !text.isEmpty, compiles(text) == false {
            report("crd/pattern", pattern, pointer + "/pattern", "pattern is no regular expression: \(TerminalText.quoted(text))")
        }
    }

    private mutating func checkListType(_ schema: Value, _ pointer: String, _ type: String) {
        if let mapType = schema.given("x-kubernetes-map-type") {
            if type != "object" { report("crd/list-type", mapType, pointer + "/type", "type must be object where x-kubernetes-map-type is given") }
            if !mapType.equals("atomic"), !mapType.equals("granular") {
                report("crd/list-type", mapType, pointer + "/x-kubernetes-map-type", "x-kubernetes-map-type must be atomic or granular")
            }
        }
        let keys = schema.given("x-kubernetes-list-map-keys")
        guard let listType = schema.given("x-kubernetes-list-type") else {
            if let keys, keys.count > 0 { report("crd/list-type", keys, pointer + "/x-kubernetes-list-type", "x-kubernetes-list-map-keys needs x-kubernetes-list-type: map") }
            return
        }
        guard type == "array" else {
            report("crd/list-type", listType, pointer + "/type", "type must be array where x-kubernetes-list-type is given")
            return
        }
        guard listType.equals("atomic") || listType.equals("set") || listType.equals("map") else {
            report("crd/list-type", listType, pointer + "/x-kubernetes-list-type", "x-kubernetes-list-type must be atomic, set or map")
            return
        }
        if !listType.equals("map"), let keys, keys.count > 0 {
            report("crd/list-type", keys, pointer + "/x-kubernetes-list-map-keys", "x-kubernetes-list-map-keys is only for x-kubernetes-list-type: map")
        }
        guard let items = schema.given("items"), items.kind == .mapping, !listType.equals("atomic") else { return }
        if items["nullable"]?.boolean == true { report("crd/list-type", items["nullable"]!, pointer + "/items/nullable", "items of a \(listType.text) may not be nullable") }
        let itemType = items["type"]?.string ?? ""
        if listType.equals("set") {
            if itemType == "object", items["x-kubernetes-map-type"]?.equals("atomic") != true {
                report("crd/list-type", items, pointer + "/items/x-kubernetes-map-type", "objects of a set need x-kubernetes-map-type: atomic")
            } else if itemType == "array", let inner = items.given("x-kubernetes-list-type"), !inner.equals("atomic") {
                report("crd/list-type", inner, pointer + "/items/x-kubernetes-list-type", "lists of a set must be atomic")
            }
            return
        }
        guard let keys, keys.count > 0 else {
            report("crd/list-type", listType, pointer + "/x-kubernetes-list-map-keys", "x-kubernetes-list-type: map needs x-kubernetes-list-map-keys")
            return
        }
        if itemType != "object" { report("crd/list-type", items, pointer + "/items/type", "items of x-kubernetes-list-type: map must be objects") }
        var required: Set<String> = []
        if let names = items.given("required") {
            for name in names.items where name.kind == .string { required.insert(name.text) }
        }
        var seen: Set<String> = []
        for (index, key) in keys.items.enumerated() where key.kind == .string {
            let place = "\(pointer)/x-kubernetes-list-map-keys/\(index)"
            if !seen.insert(key.text).inserted { report("crd/list-type", key, place, "the key \(TerminalText.quoted(key.text)) is there twice") }
            guard let property = items["properties"]?[bytes: key.bytes] else {
                report("crd/list-type", key, place, "the key \(TerminalText.quoted(key.text)) is no property of the items")
                continue
            }
            if let type = property["type"]?.string, type == "array" || type == "object" {
                report("crd/list-type", property, place, "the key \(TerminalText.quoted(key.text)) must be a scalar, not \(type == "array" ? "a list" : "an object")")
            }
            if property["nullable"]?.boolean == true { report("crd/list-type", property, place, "the key \(TerminalText.quoted(key.text)) may not be nullable") }
            if !required.contains(key.text), property["default"].map({ $0.isNull }) ?? true {
                report("crd/list-type", key, place, "the key \(TerminalText.quoted(key.text)) must be required or have a default")
            }
        }
    }

    // MARK: combinations

    private mutating func checkCombinations(_ schema: Value, _ structure: Value?, _ pointer: String, isNested: Bool, _ depth: Int, skipsAnyOf: Bool = false, isComplete: Bool) {
        for key in ["allOf", "anyOf", "oneOf"] as [StaticString] {
            guard let branches = schema.given(key), branches.kind == .sequence else { continue }
            // The two forms by which a schema says int-or-string.
            if key.description == "anyOf", skipsAnyOf || !isNested && Self.isIntOrStringPair(branches) { continue }
            for (index, branch) in branches.items.enumerated() {
                let skips = !isNested && key.description == "allOf" && index == 0 && branch["anyOf"].map(Self.isIntOrStringPair) == true
                checkNested(branch, structure, "\(pointer)/\(key)/\(index)", skipsAnyOf: skips, depth + 1, isComplete: isComplete)
            }
        }
        if let negated = schema.given("not") { checkNested(negated, structure, pointer + "/not", skipsAnyOf: false, depth + 1, isComplete: isComplete) }
    }

    private static func isIntOrStringPair(_ branches: Value) -> Bool {
        branches.count == 2 && branches.items.allSatisfy { $0.count == 1 } && branches.items[0]["type"]?.equals("integer") == true
            && branches.items[1]["type"]?.equals("string") == true
    }

    private static let forbiddenNested: Set<String> = [
        "type", "default", "title", "description", "nullable", "additionalProperties", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type", "x-kubernetes-validations",
    ]

    /// Only of combinations at the root does the server ask that what they speak of
    /// is named outside of them (validateStructuralCompleteness); `isComplete` says that it does not.
    private mutating func checkNested(_ schema: Value, _ structure: Value?, _ pointer: String, skipsAnyOf: Bool, _ depth: Int, isComplete: Bool) {
        budget -= 1
        guard depth < Self.mostDepth, budget > 0, schema.kind == .mapping else { return }
        guard isComplete || structure?.kind == .mapping else {
            report("crd/structural", schema, pointer, "this speaks of a field that the schema outside of allOf, anyOf, oneOf and not does not have", hint: "name the field there, with its type")
            return
        }
        checkKeywords(schema, pointer, "", preserves: nil)
        for field in schema.fields where Self.forbiddenNested.contains(field.name) && (field.name == "default" ? !field.value.isNull : !Self.isZero(field.value)) {
            report("crd/structural", field.key, pointer + "/" + field.name, "\(field.name) may not stand within allOf, anyOf, oneOf or not", hint: "write it outside of them")
        }
        if let properties = schema.given("properties") {
            for field in properties.fields {
                budget -= (structure?["properties"]?.count ?? 0) / 16
                guard budget > 0 else { return }
                let place = pointer + "/properties/" + Path.escaped(field.name)
                if field.name == "metadata" { report("crd/structural", field.key, place, "metadata may not be named within allOf, anyOf, oneOf or not") }
                checkNested(field.value, structure?["properties"]?[bytes: field.key.bytes], place, skipsAnyOf: false, depth + 1, isComplete: isComplete)
            }
        }
        if let items = schema.given("items") { checkNested(items, structure?.given("items"), pointer + "/items", skipsAnyOf: false, depth + 1, isComplete: isComplete) }
        checkCombinations(schema, structure, pointer, isNested: true, depth, skipsAnyOf: skipsAnyOf, isComplete: isComplete)
    }

    // MARK: defaults

    private mutating func checkDefault(_ value: Value, _ schema: Value, _ pointer: String, isAllowed: Bool) {
        guard isAllowed else {
            report("crd/default", value, pointer, "a default may not stand here")
            return
        }
        // What an int-or-string is, is not looked at in a default.
        if schema["x-kubernetes-int-or-string"]?.boolean == true { return }
        guard let wrong = try? SchemaCompiler.problems(of: value, by: schema, matches: matches) else { return }
        for problem in wrong.filter({ $0.rule != .duplicateItem }).prefix(3) {
            report("crd/default", problem.value, pointer + problem.pointer, "the default does not fit its schema: \(problem.message)", hint: problem.hint)
        }
    }

    // MARK: names

    /// A label of RFC 1035: `[a-z]([-a-z0-9]*[a-z0-9])?`, 63 at most.
    private static func isLabel(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 63, (0x61...0x7A).contains(first), last != 0x2D else { return false }
        return bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// A subdomain of RFC 1123 in lower case, 253 at most.
    private static func isSubdomain(_ text: String) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last, first != 0x2D, last != 0x2D else { return false }
            return label.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        }
    }
}
