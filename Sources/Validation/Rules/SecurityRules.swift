import Manifests

/// Rules for the security of pods and containers
/// (pkg/apis/core/validation/validation.go: validatePodSpecSecurityContext, ValidateSecurityContext).
enum SecurityRules {
    static let all: [Rule] = [
        userID, escalation, procMount, seccomp, seccompAnnotation, appArmor, appArmorAnnotation, sysctl, shareProcesses, hostUsers,
        windowsOptions, hostProcess, osFields,
    ]

    static let userID = Rule(
        "k8s/user-id",
        keys: ["runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"],
        summary: "user and group numbers are between 0 and 2147483647",
        reason: "IsValidUserID, IsValidGroupID.",
        bad: Example.pod("securityContext:\n  runAsUser: -1"),
        good: Example.pod("securityContext:\n  runAsUser: 1000"),
        check: .pod { pod, findings in
            eachContext(pod) { context, isPod in
                for field in context.fields {
                    let key = field.key
                    if key.equals("runAsUser") || key.equals("runAsGroup") || (isPod && key.equals("fsGroup")) {
                        if let id = field.value.integer, !ids.contains(id) {
                            findings.add(at: field.value, "\(key.text) \(id) is not between 0 and \(ids.upperBound)")
                        }
                    } else if isPod, key.equals("supplementalGroups") {
                        for group in field.value.items {
                            if let id = group.integer, !ids.contains(id) {
                                findings.add(at: group, "group \(id) is not between 0 and \(ids.upperBound)")
                            }
                        }
                    }
                }
            }
        })

    private static let ids: ClosedRange<Int64> = 0...Int64(Int32.max)

    static let escalation = Rule(
        "k8s/privilege-escalation",
        keys: ["allowPrivilegeEscalation"],
        summary: "a container that is privileged or has CAP_SYS_ADMIN does not forbid privilege escalation",
        reason: "ValidateSecurityContext: it could not be kept.",
        bad: Example.pod("securityContext:\n  privileged: true\n  allowPrivilegeEscalation: false"),
        good: Example.pod("securityContext:\n  privileged: false\n  allowPrivilegeEscalation: false"),
        check: .pod { pod, findings in
            pod.eachContainer { container in
                guard let context = container.value.mapping("securityContext"), let escalation = context["allowPrivilegeEscalation"],
                    escalation.boolean == false
                else { return }
                if context.isTrue("privileged") {
                    findings.add(at: escalation, "allowPrivilegeEscalation of \(container.phrase) is false, though it is privileged")
                }
                guard let capabilities = context.mapping("capabilities") else { return }
                for capability in capabilities.list("add") where capability.equals("CAP_SYS_ADMIN") {
                    findings.add(at: capability, "\(container.phrase) adds CAP_SYS_ADMIN, though its allowPrivilegeEscalation is false")
                }
            }
        })

    static let procMount = Rule(
        "k8s/proc-mount",
        keys: ["procMount"],
        summary: "an unmasked /proc needs a user namespace",
        reason: "ValidateSecurityContext: hostUsers must be false to use Unmasked (since Kubernetes 1.30).",
        bad: Example.pod("securityContext:\n  procMount: Unmasked"),
        good: Example.pod("securityContext:\n  procMount: Unmasked", spec: "hostUsers: false"),
        check: .pod { pod, findings in
            guard pod.spec["hostUsers"]?.boolean != false else { return }
            pod.eachContainer { container in
                guard let mount = container.value.mapping("securityContext")?["procMount"], mount.equals("Unmasked") else { return }
                findings.add(at: mount, "procMount of \(container.phrase) is Unmasked", hint: "this needs hostUsers: false on the pod")
            }
        })

    // MARK: Profiles

    static let seccomp = Rule(
        "k8s/seccomp-profile",
        keys: ["seccompProfile"],
        summary: "a seccomp profile of type Localhost, and no other, names a file below the kubelet's folder",
        reason: "validateSeccompProfileField.",
        bad: Example.pod(spec: "securityContext:\n  seccompProfile:\n    type: Localhost"),
        good: Example.pod(spec: "securityContext:\n  seccompProfile:\n    type: Localhost\n    localhostProfile: profiles/web.json"),
        check: .pod { pod, findings in
            eachContext(pod) { context, _ in
                guard let profile = context.mapping("seccompProfile") else { return }
                let file = profile.text("localhostProfile")
                if profile["type"]?.equals("Localhost") == true {
                    if let file {
                        if let fault = Paths.descendingFault(file.bytes) { findings.add(at: file, "localhostProfile \(file.quoted) \(fault)") }
                    } else {
                        findings.add(at: context.place("seccompProfile"), "seccompProfile of type Localhost has no localhostProfile")
                    }
                } else if let file {
                    findings.add(at: file, "localhostProfile of seccompProfile is only for type Localhost")
                }
            }
        })

