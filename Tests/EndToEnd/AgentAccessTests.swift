import Git
import Glibc
import Posix
import TestSupport
import Testing

/// The agent pulls with git's own transports, keys and credential helpers, and gives the record back by them.
@Suite(.timeLimit(.minutes(10))) struct AgentAccessTests {
    /// Has the agent say what a file holds as the password of `agent`.
    private func useHelper(_ site: AgentSite, password: String) throws {
        try site.scratch.write(password, to: "password", mode: 0o600)
        let script = "#!/bin/sh\n[ \"$1\" = get ] || exit 0\necho username=agent\necho \"password=$(cat '\(site.scratch("password"))')\"\n"
        try site.agent.git("config", "credential.helper", try site.scratch.write(script, to: "helper", mode: 0o755))
    }

    @Test func overHTTPWithACredentialHelper() throws {
        let site = try AgentSite("http")
        let server = try HTTPServer(root: site.scratch.path, users: ["agent": "open-sesame"])
        try site.remote.git("config", "http.receivepack", "true")
        let whole = server.url("remote.git", user: "agent", password: "open-sesame")
        try site.agent.git("remote", "set-url", "origin", whole.replacing("agent:open-sesame@", with: ""))
        try useHelper(site, password: "open-sesame")
        let first = try site.push("First", ["index.html": "one\n"])
        let said = try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said) \(server.log)") { site.live("index.html") == "one\n" }
            try eventually("the remote has the record: \(agent.said) \(server.log)") {
                try site.remote.attempt("log", "-1", "--format=%(trailers:key=Source-Commit,valueonly)", "refs/ops/default").output.hasPrefix(first.description)
            }
            // The password is another one, as far as the agent knows.
            try useHelper(site, password: "wrong-sesame")
            try site.push("Second", ["index.html": "two\n"])
            agent.nudge()
            try agent.await("cannot fetch: Authentication failed for ")
            #expect(site.live("index.html") == "one\n")
            try useHelper(site, password: "open-sesame")
            agent.nudge()
            try agent.await("fetches again")
            try eventually("it is deployed: \(agent.said)") { site.live("index.html") == "two\n" }
        }
        #expect(!said.contains("sesame"), "\(said)")
    }

    @Test func aPasswordInTheAddressIsNotSaid() throws {
        let site = try AgentSite("http-address")
        let server = try HTTPServer(root: site.scratch.path, users: ["agent": "open-sesame"])
        try site.remote.git("config", "http.receivepack", "true")
        try site.push("First", ["index.html": "one\n"])
        try site.agent.git("remote", "set-url", "origin", server.url("remote.git", user: "agent", password: "wrong-sesame"))
        let refused = try site.once()
        #expect(refused.code == 1 && refused.error.contains("cannot fetch: Authentication failed for "), "\(refused.all) \(server.log)")
        // One that is not there is said in other words of git.
        try site.agent.git("remote", "set-url", "origin", server.url("other.git", user: "agent", password: "open-sesame"))
        let missing = try site.once()
        #expect(missing.code == 1 && missing.error.contains("cannot fetch: "), "\(missing.all)")
        try site.agent.git("remote", "set-url", "origin", server.url("remote.git", user: "agent", password: "open-sesame"))
        let good = try site.once()
        #expect(good.code == 0, "\(good.all) \(server.log)")
        #expect(site.live("index.html") == "one\n")
        // Nor does it get into what others read.
        let record = try site.agent.git("log", "--format=%B", "refs/ops/default") + site.agent.git("log", "-p", "refs/notes/ops")
        for text in [refused.all, missing.all, good.all, record] { #expect(!text.contains("sesame"), "\(text)") }
    }

    @Test(.enabled(if: SSHServer.letsMeIn, "sshd lets this account in only when root runs it")) func overSSHWithAKeyOfItsOwn() throws {
        let site = try AgentSite("ssh")
        let server = try SSHServer()
        let (key, stranger) = (try server.admit("agent"), try server.makeKey("stranger"))
        try site.agent.git("remote", "set-url", "origin", server.url(site.remote.path))
        try site.agent.git("config", "core.sshCommand", key.command)
        let first = try site.push("First", ["index.html": "one\n"])
        try site.whileRunning { agent in
            try eventually("it is deployed: \(agent.said) \(server.log)") { site.live("index.html") == "one\n" }
            try eventually("the remote has the record: \(agent.said) \(server.log)") {
                try site.remote.attempt("log", "-1", "--format=%(trailers:key=Source-Commit,valueonly)", "refs/ops/default").output.hasPrefix(first.description)
            }
            try site.agent.git("config", "core.sshCommand", stranger.command)
            try site.push("Second", ["index.html": "two\n"])
            agent.nudge()
            try agent.await("cannot fetch: ")
            #expect(site.live("index.html") == "one\n")
            try site.agent.git("config", "core.sshCommand", key.command)
            agent.nudge()
            try agent.await("fetches again")
            try eventually("it is deployed: \(agent.said)") { site.live("index.html") == "two\n" }
        }
    }
}
