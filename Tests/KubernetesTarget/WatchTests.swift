import Kubernetes
import KubernetesModel
import Posix
import Testing
import TestSupport

@testable import KubernetesTarget

@Suite struct WatchedStatesTests {
    private let resource = APIResource(
        kind: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"), name: "configmaps", isNamespaced: true, verbs: ["watch"])
    private let a = ObjectKey(group: "", kind: "ConfigMap", namespace: "n", name: "a")
    private let b = ObjectKey(group: "", kind: "ConfigMap", namespace: "n", name: "b")

    private func trace(_ version: String, uid: String = "u") -> Trace {
        Trace(uid: uid, resourceVersion: version, generation: nil, digest: 0)
    }

    @Test func whatIsNotKnownYetDoesNotDiffer() {
        var states = WatchedStates()
        states.expect([a: trace("1"), b: nil])
        #expect(states.differing.isEmpty)
        let scope = WatchScope(resource: resource, namespace: "n")
        states.begin(scope, [a: trace("1")])
        #expect(states.differing.isEmpty)
        states.begin(scope, [:])
        #expect(states.differing == [a])
        states.forget(scope)
        #expect(states.differing.isEmpty)
    }

    @Test func changesAndTheirEndsAreTold() {
        var states = WatchedStates()
        states.begin(WatchScope(resource: resource, namespace: nil), [a: trace("1")])
        states.expect([a: trace("1"), b: nil])
        var isTold = states.take(a, trace("2"))
        #expect(isTold)
        isTold = states.take(b, trace("3"))
        #expect(isTold)
        #expect(states.differing == [a, b])
        isTold = states.take(b, nil)
        #expect(!isTold)
        states.expect([a: trace("2"), b: nil])
        #expect(states.differing.isEmpty)
        isTold = states.take(a, nil)
        #expect(isTold)
        isTold = states.take(a, trace("2", uid: "other"))
        #expect(isTold)
        // What nobody asked for may come and go.
        isTold = states.take(ObjectKey(group: "", kind: "ConfigMap", namespace: "n", name: "c"), trace("4"))
        #expect(!isTold)
    }

    @Test func whatMayBeOfAnotherHealthIsToldOnce() {
        let app = ObjectKey(group: "apps", kind: "Deployment", namespace: "n", name: "app")
        func trace(_ version: String, _ generation: Int64) -> Trace { Trace(uid: "u", resourceVersion: version, generation: generation, digest: 0) }
        var states = WatchedStates()
        states.expect([app: trace("1", 1), a: self.trace("1")])
        let resource = APIResource(
            kind: GroupVersionKind(group: "apps", version: "v1", kind: "Deployment"), name: "deployments", isNamespaced: true, verbs: ["watch"])
        states.begin(WatchScope(resource: resource, namespace: "n"), [app: trace("1", 1)])
        #expect(!states.hasNews)
        // Its status.
        states.take(app, trace("2", 1))
        #expect(states.differing.isEmpty && states.moved == [app])
        #expect(states.takeMoved() == [app] && !states.hasNews)
        states.take(app, trace("2", 1))
        #expect(!states.hasNews)
        // What came between a plan and the watch.
        states.begin(WatchScope(resource: resource, namespace: "n"), [app: trace("3", 1)])
        #expect(states.moved == [app])
    }

    @Test func anotherNamespaceStaysAsItIs() {
        var states = WatchedStates()
        let other = ObjectKey(group: "", kind: "ConfigMap", namespace: "m", name: "a")
        states.expect([a: trace("1"), other: trace("1")])
        states.begin(WatchScope(resource: resource, namespace: "m"), [:])
        #expect(states.differing == [other])
        states.begin(WatchScope(resource: resource, namespace: "n"), [a: trace("1")])
        #expect(states.differing == [other])
    }
}

@Suite(.enabled(if: APIServer.isThere))
struct WatchTests {
    /// What stirs, once something does.
    private func stirred(_ site: Site, _ change: () throws -> Void) throws -> Set<String> {
        try site.program.say([["type": "watch"]])
        try change()
        let answer = try site.program.answer()
        #expect(answer.last?["type"] == "done", "\(answer)")
        return Set(answer.dropLast().map { line in
            #expect(line["type"] == "stirred")
            return line["path"]?.string ?? ""
        })
    }

