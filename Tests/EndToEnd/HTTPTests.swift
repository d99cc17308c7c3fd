import Git
import Glibc
import Posix
import TestSupport
import Testing

/// Pushes over HTTP, to `git http-backend`.
@Suite struct HTTPTests {
    private func push(_ site: Site, _ server: HTTPServer, _ user: String, _ arguments: String...) throws -> Push {
        try site.clone.git("remote", "set-url", "origin", server.url("server.git", user: user, password: "secret"))
        return Push(try run("git", ["push", "origin"] + arguments, in: site.clone.path, variables: site.variables))
    }

    @Test func pushIsAppliedAndTheActorIsTheUser() throws {
        let site = try Site("http", settings: ["http.receivepack": "true"])
        let server = try HTTPServer(root: site.scratch.path, users: ["alice": "secret", "bob": "secret"])
        try site.clone.commit("First", ["a": "1\n"])
        let first = try push(site, server, "alice", "-o", "ops.reason=over http", "HEAD:main")
        #expect(first.plainLines == ["default:   + a", "default: deployed <id> in <time> (1 created)"], "\(first.all) \(server.log)")
        #expect(site.live("a") == "1\n")
        #expect(try site.trailer("Actor") == "alice (http)")
        #expect(try site.trailer("Message") == "over http")

        try site.clone.commit("Broken", ["b.yaml": "a: [\n"])
        let refused = try push(site, server, "bob", "HEAD:main")
        #expect(refused.code == 1)
        #expect(refused.lines.last == "error: refs/heads/main: push refused: 1 error in 1 file")

        try site.clone.commit("Mended", ["b.yaml": "a: []\n"])
        #expect(try push(site, server, "bob", "HEAD:main").succeeded)
        #expect(try site.trailer("Actor") == "bob (http)")
        #expect(try !push(site, server, "alice", "+HEAD:refs/ops/default").succeeded)
    }

    @Test func pushLargerThanOneRequestIsApplied() throws {
        let site = try Site("http-large", settings: ["http.receivepack": "true"])
        let server = try HTTPServer(root: site.scratch.path, users: ["alice": "secret"])
        try site.clone.shell("head -c 3000000 /dev/urandom >big.bin && git add big.bin && git commit -qm Big")
        let large = try push(site, server, "alice", "HEAD:main")
        #expect(large.succeeded, "\(large.all) \(server.log)")
        #expect(try run("cmp", [site.scratch("live/big.bin"), site.clone.path + "/big.bin"]).succeeded)
    }

    @Test func recordsAreFetchedAndWaitedForOverHTTP() throws {
        let site = try Site("http-fetch", settings: ["http.receivepack": "true"])
        let server = try HTTPServer(root: site.scratch.path, users: ["alice": "secret"])
        try site.clone.git("ops", "init", "-q")
        let commit = try site.clone.commit("First", ["a": "1\n"])
        #expect(try push(site, server, "alice", "-o", "ops.nowait", "HEAD:main").lines == ["default: queued"])
        #expect(try site.clone.attempt("ops", "wait", "-q", "--timeout", "60s", commit.description).code == 0)
        try site.clone.git("fetch", "-q")
        #expect(try site.clone.git("log", "-1", "--format=%N").contains("actor=\"alice (http)\""))
    }
}
