import Manifests
import Schemas

/// Rules for HorizontalPodAutoscalers and PodDisruptionBudgets (kubernetes
/// pkg/apis/autoscaling/validation/validation.go, pkg/apis/policy/validation/validation.go).
enum ScalingRules {
    static let all: [Rule] = [bounds, target, metric, metricTarget, behavior, budgetBoth, budgetAmount]

    private static let kinds = ["HorizontalPodAutoscaler.autoscaling"]

    static let bounds = Rule(
        "k8s/hpa-bounds", kinds: kinds,
        summary: "an autoscaler's minReplicas is at least 1 and not above maxReplicas",
        reason:
            "minReplicas is 1 where nothing is said; 0 needs the feature HPAScaleToZero, which is off by default (validateHorizontalPodAutoscalerSpec in pkg/apis/autoscaling/validation).",
        bad: """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
              minReplicas: 5
              maxReplicas: 3
            """,
        good: """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
              minReplicas: 2
              maxReplicas: 3
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            let least = spec.given("minReplicas")
            if let least, let number = least.integer, number < 1 {
                findings.add(at: least, "minReplicas is \(number), at least 1 is required")
            }
            guard let most = spec["maxReplicas"], let maximum = most.integer else { return }
            if maximum < 1 {
                findings.add(at: most, "maxReplicas is \(maximum), at least 1 is required")
            } else if let least, let minimum = least.integer, minimum > maximum {
                findings.add(at: most, "minReplicas \(minimum) is above maxReplicas \(maximum)")
            }
        })

    static let target = Rule(
        "k8s/hpa-target", kinds: kinds,
        summary: "an autoscaler names the API group of what it scales",
        reason:
            "Only a ReplicationController is of the core group; anything else needs an apiVersion such as apps/v1 (ValidateCrossVersionObjectReference, ValidateAPIVersion in pkg/apis/autoscaling/validation).",
        bad: """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {kind: Deployment, name: web}
              maxReplicas: 3
            """,
        good: """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
              maxReplicas: 3
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            if let reference = spec.mapping("scaleTargetRef") {
                check(reference, needsGroup: !reference.has("kind", "ReplicationController"), &findings)
            }
            guard object.version == "v2" else { return }
            for metric in spec.items("metrics") {
                if let reference = metric.at("object", "describedObject"), reference.kind == .mapping {
                    check(reference, needsGroup: false, &findings)
                }
            }
        })

    private static func check(_ reference: Value, needsGroup: Bool, _ findings: inout Findings) {
        for key: StaticString in ["kind", "name"] {
            guard let text = reference.text(key) else { continue }
            if text.bytes.isEmpty { findings.add(at: text, "\(key) is empty") }
            findings.check(text, Names.pathSegmentFault, as: key)
        }
        guard let version = reference.filled("apiVersion") else {
            if needsGroup, reference.hasNothing("apiVersion") {
                findings.add(at: reference.spot("apiVersion"), "apiVersion is missing, it says the API group", hint: "a Deployment is of apps/v1")
            }
            return
        }
        var slashes = 0
        for byte in version.bytes where byte == Names.slash { slashes += 1 }
        if slashes > 1 {
            findings.add(at: version, "apiVersion \(version.quoted) has more than one \"/\"")
        } else if needsGroup, slashes == 0 || version.bytes[0] == Names.slash {
            findings.add(at: version, "apiVersion \(version.quoted) has no API group", hint: "a Deployment is of apps/v1")
        }
    }

    private static let types: [(type: StaticString, key: StaticString)] = [
        ("Object", "object"), ("Pods", "pods"), ("Resource", "resource"), ("External", "external"), ("ContainerResource", "containerResource"),
    ]

    static let metric = Rule(
        "k8s/hpa-metric", kinds: kinds,
        summary: "a metric of an autoscaler has one source, that of its type",
        reason: "validateMetricSpec in pkg/apis/autoscaling/validation.",
        bad: """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
              maxReplicas: 3
              metrics:
              - type: Pods
                resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
            """,
        good: """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
              maxReplicas: 3
              metrics:
              - type: Resource
                resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
            """,
        check: .object { object, findings in
            guard object.version == "v2", let spec = object.spec else { return }
            for metric in spec.items("metrics") where metric.kind == .mapping {
                guard let type = metric.text("type") else { continue }
                guard let expected = types.first(where: { type.equals($0.type) }) else {
                    findings.add(at: type, "\(type.quoted) is no type of metric", hint: "use Resource, ContainerResource, Pods, Object or External")
                    continue
                }
                if metric.given(expected.key) == nil {
                    findings.add(at: metric.spot(expected.key), "\(expected.key) is missing, the type \(expected.type) needs it")
                }
                for other in types where !type.equals(other.type) && metric.given(other.key) != nil {
                    findings.add(at: metric.place(of: other.key), "\(other.key) is not allowed in a metric of the type \(expected.type)")
                }
            }
        })

    static let metricTarget = Rule(
        "k8s/hpa-metric-target", kinds: kinds,
        summary: "the target of a metric has the value that its source is measured by",
        reason:
            "Resource and ContainerResource take averageUtilization or averageValue, Pods averageValue, Object value or averageValue, External one of them; amounts are above 0 (validateMetricTarget and the functions for each source in pkg/apis/autoscaling/validation).",
        bad: """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
              maxReplicas: 3
              metrics:
              - type: Resource
                resource: {name: cpu, target: {type: Utilization}}
            """,
        good: """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
              maxReplicas: 3
              metrics:
              - type: Resource
                resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            if object.version == "v1" {
                findings.check(spec["targetCPUUtilizationPercentage"], 1...Int64.max, as: "targetCPUUtilizationPercentage")
                return
            }
            guard object.version == "v2" else { return }
            for metric in spec.items("metrics") {
                // The server looks into the first only.
                for (type, key) in types {
                    guard let source = metric.mapping(key) else { continue }
                    check(source, of: type, &findings)
                    break
                }
            }
        })

    private static func check(_ source: Value, of type: StaticString, _ findings: inout Findings) {
        if let identifier = source.mapping("metric"), let name = identifier.text("name") {
            if name.bytes.isEmpty { findings.add(at: name, "the metric's name is empty") }
            findings.check(name, Names.pathSegmentFault, as: "metric")
        }
        for key: StaticString in ["name", "container"] where source.has(key, "") { findings.add(at: source.spot(key), "\(key) is empty") }
        findings.check(source.filled("container"), Names.labelFault, as: "container")
        if type.equals("ContainerResource"), let name = source.filled("name"), let fault = ResourceNames.containerFault(name) {
            findings.add(at: name, "resource \(name.quoted) \(fault)")
        }
        guard let target = source.mapping("target") else { return }
        if let form = target.text("type"), !form.isOne(of: ["Utilization", "Value", "AverageValue"]) {
            findings.add(at: form, "\(form.quoted) is no type of target", hint: "use Utilization, Value or AverageValue")
        }
        for key: StaticString in ["value", "averageValue"] {
            guard let value = target[key], let amount = Quantity(value), amount.isZero || amount.isNegative else { continue }
            findings.add(at: value, "\(key) is \(value.text), it must be above 0")
        }
        findings.check(target["averageUtilization"], 1...Int64.max, as: "averageUtilization")
        let hasValue = target.given("value") != nil
        let hasAverage = target.given("averageValue") != nil
        let hasUtilization = target.given("averageUtilization") != nil
        if type.equals("Resource") || type.equals("ContainerResource") {
            if hasUtilization, hasAverage {
                findings.add(at: target.place(of: "averageValue"), "a target has either averageUtilization or averageValue, not both")
            } else if !hasUtilization, !hasAverage {
                findings.add(at: target, "the target needs averageUtilization or averageValue")
            }
        } else if type.equals("Pods") {
            if !hasAverage { findings.add(at: target, "the target needs averageValue") }
        } else {
            if hasValue, hasAverage, type.equals("External") {
                findings.add(at: target.place(of: "value"), "a target has either value or averageValue, not both")
            } else if !hasValue, !hasAverage {
                findings.add(at: target, "the target needs value or averageValue")
            }
        }
    }

    static let behavior = Rule(
        "k8s/hpa-behavior", kinds: kinds,
        summary: "the scaling rules of an autoscaler have policies within their bounds",
        reason:
            "stabilizationWindowSeconds is at most 3600, periodSeconds at most 1800, types are Pods and Percent, selectPolicy is Max, Min or Disabled (validateScalingRules, validateScalingPolicy in pkg/apis/autoscaling/validation).",
        bad: """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
              maxReplicas: 3
              behavior: {scaleDown: {stabilizationWindowSeconds: 7200}}
            """,
        good: """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
              maxReplicas: 3
              behavior: {scaleDown: {stabilizationWindowSeconds: 600}}
            """,
        check: .object { object, findings in
            guard object.version == "v2", let behavior = object.spec?.mapping("behavior") else { return }
            for rules in [behavior.mapping("scaleUp"), behavior.mapping("scaleDown")] {
                guard let rules else { continue }
                findings.check(rules["stabilizationWindowSeconds"], 0...3600, as: "stabilizationWindowSeconds")
                if let select = rules.text("selectPolicy"), !select.isOne(of: ["Max", "Min", "Disabled"]) {
                    findings.add(at: select, "selectPolicy \(select.quoted) is unknown", hint: "use Max, Min or Disabled")
                }
                if let policies = rules["policies"], policies.kind == .sequence, policies.count == 0 {
                    findings.add(at: policies, "policies is empty", hint: "leave it out for the default")
                }
                for policy in rules.items("policies") where policy.kind == .mapping {
                    if let type = policy.text("type"), !type.isOne(of: ["Pods", "Percent"]) {
                        findings.add(at: type, "\(type.quoted) is no type of policy", hint: "use Pods or Percent")
                    }
                    findings.check(policy["value"], 1...Int64.max, as: "value")
                    findings.check(policy["periodSeconds"], 1...1800, as: "periodSeconds")
                }
                if let tolerance = rules["tolerance"], Quantity(tolerance)?.isNegative == true {
                    findings.add(at: tolerance, "tolerance is \(tolerance.text), below 0")
                }
            }
        })

    static let budgetBoth = Rule(
        "k8s/pdb-both", kinds: ["PodDisruptionBudget.policy"],
        summary: "a disruption budget has minAvailable or maxUnavailable, not both",
        reason: "ValidatePodDisruptionBudgetSpec in pkg/apis/policy/validation.",
        bad: """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web}
            spec:
              minAvailable: 1
              maxUnavailable: 1
              selector: {matchLabels: {app: web}}
            """,
        good: """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web}
            spec:
              maxUnavailable: 1
              selector: {matchLabels: {app: web}}
            """,
        check: .object { object, findings in
            guard let spec = object.spec, spec.given("minAvailable") != nil, spec.given("maxUnavailable") != nil else { return }
            findings.add(at: spec.place(of: "maxUnavailable"), "maxUnavailable is not allowed beside minAvailable", hint: "remove one of them")
        })

    static let budgetAmount = Rule(
        "k8s/pdb-amount", kinds: ["PodDisruptionBudget.policy"],
        summary: "minAvailable and maxUnavailable are numbers from 0 on, or percentages up to 100%",
        reason: "ValidatePositiveIntOrPercent, IsNotMoreThan100Percent in pkg/apis/apps/validation, called by ValidatePodDisruptionBudgetSpec.",
        bad: """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web}
            spec:
              minAvailable: "1"
              selector: {matchLabels: {app: web}}
            """,
        good: """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web}
            spec:
              minAvailable: 1
              selector: {matchLabels: {app: web}}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            Amounts.check(spec["minAvailable"], as: "minAvailable", isLimited: true, &findings)
            Amounts.check(spec["maxUnavailable"], as: "maxUnavailable", isLimited: true, &findings)
        })
}