    static let appArmor = Rule(
        "k8s/apparmor-profile",
        keys: ["appArmorProfile"],
        summary: "an AppArmor profile of type Localhost, and no other, has a name, without spaces around it",
        reason: "ValidateAppArmorProfileField.",
        bad: Example.pod(spec: "securityContext:\n  appArmorProfile:\n    type: RuntimeDefault\n    localhostProfile: web"),
        good: Example.pod(spec: "securityContext:\n  appArmorProfile:\n    type: Localhost\n    localhostProfile: web"),
        check: .pod { pod, findings in
            eachContext(pod) { context, _ in
                guard let profile = context.mapping("appArmorProfile"), let type = profile.text("type") else { return }
                let name = profile.text("localhostProfile")
                if type.equals("Localhost") {
                    guard let name, let first = name.bytes.first, let last = name.bytes.last else {
                        findings.add(at: name ?? context.place("appArmorProfile"), "appArmorProfile of type Localhost has no localhostProfile")
                        return
                    }
                    if ContainerRules.isSpace(first) || ContainerRules.isSpace(last) {
                        findings.add(at: name, "localhostProfile \(name.quoted) has a space before or after it")
                    }
                    if name.bytes.count > 4095 { findings.add(at: name, "localhostProfile \(Names.tooLong(name.bytes, 4095))") }
                } else if let name {
                    findings.add(at: name, "localhostProfile of appArmorProfile is only for type Localhost")
                }
            }
        })

    static let appArmorAnnotation = Rule(
        "k8s/apparmor-annotation",
        keys: ["annotations"],
        summary: "an AppArmor annotation names a container and a profile, the same as the field if there is one",
        reason: "ValidateAppArmorPodAnnotations, validateAppArmorAnnotationsAndFieldsMatchOnCreate.",
        bad: Example.pod(metadata: "annotations:\n  container.apparmor.security.beta.kubernetes.io/wed: runtime/default"),
        good: Example.pod(metadata: "annotations:\n  container.apparmor.security.beta.kubernetes.io/web: runtime/default"),
        check: .pod { pod, findings in
            guard let metadata = pod.metadata else { return }
            var containers: ContainerLookup?
            for annotation in metadata.entries("annotations")
            where annotation.key.bytes.hasPrefix("container.apparmor.security.beta.kubernetes.io/") {
                let name = UnsafeBufferPointer(rebasing: annotation.key.bytes[47...])
                let profile = annotation.value
                if profile.kind == .string, !profile.bytes.isEmpty, !profile.equals("runtime/default"), !profile.equals("unconfined"),
                    !profile.bytes.hasPrefix("localhost/")
                {
                    findings.add(at: profile, "AppArmor profile \(profile.quoted) is none of runtime/default, unconfined and localhost/<name>")
                }
                let known = containers ?? ContainerLookup(pod)
                containers = known
                guard let found = known[name] else {
                    findings.add(at: annotation.key, "the annotation is for container \"\(TerminalText.escaped(String(decoding: name.prefix(63), as: UTF8.self)))\", which the pod does not have")
                    continue
                }
                guard pod.spec.mapping("os")?["name"]?.equals("windows") != true,
                    let field = found.mapping("securityContext")?.mapping("appArmorProfile") ?? pod.spec.mapping("securityContext")?.mapping("appArmorProfile"),
                    let type = field.text("type")
                else { continue }
                if !agrees(profile, type, field.text("localhostProfile"), runtimeDefault: ["runtime/default"]) {
                    findings.add(at: profile, "AppArmor profile \(profile.quoted) of the annotation is not that of the field appArmorProfile")
                }
            }
        })

