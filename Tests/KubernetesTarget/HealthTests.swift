import Glibc
import KubernetesModel
import Testing
import TestSupport

/// There are no controllers: the tests write what these would.
@Suite(.enabled(if: APIServer.isThere))
struct HealthTests {
    private func setStatus(_ site: Site, _ object: String, _ status: String) throws {
        try site.server.change(
            "PATCH", "/\(object)/status", type: "application/merge-patch+json", "{\"status\":\(status)}")
    }

    @Test func waitEndsWhenAllIsHealthy() throws {
        let site = try Site("healthy")
        try site.deploy([deployment("web"), configMap("a", "{}")])
        try site.program.say([["type": "wait", "timeout": 60]])
        let first = try site.program.line()
        #expect(first?["type"] == "progress")
        #expect(first?["text"]?.string?.hasPrefix("waiting for Deployment.apps \(site.namespace)/web: ") == true)
        try setStatus(
            site, "apis/apps/v1/namespaces/\(site.namespace)/deployments/web",
            #"{"observedGeneration":1,"replicas":2,"updatedReplicas":2,"readyReplicas":2,"availableReplicas":2,"conditions":[{"type":"Available","status":"True"},{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"}]}"#)
        let end = try site.program.answer().last
        #expect(end == ["type": "done"], "\(end?.text ?? "")")
        #expect(try site.wait(5)["type"] == "done")
    }

    @Test func aWaitForWhatGoesEndsWhenItIsCancelled() throws {
        let site = try Site("departing")
        let held = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, finalizers: [example.com/held]}\n"
        try site.deploy([held, configMap("b", "{}")])
        #expect(try site.plan([configMap("b", "{}")]).actions == ["_/ConfigMap/a.yaml": "prune"])
        #expect(try site.apply().last?["type"] == "done")
        try site.program.say([["type": "wait", "timeout": 600]])
        #expect(try site.program.line()?["text"]?.string?.contains("example.com/held") == true)
        #expect(try site.program.ask([["type": "cancel"]]).last == ["error": "cancelled", "cancelled": true])
        try site.kubectl("patch", "configmap", "a", "--type=merge", "-p", #"{"metadata":{"finalizers":null}}"#)
    }

    @Test func waitEndsWhenItIsCancelled() throws {
        let site = try Site("cancelled")
        try site.deploy([deployment("web")])
        try site.program.say([["type": "wait", "timeout": 600]])
        #expect(try site.program.line()?["type"] == "progress")
        #expect(try site.program.ask([["type": "cancel"]]).last == ["error": "cancelled", "cancelled": true])
        // The conversation goes on, and is not out of step; a cancel that comes at once is heard as well.
        #expect(try site.program.ask([["type": "cancel"], ["type": "commit"]]) == [["type": "done"]])
        #expect(try site.program.ask([["type": "wait", "timeout": 600], ["type": "cancel"]]).last?["cancelled"] == true)
        #expect(try site.program.ask([["type": "commit"]]) == [["type": "done"]])
    }

    @Test func whoHangsUpEndsTheWait() throws {
        let site = try Site("hung-up")
        try site.deploy([deployment("web")])
        try site.program.say([["type": "wait", "timeout": 600]])
        #expect(try site.program.line()?["type"] == "progress")
        // It is still read: what ends it is that nothing more can be said to it.
        site.program.closeInput()
        #expect(try site.program.answer().last?["error"] == "git-ops is gone")
        try site.program.end()
    }

    @Test func waitEndsEarlyWhenSomethingHasFailed() throws {
        let site = try Site("failed")
        try site.deploy([deployment("web")])
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web-1, labels: {app: web}}\nspec: {containers: [{name: main, image: nginx}]}\n"
        try site.kubectl("create", "-f", "-", input: pod)
        let waiting = #"{"containerStatuses":[{"name":"main","image":"nginx","imageID":"","ready":false,"restartCount":3,"state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image nginx"}}}]}"#
        try setStatus(site, "api/v1/namespaces/\(site.namespace)/pods/web-1", waiting)
        let uid = try site.field("deploy/web", ".metadata.uid")
        let event = "apiVersion: v1\nkind: Event\nmetadata: {name: e}\ntype: Warning\nreason: FailedCreate\nmessage: quota is used up\nlastTimestamp: '2026-01-01T00:00:00Z'\ninvolvedObject: {kind: Deployment, name: web, namespace: \(site.namespace), uid: \(uid)}\n"
        try site.kubectl("create", "-f", "-", input: event)
        try setStatus(
            site, "apis/apps/v1/namespaces/\(site.namespace)/deployments/web",
            #"{"observedGeneration":1,"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"web has timed out progressing"}]}"#)
        let answer = try site.wait(60)
        let error = try #require(answer["error"]?.string)
        #expect(error.hasPrefix("Deployment.apps \(site.namespace)/web has failed: "), "\(error)")
        #expect(error.contains("pod web-1: ") && error.contains("ImagePullBackOff"), "\(error)")
        #expect(error.contains("FailedCreate: quota is used up"), "\(error)")
    }

    @Test func waitSaysAtTheEndOfItsTimeWhatIsMissing() throws {
        let site = try Site("slow")
        try site.deploy([deployment("web"), deployment("api")])
        let answer = try site.wait(1)
        #expect(answer["error"]?.string?.contains("is not healthy after 1 s: ") == true)
        #expect(answer["error"]?.string?.hasSuffix("(and 1 more are not)") == true)
    }

    @Test func aClaimThatNobodyUsesYetIsNotWaitedFor() throws {
        let site = try Site("unused")
        let name = site.namespace
        let storage = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: \(name)}\nprovisioner: example.org/none\nvolumeBindingMode: WaitForFirstConsumer\n"
        try site.kubectl(nil, "create", "-f", "-", input: storage)
        try site.deploy(["{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {storageClassName: \(name), accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}"])
        #expect(try site.wait(5) == ["type": "done"])
        #expect(try site.program.ask([["type": "health"]]) == [["type": "done", "healthy": 1]])
    }

