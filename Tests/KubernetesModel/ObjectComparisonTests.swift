import KubernetesModel
import Testing

@Suite struct ObjectComparisonTests {
    /// A deployment as a server holds it, and what it answers to an apply.
    private let live = yaml(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          uid: u
          resourceVersion: "1"
          annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}", old: "1"}
          managedFields:
          - manager: git-ops
            operation: Apply
            apiVersion: apps/v1
            fieldsType: FieldsV1
            fieldsV1:
              f:metadata: {f:annotations: {f:old: {}}}
              f:spec:
                f:replicas: {}
                f:template: {f:spec: {f:containers: {
                  'k:{"name":"gone"}': {".": {}, f:name: {}, f:image: {}},
                  'k:{"name":"app"}': {".": {}, f:name: {}, f:image: {}, f:command: {}, f:resources: {f:limits: {f:cpu: {}}}}}}}
          - {manager: other, operation: Update, apiVersion: apps/v1, fieldsType: FieldsV1, fieldsV1: {f:spec: {f:paused: {}}}}
        spec:
          paused: false
          replicas: 3
          strategy: {type: RollingUpdate}
          template:
            spec:
              containers:
              - {name: app, image: "x:1", command: [a, b, c], imagePullPolicy: Always, resources: {limits: {cpu: "1"}}}
              - {name: gone, image: "y:1", imagePullPolicy: Always}
              - {name: injected, image: "z:1"}
        status: {replicas: 3}
        """)
    private let desired = yaml(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, annotations: {new: "1"}}
        spec:
          template:
            spec:
              containers:
              - {name: fresh, image: "w:1"}
              - {name: app, image: "x:2", command: [a, c], resources: {limits: {cpu: 1000m}}}
        """)
    private var result: JSON {
        var result = live
        result.set("metadata", "resourceVersion", to: "2")
        result.set("metadata", "annotations", to: ["new": "1"])
        result.set("spec", "replicas", to: 1)
        result.set("spec", "strategy", to: ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1]])
        result.set(
            "spec", "template", "spec", "containers",
            to: yaml(
                """
                - {name: fresh, image: "w:1", imagePullPolicy: Always}
                - {name: app, image: "x:2", command: [a, c], imagePullPolicy: Always, resources: {limits: {cpu: "1"}}}
                - {name: injected, image: "z:1"}
                """))
        return result
    }

    @Test func tellsWhatChangesAndWhy() {
        let changes = ObjectComparison.changes(live: live, result: result, desired: desired, manager: "git-ops")
        let texts = changes.map { "\($0.path) \($0.live?.text ?? "-") \($0.result?.text ?? "-") \($0.reason)" }
        #expect(
            texts == [
                #".metadata.annotations.new - "1" yours"#, #".metadata.annotations.old "1" - removed"#, ".spec.replicas 3 1 removed",
                #".spec.strategy.rollingUpdate - {"maxSurge":1} server"#,
                #".spec.template.spec.containers[name="app"].command ["a","b","c"] ["a","c"] yours"#,
                #".spec.template.spec.containers[name="app"].image "x:1" "x:2" yours"#,
                #".spec.template.spec.containers[name="fresh"] - {"image":"w:1","imagePullPolicy":"Always","name":"fresh"} yours"#,
                #".spec.template.spec.containers[name="gone"] {"image":"y:1","imagePullPolicy":"Always","name":"gone"} - removed"#,
            ])
        #expect(ObjectComparison.changes(live: live, result: live, desired: desired, manager: "git-ops").isEmpty)
    }

    @Test func showsTheLiveObjectAsTheManifestHasIt() {
        let shown = ObjectComparison.shown(live: live, result: result, desired: desired, manager: "git-ops")
        let expected = yaml(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, annotations: {old: "1"}}
            spec:
              replicas: 3
              template:
                spec:
                  containers:
                  - {name: app, image: "x:1", command: [a, b, c], resources: {limits: {cpu: 1000m}}}
                  - {name: gone, image: "y:1"}
            """)
        #expect(shown == expected, "\(shown.text)")
        #expect(ObjectComparison.shown(live: live, result: live, desired: desired, manager: "git-ops") == desired)
    }

    @Test func comparesSecretsInTheManifestsForm() {
        func secret(_ data: JSON) -> JSON {
            var secret = yaml(
                """
                {apiVersion: v1, kind: Secret, metadata: {name: s, managedFields: [
                {manager: git-ops, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {f:data: {f:a: {}, f:b: {}, f:c: {}}}}]}}
                """)
            secret["data"] = data
            return secret
        }
        let desired = yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: new, b: same}}")
        let live = secret(["a": "b2xk", "b": "c2FtZQ==", "c": "Z29uZQ=="])
        let result = secret(["a": "bmV3", "b": "c2FtZQ=="])
        let shown = ObjectComparison.shown(live: live, result: result, desired: desired, manager: "git-ops")
        #expect(
            shown == yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: old, b: same}, data: {c: Z29uZQ==}}"))
        let changes = ObjectComparison.changes(live: live, result: result, desired: desired, manager: "git-ops")
        #expect(changes.map { "\($0.path) \($0.reason)" } == [".data.a yours", ".data.c removed"])
    }

    @Test func showsAnotherOrderOfAList() {
        let one = yaml("{spec: {env: [{name: a, value: '1'}, {name: b}]}}")
        let other = yaml("{spec: {env: [{name: b}, {name: a, value: '1'}]}}")
        #expect(ObjectComparison.changes(live: one, result: other, desired: other, manager: "m").map(\.path.description) == [".spec.env"])
        #expect(ObjectComparison.shown(live: one, result: other, desired: other, manager: "m") == one)
    }

    @Test func theOrderOfASetIsNoChange() {
        let fields = "managedFields: [{manager: m, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {f:metadata: {f:finalizers: {'v:\"a\"': {}, 'v:\"b\"': {}}}}}]"
        let live = yaml("{metadata: {finalizers: [a, b, foreign], \(fields)}}")
        let result = yaml("{metadata: {finalizers: [c, a, foreign]}}")
        let desired = yaml("{metadata: {finalizers: [c, a]}}")
        let changes = ObjectComparison.changes(live: live, result: result, desired: desired, manager: "m")
        #expect(changes.map { "\($0.path) \($0.reason)" } == [#".metadata.finalizers[="b"] removed"#, #".metadata.finalizers[="c"] yours"#])
        #expect(ObjectComparison.shown(live: live, result: result, desired: desired, manager: "m") == yaml("{metadata: {finalizers: [a, b]}}"))
        let reordered = yaml("{metadata: {finalizers: [b, foreign, a]}}")
        #expect(ObjectComparison.changes(live: live, result: reordered, desired: desired, manager: "m").isEmpty)
    }

    @Test func leavesDefaultsInAtomicListsOut() {
        let fields = "metadata: {managedFields: [{manager: m, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {f:spec: {f:ports: {}}}}]}"
        let live = yaml("{\(fields), spec: {ports: [{port: 1, protocol: TCP}, {port: 2, protocol: TCP, x: old}, {port: 3, protocol: TCP}]}}")
        let result = yaml("{\(fields), spec: {ports: [{port: 1, protocol: TCP}, {port: 4, protocol: TCP}]}}")
        let desired = yaml("{spec: {ports: [{port: 1}, {port: 4}]}}")
        #expect(
            ObjectComparison.shown(live: live, result: result, desired: desired, manager: "m")
                == yaml("{spec: {ports: [{port: 1}, {port: 2, x: old}, {port: 3, protocol: TCP}]}}"))
        #expect(ObjectComparison.changes(live: live, result: result, desired: desired, manager: "m").map(\.path.description) == [".spec.ports"])
    }

    @Test func whatTheServerDoesIsNotYours() {
        let live = yaml("{spec: {image: 'a:1'}}")
        let result = yaml("{spec: {image: 'registry/a:1', extra: 1}}")
        let changes = ObjectComparison.changes(live: live, result: result, desired: live, manager: "m")
        #expect(changes.map(\.reason) == [.server, .server])
        #expect(ObjectComparison.shown(live: live, result: result, desired: live, manager: "m") == live)
    }
}
