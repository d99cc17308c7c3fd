import Manifests

/// Rules for webhooks and admission policies (kubernetes
/// pkg/apis/admissionregistration/validation/validation.go).
enum AdmissionRules {
    static let all: [Rule] = [
        name, duplicateName, client, rule, sideEffects, reviewVersions, timeout, matchCondition, policy, binding,
    ]

    private static let hooks = [
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io", "MutatingWebhookConfiguration.admissionregistration.k8s.io",
    ]
    private static let policies = [
        "ValidatingAdmissionPolicy.admissionregistration.k8s.io", "MutatingAdmissionPolicy.admissionregistration.k8s.io",
    ]

    static let name = Rule(
        "k8s/webhook-name", kinds: hooks,
        summary: "the name of a webhook is a domain of at least three parts",
        reason: "IsFullyQualifiedName in k8s.io/apimachinery, called by validateValidatingWebhook and validateMutatingWebhook.",
        bad: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images
              clientConfig: {url: "https://images.example.com/check"}
              sideEffects: None
              admissionReviewVersions: [v1]
            """,
        good: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {url: "https://images.example.com/check"}
              sideEffects: None
              admissionReviewVersions: [v1]
            """,
        check: .object { object, findings in
            for hook in object.root.items("webhooks") {
                guard let name = hook.text("name") else { continue }
                if let fault = Names.subdomainFault(name.bytes) {
                    findings.add(at: name, "name \(name.quoted) \(fault)")
                } else {
                    var dots = 0
                    for byte in name.bytes where byte == Names.dot { dots += 1 }
                    if dots < 2 {
                        findings.add(at: name, "name \(name.quoted) is no domain of three parts or more", hint: "name it as \"images.example.com\"")
                    }
                }
            }
        })

    static let duplicateName = Rule(
        "k8s/duplicate-webhook", kinds: hooks,
        summary: "no two webhooks of a configuration have the same name",
        reason: "validateValidatingWebhookConfiguration, validateMutatingWebhookConfiguration in pkg/apis/admissionregistration/validation.",
        bad: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - {name: a.example.com, clientConfig: {url: "https://example.com/a"}, sideEffects: None, admissionReviewVersions: [v1]}
            - {name: a.example.com, clientConfig: {url: "https://example.com/b"}, sideEffects: None, admissionReviewVersions: [v1]}
            """,
        good: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - {name: a.example.com, clientConfig: {url: "https://example.com/a"}, sideEffects: None, admissionReviewVersions: [v1]}
            - {name: b.example.com, clientConfig: {url: "https://example.com/b"}, sideEffects: None, admissionReviewVersions: [v1]}
            """,
        check: .object { object, findings in
            Repetition.find(in: object.root.items("webhooks"), by: { $0.filled("name") }) { _, again in
                findings.add(at: again, "webhook \(again.quoted) comes twice")
            }
        })

    static let client = Rule(
        "k8s/webhook-client", kinds: hooks,
        summary: "a webhook is called at a URL of https, or at a service",
        reason:
            "Without user, query and fragment in the URL; the path of a service has segments that are DNS names (ValidateWebhookURL, ValidateWebhookService in k8s.io/apiserver pkg/util/webhook).",
        bad: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {url: "http://images.example.com/check"}
              sideEffects: None
              admissionReviewVersions: [v1]
            """,
        good: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {service: {name: images, namespace: shop, path: /check}}
              sideEffects: None
              admissionReviewVersions: [v1]
            """,
        check: .object { object, findings in
            for hook in object.root.items("webhooks") {
                guard let config = hook.mapping("clientConfig") else { continue }
                let url = config.given("url")
                let service = config.given("service")
                if url != nil, service != nil {
                    findings.add(at: config.place(of: "url"), "a webhook has either a url or a service, not both")
                } else if url == nil, service == nil {
                    findings.add(at: hook.place(of: "clientConfig"), "clientConfig needs a url or a service")
                } else if let url, url.kind == .string {
                    if let fault = urlFault(url.bytes) { findings.add(at: url, "url \(url.quoted) \(fault)") }
                } else if let service, service.kind == .mapping {
                    for key: StaticString in ["name", "namespace"] where service.has(key, "") {
                        findings.add(at: service.spot(key), "\(key) is empty")
                    }
                    findings.check(service["port"], 1...65535, as: "port")
                    findings.check(service.filled("path"), pathFault, as: "path")
                }
            }
        })

