import KubernetesModel
import Posix
import Testing
import TestSupport

@Suite(.enabled(if: APIServer.isThere))
struct ConflictTests {
    @Test(arguments: [
        ("app.kubernetes.io/managed-by=Helm", "meta.helm.sh/release-name=shop", "Helm (release 'shop')"),
        ("kustomize.toolkit.fluxcd.io/name=apps", "a=b", "Flux (Kustomization apps)"),
        ("a=b", "argocd.argoproj.io/tracking-id=shop:/ConfigMap:ns/a", "Argo CD (application 'shop')"),
        ("git-ops/owner=staging-1", "a=b", "git-ops for 'staging-1'"),
    ])
    func whatOthersManageIsLeftToThem(label: String, annotation: String, who: String) throws {
        let site = try Site("foreign")
        try site.kubectl("create", "configmap", "a", "--from-literal=x=1")
        try site.kubectl("label", "configmap", "a", label)
        try site.kubectl("annotate", "configmap", "a", annotation)
        let plan = try site.plan([configMap("a", "{x: '2'}")])
        #expect(plan.conflicts["_/ConfigMap/a.yaml"]?["reason"] == .string("is managed by \(who) (apps/all.yaml:1)"))
        #expect(plan.changes.isEmpty)
        #expect(plan.unchanged == 0)
        try site.deploy([configMap("a", "{x: '2'}")], adopting: true)
        #expect(try site.field("cm/a", ".data.x") == "2")
    }

