import Manifests

/// Rules for where pods are scheduled
/// (pkg/apis/core/validation/validation.go: validateAffinity, ValidateTolerations, validateTopologySpreadConstraints).
enum SchedulingRules {
    static let all: [Rule] = [
        nodeSelector, nodeAffinity, podAffinity, weight, selector, matchLabelKeys, toleration, topologySpread, duplicateSpread,
        minDomains, readinessGate, schedulingGate, gatedNode,
    ]

    static let nodeSelector = Rule(
        "k8s/node-selector",
        keys: ["nodeSelector"],
        summary: "a nodeSelector is of labels that nodes can have",
        reason: "ValidatePodSpec, ValidateLabels.",
        bad: Example.pod(spec: "nodeSelector:\n  disk: fast disk"),
        good: Example.pod(spec: "nodeSelector:\n  disk: fast-disk"),
        check: .pod { pod, findings in
            for label in pod.spec.entries("nodeSelector") {
                if let fault = Names.qualifiedNameFault(label.key.bytes) { findings.add(at: label.key, "label key \(label.key.quoted) \(fault)") }
                if label.value.kind == .string, let fault = Names.labelValueFault(label.value.bytes) {
                    findings.add(at: label.value, "value \(label.value.quoted) of label \(label.key.quoted) \(fault)")
                }
            }
        })

    // MARK: Affinity

    static let nodeAffinity = Rule(
        "k8s/node-affinity",
        keys: ["nodeAffinity"],
        summary: "node affinity has terms, and their expressions as many values as their operators take",
        reason: "ValidateNodeSelector, ValidateNodeSelectorRequirement, ValidateNodeFieldSelectorRequirement.",
        bad: Example.pod(spec: affinity("operator: In")),
        good: Example.pod(spec: affinity("operator: Exists")),
        check: .pod { pod, findings in
            guard let affinity = pod.spec.mapping("affinity")?.mapping("nodeAffinity") else { return }
            if let required = affinity.mapping("requiredDuringSchedulingIgnoredDuringExecution") {
                if let terms = required["nodeSelectorTerms"], terms.kind == .sequence || terms.isNull, terms.count == 0 {
                    findings.add(at: terms, "nodeSelectorTerms is empty, and would match no node")
                }
                for term in required.list("nodeSelectorTerms") { checkTerm(term, isRequired: true, &findings) }
            }
            for preferred in affinity.list("preferredDuringSchedulingIgnoredDuringExecution") {
                if let term = preferred.mapping("preference") { checkTerm(term, isRequired: false, &findings) }
            }
        })

    private static func affinity(_ lines: String) -> String {
        """
        affinity:
          nodeAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              nodeSelectorTerms:
                - matchExpressions:
                    - key: disk
                      \(lines)
        """
    }

    private static func checkTerm(_ term: Value, isRequired: Bool, _ findings: inout Findings) {
        for requirement in term.list("matchExpressions") where requirement.kind == .mapping {
            Selectors.checkValues(requirement, findings: &findings)
            if let key = requirement.text("key"), let fault = Names.qualifiedNameFault(key.bytes) {
                findings.add(at: key, "label key \(key.quoted) \(fault)")
            }
            guard isRequired else { continue }
            for value in requirement.list("values") where value.kind == .string {
                if let fault = Names.labelValueFault(value.bytes) { findings.add(at: value, "label value \(value.quoted) \(fault)") }
            }
        }
        for requirement in term.list("matchFields") where requirement.kind == .mapping {
            if let key = requirement.text("key"), !key.equals("metadata.name") {
                findings.add(at: key, "matchFields knows only the field metadata.name, not \(key.quoted)")
            }
            let values = requirement.list("values")
            if let word = requirement.text("operator") {
                if !word.equals("In"), !word.equals("NotIn") {
                    findings.add(at: word, "operator \(word.quoted) is not one of In and NotIn, which matchFields knows")
                } else if values.count != 1 {
                    findings.add(at: requirement.nearest("values"), "operator \(word.text) in matchFields takes one value")
                }
            }
            for value in values where value.kind == .string {
                if let fault = Names.subdomainFault(value.bytes) { findings.add(at: value, "node name \(value.quoted) \(fault)") }
            }
        }
    }

