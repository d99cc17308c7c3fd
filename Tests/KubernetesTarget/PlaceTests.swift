import KubernetesModel
import Testing
import TestSupport

@testable import KubernetesTarget

@Suite(.enabled(if: APIServer.isThere))
struct PlaceTests {
    private let manifests = [configMap("a", "{x: '1'}")]

    @Test func theClusterAndTheNamespaceAreTold() throws {
        let site = try Site("place")
        try site.deploy(manifests)
        let uid = try site.kubectl(nil, "get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
        #expect(site.place == "cluster=\(uid) namespace=\(site.namespace)")
    }

    @Test func anotherClusterIsNotTakenForAnEmptyOne() throws {
        let site = try Site("elsewhere")
        try site.deploy(manifests)
        let (here, there) = (try #require(site.place), "cluster=0-0 namespace=\(site.namespace)")
        let uid = try #require(here.split(separator: " ").first).dropFirst("cluster=".count)
        site.place = there
        let plan = try site.plan(manifests)
        #expect(plan.error == "'production' was deployed to another cluster (0-0), and this is \(uid)")
        #expect(plan.lines.last?["hint"]?.string == "to deploy it anew to this one: git config ops.production.cluster \(uid)")
        site.configuration["cluster"] = String(uid)
        #expect(try site.plan(manifests).error == nil)
        site.configuration["cluster"] = "0-0"
        #expect(try site.plan(manifests).error == "this is the cluster \(uid), and ops.production.cluster is 0-0")
    }

    @Test func anotherNamespaceLeavesNothingBehind() throws {
        let site = try Site("moved")
        try site.deploy(manifests)
        site.configuration["namespace"] = "default"
        let plan = try site.plan(manifests)
        #expect(
            plan.error == "'_/ConfigMap/a.yaml' was deployed to the namespace '\(site.namespace)', and what names no namespace would now go to 'default'")
        // What names its namespace does not care.
        site.configuration["namespace"] = site.namespace
        let named = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: \(site.namespace)}\n"
        let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: \(site.namespace)}\n"
        try site.deploy([named, role])
        site.configuration["namespace"] = "default"
        #expect(try site.plan([named, role]).error == nil)
    }

    @Test func aClusterThatCannotBeToldIsNotTakenForTheOldOne() throws {
        let site = try Site("untold")
        try site.deploy(manifests)
        try site.kubectl("create", "rolebinding", "weak", "--clusterrole=cluster-admin", "--user=weak")
        site.configuration["context"] = "weak"
        let plan = try site.plan(manifests)
        #expect(plan.error?.hasPrefix("cannot tell whether this is the cluster that 'production' was deployed to (") == true, "\(plan.lines)")
        site.configuration["cluster"] = "*"
        // A server takes a moment until it knows of new rights.
        try eventually("the rights are there", seconds: 60) { try site.plan(manifests).error == nil }
        let unchecked = site.last
        #expect(unchecked.unchanged == 1, "\(unchecked.lines)")
        // What nobody has looked at is not written down.
        #expect(unchecked.lines.last?["place"]?.string == "namespace=\(site.namespace)")
    }

    @Test func aPlaceIsReadAsItWasWritten() {
        let place = Place(text: "cluster=1-2 new=thing namespace=shop")
        #expect(place == Place(cluster: "1-2", namespace: "shop"))
        #expect(Place(cluster: nil, namespace: "shop").text == "namespace=shop")
        #expect(Place(text: "") == Place(cluster: nil, namespace: nil))
    }
}
