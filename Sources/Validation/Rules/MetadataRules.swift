import Manifests

/// Rules for the metadata of objects of every kind
/// (k8s.io/apimachinery pkg/api/validation/objectmeta.go).
enum MetadataRules {
    static let all: [Rule] = [
        missingName, name, generateName, jobName, cronJobName, namespaceName, labelKey, labelValue, annotationKey,
        annotationsSize, finalizer, finalizerConflict, ownerReference, twoControllers, resourceVersion,
    ]

    // MARK: Names

    /// The forms that kinds hold their names to.
    enum NameForm {
        case label, subdomain, pathSegment, configKey

        func fault(_ text: Names.Bytes) -> String? {
            switch self {
            case .label: Names.labelFault(text)
            case .subdomain: Names.subdomainFault(text)
            case .pathSegment: Names.pathSegmentFault(text)
            case .configKey: Names.configKeyFault(text)
            }
        }
    }

    static func nameForm(_ object: KubernetesObject) -> NameForm {
        switch object.group {
        case "":
            switch object.kind {
            case "Namespace", "Service": .label
            case "Event": .pathSegment
            default: .subdomain
            }
        case "apps": object.kind == "StatefulSet" ? .label : .subdomain
        case "batch": .subdomain
        case "rbac.authorization.k8s.io", "policy", "certificates.k8s.io", "events.k8s.io", "apiregistration.k8s.io",
            "internal.apiserver.k8s.io", "metrics.k8s.io":
            .pathSegment
        case "networking.k8s.io": object.kind == "IPAddress" ? .pathSegment : .subdomain
        case "coordination.k8s.io": object.kind == "LeaseCandidate" ? .configKey : .subdomain
        // OpenShift's own API servers allow names such as "image:tag" and "provider:user".
        default: object.group.hasSuffix(".openshift.io") ? .pathSegment : .subdomain
        }
    }

    /// Whether objects of the kind are only asked with, or read by a program from a file, and need no name.
    private static func isNameless(_ object: KubernetesObject) -> Bool {
        switch object.group {
        case "": object.kind == "Config" || object.kind == "List"
        case "apps", "batch", "rbac.authorization.k8s.io", "networking.k8s.io": object.kind.hasSuffix("List")
        case "authentication.k8s.io", "authorization.k8s.io", "imagepolicy.k8s.io", "admission.k8s.io", "kubeadm.k8s.io", "audit.k8s.io",
            "client.authentication.k8s.io", "kind.x-k8s.io", "meta.k8s.io":
            true
        default:
            object.group.hasSuffix(".config.k8s.io") || (object.kind.hasSuffix("List") && object.root["items"]?.kind == .sequence)
        }
    }

    static let missingName = Rule(
        "k8s/missing-name",
        summary: "an object has a name, or a prefix to generate one from",
        reason: "The API server stores objects by name (ValidateObjectMetaAccessor: name or generateName is required).",
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              namespace: default
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              namespace: default
            """,
        check: .object { object, findings in
            if let metadata = object.metadata {
                guard metadata.lacks("name"), metadata.lacks("generateName"), !isNameless(object) else { return }
                findings.add(
                    at: metadata["name"] ?? metadata, "\(object.kind) has no name", hint: "set metadata.name, or metadata.generateName")
            } else {
                let metadata = object.root["metadata"]
                guard metadata == nil || metadata?.isNull == true, !isNameless(object) else { return }
                findings.add(at: metadata ?? object.root.nearest("kind"), "\(object.kind) has no name", hint: "set metadata.name")
            }
        })

    static let name = Rule(
        "k8s/name",
        summary: "an object's name has the form that its kind demands",
        reason: """
            Names become parts of URLs, of DNS names and of labels. Most kinds take a DNS subdomain of at most 253 characters \
            (NameIsDNSSubdomain), Namespace, Service and StatefulSet a DNS label of at most 63 (NameIsDNSLabel), RBAC's kinds \
            anything that fits into a URL's path (IsPathSegmentName). A Service's name may begin with a digit since Kubernetes 1.36.
            """,
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: my_settings
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: my-settings
            """,
        check: .object { object, findings in
            guard let name = object.metadata?.filled("name"), let fault = nameForm(object).fault(name.bytes) else { return }
            findings.add(at: name, "name \(name.quoted) of \(object.kind) \(fault)", hint: nameHint(name))
        })