    static let seccompAnnotation = Rule(
        "k8s/seccomp-annotation",
        keys: ["annotations"],
        summary: "a seccomp annotation names a profile, the same as the field if there is one",
        reason: "ValidateSeccompPodAnnotations, validateSeccompAnnotationsAndFields. Kubernetes has not acted on these annotations since 1.27.",
        bad: Example.pod(metadata: "annotations:\n  seccomp.security.alpha.kubernetes.io/pod: default"),
        good: Example.pod(metadata: "annotations:\n  seccomp.security.alpha.kubernetes.io/pod: runtime/default"),
        check: .pod { pod, findings in
            guard let metadata = pod.metadata else { return }
            var containers: ContainerLookup?
            for annotation in metadata.entries("annotations") {
                let key = annotation.key.bytes
                let profile = annotation.value
                guard profile.kind == .string, key.hasPrefix("seccomp.security.alpha.kubernetes.io/pod") || key.hasPrefix("container.seccomp.security.alpha.kubernetes.io/")
                else { continue }
                let isPod = annotation.key.equals("seccomp.security.alpha.kubernetes.io/pod")
                guard isPod || key.hasPrefix("container.") else { continue }
                if profile.bytes.hasPrefix("localhost/") {
                    if let fault = Paths.descendingFault(UnsafeBufferPointer(rebasing: profile.bytes[10...])) {
                        findings.add(at: profile, "seccomp profile \(profile.quoted) \(fault)")
                        continue
                    }
                } else if !profile.equals("runtime/default"), !profile.equals("docker/default"), !profile.equals("unconfined") {
                    findings.add(at: profile, "seccomp profile \(profile.quoted) is none of runtime/default, unconfined and localhost/<path>")
                    continue
                }
                var context = pod.spec.mapping("securityContext")
                if !isPod {
                    let known = containers ?? ContainerLookup(pod)
                    containers = known
                    context = known[UnsafeBufferPointer(rebasing: key[47...])]?.mapping("securityContext")
                }
                guard let field = context?.mapping("seccompProfile"), let type = field.text("type") else { continue }
                if !agrees(profile, type, field.text("localhostProfile"), runtimeDefault: ["runtime/default", "docker/default"]) {
                    findings.add(at: profile, "seccomp profile \(profile.quoted) of the annotation is not that of the field seccompProfile")
                }
            }
        })

    private static func agrees(_ annotation: Value, _ type: Value, _ file: Value?, runtimeDefault: [StaticString]) -> Bool {
        if type.equals("Unconfined") { return annotation.equals("unconfined") }
        if type.equals("RuntimeDefault") { return runtimeDefault.contains { annotation.equals($0) } }
        guard type.equals("Localhost") else { return true }
        guard annotation.bytes.hasPrefix("localhost/"), let file else { return false }
        return file.equals(UnsafeBufferPointer(rebasing: annotation.bytes[10...]))
    }

    // MARK: The host

    static let sysctl = Rule(
        "k8s/sysctl",
        keys: ["sysctls"],
        summary: "a sysctl is well named, set once, and not of a namespace that the pod shares with the host",
        reason: "validateSysctls, IsValidSysctlName, ValidateHostSysctl.",
        bad: Example.pod(spec: "hostNetwork: true\nsecurityContext:\n  sysctls:\n    - name: net.ipv4.ip_forward\n      value: \"1\""),
        good: Example.pod(spec: "securityContext:\n  sysctls:\n    - name: net.ipv4.ip_forward\n      value: \"1\""),
        check: .pod { pod, findings in
            guard let context = pod.spec.mapping("securityContext") else { return }
            let sysctls = context.list("sysctls")
            guard !sysctls.isEmpty else { return }
            for sysctl in sysctls {
                guard let name = sysctl.text("name") else { continue }
                if !isSysctl(name.bytes) {
                    findings.add(at: name, "sysctl name \(name.quoted) is not of the form net.ipv4.ip_forward")
                    continue
                }
                let isNet = name.bytes.hasPrefix("net.") || name.bytes.hasPrefix("net/")
                if isNet, pod.hasHostNetwork {
                    findings.add(at: name, "sysctl \(name.quoted) may not be set in a pod with hostNetwork")
                } else if pod.spec.isTrue("hostIPC"), isIPC(name) {
                    findings.add(at: name, "sysctl \(name.quoted) may not be set in a pod with hostIPC")
                }
            }
            Duplicates.each(sysctls, "name") { again, first in
                findings.add(at: again, "sysctl \(again.quoted) is set on line \(first.position.line) already")
            }
        })

    private static func isIPC(_ name: Value) -> Bool {
        for known: StaticString in [
            "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced", "kernel.shm", "kernel.msgmax",
            "kernel.msgmnb", "kernel.msgmni", "kernel.msg",
        ] where name.equals(known) { return true }
        return name.bytes.hasPrefix("fs.mqueue.")
    }

    private static func isSysctl(_ name: Names.Bytes) -> Bool {
        guard !name.isEmpty, name.count <= 253 else { return false }
        var before = Names.dot
        for byte in name {
            if byte == Names.dot || byte == Names.slash {
                guard Names.isLowerAlphanumeric(before) else { return false }
            } else if byte == Names.dash || byte == Names.underscore {
                guard before != Names.dot, before != Names.slash else { return false }
            } else if !Names.isLowerAlphanumeric(byte) {
                return false
            }
            before = byte
        }
        return Names.isLowerAlphanumeric(before)
    }

