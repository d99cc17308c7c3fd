import Manifests

/// Rules for Jobs and CronJobs (kubernetes pkg/apis/batch/validation/validation.go).
enum JobRules {
    static let all: [Rule] = [
        cronSchedule, cronTimeZone, selector, indexed, managedBy, failurePolicy, successPolicy, replacementPolicy,
    ]

    private static let kinds = ["Job.batch", "CronJob.batch"]

    /// The mapping that says what a job is.
    static func spec(of object: KubernetesObject) -> Value? {
        guard object.kind == "CronJob" else { return object.spec }
        guard let spec = object.spec?.at("jobTemplate", "spec"), spec.kind == .mapping else { return nil }
        return spec
    }

    static let cronSchedule = Rule(
        "k8s/cron-schedule", kinds: ["CronJob.batch"],
        summary: "the schedule of a cron job has five fields, or is a descriptor such as @daily",
        reason:
            "Minute, hour, day of month, month and day of week (0 to 6), as github.com/robfig/cron/v3 reads them; the time zone stands in timeZone, not in the schedule (validateScheduleFormat in pkg/apis/batch/validation).",
        bad: """
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: backup}
            spec:
              schedule: "0 25 * * *"
              jobTemplate:
                spec:
                  template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "busybox:1.36"}]}}
            """,
        good: """
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: backup}
            spec:
              schedule: "0 23 * * *"
              jobTemplate:
                spec:
                  template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "busybox:1.36"}]}}
            """,
        check: .object { object, findings in
            guard let schedule = object.spec?.text("schedule") else { return }
            let bytes = schedule.bytes
            for index in bytes.indices.dropLast() where bytes[index] == UInt8(ascii: "T") && bytes[index + 1] == UInt8(ascii: "Z") {
                findings.add(
                    at: schedule, "schedule \(schedule.quoted) names a time zone", hint: "put the time zone into the field timeZone")
                return
            }
            guard let fault = CronSchedule.fault(bytes) else { return }
            findings.add(
                at: schedule, "schedule \(schedule.quoted) \(fault)",
                hint: "minute hour day-of-month month day-of-week, such as \"30 2 * * 1-5\"")
        })

    static let cronTimeZone = Rule(
        "k8s/cron-time-zone", kinds: ["CronJob.batch"],
        summary: "timeZone names a zone of the IANA time zone database",
        reason:
            "The controller computes times in that zone; names are case-sensitive, and \"Local\" is none (validateTimeZone in pkg/apis/batch/validation).",
        bad: """
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: backup}
            spec:
              schedule: "@daily"
              timeZone: Local
              jobTemplate:
                spec:
                  template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "busybox:1.36"}]}}
            """,
        good: """
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: backup}
            spec:
              schedule: "@daily"
              timeZone: Etc/UTC
              jobTemplate:
                spec:
                  template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "busybox:1.36"}]}}
            """,
        check: .object { object, findings in
            guard let zone = object.spec?.text("timeZone") else { return }
            if zone.bytes.isEmpty {
                findings.add(at: zone, "timeZone is empty", hint: "leave it out, or name a zone such as \"Europe/Paris\"")
                return
            }
            if zone.bytes.count == 5, zone.text.lowercased() == "local" {
                findings.add(at: zone, "timeZone \(zone.quoted) says nothing", hint: "name a zone such as \"Europe/Paris\"")
                return
            }
            let isFormed = Names.eachPart(of: zone.bytes, between: Names.slash) { part in
                guard !part.isEmpty, part.count <= 14, part[0] != Names.dash, !part.elementsEqual("."), !part.elementsEqual("..")
                else { return false }
                return part.allSatisfy { Names.isLabelCharacter($0) || $0 == UInt8(ascii: "+") }
            }
            if !isFormed || !TimeZones.contains(zone.bytes) { findings.add(at: zone, "timeZone \(zone.quoted) is no time zone", hint: "name a zone such as \"Europe/Paris\"") }
        })