    private static func nameHint(_ name: Value) -> String? {
        guard name.bytes.count <= 63 else { return nil }
        let mended = String(decoding: name.bytes.map { Names.isUpper($0) ? $0 | 0x20 : $0 == Names.underscore || $0 == 0x20 ? Names.dash : $0 }, as: UTF8.self)
        var text = mended
        return text.withUTF8 { Names.isLabel($0) } ? "such as \(TerminalText.quoted(text))" : nil
    }

    static let generateName = Rule(
        "k8s/generate-name",
        summary: "a prefix to generate names from fits the form of its kind's names",
        reason: "The server appends five characters to generateName, and holds it to the form of names (ValidateObjectMetaAccessor, maskTrailingDash).",
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              generateName: My-
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              generateName: my-
            """,
        check: .object { object, findings in
            guard let name = object.metadata?.filled("generateName") else { return }
            let form = nameForm(object)
            guard let fault = Names.prefixFault(name.bytes, form: form.fault) else { return }
            findings.add(at: name, "generateName \(name.quoted) of \(object.kind) \(fault)")
        })

    static let jobName = Rule(
        "k8s/job-name", kinds: ["Job.batch"],
        summary: "a Job's name fits into the labels and host names of its pods",
        reason: """
            The Job's name becomes the value of the label job-name (at most 63 characters) of its pods, and in an Indexed Job, \
            with the index, their host name (ValidateJob, generateSelector).
            """,
        bad: job("a-job-whose-name-is-far-too-long-to-be-the-value-of-a-label-of-pods"),
        good: job("a-job-whose-name-is-just-short-enough"),
        check: .object { object, findings in
            guard object.group == "batch", object.kind == "Job", let name = object.metadata?.filled("name"),
                Names.isSubdomain(name.bytes)
            else { return }
            let spec = object.spec
            if name.bytes.count > 63, spec?.isTrue("manualSelector") != true {
                findings.add(at: name, "name of Job has \(name.bytes.count) characters, at most 63 are allowed", hint: "its pods carry the name as a label")
                return
            }
            guard let spec, spec["completionMode"]?.equals("Indexed") == true, let count = spec["completions"]?.integer, count > 0
            else { return }
            let suffix = String(count - 1).utf8.count + 1
            if name.bytes.count + suffix > 63 {
                findings.add(
                    at: name,
                    "name of indexed Job has \(name.bytes.count) characters, at most \(63 - suffix) are allowed with \(count) completions")
            } else if name.bytes.contains(Names.dot) {
                findings.add(at: name, "name \(name.quoted) of indexed Job contains \".\", which the host names of its pods may not")
            }
        })

    private static func job(_ name: String) -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: \(name)
        spec:
          template:
            spec:
              restartPolicy: Never
              containers:
                - name: main
                  image: example.com/main:1
        """
    }

    static let cronJobName = Rule(
        "k8s/cron-job-name", kinds: ["CronJob.batch"],
        summary: "a CronJob's name has at most 52 characters",
        reason: "Its Jobs' names append 11 characters, and may have 63 (ValidateCronJobCreate).",
        bad: cronJob("a-cron-job-whose-name-is-longer-than-its-jobs-can-have"),
        good: cronJob("a-cron-job-whose-name-is-short"),
        check: .object { object, findings in
            guard object.group == "batch", object.kind == "CronJob", let metadata = object.metadata else { return }
            if let name = metadata.filled("name") {
                guard name.bytes.count > 52, name.bytes.count <= 253 else { return }
                findings.add(
                    at: name, "name of CronJob has \(name.bytes.count) characters, at most 52 are allowed",
                    hint: "the names of its Jobs are 11 characters longer, and may have 63")
            } else if let prefix = metadata.filled("generateName"), prefix.bytes.count > 47 {
                findings.add(at: prefix, "generateName of CronJob has \(prefix.bytes.count) characters, at most 47 are allowed")
            }
        })

