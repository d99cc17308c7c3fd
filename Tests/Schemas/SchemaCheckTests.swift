import Manifests
import Schemas
import Testing

@Suite("A manifest is checked against the schema of its kind")
struct SchemaCheckTests {
    private static func pod(_ container: String) -> String {
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [\(container)]}}"
    }

    /// What the API server (1.36, strict) was seen to do with each.
    @Test(arguments: [
        ("{name: c, image: i}", [String]()),
        ("{name: c, image: i, port: 80}", ["k8s/unknown-field /spec/containers/0/port: unknown field \"port\" in containers[0]"]),
        ("{name: c, image: i, Image: x}", ["k8s/unknown-field /spec/containers/0/Image: unknown field \"Image\" in containers[0]"]),
        ("{name: c, image: 5}", ["k8s/type /spec/containers/0/image: image must be a string, not an integer"]),
        ("{name: c}", ["k8s/required /spec/containers/0/image: image is missing in containers[0]"]),
        ("{name: \"\", image: i}", ["k8s/required /spec/containers/0/name: name is empty in containers[0]"]),
        ("null", ["k8s/required /spec/containers/0: containers[0] is empty"]),
        ("{name: c, image: i, imagePullPolicy: always}", ["k8s/enum /spec/containers/0/imagePullPolicy: imagePullPolicy may not be \"always\""]),
        ("{name: c, image: i, imagePullPolicy: \"\"}", []), ("{name: c, image: i, args: [a, null]}", []), ("{name: c, image: i, env: null}", []),
        ("{name: c, image: i, env: [{name: A}, {name: A}]}", []), ("{name: c, image: i, ports: [{containerPort: 80}, {containerPort: 80}]}", []),
        ("{name: c, image: i, volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /a}]}",
            ["k8s/duplicate-item /spec/containers/0/volumeMounts/1: volumeMounts[1] has the mountPath of item 0 (line 1)"]),
        ("{name: c, image: i, ports: [{containerPort: 2147483648}]}",
            ["k8s/format /spec/containers/0/ports/0/containerPort: containerPort does not fit in 32 bits: 2147483648"]),
        ("{name: c, image: i, ports: [{containerPort: 1.5}]}",
            ["k8s/type /spec/containers/0/ports/0/containerPort: containerPort must be an integer, not a number"]),
        ("{name: c, image: i, resources: {limits: {cpu: 0.5, memory: 1Gi, x: null}}}", []),
        ("{name: c, image: i, resources: {limits: {cpu: 1x}}}", ["k8s/quantity /spec/containers/0/resources/limits/cpu: limits.cpu is no amount: \"1x\""]),
        ("{name: c, image: i, livenessProbe: {httpGet: {port: http}}}", []),
        ("{name: c, image: i, livenessProbe: {httpGet: {port: true}}}",
            ["k8s/type /spec/containers/0/livenessProbe/httpGet/port: port must be an integer or a string, not a boolean"]),
        ("{name: c, image: i, tty: \"true\"}", ["k8s/type /spec/containers/0/tty: tty must be a boolean, not a string"]),
    ])
    func containers(container: String, expected: [String]) throws {
        #expect(problems(in: Self.pod(container), try SchemaSet(kubernetes: ["1.36"])) == expected)
    }

    @Test(arguments: [
        ("YQ==", true), ("YQ==\\n", true), ("Y\\nQ==", true), ("YR==", true), ("", true), ("YQ", false), ("!!", false), ("_-8=", false), ("====", false), ("YWE=YWE=", false),
    ])
    func base64(text: String, isRight: Bool) throws {
        let secret = "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: \"\(text)\"}}"
        #expect(problems(in: secret, try SchemaSet()).isEmpty == isRight)
    }

    @Test(arguments: [
        ("2020-01-01T00:00:00Z", true), ("2020-01-01T00:00:00.123+01:00", true), ("2020-02-30T00:00:00Z", false), ("2020-01-01 00:00:00Z", false),
        ("2020-01-01t00:00:00z", false), ("2020-01-01T00:00:00", false), ("", false),
    ])
    func times(text: String, isRight: Bool) throws {
        let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, creationTimestamp: \"\(text)\"}}"
        #expect(problems(in: map, try SchemaSet()).isEmpty == isRight)
    }

    @Test func hintsWhereAFieldBelongs() throws {
        let deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {}, containers: [], template: {spec: {replicas: 1, containers: [{name: c, image: i}]}}}}"
        #expect(hints(in: deployment, try SchemaSet()) == ["it belongs in template.spec", "it belongs in spec"])
    }

    @Test func whatTheServerDropsIsOnlyRead() throws {
        let set = try SchemaSet()
        #expect(problems(in: "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: i}]}, status: {phase: Odd, conditions: [{type: a}]}}", set).isEmpty)
        #expect(problems(in: "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: i}]}, status: {phase: 5}}", set).count == 1)
    }

    @Test func severalVersionsAtOnceSayWhichLackAField() throws {
        let pod = Self.pod("{name: c, image: i, restartPolicy: Always}")
        #expect(problems(in: pod, try SchemaSet(kubernetes: ["1.25", "1.26", "1.27", "1.34"])) == [
            "k8s/unknown-field /spec/containers/0/restartPolicy: unknown field \"restartPolicy\" in containers[0] (Kubernetes 1.25 to 1.27)"
        ])
        #expect(problems(in: pod, try SchemaSet(kubernetes: ["1.34"])).isEmpty)
    }

    @Test func noMoreThanFiftyProblems() throws {
        let fields = (0..<200).map { "x\($0): 1" }.joined(separator: ", ")
        #expect(problems(in: Self.pod("{name: c, image: i, \(fields)}"), try SchemaSet()).count == 50)
    }
}

