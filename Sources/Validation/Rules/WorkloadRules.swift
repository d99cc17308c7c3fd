import Manifests

/// Rules for Deployments and the other workloads
/// (kubernetes pkg/apis/apps/validation/validation.go).
enum WorkloadRules {
    static let all: [Rule] = [
        specMissing, selectorEmpty, selectorMismatch, selectorOperator, selectorLabel, negativeCount, progressDeadline, strategyFields,
        rollingUpdateAmount,
        rollingUpdateStuck, rollingUpdateSurge, templateRestartPolicy, templateDeadline, serviceName, claimRetention, controllerRevision,
    ]

    private static let replicated = ["Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps"]

    static let specMissing = Rule(
        "k8s/spec-missing",
        kinds: replicated + [
            "ReplicationController", "Job.batch", "CronJob.batch", "PersistentVolume", "PersistentVolumeClaim",
            "ValidatingAdmissionPolicy.admissionregistration.k8s.io", "MutatingAdmissionPolicy.admissionregistration.k8s.io",
            "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding.admissionregistration.k8s.io",
            "APIService.apiregistration.k8s.io", "FlowSchema.flowcontrol.apiserver.k8s.io",
            "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io", "ServiceCIDR.networking.k8s.io",
        ],
        summary: "an object that is nothing without a spec has one",
        reason:
            "The published schemas take spec for optional, though the validation of these kinds demands what stands in it (ValidateDeploymentSpec, ValidatePersistentVolumeClaimSpec and the like).",
        bad: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            """,
        good: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        check: .object { object, findings in
            guard object.version == "v1" else { return }
            guard let spec = object.root.given("spec") else {
                findings.add(at: object.root["spec"] ?? object.kindPlace, "spec is missing")
                return
            }
            if object.kind == "ReplicationController", spec.kind == .mapping, spec.given("template") == nil {
                findings.add(at: spec["template"] ?? object.specPlace, "template is missing")
            }
        })

    static let selectorEmpty = Rule(
        "k8s/selector-empty", kinds: replicated + ["ReplicationController"],
        summary: "the selector of a workload selects something",
        reason:
            "An empty selector selects every pod of the namespace, so that the workload would fight the others for their pods. The API server refuses it (ValidateDeploymentSpec, ValidateStatefulSetSpec, ValidateDaemonSetSpec, ValidateReplicaSetSpec in pkg/apis/apps/validation; ValidateNonEmptySelector in pkg/apis/core/validation).",
        bad: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              selector: {}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        good: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            if object.kind == "ReplicationController" {
                // The labels of the template are its default.
                guard spec.hasNothing("selector"), let template = spec.mapping("template"), template.at("metadata", "labels")?.count ?? 0 == 0
                else { return }
                findings.add(at: spec.given("selector") ?? object.specPlace, "selector is empty, and the template has no labels to make one from")
                return
            }
            guard let selector = spec.mapping("selector"), LabelSelectors.isEmpty(selector) else { return }
            findings.add(at: spec.place(of: "selector"), "selector is empty", hint: "name labels of the template under matchLabels")
        })

    static let selectorMismatch = Rule(
        "k8s/selector-mismatch", kinds: replicated + ["ReplicationController", "Job.batch"],
        summary: "the selector of a workload matches the labels of its template",
        reason:
            "A workload finds its pods by its selector; pods that it makes and doesn't find again would be made without end. The API server refuses it (ValidatePodTemplateSpecForReplicaSet, ValidatePodTemplateSpecForStatefulSet, ValidateDaemonSetSpec in pkg/apis/apps/validation; ValidatePodTemplateSpecForRC; ValidateJobSpec in pkg/apis/batch/validation).",
        bad: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: shop}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        good: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        check: .object { object, findings in
            guard let spec = object.spec, let selector = spec.mapping("selector"), let template = spec.mapping("template") else { return }
            if object.kind == "Job", !spec.isTrue("manualSelector") { return }
            let labels = template.mapping("metadata")?["labels"]
            if let labels, labels.kind != .mapping, !labels.isNull { return }
            let found = LabelSelectors.Labels(labels)
            let isPlain = object.kind == "ReplicationController"
            guard let miss = isPlain ? LabelSelectors.miss(plain: selector, found) : LabelSelectors.miss(selector, found) else { return }
            guard isPlain || !SelectorForm.isFaulty(selector) else { return }
            findings.add(
                at: template.mapping("metadata")?.field("labels")?.key ?? spec.place(of: "template"),
                "selector \(TerminalText.quoted(miss.words)) does not match the template's labels",
                hint: labels.map { $0.count > 0 ? "the template has \(listed($0))" : "the template has no labels" } ?? "the template has no labels")
        })

    /// `"app: web", "tier: front"`, the first few.
    private static func listed(_ labels: Value) -> String {
        let shown = labels.fields.prefix(4).map { TerminalText.quoted("\($0.name): \($0.value.text)") }.joined(separator: ", ")
        return labels.count > 4 ? shown + ", …" : shown
    }

    static let selectorOperator = Rule(
        "k8s/selector-operator", kinds: LabelSelectors.kinds,
        summary: "an expression of a label selector has an operator, and values where it needs them",
        reason:
            "In and NotIn compare with values, Exists and DoesNotExist take none, and there are no other operators (ValidateLabelSelectorRequirement in k8s.io/apimachinery pkg/apis/meta/v1/validation).",
        bad: """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web}
            spec:
              minAvailable: 1
              selector:
                matchExpressions: [{key: app, operator: Equals, values: [web]}]
            """,
        good: """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web}
            spec:
              minAvailable: 1
              selector:
                matchExpressions: [{key: app, operator: In, values: [web]}]
            """,
        check: .object { object, findings in
            LabelSelectors.each(in: object) { selector in
                for expression in selector.items("matchExpressions") {
                    SelectorForm.operatorFault(expression) { findings.add(at: $0, $1, hint: $2) }
                }
            }
        })

    static let selectorLabel = Rule(
        "k8s/selector-label", kinds: LabelSelectors.kinds + ["Service", "RuntimeClass.node.k8s.io"],
        summary: "the labels in a selector are labels that an object can have",
        reason:
            "A key is a name of at most 63 characters, with a DNS name and \"/\" before it if need be; a value has at most 63 characters (ValidateLabels and ValidateLabelSelectorRequirement in k8s.io/apimachinery pkg/apis/meta/v1/validation).",
        bad: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: "web server"}
              ports: [{port: 80}]
            """,
        good: """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web-server}
              ports: [{port: 80}]
            """,
        check: .object { object, findings in
            func check(plain: Value) {
                for field in plain.fields {
                    if let fault = Names.qualifiedNameFault(field.key.bytes) {
                        findings.add(at: field.key, "label \(field.key.quoted) in the selector \(fault)")
                    }
                    if field.value.kind == .string, let fault = Names.labelValueFault(field.value.bytes) {
                        findings.add(at: field.value, "value \(field.value.quoted) in the selector \(fault)")
                    }
                }
            }
            if object.kind == "Service" {
                if let selector = object.spec?.mapping("selector") { check(plain: selector) }
                return
            }
            if object.kind == "RuntimeClass" {
                if let selector = object.root.at("scheduling", "nodeSelector"), selector.kind == .mapping { check(plain: selector) }
                return
            }
            LabelSelectors.each(in: object) { selector in
                if let plain = selector.mapping("matchLabels") { check(plain: plain) }
                for expression in selector.items("matchExpressions") {
                    if let key = expression.text("key"), let fault = Names.qualifiedNameFault(key.bytes) {
                        findings.add(at: key, "label \(key.quoted) in the selector \(fault)")
                    }
                    for value in expression.items("values") where value.kind == .string {
                        if let fault = Names.labelValueFault(value.bytes) {
                            findings.add(at: value, "value \(value.quoted) in the selector \(fault)")
                        }
                    }
                }
            }
        })

    static let negativeCount = Rule(
        "k8s/negative-count",
        kinds: replicated + ["ReplicationController", "Job.batch", "CronJob.batch"],
        summary: "counts and times of a workload are not negative",
        reason:
            "Replicas, history limits and seconds count from 0 (ValidateNonnegativeField, called by the validation of each workload in pkg/apis/apps/validation, pkg/apis/batch/validation and pkg/apis/core/validation).",
        bad: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: -1
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        good: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 1
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            func check(_ owner: Value?, _ key: StaticString) {
                guard let value = owner?[key], let number = value.integer, number < 0 else { return }
                findings.add(at: value, "\(key) is \(number), below 0")
            }
            switch object.kind {
            case "Job", "CronJob":
                var job = spec as Value?
                if object.kind == "CronJob" {
                    check(spec, "startingDeadlineSeconds")
                    check(spec, "successfulJobsHistoryLimit")
                    check(spec, "failedJobsHistoryLimit")
                    job = spec.at("jobTemplate", "spec")
                }
                check(job, "parallelism")
                check(job, "completions")
                check(job, "activeDeadlineSeconds")
                check(job, "backoffLimit")
                check(job, "ttlSecondsAfterFinished")
                check(job, "backoffLimitPerIndex")
                check(job, "maxFailedIndexes")
            default:
                check(spec, "minReadySeconds")
                if object.kind != "DaemonSet" { check(spec, "replicas") }
                switch object.kind {
                case "Deployment":
                    check(spec, "revisionHistoryLimit")
                    check(spec, "progressDeadlineSeconds")
                case "DaemonSet": check(spec, "revisionHistoryLimit")
                case "StatefulSet":
                    check(spec["ordinals"], "start")
                    // Without the type RollingUpdate the fields are refused altogether.
                    check(spec.at("updateStrategy", "rollingUpdate"), "partition")
                default: break
                }
            }
        })

    static let progressDeadline = Rule(
        "k8s/progress-deadline", kinds: ["Deployment.apps"],
        summary: "a deployment's progress deadline is longer than minReadySeconds",
        reason:
            "A pod counts as progress only after minReadySeconds, so that a shorter deadline could never be met; the deadline is 600 where nothing else is said (ValidateDeploymentSpec in pkg/apis/apps/validation).",
        bad: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              minReadySeconds: 60
              progressDeadlineSeconds: 30
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        good: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              minReadySeconds: 60
              progressDeadlineSeconds: 300
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            let ready = spec.integer("minReadySeconds") ?? 0
            let deadline = spec.given("progressDeadlineSeconds")
            let seconds = deadline == nil ? 600 : deadline?.integer
            guard let seconds, seconds >= 0, ready >= 0, seconds <= ready else { return }
            if let deadline {
                findings.add(at: deadline, "progressDeadlineSeconds \(seconds) is not above minReadySeconds \(ready)")
            } else {
                findings.add(
                    at: spec.given("minReadySeconds") ?? object.specPlace,
                    "minReadySeconds \(ready) is not below progressDeadlineSeconds, which is 600 by default")
            }
        })

    static let strategyFields = Rule(
        "k8s/strategy-fields", kinds: ["Deployment.apps", "StatefulSet.apps"],
        summary: "rollingUpdate stands only in a strategy of the type RollingUpdate",
        reason:
            "The fields would have no effect, and the API server refuses them (ValidateDeploymentStrategy, ValidateStatefulSetSpec in pkg/apis/apps/validation).",
        bad: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              strategy:
                type: Recreate
                rollingUpdate: {maxSurge: 1}
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        good: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              strategy: {type: Recreate}
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            let isDeployment = object.kind == "Deployment"
            guard let strategy = isDeployment ? spec.mapping("strategy") : spec.mapping("updateStrategy"),
                strategy.given("rollingUpdate") != nil, strategy.has("type", "Recreate") || strategy.has("type", "OnDelete"),
                isDeployment == strategy.has("type", "Recreate")
            else { return }
            findings.add(
                at: strategy.place(of: "rollingUpdate"), "rollingUpdate is not allowed in a strategy of the type \(strategy["type"]?.text ?? "")",
                hint: "remove it; to set it back in a server-side apply, write \"rollingUpdate: null\"")
        })

    static let rollingUpdateAmount = Rule(
        "k8s/rolling-update-amount", kinds: ["Deployment.apps", "DaemonSet.apps"],
        summary: "maxSurge and maxUnavailable are numbers or percentages within bounds",
        reason:
            "They count pods from 0, or are a percentage such as \"25%\"; of all pods no more than 100% can be unavailable (ValidatePositiveIntOrPercent and IsNotMoreThan100Percent in pkg/apis/apps/validation).",
        bad: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              strategy: {rollingUpdate: {maxUnavailable: 150%}}
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        good: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              strategy: {rollingUpdate: {maxUnavailable: 50%}}
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        check: .object { object, findings in
            guard let update = rollingUpdate(of: object) else { return }
            Amounts.check(update["maxUnavailable"], as: "maxUnavailable", isLimited: true, &findings)
            Amounts.check(update["maxSurge"], as: "maxSurge", isLimited: object.kind == "DaemonSet", &findings)
        })

    /// The mapping under `rollingUpdate`, if the strategy is that.
    private static func rollingUpdate(of object: KubernetesObject) -> Value? {
        let strategy = object.kind == "Deployment" ? object.spec?.mapping("strategy") : object.spec?.mapping("updateStrategy")
        guard let strategy, strategy.hasNothing("type") || strategy.has("type", "RollingUpdate") else { return nil }
        return strategy.mapping("rollingUpdate")
    }

    static let rollingUpdateStuck = Rule(
        "k8s/rolling-update-stuck", kinds: ["Deployment.apps", "DaemonSet.apps"],
        summary: "maxSurge and maxUnavailable are not both 0",
        reason:
            "With neither a pod more nor one less an update could not begin (ValidateRollingUpdateDeployment, ValidateRollingUpdateDaemonSet in pkg/apis/apps/validation).",
        bad: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 0%}}
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        good: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1.27"}]}
            """,
        check: .object { object, findings in
            guard let update = rollingUpdate(of: object) else { return }
            let isDeployment = object.kind == "Deployment"
            let unavailable = Amounts.number(update.given("maxUnavailable"), default: isDeployment ? 25 : 1)
            let surge = Amounts.number(update.given("maxSurge"), default: isDeployment ? 25 : 0)
            guard unavailable == 0, surge == 0 else { return }
            findings.add(at: update.spot("maxUnavailable"), "maxUnavailable and maxSurge are both 0", hint: "set one of them to 1 or more")
        })

    static let rollingUpdateSurge = Rule(
        "k8s/rolling-update-surge", kinds: ["DaemonSet.apps"],
        summary: "of a daemon set's maxSurge and maxUnavailable one is 0",
        reason:
            "A node gets the new pod either before or after the old one is gone; maxUnavailable is 1 where nothing else is said (ValidateRollingUpdateDaemonSet in pkg/apis/apps/validation).",
        bad: """
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: agent}
            spec:
              updateStrategy: {rollingUpdate: {maxSurge: 1}}
              selector: {matchLabels: {app: agent}}
              template:
                metadata: {labels: {app: agent}}
                spec: {containers: [{name: agent, image: "nginx:1.27"}]}
            """,
        good: """
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: agent}
            spec:
              updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
              selector: {matchLabels: {app: agent}}
              template:
                metadata: {labels: {app: agent}}
                spec: {containers: [{name: agent, image: "nginx:1.27"}]}
            """,
        check: .object { object, findings in
            guard let update = rollingUpdate(of: object), let surge = Amounts.number(update.given("maxSurge"), default: 0), surge > 0,
                let unavailable = Amounts.number(update.given("maxUnavailable"), default: 1), unavailable > 0
            else { return }
            findings.add(
                at: update.spot("maxSurge"), "maxSurge is set while maxUnavailable is not 0", hint: "write \"maxUnavailable: 0\" beside it")
        })

    static let templateRestartPolicy = Rule(
        "k8s/template-restart-policy", kinds: replicated + ["ReplicationController", "Job.batch", "CronJob.batch"],
        summary: "the pods of a job restart never or on failure, those of other workloads always",
        reason:
            "A job has to end, other workloads have to go on. Always is the default, so that a job has to name another (ValidatePodTemplateSpecForReplicaSet, ValidateStatefulSetSpec, ValidateDaemonSetSpec, ValidatePodTemplateSpecForRC; validateJobSpec in pkg/apis/batch/validation, which takes only Never beside a podFailurePolicy).",
        bad: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              template:
                spec: {containers: [{name: load, image: "busybox:1.36"}]}
            """,
        good: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: load, image: "busybox:1.36"}]
            """,
        check: .object { object, findings in
            guard let pod = PodSpecification(object) else { return }
            let policy = pod.spec.given("restartPolicy")
            if object.kind != "Job", object.kind != "CronJob" {
                guard let policy, policy.equals("Never") || policy.equals("OnFailure") else { return }
                findings.add(at: policy, "restartPolicy \(policy.text) is not allowed in a \(object.kind), only Always is")
                return
            }
            guard let policy, policy.kind != .string || !policy.bytes.isEmpty else {
                findings.add(
                    at: JobRules.spec(of: object)?.mapping("template")?.place(of: "spec") ?? pod.spec,
                    "restartPolicy is missing in the template of a \(object.kind); its default, Always, is not allowed",
                    hint: "add \"restartPolicy: Never\" or \"restartPolicy: OnFailure\"")
                return
            }
            if policy.equals("Always") {
                findings.add(at: policy, "restartPolicy Always is not allowed in a \(object.kind)", hint: "use Never or OnFailure")
            } else if policy.equals("OnFailure"), JobRules.spec(of: object)?.given("podFailurePolicy") != nil {
                findings.add(at: policy, "restartPolicy must be Never beside a podFailurePolicy")
            }
        })

    static let templateDeadline = Rule(
        "k8s/template-deadline", kinds: replicated + ["ReplicationController"],
        summary: "the pods of a workload that goes on have no activeDeadlineSeconds",
        reason:
            "The workload would replace each pod that its deadline ends (ValidatePodTemplateSpecForReplicaSet, ValidateStatefulSetSpec, ValidateDaemonSetSpec in pkg/apis/apps/validation, ValidatePodTemplateSpecForRC in pkg/apis/core/validation).",
        bad: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  activeDeadlineSeconds: 60
                  containers: [{name: web, image: "nginx:1.27"}]
            """,
        good: """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  containers: [{name: web, image: "nginx:1.27"}]
            """,
        check: .object { object, findings in
            guard let spec = PodSpecification(object)?.spec, spec.given("activeDeadlineSeconds") != nil else { return }
            findings.add(at: spec.place(of: "activeDeadlineSeconds"), "activeDeadlineSeconds is not allowed in a \(object.kind)")
        })

    static let serviceName = Rule(
        "k8s/stateful-service-name", kinds: ["StatefulSet.apps"],
        summary: "the serviceName of a stateful set is the name of a Service",
        reason:
            "The pods' host names are made from it: a DNS label of at most 63 characters (ValidateStatefulSetSpec in pkg/apis/apps/validation).",
        bad: """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db}
            spec:
              serviceName: db.data
              selector: {matchLabels: {app: db}}
              template:
                metadata: {labels: {app: db}}
                spec: {containers: [{name: db, image: "postgres:16"}]}
            """,
        good: """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db}
            spec:
              serviceName: db
              selector: {matchLabels: {app: db}}
              template:
                metadata: {labels: {app: db}}
                spec: {containers: [{name: db, image: "postgres:16"}]}
            """,
        check: .object { object, findings in
            findings.check(object.spec?.filled("serviceName"), Names.labelFault, as: "serviceName")
        })

    static let claimRetention = Rule(
        "k8s/claim-retention", kinds: ["StatefulSet.apps"],
        summary: "whenDeleted and whenScaled are Retain or Delete",
        reason: "There is no third policy (ValidatePersistentVolumeClaimRetentionPolicyType in pkg/apis/apps/validation).",
        bad: """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db}
            spec:
              persistentVolumeClaimRetentionPolicy: {whenDeleted: Recycle}
              selector: {matchLabels: {app: db}}
              template:
                metadata: {labels: {app: db}}
                spec: {containers: [{name: db, image: "postgres:16"}]}
            """,
        good: """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db}
            spec:
              persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}
              selector: {matchLabels: {app: db}}
              template:
                metadata: {labels: {app: db}}
                spec: {containers: [{name: db, image: "postgres:16"}]}
            """,
        check: .object { object, findings in
            guard let policy = object.spec?.mapping("persistentVolumeClaimRetentionPolicy") else { return }
            for value in [policy.filled("whenDeleted"), policy.filled("whenScaled")] {
                guard let value, !value.isOne(of: ["Retain", "Delete"]) else { continue }
                findings.add(at: value, "\(value.quoted) is no policy", hint: "use Retain or Delete")
            }
        })

    static let controllerRevision = Rule(
        "k8s/controller-revision", kinds: ["ControllerRevision.apps"],
        summary: "a controller revision has data, and a revision from 0 on",
        reason: "ValidateControllerRevisionCreate in pkg/apis/apps/validation.",
        bad: """
            apiVersion: apps/v1
            kind: ControllerRevision
            metadata: {name: web-1}
            revision: 1
            """,
        good: """
            apiVersion: apps/v1
            kind: ControllerRevision
            metadata: {name: web-1}
            revision: 1
            data: {spec: {}}
            """,
        check: .object { object, findings in
            if object.root.given("data") == nil { findings.add(at: object.kindPlace, "data is missing") }
            if let data = object.root.given("data"), data.kind != .mapping {
                findings.add(at: data, "data is \(data.kind.phrase), a mapping is required")
            }
            findings.check(object.root["revision"], 0...Int64.max, as: "revision")
        })
}

