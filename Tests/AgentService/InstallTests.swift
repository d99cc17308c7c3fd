import AgentService
import Posix
import TestSupport
import Testing

@Suite struct InstallTests {
    private static let hasAnalyzer = find("systemd-analyze", testVariables()["PATH"] ?? "") != nil

    @Test(.enabled(if: hasAnalyzer), arguments: ["/srv/git/site.git", "/srv/git/a b%n \"c\" \\d$e.git"])
    func systemdTakesTheUnit(_ repository: String) throws {
        let scratch = try Scratch("unit")
        let unit = try InstallTexts.systemd(
            program: "/bin/true", arguments: ["--x", "$HOME %n"], repository: repository, user: "root", writable: ["/srv/www", "/srv/a b"])
        let file = try scratch.write(unit, to: "git-ops-agent.service")
        let verified = try run("systemd-analyze", ["verify", "--man=no", file])
        let remarks = verified.all.split(separator: "\n").filter { $0.contains("git-ops-agent") }
        #expect(remarks.isEmpty, "\(verified.all)")
        let root = try InstallTexts.systemd(program: "/bin/true", repository: "/tmp/site.git", user: "root", writable: ["/home/www"], givesAway: true)
        let other = try run("systemd-analyze", ["verify", "--man=no", try scratch.write(root, to: "git-ops-agent.service")])
        #expect(!other.all.contains("git-ops-agent"), "\(other.all)")
        #expect(root.contains("\nReadWritePaths=/tmp/site.git /home/www /tmp /var/tmp\n") && root.contains("\nPrivateTmp=no\n"))
        // It does find what is wrong.
        let wrong = try scratch.write(unit.replacing("PrivateTmp=yes", with: "PrivateTmp=maybe"), to: "git-ops-agent.service")
        #expect(try run("systemd-analyze", ["verify", "--man=no", wrong]).all.contains("maybe"))
    }

    @Test func whatCannotBeInAUnitIsRefused() {
        for (program, repository, user) in [("git-ops-agent", "/r", "u"), ("/p", "r", "u"), ("/p", "/r\nExecStart=/bin/sh", "u"), ("/p", "/r", ""), ("/p", "/home", "u"), ("/p", "/srv/site\\", "u"), ("/p\\", "/r", "u"), ("/p", "/r", "u\\")] {
            #expect(throws: ServiceFailure.self) { _ = try InstallTexts.systemd(program: program, repository: repository, user: user) }
        }
        // The line that comes after it would be gone.
        #expect(throws: ServiceFailure.self) { _ = try InstallTexts.systemd(program: "/p", repository: "/r", user: "u", writable: ["/srv/www\\"]) }
    }

    private func manifests(_ namespace: String, _ other: String, keepsRepository: Bool = false) throws -> String {
        var luggage = InstallTexts.Luggage()
        if keepsRepository {
            luggage.keepsRepository = ["It is so."]
            // What YAML would take for something else comes through.
            luggage.files = [.init(name: "allowed-signers", text: " a: |\n\u{2028}"), .init(name: "ca", text: "a: b\n\n- c\n")]
            luggage.sections = [.init("ops", settings: [.init("forbidException", "env/*"), .init("x", " a \\ \"b\" #c\n")])]
            luggage.secrets = [.init(key: "signing-key", from: "/a b/'c", meaning: "a key")]
            luggage.secretSettings = ["ops.agentPing"]
        }
        return try InstallTexts.kubernetes(
            namespace: namespace, image: "registry.example.org/git-ops:1.0", repositoryURL: "git@git.example.org:env.git",
            environments: [
                .init(name: "staging", namespace: other), .init(name: "production", namespace: namespace), .init(name: "canary", namespace: other),
            ], luggage: luggage)
    }

    @Test func ourOwnValidationTakesTheManifests() throws {
        let scratch = try Scratch("manifests")
        let file = try scratch.write(try manifests("git-ops", "staging"), to: "agent.yaml")
        let judged = try run("git-ops", ["validate", file], in: scratch.path)
        #expect(judged.succeeded, "\(judged.all)")
        #expect(judged.all == "1 file, 11 resources: no errors\n")
        let kept = try run("git-ops", ["validate", try scratch.write(try manifests("git-ops", "staging", keepsRepository: true), to: "agent.yaml")], in: scratch.path)
        #expect(kept.all == "1 file, 12 resources: no errors\n")
    }