    /// The lines of an answer to `health`, by the kind of their object.
    private func health(_ site: Site) throws -> (lines: [String: JSON], healthy: Int?) {
        let answer = try site.program.ask([["type": "health"]])
        let lines = answer.filter { $0["type"] == "unhealthy" }.map { ($0["path"]?.string ?? "", $0) }
        return (Dictionary(lines) { first, _ in first }, answer.last?["healthy"]?.int.map(Int.init))
    }

    @Test func healthIsToldOfAllThatIsDesired() throws {
        let site = try Site("judged")
        let manifests = [deployment("web"), deployment("api"), configMap("a", "{}"), configMap("b", "{}"), configMap("c", "{}")]
        try site.deploy(manifests)
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web-1, labels: {app: web}}\nspec: {containers: [{name: main, image: nginx}]}\n"
        try site.kubectl("create", "-f", "-", input: pod)
        try setStatus(
            site, "api/v1/namespaces/\(site.namespace)/pods/web-1",
            #"{"containerStatuses":[{"name":"main","image":"nginx","imageID":"","ready":false,"restartCount":3,"state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image nginx"}}}]}"#)
        try setStatus(
            site, "apis/apps/v1/namespaces/\(site.namespace)/deployments/api",
            #"{"observedGeneration":1,"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"api has timed out"}]}"#)
        try site.kubectl("delete", "configmap", "a")
        try site.kubectl("patch", "configmap", "b", "--type", "merge", "-p", #"{"metadata":{"finalizers":["example.org/hold"]}}"#)
        try site.kubectl("delete", "configmap", "b", "--wait=false")
        try site.plan(manifests)
        let (lines, healthy) = try health(site)
        #expect(healthy == 1)
        let states = lines.mapValues { $0["state"]?.string }
        #expect(
            states == [
                "_/Deployment.apps/web.yaml": "progressing", "_/Deployment.apps/api.yaml": "failed", "_/ConfigMap/a.yaml": "missing",
                "_/ConfigMap/b.yaml": "terminating",
            ])
        let reason = lines["_/Deployment.apps/web.yaml"]?["reason"]?.string ?? ""
        #expect(reason.contains("pod web-1: ") && reason.contains("ImagePullBackOff"), "\(reason)")
        try site.kubectl("patch", "configmap", "b", "--type", "merge", "-p", #"{"metadata":{"finalizers":null}}"#)
    }

    @Test func healthIsToldOnlyAfterAPlanAndOfWhatCannotBeJudged() throws {
        let site = try Site("unjudged")
        #expect(try site.program.ask([["type": "health"]]).last?["error"] == "there is no plan whose objects could be judged")
        try site.plan(["apiVersion: example.org/v1\nkind: Nothing\nmetadata: {name: a}\n", configMap("a", "{}")])
        let (lines, healthy) = try health(site)
        #expect(healthy == 0)
        #expect(lines["_/Nothing.example.org/a.yaml"]?["state"] == "unknown")
        #expect(lines["_/ConfigMap/a.yaml"]?["state"] == "missing")
    }

    @Test func whatIsGoneHasFailed() throws {
        let site = try Site("vanished")
        try site.deploy([configMap("a", "{}"), configMap("b", "{}")])
        try site.kubectl("delete", "configmap", "a")
        #expect(try site.wait(60)["error"]?.string?.hasPrefix("ConfigMap \(site.namespace)/a has failed: it is gone") == true)
    }
}
