import KubernetesModel
import Testing

@Suite struct ApplyOrderTests {
    @Test func putsWhatIsNeededFirst() throws {
        let layers = try names([
            "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: hook}}",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: bind, namespace: shop}, roleRef: {kind: Role, name: role}, subjects: [{kind: ServiceAccount, name: account}]}",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: role, namespace: shop}}",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}}",
            "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: shop}}",
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: account, namespace: shop}}",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: config, namespace: elsewhere}}",
            "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets}, spec: {group: example.com, names: {kind: Widget}}}",
            "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}",
        ])
        #expect(layers == [["widgets", "shop"], ["account", "role", "config"], ["bind"], ["web", "w"], ["hook"]])
    }

    @Test func followsAnnotations() throws {
        let layers = try names([
            map("a", "config.kubernetes.io/depends-on: 'apps/namespaces/x/Deployment/d, /namespaces/x/ConfigMap/missing'"),
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: x}}",
            map("b", "kapp.k14s.io/change-rule.1: upsert after upserting group/x"),
            map("c", "kapp.k14s.io/change-group: 'group/{namespace}'"),
            map("e", "kapp.k14s.io/change-rule: upsert before upserting group/x", "kapp.k14s.io/change-rule.2: delete before deleting group/x"),
        ])
        #expect(layers == [["e"], ["c"], ["b"], ["d"], ["a"]])
    }

    @Test func putsLowerWavesWhollyBefore() throws {
        let layers = try names([
            map("late", "argocd.argoproj.io/sync-wave: '5'"), map("zero"),
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: early, namespace: shop, annotations: {argocd.argoproj.io/sync-wave: '-1'}}}",
            "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}", "{apiVersion: v1, kind: Namespace, metadata: {name: other}}",
        ])
        #expect(layers == [["shop"], ["early"], ["other"], ["zero"], ["late"]])
    }

    @Test func takesFewLayersForMany() throws {
        let objects = (0..<1000).map { map("m\($0)") } + (0..<1000).map { "{apiVersion: x/v\($0 % 7), kind: K\($0 % 50), metadata: {name: k\($0)}}" }
        #expect(try names(objects).map(\.count) == [1000, 1000])
    }

    @Test func manyRulesAboutManyObjectsAreCheap() throws {
        let objects = (0..<5000).map { map("m\($0)", "kapp.k14s.io/change-group: g") }
            + (0..<5000).map { map("n\($0)", "kapp.k14s.io/change-rule: upsert after upserting g") }
        let clock = ContinuousClock()
        var layers: [[Int]] = []
        let ordered = objects.map(ordered)
        let time = try clock.measure { layers = try ApplyOrder.layers(of: ordered) }
        #expect(layers.map(\.count) == [5000, 5000])
        #expect(time < .seconds(10))
    }

    @Test func refusesCycles() {
        let error = #expect(throws: OrderError.self) {
            try names([
                map("a", "config.kubernetes.io/depends-on: /namespaces/x/ConfigMap/b"), map("z", "config.kubernetes.io/depends-on: /namespaces/x/ConfigMap/a"),
                map("b", "config.kubernetes.io/depends-on: /namespaces/x/ConfigMap/a"), map("c"),
            ])
        }
        #expect(Set(error?.objects.map(\.name) ?? []) == ["a", "b"])
        #expect(error?.message.hasPrefix("objects wait for each other: ConfigMap x/") == true)
        let own = #expect(throws: OrderError.self) { try names([map("a", "config.kubernetes.io/depends-on: /namespaces/x/ConfigMap/a")]) }
        #expect(own?.message == "ConfigMap x/a depends on itself")
    }

    @Test func refusesWavesAgainstDependencies() {
        let error = #expect(throws: OrderError.self) {
            try names([
                map("a", "config.kubernetes.io/depends-on: /namespaces/x/ConfigMap/b"), map("b", "argocd.argoproj.io/sync-wave: '1'"),
            ])
        }
        #expect(error?.message == "ConfigMap x/a in wave 0 cannot come after ConfigMap x/b in wave 1")
    }

    @Test(arguments: [
        "argocd.argoproj.io/sync-wave: first", "config.kubernetes.io/depends-on: Deployment/web", "config.kubernetes.io/depends-on: ''",
        "config.kubernetes.io/depends-on: a/namespace/b/c/d", "kapp.k14s.io/change-rule: after x", "kapp.k14s.io/change-rule: upsert after creating x",
    ]) func refusesMalformedAnnotations(_ annotation: String) {
        let error = #expect(throws: OrderError.self) { try names([map("a", annotation)]) }
        #expect(error?.objects.map(\.name) == ["a"])
        #expect(error?.message.hasPrefix("the annotation \(annotation.prefix { $0 != ":" }) of ConfigMap x/a is '") == true)
    }

    private func map(_ name: String, _ annotations: String...) -> String {
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: \(name), namespace: x, annotations: {\(annotations.joined(separator: ", "))}}}"
    }

    private func ordered(_ text: String) -> OrderedObject {
        let object = yaml(text)
        let kind = object.groupVersionKind!
        return OrderedObject(
            key: ObjectKey(group: kind.group, kind: kind.kind, namespace: object.namespace, name: object.name ?? ""), object: object)
    }

    private func names(_ texts: [String]) throws(OrderError) -> [[String]] {
        let objects = texts.map(ordered)
        let layers = try ApplyOrder.layers(of: objects)
        #expect(layers.joined().sorted() == Array(objects.indices))
        return layers.map { $0.map { objects[$0].key.name } }
    }
}
