import Manifests

/// Rules for what containers mount
/// (pkg/apis/core/validation/validation.go: ValidateVolumeMounts, ValidateVolumeDevices).
enum MountRules {
    static let all: [Rule] = [withoutVolume, mountPath, duplicatePath, subPath, propagation, recursiveReadOnly, device]

    static let withoutVolume = Rule(
        "k8s/mount-without-volume",
        keys: ["volumeMounts", "volumeDevices"],
        summary: "a mount names a volume of the pod, or a claim template of its StatefulSet",
        reason: "ValidateVolumeMounts, ValidateVolumeDevices.",
        bad: Example.pod("volumeMounts:\n  - name: data\n    mountPath: /data", spec: "volumes:\n  - name: date\n    emptyDir: {}"),
        good: Example.pod("volumeMounts:\n  - name: data\n    mountPath: /data", spec: "volumes:\n  - name: data\n    emptyDir: {}"),
        check: .pod { pod, findings in
            var volumes = VolumeLookup(pod)
            pod.eachContainer { container in
                for mount in container.value.list("volumeMounts") {
                    guard let name = mount.text("name"), !volumes.has(name) else { continue }
                    findings.add(
                        at: name, "\(container.phrase) mounts \(name.quoted), and the pod has no such volume", hint: volumes.hint(for: name))
                }
                for device in container.value.list("volumeDevices") {
                    guard let name = device.text("name"), !volumes.has(name) else { continue }
                    findings.add(
                        at: name, "\(container.phrase) uses the device \(name.quoted), and the pod has no such volume",
                        hint: volumes.hint(for: name))
                }
            }
        })

