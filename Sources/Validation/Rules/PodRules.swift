import Manifests

/// Rules for the pod itself
/// (pkg/apis/core/validation/validation.go: ValidatePodSpec).
enum PodRules {
    static let all: [Rule] = ContainerRules.all + EnvironmentVariableRules.all + MountRules.all + VolumeRules.all + ProbeRules.all
        + ResourceRules.all + SecurityRules.all + SchedulingRules.all + own

    private static let own: [Rule] = [
        dnsNone, dnsConfig, hostAlias, hostname, hostnameOverride, deadline, referenceName, deletionCost,
    ]

    // MARK: DNS and names

    static let dnsNone = Rule(
        "k8s/dns-policy-none",
        keys: ["dnsPolicy"],
        summary: "a pod with dnsPolicy: None names its DNS servers",
        reason: "validatePodDNSConfig.",
        bad: Example.pod(spec: "dnsPolicy: None"),
        good: Example.pod(spec: "dnsPolicy: None\ndnsConfig:\n  nameservers: [10.0.0.10]"),
        check: .pod { pod, findings in
            guard let policy = pod.spec["dnsPolicy"], policy.equals("None"), (pod.spec.mapping("dnsConfig")?["nameservers"]?.count ?? 0) == 0
            else { return }
            findings.add(at: policy, "dnsPolicy is None, and dnsConfig names no nameservers", hint: "set dnsConfig.nameservers")
        })

    static let dnsConfig = Rule(
        "k8s/dns-config",
        keys: ["dnsConfig"],
        summary: "a dnsConfig has at most 3 nameservers, which are IP addresses, and at most 32 search domains of 2048 characters in all",
        reason: "validatePodDNSConfig. The search domain \".\" and \"_\" in search domains are allowed since Kubernetes 1.33.",
        bad: Example.pod(spec: "dnsConfig:\n  nameservers: [dns.example.com]"),
        good: Example.pod(spec: "dnsConfig:\n  nameservers: [10.0.0.10]"),
        check: .pod { pod, findings in
            guard let config = pod.spec.mapping("dnsConfig") else { return }
            let servers = config.list("nameservers")
            if servers.count > 3 { findings.add(at: config.place("nameservers"), "dnsConfig has \(servers.count) nameservers, at most 3 are allowed") }
            for server in servers where server.kind == .string && !IPText.isAddress(server.bytes) {
                findings.add(at: server, "nameserver \(server.quoted) is no IP address")
            }
            let searches = config.list("searches")
            if searches.count > 32 { findings.add(at: config.place("searches"), "dnsConfig has \(searches.count) search domains, at most 32 are allowed") }
            var length = Swift.max(0, searches.count - 1)
            for search in searches where search.kind == .string {
                var text = search.bytes
                length += text.count
                if text.elementsEqual(".") { continue }
                if text.last == Names.dot { text = UnsafeBufferPointer(rebasing: text[..<(text.count - 1)]) }
                if let fault = Names.searchDomainFault(text) { findings.add(at: search, "search domain \(search.quoted) \(fault)") }
            }
            if length > 2048 { findings.add(at: config.place("searches"), "the search domains have \(length) characters in all, at most 2048 are allowed") }
            for option in config.list("options") where option.kind == .mapping && option.lacks("name") {
                findings.add(at: option, "an option of dnsConfig has no name")
            }
        })

    static let hostAlias = Rule(
        "k8s/host-alias",
        keys: ["hostAliases"],
        summary: "a host alias has an IP address, and DNS names",
        reason: "ValidateHostAliases.",
        bad: Example.pod(spec: "hostAliases:\n  - ip: 10.0.0.1\n    hostnames: [Main_Host]"),
        good: Example.pod(spec: "hostAliases:\n  - ip: 10.0.0.1\n    hostnames: [main-host]"),
        check: .pod { pod, findings in
            for alias in pod.spec.list("hostAliases") {
                if let address = alias.text("ip"), !IPText.isAddress(address.bytes) {
                    findings.add(at: address, "ip \(address.quoted) of a host alias is no IP address")
                }
                for name in alias.list("hostnames") where name.kind == .string {
                    if let fault = Names.subdomainFault(name.bytes) { findings.add(at: name, "host name \(name.quoted) \(fault)") }
                }
            }
        })

