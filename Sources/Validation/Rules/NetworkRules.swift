import Manifests

/// Rules for Ingresses (kubernetes pkg/apis/networking/validation/validation.go).
enum IngressRules {
    static let all: [Rule] = [rulesRequired, host, path, backend, serviceName, tls, classAnnotation, className, ingressClass]

    private static let kinds = ["Ingress.networking.k8s.io"]

    /// Gives each backend of an Ingress of version 1 to a function; others had another form.
    static func eachBackend(of object: KubernetesObject, _ body: (Value) -> Void) {
        guard object.version == "v1", let spec = object.spec else { return }
        if let backend = spec.mapping("defaultBackend") { body(backend) }
        for rule in spec.items("rules") {
            for path in rule.mapping("http")?.items("paths") ?? rule.items.prefix(0) {
                if let backend = path.mapping("backend") { body(backend) }
            }
        }
    }

    static let rulesRequired = Rule(
        "k8s/ingress-rules-required", kinds: kinds,
        summary: "an ingress has rules or a defaultBackend, and each rule paths",
        reason: "ValidateIngressSpec, validateHTTPIngressRuleValue in pkg/apis/networking/validation.",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              ingressClassName: nginx
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              ingressClassName: nginx
              defaultBackend: {service: {name: web, port: {number: 80}}}
            """,
        check: .object { object, findings in
            guard object.version == "v1" else { return }
            guard let spec = object.spec else {
                if object.root.given("spec") == nil { findings.add(at: object.kindPlace, "the ingress has neither rules nor a defaultBackend") }
                return
            }
            if spec.hasNothing("rules"), spec.given("defaultBackend") == nil {
                findings.add(at: spec.given("rules") ?? object.specPlace, "the ingress has neither rules nor a defaultBackend")
            }
            for rule in spec.items("rules") {
                guard let http = rule.mapping("http") else { continue }
                if http["paths"]?.kind == .sequence, http.hasNothing("paths") { findings.add(at: http.spot("paths"), "paths is empty") }
            }
        })

    static let host = Rule(
        "k8s/ingress-host", kinds: kinds,
        summary: "the host of an ingress rule is a DNS name, or a wildcard for its first part",
        reason:
            "No address, no port, lower-case letters, and \"*\" only as the whole first part (validateIngressRules and validateIngressTLS in pkg/apis/networking/validation).",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              rules:
              - host: "web-*.example.com"
                http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              rules:
              - host: "*.example.com"
                http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            func check(_ host: Value) {
                let isWildcard = host.bytes.contains(UInt8(ascii: "*"))
                guard let fault = isWildcard ? Names.wildcardSubdomainFault(host.bytes) : Names.subdomainFault(host.bytes) else { return }
                findings.add(at: host, "host \(host.quoted) \(fault)")
            }
            for rule in spec.items("rules") {
                guard let host = rule.filled("host") else { continue }
                if host.bytes.count <= 45, IPAddress.isLoose(host.bytes) {
                    findings.add(at: host, "host \(host.quoted) is an address, a DNS name is required")
                } else {
                    check(host)
                }
            }
            for entry in spec.items("tls") {
                for host in entry.items("hosts") where host.kind == .string { check(host) }
            }
        })

    static let path = Rule(
        "k8s/ingress-path", kinds: kinds,
        summary: "the path of an ingress rule is absolute and plain",
        reason:
            "It begins with \"/\"; one of the type Exact or Prefix has no \"//\", \"/./\", \"/../\" or \"%2f\" (validateHTTPIngressPath in pkg/apis/networking/validation).",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              rules:
              - http: {paths: [{path: shop, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              rules:
              - http: {paths: [{path: /shop, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
            """,
        check: .object { object, findings in
            guard object.version == "v1" else { return }
            for rule in object.spec?.items("rules") ?? object.root.items.prefix(0) {
                for entry in rule.mapping("http")?.items("paths") ?? rule.items.prefix(0) where entry.kind == .mapping {
                    let isPlain = entry.has("pathType", "Exact") || entry.has("pathType", "Prefix")
                    guard isPlain || entry.has("pathType", "ImplementationSpecific") else { continue }
                    guard let path = entry.filled("path") else {
                        if isPlain, entry.hasNothing("path") {
                            findings.add(at: entry.spot("path"), "path is missing, the pathType needs one", hint: "\"/\" is all")
                        }
                        continue
                    }
                    if path.bytes[0] != Names.slash {
                        findings.add(at: path, "path \(path.quoted) does not begin with \"/\"")
                    } else if isPlain, let part = forbiddenPart(of: path.bytes) {
                        findings.add(at: path, "path \(path.quoted) contains \"\(part)\"")
                    }
                }
            }
        })

