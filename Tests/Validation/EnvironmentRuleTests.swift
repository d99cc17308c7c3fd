import Git
import Manifests
import Posix
import TestSupport
import Testing
import Validation

/// Rules that hold between files, and the index that spares reading them all.
@Suite struct EnvironmentRuleTests {
    private func verdict(_ repository: TestRepository, since base: String? = nil, index: Bool = false) throws -> [String] {
        let opened = try repository.open()
        let new = try opened.tree(ofCommit: try repository.id("HEAD"))
        let old = try base.map { try opened.tree(ofCommit: try repository.id($0)) }
        let check = TreeCheck(opened, configuration: try opened.configuration())
        if index, let old { try check.updateIndexes(of: old, lag: 0) }
        return try check.verdict(from: old, to: new, branch: "refs/heads/main", defaultBranch: "refs/heads/main").diagnostics.map(line)
    }

    private func line(_ diagnostic: Diagnostic) -> String {
        "\(diagnostic.file):\(diagnostic.position?.line ?? 0): \(diagnostic.severity) \(diagnostic.rule) \(diagnostic.message)"
    }

    /// A diagnostic without its place.
    private func essence(_ diagnostic: Diagnostic) -> String {
        // Which of two is called the duplicate depends on what is told.
        diagnostic.rule == "env/duplicate-resource"
            ? "\(diagnostic.rule) \(diagnostic.message.split(separator: " already in ").first ?? "")"
            : "\(diagnostic.file) \(diagnostic.rule) \(diagnostic.message)"
    }