    static let podAffinity = Rule(
        "k8s/pod-affinity",
        keys: ["podAffinity", "podAntiAffinity"],
        summary: "a term of pod affinity names a topology by a label of nodes, and namespaces by their form",
        reason: "validatePodAffinityTerm.",
        bad: Example.pod(spec: podAffinity("topologyKey: \"\"")),
        good: Example.pod(spec: podAffinity("topologyKey: kubernetes.io/hostname")),
        check: .pod { pod, findings in
            eachPodTerm(pod) { term in
                if let key = term.text("topologyKey"), let fault = Names.qualifiedNameFault(key.bytes) {
                    findings.add(at: key, "topologyKey \(key.quoted) \(fault)", hint: key.bytes.isEmpty ? "such as kubernetes.io/hostname" : nil)
                }
                for namespace in term.list("namespaces") where namespace.kind == .string {
                    if let fault = Names.labelFault(namespace.bytes) { findings.add(at: namespace, "namespace \(namespace.quoted) \(fault)") }
                }
            }
        })

    private static func podAffinity(_ lines: String) -> String {
        """
        affinity:
          podAntiAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              - labelSelector:
                  matchLabels:
                    app: web
                \(lines)
        """
    }

    static let weight = Rule(
        "k8s/affinity-weight",
        keys: ["weight"],
        summary: "the weight of a preference is between 1 and 100",
        reason: "ValidatePreferredSchedulingTerms, validateWeightedPodAffinityTerms.",
        bad: Example.pod(spec: preference(0)),
        good: Example.pod(spec: preference(1)),
        check: .pod { pod, findings in
            for kind in pod.spec.entries("affinity") {
                for term in kind.value.list("preferredDuringSchedulingIgnoredDuringExecution") {
                    guard let weight = term["weight"], let value = weight.integer, !(1...100).contains(value) else { continue }
                    findings.add(at: weight, "weight \(value) is not between 1 and 100")
                }
            }
        })

    private static func preference(_ weight: Int) -> String {
        """
        affinity:
          nodeAffinity:
            preferredDuringSchedulingIgnoredDuringExecution:
              - weight: \(weight)
                preference:
                  matchExpressions:
                    - key: disk
                      operator: Exists
        """
    }

    static let selector = Rule(
        "k8s/pod-label-selector",
        keys: ["podAffinity", "podAntiAffinity", "topologySpreadConstraints"],
        summary: "label selectors of affinity and topology spread are well formed, and expressions have the values that operators take",
        reason: "ValidatePodAffinityTermSelector, ValidateLabelSelector.",
        bad: Example.pod(spec: spread("labelSelector:\n  matchExpressions:\n    - key: app\n      operator: In")),
        good: Example.pod(spec: spread("labelSelector:\n  matchExpressions:\n    - key: app\n      operator: Exists")),
        check: .pod { pod, findings in
            eachPodTerm(pod) { term in
                if let selector = term.mapping("labelSelector") { Selectors.check(selector, findings: &findings) }
                if let selector = term.mapping("namespaceSelector") { Selectors.check(selector, findings: &findings) }
            }
            for constraint in pod.spec.list("topologySpreadConstraints") {
                if let selector = constraint.mapping("labelSelector") { Selectors.check(selector, findings: &findings) }
            }
        })

    private static func spread(_ lines: String, maxSkew: Int = 1) -> String {
        """
        topologySpreadConstraints:
          - maxSkew: \(maxSkew)
            topologyKey: kubernetes.io/hostname
            whenUnsatisfiable: ScheduleAnyway
            \(lines.split(separator: "\n").joined(separator: "\n    "))
        """
    }

