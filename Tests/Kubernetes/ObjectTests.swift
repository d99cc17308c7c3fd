import Kubernetes
import KubernetesModel
import Testing

@Suite(.enabled(if: APIServer.isThere)) struct ObjectTests {
    @Test func objectsAreAppliedReadAndDeleted() async throws {
        try await withClient("objects") { client in
            let version = try await client.version()
            #expect(version.hasPrefix("v"))
            #expect(try await client.get(configMaps, namespace: "objects", name: "one") == nil)
            let applied = try await client.apply(
                configMap("one"), configMaps, namespace: "objects", name: "one", ApplyOptions(fieldManager: "test"))
            #expect(applied.at("data", "a") == "1")
            #expect(applied.uid != nil)
            let read = try await client.get(configMaps, namespace: "objects", name: "one")
            #expect(read == applied)
            // What was read can be applied: fields that only servers write are left out.
            let again = try await client.apply(
                applied, configMaps, namespace: "objects", name: "one", ApplyOptions(fieldManager: "test", force: true))
            #expect(again.at("data", "a") == "1")
            #expect(try await client.delete(configMaps, namespace: "objects", name: "one", DeleteOptions()))
            #expect(try await !client.delete(configMaps, namespace: "objects", name: "one", DeleteOptions()))
        }
    }

    @Test func aDryRunStoresNothing() async throws {
        try await withClient("dry") { client in
            _ = try await client.apply(
                configMap("one"), configMaps, namespace: "dry", name: "one", ApplyOptions(fieldManager: "test", dryRun: true))
            #expect(try await client.get(configMaps, namespace: "dry", name: "one") == nil)
            _ = try await client.create(configMap("one"), configMaps, namespace: "dry", fieldManager: "test", dryRun: true)
            #expect(try await client.get(configMaps, namespace: "dry", name: "one") == nil)
            _ = try await client.create(configMap("one"), configMaps, namespace: "dry", fieldManager: "test", dryRun: false)
            let patched = try await client.patch(
                [["op": "replace", "path": "/data/a", "value": "2"]], configMaps, namespace: "dry", name: "one", fieldManager: "test",
                dryRun: true)
            #expect(patched.at("data", "a") == "2")
            #expect(try await client.delete(configMaps, namespace: "dry", name: "one", DeleteOptions(dryRun: true)))
            #expect(try await client.get(configMaps, namespace: "dry", name: "one")?.at("data", "a") == "1")
        }
    }

    @Test func whatIsThereIsNotCreatedAgain() async throws {
        try await withClient("again") { client in
            let made = try await client.create(configMap("one"), configMaps, namespace: "again", fieldManager: "test", dryRun: false)
            #expect(made.at("data", "a") == "1")
            let error = try await failure {
                _ = try await client.create(configMap("one"), configMaps, namespace: "again", fieldManager: "test", dryRun: false)
            }
            #expect(error.reason == .alreadyExists)
            #expect(error.status == 409)
        }
    }

    @Test func aPatchOfAnOldVersionIsAConflict() async throws {
        try await withClient("patches") { client in
            let made = try await client.create(configMap("one"), configMaps, namespace: "patches", fieldManager: "test", dryRun: false)
            let operations: [JSON] = [
                ["op": "replace", "path": "/metadata/resourceVersion", "value": .string(made.resourceVersion!)],
                ["op": "replace", "path": "/data/a", "value": "2"],
            ]
            let patched = try await client.patch(
                operations, configMaps, namespace: "patches", name: "one", fieldManager: "test", dryRun: false)
            #expect(patched.at("data", "a") == "2")
            let error = try await failure {
                _ = try await client.patch(operations, configMaps, namespace: "patches", name: "one", fieldManager: "test", dryRun: false)
            }
            #expect(error.reason == .conflict)
        }
    }

    @Test func fieldsOfOthersAreConflictsThatNameThem() async throws {
        try await withClient("conflicts") { client in
            _ = try await client.apply(
                configMap("one"), configMaps, namespace: "conflicts", name: "one", ApplyOptions(fieldManager: "first"))
            let error = try await failure {
                _ = try await client.apply(
                    configMap("one", ["a": "2"]), configMaps, namespace: "conflicts", name: "one", ApplyOptions(fieldManager: "second"))
            }
            #expect(error.reason == .fieldConflict)
            #expect(error.causes.map(\.reason) == ["FieldManagerConflict"])
            #expect(error.causes.map(\.field) == [".data.a"])
            #expect(error.causes[0].message.contains("first"))
            let forced = try await client.apply(
                configMap("one", ["a": "2"]), configMaps, namespace: "conflicts", name: "one",
                ApplyOptions(fieldManager: "second", force: true))
            #expect(forced.at("data", "a") == "2")
        }
    }

    @Test func aDeletionHasPreconditions() async throws {
        try await withClient("preconditions") { client in
            let made = try await client.apply(
                configMap("one"), configMaps, namespace: "preconditions", name: "one", ApplyOptions(fieldManager: "test"))
            let wrongs = [
                DeleteOptions(uid: "00000000-0000-0000-0000-000000000000"), DeleteOptions(uid: made.uid, resourceVersion: "1"),
            ]
            for wrong in wrongs {
                let error = try await failure { _ = try await client.delete(configMaps, namespace: "preconditions", name: "one", wrong) }
                #expect(error.reason == .conflict)
            }
            let right = DeleteOptions(uid: made.uid, resourceVersion: made.resourceVersion)
            #expect(try await client.delete(configMaps, namespace: "preconditions", name: "one", right))
        }
    }

    @Test func whatIsInvalidIsSaidWithItsCauses() async throws {
        try await withClient("invalid") { client in
            let deployment: JSON = [
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"],
                "spec": [
                    "replicas": -1, "selector": ["matchLabels": ["app": "web"]],
                    "template": ["metadata": ["labels": ["app": "other"]], "spec": ["containers": [["name": "web", "image": "web"]]]],
                ],
            ]
            let error = try await failure {
                _ = try await client.apply(deployment, deployments, namespace: "invalid", name: "web", ApplyOptions(fieldManager: "test"))
            }
            #expect(error.reason == .invalid)
            #expect(error.status == 422)
            #expect(error.causes.contains { $0.field == "spec.replicas" && $0.reason == "FieldValueInvalid" })
            #expect(!error.mayPass)
        }
    }

    @Test func unknownFieldsAreRefused() async throws {
        try await withClient("strict") { client in
            var object = configMap("one")
            object["datum"] = ["a": "1"]
            let error = try await failure {
                _ = try await client.apply(object, configMaps, namespace: "strict", name: "one", ApplyOptions(fieldManager: "test"))
            }
            #expect(error.reason == .invalid)
            #expect(error.message.contains("datum"))
            #expect(!error.mayPass)
        }
    }

    @Test func namesWithColonsAreNames() async throws {
        try await withClient { client in
            let name = "test:role:of-1.2"
            let role: JSON = [
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": .string(name)],
                "rules": [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]]],
            ]
            _ = try await client.apply(role, clusterRoles, namespace: nil, name: name, ApplyOptions(fieldManager: "test"))
            #expect(try await client.get(clusterRoles, namespace: nil, name: name)?.name == name)
            #expect(try await client.delete(clusterRoles, namespace: nil, name: name, DeleteOptions()))
        }
    }

    @Test(arguments: ["", ".", "..", "a/b", "a%2Fb"]) func whatIsNoPartOfAPathIsNotSent(_ name: String) async throws {
        try await withClient { client in
            let error = try await failure { _ = try await client.delete(configMaps, namespace: "default", name: name, DeleteOptions()) }
            #expect(error.reason == .invalid)
            #expect(error.status == 0)
        }
    }
}