    @Test func whatSomebodyChangesIsTold() throws {
        let site = try Site("watch")
        let manifests = [configMap("a", "{x: '1'}"), configMap("b", "{}"), deployment("web")]
        try site.deploy(manifests)
        #expect(try stirred(site) { try site.kubectl("patch", "configmap", "a", "-p", #"{"data":{"x":"2"}}"#) } == ["_/ConfigMap/a.yaml"])
        // It is told until a plan has seen it, and not after that.
        #expect(try stirred(site) {} == ["_/ConfigMap/a.yaml"])
        #expect(try site.plan(manifests).actions == ["_/ConfigMap/a.yaml": "change"])
        #expect(try stirred(site) { try site.kubectl("delete", "configmap", "b") } == ["_/ConfigMap/b.yaml"])
        _ = try site.plan(manifests)
        #expect(try site.apply().last?["type"] == "done")
        // The own changes stir, as nobody can tell them from others'; the next plan finds nothing.
        #expect(try site.plan(manifests).actions.isEmpty)
        #expect(try stirred(site) { try site.kubectl("scale", "deployment", "web", "--replicas=7") } == ["_/Deployment.apps/web.yaml"])
        _ = try site.plan(manifests)
        #expect(try stirred(site) { try site.kubectl("label", "configmap", "b", "git-ops/owner-") } == ["_/ConfigMap/b.yaml"])
        _ = try site.plan(manifests)
        #expect(try stirred(site) { try site.kubectl("label", "configmap", "b", "git-ops/owner=\(site.owner)") } == ["_/ConfigMap/b.yaml"])
    }

    @Test func aChangeBetweenThePlanAndTheWatchIsTold() throws {
        let site = try Site("watch-gap")
        let manifests = [configMap("a", "{x: '1'}"), configMap("b", "{}")]
        try site.deploy(manifests)
        try site.kubectl("patch", "configmap", "a", "-p", #"{"data":{"x":"2"}}"#)
        #expect(try stirred(site) {} == ["_/ConfigMap/a.yaml"])
        // Between two plans as well.
        _ = try site.plan(manifests)
        try site.kubectl("delete", "configmap", "b")
        #expect(try stirred(site) {} == ["_/ConfigMap/b.yaml"])
    }

    @Test func whatOthersMayDoStirsNothing() throws {
        let site = try Site("watch-quiet")
        let manifests = [configMap("a", "{x: '1'}"), deployment("web")]
        try site.deploy(manifests)
        try site.program.say([["type": "watch"]])
        try site.kubectl("create", "configmap", "mine")
        try site.kubectl("patch", "deployment", "web", "--subresource=status", "--type=merge", "-p", #"{"status":{"replicas":2}}"#)
        try site.kubectl("patch", "configmap", "a", "-p", #"{"data":{"x":"2"}}"#)
        #expect(try site.program.answer() == [["type": "stirred", "path": "_/ConfigMap/a.yaml"], ["type": "done"]])
    }

    @Test func itIsEndedByACancel() throws {
        let site = try Site("watch-cancel")
        try site.deploy([configMap("a", "{}")])
        #expect(try site.program.ask([["type": "watch"], ["type": "cancel"]]) == [["error": "cancelled", "cancelled": true]])
        #expect(try site.program.ask([["type": "commit"]]) == [["type": "done"]])
        #expect(try stirred(site) { try site.kubectl("delete", "configmap", "a") } == ["_/ConfigMap/a.yaml"])
        try site.restart()
        #expect(try site.program.ask([["type": "watch"]]).last?["error"] == "there is no plan to watch")
    }

    @Test func aLostConnectionLosesNothing() throws {
        let site = try Site("watch-lost")
        let text = String(decoding: try #require(try contents(ofFile: site.server.kubeconfig)), as: UTF8.self)
        let port = try #require(text.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
        let relay = try Relay(to: try #require(UInt16(port)))
        let scratch = try Scratch("watch-lost")
        site.configuration["kubeconfig"] = try scratch.write(
            text.replacing("127.0.0.1:\(port)", with: "127.0.0.1:\(relay.port)"), to: "kubeconfig")
        let manifests = [configMap("a", "{x: '1'}"), configMap("b", "{}")]
        try site.deploy(manifests)
        #expect(try stirred(site) { try site.kubectl("patch", "configmap", "a", "-p", #"{"data":{"x":"2"}}"#) } == ["_/ConfigMap/a.yaml"])
        _ = try site.plan(manifests)
        let paths = try stirred(site) {
            relay.cut()
            try site.kubectl("delete", "configmap", "b")
            relay.mend()
        }
        #expect(paths == ["_/ConfigMap/b.yaml"])
        // A server that stays away is told.
        _ = try site.plan(manifests)
        try site.program.say([["type": "watch"]])
        relay.cut()
        let error = try #require(try site.program.answer().last?["error"]?.string)
        #expect(error.hasPrefix("cannot watch configmaps: "), "\(error)")
        relay.mend()
        #expect(try site.plan(manifests).error == nil)
        let back = try stirred(site) {
            try site.kubectl("create", "configmap", "b")
            try site.kubectl("label", "configmap", "b", "git-ops/owner=\(site.owner)")
        }
        #expect(back == ["_/ConfigMap/b.yaml"])
    }
}
