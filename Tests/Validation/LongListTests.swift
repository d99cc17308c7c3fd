import Manifests
import Testing

@testable import Validation

@Suite struct LongListTests {
    /// Long lists of everything, which no rule may take the square of.
    @Test(
        .timeLimit(.minutes(1)),
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