    static let matchLabelKeys = Rule(
        "k8s/match-label-keys",
        keys: ["matchLabelKeys", "mismatchLabelKeys"],
        summary: "matchLabelKeys and mismatchLabelKeys are label keys beside a labelSelector, and no key stands in both",
        reason: "ValidateMatchLabelKeysAndMismatchLabelKeys, validateLabelKeys.",
        bad: Example.pod(spec: spread("matchLabelKeys: [pod-template-hash]")),
        good: Example.pod(spec: spread("matchLabelKeys: [pod-template-hash]\nlabelSelector:\n  matchLabels:\n    app: web")),
        check: .pod { pod, findings in
            eachPodTerm(pod) { checkLabelKeys($0, &findings) }
            for constraint in pod.spec.list("topologySpreadConstraints") { checkLabelKeys(constraint, &findings) }
        })

    private static func checkLabelKeys(_ term: Value, _ findings: inout Findings) {
        let (match, mismatch) = (term.list("matchLabelKeys"), term.list("mismatchLabelKeys"))
        guard term.kind == .mapping, !match.isEmpty || !mismatch.isEmpty else { return }
        if term.mapping("labelSelector") == nil {
            let key: StaticString = match.isEmpty ? "mismatchLabelKeys" : "matchLabelKeys"
            findings.add(at: term.place(key), "\(key) needs a labelSelector beside it")
            return
        }
        for keys in [match, mismatch] {
            for key in keys where key.kind == .string {
                if let fault = Names.qualifiedNameFault(key.bytes) { findings.add(at: key, "label key \(key.quoted) \(fault)") }
            }
        }
        guard !match.isEmpty, !mismatch.isEmpty else { return }
        let excluded = Set(mismatch.map { BytesKey(bytes: $0.bytes) })
        for key in match where excluded.contains(BytesKey(bytes: key.bytes)) {
            findings.add(at: key, "label key \(key.quoted) stands in both matchLabelKeys and mismatchLabelKeys")
        }
    }

    @inline(__always)
    private static func eachPodTerm(_ pod: PodSpecification, _ body: (Value) -> Void) {
        guard let affinity = pod.spec.mapping("affinity") else { return }
        for kind in affinity.fields where kind.key.equals("podAffinity") || kind.key.equals("podAntiAffinity") {
            for term in kind.value.list("requiredDuringSchedulingIgnoredDuringExecution") where term.kind == .mapping { body(term) }
            for preferred in kind.value.list("preferredDuringSchedulingIgnoredDuringExecution") {
                if let term = preferred.mapping("podAffinityTerm") { body(term) }
            }
        }
    }

    // MARK: Tolerations

    static let toleration = Rule(
        "k8s/toleration",
        keys: ["tolerations"],
        summary: "a toleration's key, operator, value and effect fit together",
        reason: """
            ValidateTolerations: without a key the operator is Exists; Exists takes no value; tolerationSeconds is for the effect \
            NoExecute; key and value have the forms of labels.
            """,
        bad: Example.pod(spec: "tolerations:\n  - key: dedicated\n    operator: Exists\n    value: web"),
        good: Example.pod(spec: "tolerations:\n  - key: dedicated\n    operator: Equal\n    value: web"),
        check: .pod { pod, findings in
            for toleration in pod.spec.list("tolerations") where toleration.kind == .mapping {
                let word = toleration.filled("operator")
                let value = toleration.filled("value")
                let exists = word?.equals("Exists") == true
                if let key = toleration.filled("key") {
                    if let fault = Names.qualifiedNameFault(key.bytes) { findings.add(at: key, "key \(key.quoted) of a toleration \(fault)") }
                } else if !exists {
                    findings.add(
                        at: word ?? toleration, "a toleration without a key must have the operator Exists", hint: "it tolerates every taint then")
                }
                if let seconds = toleration.given("tolerationSeconds"), toleration["effect"]?.equals("NoExecute") != true {
                    findings.add(at: seconds, "tolerationSeconds is only for the effect NoExecute")
                }
                guard let value else {
                    if let word, word.equals("Lt") || word.equals("Gt") { findings.add(at: word, "operator \(word.text) of a toleration needs an integer") }
                    continue
                }
                if exists {
                    findings.add(at: value, "a toleration with the operator Exists may not have a value", hint: "use Equal, or leave the value out")
                } else if let word, word.equals("Lt") || word.equals("Gt") {
                    if Int64(value.text) == nil { findings.add(at: value, "value \(value.quoted) of a toleration is no integer, which \(word.text) needs") }
                } else if let fault = Names.labelValueFault(value.bytes) {
                    findings.add(at: value, "value \(value.quoted) of a toleration \(fault)")
                }
            }
        })

