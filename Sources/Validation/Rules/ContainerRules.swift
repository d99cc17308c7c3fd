import Manifests

/// Rules for the containers of pods
/// (pkg/apis/core/validation/validation.go: validateContainers, validateInitContainers, validateContainerCommon).
enum ContainerRules {
    static let all: [Rule] = [
        missingSpec, noContainers, name, duplicate, image, imageSpaces, portNumber, portName, duplicatePortName, duplicateHostPort,
        hostNetworkPort, initContainerFields, restartRules, resizePolicy, ephemeral,
    ]

    static let missingSpec = Rule(
        "k8s/missing-pod-spec", kinds: RulesByKind.kindsWithPods,
        summary: "a Pod, and a template of pods, has a specification",
        reason: "validateContainers: spec.containers is required; the schema alone allows a Pod or template without spec.",
        bad: """
            apiVersion: v1
            kind: Pod
            metadata:
              name: web
            """,
        good: Example.pod(),
        check: .object { object, findings in
            let root = object.root
            switch object.kind {
            case "Pod":
                if root.given("spec") == nil { findings.add(at: root["spec"] ?? root.nearest("kind"), "Pod has no spec") }
            case "PodTemplate":
                guard let template = root.given("template") else {
                    findings.add(at: root["template"] ?? root.nearest("kind"), "PodTemplate has no template")
                    return
                }
                if template.kind == .mapping { checkTemplate(template, in: root, &findings) }
            case "CronJob":
                if let spec = root.mapping("spec")?.mapping("jobTemplate")?.mapping("spec"), let template = spec.mapping("template") {
                    checkTemplate(template, in: spec, &findings)
                }
            default:
                if let spec = root.mapping("spec"), let template = spec.mapping("template") { checkTemplate(template, in: spec, &findings) }
            }
        })

    private static func checkTemplate(_ template: Value, in parent: Value, _ findings: inout Findings) {
        guard template.given("spec") == nil else { return }
        findings.add(at: template["spec"] ?? parent.place("template"), "the template of pods has no spec")
    }

    static let noContainers = Rule(
        "k8s/no-containers",
        summary: "a pod has at least one container",
        reason: "validateContainers: a pod without containers would do nothing; init containers don't count.",
        bad: """
            apiVersion: v1
            kind: Pod
            metadata:
              name: web
            spec:
              containers: []
            """,
        good: Example.pod(),
        check: .pod { pod, findings in
            guard let containers = pod.spec["containers"], containers.isNull || (containers.kind == .sequence && containers.count == 0)
            else { return }
            findings.add(at: containers, "the pod has no containers")
        })

