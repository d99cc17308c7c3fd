import KubernetesModel
import Testing

/// The objects are what an API server (1.36) made of the manifests.
@Suite struct NoOpProofTests {
    private static let manifest = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop, creationTimestamp: null, labels: {}, annotations: null, finalizers: []}
        spec:
          strategy: {}
          selector: {matchLabels: {app: web}}
          template:
            metadata: {creationTimestamp: null, labels: {app: web}, annotations: {limits: 1000m}}
            spec:
              nodeSelector: {}
              tolerations: []
              volumes: []
              imagePullSecrets: [{name: b}, {name: a}]
              containers:
              - name: app
                image: x:1
                args: null
                command: [run]
                env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
                ports: [{containerPort: 80}, {containerPort: 81, protocol: UDP}]
                resources: {limits: {cpu: 1000m, memory: 1.5Gi}, requests: {}}
        status: {}
        """
    private static let live = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          namespace: shop
          generation: 1
          managedFields:
          - manager: git-ops
            operation: Apply
            apiVersion: apps/v1
            fieldsType: FieldsV1
            fieldsV1:
              f:metadata: {f:annotations: {}, f:labels: {}}
              f:spec:
                f:selector: {}
                f:strategy: {}
                f:template:
                  f:metadata: {f:annotations: {f:limits: {}}, f:labels: {f:app: {}}}
                  f:spec:
                    f:containers:
                      'k:{"name":"app"}':
                        .: {}
                        f:args: {}
                        f:command: {}
                        f:env: {'k:{"name":"A"}': {.: {}, f:name: {}, f:valueFrom: {f:fieldRef: {}}}}
                        f:image: {}
                        f:name: {}
                        f:ports:
                          'k:{"containerPort":80,"protocol":"TCP"}': {.: {}, f:containerPort: {}}
                          'k:{"containerPort":81,"protocol":"UDP"}': {.: {}, f:containerPort: {}, f:protocol: {}}
                        f:resources: {f:limits: {f:cpu: {}, f:memory: {}}, f:requests: {}}
                    f:imagePullSecrets: {'k:{"name":"a"}': {}, 'k:{"name":"b"}': {}}
                    f:nodeSelector: {}
                    f:tolerations: {}
        spec:
          replicas: 1
          selector: {matchLabels: {app: web}}
          strategy: {type: RollingUpdate}
          template:
            metadata: {labels: {app: web}, annotations: {limits: 1000m}}
            spec:
              containers:
              - name: app
                image: x:1
                imagePullPolicy: IfNotPresent
                command: [run]
                env: [{name: A, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}}]
                ports: [{containerPort: 80, protocol: TCP}, {containerPort: 81, protocol: UDP}]
                resources: {limits: {cpu: "1", memory: 1536Mi}}
              imagePullSecrets: [{name: b}, {name: a}]
              restartPolicy: Always
        """

    @Test func holdsForWhatWasApplied() {
        #expect(NoOpProof.holds(desired: yaml(Self.manifest), live: yaml(Self.live), manager: "git-ops"))
        #expect(!NoOpProof.holds(desired: yaml(Self.manifest), live: yaml(Self.live), manager: "kubectl"))
    }

    @Test(arguments: [
        ("image: x:1", "image: x:2"), ("apps/v1", "apps/v1beta1"), ("name: web", "name: db"), ("namespace: shop", "namespace: stage"),
        ("{app: web}}\n  template", "{app: db}}\n  template"), ("limits: 1000m}", "limits: '1'}"), ("args: null", "args: [x]"),
        ("cpu: 1000m", "cpu: 1001m"), ("[{name: b}, {name: a}]", "[{name: a}, {name: b}]"), ("[{name: b}, {name: a}]", "[{name: b}]"),
        ("[{name: b}, {name: a}]", "[{name: b}, {name: a}, {name: b}]"), ("tolerations: []", "tolerations: [{key: a}]"),
        ("volumes: []", "volumes: [{name: v}]"), ("[run]", "[run, fast]"), ("[{containerPort: 80},", "[{containerPort: 80, name: http},"),
        ("tolerations: []\n", "\n"), ("nodeSelector: {}", "nodeSelector: {a: b}"), ("spec:\n  strategy", "spec:\n  paused: false\n  strategy"),
        ("protocol: UDP", "protocol: TCP"), ("strategy: {}", "strategy: {type: RollingUpdate}"), ("metadata.name", "metadata.uid"),
    ]) func doesNotHoldForAnotherManifest(_ old: String, _ new: String) throws {
        #expect(Self.manifest.contains(old))
        #expect(!NoOpProof.holds(desired: yaml(replaced(Self.manifest, old, new)), live: yaml(Self.live), manager: "git-ops"))
    }

    @Test(arguments: [
        ("image: x:1", "image: x:2"), ("operation: Apply", "operation: Update"), ("apiVersion: apps/v1\n    fields", "apiVersion: apps/v1beta1\n    fields"),
        ("generation: 1", "deletionTimestamp: 2026-01-01T00:00:00Z"), ("operation: Apply", "operation: Apply\n    subresource: scale"),
        ("'k:{\"name\":\"a\"}': {}, ", ""), ("[{name: b}, {name: a}]", "[{name: b}, {name: a}, {name: a}]"), ("memory: 1536Mi", "memory: 1Gi"),
        ("{apiVersion: v1, fieldPath", "{apiVersion: v2, fieldPath"), ("f:selector: {}", "f:replicas: {}"), ("command: [run]", "command: [run, run]"),
    ]) func doesNotHoldForAnotherObject(_ old: String, _ new: String) {
        #expect(Self.live.contains(old))
        #expect(!NoOpProof.holds(desired: yaml(Self.manifest), live: yaml(replaced(Self.live, old, new)), manager: "git-ops"))
    }

    /// What somebody else owns in the server's spelling conflicts with another spelling.
    @Test func anotherOwnerOfARespelledValueIsNoProof() {
        func holds(_ desired: String, _ other: String) -> Bool {
            let live = yaml(
                """
                apiVersion: v1
                kind: ResourceQuota
                metadata:
                  name: q
                  managedFields:
                  - {manager: git-ops, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {f:spec: {f:hard: {f:cpu: {}}}}}
                  - {manager: other, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {f:spec: {f:hard: {\(other): {}}}}}
                spec: {hard: {cpu: "1", memory: 1Gi}}
                """)
            return NoOpProof.holds(
                desired: yaml("{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {cpu: \(desired)}}}"), live: live,
                manager: "git-ops")
        }
        #expect(holds("1000m", "f:memory"))
        #expect(!holds("1000m", "f:cpu"))
        #expect(holds("'1'", "f:cpu"))
        #expect(!holds("2", "f:memory"))
    }

    /// What a CustomResourceDefinition defines is kept as it is sent.
    @Test func amountsOfOtherKindsAreText() {
        func holds(_ apiVersion: String, _ cpu: String) -> Bool {
            let live = yaml(
                """
                apiVersion: \(apiVersion)
                kind: Pod
                metadata:
                  name: p
                  managedFields:
                  - {manager: m, operation: Apply, apiVersion: \(apiVersion), fieldsType: FieldsV1, fieldsV1: {f:spec: {f:resources: {f:limits: {f:cpu: {}}}}}}
                spec: {resources: {limits: {cpu: "1"}}}
                """)
            let desired = "{apiVersion: \(apiVersion), kind: Pod, metadata: {name: p}, spec: {resources: {limits: {cpu: \(cpu)}}}}"
            return NoOpProof.holds(desired: yaml(desired), live: live, manager: "m")
        }
        #expect(holds("v1", "1000m"))
        #expect(holds("v1", "1.0"))
        #expect(!holds("example.com/v1", "1000m"))
        #expect(holds("example.com/v1", "'1'"))
    }

    @Test func stringsOfASecretAreItsData() {
        let live = yaml(
            """
            apiVersion: v1
            kind: Secret
            metadata:
              name: s
              managedFields: [{manager: m, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {f:data: {f:a: {}}}}]
            data: {a: cGxhaW4=}
            type: Opaque
            """)
        #expect(NoOpProof.holds(desired: yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: plain}}"), live: live, manager: "m"))
        #expect(!NoOpProof.holds(desired: yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: other}}"), live: live, manager: "m"))
    }

    @Test func theCostIsLinear() {
        func time(_ count: Int) -> Duration {
            let items = (0..<count).map { "{name: n\($0), value: v}" }.joined(separator: ", ")
            let owned = (0..<count).map { "'k:{\"name\":\"n\($0)\"}': {.: {}, f:name: {}, f:value: {}}" }.joined(separator: ", ")
            let live = yaml(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: p, managedFields: [{manager: m, operation: Apply, apiVersion: v1,
                fieldsType: FieldsV1, fieldsV1: {f:spec: {f:env: {\(owned)}}}}]}, spec: {env: [\(items)]}}
                """)
            let desired = yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {env: [\(items)]}}")
            return ContinuousClock().measure { #expect(NoOpProof.holds(desired: desired, live: live, manager: "m")) }
        }
        _ = time(100)
        // Quadratic would be 256 times as long.
        #expect(time(8000) < time(500) * 100)
    }

    private func replaced(_ text: String, _ old: String, _ new: String) -> String {
        text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}