    @Test(.enabled(if: APIServer.isThere)) func theServerTakesTheManifests() async throws {
        let text = try manifests("install", "install-staging")
        let applied = try await aside {
            let server = try APIServer.shared()
            // What is in a namespace can be tried only where that is there.
            for name in ["install", "install-staging"] { try server.makeNamespace(name) }
            return try server.kubectl(["apply", "--dry-run=server", "-f", "-"], input: text)
        }
        #expect(applied.succeeded, "\(applied.all)")
        #expect(applied.output.split(separator: "\n").count == 11, "\(applied.all)")
        #expect(!applied.error.contains("unknown field"))
        let kept = try manifests("install", "install-staging", keepsRepository: true)
        let other = try await aside { try APIServer.shared().kubectl(["apply", "--dry-run=server", "-o", "json", "-f", "-"], input: kept) }
        #expect(other.succeeded && !other.error.contains("unknown field"), "\(other.all)")
        #expect(other.output.contains(#""allowed-signers": " a: |\n\u2028""#) && other.output.contains(#""ca": "a: b\n\n- c\n""#), "\(other.output)")
    }

    @Test func aRemoteThatNoPodReachesIsRefused() {
        let withSecrets = [
            "https://x/y.git?private_token=SECRET", "https://x?token=SECRET", "https://x/y#SECRET", "ssh://git:SECRET@x/y", "git@x:y.git?token=SECRET",
        ]
        for url in ["/srv/git/site.git", "site.git", "./a:b", "file:///srv/git/site.git", "ext::sh -c x", "http://a:b@c/d", "https://bob@x/y"] + withSecrets {
            #expect(throws: ServiceFailure.self, "\(url)") {
                _ = try InstallTexts.kubernetes(namespace: "a", image: "i", repositoryURL: url, environments: [.init(name: "e", namespace: "e")])
            }
        }
    }

    @Test func anAccountOfSSHIsNoSecret() throws {
        for url in ["ssh://git@x:22/y@z.git", "git@x:y.git", "https://x/y.git"] { #expect(!InstallTexts.carriesSecret(url, namesAccount: true), "\(url)") }
        for url in ["https://a@x/y", "a:b@x/y", "x?y"] { #expect(InstallTexts.carriesSecret(url), "\(url)") }
    }

    @Test func aPasswordIsShownToTheServerOfTheRemoteAlone() throws {
        let text = try InstallTexts.kubernetes(
            namespace: "a", image: "i", repositoryURL: "https://git.example.org:8443/a/b.git", environments: [.init(name: "e", namespace: "e")])
        #expect(text.contains("[credential \"https://git.example.org:8443\"]\n") && text.contains("--from-file=credential=credential"))
        #expect(!text.contains("--from-file=ssh-key") && !text.contains("GIT_SSH_COMMAND"))
    }

    @Test func neitherAHookNorARolloutWaitsForWhatIsDeployed() throws {
        let text = try manifests("a", "b")
        #expect(!text.contains("path: /readyz"))
        #expect(text.contains("readinessProbe:\n          httpGet: {path: /healthz, port: http}\n"))
    }

    @Test func whatIsNoNameIsRefused() {
        func made(_ namespace: String = "a", _ image: String = "i", _ url: String = "ssh://x/y", _ environment: String = "e") -> String? {
            try? InstallTexts.kubernetes(
                namespace: namespace, image: image, repositoryURL: url, environments: [.init(name: environment, namespace: "e")])
        }
        #expect(made() != nil)
        #expect(made("A b") == nil)
        #expect(made("a", "i\nx") == nil)
        #expect(made("a", "i", "https://bob:hunter2@x/y") == nil)
        #expect(made("a", "i", "--upload-pack=x") == nil)
        #expect(made("a", "i", "x", "e\"]") == nil)
        // What looks like YAML is a text.
        #expect(made("a", "x:{y}#", "ssh://a/\"b")?.contains("image: \"x:{y}#\"") ?? false)
    }
}
