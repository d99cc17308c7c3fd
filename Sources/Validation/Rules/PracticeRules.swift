import Manifests

/// What an API server accepts and experience advises against. All are off until `ops.yaml` sets their
/// level, or that of the set `recommended`.
enum PracticeRules {
    static let set = "recommended"

    static let all: [Rule] = [
        imageTag, resourceRequests, memoryLimit, probes, runAsNonRoot, privileged, hostPath, defaultServiceAccountToken,
    ]

    private static let workloads = [
        "Pod", "PodTemplate", "ReplicationController", "Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps",
        "Job.batch", "CronJob.batch",
    ]

    private static func rule(
        _ id: String, kinds: [String] = workloads, summary: String, reason: String, bad: String, good: String,
        _ check: @escaping @Sendable (PodSpecification, inout Findings) -> Void
    ) -> Rule {
        Rule(
            "practice/\(id)", severity: nil, kinds: kinds, set: set, summary: summary, reason: reason, bad: bad, good: good,
            check: .pod(check))
    }

    /// A Deployment whose container and pod have more lines; both end with a line break.
    private static func deployment(image: String = "registry.example.org/web:1.4", container: String = "", pod: String = "") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          selector:
            matchLabels:
              app: web
          template:
            metadata:
              labels:
                app: web
            spec:
              containers:
              - name: web
                image: \(image)