    private static func cronJob(_ name: String) -> String {
        """
        apiVersion: batch/v1
        kind: CronJob
        metadata:
          name: \(name)
        spec:
          schedule: "0 3 * * *"
          jobTemplate:
            spec:
              template:
                spec:
                  restartPolicy: Never
                  containers:
                    - name: main
                      image: example.com/main:1
        """
    }

    static let namespaceName = Rule(
        "k8s/namespace-name",
        summary: "the namespace of an object is a DNS label",
        reason: "No namespace can have another name (ValidateNamespaceName, NameIsDNSLabel).",
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              namespace: Team_A
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              namespace: default
            """,
        check: .object { object, findings in
            guard let namespace = object.metadata?.filled("namespace"), let fault = Names.labelFault(namespace.bytes),
                !isClusterScoped(object)
            else { return }
            findings.add(at: namespace, "namespace \(namespace.quoted) \(fault)")
        })

    /// Whether a built-in kind has no namespace; what stands there is not read then.
    private static func isClusterScoped(_ object: KubernetesObject) -> Bool {
        switch object.group {
        case "": ["Namespace", "Node", "PersistentVolume", "ComponentStatus"].contains(object.kind)
        case "rbac.authorization.k8s.io": object.kind.hasPrefix("Cluster")
        case "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "scheduling.k8s.io", "node.k8s.io",
            "flowcontrol.apiserver.k8s.io", "certificates.k8s.io":
            true
        case "storage.k8s.io": object.kind != "CSIStorageCapacity"
        case "networking.k8s.io": ["IngressClass", "IPAddress", "ServiceCIDR"].contains(object.kind)
        default: false
        }
    }

    // MARK: Labels and annotations

    static let labelKey = Rule(
        "k8s/label-key",
        summary: "the key of a label is a name of at most 63 characters, with a DNS name and \"/\" before it if at all",
        reason: "ValidateLabels, IsLabelKey: keys are matched by selectors and indexed.",
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              labels:
                "my label": "yes"
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              labels:
                example.com/my-label: "yes"
            """,
        check: .object { object, findings in
            if let metadata = object.metadata { labelKeys(metadata, &findings) }
            if let metadata = object.templateMetadata { labelKeys(metadata, &findings) }
        })

    private static func labelKeys(_ metadata: Value, _ findings: inout Findings) {
        for field in metadata.entries("labels") {
            if let fault = Names.qualifiedNameFault(field.key.bytes) { findings.add(at: field.key, "label key \(field.key.quoted) \(fault)") }
        }
    }

    static let labelValue = Rule(
        "k8s/label-value",
        summary: "the value of a label has at most 63 letters, digits, \"-\", \"_\" and \".\", and begins and ends with a letter or digit",
        reason: "ValidateLabels, IsLabelValue: values are matched by selectors and indexed.",
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              labels:
                owner: team a
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              labels:
                owner: team-a
            """,
        check: .object { object, findings in
            if let metadata = object.metadata { labelValues(metadata, &findings) }
            if let metadata = object.templateMetadata { labelValues(metadata, &findings) }
        })

    private static func labelValues(_ metadata: Value, _ findings: inout Findings) {
        for field in metadata.entries("labels") where field.value.kind == .string {
            if let fault = Names.labelValueFault(field.value.bytes) {
                findings.add(
                    at: field.value, "value \(field.value.quoted) of label \(field.key.quoted) \(fault)",
                    hint: "text that no selector matches belongs into an annotation")
            }
        }
    }

    static let annotationKey = Rule(
        "k8s/annotation-key",
        summary: "the key of an annotation is a name of at most 63 characters, with a DNS name and \"/\" before it if at all",
        reason: "ValidateAnnotations: as label keys, but letters of any case.",
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              annotations:
                example.com/a/b: "1"
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              annotations:
                example.com/a-b: "1"
            """,
        check: .object { object, findings in
            if let metadata = object.metadata { annotationKeys(metadata, &findings) }
            if let metadata = object.templateMetadata { annotationKeys(metadata, &findings) }
        })

