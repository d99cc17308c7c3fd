import Glibc
import Manifests
import Schemas
import Testing

@Suite("Schemas of others are compiled")
struct SchemaCompilerTests {
    /// What the API server (1.36, strict) was seen to do with each; true is taken.
    @Test(arguments: [
        ("{type: string, minLength: 2, maxLength: 4}", "ééé", true), ("{type: string, minLength: 2}", "a", false), ("{type: string, enum: [a]}", "b", false),
        ("{type: integer, format: int32}", "2147483648", false), ("{type: integer}", "1.5", false), ("{type: integer, minimum: 1, maximum: 5, exclusiveMaximum: true}", "5", false),
        ("{type: string}", "null", true), ("{type: string, nullable: true, enum: [a]}", "null", false), ("{type: string, default: x}", "null", true),
        ("{type: array, items: {type: string}}", "[null]", false), ("{type: array, items: {type: string, nullable: true}}", "[null]", true),
        ("{type: array, items: {type: string}, x-kubernetes-list-type: set}", "[a, a]", false), ("{type: array, items: {type: string}, maxItems: 1}", "[a, b]", false),
        ("{type: object, additionalProperties: {type: integer}}", "{a: b}", false), ("{type: object}", "{a: b}", false),
        ("{type: object, x-kubernetes-preserve-unknown-fields: true}", "{a: b}", true), ("{x-kubernetes-int-or-string: true}", "5%", true), ("{x-kubernetes-int-or-string: true}", "true", false),
        ("{type: object, properties: {a: {type: string}, b: {type: string}}, oneOf: [{required: [a]}, {required: [b]}]}", "{a: x, b: y}", false),
        ("{type: object, properties: {a: {type: string}, b: {type: string}}, anyOf: [{required: [a]}, {required: [b]}]}", "{}", false),
        ("{type: object, properties: {a: {type: string}}, not: {required: [a]}}", "{a: x}", false),
        ("{type: string, format: ipv4}", "01.2.3.4", true), ("{type: string, format: ipv4}", "1.2.3.256", false), ("{type: string, format: cidr}", "1.2.3.0/33", false),
        ("{type: string, format: duration}", "1h30m", true), ("{type: string, format: duration}", "5 days", true), ("{type: string, format: duration}", "\"5\"", false),
        ("{type: string, format: date-time}", "[]", true), ("{type: string, format: nonsense}", "x", true), ("{type: string, format: uuid}", "7d444840-9dc0-41d5-b245-5ffdce74fad2", true),
        ("{type: string, allOf: [{minLength: 2}]}", "a", false), ("{type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}", "{apiVersion: v1, kind: X}", true),
        ("{type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}", "{kind: X}", false),
    ])
    func customResources(schema: String, value: String, isTaken: Bool) throws {
        let set = try SchemaSet(imported: [library(definition(spec: "{type: object, properties: {f: \(schema)}}"))])
        #expect(problems(in: thing("{f: \(value)}"), set).isEmpty == isTaken)
    }

