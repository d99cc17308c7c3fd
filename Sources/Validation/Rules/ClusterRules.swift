import Manifests
import Schemas

/// Rules for classes, nodes and other objects of the whole cluster.
enum ClusterRules {
    static let all: [Rule] = [
        scope, podSecurity, priorityValue, prioritySystemName, runtimeHandler, namespaceFinalizer, nodeTaint, nodeAddresses, lease, apiServiceName,
        apiService, signingRequest, serviceRange,
    ]

    /// The built-in kinds that stand in no namespace.
    static let kinds = [
        "Namespace", "Node", "PersistentVolume", "ClusterRole.rbac.authorization.k8s.io", "ClusterRoleBinding.rbac.authorization.k8s.io",
        "StorageClass.storage.k8s.io", "CSIDriver.storage.k8s.io", "CSINode.storage.k8s.io", "VolumeAttachment.storage.k8s.io",
        "VolumeAttributesClass.storage.k8s.io", "IngressClass.networking.k8s.io", "IPAddress.networking.k8s.io",
        "ServiceCIDR.networking.k8s.io", "PriorityClass.scheduling.k8s.io", "RuntimeClass.node.k8s.io",
        "CustomResourceDefinition.apiextensions.k8s.io", "APIService.apiregistration.k8s.io",
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io", "MutatingWebhookConfiguration.admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy.admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
        "MutatingAdmissionPolicy.admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding.admissionregistration.k8s.io",
        "CertificateSigningRequest.certificates.k8s.io", "ClusterTrustBundle.certificates.k8s.io", "FlowSchema.flowcontrol.apiserver.k8s.io",
        "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io", "DeviceClass.resource.k8s.io", "ResourceSlice.resource.k8s.io",
    ]