    private static func annotationKeys(_ metadata: Value, _ findings: inout Findings) {
        for field in metadata.entries("annotations") {
            if let fault = Names.qualifiedNameFault(field.key.bytes, ignoresCase: true) {
                findings.add(at: field.key, "annotation key \(field.key.quoted) \(fault)")
            }
        }
    }

    static let annotationsSize = Rule(
        "k8s/annotations-size",
        summary: "the annotations of an object have at most 262144 bytes",
        reason: "ValidateAnnotationsSize: keys and values together, 256 KiB. kubectl apply adds a copy of the whole object as an annotation.",
        bad: configMap(annotation: 262_200),
        good: configMap(annotation: 100),
        check: .object { object, findings in
            if let metadata = object.metadata { annotationsSize(metadata, &findings) }
            if let metadata = object.templateMetadata { annotationsSize(metadata, &findings) }
        })

    private static func configMap(annotation size: Int) -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: settings
          annotations:
            example.com/text: \(String(repeating: "a", count: size))
        """
    }

    private static func annotationsSize(_ metadata: Value, _ findings: inout Findings) {
        var size = 0
        for field in metadata.entries("annotations") { size += field.key.bytes.count + field.value.bytes.count }
        if size > 262_144 {
            findings.add(at: metadata.place("annotations"), "annotations have \(size) bytes, at most 262144 are allowed")
        }
    }

    // MARK: Finalizers and owners

    static let finalizer = Rule(
        "k8s/finalizer",
        summary: "a finalizer is a name with a DNS name and \"/\" before it, or one of Kubernetes' own",
        reason: """
            ValidateFinalizerName; built-in kinds take, of names without a prefix, only kubernetes, orphan and foregroundDeletion \
            (validateKubeFinalizerName).
            """,
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              finalizers:
                - cleanup
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              finalizers:
                - example.com/cleanup
            """,
        check: .object { object, findings in
            guard let metadata = object.metadata else { return }
            for finalizer in metadata.list("finalizers") where finalizer.kind == .string {
                if let fault = Names.qualifiedNameFault(finalizer.bytes) {
                    findings.add(at: finalizer, "finalizer \(finalizer.quoted) \(fault)")
                } else if !finalizer.bytes.contains(Names.slash), !finalizer.equals("kubernetes"), !finalizer.equals("orphan"),
                    !finalizer.equals("foregroundDeletion"), knowsFinalizers(object.group)
                {
                    findings.add(
                        at: finalizer, "finalizer \(finalizer.quoted) is not one of Kubernetes' own, and has no DNS name before it",
                        hint: "such as \(TerminalText.quoted("example.com/" + finalizer.text))")
                }
            }
        })

    private static func knowsFinalizers(_ group: String) -> Bool {
        switch group {
        case "", "apps", "batch", "autoscaling", "networking.k8s.io", "rbac.authorization.k8s.io", "storage.k8s.io", "node.k8s.io",
            "scheduling.k8s.io", "discovery.k8s.io", "certificates.k8s.io", "flowcontrol.apiserver.k8s.io", "resource.k8s.io":
            true
        default: false
        }
    }

    static let finalizerConflict = Rule(
        "k8s/finalizer-conflict",
        summary: "the finalizers orphan and foregroundDeletion exclude each other",
        reason: "One keeps what the object owns, the other waits until it is deleted (ValidateFinalizers).",
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              finalizers: [orphan, foregroundDeletion]
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              finalizers: [orphan]
            """,
        check: .object { object, findings in
            guard let metadata = object.metadata else { return }
            let finalizers = metadata.list("finalizers")
            guard finalizers.count > 1, finalizers.contains(where: { $0.equals("orphan") }),
                let other = finalizers.first(where: { $0.equals("foregroundDeletion") })
            else { return }
            findings.add(at: other, "finalizers \"orphan\" and \"foregroundDeletion\" exclude each other")
        })

    static let ownerReference = Rule(
        "k8s/owner-reference",
        summary: "an owner reference names a version, kind, name and uid, and is not an Event",
        reason: "validateOwnerReference. A uid is only known when the owner is there, so owner references rarely belong into a repository.",
        bad: owned("uid: \"\""),
        good: owned("uid: 6e1a5f1c-6f5e-4d8c-9c2e-0a4c9a1f4b11"),
        check: .object { object, findings in
            guard let metadata = object.metadata else { return }
            for owner in metadata.list("ownerReferences") where owner.kind == .mapping {
                if let version = owner.text("apiVersion"), !hasVersion(version.bytes) {
                    findings.add(at: version, "owner reference has no version")
                } else if owner["apiVersion"]?.equals("v1") == true, owner["kind"]?.equals("Event") == true {
                    findings.add(at: owner.nearest("kind"), "an Event may not be an owner")
                }
                if let empty = owner.emptied("kind") { findings.add(at: empty, "owner reference has no kind") }
                if let empty = owner.emptied("name") { findings.add(at: empty, "owner reference has no name") }
                if let empty = owner.emptied("uid") { findings.add(at: empty, "owner reference has no uid") }
            }
        })

    /// Whether it is `v1` or `apps/v1` (schema.FromAPIVersionAndKind).
    private static func hasVersion(_ apiVersion: Names.Bytes) -> Bool {
        guard let slash = apiVersion.firstIndex(of: Names.slash) else { return !apiVersion.isEmpty }
        let version = apiVersion[(slash + 1)...]
        return !version.isEmpty && !version.contains(Names.slash)
    }

    private static func owned(_ uid: String) -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: settings
          ownerReferences:
            - apiVersion: apps/v1
              kind: Deployment
              name: web
              \(uid)
        """
    }

    static let twoControllers = Rule(
        "k8s/two-controllers",
        summary: "at most one owner of an object is its controller",
        reason: "ValidateOwnerReferences: two controllers would fight over the object.",
        bad: controlled("controller: true"),
        good: controlled("controller: false"),
        check: .object { object, findings in
            guard let metadata = object.metadata else { return }
            var first: Value?
            for owner in metadata.list("ownerReferences") where owner.isTrue("controller") {
                guard let earlier = first else {
                    first = owner
                    continue
                }
                // The server drops what names an owner again.
                if let id = owner.text("uid"), earlier["uid"]?.equals(id) == true { continue }
                findings.add(at: owner.nearest("controller"), "more than one owner is the controller")
            }
        })

    private static func controlled(_ second: String) -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: settings
          ownerReferences:
            - apiVersion: apps/v1
              kind: Deployment
              name: web
              uid: 6e1a5f1c-6f5e-4d8c-9c2e-0a4c9a1f4b11
              controller: true
            - apiVersion: apps/v1
              kind: Deployment
              name: api
              uid: 6e1a5f1c-6f5e-4d8c-9c2e-0a4c9a1f4b12
              \(second)
        """
    }

    static let resourceVersion = Rule(
        "k8s/resource-version", severity: .warning,
        summary: "a manifest sets no resourceVersion",
        reason: """
            The server refuses to create an object that has one, and to change one that has another (etcd3 store.Create, \
            PrepareObjectForStorage). A dry run lets it pass, so this is a warning.
            """,
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
              resourceVersion: "4711"
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
            """,
        check: .object { object, findings in
            guard let version = object.metadata?.filled("resourceVersion"), version.bytes.allSatisfy(Names.isDigit),
                version.bytes.contains(where: { $0 != UInt8(ascii: "0") })
            else { return }
            findings.add(
                at: version, "metadata.resourceVersion is set, and no object can be created with one",
                hint: "remove it, and what else `kubectl get -o yaml` adds: uid, creationTimestamp, generation, managedFields, status")
        })
}

extension KubernetesObject {
    /// The metadata of the pods that a built-in workload makes.
    var templateMetadata: Value? {
        switch group {
        case "apps": break
        case "": guard kind == "ReplicationController" || kind == "PodTemplate" else { return nil }
        case "batch":
            if kind == "CronJob" { return root.mapping("spec")?.mapping("jobTemplate")?.mapping("spec")?.mapping("template")?.mapping("metadata") }
        default: return nil
        }
        let template = kind == "PodTemplate" ? root.mapping("template") : root.mapping("spec")?.mapping("template")
        return template?.mapping("metadata")
    }
}
