import KubernetesModel
import Testing
import TestSupport

@Suite(.enabled(if: APIServer.isThere))
struct PruneTests {
    @Test func whatIsNoLongerDesiredGoes() throws {
        let site = try Site("prune")
        try site.deploy([configMap("a", "{x: '1'}"), configMap("b", "{x: '1'}"), deployment("web")])
        let plan = try site.plan([configMap("a", "{x: '1'}")])
        #expect(plan.actions == ["_/ConfigMap/b.yaml": "prune", "_/Deployment.apps/web.yaml": "prune"])
        #expect(try site.live("_/ConfigMap/b.yaml")?.contains("x: \"1\"") == true)
        try site.deploy([configMap("a", "{x: '1'}")])
        #expect(try !site.has("cm/b"))
        #expect(try site.has("cm/a"))
    }

    @Test func whatWasThereBeforeIsChangedAndNeverDeleted() throws {
        let site = try Site("adopted")
        try site.kubectl("create", "configmap", "a", "--from-literal=keep=me")
        try site.deploy([configMap("a", "{x: '1'}"), configMap("b", "{}")])
        #expect(try site.field("cm/a", ".data.x") == "1")
        #expect(try site.plan([configMap("a", "{x: '1'}"), configMap("b", "{}")]).actions.isEmpty)
        let plan = try site.plan([configMap("b", "{}")])
        #expect(plan.actions == ["_/ConfigMap/a.yaml": "keep"])
        #expect(try site.apply().last?["type"] == "done")
        #expect(try site.field("cm/a", ".data.keep") == "me")
        #expect(try site.field("cm/a", ".metadata.labels").isEmpty)
        #expect(try site.field("cm/a", ".metadata.annotations").isEmpty)
    }

    @Test func whatSomethingDesiredNeedsStays() throws {
        let site = try Site("needed")
        let name = site.namespace + "-needed"
        let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: \(name)}\n"
        let inside = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: \(name)}\n"
        try site.deploy([namespace, inside])
        site.configuration["prune"] = "all"
        let plan = try site.plan([inside])
        #expect(plan.actions == ["_/Namespace/\(name).yaml": "keep"])
        #expect(plan.changes["_/Namespace/\(name).yaml"]?["remark"]?.string == "stays: ConfigMap \(name)/a needs it")
    }

    @Test func aClusterIsNotEmptiedByMistake() throws {
        let site = try Site("mass")
        let manifests = (0..<20).map { configMap("m\($0)", "{}") }
        try site.deploy(manifests)
        let plan = try site.plan([manifests[0]])
        #expect(plan.conflicts.count == 1)
        #expect(plan.conflicts.first?.value["reason"]?.string == "would be deleted, with 18 others: more than half of what is ours")
        site.configuration["prune"] = "all"
        #expect(try site.plan([manifests[0]]).actions.values.count { $0 == "prune" } == 19)
    }

    @Test func whatIsNotOursAnyMoreIsNotTouched() throws {
        let site = try Site("stranger")
        try site.deploy([configMap("a", "{}"), configMap("b", "{}"), configMap("c", "{}")])
        try site.kubectl("label", "configmap", "a", "git-ops/owner-")
        try site.kubectl("label", "configmap", "b", "git-ops/owner=other", "--overwrite")
        try site.kubectl("delete", "configmap", "c")
        let plan = try site.plan([configMap("d", "{}")])
        #expect(plan.actions == ["_/ConfigMap/a.yaml": "keep", "_/ConfigMap/d.yaml": "create"])
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["remark"]?.string == "stays: somebody has taken our label from it")
        #expect(try site.apply().last?["type"] == "done")
        #expect(try site.has("cm/a"))
        #expect(try site.has("cm/b"))
    }

    @Test func anObjectThatSomebodyTakesAfterThePlanIsNotDeleted() throws {
        let site = try Site("taken")
        try site.deploy([configMap("a", "{}"), configMap("b", "{}")])
        try site.plan([configMap("a", "{}")])
        try site.kubectl("label", "configmap", "b", "git-ops/owner=other", "--overwrite")
        let answer = try site.apply()
        #expect(answer.last?["error"]?.string?.contains("somebody has changed whose it is") == true, "\(answer)")
        #expect(answer.last?["partial"] == false)
        #expect(try site.has("cm/b"))
    }

    @Test(arguments: [
        "{git-ops/prune: 'false'}", "{kustomize.toolkit.fluxcd.io/prune: disabled}",
        "{argocd.argoproj.io/sync-options: 'Validate=false,Prune=false'}", "{client.lifecycle.config.k8s.io/deletion: detach}",
    ])
    func anAnnotationKeepsAnObject(annotation: String) throws {
        let site = try Site("keep", ["prune": "all"])
        try site.deploy([configMap("a", "{x: '1'}", annotations: annotation), configMap("b", "{}")])
        let plan = try site.plan([configMap("b", "{}")])
        #expect(plan.actions == ["_/ConfigMap/a.yaml": "keep"])
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["remark"]?.string?.hasPrefix("stays: it is annotated ") == true)
        try site.deploy([configMap("b", "{}")])
        // It is as it was, but for whose it is.
        #expect(try site.field("cm/a", ".data.x") == "1")
        #expect(try site.field("cm/a", ".metadata.labels").isEmpty)
        #expect(try !site.kubectl("get", "cm/a", "-o", "json", "--show-managed-fields").contains("\"manager\": \"git-ops\""))
    }

    @Test func whatHoldsDataStaysUnlessAllIsToGo() throws {
        let site = try Site("claims")
        let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}"
        try site.deploy([claim, configMap("a", "{}")])
        let careful = try site.plan([configMap("a", "{}")])
        #expect(careful.actions == ["_/PersistentVolumeClaim/p.yaml": "keep"])
        #expect(careful.changes["_/PersistentVolumeClaim/p.yaml"]?["remark"] == "stays: set ops.production.prune = all to have it deleted with what is in it")
        site.configuration["prune"] = "all"
        #expect(try site.plan([configMap("a", "{}")]).actions == ["_/PersistentVolumeClaim/p.yaml": "prune"])
        site.configuration["prune"] = "none"
        #expect(try site.plan([claim]).actions == ["_/ConfigMap/a.yaml": "keep"])
        site.configuration["prune"] = "some"
        #expect(try site.plan([claim]).error == "ops.production.prune is 'some', which is none of careful, all and none")
    }

    @Test func anObjectThatIsNowWrittenWithItsNamespaceIsNotPruned() throws {
        let site = try Site("spelling")
        try site.deploy([configMap("a", "{x: '1'}")])
        let spelled = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: \(site.namespace), annotations: {}}, data: {x: '1'}}"
        let plan = try site.plan([spelled])
        #expect(plan.actions.values.contains("prune") == false, "\(plan.lines)")
        #expect(try site.apply().last?["type"] == "done")
        #expect(try site.has("cm/a"))
    }
}
