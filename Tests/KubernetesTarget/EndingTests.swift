import KubernetesModel
import Testing
import TestSupport

/// What takes its time to go.
@Suite(.enabled(if: APIServer.isThere))
struct EndingTests {
    private let job = "{apiVersion: batch/v1, kind: Job, metadata: {name: j, annotations: {git-ops/recreate: 'true'}}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: a}]}}}}"

    private func hold(_ site: Site, _ object: String) throws {
        try site.kubectl("patch", object, "-p", #"{"metadata":{"finalizers":["example.org/hold"]}}"#)
    }

    private func release(_ site: Site, _ object: String) throws {
        try site.kubectl("patch", object, "--type=json", "-p", #"[{"op":"remove","path":"/metadata/finalizers"}]"#)
    }

    @Test func aDeploymentWaitsUntilWhatItDeletedIsGone() throws {
        let site = try Site("departure")
        try site.deploy([configMap("a", "{x: '1'}"), configMap("b", "{x: '1'}")])
        try hold(site, "configmap/b")
        try site.plan([configMap("a", "{x: '1'}")])
        #expect(try site.apply().last?["type"] == "done")
        #expect(
            try site.wait(0)["error"]
                == .string("ConfigMap \(site.namespace)/b was deleted and is not gone after 0 s: it waits for example.org/hold"))
        try site.program.say([["type": "wait", "timeout": 60]])
        #expect(try site.program.line()?["text"]?.string?.hasPrefix("waiting for ConfigMap \(site.namespace)/b to be gone: it waits for example.org/hold") == true)
        try release(site, "configmap/b")
        #expect(try site.program.answer().last == ["type": "done"])
        #expect(try !site.has("cm/b"))
    }

    @Test func manyThatAreDeletedAreWaitedFor() throws {
        let site = try Site("exodus", ["prune": "all"])
        let manifests = (0..<8).map { configMap("m\($0)", "{}") }
        try site.deploy(manifests)
        try hold(site, "configmap/m5")
        try site.plan([manifests[0]])
        #expect(try site.apply().last?["type"] == "done")
        #expect(try site.wait(0)["error"]?.string?.hasPrefix("ConfigMap \(site.namespace)/m5 was deleted and is not gone") == true)
        try release(site, "configmap/m5")
        #expect(try site.wait(60) == ["type": "done"])
    }

    @Test func aRevertSoonAfterAPruneMakesTheObjectAnew() throws {
        let site = try Site("revert")
        let both = [configMap("a", "{x: '1'}"), configMap("b", "{x: '1'}")]
        try site.deploy(both)
        let uid = try site.field("cm/b", ".metadata.uid")
        try hold(site, "configmap/b")
        try site.plan([both[0]])
        #expect(try site.apply().last?["type"] == "done")
        let plan = try site.plan(both)
        #expect(plan.conflicts.isEmpty && plan.actions == ["_/ConfigMap/b.yaml": "create"])
        let remark = try #require(plan.changes["_/ConfigMap/b.yaml"]?["remark"]?.string)
        #expect(remark.hasPrefix("made when the one that is being deleted since 20") && remark.hasSuffix(" is gone (it waits for example.org/hold)"))
        try site.program.say(site.applyLines)
        #expect(try site.program.line()?["text"]?.string?.contains("waiting for ConfigMap \(site.namespace)/b to be deleted: it waits for example.org/hold") == true)
        // Nobody but who set it takes the finalizer away.
        #expect(try site.field("cm/b", ".metadata.finalizers") == #"["example.org/hold"]"#)
        try release(site, "configmap/b")
        #expect(try site.program.answer().last?["type"] == "done")
        #expect(try site.field("cm/b", ".metadata.uid") != uid)
        #expect(try site.wait(60) == ["type": "done"])
        #expect(try site.plan(both).unchanged == 2)
    }

    @Test func whatDoesNotGoIsAnErrorThatSaysWhatHoldsIt() throws {
        let site = try Site("stuck")
        try site.deploy([configMap("a", "{x: '1'}")])
        try hold(site, "configmap/a")
        try site.kubectl("delete", "configmap", "a", "--wait=false")
        site.timeout = 1
        let plan = try site.plan([configMap("a", "{x: '1'}")])
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["drift"] == true)
        let answer = try site.apply()
        let error = try #require(answer.last?["error"]?.string)
        #expect(error.contains("it is not gone after ") && error.hasSuffix(": it waits for example.org/hold"), "\(error)")
        try release(site, "configmap/a")
        site.timeout = 60
        try site.deploy([configMap("a", "{x: '1'}")])
    }

    @Test func whatIsMadeWhereAnotherGoesIsCheckedBefore() throws {
        let site = try Site("checked")
        let service = "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}"
        try site.deploy([service])
        try hold(site, "service/s")
        try site.kubectl("delete", "service", "s", "--wait=false")
        let plan = try site.plan([service.replacingFirst("80", "99999")])
        #expect(plan.error?.contains("spec.ports[0].port: Invalid value: 99999") == true, "\(plan.lines)")
        try release(site, "service/s")
    }

    @Test func whatOthersAreDeletingIsLeftToThem() throws {
        let site = try Site("theirs")
        try site.kubectl("create", "configmap", "a")
        try site.kubectl("label", "configmap", "a", "git-ops/owner=other")
        try hold(site, "configmap/a")
        try site.kubectl("delete", "configmap", "a", "--wait=false")
        let plan = try site.plan([configMap("a", "{}")])
        #expect(plan.conflicts["_/ConfigMap/a.yaml"]?["reason"]?.string?.contains(", and is managed by git-ops for 'other'") == true)
        try release(site, "configmap/a")
    }

