import Git
import Glibc
import Posix
import TestSupport
import Testing

/// What somebody changes by hand on the server is told of, shown and repaired.
@Suite struct DriftTests {
    private func drifted() throws -> Site {
        let site = try Site("drift")
        try site.deploy("First", ["index.html": "one\n", "app/site.conf": "a\nb\nc\n", "run": "x\n"])
        try site.scratch.write("a\nB\nc\n", to: "live/app/site.conf")
        unlink(site.scratch("live/index.html"))
        chmod(site.scratch("live/run"), 0o755)
        return site
    }

    @Test func diffShowsWhatApplyWouldDo() throws {
        let site = try drifted()
        let diff = try site.ops("diff", "--exit-code")
        #expect(diff.code == 1)
        #expect(diff.error == "")
        #expect(
            normalised(diff.output) == """
                diff --git a/app/site.conf b/app/site.conf
                index <id>..<id> 100644
                --- a/app/site.conf
                +++ b/app/site.conf
                @@ -1,3 +1,3 @@
                 a
                -B
                +b
                 c
                diff --git a/index.html b/index.html
                new file mode 100644
                index <id>..<id>
                --- /dev/null
                +++ b/index.html
                @@ -0,0 +1 @@
                +one
                diff --git a/run b/run
                old mode 100755
                new mode 100644

                """)
        #expect(try site.ops("diff").code == 0)
        #expect(try site.ops("diff", "--name-status").output == "M\tapp/site.conf\nA\tindex.html\nM\trun\n")
        #expect(try site.ops("diff", "--stat").output.contains("3 files changed, 2 insertions(+), 1 deletion(-)"))
        #expect(
            try site.ops("diff", "--porcelain").output
                == "default change app/site.conf\ndefault create index.html\ndefault change run\n")
        #expect(try site.ops("diff", "--", "app").output.hasPrefix("diff --git a/app/site.conf"))
        #expect(try !site.ops("diff", "--", "app").output.contains("index.html"))
        #expect(try site.ops("diff", "--color=always").output.contains("\u{1b}["))
        #expect(try !site.ops("diff").output.contains("\u{1b}["))
    }

    @Test func driftGoesOnLooking() throws {
        let site = try Site("drift-watch")
        try site.deploy("First", ["index.html": "one\n"])
        try site.whileRunning("drift", "--watch", "--porcelain") { said in
            try eventually("it tells how it is: \(said())", seconds: 120) { said().hasSuffix(" default as-deployed\n") }
            try site.scratch.write("two\n", to: "new")
            rename(site.scratch("new"), site.scratch("live/index.html"))
            try eventually("it tells of the change: \(said())", seconds: 120) { said().hasSuffix(" default change index.html\n") }
            try site.scratch.write("one\n", to: "new")
            rename(site.scratch("new"), site.scratch("live/index.html"))
            try eventually("it tells of its end: \(said())", seconds: 120) { said().hasSuffix(" default as-deployed\n") }
            // Files of others, and what git-ops does itself, are no drift.
            try site.scratch.write("theirs\n", to: "live/theirs")
            try site.deploy("Second", ["index.html": "three\n", "app/deep/site.conf": "a\n"])
            rename(site.scratch("live/app/deep"), site.scratch("away"))
            try eventually("it tells of what is new: \(said())", seconds: 120) { said().hasSuffix(" default create app/deep/site.conf\n") }
            rename(site.scratch("away"), site.scratch("live/app/deep"))
            try eventually("it tells of its end: \(said())", seconds: 120) { said().hasSuffix(" default as-deployed\n") }
            #expect(!said().contains("theirs"), "\(said())")
        }
        #expect(try site.ops("drift", "--watch", "-q").code == 129)
    }

    /// A site whose branch says something that was never deployed.
    private func undeployed(_ name: String) throws -> Site {
        let site = try Site(name)
        try site.server.git("config", "--remove-section", "ops.default")
        try site.clone.commit("Zero", ["index.html": "zero\n"])
        #expect(try site.push("HEAD:main").succeeded)
        try site.server.git("config", "ops.default.directory", site.scratch("live"))
        return site
    }

    @Test func aRecordThatCannotBeReadIsNoEnvironmentThatWasNeverDeployed() throws {
        let site = try undeployed("drift-unread")
        let never = try site.ops("drift")
        #expect(never.code == 0 && never.output == "default: never deployed\n", "\(never.all)")
        let commit = try site.deploy("First", ["index.html": "one\n"])
        try site.server.git("update-ref", "refs/ops/default", commit.description)
        let drift = try site.ops("drift")
        #expect(drift.code == 128 && drift.output == "" && drift.error.hasPrefix("error: default: "), "\(drift.all)")
        #expect(try site.ops("drift", "-q").code == 128)
        try site.whileRunning("drift", "--watch") { said in
            try eventually("it tells that it cannot see: \(said())", seconds: 120) { said().contains(" default: cannot be seen: ") }
        }
    }

    @Test func whatIsToldAsItHappensIsAnObjectALine() throws {
        let site = try undeployed("drift-lines")
        try site.whileRunning("drift", "--watch", "--json") { said in
            try eventually("it tells how it is: \(said())", seconds: 120) { said().hasSuffix("\n") }
            #expect(try jq(".known", said()) == "false")
            try site.deploy("First", ["index.html": "one\n"])
            try eventually("it tells of the deployment: \(said())", seconds: 120) { said().split(separator: "\n").count == 2 }
            try site.scratch.write("two\n", to: "live/index.html")
            try eventually("it tells of the change: \(said())", seconds: 120) { said().split(separator: "\n").count == 3 }
            let lines = said().split(separator: "\n").map(String.init)
            #expect(try lines.map { try jq("[.known, .drifted, (.changes | length)] | tostring", $0) } == ["[false,false,0]", "[true,false,0]", "[true,true,1]"])
        }
    }

    @Test func diffAsJSONIsAPlan() throws {
        let site = try drifted()
        let json = try site.ops("diff", "--json").output
        #expect(try jq(".version", json) == "1")
        #expect(try jq(".environments[0].changes | map(.action + \" \" + .path) | join(\",\")", json)
            == "change app/site.conf,create index.html,change run")
        #expect(try jq(".environments[0].changes | all(.drift)", json) == "true")
        #expect(try jq(".environments[0] | .environment + \" \" + (.conflicts | length | tostring)", json) == "default 0")
    }

    @Test func diffLeavesNothingBehindInTheRepository() throws {
        let site = try drifted()
        let before = try site.server.git("count-objects", "-v")
        _ = try site.ops("diff")
        #expect(try site.server.git("count-objects", "-v") == before)
    }

    @Test func statusTellsOfDrift() throws {
        let site = try drifted()
        let status = try site.ops("status")
        #expect(status.code == 0)
        #expect(status.output.hasPrefix("default: drifted, 3 changed outside git\n"))
        #expect(
            status.output.hasSuffix(
                """
                  drift:
                    app/site.conf was changed
                    index.html was removed
                    run was changed
                  (git ops diff default shows it, git ops apply default repairs it)

                """))
        #expect(try site.ops("status", "--exit-code").code == 1)
        let json = try site.ops("status", "--json").output
        #expect(try jq(".environments[0].state", json) == "drifted")
        #expect(try jq(".environments[0].drift | length", json) == "3")
        let tip = try site.server.id("main")
        #expect(try site.ops("status", "--porcelain").output == "default drifted \(tip) \(tip) 3 - -\n")
    }

    @Test func applyRepairsAndRecordsIt() throws {
        let site = try drifted()
        let dry = try site.ops("apply", "--dry-run")
        #expect(dry.code == 0)
        #expect(normalised(dry.output).hasSuffix("default: 3 to change, 0 as desired (<id>, dry run)\n"))
        #expect(site.live("index.html") == nil)

        let apply = try site.ops("apply", "--reason", "somebody edited it")
        #expect(apply.code == 0)
        #expect(normalised(apply.error).hasSuffix("default: deployed <id> in <time> (1 created, 2 changed)\n"))
        #expect(site.live("index.html") == "one\n")
        #expect(site.live("app/site.conf") == "a\nb\nc\n")
        #expect(try site.ops("status", "--exit-code").code == 0)
        #expect(try site.ops("diff", "--exit-code").code == 0)
        #expect(try site.trailer("Trigger") == "manual")
        #expect(try site.trailer("Message") == "somebody edited it")
        #expect(try site.ops("apply").error.contains("nothing to do; it is as deployed from"))
    }

    @Test func nextPushRepairsDriftToo() throws {
        let site = try drifted()
        try site.deploy("Second", ["other": "z\n"])
        #expect(site.live("index.html") == "one\n")
        #expect(site.live("app/site.conf") == "a\nb\nc\n")
        #expect(site.live("other") == "z\n")
    }

    @Test func filesOfOthersAreNeverTouched() throws {
        let site = try Site("others")
        try site.scratch.write("mine\n", to: "live/logs/today")
        try site.deploy("First", ["index.html": "one\n"])
        try site.clone.git("rm", "-q", "index.html")
        try site.deploy("Second", ["logs/README": "log files\n"])
        try site.clone.git("rm", "-q", "logs/README")
        try site.deploy("Third", ["x": "x\n"])
        #expect(site.live("logs/today") == "mine\n")
        #expect(site.live("logs/README") == nil)

        let record = try site.server.id("refs/heads/main")
        try site.clone.commit("In the way", ["logs/today": "theirs\n"])
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(try site.server.id("refs/heads/main") != record)
        #expect(push.says("error: default: 'logs/today'"))
        #expect(push.says("hint: "))
        #expect(site.live("logs/today") == "mine\n")
        #expect(try site.ops("status").output.hasPrefix("default: the last deployment failed"))
        #expect(try site.ops("apply", "--adopt").code == 0)
        #expect(site.live("logs/today") == "theirs\n")
    }
}
