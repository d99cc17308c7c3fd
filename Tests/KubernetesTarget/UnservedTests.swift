import Glibc
import Kubernetes
import KubernetesModel
import Posix
import Testing
import TestSupport

@testable import KubernetesTarget

/// Kinds that a server does not serve any more, or says nothing about.
@Suite struct UnservedTests {
    /// Plans what was deployed and is no longer desired.
    private func plan(_ catalog: APICatalog) async throws -> PreparedPlan {
        func message(_ text: String) throws -> Message { try Message(Array(text.utf8)) }
        var request = try PlanRequest(message(#"{"type":"plan","environment":"production","owner":"p-1"}"#))
        try request.take(message(#"{"type":"owned","path":"_/Foo.example.org/a.yaml","id":"0"}"#))
        let scratch = try Scratch("unserved")
        let file = try FileDescriptor(opening: scratch("out"), O_RDWR | O_CREAT)
        let connection = Connection(cluster: FakeCluster([], catalog: catalog), namespace: "ns", server: "server")
        return try await Planner(connection: connection, request: request, output: LineOutput(file.number)).plan()
    }

    @Test(arguments: ["example.org/v1", "example.org", ""])
    func aKindWhoseDiscoveryFailedIsNotGone(failure: String) async throws {
        let catalog = APICatalog(resources: [], failures: [failure: "it does not answer", "other.org/v1": "nor does this"])
        let error = await #expect(throws: TargetFailure.self) { try await plan(catalog) }
        #expect(error?.message == "the server cannot tell whether it serves Foo of example.org: it does not answer")
    }

    @Test func aKindThatIsCertainlyNotServedIsGone() async throws {
        let plan = try await plan(APICatalog(resources: [], failures: ["other.org/v1": "it does not answer"]))
        #expect(plan.changes.isEmpty && plan.conflicts.isEmpty)
    }

    @Test(.enabled(if: APIServer.isThere)) func aDefinitionThatServesNothingHidesWhatIsThere() throws {
        let site = try Site("hidden")
        let group = site.namespace + ".example.org"
        let definition = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: foos.\(group)}
            spec:
              group: \(group)
              names: {kind: Foo, plural: foos, singular: foo}
              scope: Namespaced
              versions:
              - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}

            """
        try site.kubectl("create", "-f", "-", input: definition)
        let foo = "{apiVersion: \(group)/v1, kind: Foo, metadata: {name: f}, spec: {size: 3}}"
        try eventually("it is served") { try site.plan([foo]).conflicts.isEmpty && site.last.error == nil }
        try site.deploy([foo, configMap("a", "{}")])
        func serve(_ served: Bool) throws {
            try site.kubectl(
                nil, "patch", "crd", "foos.\(group)", "--type=json", "-p", #"[{"op":"replace","path":"/spec/versions/0/served","value":\#(served)}]"#)
        }
        try serve(false)
        try eventually("it is not served") { try site.plan([configMap("a", "{}")]).error?.contains("cannot be seen") == true }
        #expect(
            site.last.error
                == "'_/Foo.\(group)/f.yaml' was deployed here, and cannot be seen: the definition foos.\(group) serves no version")
        try serve(true)
        try eventually("it is served again") { try site.plan([configMap("a", "{}")]).actions == ["_/Foo.\(group)/f.yaml": "prune"] }
        // With its definition it goes for certain.
        try site.kubectl(nil, "delete", "crd", "foos.\(group)")
        try eventually("it is gone") { try site.plan([configMap("a", "{}")]).unchanged == 1 && site.last.changes.isEmpty }
    }
}