    static let scope = Rule(
        "k8s/cluster-scoped-namespace", severity: .warning, kinds: kinds,
        summary: "an object of the whole cluster names no namespace",
        reason:
            "The API server drops the namespace (EnsureObjectNamespaceMatchesRequestNamespace in k8s.io/apiserver pkg/registry/rest), so that the object is not where the manifest says.",
        bad: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data, namespace: shop}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              hostPath: {path: /data}
            """,
        good: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              hostPath: {path: /data}
            """,
        check: .object { object, findings in
            guard let metadata = object.metadata, metadata.filled("namespace") != nil else { return }
            findings.add(at: metadata.place(of: "namespace"), "a \(object.kind) stands in no namespace", hint: "remove it")
        })

    static let podSecurity = Rule(
        "k8s/pod-security-label", kinds: ["Namespace"],
        summary: "the pod security labels of a namespace name levels and versions that there are",
        reason:
            "Levels are privileged, baseline and restricted, versions latest or as v1.30 (PolicyToEvaluate in k8s.io/pod-security-admission/api, called by the admission plugin PodSecurity).",
        bad: """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: strict}}
            """,
        good: """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
            """,
        check: .object { object, findings in
            guard let labels = object.metadata?.mapping("labels") else { return }
            for field in labels.fields where field.key.bytes.hasPrefix("pod-security.kubernetes.io/") && field.value.kind == .string {
                let name = Names.Bytes(rebasing: field.key.bytes[27...])
                if name.elementsEqual("enforce") || name.elementsEqual("audit") || name.elementsEqual("warn") {
                    if !field.value.isOne(of: ["privileged", "baseline", "restricted"]) {
                        findings.add(at: field.value, "level \(field.value.quoted) is unknown", hint: "use privileged, baseline or restricted")
                    }
                } else if name.elementsEqual("enforce-version") || name.elementsEqual("audit-version") || name.elementsEqual("warn-version") {
                    let version = field.value.bytes
                    let minor = version.hasPrefix("v1.") ? Names.Bytes(rebasing: version[3...]) : nil
                    let isVersion = minor.map { !$0.isEmpty && $0.allSatisfy(Names.isDigit) && ($0.count == 1 || $0[0] != UInt8(ascii: "0")) }
                    if !field.value.equals("latest"), isVersion != true {
                        findings.add(at: field.value, "version \(field.value.quoted) is none", hint: "use latest, or one as v1.30")
                    }
                }
            }
        })

    static let priorityValue = Rule(
        "k8s/priority-value", kinds: ["PriorityClass.scheduling.k8s.io"],
        summary: "the value of a priority class is at most 1000000000",
        reason: "Higher ones are the system's (ValidatePriorityClass in pkg/apis/scheduling/validation).",
        bad: """
            apiVersion: scheduling.k8s.io/v1
            kind: PriorityClass
            metadata: {name: first}
            value: 2000000000
            """,
        good: """
            apiVersion: scheduling.k8s.io/v1
            kind: PriorityClass
            metadata: {name: first}
            value: 1000000000
            """,
        check: .object { object, findings in
            guard let value = object.root["value"], let number = value.integer, number > 1_000_000_000 else { return }
            guard object.nameValue?.bytes.hasPrefix("system-") != true else { return }
            findings.add(at: value, "value is \(number), at most 1000000000 is allowed")
        })

    static let prioritySystemName = Rule(
        "k8s/priority-system-name", kinds: ["PriorityClass.scheduling.k8s.io"],
        summary: "names of priority classes that begin with \"system-\" are the system's",
        reason: "ValidatePriorityClass in pkg/apis/scheduling/validation, IsKnownSystemPriorityClass in pkg/apis/scheduling/v1.",
        bad: """
            apiVersion: scheduling.k8s.io/v1
            kind: PriorityClass
            metadata: {name: system-first}
            value: 1000
            """,
        good: """
            apiVersion: scheduling.k8s.io/v1
            kind: PriorityClass
            metadata: {name: first}
            value: 1000
            """,
        check: .object { object, findings in
            guard let name = object.nameValue, name.bytes.hasPrefix("system-") else { return }
            if let value = object.root.integer("value"), !object.root.isTrue("globalDefault") {
                if name.equals("system-node-critical"), value == 2_000_001_000 { return }
                if name.equals("system-cluster-critical"), value == 2_000_000_000 { return }
            }
            findings.add(at: name, "\(name.quoted) begins with \"system-\", which is kept for the system")
        })

    static let runtimeHandler = Rule(
        "k8s/runtime-class", kinds: ["RuntimeClass.node.k8s.io"],
        summary: "a runtime class has a handler, a DNS label, and an overhead of resources that containers have",
        reason: "ValidateRuntimeClass in pkg/apis/node/validation.",
        bad: """
            apiVersion: node.k8s.io/v1
            kind: RuntimeClass
            metadata: {name: gvisor}
            handler: run_sc
            """,
        good: """
            apiVersion: node.k8s.io/v1
            kind: RuntimeClass
            metadata: {name: gvisor}
            handler: runsc
            """,
        check: .object { object, findings in
            guard object.version == "v1" else { return }
            findings.check(object.root.text("handler"), Names.labelFault, as: "handler")
            guard let overhead = object.root.at("overhead", "podFixed"), overhead.kind == .mapping else { return }
            for field in overhead.fields {
                if let fault = ResourceNames.containerFault(field.key) {
                    findings.add(at: field.key, "resource \(field.key.quoted) \(fault)")
                } else if Quantity(field.value)?.isNegative == true {
                    findings.add(at: field.value, "\(field.name) is \(field.value.text), below 0")
                }
            }
        })

    static let namespaceFinalizer = Rule(
        "k8s/namespace-finalizer", kinds: ["Namespace"],
        summary: "the finalizers of a namespace are \"kubernetes\", or have a domain",
        reason: "ValidateNamespace, validateKubeFinalizerName in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop}
            spec: {finalizers: [cleanup]}
            """,
        good: """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop}
            spec: {finalizers: [example.com/cleanup]}
            """,
        check: .object { object, findings in
            for name in object.spec?.items("finalizers") ?? object.root.items.prefix(0) where name.kind == .string {
                if let fault = Names.qualifiedNameFault(name.bytes) {
                    findings.add(at: name, "finalizer \(name.quoted) \(fault)")
                } else if !name.bytes.contains(Names.slash), !name.isOne(of: ["kubernetes", "orphan", "foregroundDeletion"]) {
                    findings.add(at: name, "finalizer \(name.quoted) has no domain", hint: "name it as \"example.com/cleanup\"")
                }
            }
        })

    static let nodeTaint = Rule(
        "k8s/node-taint", kinds: ["Node"],
        summary: "a node has a taint of one key and effect once, and its key and value have the form of a label's",
        reason: "validateNodeTaints in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: Node
            metadata: {name: node-1}
            spec:
              taints: [{key: gpu, value: a, effect: NoSchedule}, {key: gpu, value: b, effect: NoSchedule}]
            """,
        good: """
            apiVersion: v1
            kind: Node
            metadata: {name: node-1}
            spec:
              taints: [{key: gpu, value: a, effect: NoSchedule}, {key: gpu, value: b, effect: NoExecute}]
            """,
        check: .object { object, findings in
            guard let taints = object.spec?.items("taints") else { return }
            for taint in taints {
                findings.check(taint.text("key"), { Names.qualifiedNameFault($0) }, as: "key")
                findings.check(taint.text("value"), Names.labelValueFault, as: "value")
            }
            for effect: StaticString in ["NoSchedule", "PreferNoSchedule", "NoExecute"] {
                Repetition.find(in: taints, by: { $0.has("effect", effect) ? $0.text("key") : nil }) { _, again in
                    findings.add(at: again, "taint \(again.quoted) with the effect \(effect) comes twice")
                }
            }
        })

    static let nodeAddresses = Rule(
        "k8s/node-pod-cidr", kinds: ["Node"],
        summary: "podCIDRs are blocks of addresses, one of a family",
        reason: "ValidateNode in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: Node
            metadata: {name: node-1}
            spec: {podCIDR: 10.1.0.0/33, podCIDRs: [10.1.0.0/33]}
            """,
        good: """
            apiVersion: v1
            kind: Node
            metadata: {name: node-1}
            spec: {podCIDR: 10.1.0.0/24, podCIDRs: [10.1.0.0/24]}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            let blocks = spec.items("podCIDRs")
            // Where the two differ, the server takes podCIDR (Convert_v1_NodeSpec_To_core_NodeSpec).
            if let block = spec.filled("podCIDR"), blocks.first?.equals(block) != true {
                findings.check(block, AddressBlock.fault, as: "podCIDR")
                return
            }
            for block in blocks { findings.check(block, AddressBlock.fault, as: "podCIDRs") }
            let read = blocks.prefix(3).compactMap { try? AddressBlock($0.bytes) }
            if blocks.count > 2 || read.count == 2 && read[0].address.isIPv4 == read[1].address.isIPv4, let last = blocks.last {
                findings.add(at: last, "podCIDRs has more than one block of a family")
            }
        })

    static let lease = Rule(
        "k8s/lease", kinds: ["Lease.coordination.k8s.io"],
        summary: "a lease lasts at least a second, and counts from 0",
        reason: "ValidateLeaseSpec in pkg/apis/coordination/validation.",
        bad: """
            apiVersion: coordination.k8s.io/v1
            kind: Lease
            metadata: {name: leader}
            spec: {leaseDurationSeconds: 0}
            """,
        good: """
            apiVersion: coordination.k8s.io/v1
            kind: Lease
            metadata: {name: leader}
            spec: {leaseDurationSeconds: 15}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            findings.check(spec["leaseDurationSeconds"], 1...Int64.max, as: "leaseDurationSeconds")
            findings.check(spec["leaseTransitions"], 0...Int64.max, as: "leaseTransitions")
            if let strategy = spec.text("strategy") {
                if !strategy.bytes.contains(Names.slash) {
                    if !strategy.equals("OldestEmulationVersion") {
                        findings.add(at: strategy, "strategy \(strategy.quoted) is unknown", hint: "use OldestEmulationVersion, or one with a domain")
                    }
                } else {
                    findings.check(strategy, { Names.qualifiedNameFault($0) }, as: "strategy")
                }
            }
            if spec.filled("preferredHolder") != nil, spec.hasNothing("strategy") {
                findings.add(at: spec.place(of: "preferredHolder"), "preferredHolder needs a strategy")
            }
        })

    static let apiServiceName = Rule(
        "k8s/api-service-name", kinds: ["APIService.apiregistration.k8s.io"],
        summary: "an APIService is named by version and group",
        reason: "ValidateAPIService in k8s.io/kube-aggregator pkg/apis/apiregistration/validation.",
        bad: """
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: metrics}
            spec:
              group: metrics.example.com
              version: v1beta1
              groupPriorityMinimum: 100
              versionPriority: 100
              service: {name: metrics, namespace: kube-system}
            """,
        good: """
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: v1beta1.metrics.example.com}
            spec:
              group: metrics.example.com
              version: v1beta1
              groupPriorityMinimum: 100
              versionPriority: 100
              service: {name: metrics, namespace: kube-system}
            """,
        check: .object { object, findings in
            guard let spec = object.spec, let name = object.nameValue, let version = spec.filled("version"),
                spec["group"]?.kind ?? .string == .string
            else { return }
            let group = spec.text("group")
            let length = version.bytes.count
            let isNamed =
                name.bytes.count == length + 1 + (group?.bytes.count ?? 0) && name.bytes[length] == Names.dot
                && Names.Bytes(rebasing: name.bytes[..<length]).elementsEqual(version.bytes)
                && Names.Bytes(rebasing: name.bytes[(length + 1)...]).elementsEqual(group?.bytes ?? Names.Bytes(start: nil, count: 0))
            guard !isNamed else { return }
            findings.add(at: name, "the name \(name.quoted) is not version and group, \"\(version.text).\(group?.text ?? "")\"")
        })

    static let apiService = Rule(
        "k8s/api-service", kinds: ["APIService.apiregistration.k8s.io"],
        summary: "an APIService has a group, a version, priorities within bounds and a whole service",
        reason:
            "groupPriorityMinimum is at most 20000, versionPriority at most 1000, caBundle excludes insecureSkipTLSVerify (ValidateAPIService in k8s.io/kube-aggregator pkg/apis/apiregistration/validation).",
        bad: """
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: v1beta1.metrics.example.com}
            spec:
              group: metrics.example.com
              version: v1beta1
              groupPriorityMinimum: 100
              versionPriority: 2000
              service: {name: metrics, namespace: kube-system}
            """,
        good: """
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: v1beta1.metrics.example.com}
            spec:
              group: metrics.example.com
              version: v1beta1
              groupPriorityMinimum: 100
              versionPriority: 100
              service: {name: metrics, namespace: kube-system}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            findings.check(spec["groupPriorityMinimum"], 1...20000, as: "groupPriorityMinimum")
            findings.check(spec["versionPriority"], 1...1000, as: "versionPriority")
            findings.check(spec.filled("group"), Names.subdomainFault, as: "group")
            if let version = spec.text("version") {
                findings.check(version, Names.letterLabelFault, as: "version")
                if spec.hasNothing("group"), !version.equals("v1") {
                    findings.add(at: spec.given("group") ?? object.specPlace, "group is missing, only v1 has none")
                }
            }
            let bundle = spec.filled("caBundle")
            guard let service = spec.mapping("service") else {
                guard spec.given("service") == nil else { return }
                if let bundle { findings.add(at: bundle, "caBundle needs a service") }
                if spec.isTrue("insecureSkipTLSVerify") {
                    findings.add(at: spec.given("insecureSkipTLSVerify") ?? object.specPlace, "insecureSkipTLSVerify needs a service")
                }
                return
            }
            for key: StaticString in ["name", "namespace"] where service.hasNothing(key) {
                findings.add(at: service.spot(key), "\(key) of the service is missing")
            }
            findings.check(service["port"], 1...65535, as: "port")
            if bundle != nil, spec.isTrue("insecureSkipTLSVerify") {
                findings.add(at: spec.place(of: "insecureSkipTLSVerify"), "insecureSkipTLSVerify is not allowed beside a caBundle")
            }
        })

    static let signingRequest = Rule(
        "k8s/signing-request", kinds: ["CertificateSigningRequest.certificates.k8s.io"],
        summary: "a signing request names a signer with a domain, usages once each, and at least ten minutes",
        reason: "validateCertificateSigningRequest in pkg/apis/certificates/validation; of the request itself only the frame is read here.",
        bad: """
            apiVersion: certificates.k8s.io/v1
            kind: CertificateSigningRequest
            metadata: {name: jane}
            spec:
              request: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIYU1JR0FBZ0VBTUI0eERUQUxCZ05WQkFvTUJIUmxZVzB4RFRBTEJnTlZCQU1NQkdwaGJtVXdXVEFUQmdjcQpoa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVRTSHgrNFBHbFRYb0ZrUzdzOEdhZTErRHB0UGE5UmZMOGNPeTNsCmdPQkJLeE5jdzNrM0hrZ2EwY1Z0V2pXZWhRT1VMR0ZsS0tZSmpRQU41UHZlR2JQWG9BQXdDZ1lJS29aSXpqMEUKQXdJRFNRQXdSZ0loQUp5V3c3VmV4RGU5am4zeS96Ti9PN1EyQjNJVzZVRHJXV3lHTEFnSmR4ZW1BaUVBMW5qeQpNNVY4T0dyWjg4N3dqT2ZNam16MzhVOFNvWVVyQkVFTDNSWG11UWM9Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=
              signerName: kube-apiserver-client
              usages: [client auth]
            """,
        good: """
            apiVersion: certificates.k8s.io/v1
            kind: CertificateSigningRequest
            metadata: {name: jane}
            spec:
              request: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIYU1JR0FBZ0VBTUI0eERUQUxCZ05WQkFvTUJIUmxZVzB4RFRBTEJnTlZCQU1NQkdwaGJtVXdXVEFUQmdjcQpoa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVRTSHgrNFBHbFRYb0ZrUzdzOEdhZTErRHB0UGE5UmZMOGNPeTNsCmdPQkJLeE5jdzNrM0hrZ2EwY1Z0V2pXZWhRT1VMR0ZsS0tZSmpRQU41UHZlR2JQWG9BQXdDZ1lJS29aSXpqMEUKQXdJRFNRQXdSZ0loQUp5V3c3VmV4RGU5am4zeS96Ti9PN1EyQjNJVzZVRHJXV3lHTEFnSmR4ZW1BaUVBMW5qeQpNNVY4T0dyWjg4N3dqT2ZNam16MzhVOFNvWVVyQkVFTDNSWG11UWM9Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=
              signerName: kubernetes.io/kube-apiserver-client
              usages: [client auth]
            """,
        check: .object { object, findings in
            guard object.version == "v1", let spec = object.spec else { return }
            if spec.hasNothing("usages") { findings.add(at: spec.given("usages") ?? object.specPlace, "usages is missing or empty") }
            Repetition.find(in: spec.items("usages"), by: { $0 }) { _, again in findings.add(at: again, "usage \(again.quoted) comes twice") }
            findings.check(spec["expirationSeconds"], 600...Int64.max, as: "expirationSeconds")
            if let request = spec.text("request"), let bytes = Base64.decoded(request.bytes) {
                let isFramed = bytes.withUnsafeBufferPointer {
                    $0.contains("-----BEGIN CERTIFICATE REQUEST-----") && $0.contains("-----END CERTIFICATE REQUEST-----")
                }
                if !isFramed { findings.add(at: request, "request is no certificate request in PEM, in base64") }
            }
            guard let signer = spec.text("signerName") else { return }
            if signer.equals("kubernetes.io/legacy-unknown") {
                findings.add(at: signer, "signerName \(signer.quoted) is not allowed since certificates.k8s.io/v1")
                return
            }
            guard let slash = signer.bytes.firstIndex(of: Names.slash) else {
                findings.add(at: signer, "signerName \(signer.quoted) has no domain", hint: "name it as \"example.com/signer\"")
                return
            }
            let domain = Names.Bytes(rebasing: signer.bytes[..<slash])
            let path = Names.Bytes(rebasing: signer.bytes[(slash + 1)...])
            let isFormed =
                domain.count <= 253 && domain.contains(Names.dot) && Names.eachPart(of: domain, between: Names.dot, Names.isLabel)
                && Names.eachPart(of: path, between: Names.dot) { Names.isSubdomain($0) } && signer.bytes.count <= 571
            if !isFormed { findings.add(at: signer, "signerName \(signer.quoted) has not the form \"example.com/signer\"") }
        })

    static let serviceRange = Rule(
        "k8s/service-cidr", kinds: ["ServiceCIDR.networking.k8s.io"],
        summary: "a ServiceCIDR has one or two blocks of addresses, of different families",
        reason: "ValidateServiceCIDR in pkg/apis/networking/validation.",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: ServiceCIDR
            metadata: {name: more}
            spec: {cidrs: [10.96.0.0/16, 10.97.0.0/16]}
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: ServiceCIDR
            metadata: {name: more}
            spec: {cidrs: [10.97.0.0/16]}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            let blocks = spec.items("cidrs")
            if spec.hasNothing("cidrs") { findings.add(at: spec.given("cidrs") ?? object.specPlace, "cidrs is missing or empty") }
            for block in blocks { findings.check(block, AddressBlock.fault, as: "cidrs") }
            let read = blocks.prefix(3).compactMap { try? AddressBlock($0.bytes) }
            if blocks.count > 2 || read.count == 2 && read[0].address.isIPv4 == read[1].address.isIPv4, let last = blocks.last {
                findings.add(at: last, "cidrs has more than one block of a family")
            }
        })
}
