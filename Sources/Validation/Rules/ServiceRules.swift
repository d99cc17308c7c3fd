import Manifests

/// Rules for Services and endpoints (kubernetes pkg/apis/core/validation/validation.go,
/// `validateService`; pkg/apis/discovery/validation/validation.go).
enum ServiceRules {
    static let all: [Rule] = [
        portsRequired, portName, duplicatePortName, duplicatePort, duplicateNodePort, portRange, targetPortName, appProtocol, nodePortRange,
        nodePortType, clusterIP, headlessType, clusterIPsAgree, ipFamilies, externalName, externalNameClusterIP, externalTrafficPolicy,
        healthCheckNodePort, sessionAffinity, loadBalancerFields, loadBalancerClass, sourceRanges, externalIPs, trafficDistribution,
        endpointSubset, endpointAddress, endpointSliceAddress, endpointSliceHints, endpointHostname,
    ]

    private static func isHeadless(_ spec: Value) -> Bool {
        // Only a single cluster IP makes a service headless; clusterIPs follow clusterIP.
        let addresses = spec.items("clusterIPs")
        if addresses.isEmpty { return spec.has("clusterIP", "None") }
        return addresses.count == 1 && addresses.first?.equals("None") == true
    }

    private static func isExternalName(_ spec: Value) -> Bool { spec.has("type", "ExternalName") }
    private static func isClusterIP(_ spec: Value) -> Bool { spec.hasNothing("type") || spec.has("type", "ClusterIP") }
    private static func isLoadBalancer(_ spec: Value) -> Bool { spec.has("type", "LoadBalancer") }
    private static func typeName(_ spec: Value) -> String { spec.filled("type")?.text ?? "ClusterIP" }

