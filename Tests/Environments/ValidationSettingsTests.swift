import Environments
import Manifests
import Testing

@Suite struct ValidationSettingsTests {
    private func errors(_ text: String) -> [String] {
        OpsFile.parse(Array(text.utf8)).1.map { "\($0.position!.line):\($0.position!.column) \($0.rule)" }
    }

    @Test func versionsAndRulesAreRead() throws {
        let text = """
            validate:
              kubernetes: ["1.33", "1.34"]
              rules:
                k8s/unknown-kind: warn
                recommended: off
            environments:
              staging:
              production:
                validate:
                  kubernetes: "1.30"
                  rules: {k8s/unknown-kind: error}
            """
        let file = try #require(OpsFile.parse(Array(text.utf8)).0)
        let staging = file.validation(of: try #require(file["staging"]))
        #expect(staging.kubernetes.map(\.name) == ["1.33", "1.34"])
        #expect(staging.rules.map { "\($0.name)=\($0.level)" } == ["k8s/unknown-kind=warn", "recommended=off"])
        let production = file.validation(of: try #require(file["production"]))
        #expect(production.kubernetes.map(\.name) == ["1.30"])
        #expect(production.rules.map { "\($0.name)=\($0.level)" }.last == "k8s/unknown-kind=error")
    }

    @Test func aFileMayHoldNothingElse() throws {
        let file = try #require(OpsFile.parse(Array("validate: {kubernetes: \"1.34\"}\n".utf8)).0)
        #expect(file.environments == OpsFile.implicit.environments)
    }

    @Test(arguments: [
        ("validate: 1\n", "1:11 ops/type"), ("validate: {kubernetes: 1.30}\n", "1:24 ops/type"),
        ("validate: {kubernetes: \"v1.30\"}\n", "1:24 ops/kubernetes-version"), ("validate: {kubernetes: []}\n", "1:24 ops/type"),
        ("validate: {kubernetes: [\"1\"]}\n", "1:25 ops/kubernetes-version"), ("validate: {rules: [a]}\n", "1:19 ops/type"),
        ("validate: {rules: {a/b: maybe}}\n", "1:25 ops/rule-level"), ("validate: {rules: {a/b: [off]}}\n", "1:25 ops/rule-level"),
        ("validate: {rule: {}}\n", "1:12 ops/unknown-key"),
    ])
    func defectsAreToldWithTheirPlace(_ text: String, error: String) {
        #expect(errors(text) == [error])
    }
}
