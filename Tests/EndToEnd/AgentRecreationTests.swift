import Git
import Glibc
import Posix
import TestSupport
import Testing

/// An agent that is ended while an object is deleted to be made anew: in the midst of that, the object is lost.
@Suite(.enabled(if: APIServer.isThere, "Tests/api-server finds or builds one"), .timeLimit(.minutes(10))) struct AgentRecreationTests {
    private func kubectl(_ namespace: String, _ arguments: String...) throws -> String {
        let end = try APIServer.shared().kubectl(["-n", namespace] + arguments)
        guard end.succeeded else { throw TestFailure(end.all) }
        return end.output
    }

    private func map(_ namespace: String, _ value: String) -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a, namespace: \(namespace), annotations: {git-ops/recreate: 'true'}}
        immutable: true
        data: {value: '\(value)'}

        """
    }

    private func live(_ namespace: String) throws -> String {
        try APIServer.shared().kubectl(["-n", namespace, "get", "configmap", "a", "-o", "jsonpath={.data.value}"]).output
    }

    private func results(_ site: AgentSite) throws -> [String] {
        try site.agent.git("log", "--first-parent", "--format=%(trailers:key=Result,valueonly,separator=%x2C)", "refs/ops/production")
            .split(separator: "\n").map(String.init)
    }

    private func isBeingDeleted(_ namespace: String) throws -> Bool {
        try !kubectl(namespace, "get", "configmap", "a", "-o", "jsonpath={.metadata.deletionTimestamp}").isEmpty
    }

    /// Has the object deleted to be made anew, which is held up until `letGo`.
    private func begin(_ namespace: String) throws -> (site: AgentSite, agent: AgentSite.Running, commit: String) {
        let cluster = try APIServer.shared()
        try cluster.makeNamespace(namespace)
        let site = try AgentSite(namespace, environments: ["production"])
        _ = try site.agent.attempt("config", "--unset", "ops.production.directory")
        try site.agent.git("config", "ops.production.target", "kubernetes")
        try site.agent.git("config", "ops.production.kubeconfig", cluster.kubeconfig)
        try site.push("First", ["production/a.yaml": map(namespace, "1")])
        #expect(try site.once().code == 0)
        _ = try kubectl(namespace, "patch", "configmap", "a", "-p", #"{"metadata":{"finalizers":["example.org/hold"]}}"#)
        let second = try site.push("Second", ["production/a.yaml": map(namespace, "2")])
        let agent = try site.start()
        try eventually("it is being deleted: \(agent.said)") { try isBeingDeleted(namespace) }
        return (site, agent, second.description)
    }

    private func letGo(_ namespace: String) throws {
        _ = try kubectl(namespace, "patch", "configmap", "a", "--type=json", "-p", #"[{"op":"remove","path":"/metadata/finalizers"}]"#)
    }

    private func expectWell(_ site: AgentSite, _ namespace: String, _ commit: String) throws {
        #expect(try live(namespace) == "2")
        #expect(try site.trailer("Source-Commit", of: "production", in: site.remote) == commit)
        #expect(try site.agent.attempt("rev-parse", "-q", "--verify", "refs/ops/_pending/production").code == 1)
        let verified = try site.ops("verify")
        #expect(verified.code == 0, "\(verified.all)")
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("production in-sync "))
    }

    @Test func oneThatIsToldToEndMakesItAnewAndRecordsIt() throws {
        let name = "agent-recreate-term"
        let (site, agent, commit) = try begin(name)
        kill(agent.process.pid, SIGTERM)
        try agent.await("stops when what is being applied is recorded")
        #expect(try isBeingDeleted(name))
        try letGo(name)
        let end = try agent.process.reap()
        #expect(end.succeeded, "\(end): \(agent.said)")
        #expect(try live(name) == "2", "\(agent.said)")
        #expect(try site.trailer("Source-Commit", of: "production") == commit)
        let ended = try results(site)
        #expect(ended == ["superseded", "deployed"], "\(ended): \(agent.said)")
        #expect(agent.said.contains("nobody waited until it was healthy: git-ops was stopped"), "\(agent.said)")
        let verified = try site.ops("verify")
        #expect(verified.code == 0, "\(verified.all)")
        let uid = try kubectl(name, "get", "configmap", "a", "-o", "jsonpath={.metadata.uid}")
        try site.whileRunning { agent in
            // What nobody waited for is waited for, and recorded as well.
            try eventually("it is at the remote: \(agent.said)") {
                // In this order: what comes between the two questions is of the same commit.
                let said = try ["Source-Commit", "Result"].map { try site.trailer($0, of: "production", in: site.remote) }
                return said == [commit, "deployed"]
            }
        }
        #expect(try kubectl(name, "get", "configmap", "a", "-o", "jsonpath={.metadata.uid}") == uid)
        let after = try results(site)
        #expect(after == ["deployed", "superseded", "deployed"], "\(after)")
        try expectWell(site, name, commit)
    }

    @Test(arguments: [true, false]) func theNextOneCarriesOnWhereOneWasKilled(isGone: Bool) throws {
        let name = "agent-recreate-kill-\(isGone)"
        let (site, agent, commit) = try begin(name)
        kill(agent.process.pid, SIGKILL)
        _ = try agent.process.reap()
        if isGone {
            try letGo(name)
            #expect(try live(name) == "")
        }
        try site.whileRunning { agent in
            if !isGone {
                try agent.await("waiting for ")
                try letGo(name)
            }
            try eventually("it is made anew: \(agent.said)") { try live(name) == "2" }
            try eventually("it is at the remote: \(agent.said)") { try site.trailer("Source-Commit", of: "production", in: site.remote) == commit }
        }
        try expectWell(site, name, commit)
    }
}