    private static func forbiddenPart(of path: Names.Bytes) -> StaticString? {
        for part: StaticString in ["//", "/./", "/../", "%2f", "%2F"] where path.contains(part) { return part }
        for part: StaticString in ["/..", "/."] where path.hasSuffix(part) { return part }
        return nil
    }

    static let backend = Rule(
        "k8s/ingress-backend", kinds: kinds,
        summary: "a backend is either a service with one port, or a resource",
        reason: "validateIngressBackend in pkg/apis/networking/validation.",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              defaultBackend: {service: {name: web, port: {name: http, number: 80}}}
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              defaultBackend: {service: {name: web, port: {name: http}}}
            """,
        check: .object { object, findings in
            eachBackend(of: object) { backend in
                let service = backend.given("service")
                let resource = backend.given("resource")
                if service != nil, resource != nil {
                    findings.add(at: backend.place(of: "resource"), "a backend is either a service or a resource, not both")
                } else if service == nil, resource == nil {
                    findings.add(at: backend, "a backend needs a service or a resource")
                } else if let service, service.kind == .mapping {
                    let port = service.given("port")
                    let hasName = port?.filled("name") != nil
                    let hasNumber = port?.integer("number") ?? 0 != 0
                    if hasName, hasNumber {
                        findings.add(at: service.place(of: "port"), "a port has either a name or a number, not both")
                    } else if !hasName, !hasNumber, port == nil || port?.kind == .mapping {
                        guard port?["name"]?.kind ?? .string == .string, port?["number"]?.kind ?? .integer == .integer else { return }
                        findings.add(
                            at: service.field("port")?.key ?? backend.place(of: "service"), "the port of the service is missing",
                            hint: "add \"port: {number: 80}\" or \"port: {name: http}\"")
                    }
                } else if let resource, resource.kind == .mapping {
                    findings.check(resource.text("apiGroup"), Names.subdomainFault, as: "apiGroup")
                    for key: StaticString in ["kind", "name"] {
                        if resource.has(key, "") { findings.add(at: resource.spot(key), "\(key) is empty") }
                        findings.check(resource.text(key), Names.pathSegmentFault, as: key)
                    }
                }
            }
        })

    static let serviceName = Rule(
        "k8s/ingress-service-name", kinds: kinds,
        summary: "the service of a backend has a name that a service can have",
        reason: "A DNS label (validateIngressBackend in pkg/apis/networking/validation; before Kubernetes 1.36 it could not begin with a digit).",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              defaultBackend: {service: {name: web.shop, port: {number: 80}}}
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              defaultBackend: {service: {name: web, port: {number: 80}}}
            """,
        check: .object { object, findings in
            eachBackend(of: object) { backend in
                guard let service = backend.mapping("service"), backend.given("resource") == nil else { return }
                findings.check(service.text("name"), Names.labelFault, as: "service name")
            }
        })

    static let tls = Rule(
        "k8s/ingress-tls-secret", kinds: kinds,
        summary: "the secretName of an ingress is the name of a Secret",
        reason: "A DNS name of lower-case letters (validateTLSSecretName in pkg/apis/networking/validation).",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              defaultBackend: {service: {name: web, port: {number: 80}}}
              tls: [{hosts: [example.com], secretName: web_tls}]
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              defaultBackend: {service: {name: web, port: {number: 80}}}
              tls: [{hosts: [example.com], secretName: web-tls}]
            """,
        check: .object { object, findings in
            for entry in object.spec?.items("tls") ?? object.root.items.prefix(0) {
                findings.check(entry.filled("secretName"), Names.subdomainFault, as: "secretName")
            }
        })

    static let classAnnotation = Rule(
        "k8s/ingress-class-annotation", kinds: kinds,
        summary: "an ingress names one class: ingressClassName and the old annotation agree",
        reason: "ValidateIngressCreate in pkg/apis/networking/validation.",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web, annotations: {kubernetes.io/ingress.class: traefik}}
            spec:
              ingressClassName: nginx
              defaultBackend: {service: {name: web, port: {number: 80}}}
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              ingressClassName: nginx
              defaultBackend: {service: {name: web, port: {number: 80}}}
            """,
        check: .object { object, findings in
            guard let name = object.spec?.text("ingressClassName"),
                let field = object.metadata?.mapping("annotations")?.field("kubernetes.io/ingress.class"), field.value.kind == .string,
                !field.value.equals(name)
            else { return }
            findings.add(
                at: field.value, "the annotation names the class \(field.value.quoted), ingressClassName \(name.quoted)",
                hint: "remove the annotation, it is deprecated")
        })