        """ + container + pod
    }

    // MARK: images

    static let imageTag = rule(
        "image-tag", summary: "an image is named by a version or a digest",
        reason: """
            What "latest" or no tag means changes without a commit: the same manifest runs other software on another
            day or another node, and a rollback brings nothing back.
            """,
        bad: deployment(image: "registry.example.org/web"), good: deployment()
    ) { pod, findings in
        forEachContainer(of: pod) { container in
            guard let image = container["image"], image.kind == .string, !image.bytes.isEmpty else { return }
            switch ImageReference(image.bytes) {
            case .fixed: break
            case .latest:
                findings.add(at: image, "image \(quoted(image)) is whatever \"latest\" is", hint: "name a version, or a digest: @sha256:…")
            case .untagged:
                findings.add(at: image, "image \(quoted(image)) has no tag, which means \"latest\"", hint: "name a version, or a digest: @sha256:…")
            }
        }
    }

    /// What an image is named by (distribution/reference, `reference.go`).
    private enum ImageReference {
        case fixed, latest, untagged

        init(_ bytes: UnsafeBufferPointer<UInt8>) {
            // What another tool puts an image in the place of is not known here.
            if bytes.contains(UInt8(ascii: "@")) || bytes.contains(UInt8(ascii: "$")) || bytes.contains(UInt8(ascii: "{")) {
                self = .fixed
                return
            }
            // A colon before the last slash belongs to a port.
            let start = (bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
            guard let colon = bytes[start...].firstIndex(of: UInt8(ascii: ":")) else {
                self = .untagged
                return
            }
            self = bytes[(colon + 1)...].elementsEqual("latest".utf8) ? .latest : .fixed
        }
    }

    // MARK: resources

    static let resourceRequests = rule(
        "resource-requests", summary: "a container says how much CPU and memory it needs",
        reason: """
            The scheduler places pods by their requests; one without any may land on a node that is full, and is the
            first to be evicted there.
            """,
        bad: deployment(container: "        resources:\n          requests:\n            cpu: 100m\n"),
        good: deployment(container: "        resources:\n          requests:\n            cpu: 100m\n            memory: 64Mi\n")
    ) { pod, findings in
        for container in pod.containers {
            let resources = container["resources"]
            // A limit is a request where there is none.
            let missing = (["cpu", "memory"] as [StaticString]).filter {
                resources?["requests"]?.given($0) == nil && resources?["limits"]?.given($0) == nil
            }
            guard !missing.isEmpty, pod.spec.at("resources", "requests") == nil else { continue }
            findings.add(
                at: resources?["requests"] ?? resources ?? place(container),
                "container\(name(container)) requests no \(missing.map { "\($0)" }.joined(separator: " and no "))",
                hint: "set resources.requests")
        }
    }

    static let memoryLimit = rule(
        "memory-limit", summary: "a container has a limit of memory",
        reason: "A leak without a limit takes the memory of its neighbours; with one, only the container is restarted.",
        bad: deployment(container: "        resources:\n          limits:\n            cpu: \"1\"\n"),
        good: deployment(container: "        resources:\n          limits:\n            memory: 128Mi\n")
    ) { pod, findings in
        for container in pod.containers {
            let resources = container["resources"]
            guard resources?["limits"]?.given("memory") == nil, pod.spec.at("resources", "limits", "memory") == nil else { continue }
            findings.add(
                at: resources?["limits"] ?? resources ?? place(container), "container\(name(container)) has no limit of memory",
                hint: "set resources.limits.memory")
        }
    }

    // MARK: health

    static let probes = rule(
        "probes", kinds: ["Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps", "ReplicationController"],
        summary: "a container that goes on running has a readiness probe",
        reason: """
            Without one a container counts as ready when it has started, so that traffic comes before it can answer,
            and a rolling update goes on although the new version does not work.
            """,
        bad: deployment(),
        good: deployment(container: "        readinessProbe:\n          httpGet:\n            path: /ready\n            port: 8080\n")
    ) { pod, findings in
        guard longRunning.contains(where: { pod.object.isKind($0.kind, group: $0.group) }) else { return }
        for container in pod.containers where container.given("readinessProbe") == nil {
            findings.add(at: place(container), "container\(name(container)) has no readiness probe", hint: "set readinessProbe")
        }
    }

    private static let longRunning: [(kind: StaticString, group: StaticString)] = [
        ("Deployment", "apps"), ("StatefulSet", "apps"), ("DaemonSet", "apps"), ("ReplicaSet", "apps"), ("ReplicationController", ""),
    ]

    // MARK: rights

    static let runAsNonRoot = rule(
        "run-as-non-root", summary: "a container does not run as root",
        reason: """
            Who breaks out of a container that runs as root is root on the node. runAsNonRoot has the kubelet refuse
            such an image (Pod Security Standards, restricted).
            """,
        bad: deployment(), good: deployment(pod: "      securityContext:\n        runAsNonRoot: true\n")
    ) { pod, findings in
        forEachContainer(of: pod) { container in
            let own = container["securityContext"]
            let shared = pod.spec["securityContext"]
            if let user = own?.given("runAsUser") ?? shared?.given("runAsUser") {
                if user.integer == 0 { findings.add(at: user, "container\(name(container)) runs as root", hint: "set runAsUser to another") }
                return
            }
            if let given = own?.given("runAsNonRoot") ?? shared?.given("runAsNonRoot") {
                if given.boolean == false {
                    findings.add(at: given, "container\(name(container)) may run as root", hint: "set runAsNonRoot to true")
                }
                return
            }
            findings.add(
                at: place(container), "container\(name(container)) may run as root", hint: "set securityContext.runAsNonRoot to true")
        }
    }

    static let privileged = rule(
        "privileged", summary: "a container is not privileged and takes no rights beyond its own",
        reason: """
            A privileged container is root on its node in all but name; one that may raise its rights is one flaw
            away from it (Pod Security Standards, baseline).
            """,
        bad: deployment(container: "        securityContext:\n          privileged: true\n"),
        good: deployment(container: "        securityContext:\n          privileged: false\n")
    ) { pod, findings in
        forEachContainer(of: pod) { container in
            if let flag = container.at("securityContext", "privileged"), flag.boolean == true {
                findings.add(at: flag, "container\(name(container)) is privileged", hint: "add the capabilities that it needs instead")
            }
        }
        for key in ["hostNetwork", "hostPID", "hostIPC"] as [StaticString] {
            if let flag = pod.spec[key], flag.boolean == true {
                findings.add(at: flag, "the pod shares its node's \("\(key)".dropFirst(4))", hint: "leave \(key) out")
            }
        }
    }

    static let hostPath = rule(
        "host-path", summary: "a pod mounts nothing of its node's file system",
        reason: """
            Who may write a node's files may take the node over, and what is kept there is gone with the node (Pod
            Security Standards, baseline).
            """,
        bad: deployment(pod: "      volumes:\n      - name: data\n        hostPath:\n          path: /srv/data\n"),
        good: deployment(pod: "      volumes:\n      - name: data\n        persistentVolumeClaim:\n          claimName: data\n")
    ) { pod, findings in
        for volume in pod.volumes {
            guard let path = volume.given("hostPath") else { continue }
            findings.add(
                at: path["path"] ?? path, "volume\(name(volume)) mounts a path of the node", hint: "use a PersistentVolumeClaim")
        }
    }

    static let defaultServiceAccountToken = rule(
        "service-account-token", summary: "a pod with the default ServiceAccount gets no token of it",
        reason: """
            Whoever gets into the pod can ask the API server for whatever the namespace's default account may do. A
            pod that needs the API has an account of its own.
            """,
        bad: deployment(), good: deployment(pod: "      automountServiceAccountToken: false\n")
    ) { pod, findings in
        let account = pod.spec.given("serviceAccountName") ?? pod.spec.given("serviceAccount")
        if let account, !account.equals("default"), !account.bytes.isEmpty { return }
        let mount = pod.spec.given("automountServiceAccountToken")
        guard mount?.boolean != false else { return }
        findings.add(
            at: mount ?? account ?? place(pod.spec), "the pod gets a token of the default ServiceAccount",
            hint: "set automountServiceAccountToken to false, or give the pod a ServiceAccount of its own")
    }

    // MARK: shapes

    private static func forEachContainer(of pod: PodSpecification, _ body: (Value) -> Void) {
        for container in pod.initContainers { body(container) }
        for container in pod.containers { body(container) }
    }

    /// Where to point at a mapping that lacks something: at its name, or at its first key.
    private static func place(_ mapping: Value) -> Value {
        mapping["name"] ?? mapping.fields.first?.key ?? mapping
    }

    private static func name(_ mapping: Value) -> String {
        mapping["name"]?.string.map { " " + TerminalText.quoted($0) } ?? ""
    }

    private static func quoted(_ value: Value) -> String { TerminalText.quoted(value.text) }
}