@Suite("Versions and kinds are looked up")
struct LookupTests {
    @Test(arguments: SchemaSet.kubernetesVersions)
    func everyVersionHasTheUsualKinds(version: String) throws {
        let set = try SchemaSet(kubernetes: [version])
        for (group, kind) in [("", "Pod"), ("apps", "Deployment"), ("batch", "CronJob"), ("networking.k8s.io", "Ingress"), ("apiextensions.k8s.io", "CustomResourceDefinition")] {
            #expect(set.schema(group: group, version: "v1", kind: kind) != nil)
        }
        #expect(problems(in: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: b}}", set).isEmpty)
    }

    @Test func scopes() throws {
        let set = try SchemaSet()
        #expect(set.schema(group: "", version: "v1", kind: "Namespace")?.isClusterScoped == true)
        #expect(set.schema(group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole")?.isClusterScoped == true)
        #expect(set.schema(group: "apps", version: "v1", kind: "Deployment")?.isClusterScoped == false)
        #expect(set.schema(group: "apps", version: "v1", kind: "DeploymentList")?.isList == true)
    }

    @Test func unknownVersionsAreRefusedWithTheList() {
        let error = #expect(throws: SchemaSet.UnknownVersion.self) { try SchemaSet(kubernetes: ["1.99"]) }
        #expect(error?.known == SchemaSet.kubernetesVersions)
        #expect(error?.message.contains("only of 1.25 to 1.37") == true)
    }

    @Test(arguments: [
        ("extensions/v1beta1", "Ingress", "k8s/removed-api /apiVersion: Ingress of extensions/v1beta1 was removed in Kubernetes 1.22", "write apiVersion: networking.k8s.io/v1"),
        ("batch/v1beta1", "CronJob", "k8s/removed-api /apiVersion: CronJob of batch/v1beta1 was removed in Kubernetes 1.25", "write apiVersion: batch/v1"),
        ("policy/v1beta1", "PodSecurityPolicy", "k8s/removed-api /apiVersion: PodSecurityPolicy of policy/v1beta1 was removed in Kubernetes 1.25", "there is no replacement in Kubernetes itself"),
        ("v1", "Deployment", "k8s/unknown-kind /apiVersion: there is no Deployment of v1", "write apiVersion: apps/v1"),
        ("apps/v1", "Deploymet", "k8s/unknown-kind /kind: there is no schema of Deploymet of apps/v1", "did you mean \"Deployment\"?"),
    ])
    func explains(apiVersion: String, kind: String, problem: String, hint: String) throws {
        let manifest = "{apiVersion: \(apiVersion), kind: \(kind), metadata: {name: a}}"
        let set = try SchemaSet(kubernetes: ["1.36"])
        #expect(problems(in: manifest, set) == [problem])
        #expect(hints(in: manifest, set) == [hint])
    }

    @Test func deprecationWarnsAndRemovalNamesTheVersions() throws {
        let manifest = "{apiVersion: flowcontrol.apiserver.k8s.io/v1beta3, kind: FlowSchema, metadata: {name: a}, spec: {priorityLevelConfiguration: {name: a}}}"
        let file = ManifestFile(Array(manifest.utf8), language: .yaml, file: "f")
        let set = try SchemaSet(kubernetes: ["1.30", "1.34"])
        file.withDocuments { documents in
            let found = set.check(documents[0].root)
            #expect(found.map(\.rule) == [.removedAPI, .deprecatedAPI])
            #expect(found.map(\.versions) == [["1.34"], ["1.30"]])
            #expect(found.map(\.isWarning) == [false, true])
        }
    }
}