    static let className = Rule(
        "k8s/ingress-class-name", kinds: kinds,
        summary: "ingressClassName is the name of an IngressClass",
        reason: "A DNS name of lower-case letters (ValidateIngressSpec in pkg/apis/networking/validation).",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              ingressClassName: Nginx
              defaultBackend: {service: {name: web, port: {number: 80}}}
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              ingressClassName: nginx
              defaultBackend: {service: {name: web, port: {number: 80}}}
            """,
        check: .object { object, findings in
            findings.check(object.spec?.text("ingressClassName"), Names.subdomainFault, as: "ingressClassName")
        })

    static let ingressClass = Rule(
        "k8s/ingress-class", kinds: ["IngressClass.networking.k8s.io"],
        summary: "an ingress class names its controller as example.com/controller, and its parameters wholly",
        reason:
            "parameters have a scope, Cluster or Namespace, and a namespace only and always with the latter (validateIngressClassSpec, validateIngressClassParametersReference in pkg/apis/networking/validation).",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: IngressClass
            metadata: {name: nginx}
            spec:
              controller: nginx
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: IngressClass
            metadata: {name: nginx}
            spec:
              controller: k8s.io/ingress-nginx
            """,
        check: .object { object, findings in
            guard let spec = object.spec else {
                if object.root.given("spec") == nil { findings.add(at: object.kindPlace, "spec is missing, and the controller in it") }
                return
            }
            if spec.hasNothing("controller") { findings.add(at: spec.given("controller") ?? object.specPlace, "controller is missing") }
            findings.check(
                spec.filled("controller"), { $0.count > 250 ? Names.tooLong($0, 250) : Names.domainPrefixedPathFault($0) }, as: "controller")
            guard let parameters = spec.mapping("parameters") else { return }
            findings.check(parameters.text("apiGroup"), Names.subdomainFault, as: "apiGroup")
            for key: StaticString in ["kind", "name"] {
                if parameters.has(key, "") { findings.add(at: parameters.spot(key), "\(key) is empty") }
                findings.check(parameters.text(key), Names.pathSegmentFault, as: key)
            }
            let namespace = parameters.text("namespace")
            // The default is Cluster.
            guard let scope = parameters.filled("scope"), !scope.equals("Cluster") else {
                if namespace != nil { findings.add(at: parameters.place(of: "namespace"), "namespace is not allowed with the scope Cluster") }
                return
            }
            guard scope.equals("Namespace") else {
                findings.add(at: scope, "scope \(scope.quoted) is neither Cluster nor Namespace")
                return
            }
            if namespace == nil { findings.add(at: parameters, "namespace is missing, the scope Namespace needs one") }
            findings.check(namespace, Names.labelFault, as: "namespace")
        })
}

/// Rules for NetworkPolicies (kubernetes pkg/apis/networking/validation/validation.go).
enum NetworkRules {
    static let all: [Rule] = [peer, block, port, policyTypes]

    private static let kinds = ["NetworkPolicy.networking.k8s.io"]

    static func eachPeer(of spec: Value, _ body: (Value) -> Void) {
        for rule in spec.items("ingress") { for peer in rule.items("from") where peer.kind == .mapping || peer.isNull { body(peer) } }
        for rule in spec.items("egress") { for peer in rule.items("to") where peer.kind == .mapping || peer.isNull { body(peer) } }
    }

