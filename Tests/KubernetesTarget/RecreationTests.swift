import Glibc
import KubernetesModel
import Posix
import Testing
import TestSupport

/// Objects that are deleted and made anew, where that goes wrong in its midst.
@Suite(.enabled(if: APIServer.isThere))
struct RecreationTests {
    private let job = "{apiVersion: batch/v1, kind: Job, metadata: {name: j, annotations: {git-ops/recreate: 'true'}}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: a}]}}}}"
    private let service = "{apiVersion: v1, kind: Service, metadata: {name: s, annotations: {git-ops/recreate: 'true', note: x}}, spec: {clusterIP: None, selector: {app: s}, ports: [{port: 80}]}}"
    private let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: m, annotations: {git-ops/recreate: 'true'}}, immutable: true, data: {x: a}}"

    private func newJob(_ more: String = "") -> String {
        job.replacingFirst("image: a", "image: b").replacingFirst("{name: j,", "{name: j, \(more)")
    }

    // MARK: git-ops is gone

    @Test func whatIsBegunIsEndedThoughNobodyReads() throws {
        let site = try Site("unread")
        try site.deploy([job])
        try site.kubectl("patch", "job/j", "-p", #"{"metadata":{"finalizers":["example.org/hold"]}}"#)
        let uid = try site.field("job/j", ".metadata.uid")
        try site.plan([newJob()])
        try site.program.say(site.applyLines)
        try eventually("it is being deleted") { try !site.field("job/j", ".metadata.deletionTimestamp").isEmpty }
        site.program.closeInput()
        site.program.stopReading()
        // What is slow to end is told to.
        kill(site.program.watch.pid, SIGTERM)
        // It has had something to say meanwhile.
        #expect(!site.program.ends(within: 4))
        try site.kubectl("patch", "job/j", "--type=json", "-p", #"[{"op":"remove","path":"/metadata/finalizers"}]"#)
        try site.program.end()
        #expect(try site.field("job/j", ".metadata.uid") != uid)
        #expect(try site.field("job/j", ".spec.template.spec.containers[0].image") == "b")
    }

    // MARK: put back

    /// Lets the server refuse what has the label `refused`, and nothing else.
    private func refuseLabelled(_ site: Site, _ resource: String, _ group: String) throws {
        let webhook = """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: \(site.namespace)}
            webhooks:
            - name: checks.example.com
              clientConfig: {url: "https://127.0.0.1:1/check"}
              rules: [{apiGroups: ["\(group)"], apiVersions: [v1], operations: [CREATE], resources: [\(resource)]}]
              objectSelector: {matchLabels: {refused: \(site.namespace)}}
              failurePolicy: Fail
              sideEffects: None
              admissionReviewVersions: [v1]
              timeoutSeconds: 1

            """
        try site.kubectl("apply", "-f", "-", input: webhook)
    }

    /// Plans what the server refuses when it comes to it.
    /// - Returns: the error of its apply.
    private func failingApply(_ site: Site, _ changed: String, _ name: String, _ resource: String, _ group: String) throws -> String {
        let plan = try site.plan([changed])
        try #require(Array(plan.actions.values) == ["recreate"], "\(plan.lines)")
        try refuseLabelled(site, resource, group)
        let other = changed.replacingFirst("name: \(name),", "name: \(name)-other,")
        try eventually("the webhook is asked", seconds: 60) {
            try !site.server.kubectl(["-n", site.namespace, "create", "--dry-run=server", "-f", "-"], input: "---\n" + other).succeeded
        }
        return try site.apply().last?["error"]?.string ?? ""
    }

    private func whileRefused<T>(_ site: Site, _ body: () throws -> T) throws -> T {
        defer { _ = try? site.kubectl(nil, "delete", "validatingwebhookconfiguration", site.namespace) }
        return try body()
    }

    @Test(arguments: ["Job", "Service", "ConfigMap"]) func whatIsPutBackIsAsItWas(kind: String) throws {
        let site = try Site("back-" + kind.lowercased())
        let label = "labels: {refused: \(site.namespace)},"
        let (manifest, changed, object, resource, group) =
            switch kind {
            case "Job": (job, newJob(label), "job/j", "jobs", "batch")
            case "Service":
                (service, service.replacingFirst("None", "10.0.0.99").replacingFirst("{name: s,", "{name: s, \(label)"), "service/s", "services", "")
            default: (map, map.replacingFirst("x: a", "x: b").replacingFirst("{name: m,", "{name: m, \(label)"), "configmap/m", "configmaps", "")
            }
        try site.deploy([manifest])
        let uid = try site.field(object, ".metadata.uid")
        let error = try whileRefused(site) { try failingApply(site, changed, String(object.suffix(1)), resource, group) }
        #expect(error.hasSuffix("; it had been deleted, and was put back as it was"), "\(error)")
        #expect(try site.field(object, ".metadata.uid") != uid)
        #expect(try site.kubectl("get", object, "-o", "jsonpath={.metadata.managedFields[*].operation}", "--show-managed-fields") == "Apply")
        #expect(try site.plan([manifest]).unchanged == 1, "\(site.last.lines)")
    }

    @Test func aJobThatHasEndedIsNotRunAgain() throws {
        let site = try Site("ended")
        try site.deploy([job])
        try site.server.change(
            "PATCH", "/apis/batch/v1/namespaces/\(site.namespace)/jobs/j/status", type: "application/merge-patch+json",
            #"{"status":{"startTime":"2026-01-01T00:00:00Z","completionTime":"2026-01-01T00:01:00Z","succeeded":1,"conditions":[{"type":"SuccessCriteriaMet","status":"True","lastTransitionTime":"2026-01-01T00:01:00Z"},{"type":"Complete","status":"True","lastTransitionTime":"2026-01-01T00:01:00Z"}]}}"#)
        let error = try whileRefused(site) {
            try failingApply(site, newJob("labels: {refused: \(site.namespace)},"), "j", "jobs", "batch")
        }
        #expect(error.hasSuffix("; it had been deleted, and is not put back: it had completed, and would run again"), "\(error)")
        #expect(try !site.has("job/j"))
    }

    // MARK: quotas

    private func limit(_ site: Site, used: Int, of hard: Int) throws {
        let quota = #"{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"q"},"spec":{"hard":{"count/jobs.batch":"\#(hard)"}}}"#
        try site.kubectl("create", "-f", "-", input: quota)
        try count(site, used: used, of: hard)
        try eventually("the quota holds") {
            let more = job.replacingFirst("name: j", "name: k")
            let tried = try site.server.kubectl(["-n", site.namespace, "create", "--dry-run=server", "-f", "-"], input: "---\n" + more)
            return tried.all.contains("exceeded quota")
        }
    }

    /// There is no controller that would do this.
    private func count(_ site: Site, used: Int, of hard: Int) throws {
        try site.server.change(
            "PATCH", "/api/v1/namespaces/\(site.namespace)/resourcequotas/q/status", type: "application/merge-patch+json",
            #"{"status":{"hard":{"count/jobs.batch":"\#(hard)"},"used":{"count/jobs.batch":"\#(used)"}}}"#)
    }

    @Test func whatAQuotaWouldNotLetBeMadeAgainIsNotDeleted() throws {
        let site = try Site("quota")
        try site.deploy([job])
        let uid = try site.field("job/j", ".metadata.uid")
        try site.plan([newJob()])
        try limit(site, used: 5, of: 3)
        let answer = try site.apply()
        #expect(
            answer.last?["error"]
                == .string(
                    "apps/all.yaml:1: Job.batch \(site.namespace)/j is not deleted to make it anew: ResourceQuota q is exceeded already: count/jobs.batch is 5 of 3"))
        #expect(answer.last?["partial"] == false)
        #expect(try site.field("job/j", ".metadata.uid") == uid)
        let conflict = try site.plan([newJob()]).conflicts["_/Job.batch/j.yaml"]
        #expect(
            conflict?["reason"] == "cannot be made anew: ResourceQuota q is exceeded already: count/jobs.batch is 5 of 3 (apps/all.yaml:1)",
            "\(site.last.lines)")
    }

    @Test func aQuotaIsGivenTimeToCountWhatWasDeleted() throws {
        let site = try Site("counted")
        try site.deploy([job])
        try limit(site, used: 1, of: 1)
        let plan = try site.plan([newJob()])
        #expect(plan.changes["_/Job.batch/j.yaml"]?["remark"]?.string?.hasSuffix("; not verified: its name is taken") == true, "\(plan.lines)")
        try site.program.say(site.applyLines)
        #expect(try site.program.line()?["text"] == .string("waiting for the quota to count the deleted Job.batch \(site.namespace)/j no more"))
        try count(site, used: 0, of: 1)
        #expect(try site.program.answer().last?["type"] == "done")
        #expect(try site.field("job/j", ".spec.template.spec.containers[0].image") == "b")
    }
}
