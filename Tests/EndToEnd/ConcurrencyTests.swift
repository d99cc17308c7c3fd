import Git
import Posix
import TestSupport
import Testing

@Suite struct ConcurrencyTests {
    /// Eight processes that deploy at once, fifty times each: every deployment is recorded, in the chain and
    /// in the notes, and none twice.
    @Test(.timeLimit(.minutes(20))) func noRecordOfProcessesAtOnceIsLost() async throws {
        let environments = (0..<8).map { "e\($0)" }
        let site = try Site("at-once", environments: environments)
        var files: [String: String] = ["ops.yaml": opsFile("e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7")]
        for name in environments { files["\(name)/file"] = "one\n" }
        let first = try site.deploy("first", files)
        for name in environments { files["\(name)/file"] = "two\n" }
        let second = try site.clone.commit("second", files)
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:refs/heads/next")

        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in environments {
                group.addTask {
                    for turn in 0..<50 {
                        let commit = turn.isMultiple(of: 2) ? second : first
                        let apply = try site.ops("apply", "-q", name, commit.description)
                        guard apply.succeeded else { throw TestFailure("\(name), turn \(turn): \(apply.all)") }
                    }
                }
            }
            try await group.waitForAll()
        }
        // One of the push that came first, then fifty.
        for name in environments {
            #expect(try site.server.git("rev-list", "--first-parent", "--count", "refs/ops/\(name)") == "52")
        }
        let verify = try site.ops("verify")
        #expect(verify.code == 0, "\(verify.all)")
        let notes = try site.events(of: first).count + site.events(of: second).count
        #expect(notes == 8 * 51)
        #expect(try site.server.attempt("fsck", "--strict", "--no-dangling").all == "")
    }

    /// Eight processes that deploy one environment at once: one after the other, the numbers without a gap.
    @Test(.timeLimit(.minutes(10))) func oneEnvironmentIsDeployedByOneAtATime() async throws {
        let site = try Site("one-at-a-time")
        let first = try site.deploy("first", ["file": "one\n"])
        let second = try site.clone.commit("second", ["file": "two\n"])
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:refs/heads/next")
        // The reload proves that nobody else is at work: it makes a folder that must not be there yet.
        try site.server.git("config", "ops.default.reload", "mkdir ../busy && rmdir ../busy")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for turn in 0..<6 {
                        let commit = (worker + turn).isMultiple(of: 2) ? second : first
                        let apply = try site.ops("apply", "-q", "default", commit.description)
                        guard apply.succeeded else { throw TestFailure("\(apply.all)") }
                    }
                }
            }
            try await group.waitForAll()
        }
        let verify = try site.ops("verify")
        #expect(verify.code == 0, "\(verify.all)")
    }
}
