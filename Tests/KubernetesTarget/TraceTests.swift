import KubernetesModel
import Posix
import Testing
import TestSupport

@testable import KubernetesTarget

@Suite struct TraceTests {
    private let key = TraceKey(first: 1, second: 2)

    private func object(_ version: String, generation: Int64? = nil, labels: JSON = ["a": "b"], fields: JSON = ["f:spec": [:]]) -> JSON {
        var object: JSON = [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": [
                "uid": "1", "resourceVersion": .string(version), "labels": labels,
                "managedFields": [
                    ["manager": "git-ops", "operation": "Apply", "fieldsV1": fields],
                    ["manager": "other", "operation": "Update", "subresource": "status", "time": .string(version)],
                ],
            ]
        ]
        if let generation { object.set("metadata", "generation", to: .int(generation)) }
        return object
    }

    @Test func theSameVersionIsTheSameObject() throws {
        let trace = try #require(Trace(object("7"), manager: "git-ops", key: key))
        #expect(trace.stillHolds(for: object("7"), manager: "git-ops", key: key))
        var other = object("7")
        other.set("metadata", "uid", to: "2")
        #expect(!trace.stillHolds(for: other, manager: "git-ops", key: key))
    }

    @Test func anotherVersionIsTheSameOnlyWhereChangesAreCounted() throws {
        let uncounted = try #require(Trace(object("7"), manager: "git-ops", key: key))
        #expect(!uncounted.stillHolds(for: object("8"), manager: "git-ops", key: key))
        let counted = try #require(Trace(object("7", generation: 3), manager: "git-ops", key: key))
        #expect(counted.stillHolds(for: object("8", generation: 3), manager: "git-ops", key: key))
        #expect(!counted.stillHolds(for: object("8", generation: 4), manager: "git-ops", key: key))
        #expect(!counted.stillHolds(for: object("8"), manager: "git-ops", key: key))
        #expect(!counted.stillHolds(for: object("8", generation: 3, labels: [:]), manager: "git-ops", key: key))
        #expect(!counted.stillHolds(for: object("8", generation: 3, fields: [:]), manager: "git-ops", key: key))
    }

    @Test func aKindThatDoesNotCountIsTakenForNothingByItsNumber() throws {
        for (apiVersion, kind) in [("v1", "ConfigMap"), ("scheduling.k8s.io/v1", "PriorityClass"), ("example.com/v1", "Deployment")] {
            func named(_ version: String) -> JSON {
                var object = object(version, generation: 3)
                object["apiVersion"] = .string(apiVersion)
                object["kind"] = .string(kind)
                return object
            }
            let trace = try #require(Trace(named("7"), manager: "git-ops", key: key))
            #expect(trace.stillHolds(for: named("7"), manager: "git-ops", key: key))
            #expect(!trace.stillHolds(for: named("8"), manager: "git-ops", key: key))
            #expect(try !trace.isSame(as: #require(Trace(named("8"), manager: "git-ops", key: key))))
        }
    }

    @Test(.enabled(if: APIServer.isThere)) func aNumberThatMeansNothingHidesNothing() throws {
        let site = try Site("generation")
        let scratch = try Scratch("generation")
        site.cache = scratch("cache")
        let name = site.namespace
        let manifest = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: \(name)}\nvalue: 5\ndescription: ours\n"
        try site.deploy([manifest])
        // As a restore from a backup leaves it: our label, and nothing of who applied it.
        try site.kubectl(nil, "delete", "priorityclass", name)
        let restored = manifest.replacing("{name: \(name)}", with: "{name: \(name), labels: {git-ops/owner: \(site.owner)}}")
        try site.kubectl(nil, "create", "-f", "-", input: restored)
        _ = try site.plan([manifest])
        try site.kubectl(nil, "patch", "priorityclass", name, "-p", #"{"description":"changed by hand"}"#)
        #expect(try site.plan([manifest]).actions == ["_/PriorityClass.scheduling.k8s.io/\(name).yaml": "change"])
        try site.kubectl(nil, "delete", "priorityclass", name)
    }

    @Test(.enabled(if: APIServer.isThere)) func whatIsInANamespaceThatGoesIsNotTakenForThere() throws {
        let site = try Site("going")
        let scratch = try Scratch("going")
        site.cache = scratch("cache")
        let name = site.namespace + "-b"
        let manifests = ["apiVersion: v1\nkind: Namespace\nmetadata: {name: \(name)}\n"] + ["a", "b"].map { configMap("\($0), namespace: \(name)", "{}") }
        try site.deploy(manifests)
        try site.kubectl(nil, "delete", "namespace", name, "--wait=false")
        #expect(try site.plan(manifests).actions.values.sorted() == ["create", "create", "create"])
    }

    @Test func whatIsWrittenIsReadAndNothingElse() {
        var traces = Traces(subject: "o m p")
        let trace = Trace(uid: "u", resourceVersion: "8", generation: nil, digest: .max)
        traces.entries[ResourcePath(text: "_/A/b.yaml")] = Traces.Entry(id: "0f", trace: trace)
        #expect(Traces(text: traces.text, subject: "o m p") == traces)
        #expect(Traces(text: traces.text, subject: "o m q") == nil)
        for end in traces.text.indices { #expect(Traces(text: String(traces.text[..<end]), subject: "o m p")?.entries.isEmpty ?? true) }
    }

    @Test(.enabled(if: APIServer.isThere)) func whatWasProvenIsNotReadAgain() throws {
        let site = try Site("traces")
        let scratch = try Scratch("traces")
        site.cache = scratch("cache")
        let manifests = (0..<30).map { configMap("m\($0)", "{x: '1'}") } + [deployment("web")]
        try site.deploy(manifests)
        let first = try #require(scratch.text("cache"))
        #expect(first.split(separator: "\n").count == 3 + 31)
        #expect(try site.plan(manifests).unchanged == 31)
        #expect(scratch.text("cache") == first)

        // Each change is seen all the same, and what was changed back is as it was.
        try site.kubectl("patch", "configmap", "m3", "-p", #"{"data":{"x":"2"}}"#)
        try site.kubectl("delete", "configmap", "m4")
        try site.kubectl("scale", "deployment", "web", "--replicas=5")
        try site.kubectl("label", "configmap", "m5", "git-ops/owner-")
        let plan = try site.plan(manifests)
        #expect(
            plan.actions == [
                "_/ConfigMap/m3.yaml": "change", "_/ConfigMap/m4.yaml": "create", "_/Deployment.apps/web.yaml": "change",
                "_/ConfigMap/m5.yaml": "change",
            ])
        #expect(plan.unchanged == 27)
        try site.deploy(manifests)
        #expect(try site.plan(manifests).unchanged == 31)
        // A status is nobody's drift.
        try site.kubectl("patch", "deployment", "web", "--subresource=status", "--type=merge", "-p", #"{"status":{"replicas":2}}"#)
        #expect(try site.plan(manifests).unchanged == 31)
        // What is damaged is worth nothing, and does no harm.
        try scratch.write("git-ops-traces 1\nnonsense", to: "cache")
        #expect(try site.plan(manifests).unchanged == 31)
    }
}