    @Test func aFieldOfAnotherManagerIsAConflict() throws {
        let site = try Site("fields")
        try site.deploy([deployment("web")])
        try site.kubectl("patch", "deployment", "web", "--field-manager=autoscaler", "-p", #"{"spec":{"replicas":9}}"#)
        let plan = try site.plan([deployment("web")])
        let reason = try #require(plan.conflicts["_/Deployment.apps/web.yaml"]?["reason"]?.string)
        #expect(reason.hasPrefix("has fields that are set by others: .spec.replicas by autoscaler since 20"), "\(reason)")
        #expect(reason.hasSuffix(" (live 9, desired 2) (apps/all.yaml:1)"))
        let adopted = try site.deploy([deployment("web")], adopting: true)
        #expect(adopted.changes["_/Deployment.apps/web.yaml"]?["remark"] == "replaces autoscaler as owner of .spec.replicas")
        #expect(adopted.changes["_/Deployment.apps/web.yaml"]?["drift"] == true)
        #expect(try site.field("deploy/web", ".spec.replicas") == "2")
    }

    @Test func whatWasChangedByHandIsPutBack() throws {
        let site = try Site("hand")
        try site.deploy([configMap("a", "{x: '1'}"), configMap("b", "{x: '1'}"), configMap("c", "{x: '1'}")])
        try site.kubectl("patch", "configmap", "a", "-p", #"{"data":{"x":"9"}}"#)
        try site.kubectl("delete", "configmap", "b")
        let plan = try site.plan([configMap("a", "{x: '1'}"), configMap("b", "{x: '1'}"), configMap("c", "{x: '1'}")])
        #expect(plan.actions == ["_/ConfigMap/a.yaml": "change", "_/ConfigMap/b.yaml": "create"])
        for change in plan.changes.values { #expect(change["drift"] == true) }
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["remark"]?.string?.contains("as owner of .data.x") == true)
        try site.deploy([configMap("a", "{x: '1'}"), configMap("b", "{x: '1'}"), configMap("c", "{x: '1'}")])
        #expect(try site.field("cm/a", ".data.x") == "1")
    }

    @Test func whatAControllerOwnsIsNotFought() throws {
        let site = try Site("scaled")
        let unscaled = deployment("web").replacingFirst("  replicas: 2\n", "")
        try site.deploy([unscaled])
        try site.kubectl("patch", "deployment", "web", "--field-manager=autoscaler", "-p", #"{"spec":{"replicas":9}}"#)
        #expect(try site.plan([unscaled]).unchanged == 1)
    }

    @Test func aFieldThatWasRemovedByHandComesBack() throws {
        let site = try Site("removed")
        try site.deploy([configMap("a", "{x: '1', z: '2'}")])
        try site.kubectl("patch", "configmap", "a", "-p", #"{"data":{"z":null}}"#)
        let plan = try site.plan([configMap("a", "{x: '1', z: '2'}")])
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["drift"] == true)
        #expect(try site.live("_/ConfigMap/a.yaml")?.contains("z:") == false)
        // A change of the manifest is none of somebody else.
        try site.deploy([configMap("a", "{x: '1', z: '2'}")])
        #expect(try site.plan([configMap("a", "{x: '1', z: '3'}")]).changes["_/ConfigMap/a.yaml"]?["drift"] == false)
    }

    @Test func whatSomebodyChangedSinceThePlanIsNotOverwritten() throws {
        let site = try Site("race")
        try site.deploy([deployment("web")])
        try site.plan([deployment("web", replicas: 3)])
        try site.kubectl("patch", "deployment", "web", "--field-manager=autoscaler", "-p", #"{"spec":{"replicas":9}}"#)
        let answer = try site.apply()
        #expect(answer.last?["error"]?.string?.hasPrefix("somebody has changed Deployment.apps \(site.namespace)/web since the plan") == true, "\(answer)")
        #expect(answer.last?["partial"] == false)
        #expect(try site.field("deploy/web", ".spec.replicas") == "9")
    }

    @Test func aTakeoverFromHandToolsTakesFromNobodyElse() throws {
        let site = try Site("force")
        try site.deploy([deployment("web")])
        try site.kubectl("scale", "deployment", "web", "--replicas=4")
        let plan = try site.plan([deployment("web", replicas: 3)])
        #expect(plan.actions == ["_/Deployment.apps/web.yaml": "change"])
        // Between plan and apply somebody who is no hand tool takes another field.
        try site.kubectl("patch", "deployment", "web", "--field-manager=robot", "-p", #"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"other"}]}}}}"#)
        let answer = try site.apply()
        #expect(answer.last?["error"]?.string?.hasPrefix("somebody has changed") == true, "\(answer)")
        #expect(try site.field("deploy/web", ".spec.replicas") == "4")
    }

    @Test func anObjectOfClientSideApplyIsTakenOver() throws {
        let site = try Site("kubectl")
        let before = deployment("web").replacingFirst("metadata: {name: web}", "metadata: {name: web, annotations: {note: old}}")
            .replacingFirst("      containers:", "      terminationGracePeriodSeconds: 5\n      containers:")
        try site.kubectl("apply", "-f", "-", input: before)
        let plan = try site.plan([deployment("web", replicas: 3)])
        #expect(plan.changes["_/Deployment.apps/web.yaml"]?["remark"]?.string?.contains("taken over from kubectl apply") == true)
        let shown = try #require(try site.live("_/Deployment.apps/web.yaml"))
        // What kubectl was told and the manifest does not have goes, and the server's defaults do not show.
        #expect(shown.contains("note: old") && shown.contains("terminationGracePeriodSeconds: 5"))
        #expect(!shown.contains("dnsPolicy") && !shown.contains("last-applied"))
        try site.deploy([deployment("web", replicas: 3)])
        #expect(try site.field("deploy/web", ".metadata.annotations") == #"{"git-ops/adopted":"true"}"#)
        #expect(try site.field("deploy/web", ".spec.template.spec.terminationGracePeriodSeconds") == "30")
    }

    @Test func aFieldThatAHandToolSharesGoesWithTheManifest() throws {
        let site = try Site("shared")
        try site.kubectl("create", "configmap", "a", "--from-literal=x=1", "--from-literal=z=2")
        try site.deploy([configMap("a", "{x: '1', z: '2'}")])
        let plan = try site.plan([configMap("a", "{x: '1'}")])
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["remark"]?.string?.hasPrefix("takes fields from kubectl") == true, "\(plan.lines.map(\.text))")
        #expect(try site.live("_/ConfigMap/a.yaml")?.contains("z: \"2\"") == true)
        try site.deploy([configMap("a", "{x: '1'}")])
        #expect(try site.field("cm/a", ".data") == #"{"x":"1"}"#)
    }

    @Test func oneObjectInTwoPlacesIsAConflictOfBoth() throws {
        let site = try Site("twice")
        let other = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: \(site.namespace)}}"
        let plan = try site.plan([configMap("a", "{}"), other])
        #expect(plan.conflicts.count == 2)
        for conflict in plan.conflicts.values { #expect(conflict["reason"]?.string?.contains("apps/all.yaml:1 and apps/all.yaml:2") == true) }
    }

    @Test func aKindThatNobodyServesIsAConflict() throws {
        let site = try Site("kind")
        let plan = try site.plan(["{apiVersion: example.org/v1, kind: Nope, metadata: {name: a}}"])
        #expect(
            plan.conflicts["_/Nope.example.org/a.yaml"]?["reason"]
                == "cannot be applied: no kind Nope of example.org/v1 is served (apps/all.yaml:1)")
    }

    @Test func whatIsBeingDeletedAlreadyIsNotDeletedAgain() throws {
        let site = try Site("ending")
        try site.deploy([configMap("a", "{x: '1'}")])
        try site.kubectl("patch", "configmap", "a", "-p", #"{"metadata":{"finalizers":["example.org/hold"]}}"#)
        try site.kubectl("delete", "configmap", "a", "--wait=false")
        let removal = try site.plan([configMap("b", "{}")])
        #expect(removal.changes["_/ConfigMap/a.yaml"]?["remark"]?.string?.hasPrefix("is being deleted already") == true)
        #expect(try site.apply().last?["type"] == "done")
        try site.kubectl("patch", "configmap", "a", "-p", #"{"metadata":{"finalizers":null}}"#)
    }
}