    static let shareProcesses = Rule(
        "k8s/share-processes",
        keys: ["shareProcessNamespace"],
        summary: "a pod shares processes among its containers or with the host, not both",
        reason: "validatePodSpecSecurityContext.",
        bad: Example.pod(spec: "hostPID: true\nshareProcessNamespace: true"),
        good: Example.pod(spec: "shareProcessNamespace: true"),
        check: .pod { pod, findings in
            guard let share = pod.spec["shareProcessNamespace"], share.boolean == true, pod.spec.isTrue("hostPID") else { return }
            findings.add(at: share, "shareProcessNamespace and hostPID exclude each other")
        })

    static let hostUsers = Rule(
        "k8s/host-users",
        keys: ["hostUsers"],
        summary: "a pod with users of its own shares nothing else with the host, and has no block devices",
        reason: "validateHostUsers.",
        bad: Example.pod(spec: "hostUsers: false\nhostPID: true"),
        good: Example.pod(spec: "hostUsers: false"),
        check: .pod { pod, findings in
            guard pod.spec["hostUsers"]?.boolean == false else { return }
            for field in pod.spec.fields
            where field.value.boolean == true && (field.key.equals("hostNetwork") || field.key.equals("hostPID") || field.key.equals("hostIPC")) {
                findings.add(at: field.key, "\(field.key.text) and hostUsers: false exclude each other")
            }
            pod.eachContainer { container in
                guard !container.value.list("volumeDevices").isEmpty else { return }
                findings.add(at: container.value.place("volumeDevices"), "\(container.phrase) has volumeDevices, which the pod's hostUsers: false excludes")
            }
        })

    // MARK: Windows

    static let windowsOptions = Rule(
        "k8s/windows-options",
        keys: ["windowsOptions"],
        summary: "Windows credentials and user names have Windows' forms",
        reason: "validateWindowsSecurityContextOptions.",
        bad: Example.pod(spec: "securityContext:\n  windowsOptions:\n    runAsUserName: 'a\\b\\c'"),
        good: Example.pod(spec: "securityContext:\n  windowsOptions:\n    runAsUserName: 'a\\b'"),
        check: .pod { pod, findings in
            eachContext(pod) { context, _ in
                guard let options = context.mapping("windowsOptions") else { return }
                if let name = options.text("gmsaCredentialSpecName"), let fault = Names.subdomainFault(name.bytes) {
                    findings.add(at: name, "gmsaCredentialSpecName \(name.quoted) \(fault)")
                }
                if let spec = options.text("gmsaCredentialSpec"), spec.bytes.isEmpty || spec.bytes.count > 65536 {
                    findings.add(at: spec, spec.bytes.isEmpty ? "gmsaCredentialSpec is empty" : "gmsaCredentialSpec \(Names.tooLong(spec.bytes, 65536))")
                }
                if let name = options.text("runAsUserName"), let fault = windowsUserFault(name.bytes) {
                    findings.add(at: name, "runAsUserName \(name.quoted) \(fault)")
                }
            }
        })