/// The form of label selectors.
enum SelectorForm {
    /// Gives what is wrong with the operator of an expression, and where, to a function.
    static func operatorFault(_ expression: Value, _ found: (Value, String, String?) -> Void) {
        guard expression.kind == .mapping else { return }
        guard let operation = expression.text("operator") else { return }
        let count = expression["values"]?.count ?? 0
        if operation.equals("In") || operation.equals("NotIn") {
            if count == 0 { found(expression.spot("values"), "values is missing or empty, \(operation.text) needs some", nil) }
        } else if operation.equals("Exists") || operation.equals("DoesNotExist") {
            if count > 0 { found(expression.place(of: "values"), "values is not allowed with \(operation.text)", nil) }
        } else {
            found(operation, "\(operation.quoted) is no operator of a selector", "use In, NotIn, Exists or DoesNotExist")
        }
    }

    /// Whether another rule has something to say about a selector.
    static func isFaulty(_ selector: Value) -> Bool {
        var isFaulty = false
        for expression in selector.items("matchExpressions") {
            operatorFault(expression) { _, _, _ in isFaulty = true }
            if let key = expression.text("key"), Names.qualifiedNameFault(key.bytes) != nil { return true }
            for value in expression.items("values") where value.kind == .string && Names.labelValueFault(value.bytes) != nil { return true }
        }
        for field in selector.mapping("matchLabels")?.fields ?? selector.fields {
            if field.value.kind == .string, Names.labelValueFault(field.value.bytes) != nil { return true }
            if Names.qualifiedNameFault(field.key.bytes) != nil { return true }
        }
        return isFaulty
    }
}