    private static func urlFault(_ text: Names.Bytes) -> String? {
        let scheme = text.prefix(8).map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
        guard scheme == Array("https://".utf8) else { return "is no URL of https" }
        let rest = text[8...]
        let end = rest.firstIndex { $0 == Names.slash || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? rest.endIndex
        let authority = rest[..<end]
        if authority.contains(UInt8(ascii: "@")) { return "names a user" }
        if authority.isEmpty { return "has no host" }
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")), hash + 1 < rest.endIndex { return "has a fragment" }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")), mark + 1 < rest.endIndex, rest[mark + 1] != UInt8(ascii: "#") { return "has a query" }
        if text.contains(where: { $0 < 0x20 || $0 == 0x7F }) || authority.contains(0x20) { return "is no URL" }
        for index in rest.indices where rest[index] == UInt8(ascii: "%") {
            guard index + 2 < rest.endIndex, isHexadecimal(rest[index + 1]), isHexadecimal(rest[index + 2]) else {
                return "has a \"%\" without two hexadecimal digits"
            }
        }
        return nil
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        Names.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }

    private static func pathFault(_ text: Names.Bytes) -> String? {
        if text.count == 1, text[0] == Names.slash { return nil }
        if text[0] != Names.slash { return "does not begin with \"/\"" }
        let end = text.count > 2 && text[text.count - 1] == Names.slash ? text.count - 1 : text.count
        let isFormed = Names.eachPart(of: Names.Bytes(rebasing: text[1..<end]), between: Names.slash) { Names.isSubdomain($0) }
        return isFormed ? nil : "has a part that is no DNS name of lower-case letters"
    }

    static let rule = Rule(
        "k8s/webhook-rule", kinds: hooks + policies,
        summary: "a rule of a webhook or policy names operations, groups, versions and resources, or \"*\" alone",
        reason: "validateRuleWithOperations, validateRule, validateResources in pkg/apis/admissionregistration/validation.",
        bad: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {service: {name: images, namespace: shop}}
              rules: [{operations: [CREATE], apiGroups: [""], apiVersions: ["*", v1], resources: [pods]}]
              sideEffects: None
              admissionReviewVersions: [v1]
            """,
        good: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {service: {name: images, namespace: shop}}
              rules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}]
              sideEffects: None
              admissionReviewVersions: [v1]
            """,
        check: .object { object, findings in
            for hook in object.root.items("webhooks") {
                for rule in hook.items("rules") { check(rule, &findings) }
            }
            guard let constraints = object.spec?.mapping("matchConstraints") else { return }
            for list in [constraints.items("resourceRules"), constraints.items("excludeResourceRules")] {
                for rule in list {
                    check(rule, &findings)
                    let names = rule.items("resourceNames")
                    for name in names { findings.check(name, Names.pathSegmentFault, as: "resource name") }
                    Repetition.find(in: names, by: { $0 }) { _, again in findings.add(at: again, "resource name \(again.quoted) comes twice") }
                }
            }
        })

    private static func check(_ rule: Value, _ findings: inout Findings) {
        guard rule.kind == .mapping else { return }
        for key: StaticString in ["operations", "apiGroups", "apiVersions", "resources"] {
            let items = rule.items(key)
            if rule.hasNothing(key) {
                findings.add(at: rule.spot(key), "\(key) is missing or empty", hint: "\"*\" is all of them")
                continue
            }
            let isOfResources = key.equals("resources")
            if !isOfResources, items.count > 1, let all = items.first(where: { $0.equals("*") }) {
                findings.add(at: all, "\"*\" must stand alone in \(key)")
            }
            if isOfResources || key.equals("apiVersions") {
                for item in items where item.kind == .string && item.bytes.isEmpty { findings.add(at: item, "an empty text in \(key)") }
            }
        }
        let resources = rule.items("resources")
        guard resources.count > 1 else { return }
        if let all = resources.first(where: { $0.equals("*/*") }) {
            findings.add(at: all, "\"*/*\" must stand alone in resources")
        } else if let all = resources.first(where: { $0.equals("*") }),
            // As the server does: only the last one without a subresource counts.
            let last = resources.last(where: { $0.kind == .string && !$0.bytes.isEmpty && !$0.bytes.contains(Names.slash) }), !last.equals("*")
        {
            findings.add(at: all, "\"*\" includes \(last.quoted)")
        }
        // A resource after the one that includes it.
        var wholes: Set<BytesKey> = []
        var parts: Set<BytesKey> = []
        for item in resources where item.kind == .string {
            guard let slash = item.bytes.firstIndex(of: Names.slash) else { continue }
            let name = BytesKey(bytes: Names.Bytes(rebasing: item.bytes[..<slash]))
            let part = BytesKey(bytes: Names.Bytes(rebasing: item.bytes[(slash + 1)...]))
            if wholes.contains(name) || parts.contains(part) { findings.add(at: item, "\(item.quoted) is included in another of the resources") }
            if part.bytes.elementsEqual("*") { wholes.insert(name) }
            if name.bytes.elementsEqual("*") { parts.insert(part) }
        }
    }

    static let sideEffects = Rule(
        "k8s/webhook-side-effects", kinds: hooks,
        summary: "a webhook has no side effects, or none on a dry run",
        reason: "Version 1 takes only None and NoneOnDryRun (validateValidatingWebhook in pkg/apis/admissionregistration/validation).",
        bad: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {service: {name: images, namespace: shop}}
              sideEffects: Unknown
              admissionReviewVersions: [v1]
            """,
        good: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {service: {name: images, namespace: shop}}
              sideEffects: NoneOnDryRun
              admissionReviewVersions: [v1]
            """,
        check: .object { object, findings in
            guard object.version == "v1" else { return }
            for hook in object.root.items("webhooks") {
                guard let effects = hook.text("sideEffects"), effects.isOne(of: ["Unknown", "Some"]) else { continue }
                findings.add(at: effects, "sideEffects \(effects.text) is not allowed", hint: "use None or NoneOnDryRun")
            }
        })

    static let reviewVersions = Rule(
        "k8s/webhook-review-versions", kinds: hooks,
        summary: "a webhook takes a version of AdmissionReview that the server sends",
        reason: "v1 or v1beta1 among them, each once (validateAdmissionReviewVersions in pkg/apis/admissionregistration/validation).",
        bad: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {service: {name: images, namespace: shop}}
              sideEffects: None
              admissionReviewVersions: [v2]
            """,
        good: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {service: {name: images, namespace: shop}}
              sideEffects: None
              admissionReviewVersions: [v1, v2]
            """,
        check: .object { object, findings in
            for hook in object.root.items("webhooks") where hook.kind == .mapping {
                let versions = hook.items("admissionReviewVersions")
                if versions.isEmpty {
                    if hook["admissionReviewVersions"]?.kind == .sequence {
                        findings.add(at: hook.spot("admissionReviewVersions"), "admissionReviewVersions is empty")
                    }
                    continue
                }
                for version in versions { findings.check(version, Names.letterLabelFault, as: "version") }
                Repetition.find(in: versions, by: { $0 }) { _, again in findings.add(at: again, "version \(again.quoted) comes twice") }
                if !versions.contains(where: { $0.isOne(of: ["v1", "v1beta1"]) }) {
                    findings.add(at: hook.spot("admissionReviewVersions"), "admissionReviewVersions has neither v1 nor v1beta1")
                }
            }
        })

    static let timeout = Rule(
        "k8s/webhook-timeout", kinds: hooks,
        summary: "the timeout of a webhook lies between 1 and 30 seconds",
        reason: "validateValidatingWebhook, validateMutatingWebhook in pkg/apis/admissionregistration/validation.",
        bad: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {service: {name: images, namespace: shop}}
              sideEffects: None
              admissionReviewVersions: [v1]
              timeoutSeconds: 60
            """,
        good: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {service: {name: images, namespace: shop}}
              sideEffects: None
              admissionReviewVersions: [v1]
              timeoutSeconds: 30
            """,
        check: .object { object, findings in
            for hook in object.root.items("webhooks") { findings.check(hook["timeoutSeconds"], 1...30, as: "timeoutSeconds") }
        })

    static let matchCondition = Rule(
        "k8s/match-condition", kinds: hooks + policies,
        summary: "match conditions have names, each once, and expressions; there are at most 64",
        reason: "validateMatchConditions in pkg/apis/admissionregistration/validation; whether the expression compiles is not checked here.",
        bad: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {service: {name: images, namespace: shop}}
              sideEffects: None
              admissionReviewVersions: [v1]
              matchConditions: [{name: "not leases", expression: 'request.resource.resource != "leases"'}]
            """,
        good: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: images}
            webhooks:
            - name: images.example.com
              clientConfig: {service: {name: images, namespace: shop}}
              sideEffects: None
              admissionReviewVersions: [v1]
              matchConditions: [{name: not-leases, expression: 'request.resource.resource != "leases"'}]
            """,
        check: .object { object, findings in
            func check(_ owner: Value?) {
                guard let owner else { return }
                let conditions = owner.items("matchConditions")
                if conditions.count > 64 {
                    findings.add(at: owner.spot("matchConditions"), "matchConditions has \(conditions.count) items, at most 64 are allowed")
                }
                for condition in conditions.prefix(64) {
                    findings.check(condition.text("name"), { Names.qualifiedNameFault($0) }, as: "name")
                    if let expression = condition.text("expression"), isBlank(expression.bytes) {
                        findings.add(at: expression, "expression is empty")
                    }
                }
                Repetition.find(in: conditions, by: { $0.filled("name") }) { _, again in
                    findings.add(at: again, "match condition \(again.quoted) comes twice")
                }
            }
            if object.kind.hasSuffix("Policy") {
                check(object.spec)
            } else {
                for hook in object.root.items("webhooks") { check(hook) }
            }
        })

    private static func isBlank(_ text: Names.Bytes) -> Bool { text.allSatisfy { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) } }

    static let policy = Rule(
        "k8s/admission-policy", kinds: ["ValidatingAdmissionPolicy.admissionregistration.k8s.io"],
        summary: "an admission policy says what it matches, and what it checks",
        reason:
            "It has matchConstraints with resourceRules, and validations or auditAnnotations with expressions; whether those compile is not checked here (validateValidatingAdmissionPolicySpec in pkg/apis/admissionregistration/validation).",
        bad: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: replicas}
            spec:
              matchConstraints:
                resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
            """,
        good: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: replicas}
            spec:
              matchConstraints:
                resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
              validations: [{expression: "object.spec.replicas <= 5"}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            if let constraints = spec.given("matchConstraints") {
                if constraints.kind == .mapping, constraints.hasNothing("resourceRules") {
                    findings.add(at: constraints.spot("resourceRules"), "resourceRules is missing or empty")
                }
            } else {
                findings.add(at: object.specPlace, "matchConstraints is missing")
            }
            if spec.hasNothing("validations"), spec.hasNothing("auditAnnotations") {
                findings.add(at: spec.given("validations") ?? object.specPlace, "validations and auditAnnotations are both missing or empty")
            }
            for validation in spec.items("validations") {
                if let expression = validation.text("expression"), isBlank(expression.bytes) { findings.add(at: expression, "expression is empty") }
                if let message = validation.filled("message") {
                    if isBlank(message.bytes) {
                        findings.add(at: message, "message is empty")
                    } else if trimmedHasBreak(message.bytes) {
                        findings.add(at: message, "message has a line break")
                    }
                }
                if let reason = validation.text("reason"), !reason.isOne(of: ["Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"]) {
                    findings.add(at: reason, "reason \(reason.quoted) is unknown", hint: "use Forbidden, Invalid or RequestEntityTooLarge")
                }
            }
            let annotations = spec.items("auditAnnotations")
            if annotations.count > 20 {
                findings.add(
                    at: spec.given("auditAnnotations") ?? object.specPlace, "auditAnnotations has \(annotations.count) items, at most 20 are allowed")
            }
            Repetition.find(in: annotations, by: { $0.text("key") }) { _, again in
                findings.add(at: again, "audit annotation \(again.quoted) comes twice")
            }
        })

    /// Whether a break stands between lines, not only behind the last.
    private static func trimmedHasBreak(_ text: Names.Bytes) -> Bool {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
        guard let start = text.firstIndex(where: { !isSpace($0) }), let end = text.lastIndex(where: { !isSpace($0) }) else { return false }
        return text[start...end].contains { $0 == 0x0A || $0 == 0x0D }
    }

    static let binding = Rule(
        "k8s/admission-policy-binding", kinds: ["ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io"],
        summary: "the binding of an admission policy names the policy, and actions that go together",
        reason:
            "Deny and Warn exclude each other; parameters are found by name or by selector (validateValidatingAdmissionPolicyBindingSpec in pkg/apis/admissionregistration/validation).",
        bad: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: replicas}
            spec: {policyName: replicas, validationActions: [Deny, Warn]}
            """,
        good: """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: replicas}
            spec: {policyName: replicas, validationActions: [Deny, Audit]}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            if spec.hasNothing("policyName") { findings.add(at: spec.given("policyName") ?? object.specPlace, "policyName is missing") }
            findings.check(spec.filled("policyName"), Names.subdomainFault, as: "policyName")
            let actions = spec.items("validationActions")
            if spec.hasNothing("validationActions") {
                findings.add(at: spec.given("validationActions") ?? object.specPlace, "validationActions is missing or empty")
            }
            Repetition.find(in: actions, by: { $0 }) { _, again in findings.add(at: again, "action \(again.quoted) comes twice") }
            if let warn = actions.first(where: { $0.equals("Warn") }), actions.contains(where: { $0.equals("Deny") }) {
                findings.add(at: warn, "Warn is not allowed beside Deny, it would say the same again")
            }
            guard let parameters = spec.mapping("paramRef") else { return }
            let name = parameters.filled("name")
            findings.check(name, Names.pathSegmentFault, as: "name")
            let selector = parameters.given("selector")
            if name != nil, selector != nil {
                findings.add(at: parameters.place(of: "selector"), "paramRef has either a name or a selector, not both")
            } else if name == nil, selector == nil {
                findings.add(at: spec.place(of: "paramRef"), "paramRef needs a name or a selector")
            }
            if parameters.hasNothing("parameterNotFoundAction") {
                findings.add(at: parameters.spot("parameterNotFoundAction"), "parameterNotFoundAction is missing", hint: "use Deny or Allow")
            } else if let action = parameters.text("parameterNotFoundAction"), !action.isOne(of: ["Deny", "Allow"]) {
                findings.add(at: action, "parameterNotFoundAction \(action.quoted) is unknown", hint: "use Deny or Allow")
            }
        })
}