    @Test func aNamespaceThatIsBeingDeletedIsMadeAnewWithWhatIsInIt() throws {
        let site = try Site("outer")
        let name = site.namespace + "-inner"
        let manifests = ["{apiVersion: v1, kind: Namespace, metadata: {name: \(name)}}", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: \(name)}}"]
        try site.deploy(manifests)
        try site.kubectl(nil, "delete", "namespace", name, "--wait=false")
        let plan = try site.plan(manifests)
        #expect(plan.conflicts.isEmpty && Set(plan.actions.values) == ["create"], "\(plan.lines)")
        try site.program.say(site.applyLines)
        #expect(try site.program.line()?["text"]?.string?.contains("to be deleted: it waits for kubernetes") == true)
        // There is no controller that would do this.
        try site.kubectl(nil, "-n", name, "delete", "configmap", "a")
        try site.server.change(
            "PUT", "/api/v1/namespaces/\(name)/finalize", #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(name)"},"spec":{"finalizers":[]}}"#)
        #expect(try site.program.answer().last?["type"] == "done")
        #expect(try site.plan(manifests).unchanged == 2)
    }

    // MARK: made anew

    @Test func whatHasFinalizersIsMadeAnewWhenItIsGone() throws {
        let site = try Site("anew")
        try site.deploy([job])
        try hold(site, "job/j")
        let changed = job.replacingFirst("image: a", "image: b")
        let plan = try site.plan([changed])
        #expect(plan.changes["_/Job.batch/j.yaml"]?["remark"]?.string?.hasSuffix("; it goes when example.org/hold let it") == true, "\(plan.lines)")
        try site.program.say(site.applyLines)
        try eventually("it is being deleted") { try !site.field("job/j", ".metadata.deletionTimestamp").isEmpty }
        try release(site, "job/j")
        #expect(try site.program.answer().last?["type"] == "done")
        #expect(try site.field("job/j", ".spec.template.spec.containers[0].image") == "b")
    }

    @Test func whatIsNotMadeAnewInTimeIsMadeByTheNextDeployment() throws {
        let site = try Site("later")
        try site.deploy([job])
        try hold(site, "job/j")
        let changed = job.replacingFirst("image: a", "image: b")
        site.timeout = 1
        try site.plan([changed])
        let answer = try site.apply()
        #expect(answer.last?["error"]?.string?.hasSuffix(": it waits for example.org/hold") == true, "\(answer)")
        #expect(answer.last?["partial"] == true)
        site.timeout = 60
        #expect(try site.plan([changed]).actions == ["_/Job.batch/j.yaml": "create"])
        try release(site, "job/j")
        try site.deploy([changed])
        #expect(try site.field("job/j", ".spec.template.spec.containers[0].image") == "b")
    }

    @Test func whatIsDeletedWhenItDiesIsMadeByTheNextDeployment() throws {
        let site = try Site("died")
        try site.deploy([job])
        try hold(site, "job/j")
        let changed = job.replacingFirst("image: a", "image: b")
        try site.plan([changed])
        try site.program.say(site.applyLines)
        try eventually("it is being deleted") { try !site.field("job/j", ".metadata.deletionTimestamp").isEmpty }
        try site.program.kill()
        try release(site, "job/j")
        try site.restart()
        try site.deploy([changed])
        #expect(try site.field("job/j", ".spec.template.spec.containers[0].image") == "b")
    }

    @Test func whatIsPutBackIsAsItWasBefore() throws {
        let site = try Site("back")
        let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: {git-ops/recreate: 'true'}}, spec: {containers: [{name: c, image: a, resources: {limits: {cpu: 500m}}}]}}"
        try site.deploy([pod])
        let changed = pod.replacingFirst("500m", "'2'")
        let plan = try site.plan([changed])
        try #require(plan.actions == ["_/Pod/p.yaml": "recreate"], "\(plan.lines)")
        // A limit that the new one exceeds, and the old one does not.
        let limit = "---\n{apiVersion: v1, kind: LimitRange, metadata: {name: l}, spec: {limits: [{type: Container, max: {cpu: '1'}}]}}"
        try site.kubectl("create", "-f", "-", input: limit)
        let other = changed.replacingFirst("name: p", "name: q")
        try eventually("the limit holds") {
            try !site.server.kubectl(["-n", site.namespace, "create", "--dry-run=server", "-f", "-"], input: "---\n" + other).succeeded
        }
        let answer = try site.apply()
        #expect(answer.last?["error"]?.string?.hasSuffix("; it had been deleted, and was put back as it was") == true, "\(answer)")
        #expect(try site.field("pod/p", ".spec.containers[0].resources.limits.cpu") == "500m")
        #expect(try site.kubectl("get", "pod", "p", "-o", "jsonpath={.metadata.managedFields[*].operation}", "--show-managed-fields") == "Apply")
        #expect(try site.plan([pod]).unchanged == 1)
        // It is not deleted again for what is known not to work.
        let second = try site.plan([changed])
        #expect(second.error?.contains("maximum cpu usage per Container is 1, but limit is 2") == true, "\(second.lines)")
    }
}
