import Git
import Glibc
import Posix
import TestSupport
import Testing

/// A target that is a program of its own, through the same push, engine and record as the directory.
@Suite struct PluginTests {
    /// A site that deploys through `git-ops-target-example`, which the manual describes.
    private func site(_ name: String) throws -> Site {
        let folders = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
        let programs = "/tmp/git-ops-\(name)-programs.\(getpid())"
        try makeFolders(programs)
        unlink(programs + "/git-ops-target-example")
        symlink(folders + "/PluginTarget/git-ops-target-example", programs + "/git-ops-target-example")
        let site = try Site(name, variables: ["PATH": "\(programs):\(testVariables()["PATH"] ?? "")"])
        try site.server.git("config", "--unset", "ops.default.directory")
        try site.server.git("config", "ops.default.target", "example")
        try site.server.git("config", "ops.default.root", site.scratch("live"))
        return site
    }

    @Test func everythingThatWorksOnADirectoryWorks() throws {
        let site = try site("plugin")
        defer { removeAll("/tmp/git-ops-plugin-programs.\(getpid())") }
        try site.clone.commit("First", ["a": "one\n", "folder/b": "two\n"])
        let first = try site.push("HEAD:main")
        #expect(first.says("default:   + a"))
        #expect(first.says("default: deployed "), "\(first.all)")
        #expect(site.live("folder/b") == "two\n")
        #expect(try site.trailer("Result") == "deployed")
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("default in-sync "))

        try site.scratch.write("by hand\n", to: "live/a")
        let status = try site.ops("status")
        #expect(status.output.contains("a was changed"))
        let diff = try site.ops("diff")
        #expect(diff.output.contains("-by hand\n+one\n"), "\(diff.all)")
        #expect(try site.ops("apply").code == 0)
        #expect(site.live("a") == "one\n")

        try site.clone.git("rm", "-q", "a")
        try site.clone.commit("Second", ["folder/b": "three\n"])
        let second = try site.push("HEAD:main")
        #expect(second.says("(1 changed, 1 pruned)"), "\(second.all)")
        #expect(site.live("a") == nil)

        // A deployment that is not healthy is taken back by the target.
        try site.server.git("config", "ops.default.healthCheck", "exit 1")
        try site.clone.commit("Third", ["folder/b": "four\n", "c": "new\n"])
        let third = try site.push("HEAD:main")
        #expect(third.says("healthCheck failed: exit code 1"), "\(third.all)")
        #expect(site.live("folder/b") == "three\n")
        #expect(site.live("c") == nil)
        #expect(try site.ops("verify").code == 0)
        #expect(try site.ops("doctor").code == 0)
    }

    @Test func aTargetThatIsMissingIsSaidAndRecorded() throws {
        let site = try Site("no-plugin")
        try site.server.git("config", "ops.default.target", "nowhere")
        try site.clone.commit("First", ["a": "one\n"])
        let push = try site.push("HEAD:main")
        #expect(push.says("git-ops-target-nowhere"), "\(push.all)")
        #expect(try site.trailer("Result") == "failed")
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("default failed "))
        #expect(try site.ops("wait", "--timeout", "5s", "main").code == 1)
    }
}