    static let mountPath = Rule(
        "k8s/mount-path",
        keys: ["volumeMounts", "volumeDevices"],
        summary: "a mount has a path",
        reason: "ValidateVolumeMounts, ValidateVolumeDevices.",
        bad: Example.pod("volumeMounts:\n  - name: data\n    mountPath: \"\"", spec: "volumes:\n  - name: data\n    emptyDir: {}"),
        good: Example.pod("volumeMounts:\n  - name: data\n    mountPath: /data", spec: "volumes:\n  - name: data\n    emptyDir: {}"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for mount in container.value.list("volumeMounts") {
                    if let path = mount.emptied("mountPath") { findings.add(at: path, "a mount of \(container.phrase) has no mountPath") }
                }
                for device in container.value.list("volumeDevices") {
                    guard let path = device.text("devicePath") else { continue }
                    if path.bytes.isEmpty {
                        findings.add(at: path, "a device of \(container.phrase) has no devicePath")
                    } else if Paths.hasBackstep(path.bytes) {
                        findings.add(at: path, "devicePath \(path.quoted) of \(container.phrase) contains \"..\"")
                    }
                }
            }
        })

    static let duplicatePath = Rule(
        "k8s/duplicate-mount-path",
        keys: ["volumeMounts", "volumeDevices"],
        summary: "a container mounts one thing at a path",
        reason: "ValidateVolumeMounts, ValidateVolumeDevices.",
        bad: Example.pod(
            "volumeMounts:\n  - name: data\n    mountPath: /data\n  - name: data\n    mountPath: /data\n    subPath: a",
            spec: "volumes:\n  - name: data\n    emptyDir: {}"),
        good: Example.pod(
            "volumeMounts:\n  - name: data\n    mountPath: /data\n  - name: data\n    mountPath: /data/a\n    subPath: a",
            spec: "volumes:\n  - name: data\n    emptyDir: {}"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                let (mounts, devices) = (container.value.list("volumeMounts"), container.value.list("volumeDevices"))
                let count = mounts.count
                func path(_ index: Int) -> Value? {
                    index < count ? mounts[index].text("mountPath") : devices[index - count].text("devicePath")
                }
                Duplicates.each(count + devices.count, { path($0)?.bytes }) { again, first in
                    guard let value = path(again), let line = path(first)?.position.line else { return }
                    findings.add(at: value, "\(container.phrase) mounts something at \(value.quoted) already, on line \(line)")
                }
            }
        })

    static let subPath = Rule(
        "k8s/mount-sub-path",
        keys: ["subPath", "subPathExpr"],
        summary: "subPath and subPathExpr exclude each other, and lead down into the volume",
        reason: "ValidateVolumeMounts, validateLocalDescendingPath.",
        bad: Example.pod(
            "volumeMounts:\n  - name: data\n    mountPath: /data\n    subPath: ../a", spec: "volumes:\n  - name: data\n    emptyDir: {}"),
        good: Example.pod(
            "volumeMounts:\n  - name: data\n    mountPath: /data\n    subPath: a", spec: "volumes:\n  - name: data\n    emptyDir: {}"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for mount in container.value.list("volumeMounts") {
                    let (path, expression) = (mount.filled("subPath"), mount.filled("subPathExpr"))
                    if let path, let fault = Paths.descendingFault(path.bytes) {
                        findings.add(at: path, "subPath \(path.quoted) of \(container.phrase) \(fault)")
                    }
                    guard let expression else { continue }
                    if let fault = Paths.descendingFault(expression.bytes) {
                        findings.add(at: expression, "subPathExpr \(expression.quoted) of \(container.phrase) \(fault)")
                    }
                    if path != nil { findings.add(at: mount.place("subPathExpr"), "a mount of \(container.phrase) has both subPath and subPathExpr") }
                }
            }
        })

    static let propagation = Rule(
        "k8s/mount-propagation",
        keys: ["mountPropagation"],
        summary: "only a privileged container propagates its mounts to the host",
        reason: "validateMountPropagation.",
        bad: Example.pod(
            "volumeMounts:\n  - name: data\n    mountPath: /data\n    mountPropagation: Bidirectional",
            spec: "volumes:\n  - name: data\n    emptyDir: {}"),
        good: Example.pod(
            "volumeMounts:\n  - name: data\n    mountPath: /data\n    mountPropagation: HostToContainer",
            spec: "volumes:\n  - name: data\n    emptyDir: {}"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for mount in container.value.list("volumeMounts") {
                    guard let mode = mount["mountPropagation"], mode.equals("Bidirectional"),
                        container.value.mapping("securityContext")?.isTrue("privileged") != true
                    else { continue }
                    findings.add(
                        at: mode, "mountPropagation of \(container.phrase) is Bidirectional, and it is not privileged",
                        hint: "securityContext.privileged: true")
                }
            }
        })

    static let recursiveReadOnly = Rule(
        "k8s/recursive-read-only",
        keys: ["recursiveReadOnly"],
        summary: "a mount that is recursively read-only is read-only, and propagates nothing",
        reason: "validateMountRecursiveReadOnly.",
        bad: Example.pod(
            "volumeMounts:\n  - name: data\n    mountPath: /data\n    recursiveReadOnly: Enabled", spec: "volumes:\n  - name: data\n    emptyDir: {}"),
        good: Example.pod(
            "volumeMounts:\n  - name: data\n    mountPath: /data\n    readOnly: true\n    recursiveReadOnly: Enabled",
            spec: "volumes:\n  - name: data\n    emptyDir: {}"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                for mount in container.value.list("volumeMounts") {
                    guard let mode = mount["recursiveReadOnly"], mode.equals("Enabled") || mode.equals("IfPossible") else { continue }
                    if !mount.isTrue("readOnly") {
                        findings.add(
                            at: mode, "recursiveReadOnly of a mount of \(container.phrase) needs readOnly: true", hint: "set readOnly: true")
                    }
                    if let propagation = mount.text("mountPropagation"), !propagation.equals("None") {
                        findings.add(at: propagation, "a mount of \(container.phrase) that is recursively read-only may not propagate mounts")
                    }
                }
            }
        })

    static let device = Rule(
        "k8s/volume-device",
        keys: ["volumeDevices"],
        summary: "a block device comes from a claim, is used once, and is not mounted as well",
        reason: "ValidateVolumeDevices: only PersistentVolumeClaims and ephemeral claims have block mode.",
        bad: Example.pod("volumeDevices:\n  - name: disk\n    devicePath: /dev/disk", spec: "volumes:\n  - name: disk\n    emptyDir: {}"),
        good: Example.pod(
            "volumeDevices:\n  - name: disk\n    devicePath: /dev/disk",
            spec: "volumes:\n  - name: disk\n    persistentVolumeClaim:\n      claimName: disk"),
        check: .pod { pod, findings in
            var volumes = VolumeLookup(pod)
            pod.eachContainer { container in
                let devices = container.value.list("volumeDevices")
                guard !devices.isEmpty else { return }
                for device in devices {
                    guard let name = device.filled("name"), let volume = volumes.volume(name), !volumes.isClaimTemplate(name),
                        !VolumeRules.isClaim(volume)
                    else { continue }
                    findings.add(at: name, "volume \(name.quoted), which \(container.phrase) uses as a device, is no claim")
                }
                Duplicates.each(devices, "name") { again, first in
                    findings.add(at: again, "\(container.phrase) uses the device \(again.quoted) on line \(first.position.line) already")
                }
                let mounts = container.value.list("volumeMounts")
                guard !mounts.isEmpty else { return }
                let mounted = Set(mounts.compactMap { $0.filled("name") }.map { BytesKey(bytes: $0.bytes) })
                for device in devices {
                    guard let name = device.filled("name"), mounted.contains(BytesKey(bytes: name.bytes)) else { continue }
                    findings.add(at: name, "\(container.phrase) uses \(name.quoted) both as a device and as a mount")
                }
            }
        })
}