    @Test func requiredFieldsDefaultsAndMetadata() throws {
        let set = try SchemaSet(imported: [library(definition(spec: "{type: object, required: [a, b], properties: {a: {type: string}, b: {type: string, default: x}}}"))])
        #expect(problems(in: thing("{}"), set) == ["k8s/required /spec/a: a is missing in spec"])
        #expect(problems(in: thing("{a: \"\"}"), set).isEmpty)
        #expect(problems(in: "{apiVersion: example.com/v1, kind: Thing, metadata: {name: a, labels: {a: 1}, foo: 1}}", set) == [
            "k8s/type /metadata/labels/a: labels.a must be a string, not an integer", "k8s/unknown-field /metadata/foo: unknown field \"foo\" in metadata",
        ])
    }

    @Test func patternsAreMatchedByTheCaller() throws {
        let set = try SchemaSet(imported: [library(definition(spec: "{type: object, properties: {f: {type: string, pattern: '^a+$'}}}"))])
        #expect(problems(in: thing("{f: b}"), set, matches: { pattern, _ in pattern != "^a+$" }) == ["k8s/pattern /spec/f: f must match \"^a+$\""])
        #expect(problems(in: thing("{f: b}"), set, matches: { _, _ in nil }).isEmpty)
        #expect(problems(in: thing("{f: b}"), set).isEmpty)
    }

    @Test func celRulesAreHandedOut() throws {
        let library = try library(definition(spec: "{type: object, properties: {l: {type: array, items: {type: object, x-kubernetes-validations: [{rule: 'self.a > 1', message: m}], properties: {a: {type: integer}}}}}}"))
        let set = try SchemaSet(imported: [library])
        let file = ManifestFile(Array(thing("{l: [{a: 1}, {a: 2}]}").utf8), language: .yaml, file: "f")
        try file.withDocuments { documents in
            var found: [String] = []
            let schema = try #require(set.schema(of: documents[0].root))
            set.forEachCELRule(in: documents[0].root, of: schema) { _, rule, pointer in found.append("\(pointer) \(rule.rule) \(rule.message)") }
            #expect(found == ["/spec/l/0 self.a > 1 m", "/spec/l/1 self.a > 1 m"])
        }
    }

    @Test func aLibrarySurvivesBeingKept() throws {
        let first = try library(definition(spec: "{type: object, properties: {f: {type: string}}}"))
        let bytes = first.withBytes { Array($0) }
        let again = try #require(SchemaLibrary(bytes))
        #expect(again.kinds.map { "\($0.group)/\($0.version) \($0.kind)" } == ["example.com/v1 Thing"])
        #expect(problems(in: thing("{g: 1}"), try SchemaSet(imported: [again])).count == 1)
    }

    @Test func anImportedKindReplacesTheBuiltIn() throws {
        let openAPI = ##"{"components":{"schemas":{"io.k8s.api.core.v1.ConfigMap":{"type":"object","properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"allOf":[{"$ref":"#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}]},"extra":{"type":"integer","format":"int32"}},"x-kubernetes-group-version-kind":[{"group":"","version":"v1","kind":"ConfigMap"}]},"io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta":{"type":"object"}}}}"##
        let set = try SchemaSet(imported: [library(openAPI, language: .json)])
        #expect(problems(in: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, extra: 1}", set).isEmpty)
        #expect(problems(in: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {}}", set).count == 1)
    }

    // MARK: hostile ones

    @Test func recursionByReferenceEnds() throws {
        let openAPI = ##"{"definitions":{"a.B":{"type":"object","properties":{"metadata":{"$ref":"#/definitions/x.ObjectMeta"},"spec":{"$ref":"#/definitions/a.B"},"list":{"type":"array","items":{"$ref":"#/definitions/a.B"}},"loop":{"allOf":[{"$ref":"#/definitions/a.L"}]}},"x-kubernetes-group-version-kind":[{"group":"a","version":"v1","kind":"B"}]},"a.L":{"allOf":[{"$ref":"#/definitions/a.L"}]},"x.ObjectMeta":{"type":"object"}}}"##
        let set = try SchemaSet(imported: [library(openAPI, language: .json)])
        let deep = (0..<100).reduce("{}") { inner, _ in "{spec: \(inner)}" }
        _ = problems(in: "{apiVersion: a/v1, kind: B, spec: \(deep), loop: {a: 1}}", set)
    }

    @Test func depthIsRefused() {
        let deep = (0..<200).reduce("{type: string}") { inner, _ in "{type: object, properties: {a: \(inner)}}" }
        #expect(throws: SchemaRefusal.self) { try library(definition(spec: deep)) }
    }

    @Test func widthIsTakenInBoundedTime() throws {
        let wide = "{type: object, properties: {" + (0..<100_000).map { "p\($0): {type: string}" }.joined(separator: ", ") + "}}"
        let names = "{type: object, properties: {f: {type: string, enum: [" + (0..<100_000).map { "v\($0)" }.joined(separator: ", ") + "]}}}"
        #expect(problems(in: thing("{p99999: a, q: b}"), try SchemaSet(imported: [library(definition(spec: wide))])).count == 1)
        #expect(problems(in: thing("{f: v99999}"), try SchemaSet(imported: [library(definition(spec: names))])).isEmpty)
    }

    @Test func combinationsThatMultiplyEnd() throws {
        var schema = "{minLength: 1}"
        for _ in 0..<25 { schema = "{anyOf: [{not: {pattern: x}}, {allOf: [\(schema), \(schema.count < 2000 ? schema : "{minLength: 2}")]}]}" }
        let set = try SchemaSet(imported: [library(definition(spec: "{type: object, properties: {f: {type: string, allOf: [\(schema)]}}}"))])
        _ = problems(in: thing("{f: a}"), set, matches: { _, _ in true })
    }

    @Test func bytesThatAreNoSchemasAreRefusedOrHarmless() throws {
        #expect(SchemaLibrary([]) == nil)
        #expect(SchemaLibrary([UInt8](repeating: 0x47, count: 1000)) == nil)
        let good = try library(definition(spec: "{type: object, properties: {f: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, required: [k], properties: {k: {type: string, enum: [a, b]}}}}}, anyOf: [{required: [f]}]}"))
        let bytes = good.withBytes { Array($0) }
        var random: UInt64 = 42
        for _ in 0..<300 {
            var broken = bytes
            for _ in 0..<4 {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let place = 80 + Int(random >> 33) % (broken.count - 80)
                broken[place] = UInt8(truncatingIfNeeded: random >> 20)
            }
            guard let library = SchemaLibrary(broken) else { continue }
            _ = problems(in: thing("{f: [{k: a}, {k: a}, {}, null], g: {h: 1}}"), try SchemaSet(imported: [library]))
        }
    }
}

