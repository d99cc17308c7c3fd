import Git
import Glibc
import Posix
import TestSupport
import Testing

/// Under gitolite 3, with its own user management, over ssh.
@Suite(.enabled(if: SSHServer.letsMeIn, "sshd lets this account in only when root runs it"))
struct GitoliteTests {
    /// A gitolite in the home of an sshd of its own, with alice, who may write, and bob, who may read.
    private final class Gitolite {
        let ssh: SSHServer
        let alice: SSHKey
        let bob: SSHKey
        let scratch: Scratch
        let variables: [String: String]

        init(_ repositories: String...) throws {
            scratch = try Scratch("gitolite")
            ssh = try SSHServer()
            alice = try ssh.makeKey("alice")
            bob = try ssh.makeKey("bob")
            variables = testVariables(["HOME": ssh.home])
            for (key, name) in [(alice, "alice"), (bob, "bob")] {
                try scratch.write(try String(decoding: contents(ofFile: key.path + ".pub") ?? [], as: UTF8.self), to: "\(name).pub")
            }
            let setup = try run("gitolite", ["setup", "-pk", scratch("alice.pub")], in: ssh.home, variables: variables)
            guard setup.succeeded else { throw TestFailure("gitolite setup: \(setup.all)") }
            // Repositories are made the way that gitolite has it: by a push to its own.
            let cloned = try run(
                "git", ["clone", "-q", url("gitolite-admin"), scratch("admin")],
                variables: variables.merging(alice.variables) { $1 })
            guard cloned.succeeded else { throw TestFailure("\(cloned.all) \(ssh.log)") }
            let admin = TestRepository(existing: scratch("admin"), variables: variables.merging(alice.variables) { $1 })
            var configuration = "repo gitolite-admin\n    RW+ = alice\n"
            for name in repositories { configuration += "repo \(name)\n    RW+ = alice\n    R = bob\n" }
            try admin.commit(
                "Repositories", ["conf/gitolite.conf": configuration, "keydir/bob.pub": scratch.text("bob.pub") ?? ""])
            try admin.git("push", "-q", "origin", "HEAD")
            for name in repositories { try server(name).git("symbolic-ref", "HEAD", "refs/heads/main") }
        }

        /// `ssh://` takes the path from the root; gitolite wants a name.
        func url(_ name: String) -> String {
            ssh.url("/" + name)
        }

        func server(_ name: String) -> TestRepository {
            TestRepository(existing: "\(ssh.home)/repositories/\(name).git", variables: variables)
        }

        func clone(_ name: String, as folder: String) throws -> TestRepository {
            let clone = try TestRepository(at: scratch(folder), variables: variables)
            try clone.git("remote", "add", "origin", url(name))
            return clone
        }

        func push(_ clone: TestRepository, _ key: SSHKey, _ arguments: String...) throws -> Push {
            Push(
                try run(
                    "git", ["push", "origin"] + arguments, in: clone.path, variables: variables.merging(key.variables) { $1 }))
        }
    }

    @Test func hooksOfOneRepository() throws {
        let gitolite = try Gitolite("site")
        let server = gitolite.server("site")
        try server.git("ops", "init", "-q", "--directory", gitolite.scratch("live"))
        let clone = try gitolite.clone("site", as: "clone")
        try clone.commit("First", ["a": "1\n"])
        let first = try gitolite.push(clone, gitolite.alice, "-o", "ops.reason=by alice", "HEAD:main")
        #expect(first.plainLines == ["default:   + a", "default: deployed <id> in <time> (1 created)"], "\(first.all) \(gitolite.ssh.log)")
        #expect(gitolite.scratch.text("live/a") == "1\n")
        #expect(try server.git("log", "-1", "--format=%(trailers:key=Actor,valueonly,separator=)", "refs/ops/default") == "alice (gitolite)")

        try clone.commit("Broken", ["b.yaml": "a: [\n"])
        let refused = try gitolite.push(clone, gitolite.alice, "HEAD:main")
        #expect(refused.lines.last == "error: refs/heads/main: push refused: 1 error in 1 file")
        #expect(try !gitolite.push(clone, gitolite.alice, "+HEAD:refs/ops/default").succeeded)

        // gitolite's own hook goes on deciding who may write.
        try clone.commit("Mended", ["b.yaml": "a: []\n"])
        let bob = try gitolite.push(clone, gitolite.bob, "HEAD:main")
        #expect(!bob.succeeded)
        #expect(bob.all.contains("DENIED"))
        #expect(gitolite.scratch.text("live/b.yaml") == nil)
    }

    @Test func hooksOfAllRepositories() throws {
        let gitolite = try Gitolite("site")
        let common = "\(gitolite.ssh.home)/.gitolite/hooks/common"
        let server = gitolite.server("site")
        let made = try server.attempt("ops", "init", "--hooks", common, "--directory", gitolite.scratch("live"))
        #expect(made.code == 0, "\(made.all)")
        #expect(made.output.contains("installed hook pre-receive\ninstalled hook post-receive\n"))
        let setup = try run("gitolite", ["setup", "--hooks-only"], in: gitolite.ssh.home, variables: gitolite.variables)
        #expect(setup.succeeded, "\(setup.all)")
        let clone = try gitolite.clone("site", as: "clone")
        try clone.commit("First", ["a": "1\n"])
        #expect(try gitolite.push(clone, gitolite.alice, "HEAD:main").plainLines.last == "default: deployed <id> in <time> (1 created)")
        let doctor = try server.attempt("ops", "doctor", "-q")
        #expect(doctor.code == 0, "\(doctor.all)")
    }
}
