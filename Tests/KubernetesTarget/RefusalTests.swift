import Glibc
import KubernetesModel
import Posix
import Testing
import TestSupport

@Suite(.enabled(if: APIServer.isThere))
struct RefusalTests {
    private let job = "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: a}]}}}}"

    @Test func aWebhookThatIsNotThereIsNamedWithTheWayOut() throws {
        let site = try Site("webhook")
        let webhook = """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: \(site.namespace)}
            webhooks:
            - name: checks.example.com
              clientConfig: {url: "https://127.0.0.1:1/check"}
              rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}]
              namespaceSelector: {matchLabels: {checked: \(site.namespace)}}
              failurePolicy: Fail
              sideEffects: None
              admissionReviewVersions: [v1]
              timeoutSeconds: 1

            """
        try site.kubectl(nil, "label", "namespace", site.namespace, "checked=\(site.namespace)")
        try site.kubectl("apply", "-f", "-", input: webhook)
        defer { _ = try? site.kubectl(nil, "delete", "validatingwebhookconfiguration", site.namespace) }
        // A server takes a moment until it asks a new webhook.
        try eventually("the webhook is asked", seconds: 60) { try site.plan([configMap("a", "{}")]).error != nil }
        let plan = site.last
        let error = try #require(plan.error)
        #expect(error.hasPrefix("apps/all.yaml:1: ConfigMap \(site.namespace)/a") && error.contains("checks.example.com"), "\(error)")
        #expect(plan.lines.last?["hint"]?.string?.contains("ValidatingWebhookConfiguration") == true, "\(plan.lines)")
    }

    @Test func anInvalidObjectIsAnErrorThatNamesItsPlace() throws {
        let site = try Site("invalid")
        let plan = try site.plan([
            configMap("a", "{}"), "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 99999}]}}",
            deployment("d").replacingFirst("replicas: 2", "replicas: two"),
        ])
        #expect(plan.error?.hasPrefix("apps/all.yaml:2: Service \(site.namespace)/web is invalid: spec.ports[0].port: Invalid value: 99999") == true, "\(plan.lines)")
        #expect(plan.error?.hasSuffix("(and 1 more)") == true)
        #expect(site.program.notes.contains("apps/all.yaml:3: Deployment.apps \(site.namespace)/d is invalid: .spec.replicas"))
        #expect(try !site.has("cm/a"))
    }

    @Test func anImmutableFieldNeedsConsent() throws {
        let site = try Site("immutable")
        try site.deploy([job])
        let changed = job.replacingFirst("image: a", "image: b")
        let plan = try site.plan([changed])
        let conflict = try #require(plan.conflicts["_/Job.batch/j.yaml"])
        #expect(conflict["reason"]?.string?.hasPrefix("cannot be changed in place: spec.template: ") == true)
        #expect(conflict["reason"]?.string?.hasSuffix("field is immutable (apps/all.yaml:1)") == true)
        #expect(conflict["hint"] == "annotate it git-ops/recreate: \"true\" to have it deleted and made anew")
    }

    @Test func withConsentAnObjectIsMadeAnew() throws {
        let site = try Site("recreate")
        try site.deploy([job])
        let uid = try site.field("job/j", ".metadata.uid")
        let changed = job.replacingFirst("image: a", "image: b").replacingFirst("{name: j}", "{name: j, annotations: {git-ops/recreate: 'true'}}")
        let plan = try site.plan([changed])
        #expect(plan.actions == ["_/Job.batch/j.yaml": "recreate"])
        #expect(try site.live("_/Job.batch/j.yaml")?.contains("image: a") == true)
        #expect(try site.apply().last?["type"] == "done")
        #expect(try site.field("job/j", ".spec.template.spec.containers[0].image") == "b")
        #expect(try site.field("job/j", ".metadata.uid") != uid)
        #expect(try site.plan([changed]).unchanged == 1)
    }