    private let crd = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: boats.example.org}
        spec:
          group: example.org
          scope: Namespaced
          names: {kind: Boat, plural: boats}
          versions:
            - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {crew: {type: integer}}}}}}}

        """

    private func configMap(_ name: String, _ namespace: String? = nil) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\n" + (namespace.map { "  namespace: \($0)\n" } ?? "") + "data: {}\n"
    }

    private func pod(_ name: String, using configMap: String, _ namespace: String? = nil) -> String {
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: \(name)\n" + (namespace.map { "  namespace: \($0)\n" } ?? "")
            + "spec:\n  containers:\n  - name: a\n    image: nginx:1\n    envFrom:\n    - configMapRef:\n        name: \(configMap)\n"
    }

    private func repository(_ scratch: borrowing Scratch, _ files: [String: String]) throws -> TestRepository {
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("first", files)
        return repository
    }

    @Test func oneResourceIsDefinedOnce() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": configMap("web"), "b/c.yaml": configMap("other") + "---\n" + configMap("web")])
        #expect(try verdict(repository) == ["b/c.yaml:10: error env/duplicate-resource ConfigMap \"web\" is defined already in a.yaml:4"])
    }

    @Test func namespacesKeepResourcesApart() throws {
        let scratch = try Scratch()
        let namespaces = ["one", "two"].map { "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: \($0)\n" }.joined(separator: "---\n")
        let repository = try repository(
            scratch, ["a.yaml": configMap("web", "one"), "b.yaml": configMap("web", "two"), "n.yaml": namespaces])
        #expect(try verdict(repository) == [])
    }

    @Test func whatIsReferredToIsThere() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": pod("web", using: "web"), "b.yaml": configMap("wed")])
        #expect(try verdict(repository) == ["a.yaml:11: warning env/missing-reference ConfigMap \"web\" is not defined in this environment"])
    }

    @Test func anOptionalReferenceMayLeadNowhere() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": pod("web", using: "web") + "        optional: true\n"])
        #expect(try verdict(repository) == [])
    }

    @Test func aNamespaceIsMadeSomewhere() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": configMap("web", "shop")])
        #expect(try verdict(repository) == ["a.yaml:5: warning env/missing-namespace Namespace \"shop\" is not made by this environment"])
    }

    @Test func anIngressNamesAPortThatItsServiceHas() throws {
        let scratch = try Scratch()
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{name: http, port: 80}]\n  selector: {app: web}\n"
        func ingress(_ port: String) -> String {
            """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              defaultBackend:
                service: {name: web, port: {\(port)}}

            """
        }
        let repository = try repository(scratch, ["a.yaml": ingress("number: 80"), "s.yaml": service])
        #expect(try verdict(repository) == [])
        try repository.commit("by name", ["a.yaml": ingress("name: http")])
        #expect(try verdict(repository) == [])
        try repository.commit("another", ["a.yaml": ingress("number: 8080")])
        #expect(try verdict(repository) == ["a.yaml:6: warning env/missing-port Service \"web\" has no port 8080"])
    }

    @Test func aPlainSecretIsRefusedAndNeverShown() throws {
        let scratch = try Scratch()
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n  password: hunter2hunter2\n"
        let repository = try repository(scratch, ["a.yaml": secret])
        let lines = try verdict(repository)
        #expect(lines == ["a.yaml:5: error env/plain-secret the Secret \"db\" holds its values in plain text"])
        let sops = "sops:\n  mac: ENC[x]\n  version: 3.8.1\n"
        try repository.commit("encrypted", ["a.yaml": secret.replacing("hunter2hunter2", with: "ENC[AES256_GCM,data:x]") + sops])
        #expect(try verdict(repository) == [])
    }

    @Test func aStringThatLooksLikeACredentialIsWarnedOf() throws {
        let scratch = try Scratch()
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  key: AKIAIOSFODNN7EXAMPLE\n  DB_PASSWORD: x9Kq27LmPz4Rt8Vw\n  note: plain words\n"
        let repository = try repository(scratch, ["a.yaml": map])
        #expect(
            try verdict(repository) == [
                "a.yaml:5: warning env/credential this looks like an AWS access key",
                "a.yaml:6: warning env/credential this looks like a credential",
            ])
    }

    @Test func kustomizationsAndWhatTheyTakeInAreNoManifests() throws {
        let scratch = try Scratch()
        let kustomization = "resources: [a.yaml]\npatches: [{path: patch.yaml}]\nconfigMapGenerator: [{name: web, literals: [a=b]}]\n"
        let repository = try repository(
            scratch,
            [
                "app/kustomization.yaml": kustomization, "app/a.yaml": pod("web", using: "web"),
                "app/patch.yaml": "kind: Deployment\nmetadata: {name: x}\nspec: {replicas: 2}\n",
                "chart/Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n", "chart/values.yaml": "kind: x\nmetadata: {name: y}\n",
                "chart/templates/a.yaml": "a: {{ .b }}\n", ".sops.yaml": "creation_rules: []\n",
            ])
        #expect(try verdict(repository) == [])
    }

    @Test func yamlThatNamesNoKindIsSaid() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": "just: settings\n", "b.yaml": configMap("b")])
        let opened = try repository.open()
        let verdict = try TreeCheck(opened, configuration: try opened.configuration())
            .verdict(from: nil, to: try opened.tree(ofCommit: try repository.id("HEAD")))
        #expect(verdict.unclassified == ["a.yaml"])
        #expect(verdict.files == 2)
        #expect(verdict.resources == 1)
    }

    @Test(arguments: [
        ("kind: ConfigMap\nmetadata: {name: a}\n", "the manifest has no apiVersion"),
        ("apiVersion: v1\nmetadata: {name: a}\n", "the manifest has no kind"),
        ("apiVersion: v1\nKind: ConfigMap\nmetadata: {name: a}\n", "unknown key \"Kind\": a manifest has \"kind\""),
        ("apiVersion: 1\nkind: ConfigMap\nmetadata: {name: a}\n", "apiVersion must be a string, not an integer"),
        ("metadata: {name: a}\nspec: {}\n", "the manifest has no apiVersion"),
    ])
    func aManifestSaysWhatItIs(_ text: String, message: String) throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": text])
        #expect(try verdict(repository).first?.hasSuffix("error k8s/identity \(message)") == true)
    }

    @Test func anExceptionLetsOneLinePass() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": pod("web", using: "web  # git-ops: allow env/missing-reference made by hand")])
        #expect(try verdict(repository) == [])
        try repository.git("config", "--add", "ops.forbidException", "env/*")
        let lines = try verdict(repository)
        #expect(lines.contains { $0.contains("error manifest/exception exceptions from env/missing-reference are forbidden here") })
        #expect(lines.contains { $0.contains("env/missing-reference ConfigMap") })
    }

    @Test(arguments: [
        ("# git-ops: allow env/missing-reference", "the exception from env/missing-reference gives no reason"),
        ("# git-ops: allow", "the exception names no rule"),
        ("# git-ops: allow env/mising-reference because", "there is no rule \"env/mising-reference\""),
        ("# git-ops: allow yaml/syntax because", "no exception from \"yaml/syntax\" can be made"),
        ("# git-ops: allow env/plain-secret because", "nothing on line 4 breaks env/plain-secret"),
    ])
    func anExceptionIsWhole(_ comment: String, message: String) throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": configMap("web").replacing("name: web", with: "name: web \(comment)")])
        #expect(try verdict(repository).contains { $0.hasSuffix(message) })
    }

    @Test func levelsOfRulesAreThoseOfTheFile() throws {
        let scratch = try Scratch()
        let ops = "validate:\n  rules:\n    env/missing-reference: error\n    env/missing-namespace: off\n"
        let repository = try repository(scratch, ["ops.yaml": ops, "a.yaml": pod("web", using: "web", "shop")])
        #expect(try verdict(repository).map { $0.prefix(36) } == ["a.yaml:12: error env/missing-referen"])
        try repository.commit("unknown", ["ops.yaml": "validate: {rules: {env/mising-port: off}}\n"])
        #expect(try verdict(repository).first?.hasPrefix("ops.yaml:1: error ops/unknown-rule") == true)
    }

    @Test func aPushIsJudgedByTheRulesItFinds() throws {
        let scratch = try Scratch()
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {a: bbbbbbb}\n"
        let repository = try repository(scratch, ["a.yaml": configMap("web")])
        try repository.commit("both", ["ops.yaml": "validate: {rules: {env/plain-secret: off}}\n", "s.yaml": secret])
        #expect(try verdict(repository, since: "HEAD^").map { $0.prefix(31) } == ["s.yaml:4: error env/plain-secre"])
        #expect(try verdict(repository) == [])
    }

    // MARK: the index

    @Test(arguments: [false, true])
    func removingWhatIsReferredToIsTold(_ index: Bool) throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": pod("web", using: "web"), "b.yaml": configMap("web"), "c.yaml": configMap("c")])
        try repository.commit("renamed", ["b.yaml": configMap("other")])
        let expected = index ? ["a.yaml:11: warning env/missing-reference ConfigMap \"web\" is not defined in this environment"] : []
        // Without an index only what changed is told of; with one also what is left behind.
        #expect(try verdict(repository, since: "HEAD^", index: index).filter { _ in index } == expected)
    }

    @Test func anIndexFindsADuplicateInAFileThatIsNotRead() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": configMap("web")])
        try repository.commit("second", ["b.yaml": configMap("web")])
        #expect(
            try verdict(repository, since: "HEAD^", index: true)
                == ["b.yaml:4: error env/duplicate-resource ConfigMap \"web\" is defined already in a.yaml:4"])
    }

    @Test func aDamagedIndexIsNoIndex() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": configMap("web")])
        try repository.commit("second", ["b.yaml": configMap("web")])
        let opened = try repository.open()
        let base = try opened.tree(ofCommit: try repository.id("HEAD^"))
        try TreeCheck(opened, configuration: try opened.configuration()).updateIndexes(of: base)
        let folder = opened.commonDirectory + "ops/_index"
        let name = try #require(names(inFolder: folder).first)
        let whole = try #require(try contents(ofFile: "\(folder)/\(name)"))
        for damage in [Array(whole.prefix(20)), Array(whole.dropLast(5)), [UInt8](repeating: 0xFF, count: whole.count), []] {
            try write(damage, toFile: "\(folder)/\(name)")
            #expect(try verdict(repository, since: "HEAD^").count == 1)
        }
    }

    // MARK: what is told

    /// Three commits; the index is of the first.
    private func third(_ repository: TestRepository) throws -> [String] {
        let opened = try repository.open()
        let trees = try ["HEAD~2", "HEAD~1", "HEAD"].map { try opened.tree(ofCommit: try repository.id($0)) }
        let check = TreeCheck(opened, configuration: try opened.configuration())
        try check.updateIndexes(of: trees[0], lag: 0)
        return try check.verdict(from: trees[1], to: trees[2]).diagnostics.map(line)
    }

    @Test func whatTheIndexDoesNotKnowYetIsToldToo() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["x.yaml": configMap("x")])
        try repository.commit("second", ["a.yaml": pod("web", using: "web"), "b.yaml": configMap("web")])
        try repository.git("rm", "-q", "b.yaml")
        try repository.commit("third")
        #expect(try third(repository) == ["a.yaml:11: warning env/missing-reference ConfigMap \"web\" is not defined in this environment"])
    }

    @Test func errorsAreToldBehindAnyNumberOfWarnings() throws {
        let scratch = try Scratch()
        var files = ["z1.yaml": configMap("dup"), "z2.yaml": configMap("dup")]
        for number in 0..<600 { files["a\(number).yaml"] = pod("p\(number)", using: "nowhere") }
        let lines = try verdict(try repository(scratch, files))
        #expect(lines.count == 601)
        #expect(lines.last?.contains("error env/duplicate-resource") == true)
    }

    @Test func theRulesItFindsHoldForAPushThatMovesTheFolder() throws {
        let scratch = try Scratch()
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {a: bbbbbbb}\n"
        let repository = try repository(scratch, ["ops.yaml": "environments: {production: {path: p}}\n", "p/a.yaml": configMap("a")])
        try repository.git("mv", "p", "q")
        let ops = "validate: {rules: {env/plain-secret: off}}\nenvironments: {production: {path: q}}\n"
        try repository.commit("moved", ["ops.yaml": ops, "q/s.yaml": secret])
        #expect(try verdict(repository, since: "HEAD^").map { $0.prefix(33) } == ["q/s.yaml:4: error env/plain-secre"])
    }

    @Test(arguments: [false, true])
    func aPatchThatBecomesAResourceIsJudged(_ index: Bool) throws {
        let scratch = try Scratch()
        let bad = pod("web", using: "a").replacing("image: nginx:1", with: "image: nginx:1\n    ports: [{containerPort: 0}]")
        let repository = try repository(
            scratch, ["a.yaml": configMap("a"), "patch.yaml": bad, "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: patch.yaml}]\n"])
        #expect(try verdict(repository) == [])
        try repository.commit("resource", ["kustomization.yaml": "resources: [a.yaml, patch.yaml]\n"])
        #expect(try verdict(repository, since: "HEAD^", index: index).first?.hasPrefix("patch.yaml:9: error k8s/container-port") == true)
        try repository.commit("patch again", ["kustomization.yaml": "resources: [a.yaml]\npatches: [{path: patch.yaml}]\n"])
        #expect(try verdict(repository, since: "HEAD^", index: index) == [])
    }

    @Test(arguments: [false, true])
    func whatIsLeftOfAChartIsJudged(_ index: Bool) throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["c/Chart.yaml": "name: c\n", "c/templates/a.yaml": "a: {{ .b }}\n", "x.yaml": configMap("x")])
        try repository.git("rm", "-q", "c/Chart.yaml")
        try repository.commit("no chart")
        #expect(try verdict(repository, since: "HEAD^", index: index).first?.hasPrefix("c/templates/a.yaml:1: error yaml/") == true)
    }

    @Test func sopsInClearTextEncryptsNothing() throws {
        let scratch = try Scratch()
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n  a: ENC[x]\n  password: hunter2hunter2\nsops: {mac: x}\n"
        #expect(try verdict(try repository(scratch, ["a.yaml": secret])).contains { $0.contains("a.yaml:6: error env/plain-secret") })
    }

    /// Whatever is wrong with a file of secrets, nothing of them is told.
    @Test(arguments: [
        "kind:  Secret\nmetadata: {name: s}\nstringData: {password: hunter2hunter2}\n",
        "kind : Secret\nmetadata: {name: s}\nstringData: {password: hunter2hunter2, password: hunter2hunter2}\n",
        "\"kind\": !!str Secret\nmetadata: {name: s}\nstringData: {password: *hunter2hunter2}\n",
        "kind: Sercet\nmetadata: {name: s}\nstringData: {password: hunter2hunter2, password: a}\n",
        "kind: Secret\nmetadata: {name: s}\ndata: {password: hunter2hunter2}\n",
        "kind: Secret\nmetadata: {name: s}\nstringData: {password: 0777777, other: 1}\n",
        "kind: Secret\nmetadata: {name: s}\nstringData:\n  password: 'hunter2hunter2\n",
        "kind: Deployment\nmetadata: {name: s}\nspec: {template: {spec: {containers: [{name: a, env: [{name: DB_PASSWORD, value: hunter2hunter2XyZ9, valu: 1}]}]}}}\n",
        "kind: ConfigMap\nmetadata: {name: S}\ndata:\n  password: hunter2hunter2\n  password: hunter2hunter2\n",
    ])
    func secretsAreNeverShown(_ text: String) throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["a.yaml": "apiVersion: v1\n" + text])
        let opened = try repository.open()
        let found = try TreeCheck(opened, configuration: try opened.configuration())
            .verdict(from: nil, to: try opened.tree(ofCommit: try repository.id("HEAD"))).diagnostics
        #expect(found.contains { $0.severity == .error })
        for diagnostic in found {
            for shown in [diagnostic.message, diagnostic.hint ?? "", diagnostic.sourceLine ?? ""] {
                #expect(!shown.contains("hunter2hunter2") && !shown.contains("0777777"), "\(shown)")
            }
        }
    }

    @Test func whatAKustomizationGeneratesIsASecretToo() throws {
        let scratch = try Scratch()
        let repository = try repository(scratch, ["kustomization.yaml": "secretGenerator: [{name: s, literals: [password=hunter2]}]\n"])
        #expect(try verdict(repository).map { $0.prefix(46) } == ["kustomization.yaml:1: error env/plain-secret t"])
    }

    @Test func anExceptionIsAComment() throws {
        let scratch = try Scratch()
        let script = "data:\n  a: |\n    # git-ops: allow foo/bar doc\n    x\n  b: 'x # git-ops: allow env/x'\n  # git-ops: allowed\n"
        let repository = try repository(scratch, ["a.yaml": configMap("a").replacing("data: {}\n", with: script)])
        #expect(try verdict(repository) == [])
    }

    @Test func exceptionsFromTwoRulesStandTogether() throws {
        let scratch = try Scratch()
        let map = configMap("a", "shop").replacing("name: a", with: "name: A")
        let above = map.replacing("  name: A", with: "  # git-ops: allow k8s/name made by hand\n  name: A")
            .replacing("  namespace: shop", with: "  # git-ops: allow env/missing-namespace made elsewhere\n  # git-ops: allow k8s/name unused\n  namespace: shop")
        #expect(try verdict(try repository(scratch, ["a.yaml": above])) == ["a.yaml:7: warning manifest/unused-exception nothing on line 8 breaks k8s/name"])
    }

    @Test(arguments: [
        "foo: bar\n", "hello\n", "- 1\n",
    ])
    func besideManifestsNothingElseStands(_ other: String) throws {
        let scratch = try Scratch()
        let lines = try verdict(try repository(scratch, ["a.yaml": configMap("a") + "---\n" + other]))
        #expect(lines.map { $0.prefix(28) } == ["a.yaml:7: error k8s/identity"])
    }

    @Test func itemsOfAListAreManifests() throws {
        let scratch = try Scratch()
        let lines = try verdict(try repository(scratch, ["a.yaml": "apiVersion: v1\nkind: List\nitems:\n- foo\n- {a: b}\n- null\n"]))
        #expect(lines.map { $0.prefix(28) } == [4, 5, 6].map { "a.yaml:\($0): error k8s/identity" })
    }

    @Test func aKustomizationExcusesNoOtherDocument() throws {
        let scratch = try Scratch()
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {~: x}\n---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        #expect(try verdict(try repository(scratch, ["a.yaml": text])).contains { $0.contains("a.yaml:4: error yaml/key") })
    }

    /// Whatever is changed, an index of an earlier tree and no index at all come to the same verdict, and what
    /// is new in the verdict on a tree is told to who brings it.
    @Test(arguments: 0..<12)
    func anIndexChangesNoVerdict(_ seed: Int) throws {
        let scratch = try Scratch()
        var random = SmallRandom(seed: UInt64(seed) &* 7919 + 1)
        func content() -> String {
            let name = "n\(random.next() % 5)"
            let space = random.next() % 3 == 0 ? "s\(random.next() % 2)" : nil
            switch random.next() % 8 {
            case 0: return configMap(name, space)
            case 1: return pod(name, using: "n\(random.next() % 5)", space)
            case 2: return "apiVersion: v1\nkind: Namespace\nmetadata: {name: s\(random.next() % 2)}\n"
            case 3: return configMap(name, space) + "---\n" + pod(name, using: name, space)
            case 4: return "just: text\n"
            case 5: return crd.replacing("integer", with: random.next() % 2 == 0 ? "integer" : "string")
            case 6: return "apiVersion: example.org/v1\nkind: Boat\nmetadata: {name: \(name)}\nspec: {crew: 3}\n"
            default: return "apiVersion: v1\nkind: Secret\nmetadata: {name: \(name)}\n"
            }
        }
        let repository = try TestRepository(at: scratch("repository"))
        var files: [String: String] = [:]
        for number in 0..<12 { files["f\(number % 3)/\(number).yaml"] = content() }
        try repository.commit("first", files)
        let opened = try repository.open()
        let first = try opened.tree(ofCommit: try repository.id("HEAD"))
        for round in 0..<4 {
            let base = try opened.tree(ofCommit: try repository.id("HEAD"))
            for _ in 0..<3 {
                if random.next() % 4 == 0 {
                    let inputs = (0..<2).map { _ in "{path: ../f\(random.next() % 3)/\(random.next() % 14).yaml}" }
                    let space = random.next() % 2 == 0 ? "namespace: s1\n" : ""
                    files["f\(random.next() % 3)/kustomization.yaml"] = "\(space)patches: [\(inputs.joined(separator: ", "))]\n"
                    continue
                }
                let path = "f\(random.next() % 3)/\(random.next() % 14).yaml"
                if random.next() % 4 == 0, files[path] != nil {
                    files[path] = nil
                    try repository.git("rm", "-qf", "--ignore-unmatch", path)
                } else {
                    files[path] = content()
                }
            }
            try repository.commit("round \(round)", files.merging(["f0/keep.yaml": "round: \(round)\n"]) { a, _ in a })
            let new = try opened.tree(ofCommit: try repository.id("HEAD"))
            let without = try TreeCheck(opened, configuration: try opened.configuration(), program: "none").verdict(from: nil, to: new)
            let check = TreeCheck(opened, configuration: try opened.configuration(), program: "index")
            if round == 0 { try check.updateIndexes(of: first) }
            let with = try check.verdict(from: nil, to: new)
            let before = Set(try TreeCheck(opened, configuration: try opened.configuration(), program: "none").verdict(from: nil, to: base).diagnostics.map(essence))
            let told = Set(try check.verdict(from: base, to: new).diagnostics.map(essence))
            for appeared in Set(without.diagnostics.map(essence)).subtracting(before) {
                #expect(told.contains(appeared), "round \(round)")
            }
            #expect(with.diagnostics.map(line) == without.diagnostics.map(line), "round \(round)")
            #expect(with.unclassified == without.unclassified)
            #expect(with.files == without.files)
            #expect(with.resources == without.resources)
            if round == 2 { try check.updateIndexes(of: new, lag: 0) }
        }
    }
}

/// xorshift64*, so that a test that fails fails again.
struct SmallRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> Int {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Int((state &* 0x2545_F491_4F6C_DD1D) >> 33)
    }
}
