import Environments
import Foundation
import Git
import Manifests
import TestSupport
import Testing

@testable import Validation

/// What is said of rules, held against what they do.
@Suite struct RuleExplanationTests {
    /// Not told of: what a fact of the index is called.
    private static let internalNames: Set<String> = ["manifest/role"]

    @Test func everyRuleThatIsNamedInSourcesIsExplained() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources")
        var named: [String: String] = [:]
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /"((?:yaml|json|ops|path|manifest|k8s|env|practice)\/[a-z][a-z0-9-]*[a-z0-9])"/) {
                named[String(match.output.1)] = file.lastPathComponent
            }
            for match in text.matches(of: /"\\\(language\)\/([a-z-]+)"/) {
                for language in ["yaml", "json"] { named["\(language)/\(match.output.1)"] = file.lastPathComponent }
            }
            guard text.contains("OpsFileReading") else { continue }
            for match in text.matches(of: /report\(\s*"([a-z-]+)"/) { named["ops/\(match.output.1)"] = file.lastPathComponent }
        }
        #expect(named.count > 50)
        for (rule, file) in named where !Self.internalNames.contains(rule) {
            #expect(RuleTable.explained[rule] != nil, "\(rule) of \(file)")
        }
    }

    @Test(arguments: RuleTable.explained.keys.sorted()) func aRuleSaysWhatItDemandsAndWhy(id: String) throws {
        let rule = try #require(RuleTable.explained[id])
        #expect(!rule.summary.isEmpty && !rule.summary.hasSuffix(".") && !rule.summary.contains("\n"))
        #expect(rule.reason.hasSuffix("."))
        #expect(rule.bad.isEmpty == rule.good.isEmpty)
        #expect(rule.bad.isEmpty || rule.bad != rule.good)
        #expect(rule.severity != nil || rule.set.map(RuleTable.sets.contains) == true)
    }

    @Test func whatAlwaysHoldsCannotBeSet() {
        for rule in FormRules.fixed {
            #expect(RuleTable.isFixed(rule.id) && RuleTable.all[rule.id] == nil, "\(rule.id)")
        }
    }

    /// The rules that a file alone breaks.
    static let alone = (FormRules.fixed + FormRules.settable).filter { rule in
        !rule.bad.isEmpty && !rule.id.hasPrefix("ops/") && !["env/duplicate-resource", "env/missing-reference", "env/missing-namespace", "env/missing-port"].contains(rule.id)

    }.map(\.id)

    private func rules(_ text: String, named name: String) throws -> Set<String> {
        Set(try StandaloneCheck.verdict(on: [(RepositoryPath(name), Array(text.utf8))]).diagnostics.map(\.rule))
    }

    @Test(arguments: alone) func theBadExampleBreaksTheRuleAndTheGoodOneNone(id: String) throws {
        let rule = try #require(RuleTable.explained[id])
        let name = id.hasPrefix("json/") ? "a.json" : "a.yaml"
        // Two ports alike break the rule of the server's own, too.
        #expect(try rules(rule.bad, named: name).subtracting(["k8s/duplicate-service-port"]) == [id])
        #expect(try rules(rule.good, named: name).isEmpty)
    }

    @Test(arguments: FormRules.fixed.filter { $0.id.hasPrefix("ops/") && !$0.bad.isEmpty }.map(\.id))
    func theExamplesOfOpsFilesAreRight(id: String) throws {
        let rule = try #require(RuleTable.explained[id])
        #expect(Set(OpsFile.parse(Array(rule.bad.utf8)).1.map(\.rule)) == [id])
        #expect(OpsFile.parse(Array(rule.good.utf8)).1 == [])
    }

    @Test(arguments: ["env/duplicate-resource", "env/missing-reference", "env/missing-namespace", "env/missing-port"])
    func theExamplesOfEnvironmentsAreRight(id: String) throws {
        let rule = try #require(RuleTable.explained[id])
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        func rules() throws -> Set<String> {
            let opened = try repository.open()
            let tree = try opened.tree(ofCommit: try repository.id("HEAD"))
            return Set(try TreeCheck(opened, configuration: Configuration(entries: [])).diagnostics(from: nil, to: tree).map(\.rule))
        }
        try repository.commit("bad", ["a.yaml": rule.bad])
        #expect(try rules() == [id])
        try repository.commit("good", ["a.yaml": rule.good])
        #expect(try rules().isEmpty)
    }
}