    static func eachPort(of spec: Value, _ body: (Value) -> Void) {
        for rule in spec.items("ingress") { for port in rule.items("ports") where port.kind == .mapping { body(port) } }
        for rule in spec.items("egress") { for port in rule.items("ports") where port.kind == .mapping { body(port) } }
    }

    static let peer = Rule(
        "k8s/network-peer", kinds: kinds,
        summary: "a peer of a network policy is an ipBlock, or selectors",
        reason: "ValidateNetworkPolicyPeer in pkg/apis/networking/validation.",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: web}
            spec:
              podSelector: {}
              ingress:
              - from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: web}
            spec:
              podSelector: {}
              ingress:
              - from: [{podSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            eachPeer(of: spec) { peer in
                let hasSelector = peer.given("podSelector") != nil || peer.given("namespaceSelector") != nil
                let hasBlock = peer.given("ipBlock") != nil
                if hasBlock, hasSelector {
                    findings.add(
                        at: peer.place(of: "ipBlock"), "ipBlock is not allowed beside a selector",
                        hint: "make it a peer of its own, with \"-\" before it")
                } else if !hasBlock, !hasSelector {
                    findings.add(at: peer, "a peer needs podSelector, namespaceSelector or ipBlock", hint: "\"podSelector: {}\" is every pod")
                }
            }
        })

    static let block = Rule(
        "k8s/network-cidr", kinds: kinds,
        summary: "an ipBlock is a block of addresses, and what it excepts lies within",
        reason:
            "ValidateIPBlock in pkg/apis/networking/validation; IsValidCIDRForLegacyField: no leading zeros, no bits behind the prefix (Kubernetes 1.36).",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: web}
            spec:
              podSelector: {}
              ingress:
              - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [192.168.0.0/16]}}]
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: web}
            spec:
              podSelector: {}
              ingress:
              - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            eachPeer(of: spec) { peer in
                guard let block = peer.mapping("ipBlock"), let text = block.text("cidr") else { return }
                if let fault = AddressBlock.fault(text.bytes) { findings.add(at: text, "\(text.quoted) \(fault)") }
                let whole = try? AddressBlock(text.bytes)
                for item in block.items("except") where item.kind == .string {
                    if let fault = AddressBlock.fault(item.bytes) {
                        findings.add(at: item, "\(item.quoted) \(fault)")
                    } else if let whole, let part = try? AddressBlock(item.bytes), !whole.strictlyContains(part) {
                        findings.add(at: item, "\(item.quoted) is not a smaller block within \(text.quoted)")
                    }
                }
            }
        })

    static let port = Rule(
        "k8s/network-port", kinds: kinds,
        summary: "endPort follows a port that is a number, and is not below it",
        reason: "ValidateNetworkPolicyPort in pkg/apis/networking/validation.",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: web}
            spec:
              podSelector: {}
              ingress:
              - ports: [{port: 9000, endPort: 8000}]
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: web}
            spec:
              podSelector: {}
              ingress:
              - ports: [{port: 8000, endPort: 9000}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            eachPort(of: spec) { port in
                guard let end = port.given("endPort"), let last = end.integer else { return }
                guard let first = port.given("port") else {
                    findings.add(at: port.place(of: "endPort"), "endPort needs a port")
                    return
                }
                if first.kind == .string {
                    findings.add(at: port.place(of: "endPort"), "endPort is not allowed beside a port given by name")
                } else if let number = first.integer, last < number {
                    findings.add(at: end, "endPort \(last) is below port \(number)")
                }
            }
        })

    static let policyTypes = Rule(
        "k8s/network-policy-types", kinds: kinds,
        summary: "policyTypes has at most two items",
        reason: "Ingress and Egress are all there are (ValidateNetworkPolicySpec in pkg/apis/networking/validation).",
        bad: """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: web}
            spec:
              podSelector: {}
              policyTypes: [Ingress, Egress, Ingress]
            """,
        good: """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: web}
            spec:
              podSelector: {}
              policyTypes: [Ingress, Egress]
            """,
        check: .object { object, findings in
            guard let spec = object.spec, spec.items("policyTypes").count > 2 else { return }
            findings.add(
                at: spec.given("policyTypes") ?? object.specPlace, "policyTypes has \(spec.items("policyTypes").count) items, at most 2 are allowed")
        })
}
