@testable import Kubeconfig
import KubernetesModel
import Posix
import TestSupport
import Testing

/// Real plugins, in sh.
@Suite(.timeLimit(.minutes(5))) struct ExecPluginTests {
    private static let group = "client.authentication.k8s.io/"

    /// A site whose user has a plugin `bin/plugin` of the script given.
    private func site(
        _ script: String, version: String = "v1", exec: String = "", cluster: String = "server: https://10.0.0.7:6443"
    ) throws -> Site {
        let mode = version == "v1" && !exec.contains("interactiveMode") ? "  interactiveMode: Never\n" : ""
        let site = try Site(kubeconfig(
            cluster: cluster,
            user: "exec:\n  apiVersion: \(Self.group)\(version)\n  command: ./bin/plugin\n" + mode
                + exec.split(separator: "\n").map { "  \($0)\n" }.joined()))
        try site.scratch.write("#!/bin/sh\ncd '\(site.scratch.path)'\n\(script)\n", to: "bin/plugin", mode: 0o755)
        return site
    }

    private func answer(_ status: String, version: String = "v1") -> String {
        "echo '{\"apiVersion\": \"\(Self.group)\(version)\", \"kind\": \"ExecCredential\", \"status\": {\(status)}}'"
    }

    private func token(_ site: Site) async throws -> String? {
        try await site.access().credentials.credentials(insteadOf: nil).authorization
    }

    private func fault(_ site: Site) async throws -> String {
        let fault = await site.credentialFault(try site.access().credentials)
        let prefix = "~/config:18:16: credential plugin \"./bin/plugin\" of user \"u\" "
        #expect(fault.hasPrefix(prefix))
        return String(fault.dropFirst(prefix.count))
    }

    /// The source of the site's plugin, with another limit of time or another clock.
    private func source(_ site: Site, timeLimit: Double = 60, clock: @escaping @Sendable () -> Double = { 0 }) throws -> ExecCredentialSource {
        let user = try #require(try KubeconfigReading.read(site.file)?.users.first)
        let access = ClusterAccess(server: "https://a", credentials: FixedCredentials(Credentials()))
        var plugin = try #require(user.plugin).resolve(
            user: "user \"u\"", folder: site.scratch.path, cluster: PluginCluster(access, settings: nil), variables: site.variables)
        plugin.timeLimit = timeLimit
        return ExecCredentialSource(plugin, clock: clock)
    }

    @Test(arguments: ["v1", "v1beta1"])
    func givesATokenOrACertificate(version: String) async throws {
        #expect(try await token(site(answer("\"token\": \"abc\"", version: version), version: version)) == "Bearer abc")
        func line(_ pem: String) -> String { pem.split(separator: "\n").joined(separator: "\\n") }
        let both = answer("\"clientCertificateData\": \"\(line(PEM.certificate))\", \"clientKeyData\": \"\(line(PEM.key))\"", version: version)
        let site = try site("cat <<'E'\n" + both.dropFirst("echo '".count).dropLast() + "\nE", version: version)
        let credentials = try await site.access().credentials.credentials(insteadOf: nil)
        #expect(credentials.certificate == Array(PEM.certificate.dropLast().utf8))
        #expect(credentials.key == Array(PEM.key.dropLast().utf8))
        #expect(credentials.authorization == nil)
    }

    @Test func isGivenArgumentsVariablesAndTheRequest() async throws {
        var site = try site(
            "printf '%s\\n' \"$@\" > arguments\nprintf '%s' \"$KUBERNETES_EXEC_INFO\" > info\nprintf '%s' \"$A/$B/$C\" > variables\n"
                + "cat > input; [ -e /proc/self/fd/3 ] && exit 3; " + answer("\"token\": \"abc\""),
            exec: "args: [get-token, \"a b\", \"\"]\nenv: [{name: A, value: x y}, {name: B}]")
        site.variables["A"] = "outer"
        site.variables["C"] = "c"
        #expect(try await token(site) == "Bearer abc")
        #expect(site.scratch.text("arguments") == "get-token\na b\n\n")
        #expect(site.scratch.text("variables") == "x y//c")
        #expect(site.scratch.text("input") == "")
        #expect(site.scratch.text("info")
            == #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}"#)
    }

    @Test func isToldOfTheClusterWhereItAsks() async throws {
        let site = try site(
            "printf '%s' \"$KUBERNETES_EXEC_INFO\" > info; " + answer("\"token\": \"abc\""), exec: "provideClusterInfo: true",
            cluster: """
                server: https://a/prefix/
                tls-server-name: b
                certificate-authority-data: \(PEM.certificateData)
                proxy-url: http://p
                extensions: [{name: other, extension: x}, {name: client.authentication.k8s.io/exec, extension: {audience: me, count: [1]}}]
                """)
        _ = try await site.access().credentials.credentials(insteadOf: nil)
        let info = try JSON(parsing: Array((site.scratch.text("info") ?? "").utf8))
        #expect(info.at("spec", "cluster") == [
            "server": "https://a/prefix", "tls-server-name": "b", "certificate-authority-data": .string(PEM.certificateData),
            "proxy-url": "http://p", "config": ["audience": "me", "count": [1]],
        ])
    }

    @Test func isLookedForOnPathOrInTheFolderOfTheFile() async throws {
        var site = try Site(kubeconfig(user: "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: my-plugin, installHint: \"get it\\n from \\e[1mhere\"}"))
        try site.scratch.write("#!/bin/sh\n" + answer("\"token\": \"abc\"", version: "v1beta1"), to: "bin/my-plugin", mode: 0o644)
        #expect(await site.credentialFault(try site.access().credentials)
            == "~/config:16:71: credential plugin \"my-plugin\" of user \"u\" is not on PATH | get it  from \\x1b[1mhere")
        site.variables["PATH"] = "bin::\(site.scratch("bin"))"
        #expect(await site.credentialFault(try site.access().credentials)
            == "~/config:16:71: credential plugin \"my-plugin\" of user \"u\" is not executable | chmod +x '~/bin/my-plugin'")
        try site.scratch.write("#!/bin/sh\n" + answer("\"token\": \"abc\"", version: "v1beta1"), to: "bin/my-plugin", mode: 0o755)
        #expect(try await token(site) == "Bearer abc")
        try site.scratch.write(kubeconfig(user: "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/none}"), to: "config")
        #expect(await site.credentialFault(try site.access().credentials).hasSuffix("of user \"u\" is not there"))
    }

    @Test(arguments: [
        ("command: a", "16:11: \"exec\" has no \"apiVersion\""),
        ("apiVersion: client.authentication.k8s.io/v1beta1", "16:11: \"exec\" has no \"command\""),
        ("command: a, apiVersion: client.authentication.k8s.io/v1", "16:11: \"exec\" has no \"interactiveMode\" | set it to Never"),
        ("command: a, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Sometimes",
            "16:86: \"interactiveMode\" is Never, IfAvailable or Always"),
        ("command: a, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always",
            "16:86: the credential plugin of user \"u\" always asks somebody, and there is no terminal in a deployment"
                + " | use a service account's token, or a plugin that can do without"),
        ("command: a, apiVersion: client.authentication.k8s.io/v1alpha1",
            "16:36: \"apiVersion\" of a credential plugin is client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1"
                + " | Kubernetes 1.24 removed v1alpha1: update the plugin"),
        ("env: [{name: a=b}]", "16:18: an item of \"env\" is a mapping with \"name\", which holds no \"=\", and \"value\""),
        ("env: [{value: b}]", "16:18: an item of \"env\" is a mapping with \"name\", which holds no \"=\", and \"value\""),
    ])
    func itsEntryIsChecked(exec: String, message: String) throws {
        #expect(try Site(kubeconfig(user: "exec: {\(exec)}")).fault() == "~/config:\(message)")
    }

    @Test(arguments: [
        ("echo hunter2; printf 'first\\nno \\033[31mlogin\\r\\n\\n' >&2; exit 3", "failed (exit code 3): no \\x1b[31mlogin"),
        ("exit 1", "failed (exit code 1)"), ("kill -9 $$", "failed (killed by signal 9)"),
        ("echo hunter2", "wrote no JSON (line 1, column 1)"), ("true", "wrote no JSON (line 1, column 1)"),
        ("echo '{}'", "wrote no ExecCredential"),
        ("echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1beta1\"}'",
            "answered in another version than client.authentication.k8s.io/v1"
                + " | set \"apiVersion\" of \"exec\" to the one that the plugin speaks"),
        ("echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\"}'", "wrote no \"status\""),
        ("dd if=/dev/zero bs=65536 count=100 2>/dev/null", "wrote more than 1 MiB"),
        ("exec cat /dev/zero", "wrote more than 1 MiB"),
        ("printf '%20000s' x >&2; printf '\\nlast' >&2; exit 1", "failed (exit code 1): last"),
    ])
    func itsFailureIsToldWithoutItsOutput(script: String, message: String) async throws {
        #expect(try await fault(site(script)) == message)
    }

    @Test(arguments: [
        ("", "gave neither a token nor a certificate with its key"), ("\"token\": \"\"", "gave neither a token nor a certificate with its key"),
        ("\"token\": 7", "wrote a \"token\" that is no text"),
        ("\"token\": \"a\\u000ab\"", "gave a token with a control character or a line end"),
        ("\"clientKeyData\": \"a\"", "gave only one of certificate and key"),
        ("\"token\": \"a\", \"clientCertificateData\": \"a\"", "gave only one of certificate and key"),
        ("\"clientKeyData\": \"a\", \"clientCertificateData\": \"a\"", "gave no certificate in PEM"),
        ("\"token\": \"a\", \"expirationTimestamp\": \"tomorrow\"", "gave an \"expirationTimestamp\" that is not as RFC 3339 has it"),
    ])
    func itsStatusIsChecked(status: String, message: String) async throws {
        let text = answer(status).dropFirst("echo '".count).dropLast()
        #expect(try await fault(site("cat <<'E'\n\(text)\nE")) == message)
    }

    @Test(arguments: [
        // One that does not listen itself, and one whose child does not.
        "trap '' TERM; sleep 600 & echo $! > child; wait; wait", "sh -c 'trap \"\" TERM; echo $$ > child; sleep 600; :' & wait",
    ])
    func whatHangsIsEnded(script: String) async throws {
        let site = try site("echo waiting >&2; " + script)
        let fault = await site.credentialFault(try source(site, timeLimit: 0.3))
        #expect(fault.hasSuffix(" did not end within 1 seconds: waiting"))
        let child = try #require(site.scratch.text("child")?.dropLast())
        let deadline = monotonicSeconds() + 20
        while monotonicSeconds() < deadline {
            guard let state = try contents(ofFile: "/proc/\(child)/stat") else { return }
            if String(decoding: state, as: UTF8.self).contains(") Z ") { return }
            await Task.yield()
        }
        Issue.record("the plugin's child still runs")
    }

    @Test func whatItLeavesRunningIsNotWaitedFor() async throws {
        let begun = monotonicSeconds()
        #expect(try await token(site("sleep 300 & " + answer("\"token\": \"abc\""))) == "Bearer abc")
        #expect(monotonicSeconds() - begun < 200)
    }

    // MARK: when it runs

    /// Gives `t1`, `t2`, … and counts in the file `count`.
    private func counting(_ status: String = "") -> String {
        "echo x >> count; n=$(wc -l < count); sleep 0.1; cat <<E\n"
            + answer("\"token\": \"t'$n'\"\(status)").dropFirst("echo '".count).dropLast().split(separator: "'").joined() + "\nE"
    }

    private func count(_ site: Site) -> Int { site.scratch.text("count")?.split(separator: "\n").count ?? 0 }

    @Test func manyCallersShareOneRun() async throws {
        let site = try site(counting())
        let source = try site.access().credentials
        func ask(_ refused: Credentials?) async throws -> Set<Credentials> {
            try await withThrowingTaskGroup(of: Credentials.self) { group in
                for _ in 0..<20 { group.addTask { try await source.credentials(insteadOf: refused) } }
                return try await group.reduce(into: []) { $0.insert($1) }
            }
        }
        #expect(try await ask(nil) == [Credentials(authorization: "Bearer t1")])
        #expect(count(site) == 1)
        #expect(try await ask(nil) == [Credentials(authorization: "Bearer t1")])
        #expect(count(site) == 1)
        // All were refused the same: that is one run more, and none for who comes late.
        #expect(try await ask(Credentials(authorization: "Bearer t1")) == [Credentials(authorization: "Bearer t2")])
        #expect(count(site) == 2)
    }

    @Test func runsAgainShortlyBeforeTheExpiry() async throws {
        let site = try site(counting(", \"expirationTimestamp\": \"1970-01-01T01:00:00+00:00\""))
        let clock = HandClock(0)
        let source = try source(site) { clock.seconds }
        for (time, token) in [(0.0, "t1"), (3589, "t1"), (3590, "t2")] {
            clock.seconds = time
            #expect(try await source.credentials(insteadOf: nil).authorization == "Bearer \(token)")
        }
        // Of what has ten seconds left, one is the margin.
        for (time, token) in [(3598.5, "t2"), (3599.5, "t3")] {
            clock.seconds = time
            #expect(try await source.credentials(insteadOf: nil).authorization == "Bearer \(token)")
        }
    }

    @Test func whatIsStillGoodServesWhereItFails() async throws {
        let site = try site(
            "[ -e down ] && { echo down >&2; exit 1; }\n" + counting(", \"expirationTimestamp\": \"1970-01-01T01:00:00Z\""))
        let clock = HandClock(0)
        let source = try source(site) { clock.seconds }
        let first = try await source.credentials(insteadOf: nil)
        try site.scratch.write("", to: "down")
        clock.seconds = 3595
        #expect(try await source.credentials(insteadOf: nil) == first)
        #expect(await site.credentialFault(source, insteadOf: first).hasSuffix("failed (exit code 1): down"))
        clock.seconds = 3600
        #expect(await site.credentialFault(source).hasSuffix("failed (exit code 1): down"))
        removeAll(site.scratch("down"))
        #expect(try await source.credentials(insteadOf: nil).authorization == "Bearer t2")
    }

    @Test func whatWaitsBlocksNobody() async throws {
        // More of them than the pool of threads has: were they run there, nothing would let them go on.
        let site = try site("echo x >> count; while [ ! -e go ]; do sleep 0.02; done; " + answer("\"token\": \"abc\""))
        let waiting = 4 * processorCount()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<waiting {
                let source = try site.access().credentials
                group.addTask { _ = try await source.credentials(insteadOf: nil) }
            }
            group.addTask {
                while count(site) < waiting { try await Task.sleep(nanoseconds: 10_000_000) }
                try site.scratch.write("", to: "go")
            }
            try await group.waitForAll()
        }
        #expect(count(site) == waiting)
    }
}