/// Numbers of pods that may be percentages.
enum Amounts {
    /// Whether a text is `[0-9]+%`.
    static func isPercentage(_ text: Names.Bytes) -> Bool {
        text.count > 1 && text[text.count - 1] == UInt8(ascii: "%") && text.dropLast().allSatisfy(Names.isDigit)
    }

    /// The number of a percentage; one that is too large for any comparison stops at a million.
    static func percentage(_ text: Names.Bytes) -> Int64? {
        guard isPercentage(text) else { return nil }
        return text.dropLast().reduce(0) { min($0 * 10 + Int64($1 - UInt8(ascii: "0")), 1_000_000) }
    }

    /// What a value counts, as the server compares it: of a percentage its number.
    static func number(_ value: Value?, default number: Int64) -> Int64? {
        guard let value else { return number }
        if value.kind == .string { return percentage(value.bytes) }
        return value.integer
    }

    /// Notes that a value is below 0, or a text that is no percentage, or one above 100%.
    static func check(_ value: Value?, as words: StaticString, isLimited: Bool, _ findings: inout Findings) {
        guard let value else { return }
        if let number = value.integer {
            if number < 0 { findings.add(at: value, "\(words) is \(number), below 0") }
        } else if value.kind == .string {
            guard let number = percentage(value.bytes) else {
                findings.add(
                    at: value, "\(words) \(value.quoted) is neither a number nor a percentage", hint: "write a number without quotes, or \"25%\"")
                return
            }
            if isLimited, number > 100 { findings.add(at: value, "\(words) is \(value.text), above 100%") }
        }
    }
}
