import Glibc
import Kubernetes
import KubernetesModel
import Posix
import Synchronization
import Testing
import TestSupport

@testable import KubernetesTarget

/// What a real server cannot be brought to do at the right moment.
@Suite struct ApplierTests {
    private static let resource = APIResource(
        kind: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"), name: "configmaps", isNamespaced: true, verbs: ["get", "patch"])

    private static func object(_ name: String, uid: String? = nil) -> JSON {
        var object: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "ns"], "data": ["x": "old"]]
        if let uid { object.set("metadata", "uid", to: .string(uid)) }
        return object
    }

    private static func change(_ action: PlannedChange.Action, _ name: String, live: JSON? = nil) throws -> PlannedChange {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {x: new}\n"
        let path = ResourcePath(text: "_/ConfigMap/\(name).yaml")
        var desired = try DesiredObject(.init(path: path, id: "0", content: Array(text.utf8), place: "a.yaml:1"))
        try desired.settle(isNamespaced: true, defaultNamespace: "ns", owner: "p-1")
        desired.resource = resource
        return PlannedChange(action: action, path: path, key: desired.key, desired: desired, resource: resource, live: live, seen: live)
    }

    /// Carries changes out.
    /// - Returns: what was said, and the failure.
    private static func carryOut(_ changes: [PlannedChange], _ cluster: FakeCluster) async throws -> (said: [String], failure: TargetFailure?) {
        let scratch = try Scratch("applier")
        let file = try FileDescriptor(opening: scratch("out"), O_RDWR | O_CREAT)
        var plan = PreparedPlan(owner: "p-1", settings: Settings(), isAdopting: false)
        for change in changes { plan.changes[change.path] = change }
        let applier = Applier(
            cluster: cluster, plan: plan, output: LineOutput(file.number), presence: .certain, patience: 5)
        var failure: TargetFailure?
        do throws(TargetFailure) { try await applier.run() } catch { failure = error }
        return ((scratch.text("out") ?? "").split(separator: "\n").map(String.init), failure)
    }

    @Test func whatCannotBeMadeAnewIsPutBack() async throws {
        let live = Self.object("a", uid: "1")
        let cluster = FakeCluster([live], refusing: ["a"])
        let (said, failure) = try await Self.carryOut([try Self.change(.recreate, "a", live: live)], cluster)
        #expect(said.isEmpty)
        #expect(
            failure?.message
                == "a.yaml:1: ConfigMap ns/a is refused: admission webhook \"w\" denied the request: no a; it had been deleted, and was put back as it was")
        #expect(failure?.isPartial == true)
        #expect(cluster.asked == ["delete a", "apply a", "create a"])
        #expect(cluster.objects["a"] == Self.object("a"))
    }

    @Test(arguments: [PlannedChange.Action.recreate, .prune]) func whatChangesAllTheTimeIsDeletedAllTheSame(action: PlannedChange.Action) async throws {
        var live = Self.object("a", uid: "1")
        live.set("metadata", "labels", to: .object([ownerLabel: "p-1"]))
        let cluster = FakeCluster([live])
        cluster.state.withLock { $0.conflicts = 8 }
        var change = try Self.change(action, "a", live: live)
        if action == .prune { change.desired = nil }
        let (said, failure) = try await Self.carryOut([change], cluster)
        #expect(failure == nil && said.count == 1, "\(failure?.message ?? "")")
        #expect(cluster.asked.first == "delete a")
    }

    @Test func whatSomebodyElseHasMadeMeanwhileIsNotPutBack() async throws {
        let live = Self.object("a", uid: "1")
        let cluster = FakeCluster([live], refusing: ["a"])
        cluster.state.withLock { $0.taken = ["a"] }
        let (_, failure) = try await Self.carryOut([try Self.change(.recreate, "a", live: live)], cluster)
        #expect(failure?.message.hasSuffix("; it had been deleted, and is not put back: another one of its name has been made meanwhile") == true)
    }

    @Test func anotherObjectOfTheNameIsNotDeletedToMakeItAnew() async throws {
        let cluster = FakeCluster([Self.object("a", uid: "2")])
        let (_, failure) = try await Self.carryOut([try Self.change(.recreate, "a", live: Self.object("a", uid: "1"))], cluster)
        #expect(failure?.message.contains("it is another one than that of the plan") == true)
        #expect(failure?.isPartial == false)
        #expect(cluster.asked.isEmpty)
    }

    @Test func whatIsMadeIsAskedForOnce() async throws {
        let cluster = FakeCluster([])
        let names = (100..<200).map { "m\($0)" }
        let (said, failure) = try await Self.carryOut(try names.map { try Self.change(.create, $0) }, cluster)
        #expect(failure == nil && said.count == names.count)
        #expect(cluster.asked.sorted() == names.map { "apply \($0)" })
    }

    @Test func afterAFailureNothingMoreIsBegun() async throws {
        let names = (10..<99).map { "m\($0)" }
        let cluster = FakeCluster([], refusing: ["m10"])
        let (said, failure) = try await Self.carryOut(try names.map { try Self.change(.create, $0) }, cluster)
        #expect(failure?.message.hasPrefix("a.yaml:1: ConfigMap ns/m10 is refused: ") == true)
        // What was made was told of, each once.
        #expect(said.count == cluster.objects.count)
        #expect(said.count < names.count - 1)
        #expect(failure?.isPartial == !said.isEmpty)
    }

    @Test func whatIsRefusedAtOnceHasChangedNothing() async throws {
        let cluster = FakeCluster([], refusing: ["a"])
        let (said, failure) = try await Self.carryOut([try Self.change(.create, "a")], cluster)
        #expect(said.isEmpty && failure?.isPartial == false)
    }
}