    static let hostname = Rule(
        "k8s/hostname",
        keys: ["hostname", "subdomain"],
        summary: "the hostname and subdomain of a pod are DNS labels",
        reason: "ValidatePodSpec. A StatefulSet replaces them, so there they are not read.",
        bad: Example.pod(spec: "hostname: web.example.com"),
        good: Example.pod(spec: "hostname: web"),
        check: .pod { pod, findings in
            guard !pod.isOfStatefulSet else { return }
            if let name = pod.spec.filled("hostname"), let fault = Names.labelFault(name.bytes) {
                findings.add(at: name, "hostname \(name.quoted) \(fault)")
            }
            if let name = pod.spec.filled("subdomain"), let fault = Names.labelFault(name.bytes) {
                findings.add(at: name, "subdomain \(name.quoted) \(fault)")
            }
        })

    static let hostnameOverride = Rule(
        "k8s/hostname-override",
        keys: ["hostnameOverride"],
        summary: "a hostnameOverride is a DNS name of at most 64 characters, without setHostnameAsFQDN and hostNetwork",
        reason: "validatePodHostName (since Kubernetes 1.35).",
        bad: Example.pod(spec: "hostnameOverride: web.example.com\nhostNetwork: true"),
        good: Example.pod(spec: "hostnameOverride: web.example.com"),
        check: .pod { pod, findings in
            guard let name = pod.spec.text("hostnameOverride") else { return }
            if pod.spec.isTrue("setHostnameAsFQDN") {
                findings.add(at: pod.spec.place("hostnameOverride"), "hostnameOverride and setHostnameAsFQDN exclude each other")
            }
            if pod.hasHostNetwork { findings.add(at: pod.spec.place("hostnameOverride"), "hostnameOverride and hostNetwork exclude each other") }
            if name.bytes.count > 64 {
                findings.add(at: name, "hostnameOverride \(Names.tooLong(name.bytes, 64))")
            } else if let fault = Names.subdomainFault(name.bytes) {
                findings.add(at: name, "hostnameOverride \(name.quoted) \(fault)")
            }
        })

    static let deadline = Rule(
        "k8s/active-deadline",
        keys: ["activeDeadlineSeconds"],
        summary: "a pod's activeDeadlineSeconds is between 1 and 2147483647",
        reason: "ValidatePodSpec.",
        bad: Example.pod(spec: "activeDeadlineSeconds: 0"),
        good: Example.pod(spec: "activeDeadlineSeconds: 1"),
        check: .pod { pod, findings in
            guard let seconds = pod.spec["activeDeadlineSeconds"], let value = seconds.integer, !(1...Int64(Int32.max)).contains(value)
            else { return }
            findings.add(at: seconds, "activeDeadlineSeconds \(value) is not between 1 and \(Int32.max)")
        })

    static let referenceName = Rule(
        "k8s/pod-reference-name",
        keys: ["serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"],
        summary: "what a pod names by its name can have that name: service account, node, priority class, runtime class",
        reason: "ValidatePodSpec: ValidateServiceAccountName, ValidateNodeName, ValidatePriorityClassName, ValidateRuntimeClassName.",
        bad: Example.deployment(spec: "serviceAccountName: Web_Account"),
        good: Example.deployment(spec: "serviceAccountName: web-account"),
        check: .pod { pod, findings in
            for field in pod.spec.fields where field.value.kind == .string {
                let key = field.key
                let isClass = key.equals("runtimeClassName")
                guard isClass || key.equals("serviceAccountName") || key.equals("nodeName") || key.equals("priorityClassName"),
                    isClass || !field.value.bytes.isEmpty, let fault = Names.subdomainFault(field.value.bytes)
                else { continue }
                findings.add(at: field.value, "\(key.text) \(field.value.quoted) \(fault)")
            }
        })

