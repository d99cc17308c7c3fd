import Git
import Manifests
import Posix
import TestSupport
import Testing
import Validation

/// Kinds that the tree or the repository itself defines.
@Suite struct CustomResourceTests {
    private func verdict(_ repository: TestRepository, since base: String? = nil) throws -> [String] {
        let opened = try repository.open()
        let new = try opened.tree(ofCommit: try repository.id("HEAD"))
        let old = try base.map { try opened.tree(ofCommit: try repository.id($0)) }
        let check = TreeCheck(opened, configuration: try opened.configuration())
        if let old { try check.updateIndexes(of: old, lag: 0) }
        return try check.verdict(from: old, to: new).diagnostics.map {
            "\($0.file):\($0.position?.line ?? 0): \($0.severity) \($0.rule) \($0.message)"
        }
    }

    private func definition(_ property: String) -> String {
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: boats.example.org}
        spec:
          group: example.org
          scope: Namespaced
          names: {kind: Boat, plural: boats, singular: boat, listKind: BoatList}
          versions:
            - name: v1
              served: true
              storage: true
              schema:
                openAPIV3Schema:
                  type: object
                  properties:
                    spec:
                      type: object
                      properties:
                        \(property)
                      x-kubernetes-validations:
                        - rule: "!has(self.crew) || self.crew <= 12"
                          message: at most 12 in a boat

        """
    }

    private let crew = "crew: {type: integer, minimum: 1}"

    private func boat(_ spec: String) -> String {
        "apiVersion: example.org/v1\nkind: Boat\nmetadata: {name: a}\nspec: {\(spec)}\n"
    }

    private func repository(_ scratch: borrowing Scratch, _ files: [String: String]) throws -> TestRepository {
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("first", files)
        return repository
    }

    @Test func aKindThatNobodyDefinesIsRefused() throws {
        let scratch = try Scratch()
        let lines = try verdict(repository(scratch, ["boat.yaml": boat("crew: 2")]))
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("boat.yaml:2: error k8s/unknown-kind") == true)
    }

    @Test func itMayBeMadeAWarning() throws {
        let scratch = try Scratch()
        let ops = "validate: {rules: {k8s/unknown-kind: warn}}\n"
        let lines = try verdict(repository(scratch, ["boat.yaml": boat("crew: 2"), "ops.yaml": ops]))
        #expect(lines.map { $0.prefix(39) } == ["boat.yaml:2: warning k8s/unknown-kind n"] || lines.first?.contains("warning k8s/unknown-kind") == true)
    }

    @Test func aDefinitionInTheSamePushHolds() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["boat.yaml": boat("crew: 2"), "crd.yaml": definition(crew)])
        #expect(try verdict(repository) == [])
        try repository.commit("bad", ["boat.yaml": boat("crew: 0, sail: 3")])
        let lines = try verdict(repository)
        #expect(lines.count == 2)
        #expect(lines.contains { $0.contains("k8s/unknown-field") && $0.contains("sail") })
        #expect(lines.contains { $0.contains("k8s/bounds") })
    }

    @Test func aRuleInCELHolds() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["boat.yaml": boat("crew: 13"), "crd.yaml": definition(crew)])
        let lines = try verdict(repository)
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix("error k8s/cel at most 12 in a boat") == true)
    }

    @Test func aRuleThatCannotBeEvaluatedIsSaid() throws {
        let scratch = try Scratch()
        let rule = definition(crew).replacing("!has(self.crew) || self.crew <= 12", with: "self.crew.isSorted(3) || authorizer.group('').check('x').allowed()")
        let lines = try verdict(repository(scratch, ["boat.yaml": boat("crew: 2"), "crd.yaml": rule]))
        #expect(lines.contains { $0.contains("warning k8s/cel-not-evaluated") })
        #expect(!lines.contains { $0.contains("boat.yaml") && $0.contains(": error") })
    }

    @Test func whatIsNotPushedIsJudgedAnewWhenItsDefinitionChanges() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["boat.yaml": boat("crew: 2"), "crd.yaml": definition(crew)])
        try repository.commit("sails", ["crd.yaml": definition("sail: {type: integer}")])
        let lines = try verdict(repository, since: "HEAD^")
        #expect(lines.contains { $0.hasPrefix("boat.yaml:4: error k8s/unknown-field") })
        try repository.commit("again", ["crd.yaml": definition(crew)])
        #expect(try verdict(repository, since: "HEAD^") == [])
        try repository.git("rm", "-q", "crd.yaml")
        try repository.commit("gone")
        #expect(try verdict(repository, since: "HEAD^").contains { $0.hasPrefix("boat.yaml:2: error k8s/unknown-kind") })
    }

    @Test func aResourceIsJudgedByADefinitionThatIsNotPushed() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["crd.yaml": definition(crew)])
        try repository.commit("boat", ["boat.yaml": boat("sail: 1")])
        #expect(try verdict(repository, since: "HEAD^").map { $0.prefix(36) } == ["boat.yaml:4: error k8s/unknown-field"])
    }

    @Test func schemasThatWereImportedHold() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["boat.yaml": boat("crew: 13")])
        let opened = try repository.open()
        let store = SchemaStore(opened)
        let who = Signature(name: "Ann", email: "ann@example.org", seconds: 1_700_000_000)
        let schemas = try SchemaImport([.init(name: "boats.yaml", bytes: Array(definition(crew).utf8)), .init(name: "x.yaml", bytes: Array("a: 1\n".utf8))])
        #expect(schemas.kinds == ["example.org/v1 Boat"])
        #expect(schemas.passedOver == ["x.yaml"])
        try store.keep(schemas, as: "boats", by: who, saying: "Import")
        #expect(try store.imports().map(\.name) == ["boats"])
        #expect(try verdict(repository).map { $0.hasSuffix("k8s/cel at most 12 in a boat") } == [true])
        #expect(try repository.git("log", "--format=%s", SchemaStore.reference) == "Import")
        #expect(try store.remove("boats", by: who, saying: "Remove"))
        #expect(try store.remove("boats", by: who, saying: "Remove") == false)
        #expect(try verdict(repository).first?.contains("k8s/unknown-kind") == true)
    }

    @Test func aDefinitionThatTheServerRefusesIsRefused() throws {
        let scratch = try Scratch()
        let lines = try verdict(repository(scratch, ["crd.yaml": definition("crew: {minimum: 1}")]))
        #expect(lines.first?.contains("error crd/structural") == true)
    }
}
