import Manifests

/// Rules for priority and fairness of requests (kubernetes
/// pkg/apis/flowcontrol/validation/validation.go).
enum FlowControlRules {
    static let all: [Rule] = [schema, schemaRule, level]

    private static let schemas = ["FlowSchema.flowcontrol.apiserver.k8s.io"]

    static let schema = Rule(
        "k8s/flow-schema", kinds: schemas,
        summary: "a flow schema names a priority level, and a precedence between 2 and 10000",
        reason: "Only the schema \"exempt\" has the precedence 1 (ValidateFlowSchemaSpec in pkg/apis/flowcontrol/validation).",
        bad: """
            apiVersion: flowcontrol.apiserver.k8s.io/v1
            kind: FlowSchema
            metadata: {name: shop}
            spec:
              matchingPrecedence: 1
              priorityLevelConfiguration: {name: workload-low}
            """,
        good: """
            apiVersion: flowcontrol.apiserver.k8s.io/v1
            kind: FlowSchema
            metadata: {name: shop}
            spec:
              matchingPrecedence: 100
              priorityLevelConfiguration: {name: workload-low}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            if let precedence = spec["matchingPrecedence"], let number = precedence.integer {
                // 0 is the default, which is 1000.
                if number < 0 || number > 10000 {
                    findings.add(at: precedence, "matchingPrecedence is \(number), it must lie between 1 and 10000")
                } else if number == 1, object.nameValue?.equals("exempt") != true {
                    findings.add(at: precedence, "matchingPrecedence 1 is kept for the schema \"exempt\"")
                }
            }
            if let method = spec.mapping("distinguisherMethod")?.text("type"), !method.isOne(of: ["ByUser", "ByNamespace"]) {
                findings.add(at: method, "\(method.quoted) is no distinguisher", hint: "use ByUser or ByNamespace")
            }
            guard let level = spec.mapping("priorityLevelConfiguration"), let name = level.text("name") else { return }
            if name.bytes.isEmpty {
                findings.add(at: name, "name is empty")
            } else {
                findings.check(name, Names.subdomainFault, as: "priority level")
            }
        })

    static let schemaRule = Rule(
        "k8s/flow-schema-rule", kinds: schemas,
        summary: "a rule of a flow schema names subjects and what they do",
        reason: "ValidateFlowSchemaPolicyRulesWithSubjects and the functions it calls in pkg/apis/flowcontrol/validation.",
        bad: """
            apiVersion: flowcontrol.apiserver.k8s.io/v1
            kind: FlowSchema
            metadata: {name: shop}
            spec:
              priorityLevelConfiguration: {name: workload-low}
              rules:
              - subjects: [{kind: ServiceAccount, user: {name: web}}]
                nonResourceRules: [{verbs: ["*"], nonResourceURLs: ["*"]}]
            """,
        good: """
            apiVersion: flowcontrol.apiserver.k8s.io/v1
            kind: FlowSchema
            metadata: {name: shop}
            spec:
              priorityLevelConfiguration: {name: workload-low}
              rules:
              - subjects: [{kind: ServiceAccount, serviceAccount: {name: web, namespace: shop}}]
                nonResourceRules: [{verbs: ["*"], nonResourceURLs: ["*"]}]
            """,
        check: .object { object, findings in
            for rule in object.spec?.items("rules") ?? object.root.items.prefix(0) where rule.kind == .mapping {
                if rule["subjects"]?.kind == .sequence, rule.hasNothing("subjects") { findings.add(at: rule.spot("subjects"), "subjects is empty") }
                for subject in rule.items("subjects") where subject.kind == .mapping { check(subject: subject, &findings) }
                if rule.hasNothing("resourceRules"), rule.hasNothing("nonResourceRules") {
                    findings.add(at: rule, "a rule needs resourceRules or nonResourceRules")
                }
                for part in rule.items("resourceRules") where part.kind == .mapping { check(resources: part, &findings) }
                for part in rule.items("nonResourceRules") where part.kind == .mapping {
                    checkList(part, "verbs", among: verbs, &findings)
                    checkList(part, "nonResourceURLs", among: nil, &findings)
                    for url in part.items("nonResourceURLs") where url.kind == .string && !url.equals("*") {
                        if let fault = urlFault(url.bytes) { findings.add(at: url, "\(url.quoted) \(fault)") }
                    }
                }
            }
        })

    private static let subjects: [(kind: StaticString, key: StaticString)] = [
        ("ServiceAccount", "serviceAccount"), ("User", "user"), ("Group", "group"),
    ]

    private static let verbs: [StaticString] = [
        "get", "list", "create", "update", "delete", "deletecollection", "patch", "watch", "proxy",
    ]

    private static func check(subject: Value, _ findings: inout Findings) {
        guard let kind = subject.text("kind") else { return }
        guard let expected = subjects.first(where: { kind.equals($0.kind) }) else {
            findings.add(at: kind, "\(kind.quoted) is no kind of subject", hint: "use ServiceAccount, User or Group")
            return
        }
        for other in subjects where !kind.equals(other.kind) && subject.given(other.key) != nil {
            findings.add(at: subject.place(of: other.key), "\(other.key) is not allowed in a subject of the kind \(kind.text)")
        }
        guard let detail = subject.given(expected.key) else {
            findings.add(at: subject, "\(expected.key) is missing, the kind \(kind.text) needs it")
            return
        }
        guard detail.kind == .mapping else { return }
        if detail.has("name", "") { findings.add(at: detail.spot("name"), "name is empty") }
        guard kind.equals("ServiceAccount") else { return }
        if let name = detail.filled("name"), !name.equals("*") { findings.check(name, Names.subdomainFault, as: "name") }
        if detail.has("namespace", "") { findings.add(at: detail.spot("namespace"), "namespace is empty") }
        findings.check(detail.filled("namespace"), Names.labelFault, as: "namespace")
    }

    private static func checkList(_ owner: Value, _ key: StaticString, among words: [StaticString]?, _ findings: inout Findings) {
        let items = owner.items(key)
        if items.isEmpty {
            if owner.hasNothing(key) { findings.add(at: owner.spot(key), "\(key) is missing or empty") }
            return
        }
        if let all = items.first(where: { $0.equals("*") }) {
            if items.count > 1 { findings.add(at: all, "\"*\" must stand alone in \(key)") }
            return
        }
        guard let words else { return }
        for item in items where item.kind == .string && !item.isOne(of: words) {
            findings.add(at: item, "\(item.quoted) is unknown in \(key)")
        }
    }

    private static func check(resources rule: Value, _ findings: inout Findings) {
        checkList(rule, "verbs", among: verbs, &findings)
        checkList(rule, "apiGroups", among: nil, &findings)
        checkList(rule, "resources", among: nil, &findings)
        let namespaces = rule.items("namespaces")
        if namespaces.isEmpty {
            if rule.hasNothing("namespaces"), !rule.isTrue("clusterScope") {
                findings.add(at: rule.spot("namespaces"), "namespaces is missing or empty, and clusterScope is not true")
            }
        } else if let all = namespaces.first(where: { $0.equals("*") }) {
            if namespaces.count > 1 { findings.add(at: all, "\"*\" must stand alone in namespaces") }
        } else {
            for name in namespaces { findings.check(name, Names.labelFault, as: "namespace") }
        }
    }

    private static func urlFault(_ text: Names.Bytes) -> String? {
        if text.isEmpty { return "is empty" }
        if text.count == 1, text[0] == Names.slash { return nil }
        if text[0] != Names.slash { return "does not begin with \"/\"" }
        if text.contains(0x20) { return "contains a space" }
        if text.contains("//") { return "contains \"//\"" }
        guard let star = text.firstIndex(of: UInt8(ascii: "*")) else { return nil }
        return star == text.count - 1 && text[star - 1] == Names.slash ? nil : "may have \"*\" only as the whole last part"
    }

    static let level = Rule(
        "k8s/priority-level", kinds: ["PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io"],
        summary: "a priority level has the fields of its type, within their bounds",
        reason:
            "Only \"exempt\" is of the type Exempt; queuing belongs to the response Queue; handSize is at most queues, and queues and handSize together need at most 60 bits (ValidatePriorityLevelConfigurationSpec, ValidateLimitedPriorityLevelConfiguration, ValidatePriorityLevelQueuingConfiguration in pkg/apis/flowcontrol/validation).",
        bad: """
            apiVersion: flowcontrol.apiserver.k8s.io/v1
            kind: PriorityLevelConfiguration
            metadata: {name: shop}
            spec:
              type: Limited
              limited:
                limitResponse: {type: Reject, queuing: {queues: 64}}
            """,
        good: """
            apiVersion: flowcontrol.apiserver.k8s.io/v1
            kind: PriorityLevelConfiguration
            metadata: {name: shop}
            spec:
              type: Limited
              limited:
                limitResponse: {type: Queue, queuing: {queues: 64}}
            """,
        check: .object { object, findings in
            guard let spec = object.spec, let type = spec.text("type") else { return }
            let isExempt = type.equals("Exempt")
            guard isExempt || type.equals("Limited") else {
                findings.add(at: type, "type \(type.quoted) is neither Limited nor Exempt")
                return
            }
            if isExempt != (object.nameValue?.equals("exempt") == true), object.nameValue != nil {
                findings.add(at: type, "the type Exempt belongs to the level named \"exempt\", and to no other")
            }
            let other: StaticString = isExempt ? "limited" : "exempt"
            if spec.given(other) != nil { findings.add(at: spec.place(of: other), "\(other) is not allowed in a level of the type \(type.text)") }
            guard let part = isExempt ? spec.mapping("exempt") : spec.mapping("limited") else {
                if !isExempt, spec.given("limited") == nil { findings.add(at: object.specPlace, "limited is missing, the type Limited needs it") }
                return
            }
            findings.check(part["nominalConcurrencyShares"], 0...Int64.max, as: "nominalConcurrencyShares")
            findings.check(part["lendablePercent"], 0...100, as: "lendablePercent")
            findings.check(part["borrowingLimitPercent"], 0...Int64.max, as: "borrowingLimitPercent")
            guard !isExempt else { return }
            guard let response = part.mapping("limitResponse"), let answer = response.text("type") else {
                if part.given("limitResponse") == nil { findings.add(at: part, "limitResponse is missing") }
                return
            }
            let queuing = response.given("queuing")
            if answer.equals("Reject") {
                if queuing != nil { findings.add(at: response.place(of: "queuing"), "queuing is not allowed with the response Reject") }
            } else if answer.equals("Queue") {
                guard let queuing else {
                    findings.add(at: response, "queuing is missing, the response Queue needs it")
                    return
                }
                check(queuing: queuing, &findings)
            } else {
                findings.add(at: answer, "type \(answer.quoted) is neither Queue nor Reject")
            }
        })

    private static func check(queuing: Value, _ findings: inout Findings) {
        guard queuing.kind == .mapping else { return }
        // 0 is the default: 50, 64 and 8.
        findings.check(queuing["queueLengthLimit"], 0...Int64.max, as: "queueLengthLimit")
        findings.check(queuing["queues"], 0...10_000_000, as: "queues")
        findings.check(queuing["handSize"], 0...Int64.max, as: "handSize")
        func number(_ key: StaticString, _ value: Int64) -> Int64? {
            guard let given = queuing.given(key) else { return value }
            return given.integer == 0 ? value : given.integer
        }
        guard let queues = number("queues", 64), let size = number("handSize", 8), queues > 0, queues <= 10_000_000, size > 0 else { return }
        if size > queues {
            findings.add(at: queuing.spot("handSize"), "handSize \(size) is above queues \(queues)")
        } else if (logarithm(queues) * Double(size)).rounded(.up) > 60 {
            findings.add(at: queuing.spot("handSize"), "handSize \(size) is too large for \(queues) queues")
        }
    }

    /// The logarithm to the base 2, without a library of mathematics: by halving, and
    /// squaring what is left.
    private static func logarithm(_ number: Int64) -> Double {
        var result = 0.0
        var rest = Double(number)
        while rest >= 2 {
            rest /= 2
            result += 1
        }
        var bit = 0.5
        for _ in 0..<52 {
            rest *= rest
            if rest >= 2 {
                rest /= 2
                result += bit
            }
            bit /= 2
        }
        return result
    }
}
