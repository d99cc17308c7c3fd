import Kubernetes
import KubernetesModel
import enum Manifests.Base64
import Testing

@testable import KubernetesTarget

@Suite struct PartTests {
    @Test func pathsSayWhatTheObjectIs() {
        let deployment = ResourcePath(text: "shop/Deployment.apps/web.yaml").parts
        #expect(deployment?.namespace == "shop" && deployment?.group == "apps" && deployment?.kind == "Deployment" && deployment?.name == "web")
        let definition = ResourcePath(text: "_/CustomResourceDefinition.apiextensions.k8s.io/foos.example.org.yaml").parts
        #expect(definition?.namespace == nil && definition?.group == "apiextensions.k8s.io" && definition?.name == "foos.example.org")
        for path in ["a", "a/b", "a/b/c", "a/b/.yaml", "/b/c.yaml", "a//c.yaml", "a/b/c/d.yaml"] { #expect(ResourcePath(text: path).parts == nil) }
        #expect(ResourcePath(bytes: [0xFF]).member.name == "path64")
        #expect(ResourcePath(bytes: Array("a".utf8)) == ResourcePath(text: "a"))
    }

    @Test func valuesOfSecretsAreTakenOutOfMessages() {
        let secret: JSON = ["apiVersion": "v1", "kind": "Secret", "data": ["a": "aHVudGVyMg=="], "stringData": ["b": 12345, "c": "it"]]
        let said = "bad 'hunter2' and aHVudGVyMg== and {12345}; it's with 'it'"
        #expect(Redaction.redacted(said, of: [nil, secret]) == "bad '(hidden)' and (hidden) and {(hidden)}; (hidden)'s with '(hidden)'")
        #expect(Redaction.redacted("a bit", of: [secret]) == "a bit")
        #expect(Redaction.redacted(said, of: [["apiVersion": "v1", "kind": "ConfigMap", "data": ["a": "hunter2"]]]) == said)
    }

    @Test func valuesOfSecretsAreFoundInEveryForm() {
        let key = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA<x>\n\"quoted\\path\"\n-----END KEY-----\n"
        let secret: JSON = ["apiVersion": "v1", "kind": "Secret", "stringData": ["key": .string(key), "pin": "a\nb"]]
        let html = JSON.string(key).text.replacing("<", with: "\\u003c").replacing(">", with: "\\u003e")
        for form in [key, oneLine(key), key.quotedAsInGo, JSON.string(key).text, html, Base64.encoded(key.utf8)] {
            let told = Redaction.redacted("denied: \(form) is bad", of: [secret])
            #expect(!told.contains("BEGIN") && !told.contains("MIIE") && !told.contains("quoted") && told.hasPrefix("denied: "), "\(told)")
            #expect(told.hasSuffix(" is bad") && told.contains("(hidden)"), "\(told)")
        }
        #expect(Redaction.redacted(#"got "a\nb""#, of: [secret]) == #"got "(hidden)""#)
        // A part of a value, and one that is escaped in a way of its own.
        #expect(Redaction.redacted("of ...|n\\\\nMIIEowIBAAKC|...", of: [secret]) == "of ...|n\\(hidden)|...")
        #expect(Redaction.redacted("short MIIEo", of: [secret]) == "short MIIEo")
    }

    @Test func valuesAreFoundInWhatWasSaidAndNotInWhatWasCut() {
        let value = String(repeating: "0123456789abcdef", count: 200) + "tail-of-it"
        let secret: JSON = ["apiVersion": "v1", "kind": "Secret", "data": ["a": .string(value)]]
        let said = "denied: \(value)\u{7}"
        let error = ClusterError(.forbidden, oneLine(said), said: said, causes: [.init(reason: "", field: "data", message: oneLine(said), said: said)])
        let plain = Redaction.redacted(error, of: [secret])
        #expect(plain.message == "denied: (hidden)\\u{7}" && plain.causes[0].message == "denied: (hidden)\\u{7}")
        let form = ClusterError(.invalid, "failed to create typed patch object (n/s; /v1, Kind=Secret): .data.a: expected string, got &{secret}")
        #expect(Redaction.redacted(form, of: [secret]).message == "failed to create typed patch object (n/s; /v1, Kind=Secret): .data.a: expected string")
        #expect(Redaction.redacted(error, of: [["apiVersion": "v1", "kind": "ConfigMap"]]).message == error.message)
    }

    @Test func manyCausesAreToldInNoTime() {
        let count = 20_000
        let causes = (0..<count).map { ClusterError.Cause(reason: "FieldManagerConflict", field: ".data.k\($0)", message: "conflict with \"robot\" using v1") }
        let live: JSON = ["data": .object(Dictionary((0..<count).map { ("k\($0)", "v") }) { first, _ in first })]
        let conflicts = FieldConflict.all(of: ClusterError(.fieldConflict, "", causes: causes), live: live)
        #expect(conflicts.count == count)
        #expect(FieldConflict.reason(conflicts, live: live, desired: live).hasSuffix(" and \(count - 3) more"))
        #expect(Refusal.text(of: causes).hasSuffix(" (and \(count - 3) more)"))
    }

    @Test func theDigestIsSipHash() {
        // The vectors of the reference implementation: key 00…0f, input 00, 01, …
        let hash = SipHash(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        #expect(hash.digest([]) == 0x726f_db47_dd0e_0e31)
        #expect(hash.digest(Array(0..<8)) == 0x93f5_f579_9a93_2462)
        #expect(hash.digest(Array(0..<15)) == 0xa129_ca61_49be_45e5)
    }

    @Test func conflictsAreReadFromWhatTheServerSays() {
        let error = ClusterError(
            .fieldConflict, "", causes: [
                .init(reason: "FieldManagerConflict", field: ".spec.replicas", message: #"conflict with "hpa" with subresource "scale" using apps/v1 at 2026-01-02T03:04:05Z"#),
                .init(reason: "FieldManagerConflict", field: ".data.a", message: #"conflict with "other""#),
            ])
        let conflicts = FieldConflict.all(of: error, live: nil)
        #expect(conflicts.map(\.manager) == ["hpa", "other"])
        #expect(conflicts.map(\.since) == ["2026-01-02T03:04:05Z", nil])
        let secret: JSON = ["apiVersion": "v1", "kind": "Secret", "data": ["a": "b"]]
        let reason = FieldConflict.reason([conflicts[1]], live: ["data": ["a": "old"]], desired: secret)
        #expect(reason == "has fields that are set by others: .data.a by other (live hidden, desired hidden)")
    }

    @Test(arguments: [("kubectl", true), ("kubectl-client-side-apply", true), ("k9s", true), ("before-first-apply", true), ("oc", true), ("ocelot", false), ("helm", false)])
    func handToolsAreKnown(manager: String, isHandTool: Bool) {
        #expect(FieldConflict(field: "", manager: manager, since: nil).isOfHandTool == isHandTool)
    }

    @Test func onlyWordsOfImmutabilityCountAsSuch() {
        func causes(_ messages: String...) -> Int {
            Immutability.causes(of: ClusterError(.invalid, "", causes: messages.map { .init(reason: "FieldValueInvalid", field: "spec", message: $0) })).count
        }
        #expect(causes("Invalid value: 1: field is immutable") == 1)
        #expect(causes("Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden") == 1)
        #expect(causes("Invalid value: 1: must be positive") == 0)
        #expect(causes("Invalid value: 1: field is immutable", "Required value") == 0)
    }

    @Test func selectorsAreWrittenAsQueriesHaveThem() {
        #expect(Diagnosis.selector(["matchLabels": ["b": "2", "a": "1"]]) == "a=1,b=2")
        #expect(Diagnosis.selector(["matchExpressions": [["key": "a", "operator": "In", "values": ["x", "y"]], ["key": "b", "operator": "DoesNotExist"]]]) == "a in (x,y),!b")
        #expect(Diagnosis.selector([:]) == nil)
    }

    @Test func portsAndAmountsAreSettledForOldServers() {
        let pod: JSON = ["apiVersion": "v1", "kind": "Pod", "spec": ["containers": [["name": "a", "ports": [["containerPort": 1]], "resources": ["limits": ["cpu": 2]]]]]]
        let settled: JSON = [
            "apiVersion": "v1", "kind": "Pod",
            "spec": ["containers": [["name": "a", "ports": [["containerPort": 1, "protocol": "TCP"]], "resources": ["limits": ["cpu": "2"]]]]],
        ]
        #expect(ServerQuirks.settled(pod) == settled)
        let other: JSON = ["apiVersion": "example.org/v1", "kind": "Service", "spec": ["ports": [["port": 1]]]]
        #expect(ServerQuirks.settled(other) == other)
    }

    @Test func settingsAreChecked() throws {
        let settings = try Settings(["adopt": "yes", "reload": "x", "fieldmanager": "me"], environment: "e")
        #expect(settings.adopts && settings.fieldManager == "me")
        for wrong: JSON in [["adopt": "perhaps"], ["kubeconfig": "relative"], ["fieldmanager": "a b"], "text"] {
            #expect(throws: TargetFailure.self) { try Settings(wrong, environment: "e") }
        }
    }
}
