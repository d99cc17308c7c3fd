import Git
import Glibc
import Posix
import TestSupport
import Testing

/// A small file system of its own, where this process may mount one.
private final class SmallDisk {
    let path: String

    /// - Returns: nil where mounting is not permitted.
    init?(at path: String, size: String, readOnly: Bool = false) throws {
        try makeFolders(path)
        guard try run("mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path]).succeeded else { return nil }
        self.path = path
    }

    func remount(_ options: String) throws {
        let end = try run("mount", ["-o", "remount,\(options)", path])
        guard end.succeeded else { throw TestFailure(end.all) }
    }

    deinit {
        _ = try? run("umount", ["-l", path])
    }
}

private let mayMount = geteuid() == 0

@Suite struct ScarcityTests {
    @Test(.enabled(if: mayMount, "mounting needs root")) func aFullDiskChangesNothingAndIsRecorded() throws {
        let site = try Site("full")
        let disk = try #require(try SmallDisk(at: site.scratch("live"), size: "1m"))
        try site.deploy("small", ["a": "one\n", "b": "one\n"])
        let large = String(repeating: "0123456789abcdef", count: 1 << 17)
        let commit = try site.clone.commit("large", ["a": "two\n", "c": large, "d": "two\n"])
        let push = try site.push("HEAD:main")
        #expect(push.says("No space left on device"))
        #expect(site.live("a") == "one\n")
        #expect(site.live("c") == nil)
        #expect(site.live("d") == nil)
        #expect(try site.trailer("Result") == "failed")
        #expect(try site.ops("wait", "--timeout", "5s", commit.description).code == 1)
        // Room is made, and the same commit goes through.
        try disk.remount("size=8m")
        #expect(try site.ops("apply").code == 0)
        #expect(site.live("d") == "two\n")
        #expect(try site.ops("verify").code == 0)
    }

    @Test(.enabled(if: mayMount, "mounting needs root")) func aReadOnlyDirectoryIsSaid() throws {
        let site = try Site("read-only")
        let disk = try #require(try SmallDisk(at: site.scratch("live"), size: "1m"))
        try site.deploy("one", ["a": "one\n"])
        try disk.remount("ro")
        try site.clone.commit("two", ["a": "two\n"])
        let push = try site.push("HEAD:main")
        #expect(push.says("Read-only file system"))
        #expect(site.live("a") == "one\n")
        #expect(try site.trailer("Result") == "failed")
        let status = try site.ops("status", "--porcelain")
        #expect(status.output.hasPrefix("default failed "))
        try disk.remount("rw")
        #expect(try site.ops("apply").code == 0)
        #expect(site.live("a") == "two\n")
    }

    /// The record cannot be written: nothing may be changed that could then not be told.
    @Test(.enabled(if: mayMount, "mounting needs root")) func aFullRepositoryIsNeverTakenForADeployment() throws {
        let site = try Site("full-repository")
        try site.deploy("one", ["a": "one\n"])
        let commit = try site.clone.commit("two", ["a": "two\n"])
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:refs/heads/main")
        let disk = try #require(try SmallDisk(at: site.scratch("small"), size: "2m"))
        try run("cp", ["-a", site.server.path, disk.path + "/server.git"])
        let small = TestRepository(existing: disk.path + "/server.git", variables: site.variables)
        try run("dd", ["if=/dev/zero", "of=\(disk.path)/filler", "bs=4k"])
        let apply = try run("git", ["ops", "apply"], in: small.path, variables: site.variables)
        #expect(apply.code == 128)
        #expect(site.live("a") == "one\n")
        unlink(disk.path + "/filler")
        let again = try run("git", ["ops", "apply"], in: small.path, variables: site.variables)
        #expect(again.code == 0, "\(again.all)")
        #expect(site.live("a") == "two\n")
        #expect(try run("git", ["ops", "wait", commit.description], in: small.path, variables: site.variables).code == 0)
        #expect(try run("git", ["ops", "verify"], in: small.path, variables: site.variables).code == 0)
    }

