import Git
import Manifests
import TestSupport
import Testing
import Validation

/// What repositories of real clusters have, and what a reader of them must not be told.
@Suite struct RealRepositoryTests {
    private func verdict(_ files: [String: String]) throws -> [String] {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        let settings = "validate:\n  rules:\n    k8s/unknown-kind: off\n"
        try repository.commit("first", files.merging(["ops.yaml": settings]) { first, _ in first })
        let opened = try repository.open()
        let check = TreeCheck(opened, configuration: try opened.configuration())
        return try check.verdict(from: nil, to: try opened.tree(ofCommit: try repository.id("HEAD"))).diagnostics.map {
            "\($0.file):\($0.position?.line ?? 0) \($0.rule)"
        }
    }

    private func configMap(_ name: String, _ namespace: String? = nil) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\n" + (namespace.map { "  namespace: \($0)\n" } ?? "") + "data: {}\n"
    }

    private let claim = """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: ${APP}
        spec:
          accessModes: ["${MODE:=ReadWriteOnce}"]
          resources:
            requests:
              storage: ${SIZE:=1Gi}

        """

    // MARK: text that is filled in

    @Test func whatFluxFillsInIsNotJudged() throws {
        #expect(try verdict(["a.yaml": claim]) == ["a.yaml:4 k8s/placeholder", "a.yaml:6 k8s/placeholder", "a.yaml:9 k8s/placeholder"])
        let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec:\n  postBuild: {substitute: {APP: web}}\n"
        #expect(try verdict(["a.yaml": claim, "flux.yaml": flux]) == [])
        let patching = flux.replacing("  postBuild:", with: "  patches:\n  - patch: |-\n      spec:\n        postBuild:")
        #expect(try verdict(["a.yaml": claim, "flux.yaml": patching]) == [])
    }

    @Test func twoFilesMayBeCalledByOnePlaceholder() throws {
        let found = try verdict(["a.yaml": configMap("${APP}"), "b.yaml": configMap("${APP}")])
        #expect(found == ["a.yaml:4 k8s/placeholder", "b.yaml:4 k8s/placeholder"])
    }

    @Test func anEnvironmentVariableIsNoPlaceholder() throws {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: a, args: [\"$(HOME)\", \"${HOME}\"]}\n"
        #expect(try verdict(["a.yaml": pod]) == [])
    }

    // MARK: namespaces

    @Test func kustomizeNamesNamespaces() throws {
        let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: _}\n"
        let kustomization = "namespace: shop\nresources: [namespace.yaml, a.yaml]\n"
        #expect(
            try verdict(["shop/namespace.yaml": namespace, "shop/kustomization.yaml": kustomization, "shop/a.yaml": configMap("a", "shop")]) == [])
        #expect(try verdict(["namespace.yaml": namespace]) == ["namespace.yaml:3 k8s/name"])
    }

    @Test func aComponentMayMakeTheNamespace() throws {
        let files = [
            "component/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [namespace.yaml]\n",
            "component/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: _}\n",
            "shop/kustomization.yaml": "namespace: shop\ncomponents: [../component]\nresources: [a.yaml]\n",
            "shop/a.yaml": configMap("a", "shop"),
        ]
        #expect(try verdict(files) == [])
    }

    @Test(arguments: [
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\nspec: {install: {createNamespace: true}}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: argocd}\n"
            + "spec: {destination: {namespace: shop}, syncPolicy: {syncOptions: [CreateNamespace=true]}}\n",
        "apiVersion: project.openshift.io/v1\nkind: Project\nmetadata: {name: shop}\n",
    ])
    func othersMakeNamespaces(_ maker: String) throws {
        #expect(try verdict(["a.yaml": configMap("a", "shop"), "b.yaml": maker]) == [])
    }

    // MARK: what operators and charts make

    @Test(arguments: [
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease", "web", "web"), ("objectbucket.io/v1alpha1", "ObjectBucketClaim", "web", "web"),
        ("postgresql.cnpg.io/v1", "Cluster", "web", "web-app"),
    ])
    func othersMakeSecrets(_ apiVersion: String, _ kind: String, _ name: String, _ secret: String) throws {
        let pod = """
            apiVersion: v1
            kind: Pod
            metadata: {name: a}
            spec:
              containers:
              - {name: a, image: a, envFrom: [{secretRef: {name: \(secret)}}]}

            """
        #expect(try verdict(["a.yaml": pod]) == ["a.yaml:6 env/missing-reference"])
        #expect(try verdict(["a.yaml": pod, "b.yaml": "apiVersion: \(apiVersion)\nkind: \(kind)\nmetadata: {name: \(name)}\n"]) == [])
    }

    @Test func ofAServiceThatIsNotThereNoPortIsMissed() throws {
        let ingress = """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              defaultBackend:
                service: {name: web, port: {number: 80}}

            """
        #expect(try verdict(["a.yaml": ingress]) == ["a.yaml:6 env/missing-reference"])
        let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n"
        #expect(try verdict(["a.yaml": ingress, "b.yaml": release]) == [])
    }

    // MARK: other files

    @Test func settingsOfEditorsAreNotRead() throws {
        #expect(try verdict([".vscode/settings.json": "{\n  // as editors have it\n  \"a\": 1,\n}\n"]) == [])
    }

    @Test func aReferenceToASecretIsNoSecret() throws {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {token: \"op://vault/item/field\"}\n"
        let external = """
            apiVersion: external-secrets.io/v1
            kind: ExternalSecret
            metadata: {name: b}
            spec: {data: [{secretKey: MQTT5_USER_PASSWORD_9X, remoteRef: {key: a}}]}

            """
        #expect(try verdict(["a.yaml": secret, "b.yaml": external]) == [])
    }

    @Test func whatIsMissingIsSaidOnce() throws {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n"
        #expect(try verdict(["a.yaml": pod]) == ["a.yaml:6 k8s/required"])
    }

    // MARK: defaults of custom resources

    private let definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: doors.example.com}
        spec:
          group: example.com
          scope: Namespaced
          names: {plural: doors, kind: Door}
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
                      locks:
                        type: array
                        items:
                          type: object
                          required: [code]
                          properties:
                            type: {type: string, default: Number}
                            code: {type: string}
                            options:
                              type: object
                              default: {}
                              properties:
                                tries: {type: integer, default: 3}
                          oneOf:
                          - properties: {type: {enum: [Number]}, code: {pattern: "^[0-9]+$"}}
                          - properties: {type: {enum: [Word]}, code: {pattern: "^[a-z0-9]+$"}}
                          x-kubernetes-validations:
                          - {rule: "self.type == 'Word' || self.code.size() < 6", message: too long}
                          - {rule: self.options.tries > 0}

        """

    @Test(arguments: [
        ("{code: \"1234\"}", []), ("{code: word, type: Word}", []), ("{code: \"1234\", type: null, options: null}", []),
        ("{code: word}", ["8:5 k8s/schema /spec/locks/1"]),
        ("{code: \"1234567\"}", ["8:5 k8s/cel /spec/locks/1"]),
        ("{code: \"1234\", colour: red}", ["8:20 k8s/unknown-field /spec/locks/1/colour"]),
        ("{code: \"1234\", options: {tries: 0}}", ["8:5 k8s/cel /spec/locks/1"]),
    ])
    func defaultsAreFilledInFirst(_ lock: String, _ expected: [String]) throws {
        let door = "apiVersion: example.com/v1\nkind: Door\nmetadata:\n  name: front\nspec:\n  locks:\n  - {code: \"1\"}\n  - \(lock)\n"
        let check = try StandaloneCheck(definitions: [Array(definition.utf8)])
        let found = check.verdict(on: Array(door.utf8), named: "door.yaml").diagnostics.map {
            "\($0.position?.line ?? 0):\($0.position?.column ?? 0) \($0.rule) \($0.pointer ?? "")"
        }
        #expect(found == expected)
    }
}