    static let selector = Rule(
        "k8s/job-selector", kinds: kinds,
        summary: "a job leaves its selector to the API server",
        reason:
            "The API server makes a selector that no other job shares; a job may bring its own only with \"manualSelector: true\", a cron job never (validateGeneratedSelector, ValidateJobTemplateSpec in pkg/apis/batch/validation).",
        bad: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              selector: {matchLabels: {app: load}}
              template:
                metadata: {labels: {app: load}}
                spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}
            """,
        good: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              template:
                metadata: {labels: {app: load}}
                spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}
            """,
        check: .object { object, findings in
            guard let spec = spec(of: object) else { return }
            if object.kind == "CronJob" {
                if spec.given("selector") != nil {
                    findings.add(
                        at: spec.place(of: "selector"), "selector is not allowed in the jobs of a CronJob, the server makes it", hint: "remove it")
                }
                if let manual = spec["manualSelector"], manual.boolean == true {
                    findings.add(at: manual, "manualSelector is not allowed in the jobs of a CronJob", hint: "remove it")
                }
                return
            }
            if spec.isTrue("manualSelector") {
                if spec.given("selector") == nil {
                    findings.add(at: spec.place(of: "manualSelector"), "manualSelector is true and selector is missing")
                }
                return
            }
            guard let selector = spec.mapping("selector"), !LabelSelectors.isEmpty(selector) else { return }
            findings.add(
                at: spec.place(of: "selector"), "selector is not allowed without \"manualSelector: true\"", hint: "remove it, the server makes one")
        })

    static let indexed = Rule(
        "k8s/job-indexed", kinds: kinds,
        summary: "fields of indexed jobs stand only in those, and within their bounds",
        reason:
            "completionMode Indexed needs completions; backoffLimitPerIndex, maxFailedIndexes and successPolicy need completionMode Indexed; maxFailedIndexes needs backoffLimitPerIndex and is at most completions; parallelism is at most 100000 (validateJobSpec in pkg/apis/batch/validation).",
        bad: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              completionMode: Indexed
              parallelism: 3
              template: {spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}}
            """,
        good: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              completionMode: Indexed
              completions: 3
              parallelism: 3
              template: {spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}}
            """,
        check: .object { object, findings in
            guard let spec = spec(of: object) else { return }
            let perIndex = spec.given("backoffLimitPerIndex")
            let failed = spec.given("maxFailedIndexes")
            if failed != nil, perIndex == nil { findings.add(at: spec.place(of: "maxFailedIndexes"), "maxFailedIndexes needs backoffLimitPerIndex") }
            guard spec.has("completionMode", "Indexed") else {
                guard spec.hasNothing("completionMode") || spec.has("completionMode", "NonIndexed") else { return }
                for key: StaticString in ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] where spec.given(key) != nil {
                    findings.add(at: spec.place(of: key), "\(key) needs \"completionMode: Indexed\"")
                }
                return
            }
            let completions = spec.given("completions")
            if completions == nil, spec.given("parallelism") != nil {
                // Without both they are 1.
                findings.add(at: spec.place(of: "completionMode"), "completionMode Indexed needs completions")
            }
            let isLarge = completions?.integer ?? 0 > 100_000 && perIndex != nil
            let most: Int64 = isLarge ? 10_000 : 100_000
            if let parallelism = spec["parallelism"], let number = parallelism.integer, number > most {
                findings.add(at: parallelism, "parallelism is \(number), at most \(most) are allowed")
            }
            guard let failed, let number = failed.integer else {
                if isLarge, failed == nil {
                    findings.add(at: spec.given("completions") ?? object.specPlace, "more than 100000 completions need maxFailedIndexes")
                }
                return
            }
            if number > most { findings.add(at: failed, "maxFailedIndexes is \(number), at most \(most) are allowed") }
            // Without completions and parallelism both are 1.
            let total = completions == nil && spec.given("parallelism") == nil ? 1 : completions?.integer
            if let completions = total, number > completions {
                findings.add(at: failed, "maxFailedIndexes \(number) is above completions \(completions)")
            }
        })

    static let managedBy = Rule(
        "k8s/job-managed-by", kinds: kinds,
        summary: "managedBy names a controller as example.com/controller",
        reason:
            "A DNS name, \"/\" and a path, of at most 63 characters together (validateJobSpec in pkg/apis/batch/validation, IsDomainPrefixedPath in k8s.io/apimachinery).",
        bad: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              managedBy: queue
              template: {spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}}
            """,
        good: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              managedBy: example.com/queue
              template: {spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}}
            """,
        check: .object { object, findings in
            findings.check(
                spec(of: object)?.text("managedBy"),
                { $0.count > 63 ? Names.tooLong($0, 63) : Names.domainPrefixedPathFault($0) }, as: "managedBy")
        })

    static let failurePolicy = Rule(
        "k8s/job-failure-policy", kinds: kinds,
        summary: "the rules of a pod failure policy are whole and can match",
        reason:
            "Each rule has either onExitCodes or onPodConditions; exit codes are listed in order, once each, without 0 for In; containers are named that exist; FailIndex needs backoffLimitPerIndex (validatePodFailurePolicy in pkg/apis/batch/validation).",
        bad: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              podFailurePolicy:
                rules: [{action: FailJob, onExitCodes: {containerName: loader, operator: In, values: [42]}}]
              template: {spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}}
            """,
        good: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              podFailurePolicy:
                rules: [{action: FailJob, onExitCodes: {containerName: load, operator: In, values: [42]}}]
              template: {spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}}
            """,
        check: .object { object, findings in
            guard let spec = spec(of: object), let policy = spec.mapping("podFailurePolicy") else { return }
            let rules = policy.items("rules")
            if rules.count > 20 { findings.add(at: policy.spot("rules"), "rules has \(rules.count) items, at most 20 are allowed") }
            for rule in rules.prefix(20) { check(rule, spec, &findings) }
        })

    private static func check(_ rule: Value, _ spec: Value, _ findings: inout Findings) {
        guard rule.kind == .mapping else { return }
        if rule.has("action", "FailIndex"), spec.given("backoffLimitPerIndex") == nil {
            findings.add(at: rule.spot("action"), "action FailIndex needs backoffLimitPerIndex")
        }
        let conditions = rule.items("onPodConditions")
        let codes = rule.mapping("onExitCodes")
        if codes != nil, !conditions.isEmpty {
            findings.add(at: rule.place(of: "onPodConditions"), "a rule has either onExitCodes or onPodConditions, not both")
        } else if rule.given("onExitCodes") == nil, conditions.isEmpty {
            findings.add(at: rule, "a rule needs onExitCodes or onPodConditions")
        }
        if conditions.count > 20 {
            findings.add(at: rule.spot("onPodConditions"), "onPodConditions has \(conditions.count) items, at most 20 are allowed")
        }
        for condition in conditions.prefix(20) {
            findings.check(condition.text("type"), { Names.qualifiedNameFault($0) }, as: "type")
            if let status = condition.filled("status"), !status.isOne(of: ["True", "False", "Unknown"]) {
                findings.add(at: status, "status \(status.quoted) is none of \"True\", \"False\" and \"Unknown\"")
            }
        }
        guard let codes else { return }
        if let name = codes.text("containerName"), let pod = spec.at("template", "spec"), pod.kind == .mapping {
            let isThere =
                pod.items("containers").contains { $0["name"]?.equals(name) == true }
                || pod.items("initContainers").contains { $0["name"]?.equals(name) == true }
            if !isThere { findings.add(at: name, "containerName \(name.quoted) is no container of the template") }
        }
        let values = codes.items("values")
        if values.isEmpty { findings.add(at: codes.spot("values"), "values is missing or empty") }
        if values.count > 255 { findings.add(at: codes.spot("values"), "values has \(values.count) items, at most 255 are allowed") }
        var before: Int64?
        for value in values.prefix(255) {
            guard let code = value.integer else { return }
            if code == 0, codes.has("operator", "In") { findings.add(at: value, "exit code 0 is not allowed with the operator In") }
            if let before, before == code {
                findings.add(at: value, "exit code \(code) comes twice")
            } else if let before, before > code {
                findings.add(at: value, "exit code \(code) comes after \(before), codes are listed in order")
            }
            before = code
        }
    }

    static let successPolicy = Rule(
        "k8s/job-success-policy", kinds: kinds,
        summary: "the rules of a success policy name indexes and counts that the job has",
        reason:
            "There are 1 to 20 rules, each with succeededIndexes (\"0,2-4\", rising, below completions), succeededCount, or both (validateSuccessPolicy and validateIndexesFormat in pkg/apis/batch/validation).",
        bad: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              completionMode: Indexed
              completions: 3
              successPolicy: {rules: [{succeededIndexes: "2-5"}]}
              template: {spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}}
            """,
        good: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              completionMode: Indexed
              completions: 3
              successPolicy: {rules: [{succeededIndexes: "0-1"}]}
              template: {spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}}
            """,
        check: .object { object, findings in
            guard let spec = spec(of: object), spec.has("completionMode", "Indexed"), let policy = spec.mapping("successPolicy") else { return }
            let rules = policy.items("rules")
            if rules.isEmpty { findings.add(at: policy.spot("rules"), "successPolicy needs at least one rule") }
            if rules.count > 20 { findings.add(at: policy.spot("rules"), "rules has \(rules.count) items, at most 20 are allowed") }
            // Without both completions and parallelism they are 1.
            let completions = spec.given("completions") == nil ? 1 : spec.integer("completions")
            guard let completions else { return }
            for rule in rules.prefix(20) where rule.kind == .mapping {
                let count = rule.given("succeededCount")
                guard let indexes = rule.text("succeededIndexes") else {
                    if count == nil { findings.add(at: rule, "a rule needs succeededIndexes or succeededCount") }
                    findings.check(count, 0...max(completions, 0), as: "succeededCount")
                    continue
                }
                findings.check(count, 0...max(completions, 0), as: "succeededCount")
                switch JobRules.indexes(indexes.bytes, below: completions) {
                case .failure(let fault): findings.add(at: indexes, "succeededIndexes \(indexes.quoted) \(fault.words)")
                case .success(let total):
                    if let count, let number = count.integer, number > total, number <= completions {
                        findings.add(at: count, "succeededCount \(number) is above the \(total) indexes that succeededIndexes names")
                    }
                }
            }
        })

    private struct IndexFault: Error {
        let words: String
    }

    /// How many indexes a text names.
    private static func indexes(_ text: Names.Bytes, below completions: Int64) -> Result<Int64, IndexFault> {
        if text.isEmpty { return .success(0) }
        if text.count > 64 * 1024 { return .failure(IndexFault(words: Names.tooLong(text, 64 * 1024))) }
        var total: Int64 = 0
        var last: Int64 = -1
        var fault: String?
        _ = Names.eachPart(of: text, between: UInt8(ascii: ",")) { part in
            let dash = part.firstIndex(of: Names.dash)
            guard let first = index(dash.map { part[..<$0] } ?? part[...]),
                let end = dash.map({ index(part[($0 + 1)...]) }) ?? first
            else {
                fault = "has not the form \"0,2-4\""
                return false
            }
            if end >= completions || first >= completions {
                fault = "names an index that is not below completions \(completions)"
            } else if dash != nil, first >= end {
                fault = "has a range that ends before it begins"
            } else if first <= last {
                fault = "does not rise"
            }
            total += end - first + 1
            last = end
            return fault == nil
        }
        return fault.map { .failure(IndexFault(words: $0)) } ?? .success(total)
    }

    private static func index(_ text: Slice<Names.Bytes>) -> Int64? {
        guard !text.isEmpty, text.count <= 10, text.allSatisfy(Names.isDigit) else { return nil }
        return text.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    static let replacementPolicy = Rule(
        "k8s/job-replacement-policy", kinds: kinds,
        summary: "beside a pod failure policy, pods are replaced only when they have failed",
        reason: "podReplacementPolicy is Failed where there is a podFailurePolicy (validatePodReplacementPolicy in pkg/apis/batch/validation).",
        bad: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              podReplacementPolicy: TerminatingOrFailed
              podFailurePolicy:
                rules: [{action: FailJob, onExitCodes: {operator: In, values: [42]}}]
              template: {spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}}
            """,
        good: """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: load}
            spec:
              podReplacementPolicy: Failed
              podFailurePolicy:
                rules: [{action: FailJob, onExitCodes: {operator: In, values: [42]}}]
              template: {spec: {restartPolicy: Never, containers: [{name: load, image: "busybox:1.36"}]}}
            """,
        check: .object { object, findings in
            guard let spec = spec(of: object), spec.given("podFailurePolicy") != nil, let policy = spec.text("podReplacementPolicy"),
                policy.equals("TerminatingOrFailed")
            else { return }
            findings.add(at: policy, "podReplacementPolicy must be Failed beside a podFailurePolicy")
        })
}
