import Manifests
import Schemas

/// Rules for the environment variables of containers
/// (pkg/apis/core/validation/validation.go: ValidateEnv, ValidateEnvFrom).
enum EnvironmentVariableRules {
    static let all: [Rule] = [name, source, fieldPath, resourceField, keyReference, fileReference, from]

    static let name = Rule(
        "k8s/env-name",
        keys: ["env"],
        summary: "the name of an environment variable is of printable ASCII characters other than \"=\"",
        reason: "ValidateEnv, IsRelaxedEnvVarName. Before Kubernetes 1.30 only letters, digits, \"_\", \"-\" and \".\" were allowed.",
        bad: Example.pod("env:\n  - name: A=B\n    value: x"),
        good: Example.pod("env:\n  - name: A\n    value: B=x"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for variable in container.value.list("env") {
                    guard let name = variable.text("name"), let fault = Names.environmentNameFault(name.bytes) else { continue }
                    findings.add(at: name, "environment variable name \(name.quoted) of \(container.phrase) \(fault)")
                }
            }
        })

    static let source = Rule(
        "k8s/env-source",
        keys: ["valueFrom"],
        summary: "an environment variable has a value or one source",
        reason: "validateEnvVarValueFrom.",
        bad: Example.pod("env:\n  - name: NODE\n    value: here\n    valueFrom:\n      fieldRef:\n        fieldPath: spec.nodeName"),
        good: Example.pod("env:\n  - name: NODE\n    valueFrom:\n      fieldRef:\n        fieldPath: spec.nodeName"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for variable in container.value.list("env") {
                    guard let from = variable.mapping("valueFrom") else { continue }
                    let what = "environment variable \(variable.text("name")?.quoted ?? "without a name") of \(container.phrase)"
                    var sources = 0
                    for field in from.fields where field.value.kind == .mapping && isSource(field.key) {
                        sources += 1
                        if sources == 2 { findings.add(at: field.key, "\(what) has more than one source") }
                    }
                    if sources == 0 {
                        findings.add(
                            at: variable.place("valueFrom"), "\(what) has valueFrom without a source",
                            hint: "one of configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef")
                    } else if variable.filled("value") != nil {
                        findings.add(at: variable.place("valueFrom"), "\(what) has both value and valueFrom")
                    }
                }
            }
        })

    private static func isSource(_ key: Value) -> Bool {
        key.equals("fieldRef") || key.equals("resourceFieldRef") || key.equals("configMapKeyRef") || key.equals("secretKeyRef")
            || key.equals("fileKeyRef")
    }

    static let fieldPath = Rule(
        "k8s/field-path",
        keys: ["fieldRef"],
        summary: "a fieldRef names a field of the pod that can be handed to its containers",
        reason: "validateObjectFieldSelector, ConvertDownwardAPIFieldLabel; volumes know fewer fields than environment variables.",
        bad: Example.pod("env:\n  - name: HOST\n    valueFrom:\n      fieldRef:\n        fieldPath: spec.hostname"),
        good: Example.pod("env:\n  - name: HOST\n    valueFrom:\n      fieldRef:\n        fieldPath: status.hostIP"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for variable in container.value.list("env") {
                    guard let reference = variable.mapping("valueFrom")?.mapping("fieldRef") else { continue }
                    checkFieldReference(reference, isVolume: false, &findings)
                }
            }
            for volume in pod.volumes { VolumeRules.eachDownwardFile(volume) { file in
                guard let reference = file.mapping("fieldRef") else { return }
                checkFieldReference(reference, isVolume: true, &findings)
            } }
        })

    private static func checkFieldReference(_ reference: Value, isVolume: Bool, _ findings: inout Findings) {
        if let version = reference.filled("apiVersion"), !version.equals("v1") {
            findings.add(at: version, "apiVersion \(version.quoted) of a fieldRef is not \"v1\"")
            return
        }
        guard let path = reference.text("fieldPath") else { return }
        guard let fault = fieldPathFault(path.bytes, isVolume: isVolume) else { return }
        findings.add(at: path, "fieldPath \(path.quoted) \(fault)")
    }

    private static func fieldPathFault(_ path: Names.Bytes, isVolume: Bool) -> String? {
        if path.isEmpty { return "is empty" }
        if path.hasSuffix("']"), let open = subscriptStart(path), open > 0 {
            let name = Names.Bytes(rebasing: path[..<open])
            let key = Names.Bytes(rebasing: path[(open + 2)..<(path.count - 2)])
            if name.elementsEqual("metadata.annotations") {
                return Names.qualifiedNameFault(key, ignoresCase: true).map { "has a key that \($0)" }
            }
            if name.elementsEqual("metadata.labels") { return Names.qualifiedNameFault(key).map { "has a key that \($0)" } }
            return "has a key in brackets, which only metadata.labels and metadata.annotations may have"
        }
        if path.elementsEqual("metadata.name") || path.elementsEqual("metadata.namespace") || path.elementsEqual("metadata.uid") { return nil }
        if isVolume {
            if path.elementsEqual("metadata.labels") || path.elementsEqual("metadata.annotations") { return nil }
            return "is not a field that a volume can show; those are metadata.name, .namespace, .uid, .labels and .annotations"
        }
        for known: StaticString in [
            "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs", "spec.host",
        ] where path.elementsEqual(known) { return nil }
        if path.elementsEqual("metadata.labels") || path.elementsEqual("metadata.annotations") {
            return "is a mapping; name one key, as metadata.labels['app']"
        }
        return """
            is not a field that an environment variable can show; those are metadata.name, .namespace, .uid, .labels['<key>'] and \
            .annotations['<key>'], spec.nodeName and .serviceAccountName, status.hostIP, .hostIPs, .podIP and .podIPs
            """
    }

    private static func subscriptStart(_ path: Names.Bytes) -> Int? {
        guard path.count >= 4 else { return nil }
        for index in 0..<(path.count - 3) where path[index] == UInt8(ascii: "[") && path[index + 1] == UInt8(ascii: "'") { return index }
        return nil
    }

    static let resourceField = Rule(
        "k8s/resource-field",
        keys: ["resourceFieldRef"],
        summary: "a resourceFieldRef names a request or limit of cpu, memory, ephemeral-storage or huge pages, and a usual divisor",
        reason: "validateContainerResourceFieldSelector, validateContainerResourceDivisor; in a volume it names the container, too.",
        bad: Example.pod("env:\n  - name: CPUS\n    valueFrom:\n      resourceFieldRef:\n        resource: cpu"),
        good: Example.pod("env:\n  - name: CPUS\n    valueFrom:\n      resourceFieldRef:\n        resource: limits.cpu"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for variable in container.value.list("env") {
                    guard let reference = variable.mapping("valueFrom")?.mapping("resourceFieldRef") else { continue }
                    checkResourceReference(reference, &findings)
                }
            }
            for volume in pod.volumes { VolumeRules.eachDownwardFile(volume) { file in
                guard file["fieldRef"]?.kind != .mapping, let reference = file.mapping("resourceFieldRef") else { return }
                if reference.lacks("containerName") {
                    findings.add(at: reference.nearest("containerName"), "resourceFieldRef in a volume has no containerName")
                }
                checkResourceReference(reference, &findings)
            } }
        })

    private static func checkResourceReference(_ reference: Value, _ findings: inout Findings) {
        guard let resource = reference.text("resource") else { return }
        let name = resource.bytes
        let isHugePages = name.hasPrefix("requests.hugepages-") || name.hasPrefix("limits.hugepages-")
        let isCPU = name.elementsEqual("limits.cpu") || name.elementsEqual("requests.cpu")
        let isSize = name.elementsEqual("limits.memory") || name.elementsEqual("requests.memory")
            || name.elementsEqual("limits.ephemeral-storage") || name.elementsEqual("requests.ephemeral-storage")
        guard isHugePages || isCPU || isSize else {
            let hint = name.elementsEqual("cpu") || name.elementsEqual("memory") ? "requests.\(resource.text) or limits.\(resource.text)" : nil
            findings.add(at: resource, "resource \(resource.quoted) of a resourceFieldRef is not a request or limit that can be shown", hint: hint)
            return
        }
        guard let divisor = reference["divisor"], !divisor.isNull, let quantity = Quantity(divisor), !quantity.isZero else { return }
        let form = quantity.description
        if isCPU, form != "1", form != "1m" {
            findings.add(at: divisor, "divisor \(divisor.quoted) for cpu is neither 1 nor 1m")
        } else if !isCPU, !sizes.contains(form) {
            findings.add(at: divisor, "divisor \(divisor.quoted) is not one of 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei")
        }
    }

    private static let sizes: Set<String> = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"]

    static let keyReference = Rule(
        "k8s/key-reference",
        keys: ["configMapKeyRef", "secretKeyRef"],
        summary: "a reference to a key of a ConfigMap or Secret names both, in their forms",
        reason: "validateConfigMapKeySelector, validateSecretKeySelector, IsConfigMapKey; also where the reference is optional.",
        bad: Example.pod("env:\n  - name: TOKEN\n    valueFrom:\n      secretKeyRef:\n        key: token"),
        good: Example.pod("env:\n  - name: TOKEN\n    valueFrom:\n      secretKeyRef:\n        name: api\n        key: token"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for variable in container.value.list("env") {
                    guard let from = variable.mapping("valueFrom") else { continue }
                    if let reference = from.mapping("configMapKeyRef") {
                        checkKeyReference(reference, "configMapKeyRef", "ConfigMap", container, &findings)
                    }
                    if let reference = from.mapping("secretKeyRef") {
                        checkKeyReference(reference, "secretKeyRef", "Secret", container, &findings)
                    }
                }
            }
        })

    private static func checkKeyReference(_ reference: Value, _ field: String, _ kind: String, _ container: PodContainer, _ findings: inout Findings) {
        if reference.lacks("name") {
            findings.add(at: reference.nearest("name"), "\(field) of \(container.phrase) names no \(kind)")
        } else if let name = reference.text("name"), let fault = Names.subdomainFault(name.bytes) {
            findings.add(at: name, "\(kind) name \(name.quoted) of \(container.phrase) \(fault)")
        }
        if let key = reference.text("key"), let fault = Names.configKeyFault(key.bytes) {
            findings.add(at: key, "key \(key.quoted) of \(container.phrase) \(fault)")
        }
    }

    static let fileReference = Rule(
        "k8s/file-key-reference",
        keys: ["fileKeyRef"],
        summary: "a fileKeyRef names a key, a path, and a volume of the pod that is an emptyDir",
        reason: "validateFileKeySelector, validateFileKeyRefVolumes.",
        bad: Example.pod(
            "env:\n  - name: TOKEN\n    valueFrom:\n      fileKeyRef:\n        volumeName: shared\n        path: env\n        key: TOKEN",
            spec: "volumes:\n  - name: shared\n    configMap:\n      name: shared"),
        good: Example.pod(
            "env:\n  - name: TOKEN\n    valueFrom:\n      fileKeyRef:\n        volumeName: shared\n        path: env\n        key: TOKEN",
            spec: "volumes:\n  - name: shared\n    emptyDir: {}"),
        check: .pod { pod, findings in
            var volumes = VolumeLookup(pod)
            pod.eachContainer { container in
                for variable in container.value.list("env") {
                    guard let reference = variable.mapping("valueFrom")?.mapping("fileKeyRef") else { continue }
                    if let key = reference.text("key"), let fault = Names.environmentNameFault(key.bytes) {
                        findings.add(at: key, "key \(key.quoted) of a fileKeyRef of \(container.phrase) \(fault)")
                    }
                    if let path = reference.text("path") {
                        if path.bytes.isEmpty {
                            findings.add(at: path, "fileKeyRef of \(container.phrase) has no path")
                        } else if Paths.hasBackstep(path.bytes) {
                            findings.add(at: path, "path \(path.quoted) of a fileKeyRef of \(container.phrase) contains \"..\"")
                        }
                    }
                    guard let name = reference.text("volumeName") else { continue }
                    if let volume = volumes.volume(name) {
                        if VolumeRules.hasOtherSource(volume, than: "emptyDir") {
                            findings.add(at: name, "volume \(name.quoted) of a fileKeyRef of \(container.phrase) is no emptyDir")
                        }
                    } else {
                        findings.add(at: name, "fileKeyRef of \(container.phrase) names the volume \(name.quoted), which the pod does not have")
                    }
                }
            }
        })

    static let from = Rule(
        "k8s/env-from",
        keys: ["envFrom"],
        summary: "an entry of envFrom names one ConfigMap or Secret",
        reason: "ValidateEnvFrom, validateConfigMapEnvSource, validateSecretEnvSource.",
        bad: Example.pod("envFrom:\n  - configMapRef:\n      name: Settings"),
        good: Example.pod("envFrom:\n  - configMapRef:\n      name: settings"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for entry in container.value.list("envFrom") where entry.kind == .mapping {
                    if let prefix = entry.filled("prefix"), let fault = Names.environmentNameFault(prefix.bytes) {
                        findings.add(at: prefix, "prefix \(prefix.quoted) of envFrom of \(container.phrase) \(fault)")
                    }
                    let (map, secret) = (entry.mapping("configMapRef"), entry.mapping("secretRef"))
                    if map == nil, secret == nil {
                        findings.add(at: entry, "entry of envFrom of \(container.phrase) has neither configMapRef nor secretRef")
                    } else if map != nil, secret != nil {
                        findings.add(at: entry.place("secretRef"), "entry of envFrom of \(container.phrase) has both configMapRef and secretRef")
                    }
                    if let map { checkReference(map, "ConfigMap", container, &findings) }
                    if let secret { checkReference(secret, "Secret", container, &findings) }
                }
            }
        })

    private static func checkReference(_ reference: Value, _ kind: String, _ container: PodContainer, _ findings: inout Findings) {
        if reference.lacks("name") {
            findings.add(at: reference.nearest("name"), "envFrom of \(container.phrase) names no \(kind)")
        } else if let name = reference.text("name"), let fault = Names.prefixFault(name.bytes, form: Names.subdomainFault) {
            findings.add(at: name, "\(kind) name \(name.quoted) of envFrom of \(container.phrase) \(fault)")
        }
    }
}

/// Paths as the API server reads them.
enum Paths {
    /// Whether a part of the path is `..` (validatePathNoBacksteps).
    static func hasBackstep(_ path: Names.Bytes) -> Bool {
        guard path.count > 1 else { return false }
        for index in 0..<(path.count - 1)
        where path[index] == Names.dot && path[index + 1] == Names.dot && (index == 0 || path[index - 1] == Names.slash)
            && (index + 2 == path.count || path[index + 2] == Names.slash)
        {
            return true
        }
        return false
    }

    /// Why a path does not lead down from where one is (validateLocalDescendingPath); nil where it does.
    static func descendingFault(_ path: Names.Bytes) -> String? {
        if path.first == Names.slash { return "begins with \"/\", and must be relative" }
        return hasBackstep(path) ? "contains \"..\"" : nil
    }

    /// As ``descendingFault(_:)``, and no name that begins with `..` (ValidateLocalNonReservedPath).
    static func fileFault(_ path: Names.Bytes) -> String? {
        descendingFault(path) ?? (path.hasPrefix("..") ? "begins with \"..\"" : nil)
    }
}