    @Test func aReloadThatHangsIsEndedAndUndone() throws {
        let site = try Site("hangs")
        try site.deploy("one", ["a": "one\n"])
        try site.server.git("config", "ops.default.timeout", "1s")
        try site.server.git("config", "ops.default.reload", "if grep -q two a; then echo hanging; exec sleep 600; fi")
        try site.clone.commit("two", ["a": "two\n", "b": "two\n"])
        let push = try site.push("HEAD:main")
        #expect(push.says("default: reload: hanging"))
        #expect(push.says("reload did not end within 1.000s"))
        #expect(site.live("a") == "one\n")
        #expect(site.live("b") == nil)
        #expect(try site.trailer("Result") == "failed")
    }

    @Test func aHealthCheckThatFailsPutsBackWhatWasThere() throws {
        let site = try Site("unhealthy", settings: ["ops.default.healthCheck": "test ! -e broken"])
        try site.deploy("one", ["a": "one\n", "gone": "x\n"])
        try site.clone.git("rm", "-q", "gone")
        try site.clone.commit("two", ["a": "two\n", "broken": "\n", "new/folder/file": "\n"])
        let push = try site.push("HEAD:main")
        #expect(push.says("healthCheck failed: exit code 1"))
        #expect(site.live("a") == "one\n")
        #expect(site.live("gone") == "x\n")
        #expect(names(inFolder: site.scratch("live")) == ["a", "gone"])
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("default failed "))
        // A revert is a way out.
        try site.clone.git("revert", "--no-edit", "HEAD")
        #expect(try site.push("HEAD:main").says("default: deployed"))
        #expect(try site.ops("status", "--exit-code").code == 0)
    }

    @Test func aVetoChangesNothing() throws {
        let site = try Site(
            "veto", settings: ["ops.default.preApply": "test \"$GIT_OPS_STAGE\" = preApply; grep -q good state || { echo bad state; exit 7; }"])
        try site.deploy("good", ["state": "good\n", "folder/other": "x\n"])
        try site.clone.commit("bad", ["state": "bad\n"])
        let push = try site.push("HEAD:main")
        #expect(push.says("default: preApply: bad state"))
        #expect(push.says("preApply failed: exit code 7"))
        #expect(site.live("state") == "good\n")
        #expect(try site.trailer("Reason") == "preApply failed: exit code 7")
    }

    @Test func aClockThatJumpsBackDoesNoHarm() throws {
        let site = try Site("clock")
        let commit = try site.deploy("one", ["a": "one\n"])
        // A deployment from the future, as left by a clock that was set back since.
        let faked = try run(
            "faketime", ["2031-01-01 00:00:00", "\(programFolder)/git-ops", "apply", "--reason", "from the future"], in: site.server.path,
            variables: site.variables)
        #expect(faked.code == 0, "\(faked.all)")
        try site.scratch.write("drift\n", to: "live/a")
        _ = try run(
            "faketime", ["2031-01-01 00:00:00", "\(programFolder)/git-ops", "apply"], in: site.server.path, variables: site.variables)
        try site.deploy("two", ["a": "two\n"])
        #expect(site.live("a") == "two\n")
        #expect(try site.ops("verify").code == 0)
        #expect(try site.ops("status", "--exit-code").code == 0)
        #expect(try site.ops("wait", "--timeout", "5s", commit.description).code == 0)
    }

    /// A file of a gibibyte goes through without being held in memory.
    @Test func aGibibyteIsDeployedInLittleMemory() throws {
        let site = try Site("large")
        try makeFolders(site.clone.path)
        try run("truncate", ["-s", "1G", site.clone.path + "/large"])
        try site.clone.git("config", "core.bigFileThreshold", "1m")
        try site.clone.git("config", "core.compression", "1")
        try site.clone.git("add", "large")
        try site.clone.git("commit", "-qm", "a gibibyte")
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:refs/heads/main")
        let apply = try run(
            "/usr/bin/time", ["-f", "%M", "\(programFolder)/git-ops", "apply", "-q"], in: site.server.path, variables: site.variables,
            timeout: 600)
        #expect(apply.code == 0, "\(apply.all)")
        var status = stat()
        #expect(stat(site.scratch("live/large"), &status) == 0)
        #expect(status.st_size == 1 << 30)
        let kibibytes = try #require(apply.error.split(separator: "\n").last.flatMap { Int($0) })
        #expect(kibibytes < 200_000)
        #expect(try site.ops("diff", "--exit-code").code == 0)
    }
}