    // MARK: Topology spread

    static let topologySpread = Rule(
        "k8s/topology-spread",
        keys: ["topologySpreadConstraints"],
        summary: "a topology spread constraint has a maxSkew above 0 and a topologyKey",
        reason: "validateTopologySpreadConstraints.",
        bad: Example.pod(spec: spread("minDomains: null", maxSkew: 0)),
        good: Example.pod(spec: spread("minDomains: null", maxSkew: 1)),
        check: .pod { pod, findings in
            for constraint in pod.spec.list("topologySpreadConstraints") {
                if let skew = constraint["maxSkew"], let value = skew.integer, value <= 0 {
                    findings.add(at: skew, "maxSkew \(value) is not above 0")
                }
                if let key = constraint.emptied("topologyKey") { findings.add(at: key, "topologyKey is empty", hint: "such as kubernetes.io/hostname") }
            }
        })

    static let duplicateSpread = Rule(
        "k8s/duplicate-topology-spread",
        keys: ["topologySpreadConstraints"],
        summary: "each pair of topologyKey and whenUnsatisfiable stands in one constraint",
        reason: "ValidateSpreadConstraintNotRepeat.",
        bad: Example.pod(spec: spreads("ScheduleAnyway")),
        good: Example.pod(spec: spreads("DoNotSchedule")),
        check: .pod { pod, findings in
            let constraints = pod.spec.list("topologySpreadConstraints")
            guard constraints.count > 1 else { return }
            var strict: Set<BytesKey> = []
            var loose: Set<BytesKey> = []
            for constraint in constraints {
                guard let key = constraint.filled("topologyKey"), let action = constraint.text("whenUnsatisfiable") else { continue }
                let isNew =
                    action.equals("DoNotSchedule")
                    ? strict.insert(BytesKey(bytes: key.bytes)).inserted : loose.insert(BytesKey(bytes: key.bytes)).inserted
                if !isNew { findings.add(at: key, "a second constraint for \(key.quoted) with \(action.text)") }
            }
        })

    private static func spreads(_ action: String) -> String {
        spread("labelSelector: {}") + "\n"
            + spread("labelSelector: {}").replacing("ScheduleAnyway", with: action).replacing("topologySpreadConstraints:\n", with: "")
    }

    static let minDomains = Rule(
        "k8s/min-domains",
        keys: ["minDomains"],
        summary: "minDomains is above 0, and only with whenUnsatisfiable: DoNotSchedule",
        reason: "validateMinDomains.",
        bad: Example.pod(spec: spread("minDomains: 2")),
        good: Example.pod(spec: spread("minDomains: 2").replacing("ScheduleAnyway", with: "DoNotSchedule")),
        check: .pod { pod, findings in
            for constraint in pod.spec.list("topologySpreadConstraints") {
                guard let domains = constraint["minDomains"], let value = domains.integer else { continue }
                if value <= 0 { findings.add(at: domains, "minDomains \(value) is not above 0") }
                if let action = constraint.text("whenUnsatisfiable"), !action.equals("DoNotSchedule") {
                    findings.add(at: constraint.place("minDomains"), "minDomains needs whenUnsatisfiable: DoNotSchedule")
                }
            }
        })

    // MARK: Gates

    static let readinessGate = Rule(
        "k8s/readiness-gate",
        keys: ["readinessGates"],
        summary: "the condition of a readiness gate is a qualified name",
        reason: "validateReadinessGates, ValidateQualifiedName.",
        bad: Example.pod(spec: "readinessGates:\n  - conditionType: load balancer"),
        good: Example.pod(spec: "readinessGates:\n  - conditionType: example.com/load-balancer"),
        check: .pod { pod, findings in
            for gate in pod.spec.list("readinessGates") {
                guard let type = gate.text("conditionType"), let fault = Names.qualifiedNameFault(type.bytes) else { continue }
                findings.add(at: type, "conditionType \(type.quoted) \(fault)")
            }
        })

