import KubernetesModel
import Posix
import Testing
import TestSupport

@Suite(.enabled(if: APIServer.isThere))
struct DeployTests {
    @Test func manyKindsAreCreatedAndThenLeftAlone() throws {
        let site = try Site("kinds")
        let manifests = [
            configMap("a", "{x: '1'}"), deployment("web"),
            "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, name: http}, {port: 53, protocol: UDP, name: dns}]}}",
            "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: hunter2}, data: {b: Yg==}}",
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: runner}}",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r}, rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]}",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: r}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}, subjects: [{kind: ServiceAccount, name: runner, namespace: \(site.namespace)}]}",
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: net}, spec: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}}",
            "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {rules: [{host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}}",
            "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: a, env: [{name: A, value: ''}]}]}}}}",
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}",
            "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {serviceName: db, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: a}]}}, volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}}",
            "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: '10'}}}",
        ]
        let plan = try site.deploy(manifests)
        #expect(plan.changes.count == manifests.count)
        #expect(Set(plan.actions.values) == ["create"])
        #expect(try site.field("deployment/web", #".metadata.labels.git-ops/owner"#) == site.owner)

        // Neither the plans nor a further apply of nothing write anything.
        let versions = try site.kubectl("get", "cm,deploy,svc,secret,job,pvc,sts", "-o", "jsonpath={.items[*].metadata.resourceVersion}")
        try site.restart()
        #expect(try site.plan(manifests).unchanged == manifests.count)
        #expect(try site.apply().map { $0["type"]?.string } == ["done"])
        #expect(try site.kubectl("get", "cm,deploy,svc,secret,job,pvc,sts", "-o", "jsonpath={.items[*].metadata.resourceVersion}") == versions)
    }

    @Test func ourMarksAreNeverPartOfAChange() throws {
        let site = try Site("marks")
        func map(_ metadata: String, _ value: String) -> String {
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n\(metadata)data:\n  x: \"\(value)\"\n"
        }
        let (none, one) = ("", "  labels:\n    a: b\n")
        try site.deploy([map(none, "1")])
        for (before, after) in [(none, one), (one, none), (none, none)] {
            try site.deploy([map(before, "1")])
            #expect(try site.plan([map(after, "2")]).actions == ["_/ConfigMap/a.yaml": "change"])
            // The form that a diff compares with has the labels in the order of all fields.
            let shown = try #require(try site.live("_/ConfigMap/a.yaml"))
            #expect(shown.contains("a: b") == (before == one), "\(shown)")
            #expect(!shown.contains("git-ops") && !shown.contains("labels: {}"), "\(shown)")
        }
    }

    @Test func amountsAndNullsAsPeopleWriteThem() throws {
        let site = try Site("amounts")
        let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {pods: 10, requests.cpu: 0.5}}\n"
        let range = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Container, default: {cpu: 1}, max: {cpu: 2}}]}\n"
        try site.deploy([quota, range])
        let group = site.namespace + ".example.com"
        let definition = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: things.\(group)}
            spec:
              group: \(group)
              names: {kind: Thing, plural: things, singular: thing, listKind: ThingList}
              scope: Namespaced
              versions:
              - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {a: {type: object}, b: {type: string}}}}}}}

            """
        let thing = "apiVersion: \(group)/v1\nkind: Thing\nmetadata: {name: t}\nspec:\n  a:\n  b: x\n"
        try site.deploy([quota, range, definition, thing])
    }

    @Test func aChangeIsShownAsItIsWritten() throws {
        let site = try Site("change")
        try site.deploy([deployment("web"), configMap("a", "{x: '1', z: '2'}")])
        let plan = try site.plan([deployment("web", replicas: 5), configMap("a", "{x: '1'}")])
        #expect(plan.actions == ["_/Deployment.apps/web.yaml": "change", "_/ConfigMap/a.yaml": "change"])
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["live"] == ["mode": "100644"])
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["drift"] == false)
        // What nobody asked for is not in it: neither defaults nor our label nor the namespace.
        #expect(
            try site.live("_/Deployment.apps/web.yaml") == """
                apiVersion: apps/v1
                kind: Deployment
                metadata:
                  name: web
                spec:
                  replicas: 2
                  selector:
                    matchLabels:
                      app: web
                  template:
                    metadata:
                      labels:
                        app: web
                    spec:
                      containers:
                      - image: nginx
                        name: main
                        ports:
                        - containerPort: 80
                        resources:
                          requests:
                            cpu: 1000m
                            memory: 1Gi

                """)
        #expect(try site.live("_/ConfigMap/a.yaml")?.contains("z: \"2\"") == true)
        #expect(try site.field("deploy/web", ".spec.replicas") == "2")
        try site.deploy([deployment("web", replicas: 5), configMap("a", "{x: '1'}")])
        #expect(try site.field("deploy/web", ".spec.replicas") == "5")
        #expect(try site.field("cm/a", ".data") == #"{"x":"1"}"#)
    }

    @Test func secretsAreNeverTold() throws {
        let site = try Site("secret")
        let secret = "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: hunter2, user: bob}}"
        try site.deploy([secret])
        try site.kubectl("create", "secret", "generic", "t", "--from-literal=password=foreign-word")
        let second = "{apiVersion: v1, kind: Secret, metadata: {name: t}, stringData: {password: mine}}"
        let plan = try site.plan([secret.replacingFirst("hunter2", "hunter3"), second])
        var told = plan.lines.map(\.text).joined()
        let shown = try #require(try site.live("_/Secret/s.yaml"))
        told += shown + (try site.live("_/Secret/t.yaml") ?? "")
        for word in ["hunter2", "aHVudGVyMg==", "foreign-word", "Zm9yZWlnbi13b3Jk"] { #expect(!told.contains(word), "\(told)") }
        // What the manifest has itself is not hidden, or it could not be found equal.
        #expect(shown.contains("user: bob"))
        #expect(shown.contains("hidden"))

        let bad = try site.plan(["{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: 12345678}}"])
        #expect(bad.error?.contains("apps/all.yaml:1: Secret \(site.namespace)/s is invalid") == true, "\(bad.error ?? "")")
        #expect(bad.error?.contains("12345678") == false)
        #expect(!site.program.notes.contains("12345678"))
    }

    /// Values that are quoted, escaped and cut on their way into a message.
    @Test(arguments: [#"{pem: "-----BEGIN\nwords-of-a-key \"quoted\" \\ end\n"}"#, "[words-of-a-key LONG]", #""words-of-a-key\n\"LONG""#])
    func secretsOfTheWrongFormAreNeverTold(value: String) throws {
        let site = try Site("secret-form")
        let long = String(repeating: "words-of-a-long-key", count: 100)
        let plan = try site.plan(["{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: \(value.replacingFirst("LONG", long))}}"])
        let error = try #require(plan.error)
        #expect(error.hasPrefix("apps/all.yaml:1: Secret \(site.namespace)/s is "))
        for word in ["words", "quoted", "BEGIN"] { #expect(!error.contains(word), "\(error)") }
    }

    @Test func aDefinitionAndItsResourceAreMadeInOnePlan() throws {
        let site = try Site("crd")
        let group = site.namespace + ".example.org"
        func definition(_ properties: String) -> String {
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: foos.\(group)}
            spec:
              group: \(group)
              names: {kind: Foo, plural: foos, singular: foo}
              scope: Namespaced
              versions:
              - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: \(properties)}}}}}

            """
        }
        let foo = "{apiVersion: \(group)/v1, kind: Foo, metadata: {name: f}, spec: {size: 3}}"
        let plan = try site.deploy([foo, definition("{size: {type: integer}}")])
        #expect(plan.changes["_/Foo.\(group)/f.yaml"]?["remark"] == "not verified: its definition is new")
        #expect(try site.field("foos.\(group)/f", ".spec.size") == "3")
        // A field that only the definition of the same plan brings.
        let wider = "{apiVersion: \(group)/v1, kind: Foo, metadata: {name: f}, spec: {size: 3, color: red}}"
        try site.deploy([wider, definition("{size: {type: integer}, color: {type: string}}")])
        #expect(try site.field("foos.\(group)/f", ".spec.color") == "red")
        // The definition stays, and its object goes.
        let removal = try site.plan([configMap("a", "{}")])
        #expect(removal.actions["_/CustomResourceDefinition.apiextensions.k8s.io/foos.\(group).yaml"] == "keep")
        #expect(removal.actions["_/Foo.\(group)/f.yaml"] == "prune")
        #expect(try site.apply().last?["type"] == "done")
        #expect(try site.kubectl(nil, "get", "crd", "foos.\(group)", "-o", "name").isEmpty == false)
        #expect(try !site.has("foos.\(group)/f"))
    }

    @Test func aNamespaceAndItsObjectsAreMadeInOnePlan() throws {
        let site = try Site("ns")
        let name = site.namespace + "-new"
        let object = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: \(name)}, data: {x: z}}"
        let missing = try site.plan([object])
        #expect(missing.conflicts["\(name)/ConfigMap/a.yaml"]?["reason"] == .string("cannot be made: there is no namespace '\(name)' (apps/all.yaml:1)"))
        #expect(missing.conflicts["\(name)/ConfigMap/a.yaml"]?["hint"]?.string?.contains("put a Namespace") == true)
        let plan = try site.deploy([object, "{apiVersion: v1, kind: Namespace, metadata: {name: \(name)}}"])
        #expect(plan.changes["\(name)/ConfigMap/a.yaml"]?["remark"] == "not verified: its namespace is new")
    }

    @Test func moreObjectsThanAreReadOneByOneAreFound() throws {
        let site = try Site("many")
        for number in 0..<30 { try site.kubectl("create", "configmap", "m\(number)", "--from-literal=x=\(number)") }
        let manifests = (0..<30).map { configMap("m\($0)", "{x: '\($0)'}") }
        let plan = try site.deploy(manifests)
        #expect(Set(plan.actions.values) == ["change"])
        #expect(plan.changes["_/ConfigMap/m7.yaml"]?["remark"] == "is only marked as ours")
    }
}

extension String {
    func replacingFirst(_ text: String, _ other: String) -> String {
        guard let start = indices.first(where: { self[$0...].hasPrefix(text) }) else { return self }
        return self[..<start] + other + self[index(start, offsetBy: text.count)...]
    }

}
