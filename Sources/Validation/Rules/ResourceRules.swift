import Manifests
import Schemas

/// Rules for requests and limits
/// (pkg/apis/core/validation/validation.go: validateResourceRequirements; pkg/apis/core/helper/helpers.go).
enum ResourceRules {
    static let all: [Rule] = [
        name, negative, whole, aboveLimit, unequal, hugePages, claim, podClaim, podResources, podTotal, overhead,
    ]

    static let name = Rule(
        "k8s/resource-name",
        keys: ["resources"],
        summary: "a container requests cpu, memory, ephemeral-storage, hugepages-<size>, or a resource with a DNS name and \"/\" before it",
        reason: "validateContainerResourceName, IsStandardContainerResourceName, IsExtendedResourceName.",
        bad: Example.pod("resources:\n  requests:\n    gpu: 1"),
        good: Example.pod("resources:\n  limits:\n    example.com/gpu: 1"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                guard let resources = container.value.mapping("resources") else { return }
                checkNames(resources, container, &findings)
            }
        })

    private static func checkNames(_ resources: Value, _ container: PodContainer, _ findings: inout Findings) {
        for section in resources.fields where section.key.equals("requests") || section.key.equals("limits") {
            for entry in section.value.fields {
                guard let fault = nameFault(entry.key.bytes) else { continue }
                findings.add(at: entry.key, "resource \(entry.key.quoted) of \(container.phrase) \(fault)", hint: nameHint(entry.key))
            }
        }
    }

    private static func nameHint(_ key: Value) -> String? {
        key.bytes.contains(Names.slash)
            ? nil : Suggestion.hint(for: TerminalText.escaped(String(key.text.prefix(40))), among: ["cpu", "memory", "ephemeral-storage"])
    }

    static func nameFault(_ name: Names.Bytes) -> String? {
        if name.elementsEqual("cpu") || name.elementsEqual("memory") || name.elementsEqual("ephemeral-storage") { return nil }
        if let fault = Names.qualifiedNameFault(name) { return fault }
        if !name.contains(Names.slash) {
            return isHugePages(name) ? nil : "is not one that a container can request; other resources have a DNS name before them, as example.com/gpu"
        }
        if name.contains("kubernetes.io/") { return nil }
        if name.hasPrefix("requests.") { return "begins with \"requests.\"" }
        // With "requests." before it, the prefix must still be a subdomain.
        guard let slash = name.firstIndex(of: Names.slash), slash <= 253 - 9 else { return "has a prefix of more than 244 characters" }
        return nil
    }

    static func isHugePages(_ name: Names.Bytes) -> Bool { name.hasPrefix("hugepages-") }
    private static func isNative(_ name: Names.Bytes) -> Bool { !name.contains(Names.slash) || name.contains("kubernetes.io/") }
    /// Whether requests may differ from limits (IsOvercommitAllowed).
    private static func canOvercommit(_ name: Names.Bytes) -> Bool { isNative(name) && !isHugePages(name) }

    static let negative = Rule(
        "k8s/negative-resource",
        keys: ["resources"],
        summary: "requests and limits are not negative",
        reason: "ValidateResourceQuantityValue, ValidateNonnegativeQuantity.",
        bad: Example.pod("resources:\n  requests:\n    memory: -1Gi"),
        good: Example.pod("resources:\n  requests:\n    memory: 1Gi"),
        check: .pod { pod, findings in
            eachAmount(pod) { entry, phrase in
                guard entry.value.bytes.first == Names.dash, let amount = Quantity(entry.value), amount.isNegative else { return }
                findings.add(at: entry.value, "\(entry.key.text) \(entry.value.text) of \(phrase()) is negative")
            }
        })

    static let whole = Rule(
        "k8s/whole-resource",
        keys: ["resources"],
        summary: "a resource of other makers is requested in whole numbers",
        reason: "ValidateResourceQuantityValue, IsIntegerResourceName: nobody gets half a device.",
        bad: Example.pod("resources:\n  limits:\n    example.com/gpu: 500m"),
        good: Example.pod("resources:\n  limits:\n    example.com/gpu: 1"),
        check: .pod { pod, findings in
            eachAmount(pod) { entry, phrase in
                guard entry.key.bytes.contains(Names.slash), !isNative(entry.key.bytes), let amount = Quantity(entry.value), !amount.isInteger
                else { return }
                findings.add(at: entry.value, "\(entry.key.text) \(entry.value.text) of \(phrase()) is not a whole number")
            }
        })

    static let aboveLimit = Rule(
        "k8s/request-above-limit",
        keys: ["limits"],
        summary: "a request is not above its limit",
        reason: "validateResourceRequirements.",
        bad: Example.pod("resources:\n  requests:\n    memory: 2Gi\n  limits:\n    memory: 1Gi"),
        good: Example.pod("resources:\n  requests:\n    memory: 1Gi\n  limits:\n    memory: 1Gi"),
        check: .pod { pod, findings in
            eachRequirements(pod) { resources, phrase in
                guard let limits = resources.mapping("limits").map(FieldLookup.init) else { return }
                for request in resources.entries("requests") where canOvercommit(request.key.bytes) {
                    guard let limit = limits[request.key.bytes], let amount = Quantity(request.value), let most = Quantity(limit),
                        amount > most, !isSameInThousandths(amount, most)
                    else { continue }
                    findings.add(
                        at: request.value,
                        "\(request.key.text) request \(request.value.text) of \(phrase()) is above its limit \(limit.text)")
                }
            }
        })

    /// The server rounds amounts up to thousandths before it compares them (SetDefaults_ResourceList).
    private static func isSameInThousandths(_ left: Quantity, _ right: Quantity) -> Bool {
        left.milliValue == right.milliValue && left.milliValue < Int64.max
    }

    static let unequal = Rule(
        "k8s/request-without-limit",
        keys: ["requests"],
        summary: "huge pages and resources of other makers have a limit, and a request, if any, that equals it",
        reason: "validateResourceRequirements: \"Limit must be set for non overcommitable resources\".",
        bad: Example.pod("resources:\n  requests:\n    example.com/gpu: 1"),
        good: Example.pod("resources:\n  requests:\n    example.com/gpu: 1\n  limits:\n    example.com/gpu: 1"),
        check: .pod { pod, findings in
            eachRequirements(pod) { resources, phrase in
                let limits = resources.mapping("limits").map(FieldLookup.init)
                for request in resources.entries("requests") where !canOvercommit(request.key.bytes) && nameFault(request.key.bytes) == nil {
                    guard let limit = limits?[request.key.bytes] else {
                        findings.add(at: request.key, "\(request.key.text) of \(phrase()) has a request and no limit", hint: "give the limit alone")
                        continue
                    }
                    guard let amount = Quantity(request.value), let most = Quantity(limit), amount != most, !isSameInThousandths(amount, most)
                    else { continue }
                    findings.add(
                        at: request.value,
                        "\(request.key.text) request \(request.value.text) of \(phrase()) is not its limit \(limit.text)")
                }
            }
        })

    static let hugePages = Rule(
        "k8s/huge-pages",
        keys: ["resources"],
        summary: "huge pages come in whole pages, and beside cpu or memory",
        reason: "validateResourceRequirements (\"HugePages require cpu or memory\"), IsHugePageResourceValueDivisible.",
        bad: Example.pod("resources:\n  limits:\n    hugepages-2Mi: 2Mi"),
        good: Example.pod("resources:\n  limits:\n    hugepages-2Mi: 2Mi\n    memory: 64Mi"),
        check: .pod { pod, findings in
            eachRequirements(pod) { resources, phrase in
                var pages: Value?
                var hasOther = false
                for section in resources.fields where section.key.equals("requests") || section.key.equals("limits") {
                    for entry in section.value.fields {
                        let name = entry.key.bytes
                        if name.elementsEqual("cpu") || name.elementsEqual("memory") { hasOther = true }
                        guard isHugePages(name) else { continue }
                        if pages == nil { pages = entry.key }
                        guard nameFault(name) == nil, let amount = Quantity(entry.value) else { continue }
                        let size = Quantity(UnsafeBufferPointer(rebasing: name[10...]))
                        guard let size, !size.isNegative, !size.isZero, size.isInteger, size.value > 0, amount.value % size.value == 0 else {
                            findings.add(at: entry.value, "\(entry.key.text) \(entry.value.text) of \(phrase()) is no whole number of pages")
                            continue
                        }
                    }
                }
                if let pages, !hasOther { findings.add(at: pages, "\(pages.text) of \(phrase()) needs cpu or memory beside it") }
            }
        })

    // MARK: Claims

    static let claim = Rule(
        "k8s/container-resource-claim",
        keys: ["claims"],
        summary: "a container's claims are among the pod's resourceClaims, once each",
        reason: "validateResourceClaimNames.",
        bad: Example.pod(
            "resources:\n  claims:\n    - name: gpus", spec: "resourceClaims:\n  - name: gpu\n    resourceClaimTemplateName: gpu"),
        good: Example.pod(
            "resources:\n  claims:\n    - name: gpu", spec: "resourceClaims:\n  - name: gpu\n    resourceClaimTemplateName: gpu"),
        check: .pod { pod, findings in
            var names: Set<BytesKey>?
            pod.eachContainer { container in
                guard let resources = container.value.mapping("resources") else { return }
                let claims = resources.list("claims")
                guard !claims.isEmpty else { return }
                let known = names ?? Set(pod.spec.list("resourceClaims").compactMap { $0.filled("name") }.map { BytesKey(bytes: $0.bytes) })
                names = known
                var whole: Set<BytesKey> = []
                var parts: [BytesKey: Set<BytesKey>] = [:]
                for claim in claims {
                    guard let name = claim.text("name") else { continue }
                    if name.bytes.isEmpty {
                        findings.add(at: name, "a claim of \(container.phrase) has no name")
                        continue
                    }
                    let key = BytesKey(bytes: name.bytes)
                    if let request = claim.filled("request") {
                        if let fault = Names.labelFault(request.bytes) { findings.add(at: request, "request \(request.quoted) of \(container.phrase) \(fault)") }
                        if whole.contains(key) || !parts[key, default: []].insert(BytesKey(bytes: request.bytes)).inserted {
                            findings.add(at: name, "\(container.phrase) names the claim \(name.quoted) twice")
                        }
                    } else if parts[key] != nil || !whole.insert(key).inserted {
                        findings.add(at: name, "\(container.phrase) names the claim \(name.quoted) twice")
                    }
                    if !known.contains(key) { findings.add(at: name, "claim \(name.quoted) of \(container.phrase) is not among the pod's resourceClaims") }
                }
            }
        })

    static let podClaim = Rule(
        "k8s/pod-resource-claim",
        keys: ["resourceClaims"],
        summary: "a pod's resource claims have names of their own, and each names a ResourceClaim or a template",
        reason: "validatePodResourceClaim.",
        bad: Example.pod(spec: "resourceClaims:\n  - name: gpu"),
        good: Example.pod(spec: "resourceClaims:\n  - name: gpu\n    resourceClaimTemplateName: gpu"),
        check: .pod { pod, findings in
            let claims = pod.spec.list("resourceClaims")
            guard !claims.isEmpty else { return }
            for claim in claims where claim.kind == .mapping {
                if let name = claim.text("name"), let fault = Names.labelFault(name.bytes) {
                    findings.add(at: name, "resource claim name \(name.quoted) \(fault)")
                }
                let (own, template) = (claim.text("resourceClaimName"), claim.text("resourceClaimTemplateName"))
                if own == nil, template == nil {
                    findings.add(at: claim, "a resource claim names neither a ResourceClaim nor a template")
                } else if own != nil, template != nil {
                    findings.add(at: claim.place("resourceClaimTemplateName"), "a resource claim names both a ResourceClaim and a template")
                }
                for name in [own, template] {
                    if let name, let fault = Names.subdomainFault(name.bytes) { findings.add(at: name, "name \(name.quoted) of a resource claim \(fault)") }
                }
            }
            Duplicates.each(claims, "name") { again, first in
                findings.add(at: again, "resource claim name \(again.quoted) is taken on line \(first.position.line)")
            }
        })

    // MARK: Pods

    static let podResources = Rule(
        "k8s/pod-resources",
        keys: ["resources"],
        summary: "a pod as a whole requests cpu, memory and huge pages, and no claims",
        reason: "validatePodResources, validatePodResourceName (since Kubernetes 1.34).",
        bad: Example.pod(spec: "resources:\n  requests:\n    ephemeral-storage: 1Gi"),
        good: Example.pod(spec: "resources:\n  requests:\n    memory: 1Gi"),
        check: .pod { pod, findings in
            guard let resources = pod.spec.mapping("resources") else { return }
            if let claims = resources.given("claims"), claims.kind == .sequence {
                findings.add(at: resources.place("claims"), "the pod's resources may not have claims", hint: "claims belong to containers")
            }
            if let os = pod.spec.mapping("os"), os["name"]?.equals("windows") == true {
                findings.add(at: pod.spec.place("resources"), "a Windows pod may not have resources as a whole")
                return
            }
            for section in resources.fields where section.key.equals("requests") || section.key.equals("limits") {
                for entry in section.value.fields {
                    let name = entry.key.bytes
                    guard !name.elementsEqual("cpu"), !name.elementsEqual("memory"),
                        !isHugePages(name) || Names.qualifiedNameFault(name) != nil
                    else { continue }
                    findings.add(at: entry.key, "a pod as a whole cannot request \(entry.key.quoted)", hint: "only cpu, memory and huge pages")
                }
            }
        })

    static let podTotal = Rule(
        "k8s/pod-resources-total",
        keys: ["resources"],
        summary: "what containers request fits into what the pod requests, and no container's limit is above the pod's",
        reason: "validatePodResourceConsistency, AggregateContainerRequests (since Kubernetes 1.34).",
        bad: Example.pod("resources:\n  requests:\n    memory: 2Gi", spec: "resources:\n  requests:\n    memory: 1Gi"),
        good: Example.pod("resources:\n  requests:\n    memory: 1Gi", spec: "resources:\n  requests:\n    memory: 1Gi"),
        check: .pod { pod, findings in
            guard let resources = pod.spec.mapping("resources") else { return }
            // More than these have names that no pod can request.
            for entry in resources.entries("requests").prefix(16) {
                guard let amount = Quantity(entry.value), amount.milliValue < Int64.max else { continue }
                let total = total(of: entry.key.bytes, pod)
                guard total > amount.milliValue else { continue }
                findings.add(
                    at: entry.value, "the containers request more \(entry.key.text) than the \(entry.value.text) of the pod as a whole")
            }
            guard let limits = resources.mapping("limits").map(FieldLookup.init) else { return }
            for (index, value) in pod.containers.enumerated() {
                guard let own = value.mapping("resources")?.mapping("limits") else { continue }
                for entry in own.fields {
                    guard let limit = limits[entry.key.bytes], let amount = Quantity(entry.value), let most = Quantity(limit), amount > most,
                        !isSameInThousandths(amount, most)
                    else { continue }
                    let container = PodContainer(value: value, index: index, role: .regular)
                    findings.add(
                        at: entry.value, "\(entry.key.text) limit \(entry.value.text) of \(container.phrase) is above the pod's limit \(limit.text)")
                }
            }
        })

    /// What the pod needs of a resource at most, in thousandths: all containers
    /// together, or an init container beside the sidecars before it.
    private static func total(of name: Names.Bytes, _ pod: PodSpecification) -> Int64 {
        func request(_ container: Value) -> Int64 {
            guard let resources = container.mapping("resources") else { return 0 }
            // In a Pod, a limit is the request where there is none.
            let value = resources["requests"]?[bytes: name] ?? (pod.isTemplate ? nil : resources["limits"]?[bytes: name])
            guard let value, let amount = Quantity(value), !amount.isNegative else { return 0 }
            return amount.milliValue
        }
        func sum(_ left: Int64, _ right: Int64) -> Int64 {
            let (sum, overflow) = left.addingReportingOverflow(right)
            return overflow ? .max : sum
        }
        var together = pod.containers.reduce(Int64(0)) { sum($0, request($1)) }
        var (sidecars, most) = (Int64(0), Int64(0))
        for container in pod.initContainers {
            if container["restartPolicy"]?.equals("Always") == true {
                sidecars = sum(sidecars, request(container))
                most = max(most, sidecars)
            } else {
                most = max(most, sum(sidecars, request(container)))
            }
        }
        together = sum(together, sidecars)
        return max(together, most)
    }

    static let overhead = Rule(
        "k8s/pod-overhead",
        keys: ["overhead"],
        summary: "the overhead of a pod is in resources that containers can have",
        reason: "validateOverhead. The RuntimeClass sets it; manifests should not.",
        bad: Example.deployment(spec: "overhead:\n  gpu: 1"),
        good: Example.deployment(spec: "overhead:\n  cpu: 100m"),
        check: .pod { pod, findings in
            for entry in pod.spec.entries("overhead") {
                if let fault = nameFault(entry.key.bytes) { findings.add(at: entry.key, "resource \(entry.key.quoted) of the overhead \(fault)") }
                if let amount = Quantity(entry.value), amount.isNegative {
                    findings.add(at: entry.value, "\(entry.key.text) \(entry.value.text) of the overhead is negative")
                }
            }
        })

    // MARK: Traversal

    /// What has requests and limits: a container, or the pod as a whole.
    private struct Subject {
        let container: PodContainer?

        func callAsFunction() -> String { container?.phrase ?? "the pod" }
    }

    /// Gives the resources of containers, and of the pod as a whole.
    @inline(__always)
    private static func eachRequirements(_ pod: PodSpecification, _ body: (_ resources: Value, _ phrase: Subject) -> Void) {
        pod.eachContainer { container in
            if let resources = container.value.mapping("resources") { body(resources, Subject(container: container)) }
        }
        if let resources = pod.spec.mapping("resources") { body(resources, Subject(container: nil)) }
    }

    @inline(__always)
    private static func eachAmount(_ pod: PodSpecification, _ body: (_ entry: Value.Field, _ phrase: Subject) -> Void) {
        eachRequirements(pod) { resources, phrase in
            for section in resources.fields where section.key.equals("requests") || section.key.equals("limits") {
                for entry in section.value.fields { body(entry, phrase) }
            }
        }
    }
}