@Suite("A CustomResourceDefinition is checked as on creation")
struct DefinitionCheckTests {
    private func rules(_ yaml: String, compiles: @escaping (String) -> Bool? = { _ in nil }) -> [String] {
        let file = ManifestFile(Array(yaml.utf8), language: .yaml, file: "crd.yaml")
        return file.withDocuments { documents in documents.flatMap { DefinitionCheck.problems(of: $0.root, compiles: compiles) }.map(\.rule) }
    }

    @Test(arguments: [
        ("{type: object}", [String]()), ("{}", ["crd/structural"]), ("{type: foo}", ["crd/structural"]), ("{type: array}", ["crd/structural"]),
        ("{type: object, properties: {a: {type: string}}, additionalProperties: {type: string}}", ["crd/structural"]), ("{type: object, additionalProperties: false}", []),
        ("{type: string, $ref: '#/a'}", ["crd/structural"]), ("{type: object, x-kubernetes-preserve-unknown-fields: false}", ["crd/structural"]),
        ("{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}", []), ("{type: object, anyOf: [{type: object}]}", ["crd/structural"]),
        ("{type: array, items: {type: object}, x-kubernetes-list-type: set}", ["crd/list-type"]),
        ("{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, properties: {k: {type: string}}}}", ["crd/list-type"]),
        ("{type: string, default: 5}", ["crd/default"]), ("{type: object, properties: {a: {type: string}}, default: {b: x}}", ["crd/default"]), ("{type: string, default: a}", []),
        ("{type: array, items: {type: string}, uniqueItems: true}", ["crd/structural"]),
    ])
    func schemas(spec: String, expected: [String]) {
        #expect(rules(definition(spec: spec)) == expected)
    }

    @Test func patternsAreCompiledByTheCaller() {
        #expect(rules(definition(spec: "{type: string, pattern: '['}"), compiles: { _ in false }) == ["crd/pattern"])
    }

    @Test(arguments: [
        ("name: things.example.com", "name: other.example.com", "crd/name"), ("scope: Namespaced", "scope: namespaced", "crd/scope"), ("storage: true", "storage: false", "crd/versions"),
        ("name: v1", "name: V1", "crd/versions"), ("kind: Thing}", "kind: T_x}", "crd/names"), ("group: example.com", "group: example", "crd/group"),
    ])
    func theRest(old: String, new: String, rule: String) throws {
        let good = definition(spec: "{type: object}")
        let range = try #require(good.firstRange(of: old))
        #expect(rules(good.replacingCharacters(in: range, with: new)).contains(rule))
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
