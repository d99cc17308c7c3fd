import Expressions
import Manifests

/// Rules about CEL in built-in kinds. What its variables are is not known here, so that only what can be no
/// expression at all is refused.
enum ExpressionRules {
    static let all = [
        Rule(
            "k8s/cel-syntax",
            kinds: [
                "ValidatingAdmissionPolicy.admissionregistration.k8s.io", "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
                "MutatingWebhookConfiguration.admissionregistration.k8s.io", "DeviceClass.resource.k8s.io",
            ],
            summary: "expressions are in CEL",
            reason:
                "The server compiles each when the object is created (validateCELCondition in pkg/apis/admissionregistration/validation, validateCELSelector in pkg/apis/resource/validation).",
            bad: policy("object.spec.replicas <="), good: policy("object.spec.replicas <= 5"),
            check: .object { object, findings in
                let lists = [
                    object.spec?["validations"], object.spec?["matchConditions"], object.spec?["variables"], object.spec?["auditAnnotations"],
                ]
                for list in lists {
                    for item in (list ?? object.root).items {
                        check(item["expression"], &findings)
                        check(item["messageExpression"], &findings)
                        check(item["valueExpression"], &findings)
                    }
                }
                for webhook in (object.root["webhooks"] ?? object.root).items {
                    for condition in (webhook["matchConditions"] ?? object.root).items { check(condition["expression"], &findings) }
                }
                for selector in (object.spec?["selectors"] ?? object.root).items { check(selector.at("cel", "expression"), &findings) }
            })
    ]

    private static func check(_ expression: Value?, _ findings: inout Findings) {
        guard let expression, expression.kind == .string, !expression.bytes.isEmpty else { return }
        do throws(CELError) {
            _ = try CELProgram(expression.text)
        } catch {
            let line = error.message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            findings.add(at: expression, "the expression does not compile: \(line.prefix(200))")
        }
    }

    private static func policy(_ expression: String) -> String {
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata:
          name: replicas.example.com
        spec:
          failurePolicy: Fail
          matchConstraints:
            resourceRules:
              - apiGroups: [apps]
                apiVersions: [v1]
                operations: [CREATE]
                resources: [deployments]
          validations:
            - expression: \(expression)
        """
    }
}