    static let schedulingGate = Rule(
        "k8s/scheduling-gate",
        keys: ["schedulingGates"],
        summary: "scheduling gates are qualified names, each once",
        reason: "validateSchedulingGates.",
        bad: Example.pod(spec: "schedulingGates:\n  - name: a b"),
        good: Example.pod(spec: "schedulingGates:\n  - name: example.com/quota"),
        check: .pod { pod, findings in
            let gates = pod.spec.list("schedulingGates")
            for gate in gates {
                guard let name = gate.text("name"), let fault = Names.qualifiedNameFault(name.bytes) else { continue }
                findings.add(at: name, "scheduling gate \(name.quoted) \(fault)")
            }
            Duplicates.each(gates, "name") { again, first in
                findings.add(at: again, "scheduling gate \(again.quoted) stands on line \(first.position.line) already")
            }
        })

    static let gatedNode = Rule(
        "k8s/gated-node-name", kinds: ["Pod"],
        keys: ["schedulingGates"],
        summary: "a Pod with scheduling gates names no node",
        reason: "ValidatePodCreate.",
        bad: Example.pod(spec: "nodeName: node-1\nschedulingGates:\n  - name: example.com/quota"),
        good: Example.pod(spec: "schedulingGates:\n  - name: example.com/quota"),
        check: .pod { pod, findings in
            guard !pod.isTemplate, let node = pod.spec.filled("nodeName"), !pod.spec.list("schedulingGates").isEmpty else { return }
            findings.add(at: node, "nodeName may not be set in a Pod with schedulingGates")
        })
}

/// Label selectors, as the server holds them everywhere to
/// (apimachinery pkg/apis/meta/v1/validation: ValidateLabelSelector).
enum Selectors {
    /// Checks `matchLabels` and `matchExpressions`.
    static func check(_ selector: Value, findings: inout Findings) {
        for label in selector.entries("matchLabels") {
            if let fault = Names.qualifiedNameFault(label.key.bytes) { findings.add(at: label.key, "label key \(label.key.quoted) \(fault)") }
            if label.value.kind == .string, let fault = Names.labelValueFault(label.value.bytes) {
                findings.add(at: label.value, "value \(label.value.quoted) of label \(label.key.quoted) \(fault)")
            }
        }
        for requirement in selector.list("matchExpressions") where requirement.kind == .mapping {
            if let word = requirement.text("operator"), !word.equals("In"), !word.equals("NotIn"), !word.equals("Exists"),
                !word.equals("DoesNotExist")
            {
                findings.add(at: word, "operator \(word.quoted) is not one of In, NotIn, Exists, DoesNotExist")
            }
            checkValues(requirement, findings: &findings)
            if let key = requirement.text("key"), let fault = Names.qualifiedNameFault(key.bytes) {
                findings.add(at: key, "label key \(key.quoted) \(fault)")
            }
            for value in requirement.list("values") where value.kind == .string {
                if let fault = Names.labelValueFault(value.bytes) { findings.add(at: value, "label value \(value.quoted) \(fault)") }
            }
        }
    }

    /// Checks that an expression has as many values as its operator takes.
    static func checkValues(_ requirement: Value, findings: inout Findings) {
        guard let word = requirement.text("operator") else { return }
        let count = requirement.list("values").count
        if word.equals("In") || word.equals("NotIn") {
            if count == 0 { findings.add(at: requirement["values"] ?? word, "operator \(word.text) needs values") }
        } else if word.equals("Exists") || word.equals("DoesNotExist") {
            if count > 0 { findings.add(at: requirement.place("values"), "operator \(word.text) takes no values") }
        } else if word.equals("Gt") || word.equals("Lt"), count != 1 {
            findings.add(at: requirement["values"] ?? word, "operator \(word.text) takes one value")
        }
    }
}
