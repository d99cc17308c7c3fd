import Manifests
import Schemas

/// Rules for ResourceQuotas and LimitRanges (kubernetes pkg/apis/core/validation/validation.go).
enum QuotaRules {
    static let all: [Rule] = [resource, amount, scope, limitType, limitResource, limitBounds, limitPodDefault, limitClaim]

    private static let quotas = ["ResourceQuota"]
    private static let limits = ["LimitRange"]

    static let resource = Rule(
        "k8s/quota-resource", kinds: quotas,
        summary: "a quota limits resources that there are",
        reason: "ValidateResourceQuotaResourceName in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: shop}
            spec:
              hard: {deployments: "5"}
            """,
        good: """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: shop}
            spec:
              hard: {count/deployments.apps: "5"}
            """,
        check: .object { object, findings in
            guard let hard = object.spec?.mapping("hard") else { return }
            for field in hard.fields {
                guard let fault = ResourceNames.quotaFault(field.key) else { continue }
                findings.add(
                    at: field.key, "resource \(field.key.quoted) \(fault)",
                    hint: "objects of any kind are counted as \"count/deployments.apps\"")
            }
        })

    static let amount = Rule(
        "k8s/quota-amount", kinds: quotas,
        summary: "the amounts of a quota are not negative, and those of things are whole",
        reason: "ValidateResourceQuantityValue in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: shop}
            spec:
              hard: {pods: "1.5"}
            """,
        good: """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: shop}
            spec:
              hard: {pods: "2"}
            """,
        check: .object { object, findings in
            guard let hard = object.spec?.mapping("hard") else { return }
            for field in hard.fields {
                guard let amount = Quantity(field.value) else { continue }
                if amount.isNegative {
                    findings.add(at: field.value, "\(field.name) is \(field.value.text), below 0")
                } else if !amount.isInteger, amount.milliValue % 1000 != 0, ResourceNames.isWhole(field.key) {
                    findings.add(at: field.value, "\(field.name) is \(field.value.text), a whole number is required")
                }
            }
        })

    private static let podResources: [StaticString] = [
        "pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory",
    ]

    static let scope = Rule(
        "k8s/quota-scope", kinds: quotas,
        summary: "the scopes of a quota don't exclude each other, and fit its resources",
        reason:
            "BestEffort counts only pods, the other scopes of pods their cpu and memory too, VolumeAttributesClass claims; most scopes know only the operator Exists (validateResourceQuotaScopes, validateScopedResourceSelectorRequirement in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: shop}
            spec:
              hard: {cpu: "4"}
              scopes: [BestEffort]
            """,
        good: """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: shop}
            spec:
              hard: {pods: "4"}
              scopes: [BestEffort]
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            let hard = spec.mapping("hard")
            func check(_ scope: Value, among scopes: [Value]) {
                let resources: [StaticString]
                if scope.equals("BestEffort") {
                    resources = ["pods"]
                } else if scope.equals("VolumeAttributesClass") {
                    resources = ["persistentvolumeclaims", "requests.storage"]
                } else if scope.isOne(of: ["Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity"]) {
                    resources = podResources
                } else {
                    return
                }
                for field in hard?.fields ?? scope.fields where ResourceNames.isStandardQuota(field.key) && !field.key.isOne(of: resources) {
                    findings.add(at: scope, "the scope \(scope.text) does not go with the resource \(field.key.quoted)")
                    break
                }
                for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] as [(StaticString, StaticString)] {
                    if scope.equals(other), scopes.contains(where: { $0.equals(one) }) {
                        findings.add(at: scope, "the scopes \(one) and \(other) exclude each other")
                    }
                }
            }
            // There are seven scopes; more in a list repeat them.
            let scopes = Array(spec.items("scopes").prefix(64))
            for scope in scopes { check(scope, among: scopes) }
            let expressions = spec.mapping("scopeSelector")?.items("matchExpressions").prefix(64) ?? spec.items.prefix(0)
            let selected = expressions.compactMap { $0.text("scopeName") }
            for expression in expressions {
                guard let scope = expression.text("scopeName") else { continue }
                check(scope, among: selected)
                guard let operation = expression.text("operator") else { continue }
                let count = expression.items("values").count
                if scope.isOne(of: ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"]),
                    !operation.equals("Exists")
                {
                    findings.add(at: operation, "the scope \(scope.text) knows only the operator Exists")
                } else if operation.isOne(of: ["In", "NotIn"]), count == 0 {
                    findings.add(at: expression.spot("values"), "values is missing or empty, \(operation.text) needs some")
                } else if operation.isOne(of: ["Exists", "DoesNotExist"]), count > 0 {
                    findings.add(at: expression.place(of: "values"), "values is not allowed with \(operation.text)")
                }
            }
        })

    static let limitType = Rule(
        "k8s/limit-range-type", kinds: limits,
        summary: "the items of a limit range are of types that there are, each once",
        reason: "Pod, Container, PersistentVolumeClaim, or a name with a domain (ValidateLimitRange in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: LimitRange
            metadata: {name: shop}
            spec:
              limits: [{type: Deployment, max: {cpu: "1"}}]
            """,
        good: """
            apiVersion: v1
            kind: LimitRange
            metadata: {name: shop}
            spec:
              limits: [{type: Pod, max: {cpu: "1"}}]
            """,
        check: .object { object, findings in
            guard let limits = object.spec?.items("limits") else { return }
            for limit in limits {
                guard let type = limit.text("type"), !type.isOne(of: ["Pod", "Container", "PersistentVolumeClaim"]) else { continue }
                if let fault = Names.qualifiedNameFault(type.bytes) {
                    findings.add(at: type, "type \(type.quoted) \(fault)")
                } else if !type.bytes.contains(Names.slash) {
                    findings.add(at: type, "type \(type.quoted) can't be limited", hint: "use Pod, Container or PersistentVolumeClaim")
                }
            }
            Repetition.find(in: limits, by: { $0.text("type") }) { _, again in findings.add(at: again, "type \(again.quoted) comes twice") }
        })

    static let limitResource = Rule(
        "k8s/limit-range-resource", kinds: limits,
        summary: "a limit range limits resources that there are",
        reason: "validateLimitRangeResourceName in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: LimitRange
            metadata: {name: shop}
            spec:
              limits: [{type: Container, max: {ram: 1Gi}}]
            """,
        good: """
            apiVersion: v1
            kind: LimitRange
            metadata: {name: shop}
            spec:
              limits: [{type: Container, max: {memory: 1Gi}}]
            """,
        check: .object { object, findings in
            for limit in object.spec?.items("limits") ?? object.root.items.prefix(0) {
                guard let type = limit.text("type") else { continue }
                let isOfPod = type.equals("Pod") || type.equals("Container")
                for key in bounds {
                    guard let amounts = limit.mapping(key) else { continue }
                    for field in amounts.fields {
                        if let fault = isOfPod ? ResourceNames.containerFault(field.key) : ResourceNames.fault(field.key) {
                            findings.add(at: field.key, "resource \(field.key.quoted) \(fault)")
                        }
                    }
                }
            }
        })

    private static let bounds: [StaticString] = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"]

    static let limitBounds = Rule(
        "k8s/limit-range-bounds", kinds: limits,
        summary: "min, defaultRequest, default and max of a limit range rise in this order",
        reason:
            "Of containers, default is max and defaultRequest is default where they are not named; the ratio is at least 1 and at most max by min (ValidateLimitRange in pkg/apis/core/validation, SetDefaults_LimitRangeItem in pkg/apis/core/v1).",
        bad: """
            apiVersion: v1
            kind: LimitRange
            metadata: {name: shop}
            spec:
              limits: [{type: Container, max: {memory: 1Gi}, default: {memory: 2Gi}}]
            """,
        good: """
            apiVersion: v1
            kind: LimitRange
            metadata: {name: shop}
            spec:
              limits: [{type: Container, max: {memory: 2Gi}, default: {memory: 1Gi}}]
            """,
        check: .object { object, findings in
            for limit in object.spec?.items("limits") ?? object.root.items.prefix(0) where limit.kind == .mapping {
                let isPod = limit.has("type", "Pod")
                let tables = bounds.map { key in
                    LabelSelectors.Labels(isPod && (key.equals("default") || key.equals("defaultRequest")) ? nil : limit[key])
                }
                var seen: Set<BytesKey> = []
                for key in bounds {
                    guard let amounts = limit.mapping(key) else { continue }
                    for field in amounts.fields where seen.insert(BytesKey(bytes: field.key.bytes)).inserted {
                        check(field.key, tables, fillsIn: limit.has("type", "Container"), &findings)
                    }
                }
            }
        })

    /// One resource: the first of the bounds that contradict each other.
    private static func check(_ name: Value, _ tables: [LabelSelectors.Labels], fillsIn: Bool, _ findings: inout Findings) {
        func bound(_ index: Int) -> (place: Value, amount: Quantity)? {
            guard let value = tables[index][name.bytes], let amount = Quantity(value) else { return nil }
            return (value, amount)
        }
        let most = bound(0)
        let least = bound(1)
        let limit = bound(2) ?? (fillsIn ? most : nil)
        let request = bound(3) ?? (fillsIn ? limit ?? least : nil)
        func conflict(
            _ low: (place: Value, amount: Quantity)?, _ lowName: String, _ high: (place: Value, amount: Quantity)?, _ highName: String,
            at place: Value?
        )
            -> Bool
        {
            guard let low, let high, high.amount < low.amount, let place else { return false }
            findings.add(at: place, "\(lowName) \(low.place.text) of \(name.quoted) is above \(highName) \(high.place.text)")
            return true
        }
        if conflict(least, "min", most, "max", at: least?.place) || conflict(limit, "default", most, "max", at: limit?.place)
            || conflict(least, "min", limit, "default", at: limit?.place) || conflict(request, "defaultRequest", limit, "default", at: request?.place)
            || conflict(least, "min", request, "defaultRequest", at: request?.place)
            || conflict(request, "defaultRequest", most, "max", at: request?.place)
        {
            return
        }
        if let limit, let request, limit.amount != request.amount, !ResourceNames.isOvercommitted(name) {
            findings.add(at: request.place, "default and defaultRequest of \(name.quoted) must be the same")
        }
        guard let ratio = bound(4) else { return }
        if ratio.amount < Quantity(1) {
            findings.add(at: ratio.place, "maxLimitRequestRatio \(ratio.place.text) of \(name.quoted) is below 1")
        } else if let least, let most {
            // As the server computes it: in thousandths unless one is too large for that.
            let limit = Int64.max / 1000
            let isSmall = ratio.amount.value < limit && least.amount.value < limit && most.amount.value < limit
            let value = isSmall ? Double(ratio.amount.milliValue) / 1000 : Double(ratio.amount.value)
            let quotient =
                isSmall
                ? Double(most.amount.milliValue) / Double(least.amount.milliValue) : Double(most.amount.value) / Double(least.amount.value)
            if value > quotient {
                findings.add(at: ratio.place, "maxLimitRequestRatio \(ratio.place.text) of \(name.quoted) is above max by min")
            }
        }
    }

    static let limitPodDefault = Rule(
        "k8s/limit-range-pod-default", kinds: limits,
        summary: "a limit range for pods has no defaults",
        reason: "A pod has no requests of its own that they could be put in (ValidateLimitRange in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: LimitRange
            metadata: {name: shop}
            spec:
              limits: [{type: Pod, default: {cpu: "1"}}]
            """,
        good: """
            apiVersion: v1
            kind: LimitRange
            metadata: {name: shop}
            spec:
              limits: [{type: Container, default: {cpu: "1"}}]
            """,
        check: .object { object, findings in
            for limit in object.spec?.items("limits") ?? object.root.items.prefix(0) where limit.has("type", "Pod") {
                for key: StaticString in ["default", "defaultRequest"] where !limit.hasNothing(key) {
                    findings.add(at: limit.place(of: key), "\(key) is not allowed in a limit of the type Pod", hint: "use the type Container")
                }
            }
        })

    static let limitClaim = Rule(
        "k8s/limit-range-claim", kinds: limits,
        summary: "a limit range for claims limits storage",
        reason: "It has min or max of storage (ValidateLimitRange in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: LimitRange
            metadata: {name: shop}
            spec:
              limits: [{type: PersistentVolumeClaim, default: {storage: 1Gi}}]
            """,
        good: """
            apiVersion: v1
            kind: LimitRange
            metadata: {name: shop}
            spec:
              limits: [{type: PersistentVolumeClaim, max: {storage: 1Gi}}]
            """,
        check: .object { object, findings in
            for limit in object.spec?.items("limits") ?? object.root.items.prefix(0) where limit.has("type", "PersistentVolumeClaim") {
                if limit.at("min", "storage") == nil, limit.at("max", "storage") == nil {
                    findings.add(at: limit, "a limit of the type PersistentVolumeClaim needs min or max of storage")
                }
            }
        })
}
