import Git
import Rendering
import TestSupport
import Testing

/// The objects that are found in the files of an environment.
@Suite struct RenderObjectsTests {
    private static let key = [UInt8](repeating: 7, count: 32)

    private func desired(_ files: [String: String], key: [UInt8] = key) throws -> DesiredState {
        let scratch = try Scratch("objects")
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("First", files.merging(["ops.yaml": "environments:\n  production: {}\n"]) { $1 })
        let opened = try repository.open()
        let head = try repository.id("HEAD")
        let state = try render(environment: "production", commit: head, repository: opened, as: .objects(key: { key }))
        // What is written is what was said.
        try state.write(to: opened)
        #expect(try opened.writeTree(state.entries) == state.tree)
        var paths: [String] = []
        try opened.forEachFile(inTree: state.tree) { file throws(GitError) in paths.append("\(file.path) \(file.id)") }
        #expect(paths == state.resources.map { "\($0.path) \($0.blob)" })
        return state
    }

    private func problem(_ files: [String: String]) throws -> RenderingError {
        try #require(throws: RenderingError.self) { _ = try desired(files) }
    }

    private func text(_ state: DesiredState, _ path: String) -> String? {
        state.objects?.content(of: RepositoryPath(path)).map { String(decoding: $0, as: UTF8.self) }
    }

    private static let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 2}\n"
    private static let config = "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: config\ndata: {b: '1', a: x}\n"

    @Test func eachObjectIsAResourceWhereverItStands() throws {
        let list = #"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "system:a", "namespace": "shop"}}]}"#
        let state = try desired([
            "apps/web.yaml": "# one\n---\n" + Self.web + "---\n" + Self.config, "list.json": list, "README.md": "a: [", ".github/x.yaml": Self.web, "values.yaml": "a: 1\n",
            "empty.yaml": "---\n# nothing\n",
        ])
        #expect(
            state.resources.map(\.path.description) == [
                "_/ConfigMap/config.yaml", "_/Namespace/shop.yaml", "shop/Deployment.apps/web.yaml",
                "shop/Role.rbac.authorization.k8s.io/system:a.yaml",
            ])
        #expect(text(state, "_/ConfigMap/config.yaml") == "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\ndata:\n  a: x\n  b: \"1\"\n")
        let origin = state.objects?.origins[RepositoryPath("_/ConfigMap/config.yaml")]
        #expect(origin.map { "\($0.file):\($0.line)" } == "apps/web.yaml:8")
    }

    @Test func listsOfAKindAreUnfolded() throws {
        let role = "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: a, namespace: shop}}"
        let state = try desired(["a.yaml": "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleList\nitems:\n- \(role)\n"])
        #expect(state.resources.map(\.path.description) == ["shop/Role.rbac.authorization.k8s.io/a.yaml"])
        // What is named is an object of that kind, whatever it is called.
        let named = try desired(["a.yaml": "apiVersion: example.com/v1\nkind: AccessList\nmetadata: {name: a}\nitems: [x]\n"])
        #expect(named.resources.map(\.path.description) == ["_/AccessList.example.com/a.yaml"])
        let problem = try problem(["a.yaml": "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n"])
        #expect("\(problem)".contains("an item of the PodList has no apiVersion or no kind"), "\(problem)")
    }

    @Test func howAFileIsWrittenDoesNotMatter() throws {
        let other = "{metadata: {namespace: shop, name: web}, spec: {replicas: 2}, kind: Deployment, apiVersion: apps/v1}"
        let (one, same) = (try desired(["a.yaml": Self.web]), try desired(["b/c.yml": other, "d.yaml": "x: 1\n"]))
        #expect(one.tree == same.tree)
    }

    @Test func anAnchorAndAMergeKeyAreWhatTheyStandFor() throws {
        let state = try desired(["a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: &l {x: 'y'}}\ndata: {<<: *l, z: z}\n"])
        #expect(text(state, "_/ConfigMap/a.yaml")?.hasSuffix("data:\n  x: \"y\"\n  z: z\n") == true)
    }

    @Test func whatKubectlHasAppliedIsWrittenIntoNoManifest() throws {
        func merged(_ own: String, _ annotations: String) throws -> String? {
            let state = try desired(["s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s\(own)}\nstringData: {password: hunter2}\n"])
            let live = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n\(annotations)  labels:\n    app: x\nstringData:\n  password: (hidden 1)\n"
            return state.objects?.manifest(of: RepositoryPath("_/Secret/s.yaml"), live: Array(live.utf8))?.text
        }
        let applied = "    kubectl.kubernetes.io/last-applied-configuration: (hidden 123456)\n"
        let bare = try merged("", "  annotations:\n" + applied)
        #expect(bare == (try merged("", "")) && bare?.contains("app: x") == true, "\(bare ?? "nil")")
        let noted = try merged("", "  annotations:\n    note: hello\n" + applied)
        #expect(noted == (try merged("", "  annotations:\n    note: hello\n")) && noted?.contains("note: hello") == true, "\(noted ?? "nil")")
        let empty = try merged(", annotations: {}", "  annotations:\n" + applied)
        #expect(empty?.contains("annotations: {}") == true, "\(empty ?? "nil")")
    }

    @Test func whatASecretHoldsIsNotInTheRecord() throws {
        func secret(_ name: String, _ value: String, _ field: String = "stringData") -> String {
            "apiVersion: v1\nkind: Secret\nmetadata: {name: \(name)}\n\(field): {password: \(value), user: admin}\n"
        }
        let files = ["a.yaml": secret("a", "hunter2"), "b.yaml": secret("b", "hunter2"), "c.yaml": secret("c", "hunter3")]
        let state = try desired(files)
        #expect(text(state, "_/Secret/a.yaml")?.contains("hunter2") == true)
        let scratch = try Scratch("secret")
        let store = try TestRepository(at: scratch("repository")).open()
        try state.write(to: store)
        var hidden: [String] = []
        for resource in state.resources {
            let recorded = String(decoding: try store.blob(resource.blob), as: UTF8.self)
            #expect(!recorded.contains("hunter") && !recorded.contains("admin"))
            hidden.append(try #require(recorded.split(separator: "\n").first { $0.contains("password:") }.map(String.init)))
        }
        #expect(hidden[0] == hidden[1] && hidden[0] != hidden[2])
        #expect(hidden[0].contains("(hidden "))
        let elsewhere = try desired(files, key: [UInt8](repeating: 8, count: 32))
        #expect(elsewhere.tree != state.tree)
    }

    @Test(arguments: [
        (["kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": web], "kustomization.yaml: has to be built by kustomize"),
        (["x/Chart.yaml": "name: x\n", "a.yaml": web], "x/Chart.yaml: has to be built by helm"),
        (["a.yaml": web, "b.yaml": "\n" + web], "b.yaml:2:1: the Deployment web is at a.yaml:1 too"),
        (["a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n"], "a.yaml:1:1: the Pod has no name"),
        (["a.yaml": "apiVersion: v1\nmetadata: {name: a}\n"], "a.yaml:1:1: the manifest has no kind"),
        (["a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: ../../x}\n"], "a.yaml:3:18: the name of this Pod"),
        (["a.yaml": "a: [\n"], "a.yaml:1:4: "), (["a.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: 'ENC[x]'}\nsops: {mac: x}\n"], "a.yaml:5:7: is encrypted by SOPS"),
        (["values.yaml": "a: 1\n"], "environment 'production' has no manifests"),
    ])
    func whatCannotBeMeantIsAnError(files: [String: String], expected: String) throws {
        let message = try problem(files).message
        #expect(message.hasPrefix(expected), "\(message)")
    }
}