    static let name = Rule(
        "k8s/container-name",
        summary: "a container's name is a DNS label: at most 63 lower-case letters, digits and \"-\"",
        reason: "validateContainerCommon, ValidateDNS1123Label.",
        bad: """
            apiVersion: v1
            kind: Pod
            metadata:
              name: web
            spec:
              containers:
                - name: web_server
                  image: example.com/web:1
            """,
        good: Example.pod(),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                guard let name = container.value.text("name"), let fault = Names.labelFault(name.bytes) else { return }
                findings.add(at: name, "\(container.role == .regular ? "container" : "init container") name \(name.quoted) \(fault)")
            }
        })

    static let duplicate = Rule(
        "k8s/duplicate-container",
        summary: "containers and init containers of a pod have different names",
        reason: "validateContainers, validateInitContainers: logs, exec and status address a container by its name.",
        bad: Example.pod(
            spec: """
                initContainers:
                  - name: web
                    image: example.com/setup:1
                """),
        good: Example.pod(
            spec: """
                initContainers:
                  - name: setup
                    image: example.com/setup:1
                """),
        check: .pod { pod, findings in
            let (containers, initial) = (pod.containers, pod.initContainers)
            let count = containers.count
            Duplicates.each(count + initial.count, { (($0 < count) ? containers[$0] : initial[$0 - count]).text("name")?.bytes }) { again, first in
                let value = again < count ? containers[again] : initial[again - count]
                guard let name = value.text("name") else { return }
                let firstLine = (first < count ? containers[first] : initial[first - count]).text("name")?.position.line ?? 0
                let word = again < count ? "container" : "init container"
                findings.add(at: name, "\(word) name \(name.quoted) is taken by the \(first < count ? "container" : "init container") of line \(firstLine)")
            }
        })

    static let image = Rule(
        "k8s/container-image",
        summary: "a container names an image",
        reason: "validateContainerCommon. The schema alone allows none, for the sake of tools that fill it in.",
        bad: """
            apiVersion: v1
            kind: Pod
            metadata:
              name: web
            spec:
              containers:
                - name: web
            """,
        good: Example.pod(),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                guard container.value.lacks("image") else { return }
                findings.add(at: container.value["image"] ?? container.value.nearest("name"), "\(container.phrase) has no image")
            }
        })

    static let imageSpaces = Rule(
        "k8s/image-spaces", kinds: ["Pod"],
        summary: "the image of a Pod's container has no space before or after it",
        reason: "validateContainerOnlyForPod. In templates the server lets it pass, and refuses the pods.",
        bad: """
            apiVersion: v1
            kind: Pod
            metadata:
              name: web
            spec:
              containers:
                - name: web
                  image: "example.com/web:1 "
            """,
        good: Example.pod(),
        check: .pod { pod, findings in
            guard !pod.isTemplate else { return }
            pod.eachContainer { container in
                guard let image = container.value.filled("image"), let first = image.bytes.first, let last = image.bytes.last,
                    isSpace(first) || isSpace(last)
                else { return }
                findings.add(at: image, "image \(image.quoted) of \(container.phrase) has a space before or after it")
            }
        })

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

    // MARK: Ports

    static let portNumber = Rule(
        "k8s/container-port",
        keys: ["ports"],
        summary: "ports of containers and of the host are between 1 and 65535",
        reason: "validateContainerPorts, IsValidPortNum.",
        bad: Example.pod("ports:\n  - containerPort: 80800"),
        good: Example.pod("ports:\n  - containerPort: 8080"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for port in container.value.list("ports") {
                    if let number = port["containerPort"], let value = number.integer, !(1...65535).contains(value) {
                        findings.add(at: number, "containerPort \(value) of \(container.phrase) is not between 1 and 65535")
                    }
                    if let number = port["hostPort"], let value = number.integer, value != 0, !(1...65535).contains(value) {
                        findings.add(at: number, "hostPort \(value) of \(container.phrase) is not between 1 and 65535")
                    }
                }
            }
        })

    static let portName = Rule(
        "k8s/port-name",
        keys: ["ports"],
        summary: "a port's name has at most 15 lower-case letters, digits and \"-\", one letter at least",
        reason: "validateContainerPorts, IsValidPortName: the form of service names (RFC 6335).",
        bad: Example.pod("ports:\n  - name: http_server_main\n    containerPort: 8080"),
        good: Example.pod("ports:\n  - name: http-main\n    containerPort: 8080"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for port in container.value.list("ports") {
                    guard let name = port.filled("name"), let fault = Names.portNameFault(name.bytes) else { continue }
                    findings.add(at: name, "port name \(name.quoted) of \(container.phrase) \(fault)")
                }
            }
        })

    static let duplicatePortName = Rule(
        "k8s/duplicate-port-name",
        keys: ["ports"],
        summary: "the ports of a container have different names",
        reason: "validateContainerPorts: Services and probes address a port by its name.",
        bad: Example.pod("ports:\n  - name: http\n    containerPort: 8080\n  - name: http\n    containerPort: 8081"),
        good: Example.pod("ports:\n  - name: http\n    containerPort: 8080\n  - name: metrics\n    containerPort: 8081"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                Duplicates.each(container.value.list("ports"), "name") { again, first in
                    findings.add(at: again, "port name \(again.quoted) of \(container.phrase) is taken by the port of line \(first.position.line)")
                }
            }
        })

    static let duplicateHostPort = Rule(
        "k8s/duplicate-host-port",
        keys: ["hostPort", "hostNetwork"],
        summary: "a port of the host is used once for each protocol and address",
        reason: "checkHostPortConflicts; with hostNetwork in a Pod every containerPort is a hostPort.",
        bad: Example.pod("ports:\n  - containerPort: 8080\n    hostPort: 80\n  - containerPort: 8081\n    hostPort: 80"),
        good: Example.pod("ports:\n  - containerPort: 8080\n    hostPort: 80\n  - containerPort: 8081\n    hostPort: 81"),
        check: .pod { pod, findings in
            let fills = !pod.isTemplate && pod.hasHostNetwork
            var regular = HostPorts(fillsHostPorts: fills)
            pod.eachContainer { container in
                if container.role == .regular {
                    regular.add(container, &findings)
                } else {
                    var own = HostPorts(fillsHostPorts: fills)
                    own.add(container, &findings)
                }
            }
        })

    /// The ports of the host that are taken; allocates for the second only.
    private struct HostPorts {
        struct Key: Hashable {
            let port: Int64
            let protocolHash: UInt32
            let address: BytesKey
        }

        let fillsHostPorts: Bool
        private var first: Key?
        private var taken: Set<Key> = []

        init(fillsHostPorts: Bool) { self.fillsHostPorts = fillsHostPorts }

        mutating func add(_ container: PodContainer, _ findings: inout Findings) {
            for port in container.value.list("ports") {
                var number = port["hostPort"]?.integer ?? 0
                if number == 0, fillsHostPorts { number = port["containerPort"]?.integer ?? 0 }
                guard number != 0 else { continue }
                let address = port.text("hostIP")?.bytes ?? UnsafeBufferPointer(start: nil, count: 0)
                let key = Key(
                    port: number, protocolHash: port.filled("protocol")?.hash ?? HostPorts.tcp, address: BytesKey(bytes: address))
                if first == nil {
                    first = key
                } else if first == key || !taken.insert(key).inserted {
                    let place = port["hostPort"] ?? port.nearest("containerPort")
                    findings.add(at: place, "port \(number) of the host is used twice, again by \(container.phrase)")
                }
            }
        }

        private static let tcp: UInt32 = {
            var text = "TCP"
            return text.withUTF8 { ManifestHash.of($0) }
        }()
    }

    static let hostNetworkPort = Rule(
        "k8s/host-network-port",
        keys: ["hostNetwork"],
        summary: "with hostNetwork, a hostPort is the containerPort",
        reason: "validatePodHostNetworkDeps: the container listens on the host's port itself.",
        bad: Example.pod("ports:\n  - containerPort: 8080\n    hostPort: 80", spec: "hostNetwork: true"),
        good: Example.pod("ports:\n  - containerPort: 8080\n    hostPort: 8080", spec: "hostNetwork: true"),
        check: .pod { pod, findings in
            guard pod.hasHostNetwork else { return }
            for (index, value) in pod.containers.enumerated() {
                for port in value.list("ports") {
                    guard let host = port["hostPort"], let number = host.integer, number != 0, let own = port["containerPort"]?.integer,
                        number != own
                    else { continue }
                    let container = PodContainer(value: value, index: index, role: .regular)
                    findings.add(
                        at: host, "hostPort \(number) of \(container.phrase) is not its containerPort \(own), though the pod has hostNetwork",
                        hint: "leave hostPort out")
                }
            }
        })

    // MARK: Kinds of containers

    static let initContainerFields = Rule(
        "k8s/init-container-probe",
        keys: ["initContainers"],
        summary: "an init container has probes and lifecycle handlers only with restartPolicy: Always",
        reason: "validateInitContainers: an ordinary init container runs once, before the others.",
        bad: Example.pod(
            spec: """
                initContainers:
                  - name: setup
                    image: example.com/setup:1
                    readinessProbe:
                      tcpSocket:
                        port: 8080
                """),
        good: Example.pod(
            spec: """
                initContainers:
                  - name: setup
                    image: example.com/setup:1
                    restartPolicy: Always
                    readinessProbe:
                      tcpSocket:
                        port: 8080
                """),
        check: .pod { pod, findings in
            for (index, value) in pod.initContainers.enumerated() {
                let container = PodContainer(value: value, index: index, role: .initial)
                guard !container.isSidecar else { continue }
                for field in value.fields where field.value.kind == .mapping {
                    let key = field.key
                    guard key.equals("livenessProbe") || key.equals("readinessProbe") || key.equals("startupProbe") || key.equals("lifecycle")
                    else { continue }
                    findings.add(
                        at: key, "\(container.phrase) may not have \(key.text)",
                        hint: "with restartPolicy: Always it would run beside the containers, and could")
                }
            }
        })

    static let restartRules = Rule(
        "k8s/restart-rules",
        keys: ["restartPolicyRules"],
        summary: "restart rules of a container stand beside a restartPolicy, at most 20, each with exit codes, at most 255",
        reason: "validateContainerRestartPolicy.",
        bad: Example.pod("restartPolicyRules:\n  - action: Restart\n    exitCodes:\n      operator: In\n      values: [42]"),
        good: Example.pod(
            "restartPolicy: Never\nrestartPolicyRules:\n  - action: Restart\n    exitCodes:\n      operator: In\n      values: [42]"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                let rules = container.value.list("restartPolicyRules")
                guard !rules.isEmpty else { return }
                let place = container.value.place("restartPolicyRules")
                if container.value["restartPolicy"]?.isNull ?? true {
                    findings.add(at: place, "restartPolicyRules of \(container.phrase) need a restartPolicy", hint: "set restartPolicy on the container")
                }
                if rules.count > 20 {
                    findings.add(at: place, "\(container.phrase) has \(rules.count) restartPolicyRules, at most 20 are allowed")
                }
                for rule in rules where rule.kind == .mapping {
                    guard let codes = rule.mapping("exitCodes") else {
                        findings.add(at: rule, "restart rule of \(container.phrase) has no exitCodes")
                        continue
                    }
                    if codes.list("values").count > 255 {
                        findings.add(at: codes.nearest("values"), "restart rule of \(container.phrase) has more than 255 exit codes")
                    }
                }
            }
        })

    static let resizePolicy = Rule(
        "k8s/resize-policy",
        keys: ["resizePolicy"],
        summary: "resize policies of a container are for cpu and memory, once each, and restart nothing that never restarts",
        reason: "validateResizePolicy, validateInitContainers.",
        bad: Example.pod("resizePolicy:\n  - resourceName: disk\n    restartPolicy: NotRequired"),
        good: Example.pod("resizePolicy:\n  - resourceName: memory\n    restartPolicy: NotRequired"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                let policies = container.value.list("resizePolicy")
                guard !policies.isEmpty else { return }
                let neverRestarts = pod.spec["restartPolicy"]?.equals("Never") == true
                for policy in policies {
                    if let resource = policy.text("resourceName"), !resource.equals("cpu"), !resource.equals("memory") {
                        findings.add(at: resource, "resize policy of \(container.phrase) is for \(resource.quoted), only cpu and memory are allowed")
                    }
                    guard let restart = policy["restartPolicy"], restart.equals("RestartContainer") else { continue }
                    if neverRestarts {
                        findings.add(at: restart, "resize policy of \(container.phrase) restarts it, though the pod's restartPolicy is Never")
                    } else if container.role == .initial, !container.isSidecar {
                        findings.add(at: restart, "resize policy of \(container.phrase) may not restart it")
                    }
                }
                Duplicates.each(policies, "resourceName") { again, first in
                    findings.add(at: again, "resize policy for \(again.quoted) of \(container.phrase) stands on line \(first.position.line) already")
                }
            }
        })

    static let ephemeral = Rule(
        "k8s/ephemeral-containers",
        keys: ["ephemeralContainers"],
        summary: "a manifest has no ephemeral containers",
        reason: "ValidatePodCreate, ValidatePodTemplateSpec: they are added to a running pod, by kubectl debug.",
        bad: Example.pod(spec: "ephemeralContainers:\n  - name: debug\n    image: example.com/debug:1"),
        good: Example.pod(spec: "ephemeralContainers: []"),
        check: .pod { pod, findings in
            guard !pod.ephemeralContainers.isEmpty else { return }
            findings.add(
                at: pod.spec.place("ephemeralContainers"), "ephemeral containers may only be added to a running pod", hint: "see kubectl debug")
        })
}
