import KubernetesModel
import Testing

@Suite struct FieldSetTests {
    @Test func objectsAreTheSameInWhatASetHas() {
        let set = FieldSet(fieldsV1: json(#"{"f:a":{".":{},"k:{\"n\":1}":{".":{},"f:n":{},"f:v":{}}},"f:m":{}}"#))
        let one = json(#"{"a":[{"n":1,"v":2}],"m":{},"z":1}"#)
        #expect(set.isSame(in: one, and: json(#"{"a":[{"n":7},{"n":1,"v":2,"w":3}],"m":{"theirs":1}}"#)))
        #expect(!set.isSame(in: one, and: json(#"{"a":[{"n":1,"v":3}],"m":{}}"#)))
        #expect(!set.isSame(in: one, and: json(#"{"a":[],"m":{}}"#)))
        #expect(!set.isSame(in: json(#"{"m":{"b":1}}"#), and: json(#"{"m":{"b":2}}"#)))
    }

    private let text = #"""
        {"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},\#
        "f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}},"f:finalizers":{"v:\"a.b/c\"":{}},\#
        "f:list":{"i:0":{}}}}
        """#

    @Test func readsAndWritesTheFormOfTheServer() {
        let set = FieldSet(fieldsV1: json(text))
        #expect(set.fieldsV1 == json(text))
        #expect(
            set.paths.map(\.description) == [
                ".metadata.labels", ".metadata.labels.app", #".spec.containers[name="app"]"#, #".spec.containers[name="app"].image"#,
                #".spec.containers[name="app"].ports[containerPort=80,protocol="TCP"]"#,
                #".spec.containers[name="app"].ports[containerPort=80,protocol="TCP"].containerPort"#, #".spec.finalizers[="a.b/c"]"#,
                ".spec.list[0]",
            ])
        #expect(FieldSet(fieldsV1: json("{}")).isEmpty)
        #expect(FieldSet(fieldsV1: json(#"{"f:a":{"f:b":{}},"x:y":{}}"#)).paths.map(\.description) == [".a.b"])
    }

    @Test func unitesAndSubtracts() {
        let set = FieldSet(fieldsV1: json(#"{"f:a":{".":{},"f:b":{}},"f:c":{}}"#))
        let other = FieldSet(fieldsV1: json(#"{"f:a":{"f:b":{}},"f:d":{}}"#))
        #expect(set.union(other).fieldsV1 == json(#"{"f:a":{".":{},"f:b":{}},"f:c":{},"f:d":{}}"#))
        #expect(set.difference(other).fieldsV1 == json(#"{"f:a":{},"f:c":{}}"#))
        #expect(other.difference(set).fieldsV1 == json(#"{"f:d":{}}"#))
        #expect(set.difference(set).isEmpty)
        #expect(set.union(set) == set)
    }

    @Test func tellsWhatItContains() {
        let set = FieldSet(fieldsV1: json(text))
        for path in [".spec.containers", #".spec.containers[name="app"].image"#, #".spec.finalizers[="a.b/c"]"#, ".metadata.labels.app"] {
            #expect(set.contains(FieldPath(path)!), "\(path)")
        }
        for path in [".spec.replicas", #".spec.containers[name="web"]"#, ".metadata.labels.app.x"] {
            #expect(!set.contains(FieldPath(path)!), "\(path)")
        }
    }

    @Test(arguments: [
        ".spec.replicas", #".spec.template.spec.containers[name="app"].image"#, #".spec.ports[port=80,protocol="TCP"].nodePort"#,
        #".metadata.finalizers[="x"]"#, ".spec.rules[3].host", #".a[k="with \"quotes\", ] and \\ and = \n"].b"#, #".a[=true]"#, ".a[=-5]", "",
        ".metadata.annotations.example.com/a.b",
    ]) func readsPathsAsTheyArePrinted(_ text: String) throws {
        #expect(try #require(FieldPath(text)).description == text)
    }

    @Test(arguments: ["spec", ".a[", ".a[name=\"x]", ".a[x]", ".a[name=\"x\"", ".a]b"]) func refusesWhatIsNoPath(_ text: String) {
        #expect(FieldPath(text) == nil || FieldPath(text)?.description == text)
        if text != ".a]b" { #expect(FieldPath(text) == nil) }
    }

    @Test func followsPathsIntoObjects() throws {
        let object = yaml(
            """
            metadata: {annotations: {example.com/a.b: x, example: z}}
            data: {a.b: one, a: {b: two}}
            spec: {containers: [{name: web, image: "1"}, {name: app, image: "2"}], set: [a, b], list: [{x: 1}]}
            """)
        let found: [String: JSON?] = [
            #".spec.containers[name="app"].image"#: "2", ".metadata.annotations.example.com/a.b": "x", #".spec.set[="b"]"#: "b",
            ".spec.list[0].x": 1, ".spec.list[1]": nil, #".spec.containers[name="db"]"#: nil, ".spec.none.x": nil, ".data.a.b": "one",
        ]
        for (text, value) in found {
            #expect(object.value(at: try #require(FieldPath(text, in: object))) == value, "\(text)")
        }
        // Without the object, the rest below annotations is one name.
        #expect(object.value(at: FieldPath(".metadata.annotations.example.com/a.b")!) == "x")
    }

    @Test func readsManagedFields() {
        let object = yaml(
            """
            metadata:
              managedFields:
              - {manager: git-ops, operation: Apply, apiVersion: v1, time: "2026-01-01T00:00:00Z", fieldsType: FieldsV1, fieldsV1: {"f:data": {}}}
              - {manager: git-ops, operation: Apply, apiVersion: v1, subresource: status, fieldsType: FieldsV1, fieldsV1: {"f:status": {}}}
              - {manager: future, operation: Apply, apiVersion: v1, fieldsType: FieldsV2, fieldsV2: {}}
            """)
        #expect(object.managedFields.map(\.subresource) == ["", "status"])
        #expect(object.managedFields.first?.time == "2026-01-01T00:00:00Z")
        #expect(object.applied(by: "git-ops")?.fields.paths.map(\.description) == [".data"])
        #expect(object.applied(by: "kubectl") == nil)
        #expect(object.managedFields.map(\.json) == object.at("metadata", "managedFields")?.array?.dropLast().map { $0 })
    }
}
