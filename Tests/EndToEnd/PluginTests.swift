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

    /// A site whose target applies everything, waits while `hold` is there, and keeps count of what it puts back.
    private func waitingSite(_ name: String) throws -> Site {
        let programs = "/tmp/git-ops-\(name)-programs.\(getpid())"
        try makeFolders(programs)
        let site = try Site(name, variables: ["PATH": "\(programs):\(testVariables()["PATH"] ?? "")"])
        let script = #"""
            #!/bin/sh
            while read -r line; do
              case $line in
              *'"type":"hello"'*) echo '{"type":"hello","version":1,"capabilities":["wait","cancel","rollback"]}';;
              *'"type":"plan"'*)
                while read -r line; do
                  case $line in
                  *'"type":"end"'*) break;;
                  *'"type":"desired"'*) printf '%s\n' "$line" | jq -c '{type:"change",action:"create",path:.path}';;
                  esac
                done
                echo '{"type":"done","unchanged":0}';;
              *'"type":"apply"'*)
                all=
                while read -r line; do
                  case $line in *'"type":"end"'*) break;; esac
                  all="$all $(printf '%s\n' "$line" | jq -c '{type:"applied",path:.path}')"
                done
                for line in $all; do echo "$line"; done
                echo '{"type":"done"}';;
              *'"type":"wait"'*)
                if [ -e ROOT/hold ]; then
                  echo '{"type":"progress","text":"waiting for hold"}'
                  read -r line || exit 0
                  echo "$line" >>ROOT/told
                  echo '{"error":"cancelled","cancelled":true}'
                else
                  echo '{"type":"done"}'
                fi;;
              *'"type":"rollback"'*) echo back >>ROOT/told; echo '{"type":"done"}';;
              *'"type":"commit"'*) echo commit >>ROOT/told; echo '{"type":"done"}';;
              esac
            done

            """#
        let text = script.replacing("ROOT", with: site.scratch("live"))
        let written = try run("sh", ["-c", #"cat >"$0" && chmod 755 "$0""#, "\(programs)/git-ops-target-slow"], input: text)
        guard written.succeeded else { throw TestFailure("cannot write a target: \(written.all)") }
        try site.server.git("config", "--unset", "ops.default.directory")
        try site.server.git("config", "ops.default.target", "slow")
        try site.server.git("config", "ops.default.healthCheck", "echo checked >>'\(site.scratch("live/checked"))'")
        return site
    }

    @Test func aWaitThatIsEndedIsRecordedAndNotTakenBack() throws {
        let site = try waitingSite("plugin-cancel")
        defer { removeAll("/tmp/git-ops-plugin-cancel-programs.\(getpid())") }
        try site.scratch.write("", to: "live/hold")
        let base = try site.clone.commit("Base", ["c": "0\n"])
        let first = try site.clone.commit("First", ["a": "1\n"])
        let one = try Background("git", ["push", "origin", "HEAD:main"], in: site.clone.path, variables: site.clone.variables)
        try eventually("the first is waited for") { one.error.contains("waiting for hold") }
        unlink(site.scratch("live/hold"))
        // What overtakes it does not have it.
        try site.clone.git("reset", "-q", "--hard", base.description)
        let second = try site.clone.commit("Instead", ["b": "2\n"])
        let two = try site.push("+HEAD:main")
        #expect(two.says("default: deployed \(second.short)"), "\(two.all)")
        #expect(try one.finished().lines.last?.hasSuffix("superseded by \(second.short) before it was healthy") == true, "\(one.error)")
        #expect(site.live("told") == "{\"type\":\"cancel\"}\ncommit\ncommit\n")
        // Only the second was asked whether it is well.
        #expect(site.live("checked") == "checked\n")
        let wait = try site.ops("wait", "--timeout", "5s", first.description)
        #expect(wait.code == 1)
        #expect(wait.error.contains("was superseded by \(second.short), which does not contain it"), "\(wait.all)")
        #expect(try site.ops("verify").code == 0)
        #expect(try site.ops("log").output.contains("superseded"))
        #expect(try jq(".result", site.ops("show", "--json", "refs/ops/default~1").output) == "superseded")
    }

    @Test func theSameFilesAreWaitedForOnceMore() throws {
        let site = try waitingSite("plugin-unproved")
        defer { removeAll("/tmp/git-ops-plugin-unproved-programs.\(getpid())") }
        try site.scratch.write("", to: "live/hold")
        let first = try site.clone.commit("First", ["a": "1\n"])
        let one = try Background("git", ["push", "origin", "HEAD:main"], in: site.clone.path, variables: site.clone.variables)
        try eventually("the first is waited for") { one.error.contains("waiting for hold") }
        unlink(site.scratch("live/hold"))
        // The same files: nothing would be left to do, but that nobody has waited.
        let second = try site.clone.commit("Second, in words only")
        let two = try site.push("HEAD:main")
        #expect(two.says("default: deployed \(second.short)"), "\(two.all)")
        #expect(try one.finished().succeeded)
        #expect(try site.ops("wait", "-q", "--timeout", "5s", first.description).code == 0)
        #expect(site.live("checked") == "checked\n")
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