    static let portsRequired = Rule(
        "k8s/service-ports-required", kinds: ["Service"],
        summary: "a service has a port, unless it is headless or an external name",
        reason: "Without a port there is nothing to forward (validateService in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            let spec = object.root["spec"]
            guard spec == nil || spec?.kind == .mapping || spec?.isNull == true else { return }
            guard let spec, spec.kind == .mapping else {
                findings.add(at: object.kindPlace, "the service has no ports")
                return
            }
            guard spec.hasNothing("ports"), !isHeadless(spec), !isExternalName(spec) else { return }
            findings.add(
                at: spec.given("ports") ?? object.specPlace, "the service has no ports",
                hint: "add ports, or make it headless with \"clusterIP: None\"")
        })

    static let portName = Rule(
        "k8s/service-port-name", kinds: ["Service", "Endpoints", "EndpointSlice.discovery.k8s.io"],
        summary: "where a service has several ports each has a name, a DNS label",
        reason:
            "Names tell the ports apart; each is a DNS label of at most 63 characters (validateServicePort, validateEndpointPort in pkg/apis/core/validation; validatePorts in pkg/apis/discovery/validation).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80}, {port: 443}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{name: http, port: 80}, {name: https, port: 443}]
            """,
        check: .object { object, findings in
            func check(_ ports: Slice<Value.Items>, isRequired: Bool) {
                for port in ports where port.kind == .mapping {
                    if let name = port.filled("name") {
                        findings.check(name, Names.labelFault, as: "port name")
                    } else if isRequired, port.hasNothing("name") {
                        findings.add(at: port.spot("name"), "a port without a name; where there are several, each needs one")
                    }
                }
            }
            switch object.kind {
            case "Service":
                guard let ports = object.spec?.items("ports") else { return }
                check(ports, isRequired: ports.count > 1)
            case "Endpoints":
                for subset in object.root.items("subsets") {
                    let ports = subset.items("ports")
                    check(ports, isRequired: ports.count > 1)
                }
            default: check(object.root.items("ports"), isRequired: false)
            }
        })

    static let duplicatePortName = Rule(
        "k8s/duplicate-service-port-name", kinds: ["Service", "EndpointSlice.discovery.k8s.io"],
        summary: "no two ports of a service have the same name",
        reason: "An Ingress and the endpoints find a port by its name (validateServicePort; validatePorts in pkg/apis/discovery/validation).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{name: http, port: 80}, {name: http, port: 8080}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{name: http, port: 80}, {name: http-alt, port: 8080}]
            """,
        check: .object { object, findings in
            let isService = object.kind == "Service"
            let ports = isService ? object.spec?.items("ports") : object.root.items("ports")
            guard let ports else { return }
            Repetition.find(in: ports, by: { $0.filled("name") }) { _, again in
                findings.add(at: again, "port name \(again.quoted) comes twice")
            }
            if !isService {
                var count = 0
                for port in ports where port.hasNothing("name") {
                    count += 1
                    if count == 2 { findings.add(at: port, "two ports have no name") }
                }
            }
        })

    static let duplicatePort = Rule(
        "k8s/duplicate-service-port", kinds: ["Service"],
        summary: "no two ports of a service have the same number and protocol",
        reason: "A packet could go to either (validateService in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{name: http, port: 80}, {name: web, port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{name: http, port: 80}, {name: dns, port: 80, protocol: UDP}]
            """,
        check: .object { object, findings in
            guard let ports = object.spec?.items("ports") else { return }
            Repetition.find(in: ports, byNumber: { number(of: $0, "port") }) { _, again in
                findings.add(
                    at: again.spot("port"), "port \(again.integer("port") ?? 0)/\(again.filled("protocol")?.text ?? "TCP") comes twice")
            }
        })

    /// Port and protocol in one number.
    private static func number(of port: Value, _ key: StaticString) -> Int64? {
        guard let number = port.integer(key), number > 0, number <= 65535 else { return nil }
        guard let name = port.filled("protocol") else { return number }
        return number | Int64(name.equals("TCP") ? 0 : name.hash) << 16
    }

    static let duplicateNodePort = Rule(
        "k8s/duplicate-node-port", kinds: ["Service"],
        summary: "no two ports of a service have the same node port and protocol",
        reason: "A packet to a node could go to either (validateService in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: NodePort
              selector: {app: web}
              ports: [{name: http, port: 80, nodePort: 30080}, {name: https, port: 443, nodePort: 30080}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: NodePort
              selector: {app: web}
              ports: [{name: http, port: 80, nodePort: 30080}, {name: https, port: 443, nodePort: 30443}]
            """,
        check: .object { object, findings in
            guard let ports = object.spec?.items("ports") else { return }
            Repetition.find(in: ports, byNumber: { number(of: $0, "nodePort") }) { _, again in
                findings.add(at: again.spot("nodePort"), "nodePort \(again.integer("nodePort") ?? 0) comes twice")
            }
        })

    static let portRange = Rule(
        "k8s/service-port-range",
        kinds: ["Service", "Endpoints", "EndpointSlice.discovery.k8s.io", "Ingress.networking.k8s.io", "NetworkPolicy.networking.k8s.io"],
        summary: "ports lie between 1 and 65535",
        reason: "IsValidPortNum in k8s.io/apimachinery pkg/util/validation.",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80, targetPort: 80800}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80, targetPort: 8080}]
            """,
        check: .object { object, findings in
            switch object.kind {
            case "Service":
                for port in object.spec?.items("ports") ?? object.root.items.prefix(0) {
                    findings.check(port["port"], 1...65535, as: "port")
                    // 0 is the default, which is the port.
                    findings.check(port["targetPort"], 0...65535, as: "targetPort")
                    findings.check(port["nodePort"], 0...65535, as: "nodePort")
                }
            case "Endpoints":
                for subset in object.root.items("subsets") {
                    for port in subset.items("ports") { findings.check(port["port"], 1...65535, as: "port") }
                }
            case "Ingress":
                IngressRules.eachBackend(of: object) { backend in
                    guard let number = backend.at("service", "port", "number") else { return }
                    findings.check(number, 0...65535, as: "port")
                }
            case "NetworkPolicy":
                guard let spec = object.spec else { return }
                NetworkRules.eachPort(of: spec) { port in
                    findings.check(port["port"], 1...65535, as: "port")
                    findings.check(port["endPort"], 1...65535, as: "endPort")
                }
            default: break
            }
        })

    static let targetPortName = Rule(
        "k8s/target-port-name", kinds: ["Service", "Ingress.networking.k8s.io", "NetworkPolicy.networking.k8s.io"],
        summary: "a port given by name has the form of a port name",
        reason:
            "At most 15 lower-case letters, digits and \"-\", with a letter among them; a number in quotes is none (IsValidPortName in k8s.io/apimachinery pkg/util/validation, called by validateServicePort, validateIngressBackend, ValidateNetworkPolicyPort).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80, targetPort: "8080"}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80, targetPort: 8080}]
            """,
        check: .object { object, findings in
            func check(_ value: Value?, _ words: StaticString) {
                guard let value, value.kind == .string, let fault = Names.portNameFault(value.bytes) else { return }
                findings.add(
                    at: value, "\(words) \(value.quoted) \(fault)",
                    hint: !value.bytes.isEmpty && value.bytes.allSatisfy(Names.isDigit) ? "write the number without quotes" : nil)
            }
            switch object.kind {
            case "Service":
                for port in object.spec?.items("ports") ?? object.root.items.prefix(0) { check(port.filled("targetPort"), "targetPort") }
            case "Ingress":
                IngressRules.eachBackend(of: object) { backend in
                    guard let port = backend.at("service", "port"), port.kind == .mapping, port.integer("number") ?? 0 == 0 else { return }
                    check(port.filled("name"), "port name")
                }
            default:
                guard let spec = object.spec else { return }
                NetworkRules.eachPort(of: spec) { check($0["port"], "port") }
            }
        })

    static let appProtocol = Rule(
        "k8s/app-protocol", kinds: ["Service", "Endpoints", "EndpointSlice.discovery.k8s.io"],
        summary: "appProtocol is the name of a protocol",
        reason:
            "A registered name such as \"https\", or one with a domain as \"example.com/protocol\" (ValidateQualifiedName, called by validateServicePort, validateEndpointPort, validatePorts).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80, appProtocol: "http 2"}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80, appProtocol: kubernetes.io/h2c}]
            """,
        check: .object { object, findings in
            func check(_ ports: Slice<Value.Items>) {
                for port in ports { findings.check(port.text("appProtocol"), { Names.qualifiedNameFault($0) }, as: "appProtocol") }
            }
            switch object.kind {
            case "Service": check(object.spec?.items("ports") ?? object.root.items.prefix(0))
            case "Endpoints": for subset in object.root.items("subsets") { check(subset.items("ports")) }
            default: check(object.root.items("ports"))
            }
        })

    static let nodePortRange = Rule(
        "k8s/node-port-range", severity: .warning, kinds: ["Service"],
        summary: "node ports lie between 30000 and 32767",
        reason:
            "That is the range that an API server gives out unless it was started with another (--service-node-port-range; initNodePorts in pkg/registry/core/service/storage/alloc.go), which is why this warns only; a dry run doesn't see it. Where the cluster has no other range, make it an error in ops.yaml.",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: NodePort
              selector: {app: web}
              ports: [{port: 80, nodePort: 8080}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: NodePort
              selector: {app: web}
              ports: [{port: 80, nodePort: 30080}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec, spec.has("type", "NodePort") || isLoadBalancer(spec) else { return }
            for port in spec.items("ports") {
                guard let value = port["nodePort"], let number = value.integer, number > 0, number <= 65535, !(30000...32767).contains(number)
                else { continue }
                findings.add(at: value, "nodePort \(number) lies outside 30000 to 32767", hint: "leave it out, and the server picks one")
            }
        })

    static let nodePortType = Rule(
        "k8s/node-port-type", kinds: ["Service"],
        summary: "nodePort stands only in a service of the type NodePort or LoadBalancer",
        reason: "A service of the type ClusterIP, the default, has no ports on the nodes (validateService in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80, nodePort: 30080}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: NodePort
              selector: {app: web}
              ports: [{port: 80, nodePort: 30080}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec, isClusterIP(spec) else { return }
            for port in spec.items("ports") {
                guard let value = port["nodePort"], let number = value.integer, number != 0 else { continue }
                findings.add(
                    at: port.place(of: "nodePort"), "nodePort is not allowed in a service of the type ClusterIP",
                    hint: "remove it, or add \"type: NodePort\"")
            }
        })

    static let clusterIP = Rule(
        "k8s/cluster-ip", kinds: ["Service"],
        summary: "clusterIP and clusterIPs are addresses, or None",
        reason: "ValidateServiceClusterIPsRelatedFields in pkg/apis/core/validation; leading zeros and IPv4 inside IPv6 are refused.",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              clusterIP: none
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              clusterIP: None
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec, !isExternalName(spec) else { return }
            func check(_ value: Value, _ words: StaticString) {
                guard value.kind == .string, let fault = IPAddress.fault(value.bytes) else { return }
                findings.add(
                    at: value, "\(words) \(value.quoted) \(fault)",
                    hint: value.bytes.count == 4 && value.text.lowercased() == "none" ? "a headless service has \"None\"" : nil)
            }
            let addresses = spec.items("clusterIPs")
            if addresses.isEmpty {
                if let address = spec.filled("clusterIP"), !address.equals("None") { check(address, "clusterIP") }
                return
            }
            for (index, address) in addresses.enumerated() {
                if index == 0, address.equals("None") {
                    if addresses.count > 1 { findings.add(at: address, "None must be the only value of clusterIPs") }
                    continue
                }
                check(address, "clusterIPs")
            }
        })

    static let headlessType = Rule(
        "k8s/headless-service-type", kinds: ["Service"],
        summary: "a headless service is of the type ClusterIP",
        reason: "A node port or load balancer needs an address to forward to (validateService in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: LoadBalancer
              clusterIP: None
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: LoadBalancer
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec, isLoadBalancer(spec) || spec.has("type", "NodePort"), isHeadless(spec) else { return }
            findings.add(at: spec.given("clusterIP") ?? spec.spot("clusterIPs"), "None is not allowed in a service of the type \(typeName(spec))")
        })

    static let clusterIPsAgree = Rule(
        "k8s/cluster-ips-agree", kinds: ["Service"],
        summary: "clusterIPs begins with clusterIP, and has one address of a family",
        reason: "ValidateServiceClusterIPsRelatedFields in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              clusterIPs: [None]
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              clusterIP: None
              clusterIPs: [None]
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec, !isExternalName(spec) else { return }
            let addresses = spec.items("clusterIPs")
            guard let first = addresses.first else { return }
            guard let address = spec.filled("clusterIP") else {
                findings.add(at: spec.place(of: "clusterIPs"), "clusterIPs is set and clusterIP is not", hint: "set clusterIP to the first of them")
                return
            }
            if first.kind == .string, !first.equals(address) {
                findings.add(at: first, "clusterIPs begins with \(first.quoted), clusterIP is \(address.quoted)")
            }
            if addresses.count > 2 {
                findings.add(at: spec.given("clusterIPs") ?? object.specPlace, "clusterIPs has \(addresses.count) addresses, at most 2 are allowed")
            }
            let read = addresses.prefix(3).compactMap { try? IPAddress($0.bytes) }
            if addresses.count == 2, read.count == 2, read[0].isIPv4 == read[1].isIPv4 {
                findings.add(at: addresses.last ?? first, "clusterIPs has two addresses of one family")
            }
        })

    static let ipFamilies = Rule(
        "k8s/ip-families", kinds: ["Service"],
        summary: "ipFamilies, ipFamilyPolicy and clusterIPs fit each other",
        reason:
            "A family comes once, in the order of the addresses; two need the policy PreferDualStack or RequireDualStack (ValidateServiceClusterIPsRelatedFields in pkg/apis/core/validation; initIPFamilyFields in pkg/registry/core/service/storage/alloc.go).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              ipFamilies: [IPv4, IPv4]
              ipFamilyPolicy: PreferDualStack
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              ipFamilies: [IPv4]
              ipFamilyPolicy: PreferDualStack
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec, !isExternalName(spec) else { return }
            let families = spec.items("ipFamilies")
            var hasRepetition = false
            Repetition.find(in: families, by: { $0 }) { _, again in
                hasRepetition = true
                findings.add(at: again, "\(again.quoted) comes twice in ipFamilies")
            }
            let addresses = spec.items("clusterIPs")
            let single = spec.has("ipFamilyPolicy", "SingleStack")
            let isSingleByDefault = spec.hasNothing("ipFamilyPolicy") && !(isHeadless(spec) && spec.hasNothing("selector"))
            if !hasRepetition, single || isSingleByDefault, families.count == 2 || addresses.count == 2 {
                let place = single ? spec.spot("ipFamilyPolicy") : families.count == 2 ? spec.place(of: "ipFamilies") : spec.place(of: "clusterIPs")
                findings.add(
                    at: place, "two \(families.count == 2 ? "families" : "addresses") need another ipFamilyPolicy than SingleStack",
                    hint: "set ipFamilyPolicy to PreferDualStack or RequireDualStack")
            }
            for (index, family) in families.prefix(2).enumerated() {
                let address = index < addresses.count ? addresses[addresses.startIndex + index] : index == 0 ? spec.filled("clusterIP") : nil
                guard let address, let read = try? IPAddress(address.bytes), family.equals("IPv4") || family.equals("IPv6"),
                    read.isIPv4 != family.equals("IPv4")
                else { continue }
                findings.add(at: address, "\(address.quoted) is not of the family \(family.text), which ipFamilies has in its place")
            }
        })

    static let externalName = Rule(
        "k8s/external-name", kinds: ["Service"],
        summary: "a service of the type ExternalName has the name of a host",
        reason: "It is answered with as a CNAME, so that it is a DNS name of lower-case letters (validateService in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: db}
            spec:
              type: ExternalName
              externalName: https://db.example.com
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: db}
            spec:
              type: ExternalName
              externalName: db.example.com
            """,
        check: .object { object, findings in
            guard let spec = object.spec, isExternalName(spec) else { return }
            guard let name = spec.filled("externalName"), !name.equals(".") else {
                if spec.hasNothing("externalName") || spec.has("externalName", ".") {
                    findings.add(at: spec.given("externalName") ?? object.specPlace, "externalName is missing")
                }
                return
            }
            let bytes = name.bytes.last == Names.dot ? Names.Bytes(rebasing: name.bytes.dropLast()) : name.bytes
            guard let fault = Names.subdomainFault(bytes) else { return }
            findings.add(at: name, "externalName \(name.quoted) \(fault)")
        })

    static let externalNameClusterIP = Rule(
        "k8s/external-name-cluster-ip", kinds: ["Service"],
        summary: "a service of the type ExternalName has no addresses",
        reason: "validateService in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: db}
            spec:
              type: ExternalName
              externalName: db.example.com
              clusterIP: None
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: db}
            spec:
              type: ExternalName
              externalName: db.example.com
            """,
        check: .object { object, findings in
            guard let spec = object.spec, isExternalName(spec) else { return }
            for key: StaticString in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] where !spec.hasNothing(key) {
                findings.add(at: spec.place(of: key), "\(key) is not allowed in a service of the type ExternalName")
            }
        })

    static let externalTrafficPolicy = Rule(
        "k8s/external-traffic-policy", kinds: ["Service"],
        summary: "externalTrafficPolicy stands only in a service that is reached from outside",
        reason:
            "Those of the types NodePort and LoadBalancer, and those of the type ClusterIP with externalIPs (validateServiceExternalTrafficPolicy in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              externalTrafficPolicy: Local
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: LoadBalancer
              externalTrafficPolicy: Local
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec, !spec.hasNothing("externalTrafficPolicy") else { return }
            guard isExternalName(spec) || (isClusterIP(spec) && spec.hasNothing("externalIPs")) else { return }
            findings.add(
                at: spec.place(of: "externalTrafficPolicy"), "externalTrafficPolicy is not allowed in a service of the type \(typeName(spec))")
        })

    static let healthCheckNodePort = Rule(
        "k8s/health-check-node-port", kinds: ["Service"],
        summary: "healthCheckNodePort stands only beside LoadBalancer and externalTrafficPolicy Local",
        reason: "validateServiceExternalTrafficPolicy in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: LoadBalancer
              healthCheckNodePort: 31000
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: LoadBalancer
              externalTrafficPolicy: Local
              healthCheckNodePort: 31000
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec, let port = spec["healthCheckNodePort"], let number = port.integer, number != 0 else { return }
            guard isLoadBalancer(spec), spec.has("externalTrafficPolicy", "Local") else {
                findings.add(
                    at: spec.place(of: "healthCheckNodePort"),
                    "healthCheckNodePort needs \"type: LoadBalancer\" and \"externalTrafficPolicy: Local\"")
                return
            }
            findings.check(port, 1...65535, as: "healthCheckNodePort")
        })

    static let sessionAffinity = Rule(
        "k8s/session-affinity-timeout", kinds: ["Service"],
        summary: "the timeout of session affinity lies between 1 and 86400 seconds",
        reason: "validateAffinityTimeout in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              sessionAffinity: ClientIP
              sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              sessionAffinity: ClientIP
              sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            // With any other affinity the server drops the configuration.
            guard let spec = object.spec, spec.has("sessionAffinity", "ClientIP") else { return }
            findings.check(spec.at("sessionAffinityConfig", "clientIP", "timeoutSeconds"), 1...86400, as: "timeoutSeconds")
        })

    static let loadBalancerFields = Rule(
        "k8s/load-balancer-fields", kinds: ["Service"],
        summary: "fields of load balancers stand only in a service of the type LoadBalancer",
        reason: "loadBalancerSourceRanges, loadBalancerClass and allocateLoadBalancerNodePorts (validateService, validateLoadBalancerClassField).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              loadBalancerSourceRanges: [10.0.0.0/8]
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: LoadBalancer
              loadBalancerSourceRanges: [10.0.0.0/8]
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec, !isLoadBalancer(spec) else { return }
            if !spec.hasNothing("loadBalancerSourceRanges") {
                findings.add(at: spec.place(of: "loadBalancerSourceRanges"), "loadBalancerSourceRanges needs \"type: LoadBalancer\"")
            } else if let annotation = sourceRangesAnnotation(object) {
                findings.add(at: annotation.key, "\(annotation.key.quoted) needs \"type: LoadBalancer\"")
            }
            for key: StaticString in ["loadBalancerClass", "allocateLoadBalancerNodePorts"] where spec.given(key) != nil {
                findings.add(at: spec.place(of: key), "\(key) needs \"type: LoadBalancer\"")
            }
        })

    private static func sourceRangesAnnotation(_ object: KubernetesObject) -> Value.Field? {
        object.metadata?.mapping("annotations")?.field("service.beta.kubernetes.io/load-balancer-source-ranges")
    }

    static let loadBalancerClass = Rule(
        "k8s/load-balancer-class", kinds: ["Service"],
        summary: "loadBalancerClass is a name as example.com/class",
        reason: "ValidateQualifiedName, called by validateLoadBalancerClassField in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: LoadBalancer
              loadBalancerClass: "internal vip"
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: LoadBalancer
              loadBalancerClass: example.com/internal-vip
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec, isLoadBalancer(spec) else { return }
            findings.check(spec.text("loadBalancerClass"), { Names.qualifiedNameFault($0) }, as: "loadBalancerClass")
        })

    static let sourceRanges = Rule(
        "k8s/load-balancer-source-ranges", kinds: ["Service"],
        summary: "loadBalancerSourceRanges are blocks of addresses",
        reason:
            "validateService in pkg/apis/core/validation; IsValidCIDRForLegacyField: no leading zeros, no bits behind the prefix (Kubernetes 1.36).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: LoadBalancer
              loadBalancerSourceRanges: [10.0.0.1]
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: LoadBalancer
              loadBalancerSourceRanges: [10.0.0.1/32]
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            let ranges = spec.items("loadBalancerSourceRanges")
            for range in ranges where range.kind == .string {
                guard let fault = AddressBlock.fault(trimmed(range.bytes[...])) else { continue }
                findings.add(at: range, "\(range.quoted) \(fault)")
            }
            guard ranges.isEmpty, let annotation = sourceRangesAnnotation(object)?.value, annotation.kind == .string else { return }
            let text = trimmed(annotation.bytes[...])
            guard !text.isEmpty else { return }
            _ = Names.eachPart(of: text, between: UInt8(ascii: ",")) { part in
                guard let fault = AddressBlock.fault(trimmed(part[...])) else { return true }
                findings.add(at: annotation, "\(annotation.quoted): \"\(String(decoding: part.prefix(50), as: UTF8.self))\" \(fault)")
                return false
            }
        })

    /// A text without the spaces around it (`strings.TrimSpace`).
    private static func trimmed(_ text: Slice<Names.Bytes>) -> Names.Bytes {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
        let head = text.drop(while: isSpace)
        let end = head.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? head.startIndex
        return Names.Bytes(rebasing: head[head.startIndex..<end])
    }

    static let externalIPs = Rule(
        "k8s/external-ip", kinds: ["Service"],
        summary: "externalIPs are addresses that a node can be reached at",
        reason: "validateService in pkg/apis/core/validation; ValidateEndpointIP refuses loopback, link-local and unspecified addresses.",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              externalIPs: [127.0.0.1]
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              externalIPs: [192.0.2.10]
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            for address in object.spec?.items("externalIPs") ?? object.root.items.prefix(0) { check(address, &findings) }
        })

    /// Notes that a text is no address that packets can go to.
    private static func check(_ address: Value?, _ findings: inout Findings) {
        guard let address, address.kind == .string else { return }
        do throws(IPAddress.Fault) {
            if let reservation = try IPAddress(address.bytes).reservation { findings.add(at: address, "\(address.quoted) \(reservation)") }
        } catch {
            findings.add(at: address, "\(address.quoted) \(error.words)")
        }
    }

    static let trafficDistribution = Rule(
        "k8s/traffic-distribution", kinds: ["Service"],
        summary: "trafficDistribution is one that Kubernetes has",
        reason: "PreferClose, PreferSameZone or PreferSameNode (validateServiceTrafficDistribution in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              trafficDistribution: PreferLocal
              selector: {app: web}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              trafficDistribution: PreferClose
              selector: {app: web}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            guard let value = object.spec?.text("trafficDistribution"), !value.isOne(of: ["PreferClose", "PreferSameZone", "PreferSameNode"])
            else { return }
            findings.add(at: value, "trafficDistribution \(value.quoted) is unknown", hint: "use PreferClose, PreferSameZone or PreferSameNode")
        })

    static let endpointSubset = Rule(
        "k8s/endpoint-subset", kinds: ["Endpoints"],
        summary: "a subset of endpoints has addresses",
        reason: "validateEndpointSubsets in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: Endpoints
            metadata: {name: db}
            subsets: [{ports: [{port: 5432}]}]
            """,
        good: """
            apiVersion: v1
            kind: Endpoints
            metadata: {name: db}
            subsets: [{addresses: [{ip: 192.0.2.7}], ports: [{port: 5432}]}]
            """,
        check: .object { object, findings in
            for subset in object.root.items("subsets") where subset.hasNothing("addresses") && subset.hasNothing("notReadyAddresses") {
                findings.add(at: subset, "a subset needs addresses or notReadyAddresses")
            }
        })

    static let endpointAddress = Rule(
        "k8s/endpoint-address", kinds: ["Endpoints"],
        summary: "endpoints are addresses that packets can go to",
        reason: "validateEndpointAddress and ValidateEndpointIP in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: Endpoints
            metadata: {name: db}
            subsets: [{addresses: [{ip: db.example.com}], ports: [{port: 5432}]}]
            """,
        good: """
            apiVersion: v1
            kind: Endpoints
            metadata: {name: db}
            subsets: [{addresses: [{ip: 192.0.2.7}], ports: [{port: 5432}]}]
            """,
        check: .object { object, findings in
            for subset in object.root.items("subsets") {
                for list in [subset.items("addresses"), subset.items("notReadyAddresses")] {
                    for address in list { check(address["ip"], &findings) }
                }
            }
        })

    static let endpointSliceAddress = Rule(
        "k8s/endpoint-slice-address", kinds: ["EndpointSlice.discovery.k8s.io"],
        summary: "the addresses of an endpoint slice are of its type",
        reason:
            "Each endpoint has 1 to 100 addresses of the slice's addressType; IPv6 in its shortest form (validateEndpoints in pkg/apis/discovery/validation).",
        bad: """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: db}
            addressType: IPv4
            endpoints: [{addresses: ["2001:db8::7"]}]
            """,
        good: """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: db}
            addressType: IPv4
            endpoints: [{addresses: [192.0.2.7]}]
            """,
        check: .object { object, findings in
            guard let type = object.root.text("addressType") else { return }
            let endpoints = object.root.items("endpoints")
            if endpoints.count > 1000 {
                findings.add(
                    at: object.root.given("endpoints") ?? object.kindPlace, "endpoints has \(endpoints.count) items, at most 1000 are allowed")
                return
            }
            for endpoint in endpoints where endpoint.kind == .mapping {
                let addresses = endpoint.items("addresses")
                if addresses.isEmpty { findings.add(at: endpoint.spot("addresses"), "addresses is missing or empty") }
                if addresses.count > 100 {
                    findings.add(at: endpoint.spot("addresses"), "addresses has \(addresses.count) items, at most 100 are allowed")
                    continue
                }
                for address in addresses where address.kind == .string {
                    guard !type.equals("FQDN") else {
                        let bytes = address.bytes.last == Names.dot ? Names.Bytes(rebasing: address.bytes.dropLast()) : address.bytes
                        if let fault = Names.subdomainFault(bytes) {
                            findings.add(at: address, "\(address.quoted) \(fault)")
                        } else if !bytes.contains(Names.dot) {
                            findings.add(at: address, "\(address.quoted) has only one part, at least two with a dot between are required")
                        } else if !Names.eachPart(of: bytes, between: Names.dot, Names.isLabel) {
                            findings.add(at: address, "\(address.quoted) has a part of more than 63 characters")
                        }
                        continue
                    }
                    guard let read = try? IPAddress(address.bytes) else {
                        check(address, &findings)
                        continue
                    }
                    if type.equals("IPv4") != read.isIPv4 {
                        findings.add(at: address, "\(address.quoted) is not of the addressType \(type.text)")
                    } else if let reservation = read.reservation {
                        findings.add(at: address, "\(address.quoted) \(reservation)")
                    } else if !read.isIPv4, address.text != read.canonical {
                        findings.add(at: address, "\(address.quoted) is not in its shortest form", hint: "write \"\(read.canonical)\"")
                    }
                }
            }
        })

    static let endpointSliceHints = Rule(
        "k8s/endpoint-slice-hints", kinds: ["EndpointSlice.discovery.k8s.io"],
        summary: "the hints of an endpoint name at most eight zones and nodes, each once",
        reason: "validateHints in pkg/apis/discovery/validation.",
        bad: """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: db}
            addressType: IPv4
            endpoints: [{addresses: [192.0.2.7], hints: {forZones: [{name: a}, {name: a}]}}]
            """,
        good: """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: db}
            addressType: IPv4
            endpoints: [{addresses: [192.0.2.7], hints: {forZones: [{name: a}, {name: b}]}}]
            """,
        check: .object { object, findings in
            for endpoint in object.root.items("endpoints") {
                guard let hints = endpoint.mapping("hints") else { continue }
                for isZones in [true, false] {
                    let key: StaticString = isZones ? "forZones" : "forNodes"
                    let items = hints.items(key)
                    if items.count > 8 {
                        findings.add(at: hints.spot(key), "\(key) has \(items.count) items, at most 8 are allowed")
                        continue
                    }
                    Repetition.find(in: items, by: { $0.text("name") }) { _, again in
                        findings.add(at: again, "\(again.quoted) comes twice in \(key)")
                    }
                    for item in items {
                        findings.check(
                            item.text("name"), isZones ? Names.labelValueFault : Names.subdomainFault, as: isZones ? "zone" : "node")
                    }
                }
            }
        })

    static let endpointHostname = Rule(
        "k8s/endpoint-hostname", kinds: ["Endpoints", "EndpointSlice.discovery.k8s.io"],
        summary: "the host and node names of endpoints are DNS names",
        reason:
            "hostname is a DNS label, nodeName a DNS name (validateEndpointAddress in pkg/apis/core/validation, validateEndpoints in pkg/apis/discovery/validation).",
        bad: """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: db}
            addressType: IPv4
            endpoints: [{addresses: [192.0.2.7], hostname: db_1}]
            """,
        good: """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: db}
            addressType: IPv4
            endpoints: [{addresses: [192.0.2.7], hostname: db-1}]
            """,
        check: .object { object, findings in
            if object.kind == "EndpointSlice" {
                for endpoint in object.root.items("endpoints") {
                    findings.check(endpoint.text("hostname"), Names.labelFault, as: "hostname")
                    findings.check(endpoint.text("nodeName"), Names.subdomainFault, as: "nodeName")
                }
                return
            }
            for subset in object.root.items("subsets") {
                for list in [subset.items("addresses"), subset.items("notReadyAddresses")] {
                    for address in list {
                        findings.check(address.filled("hostname"), Names.labelFault, as: "hostname")
                        findings.check(address.text("nodeName"), Names.subdomainFault, as: "nodeName")
                    }
                }
            }
        })
}