/// The volumes of a pod by name; a table is made only where there are many.
struct VolumeLookup {
    private let volumes: Value.Items
    private let templates: Value.Items
    private var table: [BytesKey: Value]?
    private var hints = 0

    init(_ pod: PodSpecification) {
        volumes = pod.volumes
        templates = pod.isOfStatefulSet ? (pod.object.spec ?? pod.spec).list("volumeClaimTemplates") : (pod.spec).list("-")
    }

    private static let mostWithoutTable = 16

    /// Whether there is a volume or claim template of a name.
    mutating func has(_ name: Value) -> Bool { volume(name) != nil || isClaimTemplate(name) }

    /// The volume of a name.
    mutating func volume(_ name: Value) -> Value? {
        if volumes.count <= VolumeLookup.mostWithoutTable {
            for volume in volumes where volume["name"]?.equals(name) == true { return volume }
            return nil
        }
        if table == nil {
            var table: [BytesKey: Value] = [:]
            for volume in volumes {
                if let name = volume.text("name") { table[BytesKey(bytes: name.bytes)] = volume }
            }
            self.table = table
        }
        return table?[BytesKey(bytes: name.bytes)]
    }

    /// Whether a StatefulSet makes a claim of a name for each pod.
    func isClaimTemplate(_ name: Value) -> Bool {
        for template in templates.prefix(64) where template["metadata"]?["name"]?.equals(name) == true { return true }
        return templates.count > 64
    }

    /// A volume of nearly the name; for the first few names only, as the comparison is costly.
    mutating func hint(for name: Value) -> String? {
        guard hints < 8, name.bytes.count <= 63, volumes.count + templates.count <= 64 else { return nil }
        hints += 1
        let names = (volumes.compactMap { $0.filled("name") } + templates.compactMap { $0["metadata"]?.filled("name") })
            .filter { $0.bytes.count <= 63 }.map(\.text)
        if names.isEmpty { return "the pod has no volumes" }
        if let hint = Suggestion.hint(for: name.text, among: names) { return hint }
        return names.count <= 6 ? "its volumes are \(names.map { TerminalText.quoted($0) }.joined(separator: ", "))" : nil
    }
}
