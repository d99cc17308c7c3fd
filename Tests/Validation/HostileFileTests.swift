import Manifests
import Testing
import Validation

/// Files that were made to cost much, or to show what they should not: each has a verdict soon.
@Suite(.timeLimit(.minutes(15))) struct HostileFileTests {
    private func verdict(_ text: String, named name: String = "f.yaml", definitions: String? = nil) throws -> TreeVerdict {
        try StandaloneCheck(definitions: definitions.map { [Array($0.utf8)] } ?? []).verdict(on: Array(text.utf8), named: name)
    }

    private func isRefused(_ verdict: TreeVerdict) -> Bool { verdict.diagnostics.contains { $0.severity == .error } }

    private static let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n"

    @Test(arguments: [
        "  containers: [{name: a, image: b}]\n" + (0..<300_000).map { "  foo\($0): 1\n" }.joined(),
        "  a: " + String(repeating: "{a: ", count: 400) + "1" + String(repeating: "}", count: 400) + "\n",
        "  containers:\n" + (0..<50_000).map { "  - {name: a\($0), image: b, ports: [{containerPort: 80, name: http}], x: 1}\n" }.joined(),
        "  containers:\n" + String(repeating: "  - {name: a, image: b, ports: [{containerPort: 80, name: http}]}\n", count: 50_000),
        "  containers: [{name: a, image: b, env: [" + (0..<100_000).map { "{name: E, value: $(E\($0))}" }.joined(separator: ", ") + "], x: 1}]\n",
        "  containers: [{name: a, image: b, volumeMounts: [" + (0..<50_000).map { "{name: v\($0), mountPath: /m}" }.joined(separator: ", ") + "]}]\n",
    ])
    func largePodIsRefused(specification: String) throws {
        #expect(isRefused(try verdict(Self.pod + "spec:\n" + specification)))
    }

    @Test func manyResourcesOfOneListAreToldOfInBounds() throws {
        let found = try verdict("apiVersion: v1\nkind: List\nitems:\n" + String(repeating: "- {apiVersion: v1, kind: Pod}\n", count: 100_000))
        #expect(isRefused(found))
        #expect(found.resources == 100_000)
        #expect(found.diagnostics.count < 10_000)
    }

    @Test func manyExceptionsAreRead() throws {
        let text = Self.pod + String(repeating: "# git-ops: allow k8s/unknown-field because\n", count: 300_000) + "foo: 1\n"
        #expect(isRefused(try verdict(text)))
        // None hides what comes after those that count.
        let long = "foo: 1 # git-ops: allow " + String(repeating: "x", count: 1 << 20)
        for diagnostic in try verdict(Self.pod + long).diagnostics { #expect(diagnostic.rendered.utf8.count < 1000) }
    }

    @Test func warningsHideNoError() throws {
        let credentials = (0..<200).map { "    token\($0): ghp_0123456789abcdefghijABCDEFGHIJ012345\n" }.joined()
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n\(credentials)data:\n  'a b': c\n"
        #expect(isRefused(try verdict(text)))
    }

    @Test func manyPatchesAreRead() throws {
        let text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\npatches:\n" + (0..<500_000).map { "- path: p\($0).yaml\n" }.joined()
        #expect(try !isRefused(verdict(text, named: "kustomization.yaml")))
    }

    // MARK: secrets

    @Test(arguments: [
        "kind: Secret", "kind:   Secret", "kind: &k Secret", "kind: !!str Secret", "kind: 'Secret'", "kind: >-\n  Secret", "\"kind\" : \"Secret\"",
        "kind: \"\\x53ecret\"",
    ])
    func aSecretIsNotShown(kind: String) throws {
        let contents = [
            "stringData: {pin: 01234567, b: S3CR3T, b: S3CR3T}\n", "data:\n  a: !!int S3CR3T\n", "data:\n  a: S3CR3T!\nfoo: S3CR3T\n",
            "stringData:\n  a: 1234567\n  b: .inf\n  c: yes\n  d: [S3CR3T]\n", "stringData: {a: S3CR3T\n", "data: S3CR3T\ntype: S3CR3T\n",
            "stringData:\n  a: 01234567\n  b: \"S3CR3T\n", "data: {a: {b: S3CR3T}}\n", "stringData:\n  S3: {{ .S3CR3T }}\n  S3: x\n",
        ]
        for content in contents {
            let text = "apiVersion: v1\n\(kind)\nmetadata: {name: a}\n\(content)"
            for document in [text, "a: 1\n---\n" + text] {
                for diagnostic in try verdict(document).diagnostics where !diagnostic.rendered.contains("type") {
                    let told = diagnostic.rendered + (diagnostic.sourceLine ?? "")
                    #expect(!told.contains("S3CR3T") && !told.contains("1234567"), "\(told)")
                }
            }
        }
    }

    @Test func whatGeneratesASecretIsNotShown() throws {
        let text = "secretGenerator:\n- name: a\n  literals: [password=S3CR3T]\n  literals: [password=S3CR3T]\nb: yes # S3CR3T\n"
        for diagnostic in try verdict(text, named: "kustomization.yaml").diagnostics { #expect(diagnostic.sourceLine?.contains("S3CR3T") != true) }
    }

    // MARK: lines

    @Test(arguments: ["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"])
    func linesAreCountedAsTheReaderCountsThem(lineBreak: String) throws {
        let lines = ["# one", "apiVersion: v1", "kind: ConfigMap", "metadata: {name: a}", "data: {token: ghp_0123456789abcdefghijABCDEFGHIJ012345} # git-ops: allow env/credential why", "bar: 1"]
        let found = try verdict(lines.joined(separator: lineBreak) + "\n")
        #expect(found.diagnostics.map(\.position?.line) == [6])
        #expect(found.diagnostics.map(\.sourceLine) == ["bar: 1"])
    }

    // MARK: definitions

    @Test func namesAreCutWhereTheyAreLong() throws {
        let long = String(repeating: "A", count: 1 << 20)
        for text in ["apiVersion: v1\nkind: \(long)\nmetadata: {name: a}\n", "apiVersion: \(long)\nkind: Pod\nmetadata: {name: a}\n", "apiVersion: v1\nkind: Pod\nmetadata: {name: \(long)}\n"] {
            let found = try verdict(text)
            #expect(isRefused(found))
            for diagnostic in found.diagnostics { #expect(diagnostic.rendered.utf8.count < 4000) }
        }
    }

    @Test func manyDocumentsOfAnUnknownKindAreRead() throws {
        #expect(isRefused(try verdict(String(repeating: "---\napiVersion: v1\nkind: Podd\n", count: 100_000))))
    }

    private func definition(_ schema: String) -> String {
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: gauges.x.io}
        spec:
          group: x.io
          scope: Namespaced
          names: {kind: Gauge, plural: gauges}
          versions:
          - name: v1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, properties: {spec: \(schema)}}}

        """
    }

    private func gauge(_ specification: String) -> String { "apiVersion: x.io/v1\nkind: Gauge\nmetadata: {name: a}\nspec: \(specification)\n" }

    @Test func schemasThatReferToThemselvesAreRefusedOrEnd() throws {
        let deep = definition(String(repeating: "{type: object, properties: {a: ", count: 150) + "{type: string}" + String(repeating: "}}", count: 150))
        #expect(throws: (any Error).self) { try verdict("a: 1", definitions: deep) }
        let loop = """
            components:
              schemas:
                A: {x-kubernetes-group-version-kind: [{group: x.io, version: v1, kind: Gauge}], type: object, properties: {metadata: {type: object}, a: {$ref: '#/components/schemas/A'}, b: {$ref: '#/components/schemas/B'}}}
                B: {$ref: '#/components/schemas/C'}
                C: {$ref: '#/components/schemas/B'}

            """
        _ = try? verdict(gauge("{}"), definitions: loop)
        let doubling = "components:\n  schemas:\n    A0: {x-kubernetes-group-version-kind: [{group: x.io, version: v1, kind: Gauge}], type: object, properties: {metadata: {type: object}, a: {$ref: '#/components/schemas/A1'}}}\n"
            + (1..<10_000).map { "    A\($0): {allOf: [{$ref: '#/components/schemas/A\($0 + 1)'}, {$ref: '#/components/schemas/A\($0 + 1)'}]}\n" }.joined()
        _ = try? verdict(gauge("{}"), definitions: doubling)
    }

    @Test func largeSchemasEnd() throws {
        let properties = "{type: object, properties: {" + (0..<100_000).map { "p\($0): {type: string}" }.joined(separator: ",") + "}}"
        #expect(isRefused(try verdict(gauge("{" + (0..<1000).map { "p\($0): 1" }.joined(separator: ",") + "}"), definitions: definition(properties))))
        let enumeration = "{type: array, items: {type: string, enum: [" + (0..<100_000).map { "e\($0)" }.joined(separator: ",") + "]}}"
        #expect(isRefused(try verdict(gauge("[" + Array(repeating: "x", count: 10_000).joined(separator: ",") + "]"), definitions: definition(enumeration))))
    }

    @Test(arguments: [
        ("^(a|aa)+$", "a"), ("(x+x+)+y", "x"), ("^((a{0,100}){0,100}){0,10}$", "a"), ("(a|b)*a(a|b){1000}$", "ab"), ("(.{1,1000}){1,3}$", "aé"),
        ("(((((a{1,10}){1,10}){1,10}){1,10}){1,10}){1,9}b$", "a"),
    ])
    func patternsThatExplodeEnd(pattern: String, text: String) throws {
        _ = try verdict(gauge("\"" + String(repeating: text, count: 200_000) + "b\""), definitions: definition("{type: string, pattern: '\(pattern)'}"))
    }

    @Test(arguments: [
        "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))", "self.map(a, self.map(b, self.map(c, [a, b, c]))).size() > 0",
        "self.map(a, 'xxxxxxxxxxxxxxxxxxxxxxxxxxx').join('').replace('x', 'xxxxxxxxxxxxxxxxxxxx').replace('x', 'xxxxxxxxxxxxxxxxxxxx').replace('x', 'xxxxxxxxxxxxxxxxxx').size() > 0",
        "self.map(x, [x]).map(x, x + x).map(x, x + x + x + x + x).map(x, x + x + x + x + x).size() > 0",
    ])
    func expressionsThatExplodeEnd(rule: String) throws {
        let schema = "{type: array, items: {type: integer}, x-kubernetes-validations: [{rule: \"\(rule)\"}]}"
        _ = try verdict(gauge("[" + (0..<2000).map(String.init).joined(separator: ",") + "]"), definitions: definition(schema))
    }
}