    @Test func aClaimIsNeverMadeAnew() throws {
        let site = try Site("claim")
        func claim(_ mode: String) -> String {
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p, annotations: {git-ops/recreate: 'true'}}, spec: {accessModes: [\(mode)], resources: {requests: {storage: 1Gi}}}}"
        }
        try site.deploy([claim("ReadWriteOnce")])
        let plan = try site.plan([claim("ReadOnlyMany")])
        #expect(plan.conflicts["_/PersistentVolumeClaim/p.yaml"]?["reason"]?.string?.contains("immutable") == true, "\(plan.lines)")
        #expect(plan.changes.isEmpty)
    }

    @Test func whoMayNotLookGetsNoPlan() throws {
        let site = try Site("weak", ["context": "weak"])
        let plan = try site.plan([configMap("a", "{}")])
        #expect(plan.error?.hasPrefix("cannot list configmaps in namespace '\(site.namespace)': ") == true, "\(plan.lines)")
        #expect(plan.error?.contains("forbidden") == true)
        #expect(plan.lines.count == 1)
        // The same process speaks with the cluster in another way, where it is told to.
        site.configuration["context"] = "admin"
        #expect(try site.plan([configMap("a", "{}")]).actions == ["_/ConfigMap/a.yaml": "create"])
    }

    @Test func whoMayLookAndNotWriteGetsNoPlan() throws {
        let site = try Site("reader", ["context": "weak"])
        try site.kubectl("create", "role", "reader", "--verb=get,list", "--resource=configmaps")
        try site.kubectl("create", "rolebinding", "reader", "--role=reader", "--user=weak")
        try eventually("the role works") {
            try site.plan([configMap("a", "{}")]).error?.hasPrefix("apps/all.yaml:1: ConfigMap \(site.namespace)/a is refused: ") == true
        }
    }

    @Test func whoMayLookOnlyIntoItsNamespacesCanHaveManyOfThem() throws {
        let site = try Site("tenant", ["context": "weak"])
        let names = (0..<10).map { "\(site.namespace)-\($0)" }
        for name in names {
            try site.kubectl(nil, "create", "namespace", name)
            try site.kubectl(nil, "-n", name, "create", "role", "all", "--verb=get,list,create,patch", "--resource=configmaps")
            try site.kubectl(nil, "-n", name, "create", "rolebinding", "all", "--role=all", "--user=weak")
        }
        let manifests = names.map { "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: \($0)}}" }
        try eventually("the roles work") { try site.plan(manifests).error == nil }
        try site.deploy(manifests)
        #expect(try site.wait(5) == ["type": "done"])
    }

    @Test func aServerThatIsNotThereIsAnError() throws {
        let site = try Site("nobody")
        let scratch = try Scratch("dead")
        let text = kubeconfig(port: try freePort())
        site.configuration["kubeconfig"] = try scratch.write(text, to: "kubeconfig")
        let plan = try site.plan([configMap("a", "{}")])
        #expect(plan.error?.contains("refuses connections") == true, "\(plan.lines.map(\.text))")
        site.configuration["kubeconfig"] = scratch("missing")
        #expect(try site.plan([configMap("a", "{}")]).error?.contains("missing") == true)
    }

    @Test func whatIsInANamespaceAlthoughItCannotBeIsAnError() throws {
        let site = try Site("scope")
        let plan = try site.plan(["{apiVersion: v1, kind: Namespace, metadata: {name: a, namespace: b}}"])
        #expect(plan.error == "apps/all.yaml:1: Namespace b/a has the namespace 'b', and objects of its kind are in none")
    }

    @Test func anErrorHalfwaySaysThatSomethingWasChanged() throws {
        let site = try Site("halfway")
        let others = (0..<20).map { configMap("m\($0)", "{}") }
        try site.deploy([configMap("z", "{x: '1'}")])
        try site.plan([configMap("z", "{x: '2'}")] + others)
        try site.kubectl("patch", "configmap", "z", "-p", #"{"immutable":true}"#)
        let answer = try site.apply()
        #expect(answer.last?["partial"] == true, "\(answer)")
        #expect(answer.count > 1)
        #expect(answer.last?["error"]?.string?.hasPrefix("apps/all.yaml:1: ConfigMap \(site.namespace)/z is invalid: ") == true)
    }

    @Test func aProgramThatIsKilledLeavesWhatTheNextPlanUnderstands() throws {
        let site = try Site("killed")
        let manifests = (0..<60).map { configMap("m\($0)", "{x: '\($0)'}") } + (0..<20).map { deployment("d\($0)") }
        try site.plan(manifests)
        try site.program.say(site.applyLines)
        for _ in 0..<5 { #expect(try site.program.line()?["type"] == "applied") }
        try site.program.kill()
        // What may have been made is told as such.
        site.mayHold = Dictionary(uniqueKeysWithValues: try manifests.map { (try Site.path($0), "0000000000000000000000000000000000000000") })
        try site.restart()
        let plan = try site.plan(manifests)
        #expect(plan.unchanged ?? 0 >= 5)
        #expect(plan.changes.count + (plan.unchanged ?? 0) == manifests.count)
        try site.deploy(manifests)
        // And what is no longer desired goes, although no record has it as ours.
        site.mayHold = Dictionary(uniqueKeysWithValues: try manifests.map { (try Site.path($0), "0000000000000000000000000000000000000000") })
        site.owned = [:]
        site.configuration["prune"] = "all"
        #expect(try site.plan([manifests[0]]).actions.values.count { $0 == "prune" } == manifests.count - 1)
    }

    @Test func whenGitOpsIsGoneNothingMoreIsChanged() throws {
        let site = try Site("gone")
        try site.plan((0..<200).map { configMap("m\($0)", "{}") })
        try site.program.say(site.applyLines)
        _ = try site.program.line()
        // It is still read: what ends it is that nothing more can be said to it.
        site.program.closeInput()
        #expect(try site.program.answer().last?["error"] == "git-ops is gone")
        try site.program.end()
        let before = try site.kubectl("get", "configmaps", "-l", "git-ops/owner", "-o", "name").split(separator: "\n").count
        #expect(before < 200)
    }
}
