import Git
import Glibc
import Posix
import TestSupport
import Testing

/// Pushes over ssh, to a real sshd.
@Suite(.enabled(if: SSHServer.letsMeIn, "sshd lets this account in only when root runs it"))
struct SSHTests {
    private func push(_ site: Site, _ server: SSHServer, _ key: SSHKey, _ arguments: String...) throws -> Push {
        try site.clone.git("remote", "set-url", "origin", server.url(site.server.path))
        return Push(
            try run(
                "git", ["push", "origin"] + arguments, in: site.clone.path,
                variables: site.variables.merging(key.variables) { $1 }))
    }

    @Test func actorIsTheKeyWithItsCommentAndFingerprint() throws {
        let site = try Site("ssh")
        let server = try SSHServer(settings: ["ExposeAuthInfo yes"])
        let alice = try server.admit("alice@laptop")
        let bob = try server.admit("Bob Builder", options: "no-port-forwarding,no-pty")
        try site.clone.commit("First", ["a": "1\n"])
        let first = try push(site, server, alice, "HEAD:main")
        #expect(first.plainLines == ["default:   + a", "default: deployed <id> in <time> (1 created)"], "\(first.all) \(server.log)")
        #expect(site.live("a") == "1\n")
        #expect(try site.trailer("Actor") == "alice@laptop (ssh key \(alice.fingerprint))")
        #expect(try site.server.git("log", "-1", "--format=%an <%ae>", "refs/ops/default") == "alice@laptop <alice@laptop>")

        try site.clone.commit("Second", ["a": "2\n"])
        #expect(try push(site, server, bob, "HEAD:main").succeeded)
        #expect(try site.trailer("Actor") == "Bob Builder (ssh key \(bob.fingerprint))")
        #expect(try site.ops("status").output.contains(" by Bob Builder (ssh key \(bob.fingerprint)) "))
        #expect(try site.server.git("notes", "--ref=ops", "show", "main").contains("actor=\"Bob Builder (ssh key \(bob.fingerprint))\""))
    }

    @Test func withoutAuthInfoTheActorIsUserAndAddress() throws {
        let site = try Site("ssh-plain")
        let server = try SSHServer()
        let alice = try server.admit("alice")
        try site.clone.commit("First", ["a": "1\n"])
        #expect(try push(site, server, alice, "HEAD:main").succeeded)
        #expect(try site.trailer("Actor") == "\(localUser().name)@127.0.0.1 (ssh)")
    }

    @Test func brokenManifestIsRefused() throws {
        let site = try Site("ssh-broken")
        let server = try SSHServer()
        let alice = try server.admit("alice")
        try site.clone.commit("First", ["a.yaml": "a: [\n"])
        let refused = try push(site, server, alice, "HEAD:main")
        #expect(refused.code == 1)
        #expect(refused.lines.last == "error: refs/heads/main: push refused: 1 error in 1 file")
        #expect(try !site.server.attempt("rev-parse", "--verify", "-q", "main").succeeded)
    }

    @Test func connectionThatIsCutChangesNothing() throws {
        let site = try Site("ssh-cut")
        let gate = try Gate(in: site.scratch)
        try site.server.git("config", "ops.default.timeout", "120s")
        try site.server.git("config", "ops.default.preApply", gate.command)
        let commit = try site.clone.commit("First", ["a": "1\n"])
        do {
            let server = try SSHServer()
            let alice = try server.admit("alice")
            try site.clone.git("remote", "set-url", "origin", server.url(site.server.path))
            let pusher = try Background(
                "git", ["push", "origin", "HEAD:main"], in: site.clone.path,
                variables: site.variables.merging(alice.variables) { $1 })
            try gate.awaitArrival()
            try pusher.killGroup()
        }
        try gate.open()
        try site.awaitDeployment(of: commit)
        #expect(site.live("a") == "1\n")
        #expect(try site.events(of: commit) == ["deployed"])
    }

    @Test func waitAsksTheServerOverSSH() throws {
        let site = try Site("ssh-wait")
        let server = try SSHServer()
        let alice = try server.admit("alice")
        let commit = try site.clone.commit("First", ["a": "1\n"])
        #expect(try push(site, server, alice, "-o", "ops.nowait", "HEAD:main").succeeded)
        let wait = try run(
            "git", ["ops", "wait", "--timeout", "120s", commit.description], in: site.clone.path,
            variables: site.variables.merging(alice.variables) { $1 })
        #expect(wait.code == 0)
        #expect(normalised(wait.error) == "default: <id> is deployed (<id>)\n")
    }
}
