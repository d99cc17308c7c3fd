import Git
import Glibc
import Posix
import TestSupport
import Testing

/// The agent beside a cluster.
@Suite(.enabled(if: APIServer.isThere, "Tests/api-server finds or builds one"), .timeLimit(.minutes(10))) struct AgentKubernetesTests {
    /// A site whose environment `production` goes to a namespace of its own.
    private func site(_ namespace: String, kubeconfig: String? = nil, _ settings: [String: String] = [:]) throws -> AgentSite {
        let cluster = try APIServer.shared()
        try cluster.makeNamespace(namespace)
        let site = try AgentSite(namespace, environments: ["production"])
        try configure(site.agent, kubeconfig ?? cluster.kubeconfig, settings)
        return site
    }

    private func configure(_ agent: TestRepository, _ kubeconfig: String, _ settings: [String: String]) throws {
        _ = try agent.attempt("config", "--unset", "ops.production.directory")
        try agent.git("config", "ops.production.target", "kubernetes")
        try agent.git("config", "ops.production.kubeconfig", kubeconfig)
        for (key, value) in settings { try agent.git("config", key, value) }
    }

    private func configMap(_ name: String, _ namespace: String, _ value: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name), namespace: \(namespace)}\ndata: {value: '\(value)'}\n"
    }

    /// What is in the cluster; empty where it is not there.
    private func live(_ name: String, _ namespace: String) throws -> String {
        try APIServer.shared().kubectl("-n", namespace, "get", "configmap", name, "-o", "jsonpath={.data.value}").output
    }

    private func patch(_ name: String, _ namespace: String, _ value: String) throws {
        let end = try APIServer.shared().kubectl("-n", namespace, "patch", "configmap", name, "-p", #"{"data":{"value":"\#(value)"}}"#)
        #expect(end.succeeded, "\(end.all)")
    }

    /// The address that the agent answers at.
    private func listen(_ agent: TestRepository) throws -> String {
        let address = "127.0.0.1:\(try freePort())"
        try agent.git("config", "ops.agentListen", address)
        return address
    }

    private func readiness(_ address: String) throws -> (status: String, body: String) {
        let end = try run("curl", ["-s", "-w", "\n%{http_code}", "http://\(address)/readyz"])
        let lines = end.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
    }

    /// The chain's deployments, the newest first: what they deployed, and what for where that is no push.
    private func chain(_ repository: TestRepository) throws -> [(result: String, source: String, message: String)] {
        let values = ["Result", "Source-Commit", "Message"].map { "%(trailers:key=\($0),valueonly,separator=%x2C)" }.joined(separator: "|")
        return try repository.git("log", "--first-parent", "--format=\(values)", "refs/ops/production").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            // What begins the chain is no deployment.
            return fields[0].isEmpty ? nil : (fields[0], fields[1], fields[2])
        }
    }

    /// The programs that descend from a process, by what they were started with.
    private func descendants(of pid: pid_t) -> [String] {
        var parents: [pid_t: pid_t] = [:]
        for name in names(inFolder: "/proc") {
            guard let number = pid_t(name), let bytes = try? contents(ofFile: "/proc/\(name)/stat") else { continue }
            let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
            if fields.count > 1 { parents[number] = pid_t(fields[1]) }
        }
        var found = [pid]
        var next = 0
        while next < found.count {
            found += parents.filter { $0.value == found[next] }.keys
            next += 1
        }
        return found.dropFirst().map { number in
            String(decoding: ((try? contents(ofFile: "/proc/\(number)/cmdline")) ?? nil) ?? [], as: UTF8.self)
        }
    }

    @Test func noProgramIsStartedToKeepACluster() throws {
        let site = try site("agent-alone")
        // Neither one of its own nor another one of its name is looked for.
        let folder = try Scratch("path")
        let marker = folder("called")
        let own = try folder.write("#!/bin/sh\ntouch \(marker)\nexit 1\n", to: "git-ops-target-kubernetes")
        chmod(own, 0o755)
        try site.push("First", ["production/a.yaml": configMap("a", "agent-alone", "1")])
        try site.whileRunning(["PATH": "\(folder.path):" + (testVariables()["PATH"] ?? "")]) { agent in
            try agent.await("msg=\"deployed ")
            #expect(try live("a", "agent-alone") == "1")
            for round in 1...3 {
                try patch("a", "agent-alone", "by hand \(round)")
                #expect(descendants(of: agent.process.pid).allSatisfy { !$0.contains("git-ops-target") })
                try eventually("it is put back: \(agent.said)") { try live("a", "agent-alone") == "1" }
            }
            #expect(descendants(of: agent.process.pid).allSatisfy { !$0.contains("git-ops-target") })
        }
        #expect(access(marker, F_OK) != 0)
    }

    @Test func whatIsChangedIsPutBackAndWhoChangedItIsNamed() throws {
        let site = try site("agent-story")
        try site.push("First", ["production/a.yaml": configMap("a", "agent-story", "1"), "production/b.yaml": configMap("b", "agent-story", "1")])
        try site.whileRunning { agent in
            try agent.await("msg=\"deployed ")
            #expect(try live("a", "agent-story") == "1" && live("b", "agent-story") == "1")
            let second = try site.push("Second", ["production/b.yaml": configMap("b", "agent-story", "2")])
            agent.nudge()
            try eventually("it is deployed: \(agent.said)") { try live("b", "agent-story") == "2" }
            try eventually("it is recorded: \(agent.said)") { try site.trailer("Source-Commit", of: "production", in: site.remote) == second.description }

            try patch("a", "agent-story", "by hand")
            try eventually("it is put back: \(agent.said)") { try live("a", "agent-story") == "1" }
            try agent.await("~ agent-story/ConfigMap/a.yaml (was changed by kubectl-patch at 20")
            try eventually("that is recorded: \(agent.said)") {
                try site.trailer("Message", of: "production", in: site.remote) == "repair: 1 resource was changed by kubectl-patch"
            }
            let body = try site.remote.git("log", "-1", "--format=%b", "refs/ops/production")
            #expect(body.contains("agent-story/ConfigMap/a.yaml (had been changed by kubectl-patch at 20"), "\(body)")

            let deleted = try APIServer.shared().kubectl("-n", "agent-story", "delete", "configmap", "b")
            #expect(deleted.succeeded, "\(deleted.all)")
            try eventually("it is there again: \(agent.said)") { try live("b", "agent-story") == "2" }
            try agent.await("agent-story/ConfigMap/b.yaml (was removed")
            try eventually("that is recorded: \(agent.said)") { try chain(site.remote).count { $0.message.hasPrefix("repair: ") } == 2 }
        }
        #expect(try site.ops("verify").code == 0)
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("production in-sync "))
    }

    /// `unknown` is who changed an object without saying who he is.
    @Test(arguments: ["unknown", "robot"]) func whatSomebodyElseHasMadeHisOwnIsToldAndNotFoughtOver(manager: String) throws {
        let name = "agent-own-\(manager)"
        let site = try site(name)
        try site.push("First", ["production/a.yaml": configMap("a", name, "1"), "production/b.yaml": configMap("b", name, "1")])
        try site.whileRunning { agent in
            try agent.await("msg=\"deployed ")
            let end = try APIServer.shared().kubectl(
                "-n", name, "patch", "configmap", "a", "--field-manager=\(manager)", "-p", #"{"data":{"value":"theirs"}}"#)
            #expect(end.succeeded, "\(end.all)")
            try agent.await("has fields that are set by others: .data.value by \(manager)")
            // Nothing is put back beside it, and what is a conflict is no deployment that fails.
            try patch("b", name, "by hand")
            try agent.await("~ \(name)/ConfigMap/b.yaml (was changed by kubectl-patch at 20")
            #expect(try live("a", name) == "theirs")
            #expect(try chain(site.agent).map(\.result) == ["deployed"] && agent.count("level=error") == 0, "\(agent.said)")
            // Where it may be taken back, it is.
            try site.agent.git("config", "ops.production.adopt", "true")
            agent.nudge()
            try eventually("it is put back: \(agent.said)") { try live("a", name) == "1" && live("b", name) == "1" }
        }
        #expect(try site.ops("verify").code == 0)
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("production in-sync "))
    }

    @Test func whatIsChangedStaysWhereThatIsSaid() throws {
        let site = try site("agent-warn", ["ops.production.drift": "warn"])
        try site.push("First", ["production/a.yaml": configMap("a", "agent-warn", "1"), "production/b.yaml": configMap("b", "agent-warn", "1")])
        try site.whileRunning { agent in
            try agent.await("msg=\"deployed ")
            try patch("a", "agent-warn", "by hand")
            try agent.await("~ agent-warn/ConfigMap/a.yaml (was changed by kubectl-patch at 20")
            // A round and another drift later it is as it was left.
            agent.nudge()
            let deleted = try APIServer.shared().kubectl("-n", "agent-warn", "delete", "configmap", "b")
            #expect(deleted.succeeded, "\(deleted.all)")
            try agent.await("agent-warn/ConfigMap/b.yaml (was removed")
            #expect(try live("a", "agent-warn") == "by hand" && live("b", "agent-warn") == "")
            #expect(try chain(site.agent).map(\.result) == ["deployed"])
            // What is pushed puts it back.
            try site.push("Second", ["production/c.yaml": configMap("c", "agent-warn", "1")])
            agent.nudge()
            try eventually("it is deployed: \(agent.said)") { try live("c", "agent-warn") == "1" }
            try eventually("all is as it says: \(agent.said)") { try live("a", "agent-warn") == "1" && live("b", "agent-warn") == "1" }
        }
    }

    @Test func whatIsChangedIsKeptAsACommitThatCanBeMerged() throws {
        let name = "agent-kept"
        let site = try site(name, ["ops.production.drift": "record"])
        let cluster = try APIServer.shared()
        func kubectl(_ arguments: String...) throws {
            let end = try cluster.kubectl(["-n", name] + arguments)
            #expect(end.succeeded, "\(end.all)")
        }
        func head(_ kind: String, _ object: String, _ version: String = "v1") -> String {
            "apiVersion: \(version)\nkind: \(kind)\nmetadata:\n  name: \(object) # its name\n  namespace: \(name)\n"
        }
        let web = head("Service", "web") + """
            spec:
              # The shop's face.
              selector: {app: web}
              ports:
              - name: http
                port: 80
                targetPort: 8080 # of the container

            """
        let (a, b, c) = (head("ConfigMap", "a") + "data:\n  # Why it is so.\n  value: '1'\n", head("ConfigMap", "b") + "data: {value: '1'}\n", configMap("c", name, "1"))
        let secret = head("Secret", "s") + "stringData:\n  password: hunter2 # git-ops: allow env/plain-secret a test\n"
        try site.clone.write("environments:\n  production:\n    path: production\nvalidate:\n  rules:\n    env/plain-secret: warn\n", to: "ops.yaml")
        try site.push(
            "First", ["production/all.yaml": "# All of it.\n---\n" + a + "--- # b\n" + b + "---\n" + web, "production/c.yaml": c, "production/s.yaml": secret])
        let reference = "refs/ops/_drift/production"
        func kept(_ path: String) throws -> String { try site.agent.attempt("show", "\(reference):production/\(path)").output }
        try site.whileRunning { agent in
            try agent.await("msg=\"deployed ")
            // What nobody owns here is no drift, in an object that drifts and in one that does not.
            try kubectl("annotate", "configmap", "a", "example.com/note=x")
            try kubectl("label", "configmap", "b", "zone=x")
            try patch("a", name, "by hand")
            try kubectl("patch", "service", "web", "-p", #"{"spec":{"selector":{"app":"shop"},"ports":[{"port":80,"targetPort":9090}]}}"#)
            try kubectl("delete", "configmap", "c")
            try kubectl("patch", "secret", "s", "-p", #"{"stringData":{"password":"swordfish"}}"#)
            let wanted =
                "# All of it.\n---\n" + a.replacing("'1'", with: "'by hand'") + "--- # b\n" + b + "---\n"
                + web.replacing("{app: web}", with: "{app: shop}").replacing("8080", with: "9090")
            try eventually("it is kept: \(agent.said)") {
                try kept("all.yaml") == wanted && site.agent.git("log", "-1", "--format=%b", reference).contains("not kept:")
                    && site.agent.attempt("cat-file", "-e", "\(reference):production/c.yaml").code != 0
            }
            #expect(try kept("s.yaml") == secret)
            let message = try site.agent.git("log", "-1", "--format=%B", reference)
            #expect(message.contains("not kept:\n\n    \(name)/Secret/s.yaml: what a Secret holds is written into no file\n"), "\(message)")
            #expect(try site.agent.git("diff", "--name-status", "main", reference) == "M\tproduction/all.yaml\nD\tproduction/c.yaml")
            let all = try site.agent.git("log", "-p", reference) + message + agent.said
            #expect(!all.contains("swordfish") && !all.contains("c3dvcmRmaXNo"))

            // Who accepts it merges it; the Secret is put back by hand.
            try kubectl("patch", "secret", "s", "-p", #"{"stringData":{"password":"hunter2"}}"#)
            try site.clone.git("fetch", "-q", site.agent.path, reference)
            try site.clone.git("merge", "-q", "FETCH_HEAD")
            try site.clone.git("push", "-q", "origin", "HEAD:main")
            agent.nudge()
            try eventually("it is deployed: \(agent.said)") {
                try site.trailer("Source-Commit", of: "production") == site.clone.id("HEAD").description
            }
            try eventually("it is forgotten: \(agent.said)") { try site.agent.attempt("rev-parse", "-q", "--verify", reference).code == 1 }
        }
        #expect(try live("a", name) == "by hand" && live("c", name) == "")
        let status = try site.ops("status", "--porcelain")
        #expect(status.output.hasPrefix("production in-sync "), "\(status.all)")
        #expect(try site.ops("drift", "production").code == 0)
        #expect(try site.ops("verify").code == 0)
    }

    @Test func whatIsNoLongerHealthyIsToldAndItsEnd() throws {
        let name = "agent-health"
        let site = try site(name)
        let script = "#!/bin/sh\ncd '\(site.scratch.path)' || exit 1\ncat >taken.$$ && mv taken.$$ mail.$(date +%s%N)\n"
        for (key, value) in [
            ("kind", "sendmail"), ("command", try site.scratch.write(script, to: "sendmail", mode: 0o755)), ("from", "ops@example.org"),
            ("to", "ann@example.org"), ("on", "degraded recovered"),
        ] { try site.agent.git("config", "opsChannel.mail.\(key)", value) }
        let address = try listen(site.agent)
        func mails() -> [String] {
            names(inFolder: site.scratch.path).filter { $0.hasPrefix("mail.") }.sorted().compactMap { name in
                site.scratch.text(name)?.split(separator: "\n").first { $0.hasPrefix("Subject: ") }.map { String($0.dropFirst(9)) }
            }
        }
        func setStatus(_ progressing: String) throws {
            let status = #"{"status":{"observedGeneration":1,"conditions":[{"type":"Available","status":"True"},{"type":"Progressing",\#(progressing)}]}}"#
            let end = try APIServer.shared().kubectl("-n", name, "patch", "deployment", "web", "--subresource=status", "--type=merge", "-p", status)
            guard end.succeeded else { throw TestFailure(end.all) }
        }
        let well = #""status":"True","reason":"NewReplicaSetAvailable""#
        let ill = #""status":"False","reason":"ProgressDeadlineExceeded","message":"it takes too long""#
        func isUnhealthy() throws -> Bool {
            try run("curl", ["-s", "http://\(address)/metrics"]).output.contains("git_ops_agent_unhealthy{environment=\"production\"} 1\n")
        }
        try site.push("First", [
            "production/web.yaml": """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web, namespace: \(name)}
                spec:
                  replicas: 0
                  selector: {matchLabels: {app: web}}
                  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: 'nginx:1.27.0'}]}}

                """
        ])
        try site.whileRunning { agent in
            // Nobody else looks after it here.
            try eventually("it is there: \(agent.said)") { (try? setStatus(well)) != nil }
            try agent.await("msg=\"deployed ")
            try setStatus(ill)
            try agent.await("health=degraded")
            #expect(agent.said.contains("level=error msg=\"'\(name)/Deployment.apps/web.yaml': "), "\(agent.said)")
            try eventually("that is told: \(agent.said)") { mails() == ["production: degraded: 1 resource is not healthy: '\(name)/Deployment.apps/web.yaml': ProgressDeadlineExceeded: it takes too long"] }
            try eventually("it is measured") { try isUnhealthy() }
            try setStatus(well)
            try agent.await("healthy again")
            try eventually("that is told: \(agent.said)") { mails().count == 2 && mails()[1].hasPrefix("production: recovered: healthy again") }
            #expect(try !isUnhealthy())
            // It is no drift.
            #expect(agent.count("drift=") == 0, "\(agent.said)")
        }
        #expect(try chain(site.agent).map(\.result) == ["deployed"])
    }

    @Test func aClusterThatCannotBeReachedIsSaidAndComesBack() throws {
        let text = try #require(try contents(ofFile: try APIServer.shared().kubeconfig).map { String(decoding: $0, as: UTF8.self) })
        let port = try #require(text.firstMatch(of: /127\.0\.0\.1:(\d+)/).flatMap { UInt16($0.1) })
        let relay = try Relay(to: port)
        let scratch = try Scratch("agent-away")
        let kubeconfig = try scratch.write(text.replacing("127.0.0.1:\(port)", with: "127.0.0.1:\(relay.port)"), to: "kubeconfig")
        let site = try site("agent-away", kubeconfig: kubeconfig, ["ops.production.timeout": "5s"])
        let address = try listen(site.agent)
        try site.push("First", ["production/a.yaml": configMap("a", "agent-away", "1")])
        try site.whileRunning { agent in
            try agent.await("msg=\"deployed ")
            try eventually("it is ready: \(agent.said)") { try readiness(address).status == "200" }
            relay.cut()
            let second = try site.push("Second", ["production/a.yaml": configMap("a", "agent-away", "2")])
            agent.nudge()
            try eventually("that is said: \(agent.said)") {
                let (status, body) = try readiness(address)
                return status == "503" && body.contains("production: ") && body.contains("127.0.0.1:\(relay.port)")
            }
            #expect(try live("a", "agent-away") == "1")
            relay.mend()
            try eventually("it is deployed: \(agent.said)") { try live("a", "agent-away") == "2" }
            try eventually("it is ready again: \(agent.said)") { try readiness(address).status == "200" }
            #expect(try site.trailer("Source-Commit", of: "production") == second.description)
            // It is watched again as well.
            try patch("a", "agent-away", "by hand")
            try eventually("it is put back: \(agent.said)") { try live("a", "agent-away") == "2" }
        }
        #expect(try site.ops("verify").code == 0)
    }

    @Test func oneOfTwoActsAndTheOtherTakesOver() throws {
        let settings = ["ops.agentLease": "agent-lease/agent"]
        let site = try site("agent-lease", settings)
        let cluster = try APIServer.shared()
        let second = TestRepository(existing: site.scratch("second.git"))
        let made = try run("git", ["clone", "-q", "--bare", site.remote.path, second.path])
        #expect(made.succeeded, "\(made.all)")
        try configure(second, cluster.kubeconfig, settings.merging(["ops.agentListen": "none", "ops.agentInterval": "1h"]) { $1 })
        var commits = [try site.push("First", ["production/a.yaml": configMap("a", "agent-lease", "1")])]

        let variables = ["KUBECONFIG": cluster.kubeconfig]
        var running = [
            try site.start(variables.merging(["POD_NAME": "one"]) { $1 }), try site.start(in: second, variables.merging(["POD_NAME": "two"]) { $1 }),
        ]
        defer {
            for agent in running {
                kill(-agent.process.pid, SIGKILL)
                _ = try? agent.process.reap()
            }
        }
        for agent in running { try agent.await("msg=\"started\"") }
        let both = { running.map(\.said).joined(separator: "\n") }
        func awaitDeployment(of commit: ObjectID, _ value: String, nudging some: [AgentSite.Running]? = nil) throws {
            for agent in some ?? running { agent.nudge() }
            try eventually("'\(value)' is deployed: \(both())") { try live("a", "agent-lease") == value }
            try eventually("the remote has the record: \(both())") { (try? site.trailer("Source-Commit", of: "production", in: site.remote)) == commit.description }
        }
        try awaitDeployment(of: commits[0], "1")
        for number in 2...4 {
            commits.append(try site.push("Change \(number)", ["production/a.yaml": configMap("a", "agent-lease", "\(number)")]))
            try awaitDeployment(of: commits[number - 1], "\(number)")
        }
        let leads = "leads from now on"
        #expect(running.map { $0.count(leads) }.sorted() == [0, 1], "\(both())")
        let leader = try #require(running.firstIndex { $0.count(leads) == 1 })
        // A hook may reach the one that does not act.
        commits.append(try site.push("Change 5", ["production/a.yaml": configMap("a", "agent-lease", "5")]))
        try awaitDeployment(of: commits[4], "5", nudging: [running[1 - leader]])
        #expect(running[1 - leader].count("msg=\"deployed ") == 0, "\(both())")

        let other = running[1 - leader]
        let dying = running.remove(at: leader)
        kill(-dying.process.pid, SIGKILL)
        _ = try dying.process.reap()
        commits.append(try site.push("Change 6", ["production/a.yaml": configMap("a", "agent-lease", "6")]))
        other.nudge()
        try other.await(leads)
        try awaitDeployment(of: commits[5], "6")
        // It puts back what was deployed by the one that is gone.
        try patch("a", "agent-lease", "by hand")
        try eventually("it is put back: \(other.said)") { try live("a", "agent-lease") == "6" }
        kill(other.process.pid, SIGTERM)
        #expect(try other.process.reap().succeeded, "\(other.said)")
        running = []
        let deployments = try chain(site.remote).filter { !$0.message.hasPrefix("repair: ") }
        #expect(deployments.map(\.source) == commits.reversed().map(\.description), "\(other.said)")
        #expect(deployments.allSatisfy { $0.result == "deployed" })
    }

    @Test func whoTakesTurnsSignsWhatOthersAreToBelieve() throws {
        let site = try site("agent-signed", ["ops.agentLease": "agent-signed/agent", "ops.production.verify": "head"])
        try site.push("First", ["production/a.yaml": configMap("a", "agent-signed", "1")])
        let words = "ops.agentLease and ops.production.verify need ops.sign: agents know by the record at the remote what another has deployed, and believe it only if it is signed"
        for arguments in [["ops", "agent"], ["ops", "agent", "--once"]] {
            let end = try run("git", arguments, in: site.agent.path)
            #expect(end.code == 128 && end.error.hasPrefix("fatal: \(words)\nhint: git config ops.sign true, or let one agent "), "\(end.all)")
        }
        #expect(try live("a", "agent-signed") == "")
        try site.agent.git("config", "--unset", "ops.production.verify")
        let agent = try site.start(["KUBECONFIG": APIServer.shared().kubeconfig])
        defer {
            kill(-agent.process.pid, SIGKILL)
            _ = try? agent.process.reap()
        }
        try agent.await("msg=\"deployed ")
        // Set while it runs, it holds what it says.
        try site.agent.git("config", "ops.production.verify", "head")
        try patch("a", "agent-signed", "by hand")
        try agent.await(words)
        #expect(try live("a", "agent-signed") == "by hand")
    }
}
