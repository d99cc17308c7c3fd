import Git
import Glibc
import Posix
import TestSupport
import Testing

/// A cluster as the target: the same push, engine and record as a directory, and a real API server.
@Suite(.enabled(if: APIServer.isThere, "Tests/api-server finds or builds one")) struct KubernetesTests {
    /// A site whose environment `production` goes to the cluster.
    private func site(_ name: String, _ settings: [String: String] = [:]) throws -> Site {
        let cluster = try APIServer.shared()
        let site = try Site(name, environments: ["production"])
        try site.server.git("config", "--unset", "ops.production.directory")
        try site.server.git("config", "ops.production.target", "kubernetes")
        try site.server.git("config", "ops.production.kubeconfig", cluster.kubeconfig)
        for (key, value) in settings { try site.server.git("config", "ops.production." + key, value) }
        try site.clone.write("environments:\n  production:\n    path: production\n", to: "ops.yaml")
        return site
    }

    @discardableResult
    private func kubectl(_ arguments: String...) throws -> Finished {
        try run("kubectl", ["--kubeconfig", try APIServer.shared().kubeconfig] + arguments)
    }

    /// What kubectl prints of an object's field.
    private func live(_ namespace: String, _ object: String, _ path: String) throws -> String {
        try kubectl("-n", namespace, "get", object, "-o", "jsonpath={\(path)}").output
    }

    private func expect(_ site: Site, _ state: String) throws {
        let status = try site.ops("status").all
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("production \(state) "), "\(status)")
    }

    private func namespace(_ name: String) -> String { "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: \(name)\n" }

    private func configMap(_ name: String, _ namespace: String, _ value: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name), namespace: \(namespace)}\ndata:\n  value: '\(value)'\n"
    }

    @Test func theWholeStory() throws {
        let site = try site("kubernetes")
        let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: story\nspec:\n  selector: {app: web}\n  ports:\n  - port: 80\n"
        try site.clone.commit("First", ["production/all.yaml": namespace("story") + "---\n" + configMap("a", "story", "1"), "production/web.yaml": service])
        let first = try site.push("HEAD:main")
        #expect(first.succeeded, "\(first.all)")
        #expect(first.says("production:   + story/ConfigMap/a.yaml"), "\(first.all)")
        #expect(first.says("production: deployed "), "\(first.all)")
        #expect(try live("story", "configmap/a", ".data.value") == "1")
        #expect(try live("story", "service/web", ".spec.ports[0].protocol") == "TCP")
        #expect(try site.server.git("show", "refs/ops/production:story/ConfigMap/a.yaml").contains("value: \"1\""))
        let cluster = try kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}").output
        #expect(try site.server.git("show", "refs/ops/production:.git-ops/inventory").contains("place cluster=\(cluster) namespace="))

        // Nothing is to be done, and nothing is done.
        let version = try live("story", "service/web", ".metadata.resourceVersion")
        try expect(site, "in-sync")
        let same = try site.ops("diff", "--exit-code")
        #expect(same.code == 0 && same.output == "", "\(same.all)")
        #expect(try site.ops("apply").code == 0)
        #expect(try live("story", "service/web", ".metadata.resourceVersion") == version)

        // An object that moves to another file stays the object it is.
        let uid = try live("story", "configmap/a", ".metadata.uid")
        try site.clone.git("rm", "-q", "production/all.yaml")
        let moved = try site.deploy("Moved", ["production/x/namespace.yaml": namespace("story"), "production/x/a.yaml": configMap("a", "story", "2")])
        #expect(try live("story", "configmap/a", ".data.value") == "2")
        #expect(try live("story", "configmap/a", ".metadata.uid") == uid)

        // What somebody changes by hand is seen, shown and repaired.
        try kubectl("-n", "story", "patch", "configmap", "a", "--type", "merge", "-p", #"{"data":{"value":"by hand","other":"mine"}}"#)
        try expect(site, "drifted")
        let drift = try site.ops("drift")
        #expect(drift.code == 1)
        #expect(drift.output.hasPrefix("production: 1 changed outside git\n  story/ConfigMap/a.yaml was changed"), "\(drift.all)")
        let diff = try site.ops("diff")
        #expect(diff.output.contains("-  value: by hand\n+  value: \"2\"\n"), "\(diff.all)")
        #expect(!diff.output.contains("mine"))
        let repaired = try site.ops("apply")
        #expect(repaired.code == 0, "\(repaired.all)")
        #expect(try live("story", "configmap/a", ".data.value") == "2")
        #expect(try live("story", "configmap/a", ".data.other") == "mine")

        // What leaves the environment goes; a namespace does not, unless somebody said so.
        try site.clone.git("rm", "-q", "-r", "production/x")
        try site.clone.commit("Without")
        let push = try site.push("HEAD:main")
        #expect(push.says("production:   - story/ConfigMap/a.yaml"), "\(push.all)")
        #expect(try kubectl("-n", "story", "get", "configmap", "a").code != 0)
        #expect(try kubectl("get", "namespace", "story").code == 0)

        // Rollback is git revert.
        try site.clone.git("revert", "--no-edit", "HEAD")
        #expect(try site.push("HEAD:main").succeeded)
        #expect(try live("story", "configmap/a", ".data.value") == "2")
        #expect(try site.server.git("log", "--format=%s", "--first-parent", "refs/ops/production").split(separator: "\n").count >= 5)
        #expect(try site.ops("verify").code == 0)
        #expect(try site.events(of: moved).contains("deployed"))
    }

    @Test func whatStaysIsNotShownAsDeleted() throws {
        let site = try site("kubernetes-stays")
        try APIServer.shared().makeNamespace("stays")
        let before = try site.scratch.write(configMap("before", "stays", "1"), to: "before.yaml")
        try kubectl("apply", "-f", before)
        try site.clone.commit("First", ["production/a.yaml": configMap("before", "stays", "1")])
        #expect(try site.push("HEAD:main").says("production: deployed "))
        try site.clone.git("rm", "-q", "production/a.yaml")
        try site.clone.commit("Second", ["production/b.yaml": configMap("after", "stays", "1")])
        try site.server.git("config", "ops.production.timeout", "60s")
        try site.clone.git("push", "-q", "origin", "HEAD:refs/heads/other")
        let diff = try site.ops("diff", "production", "other")
        #expect(diff.output.contains("new file mode") && diff.output.contains("+  name: after"), "\(diff.all)")
        #expect(!diff.output.contains("rename") && !diff.output.contains("deleted") && !diff.output.contains("git-ops/adopted"), "\(diff.all)")
        #expect(diff.all.contains("before.yaml: stays: "), "\(diff.all)")
        let push = try site.push("HEAD:main")
        #expect(push.says("(1 created)"), "\(push.all)")
        #expect(try live("stays", "configmap/before", ".data.value") == "1")
    }

    @Test func driftIsToldWhenItHappens() throws {
        let site = try site("kubernetes-drift")
        try APIServer.shared().makeNamespace("drift")
        try site.clone.commit("First", ["production/a.yaml": configMap("a", "drift", "1"), "production/b.yaml": configMap("b", "drift", "1")])
        #expect(try site.push("HEAD:main").says("production: deployed "))
        try site.whileRunning("drift", "--watch") { said in
            func expectSaid(_ text: String) throws { try eventually("it says '\(text)': \(said())", seconds: 120) { said().contains(text) } }
            try expectSaid("production: as it was deployed\n")
            try kubectl("-n", "drift", "patch", "configmap", "a", "-p", #"{"data":{"value":"2"}}"#)
            try expectSaid("production: drift/ConfigMap/a.yaml was changed by kubectl-patch at 20")
            try kubectl("-n", "drift", "delete", "configmap", "b")
            try expectSaid("production: drift/ConfigMap/b.yaml was removed")
            // What a deployment does is none.
            #expect(try site.ops("apply").code == 0)
            try eventually("it is as it was again: \(said())", seconds: 120) { said().hasSuffix("production: as it was deployed\n") }
            try site.clone.commit("Second", ["production/a.yaml": configMap("a", "drift", "3")])
            #expect(try site.push("HEAD:main").says("production: deployed "))
            try kubectl("-n", "drift", "annotate", "configmap", "a", "x=y")
            try kubectl("-n", "drift", "patch", "configmap", "b", "-p", #"{"data":{"value":"9"}}"#)
            try expectSaid("production: drift/ConfigMap/b.yaml was changed by kubectl-patch")
            #expect(said().split(separator: "\n").count { $0.contains("a.yaml was changed") } == 1, "\(said())")
        }
    }

    @Test func noSecretIsSeen() throws {
        let site = try site("kubernetes-secret")
        try APIServer.shared().makeNamespace("secrets")
        func secret(_ value: String) -> String {
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: secrets} \nstringData:\n  password: \(value) # git-ops: allow env/plain-secret a test\n"
        }
        try site.clone.write("environments:\n  production:\n    path: production\nvalidate:\n  rules:\n    env/plain-secret: warn\n", to: "ops.yaml")
        try site.clone.commit("First", ["production/s.yaml": secret("hunter2")])
        let first = try site.push("HEAD:main")
        #expect(first.says("production: deployed "), "\(first.all)")
        #expect(try live("secrets", "secret/s", ".data.password") == "aHVudGVyMg==")
        try expect(site, "in-sync")
        try kubectl("-n", "secrets", "patch", "secret", "s", "--type", "merge", "-p", #"{"stringData":{"password":"hunter3"}}"#)
        let diff = try site.ops("diff")
        #expect(diff.output.contains("-") && diff.output.contains("(hidden "), "\(diff.all)")
        for text in [first.all, diff.all, try site.ops("status").all, try site.ops("diff", "--json").all, try site.ops("apply").all] {
            #expect(!text.contains("hunter") && !text.contains("aHVudGVy"), "\(text)")
        }
        let records = try site.server.git("log", "-p", "--first-parent", "--all", "--", "secrets")
        #expect(!records.contains("hunter") && !records.contains("aHVudGVy"))
    }

    @Test func whatIsNotOursIsNotTouched() throws {
        let site = try site("kubernetes-foreign")
        try APIServer.shared().makeNamespace("foreign")
        try kubectl(
            "-n", "foreign", "create", "configmap", "helm")
        try kubectl("-n", "foreign", "label", "configmap", "helm", "app.kubernetes.io/managed-by=Helm")
        try kubectl("-n", "foreign", "annotate", "configmap", "helm", "meta.helm.sh/release-name=x")
        try site.clone.commit("First", ["production/a.yaml": configMap("helm", "foreign", "1")])
        let refused = try site.push("HEAD:main")
        #expect(refused.says("Helm"), "\(refused.all)")
        #expect(try live("foreign", "configmap/helm", ".data") == "")

        // Another manager's field is not taken by force.
        try site.clone.commit("Second", ["production/a.yaml": configMap("b", "foreign", "1")])
        #expect(try site.push("HEAD:main").says("production: deployed "))
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: foreign}\ndata: {value: theirs}\n"
        let file = try site.scratch.write(text, to: "theirs.yaml")
        try kubectl("apply", "--server-side", "--field-manager=robot", "--force-conflicts", "-f", file)
        try site.clone.commit("Third", ["production/a.yaml": configMap("b", "foreign", "2")])
        let conflict = try site.push("HEAD:main")
        #expect(conflict.says("robot"), "\(conflict.all)")
        #expect(conflict.says("production/a.yaml:1"), "\(conflict.all)")
        #expect(try live("foreign", "configmap/b", ".data.value") == "theirs")
    }

    @Test func aNewerTipEndsTheWaitOnAnOlderOne() throws {
        let site = try site("kubernetes-newer", ["timeout": "600s"])
        try APIServer.shared().makeNamespace("newer")
        // Nobody runs it, so it never becomes healthy.
        let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: newer}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: nginx:1, resources: {requests: {cpu: 100m, memory: 64Mi}}}]}}}\n"
        let first = try site.clone.commit("First", ["production/web.yaml": web])
        let one = try Background("git", ["push", "origin", "HEAD:main"], in: site.clone.path, variables: site.clone.variables)
        try eventually("the first is waited for") { one.error.contains("waiting for Deployment.apps newer/web") }
        try site.clone.git("rm", "-q", "production/web.yaml")
        let second = try site.clone.commit("Second", ["production/a.yaml": configMap("a", "newer", "1")])
        let two = try site.push("HEAD:main")
        #expect(two.says("production: deployed \(second.short)"), "\(two.all)")
        // What the first has applied is ours, and goes.
        #expect(two.says("production:   - newer/Deployment.apps/web.yaml"), "\(two.all)")
        let end = try one.finished()
        #expect(end.lines.last == "production: applied \(first.short) (1 created), superseded by \(second.short) before it was healthy", "\(end.all)")
        #expect(!end.says("error"))
        let results = "--format=%(trailers:key=Result,valueonly,separator=)|%(trailers:key=Superseded-By,valueonly,separator=)"
        #expect(try site.server.git("log", "-2", "--first-parent", results, "refs/ops/production") == "deployed|\nsuperseded|\(second)")
        #expect(try site.events(of: first) == ["superseded"])
        #expect(try site.ops("wait", "-q", "--timeout", "5s", first.description).code == 0)
        try site.awaitDeployment(of: second, to: "production")
        #expect(try site.ops("verify").code == 0)
        try expect(site, "in-sync")
    }

    @Test func whatIsNotHealthyIsSaid() throws {
        let site = try site("kubernetes-ill", ["wait": "false"])
        try APIServer.shared().makeNamespace("ill")
        let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: ill}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: nginx:1, resources: {requests: {cpu: 100m, memory: 64Mi}}}]}}}\n"
        let commit = try site.clone.commit("First", ["production/web.yaml": web, "production/a.yaml": configMap("a", "ill", "1")])
        #expect(try site.push("HEAD:main").says("production: deployed "))
        try site.awaitDeployment(of: commit, to: "production")
        let status = try site.ops("status")
        #expect(status.output.hasPrefix("production: unhealthy, 1 unhealthy\n"), "\(status.all)")
        #expect(status.output.contains("  unhealthy:\n    ill/Deployment.apps/web.yaml is not healthy yet: "), "\(status.all)")
        #expect(try site.ops("status", "--porcelain").output == "production unhealthy \(commit) \(commit) 0 1 -\n")
        let json = try site.ops("status", "--json").output
        #expect(try jq(".environments[0] | .state, .health.healthy, .health.unhealthy[0].path, .health.unhealthy[0].state", json) == "unhealthy\n1\nill/Deployment.apps/web.yaml\nprogressing")
        #expect(try site.ops("status", "--exit-code").code == 1)
        // It is as it was deployed.
        #expect(try site.ops("drift", "-q").code == 0)
        try kubectl("-n", "ill", "delete", "configmap", "a")
        #expect(try site.ops("status").output.hasPrefix("production: drifted, 1 changed outside git, 2 unhealthy\n"))
    }

    @Test func aClusterThatNeverAnswersHoldsUpNoOther() throws {
        let site = try site("kubernetes-silent")
        try APIServer.shared().makeNamespace("silent")
        try site.clone.write("environments:\n  away:\n    path: away\n  production:\n    path: production\n", to: "ops.yaml")
        for (key, value) in ["target": "kubernetes", "kubeconfig": try APIServer.shared().kubeconfig] { try site.server.git("config", "ops.away." + key, value) }
        let commit = try site.clone.commit("First", ["production/a.yaml": configMap("a", "silent", "1"), "away/b.yaml": configMap("b", "silent", "1")])
        let push = try site.push("HEAD:main")
        #expect(push.says("away: deployed ") && push.says("production: deployed "), "\(push.all)")
        for environment in ["away", "production"] { try site.awaitDeployment(of: commit, to: environment) }
        // The system takes the connection, and nobody ever reads from it.
        let silent = try SilentServer()
        let config = "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:\(silent.port)'}}]\nusers: [{name: u, user: {}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"
        try site.server.git("config", "ops.away.kubeconfig", try site.scratch.write(config, to: "silent"))
        let status = try site.ops("status", "--porcelain")
        let lines = status.output.split(separator: "\n")
        // What is slow is declared first and told last.
        #expect(lines.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == ["production in-sync", "away unknown"], "\(status.all)")
        let text = try site.ops("status", "away")
        #expect(text.output.contains("http://127.0.0.1:\(silent.port) has not answered within 10 s"), "\(text.all)")
        let drift = try site.ops("drift")
        #expect(drift.code == 128)
        #expect(drift.output == "production: as it was deployed\n", "\(drift.all)")
        #expect(try jq("[.environments[].environment] | join(\" \")", site.ops("status", "--json").output) == "away production")
    }

    @Test func whatCannotBeReachedIsNeverInSync() throws {
        let site = try site("kubernetes-away")
        try APIServer.shared().makeNamespace("away")
        try site.clone.commit("First", ["production/a.yaml": configMap("a", "away", "1")])
        #expect(try site.push("HEAD:main").says("production: deployed "))
        let text = try #require(try contents(ofFile: try APIServer.shared().kubeconfig).map { String(decoding: $0, as: UTF8.self) })
        let away = try site.scratch.write(text.replacing(/127\.0\.0\.1:\d+/, with: "127.0.0.1:1"), to: "away")
        try site.server.git("config", "ops.production.kubeconfig", away)
        try site.server.git("config", "ops.production.timeout", "5s")
        let status = try site.ops("status")
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("production unknown "), "\(status.all)")
        #expect(status.all.contains("127.0.0.1:1"), "\(status.all)")
        #expect(try site.ops("diff").code == 128)
        #expect(try site.ops("drift", "-q").code == 128)
    }
}

/// A port that takes connections and never says anything.
private final class SilentServer {
    private let listener: FileDescriptor
    let port: UInt16

    init() throws {
        listener = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = listener.number
        let isBound = withUnsafeMutableBytes(of: &address) { bytes -> Bool in
            guard let place = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(number, place, length) == 0 && listen(number, 64) == 0 && getsockname(number, place, &length) == 0
        }
        guard isBound else { throw TestFailure("cannot listen") }
        port = UInt16(bigEndian: address.sin_port)
    }
}
