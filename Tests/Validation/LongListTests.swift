import Manifests
import Testing

@testable import Validation

@Suite struct LongListTests {
    /// Long lists of everything, which no rule may take the square of.
    @Test(
        .timeLimit(.minutes(15)),
        arguments: [
            ("v1", "Service", "spec: {ports: [", "{port: 1, name: p@, nodePort: @}", "]}"),
            ("v1", "ConfigMap", "binaryData: {a: ''}\ndata: {", "k@: v", "}"),
            ("apps/v1", "Deployment", "spec: {template: {metadata: {labels: {a: b}}, spec: {}}, selector: {matchLabels: {", "k@: v", "}}}"),
            ("v1", "ResourceQuota", "spec: {scopes: [", "BestEffort", "]}"),
            ("v1", "ResourceQuota", "spec: {scopes: [BestEffort], hard: {", "example.com/r@: 1", "}}"),
            ("v1", "LimitRange", "spec: {limits: [{type: Container, max: {", "example.com/r@: 1", "}}]}"),
            ("networking.k8s.io/v1", "NetworkPolicy", "spec: {ingress: [{from: [", "{ipBlock: {cidr: 10.0.0.0/8}}", "]}]}"),
            ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "webhooks: [{rules: [{resources: [", "r@/x", "]}]}]"),
            ("resource.k8s.io/v1", "ResourceClaim", "spec: {devices: {requests: [", "{name: r@}", "]}}"),
            ("batch/v1", "Job", "spec: {podFailurePolicy: {rules: [{onExitCodes: {operator: In, values: [", "@", "]}}]}}"),
            ("v1", "Node", "spec: {taints: [", "{key: k@, effect: NoSchedule}", "]}"),
            ("storage.k8s.io/v1", "StorageClass", "allowedTopologies: [", "{matchLabelExpressions: [{key: k, values: [a]}]}", "]"),
        ])
    func takesNoSquares(_ version: String, _ kind: String, _ head: String, _ item: String, _ tail: String) {
        let items = (0..<50_000).map { item.replacing("@", with: String($0)) }.joined(separator: ", ")
        let text = "apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: x}\n\(head)\(items)\(tail)\n"
        ManifestFile(Array(text.utf8), language: .yaml, file: "case.yaml").withDocuments { documents in
            _ = KubernetesObject(documents[0].root).map { RuleRun.findings(in: $0, file: "case.yaml") }
        }
    }
}

/// Hostile files: what they cost follows their size.
@Suite struct HostileManifestTests {
    @Test(.timeLimit(.minutes(15))) func manyDocumentsOfOneFile() throws {
        let text = (0..<30_000).map { "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c\($0)}\n" }.joined(separator: "---\n")
        let verdict = try StandaloneCheck().verdict(on: Array(text.utf8), named: "many.yaml")
        #expect(verdict.resources == 30_000)
        #expect(verdict.isAccepted)
    }

    /// Steps alone bound no memory: text is paid for by its size.
    @Test(.timeLimit(.minutes(15)), arguments: [
        "self.l.map(a, self.s).map(b, b + b).size() > 0", "self.s.replace('a', 'aaaaaaaaaaaaaaaaaaaaaaa').replace('a', 'aaaaaaaaaaaaaaaaaaaaaaa').size() > 0",
    ])
    func expressionsThatExplode(_ rule: String) throws {
        let definition = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: bombs.example.org}
            spec:
              group: example.org
              scope: Namespaced
              names: {kind: Bomb, plural: bombs}
              versions:
                - name: v1
                  served: true
                  storage: true
                  schema:
                    openAPIV3Schema:
                      type: object
                      properties:
                        spec:
                          type: object
                          properties: {s: {type: string}, l: {type: array, items: {type: integer}}}
                          x-kubernetes-validations: [{rule: "\(rule)"}]
            """
        let list = Array(repeating: "1", count: 50_000).joined(separator: ",")
        let bomb = "apiVersion: example.org/v1\nkind: Bomb\nmetadata: {name: a}\nspec: {s: \(String(repeating: "a", count: 100_000)), l: [\(list)]}\n"
        let verdict = try StandaloneCheck(definitions: [Array(definition.utf8)]).verdict(on: Array(bomb.utf8), named: "bomb.yaml")
        #expect(verdict.diagnostics.map(\.rule) == ["k8s/cel-not-evaluated"])
    }
}
