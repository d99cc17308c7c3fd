@testable import KubernetesModel
import enum Manifests.Base64
import Testing

@Suite struct NormalizationTests {
    @Test func dropsWhatOnlyTheServerSets() {
        let object = yaml(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: a, uid: x, resourceVersion: "1", generation: 2, selfLink: x, creationTimestamp: null, managedFields: []}
            spec: {template: {metadata: {creationTimestamp: null, labels: {a: b}}, spec: {creationTimestamp: null}}}
            status: {replicas: 1}
            """)
        #expect(
            Manifest.normalized(object)
                == yaml(
                    """
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: a}
                    spec: {template: {metadata: {labels: {a: b}}, spec: {creationTimestamp: null}}}
                    """))
        #expect(Manifest.normalized("text") == "text")
    }

    @Test func aCustomResourceHasNoNulls() {
        let spec = "{a: null, b: [null, {c: null, d: 1}], e: {f: null}}"
        #expect(
            Manifest.normalized(yaml("{apiVersion: example.com/v1, kind: A, metadata: {name: a}, spec: \(spec)}"))
                == yaml("{apiVersion: example.com/v1, kind: A, metadata: {name: a}, spec: {b: [null, {d: 1}], e: {}}}"))
        let own = yaml("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: \(spec)}")
        #expect(Manifest.normalized(own) == own)
    }

    @Test func amountsBecomeTextWhereTheyAreAmounts() {
        let quota = yaml("{apiVersion: v1, kind: ResourceQuota, metadata: {labels: {a: b}}, spec: {hard: {pods: 10, cpu: 1.5}, other: 3}}")
        #expect(
            Manifest.withTextualQuantities(quota)
                == yaml("{apiVersion: v1, kind: ResourceQuota, metadata: {labels: {a: b}}, spec: {hard: {pods: '10', cpu: '1.5'}, other: 3}}"))
        let claim = "{spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}}}"
        let set = yaml("{apiVersion: apps/v1, kind: StatefulSet, spec: {replicas: 1, volumeClaimTemplates: [\(claim)], template: {spec: {volumes: [{emptyDir: {sizeLimit: 5}}]}}}}")
        let settled = Manifest.withTextualQuantities(set)
        #expect(settled.at("spec", "replicas") == 1)
        #expect(settled.at("spec", "volumeClaimTemplates")?.array?[0].at("spec", "resources", "requests", "storage") == "1")
        #expect(settled.at("spec", "template", "spec", "volumes")?.array?[0].at("emptyDir", "sizeLimit") == "5")
        let own = yaml("{apiVersion: example.com/v1, kind: A, spec: {hard: {pods: 10}}}")
        #expect(Manifest.withTextualQuantities(own) == own)
    }

    @Test func putsStringsOfASecretIntoItsData() {
        let secret = yaml("{apiVersion: v1, kind: Secret, stringData: {a: plain, b: ''}, data: {a: eA==, c: eA==}}")
        #expect(
            Manifest.normalized(secret) == yaml("{apiVersion: v1, kind: Secret, data: {a: cGxhaW4=, b: '', c: eA==}}"))
        let other = yaml("{apiVersion: example.com/v1, kind: Secret, stringData: {a: plain}}")
        #expect(Manifest.normalized(other) == other)
    }

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("ü\u{0}", "w7wA")])
    func writesBase64(_ text: String, _ encoded: String) {
        #expect(Base64.encoded(text.utf8) == encoded)
        #expect(Base64.decoded(encoded) == Array(text.utf8))
    }

    @Test(arguments: ["A", "Zg=", "Zg===", "Z=g=", "Zm9v!", "Zg"]) func refusesWhatIsNoBase64(_ text: String) {
        #expect(Base64.decoded(text) == nil)
    }

    @Test func hidesSecrets() {
        let secret = yaml(
            """
            apiVersion: v1
            kind: Secret
            metadata: {name: s, annotations: {kubectl.kubernetes.io/last-applied-configuration: "geheim", other: x}}
            data: {a: cGxhaW4=, b: /w==, c: null}
            stringData: {a: plain, d: 5}
            """)
        let masked = Masking.masked(secret) { "\($0.utf8.count)" }
        #expect(
            masked
                == yaml(
                    """
                    apiVersion: v1
                    kind: Secret
                    metadata: {name: s, annotations: {kubectl.kubernetes.io/last-applied-configuration: "<hidden 6>", other: x}}
                    data: {a: <hidden 5>, b: <hidden 4>, c: null}
                    stringData: {a: <hidden 5>, d: <hidden 1>}
                    """))
        #expect(Masking.masked(yaml("{apiVersion: v1, kind: Secret, data: text}")) { _ in "" }["data"] == "<hidden >")
        let map = yaml("{apiVersion: v1, kind: ConfigMap, data: {a: b}}")
        #expect(Masking.masked(map) { _ in "" } == map)
    }

    @Test(arguments: [
        ("1000m", "1"), ("1.5Gi", "1536Mi"), ("1e3", "1k"), ("1E3", "1000"), ("0.1", "100m"), ("0", "0Ki"), ("-1", "-1000m"), ("+1", "1"),
        ("1.0", "1"), (".5", "500m"), ("5.", "5"), ("1n", "0.1n"), ("1Ti", "1099511627776"), ("1E", "1000P"), ("0.0000000001", "1n"),
    ]) func comparesQuantitiesExactly(_ a: String, _ b: String) throws {
        #expect(try #require(Quantity(a)) == #require(Quantity(b)))
    }

    @Test(arguments: [("1k", "1Ki"), ("1m", "1M"), ("-1", "1"), ("1", "1.000000001"), ("9007199254740993", "9007199254740992")])
    func tellsQuantitiesApart(_ a: String, _ b: String) throws {
        #expect(try #require(Quantity(a)) != #require(Quantity(b)))
    }

    @Test(arguments: ["", "x", "1 Gi", "1gi", "1K", "1.2.3", "m", "1e", "--1", "10E", "99999999999999999999", "1e999", "8Ei"])
    func doesNotCompareWhatIsNoQuantityOrTooLarge(_ text: String) {
        #expect(Quantity(text) == nil)
    }
}