    static let deletionCost = Rule(
        "k8s/pod-deletion-cost",
        keys: ["controller.kubernetes.io/pod-deletion-cost"],
        summary: "the annotation for the cost of a pod's deletion is an integer of 32 bits",
        reason: "ValidatePodSpecificAnnotations, GetDeletionCostFromPodAnnotations.",
        bad: Example.pod(metadata: "annotations:\n  controller.kubernetes.io/pod-deletion-cost: high"),
        good: Example.pod(metadata: "annotations:\n  controller.kubernetes.io/pod-deletion-cost: \"100\""),
        check: .pod { pod, findings in
            guard let cost = pod.metadata?.mapping("annotations")?.text("controller.kubernetes.io/pod-deletion-cost") else { return }
            let text = cost.text
            let isFormed = text.first != "+" && !(text.count > 1 && text.first == "0") && Int32(text) != nil
            if !isFormed { findings.add(at: cost, "pod-deletion-cost \(cost.quoted) is no integer of 32 bits") }
        })
}

/// The text of IP addresses, as the API server reads it since Kubernetes 1.36
/// (apimachinery pkg/util/validation/ip.go: IsValidIPForLegacyField).
enum IPText {
    static func isAddress(_ text: Names.Bytes) -> Bool { isVersion4(text) || isVersion6(text) }

    /// Four numbers from 0 to 255, without zeros before them.
    static func isVersion4(_ text: Names.Bytes) -> Bool {
        guard text.count >= 7, text.count <= 15 else { return false }
        var parts = 0
        let isFormed = Names.eachPart(of: text, between: Names.dot) { part in
            parts += 1
            guard !part.isEmpty, part.count <= 3, part.count == 1 || part[0] != UInt8(ascii: "0") else { return false }
            var number = 0
            for byte in part {
                guard Names.isDigit(byte) else { return false }
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return number <= 255
        }
        return isFormed && parts == 4
    }

    /// Eight groups of hexadecimal digits, one run of zeros perhaps left out, the
    /// last two perhaps an address of version 4; none that only wraps version 4.
    static func isVersion6(_ text: Names.Bytes) -> Bool {
        guard text.count >= 2, text.count <= 45 else { return false }
        let colon = UInt8(ascii: ":")
        return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 8) { groups in
            groups.initialize(repeating: 0)
            var (count, gap, position) = (0, -1, 0)
            if text[0] == colon {
                guard text[1] == colon else { return false }
                (gap, position) = (0, 2)
            }
            while position < text.count {
                guard count < 8 else { return false }
                let rest = Names.Bytes(rebasing: text[position...])
                if rest.contains(Names.dot), !rest.contains(colon) {
                    guard count <= 6, isVersion4(rest) else { return false }
                    var numbers: (UInt16, UInt16, index: Int) = (0, 0, 0)
                    _ = Names.eachPart(of: rest, between: Names.dot) { part in
                        let number = part.reduce(UInt16(0)) { $0 * 10 + UInt16($1 - 0x30) }
                        if numbers.index < 2 { numbers.0 = numbers.0 << 8 | number } else { numbers.1 = numbers.1 << 8 | number }
                        numbers.index += 1
                        return true
                    }
                    (groups[count], groups[count + 1]) = (numbers.0, numbers.1)
                    count += 2
                    position = text.count
                    break
                }
                var (digits, group) = (0, UInt16(0))
                while position < text.count, let digit = hexadecimal(text[position]) {
                    guard digits < 4 else { return false }
                    group = group << 4 | UInt16(digit)
                    digits += 1
                    position += 1
                }
                guard digits > 0 else { return false }
                groups[count] = group
                count += 1
                guard position < text.count else { break }
                guard text[position] == colon else { return false }
                position += 1
                guard position < text.count else { return false }
                if text[position] == colon {
                    guard gap < 0 else { return false }
                    gap = count
                    position += 1
                }
            }
            guard gap >= 0 ? count < 8 : count == 8 else { return false }
            // ::ffff:a.b.c.d is an address of version 4 in disguise.
            if gap < 0 { return !(groups[0] == 0 && groups[1] == 0 && groups[2] == 0 && groups[3] == 0 && groups[4] == 0 && groups[5] == 0xFFFF) }
            let after = count - gap
            guard after >= 3 || gap >= 6 else { return true }
            func group(_ index: Int) -> UInt16 {
                if index < gap { return groups[index] }
                return index < 8 - after ? 0 : groups[index - 8 + count]
            }
            for index in 0..<5 where group(index) != 0 { return true }
            return group(5) != 0xFFFF
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        if Names.isDigit(byte) { return byte - UInt8(ascii: "0") }
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "f") ? lower - UInt8(ascii: "a") + 10 : nil
    }
}