@Suite struct PracticeRuleTests {
    /// What a rule finds in a file, as lines and messages.
    private func found(_ rule: Rule, _ text: String) throws -> [String] {
        let file = ManifestFile(Array(text.utf8), language: .yaml, file: "a.yaml")
        #expect(file.diagnostics == [])
        return try file.withDocuments { documents in
            var lines: [String] = []
            for document in documents {
                let object = try #require(KubernetesObject(document.root))
                guard case .pod(let check) = rule.check, let pod = PodSpecification(object) else { continue }
                var findings = Findings(file: "a.yaml", rule: rule)
                check(pod, &findings)
                lines += findings.diagnostics.map { "\($0.position?.line ?? 0): \($0.message)" }
            }
            return lines
        }
    }

    @Test(arguments: PracticeRules.all.map(\.id)) func areOffUntilAskedFor(id: String) throws {
        let rule = try #require(RuleTable.all[id])
        #expect(rule.severity == nil)
        #expect(rule.set == "recommended")
        #expect(try found(rule, rule.bad).count == 1)
        #expect(try found(rule, rule.good) == [])
    }

    private func pod(_ container: String, _ more: String = "") -> String {
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - \(container)\n\(more)"
    }

    @Test(arguments: [
        ("web", true), ("web:latest", true), ("registry:5000/web", true), ("registry:5000/web:latest", true), ("web:1", false),
        ("registry:5000/web:1", false), ("web@sha256:abc", false), ("web:latest@sha256:abc", false), ("${IMAGE}", false),
    ])
    func imagesWithoutAVersion(image: String, isTold: Bool) throws {
        #expect(try found(PracticeRules.imageTag, pod("{name: a, image: '\(image)'}")).isEmpty == !isTold)
        let both = pod("{name: a, image: 'web:1'}", "  initContainers:\n  - {name: b, image: '\(image)'}\n")
        #expect(try found(PracticeRules.imageTag, both).isEmpty == !isTold)
    }

    @Test func limitsAreRequestsToo() throws {
        #expect(try found(PracticeRules.resourceRequests, pod("{name: a, resources: {limits: {cpu: 1, memory: 1Gi}}}")) == [])
        #expect(
            try found(PracticeRules.resourceRequests, pod("{name: a}")) == ["6: container \"a\" requests no cpu and no memory"])
        #expect(try found(PracticeRules.memoryLimit, pod("{name: a, resources: {limits: {cpu: 1}}}")).count == 1)
    }

    @Test func onlyWhatGoesOnRunningNeedsAProbe() throws {
        #expect(try found(PracticeRules.probes, pod("{name: a}")) == [])
        let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a}]}}}\n"
        #expect(try found(PracticeRules.probes, job) == [])
    }

    @Test func theContainerDecidesBeforeThePod() throws {
        let shared = "  securityContext: {runAsNonRoot: true}\n"
        #expect(try found(PracticeRules.runAsNonRoot, pod("{name: a, securityContext: {runAsUser: 0}}", shared)).count == 1)
        #expect(try found(PracticeRules.runAsNonRoot, pod("{name: a, securityContext: {runAsUser: 1000}}")) == [])
        #expect(try found(PracticeRules.runAsNonRoot, pod("{name: a, securityContext: {runAsNonRoot: false}}", shared)).count == 1)
        #expect(try found(PracticeRules.runAsNonRoot, pod("{name: a}", shared)) == [])
    }

    @Test func whatIsTheNodesOwn() throws {
        #expect(
            try found(PracticeRules.privileged, pod("{name: a}", "  hostNetwork: true\n  hostPID: false\n"))
                == ["7: the pod shares its node's Network"])
        #expect(try found(PracticeRules.hostPath, pod("{name: a}", "  volumes: [{name: v, emptyDir: {}}]\n")) == [])
    }

    @Test func anAccountOfItsOwnMayHaveAToken() throws {
        #expect(try found(PracticeRules.defaultServiceAccountToken, pod("{name: a}", "  serviceAccountName: web\n")) == [])
        #expect(try found(PracticeRules.defaultServiceAccountToken, pod("{name: a}", "  serviceAccountName: default\n")).count == 1)
    }
}