    private static func windowsUserFault(_ name: Names.Bytes) -> String? {
        if name.isEmpty { return "is empty" }
        if name.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "has control characters" }
        let backslash = UInt8(ascii: "\\")
        var user = name
        if let split = name.firstIndex(of: backslash) {
            let domain = UnsafeBufferPointer(rebasing: name[..<split])
            user = UnsafeBufferPointer(rebasing: name[(split + 1)...])
            if user.contains(backslash) { return "has more than one \"\\\"" }
            if domain.count >= 256 { return "has a domain of more than 255 characters" }
            if !isNetBIOS(domain), !isDomain(domain) { return "has a domain of neither the NetBIOS nor the DNS form" }
        }
        if user.isEmpty { return "has no user" }
        if user.count > 104 { return "has a user of more than 104 characters" }
        if user.allSatisfy({ $0 == Names.dot || $0 == 0x20 }) { return "has a user of dots and spaces" }
        for byte in user {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "|"), UInt8(ascii: "="),
                UInt8(ascii: ","), UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "<"), UInt8(ascii: ">"),
                UInt8(ascii: "@"), UInt8(ascii: "["), UInt8(ascii: "]"):
                return "has a user with one of \" / : ; | = , + * ? < > @ [ ]"
            default: continue
            }
        }
        return nil
    }

    private static func isNetBIOS(_ domain: Names.Bytes) -> Bool {
        let count = String(decoding: domain, as: UTF8.self).unicodeScalars.count
        guard count >= 1, count <= 15, domain[0] != Names.dot else { return false }
        return !domain.contains { [UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "|")].contains($0) }
    }

    private static func isDomain(_ domain: Names.Bytes) -> Bool {
        Names.eachPart(of: domain, between: Names.dot) { part in
            guard let first = part.first, let last = part.last, part.count <= 63 else { return false }
            return Names.isAlphanumeric(first) && Names.isAlphanumeric(last) && part.allSatisfy { Names.isAlphanumeric($0) || $0 == Names.dash }
        }
    }

    static let hostProcess = Rule(
        "k8s/host-process",
        keys: ["hostProcess"],
        summary: "of a Windows pod all containers are HostProcess containers, with hostNetwork, or none is",
        reason: "validateWindowsHostProcessPod.",
        bad: Example.pod(spec: "securityContext:\n  windowsOptions:\n    hostProcess: true"),
        good: Example.pod(spec: "hostNetwork: true\nsecurityContext:\n  windowsOptions:\n    hostProcess: true"),
        check: .pod { pod, findings in
            let own = pod.spec.mapping("securityContext")?.mapping("windowsOptions")?["hostProcess"]
            var (count, all) = (0, 0)
            var place = own
            pod.eachContainer { container in
                all += 1
                let value = container.value.mapping("securityContext")?.mapping("windowsOptions")?["hostProcess"]
                if let value, let isSet = value.boolean, let podIsSet = own?.boolean, isSet != podIsSet {
                    findings.add(at: value, "hostProcess of \(container.phrase) is not that of the pod")
                }
                if value?.boolean ?? own?.boolean ?? false {
                    count += 1
                    place = place ?? value
                }
            }
            guard count > 0, let place else { return }
            if count != all { findings.add(at: place, "\(count) of \(all) containers are HostProcess containers, and all or none must be") }
            if !pod.hasHostNetwork { findings.add(at: place, "HostProcess containers need hostNetwork: true on the pod") }
        })

    static let osFields = Rule(
        "k8s/pod-os",
        keys: ["os"],
        summary: "a pod that names its operating system sets nothing of the other",
        reason: "validateLinux, validateWindows.",
        bad: Example.pod(spec: "os:\n  name: windows\nsecurityContext:\n  runAsUser: 1000"),
        good: Example.pod(spec: "os:\n  name: windows\nsecurityContext:\n  windowsOptions:\n    runAsUserName: web"),
        check: .pod { pod, findings in
            guard let os = pod.spec.mapping("os")?["name"] else { return }
            if os.equals("linux") {
                eachContext(pod) { context, _ in
                    guard context.mapping("windowsOptions") != nil else { return }
                    findings.add(at: context.place("windowsOptions"), "windowsOptions may not be set for a Linux pod")
                }
            } else if os.equals("windows") {
                for field in pod.spec.fields {
                    let isFlag = (field.key.equals("hostPID") || field.key.equals("hostIPC")) && field.value.boolean == true
                    guard isFlag || (!field.value.isNull && (field.key.equals("hostUsers") || field.key.equals("shareProcessNamespace"))) else { continue }
                    findings.add(at: field.key, "\(field.key.text) may not be set for a Windows pod")
                }
                eachContext(pod) { context, isPod in
                    for field in context.fields where !field.value.isNull && isLinuxOnly(field, isPod) {
                        findings.add(at: field.key, "securityContext.\(field.key.text) may not be set for a Windows pod")
                    }
                }
            }
        })

    private static func isLinuxOnly(_ field: Value.Field, _ isPod: Bool) -> Bool {
        let key = field.key
        for name: StaticString in ["appArmorProfile", "seLinuxOptions", "seccompProfile", "runAsUser", "runAsGroup"] where key.equals(name) { return true }
        if isPod {
            if key.equals("sysctls") { return field.value.count > 0 }
            for name: StaticString in [
                "fsGroup", "fsGroupChangePolicy", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy",
            ] where key.equals(name) { return true }
        } else {
            for name: StaticString in [
                "capabilities", "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount",
            ] where key.equals(name) { return true }
        }
        return false
    }

    /// Gives the security contexts of the pod and its containers.
    @inline(__always)
    private static func eachContext(_ pod: PodSpecification, _ body: (_ context: Value, _ isPod: Bool) -> Void) {
        if let context = pod.spec.mapping("securityContext") { body(context, true) }
        pod.eachContainer { container in
            if let context = container.value.mapping("securityContext") { body(context, false) }
        }
    }
}
