import Kubernetes
import KubernetesModel
import Synchronization
import Testing

@testable import KubernetesTarget

/// What a server says of an object that cannot be there yet, as its name is taken.
@Suite struct RehearsalTests {
    private func verdict(_ said: ClusterError?) async throws -> Verdict {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
        var desired = try DesiredObject(.init(path: ResourcePath(text: "_/ConfigMap/a.yaml"), id: "0", content: Array(text.utf8), place: "a.yaml:1"))
        try desired.settle(isNamespaced: true, defaultNamespace: "ns", owner: "p-1")
        desired.resource = APIResource(
            kind: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"), name: "configmaps", isNamespaced: true, verbs: ["get", "patch"])
        let head = try Message(Array(#"{"type":"plan","environment":"p","owner":"p-1","configuration":{"target":"kubernetes"}}"#.utf8))
        let cluster = FakeCluster([])
        cluster.state.withLock { $0.rehearsal = said }
        let planner = ObjectPlanner(cluster: cluster, request: try PlanRequest(head), newNamespaces: [])
        var live = desired.object
        live.set("metadata", "deletionTimestamp", to: "2026-01-01T00:00:00Z")
        return await planner.verdict(desired, live: live)
    }

    private func isVerified(_ said: ClusterError?) async throws -> Bool? {
        guard case .change(let change) = try await verdict(said), let remark = change.remark else { return nil }
        return !remark.hasSuffix("; not verified: its name is taken")
    }

    @Test func whatIsInvalidIsToldWhetherTheServerNamesAFieldOrNot() async throws {
        for causes in [[], [ClusterError.Cause(reason: "FieldValueInvalid", field: "data", message: "no")]] {
            guard case .failure(let failure) = try await verdict(ClusterError(.invalid, "no", causes: causes)) else {
                Issue.record("it is planned")
                continue
            }
            #expect(failure.message.hasPrefix("a.yaml:1: ConfigMap ns/a is invalid: "))
        }
    }

    @Test func whatIsSaidOfTheOtherNameLeavesItUnverified() async throws {
        #expect(try await isVerified(nil) == true)
        let name = ClusterError.Cause(reason: "FieldValueInvalid", field: "metadata.name", message: "must be another")
        #expect(try await isVerified(ClusterError(.invalid, "no", causes: [name])) == false)
        #expect(try await isVerified(ClusterError(.alreadyExists, "there is one")) == false)
        #expect(try await isVerified(ClusterError(.forbidden, "exceeded quota: q, requested: a=1, used: a=2, limited: a=1")) == false)
    }
}
